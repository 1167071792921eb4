/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What netbond remembers follows what it does and sees. */
#include <errno.h>
#include <string.h>

#include "lib/core/converge-parts.h"

static int add_name(char ***names, size_t *n, size_t *capacity, char *name)
{
	if (!name || !*name)
		return 0;
	for (size_t i = 0; i < *n; i++) {
		if (nb_streq((*names)[i], name))
			return 0;
	}
	if (nb_grow(names, *n, capacity, sizeof(**names)) < 0)
		return -ENOMEM;
	(*names)[(*n)++] = name;
	return 0;
}

int nb_converge_namespaces(const struct nb_config *config, const struct nb_memory *memory,
	const struct nb_state *snapshot, char ***ret, size_t *ret_n)
{
	NB_CLEANUP(nb_freep) char **names = NULL;
	size_t n = 0, capacity = 0;
	int r = 0;

	for (size_t i = 0; i < config->n_namespaces && r == 0; i++) {
		const struct nb_netns_spec *spec = &config->namespaces[i];

		if (spec->types & NB_NS_BIT(NB_NS_NET))
			r = add_name(&names, &n, &capacity, spec->name);
	}
	for (size_t i = 0; i < memory->n_objects && r == 0; i++) {
		if (memory->objects[i].kind == NB_OBJECT_TYPE)
			continue;
		r = add_name(&names, &n, &capacity, memory->objects[i].namespace);
		if (r == 0)
			r = add_name(&names, &n, &capacity, memory->objects[i].home_namespace);
	}
	for (size_t i = 0; snapshot && i < snapshot->n_namespaces && r == 0; i++)
		r = add_name(&names, &n, &capacity, snapshot->namespaces[i]->name);
	if (r < 0)
		return r;
	*ret = nb_steal(&names);
	*ret_n = n;
	return 0;
}

int nb_converge_sets(const struct nb_config *config, const struct nb_config *other,
	const struct nb_memory *memory, char ***ret, size_t *ret_n)
{
	const struct nb_config *const configs[] = { config, other };
	NB_CLEANUP(nb_freep) char **names = NULL;
	size_t n = 0, capacity = 0;
	int r = 0;

	for (size_t k = 0; k < NB_ARRAY_SIZE(configs); k++) {
		for (size_t i = 0; configs[k] && i < configs[k]->n_namespaces && r == 0; i++) {
			const struct nb_netns_spec *spec = &configs[k]->namespaces[i];

			if (!nb_netns_spec_is_plain(spec))
				r = add_name(&names, &n, &capacity, spec->name);
		}
	}
	for (size_t i = 0; i < memory->n_objects && r == 0; i++) {
		if (memory->objects[i].kind == NB_OBJECT_TYPE)
			r = add_name(&names, &n, &capacity, memory->objects[i].namespace);
	}
	if (r < 0)
		return r;
	*ret = nb_steal(&names);
	*ret_n = n;
	return 0;
}

static struct nb_object *remake(struct nb_memory *memory, enum nb_object_kind kind,
	const char *namespace, const char *name)
{
	struct nb_object *object = nb_memory_find_name(memory, kind, namespace, name);

	if (object)
		nb_object_renew(object);
	else
		object = nb_memory_add(memory, kind, namespace, name);
	if (object)
		object->made = true;
	return object;
}

/* A NIC on its way in: where it came from. One that was moved before keeps its first home. */
static int foresee_move(struct nb_memory *memory, const struct nb_op *op, const struct nb_state *observed)
{
	const struct nb_netns *from = nb_state_namespace(observed, op->namespace);
	const struct nb_link *link = from ? nb_netns_find(from, op->link) : NULL;
	struct nb_object *old = link ? nb_memory_find(memory, NB_OBJECT_NIC, from, link) : NULL;
	struct nb_object *object;

	if (old && nb_streq(old->home_namespace, op->to_namespace))
		return 0; /* on its way home; forgotten when it is there */
	object = remake(memory, NB_OBJECT_NIC, op->to_namespace, op->new_name);
	if (!object)
		return -ENOMEM;
	old = link ? nb_memory_find(memory, NB_OBJECT_NIC, from, link) : NULL;
	object->has_mac = link && !nb_link_is_bond(link) && nb_link_own_mac(link, object->mac);
	object->home = strdup(old ? old->home : op->link);
	object->home_namespace = strdup(old ? old->home_namespace : op->namespace);
	return object->home && object->home_namespace ? 0 : -ENOMEM;
}

