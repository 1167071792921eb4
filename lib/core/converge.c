/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "lib/core/converge.h"

#include <errno.h>
#include <string.h>

#include "lib/core/converge-parts.h"

#define MAX_PASSES 8 /* plans with operations; every failure and every ignored value costs one */

static void block_done(struct nb_block *block)
{
	free(block->goal);
	free(block->subject);
	free(block->text);
}

static void forget_blocks(struct nb_converge *c)
{
	for (size_t i = 0; i < c->n_blocks; i++)
		block_done(&c->blocks[i]);
	c->n_blocks = 0;
}

/* What failed by no fault of the configuration is tried again. */
static void forget_passing(struct nb_converge *c)
{
	size_t n = 0;

	for (size_t i = 0; i < c->n_blocks; i++) {
		if (c->blocks[i].passing)
			block_done(&c->blocks[i]);
		else
			c->blocks[n++] = c->blocks[i];
	}
	c->n_blocks = n;
}

bool nb_converge_forgive(struct nb_converge *c)
{
	size_t n = c->old_blocks, before = c->n_blocks;

	for (size_t i = n; i < c->n_blocks; i++) {
		if (c->blocks[i].ignored)
			block_done(&c->blocks[i]);
		else
			c->blocks[n++] = c->blocks[i];
	}
	c->n_blocks = n;
	return n < before;
}

static void forget_plans(struct nb_converge *c)
{
	c->plan = nb_plan_free(c->plan);
	c->last = nb_plan_free(c->last);
	c->target = nb_target_free(c->target);
	c->observed = nb_state_free(c->observed);
}

static void forget_base(struct nb_converge *c)
{
	c->base = (struct nb_resolved){ NULL, NULL };
	c->partial = false;
	nb_touches_done(&c->changed);
}

void nb_converge_start(struct nb_converge *c)
{
	forget_blocks(c);
	c->owed_told = false;
	nb_converge_again(c);
}

void nb_converge_again(struct nb_converge *c)
{
	forget_passing(c);
	forget_base(c);
	forget_plans(c);
	c->state = NB_CONVERGE_OBSERVE;
	c->failed = c->pending = c->stuck = c->unchanged = false;
	c->passes = 0;
	c->old_blocks = c->n_blocks;
	c->done = c->next = 0;
	c->deadline_ms = c->settled_ms = 0;
}

void nb_converge_done(struct nb_converge *c)
{
	nb_converge_start(c);
	nb_converge_owe(c, NULL);
	nb_touches_done(&c->touches);
	free(nb_steal(&c->blocks));
	c->block_capacity = 0;
}

static int finish(struct nb_converge *c, enum nb_converge_result result)
{
	c->state = NB_CONVERGE_DONE;
	c->result = result;
	return 0;
}

static int finish_error(struct nb_converge *c, int error)
{
	finish(c, NB_RESULT_FAILED);
	return error == -EBADMSG ? 0 : error;
}

static bool anything_held(const struct nb_plan *plan)
{
	for (size_t i = 0; i < plan->n_held; i++) {
		if (!plan->held[i].blocked)
			return true;
	}
	return false;
}

static enum nb_converge_result judge(const struct nb_converge *c)
{
	if (c->failed || c->plan->refused)
		return NB_RESULT_FAILED;
	if (c->pending)
		return NB_RESULT_PENDING;
	return anything_held(c->plan) ? NB_RESULT_HELD : NB_RESULT_CONVERGED;
}

static int conclude(struct nb_converge *c)
{
	enum nb_converge_result result = judge(c);
	int r = nb_converge_keep_owing(c, result);

	return r < 0 ? finish_error(c, r) : finish(c, result);
}

/* A machine whose namespaces are plain networks asks nobody. */
static int observe_sets(struct nb_converge *c, struct nb_diag *diag)
{
	NB_CLEANUP(nb_freep) char **names = NULL;
	size_t n = 0;
	int r = nb_converge_sets(c->config, c->restore ? c->restore->before : NULL, c->memory,
		&names, &n);

	if (r < 0 || n == 0 || !c->exec->sets)
		return r;
	return c->exec->sets(c->exec_context, names, n, c->observed, diag);
}

void nb_converge_doubt(struct nb_converge *c)
{
	nb_touches_all(&c->touches);
}

