/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "lib/core/effect-l3.h"

#include <string.h>

#include "lib/core/diff.h"

static void lose_routes(struct nb_link *link, int family)
{
	for (size_t i = link->n_routes; i-- > 0;) {
		if (family == AF_UNSPEC || link->routes[i].to.family == family)
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

void nb_effect_lose_down(struct nb_link *link)
{
	lose_ipv6_addresses(link);
	lose_routes(link, AF_UNSPEC);
}

void nb_effect_lose_ipv6(struct nb_link *link)
{
	lose_ipv6_addresses(link);
	lose_routes(link, AF_INET6);
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
	for (size_t i = 0; i < link->n_addresses; i++) {
		struct nb_address *have = &link->addresses[i];

		if (nb_address_same(have, address)) {
			added.flags |= have->flags & IFA_F_SECONDARY;
			*have = added;
			return 0;
		}
		if (same_subnet(have, address))
			added.flags |= address->ip.family == AF_INET ? IFA_F_SECONDARY : 0;
	}
	return nb_link_add_address(link, &added);
}

static bool has_ipv4(const struct nb_link *link)
{
	for (size_t i = 0; i < link->n_addresses; i++) {
		if (link->addresses[i].ip.family == AF_INET)
			return true;
	}
	return false;
}

void nb_effect_delete_address(struct nb_link *link, const struct nb_address *address)
{
	bool primary = false;

	for (size_t i = link->n_addresses; i-- > 0;) {
		if (nb_address_same(&link->addresses[i], address)) {
			primary = !(link->addresses[i].flags & IFA_F_SECONDARY);
			nb_link_remove_address(link, i);
		}
	}
	if (address->ip.family != AF_INET)
		return;
	for (size_t i = link->n_addresses; i-- > 0 && primary;) {
		if (same_subnet(&link->addresses[i], address))
			nb_link_remove_address(link, i);
	}
	for (size_t i = link->n_routes; i-- > 0;) {
		if (nb_ip_equal(&link->routes[i].src, &address->ip))
			nb_link_remove_route(link, i);
	}
	if (!has_ipv4(link))
		lose_routes(link, AF_INET);
}

int nb_effect_add_route(struct nb_link *link, const struct nb_route *route)
{
	nb_effect_delete_route(link, route);
	return nb_link_add_route(link, route);
}

void nb_effect_delete_route(struct nb_link *link, const struct nb_route *route)
{
	for (size_t i = link->n_routes; i-- > 0;) {
		if (nb_route_key_same(&link->routes[i], route))
			nb_link_remove_route(link, i);
	}
}
