/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* At how much the daemon looks, and when it looks at everything. */
#include "tests/unit/reconciler-world.h"

/* ---- a look at a part ---- */

static int index_of(struct keeper *k, const char *name)
{
	NB_CLEANUP(nb_state_freep) struct nb_state *state = NULL;
	const struct nb_link *link;

	assert_int_equal(nb_model_exec_ops()->observe(k->model, NULL, 0, &state, NULL), 0);
	link = nb_netns_find(state->namespaces[0], name);
	assert_non_null(link);
	return link->ifindex;
}

static void test_reconciler_does_not_observe_all_for_nothing(void **state)
{
	struct keeper k;
	uint64_t slow;

	keeper_start(&k);
	keeper_applied(&k, TWO);
	slow = k.alarms[NBD_ALARM_SLOW];
	k.now += SECOND;
	keeper_touched(&k, index_of(&k, "eth0"));
	assert_int_equal(state_of(&k), NBD_OBSERVING);
	keeper_turns(&k);
	assert_int_equal(state_of(&k), NBD_IDLE);
	assert_int_equal(k.looked, 1);
	assert_int_equal(k.observed + k.runs + k.writes, 0);
	/* The look at everything is not put off by it. */
	assert_int_equal(k.alarms[NBD_ALARM_SLOW], slow);
	keeper_pass(&k, 60 * SECOND);
	assert_int_equal(k.observed, 1);
	keeper_done(&k);
}

/* eth0 of bond0, and the kernel tells of both. */
static void take_out(struct keeper *k)
{
	keeper_untold(k, "release eth0");
	keeper_touched(k, index_of(k, "eth0"));
	keeper_touched(k, index_of(k, "bond0"));
}

static void test_reconciler_mends_drift_without_a_look_at_everything(void **state)
{
	struct keeper k;
	uint64_t slow;

	keeper_start(&k);
	keeper_applied(&k, TWO);
	slow = k.alarms[NBD_ALARM_SLOW];
	for (unsigned i = 1; i <= 2; i++) {
		const struct nbd_seen *seen;

		k.now += SECOND;
		take_out(&k);
		/* No clock in between, and what is to be done is done in the first turn. */
		assert_true(k.work && !k.alarms[NBD_ALARM_STEP]);
		keeper_turn(&k);
		assert_int_equal(k.writes, i);
		keeper_turns(&k);
		assert_string_equal(
			keeper_log(&k), "mends enslave eth0 to bond0\nautomatic 0: 1\n");
		nb_text_done(&k.log);
		assert_int_equal(k.result, NB_RESULT_CONVERGED);
		assert_int_equal(k.observed, 0);
		assert_int_equal(k.looked, 2 * i); /* the second one verifies */
		seen = nbd_reconciler_seen(k.reconciler);
		assert_true(seen->part && nb_touches_has(&seen->changed, "", index_of(&k, "eth0")));
		assert_int_equal(seen->target->goals.n, 2);
		assert_int_equal(seen->target->n_scope, 1);
	}
	assert_int_equal(k.alarms[NBD_ALARM_SLOW], slow);
	/* Nothing was told of the other one: it is seen when everything is looked at. */
	keeper_untold(&k, "set bond1 miimon=50");
	take_out(&k);
	keeper_turns(&k);
	assert_int_equal(miimon(&k, "bond1"), 50);
	keeper_pass(&k, 60 * SECOND);
	assert_int_equal(miimon(&k, "bond1"), 100);
	keeper_done(&k);
}

/* What a daemon before this one owes: an address of bond0. */
static struct nb_state *debt(struct keeper *k)
{
	NB_CLEANUP(nb_text_done) struct nb_text text = { 0 };
	struct nb_state *owed = NULL;
	struct nb_diag diag = { 0 };

	nb_text_add(&text, "links:\n- {name: bond0, ifindex: %d, addresses: [2001:db8:99::9/64]}\n",
		index_of(k, "bond0"));
	assert_int_equal(nb_yaml_load_state("owed", text.text, text.length, &owed, &diag), 0);
	nb_diag_done(&diag);
	return owed;
}

#define PUT_BACK "mends add address 2001:db8:99::9/64 on bond0\nautomatic 0: 1\n"

