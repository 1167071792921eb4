/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Namespaces come and go, and the NICs that netbond moved into them find their way home. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "lib/core/planner.h"

#define LISTED 5 /* processes or devices named in a sentence */

static bool is_declared(const struct nb_target *target, const char *namespace)
{
	for (size_t i = 0; i < target->n_namespaces; i++) {
		if (nb_streq(target->namespaces[i], namespace))
			return true;
	}
	return false;
}

void nb_plan_namespaces(struct nb_planner *p)
{
	for (size_t i = 0; i < p->target->n_namespaces && p->error == 0; i++) {
		const char *name = p->target->namespaces[i];
		const struct nb_netns *ns = nb_state_namespace(p->before, name);

		struct nb_op *op;

		if ((ns && ns->exists) || nb_planner_block(p, name, NB_SUBJECT_NAMESPACE) ||
			nb_plan_is_refused(p, name) || !nb_planner_work(p))
			continue;
		op = nb_planner_op(p, NB_OP_NETNS_CREATE, name, NULL);
		if (nb_plan_in_user(p, name))
			op->flags |= NB_OP_IN_USER;
		nb_planner_commit(p);
	}
}

static const struct nb_object *nic_of(
	const struct nb_planner *p, const char *namespace, const struct nb_link *link)
{
	const struct nb_netns *ns = nb_state_namespace(p->before, namespace);

	return ns ? nb_memory_find(p->policy->memory, NB_OBJECT_NIC, ns, link) : NULL;
}

/* A slave entry of @goal keeps its NIC in the namespace, whatever of the goal is held later. */
static void mark_wanted(struct nb_planner *p, const struct nb_goal *goal)
{
	for (size_t i = 0; i < goal->n_slaves && !goal->absent; i++) {
		const struct nb_goal_slave *slave = &goal->slaves[i];
		const struct nb_netns *ns = nb_state_namespace(p->before, slave->namespace);
		const struct nb_link *link = ns ? nb_netns_find(ns, slave->name) : NULL;
		const struct nb_object *nic =
			link ? nb_memory_find(p->policy->memory, NB_OBJECT_NIC, ns, link) : NULL;

		if (nic)
			p->wanted_nics[nic - p->policy->memory->objects] = true;
	}
}

/* Of a snapshot: it was there then, whoever wanted that. */
static void mark_link_goal(struct nb_planner *p, const struct nb_link_goal *goal)
{
	const char *from;
	const struct nb_link *link = goal->owed ? NULL : nb_link_goal_find(goal, p->before, &from);
	const struct nb_object *nic = NULL;

	if (link && nb_streq(from, goal->namespace))
		nic = nic_of(p, from, link);
	if (nic)
		p->wanted_nics[nic - p->policy->memory->objects] = true;
}

void nb_plan_wanted_nics(struct nb_planner *p)
{
	const struct nb_memory *memory = p->policy->memory;

	if (!memory || !memory->n_nics)
		return;
	p->wanted_nics = calloc(memory->n_objects, sizeof(*p->wanted_nics));
	if (!p->wanted_nics) {
		p->error = -ENOMEM;
		return;
	}
	/* Of the others each has the slaves it wants: none of them is in a bond that is looked at. */
	for (size_t i = 0; i < nb_target_n_scope(p->target); i++)
		mark_wanted(p, nb_target_scope(p->target, i));
	for (size_t i = 0; i < p->target->n_links; i++)
		mark_link_goal(p, &p->target->links[i]);
}

/* A free name in @ns: @wanted, or the first of wanted-1, wanted-2, ... that is. */
static void free_name(const struct nb_netns *ns, const char *wanted, char ret[IFNAMSIZ])
{
	snprintf(ret, IFNAMSIZ, "%s", wanted);
	for (unsigned i = 1; nb_netns_find(ns, ret) && i < 1000; i++)
		snprintf(ret, IFNAMSIZ, "%.10s-%u", wanted, i);
}

/* What a way home that failed is blocked as, under the name of the namespace. */
static void home_subject(const struct nb_object *nic, struct nb_text *out)
{
	nb_text_add(out, "way home of %s", nic->name);
}

static const struct nb_block *home_block(struct nb_planner *p, const struct nb_object *nic)
{
	NB_CLEANUP(nb_text_done) struct nb_text subject = { 0 };

	home_subject(nic, &subject);
	return subject.text ? nb_planner_block(p, nic->namespace, subject.text) : NULL;
}

/* Where it came from; netbond's own when that is gone. */
static struct nb_netns *home_of(const struct nb_planner *p, const struct nb_object *nic)
{
	struct nb_netns *home = nb_state_namespace(p->work, nic->home_namespace);

