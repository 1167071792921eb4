/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tests/unit/unit.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>

#include "lib/core/model.h"

static struct nb_ip ip_of(const char *text)
{
	struct nb_ip ip;

	if (nb_ip_parse(text, AF_UNSPEC, &ip) < 0)
		fail_msg("no address: %s", text);
	return ip;
}

static struct nb_address address_of(const char *text)
{
	struct nb_address address = { 0 };

	if (nb_prefix_parse(text, true, &address.ip, &address.prefix_length) < 0)
		fail_msg("no address: %s", text);
	return address;
}

static void test_ip_is_read_and_written_canonically(void **state)
{
	static const struct {
		const char *text, *canonical; /* NULL: no address */
	} cases[] = {
		{ "192.0.2.10", "192.0.2.10" },
		{ "0.0.0.0", "0.0.0.0" },
		{ "2001:DB8:0:0:0:0:0:10", "2001:db8::10" },
		{ "2001:db8:0:1:0:0:0:1", "2001:db8:0:1::1" },
		{ "2001:db8:0:1:1:1:1:1", "2001:db8:0:1:1:1:1:1" },
		{ "::", "::" },
		{ "::ffff:192.0.2.1", "::ffff:192.0.2.1" },
		{ "192.0.2", NULL },
		{ "192.0.2.256", NULL },
		{ "192.0.2.010", NULL },
		{ "192.0.2.1 ", NULL },
		{ "fe80::1%eth0", NULL },
		{ "2001:db8::1::", NULL },
		{ "0x7f000001", NULL },
		{ "", NULL },
		{ ":", NULL },
	};

	for (size_t i = 0; i < NB_ARRAY_SIZE(cases); i++) {
		NB_CLEANUP(nb_text_done) struct nb_text text = { 0 };
		struct nb_ip ip = { .family = 77 };
		int r = nb_ip_parse(cases[i].text, AF_UNSPEC, &ip);

		NB_CASE("'%s'", cases[i].text);
		if (!cases[i].canonical) {
			assert_int_equal(r, -EINVAL);
			assert_int_equal(ip.family, 77);
			continue;
		}
		assert_int_equal(r, 0);
		nb_ip_format(&ip, &text);
		assert_string_equal(text.text, cases[i].canonical);
	}
}

static void test_ip_of_another_family_is_refused(void **state)
{
	struct nb_ip ip;

	assert_int_equal(nb_ip_parse("192.0.2.1", AF_INET6, &ip), -EINVAL);
	assert_int_equal(nb_ip_parse("2001:db8::1", AF_INET, &ip), -EINVAL);
	assert_int_equal(nb_ip_parse("2001:db8::1", AF_INET6, &ip), 0);
	assert_int_equal(nb_ip_parse("192.0.2.1", AF_INET, &ip), 0);
}

static void test_no_ip_is_written_as_none(void **state)
{
	NB_CLEANUP(nb_text_done) struct nb_text text = { 0 };
	struct nb_ip ip = { 0 };

	nb_ip_format(&ip, &text);
	assert_string_equal(text.text, "none");
	assert_true(nb_ip_is_zero(&ip));
}

