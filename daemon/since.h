/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * Since when each bond is as it is: its state, the active slave or aggregator, and the carriers of it
 * and its slaves. Kept in the run directory, so that a restart does not begin it anew; what was
 * missed meanwhile shows in the kernel's counts of carrier changes.
 */

#include "daemon/describe.h"

/* How a bond is and since when; the same one in all moments in which it is so. */
struct nbd_spell {
	unsigned sharers;	/* pages that have it, beside the first (pages.h) */
	char *namespace;
	char name[IFNAMSIZ];
	int ifindex;		/* 0: not there */
	char state[IFNAMSIZ];	/* nbd_bond_state() */
	char active[IFNAMSIZ];	/* "" = none */
	uint64_t aggregator;
	uint64_t changes;	/* of the carriers of it and its slaves, ever */
	uint64_t usec;		/* CLOCK_REALTIME */
	bool seen;		/* it began before our eyes; else it may have been so for longer */
};

/**
 * nbd_since_update() - fill in the spells of the new moment, after @before
 *
 * They are kept on disk with each look at everything: a file for all of them would cost more than
 * what happened to one bond.
 */
void nbd_since_update(struct nbd *d, const struct nbd_seen *before, struct nbd_seen *now);

/** nbd_since_drop() - let go of the spells of a moment */
void nbd_since_drop(struct nb_pages *spells);

/** nbd_since_save() - keep what is not on disk yet */
void nbd_since_save(struct nbd *d);
