/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* In which order a run speaks, what it has on record, and what the next one knows of it. */
#include "tests/unit/converge-world.h"

/* ---- hooks ---- */

static void test_converge_speaks_in_order(void **state)
{
	struct world w;

	world_start(&w);
	world_run(&w, "bonds: {bond0: {mode: active-backup, slaves: [eth1]}}\n");
	assert_string_equal(w.log.text,
		"observe\n"
		"planned 3\n"
		"remember\n"
		"before 1/3 create bond bond0: mode active-backup, miimon 100, "
		"mac 02:a5:25:7a:60:f8\n"
		"after create bond bond0: mode active-backup, miimon 100, mac 02:a5:25:7a:60:f8\n"
		"before 2/3 enslave eth1 to bond0\n"
		"after enslave eth1 to bond0\n"
		"before 3/3 set bond0: up\n"
		"after set bond0: up\n"
		"observe\n"
		"remember\n");
	world_done(&w);
}

static void test_converge_announces_a_wait_once(void **state)
{
	struct world w;
	NB_CLEANUP(nb_freep) char *before = NULL;

	world_start(&w);
	nb_model_knobs(w.model)->lacp_ticks = 30;
	world_run(&w, "bonds: {bond0: {mode: 802.3ad, slaves: [eth0]}}\n");
	nb_model_tick(w.model, 40);
	world_run(&w, "bonds: {bond0: {mode: 802.3ad, slaves: [eth1]}}\n");
	before = world_log(&w, "before ");
	assert_string_equal(before,
		"before 1/3 enslave eth1 to bond0\n"
		"before 2/3 wait until a slave of bond0 other than eth0 has been usable for 1 s "
		"(at most 40 s)\n"
		"before 3/3 release eth0 from bond0\n");
	world_done(&w);
}

static void test_converge_stops_before_any_operation_when_the_plan_is_refused(void **state)
{
	struct world w;

	world_start(&w);
	w.planned_r = -ECANCELED;
	assert_int_equal(world_run(&w, AB), NB_RESULT_FAILED);
	assert_int_equal(w.r, -ECANCELED);
	assert_int_equal(w.n_ops, 0);
	assert_null(w.saved.text);
	world_done(&w);
}

static void test_converge_stops_before_any_operation_when_it_cannot_remember(void **state)
{
	struct world w;

	world_start(&w);
	w.remember_r = -ENOSPC;
	assert_int_equal(world_run(&w, AB), NB_RESULT_FAILED);
	assert_int_equal(w.r, -ENOSPC);
	assert_int_equal(w.n_ops, 0);
	assert_false(is_there(&w, "bond0"));
	world_done(&w);
}

/* ---- memory ---- */

static void test_converge_removes_what_it_made_and_lets_go_what_it_adopted(void **state)
{
	struct world w;

	world_start(&w);
	world_foreign(&w, "create bond1 mode=active-backup");
	world_run(&w, "bonds:\n"
		      "  bond0: {mode: active-backup, slaves: [eth0]}\n"
		      "  bond1: {mode: active-backup, slaves: [eth1]}\n");
	assert_int_equal(world_run(&w, "bonds: {}\n"), NB_RESULT_CONVERGED);
	assert_false(is_there(&w, "bond0"));
	assert_slaves(&w, "bond1 eth1");
	assert_string_equal(w.saved.text, "objects: []\n");
	world_done(&w);
}

static void test_converge_leaves_a_foreign_remake_alone(void **state)
{
	struct world w;

	world_start(&w);
	world_run(&w, AB);
	world_foreign(&w, "delete bond0\ncreate bond0 mode=balance-rr");
	assert_int_equal(world_run(&w, "bonds: {}\n"), NB_RESULT_CONVERGED);
	assert_int_equal(option_of(&w, "bond0", IFLA_BOND_MODE), 0);
	world_done(&w);
}

static void make_bond0(struct world *w, const struct nb_op *op)
{
	if (op->kind == NB_OP_BOND_CREATE)
		world_foreign(w, "create bond0 mode=active-backup");
}

