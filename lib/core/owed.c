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
static struct nb_link *add_link(struct nb_netns *ns, const struct nb_link *from)
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
	return nb_netns_add(ns, link) < 0 ? NULL : link;
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

int nb_owed_of(const struct nb_plan *plan, const struct nb_state *observed, struct nb_state **ret)
{
	NB_CLEANUP(nb_state_freep) struct nb_state *owed = NULL;

	*ret = NULL;
	for (size_t i = 0; i < plan->n_ops; i++) {
		if (!is_owed(&plan->ops[i]))
			continue;
		if (!owed && !(owed = nb_state_new()))
			return -ENOMEM;
		if (add_owed(owed, observed, &plan->ops[i]) < 0)
			return -ENOMEM;
	}
	if (!owed)
		return 0;
	memcpy(owed->known, observed->known, sizeof(owed->known));
	for (size_t n = 0; n < owed->n_namespaces; n++) {
		for (size_t i = 0; i < owed->namespaces[n]->n_links; i++)
			turn_round(owed->namespaces[n]->links[i]);
	}
	*ret = nb_steal(&owed);
	return 0;
}

static bool is_same_namespace(const struct nb_netns *then, const struct nb_netns *now)
{
	return now && now->exists && (!then->inode || !now->inode || then->inode == now->inode);
}

int nb_owed_goals(
	const struct nb_state *owed, const struct nb_state *observed, struct nb_target *target)
{
	for (size_t n = 0; n < owed->n_namespaces; n++) {
		const struct nb_netns *then = owed->namespaces[n];
		const struct nb_netns *now = nb_state_namespace(observed, then->name);

		if (!is_same_namespace(then, now))
			continue;
		for (size_t i = 0; i < then->n_links; i++) {
			const struct nb_link *was = then->links[i];
			const struct nb_link *link = nb_netns_find_index(now, was->ifindex);

			if (!link || !nb_streq(link->name, was->name))
				continue;
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
