/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tests/model/meddle.h"

#include <stdio.h>
#include <string.h>

static void run(const struct nb_meddler *meddler, struct nb_op *op)
{
	meddler->run(meddler->context, op);
	nb_op_done(op);
}

static struct nb_op op_on(enum nb_op_kind kind, const char *link)
{
	struct nb_op op;

	if (nb_op_init(&op, kind, "", "", link, 0) < 0)
		abort();
	return op;
}

static void add_address(
	const struct nb_meddler *meddler, const char *link, const char *text, uint32_t metric)
{
	struct nb_op op = op_on(NB_OP_ADDRESS_ADD, link);
	struct nb_address *address = &op.address;

	*address = (struct nb_address){
		.valid = NB_FOREVER, .preferred = NB_FOREVER, .metric = metric
	};
	if (nb_prefix_parse(text, true, &address->ip, &address->prefix_length) < 0)
		abort();
	if (address->ip.family == AF_INET6)
		address->flags = IFA_F_NODAD;
	if (nb_ip_is_linklocal(&address->ip))
		address->scope = RT_SCOPE_LINK;
	run(meddler, &op);
}

static struct nb_op route_on(const char *link, const char *to, const char *via)
{
	struct nb_op op = op_on(NB_OP_ROUTE_ADD, link);

	op.route = (struct nb_route){
		.type = RTN_UNICAST, .table = RT_TABLE_MAIN, .protocol = RTPROT_STATIC
	};
	if (nb_prefix_parse(to, true, &op.route.to, &op.route.prefix_length) < 0 ||
		(via && nb_ip_parse(via, AF_UNSPEC, &op.route.via) < 0))
		abort();
	if (op.route.to.family == AF_INET6)
		op.route.metric = NB_ROUTE_METRIC_IPV6;
	return op;
}

static void with_metrics(struct nb_op *op)
{
	const struct {
		struct rtattr outer, inner;
		uint32_t value;
	} metrics = { { sizeof(metrics), RTA_METRICS }, { 8, RTAX_ADVMSS }, 1300 };

	if (nb_route_set_attributes(&op->route, &metrics, sizeof(metrics)) < 0)
		abort();
}

/* Two next hops, of one device or of two; none where one of them is not there. */
static bool with_hops(const struct nb_meddler *meddler, struct nb_op *op, const char *links[2],
	const char *vias[2])
{
	const size_t size = op->route.to.family == AF_INET ? 4 : 16;
	uint8_t bytes[128] = { 0 };
	struct rtattr head = { .rta_type = RTA_MULTIPATH };
	size_t at = sizeof(head);

	for (unsigned i = 0; i < 2; i++) {
		struct rtnexthop hop = { .rtnh_len = (unsigned short)(sizeof(hop) + 4 + size),
			.rtnh_ifindex = meddler->index(meddler->context, links[i]) };
		struct rtattr gateway = { (unsigned short)(sizeof(gateway) + size), RTA_GATEWAY };
		struct nb_ip via;

		if (!hop.rtnh_ifindex || nb_ip_parse(vias[i], AF_UNSPEC, &via) < 0)
			return false;
		memcpy(bytes + at, &hop, sizeof(hop));
		memcpy(bytes + at + sizeof(hop), &gateway, sizeof(gateway));
		memcpy(bytes + at + sizeof(hop) + sizeof(gateway), via.bytes, size);
		at += hop.rtnh_len;
	}
	head.rta_len = (unsigned short)at;
	memcpy(bytes, &head, sizeof(head));
	return nb_route_set_attributes(&op->route, bytes, at) == 0;
}

/* Addresses of 198.18.N.0/24 and 2001:db8:aaN::/64, and routes through them. */
static void settle_on(
	struct nb_random *random, const struct nb_meddler *meddler, const char *link, unsigned n)
{
	char text[3][48];
	struct nb_op op;

	snprintf(text[0], sizeof(text[0]), "198.18.%u.1/24", n);
	snprintf(text[1], sizeof(text[1]), "2001:db8:aa%u::1/64", n);
	add_address(meddler, link, text[0], nb_random_below(random, 2) * 50);
	add_address(meddler, link, text[1], nb_random_below(random, 2) * 77);
	if (nb_random_chance(random, 30))
		add_address(meddler, link, "fe80::77/64", 0);
	snprintf(text[0], sizeof(text[0]), "198.19.%u.0/24", n);
	snprintf(text[1], sizeof(text[1]), "198.18.%u.9", n);
	snprintf(text[2], sizeof(text[2]), "198.18.%u.1", n);
	op = route_on(link, text[0], text[1]);
	if (nb_random_chance(random, 50))
		with_metrics(&op);
	if (nb_random_chance(random, 30))
		op.route.tos = 0x10;
	if (nb_random_chance(random, 30))
		nb_ip_parse(text[2], AF_INET, &op.route.src);
	run(meddler, &op);
	snprintf(text[0], sizeof(text[0]), "2001:db8:bb%u::/48", n);
	snprintf(text[1], sizeof(text[1]), "2001:db8:aa%u::9", n);
	op = route_on(link, text[0], text[1]);
	if (nb_random_chance(random, 50))
		with_metrics(&op);
	run(meddler, &op);
}

