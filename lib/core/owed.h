/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * What a plan takes from others for a moment and puts back itself: a bond that goes down loses
 * IPv6 addresses and routes, and so does what lies upon it. No configuration names them: whoever
 * runs the plan keeps them elsewhere meanwhile, and where the plan was cut off the next one puts
 * them back. A state whose links have those addresses and routes alone; it survives
 * nb_yaml_emit_state().
 */

#include "lib/core/plan.h"

/**
 * nb_owed_of() - what the operations of @plan put back (NB_OP_BACK)
 * @observed:  what the plan was made from
 * @older:     what is owed besides, by nb_owed_left() of that state; NULL: nothing
 * @ret:       new, owned by the caller; NULL: nothing
 *
 * Not what netbond put there itself: the goals name that. Return: 0, -ENOMEM.
 */
int nb_owed_of(const struct nb_plan *plan, const struct nb_state *observed,
	const struct nb_state *older, struct nb_state **ret);

/** nb_owed_is_back() - whether @plan, which ran, put back all of @owed */
bool nb_owed_is_back(const struct nb_state *owed, const struct nb_plan *plan);

/**
 * nb_owed_left() - what of @owed is not there, on devices that are
 * @ret:  new, owned by the caller; NULL: nothing
 *
 * Of a namespace nobody can look into now, all. Return: 0, -ENOMEM.
 */
int nb_owed_left(
	const struct nb_state *owed, const struct nb_state *observed, struct nb_state **ret);

/** nb_owed_misses() - whether something of @was is not on @now, the same device */
bool nb_owed_misses(const struct nb_link *was, const struct nb_link *now);

/** nb_owed_give_up() - the kernel does not take what @op puts back: it is owed no more */
void nb_owed_give_up(struct nb_state *owed, const struct nb_op *op);

/**
 * nb_owed_goals() - have the plan for @target put back what is missing of @owed
 * @owed:    borrowed until @target is freed, or its links are
 * @target:  of a configuration
 * @diag:    devices that are gone, as warnings
 *
 * Only on devices that are the same still: namespace, ifindex and name. Return: 0, -ENOMEM.
 */
int nb_owed_goals(const struct nb_state *owed, const struct nb_state *observed,
	struct nb_target *target, struct nb_diag *diag);
