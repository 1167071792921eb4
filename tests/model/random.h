/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * Random configurations that a user could have written: valid, of all modes and options, over a
 * fixed set of devices. The same seed gives the same text on every machine.
 */

#include "lib/core/config.h"

#define NB_RANDOM_NICS 6 /* eth0 ... eth5 */

struct nb_random {
	uint64_t state;
	bool types;	/* namespaces have more than a network */
	bool matches;	/* half of the slaves by a match: what is to fit has a parent device */
	uint64_t avoid; /* rows of bonds never named: this kernel refuses some of their values */
};

/** nb_random_below() - a number from 0 to @n - 1 */
unsigned nb_random_below(struct nb_random *random, unsigned n);

/** nb_random_chance() - true in @percent of 100 cases */
bool nb_random_chance(struct nb_random *random, unsigned percent);

/**
 * nb_random_config() - a valid configuration
 * @namespaces:  some bonds lie in the declared namespace "storage"
 * @ret_text:    the YAML, owned by the caller
 * @ret:         what it says, checked and canonical, owned by the caller
 *
 * Ends the program when memory runs out or no valid text is found: this is a test's tool.
 */
void nb_random_config(struct nb_random *random, bool namespaces, char **ret_text,
	struct nb_config **ret);
