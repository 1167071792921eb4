/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Devices and namespaces of the model kernel: making, finding, removing. */
#include <errno.h>
#include <string.h>

#include "tests/model/internal.h"

struct model_ns *model_ns_find(struct nb_model *m, const char *name)
{
	for (size_t i = 0; i < m->n_namespaces; i++)
		if (nb_streq(m->namespaces[i]->name, name ? name : ""))
			return m->namespaces[i];
	return NULL;
}

struct model_ns *model_ns_add(struct nb_model *m, const char *name)
{
	struct model_ns *ns = calloc(1, sizeof(*ns));

	if (!ns || nb_grow(&m->namespaces, m->n_namespaces, &m->namespace_capacity,
			   sizeof(*m->namespaces)) < 0) {
		free(ns);
		return NULL;
	}
	ns->name = strdup(name);
	ns->inode = m->next_inode++;
	ns->model = m;
	ns->next_ifindex = 1;
	m->namespaces[m->n_namespaces++] = ns;
	return ns->name ? ns : NULL;
}

void model_ns_remove(struct nb_model *m, struct model_ns *ns)
{
	for (size_t i = 0; i < ns->n_devs; i++)
		model_dev_free(ns->devs[i]);
	for (size_t i = 0; i < m->n_namespaces; i++)
		if (m->namespaces[i] == ns) {
			m->n_namespaces--;
			memmove(&m->namespaces[i], &m->namespaces[i + 1],
				(m->n_namespaces - i) * sizeof(*m->namespaces));
			break;
		}
	free(ns->devs);
	free(ns->name);
	free(ns);
}

struct model_dev *model_dev_find(struct model_ns *ns, const char *name)
{
	for (size_t i = 0; i < ns->n_devs; i++)
		if (nb_link_has_name(ns->devs[i]->link, name))
			return ns->devs[i];
	return NULL;
}

struct model_dev *model_dev_by_index(struct model_ns *ns, int ifindex)
{
	for (size_t i = 0; i < ns->n_devs; i++)
		if (ns->devs[i]->link->ifindex == ifindex)
			return ns->devs[i];
	return NULL;
}

struct model_dev *model_dev_free(struct model_dev *dev)
{
	if (!dev)
		return NULL;
	nb_link_free(dev->link);
	nb_optset_done(&dev->opts);
	nb_optset_done(&dev->port);
	free(dev->slaves);
	free(dev->dads);
	free(dev);
	return NULL;
}

/* A device outside of any namespace, as alloc_netdev() leaves it: Ethernet, down, MTU 1500. */
struct model_dev *model_dev_new(struct nb_model *m, struct model_ns *ns, const char *name)
{
	struct model_dev *dev = calloc(1, sizeof(*dev));

	if (!dev)
		return NULL;
	dev->link = nb_link_new(name);
	if (!dev->link) {
		free(dev);
		return NULL;
	}
	dev->ns = ns;
	dev->opts.scope = NB_SCOPE_BOND;
	dev->port.scope = NB_SCOPE_SLAVE;
	dev->plugged = true;
	dev->ipv6 = true;
	dev->link->type = 1; /* ARPHRD_ETHER */
	dev->link->mtu = 1500;
	dev->link->min_mtu = 68;
	dev->link->max_mtu = 65535;
	dev->link->has_mac = true;
	dev->speed_key = 15; /* 10 Gbit/s, full duplex */
	return dev;
}

/* Numbers the device unless it has a number that is free here (dev_index_reserve()). */
int model_ns_insert(struct model_ns *ns, struct model_dev *dev)
{
	size_t at = 0;

	if (nb_grow(&ns->devs, ns->n_devs, &ns->dev_capacity, sizeof(*ns->devs)) < 0)
		return -ENOMEM;
	if (dev->link->ifindex == 0 || model_dev_by_index(ns, dev->link->ifindex)) {
		while (model_dev_by_index(ns, ns->next_ifindex))
			ns->next_ifindex++;
		dev->link->ifindex = ns->next_ifindex++;
	}
	while (at < ns->n_devs && ns->devs[at]->link->ifindex < dev->link->ifindex)
		at++;
	memmove(&ns->devs[at + 1], &ns->devs[at], (ns->n_devs - at) * sizeof(*ns->devs));
	ns->devs[at] = dev;
	ns->n_devs++;
	dev->ns = ns;
	return 0;
}

void model_ns_take(struct model_dev *dev)
{
	struct model_ns *ns = dev->ns;

	for (size_t i = 0; i < ns->n_devs; i++)
		if (ns->devs[i] == dev) {
			ns->n_devs--;
			memmove(&ns->devs[i], &ns->devs[i + 1],
				(ns->n_devs - i) * sizeof(*ns->devs));
			return;
		}
}

bool model_is_kind(const struct model_dev *dev, const char *kind)
{
	return nb_streq(dev->link->kind, kind);
}

bool model_is_bond(const struct model_dev *dev)
{
	return model_is_kind(dev, "bond");
}

/* netdev_has_upper_dev_all_rcu(): masters, and what is stacked on the lower device */
bool model_is_upper_of(const struct model_dev *dev, const struct model_dev *lower)
{
	if (dev == lower)
		return true;
	if (dev->lower && model_is_upper_of(dev->lower, lower))
		return true;
	for (size_t i = 0; i < dev->ns->n_devs; i++)
		if (dev->ns->devs[i]->master == dev && model_is_upper_of(dev->ns->devs[i], lower))
			return true;
	return false;
}

/* eth_hw_addr_random(), but the same in every run */
void model_random_mac(struct nb_model *m, uint8_t ret[6])
{
	uint64_t hash = nb_hash_bytes(0, &m->random_macs, sizeof(m->random_macs));

	m->random_macs++;
	ret[0] = 0x0a;
	for (unsigned i = 1; i < 6; i++)
		ret[i] = (uint8_t)(hash >> (8 * i));
}