	return home && home->exists ? home : nb_state_namespace(p->work, "");
}

void nb_plan_go_home(struct nb_planner *p, const char *namespace, const char *name)
{
	struct nb_netns *ns = nb_state_namespace(p->work, namespace), *home;
	struct nb_link *link = ns ? nb_netns_find(ns, name) : NULL;
	const struct nb_object *nic = NULL;
	struct nb_text subject = { 0 };
	struct nb_op *op;

	if (link && !link->master && p->error == 0)
		nic = nic_of(p, namespace, link);
	if (!nic || !nic->home || !nic->home_namespace ||
		p->wanted_nics[nic - p->policy->memory->objects])
		return;
	home = home_of(p, nic);
	op = nb_planner_op(p, NB_OP_LINK_MOVE, namespace, link);
	op->flags |= NB_OP_HOME;
	op->to_namespace = strdup(home->name);
	home_subject(nic, &subject);
	free(op->subject);
	op->subject = nb_steal(&subject.text);
	if (!op->to_namespace || !op->subject)
		p->error = -ENOMEM;
	free_name(home, nic->home, op->new_name);
	nb_planner_reason(p, "it came from there");
	nb_planner_commit(p);
}

/* Somebody uses it where it is. */
static bool is_in_use(const struct nb_netns *ns, const struct nb_link *link)
{
	struct nb_relatives uppers = nb_netns_relatives(ns, link->ifindex);

	for (size_t i = 0; i < link->n_addresses; i++) {
		if (nb_address_global(&link->addresses[i]))
			return true;
	}
	return nb_relatives_next(&uppers) != NULL;
}

/* One that lies free in a namespace and that no bond wants, however it came to that. */
static void send_stray_home(struct nb_planner *p, const struct nb_object *nic)
{
	const struct nb_netns *ns = nb_state_namespace(p->work ? p->work : p->before, nic->namespace);
	const struct nb_link *link = ns && ns->exists ? nb_netns_find(ns, nic->name) : NULL;
	const bool in_use = link && is_in_use(ns, link);
	const struct nb_block *block = home_block(p, nic);
	char text[64];

	if (!link || link->master || nic_of(p, nic->namespace, link) != nic)
		return;
	if (block || (in_use && p->policy->limit < NB_CLASS_DOWN)) {
		snprintf(text, sizeof(text), "move %s back to where it came from", nic->name);
		nb_planner_hold(p, nic->namespace, text,
			block ? block->text : "it has addresses, or devices lie upon it",
			(struct nb_held){ .class = NB_CLASS_DOWN, .blocked = block });
		return;
	}
	if (!nb_planner_work(p))
		return;
	p->class = in_use ? NB_CLASS_DOWN : NB_CLASS_LIVE;
	nb_plan_go_home(p, nic->namespace, nic->name);
	nb_planner_set(p, NULL);
}

void nb_plan_stray_nics(struct nb_planner *p)
{
	const struct nb_memory *memory = p->policy->memory;

	for (size_t i = 0; memory && i < memory->n_objects && p->error == 0; i++) {
		if (memory->objects[i].kind == NB_OBJECT_NIC && !p->wanted_nics[i])
			send_stray_home(p, &memory->objects[i]);
	}
}

/* Made by the kernel in each new namespace when its module is there, or nobody's traffic. */
static bool is_fixture(const struct nb_link *link)
{
	static const char *const names[] = { "lo", "sit0", "tunl0", "ip6tnl0", "gre0", "gretap0",
		"erspan0", "ip_vti0", "ip6_vti0", "ip6gre0" };

	if (link->kind && nb_streq(link->kind, "nlmon"))
		return true;
	for (size_t i = 0; i < NB_ARRAY_SIZE(names); i++) {
		if (nb_streq(link->name, names[i]))
			return true;
	}
	return false;
}

static void list_one(struct nb_text *out, size_t n, const char *text)
{
	if (n < LISTED)
		nb_text_add(out, "%s%s", n ? ", " : "", text);
}

static void list_end(struct nb_text *out, size_t n)
{
	if (n > LISTED)
		nb_text_add(out, " and %zu more", n - LISTED);
}

/* Processes keep the namespace alive, nameless, with all that is in it. */
static size_t list_processes(const struct nb_planner *p, const char *namespace, struct nb_text *out)
{
	const struct nb_netns *ns = nb_state_namespace(p->before, namespace);

	for (size_t i = 0; i < ns->n_processes; i++) {
		char text[40];

		snprintf(text, sizeof(text), "%d (%s)", ns->processes[i].pid,
			ns->processes[i].command);
		list_one(out, i, text);
	}
	list_end(out, ns->n_processes);
	return ns->n_processes;
}

