/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * Counters of links at this moment. They move all the time, so they are asked for when somebody
 * wants to see them and are no part of the observed state.
 */

#include "lib/core/uapi.h"
#include "lib/nl/space.h"

struct nb_stats {
	int ifindex;
	struct rtnl_link_stats64 link;
	bool has_lacp;	/* the slave of a bond of mode 802.3ad */
	uint64_t lacp[BOND_3AD_STAT_MAX + 1]; /* by BOND_3AD_STAT_*, since it was enslaved */
};

/**
 * nb_stats_take() - the counters of all links of a namespace, by one dump (RTM_GETSTATS)
 * @each:  called for each link; a negative errno ends it
 *
 * The kernel's rtnl_fill_statsinfo() fills in what it has; the LACP counters come from
 * bond_fill_linkxstats(), of slaves in mode 802.3ad alone.
 * Return: 0; -EBADMSG a message makes no sense; -EAGAIN, and the errors of nb_rtnl_dump().
 */
int nb_stats_take(struct nb_space *space, int (*each)(void *context, const struct nb_stats *stats),
	void *context);
