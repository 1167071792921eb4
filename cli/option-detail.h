/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* All about one row of the option table. */

#include "cli/document.h"

/** nbc_print_option() - to nbc->out, for people */
void nbc_print_option(const struct nbc *nbc, const struct nb_option *row);

/**
 * nbc_option_document() - for programs: scope, name, aliases, type, unit, minimum, maximum, values,
 * default, kernel-default, writable, modes {works, idle, refused}, class, raised, why, conflicts,
 * needs, resent, since, help, dbus {name, signature}; what does not apply is left out
 */
struct json_object *nbc_option_document(const struct nb_option *row);
