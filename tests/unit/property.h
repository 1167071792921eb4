/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * What tests of properties share: seeds from the environment, and the model kernel that a seed
 * stands for. NETBOND_SEED=N starts there, NETBOND_COUNT=N tries that many.
 */

#include <stdlib.h>

#include "tests/model/kernel.h"
#include "tests/model/random.h"
#include "tests/unit/unit.h"

/* Rows that came after 6.1 and 6.12, or took other values since. */
#define PROPERTY_NEW_ROWS                                                     \
	(NB_BIT(IFLA_BOND_AD_SELECT) | NB_BIT(IFLA_BOND_BROADCAST_NEIGH) |    \
		NB_BIT(IFLA_BOND_LACP_STRICT))

static inline uint64_t property_number(const char *name, uint64_t otherwise)
{
	const char *text = getenv(name);
	uint64_t value = otherwise;

	if (text)
		assert_int_equal(nb_parse_u64(text, UINT64_MAX, &value), 0);
	return value;
}

static inline struct nb_random property_random(uint64_t seed)
{
	return (struct nb_random){ .state = seed * 1000003 };
}

/* An empty machine of that seed, one third of each kernel; @random avoids what it does not know. */
static inline struct nb_model *property_model(uint64_t seed, struct nb_random *random)
{
	struct nb_model *model = nb_model_new(NULL);

	assert_non_null(model);
	nb_model_knobs(model)->promote_secondaries = nb_random_chance(random, 50);
	nb_model_knobs(model)->keep_addr_on_down = nb_random_chance(random, 30);
	nb_model_knobs(model)->lacp_ticks = 3;
	random->avoid = PROPERTY_NEW_ROWS;
	if (seed % 3 == 1)
		nb_model_knobs(model)->kernel = nb_model_linux_6_12;
	if (seed % 3 == 2) {
		nb_model_knobs(model)->kernel = nb_model_linux_7_2;
		random->avoid = NB_BIT(IFLA_BOND_USE_CARRIER);
	}
	return model;
}
