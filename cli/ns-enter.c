/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "cli/ns-enter.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <limits.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "cli/ns.h"
#include "cli/problems.h"
#include "cli/term.h"
#include "lib/nl/nstype.h"

#define ETC "/etc/netns"

int nbc_ns_fail(const struct nbc *nbc, const char *what)
{
	nbc_tell(nbc, "%s: %s%s", what, strerror(errno),
		errno == EPERM ? "; run it as root" : "");
	return -1;
}

static bool is_same(const char *one, const char *two)
{
	struct stat a, b;

	return stat(one, &a) == 0 && stat(two, &b) == 0 && a.st_dev == b.st_dev &&
	       a.st_ino == b.st_ino;
}

/* Files made for this namespace take the place of those in /etc. */
static int bind_etc(const struct nbc *nbc, const char *name)
{
	char folder[sizeof(ETC) + NAME_MAX + 1], from[PATH_MAX], to[PATH_MAX];
	const struct dirent *entry;
	DIR *dir;
	int r = 0;

	snprintf(folder, sizeof(folder), ETC "/%s", name);
	dir = opendir(folder);
	if (!dir)
		return errno == ENOENT ? 0 : nbc_ns_fail(nbc, folder);
	while (r == 0 && (entry = readdir(dir))) {
		if (nb_streq(entry->d_name, ".") || nb_streq(entry->d_name, ".."))
			continue;
		snprintf(from, sizeof(from), "%s/%s", folder, entry->d_name);
		snprintf(to, sizeof(to), "/etc/%s", entry->d_name);
		/* In a mount namespace that others entered before it may be so already. */
		if (is_same(from, to))
			continue;
		if (mount(from, to, "none", MS_BIND, NULL) < 0) {
			nbc_tell(nbc, "%s cannot take the place of %s: %s%s", from, to,
				strerror(errno),
				errno == ENOENT ? " (make the latter, if empty)" : "");
			r = -1;
		}
	}
	closedir(dir);
	return r;
}

/* Opens all pins of @name. Return: the types there are; 0: told. */
static unsigned open_all(const struct nbc *nbc, const char *name, int fds[static NB_NS_COUNT])
{
	unsigned there = 0;

	for (enum nb_nstype type = 0; type < NB_NS_COUNT; type++) {
		int r = nb_nstype_open(name, type, &fds[type], NULL);

		if (r < 0)
			fds[type] = -EBADF;
		else
			there |= NB_NS_BIT(type);
	}
	/* The words for what is wrong are those of the network namespace. */
	if (!there && nbc_ns_open(nbc, name, &fds[NB_NS_NET], NULL) == 0)
		there = NB_NS_BIT(NB_NS_NET);
	return there;
}

/* Half inside would be outside: in the processes or the mounts of the machine. */
static int check_whole(const struct nbc *nbc, const struct nb_memory *memory, const char *name,
	unsigned there)
{
	for (enum nb_nstype type = 0; type < NB_NS_COUNT; type++) {
		if (there & NB_NS_BIT(type) || !nb_memory_find_type(memory, name, type))
			continue;
		nbc_tell(nbc, "its %s is not there: netbond makes it again when it runs, see %s status",
			nb_nstype_name(type), nbc->program);
		return -1;
	}
	return 0;
}

int nbc_ns_enter(const struct nbc *nbc, const struct nb_memory *memory, const char *name,
	struct nbc_inside *ret)
{
	static const enum nb_nstype order[] = { NB_NS_NET, NB_NS_UTS, NB_NS_IPC, NB_NS_CGROUP,
		NB_NS_TIME, NB_NS_PID, NB_NS_MNT };
	int fds[NB_NS_COUNT];
	const unsigned there = open_all(nbc, name, fds);
	char here[PATH_MAX];

