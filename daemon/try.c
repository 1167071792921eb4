/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "daemon/try.h"

#include <errno.h>
#include <string.h>

#include "daemon/bus.h"
#include "daemon/clock.h"
#include "daemon/describe.h"
#include "daemon/files.h"
#include "daemon/log.h"
#include "daemon/probe.h"
#include "lib/yaml/trial.h"

#define NOT_CONFIRMED \
	"the files were tried and not confirmed; what was applied before is in force"

struct nbd_try {
	struct nbd *d;
	enum nbd_try_state state;
	struct nb_trial trial;
	struct nb_restore restore;
	struct nb_config *config; /* what is tried, until it is in force */
	struct nb_config *back;	  /* restore.before again, made in time: no way back may lack memory */
	struct nbd_apply how;
	enum nb_converge_result result; /* of the run that ended */
	struct nbd_probes *probes; /* NULL: none */
	sd_event_source *timer;	  /* the end of the countdown */
	sd_event_source *later;	  /* after a run: what follows, outside of the reconciler's call */
	char *why;		  /* it goes back */
};

const char *nbd_try_state_name(enum nbd_try_state state)
{
	static const char *const names[] = {
		[NBD_TRY_NONE] = "",
		[NBD_TRY_ASKING] = "asking",
		[NBD_TRY_APPLYING] = "applying",
		[NBD_TRY_PROBING] = "probing",
		[NBD_TRY_WAITING] = "waiting",
		[NBD_TRY_RETURNING] = "returning",
	};

	return names[state];
}

enum nbd_try_state nbd_try_state(const struct nbd *d)
{
	return d->trying ? d->trying->state : NBD_TRY_NONE;
}

uint64_t nbd_try_timeout(const struct nbd *d)
{
	return d->trying ? d->trying->trial.timeout_usec : 0;
}

static bool counts_down(const struct nbd_try *t)
{
	return t && (t->state == NBD_TRY_APPLYING || t->state == NBD_TRY_PROBING ||
			    t->state == NBD_TRY_WAITING);
}

static bool is_in_force(const struct nbd_try *t)
{
	return t && (t->state == NBD_TRY_PROBING || t->state == NBD_TRY_WAITING);
}

uint64_t nbd_try_deadline(const struct nbd *d)
{
	return counts_down(d->trying) ? d->trying->trial.deadline_usec : 0;
}

uint64_t nbd_try_remaining(const struct nbd *d)
{
	uint64_t now = nbd_now();

	if (!counts_down(d->trying) || d->trying->trial.deadline_usec <= now)
		return 0;
	return d->trying->trial.deadline_usec - now;
}

struct nbd_try *nbd_try_free(struct nbd_try *t)
{
	if (!t)
		return NULL;
	sd_event_source_disable_unref(t->timer);
	sd_event_source_disable_unref(t->later);
	nbd_probes_free(t->probes);
	nb_restore_done(&t->restore);
	nb_config_free(t->config);
	nb_config_free(t->back);
	free(t->why);
	free(t);
	return NULL;
}

static void enter(struct nbd_try *t, enum nbd_try_state state)
{
	t->state = state;
	nbd_bus_tried(t->d->bus);
}

static void log_try(int level, const char *text)
{
	const struct nbd_about about = { .message_id = NBD_ID_TRY };

	nbd_log(level, &about, "%s", text);
}

/* How far it is goes to disk; where that fails the countdown only lives as long as the daemon. */
static void keep_trial(struct nbd_try *t)
{
	int r = nb_trial_update(&t->d->rundir, &t->trial);

	if (r < 0)
		nbd_log(LOG_ERR, NULL, "%s: the state of the try cannot be kept: %s",
			t->d->rundir.path, strerror(-r));
}

static void arm(struct nbd_try *t)
{
	sd_event_source_set_time(t->timer, t->trial.deadline_usec);
	sd_event_source_set_enabled(t->timer, SD_EVENT_ONESHOT);
}

