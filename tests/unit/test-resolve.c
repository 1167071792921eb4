/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Which devices a configuration means on this machine, and what it asks of them. */
#include "tests/unit/planning.h"

/* A NIC of two names, three of one driver, a virtual device and a bond. */
#define MACHINE                                                                                \
	"bonds: {bond9: {mode: active-backup, slaves: []}}\n"                                  \
	"links:\n"                                                                             \
	"- {name: eth0, altnames: [lan0, enp1s0], parent: '0000:01:00.0', driver: virtio_net}\n" \
	"- {name: eth10, parent: '0000:02:00.0', driver: e1000e}\n"                            \
	"- {name: eth2, parent: '0000:02:00.1', driver: e1000e,\n"                             \
	"   permanent-mac: 02:00:00:00:aa:02}\n"                                               \
	"- {name: eth3, parent: '0000:02:00.2', driver: e1000e}\n"                             \
	"- {name: dummy0, kind: dummy}\n"

/* "eth0 eth2@storage +eth9": slaves in order with their namespace, then what is waited for. */
static void assert_slaves(struct planning *p, const char *key, const char *expected)
{
	NB_CLEANUP(nb_text_done) struct nb_text text = { 0 };
	const struct nb_goal *goal = planning_goal(p, key);

	nb_text_add(&text, "%s", "");
	for (size_t i = 0; i < goal->n_slaves; i++)
		nb_text_add(&text, "%s%s%s%s", text.length ? " " : "", goal->slaves[i].name,
			*goal->slaves[i].namespace ? "@" : "", goal->slaves[i].namespace);
	for (size_t i = 0; i < goal->n_waiting; i++)
		nb_text_add(&text, "%s+%s", text.length ? " " : "", goal->waiting[i]);
	assert_string_equal(text.text, expected);
}

static void check_slaves(const char *slaves, const char *expected)
{
	NB_CLEANUP(nb_text_done) struct nb_text desired = { 0 };
	struct planning p;

	NB_CASE("%s is %s", slaves, expected);
	nb_text_add(&desired, "bonds: {bond0: {mode: active-backup, slaves: %s}}\n", slaves);
	planning_start(&p, desired.text, MACHINE, NULL);
	assert_slaves(&p, "bond0", expected);
	planning_done(&p);
}

static void check_refused(const char *desired, const char *observed, const char *said)
{
	struct planning p;

	planning_start(&p, desired, observed, NULL);
	assert_int_equal(planning_resolve(&p), -EBADMSG);
	assert_null(p.target);
	assert_planning_said(&p, said);
	planning_done(&p);
}

/* ---- exact names ---- */

static void test_resolve_names_mean_devices_and_their_altnames(void **state)
{
	check_slaves("[eth2, eth0]", "eth2 eth0");
	check_slaves("[lan0, enp2s0]", "eth0 +enp2s0");
	check_slaves("[enp1s0]", "eth0");
	check_slaves("[dummy0]", "dummy0");
	check_slaves("[]", "");
}

static void check_primary(const char *slaves, const char *primary, const char *expected)
{
	NB_CLEANUP(nb_text_done) struct nb_text desired = { 0 };
	struct planning p;

	NB_CASE("primary: %s of %s", primary, slaves);
	nb_text_add(&desired, "bonds: {bond0: {mode: active-backup, slaves: %s, primary: %s}}\n", slaves,
		primary);
	planning_start(&p, desired.text, MACHINE, NULL);
	assert_string_equal(
		nb_optset_get(&planning_goal(&p, "bond0")->opts, IFLA_BOND_PRIMARY).name, expected);
	planning_done(&p);
}

static void test_resolve_takes_the_name_of_an_option_for_an_altname_too(void **state)
{
	check_primary("[eth2, eth0]", "eth0", "eth0");
	check_primary("[eth2, enp1s0]", "enp1s0", "eth0");
	check_primary("[eth2, {match: {driver: virtio_net}}]", "lan0", "eth0");
	check_primary("[eth2, enp9s0]", "enp9s0", "enp9s0");
}

