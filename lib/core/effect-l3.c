/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "lib/core/effect-l3.h"

#include <errno.h>
#include <string.h>

#include "lib/core/diff.h"

static bool has_live_hop(const struct nb_netns *ns, const struct nb_route *route, int but)
{
	struct nb_hop hop;

	for (size_t cursor = 0; nb_route_next_hop(route, &cursor, &hop);) {
		const struct nb_link *link = nb_netns_find_index(ns, hop.ifindex);

		if (hop.ifindex != but && link && nb_link_is_up(link))
			return true;
	}
	return false;
}

/* A route with several next hops stands at each of their devices. */
static void remove_all_hops(struct nb_netns *ns, const struct nb_route *route)
{
	struct nb_hop hop;

	for (size_t cursor = 0; nb_route_next_hop(route, &cursor, &hop);) {
		struct nb_link *link = nb_netns_find_index(ns, hop.ifindex);

		for (size_t i = link ? link->n_routes : 0; i-- > 0;) {
			if (&link->routes[i] != route && nb_route_has_hops(&link->routes[i]) &&
				nb_route_key_same(&link->routes[i], route))
				nb_link_remove_route(link, i);
		}
	}
}

static void lose_routes(struct nb_netns *ns, struct nb_link *link, int family)
{
	for (size_t i = link->n_routes; i-- > 0;) {
		const struct nb_route *route = &link->routes[i];

		if (family != AF_UNSPEC && route->to.family != family)
			continue;
		/* A nexthop object ends, one of a group leaves it: nothing comes back by itself. */
		if (!route->nexthop) {
			if (has_live_hop(ns, route, link->ifindex))
				continue;
			remove_all_hops(ns, route);
		}
		nb_link_remove_route(link, i);
	}
}

static void lose_ipv6_addresses(struct nb_link *link)
{
	for (size_t i = link->n_addresses; i-- > 0;) {
		if (link->addresses[i].ip.family == AF_INET6)
			nb_link_remove_address(link, i);
	}
}

void nb_effect_lose_down(struct nb_netns *ns, struct nb_link *link)
{
	lose_ipv6_addresses(link);
	lose_routes(ns, link, AF_UNSPEC);
}

void nb_effect_lose_ipv6(struct nb_netns *ns, struct nb_link *link)
{
	lose_ipv6_addresses(link);
	lose_routes(ns, link, AF_INET6);
}

void nb_effect_lose_nexthops(struct nb_link *link)
{
	for (size_t i = link->n_routes; i-- > 0;) {
		if (link->routes[i].nexthop)
			nb_link_remove_route(link, i);
	}
}

static bool same_subnet(const struct nb_address *a, const struct nb_address *b)
{
	return a->ip.family == AF_INET && b->ip.family == AF_INET &&
	       a->prefix_length == b->prefix_length &&
	       nb_ip_in_prefix(&a->ip, &b->ip, b->prefix_length);
}

int nb_effect_add_address(struct nb_link *link, const struct nb_address *address)
{
	struct nb_address added = *address;

	added.flags &= ~IFA_F_SECONDARY;
	/* addrconf_dad_start(): no source for anything until it is done */
	if (address->ip.family == AF_INET6 && !(address->flags & IFA_F_NODAD))
		added.flags |= IFA_F_TENTATIVE;
	for (size_t i = 0; i < link->n_addresses; i++) {
		struct nb_address *have = &link->addresses[i];

		if (nb_address_same(have, address)) {
			added.flags &= ~IFA_F_TENTATIVE;
			added.flags |= have->flags & (IFA_F_SECONDARY | IFA_F_TENTATIVE);
			*have = added;
			return 0;
		}
		if (same_subnet(have, address))
			added.flags |= address->ip.family == AF_INET ? IFA_F_SECONDARY : 0;
	}
	return nb_link_add_address(link, &added);
}

void nb_effect_address_checked(struct nb_link *link, const struct nb_address *address)
{
	for (size_t i = 0; i < link->n_addresses; i++) {
		if (nb_address_same(&link->addresses[i], address))
			link->addresses[i].flags &= ~(uint32_t)IFA_F_TENTATIVE;
	}
}

static bool has_ipv4(const struct nb_link *link)
{
	for (size_t i = 0; i < link->n_addresses; i++) {
		if (link->addresses[i].ip.family == AF_INET)
			return true;
	}
	return false;
}

