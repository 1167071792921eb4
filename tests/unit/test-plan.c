/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What a plan says of its operations, and their order; tests/golden shows which they are. */
#include "tests/unit/plan-text.h"

#include "lib/yaml/emit.h"

/* ---- the whole ---- */

static void test_plan_of_what_is_as_wanted_is_empty(void **state)
{
	NB_CLEANUP(nb_plan_freep) struct nb_plan *plan = NULL;
	struct planning p;

	planning_start(&p, "bonds: {bond0: {mode: active-backup, slaves: [eth0, eth1]}}\n", AB2, NULL);
	plan = plan_of(&p, EVERYTHING);
	assert_int_equal(plan->n_ops, 0);
	assert_int_equal(plan->n_held, 0);
	assert_false(plan->refused);
	assert_int_equal(nb_plan_class(plan), NB_CLASS_LIVE);
	assert_plan(plan, "plan: nothing to do\n");
	planning_done(&p);
}

static void test_plan_class_is_that_of_its_worst_operation(void **state)
{
	NB_CLEANUP(nb_plan_freep) struct nb_plan *plan = NULL;
	struct planning p;

	planning_start(&p,
		"bonds:\n"
		"  bond0: {mode: 802.3ad, slaves: [eth0, eth1], lacp-rate: fast}\n"
		"  bond1: {mode: active-backup, slaves: [], mac: 02:00:00:00:00:01}\n",
		AD2, NULL);
	plan = plan_of(&p, EVERYTHING);
	assert_int_equal(nb_plan_class(plan), NB_CLASS_DOWN);
	assert_plan(plan,
		"bond0: down\n"
		"   1. down    set bond0: down\n"
		"               (lacp-rate: the kernel takes it only while the bond is down)\n"
		"   2. down    set bond0: lacp-rate slow -> fast, up\n"
		"               (lacp-rate: the kernel takes it only while the bond is down)\n"
		"bond1: live\n"
		"   3. live    create bond bond1: mode active-backup, miimon 100, mac "
		"02:00:00:00:00:01, up\n"
		"plan: 3 operations, class down\n");
	planning_done(&p);
}

static void test_plan_is_the_same_for_the_same_inputs_and_changes_none(void **state)
{
	static const char desired[] =
		"namespaces: {blue: {}}\n"
		"bonds:\n"
		"  bond0: {mode: 802.3ad, slaves: [eth1, eth2], addresses: [192.0.2.1/24]}\n"
		"  bond1: {namespace: blue, mode: balance-rr, slaves: [eth3]}\n";
	static const char observed[] = AB2 "links: [eth2, {name: eth3, addresses: [192.0.2.9/24]}]\n";
	NB_CLEANUP(nb_text_done) struct nb_text first = { 0 }, second = { 0 }, before = { 0 },
						after = { 0 };
	struct nb_plan *plan;
	struct planning p;
	uint64_t token;

	planning_start(&p, desired, observed, NULL);
	assert_int_equal(nb_yaml_emit_state(p.state, &before), 0);
	plan = plan_of(&p, EVERYTHING);
	nb_plan_format(plan, &first);
	token = nb_plan_token(plan);
	nb_plan_free(plan);
	plan = plan_of(&p, EVERYTHING);
	nb_plan_format(plan, &second);
	assert_true(nb_plan_token(plan) == token);
	nb_plan_free(plan);
	assert_string_equal(second.text, first.text);
	assert_int_equal(nb_yaml_emit_state(p.state, &after), 0);
	assert_string_equal(after.text, before.text);
	planning_done(&p);
}

static uint64_t token_of(const char *desired, const char *observed)
{
	NB_CLEANUP(nb_plan_freep) struct nb_plan *plan = NULL;
	struct planning p;
	uint64_t token;

	planning_start(&p, desired, observed, NULL);
	plan = plan_of(&p, EVERYTHING);
	token = nb_plan_token(plan);
	planning_done(&p);
	return token;
}

