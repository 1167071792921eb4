/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What a plan did to the traffic: every bond is looked at after each change inside each request. */
#include <string.h>

#include "tests/model/internal.h"

/* A bond as it was when watching began. Devices are known by number: pointers go stale. */
struct watch {
	char *namespace;
	char name[IFNAMSIZ];
	int ifindex;
	struct nb_link *start; /* addresses and routes */
	int *usable;           /* ifindexes of the slaves that were usable */
	size_t n_usable, usable_capacity;
	bool had_slaves, was_up, had_carrier;
	struct nb_model_witness seen;
};

static struct model_dev *find(const struct nb_model *m, const struct watch *w)
{
	struct model_ns *ns = model_ns_find((struct nb_model *)m, w->namespace);
	struct model_dev *dev = ns ? model_dev_by_index(ns, w->ifindex) : NULL;

	return dev && model_is_bond(dev) ? dev : NULL;
}

static bool has_usable(const struct model_dev *bond, int ifindex)
{
	for (size_t i = 0; i < bond->n_slaves; i++)
		if (bond->slaves[i]->link->ifindex == ifindex)
			return model_usable(bond->slaves[i]);
	return false;
}

static void look_at_slaves(struct watch *w, const struct model_dev *bond)
{
	unsigned usable = 0;

	for (size_t i = 0; i < bond->n_slaves; i++)
		usable += model_usable(bond->slaves[i]);
	for (size_t i = 0; i < w->n_usable; i++)
		if (!has_usable(bond, w->usable[i]))
			w->seen.slave_lost = true;
	if (usable == 0 && w->n_usable > 0)
		w->seen.no_usable = true;
	if (bond->n_slaves == 0 && w->had_slaves)
		w->seen.emptied = true;
	w->seen.min_usable = NB_MIN(w->seen.min_usable, usable);
}

static bool has_address(const struct nb_link *link, const struct nb_address *wanted)
{
	for (size_t i = 0; i < link->n_addresses; i++)
		if (nb_address_same(&link->addresses[i], wanted))
			return !model_is_tentative(&link->addresses[i]) ||
			       model_is_tentative(wanted);
	return false;
}

static bool has_route(const struct nb_link *link, const struct nb_route *wanted)
{
	for (size_t i = 0; i < link->n_routes; i++)
		if (nb_route_same(&link->routes[i], wanted))
			return true;
	return false;
}

static void look_at_l3(struct watch *w, const struct nb_link *link)
{
	for (size_t i = 0; i < w->start->n_addresses; i++)
		if (!has_address(link, &w->start->addresses[i]))
			w->seen.address_lost = true;
	for (size_t i = 0; i < w->start->n_routes; i++)
		if (!has_route(link, &w->start->routes[i]))
			w->seen.route_lost = true;
}

static void look(const struct nb_model *m, struct watch *w)
{
	const struct model_dev *bond = find(m, w);

	if (!bond) {
		w->seen.gone = true;
		w->seen.min_usable = 0;
		return;
	}
	if (w->was_up && !bond->is_up)
		w->seen.down = true;
	if (w->had_carrier && !model_carrier(bond))
		w->seen.no_carrier = true;
	if (memcmp(bond->link->mac, w->start->mac, 6) != 0)
		w->seen.mac_changed = true;
	look_at_slaves(w, bond);
	look_at_l3(w, bond->link);
}

void model_witness(struct nb_model *m)
{
	for (size_t i = 0; i < m->n_watches; i++)
		look(m, &m->watches[i]);
}

void model_witness_done(struct nb_model *m)
{
	for (size_t i = 0; i < m->n_watches; i++) {
		free(m->watches[i].namespace);
		free(m->watches[i].usable);
		nb_link_free(m->watches[i].start);
	}
	free(m->watches);
	m->watches = NULL;
	m->n_watches = m->watch_capacity = 0;
}

static int start_watch(const struct model_dev *bond, struct watch *w)
{
	w->namespace = strdup(bond->ns->name);
	memcpy(w->name, bond->link->name, sizeof(w->name));
	w->ifindex = bond->link->ifindex;
	w->had_slaves = bond->n_slaves > 0;
	w->was_up = bond->is_up;
	w->had_carrier = model_carrier(bond);
	w->seen.min_usable = UINT32_MAX;
	if (!w->namespace || nb_link_copy(bond->link, &w->start) < 0)
		return -1;
	for (size_t i = 0; bond->is_up && i < bond->n_slaves; i++) {
		if (!model_usable(bond->slaves[i]))
			continue;
		if (nb_grow(&w->usable, w->n_usable, &w->usable_capacity, sizeof(*w->usable)) < 0)
			return -1;
		w->usable[w->n_usable++] = bond->slaves[i]->link->ifindex;
	}
	return 0;
}

void model_witness_reset(struct nb_model *m)
{
	model_witness_done(m);
	for (size_t n = 0; n < m->n_namespaces; n++)
		for (size_t i = 0; i < m->namespaces[n]->n_devs; i++) {
			const struct model_dev *dev = m->namespaces[n]->devs[i];

			if (!model_is_bond(dev))
				continue;
			if (nb_grow(&m->watches, m->n_watches, &m->watch_capacity,
				    sizeof(*m->watches)) < 0 ||
				start_watch(dev, &m->watches[m->n_watches++]) < 0)
				m->out_of_memory = true;
		}
	model_witness(m);
}

const struct nb_model_witness *nb_model_witness(
	const struct nb_model *m, const char *namespace, const char *bond)
{
	for (size_t i = 0; i < m->n_watches; i++)
		if (nb_streq(m->watches[i].namespace, namespace ? namespace : "") &&
			nb_streq(m->watches[i].name, bond))
			return &m->watches[i].seen;
	return NULL;
}

enum nb_class nb_model_witness_class(const struct nb_model_witness *w)
{
	if (w->gone || w->emptied)
		return NB_CLASS_REBUILD;
	if (w->down || w->no_carrier || w->no_usable || w->address_lost || w->route_lost)
		return NB_CLASS_DOWN;
	return w->slave_lost ? NB_CLASS_SLAVE : NB_CLASS_LIVE;
}
