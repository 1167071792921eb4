/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The end of a reconciler's run: what was seen, what is told, when it looks again. */
#include "daemon/reconciler-internal.h"

#define SLOW_OBSERVE_USEC (60u * 1000000u) /* changes of a DOWN bond are not notified */
#define LACP_OBSERVE_USEC 1000000u
#define SETTLE_LONGEST_USEC 500000u
#define SETTLE_SHARE 4 /* of the time of the last run: a storm costs a fifth of a processor */
#define RETRY_FIRST_USEC 1000000u
#define RETRY_LONGEST_USEC SLOW_OBSERVE_USEC

/* What is left alone is told once, not at every look. */
static void tell_drift(struct nbd_reconciler *r)
{
	const struct nb_plan *plan = r->seen->plan;

	if (!nbd_drift_news(&r->drift, plan) || !r->hooks->drift)
		return;
	for (size_t i = 0; plan && i < plan->n_held; i++) {
		if (!plan->held[i].blocked)
			r->hooks->drift(r->hook_context, &plan->held[i]);
	}
}

/* LACP goes on without a notification: the longer nothing happened, the later it looks again. */
static uint64_t look_after(const struct nbd_reconciler *r, uint64_t now)
{
	uint64_t quiet = NB_MAX(now - r->lacp_changed, (uint64_t)LACP_OBSERVE_USEC);

	return r->lacp ? NB_MIN(quiet, (uint64_t)SLOW_OBSERVE_USEC) : SLOW_OBSERVE_USEC;
}

static uint64_t lacp_of(const struct nb_state *state, const struct nb_touch *touch)
{
	const struct nb_netns *ns = nb_state_namespace(state, touch->namespace);
	const struct nb_link *link = ns ? nb_netns_find_index(ns, touch->ifindex) : NULL;

	return link ? nb_link_lacp_hash(link) : 0;
}

static void note_lacp(
	struct nbd_reconciler *r, const struct nbd_seen *before, const struct nbd_seen *now)
{
	const bool part = now->part && !now->changed.all;
	uint64_t lacp = part ? r->lacp : nb_state_lacp_hash(now->observed);

	for (size_t i = 0; part && i < now->changed.n; i++) {
		lacp -= lacp_of(before->observed, &now->changed.items[i]);
		lacp += lacp_of(now->observed, &now->changed.items[i]);
	}
	if (lacp != r->lacp)
		r->lacp_changed = nbd_reconciler_now(r);
	r->lacp = lacp;
}

void nbd_reconciler_arm_slow(struct nbd_reconciler *r)
{
	uint64_t now = nbd_reconciler_now(r), next = nbd_contests_next(&r->drift.contests, now);
	/* After a failure it looks again soon anyway. */
	uint64_t look = r->retry_at ? 0 : now + look_after(r, now);

	/* A look at a part does not put off the one at everything, not even one that is due. */
	if (look && r->converge.partial && r->look_at)
		look = NB_MIN(look, r->look_at);
	r->look_at = look;
	if (!r->config || r->config->n_bonds == 0)
		next = look = 0;
	nbd_reconciler_arm(r, NBD_ALARM_SLOW, next && look ? NB_MIN(next, look) : NB_MAX(next, look));
}

static enum nbd_state state_after(struct nbd_reconciler *r)
{
	switch (r->converge.result) {
	case NB_RESULT_CONVERGED:
		return NBD_IDLE;
	case NB_RESULT_HELD:
	case NB_RESULT_PENDING:
		return NBD_HELD;
	case NB_RESULT_FAILED:
		return NBD_BACKOFF;
	}
	return NBD_BACKOFF;
}

void nbd_reconciler_settle(struct nbd_reconciler *r)
{
	uint64_t wait = NB_MIN(SETTLE_SHARE * r->last_run_took, (uint64_t)SETTLE_LONGEST_USEC);
	uint64_t due = r->last_run_end + wait;
	bool at_once = due <= nbd_reconciler_now(r);

	r->automatic = true;
	nbd_reconciler_enter(r, NBD_SETTLING);
	/* Also in place of the end of a back-off. */
	nbd_reconciler_arm(r, NBD_ALARM_STEP, at_once ? 0 : due);
	if (at_once)
		nbd_reconciler_alarm(r, NBD_ALARM_STEP);
}

