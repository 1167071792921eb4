/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Devices of a snapshot become again what they were, after the bonds did. */
#include <errno.h>
#include <string.h>

#include "lib/core/owed.h"
#include "lib/core/planner.h"

#define DEPTH_MAX 8 /* MAX_NEST_DEV */

static struct nb_link *work_link(const struct nb_planner *p, const struct nb_link_goal *goal)
{
	const struct nb_netns *ns = nb_state_namespace(p->work, goal->namespace);

	return ns ? nb_netns_find(ns, goal->was->name) : NULL;
}

static void come_home(struct nb_planner *p, const struct nb_link_goal *goal, const char *from,
	const struct nb_link *link)
{
	const struct nb_netns *home = nb_state_namespace(p->work, goal->namespace);
	struct nb_op *op;

	if (!home || !home->exists || link->master || nb_netns_find(home, goal->was->name))
		return;
	op = nb_planner_op(p, NB_OP_LINK_MOVE, from, link);
	op->to_namespace = strdup(goal->namespace);
	if (!op->to_namespace)
		p->error = -ENOMEM;
	memcpy(op->new_name, goal->was->name, IFNAMSIZ);
	nb_planner_reason(p, "it was there before");
	nb_planner_commit(p);
}

/* A slave's MAC is its bond's affair. */
static bool has_own_mac(const struct nb_netns *ns, const struct nb_link *link)
{
	const struct nb_link *master =
		link->master ? nb_netns_find_index(ns, link->master) : NULL;

	return link->has_mac && !nb_link_is_bond(link) && (!master || !nb_link_is_bond(master));
}

static bool has_mac_of_lower(const struct nb_netns *ns, const struct nb_link *link)
{
	const struct nb_link *lower = nb_netns_find_index(ns, link->lower);

	return lower && nb_streq(link->kind, "vlan") && memcmp(link->mac, lower->mac, 6) == 0;
}

/*
 * A VLAN has the MAC of the device below as long as none is set, and takes it over when it goes up
 * (vlan_dev_inherit_address()): one that has it then and now goes with it, also at the next
 * failover of a bond with fail-over-mac. What is wrong about one that is down is seen when it is up.
 */
static bool goes_with_lower(const struct nb_planner *p, const struct nb_link_goal *goal)
{
	const struct nb_netns *then = nb_state_namespace(p->target->snapshot, goal->namespace);
	const struct nb_netns *now = nb_state_namespace(p->before, goal->namespace);
	const struct nb_link *link = now ? nb_netns_find(now, goal->was->name) : NULL;

	return link && has_mac_of_lower(then, goal->was) &&
	       (has_mac_of_lower(now, link) || (nb_link_is_up(goal->was) && !nb_link_is_up(link)));
}

/* What a device has beside addresses; the kernel does it in this order, up last. */
static void set_link(struct nb_planner *p, const struct nb_link_goal *goal, unsigned set)
{
	const struct nb_link *was = goal->was;
	struct nb_op *op = nb_planner_op(p, NB_OP_LINK_SET, goal->namespace, work_link(p, goal));

	op->set = set;
	memcpy(op->mac, was->mac, 6);
	op->mtu = was->mtu;
	nb_planner_reason(p, "it was so before");
	nb_planner_commit(p);
}

static void put_values(struct nb_planner *p, const struct nb_link_goal *goal)
{
	const struct nb_netns *ns = nb_state_namespace(p->work, goal->namespace);
	const struct nb_link *was = goal->was, *link = work_link(p, goal);
	unsigned set = 0;

	if (!link)
		return;
	if (has_own_mac(ns, link) && was->has_mac && memcmp(link->mac, was->mac, 6) != 0 &&
		!goes_with_lower(p, goal))
		set |= NB_SET_MAC;
	/* What lies upon another device cannot have a larger one than that (vlan_dev_change_mtu()). */
	if (link->mtu != was->mtu)
		set |= NB_SET_MTU;
	if (set)
		set_link(p, goal, set);
}

/* The device it was a port of in the snapshot, when that is still there. */
static const struct nb_link *old_master(
	const struct nb_planner *p, const struct nb_link_goal *goal)
{
	const struct nb_netns *then = nb_state_namespace(p->target->snapshot, goal->namespace);
	const struct nb_link *was = then ? nb_netns_find_index(then, goal->was->master) : NULL;
	const struct nb_netns *ns = nb_state_namespace(p->work, goal->namespace);

	return was && ns ? nb_netns_find(ns, was->name) : NULL;
}

static void put_master(struct nb_planner *p, const struct nb_link_goal *goal)
{
	const struct nb_link *link = work_link(p, goal), *master;
	struct nb_op *op;

	if (!link || !goal->was->master || link->master)
		return;
	master = old_master(p, goal);
	if (!master)
		return;
	op = nb_planner_op(p, NB_OP_ENSLAVE, goal->namespace, link);
	memcpy(op->master, master->name, IFNAMSIZ);
	if (nb_link_is_bond(master) && nb_link_is_up(link))
		op->set |= NB_SET_DOWN;
	nb_planner_reason(p, "it was a port of it before");
	nb_planner_commit(p);
}

