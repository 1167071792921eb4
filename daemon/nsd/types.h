/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * The methods of netbond-nsd about types other than net (protocol.h).
 */

#include <systemd/sd-bus.h>

struct nb_process;

int nsd_on_create_type(sd_bus_message *message, void *userdata, sd_bus_error *error);
int nsd_on_set_hostname(sd_bus_message *message, void *userdata, sd_bus_error *error);
int nsd_on_delete_type(sd_bus_message *message, void *userdata, sd_bus_error *error);
int nsd_on_set(sd_bus_message *message, void *userdata, sd_bus_error *error);
int nsd_on_members(sd_bus_message *message, void *userdata, sd_bus_error *error);
int nsd_on_holder(sd_bus_message *message, void *userdata, sd_bus_error *error);

/** nsd_reply_processes() - answer with a(us). Return: as sd_bus_send(). */
int nsd_reply_processes(sd_bus_message *message, const struct nb_process *processes, int n);
