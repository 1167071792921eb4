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

static struct nbd_spell spell_of(const struct nbd_object *o)
{
	const struct nb_optset *info;
	const char *active;
	struct nbd_spell spell = {
		.namespace = o->namespace,
		.name = o->name,
		.state = nbd_bond_state(o),
		.active = "",
	};

	if (!o->bond)
		return spell;
	spell.ifindex = o->bond->ifindex;
	spell.changes = count_changes(o);
	active = nb_optset_get(&o->bond->bond, IFLA_BOND_ACTIVE_SLAVE).name;
	info = nb_optset_get(&o->bond->bond, IFLA_BOND_AD_INFO).set;
	spell.active = active ? active : "";
	spell.aggregator = info ? nb_optset_u(info, IFLA_BOND_AD_INFO_AGGREGATOR) : 0;
	return spell;
}

static bool same(const struct nbd_spell *a, const struct nbd_spell *b)
{
	return a->ifindex == b->ifindex && a->changes == b->changes &&
	       a->aggregator == b->aggregator && nb_streq(a->state, b->state) &&
	       nb_streq(a->active, b->active);
}

static int by_name(const void *a, const void *b)
{
	const struct nbd_spell *one = a, *two = b;
	int r = strcmp(one->name, two->name);

	return r ? r : strcmp(one->namespace, two->namespace);
}

static const struct nbd_spell *find(const struct nbd_seen *seen, const struct nbd_spell *key)
{
	return seen->n_spells == 0 ? NULL :
		bsearch(key, seen->spells, seen->n_spells, sizeof(*seen->spells), by_name);
}

static const struct nbd_spell *find_object(const struct nbd_object *bond)
{
	const struct nbd_spell key = { .namespace = bond->namespace, .name = bond->name };

	return find(bond->seen, &key);
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

	for (size_t i = 0; i < seen->n_spells; i++)
		nb_json_add(list, spell_json(&seen->spells[i]));
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

static struct nbd_spell spell_from(struct json_object *map)
{
	return (struct nbd_spell){
		.namespace = member(map, "namespace"),
		.name = member(map, "bond"),
		.ifindex = (int)number(map, "ifindex"),
		.state = member(map, "state"),
		.active = member(map, "active"),
		.aggregator = number(map, "aggregator"),
		.changes = number(map, "changes"),
		.usec = number(map, "since"),
		.seen = json_object_get_boolean(json_object_object_get(map, "seen")),
	};
}

/* What a daemon before this one kept, as the spells of @ret. Return: what they borrow from. */
static struct json_object *load(const struct nbd *d, struct nbd_seen *ret)
{
	NB_CLEANUP(nb_freep) char *text = NULL;
	struct json_object *list;
	const char *body;
	size_t size, n;

	if (nb_rundir_read(&d->rundir, FILE_NAME, &text, &size) < 0)
		return NULL;
	body = strchr(text, '\n');
	list = body ? json_tokener_parse(body) : NULL;
	n = json_object_is_type(list, json_type_array) ? json_object_array_length(list) : 0;
	ret->spells = calloc(n + 1, sizeof(*ret->spells));
	for (size_t i = 0; ret->spells && i < n; i++)
		ret->spells[ret->n_spells++] = spell_from(json_object_array_get_idx(list, i));
	if (ret->n_spells)
		qsort(ret->spells, ret->n_spells, sizeof(*ret->spells), by_name);
	return list;
}

/* How @o is now, and since when. Return: whether that began now. */
static bool update(struct nbd_spell *spell, const struct nbd_spell *old,
	const struct nbd_seen *before, const struct nbd_object *o)
{
	*spell = spell_of(o);
	if (old && same(old, spell)) {
		spell->usec = old->usec;
		spell->seen = old->seen;
		return false;
	}
	spell->usec = nbd_clock(CLOCK_REALTIME);
	spell->seen = was_seen(before, o);
	return true;
}

/* Return: whether any began now. */
static bool collect(struct nbd *d, const struct nbd_seen *before, const struct nbd_seen *kept,
	struct nbd_seen *now)
{
	struct nbd_walk walk = { 0 };
	struct nbd_object o;
	size_t capacity = 0;
	bool any = false;

	while (nbd_object_next(d, now, &walk, &o)) {
		struct nbd_spell key = { .namespace = o.namespace, .name = o.name };

		if (o.kind != NBD_OBJECT_BOND ||
			nb_grow(&now->spells, now->n_spells, &capacity, sizeof(key)) < 0)
			break;
		any |= update(&now->spells[now->n_spells++], find(kept, &key), before, &o);
	}
	if (now->n_spells)
		qsort(now->spells, now->n_spells, sizeof(*now->spells), by_name);
	return any;
}

/* Those of the moment before, whose texts are those of this one: it has the same devices. */
static bool inherit(const struct nbd_seen *before, struct nbd_seen *now)
{
	const struct nb_netns *ns = now->observed->namespaces[0];

	now->spells = malloc((before->n_spells + 1) * sizeof(*now->spells));
	if (!now->spells)
		return false;
	for (size_t i = 0; i < before->n_spells; i++) {
		struct nbd_spell *spell = &now->spells[i];

		*spell = before->spells[i];
		if (!nb_streq(ns->name, spell->namespace))
			ns = nb_state_namespace(now->observed, spell->namespace);
		if (!ns)
			return false;
		spell->namespace = ns->name;
	}
	now->n_spells = before->n_spells;
	return true;
}

static bool update_bond(
	struct nbd *d, const struct nbd_seen *before, struct nbd_seen *now, const struct nbd_object *o)
{
	const struct nbd_spell key = { .namespace = o->namespace, .name = o->name };
	struct nbd_spell *spell = (struct nbd_spell *)find(now, &key);
	const struct nbd_spell old = spell ? *spell : key;

	return spell && update(spell, &old, before, o);
}

/* Of the bonds that changed, and those whose goals are new. Return: 1 any began now; 0; -ENOMEM. */
static int update_part(struct nbd *d, const struct nbd_seen *before, struct nbd_seen *now)
{
	NB_CLEANUP(nb_touches_done) struct nb_touches bonds = { 0 };
	struct nb_goal **goals;
	const size_t n = nb_target_goals(now->target, &goals);
	struct nbd_object o;
	bool any = false;

	nbd_seen_bonds(before, now, &now->changed, &bonds);
	if (bonds.all || !inherit(before, now))
		return -ENOMEM;
	for (size_t i = 0; i < n; i++) {
		if (nbd_object_find_bond(d, now, goals[i]->namespace, goals[i]->name, &o))
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
	NB_CLEANUP(nb_json_putp) struct json_object *file = NULL;
	struct nbd_seen kept = { 0 };
	bool first = !before->observed;
	int part = now->part && !first ? update_part(d, before, now) : -ENOMEM;

	/* Written with the next look at everything, or at the end: it is all of them. */
	if (part >= 0) {
		d->since_is_new |= part;
		return;
	}
	now->n_spells = 0;
	free(nb_steal(&now->spells));
	if (first)
		file = load(d, &kept);
	if (collect(d, before, first ? &kept : before, now) || first ||
		now->n_spells != before->n_spells)
		d->since_is_new = true;
	nbd_since_save(d);
	free(kept.spells);
}

void nbd_since_save(struct nbd *d)
{
	if (d->since_is_new)
		save(d, nbd_reconciler_seen(d->reconciler));
	d->since_is_new = false;
}