static void over_two(struct nb_random *random, const struct nb_meddler *meddler,
	const char *upper, unsigned n)
{
	const char *links[2] = { "bond0", upper };
	char vias[4][48];
	struct nb_op op;

	snprintf(vias[0], sizeof(vias[0]), "198.18.0.8");
	snprintf(vias[1], sizeof(vias[1]), "198.18.%u.8", n);
	snprintf(vias[2], sizeof(vias[2]), "2001:db8:aa0::8");
	snprintf(vias[3], sizeof(vias[3]), "2001:db8:aa%u::8", n);
	op = route_on("bond0", "198.51.77.0/24", NULL);
	if (nb_random_chance(random, 50) &&
		with_hops(meddler, &op, links, (const char *[]){ vias[0], vias[1] }))
		run(meddler, &op);
	nb_op_done(&op);
	op = route_on("bond0", "2001:db8:cc::/48", NULL);
	if (nb_random_chance(random, 50) &&
		with_hops(meddler, &op, links, (const char *[]){ vias[2], vias[3] }))
		run(meddler, &op);
	nb_op_done(&op);
}

void nb_meddle(struct nb_random *random, const struct nb_meddler *meddler)
{
	unsigned nic = nb_random_below(random, NB_RANDOM_NICS);
	char lower[IFNAMSIZ], upper[IFNAMSIZ];

	if (nb_random_chance(random, 70))
		settle_on(random, meddler, "bond0", 0);
	if (nb_random_chance(random, 50)) {
		meddler->add_vlan(meddler->context, "bond0.5", "bond0", 5);
		settle_on(random, meddler, "bond0.5", 5);
		over_two(random, meddler, "bond0.5", 5);
	}
	if (nb_random_chance(random, 20) && !meddler->spare_nics) {
		snprintf(lower, sizeof(lower), "eth%u", nic);
		snprintf(upper, sizeof(upper), "eth%u.7", nic);
		meddler->add_vlan(meddler->context, upper, lower, 7);
		settle_on(random, meddler, upper, 10 + nic);
	}
}

/* With a reason: that something else took it is what a mistake in the plan looks like. */
static bool is_told(const struct nb_diag *told, const char *object, const char *what)
{
	for (size_t i = 0; i < told->n_problems; i++) {
		const char *text = told->problems[i].text;

		if (nb_streq(told->problems[i].object, object) && strstr(text, what) &&
			strstr(text, "come back: ") && !strstr(text, "another change takes it"))
			return true;
	}
	return false;
}

static bool has_address(const struct nb_link *link, const struct nb_address *address)
{
	for (size_t i = 0; i < link->n_addresses; i++) {
		if (nb_address_same(&link->addresses[i], address) &&
			link->addresses[i].metric == address->metric)
			return true;
	}
	return false;
}

static bool has_route(const struct nb_link *link, const struct nb_route *route)
{
	for (size_t i = 0; i < link->n_routes; i++) {
		if (nb_route_identical(&link->routes[i], route))
			return true;
	}
	return false;
}

static void lost_of(const struct nb_link *before, const struct nb_link *after,
	const struct nb_diag *told, struct nb_text *out)
{
	for (size_t i = 0; i < before->n_addresses; i++) {
		NB_CLEANUP(nb_text_done) struct nb_text text = { 0 };

		if (before->addresses[i].proto == NB_PROTOCOL ||
			!nb_address_restorable(&before->addresses[i]) ||
			has_address(after, &before->addresses[i]))
			continue;
		nb_address_format(&before->addresses[i], &text);
		if (!is_told(told, before->name, text.text))
			nb_text_add(out, "%s: address %s\n", before->name, text.text);
	}
	for (size_t i = 0; i < before->n_routes; i++) {
		NB_CLEANUP(nb_text_done) struct nb_text text = { 0 };

		if (before->routes[i].protocol == NB_PROTOCOL ||
			has_route(after, &before->routes[i]))
			continue;
		nb_route_format(&before->routes[i], &text);
		if (!is_told(told, before->name, text.text))
			nb_text_add(out, "%s: route %s\n", before->name, text.text);
	}
}

void nb_meddle_lost(const struct nb_state *before, const struct nb_state *after,
	const struct nb_diag *told, struct nb_text *out)
{
	const struct nb_netns *then = nb_state_namespace(before, "");
	const struct nb_netns *now = nb_state_namespace(after, "");

	for (size_t i = 0; i < then->links.n; i++) {
		const struct nb_link *link = nb_netns_link(then, i);
		const struct nb_link *same = nb_netns_find_index(now, link->ifindex);

		if (same && nb_link_is_up(same) && (link->master || !same->master))
			lost_of(link, same, told, out);
	}
}
