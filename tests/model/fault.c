/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tests/model/fault.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

const char *fault_kind_name(enum fault_kind kind)
{
	static const char *const names[] = {
		[FAULT_NONE] = "nothing",
		[FAULT_KILL_BEFORE] = "kill before",
		[FAULT_KILL_AFTER] = "kill after",
		[FAULT_FAIL_BEFORE] = "fail before",
		[FAULT_FAIL_AFTER] = "fail after",
	};

	return names[kind];
}

static int fail(const struct fault *fault, struct nb_exec_error *error)
{
	memset(error, 0, sizeof(*error));
	snprintf(error->text, sizeof(error->text), "%s", strerrordesc_np(fault->error));
	return -fault->error;
}

static int run(void *context, const struct nb_op *op, struct nb_exec_error *error)
{
	struct fault *fault = context;
	int r;

	if (nb_op_is_wait(op) || ++fault->seen != fault->number)
		return fault->exec->run(fault->context, op, error);
	if (fault->kind == FAULT_KILL_BEFORE)
		_exit(FAULT_STATUS);
	if (fault->kind == FAULT_FAIL_BEFORE)
		return fail(fault, error);
	r = fault->exec->run(fault->context, op, error);
	if (fault->kind == FAULT_KILL_AFTER)
		_exit(FAULT_STATUS);
	return fault->kind == FAULT_FAIL_AFTER ? fail(fault, error) : r;
}

static int observe(void *context, char *const *namespaces, size_t n_namespaces,
	struct nb_state **ret, struct nb_diag *diag)
{
	struct fault *fault = context;

	return fault->exec->observe(fault->context, namespaces, n_namespaces, ret, diag);
}

const struct nb_exec_ops fault_exec_ops = {
	.run = run,
	.observe = observe,
};
