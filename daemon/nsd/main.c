/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * netbond-nsd: has the right to enter network namespaces, so that netbondd needs none. Started by
 * its socket, ends by itself when nobody is connected.
 */
#include <errno.h>
#include <fcntl.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <systemd/sd-bus.h>
#include <systemd/sd-daemon.h>
#include <systemd/sd-event.h>
#include <systemd/sd-id128.h>
#include <unistd.h>

#include "daemon/nsd/protocol.h"
#include "daemon/nsd/service.h"
#include "lib/core/util.h"

#define IDLE_USEC (10 * UINT64_C(1000000))
#define CONNECTIONS_MAX 16
#define CLIENT_USER "netbond"

struct nsd {
	sd_event *event;
	sd_event_source *idle;
	uid_t client; /* besides root */
	unsigned n_connections;
};

static int arm_idle(struct nsd *nsd)
{
	int r = sd_event_source_set_time_relative(nsd->idle, IDLE_USEC);

	if (r >= 0)
		r = sd_event_source_set_enabled(
			nsd->idle, nsd->n_connections ? SD_EVENT_OFF : SD_EVENT_ONESHOT);
	return r;
}

static int on_idle(sd_event_source *source, uint64_t usec, void *userdata)
{
	/* Who connects just now wakes the socket unit again. */
	return sd_event_exit(sd_event_source_get_event(source), 0);
}

static int on_disconnected(sd_bus_message *message, void *userdata, sd_bus_error *error)
{
	struct nsd *nsd = userdata;
	sd_bus *bus = sd_bus_message_get_bus(message);

	sd_bus_detach_event(bus);
	sd_bus_close(bus);
	sd_bus_unref(bus);
	nsd->n_connections--;
	arm_idle(nsd);
	return 1;
}

/* The socket's mode keeps others out; this holds whatever became of the mode. */
static bool is_welcome(const struct nsd *nsd, int fd)
{
	struct ucred peer;
	socklen_t size = sizeof(peer);

	if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &size) < 0)
		return false;
	if (peer.uid == 0 || peer.uid == nsd->client)
		return true;
	fprintf(stderr, SD_WARNING "process %d of user %u is turned away: only %s may ask\n",
		(int)peer.pid, (unsigned)peer.uid, CLIENT_USER);
	return false;
}

/* @fd is the bus's afterwards, also on failure. */
static int start_connection(struct nsd *nsd, int fd, sd_bus **bus)
{
	sd_id128_t id;
	int r = sd_bus_new(bus);

	if (r >= 0)
		r = sd_bus_set_fd(*bus, fd, fd);
	if (r < 0) {
		close(fd);
		return r;
	}
	r = sd_id128_randomize(&id);
	if (r >= 0)
		r = sd_bus_set_server(*bus, true, id);
	if (r >= 0)
		r = sd_bus_negotiate_fds(*bus, true);
	/* Its user is checked: that is all the trust there is to give. */
	if (r >= 0)
		r = sd_bus_set_trusted(*bus, true);
	if (r >= 0)
		r = sd_bus_start(*bus);
	if (r >= 0)
		r = nsd_service_add(*bus);
	if (r >= 0)
		r = sd_bus_match_signal(*bus, NULL, NULL, "/org/freedesktop/DBus/Local",
			"org.freedesktop.DBus.Local", "Disconnected", on_disconnected, nsd);
	if (r >= 0)
		r = sd_bus_attach_event(*bus, nsd->event, SD_EVENT_PRIORITY_NORMAL);
	return r;
}

static int on_connect(sd_event_source *source, int listener, uint32_t revents, void *userdata)
{
	struct nsd *nsd = userdata;
	sd_bus *bus = NULL;
	int fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK), r;

	if (fd < 0)
		return 0;
	if (nsd->n_connections == CONNECTIONS_MAX || !is_welcome(nsd, fd)) {
		close(fd);
		return 0;
	}
	r = start_connection(nsd, fd, &bus);
	if (r < 0) {
		fprintf(stderr, SD_WARNING "a connection failed: %s\n", strerror(-r));
		sd_bus_close(bus);
		sd_bus_unref(bus);
		return 0;
	}
	nsd->n_connections++;
	return arm_idle(nsd);
}

