/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The private socket: the same objects for whoever connects, without a bus. */
#include <errno.h>
#include <fcntl.h>
#include <malloc.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "daemon/bus-internal.h"
#include "daemon/log.h"

#define CLIENTS_MAX 512	   /* of the private socket; root finds room beyond */
#define CLIENTS_OF_ROOT 256
#define CLIENTS_PER_USER 256
#define TRIM_CLIENTS 16
#define DEBT_MAX 1024
#define DEBT_OF_ALL 256
/* sd-bus reads at most 64 KiB before the authentication ends, and a message has 24 bytes or more. */
#define EARLY_MESSAGES_MAX 4096
#define OBJECT_MANAGER "org.freedesktop.DBus.ObjectManager"

static struct nbd_client *client_free(struct nbd_client *client)
{
	if (!client)
		return NULL;
	if (client->connection) {
		nbd_bus_forget_callers(client->bus, client->connection);
		sd_bus_close(client->connection);
	}
	sd_bus_unref(client->connection);
	free(client);
	return NULL;
}

static int on_client_end(sd_bus_message *message, void *userdata, sd_bus_error *error)
{
	struct nbd_client *client = userdata;
	struct nbd_bus *bus = client->bus;

	for (size_t i = 0; i < bus->n_clients; i++) {
		if (bus->clients[i] == client) {
			bus->clients[i] = bus->clients[--bus->n_clients];
			break;
		}
	}
	client_free(client);
	/* Each took tens of kilobytes, and between them lies what stays. */
	bus->most_clients = NB_MAX(bus->most_clients, bus->n_clients + 1);
	if (bus->n_clients == 0 && bus->most_clients >= TRIM_CLIENTS)
		malloc_trim(0);
	if (bus->n_clients == 0)
		bus->most_clients = 0;
	return 0;
}

/* An answer about everything may be megabytes, one about an object is kilobytes. */
static bool asks_for_all(sd_bus_message *message)
{
	return sd_bus_message_is_method_call(message, NBD_MANAGER, NULL) > 0 ||
	       sd_bus_message_is_method_call(message, OBJECT_MANAGER, NULL) > 0;
}

/*
 * Who asks and does not read the answers would cost memory without end: what a client was answered
 * since it had read everything is its debt.
 */
static int on_message(sd_bus_message *message, void *userdata, sd_bus_error *error)
{
	struct nbd_client *client = userdata;
	uint64_t queued = 0;

	client->greeted = true;
	if (sd_bus_message_is_method_call(message, NULL, NULL) <= 0)
		return 0;
	sd_bus_get_n_queued_write(client->connection, &queued);
	if (queued == 0)
		client->debt = 0;
	client->debt += asks_for_all(message) ? DEBT_OF_ALL : 1;
	if (client->debt <= DEBT_MAX)
		return 0;
	if (client->debt > 2 * DEBT_MAX)
		shutdown(sd_bus_get_fd(client->connection), SHUT_RDWR);
	return sd_bus_reply_method_errorf(message, SD_BUS_ERROR_LIMITS_EXCEEDED,
		"too many answers wait to be read; read them before asking for more");
}

/*
 * A client may send its first message along with the end of the authentication. sd-bus has read it
 * then and does not look at it before there is more to read: it is asked to.
 */
static int on_greet(sd_event_source *source, void *userdata)
{
	struct nbd_bus *bus = userdata;
	bool any = false;

	for (size_t i = bus->n_clients; i-- > 0;) {
		sd_bus *connection = bus->clients[i]->connection;

		if (bus->clients[i]->drained)
			continue;
		/* It may end here, and the last one of the list takes its place. */
		sd_bus_ref(connection);
		for (unsigned n = 0; n < EARLY_MESSAGES_MAX && sd_bus_process(connection, NULL) > 0; n++)
			;
		if (i < bus->n_clients && bus->clients[i]->connection == connection)
			bus->clients[i]->drained = sd_bus_is_ready(connection) > 0;
		sd_bus_unref(connection);
	}
	for (size_t i = 0; i < bus->n_clients; i++)
		any = any || !bus->clients[i]->drained;
	return any ? 0 : sd_event_source_set_enabled(source, SD_EVENT_OFF);
}

