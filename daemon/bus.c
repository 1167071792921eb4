/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "daemon/bus.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "daemon/bus-internal.h"
#include "daemon/log.h"

#define SYSTEM_BUS "unix:path=/run/dbus/system_bus_socket"
#define RETRY_USEC 500000u
#define CLIENTS_MAX 512	   /* of the private socket; root finds room beyond */
#define CLIENTS_OF_ROOT 256
#define CLIENTS_PER_USER 256
#define QUEUE_MAX 10000	   /* messages a client may leave unread before it is let go */

sd_bus *nbd_bus_next(struct nbd_bus *bus, size_t *i)
{
	if (*i == 0) {
		++*i;
		if (bus->system && sd_bus_is_ready(bus->system) > 0)
			return bus->system;
	}
	while (*i <= bus->n_clients) {
		const struct nbd_client *client = bus->clients[(*i)++ - 1];
		sd_bus *connection = client->connection;
		uint64_t queued = 0;

		/* The first message a client of a bus takes is the answer to its Hello. */
		if (!client->greeted || sd_bus_is_ready(connection) <= 0)
			continue;
		/* One that does not read would cost memory without end. */
		sd_bus_get_n_queued_write(connection, &queued);
		if (queued > QUEUE_MAX)
			shutdown(sd_bus_get_fd(connection), SHUT_RDWR);
		else
			return connection;
	}
	return NULL;
}

void nbd_bus_signal(struct nbd_bus *bus, const char *path, const char *interface,
	const char *member, const char *types, ...)
{
	sd_bus *connection;

	for (size_t i = 0; (connection = nbd_bus_next(bus, &i));) {
		NB_CLEANUP(nbd_message_unrefp) sd_bus_message *message = NULL;
		va_list args;
		int r = sd_bus_message_new_signal(connection, &message, path, interface, member);

		va_start(args, types);
		if (r >= 0)
			r = sd_bus_message_appendv(message, types, args);
		va_end(args);
		if (r >= 0)
			r = sd_bus_send(connection, message, NULL);
		if (r < 0)
			nbd_log(LOG_DEBUG, NULL, "signal %s: %s", member, strerror(-r));
	}
}

void nbd_bus_properties(
	struct nbd_bus *bus, const char *path, const char *interface, char **names)
{
	sd_bus *connection;

	for (size_t i = 0; (connection = nbd_bus_next(bus, &i));) {
		int r = sd_bus_emit_properties_changed_strv(connection, path, interface, names);

		if (r < 0)
			nbd_log(LOG_DEBUG, NULL, "properties of %s: %s", path, strerror(-r));
	}
}

const struct nbd_seen *nbd_bus_now(const struct nbd_bus *bus)
{
	return bus->looking_at ? bus->looking_at : nbd_reconciler_seen(bus->d->reconciler);
}

static int add_all(struct nbd_bus *bus, sd_bus *connection)
{
	int r = sd_bus_add_object_manager(connection, NULL, NBD_PATH);

	if (r >= 0)
		r = nbd_bus_add_manager(bus, connection);
	if (r >= 0)
		r = nbd_bus_add_objects(bus, connection);
	if (r >= 0)
		r = nbd_bus_add_transactions(bus, connection);
	return r;
}

static int watch_end(sd_bus *connection, sd_bus_message_handler_t handler, void *userdata)
{
	return sd_bus_match_signal(connection, NULL, "org.freedesktop.DBus.Local",
		"/org/freedesktop/DBus/Local", "org.freedesktop.DBus.Local", "Disconnected", handler,
		userdata);
}

/* A caller whose connection ended waits no longer. */
static void forget_callers(struct nbd_bus *bus, sd_bus *connection)
{
	for (size_t i = bus->n_reloads; i-- > 0;) {
		if (sd_bus_message_get_bus(bus->reloads[i]) != connection)
			continue;
		sd_bus_message_unref(bus->reloads[i]);
		bus->reloads[i] = bus->reloads[--bus->n_reloads];
	}
}

/* The system bus */

static void retry_later(struct nbd_bus *bus)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	sd_event_source_set_time(bus->retry,
		(uint64_t)ts.tv_sec * 1000000 + ts.tv_nsec / 1000 + RETRY_USEC);
	sd_event_source_set_enabled(bus->retry, SD_EVENT_ONESHOT);
}

static int on_system_end(sd_bus_message *message, void *userdata, sd_bus_error *error)
{
	struct nbd_bus *bus = userdata;

	nbd_log(LOG_INFO, NULL, "the system bus is gone; going on without, until it is back");
	forget_callers(bus, bus->system);
	sd_bus_close(bus->system);
	bus->system = sd_bus_unref(bus->system);
	retry_later(bus);
	return 0;
}

static int on_name(sd_bus_message *message, void *userdata, sd_bus_error *error)
{
	const sd_bus_error *why = sd_bus_message_get_error(message);
	uint32_t got = 0;

	if (why) {
		nbd_log(LOG_WARNING, NULL, "cannot own the name " NBD_BUS_NAME ": %s", why->message);
		return 0;
	}
	/* 1 primary owner, 4 already owner (D-Bus specification, RequestName) */
	if (sd_bus_message_read(message, "u", &got) >= 0 && got != 1 && got != 4)
		nbd_log(LOG_WARNING, NULL, "another process owns the name " NBD_BUS_NAME);
	else
		nbd_log(LOG_INFO, NULL, "on the system bus as " NBD_BUS_NAME);
	return 0;
}

