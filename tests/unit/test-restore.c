/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What one can go back to. Ways back as a whole are in test-restore-property.c. */
#include "tests/unit/planning.h"

#include "lib/core/plan.h"
#include "lib/core/restore.h"

#define CONFIG "namespaces: {storage: {}}\nbonds: {b: {name: bond1, namespace: storage, slaves: []}}\n"
#define NOW                                             \
	"namespaces: {storage: {inode: 7}}\n"           \
	"bonds: {b: {name: bond1, namespace: storage, slaves: []}}\n"
#define MADE "objects: [{kind: bond, namespace: storage, name: bond1, made: true}]\n"

static struct nb_state *snapshot_of(const char *text)
{
	NB_CLEANUP(nb_diag_done) struct nb_diag diag = { 0 };
	struct nb_state *state = NULL;

	assert_int_equal(nb_yaml_load_state("snapshot", text, strlen(text), &state, &diag), 0);
	return state;
}

static void test_restore_takes_a_snapshot_that_saw_everything(void **state)
{
	NB_CLEANUP(nb_state_freep) struct nb_state *seen = snapshot_of(NOW);
	struct nb_diag diag = { 0 };

	assert_int_equal(nb_restore_check(seen, &diag), 0);
	assert_int_equal(diag.n_problems, 0);
}

static void test_restore_refuses_a_snapshot_that_could_not_look_somewhere(void **state)
{
	NB_CLEANUP(nb_state_freep) struct nb_state *seen =
		snapshot_of("namespaces: {other: {inode: 8}, storage: {inode: 7}}\n");
	struct nb_diag diag = { 0 };

	nb_state_namespace(seen, "storage")->unreadable = true;
	assert_int_equal(nb_restore_check(seen, &diag), -EBADMSG);
	assert_int_equal(diag.n_errors, 1);
	assert_string_equal(diag.problems[0].object, "storage");
	nb_diag_done(&diag);
	NB_CASE("nor at the other types of a set");
	nb_state_namespace(seen, "storage")->unreadable = false;
	nb_state_add_set(seen, "other")->unreadable = true;
	assert_int_equal(nb_restore_check(seen, &diag), -EBADMSG);
	assert_int_equal(diag.n_errors, 1);
	assert_string_equal(diag.problems[0].object, "other");
	nb_diag_done(&diag);
}

/* Why it is refused: what was not seen then looks like what came since, and that is removed. */
static void test_restore_removes_what_its_snapshot_does_not_have(void **state)
{
	static const struct nb_policy limitless = { .limit = NB_CLASS_REBUILD, .asked = true };
	struct nb_restore restore = { .snapshot = snapshot_of("namespaces: {storage: {inode: 7}}\n") };
	NB_CLEANUP(nb_target_freep) struct nb_target *target = NULL;
	NB_CLEANUP(nb_plan_freep) struct nb_plan *plan = NULL;
	struct nb_policy policy = limitless;
	struct planning p;

	planning_start(&p, CONFIG, NOW, MADE);
	policy.memory = &p.memory;
	assert_int_equal(nb_restore_target(&restore, p.state, &target), 0);
	assert_int_equal(nb_plan_build(target, p.state, &policy, &plan, NULL), 0);
	assert_int_equal(plan->n_ops, 1);
	assert_int_equal(plan->ops[0].kind, NB_OP_LINK_DELETE);
	assert_string_equal(plan->ops[0].link, "bond1");
	planning_done(&p);
	nb_restore_done(&restore);
}

#define SETS(name) "namespaces: {a: {types: [uts, pid], hostname: " name "}}\n"

#define WHOLE                                                                   \
	"a: live\n"                                                           \
	"   1. live    set uts of namespace a: hostname now -> one\n"         \
	"   2. live    make pid of namespace a anew\n"                        \
	"               (its process 1 has ended, nothing can start in it)\n" \
	"plan: 2 operations, class live\n"

static struct nb_config *config_of(const char *text)
{
	NB_CLEANUP(nb_diag_done) struct nb_diag diag = { 0 };
	struct nb_config *config = nb_config_new();

	assert_non_null(config);
	assert_int_equal(nb_yaml_load("config", text, strlen(text), 0, config, &diag), 0);
	return config;
}

static struct nb_state *set_of(const char *hostname, int holder)
{
	struct nb_state *state = nb_state_new();
	struct nb_nsset *set = state ? nb_state_add_set(state, "a") : NULL;

	assert_non_null(set);
	state->user = 1;
	set->inodes[NB_NS_UTS] = 21;
	set->inodes[NB_NS_PID] = 22;
	set->owners[NB_NS_UTS] = set->owners[NB_NS_PID] = 1;
	set->holder = holder;
	set->traits.hostname = strdup(hostname);
	return state;
}

static void assert_way_back_plan(
	const struct nb_restore *restore, const struct nb_state *now, const char *expected)
{
	static const struct nb_policy limitless = { .limit = NB_CLASS_REBUILD, .asked = true };
	NB_CLEANUP(nb_target_freep) struct nb_target *target = NULL;
	NB_CLEANUP(nb_plan_freep) struct nb_plan *plan = NULL;
	NB_CLEANUP(nb_text_done) struct nb_text text = { 0 };
	struct nb_policy policy = limitless;

	policy.memory = &restore->memory;
	assert_int_equal(nb_restore_target(restore, now, &target), 0);
	assert_int_equal(nb_plan_build(target, now, &policy, &plan, NULL), 0);
	nb_plan_format(plan, &text);
	assert_string_equal(text.text ? text.text : "", expected);
}

