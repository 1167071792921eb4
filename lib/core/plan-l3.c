/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Addresses and routes: wanted ones added before unwanted ones go, lost ones put back. */
#include <errno.h>
#include <string.h>

#include "lib/core/effect-l3.h"
#include "lib/core/planner.h"

#define WAIT_ADDRESS_MS 5000u /* duplicate address detection: 1 s and a random second (RFC 4862) */

void nb_plan_add_address(struct nb_planner *p, const char *namespace, struct nb_link *link,
	const struct nb_address *address, unsigned flags)
{
	struct nb_op *op = nb_planner_op(p, NB_OP_ADDRESS_ADD, namespace, link);

	op->address = nb_address_bare(address, flags & NB_OP_TOLERANT);
	op->flags |= flags;
	if (flags & NB_OP_TOLERANT) {
		op->flags |= NB_OP_LOST;
		nb_planner_reason(p, "lost on the way");
	}
	nb_planner_commit(p);
}

static void delete_address(struct nb_planner *p, const struct nb_address *address)
{
	struct nb_op *op = nb_planner_op(
		p, NB_OP_ADDRESS_DELETE, p->goal->namespace, nb_planner_bond(p));

	op->address = *address;
	op->flags |= NB_OP_TOLERANT;
	nb_planner_commit(p);
}

const struct nb_delta *nb_plan_l3_delta(const struct nb_planner *p,
	const struct nb_address *address, const struct nb_route *route)
{
	for (size_t i = 0; i < p->diff.n_deltas; i++) {
		const struct nb_delta *delta = &p->diff.deltas[i];

		if ((address && delta->address == address) || (route && delta->route == route))
			return delta;
	}
	return NULL;
}

/*
 * Every wanted address that is not there. What was added by this plan already may be there all
 * the same: a kernel that promotes secondaries keeps it.
 */
static void add_addresses(struct nb_planner *p, bool again)
{
	for (size_t i = 0; i < p->goal->n_addresses && p->error == 0; i++) {
		const struct nb_address *want = &p->goal->addresses[i];
		struct nb_link *bond = nb_planner_bond(p);
		const struct nb_address *had =
			nb_link_find_address(p->view.link, want);
		const struct nb_delta *delta = nb_plan_l3_delta(p, want, NULL);
		bool lost = again || had;

		if (nb_link_find_address(bond, want))
			continue;
		if (had && !delta)
			want = had; /* with what the file cannot say */
		if (lost)
			delta = NULL;
		nb_planner_upkeep(p);
		if (delta)
			nb_planner_set(p, delta);
		nb_plan_add_address(
			p, p->goal->namespace, bond, want, lost ? NB_OP_TOLERANT : 0);
	}
}

/* What the file cannot say stays as it was; a snapshot says it all. */
static struct nb_address with_rest(const struct nb_planner *p, const struct nb_address *want)
{
	const struct nb_address *have = nb_link_find_address(p->view.link, want);
	struct nb_address address = *want;

	if (p->goal->literal)
		return address;
	address.metric = have->metric;
	address.flags |= have->flags &
		(IFA_F_NOPREFIXROUTE | IFA_F_HOMEADDRESS | IFA_F_MCAUTOJOIN);
	return address;
}

static void replace_address(struct nb_planner *p, const struct nb_address *want)
{
	const struct nb_address *have = nb_link_find_address(p->view.link, want);
	struct nb_address address = with_rest(p, want);

	/* It has passed the duplicate check: the bond is not without it for that time again. */
	if (!(have->flags & (IFA_F_TENTATIVE | IFA_F_DADFAILED)) && want->ip.family == AF_INET6)
		address.flags |= IFA_F_NODAD;
	delete_address(p, have);
	nb_plan_add_address(p, p->goal->namespace, nb_planner_bond(p), &address, 0);
}