static void count_down(struct nbd_try *t)
{
	t->trial.deadline_usec = nbd_now() + t->trial.timeout_usec;
	arm(t);
}

/* The end */

static void end(struct nbd_try *t, const char *outcome)
{
	struct nbd *d = t->d;
	int r = nb_trial_remove(&d->rundir);

	if (r < 0)
		nbd_log(LOG_ERR, NULL, "%s: the try cannot be removed: %s", d->rundir.path,
			strerror(-r));
	d->trying = NULL;
	nbd_bus_tried_end(d->bus, outcome, t->why);
	nbd_try_free(t);
}

/* What was made again on the way back is remembered as before; then what ruled before rules. */
static void end_return(struct nbd_try *t)
{
	struct nbd *d = t->d;
	bool failed = t->result == NB_RESULT_FAILED;
	int r = nb_restore_memory(&t->restore, &d->memory);

	log_try(failed ? LOG_ERR : LOG_NOTICE, failed ? "not all of the way back could be done"
						      : "all is as it was before");
	if (r == 0)
		r = nb_rundir_save_memory(&d->rundir, &d->memory);
	if (r < 0)
		nbd_log(LOG_ERR, NULL, "%s: what was made cannot be remembered: %s",
			d->rundir.path, strerror(-r));
	r = nbd_put_back(d, t->restore.before, t->trial.files ? NOT_CONFIRMED : NULL);
	if (r == 0)
		nb_steal(&t->restore.before);
	end(t, failed ? "failed" : "rolled-back");
}

/* The way back */

static void go_back(struct nbd_try *t)
{
	t->probes = nbd_probes_free(t->probes);
	/* The end of the run forth must not be taken for that of the way back. */
	t->later = sd_event_source_disable_unref(t->later);
	sd_event_source_set_enabled(t->timer, SD_EVENT_OFF);
	t->trial.phase = NB_TRIAL_RETURNING;
	keep_trial(t);
	enter(t, NBD_TRY_RETURNING);
	nbd_reconciler_restore(t->d->reconciler, &t->restore, nb_steal(&t->back));
	t->d->taken_at = nbd_now();
	t->d->taken_from = "rollback";
	nbd_describe_forget(t->d);
}

int nbd_try_rollback(struct nbd *d, const char *why)
{
	struct nbd_try *t = d->trying;
	NB_CLEANUP(nb_text_done) struct nb_text text = { 0 };

	if (!t)
		return -ENOENT;
	if (t->state == NBD_TRY_RETURNING)
		return 0;
	free(t->why);
	t->why = strdup(why);
	nb_text_add(&text, "going back: %s", why);
	log_try(LOG_WARNING, text.text ? text.text : why);
	if (t->state == NBD_TRY_ASKING) /* nothing was done yet */
		end(t, "rolled-back");
	else
		go_back(t);
	return 0;
}

static int on_timer(sd_event_source *source, uint64_t usec, void *userdata)
{
	struct nbd_try *t = userdata;
	NB_CLEANUP(nb_text_done) struct nb_text why = { 0 };

	nb_text_add(&why, "%s within %u s",
		t->state == NBD_TRY_APPLYING ? "it could not be applied" : "nobody confirmed it",
		(unsigned)(t->trial.timeout_usec / 1000000));
	nbd_try_rollback(t->d, why.text ? why.text : "nobody confirmed it");
	return 0;
}

static int add_timer(struct nbd_try *t)
{
	int r = sd_event_add_time(
		t->d->event, &t->timer, CLOCK_BOOTTIME, UINT64_MAX, 1000, on_timer, t);

	return r < 0 ? r : sd_event_source_set_enabled(t->timer, SD_EVENT_OFF);
}

/* Forth */

static void on_judged(void *context, const char *failed)
{
	struct nbd_try *t = context;

	if (failed) {
		nbd_try_rollback(t->d, failed);
		return;
	}
	log_try(LOG_NOTICE, "all probes answer; waiting for `netbondctl confirm`");
	enter(t, NBD_TRY_WAITING);
}

