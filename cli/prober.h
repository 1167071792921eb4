/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * Pings through a bond, one each NBC_PROBE_MS, by a process of its own in the bond's network
 * namespace: an echo request and its answer (RFC 792, RFC 4443). It ends with this program.
 */

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#define NBC_PROBE_MS 10

struct nbc_probes; /* shared with the process */

struct nbc_prober {
	const char *address;
	struct nbc_probes *probes;
	pid_t pid;
};

/* What became of the probes of a span of time. */
struct nbc_loss {
	unsigned sent, lost;
	double longest_ms; /* the longest time without a probe that was answered */
};

/**
 * nbc_prober_start() - begin, and wait for the first answer
 * @namespace:  "" = own
 * @device:     the bond: through it alone
 *
 * Return: 0; -EINVAL no address; -EPERM, -EACCES no right to (root has it); -ETIMEDOUT it does not
 * answer within 2 s; another negative errno. Unless 0, nothing runs.
 */
int nbc_prober_start(struct nbc_prober *prober, const char *namespace, const char *device,
	const char *address);

/** nbc_prober_now() - µs of the clock that spans are given in */
int64_t nbc_prober_now(void);

/** nbc_prober_loss() - of the probes sent from @from to @to; late answers count until now */
struct nbc_loss nbc_prober_loss(const struct nbc_prober *prober, int64_t from, int64_t to);

/** nbc_prober_stop() - end it; what it counted is gone then */
void nbc_prober_stop(struct nbc_prober *prober);
