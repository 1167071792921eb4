/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "lib/core/plan.h"

#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "lib/core/planner.h"

struct nb_plan *nb_plan_free(struct nb_plan *plan)
{
	if (!plan)
		return NULL;
	for (size_t i = 0; i < plan->n_ops; i++)
		nb_op_done(&plan->ops[i]);
	free(plan->ops);
	for (size_t i = 0; i < plan->n_held; i++) {
		free(plan->held[i].goal);
		free(plan->held[i].text);
		free(plan->held[i].why);
	}
	free(plan->held);
	free(plan);
	return NULL;
}

void nb_held_release(const struct nb_held *held, struct nb_text *out)
{
	nb_text_add(out, "--allow %s%s", nb_class_name(held->class), held->force ? " --force" : "");
}

enum nb_class nb_plan_class(const struct nb_plan *plan)
{
	enum nb_class class = NB_CLASS_LIVE;

	for (size_t i = 0; i < plan->n_ops; i++)
		class = NB_MAX(class, plan->ops[i].class);
	return class;
}

struct nb_op *nb_planner_op(struct nb_planner *p, enum nb_op_kind kind, const char *namespace,
	const struct nb_link *link)
{
	int ifindex = link && link->ifindex < NB_IFINDEX_PLANNED ? link->ifindex : 0;

	nb_op_done(&p->scratch);
	if (nb_op_init(&p->scratch, kind, p->goal ? p->goal->key : "", namespace,
		    link ? link->name : NULL, ifindex) < 0)
		p->error = -ENOMEM;
	p->scratch.class = p->class;
	if (p->subject && !(p->scratch.subject = strdup(p->subject)))
		p->error = -ENOMEM;
	return &p->scratch;
}

void nb_planner_reason(struct nb_planner *p, const char *format, ...)
{
	va_list args;

	if (p->scratch.reason)
		return;
	va_start(args, format);
	if (vasprintf(&p->scratch.reason, format, args) < 0) {
		p->scratch.reason = NULL;
		p->error = -ENOMEM;
	}
	va_end(args);
}

/* What brings a bond back into service runs also after an earlier step failed. */
static unsigned tail_flag(const struct nb_op *op)
{
	switch (op->kind) {
	case NB_OP_ENSLAVE:
	case NB_OP_ADDRESS_ADD:
	case NB_OP_ROUTE_ADD:
	case NB_OP_WAIT_FOLLOW:
		return NB_OP_TAIL;
	case NB_OP_BOND_SET:
	case NB_OP_LINK_SET:
		return op->set & (NB_SET_UP | NB_SET_MAC) ? NB_OP_TAIL : 0;
	case NB_OP_NETNS_CREATE:
	case NB_OP_NETNS_DELETE:
	case NB_OP_TYPE_CREATE:
	case NB_OP_TYPE_SET:
	case NB_OP_TYPE_DELETE:
	case NB_OP_BOND_CREATE:
	case NB_OP_LINK_DELETE:
	case NB_OP_LINK_MOVE:
	case NB_OP_RELEASE:
	case NB_OP_SLAVE_SET:
	case NB_OP_ADDRESS_DELETE:
	case NB_OP_ROUTE_DELETE:
	case NB_OP_WAIT_USABLE:
	case NB_OP_WAIT_ADDRESS:
	case NB_OP_KIND_COUNT:
		return 0;
	}
	return 0;
}

void nb_planner_commit(struct nb_planner *p)
{
	struct nb_plan *plan = p->plan;

	if (p->error < 0)
		return;
	if (nb_grow(&plan->ops, plan->n_ops, &plan->op_capacity, sizeof(*plan->ops)) < 0 ||
		nb_effect_apply(p->work, &p->scratch) < 0) {
		p->error = -ENOMEM;
		return;
	}
	p->scratch.flags |= tail_flag(&p->scratch);
	plan->ops[plan->n_ops++] = p->scratch;
	memset(&p->scratch, 0, sizeof(p->scratch));
}

