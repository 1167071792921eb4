/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "lib/yaml/load.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/core/rules.h"
#include "lib/yaml/config.h"
#include "lib/yaml/reader.h"

const char *const nb_load_folders[] = { "/usr/lib/netbond", "/run/netbond.d", "/etc/netbond", NULL };

#define READ_BYTES 16384 /* most configurations in one read */

/* One that writes into a pipe may take its time. */
static ssize_t read_some(int fd, char *bytes, size_t room, bool wait)
{
	struct pollfd pipe = { .fd = fd, .events = POLLIN };
	ssize_t n = read(fd, bytes, room);

	while (n < 0 && (errno == EINTR || (wait && errno == EAGAIN))) {
		if (errno == EAGAIN)
			(void)poll(&pipe, 1, -1);
		n = read(fd, bytes, room);
	}
	return n;
}

static int read_all(int fd, size_t limit, bool wait, char **ret, size_t *ret_size)
{
	NB_CLEANUP(nb_freep) char *text = NULL;
	size_t size = 0, capacity = READ_BYTES;

	for (;; capacity *= 2) {
		char *more = realloc(text, capacity);
		ssize_t n = 1;

		if (!more)
			return -ENOMEM;
		text = more;
		/* One byte stays for the NUL. */
		while (size < capacity - 1 && n != 0) {
			n = read_some(fd, text + size, capacity - 1 - size, wait);
			if (n < 0)
				return -errno;
			size += (size_t)n;
			if (size > limit)
				return -EFBIG;
		}
		if (n == 0)
			break;
	}
	text[size] = '\0';
	*ret = nb_steal(&text);
	*ret_size = size;
	return 0;
}

static int read_path(const char *path, size_t limit, bool wait, char **ret, size_t *ret_size)
{
	int r, fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);

	if (fd < 0)
		return -errno;
	r = read_all(fd, limit, wait, ret, ret_size);
	close(fd);
	return r;
}

int nb_read_file(const char *path, size_t limit, char **ret, size_t *ret_size)
{
	return read_path(path, limit, false, ret, ret_size);
}

int nb_read_named(const char *path, size_t limit, char **ret, size_t *ret_size)
{
	if (nb_streq(path, "-"))
		return read_all(STDIN_FILENO, limit, true, ret, ret_size);
	return read_path(path, limit, true, ret, ret_size);
}

/* The own group, as chgrp takes it. */
static void hint_readable(struct nb_diag *diag, const char *path)
{
	const struct group *group = getgrgid(getegid());
	char number[16];

	snprintf(number, sizeof(number), "%u", (unsigned)getegid());
	nb_diag_hint(diag, "as root: chgrp %s '%s' && chmod 0640 '%s'",
		group ? group->gr_name : number, path, path);
}

static int tell_unreadable(struct nb_diag *diag, const char *path, int error)
{
	struct stat st;

	if (error == -EFBIG) {
		nb_diag_error(diag, NULL, path, "the file is larger than %zu bytes",
			nb_yaml_limits_config.size);
		nb_diag_hint(diag, "split it: all *.yaml files of a folder are read");
		return -EBADMSG;
	}
	nb_diag_error(diag, NULL, path, "cannot be read: %s", strerror(-error));
	if (error == -EACCES && geteuid() != 0)
		hint_readable(diag, path);
	else if (error == -EISDIR || (stat(path, &st) == 0 && S_ISDIR(st.st_mode)))
		nb_diag_hint(diag, "name the files in it, or leave the name out to read the folders");
	return -EBADMSG;
}

/* How a file is read: nb_read_file(), nb_read_named(). */
typedef int reading(const char *path, size_t limit, char **ret, size_t *ret_size);

static int load_file(const char *path, reading *how, unsigned flags, struct nb_config *config,
	struct nb_diag *diag)
{
	NB_CLEANUP(nb_freep) char *text = NULL;
	size_t size;
	/* One byte above the limit: the reader then tells it with the bound. */
	size_t limit = flags & NB_YAML_SNAPSHOT ? nb_yaml_limits_snapshot.size
						: nb_yaml_limits_config.size;
	int r = how(path, limit, &text, &size);

	if (r == -ENOMEM)
		return r;
	if (r < 0)
		return tell_unreadable(diag, path, r);
	return nb_yaml_load(nb_streq(path, "-") ? "standard input" : path, text, size, flags, config,
		diag);
}

/* What one file means for another, told also where one of them has errors. */
static int finish(const struct nb_config *base, struct nb_config **files, int error,
	struct nb_config **ret, struct nb_diag *diag)
{
	NB_CLEANUP(nb_config_freep) struct nb_config *whole = NULL;
	int r = 0;

	if (!base)
		whole = nb_steal(files);
	else
		r = nb_config_overlay(base, *files, false, &whole);
	if (r == 0)
		r = nb_rules_check(whole, diag);
	if (r == 0)
		r = error;
	if (r == 0)
		r = nb_rules_canonicalise(whole);
	if (r < 0)
		return r;
	*ret = nb_steal(&whole);
	return 0;
}

static int load_paths(char *const *paths, size_t n, reading *how, unsigned flags,
	const struct nb_config *base, struct nb_config **ret, struct nb_diag *diag)
{
	NB_CLEANUP(nb_config_freep) struct nb_config *config = nb_config_new();
	int r, error = 0;

	if (!config)
		return -ENOMEM;
	for (size_t i = 0; i < n; i++) {
		r = load_file(paths[i], how, flags, config, diag);
		if (r < 0 && r != -EBADMSG)
			return r;
		error = r < 0 ? r : error;
	}
	return finish(base, &config, error, ret, diag);
}