/* Return: 0; -ESTALE only a look at everything tells; another negative errno. */
static int look(struct nb_converge *c, struct nb_diag *diag)
{
	const struct nb_state *from = c->partial ? c->observed : c->base.observed;
	NB_CLEANUP(nb_touches_done) struct nb_touches changed = { 0 };
	struct nb_state *now = NULL;
	int r;

	/* A plan for a part alone would not put back what is owed. */
	if (!from || c->touches.all || (c->owed && c->partial) || !c->exec->look)
		return -ESTALE;
	r = c->exec->look(c->exec_context, from, &c->touches, &changed, &now, diag);
	if (r < 0 || (!now && c->partial))
		return r;
	c->unchanged = !now;
	if (!now)
		return 0;
	nb_state_free(c->observed);
	c->observed = now;
	c->partial = true;
	nb_touches_merge(&c->changed, &changed);
	/* What follows from it is not known of a run in which something was held. */
	return c->base.target && !c->owed ? 0 : -ESTALE;
}

static int observe_all(struct nb_converge *c, struct nb_diag *diag)
{
	NB_CLEANUP(nb_freep) char **names = NULL;
	size_t n = 0;
	int r = nb_converge_namespaces(c->config, c->memory,
		c->restore ? c->restore->snapshot : c->owed, &names, &n);

	if (r < 0)
		return r;
	c->observed = nb_state_free(c->observed);
	r = c->exec->observe(c->exec_context, names, n, &c->observed, diag);
	return r < 0 ? r : observe_sets(c, diag);
}

static int observe(struct nb_converge *c, struct nb_diag *diag)
{
	const struct nb_state *before = c->base.observed;
	int r = look(c, diag);

	nb_touches_done(&c->touches);
	if (r == 0 || r == -ENOMEM)
		return r;
	forget_base(c);
	r = observe_all(c, diag);
	if (r == 0 && before)
		nb_state_adopt(c->observed, before);
	return r;
}

static int find_target(struct nb_converge *c, struct nb_diag *diag)
{
	int r;

	if (c->partial)
		return nb_resolve_again(c->config, &c->base, c->observed, c->memory, &c->changed,
			&c->target);
	if (c->restore)
		return nb_restore_target(c->restore, c->observed, &c->target);
	r = nb_resolve(c->config, c->observed, c->memory, &c->target, diag);
	return r == 0 && c->owed ? nb_owed_goals(c->owed, c->observed, c->target, diag) : r;
}

/* The types of @object's set that would go now, once for all of them. */
static int look_at_set(struct nb_converge *c, const struct nb_object *object, struct nb_diag *diag)
{
	struct nb_nsset *set = nb_state_set(c->observed, object->namespace);
	unsigned types = 0;
	int n;

	if (!c->exec->members || !set || set->unreadable || set->processes)
		return 0;
	for (size_t i = 0; i < c->memory->n_objects; i++) {
		const struct nb_object *other = &c->memory->objects[i];

		if (nb_streq(other->namespace, object->namespace) &&
			nb_plan_is_stale_type(other, c->target) &&
			nb_nstype_find(other->name) != NB_NS_NET)
			types |= NB_NS_BIT(nb_nstype_find(other->name));
	}
	n = types ? c->exec->members(c->exec_context, set->name, types, &set->processes, diag) : 0;
	if (n < 0)
		return n;
	set->n_processes = n;
	return 0;
}

/* Only of namespaces that would go now: to look for processes wakes the helper. */
static int look_inside(struct nb_converge *c, struct nb_diag *diag)
{
	for (size_t i = 0; i < c->memory->n_objects; i++) {
		const struct nb_object *object = &c->memory->objects[i];
		struct nb_netns *ns;
		int n;

		if (c->force || c->limit < NB_CLASS_REBUILD)
			break;
		if (nb_plan_is_stale_type(object, c->target)) {
			n = look_at_set(c, object, diag);
			if (n < 0)
				return n;
		}
		if (!c->exec->processes || !nb_plan_is_stale(object, c->target, c->observed))
			continue;
		ns = nb_state_namespace(c->observed, object->namespace);
		free(nb_steal(&ns->processes));
		n = c->exec->processes(c->exec_context, ns->name, &ns->processes, diag);
		if (n < 0)
			return n;
		ns->n_processes = n;
	}
	return 0;
}

/* Later passes would only say again what the first one said. */
static struct nb_diag *heard(const struct nb_converge *c, struct nb_diag *diag)
{
	return c->passes == 0 && c->n_blocks == 0 ? diag : NULL;
}

static int resolve(struct nb_converge *c, struct nb_diag *diag)
{
	int r;

	c->target = nb_target_free(c->target);
	r = find_target(c, heard(c, diag));
	if (r == -EBADMSG && !heard(c, diag))
		r = find_target(c, diag);
	return r < 0 || c->partial ? r : look_inside(c, diag);
}

