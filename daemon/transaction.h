/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Applies that were asked for on the bus: what they do and how far they are. */

#include "lib/core/converge.h"

#define NBD_TRANSACTIONS_KEPT 8 /* the last ones stay to be looked at */

struct nbd_transaction {
	uint64_t id;		/* from 1 */
	bool finished;
	enum nb_converge_result result; /* when finished */
	enum nb_class class;	/* highest of its operations */
	char **operations;	/* texts */
	size_t n_operations, capacity;
	uint32_t done, total;
	/* Of a try (try.h); else NULL and 0. */
	const char *trying;	/* state name while it is not finished */
	const char *outcome;	/* "confirmed", "rolled-back", "failed", when finished */
	char *why;		/* it went back */
	uint64_t timeout_usec;
	uint64_t deadline_usec; /* CLOCK_BOOTTIME; 0 = it does not count down */
};

struct nbd_transactions {
	struct nbd_transaction *items[NBD_TRANSACTIONS_KEPT]; /* by id modulo that; NULL = none */
	uint64_t last;		/* id */
	struct nbd_transaction *current; /* NULL: none runs */
};

/** nbd_transaction_begin() - a new one, current until it is finished; NULL: no memory */
struct nbd_transaction *nbd_transaction_begin(struct nbd_transactions *list);

/** nbd_transaction_cancel() - the current one did not begin after all */
void nbd_transaction_cancel(struct nbd_transactions *list);

/** nbd_transaction_find() - the one of that id, NULL when it is not kept any more */
struct nbd_transaction *nbd_transaction_find(const struct nbd_transactions *list, uint64_t id);

/** nbd_transaction_plan() - note the operations about to run. Return: 0, -ENOMEM. */
int nbd_transaction_plan(struct nbd_transaction *transaction, const struct nb_plan *plan);

/** nbd_transactions_done() - free the contents */
void nbd_transactions_done(struct nbd_transactions *list);

/** nbd_result_name() - "converged", "held", "pending", "failed" */
const char *nbd_result_name(enum nb_converge_result result);
