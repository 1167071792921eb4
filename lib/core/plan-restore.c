/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Putting back what the kernel lost on the way: on the bond, on the devices upon it, on those
 * upon its slaves, and routes elsewhere whose source address was gone for a moment. What was
 * there before the plan, is not there now and nobody wants gone comes again, as it was.
 */
#include <errno.h>
#include <string.h>

#include "lib/core/effect-l3.h"
#include "lib/core/planner.h"

#define DEPTH_MAX 8 /* MAX_NEST_DEV */
#define FOLLOW_MS 1000u

static struct nb_link *work_link(const struct nb_planner *p, const struct nb_link *before)
{
	struct nb_netns *ns = nb_planner_ns(p);

	return ns ? nb_netns_find(ns, before->name) : NULL;
}

static bool removed_on_purpose(const struct nb_planner *p, const struct nb_link *link,
	const struct nb_address *address, const struct nb_route *route)
{
	return link == p->view.link && nb_plan_l3_delta(p, address, route);
}

bool nb_plan_takes(const struct nb_link *link, uint8_t family)
{
	return family != AF_INET6 || link->mtu >= IPV6_MTU_MIN;
}

/* Whether it may move what lies upon its link. */
static bool moves_uppers(const struct nb_op *op)
{
	return op->kind == NB_OP_ENSLAVE || op->kind == NB_OP_RELEASE ||
		((op->kind == NB_OP_BOND_SET || op->kind == NB_OP_LINK_SET) &&
			op->set & (NB_SET_UP | NB_SET_DOWN | NB_SET_MTU));
}

/* Whether an operation on another device came since it was last waited for. */
static bool may_still_move(const struct nb_planner *p, const struct nb_link *link)
{
	for (size_t i = p->plan->n_ops; i-- > 0;) {
		const struct nb_op *op = &p->plan->ops[i];
		bool same = nb_streq(op->link, link->name);

		if (same && op->kind == NB_OP_WAIT_FOLLOW)
			return false;
		if (!same && moves_uppers(op) && nb_streq(op->namespace, p->goal->namespace))
			return true;
	}
	return false;
}

/*
 * What lies upon a device that went up, down or shrank follows it, on newer kernels some time after
 * the request is answered (lib/nl/wait.h): what is put back before that would be undone.
 */
static void wait_for_upper(struct nb_planner *p, const struct nb_link *link)
{
	struct nb_op *op;

	if (!link->lower || p->error < 0 || !may_still_move(p, link))
		return;
	nb_planner_upkeep(p);
	op = nb_planner_op(p, NB_OP_WAIT_FOLLOW, p->goal->namespace, link);
	op->set = nb_link_is_up(link) ? NB_SET_UP : NB_SET_DOWN;
	op->mtu = link->mtu;
	op->timeout_ms = FOLLOW_MS;
	op->flags |= NB_OP_TOLERANT;
	nb_planner_commit(p);
}

static void restore_address(
	struct nb_planner *p, const struct nb_link *before, const struct nb_address *address)
{
	struct nb_link *link = work_link(p, before);

	if (!link || nb_link_find_address(link, address) || !nb_address_restorable(address) ||
		!nb_plan_takes(link, address->ip.family) ||
		removed_on_purpose(p, before, address, NULL))
		return;
	wait_for_upper(p, link);
	nb_planner_upkeep(p);
	nb_plan_add_address(p, p->goal->namespace, link, address, NB_OP_TOLERANT | NB_OP_BACK);
}

/*
 * In the order that makes the old one again, which decides about source addresses: the kernel puts
 * a new IPv6 address before the others of its scope (ipv6_link_dev_addr()), an IPv4 one behind.
 */
static void restore_addresses(struct nb_planner *p, const struct nb_link *before)
{
	for (size_t i = 0; i < before->n_addresses && p->error == 0; i++) {
		if (before->addresses[i].ip.family == AF_INET)
			restore_address(p, before, &before->addresses[i]);
	}
	for (size_t i = before->n_addresses; i-- > 0 && p->error == 0;) {
		if (before->addresses[i].ip.family == AF_INET6)
			restore_address(p, before, &before->addresses[i]);
	}
}

