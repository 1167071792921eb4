/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The choice of a slave, mode by mode (bond_start_xmit()). */
#include "lib/core/hash.h"

#include <errno.h>
#include <linux/if_ether.h>
#include <netinet/in.h>
#include <string.h>

const char *nb_hash_policy_name(unsigned policy)
{
	const struct nb_option *row = nb_option_get(NB_SCOPE_BOND, IFLA_BOND_XMIT_HASH_POLICY);

	for (const struct nb_name *name = row->names; name->name; name++) {
		if (name->value == policy)
			return name->name;
	}
	return "unknown";
}

static struct nb_choice unknown(const char *why)
{
	return (struct nb_choice){ .kind = NB_CHOICE_UNKNOWN, .why = why };
}

static size_t count_usable(const struct nb_hash_bond *bond)
{
	size_t n = 0;

	for (size_t i = 0; i < bond->n_slaves; i++)
		n += bond->slaves[i].usable;
	return n;
}

static size_t nth_usable(const struct nb_hash_bond *bond, size_t n)
{
	for (size_t i = 0; i < bond->n_slaves; i++) {
		if (bond->slaves[i].usable && n-- == 0)
			return i;
	}
	return 0;
}

static struct nb_choice dropped(void)
{
	return (struct nb_choice){ .kind = NB_CHOICE_NONE, .why = "no slave is usable" };
}

static struct nb_choice everyone(const struct nb_hash_bond *bond, const char *why)
{
	struct nb_choice choice = { .kind = NB_CHOICE_ALL, .usable = count_usable(bond), .why = why };

	return choice.usable ? choice : dropped();
}

static struct nb_choice active(const struct nb_hash_bond *bond, const char *why)
{
	for (size_t i = 0; i < bond->n_slaves; i++) {
		/* While a delay runs, active-backup still sends by a slave without link. */
		if (bond->slaves[i].active &&
			(bond->slaves[i].usable || bond->mode == BOND_MODE_ACTIVEBACKUP))
			return (struct nb_choice){ .kind = NB_CHOICE_ONE, .slave = i,
				.usable = count_usable(bond),
				.why = bond->chosen ? bond->chosen : why };
	}
	return dropped();
}

/* bond_xmit_3ad_xor_slave_get(): the hash modulo the usable slaves, in their order. */
static struct nb_choice by_hash(const struct nb_hash_bond *bond, const struct nb_frame *frame)
{
	const struct nb_hash hash = nb_hash_frame(frame, bond->policy, bond->big_endian);
	struct nb_choice choice = { .kind = NB_CHOICE_ONE, .hashed = true, .hash = hash.value,
		.uses = hash.uses, .usable = count_usable(bond), .why = "the hash policy" };

	if (choice.usable == 0)
		return dropped();
	if (choice.usable == 1)
		choice.why = "it is the only usable slave";
	else if (!hash.known)
		choice = (struct nb_choice){ .kind = NB_CHOICE_UNKNOWN, .hash = hash.value,
			.unless_socket = hash.unless_socket, .hashed = hash.unless_socket,
			.usable = choice.usable, .uses = hash.uses, .why = hash.why };
	choice.slave = nth_usable(bond, hash.value % choice.usable);
	return choice;
}

static bool is_multicast(const struct nb_frame *frame)
{
	return frame->bytes[0] & 1;
}

static bool is_broadcast(const struct nb_frame *frame)
{
	static const uint8_t all[ETH_ALEN] = { 0xff, 0xff, 0xff, 0xff, 0xff, 0xff };

	return memcmp(frame->bytes, all, ETH_ALEN) == 0;
}

/* Neighbour solicitation or advertisement (alb_determine_nd()); also what is cut before its type. */
static bool is_neighbour_discovery(const struct nb_frame *frame)
{
	const uint8_t *ipv6 = frame->bytes + ETH_HLEN;

	if (nb_frame_ethertype(frame) != ETH_P_IPV6)
		return false;
	if (frame->size < ETH_HLEN + 40)
		return true;
	if (ipv6[6] != IPPROTO_ICMPV6)
		return false;
	return frame->size < ETH_HLEN + 48 || ipv6[40] == 135 || ipv6[40] == 136;
}

static const uint8_t *ipv4_of(const struct nb_frame *frame)
{
	return nb_frame_ethertype(frame) == ETH_P_IP && frame->size >= ETH_HLEN + 20 ?
		       frame->bytes + ETH_HLEN :
		       NULL;
}

static bool is_igmp(const struct nb_frame *frame)
{
	const uint8_t *ipv4 = ipv4_of(frame);

	return ipv4 && ipv4[9] == IPPROTO_IGMP;
}