/* Their options are written alike, and mean another device in each namespace. */
static void test_resolve_of_bonds_alike_is_of_each_namespace(void **state)
{
	static const char desired[] =
		"namespaces: {storage: {}}\n"
		"bonds:\n"
		"  bond0: {mode: active-backup, slaves: [lan0], primary: lan0}\n"
		"  bond1: {namespace: storage, mode: active-backup, slaves: [lan0], primary: lan0}\n"
		"  bond2: {namespace: storage, mode: active-backup, slaves: [lan1], primary: lan1}\n"
		"  bond3: {namespace: storage, mode: active-backup, slaves: [eth9]}\n";
	struct planning p;

	planning_start(&p, desired,
		"namespaces: {storage: {}}\n"
		"links:\n"
		"- {name: eth0, altnames: [lan0]}\n"
		"- {name: eth7, altnames: [lan0], namespace: storage}\n"
		"- {name: eth8, altnames: [lan1], namespace: storage}\n"
		"- {name: eth9, namespace: storage}\n",
		NULL);
	for (unsigned i = 0; i < 3; i++) {
		static const char *const primaries[] = { "eth0", "eth7", "eth8" };
		const char key[] = { 'b', 'o', 'n', 'd', (char)('0' + i), 0 };
		const struct nb_goal *goal = planning_goal(&p, key);

		assert_string_equal(nb_optset_get(&goal->opts, IFLA_BOND_PRIMARY).name, primaries[i]);
		assert_int_equal(nb_optset_u(&goal->opts, IFLA_BOND_MIIMON), 100);
	}
	assert_null(nb_optset_get(&planning_goal(&p, "bond3")->opts, IFLA_BOND_PRIMARY).name);
	planning_done(&p);
}

static void test_resolve_keeps_the_order_of_the_file(void **state)
{
	check_slaves("[eth3, eth10, {name: eth2, queue-id: 1}, eth0]", "eth3 eth10 eth2 eth0");
}

static void test_resolve_looks_in_the_target_namespace_before_its_own(void **state)
{
	static const char desired[] =
		"namespaces: {storage: {}, blue: {}}\n"
		"bonds: {bond0: {namespace: storage, mode: active-backup, slaves: [eth0, eth1, eth2]}}\n";
	struct planning p;

	planning_start(&p, desired,
		"namespaces: {storage: {}, blue: {}}\n"
		"links: [eth0, eth1, {name: eth0, namespace: storage}, {name: eth2, namespace: blue}]\n",
		NULL);
	assert_slaves(&p, "bond0", "eth0@storage eth1 +eth2");
	assert_int_equal(planning_goal(&p, "bond0")->slaves[0].ifindex,
		nb_netns_find(nb_state_namespace(p.state, "storage"), "eth0")->ifindex);
	planning_done(&p);
}

static void test_resolve_follows_a_namespace_that_shares_another(void **state)
{
	struct planning p;

	planning_start(&p,
		"namespaces: {storage: {}, tenant: {share: {net: storage}}}\n"
		"bonds: {bond0: {namespace: tenant, mode: active-backup, slaves: [eth0]}}\n",
		"namespaces: {storage: {}}\nlinks: [{name: eth0, namespace: storage}]\n", NULL);
	assert_slaves(&p, "bond0", "eth0@storage");
	assert_string_equal(planning_goal(&p, "bond0")->namespace, "storage");
	assert_int_equal(p.target->n_namespaces, 1);
	planning_done(&p);
}

static void test_resolve_waits_for_what_is_not_there_or_not_ready(void **state)
{
	struct planning p;

	planning_start(&p, "bonds: {bond0: {mode: active-backup, slaves: [eth0, eth1]}}\n",
		"links: [{name: eth1, parent: '0000:01:00.0', udev-pending: true}]\n", NULL);
	assert_slaves(&p, "bond0", "+eth0 +eth1");
	assert_planning_said(&p,
		"note 1:47: bond0: waits for slave eth0 (there is no such device yet)\n"
		"note 1:53: bond0: waits for slave eth1 (udev has not initialised it yet)\n");
	planning_done(&p);
}

