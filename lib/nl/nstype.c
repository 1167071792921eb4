/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "lib/nl/nstype.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <linux/nsfs.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "lib/nl/netns.h"
#include "lib/nl/nstype-make.h"
#include "lib/nl/pin.h"

#ifndef CLONE_NEWTIME
#define CLONE_NEWTIME 0x00000080 /* linux/sched.h, Linux 5.6 */
#endif

#define RUN_DIR "/run/netbond-nsd"
#define PATH_BYTES (sizeof(NB_NSTYPE_MNT_DIR) + 255 + sizeof("/cgroup"))
#define ENDING_MS 5000 /* a killed process 1 takes all of its namespace along first */

static const int flags[NB_NS_COUNT] = {
	[NB_NS_USER] = CLONE_NEWUSER,
	[NB_NS_NET] = CLONE_NEWNET,
	[NB_NS_UTS] = CLONE_NEWUTS,
	[NB_NS_IPC] = CLONE_NEWIPC,
	[NB_NS_CGROUP] = CLONE_NEWCGROUP,
	[NB_NS_TIME] = CLONE_NEWTIME,
	[NB_NS_PID] = CLONE_NEWPID,
	[NB_NS_MNT] = CLONE_NEWNS,
};

static void closep(int *fd)
{
	if (*fd >= 0)
		close(*fd);
}

int nb_nstype_clone_flag(enum nb_nstype type)
{
	return flags[type];
}

unsigned nb_nstypes_supported(void)
{
	unsigned supported = 0;
	char path[32];

	for (enum nb_nstype type = 0; type < NB_NS_COUNT; type++) {
		snprintf(path, sizeof(path), "/proc/self/ns/%s", nb_nstype_name(type));
		if (faccessat(AT_FDCWD, path, F_OK, AT_SYMLINK_NOFOLLOW) == 0)
			supported |= NB_NS_BIT(type);
	}
	return supported;
}

static int pin_path(const char *set, enum nb_nstype type, char path[static PATH_BYTES])
{
	if (!nb_netns_name_ok(set))
		return -EINVAL;
	if (type == NB_NS_NET)
		sprintf(path, NB_NETNS_DIR "/%s", set);
	else if (type == NB_NS_MNT)
		sprintf(path, NB_NSTYPE_MNT_DIR "/%s", set);
	else
		sprintf(path, NB_NSTYPE_DIR "/%s/%s", set, nb_nstype_name(type));
	return 0;
}

int nb_nstype_open(const char *set, enum nb_nstype type, int *ret_fd, uint64_t *ret_inode)
{
	NB_CLEANUP(closep) int fd = -EBADF;
	char path[PATH_BYTES];
	struct statfs fs;
	struct stat status;

	if (pin_path(set, type, path) < 0)
		return -EINVAL;
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOFOLLOW);
	if (fd < 0)
		return errno == EACCES && nb_pin_is_leftover(path) ? -ENOENT : -errno;
	if (fstatfs(fd, &fs) < 0 || fs.f_type != NSFS_MAGIC)
		return nb_pin_is_leftover(path) ? -ENOENT : -EMEDIUMTYPE;
	if (ioctl(fd, NS_GET_NSTYPE) != flags[type])
		return -EMEDIUMTYPE;
	if (fstat(fd, &status) < 0)
		return -errno;
	if (ret_inode)
		*ret_inode = status.st_ino;
	*ret_fd = fd;
	fd = -EBADF;
	return 0;
}

static int share(const struct nb_op *op, const char *path)
{
	NB_CLEANUP(closep) int fd = -EBADF;
	int r = nb_nstype_open(op->from, op->nstype, &fd, NULL);
	char from[32];

	if (r < 0)
		return r;
	snprintf(from, sizeof(from), "/proc/self/fd/%d", fd);
	return nb_pin_bind(from, path);
}

/* Return: the locked folder of pins of that type, the set's own part in it made; a negative errno. */
static int open_folder(const char *set, enum nb_nstype type)
{
	char path[PATH_BYTES];
	int fd;

	if (type == NB_NS_NET)
		return nb_pin_folder(NB_NETNS_DIR, true);
	if (mkdir(RUN_DIR, 0755) == 0)
		(void)chmod(RUN_DIR, 0755); /* whatever the umask */
	if (type == NB_NS_MNT)
		return nb_pin_folder(NB_NSTYPE_MNT_DIR, false);
	fd = nb_pin_folder(NB_NSTYPE_DIR, true);
	snprintf(path, sizeof(path), NB_NSTYPE_DIR "/%s", set);
	if (fd < 0 || (mkdir(path, 0755) < 0 && errno == EEXIST))
		return fd;
	(void)chmod(path, 0755);
	return fd;
}

static bool has_sharers(const char *set, enum nb_nstype type, uint64_t inode)
{
	char **names = NULL;
	size_t n = 0;
	bool shared = nb_nstype_sharers(set, type, inode, &names, &n) == 0 && n > 0;

	for (size_t i = 0; i < n; i++)
		free(names[i]);
	free(names);
	return shared;
}

