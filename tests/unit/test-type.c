/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tests/unit/unit.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "lib/core/option.h"

static const struct nb_option *row_of(unsigned attr)
{
	return nb_option_get(NB_SCOPE_BOND, attr);
}

static void free_value(const struct nb_option *row, union nb_value value)
{
	if (row->type->free)
		row->type->free(value);
}

/* A text that must parse: what it prints as. NULL: it must not, and the reason holds .why. */
struct case_of_text {
	const char *text, *canonical, *why;
};

static void check_text(const struct nb_option *row, const struct case_of_text *c)
{
	struct nb_text why = { 0 }, out = { 0 }, again = { 0 };
	union nb_value value = { 0 }, twin = { 0 };
	int r;

	NB_CASE("%s: '%s'", row->name, c->text);
	r = row->type->parse(row, c->text, &value, &why);
	if (!c->canonical) {
		print_message("      %s\n", why.text ? why.text : "(no reason)");
		assert_true(r == -EINVAL || r == -ERANGE);
		assert_non_null(why.text);
		assert_non_null(strstr(why.text, c->why));
		assert_null(strstr(why.text, row->name));
		assert_int_equal(value.u, 0);
	} else {
		assert_int_equal(r, 0);
		assert_null(why.text);
		row->type->format(row, value, &out);
		assert_string_equal(out.text, c->canonical);
		/* what is printed reads as the same value */
		if (!row->type->is_list) {
			assert_int_equal(row->type->parse(row, out.text, &twin, &why), 0);
			assert_true(row->type->equal(value, twin));
			row->type->format(row, twin, &again);
			assert_string_equal(again.text, c->canonical);
		}
	}
	free_value(row, value);
	free_value(row, twin);
	nb_text_done(&why);
	nb_text_done(&out);
	nb_text_done(&again);
}

static void check_texts(const struct nb_option *row, const struct case_of_text *cases, size_t n)
{
	for (size_t i = 0; i < n; i++)
		check_text(row, &cases[i]);
}

#define CHECK(row, cases) check_texts(row, cases, NB_ARRAY_SIZE(cases))

static void test_integer_keeps_to_the_range_of_its_row(void **state)
{
	static const struct case_of_text times[] = {
		{ "0", "0" },
		{ "100", "100" },
		{ "0x64", "100" },
		{ "2147483647", "2147483647" },
		{ "2147483648", NULL,
			"'2147483648' is out of range, expected 0 ... 2147483647 (ms)" },
		{ "-1", NULL, "'-1' is out of range, expected 0 ... 2147483647 (ms)" },
		{ "ten", NULL, "'ten' is not a whole number, expected 0 ... 2147483647 (ms)" },
		{ "1.5", NULL, "'1.5' is not a whole number" },
		{ "", NULL, "'' is not a whole number" },
		{ "100ms", NULL,
			"'100ms' has a unit: times are bare integers in ms: write 100" },
		{ "100 ms", NULL, "times are bare integers in ms: write 100" },
		{ "2s", NULL, "times are bare integers in ms: write 2000" },
		{ "1min", NULL, "times are bare integers in ms: write 60000" },
		{ "9999999s", NULL, "in ms: expected 0 ... 2147483647 (ms)" },
		{ "99999999999s", NULL, "is not a whole number" },
		{ "100us", NULL, "is not a whole number" },
	};
	static const struct case_of_text seconds[] = {
		{ "0", NULL, "expected 1 ... 2147483647 (s)" },
		{ "1", "1" },
		{ "5s", NULL, "times are bare integers in s: write 5" },
		{ "5000ms", NULL, "times are bare integers in s: write 5" },
		{ "1500ms", NULL, "in s: expected 1 ... 2147483647 (s)" },
	};
	static const struct case_of_text bytes[] = {
		{ "0", "0" },
		{ "255", "255" },
		{ "256", NULL, "'256' is out of range, expected 0 ... 255" },
		{ "5ms", NULL, "'5ms' is not a whole number, expected 0 ... 255" },
	};
	static const struct case_of_text keys[] = {
		{ "0", NULL, "expected 1 ... 65535" },
		{ "1", "1" },
		{ "65535", "65535" },
		{ "65536", NULL, "expected 1 ... 65535" },
	};

	CHECK(row_of(IFLA_BOND_MIIMON), times);
	CHECK(row_of(IFLA_BOND_LP_INTERVAL), seconds);
	CHECK(row_of(IFLA_BOND_RESEND_IGMP), bytes);
	CHECK(row_of(IFLA_BOND_AD_ACTOR_SYS_PRIO), keys);
}

