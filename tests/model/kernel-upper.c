/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Devices on top of others: VLANs, macvlans, bridges (net/8021q, drivers/net/macvlan.c,
 * net/bridge). */
#include <errno.h>
#include <string.h>

#include "tests/model/internal.h"

static bool is_macvlan(const struct model_dev *dev)
{
	return model_is_kind(dev, "macvlan") || model_is_kind(dev, "macvtap") ||
	       model_is_kind(dev, "ipvlan") || model_is_kind(dev, "ipvtap");
}

/* Calls @act for everything that lies on @dev; @act may close devices but not remove them. */
static void for_each_upper(struct nb_model *m, struct model_dev *dev,
	void (*act)(struct nb_model *m, struct model_dev *upper, struct model_dev *dev))
{
	for (size_t n = 0; n < m->n_namespaces; n++)
		for (size_t i = 0; i < m->namespaces[n]->n_devs; i++)
			if (m->namespaces[n]->devs[i]->lower == dev)
				act(m, m->namespaces[n]->devs[i], dev);
}

static void inherit_mac(struct nb_model *m, struct model_dev *vlan)
{
	/* vlan_dev_inherit_address(): only while nobody set one */
	if (vlan->mac_type != MAC_STOLEN || memcmp(vlan->link->mac, vlan->lower->link->mac, 6) == 0)
		return;
	memcpy(vlan->link->mac, vlan->lower->link->mac, 6);
	model_mac_changed(m, vlan);
}

/* vlan_dev_open(), macvlan_open(): a VLAN cannot be up while its device is down */
int model_upper_open(struct nb_model *m, struct model_dev *dev)
{
	if (!model_is_kind(dev, "vlan") || !dev->lower)
		return 0;
	if (!dev->lower->is_up)
		return model_fail(m, ENETDOWN, NULL);
	inherit_mac(m, dev);
	dev->plugged |= model_carrier(dev->lower);
	return 0;
}

/* netif_stacked_transfer_operstate() */
static void transfer_carrier(struct nb_model *m, struct model_dev *upper, struct model_dev *dev)
{
	if (model_is_kind(upper, "vlan") || is_macvlan(upper))
		model_set_plugged(m, upper, model_carrier(dev));
}

static void upper_up(struct nb_model *m, struct model_dev *upper, struct model_dev *dev)
{
	/* vlan_device_event(NETDEV_UP): also one that was down before */
	if (upper->is_up && model_is_kind(upper, "vlan"))
		return;
	if (model_is_kind(upper, "vlan"))
		model_dev_open(m, upper);
	transfer_carrier(m, upper, dev);
}

/* br_carrier_check() */
static void bridge_carrier(struct nb_model *m, struct model_dev *bridge)
{
	bool carrier = false;

	for (size_t i = 0; i < bridge->ns->n_devs; i++) {
		const struct model_dev *port = bridge->ns->devs[i];

		if (port->master == bridge && port->is_up && model_carrier(port))
			carrier = true;
	}
	model_set_plugged(m, bridge, carrier);
}

void model_upper_event_up(struct nb_model *m, struct model_dev *dev)
{
	for_each_upper(m, dev, upper_up);
	if (dev->master && model_is_kind(dev->master, "bridge"))
		bridge_carrier(m, dev->master);
}

static void upper_down(struct nb_model *m, struct model_dev *upper, struct model_dev *dev)
{
	/* vlan_device_event(NETDEV_DOWN): one that is down already keeps what it has */
	if (model_is_kind(upper, "vlan")) {
		if (!upper->is_up)
			return;
		model_dev_close(m, upper);
	}
	transfer_carrier(m, upper, dev);
}

void model_upper_event_down(struct nb_model *m, struct model_dev *dev)
{
	for_each_upper(m, dev, upper_down);
	if (dev->master && model_is_kind(dev->master, "bridge"))
		bridge_carrier(m, dev->master);
}

static void adjust_bridge(struct nb_model *m, struct model_dev *bridge)
{
	uint32_t least = 0;

	/* br_mtu_auto_adjust() */
	if (bridge->own_mtu)
		return;
	for (size_t i = 0; i < bridge->ns->n_devs; i++)
		if (bridge->ns->devs[i]->master == bridge &&
			(least == 0 || bridge->ns->devs[i]->link->mtu < least))
			least = bridge->ns->devs[i]->link->mtu;
	bridge->link->mtu = least ? least : 1500;
	model_upper_event_mtu(m, bridge);
	model_inet_changemtu(m, bridge);
}

