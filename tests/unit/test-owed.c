/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What a change took from others and was cut off before it put it back: it is owed until it is
 * there again, or cannot be and that was told.
 */
#include <net/if.h>

#include "tests/unit/converge-world.h"

#include "lib/core/owed.h"
#include "lib/core/restore.h"

#define SLOW "bonds: {bond0: {mode: 802.3ad, slaves: [eth0, eth1], lacp-rate: slow}}\n"
#define FAST "bonds: {bond0: {mode: 802.3ad, slaves: [eth0, eth1], lacp-rate: fast}}\n"
#define STORED(rate)                                                                       \
	"namespaces: {storage: {}}\nbonds: {bond0: {namespace: storage, mode: 802.3ad, slaves: [eth0, eth1], " \
	"lacp-rate: " #rate "}}\n"
#define UP "set bond0: up"
#define ROUTE "add route 203.0.115.0/24 via 198.51.100.1 on bond0.5"
#define ADDRESS "add address 2001:db8:99::9/64 on bond0"

/* A bond and a VLAN upon it have addresses and routes of others. It is down when the run is killed. */
static void start_owing(struct world *w)
{
	world_start(w);
	assert_int_equal(world_run(w, SLOW), NB_RESULT_CONVERGED);
	world_foreign(w, "vlan\n"
			 "addr+ bond0 2001:db8:99::9/64\n"
			 "addr+ bond0.5 2001:db8:5::5/64\n"
			 "addr+ bond0.5 198.51.100.5/24\n"
			 "route+ bond0.5 203.0.115.0/24 via=198.51.100.1\n");
	w->fault.kill = 1;
	world_run(w, FAST);
	assert_true(w->killed);
	w->fault = (struct world_fault){ 0 };
	assert_non_null(w->owed.text);
	world_restart(w);
}

static void assert_back(struct world *w)
{
	NB_CLEANUP(nb_state_freep) struct nb_state *now = world_observe(w);
	NB_CLEANUP(nb_text_done) struct nb_text text = { 0 };

	assert_int_equal(nb_yaml_emit_state(now, &text), 0);
	for (size_t i = 0; i < 3; i++) {
		static const char *const what[] = { "2001:db8:99::9/64", "2001:db8:5::5/64",
			"to: 203.0.115.0/24" };

		if (!strstr(text.text, what[i]))
			fail_msg("%s is not back:\n%s", what[i], text.text);
	}
	assert_null(w->owed.text);
}

static void assert_told(struct world *w, const char *what)
{
	NB_CLEANUP(nb_freep) char *said = world_said(w);

	if (!strstr(said, what))
		fail_msg("not said: %s\n%s", what, said);
}

/* The address of the bond, as the plan that puts it back says it. */
static void fault_at_address(struct world *w, int error)
{
	w->fault = (struct world_fault){ .describe = ADDRESS, .error = error };
}

static void test_what_is_owed_comes_back(void **state)
{
	struct world w;

	start_owing(&w);
	assert_int_equal(world_run(&w, FAST), NB_RESULT_CONVERGED);
	assert_back(&w);
	world_done(&w);
}

static struct nb_config *config_of(const char *yaml)
{
	struct nb_config *config = nb_config_new();
	NB_CLEANUP(nb_diag_done) struct nb_diag diag = { 0 };

	assert_non_null(config);
	assert_int_equal(nb_yaml_load("test", yaml, strlen(yaml), 0, config, &diag), 0);
	assert_int_equal(nb_rules_check(config, &diag), 0);
	assert_int_equal(nb_rules_canonicalise(config), 0);
	return config;
}

static bool is_vlan_up(struct world *w)
{
	NB_CLEANUP(nb_state_freep) struct nb_state *now = world_observe(w);
	const struct nb_link *vlan = nb_netns_find(now->namespaces[0], "bond0.5");

	assert_non_null(vlan);
	return nb_link_is_up(vlan);
}