static int start_system(struct nbd_bus *bus, sd_bus *connection)
{
	const char *address = getenv("DBUS_SYSTEM_BUS_ADDRESS");
	int r = sd_bus_set_description(connection, "system");

	if (r >= 0)
		r = sd_bus_set_address(connection, address && *address ? address : SYSTEM_BUS);
	if (r >= 0)
		r = sd_bus_set_bus_client(connection, true);
	/* At early boot its socket comes later than we do. */
	if (r >= 0)
		r = sd_bus_set_watch_bind(connection, true);
	if (r >= 0)
		r = sd_bus_start(connection);
	if (r >= 0)
		r = add_all(bus, connection);
	if (r >= 0)
		r = watch_end(connection, on_system_end, bus);
	if (r >= 0)
		r = sd_bus_request_name_async(connection, NULL, NBD_BUS_NAME, 0, on_name, bus);
	if (r >= 0)
		r = sd_bus_attach_event(connection, bus->d->event, SD_EVENT_PRIORITY_NORMAL);
	return r;
}

static void connect_system(struct nbd_bus *bus)
{
	sd_bus *connection = NULL;
	int r = sd_bus_new(&connection);

	if (r >= 0)
		r = start_system(bus, connection);
	if (r >= 0) {
		bus->system = connection;
		return;
	}
	nbd_log(LOG_DEBUG, NULL, "no system bus: %s", strerror(-r));
	if (connection)
		sd_bus_close(connection);
	sd_bus_unref(connection);
	retry_later(bus);
}

static int on_retry(sd_event_source *source, uint64_t usec, void *userdata)
{
	connect_system(userdata);
	return 0;
}

/* The private socket */

static struct nbd_client *client_free(struct nbd_client *client)
{
	if (!client)
		return NULL;
	if (client->connection) {
		forget_callers(client->bus, client->connection);
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
	return 0;
}

static int on_first_message(sd_bus_message *message, void *userdata, sd_bus_error *error)
{
	struct nbd_client *client = userdata;

	client->greeted = true;
	return 0;
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
		while (sd_bus_process(connection, NULL) > 0)
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
		r = add_all(client->bus, connection);
	if (r >= 0)
		r = sd_bus_add_object_vtable(connection, NULL, "/org/freedesktop/DBus",
			"org.freedesktop.DBus", driver_vtable, client);
	if (r >= 0)
		r = sd_bus_add_filter(connection, NULL, on_first_message, client);
	if (r >= 0)
		r = watch_end(connection, on_client_end, client);
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

static int on_connect(sd_event_source *source, int listen_fd, uint32_t revents, void *userdata)
{
	struct nbd_bus *bus = userdata;
	int fd = accept4(listen_fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
	struct ucred peer = { .uid = (uid_t)-1 };
	socklen_t size = sizeof(peer);
	struct nbd_client *client;

	if (fd < 0)
		return 0;
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
		chmod(bus->listen_path, 0666) < 0 || listen(bus->listen_fd, 128) < 0)
		return -errno;
	r = sd_event_add_io(bus->d->event, &bus->listen, bus->listen_fd, EPOLLIN, on_connect, bus);
	return r < 0 ? r : 0;
}

int nbd_bus_new(struct nbd *d, struct nbd_bus **ret)
{
	struct nbd_bus *bus = calloc(1, sizeof(*bus));
	int r;

	if (!bus)
		return -ENOMEM;
	bus->d = d;
	bus->listen_fd = -EBADF;
	if (asprintf(&bus->listen_path, "%s/bus", d->options->runtime_dir) < 0)
		bus->listen_path = NULL;
	r = !bus->listen_path ? -ENOMEM
			      : sd_event_add_time(d->event, &bus->retry, CLOCK_MONOTONIC,
					UINT64_MAX, 0, on_retry, bus);
	if (r >= 0)
		r = sd_event_source_set_enabled(bus->retry, SD_EVENT_OFF);
	if (r >= 0)
		r = sd_event_add_post(d->event, &bus->greet, on_greet, bus);
	if (r >= 0)
		r = sd_event_source_set_enabled(bus->greet, SD_EVENT_OFF);
	if (r < 0) {
		nbd_bus_free(bus);
		return r;
	}
	r = listen_at(bus);
	if (r < 0)
		nbd_log(LOG_WARNING, NULL, "%s: cannot listen there: %s", bus->listen_path,
			strerror(-r));
	connect_system(bus);
	*ret = bus;
	return 0;
}

struct nbd_bus *nbd_bus_free(struct nbd_bus *bus)
{
	if (!bus)
		return NULL;
	for (size_t i = 0; i < bus->n_reloads; i++)
		sd_bus_message_unref(bus->reloads[i]);
	bus->n_reloads = 0;
	for (size_t i = 0; i < bus->n_clients; i++)
		client_free(bus->clients[i]);
	if (bus->system)
		sd_bus_close(bus->system);
	sd_bus_unref(bus->system);
	sd_event_source_disable_unref(bus->retry);
	sd_event_source_disable_unref(bus->listen);
	sd_event_source_disable_unref(bus->greet);
	if (bus->listen_fd >= 0) {
		close(bus->listen_fd);
		unlink(bus->listen_path);
	}
	nbd_transactions_done(&bus->transactions);
	for (size_t i = 0; i < bus->n_paused; i++)
		free(bus->paused[i]);
	free(bus->paused);
	free(bus->reloads);
	free(bus->clients);
	free(bus->listen_path);
	free(bus->told.degraded);
	free(bus->asked_bond);
	free(bus->asked_slave);
	free(bus);
	return NULL;
}
