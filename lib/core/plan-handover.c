/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What changes hands between bonds while something is held. The slave, address or route that the
 * loser keeps (its going is held, or the whole bond), or what is not made at all, cannot come: the
 * bond that wants it is planned without it, and what that change means for the rest of it is judged
 * anew.
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

static bool stays_with(const struct nb_goal *owner, const void *have, const void *wanted)
{
	return have && (owner->skip || wanted);
}

/*
 * Whether what @hold adds stays on another bond. The rules let no two bonds of a namespace name one
 * address or route: what two goals want is wanted by one of them because it is held there.
 */
static bool stays_elsewhere(
	const struct nb_planner *p, const struct nb_view *view, const struct nb_hold *hold)
{
	for (size_t i = 0; i < p->target->goals.n; i++) {
		const struct nb_goal *owner = nb_target_goal(p->target, i);
		const struct nb_link *link;

		if (!owner->has_held || owner == view->goal ||
			!nb_streq(owner->namespace, view->goal->namespace))
			continue;
		link = nb_netns_find(view->ns, owner->name);
		if (hold->kind == NB_DELTA_ADDRESS_ADD
				? stays_with(owner, nb_link_find_address(link, &hold->address),
					  nb_address_find(owner->addresses, owner->n_addresses,
						  &hold->address))
				: stays_with(owner, nb_link_find_route(link, &hold->route),
					  nb_route_find(owner->routes, owner->n_routes,
						  &hold->route)))
			return true;
	}
	return false;
}

/* The first address or route that is to come and cannot. */
static bool find_staying(
	const struct nb_planner *p, const struct nb_view *view, struct nb_hold *hold)
{
	const struct nb_goal *goal = view->goal;
	const struct nb_link *link = view->link;

	hold->kind = NB_DELTA_ADDRESS_ADD;
	for (size_t i = 0; i < goal->n_addresses; i++) {
		hold->address = goal->addresses[i];
		if (!nb_link_find_address(link, &hold->address) &&
			stays_elsewhere(p, view, hold))
			return true;
	}
	hold->kind = NB_DELTA_ROUTE_ADD;
	for (size_t i = 0; i < goal->n_routes; i++) {
		hold->route = goal->routes[i];
		if (!nb_link_find_route(link, &hold->route) &&
			stays_elsewhere(p, view, hold))
			return true;
	}
	return false;
}

static int keep_l3(struct nb_planner *p, struct nb_goal *goal, const struct nb_view *view)
{
	struct nb_hold hold = { 0 };
	int n = 0;

	for (; view->ns && find_staying(p, view, &hold); n++) {
		if (nb_hold_apply(goal, view, &hold) < 0)
			return -ENOMEM;
	}
	return n;
}

static int keep_slaves(struct nb_planner *p, struct nb_goal *goal, const struct nb_view *view)
{
	int n = 0;

	for (size_t i = goal->n_slaves; i-- > 0;) {
		struct nb_hold hold = { .kind = NB_DELTA_SLAVE_ADD };

		if (!cannot_come(p, goal, &goal->slaves[i]))
			continue;
		memcpy(hold.slave, goal->slaves[i].name, IFNAMSIZ);
		if (nb_hold_apply(goal, view, &hold) < 0)
			return -ENOMEM;
		n++;
	}
	return n;
}

int nb_plan_keep_handed(struct nb_planner *p, struct nb_goal *goal)
{
	NB_CLEANUP(nb_view_done) struct nb_view view = { 0 };
	int slaves, l3;

	if (goal->skip || goal->absent)
		return 0;
	if (nb_view_init(&view, goal, p->target, p->before, p->policy->memory) < 0)
		return -ENOMEM;
	slaves = keep_slaves(p, goal, &view);
	if (slaves < 0)
		return slaves;
	l3 = keep_l3(p, goal, &view);
	return l3 < 0 ? l3 : slaves + l3;
}
