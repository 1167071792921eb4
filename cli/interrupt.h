/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Ctrl-C and SIGTERM end a wait and nothing else: no line is cut, and what began is ended well. */

#include <signal.h>
#include <stdbool.h>

/**
 * nbc_interrupt_take() - from now on they only interrupt nbc_client_wait()
 * @ret_mask:  the signals to be blocked while it waits
 */
void nbc_interrupt_take(sigset_t *ret_mask);

/** nbc_interrupted() - how often one came */
int nbc_interrupted(void);
