/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Findings about a bond as a whole. */
#include <linux/if_ether.h>
#include <string.h>

#include "lib/core/explain-rule.h"
#include "lib/core/hash.h"
#include "lib/core/resolve.h"

bool nb_rule_missing(const struct nb_look *look, struct nb_text *seen)
{
	nb_text_add(seen, "%s is declared, and not there", look->in->name);
	return true;
}

bool nb_rule_black_hole(const struct nb_look *look, struct nb_text *seen)
{
	if (!look->bond->carrier || !nb_link_is_up(look->bond) || look->n_slaves == 0 ||
		look->n_active > 0)
		return false;
	nb_text_add(seen, "%s is up and has carrier, and none of its %zu slaves is active",
		look->bond->name, look->n_slaves);
	return true;
}

bool nb_rule_no_link(const struct nb_look *look, struct nb_text *seen)
{
	if (look->bond->carrier || !nb_link_is_up(look->bond) || look->n_slaves == 0 ||
		look->n_up > 0)
		return false;
	nb_text_add(seen, "%s has no carrier: none of its %zu slaves has a link", look->bond->name,
		look->n_slaves);
	return true;
}

bool nb_rule_no_slaves(const struct nb_look *look, struct nb_text *seen)
{
	if (look->n_slaves > 0)
		return false;
	nb_text_add(seen, "%s has no slave", look->bond->name);
	return true;
}

bool nb_rule_bond_down(const struct nb_look *look, struct nb_text *seen)
{
	if (nb_link_is_up(look->bond))
		return false;
	nb_text_add(seen, "%s is set down", look->bond->name);
	return true;
}

bool nb_rule_unmonitored(const struct nb_look *look, struct nb_text *seen)
{
	if (nb_look_option(look, IFLA_BOND_MIIMON) != 0 || nb_look_has_arp(look))
		return false;
	nb_text_add(seen, "miimon is 0 and arp-interval is 0");
	return true;
}

static const struct nb_targets *targets_of(const struct nb_look *look, unsigned attr)
{
	return nb_optset_get(&look->bond->bond, attr).targets;
}

bool nb_rule_no_target(const struct nb_look *look, struct nb_text *seen)
{
	const struct nb_targets *v4 = targets_of(look, IFLA_BOND_ARP_IP_TARGET);
	const struct nb_targets *v6 = targets_of(look, IFLA_BOND_NS_IP6_TARGET);

	if (!nb_look_has_arp(look) || (v4 && v4->n) || (v6 && v6->n))
		return false;
	nb_text_add(seen, "arp-interval is %u ms, and there is no arp-ip-target",
		(unsigned)nb_look_option(look, IFLA_BOND_ARP_INTERVAL));
	return true;
}

struct subnets {
	unsigned addresses; /* IPv4 */
	bool contains;
};

static void look_at_addresses(
	const struct nb_link *link, const struct nb_ip *target, struct subnets *found)
{
	for (size_t i = 0; i < link->n_addresses; i++) {
		const struct nb_address *address = &link->addresses[i];

		if (address->ip.family != AF_INET)
			continue;
		found->addresses++;
		found->contains |= nb_ip_in_prefix(target, &address->ip, address->prefix_length);
	}
}

/* The bond, the VLANs upon it, and the bridge it is a port of: bond_arp_send_all() probes from them. */
static bool is_on_link(const struct nb_look *look, const struct nb_ip *target, bool *ret_any)
{
	const struct nb_netns *ns = look->in->ns;
	struct subnets found = { 0 };

	look_at_addresses(look->bond, target, &found);
	for (size_t i = 0; i < ns->links.n; i++) {
		const struct nb_link *link = nb_netns_link(ns, i);

		if (link != look->bond && (link->lower == look->bond->ifindex ||
						  link->ifindex == look->bond->master))
			look_at_addresses(link, target, &found);
	}
	*ret_any = found.addresses > 0;
	return found.contains;
}

/* Of the bond itself: nobody else has it, and one's own requests do not come back. */
bool nb_rule_target_own(const struct nb_look *look, struct nb_text *seen)
{
	const struct nb_targets *targets = targets_of(look, IFLA_BOND_ARP_IP_TARGET);
	const struct nb_link *bond = look->bond;

	for (unsigned i = 0; nb_look_has_arp(look) && targets && i < targets->n; i++) {
		for (size_t k = 0; k < bond->n_addresses; k++) {
			const struct nb_ip *ip = &bond->addresses[k].ip;

			if (ip->family != AF_INET || memcmp(ip->bytes, &targets->a[i], 4) != 0)
				continue;
			nb_text_add(seen, "arp-ip-target ");
			nb_ip_format(ip, seen);
			nb_text_add(seen, " is an address of %s itself", bond->name);
			return true;
		}
	}
	return false;
}

