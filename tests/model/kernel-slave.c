/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* bond_enslave() and __bond_release_one() */
#include <errno.h>
#include <string.h>

#include "tests/model/internal.h"

#define MAX_NEST_DEV 8

enum { FOM_NONE, FOM_ACTIVE, FOM_FOLLOW };

unsigned model_mode(const struct model_dev *bond)
{
	return (unsigned)nb_optset_u(&bond->opts, IFLA_BOND_MODE);
}

bool model_uses_primary(const struct model_dev *bond)
{
	unsigned mode = model_mode(bond);

	return mode == BOND_MODE_ACTIVEBACKUP || mode == BOND_MODE_TLB || mode == BOND_MODE_ALB;
}

static bool is_lb(const struct model_dev *bond)
{
	return model_mode(bond) == BOND_MODE_TLB || model_mode(bond) == BOND_MODE_ALB;
}

static uint64_t fail_over_mac(const struct model_dev *bond)
{
	if (model_mode(bond) != BOND_MODE_ACTIVEBACKUP)
		return FOM_NONE;
	return nb_optset_u(&bond->opts, IFLA_BOND_FAIL_OVER_MAC);
}

/* What is refused before anything is touched. */
static int check_enslave(struct nb_model *m, struct model_dev *bond, struct model_dev *dev)
{
	if (model_is_kind(dev, "vcan") || model_is_kind(dev, "can"))
		return model_fail(m, EPERM, "CAN devices cannot be enslaved");
	if (model_is_kind(dev, "vrf"))
		return model_fail(m, EPERM, "Device type (master device) cannot be enslaved");
	if (model_rx_handler_busy(dev))
		return model_fail(m, EBUSY, "Device is in use and cannot be enslaved");
	if (bond == dev)
		return model_fail(m, EPERM, "Cannot enslave bond to itself");
	if (dev->is_up)
		return model_fail(m, EPERM, "Device can not be enslaved while up");
	if (bond->link->type != dev->link->type && bond->n_slaves > 0)
		return model_fail(m, EINVAL, "Device type is different from other slaves");
	if (bond->link->type != dev->link->type && dev->link->type != 1 &&
		model_mode(bond) == BOND_MODE_8023AD)
		return model_fail(m, EINVAL, "8023AD mode requires Ethernet devices");
	return 0;
}

/* A driver without ndo_set_mac_address turns the first slave's bond to fail_over_mac active. */
static int check_fixed_mac(struct nb_model *m, struct model_dev *bond, struct model_dev *dev)
{
	if (!dev->fixed_mac || model_mode(bond) != BOND_MODE_ACTIVEBACKUP ||
		fail_over_mac(bond) == FOM_ACTIVE)
		return 0;
	if (bond->n_slaves > 0)
		return model_fail(m, EOPNOTSUPP,
			"Slave device does not support setting the MAC address, but fail_over_mac "
			"is not set to active");
	if (nb_optset_set(
		    &bond->opts, IFLA_BOND_FAIL_OVER_MAC, (union nb_value){ .u = FOM_ACTIVE }) < 0)
		return model_no_memory(m);
	return 0;
}

static unsigned levels_below(const struct model_dev *dev)
{
	unsigned most = dev->lower ? levels_below(dev->lower) + 1 : 0;

	for (size_t i = 0; i < dev->ns->n_devs; i++)
		if (dev->ns->devs[i]->master == dev) {
			unsigned n = levels_below(dev->ns->devs[i]) + 1;

			most = NB_MAX(most, n);
		}
	return most;
}

static unsigned levels_above(const struct model_dev *dev)
{
	unsigned most = dev->master ? levels_above(dev->master) + 1 : 0;

	for (size_t i = 0; i < dev->ns->n_devs; i++)
		if (dev->ns->devs[i]->lower == dev) {
			unsigned n = levels_above(dev->ns->devs[i]) + 1;

			most = NB_MAX(most, n);
		}
	return most;
}

/* bond_master_upper_dev_link() */
static int link_upper(struct nb_model *m, struct model_dev *bond, struct model_dev *dev)
{
	if (model_is_upper_of(dev, bond))
		return model_fail(m, EBUSY, NULL);
	/* __netdev_upper_dev_link() counts devices, not edges */
	if (levels_below(dev) + 1 + levels_above(bond) + 1 > MAX_NEST_DEV)
		return model_fail(m, EMLINK, NULL);
	if (nb_grow(&bond->slaves, bond->n_slaves, &bond->slave_capacity, sizeof(*bond->slaves)) <
		0)
		return model_no_memory(m);
	bond->slaves[bond->n_slaves++] = dev;
	dev->master = bond;
	return 0;
}

/* Takes the bond's MTU and MAC and opens the slave; all or nothing. */
static int prepare(struct nb_model *m, struct model_dev *bond, struct model_dev *dev)
{
	int r;

	dev->original_mtu = dev->link->mtu;
	r = model_set_mtu(m, dev, bond->link->mtu);
	if (r < 0)
		return r;
	memcpy(dev->original_mac, dev->link->mac, 6);
	if (fail_over_mac(bond) == FOM_NONE) {
		r = model_set_mac(m, dev, bond->link->mac);
		if (r < 0)
			goto fail_mac;
	} else if (m->knobs.kernel.follow_random && bond->n_slaves > 0 &&
		   fail_over_mac(bond) == FOM_FOLLOW &&
		   memcmp(dev->link->mac, bond->link->mac, 6) == 0) {
		uint8_t mac[6];

		model_random_mac(m, mac);
		r = model_set_mac(m, dev, mac);
		if (r < 0)
			goto fail_mac;
	}
	dev->enslaving = true; /* IFF_SLAVE: no IPv6 */
	r = model_dev_open(m, dev);
	dev->enslaving = false;
	if (r < 0)
		goto fail_open;
	if (is_lb(bond)) {
		r = model_alb_init_slave(m, bond, dev);
		if (r < 0)
			goto fail_open;
	}
	return 0;
fail_open:
	model_dev_close(m, dev);
	if (fail_over_mac(bond) == FOM_NONE)
		model_set_mac(m, dev, dev->original_mac);
fail_mac:
	model_set_mtu(m, dev, dev->original_mtu);
	return r;
}