static void test_reconciler_does_not_look_at_all_for_what_a_paused_bond_is_owed(void **state)
{
	struct keeper k;

	keeper_start(&k);
	keeper_applied(&k, TWO);
	nbd_reconciler_owe(k.reconciler, debt(&k));
	assert_int_equal(nbd_reconciler_pause(k.reconciler, "bond0", 3600 * SECOND), 0);
	keeper_turns(&k);
	assert_string_equal(keeper_log(&k),
		"drift bond0: put back what a change that was cut off took from bond0 "
		"(paused; netbondctl pause BOND off ends it)\nautomatic 1: 0\n");
	nb_text_done(&k.log);
	k.observed = k.looked = 0;
	for (unsigned i = 1; i <= 3; i++) {
		k.now += SECOND;
		keeper_touched(&k, index_of(&k, "eth2"));
		keeper_turns(&k);
		assert_int_equal(k.looked, i);
	}
	assert_int_equal(k.observed, 0);
	assert_string_equal(keeper_log(&k), "");
	NB_CASE("another bond changed: it is mended, and what is owed is not told again");
	keeper_untold(&k, "set bond1 miimon=50");
	keeper_touched(&k, index_of(&k, "bond1"));
	keeper_turns(&k);
	assert_int_equal(miimon(&k, "bond1"), 100);
	assert_null(strstr(keeper_log(&k), "drift"));
	nb_text_done(&k.log);
	NB_CASE("the pause ends");
	assert_int_equal(nbd_reconciler_pause(k.reconciler, "bond0", 0), 0);
	keeper_turns(&k);
	assert_string_equal(keeper_log(&k), PUT_BACK);
	nb_text_done(&k.log);
	NB_CASE("paused, and nothing is missing: that is no debt");
	nbd_reconciler_owe(k.reconciler, debt(&k));
	assert_int_equal(nbd_reconciler_pause(k.reconciler, "bond0", 3600 * SECOND), 0);
	keeper_turns(&k);
	assert_string_equal(keeper_log(&k), "automatic 0: 0\n");
	keeper_done(&k);
}

static void test_reconciler_takes_what_is_owed_for_no_drift(void **state)
{
	struct keeper k;

	keeper_start(&k);
	keeper_applied(&k, "settings: {drift: warn}\n" TWO);
	nbd_reconciler_owe(k.reconciler, debt(&k));
	NB_CASE("the first event leads to it, be it about another device");
	keeper_untold(&k, "link eth5 mtu=1400");
	keeper_touched(&k, index_of(&k, "eth5"));
	keeper_turns(&k);
	assert_string_equal(keeper_log(&k), PUT_BACK);
	keeper_done(&k);
}

/* The driver showed none while that slave was in; which it may have been told since, it shows then. */
static void test_reconciler_takes_back_a_primary_told_in_between(void **state)
{
	struct keeper k;

	keeper_start(&k);
	keeper_applied(&k, TWO);
	k.now += SECOND;
	keeper_untold(&k, "set bond0 primary=eth0");
	take_out(&k);
	keeper_turns(&k);
	assert_string_equal(keeper_log(&k), "mends enslave eth0 to bond0\n"
					    "mends set bond0: primary eth0 -> none\nautomatic 0: 2\n");
	assert_int_equal(k.result, NB_RESULT_CONVERGED);
	nb_text_done(&k.log);
	/* What it was told of a device that was no slave, it is told before that one comes in. */
	keeper_foreign(&k, "release eth0");
	keeper_turns(&k);
	assert_string_equal(keeper_log(&k), "mends set bond0: primary none\n"
					    "mends enslave eth0 to bond0\nautomatic 0: 2\n");
	keeper_done(&k);
}

static void test_reconciler_does_not_lose_a_look_at_everything_that_is_due(void **state)
{
	struct keeper k;

	keeper_start(&k);
	keeper_applied(&k, TWO);
	k.now = k.alarms[NBD_ALARM_SLOW] - 1;
	keeper_untold(&k, "set bond1 miimon=50");
	take_out(&k);
	while (state_of(&k) == NBD_SETTLING)
		assert_true(keeper_turn(&k));
	/* The moment comes during a run, which ends before the loop can see it. */
	k.now += 2;
	while (k.work)
		nbd_reconciler_work(k.reconciler);
	assert_int_equal(state_of(&k), NBD_IDLE);
	assert_int_equal(k.observed, 0);
	keeper_pass(&k, SECOND);
	assert_int_equal(k.observed, 2); /* and one that verifies */
	assert_int_equal(miimon(&k, "bond1"), 100);
	keeper_done(&k);
}

