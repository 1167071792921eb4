/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "lib/core/restore.h"

#include <errno.h>
#include <string.h>

#include "lib/core/diff.h"
#include "lib/core/rules.h"

/* Devices of the snapshot that count: bonds first, then their slaves, then what lies upon them. */
struct touched {
	const struct nb_restore *restore;
	const struct nb_state *observed;
	struct nb_target *target;
	struct nb_link_goal *bonds; /* of the snapshot */
	size_t n_bonds, capacity;
};

void nb_restore_done(struct nb_restore *restore)
{
	nb_state_free(restore->snapshot);
	nb_memory_done(&restore->memory);
	nb_config_free(restore->before);
	nb_config_free(restore->tried);
	memset(restore, 0, sizeof(*restore));
}

int nb_restore_check(const struct nb_state *snapshot, struct nb_diag *diag)
{
	int r = 0;

	for (size_t i = 0; i < snapshot->n_namespaces; i++) {
		if (!snapshot->namespaces[i]->unreadable)
			continue;
		r = nb_diag_error(diag, NULL, snapshot->namespaces[i]->name,
			"nobody can look into the namespace now, so there would be no way back");
		nb_diag_hint(diag, "`netbondctl plan` says why; mend that, or apply without a try");
	}
	for (size_t i = 0; i < snapshot->n_sets; i++) {
		if (!snapshot->sets[i]->unreadable)
			continue;
		r = nb_diag_error(diag, NULL, snapshot->sets[i]->name,
			"nobody can look at the types of the namespace now, so there would be no way back");
		nb_diag_hint(diag, "`netbondctl plan` says why; mend that, or apply without a try");
	}
	return r;
}

static bool is_listed(const struct nb_link_goal *list, size_t n, const struct nb_link *was)
{
	for (size_t i = 0; i < n; i++) {
		if (list[i].was == was)
			return true;
	}
	return false;
}

static int add_to(struct nb_link_goal **list, size_t *n, size_t *capacity,
	const struct nb_netns *ns, const struct nb_link *was)
{
	if (is_listed(*list, *n, was))
		return 0;
	if (nb_grow(list, *n, capacity, sizeof(**list)) < 0)
		return -ENOMEM;
	(*list)[(*n)++] = (struct nb_link_goal){ .namespace = ns->name, .was = was };
	return 0;
}

static int add_bond(struct touched *touched, const struct nb_netns *ns, const struct nb_link *was)
{
	return add_to(&touched->bonds, &touched->n_bonds, &touched->capacity, ns, was);
}

static int add_link(struct nb_target *target, const struct nb_netns *ns, const struct nb_link *was)
{
	return add_to(&target->links, &target->n_links, &target->link_capacity, ns, was);
}

static int add_bond_named(struct touched *touched, const char *namespace, const char *name)
{
	const struct nb_netns *ns = nb_state_namespace(touched->restore->snapshot, namespace);
	const struct nb_link *was = ns ? nb_netns_find(ns, name) : NULL;

	return was && nb_link_is_bond(was) ? add_bond(touched, ns, was) : 0;
}

/* The bond that had this device then: it lost it, or was to keep it. */
static int add_owner(struct touched *touched, const struct nb_netns *ns, const struct nb_link *was)
{
	const struct nb_link *owner = was->master ? nb_netns_find_index(ns, was->master) : NULL;

	return owner && nb_link_is_bond(owner) ? add_bond(touched, ns, owner) : 0;
}

static int add_config(struct touched *touched, const struct nb_config *config)
{
	int r = 0;

	for (size_t i = 0; config && i < config->n_bonds && r == 0; i++)
		r = add_bond_named(touched, nb_config_netns_of(config, config->bonds[i]),
			config->bonds[i]->name);
	return r;
}

/* A NIC of the snapshot, and the bond that had it. */
static int add_nic(struct touched *touched, const char *namespace, const char *name)
{
	const struct nb_netns *ns = nb_state_namespace(touched->restore->snapshot, namespace);
	const struct nb_link *was = ns ? nb_netns_find(ns, name) : NULL;
	int r = was ? add_link(touched->target, ns, was) : 0;

	return r == 0 && was ? add_owner(touched, ns, was) : r;
}

