/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Findings about LACP (802.1AX-2014, 6.4; drivers/net/bonding/bond_3ad.c). */
#include <string.h>

#include "lib/core/explain-rule.h"

#define SETTLED_MS 10000 /* negotiation takes 3 s, more on a busy machine */
#define ONLY_ROOT " (root is told which)"
#define LOOPED_PDUS 3	 /* of a partner never heard: they come from ourselves */

static const uint8_t no_system[6];

static bool is_zero(const uint8_t *mac)
{
	return memcmp(mac, no_system, sizeof(no_system)) == 0;
}

const uint8_t *nb_look_partner(const struct nb_look *look, uint8_t room[6])
{
	union nb_value value;

	if (!look->ad || !nb_optset_has(look->ad, IFLA_BOND_AD_INFO_PARTNER_MAC))
		return NULL;
	value = nb_optset_get(look->ad, IFLA_BOND_AD_INFO_PARTNER_MAC);
	if (is_zero(value.mac))
		return NULL;
	memcpy(room, value.mac, 6);
	return room;
}

static void add_bits(unsigned bits, struct nb_text *out)
{
	static const char *const names[] = { "active", "fast", "aggregatable", "in sync", "collecting",
		"distributing", "defaulted", "expired" };
	unsigned n = 0;

	nb_text_add(out, "0x%02x", bits);
	for (unsigned i = 0; i < NB_ARRAY_SIZE(names); i++)
		if (bits & 1u << i)
			nb_text_add(out, "%s%s", n++ ? ", " : " (", names[i]);
	nb_text_add(out, "%s", n ? ")" : "");
}

/* "eth0: own state 0x47 (...), partner 0x00" */
static void add_states(const struct nb_look *look, struct nb_text *out)
{
	nb_text_add(out, "%s: own state ", look->slave->name);
	add_bits(look->actor, out);
	nb_text_add(out, ", partner's ");
	add_bits(look->partner, out);
}

static void add_counters(const struct nb_look *look, struct nb_text *out)
{
	if (look->port.has_counters)
		nb_text_add(out, ", %llu LACPDUs received, %llu sent",
			(unsigned long long)look->port.lacpdu_rx,
			(unsigned long long)look->port.lacpdu_tx);
}

bool nb_rule_half_duplex(const struct nb_look *look, struct nb_text *seen)
{
	if (!look->has_bits || !look->port.has_speed || !look->port.half_duplex)
		return false;
	nb_text_add(seen, "%s runs half duplex (%u Mbit/s)", look->slave->name, look->port.speed);
	return true;
}

static bool no_partner(const struct nb_look *look)
{
	return look->port.has_lacp ? is_zero(look->port.partner_system) :
				     look->partner == 0 || look->partner == NB_LACP_SHORT;
}

/* Own LACPDUs are dropped before they say who the partner is (bond_3ad_rx_indication()). */
bool nb_rule_loop(const struct nb_look *look, struct nb_text *seen)
{
	if (!look->has_bits || look->partner != NB_LACP_SHORT || !no_partner(look) ||
		!look->port.has_counters || look->port.lacpdu_rx < LOOPED_PDUS)
		return false;
	add_states(look, seen);
	add_counters(look, seen);
	return true;
}

bool nb_rule_both_passive(const struct nb_look *look, struct nb_text *seen)
{
	if (!look->has_bits || (look->actor & NB_LACP_ACTIVE) || (look->partner & NB_LACP_ACTIVE) ||
		no_partner(look))
		return false;
	add_states(look, seen);
	return true;
}

static bool carries(const struct nb_look *look)
{
	return (look->actor & look->partner & NB_LACP_CARRIES) == NB_LACP_CARRIES &&
	       !((look->actor | look->partner) & (NB_LACP_DEFAULTED | NB_LACP_EXPIRED));
}

/* A port begins with defaulted and expired both. After 3 s of silence it is expired ... */
static bool is_expired(unsigned state)
{
	return (state & NB_LACP_EXPIRED) && !(state & NB_LACP_DEFAULTED);
}

/* ... and after 6 s defaulted alone. */
static bool has_given_up(unsigned state)
{
	return (state & NB_LACP_DEFAULTED) && !(state & NB_LACP_EXPIRED);
}

static bool is_lasting(unsigned state)
{
	return is_expired(state) || has_given_up(state);
}

bool nb_rule_negotiating(const struct nb_look *look, struct nb_text *seen)
{
	if (!look->has_bits || carries(look) || is_lasting(look->actor) ||
		is_lasting(look->partner) || look->port.lacp_age_ms >= SETTLED_MS)
		return false;
	add_states(look, seen);
	nb_text_add(seen, ", for %llu ms", (unsigned long long)look->port.lacp_age_ms);
	return true;
}

static bool is_silent(const struct nb_look *look)
{
	return look->has_bits && ((look->actor & NB_LACP_DEFAULTED) || look->partner == 0);
}

static bool silent(const struct nb_look *look, struct nb_text *seen)
{
	add_states(look, seen);
	add_counters(look, seen);
	return true;
}

bool nb_rule_never_heard(const struct nb_look *look, struct nb_text *seen)
{
	return is_silent(look) && (!look->port.has_counters || look->port.lacpdu_rx == 0) &&
	       silent(look, seen);
}

bool nb_rule_partner_lost(const struct nb_look *look, struct nb_text *seen)
{
	return is_silent(look) && silent(look, seen);
}

bool nb_rule_expired(const struct nb_look *look, struct nb_text *seen)
{
	return look->has_bits && is_expired(look->actor) && silent(look, seen);
}

