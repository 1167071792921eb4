/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* What traffic will feel of a plan, in words: its operations summed up, bond by bond. */

#include "lib/core/index.h"
#include "lib/core/plan.h"

/* What happens to one object. */
struct nb_impact {
	const char *object;	    /* as the plan's operations name it: a goal's key, or a namespace */
	const struct nb_goal *goal; /* NULL for what has none (a namespace, a device of a snapshot) */
	enum nb_class class;
	unsigned n_ops;		    /* 1 or more */
	bool created, deleted;
	bool down;		    /* the bond itself goes down */
	bool enslaved, moves;
	unsigned n_released;	    /* at any one time: releases before the next enslaving */
	bool mtu, mac;
	unsigned n_gone;	    /* addresses and routes that stay away */
	bool back_ipv4, back_ipv6, back_routes;
};

/* Zero is an empty list. What it points to is the plan's and the target's. */
struct nb_impacts {
	struct nb_impact *items;    /* in the order in which the plan comes to the objects */
	size_t n, capacity;
	struct nb_index by_object;  /* of places in .items, from 1 */
};

/**
 * nb_impacts_of() - sum up a plan, object by object, in one go over its operations
 * @ret:  empty; nb_impacts_done() also after a failure
 *
 * Return: 0, -ENOMEM.
 */
int nb_impacts_of(
	const struct nb_plan *plan, const struct nb_target *target, struct nb_impacts *ret);

/** nb_impacts_done() - free the list */
void nb_impacts_done(struct nb_impacts *impacts);

/**
 * nb_impact_say() - append what it means for the object's traffic
 *
 * "nothing stops", "down for about one LACP negotiation; IPv6 addresses and routes are put back".
 */
void nb_impact_say(const struct nb_impact *impact, struct nb_text *out);
