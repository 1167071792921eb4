/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* What else takes a look at frames and packets: netfilter's hooks, and filters at a device's entry. */

#include <stdint.h>

#include "lib/nl/space.h"

struct nlmsghdr;

/* NF_INET_*; linux/netfilter.h does not go together with the C library's headers. */
enum nb_hook_point {
	NB_HOOK_PREROUTING,
	NB_HOOK_INPUT,
	NB_HOOK_FORWARD,
	NB_HOOK_OUTPUT,
	NB_HOOK_POSTROUTING,
	NB_HOOK_POINTS,
};

struct nb_hook {
	uint8_t family;	     /* AF_INET, AF_INET6: NFPROTO_* has the same numbers */
	uint8_t point;	     /* enum nb_hook_point */
	int32_t priority;
	char function[64];   /* "nft_do_chain_ipv4" */
	char module[64];     /* "nf_tables"; "" = built in */
	char chain[192];     /* "input of inet filter": chain, family, table of nf_tables; "" = none of it */
};

/**
 * nb_hooks_take() - the netfilter hooks of IPv4 and IPv6 in the namespace of the calling thread
 * @each:  called for each, in the order in which the kernel calls them; a negative errno ends it
 *
 * Return: 0; -EOPNOTSUPP a kernel without CONFIG_NETFILTER_NETLINK_HOOK; -EPERM without
 * CAP_NET_ADMIN; -ENOMEM; a negative errno.
 */
int nb_hooks_take(int (*each)(void *context, const struct nb_hook *hook), void *context);

/**
 * nb_hook_decode() - one hook out of the kernel's answer
 * @hook:  its family and point are what was asked for and stay; the rest is filled in
 *
 * nfnl_hook_dump_one(). Return: 0; -EBADMSG a message that is none.
 */
int nb_hook_decode(const struct nlmsghdr *message, struct nb_hook *hook);

/* A queueing discipline that filters what comes in. */
struct nb_entry_filter {
	int ifindex;
	char kind[16]; /* "clsact", "ingress" */
};

/**
 * nb_entry_filters_take() - the devices whose frames pass tc filters before anything else
 *
 * Return: 0; as nb_rtnl_dump().
 */
int nb_entry_filters_take(struct nb_space *space,
	int (*each)(void *context, const struct nb_entry_filter *filter), void *context);
