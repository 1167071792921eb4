/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What changes with time: link monitoring (bond_miimon_inspect()) and LACP (bond_3ad.c). */
#include <string.h>

#include "tests/model/internal.h"

#define ACTIVITY        0x01
#define TIMEOUT         0x02
#define AGGREGATION     0x04
#define SYNCHRONIZATION 0x08
#define COLLECTING      0x10
#define DISTRIBUTING    0x20
#define DEFAULTED       0x40

static bool has_link(const struct model_dev *slave)
{
	return slave->is_up && model_carrier(slave);
}

/* bond_enslave(): "check for initial state" */
void model_initial_state(struct nb_model *m, struct model_dev *bond, struct model_dev *slave)
{
	bool arp = nb_optset_u(&bond->opts, IFLA_BOND_ARP_INTERVAL) > 0;
	unsigned updelay = (unsigned)nb_optset_u(&bond->opts, IFLA_BOND_UPDELAY);

	slave->delay = 0;
	slave->silent_ms = 0;
	if (nb_optset_u(&bond->opts, IFLA_BOND_MIIMON) > 0) {
		slave->mii = has_link(slave) ? BOND_LINK_UP : BOND_LINK_DOWN;
		if (slave->mii == BOND_LINK_UP && updelay > 0) {
			slave->mii = BOND_LINK_BACK;
			slave->delay = updelay;
		}
	} else {
		slave->mii = !arp || model_carrier(slave) ? BOND_LINK_UP : BOND_LINK_DOWN;
	}
}

static void link_went_down(struct model_dev *bond, struct model_dev *slave, bool *failover)
{
	unsigned mode = model_mode(bond);

	slave->failures++;
	slave->mii = BOND_LINK_DOWN;
	if (mode == BOND_MODE_ACTIVEBACKUP || mode == BOND_MODE_8023AD)
		slave->is_active = false;
	if (slave == bond->active)
		*failover = true;
}

static void link_came_up(struct model_dev *bond, struct model_dev *slave, bool *failover)
{
	unsigned mode = model_mode(bond);

	slave->mii = BOND_LINK_UP;
	if (mode != BOND_MODE_8023AD && mode != BOND_MODE_ACTIVEBACKUP)
		slave->is_active = true;
	if (!bond->active || slave == bond->primary ||
		nb_optset_get(&slave->port, IFLA_BOND_SLAVE_PRIO).s >
			nb_optset_get(&bond->active->port, IFLA_BOND_SLAVE_PRIO).s)
		*failover = true;
}

/* One slave of bond_miimon_inspect() and bond_miimon_commit(). */
static void inspect_slave(struct model_dev *bond, struct model_dev *slave, bool step,
	bool *no_updelay, bool *failover)
{
	bool link = has_link(slave);

	if (slave->mii == BOND_LINK_UP && !link) {
		slave->mii = BOND_LINK_FAIL;
		slave->delay = (unsigned)nb_optset_u(&bond->opts, IFLA_BOND_DOWNDELAY);
	} else if (slave->mii == BOND_LINK_DOWN && link) {
		slave->mii = BOND_LINK_BACK;
		slave->delay = (unsigned)nb_optset_u(&bond->opts, IFLA_BOND_UPDELAY);
	}
	if (slave->mii == BOND_LINK_FAIL) {
		if (link)
			slave->mii = BOND_LINK_UP;
		else if (slave->delay == 0)
			link_went_down(bond, slave, failover);
		else
			slave->delay -= step;
	} else if (slave->mii == BOND_LINK_BACK) {
		if (!link) {
			slave->mii = BOND_LINK_DOWN;
		} else if (slave->delay == 0 || *no_updelay) {
			link_came_up(bond, slave, failover);
			*no_updelay = false;
		} else {
			slave->delay -= step;
		}
	}
}

static void inspect_once(struct nb_model *m, struct model_dev *bond, bool step)
{
	bool failover = false, no_updelay = true;

	for (size_t i = 0; i < bond->n_slaves; i++)
		if (bond->slaves[i]->mii == BOND_LINK_UP && has_link(bond->slaves[i]))
			no_updelay = false;
	if (model_mode(bond) == BOND_MODE_ACTIVEBACKUP)
		no_updelay = !bond->active;
	for (size_t i = 0; i < bond->n_slaves; i++)
		inspect_slave(bond, bond->slaves[i], step, &no_updelay, &failover);
	if (failover)
		model_select_active(m, bond);
}

