/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "daemon/reconciler.h"

#include <errno.h>
#include <string.h>

#include "daemon/drift.h"
#include "daemon/log.h"
#include "lib/core/diag.h"

#define SLOW_OBSERVE_USEC (60u * 1000000u) /* changes of a DOWN bond are not notified */
#define LACP_OBSERVE_USEC 1000000u
#define SETTLE_LONGEST_USEC 500000u
#define SETTLE_SHARE 4 /* of the time of the last run: a storm costs a fifth of a processor */
#define RETRY_FIRST_USEC 1000000u
#define RETRY_LONGEST_USEC SLOW_OBSERVE_USEC

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

const char *nbd_state_name(enum nbd_state state)
{
	static const char *const names[] = {
		[NBD_IDLE] = "idle",
		[NBD_SETTLING] = "settling",
		[NBD_OBSERVING] = "observing",
		[NBD_APPLYING] = "applying",
		[NBD_WAITING] = "waiting",
		[NBD_BACKOFF] = "backoff",
		[NBD_HELD] = "held",
	};

	return names[state];
}

static uint64_t now_usec(const struct nbd_reconciler *r)
{
	return r->pace->now(r->pace_context);
}

static void arm(const struct nbd_reconciler *r, enum nbd_alarm alarm, uint64_t usec)
{
	r->pace->alarm(r->pace_context, alarm, usec);
}

/* The only place that changes the state. */
static void enter(struct nbd_reconciler *r, enum nbd_state state)
{
	bool working = state == NBD_OBSERVING || state == NBD_APPLYING;

	r->pace->work(r->pace_context, working);
	if (state == r->state)
		return;
	r->state = state;
	if (r->hooks->state)
		r->hooks->state(r->hook_context, state);
}

static bool is_working(const struct nbd_reconciler *r)
{
	return r->state == NBD_OBSERVING || r->state == NBD_APPLYING || r->state == NBD_WAITING;
}

static const char *on_gate(void *context, const struct nb_goal *goal)
{
	const struct nbd_reconciler *r = context;

	return nbd_drift_gate(&r->drift, goal, now_usec(r));
}

/* Once per configuration, before the first operation, and also where there is nothing to do. */
static int keep(struct nbd_reconciler *r)
{
	int result = r->kept || !r->hooks->keep ? 0 : r->hooks->keep(r->hook_context, r->config);

	r->kept = r->kept || result == 0;
	return result;
}

static int on_planned(void *context, const struct nb_plan *plan, const struct nb_target *target)
{
	struct nbd_reconciler *r = context;
	int result = 0;

	if (r->automatic && r->converge.passes == 1)
		result = nbd_drift_count(&r->drift, plan, target, now_usec(r));
	if (result == 0)
		result = keep(r);
	if (result == 0 && r->hooks->planned)
		r->hooks->planned(r->hook_context, plan, r->automatic);
	return result;
}

static void on_after(void *context, const struct nb_op *op, int result,
	const struct nb_exec_error *error)
{
	struct nbd_reconciler *r = context;

	if (r->hooks->operation)
		r->hooks->operation(r->hook_context, op, result, error, r->automatic);
}

static int on_remember(void *context, const struct nb_memory *memory)
{
	struct nbd_reconciler *r = context;

	return r->hooks->remember ? r->hooks->remember(r->hook_context, memory) : 0;
}

static int on_owe(void *context, const struct nb_state *owed)
{
	struct nbd_reconciler *r = context;

	return r->hooks->owe ? r->hooks->owe(r->hook_context, owed) : 0;
}

static const struct nb_converge_hooks converge_hooks = {
	.planned = on_planned,
	.after = on_after,
	.remember = on_remember,
	.owe = on_owe,
};

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
		r->lacp_changed = now_usec(r);
	r->lacp = lacp;
}

