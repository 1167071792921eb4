/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * The one state machine: keeps what is as what shall be. Level-triggered: whoever notices anything
 * calls nbd_reconciler_dirty(), and the state is observed again. One small step per turn of the
 * event loop, so that everything else is answered in between.
 */

#include "daemon/pace.h"
#include "daemon/seen.h"
#include "lib/core/converge.h"

struct nbd_reconciler;

enum nbd_state {
	NBD_IDLE,
	NBD_SETTLING,	/* something changed; more may follow at once */
	NBD_OBSERVING,	/* observing and planning */
	NBD_APPLYING,
	NBD_WAITING,	/* a WAIT_* of the plan */
	NBD_BACKOFF,	/* something failed or is contested: later again */
	NBD_HELD,	/* differences stay, above the limit or by policy */
};

/* What the reconciler tells its owner; each may be NULL. */
struct nbd_reconciler_hooks {
	/*
	 * It observes in a moment: what is known to have changed by now, which @touches receives,
	 * needs not be told any more.
	 */
	void (*observing)(void *context, struct nb_touches *touches);
	/* The state changed. */
	void (*state)(void *context, enum nbd_state state);
	/* A run ended: nbd_reconciler_seen() is current. */
	void (*settled)(void *context, enum nb_converge_result result, bool automatic, size_t done);
	/* Another observation took the place of @before, which is borrowed. */
	void (*seen)(void *context, struct nbd_seen *before);
	/* Operations are about to run. */
	void (*planned)(void *context, const struct nb_plan *plan, bool automatic);
	/* One operation ended. */
	void (*operation)(void *context, const struct nb_op *op, int r,
		const struct nb_exec_error *error, bool automatic);
	/* A bond that shall be left alone differs, or is contested: @why says which. */
	void (*drift)(void *context, const struct nb_held *held);
	/* A configuration is about to be made true: keep it. Return: 0; -errno stops. */
	int (*keep)(void *context, const struct nb_config *config);
	int (*remember)(void *context, const struct nb_memory *memory);
	int (*owe)(void *context, const struct nb_state *owed); /* nb_converge_hooks.owe() */
};

/* How an apply is done. */
struct nbd_apply {
	enum nb_class limit;
	bool asked;   /* a human allowed up to the limit */
	bool reorder;
	bool force;
};

/* All borrowed. */
struct nbd_setup {
	const struct nbd_pace_ops *pace;
	void *pace_context;
	const struct nb_exec_ops *exec;
	void *exec_context;
	struct nb_memory *memory; /* kept up to date */
	uint8_t spare_mac[6];	  /* as nb_policy.spare_mac */
	const struct nbd_reconciler_hooks *hooks;
	void *hook_context;
};

/** nbd_reconciler_new() - idle, without a configuration. Return: NULL when memory ran out. */
struct nbd_reconciler *nbd_reconciler_new(const struct nbd_setup *setup);

/** nbd_reconciler_free() - the kernel stays as it is. NULL is fine. Return: NULL. */
struct nbd_reconciler *nbd_reconciler_free(struct nbd_reconciler *r);

/**
 * nbd_reconciler_apply() - make @config true now
 * @config:  owned by the reconciler afterwards; the one before is freed
 *
 * Return: 0; -EBUSY an apply is under way (@config stays the caller's).
 */
int nbd_reconciler_apply(
	struct nbd_reconciler *r, struct nb_config *config, const struct nbd_apply *how);

/**
 * nbd_reconciler_resume() - take @config as applied already: only drift is looked for
 *
 * Return: 0; -EBUSY as above.
 */
int nbd_reconciler_resume(struct nbd_reconciler *r, struct nb_config *config);

/** nbd_reconciler_owe() - nb_converge_owe(), before the first run */
void nbd_reconciler_owe(struct nbd_reconciler *r, struct nb_state *owed);

/**
 * nbd_reconciler_restore() - go back to a snapshot, whatever is under way
 * @restore:  borrowed until the run ended
 * @config:   what rules from now on, also when the way back fails; owned by the reconciler
 */
void nbd_reconciler_restore(struct nbd_reconciler *r, const struct nb_restore *restore,
	struct nb_config *config);

/**
 * nbd_reconciler_work() - one small step: an observation, or one operation; after a look at a part
 * what follows from it, up to the first operation
 *
 * For nbd_pace_ops.work().
 */
void nbd_reconciler_work(struct nbd_reconciler *r);

/** nbd_reconciler_alarm() - the time of an alarm has come */
void nbd_reconciler_alarm(struct nbd_reconciler *r, enum nbd_alarm alarm);

/** nbd_reconciler_dirty() - anything may have changed; @why is a word for the log */
void nbd_reconciler_dirty(struct nbd_reconciler *r, const char *why);

/** nbd_reconciler_touched() - something may have changed at those places, and nowhere else */
void nbd_reconciler_touched(
	struct nbd_reconciler *r, const struct nb_touches *touches, const char *why);

/**
 * nbd_reconciler_pause() - leave drift of one bond alone for a while
 * @usec:  how long, 0 = no longer
 *
 * Return: 0; -ENOENT no such bond is declared; -ENOMEM.
 */
int nbd_reconciler_pause(struct nbd_reconciler *r, const char *bond, uint64_t usec);

/** nbd_reconciler_paused() - until when (CLOCK_BOOTTIME, µs) drift of a bond is left alone; 0 = not */
uint64_t nbd_reconciler_paused(const struct nbd_reconciler *r, const char *bond);

/** nbd_reconciler_busy() - whether an apply is under way: another one would be refused */
bool nbd_reconciler_busy(const struct nbd_reconciler *r);

/** nbd_reconciler_state() - where it stands */
enum nbd_state nbd_reconciler_state(const struct nbd_reconciler *r);

/** nbd_state_name() - "idle", "settling", ... */
const char *nbd_state_name(enum nbd_state state);

/** nbd_reconciler_config() - what shall be; NULL before the first apply */
const struct nb_config *nbd_reconciler_config(const struct nbd_reconciler *r);

/** nbd_reconciler_seen() - borrowed until the next turn of the event loop; never NULL */
struct nbd_seen *nbd_reconciler_seen(const struct nbd_reconciler *r);
