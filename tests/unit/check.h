/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * Tables of configurations and what nb_rules_check() says of them.
 */

#include <errno.h>
#include <string.h>

#include "lib/core/rules.h"
#include "tests/unit/config-text.h"

/* A configuration and all that is said of it; "" is nothing. */
struct rules_case {
	const char *sentence;
	const char *config;
	const char *said; /* one line per problem, as add_problem() writes it */
};

static void add_word(const char *text, const struct nb_mark *mark, struct nb_text *out)
{
	const char *word = mark->column > 0 ? text + mark->column - 1 : "nowhere";

	nb_text_add(out, "%.*s", (int)strcspn(word, " "), word);
}

/* "error at WORD and OTHER: OBJECT: TEXT = HINT" */
static void add_problem(const char *text, const struct nb_problem *problem, struct nb_text *out)
{
	static const char *const severities[] = { "note", "warning", "error" };

	nb_text_add(out, "%s at ", severities[problem->severity]);
	add_word(text, &problem->mark, out);
	if (problem->other.column > 0) {
		nb_text_add(out, " and ");
		add_word(text, &problem->other, out);
	}
	nb_text_add(out, ": %s: %s = %s\n", problem->object, problem->text, problem->hint);
}

static void check(const struct rules_case *c)
{
	NB_CLEANUP(nb_config_freep) struct nb_config *config = config_from_text(c->config);
	NB_CLEANUP(nb_diag_done) struct nb_diag diag = { 0 };
	NB_CLEANUP(nb_text_done) struct nb_text said = { 0 };
	int r;

	NB_CASE("%s", c->sentence);
	r = nb_rules_check(config, &diag);
	nb_diag_sort(&diag);
	for (size_t i = 0; i < diag.n_problems; i++)
		add_problem(c->config, &diag.problems[i], &said);
	assert_string_equal(said.text ? said.text : "", c->said);
	assert_int_equal(r, diag.n_errors > 0 ? -EBADMSG : 0);
}

#define CHECK_ALL(cases)                                         \
	do {                                                     \
		for (size_t i = 0; i < NB_ARRAY_SIZE(cases); i++) \
			check(&(cases)[i]);                      \
	} while (0)
