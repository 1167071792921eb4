/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Configurations from disk: which files count, and in which order. */
#include "tests/unit/load-text.h"

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
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
