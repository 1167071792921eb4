/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "daemon/bus.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>

#include "daemon/bus-internal.h"
#include "daemon/log.h"

#define QUEUE_MAX 10000 /* messages a client may leave unread before it is let go */

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

int nbd_bus_add_all(struct nbd_bus *bus, sd_bus *connection)
{
	static int (*const families[])(struct nbd_bus *bus, sd_bus *connection) = {
		nbd_bus_add_manager,
		nbd_bus_add_apply,
		nbd_bus_add_manage,
		nbd_bus_add_read,
		nbd_bus_add_explain,
		nbd_bus_add_history,
		nbd_bus_add_drill,
		nbd_bus_add_objects,
		nbd_bus_add_transactions,
		nbd_bus_add_try,
		nbd_bus_add_managed,
	};
	int r = sd_bus_add_object_manager(connection, NULL, NBD_PATH);

	for (size_t i = 0; i < NB_ARRAY_SIZE(families) && r >= 0; i++)
		r = families[i](bus, connection);
	return r;
}

int nbd_bus_watch_end(sd_bus *connection, sd_bus_message_handler_t handler, void *userdata)
{
	return sd_bus_match_signal(connection, NULL, "org.freedesktop.DBus.Local",
		"/org/freedesktop/DBus/Local", "org.freedesktop.DBus.Local", "Disconnected", handler,
		userdata);
}

void nbd_bus_forget_callers(struct nbd_bus *bus, sd_bus *connection)
{
	nbd_bus_forget_drill(bus, connection);
	nbd_bus_forget_answers(bus, connection);
	for (size_t i = bus->n_reloads; i-- > 0;) {
		if (sd_bus_message_get_bus(bus->reloads[i]) != connection)
			continue;
		sd_bus_message_unref(bus->reloads[i]);
		bus->reloads[i] = bus->reloads[--bus->n_reloads];
	}
}

int nbd_bus_new(struct nbd *d, struct nbd_bus **ret)
{
	struct nbd_bus *bus = calloc(1, sizeof(*bus));
	int r;

	if (!bus)
		return -ENOMEM;
	bus->d = d;
	r = nbd_bus_open_private(bus);
	if (r >= 0)
		r = nbd_jobs_init(&bus->jobs, d->event);
	if (r >= 0)
		r = nbd_bus_open_system(bus);
	if (r < 0) {
		nbd_bus_free(bus);
		return r;
	}
	*ret = bus;
	return 0;
}

struct nbd_bus *nbd_bus_free(struct nbd_bus *bus)
{
	if (!bus)
		return NULL;
	for (size_t i = 0; i < bus->n_reloads; i++)
		sd_bus_message_unref(bus->reloads[i]);
	free(bus->reloads);
	bus->n_reloads = 0;
	nbd_bus_forget_answers(bus, NULL);
	nbd_jobs_done(&bus->jobs);
	nbd_bus_close_private(bus);
	nbd_bus_close_system(bus);
	nbd_transactions_done(&bus->transactions);
	for (size_t i = 0; i < bus->n_paused; i++)
		free(bus->paused[i]);
	free(bus->paused);
	free(bus->told.degraded);
	free(bus);
	return NULL;
}
