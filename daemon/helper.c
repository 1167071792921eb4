/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "daemon/helper.h"

#include <errno.h>
#include <fcntl.h>
#include <systemd/sd-bus.h>
#include <systemd/sd-daemon.h>
#include <time.h>
#include <unistd.h>

#include "daemon/bus-internal.h"
#include "daemon/helper-internal.h"
#include "daemon/nsd/protocol.h"
#include "lib/core/model.h"

#define ADDRESS "unix:path=" NBD_NSD_SOCKET
/* To be started, and to answer: together less than the watchdog's 20 s. */
#define START_USEC (8 * UINT64_C(1000000))
#define ANSWER_USEC (8 * UINT64_C(1000000))
#define SLOW_USEC UINT64_C(1000000)

struct nbd_helper {
	struct nb_netns_provider provider;
	sd_bus *connection;
	bool failed; /* in this burst: nobody waits for it again */
};

static void disconnect(struct nbd_helper *helper)
{
	helper->connection = sd_bus_close_unref(helper->connection);
}

void nbd_helper_rest(struct nbd_helper *helper)
{
	disconnect(helper);
	helper->failed = false;
}

static uint64_t now_usec(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000000 + ts.tv_nsec / 1000;
}

/* sd_bus_call() itself would wait for ever for one that does not come up. */
static int wait_ready(sd_bus *bus)
{
	const uint64_t end = now_usec() + START_USEC;
	int r = 0;

	while (r >= 0 && (r = sd_bus_is_ready(bus)) == 0) {
		uint64_t now = now_usec();

		if (now >= end)
			return -ETIMEDOUT;
		r = sd_bus_process(bus, NULL);
		if (r == 0)
			r = sd_bus_wait(bus, end - now);
	}
	return r;
}

static int connect_helper(struct nbd_helper *helper)
{
	int r;

	if (helper->connection)
		return 0;
	r = sd_bus_new(&helper->connection);
	if (r >= 0)
		r = sd_bus_set_address(helper->connection, ADDRESS);
	if (r >= 0)
		r = sd_bus_negotiate_fds(helper->connection, true);
	if (r >= 0)
		r = sd_bus_start(helper->connection);
	if (r >= 0)
		r = wait_ready(helper->connection);
	if (r >= 0)
		return 0;
	disconnect(helper);
	return r;
}

/* @ret_broken: the connection, and not the question, came to an end. */
static int call_once(struct nbd_helper *helper, const char *method, sd_bus_message **ret,
	bool *ret_broken, const char *types, va_list args)
{
	NB_CLEANUP(nbd_message_unrefp) sd_bus_message *call = NULL;
	sd_bus_error error = SD_BUS_ERROR_NULL;
	int r = connect_helper(helper);

	*ret_broken = r < 0;
	if (r < 0)
		return r;
	r = sd_bus_message_new_method_call(
		helper->connection, &call, NULL, NBD_NSD_PATH, NBD_NSD_INTERFACE, method);
	if (r >= 0)
		r = sd_bus_message_appendv(call, types, args);
	if (r >= 0)
		r = sd_bus_call(helper->connection, call, ANSWER_USEC, &error, ret);
	*ret_broken = r == -ETIMEDOUT || sd_bus_is_open(helper->connection) <= 0;
	if (*ret_broken)
		disconnect(helper);
	sd_bus_error_free(&error);
	return r;
}

/* One that ended since the last question is started again by the second try. */
int nbd_helper_call(struct nbd_helper *helper, const char *method, sd_bus_message **ret,
	const char *types, ...)
{
	bool broken = true;
	int r = -ENOTCONN;

	for (unsigned i = 0; i < 2 && broken && !helper->failed; i++) {
		const uint64_t start = now_usec();
		va_list args;

		va_start(args, types);
		r = call_once(helper, method, ret, &broken, types, args);
		va_end(args);
		/* A look asks for many namespaces in one turn of the loop; a slow helper is no hang of ours. */
		if (now_usec() >= start + SLOW_USEC)
			sd_notify(0, "WATCHDOG=1");
		helper->failed = broken && (i == 1 || r == -ETIMEDOUT);
	}
	return broken ? -ENOTCONN : NB_MIN(r, 0);
}

static int create(void *context, const char *name)
{
	return nbd_helper_call(context, "Create", NULL, "s", name);
}

