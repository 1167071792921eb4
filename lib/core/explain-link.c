/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Findings about the link of a slave, whatever the mode. */
#include <string.h>

#include "lib/core/explain-rule.h"

/* 1 << BOND_STATE_BACKUP; the same bit in all, backup and filter_backup (BOND_ARP_VALIDATE_*) */
#define BOND_ARP_VALIDATES_BACKUP 2u

bool nb_rule_set_down(const struct nb_look *look, struct nb_text *seen)
{
	if (nb_link_is_up(look->slave))
		return false;
	nb_text_add(seen, "%s is set down", look->slave->name);
	return true;
}

/* bond_update_speed_duplex() failed: in 802.3ad bond_miimon_commit() leaves the link down. */
bool nb_rule_speed_unknown_lacp(const struct nb_look *look, struct nb_text *seen)
{
	if (!nb_look_is_lacp(look) || !look->slave->carrier || look->mii != BOND_LINK_DOWN ||
		!look->port.has_speed || look->port.speed != 0)
		return false;
	nb_text_add(seen, "%s has carrier, no speed is known, and MII status is down",
		look->slave->name);
	return true;
}

bool nb_rule_no_carrier(const struct nb_look *look, struct nb_text *seen)
{
	const uint64_t failures = nb_optset_u(&look->slave->slave, IFLA_BOND_SLAVE_LINK_FAILURE_COUNT);

	if (look->slave->carrier)
		return false;
	nb_text_add(seen, "%s has no carrier", look->slave->name);
	if (failures)
		nb_text_add(seen, ", failure number %u", (unsigned)failures);
	return true;
}

/* Return: how many kinds of targets there are. */
static unsigned add_targets(const struct nb_look *look, struct nb_text *out)
{
	static const unsigned attrs[] = { IFLA_BOND_ARP_IP_TARGET, IFLA_BOND_NS_IP6_TARGET };
	unsigned n = 0;

	for (size_t i = 0; i < NB_ARRAY_SIZE(attrs); i++) {
		const struct nb_option *row = nb_option_get(NB_SCOPE_BOND, attrs[i]);
		const union nb_value value = nb_optset_get(&look->bond->bond, attrs[i]);

		if (!value.targets || value.targets->n == 0)
			continue;
		nb_text_add(out, "%s", n++ ? ", " : "");
		row->type->format(row, value, out);
	}
	return n;
}

/*
 * While another slave is active and hears its targets: a backup that is to be validated has to hear
 * the active slave's own requests, round through the network (bond_arp_rcv(), bond_na_rcv()).
 */
bool nb_rule_arp_validate(const struct nb_look *look, struct nb_text *seen)
{
	const struct nb_option *row = nb_option_get(NB_SCOPE_BOND, IFLA_BOND_ARP_VALIDATE);
	const union nb_value validate = nb_optset_get(&look->bond->bond, IFLA_BOND_ARP_VALIDATE);
	const struct nb_link *active = nb_look_slave(
		look, nb_optset_get(&look->bond->bond, IFLA_BOND_ACTIVE_SLAVE).name);

	if (look->mode != BOND_MODE_ACTIVEBACKUP || !nb_look_has_arp(look) ||
		look->mii == BOND_LINK_UP || !(validate.u & BOND_ARP_VALIDATES_BACKUP) || !active ||
		active == look->slave ||
		nb_optset_u(&active->slave, IFLA_BOND_SLAVE_MII_STATUS) != BOND_LINK_UP)
		return false;
	nb_text_add(seen, "%s has carrier, and what the active slave %s asks does not come in by it; "
		"arp-validate is ", look->slave->name, active->name);
	row->type->format(row, validate, seen);
	return true;
}

bool nb_rule_arp_silent(const struct nb_look *look, struct nb_text *seen)
{
	if (!nb_look_has_arp(look) || look->mii == BOND_LINK_UP)
		return false;
	nb_text_add(seen, "%s has carrier, but no answer of ", look->slave->name);
	if (add_targets(look, seen) == 0)
		return false;
	nb_text_add(seen, " comes in by it");
	return true;
}

bool nb_rule_updelay(const struct nb_look *look, struct nb_text *seen)
{
	/* ARP monitoring goes through the same states without waiting. */
	if (nb_look_has_arp(look) || look->mii != BOND_LINK_BACK)
		return false;
	nb_text_add(seen, "%s has carrier again and waits for updelay, %u ms", look->slave->name,
		(unsigned)nb_look_option(look, IFLA_BOND_UPDELAY));
	return true;
}

bool nb_rule_downdelay(const struct nb_look *look, struct nb_text *seen)
{
	if (nb_look_has_arp(look) || look->slave->carrier || look->mii != BOND_LINK_FAIL)
		return false;
	nb_text_add(seen, "%s has no carrier, and is used until downdelay, %u ms, is over",
		look->slave->name, (unsigned)nb_look_option(look, IFLA_BOND_DOWNDELAY));
	return true;
}

bool nb_rule_mtu(const struct nb_look *look, struct nb_text *seen)
{
	if (look->slave->mtu == look->bond->mtu)
		return false;
	nb_text_add(seen, "%s has MTU %u, %s has %u", look->slave->name, look->slave->mtu,
		look->bond->name, look->bond->mtu);
	return true;
}

/* Modes in which each slave has the MAC of the bond (bond_enslave(), bond_set_mac_address()). */
static bool shares_mac(const struct nb_look *look)
{
	if (look->mode == BOND_MODE_TLB || look->mode == BOND_MODE_ALB)
		return false;
	return look->mode != BOND_MODE_ACTIVEBACKUP ||
	       nb_look_option(look, IFLA_BOND_FAIL_OVER_MAC) == 0;
}

bool nb_rule_mac(const struct nb_look *look, struct nb_text *seen)
{
	if (!shares_mac(look) || !look->slave->has_mac || !look->bond->has_mac ||
		memcmp(look->slave->mac, look->bond->mac, sizeof(look->bond->mac)) == 0)
		return false;
	nb_text_add(seen, "%s has MAC ", look->slave->name);
	nb_mac_format(look->slave->mac, seen);
	nb_text_add(seen, ", %s has ", look->bond->name);
	nb_mac_format(look->bond->mac, seen);
	return true;
}

bool nb_rule_speed_unknown(const struct nb_look *look, struct nb_text *seen)
{
	if ((look->mode != BOND_MODE_TLB && look->mode != BOND_MODE_ALB) || !look->slave->carrier ||
		!look->port.has_speed || look->port.speed != 0)
		return false;
	nb_text_add(seen, "the speed of %s is not known", look->slave->name);
	return true;
}