static void forget_source(struct nb_netns *ns, const struct nb_ip *ip)
{
	for (size_t i = 0; i < ns->links.n; i++) {
		struct nb_link *link = nb_netns_link(ns, i);

		for (size_t k = 0; k < link->n_routes; k++) {
			if (nb_ip_equal(&link->routes[k].src, ip))
				link->routes[k].src = (struct nb_ip){ 0 };
		}
	}
}

/*
 * IPv4 routes of any device go with the source they prefer (fib_sync_down_addr()), those of the
 * main table, or of the VRF the device is in; IPv6 routes stay without it (rt6_remove_prefsrc()):
 * those of this device, on newer kernels (7.2) those of any. To set it where it was kept does nothing.
 */
static void lose_source(struct nb_netns *ns, struct nb_link *link, const struct nb_ip *ip)
{
	if (!nb_netns_prefers_source(ns))
		return;
	if (ip->family == AF_INET6) {
		forget_source(ns, ip);
		return;
	}
	if (nb_netns_is_local(ns, ip))
		return;
	for (size_t i = 0; i < ns->links.n; i++) {
		struct nb_link *other = nb_netns_link(ns, i);

		for (size_t k = other->n_routes; k-- > 0;) {
			if (nb_ip_equal(&other->routes[k].src, ip) &&
				(other->routes[k].table == RT_TABLE_MAIN || link->master))
				nb_link_remove_route(other, k);
		}
	}
}

/* The address alone. Return: whether it was a primary one. */
static bool drop_address(struct nb_link *link, const struct nb_address *address)
{
	bool primary = false;

	for (size_t i = link->n_addresses; i-- > 0;) {
		if (nb_address_same(&link->addresses[i], address)) {
			primary = !(link->addresses[i].flags & IFA_F_SECONDARY);
			nb_link_remove_address(link, i);
		}
	}
	return primary;
}

void nb_effect_delete_address(
	struct nb_netns *ns, struct nb_link *link, const struct nb_address *address)
{
	bool primary = drop_address(link, address);

	lose_source(ns, link, &address->ip);
	if (address->ip.family != AF_INET)
		return;
	for (size_t i = link->n_addresses; i-- > 0 && primary;) {
		struct nb_address secondary = link->addresses[i];

		if (!same_subnet(&secondary, address))
			continue;
		nb_link_remove_address(link, i);
		lose_source(ns, link, &secondary.ip);
	}
	if (!has_ipv4(link))
		lose_routes(ns, link, AF_INET);
}

static const struct nb_route *find_hops(const struct nb_link *link, const struct nb_route *route)
{
	for (size_t i = 0; i < link->n_routes; i++) {
		if (nb_route_has_hops(&link->routes[i]) &&
			nb_route_key_same(&link->routes[i], route))
			return &link->routes[i];
	}
	return NULL;
}

static int put_route(struct nb_netns *ns, struct nb_link *link, const struct nb_route *route)
{
	nb_netns_routes_changed(ns);
	nb_effect_delete_route(link, route);
	return nb_link_add_route(link, route);
}

int nb_effect_add_route(struct nb_netns *ns, struct nb_link *link, const struct nb_route *route)
{
	struct nb_hop hop;
	int r = 0;

	if (!nb_route_has_hops(route))
		return put_route(ns, link, route);
	for (size_t i = 0; i < ns->links.n; i++) {
		const struct nb_route *have = find_hops(nb_netns_link(ns, i), route);

		if (have)
			remove_all_hops(ns, have);
		if (have)
			nb_effect_delete_route(nb_netns_link(ns, i), route);
	}
	for (size_t cursor = 0; nb_route_next_hop(route, &cursor, &hop) && r == 0;) {
		struct nb_link *other = nb_netns_find_index(ns, hop.ifindex);

		if (!other)
			continue;
		other = nb_netns_own(ns, other);
		r = other ? put_route(ns, other, route) : -ENOMEM;
	}
	return r;
}

void nb_effect_delete_route(struct nb_link *link, const struct nb_route *route)
{
	for (size_t i = link->n_routes; i-- > 0;) {
		if (nb_route_key_same(&link->routes[i], route))
			nb_link_remove_route(link, i);
	}
}
