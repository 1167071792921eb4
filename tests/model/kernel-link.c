/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Any network device: up and down, MTU, MAC, name, master, namespace, end (net/core/dev.c). */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "tests/model/internal.h"

/* netif_carrier_ok(): drivers of real NICs have no link while they are closed */
bool model_carrier(const struct model_dev *dev)
{
	static const char *const keep[] = { "bond", "dummy", "bridge", "vrf", "vlan", "macvlan" };

	for (size_t i = 0; i < NB_ARRAY_SIZE(keep); i++)
		if (model_is_kind(dev, keep[i]))
			return dev->plugged;
	return dev->plugged && dev->is_up;
}

/* NETDEV_CHANGE comes only while the device is up; IPv6 starts when it gets its carrier. */
void model_carrier_changed(struct nb_model *m, struct model_dev *dev)
{
	if (dev->is_up && model_carrier(dev))
		model_inet_up(m, dev);
	if (dev->is_up)
		model_upper_event_carrier(m, dev);
	model_witness(m);
}

int model_dev_open(struct nb_model *m, struct model_dev *dev)
{
	int r;

	if (dev->is_up)
		return 0;
	r = model_upper_open(m, dev);
	if (r < 0)
		return r;
	dev->is_up = true;
	if (model_is_bond(dev)) {
		/* bond_open() */
		for (size_t i = 0; i < dev->n_slaves; i++)
			if (model_mode(dev) == BOND_MODE_ACTIVEBACKUP &&
				dev->slaves[i] != dev->active)
				dev->slaves[i]->is_active = false;
			else if (model_mode(dev) != BOND_MODE_8023AD)
				dev->slaves[i]->is_active = true;
		model_lacp_update(m, dev, 0);
		model_arp_start(m, dev);
	}
	if (model_carrier(dev))
		model_inet_up(m, dev);
	model_upper_event_up(m, dev);
	return 0;
}

void model_dev_close(struct nb_model *m, struct model_dev *dev)
{
	if (!dev->is_up)
		return;
	dev->is_up = false;
	if (model_is_kind(dev, "vlan"))
		dev->plugged = false; /* vlan_dev_stop() */
	model_upper_event_down(m, dev);
	model_inet_down(m, dev);
	model_witness(m);
}

static int set_slave_mtus(struct nb_model *m, struct model_dev *bond, uint32_t mtu)
{
	uint32_t before = bond->link->mtu;
	int r;

	/* bond_change_mtu(): all or none */
	for (size_t i = 0; i < bond->n_slaves; i++) {
		r = model_set_mtu(m, bond->slaves[i], mtu);
		if (r < 0) {
			while (i-- > 0)
				model_set_mtu(m, bond->slaves[i], before);
			return r;
		}
	}
	return 0;
}

/* __dev_set_mtu(): nobody is told */
int model_set_mtu_silently(struct nb_model *m, struct model_dev *dev, uint32_t mtu)
{
	int r = model_is_bond(dev) ? set_slave_mtus(m, dev, mtu) : 0;

	if (r == 0)
		dev->link->mtu = mtu;
	return r;
}

/* dev_set_mtu_ext() */
int model_set_mtu(struct nb_model *m, struct model_dev *dev, uint32_t mtu)
{
	int r;

	if (mtu == dev->link->mtu)
		return 0;
	if (mtu < dev->link->min_mtu || mtu > INT32_MAX)
		return model_fail(m, EINVAL, "mtu less than device minimum");
	if (dev->link->max_mtu > 0 && mtu > dev->link->max_mtu)
		return model_fail(m, EINVAL, "mtu greater than device maximum");
	r = model_upper_check_mtu(m, dev, mtu);
	if (r < 0)
		return r;
	r = model_set_mtu_silently(m, dev, mtu);
	if (r < 0)
		return r;
	model_upper_event_mtu(m, dev);
	model_inet_changemtu(m, dev);
	return 0;
}

static bool is_valid_mac(const uint8_t mac[6])
{
	static const uint8_t zero[6];

	return !(mac[0] & 1) && memcmp(mac, zero, 6) != 0;
}

void model_mac_changed(struct nb_model *m, struct model_dev *dev)
{
	model_upper_event_mac(m, dev);
	model_witness(m);
}

/* bond_set_mac_address() */
static int set_bond_mac(struct nb_model *m, struct model_dev *bond, const uint8_t mac[6])
{
	int r;

	if (model_mode(bond) == BOND_MODE_ALB)
		return model_alb_set_mac(m, bond, mac);
	if (model_mode(bond) == BOND_MODE_ACTIVEBACKUP &&
		nb_optset_u(&bond->opts, IFLA_BOND_FAIL_OVER_MAC))
		return 0; /* taken, and nothing is done */
	if (!is_valid_mac(mac))
		return model_fail(m, EADDRNOTAVAIL, NULL);
	for (size_t i = 0; i < bond->n_slaves; i++) {
		r = model_set_mac(m, bond->slaves[i], mac);
		if (r < 0) {
			while (i-- > 0)
				model_set_mac(m, bond->slaves[i], bond->link->mac);
			return r;
		}
	}
	memcpy(bond->link->mac, mac, 6);
	return 0;
}