static void test_prefix_is_address_and_length(void **state)
{
	static const struct {
		const char *text;
		bool need_length;
		int result;
		uint8_t length;
	} cases[] = {
		{ "192.0.2.10/24", true, 0, 24 },
		{ "192.0.2.10/0", true, 0, 0 },
		{ "192.0.2.10/32", true, 0, 32 },
		{ "192.0.2.10/33", true, -ERANGE, 0 },
		{ "192.0.2.10/4294967297", true, -ERANGE, 0 },
		{ "2001:db8::1/128", true, 0, 128 },
		{ "2001:db8::1/129", true, -ERANGE, 0 },
		{ "192.0.2.10", true, -ENOENT, 0 },
		{ "192.0.2.10", false, 0, 32 },
		{ "2001:db8::1", false, 0, 128 },
		{ "192.0.2.10/", false, -EINVAL, 0 },
		{ "192.0.2.10/024", true, -EINVAL, 0 },
		{ "192.0.2.10/0x18", true, -EINVAL, 0 },
		{ "192.0.2.10/-1", true, -EINVAL, 0 },
		{ "192.0.2.10/24 ", true, -EINVAL, 0 },
		{ "192.0.2.10/24/24", true, -EINVAL, 0 },
		{ "eth0/24", true, -EINVAL, 0 },
		{ "/24", true, -EINVAL, 0 },
		{ "0000:0000:0000:0000:0000:0000:0000:0000:0000:0000/64", true, -EINVAL, 0 },
	};

	for (size_t i = 0; i < NB_ARRAY_SIZE(cases); i++) {
		struct nb_ip ip = { 0 };
		uint8_t length = 200;

		NB_CASE("'%s'", cases[i].text);
		assert_int_equal(nb_prefix_parse(cases[i].text, cases[i].need_length, &ip, &length),
			cases[i].result);
		assert_int_equal(length, cases[i].result == 0 ? cases[i].length : 200);
	}
}

static void test_kinds_of_addresses_are_known(void **state)
{
	static const struct {
		const char *text;
		bool zero, linklocal, multicast, loopback;
	} cases[] = {
		{ "0.0.0.0", .zero = true },
		{ "::", .zero = true },
		{ "169.254.0.1" },
		{ "fe80::1", .linklocal = true },
		{ "febf::1", .linklocal = true },
		{ "fec0::1" },
		{ "223.255.255.255" },
		{ "224.0.0.0", .multicast = true },
		{ "239.255.255.255", .multicast = true },
		{ "240.0.0.0" },
		{ "ff02::1", .multicast = true },
		{ "127.0.0.0", .loopback = true },
		{ "127.255.255.255", .loopback = true },
		{ "::1", .loopback = true },
		{
			"1::",
		},
	};

	for (size_t i = 0; i < NB_ARRAY_SIZE(cases); i++) {
		struct nb_ip ip = ip_of(cases[i].text);

		NB_CASE("%s", cases[i].text);
		assert_int_equal(nb_ip_is_zero(&ip), cases[i].zero);
		assert_int_equal(nb_ip_is_linklocal(&ip), cases[i].linklocal);
		assert_int_equal(nb_ip_is_multicast(&ip), cases[i].multicast);
		assert_int_equal(nb_ip_is_loopback(&ip), cases[i].loopback);
	}
}

static void test_network_keeps_the_first_bits(void **state)
{
	static const struct {
		const char *ip;
		uint8_t length;
		const char *network;
	} cases[] = {
		{ "192.0.2.255", 24, "192.0.2.0" },
		{ "192.0.2.255", 25, "192.0.2.128" },
		{ "192.0.2.255", 31, "192.0.2.254" },
		{ "192.0.2.255", 32, "192.0.2.255" },
		{ "192.0.2.255", 0, "0.0.0.0" },
		{ "2001:db8:ffff::1", 33, "2001:db8:8000::" },
		{ "2001:db8:ffff::1", 128, "2001:db8:ffff::1" },
		{ "2001:db8:ffff::1", 0, "::" },
	};

	for (size_t i = 0; i < NB_ARRAY_SIZE(cases); i++) {
		struct nb_ip ip = ip_of(cases[i].ip), want = ip_of(cases[i].network);

		NB_CASE("%s/%u", cases[i].ip, cases[i].length);
		assert_true(nb_ip_in_prefix(&ip, &want, cases[i].length));
		nb_ip_network(&ip, cases[i].length, &ip);
		assert_true(nb_ip_equal(&ip, &want));
	}
}

static void test_ip_lies_in_prefixes_of_its_family_alone(void **state)
{
	struct nb_ip ip = ip_of("192.0.2.1"), net = ip_of("192.0.3.0"), six = ip_of("::");

	assert_false(nb_ip_in_prefix(&ip, &net, 24));
	assert_true(nb_ip_in_prefix(&ip, &net, 23));
	assert_false(nb_ip_in_prefix(&ip, &six, 0));
	assert_false(nb_ip_equal(&ip, &six));
}

