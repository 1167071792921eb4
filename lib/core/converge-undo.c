/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A NIC the kernel did not take as a slave gets back what it was stripped of. */
#include <errno.h>
#include <string.h>

#include "lib/core/converge-parts.h"

static int run_back(struct nb_converge *c, struct nb_op *op)
{
	struct nb_exec_error error = { 0 };
	int r = c->exec->run(c->exec_context, op, &error);

	nb_op_done(op);
	return r == -ENOMEM ? r : 0;
}

static int put_address(struct nb_converge *c, const struct nb_op *enslave, const struct nb_link *nic,
	const struct nb_address *address)
{
	struct nb_op op;

	if (address->valid != NB_FOREVER || !nb_address_global(address))
		return 0;
	if (nb_op_init(&op, NB_OP_ADDRESS_ADD, enslave->goal, enslave->namespace, nic->name,
		    nic->ifindex) < 0)
		return -ENOMEM;
	op.flags = NB_OP_TOLERANT;
	op.address = nb_address_bare(address, true);
	return run_back(c, &op);
}

static int put_route(struct nb_converge *c, const struct nb_op *enslave, const struct nb_link *nic,
	const struct nb_route *route)
{
	struct nb_op op;

	if (!nb_route_restorable(route))
		return 0;
	if (nb_op_init(&op, NB_OP_ROUTE_ADD, enslave->goal, enslave->namespace, nic->name,
		    nic->ifindex) < 0)
		return -ENOMEM;
	op.flags = NB_OP_TOLERANT;
	if (nb_route_copy(route, &op.route) < 0) {
		nb_op_done(&op);
		return -ENOMEM;
	}
	return run_back(c, &op);
}

/* In the order that makes the old one again: see plan-restore.c. */
static int put_addresses(
	struct nb_converge *c, const struct nb_op *enslave, const struct nb_link *nic)
{
	int r = 0;

	for (size_t i = 0; i < nic->n_addresses && r == 0; i++) {
		if (nic->addresses[i].ip.family == AF_INET)
			r = put_address(c, enslave, nic, &nic->addresses[i]);
	}
	for (size_t i = nic->n_addresses; i-- > 0 && r == 0;) {
		if (nic->addresses[i].ip.family == AF_INET6)
			r = put_address(c, enslave, nic, &nic->addresses[i]);
	}
	return r;
}

/* Nobody knows whether a request that timed out was done: nomaster of a free device is nothing. */
static int put_out(struct nb_converge *c, const struct nb_op *enslave, const struct nb_link *nic)
{
	struct nb_op op;

	if (nb_op_init(&op, NB_OP_RELEASE, enslave->goal, enslave->namespace, nic->name,
		    nic->ifindex) < 0)
		return -ENOMEM;
	memcpy(op.master, enslave->master, IFNAMSIZ);
	return run_back(c, &op);
}

static int put_up(struct nb_converge *c, const struct nb_op *enslave, const struct nb_link *nic)
{
	struct nb_op op;

	if (nb_op_init(&op, NB_OP_LINK_SET, enslave->goal, enslave->namespace, nic->name,
		    nic->ifindex) < 0)
		return -ENOMEM;
	op.set = NB_SET_UP;
	return run_back(c, &op);
}

/* The step that takes the NIC in, for a step that prepares it; itself for itself. */
static const struct nb_op *find_enslave(const struct nb_converge *c, const struct nb_op *failed)
{
	if (failed->kind == NB_OP_ENSLAVE)
		return failed;
	for (size_t i = c->next; i < c->plan->n_ops; i++) {
		const struct nb_op *op = &c->plan->ops[i];

		if (op->kind == NB_OP_ENSLAVE && nb_streq(op->goal, failed->goal) &&
			nb_streq(op->link, failed->link) &&
			nb_streq(op->namespace, failed->namespace))
			return op;
	}
	return NULL;
}

int nb_converge_undo_enslave(struct nb_converge *c, const struct nb_op *failed)
{
	const struct nb_op *enslave = find_enslave(c, failed);
	const struct nb_netns *ns = nb_state_namespace(c->observed, failed->namespace);
	const struct nb_link *nic = ns ? nb_netns_find(ns, failed->link) : NULL;
	int r;

	if (!enslave || !nic || nic->master || !nb_link_is_up(nic))
		return 0;
	r = put_out(c, enslave, nic);
	if (r == 0)
		r = put_up(c, enslave, nic);
	if (r == 0)
		r = put_addresses(c, enslave, nic);
	for (unsigned rank = 0; rank < NB_ROUTE_RANKS; rank++) {
		for (size_t i = 0; i < nic->n_routes && r == 0; i++) {
			if (nb_route_rank(&nic->routes[i]) == rank)
				r = put_route(c, enslave, nic, &nic->routes[i]);
		}
	}
	return r;
}
