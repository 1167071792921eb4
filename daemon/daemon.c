/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "daemon/daemon.h"

#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <systemd/sd-daemon.h>
#include <time.h>

#include "daemon/bus.h"
#include "daemon/describe.h"
#include "daemon/log.h"
#include "daemon/monitor.h"
#include "lib/core/converge-parts.h"
#include "lib/nl/execute.h"
#include "lib/yaml/desired.h"

static int load_files(struct nbd *d, struct nb_config **ret, struct nb_diag *diag)
{
	const struct nb_desired desired = { .config_dir = d->options->config_dir };
	int r = nb_desired_read(&desired, ret, diag);

	nb_diag_sort(diag);
	nbd_log_problems(diag, 0);
	return r;
}

static void set_degraded(struct nbd *d, const char *why)
{
	const struct nbd_about about = { .message_id = NBD_ID_BAD_CONFIG };

	free(d->degraded);
	d->degraded = why ? strdup(why) : NULL;
	if (why)
		nbd_log(LOG_ERR, &about, "%s", why);
	nbd_bus_changed(d->bus);
}

/* Tells the service manager, and people who look at the unit, where it stands. */
static void notify(struct nbd *d)
{
	const struct nbd_seen *seen = nbd_reconciler_seen(d->reconciler);
	const struct nb_config *config = nbd_reconciler_config(d->reconciler);
	size_t held = seen->plan ? seen->plan->n_held : 0;

	sd_notifyf(0, "%sSTATUS=%s%zu bonds, %zu differences held, %s", d->ready ? "READY=1\n" : "",
		d->degraded ? "degraded: " : "", config ? config->n_bonds : 0, held,
		nbd_state_name(nbd_reconciler_state(d->reconciler)));
}

static void notify_reloading(struct nbd *d)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	d->reloading = true;
	sd_notifyf(0, "RELOADING=1\nMONOTONIC_USEC=%" PRIu64,
		(uint64_t)ts.tv_sec * 1000000 + ts.tv_nsec / 1000);
}

int nbd_take(struct nbd *d, struct nb_config *config, const struct nbd_apply *how, bool from_files)
{
	int r;

	nb_exec_want_drivers(d->exec, nb_config_wants_drivers(config));
	r = nbd_reconciler_apply(d->reconciler, config, how);
	if (r < 0)
		return r;
	d->generation++;
	if (from_files)
		set_degraded(d, NULL);
	nbd_describe_forget(d);
	nbd_bus_changed(d->bus);
	return 0;
}

static int take_config(struct nbd *d, struct nb_config *config)
{
	const struct nbd_apply how = { .limit = config->settings.auto_disruption };

	return nbd_take(d, config, &how, true);
}

int nbd_reload(struct nbd *d, struct nb_diag *diag)
{
	struct nb_config *config = NULL;
	int r = load_files(d, &config, diag);

	if (r < 0) {
		set_degraded(d, "the files have errors; what was applied before stays in force");
		notify(d);
		return r;
	}
	r = take_config(d, config);
	if (r < 0) {
		nbd_log(LOG_ERR, NULL, "cannot reload now: an apply is under way");
		nb_config_free(config);
	}
	return r;
}