/* The way back from @tried to "one", when its hostname is "now" and its process 1 has ended. */
static void assert_way_back(const char *tried, const char *expected)
{
	struct nb_restore restore = { .snapshot = set_of("one", 7), .before = config_of(SETS("one")),
		.tried = config_of(tried) };
	NB_CLEANUP(nb_state_freep) struct nb_state *now = set_of("now", 0);

	assert_way_back_plan(&restore, now, expected);
	nb_restore_done(&restore);
}

static void test_restore_leaves_a_set_as_it_is_where_the_try_asked_nothing_of_it(void **state)
{
	assert_way_back(SETS("one"), "plan: nothing to do\n");
	NB_CASE("another hostname");
	assert_way_back(SETS("two"), "a: live\n"
				     "   1. live    set uts of namespace a: hostname now -> one\n"
				     "plan: 1 operation, class live\n");
	NB_CASE("the whole set was to go");
	assert_way_back("namespaces: {}\n", WHOLE);
}

/* A bond with VLANs upon it: .5 and .5.7 have its MAC, .6 may have another one. */
#define STACK(options, mac, own)                                                       \
	"bonds: {bond0: {" options ", miimon: 100, slaves: [eth0, eth1]}}\n"           \
	"links:\n"                                                                     \
	"- {name: eth0, ifindex: 2, mac: 02:00:00:00:00:01}\n"                         \
	"- {name: eth1, ifindex: 3, mac: 02:00:00:00:00:02}\n"                         \
	"- {name: bond0, ifindex: 10, mac: " mac "}\n"                                 \
	"- {name: bond0.5, ifindex: 11, kind: vlan, lower: bond0, mac: " mac "}\n"     \
	"- {name: bond0.5.7, ifindex: 12, kind: vlan, lower: bond0.5, mac: " mac "}\n" \
	"- {name: bond0.6, ifindex: 13, kind: vlan, lower: bond0, mac: " own "}\n"

#define MODE                                                                                  \
	"               (mode: the kernel changes it only while the bond is down and has no " \
	"slaves)\n"

static void assert_stack_back(const char *then, const char *now, const char *expected)
{
	NB_CLEANUP(nb_state_freep) struct nb_state *seen = snapshot_of(now);
	struct nb_restore restore = {
		.snapshot = snapshot_of(then),
		.before = config_of("bonds: {bond0: {mode: balance-rr, slaves: [eth0, eth1]}}\n"),
	};

	assert_way_back_plan(&restore, seen, expected);
	nb_restore_done(&restore);
}

/* A VLAN that was given a MAC keeps it whatever the device below gets (vlan_dev_inherit_address()). */
static void test_restore_leaves_a_vlan_to_the_mac_of_its_bond(void **state)
{
	NB_CASE("another slave is the active one");
	assert_stack_back(
		STACK("mode: active-backup, fail-over-mac: active", "02:00:00:00:00:01",
			"02:00:00:00:00:0e"),
		STACK("mode: active-backup, fail-over-mac: active", "02:00:00:00:00:02",
			"02:00:00:00:00:0f"),
		"bond0.6: down\n"
		"   1. down    set bond0.6: mac 02:00:00:00:00:0e\n"
		"               (it was so before)\n"
		"plan: 1 operation, class down\n");
	NB_CASE("the bond is without slaves on the way, and another MAC was tried");
	assert_stack_back(STACK("mode: balance-rr", "02:00:00:00:00:01", "02:00:00:00:00:0e"),
		STACK("mode: balance-xor", "02:00:00:00:00:0d", "02:00:00:00:00:0e"),
		"bond0: rebuild\n"
		"   1. rebuild release eth1 from bond0\n" MODE
		"   2. rebuild set bond0: down\n" MODE
		"   3. rebuild release eth0 from bond0\n" MODE
		"   4. rebuild set bond0: mode balance-xor -> balance-rr, arp-ip-target none, "
		"ns-ip6-target none, 18 options again, mac 02:00:00:00:00:01, up\n" MODE
		"   5. rebuild enslave eth0 to bond0\n"
		"   6. rebuild enslave eth1 to bond0\n"
		"plan: 6 operations, class rebuild\n");
	NB_CASE("it is down, with the MAC of an earlier day");
	assert_stack_back(STACK("mode: balance-rr", "02:00:00:00:00:01", "02:00:00:00:00:01"),
		STACK("mode: balance-rr", "02:00:00:00:00:01", "02:00:00:00:00:0f, up: false"),
		"bond0.6: down\n"
		"   1. down    set bond0.6: up\n"
		"               (it was so before)\n"
		"plan: 1 operation, class down\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_restore_takes_a_snapshot_that_saw_everything),
		cmocka_unit_test(test_restore_refuses_a_snapshot_that_could_not_look_somewhere),
		cmocka_unit_test(test_restore_leaves_a_set_as_it_is_where_the_try_asked_nothing_of_it),
		cmocka_unit_test(test_restore_removes_what_its_snapshot_does_not_have),
		cmocka_unit_test(test_restore_leaves_a_vlan_to_the_mac_of_its_bond),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
