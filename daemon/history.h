/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * What happened, kept: one line of JSON an event in STATE_DIR/history.jsonl and history.jsonl.1, at
 * most 1 MiB each; in the run directory as long as the other cannot be written (/var may not be
 * mounted yet, or for good read-only), and moved over when it can. The disk is another thread's: it
 * may itself lie behind a bond, and the daemon must not wait for it.
 */

#include <systemd/sd-event.h>

#include "daemon/event.h"

struct nbd_history;

#define NBD_HISTORY_NAME "history.jsonl"
#define NBD_HISTORY_BYTES (1u << 20)

/* How often something happened since the daemon began; never less than before. */
struct nbd_counts {
	char *namespace, *bond; /* NULL, NULL: of the daemon as a whole */
	uint64_t events[NBD_EVENT_KIND_COUNT];
	uint64_t results[NB_RESULT_FAILED + 1]; /* of transactions, by enum nb_converge_result */
};

/**
 * nbd_history_new() - a history that goes on where the files end
 * @state_dir, @runtime_dir:  borrowed
 *
 * Return: 0; a negative errno.
 */
int nbd_history_new(sd_event *event, const char *state_dir, const char *runtime_dir,
	struct nbd_history **ret);

/** nbd_history_worker() - the thread it writes by, which others may use, too; borrowed */
struct nbd_worker *nbd_history_worker(const struct nbd_history *history);

/** nbd_history_free() - wait a moment for what is being written. NULL is fine. Return: NULL. */
struct nbd_history *nbd_history_free(struct nbd_history *history);

/**
 * nbd_history_add() - keep an event; never waits, never fails
 *
 * What cannot be written is told in the log once, and counted in a line when the disk is back.
 * NULL is fine.
 */
void nbd_history_add(struct nbd_history *history, const struct nbd_event *event);

/* What somebody wants to see. */
struct nbd_query {
	const char *bond; /* its key, its name, or NAMESPACE/NAME; "" = all */
	uint64_t since;	  /* µs since 1970; 0 = all */
	uint32_t count;	  /* the newest that many; 0 = all */
};

/* @entries: the items of a JSON list as text, oldest first, "" for none; NULL: @error says why. */
typedef void (*nbd_history_answer)(void *context, const char *entries, int error);

/**
 * nbd_history_ask() - look for entries
 * @answer:  called once, by the event loop, never before this returns
 *
 * Return: 0; -EAGAIN too much waits for the disk; -ENOMEM. Where it failed, @answer is not called.
 */
int nbd_history_ask(struct nbd_history *history, const struct nbd_query *query,
	nbd_history_answer answer, void *context);

/** nbd_history_counts() - the @i-th of the counters, NULL behind the last; 0 is the daemon's */
const struct nbd_counts *nbd_history_counts(const struct nbd_history *history, size_t i);

/** nbd_history_lost() - entries that could not be written since the daemon began */
uint64_t nbd_history_lost(const struct nbd_history *history);
