/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * Runs operations on the kernel: the table of lib/core/exec.h over rtnetlink.
 *
 * One operation is one request and its ACK, with one exception: a bond made with an address
 * generation mode gets it in a second request (codec.h says why).
 */

#include "lib/core/exec.h"
#include "lib/nl/facts.h"
#include "lib/nl/neighbour.h"
#include "lib/nl/stats.h"

struct nb_exec;
struct nb_netns_provider;

/* The context of its functions is a struct nb_exec. */
extern const struct nb_exec_ops nb_exec_netlink;

/**
 * nb_exec_new() - an executor in the network namespace of the calling thread
 *
 * Nothing is opened before it is needed. Return: 0, -ENOMEM.
 */
int nb_exec_new(struct nb_exec **ret);

/** nb_exec_free() - close all sockets, free everything. NULL is fine. Return: NULL. */
struct nb_exec *nb_exec_free(struct nb_exec *exec);

/**
 * nb_exec_set_provider() - who makes, opens and removes namespaces from now on
 *
 * Borrowed. Without a call it is this process itself.
 */
void nb_exec_set_provider(struct nb_exec *exec, const struct nb_netns_provider *provider);

/** nb_exec_want_drivers() - whether observe() asks for the driver of each real NIC (match by driver) */
void nb_exec_want_drivers(struct nb_exec *exec, bool want);

/**
 * nb_exec_link() - one link as it is now, without addresses and routes
 * @ret:  new, owned by the caller
 *
 * Return: 0; -ENODEV; -EBADMSG; -ENOMEM; another negative errno.
 */
int nb_exec_link(struct nb_exec *exec, const char *namespace, const char *name,
	struct nb_link **ret, struct nb_diag *diag);

/**
 * nb_exec_stats() - the counters of all links of a namespace now (nb_stats_take())
 *
 * Return: 0; -ENOENT no such namespace; another negative errno.
 */
int nb_exec_stats(struct nb_exec *exec, const char *namespace,
	int (*each)(void *context, const struct nb_stats *stats), void *context);

/**
 * nb_exec_facts() - what explaining a bond of an observed namespace needs (nb_facts_take())
 * @ret:  an array, owned by the caller
 *
 * Return: the number of slaves; -ENOENT no such namespace; another negative errno.
 */
int nb_exec_facts(struct nb_exec *exec, const struct nb_netns *ns, const struct nb_link *bond,
	struct nb_port_facts **ret);

/**
 * nb_exec_next_hop() - where a packet to @to goes next from that namespace (nb_next_hop())
 *
 * Return: 0; -ENOENT no such namespace; another negative errno.
 */
int nb_exec_next_hop(struct nb_exec *exec, const char *namespace, const struct nb_ip *to,
	struct nb_next_hop *ret);

/** nb_exec_reach_state() - nb_reach_state() in a namespace. Return: 0; a negative errno. */
int nb_exec_reach_state(struct nb_exec *exec, const char *namespace, int ifindex,
	const struct nb_ip *ip, uint16_t *ret);

/** nb_exec_reach_ask() - nb_reach_ask() in a namespace. Return: 0; a negative errno. */
int nb_exec_reach_ask(
	struct nb_exec *exec, const char *namespace, int ifindex, const struct nb_ip *ip);

/**
 * nb_exec_carrier() - have the driver of a link report a carrier, or none (IFLA_CARRIER)
 *
 * Return: 0; -EOPNOTSUPP most drivers cannot (ndo_change_carrier); -ENODEV, -ENOENT; a negative errno.
 */
int nb_exec_carrier(struct nb_exec *exec, const char *namespace, const char *name, bool on);

/** nb_exec_requests() - netlink messages sent so far, questions included */
uint64_t nb_exec_requests(const struct nb_exec *exec);

static inline void nb_exec_freep(struct nb_exec **exec)
{
	nb_exec_free(*exec);
}