/* What a snapshot shows was put back literally: what the file says of it was not asked. */
static void test_reconciler_plans_everything_after_a_way_back(void **state)
{
	struct nb_restore restore = { .before = keeper_config(TWO), .tried = keeper_config(TWO) };
	struct keeper k;

	keeper_start(&k);
	keeper_applied(&k, TWO);
	keeper_untold(&k, "set bond1 miimon=50");
	assert_int_equal(nb_model_exec_ops()->observe(k.model, NULL, 0, &restore.snapshot, NULL), 0);
	nbd_reconciler_restore(k.reconciler, &restore, keeper_config(TWO));
	keeper_turns(&k);
	assert_int_equal(k.result, NB_RESULT_CONVERGED);
	assert_int_equal(miimon(&k, "bond1"), 50);
	keeper_untold(&k, "link eth5 down");
	keeper_touched(&k, index_of(&k, "eth5"));
	keeper_turns(&k);
	assert_int_equal(miimon(&k, "bond1"), 100);
	keeper_done(&k);
	nb_restore_done(&restore);
}

static void test_reconciler_plans_everything_while_something_is_held(void **state)
{
	struct keeper k;

	keeper_start(&k);
	keeper_applied(&k, "bonds:\n"
			   "  bond0: {mode: active-backup, slaves: [eth0, eth1]}\n"
			   "  bond1: {mode: active-backup, slaves: [eth2, eth3], drift: warn}\n");
	keeper_foreign(&k, "set bond1 miimon=50");
	keeper_turns(&k);
	assert_int_equal(state_of(&k), NBD_HELD);
	k.observed = 0;
	take_out(&k);
	keeper_turns(&k);
	assert_true(k.observed > 0);
	assert_int_equal(state_of(&k), NBD_HELD);
	assert_int_equal(k.writes, 2);
	keeper_done(&k);
}

static void test_reconciler_gives_up_on_a_part_after_a_failure(void **state)
{
	struct keeper k;

	keeper_start(&k);
	keeper_applied(&k, TWO);
	k.fail = EBUSY;
	take_out(&k);
	keeper_turns(&k);
	assert_int_equal(k.result, NB_RESULT_FAILED);
	assert_true(k.observed > 0);
	k.fail = 0;
	keeper_applied(&k, TWO);
	keeper_done(&k);
}

static void test_reconciler_observes_all_when_it_cannot_know(void **state)
{
	struct keeper k;

	keeper_start(&k);
	keeper_applied(&k, TWO);
	keeper_touched(&k, index_of(&k, "eth0"));
	nbd_reconciler_dirty(k.reconciler, "overrun");
	keeper_turns(&k);
	assert_int_equal(k.looked, 0);
	assert_int_equal(k.observed, 1);
	/* What it was afraid of is forgotten with that. */
	keeper_touched(&k, index_of(&k, "eth0"));
	keeper_turns(&k);
	assert_int_equal(k.looked, 1);
	keeper_done(&k);
}

static int plug_in(struct keeper *k, const char *name)
{
	const struct nb_model_nic nic = { .name = name, .kind = "dummy" };
	int ifindex = nb_model_add_nic(k->model, &nic);

	assert_true(ifindex > 0);
	return ifindex;
}

