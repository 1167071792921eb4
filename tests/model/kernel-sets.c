/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The other types of namespaces, as netbond-nsd pins them: what a set has is its own or that of
 * another set, and a namespace outlives its pin where another set has one.
 */
#include <errno.h>
#include <string.h>

#include "tests/model/internal.h"

#define OWN_USER UINT64_C(4026531837) /* the user namespace netbond is in */
#define HOST "host"		      /* what a new uts namespace inherits */
#define HOLDER 100

struct model_type {
	uint64_t inode, owner;
	struct nb_nstraits traits; /* what is told of this type alone */
};

struct model_set {
	char *name;
	struct model_type *pins[NB_NS_COUNT]; /* net: only a shared one */
};

static struct model_set *find_set(const struct nb_model *m, const char *name)
{
	for (size_t i = 0; i < m->n_sets; i++) {
		if (nb_streq(m->sets[i].name, name))
			return &m->sets[i];
	}
	return NULL;
}

static struct model_set *add_set(struct nb_model *m, const char *name)
{
	struct model_set *set = find_set(m, name);
	char *copy;

	if (set)
		return set;
	copy = strdup(name);
	if (!copy || nb_grow(&m->sets, m->n_sets, &m->set_capacity, sizeof(*m->sets)) < 0) {
		free(copy);
		return NULL;
	}
	set = &m->sets[m->n_sets++];
	*set = (struct model_set){ .name = copy };
	return set;
}

static struct model_type *add_type(struct nb_model *m, uint64_t inode, uint64_t owner)
{
	struct model_type *type = calloc(1, sizeof(*type));

	if (!type || nb_grow(&m->types, m->n_types, &m->type_capacity, sizeof(type)) < 0) {
		free(type);
		return NULL;
	}
	type->inode = inode;
	type->owner = owner;
	m->types[m->n_types++] = type;
	return type;
}

uint64_t model_user_of(const struct nb_model *m, const char *name, bool in_user)
{
	const struct model_set *set = in_user ? find_set(m, name) : NULL;

	if (!in_user)
		return OWN_USER;
	return set && set->pins[NB_NS_USER] ? set->pins[NB_NS_USER]->inode : 0;
}

/* The parts of @from that belong to this type. */
static int set_traits(struct model_type *type, enum nb_nstype kind, const struct nb_nstraits *from)
{
	struct nb_nstraits part = { 0 };

	if (kind == NB_NS_UTS)
		part.hostname = from && from->hostname ? from->hostname : (char *)HOST;
	if (kind == NB_NS_USER && from) {
		part.uids = from->uids;
		part.gids = from->gids;
	}
	if (kind == NB_NS_TIME && from) {
		part.monotonic = from->monotonic;
		part.boottime = from->boottime;
	}
	nb_nstraits_done(&type->traits);
	return nb_nstraits_copy(&part, &type->traits);
}

static struct model_type *shared_type(struct nb_model *m, const struct nb_op *op)
{
	const struct model_set *from = find_set(m, op->from);
	const struct model_ns *net =
		op->nstype == NB_NS_NET ? model_ns_find(m, op->from) : NULL;

	if (net)
		return add_type(m, net->inode, net->owner);
	return from ? from->pins[op->nstype] : NULL;
}

static int create(struct nb_model *m, struct model_set *set, const struct nb_op *op)
{
	uint64_t owner = model_user_of(m, set->name, op->flags & NB_OP_IN_USER);
	struct model_type *type;

	if (set->pins[op->nstype] && !(op->flags & NB_OP_REPLACE))
		return 0;
	if (!owner)
		return model_fail(m, ENOENT, "it has no user namespace");
	type = op->from ? shared_type(m, op) : add_type(m, m->next_inode++, owner);
	if (!type)
		return model_fail(m, ENOENT, "there is nothing to share");
	if (!op->from && set_traits(type, op->nstype, op->nstraits) < 0)
		return model_no_memory(m);
	set->pins[op->nstype] = type;
	return 0;
}

int model_type_op(struct nb_model *m, const struct nb_op *op)
{
	struct model_set *set = add_set(m, op->namespace);

	if (!set)
		return model_no_memory(m);
	if (op->kind == NB_OP_TYPE_CREATE)
		return create(m, set, op);
	if (op->kind == NB_OP_TYPE_DELETE) {
		set->pins[op->nstype] = NULL;
		return 0;
	}
	if (!set->pins[op->nstype])
		return model_fail(m, ENOENT, NULL);
	return set_traits(set->pins[op->nstype], op->nstype, op->nstraits) < 0
		       ? model_no_memory(m)
		       : 0;
}

static int show_set(struct nb_model *m, const char *name, struct nb_nsset *ret)
{
	const struct model_set *set = find_set(m, name);
	const struct model_ns *net = model_ns_find(m, name);
	struct nb_nstraits all = { 0 };

	for (enum nb_nstype kind = 0; set && kind < NB_NS_COUNT; kind++) {
		const struct model_type *type = set->pins[kind];

		if (!type)
			continue;
		ret->inodes[kind] = type->inode;
		ret->owners[kind] = type->owner;
		if (kind == NB_NS_UTS)
			all.hostname = type->traits.hostname;
		if (kind == NB_NS_USER) {
			all.uids = type->traits.uids;
			all.gids = type->traits.gids;
		}
		if (kind == NB_NS_TIME) {
			all.monotonic = type->traits.monotonic;
			all.boottime = type->traits.boottime;
		}
		if (kind == NB_NS_PID)
			ret->holder = HOLDER;
	}
	if (net) {
		ret->inodes[NB_NS_NET] = net->inode;
		ret->owners[NB_NS_NET] = net->owner;
	}
	nb_nstraits_done(&ret->traits);
	return nb_nstraits_copy(&all, &ret->traits);
}

int model_sets(struct nb_model *m, char *const *names, size_t n, struct nb_state *state)
{
	state->user = OWN_USER;
	state->nstypes = NB_NS_ALL;
	for (size_t i = 0; i < n; i++) {
		struct nb_nsset *set = nb_state_add_set(state, names[i]);

		if (!set || show_set(m, names[i], set) < 0)
			return -ENOMEM;
	}
	return 0;
}

void model_sets_done(struct nb_model *m)
{
	for (size_t i = 0; i < m->n_types; i++) {
		nb_nstraits_done(&m->types[i]->traits);
		free(m->types[i]);
	}
	for (size_t i = 0; i < m->n_sets; i++)
		free(m->sets[i].name);
	free(m->types);
	free(m->sets);
}
