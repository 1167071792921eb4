/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "lib/core/effect.h"

#include <assert.h>
#include <errno.h>
#include <net/if_arp.h>
#include <string.h>

#include "lib/core/diff.h"
#include "lib/core/effect-l3.h"
#include "lib/core/effect-type.h"

static int next_ifindex(const struct nb_netns *ns)
{
	int last = ns->links.n ? nb_netns_link(ns, ns->links.n - 1)->ifindex : 0;

	return last > NB_IFINDEX_PLANNED ? last + 1 : NB_IFINDEX_PLANNED + 1;
}

/* vlan_device_event(): a VLAN goes up and down with the device below, also one that was down. */
static void follow_flags(struct nb_netns *ns, const struct nb_link *lower, bool up)
{
	struct nb_relatives relatives = nb_netns_relatives(ns, lower->ifindex);
	struct nb_link *link;

	while ((link = nb_relatives_next(&relatives))) {
		if (link->lower == lower->ifindex && link != lower && nb_streq(link->kind, "vlan"))
			nb_effect_set_up(ns, link, up);
	}
}

void nb_effect_set_up(struct nb_netns *ns, struct nb_link *link, bool up)
{
	if (nb_link_is_up(link) == up)
		return;
	if (up) {
		link->flags |= IFF_UP;
	} else {
		link->flags &= ~IFF_UP;
		nb_effect_lose_down(ns, link);
	}
	follow_flags(ns, link, up);
}

/* bond_change_mtu() sets every slave; a VLAN shrinks with the device below and never grows. */
static void set_mtu(struct nb_netns *ns, struct nb_link *link, uint32_t mtu)
{
	struct nb_relatives relatives = nb_netns_relatives(ns, link->ifindex);
	struct nb_link *other;

	link->mtu = mtu;
	if (mtu < IPV6_MTU_MIN)
		nb_effect_lose_ipv6(ns, link);
	while ((other = nb_relatives_next(&relatives))) {
		if (other == link)
			continue;
		if (nb_link_is_bond(link) && nb_link_is_slave_of(other, link))
			other->mtu = mtu;
		else if (other->lower == link->ifindex && nb_streq(other->kind, "vlan") &&
			 other->mtu > mtu)
			set_mtu(ns, other, mtu);
	}
}

/* bond_set_mac_address(): every slave, but for tlb and alb, where each keeps its own. */
static void set_mac(struct nb_netns *ns, struct nb_link *link, const uint8_t mac[6])
{
	struct nb_relatives relatives = nb_netns_relatives(ns, link->ifindex);
	unsigned mode = nb_optset_u(&link->bond, IFLA_BOND_MODE);
	struct nb_link *other;
	uint8_t old[6];

	memcpy(old, link->mac, 6);
	memcpy(link->mac, mac, 6);
	link->has_mac = true;
	while ((other = nb_relatives_next(&relatives))) {
		if (other == link)
			continue;
		if (nb_link_is_bond(link) && nb_link_is_slave_of(other, link) &&
			mode != BOND_MODE_TLB && mode != BOND_MODE_ALB)
			memcpy(other->mac, mac, 6);
		else if (other->lower == link->ifindex && nb_streq(other->kind, "vlan") &&
			 memcmp(other->mac, old, 6) == 0)
			set_mac(ns, other, mac);
	}
}

/* A row that is set switches the rows it cannot be on with off (bond_option_miimon_set()). */
static int set_options(struct nb_optset *to, const struct nb_optset *from)
{
	nb_foreach_bit(attr, from->present)
	{
		const struct nb_option *row = nb_option_get(from->scope, attr);
		union nb_value value = nb_optset_get(from, attr);

		if (nb_optset_copy_value(to, from, attr) < 0)
			return -ENOMEM;
		if (row->type == &nb_type_ifname && !value.name)
			nb_optset_unset(to, attr);
		if (nb_value_is_zero(row->type, value))
			continue;
		nb_foreach_bit(other, row->conflicts & to->present)
		{
			if (!(from->present & NB_BIT(other)) &&
				nb_optset_set(to, other, (union nb_value){ 0 }) < 0)
				return -ENOMEM;
		}
	}
	return 0;
}

