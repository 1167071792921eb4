/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* A plan from texts, and what it says. */

#include "tests/unit/planning.h"

#include "lib/core/plan.h"

static inline struct nb_plan *plan_of(struct planning *p, struct nb_policy policy)
{
	struct nb_plan *plan = NULL;

	policy.memory = &p->memory;
	if (planning_resolve(p) < 0)
		planning_fail(p, "what shall be");
	assert_int_equal(nb_plan_build(p->target, p->state, &policy, &plan, &p->diag), 0);
	assert_non_null(plan);
	return plan;
}

#define EVERYTHING ((struct nb_policy){ .limit = NB_CLASS_REBUILD, .asked = true })

static inline void assert_plan(const struct nb_plan *plan, const char *expected)
{
	NB_CLEANUP(nb_text_done) struct nb_text text = { 0 };

	nb_plan_format(plan, &text);
	assert_string_equal(text.text, expected);
}

/* The operation of that description. */
static inline const struct nb_op *op_of(const struct nb_plan *plan, const char *description)
{
	for (size_t i = 0; i < plan->n_ops; i++) {
		NB_CLEANUP(nb_text_done) struct nb_text text = { 0 };

		nb_op_describe(&plan->ops[i], &text);
		if (nb_streq(text.text, description))
			return &plan->ops[i];
	}
	fail_msg("no operation \"%s\"", description);
	return NULL;
}

#define AB2 "bonds: {bond0: {mode: active-backup, miimon: 100, slaves: [eth0, eth1]}}\n"
#define AD2 "bonds: {bond0: {mode: 802.3ad, slaves: [eth0, eth1]}}\n"
