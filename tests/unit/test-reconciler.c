/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the daemon does about drift and failures, and when. */
#include "tests/unit/reconciler-world.h"

/* ---- the loop ---- */

static void test_reconciler_does_at_most_one_operation_a_turn(void **state)
{
	struct keeper k;

	keeper_start(&k);
	keeper_apply(&k, TWO);
	keeper_turns(&k);
	assert_int_equal(k.writes, 8);
	assert_int_equal(k.most_ops, 1);
	keeper_done(&k);
}

static void test_reconciler_sleeps_when_all_is_well(void **state)
{
	struct keeper k;

	keeper_start(&k);
	keeper_applied(&k, BOND);
	assert_false(k.work);
	assert_int_equal(k.alarms[NBD_ALARM_STEP], 0);
	assert_int_equal(k.alarms[NBD_ALARM_SLOW], k.now + 60 * SECOND);
	keeper_pass(&k, 600 * SECOND);
	assert_int_equal(k.observed, 10);
	assert_int_equal(k.writes, 0);
	keeper_done(&k);
}

/* ---- drift ---- */

static void test_reconciler_mends_drift_at_once(void **state)
{
	struct keeper k;

	keeper_start(&k);
	keeper_applied(&k, BOND);
	keeper_pass(&k, SECOND);
	keeper_foreign(&k, "set bond0 miimon=50");
	keeper_turns(&k);
	assert_int_equal(miimon(&k, "bond0"), 100);
	assert_int_equal(k.writes, 1);
	assert_int_equal(state_of(&k), NBD_IDLE);
	keeper_done(&k);
}

static void test_reconciler_sees_what_happened_while_it_worked(void **state)
{
	struct keeper k;

	keeper_start(&k);
	keeper_applied(&k, BOND);
	keeper_foreign(&k, "set bond0 miimon=50");
	while (!k.writes)
		assert_true(keeper_turn(&k));
	keeper_foreign(&k, "set bond0 active-slave=eth1");
	keeper_foreign(&k, "set bond0 resend-igmp=3");
	keeper_turns(&k);
	assert_int_equal(keeper_option(&k, "bond0", IFLA_BOND_RESEND_IGMP), 1);
	keeper_done(&k);
}

/* A tool that listens to the kernel, too, and is faster than the look after the repair. */
static void set_back(struct keeper *k, const struct nb_op *op)
{
	keeper_foreign(k, "set bond0 miimon=50");
}

static void test_reconciler_takes_a_fast_tool_for_a_fight(void **state)
{
	struct keeper k;

	keeper_start(&k);
	keeper_applied(&k, BOND);
	k.on_op = set_back;
	keeper_foreign(&k, "set bond0 miimon=50");
	keeper_pass(&k, 60 * SECOND);
	assert_in_range(k.writes, 6, 8);
	assert_non_null(strstr(keeper_log(&k), "(contested: "));
	k.on_op = NULL;
	keeper_pass(&k, 300 * SECOND);
	assert_int_equal(miimon(&k, "bond0"), 100);
	assert_int_equal(state_of(&k), NBD_IDLE);
	keeper_done(&k);
}

static void assert_left_alone(const char *yaml, const char *log)
{
	struct keeper k;

	keeper_start(&k);
	keeper_applied(&k, yaml);
	for (unsigned i = 0; i < 3; i++) {
		keeper_foreign(&k, "set bond0 miimon=50");
		keeper_pass(&k, SECOND);
	}
	assert_int_equal(miimon(&k, "bond0"), 50);
	assert_int_equal(k.writes, 0);
	assert_int_equal(state_of(&k), NBD_HELD);
	assert_string_equal(keeper_log(&k), log);
	keeper_done(&k);
}

static void test_reconciler_tells_what_it_leaves_alone_once(void **state)
{
	assert_left_alone("bonds: {bond0: {mode: active-backup, slaves: [eth0], drift: warn}}\n",
		"drift bond0: miimon 50 -> 100 (drift: warn)\n"
		"automatic 1: 0\nautomatic 1: 0\nautomatic 1: 0\n");
	assert_left_alone("bonds: {bond0: {mode: active-backup, slaves: [eth0], drift: ignore}}\n",
		"drift bond0: miimon 50 -> 100 (drift: ignore)\n"
		"automatic 1: 0\nautomatic 1: 0\nautomatic 1: 0\n");
}

