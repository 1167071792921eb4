/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* The daemon's clocks, in µs. */

#include <stdint.h>
#include <time.h>

static inline uint64_t nbd_clock(clockid_t clock)
{
	struct timespec ts;

	clock_gettime(clock, &ts);
	return (uint64_t)ts.tv_sec * 1000000 + (uint64_t)ts.tv_nsec / 1000;
}

/* Never jumps, goes on while the machine sleeps: for spans of time. Never 0. */
static inline uint64_t nbd_now(void)
{
	return nbd_clock(CLOCK_BOOTTIME);
}
