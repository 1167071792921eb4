/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Whether the daemon, which is not root, could read what root can. */

#include "lib/core/diag.h"

#define NBC_DAEMON_USER "netbond"

/**
 * nbc_warn_unreadable() - warn of files of the folders that the daemon's user may not read
 *
 * Looks at the sources of @diag; does nothing unless run by root on a machine that has the user.
 */
void nbc_warn_unreadable(struct nb_diag *diag);
