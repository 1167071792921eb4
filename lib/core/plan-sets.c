/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The types of declared namespaces other than a network namespace of their own come, change and go. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "lib/core/planner.h"

#define LISTED 5 /* processes named in a sentence */

/* One type of one set, wanted and found. */
struct part {
	const struct nb_netns_spec *spec;
	enum nb_nstype type;
	const struct nb_nsset *was;	/* nb_set_goal.was */
	bool untried;			/* nb_set_goal.untried has it */
	const struct nb_nsset *set;	/* as the operations so far leave it; NULL: nothing is there */
	const struct nb_object *object; /* NULL: nothing is remembered */
	uint64_t have, want;		/* inodes; .want of what is shared, 0 = not known */
};

static const struct nb_state *state_now(const struct nb_planner *p)
{
	return p->work ? p->work : p->before;
}

static struct nb_set_goal *find_goal(const struct nb_planner *p, const char *name)
{
	for (size_t i = 0; i < p->target->n_sets; i++) {
		if (nb_streq(p->target->sets[i].spec.name, name))
			return &p->target->sets[i];
	}
	return NULL;
}

bool nb_plan_is_refused(const struct nb_planner *p, const char *namespace)
{
	const struct nb_set_goal *goal = find_goal(p, namespace);

	return goal && goal->skip;
}

bool nb_plan_in_user(const struct nb_planner *p, const char *namespace)
{
	const struct nb_set_goal *goal = find_goal(p, namespace);

	return goal && nb_netns_spec_has(&goal->spec, NB_NS_USER);
}

static void subject_of(enum nb_nstype type, char ret[static 16])
{
	snprintf(ret, 16, "type %s", nb_nstype_name(type));
}

static const struct nb_block *block_of(
	const struct nb_planner *p, const char *name, enum nb_nstype type)
{
	char subject[16];

	subject_of(type, subject);
	return nb_planner_block(p, name, subject);
}

/* ---- what cannot be ---- */

static bool lacks_types(struct nb_planner *p, const struct nb_netns_spec *spec)
{
	NB_CLEANUP(nb_text_done) struct nb_text list = { 0 };
	unsigned missing = 0;

	for (enum nb_nstype type = 0; type < NB_NS_COUNT && p->before->nstypes; type++) {
		if (nb_netns_spec_has(spec, type) && !(p->before->nstypes & NB_NS_BIT(type)))
			missing |= NB_NS_BIT(type);
	}
	if (!missing)
		return false;
	nb_nstypes_format(missing, &list);
	nb_diag_error(p->diag, spec->types_mark.line ? &spec->types_mark : &spec->mark, spec->name,
		"this kernel has no namespaces of the type %s", list.text ? list.text : "?");
	nb_diag_hint(p->diag, "take it out of types; ls /proc/self/ns shows what there is");
	return true;
}

/* The bonds inside would have to be made anew in the midst of it all. */
static bool changes_net(struct nb_planner *p, const struct nb_set_goal *goal)
{
	const struct nb_netns_spec *spec = &goal->spec;
	const struct nb_object *pin = nb_memory_find_type(p->policy->memory, spec->name, NB_NS_NET);
	const struct nb_netns *ns = nb_state_namespace(p->before, spec->name);
	const struct nb_nsset *set = nb_state_set(p->before, spec->name);
	const uint64_t owner = set ? set->owners[NB_NS_NET] : 0;
	uint64_t wanted = p->before->user;
	const char *what = NULL;
	const bool same = goal->was && set && goal->was->inodes[NB_NS_NET] == set->inodes[NB_NS_NET];
	const struct nb_netns *from = spec->share[NB_NS_NET] ?
		nb_state_namespace(p->before, spec->share[NB_NS_NET]) : NULL;

	if (nb_netns_spec_has(spec, NB_NS_USER))
		wanted = set ? set->inodes[NB_NS_USER] : 0;
	if (spec->share[NB_NS_NET] && ns && ns->exists)
		what = "it has a network namespace of its own";
	else if (from && !pin && set && set->inodes[NB_NS_NET] && set->inodes[NB_NS_NET] != from->inode)
		what = "somebody else has a network namespace of that name";
	else if (spec->types & NB_NS_BIT(NB_NS_NET) && pin)
		what = "its network namespace is that of another one";
	else if (spec->types & NB_NS_BIT(NB_NS_NET) && ns && ns->exists && owner && owner != wanted)
		what = "its network namespace belongs to another user namespace";
	if (!what || same)
		return false;
	nb_diag_error(p->diag, &spec->mark, spec->name, "%s now, and that cannot change while it is there",
		what);
	nb_diag_hint(p->diag, "take %s and its bonds out of the file, apply with --allow rebuild, then "
			      "declare it as it shall be", spec->name);
	return true;
}

