/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "lib/nl/netns.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <linux/nsfs.h>
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "lib/core/model.h"
#include "lib/core/op.h"
#include "lib/core/type.h"
#include "lib/core/uapi.h"
#include "lib/nl/codec.h"
#include "lib/nl/nstype.h"
#include "lib/nl/pin.h"
#include "lib/nl/rtnl.h"

#define NAME_BYTES_MAX 255
#define LOOPBACK 1 /* ifindex of lo in every namespace (loopback_net_init()) */

/* Work for a thread that may enter a namespace and ends there. */
struct job {
	int (*work)(struct job *job);
	int fd;		     /* namespace to enter */
	const char *path;    /* where to pin a new one; the file to open */
	int socket;	     /* opened inside */
	int result;
};

static void closep(int *fd)
{
	if (*fd >= 0)
		close(*fd);
}

bool nb_netns_name_ok(const char *name)
{
	const size_t n = strlen(name);

	return n > 0 && n <= NAME_BYTES_MAX && !strchr(name, '/') && strcmp(name, ".") != 0 &&
		strcmp(name, "..") != 0;
}

static int pin_path(const char *name, char path[static sizeof(NB_NETNS_DIR) + NAME_BYTES_MAX + 1])
{
	if (!nb_netns_name_ok(name))
		return -EINVAL;
	sprintf(path, NB_NETNS_DIR "/%s", name);
	return 0;
}

static bool is_network_namespace(int fd)
{
	struct statfs fs;

	return fstatfs(fd, &fs) == 0 && fs.f_type == NSFS_MAGIC &&
		ioctl(fd, NS_GET_NSTYPE) == CLONE_NEWNET;
}

int nb_netns_open(const char *name, int *ret_fd, uint64_t *ret_inode)
{
	char path[sizeof(NB_NETNS_DIR) + NAME_BYTES_MAX + 1] = "/proc/thread-self/ns/net";
	NB_CLEANUP(closep) int fd = -EBADF;
	int flags = O_RDONLY | O_CLOEXEC | O_NONBLOCK;
	struct stat status;

	if (name[0] != '\0') {
		if (pin_path(name, path) < 0)
			return -EINVAL;
		flags |= O_NOFOLLOW;
	}
	fd = open(path, flags);
	if (fd < 0)
		return errno == EACCES && nb_pin_is_leftover(path) ? -ENOENT : -errno;
	if (!is_network_namespace(fd))
		return nb_pin_is_leftover(path) ? -ENOENT : -EMEDIUMTYPE;
	if (fstat(fd, &status) < 0)
		return -errno;
	if (ret_inode)
		*ret_inode = status.st_ino;
	*ret_fd = fd;
	fd = -EBADF;
	return 0;
}

static void *run_job(void *argument)
{
	struct job *job = argument;

	job->result = job->work(job);
	return NULL;
}

/* Runs job->work() in a thread of its own; what it does to its namespaces ends with it. */
static int run_in_thread(struct job *job)
{
	pthread_t thread;
	int r = pthread_create(&thread, NULL, run_job, job);

	if (r != 0)
		return -r;
	pthread_join(thread, NULL);
	return job->result;
}

static int open_inside(struct job *job)
{
	if (setns(job->fd, CLONE_NEWNET) < 0)
		return -errno;
	job->socket = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
	return job->socket < 0 ? -errno : 0;
}

int nb_netns_socket(int fd, int *ret_fd)
{
	struct job job = { .work = open_inside, .fd = fd };
	int r = run_in_thread(&job);

	if (r == 0)
		*ret_fd = job.socket;
	return r;
}

