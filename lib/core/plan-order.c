/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * In which order bonds are planned when slaves change hands. The bond that loses a slave goes
 * first: its new slaves come in before the old one leaves. Where bonds exchange slaves in a circle
 * there is no such order: then a slave is deferred until all bonds were planned, and the bond that
 * waits for it counts without it. That falls to bonds which have another one in use meanwhile, else
 * to those which have any; where none has, one of them is without slaves for a while.
 */
#include <errno.h>
#include <string.h>

#include "lib/core/planner.h"

enum visit {
	NOT_SEEN,
	IN_PROGRESS,
	DONE,
};

struct order {
	struct nb_target *target;
	size_t n_all; /* goals to look at */
	const struct nb_state *before;
	struct nb_goal **goals; /* the result; before that, the goals whose circle is not known yet */
	size_t n;
	unsigned n_seen;
};

static struct nb_link *find_link(const struct order *order, const struct nb_goal_slave *slave,
	struct nb_link **ret_master)
{
	const struct nb_netns *ns = nb_state_namespace(order->before, slave->namespace);
	struct nb_link *link = ns ? nb_netns_find(ns, slave->name) : NULL;

	*ret_master = link && link->master ? nb_netns_find_index(ns, link->master) : NULL;
	return link;
}

/* The goal of the bond that has this slave now, if that is another one. */
static struct nb_goal *find_loser(
	const struct order *order, const struct nb_goal *goal, const struct nb_goal_slave *slave)
{
	struct nb_link *master;
	struct nb_goal *loser;

	find_link(order, slave, &master);
	loser = master ? nb_target_find(order->target, slave->namespace, master->name) : NULL;
	return loser == goal ? NULL : loser;
}

/* A bond that goes gives its slaves up by that, and one that goes on elsewhere goes last. */
static void lose_to(struct order *order, struct nb_goal *goal, struct nb_goal_slave *slave,
	struct nb_goal *loser)
{
	if (!loser->absent) {
		slave->loser = loser;
	} else if (!nb_streq(loser->namespace, goal->namespace)) {
		/*
		 * The new bond is there, and has its slaves, before the old one goes. What fails of the
		 * new one under its key leaves the old one, which no file names, as it is.
		 */
		if (!loser->late && !loser->mark.line && nb_streq(loser->name, goal->name))
			nb_target_set_key(order->target, loser, goal->key);
		loser->late = true;
		goal->old = loser;
	}
}

/* Return: whether any slave changes hands. */
static bool find_losers(struct order *order)
{
	bool any = false;

	for (size_t g = 0; g < order->n_all; g++) {
		struct nb_goal *goal = nb_target_scope(order->target, g);

		for (size_t i = 0; i < goal->n_slaves; i++) {
			struct nb_goal *loser = find_loser(order, goal, &goal->slaves[i]);

			if (loser)
				lose_to(order, goal, &goal->slaves[i], loser);
			any |= goal->slaves[i].loser != NULL;
		}
	}
	return any;
}

/* Tarjan's strongly connected components: goals of one .circle reach each other. */
static void find_circle(struct order *order, struct nb_goal *goal)
{
	const size_t place = order->n;

	goal->visit = goal->least = ++order->n_seen;
	order->goals[order->n++] = goal;
	for (size_t i = 0; i < goal->n_slaves; i++) {
		struct nb_goal *loser = goal->slaves[i].loser;

		if (!loser || loser->circle || goal->slaves[i].deferred)
			continue;
		if (!loser->visit)
			find_circle(order, loser);
		goal->least = NB_MIN(goal->least, loser->least);
	}
	while (goal->least == goal->visit && order->n > place)
		order->goals[--order->n]->circle = goal;
}

static void find_circles(struct order *order)
{
	order->n_seen = 0;
	for (size_t g = 0; g < order->n_all; g++) {
		struct nb_goal *goal = nb_target_scope(order->target, g);

		goal->visit = NOT_SEEN;
		goal->circle = NULL;
		goal->is_open = false;
	}
	for (size_t g = 0; g < order->n_all; g++) {
		if (!nb_target_scope(order->target, g)->visit)
			find_circle(order, nb_target_scope(order->target, g));
	}
}

/*
 * Whether a slave stays, one in use if that is asked, or one comes that is nobody's or a bond's
 * outside the circle; then none that is known to have no link.
 */
static bool has_another(const struct order *order, const struct nb_goal *goal, bool usable)
{
	for (size_t i = 0; i < goal->n_slaves; i++) {
		const struct nb_goal_slave *slave = &goal->slaves[i];
		struct nb_link *master, *link = find_link(order, slave, &master);

		if ((slave->loser ? slave->loser->circle != goal->circle : link && !master) &&
			!(usable && nb_link_has_no_link(link)))
			return true;
		if (master && nb_streq(master->name, goal->name) &&
			nb_streq(slave->namespace, goal->namespace) &&
			(!usable || nb_link_usable_slave(link, master)))
			return true;
	}
	return false;
}

/* What @goal gets from others of its circle comes later. Return: whether there is such a slave. */
static bool defer(struct nb_goal *goal)
{
	bool any = false;

	for (size_t i = 0; i < goal->n_slaves; i++) {
		struct nb_goal_slave *slave = &goal->slaves[i];

		if (!slave->loser || slave->deferred || slave->loser->circle != goal->circle)
			continue;
		any = slave->deferred = true;
	}
	return any;
}

/* One goal of each circle; it may have been several that met there. Return: whether there is one. */
static bool open_circles(struct order *order, bool usable)
{
	bool any = false;

	find_circles(order);
	for (size_t g = 0; g < order->n_all; g++) {
		struct nb_goal *goal = nb_target_scope(order->target, g);

		if (goal->circle->is_open || !has_another(order, goal, usable) || !defer(goal))
			continue;
		any = goal->circle->is_open = true;
	}
	return any;
}

static void visit(struct order *order, struct nb_goal *goal)
{
	if (goal->visit != NOT_SEEN)
		return;
	goal->visit = IN_PROGRESS;
	for (size_t i = 0; i < goal->n_slaves; i++) {
		struct nb_goal *loser = goal->slaves[i].loser;

		if (!loser || goal->slaves[i].deferred)
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

	order.n_all = nb_target_n_scope(target);
	order.goals = calloc(order.n_all + 1, sizeof(*order.goals));
	if (!order.goals)
		return NULL;
	if (find_losers(&order))
		while (open_circles(&order, true) || open_circles(&order, false))
			;
	for (size_t i = 0; i < order.n_all; i++)
		nb_target_scope(target, i)->visit = NOT_SEEN;
	for (size_t i = 0; i < order.n_all; i++)
		visit(&order, nb_target_scope(target, i));
	return order.goals;
}

bool nb_plan_defer_none(struct nb_target *target)
{
	const size_t n = nb_target_n_scope(target);
	bool any = false;

	for (size_t g = 0; g < n; g++)
		for (size_t i = 0; i < nb_target_scope(target, g)->n_slaves; i++) {
			any |= nb_target_scope(target, g)->slaves[i].deferred;
			nb_target_scope(target, g)->slaves[i].deferred = false;
		}
	return any;
}