static int kernel_defaults(struct nb_optset *opts, enum nb_scope scope, unsigned mode)
{
	opts->scope = scope;
	nb_foreach_option(row, attr, scope) {
		union nb_value value = { .s = nb_option_kernel_default(row, mode) };

		bool hidden = scope == NB_SCOPE_SLAVE ? row->refused & NB_MODE(mode)
						      : row->flags & NB_OPTION_SPARSE;

		if (!nb_option_writable(row) || hidden)
			continue;
		if (nb_optset_set(opts, attr, value) < 0)
			return -ENOMEM;
	}
	return 0;
}

static int apply_set(struct nb_netns *ns, struct nb_link *link, const struct nb_op *op)
{
	int r = set_options(&link->bond, &op->opts);

	if (r < 0)
		return r;
	if (op->set & NB_SET_MAC)
		set_mac(ns, link, op->mac);
	if (op->set & NB_SET_MTU)
		set_mtu(ns, link, op->mtu);
	if (op->set & NB_SET_NAME)
		nb_netns_rename(ns, link, op->new_name);
	if (op->set & (NB_SET_UP | NB_SET_DOWN))
		nb_effect_set_up(ns, link, op->set & NB_SET_UP);
	if (op->set & NB_SET_GEN_MODE)
		link->addr_gen_mode = op->addr_gen_mode;
	return 0;
}

static int apply_create(struct nb_netns *ns, const struct nb_op *op)
{
	NB_CLEANUP(nb_link_freep) struct nb_link *link = nb_link_new(op->link);
	struct nb_link *made = link;
	int r;

	if (!link || !(link->kind = nb_word_dup("bond")))
		return -ENOMEM;
	link->ifindex = next_ifindex(ns);
	link->type = ARPHRD_ETHER;
	link->mtu = ETH_DATA_LEN;
	r = kernel_defaults(&link->bond, NB_SCOPE_BOND, nb_optset_u(&op->opts, IFLA_BOND_MODE));
	if (r < 0)
		return r;
	r = nb_netns_add(ns, nb_steal(&link));
	return r < 0 ? r : apply_set(ns, made, op);
}

/* __bond_release_one(): closed, MAC back, own options gone; the last one leaves a random MAC. */
static void leave_master(struct nb_netns *ns, struct nb_link *link)
{
	struct nb_link *master = link->master ? nb_netns_find_index(ns, link->master) : NULL;
	struct nb_relatives left;
	const struct nb_link *other;
	const char *primary;
	uint8_t own[6];

	nb_netns_set_master(ns, link, 0);
	link->slave_position = 0;
	nb_word_free(nb_steal(&link->slave_kind));
	if (!master || !nb_link_is_bond(master))
		return;
	nb_effect_set_up(ns, link, false);
	if (nb_link_own_mac(link, own))
		set_mac(ns, link, own);
	nb_optset_done(&link->slave);
	link->slave.scope = NB_SCOPE_SLAVE;
	primary = nb_optset_get(&master->bond, IFLA_BOND_PRIMARY).name;
	if (primary && nb_streq(primary, link->name))
		nb_optset_unset(&master->bond, IFLA_BOND_PRIMARY);
	left = nb_netns_relatives(ns, master->ifindex);
	while ((other = nb_relatives_next(&left))) {
		if (nb_link_is_slave_of(other, master))
			return;
	}
	master->has_mac = false;
	memset(master->mac, 0, 6);
	nb_effect_lose_nexthops(master);
}

static int join_bond(struct nb_netns *ns, struct nb_link *link, struct nb_link *bond)
{
	struct nb_relatives relatives = nb_netns_relatives(ns, bond->ifindex);
	unsigned mode = nb_optset_u(&bond->bond, IFLA_BOND_MODE);
	union nb_value own = { 0 };
	const struct nb_link *other;
	uint32_t last = 0;
	int r;

	while ((other = nb_relatives_next(&relatives))) {
		if (nb_link_is_slave_of(other, bond))
			last = NB_MAX(last, other->slave_position);
	}
	nb_link_own_mac(link, own.mac);
	r = kernel_defaults(&link->slave, NB_SCOPE_SLAVE, mode);
	if (r == 0)
		r = nb_optset_set(&link->slave, IFLA_BOND_SLAVE_PERM_HWADDR, own);
	if (r < 0 || !(link->slave_kind = nb_word_dup("bond")))
		return -ENOMEM;
	nb_netns_set_master(ns, link, bond->ifindex);
	link->slave_position = last + 1;
	set_mtu(ns, link, bond->mtu);
	if (!bond->has_mac)
		set_mac(ns, bond, own.mac);
	else if (mode != BOND_MODE_TLB && mode != BOND_MODE_ALB && !nb_bond_follows_mac(&bond->bond))
		set_mac(ns, link, bond->mac);
	nb_effect_set_up(ns, link, true);
	return 0;
}