static void upper_mtu(struct nb_model *m, struct model_dev *upper, struct model_dev *dev)
{
	if (upper->link->mtu > dev->link->mtu)
		model_set_mtu(m, upper, dev->link->mtu);
}

void model_upper_event_mtu(struct nb_model *m, struct model_dev *dev)
{
	for_each_upper(m, dev, upper_mtu);
	if (dev->master && model_is_kind(dev->master, "bridge"))
		adjust_bridge(m, dev->master);
}

/* vlan_dev_change_mtu(), macvlan_change_mtu(), br_change_mtu() */
int model_upper_check_mtu(struct nb_model *m, struct model_dev *dev, uint32_t mtu)
{
	if (model_is_kind(dev, "bridge"))
		dev->own_mtu = true;
	if (dev->lower && model_is_kind(dev, "vlan") && mtu > dev->lower->link->mtu)
		return model_fail(m, ERANGE, NULL);
	if (dev->lower && is_macvlan(dev) && mtu > dev->lower->link->mtu)
		return model_fail(m, EINVAL, NULL);
	return 0;
}

/* br_stp_recalculate_bridge_id(): the lowest MAC of the ports unless one was set */
static void bridge_mac(struct nb_model *m, struct model_dev *bridge)
{
	const uint8_t *least = NULL;

	if (bridge->mac_type == MAC_SET)
		return;
	for (size_t i = 0; i < bridge->ns->n_devs; i++) {
		const struct model_dev *port = bridge->ns->devs[i];

		if (port->master == bridge && (!least || memcmp(port->link->mac, least, 6) < 0))
			least = port->link->mac;
	}
	if (!least || memcmp(least, bridge->link->mac, 6) == 0)
		return;
	memcpy(bridge->link->mac, least, 6);
	model_mac_changed(m, bridge);
}

static void upper_mac(struct nb_model *m, struct model_dev *upper, struct model_dev *dev)
{
	/* A VLAN that is down follows when it is opened. */
	if (model_is_kind(upper, "vlan") && upper->is_up)
		inherit_mac(m, upper);
}

void model_upper_event_mac(struct nb_model *m, struct model_dev *dev)
{
	for_each_upper(m, dev, upper_mac);
	if (dev->master && model_is_kind(dev->master, "bridge"))
		bridge_mac(m, dev->master);
}

void model_upper_event_carrier(struct nb_model *m, struct model_dev *dev)
{
	for_each_upper(m, dev, transfer_carrier);
	if (dev->master && model_is_kind(dev->master, "bridge"))
		bridge_carrier(m, dev->master);
}

/* NETDEV_UNREGISTER: what lies on a device goes with it */
void model_upper_event_unregister(struct nb_model *m, struct model_dev *dev)
{
	for (size_t n = 0; n < m->n_namespaces; n++) {
		struct model_ns *ns = m->namespaces[n];

		for (size_t i = 0; i < ns->n_devs;)
			if (ns->devs[i]->lower == dev) {
				model_unregister(m, ns->devs[i]);
				i = 0;
			} else {
				i++;
			}
	}
}

/* netdev_is_rx_handler_busy(), masters apart: those are left before */
bool model_rx_handler_busy(const struct model_dev *dev)
{
	for (size_t i = 0; i < dev->ns->n_devs; i++)
		if (dev->ns->devs[i]->lower == dev && is_macvlan(dev->ns->devs[i]))
			return true;
	return false;
}

/* br_add_if() */
int model_bridge_add(struct nb_model *m, struct model_dev *bridge, struct model_dev *port)
{
	if (port->link->type != 1)
		return model_fail(m, EINVAL, NULL);
	if (model_is_kind(port, "bridge"))
		return model_fail(m, ELOOP, "Can not enslave a bridge to a bridge");
	if (model_rx_handler_busy(port) || model_is_upper_of(port, bridge))
		return model_fail(m, EBUSY, NULL);
	port->master = bridge;
	bridge_mac(m, bridge);
	adjust_bridge(m, bridge);
	bridge_carrier(m, bridge);
	return 0;
}

/* br_del_if() */
void model_bridge_remove(struct nb_model *m, struct model_dev *bridge, struct model_dev *port)
{
	port->master = NULL;
	bridge_mac(m, bridge);
	adjust_bridge(m, bridge);
	bridge_carrier(m, bridge);
}
