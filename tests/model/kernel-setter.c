/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What a setter of bond_options.c does beside storing the value. An option that is not in the
 * tables here is just stored.
 */
#include <errno.h>
#include <string.h>

#include "tests/model/internal.h"

#define TX_QUEUES 16 /* BOND_DEFAULT_TX_QUEUES */

typedef int (*setter)(struct nb_model *m, struct model_dev *dev, struct model_dev *bond,
	unsigned attr, union nb_value value);

static int store(struct nb_model *m, struct nb_optset *opts, unsigned attr, union nb_value value)
{
	const struct nb_option *row = nb_option_get(opts->scope, attr);
	union nb_value copy = value;

	if (row->type->copy && row->type->copy(value, &copy) < 0)
		return model_no_memory(m);
	return nb_optset_set(opts, attr, copy) < 0 ? model_no_memory(m) : 0;
}

static int store_number(struct nb_model *m, struct model_dev *bond, unsigned attr, uint64_t value)
{
	return store(m, &bond->opts, attr, (union nb_value){ .u = value });
}

/* bond_option_mode_set() */
static int set_mode(struct nb_model *m, struct model_dev *dev, struct model_dev *bond,
	unsigned attr, union nb_value value)
{
	if (value.u >= BOND_MODE_8023AD) {
		store_number(m, bond, IFLA_BOND_ARP_INTERVAL, 0);
		if (nb_optset_u(&bond->opts, IFLA_BOND_MIIMON) == 0)
			store_number(m, bond, IFLA_BOND_MIIMON, 100);
	}
	if (value.u == BOND_MODE_ALB)
		store_number(m, bond, IFLA_BOND_TLB_DYNAMIC_LB, 1);
	store_number(m, bond, IFLA_BOND_ARP_VALIDATE, 0);
	store_number(m, bond, IFLA_BOND_BROADCAST_NEIGH, 0);
	return store_number(m, bond, attr, value.u);
}

/* bond_option_active_slave_set() */
static int set_active_slave(struct nb_model *m, struct model_dev *dev, struct model_dev *bond,
	unsigned attr, union nb_value value)
{
	struct model_dev *to = NULL;

	if (value.name && value.name[0]) {
		to = model_dev_find(bond->ns, value.name);
		if (!to)
			return model_fail(m, ENODEV, NULL);
	}
	if (!to) {
		model_change_active(m, bond, NULL);
		model_select_active(m, bond);
		return 0;
	}
	if (to->master == bond && to == bond->active)
		return 0;
	if (to->master != bond || !bond->active || to->mii != BOND_LINK_UP || !to->is_up ||
		!model_carrier(to))
		return model_fail_attr(m, EINVAL, NB_SCOPE_BOND, attr, "invalid option value");
	model_change_active(m, bond, to);
	return 0;
}

/* bond_option_miimon_set() */
static int set_miimon(struct nb_model *m, struct model_dev *dev, struct model_dev *bond,
	unsigned attr, union nb_value value)
{
	if (value.u > 0 && nb_optset_u(&bond->opts, IFLA_BOND_ARP_INTERVAL) > 0) {
		store_number(m, bond, IFLA_BOND_ARP_INTERVAL, 0);
		store_number(m, bond, IFLA_BOND_ARP_VALIDATE, 0);
	}
	return store_number(m, bond, attr, value.u);
}

/* bond_option_arp_interval_set() */
static int set_arp_interval(struct nb_model *m, struct model_dev *dev, struct model_dev *bond,
	unsigned attr, union nb_value value)
{
	int r;

	if (value.u > 0)
		store_number(m, bond, IFLA_BOND_MIIMON, 0);
	r = store_number(m, bond, attr, value.u);
	if (r == 0)
		model_arp_start(m, bond);
	return r;
}

/* _bond_option_delay_set(): stored as a multiple of miimon, rounded down */
static int set_delay(struct nb_model *m, struct model_dev *dev, struct model_dev *bond,
	unsigned attr, union nb_value value)
{
	uint64_t miimon = nb_optset_u(&bond->opts, IFLA_BOND_MIIMON);

	if (miimon == 0)
		return model_fail(m, EPERM, NULL);
	return store_number(m, bond, attr, value.u / miimon);
}

static int set_use_carrier(struct nb_model *m, struct model_dev *dev, struct model_dev *bond,
	unsigned attr, union nb_value value)
{
	if (m->knobs.kernel.carrier_only && value.u != 1)
		return model_fail_attr(m, EINVAL, NB_SCOPE_BOND, attr,
			"option obsolete, use_carrier cannot be disabled");
	return store_number(m, bond, attr, value.u);
}

static bool is_ip4_target(const struct in6_addr *a)
{
	static const uint8_t broadcast[4] = { 255, 255, 255, 255 };

	return a->s6_addr[0] != 0 && memcmp(a->s6_addr, broadcast, 4) != 0;
}

static bool is_ip6_target(const struct in6_addr *a)
{
	return !IN6_IS_ADDR_UNSPECIFIED(a) && !IN6_IS_ADDR_LOOPBACK(a) && !IN6_IS_ADDR_MULTICAST(a);
}

