/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Bonds, slaves and namespaces: found by their path when asked for, no object is registered. */
#include <errno.h>
#include <string.h>

#include "daemon/bus-internal.h"

static const struct {
	const char *prefix, *interface;
} kinds[NBD_OBJECT_KINDS] = {
	[NBD_OBJECT_BOND] = { NBD_PATH "/bond", "org.netbond1.Bond" },
	[NBD_OBJECT_SLAVE] = { NBD_PATH "/slave", "org.netbond1.Slave" },
	[NBD_OBJECT_NAMESPACE] = { NBD_PATH "/namespace", "org.netbond1.Namespace" },
};

const char *nbd_bus_interface(enum nbd_object_kind kind)
{
	return kinds[kind].interface;
}

static int find_object(sd_bus *connection, const char *path, const char *interface, void *userdata,
	void **ret, sd_bus_error *error)
{
	struct nbd_bus *bus = userdata;

	if (!nbd_object_from_path(bus->d, nbd_bus_now(bus), path, &bus->found) ||
		!nb_streq(kinds[bus->found.kind].interface, interface))
		return 0;
	*ret = &bus->found;
	return 1;
}

static int get_property(sd_bus *connection, const char *path, const char *interface,
	const char *name, sd_bus_message *reply, void *userdata, sd_bus_error *error)
{
	const struct nbd_object *object = userdata;
	const struct nbd_property *property = nbd_property_find(object->kind, name);
	NB_CLEANUP(nb_json_putp) struct json_object *json = property->get(object, property);

	return nbd_value_append(reply, property->signature, property->scope, json);
}

static int method_describe(sd_bus_message *message, void *userdata, sd_bus_error *error)
{
	NB_CLEANUP(nb_json_putp) struct json_object *json = nbd_describe(userdata);

	return nbd_json_reply(message, json);
}

static const sd_bus_vtable frame[] = {
	SD_BUS_VTABLE_START(0),
	SD_BUS_METHOD_WITH_ARGS("Describe", SD_BUS_NO_ARGS, SD_BUS_RESULT("s", json),
		method_describe, SD_BUS_VTABLE_UNPRIVILEGED),
	SD_BUS_VTABLE_END,
};

/* sd-bus keeps a pointer to it, and wants what it does not use to be zero: hence made once, by calloc. */
static const sd_bus_vtable *vtable_of(enum nbd_object_kind kind)
{
	static sd_bus_vtable *vtables[NBD_OBJECT_KINDS];
	const struct nbd_properties *list = nbd_properties(kind);
	sd_bus_vtable *entry;

	if (vtables[kind])
		return vtables[kind];
	entry = calloc(list->n + NB_ARRAY_SIZE(frame), sizeof(*entry));
	if (!entry)
		return NULL;
	vtables[kind] = entry;
	memcpy(entry, frame, 2 * sizeof(*entry));
	entry += 2;
	for (size_t i = 0; i < list->n; i++, entry++) {
		entry->type = _SD_BUS_VTABLE_PROPERTY;
		entry->flags = list->items[i].constant ? SD_BUS_VTABLE_PROPERTY_CONST
			       : list->items[i].silent ? 0
						       : SD_BUS_VTABLE_PROPERTY_EMITS_CHANGE;
		entry->x.property.member = list->items[i].name;
		entry->x.property.signature = list->items[i].signature;
		entry->x.property.get = get_property;
	}
	memcpy(entry, &frame[2], sizeof(*entry));
	return vtables[kind];
}

static int enumerate(sd_bus *connection, const char *prefix, void *userdata, char ***ret,
	sd_bus_error *error)
{
	const struct nbd_listing *listing = userdata;
	struct nbd *d = listing->bus->d;
	const struct nbd_seen *seen = nbd_bus_now(listing->bus);
	struct nbd_walk walk = { 0 };
	struct nbd_object object;
	size_t n = 0, capacity = 0;
	char **paths = NULL;

	while (nbd_object_next(d, seen, &walk, &object)) {
		if (object.kind != listing->kind)
			continue;
		/* One place more for the end of the list. */
		if (nb_grow(&paths, n + 1, &capacity, sizeof(*paths)) < 0)
			goto fail;
		paths[n] = nbd_object_path(&object);
		if (!paths[n])
			goto fail;
		paths[++n] = NULL;
	}
	*ret = paths;
	return 0;
fail:
	while (n > 0)
		free(paths[--n]);
	free(paths);
	return -ENOMEM;
}

int nbd_bus_add_objects(struct nbd_bus *bus, sd_bus *connection)
{
	int r = 0;

	for (int kind = 0; kind < NBD_OBJECT_KINDS && r >= 0; kind++) {
		const sd_bus_vtable *vtable = vtable_of((enum nbd_object_kind)kind);

		bus->listings[kind] = (struct nbd_listing){ bus, (enum nbd_object_kind)kind };
		r = !vtable ? -ENOMEM
			    : sd_bus_add_fallback_vtable(connection, NULL, kinds[kind].prefix,
				      kinds[kind].interface, vtable, find_object, bus);
		if (r >= 0)
			r = sd_bus_add_node_enumerator(
				connection, NULL, kinds[kind].prefix, enumerate,
				&bus->listings[kind]);
	}
	return r;
}
