/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What is there of the types of namespaces. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <linux/nsfs.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/nl/netns.h"
#include "lib/nl/nstype.h"

/* Types whose traits only a process inside can tell. */
#define TOLD_INSIDE (NB_NS_BIT(NB_NS_UTS) | NB_NS_BIT(NB_NS_TIME) | NB_NS_BIT(NB_NS_USER))

struct told {
	bool user; /* it is in the user namespace: its maps are those of that */
	char hostname[65];
	int64_t monotonic, boottime;
};

uint64_t nb_nstype_owner(int fd)
{
	struct stat status;
	int r, owner = ioctl(fd, NS_GET_USERNS);

	if (owner < 0)
		return 0;
	r = fstat(owner, &status);
	close(owner);
	return r < 0 ? 0 : status.st_ino;
}

static void read_offsets(struct told *told)
{
	FILE *file = fopen("/proc/self/timens_offsets", "re");
	char clock[16];
	int64_t seconds;

	while (file && fscanf(file, "%15s %" SCNd64 " %*d", clock, &seconds) == 2) {
		if (strcmp(clock, "monotonic") == 0)
			told->monotonic = seconds;
		else if (strcmp(clock, "boottime") == 0)
			told->boottime = seconds;
	}
	if (file)
		fclose(file);
}

/* The user namespace last: the others may belong to another one. Its maps are read from outside. */
static void tell(const int fds[static NB_NS_COUNT], int socket)
{
	struct told told = { 0 };
	char end;

	if (fds[NB_NS_UTS] >= 0 && setns(fds[NB_NS_UTS], CLONE_NEWUTS) == 0)
		gethostname(told.hostname, sizeof(told.hostname) - 1);
	if (fds[NB_NS_TIME] >= 0 &&
		setns(fds[NB_NS_TIME], nb_nstype_clone_flag(NB_NS_TIME)) == 0)
		read_offsets(&told);
	told.user = fds[NB_NS_USER] >= 0 && setns(fds[NB_NS_USER], CLONE_NEWUSER) == 0;
	if (write(socket, &told, sizeof(told)) != sizeof(told) || read(socket, &end, 1) < 0)
		_exit(1);
	_exit(0);
}

static int read_map(pid_t pid, const char *name, struct nb_id_map *map)
{
	char path[48], text[NB_ID_RANGES_MAX * 36];
	size_t n;
	FILE *file;

	snprintf(path, sizeof(path), "/proc/%d/%s", (int)pid, name);
	file = fopen(path, "re");
	if (!file)
		return -errno;
	n = fread(text, 1, sizeof(text) - 1, file);
	text[n] = '\0';
	fclose(file);
	return nb_id_map_parse(text, map);
}

static int take_told(struct nb_nsset *set, const struct told *told, pid_t pid)
{
	struct nb_nstraits *traits = &set->traits;

	traits->monotonic = told->monotonic;
	traits->boottime = told->boottime;
	if (*told->hostname && !(traits->hostname = strdup(told->hostname)))
		return -ENOMEM;
	if (!told->user)
		return 0;
	if (read_map(pid, "uid_map", &traits->uids) == -ENOMEM ||
		read_map(pid, "gid_map", &traits->gids) == -ENOMEM)
		return -ENOMEM;
	return 0;
}

static int ask_inside(const int fds[static NB_NS_COUNT], struct nb_nsset *set)
{
	struct told told;
	int pair[2], r;
	pid_t pid;

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) < 0)
		return -errno;
	pid = fork();
	if (pid == 0) {
		close(pair[0]);
		tell(fds, pair[1]);
	}
	close(pair[1]);
	r = pid < 0 ? -errno : 0;
	if (r == 0 && recv(pair[0], &told, sizeof(told), MSG_WAITALL) == sizeof(told))
		r = take_told(set, &told, pid);
	else if (r == 0)
		r = -EPIPE; /* what is not known must not look like a difference */
	close(pair[0]);
	if (pid > 0)
		waitpid(pid, NULL, 0);
	return r;
}

static int look_at(struct nb_nsset *set)
{
	int fds[NB_NS_COUNT], r = 0;
	unsigned there = 0;

	for (enum nb_nstype type = 0; type < NB_NS_COUNT; type++) {
		fds[type] = -EBADF;
		if (nb_nstype_open(set->name, type, &fds[type], &set->inodes[type]) < 0)
			continue;
		there |= NB_NS_BIT(type);
		set->owners[type] = nb_nstype_owner(fds[type]);
	}
	if (there & TOLD_INSIDE)
		r = ask_inside(fds, set);
	if (there & NB_NS_BIT(NB_NS_PID))
		set->holder = nb_nstype_holder(set->inodes[NB_NS_PID]);
	for (enum nb_nstype type = 0; type < NB_NS_COUNT; type++) {
		if (fds[type] >= 0)
			close(fds[type]);
	}
	return r;
}