static void test_resolve_finds_a_nic_that_netbond_moved_away(void **state)
{
	static const char moved[] =
		"objects:\n"
		"- {kind: nic, namespace: storage, name: eth0-1, inode: 0, ifindex: 5, made: true,\n"
		"   home: eth0, home-namespace: ''}\n";
	struct planning p;

	planning_start(&p, "bonds: {bond0: {mode: active-backup, slaves: [eth0]}}\n",
		"namespaces: {storage: {}}\n"
		"links: [{name: eth0-1, ifindex: 5, namespace: storage, mac: 02:00:00:00:00:77}]\n",
		moved);
	assert_slaves(&p, "bond0", "eth0-1@storage");
	NB_CASE("and the bond is born with its MAC");
	assert_true(planning_goal(&p, "bond0")->has_birth_mac);
	assert_int_equal(planning_goal(&p, "bond0")->birth_mac[5], 0x77);
	planning_done(&p);
	planning_start(&p, "bonds: {bond0: {mode: active-backup, slaves: [eth0]}}\n",
		"namespaces: {storage: {}}\nlinks: [eth0, {name: eth0-1, namespace: storage}]\n",
		moved);
	NB_CASE("a device of that name at home goes first");
	assert_slaves(&p, "bond0", "eth0");
	planning_done(&p);
}

static void test_resolve_takes_a_bond_that_is_not_there_yet_as_a_slave(void **state)
{
	struct planning p;

	planning_start(&p,
		"bonds:\n"
		"  bond0: {mode: active-backup, slaves: [bond1, bond2]}\n"
		"  bond1: {mode: 802.3ad, slaves: [eth0]}\n",
		MACHINE, NULL);
	assert_slaves(&p, "bond0", "bond1 +bond2");
	assert_true(planning_goal(&p, "bond0")->slaves[0].is_bond);
	assert_int_equal(planning_goal(&p, "bond0")->slaves[0].ifindex, 0);
	planning_done(&p);
}

/* ---- matches ---- */

static void test_resolve_matches_by_every_member_together(void **state)
{
	check_slaves("[{match: {name: 'eth*'}}]", "eth0 eth2 eth3 eth10");
	check_slaves("[{match: {name: 'lan?'}}]", "eth0");
	check_slaves("[{match: {driver: e1000e}}]", "eth2 eth3 eth10");
	check_slaves("[{match: {path: '0000:02:00.[01]'}}]", "eth2 eth10");
	check_slaves("[{match: {permanent-mac: 02:00:00:00:aa:02}}]", "eth2");
	check_slaves("[{match: {driver: e1000e, path: '0000:02:00.2'}}]", "eth3");
	check_slaves("[{match: {driver: e1000e, name: eth0}}]",
		"+a device that matches name eth0 driver e1000e");
	check_slaves("[{match: {permanent-mac: 02:00:00:00:aa:02, name: eth3}}]",
		"+a device that matches name eth3 permanent-mac 02:00:00:00:aa:02");
}

static void test_resolve_never_matches_what_is_no_card_or_is_taken(void **state)
{
	check_slaves("[{match: {name: '*'}}]", "eth0 eth2 eth3 eth10");
	check_slaves("[{match: {name: 'dummy*'}}]", "+a device that matches name dummy*");
	check_slaves("[{match: {name: 'bond*'}}]", "+a device that matches name bond*");
	check_slaves("[{match: {driver: e1000e}}, eth3]", "eth2 eth10 eth3");
	check_slaves("[{match: {name: eth2}}, {match: {driver: e1000e}}]", "eth2 eth3 eth10");
}

static void test_resolve_leaves_to_a_bond_what_it_names(void **state)
{
	struct planning p;

	planning_start(&p,
		"bonds:\n"
		"  bond0: {mode: active-backup, slaves: [{match: {driver: e1000e}}]}\n"
		"  bond1: {mode: active-backup, slaves: [eth3]}\n",
		MACHINE, NULL);
	assert_slaves(&p, "bond0", "eth2 eth10");
	assert_slaves(&p, "bond1", "eth3");
	planning_done(&p);
}

static void test_resolve_matches_the_target_namespace_before_its_own(void **state)
{
	struct planning p;

	planning_start(&p,
		"namespaces: {storage: {}}\n"
		"bonds: {bond0: {namespace: storage, mode: active-backup,\n"
		"  slaves: [{match: {driver: igb}}]}}\n",
		"namespaces: {storage: {}, blue: {}}\n"
		"links:\n"
		"- {name: eth1, parent: a, driver: igb}\n"
		"- {name: eth7, parent: b, driver: igb, namespace: storage}\n"
		"- {name: eth8, parent: c, driver: igb, namespace: blue}\n",
		NULL);
	assert_slaves(&p, "bond0", "eth7@storage eth1");
	planning_done(&p);
}

