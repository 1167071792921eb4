/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * That a pin of a type other than net came or went, and that the process that keeps a pid namespace
 * ended.
 */

#include "daemon/monitor.h"
#include "lib/core/config.h"

struct nbd_set_watches;

/** nbd_set_watches_new() - of no set yet; the rest as nbd_monitor_new(). Return: 0, -ENOMEM. */
int nbd_set_watches_new(sd_event *event, const struct nb_netns_provider *provider,
	nbd_monitor_changed changed, void *context, struct nbd_set_watches **ret);

/** nbd_set_watches_free() - NULL is fine. Return: NULL. */
struct nbd_set_watches *nbd_set_watches_free(struct nbd_set_watches *watches);

/**
 * nbd_set_watches_update() - watch exactly what @config declares
 *
 * What is not there yet is watched from the next update on. Return: how many sets are newly watched,
 * -ENOMEM.
 */
int nbd_set_watches_update(struct nbd_set_watches *watches, const struct nb_config *config);