static void reset_port(struct nb_model *m, struct model_dev *dev)
{
	nb_optset_done(&dev->port);
	if (model_options_init(NULL, &dev->port, NB_SCOPE_SLAVE) < 0)
		model_no_memory(m);
	dev->failures = 0;
	dev->delay = 0;
	dev->is_active = false;
	dev->enabled = false;
	dev->negotiated = false;
	dev->lacp_ticks = 0;
	dev->aggregator = dev->joined = 0;
}

static void set_first_role(struct nb_model *m, struct model_dev *bond, struct model_dev *dev)
{
	if (model_uses_primary(bond) && nb_streq(bond->primary_name, dev->link->name)) {
		bond->primary = dev;
		bond->force_primary = true;
	}
	switch (model_mode(bond)) {
	case BOND_MODE_ACTIVEBACKUP:
		break;
	case BOND_MODE_8023AD:
		model_lacp_bind(m, bond, dev);
		break;
	case BOND_MODE_TLB:
	case BOND_MODE_ALB:
		dev->is_active = true;
		break;
	default:
		dev->is_active = true;
		if (!bond->active && dev->mii == BOND_LINK_UP)
			bond->active = dev;
		break;
	}
}

/* The first slave of an attempt that failed has left its MAC or type on the bond. */
static void undo_flags(struct nb_model *m, struct model_dev *bond, struct model_dev *dev)
{
	if (bond->n_slaves > 0)
		return;
	if (memcmp(bond->link->mac, dev->link->mac, 6) == 0) {
		model_random_mac(m, bond->link->mac);
		bond->mac_type = MAC_RANDOM;
	}
	bond->link->type = 1;
}

static int attach(struct nb_model *m, struct model_dev *bond, struct model_dev *dev)
{
	int r = check_fixed_mac(m, bond, dev);

	if (r < 0)
		return r;
	if (bond->n_slaves == 0 && bond->mac_type == MAC_RANDOM)
		model_steal_mac(m, bond, dev);
	r = prepare(m, bond, dev);
	if (r < 0)
		return r;
	reset_port(m, dev);
	model_initial_state(m, bond, dev);
	set_first_role(m, bond, dev);
	r = link_upper(m, bond, dev);
	if (r < 0) {
		if (bond->primary == dev)
			bond->primary = NULL;
		if (bond->active == dev) {
			model_change_active(m, bond, NULL);
			model_select_active(m, bond);
		}
		model_dev_close(m, dev);
		if (fail_over_mac(bond) == FOM_NONE)
			model_set_mac(m, dev, dev->original_mac);
		model_set_mtu(m, dev, dev->original_mtu);
	}
	return r;
}

int model_enslave(struct nb_model *m, struct model_dev *bond, struct model_dev *dev)
{
	int r = check_enslave(m, bond, dev);

	if (r < 0)
		return r;
	if (bond->n_slaves == 0)
		bond->link->type = dev->link->type; /* bond_setup_by_slave() */
	r = attach(m, bond, dev);
	if (r < 0) {
		undo_flags(m, bond, dev);
		return r;
	}
	model_bond_carrier(m, bond);
	if (model_uses_primary(bond))
		model_select_active(m, bond);
	model_lacp_update(m, bond, 0);
	model_witness(m);
	return 0;
}

static void unlink_slave(struct model_dev *bond, struct model_dev *slave)
{
	for (size_t i = 0; i < bond->n_slaves; i++)
		if (bond->slaves[i] == slave) {
			bond->n_slaves--;
			memmove(&bond->slaves[i], &bond->slaves[i + 1],
				(bond->n_slaves - i) * sizeof(*bond->slaves));
			break;
		}
	slave->master = NULL;
	slave->is_active = false;
	slave->enabled = false;
}

/* Puts a slave's own MAC and MTU back; a bond with fail_over_mac active never touched the MAC. */
static void restore(
	struct nb_model *m, struct model_dev *bond, struct model_dev *slave, bool unregister)
{
	model_dev_close(m, slave);
	if (fail_over_mac(bond) != FOM_ACTIVE)
		model_set_mac(m, slave, slave->original_mac);
	if (unregister)
		model_set_mtu_silently(m, slave, slave->original_mtu);
	else
		model_set_mtu(m, slave, slave->original_mtu);
}

void model_release(struct nb_model *m, struct model_dev *bond, struct model_dev *slave, bool all,
	bool unregister)
{
	bool was_active = bond->active == slave;

	unlink_slave(bond, slave);
	if (bond->primary == slave)
		bond->primary = NULL;
	if (was_active)
		model_change_active(m, bond, NULL);
	if (is_lb(bond))
		model_alb_deinit_slave(m, bond, slave);
	if (!all && was_active)
		model_select_active(m, bond);
	model_lacp_update(m, bond, 0);
	model_bond_carrier(m, bond);
	if (bond->n_slaves == 0) {
		model_random_mac(m, bond->link->mac);
		bond->mac_type = MAC_RANDOM;
		model_mac_changed(m, bond);
	}
	restore(m, bond, slave, unregister);
	model_witness(m);
}