static void test_plan_token_tells_plans_apart(void **state)
{
	static const char *const desired[] = {
		"bonds: {bond0: {mode: active-backup, slaves: [eth0, eth1]}}\n",
		"bonds: {bond0: {mode: active-backup, slaves: [eth0, eth1], resend-igmp: 2}}\n",
		"bonds: {bond0: {mode: active-backup, slaves: [eth0, eth1], resend-igmp: 3}}\n",
		"bonds: {bond0: {mode: active-backup, slaves: [eth0, eth1], addresses: [192.0.2.1/24]}}\n",
		"bonds: {bond0: {mode: active-backup, slaves: [eth0, eth1], addresses: [192.0.2.1/25]}}\n",
	};

	for (size_t i = 0; i < NB_ARRAY_SIZE(desired); i++) {
		assert_true(token_of(desired[i], AB2) == token_of(desired[i], AB2));
		for (size_t k = 0; k < i; k++)
			assert_true(token_of(desired[i], AB2) != token_of(desired[k], AB2));
	}
	NB_CASE("a bond that was remade is another bond");
	assert_true(token_of(desired[1], AB2 "links: [{name: bond0, ifindex: 10}]\n") !=
		    token_of(desired[1], AB2 "links: [{name: bond0, ifindex: 11}]\n"));
}

/* ---- operations ---- */

static void test_plan_operations_know_what_they_serve(void **state)
{
	NB_CLEANUP(nb_plan_freep) struct nb_plan *plan = NULL;
	const struct nb_op *op;
	struct planning p;

	planning_start(&p,
		"bonds: {front: {name: bond0, mode: active-backup, slaves: [eth0, eth1, eth2],\n"
		"  resend-igmp: 3}}\n",
		AB2 "links: [{name: bond0, ifindex: 40}, {name: eth2, ifindex: 7}]\n", NULL);
	plan = plan_of(&p, EVERYTHING);
	op = op_of(plan, "set bond0: resend-igmp 1 -> 3");
	assert_string_equal(op->goal, "front");
	assert_string_equal(op->subject, "option resend-igmp");
	assert_int_equal(op->ifindex, 40);
	op = op_of(plan, "enslave eth2 to bond0 (down first)");
	assert_string_equal(op->goal, "front");
	assert_string_equal(op->subject, "slave eth2");
	assert_int_equal(op->ifindex, 7);
	assert_string_equal(op->master, "bond0");
	planning_done(&p);
}

static void test_plan_looks_up_by_name_what_it_makes(void **state)
{
	NB_CLEANUP(nb_plan_freep) struct nb_plan *plan = NULL;
	struct planning p;

	planning_start(&p,
		"namespaces: {blue: {}}\n"
		"bonds: {bond0: {namespace: blue, mode: active-backup, slaves: [eth0],\n"
		"  addresses: [192.0.2.1/24]}}\n",
		"links: [{name: eth0, ifindex: 7}]\n", NULL);
	plan = plan_of(&p, EVERYTHING);
	assert_int_equal(op_of(plan, "move eth0 to namespace blue")->ifindex, 7);
	assert_int_equal(op_of(plan, "enslave eth0 (in blue) to bond0")->ifindex, 0);
	assert_int_equal(op_of(plan, "add address 192.0.2.1/24 on bond0 (in blue)")->ifindex, 0);
	assert_string_equal(op_of(plan, "create namespace blue")->namespace, "blue");
	planning_done(&p);
}

static void test_plan_marks_what_brings_a_bond_back_into_service(void **state)
{
	static const struct {
		const char *description;
		bool tail;
	} cases[] = {
		{ "set bond0: down", false },
		{ "release eth0 from bond0", false },
		{ "release eth1 from bond0", false },
		{ "enslave eth1 to bond0", true },
		{ "add address 192.0.2.1/24 on bond0", true },
		{ "delete address 192.0.2.2/24 from bond0", false },
		{ "add address 2001:db8::5/64 on bond0", true },
		{ "add route 198.51.100.0/24 on bond0", true },
	};
	NB_CLEANUP(nb_plan_freep) struct nb_plan *plan = NULL;
	struct planning p;
	unsigned up = 0;

	planning_start(&p,
		"bonds: {bond0: {mode: balance-rr, slaves: [eth1], addresses: [192.0.2.1/24]}}\n",
		AB2 "links: [{name: bond0, addresses: ['2001:db8::5/64',\n"
		    "  {address: 192.0.2.2/24, proto: netbond}],\n"
		    "  routes: [{to: 198.51.100.0/24, protocol: static}]}]\n",
		NULL);
	plan = plan_of(&p, EVERYTHING);
	for (size_t i = 0; i < NB_ARRAY_SIZE(cases); i++) {
		NB_CASE("%s", cases[i].description);
		assert_int_equal(!!(op_of(plan, cases[i].description)->flags & NB_OP_TAIL),
			cases[i].tail);
	}
	for (size_t i = 0; i < plan->n_ops; i++) {
		if (plan->ops[i].kind == NB_OP_BOND_SET) {
			assert_true(plan->ops[i].set & NB_SET_UP);
			assert_true(plan->ops[i].flags & NB_OP_TAIL);
			up++;
		}
	}
	assert_int_equal(up, 1);
	planning_done(&p);
}

