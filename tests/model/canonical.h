/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* A state in the words that a way back has to bring back, one line each; equal texts, same state. */

#include "lib/core/model.h"

/**
 * canonical_state() - append @state without lo
 *
 * Of each device: place, kind, up, MTU, MAC, master, place among the slaves, writable options that
 * apply, addresses that do not end, routes that can be said. Left out: MACs that follow the active
 * slave, ifindexes, what the kernel does by itself.
 */
void canonical_state(const struct nb_state *state, struct nb_text *out);

/** canonical_difference() - append the lines that only one of two such texts has, with - or + */
void canonical_difference(const char *before, const char *after, struct nb_text *out);
