/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * What a run saw and left: everything that is shown comes from here. Never changed once it is
 * made; whoever is not done with it when the next one comes holds a reference.
 */

#include "lib/core/plan.h"

struct nbd_seen {
	unsigned refs;
	struct nb_state *observed; /* NULL before the first run ended */
	struct nb_target *target;
	struct nb_plan *plan;	   /* no operations; what is held */
	struct nb_pages spells;	   /* since when bonds are as they are (since.h), by name */
	bool part;	/* only .changed differs from the moment before, and what follows from it */
	struct nb_touches changed; /* links */
};

/** nbd_seen_new() - nothing yet, with one reference. Return: NULL when memory ran out. */
static inline struct nbd_seen *nbd_seen_new(void)
{
	struct nbd_seen *seen = calloc(1, sizeof(*seen));

	if (seen)
		seen->refs = 1;
	return seen;
}

/** nbd_seen_ref() - one more. Return: @seen. */
static inline struct nbd_seen *nbd_seen_ref(struct nbd_seen *seen)
{
	seen->refs++;
	return seen;
}

/** nbd_seen_unref() - one less; the last one frees it. NULL is fine. Return: NULL. */
struct nbd_seen *nbd_seen_unref(struct nbd_seen *seen);

/**
 * nbd_seen_bonds() - the bonds of which something changed, or of a slave they have or had
 * @before:   the moment before @now, or before that: @changed has all that changed since
 * @ret:      empty before; receives them by ifindex; .all: too many
 */
void nbd_seen_bonds(const struct nbd_seen *before, const struct nbd_seen *now,
	const struct nb_touches *changed, struct nb_touches *ret);