static void check_wait(const char *options, unsigned expected)
{
	NB_CLEANUP(nb_plan_freep) struct nb_plan *plan = NULL;
	NB_CLEANUP(nb_text_done) struct nb_text desired = { 0 }, observed = { 0 };
	struct planning p;
	unsigned waits = 0;

	NB_CASE("%s: %u ms", options, expected);
	nb_text_add(&desired, "bonds: {bond0: {%s, slaves: [eth0]}}\n", options);
	nb_text_add(&observed, "bonds: {bond0: {%s, slaves: [eth0, eth1]}}\n", options);
	planning_start(&p, desired.text, observed.text, NULL);
	plan = plan_of(&p, EVERYTHING);
	for (size_t i = 0; i < plan->n_ops; i++) {
		if (plan->ops[i].kind != NB_OP_WAIT_USABLE)
			continue;
		assert_int_equal(plan->ops[i].timeout_ms, expected);
		assert_int_equal(plan->ops[i].settle_ms, strstr(options, "802.3ad") ? 1000 : 0);
		assert_string_equal(plan->ops[i].master, "eth1");
		waits++;
	}
	assert_int_equal(waits, 1);
	planning_done(&p);
}

static void test_plan_waits_as_long_as_a_slave_may_take(void **state)
{
	check_wait("mode: active-backup, miimon: 100", 5200);
	check_wait("mode: active-backup, miimon: 1000, updelay: 30000", 37000);
	check_wait("mode: active-backup, arp-interval: 2000, arp-ip-target: [192.0.2.1]", 11000);
	check_wait("mode: 802.3ad, miimon: 100", 40000);
	check_wait("mode: 802.3ad, miimon: 1000, updelay: 60000", 67000);
}

/* The first three steps of a change of modes, with what is told of a bond and its slaves. */
static void check_leaving(const char *bond, const char *links, const char *const steps[3])
{
	NB_CLEANUP(nb_plan_freep) struct nb_plan *plan = NULL;
	NB_CLEANUP(nb_text_done) struct nb_text observed = { 0 };
	struct planning p;

	nb_text_add(&observed, "bonds: {bond0: {mode: active-backup, miimon: 100, slaves: [eth0, eth1]}}\n"
		"links: [{name: bond0%s}%s]\n", bond, links);
	planning_start(&p, "bonds: {bond0: {mode: balance-rr, slaves: [eth0, eth1]}}\n",
		observed.text, NULL);
	plan = plan_of(&p, EVERYTHING);
	for (size_t i = 0; i < 3; i++) {
		NB_CLEANUP(nb_text_done) struct nb_text text = { 0 };

		nb_op_describe(&plan->ops[i], &text);
		assert_string_equal(text.text, steps[i]);
	}
	planning_done(&p);
}

static void test_plan_takes_a_bond_down_when_only_the_slave_in_use_is_left(void **state)
{
	static const char *const eth0_last[] = { "release eth1 from bond0", "set bond0: down",
		"release eth0 from bond0" };
	static const char *const eth1_last[] = { "release eth0 from bond0", "set bond0: down",
		"release eth1 from bond0" };
	static const char *const at_once[] = { "set bond0: down", "release eth0 from bond0",
		"release eth1 from bond0" };

	check_leaving("", "", eth0_last);
	check_leaving(", bond-state: {active-slave: eth1}", "", eth1_last);
	NB_CASE("the first one has no link");
	check_leaving("", ", {name: eth0, carrier: false}", eth1_last);
	NB_CASE("none is in use");
	check_leaving("", ", {name: eth0, carrier: false}, {name: eth1, carrier: false}", at_once);
}

static void test_plan_tells_that_peers_of_balance_alb_learn_late(void **state)
{
	NB_CLEANUP(nb_plan_freep) struct nb_plan *plan = NULL;
	struct planning p;

	planning_start(&p, "bonds: {bond0: {mode: balance-alb, slaves: [eth0]}}\n",
		"bonds: {bond0: {mode: balance-alb, miimon: 100, slaves: [eth0, eth1]}}\n", NULL);
	plan = plan_of(&p, EVERYTHING);
	assert_plan(plan,
		"bond0: slave\n"
		"   1. slave   wait until a slave of bond0 other than eth1 is usable (at most 5 s)\n"
		"   2. slave   release eth1 from bond0\n"
		"               (some peers send to its MAC for about 2 s more)\n"
		"plan: 2 operations, class slave\n");
	planning_done(&p);
}