/* bond_xmit_roundrobin_slave_get() */
static struct nb_choice round_robin(const struct nb_hash_bond *bond, const struct nb_frame *frame)
{
	if (count_usable(bond) == 0)
		return dropped();
	if (count_usable(bond) == 1)
		return by_hash(bond, frame);
	if (is_igmp(frame))
		return unknown("balance-rr sends IGMP by one slave alone, and the driver does not tell "
			       "which");
	return unknown("balance-rr takes the slaves in turn, packet by packet");
}

/* bond_should_broadcast_neighbor(), ad_agg_selection_logic() */
static struct nb_choice lacp(const struct nb_hash_bond *bond, const struct nb_frame *frame)
{
	if (count_usable(bond) == 0) {
		for (size_t i = 0; i < bond->n_slaves; i++) {
			if (bond->slaves[i].up)
				return unknown("the driver turns to another aggregator, and which "
					       "one depends on its partner");
		}
	}
	if (bond->broadcast_neighbor &&
		(nb_frame_ethertype(frame) == ETH_P_ARP || is_neighbour_discovery(frame)))
		return everyone(bond, "broadcast-neighbor sends ARP and neighbour discovery by all");
	return by_hash(bond, frame);
}

static struct nb_choice by_load(const struct nb_hash_bond *bond, const struct nb_frame *frame)
{
	if (count_usable(bond) > 1 && bond->tlb_dynamic_lb)
		return unknown("tlb-dynamic-lb moves flows between slaves by their load");
	return by_hash(bond, frame);
}

/* bond_xmit_tlb_slave_get() */
static struct nb_choice tlb(const struct nb_hash_bond *bond, const struct nb_frame *frame)
{
	const uint16_t ethertype = nb_frame_ethertype(frame);

	if (is_multicast(frame))
		return active(bond, "multicast and broadcast go by the active slave");
	if (ethertype != ETH_P_IP && ethertype != ETH_P_IPV6)
		return active(bond, "what is not IP goes by the active slave");
	if (is_neighbour_discovery(frame))
		return active(bond, "neighbour discovery goes by the active slave");
	return by_load(bond, frame);
}

/* What bond_xmit_alb_slave_get() does not balance. */
static bool alb_by_active(const struct nb_frame *frame)
{
	static const uint8_t all_nodes[ETH_ALEN] = { 0x33, 0x33, 0, 0, 0, 1 };
	static const uint8_t none[16], broadcast[4] = { 255, 255, 255, 255 };
	const uint8_t *ip = frame->bytes + ETH_HLEN;

	switch (nb_frame_ethertype(frame)) {
	case ETH_P_IP:
		return is_broadcast(frame) || !ipv4_of(frame) || is_igmp(frame) ||
		       memcmp(ip + 16, broadcast, sizeof(broadcast)) == 0;
	case ETH_P_IPV6:
		/* A source of zeros is a check for duplicate addresses. */
		return is_broadcast(frame) || memcmp(frame->bytes, all_nodes, ETH_ALEN) == 0 ||
		       is_neighbour_discovery(frame) || memcmp(ip + 8, none, sizeof(none)) == 0;
	default:
		return true;
	}
}

static struct nb_choice alb(const struct nb_hash_bond *bond, const struct nb_frame *frame)
{
	if (nb_frame_ethertype(frame) == ETH_P_ARP && count_usable(bond) > 1)
		return unknown("balance-alb answers each client by the slave it was given");
	if (alb_by_active(frame))
		return active(bond, "balance-alb sends this by the active slave");
	return by_load(bond, frame);
}

struct nb_choice nb_hash_choose(const struct nb_hash_bond *bond, const struct nb_frame *frame)
{
	switch (bond->mode) {
	case BOND_MODE_ROUNDROBIN:
		return round_robin(bond, frame);
	case BOND_MODE_ACTIVEBACKUP:
		return active(bond, "it is the active slave");
	case BOND_MODE_BROADCAST:
		return everyone(bond, "broadcast sends each frame by all slaves");
	case BOND_MODE_XOR:
		return by_hash(bond, frame);
	case BOND_MODE_8023AD:
		return lacp(bond, frame);
	case BOND_MODE_TLB:
		return tlb(bond, frame);
	case BOND_MODE_ALB:
		return alb(bond, frame);
	default:
		return unknown("this netbond does not know that mode");
	}
}

