/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * The types of a namespace as netbondctl ns shows them.
 */

#include "cli/command.h"
#include "lib/nl/nstype.h"

/** nbc_ns_types() - NB_NS_BIT() of the types that have a pin of that name */
unsigned nbc_ns_types(const char *name);

/** nbc_ns_types_list() - their names as a list */
struct json_object *nbc_ns_types_list(unsigned types);

/** nbc_ns_types_json() - of each: inode, owner, who shares it, who lives in it */
struct json_object *nbc_ns_types_json(const char *name, unsigned types);

/** nbc_ns_types_print() - the same as a table */
void nbc_ns_types_print(const struct nbc *nbc, struct json_object *types);

/** nbc_ns_of_json() - of each type process @pid is in: inode, names, whether it is the machine's own */
struct json_object *nbc_ns_of_json(int pid);

/** nbc_ns_of_print() - those but net that have a name */
void nbc_ns_of_print(const struct nbc *nbc, struct json_object *types);