static int watch(struct nbd *d)
{
	NB_CLEANUP(nb_freep) char **names = NULL;
	NB_CLEANUP(nb_freep) char **all = NULL;
	const struct nb_config *config = nbd_reconciler_config(d->reconciler);
	size_t n = 0;
	int r = nb_converge_namespaces(config, &d->memory, &names, &n);

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
	notify(d);
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
		notify(d);
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

static const struct nbd_reconciler_hooks reconciler_hooks = {
	.state = on_state,
	.settled = on_settled,
	.seen = on_seen,
	.planned = on_planned,
	.operation = on_operation,
	.drift = on_drift,
	.keep = on_keep,
	.remember = on_remember,
};

static void on_changed(void *context, const char *why)
{
	struct nbd *d = context;

	nbd_reconciler_dirty(d->reconciler, why);
}

static void on_drain(void *context)
{
	struct nbd *d = context;

	nbd_monitor_drain(d->monitor);
}

static int on_hangup(sd_event_source *source, const struct signalfd_siginfo *info, void *userdata)
{
	struct nb_diag diag = { 0 };
	struct nbd *d = userdata;

	notify_reloading(d);
	nbd_log(LOG_INFO, NULL, "reloading");
	if (nbd_reload(d, &diag) < 0)
		notify(d);
	nb_diag_done(&diag);
	return 0;
}

static int on_end(sd_event_source *source, const struct signalfd_siginfo *info, void *userdata)
{
	sd_notify(0, "STOPPING=1\nSTATUS=the bonds stay as they are");
	return sd_event_exit(sd_event_source_get_event(source), 0);
}

/* All that wakes the daemon: signals, the watchdog, the kernel, the reconciler's own sources. */
static int add_sources(struct nbd *d)
{
	char *const own[] = { (char *)"" };
	uint8_t spare_mac[6];
	sigset_t mask;
	int r;

	nb_desired_spare_mac(spare_mac);
	sigemptyset(&mask);
	sigaddset(&mask, SIGTERM);
	sigaddset(&mask, SIGINT);
	sigaddset(&mask, SIGHUP);
	sigprocmask(SIG_BLOCK, &mask, NULL);
	r = sd_event_default(&d->event);
	if (r >= 0)
		r = sd_event_add_signal(d->event, NULL, SIGTERM, on_end, d);
	if (r >= 0)
		r = sd_event_add_signal(d->event, NULL, SIGINT, on_end, d);
	if (r >= 0)
		r = sd_event_add_signal(d->event, NULL, SIGHUP, on_hangup, d);
	if (r >= 0)
		r = sd_event_set_watchdog(d->event, true);
	if (r >= 0)
		r = nbd_monitor_new(d->event, on_changed, d, &d->monitor);
	if (r >= 0)
		r = nbd_monitor_watch(d->monitor, own, 1);
	if (r >= 0)
		r = nb_exec_new(&d->exec);
	if (r >= 0)
		r = nbd_reconciler_new(d->event, &nb_exec_netlink, d->exec, &d->memory, spare_mac,
			&reconciler_hooks, d, &d->reconciler);
	if (r >= 0)
		nbd_reconciler_set_drain(d->reconciler, on_drain, d);
	if (r >= 0)
		r = nbd_bus_new(d, &d->bus);
	if (r < 0)
		nbd_log(LOG_ERR, NULL, "cannot start: %s", strerror(-r));
	return r;
}

static int open_rundir(struct nbd *d)
{
	const char *path = d->options->runtime_dir;
	struct nb_diag diag = { 0 };
	int r = nb_rundir_open(&d->rundir, path, true);

	if (r == -EBUSY) {
		nbd_log(LOG_ERR, NULL, "%s: another netbondd works there", path);
		return r;
	}
	if (r < 0) {
		nbd_log(LOG_ERR, NULL, "%s: the run directory cannot be used: %s", path,
			strerror(-r));
		return r;
	}
	r = nb_rundir_load_memory(&d->rundir, &d->memory, &diag);
	nbd_log_problems(&diag, 0);
	nb_diag_done(&diag);
	if (r < 0)
		nbd_log(LOG_ERR, NULL, "%s: what was made before is not known any more", path);
	return r == -ENOMEM ? r : 0;
}

/* What was applied in this boot rules; the files do only where nothing was. */
static int start(struct nbd *d)
{
	struct nb_config *config = NULL;
	struct nb_diag diag = { 0 };
	int r = nb_rundir_load_applied(&d->rundir, &config, &diag);

	nbd_log_problems(&diag, 0);
	nb_diag_done(&diag);
	if (r == -ENOMEM)
		return r;
	if (r == 0 && config) {
		d->generation++;
		nbd_log(LOG_INFO, NULL, "resuming what was applied in this boot");
		return nbd_reconciler_resume(d->reconciler, config);
	}
	r = load_files(d, &config, &diag);
	nb_diag_done(&diag);
	if (r == 0)
		return take_config(d, config);
	if (r == -ENOMEM)
		return r;
	/* Nothing is applied and nothing can be: wait for better files. */
	set_degraded(d, "the files have errors; nothing is managed until they are mended: netbondctl reload");
	d->ready = true;
	notify(d);
	return 0;
}

static void finish(struct nbd *d)
{
	nbd_bus_free(d->bus);
	nb_target_free(d->wanted);
	nbd_reconciler_free(d->reconciler);
	nbd_monitor_free(d->monitor);
	nb_exec_free(d->exec);
	nb_memory_done(&d->memory);
	nb_rundir_close(&d->rundir);
	sd_event_unref(d->event);
	free(d->degraded);
}

int nbd_run(const struct nbd_options *options)
{
	struct nbd d = { .options = options, .rundir = NB_RUNDIR_CLOSED };
	int r;

	nbd_log_open(options->log_level);
	r = open_rundir(&d);
	if (r == 0)
		r = add_sources(&d);
	if (r >= 0)
		r = start(&d);
	if (r >= 0)
		r = sd_event_loop(d.event);
	finish(&d);
	return r < 0 ? 1 : 0;
}
