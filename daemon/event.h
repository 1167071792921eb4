/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * What happened, told once and everywhere: to the log with fields, to the history, on the bus.
 */

#include "daemon/daemon.h"

enum nbd_event_kind {
	NBD_EVENT_FAILOVER,    /* the active slave changed: .from, .to, "" = none */
	NBD_EVENT_LINK,	       /* a slave, or without one the bond itself: .from, .to are states */
	NBD_EVENT_LACP,	       /* a slave's state of LACP: .from, .to, .aggregator */
	NBD_EVENT_DRIFT,       /* a difference that stays: .what, .cause says why it stays */
	NBD_EVENT_REPAIR,      /* an operation that mended drift: .what */
	NBD_EVENT_FAILURE,     /* an operation that the kernel refused: .what, .cause */
	NBD_EVENT_TRANSACTION, /* an apply, a reload, the first start: .what; .to is its result */
	NBD_EVENT_DRILL,       /* .slave was taken out and put back: .to is the verdict */
	NBD_EVENT_DAEMON,      /* .to is "started" or "stopped": between these nothing was seen */
	NBD_EVENT_KIND_COUNT,
};

/* All texts are borrowed; NULL = does not apply. */
struct nbd_event {
	enum nbd_event_kind kind;
	const char *key;	/* of the bond in the configuration; its name where it is foreign */
	const char *namespace;
	const char *bond;	/* device name */
	const char *slave;
	const char *from, *to;
	const char *what;
	const char *cause;
	const char *op;		/* nb_op_kind_name() */
	uint32_t aggregator;
	uint64_t operations;
	enum nb_converge_result result; /* of a transaction */
	/*
	 * How long what .from says had lasted; how long a repair took since drift was noticed, how
	 * long a transaction took, how long traffic stood still in a drill. µs, 0 = not known.
	 */
	uint64_t lasted;
};

/** nbd_event_kind_name() - "failover", "link", ...: the word of history and metrics */
const char *nbd_event_kind_name(enum nbd_event_kind kind);

/** nbd_event_json() - the entry of the history, owned by the caller; it has no time yet */
struct json_object *nbd_event_json(const struct nbd_event *event);

/** nbd_event_tell() - tell it */
void nbd_event_tell(struct nbd *d, const struct nbd_event *event);

/** nbd_event_goal() - fill in .key, .namespace and .bond of an event about the goal @key */
void nbd_event_goal(const struct nbd *d, const char *key, struct nbd_event *event);
