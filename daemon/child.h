/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * A long answer is made by a child: it has a copy of all that is known at this moment, for nothing,
 * and the event loop goes on meanwhile. What it did to its copy, its memory included, ends with it.
 */

#include <systemd/sd-event.h>

#include "lib/core/util.h"

#define NBD_CHILD_SECONDS 60 /* of time; one that takes longer is ended */

struct nbd_child;

struct nbd_child_task {
	/*
	 * In the child: append what is wanted to @out. None of the parent's descriptors is open but
	 * the standard ones; the log and the event loop may not be used.
	 */
	void (*work)(void *context, struct nb_text *out);
	/* In the event loop: it called nbd_child_looked(). */
	void (*looked)(void *context);
	/*
	 * In the event loop: it ended, and is not there any more.
	 * @r: 0; -ETIME it took too long; -ENOMEM; -ECHILD it came to a bad end, and the text is not whole
	 */
	void (*done)(void *context, const struct nb_text *text, int r);
	void *context;
};

/**
 * nbd_child_start() - let a child do it
 * @task:  copied
 *
 * Return: 0; a negative errno: there can be none now (-EAGAIN, -ENOMEM, -EMFILE), nothing is called.
 */
int nbd_child_start(sd_event *event, const struct nbd_child_task *task, struct nbd_child **ret);

/** nbd_child_looked() - in the child: what follows needs the kernel no more. Elsewhere: nothing. */
void nbd_child_looked(void);

/** nbd_child_end() - end it unheard; nothing is called any more. NULL is fine. Return: NULL. */
struct nbd_child *nbd_child_end(struct nbd_child *child);
