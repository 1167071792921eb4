/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * That something changed, and where: one multicast socket per network namespace. It never tells
 * what - the state is observed again - so that a lost message costs nothing but an observation of
 * everything.
 */

#include "lib/core/touch.h"
#include "lib/core/util.h"

struct nb_events;
struct nb_netns_provider;

enum nb_events_seen {
	NB_EVENTS_CHANGED = 1u << 0, /* at least one notification came */
	NB_EVENTS_LOST = 1u << 1,    /* the socket overran (ENOBUFS): some are missing */
	NB_EVENTS_MORE = 1u << 2,    /* the budget is used up and more is waiting */
};

/**
 * nb_events_open() - listen for links, addresses and routes of a namespace
 * @provider:   who opens it
 * @namespace:  its pin, "" = the one of the calling thread
 * @ret_inode:  which one it is; may be NULL, and is left alone for ""
 *
 * Bound before it joins the groups: an unbound socket joins and hears nothing. Routes of the
 * protocols netbond does not care for are dropped by a socket filter in the kernel, so that a
 * routing daemon costs nothing. The receive buffer is 8 MiB where the right for that is there.
 * Return: 0; as nb_netns_provider.enter() and socket().
 */
int nb_events_open(const struct nb_netns_provider *provider, const char *namespace,
	uint64_t *ret_inode, struct nb_events **ret);

/** nb_events_free() - close it. NULL is fine. Return: NULL. */
struct nb_events *nb_events_free(struct nb_events *events);

/** nb_events_fd() - for poll(): readable when something came */
int nb_events_fd(const struct nb_events *events);

/**
 * nb_events_read() - take what is waiting, without blocking
 * @budget:    notifications to take at most
 * @ret_seen:  enum nb_events_seen
 * @touches:   receives the links they are about, and that there was a route; .all where one went
 *             missing
 *
 * Return: the number taken; a negative errno when the socket is broken.
 */
int nb_events_read(struct nb_events *events, unsigned budget, unsigned *ret_seen,
	struct nb_touches *touches);