/*
 * A pin made in a mount namespace of one's own is seen by nobody else, and no error tells it. Many
 * harmless-looking options of a unit give it one.
 */
static int check_mounts(void)
{
	struct stat own, first;

	if (stat("/proc/self/ns/mnt", &own) < 0 || stat("/proc/1/ns/mnt", &first) < 0) {
		fprintf(stderr, SD_ERR "/proc/1/ns/mnt cannot be looked at: %s; the unit needs "
			       "CAP_SYS_PTRACE and must not hide /proc\n",
			strerror(errno));
		return -errno;
	}
	if (own.st_dev == first.st_dev && own.st_ino == first.st_ino)
		return 0;
	fputs(SD_ERR "this service has a mount namespace of its own: what it pins would be seen by "
		     "nobody else. Take out of netbond-nsd.service what gives it one (a drop-in with "
		     "PrivateTmp=, ProtectSystem= or the like): systemctl cat netbond-nsd.service\n",
		stderr);
	return -EUCLEAN;
}

/* Who waits is sent away: else systemd would start this again and again for the same callers. */
static void turn_all_away(int listener)
{
	int fd;

	if (fcntl(listener, F_SETFL, O_NONBLOCK) < 0)
		return;
	while ((fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC)) >= 0)
		close(fd);
}

static int find_client(struct nsd *nsd)
{
	const struct passwd *user = getpwnam(CLIENT_USER);

	if (!user)
		fputs(SD_WARNING "there is no user " CLIENT_USER ": only root may ask\n", stderr);
	nsd->client = user ? user->pw_uid : 0;
	return 0;
}

static int find_listener(void)
{
	if (sd_listen_fds(true) == 1 &&
		sd_is_socket_unix(SD_LISTEN_FDS_START, SOCK_STREAM, 1, NULL, 0) > 0)
		return SD_LISTEN_FDS_START;
	fputs(SD_ERR "netbond-nsd is started by its socket: systemctl start netbond-nsd.socket\n",
		stderr);
	return -EINVAL;
}

static int run(struct nsd *nsd, int listener)
{
	int r = sd_event_default(&nsd->event);

	if (r >= 0)
		r = sd_event_set_signal_exit(nsd->event, true);
	if (r >= 0)
		r = sd_event_add_io(nsd->event, NULL, listener, EPOLLIN, on_connect, nsd);
	if (r >= 0)
		r = sd_event_add_time_relative(nsd->event, &nsd->idle, CLOCK_MONOTONIC, IDLE_USEC,
			1000000, on_idle, nsd);
	if (r >= 0) {
		sd_notify(0, "READY=1");
		r = sd_event_loop(nsd->event);
	}
	if (r < 0)
		fprintf(stderr, SD_ERR "gave up: %s\n", strerror(-r));
	return r;
}

int main(int argc, char **argv)
{
	struct nsd nsd = { 0 };
	int listener, r;

	if (argc > 1 && nb_streq(argv[1], "--version")) {
		puts("netbond-nsd " NB_VERSION);
		return 0;
	}
	if (argc > 1) {
		fputs("netbond-nsd takes no arguments: systemd starts it, see netbond-nsd(8)\n", stderr);
		return 1;
	}
	listener = find_listener();
	r = listener < 0 ? listener : check_mounts();
	if (r == 0)
		r = find_client(&nsd);
	if (r == 0)
		r = run(&nsd, listener);
	if (r < 0 && listener >= 0)
		turn_all_away(listener);
	sd_event_source_unref(nsd.idle);
	sd_event_unref(nsd.event);
	return r < 0 ? 1 : 0;
}