static void test_integer_is_signed_where_its_row_is(void **state)
{
	static const struct case_of_text prios[] = {
		{ "-2147483648", "-2147483648" },
		{ "-1", "-1" },
		{ "0", "0" },
		{ "2147483647", "2147483647" },
		{ "2147483648", NULL, "expected -2147483648 ... 2147483647" },
		{ "-2147483649", NULL, "expected -2147483648 ... 2147483647" },
	};

	CHECK(nb_option_get(NB_SCOPE_SLAVE, IFLA_BOND_SLAVE_PRIO), prios);
}

static void test_boolean_reads_eight_words_and_prints_two(void **state)
{
	static const struct case_of_text words[] = {
		{ "true", "true" },
		{ "yes", "true" },
		{ "on", "true" },
		{ "1", "true" },
		{ "false", "false" },
		{ "no", "false" },
		{ "off", "false" },
		{ "0", "false" },
		{ "2", NULL, "expected one of: true, false, yes, no, on, off, 1, 0" },
		{ "True", NULL, "'True' is neither true nor false" },
		{ "", NULL, "expected one of" },
		{ "enabled", NULL, "expected one of" },
	};

	CHECK(row_of(IFLA_BOND_ALL_SLAVES_ACTIVE), words);
}

static void test_enumeration_reads_names_and_numbers(void **state)
{
	static const struct case_of_text policies[] = {
		{ "layer2", "layer2" },
		{ "layer3+4", "layer3+4" },
		{ "1", "layer3+4" },
		{ "2", "layer2+3" },
		{ "vlan+srcmac", "vlan+srcmac" },
		{ "layer34", NULL, "'layer34' is not known, did you mean 'layer3+4'?" },
		{ "layer3-4", NULL, "did you mean 'layer3+4'? Expected one of: layer2, layer3+4, "
				    "layer2+3, encap2+3, encap3+4, vlan+srcmac" },
		{ "Layer2", NULL, "did you mean 'layer2'?" },
		{ "6", NULL, "'6' is not known, expected one of: layer2" },
		{ "-1", NULL, "expected one of: layer2" },
		{ "something else", NULL, "'something else' is not known, expected one of: layer2" },
		{ "", NULL, "'' is not known, expected one of: layer2" },
	};
	static const struct case_of_text validates[] = {
		{ "filter_active", "filter_active" },
		{ "filter-active", "filter_active" },
		{ "6", "filter_backup" },
		{ "filter active", NULL, "did you mean 'filter_active'?" },
	};
	static const struct case_of_text modes[] = {
		{ "802.3ad", "802.3ad" },
		{ "4", "802.3ad" },
		{ "active_backup", "active-backup" },
		{ "balance-r", NULL, "did you mean 'balance-rr'?" },
		{ "balance-lab", NULL, "did you mean 'balance-alb'?" },
	};

	CHECK(row_of(IFLA_BOND_XMIT_HASH_POLICY), policies);
	CHECK(row_of(IFLA_BOND_ARP_VALIDATE), validates);
	CHECK(row_of(IFLA_BOND_MODE), modes);
}

static void test_enumeration_value_of_a_newer_kernel_prints_as_number(void **state)
{
	const struct nb_option *row = row_of(IFLA_BOND_AD_SELECT);
	struct nb_text out = { 0 };

	row->type->format(row, (union nb_value){ .u = 77 }, &out);
	assert_string_equal(out.text, "77");
	nb_text_done(&out);
}

