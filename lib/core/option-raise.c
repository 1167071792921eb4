/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "lib/core/option-table.h"

/*
 * Changes that the kernel takes at any time, and that may stop traffic all the same. When in
 * doubt the higher class: it is asked for, the lower one is not. Function names are those of
 * drivers/net/bonding.
 */

/* Where nothing passes now, nothing can stop. */
static bool carries(const struct nb_change_view *view)
{
	return view->has_carrier || view->usable > 0;
}

static uint64_t before(const struct nb_change_view *view, unsigned attr)
{
	return nb_optset_u(view->before, attr);
}

static uint64_t after(const struct nb_change_view *view, unsigned attr)
{
	return nb_optset_u(view->after, attr);
}

static enum nb_class raise_if(
	bool raise, enum nb_class class, const char *why, const char **ret_why)
{
	if (!raise)
		return NB_CLASS_LIVE;
	*ret_why = why;
	return class;
}

/* Whether the ARP and NS monitor runs once the change is made (bond_mode_uses_arp()). */
static bool arp_monitored(const struct nb_change_view *view)
{
	const struct nb_option *row = nb_option_get(NB_SCOPE_BOND, IFLA_BOND_ARP_INTERVAL);

	return after(view, IFLA_BOND_ARP_INTERVAL) > 0 && !(row->refused & NB_MODE(view->mode));
}

/* bond_check_dev_link(): without use_carrier the driver's MII registers or ethtool decide. */
enum nb_class nb_raise_use_carrier(const struct nb_change_view *view, const char **ret_why)
{
	return raise_if(carries(view) && !after(view, IFLA_BOND_USE_CARRIER) &&
				after(view, IFLA_BOND_MIIMON) > 0,
		NB_CLASS_DOWN, "a driver whose MII registers are wrong takes its slave down", ret_why);
}

/*
 * bond_ab_arp_inspect(), bond_loadbalance_arp_mon(): a slave is down that heard nothing for
 * arp_missed_max intervals; a shorter interval is counted from the packet heard last.
 */
enum nb_class nb_raise_arp_interval(const struct nb_change_view *view, const char **ret_why)
{
	uint64_t was = before(view, IFLA_BOND_ARP_INTERVAL);

	if (!carries(view) || !arp_monitored(view))
		return NB_CLASS_LIVE;
	if (was == 0)
		return raise_if(true, NB_CLASS_DOWN,
			"ARP monitoring starts: a target that does not answer takes the slaves down",
			ret_why);
	return raise_if(after(view, IFLA_BOND_ARP_INTERVAL) < was, NB_CLASS_DOWN,
		"a shorter interval takes slaves down whose targets answer too slowly for it",
		ret_why);
}

enum nb_class nb_raise_arp_targets(const struct nb_change_view *view, const char **ret_why)
{
	return raise_if(carries(view) && arp_monitored(view), NB_CLASS_DOWN,
		"a target that does not answer takes the slaves down", ret_why);
}

enum nb_class nb_raise_arp_validate(const struct nb_change_view *view, const char **ret_why)
{
	return raise_if(carries(view) && arp_monitored(view), NB_CLASS_DOWN,
		"a slave is down when the packets that count from now on do not reach it", ret_why);
}

/* slave_last_rx(): the oldest of all targets counts, also those that never were heard. */
enum nb_class nb_raise_arp_all_targets(const struct nb_change_view *view, const char **ret_why)
{
	return raise_if(carries(view) && arp_monitored(view) &&
				after(view, IFLA_BOND_ARP_ALL_TARGETS) != 0,
		NB_CLASS_DOWN, "from now on one silent target is enough to take a slave down",
		ret_why);
}

enum nb_class nb_raise_arp_missed_max(const struct nb_change_view *view, const char **ret_why)
{
	return raise_if(carries(view) && arp_monitored(view) &&
				after(view, IFLA_BOND_MISSED_MAX) <
					before(view, IFLA_BOND_MISSED_MAX),
		NB_CLASS_DOWN, "fewer missed answers than before take a slave down", ret_why);
}

/*
 * bond_3ad_set_carrier(): below min_links there is no carrier. lacp_strict counts only ports
 * that collect and distribute, and those need a partner.
 */
static bool too_few_links(const struct nb_change_view *view, unsigned usable, bool has_partner)
{
	uint64_t least = after(view, IFLA_BOND_MIN_LINKS);

	if (view->mode != BOND_MODE_8023AD || least == 0)
		return false;
	return least > usable || (after(view, IFLA_BOND_LACP_STRICT) && !has_partner);
}

/* What comes is waited for until it is usable; then it has a partner. */
static enum nb_class raise_too_few(
	const struct nb_change_view *view, const char *why, const char **ret_why)
{
	if (!carries(view) || !too_few_links(view, view->usable, view->has_partner))
		return NB_CLASS_LIVE;
	if (view->coming && !too_few_links(view, view->usable + view->coming, true))
		return raise_if(true, NB_CLASS_SLAVE,
			"the bond keeps its carrier when enough ports are active", ret_why);
	return raise_if(true, NB_CLASS_DOWN, why, ret_why);
}

enum nb_class nb_raise_min_links(const struct nb_change_view *view, const char **ret_why)
{
	return raise_too_few(view,
		"fewer ports are active than min-links asks for: the bond loses its carrier",
		ret_why);
}

enum nb_class nb_raise_lacp_strict(const struct nb_change_view *view, const char **ret_why)
{
	if (!after(view, IFLA_BOND_LACP_STRICT))
		return NB_CLASS_LIVE;
	return raise_too_few(view,
		"fewer ports have a LACP partner than min-links asks for: the bond loses its carrier",
		ret_why);
}

/*
 * bond_3ad_update_ad_actor_settings() gives every port the new identity at once. The partner's
 * next LACPDU still echoes the old one, so __choose_matched() takes all ports out of sync, and
 * the partner may select another aggregator.
 */
enum nb_class nb_raise_actor_system(const struct nb_change_view *view, const char **ret_why)
{
	return raise_if(carries(view) && view->mode == BOND_MODE_8023AD && view->has_partner,
		NB_CLASS_DOWN, "the LACP partner sees another system and may select anew", ret_why);
}

/* The same for one port: it leaves until the partner has echoed the new priority. */
enum nb_class nb_raise_actor_port_prio(const struct nb_change_view *view, const char **ret_why)
{
	uint64_t least = view->bond ? nb_optset_u(view->bond, IFLA_BOND_MIN_LINKS) : 0;

	if (!carries(view) || view->mode != BOND_MODE_8023AD || !view->has_partner)
		return NB_CLASS_LIVE;
	if (view->usable + view->coming > NB_MAX(least, 1))
		return raise_if(true, NB_CLASS_SLAVE,
			"the port is out of sync until the LACP partner knows its new priority",
			ret_why);
	return raise_if(true, NB_CLASS_DOWN,
		"the last port needed is out of sync until the LACP partner knows its new priority",
		ret_why);
}

/* bond_change_mtu() and bond_set_mac_address() go through every slave; some drivers reset then. */
enum nb_class nb_raise_link(const struct nb_change_view *view, const char **ret_why)
{
	return raise_if(carries(view), NB_CLASS_DOWN,
		"every slave takes it over, and drivers may reset their link for that", ret_why);
}
