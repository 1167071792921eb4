/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Goals after a small change. With the same devices under the names that were asked for, a slave entry
 * means the same device as before, and a default is the same: of a goal only the MACs follow from what is.
 */
#include <errno.h>
#include <string.h>

#include "lib/core/resolve-slaves.h"

struct again {
	struct nb_resolver resolver;
	const struct nb_resolved *before;
	struct nb_target *target;
	size_t capacity; /* of the scope */
};

static int copy_slaves(const struct nb_goal *from, struct nb_goal *to)
{
	for (size_t i = 0; i < from->n_slaves; i++) {
		struct nb_goal_slave slave = from->slaves[i], *copy;

		if (nb_grow32(&to->slaves, to->n_slaves, &to->slave_capacity, sizeof(slave)) < 0)
			return -ENOMEM;
		slave.namespace = NULL;
		slave.opts = (struct nb_optset){ .scope = slave.opts.scope };
		slave.keep_down = slave.keep_mtu = slave.deferred = false;
		slave.loser = NULL;
		copy = &to->slaves[to->n_slaves++];
		*copy = slave;
		copy->namespace = nb_word_dup(from->slaves[i].namespace);
		if (!copy->namespace || nb_optset_copy(&from->slaves[i].opts, &copy->opts) < 0)
			return -ENOMEM;
	}
	for (size_t i = 0; i < from->n_waiting; i++) {
		if (nb_grow32(&to->waiting, to->n_waiting, &to->waiting_capacity,
			    sizeof(*to->waiting)) < 0 ||
			!(to->waiting[to->n_waiting] = strdup(from->waiting[i])))
			return -ENOMEM;
		to->n_waiting++;
	}
	return 0;
}

static int copy_l3(const struct nb_goal *from, struct nb_goal *to)
{
	for (size_t i = 0; i < from->n_addresses; i++) {
		if (nb_grow32(&to->addresses, to->n_addresses, &to->address_capacity,
			    sizeof(*to->addresses)) < 0)
			return -ENOMEM;
		to->addresses[to->n_addresses++] = from->addresses[i];
	}
	for (size_t i = 0; i < from->n_routes; i++) {
		if (nb_grow32(&to->routes, to->n_routes, &to->route_capacity, sizeof(*to->routes)) < 0 ||
			nb_route_copy(&from->routes[i], &to->routes[to->n_routes]) < 0)
			return -ENOMEM;
		to->n_routes++;
	}
	return 0;
}

/* Without what it owns, what follows from what is, and what the planner noted. */
static struct nb_goal bare(const struct nb_goal *from)
{
	struct nb_goal goal = *from;

	goal.sharers = 0;
	goal.key = goal.namespace = NULL;
	goal.opts = (struct nb_optset){ .scope = NB_SCOPE_BOND };
	goal.slaves = NULL;
	goal.n_slaves = goal.slave_capacity = 0;
	goal.waiting = NULL;
	goal.n_waiting = goal.waiting_capacity = 0;
	goal.addresses = NULL;
	goal.n_addresses = goal.address_capacity = 0;
	goal.routes = NULL;
	goal.n_routes = goal.route_capacity = 0;
	goal.has_mac = goal.has_birth_mac = false;
	goal.is_met = goal.patient = goal.keep_down = goal.keep_order = goal.late = goal.is_open = false;
	goal.old = goal.circle = NULL;
	goal.visit = goal.least = 0;
	return goal;
}

/* What follows from the file, and which devices its entries mean. */
static int copy_goal(const struct nb_goal *from, struct nb_goal *to)
{
	*to = bare(from);
	to->key = strdup(from->key);
	to->namespace = nb_word_dup(from->namespace);
	if (!to->key || !to->namespace || nb_optset_copy(&from->opts, &to->opts) < 0)
		return -ENOMEM;
	return copy_slaves(from, to) < 0 ? -ENOMEM : copy_l3(from, to);
}

static int share(const struct nb_target *from, struct nb_target *to)
{
	to->scope = calloc(1, sizeof(struct nb_goal *));
	if (!to->scope || nb_pages_share(&from->goals, &to->goals) < 0 ||
		nb_index_share(&from->names, &to->names) < 0 ||
		nb_index_share(&from->asked, &to->asked) < 0)
		return -ENOMEM;
	to->asked_any = from->asked_any;
	to->n_indexed = from->n_indexed;
	for (size_t i = 0; i < from->n_namespaces; i++) {
		if (nb_grow(&to->namespaces, to->n_namespaces, &to->namespace_capacity,
			    sizeof(*to->namespaces)) < 0 ||
			!(to->namespaces[to->n_namespaces] = strdup(from->namespaces[i])))
			return -ENOMEM;
		to->n_namespaces++;
	}
	return 0;
}

/* @goal takes the place of the one it is a copy of. */
static int replace(struct nb_target *target, struct nb_goal *old, struct nb_goal *goal)
{
	if (!nb_pages_set(&target->goals, old->place, goal))
		return -ENOMEM;
	/* Without the memory it is built anew. */
	if (nb_index_replace(&target->names, nb_index_hash(old->name), old, goal) < 0 ||
		(!nb_streq(old->key, old->name) &&
			nb_index_replace(&target->names, nb_index_hash(old->key), old, goal) < 0))
		target->n_indexed = 0;
	nb_goal_free(old);
	return 0;
}

