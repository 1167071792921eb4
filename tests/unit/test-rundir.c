/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What outlives the daemon: there again after it, whole or not at all, and only in this boot. */
#include "tests/unit/unit.h"

#include <signal.h>
#include <string.h>
#include <sys/resource.h>

#include "lib/core/rules.h"
#include "lib/yaml/config.h"
#include "lib/yaml/emit.h"
#include "lib/yaml/rundir.h"
#include "tests/unit/scratch.h"

static struct nb_config *config_of(const char *text)
{
	struct nb_config *config = nb_config_new();
	struct nb_diag diag = { 0 };

	assert_non_null(config);
	assert_int_equal(nb_yaml_load("test", text, strlen(text), 0, config, &diag), 0);
	assert_int_equal(nb_rules_check(config, &diag), 0);
	assert_int_equal(nb_rules_canonicalise(config), 0);
	nb_diag_done(&diag);
	return config;
}

static char *text_of(const struct nb_config *config)
{
	struct nb_text text = { 0 };

	assert_int_equal(nb_yaml_emit_config(config, &text), 0);
	return text.text;
}

static void save(const struct nb_rundir *dir, const char *text)
{
	NB_CLEANUP(nb_config_freep) struct nb_config *config = config_of(text);

	assert_int_equal(nb_rundir_save_applied(dir, config), 0);
}

/* What nb_rundir_load_applied() gives, as text; NULL for none. */
static char *load(const struct nb_rundir *dir, int expected)
{
	NB_CLEANUP(nb_config_freep) struct nb_config *config = NULL;
	struct nb_diag diag = { 0 };

	assert_int_equal(nb_rundir_load_applied(dir, &config, &diag), expected);
	assert_int_equal(diag.n_errors > 0, expected == -EBADMSG);
	nb_diag_done(&diag);
	return config ? text_of(config) : NULL;
}

#define ONE "bonds: {bond0: {mode: active-backup, slaves: [eth0], addresses: [192.0.2.1/24]}}\n"
#define TWO "bonds: {bond1: {mode: 802.3ad, slaves: [eth0, eth1]}}\n"

/* ---- the folder ---- */

static void test_rundir_is_made_where_it_is_missing(void **state)
{
	struct nb_rundir dir;
	struct scratch s;
	struct stat st;

	scratch_start(&s);
	assert_int_equal(nb_rundir_open(&dir, scratch_path(&s, "run"), true), 0);
	assert_int_equal(stat(scratch_path(&s, "run"), &st), 0);
	assert_true(S_ISDIR(st.st_mode));
	assert_int_equal(st.st_mode & 0022, 0);
	nb_rundir_close(&dir);
	assert_int_equal(dir.fd, -EBADF);
	assert_int_equal(dir.lock_fd, -EBADF);
	nb_rundir_close(&dir);
	scratch_done(&s);
}

/* What it has may be read by everybody, also where a careful root made it. */
static void test_rundir_can_be_read_whatever_the_umask(void **state)
{
	const mode_t before = umask(077);
	struct nb_rundir dir;
	struct scratch s;
	struct stat st;

	scratch_start(&s);
	assert_int_equal(nb_rundir_open(&dir, scratch_path(&s, "run"), true), 0);
	umask(before);
	assert_int_equal(stat(scratch_path(&s, "run"), &st), 0);
	assert_int_equal(st.st_mode & 07777, 0755);
	nb_rundir_close(&dir);
	scratch_done(&s);
}

static void test_rundir_for_reading_is_not_made(void **state)
{
	struct nb_rundir dir;
	struct scratch s;

	scratch_start(&s);
	assert_int_equal(nb_rundir_open(&dir, scratch_path(&s, "run"), false), -ENOENT);
	assert_int_equal(dir.fd, -EBADF);
	assert_int_equal(access(scratch_path(&s, "run"), F_OK), -1);
	scratch_done(&s);
}

