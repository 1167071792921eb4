/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What may not be done now goes out of the goals before they are planned, and is told. */
#include <errno.h>
#include <string.h>

#include "lib/core/hold.h"
#include "lib/core/planner.h"

static const struct nb_block *find_block(
	const struct nb_planner *p, const struct nb_goal *goal, const struct nb_delta *delta)
{
	NB_CLEANUP(nb_text_done) struct nb_text subject = { 0 };

	if (p->policy->n_blocks == 0)
		return NULL;
	nb_delta_subject(delta, &subject);
	return nb_planner_block(p, goal->key, subject.text);
}

/* Why a delta may not be planned. */
struct ban {
	const struct nb_block *block;
	const char *gate;
};

static bool is_held(const struct nb_planner *p, const struct nb_goal *goal,
	const struct nb_delta *delta, struct ban *ban)
{
	ban->block = find_block(p, goal, delta);
	if (ban->block || ban->gate)
		return true;
	if (delta->must_ask && !p->policy->asked)
		return true;
	return delta->class > p->policy->limit;
}

static const char *ban_text(const struct ban *ban, const struct nb_delta *delta)
{
	if (ban->block)
		return ban->block->text;
	return ban->gate ? ban->gate : delta->why;
}

/* Nothing depends on it, so that the rest of the goal is as it would be. */
static void leave_order(struct nb_planner *p, struct nb_goal *goal)
{
	goal->keep_order = true;
	nb_diag_note(p->diag, &goal->mark, goal->key,
		"the slaves are in another order than the file lists them");
	nb_diag_hint(p->diag, "apply --reorder mends it, one slave at a time");
}

static void add_held(struct nb_planner *p, const struct nb_view *view, const struct nb_delta *delta,
	const struct ban *ban)
{
	struct nb_held held = {
		.class = delta->class,
		.blocked = ban->block,
		.gated = !ban->block && ban->gate,
	};
	const char *why = ban_text(ban, delta);
	NB_CLEANUP(nb_text_done) struct nb_text text = { 0 };

	nb_delta_describe(view, delta, &text);
	if (delta->kind == NB_DELTA_SLAVE_ADD)
		memcpy(held.slave, delta->slave, IFNAMSIZ);
	nb_planner_hold(p, view->goal->key, text.text, why, held);
}

/* One look at a goal: what is not allowed goes out of it. Return: how much, -ENOMEM. */
static int hold_once(struct nb_planner *p, struct nb_goal *goal)
{
	const struct nb_netns *ns = nb_state_namespace(p->before, goal->namespace);
	NB_CLEANUP(nb_view_done) struct nb_view view = { 0 };
	NB_CLEANUP(nb_diff_done) struct nb_diff diff = { 0 };
	NB_CLEANUP(nb_freep) struct nb_hold *holds = NULL;
	struct ban ban = { 0 };
	size_t n = 0;

	if ((ns && ns->unreadable) || nb_plan_is_refused(p, goal->namespace)) {
		goal->skip = goal->has_held = p->plan->refused = true;
		return 0;
	}
	if (nb_view_init(&view, goal, p->target, p->before, p->policy->memory) < 0 ||
		nb_diff_build(&view, &diff, p->diag) < 0)
		return -ENOMEM;
	if (diff.refused) {
		goal->skip = goal->has_held = p->plan->refused = true;
		return 0;
	}
	goal->is_met = diff.n_deltas == 0;
	holds = diff.n_deltas ? calloc(diff.n_deltas, sizeof(*holds)) : NULL;
	if (diff.n_deltas && !holds)
		return -ENOMEM;
	if (diff.n_deltas && p->policy->gate)
		ban.gate = p->policy->gate(p->policy->gate_context, goal);
	for (size_t i = 0; i < diff.n_deltas; i++) {
		if (diff.deltas[i].kind == NB_DELTA_ORDER && !p->policy->reorder) {
			leave_order(p, goal);
			continue;
		}
		if (!is_held(p, goal, &diff.deltas[i], &ban))
			continue;
		add_held(p, &view, &diff.deltas[i], &ban);
		nb_hold_init(&holds[n++], &diff.deltas[i]);
	}
	goal->has_held |= n > 0;
	for (size_t i = 0; i < n; i++) {
		if (nb_hold_apply(goal, &view, &holds[i]) < 0)
			return -ENOMEM;
	}
	return p->error < 0 ? p->error : (int)n;
}

/* Holding one thing may raise another: until nothing is above the limit. Each round takes some. */
static int hold_goal(struct nb_planner *p, struct nb_goal *goal)
{
	int n;

	goal->patient = p->policy->limit == NB_CLASS_SLAVE;
	do {
		n = hold_once(p, goal);
	} while (n > 0);
	return n;
}

static void hold_move(struct nb_planner *p, struct nb_goal *goal)
{
	NB_CLEANUP(nb_text_done) struct nb_text text = { 0 }, why = { 0 };

	nb_text_add(&text, "make the bond in %s", *goal->namespace ? goal->namespace : "netbond's own namespace");
	nb_text_add(&why, "its slaves are those of %s (in %s), whose removal is held", goal->old->name,
		*goal->old->namespace ? goal->old->namespace : "netbond's own namespace");
	goal->skip = goal->has_held = true;
	nb_planner_hold(p, goal->key, text.text, why.text,
		(struct nb_held){ .class = NB_CLASS_REBUILD });
}

/* The new one was refused: better the old one than none. */
static void hold_old(struct nb_planner *p, struct nb_goal *goal)
{
	struct nb_goal *old = goal->old;

	old->skip = old->has_held = true;
	nb_planner_hold(p, old->key, "remove the bond",
		"the one that takes its place in another namespace cannot be made",
		(struct nb_held){ .class = NB_CLASS_REBUILD });
}

/* One goal's holding may take things from others: until nobody waits for what does not come. */
void nb_plan_hold_goals(struct nb_planner *p)
{
	const size_t n_goals = nb_target_n_scope(p->target);
	bool again = false;

	for (size_t i = 0; i < n_goals && p->error == 0; i++) {
		if (hold_goal(p, nb_target_scope(p->target, i)) < 0)
			p->error = -ENOMEM;
		again |= nb_target_scope(p->target, i)->has_held;
	}
	for (size_t i = 0; i < n_goals && p->error == 0; i++) {
		struct nb_goal *goal = nb_target_scope(p->target, i);

		if (goal->old && !goal->old->skip && goal->skip)
			hold_old(p, goal);
		else if (nb_plan_cannot_follow(p, goal))
			hold_move(p, goal);
		else
			continue;
		again = true;
	}
	while (again && p->error == 0) {
		again = false;
		for (size_t i = 0; i < n_goals && p->error == 0; i++) {
			int n = nb_plan_keep_handed(p, nb_target_scope(p->target, i));

			if (n < 0 || (n > 0 && hold_goal(p, nb_target_scope(p->target, i)) < 0))
				p->error = -ENOMEM;
			again |= n > 0;
		}
	}
}
