/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * The model kernel and the running one side by side: every operation is run on both, and what they
 * answer and show is compared.
 */

#include "lib/nl/execute.h"
#include "tests/model/scenario.h"
#include "tests/real/compare-state.h"

struct twin {
	struct nb_model *model;
	struct nb_exec *real;
	const struct nb_model_kernel *kernel; /* what the model plays; NULL = Linux 6.1 */
	struct mac_pairs macs;
	unsigned next; /* number of NICs made so far, for the names of their other ends */
	struct twin_nic {
		char name[IFNAMSIZ], peer[IFNAMSIZ];
	} nics[64];
	size_t n_nics;
	unsigned ops, disagreements;
	struct nb_text story;	/* operations since the start of the story */
	struct nb_text told;	/* disagreements of this story */
};

/** twin_start() - an empty kernel on both sides. Return: 0, a negative errno. */
int twin_start(struct twin *twin);

/** twin_end() - forget the story; the running kernel is emptied */
void twin_end(struct twin *twin);

/** twin_stage() - a stage on both; what it shows is what the running kernel shows */
struct nb_stage twin_stage(struct twin *twin);

/**
 * twin_run() - one line of script.h on both
 *
 * Goes on until no updelay or downdelay runs: what the next line meets is then the same on both,
 * however long the running kernel has taken. Return: what the running kernel answered.
 */
int twin_run(struct twin *twin, const char *line);

/** twin_compare() - look at both; a difference that stays for 2 s is a disagreement */
void twin_compare(struct twin *twin);
