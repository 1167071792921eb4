/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The active slave and the carrier of a bond (bond_select_active_slave(), bond_set_carrier()). */
#include <string.h>

#include "tests/model/internal.h"

enum { RESELECT_ALWAYS, RESELECT_BETTER, RESELECT_FAILURE };
enum { FOM_NONE, FOM_ACTIVE, FOM_FOLLOW };

static int64_t prio(const struct model_dev *slave)
{
	return nb_optset_get(&slave->port, IFLA_BOND_SLAVE_PRIO).s;
}

static struct model_dev *highest_prio(const struct model_dev *bond)
{
	struct model_dev *best = NULL;

	for (size_t i = 0; i < bond->n_slaves; i++) {
		struct model_dev *slave = bond->slaves[i];

		if (slave->mii == BOND_LINK_UP && (!best || prio(slave) > prio(best)))
			best = slave;
	}
	return best;
}

/* bond_choose_primary_or_current(); all model NICs are equally fast */
static struct model_dev *choose(struct model_dev *bond)
{
	struct model_dev *wanted = bond->primary, *now = bond->active;
	bool now_up = now && now->mii == BOND_LINK_UP;

	if (!wanted || wanted->mii != BOND_LINK_UP) {
		wanted = highest_prio(bond);
		if (!wanted || wanted == now)
			return now_up ? now : NULL;
	} else if (bond->force_primary) {
		bond->force_primary = false;
		return wanted;
	}
	if (!now_up)
		return wanted;
	switch (nb_optset_u(&bond->opts, IFLA_BOND_PRIMARY_RESELECT)) {
	case RESELECT_ALWAYS:
		return wanted;
	case RESELECT_BETTER:
	case RESELECT_FAILURE:
	default:
		return now;
	}
}

/* bond_find_best_slave() */
static struct model_dev *find_best(struct model_dev *bond)
{
	struct model_dev *best = choose(bond);
	unsigned least = (unsigned)nb_optset_u(&bond->opts, IFLA_BOND_UPDELAY);

	if (best)
		return best;
	for (size_t i = 0; i < bond->n_slaves; i++) {
		struct model_dev *slave = bond->slaves[i];

		if (slave->mii == BOND_LINK_UP)
			return slave;
		if (slave->mii == BOND_LINK_BACK && slave->is_up && model_carrier(slave) &&
			slave->delay < least) {
			least = slave->delay;
			best = slave;
		}
	}
	return best;
}

void model_steal_mac(struct nb_model *m, struct model_dev *bond, const struct model_dev *from)
{
	/* bond_set_dev_addr() */
	memcpy(bond->link->mac, from->link->mac, 6);
	bond->mac_type = MAC_STOLEN;
	model_mac_changed(m, bond);
}

static struct model_dev *has_bond_mac(struct model_dev *bond, const struct model_dev *but)
{
	for (size_t i = 0; i < bond->n_slaves; i++)
		if (bond->slaves[i] != but &&
			memcmp(bond->slaves[i]->link->mac, bond->link->mac, 6) == 0)
			return bond->slaves[i];
	return NULL;
}

/* bond_do_fail_over_mac() */
static void fail_over_mac(
	struct nb_model *m, struct model_dev *bond, struct model_dev *to, struct model_dev *from)
{
	uint8_t mac[6];

	switch (nb_optset_u(&bond->opts, IFLA_BOND_FAIL_OVER_MAC)) {
	case FOM_ACTIVE:
		model_steal_mac(m, bond, to);
		break;
	case FOM_FOLLOW:
		if (!from)
			from = has_bond_mac(bond, to);
		memcpy(mac, to->link->mac, 6);
		model_set_mac(m, to, from ? from->link->mac : bond->link->mac);
		if (from)
			model_set_mac(m, from, mac);
		break;
	default:
		break;
	}
}

void model_change_active(struct nb_model *m, struct model_dev *bond, struct model_dev *to)
{
	struct model_dev *from = bond->active;
	unsigned mode = model_mode(bond);

	if (from == to)
		return;
	if (to && to->mii == BOND_LINK_BACK) {
		to->delay = 0;
		to->mii = BOND_LINK_UP;
	}
	if (mode == BOND_MODE_TLB || mode == BOND_MODE_ALB) {
		model_alb_active_changed(m, bond, to);
		if (to)
			to->is_active = true;
		return;
	}
	bond->active = to;
	if (mode != BOND_MODE_ACTIVEBACKUP)
		return;
	if (from)
		from->is_active = false;
	if (to) {
		to->is_active = true;
		fail_over_mac(m, bond, to, from);
	}
}

void model_select_active(struct nb_model *m, struct model_dev *bond)
{
	struct model_dev *best = find_best(bond);

	if (best == bond->active)
		return;
	model_change_active(m, bond, best);
	model_bond_carrier(m, bond);
}

void model_set_plugged(struct nb_model *m, struct model_dev *dev, bool carrier)
{
	if (dev->plugged == carrier)
		return;
	dev->plugged = carrier;
	model_carrier_changed(m, dev);
}

/* bond_3ad_set_carrier(); lacp_strict counts only ports agreed with the partner */
static bool carrier_8023ad(const struct model_dev *bond)
{
	uint64_t ports = 0, least = nb_optset_u(&bond->opts, IFLA_BOND_MIN_LINKS);
	bool strict = nb_optset_u(&bond->opts, IFLA_BOND_LACP_STRICT);

	if (bond->active_aggregator == 0)
		return false;
	for (size_t i = 0; i < bond->n_slaves; i++)
		if (bond->slaves[i]->enabled && (!strict || bond->slaves[i]->negotiated))
			ports++;
	return ports >= least;
}

void model_bond_carrier(struct nb_model *m, struct model_dev *bond)
{
	bool carrier = false;

	if (bond->n_slaves > 0 && model_mode(bond) == BOND_MODE_8023AD)
		carrier = carrier_8023ad(bond);
	else
		for (size_t i = 0; i < bond->n_slaves; i++)
			if (bond->slaves[i]->mii == BOND_LINK_UP)
				carrier = true;
	model_set_plugged(m, bond, carrier);
}
