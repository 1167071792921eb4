/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The bond device itself: creation, options in the kernel's order of needs, MTU and MAC. */
#include <errno.h>
#include <string.h>

#include "lib/core/planner.h"

/* Whether a value can be sent now: a name needs its device in the bond's namespace. */
static bool sendable(const struct nb_planner *p, const struct nb_option *row, union nb_value value)
{
	if (row->flags & (NB_OPTION_READONLY | NB_OPTION_RUNTIME))
		return false;
	return row->type != &nb_type_ifname || !value.name ||
	       nb_netns_find(nb_planner_ns(p), value.name);
}

static void copy_value(struct nb_planner *p, struct nb_optset *to, const struct nb_optset *from,
	unsigned attr)
{
	if (nb_optset_copy_value(to, from, attr) < 0)
		p->error = -ENOMEM;
}

static bool is_fresh_value(const struct nb_option *row, union nb_value value, unsigned mode)
{
	if (row->type->is_pointer || row->type == &nb_type_mac)
		return nb_value_is_zero(row->type, value);
	return value.s == nb_option_kernel_default(row, mode);
}

static void link_local(struct nb_planner *p)
{
	struct nb_op *op = nb_planner_op(
		p, NB_OP_LINK_SET, p->goal->namespace, nb_planner_bond(p));

	op->set = NB_SET_GEN_MODE;
	op->addr_gen_mode = p->goal->link_local ? IN6_ADDR_GEN_MODE_EUI64 : IN6_ADDR_GEN_MODE_NONE;
	nb_planner_commit(p);
}

static void set_updown(struct nb_planner *p, bool up)
{
	struct nb_op *op = nb_planner_op(
		p, NB_OP_LINK_SET, p->goal->namespace, nb_planner_bond(p));

	op->set = up ? NB_SET_UP : NB_SET_DOWN;
	nb_planner_commit(p);
}

/* Each bond its own: two of them may meet in one LAN. */
void nb_plan_spare_mac(const struct nb_planner *p, uint8_t ret[6])
{
	uint64_t hash = nb_hash_bytes(0, p->policy->spare_mac, 6);

	hash = nb_hash_bytes(hash, p->goal->key, strlen(p->goal->key));
	memcpy(ret, p->policy->spare_mac, 6);
	for (unsigned i = 1; i < 6; i++)
		ret[i] = (uint8_t)(hash >> (8 * i));
}

/* Whether the kernel refused it before, in this configuration: the bond is made without it. */
static bool is_blocked(const struct nb_planner *p, unsigned attr)
{
	const struct nb_delta delta = { .kind = NB_DELTA_OPTION, .attr = attr };
	NB_CLEANUP(nb_text_done) struct nb_text subject = { 0 };

	if (p->policy->n_blocks == 0)
		return false;
	nb_delta_subject(&delta, &subject);
	return nb_planner_block(p, p->goal->key, subject.text);
}

static bool has_slaves_now(const struct nb_goal *goal)
{
	for (size_t i = 0; i < goal->n_slaves; i++) {
		if (!goal->slaves[i].deferred)
			return true;
	}
	return false;
}

static void create(struct nb_planner *p, const struct nb_delta *delta)
{
	const struct nb_goal *goal = p->goal;
	unsigned mode = nb_optset_u(&goal->opts, IFLA_BOND_MODE);
	struct nb_op *op;

	nb_planner_set(p, delta);
	op = nb_planner_op(p, NB_OP_BOND_CREATE, goal->namespace, NULL);
	memcpy(op->link, goal->name, IFNAMSIZ);
	nb_foreach_option(row, attr, NB_SCOPE_BOND) {
		union nb_value value = nb_optset_get(&goal->opts, attr);

		if (nb_optset_has(&goal->opts, attr) && sendable(p, row, value) &&
			!is_blocked(p, attr) &&
			(attr == IFLA_BOND_MODE || !is_fresh_value(row, value, mode)))
			copy_value(p, &op->opts, &goal->opts, attr);
	}
	/* Always an address: udev's MAC policy leaves a device alone that was given one. */
	op->set = NB_SET_MAC | (goal->link_local && !has_slaves_now(goal) ? NB_SET_UP : 0);
	if (goal->has_mac || goal->has_birth_mac)
		memcpy(op->mac, goal->has_mac ? goal->mac : goal->birth_mac, 6);
	else
		nb_plan_spare_mac(p, op->mac);
	if (goal->mtu) {
		op->set |= NB_SET_MTU;
		op->mtu = goal->mtu;
	}
	nb_planner_commit(p);
	/* rtnl_newlink_create() does not look at IFLA_AF_SPEC: before the first up, separately. */
	if (p->error == 0 && !goal->link_local)
		link_local(p);
}

void nb_plan_up(struct nb_planner *p)
{
	const struct nb_delta *delta = nb_planner_delta(p, NB_DELTA_CREATE);
	const struct nb_link *bond = nb_planner_bond(p);

	if (p->error < 0 || !delta || !bond || nb_link_is_up(bond))
		return;
	nb_planner_set(p, delta);
	set_updown(p, true);
}