static void test_rundir_has_one_writer_and_any_readers(void **state)
{
	struct nb_rundir writer, second, reader;
	struct scratch s;

	scratch_start(&s);
	assert_int_equal(nb_rundir_open(&writer, s.path, true), 0);
	assert_int_equal(nb_rundir_open(&second, s.path, true), -EBUSY);
	assert_int_equal(second.fd, -EBADF);
	assert_int_equal(nb_rundir_open(&reader, s.path, false), 0);
	nb_rundir_close(&reader);
	NB_CASE("a reader that goes does not let go of the lock");
	assert_int_equal(nb_rundir_open(&second, s.path, true), -EBUSY);
	nb_rundir_close(&writer);
	assert_int_equal(nb_rundir_open(&second, s.path, true), 0);
	nb_rundir_close(&second);
	scratch_done(&s);
}

static void test_rundir_refuses_what_is_no_folder_and_no_lock(void **state)
{
	struct nb_rundir dir;
	struct scratch s;

	scratch_start(&s);
	scratch_write(&s, "file", "");
	assert_int_equal(nb_rundir_open(&dir, scratch_path(&s, "file"), true), -ENOTDIR);
	assert_int_equal(nb_rundir_open(&dir, scratch_path(&s, "no/where"), true), -ENOENT);
	NB_CASE("a lock that leads elsewhere");
	assert_int_equal(symlink("/dev/null", scratch_path(&s, "lock")), 0);
	assert_int_equal(nb_rundir_open(&dir, s.path, true), -ELOOP);
	assert_int_equal(dir.fd, -EBADF);
	scratch_done(&s);
}

static bool cannot_write(void *context)
{
	const struct scratch *s = context;
	struct nb_rundir dir;
	NB_CLEANUP(nb_config_freep) struct nb_config *config = config_of(TWO);

	if (nb_rundir_open(&dir, s->path, true) != -EACCES)
		return false;
	if (nb_rundir_open(&dir, s->path, false) != 0)
		return false;
	return nb_rundir_save_applied(&dir, config) == -EACCES;
}

static void test_rundir_of_another_user_can_be_read_and_not_written(void **state)
{
	NB_CLEANUP(nb_freep) char *text = NULL;
	struct nb_rundir dir;
	struct scratch s;

	scratch_start(&s);
	assert_int_equal(nb_rundir_open(&dir, s.path, true), 0);
	save(&dir, ONE);
	nb_rundir_close(&dir);
	assert_int_equal(chmod(s.path, 0555), 0);
	scratch_unprivileged(cannot_write, &s);
	assert_int_equal(chmod(s.path, 0755), 0);
	assert_int_equal(nb_rundir_open(&dir, s.path, false), 0);
	text = load(&dir, 0);
	assert_non_null(strstr(text, "192.0.2.1/24"));
	nb_rundir_close(&dir);
	scratch_done(&s);
}

/* ---- the applied configuration ---- */

#define ALL                                                                                   \
	"settings: {drift: warn, auto-disruption: live}\n"                                    \
	"namespaces: {storage: {}, tenant: {types: [uts], hostname: t, share: {net: storage}}}\n" \
	"bonds:\n"                                                                            \
	"  bond0: {namespace: tenant, mode: active-backup, slaves: [{name: eth0, prio: 4}],\n" \
	"    drift: ignore, required: false, mac: {permanent-of: eth0}, link-local: false}\n"  \
	"  bond1: {mode: 802.3ad, slaves: [{match: {name: 'en*', driver: igb}}], mtu: 9000,\n" \
	"    addresses: [{address: 192.0.2.1/24, label: 'bond1:a'}],\n"                        \
	"    routes: [{to: default, via: 192.0.2.9, metric: 5, table: 100, onlink: true}]}\n"  \
	"  bond2: {absent: true}\n"

static void test_rundir_gives_back_what_was_applied(void **state)
{
	NB_CLEANUP(nb_config_freep) struct nb_config *config = config_of(ALL);
	NB_CLEANUP(nb_freep) char *expected = text_of(config), *text = NULL;
	struct nb_rundir dir;
	struct scratch s;

	scratch_start(&s);
	assert_int_equal(nb_rundir_open(&dir, s.path, true), 0);
	assert_null(load(&dir, 0));
	save(&dir, TWO);
	save(&dir, ALL);
	text = load(&dir, 0);
	assert_string_equal(text, expected);
	nb_rundir_close(&dir);
	scratch_done(&s);
}