static void test_resolve_waits_until_udev_has_named_what_matches(void **state)
{
	struct planning p;

	planning_start(&p, "bonds: {bond0: {mode: active-backup, slaves: [{match: {driver: igb}}]}}\n",
		"links:\n"
		"- {name: eth1, parent: a, driver: igb, udev-pending: true}\n",
		NULL);
	assert_slaves(&p, "bond0", "+a device that matches driver igb");
	planning_done(&p);
}

static void test_resolve_takes_values_meant_for_one_device_for_one_only(void **state)
{
	struct planning p;

	planning_start(&p,
		"bonds: {bond0: {mode: active-backup, slaves: [{match: {name: eth2}, queue-id: 3}]}}\n",
		MACHINE, NULL);
	assert_slaves(&p, "bond0", "eth2");
	assert_int_equal(nb_optset_u(&planning_goal(&p, "bond0")->slaves[0].opts,
				 IFLA_BOND_SLAVE_QUEUE_ID), 3);
	planning_done(&p);
	check_refused("bonds: {bond0: {mode: active-backup,\n"
		      "  slaves: [{match: {driver: e1000e}, prio: 3}]}}\n",
		MACHINE,
		"error 2:12: bond0: the match fits 3 devices, but sets values meant for one = name "
		"each device, or take the slave's own options out\n");
}

/* ---- one device, one bond ---- */

static void test_resolve_refuses_two_matches_that_overlap(void **state)
{
	check_refused("bonds:\n"
		      "  bond0: {mode: active-backup, slaves: [{match: {name: eth2}}]}\n"
		      "  bond1: {mode: active-backup, slaves: [{match: {path: '*:02:00.1'}}]}\n",
		MACHINE,
		"error 3:41: bond1: eth2 fits this match and that of bond0 (other 2:41) = make one "
		"of the matches narrower, or name the device\n");
}

static void test_resolve_refuses_one_device_by_two_names(void **state)
{
	check_refused("bonds:\n"
		      "  bond0: {mode: active-backup, slaves: [eth0]}\n"
		      "  bond1: {mode: active-backup, slaves: [lan0]}\n",
		MACHINE,
		"error 3:41: bond1: slave lan0 is the same device as slave eth0 of bond0 (eth0) "
		"(other 2:41) = a device can be a slave of one bond only: take one of them out\n");
	check_refused("bonds: {bond0: {mode: active-backup, slaves: [eth0, enp1s0]}}\n", MACHINE,
		"error 1:53: bond0: slave enp1s0 is the same device as slave eth0 of bond0 (eth0) "
		"(other 1:47) = a device can be a slave of one bond only: take one of them out\n");
}

static void test_resolve_tells_every_problem_at_once(void **state)
{
	check_refused("bonds:\n"
		      "  bond0: {mode: active-backup, slaves: [eth0, lan0]}\n"
		      "  bond1: {mode: active-backup, slaves: [{match: {driver: e1000e}, prio: 1}]}\n",
		MACHINE,
		"error 2:47: bond0: slave lan0 is the same device as slave eth0 of bond0 (eth0) "
		"(other 2:41) = a device can be a slave of one bond only: take one of them out\n"
		"error 3:41: bond1: the match fits 3 devices, but sets values meant for one = name "
		"each device, or take the slave's own options out\n");
}

static void test_resolve_lets_an_absent_bond_claim_nothing(void **state)
{
	struct planning p;

	planning_start(&p,
		"bonds:\n"
		"  bond9: {absent: true}\n"
		"  bond0: {mode: active-backup, slaves: [eth0]}\n",
		MACHINE, NULL);
	assert_slaves(&p, "bond0", "eth0");
	assert_true(planning_goal(&p, "bond9")->absent);
	assert_int_equal(planning_goal(&p, "bond9")->opts.present, 0);
	planning_done(&p);
}

/* ---- values ---- */