static void test_reconciler_keeps_to_auto_disruption(void **state)
{
	struct keeper k;

	keeper_start(&k);
	keeper_applied(&k, "bonds: {bond0: {mode: 802.3ad, slaves: [eth0, eth1], lacp-rate: fast}}\n");
	keeper_foreign(&k, "set bond0 down");
	keeper_foreign(&k, "set bond0 lacp-rate=slow");
	keeper_foreign(&k, "set bond0 up");
	keeper_turns(&k);
	assert_int_equal(k.writes, 0);
	assert_int_equal(state_of(&k), NBD_HELD);
	keeper_done(&k);
}

static void test_reconciler_takes_a_late_slave_in_whatever_the_policy(void **state)
{
	struct nb_model_nic nic = { .name = "eth9", .up = true };
	struct keeper k;

	keeper_start(&k);
	keeper_applied(&k,
		"bonds: {bond0: {mode: active-backup, slaves: [eth0, eth9], drift: ignore}}\n");
	assert_true(nb_model_add_nic(k.model, &nic) > 0);
	nbd_reconciler_dirty(k.reconciler, "event");
	keeper_turns(&k);
	assert_non_null(strstr(keeper_log(&k), "enslave eth9"));
	keeper_done(&k);
}

/* ---- pauses ---- */

static void test_reconciler_pauses_a_bond_until_the_time_is_over(void **state)
{
	struct keeper k;

	keeper_start(&k);
	keeper_applied(&k, TWO);
	assert_int_equal(nbd_reconciler_pause(k.reconciler, "bond0", 30 * SECOND), 0);
	assert_int_equal(nbd_reconciler_paused(k.reconciler, "bond0"), k.now + 30 * SECOND);
	keeper_pass(&k, SECOND);
	keeper_foreign(&k, "set bond0 miimon=50");
	keeper_foreign(&k, "set bond1 miimon=50");
	keeper_pass(&k, 28 * SECOND);
	assert_int_equal(miimon(&k, "bond0"), 50);
	assert_int_equal(miimon(&k, "bond1"), 100);
	keeper_pass(&k, SECOND);
	assert_int_equal(miimon(&k, "bond0"), 100);
	assert_int_equal(nbd_reconciler_paused(k.reconciler, "bond0"), 0);
	keeper_done(&k);
}

static void test_reconciler_ends_a_pause_by_hand(void **state)
{
	struct keeper k;

	keeper_start(&k);
	keeper_applied(&k, BOND);
	assert_int_equal(nbd_reconciler_pause(k.reconciler, "bond9", SECOND), -ENOENT);
	assert_int_equal(nbd_reconciler_pause(k.reconciler, "bond0", 3600 * SECOND), 0);
	keeper_foreign(&k, "set bond0 miimon=50");
	keeper_pass(&k, 10 * SECOND);
	assert_int_equal(miimon(&k, "bond0"), 50);
	assert_int_equal(nbd_reconciler_pause(k.reconciler, "bond0", 0), 0);
	keeper_turns(&k);
	assert_int_equal(miimon(&k, "bond0"), 100);
	keeper_done(&k);
}

static void test_reconciler_pauses_through_an_apply(void **state)
{
	struct keeper k;

	keeper_start(&k);
	keeper_applied(&k, BOND);
	assert_int_equal(nbd_reconciler_pause(k.reconciler, "bond0", 3600 * SECOND), 0);
	keeper_foreign(&k, "set bond0 miimon=50");
	keeper_pass(&k, SECOND);
	keeper_applied(&k, BOND);
	assert_int_equal(miimon(&k, "bond0"), 100);
	keeper_foreign(&k, "set bond0 miimon=50");
	keeper_pass(&k, SECOND);
	assert_int_equal(miimon(&k, "bond0"), 50);
	keeper_done(&k);
}

/* ---- contests ---- */