/* Killed after each number of operations in turn, until there are no more. */
static void test_a_vlan_that_was_down_is_down_again(void **state)
{
	unsigned kills = 0, came_up = 0;

	for (bool killed = true; killed;) {
		struct world w;

		world_start(&w);
		assert_int_equal(world_run(&w, SLOW), NB_RESULT_CONVERGED);
		world_foreign(&w, "vlan\nlink bond0.5 down\n");
		w.fault.kill = ++kills;
		world_run(&w, FAST);
		killed = w.killed;
		w.fault = (struct world_fault){ 0 };
		came_up += is_vlan_up(&w);
		world_restart(&w);
		assert_int_equal(world_run(&w, FAST), NB_RESULT_CONVERGED);
		assert_false(is_vlan_up(&w));
		assert_null(w.owed.text);
		world_done(&w);
	}
	printf("    killed after 1 to %u operations; it was up then %u times\n", kills - 1, came_up);
	assert_true(came_up > 0);
}

static void test_what_the_kernel_has_no_room_for_stays_owed(void **state)
{
	struct world w;

	start_owing(&w);
	for (unsigned i = 0; i < 3; i++) {
		fault_at_address(&w, ENOBUFS);
		assert_int_equal(world_run(&w, FAST), NB_RESULT_FAILED);
		assert_true(w.has_failed);
		assert_non_null(strstr(w.owed.text, "2001:db8:99::9/64"));
		NB_CASE("only that is still on record, after run %u", i + 1);
		assert_null(strstr(w.owed.text, "2001:db8:5::5/64"));
		world_restart(&w);
	}
	assert_int_equal(world_run_well(&w, FAST), NB_RESULT_CONVERGED);
	assert_back(&w);
	world_done(&w);
}

static void test_what_the_kernel_refuses_twice_is_told_and_owed_no_more(void **state)
{
	struct world w;

	start_owing(&w);
	fault_at_address(&w, EINVAL);
	assert_int_equal(world_run(&w, FAST), NB_RESULT_FAILED);
	assert_told(&w, "error: bond0: the kernel refused to " ADDRESS);
	assert_null(w.owed.text);
	world_run_well(&w, FAST);
	assert_int_equal(w.n_ops, 0);
	world_done(&w);
}

static void test_what_was_on_a_device_that_is_gone_is_told(void **state)
{
	struct world w;

	start_owing(&w);
	world_foreign(&w, "delete bond0.5\n");
	assert_int_equal(world_run(&w, FAST), NB_RESULT_CONVERGED);
	assert_told(&w, "warning: bond0.5: the device is gone, and what a change that was cut "
			"off took from it cannot be put back: 1 address, 1 route");
	assert_null(w.owed.text);
	world_done(&w);
}

static void test_what_its_device_does_not_take_now_is_told(void **state)
{
	struct world w;

	start_owing(&w);
	world_foreign(&w, "addr- bond0.5 198.51.100.5/24\n");
	assert_int_equal(world_run(&w, FAST), NB_RESULT_CONVERGED);
	assert_told(&w, "warning: bond0.5: a change that was cut off took its route "
			"203.0.115.0/24 via 198.51.100.1");
	assert_told(&w, "which may not come back: nothing leads to its gateway any more");
	assert_null(w.owed.text);
	world_done(&w);
}

static void test_what_is_held_leaves_it_owed(void **state)
{
	struct world w;

	start_owing(&w);
	NB_CASE("nothing may be done to the bond, nor to what lies upon it");
	w.gate = "paused";
	assert_int_equal(world_run(&w, FAST), NB_RESULT_HELD);
	assert_int_equal(w.n_ops, 0);
	assert_said(&w, "");
	assert_non_null(w.owed.text);
	assert_non_null(strstr(w.owed.text, "203.0.115.0/24"));
	world_restart(&w);
	w.gate = NULL;
	assert_int_equal(world_run(&w, FAST), NB_RESULT_CONVERGED);
	assert_back(&w);
	world_done(&w);
}

