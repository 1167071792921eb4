/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * An executor that goes wrong on purpose, around any other: the kernel's or the model's. It fails
 * one operation with an errno, or ends the process, before or after it has taken effect.
 */

#include "lib/core/exec.h"

enum fault_kind {
	FAULT_NONE,
	FAULT_KILL_BEFORE,
	FAULT_KILL_AFTER,
	FAULT_FAIL_BEFORE, /* the kernel refused it */
	FAULT_FAIL_AFTER,  /* it was done, and the answer was lost */
};

struct fault {
	const struct nb_exec_ops *exec; /* what it is around */
	void *context;
	enum fault_kind kind;
	unsigned number; /* of the operation, from 1, waits not counted */
	int error;	 /* positive errno */
	unsigned seen;	 /* operations so far */
};

/* The context is a struct fault. A kill is _exit(FAULT_STATUS): no handler, no flush. */
extern const struct nb_exec_ops fault_exec_ops;

#define FAULT_STATUS 42

/** fault_kind_name() - "kill before", ... */
const char *fault_kind_name(enum fault_kind kind);
