/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Documents of lib/json, printed as JSON or as YAML. */

#include "cli/command.h"
#include "lib/json/document.h"

/** nbc_doc_print() - to nbc->out as NBC_JSON or NBC_YAML */
void nbc_doc_print(const struct nbc *nbc, enum nbc_format format, struct json_object *doc);

/**
 * nbc_doc_from_yaml() - the tree of a YAML text that netbond wrote itself
 *
 * Plain true, false, null and decimal numbers get their type, everything else is a text.
 * Return: the tree, owned by the caller; NULL where it is none (never for the emitter's texts).
 */
struct json_object *nbc_doc_from_yaml(const char *text, size_t size);