static void put_in_force(struct nbd_try *t)
{
	NB_CLEANUP(nb_text_done) struct nb_text text = { 0 };

	t->trial.phase = NB_TRIAL_WAITING;
	count_down(t);
	keep_trial(t);
	nb_text_add(&text, "in force for %u s: `netbondctl confirm` keeps it, `netbondctl rollback` goes back",
		(unsigned)(t->trial.timeout_usec / 1000000));
	log_try(LOG_NOTICE, text.text ? text.text : "");
	enter(t, t->probes ? NBD_TRY_PROBING : NBD_TRY_WAITING);
	if (t->probes)
		nbd_probes_judge(t->probes, t->trial.timeout_usec, on_judged, t);
}

static int on_later(sd_event_source *source, void *userdata)
{
	struct nbd_try *t = userdata;

	t->later = sd_event_source_disable_unref(t->later);
	if (t->state == NBD_TRY_RETURNING)
		end_return(t);
	else if (t->result == NB_RESULT_FAILED)
		nbd_try_rollback(t->d, "not all of it could be done");
	else
		put_in_force(t);
	return 0;
}

bool nbd_try_settled(struct nbd *d, enum nb_converge_result result)
{
	struct nbd_try *t = d->trying;

	if (!t || (t->state != NBD_TRY_APPLYING && t->state != NBD_TRY_RETURNING))
		return t;
	t->result = result;
	if (sd_event_add_defer(d->event, &t->later, on_later, t) < 0)
		on_later(NULL, t); /* no memory: better now than never */
	return true;
}

/* What must be on disk before the first operation. */
static int keep_all(struct nbd_try *t, bool *ret_marked)
{
	struct nbd *d = t->d;
	int r;

	t->trial.phase = NB_TRIAL_APPLYING;
	count_down(t);
	r = nb_trial_save(&d->rundir, &t->trial, &t->restore);
	if (r < 0) {
		nbd_log(LOG_ERR, NULL, "%s: what to go back to cannot be kept: %s",
			d->rundir.path, strerror(-r));
		return r;
	}
	*ret_marked = t->trial.files && nbd_files_mark(d, t->trial.files);
	return 0;
}

static int apply(struct nbd_try *t)
{
	bool marked = false;
	int r = keep_all(t, &marked);

	if (r == 0)
		r = nbd_take(t->d, t->config, &t->how, t->trial.files);
	if (r < 0) {
		sd_event_source_set_enabled(t->timer, SD_EVENT_OFF);
		nb_trial_remove(&t->d->rundir);
		if (marked)
			nbd_files_unmark(t->d);
		return r;
	}
	t->d->taken_from = "try";
	nb_steal(&t->config);
	enter(t, NBD_TRY_APPLYING);
	return 0;
}

static void on_asked(void *context, const char *failed)
{
	struct nbd_try *t = context;
	int r = apply(t);

	if (r < 0)
		nbd_try_rollback(t->d, strerror(-r));
}

static int fill(struct nbd_try *t, struct nb_config *config, struct nbd_planning *planning)
{
	static const struct nb_config none = { 0 };
	const struct nb_config *before = nbd_reconciler_config(t->d->reconciler);
	int r = nb_config_copy(before ? before : &none, &t->restore.before);

	if (r == 0)
		r = nb_config_copy(t->restore.before, &t->back);
	if (r == 0)
		r = nb_config_copy(config, &t->restore.tried);
	if (r == 0)
		r = nb_memory_copy(&t->d->memory, &t->restore.memory);
	t->restore.snapshot = nb_steal(&planning->converge.observed);
	return r;
}

int nbd_try_begin(struct nbd *d, struct nb_config *config, const struct nbd_apply *how,
	struct nbd_planning *planning, const struct nbd_try_request *request, struct nb_diag *diag)
{
	struct nbd_try *t;
	int r;

