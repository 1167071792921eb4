/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tests/unit/unit.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/core/rules.h"
#include "lib/yaml/config.h"

/* Adds one text to @config; it must be right. */
static void load(struct nb_config *config, struct nb_diag *diag, const char *name, const char *text)
{
	int r = nb_yaml_load(name, text, strlen(text), 0, config, diag);

	if (r != 0)
		fail_msg("%s: %d: %s", name, r, diag->n_problems ? diag->problems[0].text : "");
}

static struct nb_config *config_of(struct nb_diag *diag, const char *text)
{
	struct nb_config *config = nb_config_new();

	assert_non_null(config);
	load(config, diag, "test.yaml", text);
	return config;
}

static void expect_option(const struct nb_bond *bond, const char *name, const char *text)
{
	const struct nb_option *row = nb_option_find(NB_SCOPE_BOND, name);
	NB_CLEANUP(nb_text_done) struct nb_text out = { 0 };
	unsigned attr = nb_option_attr(row);

	NB_CASE("%s: %s is %s", bond->key, name, text);
	assert_true(nb_optset_has(&bond->opts, attr));
	assert_true(nb_optset_named(&bond->opts) & NB_BIT(attr));
	assert_true(nb_optset_mark(&bond->opts, attr).line > 0);
	row->type->format(row, nb_optset_get(&bond->opts, attr), &out);
	assert_string_equal(out.text, text);
}

static void expect_route(const struct nb_route *route, const char *text)
{
	NB_CLEANUP(nb_text_done) struct nb_text out = { 0 };

	nb_route_format(route, &out);
	assert_string_equal(out.text, text);
	assert_int_equal(route->protocol, NB_PROTOCOL);
	assert_int_equal(route->type, RTN_UNICAST);
}

/* The example of the design, less the namespace types of another issue. */
static const char design[] =
	"version: 1\n"
	"settings:\n"
	"  drift: warn\n"
	"  auto-disruption: down\n"
	"namespaces:\n"
	"  storage: {}\n"
	"  tenant-a:\n"
	"    share: {net: storage}\n"
	"bonds:\n"
	"  bond0:\n"
	"    mode: 802.3ad\n"
	"    slaves: [eno1, eno2]\n"
	"    miimon: 100\n"
	"    lacp-rate: fast\n"
	"    xmit-hash-policy: layer3+4\n"
	"    mtu: 9000\n"
	"    addresses: [192.0.2.10/24, 2001:db8::10/64]\n"
	"    routes:\n"
	"      - {to: default, via: 192.0.2.1}\n"
	"      - {to: 2001:db8:ff::/48, via: 2001:db8::1, metric: 100}\n"
	"  bond1:\n"
	"    namespace: storage\n"
	"    mode: active-backup\n"
	"    slaves:\n"
	"      - {name: ens5, prio: 10, queue-id: 2}\n"
	"      - {match: {permanent-mac: \"52:54:00:12:34:56\"}}\n"
	"    primary: ens5\n"
	"    arp-interval: 500\n"
	"    arp-ip-target: [198.51.100.1, 198.51.100.2]\n"
	"    arp-validate: all\n"
	"    mac: 02:00:00:00:00:11\n"
	"    drift: ignore\n"
	"    required: false\n"
	"    required-slaves: 2\n"
	"    link-local: false\n"
	"  blue-bond0: {name: bond0, namespace: tenant-a, mode: balance-rr, slaves: [ens6]}\n"
	"  old0: {absent: true}\n";

