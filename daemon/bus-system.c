/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The system bus, which may come late, go, and come back. */
#include <string.h>
#include <time.h>

#include "daemon/bus-internal.h"
#include "daemon/log.h"

#define SYSTEM_BUS "unix:path=/run/dbus/system_bus_socket"
#define RETRY_USEC 500000u
#define NAME_RETRY_USEC 5000000u

static void retry_later(struct nbd_bus *bus, uint64_t usec)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	sd_event_source_set_time(bus->retry,
		(uint64_t)ts.tv_sec * 1000000 + ts.tv_nsec / 1000 + usec);
	sd_event_source_set_enabled(bus->retry, SD_EVENT_ONESHOT);
}

static int on_system_end(sd_bus_message *message, void *userdata, sd_bus_error *error)
{
	struct nbd_bus *bus = userdata;

	nbd_log(LOG_INFO, NULL, "the system bus is gone; going on without, until it is back");
	nbd_bus_forget_callers(bus, bus->system);
	sd_bus_close(bus->system);
	bus->system = sd_bus_unref(bus->system);
	bus->refused = false;
	retry_later(bus, RETRY_USEC);
	return 0;
}

static int on_acquired(sd_bus_message *message, void *userdata, sd_bus_error *error)
{
	const char *name;

	if (sd_bus_message_read(message, "s", &name) >= 0 && nb_streq(name, NBD_BUS_NAME))
		nbd_log(LOG_INFO, NULL, "on the system bus as " NBD_BUS_NAME);
	return 0;
}

static int on_name(sd_bus_message *message, void *userdata, sd_bus_error *error)
{
	struct nbd_bus *bus = userdata;
	const sd_bus_error *why = sd_bus_message_get_error(message);
	uint32_t got = 0;

	/* The bus may not have read our policy yet. */
	if (why) {
		if (!bus->refused)
			nbd_log(LOG_WARNING, NULL,
				"cannot own the name " NBD_BUS_NAME ": %s; asking again every %u s",
				why->message, NAME_RETRY_USEC / 1000000);
		bus->refused = true;
		retry_later(bus, NAME_RETRY_USEC);
		return 0;
	}
	bus->refused = false;
	/* 2 in the queue (D-Bus specification, RequestName): it is ours when the other one ends. */
	if (sd_bus_message_read(message, "u", &got) >= 0 && got == 2)
		nbd_log(LOG_WARNING, NULL, "another process owns the name " NBD_BUS_NAME);
	return 0;
}

static int request_name(struct nbd_bus *bus, sd_bus *connection)
{
	return sd_bus_request_name_async(
		connection, NULL, NBD_BUS_NAME, SD_BUS_NAME_QUEUE, on_name, bus);
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
		r = nbd_bus_add_all(bus, connection);
	if (r >= 0)
		r = nbd_bus_watch_end(connection, on_system_end, bus);
	if (r >= 0)
		r = sd_bus_match_signal_async(connection, NULL, "org.freedesktop.DBus",
			"/org/freedesktop/DBus", "org.freedesktop.DBus", "NameAcquired",
			on_acquired, NULL, bus);
	if (r >= 0)
		r = request_name(bus, connection);
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
	retry_later(bus, RETRY_USEC);
}

static int on_retry(sd_event_source *source, uint64_t usec, void *userdata)
{
	struct nbd_bus *bus = userdata;

	if (!bus->system)
		connect_system(bus);
	else if (request_name(bus, bus->system) < 0)
		retry_later(bus, NAME_RETRY_USEC);
	return 0;
}

int nbd_bus_open_system(struct nbd_bus *bus)
{
	int r = sd_event_add_time(bus->d->event, &bus->retry, CLOCK_MONOTONIC, UINT64_MAX, 0,
		on_retry, bus);

	if (r >= 0)
		r = sd_event_source_set_enabled(bus->retry, SD_EVENT_OFF);
	if (r < 0)
		return r;
	connect_system(bus);
	return 0;
}

void nbd_bus_close_system(struct nbd_bus *bus)
{
	if (bus->system)
		sd_bus_close(bus->system);
	bus->system = sd_bus_unref(bus->system);
	bus->retry = sd_event_source_disable_unref(bus->retry);
}