/* dev_set_mac_address(); bonds, dummies and veths take a new one while they are up */
int model_set_mac(struct nb_model *m, struct model_dev *dev, const uint8_t mac[6])
{
	int r = 0;

	if (dev->fixed_mac)
		return model_fail(m, EOPNOTSUPP, NULL);
	if (!m->knobs.kernel.same_mac_skipped || memcmp(dev->link->mac, mac, 6) != 0) {
		if (model_is_bond(dev))
			r = set_bond_mac(m, dev, mac);
		else if (!is_valid_mac(mac))
			r = model_fail(m, EADDRNOTAVAIL, NULL);
		else
			memcpy(dev->link->mac, mac, 6);
	}
	if (r < 0)
		return r;
	dev->mac_type = MAC_SET;
	model_mac_changed(m, dev);
	return 0;
}

/* bond_slave_netdev_event(NETDEV_CHANGENAME): the primary is known by its name */
static void slave_renamed(struct nb_model *m, struct model_dev *slave)
{
	struct model_dev *bond = slave->master;

	if (!bond || !model_is_bond(bond) || !model_uses_primary(bond) || !bond->primary_name[0])
		return;
	if (bond->primary == slave)
		bond->primary = NULL;
	else if (nb_streq(bond->primary_name, slave->link->name))
		bond->primary = slave;
	else
		return;
	model_select_active(m, bond);
}

/* dev_change_name() */
int model_rename(struct nb_model *m, struct model_dev *dev, const char *name)
{
	char from[IFNAMSIZ];

	if (dev->is_up && !m->knobs.kernel.live_rename)
		return model_fail(m, EBUSY, NULL);
	if (nb_streq(dev->link->name, name))
		return 0;
	if (!nb_ifname_check(name))
		return model_fail(m, EINVAL, NULL);
	if (model_dev_find(dev->ns, name))
		return model_fail(m, EEXIST, NULL);
	memcpy(from, dev->link->name, sizeof(from));
	snprintf(dev->link->name, sizeof(dev->link->name), "%s", name);
	model_inet_rename(dev, from);
	slave_renamed(m, dev);
	return 0;
}

static int add_slave(struct nb_model *m, struct model_dev *master, struct model_dev *dev)
{
	if (model_is_bond(master))
		return model_enslave(m, master, dev);
	if (model_is_kind(master, "bridge"))
		return model_bridge_add(m, master, dev);
	if (!model_is_kind(master, "vrf") && !model_is_kind(master, "team"))
		return model_fail(m, EOPNOTSUPP, NULL);
	if (model_is_upper_of(dev, master))
		return model_fail(m, EBUSY, NULL);
	dev->master = master;
	return 0;
}

void model_leave_master(struct nb_model *m, struct model_dev *dev, bool unregister)
{
	struct model_dev *master = dev->master;

	if (!master)
		return;
	if (model_is_bond(master))
		model_release(m, master, dev, false, unregister);
	else if (model_is_kind(master, "bridge"))
		model_bridge_remove(m, master, dev);
	dev->master = NULL;
}

/* do_set_master(): the old master is left first, whatever becomes of the new one */
int model_set_master(struct nb_model *m, struct model_dev *dev, struct model_dev *master)
{
	if (dev->master) {
		if (dev->master == master)
			return 0;
		model_leave_master(m, dev, false);
	}
	return master ? add_slave(m, master, dev) : 0;
}

/* The part that unregister_netdevice() and a move to another namespace have in common. */
static void detach(struct nb_model *m, struct model_dev *dev)
{
	model_dev_close(m, dev);
	model_leave_master(m, dev, true);
	model_inet_destroy(m, dev);
}

/* unregister_netdevice(): uppers end too, a bond lets its slaves go */
void model_unregister(struct nb_model *m, struct model_dev *dev)
{
	detach(m, dev);
	model_upper_event_unregister(m, dev);
	while (dev->n_slaves > 0)
		model_release(m, dev, dev->slaves[0], true, true);
	for (size_t i = 0; i < dev->ns->n_devs; i++)
		if (dev->ns->devs[i]->master == dev)
			model_leave_master(m, dev->ns->devs[i], true);
	model_ns_take(dev);
	model_witness(m);
	model_dev_free(dev);
}

/*
 * __dev_change_net_namespace(): @name only serves where the present name is taken. A bond, a
 * bridge and lo belong to their namespace for ever (NETIF_F_NETNS_LOCAL).
 */
int model_change_namespace(
	struct nb_model *m, struct model_dev *dev, struct model_ns *to, const char *name)
{
	if (model_is_bond(dev) || model_is_kind(dev, "bridge") || model_is_kind(dev, "vrf") ||
		nb_streq(dev->link->name, "lo"))
		return model_fail(m, EINVAL, NULL);
	if (dev->ns == to)
		return 0;
	if (model_dev_find(to, dev->link->name)) {
		if (!name || !name[0] || model_dev_find(to, name))
			return model_fail(m, EEXIST, NULL);
		snprintf(dev->link->name, sizeof(dev->link->name), "%s", name);
	}
	detach(m, dev);
	model_ns_take(dev);
	/* A new inet6_dev takes the settings of its new namespace. */
	dev->link->addr_gen_mode = 0;
	dev->ipv6 = dev->link->mtu >= 1280;
	return model_ns_insert(to, dev) < 0 ? model_no_memory(m) : 0;
}
