/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "lib/yaml/rundir.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/yaml/config.h"
#include "lib/yaml/emit.h"
#include "lib/yaml/load.h"
#include "lib/yaml/memory.h"

#define APPLIED "applied.yaml"
#define MEMORY "objects.yaml"
#define LOCK "lock"
#define FOLDER 0755
#define PUBLIC 0644
#define GROUP 0640 /* as the files it is made of: it has what the kernel hides from anybody */
#define PRIVATE 0600
#define FILE_LIMIT (64u << 20)

static int take_lock(struct nb_rundir *dir)
{
	dir->lock_fd = openat(dir->fd, LOCK, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (dir->lock_fd < 0)
		return -errno;
	if (flock(dir->lock_fd, LOCK_EX | LOCK_NB) < 0)
		return errno == EWOULDBLOCK ? -EBUSY : -errno;
	return 0;
}

int nb_rundir_open(struct nb_rundir *dir, const char *path, bool write)
{
	const bool made = write && mkdir(path, FOLDER) == 0;
	int r = 0;

	*dir = (struct nb_rundir)NB_RUNDIR_CLOSED;
	if (write && !made && errno != EEXIST)
		return -errno;
	dir->fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (dir->fd < 0) {
		dir->fd = -EBADF;
		return -errno;
	}
	if (made)
		(void)fchmod(dir->fd, FOLDER); /* whatever the umask */
	dir->path = strdup(path);
	if (!dir->path)
		r = -ENOMEM;
	else if (write)
		r = take_lock(dir);
	if (r < 0)
		nb_rundir_close(dir);
	return r;
}

void nb_rundir_close(struct nb_rundir *dir)
{
	if (dir->lock_fd >= 0)
		close(dir->lock_fd);
	if (dir->fd >= 0)
		close(dir->fd);
	free(dir->path);
	*dir = (struct nb_rundir)NB_RUNDIR_CLOSED;
}

/*
 * What the kernel calls this boot, 32 hexadecimal digits; files of another one say nothing about
 * this kernel. The unit's sandbox hides /proc/sys: there the service manager's word has to do.
 */
static void boot_id(char ret[64])
{
	const char *given = getenv("NETBOND_BOOT_ID");
	char text[64] = "";
	int fd = open("/proc/sys/kernel/random/boot_id", O_RDONLY | O_CLOEXEC);
	ssize_t n = fd < 0 ? -1 : read(fd, text, sizeof(text) - 1);
	size_t length = 0;

	if (fd >= 0)
		close(fd);
	if (n <= 0 && given)
		snprintf(text, sizeof(text), "%s", given);
	for (const char *p = text; *p != '\0' && *p != '\n'; p++)
		if (*p != '-')
			ret[length++] = *p;
	ret[length] = '\0';
}

static void head(struct nb_text *out)
{
	char id[64];

	boot_id(id);
	nb_text_add(out, "# netbond, boot %s\n", id);
}

static bool is_of_this_boot(const char *text)
{
	NB_CLEANUP(nb_text_done) struct nb_text line = { 0 };

	head(&line);
	return line.text && strncmp(text, line.text, line.length) == 0;
}

static int read_file(const struct nb_rundir *dir, const char *name, char **ret, size_t *ret_size)
{
	NB_CLEANUP(nb_freep) char *path = NULL;

	if (asprintf(&path, "%s/%s", dir->path, name) < 0) {
		path = NULL;
		return -ENOMEM;
	}
	return nb_read_file(path, FILE_LIMIT, ret, ret_size);
}

static int write_all(int fd, const char *text, size_t size)
{
	while (size > 0) {
		ssize_t n = write(fd, text, size);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		text += n;
		size -= n;
	}
	return 0;
}

/* Whatever the umask: root and the unprivileged daemon, whose folder it is, read each other's files. */
static int give(const struct nb_rundir *dir, int fd, mode_t mode)
{
	struct stat folder;

	if (fstat(dir->fd, &folder) < 0 || fchmod(fd, mode) < 0)
		return -errno;
	/* Where that may not be, root's file is for root. */
	if (folder.st_uid != geteuid())
		(void)!fchown(fd, folder.st_uid, folder.st_gid);
	return 0;
}

/* Beside and renamed; the folder lies in memory, so that nothing needs to be synced. */
static int write_file(
	const struct nb_rundir *dir, const char *name, const struct nb_text *text, mode_t mode)
{
	char temporary[64];
	int fd, r;

	snprintf(temporary, sizeof(temporary), ".%s.new", name);
	/* Never into what lies there: somebody may have it open. */
	unlinkat(dir->fd, temporary, 0);
	fd = openat(dir->fd, temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd < 0)
		return -errno;
	r = write_all(fd, text->text, text->length);
	if (r == 0)
		r = give(dir, fd, mode);
	if (close(fd) < 0 && r == 0)
		r = -errno;
	if (r == 0 && renameat(dir->fd, temporary, dir->fd, name) < 0)
		r = -errno;
	if (r < 0)
		unlinkat(dir->fd, temporary, 0);
	return r;
}

int nb_rundir_write(const struct nb_rundir *dir, const char *name, const struct nb_text *text)
{
	NB_CLEANUP(nb_text_done) struct nb_text whole = { 0 };

	head(&whole);
	nb_text_add(&whole, "%s", text->text ? text->text : "");
	return whole.failed || text->failed ? -ENOMEM : write_file(dir, name, &whole, PUBLIC);
}

int nb_rundir_read(const struct nb_rundir *dir, const char *name, char **ret, size_t *ret_size)
{
	NB_CLEANUP(nb_freep) char *text = NULL;
	int r = read_file(dir, name, &text, ret_size);

	if (r < 0)
		return r;
	if (!is_of_this_boot(text))
		return -ENOENT;
	*ret = nb_steal(&text);
	return 0;
}

int nb_rundir_remove(const struct nb_rundir *dir, const char *name)
{
	return unlinkat(dir->fd, name, 0) < 0 && errno != ENOENT ? -errno : 0;
}

int nb_rundir_load_applied(const struct nb_rundir *dir, struct nb_config **ret, struct nb_diag *diag)
{
	NB_CLEANUP(nb_config_freep) struct nb_config *config = NULL;
	NB_CLEANUP(nb_freep) char *text = NULL;
	size_t size;
	int r = read_file(dir, APPLIED, &text, &size);

	*ret = NULL;
	if (r == -ENOENT || (r == 0 && !is_of_this_boot(text)))
		return 0;
	if (r < 0)
		return r;
	config = nb_config_new();
	if (!config)
		return -ENOMEM;
	/* It may stand for many files: the bound of one of them is not its own. */
	r = nb_yaml_load(APPLIED, text, size, NB_YAML_SNAPSHOT, config, diag);
	if (r < 0)
		return r;
	*ret = nb_steal(&config);
	return 0;
}

int nb_rundir_save_applied(const struct nb_rundir *dir, const struct nb_config *config)
{
	NB_CLEANUP(nb_text_done) struct nb_text text = { 0 };
	NB_CLEANUP(nb_freep) char *old = NULL;
	size_t size;

	head(&text);
	nb_yaml_emit_config(config, &text);
	if (text.failed)
		return -ENOMEM;
	if (read_file(dir, APPLIED, &old, &size) == 0 && size == text.length &&
		memcmp(old, text.text, size) == 0)
		return 0;
	return write_file(dir, APPLIED, &text, GROUP);
}

int nb_rundir_load_memory(
	const struct nb_rundir *dir, struct nb_memory *memory, struct nb_diag *diag)
{
	NB_CLEANUP(nb_freep) char *text = NULL;
	size_t size;
	int r = read_file(dir, MEMORY, &text, &size);

	if (r == -ENOENT || (r == 0 && !is_of_this_boot(text)))
		return 0;
	return r < 0 ? r : nb_yaml_load_memory(MEMORY, text, size, memory, diag);
}

int nb_rundir_save_memory(const struct nb_rundir *dir, const struct nb_memory *memory)
{
	NB_CLEANUP(nb_text_done) struct nb_text text = { 0 };

	head(&text);
	nb_yaml_emit_memory(memory, &text);
	return text.failed ? -ENOMEM : write_file(dir, MEMORY, &text, PUBLIC);
}

int nb_rundir_save_state(
	const struct nb_rundir *dir, const char *name, const struct nb_state *state)
{
	NB_CLEANUP(nb_text_done) struct nb_text text = { 0 };

	head(&text);
	if (nb_yaml_emit_state(state, &text) < 0 || text.failed)
		return -ENOMEM;
	return write_file(dir, name, &text, PRIVATE);
}

int nb_rundir_load_state(const struct nb_rundir *dir, const char *name, struct nb_state **ret,
	struct nb_diag *diag)
{
	NB_CLEANUP(nb_freep) char *text = NULL;
	size_t size;
	int r = nb_rundir_read(dir, name, &text, &size);

	return r < 0 ? r : nb_yaml_load_state(name, text, size, ret, diag);
}

int nb_rundir_save_owed(const struct nb_rundir *dir, const struct nb_state *owed)
{
	return owed ? nb_rundir_save_state(dir, NB_RUNDIR_OWED, owed)
		    : nb_rundir_remove(dir, NB_RUNDIR_OWED);
}

int nb_rundir_load_owed(const struct nb_rundir *dir, struct nb_state **ret, struct nb_diag *diag)
{
	int r = nb_rundir_load_state(dir, NB_RUNDIR_OWED, ret, diag);

	if (r == 0)
		return 0;
	*ret = NULL;
	if (r == -ENOENT || r == -ENOMEM)
		return r == -ENOMEM ? r : 0;
	nb_diag_error(diag, NULL, NB_RUNDIR_OWED,
		"what the last apply was to put back cannot be read%s%s", r == -EBADMSG ? "" : ": ",
		r == -EBADMSG ? "" : strerror(-r));
	nb_diag_hint(diag, "look whether addresses and routes of others are missing on the bonds");
	nb_rundir_remove(dir, NB_RUNDIR_OWED);
	return 0;
}
