/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "lib/yaml/statedir.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/core/rules.h"
#include "lib/yaml/config.h"
#include "lib/yaml/emit.h"
#include "lib/yaml/load.h"

#define GOOD "last-good.yaml"
#define MARK "unconfirmed"
#define FILE_LIMIT (64u << 20)

static int open_dir(const char *path, bool make)
{
	int fd;

	if (make && mkdir(path, 0700) < 0 && errno != EEXIST)
		return -errno;
	fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return fd < 0 ? -errno : fd;
}

static int write_synced(int fd, const char *text, size_t size)
{
	while (size > 0) {
		ssize_t n = write(fd, text, size);

		if (n < 0 && errno != EINTR)
			return -errno;
		text += n > 0 ? n : 0;
		size -= n > 0 ? (size_t)n : 0;
	}
	return fsync(fd) < 0 ? -errno : 0;
}

/* Beside, synced, renamed, and the directory synced: after a power cut it is the old or the new one. */
static int put(const char *path, const char *name, const char *text, size_t size)
{
	char temporary[32];
	int r = 0, fd, dir = open_dir(path, true);

	if (dir < 0)
		return dir;
	snprintf(temporary, sizeof(temporary), ".%s.new", name);
	fd = openat(dir, temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd < 0)
		r = -errno;
	if (r == 0)
		r = write_synced(fd, text, size);
	if (fd >= 0 && close(fd) < 0 && r == 0)
		r = -errno;
	if (r == 0 && (renameat(dir, temporary, dir, name) < 0 || fsync(dir) < 0))
		r = -errno;
	if (r < 0)
		unlinkat(dir, temporary, 0);
	close(dir);
	return r;
}

static int get(const char *path, const char *name, char **ret, size_t *ret_size)
{
	NB_CLEANUP(nb_freep) char *file = NULL;

	if (asprintf(&file, "%s/%s", path, name) < 0) {
		file = NULL;
		return -ENOMEM;
	}
	return nb_read_file(file, FILE_LIMIT, ret, ret_size);
}

int nb_statedir_mark(const char *path, uint64_t files)
{
	char text[32];
	int n = snprintf(text, sizeof(text), "%016" PRIx64 "\n", files);

	return put(path, MARK, text, (size_t)n);
}

bool nb_statedir_is_marked(const char *path, uint64_t files)
{
	NB_CLEANUP(nb_freep) char *text = NULL;
	char wanted[32];
	size_t size;

	snprintf(wanted, sizeof(wanted), "%016" PRIx64 "\n", files);
	return get(path, MARK, &text, &size) == 0 && nb_streq(text, wanted);
}

int nb_statedir_unmark(const char *path)
{
	int r = 0, dir = open_dir(path, false);

	if (dir < 0)
		return dir == -ENOENT ? 0 : dir;
	if (unlinkat(dir, MARK, 0) < 0 && errno != ENOENT)
		r = -errno;
	if (r == 0 && fsync(dir) < 0)
		r = -errno;
	close(dir);
	return r;
}

int nb_statedir_save(const char *path, const struct nb_config *config)
{
	NB_CLEANUP(nb_text_done) struct nb_text text = { 0 };
	NB_CLEANUP(nb_freep) char *old = NULL;
	size_t size;
	int r;

	nb_text_add(&text, "# netbond: the last configuration of the files that was found good\n");
	r = nb_yaml_emit_config(config, &text);
	if (r < 0)
		return r;
	if (get(path, GOOD, &old, &size) == 0 && size == text.length &&
		memcmp(old, text.text, size) == 0)
		return 0;
	return put(path, GOOD, text.text, text.length);
}

int nb_statedir_load(const char *path, struct nb_config **ret, struct nb_diag *diag)
{
	NB_CLEANUP(nb_config_freep) struct nb_config *config = NULL;
	NB_CLEANUP(nb_freep) char *text = NULL;
	size_t size;
	int r = get(path, GOOD, &text, &size);

	if (r < 0)
		return r;
	config = nb_config_new();
	if (!config)
		return -ENOMEM;
	/* It may stand for many files: the bound of one of them is not its own. */
	r = nb_yaml_load(GOOD, text, size, NB_YAML_SNAPSHOT, config, diag);
	if (r == 0)
		r = nb_rules_check(config, diag);
	if (r == 0)
		r = nb_rules_canonicalise(config);
	if (r < 0)
		return r;
	*ret = nb_steal(&config);
	return 0;
}
