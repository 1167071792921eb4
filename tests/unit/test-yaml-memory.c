/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The memory as a file: what is written can be read back, what is damaged is told. */
#include "tests/unit/unit.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "lib/yaml/memory.h"

static int load(const char *text, struct nb_memory *memory, struct nb_diag *diag)
{
	return nb_yaml_load_memory("objects.yaml", text, strlen(text), memory, diag);
}

static void assert_emits(const struct nb_memory *memory, const char *expected)
{
	NB_CLEANUP(nb_text_done) struct nb_text text = { 0 };

	nb_yaml_emit_memory(memory, &text);
	assert_string_equal(text.text, expected);
}

#define FULL                            \
	"objects:\n"                    \
	"- kind: bond\n"                \
	"  namespace: ''\n"             \
	"  name: 'bond0'\n"             \
	"  inode: 4026531840\n"         \
	"  ifindex: 12\n"               \
	"  made: false\n"               \
	"  addresses:\n"                \
	"  - '192.0.2.1/24'\n"          \
	"  - '2001:db8::1/64'\n"        \
	"- kind: namespace\n"           \
	"  namespace: 'storage'\n"      \
	"  name: 'storage'\n"           \
	"  inode: 18446744073709551\n"  \
	"  cookie: 7\n"                 \
	"  ifindex: 0\n"                \
	"  made: true\n"                \
	"- kind: nic\n"                 \
	"  namespace: 'storage'\n"      \
	"  name: 'eth0'\n"              \
	"  inode: 0\n"                  \
	"  ifindex: 2147483647\n"       \
	"  made: true\n"                \
	"  mac: '02:00:00:00:00:01'\n"  \
	"  home: 'enp1s0'\n"            \
	"  home-namespace: ''\n"

static void test_yaml_memory_comes_back_as_it_was_written(void **state)
{
	struct nb_memory memory = { 0 };
	struct nb_diag diag = { 0 };

	assert_int_equal(load(FULL, &memory, &diag), 0);
	assert_int_equal(memory.n_objects, 3);
	assert_int_equal(memory.objects[0].kind, NB_OBJECT_BOND);
	assert_int_equal(memory.objects[0].n_addresses, 2);
	assert_false(memory.objects[0].made);
	assert_null(memory.objects[0].home);
	assert_int_equal(memory.objects[1].inode, 18446744073709551);
	assert_string_equal(memory.objects[2].home_namespace, "");
	assert_emits(&memory, FULL);
	nb_memory_done(&memory);
	nb_diag_done(&diag);
}

static void test_yaml_memory_of_nothing_is_a_file_too(void **state)
{
	struct nb_memory memory = { 0 };
	struct nb_diag diag = { 0 };

	assert_emits(&memory, "objects: []\n");
	assert_int_equal(load("objects: []\n", &memory, &diag), 0);
	assert_int_equal(memory.n_objects, 0);
	assert_int_equal(load("", &memory, &diag), 0);
	assert_int_equal(memory.n_objects, 0);
	nb_diag_done(&diag);
}

/* The kernel takes nearly every byte in a device's name (dev_valid_name()). */
static void test_yaml_memory_keeps_any_name_a_device_may_have(void **state)
{
	static const char *const names[] = { "a'b", "''", "#", "a: b", "- x", "null", "true", "0x10",
		"1e3", "~", "\"q\"", "{a}", "[b]", "&a", "*a", "!t", "%x", "@x", "`x", "a,b", "\\n",
		"\xc3\xa9th0", "|", ">" };

	for (size_t i = 0; i < NB_ARRAY_SIZE(names); i++) {
		NB_CLEANUP(nb_text_done) struct nb_text text = { 0 };
		struct nb_memory memory = { 0 }, back = { 0 };
		struct nb_diag diag = { 0 };

		NB_CASE("%s", names[i]);
		assert_non_null(nb_memory_add(&memory, NB_OBJECT_NIC, "", names[i]));
		nb_yaml_emit_memory(&memory, &text);
		assert_int_equal(load(text.text, &back, &diag), 0);
		assert_int_equal(back.n_objects, 1);
		assert_string_equal(back.objects[0].name, names[i]);
		nb_memory_done(&memory);
		nb_memory_done(&back);
		nb_diag_done(&diag);
	}
}

