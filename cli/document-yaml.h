/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* The YAML side of document.h. */

#include "cli/document.h"

/** nbc_doc_print_yaml() - to nbc->out; a text that could be taken for another type is quoted */
void nbc_doc_print_yaml(const struct nbc *nbc, struct json_object *doc);
