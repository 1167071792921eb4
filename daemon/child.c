/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "daemon/child.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#define SLICE_BYTES 65536 /* what a pipe holds */
#define SLICES 4	  /* read in one turn of the event loop */
#define EXIT_NO_MEMORY 3

#define LOOKED "\1"	  /* before the text */

static int child_fd = -EBADF; /* in a child, where it writes to */

struct nbd_child {
	struct nbd_child_task task;
	pid_t pid;
	int fd;
	sd_event_source *source;
	struct nb_text text;
};

static int write_all(int fd, const struct nb_text *text)
{
	for (size_t done = 0; done < text->length;) {
		ssize_t n = write(fd, text->text + done, text->length - done);

		if (n < 0 && errno != EINTR)
			return -errno;
		done += n > 0 ? (size_t)n : 0;
	}
	return 0;
}

/* Should memory become scarce, it is the one that can be done without. */
static void be_first_to_go(void)
{
	static const struct nb_text most = { .text = (char *)"1000", .length = 4 };
	int fd = open("/proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC);

	if (fd < 0)
		return;
	write_all(fd, &most);
	close(fd);
}

/*
 * The parent's lock, sockets and name on the bus end with the parent, not with us. Signals end us:
 * those it takes by its event loop would wait here for ever.
 */
static void part_from(pid_t parent, int fd)
{
	sigset_t none;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != parent)
		_exit(1);
	signal(SIGALRM, SIG_DFL);
	alarm(NBD_CHILD_SECONDS);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	if (fd > 3)
		close_range(3, (unsigned)fd - 1, 0);
	close_range((unsigned)fd + 1, ~0u, 0);
	be_first_to_go();
}

_Noreturn static void labour(const struct nbd_child_task *task, pid_t parent, int fd)
{
	struct nb_text text = { 0 };

	part_from(parent, fd);
	child_fd = fd;
	task->work(task->context, &text);
	if (text.failed)
		_exit(EXIT_NO_MEMORY);
	_exit(write_all(fd, &text) < 0);
}

void nbd_child_looked(void)
{
	static const struct nb_text looked = { .text = (char *)LOOKED, .length = 1 };

	if (child_fd >= 0)
		write_all(child_fd, &looked);
}

/* Its descriptors are closed after its memory: there is nothing to wait for. */
static int reap(pid_t pid)
{
	int status = 0;

	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	if (WIFSIGNALED(status) && WTERMSIG(status) == SIGALRM)
		return -ETIME;
	if (WIFEXITED(status) && WEXITSTATUS(status) == EXIT_NO_MEMORY)
		return -ENOMEM;
	return WIFEXITED(status) && WEXITSTATUS(status) == 0 ? 0 : -ECHILD;
}

static void release(struct nbd_child *child)
{
	sd_event_source_disable_unref(child->source);
	if (child->fd >= 0)
		close(child->fd);
	nb_text_done(&child->text);
	free(child);
}

static void finish(struct nbd_child *child)
{
	const struct nbd_child_task task = child->task;
	NB_CLEANUP(nb_text_done) struct nb_text text = child->text;
	int r = reap(child->pid);

	if (text.failed)
		r = -ENOMEM;
	child->text = (struct nb_text){ 0 };
	release(child);
	task.done(task.context, &text, r);
}

static void add_slice(struct nbd_child *child, const char *slice, size_t n)
{
	if (child->text.length == 0 && *slice == *LOOKED) {
		child->task.looked(child->task.context);
		slice++;
		n--;
	}
	nb_text_add(&child->text, "%.*s", (int)n, slice);
}

static int on_readable(sd_event_source *source, int fd, uint32_t revents, void *userdata)
{
	struct nbd_child *child = userdata;

	for (unsigned i = 0; i < SLICES; i++) {
		char slice[SLICE_BYTES];
		ssize_t n = read(fd, slice, sizeof(slice));

		if (n < 0 && (errno == EAGAIN || errno == EINTR))
			return 0;
		if (n <= 0) {
			finish(child);
			return 0;
		}
		add_slice(child, slice, (size_t)n);
	}
	return 0;
}

/* Return: the child's; -errno. */
static int split(const struct nbd_child_task *task, pid_t *ret)
{
	pid_t parent = getpid();
	int ends[2];

	if (pipe2(ends, O_CLOEXEC) < 0)
		return -errno;
	*ret = fork();
	if (*ret == 0)
		labour(task, parent, ends[1]);
	if (*ret < 0) {
		int r = -errno;

		close(ends[0]);
		close(ends[1]);
		return r;
	}
	close(ends[1]);
	fcntl(ends[0], F_SETFL, O_NONBLOCK);
	return ends[0];
}

int nbd_child_start(sd_event *event, const struct nbd_child_task *task, struct nbd_child **ret)
{
	struct nbd_child *child = calloc(1, sizeof(*child));
	int r;

	if (!child)
		return -ENOMEM;
	child->task = *task;
	child->fd = split(task, &child->pid);
	if (child->fd < 0) {
		r = child->fd;
		release(child);
		return r;
	}
	r = sd_event_add_io(event, &child->source, child->fd, EPOLLIN, on_readable, child);
	if (r < 0) {
		nbd_child_end(child);
		return r;
	}
	*ret = child;
	return 0;
}

struct nbd_child *nbd_child_end(struct nbd_child *child)
{
	if (!child)
		return NULL;
	kill(child->pid, SIGKILL);
	reap(child->pid);
	release(child);
	return NULL;
}