int nb_load_files(char *const *paths, size_t n, unsigned flags, const struct nb_config *base,
	struct nb_config **ret, struct nb_diag *diag)
{
	return load_paths(paths, n, nb_read_named, flags, base, ret, diag);
}

int nb_load_texts(const struct nb_load_text *texts, size_t n, const struct nb_config *base,
	struct nb_config **ret, struct nb_diag *diag)
{
	NB_CLEANUP(nb_config_freep) struct nb_config *config = nb_config_new();
	int r, error = 0;

	if (!config)
		return -ENOMEM;
	for (size_t i = 0; i < n; i++) {
		r = nb_yaml_load(texts[i].name, texts[i].text, texts[i].size, 0, config, diag);
		if (r < 0 && r != -EBADMSG)
			return r;
		error = r < 0 ? r : error;
	}
	return finish(base, &config, error, ret, diag);
}

/* A file of the set: its name decides the order, its folder whether it counts. */
struct set_file {
	char *name, *path;
};

struct set {
	struct set_file *files;
	size_t n, capacity;
};

static void set_done(struct set *set)
{
	for (size_t i = 0; i < set->n; i++) {
		free(set->files[i].name);
		free(set->files[i].path);
	}
	free(set->files);
}

static int set_put(struct set *set, const char *folder, const char *name)
{
	struct set_file file = { 0 };

	if (asprintf(&file.path, "%s/%s", folder, name) < 0)
		return -ENOMEM;
	for (size_t i = 0; i < set->n; i++) {
		if (nb_streq(set->files[i].name, name)) {
			free(set->files[i].path);
			set->files[i].path = file.path;
			return 0;
		}
	}
	file.name = strdup(name);
	if (!file.name || nb_grow(&set->files, set->n, &set->capacity, sizeof(file)) < 0) {
		free(file.name);
		free(file.path);
		return -ENOMEM;
	}
	set->files[set->n++] = file;
	return 0;
}

static bool is_yaml(const char *name)
{
	size_t length = strlen(name);

	return length > 5 && *name != '.' && nb_streq(name + length - 5, ".yaml");
}

static int scan_folder(struct set *set, const char *folder, struct nb_diag *diag)
{
	DIR *dir = opendir(folder);
	int r = 0;

	if (!dir && errno == ENOENT)
		return 0;
	if (!dir) {
		r = nb_diag_error(diag, NULL, folder, "cannot be read: %s", strerror(errno));
		nb_diag_hint(diag, "the daemon's user must be able to read this folder");
		return r;
	}
	for (struct dirent *entry; r == 0 && (entry = readdir(dir));) {
		if (is_yaml(entry->d_name))
			r = set_put(set, folder, entry->d_name);
	}
	closedir(dir);
	return r;
}

static int by_name(const void *a, const void *b)
{
	const struct set_file *x = a, *y = b;

	return strcmp(x->name, y->name);
}

static uint64_t hash_file(uint64_t hash, const struct set_file *file)
{
	NB_CLEANUP(nb_freep) char *text = NULL;
	size_t size = 0;
	int r = nb_read_file(file->path, nb_yaml_limits_config.size, &text, &size);

	hash = nb_hash_bytes(hash, file->name, strlen(file->name) + 1);
	/* What cannot be read is a set of its own as well. */
	return r < 0 ? nb_hash_bytes(hash, &r, sizeof(r)) : nb_hash_bytes(hash, text, size);
}

int nb_load_set_hash(const char *const *folders, uint64_t *ret)
{
	NB_CLEANUP(set_done) struct set set = { 0 };
	NB_CLEANUP(nb_diag_done) struct nb_diag unheard = { 0 };
	uint64_t hash = 1;

	for (; *folders; folders++) {
		int r = scan_folder(&set, *folders, &unheard);

		if (r < 0 && r != -EBADMSG)
			return r;
	}
	if (set.n)
		qsort(set.files, set.n, sizeof(*set.files), by_name);
	for (size_t i = 0; i < set.n; i++)
		hash = hash_file(hash, &set.files[i]);
	*ret = hash;
	return 0;
}

int nb_load_set(const char *const *folders, struct nb_config **ret, struct nb_diag *diag)
{
	NB_CLEANUP(set_done) struct set set = { 0 };
	NB_CLEANUP(nb_freep) char **paths = NULL;
	int error = 0;

	for (; *folders; folders++) {
		int r = scan_folder(&set, *folders, diag);

		if (r < 0 && r != -EBADMSG)
			return r;
		error = r < 0 ? r : error;
	}
	if (set.n)
		qsort(set.files, set.n, sizeof(*set.files), by_name);
	paths = calloc(set.n + 1, sizeof(*paths));
	if (!paths)
		return -ENOMEM;
	for (size_t i = 0; i < set.n; i++)
		paths[i] = set.files[i].path;
	if (error < 0) {
		/* Tell the problems of the readable ones as well. */
		NB_CLEANUP(nb_config_freep) struct nb_config *rest = NULL;
		int r = load_paths(paths, set.n, nb_read_file, 0, NULL, &rest, diag);

		return r < 0 ? r : error;
	}
	return load_paths(paths, set.n, nb_read_file, 0, NULL, ret, diag);
}
