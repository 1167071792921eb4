/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "daemon/reconciler.h"

#include <errno.h>
#include <string.h>
#include <time.h>

#include "daemon/contest.h"
#include "daemon/log.h"
#include "lib/core/diag.h"

#define SLOW_OBSERVE_USEC (60u * 1000000u) /* changes of a DOWN bond are not notified */
#define SETTLE_LONGEST_USEC 500000u
#define SETTLE_SHARE 4 /* of the time of the last run: a storm costs a fifth of a processor */
#define RETRY_FIRST_USEC 1000000u
#define RETRY_LONGEST_USEC (300u * 1000000u)

struct nbd_reconciler {
	sd_event *event;
	sd_event_source *work;	/* one step per turn */
	sd_event_source *timer; /* the end of settling, waiting, back-off */
	sd_event_source *slow;	/* the slow observation, and ends of pauses */
	enum nbd_state state;
	bool dirty;		/* something happened since the last observation began */
	bool automatic;		/* the run at hand repairs drift; nobody asked */
	bool again;		/* blocks of the last run stay */
	bool kept;		/* the configuration is on disk */
	bool quiet_failure;	/* the last automatic run failed: told once */
	struct nb_config *config;
	struct nb_converge converge;
	struct nb_diag diag;
	size_t told;
	struct nbd_contests contests;
	struct nbd_seen seen;
	uint64_t run_began, last_run_end, last_run_took, retry;
	uint64_t drift_hash;	/* of what was told about drift last */
	const struct nbd_reconciler_hooks *hooks;
	void *hook_context;
	void (*drain)(void *context);
	void *drain_context;
};

static uint64_t now_usec(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_BOOTTIME, &ts);
	return (uint64_t)ts.tv_sec * 1000000 + ts.tv_nsec / 1000;
}

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

static void arm(sd_event_source *timer, uint64_t usec)
{
	sd_event_source_set_time(timer, usec);
	sd_event_source_set_enabled(timer, SD_EVENT_ONESHOT);
}