/* What the driver takes for a link that is up. */
static bool is_up(const struct nb_link *slave)
{
	return nb_link_is_up(slave) && slave->carrier &&
	       nb_optset_u(&slave->slave, IFLA_BOND_SLAVE_MII_STATUS) == BOND_LINK_UP;
}

/* bond_update_slave_arr(), bond_slave_can_tx() */
static bool can_send(const struct nb_link *slave, const struct nb_link *bond)
{
	const union nb_value info = nb_optset_get(&bond->bond, IFLA_BOND_AD_INFO);

	if (nb_optset_u(&bond->bond, IFLA_BOND_MODE) == BOND_MODE_8023AD &&
		(!info.set || nb_optset_u(&slave->slave, IFLA_BOND_SLAVE_AD_AGGREGATOR_ID) !=
				      nb_optset_u(info.set, IFLA_BOND_AD_INFO_AGGREGATOR)))
		return false;
	return is_up(slave) &&
	       nb_optset_u(&slave->slave, IFLA_BOND_SLAVE_STATE) == BOND_STATE_ACTIVE;
}

int nb_hash_bond_init(
	const struct nb_netns *ns, const struct nb_link *bond, struct nb_hash_bond *ret)
{
	const struct nb_optset *opts = &bond->bond;
	const char *active_slave = nb_optset_get(opts, IFLA_BOND_ACTIVE_SLAVE).name;
	const char *primary = nb_optset_get(opts, IFLA_BOND_PRIMARY).name;
	NB_CLEANUP(nb_freep) struct nb_link **slaves = NULL;
	int n = nb_netns_slaves(ns, bond, &slaves);

	if (n < 0)
		return n;
	*ret = (struct nb_hash_bond){
		.mode = (unsigned)nb_optset_u(opts, IFLA_BOND_MODE),
		.policy = (unsigned)nb_optset_u(opts, IFLA_BOND_XMIT_HASH_POLICY),
		.tlb_dynamic_lb = nb_optset_u(opts, IFLA_BOND_TLB_DYNAMIC_LB),
		.broadcast_neighbor = nb_optset_u(opts, IFLA_BOND_BROADCAST_NEIGH),
		.big_endian = nb_hash_big_endian(),
		.slaves = calloc((size_t)n + 1, sizeof(*ret->slaves)),
		.n_slaves = (size_t)n,
	};
	if (!ret->slaves)
		return -ENOMEM;
	for (int i = 0; i < n; i++)
		ret->slaves[i] = (struct nb_hash_slave){ .name = slaves[i]->name,
			.usable = can_send(slaves[i], bond), .up = is_up(slaves[i]),
			.active = nb_streq(slaves[i]->name, active_slave),
			.primary = nb_streq(slaves[i]->name, primary),
			.prio = nb_optset_get(&slaves[i]->slave, IFLA_BOND_SLAVE_PRIO).s };
	return 0;
}

/* Which of the slaves that are up will be active, and why. Return: their number if none is. */
static size_t next_active(const struct nb_hash_bond *bond, const char **ret_why)
{
	size_t next = bond->n_slaves, up = 0;
	bool same = true;

	for (size_t i = 0; i < bond->n_slaves; i++) {
		const struct nb_hash_slave *slave = &bond->slaves[i];

		if (!slave->up)
			continue;
		if (slave->primary) {
			*ret_why = "as the primary it becomes the active slave";
			return i;
		}
		same = same && (!up++ || slave->prio == bond->slaves[next].prio);
		if (next == bond->n_slaves || slave->prio > bond->slaves[next].prio)
			next = i;
	}
	*ret_why = up < 2 ? "as the only one left it becomes the active slave" :
		same	  ? "as the first in the driver's list it becomes the active slave" :
			    "by its prio it becomes the active slave";
	return next;
}

int nb_hash_bond_lose(const struct nb_hash_bond *bond, size_t down, struct nb_hash_bond *ret)
{
	const bool active = bond->slaves[down].active;
	size_t next;

	*ret = *bond;
	ret->slaves = calloc(bond->n_slaves, sizeof(*ret->slaves));
	if (!ret->slaves)
		return -ENOMEM;
	memcpy(ret->slaves, bond->slaves, bond->n_slaves * sizeof(*ret->slaves));
	ret->slaves[down].usable = ret->slaves[down].active = ret->slaves[down].up = false;
	if (!active)
		return 0;
	next = next_active(ret, &ret->chosen);
	if (next < ret->n_slaves)
		ret->slaves[next].active = ret->slaves[next].usable = true;
	return 0;
}

void nb_hash_bond_done(struct nb_hash_bond *bond)
{
	free(bond->slaves);
	*bond = (struct nb_hash_bond){ 0 };
}