static void test_reconciler_does_not_observe_all_for_a_link_of_nobody(void **state)
{
	static const char *const lines[] = { "link f0 name=f1", "link f1 name=f2", "delete f2" };
	struct keeper k;
	int ifindex;

	keeper_start(&k);
	keeper_applied(&k, TWO);
	ifindex = plug_in(&k, "f0");
	keeper_touched(&k, ifindex);
	keeper_turns(&k);
	for (size_t i = 0; i < NB_ARRAY_SIZE(lines); i++) {
		k.now += SECOND;
		keeper_untold(&k, lines[i]);
		keeper_touched(&k, ifindex);
		keeper_turns(&k);
	}
	assert_int_equal(k.looked, 4);
	assert_int_equal(k.observed + k.writes, 0);
	assert_int_equal(state_of(&k), NBD_IDLE);
	/* It came and went before anybody looked. */
	k.now += SECOND;
	keeper_touched(&k, plug_in(&k, "f3"));
	keeper_untold(&k, "delete f3");
	keeper_turns(&k);
	assert_int_equal(k.looked, 5);
	assert_int_equal(k.observed, 0);
	keeper_done(&k);
}

/* By its own name, by one that it got, and where another one had that name in between. */
static void test_reconciler_takes_in_a_slave_that_comes(void **state)
{
	int first, second;
	struct keeper k;

	keeper_start(&k);
	keeper_applied(&k, "bonds: {bond0: {mode: balance-rr, slaves: [eth0, eth8, eth9]}}\n");
	keeper_touched(&k, plug_in(&k, "eth8"));
	keeper_turns(&k);
	assert_int_equal(k.writes, 1);
	k.now += SECOND;
	first = plug_in(&k, "f0");
	second = plug_in(&k, "f1");
	keeper_touched(&k, first);
	keeper_touched(&k, second);
	keeper_turns(&k);
	assert_int_equal(k.writes, 1);
	k.now += SECOND;
	keeper_untold(&k, "link f0 name=eth9");
	keeper_untold(&k, "link eth9 name=f2");
	keeper_untold(&k, "link f1 name=eth9");
	keeper_touched(&k, first);
	keeper_touched(&k, second);
	keeper_turns(&k);
	assert_int_equal(k.writes, 2);
	assert_string_equal(keeper_log(&k), "mends enslave eth8 to bond0\nautomatic 0: 1\n"
		"automatic 0: 0\nmends enslave eth9 to bond0\nautomatic 0: 1\n");
	assert_int_equal(index_of(&k, "eth9"), second);
	/* It goes, and one that is waited for again comes in the place of another's. */
	k.now += SECOND;
	keeper_untold(&k, "delete eth9");
	keeper_touched(&k, second);
	keeper_turns(&k);
	keeper_untold(&k, "link f2 name=eth9");
	keeper_touched(&k, first);
	keeper_turns(&k);
	assert_int_equal(k.writes, 3);
	keeper_done(&k);
}

static void test_reconciler_observes_all_after_a_failure(void **state)
{
	struct keeper k;

	keeper_start(&k);
	keeper_applied(&k, TWO);
	k.observe_r = -EBADMSG;
	nbd_reconciler_dirty(k.reconciler, "overrun");
	keeper_turns(&k);
	assert_int_equal(k.result, NB_RESULT_FAILED);
	k.observe_r = 0;
	keeper_touched(&k, index_of(&k, "eth0"));
	keeper_turns(&k);
	assert_int_equal(k.looked, 0);
	assert_int_equal(k.result, NB_RESULT_CONVERGED);
	keeper_done(&k);
}

/* At 1, 2, 4, ... 64 s, then each minute: 7 and 9 looks. */
static void test_reconciler_looks_after_lacp_until_it_has_settled(void **state)
{
	struct keeper k;

	keeper_start(&k);
	keeper_applied(&k, "bonds: {bond0: {mode: 802.3ad, slaves: [eth0, eth1]}}\n");
	assert_int_equal(k.alarms[NBD_ALARM_SLOW], k.now + SECOND);
	keeper_pass(&k, 604 * SECOND);
	assert_int_equal(k.observed, 16);
	assert_int_equal(k.writes, 0);
	assert_int_equal(k.alarms[NBD_ALARM_SLOW], k.now + 60 * SECOND);
	keeper_done(&k);
}

static void test_reconciler_without_bonds_has_no_slow_look(void **state)
{
	struct keeper k;

	keeper_start(&k);
	keeper_applied(&k, BOND);
	keeper_applied(&k, "bonds: {}\n");
	assert_int_equal(k.alarms[NBD_ALARM_SLOW], 0);
	keeper_pass(&k, 600 * SECOND);
	assert_int_equal(k.observed, 0);
	keeper_done(&k);
}

