/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Who lives in a namespace, from /proc. */
#include "lib/nl/netns.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "lib/core/model.h"
#include "lib/nl/nstype.h"

static void closedirp(DIR **dir)
{
	if (*dir)
		closedir(*dir);
}

/* One that has just ended is none. */
static bool lives_in(int proc, int pid, enum nb_nstype type, const struct stat *namespace)
{
	char path[32];
	struct stat status;

	snprintf(path, sizeof(path), "%d/ns/%s", pid, nb_nstype_name(type));
	return fstatat(proc, path, &status, 0) == 0 && status.st_dev == namespace->st_dev &&
		status.st_ino == namespace->st_ino;
}

static void read_command(int proc, struct nb_process *process)
{
	char path[32];
	ssize_t n = -1;
	int fd;

	snprintf(path, sizeof(path), "%d/comm", process->pid);
	fd = openat(proc, path, O_RDONLY | O_CLOEXEC);
	if (fd >= 0) {
		n = read(fd, process->command, sizeof(process->command) - 1);
		close(fd);
	}
	if (n > 0 && process->command[n - 1] == '\n')
		process->command[n - 1] = '\0';
	if (n <= 0)
		strcpy(process->command, "?");
	for (char *c = process->command; *c; c++) /* anything can be written there */
		if (*c < ' ' || *c > '~')
			*c = '?';
}

static int compare(const void *a, const void *b)
{
	const struct nb_process *one = a, *two = b;

	return (one->pid > two->pid) - (one->pid < two->pid);
}

/* "NSpid:\t4711\t1": its ids from the outermost to the innermost pid namespace it is seen in. */
static bool is_first(int proc, int pid)
{
	char path[32], line[256];
	bool first = false;
	FILE *file;
	int fd;

	snprintf(path, sizeof(path), "%d/status", pid);
	fd = openat(proc, path, O_RDONLY | O_CLOEXEC);
	file = fd < 0 ? NULL : fdopen(fd, "re");
	if (fd >= 0 && !file)
		close(fd);
	while (file && fgets(line, sizeof(line), file)) {
		if (strncmp(line, "NSpid:", 6) != 0)
			continue;
		first = nb_streq(strrchr(line, '\t'), "\t1\n");
		break;
	}
	if (file)
		fclose(file);
	return first;
}

/* Without asking a file server that may be dead. */
static bool leads_to(int folder, const char *name, const struct stat *namespace)
{
	struct statx status;

	return statx(folder, name, AT_STATX_DONT_SYNC, STATX_INO, &status) == 0 &&
	       status.stx_ino == namespace->st_ino &&
	       makedev(status.stx_dev_major, status.stx_dev_minor) == namespace->st_dev;
}

