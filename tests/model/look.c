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

static void tell_link(const char *namespace, const struct nb_link *old, const struct nb_link *now,
	struct nb_touches *touches)
{
	/* Whether it was renamed or its ifindex has another owner, nobody knows here. */
	if (old && !nb_link_same_device(old, now))
		nb_touches_gone(touches, namespace, now->ifindex);
	nb_touches_add(touches, namespace, now->ifindex);
	if (old ? !same_routes(old, now) : now->n_routes > 0)
		nb_touches_add(touches, namespace, 0);
}

void nb_model_tell(
	const struct nb_state *before, const struct nb_state *after, struct nb_touches *touches)
{
	for (size_t n = 0; n < after->n_namespaces; n++) {
		const struct nb_netns *now = after->namespaces[n];
		const struct nb_netns *old = nb_state_namespace(before, now->name);

		if (!old || old->exists != now->exists) {
			nb_touches_all(touches);
			continue;
		}
		for (size_t i = 0; i < now->links.n; i++) {
			const struct nb_link *link = nb_netns_link(now, i);
			const struct nb_link *was = nb_netns_find_index(old, link->ifindex);

			if (!was || !nb_link_equal(was, link))
				tell_link(now->name, was, link, touches);
		}
		for (size_t i = 0; i < old->links.n; i++) {
			if (!nb_netns_find_index(now, nb_netns_link(old, i)->ifindex))
				nb_touches_gone(touches, now->name, nb_netns_link(old, i)->ifindex);
		}
	}
}

/* @old, as it is in @ns, becomes what @now says; NULL: it is not there. Return: 1; 0 nothing changed; -ENOMEM. */
static int put(struct nb_netns *ns, struct nb_link *old, const struct nb_link *now)
{
	struct nb_link *copy;
	int r;

	if (old && now && nb_link_equal(old, now))
		return 0;
	if (!now) {
		nb_link_free(nb_netns_take(ns, old));
		return 1;
	}
	if (nb_link_copy(now, &copy) < 0)
		return -ENOMEM;
	r = old ? nb_netns_replace(ns, old, copy) : nb_netns_add(ns, copy);
	return r < 0 ? r : 1;
}

static int look_at(struct nb_netns *ns, const struct nb_netns *full,
	const struct nb_touches *touches, struct nb_touches *changed)
{
	const bool routes = nb_touches_has(touches, ns->name, 0);
	int r = 0;

	for (size_t i = ns->links.n; i-- > 0 && r >= 0;) {
		struct nb_link *old = nb_netns_link(ns, i);
		const int ifindex = old->ifindex;

		if (nb_netns_find_index(full, ifindex) || !nb_touches_has(touches, ns->name, ifindex))
			continue;
		r = put(ns, old, NULL);
		nb_touches_add(changed, ns->name, ifindex);
	}
	for (size_t i = 0; i < full->links.n && r >= 0; i++) {
		const struct nb_link *now = nb_netns_link(full, i);
		struct nb_link *old = nb_netns_find_index(ns, now->ifindex);
		const bool told = nb_touches_has(touches, ns->name, now->ifindex);

		if (!told && (!old || (!routes && !nb_touches_has(touches, ns->name, old->master) &&
				!nb_touches_has(touches, ns->name, now->master))))
			continue;
		r = put(ns, old, now);
		if (r > 0)
			nb_touches_add(changed, ns->name, now->ifindex);
	}
	return NB_MIN(r, 0);
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