bool nb_rule_target_subnet(const struct nb_look *look, struct nb_text *seen)
{
	const struct nb_targets *targets = targets_of(look, IFLA_BOND_ARP_IP_TARGET);
	unsigned n = 0;

	if (!nb_look_has_arp(look))
		return false;
	for (unsigned i = 0; targets && i < targets->n; i++) {
		struct nb_ip ip = { .family = AF_INET };
		bool any;

		memcpy(ip.bytes, &targets->a[i], 4);
		if (is_on_link(look, &ip, &any) || !any)
			continue;
		nb_text_add(seen, "%s", n++ ? ", " : "arp-ip-target ");
		nb_ip_format(&ip, seen);
	}
	if (n)
		nb_text_add(seen, " in no subnet of %s", look->bond->name);
	return n > 0;
}

const struct nb_link *nb_look_slave(const struct nb_look *look, const char *name)
{
	for (size_t i = 0; name && i < look->n_slaves; i++) {
		if (nb_streq(look->slaves[i]->name, name))
			return look->slaves[i];
	}
	return NULL;
}

/* bond_choose_primary_or_current() */
static bool primary_idles(const struct nb_look *look, bool always, struct nb_text *seen)
{
	const char *primary = nb_optset_get(&look->bond->bond, IFLA_BOND_PRIMARY).name;
	const char *active = nb_optset_get(&look->bond->bond, IFLA_BOND_ACTIVE_SLAVE).name;
	const struct nb_link *link = nb_look_slave(look, primary);
	const struct nb_option *row = nb_option_get(NB_SCOPE_BOND, IFLA_BOND_PRIMARY_RESELECT);
	const union nb_value reselect =
		nb_optset_get(&look->bond->bond, IFLA_BOND_PRIMARY_RESELECT);

	if (!link || !active || nb_streq(primary, active) || (reselect.u == 0) != always ||
		!link->carrier || !nb_link_is_up(link) ||
		nb_optset_u(&link->slave, IFLA_BOND_SLAVE_MII_STATUS) != BOND_LINK_UP)
		return false;
	nb_text_add(seen, "the primary %s has a link, and %s is active; primary-reselect is ", primary,
		active);
	row->type->format(row, reselect, seen);
	return true;
}

bool nb_rule_primary(const struct nb_look *look, struct nb_text *seen)
{
	return primary_idles(look, true, seen);
}

bool nb_rule_primary_stays(const struct nb_look *look, struct nb_text *seen)
{
	return primary_idles(look, false, seen);
}

static bool same_mac(const struct nb_link *a, const struct nb_link *b)
{
	return a->has_mac && b->has_mac && memcmp(a->mac, b->mac, sizeof(a->mac)) == 0;
}

/* A device of its own that is up, with the bond's MAC. */
bool nb_rule_mac_elsewhere(const struct nb_look *look, struct nb_text *seen)
{
	const struct nb_netns *ns = look->in->ns;
	const struct nb_link *bond = look->bond;

	for (size_t i = 0; i < ns->links.n; i++) {
		const struct nb_link *link = nb_netns_link(ns, i);

		if (link == bond || link->master == bond->ifindex || link->lower != 0 ||
			bond->master == link->ifindex || bond->lower == link->ifindex ||
			!nb_link_is_up(link) || nb_streq(link->slave_kind, "bond") ||
			!same_mac(link, bond))
			continue;
		nb_text_add(seen, "%s is up and has the MAC of %s, ", link->name, bond->name);
		nb_mac_format(bond->mac, seen);
		return true;
	}
	return false;
}

bool nb_rule_mac_twice(const struct nb_look *look, struct nb_text *seen)
{
	for (size_t i = 0; i < look->n_slaves; i++) {
		const union nb_value mac = nb_optset_get(
			&look->slaves[i]->slave, IFLA_BOND_SLAVE_PERM_HWADDR);

		for (size_t k = i + 1; k < look->n_slaves; k++) {
			const struct nb_optset *other = &look->slaves[k]->slave;

			if (!nb_optset_has(other, IFLA_BOND_SLAVE_PERM_HWADDR) ||
				memcmp(nb_optset_get(other, IFLA_BOND_SLAVE_PERM_HWADDR).mac,
					mac.mac, 6) != 0)
				continue;
			nb_text_add(seen, "%s and %s have the same own MAC, ",
				look->slaves[i]->name, look->slaves[k]->name);
			nb_mac_format(mac.mac, seen);
			return true;
		}
	}
	return false;
}

