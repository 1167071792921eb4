/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "lib/core/owed.h"

#include <errno.h>
#include <string.h>

static bool is_owed(const struct nb_op *op)
{
	if (!(op->flags & NB_OP_BACK))
		return false;
	if (op->kind == NB_OP_ADDRESS_ADD)
		return op->address.proto != NB_PROTOCOL;
	if (op->kind == NB_OP_ROUTE_ADD)
		return op->route.protocol != NB_PROTOCOL;
	return op->kind == NB_OP_LINK_SET;
}

static struct nb_netns *add_namespace(struct nb_state *owed, const struct nb_netns *from)
{
	struct nb_netns *ns = nb_state_add_namespace(owed, from->name);

	if (ns) {
		ns->exists = from->exists;
		ns->inode = from->inode;
	}
	return ns;
}

/* Neither a bond nor a slave here: it is about what lies upon the devices. */
static struct nb_link *bare_link(const struct nb_link *from)
{
	struct nb_link *link = nb_link_new(from->name);

	if (!link)
		return NULL;
	link->ifindex = from->ifindex;
	link->type = from->type;
	link->flags = from->flags;
	link->carrier = from->carrier;
	link->operstate = from->operstate;
	link->mtu = from->mtu;
	link->addr_gen_mode = from->addr_gen_mode;
	link->has_mac = from->has_mac;
	memcpy(link->mac, from->mac, sizeof(link->mac));
	return link;
}

static struct nb_link *add_link(struct nb_netns *ns, const struct nb_link *from)
{
	struct nb_link *link = bare_link(from);

	return link && nb_netns_add(ns, link) == 0 ? link : NULL;
}

static int add_owed(struct nb_state *owed, const struct nb_state *observed, const struct nb_op *op)
{
	const struct nb_netns *from = nb_state_namespace(observed, op->namespace);
	const struct nb_link *was = from ? nb_netns_find_index(from, op->ifindex) : NULL;
	struct nb_netns *ns;
	struct nb_link *link;

	if (!was)
		return 0;
	ns = add_namespace(owed, from);
	if (!ns)
		return -ENOMEM;
	link = nb_netns_find_index(ns, was->ifindex);
	if (!link)
		link = add_link(ns, was);
	if (!link)
		return -ENOMEM;
	if (op->kind == NB_OP_ADDRESS_ADD)
		return nb_link_add_address(link, &op->address);
	return op->kind == NB_OP_ROUTE_ADD ? nb_link_add_route(link, &op->route) : 0;
}

/* They are put back last one first (plan-restore.c): here they stand as the kernel had them. */
static void turn_round(struct nb_link *link)
{
	for (size_t i = 0, k = link->n_addresses; i < k;) {
		struct nb_address address = link->addresses[i];

		if (address.ip.family != AF_INET6) {
			i++;
		} else if (link->addresses[k - 1].ip.family != AF_INET6) {
			k--;
		} else {
			link->addresses[i++] = link->addresses[--k];
			link->addresses[k] = address;
		}
	}
}

/* As it was before the run that took it: this plan may have been made from what that one left. */
static int add_older_link(struct nb_netns *ns, const struct nb_link *was)
{
	struct nb_link *link = nb_netns_find_index(ns, was->ifindex);

	if (!link && !(link = add_link(ns, was)))
		return -ENOMEM;
	link->flags = was->flags;
	link->mtu = was->mtu;
	for (size_t i = 0; i < was->n_addresses; i++) {
		if (!nb_link_find_address(link, &was->addresses[i]) &&
			nb_link_add_address(link, &was->addresses[i]) < 0)
			return -ENOMEM;
	}
	for (size_t i = 0; i < was->n_routes; i++) {
		if (!nb_link_find_route(link, &was->routes[i]) &&
			nb_link_add_route(link, &was->routes[i]) < 0)
			return -ENOMEM;
	}
	return 0;
}

static int add_older(struct nb_state *owed, const struct nb_state *older)
{
	for (size_t n = 0; n < older->n_namespaces; n++) {
		struct nb_netns *ns = add_namespace(owed, older->namespaces[n]);

		for (size_t i = 0; i < older->namespaces[n]->links.n; i++) {
			if (!ns || add_older_link(ns, nb_netns_link(older->namespaces[n], i)) < 0)
				return -ENOMEM;
		}
	}
	return 0;
}

