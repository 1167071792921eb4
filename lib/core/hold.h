/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * Holding a difference back: the wanted value is replaced by the observed one, with all that
 * depends on it, so that a plan for the rest is exact by itself.
 */

#include "lib/core/diff.h"

/* A delta with values of its own: it outlives changes of the goal. */
struct nb_hold {
	enum nb_delta_kind kind;
	unsigned attr;
	char slave[IFNAMSIZ];
	struct nb_address address;
	struct nb_route route; /* without .attributes */
};

/** nb_hold_init() - the hold that undoes @delta */
void nb_hold_init(struct nb_hold *hold, const struct nb_delta *delta);

/**
 * nb_hold_apply() - take a difference out of @goal
 * @view:  what @goal was compared with; only .state, .ns, .link, .slaves and .object are read
 *
 * An option takes along what it conflicts with, needs or disturbs; the mode takes along all
 * options; an address takes along the routes that prefer it as source.
 * Return: 0, -ENOMEM.
 */
int nb_hold_apply(struct nb_goal *goal, const struct nb_view *view, const struct nb_hold *hold);
