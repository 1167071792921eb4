/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * Asking a neighbour whether it is there, without an IP socket: the kernel does it when its entry
 * of the neighbour table is told to (net/core/neighbour.c).
 */

#include "lib/core/model.h"

struct nb_rtnl;

/**
 * nb_reach_state() - the state of an entry
 * @ret:  NUD_*, NUD_NONE without an entry
 *
 * Return: 0; a negative errno.
 */
int nb_reach_state(struct nb_rtnl *nl, int ifindex, const struct nb_ip *ip, uint16_t *ret);

/**
 * nb_reach_ask() - have the kernel ask it now
 *
 * One whose MAC is known is asked by unicast (NUD_PROBE), whatever the kernel believed: it becomes
 * reachable only by an answer. Any other is looked for (NTF_USE). Needs CAP_NET_ADMIN.
 * Return: 0; a negative errno.
 */
int nb_reach_ask(struct nb_rtnl *nl, int ifindex, const struct nb_ip *ip);
