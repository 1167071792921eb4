/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "lib/core/hold.h"

#include <errno.h>
#include <string.h>

#include "lib/core/hold-l3.h"

void nb_hold_init(struct nb_hold *hold, const struct nb_delta *delta)
{
	memset(hold, 0, sizeof(*hold));
	hold->kind = delta->kind;
	hold->attr = delta->attr;
	memcpy(hold->slave, delta->slave, IFNAMSIZ);
	if (delta->address)
		hold->address = *delta->address;
	if (delta->route)
		hold->route = *delta->route;
	/* It is looked for by its key, and what it owns belongs to another. */
	hold->route.attributes = NULL;
	hold->route.n_attributes = 0;
}

/* The wanted value becomes the observed one; what the kernel does not show is not wanted. */
static int as_found(struct nb_optset *want, const struct nb_optset *have, unsigned attr)
{
	if (nb_optset_has(have, attr))
		return nb_optset_copy_value(want, have, attr);
	nb_optset_unset(want, attr);
	return 0;
}

/* Rows tied to @attr in either direction: they stand or fall together. */
static uint64_t tied_rows(unsigned attr)
{
	const struct nb_option *row = nb_option_get(NB_SCOPE_BOND, attr);
	uint64_t tied = row->conflicts | row->needs | row->resend;

	nb_foreach_option(other, number, NB_SCOPE_BOND) {
		if ((other->conflicts | other->needs) & NB_BIT(attr))
			tied |= NB_BIT(number);
	}
	return tied;
}

static int hold_option(struct nb_goal *goal, const struct nb_view *view, unsigned attr)
{
	uint64_t done = 0, todo = NB_BIT(attr);

	if (attr == IFLA_BOND_MODE) {
		nb_optset_done(&goal->opts);
		for (size_t i = 0; i < goal->n_slaves; i++)
			nb_optset_done(&goal->slaves[i].opts);
		return nb_optset_copy(&view->link->bond, &goal->opts);
	}
	while (todo) {
		unsigned next = __builtin_ctzll(todo);

		done |= NB_BIT(next);
		if (as_found(&goal->opts, &view->link->bond, next) < 0)
			return -ENOMEM;
		todo = (todo | tied_rows(next)) & ~done;
	}
	return 0;
}

#define QUEUE IFLA_BOND_SLAVE_QUEUE_ID

static uint64_t found_queue(const struct nb_netns *ns, const struct nb_goal_slave *slave)
{
	const struct nb_link *link = nb_netns_find(ns, slave->name);

	return link ? nb_optset_u(&link->slave, QUEUE) : 0;
}

/* Whether @slave wants a queue that @holder has and is to keep. */
static bool wants_held_queue(const struct nb_netns *ns, const struct nb_goal_slave *slave,
	const struct nb_goal_slave *holder)
{
	uint64_t queue = nb_optset_u(&slave->opts, QUEUE);

	return slave != holder && queue && nb_optset_u(&holder->opts, QUEUE) == queue &&
	       found_queue(ns, holder) == queue && found_queue(ns, slave) != queue;
}

/*
 * A queue serves one slave (bond_option_queue_id_set()): what one of them is held to cannot be
 * another's. Each round brings one back to what was found, where no queue is there twice.
 */
static int settle_queues(struct nb_goal *goal, const struct nb_netns *ns)
{
	size_t n = goal->n_slaves;

	for (size_t i = 0; i < n * n; i++) {
		struct nb_goal_slave *slave = &goal->slaves[i / n];

		if (!wants_held_queue(ns, slave, &goal->slaves[i % n]))
			continue;
		if (nb_optset_set(&slave->opts, QUEUE,
			    (union nb_value){ .u = found_queue(ns, slave) }) < 0)
			return -ENOMEM;
		i = -1; /* it may be a third one's wish now */
	}
	return 0;
}

static struct nb_goal_slave *find_slave(struct nb_goal *goal, const char *name)
{
	for (size_t i = 0; i < goal->n_slaves; i++) {
		if (nb_streq(goal->slaves[i].name, name))
			return &goal->slaves[i];
	}
	return NULL;
}

static void drop_slave(struct nb_goal *goal, struct nb_goal_slave *slave)
{

	nb_word_free(slave->namespace);
	nb_optset_done(&slave->opts);
	goal->n_slaves--;
	memmove(slave, slave + 1, (&goal->slaves[goal->n_slaves] - slave) * sizeof(*slave));
}