void nb_planner_set(struct nb_planner *p, const struct nb_delta *delta)
{
	struct nb_text text = { 0 };

	free(p->subject);
	p->subject = NULL;
	p->class = delta ? delta->class : NB_CLASS_LIVE;
	if (!delta)
		return;
	nb_delta_subject(delta, &text);
	if (text.failed)
		p->error = -ENOMEM;
	p->subject = text.text;
}

const struct nb_delta *nb_planner_delta(const struct nb_planner *p, enum nb_delta_kind kind)
{
	for (size_t i = 0; i < p->diff.n_deltas; i++) {
		if (p->diff.deltas[i].kind == kind)
			return &p->diff.deltas[i];
	}
	return NULL;
}

struct nb_netns *nb_planner_ns(const struct nb_planner *p)
{
	return nb_state_namespace(p->work, p->goal->namespace);
}

struct nb_link *nb_planner_bond(const struct nb_planner *p)
{
	struct nb_netns *ns = nb_planner_ns(p);

	return ns ? nb_netns_find(ns, p->goal->name) : NULL;
}

const struct nb_block *nb_planner_block(
	const struct nb_planner *p, const char *goal, const char *subject)
{
	for (size_t i = 0; i < p->policy->n_blocks; i++) {
		const struct nb_block *block = &p->policy->blocks[i];

		if (nb_streq(block->goal, goal) && nb_streq(block->subject, subject))
			return block;
	}
	return NULL;
}

void nb_planner_hold(struct nb_planner *p, const char *goal, const char *text, const char *why,
	struct nb_held held)
{
	struct nb_plan *plan = p->plan;

	held.goal = strdup(goal);
	held.text = text ? strdup(text) : NULL;
	held.why = why ? strdup(why) : NULL;
	if (held.goal && held.text && (!why || held.why) &&
		nb_grow(&plan->held, plan->n_held, &plan->held_capacity, sizeof(held)) == 0) {
		plan->held[plan->n_held++] = held;
		return;
	}
	free(held.goal);
	free(held.text);
	free(held.why);
	p->error = -ENOMEM;
}

bool nb_planner_work(struct nb_planner *p)
{
	if (!p->work && nb_effect_begin(p->before, &p->work) < 0)
		p->error = -ENOMEM;
	return p->work != NULL;
}

/* The working state, with the goal's bond and slaves its own: pointers to them hold from now on. */
static bool work_on(struct nb_planner *p, const struct nb_goal *goal)
{
	int r = nb_planner_work(p) ? nb_effect_own(p->work, goal->namespace, goal->name) : -ENOMEM;

	for (size_t i = 0; i < goal->n_slaves && r == 0; i++)
		r = nb_effect_own(p->work, goal->slaves[i].namespace, goal->slaves[i].name);
	if (r < 0)
		p->error = -ENOMEM;
	return r == 0;
}

void nb_planner_upkeep(struct nb_planner *p)
{
	nb_planner_set(p, NULL);
	for (size_t i = 0; i < p->diff.n_deltas; i++)
		p->class = NB_MAX(p->class, p->diff.deltas[i].class);
}

static void end_goal(struct nb_planner *p)
{
	nb_planner_set(p, NULL);
	nb_diff_done(&p->diff);
	nb_view_done(&p->view);
	p->goal = NULL;
}

static void plan_goal(struct nb_planner *p, const struct nb_goal *goal)
{
	if (goal->is_met)
		return;
	p->goal = goal;
	if (nb_view_init(&p->view, goal, p->target, p->before, p->policy->memory) < 0 ||
		nb_diff_build(&p->view, &p->diff, NULL) < 0) {
		p->error = -ENOMEM;
	} else if (p->diff.n_deltas == 0 || !work_on(p, goal)) {
		/* Nothing to do, or the error sticks. */
	} else if (nb_planner_delta(p, NB_DELTA_DELETE)) {
		nb_plan_delete_bond(p);
	} else {
		nb_plan_bond(p);
		nb_plan_slaves(p);
		nb_plan_up(p);
		/* Before what may wait: the bond is in service again as soon as it can be. */
		nb_plan_l3(p);
		nb_plan_slaves_out(p);
		nb_plan_restore(p, true);
	}
	end_goal(p);
}

