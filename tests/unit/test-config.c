/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tests/unit/unit.h"

#include <string.h>

#include "tests/unit/config-text.h"

static void test_new_configuration_has_the_default_settings(void **state)
{
	NB_CLEANUP(nb_config_freep) struct nb_config *config = nb_config_new();

	assert_int_equal(config->settings.drift, NB_DRIFT_REPAIR);
	assert_int_equal(config->settings.auto_disruption, NB_CLASS_SLAVE);
	assert_int_equal(config->n_bonds, 0);
}

static void test_new_bond_has_the_defaults_of_the_file(void **state)
{
	NB_CLEANUP(nb_config_freep) struct nb_config *config = nb_config_new();
	struct nb_bond *bond = nb_config_add_bond(config, "bond0");

	assert_string_equal(bond->key, "bond0");
	assert_string_equal(bond->name, "bond0");
	assert_string_equal(bond->namespace, "");
	assert_int_equal(bond->opts.scope, NB_SCOPE_BOND);
	assert_int_equal(bond->required_slaves, 1);
	assert_true(bond->required && bond->link_local);
	assert_false(bond->absent);
	assert_int_equal(bond->mac_policy, NB_MAC_UNNAMED);
	assert_int_equal(nb_bond_mode(bond), BOND_MODE_ROUNDROBIN);
}

static void test_key_that_is_no_name_leaves_the_name_empty(void **state)
{
	NB_CLEANUP(nb_config_freep) struct nb_config *config = nb_config_new();

	assert_string_equal(nb_config_add_bond(config, "fifteen-letters")->name, "fifteen-letters");
	assert_string_equal(nb_config_add_bond(config, "sixteen-letters-")->name, "");
	assert_string_equal(config->bonds[1]->key, "sixteen-letters-");
}

static void test_bonds_are_found_and_removed_by_key(void **state)
{
	NB_CLEANUP(nb_config_freep)
	struct nb_config *config = config_from_text("bond:a name=x bond:b bond:c");

	assert_ptr_equal(nb_config_find_bond(config, "b"), config->bonds[1]);
	assert_null(nb_config_find_bond(config, "x"));
	nb_config_remove_bond(config, "b");
	assert_null(nb_config_find_bond(config, "b"));
	nb_config_remove_bond(config, "b");
	assert_int_equal(config->n_bonds, 2);
	assert_string_equal(config->bonds[1]->key, "c");
}

static void test_netns_follows_shares_and_ends_in_a_ring(void **state)
{
	NB_CLEANUP(nb_config_freep)
	struct nb_config *config =
		config_from_text("ns:a ns:b:share=a ns:c:share=b ns:r:share=s ns:s:share=r "
				 "bond:v bond:w namespace=a bond:x namespace=c bond:y "
				 "namespace=r bond:z namespace=q");
	static const char *const wanted[] = { "", "a", "a" };

	for (size_t i = 0; i < NB_ARRAY_SIZE(wanted); i++) {
		NB_CASE("bond %s is in '%s'", config->bonds[i]->key, wanted[i]);
		assert_string_equal(nb_config_netns_of(config, config->bonds[i]), wanted[i]);
	}
	assert_non_null(nb_config_netns_of(config, config->bonds[3]));
	assert_string_equal(nb_config_netns_of(config, config->bonds[4]), "q");
}

static void test_key_marks_fall_back_to_the_bond(void **state)
{
	NB_CLEANUP(nb_config_freep)
	struct nb_config *config = config_from_text("bond:bond0 mtu=1500 absent=false");
	const struct nb_bond *bond = config->bonds[0];

	assert_int_equal(nb_bond_key_mark(bond, NB_KEY_MTU).column, 12);
	assert_int_equal(nb_bond_key_mark(bond, NB_KEY_ABSENT).column, 21);
	assert_int_equal(nb_bond_key_mark(bond, NB_KEY_NAMESPACE).column, 1);
}

static void test_reserved_keys_and_policies_have_their_names(void **state)
{
	static const char *const keys[] = { "namespace", "slaves", "addresses", "routes", "mtu",
		"drift", "required", "required-slaves", "link-local", "name", "absent", "mac" };

	for (unsigned i = 0; i < NB_ARRAY_SIZE(keys); i++)
		assert_string_equal(nb_bond_key_name((enum nb_bond_key)(1u << i)), keys[i]);
	assert_string_equal(nb_drift_name(NB_DRIFT_REPAIR), "repair");
	assert_string_equal(nb_drift_name(NB_DRIFT_WARN), "warn");
	assert_string_equal(nb_drift_name(NB_DRIFT_IGNORE), "ignore");
}

/* The keys of the bonds and the names of the namespaces with what they share, in order. */
static void check_objects(const struct nb_config *config, const char *expected)
{
	NB_CLEANUP(nb_text_done) struct nb_text text = { 0 };

	for (size_t i = 0; i < config->n_bonds; i++)
		nb_text_add(&text, "%s=%s/%u ", config->bonds[i]->key,
			nb_mode_name(nb_bond_mode(config->bonds[i])), config->bonds[i]->n_slaves);
	for (size_t i = 0; i < config->n_namespaces; i++)
		nb_text_add(&text, "%s:%s ", config->namespaces[i].name,
			config->namespaces[i].share[NB_NS_NET] ? config->namespaces[i].share[NB_NS_NET] : "");
	assert_string_equal(text.text, expected);
}