/* The list is emptied first; a bad target keeps those before it. */
static int set_targets(struct nb_model *m, struct model_dev *dev, struct model_dev *bond,
	unsigned attr, union nb_value value)
{
	bool ip4 = attr == IFLA_BOND_ARP_IP_TARGET;
	size_t size = ip4 ? 4 : 16;
	struct nb_targets *list = calloc(1, sizeof(*list));
	bool good = true;

	if (!list)
		return model_no_memory(m);
	for (unsigned i = 0; value.targets && good && i < value.targets->n; i++) {
		const struct in6_addr *a = &value.targets->a[i];

		good = ip4 ? is_ip4_target(a) : is_ip6_target(a);
		for (unsigned k = 0; k < list->n; k++)
			if (memcmp(a, &list->a[k], size) == 0)
				good = false;
		if (good)
			list->a[list->n++] = *a;
	}
	if (nb_optset_set(&bond->opts, attr, (union nb_value){ .targets = list }) < 0)
		return model_no_memory(m);
	return good ? 0 : model_fail_attr(m, EINVAL, NB_SCOPE_BOND, attr, "invalid option value");
}

/* bond_option_primary_set(); a number that no device has means none */
static int set_primary(struct nb_model *m, struct model_dev *dev, struct model_dev *bond,
	unsigned attr, union nb_value value)
{
	struct model_dev *to =
		value.name && value.name[0] ? model_dev_find(bond->ns, value.name) : NULL;

	memset(bond->primary_name, 0, sizeof(bond->primary_name));
	if (to)
		memcpy(bond->primary_name, to->link->name, sizeof(bond->primary_name));
	if (to && to->master == bond) {
		bond->primary = to;
		bond->force_primary = true;
	} else {
		if (to && !bond->primary)
			return 0;
		bond->primary = NULL;
	}
	model_select_active(m, bond);
	return 0;
}

static int set_primary_reselect(struct nb_model *m, struct model_dev *dev, struct model_dev *bond,
	unsigned attr, union nb_value value)
{
	int r = store_number(m, bond, attr, value.u);

	model_select_active(m, bond);
	return r;
}

static int set_carrier_rule(struct nb_model *m, struct model_dev *dev, struct model_dev *bond,
	unsigned attr, union nb_value value)
{
	int r = store_number(m, bond, attr, value.u);

	model_bond_carrier(m, bond);
	return r;
}

static int set_actor_system(struct nb_model *m, struct model_dev *dev, struct model_dev *bond,
	unsigned attr, union nb_value value)
{
	if (value.mac[0] & 1)
		return model_fail_attr(m, EINVAL, NB_SCOPE_BOND, attr, "invalid option value");
	return store(m, &bond->opts, attr, value);
}

static const setter bond_setters[NB_BOND_ATTR_END] = {
	[IFLA_BOND_MODE] = set_mode,
	[IFLA_BOND_ACTIVE_SLAVE] = set_active_slave,
	[IFLA_BOND_MIIMON] = set_miimon,
	[IFLA_BOND_UPDELAY] = set_delay,
	[IFLA_BOND_DOWNDELAY] = set_delay,
	[IFLA_BOND_PEER_NOTIF_DELAY] = set_delay,
	[IFLA_BOND_USE_CARRIER] = set_use_carrier,
	[IFLA_BOND_ARP_INTERVAL] = set_arp_interval,
	[IFLA_BOND_ARP_IP_TARGET] = set_targets,
	[IFLA_BOND_NS_IP6_TARGET] = set_targets,
	[IFLA_BOND_PRIMARY] = set_primary,
	[IFLA_BOND_PRIMARY_RESELECT] = set_primary_reselect,
	[IFLA_BOND_MIN_LINKS] = set_carrier_rule,
	[IFLA_BOND_LACP_STRICT] = set_carrier_rule,
	[IFLA_BOND_AD_ACTOR_SYSTEM] = set_actor_system,
};

/* bond_option_queue_id_set() */
static int set_queue_id(struct nb_model *m, struct model_dev *dev, struct model_dev *bond,
	unsigned attr, union nb_value value)
{
	if (value.u > TX_QUEUES)
		return model_fail(m, EPERM, NULL);
	for (size_t i = 0; value.u > 0 && i < bond->n_slaves; i++)
		if (bond->slaves[i] != dev && nb_optset_u(&bond->slaves[i]->port, attr) == value.u)
			return model_fail(m, EPERM, NULL);
	return store(m, &dev->port, attr, value);
}

/* bond_option_prio_set() */
static int set_prio(struct nb_model *m, struct model_dev *dev, struct model_dev *bond,
	unsigned attr, union nb_value value)
{
	int r = store(m, &dev->port, attr, value);

	if (!bond->primary)
		model_select_active(m, bond);
	return r;
}

static const setter slave_setters[NB_SLAVE_ATTR_END] = {
	[IFLA_BOND_SLAVE_QUEUE_ID] = set_queue_id,
	[IFLA_BOND_SLAVE_PRIO] = set_prio,
};

int model_option_set(struct nb_model *m, struct model_dev *dev, struct model_dev *bond,
	const struct nb_option *row, unsigned attr, union nb_value value)
{
	bool slave = nb_option_scope(row) == NB_SCOPE_SLAVE;
	setter set = slave ? slave_setters[attr] : bond_setters[attr];

	if (set)
		return set(m, dev, bond, attr, value);
	return store(m, slave ? &dev->port : &bond->opts, attr, value);
}
