/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * The daemon on D-Bus: org.netbond1 on the system bus, which may come and go, and the same objects
 * for whoever connects to the private socket RUNTIME_DIR/bus. The daemon works without either.
 * What happens is told by the functions below; the bus never writes to the kernel but through them
 * that also the signals and the files go.
 */

#include "daemon/daemon.h"

struct nbd_event;

#define NBD_BUS_NAME "org.netbond1"

/**
 * nbd_bus_new() - listen on the private socket and look for the system bus
 *
 * A socket that cannot be made is told and done without. Return: 0; -ENOMEM.
 */
int nbd_bus_new(struct nbd *d, struct nbd_bus **ret);

/** nbd_bus_free() - let all connections go. NULL is fine. Return: NULL. */
struct nbd_bus *nbd_bus_free(struct nbd_bus *bus);

/*
 * What happened. Each does nothing for NULL.
 */

/** nbd_bus_changed() - something of the manager itself may have changed: state, generation, ... */
void nbd_bus_changed(struct nbd_bus *bus);

/** nbd_bus_seen() - what was observed last took the place of @before */
void nbd_bus_seen(struct nbd_bus *bus, struct nbd_seen *before);

/** nbd_bus_planned() - operations are about to run */
void nbd_bus_planned(struct nbd_bus *bus, const struct nb_plan *plan, bool automatic);

/** nbd_bus_progress() - one more operation of what was asked for is done */
void nbd_bus_progress(struct nbd_bus *bus, const char *text);

/** nbd_bus_tried_begin() - a try that began before the daemon did goes on */
void nbd_bus_tried_begin(struct nbd_bus *bus);

/** nbd_bus_tried() - the try at hand is in another state, or counts anew */
void nbd_bus_tried(struct nbd_bus *bus);

/**
 * nbd_bus_tried_end() - it ended
 * @outcome:  "confirmed", "rolled-back", "failed"; static
 * @why:      it went back; NULL = it did not
 */
void nbd_bus_tried_end(struct nbd_bus *bus, const char *outcome, const char *why);

/** nbd_bus_settled() - a run ended */
void nbd_bus_settled(struct nbd_bus *bus, enum nb_converge_result result, bool automatic);

/** nbd_bus_event() - something happened that has a signal */
void nbd_bus_event(struct nbd_bus *bus, const struct nbd_event *event);

/** nbd_bus_paused() - the pause of a bond was set */
void nbd_bus_paused(struct nbd_bus *bus, const char *bond);
