/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tests/unit/unit.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "lib/core/diag.h"

static int add_source(struct nb_diag *diag, const char *name, const char *text)
{
	return nb_diag_add_source(diag, name, text, strlen(text));
}

/* Formats the problem added last and compares it as a whole. */
static void expect_text(const struct nb_diag *diag, const char *expected)
{
	struct nb_text out = { 0 };

	nb_diag_format(diag, &diag->problems[diag->n_problems - 1], &out);
	print_message("%s", out.text);
	assert_false(out.failed);
	assert_string_equal(out.text, expected);
	nb_text_done(&out);
}

static void test_error_shows_place_line_caret_and_hint(void **state)
{
	struct nb_diag diag = { 0 };
	int file = add_source(&diag, "bond.yaml", "bonds:\n  bond0:\n    miimon: 100ms\n");
	struct nb_mark mark = { .file = (uint16_t)file, .line = 3, .column = 13 };

	assert_int_equal(nb_diag_error(&diag, &mark, NULL, "%s: %s", "miimon", "no"), -EBADMSG);
	nb_diag_hint(&diag, "write %d", 100);
	expect_text(&diag,
		"bond.yaml:3:13: error: miimon: no\n"
		"    3 |     miimon: 100ms\n"
		"      |             ^\n"
		"      = write 100\n");
	nb_diag_done(&diag);
}

static void test_problem_without_place_names_its_object(void **state)
{
	struct nb_diag diag = { 0 };

	nb_diag_warning(&diag, NULL, "bond0: slave eth1", "is not there yet");
	expect_text(&diag, "warning: bond0: slave eth1: is not there yet\n");
	nb_diag_note(&diag, NULL, NULL, "nothing to do");
	expect_text(&diag, "note: nothing to do\n");
	assert_int_equal(diag.n_errors, 0);
	assert_int_equal(diag.n_warnings, 1);
	nb_diag_done(&diag);
}

static void test_second_place_is_a_note_with_its_own_line(void **state)
{
	struct nb_diag diag = { 0 };
	struct nb_mark first = { .file = 1, .line = 2, .column = 3 };
	struct nb_mark second = { .file = 2, .line = 1, .column = 1 };

	assert_int_equal(add_source(&diag, "a.yaml", "bonds:\n  bond0: {}\n"), 1);
	assert_int_equal(add_source(&diag, "b.yaml", "bond0: {}\n"), 2);
	nb_diag_error(&diag, &first, "bond0", "set by two files");
	nb_diag_other(&diag, &second);
	nb_diag_hint(&diag, "keep one\nof them");
	expect_text(&diag,
		"a.yaml:2:3: error: bond0: set by two files\n"
		"    2 |   bond0: {}\n"
		"      |   ^\n"
		"      = keep one\n"
		"        of them\n"
		"b.yaml:1:1: note: the other place is here\n"
		"    1 | bond0: {}\n"
		"      | ^\n");
	nb_diag_done(&diag);
}

static void test_columns_count_characters_and_tabs_are_expanded(void **state)
{
	struct nb_diag diag = { 0 };
	struct nb_mark mark = { .file = 1, .line = 1, .column = 8 };

	/* a byte order mark is no column, an umlaut is one, a tab goes on to cell 8 */
	add_source(&diag, "u.yaml", "\xef\xbb\xbf" "n\xc3\xa4me:\t\xe2\x82\xac x\n");
	nb_diag_error(&diag, &mark, NULL, "euro");
	mark.column = 7;
	expect_text(&diag,
		"u.yaml:1:8: error: euro\n"
		"    1 | n\xc3\xa4me:   \xe2\x82\xac x\n"
		"      |          ^\n");
	nb_diag_error(&diag, &mark, NULL, "here");
	expect_text(&diag,
		"u.yaml:1:7: error: here\n"
		"    1 | n\xc3\xa4me:   \xe2\x82\xac x\n"
		"      |         ^\n");
	nb_diag_done(&diag);
}

