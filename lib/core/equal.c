/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Whether two observations of one device show the same. */
#include <string.h>

#include "lib/core/model.h"

bool nb_link_same_device(const struct nb_link *a, const struct nb_link *b)
{
	bool same = nb_streq(a->name, b->name) && nb_streq(a->kind, b->kind) &&
		nb_streq(a->parent, b->parent) && a->type == b->type && a->lower == b->lower &&
		a->has_permanent_mac == b->has_permanent_mac &&
		memcmp(a->permanent_mac, b->permanent_mac, 6) == 0 &&
		a->n_altnames == b->n_altnames;

	for (size_t i = 0; same && i < a->n_altnames; i++)
		same = nb_streq(a->altnames[i], b->altnames[i]);
	return same;
}

static bool same_texts(const struct nb_link *a, const struct nb_link *b)
{
	return nb_streq(a->slave_kind, b->slave_kind) && nb_streq(a->parent_bus, b->parent_bus) &&
		nb_streq(a->driver, b->driver);
}

static bool same_numbers(const struct nb_link *a, const struct nb_link *b)
{
	return a->ifindex == b->ifindex && a->flags == b->flags &&
		a->carrier == b->carrier && a->operstate == b->operstate &&
		a->carrier_changes == b->carrier_changes && a->mtu == b->mtu &&
		a->min_mtu == b->min_mtu && a->max_mtu == b->max_mtu &&
		a->has_mac == b->has_mac && memcmp(a->mac, b->mac, 6) == 0 &&
		a->master == b->master && a->udev_pending == b->udev_pending &&
		a->addr_gen_mode == b->addr_gen_mode && a->slave_position == b->slave_position;
}

static bool same_options(const struct nb_optset *a, const struct nb_optset *b)
{
	bool same = a->present == b->present;

	nb_foreach_bit(attr, same ? a->present : 0)
		same = same && nb_optset_equal(a, b, attr);
	return same;
}

static bool same_address(const struct nb_address *a, const struct nb_address *b)
{
	return nb_ip_equal(&a->ip, &b->ip) && a->prefix_length == b->prefix_length &&
		a->scope == b->scope && a->proto == b->proto && a->flags == b->flags &&
		a->metric == b->metric && a->preferred == b->preferred && a->valid == b->valid &&
		nb_ip_equal(&a->peer, &b->peer) && nb_ip_equal(&a->broadcast, &b->broadcast) &&
		nb_streq(a->label, b->label);
}

static bool same_route(const struct nb_route *a, const struct nb_route *b)
{
	return nb_route_identical(a, b) && a->scope == b->scope && a->expires == b->expires &&
		a->nexthop == b->nexthop;
}

static bool same_l3(const struct nb_link *a, const struct nb_link *b)
{
	bool same = a->n_addresses == b->n_addresses && a->n_routes == b->n_routes;

	for (size_t i = 0; same && i < a->n_addresses; i++)
		same = same_address(&a->addresses[i], &b->addresses[i]);
	for (size_t i = 0; same && i < a->n_routes; i++)
		same = same_route(&a->routes[i], &b->routes[i]);
	return same;
}

bool nb_link_equal(const struct nb_link *a, const struct nb_link *b)
{
	return a == b || (same_numbers(a, b) && nb_link_same_device(a, b) && same_texts(a, b) &&
		same_l3(a, b) &&
		same_options(&a->bond, &b->bond) && same_options(&a->slave, &b->slave));
}