/* What was shared counts as that until it is made anew. */
static int foresee_type(struct nb_memory *memory, const struct nb_op *op)
{
	struct nb_object *object = nb_memory_find_type(memory, op->namespace, op->nstype);

	if (object && object->home && !op->from)
		return 0;
	object = remake(memory, NB_OBJECT_TYPE, op->namespace, nb_nstype_name(op->nstype));
	if (!object)
		return -ENOMEM;
	object->home = op->from ? strdup(op->from) : NULL;
	return !op->from || object->home ? 0 : -ENOMEM;
}

int nb_converge_foresee(struct nb_memory *memory, const struct nb_plan *plan,
	const struct nb_state *observed, bool *ret_changed)
{
	for (size_t i = 0; i < plan->n_ops; i++) {
		const struct nb_op *op = &plan->ops[i];
		int r = 0;

		if (op->kind == NB_OP_BOND_CREATE)
			r = remake(memory, NB_OBJECT_BOND, op->namespace, op->link) ? 0 : -ENOMEM;
		else if (op->kind == NB_OP_NETNS_CREATE)
			r = remake(memory, NB_OBJECT_NETNS, op->namespace, op->namespace) ? 0
											  : -ENOMEM;
		else if (op->kind == NB_OP_LINK_MOVE)
			r = foresee_move(memory, op, observed);
		else if (op->kind == NB_OP_TYPE_CREATE)
			r = foresee_type(memory, op);
		else
			continue;
		if (r < 0)
			return r;
		*ret_changed = true;
	}
	return 0;
}

bool nb_converge_forget(struct nb_memory *memory, const struct nb_op *op)
{
	bool bond = op->kind == NB_OP_BOND_CREATE;
	struct nb_object *object = nb_memory_find_name(memory, bond ? NB_OBJECT_BOND : NB_OBJECT_NETNS,
		op->namespace, bond ? op->link : op->namespace);

	if (!object)
		return false;
	nb_memory_remove(memory, object);
	return true;
}

/* ifindexes are used again in a namespace that a device has left (dev_new_index()). */
static bool is_same_nic(const struct nb_object *object, const struct nb_link *link)
{
	uint8_t mac[6];

	return object->has_mac && !nb_link_is_bond(link) && nb_link_own_mac(link, mac) &&
	       memcmp(mac, object->mac, 6) == 0;
}

/*
 * By its ifindex; by its MAC alone when it was moved a moment ago and nobody has seen it there yet:
 * then it must be the only one that has it, those that lie upon others apart.
 */
static const struct nb_link *find_nic(const struct nb_object *object, const struct nb_netns *ns)
{
	const struct nb_link *found = NULL;

	if (object->ifindex)
		return nb_netns_find_index(ns, object->ifindex);
	if (nb_netns_find(ns, object->name))
		return NULL;
	for (size_t i = 0; i < ns->links.n; i++) {
		if (nb_netns_link(ns, i)->lower || !is_same_nic(object, nb_netns_link(ns, i)))
			continue;
		if (found)
			return NULL;
		found = nb_netns_link(ns, i);
	}
	return found;
}