static void test_design_bond0_is_read_as_it_says(void **state)
{
	NB_CLEANUP(nb_diag_done) struct nb_diag diag = { 0 };
	NB_CLEANUP(nb_config_freep) struct nb_config *config = config_of(&diag, design);
	const struct nb_bond *bond = nb_config_find_bond(config, "bond0");

	assert_int_equal(config->settings.drift, NB_DRIFT_WARN);
	assert_int_equal(config->settings.auto_disruption, NB_CLASS_DOWN);
	assert_true(config->settings.drift_named && config->settings.auto_disruption_named);
	assert_int_equal(config->n_bonds, 4);
	expect_option(bond, "mode", "802.3ad");
	expect_option(bond, "miimon", "100");
	expect_option(bond, "lacp-rate", "fast");
	expect_option(bond, "xmit-hash-policy", "layer3+4");
	assert_int_equal(__builtin_popcountll(bond->opts.present), 4);
	assert_int_equal(bond->named,
		NB_KEY_SLAVES | NB_KEY_MTU | NB_KEY_ADDRESSES | NB_KEY_ROUTES);
	assert_string_equal(bond->name, "bond0");
	assert_string_equal(bond->namespace, "");
	assert_int_equal(bond->mtu, 9000);
	assert_int_equal(bond->mac_policy, NB_MAC_UNNAMED);
	assert_true(bond->required && bond->link_local && !bond->absent);
	assert_int_equal(bond->required_slaves, 1);
	assert_int_equal(bond->n_slaves, 2);
	assert_string_equal(bond->slaves[1].name, "eno2");
	assert_int_equal(bond->slaves[1].mark.line, 12);
	assert_int_equal(bond->slaves[1].mark.column, 20);
	assert_int_equal(nb_bond_key_mark(bond, NB_KEY_MTU).line, 16);
	assert_int_equal(nb_bond_key_mark(bond, NB_KEY_MTU).column, 5);
	assert_int_equal(bond->n_routes, 2);
	expect_route(&bond->routes[0], "default via 192.0.2.1");
	expect_route(&bond->routes[1], "2001:db8:ff::/48 via 2001:db8::1 metric 100");
}

static void test_design_bond1_is_read_as_it_says(void **state)
{
	static const uint8_t mac[6] = { 2, 0, 0, 0, 0, 0x11 };
	static const uint8_t permanent[6] = { 0x52, 0x54, 0, 0x12, 0x34, 0x56 };
	NB_CLEANUP(nb_diag_done) struct nb_diag diag = { 0 };
	NB_CLEANUP(nb_config_freep) struct nb_config *config = config_of(&diag, design);
	const struct nb_bond *bond = nb_config_find_bond(config, "bond1");

	expect_option(bond, "primary", "ens5");
	expect_option(bond, "arp-ip-target", "198.51.100.1, 198.51.100.2");
	expect_option(bond, "arp-validate", "all");
	assert_string_equal(bond->namespace, "storage");
	assert_int_equal(bond->drift, NB_DRIFT_IGNORE);
	assert_true(!bond->required && !bond->link_local);
	assert_int_equal(bond->required_slaves, 2);
	assert_int_equal(bond->mac_policy, NB_MAC_FIXED);
	assert_memory_equal(bond->mac, mac, 6);
	assert_string_equal(bond->slaves[0].name, "ens5");
	assert_int_equal(
		nb_optset_get(&bond->slaves[0].opts, IFLA_BOND_SLAVE_PRIO).s, 10);
	assert_int_equal(nb_optset_u(&bond->slaves[0].opts, IFLA_BOND_SLAVE_QUEUE_ID), 2);
	assert_null(bond->slaves[1].name);
	assert_true(bond->slaves[1].match.has_permanent_mac);
	assert_memory_equal(bond->slaves[1].match.permanent_mac, permanent, 6);

	bond = nb_config_find_bond(config, "blue-bond0");
	assert_string_equal(bond->name, "bond0");
	assert_string_equal(nb_config_netns_of(config, bond), "storage");
	assert_true(nb_config_find_bond(config, "old0")->absent);
	assert_int_equal(nb_config_find_namespace(config, "storage")->types, NB_NS_BIT(NB_NS_NET));
	assert_int_equal(nb_config_find_namespace(config, "tenant-a")->types, 0);
}

struct spelling {
	const char *written, *option, *value;
};

