/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* The memory of what netbond made and adopted, as YAML in the run directory. */

#include "lib/core/diag.h"
#include "lib/core/memory.h"

/** nb_yaml_emit_memory() - append it; nb_text_add()'s rule for failure */
void nb_yaml_emit_memory(const struct nb_memory *memory, struct nb_text *out);

/**
 * nb_yaml_load_memory() - read it
 * @memory:  empty before; owned by the caller
 *
 * Return: 0; -EBADMSG with errors in @diag; -ENOMEM. On failure @memory is empty.
 */
int nb_yaml_load_memory(const char *name, const char *text, size_t size, struct nb_memory *memory,
	struct nb_diag *diag);
