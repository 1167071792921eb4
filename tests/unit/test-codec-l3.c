/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tests/unit/unit.h"

#include <errno.h>
#include <string.h>

#include <netlink/msg.h>

#include "lib/nl/codec.h"

static struct nb_ip ip(const char *text)
{
	struct nb_ip ret;

	assert_int_equal(nb_ip_parse(text, AF_UNSPEC, &ret), 0);
	return ret;
}

/* Encodes @op and makes the request look like the kernel's own message. */
static struct nl_msg *as_dumped(const struct nb_op *op, int ifindex)
{
	const struct nb_codec_op with = { .ifindex = ifindex };
	struct nl_msg *msg = nlmsg_alloc_size(4096);
	unsigned attr;

	assert_non_null(msg);
	assert_int_equal(nb_codec_put_op(msg, op, &with, &attr), 0);
	return msg;
}

static void check_address(const struct nb_address *address)
{
	struct nb_op op = { .kind = NB_OP_ADDRESS_ADD, .link = "bond0", .address = *address };
	struct nl_msg *msg = as_dumped(&op, 12);
	struct nb_diag diag = { 0 };
	struct nb_address got;
	int ifindex = 0;

	assert_int_equal(nb_codec_get_address(nlmsg_hdr(msg), &got, &ifindex, &diag), 1);
	assert_int_equal(ifindex, 12);
	assert_true(nb_ip_equal(&got.ip, &address->ip));
	assert_int_equal(got.prefix_length, address->prefix_length);
	assert_int_equal(got.scope, address->scope);
	assert_int_equal(got.proto, address->proto);
	assert_int_equal(got.preferred, address->preferred);
	assert_int_equal(got.valid, address->valid);
	assert_true(nb_ip_equal(&got.peer, &address->peer));
	assert_true(nb_ip_equal(&got.broadcast, &address->broadcast));
	assert_string_equal(got.label, address->label);
	/* What is the kernel's state is not sent. */
	assert_int_equal(got.flags, address->flags & (IFA_F_NODAD | IFA_F_NOPREFIXROUTE));
	nlmsg_free(msg);
}

static void test_addresses_survive(void **state)
{
	const struct nb_address cases[] = {
		{ .ip = ip("192.0.2.10"), .prefix_length = 24, .proto = NB_PROTOCOL,
			.preferred = NB_FOREVER, .valid = NB_FOREVER },
		{ .ip = ip("192.0.2.10"), .prefix_length = 32, .peer = ip("192.0.2.99"),
			.label = "bond0:a", .broadcast = ip("192.0.2.255"),
			.preferred = NB_FOREVER, .valid = NB_FOREVER, .scope = RT_SCOPE_LINK },
		{ .ip = ip("2001:db8::10"), .prefix_length = 64, .proto = 3,
			.flags = IFA_F_NODAD | IFA_F_TENTATIVE | IFA_F_PERMANENT | IFA_F_DADFAILED,
			.preferred = 0, .valid = NB_FOREVER },
		{ .ip = ip("2001:db8::10"), .prefix_length = 128, .flags = IFA_F_NOPREFIXROUTE,
			.preferred = 100, .valid = 200 },
		{ .ip = ip("2001:db8::10"), .prefix_length = 128, .peer = ip("2001:db8::11"),
			.preferred = NB_FOREVER, .valid = NB_FOREVER },
	};

	for (size_t i = 0; i < NB_ARRAY_SIZE(cases); i++)
		check_address(&cases[i]);
}