static void test_terminal_is_safe_from_the_file(void **state)
{
	struct nb_diag diag = { 0 };
	struct nb_mark mark = { .file = 1, .line = 1, .column = 8 };

	/* escape, NUL, half a character, overlong, C1, right-to-left override */
	static const char line[] = "a\033b\0c\xc3(\xc0\xaf\xc2\x9b\xe2\x80\xae" "z\n";
	nb_diag_add_source(&diag, "x\033[31m.yaml", line, sizeof(line) - 1);
	nb_diag_error(&diag, &mark, "o\tb", "bad \033[2J value\r\n\xff%s", "\xe2\x80\xae");
	nb_diag_hint(&diag, "try\033 this");
	expect_text(&diag,
		"x?[31m.yaml:1:8: error: o?b: bad ?[2J value????\n"
		"    1 | a?b?c?(????z\n"
		"      |        ^\n"
		"      = try? this\n");
	nb_diag_done(&diag);
}

static void test_long_line_is_cut_around_the_column(void **state)
{
	struct nb_diag diag = { 0 };
	struct nb_mark mark = { .file = 1, .line = 1, .column = 1 };
	struct nb_text out = { 0 };
	char text[5002];
	char *line, *caret, *end;

	for (unsigned i = 0; i < 5000; i++)
		text[i] = (char)('a' + i % 26);
	text[2500] = '@';
	text[5000] = '\n';
	text[5001] = '\0';
	add_source(&diag, "long.yaml", text);
	for (unsigned column = 1; column <= 5001; column += 100) {
		mark.column = column;
		nb_diag_error(&diag, &mark, NULL, "x");
		nb_diag_format(&diag, &diag.problems[diag.n_problems - 1], &out);
		line = strchr(out.text, '\n') + 1;
		end = strchr(line, '\n');
		caret = strchr(end, '^');
		assert_in_range(end - line, 90, 120);
		/* what stands above the caret is the character that is meant */
		if (column <= 5000)
			assert_int_equal(line[caret - end - 1], text[column - 1]);
		assert_int_equal(strncmp(line + 8, "...", 3) == 0, column > 65);
		nb_text_done(&out);
	}
	mark.column = 2501;
	nb_diag_error(&diag, &mark, NULL, "at");
	nb_diag_format(&diag, &diag.problems[diag.n_problems - 1], &out);
	line = strchr(out.text, '\n') + 1;
	print_message("%s", out.text);
	assert_ptr_equal(strchr(line, '@') - line, strchr(strchr(line, '\n'), '^') - strchr(line, '\n') - 1);
	nb_text_done(&out);
	nb_diag_done(&diag);
}

static void test_marks_off_the_text_do_no_harm(void **state)
{
	struct nb_diag diag = { 0 };
	static const struct nb_mark marks[] = {
		{ .file = 1, .line = 1, .column = 99 }, { .file = 1, .line = 3, .column = 1 },
		{ .file = 1, .line = 4, .column = 1 }, { .file = 1, .line = NB_MARK_MAX, .column = 1 },
		{ .file = 1, .line = 1, .column = 0 }, { .file = 1, .line = 0, .column = 0 },
		{ .file = 2, .line = 1, .column = 1 }, { .file = 0, .line = 1, .column = 1 },
	};
	static const char *const texts[] = {
		"e.yaml:1:99: error: x\n    1 | ab\n      |   ^\n",
		"e.yaml:3:1: error: x\n    3 | \n      | ^\n",
		"e.yaml:4:1: error: x\n",
		"e.yaml:16777215:1: error: x\n",
		"e.yaml:1: error: x\n    1 | ab\n",
		"e.yaml: error: x\n",
		"error: x\n",
		"error: x\n",
	};

	add_source(&diag, "e.yaml", "ab\ncd\n");
	for (size_t i = 0; i < NB_ARRAY_SIZE(marks); i++) {
		nb_diag_error(&diag, &marks[i], NULL, "x");
		expect_text(&diag, texts[i]);
	}
	nb_diag_done(&diag);
}

static void test_lines_break_where_yaml_breaks_them(void **state)
{
	struct nb_diag diag = { 0 };

	add_source(&diag, "b.yaml", "1\r\n2\r3\n4\xc2\x85" "5\xe2\x80\xa8" "6\xe2\x80\xa9" "7\xc3\xa4\n\n9");
	for (uint32_t line = 1; line <= 9; line++) {
		struct nb_mark mark = { .file = 1, .line = line, .column = 1 };
		char expected[128];

		nb_diag_error(&diag, &mark, NULL, "x");
		if (line == 8)
			snprintf(expected, sizeof(expected),
				"b.yaml:8:1: error: x\n    8 | \n      | ^\n");
		else
			snprintf(expected, sizeof(expected),
				"b.yaml:%u:1: error: x\n    %u | %u%s\n      | ^\n", line, line, line,
				line == 7 ? "\xc3\xa4" : "");
		expect_text(&diag, expected);
	}
	nb_diag_done(&diag);
}

