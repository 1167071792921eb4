/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tests/model/look.h"

#include <errno.h>

static bool same_routes(const struct nb_link *a, const struct nb_link *b)
{
	bool same = a->n_routes == b->n_routes;

	for (size_t i = 0; same && i < a->n_routes; i++)
		same = nb_route_identical(&a->routes[i], &b->routes[i]);
	return same;
}

void nb_model_tell(
	const struct nb_state *before, const struct nb_state *after, struct nb_touches *touches)
{
	for (size_t n = 0; n < after->n_namespaces; n++) {
		const struct nb_netns *now = after->namespaces[n];
		const struct nb_netns *old = nb_state_namespace(before, now->name);

		if (!old || old->exists != now->exists || old->links.n != now->links.n) {
			nb_touches_all(touches);
			continue;
		}
		for (size_t i = 0; i < now->links.n; i++) {
			if (nb_link_equal(nb_netns_link(old, i), nb_netns_link(now, i)))
				continue;
			nb_touches_add(touches, now->name, nb_netns_link(now, i)->ifindex);
			if (!same_routes(nb_netns_link(old, i), nb_netns_link(now, i)))
				nb_touches_add(touches, now->name, 0);
		}
	}
}

static int put(struct nb_netns *ns, struct nb_link *old, const struct nb_link *now)
{
	struct nb_link *copy;

	if (nb_link_equal(old, now))
		return 0;
	if (nb_link_copy(now, &copy) < 0)
		return -ENOMEM;
	nb_netns_replace(ns, old, copy);
	return 1;
}

static int look_at(struct nb_netns *ns, const struct nb_netns *full,
	const struct nb_touches *touches, struct nb_touches *changed)
{
	const bool routes = nb_touches_has(touches, ns->name, 0);

	for (size_t i = 0; i < full->links.n; i++) {
		struct nb_link *old = nb_netns_find_index(ns, nb_netns_link(full, i)->ifindex);
		int r = 0;

		if (ns->links.n != full->links.n || !old ||
			!nb_streq(old->name, nb_netns_link(full, i)->name) ||
			!nb_streq(old->kind, nb_netns_link(full, i)->kind))
			return -ESTALE;
		if (routes || nb_touches_has(touches, ns->name, old->ifindex) ||
			nb_touches_has(touches, ns->name, old->master) ||
			nb_touches_has(touches, ns->name, nb_netns_link(full, i)->master))
			r = put(ns, old, nb_netns_link(full, i));
		if (r < 0)
			return r;
		if (r > 0)
			nb_touches_add(changed, ns->name, nb_netns_link(full, i)->ifindex);
	}
	return 0;
}

int nb_model_look(const struct nb_state *full, const struct nb_state *before,
	const struct nb_touches *touches, struct nb_touches *changed, struct nb_state **ret)
{
	NB_CLEANUP(nb_state_freep) struct nb_state *now = NULL;
	int r = touches->all ? -ESTALE : nb_state_share(before, &now);

	for (size_t n = 0; r == 0 && n < now->n_namespaces; n++) {
		struct nb_netns *ns = now->namespaces[n];
		const struct nb_netns *there = nb_state_namespace(full, ns->name);

		r = there && there->exists == ns->exists ? look_at(ns, there, touches, changed) :
							   -ESTALE;
	}
	*ret = r == 0 && (changed->n || changed->all) ? nb_steal(&now) : NULL;
	return r;
}