/* Without its user namespace the rest would belong to the wrong one. */
static bool has_no_user(struct nb_planner *p, const struct nb_netns_spec *spec)
{
	const struct nb_block *block = block_of(p, spec->name, NB_NS_USER);

	if (!block || !nb_netns_spec_has(spec, NB_NS_USER))
		return false;
	nb_planner_hold(p, spec->name, "make the namespace", block->text,
		(struct nb_held){ .class = NB_CLASS_LIVE, .blocked = block });
	return true;
}

void nb_plan_check_sets(struct nb_planner *p)
{
	for (size_t i = 0; i < p->target->n_sets && p->error == 0; i++) {
		struct nb_set_goal *goal = &p->target->sets[i];
		const struct nb_nsset *set = nb_state_set(p->before, goal->spec.name);
		bool refused = (set && set->unreadable) || lacks_types(p, &goal->spec) ||
			       changes_net(p, goal);

		p->plan->refused |= refused;
		goal->skip = refused || has_no_user(p, &goal->spec);
	}
}

/* ---- what comes and changes ---- */

static void commit(struct nb_planner *p, const struct part *part, struct nb_op *op,
	const char *reason)
{
	char subject[16];

	subject_of(part->type, subject);
	op->nstype = part->type;
	op->subject = strdup(subject);
	if (!op->subject)
		p->error = -ENOMEM;
	if (reason)
		nb_planner_reason(p, "%s", reason);
	nb_planner_commit(p);
	nb_planner_set(p, NULL);
}

/* Return: whether it may not be done now; then that is told. */
static bool is_held(struct nb_planner *p, const struct part *part, enum nb_class class,
	const char *verb, const char *why)
{
	const struct nb_block *block = block_of(p, part->spec->name, part->type);
	char text[64];

	if (!block && class <= p->policy->limit)
		return false;
	snprintf(text, sizeof(text), "%s %s", verb, nb_nstype_name(part->type));
	nb_planner_hold(p, part->spec->name, text, block ? block->text : why,
		(struct nb_held){ .class = class, .blocked = block });
	return true;
}

static bool has_traits(const struct nb_netns_spec *spec, enum nb_nstype type)
{
	return type == NB_NS_USER || type == NB_NS_TIME ||
	       (type == NB_NS_UTS && spec->traits.hostname);
}

static void create(struct nb_planner *p, const struct part *part, enum nb_class class,
	const char *reason)
{
	const char *from = part->spec->share[part->type];
	struct nb_op *op;

	if (is_held(p, part, class, part->have ? "make anew" : "add", reason) || !nb_planner_work(p))
		return;
	p->class = class;
	op = nb_planner_op(p, NB_OP_TYPE_CREATE, part->spec->name, NULL);
	if (part->have)
		op->flags |= NB_OP_REPLACE | (p->policy->force ? NB_OP_FORCE : 0);
	if (!from && part->type != NB_NS_USER && nb_netns_spec_has(part->spec, NB_NS_USER))
		op->flags |= NB_OP_IN_USER;
	if (from && !(op->from = strdup(from)))
		p->error = -ENOMEM;
	if (!from && has_traits(part->spec, part->type) &&
		nb_op_set_traits(op, &part->spec->traits) < 0)
		p->error = -ENOMEM;
	commit(p, part, op, reason);
}

static void set_hostname(struct nb_planner *p, const struct part *part)
{
	const char *was = part->set->traits.hostname;
	struct nb_op *op;

	if (is_held(p, part, NB_CLASS_LIVE, "set", NULL) || !nb_planner_work(p))
		return;
	op = nb_planner_op(p, NB_OP_TYPE_SET, part->spec->name, NULL);
	if (nb_op_set_traits(op, &part->spec->traits) < 0 ||
		(was && !(op->hostname_before = strdup(was))))
		p->error = -ENOMEM;
	commit(p, part, op, NULL);
}

/*
 * Whether another set keeps the namespace for its own: the one it was made for, else the first that
 * wants one. What nobody else keeps is taken over as it is.
 */
static bool is_shared_now(const struct nb_planner *p, const struct part *part)
{
	const struct nb_nsset *set = nb_state_set(p->before, part->spec->name);
	bool before = true;

	if (!part->object || !part->object->home || !set || !set->inodes[part->type])
		return false;
	for (size_t i = 0; i < p->target->n_sets; i++) {
		const struct nb_netns_spec *spec = &p->target->sets[i].spec;
		const struct nb_nsset *other = nb_state_set(p->before, spec->name);
		const struct nb_object *object =
			nb_memory_find_type(p->policy->memory, spec->name, part->type);

		if (nb_streq(spec->name, part->spec->name))
			before = false;
		else if (other && other->inodes[part->type] == set->inodes[part->type] &&
			 spec->types & NB_NS_BIT(part->type) &&
			 (before || !object || !object->home))
			return true;
	}
	return false;
}