static bool leads_to(const struct nb_link *link, const struct nb_ip *via)
{
	if (nb_ip_is_linklocal(via))
		return true;
	for (size_t i = 0; i < link->n_addresses; i++) {
		const struct nb_address *a = &link->addresses[i];

		if (!(a->flags & IFA_F_NOPREFIXROUTE) &&
			nb_ip_in_prefix(
				via, a->peer.family ? &a->peer : &a->ip, a->prefix_length))
			return true;
	}
	for (size_t i = 0; i < link->n_routes; i++) {
		const struct nb_route *route = &link->routes[i];

		if (route->via.family == 0 && !route->opaque &&
			nb_ip_in_prefix(via, &route->to, route->prefix_length))
			return true;
	}
	return false;
}

/* Whether all its next hops stand on devices that are up and lead there. */
static bool hops_lead(const struct nb_netns *ns, const struct nb_route *route)
{
	struct nb_hop hop;

	for (size_t cursor = 0; nb_route_next_hop(route, &cursor, &hop);) {
		const struct nb_link *link = nb_netns_find_index(ns, hop.ifindex);

		if (!link || !nb_link_is_up(link) || (hop.via.family && !leads_to(link, &hop.via)))
			return false;
	}
	return true;
}

const char *nb_plan_obstacle(
	const struct nb_netns *ns, const struct nb_link *link, const struct nb_route *route)
{
	if (!nb_route_restorable(route))
		return "it goes by a nexthop object, which ends when its device goes down";
	if (!nb_link_is_up(link))
		return "its device is down";
	if (!nb_plan_takes(link, route->to.family))
		return "the MTU of its device is too small for IPv6";
	if (route->src.family && !nb_netns_is_local(ns, &route->src))
		return "the source address it prefers is gone";
	if (!hops_lead(ns, route))
		return "not all of its next hops can be reached";
	if (route->via.family && !route->onlink && !leads_to(link, &route->via))
		return "nothing leads to its gateway any more";
	return NULL;
}

static bool is_of(enum nb_phase phase, const struct nb_route *route)
{
	return phase == NB_PHASE_ROUTES + nb_route_rank(route);
}

/* The address it preferred was gone for a moment, and the route stayed without it. */
static bool lost_source(const struct nb_planner *p, const struct nb_link *link,
	const struct nb_route *before, const struct nb_route *now)
{
	if (link == p->view.link && nb_route_find(p->goal->routes, p->goal->n_routes, before))
		return false; /* nb_plan_l3() makes it what it shall be */
	return before->src.family && !now->src.family &&
		nb_ip_equal(&before->via, &now->via) && before->opaque == now->opaque;
}

/* What is wanted in its place needs none of what it needs: a source address that never passes. */
static bool comes_otherwise(
	const struct nb_planner *p, const struct nb_link *before, const struct nb_route *route)
{
	const struct nb_route *want =
		nb_route_find(p->goal->routes, p->goal->n_routes, route);

	return before == p->view.link && want && nb_plan_l3_delta(p, NULL, want);
}

static void restore_route(
	struct nb_planner *p, const struct nb_link *before, const struct nb_route *route, bool last)
{
	struct nb_link *link = work_link(p, before);
	const struct nb_route *now = nb_link_find_route(link, route);
	unsigned flags = NB_OP_TOLERANT | NB_OP_BACK | (now ? NB_OP_REPLACE : 0);

	if (!link || !nb_route_restorable(route) || !nb_link_is_up(link) ||
		(now && !lost_source(p, before, route, now)) ||
		removed_on_purpose(p, before, NULL, route) || comes_otherwise(p, before, route))
		return;
	if (nb_plan_obstacle(nb_planner_ns(p), link, route)) {
		/* Where nothing was seen to lead there before either, the kernel may know a way. */
		if (!last || !nb_plan_obstacle(p->view.ns, before, route))
			return;
		flags |= NB_OP_DOUBTFUL;
	}
	wait_for_upper(p, link);
	nb_planner_upkeep(p);
	/* It may never be usable here, without a carrier: nothing else is to wait for that. */
	if (nb_plan_wait_for_source(p, route, NB_OP_TOLERANT))
		flags |= NB_OP_DOUBTFUL;
	nb_plan_add_route(p, p->goal->namespace, work_link(p, before), route, flags);
}