static int apply_enslave(struct nb_netns *ns, struct nb_link *link, const struct nb_op *op)
{
	struct nb_link *bond = nb_netns_find(ns, op->master);

	if (op->set & NB_SET_DOWN)
		nb_effect_set_up(ns, link, false);
	if (link->master)
		leave_master(ns, link);
	return bond ? join_bond(ns, link, bond) : 0;
}

/* One of its slaves, or of the devices upon it. */
static struct nb_link *find_relative(struct nb_netns *ns, const struct nb_link *link, bool slave)
{
	struct nb_relatives relatives = nb_netns_relatives(ns, link->ifindex);
	struct nb_link *other;

	while ((other = nb_relatives_next(&relatives))) {
		if (slave ? nb_link_is_slave_of(other, link) :
			    other != link && other->lower == link->ifindex)
			break;
	}
	return other;
}

/* dellink: slaves leave, devices upon it go with it. */
static int delete_link(struct nb_netns *ns, struct nb_link *link)
{
	struct nb_link *other;

	while ((other = find_relative(ns, link, true)))
		leave_master(ns, other);
	while ((other = find_relative(ns, link, false))) {
		if (delete_link(ns, other) < 0)
			return -ENOMEM;
	}
	if (link->master)
		leave_master(ns, link);
	if (!nb_netns_take(ns, link))
		return -ENOMEM;
	nb_link_free(link);
	return 0;
}

static int apply_move(struct nb_state *state, struct nb_netns *ns, struct nb_link *link,
	const struct nb_op *op)
{
	struct nb_netns *to = nb_state_namespace(state, op->to_namespace);

	if (!to)
		return 0;
	if (link->master)
		leave_master(ns, link);
	nb_effect_set_up(ns, link, false);
	link->n_addresses = 0;
	while (link->n_routes > 0)
		nb_link_remove_route(link, link->n_routes - 1);
	if (!nb_netns_take(ns, link))
		return -ENOMEM;
	if (*op->new_name)
		memcpy(link->name, op->new_name, IFNAMSIZ);
	link->ifindex = next_ifindex(to);
	return nb_netns_add(to, link);
}

/* One assumed lost may be there all the same, and be checked anew (keep_addr_on_down). */
static int apply_address(struct nb_link *link, const struct nb_op *op)
{
	struct nb_address address = op->address;

	if (op->flags & NB_OP_TOLERANT)
		address.flags &= ~(uint32_t)IFA_F_NODAD;
	return nb_effect_add_address(link, &address);
}

static int apply_link(struct nb_state *state, struct nb_netns *ns, struct nb_link *link,
	const struct nb_op *op)
{
	switch (op->kind) {
	case NB_OP_BOND_SET:
	case NB_OP_LINK_SET:
		return apply_set(ns, link, op);
	case NB_OP_LINK_DELETE:
		return delete_link(ns, link);
	case NB_OP_LINK_MOVE:
		return apply_move(state, ns, link, op);
	case NB_OP_ENSLAVE:
		return apply_enslave(ns, link, op);
	case NB_OP_RELEASE:
		leave_master(ns, link);
		return 0;
	case NB_OP_SLAVE_SET:
		return set_options(&link->slave, &op->opts);
	case NB_OP_ADDRESS_ADD:
		return apply_address(link, op);
	case NB_OP_ADDRESS_DELETE:
		nb_effect_delete_address(ns, link, &op->address);
		return 0;
	case NB_OP_ROUTE_ADD:
		return nb_effect_add_route(ns, link, &op->route);
	case NB_OP_ROUTE_DELETE:
		nb_effect_delete_route(link, &op->route);
		return 0;
	case NB_OP_WAIT_ADDRESS:
		nb_effect_address_checked(link, &op->address);
		return 0;
	case NB_OP_WAIT_USABLE:
	case NB_OP_WAIT_FOLLOW:
	case NB_OP_BOND_CREATE:
	case NB_OP_NETNS_CREATE:
	case NB_OP_NETNS_DELETE:
	case NB_OP_TYPE_CREATE:
	case NB_OP_TYPE_SET:
	case NB_OP_TYPE_DELETE:
	case NB_OP_KIND_COUNT:
		return 0;
	}
	return 0;
}

