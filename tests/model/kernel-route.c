/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Routes (net/ipv4/fib_semantics.c, fib_trie.c, net/ipv6/route.c, ip6_fib.c). */
#include <errno.h>
#include <netinet/in.h>
#include <string.h>

#include "tests/model/internal.h"

static bool is_gateway_route(const struct nb_route *route)
{
	return route->via.family != 0 || nb_route_has_hops(route);
}

static const struct nb_ip *prefix_of(const struct nb_address *a)
{
	return a->peer.family ? &a->peer : &a->ip;
}

/* Connected routes exist while the device is up; their addresses stand for them. */
static bool is_connected(const struct model_dev *dev, const struct nb_ip *ip)
{
	for (size_t i = 0; dev->is_up && i < dev->link->n_addresses; i++) {
		const struct nb_address *a = &dev->link->addresses[i];

		if (!(a->flags & IFA_F_NOPREFIXROUTE) &&
			nb_ip_in_prefix(ip, prefix_of(a), a->prefix_length))
			return true;
	}
	return false;
}

/* A route that needs no gateway itself leads there (main table, or the route's own one). */
static bool is_reachable(const struct model_dev *dev, const struct nb_route *route)
{
	if (is_connected(dev, &route->via))
		return true;
	for (size_t i = 0; i < dev->link->n_routes; i++) {
		const struct nb_route *other = &dev->link->routes[i];

		if (!is_gateway_route(other) &&
			(other->table == RT_TABLE_MAIN || other->table == route->table) &&
			nb_ip_in_prefix(&route->via, &other->to, other->prefix_length))
			return true;
	}
	return false;
}

static bool is_local(const struct model_ns *ns, const struct nb_ip *ip, bool tentative_too)
{
	for (size_t i = 0; i < ns->n_devs; i++)
		for (size_t k = 0; k < ns->devs[i]->link->n_addresses; k++) {
			const struct nb_address *a = &ns->devs[i]->link->addresses[k];

			if (nb_ip_equal(&a->ip, ip) && (tentative_too || !model_is_tentative(a)))
				return true;
		}
	return false;
}

/* The subnet's own number and its broadcast address are no neighbours (RTN_BROADCAST). */
static bool is_broadcast(const struct model_dev *dev, const struct nb_ip *ip)
{
	for (size_t i = 0; i < dev->link->n_addresses; i++) {
		const struct nb_address *a = &dev->link->addresses[i];
		uint32_t x, net, mask;

		if (a->ip.family != AF_INET || a->prefix_length >= 31 || a->prefix_length == 0)
			continue;
		memcpy(&x, ip->bytes, 4);
		memcpy(&net, prefix_of(a)->bytes, 4);
		mask = htonl(UINT32_MAX << (32 - a->prefix_length));
		if ((x & mask) == (net & mask) && (x & ~mask) == (uint32_t)~mask)
			return true;
	}
	return false;
}

/* fib_check_nh() */
static int check_nexthop4(struct nb_model *m, struct model_dev *dev, const struct nb_route *route)
{
	if (!is_gateway_route(route)) {
		if (route->onlink)
			return model_fail(m, EINVAL,
				"Invalid flags for nexthop - PERVASIVE and ONLINK can not be set");
		return dev->is_up ? 0 : model_fail(m, ENETDOWN, "Device for nexthop is not up");
	}
	if (route->onlink)
		return dev->is_up ? 0 : model_fail(m, ENETDOWN, "Nexthop device is not up");
	if (route->via.family == AF_INET6)
		return dev->is_up ? 0 : model_fail(m, ENETDOWN, "Nexthop device is not up");
	if (!is_reachable(dev, route))
		return model_fail(m, ENETUNREACH, "Nexthop has invalid gateway");
	if (is_broadcast(dev, &route->via))
		return model_fail(m, EINVAL, "Nexthop has invalid gateway");
	return 0;
}

