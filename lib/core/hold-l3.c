/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "lib/core/hold-l3.h"

#include <errno.h>
#include <string.h>

static void drop_route(struct nb_goal *goal, size_t i)
{
	nb_route_done(&goal->routes[i]);
	goal->n_routes--;
	memmove(&goal->routes[i], &goal->routes[i + 1],
		(goal->n_routes - i) * sizeof(*goal->routes));
}

static void drop_address(struct nb_goal *goal, size_t i)
{
	goal->n_addresses--;
	memmove(&goal->addresses[i], &goal->addresses[i + 1],
		(goal->n_addresses - i) * sizeof(*goal->addresses));
}

static bool leads_to(const struct nb_address *address, const struct nb_ip *ip)
{
	return nb_ip_in_prefix(ip, &address->ip, address->prefix_length);
}

/* Whether an address that is wanted or stays, or a wanted route without gateway, leads to @ip. */
static bool is_reached(const struct nb_goal *goal, const struct nb_view *view, const struct nb_ip *ip)
{
	const struct nb_link *link = view->link;

	for (size_t i = 0; i < goal->n_addresses; i++) {
		if (leads_to(&goal->addresses[i], ip))
			return true;
	}
	for (size_t i = 0; link && i < link->n_addresses; i++) {
		if (leads_to(&link->addresses[i], ip) &&
			!nb_address_owned(&link->addresses[i], view->object))
			return true;
	}
	for (size_t i = 0; i < goal->n_routes; i++) {
		const struct nb_route *route = &goal->routes[i];

		if (route->via.family == 0 && nb_ip_in_prefix(ip, &route->to, route->prefix_length))
			return true;
	}
	return false;
}

/* What @address, which is wanted no more, would have borne. */
static void drop_borne(
	struct nb_goal *goal, const struct nb_view *view, const struct nb_address *address)
{
	for (size_t i = goal->n_routes; i-- > 0;) {
		const struct nb_route *route = &goal->routes[i];

		if (nb_ip_equal(&route->src, &address->ip) ||
			(leads_to(address, &route->via) && !route->onlink &&
				!is_reached(goal, view, &route->via)))
			drop_route(goal, i);
	}
}

int nb_hold_address(
	struct nb_goal *goal, const struct nb_view *view, const struct nb_address *address)
{
	const struct nb_address *have = nb_link_find_address(view->link, address);

	for (size_t i = goal->n_addresses; i-- > 0;) {
		if (nb_address_same(&goal->addresses[i], address))
			drop_address(goal, i);
	}
	if (!have) {
		drop_borne(goal, view, address);
		return 0;
	}
	if (nb_grow32(&goal->addresses, goal->n_addresses, &goal->address_capacity,
		    sizeof(*goal->addresses)) < 0)
		return -ENOMEM;
	goal->addresses[goal->n_addresses++] = *have;
	return 0;
}

int nb_hold_route(struct nb_goal *goal, const struct nb_view *view, const struct nb_route *route)
{
	const struct nb_route *have = nb_link_find_route(view->link, route);

	for (size_t i = goal->n_routes; i-- > 0;) {
		if (nb_route_key_same(&goal->routes[i], route))
			drop_route(goal, i);
	}
	if (!have)
		return 0;
	if (nb_grow32(&goal->routes, goal->n_routes, &goal->route_capacity,
		    sizeof(*goal->routes)) < 0 ||
		nb_route_copy(have, &goal->routes[goal->n_routes]) < 0)
		return -ENOMEM;
	goal->n_routes++;
	return 0;
}

void nb_hold_drop_new_routes(struct nb_goal *goal, const struct nb_view *view)
{
	for (size_t i = goal->n_routes; i-- > 0;) {
		if (!nb_link_find_route(view->link, &goal->routes[i]))
			drop_route(goal, i);
	}
}

static bool carries(const struct nb_link *nic, const struct nb_ip *ip)
{
	for (size_t i = 0; i < nic->n_addresses; i++) {
		if (nb_ip_equal(&nic->addresses[i].ip, ip))
			return true;
	}
	return false;
}

void nb_hold_drop_carried(
	struct nb_goal *goal, const struct nb_view *view, const struct nb_link *nic)
{
	for (size_t i = goal->n_addresses; i-- > 0;) {
		struct nb_address address = goal->addresses[i];

		if (!carries(nic, &address.ip))
			continue;
		drop_address(goal, i);
		drop_borne(goal, view, &address);
	}
	for (size_t i = goal->n_routes; i-- > 0;) {
		if (nb_link_find_route(nic, &goal->routes[i]))
			drop_route(goal, i);
	}
}
