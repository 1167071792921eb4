/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Types of namespaces: what is refused, held and made anew; the plain ways are golden plans. */
#include "tests/unit/planning.h"

#include "lib/core/plan.h"

static struct nb_plan *plan_of(struct planning *p, struct nb_policy *policy)
{
	struct nb_plan *plan = NULL;

	policy->memory = &p->memory;
	assert_int_equal(planning_resolve(p), 0);
	assert_int_equal(nb_plan_build(p->target, p->state, policy, &plan, &p->diag), 0);
	return plan;
}

static void assert_plan(struct planning *p, struct nb_policy policy, const char *expected)
{
	struct nb_plan *plan = plan_of(p, &policy);
	struct nb_text text = { 0 };

	nb_plan_format(plan, &text);
	assert_string_equal(text.text ? text.text : "", expected);
	nb_text_done(&text);
	nb_plan_free(plan);
}

static const struct nb_policy live = { .limit = NB_CLASS_SLAVE }, all = { .limit = NB_CLASS_REBUILD };

static void test_a_type_the_kernel_lacks_leaves_its_set_alone(void **state)
{
	struct planning p;

	planning_start(&p,
		"namespaces:\n"
		"  a: {types: [net, uts, time]}\n"
		"  b: {types: [uts]}\n"
		"  c: {types: [], share: {time: a}}\n"
		"bonds:\n"
		"  bond0: {namespace: a, slaves: []}\n",
		"", NULL);
	p.state->nstypes = NB_NS_ALL & ~NB_NS_BIT(NB_NS_TIME);
	assert_plan(&p, live,
		"b: live\n   1. live    add uts to namespace b\nplan: 1 operation, class live\n");
	assert_planning_said(&p,
		"error 2:7: a: this kernel has no namespaces of the type time = take it out of types; "
		"ls /proc/self/ns shows what there is\n"
		"error 4:7: c: this kernel has no namespaces of the type time = take it out of types; "
		"ls /proc/self/ns shows what there is\n");
	planning_done(&p);
}

#define MAPS                                                     \
	"    uid-map: [{inside: 0, outside: 100000, count: 9}]\n" \
	"    gid-map: [{inside: 0, outside: 100000, count: 9}]\n"

static void test_a_network_does_not_change_hands(void **state)
{
	struct planning p;

	planning_start(&p,
		"namespaces:\n"
		"  a:\n    types: [net, user]\n" MAPS
		"  b: {types: [uts], share: {net: c}}\n"
		"  c: {}\n"
		"  d: {types: [net, uts]}\n",
		"namespaces:\n  a: {inode: 11}\n  b: {inode: 12}\n  c: {inode: 13}\n"
		"  d: {inode: 13, pins: {net: 13, uts: 14}}\n",
		"objects:\n- {kind: type, namespace: d, name: net, inode: 13, made: true, home: c}\n");
	nb_state_add_set(p.state, "a")->owners[NB_NS_NET] = p.state->user = 1;
	assert_plan(&p, all, "plan: nothing to do\n");
	assert_planning_said(&p,
		"error 2:3: a: its network namespace belongs to another user namespace now, and that "
		"cannot change while it is there = take a and its bonds out of the file, apply with "
		"--allow rebuild, then declare it as it shall be\n"
		"error 6:3: b: it has a network namespace of its own now, and that cannot change while "
		"it is there = take b and its bonds out of the file, apply with --allow rebuild, then "
		"declare it as it shall be\n"
		"error 8:3: d: its network namespace is that of another one now, and that cannot "
		"change while it is there = take d and its bonds out of the file, apply with --allow "
		"rebuild, then declare it as it shall be\n");
	planning_done(&p);
}

static void test_without_its_user_namespace_nothing_of_a_set_is_made(void **state)
{
	struct nb_block block = { (char *)"a", (char *)"type user", (char *)"no right" };
	struct nb_policy policy = { .limit = NB_CLASS_SLAVE, .blocks = &block, .n_blocks = 1 };
	struct planning p;

	planning_start(&p,
		"namespaces:\n  a:\n    types: [net, user, uts]\n" MAPS
		"bonds:\n  bond0: {namespace: a, slaves: []}\n",
		"", NULL);
	assert_plan(&p, policy,
		"held: a: make the namespace\n"
		"      it failed: no right; change the configuration to try again\n"
		"plan: nothing to do, 1 held\n");
	planning_done(&p);
}

static void test_what_failed_is_held(void **state)
{
	struct nb_block block = { (char *)"a", (char *)"type ipc", (char *)"no space" };
	struct nb_policy policy = { .limit = NB_CLASS_SLAVE, .blocks = &block, .n_blocks = 1 };
	struct planning p;

	planning_start(&p, "namespaces: {a: {types: [ipc, uts]}}\n", "", NULL);
	assert_plan(&p, policy,
		"a: live\n   1. live    add uts to namespace a\n"
		"held: a: add ipc\n"
		"      it failed: no space; change the configuration to try again\n"
		"plan: 1 operation, class live, 1 held\n");
	planning_done(&p);
}

