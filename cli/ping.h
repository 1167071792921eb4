/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Whether a host answers, asked by ping(8): it has the right to, and speaks to all hosts. */

#include "lib/core/util.h"

/**
 * nbc_ping() - ask once, and wait for at most a second
 *
 * Return: 1 it answers; 0 it does not; -ENOENT there is no ping program; another negative errno.
 */
int nbc_ping(const char *address);
