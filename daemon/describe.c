/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "daemon/describe.h"

#include "daemon/property.h"
#include "lib/core/resolve.h"

/* What a held difference has in its goal is what is: the goal without it is resolved once more. */
static const struct nb_goal *wanted_goal(const struct nbd_object *object)
{
	const struct nb_config *config = nbd_reconciler_config(object->d->reconciler);
	const struct nbd_seen *seen = nbd_reconciler_seen(object->d->reconciler);

	if (!object->goal || !config || !seen->observed)
		return NULL;
	if (!object->d->wanted &&
		nb_resolve(config, seen->observed, &object->d->memory, &object->d->wanted, NULL) < 0)
		return object->goal;
	return nb_target_find(object->d->wanted, object->namespace, object->name);
}

void nbd_describe_forget(struct nbd *d)
{
	d->wanted = nb_target_free(d->wanted);
}

static struct json_object *options(const struct nb_optset *set)
{
	struct json_object *map = nb_json_map();

	nb_foreach_option(row, attr, set->scope) {
		if (nb_optset_has(set, attr) && nb_option_writable(row) &&
			!(row->flags & NB_OPTION_ADMIN))
			nb_json_set(map, row->name, nbd_value_json(row, nb_optset_get(set, attr)));
	}
	return map;
}

static const struct nb_optset *opts_of(const struct nbd_object *object)
{
	static const struct nb_optset empty[NB_SCOPE_COUNT] = {
		[NB_SCOPE_BOND] = { .scope = NB_SCOPE_BOND },
		[NB_SCOPE_SLAVE] = { .scope = NB_SCOPE_SLAVE },
	};

	if (object->kind == NBD_OBJECT_SLAVE)
		return object->slave ? &object->slave->slave : &empty[NB_SCOPE_SLAVE];
	return object->bond ? &object->bond->bond : &empty[NB_SCOPE_BOND];
}

struct json_object *nbd_get_options(
	const struct nbd_object *object, const struct nbd_property *property)
{
	return options(opts_of(object));
}

struct json_object *nbd_get_wanted(
	const struct nbd_object *object, const struct nbd_property *property)
{
	const struct nb_goal *goal = wanted_goal(object);
	const struct nb_goal_slave *slave;

	if (!goal)
		return nb_json_map();
	if (object->kind == NBD_OBJECT_BOND)
		return options(&goal->opts);
	slave = nb_goal_find_slave(goal, object->namespace, object->name);
	return slave ? options(&slave->opts) : nb_json_map();
}

struct json_object *nbd_get_row(
	const struct nbd_object *object, const struct nbd_property *property)
{
	const struct nb_optset *set = opts_of(object);
	unsigned attr = nb_option_attr(property->row);

	/* Zero may be a word of an enumeration: what the kernel does not tell is none of them. */
	if (!nb_optset_has(set, attr) && nb_streq(property->signature, "s"))
		return nb_json_string("");
	return nbd_value_json(property->row, nb_optset_get(set, attr));
}

bool nbd_object_find_bond(struct nbd *d, const struct nbd_seen *seen, const char *namespace,
	const char *name, struct nbd_object *ret)
{
	struct nbd_object object = { .kind = NBD_OBJECT_BOND, .d = d, .seen = seen };

	if (!seen->observed)
		return false;
	object.ns = nb_state_namespace(seen->observed, namespace);
	object.bond = object.ns ? nb_netns_find(object.ns, name) : NULL;
	if (object.bond && (!nb_link_is_bond(object.bond) || !nb_streq(object.bond->name, name)))
		object.bond = NULL;
	object.goal = seen->target ? nb_target_find(seen->target, namespace, name) : NULL;
	if (object.goal && object.goal->absent)
		object.goal = NULL;
	if (object.goal) {
		object.namespace = object.goal->namespace;
		object.name = object.goal->name;
	} else if (object.bond) {
		object.namespace = object.ns->name;
		object.name = object.bond->name;
	} else {
		return false;
	}
	*ret = object;
	return true;
}

bool nbd_object_find_slave(struct nbd *d, const struct nbd_seen *seen, const char *namespace,
	const char *bond, const char *name, struct nbd_object *ret)
{
	struct nbd_object object;

	if (!nbd_object_find_bond(d, seen, namespace, bond, &object) || !object.bond)
		return false;
	object.slave = nb_netns_find(object.ns, name);
	if (!object.slave || !nb_streq(object.slave->name, name) ||
		!nb_link_is_slave_of(object.slave, object.bond))
		return false;
	object.kind = NBD_OBJECT_SLAVE;
	object.name = object.slave->name;
	*ret = object;
	return true;
}

bool nbd_object_find_namespace(
	struct nbd *d, const struct nbd_seen *seen, const char *name, struct nbd_object *ret)
{
	for (size_t i = 0; seen->target && i < seen->target->n_namespaces; i++) {
		const char *declared = seen->target->namespaces[i];

		if (!nb_streq(declared, name))
			continue;
		*ret = (struct nbd_object){
			.kind = NBD_OBJECT_NAMESPACE,
			.d = d,
			.seen = seen,
			.namespace = declared,
			.name = declared,
			.ns = nb_state_namespace(seen->observed, declared),
		};
		return true;
	}
	return false;
}

