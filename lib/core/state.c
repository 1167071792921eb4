/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <string.h>

#include "lib/core/model.h"

static struct nb_netns *netns_free(struct nb_netns *ns)
{
	if (!ns)
		return NULL;
	nb_netns_drop_links(ns);
	free(ns->processes);
	nb_index_done(&ns->names);
	nb_index_done(&ns->relatives);
	free(ns->name);
	free(ns);
	return NULL;
}

struct nb_state *nb_state_new(void)
{
	NB_CLEANUP(nb_state_freep) struct nb_state *state = calloc(1, sizeof(*state));

	if (!state || !nb_state_add_namespace(state, ""))
		return NULL;
	state->namespaces[0]->exists = true;
	return nb_steal(&state);
}

struct nb_state *nb_state_free(struct nb_state *state)
{
	if (!state)
		return NULL;
	for (size_t i = 0; i < state->n_namespaces; i++)
		netns_free(state->namespaces[i]);
	free(state->namespaces);
	for (size_t i = 0; i < state->n_sets; i++)
		nb_nsset_free(state->sets[i]);
	free(state->sets);
	free(state);
	return NULL;
}

struct nb_nsset *nb_state_set(const struct nb_state *state, const char *name)
{
	for (size_t i = 0; i < state->n_sets; i++)
		if (strcmp(state->sets[i]->name, name) == 0)
			return state->sets[i];
	return NULL;
}

static int push_set(struct nb_state *state, struct nb_nsset *set)
{
	if (set && nb_grow(&state->sets, state->n_sets, &state->set_capacity, sizeof(set)) == 0) {
		state->sets[state->n_sets++] = set;
		return 0;
	}
	nb_nsset_free(set);
	return -ENOMEM;
}

struct nb_nsset *nb_state_add_set(struct nb_state *state, const char *name)
{
	struct nb_nsset *set = nb_state_set(state, name);

	if (set)
		return set;
	set = nb_nsset_new(name);
	return push_set(state, set) < 0 ? NULL : set;
}

struct nb_netns *nb_state_namespace(const struct nb_state *state, const char *name)
{
	for (size_t i = 0; i < state->n_namespaces; i++)
		if (strcmp(state->namespaces[i]->name, name) == 0)
			return state->namespaces[i];
	return NULL;
}

struct nb_netns *nb_state_add_namespace(struct nb_state *state, const char *name)
{
	struct nb_netns *ns = nb_state_namespace(state, name);

	if (ns)
		return ns;
	if (nb_grow(&state->namespaces, state->n_namespaces, &state->namespace_capacity,
		    sizeof(struct nb_netns *)) < 0)
		return NULL;
	ns = calloc(1, sizeof(*ns));
	if (!ns)
		return NULL;
	ns->name = strdup(name);
	if (!ns->name)
		return netns_free(ns);
	state->namespaces[state->n_namespaces++] = ns;
	return ns;
}

/* The same namespace in another state, as yet without its links. */
static struct nb_netns *add_same(const struct nb_netns *from, struct nb_state *to)
{
	struct nb_netns *ns = nb_state_add_namespace(to, from->name);

	if (!ns)
		return NULL;
	ns->inode = from->inode;
	ns->cookie = from->cookie;
	ns->exists = from->exists;
	ns->unreadable = from->unreadable;
	ns->udev_pending = from->udev_pending;
	return ns;
}

static int copy_namespace(const struct nb_netns *from, struct nb_state *to)
{
	struct nb_netns *ns = add_same(from, to);

	for (size_t i = 0; ns && i < from->links.n; i++) {
		struct nb_link *link;

		if (nb_link_copy(nb_netns_link(from, i), &link) < 0 || nb_netns_add(ns, link) < 0)
			return -ENOMEM;
	}
	return ns ? 0 : -ENOMEM;
}

