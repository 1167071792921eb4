/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "daemon/turn.h"

#include <errno.h>
#include <stdlib.h>
#include <time.h>

struct nbd_turn {
	sd_event *event;
	sd_event_source *idle;	   /* nothing else waits */
	sd_event_source *patience; /* something else waits all the time */
	void (*step)(void *context);
	void *context;
	bool on;
	uint64_t last;		   /* step */
};

static uint64_t now(const struct nbd_turn *turn)
{
	uint64_t usec = 0;

	sd_event_now(turn->event, CLOCK_MONOTONIC, &usec);
	return usec;
}

static void take_step(struct nbd_turn *turn)
{
	turn->last = now(turn);
	turn->step(turn->context);
}

static int on_idle(sd_event_source *source, void *userdata)
{
	take_step(userdata);
	return 0;
}

/* Set anew when it has run out and not with each step: that would be a system call each. */
static int on_patience(sd_event_source *source, uint64_t usec, void *userdata)
{
	struct nbd_turn *turn = userdata;

	if (now(turn) >= turn->last + NBD_TURN_PATIENCE_USEC)
		take_step(turn);
	if (!turn->on)
		return 0;
	sd_event_source_set_time(source, turn->last + NBD_TURN_PATIENCE_USEC);
	return sd_event_source_set_enabled(source, SD_EVENT_ONESHOT);
}

int nbd_turn_new(sd_event *event, int64_t priority, void (*step)(void *context), void *context,
	struct nbd_turn **ret)
{
	struct nbd_turn *turn = calloc(1, sizeof(*turn));
	int r;

	if (!turn)
		return -ENOMEM;
	turn->event = event;
	turn->step = step;
	turn->context = context;
	r = sd_event_add_defer(event, &turn->idle, on_idle, turn);
	if (r >= 0)
		r = sd_event_source_set_priority(turn->idle, SD_EVENT_PRIORITY_IDLE + priority);
	if (r >= 0)
		r = sd_event_source_set_enabled(turn->idle, SD_EVENT_OFF);
	if (r >= 0)
		r = sd_event_add_time(event, &turn->patience, CLOCK_MONOTONIC, UINT64_MAX, 1000,
			on_patience, turn);
	if (r >= 0)
		r = sd_event_source_set_priority(turn->patience, SD_EVENT_PRIORITY_IMPORTANT);
	if (r >= 0)
		r = sd_event_source_set_enabled(turn->patience, SD_EVENT_OFF);
	if (r < 0) {
		nbd_turn_free(turn);
		return r;
	}
	*ret = turn;
	return 0;
}

void nbd_turn_set(struct nbd_turn *turn, bool on)
{
	if (turn->on == on)
		return;
	turn->on = on;
	turn->last = now(turn);
	sd_event_source_set_enabled(turn->idle, on ? SD_EVENT_ON : SD_EVENT_OFF);
	sd_event_source_set_time(turn->patience, turn->last + NBD_TURN_PATIENCE_USEC);
	sd_event_source_set_enabled(turn->patience, on ? SD_EVENT_ONESHOT : SD_EVENT_OFF);
}

struct nbd_turn *nbd_turn_free(struct nbd_turn *turn)
{
	if (!turn)
		return NULL;
	sd_event_source_disable_unref(turn->idle);
	sd_event_source_disable_unref(turn->patience);
	free(turn);
	return NULL;
}