static void test_plan_sends_along_only_what_this_kernel_knows(void **state)
{
	NB_CLEANUP(nb_plan_freep) struct nb_plan *plan = NULL;
	const struct nb_op *op;
	struct planning p;

	planning_start(&p, "bonds: {bond0: {mode: balance-xor, slaves: []}}\n",
		"kernel: {bond: [mode, miimon, updelay, xmit-hash-policy]}\n"
		"bonds: {bond0: {mode: active-backup, miimon: 100, slaves: []}}\n",
		NULL);
	plan = plan_of(&p, EVERYTHING);
	op = NULL;
	for (size_t i = 0; i < plan->n_ops; i++)
		op = plan->ops[i].kind == NB_OP_BOND_SET ? &plan->ops[i] : op;
	assert_non_null(op);
	assert_true(nb_optset_has(&op->opts, IFLA_BOND_UPDELAY));
	assert_true(nb_optset_has(&op->opts, IFLA_BOND_XMIT_HASH_POLICY));
	assert_false(nb_optset_has(&op->opts, IFLA_BOND_DOWNDELAY));
	assert_false(nb_optset_has(&op->opts, IFLA_BOND_PEER_NOTIF_DELAY));
	planning_done(&p);
}

static void test_plan_gives_each_bond_without_slaves_a_spare_mac_of_its_own(void **state)
{
	NB_CLEANUP(nb_plan_freep) struct nb_plan *plan = NULL;
	struct nb_policy policy = EVERYTHING;
	struct planning p;

	memcpy(policy.spare_mac, (uint8_t[]){ 2, 0, 0, 0, 0, 0x99 }, 6);
	planning_start(&p,
		"bonds:\n"
		"  bond0: {mode: active-backup, slaves: [eth9]}\n"
		"  bond1: {mode: active-backup, slaves: []}\n",
		"links: []\n", NULL);
	plan = plan_of(&p, policy);
	assert_int_equal(plan->n_ops, 2);
	for (size_t i = 0; i < plan->n_ops; i++) {
		assert_true(plan->ops[i].set & NB_SET_MAC);
		assert_int_equal(plan->ops[i].mac[0], 2);
	}
	assert_memory_not_equal(plan->ops[0].mac, plan->ops[1].mac, 6);
	planning_done(&p);
}

/* ---- order ---- */

static void test_plan_notes_the_order_of_slaves_and_mends_it_when_asked(void **state)
{
	NB_CLEANUP(nb_plan_freep) struct nb_plan *plan = NULL;
	struct nb_policy policy = EVERYTHING;
	struct planning p;

	planning_start(&p, "bonds: {bond0: {mode: active-backup, slaves: [eth1, eth0]}}\n", AB2, NULL);
	plan = plan_of(&p, policy);
	assert_int_equal(plan->n_ops, 0);
	assert_int_equal(plan->n_held, 0);
	assert_planning_said(&p,
		"note 1:9: bond0: the slaves are in another order than the file lists them = apply "
		"--reorder mends it, one slave at a time\n");
	policy.reorder = true;
	plan = nb_plan_free(plan);
	plan = plan_of(&p, policy);
	assert_int_equal(nb_plan_class(plan), NB_CLASS_SLAVE);
	assert_non_null(op_of(plan, "release eth0 from bond0"));
	assert_non_null(op_of(plan, "enslave eth0 to bond0"));
	planning_done(&p);
}

static void test_plan_lets_the_loser_of_a_slave_go_first(void **state)
{
	NB_CLEANUP(nb_plan_freep) struct nb_plan *plan = NULL;
	struct planning p;

	planning_start(&p,
		"bonds:\n"
		"  bond0: {mode: balance-rr, slaves: [eth0, eth2]}\n"
		"  bond1: {mode: balance-rr, slaves: [eth3]}\n",
		"bonds:\n"
		"  bond0: {mode: balance-rr, miimon: 100, slaves: [eth0]}\n"
		"  bond1: {mode: balance-rr, miimon: 100, slaves: [eth2]}\n"
		"links: [eth3]\n",
		NULL);
	plan = plan_of(&p, EVERYTHING);
	assert_plan(plan,
		"bond1: slave\n"
		"   1. live    enslave eth3 to bond1 (down first)\n"
		"   2. slave   wait until a slave of bond1 other than eth2 is usable (at most 5 s)\n"
		"   3. slave   release eth2 from bond1\n"
		"bond0: live\n"
		"   4. live    enslave eth2 to bond0\n"
		"plan: 4 operations, class slave\n");
	planning_done(&p);
}

