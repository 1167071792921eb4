/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Counters at this moment: those of bonds and slaves from the kernel, and the daemon's own. */

#include "daemon/daemon.h"
#include "lib/json/document.h"

/**
 * nbd_statistics() - all of them, as one document
 * @ret:  owned by the caller
 *
 * Asks the kernel: one dump for each namespace. A namespace that is gone meanwhile has none.
 * Return: 0; a negative errno.
 */
int nbd_statistics(struct nbd *d, struct json_object **ret);