struct nb_op *nb_plan_options(struct nb_planner *p, uint64_t attrs)
{
	const struct nb_goal *goal = p->goal;
	const struct nb_link *bond = nb_planner_bond(p);
	uint64_t known = p->before->known[NB_SCOPE_BOND];
	struct nb_op *op = nb_planner_op(p, NB_OP_BOND_SET, goal->namespace, bond);
	uint64_t send = attrs;

	nb_foreach_bit(attr, attrs)
		send |= nb_option_get(NB_SCOPE_BOND, attr)->resend;
	if (attrs & NB_BIT(IFLA_BOND_MODE))
		send = goal->opts.present;
	nb_foreach_bit(attr, send & goal->opts.present)
	{
		const struct nb_option *row = nb_option_get(NB_SCOPE_BOND, attr);

		if (!sendable(p, row, nb_optset_get(&goal->opts, attr)))
			continue;
		if (!(attrs & NB_BIT(attr)) && known && !(known & NB_BIT(attr)) &&
			!(row->flags & NB_OPTION_SPARSE))
			continue;
		copy_value(p, &op->opts, &goal->opts, attr);
		if (p->view.link && nb_optset_has(&p->view.link->bond, attr))
			copy_value(p, &op->before, &p->view.link->bond, attr);
	}
	return op;
}

/* What keeps the bond's carrier only once slaves that come are usable (nb_raise_min_links()). */
static bool is_option(const struct nb_delta *delta, bool waiting)
{
	return delta->kind == NB_DELTA_OPTION && (delta->class == NB_CLASS_SLAVE) == waiting;
}

/* The delta whose class rules the message: the first of the highest class. */
static const struct nb_delta *worst_option(const struct nb_planner *p, bool waiting)
{
	const struct nb_delta *worst = NULL;

	for (size_t i = 0; i < p->diff.n_deltas; i++) {
		const struct nb_delta *delta = &p->diff.deltas[i];

		if (is_option(delta, waiting) && (!worst || delta->class > worst->class))
			worst = delta;
	}
	return worst;
}

static uint64_t changed_options(const struct nb_planner *p, bool waiting)
{
	uint64_t attrs = 0;

	for (size_t i = 0; i < p->diff.n_deltas; i++) {
		if (is_option(&p->diff.deltas[i], waiting))
			attrs |= NB_BIT(p->diff.deltas[i].attr);
	}
	return attrs;
}

static void reason_of(struct nb_planner *p, const struct nb_delta *delta)
{
	if (delta->moves)
		p->scratch.flags |= NB_OP_MOVES;
	if (delta->kind == NB_DELTA_OPTION && delta->why)
		nb_planner_reason(p, "%s: %s",
			nb_option_get(NB_SCOPE_BOND, delta->attr)->name, delta->why);
	else if (delta->why)
		nb_planner_reason(p, "%s", delta->why);
	else if (delta->moves)
		nb_planner_reason(p, "flows may move to another slave");
}

static void take_down(struct nb_planner *p, const struct nb_delta *delta)
{
	struct nb_op *op = nb_planner_op(
		p, NB_OP_LINK_SET, p->goal->namespace, nb_planner_bond(p));

	op->set = NB_SET_DOWN;
	reason_of(p, delta);
	nb_planner_commit(p);
}

/* @but: stays; NULL: none does. */
static void release_all(
	struct nb_planner *p, const struct nb_delta *delta, const struct nb_link *but)
{
	for (size_t i = 0; i < p->view.n_slaves && p->error == 0; i++) {
		struct nb_netns *ns = nb_planner_ns(p);
		struct nb_link *slave = nb_netns_find_index(ns, p->view.slaves[i]->ifindex);

		/* A bond planned earlier may have taken it. */
		if (!slave || !nb_link_is_slave_of(slave, nb_planner_bond(p)) ||
			(but && slave->ifindex == but->ifindex))
			continue;
		nb_plan_release(p, p->goal->namespace, slave);
		reason_of(p, delta);
		nb_planner_commit(p);
	}
}

/* The slave that traffic leaves by, or one of them; NULL: there is none. */
static const struct nb_link *last_in_use(const struct nb_planner *p)
{
	const char *active = nb_optset_has(&p->view.link->bond, IFLA_BOND_ACTIVE_SLAVE) ?
		nb_optset_get(&p->view.link->bond, IFLA_BOND_ACTIVE_SLAVE).name : NULL;
	const struct nb_link *found = NULL;

	for (size_t i = 0; i < p->view.n_slaves; i++) {
		const struct nb_link *slave = p->view.slaves[i];

		if (nb_link_usable_slave(slave, p->view.link) &&
			(!found || nb_streq(slave->name, active)))
			found = slave;
	}
	return found;
}

/* The MAC the bond shall have after it was empty: the wanted one, or the one it had. */
static void put_mac_back(struct nb_planner *p, struct nb_op *op)
{
	const struct nb_goal *goal = p->goal;

	if (nb_planner_bond(p)->has_mac || nb_bond_follows_mac(&goal->opts))
		return;
	op->set |= NB_SET_MAC;
	memcpy(op->mac, goal->has_mac ? goal->mac : p->view.link->mac, 6);
}