static void test_reconciler_resumes_without_a_write(void **state)
{
	struct keeper k;

	keeper_start(&k);
	keeper_applied(&k, BOND);
	assert_int_equal(nbd_reconciler_resume(k.reconciler, keeper_config(BOND)), 0);
	keeper_turns(&k);
	assert_int_equal(k.writes, 0);
	assert_string_equal(keeper_log(&k), "automatic 0: 0\n");
	keeper_done(&k);
}

static void test_reconciler_keeps_the_configuration_before_the_first_operation(void **state)
{
	struct keeper k;

	keeper_start(&k);
	keeper_apply(&k, BOND);
	keeper_turns(&k);
	assert_memory_equal(keeper_log(&k), "keep\ndoes ", 10);
	keeper_done(&k);
}

static void test_reconciler_does_nothing_when_the_configuration_cannot_be_kept(void **state)
{
	struct keeper k;

	keeper_start(&k);
	k.keep_r = -ENOSPC;
	keeper_apply(&k, BOND);
	keeper_turns(&k);
	assert_int_equal(k.writes, 0);
	assert_int_equal(k.result, NB_RESULT_FAILED);
	assert_int_equal(state_of(&k), NBD_BACKOFF);
	/* The disk has room again. */
	k.keep_r = 0;
	keeper_pass(&k, SECOND);
	assert_int_equal(k.result, NB_RESULT_CONVERGED);
	keeper_done(&k);
}

static void test_reconciler_refuses_an_apply_during_another(void **state)
{
	const struct nbd_apply how = { .limit = NB_CLASS_REBUILD };
	struct nb_config *config = keeper_config(TWO);
	struct keeper k;

	keeper_start(&k);
	keeper_apply(&k, BOND);
	while (!k.writes)
		assert_true(keeper_turn(&k));
	assert_true(nbd_reconciler_busy(k.reconciler));
	assert_int_equal(nbd_reconciler_apply(k.reconciler, config, &how), -EBUSY);
	keeper_turns(&k);
	assert_false(nbd_reconciler_busy(k.reconciler));
	assert_int_equal(nbd_reconciler_apply(k.reconciler, config, &how), 0);
	keeper_turns(&k);
	assert_int_equal(k.result, NB_RESULT_CONVERGED);
	keeper_done(&k);
}

static void test_reconciler_lets_an_apply_take_the_place_of_a_repair(void **state)
{
	struct keeper k;

	keeper_start(&k);
	keeper_applied(&k, TWO);
	keeper_foreign(&k, "release eth0");
	keeper_foreign(&k, "release eth2");
	while (!k.writes)
		assert_true(keeper_turn(&k));
	assert_false(nbd_reconciler_busy(k.reconciler));
	keeper_apply(&k, BOND);
	keeper_turns(&k);
	assert_int_equal(k.result, NB_RESULT_CONVERGED);
	assert_int_equal(miimon(&k, "bond0"), 100);
	keeper_done(&k);
}

#define TEST(name) cmocka_unit_test(test_reconciler_##name)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(does_not_observe_all_for_nothing),
		TEST(mends_drift_without_a_look_at_everything),
		TEST(does_not_look_at_all_for_what_a_paused_bond_is_owed),
		TEST(takes_what_is_owed_for_no_drift),
		TEST(takes_back_a_primary_told_in_between),
		TEST(does_not_lose_a_look_at_everything_that_is_due),
		TEST(plans_everything_after_a_way_back),
		TEST(plans_everything_while_something_is_held),
		TEST(gives_up_on_a_part_after_a_failure),
		TEST(observes_all_when_it_cannot_know),
		TEST(does_not_observe_all_for_a_link_of_nobody),
		TEST(takes_in_a_slave_that_comes),
		TEST(observes_all_after_a_failure),
		TEST(looks_after_lacp_until_it_has_settled),
		TEST(without_bonds_has_no_slow_look),
		TEST(resumes_without_a_write),
		TEST(keeps_the_configuration_before_the_first_operation),
		TEST(does_nothing_when_the_configuration_cannot_be_kept),
		TEST(refuses_an_apply_during_another),
		TEST(lets_an_apply_take_the_place_of_a_repair),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