static int delete(void *context, const char *name, bool force)
{
	return nbd_helper_call(context, "Delete", NULL, "sb", name, force);
}

/* What is not there, or no namespace, can be seen from here: nobody need be woken for it. */
static int look(const char *name)
{
	int fd, r = nb_netns_open(name, &fd, NULL);

	if (r == 0)
		close(fd);
	return r;
}

/* The message owns its descriptors. */
int nbd_helper_keep(int fd, int *ret)
{
	*ret = fcntl(fd, F_DUPFD_CLOEXEC, 3);
	return *ret < 0 ? -errno : 0;
}

static int enter(void *context, const char *name, int *ret_fd, int *ret_socket)
{
	NB_CLEANUP(nbd_message_unrefp) sd_bus_message *reply = NULL;
	int fd, socket, kept = -EBADF, r = look(name);

	if (r == 0)
		r = nbd_helper_call(context, "Enter", &reply, "s", name);
	if (r == 0)
		r = sd_bus_message_read(reply, "hh", &fd, &socket);
	if (r >= 0)
		r = nbd_helper_keep(fd, &kept);
	if (r >= 0)
		r = nbd_helper_keep(socket, ret_socket);
	if (r < 0) {
		if (kept >= 0)
			close(kept);
		return r;
	}
	*ret_fd = kept;
	return 0;
}

int nbd_helper_read_processes(sd_bus_message *reply, struct nb_process **ret)
{
	NB_CLEANUP(nb_freep) struct nb_process *processes = NULL;
	size_t n = 0, capacity = 0;
	const char *command;
	uint32_t pid;
	int r = sd_bus_message_enter_container(reply, 'a', "(us)");

	while (r >= 0 && (r = sd_bus_message_read(reply, "(us)", &pid, &command)) > 0) {
		if (nb_grow(&processes, n, &capacity, sizeof(*processes)) < 0)
			return -ENOMEM;
		processes[n] = (struct nb_process){ .pid = (int)pid };
		snprintf(processes[n].command, sizeof(processes[n].command), "%s", command);
		n++;
	}
	if (r < 0)
		return r;
	*ret = nb_steal(&processes);
	return (int)n;
}

static int processes(void *context, const char *name, struct nb_process **ret)
{
	NB_CLEANUP(nbd_message_unrefp) sd_bus_message *reply = NULL;
	int r = look(name);

	if (r == 0)
		r = nbd_helper_call(context, "Processes", &reply, "s", name);
	return r < 0 ? r : nbd_helper_read_processes(reply, ret);
}

/*
 * The own namespace's file is in reach, except where ProcSubset=pid hides what lies in folders of
 * /proc/self/net (proc_lookup()); others' only from inside.
 */
static int bonding(void *context, const char *name, const char *bond, int *ret_fd)
{
	NB_CLEANUP(nbd_message_unrefp) sd_bus_message *reply = NULL;
	int namespace, fd, r;

	if (!*name && nb_netns_direct.bonding(NULL, name, bond, ret_fd) == 0)
		return 0;
	r = nb_netns_open(name, &namespace, NULL);
	if (r < 0)
		return r;
	r = nbd_helper_call(context, "Bonding", &reply, "hs", namespace, bond);
	close(namespace);
	if (r == 0)
		r = sd_bus_message_read(reply, "h", &fd);
	return r < 0 ? r : nbd_helper_keep(fd, ret_fd);
}

int nbd_helper_new(struct nbd_helper **ret)
{
	struct nbd_helper *helper = calloc(1, sizeof(*helper));

	if (!helper)
		return -ENOMEM;
	helper->provider = (struct nb_netns_provider){
		.context = helper,
		.create = create,
		.delete = delete,
		.enter = enter,
		.processes = processes,
		.bonding = bonding,
		.type = nbd_helper_type,
		.sets = nbd_helper_sets,
		.members = nbd_helper_members,
		.holder = nbd_helper_holder,
	};
	*ret = helper;
	return 0;
}

struct nbd_helper *nbd_helper_free(struct nbd_helper *helper)
{
	if (!helper)
		return NULL;
	nbd_helper_rest(helper);
	free(helper);
	return NULL;
}

const struct nb_netns_provider *nbd_helper_provider(struct nbd_helper *helper)
{
	return geteuid() == 0 ? &nb_netns_direct : &helper->provider;
}