/* Another tool that sets its value again whenever it lost it. Return: repairs within @usec. */
static unsigned fight(struct keeper *k, uint64_t usec)
{
	unsigned before = k->writes;

	for (uint64_t end = k->now + usec; k->now < end;) {
		if (miimon(k, "bond0") != 50)
			keeper_foreign(k, "set bond0 miimon=50");
		keeper_pass(k, SECOND);
	}
	return k->writes - before;
}

static void test_reconciler_stops_fighting_after_five_repairs(void **state)
{
	struct keeper k;

	keeper_start(&k);
	keeper_applied(&k, TWO);
	assert_int_equal(fight(&k, 9 * SECOND), 5);
	assert_int_equal(miimon(&k, "bond0"), 50);
	assert_non_null(strstr(keeper_log(&k),
		"drift bond0: miimon 50 -> 100 (contested: another tool keeps changing it"));
	/* Its neighbour is looked after as ever. */
	keeper_foreign(&k, "set bond1 miimon=50");
	keeper_turns(&k);
	assert_int_equal(miimon(&k, "bond1"), 100);
	keeper_done(&k);
}

static void test_reconciler_counts_once_what_it_repairs_beside_a_contested_bond(void **state)
{
	struct keeper k;

	keeper_start(&k);
	keeper_applied(&k, TWO);
	assert_int_equal(fight(&k, 5 * SECOND), 5);
	NB_CASE("bond0 is contested by the same plan that repairs bond1");
	keeper_untold(&k, "set bond1 miimon=50");
	assert_int_equal(fight(&k, SECOND), 1);
	assert_int_equal(miimon(&k, "bond0"), 50);
	for (unsigned i = 2; i <= 5; i++) {
		keeper_foreign(&k, "set bond1 miimon=50");
		keeper_pass(&k, SECOND / 2);
		NB_CASE("repair %u of bond1", i);
		assert_int_equal(miimon(&k, "bond1"), 100);
	}
	keeper_foreign(&k, "set bond1 miimon=50");
	keeper_pass(&k, SECOND / 2);
	assert_int_equal(miimon(&k, "bond1"), 50);
	keeper_done(&k);
}

static void test_reconciler_doubles_what_it_waits_for_a_contested_bond(void **state)
{
	struct keeper k;

	keeper_start(&k);
	keeper_applied(&k, BOND);
	/* 5 repairs, then one after 10, 20, 40, 80, 160, 300, 300 ... seconds */
	assert_int_equal(fight(&k, 9 * SECOND), 5);
	assert_int_equal(fight(&k, (10 + 20 + 40 + 80 + 160) * SECOND), 5);
	assert_in_range(fight(&k, 3000 * SECOND), 9, 10);
	keeper_done(&k);
}

static void test_reconciler_recovers_when_the_fight_ends(void **state)
{
	struct keeper k;

	keeper_start(&k);
	keeper_applied(&k, BOND);
	assert_int_equal(fight(&k, 9 * SECOND), 5);
	keeper_pass(&k, 10 * SECOND);
	assert_int_equal(miimon(&k, "bond0"), 100);
	assert_int_equal(state_of(&k), NBD_IDLE);
	keeper_pass(&k, 600 * SECOND);
	assert_int_equal(fight(&k, 5 * SECOND), 5);
	keeper_done(&k);
}

static void test_reconciler_takes_slow_changes_for_no_fight(void **state)
{
	struct keeper k;

	keeper_start(&k);
	keeper_applied(&k, BOND);
	for (unsigned i = 0; i < 20; i++) {
		keeper_foreign(&k, "set bond0 miimon=50");
		keeper_pass(&k, 7 * SECOND);
		assert_int_equal(miimon(&k, "bond0"), 100);
	}
	keeper_done(&k);
}

static void test_reconciler_forgets_a_fight_with_a_new_configuration(void **state)
{
	struct keeper k;

	keeper_start(&k);
	keeper_applied(&k, BOND);
	assert_int_equal(fight(&k, 9 * SECOND), 5);
	keeper_applied(&k, BOND);
	assert_int_equal(miimon(&k, "bond0"), 100);
	assert_int_equal(fight(&k, 3 * SECOND), 3);
	keeper_done(&k);
}

/* ---- failures ---- */