static void test_wrong_values_are_quoted_short_and_at_characters(void **state)
{
	const struct nb_option *row = row_of(IFLA_BOND_MIIMON);
	struct nb_text why = { 0 };
	union nb_value value = { 0 };
	char text[4096];

	memset(text, 'x', sizeof(text));
	memcpy(text + 47, "\xc3\xa4", 2);
	text[sizeof(text) - 1] = '\0';
	assert_int_equal(row->type->parse(row, text, &value, &why), -EINVAL);
	assert_true(why.length < 200);
	assert_non_null(strstr(why.text, "xxx...' is not a whole number"));
	assert_null(strchr(why.text, '\xc3'));
	nb_text_done(&why);
}

static void test_mac_is_a_unicast_address(void **state)
{
	static const struct case_of_text systems[] = {
		{ "02:00:00:00:00:11", "02:00:00:00:00:11" },
		{ "02-AB-cd-00-00-11", "02:ab:cd:00:00:11" },
		{ "00:00:00:00:00:00", "00:00:00:00:00:00" },
		{ "01:00:5e:00:00:01", NULL, "'01:00:5e:00:00:01' is a multicast address" },
		{ "ff:ff:ff:ff:ff:ff", NULL, "is a multicast address, expected a unicast one" },
		{ "02:00:00:00:00", NULL, "is not a MAC address, expected six hexadecimal pairs" },
		{ "02:00:00:00:00:11:22", NULL, "is not a MAC address" },
		{ "02:00:00:00:00:1", NULL, "is not a MAC address" },
		{ "2:0:0:0:0:11", NULL, "is not a MAC address" },
		{ "02:00-00:00:00:11", NULL, "is not a MAC address" },
		{ "02 00 00 00 00 11", NULL, "is not a MAC address" },
		{ "02:00:00:00:00:1g", NULL, "is not a MAC address" },
		{ "190061824785", NULL, "is not a MAC address" },
		{ "", NULL, "is not a MAC address" },
	};
	static const struct case_of_text link[] = {
		{ "02:00:00:00:00:11", "02:00:00:00:00:11" },
		{ "00:00:00:00:00:00", NULL, "is no address" },
	};

	CHECK(row_of(IFLA_BOND_AD_ACTOR_SYSTEM), systems);
	CHECK(nb_option_get(NB_SCOPE_LINK, IFLA_ADDRESS), link);
}

static void test_interface_name_is_what_the_kernel_takes(void **state)
{
	static const struct case_of_text names[] = {
		{ "eth0", "eth0" },
		{ "a", "a" },
		{ "0123456789abcde", "0123456789abcde" },
		{ "none", "none" },
		{ "...", "..." },
		{ "\xc3\xa4th0", "\xc3\xa4th0" },
		{ "0123456789abcdef", NULL, "expected 1 to 15 bytes" },
		{ "", NULL, "'' is not an interface name" },
		{ ".", NULL, "is not an interface name" },
		{ "..", NULL, "is not an interface name" },
		{ "a/b", NULL, "is not an interface name" },
		{ "a:b", NULL, "is not an interface name" },
		{ "a b", NULL, "is not an interface name" },
		{ "a\tb", NULL, "is not an interface name" },
		{ "a\vb", NULL, "is not an interface name" },
		{ "a\xa0", NULL, "is not an interface name" },
	};

	CHECK(row_of(IFLA_BOND_PRIMARY), names);
}

static void test_ipv4_target_is_a_host_that_can_answer(void **state)
{
	static const struct case_of_text targets[] = {
		{ "192.0.2.1", "192.0.2.1" },
		{ "1.0.0.0", "1.0.0.0" },
		{ "none", "none" },
		{ "0.0.0.0", NULL, "'0.0.0.0' lies in 0.0.0.0/8" },
		{ "0.255.255.255", NULL, "lies in 0.0.0.0/8" },
		{ "255.255.255.255", NULL, "is the broadcast address" },
		{ "255.255.255.254", "255.255.255.254" },
		{ "2001:db8::1", NULL, "is an IPv6 address, expected an IPv4 address" },
		{ "192.0.2.1/24", NULL, "has a prefix length" },
		{ "192.0.2.1,192.0.2.2", NULL, "is more than one address, write a list: [A, B]" },
		{ "192.0.2", NULL, "is not an IPv4 address, expected an IPv4 address such as" },
		{ "192.0.2.256", NULL, "is not an IPv4 address" },
		{ "gateway", NULL, "is not an IPv4 address" },
		{ "", NULL, "is not an IPv4 address" },
	};

	CHECK(row_of(IFLA_BOND_ARP_IP_TARGET), targets);
}