int nb_converge_follow(struct nb_memory *memory, const struct nb_state *observed, bool *ret_changed)
{
	for (size_t i = 0; i < memory->n_objects; i++) {
		struct nb_object *object = &memory->objects[i];
		const struct nb_netns *ns = nb_state_namespace(observed, object->namespace);
		const struct nb_link *link;

		if (object->kind != NB_OBJECT_NIC || !ns || !ns->exists ||
			nb_object_elsewhere(object, ns))
			continue;
		link = find_nic(object, ns);
		if (!link || nb_streq(link->name, object->name) || !is_same_nic(object, link))
			continue;
		if (nb_memory_rename(memory, object, link->name) < 0)
			return -ENOMEM;
		*ret_changed = true;
	}
	return 0;
}

/* No other set has this namespace. */
static bool is_alone(
	const struct nb_state *observed, const struct nb_nsset *set, enum nb_nstype type)
{
	for (size_t i = 0; i < observed->n_sets; i++) {
		const struct nb_nsset *other = observed->sets[i];

		if (other != set && (other->unreadable || other->inodes[type] == set->inodes[type]))
			return false;
	}
	return true;
}

static bool type_still_there(
	struct nb_object *object, const struct nb_state *observed, bool *changed)
{
	const struct nb_nsset *set = nb_state_set(observed, object->namespace);
	enum nb_nstype type = nb_nstype_find(object->name);

	if (!set || set->unreadable || type == NB_NS_COUNT)
		return set != NULL;
	if (set->inodes[type] && object->inode != set->inodes[type]) {
		object->inode = set->inodes[type];
		*changed = true;
	}
	if (object->home && type != NB_NS_NET && is_alone(observed, set, type)) {
		free(nb_steal(&object->home));
		*changed = true;
	}
	return set->inodes[type] != 0;
}

/* Whether what @object stands for is still there; its missing keys are filled in. */
static bool still_there(struct nb_object *object, const struct nb_state *observed, bool *changed)
{
	const struct nb_netns *ns = nb_state_namespace(observed, object->namespace);
	const struct nb_link *link;

	if (object->kind == NB_OBJECT_TYPE)
		return type_still_there(object, observed, changed);
	if (!ns || !ns->exists || nb_object_elsewhere(object, ns))
		return false;
	if (ns->unreadable)
		return true;
	if (object->inode != ns->inode || object->cookie != ns->cookie) {
		object->inode = ns->inode;
		object->cookie = ns->cookie;
		*changed = true;
	}
	if (object->kind == NB_OBJECT_NETNS)
		return true;
	link = nb_netns_find(ns, object->name);
	if (!link || (object->ifindex && object->ifindex != link->ifindex))
		return false;
	if (object->kind == NB_OBJECT_BOND && !nb_link_is_bond(link))
		return false;
	if (object->ifindex != link->ifindex) {
		object->ifindex = link->ifindex;
		object->has_mac = object->kind == NB_OBJECT_NIC &&
				  nb_link_own_mac(link, object->mac);
		*changed = true;
	}
	return true;
}

/* One that went is no longer ours to remove when somebody adds it again. */
static void forget_addresses(const struct nb_link *link, struct nb_object *object, bool *changed)
{
	for (size_t i = object->n_addresses; i-- > 0;) {
		if (nb_link_find_address(link, &object->addresses[i]))
			continue;
		memmove(&object->addresses[i], &object->addresses[i + 1],
			(--object->n_addresses - i) * sizeof(*object->addresses));
		*changed = true;
	}
}

static int recall_addresses(const struct nb_goal *goal, const struct nb_link *link,
	struct nb_object *object, bool *changed)
{
	for (size_t i = 0; i < goal->n_addresses; i++) {
		for (size_t k = 0; k < link->n_addresses; k++) {
			const struct nb_address *have = &link->addresses[k];

			if (!nb_address_same(have, &goal->addresses[i]) ||
				have->proto == NB_PROTOCOL ||
				nb_object_has_address(object, have))
				continue;
			if (nb_object_add_address(object, have) < 0)
				return -ENOMEM;
			*changed = true;
		}
	}
	return 0;
}