static void test_reconciler_tries_again_later_and_later(void **state)
{
	static const unsigned waits[] = { 1, 2, 4, 8, 16, 32, 60, 60 };
	struct keeper k;

	keeper_start(&k);
	k.observe_r = -EIO;
	keeper_apply(&k, BOND);
	keeper_turns(&k);
	for (size_t i = 0; i < NB_ARRAY_SIZE(waits); i++) {
		assert_int_equal(state_of(&k), NBD_BACKOFF);
		assert_int_equal(k.alarms[NBD_ALARM_STEP], k.now + waits[i] * SECOND);
		keeper_pass(&k, waits[i] * SECOND);
		assert_int_equal(k.runs, i + 2);
	}
	k.observe_r = 0;
	keeper_pass(&k, 60 * SECOND);
	assert_int_equal(k.result, NB_RESULT_CONVERGED);
	assert_int_equal(miimon(&k, "bond0"), 100);
	keeper_done(&k);
}

static void test_reconciler_looks_after_the_rest_during_a_backoff(void **state)
{
	struct keeper k;

	keeper_start(&k);
	k.observe_r = -EIO;
	keeper_apply(&k, BOND);
	keeper_turns(&k);
	k.observe_r = 0;
	keeper_pass(&k, SECOND / 10);
	nbd_reconciler_dirty(k.reconciler, "event");
	keeper_pass(&k, SECOND / 2);
	assert_int_equal(k.result, NB_RESULT_CONVERGED);
	assert_int_equal(state_of(&k), NBD_IDLE);
	keeper_done(&k);
}

static void test_reconciler_does_not_try_more_often_in_a_storm(void **state)
{
	struct keeper k;

	keeper_start(&k);
	k.observe_r = -EIO;
	keeper_apply(&k, BOND);
	keeper_turns(&k);
	assert_int_equal(k.alarms[NBD_ALARM_STEP], k.now + SECOND);
	for (unsigned i = 0; i < 8; i++) {
		keeper_pass(&k, SECOND / 10);
		nbd_reconciler_dirty(k.reconciler, "event");
		keeper_turns(&k);
	}
	assert_int_equal(state_of(&k), NBD_BACKOFF);
	assert_int_equal(k.alarms[NBD_ALARM_STEP], k.now + SECOND / 5);
	keeper_done(&k);
}

static void test_reconciler_does_not_repeat_what_failed(void **state)
{
	struct keeper k;
	unsigned writes;

	keeper_start(&k);
	keeper_applied(&k, BOND);
	k.fail = EINVAL;
	keeper_foreign(&k, "set bond0 miimon=50");
	keeper_pass(&k, 10 * SECOND);
	writes = k.writes;
	assert_in_range(writes, 1, 2);
	keeper_pass(&k, 3600 * SECOND);
	assert_int_equal(k.writes, writes);
	/* Another configuration is another attempt. */
	k.fail = 0;
	keeper_applied(&k, BOND);
	assert_int_equal(miimon(&k, "bond0"), 100);
	keeper_done(&k);
}

#define TEST(name) cmocka_unit_test(test_reconciler_##name)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(does_at_most_one_operation_a_turn),
		TEST(sleeps_when_all_is_well),
		TEST(mends_drift_at_once),
		TEST(sees_what_happened_while_it_worked),
		TEST(takes_a_fast_tool_for_a_fight),
		TEST(tells_what_it_leaves_alone_once),
		TEST(keeps_to_auto_disruption),
		TEST(takes_a_late_slave_in_whatever_the_policy),
		TEST(pauses_a_bond_until_the_time_is_over),
		TEST(ends_a_pause_by_hand),
		TEST(pauses_through_an_apply),
		TEST(stops_fighting_after_five_repairs),
		TEST(counts_once_what_it_repairs_beside_a_contested_bond),
		TEST(doubles_what_it_waits_for_a_contested_bond),
		TEST(recovers_when_the_fight_ends),
		TEST(takes_slow_changes_for_no_fight),
		TEST(forgets_a_fight_with_a_new_configuration),
		TEST(tries_again_later_and_later),
		TEST(looks_after_the_rest_during_a_backoff),
		TEST(does_not_try_more_often_in_a_storm),
		TEST(does_not_repeat_what_failed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
