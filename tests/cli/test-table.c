/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tests/unit/unit.h"

#include <string.h>

#include "cli/table.h"
#include "cli/term.h"

/* What @print writes at a width, freed by the caller. */
static char *printed(unsigned width, void (*print)(const struct nbc *nbc, const void *what),
	const void *what)
{
	struct nbc nbc = { .program = "test", .width = width };
	char *text = NULL;
	size_t size;

	nbc.out = nbc.err = open_memstream(&text, &size);
	assert_non_null(nbc.out);
	print(&nbc, what);
	fclose(nbc.out);
	return text;
}

static void print_table(const struct nbc *nbc, const void *what)
{
	nbc_table_print(what, nbc);
}

static void print_wrapped(const struct nbc *nbc, const void *what)
{
	nbc_wrap(nbc, nbc->out, what, 4, 0);
}

static const struct nbc_column columns[] = {
	{ "NAME" },
	{ "VALUES", .least = 10 },
	{ "HELP", .least = 20, .below = true },
};

static void fill(struct nbc_table *table)
{
	nbc_table_add(table, (const char *const[]){ "mode", "one, two, three", "what it is for" });
	nbc_table_add(table, (const char *const[]){ "m\xc3\xbc", NULL, "none" });
}

static void test_table_fits_its_width(void **state)
{
	static const struct {
		unsigned width;
		const char *text;
	} cases[] = {
		{ 80, "NAME  VALUES           HELP\n"
		      "mode  one, two, three  what it is for\n"
		      "m\xc3\xbc                     none\n" },
		/* Values shrink as far as they must; nothing has blanks behind it. */
		{ 34, "NAME  VALUES        HELP\n"
		      "mode  one, two,     what it is for\n"
		      "      three\n"
		      "m\xc3\xbc                  none\n" },
		{ 30, "NAME  VALUES\n"
		      "mode  one, two, three\n"
		      "    what it is for\n"
		      "m\xc3\xbc\n"
		      "    none\n" },
		{ 18, "NAME  VALUES\n"
		      "mode  one, two,\n"
		      "      three\n"
		      "    what it is for\n"
		      "m\xc3\xbc\n"
		      "    none\n" },
	};

	for (size_t i = 0; i < NB_ARRAY_SIZE(cases); i++) {
		NB_CLEANUP(nbc_table_done) struct nbc_table table = {
			.columns = columns, .n_columns = NB_ARRAY_SIZE(columns)
		};
		NB_CLEANUP(nb_freep) char *text = NULL;

		NB_CASE("%u columns", cases[i].width);
		fill(&table);
		text = printed(cases[i].width, print_table, &table);
		assert_string_equal(text, cases[i].text);
	}
}

static void test_narrow_table_drops_columns(void **state)
{
	static const struct nbc_column dropping[] = {
		{ "A", .drop = 1 }, { "B" }, { "C", .drop = 2 }, { "NOTE", .least = 20, .below = true },
	};
	static const struct {
		unsigned width;
		const char *text;
	} cases[] = {
		{ 18, "A    B    C\naaa  bbb  ccc\n    note\n" },
		{ 12, "A    B\naaa  bbb\n    note\n" },
		{ 7, "B\nbbb\n    note\n" },
		{ 2, "B\nbbb\n" },
	};

	for (size_t i = 0; i < NB_ARRAY_SIZE(cases); i++) {
		NB_CLEANUP(nbc_table_done) struct nbc_table table = {
			.columns = dropping, .n_columns = NB_ARRAY_SIZE(dropping)
		};
		NB_CLEANUP(nb_freep) char *text = NULL;

		NB_CASE("%u columns", cases[i].width);
		nbc_table_add(&table, (const char *const[]){ "aaa", "bbb", "ccc", i < 3 ? "note" : "" });
		text = printed(cases[i].width, print_table, &table);
		assert_string_equal(text, cases[i].text);
	}
}

static void test_empty_table_has_its_titles(void **state)
{
	const struct nbc_table table = { .columns = columns, .n_columns = NB_ARRAY_SIZE(columns) };
	NB_CLEANUP(nb_freep) char *text = printed(80, print_table, &table);

	assert_string_equal(text, "NAME  VALUES  HELP\n");
}

static void test_lines_break_at_spaces(void **state)
{
	static const struct {
		const char *text;
		unsigned width;
		const char *line, *rest;
	} cases[] = {
		{ "one two", 10, "one two", NULL },
		{ "one two", 7, "one two", NULL },
		{ "one two", 6, "one", "two" },
		{ "one two", 4, "one", "two" },
		{ "one two", 3, "one", "two" },
		{ "one two", 2, "on", "e two" },
		{ "one\ntwo", 10, "one", "two" },
		{ "\ntwo", 10, "", "two" },
		{ "", 10, "", NULL },
		{ " one", 3, " on", "e" },
		{ "\xc3\xa4\xc3\xb6\xc3\xbc x", 3, "\xc3\xa4\xc3\xb6\xc3\xbc", "x" },
		{ "\xc3\xa4\xc3\xb6\xc3\xbc", 2, "\xc3\xa4\xc3\xb6", "\xc3\xbc" },
	};

	for (size_t i = 0; i < NB_ARRAY_SIZE(cases); i++) {
		size_t bytes;
		const char *rest;

		NB_CASE("'%s' at %u", cases[i].text, cases[i].width);
		rest = nbc_wrap_line(cases[i].text, cases[i].width, &bytes);
		assert_int_equal(bytes, strlen(cases[i].line));
		assert_memory_equal(cases[i].text, cases[i].line, bytes);
		if (cases[i].rest)
			assert_string_equal(rest, cases[i].rest);
		else
			assert_null(rest);
	}
}

static void test_paragraphs_keep_their_empty_line(void **state)
{
	NB_CLEANUP(nb_freep)
	char *text = printed(30, print_wrapped, "a first one that is long enough\n\nsecond");

	assert_string_equal(text, "    a first one that is long\n    enough\n\n    second\n");
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_table_fits_its_width),
		cmocka_unit_test(test_narrow_table_drops_columns),
		cmocka_unit_test(test_empty_table_has_its_titles),
		cmocka_unit_test(test_lines_break_at_spaces),
		cmocka_unit_test(test_paragraphs_keep_their_empty_line),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
