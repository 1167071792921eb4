/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* MAC addresses of the slaves in balance-tlb and balance-alb (bond_alb.c). */
#include <errno.h>
#include <string.h>

#include "tests/model/internal.h"

static void set_slave_mac(
	struct nb_model *m, struct model_dev *bond, struct model_dev *slave, const uint8_t mac[6])
{
	uint8_t copy[6];

	memcpy(copy, mac, 6);
	if (model_mode(bond) == BOND_MODE_TLB)
		memcpy(slave->link->mac, copy, 6);
	else
		model_set_mac(m, slave, copy);
}

static void swap_macs(
	struct nb_model *m, struct model_dev *bond, struct model_dev *a, struct model_dev *b)
{
	uint8_t mac[6];

	memcpy(mac, a->link->mac, 6);
	set_slave_mac(m, bond, a, b->link->mac);
	set_slave_mac(m, bond, b, mac);
}

static struct model_dev *slave_with(struct model_dev *bond, const uint8_t mac[6])
{
	for (size_t i = 0; i < bond->n_slaves; i++)
		if (memcmp(bond->slaves[i]->link->mac, mac, 6) == 0)
			return bond->slaves[i];
	return NULL;
}

/* bond_alb_init_slave(), alb_handle_addr_collision_on_attach() */
int model_alb_init_slave(struct nb_model *m, struct model_dev *bond, struct model_dev *slave)
{
	bool bond_mac_used = bond->active != NULL;

	set_slave_mac(m, bond, slave, slave->original_mac);
	if (bond->n_slaves == 0)
		return 0;
	if (memcmp(slave->original_mac, bond->link->mac, 6) != 0) {
		if (!slave_with(bond, slave->link->mac))
			return 0;
		set_slave_mac(m, bond, slave, bond->link->mac);
	}
	for (size_t i = 0; i < bond->n_slaves; i++) {
		if (!slave_with(bond, bond->slaves[i]->original_mac)) {
			set_slave_mac(m, bond, slave, bond->slaves[i]->original_mac);
			return 0;
		}
		if (memcmp(bond->slaves[i]->link->mac, bond->link->mac, 6) == 0)
			bond_mac_used = true;
	}
	return bond_mac_used ? model_fail(m, EFAULT, NULL) : 0;
}

/* alb_change_hw_addr_on_detach() */
void model_alb_deinit_slave(struct nb_model *m, struct model_dev *bond, struct model_dev *slave)
{
	struct model_dev *other;

	if (bond->n_slaves == 0 || memcmp(slave->original_mac, slave->link->mac, 6) == 0 ||
		memcmp(slave->original_mac, bond->link->mac, 6) == 0)
		return;
	other = slave_with(bond, slave->original_mac);
	if (other)
		swap_macs(m, bond, slave, other);
}

/* bond_alb_handle_active_change(): the active slave has the bond's MAC */
void model_alb_active_changed(struct nb_model *m, struct model_dev *bond, struct model_dev *to)
{
	struct model_dev *from = bond->active;

	bond->active = to;
	if (!to || bond->n_slaves == 0)
		return;
	if (!from)
		from = slave_with(bond, bond->link->mac);
	if (from)
		swap_macs(m, bond, from, to);
	else
		set_slave_mac(m, bond, to, bond->link->mac);
}

/* bond_alb_set_mac_address(): the other slaves keep theirs */
int model_alb_set_mac(struct nb_model *m, struct model_dev *bond, const uint8_t mac[6])
{
	static const uint8_t zero[6];
	struct model_dev *other;

	if ((mac[0] & 1) || memcmp(mac, zero, 6) == 0)
		return model_fail(m, EADDRNOTAVAIL, NULL);
	memcpy(bond->link->mac, mac, 6);
	if (!bond->active)
		return 0;
	other = slave_with(bond, mac);
	if (other)
		swap_macs(m, bond, other, bond->active);
	else
		set_slave_mac(m, bond, bond->active, mac);
	return 0;
}