int nb_owed_of(const struct nb_plan *plan, const struct nb_state *observed,
	const struct nb_state *older, struct nb_state **ret)
{
	NB_CLEANUP(nb_state_freep) struct nb_state *owed = nb_state_new();
	bool any = older;

	*ret = NULL;
	if (!owed)
		return -ENOMEM;
	for (size_t i = 0; i < plan->n_ops; i++) {
		if (!is_owed(&plan->ops[i]))
			continue;
		any = true;
		if (add_owed(owed, observed, &plan->ops[i]) < 0)
			return -ENOMEM;
	}
	for (size_t n = 0; n < owed->n_namespaces; n++) {
		for (size_t i = 0; i < owed->namespaces[n]->links.n; i++)
			turn_round(nb_netns_link(owed->namespaces[n], i));
	}
	if (older && add_older(owed, older) < 0)
		return -ENOMEM;
	memcpy(owed->known, observed->known, sizeof(owed->known));
	if (any)
		*ret = nb_steal(&owed);
	return 0;
}

/* Nothing but whether it is up, and its MTU. */
static bool is_shape_alone(const struct nb_link *was)
{
	return was->n_addresses == 0 && was->n_routes == 0;
}

static bool puts_shape_back(const struct nb_state *owed, const struct nb_op *op)
{
	const struct nb_netns *ns = nb_state_namespace(owed, op->namespace);
	const struct nb_link *was = ns ? nb_netns_find_index(ns, op->ifindex) : NULL;

	return was && is_shape_alone(was);
}

bool nb_owed_is_back(const struct nb_state *owed, const struct nb_plan *plan)
{
	size_t items = 0;

	for (size_t i = 0; i < plan->n_ops; i++) {
		const struct nb_op *op = &plan->ops[i];

		if (!is_owed(op))
			continue;
		if (!(op->flags & NB_OP_DONE))
			return false;
		items += op->kind != NB_OP_LINK_SET || puts_shape_back(owed, op);
	}
	for (size_t n = 0; n < owed->n_namespaces; n++) {
		for (size_t i = 0; i < owed->namespaces[n]->links.n; i++) {
			const struct nb_link *was = nb_netns_link(owed->namespaces[n], i);

			items -= was->n_addresses + was->n_routes + is_shape_alone(was);
		}
	}
	return items == 0;
}

static bool is_same_namespace(const struct nb_netns *then, const struct nb_netns *now)
{
	return now && now->exists && (!then->inode || !now->inode || then->inode == now->inode);
}

/* The device itself; NULL: it is gone, or another one has its place. */
static const struct nb_link *find_same(const struct nb_netns *now, const struct nb_link *was)
{
	const struct nb_link *link = nb_netns_find_index(now, was->ifindex);

	return link && nb_streq(link->name, was->name) ? link : NULL;
}

/* Only what lies upon another device follows it. */
static bool has_other_shape(const struct nb_link *was, const struct nb_link *now)
{
	return now->lower && (nb_link_is_up(was) != nb_link_is_up(now) || was->mtu != now->mtu);
}

/* A route whose source address was gone for a moment stayed without it. */
static bool has_route(const struct nb_link *now, const struct nb_route *route)
{
	const struct nb_route *found = nb_link_find_route(now, route);

	return found && !(route->src.family && !found->src.family);
}

bool nb_owed_misses(const struct nb_link *was, const struct nb_link *now)
{
	for (size_t i = 0; i < was->n_addresses; i++) {
		if (!nb_link_find_address(now, &was->addresses[i]))
			return true;
	}
	for (size_t i = 0; i < was->n_routes; i++) {
		if (!has_route(now, &was->routes[i]))
			return true;
	}
	return has_other_shape(was, now);
}

