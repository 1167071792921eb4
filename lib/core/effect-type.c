/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "lib/core/effect-type.h"

#include <errno.h>
#include <stdlib.h>

#include "lib/core/effect.h"

static uint64_t next_inode(const struct nb_state *state)
{
	uint64_t inode = NB_INODE_PLANNED;

	for (size_t i = 0; i < state->n_sets; i++) {
		for (enum nb_nstype type = 0; type < NB_NS_COUNT; type++)
			inode = NB_MAX(inode, state->sets[i]->inodes[type] + 1);
	}
	return inode;
}

static uint64_t inode_of(const struct nb_state *state, const char *name, enum nb_nstype type)
{
	const struct nb_nsset *set = nb_state_set(state, name);
	const struct nb_netns *ns = type == NB_NS_NET ? nb_state_namespace(state, name) : NULL;

	return ns ? ns->inode : set ? set->inodes[type] : 0;
}

static int apply_traits(struct nb_nsset *set, const struct nb_op *op)
{
	struct nb_nstraits was = set->traits, now;

	if (nb_nstraits_copy(op->nstraits, &now) < 0)
		return -ENOMEM;
	switch (op->nstype) {
	case NB_NS_UTS:
		set->traits.hostname = nb_steal(&now.hostname);
		free(was.hostname);
		break;
	case NB_NS_TIME:
		set->traits.monotonic = now.monotonic;
		set->traits.boottime = now.boottime;
		break;
	case NB_NS_USER:
		set->traits.uids = now.uids;
		set->traits.gids = now.gids;
		now.uids = was.uids;
		now.gids = was.gids;
		break;
	case NB_NS_NET:
	case NB_NS_IPC:
	case NB_NS_CGROUP:
	case NB_NS_PID:
	case NB_NS_MNT:
	case NB_NS_COUNT:
		break;
	}
	nb_nstraits_done(&now);
	return 0;
}

int nb_effect_type(struct nb_state *state, const struct nb_op *op)
{
	struct nb_nsset *set = nb_state_add_set(state, op->namespace);
	uint64_t inode;

	if (!set)
		return -ENOMEM;
	if (op->kind == NB_OP_TYPE_DELETE) {
		set->inodes[op->nstype] = 0;
		return 0;
	}
	if (op->kind == NB_OP_TYPE_CREATE) {
		inode = op->from ? inode_of(state, op->from, op->nstype) : 0;
		/* A network that is only planned has none, either. */
		set->inodes[op->nstype] = inode ? inode : next_inode(state);
		set->owners[op->nstype] =
			op->flags & NB_OP_IN_USER ? set->inodes[NB_NS_USER] : state->user;
		if (op->nstype == NB_NS_PID)
			set->holder = 1;
	}
	return op->nstraits ? apply_traits(set, op) : 0;
}