/* A run that could not even observe leaves what was seen before. */
static void keep_seen(struct nbd_reconciler *r)
{
	struct nb_converge *c = &r->converge;
	struct nbd_seen *before = r->seen, *now;

	if (!c->observed || !c->target || !c->plan)
		return;
	now = nbd_seen_new();
	if (!now)
		return;
	now->observed = nb_steal(&c->observed);
	now->target = nb_steal(&c->target);
	now->plan = nb_steal(&c->plan);
	now->part = c->partial;
	now->changed = c->changed;
	c->changed = (struct nb_touches){ 0 };
	note_lacp(r, before, now);
	r->seen = now;
	r->settled = c->result == NB_RESULT_CONVERGED || c->result == NB_RESULT_HELD;
	r->clean = c->result == NB_RESULT_CONVERGED && c->n_blocks == 0 && now->plan->n_ops == 0 &&
		now->plan->n_held == 0 && !now->plan->refused;
	if (r->hooks->seen)
		r->hooks->seen(r->hook_context, before);
	nbd_seen_unref(before);
}

/* A run that an event caused in between does not put it off: else a storm would for ever. */
static void plan_retry(struct nbd_reconciler *r)
{
	if (r->last_run_end < r->retry_at)
		return;
	r->retry = r->retry ? NB_MIN(2 * r->retry, (uint64_t)RETRY_LONGEST_USEC)
			    : RETRY_FIRST_USEC;
	r->retry_at = r->last_run_end + r->retry;
}

/* What is seen outlives the snapshot. */
static void end_restore(struct nbd_reconciler *r)
{
	struct nb_converge *c = &r->converge;

	if (c->restore && c->target) {
		c->target->snapshot = NULL;
		c->target->n_links = 0;
	}
	c->restore = NULL;
}

void nbd_reconciler_end_run(struct nbd_reconciler *r)
{
	enum nbd_state next = state_after(r);
	bool was_automatic = r->automatic, went_back = r->converge.restore;

	if (r->converge.result != NB_RESULT_FAILED)
		nbd_reconciler_keep(r);
	end_restore(r);
	r->settled = r->clean = false;
	keep_seen(r);
	/* What a snapshot shows is not what the configuration says. */
	r->clean = r->clean && !went_back;
	r->last_run_end = nbd_reconciler_now(r);
	r->last_run_took = r->last_run_end - r->run_began;
	r->again = true;
	/* Another tool set it back at once: that is drift again, and may become a contest. */
	if (was_automatic && nb_converge_forgive(&r->converge)) {
		next = NBD_HELD;
		r->dirty = true;
	}
	if (was_automatic)
		tell_drift(r);
	if (r->seen->target)
		nbd_drift_settled(&r->drift, r->seen->target);
	if (r->hooks->settled)
		r->hooks->settled(r->hook_context, r->converge.result, was_automatic,
			r->converge.done);
	if (next == NBD_BACKOFF)
		plan_retry(r);
	else
		r->retry = r->retry_at = 0;
	r->rest = next;
	nbd_reconciler_arm_slow(r);
	nbd_reconciler_enter(r, next);
	if (r->dirty)
		nbd_reconciler_settle(r);
	else if (next == NBD_BACKOFF)
		nbd_reconciler_arm(r, NBD_ALARM_STEP, r->retry_at);
}

void nbd_reconciler_end_look(struct nbd_reconciler *r)
{
	r->last_run_end = nbd_reconciler_now(r);
	r->last_run_took = r->last_run_end - r->run_began;
	nbd_reconciler_enter(r, r->rest);
	if (r->dirty)
		nbd_reconciler_settle(r);
}