static void test_address_without_local_part_is_its_own(void **state)
{
	/* As the kernel dumps an IPv6 address without a peer: IFA_ADDRESS alone. */
	const struct ifaddrmsg header = { .ifa_family = AF_INET6, .ifa_prefixlen = 64,
		.ifa_flags = IFA_F_PERMANENT, .ifa_index = 3 };
	struct nl_msg *msg = nlmsg_alloc_size(256);
	const struct nb_ip wanted = ip("fe80::1");
	struct nb_diag diag = { 0 };
	struct nb_address got;
	int ifindex;

	assert_non_null(nlmsg_put(msg, 0, 0, RTM_NEWADDR, 0, 0));
	assert_int_equal(nlmsg_append(msg, (void *)&header, sizeof(header), 4), 0);
	assert_int_equal(nla_put(msg, IFA_ADDRESS, 16, wanted.bytes), 0);
	assert_int_equal(nb_codec_get_address(nlmsg_hdr(msg), &got, &ifindex, &diag), 1);
	assert_true(nb_ip_equal(&got.ip, &wanted));
	assert_int_equal(got.peer.family, 0);
	assert_int_equal(got.flags, IFA_F_PERMANENT);
	assert_true(got.valid == NB_FOREVER);
	/* The wide flags win over the eight bits of the header. */
	assert_int_equal(nla_put_u32(msg, IFA_FLAGS, IFA_F_NOPREFIXROUTE), 0);
	assert_int_equal(nb_codec_get_address(nlmsg_hdr(msg), &got, &ifindex, &diag), 1);
	assert_int_equal(got.flags, IFA_F_NOPREFIXROUTE);
	nlmsg_free(msg);
}

static void test_other_families_are_passed_over(void **state)
{
	const struct ifaddrmsg address = { .ifa_family = 45 };
	const struct rtmsg route = { .rtm_family = AF_MPLS };
	const struct rtmsg clone = { .rtm_family = AF_INET, .rtm_flags = RTM_F_CLONED };
	struct nl_msg *msg = nlmsg_alloc_size(256);
	struct nb_codec_route got_route;
	struct nb_diag diag = { 0 };
	struct nb_address got;
	int ifindex;

	assert_non_null(nlmsg_put(msg, 0, 0, RTM_NEWADDR, 0, 0));
	assert_int_equal(nlmsg_append(msg, (void *)&address, sizeof(address), 4), 0);
	assert_int_equal(nb_codec_get_address(nlmsg_hdr(msg), &got, &ifindex, &diag), 0);
	nlmsg_free(msg);
	msg = nlmsg_alloc_size(256);
	assert_non_null(nlmsg_put(msg, 0, 0, RTM_NEWROUTE, 0, 0));
	assert_int_equal(nlmsg_append(msg, (void *)&route, sizeof(route), 4), 0);
	assert_int_equal(nb_codec_get_route(nlmsg_hdr(msg), &got_route, &diag), 0);
	memcpy(nlmsg_data(nlmsg_hdr(msg)), &clone, sizeof(clone));
	assert_int_equal(nb_codec_get_route(nlmsg_hdr(msg), &got_route, &diag), 0);
	nlmsg_free(msg);
}

static void test_malformed_addresses_are_refused(void **state)
{
	static const struct {
		int attr, length;
		uint8_t prefix_length;
	} cases[] = {
		{ IFA_LOCAL, 16, 24 },	   /* IPv6 in an IPv4 message */
		{ IFA_LOCAL, 3, 24 },
		{ IFA_LOCAL, 4, 33 },	   /* no such prefix */
		{ IFA_FLAGS, 1, 24 },
		{ IFA_CACHEINFO, 8, 24 },
		{ IFA_LABEL, 17, 24 },
		{ IFA_LABEL, 0, 24 },
		{ IFA_PROTO, 4, 24 },
		{ IFA_PROTO, 1, 24 },	   /* fine, but there is no address */
	};
	static const char zeros[32];

	for (size_t i = 0; i < NB_ARRAY_SIZE(cases); i++) {
		const struct ifaddrmsg header = {
			.ifa_family = AF_INET, .ifa_prefixlen = cases[i].prefix_length
		};
		struct nl_msg *msg = nlmsg_alloc_size(256);
		struct nb_diag diag = { 0 };
		struct nb_address got;
		int ifindex;

		assert_non_null(nlmsg_put(msg, 0, 0, RTM_NEWADDR, 0, 0));
		assert_int_equal(nlmsg_append(msg, (void *)&header, sizeof(header), 4), 0);
		assert_int_equal(nla_put(msg, cases[i].attr, cases[i].length, zeros), 0);
		assert_int_equal(nb_codec_get_address(nlmsg_hdr(msg), &got, &ifindex, &diag),
			-EBADMSG);
		assert_int_equal(diag.n_errors, 1);
		nb_diag_done(&diag);
		nlmsg_free(msg);
	}
}

