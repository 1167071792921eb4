/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Problems as a document for programs. */

#include "lib/core/diag.h"
#include "lib/json/document.h"

/**
 * nb_json_problems() - all of @diag as a list of mappings: severity, file, line, column, object,
 * text, hint, other; what a problem does not have is left out
 */
struct json_object *nb_json_problems(const struct nb_diag *diag);