/* Why a type that is there has to be made anew; NULL: it has not. */
static const char *why_anew(const struct nb_planner *p, const struct part *part)
{
	const struct nb_nstraits *want = &part->spec->traits, *have = &part->set->traits;
	const uint64_t owner = part->set->owners[part->type];

	if (is_shared_now(p, part))
		return "it was shared until now";
	/* Without the right to enter it nobody knows its maps. */
	if (part->type == NB_NS_USER && have->uids.n &&
		(!nb_id_map_equal(&want->uids, &have->uids) || !nb_id_map_equal(&want->gids, &have->gids)))
		return "the kernel takes the maps of a user namespace once";
	if (part->type == NB_NS_TIME &&
		(want->monotonic != have->monotonic || want->boottime != have->boottime))
		return "the offsets of a time namespace are fixed by its first process";
	if (part->type != NB_NS_USER && owner &&
		owner != (nb_netns_spec_has(part->spec, NB_NS_USER) ? part->set->inodes[NB_NS_USER] :
								      state_now(p)->user))
		return "it belongs to another user namespace";
	return NULL;
}

/* The namespace of the snapshot still; without the user namespace it belonged to it is not that. */
static bool is_as_it_was(const struct part *part)
{
	const struct nb_nsset *was = part->was;

	return was && was->inodes[part->type] == part->have &&
	       was->inodes[NB_NS_USER] == part->set->inodes[NB_NS_USER];
}

static void plan_own(struct nb_planner *p, const struct part *part)
{
	const char *hostname = part->spec->traits.hostname, *why;

	if (!part->have) {
		create(p, part, NB_CLASS_LIVE, NULL);
		return;
	}
	if (part->type == NB_NS_PID && !part->set->holder && !part->untried) {
		create(p, part, NB_CLASS_LIVE, "its process 1 has ended, nothing can start in it");
		return;
	}
	why = is_as_it_was(part) ? NULL : why_anew(p, part);
	if (why)
		create(p, part, NB_CLASS_REBUILD, why);
	else if (part->type == NB_NS_UTS && hostname && !part->untried &&
		 !nb_streq(hostname, part->set->traits.hostname))
		set_hostname(p, part);
}

static void plan_shared(struct nb_planner *p, const struct part *part)
{
	const bool settled = part->object && part->object->inode == part->have && part->want &&
			     part->want < NB_INODE_PLANNED;

	if (!part->have)
		create(p, part, NB_CLASS_LIVE, NULL);
	else if (part->have != part->want && (part->want || part->have < NB_INODE_PLANNED))
		create(p, part, settled ? NB_CLASS_REBUILD : NB_CLASS_LIVE, "it has another one");
}

/* Return: whether there is something to share; @part->want is known then, but of a new net. */
static bool find_shared(const struct nb_planner *p, struct part *part)
{
	const char *from = part->spec->share[part->type];
	const struct nb_netns *ns = nb_state_namespace(state_now(p), from);
	const struct nb_nsset *set = nb_state_set(state_now(p), from);

	if (part->type != NB_NS_NET) {
		part->want = set ? set->inodes[part->type] : 0;
		return part->want != 0;
	}
	part->want = ns ? ns->inode : 0;
	return ns && ns->exists;
}

static void plan_part(struct nb_planner *p, const struct nb_set_goal *goal, enum nb_nstype type)
{
	const struct nb_netns_spec *spec = &goal->spec;
	struct part part = {
		.spec = spec,
		.type = type,
		.was = goal->was,
		.untried = goal->untried & NB_NS_BIT(type),
		.set = nb_state_set(state_now(p), spec->name),
		.object = nb_memory_find_type(p->policy->memory, spec->name, type),
	};

	part.have = part.set ? part.set->inodes[type] : 0;
	if (!spec->share[type])
		plan_own(p, &part);
	else if (find_shared(p, &part))
		plan_shared(p, &part);
}

/* The types of all sets: the own ones first, then those that share them. */
static void plan_types(struct nb_planner *p, unsigned types)
{
	for (unsigned shared = 0; shared < 2; shared++) {
		for (size_t i = 0; i < p->target->n_sets; i++) {
			const struct nb_set_goal *goal = &p->target->sets[i];
			/* A network of its own is planned with the bonds (plan-netns.c). */
			unsigned own = goal->spec.types & ~NB_NS_BIT(NB_NS_NET);

			for (enum nb_nstype type = 0; type < NB_NS_COUNT && !goal->skip; type++) {
				bool wanted = shared ? goal->spec.share[type] != NULL :
						       (own & NB_NS_BIT(type)) != 0;

				if (wanted && types & NB_NS_BIT(type) && p->error == 0)
					plan_part(p, goal, type);
			}
		}
	}
}