static int share_namespace(const struct nb_netns *from, struct nb_state *to)
{
	struct nb_netns *ns = add_same(from, to);

	if (!ns || nb_pages_share(&from->links, &ns->links) < 0)
		return -ENOMEM;
	ns->routes_known = from->routes_known;
	ns->any_source = from->any_source;
	ns->any_hops = from->any_hops;
	ns->any_nexthop = from->any_nexthop;
	/* Caches: without the memory they are built anew. */
	if (nb_index_share(&from->names, &ns->names) == 0 && from->relatives_known)
		ns->relatives_known = nb_index_share(&from->relatives, &ns->relatives) == 0;
	return 0;
}

static int copy_sets(const struct nb_state *state, struct nb_state *copy)
{
	copy->nstypes = state->nstypes;
	copy->user = state->user;
	for (size_t i = 0; i < state->n_sets; i++) {
		struct nb_nsset *set;

		if (nb_nsset_copy(state->sets[i], &set) < 0 || push_set(copy, set) < 0)
			return -ENOMEM;
	}
	return 0;
}

/* @take: how a namespace comes over, copied or shared; all else is copied. */
static int state_from(const struct nb_state *state,
	int (*take)(const struct nb_netns *from, struct nb_state *to), struct nb_state **ret)
{
	NB_CLEANUP(nb_state_freep) struct nb_state *copy = nb_state_new();

	if (!copy)
		return -ENOMEM;
	memcpy(copy->known, state->known, sizeof(copy->known));
	for (size_t i = 0; i < state->n_namespaces; i++)
		if (take(state->namespaces[i], copy) < 0)
			return -ENOMEM;
	if (copy_sets(state, copy) < 0)
		return -ENOMEM;
	*ret = nb_steal(&copy);
	return 0;
}

int nb_state_share(const struct nb_state *state, struct nb_state **ret)
{
	return state_from(state, share_namespace, ret);
}

int nb_state_copy(const struct nb_state *state, struct nb_state **ret)
{
	return state_from(state, copy_namespace, ret);
}

static void adopt_links(struct nb_netns *ns, const struct nb_netns *before)
{
	for (size_t i = 0, k = 0; i < ns->links.n && k < before->links.n;) {
		struct nb_link *link = nb_netns_link(ns, i), *old = nb_netns_link(before, k);
		const int ifindex = link->ifindex;

		if (ifindex == old->ifindex && link != old && nb_link_equal(link, old)) {
			old->sharers++;
			if (nb_netns_replace(ns, link, old) < 0) {
				old->sharers--;
				return;
			}
		}
		/* Both are sorted. */
		i += ifindex <= old->ifindex;
		k += ifindex >= old->ifindex;
	}
}

void nb_state_adopt(struct nb_state *state, const struct nb_state *before)
{
	for (size_t i = 0; i < state->n_namespaces; i++) {
		const struct nb_netns *old =
			nb_state_namespace(before, state->namespaces[i]->name);

		if (old)
			adopt_links(state->namespaces[i], old);
	}
}

uint64_t nb_link_lacp_hash(const struct nb_link *link)
{
	static const unsigned attrs[] = {
		IFLA_BOND_SLAVE_AD_AGGREGATOR_ID,
		IFLA_BOND_SLAVE_AD_ACTOR_OPER_PORT_STATE,
		IFLA_BOND_SLAVE_AD_PARTNER_OPER_PORT_STATE,
	};
	uint64_t hash = 0;

	/* Only ports have it (bond_fill_slave_info()). */
	if (!nb_optset_has(&link->slave, IFLA_BOND_SLAVE_AD_AGGREGATOR_ID))
		return 0;
	hash = nb_hash_bytes(hash, &link->ifindex, sizeof(link->ifindex));
	for (size_t i = 0; i < NB_ARRAY_SIZE(attrs); i++) {
		uint64_t value = nb_optset_u(&link->slave, attrs[i]);

		hash = nb_hash_bytes(hash, &value, sizeof(value));
	}
	return hash;
}

uint64_t nb_state_lacp_hash(const struct nb_state *state)
{
	uint64_t hash = 0;

	for (size_t n = 0; n < state->n_namespaces; n++) {
		const struct nb_netns *ns = state->namespaces[n];

		for (size_t i = 0; i < ns->links.n; i++)
			hash += nb_link_lacp_hash(nb_netns_link(ns, i));
	}
	return hash;
}
