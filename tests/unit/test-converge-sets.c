/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Types of namespaces, all the way: made, killed in the middle, refused, lost, left alone. */
#include "tests/unit/unit.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "lib/core/converge.h"
#include "lib/core/rules.h"
#include "lib/yaml/config.h"
#include "lib/yaml/memory.h"

#define STEPS 1000

/* A kernel of types alone: a number for each namespace, and who lives where. */
struct kernel {
	struct nb_state *there;
	uint64_t next;
	unsigned n_ops, kill_at, fail_at; /* counted from 1; 0 = never */
	int error;
	bool inhabited;
	struct nb_memory memory; /* what is on disk */
	struct nb_text log, told;
	enum nb_converge_result result;
};

static uint64_t number_of(struct kernel *k, const char *set, enum nb_nstype type)
{
	const struct nb_nsset *found = nb_state_set(k->there, set);

	return found ? found->inodes[type] : 0;
}

static int create(struct kernel *k, struct nb_nsset *set, const struct nb_op *op)
{
	uint64_t inode = op->from ? number_of(k, op->from, op->nstype) : ++k->next;

	if (!inode || (op->flags & NB_OP_IN_USER && !set->inodes[NB_NS_USER]))
		return -ENOENT;
	if (set->inodes[op->nstype] && !(op->flags & NB_OP_REPLACE))
		return 0;
	set->inodes[op->nstype] = inode;
	set->owners[op->nstype] = op->flags & NB_OP_IN_USER ? set->inodes[NB_NS_USER] : 1;
	if (op->nstype == NB_NS_PID)
		set->holder = 100;
	if (op->nstraits) {
		nb_nstraits_done(&set->traits);
		assert_int_equal(nb_nstraits_copy(op->nstraits, &set->traits), 0);
	}
	return 0;
}

static int run(void *context, const struct nb_op *op, struct nb_exec_error *error)
{
	struct kernel *k = context;
	struct nb_nsset *set = nb_state_add_set(k->there, op->namespace);

	nb_op_describe(op, &k->log);
	nb_text_add(&k->log, "\n");
	*error = (struct nb_exec_error){ 0 };
	if (++k->n_ops == k->fail_at) {
		snprintf(error->text, sizeof(error->text), "%s", strerrordesc_np(k->error));
		return -k->error;
	}
	switch (op->kind) {
	case NB_OP_TYPE_CREATE:
		return create(k, set, op);
	case NB_OP_TYPE_SET:
		free(set->traits.hostname);
		set->traits.hostname = strdup(op->nstraits->hostname);
		return 0;
	case NB_OP_TYPE_DELETE:
		set->inodes[op->nstype] = 0;
		return 0;
	default:
		return -EINVAL;
	}
}

static int observe(void *context, char *const *namespaces, size_t n, struct nb_state **ret,
	struct nb_diag *diag)
{
	*ret = nb_state_new();
	return *ret ? 0 : -ENOMEM;
}

static int sets(void *context, char *const *names, size_t n, struct nb_state *state,
	struct nb_diag *diag)
{
	struct kernel *k = context;

	state->user = 1;
	state->nstypes = NB_NS_ALL;
	for (size_t i = 0; i < n; i++) {
		const struct nb_nsset *found = nb_state_set(k->there, names[i]);
		struct nb_nsset *set = nb_state_add_set(state, names[i]);

		if (!found)
			continue;
		memcpy(set->inodes, found->inodes, sizeof(set->inodes));
		memcpy(set->owners, found->owners, sizeof(set->owners));
		set->holder = found->holder;
		nb_nstraits_done(&set->traits);
		assert_int_equal(nb_nstraits_copy(&found->traits, &set->traits), 0);
	}
	return 0;
}

static int members(void *context, const char *set, unsigned types, struct nb_process **ret,
	struct nb_diag *diag)
{
	const struct kernel *k = context;

	if (!k->inhabited)
		return 0;
	*ret = calloc(1, sizeof(**ret));
	(*ret)[0] = (struct nb_process){ 17, "sleep" };
	return 1;
}

static const struct nb_exec_ops exec = {
	.run = run, .observe = observe, .sets = sets, .members = members
};

static int on_remember(void *context, const struct nb_memory *memory)
{
	struct kernel *k = context;

	nb_memory_done(&k->memory);
	return nb_memory_copy(memory, &k->memory);
}

