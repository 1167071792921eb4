/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What is said of files that cannot be read, and what else may stand in for a file. */
#include "tests/unit/load-text.h"

#include <fcntl.h>
#include <grp.h>
#include <sys/wait.h>
#include <unistd.h>

/* ---- files that cannot be read ---- */

static void check_unreadable(const struct scratch *s, const char *name, const char *expected)
{
	struct nb_config *config = NULL;
	struct nb_diag diag = { 0 };

	NB_CASE("%s", name);
	assert_int_equal(load_one(scratch_path(s, name), &config, &diag), -EBADMSG);
	assert_null(config);
	assert_said(s, &diag, expected);
	nb_diag_done(&diag);
}

static void test_load_says_why_a_file_cannot_be_read(void **state)
{
	struct scratch s;

	scratch_start(&s);
	make_folder(&s, "etc");
	check_unreadable(&s, "missing", "error: @/missing: cannot be read: No such file or directory\n");
	check_unreadable(&s, "etc",
		"error: @/etc: cannot be read: Is a directory\n"
		"      = name the files in it, or leave the name out to read the folders\n");
	assert_int_equal(symlink("loop", scratch_path(&s, "loop")), 0);
	check_unreadable(&s, "loop",
		"error: @/loop: cannot be read: Too many levels of symbolic links\n");
	scratch_done(&s);
}

static bool hint_is_there(void *context)
{
	NB_CLEANUP(nb_text_done) struct nb_text hint = { 0 };
	struct nb_config *config = NULL;
	struct nb_diag diag = { 0 };
	bool ok;

	if (load_one(context, &config, &diag) != -EBADMSG || diag.n_problems != 1)
		return false;
	nb_text_add(&hint, "as root: chgrp %s '%s' && chmod 0640 '%s'", getgrgid(getegid())->gr_name,
		(char *)context, (char *)context);
	ok = nb_streq(diag.problems[0].text, "cannot be read: Permission denied") &&
	     nb_streq(diag.problems[0].object, context) &&
	     nb_streq(diag.problems[0].hint, hint.text);
	nb_diag_done(&diag);
	return ok;
}

static void test_load_says_how_to_make_a_file_readable(void **state)
{
	struct scratch s;

	scratch_start(&s);
	scratch_write(&s, "secret.yaml", BOND("bond0", ""));
	assert_int_equal(chmod(scratch_path(&s, "secret.yaml"), 0), 0);
	scratch_unprivileged(hint_is_there, scratch_path(&s, "secret.yaml"));
	scratch_done(&s);
}

static bool folder_is_told(void *context)
{
	const char *folders[] = { context, NULL };
	struct nb_config *config = NULL;
	struct nb_diag diag = { 0 };
	bool ok = nb_load_set(folders, &config, &diag) == -EBADMSG && diag.n_problems == 1 &&
		  nb_streq(diag.problems[0].text, "cannot be read: Permission denied");

	nb_diag_done(&diag);
	return ok;
}

static void test_load_tells_a_folder_that_may_not_be_read(void **state)
{
	struct scratch s;

	scratch_start(&s);
	make_folder(&s, "etc");
	assert_int_equal(chmod(scratch_path(&s, "etc"), 0), 0);
	scratch_unprivileged(folder_is_told, scratch_path(&s, "etc"));
	scratch_done(&s);
}

static void test_load_bounds_the_size_of_a_file(void **state)
{
	struct scratch s;

	scratch_start(&s);
	scratch_write(&s, "big.yaml", "#");
	assert_int_equal(truncate(scratch_path(&s, "big.yaml"), 100 << 20), 0);
	check_unreadable(&s, "big.yaml",
		"error: @/big.yaml: the file is larger than 1048576 bytes\n"
		"      = split it: all *.yaml files of a folder are read\n");
	scratch_done(&s);
}

static void test_load_does_not_wait_for_a_pipe_nobody_writes_to(void **state)
{
	NB_CLEANUP(nb_config_freep) struct nb_config *config = NULL;
	struct nb_diag diag = { 0 };
	struct scratch s;

	scratch_start(&s);
	assert_int_equal(mkfifo(scratch_path(&s, "pipe.yaml"), 0600), 0);
	assert_int_equal(load_one(scratch_path(&s, "pipe.yaml"), &config, &diag), 0);
	assert_bonds(config, "");
	nb_diag_done(&diag);
	scratch_done(&s);
}

/* As `netbondctl check <(generate)`: a path that is a pipe, whose writer takes its time. */
static void test_load_waits_for_who_writes_into_a_pipe_that_was_named(void **state)
{
	static const char text[] = BOND("bond7", "");
	NB_CLEANUP(nb_config_freep) struct nb_config *config = NULL;
	struct nb_diag diag = { 0 };
	char path[32];
	int ends[2];
	pid_t child;

	assert_int_equal(pipe(ends), 0);
	snprintf(path, sizeof(path), "/dev/fd/%d", ends[0]);
	child = fork();
	if (child == 0) {
		ssize_t n = 0;

		for (size_t i = 0; i < sizeof(text) - 1 && n >= 0; i += 20) {
			usleep(20000);
			n = write(ends[1], text + i, NB_MIN(sizeof(text) - 1 - i, (size_t)20));
		}
		_exit(n < 0);
	}
	close(ends[1]);
	assert_int_equal(load_one(path, &config, &diag), 0);
	assert_bonds(config, "bond7");
	assert_int_equal(waitpid(child, NULL, 0), child);
	close(ends[0]);
	nb_diag_done(&diag);
}

