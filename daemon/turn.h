/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * Work in small steps, one per turn of the event loop: after everything else that waits, so that
 * callers are answered in between, but not later than NBD_TURN_PATIENCE_USEC, so that callers
 * who never cease do not stop it.
 */

#include <stdbool.h>
#include <systemd/sd-event.h>

#define NBD_TURN_PATIENCE_USEC 20000u

struct nbd_turn;

/**
 * nbd_turn_new() - asleep
 * @priority:  among works of this kind
 * @step:      may switch it on and off
 *
 * Return: 0; a negative errno.
 */
int nbd_turn_new(sd_event *event, int64_t priority, void (*step)(void *context), void *context,
	struct nbd_turn **ret);

/** nbd_turn_set() - take a step per turn from now on, or not any more */
void nbd_turn_set(struct nbd_turn *turn, bool on);

/** nbd_turn_free() - NULL is fine. Return: NULL. */
struct nbd_turn *nbd_turn_free(struct nbd_turn *turn);
