/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * Bonds that somebody else keeps changing. Pure bookkeeping: more than NBD_CONTEST_REPAIRS repairs
 * within NBD_CONTEST_WINDOW make a bond contested; it is left alone for a while that doubles each
 * time, and is an ordinary bond again after a quiet one. Pauses live here, too.
 */

#include "lib/core/index.h"
#include "lib/core/util.h"

#define NBD_CONTEST_REPAIRS 5
#define NBD_CONTEST_WINDOW_USEC (30u * 1000000u)
#define NBD_CONTEST_FIRST_USEC (10u * 1000000u)
#define NBD_CONTEST_LONGEST_USEC (300u * 1000000u)

struct nb_op;

struct nbd_contest {
	char *bond;		/* key */
	uint64_t repairs[NBD_CONTEST_REPAIRS + 1]; /* times, newest first; 0 = none */
	uint64_t until;		/* left alone until then; 0 = not contested */
	uint64_t backoff;	/* the last one, µs */
	uint64_t paused;	/* by a human, until then */
	const struct nb_op *repair; /* nbd_drift_count()'s: the first of the plan at hand */
};

struct nbd_contests {
	struct nbd_contest **items;
	size_t n, capacity;
	struct nb_index names; /* a cache: empty when there was no memory for it */
	uint64_t latest; /* none is left alone behind this moment */
};

/**
 * nbd_contests_pause() - a human says that a bond is left alone
 * @until:  0 = no longer
 */
void nbd_contests_pause(struct nbd_contests *contests, struct nbd_contest *contest, uint64_t until);

/** nbd_contests_get() - the entry of a bond, made where it is missing; NULL: no memory */
struct nbd_contest *nbd_contests_get(struct nbd_contests *contests, const char *bond);

/** nbd_contests_find() - the entry of a bond, NULL when there is none */
struct nbd_contest *nbd_contests_find(const struct nbd_contests *contests, const char *bond);

/** nbd_contests_forget() - a new configuration: fights of the old one are over; pauses stay */
void nbd_contests_forget(struct nbd_contests *contests);

/** nbd_contests_done() - free the contents */
void nbd_contests_done(struct nbd_contests *contests);

/** nbd_contest_is_due() - whether one more repair, at @now, makes the bond contested */
bool nbd_contest_is_due(const struct nbd_contest *contest, uint64_t now);

/**
 * nbd_contests_repair() - a repair is about to run
 * @now:  µs of a clock that does not jump, never 0
 *
 * Return: true when this makes the bond contested: it is not repaired now.
 */
bool nbd_contests_repair(struct nbd_contests *contests, struct nbd_contest *contest, uint64_t now);

/** nbd_contest_active() - whether it is left alone at @now because it is contested */
bool nbd_contest_active(const struct nbd_contest *contest, uint64_t now);

/** nbd_contest_paused() - whether it is left alone at @now because a human said so */
bool nbd_contest_paused(const struct nbd_contest *contest, uint64_t now);

/** nbd_contests_next() - the next moment at which a bond is no longer left alone; 0 = none */
uint64_t nbd_contests_next(const struct nbd_contests *contests, uint64_t now);