static void test_spellings_of_one_thing_are_the_same(void **state)
{
	static const struct spelling cases[] = {
		{ "mode: 4", "mode", "802.3ad" },
		{ "mode: \"802.3ad\"", "mode", "802.3ad" },
		{ "xmit_hash_policy: 1", "xmit-hash-policy", "layer3+4" },
		{ "num-unsol-na: 3", "num-grat-arp", "3" },
		{ "num_grat_arp: '3'", "num-grat-arp", "3" },
		{ "peer_notify_delay: 100", "peer-notif-delay", "100" },
		{ "lacp_active: no", "lacp-active", "false" },
		{ "tlb-dynamic-lb: on", "tlb-dynamic-lb", "true" },
		{ "use_carrier: 1", "use-carrier", "true" },
		{ "arp-ip-target: 192.0.2.1", "arp-ip-target", "192.0.2.1" },
		{ "arp_ip_target:\n    - 192.0.2.1\n    - 192.0.2.2", "arp-ip-target",
			"192.0.2.1, 192.0.2.2" },
		{ "arp-ip-target: []", "arp-ip-target", "none" },
		{ "primary: none", "primary", "none" },
		{ "primary: \"0\"", "primary", "0" },
		{ "ad_actor_system: 52:54:00:12:34:56", "ad-actor-system", "52:54:00:12:34:56" },
		{ "ad-user-port-key: 0x10", "ad-user-port-key", "16" },
	};

	for (size_t i = 0; i < NB_ARRAY_SIZE(cases); i++) {
		NB_CLEANUP(nb_diag_done) struct nb_diag diag = { 0 };
		NB_CLEANUP(nb_config_freep) struct nb_config *config = NULL;
		char text[256];

		snprintf(text, sizeof(text), "bonds:\n  b:\n    slaves: []\n    %s\n",
			cases[i].written);
		config = config_of(&diag, text);
		expect_option(nb_config_find_bond(config, "b"), cases[i].option, cases[i].value);
	}
}

static void test_every_writable_option_is_a_key(void **state)
{
	size_t n = 0;

	nb_foreach_option(row, attr, NB_SCOPE_BOND) {
		NB_CLEANUP(nb_diag_done) struct nb_diag diag = { 0 };
		NB_CLEANUP(nb_config_freep) struct nb_config *config = nb_config_new();
		NB_CLEANUP(nb_text_done) struct nb_text text = { 0 }, value = { 0 };
		int r;

		row->type->format(row, (union nb_value){ .u = row->type->is_pointer ? 0 :
			(uint64_t)NB_MAX(row->min, row->dflt) }, &value);
		nb_text_add(&text, "bonds: {b: {slaves: [], %s: \"%s\"}}", row->name,
			value.text ? value.text : "x");
		NB_CASE("%s", text.text);
		r = nb_yaml_load("x", text.text, text.length, 0, config, &diag);
		assert_int_equal(r, nb_option_writable(row) ? 0 : -EBADMSG);
		if (r < 0)
			assert_non_null(strstr(diag.problems[0].text, "is state, not configuration"));
		n += nb_option_writable(row);
	}
	assert_true(n > 25);
}

static void expect_mac(const char *written, enum nb_mac_policy policy, const char *of)
{
	NB_CLEANUP(nb_diag_done) struct nb_diag diag = { 0 };
	NB_CLEANUP(nb_config_freep) struct nb_config *config = NULL;
	char text[128];

	NB_CASE("%s", written);
	snprintf(text, sizeof(text), "bonds:\n  b:\n    slaves: [ens5]\n    mac: %s\n", written);
	config = config_of(&diag, text);
	assert_int_equal(config->bonds[0]->mac_policy, policy);
	if (of)
		assert_string_equal(config->bonds[0]->mac_of, of);
}

static void test_mac_has_three_forms(void **state)
{
	expect_mac("52:54:00:12:34:56", NB_MAC_FIXED, NULL);
	expect_mac("\"52-54-00-12-34-56\"", NB_MAC_FIXED, NULL);
	expect_mac("first-slave", NB_MAC_FIRST_SLAVE, NULL);
	expect_mac("{permanent-of: ens5}", NB_MAC_PERMANENT_OF, "ens5");
	expect_mac("\n      permanent_of: ens5", NB_MAC_PERMANENT_OF, "ens5");
}

static void test_addresses_have_two_forms(void **state)
{
	static const char text[] =
		"bonds:\n  b:\n    slaves: []\n    addresses:\n"
		"    - 192.0.2.10/24\n"
		"    - {address: 2001:db8::1/64, preferred: 0, nodad: yes}\n"
		"    - {address: 192.0.2.11/32, label: \"b:web\", preferred: forever}\n"
		"    - {address: fe80::1/64, nodad: off}\n";
	NB_CLEANUP(nb_diag_done) struct nb_diag diag = { 0 };
	NB_CLEANUP(nb_config_freep) struct nb_config *config = config_of(&diag, text);
	const struct nb_address *a = config->bonds[0]->addresses;

	assert_int_equal(config->bonds[0]->n_addresses, 4);
	for (int i = 0; i < 4; i++) {
		assert_int_equal(a[i].proto, NB_PROTOCOL);
		assert_int_equal(a[i].valid, NB_FOREVER);
		assert_int_equal(a[i].mark.line, 5 + i);
	}
	assert_int_equal(a[0].preferred, NB_FOREVER);
	assert_int_equal(a[0].flags, 0);
	assert_int_equal(a[0].prefix_length, 24);
	assert_int_equal(a[1].preferred, 0);
	assert_int_equal(a[1].flags, IFA_F_NODAD);
	assert_string_equal(a[2].label, "b:web");
	assert_int_equal(a[2].preferred, NB_FOREVER);
	assert_int_equal(a[3].flags, 0);
	assert_int_equal(a[3].scope, RT_SCOPE_LINK);
	assert_int_equal(a[1].scope, RT_SCOPE_UNIVERSE);
}

