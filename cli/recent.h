/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* What happened to bonds within the last day, for status. */

#include "cli/objects.h"

/**
 * nbc_recent_get() - the entries of the history about @bonds
 * @bonds:  list of mappings
 *
 * None where the daemon has no history: that is no reason to show nothing. Return: a new list.
 */
struct json_object *nbc_recent_get(struct nbc_client *c, struct json_object *bonds);

/** nbc_recent_print() - how often what happened, and the last of it; nothing for no entries */
void nbc_recent_print(const struct nbc *nbc, struct json_object *entries);

/** nbc_recent_document() - the same for programs */
struct json_object *nbc_recent_document(struct json_object *entries);
