/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* What is wrong with bonds: lib/core/explain.h asked about this moment. */

#include "daemon/describe.h"

/**
 * nbd_explain() - findings about one bond, or about all
 * @bond:     NULL = all that are declared or there
 * @details:  nb_explain_input.details
 * @ret:      a document, owned by the caller
 * @diag:     why it cannot be
 *
 * Looks at the kernel anew: LACP changes without a notification. Return: 0; -EBADMSG; -ENOMEM.
 */
int nbd_explain(struct nbd *d, const struct nbd_object *bond, bool details,
	struct json_object **ret, struct nb_diag *diag);
