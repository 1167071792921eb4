/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What happens outside of the kernel: NICs come, cables are pulled, partners speak. */
#include <errno.h>
#include <string.h>

#include "tests/model/internal.h"

static struct model_dev *dev_of(struct nb_model *m, const char *namespace, const char *name)
{
	struct model_ns *ns = model_ns_find(m, namespace);

	return ns ? model_dev_find(ns, name) : NULL;
}

static void give_mac(struct model_dev *dev, const struct nb_model_nic *nic)
{
	static const uint8_t zero[6];
	uint64_t hash = nb_hash_bytes(0, nic->name, strlen(nic->name));

	dev->link->mac[0] = 0x02;
	for (unsigned i = 1; i < 6; i++)
		dev->link->mac[i] = (uint8_t)(hash >> (8 * i));
	if (memcmp(nic->mac, zero, 6) != 0)
		memcpy(dev->link->mac, nic->mac, 6);
	else if (dev->lower)
		memcpy(dev->link->mac, dev->lower->link->mac, 6);
	if (!nic->kind) {
		memcpy(dev->link->permanent_mac, dev->link->mac, 6);
		dev->link->has_permanent_mac = true;
	}
	dev->mac_type = model_is_kind(dev, "vlan") ? MAC_STOLEN : MAC_PERMANENT;
	if (model_is_kind(dev, "bridge") && memcmp(nic->mac, zero, 6) != 0)
		dev->mac_type = MAC_SET;
}

static struct model_dev *make(
	struct nb_model *m, struct model_ns *ns, const struct nb_model_nic *nic)
{
	struct model_dev *dev = model_dev_new(m, ns, nic->name);

	if (!dev)
		return NULL;
	dev->link->ifindex = nic->ifindex;
	if (nic->kind && !(dev->link->kind = strdup(nic->kind)))
		return model_dev_free(dev);
	if (nic->parent && !(dev->link->parent = strdup(nic->parent)))
		return model_dev_free(dev);
	dev->lower = nic->lower ? model_dev_find(ns, nic->lower) : NULL;
	give_mac(dev, nic);
	dev->link->max_mtu = nic->max_mtu ? nic->max_mtu : 65535;
	dev->link->mtu = nic->mtu ? nic->mtu : dev->lower ? dev->lower->link->mtu : 1500;
	if (model_is_kind(dev, "vrf")) /* vrf_setup() */
		dev->link->mtu = dev->link->max_mtu = 65575;
	dev->ipv6 = dev->link->mtu >= 1280;
	dev->plugged = !nic->no_carrier && !model_is_kind(dev, "bridge");
	if (dev->lower) {
		dev->plugged = model_carrier(dev->lower);
		dev->link->min_mtu = 0; /* vlan_setup(), macvlan_common_setup() */
	}
	dev->fixed_mac = nic->fixed_mac;
	dev->partner = nic->partner;
	if (model_is_bond(dev) && model_options_init(dev, &dev->opts, NB_SCOPE_BOND) < 0)
		return model_dev_free(dev);
	return dev;
}

int nb_model_add_nic(struct nb_model *m, const struct nb_model_nic *nic)
{
	struct model_ns *ns = model_ns_find(m, nic->namespace);
	struct model_dev *dev;

	if (!ns || (nic->lower && !model_dev_find(ns, nic->lower)))
		return -ENOENT;
	if (model_dev_find(ns, nic->name))
		return -EEXIST;
	dev = make(m, ns, nic);
	if (!dev || model_ns_insert(ns, dev) < 0) {
		model_dev_free(dev);
		return -ENOMEM;
	}
	if (nic->up)
		model_dev_open(m, dev);
	return m->out_of_memory ? -ENOMEM : dev->link->ifindex;
}

int nb_model_set_carrier(struct nb_model *m, const char *namespace, const char *name, bool carrier)
{
	struct model_dev *dev = dev_of(m, namespace, name);

	if (!dev)
		return -ENODEV;
	model_set_plugged(m, dev, carrier);
	for (size_t i = 0; i < dev->ns->n_devs; i++)
		if (model_is_bond(dev->ns->devs[i]))
			model_inspect(m, dev->ns->devs[i], 0);
	return 0;
}

int nb_model_set_partner(
	struct nb_model *m, const char *namespace, const char *name, unsigned partner)
{
	struct model_dev *dev = dev_of(m, namespace, name);

	if (!dev)
		return -ENODEV;
	dev->partner = partner;
	return 0;
}

int nb_model_actor_key(struct nb_model *m, const char *namespace, const char *slave)
{
	struct model_dev *dev = dev_of(m, namespace, slave);

	return dev && dev->master ? dev->actor_key : -ENODEV;
}

const char *nb_model_primary(struct nb_model *m, const char *namespace, const char *bond)
{
	struct model_dev *dev = dev_of(m, namespace, bond);

	return dev && model_is_bond(dev) ? dev->primary_name : NULL;
}
