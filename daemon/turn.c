/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "daemon/turn.h"

#include <errno.h>
#include <stdlib.h>
#include <time.h>

struct nbd_turn {
	sd_event *event;
	sd_event_source *source;
	int64_t priority; /* while it has patience */
	void (*step)(void *context);
	void *context;
	bool on;
	uint64_t last;	  /* step */
};

static uint64_t now(const struct nbd_turn *turn)
{
	uint64_t usec = 0;

	sd_event_now(turn->event, CLOCK_MONOTONIC, &usec);
	return usec;
}

/* The loop does not sleep while there are steps to take, so a look before each turn will do. */
static int on_prepare(sd_event_source *source, void *userdata)
{
	const struct nbd_turn *turn = userdata;
	const bool is_late = now(turn) >= turn->last + NBD_TURN_PATIENCE_USEC;

	return sd_event_source_set_priority(
		source, is_late ? SD_EVENT_PRIORITY_IMPORTANT : turn->priority);
}

static int on_turn(sd_event_source *source, void *userdata)
{
	struct nbd_turn *turn = userdata;

	turn->last = now(turn);
	turn->step(turn->context);
	return 0;
}

int nbd_turn_new(sd_event *event, int64_t priority, void (*step)(void *context), void *context,
	struct nbd_turn **ret)
{
	struct nbd_turn *turn = calloc(1, sizeof(*turn));
	int r;

	if (!turn)
		return -ENOMEM;
	turn->event = event;
	turn->priority = SD_EVENT_PRIORITY_IDLE + priority;
	turn->step = step;
	turn->context = context;
	r = sd_event_add_defer(event, &turn->source, on_turn, turn);
	if (r >= 0)
		r = sd_event_source_set_enabled(turn->source, SD_EVENT_OFF);
	if (r >= 0)
		r = sd_event_source_set_prepare(turn->source, on_prepare);
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
	sd_event_source_set_enabled(turn->source, on ? SD_EVENT_ON : SD_EVENT_OFF);
}

struct nbd_turn *nbd_turn_free(struct nbd_turn *turn)
{
	if (!turn)
		return NULL;
	sd_event_source_disable_unref(turn->source);
	free(turn);
	return NULL;
}