static void change_addresses(struct nb_planner *p)
{
	for (size_t i = 0; i < p->diff.n_deltas && p->error == 0; i++) {
		const struct nb_delta *delta = &p->diff.deltas[i];
		struct nb_address address;

		if (delta->kind == NB_DELTA_ADDRESS_CHANGE) {
			nb_planner_set(p, delta);
			address = with_rest(p, delta->address);
			nb_plan_add_address(p, p->goal->namespace, nb_planner_bond(p), &address,
				NB_OP_REPLACE);
		} else if (delta->kind == NB_DELTA_ADDRESS_REPLACE) {
			nb_planner_set(p, delta);
			replace_address(p, delta->address);
		}
	}
}

/* Also those assumed lost on the way: with keep_addr_on_down, or promoted, they are there still. */
static void remove_addresses(struct nb_planner *p)
{
	for (size_t i = 0; i < p->diff.n_deltas && p->error == 0; i++) {
		const struct nb_delta *delta = &p->diff.deltas[i];

		if (delta->kind != NB_DELTA_ADDRESS_REMOVE)
			continue;
		nb_planner_set(p, delta);
		delete_address(p, delta->address);
	}
}

void nb_plan_add_route(struct nb_planner *p, const char *namespace, struct nb_link *link,
	const struct nb_route *route, unsigned flags)
{
	struct nb_op *op = nb_planner_op(p, NB_OP_ROUTE_ADD, namespace, link);

	if (nb_route_copy(route, &op->route) < 0)
		p->error = -ENOMEM;
	op->flags |= flags;
	if (flags & NB_OP_TOLERANT) {
		op->flags |= NB_OP_LOST;
		nb_planner_reason(p, "lost on the way");
	}
	nb_planner_commit(p);
}

static void delete_route(struct nb_planner *p, struct nb_link *link, const struct nb_route *route)
{
	struct nb_op *op = nb_planner_op(p, NB_OP_ROUTE_DELETE, p->goal->namespace, link);

	if (nb_route_copy(route, &op->route) < 0)
		p->error = -ENOMEM;
	op->flags |= NB_OP_TOLERANT;
}

/* The goal of another bond whose route this is and that no longer wants it. */
static bool other_goal_lets_go(
	const struct nb_planner *p, const struct nb_link *owner, const struct nb_route *route)
{
	const struct nb_goal *goal = nb_target_find(p->target, p->goal->namespace, owner->name);

	return goal && !goal->skip && route->protocol == NB_PROTOCOL &&
	       !nb_route_find(goal->routes, goal->n_routes, route);
}

/* The same route through another device is never replaced. Return: whether the way is free. */
static bool route_is_free(struct nb_planner *p, const struct nb_route *want)
{
	struct nb_netns *ns = nb_planner_ns(p);
	const struct nb_link *bond = nb_planner_bond(p);

	for (size_t i = 0; i < ns->links.n && p->error == 0; i++) {
		struct nb_link *owner = nb_netns_link(ns, i);
		const struct nb_route *route;
		struct nb_text text = { 0 };

		if (owner->n_routes == 0 || owner == bond || !(route = nb_link_find_route(owner, want)))
			continue;
		if (other_goal_lets_go(p, owner, route)) {
			delete_route(p, owner, route);
			p->scratch.class = NB_CLASS_DOWN;
			nb_planner_reason(p, "it moves to %s", p->goal->name);
			nb_planner_commit(p);
			continue;
		}
		nb_route_format(route, &text);
		p->plan->refused = true;
		nb_diag_error(p->diag, &want->mark, p->goal->key,
			"the route %s is already there through %s (protocol %s)",
			text.text ? text.text : "", owner->name,
			nb_route_protocol_name(route->protocol));
		nb_diag_hint(p->diag, "remove it there, or give this one another metric or table");
		nb_text_done(&text);
		return false;
	}
	return p->error == 0;
}

bool nb_plan_wait_for_source(
	struct nb_planner *p, const struct nb_route *route, unsigned flags)
{
	struct nb_netns *ns = nb_planner_ns(p);
	bool waits = false;

