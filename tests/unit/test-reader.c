/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tests/unit/unit.h"

#include <errno.h>
#include <malloc.h>
#include <stdio.h>
#include <string.h>

#include "lib/core/rules.h"
#include "lib/yaml/config.h"
#include "lib/yaml/reader.h"
#include "lib/yaml/text.h"

#define MIB (1024 * 1024)
/* A file of the largest size may cost its own text twice, its nodes and the messages. */
#define MEMORY_BOUND (40 * (size_t)MIB)

/* The whole tree as one line: {a: [b, c]}. A refused node is "!". */
static void flatten(const struct nb_yaml_node *node, struct nb_text *out)
{
	bool first = true;

	switch (node->kind) {
	case NB_YAML_SCALAR:
		nb_text_add(out, node->quoted ? "'%s'" : "%s", node->text);
		return;
	case NB_YAML_BAD:
		nb_text_add(out, "!");
		return;
	case NB_YAML_LIST:
	case NB_YAML_MAP:
		nb_text_add(out, node->kind == NB_YAML_LIST ? "[" : "{");
		nb_yaml_foreach(member, node) {
			nb_text_add(out, first ? "" : ", ");
			if (node->kind == NB_YAML_MAP)
				nb_text_add(out, "%s: ", member->key->text);
			flatten(member, out);
			first = false;
		}
		nb_text_add(out, node->kind == NB_YAML_LIST ? "]" : "}");
	}
}

struct tree_case {
	const char *sentence, *text, *tree; /* tree: NULL = nothing readable */
	int result;
};

static void check_tree(const struct tree_case *c)
{
	NB_CLEANUP(nb_yaml_tree_freep) struct nb_yaml_tree *tree = NULL;
	NB_CLEANUP(nb_diag_done) struct nb_diag diag = { 0 };
	NB_CLEANUP(nb_text_done) struct nb_text flat = { 0 };

	NB_CASE("%s", c->sentence);
	assert_int_equal(nb_yaml_read("x", c->text, strlen(c->text), &nb_yaml_limits_config, &diag,
				 &tree),
		c->result);
	assert_int_equal(diag.n_errors > 0, c->result == -EBADMSG);
	if (!tree) {
		assert_null(c->tree);
		return;
	}
	if (tree->root)
		flatten(tree->root, &flat);
	assert_string_equal(flat.text ? flat.text : "", c->tree);
}

static void test_reader_gives_scalars_as_they_are_written(void **state)
{
	static const struct tree_case cases[] = {
		{ "nothing", "", "", 0 },
		{ "a comment alone", "# x\n", "", 0 },
		{ "a mapping keeps its order", "b: 1\na: 2\n", "{b: 1, a: 2}", 0 },
		{ "lists of both styles", "a: [x, y]\nb:\n- x\n-   y\n", "{a: [x, y], b: [x, y]}", 0 },
		{ "a MAC is no number of base 60", "m: 52:54:00:12:34:56\n", "{m: 52:54:00:12:34:56}", 0 },
		{ "on and no are words", "a: on\nb: no\n", "{a: on, b: no}", 0 },
		{ "quotes are known", "a: \"1\"\nb: '2'\n", "{a: '1', b: '2'}", 0 },
		{ "nothing is an empty text", "a:\nb: ~\n", "{a: , b: ~}", 0 },
		{ "an explicit document", "---\na: 1\n...\n", "{a: 1}", 0 },
		{ "any UTF-8", "\xc3\xa4: \xe2\x82\xac\xf0\x9f\x98\x80\n",
			"{\xc3\xa4: \xe2\x82\xac\xf0\x9f\x98\x80}", 0 },
	};

	for (size_t i = 0; i < NB_ARRAY_SIZE(cases); i++)
		check_tree(&cases[i]);
}