static bool has_open(int proc, int pid, const struct stat *namespace)
{
	const struct dirent *entry;
	bool found = false;
	char path[32];
	DIR *dir;
	int fd;

	snprintf(path, sizeof(path), "%d/fd", pid);
	fd = openat(proc, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	dir = fd < 0 ? NULL : fdopendir(fd);
	if (fd >= 0 && !dir)
		close(fd);
	while (dir && !found && (entry = readdir(dir)))
		found = leads_to(dirfd(dir), entry->d_name, namespace);
	if (dir)
		closedir(dir);
	return found;
}

/* A line of mountinfo, proc_pid_mountinfo(5); paths with a blank in them have \\040 for it. */
struct mount {
	unsigned id, parent, major, minor;
	char root[256], point[256];
	bool slave; /* it goes with the mount that it follows */
};

static bool read_mount(FILE *file, struct mount *ret)
{
	char line[4096];

	while (fgets(line, sizeof(line), file)) {
		if (sscanf(line, "%u %u %u:%u %255s %255s", &ret->id, &ret->parent, &ret->major,
			    &ret->minor, ret->root, ret->point) != 6)
			continue;
		ret->slave = strstr(line, " master:");
		return true;
	}
	return false;
}

static bool find_mount(FILE *file, unsigned id, struct mount *ret)
{
	rewind(file);
	while (read_mount(file, ret)) {
		if (ret->id == id)
			return true;
	}
	return false;
}

/*
 * Whether @mount lies on a file of the folder of pins, under whatever path. Removing that file ends
 * its mounts in every mount namespace (vfs_unlink(): detach_mounts()), so they keep nothing.
 */
static bool is_pin(const struct mount *mount, const struct mount *on, dev_t folder)
{
	const char *below = mount->point + (on->point[1] ? strlen(on->point) : 0);
	char path[sizeof(on->root) + sizeof(mount->point)], *last;

	snprintf(path, sizeof(path), "%s%s", on->root[1] ? on->root : "", below);
	last = strrchr(path, '/');
	if (!last || makedev(on->major, on->minor) != folder)
		return false;
	*last = '\0';
	last = strrchr(path, '/');
	return last && strcmp(last, strrchr(NB_NETNS_DIR, '/')) == 0;
}

/* Return: whether a mount that @pid sees keeps the namespace; @ret is where. */
static bool has_mount(int proc, int pid, const char *target, struct mount *ret)
{
	char path[32];
	struct stat folder = { 0 };
	struct mount on;
	bool found = false;
	long next;
	FILE *file;
	int fd;

	snprintf(path, sizeof(path), "%d/mountinfo", pid);
	fd = openat(proc, path, O_RDONLY | O_CLOEXEC);
	file = fd < 0 ? NULL : fdopen(fd, "re");
	if (fd >= 0 && !file)
		close(fd);
	(void)stat(NB_NETNS_DIR, &folder);
	while (file && !found && read_mount(file, ret)) {
		if (strcmp(ret->root, target) != 0 || ret->slave)
			continue;
		next = ftell(file);
		found = !find_mount(file, ret->parent, &on) || !is_pin(ret, &on, folder.st_dev);
		fseek(file, next, SEEK_SET);
	}
	if (file)
		fclose(file);
	return found;
}

struct search {
	struct stat namespace;
	enum nb_nstype type;
	char target[64]; /* "net:[INODE]", as mountinfo names its root */
	bool (*fits)(struct search *search, int proc, int pid);
	ino_t *seen; /* mount namespaces whose mounts have been looked at */
	size_t n_seen, seen_capacity;
};

static bool is_inhabitant(struct search *search, int proc, int pid)
{
	return lives_in(proc, pid, search->type, &search->namespace);
}

/* Of those that see the same mounts the first stands for all. */
static bool is_seen(struct search *search, int proc, int pid)
{
	struct stat status;
	char path[32];

	snprintf(path, sizeof(path), "%d/ns/mnt", pid);
	if (fstatat(proc, path, &status, 0) < 0)
		return true;
	for (size_t i = 0; i < search->n_seen; i++) {
		if (search->seen[i] == status.st_ino)
			return true;
	}
	if (nb_grow(&search->seen, search->n_seen, &search->seen_capacity, sizeof(*search->seen)) == 0)
		search->seen[search->n_seen++] = status.st_ino;
	return false;
}

static bool is_holder(struct search *search, int proc, int pid)
{
	struct mount mount;

	if (pid == getpid() || lives_in(proc, pid, search->type, &search->namespace))
		return false;
	return has_open(proc, pid, &search->namespace) ||
	       (!is_seen(search, proc, pid) && has_mount(proc, pid, search->target, &mount));
}

/* One that is dying keeps its namespace for a moment, and nothing can start in it any more. */
static bool is_holding(struct search *search, int proc, int pid)
{
	return lives_in(proc, pid, search->type, &search->namespace) && is_first(proc, pid);
}

static int find_processes(struct search *search, struct nb_process **ret)
{
	NB_CLEANUP(nb_freep) struct nb_process *processes = NULL;
	NB_CLEANUP(closedirp) DIR *dir = opendir("/proc");
	const struct dirent *entry;
	size_t n = 0, capacity = 0;
	uint64_t pid;

	if (!dir)
		return -errno;
	while ((entry = readdir(dir))) {
		if (nb_parse_u64(entry->d_name, INT32_MAX, &pid) < 0 ||
			!search->fits(search, dirfd(dir), (int)pid))
			continue;
		if (nb_grow(&processes, n, &capacity, sizeof(*processes)) < 0)
			return -ENOMEM;
		processes[n] = (struct nb_process){ .pid = (int)pid };
		read_command(dirfd(dir), &processes[n++]);
	}
	if (n > 1)
		qsort(processes, n, sizeof(*processes), compare);
	*ret = nb_steal(&processes);
	return (int)n;
}

int nb_nstype_processes(int fd, enum nb_nstype type, struct nb_process **ret)
{
	struct search search = { .type = type, .fits = is_inhabitant };

	return fstat(fd, &search.namespace) < 0 ? -errno : find_processes(&search, ret);
}

int nb_netns_processes(int fd, struct nb_process **ret)
{
	return nb_nstype_processes(fd, NB_NS_NET, ret);
}

/* Return: 0; a negative errno. */
static int begin_holders(int fd, struct search *search)
{
	if (fstat(fd, &search->namespace) < 0)
		return -errno;
	snprintf(search->target, sizeof(search->target), "net:[%ju]",
		(uintmax_t)search->namespace.st_ino);
	return 0;
}

int nb_netns_holders(int fd, struct nb_process **ret)
{
	struct search search = { .type = NB_NS_NET, .fits = is_holder };
	int r = begin_holders(fd, &search);

	if (r == 0)
		r = find_processes(&search, ret);
	free(search.seen);
	return r;
}

int nb_netns_mount_of(int fd, int pid, struct nb_text *ret)
{
	NB_CLEANUP(closedirp) DIR *dir = opendir("/proc");
	struct search search = { 0 };
	struct mount mount;
	int r = dir ? begin_holders(fd, &search) : -errno;

	if (r < 0)
		return r;
	if (has_open(dirfd(dir), pid, &search.namespace) ||
		!has_mount(dirfd(dir), pid, search.target, &mount))
		return -ENOENT;
	nb_text_add(ret, "%s", mount.point);
	return 0;
}

int nb_nstype_holder(uint64_t inode)
{
	NB_CLEANUP(nb_freep) struct nb_process *found = NULL;
	struct search search = { .type = NB_NS_PID, .fits = is_holding };
	struct stat status;

	/* All of nsfs is one device. */
	if (stat("/proc/self/ns/pid", &status) < 0)
		return 0;
	search.namespace = status;
	search.namespace.st_ino = inode;
	return find_processes(&search, &found) > 0 ? found[0].pid : 0;
}
