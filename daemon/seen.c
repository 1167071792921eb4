/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "daemon/seen.h"

#include "daemon/since.h"

struct nbd_seen *nbd_seen_unref(struct nbd_seen *seen)
{
	if (!seen || --seen->refs)
		return NULL;
	nb_state_free(seen->observed);
	nb_target_free(seen->target);
	nb_plan_free(seen->plan);
	nbd_since_drop(&seen->spells);
	nb_touches_done(&seen->changed);
	free(seen);
	return NULL;
}

/* The link itself, or its master, where that is a bond. */
static void add_bonds(const struct nb_state *state, const struct nb_touch *touch,
	struct nb_touches *ret)
{
	const struct nb_netns *ns = nb_state_namespace(state, touch->namespace);
	const struct nb_link *link = ns ? nb_netns_find_index(ns, touch->ifindex) : NULL;
	const struct nb_link *master = link ? nb_netns_find_index(ns, link->master) : NULL;

	if (link && nb_link_is_bond(link))
		nb_touches_add(ret, touch->namespace, link->ifindex);
	if (master && nb_link_is_bond(master))
		nb_touches_add(ret, touch->namespace, master->ifindex);
}

void nbd_seen_bonds(const struct nbd_seen *before, const struct nbd_seen *now,
	const struct nb_touches *changed, struct nb_touches *ret)
{
	if (changed->all)
		nb_touches_all(ret);
	for (size_t i = 0; i < changed->n; i++) {
		add_bonds(before->observed, &changed->items[i], ret);
		add_bonds(now->observed, &changed->items[i], ret);
	}
}
