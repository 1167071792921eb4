/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * A failover tried on purpose: whether a slave may be taken out, and what the bond's monitoring
 * promises for it.
 */

#include "lib/core/model.h"

/* How a slave is taken out. */
enum nb_drill_how {
	NB_DRILL_DOWN,	  /* set down: the driver finds out by its monitoring */
	NB_DRILL_CARRIER, /* its carrier goes, where its driver can do that: as if a cable were pulled */
	NB_DRILL_RELEASE, /* released: the driver knows at once */
	NB_DRILL_HOW_COUNT,
};

/** nb_drill_how_name() - "down", "carrier", "release" */
const char *nb_drill_how_name(enum nb_drill_how how);

/** nb_drill_how_parse() - Return: 0, -EINVAL. */
int nb_drill_how_parse(const char *text, enum nb_drill_how *ret);

/**
 * nb_drill_promise() - how long traffic may stand still after a slave failed that way, ms
 *
 * By MII at most an interval and downdelay (bond_miimon_inspect()). By ARP or NS a slave is down
 * when nothing came for (arp-missed-max + 1/2) intervals, which is looked at each interval
 * (bond_time_in_interval(), bond_ab_arp_inspect(), bond_loadbalance_arp_mon()). A release
 * switches at once (__bond_release_one()). Return: UINT64_MAX without any monitoring.
 */
uint64_t nb_drill_promise(const struct nb_link *bond, enum nb_drill_how how);

/** nb_drill_has_active() - whether the mode of @bond sends through one active slave */
bool nb_drill_has_active(const struct nb_link *bond);

/**
 * nb_drill_refusal() - why @slave may not be taken out of @bond now
 * @why:  receives the sentence; nothing when it may
 *
 * The last good leg is never cut: another usable slave has to remain, and min-links of them.
 */
void nb_drill_refusal(const struct nb_netns *ns, const struct nb_link *bond,
	const struct nb_link *slave, enum nb_drill_how how, struct nb_text *why);