static void put_updown(struct nb_planner *p, const struct nb_link_goal *goal)
{
	const struct nb_link *link = work_link(p, goal);
	bool up = nb_link_is_up(goal->was);

	if (link && nb_link_is_up(link) != up)
		set_link(p, goal, up ? NB_SET_UP : NB_SET_DOWN);
}

static void put_back(struct nb_planner *p, const struct nb_link_goal *goal)
{
	const char *from;
	const struct nb_link *now = nb_link_goal_find(goal, p->work, &from);

	if (now && !nb_streq(from, goal->namespace))
		come_home(p, goal, from, now);
	if (p->error < 0 || !work_link(p, goal))
		return;
	put_values(p, goal);
	if (p->error == 0)
		put_master(p, goal);
	if (p->error == 0)
		put_updown(p, goal);
	if (p->error == 0)
		nb_plan_restore_link(
			p, nb_state_namespace(p->target->snapshot, goal->namespace), goal->was);
}

/* Operations for it are told under its name. */
static void begin_link(struct nb_planner *p, const struct nb_link_goal *link, struct nb_goal *goal)
{
	*goal = (struct nb_goal){
		.key = (char *)link->was->name,
		.namespace = (char *)link->namespace,
	};
	memcpy(goal->name, link->was->name, IFNAMSIZ);
	p->goal = goal;
}

static void end_link(struct nb_planner *p)
{
	nb_planner_set(p, NULL);
	p->goal = NULL;
}

/* The goal of the bond that it is, is a slave of, or lies upon; NULL: none. */
static const struct nb_goal *goal_below(
	const struct nb_planner *p, const struct nb_netns *ns, const struct nb_link *link)
{
	for (unsigned i = 0; link && i < DEPTH_MAX; i++) {
		const struct nb_link *master = nb_netns_find_index(ns, link->master);

		if (master && nb_link_is_bond(master))
			link = master;
		if (nb_link_is_bond(link))
			return nb_target_find(p->target, ns->name, link->name);
		link = nb_netns_find_index(ns, link->lower);
	}
	return NULL;
}

/*
 * Why nothing may be done to that bond now, also not what is owed; NULL: it may. That is no drift: it
 * is put back also where drift is told and not mended.
 */
static const char *why_held(const struct nb_planner *p, const struct nb_goal *goal)
{
	struct nb_goal asked;

	if (!goal || !p->policy->gate)
		return NULL;
	asked = *goal;
	asked.drift = NB_DRIFT_REPAIR;
	return p->policy->gate(p->policy->gate_context, &asked);
}

static void hold_owed(struct nb_planner *p, struct nb_link_goal *link)
{
	const struct nb_netns *ns = nb_state_namespace(p->before, link->namespace);
	const struct nb_link *now = ns ? nb_netns_find_index(ns, link->was->ifindex) : NULL;
	const struct nb_goal *goal = now ? goal_below(p, ns, now) : NULL;
	NB_CLEANUP(nb_text_done) struct nb_text text = { 0 };
	const char *why = why_held(p, goal);

	link->held = why;
	if (!why || !nb_owed_misses(link->was, now))
		return;
	nb_text_add(&text, "put back what a change that was cut off took from %s", now->name);
	nb_planner_hold(p, goal->key, text.text, why,
		(struct nb_held){ .class = NB_CLASS_LIVE, .gated = true });
}

/* One phase after the other: a route may need what another device gets back. */
static void put_owed(struct nb_planner *p)
{
	for (size_t i = 0; i < p->target->n_links && p->error == 0; i++) {
		if (p->target->links[i].owed)
			hold_owed(p, &p->target->links[i]);
	}
	for (enum nb_phase phase = 0; phase < NB_PHASES; phase++) {
		for (size_t i = 0; i < p->target->n_links && p->error == 0; i++) {
			const struct nb_link_goal *link = &p->target->links[i];
			struct nb_goal goal;

			if (!link->owed || link->held || !nb_planner_work(p))
				continue;
			begin_link(p, link, &goal);
			nb_plan_restore_phase(p,
				nb_state_namespace(p->target->snapshot, link->namespace),
				link->was, phase);
			end_link(p);
		}
	}
	for (size_t i = 0; i < p->target->n_links && p->error == 0 && p->work; i++) {
		const struct nb_link_goal *link = &p->target->links[i];

		if (link->owed && !link->held && !p->policy->owed_told)
			nb_plan_tell_owed(p, link->namespace, link->was);
	}
}

void nb_plan_links(struct nb_planner *p)
{
	for (size_t i = 0; i < p->target->n_links && p->error == 0 && nb_planner_work(p); i++) {
		struct nb_goal goal;

		if (p->target->links[i].owed)
			continue;
		begin_link(p, &p->target->links[i], &goal);
		p->class = NB_CLASS_DOWN;
		put_back(p, &p->target->links[i]);
		end_link(p);
	}
	put_owed(p);
}