static int method_hello(sd_bus_message *message, void *userdata, sd_bus_error *error)
{
	return sd_bus_reply_method_return(message, "s", ":1.1");
}

/* Every signal goes to everybody here. */
static int method_match(sd_bus_message *message, void *userdata, sd_bus_error *error)
{
	return sd_bus_reply_method_return(message, "");
}

static int method_owner(sd_bus_message *message, void *userdata, sd_bus_error *error)
{
	const char *name;
	int r = sd_bus_message_read(message, "s", &name);

	if (r < 0)
		return r;
	if (!nb_streq(name, NBD_BUS_NAME))
		return sd_bus_error_setf(error, SD_BUS_ERROR_NAME_HAS_NO_OWNER,
			"only " NBD_BUS_NAME " is here");
	/* As a bus owns itself: who filters by owner finds the sender of our signals. */
	return sd_bus_reply_method_return(message, "s", NBD_BUS_NAME);
}

static int method_has_owner(sd_bus_message *message, void *userdata, sd_bus_error *error)
{
	const char *name;
	int r = sd_bus_message_read(message, "s", &name);

	return r < 0 ? r : sd_bus_reply_method_return(message, "b", nb_streq(name, NBD_BUS_NAME));
}

#define UNPRIVILEGED SD_BUS_VTABLE_UNPRIVILEGED

/* What clients say to a bus before they talk to us: enough for busctl and gdbus. */
static const sd_bus_vtable driver_vtable[] = {
	SD_BUS_VTABLE_START(0),
	SD_BUS_METHOD("Hello", NULL, "s", method_hello, UNPRIVILEGED),
	SD_BUS_METHOD("AddMatch", "s", NULL, method_match, UNPRIVILEGED),
	SD_BUS_METHOD("RemoveMatch", "s", NULL, method_match, UNPRIVILEGED),
	SD_BUS_METHOD("GetNameOwner", "s", "s", method_owner, UNPRIVILEGED),
	SD_BUS_METHOD("NameHasOwner", "s", "b", method_has_owner, UNPRIVILEGED),
	SD_BUS_VTABLE_END,
};

static int start_client(struct nbd_client *client, int fd)
{
	sd_bus *connection;
	sd_id128_t id;
	int r = sd_bus_new(&client->connection);

	if (r < 0) {
		close(fd);
		return r;
	}
	connection = client->connection;
	r = sd_bus_set_fd(connection, fd, fd);
	if (r < 0) {
		close(fd);
		return r;
	}
	r = sd_id128_randomize(&id);
	if (r >= 0)
		r = sd_bus_set_server(connection, true, id);
	if (r >= 0)
		r = sd_bus_set_sender(connection, NBD_BUS_NAME);
	if (r >= 0)
		r = sd_bus_start(connection);
	if (r >= 0)
		r = nbd_bus_add_all(client->bus, connection);
	if (r >= 0)
		r = sd_bus_add_object_vtable(connection, NULL, "/org/freedesktop/DBus",
			"org.freedesktop.DBus", driver_vtable, client);
	if (r >= 0)
		r = sd_bus_add_filter(connection, NULL, on_message, client);
	if (r >= 0)
		r = nbd_bus_watch_end(connection, on_client_end, client);
	if (r >= 0)
		r = sd_bus_attach_event(connection, client->bus->d->event, SD_EVENT_PRIORITY_NORMAL);
	return r;
}

/* No user may keep the others out, and nobody root. */
static bool has_room(const struct nbd_bus *bus, uid_t uid)
{
	size_t same = 0;

	for (size_t i = 0; i < bus->n_clients; i++)
		same += bus->clients[i]->uid == uid;
	if (uid == 0)
		return bus->n_clients < CLIENTS_MAX + CLIENTS_OF_ROOT;
	return bus->n_clients < CLIENTS_MAX && same < CLIENTS_PER_USER;
}

