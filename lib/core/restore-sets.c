/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Going back: the types of namespaces, as the snapshot shows them. */
#include <errno.h>
#include <string.h>

#include "lib/core/restore.h"

/* The set whose own this type of @set was; NULL: its own. What was held then may be neither. */
static const char *shared_with(
	const struct nb_restore *restore, const struct nb_nsset *set, enum nb_nstype type)
{
	const struct nb_object *object = nb_memory_find_type(&restore->memory, set->name, type);
	const char *home = object ? object->home : NULL;
	const struct nb_nsset *other = home ? nb_state_set(restore->snapshot, home) : NULL;
	const struct nb_netns *net = home ? nb_state_namespace(restore->snapshot, home) : NULL;
	const uint64_t inode = type != NB_NS_NET ? (other ? other->inodes[type] : 0) :
			       net		 ? net->inode : 0;

	return inode == set->inodes[type] ? home : NULL;
}

static int literal_spec(
	const struct nb_restore *restore, const struct nb_nsset *set, struct nb_netns_spec *spec)
{
	spec->name = strdup(set->name);
	if (!spec->name || nb_nstraits_copy(&set->traits, &spec->traits) < 0)
		return -ENOMEM;
	for (enum nb_nstype type = 0; type < NB_NS_COUNT; type++) {
		const char *from = set->inodes[type] ? shared_with(restore, set, type) : NULL;

		if (from && !(spec->share[type] = strdup(from)))
			return -ENOMEM;
		if (set->inodes[type] && !from)
			spec->types |= NB_NS_BIT(type);
	}
	return 0;
}

/* Types of which both configurations want the same: what others did to them since is no part of the try. */
static unsigned untried(const struct nb_restore *restore, const char *name)
{
	const struct nb_netns_spec *before =
		restore->before ? nb_config_find_namespace(restore->before, name) : NULL;
	const struct nb_netns_spec *tried =
		restore->tried ? nb_config_find_namespace(restore->tried, name) : NULL;
	unsigned types = before && tried ? before->types & tried->types : 0;

	if (types && !nb_streq(before->traits.hostname, tried->traits.hostname))
		types &= ~NB_NS_BIT(NB_NS_UTS);
	return types;
}

int nb_restore_sets(const struct nb_restore *restore, struct nb_target *target)
{
	const struct nb_state *snapshot = restore->snapshot;

	for (size_t i = 0; i < snapshot->n_sets; i++) {
		struct nb_set_goal goal = {
			.was = snapshot->sets[i],
			.untried = untried(restore, snapshot->sets[i]->name),
		};

		if (literal_spec(restore, snapshot->sets[i], &goal.spec) < 0 ||
			nb_grow(&target->sets, target->n_sets, &target->set_capacity,
				sizeof(goal)) < 0) {
			nb_netns_spec_done(&goal.spec);
			return -ENOMEM;
		}
		if (nb_netns_spec_is_plain(&goal.spec))
			nb_netns_spec_done(&goal.spec);
		else
			target->sets[target->n_sets++] = goal;
	}
	return 0;
}
