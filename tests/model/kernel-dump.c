/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What a dump shows: bond_fill_info(), bond_fill_slave_info(), and what they leave out. */
#include <errno.h>
#include <net/if.h>
#include <string.h>

#include "tests/model/internal.h"

#define IFF_LOWER_UP_BIT             (1u << 16)
#define IF_OPER_DOWN_VALUE           2
#define IF_OPER_LOWERLAYERDOWN_VALUE 3
#define IF_OPER_UP_VALUE             6
#define PARTNER_KEY                  15

bool model_usable(const struct model_dev *slave)
{
	return slave->master && slave->is_up && model_carrier(slave) &&
	       slave->mii == BOND_LINK_UP &&
	       (model_mode(slave->master) != BOND_MODE_8023AD ||
		       (slave->negotiated && slave->joined == slave->master->active_aggregator));
}

static int set_number(struct nb_optset *set, unsigned attr, uint64_t value)
{
	return nb_optset_set(set, attr, (union nb_value){ .u = value });
}

static int set_name(struct nb_optset *set, unsigned attr, const struct model_dev *dev)
{
	union nb_value value = { .name = dev ? strdup(dev->link->name) : NULL };

	if (!dev)
		return 0;
	return value.name ? nb_optset_set(set, attr, value) : -ENOMEM;
}

static int set_mac(struct nb_optset *set, unsigned attr, const uint8_t mac[6])
{
	union nb_value value = { 0 };

	memcpy(value.mac, mac, 6);
	return nb_optset_set(set, attr, value);
}

/* What is out of place in the mode is not dumped where the row says so. */
static bool is_hidden(const struct nb_option *row, unsigned mode)
{
	return (row->flags & NB_OPTION_READONLY) || (row->flags & NB_OPTION_RUNTIME) ||
	       ((row->flags & NB_OPTION_SPARSE) && (row->refused & NB_MODE(mode)));
}

static int fill_stored(const struct nb_model *m, const struct nb_optset *stored, unsigned mode,
	struct nb_optset *ret)
{
	uint64_t miimon = nb_optset_u(stored, IFLA_BOND_MIIMON);

	nb_foreach_bit(attr, stored->present)
	{
		const struct nb_option *row = nb_option_get(stored->scope, attr);
		union nb_value value = nb_optset_get(stored, attr);

		if (is_hidden(row, mode) || !(m->knobs.kernel.known[stored->scope] & NB_BIT(attr)))
			continue;
		if (row->type->is_pointer && nb_value_is_zero(row->type, value))
			continue;
		if (nb_optset_copy_value(ret, stored, attr) < 0)
			return -ENOMEM;
		if (row->flags & NB_OPTION_MULTIPLE)
			set_number(ret, attr, (uint32_t)(value.u * miimon));
	}
	return 0;
}

static int fill_ad_info(const struct model_dev *bond, struct nb_optset *ret)
{
	struct nb_optset *info = calloc(1, sizeof(*info));
	uint8_t mac[6] = { 0 };
	const struct model_dev *first = NULL;
	unsigned ports = 0;

	if (!info)
		return -ENOMEM;
	info->scope = NB_SCOPE_AD_INFO;
	for (size_t i = 0; i < bond->n_slaves; i++)
		if (bond->slaves[i]->joined == bond->active_aggregator) {
			first = first ? first : bond->slaves[i];
			ports += bond->slaves[i]->enabled;
		}
	if (first && first->negotiated) {
		mac[0] = 0x02;
		mac[5] = (uint8_t)first->partner;
	}
	if (set_number(info, IFLA_BOND_AD_INFO_AGGREGATOR, bond->active_aggregator) < 0 ||
		set_number(info, IFLA_BOND_AD_INFO_NUM_PORTS, ports) < 0 ||
		set_number(info, IFLA_BOND_AD_INFO_ACTOR_KEY,
			first ? (uint64_t)first->actor_key : 0) < 0 ||
		set_number(info, IFLA_BOND_AD_INFO_PARTNER_KEY,
			first && first->negotiated ? PARTNER_KEY : 1) < 0 ||
		set_mac(info, IFLA_BOND_AD_INFO_PARTNER_MAC, mac) < 0) {
		nb_type_nest.free((union nb_value){ .set = info });
		return -ENOMEM;
	}
	return nb_optset_set(ret, IFLA_BOND_AD_INFO, (union nb_value){ .set = info });
}

