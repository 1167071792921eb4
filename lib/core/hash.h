/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * Which slave a frame leaves by: what the bonding driver computes, bit for bit
 * (drivers/net/bonding/bond_main.c, bond_alb.c; net/core/flow_dissector.c; Linux 6.1 and newer),
 * and where nobody can tell, the reason.
 */

#include "lib/core/frame.h"

/* What a hash depends on besides the packet, or why it is not known. */
enum nb_hash_flags {
	NB_HASH_SRC_MAC = 1u << 0,
	NB_HASH_DST_MAC = 1u << 1,
};

struct nb_hash {
	bool known;	  /* the driver's hash is .value */
	bool unless_socket; /* not .known, but it is .value for a frame of no local socket */
	uint32_t value;
	unsigned uses;	  /* enum nb_hash_flags */
	const char *why;  /* why it is not known: a static clause; NULL where it is */
};

/**
 * nb_hash_frame() - bond_xmit_hash()
 * @policy:      BOND_XMIT_POLICY_*
 * @big_endian:  the byte order of the machine that sends: addresses and ports are hashed as its words
 */
struct nb_hash nb_hash_frame(const struct nb_frame *frame, unsigned policy, bool big_endian);

/** nb_hash_big_endian() - the byte order of this machine */
static inline bool nb_hash_big_endian(void)
{
	return __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__;
}

#define NB_HASH_POLICIES 6 /* BOND_XMIT_POLICY_LAYER2 ... BOND_XMIT_POLICY_VLAN_SRCMAC */

/** nb_hash_policy_name() - "layer2+3" by its number; "unknown" for one newer than the table */
const char *nb_hash_policy_name(unsigned policy);

struct nb_hash_slave {
	const char *name; /* borrowed */
	bool usable;	  /* the driver sends by it: bond_slave_can_tx(), in 802.3ad in the active aggregator */
	bool active;	  /* the active slave of the modes that have one */
	bool up;	  /* its link is, as the driver sees it; it may be no more than a spare */
	bool primary;
	int64_t prio;
};

/* What the choice depends on; the slaves in the driver's order. */
struct nb_hash_bond {
	unsigned mode, policy; /* BOND_MODE_*, BOND_XMIT_POLICY_* */
	bool tlb_dynamic_lb;
	bool broadcast_neighbor;
	bool big_endian;
	struct nb_hash_slave *slaves;
	size_t n_slaves;
	const char *chosen; /* why the active slave will be that: a static clause; NULL it is so now */
};

enum nb_choice_kind {
	NB_CHOICE_ONE,
	NB_CHOICE_ALL,	   /* of the usable ones */
	NB_CHOICE_NONE,	   /* the driver drops it */
	NB_CHOICE_UNKNOWN, /* it cannot be known */
};

struct nb_choice {
	enum nb_choice_kind kind;
	size_t slave;	   /* NB_CHOICE_ONE, and NB_CHOICE_UNKNOWN with .unless_socket */
	bool hashed;	   /* by .hash modulo .usable */
	bool unless_socket; /* .slave holds for a frame of no local socket */
	uint32_t hash;
	unsigned uses;	   /* enum nb_hash_flags: MACs that matter */
	size_t usable;	   /* slaves the hash chooses from */
	const char *why;   /* a clause, static: the rule, or why it cannot be known */
};

/** nb_hash_choose() - the slave that @frame leaves by */
struct nb_choice nb_hash_choose(const struct nb_hash_bond *bond, const struct nb_frame *frame);

/**
 * nb_hash_bond_init() - what the choice depends on, from an observed bond
 * @ret:  nb_hash_bond_done(); names are borrowed from @ns
 *
 * Return: 0, -ENOMEM.
 */
int nb_hash_bond_init(
	const struct nb_netns *ns, const struct nb_link *bond, struct nb_hash_bond *ret);

/**
 * nb_hash_bond_lose() - the bond as it will be when one more slave is down
 * @down:  which one
 * @ret:   nb_hash_bond_done(); names are borrowed as in @bond
 *
 * Where that was the active slave, the next one is what the driver chooses:
 * bond_choose_primary_or_current(), bond_find_best_slave().
 * Return: 0, -ENOMEM.
 */
int nb_hash_bond_lose(const struct nb_hash_bond *bond, size_t down, struct nb_hash_bond *ret);

/** nb_hash_bond_done() - free the list of slaves */
void nb_hash_bond_done(struct nb_hash_bond *bond);

/* Inside the hash: */

/* What a packet has for a hash; addresses folded to one word as flow_get_u32_src() does. */
struct nb_hash_keys {
	uint32_t addresses; /* source xor destination */
	uint32_t ports;	    /* the word of both ports as it lies in the packet */
	uint8_t icmp_type, icmp_code;
	uint16_t icmp_id;   /* 0 = none */
	bool fragment;	    /* met by the dissector */
};

/* Reading a frame that may have been cut. */
struct nb_hash_reader {
	const struct nb_frame *frame;
	bool big_endian;
	bool cut; /* something was asked for that the capture left out */
};

/** nb_hash_at() - @n bytes at @offset, NULL when the frame is shorter */
const uint8_t *nb_hash_at(struct nb_hash_reader *r, size_t offset, size_t n);

/** nb_hash_ports() - skb_flow_get_ports(): 0 for a protocol without */
uint32_t nb_hash_ports(struct nb_hash_reader *r, size_t offset, int protocol);

/** nb_hash_addresses() - of the IPv4 or IPv6 header at @header */
uint32_t nb_hash_addresses(const struct nb_hash_reader *r, const uint8_t *header, bool ipv6);

/** nb_hash_icmp() - skb_flow_get_icmp_tci() */
void nb_hash_icmp(struct nb_hash_reader *r, size_t offset, struct nb_hash_keys *keys);

enum nb_dissected {
	NB_DISSECTED,	  /* @keys are of the innermost packet */
	NB_DISSECT_FAILED, /* the kernel gives up, too */
	NB_DISSECT_UNSURE, /* kernels differ, or this code does not follow */
};

/** nb_hash_dissect() - __skb_flow_dissect() with flow_keys_bonding, as encap2+3 and encap3+4 use it */
enum nb_dissected nb_hash_dissect(struct nb_hash_reader *r, struct nb_hash_keys *keys);
