/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "lib/core/model.h"

#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

/* Links not made yet stand behind all others. */
static uint32_t sort_key(int ifindex)
{
	return ifindex > 0 ? (uint32_t)ifindex : UINT32_MAX;
}

/* Adds all names of @link. On failure the whole index is dropped: the next search builds it anew. */
static void index_names(struct nb_netns *ns, struct nb_link *link)
{
	int r = nb_index_add(&ns->names, nb_index_hash(link->name), link);

	for (size_t i = 0; i < link->n_altnames && r == 0; i++)
		r = nb_index_add(&ns->names, nb_index_hash(link->altnames[i]), link);
	if (r < 0)
		nb_index_done(&ns->names);
}

static void forget_names(struct nb_netns *ns, const struct nb_link *link)
{
	nb_index_remove(&ns->names, nb_index_hash(link->name), link);
	for (size_t i = 0; i < link->n_altnames; i++)
		nb_index_remove(&ns->names, nb_index_hash(link->altnames[i]), link);
}

static bool has_index(const struct nb_netns *ns)
{
	return ns->names.n_slots > 0;
}

/* The index is a cache, so also a search in what must not change may build it. */
static bool build_index(const struct nb_netns *ns)
{
	struct nb_netns *owner = (struct nb_netns *)ns;

	if (has_index(ns))
		return true;
	for (size_t i = 0; i < ns->n_links && (i == 0 || has_index(ns)); i++)
		index_names(owner, ns->links[i]);
	return has_index(ns);
}

struct nb_link *nb_netns_find(const struct nb_netns *ns, const char *name)
{
	struct nb_link *found = NULL, *link;
	size_t cursor = 0;

	if (!build_index(ns)) {
		for (size_t i = 0; i < ns->n_links; i++)
			if (nb_link_has_name(ns->links[i], name))
				return ns->links[i];
		return NULL;
	}
	while ((link = nb_index_next(&ns->names, nb_index_hash(name), &cursor))) {
		if (nb_link_has_name(link, name) &&
			(!found || sort_key(link->ifindex) < sort_key(found->ifindex)))
			found = link;
	}
	return found;
}

static int add_relations(struct nb_netns *ns, struct nb_link *link)
{
	uint32_t master = nb_index_hash_number(link->master);
	uint32_t lower = nb_index_hash_number(link->lower);

	if (link->master && nb_index_add(&ns->relatives, master, link) < 0)
		return -ENOMEM;
	if (link->lower && link->lower != link->master)
		return nb_index_add(&ns->relatives, lower, link);
	return 0;
}

static void drop_relations(struct nb_netns *ns)
{
	nb_index_done(&ns->relatives);
	ns->relatives_known = false;
}

static void know_relations(struct nb_netns *ns, struct nb_link *link)
{
	if (ns->relatives_known && add_relations(ns, link) < 0)
		drop_relations(ns);
}

static void forget_relations(struct nb_netns *ns, const struct nb_link *link)
{
	nb_index_remove(&ns->relatives, nb_index_hash_number(link->master), link);
	nb_index_remove(&ns->relatives, nb_index_hash_number(link->lower), link);
}

static void build_relations(struct nb_netns *ns)
{
	if (ns->relatives_known)
		return;
	ns->relatives_known = true;
	for (size_t i = 0; i < ns->n_links; i++)
		know_relations(ns, ns->links[i]);
}

void nb_netns_set_master(struct nb_netns *ns, struct nb_link *link, int master)
{
	forget_relations(ns, link);
	link->master = master;
	know_relations(ns, link);
}

bool nb_netns_is_local(const struct nb_netns *ns, const struct nb_ip *ip)
{
	for (size_t i = 0; i < ns->n_links; i++) {
		for (size_t k = 0; k < ns->links[i]->n_addresses; k++) {
			if (nb_ip_equal(&ns->links[i]->addresses[k].ip, ip))
				return true;
		}
	}
	return false;
}

struct nb_relatives nb_netns_relatives(const struct nb_netns *ns, int ifindex)
{
	build_relations((struct nb_netns *)ns);
	return (struct nb_relatives){ .ns = ns, .ifindex = ifindex, .all = !ns->relatives_known };
}

struct nb_link *nb_relatives_next(struct nb_relatives *relatives)
{
	uint32_t hash = nb_index_hash_number(relatives->ifindex);
	const struct nb_netns *ns = relatives->ns;
	struct nb_link *link;

	if (!relatives->ifindex)
		return NULL;
	do {
		if (!relatives->all)
			link = nb_index_next(&ns->relatives, hash, &relatives->cursor);
		else
			link = relatives->cursor < ns->n_links ? ns->links[relatives->cursor++] : NULL;
	} while (link && link->master != relatives->ifindex && link->lower != relatives->ifindex);
	return link;
}

