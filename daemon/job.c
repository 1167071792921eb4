/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "daemon/job.h"

#include <malloc.h>

#include "daemon/clock.h"
#include "lib/core/util.h"

#define SLICE_USEC 5000u

static void end_first(struct nbd_jobs *jobs)
{
	struct nbd_job *job = jobs->first;

	jobs->first = job->next;
	job->end(job);
}

static void on_turn(void *context)
{
	struct nbd_jobs *jobs = context;
	uint64_t end = nbd_clock(CLOCK_MONOTONIC) + SLICE_USEC;

	while (jobs->first && nbd_clock(CLOCK_MONOTONIC) < end) {
		if (!jobs->first->step(jobs->first))
			end_first(jobs);
	}
	/* What took many slices took memory as well, between what stays. */
	if (jobs->is_long && !jobs->first)
		malloc_trim(0);
	jobs->is_long = jobs->first;
	nbd_turn_set(jobs->turn, jobs->first);
}

int nbd_jobs_init(struct nbd_jobs *jobs, sd_event *event)
{
	/* Before the next operation on the kernel. */
	return nbd_turn_new(event, -1, on_turn, jobs, &jobs->turn);
}

void nbd_jobs_add(struct nbd_jobs *jobs, struct nbd_job *job)
{
	struct nbd_job **place = &jobs->first;
	bool only = !jobs->first;

	while (*place)
		place = &(*place)->next;
	*place = job;
	if (only)
		on_turn(jobs);
}

void nbd_jobs_done(struct nbd_jobs *jobs)
{
	while (jobs->first)
		end_first(jobs);
	jobs->turn = nbd_turn_free(jobs->turn);
}