static void test_overlay_replaces_whole_objects_and_keeps_the_rest(void **state)
{
	NB_CLEANUP(nb_config_freep)
	struct nb_config *base = config_from_text(
		"ns:n ns:m bond:a mode=1 slave:eth0 slave:eth1 bond:b mode=4 slave:eth2");
	NB_CLEANUP(nb_config_freep)
	struct nb_config *upper =
		config_from_text("ns:m:share=n ns:o bond:c mode=6 bond:a mode=2 slave:eth3");
	NB_CLEANUP(nb_config_freep) struct nb_config *both = NULL, *exact = NULL;

	assert_int_equal(nb_config_overlay(base, upper, false, &both), 0);
	check_objects(both, "a=balance-xor/1 b=802.3ad/1 c=balance-alb/0 n: m:n o: ");
	assert_int_equal(nb_config_overlay(base, upper, true, &exact), 0);
	check_objects(exact, "c=balance-alb/0 a=balance-xor/1 m:n o: ");
	check_objects(base, "a=active-backup/2 b=802.3ad/1 n: m: ");
}

static void test_overlay_replaces_named_settings_alone(void **state)
{
	NB_CLEANUP(nb_config_freep) struct nb_config *base = nb_config_new();
	NB_CLEANUP(nb_config_freep) struct nb_config *upper = nb_config_new();
	NB_CLEANUP(nb_config_freep) struct nb_config *both = NULL;

	base->settings.drift = NB_DRIFT_WARN;
	base->settings.drift_named = true;
	base->settings.drift_mark.line = 3;
	upper->settings.auto_disruption = NB_CLASS_DOWN;
	upper->settings.auto_disruption_named = true;
	upper->settings.auto_disruption_mark.line = 4;
	assert_int_equal(nb_config_overlay(base, upper, false, &both), 0);
	assert_int_equal(both->settings.drift, NB_DRIFT_WARN);
	assert_true(both->settings.drift_named);
	assert_int_equal(both->settings.drift_mark.line, 3);
	assert_int_equal(both->settings.auto_disruption, NB_CLASS_DOWN);
	assert_int_equal(both->settings.auto_disruption_mark.line, 4);
	nb_config_freep(&both);
	both = NULL;
	assert_int_equal(nb_config_overlay(base, upper, true, &both), 0);
	assert_int_equal(both->settings.drift, NB_DRIFT_REPAIR);
}

static void test_overlay_copies_every_member(void **state)
{
	NB_CLEANUP(nb_config_freep) struct nb_config *empty = nb_config_new(), *copy = NULL;
	struct nb_config *from = config_from_text(
		"bond:b name=bond7 namespace=n mtu=9000 mac=permanent-of:eth0 mode=1 "
		"primary=eth0 arp-ip-target=192.0.2.1 slave:eth0 +prio=4 match: +name=e* "
		"+path=p* +driver=d* +permanent-mac=52:54:00:00:00:01 "
		"address=192.0.2.9/24,label=l route=default,via=192.0.2.1");
	const struct nb_slave_spec *slave;
	const struct nb_bond *bond;

	from->bonds[0]->drift = NB_DRIFT_IGNORE;
	from->bonds[0]->required = false;
	assert_int_equal(nb_config_overlay(empty, from, false, &copy), 0);
	nb_config_free(from);
	bond = copy->bonds[0];
	assert_string_equal(bond->name, "bond7");
	assert_string_equal(bond->namespace, "n");
	assert_string_equal(bond->mac_of, "eth0");
	assert_int_equal(bond->mtu, 9000);
	assert_int_equal(bond->mac_policy, NB_MAC_PERMANENT_OF);
	assert_int_equal(bond->drift, NB_DRIFT_IGNORE);
	assert_false(bond->required);
	assert_int_equal(nb_bond_key_mark(bond, NB_KEY_MTU).column, 31);
	assert_string_equal(nb_optset_get(&bond->opts, IFLA_BOND_PRIMARY).name, "eth0");
	assert_int_equal(nb_optset_get(&bond->opts, IFLA_BOND_ARP_IP_TARGET).targets->n, 1);
	assert_true(nb_optset_mark(&bond->opts, IFLA_BOND_PRIMARY).column > 0);
	assert_int_equal(bond->n_slaves, 2);
	assert_int_equal(nb_optset_get(&bond->slaves[0].opts, IFLA_BOND_SLAVE_PRIO).s, 4);
	slave = &bond->slaves[1];
	assert_null(slave->name);
	assert_string_equal(slave->match.name, "e*");
	assert_string_equal(slave->match.path, "p*");
	assert_string_equal(slave->match.driver, "d*");
	assert_true(slave->match.has_permanent_mac);
	assert_int_equal(slave->match.permanent_mac[5], 1);
	assert_true(slave->mark.column > 0);
	assert_string_equal(bond->addresses[0].label, "l");
	assert_int_equal(bond->routes[0].via.family, AF_INET);
}

static void test_freeing_nothing_is_fine(void **state)
{
	assert_null(nb_config_free(NULL));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_new_configuration_has_the_default_settings),
		cmocka_unit_test(test_new_bond_has_the_defaults_of_the_file),
		cmocka_unit_test(test_key_that_is_no_name_leaves_the_name_empty),
		cmocka_unit_test(test_bonds_are_found_and_removed_by_key),
		cmocka_unit_test(test_netns_follows_shares_and_ends_in_a_ring),
		cmocka_unit_test(test_key_marks_fall_back_to_the_bond),
		cmocka_unit_test(test_reserved_keys_and_policies_have_their_names),
		cmocka_unit_test(test_overlay_replaces_whole_objects_and_keeps_the_rest),
		cmocka_unit_test(test_overlay_replaces_named_settings_alone),
		cmocka_unit_test(test_overlay_copies_every_member),
		cmocka_unit_test(test_freeing_nothing_is_fine),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