/* What netbond neither made nor brought: it would die, or come up wherever the kernel puts it. */
static size_t list_devices(const struct nb_planner *p, const struct nb_netns *ns, struct nb_text *out)
{
	size_t n = 0;

	for (size_t i = 0; i < ns->links.n; i++) {
		const struct nb_link *link = nb_netns_link(ns, i);

		if (!is_fixture(link) && !nic_of(p, ns->name, link))
			list_one(out, n++, link->name);
	}
	list_end(out, n);
	return n;
}

/* A NIC that could not be brought out keeps its namespace. */
static const struct nb_block *find_block(struct nb_planner *p, const char *namespace)
{
	const struct nb_block *block = nb_planner_block(p, namespace, NB_SUBJECT_NAMESPACE);
	const struct nb_memory *memory = p->policy->memory;

	for (size_t i = 0; i < memory->n_objects && !block && p->policy->n_blocks; i++) {
		if (memory->objects[i].kind == NB_OBJECT_NIC &&
			nb_streq(memory->objects[i].namespace, namespace))
			block = home_block(p, &memory->objects[i]);
	}
	return block;
}

/* Return: whether it has to stay; what is in the way is told and held. */
static bool is_kept(struct nb_planner *p, const struct nb_netns *ns)
{
	const struct nb_block *block = find_block(p, ns->name);
	NB_CLEANUP(nb_text_done) struct nb_text why = { 0 };
	struct nb_held held = { .class = NB_CLASS_REBUILD, .blocked = block };
	bool kept = true;

	if (block) {
		nb_text_add(&why, "%s", block->text);
	} else if (p->policy->limit < NB_CLASS_REBUILD) {
		nb_text_add(&why, "what is in it goes home or dies");
	} else if (!p->policy->force) {
		NB_CLEANUP(nb_text_done) struct nb_text list = { 0 };

		held.force = true;
		if (list_processes(p, ns->name, &list))
			nb_text_add(&why, "processes live in it: %s", list.text);
		else if (list_devices(p, ns, &list))
			nb_text_add(&why, "it holds what netbond did not bring: %s", list.text);
		else
			kept = false;
	} else {
		kept = false;
	}
	if (kept)
		nb_planner_hold(p, ns->name, "remove the namespace", why.text ? why.text : "", held);
	return kept;
}

static void send_all_home(struct nb_planner *p, const char *namespace)
{
	const struct nb_memory *memory = p->policy->memory;
	struct nb_netns *ns = nb_state_namespace(p->work, namespace);

	for (size_t i = 0; i < memory->n_objects && p->error == 0; i++) {
		const struct nb_object *object = &memory->objects[i];
		struct nb_link *link;

		if (object->kind != NB_OBJECT_NIC || !nb_streq(object->namespace, namespace))
			continue;
		link = nb_netns_find(ns, object->name);
		if (link && link->master) { /* of a master that dies with the namespace */
			nb_plan_release(p, namespace, link);
			nb_planner_commit(p);
		}
		nb_plan_go_home(p, namespace, object->name);
	}
}

static void remove_namespace(struct nb_planner *p, const char *namespace)
{
	struct nb_op *op;

	p->class = NB_CLASS_REBUILD;
	send_all_home(p, namespace);
	op = nb_planner_op(p, NB_OP_NETNS_DELETE, namespace, NULL);
	op->flags |= p->policy->force ? NB_OP_FORCE : 0;
	nb_planner_commit(p);
	nb_planner_set(p, NULL);
}

void nb_plan_stale_namespaces(struct nb_planner *p)
{
	const struct nb_memory *memory = p->policy->memory;

	for (size_t i = 0; memory && i < memory->n_objects && p->error == 0; i++) {
		const struct nb_object *object = &memory->objects[i];
		const struct nb_netns *ns;

		if (!nb_plan_is_stale(object, p->target, p->before))
			continue;
		if (!nb_planner_work(p))
			return;
		ns = nb_state_namespace(p->work, object->namespace);
		if (!is_kept(p, ns))
			remove_namespace(p, object->namespace);
	}
}

bool nb_plan_is_stale(const struct nb_object *object, const struct nb_target *target,
	const struct nb_state *observed)
{
	const struct nb_netns *ns = nb_state_namespace(observed, object->namespace);

	return object->kind == NB_OBJECT_NETNS && object->made && ns && ns->exists &&
	       !ns->unreadable && !nb_object_elsewhere(object, ns) && !is_declared(target, object->namespace);
}