static bool has_address(const struct model_dev *dev, const struct nb_ip *ip)
{
	for (size_t i = 0; i < dev->link->n_addresses; i++)
		if (nb_ip_equal(&dev->link->addresses[i].ip, ip))
			return true;
	return false;
}

/* fib6_nh_init() */
static int check_nexthop6(struct nb_model *m, struct model_dev *dev, const struct nb_route *route)
{
	if (!dev->ipv6)
		return model_fail(m, ENODEV, NULL);
	if (route->onlink && !dev->is_up)
		return model_fail(m, ENETDOWN, "Nexthop device is not up");
	if (is_gateway_route(route)) {
		if (has_address(dev, &route->via))
			return model_fail(m, EINVAL, "Gateway can not be a local address");
		if (!nb_ip_is_linklocal(&route->via) && !route->onlink && !is_reachable(dev, route))
			return model_fail(m, EHOSTUNREACH, NULL);
	}
	return dev->is_up ? 0 : model_fail(m, ENETDOWN, "Nexthop device is not up");
}

static int check_source(struct nb_model *m, struct model_dev *dev, const struct nb_route *route)
{
	bool ip4 = route->to.family == AF_INET;

	if (nb_ip_is_zero(&route->src) || is_local(dev->ns, &route->src, ip4))
		return 0;
	return model_fail(m, EINVAL, ip4 ? "Invalid prefsrc address" : "Invalid source address");
}

/* What the kernel holds as one entry of a table, on whatever device. */
static bool same_entry(const struct nb_route *a, const struct nb_route *b)
{
	return nb_route_key_same(a, b);
}

static struct model_dev *find_entry(struct model_ns *ns, const struct nb_route *route, size_t *ret)
{
	for (size_t i = 0; i < ns->n_devs; i++)
		for (size_t k = 0; k < ns->devs[i]->link->n_routes; k++)
			if (same_entry(&ns->devs[i]->link->routes[k], route)) {
				*ret = k;
				return ns->devs[i];
			}
	return NULL;
}

static struct nb_route as_stored(const struct nb_route *asked)
{
	struct nb_route route = *asked;

	if (route.to.family == AF_INET6 && route.metric == 0)
		route.metric = NB_ROUTE_METRIC_IPV6;
	if (route.type == 0)
		route.type = RTN_UNICAST;
	memset(&route.mark, 0, sizeof(route.mark));
	return route;
}

/* IFA_RT_PRIORITY, or the usual one (fib_add_ifaddr(), addrconf_prefix_route()) */
static uint32_t connected_metric(const struct nb_address *a)
{
	return a->metric ? a->metric : a->ip.family == AF_INET ? 0 : 256;
}

/* A connected route of the same prefix and metric is in the way too. */
static bool clashes_with_connected(const struct model_ns *ns, const struct nb_route *route)
{
	if (route->table != RT_TABLE_MAIN || route->tos != 0 || route->prefix_length == 0)
		return false;
	for (size_t i = 0; i < ns->n_devs; i++) {
		const struct model_dev *dev = ns->devs[i];

		for (size_t k = 0; dev->is_up && k < dev->link->n_addresses; k++) {
			const struct nb_address *a = &dev->link->addresses[k];

			if (!(a->flags & (IFA_F_NOPREFIXROUTE | IFA_F_SECONDARY)) &&
				connected_metric(a) == route->metric &&
				a->prefix_length == route->prefix_length &&
				nb_ip_in_prefix(&route->to, prefix_of(a), a->prefix_length))
				return true;
		}
	}
	return false;
}

/* fib6_add_rt2node(): beside an entry of the same metric, unless it is the same next hop */
static bool is_duplicate6(const struct model_dev *dev, const struct nb_route *route)
{
	for (size_t k = 0; k < dev->link->n_routes; k++)
		if (same_entry(&dev->link->routes[k], route) &&
			nb_ip_equal(&dev->link->routes[k].via, &route->via))
			return true;
	return false;
}

