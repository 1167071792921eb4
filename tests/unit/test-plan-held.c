/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What a plan holds and refuses, and how it says so. */
#include "tests/unit/plan-text.h"

/* ---- held ---- */

static void test_plan_says_what_is_held_and_how_to_release_it(void **state)
{
	NB_CLEANUP(nb_plan_freep) struct nb_plan *plan = NULL;
	struct planning p;

	planning_start(&p,
		"bonds: {bond0: {mode: 802.3ad, slaves: [eth0, eth1], lacp-rate: fast, mtu: 9000,\n"
		"  resend-igmp: 3}}\n",
		AD2, NULL);
	plan = plan_of(&p, (struct nb_policy){ .limit = NB_CLASS_SLAVE });
	assert_int_equal(plan->n_held, 2);
	assert_string_equal(plan->held[0].goal, "bond0");
	assert_int_equal(plan->held[0].class, NB_CLASS_DOWN);
	assert_false(plan->held[0].blocked);
	assert_plan(plan,
		"bond0: live\n"
		"   1. live    set bond0: resend-igmp 1 -> 3\n"
		"held: bond0: lacp-rate slow -> fast (the kernel takes it only while the bond is "
		"down)\n"
		"      to do it: --allow down\n"
		"held: bond0: mtu 1500 -> 9000 (every slave changes its MTU with the bond)\n"
		"      to do it: --allow down\n"
		"plan: 1 operation, class live, 2 held\n");
	planning_done(&p);
}

static void test_plan_never_has_an_operation_above_the_limit(void **state)
{
	static const char desired[] =
		"bonds:\n"
		"  bond0: {mode: 802.3ad, slaves: [eth1, eth2, eth4], mtu: 9000, resend-igmp: 3,\n"
		"    addresses: [192.0.2.1/24]}\n"
		"  bond1: {mode: active-backup, slaves: [eth3], link-local: false}\n"
		"  bond9: {absent: true}\n";
	static const char observed[] =
		"bonds:\n"
		"  bond0: {mode: active-backup, miimon: 100, slaves: [eth0, eth1]}\n"
		"  bond1: {mode: active-backup, miimon: 100, slaves: [eth2, eth3]}\n"
		"  bond9: {mode: active-backup, miimon: 100, slaves: [eth4, eth5]}\n"
		"links: [{name: bond0, addresses: [{address: 192.0.2.2/24, proto: netbond}]}]\n";
	size_t held = 100;

	for (unsigned limit = NB_CLASS_LIVE; limit <= NB_CLASS_REBUILD; limit++) {
		NB_CLEANUP(nb_plan_freep) struct nb_plan *plan = NULL;
		struct planning p;

		planning_start(&p, desired, observed, NULL);
		plan = plan_of(&p, (struct nb_policy){ .limit = limit });
		NB_CASE("%s: %zu operations, %zu held", nb_class_name(limit), plan->n_ops,
			plan->n_held);
		assert_true(nb_plan_class(plan) <= limit);
		assert_true(plan->n_held <= held);
		held = plan->n_held;
		planning_done(&p);
	}
	assert_int_equal(held, 0);
}

static void test_plan_asks_before_it_removes_what_carries_others(void **state)
{
	static const char vlan[] = AB2 "links: [{name: vlan5, kind: vlan, lower: bond0}]\n";
	struct planning p;

	for (unsigned asked = 0; asked < 2; asked++) {
		NB_CLEANUP(nb_plan_freep) struct nb_plan *plan = NULL;

		planning_start(&p, "bonds: {bond0: {absent: true}}\n", vlan, NULL);
		plan = plan_of(&p, (struct nb_policy){ .limit = NB_CLASS_REBUILD, .asked = asked });
		assert_int_equal(plan->n_ops, asked);
		assert_int_equal(plan->n_held, !asked);
		planning_done(&p);
	}
}

static void test_plan_holds_what_failed_and_says_so(void **state)
{
	static const struct nb_block blocks[] = {
		{ (char *)"bond0", (char *)"option resend-igmp", (char *)"Numerical result out of range" },
		{ (char *)"bond1", (char *)"option num-grat-arp", (char *)"of another bond" },
	};
	NB_CLEANUP(nb_plan_freep) struct nb_plan *plan = NULL;
	struct nb_policy policy = EVERYTHING;
	struct planning p;

	policy.blocks = blocks;
	policy.n_blocks = NB_ARRAY_SIZE(blocks);
	planning_start(&p,
		"bonds: {bond0: {mode: active-backup, slaves: [eth0, eth1], resend-igmp: 3,\n"
		"  num-grat-arp: 4}}\n",
		AB2, NULL);
	plan = plan_of(&p, policy);
	assert_true(plan->held[0].blocked);
	assert_plan(plan,
		"bond0: live\n"
		"   1. live    set bond0: num-grat-arp 1 -> 4\n"
		"held: bond0: resend-igmp 1 -> 3\n"
		"      it failed: Numerical result out of range; change the configuration to try "
		"again\n"
		"plan: 1 operation, class live, 1 held\n");
	planning_done(&p);
}

