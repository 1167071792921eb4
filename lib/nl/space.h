/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * The namespaces in use: one request socket and the known names of each, opened when first needed
 * and kept.
 */

#include <linux/if.h>

#include "lib/core/util.h"

struct nb_netns_provider;
struct nb_rtnl;

/* Names looked up, an open hash table; a slot without ifindex is unknown, without name free. */
struct nb_space_names {
	struct nb_space_name {
		char name[IFNAMSIZ];
		int ifindex;
	} *slots;
	size_t n_used, capacity; /* capacity is a power of two or 0 */
};

struct nb_space {
	char *name;	/* "" = own */
	uint64_t inode; /* of its nsfs file */
	uint64_t cookie; /* nb_netns_cookie() */
	struct nb_rtnl *rtnl;
	struct nb_space_names names;
};

/* Zero is an empty one. */
struct nb_spaces {
	const struct nb_netns_provider *provider; /* NULL: this process itself */
	struct nb_space **items;
	size_t n_items, capacity;
	uint64_t n_closed_requests; /* sent on sockets that are closed */
};

/**
 * nb_spaces_get() - the namespace of that name, opened if it is not yet
 *
 * Return: 0; -ENOENT and the other errors of nb_netns_provider.enter(); -ENOMEM.
 */
int nb_spaces_get(struct nb_spaces *spaces, const char *name, struct nb_space **ret);

/**
 * nb_spaces_renew() - nb_spaces_get() that trusts nothing from before
 *
 * Another namespace under the same name gets a new socket; all names looked up are forgotten.
 */
int nb_spaces_renew(struct nb_spaces *spaces, const char *name, struct nb_space **ret);

/** nb_spaces_close() - close the socket of a namespace: an open one keeps it alive */
void nb_spaces_close(struct nb_spaces *spaces, const char *name);

/** nb_spaces_limit() - close those that are neither the own one nor among @names */
void nb_spaces_limit(struct nb_spaces *spaces, char *const *names, size_t n);

/** nb_spaces_provider() - who opens them */
const struct nb_netns_provider *nb_spaces_provider(const struct nb_spaces *spaces);

/** nb_spaces_done() - close all */
void nb_spaces_done(struct nb_spaces *spaces);

/** nb_spaces_requests() - netlink messages sent on all sockets, questions included */
uint64_t nb_spaces_requests(const struct nb_spaces *spaces);

/**
 * nb_space_index() - ifindex of a device by its name or altname
 *
 * Looked up once (SIOCGIFINDEX on the netlink socket: one system call, no RTNL lock) and kept.
 * Return: the ifindex, -ENODEV, -ENOMEM.
 */
int nb_space_index(struct nb_space *space, const char *name);

/** nb_space_name() - name of a device by its ifindex, asked each time. Return: 0, -ENODEV. */
int nb_space_name(const struct nb_space *space, int ifindex, char ret[IFNAMSIZ]);

/** nb_space_forget() - @name now means another device, or none */
void nb_space_forget(struct nb_space *space, const char *name);
