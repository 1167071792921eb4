/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Slaves of a bond: the new ones in, their own options, then the old ones out. */
#include <errno.h>
#include <string.h>

#include "lib/core/planner.h"

void nb_plan_release(struct nb_planner *p, const char *namespace, struct nb_link *link)
{
	const struct nb_link *master =
		nb_netns_find_index(nb_state_namespace(p->work, namespace), link->master);
	struct nb_op *op = nb_planner_op(p, NB_OP_RELEASE, namespace, link);

	if (master)
		memcpy(op->master, master->name, IFNAMSIZ);
}

static void move_in(struct nb_planner *p, const struct nb_goal_slave *slave, struct nb_link *link)
{
	struct nb_op *op = nb_planner_op(p, NB_OP_LINK_MOVE, slave->namespace, link);

	op->to_namespace = strdup(p->goal->namespace);
	if (!op->to_namespace)
		p->error = -ENOMEM;
	memcpy(op->new_name, slave->name, IFNAMSIZ);
	nb_planner_commit(p);
}

static void enslave(struct nb_planner *p, const char *name)
{
	struct nb_link *link = nb_netns_find(nb_planner_ns(p), name);
	struct nb_op *op;

	if (!link)
		return;
	op = nb_planner_op(p, NB_OP_ENSLAVE, p->goal->namespace, link);
	memcpy(op->master, p->goal->name, IFNAMSIZ);
	if (nb_link_is_up(link))
		op->set |= NB_SET_DOWN; /* bond_enslave() refuses a device that is up */
	nb_planner_commit(p);
}

static bool is_name_taken(const struct nb_planner *p, const struct nb_goal_slave *slave)
{
	return !nb_streq(slave->namespace, p->goal->namespace) &&
	       nb_netns_find(nb_planner_ns(p), slave->name);
}

static bool name_taken(struct nb_planner *p, const struct nb_goal_slave *slave)
{
	if (!is_name_taken(p, slave))
		return false;
	p->plan->refused = true;
	nb_diag_error(p->diag, &p->goal->mark, p->goal->key,
		"slave %s cannot move to namespace %s: a device of that name is there",
		slave->name, p->goal->namespace);
	nb_diag_hint(p->diag, "rename one of the two");
	return true;
}

static void bring_in(struct nb_planner *p, const struct nb_goal_slave *slave)
{
	struct nb_netns *from = nb_state_namespace(p->work, slave->namespace);
	struct nb_link *link = from ? nb_netns_find(from, slave->name) : NULL;
	const struct nb_delta *delta = nb_plan_slave_delta(p, NB_DELTA_SLAVE_ADD, slave->name);
	const bool inside = nb_streq(slave->namespace, p->goal->namespace);

	/* An ifindex says nothing of devices in another namespace. */
	if (!link || (inside && nb_link_is_slave_of(link, nb_planner_bond(p))) ||
		name_taken(p, slave))
		return;
	if (delta)
		nb_planner_set(p, delta);
	else
		nb_planner_upkeep(p);
	if (link->master) {
		nb_plan_release(p, slave->namespace, link);
		nb_planner_reason(p, "it becomes a slave of %s", p->goal->name);
		nb_planner_commit(p);
	}
	nb_plan_strip(p, slave->namespace, slave->name);
	if (!inside && p->error == 0)
		move_in(p, slave, nb_netns_find(from, slave->name));
	if (p->error == 0)
		enslave(p, slave->name);
}

static bool comes_in(const struct nb_planner *p, const struct nb_goal_slave *slave)
{
	const struct nb_link *link = nb_netns_find(nb_planner_ns(p), slave->name);

	return !is_name_taken(p, slave) &&
	       (!link || !nb_link_is_slave_of(link, nb_planner_bond(p)));
}

static bool any_comes_in(const struct nb_planner *p)
{
	for (size_t i = 0; i < p->goal->n_slaves; i++) {
		if (comes_in(p, &p->goal->slaves[i]))
			return true;
	}
	return false;
}

