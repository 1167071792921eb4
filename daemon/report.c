/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "daemon/report.h"

#include <errno.h>
#include <inttypes.h>
#include <malloc.h>
#include <string.h>
#include <systemd/sd-daemon.h>
#include <time.h>

#include "daemon/bus.h"
#include "daemon/clock.h"
#include "daemon/drill.h"
#include "daemon/event.h"
#include "daemon/files.h"
#include "daemon/helper.h"
#include "daemon/log.h"
#include "daemon/monitor.h"
#include "daemon/set-watch.h"
#include "daemon/notice.h"
#include "daemon/since.h"
#include "daemon/transaction.h"
#include "daemon/try.h"
#include "lib/core/converge-parts.h"

#define TRIM_OPERATIONS 50

void nbd_report(struct nbd *d)
{
	const struct nbd_seen *seen = nbd_reconciler_seen(d->reconciler);
	const struct nb_config *config = nbd_reconciler_config(d->reconciler);
	size_t held = seen->plan ? seen->plan->n_held : 0;

	sd_notifyf(0, "%sSTATUS=%s%zu bonds, %zu differences held, %s", d->ready ? "READY=1\n" : "",
		d->degraded ? "degraded: " : "", config ? config->n_bonds : 0, held,
		nbd_state_name(nbd_reconciler_state(d->reconciler)));
}

void nbd_report_reloading(struct nbd *d)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	d->reloading = true;
	sd_notifyf(0, "RELOADING=1\nMONOTONIC_USEC=%" PRIu64,
		(uint64_t)ts.tv_sec * 1000000 + ts.tv_nsec / 1000);
}

static int watch(struct nbd *d)
{
	NB_CLEANUP(nb_freep) char **names = NULL;
	NB_CLEANUP(nb_freep) char **all = NULL;
	const struct nb_config *config = nbd_reconciler_config(d->reconciler);
	size_t n = 0;
	int n_sets, r = nb_converge_namespaces(config, &d->memory, NULL, &names, &n);

	if (r < 0)
		return r;
	all = calloc(n + 1, sizeof(*all));
	if (!all)
		return -ENOMEM;
	all[0] = (char *)"";
	if (n)
		memcpy(all + 1, names, n * sizeof(*all));
	n_sets = nbd_set_watches_update(d->set_watches, config);
	r = n_sets < 0 ? n_sets : nbd_monitor_watch(d->monitor, all, n + 1);
	return r < 0 ? r : r + n_sets;
}

static void tell_transaction(struct nbd *d, enum nb_converge_result result, size_t done)
{
	nbd_event_tell(d, &(struct nbd_event){
		.kind = NBD_EVENT_TRANSACTION,
		.what = d->taken_from,
		.to = nbd_result_name(result),
		.result = result,
		.operations = done,
		.lasted = nbd_now() - d->taken_at,
	});
}

static void on_settled(void *context, enum nb_converge_result result, bool automatic, size_t done)
{
	struct nbd *d = context;
	const struct nbd_seen *seen = nbd_reconciler_seen(d->reconciler);
	/* The same namespaces as before, where only a part was looked at. */
	int r = seen->part && result == NB_RESULT_CONVERGED ? 0 : watch(d);

	nbd_helper_rest(d->helper);
	/* What changed in a namespace before it was listened to was not heard. */
	if (r > 0)
		nbd_reconciler_dirty(d->reconciler, "new namespace");
	if (r < 0)
		nbd_log(LOG_ERR, NULL, "cannot listen to the kernel: %s; looking every 60 s",
			strerror(-r));
	if (!automatic)
		tell_transaction(d, result, done);
	d->ready = true;
	d->reloading = false;
	nbd_reload_due(d);
	/* What is held was not refused: the set is verified as far as it may be applied. */
	if (!automatic && !nbd_try_settled(d, result) && d->from_files &&
		(result == NB_RESULT_CONVERGED || result == NB_RESULT_HELD))
		nbd_files_confirm(d);
	nbd_bus_settled(d->bus, result, automatic);
	nbd_report(d);
	/* A long plan, or all that was seen before, lay between what stays. */
	if (done >= TRIM_OPERATIONS || !seen->part)
		malloc_trim(0);
}

static void on_observing(void *context, struct nb_touches *touches)
{
	struct nbd *d = context;

	nbd_monitor_drain(d->monitor, touches);
}

static void on_seen(void *context, struct nbd_seen *before)
{
	struct nbd *d = context;

	d->busy_since = 0;
	d->n_observations += !nbd_reconciler_seen(d->reconciler)->part;
	nbd_since_update(d, before, nbd_reconciler_seen(d->reconciler));
	nbd_notice_compare(d, before);
	d->rejoined[0] = '\0';
	nbd_bus_seen(d->bus, before);
}

