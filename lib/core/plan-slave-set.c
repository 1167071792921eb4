/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What the slaves of a bond have of their own: options, admin state, MTU. What takes one of them
 * out of service for a moment comes late, each behind a wait for another one.
 */
#include <errno.h>
#include <string.h>

#include "lib/core/planner.h"

const struct nb_delta *nb_plan_slave_delta(
	const struct nb_planner *p, enum nb_delta_kind kind, const char *name)
{
	for (size_t i = 0; i < p->diff.n_deltas; i++) {
		const struct nb_delta *delta = &p->diff.deltas[i];

		if (delta->kind == kind && nb_streq(delta->slave, name))
			return delta;
	}
	return NULL;
}

/* Not where the bond itself goes down, or is without slaves for a while. */
static bool has_to_wait(const struct nb_planner *p, const struct nb_delta *delta)
{
	return delta->class == NB_CLASS_SLAVE && !p->diff.need_down && !p->diff.need_empty;
}

static uint64_t slave_options(const struct nb_goal_slave *want, const struct nb_link *have)
{
	uint64_t attrs = 0;

	nb_foreach_option(row, attr, NB_SCOPE_SLAVE) {
		if (!nb_optset_has(&want->opts, attr))
			continue;
		if (nb_optset_has(&have->slave, attr)
				? !nb_optset_equal(&want->opts, &have->slave, attr)
				: (nb_optset_named(&want->opts) & NB_BIT(attr)))
			attrs |= NB_BIT(attr);
	}
	return attrs;
}

/* The part of @attrs that has to wait, or that has not; *@ret_delta is the worst difference of it. */
static uint64_t its_part(const struct nb_planner *p, const char *slave, uint64_t attrs, bool waiting,
	const struct nb_delta **ret_delta)
{
	uint64_t late = 0;

	*ret_delta = NULL;
	for (size_t i = 0; i < p->diff.n_deltas; i++) {
		const struct nb_delta *delta = &p->diff.deltas[i];

		if (delta->kind != NB_DELTA_SLAVE_OPTION || !nb_streq(delta->slave, slave))
			continue;
		if (has_to_wait(p, delta))
			late |= NB_BIT(delta->attr);
		if (has_to_wait(p, delta) == waiting &&
			(!*ret_delta || delta->class > (*ret_delta)->class))
			*ret_delta = delta;
	}
	return waiting ? attrs & late : attrs & ~late;
}

static void set_slave(struct nb_planner *p, struct nb_link *link, const struct nb_optset *values,
	uint64_t attrs)
{
	struct nb_op *op = nb_planner_op(p, NB_OP_SLAVE_SET, p->goal->namespace, link);

	nb_foreach_bit(attr, attrs)
	{
		if (nb_optset_copy_value(&op->opts, values, attr) < 0 ||
			(nb_optset_has(&link->slave, attr) &&
				nb_optset_copy_value(&op->before, &link->slave, attr) < 0))
			p->error = -ENOMEM;
	}
	nb_planner_commit(p);
}

/* One queue for two slaves is refused (bond_option_queue_id_set()): its present holder gives it up. */
static void free_queue(struct nb_planner *p, const struct nb_link *taker, uint64_t queue)
{
	const struct nb_link *bond = nb_planner_bond(p);
	struct nb_relatives relatives = nb_netns_relatives(nb_planner_ns(p), bond->ifindex);
	struct nb_optset zero = { .scope = NB_SCOPE_SLAVE };
	struct nb_link *holder;

	while (queue && p->error == 0 && (holder = nb_relatives_next(&relatives))) {
		if (holder == taker || !nb_link_is_slave_of(holder, bond) ||
			nb_optset_u(&holder->slave, IFLA_BOND_SLAVE_QUEUE_ID) != queue)
			continue;
		if (nb_optset_set(&zero, IFLA_BOND_SLAVE_QUEUE_ID, (union nb_value){ 0 }) < 0)
			p->error = -ENOMEM;
		set_slave(p, holder, &zero, NB_BIT(IFLA_BOND_SLAVE_QUEUE_ID));
		nb_optset_done(&zero);
	}
}

void nb_plan_set_slaves(struct nb_planner *p, bool waiting)
{
	struct nb_netns *ns = nb_planner_ns(p);

	for (size_t i = 0; i < p->goal->n_slaves && p->error == 0; i++) {
		const struct nb_goal_slave *want = &p->goal->slaves[i];
		struct nb_link *link = nb_netns_find(ns, want->name);
		const struct nb_delta *delta;
		uint64_t attrs;

		if (!link || !nb_link_is_slave_of(link, nb_planner_bond(p)))
			continue;
		attrs = its_part(p, want->name, slave_options(want, link), waiting, &delta);
		if (!attrs)
			continue;
		if (!delta)
			delta = nb_plan_slave_delta(p, NB_DELTA_SLAVE_ADD, want->name);
		nb_planner_set(p, delta);
		if (!delta)
			nb_planner_upkeep(p);
		if (waiting)
			nb_plan_wait_for_another(p, want->name);
		if (attrs & NB_BIT(IFLA_BOND_SLAVE_QUEUE_ID))
			free_queue(p, link, nb_optset_u(&want->opts, IFLA_BOND_SLAVE_QUEUE_ID));
		set_slave(p, link, &want->opts, attrs);
	}
}

void nb_plan_mend_slaves(struct nb_planner *p, bool waiting)
{
	for (size_t i = 0; i < p->diff.n_deltas && p->error == 0; i++) {
		const struct nb_delta *delta = &p->diff.deltas[i];
		struct nb_link *link;
		struct nb_op *op;

		if ((delta->kind != NB_DELTA_SLAVE_UP && delta->kind != NB_DELTA_SLAVE_MTU) ||
			has_to_wait(p, delta) != waiting)
			continue;
		link = nb_netns_find(nb_planner_ns(p), delta->slave);
		if (!link || (delta->kind == NB_DELTA_SLAVE_UP && nb_link_is_up(link)) ||
			(delta->kind == NB_DELTA_SLAVE_MTU &&
				link->mtu == nb_planner_bond(p)->mtu))
			continue;
		nb_planner_set(p, delta);
		if (waiting)
			nb_plan_wait_for_another(p, delta->slave);
		op = nb_planner_op(p, NB_OP_LINK_SET, p->goal->namespace, link);
		op->set = delta->kind == NB_DELTA_SLAVE_UP ? NB_SET_UP : NB_SET_MTU;
		op->mtu = nb_planner_bond(p)->mtu;
		op->mtu_before = link->mtu;
		nb_planner_commit(p);
	}
}
