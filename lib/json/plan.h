/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* A plan as a document for programs. */

#include "lib/json/document.h"
#include "lib/core/plan.h"

/**
 * nb_json_plan() - version, token, class (null when there is nothing to do), operations,
 * held, waiting, notes
 * @target:  for what is waited for
 * @diag:    becomes the notes
 *
 * Of an operation only members that mean something for its kind are there. Return: the document,
 * owned by the caller.
 */
struct json_object *nb_json_plan(
	const struct nb_plan *plan, const struct nb_target *target, const struct nb_diag *diag);
