/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What shall be, as a whole: its goals are found by name and by key, and stand in the order of their nesting. */
#include <errno.h>
#include <string.h>

#include "lib/core/resolve-slaves.h"

struct nb_goal *nb_goal_free(struct nb_goal *goal)
{
	if (!goal)
		return NULL;
	if (goal->sharers) {
		goal->sharers--;
		return NULL;
	}
	free(goal->key);
	nb_word_free(goal->namespace);
	nb_optset_done(&goal->opts);
	for (size_t i = 0; i < goal->n_slaves; i++) {
		nb_word_free(goal->slaves[i].namespace);
		nb_optset_done(&goal->slaves[i].opts);
	}
	free(goal->slaves);
	for (size_t i = 0; i < goal->n_waiting; i++)
		free(goal->waiting[i]);
	free(goal->waiting);
	free(goal->addresses);
	for (size_t i = 0; i < goal->n_routes; i++)
		nb_route_done(&goal->routes[i]);
	free(goal->routes);
	free(goal);
	return NULL;
}

static void drop_goal(void *goal)
{
	nb_goal_free(goal);
}

struct nb_target *nb_target_free(struct nb_target *target)
{
	if (!target)
		return NULL;
	nb_pages_done(&target->goals, drop_goal);
	for (size_t i = 0; i < target->n_namespaces; i++)
		free(target->namespaces[i]);
	free(target->namespaces);
	for (size_t i = 0; i < target->n_sets; i++)
		nb_netns_spec_done(&target->sets[i].spec);
	free(target->sets);
	free(target->links);
	free(target->scope);
	nb_index_done(&target->names);
	nb_index_done(&target->asked);
	free(target);
	return NULL;
}

static bool goal_is(const struct nb_goal *goal, const char *namespace, const char *name)
{
	return nb_streq(goal->name, name) && nb_streq(goal->namespace, namespace);
}

/* The index is a cache, so also a search in what must not change may bring it up to date. */
static bool index_goals(struct nb_target *target)
{
	for (; target->n_indexed < target->goals.n; target->n_indexed++) {
		struct nb_goal *goal = nb_target_goal(target, target->n_indexed);

		if (nb_index_add(&target->names, nb_index_hash(goal->name), goal) < 0 ||
			(goal->key && !nb_streq(goal->key, goal->name) &&
				nb_index_add(&target->names, nb_index_hash(goal->key), goal) < 0)) {
			target->n_indexed = 0;
			return false;
		}
	}
	return true;
}

struct nb_goal *nb_target_find(const struct nb_target *target, const char *namespace, const char *name)
{
	uint32_t hash = nb_index_hash(name);
	struct nb_goal *goal;
	size_t cursor = 0;

	if (!index_goals((struct nb_target *)target)) {
		for (size_t i = 0; i < target->goals.n; i++) {
			if (goal_is(nb_target_goal(target, i), namespace, name))
				return nb_target_goal(target, i);
		}
		return NULL;
	}
	while ((goal = nb_index_next(&target->names, hash, &cursor))) {
		if (goal_is(goal, namespace, name))
			return goal;
	}
	return NULL;
}

bool nb_target_has_name(const struct nb_target *target, const char *name)
{
	size_t cursor = 0;

	return !index_goals((struct nb_target *)target) ||
		nb_index_next(&target->names, nb_index_hash(name), &cursor);
}

struct nb_goal *nb_target_find_key(const struct nb_target *target, const char *key)
{
	const bool indexed = index_goals((struct nb_target *)target);
	struct nb_goal *goal, *found = NULL;
	size_t cursor = 0, i = 0;

	do {
		if (indexed)
			goal = nb_index_next(&target->names, nb_index_hash(key), &cursor);
		else
			goal = i < target->goals.n ? nb_target_goal(target, i++) : NULL;
		if (goal && nb_streq(goal->key, key) && (!found || found->absent))
			found = goal;
	} while (goal);
	return found;
}

static int reindex_key(struct nb_target *target, struct nb_goal *goal, const char *key)
{
	int r = 0;

	if (!nb_streq(goal->key, goal->name))
		r = nb_index_remove(&target->names, nb_index_hash(goal->key), goal);
	if (r == 0 && !nb_streq(key, goal->name))
		r = nb_index_add(&target->names, nb_index_hash(key), goal);
	return r;
}

int nb_target_set_key(struct nb_target *target, struct nb_goal *goal, const char *key)
{
	char *copy = strdup(key);

	if (!copy)
		return -ENOMEM;
	/* Without the memory it is built anew. */
	if (goal->place < target->n_indexed && reindex_key(target, goal, key) < 0)
		target->n_indexed = 0;
	free(goal->key);
	goal->key = copy;
	return 0;
}

struct nb_goal_slave *nb_goal_find_slave(
	const struct nb_goal *goal, const char *namespace, const char *name)
{
	for (size_t i = 0; i < goal->n_slaves; i++) {
		if (nb_streq(goal->slaves[i].name, name) &&
			nb_streq(goal->slaves[i].namespace, namespace))
			return &goal->slaves[i];
	}
	return NULL;
}

struct nb_goal *nb_target_add(struct nb_target *target)
{
	struct nb_goal *goal = calloc(1, sizeof(*goal));

	if (!goal || nb_pages_insert(&target->goals, target->goals.n, goal) < 0) {
		free(goal);
		return NULL;
	}
	goal->opts.scope = NB_SCOPE_BOND;
	goal->place = target->goals.n - 1;
	return goal;
}

/* Depth of nesting; the rules refuse loops, the limit only keeps a wrong caller from a crash. */
static unsigned goal_depth(const struct nb_target *target, const struct nb_goal *goal, unsigned limit)
{
	unsigned depth = 0;

	for (size_t i = 0; i < goal->n_slaves && limit > 0; i++) {
		const struct nb_goal *inner = nb_target_find(
			target, goal->slaves[i].namespace, goal->slaves[i].name);

		if (inner)
			depth = NB_MAX(depth, 1 + goal_depth(target, inner, limit - 1));
	}
	return depth;
}

#define NEST_LIMIT 8 /* MAX_NEST_DEV */

int nb_target_sort(struct nb_target *target)
{
	struct nb_goal **sorted;
	size_t n = 0;
	bool nested = false;

	for (size_t i = 0; i < target->goals.n && !nested; i++) {
		for (size_t s = 0; s < nb_target_goal(target, i)->n_slaves && !nested; s++)
			nested = nb_target_goal(target, i)->slaves[s].is_bond;
	}
	if (!nested)
		return 0;
	sorted = calloc(target->goals.n, sizeof(*sorted));
	if (!sorted)
		return -ENOMEM;
	for (unsigned depth = 0; depth <= NEST_LIMIT; depth++) {
		for (size_t i = 0; i < target->goals.n; i++) {
			if (goal_depth(target, nb_target_goal(target, i), NEST_LIMIT) == depth)
				sorted[n++] = nb_target_goal(target, i);
		}
	}
	for (size_t i = 0; i < n; i++) {
		sorted[i]->place = i;
		nb_pages_set(&target->goals, i, sorted[i]);
	}
	free(sorted);
	return 0;
}