/* Every entry of that key; IPv6 holds one per next hop, IPv4 one that stands at each device. */
static void remove_entry(struct model_ns *ns, const struct nb_route *entry)
{
	struct nb_route route = *entry;

	for (size_t i = 0; i < ns->n_devs; i++)
		for (size_t k = ns->devs[i]->link->n_routes; k-- > 0;)
			if (is_gateway_route(&ns->devs[i]->link->routes[k]) &&
				same_entry(&ns->devs[i]->link->routes[k], &route))
				nb_link_remove_route(ns->devs[i]->link, k);
}

/* One entry, also where it stands at several devices. */
static void remove_one(struct model_dev *dev, size_t at)
{
	if (nb_route_has_hops(&dev->link->routes[at]))
		remove_entry(dev->ns, &dev->link->routes[at]);
	else
		nb_link_remove_route(dev->link, at);
}

static int insert(
	struct nb_model *m, struct model_dev *dev, const struct nb_route *route, bool replace)
{
	bool ip6 = route->to.family == AF_INET6;
	size_t at = 0;
	struct model_dev *holder = find_entry(dev->ns, route, &at);
	bool taken =
		ip6 ? is_duplicate6(dev, route) : holder || clashes_with_connected(dev->ns, route);

	if (!replace && taken)
		return model_fail(m, EEXIST, NULL);
	if (replace && holder)
		remove_one(holder, at);
	return nb_link_add_route(dev->link, route) < 0 ? model_no_memory(m) : 0;
}

static int check_nexthop(struct nb_model *m, struct model_dev *dev, const struct nb_route *route)
{
	return route->to.family == AF_INET ? check_nexthop4(m, dev, route)
					   : check_nexthop6(m, dev, route);
}

static struct model_dev *hop_of(
	struct model_ns *ns, const struct nb_route *route, size_t *cursor, struct nb_route *ret)
{
	struct nb_hop hop;

	if (!nb_route_next_hop(route, cursor, &hop))
		return NULL;
	*ret = *route;
	ret->via = hop.via;
	ret->attributes = NULL; /* of one hop: its weight is not modelled */
	ret->n_attributes = 0;
	ret->opaque = false;
	return model_dev_by_index(ns, hop.ifindex);
}

/* fib_get_nhs(), ip6_route_multipath_add() */
static int add_hops(struct nb_model *m, struct model_dev *dev, const struct nb_route *route, bool replace)
{
	bool ip6 = route->to.family == AF_INET6;
	struct model_ns *ns = dev->ns;
	struct model_dev *holder;
	struct nb_route one;
	size_t at = 0;
	int r = 0;

	for (size_t cursor = 0; r == 0 && (dev = hop_of(ns, route, &cursor, &one));) {
		r = check_nexthop(m, dev, &one);
		if (r == 0 && ip6 && !replace && is_duplicate6(dev, &one))
			r = model_fail(m, EEXIST, NULL);
	}
	holder = find_entry(ns, route, &at);
	if (r == 0 && !ip6 && !replace && holder)
		r = model_fail(m, EEXIST, NULL);
	if (r == 0 && replace && holder)
		remove_one(holder, at);
	if (r == 0 && replace && ip6)
		remove_entry(ns, route);
	for (size_t cursor = 0; r == 0 && (dev = hop_of(ns, route, &cursor, &one));) {
		if (!ip6 && find_entry(ns, route, &at) == dev)
			continue; /* two hops over one device */
		if (nb_link_add_route(dev->link, ip6 ? &one : route) < 0)
			r = model_no_memory(m);
	}
	return r;
}

/* The executor asks IPv4 for a new entry (NLM_F_EXCL), IPv6 only for one more. */
int model_route_add(
	struct nb_model *m, struct model_dev *dev, const struct nb_route *asked, bool replace)
{
	struct nb_route route = as_stored(asked);
	int r;

	if (nb_route_has_hops(&route))
		return add_hops(m, dev, &route, replace);
	r = check_nexthop(m, dev, &route);
	if (r == 0)
		r = check_source(m, dev, &route);
	return r < 0 ? r : insert(m, dev, &route, replace);
}

