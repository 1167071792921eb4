/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * Failovers tried on purpose. One drill at a time; its slaves are taken out one after the other, and each
 * is put back before the next. What is out is written down first, so that also a daemon that was
 * killed puts it back when it starts again. Repair leaves the bond alone meanwhile.
 */

#include "daemon/describe.h"
#include "lib/core/drill.h"

struct nbd_drill;

/* What is asked for. */
struct nbd_drill_order {
	enum nb_drill_how how;
	const char *slave; /* "" = all, one after the other */
	uint64_t hold;	   /* how long each stays out at least, µs */
};

/* @report: a document, borrowed. Called once, when everything is back in its place, or cannot be. */
typedef void (*nbd_drill_done)(void *context, struct json_object *report);

/* What a drill did: @slave is @what: "out", "reacted", "back", "usable". */
typedef void (*nbd_drill_step)(void *context, const char *slave, const char *what);

/**
 * nbd_drill_start() - begin
 * @bond:  of kind NBD_OBJECT_BOND, declared
 * @why:   receives the sentence where it is refused
 *
 * Return: 0; -EPERM refused, nothing was done; -EBUSY another one runs; -ENOMEM; a negative errno.
 */
int nbd_drill_start(const struct nbd_object *bond, const struct nbd_drill_order *order,
	nbd_drill_step step, nbd_drill_done done, void *context, struct nb_text *why);

/** nbd_drill_stop() - put back what is out, and end. Nothing where no drill runs. */
void nbd_drill_stop(struct nbd *d, const char *why);

/** nbd_drill_look() - something changed in the kernel */
void nbd_drill_look(struct nbd *d);

/** nbd_drill_is_on() - whether the bond of that key is drilled now: its differences are meant */
bool nbd_drill_is_on(const struct nbd *d, const char *key);
