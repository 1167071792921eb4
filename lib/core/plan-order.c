/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * In which order bonds are planned when slaves change hands. The bond that loses a slave goes
 * first: its new slaves come in before the old one leaves. Where bonds exchange slaves in a circle
 * there is no such order: then the slave that closes the circle is deferred until all bonds were
 * planned, and the bond that waits for it counts without it.
 */
#include <errno.h>

#include "lib/core/planner.h"

enum visit {
	NOT_SEEN,
	IN_PROGRESS,
	DONE,
};

struct order {
	struct nb_target *target;
	const struct nb_state *before;
	struct nb_goal **goals;
	size_t n;
};

/* The goal of the bond that has this slave now, if that is another one. */
static struct nb_goal *find_loser(
	const struct order *order, const struct nb_goal *goal, const struct nb_goal_slave *slave)
{
	const struct nb_netns *ns = nb_state_namespace(order->before, slave->namespace);
	const struct nb_link *link = ns ? nb_netns_find(ns, slave->name) : NULL;
	const struct nb_link *master =
		link && link->master ? nb_netns_find_index(ns, link->master) : NULL;
	struct nb_goal *loser =
		master ? nb_target_find(order->target, slave->namespace, master->name) : NULL;

	return loser == goal ? NULL : loser;
}

static void visit(struct order *order, struct nb_goal *goal)
{
	if (goal->visit != NOT_SEEN)
		return;
	goal->visit = IN_PROGRESS;
	for (size_t i = 0; i < goal->n_slaves; i++) {
		struct nb_goal *loser = find_loser(order, goal, &goal->slaves[i]);

		/* The new bond is there, and has its slaves, before the old one goes. */
		if (loser && loser->absent && !nb_streq(loser->namespace, goal->namespace)) {
			loser->late = true;
			goal->old = loser;
		}
		if (!loser || loser->absent)
			continue;
		if (loser->visit == IN_PROGRESS)
			goal->slaves[i].deferred = true;
		visit(order, loser);
	}
	goal->visit = DONE;
	order->goals[order->n++] = goal;
}

struct nb_goal **nb_plan_order(struct nb_target *target, const struct nb_state *before)
{
	struct order order = { .target = target, .before = before };

	order.goals = calloc(target->n_goals + 1, sizeof(*order.goals));
	for (size_t i = 0; order.goals && i < target->n_goals; i++)
		visit(&order, target->goals[i]);
	return order.goals;
}