static bool matches(const struct nb_route *held, const struct nb_route *asked)
{
	return held->to.family == asked->to.family && held->table == asked->table &&
	       held->prefix_length == asked->prefix_length && nb_ip_equal(&held->to, &asked->to) &&
	       (asked->metric == 0 || held->metric == asked->metric) &&
	       held->tos == asked->tos && nb_ip_equal(&held->from, &asked->from) &&
	       (asked->protocol == 0 || held->protocol == asked->protocol) &&
	       (asked->via.family == 0 || nb_ip_equal(&held->via, &asked->via)) &&
	       (asked->to.family == AF_INET6 || nb_ip_is_zero(&asked->src) ||
		       nb_ip_equal(&held->src, &asked->src)) &&
	       (asked->to.family == AF_INET6 || asked->scope == RT_SCOPE_NOWHERE ||
		       held->scope == asked->scope) &&
	       (asked->type == 0 || held->type == asked->type);
}

int model_route_delete(struct nb_model *m, struct model_dev *dev, const struct nb_route *route)
{
	struct nb_link *link = dev->link;
	size_t found = link->n_routes;

	for (size_t i = 0; i < link->n_routes; i++)
		if (matches(&link->routes[i], route) &&
			(found == link->n_routes ||
				link->routes[i].metric < link->routes[found].metric))
			found = i;
	if (found == link->n_routes)
		return model_fail(m, ESRCH, NULL);
	remove_one(dev, found);
	model_witness(m);
	return 0;
}

/* Another hop of the same multipath route, through a device that is up. */
static bool has_live_sibling(const struct model_dev *dev, const struct nb_route *route)
{
	for (size_t i = 0; i < dev->ns->n_devs; i++) {
		const struct model_dev *other = dev->ns->devs[i];

		for (size_t k = 0; other != dev && other->is_up && k < other->link->n_routes; k++)
			if (is_gateway_route(&other->link->routes[k]) &&
				same_entry(&other->link->routes[k], route))
				return true;
	}
	return false;
}

/* fib6_ifdown(): a hop of a multipath route only dies; the route goes with its last live hop. */
void model_routes_down6(struct model_dev *dev)
{
	for (size_t i = dev->link->n_routes; i-- > 0;) {
		const struct nb_route *route = &dev->link->routes[i];

		if (route->to.family != AF_INET6)
			continue;
		if (!is_gateway_route(route))
			nb_link_remove_route(dev->link, i);
		else if (!has_live_sibling(dev, route))
			remove_entry(dev->ns, route);
		i = NB_MIN(i, dev->link->n_routes);
	}
}

/* fib_sync_down_dev(): one with several next hops goes with its last live one */
void model_routes_flush(struct model_dev *dev, int family)
{
	for (size_t i = dev->link->n_routes; i-- > 0;) {
		const struct nb_route *route = &dev->link->routes[i];

		if (route->to.family == family &&
			!(nb_route_has_hops(route) && has_live_sibling(dev, route)))
			remove_one(dev, i);
		i = NB_MIN(i, dev->link->n_routes);
	}
}

/*
 * An address is gone: IPv4 routes of the main table with that source go too
 * (fib_sync_down_addr()), IPv6 routes of the same device lose the source (rt6_remove_prefsrc()).
 */
void model_prefsrc_gone(struct model_dev *dev, const struct nb_ip *ip)
{
	for (size_t d = 0; d < dev->ns->n_devs; d++) {
		struct nb_link *link = dev->ns->devs[d]->link;

		for (size_t i = link->n_routes; i-- > 0;) {
			struct nb_route *route = &link->routes[i];

			if (!nb_ip_equal(&route->src, ip))
				continue;
			if (ip->family == AF_INET6 &&
				(link == dev->link || dev->ns->model->knobs.kernel.prefsrc_anywhere))
				memset(&route->src, 0, sizeof(route->src));
			else if (ip->family == AF_INET && route->table == RT_TABLE_MAIN)
				nb_link_remove_route(link, i);
		}
	}
}