static void tell(struct kernel *k, const struct nb_diag *diag)
{
	nb_text_done(&k->told);
	for (size_t i = 0; i < diag->n_problems; i++)
		nb_text_add(&k->told, "%s: %s\n", diag->problems[i].object, diag->problems[i].text);
}

/* One run; killed before operation .kill_at it leaves only what is on disk. */
static void converge(struct kernel *k, const char *yaml, enum nb_class limit)
{
	static const struct nb_converge_hooks hooks = { .remember = on_remember };
	NB_CLEANUP(nb_config_freep) struct nb_config *config = nb_config_new();
	NB_CLEANUP(nb_memory_done) struct nb_memory memory = { 0 };
	NB_CLEANUP(nb_diag_done) struct nb_diag diag = { 0 };
	struct nb_converge c = {
		.config = config, .memory = &memory, .exec = &exec, .exec_context = k,
		.hooks = &hooks, .hook_context = k, .limit = limit,
	};
	unsigned ms, steps = 0;

	assert_int_equal(nb_yaml_load("test", yaml, strlen(yaml), 0, config, &diag), 0);
	assert_int_equal(nb_rules_check(config, &diag), 0);
	assert_int_equal(nb_memory_copy(&k->memory, &memory), 0);
	nb_text_done(&k->log);
	k->n_ops = 0;
	nb_converge_start(&c);
	while (c.state != NB_CONVERGE_DONE && (!k->kill_at || k->n_ops + 1 < k->kill_at)) {
		assert_true(++steps < STEPS);
		assert_int_equal(nb_converge_step(&c, steps, &ms, &diag), 0);
	}
	k->result = c.result;
	tell(k, &diag);
	nb_converge_done(&c);
}

static void kernel_start(struct kernel *k)
{
	*k = (struct kernel){ .there = nb_state_new(), .next = 100 };
}

static void kernel_done(struct kernel *k)
{
	nb_state_free(k->there);
	nb_memory_done(&k->memory);
	nb_text_done(&k->log);
	nb_text_done(&k->told);
}

#define MAPS                                                     \
	"    uid-map: [{inside: 0, outside: 100000, count: 9}]\n" \
	"    gid-map: [{inside: 0, outside: 100000, count: 9}]\n"
#define TWO                                                                          \
	"namespaces:\n"                                                              \
	"  a:\n    types: [user, uts, pid]\n    hostname: one\n" MAPS               \
	"  b: {types: [ipc], share: {uts: a, pid: a, user: a}}\n"
#define NONE "namespaces: {}\n"

static void assert_quiet(struct kernel *k, const char *yaml)
{
	k->kill_at = k->fail_at = 0;
	converge(k, yaml, NB_CLASS_REBUILD);
	assert_int_equal(k->result, NB_RESULT_CONVERGED);
	if (k->n_ops)
		fail_msg("not quiet:\n%s", k->log.text);
}

static void assert_whole(struct kernel *k, const char *yaml)
{
	k->kill_at = k->fail_at = 0;
	converge(k, yaml, NB_CLASS_REBUILD);
	assert_int_equal(k->result, NB_RESULT_CONVERGED);
	assert_quiet(k, yaml);
}

static void assert_nothing(struct kernel *k)
{
	for (size_t i = 0; i < k->there->n_sets; i++) {
		for (enum nb_nstype type = 0; type < NB_NS_COUNT; type++)
			assert_int_equal(k->there->sets[i]->inodes[type], 0);
	}
	assert_int_equal(k->memory.n_objects, 0);
}

static void test_made_and_removed_in_one_pass(void **state)
{
	struct kernel k;

	kernel_start(&k);
	converge(&k, TWO, NB_CLASS_SLAVE);
	assert_int_equal(k.result, NB_RESULT_CONVERGED);
	assert_string_equal(k.log.text,
		"add user to namespace a: uids 0 100000 9; gids 0 100000 9\n"
		"share user of namespace a with namespace b\n"
		"add uts to namespace a: hostname one\n"
		"add pid to namespace a\n"
		"add ipc to namespace b\n"
		"share uts of namespace a with namespace b\n"
		"share pid of namespace a with namespace b\n");
	assert_quiet(&k, TWO);
	assert_int_equal(k.memory.n_objects, 7);
	assert_whole(&k, NONE);
	assert_nothing(&k);
	kernel_done(&k);
}

