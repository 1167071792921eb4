/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * Work for the bus that grows with the number of bonds: what changed on all of them, an answer
 * that lists all of them. A slice of a few milliseconds per turn of the event loop, one job after the other.
 */

#include "daemon/turn.h"

struct nbd_job {
	struct nbd_job *next;
	/* A small piece of it. Return: whether there is more. */
	bool (*step)(struct nbd_job *job);
	/* It is done, or will not be: free it. */
	void (*end)(struct nbd_job *job);
};

struct nbd_jobs {
	struct nbd_turn *turn;
	struct nbd_job *first; /* the one at work */
	bool is_long;	       /* more than one slice so far */
};

/** nbd_jobs_init() - none. Return: 0; a negative errno. */
int nbd_jobs_init(struct nbd_jobs *jobs, sd_event *event);

/** nbd_jobs_add() - the last one; owned by @jobs. The first slice of an only one is done at once. */
void nbd_jobs_add(struct nbd_jobs *jobs, struct nbd_job *job);

/** nbd_jobs_done() - end all of them as they are */
void nbd_jobs_done(struct nbd_jobs *jobs);
