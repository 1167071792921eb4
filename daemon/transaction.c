/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "daemon/transaction.h"

#include <errno.h>
#include <string.h>

static struct nbd_transaction *transaction_free(struct nbd_transaction *transaction)
{
	if (!transaction)
		return NULL;
	for (size_t i = 0; i < transaction->n_operations; i++)
		free(transaction->operations[i]);
	free(transaction->operations);
	free(transaction->why);
	free(transaction);
	return NULL;
}

struct nbd_transaction *nbd_transaction_begin(struct nbd_transactions *list)
{
	struct nbd_transaction *transaction = calloc(1, sizeof(*transaction));
	struct nbd_transaction **place;

	if (!transaction)
		return NULL;
	transaction->id = ++list->last;
	place = &list->items[transaction->id % NBD_TRANSACTIONS_KEPT];
	transaction_free(*place);
	*place = list->current = transaction;
	return transaction;
}

void nbd_transaction_cancel(struct nbd_transactions *list)
{
	struct nbd_transaction **place = &list->items[list->current->id % NBD_TRANSACTIONS_KEPT];

	*place = transaction_free(*place);
	list->current = NULL;
}

struct nbd_transaction *nbd_transaction_find(const struct nbd_transactions *list, uint64_t id)
{
	struct nbd_transaction *transaction = list->items[id % NBD_TRANSACTIONS_KEPT];

	return transaction && transaction->id == id ? transaction : NULL;
}

int nbd_transaction_plan(struct nbd_transaction *transaction, const struct nb_plan *plan)
{
	transaction->class = NB_MAX(transaction->class, nb_plan_class(plan));
	transaction->total += (uint32_t)plan->n_ops;
	for (size_t i = 0; i < plan->n_ops; i++) {
		struct nb_text text = { 0 };

		nb_op_describe(&plan->ops[i], &text);
		if (text.failed || nb_grow(&transaction->operations, transaction->n_operations,
					   &transaction->capacity, sizeof(char *)) < 0) {
			nb_text_done(&text);
			return -ENOMEM;
		}
		transaction->operations[transaction->n_operations++] = text.text;
	}
	return 0;
}

void nbd_transactions_done(struct nbd_transactions *list)
{
	for (size_t i = 0; i < NBD_TRANSACTIONS_KEPT; i++)
		transaction_free(list->items[i]);
	memset(list, 0, sizeof(*list));
}

const char *nbd_result_name(enum nb_converge_result result)
{
	static const char *const names[] = {
		[NB_RESULT_CONVERGED] = "converged",
		[NB_RESULT_HELD] = "held",
		[NB_RESULT_PENDING] = "pending",
		[NB_RESULT_FAILED] = "failed",
	};

	return names[result];
}
