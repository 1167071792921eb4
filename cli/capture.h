/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* The flows of a captured file. */

#include "cli/command.h"
#include "lib/core/frame.h"

#define NBC_SAMPLE_BYTES 256 /* of a flow's first frame: more than any hash looks at */

struct nbc_flow {
	struct nb_flow flow;
	struct nb_frame frame;	/* its first one, in .sample */
	uint8_t sample[NBC_SAMPLE_BYTES];
	uint64_t frames, bytes;
};

/* Zero is an empty one. */
struct nbc_capture {
	struct nbc_flow **flows; /* the largest first */
	size_t n_flows, capacity;
	uint64_t frames, bytes;
	uint64_t foreign; /* frames from other MACs than those asked for, which were passed over */
	bool all;	  /* nothing came from those MACs: all frames were taken */
};

/**
 * nbc_capture_read() - read a file of tcpdump, "-" is standard input
 * @macs:  whose frames are meant, @n_macs of 6 bytes
 *
 * Return: 0; -1 told.
 */
int nbc_capture_read(const struct nbc *nbc, const char *path, const uint8_t (*macs)[6],
	size_t n_macs, struct nbc_capture *ret);

/** nbc_capture_done() - free the flows */
void nbc_capture_done(struct nbc_capture *capture);
