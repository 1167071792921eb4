/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Options in one message: bond_changelink(), bond_slave_changelink(), __bond_opt_set(). */
#include <errno.h>
#include <string.h>

#include "tests/model/internal.h"

/* The order in which the kernel looks at the attributes, whatever their order in the message. */
static const uint8_t bond_order[] = {
	IFLA_BOND_MODE,
	IFLA_BOND_ACTIVE_SLAVE,
	IFLA_BOND_MIIMON,
	IFLA_BOND_UPDELAY,
	IFLA_BOND_DOWNDELAY,
	IFLA_BOND_PEER_NOTIF_DELAY,
	IFLA_BOND_USE_CARRIER,
	IFLA_BOND_ARP_INTERVAL,
	IFLA_BOND_ARP_IP_TARGET,
	IFLA_BOND_NS_IP6_TARGET,
	IFLA_BOND_ARP_VALIDATE,
	IFLA_BOND_ARP_ALL_TARGETS,
	IFLA_BOND_PRIMARY,
	IFLA_BOND_PRIMARY_RESELECT,
	IFLA_BOND_FAIL_OVER_MAC,
	IFLA_BOND_XMIT_HASH_POLICY,
	IFLA_BOND_RESEND_IGMP,
	IFLA_BOND_NUM_PEER_NOTIF,
	IFLA_BOND_ALL_SLAVES_ACTIVE,
	IFLA_BOND_MIN_LINKS,
	IFLA_BOND_LP_INTERVAL,
	IFLA_BOND_PACKETS_PER_SLAVE,
	IFLA_BOND_AD_LACP_ACTIVE,
	IFLA_BOND_AD_LACP_RATE,
	IFLA_BOND_AD_SELECT,
	IFLA_BOND_AD_ACTOR_SYS_PRIO,
	IFLA_BOND_AD_USER_PORT_KEY,
	IFLA_BOND_AD_ACTOR_SYSTEM,
	IFLA_BOND_TLB_DYNAMIC_LB,
	IFLA_BOND_MISSED_MAX,
	IFLA_BOND_COUPLED_CONTROL,
	IFLA_BOND_BROADCAST_NEIGH,
	IFLA_BOND_LACP_STRICT,
};

static const uint8_t slave_order[] = {
	IFLA_BOND_SLAVE_QUEUE_ID,
	IFLA_BOND_SLAVE_PRIO,
	IFLA_BOND_SLAVE_ACTOR_PORT_PRIO,
};

bool model_known(const struct nb_model *m, enum nb_scope scope, unsigned attr)
{
	return (m->knobs.kernel.known[scope] & ~m->knobs.ignored[scope]) & NB_BIT(attr);
}

static bool is_number(const struct nb_option *row)
{
	return row->wire <= NB_WIRE_S32;
}

/* Gives every plain option the value of a fresh bond or slave; lists and names stay absent. */
int model_options_init(struct model_dev *bond, struct nb_optset *opts, enum nb_scope scope)
{
	nb_foreach_option(row, attr, scope)
	{
		union nb_value value = { 0 };

		if ((row->flags & NB_OPTION_READONLY) || row->type->is_pointer)
			continue;
		if (is_number(row))
			value.s = row->kernel_default;
		if (nb_optset_set(opts, attr, value) < 0)
			return -ENOMEM;
	}
	return 0;
}

/* bond_policy: refused before anything is done */
int model_check_policy(struct nb_model *m, const struct nb_optset *opts)
{
	unsigned attr = IFLA_BOND_PEER_NOTIF_DELAY;

	if (opts->scope == NB_SCOPE_BOND && nb_optset_has(opts, attr) &&
		(int64_t)nb_optset_u(opts, attr) > nb_option_get(NB_SCOPE_BOND, attr)->max)
		return model_fail_attr(m, ERANGE, NB_SCOPE_BOND, attr, "integer out of range");
	return 0;
}

/* bond_opt_check_deps(); a row that only reaches new slaves asks for a bond that is down */
static int check_deps(struct nb_model *m, const struct model_dev *bond, const struct nb_option *row,
	enum nb_scope scope, unsigned attr)
{
	bool empty = row->change == NB_CHANGE_EMPTY ||
		     (row->change == NB_CHANGE_EMPTY_DOWN && !(row->flags & NB_OPTION_REENSLAVE));
	bool down = row->change == NB_CHANGE_DOWN || row->change == NB_CHANGE_EMPTY_DOWN;

