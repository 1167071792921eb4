/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * A configuration, a snapshot and netbond's memory from YAML, and what is resolved and compared of
 * them, for tests of the files between the parser and the plan.
 */

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "tests/unit/unit.h"

#include "lib/core/diff.h"
#include "lib/core/rules.h"
#include "lib/yaml/config.h"
#include "lib/yaml/memory.h"

struct planning {
	struct nb_diag diag;
	size_t told; /* problems told before what is tested */
	struct nb_config *config;
	struct nb_state *state;
	struct nb_memory memory;
	struct nb_target *target;
	/* Of one goal, by planning_compare(). */
	struct nb_view view;
	struct nb_diff diff;
};

static inline void planning_fail(struct planning *p, const char *what)
{
	for (size_t i = 0; i < p->diag.n_problems; i++) {
		struct nb_text text = { 0 };

		nb_diag_format(&p->diag, &p->diag.problems[i], &text);
		print_message("%s", text.text);
		nb_text_done(&text);
	}
	fail_msg("%s cannot be read", what);
}

/* Read the texts; @objects may be NULL. The configuration is checked and canonical. */
static inline void planning_start(
	struct planning *p, const char *desired, const char *observed, const char *objects)
{
	*p = (struct planning){ 0 };
	p->config = nb_config_new();
	assert_non_null(p->config);
	if (nb_yaml_load("desired", desired, strlen(desired), 0, p->config, &p->diag) < 0 ||
		nb_rules_check(p->config, &p->diag) < 0 || nb_rules_canonicalise(p->config) < 0)
		planning_fail(p, "the configuration");
	if (nb_yaml_load_state("observed", observed, strlen(observed), &p->state, &p->diag) < 0)
		planning_fail(p, "the snapshot");
	if (objects && nb_yaml_load_memory("objects", objects, strlen(objects), &p->memory,
			       &p->diag) < 0)
		planning_fail(p, "the memory");
	p->told = p->diag.n_problems;
}

static inline void planning_done(struct planning *p)
{
	nb_view_done(&p->view);
	nb_diff_done(&p->diff);
	nb_target_free(p->target);
	nb_memory_done(&p->memory);
	nb_state_free(p->state);
	nb_config_free(p->config);
	nb_diag_done(&p->diag);
}

static inline int planning_resolve(struct planning *p)
{
	p->target = nb_target_free(p->target);
	return nb_resolve(p->config, p->state, &p->memory, &p->target, &p->diag);
}

/* The goal of that key after a resolution that must succeed. */
static inline struct nb_goal *planning_goal(struct planning *p, const char *key)
{
	if (!p->target && planning_resolve(p) < 0)
		planning_fail(p, "what shall be");
	for (size_t i = 0; i < p->target->goals.n; i++) {
		if (nb_streq(nb_target_goal(p->target, i)->key, key))
			return nb_target_goal(p->target, i);
	}
	fail_msg("no goal %s", key);
	return NULL;
}

/* Compare the goal of that key as it stands now with the snapshot, anew. */
static inline void planning_compare(struct planning *p, const char *key)
{
	struct nb_goal *goal = planning_goal(p, key);

	nb_view_done(&p->view);
	nb_diff_done(&p->diff);
	assert_int_equal(nb_view_init(&p->view, goal, p->target, p->state, &p->memory), 0);
	assert_int_equal(nb_diff_build(&p->view, &p->diff, &p->diag), 0);
}

/* What was told, one problem a line: "error 2:3: bond0: TEXT (other 3:4) = HINT". */
static inline char *planning_said(const struct planning *p)
{
	static const char *const severities[] = { "note", "warning", "error" };
	struct nb_text out = { 0 };

	for (size_t i = p->told; i < p->diag.n_problems; i++) {
		const struct nb_problem *problem = &p->diag.problems[i];

		nb_text_add(&out, "%s %u:%u: %s: %s", severities[problem->severity],
			problem->mark.line, problem->mark.column,
			problem->object ? problem->object : "", problem->text);
		if (problem->other.line)
			nb_text_add(&out, " (other %u:%u)", problem->other.line,
				problem->other.column);
		if (problem->hint)
			nb_text_add(&out, " = %s", problem->hint);
		nb_text_add(&out, "\n");
	}
	return out.text ? out.text : strdup("");
}

static inline void assert_planning_said(const struct planning *p, const char *expected)
{
	NB_CLEANUP(nb_freep) char *said = planning_said(p);

	assert_string_equal(said, expected);
}

/* Every difference, one a line: "slave  remove slave eth1; WHY". */
static inline char *planning_deltas(const struct planning *p)
{
	struct nb_text out = { 0 };

	for (size_t i = 0; i < p->diff.n_deltas; i++) {
		const struct nb_delta *delta = &p->diff.deltas[i];

		nb_text_add(&out, "%s%s: ", nb_class_name(delta->class),
			delta->must_ask ? " asked" : "");
		nb_delta_describe(&p->view, delta, &out);
		if (delta->why)
			nb_text_add(&out, "; %s", delta->why);
		nb_text_add(&out, "\n");
	}
	return out.text ? out.text : strdup("");
}

static inline void assert_planning_deltas(const struct planning *p, const char *expected)
{
	NB_CLEANUP(nb_freep) char *deltas = planning_deltas(p);

	assert_string_equal(deltas, expected);
}