/*
 * A bond that was made before any of its slaves was there takes the MAC of the first one now. Any
 * other MAC is as found: one set by hand stays, and in place of a random one the kernel itself takes
 * the slave's (bond_enslave()).
 */
static void birth_mac(struct nb_planner *p)
{
	const struct nb_goal *goal = p->goal;
	struct nb_link *bond = nb_planner_bond(p);
	struct nb_op *op;
	uint8_t spare[6];

	if (!p->view.link || p->view.n_slaves || !any_comes_in(p) || goal->has_mac ||
		!goal->has_birth_mac || nb_bond_follows_mac(&goal->opts))
		return;
	nb_plan_spare_mac(p, spare);
	if (memcmp(bond->mac, spare, 6) != 0)
		return;
	nb_planner_upkeep(p);
	op = nb_planner_op(p, NB_OP_LINK_SET, goal->namespace, bond);
	op->set = NB_SET_MAC;
	memcpy(op->mac, goal->birth_mac, 6);
	nb_planner_reason(p, "it was made without a slave, and takes the MAC of its first one");
	nb_planner_commit(p);
}

/* Options that could be told only now: a primary that has just become a slave. */
static void late_options(struct nb_planner *p)
{
	struct nb_view view;
	uint64_t attrs = 0;

	if (nb_view_init(&view, p->goal, p->target, p->work, p->policy->memory) < 0) {
		p->error = -ENOMEM;
		return;
	}
	nb_foreach_option(row, attr, NB_SCOPE_BOND) {
		if (row->type == &nb_type_ifname && nb_option_differs(&view, row))
			attrs |= NB_BIT(attr);
	}
	nb_view_done(&view);
	if (!attrs)
		return;
	nb_planner_upkeep(p);
	nb_plan_options(p, attrs);
	nb_planner_commit(p);
}

#define WAIT_LACP_MS 40000u  /* a defaulted partner speaks every 30 s (802.1AX Slow_Periodic_Time) */
#define WAIT_SLACK_MS 5000u
/*
 * A port that collects and distributes here sends at once, but the partner may only distribute when
 * it has heard so (802.1AX 6.4.13): an LACPDU at the driver's rate of three a second, and a tick or
 * two of 100 ms there. Until then nothing comes back through it. That the partner got there is not
 * seen: the driver does not tell it before its next periodic LACPDU.
 */
#define SETTLE_LACP_MS 1000u

/* How long a slave may take until the driver uses it. */
static unsigned wait_ms(const struct nb_optset *opts)
{
	uint64_t ms = WAIT_SLACK_MS + nb_optset_u(opts, IFLA_BOND_UPDELAY) +
		      2 * nb_optset_u(opts, IFLA_BOND_MIIMON) +
		      3 * nb_optset_u(opts, IFLA_BOND_ARP_INTERVAL);

	if (nb_optset_u(opts, IFLA_BOND_MODE) == BOND_MODE_8023AD)
		ms = NB_MAX(ms, WAIT_LACP_MS);
	return NB_MIN(ms, UINT32_MAX);
}

void nb_plan_wait_for_another(struct nb_planner *p, const char *leaving)
{
	struct nb_op *op;

	if (p->class != NB_CLASS_SLAVE)
		return;
	op = nb_planner_op(p, NB_OP_WAIT_USABLE, p->goal->namespace, nb_planner_bond(p));
	strncpy(op->master, leaving, IFNAMSIZ - 1);
	op->timeout_ms = wait_ms(&p->goal->opts);
	/* On the way back nothing is left undone for want of a partner. */
	op->flags |= p->goal->literal ? NB_OP_TOLERANT : 0;
	if (nb_optset_u(&p->goal->opts, IFLA_BOND_MODE) == BOND_MODE_8023AD)
		op->settle_ms = SETTLE_LACP_MS;
	op->least = nb_bond_least_links(&p->goal->opts);
	nb_planner_commit(p);
}

