/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What changed between two moments: which objects came, went, or have other properties. Of thousands
 * it takes a while to tell, slice by slice; the moments are kept as long.
 */
#include <string.h>

#include "daemon/bus-internal.h"

#define TOUCHED_MAX 64

/* A link that is not as it was, or the master of one. */
struct touched {
	const char *namespace;
	int ifindex;
};

#define OBJECTS_A_STEP 32

/* What of one moment is not as at the one before. */
struct comparison {
	struct nbd_job job;
	struct nbd_bus *bus;
	struct nbd_seen *before, *now;
	bool begun;
	bool went;   /* what went is told; now the rest */
	struct nbd_walk walk;
	bool wanted; /* another configuration is in force */
	struct touched touched[TOUCHED_MAX];
	size_t n_touched; /* above TOUCHED_MAX: all of them */
	bool whole;	  /* anything may differ; else what .changed says */
	struct nb_touches changed, bonds;
};

/* The same object in @seen. */
static bool find_in(
	struct nbd *d, const struct nbd_seen *seen, const struct nbd_object *object,
	struct nbd_object *ret)
{

	switch (object->kind) {
	case NBD_OBJECT_BOND:
		return nbd_object_find_bond(d, seen, object->namespace, object->name, ret);
	case NBD_OBJECT_SLAVE:
		return nbd_object_find_slave(d, seen, object->namespace, object->bond->name,
			object->name, ret);
	case NBD_OBJECT_NAMESPACE:
		return nbd_object_find_namespace(d, seen, object->name, ret);
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
		nbd_bus_properties(c->bus, path, nbd_bus_interface(now->kind), names);
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
	       a->carrier_changes == b->carrier_changes &&
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
	for (size_t i = 0; i < ns->links.n && c->n_touched <= TOUCHED_MAX; i++) {
		const struct nb_link *link = nb_netns_link(ns, i);
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
	return c->whole && !c->wanted && now->kind != NBD_OBJECT_NAMESPACE && !is_touched(c, now) &&
	       !is_touched(c, before) && same_goal(before, now);
}

/* Return: whether something was told. */
static bool compare_old(struct comparison *c, const struct nbd_object *before)
{
	struct nbd_object now;

	if (find_in(c->bus->d, c->now, before, &now))
		return false;
	/* What went is shown once more, as it was. */
	c->bus->looking_at = c->before;
	tell_object(c->bus, before, sd_bus_emit_object_removed);
	return true;
}

static bool compare_new(struct comparison *c, const struct nbd_object *now)
{
	struct nbd_object before;

	c->bus->looking_at = c->now;
	if (!find_in(c->bus->d, c->before, now, &before))
		tell_object(c->bus, now, sd_bus_emit_object_added);
	else if (!is_same(c, &before, now))
		tell_changes(c, &before, now);
	else
		return false;
	return true;
}

static void begin(struct comparison *c)
{
	c->begun = true;
	if (c->bus->waiting == c)
		c->bus->waiting = NULL;
	if (!c->whole && !c->wanted)
		nbd_seen_bonds(c->before, c->now, &c->changed, &c->bonds);
	c->whole |= c->wanted || c->bonds.all;
	if (!c->whole)
		return;
	touch_all(c, c->before, c->now);
	touch_all(c, c->now, c->before);
}

/* A bond of one moment and its slaves. */
static void compare_family(struct comparison *c, const struct nbd_seen *seen,
	const struct nb_touch *touch, bool (*compare)(struct comparison *c, const struct nbd_object *o))
{
	struct nbd *d = c->bus->d;
	const struct nb_netns *ns = nb_state_namespace(seen->observed, touch->namespace);
	const struct nb_link *bond = ns ? nb_netns_find_index(ns, touch->ifindex) : NULL, *slave;
	struct nb_relatives slaves;
	struct nbd_object object;

	if (!bond || !nb_link_is_bond(bond))
		return;
	if (nbd_object_find_bond(d, seen, ns->name, bond->name, &object))
		compare(c, &object);
	slaves = nb_netns_relatives(ns, bond->ifindex);
	while ((slave = nb_relatives_next(&slaves))) {
		if (nbd_object_find_slave(d, seen, ns->name, bond->name, slave->name, &object))
			compare(c, &object);
	}
}

static const struct nb_link *find_link(const struct nbd_seen *seen, const struct nb_touch *touch)
{
	const struct nb_netns *ns = nb_state_namespace(seen->observed, touch->namespace);

	return ns ? nb_netns_find_index(ns, touch->ifindex) : NULL;
}

/* Whether the list of links of its namespace is another one because of it. */
static bool changes_links(const struct comparison *c, const struct nb_touch *touch)
{
	const struct nb_link *old = find_link(c->before, touch), *link = find_link(c->now, touch);

	return !old || !link || !nb_streq(old->name, link->name);
}

static bool was_compared(const struct comparison *c, size_t i)
{
	for (size_t k = 0; k < i; k++) {
		if (nb_streq(c->changed.items[k].namespace, c->changed.items[i].namespace) &&
			changes_links(c, &c->changed.items[k]))
			return true;
	}
	return false;
}

/* Declared namespaces list their links by name. */
static void compare_namespaces(struct comparison *c)
{
	for (size_t i = 0; i < c->changed.n; i++) {
		const struct nb_touch *touch = &c->changed.items[i];
		struct nbd_object object;

		if (changes_links(c, touch) && !was_compared(c, i) &&
			nbd_object_find_namespace(c->bus->d, c->now, touch->namespace, &object))
			compare_new(c, &object);
	}
	c->bus->looking_at = NULL;
}

/* One bond that changed. Return: whether there is more. */
static bool step_part(struct comparison *c)
{
	const struct nb_touch *touch = &c->bonds.items[c->walk.i];

	if (c->walk.i == 0)
		compare_namespaces(c);
	if (c->walk.i < c->bonds.n) {
		compare_family(c, c->before, touch, compare_old);
		compare_family(c, c->now, touch, compare_new);
		c->bus->looking_at = NULL;
	}
	return ++c->walk.i < c->bonds.n;
}

/* One object that differs, or some that do not. */
static bool step(struct nbd_job *job)
{
	struct comparison *c = (struct comparison *)job;
	struct nbd *d = c->bus->d;
	bool told = false, more = true;

	if (!c->begun)
		begin(c);
	if (!c->whole)
		return step_part(c);
	for (unsigned i = 0; i < OBJECTS_A_STEP && more && !told; i++) {
		struct nbd_object object;

		if (nbd_object_next(d, c->went ? c->now : c->before, &c->walk, &object)) {
			told = c->went ? compare_new(c, &object) : compare_old(c, &object);
			continue;
		}
		more = !c->went;
		c->went = true;
		c->walk = (struct nbd_walk){ 0 };
	}
	c->bus->looking_at = NULL;
	return more;
}

static void end(struct nbd_job *job)
{
	struct comparison *c = (struct comparison *)job;

	if (c->bus->waiting == c)
		c->bus->waiting = NULL;
	nbd_seen_unref(c->before);
	nbd_seen_unref(c->now);
	nb_touches_done(&c->changed);
	nb_touches_done(&c->bonds);
	free(c);
}

void nbd_bus_compare(struct nbd_bus *bus, struct nbd_seen *before, struct nbd_seen *now)
{
	struct comparison *c = bus->waiting;
	bool wanted = bus->wanted_generation != bus->d->generation;
	size_t any = 0;

	bus->wanted_generation = bus->d->generation;
	if (!nbd_bus_next(bus, &any))
		return;
	/* Nobody was told yet what was in between. */
	if (c) {
		nbd_seen_unref(c->now);
		c->now = nbd_seen_ref(now);
		c->wanted = c->wanted || wanted;
		c->whole |= !now->part;
		nb_touches_merge(&c->changed, &now->changed);
		return;
	}
	c = calloc(1, sizeof(*c));
	if (!c)
		return;
	c->job = (struct nbd_job){ .step = step, .end = end };
	c->bus = bus;
	c->before = nbd_seen_ref(before);
	c->now = nbd_seen_ref(now);
	c->wanted = wanted;
	c->whole = !now->part;
	nb_touches_merge(&c->changed, &now->changed);
	bus->waiting = c;
	nbd_jobs_add(&bus->jobs, &c->job);
}
