/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* What a run saw and left: everything that is shown comes from here. */

#include "lib/core/plan.h"

struct nbd_seen {
	struct nb_state *observed;  /* NULL before the first run ended */
	struct nb_target *target;
	struct nb_plan *plan;	    /* no operations; what is held */
};

/** nbd_seen_done() - free the contents */
static inline void nbd_seen_done(struct nbd_seen *seen)
{
	nb_state_free(seen->observed);
	nb_target_free(seen->target);
	nb_plan_free(seen->plan);
	*seen = (struct nbd_seen){ 0 };
}