static void test_resolve_fills_the_defaults_in(void **state)
{
	const struct nb_goal *goal;
	struct planning p;

	planning_start(&p,
		"settings: {drift: warn}\n"
		"bonds:\n"
		"  bond0: {mode: 802.3ad, slaves: [eth0]}\n"
		"  bond1: {mode: active-backup, arp-interval: 200, arp-ip-target: [192.0.2.1],\n"
		"    drift: ignore, slaves: [{name: eth2, prio: 4}]}\n",
		MACHINE, NULL);
	goal = planning_goal(&p, "bond0");
	assert_int_equal(nb_optset_u(&goal->opts, IFLA_BOND_MIIMON), 100);
	assert_int_equal(nb_optset_u(&goal->opts, IFLA_BOND_AD_ACTOR_SYS_PRIO), 65535);
	assert_false(nb_optset_has(&goal->opts, IFLA_BOND_ARP_INTERVAL));
	assert_int_equal(nb_optset_u(&goal->slaves[0].opts, IFLA_BOND_SLAVE_ACTOR_PORT_PRIO), 255);
	assert_int_equal(goal->drift, NB_DRIFT_WARN);
	assert_int_equal(goal->mtu, 0);
	assert_true(goal->link_local);
	goal = planning_goal(&p, "bond1");
	NB_CASE("miimon gives way to ARP monitoring");
	assert_true(nb_optset_has(&goal->opts, IFLA_BOND_MIIMON));
	assert_int_equal(nb_optset_u(&goal->opts, IFLA_BOND_MIIMON), 0);
	assert_false(nb_optset_has(&goal->opts, IFLA_BOND_AD_LACP_RATE));
	assert_int_equal(nb_optset_u(&goal->slaves[0].opts, IFLA_BOND_SLAVE_PRIO), 4);
	assert_int_equal(goal->drift, NB_DRIFT_IGNORE);
	planning_done(&p);
}

static void test_resolve_marks_addresses_and_routes_as_netbonds(void **state)
{
	const struct nb_goal *goal;
	struct planning p;

	planning_start(&p,
		"bonds: {bond0: {mode: balance-rr, slaves: [], addresses: [192.0.2.1/24],\n"
		"  routes: [{to: default, via: 192.0.2.9}]}}\n",
		MACHINE, NULL);
	goal = planning_goal(&p, "bond0");
	assert_int_equal(goal->n_addresses, 1);
	assert_int_equal(goal->addresses[0].proto, NB_PROTOCOL);
	assert_int_equal(goal->addresses[0].valid, NB_FOREVER);
	assert_int_equal(goal->n_routes, 1);
	assert_int_equal(goal->routes[0].protocol, NB_PROTOCOL);
	planning_done(&p);
}

static void test_resolve_refuses_a_named_option_this_kernel_does_not_know(void **state)
{
	static const char kernel[] = "kernel: {bond: [mode, miimon], slave: [queue-id]}\n";

	check_refused("bonds: {bond0: {mode: balance-rr, slaves: [], resend-igmp: 2}}\n", kernel,
		"error 1:47: bond0: this kernel does not know resend-igmp = take it out; it came "
		"with Linux 3.14\n");
	check_refused("bonds: {bond0: {mode: active-backup,\n"
		      "  slaves: [{name: eth0, prio: 1}]}}\n",
		"kernel: {bond: [mode, miimon], slave: [queue-id]}\nlinks: [eth0]\n",
		"error 2:25: bond0: this kernel does not know prio = take it out; it came with Linux "
		"6.0\n");
}

static void test_resolve_leaves_unnamed_and_sparse_options_to_the_kernel(void **state)
{
	struct planning p;

	NB_CASE("defaults this kernel does not know, and a primary it never showed");
	planning_start(&p,
		"bonds: {bond0: {mode: active-backup, slaves: [eth0], primary: eth0}}\n",
		"kernel: {bond: [mode, miimon], slave: [queue-id]}\nlinks: [eth0]\n", NULL);
	assert_int_equal(planning_resolve(&p), 0);
	planning_done(&p);
	NB_CASE("before any bond was seen nothing is known, and everything is tried");
	planning_start(&p, "bonds: {bond0: {mode: balance-rr, slaves: [], resend-igmp: 2}}\n",
		"links: []\n", NULL);
	p.state->known[NB_SCOPE_BOND] = 0;
	assert_int_equal(planning_resolve(&p), 0);
	planning_done(&p);
}

/* ---- order ---- */

static void test_resolve_puts_inner_bonds_before_outer_ones(void **state)
{
	NB_CLEANUP(nb_text_done) struct nb_text order = { 0 };
	struct planning p;

	planning_start(&p,
		"bonds:\n"
		"  top: {mode: active-backup, slaves: [middle]}\n"
		"  other: {mode: active-backup, slaves: [eth3]}\n"
		"  middle: {mode: active-backup, slaves: [low]}\n"
		"  low: {mode: active-backup, slaves: [eth0]}\n",
		MACHINE, NULL);
	assert_int_equal(planning_resolve(&p), 0);
	for (size_t i = 0; i < p.target->goals.n; i++)
		nb_text_add(&order, "%s ", nb_target_goal(p.target, i)->key);
	assert_string_equal(order.text, "other low middle top ");
	planning_done(&p);
}

