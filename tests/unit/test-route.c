/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tests/unit/unit.h"

#include <errno.h>
#include <string.h>

#include "lib/core/model.h"

static struct nb_ip ip_of(const char *text)
{
	struct nb_ip ip = { 0 };

	if (text && nb_ip_parse(text, AF_UNSPEC, &ip) < 0)
		fail_msg("no address: %s", text);
	return ip;
}

static struct nb_route route_of(const char *to, const char *via)
{
	struct nb_route route = { .type = RTN_UNICAST, .table = RT_TABLE_MAIN };

	if (nb_prefix_parse(to, true, &route.to, &route.prefix_length) < 0)
		fail_msg("no prefix: %s", to);
	route.via = ip_of(via);
	if (route.to.family == AF_INET6)
		route.metric = NB_ROUTE_METRIC_IPV6;
	return route;
}

static void test_same_route_is_what_the_kernel_keeps_once(void **state)
{
	static const struct {
		const char *to_a, *via_a, *to_b, *via_b;
		uint32_t table_b, metric_b; /* 0: as a */
		bool same;
	} cases[] = {
		{ "10.0.0.0/8", "192.0.2.1", "10.0.0.0/8", "192.0.2.1", 0, 0, true },
		{ "10.0.0.0/8", "192.0.2.1", "10.0.0.0/8", "192.0.2.2", 0, 0, true },
		{ "10.0.0.0/8", "192.0.2.1", "10.0.0.0/8", NULL, 0, 0, true },
		{ "10.0.0.0/8", NULL, "10.0.0.0/9", NULL, 0, 0, false },
		{ "10.0.0.0/8", NULL, "11.0.0.0/8", NULL, 0, 0, false },
		{ "10.0.0.0/8", NULL, "10.0.0.0/8", NULL, 100, 0, false },
		{ "10.0.0.0/8", NULL, "10.0.0.0/8", NULL, 0, 5, false },
		{ "::/0", "fe80::1", "::/0", "fe80::1", 0, 0, true },
		{ "::/0", "fe80::1", "::/0", "fe80::2", 0, 0, false },
		{ "::/0", "fe80::1", "::/0", "fe80::1", 0, 5, false },
		{ "0.0.0.0/0", NULL, "::/0", NULL, 0, 0, false },
	};

	for (size_t i = 0; i < NB_ARRAY_SIZE(cases); i++) {
		struct nb_route a = route_of(cases[i].to_a, cases[i].via_a);
		struct nb_route b = route_of(cases[i].to_b, cases[i].via_b);

		NB_CASE("%s and %s, case %zu", cases[i].to_a, cases[i].to_b, i);
		if (cases[i].table_b)
			b.table = cases[i].table_b;
		if (cases[i].metric_b)
			b.metric = cases[i].metric_b;
		assert_int_equal(nb_route_same(&a, &b), cases[i].same);
		assert_int_equal(nb_route_same(&b, &a), cases[i].same);
	}
}

static void test_equal_route_leads_the_same_way(void **state)
{
	struct nb_route a = route_of("10.0.0.0/8", "192.0.2.1"), b = a;

	b.protocol = NB_PROTOCOL;
	b.mark.line = 7;
	assert_true(nb_route_equal(&a, &b));
	b = a;
	b.via = ip_of("192.0.2.2");
	assert_false(nb_route_equal(&a, &b));
	b = a;
	b.src = ip_of("192.0.2.10");
	assert_false(nb_route_equal(&a, &b));
	b = a;
	b.onlink = true;
	assert_false(nb_route_equal(&a, &b));
	b = a;
	b.type = RTN_BLACKHOLE;
	assert_false(nb_route_equal(&a, &b));
	b = a;
	b.metric = 1;
	assert_false(nb_route_equal(&a, &b));
	b = a;
	b.tos = 4;
	assert_false(nb_route_equal(&a, &b));
	b = a;
	b.opaque = true;
	assert_false(nb_route_equal(&a, &b));
}

