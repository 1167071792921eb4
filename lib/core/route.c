/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "lib/core/model.h"

#include <errno.h>
#include <string.h>

int nb_route_copy(const struct nb_route *route, struct nb_route *ret)
{
	uint8_t *attributes = NULL;

	if (route->n_attributes) {
		attributes = malloc(route->n_attributes);
		if (!attributes) {
			*ret = (struct nb_route){ 0 };
			return -ENOMEM;
		}
		memcpy(attributes, route->attributes, route->n_attributes);
	}
	*ret = *route;
	ret->attributes = attributes;
	return 0;
}

void nb_route_done(struct nb_route *route)
{
	free(nb_steal(&route->attributes));
	route->n_attributes = 0;
}

bool nb_route_key_same(const struct nb_route *a, const struct nb_route *b)
{
	return a->to.family == b->to.family && a->table == b->table && a->metric == b->metric &&
		a->prefix_length == b->prefix_length &&
		memcmp(a->to.bytes, b->to.bytes, sizeof(a->to.bytes)) == 0 && a->tos == b->tos &&
		a->from_length == b->from_length && nb_ip_equal(&a->from, &b->from);
}

const struct nb_route *nb_route_find(
	const struct nb_route *list, size_t n, const struct nb_route *route)
{
	for (size_t i = 0; i < n; i++) {
		if (nb_route_key_same(&list[i], route))
			return &list[i];
	}
	return NULL;
}

bool nb_route_same(const struct nb_route *a, const struct nb_route *b)
{
	return nb_route_key_same(a, b) &&
		(a->to.family != AF_INET6 || nb_ip_equal(&a->via, &b->via));
}

static bool same_attributes(const struct nb_route *a, const struct nb_route *b)
{
	return a->n_attributes == b->n_attributes &&
		(a->n_attributes == 0 || memcmp(a->attributes, b->attributes, a->n_attributes) == 0);
}

bool nb_route_equal(const struct nb_route *a, const struct nb_route *b)
{
	return nb_route_same(a, b) && a->type == b->type && a->onlink == b->onlink &&
		nb_ip_equal(&a->via, &b->via) && nb_ip_equal(&a->src, &b->src) &&
		a->opaque == b->opaque && (!a->opaque || same_attributes(a, b));
}

bool nb_route_identical(const struct nb_route *a, const struct nb_route *b)
{
	return nb_route_equal(a, b) && a->protocol == b->protocol && same_attributes(a, b);
}

bool nb_route_kept(const struct nb_route *route)
{
	return route->protocol == RTPROT_BOOT || route->protocol == RTPROT_STATIC ||
		route->protocol == RTPROT_DHCP || route->protocol == NB_PROTOCOL;
}

bool nb_route_restorable(const struct nb_route *route)
{
	return nb_route_kept(route) && route->nexthop == 0;
}

unsigned nb_route_rank(const struct nb_route *route)
{
	if (nb_route_has_hops(route))
		return NB_ROUTE_RANKS - 1;
	return route->via.family != AF_UNSPEC;
}

/* Empty for a unicast route, which goes without saying. */
static const char *type_word(uint8_t type)
{
	static const char *const words[] = {
		[RTN_LOCAL] = "local ",
		[RTN_BROADCAST] = "broadcast ",
		[RTN_ANYCAST] = "anycast ",
		[RTN_MULTICAST] = "multicast ",
		[RTN_BLACKHOLE] = "blackhole ",
		[RTN_UNREACHABLE] = "unreachable ",
		[RTN_PROHIBIT] = "prohibit ",
		[RTN_THROW] = "throw ",
	};

	return type < NB_ARRAY_SIZE(words) && words[type] ? words[type] : "";
}

void nb_route_to_format(const struct nb_route *route, struct nb_text *out)
{
	bool is_default = route->prefix_length == 0 && nb_ip_is_zero(&route->to);

	/* "default" has the family of its via; where that does not tell it, the prefix must. */
	if (is_default &&
		(route->to.family == AF_UNSPEC || route->via.family == route->to.family)) {
		nb_text_add(out, "default");
		return;
	}
	nb_ip_format(&route->to, out);
	nb_text_add(out, "/%u", route->prefix_length);
}

/* " via 192.0.2.1 and 192.0.2.2" */
static void format_hops(const struct nb_route *route, struct nb_text *out)
{
	const char *word = " via";
	struct nb_hop hop;

	for (size_t cursor = 0; nb_route_next_hop(route, &cursor, &hop); word = " and") {
		nb_text_add(out, "%s ", word);
		if (hop.via.family != AF_UNSPEC)
			nb_ip_format(&hop.via, out);
		else
			nb_text_add(out, "device %d", hop.ifindex);
	}
}

void nb_route_format(const struct nb_route *route, struct nb_text *out)
{
	uint32_t usual = route->to.family == AF_INET6 ? NB_ROUTE_METRIC_IPV6 : 0;

	nb_text_add(out, "%s", type_word(route->type));
	nb_route_to_format(route, out);
	if (route->via.family != AF_UNSPEC) {
		nb_text_add(out, " via ");
		nb_ip_format(&route->via, out);
	}
	format_hops(route, out);
	if (route->from_length > 0) {
		nb_text_add(out, " from ");
		nb_ip_format(&route->from, out);
		nb_text_add(out, "/%u", route->from_length);
	}
	if (route->tos)
		nb_text_add(out, " tos %u", route->tos);
	if (route->metric != usual)
		nb_text_add(out, " metric %u", route->metric);
	if (route->table != RT_TABLE_MAIN && route->table != RT_TABLE_UNSPEC)
		nb_text_add(out, " table %u", route->table);
	if (route->src.family != AF_UNSPEC) {
		nb_text_add(out, " src ");
		nb_ip_format(&route->src, out);
	}
	if (route->onlink)
		nb_text_add(out, " onlink");
	if (route->nexthop)
		nb_text_add(out, " nexthop %u", route->nexthop);
	if (route->expires)
		nb_text_add(out, " expiring");
	nb_route_attributes_format(route, out);
}

const char *nb_route_protocol_name(uint8_t protocol)
{
	switch (protocol) {
	case RTPROT_KERNEL:
		return "kernel";
	case RTPROT_BOOT:
		return "boot";
	case RTPROT_STATIC:
		return "static";
	case RTPROT_RA:
		return "ra";
	case RTPROT_DHCP:
		return "dhcp";
	case NB_PROTOCOL:
		return "netbond";
	default:
		return "other";
	}
}
