/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * What a plan runs on: the kernel (lib/nl/execute.c), or a model of it in tests. The core decides;
 * this table acts.
 */

#include "lib/core/op.h"
#include "lib/core/touch.h"

/* How an operation failed. */
struct nb_exec_error {
	char text[256];	 /* the kernel's extended ACK text, or the errno's; without full stop */
	enum nb_scope scope;
	bool passing;	 /* may work the next time, without any other change */
	unsigned attr;	 /* option the kernel pointed at (NLMSGERR_ATTR_OFFS), 0 = none */
};

struct nb_exec_ops {
	/*
	 * Runs one operation, synchronously. WAIT_* only looks once.
	 * Return: 0 done; -EAGAIN a WAIT_* is not fulfilled yet; another negative errno: it failed,
	 * @error tells why, what came before stays.
	 */
	int (*run)(void *context, const struct nb_op *op, struct nb_exec_error *error);

	/*
	 * Observes the namespace "" and every one of @namespaces that exists (those that do not
	 * are in the state with .exists false).
	 * Return: 0; -EBADMSG with the sentence in @diag (no bonding driver, no right, ...); -ENOMEM.
	 */
	int (*observe)(void *context, char *const *namespaces, size_t n_namespaces,
		struct nb_state **ret, struct nb_diag *diag);

	/*
	 * Observes again where something may have changed since @before was observed, and notes in
	 * @changed, empty before, where it did. NULL: cannot do that.
	 * Return: 0, @ret is NULL when nothing changed, else shares what did not with @before;
	 * -ESTALE only observe() tells; -EBADMSG with the sentence in @diag; -ENOMEM.
	 */
	int (*look)(void *context, const struct nb_state *before, const struct nb_touches *touches,
		struct nb_touches *changed, struct nb_state **ret, struct nb_diag *diag);

	/*
	 * Who lives in a namespace that may have to go; NULL: nobody does.
	 * Return: their number, @ret is freed by the caller; -EBADMSG with the sentence in @diag;
	 * -ENOMEM.
	 */
	int (*processes)(void *context, const char *namespace, struct nb_process **ret,
		struct nb_diag *diag);

	/*
	 * Adds to @state what is there of the sets @names, and .nstypes and .user; NULL: there are
	 * no types but net. Return: as observe().
	 */
	int (*sets)(void *context, char *const *names, size_t n, struct nb_state *state,
		struct nb_diag *diag);

	/*
	 * Who lives in one of the types (NB_NS_BIT()) of a set, without the process that keeps pid;
	 * NULL: nobody does. Return: as processes().
	 */
	int (*members)(void *context, const char *set, unsigned types, struct nb_process **ret,
		struct nb_diag *diag);
};
