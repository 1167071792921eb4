/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * What happened to bonds by itself, seen by comparing two moments: failovers, links, LACP. What came
 * and went between two looks is told by the kernel's count of carrier changes.
 */

#include "daemon/daemon.h"

/** nbd_notice_compare() - tell the events between @before and now */
void nbd_notice_compare(struct nbd *d, const struct nbd_seen *before);

/**
 * nbd_notice_asked() - a failover to that slave was asked for: this is its reason when it comes
 *
 * Of the next failover of that bond alone.
 */
void nbd_notice_asked(struct nbd *d, const char *key, const char *slave);

/**
 * nbd_notice_lacp_age() - since when the LACP state of a link of that namespace is as it is, in ms
 * @ns:  as observed
 *
 * UINT64_MAX: since before this daemon looked.
 */
uint64_t nbd_notice_lacp_age(
	const struct nbd *d, const struct nb_netns *ns, int ifindex);

/** nbd_notice_done() - free what was remembered */
void nbd_notice_done(struct nbd *d);

/** nbd_notice_link_state() - "up", "set down", "down", "failing", "coming back" of a slave */
const char *nbd_notice_link_state(const struct nb_link *slave, const struct nb_link *bond);

/** nbd_notice_lacp_state() - of a port in mode 802.3ad, in words: "distributing", "no partner", ... */
const char *nbd_notice_lacp_state(const struct nb_link *slave);
