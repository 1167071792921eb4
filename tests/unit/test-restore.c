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

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_restore_takes_a_snapshot_that_saw_everything),
		cmocka_unit_test(test_restore_refuses_a_snapshot_that_could_not_look_somewhere),
		cmocka_unit_test(test_restore_removes_what_its_snapshot_does_not_have),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
