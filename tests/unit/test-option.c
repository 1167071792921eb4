/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tests/unit/unit.h"

#include <errno.h>
#include <string.h>

#include "lib/core/option.h"

static void test_row_is_found_by_number_and_any_spelling(void **state)
{
	const struct nb_option *row = nb_option_get(NB_SCOPE_BOND, IFLA_BOND_NUM_PEER_NOTIF);

	assert_ptr_equal(nb_option_find(NB_SCOPE_BOND, "num-grat-arp"), row);
	assert_ptr_equal(nb_option_find(NB_SCOPE_BOND, "num_grat_arp"), row);
	assert_ptr_equal(nb_option_find(NB_SCOPE_BOND, "num_grat-arp"), row);
	assert_ptr_equal(nb_option_find(NB_SCOPE_BOND, "num-unsol-na"), row);
	assert_ptr_equal(nb_option_find(NB_SCOPE_BOND, "num_unsol_na"), row);
	assert_ptr_equal(nb_option_find(NB_SCOPE_BOND, "peer_notify_delay"),
		nb_option_get(NB_SCOPE_BOND, IFLA_BOND_PEER_NOTIF_DELAY));
	assert_null(nb_option_find(NB_SCOPE_BOND, "num-grat"));
	assert_null(nb_option_find(NB_SCOPE_BOND, "num-grat-arps"));
	assert_null(nb_option_find(NB_SCOPE_BOND, "Miimon"));
	assert_null(nb_option_find(NB_SCOPE_BOND, ""));
	assert_null(nb_option_find(NB_SCOPE_BOND, "queue-id"));
	assert_non_null(nb_option_find(NB_SCOPE_SLAVE, "queue-id"));
}

static void test_attribute_without_row_is_null_and_explained(void **state)
{
	for (unsigned scope = 0; scope < NB_SCOPE_COUNT; scope++) {
		assert_null(nb_option_get(scope, 0));
		assert_non_null(nb_option_ignored(scope, 0));
		assert_null(nb_option_get(scope, nb_option_scope_end(scope)));
		assert_null(nb_option_get(scope, UINT32_MAX));
	}
	assert_null(nb_option_ignored(NB_SCOPE_BOND, IFLA_BOND_MIIMON));
	assert_null(nb_option_ignored(NB_SCOPE_BOND, NB_BOND_ATTR_END)); /* news, not nothing */
	assert_null(nb_option_ignored(NB_SCOPE_LINK, IFLA_MTU));
	assert_non_null(nb_option_ignored(NB_SCOPE_LINK, IFLA_QDISC));
}

static void test_row_knows_its_scope_and_number(void **state)
{
	for (unsigned scope = 0; scope < NB_SCOPE_COUNT; scope++)
		nb_foreach_option(row, attr, (enum nb_scope)scope) {
			assert_int_equal(nb_option_attr(row), attr);
			assert_int_equal(nb_option_scope(row), scope);
		}
}

static void test_foreach_option_goes_up_and_can_be_left(void **state)
{
	unsigned last = 0, n = 0;

	nb_foreach_option(row, attr, NB_SCOPE_LINK) {
		assert_true(attr > last);
		assert_non_null(row->name);
		last = attr;
		n++;
	}
	assert_int_equal(n, 2);
}

static void test_configuration_names_what_is_neither_read_only_nor_state(void **state)
{
	static const char *const no[] = { "active-slave", "ad-info" };
	unsigned n = 0;

	for (size_t i = 0; i < NB_ARRAY_SIZE(no); i++)
		assert_false(nb_option_writable(nb_option_find(NB_SCOPE_BOND, no[i])));
	nb_foreach_option(row, attr, NB_SCOPE_BOND)
		n += nb_option_writable(row);
	assert_int_equal(n, 32);
	n = 0;
	nb_foreach_option(row, attr, NB_SCOPE_SLAVE)
		n += nb_option_writable(row);
	assert_int_equal(n, 3);
	nb_foreach_option(row, attr, NB_SCOPE_AD_INFO)
		assert_false(nb_option_writable(row));
}

static void test_class_names_read_back(void **state)
{
	static const char *const names[] = { "live", "slave", "down", "rebuild" };
	enum nb_class class = NB_CLASS_LIVE;

	for (unsigned i = 0; i < NB_ARRAY_SIZE(names); i++) {
		assert_string_equal(nb_class_name((enum nb_class)i), names[i]);
		assert_int_equal(nb_class_parse(names[i], &class), 0);
		assert_int_equal(class, i);
	}
	assert_int_equal(nb_class_parse("Live", &class), -EINVAL);
	assert_int_equal(nb_class_parse("", &class), -EINVAL);
	assert_int_equal(class, NB_CLASS_REBUILD);
}

