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

/* Adds all names of @link. On failure the index is empty: the next search builds it anew. */
static void index_names(struct nb_netns *ns, struct nb_link *link)
{
	int r = nb_index_add(&ns->names, nb_index_hash(link->name), link);

	for (size_t i = 0; i < link->n_altnames && r == 0; i++)
		r = nb_index_add(&ns->names, nb_index_hash(link->altnames[i]), link);
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
	for (size_t i = 0; i < ns->links.n && (i == 0 || has_index(ns)); i++)
		index_names(owner, nb_netns_link(ns, i));
	return has_index(ns);
}

struct nb_link *nb_netns_find(const struct nb_netns *ns, const char *name)
{
	const uint32_t hash = nb_index_hash(name);
	struct nb_link *found = NULL, *link;
	size_t cursor = 0;

	if (!build_index(ns)) {
		for (size_t i = 0; i < ns->links.n; i++)
			if (nb_link_has_name(nb_netns_link(ns, i), name))
				return nb_netns_link(ns, i);
		return NULL;
	}
	while ((link = nb_index_next(&ns->names, hash, &cursor))) {
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
	if (nb_index_remove(&ns->relatives, nb_index_hash_number(link->master), link) < 0 ||
		nb_index_remove(&ns->relatives, nb_index_hash_number(link->lower), link) < 0)
		drop_relations(ns);
}

static void build_relations(struct nb_netns *ns)
{
	if (ns->relatives_known)
		return;
	ns->relatives_known = true;
	for (size_t i = 0; i < ns->links.n; i++)
		know_relations(ns, nb_netns_link(ns, i));
}

void nb_netns_set_master(struct nb_netns *ns, struct nb_link *link, int master)
{
	forget_relations(ns, link);
	link->master = master;
	know_relations(ns, link);
}

static void look_at_routes(struct nb_netns *ns, const struct nb_link *link)
{
	for (size_t i = 0; i < link->n_routes; i++) {
		ns->any_source |= link->routes[i].src.family != 0;
		ns->any_hops |= nb_route_has_hops(&link->routes[i]);
		ns->any_nexthop |= link->routes[i].nexthop != 0;
	}
}

/* As with the index, also a question about what must not change may find it out. */
static void know_routes(const struct nb_netns *ns)
{
	struct nb_netns *owner = (struct nb_netns *)ns;

	if (ns->routes_known)
		return;
	owner->any_source = owner->any_hops = owner->any_nexthop = false;
	for (size_t i = 0; i < ns->links.n; i++)
		look_at_routes(owner, nb_netns_link(ns, i));
	owner->routes_known = true;
}

bool nb_netns_prefers_source(const struct nb_netns *ns)
{
	know_routes(ns);
	return ns->any_source;
}

bool nb_netns_has_hops(const struct nb_netns *ns)
{
	know_routes(ns);
	return ns->any_hops;
}

bool nb_netns_has_nexthops(const struct nb_netns *ns)
{
	know_routes(ns);
	return ns->any_nexthop;
}

void nb_netns_routes_changed(struct nb_netns *ns)
{
	ns->routes_known = false;
}

bool nb_netns_is_local(const struct nb_netns *ns, const struct nb_ip *ip)
{
	for (size_t i = 0; i < ns->links.n; i++) {
		const struct nb_link *link = nb_netns_link(ns, i);

		for (size_t k = 0; k < link->n_addresses; k++) {
			if (nb_ip_equal(&link->addresses[k].ip, ip))
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
			link = relatives->cursor < ns->links.n ? nb_netns_link(ns, relatives->cursor++) : NULL;
	} while (link && link->master != relatives->ifindex && link->lower != relatives->ifindex);
	return link;
}

/* The first place whose key is @key or more, or, with @after, more than @key. */
static size_t find_place(const struct nb_netns *ns, uint32_t key, bool after)
{
	size_t low = 0, high = ns->links.n;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		uint32_t there = sort_key(nb_netns_link(ns, middle)->ifindex);

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
	return i < ns->links.n && nb_netns_link(ns, i)->ifindex == ifindex ? nb_netns_link(ns, i) : NULL;
}

int nb_netns_add(struct nb_netns *ns, struct nb_link *link)
{
	size_t i = find_place(ns, sort_key(link->ifindex), true);

	if (nb_pages_insert(&ns->links, i, link) < 0) {
		nb_link_free(link);
		return -ENOMEM;
	}
	if (has_index(ns))
		index_names(ns, link);
	know_relations(ns, link);
	look_at_routes(ns, link);
	return 0;
}

/* Several may have one key: those that are not made yet. */
static size_t place_of(const struct nb_netns *ns, const struct nb_link *link)
{
	size_t i = find_place(ns, sort_key(link->ifindex), false);

	while (i < ns->links.n && nb_netns_link(ns, i) != link)
		i++;
	assert(i < ns->links.n);
	return i;
}

struct nb_link *nb_netns_take(struct nb_netns *ns, struct nb_link *link)
{
	if (!nb_pages_remove(&ns->links, place_of(ns, link)))
		return NULL;
	forget_names(ns, link);
	forget_relations(ns, link);
	return link;
}

static void drop_link(void *link)
{
	nb_link_free(link);
}

void nb_netns_drop_links(struct nb_netns *ns)
{
	nb_pages_done(&ns->links, drop_link);
	nb_index_done(&ns->names);
	drop_relations(ns);
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
	const uint32_t master = nb_index_hash_number(link->master);

	if (old->lower != link->lower || link->lower == link->master || old->lower == old->master) {
		forget_relations(ns, old);
		know_relations(ns, link);
		return;
	}
	if (nb_index_replace(&ns->relatives, nb_index_hash_number(link->lower), old, link) < 0 ||
		(old->master == link->master ?
			nb_index_replace(&ns->relatives, master, old, link) :
			nb_index_remove(&ns->relatives, nb_index_hash_number(old->master), old)) < 0)
		drop_relations(ns);
	if (old->master != link->master && ns->relatives_known && link->master &&
		nb_index_add(&ns->relatives, master, link) < 0)
		drop_relations(ns);
}

int nb_netns_replace(struct nb_netns *ns, struct nb_link *old, struct nb_link *link)
{
	assert(old->ifindex == link->ifindex);
	if (!nb_pages_set(&ns->links, place_of(ns, old), link))
		return -ENOMEM;
	replace_names(ns, old, link);
	replace_relations(ns, old, link);
	look_at_routes(ns, link);
	nb_link_free(old);
	return 0;
}

struct nb_link *nb_netns_own(struct nb_netns *ns, struct nb_link *link)
{
	struct nb_link *copy;

	if (nb_pages_is_own(&ns->links, place_of(ns, link)))
		return link;
	if (nb_link_copy(link, &copy) < 0)
		return NULL;
	if (nb_netns_replace(ns, link, copy) == 0)
		return copy;
	nb_link_free(copy);
	return NULL;
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
