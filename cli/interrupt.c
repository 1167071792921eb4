/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "cli/interrupt.h"

static volatile sig_atomic_t interrupts;

static void interrupt(int number)
{
	interrupts = interrupts + 1;
}

void nbc_interrupt_take(sigset_t *ret_mask)
{
	struct sigaction action = { .sa_handler = interrupt };
	sigset_t block;

	sigemptyset(&block);
	sigaddset(&block, SIGINT);
	sigaddset(&block, SIGTERM);
	sigprocmask(SIG_BLOCK, &block, ret_mask);
	sigdelset(ret_mask, SIGINT);
	sigdelset(ret_mask, SIGTERM);
	sigaction(SIGINT, &action, NULL);
	sigaction(SIGTERM, &action, NULL);
}

int nbc_interrupted(void)
{
	return interrupts;
}