/* What had to wait until the bonds that have these slaves gave them away. */
static void plan_deferred(struct nb_planner *p, const struct nb_goal *goal)
{
	p->goal = goal;
	if (nb_view_init(&p->view, goal, p->target, p->before, p->policy->memory) < 0 ||
		nb_diff_build(&p->view, &p->diff, NULL) < 0)
		p->error = -ENOMEM;
	else if (work_on(p, goal)) {
		const bool routes_wait = nb_plan_routes_wait(p);

		nb_plan_slaves_deferred(p);
		if (routes_wait)
			nb_plan_l3_deferred(p);
		nb_plan_restore(p, true);
	}
	end_goal(p);
}

bool nb_goal_has_deferred(const struct nb_goal *goal)
{
	for (size_t i = 0; i < goal->n_slaves; i++) {
		if (goal->slaves[i].deferred)
			return true;
	}
	return false;
}

static void plan_present(struct nb_planner *p, struct nb_goal *const *order)
{
	size_t n = nb_target_n_scope(p->target);

	for (size_t i = 0; i < n && p->error == 0; i++) {
		if (!order[i]->absent && !order[i]->skip)
			plan_goal(p, order[i]);
	}
	for (size_t i = 0; i < n && p->error == 0; i++) {
		if (!order[i]->absent && !order[i]->skip &&
			nb_goal_has_deferred(order[i]))
			plan_deferred(p, order[i]);
	}
}

static void plan_absent(struct nb_planner *p, bool late)
{
	const size_t n = nb_target_n_scope(p->target);

	for (size_t i = 0; i < n && p->error == 0; i++) {
		const struct nb_goal *goal = nb_target_scope(p->target, i);

		if (goal->absent && !goal->skip && goal->late == late)
			plan_goal(p, goal);
	}
}

/* What is held first, a slave that stays, may leave another bond of a circle to be the one that waits. */
static struct nb_goal **order_goals(struct nb_planner *p)
{
	struct nb_goal **order = nb_plan_order(p->target, p->before);

	if (order && nb_plan_defer_none(p->target)) {
		nb_plan_hold_goals(p);
		free(order);
		order = nb_plan_order(p->target, p->before);
	}
	if (order)
		nb_plan_hold_goals(p);
	else
		p->error = -ENOMEM;
	return order;
}

/* What no goal names: namespaces, devices of a snapshot, what netbond made or moved earlier. */
static void plan_rest(struct nb_planner *p)
{
	nb_plan_links(p);
	nb_plan_stale_sets(p);
	nb_plan_stale_namespaces(p);
	nb_plan_stray_nics(p);
}

static void plan_all(struct nb_planner *p)
{
	const bool whole = !p->target->scope;
	struct nb_goal **order;

	if (whole)
		nb_plan_stale_goals(p);
	nb_plan_wanted_nics(p);
	nb_plan_check_sets(p);
	order = order_goals(p);
	if (!order)
		return;
	if (whole) {
		nb_plan_users(p);
		nb_plan_namespaces(p);
		nb_plan_sets(p);
	}
	plan_absent(p, false);
	if (p->error == 0)
		plan_present(p, order);
	plan_absent(p, true);
	free(order);
	if (whole)
		plan_rest(p);
	nb_plan_tell_losses(p);
}

int nb_plan_build(struct nb_target *target, const struct nb_state *observed,
	const struct nb_policy *policy, struct nb_plan **ret, struct nb_diag *diag)
{
	NB_CLEANUP(nb_plan_freep) struct nb_plan *plan = calloc(1, sizeof(*plan));
	struct nb_planner p = {
		.target = target,
		.before = observed,
		.policy = policy,
		.plan = plan,
		.diag = diag,
	};

	if (!plan)
		return -ENOMEM;
	plan_all(&p);
	nb_op_done(&p.scratch);
	nb_state_free(p.work);
	free(p.wanted_nics);
	if (p.error < 0)
		return p.error;
	*ret = nb_steal(&plan);
	return 0;
}