bool nbd_object_find_key(
	struct nbd *d, const struct nbd_seen *seen, const char *key, struct nbd_object *ret)
{
	for (size_t i = 0; seen->target && i < seen->target->n_goals; i++) {
		const struct nb_goal *goal = seen->target->goals[i];

		if (nb_streq(goal->key, key) && !goal->absent)
			return nbd_object_find_bond(d, seen, goal->namespace, goal->name, ret);
	}
	return nbd_object_find_bond(d, seen, "", key, ret);
}

typedef int (*each_object)(void *context, const struct nbd_object *object);

static int each_slave(const struct nbd_object *bond, each_object each, void *context)
{
	NB_CLEANUP(nb_freep) struct nb_link **slaves = NULL;
	struct nbd_object object = *bond;
	int n = bond->bond ? nb_netns_slaves(bond->ns, bond->bond, &slaves) : 0;
	int r = n < 0 ? n : 0;

	object.kind = NBD_OBJECT_SLAVE;
	for (int i = 0; i < n && r >= 0; i++) {
		object.slave = slaves[i];
		object.name = slaves[i]->name;
		r = each(context, &object);
	}
	return r;
}

/* Foreign bonds, and the slaves of all bonds: in one go, there may be thousands of links. */
static int each_link(struct nbd *d, const struct nbd_seen *seen, const struct nb_netns *ns,
	each_object each, void *context)
{
	int r = 0;

	for (size_t i = 0; i < ns->n_links && r >= 0; i++) {
		const struct nb_link *link = ns->links[i];
		const struct nb_link *master =
			link->master ? nb_netns_find_index(ns, link->master) : NULL;
		struct nbd_object object;

		if (nb_link_is_bond(link) &&
			nbd_object_find_bond(d, seen, ns->name, link->name, &object) &&
			!object.goal)
			r = each(context, &object);
		if (r < 0 || !master || !nb_link_is_bond(master) ||
			!nbd_object_find_bond(d, seen, ns->name, master->name, &object))
			continue;
		object.kind = NBD_OBJECT_SLAVE;
		object.slave = link;
		object.name = link->name;
		r = each(context, &object);
	}
	return r;
}

int nbd_objects(struct nbd *d, const struct nbd_seen *seen, each_object each, void *context)
{
	const struct nb_target *target = seen->target;
	struct nbd_object object;
	int r = 0;

	if (!seen->observed || !target)
		return 0;
	for (size_t i = 0; i < target->n_goals && r >= 0; i++) {
		if (!target->goals[i]->absent &&
			nbd_object_find_bond(d, seen, target->goals[i]->namespace,
				target->goals[i]->name, &object))
			r = each(context, &object);
	}
	for (size_t i = 0; i < seen->observed->n_namespaces && r >= 0; i++)
		r = each_link(d, seen, seen->observed->namespaces[i], each, context);
	for (size_t i = 0; i < target->n_namespaces && r >= 0; i++) {
		if (nbd_object_find_namespace(d, seen, target->namespaces[i], &object))
			r = each(context, &object);
	}
	return r;
}

static struct json_object *describe(const struct nbd_object *object)
{
	const struct nbd_properties *properties = nbd_properties(object->kind);
	struct json_object *map = nb_json_map();

	for (size_t i = 0; i < properties->n; i++) {
		const struct nbd_property *property = &properties->items[i];

		nb_json_set(map, property->key, property->get(object, property));
	}
	return map;
}

static int add_description(void *context, const struct nbd_object *object)
{
	nb_json_add(context, describe(object));
	return 0;
}

static struct json_object *with_ports(const struct nbd_object *object)
{
	struct json_object *map = describe(object), *ports;

	if (object->kind != NBD_OBJECT_BOND)
		return map;
	ports = nb_json_list();
	each_slave(object, add_description, ports);
	nb_json_set(map, "ports", ports);
	return map;
}

struct json_object *nbd_describe(const struct nbd_object *object)
{
	struct json_object *map = with_ports(object);

	nb_json_set_number(map, "version", NB_JSON_VERSION);
	return map;
}

struct all {
	struct json_object *bonds, *namespaces;
};

static int add_object(void *context, const struct nbd_object *object)
{
	struct all *all = context;

	if (object->kind == NBD_OBJECT_BOND)
		nb_json_add(all->bonds, with_ports(object));
	if (object->kind == NBD_OBJECT_NAMESPACE)
		nb_json_add(all->namespaces, describe(object));
	return 0;
}

struct json_object *nbd_describe_all(struct nbd *d)
{
	const struct nbd_seen *seen = nbd_reconciler_seen(d->reconciler);
	struct json_object *map = nb_json_document();
	struct all all = { nb_json_list(), nb_json_list() };

	nb_json_set_string(map, "netbond", NB_VERSION);
	nb_json_set_string(map, "state", nbd_state_name(nbd_reconciler_state(d->reconciler)));
	nb_json_set_number(map, "generation", (int64_t)d->generation);
	nb_json_set_string(map, "degraded", d->degraded ? d->degraded : "");
	nb_json_set_number(map, "held", seen->plan ? (int64_t)seen->plan->n_held : 0);
	nbd_objects(d, seen, add_object, &all);
	nb_json_set(map, "bonds", all.bonds);
	nb_json_set(map, "namespaces", all.namespaces);
	return map;
}
