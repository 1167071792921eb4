/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <string.h>

#include "lib/core/check.h"

#define IPV6_LEAST_MTU 1280 /* IPV6_MIN_MTU, RFC 8200 5 */

void nb_check_name(const struct nb_bond *bond, struct nb_diag *diag)
{
	/*
	 * lo is every namespace's own; devinet_sysctl_register() refuses "all" and "default";
	 * bonding_masters is a file of the driver in /sys/class/net.
	 */
	static const char *const taken[] = { "lo", "all", "default", "bonding_masters" };
	struct nb_mark mark = nb_bond_key_mark(bond, NB_KEY_NAME);

	for (size_t i = 0; i < NB_ARRAY_SIZE(taken); i++) {
		if (strcmp(bond->name, taken[i]) != 0)
			continue;
		nb_diag_error(diag, &mark, bond->key, "no bond can have the name %s", taken[i]);
		nb_diag_hint(diag, "the kernel uses it for something else; bond0 is usual");
	}
}

static void say_absent(const struct nb_bond *bond, const char *key, const struct nb_mark *mark,
	struct nb_diag *diag)
{
	struct nb_mark absent = nb_bond_key_mark(bond, NB_KEY_ABSENT);

	nb_diag_error(diag, mark, bond->key, "%s cannot stand beside absent: true", key);
	nb_diag_hint(diag, "a bond that shall not exist has only name and namespace");
	nb_diag_other(diag, &absent);
}

void nb_check_absent(const struct nb_bond *bond, struct nb_diag *diag)
{
	uint32_t others = bond->named & ~(uint32_t)(NB_KEY_ABSENT | NB_KEY_NAME | NB_KEY_NAMESPACE);

	nb_foreach_bit(bit, others) {
		enum nb_bond_key key = (enum nb_bond_key)(1u << bit);
		struct nb_mark mark = nb_bond_key_mark(bond, key);

		say_absent(bond, nb_bond_key_name(key), &mark, diag);
	}
	nb_foreach_bit(attr, bond->opts.present) {
		struct nb_mark mark = nb_optset_mark(&bond->opts, attr);

		say_absent(bond, nb_option_get(NB_SCOPE_BOND, attr)->name, &mark, diag);
	}
}

static void check_fixed_mac(const struct nb_bond *bond, struct nb_diag *diag)
{
	static const uint8_t zero[6];
	NB_CLEANUP(nb_text_done) struct nb_text text = { 0 };
	struct nb_mark mark = nb_bond_key_mark(bond, NB_KEY_MAC);
	bool is_zero = memcmp(bond->mac, zero, sizeof(zero)) == 0;

	if (!is_zero && !(bond->mac[0] & 1))
		return;
	nb_mac_format(bond->mac, &text);
	nb_diag_error(diag, &mark, bond->key, "mac %s is %s", text.text,
		is_zero ? "no address of a device" : "a multicast address");
	nb_diag_hint(diag, "the first byte of a device's address is even, and not all bytes are 0; "
		"02:00:00:00:00:01 is one");
}

/* bond_set_mac_address(): with fail_over_mac active or follow, rc 0 and nothing done. */
static void check_mac_used(const struct nb_bond *bond, struct nb_diag *diag)
{
	NB_CLEANUP(nb_text_done) struct nb_text text = { 0 };
	const struct nb_option *row = nb_option_get(NB_SCOPE_BOND, IFLA_BOND_FAIL_OVER_MAC);
	struct nb_mark mark = nb_bond_key_mark(bond, NB_KEY_MAC);
	struct nb_mark other = nb_optset_mark(&bond->opts, IFLA_BOND_FAIL_OVER_MAC);

	if (nb_bond_mode(bond) != BOND_MODE_ACTIVEBACKUP ||
		!nb_rules_is_on(&bond->opts, IFLA_BOND_FAIL_OVER_MAC))
		return;
	row->type->format(row, nb_optset_get(&bond->opts, IFLA_BOND_FAIL_OVER_MAC), &text);
	nb_diag_error(diag, &mark, bond->key,
		"with fail-over-mac %s the kernel takes a mac and ignores it", text.text);
	nb_diag_hint(diag, "leave mac out, or fail-over-mac");
	nb_diag_other(diag, &other);
}

static void check_mac(const struct nb_bond *bond, struct nb_diag *diag)
{
	struct nb_mark mark = nb_bond_key_mark(bond, NB_KEY_MAC);

	switch (bond->mac_policy) {
	case NB_MAC_UNNAMED:
		return;
	case NB_MAC_FIXED:
		check_fixed_mac(bond, diag);
		break;
	case NB_MAC_PERMANENT_OF:
		nb_check_is_slave(bond, bond->mac_of, "mac: permanent-of", &mark, diag);
		break;
	case NB_MAC_FIRST_SLAVE:
		if (bond->n_slaves > 0)
			break;
		nb_diag_warning(diag, &mark, bond->key,
			"mac: first-slave has no effect on a bond without slaves");
		nb_diag_hint(diag, "list the slaves, or leave mac out");
		break;
	}
	check_mac_used(bond, diag);
}

/* The first thing of IPv6 on the bond, NULL when there is none. */
static const struct nb_mark *find_ipv6(const struct nb_bond *bond)
{
	for (size_t i = 0; i < bond->n_addresses; i++)
		if (bond->addresses[i].ip.family == AF_INET6)
			return &bond->addresses[i].mark;
	for (size_t i = 0; i < bond->n_routes; i++)
		if (bond->routes[i].to.family == AF_INET6)
			return &bond->routes[i].mark;
	return NULL;
}

static void check_mtu(const struct nb_bond *bond, struct nb_diag *diag)
{
	const struct nb_option *row = nb_option_get(NB_SCOPE_LINK, IFLA_MTU);
	struct nb_mark mark = nb_bond_key_mark(bond, NB_KEY_MTU);
	const struct nb_mark *ipv6 = find_ipv6(bond);

	if (bond->mtu == 0)
		return;
	if (bond->mtu < row->min || bond->mtu > row->max) {
		nb_diag_error(diag, &mark, bond->key, "mtu %u is out of range", bond->mtu);
		nb_diag_hint(diag, "%d to %d %s are allowed", (int)row->min, (int)row->max,
			row->unit);
	} else if (bond->mtu < IPV6_LEAST_MTU && ipv6) {
		/* addrconf_notify(), NETDEV_CHANGEMTU: IPv6 is taken off the device. */
		nb_diag_error(diag, &mark, bond->key,
			"mtu %u is too small for the IPv6 on this bond: the kernel takes IPv6 off "
			"below %d",
			bond->mtu, IPV6_LEAST_MTU);
		nb_diag_hint(diag, "use an mtu of %d or more, or no IPv6 addresses and routes",
			IPV6_LEAST_MTU);
		nb_diag_other(diag, ipv6);
	}
}

void nb_check_link(const struct nb_bond *bond, struct nb_diag *diag)
{
	check_mac(bond, diag);
	check_mtu(bond, diag);
}
