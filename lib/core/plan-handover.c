/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Slaves that change hands while something is held. What the loser keeps (its release is held, or
 * the whole bond), or what is not made at all, cannot come: the bond that wants it is planned
 * without it, and what that change means for its other slaves is judged anew.
 */
#include <errno.h>
#include <string.h>

#include "lib/core/hold.h"
#include "lib/core/planner.h"

/* A bond that a held goal would have made. */
static bool is_not_made(const struct nb_planner *p, const struct nb_goal_slave *slave)
{
	const struct nb_goal *inner = nb_target_find(p->target, slave->namespace, slave->name);

	return inner && inner->skip;
}

static bool cannot_come(
	const struct nb_planner *p, const struct nb_goal *goal, const struct nb_goal_slave *slave)
{
	const struct nb_netns *ns = nb_state_namespace(p->before, slave->namespace);
	const struct nb_link *link = ns ? nb_netns_find(ns, slave->name) : NULL;
	const struct nb_link *master;
	const struct nb_goal *owner;

	if (!link)
		return is_not_made(p, slave);
	master = link->master ? nb_netns_find_index(ns, link->master) : NULL;
	if (!master || !nb_link_is_bond(master))
		return false;
	owner = nb_target_find(p->target, slave->namespace, master->name);
	if (!owner || owner == goal)
		return false;
	return owner->skip || nb_goal_find_slave(owner, slave->namespace, slave->name);
}

bool nb_plan_cannot_follow(const struct nb_planner *p, const struct nb_goal *goal)
{
	const struct nb_netns *ns = nb_state_namespace(p->before, goal->namespace);

	return !goal->absent && !goal->skip && goal->old && goal->old->skip &&
	       !(ns && nb_netns_find(ns, goal->name));
}

int nb_plan_keep_slaves(struct nb_planner *p, struct nb_goal *goal)
{
	NB_CLEANUP(nb_view_done) struct nb_view view = { 0 };
	int n = 0;

	for (size_t i = goal->n_slaves; i-- > 0;) {
		struct nb_hold hold = { .kind = NB_DELTA_SLAVE_ADD };

		if (!cannot_come(p, goal, &goal->slaves[i]))
			continue;
		if (!view.goal && nb_view_init(&view, goal, p->target, p->before,
					  p->policy->memory) < 0)
			return -ENOMEM;
		memcpy(hold.slave, goal->slaves[i].name, IFNAMSIZ);
		if (nb_hold_apply(goal, &view, &hold) < 0)
			return -ENOMEM;
		n++;
	}
	return n;
}