/* RTA_METRICS { RTAX_MTU 1400 }, RTA_PREF 1, and RTA_MULTIPATH with the two gateways. */
static const uint8_t metrics[] = { 12, 0, RTA_METRICS, 0, 8, 0, RTAX_MTU, 0, 0x78, 5, 0, 0 };
static const uint8_t pref[] = { 5, 0, RTA_PREF, 0, 1, 0, 0, 0 };
static const uint8_t hops[] = { 44, 0, RTA_MULTIPATH, 0,
	16, 0, 0, 0, 7, 0, 0, 0, 8, 0, RTA_GATEWAY, 0, 192, 0, 2, 1,
	24, 0, 0, 0, 9, 0, 0, 0, 16, 0, RTA_VIA, 0, 10, 0, 0x20, 1, 0xd, 0xb8, 0, 0, 0, 0, 0, 0 };

static void test_attributes_are_carried_and_copied(void **state)
{
	struct nb_route route = route_of("10.0.0.0/8", "192.0.2.1"), copy;

	assert_int_equal(nb_route_set_attributes(&route, metrics, sizeof(metrics)), 0);
	assert_false(route.opaque);
	assert_false(nb_route_has_hops(&route));
	assert_int_equal(nb_route_copy(&route, &copy), 0);
	assert_int_equal(nb_route_set_attributes(&route, pref, sizeof(pref)), 0);
	assert_int_equal(copy.n_attributes, sizeof(metrics));
	assert_memory_equal(copy.attributes, metrics, sizeof(metrics));
	assert_true(nb_route_equal(&route, &copy)); /* no file names them */
	assert_false(nb_route_identical(&route, &copy));
	nb_route_done(&copy);
	assert_int_equal(nb_route_set_attributes(&route, NULL, 0), 0);
	assert_null(route.attributes);
}

static void test_next_hops_are_told_one_by_one(void **state)
{
	struct nb_route route = route_of("10.0.0.0/8", NULL);
	struct nb_hop hop;
	size_t cursor = 0;

	assert_false(nb_route_next_hop(&route, &cursor, &hop));
	assert_int_equal(nb_route_set_attributes(&route, hops, sizeof(hops)), 0);
	assert_true(route.opaque && nb_route_has_hops(&route));
	assert_true(nb_route_next_hop(&route, &cursor, &hop));
	assert_int_equal(hop.ifindex, 7);
	assert_int_equal(hop.via.family, AF_INET);
	assert_int_equal(hop.via.bytes[3], 1);
	assert_true(nb_route_next_hop(&route, &cursor, &hop));
	assert_int_equal(hop.ifindex, 9);
	assert_int_equal(hop.via.family, AF_INET6);
	assert_false(nb_route_next_hop(&route, &cursor, &hop));
	nb_route_done(&route);
}

static void test_broken_attributes_are_refused(void **state)
{
	static const uint8_t cases[][8] = {
		{ 3, 0, 1, 0 },		    /* shorter than its own head */
		{ 9, 0, 1, 0 },		    /* leads out */
		{ 5, 0, 1, 0, 0, 0, 0 },    /* the padding does not matter */
	};
	struct nb_route route = route_of("10.0.0.0/8", NULL);

	assert_int_equal(nb_route_set_attributes(&route, cases[0], 8), -EINVAL);
	assert_int_equal(nb_route_set_attributes(&route, cases[1], 8), -EINVAL);
	assert_int_equal(nb_route_set_attributes(&route, cases[2], 3), -EINVAL);
	assert_null(route.attributes);
	assert_int_equal(nb_route_set_attributes(&route, cases[2], 5), 0);
	assert_int_equal(route.n_attributes, 8); /* kept whole, as the kernel sends it */
	nb_route_done(&route);
}

