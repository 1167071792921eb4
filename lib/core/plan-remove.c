/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What netbond made and nobody declares any more, namespaces, and the way home of NICs. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "lib/core/planner.h"

static bool is_declared(const struct nb_target *target, const char *namespace)
{
	for (size_t i = 0; i < target->n_namespaces; i++) {
		if (nb_streq(target->namespaces[i], namespace))
			return true;
	}
	return false;
}

static int add_absent_goal(struct nb_target *target, const char *namespace, const char *name)
{
	struct nb_goal *goal = nb_target_add(target);

	if (!goal)
		return -ENOMEM;
	goal->key = strdup(name);
	goal->namespace = strdup(namespace);
	goal->absent = true;
	strncpy(goal->name, name, IFNAMSIZ - 1);
	return goal->key && goal->namespace ? 0 : -ENOMEM;
}

void nb_plan_stale_goals(struct nb_planner *p)
{
	const struct nb_memory *memory = p->policy->memory;

	for (size_t i = 0; memory && i < memory->n_objects && p->error == 0; i++) {
		const struct nb_object *object = &memory->objects[i];
		const struct nb_netns *ns = nb_state_namespace(p->before, object->namespace);
		const struct nb_link *link;

		if (object->kind != NB_OBJECT_BOND || !object->made || !ns ||
			nb_target_find(p->target, object->namespace, object->name))
			continue;
		link = nb_netns_find(ns, object->name);
		if (link && nb_memory_find(memory, NB_OBJECT_BOND, ns, link) == object &&
			add_absent_goal(p->target, object->namespace, object->name) < 0)
			p->error = -ENOMEM;
	}
}

void nb_plan_namespaces(struct nb_planner *p)
{
	for (size_t i = 0; i < p->target->n_namespaces && p->error == 0; i++) {
		const char *name = p->target->namespaces[i];
		const struct nb_netns *ns = nb_state_namespace(p->before, name);

		if ((ns && ns->exists) || nb_planner_block(p, name, NB_SUBJECT_NAMESPACE) ||
			!nb_planner_work(p))
			continue;
		nb_planner_op(p, NB_OP_NETNS_CREATE, name, NULL);
		nb_planner_commit(p);
	}
}

/* A free name in @ns: @wanted, or the first of wanted-1, wanted-2, ... that is. */
static void free_name(const struct nb_netns *ns, const char *wanted, char ret[IFNAMSIZ])
{
	snprintf(ret, IFNAMSIZ, "%s", wanted);
	for (unsigned i = 1; nb_netns_find(ns, ret) && i < 1000; i++)
		snprintf(ret, IFNAMSIZ, "%.10s-%u", wanted, i);
}

/* Another bond takes it from where it is. */
static bool wanted_elsewhere(const struct nb_planner *p, const char *namespace, const char *name)
{
	for (size_t i = 0; i < p->target->n_goals; i++) {
		const struct nb_goal *goal = p->target->goals[i];

		if (!goal->absent && !goal->skip && nb_goal_find_slave(goal, namespace, name))
			return true;
	}
	return false;
}

void nb_plan_go_home(struct nb_planner *p, const char *namespace, const char *name)
{
	struct nb_netns *ns = nb_state_namespace(p->work, namespace);
	struct nb_link *link = ns ? nb_netns_find(ns, name) : NULL;
	const struct nb_object *object = NULL;
	struct nb_netns *home;
	struct nb_op *op;

	if (link && !link->master && p->error == 0)
		object = nb_memory_find(p->policy->memory, NB_OBJECT_NIC, ns, link);
	if (!object || !object->home || !object->home_namespace ||
		wanted_elsewhere(p, namespace, name))
		return;
	home = nb_state_namespace(p->work, object->home_namespace);
	if (!home || !home->exists)
		return;
	op = nb_planner_op(p, NB_OP_LINK_MOVE, namespace, link);
	op->to_namespace = strdup(object->home_namespace);
	if (!op->to_namespace)
		p->error = -ENOMEM;
	free_name(home, object->home, op->new_name);
	nb_planner_reason(p, "it came from there");
	nb_planner_commit(p);
}

void nb_plan_delete_bond(struct nb_planner *p)
{
	nb_planner_set(p, nb_planner_delta(p, NB_DELTA_DELETE));
	nb_planner_op(p, NB_OP_LINK_DELETE, p->goal->namespace, nb_planner_bond(p));
	nb_planner_commit(p);
	for (size_t i = 0; i < p->view.n_slaves && p->error == 0; i++)
		nb_plan_go_home(p, p->goal->namespace, p->view.slaves[i]->name);
}

static void hold_namespace(struct nb_planner *p, const char *name, const struct nb_block *block)
{
	struct nb_plan *plan = p->plan;
	struct nb_held held = {
		.class = NB_CLASS_REBUILD,
		.blocked = block,
		.goal = strdup(name),
		.text = strdup("remove the namespace"),
		.why = strdup(block ? block->text : "what is in it goes home or dies"),
	};

	if (!held.goal || !held.text || !held.why ||
		nb_grow(&plan->held, plan->n_held, &plan->held_capacity, sizeof(held)) < 0) {
		free(held.goal);
		free(held.text);
		free(held.why);
		p->error = -ENOMEM;
		return;
	}
	plan->held[plan->n_held++] = held;
}

/* Bonds that stay (held, or not ours) keep their namespace alive. */
static bool still_used(const struct nb_planner *p, const struct nb_netns *ns)
{
	for (size_t i = 0; i < ns->n_links; i++) {
		if (nb_link_is_bond(ns->links[i]))
			return true;
	}
	return false;
}

static void send_all_home(struct nb_planner *p, const char *namespace)
{
	const struct nb_memory *memory = p->policy->memory;

	for (size_t i = 0; i < memory->n_objects && p->error == 0; i++) {
		const struct nb_object *object = &memory->objects[i];

		if (object->kind == NB_OBJECT_NIC && nb_streq(object->namespace, namespace))
			nb_plan_go_home(p, namespace, object->name);
	}
}

void nb_plan_stale_namespaces(struct nb_planner *p)
{
	const struct nb_memory *memory = p->policy->memory;

	for (size_t i = 0; memory && i < memory->n_objects && p->error == 0; i++) {
		const struct nb_object *object = &memory->objects[i];
		const struct nb_netns *ns = nb_state_namespace(p->before, object->namespace);
		const struct nb_block *block =
			nb_planner_block(p, object->namespace, NB_SUBJECT_NAMESPACE);

		if (object->kind != NB_OBJECT_NETNS || !object->made || !ns || !ns->exists ||
			is_declared(p->target, object->namespace) ||
			nb_memory_find(memory, NB_OBJECT_NETNS, ns, NULL) != object)
			continue;
		if (!nb_planner_work(p))
			return;
		if (p->policy->limit < NB_CLASS_REBUILD || block ||
			still_used(p, nb_state_namespace(p->work, object->namespace))) {
			hold_namespace(p, object->namespace, block);
			continue;
		}
		p->class = NB_CLASS_REBUILD;
		send_all_home(p, object->namespace);
		nb_planner_op(p, NB_OP_NETNS_DELETE, object->namespace, NULL);
		nb_planner_commit(p);
		nb_planner_set(p, NULL);
	}
}