static void test_plan_breaks_a_circle_of_slaves(void **state)
{
	NB_CLEANUP(nb_plan_freep) struct nb_plan *plan = NULL;
	struct planning p;

	planning_start(&p,
		"bonds:\n"
		"  bond0: {mode: balance-rr, slaves: [eth0, eth3]}\n"
		"  bond1: {mode: balance-rr, slaves: [eth2, eth1]}\n",
		"bonds:\n"
		"  bond0: {mode: balance-rr, miimon: 100, slaves: [eth0, eth1]}\n"
		"  bond1: {mode: balance-rr, miimon: 100, slaves: [eth2, eth3]}\n",
		NULL);
	plan = plan_of(&p, EVERYTHING);
	assert_plan(plan,
		"bond0: slave\n"
		"   1. slave   wait until a slave of bond0 other than eth1 is usable (at most 5 s)\n"
		"   2. slave   release eth1 from bond0\n"
		"bond1: slave\n"
		"   3. live    enslave eth1 to bond1\n"
		"   4. slave   wait until a slave of bond1 other than eth3 is usable (at most 5 s)\n"
		"   5. slave   release eth3 from bond1\n"
		"bond0: slave\n"
		"   6. live    enslave eth3 to bond0\n"
		"plan: 6 operations, class slave\n");
	planning_done(&p);
}

static void test_plan_opens_a_circle_where_another_slave_is(void **state)
{
	NB_CLEANUP(nb_plan_freep) struct nb_plan *plan = NULL;
	struct planning p;

	/* bond0 has no slave that stays, bond1 has one: nothing is held at class slave. */
	planning_start(&p,
		"bonds:\n"
		"  bond0: {mode: balance-rr, slaves: [eth3]}\n"
		"  bond1: {mode: balance-rr, slaves: [eth2, eth1]}\n",
		"bonds:\n"
		"  bond0: {mode: balance-rr, miimon: 100, slaves: [eth1]}\n"
		"  bond1: {mode: balance-rr, miimon: 100, slaves: [eth2, eth3]}\n",
		NULL);
	plan = plan_of(&p, (struct nb_policy){ .limit = NB_CLASS_SLAVE });
	assert_plan(plan,
		"bond1: slave\n"
		"   1. slave   wait until a slave of bond1 other than eth3 is usable (at most 5 s)\n"
		"   2. slave   release eth3 from bond1\n"
		"bond0: slave\n"
		"   3. live    enslave eth3 to bond0\n"
		"   4. slave   wait until a slave of bond0 other than eth1 is usable (at most 5 s)\n"
		"   5. slave   release eth1 from bond0\n"
		"bond1: slave\n"
		"   6. live    enslave eth1 to bond1\n"
		"plan: 6 operations, class slave\n");
	planning_done(&p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_plan_of_what_is_as_wanted_is_empty),
		cmocka_unit_test(test_plan_class_is_that_of_its_worst_operation),
		cmocka_unit_test(test_plan_is_the_same_for_the_same_inputs_and_changes_none),
		cmocka_unit_test(test_plan_token_tells_plans_apart),
		cmocka_unit_test(test_plan_operations_know_what_they_serve),
		cmocka_unit_test(test_plan_looks_up_by_name_what_it_makes),
		cmocka_unit_test(test_plan_marks_what_brings_a_bond_back_into_service),
		cmocka_unit_test(test_plan_waits_as_long_as_a_slave_may_take),
		cmocka_unit_test(test_plan_takes_a_bond_down_when_only_the_slave_in_use_is_left),
		cmocka_unit_test(test_plan_tells_that_peers_of_balance_alb_learn_late),
		cmocka_unit_test(test_plan_sends_along_only_what_this_kernel_knows),
		cmocka_unit_test(test_plan_gives_each_bond_without_slaves_a_spare_mac_of_its_own),
		cmocka_unit_test(test_plan_notes_the_order_of_slaves_and_mends_it_when_asked),
		cmocka_unit_test(test_plan_lets_the_loser_of_a_slave_go_first),
		cmocka_unit_test(test_plan_breaks_a_circle_of_slaves),
		cmocka_unit_test(test_plan_opens_a_circle_where_another_slave_is),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