static void test_mode_names_are_the_driver_s(void **state)
{
	assert_string_equal(nb_mode_name(BOND_MODE_ROUNDROBIN), "balance-rr");
	assert_string_equal(nb_mode_name(BOND_MODE_8023AD), "802.3ad");
	assert_string_equal(nb_mode_name(BOND_MODE_ALB), "balance-alb");
	assert_string_equal(nb_mode_name(7), "unknown");
}

static void test_kernel_default_depends_on_the_mode(void **state)
{
	const struct nb_option *miimon = nb_option_get(NB_SCOPE_BOND, IFLA_BOND_MIIMON);
	const struct nb_option *updelay = nb_option_get(NB_SCOPE_BOND, IFLA_BOND_UPDELAY);

	for (unsigned mode = 0; mode < NB_MODE_COUNT; mode++) {
		assert_int_equal(nb_option_kernel_default(miimon, mode), mode >= 4 ? 100 : 0);
		assert_int_equal(nb_option_kernel_default(updelay, mode), 0);
	}
	assert_int_equal(nb_option_kernel_default(miimon, 1000), 0);
	assert_int_equal(miimon->dflt, 100);
}

static void expect_dbus(enum nb_scope scope, const char *name, const char *dbus, const char *signature)
{
	const struct nb_option *row = nb_option_find(scope, name);
	struct nb_text out = { 0 };

	assert_non_null(row);
	nb_option_dbus_name(row, &out);
	assert_string_equal(out.text, dbus);
	assert_string_equal(nb_option_dbus_signature(row), signature);
	nb_text_done(&out);
}

static void test_bus_names_are_camel_case_and_typed(void **state)
{
	expect_dbus(NB_SCOPE_BOND, "miimon", "Miimon", "u");
	expect_dbus(NB_SCOPE_BOND, "xmit-hash-policy", "XmitHashPolicy", "s");
	expect_dbus(NB_SCOPE_BOND, "ns-ip6-target", "NsIp6Target", "as");
	expect_dbus(NB_SCOPE_BOND, "ad-actor-system", "AdActorSystem", "s");
	expect_dbus(NB_SCOPE_BOND, "all-slaves-active", "AllSlavesActive", "b");
	expect_dbus(NB_SCOPE_BOND, "ad-info", "AdInfo", "a{sv}");
	expect_dbus(NB_SCOPE_SLAVE, "prio", "Prio", "i");
}

static union nb_value text_value(enum nb_scope scope, unsigned attr, const char *text)
{
	const struct nb_option *row = nb_option_get(scope, attr);
	union nb_value value = { 0 };
	struct nb_text why = { 0 };

	assert_int_equal(row->type->parse(row, text, &value, &why), 0);
	return value;
}

static void set_text(struct nb_optset *set, unsigned attr, const char *text)
{
	assert_int_equal(nb_optset_set(set, attr, text_value(set->scope, attr, text)), 0);
}

static void test_empty_set_answers_zero(void **state)
{
	struct nb_optset set = { .scope = NB_SCOPE_BOND };

	assert_false(nb_optset_has(&set, IFLA_BOND_MIIMON));
	assert_int_equal(nb_optset_u(&set, IFLA_BOND_MIIMON), 0);
	assert_null(nb_optset_get(&set, IFLA_BOND_PRIMARY).name);
	assert_int_equal(nb_optset_mark(&set, IFLA_BOND_MIIMON).line, 0);
	nb_optset_unset(&set, IFLA_BOND_MIIMON);
	nb_optset_done(&set);
	nb_optset_done(NULL);
}

static void test_set_replaces_and_frees_values(void **state)
{
	struct nb_optset set = { .scope = NB_SCOPE_BOND };

	set_text(&set, IFLA_BOND_PRIMARY, "eth0");
	set_text(&set, IFLA_BOND_PRIMARY, "eth1");
	set_text(&set, IFLA_BOND_ARP_IP_TARGET, "192.0.2.1");
	set_text(&set, IFLA_BOND_ARP_IP_TARGET, "192.0.2.2");
	set_text(&set, IFLA_BOND_LACP_STRICT, "on");
	assert_string_equal(nb_optset_get(&set, IFLA_BOND_PRIMARY).name, "eth1");
	assert_int_equal(nb_optset_get(&set, IFLA_BOND_ARP_IP_TARGET).targets->n, 1);
	assert_int_equal(nb_optset_u(&set, IFLA_BOND_LACP_STRICT), 1);
	nb_optset_unset(&set, IFLA_BOND_PRIMARY);
	assert_false(nb_optset_has(&set, IFLA_BOND_PRIMARY));
	assert_null(nb_optset_get(&set, IFLA_BOND_PRIMARY).name);
	nb_optset_done(&set);
	assert_true(set.present == 0 && !set.values);
	assert_int_equal(set.scope, NB_SCOPE_BOND);
	set_text(&set, IFLA_BOND_PRIMARY, "eth2"); /* usable again */
	nb_optset_done(&set);
}