static void check_route(const struct nb_route *route)
{
	struct nb_op op = { .kind = NB_OP_ROUTE_ADD, .link = "bond0", .route = *route };
	struct nl_msg *msg = as_dumped(&op, 12);
	struct nb_diag diag = { 0 };
	struct nb_codec_route got;

	assert_int_equal(nb_codec_get_route(nlmsg_hdr(msg), &got, &diag), 1);
	assert_int_equal(got.n_hops, 1);
	assert_int_equal(got.hops[0], 12);
	assert_true(nb_route_identical(&got.route, route));
	assert_int_equal(got.route.protocol, route->protocol);
	assert_int_equal(got.route.scope, route->scope);
	assert_int_equal(got.route.table, route->table);
	assert_int_equal(got.route.expires, route->expires);
	assert_int_equal(got.route.n_attributes, route->n_attributes);
	if (route->n_attributes)
		assert_memory_equal(
			got.route.attributes, route->attributes, route->n_attributes);
	assert_int_equal(got.route.opaque, route->opaque);
	nb_route_done(&got.route);
	nlmsg_free(msg);
}

static void test_routes_survive(void **state)
{
	const struct nb_route cases[] = {
		{ .to = { .family = AF_INET }, .via = ip("192.0.2.1"), .type = RTN_UNICAST,
			.protocol = NB_PROTOCOL, .table = RT_TABLE_MAIN },
		{ .to = ip("198.51.100.0"), .prefix_length = 24, .type = RTN_UNICAST,
			.scope = RT_SCOPE_LINK, .src = ip("192.0.2.10"), .metric = 7,
			.table = 1000000, .protocol = RTPROT_STATIC },
		{ .to = ip("198.51.100.0"), .prefix_length = 24, .type = RTN_UNICAST,
			.via = ip("fe80::1"), .onlink = true, .table = 255,
			.protocol = RTPROT_BOOT },
		{ .to = { .family = AF_INET6 }, .via = ip("fe80::1"), .type = RTN_UNICAST,
			.metric = 1024, .table = RT_TABLE_MAIN, .protocol = RTPROT_DHCP },
		{ .to = ip("2001:db8:ff::"), .prefix_length = 48, .type = RTN_UNICAST,
			.src = ip("2001:db8::10"), .metric = 100, .table = 256,
			.protocol = NB_PROTOCOL },
		{ .to = ip("198.51.100.0"), .prefix_length = 24, .type = RTN_UNICAST, .tos = 0x10,
			.via = ip("192.0.2.1"), .table = 254, .protocol = RTPROT_BOOT },
		{ .to = ip("2001:db8:ff::"), .prefix_length = 48, .type = RTN_UNICAST,
			.from = ip("2001:db8:1::"), .from_length = 64, .metric = 1024,
			.table = 254, .protocol = RTPROT_BOOT },
	};

	for (size_t i = 0; i < NB_ARRAY_SIZE(cases); i++)
		check_route(&cases[i]);
}

/* A route with one more attribute. */
static int read_route_with(int attr, const void *data, int length, struct nb_codec_route *ret,
	struct nb_diag *diag)
{
	struct nb_op op = { .kind = NB_OP_ROUTE_ADD,
		.route = { .to = { .family = AF_INET }, .type = RTN_UNICAST, .table = 254 } };
	struct nl_msg *msg = as_dumped(&op, 12);
	int r;

