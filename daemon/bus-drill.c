/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* org.netbond1.Manager: drills. Who asked for one is watched: when he goes, all is put back. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "daemon/bus-internal.h"
#include "daemon/drill.h"

#define ACTION_FAILOVER "org.netbond1.failover"
#define HOLD_LONGEST_USEC (60u * 1000000u)

static void on_step(void *context, const char *slave, const char *what)
{
	struct nbd_bus *bus = context;

	nbd_bus_signal(bus, NBD_PATH, NBD_MANAGER, "DrillStep", "ss", slave, what);
}

static void forget_call(struct nbd_bus *bus)
{
	bus->drill_watch = sd_bus_slot_unref(bus->drill_watch);
	bus->drill_call = sd_bus_message_unref(bus->drill_call);
}

static void on_done(void *context, struct json_object *report)
{
	struct nbd_bus *bus = context;

	if (bus->drill_call)
		nbd_json_reply(bus->drill_call, report);
	forget_call(bus);
}

static int on_owner_changed(sd_bus_message *message, void *userdata, sd_bus_error *error)
{
	struct nbd_bus *bus = userdata;
	const char *name, *old, *new;

	if (sd_bus_message_read(message, "sss", &name, &old, &new) >= 0 && !*new)
		nbd_drill_stop(bus->d, "who asked for it is gone");
	return 0;
}

/*
 * sd_bus_track would ask the bus and wait for it. On a bus the caller's name says whether he is there, else
 * his connection (bus-private.c).
 */
static int watch_caller(struct nbd_bus *bus, sd_bus_message *message)
{
	char match[256];
	int r = 0;

	snprintf(match, sizeof(match), "type='signal',sender='org.freedesktop.DBus',"
		"member='NameOwnerChanged',arg0='%s'", sd_bus_message_get_sender(message));
	if (sd_bus_message_get_bus(message) == bus->system)
		r = sd_bus_add_match_async(
			bus->system, &bus->drill_watch, match, on_owner_changed, NULL, bus);
	bus->drill_call = sd_bus_message_ref(message);
	return r;
}

void nbd_bus_forget_drill(struct nbd_bus *bus, sd_bus *connection)
{
	if (!bus->drill_call || sd_bus_message_get_bus(bus->drill_call) != connection)
		return;
	forget_call(bus);
	nbd_drill_stop(bus->d, "who asked for it is gone");
}

static int read_order(sd_bus_message *message, const char **ret_bond, struct nbd_drill_order *ret,
	sd_bus_error *error)
{
	const char *how;
	int r = sd_bus_message_read(message, "ssst", ret_bond, &ret->slave, &how, &ret->hold);

	if (r < 0)
		return r;
	if (nb_drill_how_parse(how, &ret->how) < 0)
		return sd_bus_error_set(
			error, NBD_ERROR_INVALID, "how: is down, carrier or release");
	if (ret->hold > HOLD_LONGEST_USEC)
		return sd_bus_error_set(error, NBD_ERROR_INVALID, "hold: is at most a minute");
	return 0;
}

static int drill(struct nbd_bus *bus, sd_bus_message *message, sd_bus_error *error)
{
	NB_CLEANUP(nb_text_done) struct nb_text why = { 0 };
	struct nbd_drill_order order;
	struct nbd_object object;
	const char *bond;
	int r = read_order(message, &bond, &order, error);

	if (r < 0)
		return r;
	if (!nbd_object_find_key(bus->d, nbd_bus_now(bus), bond, &object) || !object.bond)
		return nbd_no_such_bond_error(error, bond);
	if (!object.goal)
		return sd_bus_error_setf(error, NBD_ERROR_REFUSED,
			"'%s' is not declared: netbond would not know what to put back", bond);
	if (bus->d->drill)
		return sd_bus_error_set(error, NBD_ERROR_BUSY, "another drill is under way");
	r = watch_caller(bus, message);
	if (r >= 0)
		r = nbd_drill_start(&object, &order, on_step, on_done, bus, &why);
	if (r >= 0)
		return 1;
	forget_call(bus);
	if (r == -EPERM)
		return sd_bus_error_set(error, NBD_ERROR_REFUSED, why.text);
	return r;
}

static int method_drill(sd_bus_message *message, void *userdata, sd_bus_error *error)
{
	return nbd_bus_allow(userdata, message, ACTION_FAILOVER, drill, error);
}

static int stop_drill(struct nbd_bus *bus, sd_bus_message *message, sd_bus_error *error)
{
	nbd_drill_stop(bus->d, "stopped by a human");
	return sd_bus_reply_method_return(message, "");
}

static int method_stop(sd_bus_message *message, void *userdata, sd_bus_error *error)
{
	return nbd_bus_allow(userdata, message, ACTION_FAILOVER, stop_drill, error);
}

static const sd_bus_vtable vtable[] = {
	SD_BUS_VTABLE_START(0),
	NBD_BUS_METHOD("Drill", "ssst",
		NBD_ARG(bond) NBD_ARG(slave) NBD_ARG(how) NBD_ARG(hold), "s", NBD_ARG(json),
		method_drill),
	SD_BUS_METHOD("StopDrill", "", "", method_stop, SD_BUS_VTABLE_UNPRIVILEGED),
	SD_BUS_SIGNAL_WITH_NAMES("DrillStep", "ss", NBD_ARG(slave) NBD_ARG(what), 0),
	SD_BUS_VTABLE_END,
};

int nbd_bus_add_drill(struct nbd_bus *bus, sd_bus *connection)
{
	return sd_bus_add_object_vtable(connection, NULL, NBD_PATH, NBD_MANAGER, vtable, bus);
}
