/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * The corpus of wrong configurations: each of tests/bad/NAME.yaml, or all files of a folder
 * tests/bad/NAME/, must give exactly the messages of tests/bad/NAME.txt, as `netbondctl check`
 * prints them; warn-* give warnings alone. NETBOND_UPDATE=1 writes the .txt files anew: review the difference as text.
 */

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/core/rules.h"
#include "lib/yaml/config.h"
#include "tests/unit/unit.h"

#define LEAST_CASES 80 /* of the issue that asked for the corpus */

struct found {
	char **names; /* sorted */
	int n;
};

static int has_suffix(const char *name, const char *suffix)
{
	size_t length = strlen(name), tail = strlen(suffix);

	return length > tail && strcmp(name + length - tail, suffix) == 0;
}

static int is_yaml(const struct dirent *entry)
{
	return has_suffix(entry->d_name, ".yaml");
}

/* A case is a file NAME.yaml or a folder NAME. */
static int is_case(const struct dirent *entry)
{
	return entry->d_name[0] != '.' && !has_suffix(entry->d_name, ".txt");
}

static char *read_text(const char *path, size_t *ret_size)
{
	FILE *file = fopen(path, "r");
	char *text;
	long size;

	if (!file)
		return NULL;
	fseek(file, 0, SEEK_END);
	size = ftell(file);
	rewind(file);
	text = calloc(1, (size_t)size + 1);
	assert_non_null(text);
	assert_int_equal(fread(text, 1, (size_t)size, file), size);
	fclose(file);
	*ret_size = (size_t)size;
	return text;
}

static void load_one(const char *path, struct nb_config *config, struct nb_diag *diag)
{
	size_t size, before = diag->n_errors;
	char *text = read_text(path, &size);
	int r;

	if (!text)
		fail_msg("%s: %s", path, strerror(errno));
	r = nb_yaml_load(path, text, size, 0, config, diag);
	free(text);
	/* The contract of every function that takes a diag. */
	assert_int_equal(r, diag->n_errors > before ? -EBADMSG : 0);
}

static void load_folder(const char *path, struct nb_config *config, struct nb_diag *diag)
{
	struct dirent **entries;
	int n = scandir(path, &entries, is_yaml, alphasort);

	assert_true(n > 0);
	for (int i = 0; i < n; i++) {
		char file[1024];

		snprintf(file, sizeof(file), "%s/%s", path, entries[i]->d_name);
		load_one(file, config, diag);
		free(entries[i]);
	}
	free(entries);
}

static void add_messages(struct nb_diag *diag, struct nb_text *out)
{
	nb_diag_sort(diag);
	for (size_t i = 0; i < diag->n_problems; i++)
		nb_diag_format(diag, &diag->problems[i], out);
	assert_false(out->failed);
}

static void check_case(const char *name)
{
	NB_CLEANUP(nb_config_freep) struct nb_config *config = nb_config_new();
	NB_CLEANUP(nb_diag_done) struct nb_diag diag = { 0 };
	NB_CLEANUP(nb_text_done) struct nb_text out = { 0 };
	NB_CLEANUP(nb_freep) char *expected = NULL;
	char path[512], text_path[600];
	struct stat st;
	size_t size;

	assert_non_null(config);
	snprintf(path, sizeof(path), "tests/bad/%s", name);
	snprintf(text_path, sizeof(text_path), "tests/bad/%.*s.txt",
		(int)(strlen(name) - (has_suffix(name, ".yaml") ? 5 : 0)), name);
	assert_int_equal(stat(path, &st), 0);
	if (S_ISDIR(st.st_mode))
		load_folder(path, config, &diag);
	else
		load_one(path, config, &diag);
	nb_rules_check(config, &diag);
	add_messages(&diag, &out);
	if (diag.n_problems == 0 || (diag.n_errors == 0) != (strncmp(name, "warn-", 5) == 0))
		fail_msg("%s: %zu errors, %zu warnings: warn-* have warnings alone, others errors",
			path, diag.n_errors, diag.n_warnings);

	if (getenv("NETBOND_UPDATE")) {
		FILE *file = fopen(text_path, "w");

		assert_non_null(file);
		fputs(out.text, file);
		assert_int_equal(fclose(file), 0);
	}
	expected = read_text(text_path, &size);
	if (!expected)
		fail_msg("%s is missing: run with NETBOND_UPDATE=1 and review it", text_path);
	if (strcmp(expected, out.text) != 0)
		fail_msg("%s: expected\n%sgot\n%s", path, expected, out.text);
}

static void test_bad_files_give_exactly_their_messages(void **state)
{
	struct dirent **entries;
	int n = scandir("tests/bad", &entries, is_case, alphasort);

	for (int i = 0; i < n; i++) {
		NB_CASE("%s", entries[i]->d_name);
		check_case(entries[i]->d_name);
		free(entries[i]);
	}
	free(entries);
	print_message("%d bad configurations\n", n);
	assert_true(n >= LEAST_CASES);
}

/* Every message says what is allowed or what to do next. */
static void test_bad_files_have_hints(void **state)
{
	struct dirent **entries;
	int n = scandir("tests/bad", &entries, is_yaml, alphasort), n_messages = 0;

	for (int i = 0; i < n; i++) {
		NB_CLEANUP(nb_config_freep) struct nb_config *config = nb_config_new();
		NB_CLEANUP(nb_diag_done) struct nb_diag diag = { 0 };
		char path[512];

		assert_non_null(config);
		snprintf(path, sizeof(path), "tests/bad/%s", entries[i]->d_name);
		load_one(path, config, &diag);
		nb_rules_check(config, &diag);
		for (size_t j = 0; j < diag.n_problems; j++, n_messages++) {
			const struct nb_problem *p = &diag.problems[j];

			assert_true(p->mark.file == 1 && p->mark.line > 0 && p->mark.column > 0);
			if (!p->hint && !strcasestr(p->text, "expected") && !strstr(p->text, "write"))
				fail_msg("%s: neither a hint nor what is expected: %s", path, p->text);
		}
		free(entries[i]);
	}
	free(entries);
	print_message("%d messages\n", n_messages);
	assert_true(n_messages > n);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_bad_files_give_exactly_their_messages),
		cmocka_unit_test(test_bad_files_have_hints),
	};

	if (chdir(NB_SOURCE_ROOT) != 0)
		return 1;
	return cmocka_run_group_tests_name("bad configurations", tests, NULL, NULL);
}
