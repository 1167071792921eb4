/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * What is done about drift, bond by bond: repaired, left alone because the file or a human says so,
 * or left alone for a while because another tool keeps changing it. No clock of its own.
 */

#include "daemon/contest.h"
#include "lib/core/plan.h"

struct nbd_drift {
	struct nbd_contests contests; /* of bonds that were repaired or paused */
	const struct nb_target *settled; /* nbd_drift_settled()'s; borrowed, NULL: no run ended yet */
	uint64_t told; /* hash of what was told last */
};

/**
 * nbd_drift_gate() - why a goal is left alone in a run that nobody asked for
 *
 * Return: a static text; NULL: it is not.
 */
const char *nbd_drift_gate(
	const struct nbd_drift *drift, const struct nb_goal *goal, uint64_t now_usec);

/**
 * nbd_drift_count() - @plan is about to repair: count it for each bond that it serves
 *
 * Return: 0; -EAGAIN a bond became contested by it, which is logged: plan again, without it, and count
 * the others then; -ENOMEM.
 */
int nbd_drift_count(struct nbd_drift *drift, const struct nb_plan *plan,
	const struct nb_target *target, uint64_t now_usec);

/**
 * nbd_drift_settled() - a run ended with @target: what differs later is drift, and fewer slaves
 * waited for means that one has come
 * @target:  borrowed until the next call
 */
void nbd_drift_settled(struct nbd_drift *drift, const struct nb_target *target);

/** nbd_drift_forget() - a new configuration: nothing is settled, and old fights are over */
void nbd_drift_forget(struct nbd_drift *drift);

/** nbd_drift_news() - whether what @plan leaves alone is not what this said last. @plan may be NULL. */
bool nbd_drift_news(struct nbd_drift *drift, const struct nb_plan *plan);

/** nbd_drift_done() - free the contents */
void nbd_drift_done(struct nbd_drift *drift);