static void test_ipv6_target_is_a_host_that_can_answer(void **state)
{
	static const struct case_of_text targets[] = {
		{ "2001:db8::1", "2001:db8::1" },
		{ "2001:DB8:0:0::1", "2001:db8::1" },
		{ "fe80::1", "fe80::1" },
		{ "none", "none" },
		{ "::", NULL, "is the unspecified address" },
		{ "::1", NULL, "is the loopback address" },
		{ "::2", "::2" },
		{ "ff02::1", NULL, "is a multicast address" },
		{ "192.0.2.1", NULL, "is an IPv4 address, expected an IPv6 address" },
		{ "fe80::1%eth0", NULL, "is not an IPv6 address" },
		{ "2001:db8::/64", NULL, "has a prefix length" },
	};

	CHECK(row_of(IFLA_BOND_NS_IP6_TARGET), targets);
}

static void add_target(const struct nb_option *row, unsigned last, union nb_value *value, int expected)
{
	struct nb_text why = { 0 };
	char text[32];

	snprintf(text, sizeof(text), "192.0.2.%u", last);
	assert_int_equal(row->type->parse(row, text, value, &why), expected);
	assert_int_equal(why.length != 0, expected != 0);
	if (why.text)
		print_message("      %s\n", why.text);
	nb_text_done(&why);
}

static void test_list_grows_to_sixteen_without_doubles(void **state)
{
	const struct nb_option *row = row_of(IFLA_BOND_ARP_IP_TARGET);
	union nb_value value = { 0 };

	for (unsigned i = 1; i <= NB_TARGETS_MAX; i++) {
		add_target(row, i, &value, 0);
		add_target(row, i, &value, -EINVAL);
		assert_int_equal(value.targets->n, i);
	}
	add_target(row, 17, &value, -ERANGE);
	assert_int_equal(value.targets->n, NB_TARGETS_MAX);
	free_value(row, value);
}

static void test_lists_compare_as_sets_and_copy_deeply(void **state)
{
	const struct nb_option *row = row_of(IFLA_BOND_ARP_IP_TARGET);
	union nb_value a = { 0 }, b = { 0 }, c = { 0 }, none = { 0 };
	struct nb_text out = { 0 };

	add_target(row, 1, &a, 0);
	add_target(row, 2, &a, 0);
	add_target(row, 2, &b, 0);
	assert_false(row->type->equal(a, b));
	assert_false(row->type->equal(b, a));
	add_target(row, 1, &b, 0);
	assert_true(row->type->equal(a, b));

	assert_int_equal(row->type->copy(a, &c), 0);
	assert_ptr_not_equal(a.targets, c.targets);
	add_target(row, 3, &a, 0);
	assert_false(row->type->equal(a, c));
	row->type->format(row, a, &out);
	assert_string_equal(out.text, "192.0.2.1, 192.0.2.2, 192.0.2.3");
	nb_text_done(&out);
	free_value(row, c);

	c.targets = calloc(1, sizeof(*c.targets));
	assert_true(row->type->equal(c, none));
	assert_true(row->type->equal(none, c));
	assert_false(row->type->equal(a, none));
	free_value(row, a);
	free_value(row, b);
	free_value(row, c);
	assert_int_equal(row->type->copy(none, &c), 0);
	assert_null(c.targets);
}

