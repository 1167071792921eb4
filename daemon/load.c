/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Configurations: from the files, and into force. */
#include <errno.h>
#include <string.h>

#include "daemon/bus.h"
#include "daemon/clock.h"
#include "daemon/describe.h"
#include "daemon/drill.h"
#include "daemon/files.h"
#include "daemon/log.h"
#include "daemon/report.h"
#include "lib/nl/execute.h"
#include "lib/yaml/desired.h"

#define STAYS                                                                \
	"the files have errors; what was applied before stays in force until they are " \
	"mended: netbondctl check, then netbondctl reload"
#define NOTHING \
	"the files have errors; nothing is managed until they are mended: netbondctl reload"

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

int nbd_take(struct nbd *d, struct nb_config *config, const struct nbd_apply *how, bool from_files)
{
	int r;

	nbd_drill_stop(d, "a configuration is applied");
	nb_exec_want_drivers(d->exec, nb_config_wants_drivers(config));
	r = nbd_reconciler_apply(d->reconciler, config, how);
	if (r < 0)
		return r;
	d->generation++;
	d->taken_at = nbd_now();
	d->taken_from = "apply";
	d->from_files = from_files;
	if (from_files)
		set_degraded(d, NULL);
	nbd_describe_forget(d);
	nbd_bus_changed(d->bus);
	return 0;
}

static int take_config(struct nbd *d, struct nb_config *config)
{
	const struct nbd_apply how = { .limit = config->settings.auto_disruption };

	int r = nbd_take(d, config, &how, true);

	if (r == 0)
		d->taken_from = d->ready ? "reload" : "start";
	return r;
}

int nbd_put_back(struct nbd *d, struct nb_config *config, const char *degraded)
{
	int r = nbd_reconciler_resume(d->reconciler, config);

	if (r < 0)
		return r;
	d->generation++;
	d->from_files = false;
	if (degraded)
		set_degraded(d, degraded);
	nbd_describe_forget(d);
	nbd_bus_changed(d->bus);
	return 0;
}

int nbd_boot(struct nbd *d, struct nb_diag *diag)
{
	struct nb_config *config = NULL, *good = NULL;
	const char *why = NULL;
	int r = load_files(d, &config, diag);
	int use = r == 0 || r == -EBADMSG ? nbd_files_good(d, r < 0, &good, &why) : r;

	if (use < 0 || (use == 0 && r < 0)) {
		nb_config_free(config);
		if (use == 0)
			set_degraded(d, NOTHING);
		return use < 0 ? use : r;
	}
	if (use == 0)
		return take_config(d, config);
	nb_config_free(config);
	r = take_config(d, good);
	d->from_files = false;
	set_degraded(d, why);
	return r;
}

int nbd_reload(struct nbd *d, struct nb_diag *diag)
{
	struct nb_config *config = NULL;
	int r;

	if (d->trying) {
		nbd_log(LOG_ERR, NULL, "cannot reload now: a try is under way");
		return -EBUSY;
	}
	r = load_files(d, &config, diag);

	if (r < 0) {
		set_degraded(d, nbd_reconciler_config(d->reconciler) ? STAYS : NOTHING);
		nbd_report(d);
		return r;
	}
	r = take_config(d, config);
	if (r < 0) {
		nbd_log(LOG_ERR, NULL, "cannot reload now: an apply is under way");
		nb_config_free(config);
	}
	return r;
}

void nbd_reload_asked(struct nbd *d)
{
	struct nb_diag diag = { 0 };

	d->reload_again = nbd_reconciler_busy(d->reconciler);
	if (d->reload_again) {
		nbd_log(LOG_INFO, NULL, "reloading when the apply under way has ended");
		return;
	}
	nbd_report_reloading(d);
	nbd_log(LOG_INFO, NULL, "reloading");
	if (nbd_reload(d, &diag) < 0)
		nbd_report(d);
	nb_diag_done(&diag);
}

static int on_again(sd_event_source *source, void *userdata)
{
	nbd_reload_asked(userdata);
	return 0;
}

void nbd_reload_due(struct nbd *d)
{
	/* In a turn of its own: the run that ended is not put away yet. */
	if (d->reload_again && sd_event_add_defer(d->event, NULL, on_again, d) >= 0)
		d->reload_again = false;
}