static void test_same_address_is_what_the_kernel_keeps_once(void **state)
{
	static const struct {
		const char *a, *b, *peer_a, *peer_b;
		bool same;
	} cases[] = {
		{ "192.0.2.1/24", "192.0.2.1/24", NULL, NULL, true },
		{ "192.0.2.1/24", "192.0.2.2/24", NULL, NULL, false },
		{ "192.0.2.1/24", "192.0.2.1/25", NULL, NULL, false },
		{ "192.0.2.1/32", "192.0.2.1/32", "192.0.2.9", "192.0.2.9", true },
		{ "192.0.2.1/32", "192.0.2.1/32", "192.0.2.9", "192.0.2.8", false },
		{ "192.0.2.1/32", "192.0.2.1/32", NULL, "192.0.2.8", false },
		{ "192.0.2.1/24", "192.0.2.1/24", NULL, "192.0.2.8", true },
		{ "2001:db8::1/64", "2001:db8::1/48", NULL, NULL, true },
		{ "2001:db8::1/64", "2001:db8::2/64", NULL, NULL, false },
	};

	for (size_t i = 0; i < NB_ARRAY_SIZE(cases); i++) {
		struct nb_address a = address_of(cases[i].a), b = address_of(cases[i].b);

		NB_CASE("%s and %s", cases[i].a, cases[i].b);
		if (cases[i].peer_a)
			a.peer = ip_of(cases[i].peer_a);
		if (cases[i].peer_b)
			b.peer = ip_of(cases[i].peer_b);
		assert_int_equal(nb_address_same(&a, &b), cases[i].same);
		assert_int_equal(nb_address_same(&b, &a), cases[i].same);
	}
}

static void test_global_address_is_one_a_slave_should_not_keep(void **state)
{
	static const struct {
		const char *text;
		uint8_t scope;
		bool global;
	} cases[] = {
		{ "192.0.2.1/24", RT_SCOPE_UNIVERSE, true },
		{ "192.0.2.1/24", RT_SCOPE_SITE, true },
		{ "192.0.2.1/24", RT_SCOPE_LINK, false },
		{ "169.254.7.7/16", RT_SCOPE_LINK, true },
		{ "127.0.0.1/8", RT_SCOPE_HOST, false },
		{ "2001:db8::1/64", RT_SCOPE_UNIVERSE, true },
		{ "fe80::1/64", RT_SCOPE_LINK, false },
	};

	for (size_t i = 0; i < NB_ARRAY_SIZE(cases); i++) {
		struct nb_address address = address_of(cases[i].text);

		NB_CASE("%s scope %u", cases[i].text, cases[i].scope);
		address.scope = cases[i].scope;
		assert_int_equal(nb_address_global(&address), cases[i].global);
	}
}

static void test_address_is_written_with_its_length(void **state)
{
	NB_CLEANUP(nb_text_done) struct nb_text text = { 0 };
	struct nb_address address = address_of("2001:DB8::10/64");

	nb_address_format(&address, &text);
	assert_string_equal(text.text, "2001:db8::10/64");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_ip_is_read_and_written_canonically),
		cmocka_unit_test(test_ip_of_another_family_is_refused),
		cmocka_unit_test(test_no_ip_is_written_as_none),
		cmocka_unit_test(test_prefix_is_address_and_length),
		cmocka_unit_test(test_kinds_of_addresses_are_known),
		cmocka_unit_test(test_network_keeps_the_first_bits),
		cmocka_unit_test(test_ip_lies_in_prefixes_of_its_family_alone),
		cmocka_unit_test(test_same_address_is_what_the_kernel_keeps_once),
		cmocka_unit_test(test_global_address_is_one_a_slave_should_not_keep),
		cmocka_unit_test(test_address_is_written_with_its_length),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