	if (d->trying || nbd_reconciler_busy(d->reconciler))
		return -EBUSY;
	r = nb_restore_check(planning->converge.observed, diag);
	if (r < 0)
		return r;
	t = calloc(1, sizeof(*t));
	if (!t)
		return -ENOMEM;
	t->d = d;
	t->how = *how;
	t->trial.timeout_usec = request->timeout_usec;
	t->trial.files = request->from_files ? nbd_files_hash(d) : 0;
	r = fill(t, config, planning);
	if (r == 0)
		r = add_timer(t);
	if (r >= 0 && request->n_probes)
		r = nbd_probes_new(d, request, &t->restore, &t->probes, diag);
	if (r < 0) {
		nbd_try_free(t);
		return r;
	}
	t->config = config;
	d->trying = t;
	if (t->probes) {
		enter(t, NBD_TRY_ASKING);
		nbd_probes_ask(t->probes, on_asked, t);
		return 0;
	}
	r = apply(t);
	if (r < 0) {
		nb_steal(&t->config);
		d->trying = nbd_try_free(t);
	}
	return r;
}

int nbd_try_confirm(struct nbd *d)
{
	struct nbd_try *t = d->trying;

	if (!is_in_force(t))
		return -ENOENT;
	if (t->trial.files)
		nbd_files_confirm(d);
	log_try(LOG_NOTICE, "confirmed");
	end(t, "confirmed");
	return 0;
}

int nbd_try_extend(struct nbd *d, uint64_t usec)
{
	struct nbd_try *t = d->trying;

	if (!counts_down(t))
		return -ENOENT;
	if (usec && (usec < NBD_TRY_TIMEOUT_MIN || usec > NBD_TRY_TIMEOUT_MAX))
		return -ERANGE;
	if (usec)
		t->trial.timeout_usec = usec;
	count_down(t);
	keep_trial(t);
	nbd_bus_tried(d->bus);
	return 0;
}

/* After a restart */

static int take_up(struct nbd_try *t)
{
	struct nbd *d = t->d;
	struct nb_config *config = NULL;
	int r = nb_config_copy(t->restore.tried, &config);

	if (r < 0)
		return r;
	d->generation++;
	r = nbd_reconciler_resume(d->reconciler, config);
	if (r < 0)
		return r;
	if (t->trial.phase == NB_TRIAL_WAITING && t->trial.deadline_usec > nbd_now()) {
		log_try(LOG_NOTICE, "a try is under way: its countdown goes on");
		arm(t);
		enter(t, NBD_TRY_WAITING);
		return 0;
	}
	t->state = NBD_TRY_WAITING;
	return nbd_try_rollback(d, t->trial.phase == NB_TRIAL_WAITING
					   ? "its time was up while netbondd did not run"
					   : "netbondd ended in the middle of it");
}

int nbd_try_resume(struct nbd *d)
{
	NB_CLEANUP(nb_diag_done) struct nb_diag diag = { 0 };
	struct nbd_try *t = calloc(1, sizeof(*t));
	int r;

	if (!t)
		return -ENOMEM;
	t->d = d;
	r = nb_trial_load(&d->rundir, &t->trial, &t->restore, &diag);
	if (r > 0) {
		d->trying = t;
		r = nb_config_copy(t->restore.before, &t->back);
		if (r == 0)
			r = add_timer(t);
		if (r >= 0)
			nbd_bus_tried_begin(d->bus);
		if (r >= 0)
			r = take_up(t);
		return r < 0 ? r : 1;
	}
	nbd_try_free(t);
	if (r == -EBADMSG) {
		nbd_log_problems(&diag, 0);
		nbd_log(LOG_ERR, NULL,
			"%s: a try was under way and cannot be taken back; what it applied stays",
			d->rundir.path);
		nb_trial_remove(&d->rundir);
		return 0;
	}
	return r == -ENOMEM ? r : 0;
}