static void test_set_remembers_who_wrote_a_value(void **state)
{
	struct nb_optset set = { .scope = NB_SCOPE_BOND };
	struct nb_mark mark = { .file = 1, .line = 7, .column = 3 };

	set_text(&set, IFLA_BOND_MIIMON, "50");
	assert_int_equal(nb_optset_name(&set, IFLA_BOND_MIIMON, NULL), 0);
	assert_true(nb_optset_named(&set) == NB_BIT(IFLA_BOND_MIIMON));
	assert_int_equal(nb_optset_mark(&set, IFLA_BOND_MIIMON).line, 0);
	assert_int_equal(nb_optset_name(&set, IFLA_BOND_MIIMON, &mark), 0);
	assert_int_equal(nb_optset_mark(&set, IFLA_BOND_MIIMON).line, 7);
	assert_int_equal(nb_optset_mark(&set, IFLA_BOND_UPDELAY).line, 0);
	assert_int_equal(nb_optset_mark(&set, 1000).line, 0);
	nb_optset_unset(&set, IFLA_BOND_MIIMON);
	assert_true(nb_optset_named(&set) == 0);
	assert_int_equal(nb_optset_mark(&set, IFLA_BOND_MIIMON).line, 0);
	nb_optset_done(&set);
}

static void test_absent_values_equal_only_absent_ones(void **state)
{
	struct nb_optset a = { .scope = NB_SCOPE_BOND }, b = { .scope = NB_SCOPE_BOND };

	assert_true(nb_optset_equal(&a, &b, IFLA_BOND_MIIMON));
	set_text(&a, IFLA_BOND_MIIMON, "0");
	assert_false(nb_optset_equal(&a, &b, IFLA_BOND_MIIMON));
	assert_false(nb_optset_equal(&b, &a, IFLA_BOND_MIIMON));
	set_text(&b, IFLA_BOND_MIIMON, "0");
	assert_true(nb_optset_equal(&a, &b, IFLA_BOND_MIIMON));
	set_text(&b, IFLA_BOND_MIIMON, "1");
	assert_false(nb_optset_equal(&a, &b, IFLA_BOND_MIIMON));
	nb_optset_done(&a);
	nb_optset_done(&b);
}

static void test_copy_outlives_its_origin_and_keeps_marks(void **state)
{
	struct nb_optset set = { .scope = NB_SCOPE_BOND }, copy;
	struct nb_mark mark = { .file = 2, .line = 4, .column = 6 };

	set_text(&set, IFLA_BOND_PRIMARY, "eth0");
	set_text(&set, IFLA_BOND_NS_IP6_TARGET, "2001:db8::1");
	set_text(&set, IFLA_BOND_MIIMON, "7");
	nb_optset_name(&set, IFLA_BOND_PRIMARY, &mark);
	nb_optset_name(&set, IFLA_BOND_MIIMON, NULL);
	assert_int_equal(nb_optset_copy(&set, &copy), 0);
	nb_foreach_option(row, attr, NB_SCOPE_BOND)
		assert_true(nb_optset_equal(&set, &copy, attr));
	assert_true(copy.present == set.present && nb_optset_named(&copy) == nb_optset_named(&set));
	assert_int_equal(nb_optset_mark(&copy, IFLA_BOND_PRIMARY).column, 6);
	assert_int_equal(nb_optset_mark(&copy, IFLA_BOND_MIIMON).line, 0);
	nb_optset_done(&set);
	assert_string_equal(nb_optset_get(&copy, IFLA_BOND_PRIMARY).name, "eth0");
	nb_optset_done(&copy);
	assert_int_equal(nb_optset_copy(&set, &copy), 0);
	assert_true(copy.present == 0 && !copy.values && copy.scope == NB_SCOPE_BOND);
}

