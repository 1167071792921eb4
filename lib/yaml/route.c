/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <string.h>

#include "lib/yaml/network.h"

const struct nb_name nb_yaml_protocols[] = {
	{ "unspec", RTPROT_UNSPEC }, { "redirect", RTPROT_REDIRECT }, { "kernel", RTPROT_KERNEL },
	{ "boot", RTPROT_BOOT }, { "static", RTPROT_STATIC }, { "ra", RTPROT_RA },
	{ "dhcp", RTPROT_DHCP }, { "netbond", NB_PROTOCOL }, { 0 }
};

const struct nb_name nb_yaml_route_types[] = {
	{ "unicast", RTN_UNICAST }, { "local", RTN_LOCAL }, { "broadcast", RTN_BROADCAST },
	{ "anycast", RTN_ANYCAST }, { "multicast", RTN_MULTICAST }, { "blackhole", RTN_BLACKHOLE },
	{ "unreachable", RTN_UNREACHABLE }, { "prohibit", RTN_PROHIBIT }, { "throw", RTN_THROW },
	{ 0 }
};

const struct nb_name nb_yaml_tables[] = {
	{ "main", RT_TABLE_MAIN }, { "default", RT_TABLE_DEFAULT }, { "local", RT_TABLE_LOCAL }, { 0 }
};

uint8_t nb_yaml_route_scope(const struct nb_route *route)
{
	if (route->to.family == AF_INET && route->via.family == AF_UNSPEC)
		return route->type == RTN_LOCAL ? RT_SCOPE_HOST : RT_SCOPE_LINK;
	return RT_SCOPE_UNIVERSE;
}

/* A route under construction, and what was said of it. */
struct making {
	struct nb_route *route;
	bool has_to, is_default, has_scope;
	struct nb_mark to_mark;
};

static int take_to(struct nb_yaml_walk *w, const struct nb_yaml_node *node, void *object)
{
	struct making *making = object;
	struct nb_route *route = making->route;
	const char *text;
	int k;

	k = nb_yaml_text(w, node, &text);
	if (k < 0)
		return k;
	making->has_to = true;
	making->to_mark = node->mark;
	if (strcmp(text, "default") == 0) {
		making->is_default = true;
		return 0;
	}
	if (nb_prefix_parse(text, false, &route->to, &route->prefix_length) == 0)
		return 0;
	nb_diag_error(w->diag, &node->mark, NULL, "to: '%.64s' is not a network", text);
	nb_diag_hint(w->diag, "write default, or a network such as 198.51.100.0/24 or 2001:db8::/32");
	return -EBADMSG;
}

static int take_via(struct nb_yaml_walk *w, const struct nb_yaml_node *node, void *object)
{
	return nb_yaml_ip(w, node, AF_UNSPEC, &((struct making *)object)->route->via);
}

static int take_src(struct nb_yaml_walk *w, const struct nb_yaml_node *node, void *object)
{
	return nb_yaml_ip(w, node, AF_UNSPEC, &((struct making *)object)->route->src);
}

static int take_metric(struct nb_yaml_walk *w, const struct nb_yaml_node *node, void *object)
{
	return nb_yaml_u32(w, node, 0, &((struct making *)object)->route->metric);
}

static int take_table(struct nb_yaml_walk *w, const struct nb_yaml_node *node, void *object)
{
	uint32_t table;
	const char *text;
	int k;

	k = nb_yaml_text(w, node, &text);
	if (k < 0)
		return k;
	for (const struct nb_name *n = nb_yaml_tables; n->name; n++)
		if (strcmp(n->name, text) == 0) {
			((struct making *)object)->route->table = n->value;
			return 0;
		}
	if (text[0] < '0' || text[0] > '9') {
		nb_diag_error(w->diag, &node->mark, NULL, "table: '%.64s' is not known", text);
		nb_diag_hint(w->diag, "write main, default, local, or a number: the names in "
				      "rt_tables are iproute2's own");
		return -EBADMSG;
	}
	k = nb_yaml_u32(w, node, 1, &table);
	if (k == 0)
		((struct making *)object)->route->table = table;
	return k;
}

static int take_onlink(struct nb_yaml_walk *w, const struct nb_yaml_node *node, void *object)
{
	return nb_yaml_bool(w, node, &((struct making *)object)->route->onlink);
}

static int take_protocol(struct nb_yaml_walk *w, const struct nb_yaml_node *node, void *object)
{
	return nb_yaml_byte(
		w, node, nb_yaml_protocols, &((struct making *)object)->route->protocol);
}

static int take_type(struct nb_yaml_walk *w, const struct nb_yaml_node *node, void *object)
{
	return nb_yaml_byte(w, node, nb_yaml_route_types, &((struct making *)object)->route->type);
}

static int take_scope(struct nb_yaml_walk *w, const struct nb_yaml_node *node, void *object)
{
	struct making *making = object;

	making->has_scope = true;
	return nb_yaml_byte(w, node, nb_yaml_scopes, &making->route->scope);
}

static int take_tos(struct nb_yaml_walk *w, const struct nb_yaml_node *node, void *object)
{
	int64_t tos;
	int k;

	k = nb_yaml_number(w, node, 0, UINT8_MAX, &tos);
	if (k == 0)
		((struct making *)object)->route->tos = (uint8_t)tos;
	return k;
}