	assert_int_equal(nla_put(msg, attr, length, data), 0);
	r = nb_codec_get_route(nlmsg_hdr(msg), ret, diag);
	nlmsg_free(msg);
	return r;
}

static void test_what_the_model_cannot_say_is_kept_as_it_is(void **state)
{
	static const char zeros[sizeof(struct rta_cacheinfo)];
	const uint32_t metrics[2] = { 8 | RTAX_MTU << 16, 1400 };
	const struct {
		int attr, length;
		const void *data;
		size_t kept;
		bool opaque;
	} cases[] = {
		{ RTA_PREF, 1, "\0", 0, false },
		{ RTA_PREF, 1, "\1", 8, false },
		{ RTA_CACHEINFO, sizeof(zeros), zeros, 0, false },
		{ RTA_METRICS, 0, "", 0, false },
		{ RTA_METRICS, 8, metrics, 12, false },
		{ RTA_ENCAP_TYPE, 2, zeros, 8, false },
		{ RTA_ENCAP, 8, metrics, 12, true },
		{ RTA_FLOW, 4, zeros, 8, false },
		{ 200, 4, zeros, 8, false },
	};

	for (size_t i = 0; i < NB_ARRAY_SIZE(cases); i++) {
		struct nb_diag diag = { 0 };
		struct nb_codec_route got;

		NB_CASE("attribute %d of %d bytes", cases[i].attr, cases[i].length);
		assert_int_equal(read_route_with(cases[i].attr, cases[i].data, cases[i].length,
					 &got, &diag),
			1);
		assert_int_equal(got.route.n_attributes, cases[i].kept);
		assert_int_equal(got.route.opaque, cases[i].opaque);
		if (cases[i].kept)
			check_route(&got.route);
		nb_route_done(&got.route);
	}
}

static void test_time_left_and_nexthop_object_are_told(void **state)
{
	static const struct {
		int32_t ticks;
		uint32_t seconds;
	} times[] = { { 0, 0 }, { 1, 1 }, { 100, 1 }, { 101, 2 }, { 60000, 600 }, { -5, 1 },
		{ INT32_MAX, 21474837 } };
	const uint32_t id = 77;
	struct nb_diag diag = { 0 };
	struct nb_codec_route got;

	for (size_t i = 0; i < NB_ARRAY_SIZE(times); i++) {
		const struct rta_cacheinfo info = { .rta_expires = times[i].ticks };

		assert_int_equal(
			read_route_with(RTA_CACHEINFO, &info, sizeof(info), &got, &diag), 1);
		assert_int_equal(got.route.expires, times[i].seconds);
	}
	assert_int_equal(read_route_with(RTA_NH_ID, &id, 4, &got, &diag), 1);
	assert_int_equal(got.route.nexthop, 77);
}

static void test_several_next_hops_are_all_found(void **state)
{
	struct {
		struct rtnexthop hop;
		struct nlattr attr;
		uint32_t via;
	} hops[3] = { 0 };
	struct nb_diag diag = { 0 };
	struct nb_codec_route got;

	for (int i = 0; i < 3; i++) {
		hops[i].hop.rtnh_len = sizeof(hops[i]);
		hops[i].hop.rtnh_ifindex = i == 2 ? 20 : 20 + i;
		hops[i].hop.rtnh_flags = RTNH_F_DEAD | RTNH_F_LINKDOWN | RTNH_F_ONLINK;
		hops[i].attr.nla_len = 8;
		hops[i].attr.nla_type = RTA_GATEWAY;
	}
	assert_int_equal(read_route_with(RTA_MULTIPATH, hops, sizeof(hops), &got, &diag), 1);
	assert_true(got.route.opaque);
	assert_int_equal(got.n_hops, 3); /* 12 of RTA_OIF, 20, 21 */
	assert_int_equal(got.hops[1], 20);
	assert_int_equal(got.hops[2], 21);
	for (size_t i = 0; i < 3; i++)
		hops[i].hop.rtnh_flags = RTNH_F_ONLINK; /* what is left: the rest is state */
	assert_memory_equal(got.route.attributes + NLA_HDRLEN, hops, sizeof(hops));
	nb_route_done(&got.route);
	hops[1].hop.rtnh_len = 3;
	assert_int_equal(read_route_with(RTA_MULTIPATH, hops, sizeof(hops), &got, &diag), -EBADMSG);
	hops[1].hop.rtnh_len = 1000;
	assert_int_equal(read_route_with(RTA_MULTIPATH, hops, sizeof(hops), &got, &diag), -EBADMSG);
	nb_diag_done(&diag);
}

