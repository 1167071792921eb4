/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* How each hash policy would spread the flows of a capture, and which one to take. */

#include "cli/spread.h"

/** nbc_forecast() - tell, for a bond whose mode has a hash policy. Return: NBC_OK, NBC_ERROR. */
int nbc_forecast(const struct nbc *nbc, const struct nbc_args *args,
	const struct nbc_objects *objects, struct json_object *bond,
	const struct nb_hash_bond *view);

/** nbc_percent() - @part of @whole, rounded; 0 of nothing */
unsigned nbc_percent(uint64_t part, uint64_t whole);