/* What the tried configuration takes as slaves, found in the snapshot as it found them. */
static int add_wanted(struct touched *touched)
{
	const struct nb_restore *restore = touched->restore;
	NB_CLEANUP(nb_target_freep) struct nb_target *tried = NULL;
	NB_CLEANUP(nb_diag_done) struct nb_diag unheard = { 0 };
	int r;

	if (!restore->tried)
		return 0;
	r = nb_resolve(restore->tried, restore->snapshot, &restore->memory, &tried, &unheard);
	if (r < 0)
		return r == -EBADMSG ? 0 : r; /* it was refused then as well */
	for (size_t i = 0; i < tried->goals.n && r == 0; i++) {
		const struct nb_goal *goal = nb_target_goal(tried, i);

		for (size_t s = 0; s < goal->n_slaves && r == 0; s++)
			r = add_nic(touched, goal->slaves[s].namespace, goal->slaves[s].name);
	}
	return r;
}

/* What netbond had made without naming it any more: held then, and allowed since. */
static int add_remembered(struct touched *touched)
{
	const struct nb_memory *memory = &touched->restore->memory;
	int r = 0;

	for (size_t i = 0; i < memory->n_objects && r == 0; i++) {
		const struct nb_object *object = &memory->objects[i];

		if (object->kind == NB_OBJECT_BOND && object->made)
			r = add_bond_named(touched, object->namespace, object->name);
		else if (object->kind == NB_OBJECT_NIC)
			r = add_nic(touched, object->namespace, object->name);
	}
	return r;
}

static int add_slaves(struct touched *touched)
{
	int r = 0;

	for (size_t i = 0; i < touched->n_bonds && r == 0; i++) {
		const struct nb_link_goal *bond = &touched->bonds[i];
		const struct nb_netns *ns =
			nb_state_namespace(touched->restore->snapshot, bond->namespace);

		r = add_link(touched->target, ns, bond->was);
		for (size_t k = 0; k < ns->links.n && r == 0; k++) {
			if (nb_link_is_slave_of(nb_netns_link(ns, k), bond->was))
				r = add_link(touched->target, ns, nb_netns_link(ns, k));
		}
	}
	return r;
}

/* Each addition is looked at in its turn: what lies upon an upper stands behind it. */
static int add_uppers(struct touched *touched)
{
	struct nb_target *target = touched->target;
	int r = 0;

	for (size_t i = 0; i < target->n_links && r == 0; i++) {
		const struct nb_link *lower = target->links[i].was;
		const struct nb_netns *ns = nb_state_namespace(
			touched->restore->snapshot, target->links[i].namespace);
		struct nb_relatives relatives = nb_netns_relatives(ns, lower->ifindex);
		const struct nb_link *upper;

		while (r == 0 && (upper = nb_relatives_next(&relatives))) {
			if (upper->lower == lower->ifindex && upper != lower)
				r = add_link(target, ns, upper);
		}
	}
	return r;
}

static int find_touched(struct touched *touched)
{
	int r = add_config(touched, touched->restore->before);

	if (r == 0)
		r = add_config(touched, touched->restore->tried);
	if (r == 0)
		r = add_wanted(touched);
	if (r == 0)
		r = add_remembered(touched);
	if (r == 0)
		r = add_slaves(touched);
	return r == 0 ? add_uppers(touched) : r;
}

static bool is_same_device(const struct nb_link *was, const struct nb_link *now)
{
	uint8_t then[6], today[6];

	return nb_link_own_mac(was, then) && nb_link_own_mac(now, today) &&
	       memcmp(then, today, 6) == 0 && nb_streq(was->kind, now->kind);
}

struct nb_link *nb_link_goal_find(const struct nb_link_goal *goal, const struct nb_state *state,
	const char **ret_namespace)
{
	const struct nb_netns *ns = nb_state_namespace(state, goal->namespace);
	struct nb_link *link = ns ? nb_netns_find(ns, goal->was->name) : NULL;

	*ret_namespace = goal->namespace;
	for (size_t i = 0; i < state->n_namespaces && !link; i++) {
		ns = state->namespaces[i];
		link = nb_netns_find(ns, goal->was->name);
		if (link && !is_same_device(goal->was, link))
			link = NULL;
		*ret_namespace = ns->name;
	}
	return link;
}

/* Options */