static void test_routes_get_their_defaults(void **state)
{
	static const char text[] =
		"bonds:\n  b:\n    slaves: []\n    routes:\n"
		"    - {to: default, via: 2001:db8::1}\n"
		"    - {to: \"::/0\", metric: 0}\n"
		"    - {to: 0.0.0.0/0, table: 100}\n"
		"    - {to: 198.51.100.0/24, via: 192.0.2.1, src: 192.0.2.2, onlink: true}\n"
		"    - {to: 198.51.100.7, table: default, metric: 5}\n"
		"    - {to: 203.0.113.0/24, via: 2001:db8::1, table: main}\n";
	static const char *const expected[] = { "default via 2001:db8::1", "::/0",
		"0.0.0.0/0 table 100", "198.51.100.0/24 via 192.0.2.1 src 192.0.2.2 onlink",
		"198.51.100.7/32 metric 5 table 253", "203.0.113.0/24 via 2001:db8::1" };
	NB_CLEANUP(nb_diag_done) struct nb_diag diag = { 0 };
	NB_CLEANUP(nb_config_freep) struct nb_config *config = config_of(&diag, text);
	const struct nb_bond *bond = config->bonds[0];

	assert_int_equal(bond->n_routes, NB_ARRAY_SIZE(expected));
	for (size_t i = 0; i < bond->n_routes; i++) {
		NB_CASE("%s", expected[i]);
		expect_route(&bond->routes[i], expected[i]);
	}
	assert_int_equal(bond->routes[0].metric, NB_ROUTE_METRIC_IPV6);
	assert_int_equal(bond->routes[1].metric, NB_ROUTE_METRIC_IPV6);
	assert_int_equal(bond->routes[2].metric, 0);
	assert_int_equal(bond->routes[2].scope, RT_SCOPE_LINK);
	assert_int_equal(bond->routes[3].scope, RT_SCOPE_UNIVERSE);
}

static void test_files_add_to_each_other(void **state)
{
	NB_CLEANUP(nb_diag_done) struct nb_diag diag = { 0 };
	NB_CLEANUP(nb_config_freep) struct nb_config *config = nb_config_new();
	const struct nb_bond *bond;

	load(config, &diag, "10.yaml",
		"version: 1\nsettings: {drift: warn}\nnamespaces: {a: {}}\n"
		"bonds: {bond0: {mode: 802.3ad, slaves: [eth0]}}\n");
	load(config, &diag, "20.yaml",
		"version: 1\nsettings: {auto-disruption: live}\nnamespaces: {a: {}, b: {}}\n"
		"bonds: {bond0: {mtu: 9000, lacp-rate: fast}, bond1: {slaves: [eth1]}}\n");
	load(config, &diag, "30.yaml", "# nothing\n");
	assert_int_equal(config->n_bonds, 2);
	assert_int_equal(config->n_namespaces, 2);
	assert_int_equal(config->settings.drift, NB_DRIFT_WARN);
	assert_int_equal(config->settings.auto_disruption, NB_CLASS_LIVE);
	bond = nb_config_find_bond(config, "bond0");
	expect_option(bond, "mode", "802.3ad");
	expect_option(bond, "lacp-rate", "fast");
	assert_int_equal(bond->mtu, 9000);
	assert_int_equal(bond->n_slaves, 1);
	assert_int_equal(bond->mark.file, 1);
	assert_int_equal(nb_bond_key_mark(bond, NB_KEY_MTU).file, 2);
	assert_int_equal(nb_rules_check(config, &diag), 0);
}

