/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * Configurations and states as YAML, in one canonical spelling: names and not numbers, '-' in
 * keys, a fixed order, nothing that goes without saying. What was written can be read back.
 */

#include "lib/core/config.h"

/**
 * nb_yaml_emit_config() - append @config as a file of the schema of DESIGN "The file"
 *
 * Only what the configuration names. nb_yaml_load() of the text gives an equal configuration,
 * places apart. Return: 0, -ENOMEM (then @out holds a part).
 */
int nb_yaml_emit_config(const struct nb_config *config, struct nb_text *out);

/**
 * nb_yaml_emit_state() - append @state as a snapshot; the format is described in snapshot.h
 *
 * nb_yaml_load_state() of the text gives an equal state, provided that its bonds hold every
 * writable row that the kernel always dumps, as states observed do. Return: 0, -ENOMEM (then
 * @out holds a part).
 */
int nb_yaml_emit_state(const struct nb_state *state, struct nb_text *out);
