/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "daemon/daemon.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <systemd/sd-daemon.h>

#include "daemon/bus.h"
#include "daemon/clock.h"
#include "daemon/drill-out.h"
#include "daemon/drill.h"
#include "daemon/event.h"
#include "daemon/helper.h"
#include "daemon/history.h"
#include "daemon/log.h"
#include "daemon/monitor.h"
#include "daemon/set-watch.h"
#include "daemon/notice.h"
#include "daemon/report.h"
#include "daemon/since.h"
#include "daemon/try.h"
#include "lib/nl/execute.h"
#include "lib/yaml/desired.h"

static void on_changed(void *context, const char *why, const struct nb_touches *touches)
{
	struct nbd *d = context;

	nbd_drill_look(d);
	nbd_reconciler_touched(d->reconciler, touches, why);
}

static int on_hangup(sd_event_source *source, const struct signalfd_siginfo *info, void *userdata)
{
	nbd_reload_asked(userdata);
	return 0;
}

static int on_end(sd_event_source *source, const struct signalfd_siginfo *info, void *userdata)
{
	sd_notify(0, "STOPPING=1\nSTATUS=the bonds stay as they are");
	return sd_event_exit(sd_event_source_get_event(source), 0);
}

static int add_reconciler(struct nbd *d)
{
	struct nbd_setup setup = {
		.pace = &nbd_pace_ops,
		.pace_context = d->pace,
		.exec = &nb_exec_netlink,
		.exec_context = d->exec,
		.memory = &d->memory,
		.hooks = &nbd_report_hooks,
		.hook_context = d,
	};

	nb_desired_spare_mac(setup.spare_mac);
	d->reconciler = nbd_reconciler_new(&setup);
	if (!d->reconciler)
		return -ENOMEM;
	nbd_pace_drive(d->pace, d->reconciler);
	return 0;
}

/* All that wakes the daemon: signals, the watchdog, the kernel, the reconciler's own sources. */
static int add_sources(struct nbd *d)
{
	char *const own[] = { (char *)"" };
	sigset_t mask;
	int r;

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
		r = nbd_helper_new(&d->helper);
	if (r >= 0)
		r = nbd_monitor_new(d->event, nbd_helper_provider(d->helper), on_changed, d,
			&d->monitor);
	if (r >= 0)
		r = nbd_set_watches_new(d->event, nbd_helper_provider(d->helper), on_changed, d,
			&d->set_watches);
	if (r >= 0)
		r = nbd_monitor_watch(d->monitor, own, 1);
	if (r >= 0)
		r = nb_exec_new(&d->exec);
	if (r >= 0)
		nb_exec_set_provider(d->exec, nbd_helper_provider(d->helper));
	if (r >= 0)
		r = nbd_pace_new(d->event, &d->pace);
	if (r >= 0)
		r = add_reconciler(d);
	if (r >= 0)
		r = nbd_history_new(
			d->event, d->options->state_dir, d->options->runtime_dir, &d->history);
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
	d->nothing_made = r == 0 && d->memory.n_objects == 0;
	nbd_log_problems(&diag, 0);
	nb_diag_done(&diag);
	if (r < 0)
		nbd_log(LOG_ERR, NULL, "%s: what was made before is not known any more", path);
	return r == -ENOMEM ? r : 0;
}

/* Between an end and a start nothing was seen. */
static void tell_life(struct nbd *d, const char *word)
{
	nbd_event_tell(d, &(struct nbd_event){
		.kind = NBD_EVENT_DAEMON, .to = word, .what = "netbondd " NB_VERSION });
}

/* A netbondd that ended in the middle of a plan left things of others to be put back. */
static int recall_owed(struct nbd *d)
{
	struct nb_state *owed = NULL;
	struct nb_diag diag = { 0 };
	int r = nb_rundir_load_owed(&d->rundir, &owed, &diag);

	nbd_log_problems(&diag, 0);
	nb_diag_done(&diag);
	nbd_reconciler_owe(d->reconciler, owed);
	return r;
}

/* What was applied in this boot rules; the files do only where nothing was. */
static int start(struct nbd *d)
{
	struct nb_config *config = NULL;
	struct nb_diag diag = { 0 };
	int r;

	nbd_out_recover(d->exec, &d->rundir);
	r = recall_owed(d);
	if (r == 0)
		r = nbd_try_resume(d);
	if (r != 0)
		return NB_MIN(r, 0);
	r = nb_rundir_load_applied(&d->rundir, &config, &diag);
	nbd_log_problems(&diag, 0);
	nb_diag_done(&diag);
	if (r == -ENOMEM)
		return r;
	if (r == 0 && config) {
		d->generation++;
		nbd_log(LOG_INFO, NULL, "resuming what was applied in this boot");
		return nbd_reconciler_resume(d->reconciler, config);
	}
	r = nbd_boot(d, &diag);
	nb_diag_done(&diag);
	if (r == -ENOMEM)
		return r;
	/* Nothing is applied and nothing can be: wait for better files. */
	if (r < 0) {
		d->ready = true;
		nbd_bus_changed(d->bus);
		nbd_report(d);
	}
	return 0;
}

void nbd_finish(struct nbd *d)
{
	nbd_drill_stop(d, "netbondd ends");
	if (d->reconciler)
		nbd_since_save(d);
	if (d->history)
		tell_life(d, "stopped");
	/* Who waits for entries gets them while there is a bus. */
	nbd_history_free(d->history);
	nbd_bus_free(d->bus);
	nbd_notice_done(d);
	nb_target_free(d->wanted);
	nbd_reconciler_free(d->reconciler);
	nbd_try_free(d->trying);
	nbd_pace_free(d->pace);
	nbd_monitor_free(d->monitor);
	nbd_set_watches_free(d->set_watches);
	nb_exec_free(d->exec);
	nbd_helper_free(d->helper);
	nb_memory_done(&d->memory);
	nb_rundir_close(&d->rundir);
	sd_event_unref(d->event);
	free(d->degraded);
}

int nbd_start(struct nbd *d, const struct nbd_options *options)
{
	int r;

	*d = (struct nbd){
		.options = options,
		.rundir = NB_RUNDIR_CLOSED,
		.started = nbd_clock(CLOCK_REALTIME),
	};
	nbd_log_open(options->log_level);
	r = open_rundir(d);
	if (r == 0)
		r = add_sources(d);
	if (r >= 0)
		tell_life(d, "started");
	return r < 0 ? r : start(d);
}

int nbd_run(const struct nbd_options *options)
{
	struct nbd d;
	int r = nbd_start(&d, options);

	if (r >= 0)
		r = sd_event_loop(d.event);
	nbd_finish(&d);
	return r < 0 ? 1 : 0;
}
