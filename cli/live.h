/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * One screen that goes on: bonds and slaves with what goes through them, each second, and the last
 * events as they happen.
 */

#include "cli/client.h"
#include "cli/objects.h"

struct nbc_live;

/** nbc_live_new() - take the whole terminal; nbc_live_free() gives it back */
struct nbc_live *nbc_live_new(const struct nbc *nbc);

/** nbc_live_free() - the terminal as it was. NULL is fine. */
void nbc_live_free(struct nbc_live *live);

/** nbc_live_event() - something happened; shown with the next look, which is soon */
void nbc_live_event(struct nbc_live *live, const char *clock, const char *text);

/** nbc_live_run() - until a signal, or the daemon is gone. Return: a negative errno. */
int nbc_live_run(struct nbc_live *live, struct nbc_client *c, const sigset_t *mask);

/*
 * Drawing, apart from the terminal.
 */

/** nbc_rate_say() - append bits per second: "0", "12.3 kb/s", "9.41 Gb/s" */
void nbc_rate_say(double bits, struct nb_text *out);

/**
 * nbc_live_draw() - append the screen, lines ended by \n, at most @rows of them
 * @before:   the objects a look ago; NULL: the first look, which has no rates
 * @seconds:  between both
 * @events:   @n_events lines, the newest last
 */
void nbc_live_draw(const struct nbc *nbc, const struct nbc_objects *now,
	const struct nbc_objects *before, double seconds, char *const *events, size_t n_events,
	unsigned rows, struct nb_text *out);