/* The file of a proc directory belongs to the namespace in which it was opened (get_proc_net()). */
static int open_bonding(struct job *job)
{
	if (job->fd >= 0 && setns(job->fd, CLONE_NEWNET) < 0)
		return -errno;
	job->socket = open(job->path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
	return job->socket < 0 ? -errno : 0;
}

int nb_netns_bonding_inside(int fd, const char *bond, int *ret_fd)
{
	char path[sizeof("/proc/thread-self/net/bonding/") + IFNAMSIZ];
	struct job job = { .work = open_bonding, .fd = fd, .path = path };
	int r;

	/* Nor "" or "..": a folder would be a way to all of /proc for one who is kept from it. */
	if (!nb_ifname_check(bond))
		return -EINVAL;
	if (fd >= 0 && !is_network_namespace(fd))
		return -EMEDIUMTYPE;
	sprintf(path, "/proc/thread-self/net/bonding/%s", bond);
	r = fd >= 0 ? run_in_thread(&job) : open_bonding(&job);
	if (r == 0)
		*ret_fd = job.socket;
	return r;
}

int nb_netns_bonding(const char *name, const char *bond, int *ret_fd)
{
	NB_CLEANUP(closep) int fd = -EBADF;
	int r = *name ? nb_netns_open(name, &fd, NULL) : 0;

	return r < 0 ? r : nb_netns_bonding_inside(fd, bond, ret_fd);
}

uint64_t nb_netns_cookie(int socket)
{
	socklen_t size = sizeof(uint64_t);
	uint64_t cookie = 0;

	if (getsockopt(socket, SOL_SOCKET, SO_NETNS_COOKIE, &cookie, &size) < 0)
		return 0;
	return cookie;
}

int nb_netns_loopback_up(void)
{
	const struct nb_op up = { .kind = NB_OP_LINK_SET, .set = NB_SET_UP };
	const struct nb_codec_op lo = { .ifindex = LOOPBACK };
	NB_CLEANUP(nb_rtnl_freep) struct nb_rtnl *nl = NULL;
	unsigned attr;
	int r = nb_rtnl_open(&nl);

	if (r == 0)
		r = nb_codec_put_op(nb_rtnl_message(nl), &up, &lo, &attr);
	return r < 0 ? r : nb_rtnl_request(nl);
}

static int make_inside(struct job *job)
{
	int r;

	if (unshare(CLONE_NEWNET) < 0)
		return -errno;
	r = nb_netns_loopback_up();
	if (r < 0)
		return r;
	return nb_pin_bind("/proc/thread-self/ns/net", job->path);
}

/* Return: 0 the file to pin on is there; 1 the namespace itself is. */
static int make_file(const char *name, const char *path)
{
	int fd, r = nb_pin_file(path);

	if (r <= 0)
		return r;
	r = nb_netns_open(name, &fd, NULL);
	if (r < 0)
		return r;
	close(fd);
	return 1;
}

int nb_netns_create(const char *name)
{
	char path[sizeof(NB_NETNS_DIR) + NAME_BYTES_MAX + 1];
	NB_CLEANUP(closep) int folder = -EBADF;
	struct job job = { .work = make_inside, .path = path };
	int r = pin_path(name, path);

	if (r < 0)
		return r;
	folder = nb_pin_folder(NB_NETNS_DIR, true);
	if (folder < 0)
		return folder;
	r = make_file(name, path);
	if (r != 0)
		return NB_MIN(r, 0);
	r = run_in_thread(&job);
	if (r < 0)
		unlink(path);
	return r;
}

/* Return: 0 nobody lives there; -EBUSY; another negative errno: nobody knows. */
static int check_empty(int fd)
{
	struct nb_process *processes = NULL;
	int n = nb_netns_processes(fd, &processes);

	free(processes);
	return n > 0 ? -EBUSY : n;
}

int nb_netns_delete(const char *name, bool force)
{
	char path[sizeof(NB_NETNS_DIR) + NAME_BYTES_MAX + 1];
	int fd, r = pin_path(name, path);

	if (r < 0)
		return r;
	r = nb_netns_open(name, &fd, NULL);
	if (r == 0) {
		r = force ? 0 : check_empty(fd);
		close(fd);
	}
	if (r < 0 && r != -ENOENT) /* of which a file may be left */
		return r;
	return nb_pin_remove(path);
}

void nb_netns_explain(const char *name, int error, struct nb_text *out)
{
	switch (-error) {
	case ENOENT:
		nb_text_add(out, "there is no namespace %s (%s/%s)", name, NB_NETNS_DIR, name);
		break;
	case EINVAL:
		nb_text_add(out, "'%s' cannot be the name of a namespace", name);
		break;
	case ELOOP:
	case EMEDIUMTYPE:
		nb_text_add(out,
			"%s/%s is no network namespace; remove it or choose another name",
			NB_NETNS_DIR, name);
		break;
	case EBUSY:
		nb_text_add(out, "processes live in namespace %s: netbondctl ns show %s", name, name);
		break;
	case ENOTCONN:
		nb_text_add(out,
			"namespace %s: netbond-nsd, which opens namespaces for the daemon, does not answer; "
			"systemctl start netbond-nsd.socket",
			name);
		break;
	case EPERM:
	case EACCES:
		nb_text_add(out, "namespace %s needs root (CAP_SYS_ADMIN and CAP_NET_ADMIN)", name);
		break;
	default:
		nb_text_add(out, "namespace %s: %s", name, nb_error_text(-error));
	}
}

static int create_here(void *context, const char *name)
{
	return nb_netns_create(name);
}

static int delete_here(void *context, const char *name, bool force)
{
	return nb_netns_delete(name, force);
}

static int enter_here(void *context, const char *name, int *ret_fd, int *ret_socket)
{
	NB_CLEANUP(closep) int fd = -EBADF;
	int r = nb_netns_open(name, &fd, NULL);

	if (r == 0)
		r = nb_netns_socket(fd, ret_socket);
	if (r < 0)
		return r;
	*ret_fd = fd;
	fd = -EBADF;
	return 0;
}

static int processes_here(void *context, const char *name, struct nb_process **ret)
{
	int fd, r = nb_netns_open(name, &fd, NULL);

	if (r < 0)
		return r;
	r = nb_netns_processes(fd, ret);
	close(fd);
	return r;
}

static int bonding_here(void *context, const char *name, const char *bond, int *ret_fd)
{
	return nb_netns_bonding(name, bond, ret_fd);
}

static int type_here(void *context, const struct nb_op *op)
{
	return nb_nstype_run(op, NULL);
}

static int sets_here(void *context, char *const *names, size_t n, struct nb_state *state)
{
	return nb_nssets_look(names, n, state);
}

static int members_here(
	void *context, const char *set, unsigned types, struct nb_process **ret)
{
	return nb_nstypes_members(set, types, ret);
}

static int holder_here(void *context, const char *set, int *ret_fd)
{
	return nb_nstype_holder_fd(set, ret_fd);
}

const struct nb_netns_provider nb_netns_direct = {
	.create = create_here,
	.delete = delete_here,
	.enter = enter_here,
	.processes = processes_here,
	.bonding = bonding_here,
	.type = type_here,
	.sets = sets_here,
	.members = members_here,
	.holder = holder_here,
};
