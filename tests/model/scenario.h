/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * Kernel rules as small stories, told on the model kernel and on the real one: each line of a
 * story does something or says what is to be seen then.
 *
 *	nic v0 [kind=dummy|vlan|...] [lower=bond0] [mac=...] [mtu=N] [max-mtu=N] [up] [unplugged]
 *	an operation of script.h, with "-> ERRNO" or "-> ERRNO: text" behind it when it is refused
 *	? LINK[@NS] expectation...	what observe() tells; see scenario-expect.c for the words
 *	tick N				let N tenths of a second pass
 *	plug v0 | unplug v0		the cable
 *	partner v0 1			what speaks LACP at its other end
 *	only model			what follows is about a switch of the model
 *	knob NAME[=N], kernel 6.12	(after "only model")
 */

#include "lib/core/exec.h"
#include "tests/model/kernel.h"

/* What a story is told on. Functions return 0 or a negative errno. */
struct nb_stage {
	const struct nb_exec_ops *exec;
	void *context;
	struct nb_model *model; /* NULL on the real kernel */
	int (*add_nic)(void *context, const struct nb_model_nic *nic);
	int (*plug)(void *context, const char *name, bool carrier);
	int (*partner)(void *context, const char *name, unsigned partner);
	void (*wait)(void *context, unsigned tenths);
	unsigned patience; /* tenths of a second in which an expectation may come true */
	char *const *namespaces; /* to observe */
	size_t n_namespaces;
};

struct nb_scenario {
	const char *rule;  /* one sentence */
	const char *story; /* lines */
};

/* All stories: bonds, slaves, addresses and routes, LACP, and what only the model does. */
extern const struct nb_scenario nb_scenarios_bond[], nb_scenarios_slave[], nb_scenarios_l3[],
	nb_scenarios_lacp[], nb_scenarios_model[];
extern const size_t nb_scenarios_bond_count, nb_scenarios_slave_count, nb_scenarios_l3_count,
	nb_scenarios_lacp_count, nb_scenarios_model_count;

/**
 * nb_scenario_run() - tell one story
 * @problems:  a line for each expectation that was not met
 *
 * Return: 0 told (look at @problems); -ENOTSUP it is about the model only and there is none;
 * -EINVAL a line that is not understood, told in @problems.
 */
int nb_scenario_run(
	const struct nb_stage *stage, const struct nb_scenario *scenario, struct nb_text *problems);

/** nb_scenario_mac() - the MAC a NIC of that name has where none is given */
void nb_scenario_mac(const char *name, uint8_t ret[6]);

/**
 * nb_scenario_holds() - whether one word of an expectation is so
 * @word:  changed
 *
 * Return: 1 it is so, 0 it is not, -EINVAL no such word.
 */
int nb_scenario_holds(const struct nb_netns *ns, const struct nb_link *link, char *word);

/** nb_stage_model() - a stage on a model kernel */
struct nb_stage nb_stage_model(struct nb_model *model);