static int recall_goal(struct nb_memory *memory, const struct nb_state *observed,
	const struct nb_goal *goal, bool *changed)
{
	const struct nb_netns *ns = nb_state_namespace(observed, goal->namespace);
	const struct nb_link *link = ns ? nb_netns_find(ns, goal->name) : NULL;
	struct nb_object *object;

	if (!link || goal->absent || !nb_link_is_bond(link))
		return 0;
	object = nb_memory_find(memory, NB_OBJECT_BOND, ns, link);
	if (!object) {
		object = nb_memory_add(memory, NB_OBJECT_BOND, goal->namespace, goal->name);
		if (!object)
			return -ENOMEM;
		object->inode = ns->inode;
		object->cookie = ns->cookie;
		object->ifindex = link->ifindex;
		*changed = true;
	}
	forget_addresses(link, object, changed);
	if (goal->literal)
		return 0; /* it has them because they were there, whoever put them */
	return recall_addresses(goal, link, object, changed);
}

/* Pins are netbond's own affair: who lost the memory of them takes them for its own again. */
static int recall_type(struct nb_memory *memory, const struct nb_state *observed,
	const struct nb_nsset *set, const struct nb_netns_spec *spec, enum nb_nstype type,
	bool *changed)
{
	const struct nb_netns *net = type == NB_NS_NET && spec->share[type] ?
		nb_state_namespace(observed, spec->share[type]) : NULL;
	struct nb_object *object;

	if (!set->inodes[type] || !nb_netns_spec_has(spec, type) ||
		(type == NB_NS_NET && (!net || net->inode != set->inodes[type])) ||
		nb_memory_find_type(memory, spec->name, type))
		return 0;
	object = nb_memory_add(memory, NB_OBJECT_TYPE, spec->name, nb_nstype_name(type));
	if (!object)
		return -ENOMEM;
	*changed = object->made = true;
	object->inode = set->inodes[type];
	object->home = spec->share[type] ? strdup(spec->share[type]) : NULL;
	return spec->share[type] && !object->home ? -ENOMEM : 0;
}

static int recall_types(struct nb_memory *memory, const struct nb_state *observed,
	const struct nb_target *target, bool *changed)
{
	int r = 0;

	for (size_t i = 0; i < target->n_sets; i++) {
		const struct nb_netns_spec *spec = &target->sets[i].spec;
		const struct nb_nsset *set = nb_state_set(observed, spec->name);

		for (enum nb_nstype type = 0; set && type < NB_NS_COUNT && r == 0; type++)
			r = recall_type(memory, observed, set, spec, type, changed);
	}
	return r;
}

static bool forget_sharing(struct nb_object *type)
{
	bool shared = type && type->home;

	if (shared)
		free(nb_steal(&type->home));
	return shared;
}

bool nb_converge_left(struct nb_memory *memory, const struct nb_op *op)
{
	const bool gone = op->kind == NB_OP_NETNS_DELETE;
	struct nb_object *type = op->kind == NB_OP_TYPE_DELETE ?
		nb_memory_find_type(memory, op->namespace, op->nstype) : NULL;
	bool changed = type != NULL;

	if (type)
		nb_memory_remove(memory, type);
	if (op->kind == NB_OP_TYPE_CREATE && !op->from)
		changed = forget_sharing(nb_memory_find_type(memory, op->namespace, op->nstype));
	if (!gone && (op->kind != NB_OP_LINK_MOVE || !*op->namespace))
		return changed;
	for (size_t i = memory->n_objects; i-- > 0;) {
		struct nb_object *object = &memory->objects[i];

		if (!nb_streq(object->namespace, op->namespace) || object->kind == NB_OBJECT_TYPE ||
			(!gone && (object->kind != NB_OBJECT_NIC || !nb_streq(object->name, op->link))))
			continue;
		nb_memory_remove(memory, object);
		changed = true;
	}
	return changed;
}

static bool was_lost(const struct nb_object *object, const struct nb_state *observed)
{
	const struct nb_netns *ns = nb_state_namespace(observed, object->namespace);

	return object->kind == NB_OBJECT_NIC && object->inode &&
	       (!ns || !ns->exists || nb_object_elsewhere(object, ns));
}