/* What is wrong in one place hides nothing that is wrong in another. */
static void test_all_that_can_be_read_is_read(void **state)
{
	static const char text[] =
		"bonds:\n  a: {slaves: [eth0, 'x y'], mtu: no, mode: 802.3ad, lacp-rate: fast}\n"
		"  b: {slaves: [eth1], oops: 1, mode: broadcast}\n";
	NB_CLEANUP(nb_diag_done) struct nb_diag diag = { 0 };
	NB_CLEANUP(nb_config_freep) struct nb_config *config = nb_config_new();
	const struct nb_bond *a;

	assert_int_equal(nb_yaml_load("x", text, strlen(text), 0, config, &diag), -EBADMSG);
	assert_int_equal(diag.n_errors, 3);
	a = nb_config_find_bond(config, "a");
	expect_option(a, "lacp-rate", "fast");
	assert_string_equal(a->slaves[0].name, "eth0");
	expect_option(nb_config_find_bond(config, "b"), "mode", "broadcast");
	/* no rule finds fault with what is not there because it was wrong */
	assert_int_equal(nb_rules_check(config, &diag), 0);
	assert_int_equal(diag.n_problems, 3);
}

static void test_snapshots_are_known_by_their_flag(void **state)
{
	static const char text[] = "bonds: {b: {slaves: [eth0]}}\nlinks: [eth0]\nkernel: {}\n";
	NB_CLEANUP(nb_diag_done) struct nb_diag diag = { 0 };
	NB_CLEANUP(nb_config_freep) struct nb_config *config = nb_config_new();

	assert_int_equal(nb_yaml_load("x", text, strlen(text), 0, config, &diag), -EBADMSG);
	assert_int_equal(diag.n_errors, 2);
	nb_config_remove_bond(config, "b");
	assert_int_equal(
		nb_yaml_load("x", text, strlen(text), NB_YAML_SNAPSHOT, config, &diag), 0);
	assert_int_equal(config->n_bonds, 1);
}

/* The examples of the manual are valid, and warn of nothing. */
static void test_examples_are_valid(void **state)
{
	DIR *dir = opendir(NB_SOURCE_ROOT "/conf/examples");
	struct dirent *entry;
	unsigned modes = 0;
	size_t n = 0;

	assert_non_null(dir);
	while ((entry = readdir(dir))) {
		NB_CLEANUP(nb_diag_done) struct nb_diag diag = { 0 };
		NB_CLEANUP(nb_config_freep) struct nb_config *config = NULL;
		char path[1024], text[16384];
		FILE *file;

		if (!strstr(entry->d_name, ".yaml"))
			continue;
		NB_CASE("%s", entry->d_name);
		snprintf(path, sizeof(path), "%s/conf/examples/%s", NB_SOURCE_ROOT, entry->d_name);
		file = fopen(path, "r");
		assert_non_null(file);
		text[fread(text, 1, sizeof(text) - 1, file)] = '\0';
		fclose(file);
		config = config_of(&diag, text);
		assert_int_equal(nb_rules_check(config, &diag), 0);
		if (diag.n_problems)
			fail_msg("%s: %s", path, diag.problems[0].text);
		for (size_t i = 0; i < config->n_bonds; i++)
			if (!config->bonds[i]->absent)
				modes |= NB_MODE(nb_bond_mode(config->bonds[i]));
		n++;
	}
	closedir(dir);
	assert_true(n >= 10);
	assert_int_equal(modes, NB_MODES_ALL); /* one per mode at least */
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_design_bond0_is_read_as_it_says),
		cmocka_unit_test(test_design_bond1_is_read_as_it_says),
		cmocka_unit_test(test_spellings_of_one_thing_are_the_same),
		cmocka_unit_test(test_every_writable_option_is_a_key),
		cmocka_unit_test(test_mac_has_three_forms),
		cmocka_unit_test(test_addresses_have_two_forms),
		cmocka_unit_test(test_routes_get_their_defaults),
		cmocka_unit_test(test_files_add_to_each_other),
		cmocka_unit_test(test_all_that_can_be_read_is_read),
		cmocka_unit_test(test_snapshots_are_known_by_their_flag),
		cmocka_unit_test(test_examples_are_valid),
	};

	return cmocka_run_group_tests_name("yaml-config", tests, NULL, NULL);
}
