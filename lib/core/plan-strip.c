/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A NIC that becomes a slave: left on it, addresses and routes would win over the bond's. */
#include <errno.h>
#include <string.h>

#include "lib/core/planner.h"

static void strip_route(struct nb_planner *p, const char *namespace, struct nb_link *link, size_t i)
{
	struct nb_netns *ns = nb_state_namespace(p->work, namespace);
	struct nb_op *op = nb_planner_op(p, NB_OP_ROUTE_DELETE, namespace, link);
	const struct nb_link *other = NULL;
	struct nb_hop hop;
	size_t cursor = 0;
	int n = 0;

	op->flags |= NB_OP_TOLERANT;
	if (nb_route_has_hops(&link->routes[i]))
		n = nb_route_without_hop(&link->routes[i], link->ifindex, &op->route);
	if (n < 0 || (n == 0 && nb_route_copy(&link->routes[i], &op->route) < 0))
		p->error = -ENOMEM;
	/* The next hops over other devices stay. */
	if (n > 0 && nb_route_next_hop(&op->route, &cursor, &hop))
		other = nb_netns_find_index(ns, hop.ifindex);
	if (other) {
		op->kind = NB_OP_ROUTE_ADD;
		op->flags |= NB_OP_REPLACE;
		op->ifindex = hop.ifindex;
		memcpy(op->link, other->name, IFNAMSIZ);
	}
	nb_planner_reason(p, "it would win over the bond's");
	nb_planner_commit(p);
}

static void strip_address(
	struct nb_planner *p, const char *namespace, struct nb_link *link, size_t i)
{
	struct nb_op *op = nb_planner_op(p, NB_OP_ADDRESS_DELETE, namespace, link);

	op->address = link->addresses[i];
	op->flags |= NB_OP_TOLERANT;
	nb_planner_reason(p, "it would win over the bond's");
	nb_planner_commit(p);
}

void nb_plan_strip(struct nb_planner *p, const char *namespace, const char *name)
{
	struct nb_netns *ns = nb_state_namespace(p->work, namespace);

	for (bool again = true; again && p->error == 0;) {
		struct nb_link *link = nb_netns_find(ns, name);

		again = false;
		for (size_t i = 0; i < link->n_routes && !again; i++) {
			again = nb_route_restorable(&link->routes[i]);
			if (again)
				strip_route(p, namespace, link, i);
		}
		for (size_t i = 0; i < link->n_addresses && !again; i++) {
			again = nb_address_global(&link->addresses[i]);
			if (again)
				strip_address(p, namespace, link, i);
		}
	}
}
