/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "daemon/pace.h"

#include <errno.h>

#include "daemon/clock.h"
#include "daemon/reconciler.h"
#include "daemon/turn.h"

struct nbd_pace {
	struct nbd_reconciler *reconciler;
	struct nbd_turn *work;
	bool working, held;
	sd_event_source *release; /* the end of .held */
	sd_event_source *alarms[NBD_ALARMS];
};

/* How late an alarm may be, so that the processor sleeps on. */
static const uint64_t accuracy_usec[NBD_ALARMS] = {
	[NBD_ALARM_STEP] = 1000,
	[NBD_ALARM_SLOW] = 6000000,
};

static uint64_t now(void *context)
{
	return nbd_now();
}

static void set_work(void *context, bool on)
{
	struct nbd_pace *pace = context;

	pace->working = on;
	nbd_turn_set(pace->work, on && !pace->held);
}

void nbd_pace_hold(struct nbd_pace *pace, bool hold)
{
	if (pace->held == hold)
		return;
	pace->held = hold;
	if (hold)
		sd_event_source_set_time_relative(pace->release, NBD_PACE_HOLD_USEC);
	sd_event_source_set_enabled(pace->release, hold ? SD_EVENT_ONESHOT : SD_EVENT_OFF);
	set_work(pace, pace->working);
}

static int on_release(sd_event_source *source, uint64_t usec, void *userdata)
{
	nbd_pace_hold(userdata, false);
	return 0;
}

static void set_alarm(void *context, enum nbd_alarm alarm, uint64_t usec)
{
	const struct nbd_pace *pace = context;

	if (usec)
		sd_event_source_set_time(pace->alarms[alarm], usec);
	sd_event_source_set_enabled(pace->alarms[alarm], usec ? SD_EVENT_ONESHOT : SD_EVENT_OFF);
}

const struct nbd_pace_ops nbd_pace_ops = {
	.now = now,
	.work = set_work,
	.alarm = set_alarm,
};

static void on_turn(void *context)
{
	const struct nbd_pace *pace = context;

	nbd_reconciler_work(pace->reconciler);
}

static int on_alarm(sd_event_source *source, uint64_t usec, void *userdata)
{
	const struct nbd_pace *pace = userdata;

	for (int i = 0; i < NBD_ALARMS; i++) {
		if (pace->alarms[i] == source)
			nbd_reconciler_alarm(pace->reconciler, (enum nbd_alarm)i);
	}
	return 0;
}

int nbd_pace_new(sd_event *event, struct nbd_pace **ret)
{
	struct nbd_pace *pace = calloc(1, sizeof(*pace));
	int r;

	if (!pace)
		return -ENOMEM;
	r = nbd_turn_new(event, 0, on_turn, pace, &pace->work);
	if (r >= 0)
		r = sd_event_add_time(event, &pace->release, CLOCK_MONOTONIC, UINT64_MAX, 1000,
			on_release, pace);
	if (r >= 0)
		r = sd_event_source_set_enabled(pace->release, SD_EVENT_OFF);
	for (int i = 0; i < NBD_ALARMS && r >= 0; i++) {
		r = sd_event_add_time(event, &pace->alarms[i], CLOCK_BOOTTIME, UINT64_MAX,
			accuracy_usec[i], on_alarm, pace);
		if (r >= 0)
			r = sd_event_source_set_enabled(pace->alarms[i], SD_EVENT_OFF);
	}
	if (r < 0) {
		nbd_pace_free(pace);
		return r;
	}
	*ret = pace;
	return 0;
}

void nbd_pace_drive(struct nbd_pace *pace, struct nbd_reconciler *reconciler)
{
	pace->reconciler = reconciler;
}

struct nbd_pace *nbd_pace_free(struct nbd_pace *pace)
{
	if (!pace)
		return NULL;
	nbd_turn_free(pace->work);
	sd_event_source_disable_unref(pace->release);
	for (int i = 0; i < NBD_ALARMS; i++)
		sd_event_source_disable_unref(pace->alarms[i]);
	free(pace);
	return NULL;
}
