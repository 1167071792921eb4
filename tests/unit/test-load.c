/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Configurations from disk: which files count, in which order, and what is said of the others. */
#include "tests/unit/unit.h"

#include <fcntl.h>
#include <grp.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/yaml/config.h"
#include "lib/yaml/load.h"
#include "tests/unit/scratch.h"

static void make_folder(const struct scratch *s, const char *name)
{
	assert_int_equal(mkdir(scratch_path(s, name), 0755), 0);
}

/* The keys of the bonds in their order: "bond0 bond1". */
static void assert_bonds(const struct nb_config *config, const char *expected)
{
	NB_CLEANUP(nb_text_done) struct nb_text keys = { 0 };

	assert_non_null(config);
	nb_text_add(&keys, "%s", "");
	for (size_t i = 0; i < config->n_bonds; i++)
		nb_text_add(&keys, "%s%s", i ? " " : "", config->bonds[i]->key);
	assert_string_equal(keys.text, expected);
}

/* All that was said, with the folder of the test as "@". */
static char *said(const struct scratch *s, const struct nb_diag *diag)
{
	NB_CLEANUP(nb_text_done) struct nb_text all = { 0 };
	struct nb_text out = { 0 };

	nb_text_add(&all, "%s", "");
	for (size_t i = 0; i < diag->n_problems; i++)
		nb_diag_format(diag, &diag->problems[i], &all);
	for (const char *at = all.text;;) {
		const char *next = strstr(at, s->path);

		nb_text_add(&out, "%.*s", next ? (int)(next - at) : (int)strlen(at), at);
		if (!next)
			return out.text;
		nb_text_add(&out, "@");
		at = next + strlen(s->path);
	}
}

static void assert_said(const struct scratch *s, const struct nb_diag *diag, const char *expected)
{
	NB_CLEANUP(nb_freep) char *text = said(s, diag);

	assert_string_equal(text, expected);
}

static int load_folders(
	const struct scratch *s, struct nb_config **ret, struct nb_diag *diag)
{
	char lib[256], run[256], etc[256];
	const char *folders[] = { lib, run, etc, NULL };

	snprintf(lib, sizeof(lib), "%s/lib", s->path);
	snprintf(run, sizeof(run), "%s/run", s->path);
	snprintf(etc, sizeof(etc), "%s/etc", s->path);
	return nb_load_set(folders, ret, diag);
}

static int load_one(const char *path, struct nb_config **ret, struct nb_diag *diag)
{
	char *paths[] = { (char *)path };

	return nb_load_files(paths, 1, 0, NULL, ret, diag);
}

#define BOND(name, options) "bonds: {" name ": {mode: active-backup, slaves: []" options "}}\n"

/* ---- folders ---- */

static void test_load_folders_are_those_of_the_manual(void **state)
{
	assert_string_equal(nb_load_folders[0], "/usr/lib/netbond");
	assert_string_equal(nb_load_folders[1], "/run/netbond.d");
	assert_string_equal(nb_load_folders[2], "/etc/netbond");
	assert_null(nb_load_folders[3]);
}

static void test_load_takes_a_file_of_a_later_folder_for_that_of_an_earlier_one(void **state)
{
	NB_CLEANUP(nb_config_freep) struct nb_config *config = NULL;
	struct nb_diag diag = { 0 };
	struct scratch s;

	scratch_start(&s);
	make_folder(&s, "lib");
	make_folder(&s, "etc");
	scratch_write(&s, "lib/10.yaml", BOND("bond0", ", miimon: 10"));
	scratch_write(&s, "lib/20.yaml", BOND("bond1", ""));
	scratch_write(&s, "etc/10.yaml", BOND("bond0", ", miimon: 30"));
	scratch_write(&s, "etc/30.yaml", BOND("bond2", ""));
	assert_int_equal(load_folders(&s, &config, &diag), 0);
	assert_bonds(config, "bond0 bond1 bond2");
	assert_int_equal(nb_optset_u(&config->bonds[0]->opts, IFLA_BOND_MIIMON), 30);
	nb_diag_done(&diag);
	scratch_done(&s);
}

static void test_load_lets_an_empty_file_take_another_away(void **state)
{
	NB_CLEANUP(nb_config_freep) struct nb_config *config = NULL;
	struct nb_diag diag = { 0 };
	struct scratch s;

	scratch_start(&s);
	make_folder(&s, "lib");
	make_folder(&s, "etc");
	scratch_write(&s, "lib/10.yaml", BOND("bond0", ""));
	scratch_write(&s, "etc/10.yaml", "");
	assert_int_equal(load_folders(&s, &config, &diag), 0);
	assert_bonds(config, "");
	nb_diag_done(&diag);
	scratch_done(&s);
}