static void test_malformed_routes_are_refused(void **state)
{
	static const char zeros[32];
	static const struct {
		int attr, length;
	} cases[] = { { RTA_DST, 16 }, { RTA_OIF, 2 }, { RTA_GATEWAY, 3 }, { RTA_VIA, 1 },
		{ RTA_VIA, 6 }, { RTA_PRIORITY, 1 }, { RTA_TABLE, 8 }, { RTA_CACHEINFO, 4 },
		{ RTA_MULTIPATH, 5 } };

	for (size_t i = 0; i < NB_ARRAY_SIZE(cases); i++) {
		struct nb_diag diag = { 0 };
		struct nb_codec_route got;

		assert_int_equal(
			read_route_with(cases[i].attr, zeros, cases[i].length, &got, &diag),
			-EBADMSG);
		assert_int_equal(diag.n_errors, 1);
		nb_diag_done(&diag);
	}
}

static int flags_of(enum nb_op_kind kind, unsigned flags, int family)
{
	struct nb_op op = { .kind = kind, .flags = flags,
		.address.ip.family = (uint8_t)family, .route.to.family = (uint8_t)family };
	struct nl_msg *msg = as_dumped(&op, 12);
	int r = nlmsg_hdr(msg)->nlmsg_flags;

	nlmsg_free(msg);
	return r;
}

static void test_adding_is_exclusive_unless_it_replaces(void **state)
{
	const int new = NLM_F_CREATE | NLM_F_EXCL, put = NLM_F_CREATE | NLM_F_REPLACE;

	assert_int_equal(flags_of(NB_OP_ADDRESS_ADD, 0, AF_INET), new);
	assert_int_equal(flags_of(NB_OP_ADDRESS_ADD, 0, AF_INET6), new);
	assert_int_equal(flags_of(NB_OP_ADDRESS_ADD, NB_OP_REPLACE, AF_INET6), put);
	assert_int_equal(flags_of(NB_OP_ROUTE_ADD, 0, AF_INET), new);
	assert_int_equal(flags_of(NB_OP_ROUTE_ADD, 0, AF_INET6), NLM_F_CREATE);
	assert_int_equal(flags_of(NB_OP_ROUTE_ADD, NB_OP_REPLACE, AF_INET), put);
	assert_int_equal(flags_of(NB_OP_ROUTE_ADD, NB_OP_REPLACE, AF_INET6), put);
	assert_int_equal(flags_of(NB_OP_ROUTE_DELETE, 0, AF_INET), 0);
	assert_int_equal(flags_of(NB_OP_ADDRESS_DELETE, 0, AF_INET), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_addresses_survive),
		cmocka_unit_test(test_address_without_local_part_is_its_own),
		cmocka_unit_test(test_other_families_are_passed_over),
		cmocka_unit_test(test_malformed_addresses_are_refused),
		cmocka_unit_test(test_routes_survive),
		cmocka_unit_test(test_what_the_model_cannot_say_is_kept_as_it_is),
		cmocka_unit_test(test_time_left_and_nexthop_object_are_told),
		cmocka_unit_test(test_several_next_hops_are_all_found),
		cmocka_unit_test(test_malformed_routes_are_refused),
		cmocka_unit_test(test_adding_is_exclusive_unless_it_replaces),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
