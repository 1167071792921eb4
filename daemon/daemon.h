/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * The daemon's context, and everything it listens to.
 */

#include <systemd/sd-event.h>

#include "daemon/reconciler.h"
#include "lib/yaml/rundir.h"

struct nbd_bus;
struct nbd_helper;
struct nbd_monitor;
struct nbd_set_watches;
struct nbd_history;
struct nbd_drill;
struct nbd_since;
struct nbd_try;
struct nb_exec;

struct nbd_options {
	const char *runtime_dir;
	const char *config_dir; /* instead of the three folders; NULL = those */
	const char *state_dir;	/* what outlives the boot */
	int log_level;		/* syslog's */
	bool one_process;	/* no children make answers: for fuzzers, which see only themselves */
};

struct nbd {
	const struct nbd_options *options;
	sd_event *event;
	struct nbd_helper *helper;
	struct nb_exec *exec;
	struct nb_rundir rundir;
	struct nb_memory memory;
	struct nbd_monitor *monitor;
	struct nbd_set_watches *set_watches;
	struct nbd_pace *pace;
	struct nbd_reconciler *reconciler;
	uint64_t generation;	/* counts configurations */
	char *degraded;		/* why what the files say is not in force; NULL = it is */
	bool ready;		/* the first run ended */
	bool reloading;
	bool reload_again;	/* asked for during an apply: when that has ended */
	bool from_files;	/* what is applied is what the files say */
	struct nbd_try *trying; /* NULL: nothing is tried */
	struct nbd_bus *bus;	/* NULL: not yet */
	struct nbd_history *history;
	struct nbd_drill *drill;	/* NULL: none runs */
	bool since_is_new;	/* the spells (since.h) are not on disk yet */
	struct nbd_since *since;	/* since when things are as they are (notice.c) */
	size_t n_since, since_capacity;
	char *asked_bond, *asked_slave; /* the failover somebody asked for last */
	char rejoined[IFNAMSIZ];	/* the link that a repair enslaved since the last look */
	uint64_t started;	/* CLOCK_REALTIME, µs */
	bool nothing_made;	/* in this boot, when it started */
	uint64_t n_observations;
	uint64_t busy_since;	/* when the run at hand, or what caused it, was noticed; 0 = idle */
	uint64_t taken_at;	/* when the transaction at hand began */
	const char *taken_from;	/* what asked for it: "apply", "reload", "start", "try", "rollback" */
	struct nb_target *wanted; /* what shall be, nothing held back; NULL: look it up (describe.c) */
};

/**
 * nbd_run() - be the daemon until SIGTERM or SIGINT
 *
 * The kernel stays as it is when it ends. Return: the exit status.
 */
int nbd_run(const struct nbd_options *options);

/**
 * nbd_start() - all of nbd_run() but its loop: d->event runs it
 * @options:  borrowed
 *
 * Return: 0 or more; a negative errno. nbd_finish() in both cases.
 */
int nbd_start(struct nbd *d, const struct nbd_options *options);

/** nbd_finish() - the kernel stays as it is; everything else ends */
void nbd_finish(struct nbd *d);

/**
 * nbd_reload() - read the files and make them true, within settings.auto-disruption
 * @diag:  receives the problems of the files, which are told to the log as well
 *
 * All or nothing: with any error what is applied stays. Return: 0; -EBADMSG; -EBUSY an apply or a
 * try is under way; -ENOMEM.
 */
int nbd_reload(struct nbd *d, struct nb_diag *diag);

/** nbd_reload_asked() - nbd_reload() now, or when the apply under way has ended; told to the log */
void nbd_reload_asked(struct nbd *d);

/** nbd_reload_due() - a run ended: the reload that was asked for meanwhile follows */
void nbd_reload_due(struct nbd *d);

/**
 * nbd_take() - begin to make @config true
 * @config:      the daemon's afterwards
 * @from_files:  it is what the folders say: what they said wrong before is mended
 *
 * Return: 0; -EBUSY an apply is under way (@config stays the caller's).
 */
int nbd_take(struct nbd *d, struct nb_config *config, const struct nbd_apply *how, bool from_files);

/**
 * nbd_boot() - the first configuration after a boot: the files', or the last good one
 *
 * Return: as nbd_reload().
 */
int nbd_boot(struct nbd *d, struct nb_diag *diag);

/**
 * nbd_put_back() - @config rules again; what is, is left to be compared with it
 * @degraded:  why the files do not rule; NULL = as it was
 *
 * Return: 0, @config is the daemon's then; -EBUSY.
 */
int nbd_put_back(struct nbd *d, struct nb_config *config, const char *degraded);
