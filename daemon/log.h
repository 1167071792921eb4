/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * One event, one line, at the place that decides: to the journal with fields where stderr is the
 * journal, else as plain text to stderr.
 */

#include <syslog.h>

#include "lib/core/diag.h"
#include "lib/core/op.h"

/* What an event is about; members may be NULL. */
struct nbd_about {
	const char *message_id; /* 128-bit id of the kind of event, 32 hexadecimal digits */
	const char *bond;	/* key of the object */
	const char *namespace;
	const char *slave;
	const char *op;		/* nb_op_kind_name() */
	const char *from, *to, *cause;
	uint64_t lasted;	/* how long .from was so, or the work took, µs; 0 = not known */
	uint64_t generation;	/* of the configuration; 0 = none */
};

/* Kinds of events with a catalog entry (conf/netbond.catalog). */
#define NBD_ID_APPLIED "2f1d5d6ac1f14f3b9d5b0d5f6a0e4c01"
#define NBD_ID_DRIFT "2f1d5d6ac1f14f3b9d5b0d5f6a0e4c02"
#define NBD_ID_CONTESTED "2f1d5d6ac1f14f3b9d5b0d5f6a0e4c03"
#define NBD_ID_BAD_CONFIG "2f1d5d6ac1f14f3b9d5b0d5f6a0e4c04"
#define NBD_ID_OP_FAILED "2f1d5d6ac1f14f3b9d5b0d5f6a0e4c05"
#define NBD_ID_FAILOVER "2f1d5d6ac1f14f3b9d5b0d5f6a0e4c06"
#define NBD_ID_LACP "2f1d5d6ac1f14f3b9d5b0d5f6a0e4c07"
#define NBD_ID_LINK "2f1d5d6ac1f14f3b9d5b0d5f6a0e4c08"
#define NBD_ID_REPAIR "2f1d5d6ac1f14f3b9d5b0d5f6a0e4c09"
#define NBD_ID_DRILL "2f1d5d6ac1f14f3b9d5b0d5f6a0e4c0a"
#define NBD_ID_TRY "2f1d5d6ac1f14f3b9d5b0d5f6a0e4c0b"

/** nbd_log_open() - find out where stderr goes; @level: the least important priority told */
void nbd_log_open(int level);

/** nbd_log() - tell one event; @about may be NULL */
void nbd_log(int priority, const struct nbd_about *about, const char *format, ...) NB_PRINTF(3, 4);

/** nbd_log_problems() - tell the problems of @diag from @first on. Return: their end. */
size_t nbd_log_problems(const struct nb_diag *diag, size_t first);
