/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The objects of a moment: found by what they are called, or one after the other. */
#include "daemon/describe.h"

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

static const struct nb_set_goal *find_set(const struct nb_target *target, const char *name)
{
	for (size_t i = 0; i < target->n_sets; i++) {
		if (nb_streq(target->sets[i].spec.name, name))
			return &target->sets[i];
	}
	return NULL;
}

/* The name as @target has it, NULL where it declares none such. */
static const char *find_declared(const struct nb_target *target, const char *name)
{
	const struct nb_set_goal *set = find_set(target, name);

	for (size_t i = 0; i < target->n_namespaces; i++) {
		if (nb_streq(target->namespaces[i], name))
			return target->namespaces[i];
	}
	return set ? set->spec.name : NULL;
}

bool nbd_object_find_namespace(
	struct nbd *d, const struct nbd_seen *seen, const char *name, struct nbd_object *ret)
{
	const char *declared = seen->target ? find_declared(seen->target, name) : NULL;

	if (!declared)
		return false;
	*ret = (struct nbd_object){
		.kind = NBD_OBJECT_NAMESPACE,
		.d = d,
		.seen = seen,
		.namespace = declared,
		.name = declared,
		.ns = nb_state_namespace(seen->observed, declared),
		.set = find_set(seen->target, declared),
	};
	return true;
}

bool nbd_object_find_key(
	struct nbd *d, const struct nbd_seen *seen, const char *key, struct nbd_object *ret)
{
	const struct nb_goal *goal = seen->target ? nb_target_find_key(seen->target, key) : NULL;

	if (goal && !goal->absent)
		return nbd_object_find_bond(d, seen, goal->namespace, goal->name, ret);
	return nbd_object_find_bond(d, seen, "", key, ret);
}

/* The parts of a walk, in their order: what a slave belongs to comes before it. */
enum part {
	PART_DECLARED,
	PART_FOREIGN,
	PART_SLAVES,
	PART_NAMESPACES,
	PART_END,
};

/* Return: false after the last link of all namespaces. */
static bool next_link(const struct nbd_seen *seen, struct nbd_walk *walk,
	const struct nb_netns **ret_ns, const struct nb_link **ret)
{
	for (; walk->namespace < seen->observed->n_namespaces; walk->namespace++, walk->i = 0) {
		*ret_ns = seen->observed->namespaces[walk->namespace];
		if (walk->i < (*ret_ns)->links.n) {
			*ret = nb_netns_link(*ret_ns, walk->i++);
			return true;
		}
	}
	return false;
}

static bool next_declared(struct nbd *d, const struct nbd_seen *seen, struct nbd_walk *walk,
	struct nbd_object *ret)
{
	while (walk->i < seen->target->goals.n) {
		const struct nb_goal *goal = nb_target_goal(seen->target, walk->i++);

		if (!goal->absent && nbd_object_find_bond(d, seen, goal->namespace, goal->name, ret))
			return true;
	}
	return false;
}

static bool next_foreign(struct nbd *d, const struct nbd_seen *seen, struct nbd_walk *walk,
	struct nbd_object *ret)
{
	const struct nb_netns *ns;
	const struct nb_link *link;

	while (next_link(seen, walk, &ns, &link)) {
		if (nb_link_is_bond(link) &&
			nbd_object_find_bond(d, seen, ns->name, link->name, ret) && !ret->goal)
			return true;
	}
	return false;
}

static bool next_slave(struct nbd *d, const struct nbd_seen *seen, struct nbd_walk *walk,
	struct nbd_object *ret)
{
	const struct nb_netns *ns;
	const struct nb_link *link;

	while (next_link(seen, walk, &ns, &link)) {
		const struct nb_link *master =
			link->master ? nb_netns_find_index(ns, link->master) : NULL;

		if (!master || !nb_link_is_bond(master) ||
			!nbd_object_find_bond(d, seen, ns->name, master->name, ret))
			continue;
		ret->kind = NBD_OBJECT_SLAVE;
		ret->slave = link;
		ret->name = link->name;
		return true;
	}
	return false;
}

static bool next_namespace(struct nbd *d, const struct nbd_seen *seen, struct nbd_walk *walk,
	struct nbd_object *ret)
{
	const struct nb_target *target = seen->target;

	while (walk->i < target->n_namespaces + target->n_sets) {
		const size_t i = walk->i++;
		const struct nb_netns_spec *spec = i < target->n_namespaces ?
			NULL : &target->sets[i - target->n_namespaces].spec;

		/* Of the second list only those that the first does not name. */
		if (spec && spec->types & NB_NS_BIT(NB_NS_NET))
			continue;
		if (nbd_object_find_namespace(
			    d, seen, spec ? spec->name : target->namespaces[i], ret))
			return true;
	}
	return false;
}

bool nbd_object_next(
	struct nbd *d, const struct nbd_seen *seen, struct nbd_walk *walk, struct nbd_object *ret)
{
	static bool (*const parts[PART_END])(struct nbd *d, const struct nbd_seen *seen,
		struct nbd_walk *walk, struct nbd_object *ret) = {
		[PART_DECLARED] = next_declared,
		[PART_FOREIGN] = next_foreign,
		[PART_SLAVES] = next_slave,
		[PART_NAMESPACES] = next_namespace,
	};

	if (!seen->observed || !seen->target)
		return false;
	for (; walk->part < PART_END; *walk = (struct nbd_walk){ .part = walk->part + 1 }) {
		if (parts[walk->part](d, seen, walk, ret))
			return true;
	}
	return false;
}