static void test_restorable_routes_are_those_of_an_admin(void **state)
{
	static const struct {
		uint8_t protocol;
		bool restorable;
	} cases[] = {
		{ RTPROT_BOOT, true },
		{ RTPROT_STATIC, true },
		{ RTPROT_DHCP, true },
		{ NB_PROTOCOL, true },
		{ RTPROT_KERNEL, false },
		{ RTPROT_RA, false },
		{ RTPROT_REDIRECT, false },
		{ RTPROT_BIRD, false },
		{ RTPROT_UNSPEC, false },
	};
	struct nb_route route = route_of("10.0.0.0/8", NULL);

	for (size_t i = 0; i < NB_ARRAY_SIZE(cases); i++) {
		NB_CASE("protocol %u", cases[i].protocol);
		route.protocol = cases[i].protocol;
		route.nexthop = 0;
		assert_int_equal(nb_route_restorable(&route), cases[i].restorable);
		route.nexthop = 5;
		assert_int_equal(nb_route_kept(&route), cases[i].restorable);
		assert_false(nb_route_restorable(&route));
	}
}

static void check_format(const struct nb_route *route, const char *expected)
{
	NB_CLEANUP(nb_text_done) struct nb_text text = { 0 };

	NB_CASE("%s", expected);
	nb_route_format(route, &text);
	assert_string_equal(text.text, expected);
}

static void test_route_is_written_as_the_file_says_it(void **state)
{
	struct nb_route route = route_of("0.0.0.0/0", "192.0.2.1");

	check_format(&route, "default via 192.0.2.1");
	route.table = 100;
	route.metric = 5;
	route.src = ip_of("192.0.2.10");
	route.onlink = true;
	check_format(&route, "default via 192.0.2.1 metric 5 table 100 src 192.0.2.10 onlink");
	route = route_of("::/0", "fe80::1");
	check_format(&route, "default via fe80::1");
	route.metric = 100;
	check_format(&route, "default via fe80::1 metric 100");
	route = route_of("2001:db8:ff::/48", NULL);
	check_format(&route, "2001:db8:ff::/48");
	route.type = RTN_UNREACHABLE;
	check_format(&route, "unreachable 2001:db8:ff::/48");
	route.type = 250;
	check_format(&route, "2001:db8:ff::/48");
	route.from = ip_of("2001:db8:1::");
	route.from_length = 64;
	route.nexthop = 8;
	route.expires = 100;
	check_format(&route, "2001:db8:ff::/48 from 2001:db8:1::/64 nexthop 8 expiring");
}

static void test_what_a_file_cannot_say_is_named(void **state)
{
	struct nb_route route = route_of("10.0.0.0/8", "192.0.2.1");
	uint8_t both[sizeof(metrics) + sizeof(pref)];

	memcpy(both, metrics, sizeof(metrics));
	memcpy(both + sizeof(metrics), pref, sizeof(pref));
	nb_route_set_attributes(&route, both, sizeof(both));
	route.tos = 16;
	check_format(&route, "10.0.0.0/8 via 192.0.2.1 tos 16 with metrics, pref");
	route = (nb_route_done(&route), route_of("10.0.0.0/8", NULL));
	nb_route_set_attributes(&route, hops, sizeof(hops));
	check_format(&route, "10.0.0.0/8 via 192.0.2.1 and 2001:db8::");
	nb_route_done(&route);
}

static void test_default_that_does_not_tell_its_family_is_a_prefix(void **state)
{
	struct nb_route route = route_of("0.0.0.0/0", NULL);

	check_format(&route, "0.0.0.0/0");
	route = route_of("::/0", NULL);
	check_format(&route, "::/0");
	route = route_of("0.0.0.0/0", "fe80::1");
	check_format(&route, "0.0.0.0/0 via fe80::1");
	route = (struct nb_route){ 0 };
	check_format(&route, "default");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_same_route_is_what_the_kernel_keeps_once),
		cmocka_unit_test(test_equal_route_leads_the_same_way),
		cmocka_unit_test(test_attributes_are_carried_and_copied),
		cmocka_unit_test(test_next_hops_are_told_one_by_one),
		cmocka_unit_test(test_broken_attributes_are_refused),
		cmocka_unit_test(test_what_a_file_cannot_say_is_named),
		cmocka_unit_test(test_restorable_routes_are_those_of_an_admin),
		cmocka_unit_test(test_route_is_written_as_the_file_says_it),
		cmocka_unit_test(test_default_that_does_not_tell_its_family_is_a_prefix),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
