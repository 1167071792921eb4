/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A model from an observed state: what a dump does not tell is assumed (kernel.h says what). */
#include <errno.h>
#include <net/if.h>
#include <string.h>

#include "tests/model/internal.h"

static int import_options(struct model_dev *dev, const struct nb_optset *shown)
{
	uint64_t miimon = nb_optset_u(shown, IFLA_BOND_MIIMON);

	if (model_options_init(dev, &dev->opts, NB_SCOPE_BOND) < 0)
		return -ENOMEM;
	nb_foreach_bit(attr, shown->present)
	{
		const struct nb_option *row = nb_option_get(NB_SCOPE_BOND, attr);
		uint64_t value = nb_optset_u(shown, attr);

		if (row->flags & (NB_OPTION_READONLY | NB_OPTION_RUNTIME) ||
			row->wire == NB_WIRE_IFINDEX)
			continue;
		if (nb_optset_copy_value(&dev->opts, shown, attr) < 0)
			return -ENOMEM;
		if (row->flags & NB_OPTION_MULTIPLE)
			nb_optset_set(&dev->opts, attr,
				(union nb_value){ .u = miimon ? value / miimon : 0 });
	}
	return 0;
}

static int import_port(struct model_dev *dev, const struct nb_optset *shown)
{
	union nb_value mac = nb_optset_get(shown, IFLA_BOND_SLAVE_PERM_HWADDR);

	if (model_options_init(NULL, &dev->port, NB_SCOPE_SLAVE) < 0)
		return -ENOMEM;
	nb_foreach_bit(attr, shown->present) if (!(nb_option_get(NB_SCOPE_SLAVE, attr)->flags &
							 NB_OPTION_READONLY) &&
						 nb_optset_copy_value(&dev->port, shown, attr) <
							 0) return -ENOMEM;
	memcpy(dev->original_mac,
		nb_optset_has(shown, IFLA_BOND_SLAVE_PERM_HWADDR) ? mac.mac : dev->link->mac, 6);
	dev->original_mtu = dev->link->mtu;
	dev->mii = (unsigned)nb_optset_u(shown, IFLA_BOND_SLAVE_MII_STATUS);
	dev->is_active = nb_optset_u(shown, IFLA_BOND_SLAVE_STATE) == 0;
	dev->failures = (uint32_t)nb_optset_u(shown, IFLA_BOND_SLAVE_LINK_FAILURE_COUNT);
	return 0;
}

static int import_link(struct nb_model *m, struct model_ns *ns, const struct nb_link *from)
{
	struct model_dev *dev = model_dev_new(m, ns, from->name);

	if (!dev)
		return -ENOMEM;
	nb_link_free(dev->link);
	dev->link = NULL;
	if (nb_link_copy(from, &dev->link) < 0) {
		model_dev_free(dev);
		return -ENOMEM;
	}
	nb_optset_done(&dev->link->bond);
	nb_optset_done(&dev->link->slave);
	nb_word_free(dev->link->slave_kind);
	dev->link->slave_kind = NULL;
	dev->link->master = dev->link->lower = 0;
	dev->is_up = from->flags & IFF_UP;
	dev->plugged = from->carrier || (!dev->is_up && !model_is_bond(dev));
	dev->ipv6 = dev->link->mtu >= 1280;
	dev->ipv6_ready = dev->is_up && from->carrier && from->slave.present == 0;
	dev->mac_type = model_is_kind(dev, "vlan") ? MAC_STOLEN : MAC_PERMANENT;
	if (model_ns_insert(ns, dev) < 0 ||
		(model_is_bond(dev) && import_options(dev, &from->bond) < 0))
		return -ENOMEM;
	return nb_streq(from->slave_kind, "bond") ? import_port(dev, &from->slave) : 0;
}

