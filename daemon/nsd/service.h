/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * The methods of netbond-nsd (protocol.h) on one connection.
 */

#include <systemd/sd-bus.h>

/**
 * nsd_service_add() - offer the methods on @bus
 *
 * Return: 0; a negative errno of sd_bus_add_object_vtable().
 */
int nsd_service_add(sd_bus *bus);