/*
 * A mode, like all that wants the bond empty and down, has no way that is shorter for any pair:
 * bond_opts[] has BOND_OPTFLAG_NOSLAVES and _IFDOWN for it whatever the old and the new one are
 * (ENOTEMPTY, EBUSY), and a slave leaves one bond before it can be in another. A second bond beside
 * this one would still have to take its name, which wants it down (dev_change_name(), 6.1), and
 * VLANs, routes and sockets stay with the old ifindex. So as little as can be lies between the last
 * frame of the old mode and the first of the new one: the slaves that others can stand in for leave
 * before (a release takes the longest of all this, synchronize_net()), and all options go in one
 * message with the MAC and up.
 */
static void change_options(struct nb_planner *p, const struct nb_delta *delta)
{
	bool was_up = nb_link_is_up(p->view.link);
	struct nb_op *op;

	nb_planner_set(p, delta);
	if (p->diff.need_down && was_up && p->diff.need_empty && last_in_use(p))
		release_all(p, delta, last_in_use(p));
	if (p->diff.need_down && was_up)
		take_down(p, delta);
	if (p->diff.need_empty)
		release_all(p, delta, NULL);
	if (p->error < 0)
		return;
	op = nb_plan_options(p, changed_options(p, false));
	if (p->diff.need_empty)
		put_mac_back(p, op);
	if (!nb_link_is_up(nb_planner_bond(p)) && !p->goal->keep_down)
		op->set |= NB_SET_UP;
	reason_of(p, delta);
	nb_planner_commit(p);
}

void nb_plan_waiting_options(struct nb_planner *p)
{
	const struct nb_delta *delta = worst_option(p, true);

	if (!delta || p->error < 0)
		return;
	nb_planner_set(p, delta);
	nb_plan_wait_for_another(p, "");
	nb_plan_options(p, changed_options(p, true));
	reason_of(p, delta);
	nb_planner_commit(p);
}

static void change_link_local(struct nb_planner *p, const struct nb_delta *delta)
{
	nb_planner_set(p, delta);
	if (p->goal->link_local && nb_link_is_up(nb_planner_bond(p)))
		take_down(p, delta);
	link_local(p);
	if (!nb_link_is_up(nb_planner_bond(p)) && !p->goal->keep_down)
		set_updown(p, true);
	for (size_t i = 0; !p->goal->link_local && i < p->view.link->n_addresses; i++) {
		const struct nb_address *address = &p->view.link->addresses[i];
		struct nb_op *op;

		if (!nb_ip_is_linklocal(&address->ip) || !nb_address_of_kernel(address))
			continue;
		op = nb_planner_op(
			p, NB_OP_ADDRESS_DELETE, p->goal->namespace, nb_planner_bond(p));
		op->address = *address;
		op->flags |= NB_OP_TOLERANT;
		nb_planner_commit(p);
	}
}

static void change_mac(struct nb_planner *p, const struct nb_delta *delta)
{
	struct nb_link *bond = nb_planner_bond(p);
	struct nb_op *op;

	if (memcmp(bond->mac, p->goal->mac, 6) == 0)
		return; /* it went along with the options */
	nb_planner_set(p, delta);
	op = nb_planner_op(p, NB_OP_LINK_SET, p->goal->namespace, bond);
	op->set = NB_SET_MAC;
	memcpy(op->mac, p->goal->mac, 6);
	memcpy(op->mac_before, p->view.link->mac, 6);
	reason_of(p, delta);
	nb_planner_commit(p);
}

static void change_mtu(struct nb_planner *p, const struct nb_delta *delta)
{
	struct nb_op *op;

	nb_planner_set(p, delta);
	op = nb_planner_op(p, NB_OP_LINK_SET, p->goal->namespace, nb_planner_bond(p));
	op->set = NB_SET_MTU;
	op->mtu = p->goal->mtu;
	op->mtu_before = p->view.link->mtu;
	reason_of(p, delta);
	nb_planner_commit(p);
}

void nb_plan_bond(struct nb_planner *p)
{
	const struct nb_delta *delta = nb_planner_delta(p, NB_DELTA_CREATE);

	if (delta) {
		create(p, delta);
		return;
	}
	delta = worst_option(p, false);
	if (delta && p->error == 0)
		change_options(p, delta);
	delta = nb_planner_delta(p, NB_DELTA_LINK_LOCAL);
	if (delta && p->error == 0)
		change_link_local(p, delta);
	delta = nb_planner_delta(p, NB_DELTA_MTU);
	if (delta && p->error == 0)
		change_mtu(p, delta);
	delta = nb_planner_delta(p, NB_DELTA_MAC);
	if (delta && p->error == 0)
		change_mac(p, delta);
	delta = nb_planner_delta(p, NB_DELTA_UP);
	if (delta && p->error == 0 && !nb_link_is_up(nb_planner_bond(p))) {
		nb_planner_set(p, delta);
		set_updown(p, true);
	}
}
