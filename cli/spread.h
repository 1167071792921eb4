/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* How the flows of a capture would be spread over the slaves of a bond. */

#include "cli/capture.h"
#include "cli/hash-bond.h"

struct nbc_share {
	uint64_t flows, frames, bytes;
};

/* Zero is an empty one. */
struct nbc_spread {
	struct nbc_share *slaves; /* in the order of the bond */
	size_t n_slaves, usable;
	struct nbc_share unknown; /* of which nobody knows the slave */
};

/** nbc_capture_of_bond() - read the flows that a bond sent, by its MACs. Return: 0; -1 told. */
int nbc_capture_of_bond(const struct nbc *nbc, const char *path, const struct nbc_objects *objects,
	struct json_object *bond, struct nbc_capture *ret);

/** nbc_capture_tell() - print what the capture has, and what was passed over */
void nbc_capture_tell(const struct nbc *nbc, const struct nbc_capture *capture);

/** nbc_spread() - by the mode and policy of @bond */
void nbc_spread(
	const struct nb_hash_bond *bond, const struct nbc_capture *capture, struct nbc_spread *ret);

/** nbc_spread_skew() - the largest slave's bytes by the mean of the usable ones, in hundredths; 0: none */
unsigned nbc_spread_skew(const struct nbc_spread *spread);

/** nbc_spread_done() - free the shares */
void nbc_spread_done(struct nbc_spread *spread);