static void test_rundir_writes_nothing_when_nothing_changed(void **state)
{
	struct stat before, after;
	struct nb_rundir dir;
	struct scratch s;

	scratch_start(&s);
	assert_int_equal(nb_rundir_open(&dir, s.path, true), 0);
	save(&dir, ONE);
	assert_int_equal(stat(scratch_path(&s, "applied.yaml"), &before), 0);
	save(&dir, ONE);
	assert_int_equal(stat(scratch_path(&s, "applied.yaml"), &after), 0);
	assert_int_equal(before.st_ino, after.st_ino);
	assert_int_equal(before.st_mtim.tv_nsec, after.st_mtim.tv_nsec);
	nb_rundir_close(&dir);
	scratch_done(&s);
}

static void test_rundir_ignores_another_boot(void **state)
{
	struct nb_memory memory = { 0 };
	struct nb_diag diag = { 0 };
	struct nb_rundir dir;
	struct scratch s;

	scratch_start(&s);
	assert_int_equal(nb_rundir_open(&dir, s.path, true), 0);
	scratch_write(&s, "applied.yaml",
		"# netbond, boot 00000000111122223333444444444444\nbonds: {}\n");
	scratch_write(&s, "objects.yaml",
		"# netbond, boot 00000000111122223333444444444444\n"
		"objects: [{kind: bond, namespace: '', name: bond0, made: true}]\n");
	assert_null(load(&dir, 0));
	assert_int_equal(nb_rundir_load_memory(&dir, &memory, &diag), 0);
	assert_int_equal(memory.n_objects, 0);
	NB_CASE("garbage of another boot is no trouble either");
	scratch_write(&s, "applied.yaml", "{{{{");
	assert_null(load(&dir, 0));
	NB_CASE("what is applied now takes its place");
	save(&dir, ONE);
	free(load(&dir, 0));
	nb_rundir_close(&dir);
	nb_diag_done(&diag);
	scratch_done(&s);
}

static void damage(const struct scratch *s, const char *name)
{
	NB_CLEANUP(nb_freep) char *text = scratch_read(s, name);
	NB_CLEANUP(nb_text_done) struct nb_text bad = { 0 };

	assert_non_null(text);
	nb_text_add(&bad, "%.*sbonds: [\n", (int)(strcspn(text, "\n") + 1), text);
	scratch_write(s, name, bad.text);
}

static void test_rundir_tells_what_is_damaged(void **state)
{
	struct nb_memory memory = { 0 };
	struct nb_diag diag = { 0 };
	struct nb_rundir dir;
	struct scratch s;

	scratch_start(&s);
	assert_int_equal(nb_rundir_open(&dir, s.path, true), 0);
	save(&dir, ONE);
	assert_int_equal(nb_rundir_save_memory(&dir, &memory), 0);
	damage(&s, "applied.yaml");
	damage(&s, "objects.yaml");
	assert_null(load(&dir, -EBADMSG));
	assert_int_equal(nb_rundir_load_memory(&dir, &memory, &diag), -EBADMSG);
	assert_int_equal(memory.n_objects, 0);
	assert_true(diag.n_errors > 0);
	nb_rundir_close(&dir);
	nb_diag_done(&diag);
	scratch_done(&s);
}

