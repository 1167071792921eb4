/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "daemon/reconciler-internal.h"

#include <errno.h>
#include <string.h>

#include "daemon/log.h"

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

void nbd_reconciler_enter(struct nbd_reconciler *r, enum nbd_state state)
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

	return nbd_drift_gate(&r->drift, goal, nbd_reconciler_now(r));
}

int nbd_reconciler_keep(struct nbd_reconciler *r)
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
		result = nbd_drift_count(&r->drift, plan, target, nbd_reconciler_now(r));
	if (result == 0)
		result = nbd_reconciler_keep(r);
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

static void begin_run(struct nbd_reconciler *r)
{
	r->run_began = nbd_reconciler_now(r);
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
	nbd_reconciler_enter(r, NBD_OBSERVING);
}

/* The notes of an automatic run were all told by the apply before. */
static void tell_problems(struct nbd_reconciler *r)
{
	if (!r->automatic || r->diag.n_warnings || (r->diag.n_errors && !r->quiet_failure)) {
		r->told = nbd_log_problems(&r->diag, r->told);
		r->quiet_failure = r->automatic && r->diag.n_errors;
	}
}

/* What follows from a look at a part is little: it is done at once, up to the first operation. */
static int take_steps(struct nbd_reconciler *r, unsigned *ret_ms)
{
	const uint64_t now_ms = nbd_reconciler_now(r) / 1000;
	const struct nb_converge *c = &r->converge;
	enum nb_converge_state before;
	int result;

	do {
		before = c->state;
		result = nb_converge_step(&r->converge, now_ms, ret_ms, &r->diag);
		tell_problems(r);
	} while (result == 0 && c->partial && before < NB_CONVERGE_RUN &&
		 c->state > NB_CONVERGE_OBSERVE && c->state <= NB_CONVERGE_RUN);
	return result;
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
	result = take_steps(r, &sleep_ms);
	if (result == -EAGAIN) {
		/* A bond became contested just now: plan again, without it. */
		nb_converge_again(&r->converge);
		return;
	}
	if (r->converge.unchanged) {
		nbd_reconciler_end_look(r);
	} else if (r->converge.state == NB_CONVERGE_DONE) {
		nbd_reconciler_end_run(r);
	} else if (sleep_ms) {
		nbd_reconciler_enter(r, NBD_WAITING);
		nbd_reconciler_arm(
			r, NBD_ALARM_STEP, nbd_reconciler_now(r) + (uint64_t)sleep_ms * 1000);
	} else {
		nbd_reconciler_enter(r,
			r->converge.state < NB_CONVERGE_RUN ? NBD_OBSERVING : NBD_APPLYING);
	}
}

/* The end of settling, of a wait, of back-off. */
static void go_on(struct nbd_reconciler *r)
{
	switch (r->state) {
	case NBD_WAITING:
		nbd_reconciler_enter(r, NBD_APPLYING);
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
		r->look_at = 0;
		nbd_reconciler_dirty(r, "slow look");
		nbd_reconciler_arm_slow(r);
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
		nbd_reconciler_settle(r);
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
	nbd_drift_forget(&r->drift);
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
	nbd_contests_pause(&r->drift.contests, contest, usec ? nbd_reconciler_now(r) + usec : 0);
	nbd_reconciler_dirty(r, "pause");
	return 0;
}

uint64_t nbd_reconciler_paused(const struct nbd_reconciler *r, const char *bond)
{
	const struct nbd_contest *contest = nbd_contests_find(&r->drift.contests, bond);

	return contest && nbd_contest_paused(contest, nbd_reconciler_now(r)) ? contest->paused : 0;
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
