/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Bonds that netbond made and nobody declares any more. */
#include <errno.h>
#include <string.h>

#include "lib/core/planner.h"

static int add_absent_goal(struct nb_target *target, const char *namespace, const char *name)
{
	struct nb_goal *goal = nb_target_add(target);

	if (!goal)
		return -ENOMEM;
	goal->key = strdup(name);
	goal->namespace = nb_word_dup(namespace);
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

void nb_plan_delete_bond(struct nb_planner *p)
{
	nb_planner_set(p, nb_planner_delta(p, NB_DELTA_DELETE));
	nb_planner_op(p, NB_OP_LINK_DELETE, p->goal->namespace, nb_planner_bond(p));
	nb_planner_commit(p);
	for (size_t i = 0; i < p->view.n_slaves && p->error == 0; i++)
		nb_plan_go_home(p, p->goal->namespace, p->view.slaves[i]->name);
}