static bool is_in_scope(const struct nb_target *target, const struct nb_goal *goal)
{
	for (size_t i = 0; i < target->n_scope; i++) {
		if (target->scope[i] == goal)
			return true;
	}
	return false;
}

/* What was held in a goal is not in it any more. */
static int add(struct again *again, struct nb_goal *old)
{
	struct nb_target *target = again->target;
	const struct nb_bond *bond;
	struct nb_goal *goal;

	if (is_in_scope(target, old))
		return 0;
	bond = nb_config_find_bond(again->resolver.config, old->key);
	if (!bond || old->has_held || old->skip || old->literal)
		return -ESTALE;
	if (nb_grow(&target->scope, target->n_scope, &again->capacity, sizeof(goal)) < 0)
		return -ENOMEM;
	goal = calloc(1, sizeof(*goal));
	if (!goal)
		return -ENOMEM;
	if (copy_goal(old, goal) < 0 || replace(target, old, goal) < 0) {
		nb_goal_free(goal);
		return -ENOMEM;
	}
	target->scope[target->n_scope++] = goal;
	if (!goal->absent) {
		nb_resolve_mac(&again->resolver, bond, goal);
		nb_resolve_birth(target, goal);
	}
	return 0;
}

/* Return: 1 a goal's bond; 0 none's; a negative errno. */
static int add_bond(struct again *again, const struct nb_netns *ns, const struct nb_link *bond)
{
	struct nb_goal *goal =
		bond ? nb_target_find(again->target, ns->name, bond->name) : NULL;
	int r = goal ? add(again, goal) : 0;

	return r < 0 ? r : goal != NULL;
}

/* Whether it is a bond or a slave of one; false for NULL. */
static bool is_bonded(const struct nb_netns *ns, const struct nb_link *link)
{
	const struct nb_link *master = link ? nb_netns_find_index(ns, link->master) : NULL;

	return (link && nb_link_is_bond(link)) || (master && nb_link_is_bond(master));
}

static bool is_asked_for(const struct again *again, const char *name)
{
	const struct nb_target *target = again->target;
	size_t cursor = 0;

	return target->asked_any || nb_index_next(&target->asked, nb_index_hash(name), &cursor) ||
		nb_target_has_name(target, name) ||
		nb_memory_has_name(again->resolver.memory, name);
}

/* Whether nothing depends on it, as it is in @ns: neither that it is there, nor what it is called. */
static bool is_foreign(
	const struct again *again, const struct nb_netns *ns, const struct nb_link *link)
{
	struct nb_relatives relatives = nb_netns_relatives(ns, link->ifindex);
	const struct nb_link *upper;
	/* What a match may take, and udev may rename (resolve-slaves.c). */
	bool foreign = !link->parent && !is_bonded(ns, link) &&
		!is_bonded(ns, nb_netns_find_index(ns, link->lower)) &&
		!is_asked_for(again, link->name);

	for (size_t i = 0; i < link->n_altnames && foreign; i++)
		foreign = !is_asked_for(again, link->altnames[i]);
	while (foreign && (upper = nb_relatives_next(&relatives)))
		foreign = !is_bonded(ns, upper);
	return foreign;
}

static int add_link(struct again *again, const struct nb_touch *touch)
{
	const struct nb_netns *ns = nb_state_namespace(again->resolver.observed, touch->namespace);
	const struct nb_netns *old_ns =
		nb_state_namespace(again->before->observed, touch->namespace);
	const struct nb_link *link = ns ? nb_netns_find_index(ns, touch->ifindex) : NULL;
	const struct nb_link *old = old_ns ? nb_netns_find_index(old_ns, touch->ifindex) : NULL;
	int self, before, now;

	if (!link || !old || !nb_link_same_device(old, link))
		return (!old || is_foreign(again, old_ns, old)) &&
				(!link || is_foreign(again, ns, link)) ? 0 : -ESTALE;
	self = add_bond(again, ns, link);
	before = self < 0 ? self : add_bond(again, ns, nb_netns_find_index(ns, old->master));
	now = before < 0 ? before : add_bond(again, ns, nb_netns_find_index(ns, link->master));
	if (now < 0)
		return now;
	/* A NIC that netbond moved and that is nobody's now may have to go home. */
	if (!self && !before && !now &&
		nb_memory_find(again->resolver.memory, NB_OBJECT_NIC, ns, link))
		return -ESTALE;
	return 0;
}

/* As if all were looked at. */
static int by_place(const void *a, const void *b)
{
	const struct nb_goal *const *one = a, *const *two = b;

	return ((*one)->place > (*two)->place) - ((*one)->place < (*two)->place);
}

int nb_resolve_again(const struct nb_config *config, const struct nb_resolved *before,
	const struct nb_state *observed, const struct nb_memory *memory,
	const struct nb_touches *changed, struct nb_target **ret)
{
	NB_CLEANUP(nb_target_freep) struct nb_target *target = NULL;
	struct again again = { .resolver = { config, observed, memory, NULL }, .before = before };
	int r;

	if (changed->all || before->target->n_links || before->target->n_sets ||
		before->target->snapshot)
		return -ESTALE;
	again.target = target = calloc(1, sizeof(*target));
	r = target ? share(before->target, target) : -ENOMEM;
	for (size_t i = 0; i < changed->n && r == 0; i++)
		r = add_link(&again, &changed->items[i]);
	if (r < 0)
		return r;
	qsort(target->scope, target->n_scope, sizeof(*target->scope), by_place);
	*ret = nb_steal(&target);
	return 0;
}
