/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "daemon/since.h"

#include <errno.h>
#include <string.h>

#include "daemon/clock.h"
#include "daemon/log.h"
#include "daemon/property.h"

#define FILE_NAME "since.json"

static uint64_t count_changes(const struct nbd_object *o)
{
	struct nb_relatives slaves = nb_netns_relatives(o->ns, o->bond->ifindex);
	const struct nb_link *slave;
	uint64_t n = o->bond->carrier_changes;

	while ((slave = nb_relatives_next(&slaves)))
		n += nb_link_is_slave_of(slave, o->bond) ? slave->carrier_changes : 0;
	return n;
}

/* All of them are short. */
static void set_text(char ret[IFNAMSIZ], const char *text)
{
	size_t n = strnlen(text, IFNAMSIZ - 1);

	memcpy(ret, text, n);
	ret[n] = '\0';
}

/* How it is now; the namespace is borrowed. */
static struct nbd_spell spell_of(const struct nbd_object *o)
{
	const struct nb_optset *info;
	const char *active;
	struct nbd_spell spell = { .namespace = (char *)o->namespace };

	set_text(spell.name, o->name);
	set_text(spell.state, nbd_bond_state(o));
	if (!o->bond)
		return spell;
	spell.ifindex = o->bond->ifindex;
	spell.changes = count_changes(o);
	active = nb_optset_get(&o->bond->bond, IFLA_BOND_ACTIVE_SLAVE).name;
	info = nb_optset_get(&o->bond->bond, IFLA_BOND_AD_INFO).set;
	if (active)
		set_text(spell.active, active);
	spell.aggregator = info ? nb_optset_u(info, IFLA_BOND_AD_INFO_AGGREGATOR) : 0;
	return spell;
}

static bool same(const struct nbd_spell *a, const struct nbd_spell *b)
{
	return a->ifindex == b->ifindex && a->changes == b->changes &&
	       a->aggregator == b->aggregator && nb_streq(a->state, b->state) &&
	       nb_streq(a->active, b->active);
}

static int compare(const struct nbd_spell *one, const char *namespace, const char *name)
{
	int r = strcmp(one->name, name);

	return r ? r : strcmp(one->namespace, namespace);
}

static int by_name(const void *a, const void *b)
{
	const struct nbd_spell *one = *(struct nbd_spell *const *)a,
			       *two = *(struct nbd_spell *const *)b;

	return compare(one, two->namespace, two->name);
}