static void test_load_orders_by_name_whatever_the_folder(void **state)
{
	NB_CLEANUP(nb_config_freep) struct nb_config *config = NULL;
	struct nb_diag diag = { 0 };
	struct scratch s;

	scratch_start(&s);
	make_folder(&s, "lib");
	make_folder(&s, "run");
	make_folder(&s, "etc");
	scratch_write(&s, "etc/9.yaml", BOND("nine", ""));
	scratch_write(&s, "etc/10.yaml", BOND("ten", ""));
	scratch_write(&s, "lib/90.yaml", BOND("ninety", ""));
	scratch_write(&s, "run/05.yaml", BOND("five", ""));
	scratch_write(&s, "etc/B.yaml", BOND("upper", ""));
	scratch_write(&s, "lib/a.yaml", BOND("lower", ""));
	assert_int_equal(load_folders(&s, &config, &diag), 0);
	assert_bonds(config, "five ten nine ninety upper lower");
	nb_diag_done(&diag);
	scratch_done(&s);
}

static void test_load_passes_over_what_is_no_yaml_file(void **state)
{
	NB_CLEANUP(nb_config_freep) struct nb_config *config = NULL;
	struct nb_diag diag = { 0 };
	struct scratch s;

	scratch_start(&s);
	make_folder(&s, "etc");
	scratch_write(&s, "etc/a.yaml", BOND("bond0", ""));
	scratch_write(&s, "etc/b.yaml~", "garbage: [");
	scratch_write(&s, "etc/.c.yaml", "garbage: [");
	scratch_write(&s, "etc/d.yml", "garbage: [");
	scratch_write(&s, "etc/.yaml", "garbage: [");
	scratch_write(&s, "etc/README", "garbage: [");
	assert_int_equal(load_folders(&s, &config, &diag), 0);
	assert_bonds(config, "bond0");
	nb_diag_done(&diag);
	scratch_done(&s);
}

static void test_load_without_files_is_an_empty_configuration(void **state)
{
	struct nb_config *config = NULL;
	struct nb_diag diag = { 0 };
	struct scratch s;

	scratch_start(&s);
	assert_int_equal(load_folders(&s, &config, &diag), 0);
	assert_bonds(config, "");
	config = nb_config_free(config);
	make_folder(&s, "etc");
	assert_int_equal(load_folders(&s, &config, &diag), 0);
	assert_bonds(config, "");
	nb_config_free(config);
	assert_int_equal(diag.n_problems, 0);
	nb_diag_done(&diag);
	scratch_done(&s);
}

static void test_load_tells_a_folder_that_is_none_and_the_faults_of_the_others(void **state)
{
	struct nb_config *config = NULL;
	struct nb_diag diag = { 0 };
	struct scratch s;

	scratch_start(&s);
	scratch_write(&s, "run", "a file");
	make_folder(&s, "etc");
	scratch_write(&s, "etc/a.yaml", "bonds: {bond0: {mod: 1, slaves: []}}\n");
	assert_int_equal(load_folders(&s, &config, &diag), -EBADMSG);
	assert_null(config);
	assert_said(&s, &diag,
		"error: @/run: cannot be read: Not a directory\n"
		"      = the daemon's user must be able to read this folder\n"
		"@/etc/a.yaml:1:17: error: unknown key 'mod' in a bond\n"
		"    1 | bonds: {bond0: {mod: 1, slaves: []}}\n"
		"      |                 ^\n"
		"      = did you mean 'mode'?\n");
	nb_diag_done(&diag);
	scratch_done(&s);
}

/* ---- several files ---- */

static void test_load_merges_files_by_key(void **state)
{
	NB_CLEANUP(nb_config_freep) struct nb_config *config = NULL;
	struct nb_diag diag = { 0 };
	struct scratch s;

	scratch_start(&s);
	make_folder(&s, "etc");
	scratch_write(&s, "etc/a.yaml", "bonds: {bond0: {mode: active-backup, slaves: [eth0]}}\n");
	scratch_write(&s, "etc/b.yaml", "bonds: {bond0: {miimon: 50}}\n");
	assert_int_equal(load_folders(&s, &config, &diag), 0);
	assert_bonds(config, "bond0");
	assert_int_equal(nb_optset_u(&config->bonds[0]->opts, IFLA_BOND_MIIMON), 50);
	assert_int_equal(config->bonds[0]->n_slaves, 1);
	nb_diag_done(&diag);
	scratch_done(&s);
}

static void test_load_shows_both_places_of_a_value_set_twice(void **state)
{
	struct nb_config *config = NULL;
	struct nb_diag diag = { 0 };
	struct scratch s;

	scratch_start(&s);
	make_folder(&s, "etc");
	scratch_write(&s, "etc/a.yaml", BOND("bond0", ", miimon: 50"));
	scratch_write(&s, "etc/b.yaml", "bonds:\n  bond0: {miimon: 50}\n");
	assert_int_equal(load_folders(&s, &config, &diag), -EBADMSG);
	assert_null(config);
	assert_int_equal(diag.n_errors, 1);
	{
		NB_CLEANUP(nb_freep) char *text = said(&s, &diag);

		assert_non_null(strstr(text, "@/etc/b.yaml:2:11: error: "));
		assert_non_null(strstr(text, "@/etc/a.yaml:1:"));
	}
	nb_diag_done(&diag);
	scratch_done(&s);
}