int nb_nssets_look(char *const *names, size_t n, struct nb_state *state)
{
	struct stat status;
	int r = 0;

	state->nstypes = nb_nstypes_supported();
	state->user = stat("/proc/self/ns/user", &status) == 0 ? status.st_ino : 0;
	for (size_t i = 0; i < n && r == 0; i++) {
		struct nb_nsset *set = nb_state_add_set(state, names[i]);

		r = set ? look_at(set) : -ENOMEM;
	}
	return r;
}

int nb_nstype_holder_fd(const char *set, int *ret_fd)
{
	uint64_t inode;
	int fd, holder, r = nb_nstype_open(set, NB_NS_PID, &fd, &inode);

	if (r < 0)
		return r;
	close(fd);
	holder = nb_nstype_holder(inode);
	if (!holder)
		return -ESRCH;
	fd = (int)syscall(SYS_pidfd_open, holder, 0); /* always O_CLOEXEC */
	if (fd < 0)
		return -errno;
	*ret_fd = fd;
	return 0;
}

static int add_processes(struct nb_process **all, size_t *n, size_t *capacity,
	const struct nb_process *found, int n_found, int holder)
{
	for (int i = 0; i < n_found; i++) {
		bool known = found[i].pid == holder;

		for (size_t k = 0; k < *n && !known; k++)
			known = (*all)[k].pid == found[i].pid;
		if (known)
			continue;
		if (nb_grow(all, *n, capacity, sizeof(**all)) < 0)
			return -ENOMEM;
		(*all)[(*n)++] = found[i];
	}
	return 0;
}

int nb_nstypes_members(const char *set, unsigned wanted, struct nb_process **ret)
{
	NB_CLEANUP(nb_freep) struct nb_process *all = NULL;
	size_t n = 0, capacity = 0;
	uint64_t pid_inode;
	int holder = 0, fd, r = 0;

	/* It lives in the user namespace of the set, too. */
	if (nb_nstype_open(set, NB_NS_PID, &fd, &pid_inode) == 0) {
		holder = nb_nstype_holder(pid_inode);
		close(fd);
	}
	for (enum nb_nstype type = 0; type < NB_NS_COUNT && r >= 0; type++) {
		NB_CLEANUP(nb_freep) struct nb_process *found = NULL;

		if (!(wanted & NB_NS_BIT(type)) || nb_nstype_open(set, type, &fd, NULL) < 0)
			continue;
		r = nb_nstype_processes(fd, type, &found);
		close(fd);
		if (r > 0)
			r = add_processes(&all, &n, &capacity, found, r, holder);
	}
	if (r < 0)
		return r;
	*ret = nb_steal(&all);
	return (int)n;
}

static int add_name(char ***names, size_t *n, size_t *capacity, const char *name)
{
	for (size_t i = 0; i < *n; i++) {
		if (strcmp((*names)[i], name) == 0)
			return 0;
	}
	if (nb_grow(names, *n, capacity, sizeof(**names)) < 0 || !((*names)[*n] = strdup(name)))
		return -ENOMEM;
	(*n)++;
	return 0;
}

static void free_names(char **names, size_t n)
{
	for (size_t i = 0; i < n; i++)
		free(names[i]);
	free(names);
}

static int read_names(const char *folder, char ***names, size_t *n, size_t *capacity)
{
	DIR *dir = opendir(folder);
	const struct dirent *entry;
	int r = 0;

	while (r == 0 && dir && (entry = readdir(dir))) {
		if (nb_netns_name_ok(entry->d_name))
			r = add_name(names, n, capacity, entry->d_name);
	}
	if (dir)
		closedir(dir);
	return r;
}

int nb_nsset_names(char ***ret, size_t *ret_n)
{
	size_t n = 0, capacity = 0;
	char **names = NULL;
	int r = read_names(NB_NSTYPE_DIR, &names, &n, &capacity);

	if (r == 0)
		r = read_names(NB_NSTYPE_MNT_DIR, &names, &n, &capacity);
	if (r < 0) {
		free_names(names, n);
		return r;
	}
	*ret = names;
	*ret_n = n;
	return 0;
}

static int compare_names(const void *a, const void *b)
{
	return nb_natural_compare(*(char *const *)a, *(char *const *)b);
}

int nb_nstype_sharers(const char *set, enum nb_nstype type, uint64_t inode, char ***ret, size_t *ret_n)
{
	size_t n = 0, capacity = 0, n_kept = 0;
	char **names = NULL;
	int r = type == NB_NS_NET ? read_names(NB_NETNS_DIR, &names, &n, &capacity) :
				    nb_nsset_names(&names, &n);

	if (r < 0) {
		free_names(names, n);
		return r;
	}
	for (size_t i = 0; i < n; i++) {
		uint64_t found = 0;
		int fd = -EBADF;

		if (strcmp(names[i], set) != 0 &&
			nb_nstype_open(names[i], type, &fd, &found) == 0)
			close(fd);
		if (fd >= 0 && found == inode)
			names[n_kept++] = names[i];
		else
			free(names[i]);
	}
	if (n_kept > 1)
		qsort(names, n_kept, sizeof(*names), compare_names);
	*ret = names;
	*ret_n = n_kept;
	return 0;
}