static void restore_routes(
	struct nb_planner *p, const struct nb_link *before, enum nb_phase phase, bool last)
{
	for (size_t i = 0; i < before->n_routes && p->error == 0; i++) {
		if (is_of(phase, &before->routes[i]))
			restore_route(p, before, &before->routes[i], last);
	}
}

/* How it is now was made by a change that was cut off: how it was before, its own goal says. */
static bool is_owed_otherwise(const struct nb_planner *p, const struct nb_link *before)
{
	for (size_t i = 0; i < p->target->n_links; i++) {
		const struct nb_link_goal *link = &p->target->links[i];

		if (link->owed && link->was != before && link->was->ifindex == before->ifindex &&
			nb_streq(link->namespace, p->goal->namespace))
			return true;
	}
	return false;
}

/*
 * A device upon another goes up and down with it, and shrinks with it. One that lay upon a device
 * that was down was down for that, and follows it now as it would by hand (vlan_device_event()).
 * What is owed does not say what it lay upon: it is put back as it was.
 */
static void restore_shape(struct nb_planner *p, const struct nb_link *before)
{
	const struct nb_link *below = nb_netns_find_index(p->view.ns, before->lower);
	struct nb_link *link = work_link(p, before), *lower;
	struct nb_op *op;
	unsigned set = 0;

	lower = link ? nb_netns_find_index(nb_planner_ns(p), link->lower) : NULL;
	if (!lower || is_owed_otherwise(p, before))
		return;
	if (link->mtu != before->mtu && before->mtu <= lower->mtu)
		set |= NB_SET_MTU;
	if (nb_link_is_up(before) && !nb_link_is_up(link) && nb_link_is_up(lower))
		set |= NB_SET_UP;
	if (!nb_link_is_up(before) && nb_link_is_up(link) && (!below || nb_link_is_up(below)))
		set |= NB_SET_DOWN;
	if (!set)
		return;
	wait_for_upper(p, link);
	nb_planner_upkeep(p);
	op = nb_planner_op(p, NB_OP_LINK_SET, p->goal->namespace, link);
	op->set = set;
	op->mtu = before->mtu;
	op->mtu_before = link->mtu;
	op->flags |= NB_OP_BACK;
	nb_planner_reason(p, "it follows the device it lies upon, and was otherwise before");
	nb_planner_commit(p);
}

static void restore_link(
	struct nb_planner *p, const struct nb_link *before, enum nb_phase phase, bool last)
{
	if (phase == NB_PHASE_ADDRESSES)
		restore_addresses(p, before);
	else if (phase != NB_PHASE_SHAPE)
		restore_routes(p, before, phase, last);
}

static void restore_above(struct nb_planner *p, const struct nb_link *lower, enum nb_phase phase,
	bool last, unsigned depth)
{
	struct nb_relatives relatives = nb_netns_relatives(p->view.ns, lower->ifindex);
	const struct nb_link *upper;

	while (depth > 0 && p->error == 0 && (upper = nb_relatives_next(&relatives))) {
		if (upper == lower || upper->lower != lower->ifindex)
			continue;
		if (phase == NB_PHASE_SHAPE)
			restore_shape(p, upper);
		else if (nb_link_is_up(upper))
			restore_link(p, upper, phase, last);
		restore_above(p, upper, phase, last, depth - 1);
	}
}

static bool has_upper(const struct nb_planner *p, const struct nb_link *lower)
{
	struct nb_relatives relatives = nb_netns_relatives(p->view.ns, lower->ifindex);
	const struct nb_link *upper;

	while ((upper = nb_relatives_next(&relatives))) {
		if (upper != lower && upper->lower == lower->ifindex)
			return true;
	}
	return false;
}

/* What lies upon slaves went down with them while they were enslaved. */
static void restore_above_slaves(struct nb_planner *p, enum nb_phase phase, bool last)
{
	for (size_t i = 0; i < p->goal->n_slaves && p->error == 0; i++) {
		const struct nb_goal_slave *slave = &p->goal->slaves[i];
		const struct nb_link *before = nb_netns_find(p->view.ns, slave->name), *now;

		if (!before || !nb_streq(slave->namespace, p->goal->namespace) ||
			!has_upper(p, before))
			continue;
		now = work_link(p, before);
		if (now && nb_link_is_slave_of(now, nb_planner_bond(p)))
			restore_above(p, before, phase, last, DEPTH_MAX);
	}
}