static void test_reader_goes_on_behind_what_it_refuses(void **state)
{
	static const struct tree_case cases[] = {
		{ "of equal keys the first stays", "a: 1\nb: 2\na: 3\nb: 4\nc: 5\n",
			"{a: 1, b: 2, c: 5}", -EBADMSG },
		{ "an alias is a hole", "a: &x 1\nb: *x\nc: 2\n", "{a: 1, b: !, c: 2}", -EBADMSG },
		{ "a tag is told", "a: !!int 1\n", "{a: 1}", -EBADMSG },
		{ "a merge key falls out", "<<: {x: y}\na: 1\n", "{a: 1}", -EBADMSG },
		{ "a list as key falls out", "? [a]\n: 1\nb: 2\n", "{b: 2}", -EBADMSG },
		{ "a text of two lines is a hole", "a: |\n  x\n  y\nb: 2\n", "{a: !, b: 2}",
			-EBADMSG },
		{ "so is a NUL in quotes", "a: \"x\\0y\"\nb: 2\n", "{a: !, b: 2}", -EBADMSG },
		{ "after bad syntax there is nothing", "a: [1\nb: 2\n", NULL, -EBADMSG },
		{ "nor with a second document", "a: 1\n---\nb: 2\n", NULL, -EBADMSG },
	};

	for (size_t i = 0; i < NB_ARRAY_SIZE(cases); i++)
		check_tree(&cases[i]);
}

static void test_reader_marks_count_characters(void **state)
{
	static const char text[] = "\xc3\xa4: \xe2\x82\xac\nlist: [x, y]\n";
	NB_CLEANUP(nb_yaml_tree_freep) struct nb_yaml_tree *tree = NULL;
	NB_CLEANUP(nb_diag_done) struct nb_diag diag = { 0 };
	const struct nb_yaml_node *list;

	assert_int_equal(
		nb_yaml_read("x", text, strlen(text), &nb_yaml_limits_config, &diag, &tree), 0);
	assert_int_equal(tree->root->first->mark.line, 1);
	assert_int_equal(tree->root->first->mark.column, 4);
	list = tree->root->first->next;
	assert_int_equal(list->key->mark.line, 2);
	assert_int_equal(list->first->next->mark.column, 11);
	assert_string_equal(list->first->key->text, "list");
	assert_true(list->first->item && !list->item);
}

struct utf8_case {
	const char *bytes;
	size_t length;
	uint32_t c;
};

static void test_utf8_is_checked_strictly(void **state)
{
	static const struct utf8_case cases[] = {
		{ "a", 1, 'a' },
		{ "\xc2\x80", 2, 0x80 },
		{ "\xe0\xa0\x80", 3, 0x800 },
		{ "\xef\xbf\xbd", 3, 0xfffd },
		{ "\xf0\x90\x80\x80", 4, 0x10000 },
		{ "\xf4\x8f\xbf\xbf", 4, 0x10ffff },
		{ "\x80", 0, 0 },	      /* begins with a continuation */
		{ "\xc1\xbf", 0, 0 },	      /* overlong */
		{ "\xe0\x9f\xbf", 0, 0 },     /* overlong */
		{ "\xf0\x8f\xbf\xbf", 0, 0 }, /* overlong */
		{ "\xed\xa0\x80", 0, 0 },     /* a surrogate */
		{ "\xf4\x90\x80\x80", 0, 0 }, /* above U+10FFFF */
		{ "\xff", 0, 0 },
		{ "\xe2\x82", 0, 0 }, /* cut off */
	};

	for (size_t i = 0; i < NB_ARRAY_SIZE(cases); i++) {
		uint32_t c = 0;

		NB_CASE("%zu: %zu bytes", i, cases[i].length);
		assert_int_equal(nb_utf8_next(cases[i].bytes, strlen(cases[i].bytes), &c),
			cases[i].length);
		assert_int_equal(c, cases[i].c);
	}
}

/* ---- extremes ---- */

#if defined(__SANITIZE_ADDRESS__)
#define COUNTED 0
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define COUNTED 0
#endif
#endif
#ifndef COUNTED
#define COUNTED 1
#endif

static size_t in_use, peak, cost; /* bytes; cost: of the case run last */