/* Why a slave that is waited for is not there. */
static void add_reason(const struct nb_look *look, const char *name, struct nb_text *out)
{
	const struct nb_link *link = nb_netns_find(look->in->ns, name);
	const struct nb_link *master =
		link && link->master ? nb_netns_find_index(look->in->ns, link->master) : NULL;

	if (!link)
		nb_text_add(out, " (there is no such link%s%s)",
			*look->in->ns->name ? " in namespace " : "", look->in->ns->name);
	else if (link->udev_pending)
		nb_text_add(out, " (udev has not finished with it)");
	else if (master)
		nb_text_add(out, " (it belongs to %s)", master->name);
}

bool nb_rule_waiting(const struct nb_look *look, struct nb_text *seen)
{
	const struct nb_goal *goal = look->in->goal;

	if (!goal || goal->n_waiting == 0)
		return false;
	for (size_t i = 0; i < goal->n_waiting; i++) {
		nb_text_add(seen, "%s%s", i ? ", " : "", goal->waiting[i]);
		add_reason(look, goal->waiting[i], seen);
	}
	nb_text_add(seen, " %s no slave of %s yet", goal->n_waiting > 1 ? "are" : "is",
		look->bond->name);
	return true;
}

/* Hash policies that send all of this host one way */

static bool is_hashed_by(const struct nb_look *look, unsigned policy)
{
	return (look->mode == BOND_MODE_XOR || nb_look_is_lacp(look)) && look->n_active > 1 &&
	       nb_look_option(look, IFLA_BOND_XMIT_HASH_POLICY) == policy;
}

/* The driver's own arithmetic for an IPv4 frame from the bond to @to. */
static bool add_arithmetic(const struct nb_look *look, const uint8_t *to, struct nb_text *out)
{
	uint8_t bytes[ETH_HLEN] = { 0 };
	const struct nb_frame frame = { .bytes = bytes, .size = sizeof(bytes), .length = sizeof(bytes) };
	struct nb_hash_bond view;
	struct nb_choice choice;

	if (nb_hash_bond_init(look->in->ns, look->bond, &view) < 0) {
		out->failed = true;
		return false;
	}
	memcpy(bytes, to, ETH_ALEN);
	memcpy(bytes + ETH_ALEN, look->bond->mac, ETH_ALEN);
	bytes[12] = ETH_P_IP >> 8;
	choice = nb_hash_choose(&view, &frame);
	if (choice.kind == NB_CHOICE_ONE && choice.usable > 1)
		nb_text_add(out, "0x%x modulo %zu is %zu: %s", choice.hash, choice.usable,
			choice.hash % choice.usable, view.slaves[choice.slave].name);
	nb_hash_bond_done(&view);
	return choice.kind == NB_CHOICE_ONE && choice.usable > 1;
}

static bool has_vlan(const struct nb_look *look)
{
	const struct nb_netns *ns = look->in->ns;

	for (size_t i = 0; i < ns->links.n; i++)
		if (nb_netns_link(ns, i)->lower == look->bond->ifindex)
			return true;
	return look->bond->master != 0;
}

bool nb_rule_pinned_srcmac(const struct nb_look *look, struct nb_text *seen)
{
	static const uint8_t any[ETH_ALEN];

	if (!is_hashed_by(look, BOND_XMIT_POLICY_VLAN_SRCMAC) || has_vlan(look))
		return false;
	nb_text_add(seen, "xmit-hash-policy vlan+srcmac, one MAC and no VLAN: ");
	return add_arithmetic(look, any, seen);
}

bool nb_rule_pinned_layer2(const struct nb_look *look, struct nb_text *seen)
{
	if (!is_hashed_by(look, BOND_XMIT_POLICY_LAYER2) || !look->in->gateway.family)
		return false;
	nb_text_add(seen, "xmit-hash-policy layer2, and the default route leads to ");
	nb_ip_format(&look->in->gateway, seen);
	if (!look->in->has_gateway_mac)
		return true;
	nb_text_add(seen, " (");
	nb_mac_format(look->in->gateway_mac, seen);
	nb_text_add(seen, "): last bytes of both MACs and 0x0800, ");
	return add_arithmetic(look, look->in->gateway_mac, seen);
}
