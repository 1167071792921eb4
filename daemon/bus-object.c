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

	return sd_bus_reply_method_return(
		message, "s", json_object_to_json_string_ext(json, JSON_C_TO_STRING_NOSLASHESCAPE));
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

struct paths {
	enum nbd_object_kind kind;
	char **items;
	size_t n, capacity;
};

static int add_path(void *context, const struct nbd_object *object)
{
	struct paths *paths = context;

	if (object->kind != paths->kind)
		return 0;
	/* One place more for the end of the list. */
	if (nb_grow(&paths->items, paths->n + 1, &paths->capacity, sizeof(char *)) < 0)
		return -ENOMEM;
	paths->items[paths->n] = nbd_object_path(object);
	if (!paths->items[paths->n])
		return -ENOMEM;
	paths->items[++paths->n] = NULL;
	return 0;
}

static int enumerate(sd_bus *connection, const char *prefix, void *userdata, char ***ret,
	sd_bus_error *error)
{
	const struct nbd_listing *listing = userdata;
	struct paths paths = { .kind = listing->kind };
	int r = nbd_objects(listing->bus->d, nbd_bus_now(listing->bus), add_path, &paths);

	if (r < 0) {
		for (size_t i = 0; i < paths.n; i++)
			free(paths.items[i]);
		free(paths.items);
		return r;
	}
	*ret = paths.items;
	return 0;
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

/* What changed between two moments */

#define TOUCHED_MAX 64

/* A link that is not as it was, or the master of one. */
struct touched {
	const char *namespace;
	int ifindex;
};

struct comparison {
	struct nbd_bus *bus;
	const struct nbd_seen *other;
	bool wanted; /* another configuration is in force */
	struct touched touched[TOUCHED_MAX];
	size_t n_touched; /* above TOUCHED_MAX: all of them */
};

static bool find_other(
	const struct comparison *c, const struct nbd_object *object, struct nbd_object *ret)
{
	struct nbd *d = c->bus->d;

	switch (object->kind) {
	case NBD_OBJECT_BOND:
		return nbd_object_find_bond(d, c->other, object->namespace, object->name, ret);
	case NBD_OBJECT_SLAVE:
		return nbd_object_find_slave(d, c->other, object->namespace, object->bond->name,
			object->name, ret);
	case NBD_OBJECT_NAMESPACE:
		return nbd_object_find_namespace(d, c->other, object->name, ret);
	case NBD_OBJECT_KINDS:
		break;
	}
	return false;
}

static bool differs(const struct nbd_object *before, const struct nbd_object *now,
	const struct nbd_property *property)
{
	NB_CLEANUP(nb_json_putp) struct json_object *old = property->get(before, property);
	NB_CLEANUP(nb_json_putp) struct json_object *new = property->get(now, property);

	return !json_object_equal(old, new);
}

static void tell_changes(struct comparison *c, const struct nbd_object *before,
	const struct nbd_object *now)
{
	const struct nbd_properties *list = nbd_properties(now->kind);
	NB_CLEANUP(nb_freep) char **names = calloc(list->n + 1, sizeof(*names));
	NB_CLEANUP(nb_freep) char *path = NULL;
	size_t n = 0;

	for (size_t i = 0; names && i < list->n; i++) {
		const struct nbd_property *property = &list->items[i];

		if (property->constant || property->silent)
			continue;
		if (property->wanted ? c->wanted : differs(before, now, property))
			names[n++] = property->name;
	}
	if (!n)
		return;
	path = nbd_object_path(now);
	if (path)
		nbd_bus_properties(c->bus, path, kinds[now->kind].interface, names);
}

static void tell_object(struct nbd_bus *bus, const struct nbd_object *object,
	int (*emit)(sd_bus *connection, const char *path))
{
	NB_CLEANUP(nb_freep) char *path = nbd_object_path(object);
	sd_bus *connection;

	for (size_t i = 0; path && (connection = nbd_bus_next(bus, &i));)
		emit(connection, path);
}

/*
 * Most of what is seen is as it was. A difference may be seen here where there is none: it only
 * makes us look closer.
 */
static bool same_options(const struct nb_optset *a, const struct nb_optset *b)
{
	bool same = a->present == b->present;

	nb_foreach_bit(attr, a->present)
		same = same && nb_optset_equal(a, b, attr);
	return same;
}

static bool same_link(const struct nb_link *a, const struct nb_link *b)
{
	return nb_streq(a->name, b->name) && a->flags == b->flags && a->carrier == b->carrier &&
	       a->mtu == b->mtu && a->has_mac == b->has_mac && memcmp(a->mac, b->mac, 6) == 0 &&
	       a->master == b->master && a->slave_position == b->slave_position &&
	       a->n_addresses == b->n_addresses &&
	       (a->n_addresses == 0 || memcmp(a->addresses, b->addresses,
					       a->n_addresses * sizeof(*a->addresses)) == 0) &&
	       same_options(&a->bond, &b->bond) && same_options(&a->slave, &b->slave);
}

static void touch(struct comparison *c, const char *namespace, int ifindex)
{
	if (ifindex && c->n_touched < TOUCHED_MAX)
		c->touched[c->n_touched] = (struct touched){ namespace, ifindex };
	c->n_touched += ifindex != 0;
}

/* Finds the links of @ns that are not the same in @others. */
static void touch_links(
	struct comparison *c, const struct nb_netns *ns, const struct nb_netns *others)
{
	for (size_t i = 0; i < ns->n_links && c->n_touched <= TOUCHED_MAX; i++) {
		const struct nb_link *link = ns->links[i];
		const struct nb_link *other =
			others ? nb_netns_find_index(others, link->ifindex) : NULL;

		if (other && same_link(link, other))
			continue;
		touch(c, ns->name, link->ifindex);
		touch(c, ns->name, link->master);
	}
}

static void touch_all(
	struct comparison *c, const struct nbd_seen *seen, const struct nbd_seen *others)
{
	for (size_t i = 0; seen->observed && i < seen->observed->n_namespaces; i++) {
		const struct nb_netns *ns = seen->observed->namespaces[i];

		touch_links(c, ns,
			others->observed ? nb_state_namespace(others->observed, ns->name) : NULL);
	}
}

static bool is_touched(const struct comparison *c, const struct nbd_object *object)
{
	if (c->n_touched > TOUCHED_MAX || !object->bond)
		return true;
	for (size_t i = 0; i < c->n_touched; i++) {
		const struct touched *t = &c->touched[i];

		if (nb_streq(t->namespace, object->namespace) &&
			(t->ifindex == object->bond->ifindex ||
				(object->slave && t->ifindex == object->slave->ifindex)))
			return true;
	}
	return false;
}

static bool anything_held(const struct nbd_object *object)
{
	const struct nb_plan *plan = object->seen->plan;

	for (size_t i = 0; plan && i < plan->n_held; i++) {
		if (nb_streq(plan->held[i].goal, object->goal->key))
			return true;
	}
	return false;
}

static bool same_goal(const struct nbd_object *a, const struct nbd_object *b)
{
	bool same = !a->goal == !b->goal;

	if (!same || !a->goal)
		return same;
	same = nb_streq(a->goal->key, b->goal->key) && a->goal->drift == b->goal->drift &&
	       a->goal->n_waiting == b->goal->n_waiting && !anything_held(a) && !anything_held(b);
	for (size_t i = 0; same && i < a->goal->n_waiting; i++)
		same = nb_streq(a->goal->waiting[i], b->goal->waiting[i]);
	return same;
}

static bool is_same(const struct comparison *c, const struct nbd_object *before,
	const struct nbd_object *now)
{
	return !c->wanted && now->kind != NBD_OBJECT_NAMESPACE && !is_touched(c, now) &&
	       !is_touched(c, before) && same_goal(before, now);
}

static int compare_old(void *context, const struct nbd_object *before)
{
	struct comparison *c = context;
	struct nbd_object now;

	if (!find_other(c, before, &now))
		tell_object(c->bus, before, sd_bus_emit_object_removed);
	return 0;
}

static int compare_new(void *context, const struct nbd_object *now)
{
	struct comparison *c = context;
	struct nbd_object before;

	if (!find_other(c, now, &before))
		tell_object(c->bus, now, sd_bus_emit_object_added);
	else if (!is_same(c, &before, now))
		tell_changes(c, &before, now);
	return 0;
}

void nbd_bus_compare(struct nbd_bus *bus, const struct nbd_seen *before, const struct nbd_seen *now)
{
	struct comparison c = {
		.bus = bus,
		.wanted = bus->wanted_generation != bus->d->generation,
	};
	size_t any = 0;

	bus->wanted_generation = bus->d->generation;
	if (!nbd_bus_next(bus, &any))
		return;
	touch_all(&c, before, now);
	touch_all(&c, now, before);
	/* What went is shown once more, as it was. */
	c.other = now;
	bus->looking_at = before;
	nbd_objects(bus->d, before, compare_old, &c);
	bus->looking_at = NULL;
	c.other = before;
	nbd_objects(bus->d, now, compare_new, &c);
}
