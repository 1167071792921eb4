/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Spans of time as people write them. */

#include "lib/core/util.h"

/**
 * nbc_duration_parse() - "30s", "5m", "2h", "1d", "1h30m"; a plain number is seconds
 *
 * Return: 0; -EINVAL no span of time, or above a year. *@ret_usec is set only on success.
 */
int nbc_duration_parse(const char *text, uint64_t *ret_usec);

/** nbc_duration_say() - append "59m", "1h30m", "2d": the two greatest units that are not zero */
void nbc_duration_say(uint64_t usec, struct nb_text *out);