#if COUNTED
/* Every allocation of this program, libyaml's included, goes through here and is counted. */
void *__libc_malloc(size_t size);
void *__libc_calloc(size_t n, size_t size);
void *__libc_realloc(void *p, size_t size);
void __libc_free(void *p);

static void *count(void *p)
{
	in_use += p ? malloc_usable_size(p) : 0;
	peak = NB_MAX(peak, in_use);
	return p;
}

void *malloc(size_t size)
{
	return count(__libc_malloc(size));
}

void *calloc(size_t n, size_t size)
{
	return count(__libc_calloc(n, size));
}

void *realloc(void *p, size_t size)
{
	size_t before = p ? malloc_usable_size(p) : 0;
	void *q = __libc_realloc(p, size);

	if (!q)
		return NULL;
	in_use -= before;
	return count(q);
}

void free(void *p)
{
	in_use -= p ? malloc_usable_size(p) : 0;
	__libc_free(p);
}
#endif

struct extreme {
	const char *sentence;
	const char *said; /* part of the first message */
	size_t line, column;
};

/* Loads and checks; the first problem is the one, memory stays within its bound and is given back. */
static void check_extreme(const struct extreme *e, const char *text, size_t size)
{
	struct nb_config *config;
	struct nb_diag diag = { 0 };
	struct nb_text out = { 0 };
	size_t before;

	NB_CASE("%s (%zu bytes)", e->sentence, size);
	before = in_use;
	peak = in_use;
	config = nb_config_new();
	assert_int_equal(nb_yaml_load("x.yaml", text, size, 0, config, &diag), -EBADMSG);
	nb_rules_check(config, &diag);
	assert_true(diag.n_problems > 0 && diag.n_problems <= NB_DIAG_MAX_PROBLEMS);
	if (!strstr(diag.problems[0].text, e->said))
		fail_msg("said: %s", diag.problems[0].text);
	assert_non_null(diag.problems[0].hint);
	assert_int_equal(diag.problems[0].mark.line, e->line);
	assert_int_equal(diag.problems[0].mark.column, e->column);
	nb_diag_format(&diag, &diag.problems[0], &out);
	assert_true(out.length < 1024);
	cost = peak - before;
	print_message("      %s      %zu errors, %zu KiB at most\n", diag.problems[0].text, diag.n_errors,
		cost / 1024);
	assert_true(cost < MEMORY_BOUND);
	nb_text_done(&out);
	nb_diag_done(&diag);
	nb_config_free(config);
	assert_int_equal(in_use, before);
}

static char *repeat(const char *head, const char *piece, size_t n, size_t *ret_size)
{
	size_t head_size = strlen(head), piece_size = strlen(piece);
	char *text = malloc(head_size + n * piece_size + 1);

	assert_non_null(text);
	memcpy(text, head, head_size);
	for (size_t i = 0; i < n; i++)
		memcpy(text + head_size + i * piece_size, piece, piece_size);
	*ret_size = head_size + n * piece_size;
	text[*ret_size] = '\0';
	return text;
}

static void check_repeated(
	const struct extreme *e, const char *head, const char *piece, size_t n)
{
	size_t size;
	char *text = repeat(head, piece, n, &size);

	check_extreme(e, text, size);
	free(text);
}

static void test_huge_files_are_refused_unread(void **state)
{
	static const struct extreme cases[] = {
		{ "10 MB of comments", "the file has 10000000 bytes, more than 1048576", 1, 1 },
		{ "10 MB of brackets", "the file has 10000000 bytes", 1, 1 },
		{ "one byte too many", "the file has 1048577 bytes", 1, 1 },
	};

	check_repeated(&cases[0], "", "# aaaaaaa\n", 1000000);
	assert_true(cost < 64 * 1024); /* not even copied */
	check_repeated(&cases[1], "", "[", 10000000);
	assert_true(cost < 64 * 1024);
	check_repeated(&cases[2], "", "\n", MIB + 1);
}

