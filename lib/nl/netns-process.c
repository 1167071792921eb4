/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Who lives in a network namespace, from /proc. */
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

static void closedirp(DIR **dir)
{
	if (*dir)
		closedir(*dir);
}

/* One that has just ended is none. */
static bool lives_in(int proc, int pid, const struct stat *namespace)
{
	char path[32];
	struct stat status;

	snprintf(path, sizeof(path), "%d/ns/net", pid);
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

/* A mount that is neither shared nor a slave is one of its own: no unmount elsewhere reaches it. */
static bool has_copy(int proc, int pid, const char *target)
{
	char path[32], line[4096], root[64];
	bool found = false;
	FILE *file;
	int fd;

	snprintf(path, sizeof(path), "%d/mountinfo", pid);
	fd = openat(proc, path, O_RDONLY | O_CLOEXEC);
	file = fd < 0 ? NULL : fdopen(fd, "re");
	if (fd >= 0 && !file)
		close(fd);
	while (file && !found && fgets(line, sizeof(line), file))
		found = sscanf(line, "%*s %*s %*s %63s", root) == 1 && strcmp(root, target) == 0 &&
			!strstr(line, " shared:") && !strstr(line, " master:");
	if (file)
		fclose(file);
	return found;
}

struct search {
	struct stat namespace;
	char target[64]; /* "net:[INODE]", as mountinfo names its root */
	bool (*fits)(const struct search *search, int proc, int pid);
};

static bool is_inhabitant(const struct search *search, int proc, int pid)
{
	return lives_in(proc, pid, &search->namespace);
}

static bool is_holder(const struct search *search, int proc, int pid)
{
	return pid != getpid() && !lives_in(proc, pid, &search->namespace) &&
	       (has_open(proc, pid, &search->namespace) || has_copy(proc, pid, search->target));
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

int nb_netns_processes(int fd, struct nb_process **ret)
{
	struct search search = { .fits = is_inhabitant };

	return fstat(fd, &search.namespace) < 0 ? -errno : find_processes(&search, ret);
}

int nb_netns_holders(int fd, struct nb_process **ret)
{
	struct search search = { .fits = is_holder };

	if (fstat(fd, &search.namespace) < 0)
		return -errno;
	snprintf(search.target, sizeof(search.target), "net:[%ju]",
		(uintmax_t)search.namespace.st_ino);
	return find_processes(&search, ret);
}