void nb_plan_users(struct nb_planner *p)
{
	plan_types(p, NB_NS_BIT(NB_NS_USER));
}

void nb_plan_sets(struct nb_planner *p)
{
	plan_types(p, NB_NS_ALL & ~NB_NS_BIT(NB_NS_USER));
}

/* ---- what goes ---- */

bool nb_plan_is_stale_type(const struct nb_object *object, const struct nb_target *target)
{
	enum nb_nstype type = object->kind == NB_OBJECT_TYPE ? nb_nstype_find(object->name) :
							       NB_NS_COUNT;

	if (type == NB_NS_COUNT || !object->made)
		return false;
	for (size_t i = 0; i < target->n_sets; i++) {
		if (nb_streq(target->sets[i].spec.name, object->namespace))
			return !nb_netns_spec_has(&target->sets[i].spec, type);
	}
	return true;
}

/* Another pin of the same namespace: nobody loses anything. */
static bool has_other_pin(const struct nb_planner *p, const struct part *part)
{
	const struct nb_state *state = state_now(p);

	for (size_t i = 0; i < state->n_sets; i++) {
		if (state->sets[i] != part->set && state->sets[i]->inodes[part->type] == part->have)
			return true;
	}
	return part->type == NB_NS_NET;
}

static void list_processes(const struct nb_nsset *set, struct nb_text *out)
{
	for (size_t i = 0; i < set->n_processes && i < LISTED; i++)
		nb_text_add(out, "%s%d (%s)", i ? ", " : "", set->processes[i].pid,
			set->processes[i].command);
	if (set->n_processes > LISTED)
		nb_text_add(out, " and %zu more", set->n_processes - LISTED);
}

/* Return: whether it has to stay; what is in the way is told and held. */
static bool is_kept(struct nb_planner *p, const struct part *part, bool last)
{
	const char *name = part->set->name;
	const struct nb_nsset *before = nb_state_set(p->before, name);
	const struct nb_block *block = block_of(p, name, part->type);
	struct nb_held held = { .class = NB_CLASS_REBUILD, .blocked = block };
	NB_CLEANUP(nb_text_done) struct nb_text why = { 0 };
	char text[32];

	if (block)
		nb_text_add(&why, "%s", block->text);
	else if (last && p->policy->limit < NB_CLASS_REBUILD)
		nb_text_add(&why, "what is in it is lost");
	else if (last && !p->policy->force && before && before->n_processes) {
		held.force = true;
		nb_text_add(&why, "processes live in it: ");
		list_processes(before, &why);
	}
	if (!why.length)
		return false;
	snprintf(text, sizeof(text), "remove %s", nb_nstype_name(part->type));
	nb_planner_hold(p, name, text, why.text ? why.text : "", held);
	return true;
}

static void remove_part(struct nb_planner *p, const struct nb_object *object)
{
	struct part part = {
		.type = nb_nstype_find(object->name),
		.set = nb_state_set(state_now(p), object->namespace),
	};
	bool last;
	struct nb_op *op;

	part.have = part.set ? part.set->inodes[part.type] : 0;
	last = part.have && !has_other_pin(p, &part);
	if (!part.have || part.set->unreadable || is_kept(p, &part, last) || !nb_planner_work(p))
		return;
	p->class = last ? NB_CLASS_REBUILD : NB_CLASS_LIVE;
	op = nb_planner_op(p, NB_OP_TYPE_DELETE, object->namespace, NULL);
	op->flags |= p->policy->force || !last ? NB_OP_FORCE : 0;
	commit(p, &part, op, NULL);
}

/* The user namespace last: the others belong to it. */
static void remove_stale(struct nb_planner *p, const char *set)
{
	for (enum nb_nstype type = NB_NS_COUNT; type-- > 0;) {
		const struct nb_object *object = nb_memory_find_type(p->policy->memory, set, type);

		if (object && nb_plan_is_stale_type(object, p->target) && p->error == 0)
			remove_part(p, object);
	}
}

static bool is_first_of_set(const struct nb_memory *memory, size_t i)
{
	if (memory->objects[i].kind != NB_OBJECT_TYPE)
		return false;
	for (size_t k = 0; k < i; k++) {
		if (memory->objects[k].kind == NB_OBJECT_TYPE &&
			nb_streq(memory->objects[k].namespace, memory->objects[i].namespace))
			return false;
	}
	return true;
}

void nb_plan_stale_sets(struct nb_planner *p)
{
	const struct nb_memory *memory = p->policy->memory;

	for (size_t i = 0; memory && i < memory->n_objects; i++) {
		if (is_first_of_set(memory, i))
			remove_stale(p, memory->objects[i].namespace);
	}
}