/* A set of files, each within its bound, may be larger together than one file may be. */
static void test_rundir_gives_back_a_configuration_larger_than_one_file(void **state)
{
	NB_CLEANUP(nb_config_freep) struct nb_config *config = nb_config_new();
	NB_CLEANUP(nb_freep) char *expected = NULL, *text = NULL;
	struct nb_diag diag = { 0 };
	struct nb_rundir dir;
	struct scratch s;

	for (unsigned file = 0; file < 3; file++) {
		NB_CLEANUP(nb_text_done) struct nb_text yaml = { 0 };

		nb_text_add(&yaml, "bonds:\n");
		for (unsigned i = 0; i < 5000; i++)
			nb_text_add(&yaml, "  b%u-%u: {mode: active-backup, slaves: [e%u-%u], "
					   "addresses: [10.%u.%u.%u/30]}\n",
				file, i, file, i, file, i / 64, i % 64 * 4 + 1);
		assert_int_equal(nb_yaml_load("part", yaml.text, yaml.length, 0, config, &diag), 0);
	}
	assert_int_equal(nb_rules_canonicalise(config), 0);
	expected = text_of(config);
	NB_CASE("%zu bytes", strlen(expected));
	assert_true(strlen(expected) > 1024 * 1024);
	scratch_start(&s);
	assert_int_equal(nb_rundir_open(&dir, s.path, true), 0);
	assert_int_equal(nb_rundir_save_applied(&dir, config), 0);
	text = load(&dir, 0);
	assert_string_equal(text, expected);
	nb_rundir_close(&dir);
	nb_diag_done(&diag);
	scratch_done(&s);
}

/* ---- the memory ---- */

static void test_rundir_gives_back_the_memory(void **state)
{
	struct nb_memory memory = { 0 }, back = { 0 };
	struct nb_diag diag = { 0 };
	struct nb_object *object;
	struct nb_rundir dir;
	struct scratch s;

	scratch_start(&s);
	assert_int_equal(nb_rundir_open(&dir, s.path, true), 0);
	assert_int_equal(nb_rundir_load_memory(&dir, &back, &diag), 0);
	assert_int_equal(back.n_objects, 0);
	object = nb_memory_add(&memory, NB_OBJECT_NIC, "storage", "eth0");
	object->ifindex = 7;
	object->home = strdup("enp1s0");
	object->home_namespace = strdup("");
	assert_int_equal(nb_rundir_save_memory(&dir, &memory), 0);
	assert_int_equal(nb_rundir_load_memory(&dir, &back, &diag), 0);
	assert_int_equal(back.n_objects, 1);
	assert_int_equal(back.objects[0].ifindex, 7);
	assert_string_equal(back.objects[0].home, "enp1s0");
	nb_rundir_close(&dir);
	nb_memory_done(&memory);
	nb_memory_done(&back);
	nb_diag_done(&diag);
	scratch_done(&s);
}

/* ---- what a plan owes ---- */

static struct nb_state *owed_state(void)
{
	struct nb_address address = { .prefix_length = 64, .valid = NB_FOREVER,
		.preferred = NB_FOREVER, .flags = IFA_F_NODAD };
	struct nb_state *state = nb_state_new();
	struct nb_link *link = nb_link_new("bond0.5");

	assert_int_equal(nb_ip_parse("2001:db8::5", AF_INET6, &address.ip), 0);
	assert_int_equal(nb_link_add_address(link, &address), 0);
	link->ifindex = 7;
	link->flags = IFF_UP;
	assert_int_equal(nb_netns_add(state->namespaces[0], link), 0);
	return state;
}

static void test_rundir_gives_back_what_is_owed(void **state)
{
	NB_CLEANUP(nb_state_freep) struct nb_state *owed = owed_state(), *back = NULL;
	struct nb_diag diag = { 0 };
	const struct nb_link *link;
	struct nb_rundir dir;
	struct scratch s;

	scratch_start(&s);
	assert_int_equal(nb_rundir_open(&dir, s.path, true), 0);
	assert_int_equal(nb_rundir_load_owed(&dir, &back, &diag), 0);
	assert_null(back);
	assert_int_equal(nb_rundir_save_owed(&dir, owed), 0);
	assert_int_equal(nb_rundir_load_owed(&dir, &back, &diag), 0);
	link = nb_netns_find_index(back->namespaces[0], 7);
	assert_string_equal(link->name, "bond0.5");
	assert_int_equal(link->n_addresses, 1);
	assert_int_equal(link->addresses[0].flags, IFA_F_NODAD);
	NB_CASE("nothing is owed any more");
	assert_int_equal(nb_rundir_save_owed(&dir, NULL), 0);
	assert_int_equal(access(scratch_path(&s, NB_RUNDIR_OWED), F_OK), -1);
	assert_int_equal(diag.n_problems, 0);
	nb_diag_done(&diag);
	nb_rundir_close(&dir);
	scratch_done(&s);
}