static void test_sets_with_the_same_values_change_alone(void **state)
{
	struct nb_optset set = { .scope = NB_SCOPE_BOND }, copy, other = { .scope = NB_SCOPE_BOND };

	set_text(&set, IFLA_BOND_PRIMARY, "eth0");
	set_text(&set, IFLA_BOND_MIIMON, "7");
	assert_int_equal(nb_optset_copy(&set, &copy), 0);
	assert_ptr_equal(copy.values, set.values);
	nb_optset_unset(&copy, IFLA_BOND_PRIMARY);
	assert_string_equal(nb_optset_get(&set, IFLA_BOND_PRIMARY).name, "eth0");
	assert_null(nb_optset_get(&copy, IFLA_BOND_PRIMARY).name);
	set_text(&copy, IFLA_BOND_PRIMARY, "eth1");
	set_text(&set, IFLA_BOND_MIIMON, "8");
	assert_string_equal(nb_optset_get(&set, IFLA_BOND_PRIMARY).name, "eth0");
	assert_string_equal(nb_optset_get(&copy, IFLA_BOND_PRIMARY).name, "eth1");
	assert_int_equal(nb_optset_u(&copy, IFLA_BOND_MIIMON), 7);

	set_text(&other, IFLA_BOND_MIIMON, "7");
	nb_optset_share(&other, &copy); /* it has no primary: they stay apart */
	assert_ptr_not_equal(other.values, copy.values);
	set_text(&other, IFLA_BOND_PRIMARY, "eth2");
	nb_optset_share(&other, &copy);
	assert_ptr_not_equal(other.values, copy.values);
	set_text(&other, IFLA_BOND_PRIMARY, "eth1");
	nb_optset_share(&other, &copy);
	assert_ptr_equal(other.values, copy.values);
	nb_optset_share(&other, &copy); /* again: nothing happens */
	nb_optset_done(&copy);
	assert_string_equal(nb_optset_get(&other, IFLA_BOND_PRIMARY).name, "eth1");
	nb_optset_done(&other);
	nb_optset_done(&set);
}

/* Every order of setting and taking away leaves each value at its attribute. */
static void test_values_keep_their_attributes(void **state)
{
	for (unsigned step = 1; step < 12; step++) {
		struct nb_optset set = { .scope = NB_SCOPE_SLAVE };
		const unsigned end = nb_option_scope_end(NB_SCOPE_SLAVE);
		uint64_t present = 0;

		for (unsigned i = 0; i < 3 * end; i++) {
			unsigned attr = i * step % end;
			const struct nb_option *row = nb_option_get(NB_SCOPE_SLAVE, attr);
			const struct nb_mark mark = { .line = attr + 1, .file = 1 };

			if (!row || row->type->is_pointer)
				continue;
			if (i % 3 == 2) {
				nb_optset_unset(&set, attr);
				present &= ~NB_BIT(attr);
			} else {
				assert_int_equal(nb_optset_set(&set, attr, (union nb_value){ .u = attr }), 0);
				assert_int_equal(nb_optset_name(&set, attr, &mark), 0);
				present |= NB_BIT(attr);
			}
			assert_true(set.present == present && nb_optset_named(&set) == present);
			nb_foreach_bit(at, present) {
				assert_int_equal(nb_optset_u(&set, at), at);
				assert_int_equal(nb_optset_mark(&set, at).line, at + 1);
			}
		}
		nb_optset_done(&set);
	}
}

static void test_copy_value_takes_absence_over_too(void **state)
{
	struct nb_optset from = { .scope = NB_SCOPE_BOND }, to = { .scope = NB_SCOPE_BOND };

	set_text(&from, IFLA_BOND_PRIMARY, "eth0");
	set_text(&to, IFLA_BOND_PRIMARY, "eth1");
	set_text(&to, IFLA_BOND_MIIMON, "9");
	nb_optset_name(&to, IFLA_BOND_PRIMARY, NULL);
	assert_int_equal(nb_optset_copy_value(&to, &from, IFLA_BOND_PRIMARY), 0);
	assert_string_equal(nb_optset_get(&to, IFLA_BOND_PRIMARY).name, "eth0");
	assert_true(nb_optset_named(&to) == NB_BIT(IFLA_BOND_PRIMARY));
	assert_int_equal(nb_optset_copy_value(&to, &from, IFLA_BOND_MIIMON), 0);
	assert_false(nb_optset_has(&to, IFLA_BOND_MIIMON));
	nb_optset_done(&from);
	nb_optset_done(&to);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_row_is_found_by_number_and_any_spelling),
		cmocka_unit_test(test_attribute_without_row_is_null_and_explained),
		cmocka_unit_test(test_row_knows_its_scope_and_number),
		cmocka_unit_test(test_foreach_option_goes_up_and_can_be_left),
		cmocka_unit_test(test_configuration_names_what_is_neither_read_only_nor_state),
		cmocka_unit_test(test_class_names_read_back),
		cmocka_unit_test(test_mode_names_are_the_driver_s),
		cmocka_unit_test(test_kernel_default_depends_on_the_mode),
		cmocka_unit_test(test_bus_names_are_camel_case_and_typed),
		cmocka_unit_test(test_empty_set_answers_zero),
		cmocka_unit_test(test_set_replaces_and_frees_values),
		cmocka_unit_test(test_set_remembers_who_wrote_a_value),
		cmocka_unit_test(test_absent_values_equal_only_absent_ones),
		cmocka_unit_test(test_copy_outlives_its_origin_and_keeps_marks),
		cmocka_unit_test(test_sets_with_the_same_values_change_alone),
		cmocka_unit_test(test_values_keep_their_attributes),
		cmocka_unit_test(test_copy_value_takes_absence_over_too),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