/* The first place that is not before that bond's. */
static size_t find_place(const struct nb_pages *spells, const char *namespace, const char *name)
{
	size_t low = 0, high = spells->n;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (compare(nb_pages_get(spells, middle), namespace, name) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static struct nbd_spell *find(const struct nb_pages *spells, const char *namespace, const char *name)
{
	size_t i = find_place(spells, namespace, name);
	struct nbd_spell *spell = i < spells->n ? nb_pages_get(spells, i) : NULL;

	return spell && compare(spell, namespace, name) == 0 ? spell : NULL;
}

static const struct nbd_spell *find_object(const struct nbd_object *bond)
{
	return find(&bond->seen->spells, bond->namespace, bond->name);
}

static void drop(void *item)
{
	struct nbd_spell *spell = item;

	if (spell->sharers) {
		spell->sharers--;
		return;
	}
	free(spell->namespace);
	free(spell);
}

void nbd_since_drop(struct nb_pages *spells)
{
	nb_pages_done(spells, drop);
}

/* Return: NULL: no memory. */
static struct nbd_spell *keep(const struct nbd_spell *spell)
{
	struct nbd_spell *copy = malloc(sizeof(*copy));

	if (!copy)
		return NULL;
	*copy = *spell;
	copy->sharers = 0;
	copy->namespace = strdup(spell->namespace);
	if (copy->namespace)
		return copy;
	free(copy);
	return NULL;
}

struct json_object *nbd_get_since(
	const struct nbd_object *object, const struct nbd_property *property)
{
	const struct nbd_spell *spell = find_object(object);

	return json_object_new_int64(spell ? (int64_t)spell->usec : 0);
}

struct json_object *nbd_get_since_seen(
	const struct nbd_object *object, const struct nbd_property *property)
{
	const struct nbd_spell *spell = find_object(object);

	return json_object_new_boolean(spell && spell->seen);
}

/* Whether how it is began after @before: we looked there, or made it since we began. */
static bool was_seen(const struct nbd_seen *before, const struct nbd_object *o)
{
	const struct nb_netns *old;

	if (!before->observed) {
		const struct nb_object *object = !o->d->nothing_made || !o->bond ? NULL :
			nb_memory_find(&o->d->memory, NB_OBJECT_BOND, o->ns, o->bond);

		return object && object->made;
	}
	old = nb_state_namespace(before->observed, o->namespace);
	return old && !old->unreadable && (!old->exists || !o->ns || old->inode == o->ns->inode);
}

/* The disk */

static struct json_object *spell_json(const struct nbd_spell *spell)
{
	struct json_object *map = nb_json_map();

	nb_json_set_string(map, "bond", spell->name);
	nb_json_set_string(map, "namespace", spell->namespace);
	nb_json_set_number(map, "ifindex", spell->ifindex);
	nb_json_set_string(map, "state", spell->state);
	nb_json_set_string(map, "active", spell->active);
	nb_json_set_number(map, "aggregator", (int64_t)spell->aggregator);
	nb_json_set_number(map, "changes", (int64_t)spell->changes);
	nb_json_set_number(map, "since", (int64_t)spell->usec);
	nb_json_set_bool(map, "seen", spell->seen);
	return map;
}

/* Lost, it costs that a restart tells less: no more. */
static void save(const struct nbd *d, const struct nbd_seen *seen)
{
	NB_CLEANUP(nb_json_putp) struct json_object *list = nb_json_list();
	NB_CLEANUP(nb_text_done) struct nb_text text = { 0 };
	int r;

	for (size_t i = 0; i < seen->spells.n; i++)
		nb_json_add(list, spell_json(nb_pages_get(&seen->spells, i)));
	nb_text_add(&text, "%s\n", json_object_to_json_string_ext(list, JSON_C_TO_STRING_PLAIN));
	r = nb_rundir_write(&d->rundir, FILE_NAME, &text);
	if (r < 0)
		nbd_log(LOG_DEBUG, NULL, "%s/" FILE_NAME ": %s", d->rundir.path, strerror(-r));
}

static const char *member(struct json_object *map, const char *key)
{
	struct json_object *value = json_object_object_get(map, key);

	return json_object_is_type(value, json_type_string) ? json_object_get_string(value) : "";
}

static uint64_t number(struct json_object *map, const char *key)
{
	return (uint64_t)json_object_get_int64(json_object_object_get(map, key));
}

/* One the daemon before this one kept. Return: NULL: no memory. */
static struct nbd_spell *spell_from(struct json_object *map)
{
	struct nbd_spell spell = {
		.namespace = (char *)member(map, "namespace"),
		.ifindex = (int)number(map, "ifindex"),
		.aggregator = number(map, "aggregator"),
		.changes = number(map, "changes"),
		.usec = number(map, "since"),
		.seen = json_object_get_boolean(json_object_object_get(map, "seen")),
	};

	set_text(spell.name, member(map, "bond"));
	set_text(spell.state, member(map, "state"));
	set_text(spell.active, member(map, "active"));
	return keep(&spell);
}

/* All of @spells into an empty list, sorted; they are its own then. */
static void hand_over(struct nbd_spell **spells, size_t n, struct nb_pages *ret)
{
	if (n > 1)
		qsort(spells, n, sizeof(*spells), by_name);
	for (size_t i = 0; i < n; i++) {
		if (nb_pages_insert(ret, ret->n, spells[i]) < 0)
			drop(spells[i]);
	}
}

/* What a daemon before this one kept. */
static void load(const struct nbd *d, struct nb_pages *ret)
{
	NB_CLEANUP(nb_json_putp) struct json_object *list = NULL;
	NB_CLEANUP(nb_freep) struct nbd_spell **spells = NULL;
	NB_CLEANUP(nb_freep) char *text = NULL;
	const char *body;
	size_t size, n, n_spells = 0;

	if (nb_rundir_read(&d->rundir, FILE_NAME, &text, &size) < 0)
		return;
	body = strchr(text, '\n');
	list = body ? json_tokener_parse(body) : NULL;
	n = json_object_is_type(list, json_type_array) ? json_object_array_length(list) : 0;
	spells = calloc(n + 1, sizeof(*spells));
	for (size_t i = 0; spells && i < n; i++) {
		spells[n_spells] = spell_from(json_object_array_get_idx(list, i));
		n_spells += spells[n_spells] != NULL;
	}
	hand_over(spells, n_spells, ret);
}

/* How @o is now, and since when: @old goes on, or another one begins. Return: NULL: no memory. */
static struct nbd_spell *go_on(
	struct nbd_spell *old, const struct nbd_seen *before, const struct nbd_object *o)
{
	struct nbd_spell spell = spell_of(o);

	if (old && same(old, &spell))
		return old;
	spell.usec = nbd_clock(CLOCK_REALTIME);
	spell.seen = was_seen(before, o);
	return keep(&spell);
}

/* Return: whether any began now. */
static bool collect(struct nbd *d, const struct nbd_seen *before, const struct nb_pages *kept,
	struct nbd_seen *now)
{
	NB_CLEANUP(nb_freep) struct nbd_spell **spells = NULL;
	struct nbd_walk walk = { 0 };
	struct nbd_object o;
	size_t n = 0, capacity = 0;
	bool any = false;

	while (nbd_object_next(d, now, &walk, &o) && o.kind == NBD_OBJECT_BOND) {
		struct nbd_spell *old = find(kept, o.namespace, o.name), *spell;

		if (nb_grow(&spells, n, &capacity, sizeof(*spells)) < 0 ||
			!(spell = go_on(old, before, &o)))
			break;
		if (spell == old)
			old->sharers++;
		any |= spell != old;
		spells[n++] = spell;
	}
	hand_over(spells, n, &now->spells);
	return any;
}

/* Return: whether another one began now. */
static bool update_bond(
	struct nbd *d, const struct nbd_seen *before, struct nbd_seen *now, const struct nbd_object *o)
{
	struct nbd_spell *old = find(&now->spells, o->namespace, o->name);
	struct nbd_spell *spell = old ? go_on(old, before, o) : NULL;
	size_t place;

	if (!spell || spell == old)
		return false;
	place = find_place(&now->spells, o->namespace, o->name);
	drop(nb_pages_set(&now->spells, place, spell) ? old : spell);
	return true;
}

/* Of the bonds that changed, and those whose goals are new. Return: 1 any began now; 0; -ENOMEM. */
static int update_part(struct nbd *d, const struct nbd_seen *before, struct nbd_seen *now)
{
	NB_CLEANUP(nb_touches_done) struct nb_touches bonds = { 0 };
	const size_t n = nb_target_n_scope(now->target);
	struct nbd_object o;
	bool any = false;

	nbd_seen_bonds(before, now, &now->changed, &bonds);
	if (bonds.all || nb_pages_share(&before->spells, &now->spells) < 0)
		return -ENOMEM;
	for (size_t i = 0; i < n; i++) {
		const struct nb_goal *goal = nb_target_scope(now->target, i);

		if (nbd_object_find_bond(d, now, goal->namespace, goal->name, &o))
			any |= update_bond(d, before, now, &o);
	}
	for (size_t i = 0; i < bonds.n; i++) {
		const char *namespace = bonds.items[i].namespace;
		const struct nb_netns *ns = nb_state_namespace(now->observed, namespace);
		const struct nb_link *bond = nb_netns_find_index(ns, bonds.items[i].ifindex);

		if (bond && nbd_object_find_bond(d, now, namespace, bond->name, &o) && !o.goal)
			any |= update_bond(d, before, now, &o);
	}
	return any;
}

void nbd_since_update(struct nbd *d, const struct nbd_seen *before, struct nbd_seen *now)
{
	struct nb_pages kept = { 0 };
	bool first = !before->observed;
	int part = now->part && !first ? update_part(d, before, now) : -ENOMEM;

	/* Written with the next look at everything, or at the end: it is all of them. */
	if (part >= 0) {
		d->since_is_new |= part;
		return;
	}
	nbd_since_drop(&now->spells);
	if (first)
		load(d, &kept);
	if (collect(d, before, first ? &kept : &before->spells, now) || first ||
		now->spells.n != before->spells.n)
		d->since_is_new = true;
	nbd_since_drop(&kept);
	nbd_since_save(d);
}

void nbd_since_save(struct nbd *d)
{
	if (d->since_is_new)
		save(d, nbd_reconciler_seen(d->reconciler));
	d->since_is_new = false;
}