/* Whether a route of a device that is nobody's goal, or a wanted one of another goal. */
static bool is_to_stay(
	const struct nb_planner *p, const struct nb_link *link, const struct nb_route *route)
{
	const struct nb_goal *goal = nb_target_find(p->target, p->goal->namespace, link->name);

	if (!goal)
		return true;
	for (size_t i = 0; i < goal->n_routes; i++) {
		if (nb_route_equal(&goal->routes[i], route))
			return true;
	}
	return false;
}

/* By a delta, or because the bond goes down for a moment. */
static bool loses_address(const struct nb_planner *p)
{
	if (nb_planner_delta(p, NB_DELTA_ADDRESS_REMOVE) ||
		nb_planner_delta(p, NB_DELTA_ADDRESS_REPLACE))
		return true;
	for (size_t i = p->plan->n_ops; i-- > 0;) {
		const struct nb_op *op = &p->plan->ops[i];

		if (!nb_streq(op->goal, p->goal->key))
			return false;
		if (op->set & NB_SET_DOWN && nb_streq(op->link, p->view.link->name))
			return true;
	}
	return false;
}

/* Routes of other devices that prefer an address of this bond (fib_sync_down_addr()). */
static void restore_elsewhere(struct nb_planner *p, enum nb_phase phase, bool last)
{
	for (size_t i = 0; i < p->view.ns->links.n && p->error == 0; i++) {
		const struct nb_link *before = nb_netns_link(p->view.ns, i), *now;

		if (before == p->view.link || before->n_routes == 0)
			continue;
		now = work_link(p, before);
		for (size_t k = 0; now && !now->master && k < before->n_routes; k++) {
			const struct nb_route *route = &before->routes[k];

			if (route->src.family && is_of(phase, route) &&
				is_to_stay(p, before, route))
				restore_route(p, before, route, last);
		}
	}
}

static void restore_phase(struct nb_planner *p, enum nb_phase phase, bool last)
{
	if (p->error < 0 || !nb_planner_bond(p))
		return;
	if (p->view.link) {
		restore_link(p, p->view.link, phase, last);
		restore_above(p, p->view.link, phase, last, DEPTH_MAX);
	}
	restore_above_slaves(p, phase, last);
	if (phase > NB_PHASE_ADDRESSES && p->view.link && loses_address(p))
		restore_elsewhere(p, phase, last);
}

/* A bond that is new has lost nothing; what lies upon its slaves may have. */
static bool may_miss(const struct nb_planner *p)
{
	if (p->view.link || !p->view.ns)
		return p->view.ns;
	for (size_t i = 0; i < p->goal->n_slaves; i++) {
		const struct nb_link *before = nb_netns_find(p->view.ns, p->goal->slaves[i].name);

		if (before && has_upper(p, before))
			return true;
	}
	return false;
}

void nb_plan_restore_addresses(struct nb_planner *p)
{
	if (may_miss(p))
		restore_phase(p, NB_PHASE_ADDRESSES, false);
}

void nb_plan_restore_phase(struct nb_planner *p, const struct nb_netns *ns,
	const struct nb_link *before, enum nb_phase phase)
{
	p->view.ns = ns; /* what is compared with */
	if (phase == NB_PHASE_SHAPE)
		restore_shape(p, before);
	else
		restore_link(p, before, phase, true);
	p->view.ns = NULL;
}

void nb_plan_restore_link(
	struct nb_planner *p, const struct nb_netns *ns, const struct nb_link *before)
{
	for (enum nb_phase phase = NB_PHASE_ADDRESSES; phase < NB_PHASES && p->error == 0; phase++)
		nb_plan_restore_phase(p, ns, before, phase);
}

void nb_plan_restore(struct nb_planner *p, bool last)
{
	if (!may_miss(p))
		return;
	for (enum nb_phase phase = NB_PHASE_SHAPE; phase < NB_PHASES; phase++)
		restore_phase(p, phase, last);
}
