/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Addresses and routes: wanted ones added before unwanted ones go, lost ones put back. */
#include <errno.h>
#include <string.h>

#include "lib/core/effect-l3.h"
#include "lib/core/planner.h"

#define WAIT_ADDRESS_MS 5000u /* duplicate address detection: 1 s and a random second (RFC 4862) */

static const struct nb_address *have_address(
	const struct nb_link *link, const struct nb_address *address)
{
	for (size_t i = 0; i < link->n_addresses; i++) {
		if (nb_address_same(&link->addresses[i], address))
			return &link->addresses[i];
	}
	return NULL;
}

static const struct nb_route *have_route(const struct nb_link *link, const struct nb_route *route)
{
	for (size_t i = 0; i < link->n_routes; i++) {
		if (nb_route_key_same(&link->routes[i], route))
			return &link->routes[i];
	}
	return NULL;
}

static void add_address(struct nb_planner *p, const char *namespace, struct nb_link *link,
	const struct nb_address *address, unsigned flags)
{
	struct nb_op *op = nb_planner_op(p, NB_OP_ADDRESS_ADD, namespace, link);

	op->address = *address;
	op->address.flags &= ~(uint32_t)(IFA_F_SECONDARY | IFA_F_TENTATIVE | IFA_F_DADFAILED |
					 IFA_F_PERMANENT | IFA_F_DEPRECATED | IFA_F_OPTIMISTIC);
	/* What was there already passed the duplicate check, or was told to do without. */
	if (address->ip.family == AF_INET6 && (flags & NB_OP_TOLERANT))
		op->address.flags |= IFA_F_NODAD;
	op->flags |= flags;
	if (flags & NB_OP_TOLERANT)
		nb_planner_reason(p, "lost on the way");
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

static const struct nb_delta *l3_delta(const struct nb_planner *p, const struct nb_address *address,
	const struct nb_route *route)
{
	for (size_t i = 0; i < p->diff.n_deltas; i++) {
		const struct nb_delta *delta = &p->diff.deltas[i];

		if ((address && delta->address == address) || (route && delta->route == route))
			return delta;
	}
	return NULL;
}

/*
 * Every wanted address that is not there: new, or lost by an earlier step. What was added by this
 * plan already may be there all the same: a kernel that promotes secondaries keeps it.
 */
static void add_addresses(struct nb_planner *p, bool again)
{
	for (size_t i = 0; i < p->goal->n_addresses && p->error == 0; i++) {
		const struct nb_address *want = &p->goal->addresses[i];
		struct nb_link *bond = nb_planner_bond(p);
		bool lost = again || (p->view.link && have_address(p->view.link, want));
		const struct nb_delta *delta;

		if (have_address(bond, want))
			continue;
		delta = lost ? NULL : l3_delta(p, want, NULL);
		nb_planner_upkeep(p);
		if (delta)
			nb_planner_set(p, delta);
		add_address(p, p->goal->namespace, bond, want, lost ? NB_OP_TOLERANT : 0);
	}
}

static void change_addresses(struct nb_planner *p)
{
	for (size_t i = 0; i < p->diff.n_deltas && p->error == 0; i++) {
		const struct nb_delta *delta = &p->diff.deltas[i];

		nb_planner_set(p, delta);
		if (delta->kind == NB_DELTA_ADDRESS_CHANGE) {
			add_address(p, p->goal->namespace, nb_planner_bond(p), delta->address,
				NB_OP_REPLACE);
		} else if (delta->kind == NB_DELTA_ADDRESS_REPLACE) {
			const struct nb_address *have =
				have_address(p->view.link, delta->address);

			delete_address(p, have);
			add_address(p, p->goal->namespace, nb_planner_bond(p), delta->address, 0);
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

static bool removed_on_purpose(const struct nb_planner *p, const struct nb_link *link,
	const struct nb_address *address, const struct nb_route *route)
{
	return link == p->view.link && l3_delta(p, address, route);
}

static struct nb_link *work_link(struct nb_planner *p, const char *namespace, const char *name)
{
	struct nb_netns *ns = nb_state_namespace(p->work, namespace);

	return ns ? nb_netns_find(ns, name) : NULL;
}

/* Below the least MTU of IPv6 the kernel takes no address and no route (inet6_addr_add()). */
static bool takes(const struct nb_link *link, uint8_t family)
{
	return family != AF_INET6 || link->mtu >= IPV6_MTU_MIN;
}

static void restore_addresses(struct nb_planner *p, const char *namespace,
	const struct nb_link *before, const char *name)
{
	for (size_t i = 0; i < before->n_addresses && p->error == 0; i++) {
		const struct nb_address *address = &before->addresses[i];
		struct nb_link *link = work_link(p, namespace, name);

		if (!link || have_address(link, address) || !nb_address_restorable(address) ||
			!takes(link, address->ip.family) ||
			removed_on_purpose(p, before, address, NULL))
			continue;
		nb_planner_upkeep(p);
		add_address(p, namespace, link, address, NB_OP_TOLERANT);
	}
}

static void add_route(struct nb_planner *p, const char *namespace, struct nb_link *link,
	const struct nb_route *route, unsigned flags)
{
	struct nb_op *op = nb_planner_op(p, NB_OP_ROUTE_ADD, namespace, link);

	op->route = *route;
	op->flags |= flags;
	if (flags & NB_OP_TOLERANT)
		nb_planner_reason(p, "lost on the way");
	nb_planner_commit(p);
}

static void restore_routes(struct nb_planner *p, const char *namespace,
	const struct nb_link *before, const char *name, bool through_gateway)
{
	for (size_t i = 0; i < before->n_routes && p->error == 0; i++) {
		const struct nb_route *route = &before->routes[i];
		struct nb_link *link = work_link(p, namespace, name);

		if (!link || have_route(link, route) || !nb_route_restorable(route) ||
			!takes(link, route->to.family) ||
			(route->via.family != 0) != through_gateway ||
			removed_on_purpose(p, before, NULL, route))
			continue;
		nb_planner_upkeep(p);
		add_route(p, namespace, link, route, NB_OP_TOLERANT);
	}
}

void nb_plan_restore(struct nb_planner *p, const char *namespace, const struct nb_link *before,
	const char *name)
{
	restore_addresses(p, namespace, before, name);
	restore_routes(p, namespace, before, name, false);
	restore_routes(p, namespace, before, name, true);
}

/* The goal of another bond whose route this is and that no longer wants it. */
static bool other_goal_lets_go(
	const struct nb_planner *p, const struct nb_link *owner, const struct nb_route *route)
{
	if (route->protocol != NB_PROTOCOL)
		return false;
	for (size_t g = 0; g < p->target->n_goals; g++) {
		const struct nb_goal *goal = p->target->goals[g];

		if (goal == p->goal || goal->skip || !nb_streq(goal->name, owner->name) ||
			!nb_streq(goal->namespace, p->goal->namespace))
			continue;
		for (size_t i = 0; i < goal->n_routes; i++) {
			if (nb_route_key_same(&goal->routes[i], route))
				return false;
		}
		return true;
	}
	return false;
}

/* The same route through another device is never replaced. Return: whether the way is free. */
static bool route_is_free(struct nb_planner *p, const struct nb_route *want)
{
	struct nb_netns *ns = nb_planner_ns(p);

	for (size_t i = 0; i < ns->n_links && p->error == 0; i++) {
		struct nb_link *owner = ns->links[i];
		const struct nb_route *route;
		struct nb_text text = { 0 };
		struct nb_op *op;

		if (owner == nb_planner_bond(p) || !(route = have_route(owner, want)))
			continue;
		if (other_goal_lets_go(p, owner, route)) {
			op = nb_planner_op(p, NB_OP_ROUTE_DELETE, p->goal->namespace, owner);
			op->route = *route;
			op->flags |= NB_OP_TOLERANT;
			op->class = NB_CLASS_DOWN;
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

/* A source address must have passed the duplicate check before a route may prefer it. */
static void wait_for_source(struct nb_planner *p, const struct nb_route *route)
{
	struct nb_link *bond = nb_planner_bond(p);
	struct nb_op *op;

	for (size_t i = 0; i < p->goal->n_addresses; i++) {
		const struct nb_address *address = &p->goal->addresses[i];

		if (route->src.family != AF_INET6 || !nb_ip_equal(&address->ip, &route->src) ||
			(address->flags & IFA_F_NODAD) ||
			(p->view.link && have_address(p->view.link, address)))
			continue;
		op = nb_planner_op(p, NB_OP_WAIT_ADDRESS, p->goal->namespace, bond);
		op->address = *address;
		op->timeout_ms = WAIT_ADDRESS_MS;
		nb_planner_commit(p);
	}
}

static void add_routes(struct nb_planner *p, bool through_gateway)
{
	for (size_t i = 0; i < p->goal->n_routes && p->error == 0; i++) {
		const struct nb_route *want = &p->goal->routes[i];
		struct nb_link *bond = nb_planner_bond(p);
		const struct nb_route *had =
			p->view.link ? have_route(p->view.link, want) : NULL;
		const struct nb_route *have = have_route(bond, want);
		const struct nb_delta *delta = l3_delta(p, NULL, want);
		bool lost = had && !delta;

		if ((want->via.family != 0) != through_gateway ||
			(have && nb_route_equal(have, want) &&
				(!p->goal->literal || have->protocol == want->protocol)))
			continue;
		nb_planner_upkeep(p);
		if (delta)
			nb_planner_set(p, delta);
		if (!have && !route_is_free(p, want))
			continue;
		wait_for_source(p, want);
		add_route(p, p->goal->namespace, nb_planner_bond(p), want,
			lost ? NB_OP_TOLERANT : had ? NB_OP_REPLACE : 0);
	}
}

static void remove_routes(struct nb_planner *p)
{
	for (size_t i = 0; i < p->diff.n_deltas && p->error == 0; i++) {
		const struct nb_delta *delta = &p->diff.deltas[i];
		struct nb_link *bond = nb_planner_bond(p);
		struct nb_op *op;

		if (delta->kind != NB_DELTA_ROUTE_REMOVE)
			continue; /* also one assumed lost: see remove_addresses() */
		nb_planner_set(p, delta);
		op = nb_planner_op(p, NB_OP_ROUTE_DELETE, p->goal->namespace, bond);
		op->route = *delta->route;
		op->flags |= NB_OP_TOLERANT;
		nb_planner_commit(p);
	}
}

void nb_plan_l3(struct nb_planner *p)
{
	const char *namespace = p->goal->namespace;

	if (p->error < 0 || !nb_planner_bond(p))
		return;
	change_addresses(p);
	add_addresses(p, false);
	remove_addresses(p);
	/* A removal takes secondaries of the same subnet along (inet_del_ifa()). */
	add_addresses(p, true);
	if (p->view.link && p->error == 0)
		restore_addresses(p, namespace, p->view.link, p->goal->name);
	for (int through_gateway = 0; through_gateway < 2 && p->error == 0; through_gateway++) {
		add_routes(p, through_gateway);
		if (p->view.link && p->error == 0)
			restore_routes(p, namespace, p->view.link, p->goal->name,
				through_gateway);
	}
	remove_routes(p);
}

static void restore_upper(struct nb_planner *p, const struct nb_link *before)
{
	const char *namespace = p->goal->namespace;
	struct nb_link *link = work_link(p, namespace, before->name);
	uint32_t bond_mtu = nb_planner_bond(p)->mtu;
	struct nb_op *op;
	unsigned set = 0;

	if (!link)
		return;
	nb_planner_upkeep(p);
	if (link->mtu != before->mtu && before->mtu <= bond_mtu)
		set |= NB_SET_MTU;
	if (nb_link_is_up(link) != nb_link_is_up(before))
		set |= nb_link_is_up(before) ? NB_SET_UP : NB_SET_DOWN;
	if (set) {
		op = nb_planner_op(p, NB_OP_LINK_SET, namespace, link);
		op->set = set;
		op->mtu = before->mtu;
		nb_planner_reason(p, "it follows the bond it lies upon, and was otherwise before");
		nb_planner_commit(p);
	}
	if (nb_link_is_up(before) && p->error == 0)
		nb_plan_restore(p, namespace, before, before->name);
}

static void restore_above(struct nb_planner *p, const struct nb_link *lower, unsigned depth)
{
	for (size_t i = 0; i < p->view.ns->n_links && p->error == 0 && depth > 0; i++) {
		const struct nb_link *upper = p->view.ns->links[i];

		if (upper == lower || upper->lower != lower->ifindex)
			continue;
		restore_upper(p, upper);
		restore_above(p, upper, depth - 1);
	}
}

void nb_plan_uppers(struct nb_planner *p)
{
	if (p->error == 0 && p->view.link && nb_planner_bond(p))
		restore_above(p, p->view.link, 8); /* MAX_NEST_DEV */
}