static void test_killed_anywhere_the_next_run_makes_it_whole(void **state)
{
	static const char *const ways[][2] = { { NONE, TWO }, { TWO, NONE } };

	for (size_t way = 0; way < 2; way++) {
		for (unsigned at = 1; at <= 8; at++) {
			struct kernel k;

			kernel_start(&k);
			assert_whole(&k, ways[way][0]);
			k.kill_at = at;
			converge(&k, ways[way][1], NB_CLASS_REBUILD);
			assert_whole(&k, ways[way][1]);
			assert_whole(&k, NONE);
			assert_nothing(&k);
			kernel_done(&k);
		}
	}
}

static void test_refused_anywhere_it_ends_and_the_next_run_makes_it_whole(void **state)
{
	for (unsigned at = 1; at <= 7; at++) {
		struct kernel k;

		kernel_start(&k);
		k.fail_at = at;
		k.error = ENOSPC;
		converge(&k, TWO, NB_CLASS_SLAVE);
		assert_int_equal(k.result, NB_RESULT_FAILED);
		assert_non_null(strstr(k.told.text, "No space left on device"));
		assert_whole(&k, TWO);
		kernel_done(&k);
	}
}

static void test_without_user_nothing_of_the_set_is_made(void **state)
{
	struct kernel k;

	kernel_start(&k);
	k.fail_at = 1;
	k.error = EPERM;
	converge(&k, TWO, NB_CLASS_SLAVE);
	assert_int_equal(k.result, NB_RESULT_FAILED);
	for (enum nb_nstype type = 0; type < NB_NS_COUNT; type++)
		assert_int_equal(number_of(&k, "a", type), 0);
	kernel_done(&k);
}

static void test_what_others_do_is_told_and_mended(void **state)
{
	struct kernel k;

	kernel_start(&k);
	assert_whole(&k, TWO);
	nb_state_set(k.there, "a")->inodes[NB_NS_UTS] = 0;
	converge(&k, TWO, NB_CLASS_SLAVE);
	assert_string_equal(k.told.text, "a: somebody removed its uts\n");
	assert_string_equal(k.log.text, "add uts to namespace a: hostname one\n"
					"share uts of namespace a with namespace b\n");
	assert_quiet(&k, TWO);
	nb_state_set(k.there, "a")->holder = 0;
	nb_state_set(k.there, "b")->holder = 0;
	converge(&k, TWO, NB_CLASS_SLAVE);
	assert_string_equal(k.log.text, "make pid of namespace a anew\n"
					"share pid of namespace a with namespace b\n");
	assert_quiet(&k, TWO);
	kernel_done(&k);
}

static void test_who_lost_its_memory_knows_its_pins_again(void **state)
{
	struct kernel k;

	kernel_start(&k);
	assert_whole(&k, TWO);
	nb_memory_done(&k.memory);
	assert_quiet(&k, TWO);
	assert_int_equal(k.memory.n_objects, 7);
	assert_whole(&k, NONE);
	assert_nothing(&k);
	kernel_done(&k);
}

static void test_inhabited_types_stay(void **state)
{
	struct kernel k;

	kernel_start(&k);
	assert_whole(&k, TWO);
	k.inhabited = true;
	converge(&k, NONE, NB_CLASS_REBUILD);
	assert_int_equal(k.result, NB_RESULT_HELD);
	/* The second pin of a namespace goes all the same: nobody loses anything by it. */
	assert_string_equal(k.log.text, "remove pid from namespace a\n"
					"remove uts from namespace a\n"
					"remove user from namespace a\n");
	k.inhabited = false;
	assert_whole(&k, NONE);
	assert_nothing(&k);
	kernel_done(&k);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_made_and_removed_in_one_pass),
		cmocka_unit_test(test_killed_anywhere_the_next_run_makes_it_whole),
		cmocka_unit_test(test_refused_anywhere_it_ends_and_the_next_run_makes_it_whole),
		cmocka_unit_test(test_without_user_nothing_of_the_set_is_made),
		cmocka_unit_test(test_what_others_do_is_told_and_mended),
		cmocka_unit_test(test_who_lost_its_memory_knows_its_pins_again),
		cmocka_unit_test(test_inhabited_types_stay),
	};

	return cmocka_run_group_tests_name("converge-sets", tests, NULL, NULL);
}