/* Real NICs go to the first namespace of the machine (default_device_exit_net()). */
static const struct nb_link *find_back(const struct nb_object *object, const struct nb_state *observed)
{
	const struct nb_netns *own = observed->namespaces[0];

	for (size_t i = 0; i < own->links.n && object->has_mac; i++) {
		uint8_t mac[6];

		if (!nb_link_is_bond(nb_netns_link(own, i)) && nb_link_own_mac(nb_netns_link(own, i), mac) &&
			memcmp(mac, object->mac, 6) == 0)
			return nb_netns_link(own, i);
	}
	return NULL;
}

static void tell_lost(const struct nb_memory *memory, const struct nb_state *observed,
	const char *namespace, struct nb_diag *diag)
{
	NB_CLEANUP(nb_text_done) struct nb_text lost = { 0 }, back = { 0 };

	for (size_t i = 0; i < memory->n_objects; i++) {
		const struct nb_object *object = &memory->objects[i];
		struct nb_text *list = find_back(object, observed) ? &back : &lost;

		if (nb_streq(object->namespace, namespace) && was_lost(object, observed))
			nb_text_add(list, "%s%s", list->length ? ", " : "", object->name);
	}
	nb_diag_warning(diag, NULL, namespace, "somebody deleted the namespace%s%s%s%s",
		back.length ? "; came home: " : "", back.length ? back.text : "",
		lost.length ? "; not back: " : "", lost.length ? lost.text : "");
	if (lost.length)
		nb_diag_hint(diag, "real NICs come home by themselves in a moment, virtual devices died with it");
}

static void tell_all_lost(
	const struct nb_memory *memory, const struct nb_state *observed, struct nb_diag *diag)
{
	for (size_t i = 0; i < memory->n_objects; i++) {
		const struct nb_object *object = &memory->objects[i];
		bool told = !was_lost(object, observed);

		for (size_t k = 0; k < i && !told; k++)
			told = nb_streq(memory->objects[k].namespace, object->namespace) &&
			       was_lost(&memory->objects[k], observed);
		if (!told)
			tell_lost(memory, observed, object->namespace, diag);
	}
}

static void tell_lost_types(
	const struct nb_memory *memory, const struct nb_state *observed, struct nb_diag *diag)
{
	for (size_t i = 0; i < memory->n_objects; i++) {
		const struct nb_object *object = &memory->objects[i];
		const struct nb_nsset *set = nb_state_set(observed, object->namespace);

		if (object->kind == NB_OBJECT_TYPE && object->inode && set && !set->unreadable &&
			!set->inodes[nb_nstype_find(object->name)])
			nb_diag_warning(diag, NULL, object->namespace, "somebody removed its %s",
				object->name);
	}
}

/* Forget what is gone or let go. */
static void forget_stale(struct nb_memory *memory, const struct nb_state *observed,
	const struct nb_target *target, bool *changed)
{
	for (size_t i = memory->n_objects; i-- > 0;) {
		struct nb_object *object = &memory->objects[i];
		bool let_go = object->kind == NB_OBJECT_BOND && !object->made &&
			      !nb_target_find(target, object->namespace, object->name);

		if (!let_go && still_there(object, observed, changed))
			continue;
		nb_memory_remove(memory, object);
		*changed = true;
	}
}

int nb_converge_recall(struct nb_memory *memory, const struct nb_state *observed,
	const struct nb_target *target, bool *ret_changed, struct nb_diag *diag)
{
	const size_t n = nb_target_n_scope(target);

	/* With a scope, the same devices are there as before. */
	if (!target->scope) {
		tell_all_lost(memory, observed, diag);
		tell_lost_types(memory, observed, diag);
		forget_stale(memory, observed, target, ret_changed);
	}
	for (size_t i = 0; i < n; i++) {
		int r = recall_goal(memory, observed, nb_target_scope(target, i), ret_changed);

		if (r < 0)
			return r;
	}
	return recall_types(memory, observed, target, ret_changed);
}
