/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "lib/core/model.h"

bool nb_route_same(const struct nb_route *a, const struct nb_route *b)
{
	if (!nb_ip_equal(&a->to, &b->to) || a->prefix_length != b->prefix_length ||
		a->table != b->table || a->metric != b->metric)
		return false;
	return a->to.family != AF_INET6 || nb_ip_equal(&a->via, &b->via);
}

bool nb_route_equal(const struct nb_route *a, const struct nb_route *b)
{
	return nb_route_same(a, b) && a->type == b->type && a->onlink == b->onlink &&
		nb_ip_equal(&a->via, &b->via) && nb_ip_equal(&a->src, &b->src);
}

bool nb_route_restorable(const struct nb_route *route)
{
	if (route->opaque)
		return false;
	return route->protocol == RTPROT_BOOT || route->protocol == RTPROT_STATIC ||
		route->protocol == RTPROT_DHCP || route->protocol == NB_PROTOCOL;
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

void nb_route_format(const struct nb_route *route, struct nb_text *out)
{
	uint32_t usual = route->to.family == AF_INET6 ? NB_ROUTE_METRIC_IPV6 : 0;

	nb_text_add(out, "%s", type_word(route->type));
	nb_route_to_format(route, out);
	if (route->via.family != AF_UNSPEC) {
		nb_text_add(out, " via ");
		nb_ip_format(&route->via, out);
	}
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