static void test_deep_files_are_refused_early(void **state)
{
	static const struct extreme cases[] = {
		{ "10,000 brackets", "more than 32 lists and mappings within each other", 1, 33 },
		{ "10,000 braces", "more than 32 lists and mappings", 1, 129 },
		{ "10,000 dashes in a line", "more than 32 lists and mappings", 1, 65 },
		{ "10,000 question marks", "a key must be a word", 1, 3 },
	};
	size_t size = 0;
	char *text = malloc(10001 * 700);

	check_repeated(&cases[0], "", "[", 10000);
	check_repeated(&cases[1], "", "{a: ", 10000);
	check_repeated(&cases[2], "", "- ", 10000);
	check_repeated(&cases[3], "", "? ", 10000);
	assert_non_null(text);
	for (int i = 0; i < 1000; i++)
		size += (size_t)sprintf(text + size, "%*sa:\n", i, "");
	check_extreme(&(struct extreme){ "1,000 keys, each below the other",
			      "more than 32 lists and mappings", 33, 33 },
		text, size);
	free(text);
}

static void test_bytes_that_are_no_text_are_told_with_their_place(void **state)
{
	static const struct extreme cases[] = {
		{ "NUL", "a NUL byte", 2, 4 },
		{ "a file of NULs, as a power cut leaves it", "a NUL byte", 1, 1 },
		{ "no UTF-8", "byte 0xff is not valid UTF-8", 2, 4 },
		{ "Latin-1", "byte 0xe4 is not valid UTF-8", 1, 4 },
		{ "UTF-16", "the file is UTF-16", 1, 1 },
		{ "an escape sequence", "control character 0x1b", 1, 3 },
		{ "a lone carriage return", "a carriage return", 1, 5 },
		{ "U+2028", "an invisible line separator (U+2028)", 1, 3 },
		{ "a C1 control", "an invisible line separator (U+0085)", 1, 3 },
	};

	check_extreme(&cases[0], "a: 1\nb: \0c\n", 12);
	check_extreme(&cases[1], "\0\0\0\0", 4);
	check_extreme(&cases[2], "a: 1\n\xc3\xa4: \xffx\n", 12);
	check_extreme(&cases[3], "a: \xe4\n", 5);
	check_extreme(&cases[4], "\xff\xfe" "a\0:\0", 6);
	check_extreme(&cases[5], "a:\x1b[0m\n", 7);
	check_extreme(&cases[6], "a: 1\rb: 2\r", 10);
	check_extreme(&cases[7], "a:\xe2\x80\xa8 1\n", 8);
	check_extreme(&cases[8], "a:\xc2\x85 1\n", 7);
}

/* As large as a snapshot may be: there the packed numbers end. */
static void test_a_place_too_far_away_is_told_as_the_last_one(void **state)
{
	static const char fills[] = { '\n', 'a' };
	const size_t size = nb_yaml_limits_snapshot.size;
	char *text = malloc(size);

	assert_non_null(text);
	for (size_t i = 0; i < NB_ARRAY_SIZE(fills); i++) {
		NB_CLEANUP(nb_diag_done) struct nb_diag diag = { 0 };

		memset(text, fills[i], size - 1);
		text[size - 1] = 1;
		assert_int_equal(nb_yaml_check_text(text, size, 1, &diag), -EBADMSG);
		assert_int_equal(diag.problems[0].mark.line, i ? 1 : NB_MARK_MAX);
		assert_int_equal(diag.problems[0].mark.column, i ? NB_MARK_MAX : 1);
	}
	free(text);
}

static void test_aliases_do_not_explode(void **state)
{
	NB_CLEANUP(nb_text_done) struct nb_text text = { 0 };

	nb_text_add(&text, "a0: &a0 [lol, lol, lol, lol, lol, lol, lol, lol, lol, lol]\n");
	for (int i = 1; i < 30; i++) {
		nb_text_add(&text, "a%d: &a%d [", i, i);
		for (int j = 0; j < 10; j++)
			nb_text_add(&text, "%s*a%d", j ? ", " : "", i - 1);
		nb_text_add(&text, "]\n");
	}
	assert_false(text.failed);
	check_extreme(&(struct extreme){ "a billion laughs, squared",
			      "anchors (&) and aliases (*) are not used here", 1, 5 },
		text.text, text.length);
	assert_true(cost < 2 * MIB);
}

