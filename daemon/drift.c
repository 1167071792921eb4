/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "daemon/drift.h"

#include <errno.h>
#include <string.h>

#include "daemon/log.h"

const char *nbd_drift_gate(
	const struct nbd_drift *drift, const struct nb_goal *goal, uint64_t now_usec)
{
	const struct nbd_contest *contest = nbd_contests_find(&drift->contests, goal->key);

	if (contest && nbd_contest_paused(contest, now_usec))
		return "paused; netbondctl pause BOND off ends it";
	if (contest && nbd_contest_active(contest, now_usec))
		return "contested: another tool keeps changing it; repaired again later, or now by "
		       "netbondctl apply";
	/* A slave that was waited for and is there now is no drift: the apply goes on. */
	if (contest && contest->settled && goal->n_waiting < contest->waiting)
		return NULL;
	switch (goal->drift) {
	case NB_DRIFT_REPAIR:
		return NULL;
	case NB_DRIFT_WARN:
		return "drift: warn";
	case NB_DRIFT_IGNORE:
		return "drift: ignore";
	}
	return NULL;
}

/* The first operation for a bond says what keeps being changed. */
static void tell_contested(const struct nbd_contest *contest)
{
	const struct nbd_about about = { .message_id = NBD_ID_CONTESTED, .bond = contest->bond };
	NB_CLEANUP(nb_text_done) struct nb_text text = { 0 };

	nb_op_describe(contest->repair, &text);
	nbd_log(LOG_WARNING, &about,
		"contested: repaired %u times within %u s and changed again (%s); left alone for %u s",
		NBD_CONTEST_REPAIRS, NBD_CONTEST_WINDOW_USEC / 1000000, text.text ? text.text : "",
		(unsigned)(contest->backoff / 1000000));
}

int nbd_drift_count(struct nbd_drift *drift, const struct nb_plan *plan,
	const struct nb_target *target, uint64_t now_usec)
{
	struct nb_goal **goals;
	const size_t n = nb_target_goals(target, &goals);
	int result = 0;

	for (size_t i = 0; i < n; i++) {
		if (!nbd_contests_get(&drift->contests, goals[i]->key))
			return -ENOMEM;
	}
	for (size_t i = 0; i < plan->n_ops; i++) {
		struct nbd_contest *contest = plan->ops[i].goal ?
			nbd_contests_find(&drift->contests, plan->ops[i].goal) : NULL;

		if (contest && !contest->repair)
			contest->repair = &plan->ops[i];
	}
	for (size_t i = 0; i < n; i++) {
		struct nbd_contest *contest = nbd_contests_find(&drift->contests, goals[i]->key);

		if (contest->repair && contest->settled && nbd_contest_repair(contest, now_usec)) {
			tell_contested(contest);
			result = -EAGAIN;
		}
		contest->repair = NULL;
	}
	return result;
}

void nbd_drift_settled(struct nbd_drift *drift, const struct nb_target *target)
{
	struct nb_goal **goals;
	const size_t n = nb_target_goals(target, &goals);

	for (size_t i = 0; i < n; i++) {
		struct nbd_contest *contest = nbd_contests_get(&drift->contests, goals[i]->key);

		if (!contest)
			continue;
		contest->waiting = goals[i]->n_waiting;
		contest->settled = true;
	}
}

bool nbd_drift_news(struct nbd_drift *drift, const struct nb_plan *plan)
{
	uint64_t hash = 0;

	for (size_t i = 0; plan && i < plan->n_held; i++) {
		const struct nb_held *held = &plan->held[i];
		const char *parts[] = { held->goal, held->text, held->why ? held->why : "" };

		for (size_t k = 0; k < NB_ARRAY_SIZE(parts) && !held->blocked; k++)
			hash = nb_hash_bytes(hash, parts[k], strlen(parts[k]));
	}
	if (hash == drift->told)
		return false;
	drift->told = hash;
	return true;
}

void nbd_drift_done(struct nbd_drift *drift)
{
	nbd_contests_done(&drift->contests);
}
