/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * The time of the reconciler: steps, one per turn of a loop, and two alarms. The daemon's loop is
 * sd-event; a test brings its own, with a clock that it sets.
 */

#include <systemd/sd-event.h>

#include "lib/core/util.h"

struct nbd_reconciler;

#define NBD_PACE_HOLD_USEC 1000000u

enum nbd_alarm {
	NBD_ALARM_STEP, /* the end of settling, of a wait, of back-off */
	NBD_ALARM_SLOW, /* the slow look, the ends of pauses and contests */
	NBD_ALARMS,
};

struct nbd_pace_ops {
	/* µs of a clock that goes on while the machine sleeps and never jumps; never 0. */
	uint64_t (*now)(void *context);
	/* Call nbd_reconciler_work() once per turn from now on, or not any more. */
	void (*work)(void *context, bool on);
	/* Call nbd_reconciler_alarm() once at @usec; an earlier time set for it is forgotten. 0: never. */
	void (*alarm)(void *context, enum nbd_alarm alarm, uint64_t usec);
};

struct nbd_pace;

/* On sd-event; the context is struct nbd_pace. */
extern const struct nbd_pace_ops nbd_pace_ops;

/**
 * nbd_pace_new() - the pace of @event, asleep
 *
 * Return: 0; a negative errno.
 */
int nbd_pace_new(sd_event *event, struct nbd_pace **ret);

/** nbd_pace_drive() - whose steps and alarms they are; borrowed */
void nbd_pace_drive(struct nbd_pace *pace, struct nbd_reconciler *reconciler);

/**
 * nbd_pace_hold() - no step for a moment, or go on
 *
 * For who reads the kernel beside the loop: what changes meanwhile breaks a dump off. It goes on by
 * itself after NBD_PACE_HOLD_USEC.
 */
void nbd_pace_hold(struct nbd_pace *pace, bool hold);

/** nbd_pace_free() - NULL is fine. Return: NULL. */
struct nbd_pace *nbd_pace_free(struct nbd_pace *pace);