/* It defaulted or expired us: our LACPDUs do not get there. */
bool nb_rule_not_heard(const struct nb_look *look, struct nb_text *seen)
{
	if (!look->has_bits || !(look->partner & (NB_LACP_DEFAULTED | NB_LACP_EXPIRED)))
		return false;
	add_states(look, seen);
	return true;
}

static bool is_elsewhere(const struct nb_look *look)
{
	return look->has_bits && look->ad &&
	       nb_optset_u(&look->slave->slave, IFLA_BOND_SLAVE_AD_AGGREGATOR_ID) !=
		       nb_optset_u(look->ad, IFLA_BOND_AD_INFO_AGGREGATOR);
}

bool nb_rule_other_partner(const struct nb_look *look, struct nb_text *seen)
{
	uint8_t room[6];
	const uint8_t *partner = nb_look_partner(look, room);

	if (!is_elsewhere(look) || !partner || !look->port.has_lacp || no_partner(look) ||
		memcmp(partner, look->port.partner_system, 6) == 0)
		return false;
	if (!look->in->details) {
		nb_text_add(seen, "%s has another partner than the active aggregator" ONLY_ROOT,
			look->slave->name);
		return true;
	}
	nb_text_add(seen, "the partner of %s is ", look->slave->name);
	nb_mac_format(look->port.partner_system, seen);
	nb_text_add(seen, ", that of the active aggregator is ");
	nb_mac_format(partner, seen);
	return true;
}

bool nb_rule_own_key(const struct nb_look *look, struct nb_text *seen)
{
	const unsigned key = look->ad ? (unsigned)nb_optset_u(look->ad, IFLA_BOND_AD_INFO_ACTOR_KEY) : 0;

	if (!is_elsewhere(look) || !look->port.has_lacp || look->port.own_key == key)
		return false;
	if (look->in->details)
		nb_text_add(seen, "%s has key %u (%u Mbit/s), the active aggregator has key %u",
			look->slave->name, look->port.own_key, look->port.speed, key);
	else
		nb_text_add(seen, "%s (%u Mbit/s) has another key than the active aggregator" ONLY_ROOT,
			look->slave->name, look->port.speed);
	return true;
}

bool nb_rule_partner_key(const struct nb_look *look, struct nb_text *seen)
{
	const unsigned key =
		look->ad ? (unsigned)nb_optset_u(look->ad, IFLA_BOND_AD_INFO_PARTNER_KEY) : 0;

	if (!is_elsewhere(look) || !look->port.has_lacp || look->port.partner_key == key)
		return false;
	if (look->in->details)
		nb_text_add(seen, "the partner gives %s key %u, and the active aggregator key %u",
			look->slave->name, look->port.partner_key, key);
	else
		nb_text_add(seen, "the partner gives %s another key than the active aggregator" ONLY_ROOT,
			look->slave->name);
	return true;
}

bool nb_rule_not_in_sync(const struct nb_look *look, struct nb_text *seen)
{
	if (!look->has_bits || carries(look))
		return false;
	add_states(look, seen);
	return true;
}

bool nb_rule_other_aggregator(const struct nb_look *look, struct nb_text *seen)
{
	if (!is_elsewhere(look))
		return false;
	nb_text_add(seen, "%s is in aggregator %u, aggregator %u is the active one", look->slave->name,
		(unsigned)nb_optset_u(&look->slave->slave, IFLA_BOND_SLAVE_AD_AGGREGATOR_ID),
		(unsigned)nb_optset_u(look->ad, IFLA_BOND_AD_INFO_AGGREGATOR));
	return true;
}

bool nb_rule_churned(const struct nb_look *look, struct nb_text *seen)
{
	if (!look->has_bits || !(look->port.own_churned || look->port.partner_churned))
		return false;
	nb_text_add(seen, "churn of %s: %s", look->slave->name,
		!look->port.partner_churned ? "own end" :
		!look->port.own_churned	    ? "partner's end" :
					      "both ends");
	return true;
}

static bool has_no_partner(const struct nb_look *look)
{
	uint8_t room[6];

	return nb_look_is_lacp(look) && look->bond->carrier && look->ad &&
	       !nb_look_partner(look, room);
}

bool nb_rule_without_lacp(const struct nb_look *look, struct nb_text *seen)
{
	if (!has_no_partner(look) || look->n_slaves < 2)
		return false;
	nb_text_add(seen, "%s has carrier, its active aggregator has no partner", look->bond->name);
	return true;
}

bool nb_rule_alone_without_lacp(const struct nb_look *look, struct nb_text *seen)
{
	if (!has_no_partner(look) || look->n_slaves != 1)
		return false;
	nb_text_add(seen, "%s has one slave and no partner", look->bond->name);
	return true;
}

/* bond_set_carrier(), __agg_active_ports() */
bool nb_rule_min_links(const struct nb_look *look, struct nb_text *seen)
{
	const uint64_t wanted = nb_look_option(look, IFLA_BOND_MIN_LINKS);
	const uint64_t have = look->ad ? nb_optset_u(look->ad, IFLA_BOND_AD_INFO_NUM_PORTS) : 0;

	if (!nb_look_is_lacp(look) || !look->ad || look->bond->carrier || have >= wanted)
		return false;
	nb_text_add(seen, "min-links is %u, and the active aggregator has %u", (unsigned)wanted,
		(unsigned)have);
	return true;
}

bool nb_rule_slow_timers(const struct nb_look *look, struct nb_text *seen)
{
	if (!nb_look_is_lacp(look) || look->n_slaves < 2 ||
		nb_look_option(look, IFLA_BOND_AD_LACP_RATE) != 0)
		return false;
	nb_text_add(seen, "lacp-rate is slow");
	return true;
}
