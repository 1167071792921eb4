/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * Listens to the kernel and says that something changed, and where; never what, and never to a model.
 */

#include <stdbool.h>
#include <stddef.h>
#include <systemd/sd-event.h>

struct nb_netns_provider;
struct nb_touches;
struct nbd_monitor;

/* @why is a static word for logs: "event", "overrun", "namespace"; @touches is borrowed. */
typedef void (*nbd_monitor_changed)(
	void *context, const char *why, const struct nb_touches *touches);

/**
 * nbd_monitor_new() - a monitor of no namespace yet, but of the folder of pins
 * @provider:  who opens them, borrowed
 * @changed:  called from the event loop
 *
 * Return: 0; a negative errno.
 */
int nbd_monitor_new(sd_event *event, const struct nb_netns_provider *provider,
	nbd_monitor_changed changed, void *context, struct nbd_monitor **ret);

/** nbd_monitor_free() - NULL is fine. Return: NULL. */
struct nbd_monitor *nbd_monitor_free(struct nbd_monitor *monitor);

/**
 * nbd_monitor_watch() - listen in exactly these namespaces
 * @names:  "" is netbond's own
 *
 * Sockets of namespaces no longer named are closed: an open one keeps a deleted namespace alive.
 * That is done at once for one whose pin went. One that does not exist is passed over; the folder of pins tells when it comes.
 * One that could not be read any more is opened anew: not with the first call after that, which it
 * causes itself. So is the watch of the folder of pins, when it was removed or moved away.
 * Return: how many are newly listened to; when none is, a negative errno for one that exists and
 * cannot be.
 */
int nbd_monitor_watch(struct nbd_monitor *monitor, char *const *names, size_t n);

/**
 * nbd_monitor_drain() - take what is waiting without telling: an observation follows at once
 * @touches:  receives where something changed
 */
void nbd_monitor_drain(struct nbd_monitor *monitor, struct nb_touches *touches);
