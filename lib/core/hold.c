/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "lib/core/hold.h"

#include <errno.h>
#include <string.h>

void nb_hold_init(struct nb_hold *hold, const struct nb_delta *delta)
{
	memset(hold, 0, sizeof(*hold));
	hold->kind = delta->kind;
	hold->attr = delta->attr;
	memcpy(hold->slave, delta->slave, IFNAMSIZ);
	if (delta->address)
		hold->address = *delta->address;
	if (delta->route)
		hold->route = *delta->route;
}

/* The wanted value becomes the observed one; what the kernel does not show is not wanted. */
static int as_found(struct nb_optset *want, const struct nb_optset *have, unsigned attr)
{
	if (nb_optset_has(have, attr))
		return nb_optset_copy_value(want, have, attr);
	nb_optset_unset(want, attr);
	return 0;
}

/* Rows tied to @attr in either direction: they stand or fall together. */
static uint64_t tied_rows(unsigned attr)
{
	const struct nb_option *row = nb_option_get(NB_SCOPE_BOND, attr);
	uint64_t tied = row->conflicts | row->needs | row->resend;

	nb_foreach_option(other, number, NB_SCOPE_BOND) {
		if ((other->conflicts | other->needs) & NB_BIT(attr))
			tied |= NB_BIT(number);
	}
	return tied;
}

static int hold_option(struct nb_goal *goal, const struct nb_view *view, unsigned attr)
{
	uint64_t done = 0, todo = NB_BIT(attr);

	if (attr == IFLA_BOND_MODE) {
		nb_optset_done(&goal->opts);
		for (size_t i = 0; i < goal->n_slaves; i++)
			nb_optset_done(&goal->slaves[i].opts);
		return nb_optset_copy(&view->link->bond, &goal->opts);
	}
	while (todo) {
		unsigned next = __builtin_ctzll(todo);

		done |= NB_BIT(next);
		if (as_found(&goal->opts, &view->link->bond, next) < 0)
			return -ENOMEM;
		todo = (todo | tied_rows(next)) & ~done;
	}
	return 0;
}

static struct nb_goal_slave *find_slave(struct nb_goal *goal, const char *name)
{
	for (size_t i = 0; i < goal->n_slaves; i++) {
		if (nb_streq(goal->slaves[i].name, name))
			return &goal->slaves[i];
	}
	return NULL;
}

static void drop_slave(struct nb_goal *goal, struct nb_goal_slave *slave)
{

	free(slave->namespace);
	nb_optset_done(&slave->opts);
	goal->n_slaves--;
	memmove(slave, slave + 1, (&goal->slaves[goal->n_slaves] - slave) * sizeof(*slave));
}

static int keep_slave(struct nb_goal *goal, const struct nb_link *link)
{
	struct nb_goal_slave *slave;

	if (nb_grow(&goal->slaves, goal->n_slaves, &goal->slave_capacity, sizeof(*slave)) < 0)
		return -ENOMEM;
	slave = &goal->slaves[goal->n_slaves];
	memset(slave, 0, sizeof(*slave));
	memcpy(slave->name, link->name, IFNAMSIZ);
	slave->ifindex = link->ifindex;
	slave->namespace = strdup(goal->namespace);
	if (!slave->namespace)
		return -ENOMEM;
	goal->n_slaves++;
	slave->keep_down = slave->keep_mtu = goal->keep_order = true;
	return nb_optset_copy(&link->slave, &slave->opts);
}

static void drop_routes_from(struct nb_goal *goal, const struct nb_ip *src)
{
	for (size_t i = goal->n_routes; i-- > 0;) {
		if (nb_ip_equal(&goal->routes[i].src, src))
			memmove(&goal->routes[i], &goal->routes[i + 1],
				(--goal->n_routes - i) * sizeof(*goal->routes));
	}
}

/* What a NIC keeps is not added to the bond beside it: the first one would go on to win. */
static void drop_carried(struct nb_goal *goal, const struct nb_link *nic)
{
	for (size_t i = goal->n_addresses; i-- > 0;) {
		for (size_t k = 0; k < nic->n_addresses; k++) {
			if (!nb_ip_equal(&goal->addresses[i].ip, &nic->addresses[k].ip))
				continue;
			drop_routes_from(goal, &goal->addresses[i].ip);
			memmove(&goal->addresses[i], &goal->addresses[i + 1],
				(--goal->n_addresses - i) * sizeof(*goal->addresses));
			break;
		}
	}
	for (size_t i = goal->n_routes; i-- > 0;) {
		for (size_t k = 0; k < nic->n_routes; k++) {
			if (!nb_route_key_same(&goal->routes[i], &nic->routes[k]))
				continue;
			memmove(&goal->routes[i], &goal->routes[i + 1],
				(--goal->n_routes - i) * sizeof(*goal->routes));
			break;
		}
	}
}