/* bond_activebackup_arp_mon() looks once in an interval; a tick is 100 ms. */
static bool arp_is_due(struct model_dev *bond, unsigned ticks)
{
	uint64_t interval = nb_optset_u(&bond->opts, IFLA_BOND_ARP_INTERVAL);

	bond->arp_ms = interval > 0 ? bond->arp_ms + 100 * (uint64_t)ticks : 0;
	if (interval == 0 || bond->arp_ms < interval)
		return false;
	bond->arp_ms = 0;
	return true;
}

/*
 * The ARP monitor looks when it starts, and takes a slave that was heard within one and a half
 * intervals for one that is up, whatever its carrier is (bond_ab_arp_inspect(),
 * bond_loadbalance_arp_mon()); bond_enslave() counts as such a moment.
 */
void model_arp_start(struct nb_model *m, struct model_dev *bond)
{
	uint64_t interval = nb_optset_u(&bond->opts, IFLA_BOND_ARP_INTERVAL);
	bool failover = false;

	if (!bond->is_up || interval == 0)
		return;
	for (size_t i = 0; i < bond->n_slaves; i++) {
		struct model_dev *slave = bond->slaves[i];

		/* bond_ab_arp_commit() leaves the active one as it is */
		if (slave == bond->active && model_mode(bond) == BOND_MODE_ACTIVEBACKUP)
			continue;
		if (slave->mii != BOND_LINK_UP && 2 * slave->silent_ms <= 3 * interval)
			link_came_up(bond, slave, &failover);
	}
	if (failover)
		model_select_active(m, bond);
}

static void count_silence(struct model_dev *bond, unsigned ticks)
{
	for (size_t i = 0; i < bond->n_slaves; i++) {
		struct model_dev *slave = bond->slaves[i];

		slave->silent_ms = has_link(slave) ? 0 : slave->silent_ms + 100 * (uint64_t)ticks;
	}
}

/*
 * Lets the MII monitor look @ticks times; 0 = once without counting time. It works only while the
 * bond is up. ARP targets are taken to answer through every slave that has a link.
 */
void model_inspect(struct nb_model *m, struct model_dev *bond, unsigned ticks)
{
	bool mii = nb_optset_u(&bond->opts, IFLA_BOND_MIIMON) > 0;

	count_silence(bond, ticks);
	if (!bond->is_up)
		return;
	for (unsigned i = 0; mii && i < NB_MAX(ticks, 1u); i++)
		inspect_once(m, bond, ticks > 0);
	if (arp_is_due(bond, ticks))
		inspect_once(m, bond, true);
	model_lacp_update(m, bond, ticks);
	model_bond_carrier(m, bond);
}

/* bond_3ad_bind_slave(): the port takes its key now and keeps it */
void model_lacp_bind(struct nb_model *m, struct model_dev *bond, struct model_dev *slave)
{
	if (bond->n_slaves == 0)
		bond->aggregators = 0;
	slave->aggregator = slave->joined = ++bond->aggregators;
	slave->actor_key =
		(int)(nb_optset_u(&bond->opts, IFLA_BOND_AD_USER_PORT_KEY) << 6) | slave->speed_key;
	slave->actor_state = AGGREGATION | DEFAULTED;
	slave->partner_state = 0;
}

/* Ports with one partner and one key share an aggregator: that of the first of them. */
static unsigned aggregator_of(const struct model_dev *bond, const struct model_dev *port)
{
	if (!port->negotiated)
		return port->aggregator;
	for (size_t i = 0; i < bond->n_slaves; i++) {
		const struct model_dev *other = bond->slaves[i];

		if (other->negotiated && other->partner == port->partner &&
			other->actor_key == port->actor_key)
			return other->aggregator;
	}
	return port->aggregator;
}

struct aggregator {
	unsigned number, ports;
	uint64_t prio;
	bool partner;
};

static struct aggregator measure(const struct model_dev *bond, unsigned number, bool ready)
{
	struct aggregator a = { .number = number };

