/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Findings of explain.h as a document for programs. */

#include "lib/core/explain.h"
#include "lib/json/document.h"

/** nb_json_findings() - a list of mappings: id, severity, slaves (if any), seen, means, cause, mend */
struct json_object *nb_json_findings(const struct nb_findings *findings);