static void test_rundir_lets_go_of_what_cannot_be_known_as_owed(void **state)
{
	NB_CLEANUP(nb_state_freep) struct nb_state *owed = owed_state(), *back = NULL;
	struct nb_diag diag = { 0 };
	struct nb_rundir dir;
	struct scratch s;

	scratch_start(&s);
	assert_int_equal(nb_rundir_open(&dir, s.path, true), 0);
	NB_CASE("of another boot: it is no matter");
	scratch_write(&s, NB_RUNDIR_OWED, "# netbond, boot 00000000111122223333444444444444\n{{{\n");
	assert_int_equal(nb_rundir_load_owed(&dir, &back, &diag), 0);
	assert_null(back);
	assert_int_equal(diag.n_problems, 0);
	NB_CASE("damaged: told, and not a second time");
	assert_int_equal(nb_rundir_save_owed(&dir, owed), 0);
	damage(&s, NB_RUNDIR_OWED);
	assert_int_equal(nb_rundir_load_owed(&dir, &back, &diag), 0);
	assert_null(back);
	assert_true(diag.n_errors > 0);
	assert_int_equal(access(scratch_path(&s, NB_RUNDIR_OWED), F_OK), -1);
	nb_diag_done(&diag);
	nb_rundir_close(&dir);
	scratch_done(&s);
}

/* ---- whole or not at all ---- */

static void test_rundir_replaces_files_at_once(void **state)
{
	struct nb_rundir dir;
	struct scratch s;
	char text[64] = "";
	int fd;

	scratch_start(&s);
	assert_int_equal(nb_rundir_open(&dir, s.path, true), 0);
	save(&dir, ONE);
	fd = open(scratch_path(&s, "applied.yaml"), O_RDONLY | O_CLOEXEC);
	assert_true(fd >= 0);
	save(&dir, TWO);
	NB_CASE("who has the old file open reads the old file");
	assert_true(lseek(fd, strlen("# netbond, boot 0123456789abcdef0123456789abcdef\n"), SEEK_SET) > 0);
	assert_true(read(fd, text, sizeof(text) - 1) > 0);
	assert_non_null(strstr(text, "bond0"));
	close(fd);
	nb_rundir_close(&dir);
	scratch_done(&s);
}

/* RLIMIT_FSIZE stands for a disk that is full: write() fails after a part. */
static bool saves_too_much(void *context)
{
	const struct rlimit limit = { .rlim_cur = 60, .rlim_max = 60 };
	NB_CLEANUP(nb_config_freep) struct nb_config *config = config_of(TWO);
	NB_CLEANUP(nb_memory_done) struct nb_memory memory = { 0 };
	const struct nb_rundir *dir = context;

	if (!nb_memory_add(&memory, NB_OBJECT_BOND, "", "bond7"))
		return false;
	signal(SIGXFSZ, SIG_IGN);
	if (setrlimit(RLIMIT_FSIZE, &limit) < 0)
		return false;
	return nb_rundir_save_applied(dir, config) == -EFBIG &&
	       nb_rundir_save_memory(dir, &memory) == -EFBIG;
}