	for (size_t i = 0; i < ns->links.n && route->src.family == AF_INET6; i++) {
		struct nb_link *link = nb_netns_link(ns, i);

		for (size_t k = 0; k < link->n_addresses; k++) {
			const struct nb_address *address = &link->addresses[k];
			struct nb_op *op;

			if (!nb_ip_equal(&address->ip, &route->src) ||
				!(address->flags & IFA_F_TENTATIVE))
				continue;
			op = nb_planner_op(p, NB_OP_WAIT_ADDRESS, p->goal->namespace, link);
			op->address = *address;
			op->timeout_ms = WAIT_ADDRESS_MS;
			op->flags |= flags;
			nb_planner_commit(p);
			waits = true;
		}
	}
	return waits;
}

static bool has_slave(const struct nb_planner *p)
{
	const struct nb_link *bond = nb_planner_bond(p), *slave;
	struct nb_relatives relatives = nb_netns_relatives(nb_planner_ns(p), bond->ifindex);

	while ((slave = nb_relatives_next(&relatives))) {
		if (nb_link_is_slave_of(slave, bond))
			return true;
	}
	return false;
}

bool nb_plan_routes_wait(const struct nb_planner *p)
{
	return nb_goal_has_deferred(p->goal) && nb_planner_bond(p) && !has_slave(p);
}

/*
 * No IPv6 address becomes usable on a bond whose slaves all come later, and none may be preferred
 * before; other routes of the family may lead over one that prefers it.
 */
static bool comes_now(const struct nb_planner *p, const struct nb_route *route, bool deferred)
{
	return route->to.family == AF_INET6 ? deferred || !nb_plan_routes_wait(p) : !deferred;
}

static void add_routes(struct nb_planner *p, unsigned rank, bool deferred)
{
	for (size_t i = 0; i < p->goal->n_routes && p->error == 0; i++) {
		const struct nb_route *want = &p->goal->routes[i];
		struct nb_link *bond = nb_planner_bond(p);
		const struct nb_route *had =
			nb_link_find_route(p->view.link, want);
		const struct nb_route *have = nb_link_find_route(bond, want);
		const struct nb_delta *delta = nb_plan_l3_delta(p, NULL, want);
		unsigned flags = had && !delta ? NB_OP_TOLERANT : 0;

		if (nb_route_rank(want) != rank || want->nexthop ||
			(have && nb_route_equal(have, want) && (!p->goal->literal || nb_route_identical(have, want))) ||
			!comes_now(p, want, deferred))
			continue;
		nb_planner_upkeep(p);
		if (delta)
			nb_planner_set(p, delta);
		if ((!have || nb_route_has_hops(have)) && !route_is_free(p, want))
			continue;
		nb_plan_wait_for_source(p, want, 0);
		if (have || (had && delta))
			flags |= NB_OP_REPLACE;
		nb_plan_add_route(p, p->goal->namespace, nb_planner_bond(p), want, flags);
	}
}

static void remove_routes(struct nb_planner *p)
{
	for (size_t i = 0; i < p->diff.n_deltas && p->error == 0; i++) {
		const struct nb_delta *delta = &p->diff.deltas[i];

		if (delta->kind != NB_DELTA_ROUTE_REMOVE)
			continue; /* also one assumed lost: see remove_addresses() */
		nb_planner_set(p, delta);
		delete_route(p, nb_planner_bond(p), delta->route);
		nb_planner_commit(p);
	}
}

void nb_plan_l3_deferred(struct nb_planner *p)
{
	for (unsigned rank = 0; rank < NB_ROUTE_RANKS && p->error == 0 && nb_planner_bond(p); rank++)
		add_routes(p, rank, true);
}

void nb_plan_l3(struct nb_planner *p)
{
	if (p->error < 0 || !nb_planner_bond(p))
		return;
	nb_plan_restore(p, false);
	change_addresses(p);
	add_addresses(p, false);
	remove_addresses(p);
	/* A removal takes secondaries of the same subnet along (inet_del_ifa()). */
	add_addresses(p, true);
	nb_plan_restore_addresses(p);
	for (unsigned rank = 0; rank < NB_ROUTE_RANKS; rank++)
		add_routes(p, rank, false);
	nb_plan_restore(p, true);
	remove_routes(p);
}