/* That its mode may not change now holds nothing up: it is neither what was taken nor paused. */
static void test_what_is_above_the_limit_holds_nothing_that_is_owed(void **state)
{
	struct world w;

	start_owing(&w);
	w.limit = NB_CLASS_LIVE;
	assert_int_equal(world_run(&w, AB), NB_RESULT_HELD);
	assert_back(&w);
	world_done(&w);
}

static unsigned count_told(struct world *w, const char *what)
{
	NB_CLEANUP(nb_freep) char *said = world_said(w);
	unsigned n = 0;

	for (const char *at = said; (at = strstr(at, what)); at++)
		n++;
	return n;
}

static void test_what_does_not_come_back_is_told_once(void **state)
{
	const char *gone = "bond0: a change that was cut off took its address";
	struct world w;

	start_owing(&w);
	world_foreign(&w, "link bond0 mtu=1200\n");
	NB_CASE("something else is held: it stays owed, and the same daemon looks once more");
	w.limit = NB_CLASS_LIVE;
	w.again = nb_converge_again;
	assert_int_equal(world_run(&w, AB), NB_RESULT_HELD);
	assert_non_null(w.owed.text);
	assert_int_equal(count_told(&w, gone), 1);
	NB_CASE("who asks anew is told again");
	world_restart(&w);
	w.again = nb_converge_start;
	assert_int_equal(world_run(&w, AB), NB_RESULT_HELD);
	assert_int_equal(count_told(&w, gone), 2);
	world_done(&w);
}

static struct world *paused;

static void end_pause(struct nb_converge *c)
{
	paused->gate = NULL;
	nb_converge_again(c);
}

static void test_what_does_not_come_back_is_told_after_a_pause(void **state)
{
	struct world w;

	start_owing(&w);
	world_foreign(&w, "link bond0 mtu=1200\n");
	w.gate = "paused";
	paused = &w;
	w.again = end_pause;
	assert_int_equal(world_run(&w, FAST), NB_RESULT_CONVERGED);
	assert_int_equal(count_told(&w, "bond0: a change that was cut off took its address"), 1);
	assert_null(w.owed.text);
	world_done(&w);
}

static void test_what_waits_for_a_blocked_step_stays_owed(void **state)
{
	struct world w;

	start_owing(&w);
	NB_CASE("the bond cannot come up; the next run leaves that step out, and is done");
	w.fault = (struct world_fault){ .describe = UP, .error = EINVAL };
	w.again = nb_converge_again;
	assert_int_equal(world_run(&w, SLOW), NB_RESULT_CONVERGED);
	assert_true(w.has_failed);
	assert_non_null(w.owed.text);
	assert_non_null(strstr(w.owed.text, "203.0.115.0/24"));
	world_restart(&w);
	w.again = NULL;
	assert_int_equal(world_run_well(&w, SLOW), NB_RESULT_CONVERGED);
	assert_back(&w);
	world_done(&w);
}

static void test_a_route_whose_network_is_not_there_yet_stays_owed(void **state)
{
	static const int errors[] = { ENETUNREACH, EHOSTUNREACH };

	for (size_t i = 0; i < NB_ARRAY_SIZE(errors); i++) {
		struct world w;

		NB_CASE("%s", strerrorname_np(errors[i]));
		start_owing(&w);
		w.fault = (struct world_fault){ .describe = ROUTE, .error = errors[i] };
		assert_int_equal(world_run(&w, FAST), NB_RESULT_FAILED);
		assert_true(w.has_failed);
		assert_non_null(w.owed.text);
		assert_non_null(strstr(w.owed.text, "203.0.115.0/24"));
		world_restart(&w);
		assert_int_equal(world_run_well(&w, FAST), NB_RESULT_CONVERGED);
		assert_back(&w);
		world_done(&w);
	}
}

