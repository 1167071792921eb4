/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * org.netbond1.Manager: its properties and signals. Its methods come in families, each a file with
 * its own vtable of the same interface: sd-bus shows them as one.
 */
#include "daemon/bus-internal.h"

struct nbd_told nbd_bus_look(const struct nbd_bus *bus)
{
	const struct nbd *d = bus->d;
	const struct nbd_seen *seen = nbd_reconciler_seen(d->reconciler);
	const struct nb_config *config = nbd_reconciler_config(d->reconciler);

	return (struct nbd_told){
		.state = nbd_reconciler_state(d->reconciler),
		.generation = d->generation,
		.degraded = d->degraded,
		.held = seen->plan ? seen->plan->n_held : 0,
		.bonds = config ? config->n_bonds : 0,
		.trying = d->trying,
		.ready = d->ready,
	};
}

NBD_BUS_GETTER(get_version)
{
	return sd_bus_message_append(reply, "s", NB_VERSION);
}

NBD_BUS_GETTER(get_state)
{
	return sd_bus_message_append(reply, "s", nbd_state_name(nbd_bus_look(userdata).state));
}

NBD_BUS_GETTER(get_ready)
{
	return sd_bus_message_append(reply, "b", (int)nbd_bus_look(userdata).ready);
}

NBD_BUS_GETTER(get_generation)
{
	return sd_bus_message_append(reply, "t", nbd_bus_look(userdata).generation);
}

NBD_BUS_GETTER(get_degraded)
{
	const char *text = nbd_bus_look(userdata).degraded;

	return sd_bus_message_append(reply, "s", text ? text : "");
}

NBD_BUS_GETTER(get_held)
{
	return sd_bus_message_append(reply, "u", (uint32_t)nbd_bus_look(userdata).held);
}

NBD_BUS_GETTER(get_bonds)
{
	return sd_bus_message_append(reply, "u", (uint32_t)nbd_bus_look(userdata).bonds);
}

/* "/" where nothing is tried: an object path is never empty. */
NBD_BUS_GETTER(get_trying)
{
	NB_CLEANUP(nb_freep) char *trying = nbd_bus_trying_path(userdata);

	return sd_bus_message_append(reply, "o", trying ? trying : "/");
}

#define CHANGES SD_BUS_VTABLE_PROPERTY_EMITS_CHANGE

static const sd_bus_vtable vtable[] = {
	SD_BUS_VTABLE_START(0),
	SD_BUS_PROPERTY("Version", "s", get_version, 0, SD_BUS_VTABLE_PROPERTY_CONST),
	SD_BUS_PROPERTY("State", "s", get_state, 0, CHANGES),
	SD_BUS_PROPERTY("Ready", "b", get_ready, 0, CHANGES),
	SD_BUS_PROPERTY("Generation", "t", get_generation, 0, CHANGES),
	SD_BUS_PROPERTY("Degraded", "s", get_degraded, 0, CHANGES),
	SD_BUS_PROPERTY("Held", "u", get_held, 0, CHANGES),
	SD_BUS_PROPERTY("Bonds", "u", get_bonds, 0, CHANGES),
	SD_BUS_PROPERTY("Trying", "o", get_trying, 0, CHANGES),
	SD_BUS_SIGNAL_WITH_NAMES("DriftFound", "sss", NBD_ARG(bond) NBD_ARG(what) NBD_ARG(why), 0),
	SD_BUS_SIGNAL_WITH_NAMES("DriftMended", "ss", NBD_ARG(bond) NBD_ARG(what), 0),
	SD_BUS_SIGNAL_WITH_NAMES("FailedOver", "sssss",
		NBD_ARG(namespace) NBD_ARG(bond) NBD_ARG(from) NBD_ARG(to) NBD_ARG(reason), 0),
	SD_BUS_SIGNAL_WITH_NAMES("LinkChanged", "ssssss",
		NBD_ARG(namespace) NBD_ARG(bond) NBD_ARG(slave) NBD_ARG(from) NBD_ARG(to)
			NBD_ARG(cause), 0),
	SD_BUS_SIGNAL_WITH_NAMES("LacpChanged", "sssus",
		NBD_ARG(namespace) NBD_ARG(bond) NBD_ARG(slave) NBD_ARG(aggregator) NBD_ARG(state), 0),
	SD_BUS_SIGNAL_WITH_NAMES(
		"TransactionFinished", "os", NBD_ARG(transaction) NBD_ARG(result), 0),
	SD_BUS_VTABLE_END,
};

int nbd_bus_add_manager(struct nbd_bus *bus, sd_bus *connection)
{
	return sd_bus_add_object_vtable(connection, NULL, NBD_PATH, NBD_MANAGER, vtable, bus);
}