static void test_converge_does_not_take_for_its_own_what_another_tool_made_first(void **state)
{
	struct world w;

	world_start(&w);
	w.on_before = make_bond0;
	assert_int_equal(world_run(&w, AB), NB_RESULT_FAILED);
	w.on_before = NULL;
	assert_int_equal(world_run(&w, AB), NB_RESULT_CONVERGED);
	assert_int_equal(world_run(&w, "bonds: {}\n"), NB_RESULT_CONVERGED);
	assert_true(is_there(&w, "bond0"));
	world_done(&w);
}

static void test_converge_knows_the_address_it_adopted(void **state)
{
	struct world w;

	world_start(&w);
	world_foreign(&w, "create bond0 mode=active-backup up\n"
			  "addr+ bond0 192.0.2.1/24\naddr+ bond0 198.51.100.1/24");
	world_run(&w, "bonds: {bond0: {mode: active-backup, slaves: [], addresses: [192.0.2.1/24]}}\n");
	assert_int_equal(nb_model_writes(w.model), 1); /* miimon */
	world_restart(&w);
	world_run(&w, "bonds: {bond0: {mode: active-backup, slaves: [], addresses: []}}\n");
	assert_string_equal(nb_model_trace(w.model),
		"  1  delete address 192.0.2.1/24 from bond0  [down]\n");
	world_done(&w);
}

static void test_converge_has_the_origin_of_a_nic_on_record_before_it_moves(void **state)
{
	static const char in_storage[] = "namespaces: {storage: {}}\n"
					 "bonds: {bond0: {namespace: storage, mode: active-backup,\n"
					 "  slaves: [eth0]}}\n";
	struct world w;
	unsigned move = 0;

	world_start(&w);
	world_run(&w, in_storage);
	for (unsigned i = 1; !move; i++) {
		char word[16];

		snprintf(word, sizeof(word), "%3u  move", i);
		move = strstr(nb_model_trace(w.model), word) ? i : 0;
		assert_true(i < w.n_ops);
	}
	world_done(&w);
	world_start(&w);
	w.fault.kill = move;
	world_run(&w, in_storage);
	assert_true(w.killed);
	assert_non_null(strstr(w.saved.text, "home: 'eth0'"));
	world_restart(&w);
	assert_int_equal(world_run_well(&w, "bonds: {}\n"), NB_RESULT_CONVERGED);
	assert_true(is_there(&w, "eth0"));
	world_done(&w);
}

/* ---- beginning again ---- */

static void test_converge_started_again_tries_what_failed(void **state)
{
	struct world w;

	world_start(&w);
	world_run(&w, AB);
	w.fault = (struct world_fault){ .number = 1, .error = EBUSY };
	assert_int_equal(world_run(&w, "bonds: {bond0: {mode: active-backup, slaves: [eth0, eth1],\n"
				       "  resend-igmp: 7}}\n"),
		NB_RESULT_FAILED);
	assert_int_equal(option_of(&w, "bond0", IFLA_BOND_RESEND_IGMP), 1);
	assert_int_equal(world_run_well(&w, "bonds: {bond0: {mode: active-backup,\n"
					    "  slaves: [eth0, eth1], resend-igmp: 7}}\n"),
		NB_RESULT_CONVERGED);
	assert_int_equal(option_of(&w, "bond0", IFLA_BOND_RESEND_IGMP), 7);
	world_done(&w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_converge_speaks_in_order),
		cmocka_unit_test(test_converge_announces_a_wait_once),
		cmocka_unit_test(test_converge_stops_before_any_operation_when_the_plan_is_refused),
		cmocka_unit_test(test_converge_stops_before_any_operation_when_it_cannot_remember),
		cmocka_unit_test(test_converge_removes_what_it_made_and_lets_go_what_it_adopted),
		cmocka_unit_test(test_converge_leaves_a_foreign_remake_alone),
		cmocka_unit_test(test_converge_does_not_take_for_its_own_what_another_tool_made_first),
		cmocka_unit_test(test_converge_knows_the_address_it_adopted),
		cmocka_unit_test(test_converge_has_the_origin_of_a_nic_on_record_before_it_moves),
		cmocka_unit_test(test_converge_started_again_tries_what_failed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
