/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* What the slaves of a bond have sent and received, at one moment or between two. */

#include "cli/client.h"

enum nbc_counter { NBC_TX_BYTES, NBC_TX_PACKETS, NBC_RX_BYTES, NBC_RX_PACKETS, NBC_COUNTERS };

/** nbc_counter_key() - its name in documents: "tx-bytes" */
const char *nbc_counter_key(enum nbc_counter counter);

struct nbc_sample {
	uint64_t (*counts)[NBC_COUNTERS]; /* in the order of the bond's slaves */
	uint64_t sum[NBC_COUNTERS];	  /* of a difference */
	uint64_t usec;			  /* CLOCK_MONOTONIC, or between both */
};

/**
 * nbc_sample_take() - of the slaves that @bond names
 * @ret:  nbc_sample_done()
 *
 * Return: 0; a negative errno, told.
 */
int nbc_sample_take(struct nbc_client *c, struct json_object *bond, struct nbc_sample *ret);

/**
 * nbc_sample_subtract() - @later becomes what was counted between both, of @n slaves
 *
 * A slave that came or went in between has nothing.
 */
void nbc_sample_subtract(struct nbc_sample *later, const struct nbc_sample *sooner, size_t n);

/** nbc_sample_done() - free the counts */
void nbc_sample_done(struct nbc_sample *sample);