/* Nor does a daemon wait for ever because of what lies in a folder. */
static void test_load_does_not_wait_for_a_pipe_in_a_folder(void **state)
{
	NB_CLEANUP(nb_config_freep) struct nb_config *config = NULL;
	struct nb_diag diag = { 0 };
	struct scratch s;
	int writer;

	scratch_start(&s);
	make_folder(&s, "etc");
	assert_int_equal(mkfifo(scratch_path(&s, "etc/pipe.yaml"), 0600), 0);
	writer = open(scratch_path(&s, "etc/pipe.yaml"), O_RDWR | O_CLOEXEC);
	assert_true(writer >= 0);
	assert_int_equal(load_folders(&s, &config, &diag), -EBADMSG);
	assert_said(&s, &diag,
		"error: @/etc/pipe.yaml: cannot be read: Resource temporarily unavailable\n");
	close(writer);
	nb_diag_done(&diag);
	scratch_done(&s);
}

/* ---- nb_read_file(), standard input ---- */

static void test_load_reads_up_to_the_limit_and_not_a_byte_more(void **state)
{
	char *text = NULL;
	struct scratch s;
	size_t size = 99;

	scratch_start(&s);
	scratch_write(&s, "ten", "0123456789");
	assert_int_equal(nb_read_file(scratch_path(&s, "ten"), 10, &text, &size), 0);
	assert_int_equal(size, 10);
	assert_string_equal(text, "0123456789");
	free(nb_steal(&text));
	assert_int_equal(nb_read_file(scratch_path(&s, "ten"), 9, &text, &size), -EFBIG);
	assert_null(text);
	assert_int_equal(size, 10);
	scratch_write(&s, "none", "");
	assert_int_equal(nb_read_file(scratch_path(&s, "none"), 9, &text, &size), 0);
	assert_int_equal(size, 0);
	assert_string_equal(text, "");
	free(text);
	assert_int_equal(nb_read_file(scratch_path(&s, "no"), 9, &text, &size), -ENOENT);
	scratch_done(&s);
}

static void with_stdin(const char *path, void (*body)(void))
{
	int old = dup(STDIN_FILENO), fd = open(path, O_RDONLY | O_CLOEXEC);

	assert_true(old >= 0 && fd >= 0);
	assert_int_equal(dup2(fd, STDIN_FILENO), STDIN_FILENO);
	body();
	assert_int_equal(dup2(old, STDIN_FILENO), STDIN_FILENO);
	close(old);
	close(fd);
}

static void read_good(void)
{
	NB_CLEANUP(nb_config_freep) struct nb_config *config = NULL;
	struct nb_diag diag = { 0 };

	assert_int_equal(load_one("-", &config, &diag), 0);
	assert_bonds(config, "bond7");
	nb_diag_done(&diag);
}

static void read_bad(void)
{
	NB_CLEANUP(nb_text_done) struct nb_text text = { 0 };
	struct nb_config *config = NULL;
	struct nb_diag diag = { 0 };

	assert_int_equal(load_one("-", &config, &diag), -EBADMSG);
	nb_diag_format(&diag, &diag.problems[0], &text);
	assert_int_equal(strncmp(text.text, "standard input:1:24: error: ", 28), 0);
	nb_diag_done(&diag);
}

static void test_load_takes_a_dash_for_standard_input(void **state)
{
	struct scratch s;

	scratch_start(&s);
	scratch_write(&s, "good", BOND("bond7", ""));
	scratch_write(&s, "bad", "bonds: {bond7: {mode:  x}}\n");
	with_stdin(scratch_path(&s, "good"), read_good);
	with_stdin(scratch_path(&s, "bad"), read_bad);
	scratch_done(&s);
}

static void test_load_takes_a_snapshot_as_a_configuration_when_asked(void **state)
{
	NB_CLEANUP(nb_config_freep) struct nb_config *config = NULL;
	struct nb_diag diag = { 0 };
	struct scratch s;
	char *paths[1];

	scratch_start(&s);
	scratch_write(&s, "snapshot", BOND("bond0", "") "links: [{name: eth0}]\n");
	paths[0] = scratch_path(&s, "snapshot");
	assert_int_equal(nb_load_files(paths, 1, 0, NULL, &config, &diag), -EBADMSG);
	nb_diag_done(&diag);
	assert_int_equal(nb_load_files(paths, 1, NB_YAML_SNAPSHOT, NULL, &config, &diag), 0);
	assert_bonds(config, "bond0");
	nb_diag_done(&diag);
	scratch_done(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_load_says_why_a_file_cannot_be_read),
		cmocka_unit_test(test_load_says_how_to_make_a_file_readable),
		cmocka_unit_test(test_load_tells_a_folder_that_may_not_be_read),
		cmocka_unit_test(test_load_bounds_the_size_of_a_file),
		cmocka_unit_test(test_load_does_not_wait_for_a_pipe_nobody_writes_to),
		cmocka_unit_test(test_load_waits_for_who_writes_into_a_pipe_that_was_named),
		cmocka_unit_test(test_load_does_not_wait_for_a_pipe_in_a_folder),
		cmocka_unit_test(test_load_reads_up_to_the_limit_and_not_a_byte_more),
		cmocka_unit_test(test_load_takes_a_dash_for_standard_input),
		cmocka_unit_test(test_load_takes_a_snapshot_as_a_configuration_when_asked),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
