/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What happens in the daemon, told on the bus. */
#include <string.h>

#include "daemon/bus-internal.h"
#include "daemon/event.h"

void nbd_bus_changed(struct nbd_bus *bus)
{
	struct nbd_told now, *told;
	char *names[8];
	size_t n = 0;

	if (!bus)
		return;
	told = &bus->told;
	now = nbd_bus_look(bus);
	if (now.state != told->state)
		names[n++] = (char *)"State";
	if (now.ready != told->ready)
		names[n++] = (char *)"Ready";
	if (now.generation != told->generation)
		names[n++] = (char *)"Generation";
	if (!nb_streq(now.degraded, told->degraded))
		names[n++] = (char *)"Degraded";
	if (now.held != told->held)
		names[n++] = (char *)"Held";
	if (now.bonds != told->bonds)
		names[n++] = (char *)"Bonds";
	if (now.trying != told->trying)
		names[n++] = (char *)"Trying";
	names[n] = NULL;
	free(told->degraded);
	*told = now;
	told->degraded = now.degraded ? strdup(now.degraded) : NULL;
	if (n)
		nbd_bus_properties(bus, NBD_PATH, NBD_MANAGER, names);
}

static void tell_paused(struct nbd_bus *bus, const char *bond)
{
	static char *const names[] = { (char *)"Paused", NULL };
	struct nbd_object object;
	NB_CLEANUP(nb_freep) char *path = NULL;

	if (nbd_object_find_key(bus->d, nbd_bus_now(bus), bond, &object))
		path = nbd_object_path(&object);
	if (path)
		nbd_bus_properties(bus, path, "org.netbond1.Bond", (char **)names);
}

void nbd_bus_paused(struct nbd_bus *bus, const char *bond)
{
	if (!bus)
		return;
	tell_paused(bus, bond);
	for (size_t i = 0; i < bus->n_paused; i++) {
		if (nb_streq(bus->paused[i], bond))
			return;
	}
	if (nb_grow(&bus->paused, bus->n_paused, &bus->paused_capacity, sizeof(char *)) < 0)
		return;
	bus->paused[bus->n_paused] = strdup(bond);
	bus->n_paused += bus->paused[bus->n_paused] != NULL;
}

/* A pause ends by itself; the reconciler looks at the bond then. */
static void end_pauses(struct nbd_bus *bus)
{
	for (size_t i = bus->n_paused; i-- > 0;) {
		if (nbd_reconciler_paused(bus->d->reconciler, bus->paused[i]))
			continue;
		tell_paused(bus, bus->paused[i]);
		free(bus->paused[i]);
		bus->paused[i] = bus->paused[--bus->n_paused];
	}
}

void nbd_bus_seen(struct nbd_bus *bus, struct nbd_seen *before)
{
	if (!bus)
		return;
	nbd_describe_forget(bus->d);
	nbd_bus_compare(bus, before, nbd_reconciler_seen(bus->d->reconciler));
}

void nbd_bus_settled(struct nbd_bus *bus, enum nb_converge_result result, bool automatic)
{
	if (!bus)
		return;
	end_pauses(bus);
	nbd_bus_changed(bus);
	if (automatic)
		return;
	nbd_bus_finish(bus, result);
	for (size_t i = 0; i < bus->n_reloads; i++) {
		sd_bus_reply_method_return(bus->reloads[i], "s", nbd_result_name(result));
		sd_bus_message_unref(bus->reloads[i]);
	}
	bus->n_reloads = 0;
}

#define SIGNAL(name, types, ...) \
	nbd_bus_signal(bus, NBD_PATH, NBD_MANAGER, name, types, __VA_ARGS__)

void nbd_bus_event(struct nbd_bus *bus, const struct nbd_event *e)
{
	const char *slave = e->slave ? e->slave : "", *cause = e->cause ? e->cause : "";

	if (!bus)
		return;
	switch (e->kind) {
	case NBD_EVENT_FAILOVER:
		SIGNAL("FailedOver", "sssss", e->namespace, e->bond, e->from, e->to, cause);
		break;
	case NBD_EVENT_LINK:
		SIGNAL("LinkChanged", "ssssss", e->namespace, e->bond, slave, e->from, e->to, cause);
		break;
	case NBD_EVENT_LACP:
		SIGNAL("LacpChanged", "sssus", e->namespace, e->bond, slave, e->aggregator, e->to);
		break;
	case NBD_EVENT_DRIFT:
		SIGNAL("DriftFound", "sss", e->key, e->what, cause);
		break;
	case NBD_EVENT_REPAIR:
		SIGNAL("DriftMended", "ss", e->key, e->what);
		break;
	case NBD_EVENT_DRILL:
	case NBD_EVENT_FAILURE:
	case NBD_EVENT_TRANSACTION: /* has an object of its own */
	case NBD_EVENT_DAEMON:
	case NBD_EVENT_KIND_COUNT:
		break;
	}
}