static int make_plan(struct nb_converge *c, struct nb_diag *diag)
{
	struct nb_policy policy = {
		.limit = c->limit,
		.asked = c->asked,
		.reorder = c->reorder,
		.force = c->force,
		.memory = c->memory,
		.blocks = c->blocks,
		.n_blocks = c->n_blocks,
		.since = c->partial ? c->base.observed : NULL,
		.owed_told = c->owed_told,
		.gate = c->gate,
		.gate_context = c->gate_context,
	};

	memcpy(policy.spare_mac, c->spare_mac, 6);
	c->last = nb_plan_free(c->last);
	c->last = nb_steal(&c->plan);
	return nb_plan_build(c->target, c->observed, &policy, &c->plan, heard(c, diag));
}

int nb_converge_remember(struct nb_converge *c, bool changed)
{
	if (!changed || !c->hooks || !c->hooks->remember)
		return 0;
	return c->hooks->remember(c->hook_context, c->memory);
}

static int begin_run(struct nb_converge *c, struct nb_diag *diag)
{
	bool changed = false;
	int r;

	if (++c->passes > MAX_PASSES) {
		nb_diag_error(diag, NULL, NULL, "the state does not settle: after %u plans there is still a difference",
			c->passes - 1);
		nb_diag_hint(diag, "does another tool manage the same devices?");
		return finish(c, NB_RESULT_FAILED);
	}
	if (c->hooks && c->hooks->planned) {
		r = c->hooks->planned(c->hook_context, c->plan, c->target);
		if (r < 0)
			return finish_error(c, r);
	}
	r = nb_converge_foresee(c->memory, c->plan, c->observed, &changed);
	if (r == 0)
		r = nb_converge_remember(c, changed);
	if (r == 0)
		r = nb_converge_begin_owing(c);
	if (r < 0)
		return finish_error(c, r);
	c->state = NB_CONVERGE_RUN;
	c->next = 0;
	return 0;
}

static int step_observe(struct nb_converge *c, struct nb_diag *diag)
{
	bool changed = c->left;
	int r;

	/* Before, not after: what is observed can lie where it lay. */
	c->target = nb_target_free(c->target);
	r = observe(c, diag);
	if (r == 0 && c->unchanged)
		return finish(c, NB_RESULT_CONVERGED);
	/* The same devices have the same names. */
	if (r == 0 && !c->partial)
		r = nb_converge_follow(c->memory, c->observed, &changed);
	if (r < 0)
		return finish_error(c, r);
	c->left = changed;
	c->state = NB_CONVERGE_RESOLVE;
	return 0;
}

static int step_resolve(struct nb_converge *c, struct nb_diag *diag)
{
	int r = resolve(c, diag);

	if (r == -ESTALE) {
		nb_converge_doubt(c);
		c->state = NB_CONVERGE_OBSERVE;
		return 0;
	}
	c->state = NB_CONVERGE_PLAN;
	return r < 0 ? finish_error(c, r) : 0;
}

static int step_plan(struct nb_converge *c, struct nb_diag *diag)
{
	bool changed = c->left;
	int r = make_plan(c, diag);

	c->left = false;
	c->state = NB_CONVERGE_OBSERVE;
	if (r == 0)
		r = nb_converge_recall(c->memory, c->observed, c->target, &changed, diag);
	if (r == 0)
		r = nb_converge_remember(c, changed);
	if (r < 0)
		return finish_error(c, r);
	if (c->last) {
		int ignored = nb_converge_find_ignored(c, diag);

		if (ignored < 0)
			return finish_error(c, ignored);
		if (ignored > 0) {
			c->failed = true;
			return 0; /* observe again: what was ignored is blocked now */
		}
	}
	/* What waited in vain is left as it is: the next apply, or an event, goes on from there. */
	if (!c->plan->n_ops || c->pending || c->stuck)
		return conclude(c);
	c->state = NB_CONVERGE_BEGIN;
	return 0;
}

int nb_converge_step(struct nb_converge *c, uint64_t now_ms, unsigned *ret_ms, struct nb_diag *diag)
{
	int r = 0;

	*ret_ms = 0;
	switch (c->state) {
	case NB_CONVERGE_OBSERVE:
		return step_observe(c, diag);
	case NB_CONVERGE_RESOLVE:
		return step_resolve(c, diag);
	case NB_CONVERGE_PLAN:
		return step_plan(c, diag);
	case NB_CONVERGE_BEGIN:
		return begin_run(c, diag);
	case NB_CONVERGE_RUN:
	case NB_CONVERGE_WAIT:
	case NB_CONVERGE_TAIL:
		r = nb_converge_run(c, now_ms, ret_ms, diag);
		return r < 0 ? finish_error(c, r) : 0;
	case NB_CONVERGE_DONE:
		return 0;
	}
	return r;
}

int nb_converge_look(struct nb_converge *c, struct nb_diag *diag)
{
	unsigned ms;
	int r = 0;

	while (r == 0 && c->state < NB_CONVERGE_RUN)
		r = nb_converge_step(c, 0, &ms, diag);
	return r == -ECANCELED ? 0 : r;
}
