/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "daemon/drift.h"

#include <errno.h>
#include <string.h>

#include "daemon/log.h"

/* How the goal's bond was left by the last run; NULL: by none of this configuration. */
static const struct nb_goal *settled_goal(const struct nbd_drift *drift, const struct nb_goal *goal)
{
	const struct nb_goal *was = drift->settled ?
		nb_target_find(drift->settled, goal->namespace, goal->name) : NULL;

	return was && nb_streq(was->key, goal->key) ? was : NULL;
}

const char *nbd_drift_gate(
	const struct nbd_drift *drift, const struct nb_goal *goal, uint64_t now_usec)
{
	const struct nbd_contest *contest = nbd_contests_find(&drift->contests, goal->key);
	const struct nb_goal *was = settled_goal(drift, goal);

	if (contest && nbd_contest_paused(contest, now_usec))
		return "paused; netbondctl pause BOND off ends it";
	if (contest && nbd_contest_active(contest, now_usec))
		return "contested: another tool keeps changing it; repaired again later, or now by "
		       "netbondctl apply";
	/* A slave that was waited for and is there now is no drift: the apply goes on. */
	if (was && goal->n_waiting < was->n_waiting)
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

/*
 * The one of that key among the goals that are looked at. Operations come nearly in the order of the
 * goals: the search goes on from the last one found.
 */
static const struct nb_goal *goal_of(const struct nb_target *target, const char *key, size_t *last)
{
	const size_t n = nb_target_n_scope(target);

	for (size_t i = 0; key && i < n; i++) {
		const struct nb_goal *goal = nb_target_scope(target, (*last + i) % n);

		if (!nb_streq(goal->key, key))
			continue;
		*last = (*last + i) % n;
		return goal;
	}
	return NULL;
}

/* The first operation for each bond that was settled, in its contest. Return: 0, -ENOMEM. */
static int find_repairs(
	struct nbd_drift *drift, const struct nb_plan *plan, const struct nb_target *target)
{
	size_t last = 0;

	for (size_t i = 0; i < plan->n_ops; i++) {
		const struct nb_goal *goal = goal_of(target, plan->ops[i].goal, &last);
		struct nbd_contest *contest;

		if (!goal || !settled_goal(drift, goal))
			continue;
		contest = nbd_contests_get(&drift->contests, goal->key);
		if (!contest)
			return -ENOMEM;
		if (!contest->repair)
			contest->repair = &plan->ops[i];
	}
	return 0;
}

int nbd_drift_count(struct nbd_drift *drift, const struct nb_plan *plan,
	const struct nb_target *target, uint64_t now_usec)
{
	struct nbd_contests *contests = &drift->contests;
	int result = find_repairs(drift, plan, target);

	for (size_t i = 0; i < contests->n && result == 0; i++) {
		if (contests->items[i]->repair && nbd_contest_is_due(contests->items[i], now_usec))
			result = -EAGAIN;
	}
	for (size_t i = 0; i < contests->n; i++) {
		struct nbd_contest *contest = contests->items[i];

		/* The others are counted with the next plan, which repairs them. */
		if (contest->repair && result != -ENOMEM &&
			(result == 0 || nbd_contest_is_due(contest, now_usec)) &&
			nbd_contests_repair(contests, contest, now_usec))
			tell_contested(contest);
		contest->repair = NULL;
	}
	return result;
}

void nbd_drift_settled(struct nbd_drift *drift, const struct nb_target *target)
{
	drift->settled = target;
}

void nbd_drift_forget(struct nbd_drift *drift)
{
	nbd_contests_forget(&drift->contests);
	drift->settled = NULL;
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