static int literal_option(struct nb_optset *opts, const struct nb_option *row, unsigned attr)
{
	bool applies = nb_option_scope(row) == NB_SCOPE_BOND
			       ? nb_rules_applicable(row, opts, true)
			       : nb_option_writable(row);

	if (!applies || (row->flags & NB_OPTION_RUNTIME)) {
		nb_optset_unset(opts, attr);
		return 0;
	}
	/* What the kernel does not show is empty. */
	if (!nb_optset_has(opts, attr) && (row->flags & NB_OPTION_SPARSE))
		return nb_optset_set(opts, attr, (union nb_value){ 0 });
	return 0;
}

/* Rows that need another are looked at while that one still is there. */
static int literal_options(const struct nb_optset *was, struct nb_optset *opts, unsigned mode)
{
	int r = nb_optset_copy(was, opts);

	nb_optset_unname(opts);
	nb_foreach_option(row, attr, was->scope) {
		if (r == 0 && row->needs)
			r = literal_option(opts, row, attr);
	}
	nb_foreach_option(row, attr, was->scope) {
		if (r == 0 && !row->needs)
			r = literal_option(opts, row, attr);
		if (row->refused & NB_MODE(mode))
			nb_optset_unset(opts, attr);
	}
	return r;
}

/* Goals of bonds */

static int literal_slave(
	const struct touched *touched, struct nb_goal *goal, const struct nb_link *was)
{
	const struct nb_link_goal place = { .namespace = goal->namespace, .was = was };
	struct nb_goal_slave *slave;
	const char *namespace;
	const struct nb_link *now = nb_link_goal_find(&place, touched->observed, &namespace);

	/* A bond that is to be made again counts as there. */
	if (!now && !(nb_link_is_bond(was) && is_listed(touched->bonds, touched->n_bonds, was)))
		return 0;
	if (nb_grow32(&goal->slaves, goal->n_slaves, &goal->slave_capacity, sizeof(*slave)) < 0)
		return -ENOMEM;
	slave = &goal->slaves[goal->n_slaves];
	*slave = (struct nb_goal_slave){
		.ifindex = now ? now->ifindex : 0,
		.is_bond = nb_link_is_bond(was),
		.keep_down = !nb_link_is_up(was),
		.keep_mtu = true,
	};
	memcpy(slave->name, was->name, IFNAMSIZ);
	slave->namespace = nb_word_dup(now ? namespace : goal->namespace);
	if (!slave->namespace)
		return -ENOMEM;
	goal->n_slaves++;
	return literal_options(
		&was->slave, &slave->opts, (unsigned)nb_optset_u(&goal->opts, IFLA_BOND_MODE));
}

static int literal_slaves(const struct touched *touched, const struct nb_netns *ns,
	const struct nb_link *was, struct nb_goal *goal)
{
	NB_CLEANUP(nb_freep) struct nb_link **slaves = NULL;
	int r = 0, n = nb_netns_slaves(ns, was, &slaves);

	for (int i = 0; i < n && r == 0; i++)
		r = literal_slave(touched, goal, slaves[i]);
	return n < 0 ? n : r;
}

static int literal_l3(const struct nb_link *was, struct nb_goal *goal)
{
	for (size_t i = 0; i < was->n_addresses; i++) {
		if (!nb_address_restorable(&was->addresses[i]))
			continue;
		if (nb_grow32(&goal->addresses, goal->n_addresses, &goal->address_capacity,
			    sizeof(*goal->addresses)) < 0)
			return -ENOMEM;
		goal->addresses[goal->n_addresses++] = was->addresses[i];
	}
	for (size_t i = 0; i < was->n_routes; i++) {
		if (!nb_route_restorable(&was->routes[i]))
			continue;
		if (nb_grow32(&goal->routes, goal->n_routes, &goal->route_capacity,
			    sizeof(*goal->routes)) < 0 ||
			nb_route_copy(&was->routes[i], &goal->routes[goal->n_routes]) < 0)
			return -ENOMEM;
		goal->n_routes++;
	}
	return 0;
}

static const char *key_in(
	const struct nb_config *config, const char *namespace, const struct nb_link *was)
{
	for (size_t i = 0; config && i < config->n_bonds; i++) {
		const struct nb_bond *bond = config->bonds[i];

		if (nb_streq(bond->name, was->name) &&
			nb_streq(nb_config_netns_of(config, bond), namespace))
			return bond->key;
	}
	return NULL;
}

