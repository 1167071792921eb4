/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * A change that goes back by itself unless somebody confirms it. What one goes back to is on disk
 * before the first operation, so that neither a killed daemon nor a power cut loses it.
 */

#include "daemon/daemon.h"
#include "daemon/planning.h"

#define NBD_TRY_TIMEOUT_MIN UINT64_C(5000000)		 /* us */
#define NBD_TRY_TIMEOUT_MAX UINT64_C(86400000000)	 /* a day */

enum nbd_try_state {
	NBD_TRY_NONE,
	NBD_TRY_ASKING,	   /* which probes answer now, before anything is changed */
	NBD_TRY_APPLYING,
	NBD_TRY_PROBING,   /* in force; probes have not all answered yet; the countdown runs */
	NBD_TRY_WAITING,   /* in force; the countdown runs */
	NBD_TRY_RETURNING,
};

/* What is tried, and how. */
struct nbd_try_request {
	uint64_t timeout_usec;
	char *const *probes; /* addresses as text, borrowed */
	size_t n_probes;
	bool from_files;     /* the configuration is what the folders say */
	bool caller_probes;  /* addresses that are not on a bond's link are the caller's affair */
};

/**
 * nbd_try_begin() - begin to try @config
 * @config:    the daemon's afterwards
 * @planning:  a fresh plan of it; what was observed for it is what one goes back to
 * @diag:      receives why not
 *
 * Return: 0; -EBUSY an apply or a try is under way; -EBADMSG told in @diag: a probe is no address,
 * or not on a link, or a namespace cannot be looked into (nb_restore_check()); another negative errno when what one would go back to cannot be kept: nothing
 * was changed. On failure @config stays the caller's.
 */
int nbd_try_begin(struct nbd *d, struct nb_config *config, const struct nbd_apply *how,
	struct nbd_planning *planning, const struct nbd_try_request *request, struct nb_diag *diag);

/** nbd_try_state() - where it stands */
enum nbd_try_state nbd_try_state(const struct nbd *d);

/** nbd_try_state_name() - "asking", "applying", "probing", "waiting", "returning"; "" for none */
const char *nbd_try_state_name(enum nbd_try_state state);

/** nbd_try_timeout() - how long the countdown is, in us */
uint64_t nbd_try_timeout(const struct nbd *d);

/** nbd_try_deadline() - when it goes back by itself (CLOCK_BOOTTIME, us); 0 = it does not count */
uint64_t nbd_try_deadline(const struct nbd *d);

/** nbd_try_remaining() - us until it goes back by itself; 0 when it does not count down */
uint64_t nbd_try_remaining(const struct nbd *d);

/** nbd_try_confirm() - keep what is tried. Return: 0; -ENOENT nothing is in force to confirm. */
int nbd_try_confirm(struct nbd *d);

/**
 * nbd_try_rollback() - go back
 * @why:  for people
 *
 * Return: 0 (also when it is on its way back already); -ENOENT no try is under way.
 */
int nbd_try_rollback(struct nbd *d, const char *why);

/**
 * nbd_try_extend() - let the countdown begin anew
 * @usec:  how long it is now; 0 = as it was
 *
 * Return: 0; -ENOENT it does not count down; -ERANGE too short or too long.
 */
int nbd_try_extend(struct nbd *d, uint64_t usec);

/** nbd_try_settled() - a run that was asked for ended. Return: whether it was a try's. */
bool nbd_try_settled(struct nbd *d, enum nb_converge_result result);

/**
 * nbd_try_resume() - go on with the try that was under way when the daemon ended
 *
 * One that was in force goes on counting; one whose time is up, or that was cut off while it was
 * applied, goes back. Return: 1 it rules what the daemon does; 0 there is none; -ENOMEM.
 */
int nbd_try_resume(struct nbd *d);

/** nbd_try_free() - forget it; on disk it stays. Return: NULL. */
struct nbd_try *nbd_try_free(struct nbd_try *trial);
