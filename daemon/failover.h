/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Making another slave the active one: an operation outside plans, asked for by a human. */

#include "daemon/describe.h"

enum nbd_failover {
	NBD_FAILOVER_OK,
	NBD_FAILOVER_NO_SUCH_SLAVE,
	NBD_FAILOVER_REFUSED, /* the mode, or the primary, is against it */
	NBD_FAILOVER_FAILED,  /* the kernel is */
};

/**
 * nbd_failover() - send the traffic of a bond through @slave
 * @bond:    of kind NBD_OBJECT_BOND, with its device
 * @insist:  also where the primary takes over again at the next change of a link
 * @why:     the sentence when it is not done
 */
enum nbd_failover nbd_failover(
	const struct nbd_object *bond, const char *slave, bool insist, struct nb_text *why);