	if (!there || check_whole(nbc, memory, name, there) < 0)
		return -1;
	if (!getcwd(here, sizeof(here)))
		strcpy(here, "/");
	for (size_t i = 0; i < NB_ARRAY_SIZE(order); i++) {
		const enum nb_nstype type = order[i];

		if (fds[type] < 0)
			continue;
		if (setns(fds[type], nb_nstype_clone_flag(type)) < 0) {
			nbc_tell(nbc, "its %s namespace cannot be entered: %s%s", nb_nstype_name(type),
				strerror(errno), errno == EPERM ? "; run it as root" : "");
			return -1;
		}
		close(fds[type]);
	}
	/* Another tree is entered at its root; the same folder may be there, too. */
	if (there & NB_NS_BIT(NB_NS_MNT) && chdir(here) < 0 && chdir("/") < 0)
		return nbc_ns_fail(nbc, "/");
	*ret = (struct nbc_inside){
		.name = name,
		.user = fds[NB_NS_USER],
		.net = there & NB_NS_BIT(NB_NS_NET),
		.pid = there & NB_NS_BIT(NB_NS_PID),
		.mnt = there & NB_NS_BIT(NB_NS_MNT),
		.forks = there & NB_NS_BIT(NB_NS_PID),
	};
	return 0;
}

static bool is_read_only(const char *path)
{
	struct statvfs status;

	return statvfs(path, &status) == 0 && status.f_flag & ST_RDONLY;
}

/* In a mount namespace of the command's own. */
static int mount_sys(const struct nbc *nbc, const struct nbc_inside *inside)
{
	unsigned long flags = is_read_only("/sys") ? MS_RDONLY : 0;

	(void)umount2("/sys", MNT_DETACH);
	return mount(inside->name, "/sys", "sysfs", flags, NULL) < 0 ?
		nbc_ns_fail(nbc, "/sys of the namespace cannot be mounted") : 0;
}

/*
 * In one that others share, once: there is one sysfs for each network namespace, so that the device
 * tells whether it lies there already. What was inherited may be locked: it goes over that.
 */
static int mount_sys_once(const struct nbc *nbc)
{
	int context = fsopen("sysfs", FSOPEN_CLOEXEC), fd = -1, r = 0;
	struct stat ours, there;

	if (context >= 0 && fsconfig(context, FSCONFIG_CMD_CREATE, NULL, NULL, 0) == 0)
		fd = fsmount(context, FSMOUNT_CLOEXEC,
			is_read_only("/sys") ? MOUNT_ATTR_RDONLY : 0);
	if (fd < 0 || fstat(fd, &ours) < 0 || stat("/sys", &there) < 0 ||
		(ours.st_dev != there.st_dev &&
			move_mount(fd, "", AT_FDCWD, "/sys", MOVE_MOUNT_F_EMPTY_PATH) < 0))
		r = nbc_ns_fail(nbc, "/sys of the namespace cannot be mounted");
	if (fd >= 0)
		close(fd);
	if (context >= 0)
		close(context);
	return r;
}

/* Process 1 of what /proc shows tells whose it is. */
static int mount_proc(const struct nbc *nbc)
{
	if (is_same("/proc/1/ns/pid", "/proc/self/ns/pid"))
		return 0;
	return mount("proc", "/proc", "proc", MS_NOSUID | MS_NODEV | MS_NOEXEC, NULL) < 0 ?
		nbc_ns_fail(nbc, "/proc of the namespace cannot be mounted") : 0;
}

/* /sys shows the devices of the namespace it was mounted in. */
static int arrange_mounts(const struct nbc *nbc, const struct nbc_inside *inside)
{
	int r = 0;

	if (!inside->mnt &&
		(unshare(CLONE_NEWNS) < 0 || mount("", "/", "none", MS_SLAVE | MS_REC, NULL) < 0))
		return nbc_ns_fail(nbc, "no mount namespace of its own");
	if (inside->net)
		r = inside->mnt ? mount_sys_once(nbc) : mount_sys(nbc, inside);
	if (r == 0 && inside->pid)
		r = mount_proc(nbc);
	return r < 0 ? r : bind_etc(nbc, inside->name);
}

int nbc_ns_settle(const struct nbc *nbc, const struct nbc_inside *inside)
{
	if (arrange_mounts(nbc, inside) < 0)
		return -1;
	if (inside->user < 0)
		return 0;
	if (setns(inside->user, CLONE_NEWUSER) < 0)
		return nbc_ns_fail(nbc, "its user namespace cannot be entered");
	close(inside->user);
	/* The ids of outside mean nothing in there; its maps say who root is. */
	if (setgroups(0, NULL) < 0 || setgid(0) < 0 || setuid(0) < 0)
		return nbc_ns_fail(nbc, "there is no root in its user namespace (uid-map, gid-map)");
	return 0;
}