static int hold_new_slave(
	struct nb_goal *goal, const struct nb_view *view, struct nb_goal_slave *slave)
{
	const struct nb_netns *ns = nb_state_namespace(view->state, slave->namespace);
	const struct nb_link *nic = ns ? nb_netns_find(ns, slave->name) : NULL;

	if (nic && nb_streq(slave->namespace, goal->namespace))
		drop_carried(goal, nic);
	drop_slave(goal, slave);
	return 0;
}

static int hold_slave(struct nb_goal *goal, const struct nb_view *view, const struct nb_hold *hold)
{
	struct nb_goal_slave *slave = find_slave(goal, hold->slave);
	const struct nb_link *link = view->ns ? nb_netns_find(view->ns, hold->slave) : NULL;

	switch (hold->kind) {
	case NB_DELTA_SLAVE_ADD:
		return slave ? hold_new_slave(goal, view, slave) : 0;
	case NB_DELTA_SLAVE_REMOVE:
		return link ? keep_slave(goal, link) : 0;
	case NB_DELTA_SLAVE_OPTION:
		return slave && link ? as_found(&slave->opts, &link->slave, hold->attr) : 0;
	case NB_DELTA_SLAVE_UP:
		if (slave)
			slave->keep_down = true;
		return 0;
	default: /* NB_DELTA_SLAVE_MTU: the caller sends no other kind */
		if (slave)
			slave->keep_mtu = true;
		return 0;
	}
}

static int hold_address(struct nb_goal *goal, const struct nb_view *view, const struct nb_hold *hold)
{
	const struct nb_address *have = NULL;

	for (size_t i = 0; view->link && i < view->link->n_addresses && !have; i++) {
		if (nb_address_same(&view->link->addresses[i], &hold->address))
			have = &view->link->addresses[i];
	}
	for (size_t i = goal->n_addresses; i-- > 0;) {
		if (nb_address_same(&goal->addresses[i], &hold->address))
			memmove(&goal->addresses[i], &goal->addresses[i + 1],
				(--goal->n_addresses - i) * sizeof(*goal->addresses));
	}
	if (!have) {
		drop_routes_from(goal, &hold->address.ip);
		return 0;
	}
	if (nb_grow(&goal->addresses, goal->n_addresses, &goal->address_capacity,
		    sizeof(*goal->addresses)) < 0)
		return -ENOMEM;
	goal->addresses[goal->n_addresses++] = *have;
	return 0;
}

static int hold_route(struct nb_goal *goal, const struct nb_view *view, const struct nb_hold *hold)
{
	for (size_t i = goal->n_routes; i-- > 0;) {
		if (nb_route_key_same(&goal->routes[i], &hold->route))
			memmove(&goal->routes[i], &goal->routes[i + 1],
				(--goal->n_routes - i) * sizeof(*goal->routes));
	}
	for (size_t i = 0; view->link && i < view->link->n_routes; i++) {
		const struct nb_route *have = &view->link->routes[i];

		if (!nb_route_key_same(have, &hold->route))
			continue;
		if (nb_grow(&goal->routes, goal->n_routes, &goal->route_capacity,
			    sizeof(*goal->routes)) < 0)
			return -ENOMEM;
		goal->routes[goal->n_routes++] = *have;
		return 0;
	}
	return 0;
}

int nb_hold_apply(struct nb_goal *goal, const struct nb_view *view, const struct nb_hold *hold)
{
	switch (hold->kind) {
	case NB_DELTA_CREATE:
	case NB_DELTA_DELETE:
		goal->skip = true;
		return 0;
	case NB_DELTA_OPTION:
		return hold_option(goal, view, hold->attr);
	case NB_DELTA_MTU:
		goal->mtu = 0;
		return 0;
	case NB_DELTA_MAC:
		goal->has_mac = false;
		return 0;
	case NB_DELTA_LINK_LOCAL:
		goal->link_local = !goal->link_local;
		return 0;
	case NB_DELTA_UP:
		goal->keep_down = true;
		return 0;
	case NB_DELTA_ORDER:
		goal->keep_order = true;
		return 0;
	case NB_DELTA_SLAVE_ADD:
	case NB_DELTA_SLAVE_REMOVE:
	case NB_DELTA_SLAVE_OPTION:
	case NB_DELTA_SLAVE_UP:
	case NB_DELTA_SLAVE_MTU:
		return hold_slave(goal, view, hold);
	case NB_DELTA_ADDRESS_ADD:
	case NB_DELTA_ADDRESS_CHANGE:
	case NB_DELTA_ADDRESS_REPLACE:
	case NB_DELTA_ADDRESS_REMOVE:
		return hold_address(goal, view, hold);
	case NB_DELTA_ROUTE_ADD:
	case NB_DELTA_ROUTE_CHANGE:
	case NB_DELTA_ROUTE_REMOVE:
		return hold_route(goal, view, hold);
	}
	return 0;
}