static int literal_bond(const struct touched *touched, const struct nb_link_goal *bond,
	struct nb_goal *goal)
{
	const struct nb_netns *ns =
		nb_state_namespace(touched->restore->snapshot, bond->namespace);
	const struct nb_link *was = bond->was;
	const char *key = key_in(touched->restore->before, bond->namespace, was);
	int r;

	if (!key)
		key = key_in(touched->restore->tried, bond->namespace, was);
	goal->key = strdup(key ? key : was->name);
	goal->namespace = nb_word_dup(bond->namespace);
	if (!goal->key || !goal->namespace)
		return -ENOMEM;
	memcpy(goal->name, was->name, IFNAMSIZ);
	goal->literal = true;
	goal->mtu = was->mtu;
	goal->link_local = was->addr_gen_mode != IN6_ADDR_GEN_MODE_NONE;
	goal->keep_down = !nb_link_is_up(was);
	r = literal_options(
		&was->bond, &goal->opts, (unsigned)nb_optset_u(&was->bond, IFLA_BOND_MODE));
	if (r < 0)
		return r;
	goal->has_mac = was->has_mac && !nb_bond_follows_mac(&goal->opts);
	goal->has_birth_mac = was->has_mac;
	memcpy(goal->mac, was->mac, 6);
	memcpy(goal->birth_mac, was->mac, 6);
	r = literal_slaves(touched, ns, was, goal);
	return r < 0 ? r : literal_l3(was, goal);
}

static int add_goals(struct touched *touched)
{
	struct nb_target *target = touched->target;
	int r = 0;

	for (size_t i = 0; i < touched->n_bonds && r == 0; i++) {
		struct nb_goal *goal = nb_target_add(target);

		r = goal ? literal_bond(touched, &touched->bonds[i], goal) : -ENOMEM;
	}
	return r;
}

static int add_namespaces(const struct nb_state *snapshot, struct nb_target *target)
{
	for (size_t i = 0; i < snapshot->n_namespaces; i++) {
		const struct nb_netns *ns = snapshot->namespaces[i];

		if (!*ns->name || !ns->exists)
			continue;
		if (nb_grow(&target->namespaces, target->n_namespaces,
			    &target->namespace_capacity, sizeof(*target->namespaces)) < 0 ||
			!(target->namespaces[target->n_namespaces] = strdup(ns->name)))
			return -ENOMEM;
		target->n_namespaces++;
	}
	return 0;
}

int nb_restore_target(const struct nb_restore *restore, const struct nb_state *observed,
	struct nb_target **ret)
{
	NB_CLEANUP(nb_target_freep) struct nb_target *target = calloc(1, sizeof(*target));
	struct touched touched = { .restore = restore, .observed = observed, .target = target };
	int r;

	if (!target)
		return -ENOMEM;
	target->snapshot = restore->snapshot;
	r = add_namespaces(restore->snapshot, target);
	if (r == 0)
		r = nb_restore_sets(restore, target);
	if (r == 0)
		r = find_touched(&touched);
	if (r == 0)
		r = add_goals(&touched);
	free(touched.bonds);
	if (r == 0)
		r = nb_target_sort(target);
	if (r < 0)
		return r;
	*ret = nb_steal(&target);
	return 0;
}

/* The entry of that kind and name, whatever stands there under it now. */
static const struct nb_object *find_then(
	const struct nb_memory *memory, const struct nb_object *object)
{
	for (size_t i = 0; i < memory->n_objects; i++) {
		const struct nb_object *then = &memory->objects[i];

		if (then->kind == object->kind && nb_streq(then->name, object->name) &&
			nb_streq(then->namespace, object->namespace))
			return then;
	}
	return NULL;
}

int nb_restore_memory(const struct nb_restore *restore, struct nb_memory *memory)
{
	for (size_t i = 0; i < memory->n_objects; i++) {
		struct nb_object *object = &memory->objects[i];
		const struct nb_object *then = find_then(&restore->memory, object);

		if (object->kind != NB_OBJECT_BOND)
			continue;
		object->made = then && then->made;
		object->n_addresses = 0; /* adopted by what was tried */
		for (size_t k = 0; then && k < then->n_addresses; k++) {
			if (nb_object_add_address(object, &then->addresses[k]) < 0)
				return -ENOMEM;
		}
	}
	return 0;
}
