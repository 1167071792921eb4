/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* From text to what it says and back, for tests of what is written. */

#include <string.h>

#include "tests/unit/unit.h"

#include "lib/yaml/config.h"
#include "lib/yaml/emit.h"
#include "tests/unit/yaml-equal.h"

static inline struct nb_config *config_of(const char *text)
{
	NB_CLEANUP(nb_diag_done) struct nb_diag diag = { 0 };
	struct nb_config *config = nb_config_new();
	int r = nb_yaml_load("test.yaml", text, strlen(text), 0, config, &diag);

	if (r != 0)
		fail_msg("%d: line %u: %s in\n%s", r, diag.problems[0].mark.line,
			diag.problems[0].text, text);
	return config;
}

static inline struct nb_state *state_of(const char *text)
{
	NB_CLEANUP(nb_diag_done) struct nb_diag diag = { 0 };
	struct nb_state *state = NULL;
	int r = nb_yaml_load_state("test.yaml", text, strlen(text), &state, &diag);

	if (r != 0)
		fail_msg("%d: line %u: %s in\n%s", r, diag.problems[0].mark.line,
			diag.problems[0].text, text);
	return state;
}

/* load(emit(x)) is x, and emitting that gives the same text. */
static inline void config_round(const struct nb_config *config, struct nb_text *ret_text)
{
	NB_CLEANUP(nb_text_done) struct nb_text again = { 0 };
	NB_CLEANUP(nb_config_freep) struct nb_config *back = NULL;

	assert_int_equal(nb_yaml_emit_config(config, ret_text), 0);
	back = config_of(ret_text->text);
	same_config(config, back);
	assert_int_equal(nb_yaml_emit_config(back, &again), 0);
	assert_string_equal(ret_text->text, again.text);
}

static inline void state_round(const struct nb_state *state, struct nb_text *ret_text)
{
	NB_CLEANUP(nb_text_done) struct nb_text again = { 0 };
	NB_CLEANUP(nb_state_freep) struct nb_state *back = NULL;
	NB_CLEANUP(nb_config_freep) struct nb_config *config = nb_config_new();
	NB_CLEANUP(nb_diag_done) struct nb_diag diag = { 0 };

	assert_int_equal(nb_yaml_emit_state(state, ret_text), 0);
	back = state_of(ret_text->text);
	same_state(state, back);
	assert_int_equal(nb_yaml_emit_state(back, &again), 0);
	assert_string_equal(ret_text->text, again.text);
	/* `bonds:` is a configuration as well */
	assert_int_equal(nb_yaml_load("x", ret_text->text, ret_text->length, NB_YAML_SNAPSHOT,
				 config, &diag), 0);
}