/* One that cannot be taken would be told of again and again. */
static void refuse_client(struct nbd_bus *bus)
{
	int fd;

	if (errno != EMFILE && errno != ENFILE)
		return;
	if (bus->spare_fd >= 0)
		close(bus->spare_fd);
	fd = accept4(bus->listen_fd, NULL, NULL, SOCK_CLOEXEC);
	if (fd >= 0)
		close(fd);
	bus->spare_fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
	if (!bus->is_full)
		nbd_log(LOG_WARNING, NULL, "%s: no descriptor is left for one more client",
			bus->listen_path);
	bus->is_full = true;
}

static int on_connect(sd_event_source *source, int listen_fd, uint32_t revents, void *userdata)
{
	struct nbd_bus *bus = userdata;
	int fd = accept4(listen_fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
	struct ucred peer = { .uid = (uid_t)-1 };
	socklen_t size = sizeof(peer);
	struct nbd_client *client;

	if (fd < 0) {
		refuse_client(bus);
		return 0;
	}
	bus->is_full = false;
	if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &size) < 0 || !has_room(bus, peer.uid)) {
		close(fd);
		return 0;
	}
	client = calloc(1, sizeof(*client));
	if (!client || nb_grow(&bus->clients, bus->n_clients, &bus->client_capacity,
			       sizeof(client)) < 0) {
		free(client);
		close(fd);
		return 0;
	}
	client->bus = bus;
	client->uid = peer.uid;
	if (start_client(client, fd) < 0) {
		client_free(client);
		return 0;
	}
	bus->clients[bus->n_clients++] = client;
	return sd_event_source_set_enabled(bus->greet, SD_EVENT_ON);
}

static int listen_at(struct nbd_bus *bus)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int r;

	if (strlen(bus->listen_path) >= sizeof(address.sun_path))
		return -ENAMETOOLONG;
	strcpy(address.sun_path, bus->listen_path);
	bus->listen_fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (bus->listen_fd < 0)
		return -errno;
	/* One that a killed daemon left; the lock of the folder says that nobody else listens. */
	unlink(bus->listen_path);
	if (bind(bus->listen_fd, (struct sockaddr *)&address, sizeof(address)) < 0 ||
		chmod(bus->listen_path, 0666) < 0 || listen(bus->listen_fd, SOMAXCONN) < 0)
		return -errno;
	r = sd_event_add_io(bus->d->event, &bus->listen, bus->listen_fd, EPOLLIN, on_connect, bus);
	return r < 0 ? r : 0;
}

int nbd_bus_open_private(struct nbd_bus *bus)
{
	int r;

	bus->listen_fd = -EBADF;
	bus->spare_fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
	if (asprintf(&bus->listen_path, "%s/bus", bus->d->options->runtime_dir) < 0) {
		bus->listen_path = NULL;
		return -ENOMEM;
	}
	r = sd_event_add_post(bus->d->event, &bus->greet, on_greet, bus);
	if (r >= 0)
		r = sd_event_source_set_enabled(bus->greet, SD_EVENT_OFF);
	if (r < 0)
		return r;
	r = listen_at(bus);
	if (r < 0)
		nbd_log(LOG_WARNING, NULL, "%s: cannot listen there: %s", bus->listen_path,
			strerror(-r));
	return 0;
}

void nbd_bus_close_private(struct nbd_bus *bus)
{
	for (size_t i = 0; i < bus->n_clients; i++)
		client_free(bus->clients[i]);
	free(bus->clients);
	sd_event_source_disable_unref(bus->listen);
	sd_event_source_disable_unref(bus->greet);
	if (bus->spare_fd >= 0)
		close(bus->spare_fd);
	if (bus->listen_fd >= 0) {
		close(bus->listen_fd);
		unlink(bus->listen_path);
	}
	free(bus->listen_path);
}
