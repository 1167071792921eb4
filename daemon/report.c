/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "daemon/report.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>
#include <systemd/sd-daemon.h>
#include <time.h>

#include "daemon/bus.h"
#include "daemon/helper.h"
#include "daemon/log.h"
#include "daemon/monitor.h"
#include "lib/core/converge-parts.h"

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
	int r = nb_converge_namespaces(config, &d->memory, NULL, &names, &n);

	if (r < 0)
		return r;
	all = calloc(n + 1, sizeof(*all));
	if (!all)
		return -ENOMEM;
	all[0] = (char *)"";
	if (n)
		memcpy(all + 1, names, n * sizeof(*all));
	return nbd_monitor_watch(d->monitor, all, n + 1);
}

static void on_settled(void *context, enum nb_converge_result result, bool automatic, size_t done)
{
	struct nbd *d = context;
	const struct nbd_about about = { .message_id = NBD_ID_APPLIED, .generation = d->generation };
	static const char *const results[] = {
		[NB_RESULT_CONVERGED] = "converged",
		[NB_RESULT_HELD] = "differences are held",
		[NB_RESULT_PENDING] = "waits for links",
		[NB_RESULT_FAILED] = "failed",
	};
	int r = watch(d);

	nbd_helper_rest(d->helper);
	/* What changed in a namespace before it was listened to was not heard. */
	if (r > 0)
		nbd_reconciler_dirty(d->reconciler, "new namespace");
	if (r < 0)
		nbd_log(LOG_ERR, NULL, "cannot listen to the kernel: %s; looking every 60 s",
			strerror(-r));
	if (!automatic)
		nbd_log(result == NB_RESULT_FAILED ? LOG_ERR : LOG_NOTICE, &about,
			"configuration %" PRIu64 ": %s, %zu operation%s", d->generation,
			results[result], done, done == 1 ? "" : "s");
	d->ready = true;
	d->reloading = false;
	nbd_bus_settled(d->bus, result, automatic);
	nbd_report(d);
}

static void on_observing(void *context)
{
	struct nbd *d = context;

	nbd_monitor_drain(d->monitor);
}

static void on_seen(void *context, const struct nbd_seen *before)
{
	struct nbd *d = context;

	nbd_bus_seen(d->bus, before);
}

static void on_planned(void *context, const struct nb_plan *plan, bool automatic)
{
	struct nbd *d = context;

	nbd_bus_planned(d->bus, plan, automatic);
}

static void on_operation(void *context, const struct nb_op *op, int r,
	const struct nb_exec_error *error, bool automatic)
{
	const struct nbd *d = context;
	const struct nbd_about about = {
		.message_id = r < 0 ? NBD_ID_OP_FAILED : NULL,
		.bond = op->goal && *op->goal ? op->goal : op->namespace,
		.namespace = op->namespace,
		.op = nb_op_kind_name(op->kind),
		.generation = d->generation,
	};
	NB_CLEANUP(nb_text_done) struct nb_text text = { 0 };

	nb_op_describe(op, &text);
	if (r < 0)
		nbd_log(LOG_ERR, &about, "%s: %s", text.text ? text.text : "", error->text);
	else
		nbd_log(automatic ? LOG_NOTICE : LOG_INFO, &about, "%s%s",
			automatic ? "drift mended: " : "", text.text ? text.text : "");
	nbd_bus_operation(d->bus, op, r, error, automatic);
}

static void on_drift(void *context, const struct nb_held *held)
{
	const struct nbd *d = context;
	const struct nbd_about about = {
		.message_id = NBD_ID_DRIFT,
		.bond = held->goal,
		.generation = d->generation,
	};

	if (held->gated)
		nbd_log(LOG_WARNING, &about, "differs: %s (%s)", held->text, held->why);
	else
		nbd_log(LOG_WARNING, &about, "differs: %s; to do it: netbondd --once --allow %s",
			held->text, nb_class_name(held->class));
	nbd_bus_drift(d->bus, held);
}

static void on_state(void *context, enum nbd_state state)
{
	struct nbd *d = context;

	nbd_log(LOG_DEBUG, NULL, "state: %s", nbd_state_name(state));
	nbd_bus_changed(d->bus);
	/* Where it rests is what people see; every step between would only cost wakeups. */
	if (d->ready && (state == NBD_IDLE || state == NBD_HELD || state == NBD_BACKOFF))
		nbd_report(d);
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
};