static void arm_slow(struct nbd_reconciler *r)
{
	uint64_t now = now_usec(r), next = nbd_contests_next(&r->drift.contests, now);
	/* After a failure it looks again soon anyway. */
	uint64_t look = r->retry_at ? 0 : now + look_after(r, now);

	/* A look at a part does not put off the one at everything. */
	if (look && r->converge.partial && r->look_at > now)
		look = NB_MIN(look, r->look_at);
	r->look_at = look;
	if (!r->config || r->config->n_bonds == 0)
		next = look = 0;
	arm(r, NBD_ALARM_SLOW, next && look ? NB_MIN(next, look) : NB_MAX(next, look));
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

static void settle(struct nbd_reconciler *r)
{
	uint64_t wait = NB_MIN(SETTLE_SHARE * r->last_run_took, (uint64_t)SETTLE_LONGEST_USEC);

	r->automatic = true;
	enter(r, NBD_SETTLING);
	arm(r, NBD_ALARM_STEP, r->last_run_end + wait);
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

static void end_run(struct nbd_reconciler *r)
{
	enum nbd_state next = state_after(r);
	bool was_automatic = r->automatic;

	if (r->converge.result != NB_RESULT_FAILED)
		keep(r);
	end_restore(r);
	r->settled = r->clean = false;
	keep_seen(r);
	r->last_run_end = now_usec(r);
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
	arm_slow(r);
	enter(r, next);
	if (r->dirty)
		settle(r);
	else if (next == NBD_BACKOFF)
		arm(r, NBD_ALARM_STEP, r->retry_at);
}

/* Everything is as it was: so is what follows from it. The slow look comes when it was to come. */
static void end_look(struct nbd_reconciler *r)
{
	r->last_run_end = now_usec(r);
	r->last_run_took = r->last_run_end - r->run_began;
	enter(r, r->rest);
	if (r->dirty)
		settle(r);
}

static void begin_run(struct nbd_reconciler *r)
{
	r->run_began = now_usec(r);
	r->converge.gate = r->automatic ? on_gate : NULL;
	r->converge.gate_context = r;
	if (r->automatic) {
		r->converge.limit = r->config->settings.auto_disruption;
		r->converge.asked = r->converge.reorder = r->converge.force = false;
	}
	nb_diag_done(&r->diag);
	r->told = 0;
	if (r->again)
		nb_converge_again(&r->converge);
	else
		nb_converge_start(&r->converge);
	if (r->automatic && r->settled)
		r->converge.base = (struct nb_resolved){
			.observed = r->seen->observed,
			.target = r->clean ? r->seen->target : NULL,
		};
	enter(r, NBD_OBSERVING);
}

/* The notes of an automatic run were all told by the apply before. */
static void tell_problems(struct nbd_reconciler *r)
{
	if (!r->automatic || r->diag.n_warnings || (r->diag.n_errors && !r->quiet_failure)) {
		r->told = nbd_log_problems(&r->diag, r->told);
		r->quiet_failure = r->automatic && r->diag.n_errors;
	}
}

void nbd_reconciler_work(struct nbd_reconciler *r)
{
	unsigned sleep_ms;
	int result;

	if (r->converge.state == NB_CONVERGE_OBSERVE) {
		if (r->hooks->observing)
			r->hooks->observing(r->hook_context, &r->converge.touches);
		r->dirty = false;
	}
	result = nb_converge_step(&r->converge, now_usec(r) / 1000, &sleep_ms, &r->diag);
	tell_problems(r);
	if (result == -EAGAIN) {
		/* A bond became contested just now: plan again, without it. */
		nb_converge_again(&r->converge);
		return;
	}
	if (r->converge.unchanged) {
		end_look(r);
	} else if (r->converge.state == NB_CONVERGE_DONE) {
		end_run(r);
	} else if (sleep_ms) {
		enter(r, NBD_WAITING);
		arm(r, NBD_ALARM_STEP, now_usec(r) + (uint64_t)sleep_ms * 1000);
	} else {
		enter(r, r->converge.state < NB_CONVERGE_RUN ? NBD_OBSERVING : NBD_APPLYING);
	}
}

/* The end of settling, of a wait, of back-off. */
static void go_on(struct nbd_reconciler *r)
{
	switch (r->state) {
	case NBD_WAITING:
		enter(r, NBD_APPLYING);
		break;
	case NBD_BACKOFF:
		r->automatic = true;
		begin_run(r);
		break;
	case NBD_SETTLING:
		begin_run(r);
		break;
	case NBD_IDLE:
	case NBD_OBSERVING:
	case NBD_APPLYING:
	case NBD_HELD:
		break;
	}
}

void nbd_reconciler_alarm(struct nbd_reconciler *r, enum nbd_alarm alarm)
{
	switch (alarm) {
	case NBD_ALARM_STEP:
		go_on(r);
		break;
	case NBD_ALARM_SLOW:
		nbd_reconciler_dirty(r, "slow look");
		arm_slow(r);
		break;
	case NBD_ALARMS:
		break;
	}
}

static void notice(struct nbd_reconciler *r, const char *why)
{
	nbd_log(LOG_DEBUG, NULL, "dirty: %s", why);
	r->dirty = true;
	/* One bond may have failed: the others are looked after nevertheless. */
	if (r->config && (r->state == NBD_IDLE || r->state == NBD_HELD || r->state == NBD_BACKOFF))
		settle(r);
}

void nbd_reconciler_dirty(struct nbd_reconciler *r, const char *why)
{
	nb_touches_all(&r->converge.touches);
	notice(r, why);
}

void nbd_reconciler_touched(
	struct nbd_reconciler *r, const struct nb_touches *touches, const char *why)
{
	nb_touches_merge(&r->converge.touches, touches);
	notice(r, why);
}

static void swap_config(struct nbd_reconciler *r, struct nb_config *config)
{
	nb_converge_start(&r->converge);
	nbd_contests_forget(&r->drift.contests);
	nb_config_free(r->config);
	r->config = config;
	r->converge.config = config;
	r->again = false;
	r->settled = r->clean = false;
	r->kept = false;
	r->retry = r->retry_at = 0;
	r->quiet_failure = false;
}

static int take(struct nbd_reconciler *r, struct nb_config *config)
{
	if (nbd_reconciler_busy(r))
		return -EBUSY;
	swap_config(r, config);
	return 0;
}

void nbd_reconciler_owe(struct nbd_reconciler *r, struct nb_state *owed)
{
	nb_converge_owe(&r->converge, owed);
}

void nbd_reconciler_restore(struct nbd_reconciler *r, const struct nb_restore *restore,
	struct nb_config *config)
{
	swap_config(r, config);
	r->automatic = false;
	r->converge.restore = restore;
	r->converge.limit = NB_CLASS_REBUILD;
	r->converge.asked = r->converge.reorder = true;
	r->converge.force = false; /* who moved in meanwhile was not asked about */
	begin_run(r);
}

int nbd_reconciler_apply(
	struct nbd_reconciler *r, struct nb_config *config, const struct nbd_apply *how)
{
	int result = take(r, config);

	if (result < 0)
		return result;
	r->automatic = false;
	r->converge.limit = how->limit;
	r->converge.asked = how->asked;
	r->converge.reorder = how->reorder;
	r->converge.force = how->force;
	begin_run(r);
	return 0;
}

int nbd_reconciler_resume(struct nbd_reconciler *r, struct nb_config *config)
{
	int result = take(r, config);

	if (result < 0)
		return result;
	r->automatic = true;
	r->kept = true;
	begin_run(r);
	return 0;
}

int nbd_reconciler_pause(struct nbd_reconciler *r, const char *bond, uint64_t usec)
{
	struct nbd_contest *contest;

	if (!r->config || !nb_config_find_bond(r->config, bond))
		return -ENOENT;
	contest = nbd_contests_get(&r->drift.contests, bond);
	if (!contest)
		return -ENOMEM;
	contest->paused = usec ? now_usec(r) + usec : 0;
	nbd_reconciler_dirty(r, "pause");
	return 0;
}

uint64_t nbd_reconciler_paused(const struct nbd_reconciler *r, const char *bond)
{
	const struct nbd_contest *contest = nbd_contests_find(&r->drift.contests, bond);

	return contest && nbd_contest_paused(contest, now_usec(r)) ? contest->paused : 0;
}

bool nbd_reconciler_busy(const struct nbd_reconciler *r)
{
	return is_working(r) && !r->automatic;
}

enum nbd_state nbd_reconciler_state(const struct nbd_reconciler *r)
{
	return r->state;
}

const struct nb_config *nbd_reconciler_config(const struct nbd_reconciler *r)
{
	return r->config;
}

struct nbd_seen *nbd_reconciler_seen(const struct nbd_reconciler *r)
{
	return r->seen;
}

struct nbd_reconciler *nbd_reconciler_new(const struct nbd_setup *setup)
{
	struct nbd_reconciler *r = calloc(1, sizeof(*r));

	if (!r)
		return NULL;
	r->pace = setup->pace;
	r->pace_context = setup->pace_context;
	r->hooks = setup->hooks;
	r->hook_context = setup->hook_context;
	r->converge.exec = setup->exec;
	r->converge.exec_context = setup->exec_context;
	r->converge.memory = setup->memory;
	r->converge.hooks = &converge_hooks;
	r->converge.hook_context = r;
	memcpy(r->converge.spare_mac, setup->spare_mac, sizeof(setup->spare_mac));
	r->converge.state = NB_CONVERGE_DONE;
	r->seen = nbd_seen_new();
	return r->seen ? r : nbd_reconciler_free(r);
}

struct nbd_reconciler *nbd_reconciler_free(struct nbd_reconciler *r)
{
	if (!r)
		return NULL;
	nb_converge_done(&r->converge);
	nbd_seen_unref(r->seen);
	nb_config_free(r->config);
	nb_diag_done(&r->diag);
	nbd_drift_done(&r->drift);
	free(r);
	return NULL;
}
