/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * Any bytes as a configuration and as a snapshot: no crash, no leak, -EBADMSG exactly when there
 * is an error, and what is valid survives the way out and in again.
 */

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "lib/core/rules.h"
#include "lib/yaml/config.h"
#include "lib/yaml/emit.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool condition)
{
	if (!condition)
		abort();
}

static void format_all(struct nb_diag *diag)
{
	NB_CLEANUP(nb_text_done) struct nb_text text = { 0 };

	nb_diag_sort(diag);
	for (size_t i = 0; i < diag->n_problems; i++)
		nb_diag_format(diag, &diag->problems[i], &text);
}

/* The text of a configuration, empty where it is not valid. */
static void config_text(const char *data, size_t size, struct nb_text *ret)
{
	NB_CLEANUP(nb_diag_done) struct nb_diag diag = { 0 };
	NB_CLEANUP(nb_config_freep) struct nb_config *config = nb_config_new();
	int r = nb_yaml_load("fuzz.yaml", data, size, 0, config, &diag);

	require((r == -EBADMSG) == (diag.n_errors > 0));
	nb_rules_check(config, &diag);
	format_all(&diag);
	if (r == 0)
		require(nb_yaml_emit_config(config, ret) == 0);
}

static void state_text(const char *data, size_t size, struct nb_text *ret)
{
	NB_CLEANUP(nb_diag_done) struct nb_diag diag = { 0 };
	NB_CLEANUP(nb_state_freep) struct nb_state *state = NULL;
	int r = nb_yaml_load_state("fuzz.yaml", data, size, &state, &diag);

	require((r == -EBADMSG) == (diag.n_errors > 0));
	format_all(&diag);
	if (r == 0)
		require(nb_yaml_emit_state(state, ret) == 0);
}

static void check_round(const char *data, size_t size,
	void (*to_text)(const char *data, size_t size, struct nb_text *ret))
{
	NB_CLEANUP(nb_text_done) struct nb_text first = { 0 }, second = { 0 };

	to_text(data, size, &first);
	if (!first.text)
		return;
	to_text(first.text, first.length, &second);
	require(second.text && strcmp(first.text, second.text) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	check_round((const char *)data, size, config_text);
	check_round((const char *)data, size, state_text);
	return 0;
}
