/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * Whether neighbours still answer after a change. The daemon has no IP socket: the kernel asks for
 * it, through its neighbour table. What did not answer before the change is not judged after it.
 */

#include "daemon/daemon.h"
#include "lib/core/restore.h"

struct nbd_probes;
struct nbd_try_request;

/* @failed: a sentence, borrowed; NULL = well. The probes may be freed in it. */
typedef void (*nbd_probes_done)(void *context, const char *failed);

/**
 * nbd_probes_new() - the probes of a request
 * @restore:  .snapshot and .tried say what is on a link, before and after
 *
 * Return: 0; -EBADMSG told in @diag: no address, or not on any link (where the caller does not
 * take care of those himself); -ENOMEM.
 */
int nbd_probes_new(struct nbd *d, const struct nbd_try_request *request,
	const struct nb_restore *restore, struct nbd_probes **ret, struct nb_diag *diag);

/** nbd_probes_free() - stop and forget them. NULL is fine. Return: NULL. */
struct nbd_probes *nbd_probes_free(struct nbd_probes *probes);

/** nbd_probes_ask() - find out which answer now, within 2 s; @done without a failure */
void nbd_probes_ask(struct nbd_probes *probes, nbd_probes_done done, void *context);

/**
 * nbd_probes_judge() - find out whether those still answer
 * @timeout_usec:  of the try; a third of it, at most 30 s, is given to each that could answer
 *
 * An answer counts when the neighbour became reachable after it was asked. It is given its time
 * from the moment when the link it is on has carrier and, in mode 802.3ad, a slave that collects
 * and distributes; for that up to 45 s are given (a partner's slow LACPDUs).
 */
void nbd_probes_judge(struct nbd_probes *probes, uint64_t timeout_usec, nbd_probes_done done,
	void *context);
