/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <string.h>

#include "lib/core/check.h"

/* The lowest or highest address a host can have in the IPv4 network of @ip. */
static void add_host(const struct nb_ip *ip, uint8_t length, bool lowest, struct nb_text *out)
{
	uint32_t mask = length == 0 ? 0 : UINT32_MAX << (32 - length);
	uint32_t bits;
	struct nb_ip host = { .family = AF_INET };

	memcpy(&bits, ip->bytes, sizeof(bits));
	bits = ntohl(bits) & mask;
	bits = htonl(lowest ? bits + 1 : (bits | ~mask) - 1);
	memcpy(host.bytes, &bits, sizeof(bits));
	nb_ip_format(&host, out);
}

/* Whether all bits of IPv4 behind the prefix are @ones. */
static bool host_part_is(const struct nb_ip *ip, uint8_t length, bool ones)
{
	uint32_t mask = length == 0 ? 0 : UINT32_MAX << (32 - length);
	uint32_t bits;

	memcpy(&bits, ip->bytes, sizeof(bits));
	return (ntohl(bits) & ~mask) == (ones ? ~mask : 0);
}

static bool is_broadcast(const struct nb_ip *ip)
{
	return ip->family == AF_INET && host_part_is(ip, 0, true);
}

/* What no host can have as its address, in words; NULL for an address a host can have. */
static const char *not_of_a_host(const struct nb_ip *ip)
{
	if (nb_ip_is_zero(ip))
		return "the unspecified address";
	if (nb_ip_is_multicast(ip))
		return "a multicast address";
	if (nb_ip_is_loopback(ip))
		return "a loopback address";
	if (is_broadcast(ip))
		return "the broadcast address";
	return NULL;
}

/* IPv4 with a host part: its first and last value are the network's and everybody's. */
static void check_host_part(
	const struct nb_bond *bond, const struct nb_address *address, struct nb_diag *diag)
{
	NB_CLEANUP(nb_text_done) struct nb_text text = { 0 }, hosts = { 0 };
	const struct nb_ip *ip = &address->ip;
	bool highest;

	if (ip->family != AF_INET || address->prefix_length > 30)
		return;
	highest = host_part_is(ip, address->prefix_length, true);
	if (!highest && !host_part_is(ip, address->prefix_length, false))
		return;
	nb_address_format(address, &text);
	add_host(ip, address->prefix_length, true, &hosts);
	nb_text_add(&hosts, " to ");
	add_host(ip, address->prefix_length, false, &hosts);
	if (highest)
		nb_diag_error(diag, &address->mark, bond->key,
			"%s is the broadcast address of its network", text.text);
	else
		nb_diag_warning(diag, &address->mark, bond->key,
			"%s is the address of the network itself", text.text);
	nb_diag_hint(diag, "its hosts are %s", hosts.text);
}

void nb_check_addresses(const struct nb_bond *bond, struct nb_diag *diag)
{
	for (size_t i = 0; i < bond->n_addresses; i++) {
		NB_CLEANUP(nb_text_done) struct nb_text text = { 0 };
		const struct nb_address *address = &bond->addresses[i];
		const char *what = not_of_a_host(&address->ip);
		const bool labelled = address->ip.family == AF_INET6 && address->label[0];

		if (what || labelled)
			nb_address_format(address, &text);
		if (what) {
			nb_diag_error(diag, &address->mark, bond->key, "%s is %s", text.text, what);
			nb_diag_hint(diag,
				"a bond takes addresses of a host, such as 192.0.2.10/24");
		} else {
			check_host_part(bond, address, diag);
		}
		if (labelled) {
			nb_diag_error(diag, &address->mark, bond->key,
				"%s has a label, which only IPv4 addresses have", text.text);
			nb_diag_hint(diag, "leave label out");
		}
	}
}

/* A route, its bond and where to tell what is wrong with it. */
struct view {
	const struct nb_bond *bond;
	const struct nb_route *route;
	const char *to; /* its destination as text */
	struct nb_diag *diag;
};

/* Return: whether the destination is one. */
static bool check_to(const struct view *v)
{
	NB_CLEANUP(nb_text_done) struct nb_text network_text = { 0 };
	const struct nb_route *route = v->route;
	struct nb_ip network;

	if (route->to.family == AF_UNSPEC) {
		nb_diag_error(v->diag, &route->mark, v->bond->key,
			"a route to default needs a via, which tells its family");
		nb_diag_hint(v->diag, "without via write to: 0.0.0.0/0 or to: '::/0'");
		return false;
	}
	nb_ip_network(&route->to, route->prefix_length, &network);
	if (nb_ip_equal(&network, &route->to))
		return true;
	nb_ip_format(&network, &network_text);
	nb_diag_error(v->diag, &route->mark, v->bond->key,
		"%s has bits set behind its prefix length", v->to);
	nb_diag_hint(v->diag, "the network is %s/%u", network_text.text, route->prefix_length);
	return true;
}