/* An operation on any device may take a route that goes over several, or prefers a source. */
static bool is_tangled(const struct nb_link *link)
{
	for (size_t i = 0; i < link->n_routes; i++) {
		if (link->routes[i].src.family || nb_route_has_hops(&link->routes[i]))
			return true;
	}
	return false;
}

static bool may_be_tangled(const struct nb_netns *ns)
{
	return nb_netns_prefers_source(ns) || nb_netns_has_hops(ns);
}

static int own_tangled(struct nb_netns *ns)
{
	for (size_t i = 0; i < ns->links.n; i++) {
		if (is_tangled(nb_netns_link(ns, i)) && !nb_netns_own(ns, nb_netns_link(ns, i)))
			return -ENOMEM;
	}
	return 0;
}

int nb_effect_begin(const struct nb_state *before, struct nb_state **ret)
{
	NB_CLEANUP(nb_state_freep) struct nb_state *state = NULL;
	int r;

	/* Asked of what stays: the next plan knows it, too. */
	for (size_t n = 0; n < before->n_namespaces; n++)
		may_be_tangled(before->namespaces[n]);
	r = nb_state_share(before, &state);
	for (size_t n = 0; r == 0 && n < state->n_namespaces; n++) {
		if (may_be_tangled(state->namespaces[n]))
			r = own_tangled(state->namespaces[n]);
	}
	if (r == 0)
		*ret = nb_steal(&state);
	return r;
}

#define DEPTH_MAX 8 /* MAX_NEST_DEV */

static int own_family(struct nb_netns *ns, struct nb_link *link, unsigned depth)
{
	const bool known = ns->relatives_known;
	struct nb_relatives relatives;
	struct nb_link *master;
	int r = 0;

	link = nb_netns_own(ns, link);
	if (!link)
		return -ENOMEM;
	/* What goes with the device it lies upon leaves a bond that is not of the family. */
	master = nb_netns_find_index(ns, link->master);
	if (master && nb_link_is_bond(master) && !nb_netns_own(ns, master))
		return -ENOMEM;
	/* Who goes through the index would miss the rest without a word. */
	if (known && !ns->relatives_known)
		return -ENOMEM;
	/* Each takes the place of its former self in the index. */
	relatives = nb_netns_relatives(ns, link->ifindex);
	while (depth > 0 && r == 0) {
		struct nb_link *other = nb_relatives_next(&relatives);

		if (!other)
			break;
		if (other != link)
			r = own_family(ns, other, depth - 1);
	}
	return r;
}

int nb_effect_own(struct nb_state *state, const char *namespace, const char *name)
{
	struct nb_netns *ns = nb_state_namespace(state, namespace);
	struct nb_link *link = ns ? nb_netns_find(ns, name) : NULL, *master;
	int r = 0;

	if (!link)
		return 0;
	master = nb_netns_find_index(ns, link->master);
	if (master && nb_link_is_bond(master))
		r = own_family(ns, master, DEPTH_MAX);
	/* The master's family has replaced it where it was shared. */
	return r < 0 ? r : own_family(ns, nb_netns_find(ns, name), DEPTH_MAX);
}

int nb_effect_apply(struct nb_state *state, const struct nb_op *op)
{
	struct nb_netns *ns = nb_state_namespace(state, op->namespace);
	struct nb_link *link;

	if (nb_op_is_type(op))
		return nb_effect_type(state, op);
	if (op->kind == NB_OP_NETNS_CREATE) {
		if (!ns)
			ns = nb_state_add_namespace(state, op->namespace);
		if (!ns)
			return -ENOMEM;
		ns->exists = true;
		return 0;
	}
	if (!ns)
		return 0;
	if (op->kind == NB_OP_NETNS_DELETE) {
		ns->exists = false;
		return 0;
	}
	if (op->kind == NB_OP_BOND_CREATE)
		return apply_create(ns, op);
	if (nb_effect_own(state, op->namespace, op->link) < 0 ||
		nb_effect_own(state, op->namespace, op->master) < 0)
		return -ENOMEM;
	link = nb_netns_find(ns, op->link);
	return link ? apply_link(state, ns, link, op) : 0;
}