static void test_rundir_keeps_the_old_files_when_the_new_ones_do_not_fit(void **state)
{
	NB_CLEANUP(nb_freep) char *before = NULL, *after = NULL, *objects = NULL, *objects_after = NULL;
	struct nb_memory memory = { 0 };
	struct nb_rundir dir;
	struct scratch s;

	scratch_start(&s);
	assert_int_equal(nb_rundir_open(&dir, s.path, true), 0);
	assert_int_equal(chmod(s.path, 0777), 0); /* the child is another user */
	save(&dir, ONE);
	assert_int_equal(nb_rundir_save_memory(&dir, &memory), 0);
	before = scratch_read(&s, "applied.yaml");
	objects = scratch_read(&s, "objects.yaml");
	scratch_unprivileged(saves_too_much, &dir);
	after = scratch_read(&s, "applied.yaml");
	objects_after = scratch_read(&s, "objects.yaml");
	assert_string_equal(after, before);
	assert_string_equal(objects_after, objects);
	NB_CASE("and nothing half-written is left");
	assert_int_equal(access(scratch_path(&s, ".applied.yaml.new"), F_OK), -1);
	assert_int_equal(access(scratch_path(&s, ".objects.yaml.new"), F_OK), -1);
	nb_rundir_close(&dir);
	scratch_done(&s);
}

static void test_rundir_does_not_write_through_a_link(void **state)
{
	NB_CLEANUP(nb_config_freep) struct nb_config *config = config_of(ONE);
	NB_CLEANUP(nb_freep) char *victim = NULL;
	struct nb_rundir dir;
	struct scratch s;

	scratch_start(&s);
	scratch_write(&s, "victim", "precious");
	assert_int_equal(nb_rundir_open(&dir, s.path, true), 0);
	assert_int_equal(symlink("victim", scratch_path(&s, ".applied.yaml.new")), 0);
	assert_int_equal(nb_rundir_save_applied(&dir, config), 0);
	victim = scratch_read(&s, "victim");
	assert_string_equal(victim, "precious");
	nb_rundir_close(&dir);
	scratch_done(&s);
}

static void test_rundir_shows_a_snapshot_to_nobody_else(void **state)
{
	NB_CLEANUP(nb_config_freep) struct nb_config *config = config_of(ONE);
	NB_CLEANUP(nb_state_freep) struct nb_state *snapshot = nb_state_new();
	struct nb_rundir dir;
	struct stat status;
	struct scratch s;

	scratch_start(&s);
	assert_int_equal(nb_rundir_open(&dir, s.path, true), 0);
	assert_int_equal(nb_rundir_save_applied(&dir, config), 0);
	assert_int_equal(nb_rundir_save_state(&dir, "snapshot.yaml", snapshot), 0);
	assert_int_equal(stat(scratch_path(&s, "applied.yaml"), &status), 0);
	assert_int_equal(status.st_mode & 07777, 0640);
	assert_int_equal(stat(scratch_path(&s, "snapshot.yaml"), &status), 0);
	assert_int_equal(status.st_mode & 07777, 0600);
	nb_rundir_close(&dir);
	scratch_done(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rundir_is_made_where_it_is_missing),
		cmocka_unit_test(test_rundir_can_be_read_whatever_the_umask),
		cmocka_unit_test(test_rundir_for_reading_is_not_made),
		cmocka_unit_test(test_rundir_has_one_writer_and_any_readers),
		cmocka_unit_test(test_rundir_refuses_what_is_no_folder_and_no_lock),
		cmocka_unit_test(test_rundir_of_another_user_can_be_read_and_not_written),
		cmocka_unit_test(test_rundir_gives_back_what_was_applied),
		cmocka_unit_test(test_rundir_writes_nothing_when_nothing_changed),
		cmocka_unit_test(test_rundir_ignores_another_boot),
		cmocka_unit_test(test_rundir_tells_what_is_damaged),
		cmocka_unit_test(test_rundir_gives_back_a_configuration_larger_than_one_file),
		cmocka_unit_test(test_rundir_gives_back_the_memory),
		cmocka_unit_test(test_rundir_gives_back_what_is_owed),
		cmocka_unit_test(test_rundir_lets_go_of_what_cannot_be_known_as_owed),
		cmocka_unit_test(test_rundir_replaces_files_at_once),
		cmocka_unit_test(test_rundir_keeps_the_old_files_when_the_new_ones_do_not_fit),
		cmocka_unit_test(test_rundir_does_not_write_through_a_link),
		cmocka_unit_test(test_rundir_shows_a_snapshot_to_nobody_else),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