/* Whether the kernel finds @via on the link: fib_check_nh(), ip6_route_check_nh(). */
static bool is_on_link(const struct nb_bond *bond, const struct nb_ip *via)
{
	if (nb_ip_is_linklocal(via))
		return true;
	for (size_t i = 0; i < bond->n_addresses; i++)
		if (nb_ip_in_prefix(via, &bond->addresses[i].ip, bond->addresses[i].prefix_length))
			return true;
	for (size_t i = 0; i < bond->n_routes; i++)
		if (bond->routes[i].via.family == AF_UNSPEC &&
			nb_ip_in_prefix(via, &bond->routes[i].to, bond->routes[i].prefix_length))
			return true;
	return false;
}

static bool is_own(const struct nb_bond *bond, const struct nb_ip *ip)
{
	for (size_t i = 0; i < bond->n_addresses; i++)
		if (nb_ip_equal(&bond->addresses[i].ip, ip))
			return true;
	return false;
}

/* Everybody's address in a network of the bond: no router has it. */
static bool is_networks_broadcast(const struct nb_bond *bond, const struct nb_ip *ip)
{
	for (size_t i = 0; i < bond->n_addresses; i++) {
		const struct nb_address *address = &bond->addresses[i];

		if (ip->family == AF_INET && address->prefix_length <= 30 &&
			nb_ip_in_prefix(ip, &address->ip, address->prefix_length) &&
			host_part_is(ip, address->prefix_length, true))
			return true;
	}
	return false;
}

static void check_via(const struct view *v)
{
	NB_CLEANUP(nb_text_done) struct nb_text via = { 0 };
	const struct nb_route *route = v->route;
	const char *key = v->bond->key, *what = not_of_a_host(&route->via);

	if (route->via.family == AF_UNSPEC) {
		if (!route->onlink)
			return;
		/* fib_check_nh() refuses it; IPv6 takes it and makes nothing of it. */
		nb_diag_error(v->diag, &route->mark, key, "the route to %s has onlink but no via",
			v->to);
		nb_diag_hint(v->diag, "leave onlink out, or name the router in via");
		return;
	}
	nb_ip_format(&route->via, &via);
	if (!what && is_networks_broadcast(v->bond, &route->via))
		what = "the broadcast address of its network";
	if (what) {
		nb_diag_error(v->diag, &route->mark, key, "via %s is %s", via.text, what);
		nb_diag_hint(v->diag, "via is the address of a router");
	} else if (route->to.family == AF_INET6 && route->via.family == AF_INET) {
		nb_diag_error(v->diag, &route->mark, key,
			"the IPv6 route to %s cannot go via the IPv4 address %s", v->to, via.text);
		nb_diag_hint(v->diag, "name the IPv6 address of the router");
	} else if (is_own(v->bond, &route->via)) {
		nb_diag_error(v->diag, &route->mark, key,
			"via %s is an address of the bond itself", via.text);
		nb_diag_hint(v->diag, "via is the address of the router");
	} else if (!route->onlink && !is_on_link(v->bond, &route->via)) {
		nb_diag_warning(v->diag, &route->mark, key,
			"via %s is in no network of the bond: the kernel refuses such a route",
			via.text);
		nb_diag_hint(v->diag, "add an address of its network or a route to it without via, "
				      "or set onlink: true");
	}
}

static void check_src(const struct view *v)
{
	NB_CLEANUP(nb_text_done) struct nb_text src = { 0 };
	const struct nb_route *route = v->route;

	if (route->src.family == AF_UNSPEC)
		return;
	nb_ip_format(&route->src, &src);
	if (route->src.family != route->to.family) {
		nb_diag_error(v->diag, &route->mark, v->bond->key,
			"src %s is of another family than the route to %s", src.text, v->to);
		nb_diag_hint(v->diag, "name an IPv%d address of the bond",
			route->to.family == AF_INET6 ? 6 : 4);
	} else if (!is_own(v->bond, &route->src)) {
		/* fib_valid_prefsrc(), ip6_route_info_create(): local to the namespace is enough */
		nb_diag_warning(v->diag, &route->mark, v->bond->key,
			"src %s is no address of the bond", src.text);
		nb_diag_hint(v->diag, "the kernel refuses the route unless another device of the "
				      "namespace has that address");
	}
}

void nb_check_routes(const struct nb_bond *bond, struct nb_diag *diag)
{
	for (size_t i = 0; i < bond->n_routes; i++) {
		NB_CLEANUP(nb_text_done) struct nb_text to = { 0 };
		struct view v = { bond, &bond->routes[i], NULL, diag };

		nb_route_to_format(v.route, &to);
		v.to = to.text ? to.text : "";
		if (!check_to(&v))
			continue;
		check_via(&v);
		check_src(&v);
	}
}
