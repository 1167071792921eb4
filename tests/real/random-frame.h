/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <stddef.h>
#include <stdint.h>

#define RANDOM_FRAME_BYTES 512

/** random_frame_seed() - begin again */
void random_frame_seed(uint64_t seed);

/** random_number() - 0 ... @n - 1 */
unsigned random_number(unsigned n);

/**
 * random_frame() - any of what a bond may have to send: IPv4, IPv6, fragments, options, ICMP and its
 * errors, tunnels in tunnels, ARP, tags, other types, and packets cut short
 * @frame:  RANDOM_FRAME_BYTES
 *
 * Return: its length, with room for a trailer.
 */
size_t random_frame(uint8_t *frame);
