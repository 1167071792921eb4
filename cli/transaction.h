/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* An apply or a try while it runs in the daemon. */

#include "cli/client.h"

/* Zero but for .nbc is one that has not begun. */
struct nbc_transaction {
	const struct nbc *nbc;
	char *path;   /* NULL until it began */
	char *result; /* NULL until it ends */
};

/**
 * nbc_transaction_listen() - hear its progress, which is printed, and its end
 *
 * Before it begins: else a quick end is missed. @t must stay where it is.
 * Return: 0; a negative errno, told.
 */
int nbc_transaction_listen(struct nbc_client *c, struct nbc_transaction *t);

/** nbc_transaction_done() - free what it holds */
void nbc_transaction_done(struct nbc_transaction *t);

/** nbc_is_agreed() - ask for what is above live; only who sees the plan and can answer is asked */
bool nbc_is_agreed(const struct nbc *nbc, const char *class, const char *question);