static void send_out(struct nb_planner *p, const struct nb_delta *delta)
{
	struct nb_link *link = nb_netns_find(nb_planner_ns(p), delta->slave);

	nb_planner_set(p, delta);
	if (link && nb_link_is_slave_of(link, nb_planner_bond(p))) {
		nb_plan_wait_for_another(p, delta->slave);
		nb_plan_release(p, p->goal->namespace, link);
		if (delta->class == NB_CLASS_DOWN)
			nb_planner_reason(p, "%s", delta->why);
		/* rlb_update_rx_clients() tells them after RLB_UPDATE_DELAY. */
		else if (nb_optset_u(&p->goal->opts, IFLA_BOND_MODE) == BOND_MODE_ALB)
			nb_planner_reason(p, "some peers send to its MAC for about 2 s more");
		nb_planner_commit(p);
	}
	nb_plan_go_home(p, p->goal->namespace, delta->slave);
}

/* After the last release the bond has a random MAC: it gets back the one it had. */
static void mac_of_empty(struct nb_planner *p)
{
	struct nb_link *bond = nb_planner_bond(p);
	struct nb_op *op;

	if (bond->has_mac || !p->view.link || nb_bond_follows_mac(&p->goal->opts))
		return;
	nb_planner_upkeep(p);
	op = nb_planner_op(p, NB_OP_LINK_SET, p->goal->namespace, bond);
	op->set = NB_SET_MAC;
	memcpy(op->mac, p->goal->has_mac ? p->goal->mac : p->view.link->mac, 6);
	nb_planner_reason(p, "the kernel gives a bond without slaves a random MAC");
	nb_planner_commit(p);
}

/* The slaves that may keep their place: those that lead the wanted order and are in it already. */
static size_t kept_in_order(const struct nb_planner *p)
{
	struct nb_netns *ns = nb_planner_ns(p);
	uint32_t last = 0;

	for (size_t i = 0; i < p->goal->n_slaves; i++) {
		const struct nb_link *link = nb_netns_find(ns, p->goal->slaves[i].name);

		if (!link || link->slave_position <= last)
			return i;
		last = link->slave_position;
	}
	return p->goal->n_slaves;
}

static void reorder(struct nb_planner *p, const struct nb_delta *delta)
{
	for (size_t i = kept_in_order(p); i < p->goal->n_slaves && p->error == 0; i++) {
		struct nb_link *link =
			nb_netns_find(nb_planner_ns(p), p->goal->slaves[i].name);

		nb_planner_set(p, delta);
		nb_plan_wait_for_another(p, link->name);
		nb_plan_release(p, p->goal->namespace, link);
		nb_planner_reason(p, "%s", delta->why);
		nb_planner_commit(p);
		if (p->error == 0)
			enslave(p, p->goal->slaves[i].name);
	}
}

/* All are in, and the driver told their places. */
static bool is_order_known(const struct nb_planner *p)
{
	for (size_t i = 0; i < p->goal->n_slaves; i++) {
		const struct nb_link *link =
			nb_netns_find(nb_planner_ns(p), p->goal->slaves[i].name);

		if (!link || !nb_link_is_slave_of(link, nb_planner_bond(p)) ||
			link->slave_position == 0)
			return false;
	}
	return true;
}

/* Not while it was a slave, and the driver would have shown that it is meant. */
static bool was_just_in(const struct nb_planner *p, const struct nb_goal_slave *slave)
{
	const struct nb_netns *ns =
		p->policy->since ? nb_state_namespace(p->policy->since, p->goal->namespace) : NULL;
	const struct nb_link *bond = ns ? nb_netns_find_index(ns, p->view.link->ifindex) : NULL;
	const struct nb_link *link = bond ? nb_netns_find(ns, slave->name) : NULL;

	return link && nb_link_is_slave_of(link, bond);
}

static bool may_be_remembered(const struct nb_planner *p)
{
	for (size_t i = 0; i < p->goal->n_slaves; i++) {
		const struct nb_goal_slave *slave = &p->goal->slaves[i];

		if (comes_in(p, slave) && !was_just_in(p, slave))
			return true;
	}
	return false;
}

