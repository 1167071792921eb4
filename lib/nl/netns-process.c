/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Who lives in a network namespace, from /proc. */
#include "lib/nl/netns.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
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

int nb_netns_processes(int fd, struct nb_process **ret)
{
	NB_CLEANUP(nb_freep) struct nb_process *processes = NULL;
	NB_CLEANUP(closedirp) DIR *dir = opendir("/proc");
	const struct dirent *entry;
	size_t n = 0, capacity = 0;
	struct stat namespace;
	uint64_t pid;

	if (!dir || fstat(fd, &namespace) < 0)
		return -errno;
	while ((entry = readdir(dir))) {
		if (nb_parse_u64(entry->d_name, INT32_MAX, &pid) < 0 ||
			!lives_in(dirfd(dir), (int)pid, &namespace))
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
