/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Types of namespaces, maps of ids, and what their operations say and do. */
#include "tests/unit/unit.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "lib/core/effect.h"
#include "lib/core/memory.h"

static void test_types_have_the_names_of_proc(void **state)
{
	for (enum nb_nstype type = 0; type < NB_NS_COUNT; type++)
		assert_int_equal(nb_nstype_find(nb_nstype_name(type)), type);
	assert_int_equal(nb_nstype_find("nett"), NB_NS_COUNT);
	assert_int_equal(nb_nstype_find(""), NB_NS_COUNT);
}

static void test_maps_are_read_as_proc_shows_them(void **state)
{
	struct nb_id_map map = { 0 }, other = { 0 };
	struct nb_text text = { 0 };

	assert_int_equal(nb_id_map_parse("         0     100000      65536\n"
					 "     65536       1000          1\n", &map), 0);
	assert_int_equal(map.n, 2);
	nb_id_map_format(&map, ", ", &text);
	assert_string_equal(text.text, "0 100000 65536, 65536 1000 1");
	assert_int_equal(nb_id_map_parse("65536 1000 1\n0 100000 65536", &other), 0);
	assert_true(nb_id_map_equal(&map, &other)); /* the order says nothing */
	other.ranges[0].count = 2;
	assert_false(nb_id_map_equal(&map, &other));
	other.n = 1;
	assert_false(nb_id_map_equal(&map, &other));
	assert_int_equal(nb_id_map_parse("0 1", &other), -EINVAL);
	assert_int_equal(nb_id_map_parse("root", &other), -EINVAL);
	assert_int_equal(nb_id_map_parse("", &other), 0);
	nb_text_done(&text);
	free(map.ranges);
	free(other.ranges);
}

static void test_a_map_has_an_end(void **state)
{
	struct nb_id_map map = { 0 };
	struct nb_text text = { 0 };

	for (unsigned i = 0; i <= NB_ID_RANGES_MAX; i++)
		nb_text_add(&text, "%u %u 1\n", i, i);
	assert_int_equal(nb_id_map_parse(text.text, &map), -EINVAL);
	assert_int_equal(map.n, NB_ID_RANGES_MAX);
	nb_text_done(&text);
	free(map.ranges);
}

static void assert_says(const struct nb_op *op, const char *expected)
{
	struct nb_text text = { 0 };

	nb_op_describe(op, &text);
	assert_string_equal(text.text, expected);
	nb_text_done(&text);
}

static struct nb_op type_op(enum nb_op_kind kind, enum nb_nstype type, const char *from)
{
	struct nb_op op;

	assert_int_equal(nb_op_init(&op, kind, "", "a", NULL, 0), 0);
	op.nstype = type;
	op.from = from ? strdup(from) : NULL;
	return op;
}

static void test_operations_say_what_they_do(void **state)
{
	const struct nb_nstraits traits = { .hostname = (char *)"host", .boottime = -3600 };
	struct nb_op op = type_op(NB_OP_TYPE_CREATE, NB_NS_UTS, NULL), copy;

	assert_int_equal(nb_op_set_traits(&op, &traits), 0);
	assert_says(&op, "add uts to namespace a: hostname host");
	op.flags |= NB_OP_REPLACE;
	assert_int_equal(nb_op_copy(&op, &copy), 0);
	assert_ptr_not_equal(copy.nstraits, op.nstraits);
	nb_op_done(&op);
	assert_says(&copy, "make uts of namespace a anew: hostname host");
	copy.kind = NB_OP_TYPE_SET;
	copy.hostname_before = strdup("old");
	assert_says(&copy, "set uts of namespace a: hostname old -> host");
	copy.kind = NB_OP_TYPE_CREATE;
	copy.nstype = NB_NS_TIME;
	copy.flags = 0;
	assert_says(&copy, "add time to namespace a: monotonic +0 s, boottime -3600 s");
	nb_op_done(&copy);
	op = type_op(NB_OP_TYPE_CREATE, NB_NS_IPC, "b");
	assert_says(&op, "share ipc of namespace b with namespace a");
	nb_op_done(&op);
	op = type_op(NB_OP_TYPE_DELETE, NB_NS_PID, NULL);
	assert_says(&op, "remove pid from namespace a");
	nb_op_done(&op);
}

static void apply(struct nb_state *state, struct nb_op op)
{
	assert_int_equal(nb_effect_apply(state, &op), 0);
	nb_op_done(&op);
}

static void test_the_state_follows(void **unused)
{
	struct nb_state *state = nb_state_new(), *copy;
	const struct nb_nsset *set;

	state->user = 7;
	nb_state_add_set(state, "b")->inodes[NB_NS_IPC] = 42;
	apply(state, type_op(NB_OP_TYPE_CREATE, NB_NS_IPC, "b"));
	apply(state, type_op(NB_OP_TYPE_CREATE, NB_NS_PID, NULL));
	apply(state, type_op(NB_OP_TYPE_CREATE, NB_NS_MNT, NULL));
	set = nb_state_set(state, "a");
	assert_int_equal(set->inodes[NB_NS_IPC], 42);
	assert_true(set->inodes[NB_NS_PID] >= NB_INODE_PLANNED);
	assert_true(set->inodes[NB_NS_MNT] != set->inodes[NB_NS_PID]);
	assert_int_equal(set->owners[NB_NS_PID], 7);
	assert_true(set->holder);
	apply(state, type_op(NB_OP_TYPE_DELETE, NB_NS_IPC, NULL));
	assert_int_equal(set->inodes[NB_NS_IPC], 0);
	assert_int_equal(nb_state_copy(state, &copy), 0);
	assert_int_equal(copy->user, 7);
	assert_int_equal(nb_state_set(copy, "a")->inodes[NB_NS_PID], set->inodes[NB_NS_PID]);
	nb_state_free(state);
	nb_state_free(copy);
}

static void test_a_type_is_remembered_by_set_and_name(void **state)
{
	struct nb_memory memory = { 0 };

	nb_memory_add(&memory, NB_OBJECT_NETNS, "uts", "uts");
	nb_memory_add(&memory, NB_OBJECT_TYPE, "a", "uts");
	assert_null(nb_memory_find_type(&memory, "uts", NB_NS_UTS));
	assert_null(nb_memory_find_type(&memory, "a", NB_NS_IPC));
	assert_ptr_equal(nb_memory_find_type(&memory, "a", NB_NS_UTS), &memory.objects[1]);
	assert_null(nb_memory_find_type(NULL, "a", NB_NS_UTS));
	nb_memory_done(&memory);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_types_have_the_names_of_proc),
		cmocka_unit_test(test_maps_are_read_as_proc_shows_them),
		cmocka_unit_test(test_a_map_has_an_end),
		cmocka_unit_test(test_operations_say_what_they_do),
		cmocka_unit_test(test_the_state_follows),
		cmocka_unit_test(test_a_type_is_remembered_by_set_and_name),
	};

	return cmocka_run_group_tests_name("nstype", tests, NULL, NULL);
}
