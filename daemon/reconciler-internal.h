/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * Inside of reconciler.h: its state, and what its two files need of each other.
 */

#include "daemon/drift.h"
#include "daemon/reconciler.h"
#include "lib/core/diag.h"

struct nbd_reconciler {
	const struct nbd_pace_ops *pace;
	void *pace_context;
	enum nbd_state state;
	bool dirty;		/* something happened since the last observation began */
	bool automatic;		/* the run at hand repairs drift; nobody asked */
	bool again;		/* blocks of the last run stay */
	bool kept;		/* the configuration is on disk */
	bool quiet_failure;	/* the last automatic run failed: told once */
	bool settled;		/* .seen is what the last run ended with, in state .rest */
	bool clean;		/* and nothing was held or failed in it */
	enum nbd_state rest;
	struct nb_config *config;
	struct nb_converge converge;
	struct nb_diag diag;
	size_t told;
	struct nbd_drift drift;
	struct nbd_seen *seen;
	uint64_t run_began, last_run_end, last_run_took;
	uint64_t retry, retry_at; /* how long after a failure, and when */
	uint64_t lacp, lacp_changed; /* nb_state_lacp_hash(), and when it was another one before */
	uint64_t look_at; /* when everything is looked at again */
	const struct nbd_reconciler_hooks *hooks;
	void *hook_context;
};

/** nbd_reconciler_now() - its clock, in microseconds */
static inline uint64_t nbd_reconciler_now(const struct nbd_reconciler *r)
{
	return r->pace->now(r->pace_context);
}

/** nbd_reconciler_arm() - be woken at @usec of its clock; 0 = not at all */
static inline void nbd_reconciler_arm(
	const struct nbd_reconciler *r, enum nbd_alarm alarm, uint64_t usec)
{
	r->pace->alarm(r->pace_context, alarm, usec);
}

/** nbd_reconciler_enter() - the only place that changes the state; told where it is another one */
void nbd_reconciler_enter(struct nbd_reconciler *r, enum nbd_state state);

/**
 * nbd_reconciler_keep() - the configuration goes to disk, once
 *
 * Before its first operation, and also where there is nothing to do. Return: 0; what the hook says.
 */
int nbd_reconciler_keep(struct nbd_reconciler *r);

/** nbd_reconciler_settle() - something happened: a run begins when it has been quiet for a while */
void nbd_reconciler_settle(struct nbd_reconciler *r);

/** nbd_reconciler_arm_slow() - when everything is looked at again, though nobody says anything */
void nbd_reconciler_arm_slow(struct nbd_reconciler *r);

/** nbd_reconciler_end_run() - a run is done: keep what it saw, tell, wait for what comes next */
void nbd_reconciler_end_run(struct nbd_reconciler *r);

/**
 * nbd_reconciler_end_look() - the look at a part found everything as it was
 *
 * So is what follows from it. The slow look comes when it was to come.
 */
void nbd_reconciler_end_look(struct nbd_reconciler *r);