/* The bond is let go of meanwhile: nothing else of this run needs that namespace. */
static void test_what_is_out_of_sight_stays_owed(void **state)
{
	struct world w;

	world_start(&w);
	world_foreign(&w, "netns+ storage\n");
	assert_int_equal(world_run(&w, STORED(slow)), NB_RESULT_CONVERGED);
	world_foreign(&w, "addr+ bond0@storage 2001:db8:99::9/64\n");
	w.fault.kill = 1;
	world_run(&w, STORED(fast));
	assert_true(w.killed);
	assert_non_null(w.owed.text);
	world_restart(&w);
	w.unreadable = "storage";
	assert_int_equal(world_run_well(&w, "bonds: {}\n"), NB_RESULT_CONVERGED);
	assert_non_null(w.owed.text);
	assert_non_null(strstr(w.owed.text, "2001:db8:99::9/64"));
	world_done(&w);
}

/* A try came upon what an earlier run owed: its snapshot has none of that. */
static void test_a_way_back_leaves_it_owed(void **state)
{
	struct nb_restore restore = { .before = config_of(FAST), .tried = config_of(SLOW) };
	struct world w;

	start_owing(&w);
	restore.snapshot = world_observe(&w);
	assert_int_equal(nb_memory_copy(&w.memory, &restore.memory), 0);
	w.restore = &restore;
	assert_int_equal(world_run(&w, FAST), NB_RESULT_CONVERGED);
	assert_non_null(w.owed.text);
	assert_non_null(strstr(w.owed.text, "203.0.115.0/24"));
	world_restart(&w);
	w.restore = NULL;
	assert_int_equal(world_run(&w, FAST), NB_RESULT_CONVERGED);
	assert_back(&w);
	world_done(&w);
	nb_restore_done(&restore);
}

static void test_a_device_that_only_stays_down_is_owed(void **state)
{
	NB_CLEANUP(nb_state_freep) struct nb_state *owed = nb_state_new();
	struct nb_op op = { .kind = NB_OP_LINK_SET, .namespace = (char *)"", .ifindex = 11,
		.set = NB_SET_UP, .flags = NB_OP_BACK };
	struct nb_plan plan = { .ops = &op };
	struct nb_link *vlan = nb_link_new("bond0.5");

	assert_non_null(owed);
	assert_non_null(vlan);
	vlan->ifindex = 11;
	vlan->flags = IFF_UP;
	assert_int_equal(nb_netns_add(owed->namespaces[0], vlan), 0);
	NB_CASE("a plan about something else");
	assert_false(nb_owed_is_back(owed, &plan));
	plan.n_ops = 1;
	NB_CASE("it was to be put back, and was not");
	assert_false(nb_owed_is_back(owed, &plan));
	NB_CASE("it was put back");
	op.flags |= NB_OP_DONE;
	assert_true(nb_owed_is_back(owed, &plan));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_what_is_owed_comes_back),
		cmocka_unit_test(test_a_vlan_that_was_down_is_down_again),
		cmocka_unit_test(test_what_the_kernel_has_no_room_for_stays_owed),
		cmocka_unit_test(test_what_the_kernel_refuses_twice_is_told_and_owed_no_more),
		cmocka_unit_test(test_what_was_on_a_device_that_is_gone_is_told),
		cmocka_unit_test(test_what_its_device_does_not_take_now_is_told),
		cmocka_unit_test(test_what_is_held_leaves_it_owed),
		cmocka_unit_test(test_what_is_above_the_limit_holds_nothing_that_is_owed),
		cmocka_unit_test(test_what_does_not_come_back_is_told_once),
		cmocka_unit_test(test_what_does_not_come_back_is_told_after_a_pause),
		cmocka_unit_test(test_what_waits_for_a_blocked_step_stays_owed),
		cmocka_unit_test(test_a_route_whose_network_is_not_there_yet_stays_owed),
		cmocka_unit_test(test_what_is_out_of_sight_stays_owed),
		cmocka_unit_test(test_a_way_back_leaves_it_owed),
		cmocka_unit_test(test_a_device_that_only_stays_down_is_owed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
