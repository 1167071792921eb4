/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * What others put upon a bond: addresses with a metric of their own, routes that no file can say,
 * VLANs with as much. A plan has to leave it as it is, put it back or tell of it.
 */

#include "lib/core/diag.h"
#include "lib/core/op.h"
#include "tests/model/random.h"

/* Who does it: another tool's requests to the model or to the kernel. */
struct nb_meddler {
	int (*run)(void *context, const struct nb_op *op);
	int (*add_vlan)(void *context, const char *name, const char *lower, unsigned id);
	/* Return: the ifindex of a device, 0 when there is none. */
	int (*index)(void *context, const char *name);
	void *context;
	bool spare_nics; /* no VLAN upon a NIC: from another namespace nobody sees what it lies upon */
};

/**
 * nb_meddle() - do some of it to bond0, and to a device upon it or upon a NIC
 *
 * What is refused, for want of the device or because it is there, is refused. Ends the program
 * when memory runs out.
 */
void nb_meddle(struct nb_random *random, const struct nb_meddler *meddler);

/**
 * nb_meddle_lost() - append what was there and is not any more, a line each
 * @before, @after:  netbond's own namespace is looked at
 * @told:            what the run said: what it named as lost does not count
 *
 * Looked at are devices that are still there, up, and not enslaved since.
 */
void nb_meddle_lost(const struct nb_state *before, const struct nb_state *after,
	const struct nb_diag *told, struct nb_text *out);