/*
 * The driver remembers a primary that is no slave and does not show it (bond_fill_info()); when
 * that device comes in again, it is primary again. Where none is wanted, it is told so before.
 */
static void forget_hidden_names(struct nb_planner *p)
{
	uint64_t attrs = 0;

	if (!p->view.link || !may_be_remembered(p))
		return;
	nb_foreach_option(row, attr, NB_SCOPE_BOND) {
		if (row->type == &nb_type_ifname && nb_optset_has(&p->goal->opts, attr) &&
			!nb_optset_get(&p->goal->opts, attr).name &&
			!nb_optset_has(&p->view.link->bond, attr))
			attrs |= NB_BIT(attr);
	}
	for (size_t i = 0; i < p->plan->n_ops; i++) {
		const struct nb_op *op = &p->plan->ops[i];

		if (op->kind == NB_OP_BOND_SET && nb_streq(op->goal, p->goal->key))
			attrs &= ~op->opts.present;
	}
	if (!attrs)
		return;
	nb_planner_set(p, NULL);
	nb_plan_options(p, attrs);
	nb_planner_reason(p, "the driver may remember one that is no slave now");
	nb_planner_commit(p);
}

static void bring_all_in(struct nb_planner *p, bool deferred)
{
	for (size_t i = 0; i < p->goal->n_slaves && p->error == 0; i++) {
		if (p->goal->slaves[i].deferred == deferred)
			bring_in(p, &p->goal->slaves[i]);
	}
}

static void tell_slaves(struct nb_planner *p)
{
	nb_plan_set_slaves(p, false);
	if (p->error == 0)
		late_options(p);
}

/* Those that came in anew lost their own options, also what had waited and was set before. */
static void tell_reordered(struct nb_planner *p)
{
	tell_slaves(p);
	if (p->error == 0)
		nb_plan_set_slaves(p, true);
}

/*
 * What came in stands last, wherever it is listed: mended in the same plan where that is asked for,
 * and on the way back, since the order of a snapshot is part of it.
 */
static void mend_order(struct nb_planner *p)
{
	static const struct nb_delta order = {
		.kind = NB_DELTA_ORDER,
		.class = NB_CLASS_SLAVE,
		.why = "slaves are listed in the order of enslaving",
	};

	bool asked = p->policy->reorder && p->policy->limit >= NB_CLASS_SLAVE &&
		     !p->goal->keep_order;

	if ((!p->goal->literal && !asked) || p->error < 0 || !is_order_known(p))
		return;
	reorder(p, &order);
	tell_reordered(p);
}

void nb_plan_slaves_deferred(struct nb_planner *p)
{
	if (p->error < 0 || !nb_planner_bond(p))
		return;
	bring_all_in(p, true);
	tell_slaves(p);
	mend_order(p);
}

void nb_plan_slaves(struct nb_planner *p)
{
	if (p->error < 0 || !nb_planner_bond(p))
		return;
	birth_mac(p);
	forget_hidden_names(p);
	bring_all_in(p, false);
	nb_plan_mend_slaves(p, false);
	tell_slaves(p);
}

void nb_plan_slaves_out(struct nb_planner *p)
{
	const struct nb_delta *order = nb_planner_delta(p, NB_DELTA_ORDER);

	if (p->error < 0 || !nb_planner_bond(p))
		return;
	nb_plan_mend_slaves(p, true);
	nb_plan_set_slaves(p, true);
	if (order && p->error == 0) {
		reorder(p, order);
		tell_reordered(p);
	}
	for (size_t i = 0; i < p->diff.n_deltas && p->error == 0; i++) {
		if (p->diff.deltas[i].kind == NB_DELTA_SLAVE_REMOVE)
			send_out(p, &p->diff.deltas[i]);
	}
	mend_order(p);
	nb_plan_waiting_options(p);
	if (p->error == 0)
		mac_of_empty(p);
}