static void test_many_things_cost_no_more_than_their_number(void **state)
{
	NB_CLEANUP(nb_text_done) struct nb_text keys = { 0 }, bonds = { 0 };

	nb_text_add(&keys, "bonds:\n  bond0:\n");
	for (int i = 0; i < 60000; i++)
		nb_text_add(&keys, "    k%05d: 1\n", i);
	check_extreme(&(struct extreme){ "60,000 keys that are unknown", "unknown key 'k00000'", 3, 5 },
		keys.text, keys.length);

	nb_text_add(&bonds, "bonds:\n");
	for (int i = 0; i < 70000; i++)
		nb_text_add(&bonds, "  a: {}\n");
	check_extreme(&(struct extreme){ "70,000 times the same key", "duplicate key 'a'", 3, 3 },
		bonds.text, bonds.length);
	check_repeated(&(struct extreme){ "400,000 items", "more than 200000 things", 1, 400003 },
		"bonds: [a", ",a", 400000);
	check_repeated(&(struct extreme){ "90,000 keys at the margin", "duplicate key 'b'", 3, 1 },
		"a: 1\n", "b: 2\n", 90000);
	check_repeated(&(struct extreme){ "a scalar of 1 MB", "a text of 1000000 bytes", 1, 4 },
		"a: ", "x", 1000000);
	check_repeated(&(struct extreme){ "a word of 500 KB", "a text of 500000 bytes", 1, 1 },
		"", "xxxxx", 100000);
}

/* A snapshot may be larger than a configuration, but not without end. */
static void test_huge_snapshots_are_bounded(void **state)
{
	NB_CLEANUP(nb_text_done) struct nb_text links = { 0 }, names = { 0 };
	static const char *const said[] = { "the snapshot has more than 20000 links",
		"more than 1000 namespaces" };

	nb_text_add(&links, "links:\n");
	for (int i = 0; i < 30000; i++)
		nb_text_add(&links, "- l%d\n", i);
	nb_text_add(&names, "namespaces:\n");
	for (int i = 0; i < 30000; i++)
		nb_text_add(&names, "  n%d: {}\n", i);
	for (int i = 0; i < 2; i++) {
		struct nb_text *text = i == 0 ? &links : &names;
		struct nb_diag diag = { 0 };
		struct nb_state *s = NULL;
		size_t before = in_use;

		NB_CASE("%s", said[i]);
		peak = in_use;
		assert_int_equal(
			nb_yaml_load_state("x", text->text, text->length, &s, &diag), -EBADMSG);
		assert_null(s);
		assert_string_equal(diag.problems[0].text, said[i]);
		nb_diag_done(&diag);
		print_message("      %zu KiB at most\n", (peak - before) / 1024);
		assert_true(peak - before < 2 * MEMORY_BOUND);
		assert_int_equal(in_use, before);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_reader_gives_scalars_as_they_are_written),
		cmocka_unit_test(test_reader_goes_on_behind_what_it_refuses),
		cmocka_unit_test(test_reader_marks_count_characters),
		cmocka_unit_test(test_utf8_is_checked_strictly),
		cmocka_unit_test(test_huge_files_are_refused_unread),
		cmocka_unit_test(test_deep_files_are_refused_early),
		cmocka_unit_test(test_bytes_that_are_no_text_are_told_with_their_place),
		cmocka_unit_test(test_a_place_too_far_away_is_told_as_the_last_one),
		cmocka_unit_test(test_aliases_do_not_explode),
		cmocka_unit_test(test_many_things_cost_no_more_than_their_number),
		cmocka_unit_test(test_huge_snapshots_are_bounded),
	};

	return cmocka_run_group_tests_name("reader", tests, NULL, NULL);
}