static void test_resolve_finds_goals_by_place_and_name_or_key(void **state)
{
	struct nb_goal *goal;
	struct planning p;

	planning_start(&p,
		"namespaces: {storage: {}}\n"
		"bonds:\n"
		"  bond0: {mode: active-backup, slaves: [eth0]}\n"
		"  blue: {name: bond0, namespace: storage, mode: active-backup, slaves: [eth2]}\n",
		MACHINE, NULL);
	assert_int_equal(planning_resolve(&p), 0);
	goal = nb_target_find(p.target, "storage", "bond0");
	assert_non_null(goal);
	assert_string_equal(goal->key, "blue");
	assert_string_equal(nb_target_find(p.target, "", "bond0")->key, "bond0");
	assert_null(nb_target_find(p.target, "", "blue"));
	assert_non_null(nb_goal_find_slave(goal, "", "eth2"));
	assert_null(nb_goal_find_slave(goal, "storage", "eth2"));
	assert_null(nb_goal_find_slave(goal, "", "eth0"));
	assert_ptr_equal(nb_target_find_key(p.target, "blue"), nb_target_find(p.target, "storage", "bond0"));
	assert_ptr_equal(nb_target_find_key(p.target, "bond0"), nb_target_find(p.target, "", "bond0"));
	assert_null(nb_target_find_key(p.target, "storage"));
	NB_CASE("under another key");
	assert_int_equal(nb_target_set_key(p.target, goal, "green"), 0);
	assert_ptr_equal(nb_target_find_key(p.target, "green"), goal);
	assert_null(nb_target_find_key(p.target, "blue"));
	assert_ptr_equal(nb_target_find(p.target, "storage", "bond0"), goal);
	planning_done(&p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_resolve_names_mean_devices_and_their_altnames),
		cmocka_unit_test(test_resolve_takes_the_name_of_an_option_for_an_altname_too),
		cmocka_unit_test(test_resolve_of_bonds_alike_is_of_each_namespace),
		cmocka_unit_test(test_resolve_keeps_the_order_of_the_file),
		cmocka_unit_test(test_resolve_looks_in_the_target_namespace_before_its_own),
		cmocka_unit_test(test_resolve_follows_a_namespace_that_shares_another),
		cmocka_unit_test(test_resolve_waits_for_what_is_not_there_or_not_ready),
		cmocka_unit_test(test_resolve_finds_a_nic_that_netbond_moved_away),
		cmocka_unit_test(test_resolve_takes_a_bond_that_is_not_there_yet_as_a_slave),
		cmocka_unit_test(test_resolve_matches_by_every_member_together),
		cmocka_unit_test(test_resolve_never_matches_what_is_no_card_or_is_taken),
		cmocka_unit_test(test_resolve_leaves_to_a_bond_what_it_names),
		cmocka_unit_test(test_resolve_matches_the_target_namespace_before_its_own),
		cmocka_unit_test(test_resolve_waits_until_udev_has_named_what_matches),
		cmocka_unit_test(test_resolve_takes_values_meant_for_one_device_for_one_only),
		cmocka_unit_test(test_resolve_refuses_two_matches_that_overlap),
		cmocka_unit_test(test_resolve_refuses_one_device_by_two_names),
		cmocka_unit_test(test_resolve_tells_every_problem_at_once),
		cmocka_unit_test(test_resolve_lets_an_absent_bond_claim_nothing),
		cmocka_unit_test(test_resolve_fills_the_defaults_in),
		cmocka_unit_test(test_resolve_marks_addresses_and_routes_as_netbonds),
		cmocka_unit_test(test_resolve_refuses_a_named_option_this_kernel_does_not_know),
		cmocka_unit_test(test_resolve_leaves_unnamed_and_sparse_options_to_the_kernel),
		cmocka_unit_test(test_resolve_puts_inner_bonds_before_outer_ones),
		cmocka_unit_test(test_resolve_finds_goals_by_place_and_name_or_key),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