static void test_load_tells_the_faults_of_all_files_and_gives_nothing(void **state)
{
	struct nb_config *config = NULL;
	struct nb_diag diag = { 0 };
	struct scratch s;

	scratch_start(&s);
	make_folder(&s, "etc");
	scratch_write(&s, "etc/a.yaml", "bonds: {bond0: {mode: nine, slaves: []}}\n");
	scratch_write(&s, "etc/b.yaml", BOND("bond1", ""));
	scratch_write(&s, "etc/c.yaml", "bonds: [\n");
	scratch_write(&s, "etc/d.yaml", "bonds: {bond2: {mode: 1, slaves: [lo]}}\n");
	assert_int_equal(load_folders(&s, &config, &diag), -EBADMSG);
	assert_null(config);
	{
		NB_CLEANUP(nb_freep) char *text = said(&s, &diag);

		assert_non_null(strstr(text, "@/etc/a.yaml:1:23: error: "));
		assert_non_null(strstr(text, "@/etc/c.yaml:2:1: error: "));
		assert_non_null(strstr(text, "@/etc/d.yaml:1:35: error: "));
		assert_null(strstr(text, "b.yaml"));
	}
	nb_diag_done(&diag);
	scratch_done(&s);
}

/* What @over says with @base under it; NULL: no error, else what is told. */
static void check_over(const char *over, const char *base, const char *said_of_it)
{
	NB_CLEANUP(nb_config_freep) struct nb_config *under = nb_config_new(), *config = NULL;
	struct nb_diag diag = { 0 };
	struct scratch s;
	char *path;

	NB_CASE("%s", over);
	scratch_start(&s);
	scratch_write(&s, "over", over);
	path = scratch_path(&s, "over");
	assert_int_equal(nb_yaml_load("base", base, strlen(base), 0, under, &diag), 0);
	assert_int_equal(nb_load_files(&path, 1, 0, under, &config, &diag), said_of_it ? -EBADMSG : 0);
	assert_int_equal(diag.n_errors, said_of_it ? 1 : 0);
	if (said_of_it) {
		NB_CLEANUP(nb_freep) char *text = said(&s, &diag);

		assert_non_null(strstr(text, said_of_it));
	} else {
		assert_bonds(config, "bond0 bond1");
	}
	nb_diag_done(&diag);
	scratch_done(&s);
}

static void test_load_judges_an_overlay_with_what_is_under_it(void **state)
{
	static const char base[] = "namespaces: {storage: {}}\n"
				   "bonds: {bond0: {mode: active-backup, slaves: [eth0]}}\n";

	check_over("bonds: {bond1: {namespace: storage, mode: active-backup, slaves: [eth1]}}\n", base,
		NULL);
	check_over("bonds: {bond1: {namespace: stroage, mode: active-backup, slaves: [eth1]}}\n", base,
		"/over:1:17: error: bond1: namespace stroage is not declared");
	check_over("bonds: {bond1: {mode: active-backup, slaves: [eth0]}}\n", base,
		"/over:1:47: error: bond1: eth0 is already a slave of bond0");
}

static void test_load_makes_values_canonical(void **state)
{
	NB_CLEANUP(nb_config_freep) struct nb_config *config = NULL;
	struct nb_diag diag = { 0 };
	struct scratch s;

	scratch_start(&s);
	scratch_write(&s, "a", BOND("bond0", ", miimon: 100, updelay: 250"));
	assert_int_equal(load_one(scratch_path(&s, "a"), &config, &diag), 0);
	assert_int_equal(nb_optset_u(&config->bonds[0]->opts, IFLA_BOND_UPDELAY), 200);
	assert_int_equal(diag.n_warnings, 1);
	nb_diag_done(&diag);
	scratch_done(&s);
}

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
		cmocka_unit_test(test_load_folders_are_those_of_the_manual),
		cmocka_unit_test(test_load_takes_a_file_of_a_later_folder_for_that_of_an_earlier_one),
		cmocka_unit_test(test_load_lets_an_empty_file_take_another_away),
		cmocka_unit_test(test_load_orders_by_name_whatever_the_folder),
		cmocka_unit_test(test_load_passes_over_what_is_no_yaml_file),
		cmocka_unit_test(test_load_without_files_is_an_empty_configuration),
		cmocka_unit_test(test_load_tells_a_folder_that_is_none_and_the_faults_of_the_others),
		cmocka_unit_test(test_load_merges_files_by_key),
		cmocka_unit_test(test_load_shows_both_places_of_a_value_set_twice),
		cmocka_unit_test(test_load_tells_the_faults_of_all_files_and_gives_nothing),
		cmocka_unit_test(test_load_judges_an_overlay_with_what_is_under_it),
		cmocka_unit_test(test_load_makes_values_canonical),
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
