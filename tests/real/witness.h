/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * What a plan costs, by witnesses that know nothing of it: the kernel's link notifications, and
 * UDP packets with a number that leave through a bond and are counted at the far ends of its cables.
 */

#include "lib/core/model.h"
#include "lib/core/op.h"

#define WITNESS_HOST   "198.18.200.1" /* upon the bond, /24 */
#define WITNESS_SWITCH "198.18.200.2" /* where they go, in the namespace of the switch */

struct witness;

/**
 * witness_new() - open its sockets
 * @namespace:  of the switch, as `ip netns` knows it; WITNESS_SWITCH is one of its addresses
 *
 * Ends the program with a message where that fails.
 */
struct witness *witness_new(const char *namespace);

/** witness_free() - NULL is fine. Return: NULL. */
struct witness *witness_free(struct witness *w);

/**
 * witness_start() - look from now on
 * @before:  the state as it is: bonds and slaves of netbond's own namespace are watched
 *
 * Sends to WITNESS_SWITCH each 2 ms until witness_end(), if WITNESS_HOST is an address of one of
 * them and packets arrive.
 */
void witness_start(struct witness *w, const struct nb_state *before);

/** witness_look() - take what came so far; often enough that no buffer overruns */
void witness_look(struct witness *w);

/* What was seen from witness_start() to witness_end(). */
struct witness_seen {
	bool path;	/* packets arrived before and after */
	unsigned sent, lost; /* in between */
};

/**
 * witness_end() - stop, once packets arrive again or did not for 500 ms
 * @after:  the state as it is: it is waited for packets where they may be sent
 */
struct witness_seen witness_end(struct witness *w, const struct nb_state *after);

/**
 * witness_class() - what notifications tell of a bond that was there at witness_start()
 * @monitored:  it loses its carrier only by what is done to it: no ARP monitor judges its slaves
 *
 * Gone or without any slave: rebuild; down, or its carrier lost: down; a slave that was in use
 * released: slave. Return: the least class that covers it; live for a bond that was not there.
 */
enum nb_class witness_class(const struct witness *w, const char *bond, bool monitored);