/* The first place whose key is @key or more, or, with @after, more than @key. */
static size_t find_place(const struct nb_netns *ns, uint32_t key, bool after)
{
	size_t low = 0, high = ns->n_links;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		uint32_t there = sort_key(ns->links[middle]->ifindex);

		if (there < key || (after && there == key))
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

struct nb_link *nb_netns_find_index(const struct nb_netns *ns, int ifindex)
{
	size_t i;

	if (ifindex <= 0)
		return NULL;
	i = find_place(ns, sort_key(ifindex), false);
	return i < ns->n_links && ns->links[i]->ifindex == ifindex ? ns->links[i] : NULL;
}

int nb_netns_add(struct nb_netns *ns, struct nb_link *link)
{
	size_t i;

	if (nb_grow(&ns->links, ns->n_links, &ns->link_capacity, sizeof(struct nb_link *)) < 0) {
		nb_link_free(link);
		return -ENOMEM;
	}
	i = find_place(ns, sort_key(link->ifindex), true);
	memmove(&ns->links[i + 1], &ns->links[i], (ns->n_links - i) * sizeof(struct nb_link *));
	ns->links[i] = link;
	ns->n_links++;
	if (has_index(ns))
		index_names(ns, link);
	know_relations(ns, link);
	return 0;
}

struct nb_link *nb_netns_take(struct nb_netns *ns, struct nb_link *link)
{
	size_t i = find_place(ns, sort_key(link->ifindex), false);

	while (i < ns->n_links && ns->links[i] != link)
		i++;
	assert(i < ns->n_links);
	ns->n_links--;
	memmove(&ns->links[i], &ns->links[i + 1], (ns->n_links - i) * sizeof(struct nb_link *));
	forget_names(ns, link);
	forget_relations(ns, link);
	return link;
}

void nb_netns_rename(struct nb_netns *ns, struct nb_link *link, const char *name)
{
	forget_names(ns, link);
	snprintf(link->name, sizeof(link->name), "%s", name);
	if (has_index(ns))
		index_names(ns, link);
}

static bool same_names(const struct nb_link *a, const struct nb_link *b)
{
	bool same = nb_streq(a->name, b->name) && a->n_altnames == b->n_altnames;

	for (size_t i = 0; same && i < a->n_altnames; i++)
		same = nb_streq(a->altnames[i], b->altnames[i]);
	return same;
}

static void replace_names(struct nb_netns *ns, struct nb_link *old, struct nb_link *link)
{
	if (!same_names(old, link)) {
		forget_names(ns, old);
		if (has_index(ns))
			index_names(ns, link);
		return;
	}
	nb_index_replace(&ns->names, nb_index_hash(link->name), old, link);
	for (size_t i = 0; i < link->n_altnames; i++)
		nb_index_replace(&ns->names, nb_index_hash(link->altnames[i]), old, link);
}

/* Where it stays whose it is, it keeps its place: the order in which relatives are told is not lost. */
static void replace_relations(struct nb_netns *ns, struct nb_link *old, struct nb_link *link)
{
	if (old->lower != link->lower || link->lower == link->master || old->lower == old->master) {
		forget_relations(ns, old);
		know_relations(ns, link);
		return;
	}
	nb_index_replace(&ns->relatives, nb_index_hash_number(link->lower), old, link);
	if (old->master == link->master) {
		nb_index_replace(&ns->relatives, nb_index_hash_number(link->master), old, link);
		return;
	}
	nb_index_remove(&ns->relatives, nb_index_hash_number(old->master), old);
	if (ns->relatives_known && link->master &&
		nb_index_add(&ns->relatives, nb_index_hash_number(link->master), link) < 0)
		drop_relations(ns);
}

void nb_netns_replace(struct nb_netns *ns, struct nb_link *old, struct nb_link *link)
{
	size_t i = find_place(ns, sort_key(old->ifindex), false);

	while (i < ns->n_links && ns->links[i] != old)
		i++;
	assert(i < ns->n_links && old->ifindex == link->ifindex);
	ns->links[i] = link;
	replace_names(ns, old, link);
	replace_relations(ns, old, link);
	nb_link_free(old);
}

struct nb_link *nb_netns_own(struct nb_netns *ns, struct nb_link *link)
{
	struct nb_link *copy;

	if (!link->sharers)
		return link;
	if (nb_link_copy(link, &copy) < 0)
		return NULL;
	nb_netns_replace(ns, link, copy);
	return copy;
}

static int compare_slaves(const void *a, const void *b)
{
	const struct nb_link *x = *(struct nb_link *const *)a, *y = *(struct nb_link *const *)b;
	/* A slave whose place is not known comes behind those whose place is. */
	uint32_t p = x->slave_position ? x->slave_position : UINT32_MAX;
	uint32_t q = y->slave_position ? y->slave_position : UINT32_MAX;

	if (p != q)
		return p < q ? -1 : 1;
	return (x->ifindex > y->ifindex) - (x->ifindex < y->ifindex);
}

int nb_netns_slaves(const struct nb_netns *ns, const struct nb_link *bond, struct nb_link ***ret)
{
	struct nb_relatives relatives = nb_netns_relatives(ns, bond->ifindex);
	NB_CLEANUP(nb_freep) struct nb_link **slaves = NULL;
	size_t n = 0, capacity = 0;
	struct nb_link *link;

	while ((link = nb_relatives_next(&relatives))) {
		if (!nb_link_is_slave_of(link, bond))
			continue;
		if (nb_grow(&slaves, n, &capacity, sizeof(struct nb_link *)) < 0)
			return -ENOMEM;
		slaves[n++] = link;
	}
	if (n > 1)
		qsort(slaves, n, sizeof(struct nb_link *), compare_slaves);
	*ret = nb_steal(&slaves);
	return (int)n;
}
