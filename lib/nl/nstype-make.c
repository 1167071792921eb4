/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "lib/nl/nstype-make.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <linux/capability.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/nl/netns.h"
#include "lib/nl/pin.h"

static void closep(int *fd)
{
	if (*fd >= 0)
		close(*fd);
}

/* ---- in the child ---- */

/* Work for a child that enters and makes namespaces; they end with it unless they are pinned. */
struct making {
	const struct nb_op *op;
	int user;   /* the user namespace to make it in, -EBADF: the caller's */
	int socket; /* to the parent */
};

struct answer {
	int result;
	pid_t holder;
};

static int write_file(const char *path, const char *text)
{
	NB_CLEANUP(closep) int fd = open(path, O_WRONLY | O_CLOEXEC);

	if (fd < 0 || write(fd, text, strlen(text)) < 0)
		return -errno;
	return 0;
}

static int set_offsets(const struct nb_nstraits *traits)
{
	char text[96];

	if (!traits || (!traits->monotonic && !traits->boottime))
		return 0;
	snprintf(text, sizeof(text), "monotonic %" PRId64 " 0\nboottime %" PRId64 " 0\n",
		traits->monotonic, traits->boottime);
	return write_file("/proc/self/timens_offsets", text);
}

static int set_hostname(const struct nb_nstraits *traits)
{
	if (!traits || !traits->hostname)
		return 0;
	return sethostname(traits->hostname, strlen(traits->hostname)) < 0 ? -errno : 0;
}

/*
 * Process 1 of a pid namespace: it reaps, and ends when it is told to. Until the pin is there its
 * maker has to be, too.
 */
static void hold(int socket)
{
	struct __user_cap_header_struct version = { .version = _LINUX_CAPABILITY_VERSION_3 };
	const struct __user_cap_data_struct none[_LINUX_CAPABILITY_U32S_3] = { 0 };
	sigset_t all;
	char go;

	if (read(socket, &go, 1) != 1)
		_exit(1);
	signal(SIGCHLD, SIG_IGN);
	sigfillset(&all);
	sigprocmask(SIG_SETMASK, &all, NULL);
	/* It needs no right for that. */
	if (chdir("/") < 0 || syscall(SYS_capset, &version, none) < 0)
		_exit(1);
	setsid();
	prctl(PR_SET_NAME, "netbond-holder");
	close_range(0, ~0u, 0);
	while (sigwaitinfo(&all, NULL) != SIGTERM)
		;
	_exit(0);
}

static int start_holder(int socket, pid_t *ret)
{
	pid_t pid = fork();

	if (pid == 0)
		hold(socket);
	*ret = pid;
	return pid < 0 ? -errno : 0;
}

static int make_inside(const struct making *making, struct answer *answer)
{
	const struct nb_op *op = making->op;

	if (making->user >= 0 && setns(making->user, CLONE_NEWUSER) < 0)
		return -errno;
	if (unshare(nb_nstype_clone_flag(op->nstype)) < 0)
		return -errno;
	switch (op->nstype) {
	case NB_NS_UTS:
		return set_hostname(op->nstraits);
	case NB_NS_TIME:
		return set_offsets(op->nstraits);
	case NB_NS_NET:
		return nb_netns_loopback_up();
	case NB_NS_MNT:
		/* Never private: what is unmounted outside has to go in here, too. */
		return mount("", "/", "none", MS_SLAVE | MS_REC, NULL) < 0 ? -errno : 0;
	case NB_NS_PID:
		return start_holder(making->socket, &answer->holder);
	case NB_NS_USER: /* the parent writes its maps */
	case NB_NS_IPC:
	case NB_NS_CGROUP:
	case NB_NS_COUNT:
		break;
	}
	return 0;
}

static void child(const struct making *making)
{
	struct answer answer = { 0 };
	char end;

	answer.result = make_inside(making, &answer);
	if (write(making->socket, &answer, sizeof(answer)) != sizeof(answer))
		_exit(1);
	/* The namespace lives as long as this process, until it is pinned. */
	if (!answer.holder && read(making->socket, &end, 1) < 0)
		_exit(1);
	_exit(0);
}

/* ---- in the parent ---- */

static int write_map(pid_t pid, const char *file, const struct nb_id_map *map)
{
	NB_CLEANUP(nb_text_done) struct nb_text text = { 0 };
	char path[48];

	nb_id_map_format(map, "\n", &text);
	nb_text_add(&text, "\n");
	if (text.failed)
		return -ENOMEM;
	snprintf(path, sizeof(path), "/proc/%d/%s", (int)pid, file);
	return write_file(path, text.text);
}

static int write_maps(pid_t pid, const struct nb_nstraits *traits)
{
	int r = traits ? write_map(pid, "uid_map", &traits->uids) : -EINVAL;

	return r < 0 ? r : write_map(pid, "gid_map", &traits->gids);
}

static int pin_child(const struct nb_op *op, pid_t pid, const struct answer *answer,
	const char *path, nb_nstype_adopt *adopt)
{
	char from[64];
	int r = 0;

	if (op->nstype == NB_NS_USER)
		r = write_maps(pid, op->nstraits);
	if (r == 0 && answer->holder && adopt)
		r = adopt(op->namespace, answer->holder);
	if (r < 0)
		return r;
	snprintf(from, sizeof(from), "/proc/%d/ns/%s", (int)(answer->holder ? answer->holder : pid),
		op->nstype == NB_NS_TIME ? "time_for_children" : nb_nstype_name(op->nstype));
	return nb_pin_bind(from, path);
}

int nb_nstype_make(const struct nb_op *op, int user, const char *path, nb_nstype_adopt *adopt)
{
	struct answer answer = { .result = -EPIPE };
	int pair[2], r;
	pid_t pid;

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) < 0)
		return -errno;
	pid = fork();
	if (pid == 0) {
		close(pair[0]);
		child(&(struct making){ op, user, pair[1] });
	}
	close(pair[1]);
	r = pid < 0 ? -errno : 0;
	if (r == 0 && recv(pair[0], &answer, sizeof(answer), MSG_WAITALL) == sizeof(answer))
		r = answer.result;
	else if (r == 0)
		r = -EPIPE;
	if (r == 0)
		r = pin_child(op, pid, &answer, path, adopt);
	/* From now on process 1 stays by itself; without this it ends with the socket. */
	if (r == 0 && answer.holder && send(pair[0], "", 1, MSG_NOSIGNAL) != 1) {
		nb_pin_remove(path);
		r = -EPIPE;
	}
	close(pair[0]);
	if (pid > 0)
		waitpid(pid, NULL, 0);
	return r;
}

/* In a child: no other thread of the caller shall be anywhere else for a moment. */
int nb_nstype_rename(const struct nb_op *op)
{
	NB_CLEANUP(closep) int fd = -EBADF;
	int status, r = nb_nstype_open(op->namespace, NB_NS_UTS, &fd, NULL);
	pid_t pid;

	if (r < 0)
		return r;
	pid = fork();
	if (pid == 0)
		_exit(setns(fd, CLONE_NEWUTS) < 0 ? errno : -set_hostname(op->nstraits));
	if (pid < 0 || waitpid(pid, &status, 0) < 0)
		return -errno;
	return WIFEXITED(status) ? -WEXITSTATUS(status) : -EPIPE;
}
