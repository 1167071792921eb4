/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "daemon/contest.h"

#include <string.h>

struct nbd_contest *nbd_contests_find(const struct nbd_contests *contests, const char *bond)
{
	struct nbd_contest *contest;
	size_t cursor = 0;

	while (contests->names.n == contests->n &&
		(contest = nb_index_next(&contests->names, nb_index_hash(bond), &cursor))) {
		if (nb_streq(contest->bond, bond))
			return contest;
	}
	for (size_t i = 0; contests->names.n != contests->n && i < contests->n; i++) {
		if (nb_streq(contests->items[i]->bond, bond))
			return contests->items[i];
	}
	return NULL;
}

struct nbd_contest *nbd_contests_get(struct nbd_contests *contests, const char *bond)
{
	struct nbd_contest *contest = nbd_contests_find(contests, bond);

	if (contest)
		return contest;
	contest = calloc(1, sizeof(*contest));
	if (!contest || !(contest->bond = strdup(bond)) ||
		nb_grow(&contests->items, contests->n, &contests->capacity, sizeof(contest)) < 0) {
		if (contest)
			free(contest->bond);
		free(contest);
		return NULL;
	}
	/* Once one is missing in it, it is not asked any more. */
	if (contests->names.n == contests->n)
		nb_index_add(&contests->names, nb_index_hash(bond), contest);
	contests->items[contests->n++] = contest;
	return contest;
}

void nbd_contests_forget(struct nbd_contests *contests)
{
	for (size_t i = 0; i < contests->n; i++) {
		struct nbd_contest *contest = contests->items[i];

		memset(contest->repairs, 0, sizeof(contest->repairs));
		contest->until = contest->backoff = 0;
	}
}

void nbd_contests_done(struct nbd_contests *contests)
{
	for (size_t i = 0; i < contests->n; i++) {
		free(contests->items[i]->bond);
		free(contests->items[i]);
	}
	free(contests->items);
	nb_index_done(&contests->names);
	memset(contests, 0, sizeof(*contests));
}

bool nbd_contest_active(const struct nbd_contest *contest, uint64_t now)
{
	return now < contest->until;
}

bool nbd_contest_paused(const struct nbd_contest *contest, uint64_t now)
{
	return now < contest->paused;
}

void nbd_contests_pause(struct nbd_contests *contests, struct nbd_contest *contest, uint64_t until)
{
	contest->paused = until;
	contests->latest = NB_MAX(contests->latest, until);
}

bool nbd_contest_is_due(const struct nbd_contest *contest, uint64_t now)
{
	const uint64_t oldest = contest->repairs[NBD_CONTEST_REPAIRS - 1];

	return oldest && now - oldest <= NBD_CONTEST_WINDOW_USEC;
}

bool nbd_contests_repair(struct nbd_contests *contests, struct nbd_contest *contest, uint64_t now)
{
	const bool is_due = nbd_contest_is_due(contest, now);

	memmove(&contest->repairs[1], &contest->repairs[0],
		sizeof(contest->repairs) - sizeof(contest->repairs[0]));
	contest->repairs[0] = now;
	/* The fight is over when the first repair after a back-off was enough for as long again. */
	if (contest->until && now - contest->until > contest->backoff + NBD_CONTEST_WINDOW_USEC)
		contest->backoff = 0;
	if (!is_due)
		return false;
	contest->backoff = contest->backoff
				   ? NB_MIN(2 * contest->backoff, (uint64_t)NBD_CONTEST_LONGEST_USEC)
				   : NBD_CONTEST_FIRST_USEC;
	contest->until = now + contest->backoff;
	contests->latest = NB_MAX(contests->latest, contest->until);
	/* After it one repair is free, and the next one within the window contests again. */
	for (unsigned i = 0; i < NBD_CONTEST_REPAIRS - 1; i++)
		contest->repairs[i] = contest->until;
	contest->repairs[NBD_CONTEST_REPAIRS - 1] = contest->repairs[NBD_CONTEST_REPAIRS] = 0;
	return true;
}

uint64_t nbd_contests_next(const struct nbd_contests *contests, uint64_t now)
{
	uint64_t next = 0;

	for (size_t i = 0; i < contests->n && contests->latest > now; i++) {
		const uint64_t moments[] = { contests->items[i]->until, contests->items[i]->paused };

		for (size_t k = 0; k < NB_ARRAY_SIZE(moments); k++) {
			if (moments[k] > now && (!next || moments[k] < next))
				next = moments[k];
		}
	}
	return next;
}