	for (size_t i = 0; number > 0 && i < bond->n_slaves; i++) {
		const struct model_dev *port = bond->slaves[i];

		if (port->joined != number || !has_link(port) || port->mii != BOND_LINK_UP)
			continue;
		if (ready && port->lacp_ticks == 0)
			continue;
		a.ports++;
		a.prio += nb_optset_u(&port->port, IFLA_BOND_SLAVE_ACTOR_PORT_PRIO);
		a.partner |= port->negotiated;
	}
	return a;
}

/* ad_agg_selection_test(); all model NICs are equally fast, so bandwidth is count */
static bool is_better(const struct aggregator *a, const struct aggregator *than, unsigned policy)
{
	if (a->partner != than->partner)
		return a->partner;
	if (policy == 3 && a->prio != than->prio)
		return a->prio > than->prio;
	return policy != 0 && a->ports > than->ports;
}

static unsigned select_aggregator(const struct nb_model *m, const struct model_dev *bond)
{
	unsigned policy = (unsigned)nb_optset_u(&bond->opts, IFLA_BOND_AD_SELECT);
	bool ready = m->knobs.lacp_ticks > 0;
	struct aggregator best = measure(bond, bond->active_aggregator, false);

	if (policy == 0 && best.ports > 0 && best.partner)
		return best.number;
	for (size_t i = 0; i < bond->n_slaves; i++) {
		struct aggregator a = measure(bond, bond->slaves[i]->joined, ready);

		if (a.ports > 0 && (best.ports == 0 || is_better(&a, &best, policy)))
			best = a;
	}
	return best.ports > 0 ? best.number : 0;
}

static void update_state(
	const struct nb_model *m, const struct model_dev *bond, struct model_dev *port)
{
	uint8_t state = AGGREGATION;

	if (nb_optset_u(&bond->opts, IFLA_BOND_AD_LACP_ACTIVE))
		state |= ACTIVITY;
	if (nb_optset_u(&bond->opts, IFLA_BOND_AD_LACP_RATE))
		state |= TIMEOUT;
	if (!has_link(port)) {
		/* Before 6.12 a port without carrier keeps the bits it had. */
		if (m->knobs.kernel.ports_cleared) {
			port->actor_state &= (uint8_t) ~(COLLECTING | DISTRIBUTING);
			port->partner_state &= (uint8_t)~SYNCHRONIZATION;
		}
		return;
	}
	if (port->negotiated) {
		port->actor_state = state | SYNCHRONIZATION | COLLECTING | DISTRIBUTING;
		port->partner_state = 0x3d;
		return;
	}
	port->actor_state = state | DEFAULTED | (port->enabled ? SYNCHRONIZATION : 0);
	port->partner_state = 0;
}

static void update_port(const struct nb_model *m, struct model_dev *port, unsigned ticks)
{
	bool link = has_link(port) && port->mii == BOND_LINK_UP;

	port->lacp_ticks = link ? port->lacp_ticks + ticks : 0;
	port->negotiated = link && port->partner > 0 && port->lacp_ticks >= m->knobs.lacp_ticks;
}

void model_lacp_update(struct nb_model *m, struct model_dev *bond, unsigned ticks)
{
	if (model_mode(bond) != BOND_MODE_8023AD)
		return;
	for (size_t i = 0; bond->is_up && i < bond->n_slaves; i++)
		update_port(m, bond->slaves[i], ticks);
	for (size_t i = 0; i < bond->n_slaves; i++)
		bond->slaves[i]->joined = aggregator_of(bond, bond->slaves[i]);
	if (bond->is_up || bond->n_slaves == 0)
		bond->active_aggregator = bond->n_slaves ? select_aggregator(m, bond) : 0;
	for (size_t i = 0; i < bond->n_slaves; i++) {
		struct model_dev *port = bond->slaves[i];
		bool partner = measure(bond, bond->active_aggregator, false).partner;

		port->enabled = has_link(port) && port->mii == BOND_LINK_UP &&
				port->joined == bond->active_aggregator &&
				(port->negotiated || !partner);
		port->is_active = port->enabled;
		if (bond->is_up)
			update_state(m, bond, port);
	}
	model_bond_carrier(m, bond);
}
