/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * The way to netbond-nsd, for a daemon without the right to enter namespaces. A connection is made
 * with the first question of a burst and closed after it, so that the helper can end.
 */

#include "lib/nl/netns.h"

struct nbd_helper;

/** nbd_helper_new() - nothing is opened yet. Return: 0, -ENOMEM. */
int nbd_helper_new(struct nbd_helper **ret);

/** nbd_helper_free() - NULL is fine. Return: NULL. */
struct nbd_helper *nbd_helper_free(struct nbd_helper *helper);

/**
 * nbd_helper_provider() - who makes, opens and removes namespaces for this process
 *
 * The process itself where it may (root in the foreground), else the helper. Borrowed.
 */
const struct nb_netns_provider *nbd_helper_provider(struct nbd_helper *helper);

/** nbd_helper_rest() - a burst of questions is over: close the connection, if there is one */
void nbd_helper_rest(struct nbd_helper *helper);
