/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* The state of the model kernel against that of the running one, in what a plan can rely on. */

#include "lib/core/model.h"

/* MACs that a kernel made up: which one of the model is which one of the running kernel. */
struct mac_pairs {
	struct mac_pair {
		uint8_t model[6], real[6];
	} *items;
	size_t n_items, capacity;
};

/**
 * compare_states() - append a line for each difference
 * @settling:  a slave of the model waits for a delay: what depends on time is left out
 *
 * Left out: lo, devices the model does not have, LACP's own states, counters, the tentative flag,
 * the value of link-local addresses.
 */
void compare_states(const struct nb_state *model, const struct nb_state *real, bool settling,
	struct mac_pairs *macs, struct nb_text *out);

void mac_pairs_done(struct mac_pairs *macs);