static int take_from(struct nb_yaml_walk *w, const struct nb_yaml_node *node, void *object)
{
	struct nb_route *route = ((struct making *)object)->route;
	const char *text;
	int k;

	k = nb_yaml_text(w, node, &text);
	if (k < 0 || nb_prefix_parse(text, false, &route->from, &route->from_length) == 0)
		return k;
	return nb_diag_error(
		w->diag, &node->mark, NULL, "from: '%.64s' is not a network", text);
}

static int take_expires(struct nb_yaml_walk *w, const struct nb_yaml_node *node, void *object)
{
	return nb_yaml_u32(w, node, 0, &((struct making *)object)->route->expires);
}

static int take_nexthop(struct nb_yaml_walk *w, const struct nb_yaml_node *node, void *object)
{
	return nb_yaml_u32(w, node, 0, &((struct making *)object)->route->nexthop);
}

/* Two hexadecimal digits a byte. Return: false when it is not that. */
static bool unhex(const char *text, uint8_t *bytes, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		int high = nb_hex_digit(text[2 * i]), low = nb_hex_digit(text[2 * i + 1]);

		if (high < 0 || low < 0)
			return false;
		bytes[i] = (uint8_t)(high << 4 | low);
	}
	return text[2 * n] == '\0';
}

static int take_attributes(struct nb_yaml_walk *w, const struct nb_yaml_node *node, void *object)
{
	struct nb_route *route = ((struct making *)object)->route;
	NB_CLEANUP(nb_freep) uint8_t *bytes = NULL;
	const char *text;
	size_t n;
	int k;

	k = nb_yaml_text(w, node, &text);
	if (k < 0)
		return k;
	n = strlen(text) / 2;
	bytes = malloc(n + 1);
	if (!bytes)
		return -ENOMEM;
	k = unhex(text, bytes, n) ? nb_route_set_attributes(route, bytes, n) : -EINVAL;
	if (k != -EINVAL)
		return k;
	nb_diag_error(w->diag, &node->mark, NULL,
		"attributes: '%.64s' are no netlink attributes in hexadecimal digits", text);
	nb_diag_hint(w->diag, "take it over as `netbondctl snapshot` prints it");
	return -EBADMSG;
}

static const struct nb_yaml_field config_fields[] = {
	{ "to", take_to },
	{ "via", take_via },
	{ "metric", take_metric },
	{ "table", take_table },
	{ "src", take_src },
	{ "onlink", take_onlink },
	{ 0 },
};

static const struct nb_yaml_field snapshot_fields[] = {
	{ "to", take_to },
	{ "via", take_via },
	{ "metric", take_metric },
	{ "table", take_table },
	{ "src", take_src },
	{ "onlink", take_onlink },
	{ "protocol", take_protocol },
	{ "type", take_type },
	{ "scope", take_scope },
	{ "tos", take_tos },
	{ "from", take_from },
	{ "expires", take_expires },
	{ "nexthop", take_nexthop },
	{ "attributes", take_attributes },
	{ 0 },
};

static const struct nb_yaml_foreign foreign[] = {
	{ "gateway", "here it is called via" },
	{ "next-hop-address", "here it is called via" },
	{ "destination", "here it is called to" },
	{ "from", "here it is called src" },
	{ "dev", "remove it: a route of a bond goes through the bond" },
	{ "on-link", "here it is called onlink" },
	{ 0 },
};

/* `to: default` has the family of its via. Every other rule is nb_rules_check()'s. */
static int resolve_default(struct nb_yaml_walk *w, struct making *making)
{
	if (!making->is_default)
		return 0;
	making->route->to.family = making->route->via.family;
	if (making->route->to.family != AF_UNSPEC)
		return 0;
	nb_diag_error(w->diag, &making->to_mark, NULL, "to: default needs a via");
	nb_diag_hint(w->diag, "add via: ADDRESS; a default route without gateway is to: 0.0.0.0/0 or "
			      "to: \"::/0\"");
	return -EBADMSG;
}

static int finish(struct nb_yaml_walk *w, const struct nb_yaml_node *node, struct making *making)
{
	struct nb_route *route = making->route;
	int k;

	if (!making->has_to) {
		nb_diag_error(w->diag, &node->mark, NULL, "a route without 'to'");
		nb_diag_hint(w->diag, "write {to: default, via: 192.0.2.1}");
		return -EBADMSG;
	}
	k = resolve_default(w, making);
	if (k < 0)
		return k;
	if (route->to.family == AF_INET6 && route->metric == 0)
		route->metric = NB_ROUTE_METRIC_IPV6;
	if (!making->has_scope)
		route->scope = nb_yaml_route_scope(route);
	return 0;
}

int nb_yaml_take_route(struct nb_yaml_walk *w, const struct nb_yaml_node *node, bool snapshot,
	struct nb_route *ret)
{
	const struct nb_yaml_shape shape = {
		.what = "a route",
		.example = "{to: default, via: 192.0.2.1}",
		.fields = snapshot ? snapshot_fields : config_fields,
		.foreign = foreign,
	};
	struct nb_route route = {
		.type = RTN_UNICAST,
		.protocol = snapshot ? RTPROT_BOOT : NB_PROTOCOL,
		.table = RT_TABLE_MAIN,
		.mark = node->mark,
	};
	struct making making = { .route = &route };
	int k;

	k = nb_yaml_take_map(w, node, &shape, &making);
	if (k == 0)
		k = finish(w, node, &making);
	if (k == 0)
		*ret = route;
	else
		nb_route_done(&route);
	return k;
}