static int fill_bond(const struct nb_model *m, const struct model_dev *bond, struct nb_optset *ret)
{
	unsigned mode = model_mode(bond);
	int r = fill_stored(m, &bond->opts, mode, ret);

	ret->scope = NB_SCOPE_BOND;
	if (r == 0)
		r = set_name(ret, IFLA_BOND_PRIMARY, bond->primary);
	if (r == 0 && model_uses_primary(bond))
		r = set_name(ret, IFLA_BOND_ACTIVE_SLAVE, bond->active);
	if (r == 0 && mode == BOND_MODE_8023AD && bond->active_aggregator > 0)
		r = fill_ad_info(bond, ret);
	return r;
}

static int fill_port(const struct model_dev *slave, struct nb_optset *ret)
{
	if (set_number(ret, IFLA_BOND_SLAVE_AD_AGGREGATOR_ID, slave->joined) < 0 ||
		set_number(ret, IFLA_BOND_SLAVE_AD_ACTOR_OPER_PORT_STATE, slave->actor_state) < 0 ||
		set_number(ret, IFLA_BOND_SLAVE_AD_PARTNER_OPER_PORT_STATE, slave->partner_state) <
			0 ||
		set_number(ret, IFLA_BOND_SLAVE_AD_CHURN_ACTOR_STATE, 0) < 0)
		return -ENOMEM;
	return set_number(ret, IFLA_BOND_SLAVE_AD_CHURN_PARTNER_STATE, 0);
}

static int fill_slave(
	const struct nb_model *m, const struct model_dev *slave, struct nb_optset *ret)
{
	unsigned mode = model_mode(slave->master);
	int r = fill_stored(m, &slave->port, mode, ret);

	if (r < 0 || set_number(ret, IFLA_BOND_SLAVE_STATE, !slave->is_active) < 0 ||
		set_number(ret, IFLA_BOND_SLAVE_MII_STATUS, slave->mii) < 0 ||
		set_number(ret, IFLA_BOND_SLAVE_LINK_FAILURE_COUNT, slave->failures) < 0 ||
		set_mac(ret, IFLA_BOND_SLAVE_PERM_HWADDR, slave->original_mac) < 0)
		return -ENOMEM;
	return mode == BOND_MODE_8023AD ? fill_port(slave, ret) : 0;
}

static void fill_flags(const struct model_dev *dev, struct nb_link *link)
{
	bool carrier = model_carrier(dev);

	link->carrier = carrier;
	link->flags = IFF_BROADCAST | IFF_MULTICAST;
	if (dev->is_up)
		link->flags |= IFF_UP;
	if (dev->is_up && carrier)
		link->flags |= IFF_RUNNING | IFF_LOWER_UP_BIT;
	if (model_is_bond(dev))
		link->flags |= IFF_MASTER;
	if (dev->master && model_is_bond(dev->master))
		link->flags |= IFF_SLAVE;
	link->operstate = IF_OPER_DOWN_VALUE;
	if (dev->is_up)
		link->operstate = carrier      ? IF_OPER_UP_VALUE
				  : dev->lower ? IF_OPER_LOWERLAYERDOWN_VALUE
					       : IF_OPER_DOWN_VALUE;
}

static bool is_dumped(const struct nb_route *route)
{
	return route->protocol == RTPROT_BOOT || route->protocol == RTPROT_STATIC ||
	       route->protocol == RTPROT_DHCP || route->protocol == NB_PROTOCOL;
}

static bool is_sibling(const struct nb_route *a, const struct nb_route *b)
{
	return a->via.family != 0 && b->via.family != 0 && nb_route_key_same(a, b);
}

/* struct rtnexthop with RTA_GATEWAY, as rt6_fill_node() writes it */
struct hop {
	struct rtnexthop head;
	struct rtattr attribute;
	uint8_t via[16];
};

#define HOPS_MAX 16

static unsigned collect(const struct model_ns *ns, const struct nb_route *route, struct hop *hops)
{
	unsigned n = 0;

	for (size_t i = 0; i < ns->n_devs; i++) {
		const struct nb_link *link = ns->devs[i]->link;

		for (size_t k = 0; k < link->n_routes && n < HOPS_MAX; k++) {
			if (!is_sibling(&link->routes[k], route))
				continue;
			hops[n].head = (struct rtnexthop){ .rtnh_len = sizeof(*hops),
				.rtnh_ifindex = link->ifindex };
			hops[n].attribute = (struct rtattr){ sizeof(struct rtattr) + 16, RTA_GATEWAY };
			memcpy(hops[n++].via, link->routes[k].via.bytes, 16);
		}
	}
	return n;
}

