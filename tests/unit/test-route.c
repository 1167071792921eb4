/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tests/unit/unit.h"

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
		route.opaque = false;
		assert_int_equal(nb_route_restorable(&route), cases[i].restorable);
		route.opaque = true;
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
		cmocka_unit_test(test_restorable_routes_are_those_of_an_admin),
		cmocka_unit_test(test_route_is_written_as_the_file_says_it),
		cmocka_unit_test(test_default_that_does_not_tell_its_family_is_a_prefix),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