static void test_plan_leaves_a_namespace_that_failed(void **state)
{
	static const struct nb_block making[] = {
		{ (char *)"blue", (char *)NB_SUBJECT_NAMESPACE, (char *)"No space left on device" },
	};
	static const char objects[] =
		"objects: [{kind: namespace, namespace: blue, name: blue, made: true}]\n";
	NB_CLEANUP(nb_plan_freep) struct nb_plan *plan = NULL;
	struct nb_policy policy = EVERYTHING;
	struct planning p;

	policy.blocks = making;
	policy.n_blocks = 1;
	planning_start(&p, "namespaces: {blue: {}}\n", "links: []\n", NULL);
	plan = plan_of(&p, policy);
	assert_plan(plan, "plan: nothing to do\n");
	planning_done(&p);
	plan = nb_plan_free(plan);
	planning_start(&p, "bonds: {}\n", "namespaces: {blue: {}}\n", objects);
	plan = plan_of(&p, policy);
	assert_plan(plan,
		"held: blue: remove the namespace\n"
		"      it failed: No space left on device; change the configuration to try again\n"
		"plan: nothing to do, 1 held\n");
	planning_done(&p);
}

static const char *gate(void *context, const struct nb_goal *goal)
{
	return nb_streq(goal->key, context) ? "paused until noon" : NULL;
}

static void test_plan_leaves_a_gated_bond_alone_with_the_reason(void **state)
{
	NB_CLEANUP(nb_plan_freep) struct nb_plan *plan = NULL;
	struct nb_policy policy = EVERYTHING;
	struct planning p;

	policy.gate = gate;
	policy.gate_context = (char *)"bond0";
	planning_start(&p,
		"bonds:\n"
		"  bond0: {mode: active-backup, slaves: [eth0], resend-igmp: 3}\n"
		"  bond1: {mode: active-backup, slaves: [eth1], mac: 02:00:00:00:00:01}\n",
		AB2, NULL);
	plan = plan_of(&p, policy);
	assert_true(plan->held[0].gated);
	NB_CASE("and a slave that it keeps is no other's");
	assert_plan(plan,
		"bond1: live\n"
		"   1. live    create bond bond1: mode active-backup, miimon 100, mac "
		"02:00:00:00:00:01, up\n"
		"held: bond0: resend-igmp 1 -> 3\n"
		"      paused until noon\n"
		"held: bond0: remove slave eth1\n"
		"      paused until noon\n"
		"plan: 1 operation, class live, 2 held\n");
	planning_done(&p);
}

/* ---- refused ---- */

static void test_plan_refuses_one_bond_and_plans_the_others(void **state)
{
	NB_CLEANUP(nb_plan_freep) struct nb_plan *plan = NULL;
	struct planning p;

	planning_start(&p,
		"namespaces: {blue: {}}\n"
		"bonds:\n"
		"  bond0: {mode: active-backup, slaves: []}\n"
		"  bond1: {mode: active-backup, slaves: [], addresses: [192.0.2.1/24],\n"
		"    mac: 02:00:00:00:00:01}\n"
		"  bond2: {namespace: blue, mode: active-backup, slaves: [], mac: 02:00:00:00:00:01}\n",
		"links: [{name: bond0, kind: dummy}]\n", NULL);
	plan = plan_of(&p, EVERYTHING);
	assert_true(plan->refused);
	assert_plan(plan,
		"blue: live\n"
		"   1. live    create namespace blue\n"
		"bond1: live\n"
		"   2. live    create bond bond1: mode active-backup, miimon 100, mac "
		"02:00:00:00:00:01, up\n"
		"   3. live    add address 192.0.2.1/24 on bond1\n"
		"bond2: live\n"
		"   4. live    create bond bond2 (in blue): mode active-backup, miimon 100, mac "
		"02:00:00:00:00:01, up\n"
		"plan: 4 operations, class live\n");
	assert_planning_said(&p,
		"error 3:3: bond0: bond0 exists and is no bond but of kind dummy = rename or remove "
		"that device, or give the bond another name\n");
	planning_done(&p);
}

static void test_plan_refuses_a_name_that_is_taken_where_the_slave_goes(void **state)
{
	static const char objects[] =
		"objects: [{kind: nic, namespace: blue, name: lan0, ifindex: 9, made: true,\n"
		"  home: eth0, home-namespace: ''}]\n";
	NB_CLEANUP(nb_plan_freep) struct nb_plan *plan = NULL;
	struct planning p;

	planning_start(&p,
		"namespaces: {blue: {}, storage: {}}\n"
		"bonds: {bond0: {namespace: storage, mode: active-backup, slaves: [eth0]}}\n",
		"namespaces: {blue: {}, storage: {}}\n"
		"bonds: {bond0: {namespace: storage, mode: active-backup, miimon: 100, slaves: []}}\n"
		"links: [{name: lan0, ifindex: 9, namespace: blue},\n"
		"  {name: lan0, namespace: storage, kind: dummy}]\n",
		objects);
	plan = plan_of(&p, EVERYTHING);
	assert_true(plan->refused);
	assert_planning_said(&p,
		"error 2:9: bond0: slave lan0 cannot move to namespace storage: a device of that name "
		"is there = rename one of the two\n");
	NB_CASE("and what would go with it is left, run after run");
	assert_plan(plan, "plan: nothing to do\n");
	planning_done(&p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_plan_says_what_is_held_and_how_to_release_it),
		cmocka_unit_test(test_plan_never_has_an_operation_above_the_limit),
		cmocka_unit_test(test_plan_asks_before_it_removes_what_carries_others),
		cmocka_unit_test(test_plan_holds_what_failed_and_says_so),
		cmocka_unit_test(test_plan_leaves_a_namespace_that_failed),
		cmocka_unit_test(test_plan_leaves_a_gated_bond_alone_with_the_reason),
		cmocka_unit_test(test_plan_refuses_one_bond_and_plans_the_others),
		cmocka_unit_test(test_plan_refuses_a_name_that_is_taken_where_the_slave_goes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