static bool has_members(const char *set, enum nb_nstype type)
{
	struct nb_process *processes = NULL;
	int n = nb_nstypes_members(set, NB_NS_BIT(type), &processes);

	free(processes);
	return n != 0; /* nobody knows: as if */
}

/* With it all processes of the namespace end (zap_pid_ns_processes()). */
static void end_holder(uint64_t inode)
{
	int holder = nb_nstype_holder(inode);

	if (!holder || kill(holder, SIGKILL) < 0)
		return;
	for (unsigned i = 0; i < ENDING_MS / 10 && kill(holder, 0) == 0; i++)
		usleep(10000);
}

/* @last: with the pin the namespace goes for those that do not live in it. */
static int unpin(const struct nb_op *op, const char *path, bool check)
{
	char folder[PATH_BYTES];
	uint64_t inode = 0;
	int fd, r = nb_nstype_open(op->namespace, op->nstype, &fd, &inode);
	bool last = r == 0 && op->nstype != NB_NS_NET &&
		    !has_sharers(op->namespace, op->nstype, inode);

	if (r == 0)
		close(fd);
	else if (r != -ENOENT)
		return r;
	if (last && check && !(op->flags & NB_OP_FORCE) && has_members(op->namespace, op->nstype))
		return -EBUSY;
	r = nb_pin_remove(path);
	if (r == 0 && last && op->nstype == NB_NS_PID)
		end_holder(inode);
	snprintf(folder, sizeof(folder), NB_NSTYPE_DIR "/%s", op->namespace);
	(void)rmdir(folder); /* not while others lie in it */
	return r;
}

static int create_at(const struct nb_op *op, const char *path, int user, nb_nstype_adopt *adopt)
{
	int fd, r = nb_pin_file(path);

	if (r < 0)
		return r;
	if (r == 1) {
		r = nb_nstype_open(op->namespace, op->nstype, &fd, NULL);
		if (r == 0)
			close(fd);
		return r;
	}
	r = op->from ? share(op, path) : nb_nstype_make(op, user, path, adopt);
	if (r < 0)
		unlink(path);
	return r;
}

static int create(const struct nb_op *op, const char *path, nb_nstype_adopt *adopt)
{
	NB_CLEANUP(closep) int folder = -EBADF;
	NB_CLEANUP(closep) int user = -EBADF;
	int r = 0;

	if (op->flags & NB_OP_IN_USER)
		r = nb_nstype_open(op->namespace, NB_NS_USER, &user, NULL);
	if (r == 0)
		folder = open_folder(op->namespace, op->nstype);
	if (r < 0 || folder < 0)
		return r < 0 ? r : folder;
	/* What lives in an old one goes on there, but for pid: that goes. */
	if (op->flags & NB_OP_REPLACE)
		r = unpin(op, path, op->nstype == NB_NS_PID);
	if (r == 0 && op->flags & NB_OP_REPLACE && op->nstype != NB_NS_NET &&
		op->nstype != NB_NS_MNT) {
		close(folder); /* its part in it may have gone */
		folder = open_folder(op->namespace, op->nstype);
	}
	return r < 0 ? r : create_at(op, path, user, adopt);
}

int nb_nstype_run(const struct nb_op *op, nb_nstype_adopt *adopt)
{
	char path[PATH_BYTES];
	struct nb_op net;

	if (pin_path(op->namespace, op->nstype, path) < 0)
		return -EINVAL;
	if (op->kind == NB_OP_TYPE_DELETE)
		return unpin(op, path, true);
	if (op->kind == NB_OP_TYPE_SET)
		return nb_nstype_rename(op);
	if (op->kind == NB_OP_TYPE_CREATE)
		return create(op, path, adopt);
	net = *op;
	net.nstype = NB_NS_NET;
	if (pin_path(op->namespace, NB_NS_NET, path) < 0)
		return -EINVAL;
	return create(&net, path, adopt);
}

void nb_nstype_explain(const struct nb_op *op, int error, struct nb_text *out)
{
	const char *type = nb_nstype_name(op->nstype), *set = op->namespace;

	switch (-error) {
	case EBUSY:
		nb_text_add(out, "processes live in it: netbondctl ns show %s", set);
		break;
	case ENOENT:
		nb_text_add(out, "there is no %s of namespace %s", type,
			op->from ? op->from : set);
		break;
	case EMEDIUMTYPE:
		nb_text_add(out, "where its pin belongs lies something else");
		break;
	case EINVAL:
		nb_text_add(out, "the kernel does not take it%s",
			op->nstype == NB_NS_TIME ? ": it may have no time namespaces (CONFIG_TIME_NS)" : "");
		break;
	case EPERM:
	case EACCES:
		if (op->nstype == NB_NS_USER || op->nstype == NB_NS_TIME)
			nb_text_add(out, "netbond-nsd has no right to that unless it is given it: see %s "
				"in netbond-nsd(8)", op->nstype == NB_NS_USER ? "user.conf" : "time.conf");
		else
			nb_text_add(out, "it needs root (CAP_SYS_ADMIN)");
		break;
	case ENOTCONN:
		nb_netns_explain(set, error, out);
		break;
	default:
		nb_text_add(out, "%s", strerrordesc_np(-error));
	}
}