static int import_slaves(struct model_ns *ns, const struct nb_netns *from, struct model_dev *bond,
	const struct nb_link *shown)
{
	NB_CLEANUP(nb_freep) struct nb_link **slaves = NULL;
	union nb_value active = nb_optset_get(&shown->bond, IFLA_BOND_ACTIVE_SLAVE);
	union nb_value primary = nb_optset_get(&shown->bond, IFLA_BOND_PRIMARY);
	int n = nb_netns_slaves(from, shown, &slaves);

	if (n < 0)
		return n;
	for (int i = 0; i < n; i++) {
		struct model_dev *slave = model_dev_by_index(ns, slaves[i]->ifindex);

		if (nb_grow(&bond->slaves, bond->n_slaves, &bond->slave_capacity,
			    sizeof(*bond->slaves)) < 0)
			return -ENOMEM;
		bond->slaves[bond->n_slaves++] = slave;
		slave->master = bond;
		slave->partner =
			nb_optset_u(&slaves[i]->slave, IFLA_BOND_SLAVE_AD_ACTOR_OPER_PORT_STATE) &
			0x20;
		slave->lacp_ticks = slave->partner ? UINT16_MAX : 1;
		slave->aggregator = slave->joined = ++bond->aggregators;
		slave->actor_key = slave->speed_key |
				   (int)(nb_optset_u(&bond->opts, IFLA_BOND_AD_USER_PORT_KEY) << 6);
		if (nb_streq(primary.name, slave->link->name))
			bond->primary = slave;
		if (nb_streq(active.name, slave->link->name))
			bond->active = slave;
	}
	if (bond->primary)
		memcpy(bond->primary_name, bond->primary->link->name, IFNAMSIZ);
	bond->mac_type = n > 0 ? MAC_STOLEN : MAC_RANDOM;
	return 0;
}

static int import_relations(struct nb_model *m, struct model_ns *ns, const struct nb_netns *from)
{
	for (size_t i = 0; i < from->links.n; i++) {
		const struct nb_link *shown = nb_netns_link(from, i);
		struct model_dev *dev = model_dev_by_index(ns, shown->ifindex);

		dev->lower = shown->lower ? model_dev_by_index(ns, shown->lower) : NULL;
		if (shown->master && !dev->master)
			dev->master = model_dev_by_index(ns, shown->master);
		if (model_is_bond(dev) && import_slaves(ns, from, dev, shown) < 0)
			return -ENOMEM;
	}
	for (size_t i = 0; i < ns->n_devs; i++)
		if (model_is_bond(ns->devs[i]))
			model_lacp_update(m, ns->devs[i], 0);
	return 0;
}

/* IPv6 holds an entry per next hop, where they were shown as one route. */
static int import_hops6(struct model_dev *dev)
{
	for (size_t i = dev->link->n_routes; i-- > 0;) {
		struct nb_route route, one;
		struct nb_hop hop;
		int r = 0;

		if (dev->link->routes[i].to.family != AF_INET6 ||
			!nb_route_has_hops(&dev->link->routes[i]))
			continue;
		if (nb_route_copy(&dev->link->routes[i], &route) < 0)
			return -ENOMEM;
		nb_link_remove_route(dev->link, i);
		for (size_t cursor = 0; nb_route_next_hop(&route, &cursor, &hop) && r == 0;) {
			one = route;
			one.via = hop.via;
			one.attributes = NULL;
			one.n_attributes = 0;
			one.opaque = false;
			if (hop.ifindex == dev->link->ifindex)
				r = nb_link_add_route(dev->link, &one);
		}
		nb_route_done(&route);
		if (r < 0)
			return r;
	}
	return 0;
}

static int import_namespace(struct nb_model *m, const struct nb_netns *from)
{
	struct model_ns *ns = model_ns_add(m, from->name);

	if (!ns)
		return -ENOMEM;
	if (from->inode)
		ns->inode = from->inode;
	for (size_t i = 0; i < from->links.n; i++)
		if (import_link(m, ns, nb_netns_link(from, i)) < 0)
			return -ENOMEM;
	for (size_t i = 0; i < ns->n_devs; i++)
		if (import_hops6(ns->devs[i]) < 0)
			return -ENOMEM;
	return import_relations(m, ns, from);
}

int model_import(struct nb_model *m, const struct nb_state *state)
{
	for (size_t i = 0; i < state->n_namespaces; i++)
		if ((i == 0 || state->namespaces[i]->exists) &&
			import_namespace(m, state->namespaces[i]) < 0)
			return -ENOMEM;
	if (state->n_namespaces == 0)
		return nb_model_add_namespace(m, "");
	return 0;
}
