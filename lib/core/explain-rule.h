/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Inside of explain.h: what rules look at, and what a rule is. */

#include "lib/core/explain.h"

/* One bond, and of a rule about slaves one of them. */
struct nb_look {
	const struct nb_explain_input *in;
	const struct nb_link *bond;
	unsigned mode;
	struct nb_link **slaves; /* in the driver's order */
	size_t n_slaves;
	size_t n_active;	 /* slaves in the state active */
	size_t n_up;		 /* slaves whose MII status is up */
	const struct nb_optset *ad; /* IFLA_BOND_AD_INFO; NULL: no active aggregator */
	/* of the slave at hand: */
	const struct nb_link *slave;
	struct nb_port_facts port;
	unsigned mii;
	bool has_bits;		 /* it has LACP state */
	unsigned actor, partner; /* LACP_STATE_* */
};

/* Bits of an LACP state: 802.1AX-2014, 6.4.2.3. */
enum nb_lacp_bits {
	NB_LACP_ACTIVE = 0x01,
	NB_LACP_SHORT = 0x02,
	NB_LACP_AGGREGATION = 0x04,
	NB_LACP_SYNC = 0x08,
	NB_LACP_COLLECTING = 0x10,
	NB_LACP_DISTRIBUTING = 0x20,
	NB_LACP_DEFAULTED = 0x40,
	NB_LACP_EXPIRED = 0x80,
	NB_LACP_CARRIES = NB_LACP_SYNC | NB_LACP_COLLECTING | NB_LACP_DISTRIBUTING,
};

/* Whether it applies; what was seen is appended to @seen then, without a full stop. */
typedef bool (*nb_rule_test)(const struct nb_look *look, struct nb_text *seen);

struct nb_rule {
	const char *id;
	enum nb_finding_severity severity;
	nb_rule_test test;
	/* {bond} and {slave} stand for their names. */
	const char *means, *cause, *mend;
};

/*
 * Rules about one slave of which the first that applies is the one: what comes first makes what
 * comes later meaningless. (The LACP bits of a slave without carrier are those of before.)
 */
extern const struct nb_rule nb_findings_chain[];
/* Rules about one slave, each for itself. */
extern const struct nb_rule nb_findings_slave[];
/* The rule about a bond that is not there. */
extern const struct nb_rule nb_findings_missing[];
/* Rules about the bond, each for itself. */
extern const struct nb_rule nb_findings_bond[];

static inline uint64_t nb_look_option(const struct nb_look *look, unsigned attr)
{
	return nb_optset_u(&look->bond->bond, attr);
}

static inline bool nb_look_is_lacp(const struct nb_look *look)
{
	return look->mode == BOND_MODE_8023AD;
}

static inline bool nb_look_has_arp(const struct nb_look *look)
{
	return nb_look_option(look, IFLA_BOND_ARP_INTERVAL) != 0;
}

/** nb_look_slave() - the slave of that name, NULL for none and for @name NULL */
const struct nb_link *nb_look_slave(const struct nb_look *look, const char *name);

/** nb_look_partner() - the partner's system of the active aggregator, NULL for none */
const uint8_t *nb_look_partner(const struct nb_look *look, uint8_t room[6]);

/* The tests, by the file they stand in. */

/* explain-link.c */
bool nb_rule_set_down(const struct nb_look *look, struct nb_text *seen);
bool nb_rule_speed_unknown_lacp(const struct nb_look *look, struct nb_text *seen);
bool nb_rule_no_carrier(const struct nb_look *look, struct nb_text *seen);
bool nb_rule_arp_validate(const struct nb_look *look, struct nb_text *seen);
bool nb_rule_arp_silent(const struct nb_look *look, struct nb_text *seen);
bool nb_rule_updelay(const struct nb_look *look, struct nb_text *seen);
bool nb_rule_downdelay(const struct nb_look *look, struct nb_text *seen);
bool nb_rule_mtu(const struct nb_look *look, struct nb_text *seen);
bool nb_rule_mac(const struct nb_look *look, struct nb_text *seen);
bool nb_rule_speed_unknown(const struct nb_look *look, struct nb_text *seen);

/* explain-lacp.c */
bool nb_rule_half_duplex(const struct nb_look *look, struct nb_text *seen);
bool nb_rule_loop(const struct nb_look *look, struct nb_text *seen);
bool nb_rule_both_passive(const struct nb_look *look, struct nb_text *seen);
bool nb_rule_negotiating(const struct nb_look *look, struct nb_text *seen);
bool nb_rule_never_heard(const struct nb_look *look, struct nb_text *seen);
bool nb_rule_partner_lost(const struct nb_look *look, struct nb_text *seen);
bool nb_rule_expired(const struct nb_look *look, struct nb_text *seen);
bool nb_rule_not_heard(const struct nb_look *look, struct nb_text *seen);
bool nb_rule_other_partner(const struct nb_look *look, struct nb_text *seen);
bool nb_rule_own_key(const struct nb_look *look, struct nb_text *seen);
bool nb_rule_partner_key(const struct nb_look *look, struct nb_text *seen);
bool nb_rule_not_in_sync(const struct nb_look *look, struct nb_text *seen);
bool nb_rule_other_aggregator(const struct nb_look *look, struct nb_text *seen);
bool nb_rule_churned(const struct nb_look *look, struct nb_text *seen);
bool nb_rule_without_lacp(const struct nb_look *look, struct nb_text *seen);
bool nb_rule_alone_without_lacp(const struct nb_look *look, struct nb_text *seen);
bool nb_rule_min_links(const struct nb_look *look, struct nb_text *seen);
bool nb_rule_slow_timers(const struct nb_look *look, struct nb_text *seen);

/* explain-bond.c */
bool nb_rule_missing(const struct nb_look *look, struct nb_text *seen);
bool nb_rule_black_hole(const struct nb_look *look, struct nb_text *seen);
bool nb_rule_no_link(const struct nb_look *look, struct nb_text *seen);
bool nb_rule_no_slaves(const struct nb_look *look, struct nb_text *seen);
bool nb_rule_bond_down(const struct nb_look *look, struct nb_text *seen);
bool nb_rule_unmonitored(const struct nb_look *look, struct nb_text *seen);
bool nb_rule_no_target(const struct nb_look *look, struct nb_text *seen);
bool nb_rule_target_own(const struct nb_look *look, struct nb_text *seen);
bool nb_rule_target_subnet(const struct nb_look *look, struct nb_text *seen);
bool nb_rule_primary(const struct nb_look *look, struct nb_text *seen);
bool nb_rule_primary_stays(const struct nb_look *look, struct nb_text *seen);
bool nb_rule_mac_elsewhere(const struct nb_look *look, struct nb_text *seen);
bool nb_rule_mac_twice(const struct nb_look *look, struct nb_text *seen);
bool nb_rule_waiting(const struct nb_look *look, struct nb_text *seen);
bool nb_rule_pinned_srcmac(const struct nb_look *look, struct nb_text *seen);
bool nb_rule_pinned_layer2(const struct nb_look *look, struct nb_text *seen);