static void on_planned(void *context, const struct nb_plan *plan, bool automatic)
{
	struct nbd *d = context;

	nbd_bus_planned(d->bus, plan, automatic);
}

/* What nobody asked for, and what went wrong, is worth remembering. */
static void tell_operation(struct nbd *d, const struct nb_op *op, int r, const char *text,
	const struct nb_exec_error *error)
{
	struct nbd_event event = {
		.kind = r < 0 ? NBD_EVENT_FAILURE : NBD_EVENT_REPAIR,
		.what = text,
		.cause = r < 0 ? error->text : op->reason,
		.op = nb_op_kind_name(op->kind),
		.lasted = r < 0 || !d->busy_since ? 0 : nbd_now() - d->busy_since,
	};

	if (op->goal && *op->goal)
		nbd_event_goal(d, op->goal, &event);
	else
		event.key = event.namespace = op->namespace;
	nbd_event_tell(d, &event);
}

static void on_operation(void *context, const struct nb_op *op, int r,
	const struct nb_exec_error *error, bool automatic)
{
	struct nbd *d = context;
	const struct nbd_about about = {
		.bond = op->goal && *op->goal ? op->goal : op->namespace,
		.namespace = op->namespace,
		.op = nb_op_kind_name(op->kind),
		.generation = d->generation,
	};
	NB_CLEANUP(nb_text_done) struct nb_text text = { 0 };

	nb_op_describe(op, &text);
	if (r == 0 && op->kind == NB_OP_ENSLAVE)
		memcpy(d->rejoined, op->link, sizeof(d->rejoined));
	if (r < 0 || automatic)
		tell_operation(d, op, r, text.text ? text.text : "", error);
	else
		nbd_log(LOG_INFO, &about, "%s", text.text ? text.text : "");
	if (r == 0 && !automatic)
		nbd_bus_progress(d->bus, text.text ? text.text : "");
}

static void on_drift(void *context, const struct nb_held *held)
{
	struct nbd *d = context;
	NB_CLEANUP(nb_text_done) struct nb_text why = { 0 };
	NB_CLEANUP(nb_text_done) struct nb_text release = { 0 };
	struct nbd_event event = { .kind = NBD_EVENT_DRIFT, .what = held->text };

	nb_held_release(held, &release);
	/* A slave that is out is meant to be. */
	if (nbd_drill_is_on(d, held->goal))
		return;
	if (held->gated)
		nb_text_add(&why, "%s", held->why);
	else
		nb_text_add(&why, "above the limit; netbondctl apply %s does it",
			release.text ? release.text : "");
	event.cause = why.text ? why.text : "";
	nbd_event_goal(d, held->goal, &event);
	nbd_event_tell(d, &event);
}

static void on_state(void *context, enum nbd_state state)
{
	struct nbd *d = context;

	nbd_log(LOG_DEBUG, NULL, "state: %s", nbd_state_name(state));
	if (!d->busy_since)
		d->busy_since = nbd_now();
	nbd_bus_changed(d->bus);
	/* Where it rests is what people see; every step between would only cost wakeups. */
	if (state == NBD_IDLE || state == NBD_HELD || state == NBD_BACKOFF) {
		d->busy_since = 0;
		if (d->ready)
			nbd_report(d);
	}
}

static int on_keep(void *context, const struct nb_config *config)
{
	struct nbd *d = context;
	int r = nb_rundir_save_applied(&d->rundir, config);

	if (r < 0)
		nbd_log(LOG_ERR, NULL, "%s: the applied configuration cannot be kept: %s",
			d->rundir.path, strerror(-r));
	return r;
}

static int on_remember(void *context, const struct nb_memory *memory)
{
	struct nbd *d = context;
	int r = nb_rundir_save_memory(&d->rundir, memory);

	if (r < 0)
		nbd_log(LOG_ERR, NULL, "%s: what was made cannot be remembered: %s", d->rundir.path,
			strerror(-r));
	return r;
}

static int on_owe(void *context, const struct nb_state *owed)
{
	struct nbd *d = context;
	int r = nb_rundir_save_owed(&d->rundir, owed);

	if (r < 0)
		nbd_log(LOG_ERR, NULL, "%s: what is to be put back cannot be kept: %s",
			d->rundir.path, strerror(-r));
	return r;
}

const struct nbd_reconciler_hooks nbd_report_hooks = {
	.observing = on_observing,
	.state = on_state,
	.settled = on_settled,
	.seen = on_seen,
	.planned = on_planned,
	.operation = on_operation,
	.drift = on_drift,
	.keep = on_keep,
	.remember = on_remember,
	.owe = on_owe,
};
