/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* How a run of the daemon ended. */

#include "cli/command.h"

/**
 * nbc_tell_result() - say what a result means, and what to do next
 * @result:  "converged", "held", "pending", "failed"
 *
 * Return: what a verb ends with: NBC_OK, NBC_DIFFERS, NBC_ERROR.
 */
int nbc_tell_result(const struct nbc *nbc, const char *result);
