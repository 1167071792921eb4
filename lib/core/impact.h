/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* What traffic will feel of a plan, in words: its operations summed up, bond by bond. */

#include "lib/core/plan.h"

/**
 * nb_impact_say() - append what one object's part of a plan means for its traffic
 * @goal:    NULL for what has none (a namespace, a device of a snapshot)
 * @object:  as the plan's operations name it
 *
 * "nothing stops", "down for about one LACP negotiation; IPv6 addresses and routes are put back".
 * Nothing is appended for an object without operations.
 */
void nb_impact_say(const struct nb_plan *plan, const struct nb_goal *goal, const char *object,
	struct nb_text *out);