/* The kernel takes names that YAML cannot carry: what else is remembered is not lost by one. */
static void test_yaml_memory_with_a_name_that_is_no_text_can_be_read(void **state)
{
	static const struct {
		const char *name, *kept;
	} cases[] = {
		{ "e\xff", "e?" },		  /* no UTF-8 */
		{ "e\xed\xa0\x80", "e???" },	  /* a surrogate */
		{ "e\x01", "e?" },		  /* control characters */
		{ "e\x7f", "e?" },
		{ "e\xc2\x85", "e??" },
		{ "e\xc2\xa0", "e??" },	  /* looks like a space */
		{ "e\xe2\x80\x99", "e???" },	  /* looks like a quote */
		{ "e\xef\xbb\xbf", "e???" },	  /* a byte order mark */
	};

	for (size_t i = 0; i < NB_ARRAY_SIZE(cases); i++) {
		NB_CLEANUP(nb_text_done) struct nb_text text = { 0 };
		struct nb_memory memory = { 0 }, back = { 0 };
		struct nb_object *nic = nb_memory_add(&memory, NB_OBJECT_NIC, "blue", cases[i].name);
		struct nb_diag diag = { 0 };

		NB_CASE("%s", cases[i].name);
		assert_non_null(nic);
		nic->ifindex = 7;
		nic->home = strdup(cases[i].name);
		nic->home_namespace = strdup("");
		assert_non_null(nb_memory_add(&memory, NB_OBJECT_BOND, "blue", "bond0"));
		nb_yaml_emit_memory(&memory, &text);
		assert_int_equal(load(text.text, &back, &diag), 0);
		assert_int_equal(back.n_objects, 2);
		assert_string_equal(back.objects[0].name, cases[i].kept);
		assert_string_equal(back.objects[0].home, cases[i].kept);
		assert_int_equal(back.objects[0].ifindex, 7);
		assert_string_equal(back.objects[1].name, "bond0");
		nb_memory_done(&memory);
		nb_memory_done(&back);
		nb_diag_done(&diag);
	}
}

static void test_yaml_memory_tells_what_is_damaged_and_keeps_nothing(void **state)
{
	static const struct {
		const char *text, *said;
	} cases[] = {
		{ "objects: [{kind: bond, namespace: '', name: a}, {kind: bond, namespace: ''}]\n",
			"objects.yaml:1:49: error: an object needs namespace and name" },
		{ "objects: [{kind: dog, namespace: '', name: a}]\n", "objects.yaml:1:18: error:" },
		{ "objects: [{kind: bond, namespace: '', name: a, ifindex: -1}]\n",
			"objects.yaml:1:57: error:" },
		{ "objects: [{kind: bond, namespace: '', name: a, inode: x}]\n",
			"objects.yaml:1:55: error:" },
		{ "objects: [{kind: bond, namespace: '', name: a, made: perhaps}]\n",
			"objects.yaml:1:54: error:" },
		{ "objects: [{kind: bond, namespace: '', name: a, colour: red}]\n",
			"objects.yaml:1:48: error:" },
		{ "objects: [{kind: bond, namespace: '', name: a, addresses: ['192.0.2.1']}]\n",
			"objects.yaml:1:60: error: 192.0.2.1 is no address" },
		{ "objects: 7\n", "objects.yaml:1:10: error:" },
		{ "objects: [\n", "objects.yaml:" },
		{ "objects: [{kind: bond, namespace: '', name: a, name: b}]\n", "objects.yaml:1:48: error:" },
	};

	for (size_t i = 0; i < NB_ARRAY_SIZE(cases); i++) {
		NB_CLEANUP(nb_text_done) struct nb_text said = { 0 };
		struct nb_memory memory = { 0 };
		struct nb_diag diag = { 0 };

		NB_CASE("%s", cases[i].said);
		assert_int_equal(load(cases[i].text, &memory, &diag), -EBADMSG);
		assert_int_equal(memory.n_objects, 0);
		assert_null(memory.objects);
		assert_true(diag.n_problems > 0);
		nb_diag_format(&diag, &diag.problems[0], &said);
		if (strncmp(said.text, cases[i].said, strlen(cases[i].said)) != 0)
			fail_msg("said: %s", said.text);
		nb_diag_done(&diag);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_yaml_memory_comes_back_as_it_was_written),
		cmocka_unit_test(test_yaml_memory_of_nothing_is_a_file_too),
		cmocka_unit_test(test_yaml_memory_keeps_any_name_a_device_may_have),
		cmocka_unit_test(test_yaml_memory_with_a_name_that_is_no_text_can_be_read),
		cmocka_unit_test(test_yaml_memory_tells_what_is_damaged_and_keeps_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
