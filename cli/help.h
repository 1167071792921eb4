/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Help texts, made from the table of verbs. */

#include "cli/command.h"

/** nbc_help_all() - what there is, to nbc->out */
void nbc_help_all(const struct nbc *nbc);

/** nbc_help_command() - all about one verb, to nbc->out */
void nbc_help_command(const struct nbc *nbc, const struct nbc_command *command);

/** nbc_tell_unknown_command() - to nbc->err, with the verb that was probably meant */
void nbc_tell_unknown_command(const struct nbc *nbc, const char *name);
