/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* What a kernel tells when it changes, and a look at a part of it, both made of whole observations. */

#include "lib/core/exec.h"

/** nb_model_tell() - add to @touches all that differs between two observations */
void nb_model_tell(
	const struct nb_state *before, const struct nb_state *after, struct nb_touches *touches);

/**
 * nb_model_look() - nb_exec_ops.look() by means of @full, an observation of everything; what is
 * not among @touches stays as it was, whatever @full says
 */
int nb_model_look(const struct nb_state *full, const struct nb_state *before,
	const struct nb_touches *touches, struct nb_touches *changed, struct nb_state **ret);