/* @now: NULL where it cannot be seen. Return: 1 something is missing, 0, -ENOMEM. */
static int add_missing(struct nb_netns *ns, const struct nb_link *was, const struct nb_link *now)
{
	struct nb_link *link = bare_link(was);
	int r = link ? 0 : -ENOMEM;

	for (size_t i = 0; i < was->n_addresses && r == 0; i++) {
		if (!nb_link_find_address(now, &was->addresses[i]))
			r = nb_link_add_address(link, &was->addresses[i]);
	}
	for (size_t i = 0; i < was->n_routes && r == 0; i++) {
		if (!has_route(now, &was->routes[i]))
			r = nb_link_add_route(link, &was->routes[i]);
	}
	if (r < 0 || (!link->n_addresses && !link->n_routes && now && !has_other_shape(was, now))) {
		nb_link_free(link);
		return r;
	}
	return nb_netns_add(ns, link) < 0 ? -ENOMEM : 1;
}

int nb_owed_left(
	const struct nb_state *owed, const struct nb_state *observed, struct nb_state **ret)
{
	NB_CLEANUP(nb_state_freep) struct nb_state *left = nb_state_new();
	bool any = false;

	*ret = NULL;
	if (!left)
		return -ENOMEM;
	for (size_t n = 0; n < owed->n_namespaces; n++) {
		const struct nb_netns *then = owed->namespaces[n];
		const struct nb_netns *now = nb_state_namespace(observed, then->name);
		struct nb_netns *ns = add_namespace(left, then);

		if (!ns)
			return -ENOMEM;
		for (size_t i = 0; is_same_namespace(then, now) && i < then->links.n; i++) {
			const struct nb_link *link = find_same(now, nb_netns_link(then, i));
			int r = link || now->unreadable ? add_missing(ns, nb_netns_link(then, i), link) : 0;

			if (r < 0)
				return r;
			any |= r > 0;
		}
	}
	memcpy(left->known, owed->known, sizeof(left->known));
	if (any)
		*ret = nb_steal(&left);
	return 0;
}

void nb_owed_give_up(struct nb_state *owed, const struct nb_op *op)
{
	const struct nb_netns *ns = nb_state_namespace(owed, op->namespace);
	struct nb_link *link = ns ? nb_netns_find_index(ns, op->ifindex) : NULL;

	for (size_t i = link ? link->n_addresses : 0; i-- > 0;) {
		if (op->kind == NB_OP_ADDRESS_ADD &&
			nb_address_same(&link->addresses[i], &op->address))
			nb_link_remove_address(link, i);
	}
	for (size_t i = link ? link->n_routes : 0; i-- > 0;) {
		if (op->kind == NB_OP_ROUTE_ADD && nb_route_key_same(&link->routes[i], &op->route))
			nb_link_remove_route(link, i);
	}
	if (link && op->set & (NB_SET_UP | NB_SET_DOWN))
		link->flags ^= IFF_UP;
	if (link && op->set & NB_SET_MTU)
		link->mtu = op->mtu_before;
}

static void tell_gone(const struct nb_link *was, struct nb_diag *diag)
{
	nb_diag_warning(diag, NULL, was->name,
		"the device is gone, and what a change that was cut off took from it cannot be put back: %u address%s, %u route%s",
		was->n_addresses, was->n_addresses == 1 ? "" : "es", was->n_routes,
		was->n_routes == 1 ? "" : "s");
	nb_diag_hint(diag, "who made it must set them again");
}

int nb_owed_goals(
	const struct nb_state *owed, const struct nb_state *observed, struct nb_target *target,
	struct nb_diag *diag)
{
	for (size_t n = 0; n < owed->n_namespaces; n++) {
		const struct nb_netns *then = owed->namespaces[n];
		const struct nb_netns *now = nb_state_namespace(observed, then->name);

		if (now && now->unreadable)
			continue;
		for (size_t i = 0; i < then->links.n; i++) {
			const struct nb_link *was = nb_netns_link(then, i);

			if (!is_same_namespace(then, now) || !find_same(now, was)) {
				tell_gone(was, diag);
				continue;
			}
			if (nb_grow(&target->links, target->n_links, &target->link_capacity,
				    sizeof(*target->links)) < 0)
				return -ENOMEM;
			target->links[target->n_links++] = (struct nb_link_goal){
				.namespace = then->name, .was = was, .owed = true
			};
		}
	}
	target->snapshot = owed;
	return 0;
}