static void test_too_many_problems_are_counted_not_kept(void **state)
{
	struct nb_diag diag = { 0 };

	for (unsigned i = 0; i < NB_DIAG_MAX_PROBLEMS; i++)
		nb_diag_warning(&diag, NULL, NULL, "%u", i);
	nb_diag_hint(&diag, "of the last one kept");
	assert_int_equal(nb_diag_error(&diag, NULL, NULL, "one more"), -EBADMSG);
	nb_diag_hint(&diag, "of the dropped one");
	nb_diag_other(&diag, &(struct nb_mark){ .file = 1 });
	assert_int_equal(diag.n_problems, NB_DIAG_MAX_PROBLEMS);
	assert_int_equal(diag.dropped, 1);
	assert_int_equal(diag.n_errors, 1);
	assert_int_equal(diag.n_warnings, NB_DIAG_MAX_PROBLEMS);
	assert_string_equal(diag.problems[NB_DIAG_MAX_PROBLEMS - 1].hint, "of the last one kept");
	assert_int_equal(diag.problems[NB_DIAG_MAX_PROBLEMS - 1].other.file, 0);
	nb_diag_done(&diag);
	assert_int_equal(diag.n_errors, 0);
}

static void test_null_diag_takes_everything(void **state)
{
	assert_int_equal(nb_diag_error(NULL, NULL, "o", "%d", 1), -EBADMSG);
	nb_diag_warning(NULL, NULL, NULL, "x");
	nb_diag_hint(NULL, "x");
	nb_diag_other(NULL, NULL);
	nb_diag_done(NULL);
}

static void test_sort_is_by_place_and_stable(void **state)
{
	static const struct {
		const char *text;
		struct nb_mark mark;
	} problems[] = {
		{ "7", { .file = 0 } },
		{ "6", { .file = 2, .line = 1, .column = 1 } },
		{ "3", { .file = 1, .line = 9, .column = 2 } },
		{ "4", { .file = 1, .line = 9, .column = 2 } },
		{ "2", { .file = 1, .line = 9, .column = 1 } },
		{ "8", { .file = 0, .line = 1 } },
		{ "5", { .file = 1, .line = 10, .column = 1 } },
		{ "1", { .file = 1, .line = 1, .column = 50 } },
		{ "9", { .file = 0 } },
	};
	struct nb_diag diag = { 0 };

	for (size_t i = 0; i < NB_ARRAY_SIZE(problems); i++)
		nb_diag_error(&diag, &problems[i].mark, NULL, "%s", problems[i].text);
	nb_diag_sort(&diag);
	for (size_t i = 0; i < NB_ARRAY_SIZE(problems); i++)
		assert_int_equal(diag.problems[i].text[0], '1' + (int)i);
	nb_diag_hint(&diag, "after a sort there is no last one");
	assert_null(diag.problems[diag.n_problems - 1].hint);
	nb_diag_done(&diag);
}

static void test_source_numbers_end_at_what_a_mark_can_hold(void **state)
{
	struct nb_diag diag = { 0 };

	for (unsigned i = 1; i <= UINT16_MAX; i++)
		assert_true(nb_diag_add_source(&diag, "", NULL, 0) == (int)i);
	assert_int_equal(nb_diag_add_source(&diag, "", NULL, 0), -E2BIG);
	nb_diag_done(&diag);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_error_shows_place_line_caret_and_hint),
		cmocka_unit_test(test_problem_without_place_names_its_object),
		cmocka_unit_test(test_second_place_is_a_note_with_its_own_line),
		cmocka_unit_test(test_columns_count_characters_and_tabs_are_expanded),
		cmocka_unit_test(test_terminal_is_safe_from_the_file),
		cmocka_unit_test(test_long_line_is_cut_around_the_column),
		cmocka_unit_test(test_marks_off_the_text_do_no_harm),
		cmocka_unit_test(test_lines_break_where_yaml_breaks_them),
		cmocka_unit_test(test_too_many_problems_are_counted_not_kept),
		cmocka_unit_test(test_null_diag_takes_everything),
		cmocka_unit_test(test_sort_is_by_place_and_stable),
		cmocka_unit_test(test_source_numbers_end_at_what_a_mark_can_hold),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