static void test_what_belongs_to_another_user_namespace_is_made_anew(void **state)
{
	struct planning p;
	struct nb_nsset *set;

	planning_start(&p, "namespaces:\n  a:\n    types: [user, uts, ipc]\n" MAPS,
		"namespaces:\n  a:\n    exists: false\n    pins: {user: 5, uts: 6, ipc: 7}\n" MAPS,
		NULL);
	set = nb_state_set(p.state, "a");
	set->owners[NB_NS_UTS] = p.state->user = 1;
	set->owners[NB_NS_IPC] = 5;
	assert_plan(&p, live,
		"held: a: make anew uts (it belongs to another user namespace)\n"
		"      to do it: --allow rebuild\n"
		"plan: nothing to do, 1 held\n");
	assert_plan(&p, all,
		"a: rebuild\n"
		"   1. rebuild make uts of namespace a anew\n"
		"               (it belongs to another user namespace)\n"
		"plan: 1 operation, class rebuild\n");
	planning_done(&p);
}

static void test_what_was_shared_becomes_its_own(void **state)
{
	struct planning p;

	planning_start(&p, "namespaces:\n  a: {types: [uts]}\n  b: {types: [uts], hostname: b}\n",
		"namespaces:\n"
		"  a: {exists: false, pins: {uts: 6}}\n"
		"  b: {exists: false, pins: {uts: 6}}\n",
		"objects:\n- {kind: type, namespace: b, name: uts, inode: 6, made: true, home: a}\n");
	assert_plan(&p, live,
		"held: b: make anew uts (it was shared until now)\n"
		"      to do it: --allow rebuild\n"
		"plan: nothing to do, 1 held\n");
	planning_done(&p);
}

static void test_another_one_to_share_is_held(void **state)
{
	struct planning p;

	planning_start(&p,
		"namespaces:\n  a: {types: [uts]}\n  b: {types: [uts]}\n  c: {types: [], share: {uts: b}}\n",
		"namespaces:\n"
		"  a: {exists: false, pins: {uts: 6}}\n"
		"  b: {exists: false, pins: {uts: 7}}\n"
		"  c: {exists: false, pins: {uts: 6}}\n",
		"objects:\n- {kind: type, namespace: c, name: uts, inode: 6, made: true, home: a}\n");
	assert_plan(&p, live,
		"held: c: make anew uts (it has another one)\n"
		"      to do it: --allow rebuild\n"
		"plan: nothing to do, 1 held\n");
	planning_done(&p);
}

#define GONE                                                                          \
	"objects:\n- {kind: type, namespace: a, name: uts, inode: 6, made: true}\n"   \
	"- {kind: type, namespace: a, name: pid, inode: 7, made: true}\n"

static void test_processes_keep_types(void **state)
{
	struct nb_policy force = { .limit = NB_CLASS_REBUILD, .force = true };
	struct planning p;
	struct nb_nsset *set;

	planning_start(&p, "{}", "namespaces:\n  a: {exists: false, pins: {uts: 6, pid: 7}}\n", GONE);
	set = nb_state_set(p.state, "a");
	set->processes = calloc(1, sizeof(*set->processes));
	set->processes[0] = (struct nb_process){ 17, "sleep" };
	set->n_processes = 1;
	assert_plan(&p, all,
		"held: a: remove pid (processes live in it: 17 (sleep))\n"
		"      to do it: --allow rebuild --force\n"
		"held: a: remove uts (processes live in it: 17 (sleep))\n"
		"      to do it: --allow rebuild --force\n"
		"plan: nothing to do, 2 held\n");
	assert_plan(&p, force,
		"a: rebuild\n"
		"   1. rebuild remove pid from namespace a\n"
		"   2. rebuild remove uts from namespace a\n"
		"plan: 2 operations, class rebuild\n");
	planning_done(&p);
}

static void test_what_nobody_can_look_at_stays(void **state)
{
	struct planning p;

	planning_start(&p, "namespaces: {b: {types: [uts]}}\n",
		"namespaces:\n  a: {exists: false, pins: {uts: 6}}\n", GONE);
	nb_state_set(p.state, "a")->unreadable = true;
	nb_state_add_set(p.state, "b")->unreadable = true;
	assert_plan(&p, all, "plan: nothing to do\n");
	planning_done(&p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_type_the_kernel_lacks_leaves_its_set_alone),
		cmocka_unit_test(test_a_network_does_not_change_hands),
		cmocka_unit_test(test_without_its_user_namespace_nothing_of_a_set_is_made),
		cmocka_unit_test(test_what_failed_is_held),
		cmocka_unit_test(test_what_belongs_to_another_user_namespace_is_made_anew),
		cmocka_unit_test(test_what_was_shared_becomes_its_own),
		cmocka_unit_test(test_another_one_to_share_is_held),
		cmocka_unit_test(test_processes_keep_types),
		cmocka_unit_test(test_what_nobody_can_look_at_stays),
	};

	return cmocka_run_group_tests_name("plan-sets", tests, NULL, NULL);
}