static void test_zero_means_off_for_every_type(void **state)
{
	const struct nb_option *list = row_of(IFLA_BOND_ARP_IP_TARGET);
	struct nb_targets targets = { .n = 0 };
	struct nb_optset set = { .scope = NB_SCOPE_AD_INFO };
	char name[] = "eth0", nothing[] = "";
	union nb_value mac = { .mac = { 0, 0, 0, 0, 0, 0, 9, 9 } };

	assert_true(nb_value_is_zero(&nb_type_integer, (union nb_value){ .u = 0 }));
	assert_false(nb_value_is_zero(&nb_type_integer, (union nb_value){ .s = -1 }));
	assert_true(nb_value_is_zero(&nb_type_boolean, (union nb_value){ .u = 0 }));
	assert_false(nb_value_is_zero(&nb_type_enum, (union nb_value){ .u = 1 }));
	assert_true(nb_value_is_zero(&nb_type_mac, mac));
	mac.mac[5] = 1;
	assert_false(nb_value_is_zero(&nb_type_mac, mac));
	assert_true(nb_value_is_zero(&nb_type_ifname, (union nb_value){ .name = NULL }));
	assert_true(nb_value_is_zero(&nb_type_ifname, (union nb_value){ .name = nothing }));
	assert_false(nb_value_is_zero(&nb_type_ifname, (union nb_value){ .name = name }));
	assert_true(nb_value_is_zero(list->type, (union nb_value){ .targets = NULL }));
	assert_true(nb_value_is_zero(list->type, (union nb_value){ .targets = &targets }));
	targets.n = 1;
	assert_false(nb_value_is_zero(list->type, (union nb_value){ .targets = &targets }));
	assert_true(nb_value_is_zero(&nb_type_nest, (union nb_value){ .set = NULL }));
	assert_true(nb_value_is_zero(&nb_type_nest, (union nb_value){ .set = &set }));
	set.present = NB_BIT(1);
	assert_false(nb_value_is_zero(&nb_type_nest, (union nb_value){ .set = &set }));
}

static void test_nest_prints_compares_and_copies_its_set(void **state)
{
	const struct nb_option *row = row_of(IFLA_BOND_AD_INFO);
	struct nb_optset set = { .scope = NB_SCOPE_AD_INFO };
	union nb_value value = { .set = &set }, copy, none = { 0 };
	struct nb_text out = { 0 };

	row->type->format(row, none, &out);
	assert_string_equal(out.text, "none");
	assert_true(row->type->equal(value, none));
	nb_text_done(&out);

	nb_optset_set(&set, IFLA_BOND_AD_INFO_AGGREGATOR, (union nb_value){ .u = 2 });
	nb_optset_set(&set, IFLA_BOND_AD_INFO_PARTNER_MAC,
		(union nb_value){ .mac = { 2, 0, 0, 0, 0, 0xff } });
	row->type->format(row, value, &out);
	assert_string_equal(out.text, "aggregator 2, partner-mac 02:00:00:00:00:ff");
	nb_text_done(&out);

	assert_int_equal(row->type->copy(value, &copy), 0);
	assert_true(row->type->equal(value, copy));
	nb_optset_set(copy.set, IFLA_BOND_AD_INFO_AGGREGATOR, (union nb_value){ .u = 3 });
	assert_false(row->type->equal(value, copy));
	assert_int_equal(nb_optset_u(&set, IFLA_BOND_AD_INFO_AGGREGATOR), 2);
	assert_false(row->type->equal(none, copy));
	row->type->free(copy);
	row->type->free(none);
	nb_optset_done(&set);
	check_text(row, &(struct case_of_text){ "x", NULL, "read-only" });
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_integer_keeps_to_the_range_of_its_row),
		cmocka_unit_test(test_integer_is_signed_where_its_row_is),
		cmocka_unit_test(test_boolean_reads_eight_words_and_prints_two),
		cmocka_unit_test(test_enumeration_reads_names_and_numbers),
		cmocka_unit_test(test_enumeration_value_of_a_newer_kernel_prints_as_number),
		cmocka_unit_test(test_wrong_values_are_quoted_short_and_at_characters),
		cmocka_unit_test(test_mac_is_a_unicast_address),
		cmocka_unit_test(test_interface_name_is_what_the_kernel_takes),
		cmocka_unit_test(test_ipv4_target_is_a_host_that_can_answer),
		cmocka_unit_test(test_ipv6_target_is_a_host_that_can_answer),
		cmocka_unit_test(test_list_grows_to_sixteen_without_doubles),
		cmocka_unit_test(test_lists_compare_as_sets_and_copy_deeply),
		cmocka_unit_test(test_zero_means_off_for_every_type),
		cmocka_unit_test(test_nest_prints_compares_and_copies_its_set),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