/* IPv6 routes of one prefix and metric through gateways are dumped as one multipath route. */
static int merge_multipath(const struct model_ns *ns, struct nb_link *link)
{
	for (size_t i = 0; i < link->n_routes; i++) {
		struct nb_route *route = &link->routes[i];
		struct {
			struct rtattr head;
			struct hop hops[HOPS_MAX];
		} multipath;
		unsigned n;

		if (route->to.family != AF_INET6 || route->via.family == 0)
			continue;
		n = collect(ns, route, multipath.hops);
		if (n < 2)
			continue;
		for (size_t k = link->n_routes; k-- > i + 1;)
			if (is_sibling(&link->routes[k], route))
				nb_link_remove_route(link, k);
		memset(&route->via, 0, sizeof(route->via));
		multipath.head.rta_type = RTA_MULTIPATH;
		multipath.head.rta_len =
			(unsigned short)(sizeof(multipath.head) + n * sizeof(struct hop));
		if (nb_route_set_attributes(route, &multipath, multipath.head.rta_len) < 0)
			return -ENOMEM;
	}
	return 0;
}

static uint32_t position(const struct model_dev *slave)
{
	for (size_t i = 0; i < slave->master->n_slaves; i++)
		if (slave->master->slaves[i] == slave)
			return (uint32_t)i + 1;
	return 0;
}

static int fill_master(const struct nb_model *m, const struct model_dev *dev, struct nb_link *link)
{
	link->master = dev->master->link->ifindex;
	if (dev->master->link->kind) {
		nb_word_free(link->slave_kind);
		link->slave_kind = strdup(dev->master->link->kind);
		if (!link->slave_kind)
			return -ENOMEM;
	}
	if (!model_is_bond(dev->master))
		return 0;
	link->slave_position = position(dev);
	return fill_slave(m, dev, &link->slave);
}

static int fill_link(const struct nb_model *m, const struct model_dev *dev, struct nb_link **ret)
{
	struct nb_link *link;
	int r = nb_link_copy(dev->link, &link);

	if (r < 0)
		return r;
	link->slave.scope = NB_SCOPE_SLAVE;
	link->bond.scope = NB_SCOPE_BOND;
	for (size_t i = link->n_routes; i-- > 0;)
		if (!is_dumped(&link->routes[i]))
			nb_link_remove_route(link, i);
	r = merge_multipath(dev->ns, link);
	fill_flags(dev, link);
	link->lower = dev->lower && dev->lower->ns == dev->ns ? dev->lower->link->ifindex : 0;
	if (r == 0 && dev->master)
		r = fill_master(m, dev, link);
	if (r == 0 && model_is_bond(dev))
		r = fill_bond(m, dev, &link->bond);
	if (r < 0)
		nb_link_free(link);
	else
		*ret = link;
	return r;
}

static int fill_namespace(struct nb_model *m, struct nb_state *state, const char *name)
{
	const struct model_ns *from = model_ns_find(m, name);
	struct nb_netns *ns;

	if (*name && nb_state_namespace(state, name))
		return 0;
	ns = nb_state_add_namespace(state, name);
	if (!ns)
		return -ENOMEM;
	ns->exists = from != NULL;
	ns->inode = from ? from->inode : 0;
	for (size_t i = 0; from && i < from->n_devs; i++) {
		struct nb_link *link = NULL;

		if (fill_link(m, from->devs[i], &link) < 0 || nb_netns_add(ns, link) < 0)
			return -ENOMEM;
		state->known[NB_SCOPE_BOND] |= link->bond.present;
		state->known[NB_SCOPE_SLAVE] |= link->slave.present;
	}
	return 0;
}

int model_observe(struct nb_model *m, char *const *namespaces, size_t n, struct nb_state **ret)
{
	NB_CLEANUP(nb_state_freep) struct nb_state *state = nb_state_new();
	int r = state ? fill_namespace(m, state, "") : -ENOMEM;

	for (size_t i = 0; r == 0 && i < n; i++)
		r = fill_namespace(m, state, namespaces[i]);
	if (r == 0)
		*ret = nb_steal(&state);
	return r;
}