	if (row->refused & NB_MODE(model_mode(bond)))
		return model_fail_attr(m, EACCES, scope, attr, "option not supported in mode");
	if (empty && bond->n_slaves > 0)
		return model_fail_attr(m, ENOTEMPTY, scope, attr,
			"unable to set option because the bond device has slaves");
	if (down && bond->is_up)
		return model_fail_attr(
			m, EBUSY, scope, attr, "unable to set option because the bond is up");
	return 0;
}

static bool is_allowed(
	const struct nb_model *m, const struct nb_option *row, unsigned attr, union nb_value value)
{
	/* Newer kernels have one answer for every value (kernel-setter.c). */
	if (row == nb_option_get(NB_SCOPE_BOND, IFLA_BOND_USE_CARRIER) &&
		m->knobs.kernel.carrier_only)
		return true;
	if (!is_number(row))
		return true;
	if (value.s < row->min || value.s > row->max)
		return false;
	if (row->names) {
		const struct nb_name *name = row->names;

		while (name->name && name->value != value.u)
			name++;
		if (!name->name)
			return false;
	}
	return attr != IFLA_BOND_AD_SELECT || value.u <= 2 || m->knobs.kernel.ad_select_prio ||
	       nb_option_scope(row) != NB_SCOPE_BOND;
}

static int set_one(struct nb_model *m, struct model_dev *dev, struct model_dev *bond,
	enum nb_scope scope, unsigned attr, union nb_value value)
{
	const struct nb_option *row = nb_option_get(scope, attr);
	int r = check_deps(m, bond, row, scope, attr);

	if (r < 0)
		return r;
	if (!is_allowed(m, row, attr, value))
		return model_fail_attr(m, EINVAL, scope, attr, "invalid option value");
	r = model_option_set(m, dev, bond, row, attr, value);
	model_witness(m);
	return r;
}

/* What looks at the miimon of the same message, not at the stored one. */
static int check_monitors(struct nb_model *m, const struct nb_optset *opts, unsigned attr)
{
	bool arp = attr == IFLA_BOND_ARP_INTERVAL, validate = attr == IFLA_BOND_ARP_VALIDATE;

	if ((!arp && !validate) || !nb_optset_u(opts, attr) || !nb_optset_u(opts, IFLA_BOND_MIIMON))
		return 0;
	if (arp)
		return model_fail_attr(m, EINVAL, NB_SCOPE_BOND, attr,
			"ARP monitoring cannot be used with MII monitoring");
	/* The kernel points at the wrong attribute. */
	return model_fail_attr(m, EINVAL, NB_SCOPE_BOND,
		nb_optset_has(opts, IFLA_BOND_ARP_INTERVAL) ? IFLA_BOND_ARP_INTERVAL : 0,
		"ARP validating cannot be used with MII monitoring");
}

int model_changelink(struct nb_model *m, struct model_dev *bond, const struct nb_optset *opts)
{
	for (size_t i = 0; i < NB_ARRAY_SIZE(bond_order); i++) {
		unsigned attr = bond_order[i];
		int r;

		if (!nb_optset_has(opts, attr) || !model_known(m, NB_SCOPE_BOND, attr))
			continue;
		r = check_monitors(m, opts, attr);
		if (r < 0)
			return r;
		r = set_one(m, bond, bond, NB_SCOPE_BOND, attr, nb_optset_get(opts, attr));
		if (r < 0)
			return r;
	}
	return 0;
}

int model_slave_changelink(
	struct nb_model *m, struct model_dev *slave, const struct nb_optset *opts)
{
	/* Nobody reads IFLA_INFO_SLAVE_KIND: a bridge takes the numbers for options of its port. */
	if (slave->master && model_is_kind(slave->master, "bridge"))
		return 0;
	if (!slave->master || !model_is_bond(slave->master))
		return model_fail(m, EOPNOTSUPP, NULL);
	for (size_t i = 0; i < NB_ARRAY_SIZE(slave_order); i++) {
		unsigned attr = slave_order[i];
		int r;

		if (!nb_optset_has(opts, attr) || !model_known(m, NB_SCOPE_SLAVE, attr))
			continue;
		r = set_one(
			m, slave, slave->master, NB_SCOPE_SLAVE, attr, nb_optset_get(opts, attr));
		if (r < 0)
			return r;
	}
	return 0;
}
