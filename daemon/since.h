/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * Since when each bond is as it is: its state, the active slave or aggregator, and the carriers of it
 * and its slaves. Kept in the run directory, so that a restart does not begin it anew; what was
 * missed meanwhile shows in the kernel's counts of carrier changes.
 */

#include "daemon/describe.h"

/* How a bond is, at one moment, and since when. Texts are borrowed from that moment. */
struct nbd_spell {
	const char *namespace, *name;
	int ifindex;		/* 0: not there */
	const char *state;	/* static */
	const char *active;	/* "" = none */
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

/** nbd_since_save() - keep what is not on disk yet */
void nbd_since_save(struct nbd *d);
