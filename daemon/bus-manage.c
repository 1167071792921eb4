/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* org.netbond1.Manager: what a human does to one bond. */
#include <errno.h>
#include <string.h>

#include "daemon/bus-internal.h"
#include "daemon/failover.h"

#define ACTION_FAILOVER "org.netbond1.failover"
#define ACTION_MANAGE "org.netbond1.manage"

static int pause_bond(struct nbd_bus *bus, sd_bus_message *message, sd_bus_error *error)
{
	struct nbd_object object;
	const char *bond;
	uint64_t usec;
	int r = sd_bus_message_read(message, "st", &bond, &usec);

	if (r < 0)
		return r;
	if (!nbd_object_find_key(bus->d, nbd_bus_now(bus), bond, &object))
		return nbd_no_such_bond_error(error, bond);
	if (!object.goal)
		return sd_bus_error_setf(error, NBD_ERROR_REFUSED,
			"'%s' is not declared: netbond leaves it alone anyway", bond);
	bond = object.goal->key;
	r = nbd_reconciler_pause(bus->d->reconciler, bond, usec);
	if (r < 0)
		return r == -ENOENT ? nbd_no_such_bond_error(error, bond) : r;
	nbd_bus_paused(bus, bond);
	return sd_bus_reply_method_return(message, "");
}

static int method_pause(sd_bus_message *message, void *userdata, sd_bus_error *error)
{
	return nbd_bus_allow(userdata, message, ACTION_MANAGE, pause_bond, error);
}

static const char *failover_error(enum nbd_failover result)
{
	switch (result) {
	case NBD_FAILOVER_NO_SUCH_SLAVE:
		return NBD_ERROR_NO_SUCH_SLAVE;
	case NBD_FAILOVER_REFUSED:
		return NBD_ERROR_REFUSED;
	case NBD_FAILOVER_OK:
	case NBD_FAILOVER_FAILED:
		break;
	}
	return NBD_ERROR_FAILED;
}

static int failover(struct nbd_bus *bus, sd_bus_message *message, sd_bus_error *error)
{
	NB_CLEANUP(nb_text_done) struct nb_text why = { 0 };
	struct nbd_object object;
	enum nbd_failover result;
	const char *bond, *slave;
	int insist, r = sd_bus_message_read(message, "ssb", &bond, &slave, &insist);

	if (r < 0)
		return r;
	if (!nbd_object_find_key(bus->d, nbd_bus_now(bus), bond, &object) || !object.bond)
		return nbd_no_such_bond_error(error, bond);
	if (nbd_reconciler_busy(bus->d->reconciler))
		return nbd_busy_error(bus->d, error);
	result = nbd_failover(&object, slave, insist, &why);
	if (result != NBD_FAILOVER_OK)
		return sd_bus_error_set(
			error, failover_error(result), why.text ? why.text : "out of memory");
	return sd_bus_reply_method_return(message, "");
}

static int method_failover(sd_bus_message *message, void *userdata, sd_bus_error *error)
{
	return nbd_bus_allow(userdata, message, ACTION_FAILOVER, failover, error);
}

static const sd_bus_vtable vtable[] = {
	SD_BUS_VTABLE_START(0),
	NBD_BUS_METHOD("Pause", "st", NBD_ARG(bond) NBD_ARG(usec), "", , method_pause),
	NBD_BUS_METHOD("Failover", "ssb",
		NBD_ARG(bond) NBD_ARG(slave) NBD_ARG(once), "", , method_failover),
	SD_BUS_VTABLE_END,
};

int nbd_bus_add_manage(struct nbd_bus *bus, sd_bus *connection)
{
	return sd_bus_add_object_vtable(connection, NULL, NBD_PATH, NBD_MANAGER, vtable, bus);
}
