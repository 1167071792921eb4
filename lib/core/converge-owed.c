/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the plans of a run took on their way and are to put back, from the first step until it is seen. */
#include "lib/core/converge-parts.h"
#include "lib/core/owed.h"

void nb_converge_owe(struct nb_converge *c, struct nb_state *owed)
{
	if (c->owed && c->target && c->target->snapshot == c->owed) {
		c->target->snapshot = NULL;
		c->target->n_links = 0;
	}
	nb_state_free(c->owed);
	c->owed = owed;
	c->owed_told = false;
}

/* On the way back there is a whole snapshot on disk. */
int nb_converge_begin_owing(struct nb_converge *c)
{
	NB_CLEANUP(nb_state_freep) struct nb_state *older = NULL;
	struct nb_state *owed = NULL;
	int r = 0;

	if (c->restore)
		return 0;
	if (c->owed)
		r = nb_owed_left(c->owed, c->observed, &older);
	if (r == 0)
		r = nb_owed_of(c->plan, c->observed, older, &owed);
	if (r < 0 || !owed)
		return r;
	if (c->hooks && c->hooks->owe)
		r = c->hooks->owe(c->hook_context, owed);
	if (r < 0) {
		nb_state_free(owed);
		return r;
	}
	nb_converge_owe(c, owed);
	return 0;
}

void nb_converge_end_owing(struct nb_converge *c)
{
	if (!c->owed)
		return;
	nb_converge_owe(c, NULL);
	if (c->hooks && c->hooks->owe)
		c->hooks->owe(c->hook_context, NULL);
}

/* Nothing was held, blocked or out of sight. */
static bool all_was_tried(const struct nb_converge *c)
{
	if (c->plan->n_held > 0)
		return false;
	for (size_t i = 0; i < c->owed->n_namespaces; i++) {
		const struct nb_netns *now =
			nb_state_namespace(c->observed, c->owed->namespaces[i]->name);

		if (now && now->unreadable)
			return false;
	}
	return true;
}

/* What cannot come back of a device that waits is told when its wait is over. */
static bool any_owed_held(const struct nb_target *target)
{
	for (size_t i = 0; i < target->n_links; i++) {
		if (target->links[i].held)
			return true;
	}
	return false;
}

/*
 * What is still missing where all else is well cannot be put back, as the plan told, or others took
 * it away since. Else a later run may; a way back leads only to how it was before the try.
 */
int nb_converge_keep_owing(struct nb_converge *c, enum nb_converge_result result)
{
	struct nb_state *left = NULL;
	bool told;
	int r = 0;

	if (!c->owed || (c->restore && result != NB_RESULT_CONVERGED))
		return 0;
	if (result != NB_RESULT_CONVERGED || c->restore || !all_was_tried(c))
		r = nb_owed_left(c->owed, c->observed, &left);
	if (r < 0)
		return r;
	told = left && !any_owed_held(c->target);
	nb_converge_owe(c, left);
	c->owed_told = told;
	return c->hooks && c->hooks->owe ? c->hooks->owe(c->hook_context, left) : 0;
}