/* The only place that changes the state. */
static void enter(struct nbd_reconciler *r, enum nbd_state state)
{
	bool working = state == NBD_OBSERVING || state == NBD_APPLYING;

	sd_event_source_set_enabled(r->work, working ? SD_EVENT_ON : SD_EVENT_OFF);
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

/* Why a goal is left alone in a run nobody asked for; NULL = it is not. */
static const char *on_gate(void *context, const struct nb_goal *goal)
{
	struct nbd_reconciler *r = context;
	const struct nbd_contest *contest = nbd_contests_find(&r->contests, goal->key);
	uint64_t now = now_usec();

	if (contest && nbd_contest_paused(contest, now))
		return "paused by netbondctl pause";
	if (contest && nbd_contest_active(contest, now))
		return "contested: another tool keeps changing it; repaired again later";
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

static bool serves(const struct nb_op *op, const char *bond)
{
	return nb_streq(op->goal, bond);
}

/* The first operation for a bond says what keeps being changed. */
static void tell_contested(struct nbd_reconciler *r, const struct nb_plan *plan, const char *bond,
	const struct nbd_contest *contest)
{
	const struct nbd_about about = { .message_id = NBD_ID_CONTESTED, .bond = bond };
	NB_CLEANUP(nb_text_done) struct nb_text text = { 0 };

	for (size_t i = 0; i < plan->n_ops && !text.text; i++) {
		if (serves(&plan->ops[i], bond))
			nb_op_describe(&plan->ops[i], &text);
	}
	nbd_log(LOG_WARNING, &about,
		"contested: repaired %u times within %u s and changed again (%s); left alone for %u s",
		NBD_CONTEST_REPAIRS, NBD_CONTEST_WINDOW_USEC / 1000000, text.text ? text.text : "",
		(unsigned)(contest->backoff / 1000000));
}

/* Counts the repairs of each bond. Return: -EAGAIN when one has just become contested. */
static int count_repairs(struct nbd_reconciler *r, const struct nb_plan *plan,
	const struct nb_target *target)
{
	uint64_t now = now_usec();
	int result = 0;

	for (size_t i = 0; i < target->n_goals; i++) {
		const char *bond = target->goals[i]->key;
		struct nbd_contest *contest;
		bool any = false;

		for (size_t k = 0; k < plan->n_ops && !any; k++)
			any = serves(&plan->ops[k], bond);
		if (!any)
			continue;
		contest = nbd_contests_get(&r->contests, bond);
		if (!contest)
			return -ENOMEM;
		if (contest->settled && nbd_contest_repair(contest, now)) {
			tell_contested(r, plan, bond, contest);
			result = -EAGAIN;
		}
	}
	return result;
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
		result = count_repairs(r, plan, target);
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

static const struct nb_converge_hooks converge_hooks = {
	.planned = on_planned,
	.after = on_after,
	.remember = on_remember,
};

/* What is left alone is told once, not at every look. */
static void tell_drift(struct nbd_reconciler *r)
{
	const struct nb_plan *plan = r->seen.plan;
	uint64_t hash = 0;

	for (size_t i = 0; plan && i < plan->n_held; i++) {
		const struct nb_held *held = &plan->held[i];

		hash = nb_hash_bytes(hash, held->goal, strlen(held->goal));
		hash = nb_hash_bytes(hash, held->text, strlen(held->text));
	}
	if (hash == r->drift_hash)
		return;
	r->drift_hash = hash;
	for (size_t i = 0; plan && i < plan->n_held; i++) {
		if (r->hooks->drift && !plan->held[i].blocked)
			r->hooks->drift(r->hook_context, &plan->held[i]);
	}
}

/* How many slaves each bond waits for: fewer later means that one has come. */
static void note_waiting(struct nbd_reconciler *r)
{
	const struct nb_target *target = r->seen.target;

	for (size_t i = 0; target && i < target->n_goals; i++) {
		struct nbd_contest *contest =
			nbd_contests_get(&r->contests, target->goals[i]->key);

		if (!contest)
			continue;
		contest->waiting = target->goals[i]->n_waiting;
		contest->settled = true;
	}
}

static void arm_slow(struct nbd_reconciler *r)
{
	uint64_t now = now_usec(), next = nbd_contests_next(&r->contests, now);

	if (!r->config || r->config->n_bonds == 0) {
		sd_event_source_set_enabled(r->slow, SD_EVENT_OFF);
		return;
	}
	next = next ? NB_MIN(next, now + SLOW_OBSERVE_USEC) : now + SLOW_OBSERVE_USEC;
	arm(r->slow, next);
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
	arm(r->timer, r->last_run_end + wait);
}

static void seen_done(struct nbd_seen *seen)
{
	nb_state_free(seen->observed);
	nb_target_free(seen->target);
	nb_plan_free(seen->plan);
	memset(seen, 0, sizeof(*seen));
}

/* A run that could not even observe leaves what was seen before. */
static void keep_seen(struct nbd_reconciler *r)
{
	struct nb_converge *c = &r->converge;
	struct nbd_seen before = r->seen;

	if (!c->observed || !c->target || !c->plan)
		return;
	r->seen.observed = nb_steal(&c->observed);
	r->seen.target = nb_steal(&c->target);
	r->seen.plan = nb_steal(&c->plan);
	if (r->hooks->seen)
		r->hooks->seen(r->hook_context, &before);
	seen_done(&before);
}

static void end_run(struct nbd_reconciler *r)
{
	enum nbd_state next = state_after(r);
	bool was_automatic = r->automatic;

	if (r->converge.result != NB_RESULT_FAILED)
		keep(r);
	keep_seen(r);
	r->last_run_end = now_usec();
	r->last_run_took = r->last_run_end - r->run_began;
	r->again = true;
	if (was_automatic)
		tell_drift(r);
	note_waiting(r);
	if (r->hooks->settled)
		r->hooks->settled(r->hook_context, r->converge.result, was_automatic,
			r->converge.done);
	arm_slow(r);
	if (next == NBD_BACKOFF) {
		r->retry = r->retry ? NB_MIN(2 * r->retry, (uint64_t)RETRY_LONGEST_USEC)
				    : RETRY_FIRST_USEC;
		enter(r, NBD_BACKOFF);
		arm(r->timer, r->last_run_end + r->retry);
		return;
	}
	r->retry = 0;
	enter(r, next);
	if (r->dirty)
		settle(r);
}

static void begin_run(struct nbd_reconciler *r)
{
	r->run_began = now_usec();
	r->converge.gate = r->automatic ? on_gate : NULL;
	r->converge.gate_context = r;
	if (r->automatic) {
		r->converge.limit = r->config->settings.auto_disruption;
		r->converge.asked = r->converge.reorder = false;
	}
	nb_diag_done(&r->diag);
	r->told = 0;
	if (r->again)
		nb_converge_again(&r->converge);
	else
		nb_converge_start(&r->converge);
	enter(r, NBD_OBSERVING);
}

/* The notes of an automatic run were all told by the apply before. */
static void tell_problems(struct nbd_reconciler *r)
{
	if (!r->automatic || (r->diag.n_errors && !r->quiet_failure)) {
		r->told = nbd_log_problems(&r->diag, r->told);
		r->quiet_failure = r->automatic && r->diag.n_errors;
	}
}

static int on_work(sd_event_source *source, void *userdata)
{
	struct nbd_reconciler *r = userdata;
	unsigned sleep_ms;
	int result;

	if (r->converge.state == NB_CONVERGE_OBSERVE) {
		if (r->drain)
			r->drain(r->drain_context);
		r->dirty = false;
	}
	result = nb_converge_step(&r->converge, now_usec() / 1000, &sleep_ms, &r->diag);
	tell_problems(r);
	if (result == -EAGAIN) {
		/* A bond became contested just now: plan again, without it. */
		nb_converge_again(&r->converge);
		return 0;
	}
	if (r->converge.state == NB_CONVERGE_DONE) {
		end_run(r);
	} else if (sleep_ms) {
		enter(r, NBD_WAITING);
		arm(r->timer, now_usec() + (uint64_t)sleep_ms * 1000);
	} else {
		enter(r, r->converge.state == NB_CONVERGE_OBSERVE ? NBD_OBSERVING : NBD_APPLYING);
	}
	return 0;
}

static int on_timer(sd_event_source *source, uint64_t usec, void *userdata)
{
	struct nbd_reconciler *r = userdata;

	switch (r->state) {
	case NBD_WAITING:
		enter(r, NBD_APPLYING);
		break;
	case NBD_SETTLING:
		begin_run(r);
		break;
	case NBD_BACKOFF:
		r->automatic = true;
		begin_run(r);
		break;
	case NBD_IDLE:
	case NBD_OBSERVING:
	case NBD_APPLYING:
	case NBD_HELD:
		break;
	}
	return 0;
}

static int on_slow(sd_event_source *source, uint64_t usec, void *userdata)
{
	struct nbd_reconciler *r = userdata;

	nbd_reconciler_dirty(r, "slow look");
	arm_slow(r);
	return 0;
}

void nbd_reconciler_dirty(struct nbd_reconciler *r, const char *why)
{
	nbd_log(LOG_DEBUG, NULL, "dirty: %s", why);
	r->dirty = true;
	if (r->config && (r->state == NBD_IDLE || r->state == NBD_HELD))
		settle(r);
}

static int take(struct nbd_reconciler *r, struct nb_config *config)
{
	if (nbd_reconciler_busy(r))
		return -EBUSY;
	nb_converge_start(&r->converge);
	nbd_contests_forget(&r->contests);
	nb_config_free(r->config);
	r->config = config;
	r->converge.config = config;
	r->again = false;
	r->kept = false;
	r->retry = 0;
	r->quiet_failure = false;
	return 0;
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
	contest = nbd_contests_get(&r->contests, bond);
	if (!contest)
		return -ENOMEM;
	contest->paused = usec ? now_usec() + usec : 0;
	nbd_reconciler_dirty(r, "pause");
	return 0;
}

uint64_t nbd_reconciler_paused(const struct nbd_reconciler *r, const char *bond)
{
	const struct nbd_contest *contest = nbd_contests_find(&r->contests, bond);

	return contest && nbd_contest_paused(contest, now_usec()) ? contest->paused : 0;
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

const struct nbd_seen *nbd_reconciler_seen(const struct nbd_reconciler *r)
{
	return &r->seen;
}

void nbd_reconciler_set_drain(struct nbd_reconciler *r, void (*drain)(void *context), void *context)
{
	r->drain = drain;
	r->drain_context = context;
}

static int add_sources(struct nbd_reconciler *r)
{
	int result = sd_event_add_defer(r->event, &r->work, on_work, r);

	/* After everything else: between two operations every other source has its turn. */
	if (result >= 0)
		result = sd_event_source_set_priority(r->work, SD_EVENT_PRIORITY_IDLE);
	if (result >= 0)
		result = sd_event_source_set_enabled(r->work, SD_EVENT_OFF);
	if (result >= 0)
		result = sd_event_add_time(
			r->event, &r->timer, CLOCK_BOOTTIME, UINT64_MAX, 1000, on_timer, r);
	if (result >= 0)
		result = sd_event_source_set_enabled(r->timer, SD_EVENT_OFF);
	if (result >= 0)
		result = sd_event_add_time(r->event, &r->slow, CLOCK_BOOTTIME, UINT64_MAX,
			SLOW_OBSERVE_USEC / 10, on_slow, r);
	if (result >= 0)
		result = sd_event_source_set_enabled(r->slow, SD_EVENT_OFF);
	return result;
}

int nbd_reconciler_new(sd_event *event, const struct nb_exec_ops *exec, void *exec_context,
	struct nb_memory *memory, const uint8_t spare_mac[6],
	const struct nbd_reconciler_hooks *hooks, void *hook_context, struct nbd_reconciler **ret)
{
	struct nbd_reconciler *r = calloc(1, sizeof(*r));
	int result;

	if (!r)
		return -ENOMEM;
	r->event = event;
	r->hooks = hooks;
	r->hook_context = hook_context;
	r->converge.exec = exec;
	r->converge.exec_context = exec_context;
	r->converge.memory = memory;
	r->converge.hooks = &converge_hooks;
	r->converge.hook_context = r;
	memcpy(r->converge.spare_mac, spare_mac, 6);
	r->converge.state = NB_CONVERGE_DONE;
	result = add_sources(r);
	if (result < 0) {
		nbd_reconciler_free(r);
		return result;
	}
	*ret = r;
	return 0;
}

struct nbd_reconciler *nbd_reconciler_free(struct nbd_reconciler *r)
{
	if (!r)
		return NULL;
	sd_event_source_disable_unref(r->work);
	sd_event_source_disable_unref(r->timer);
	sd_event_source_disable_unref(r->slow);
	nb_converge_done(&r->converge);
	seen_done(&r->seen);
	nb_config_free(r->config);
	nb_diag_done(&r->diag);
	nbd_contests_done(&r->contests);
	free(r);
	return NULL;
}