static int keep_slave(struct nb_goal *goal, const struct nb_netns *ns, const struct nb_link *link)
{
	struct nb_goal_slave *slave;

	if (nb_grow32(&goal->slaves, goal->n_slaves, &goal->slave_capacity, sizeof(*slave)) < 0)
		return -ENOMEM;
	slave = &goal->slaves[goal->n_slaves];
	memset(slave, 0, sizeof(*slave));
	memcpy(slave->name, link->name, IFNAMSIZ);
	slave->ifindex = link->ifindex;
	slave->namespace = nb_word_dup(goal->namespace);
	if (!slave->namespace)
		return -ENOMEM;
	goal->n_slaves++;
	slave->keep_down = slave->keep_mtu = goal->keep_order = true;
	if (nb_optset_copy(&link->slave, &slave->opts) < 0)
		return -ENOMEM;
	return settle_queues(goal, ns);
}

static const struct nb_link *find_link(
	const struct nb_view *view, const struct nb_goal_slave *slave)
{
	const struct nb_netns *ns = nb_state_namespace(view->state, slave->namespace);

	return ns ? nb_netns_find(ns, slave->name) : NULL;
}

/* A new bond does not take the MAC of a device that stays outside: it would be there twice. */
static void choose_birth_mac(struct nb_goal *goal, const struct nb_view *view)
{
	goal->has_birth_mac = false;
	for (size_t i = 0; i < goal->n_slaves && !goal->has_birth_mac; i++) {
		const struct nb_link *link = find_link(view, &goal->slaves[i]);

		goal->has_birth_mac = link && nb_link_own_mac(link, goal->birth_mac);
	}
}

static int hold_new_slave(
	struct nb_goal *goal, const struct nb_view *view, struct nb_goal_slave *slave)
{
	const struct nb_link *nic = find_link(view, slave);
	uint8_t mac[6] = { 0 };

	if (nic && nb_streq(slave->namespace, goal->namespace))
		nb_hold_drop_carried(goal, view, nic);
	drop_slave(goal, slave);
	if (nic && nb_link_own_mac(nic, mac) && memcmp(mac, goal->birth_mac, 6) == 0)
		choose_birth_mac(goal, view);
	return 0;
}

static int hold_slave(struct nb_goal *goal, const struct nb_view *view, const struct nb_hold *hold)
{
	struct nb_goal_slave *slave = find_slave(goal, hold->slave);
	const struct nb_link *link = view->ns ? nb_netns_find(view->ns, hold->slave) : NULL;

	switch (hold->kind) {
	case NB_DELTA_SLAVE_ADD:
		return slave ? hold_new_slave(goal, view, slave) : 0;
	case NB_DELTA_SLAVE_REMOVE:
		return link ? keep_slave(goal, view->ns, link) : 0;
	case NB_DELTA_SLAVE_OPTION:
		if (!slave || !link)
			return 0;
		if (as_found(&slave->opts, &link->slave, hold->attr) < 0)
			return -ENOMEM;
		return settle_queues(goal, view->ns);
	case NB_DELTA_SLAVE_UP:
		if (slave)
			slave->keep_down = true;
		return 0;
	default: /* NB_DELTA_SLAVE_MTU: the caller sends no other kind */
		if (slave)
			slave->keep_mtu = true;
		return 0;
	}
}

int nb_hold_apply(struct nb_goal *goal, const struct nb_view *view, const struct nb_hold *hold)
{
	switch (hold->kind) {
	case NB_DELTA_CREATE:
	case NB_DELTA_DELETE:
		goal->skip = true;
		return 0;
	case NB_DELTA_OPTION:
		return hold_option(goal, view, hold->attr);
	case NB_DELTA_MTU:
		goal->mtu = 0;
		return 0;
	case NB_DELTA_MAC:
		goal->has_mac = false;
		return 0;
	case NB_DELTA_LINK_LOCAL:
		goal->link_local = !goal->link_local;
		return 0;
	case NB_DELTA_UP:
		goal->keep_down = true;
		nb_hold_drop_new_routes(goal, view);
		return 0;
	case NB_DELTA_ORDER:
		goal->keep_order = true;
		return 0;
	case NB_DELTA_SLAVE_ADD:
	case NB_DELTA_SLAVE_REMOVE:
	case NB_DELTA_SLAVE_OPTION:
	case NB_DELTA_SLAVE_UP:
	case NB_DELTA_SLAVE_MTU:
		return hold_slave(goal, view, hold);
	case NB_DELTA_ADDRESS_ADD:
	case NB_DELTA_ADDRESS_CHANGE:
	case NB_DELTA_ADDRESS_REPLACE:
	case NB_DELTA_ADDRESS_REMOVE:
		return nb_hold_address(goal, view, &hold->address);
	case NB_DELTA_ROUTE_ADD:
	case NB_DELTA_ROUTE_CHANGE:
	case NB_DELTA_ROUTE_REMOVE:
		return nb_hold_route(goal, view, &hold->route);
	}
	return 0;
}
