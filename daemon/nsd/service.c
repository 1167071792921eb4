/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "daemon/nsd/service.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "daemon/nsd/protocol.h"
#include "daemon/nsd/types.h"
#include "lib/core/model.h"
#include "lib/nl/netns.h"

static int on_create(sd_bus_message *message, void *userdata, sd_bus_error *error)
{
	const char *name;
	int r = sd_bus_message_read(message, "s", &name);

	if (r >= 0)
		r = nb_netns_create(name);
	return r < 0 ? r : sd_bus_reply_method_return(message, NULL);
}

static int on_delete(sd_bus_message *message, void *userdata, sd_bus_error *error)
{
	const char *name;
	int force, r = sd_bus_message_read(message, "sb", &name, &force);

	if (r >= 0)
		r = nb_netns_delete(name, force);
	return r < 0 ? r : sd_bus_reply_method_return(message, NULL);
}

static int on_enter(sd_bus_message *message, void *userdata, sd_bus_error *error)
{
	const char *name;
	int fd, socket, r = sd_bus_message_read(message, "s", &name);

	/* "" is the caller's own: of that the helper knows nothing. */
	if (r >= 0 && !nb_netns_name_ok(name))
		r = -EINVAL;
	if (r >= 0)
		r = nb_netns_direct.enter(NULL, name, &fd, &socket);
	if (r < 0)
		return r;
	r = sd_bus_reply_method_return(message, "hh", fd, socket);
	close(fd);
	close(socket);
	return r;
}

int nsd_reply_processes(sd_bus_message *message, const struct nb_process *processes, int n)
{
	sd_bus_message *reply = NULL;
	int r = sd_bus_message_new_method_return(message, &reply);

	if (r >= 0)
		r = sd_bus_message_open_container(reply, 'a', "(us)");
	for (int i = 0; i < n && r >= 0; i++)
		r = sd_bus_message_append(
			reply, "(us)", (uint32_t)processes[i].pid, processes[i].command);
	if (r >= 0)
		r = sd_bus_message_close_container(reply);
	if (r >= 0)
		r = sd_bus_send(NULL, reply, NULL);
	sd_bus_message_unref(reply);
	return r;
}

static int on_processes(sd_bus_message *message, void *userdata, sd_bus_error *error)
{
	NB_CLEANUP(nb_freep) struct nb_process *processes = NULL;
	const char *name;
	int n = 0, r = sd_bus_message_read(message, "s", &name);

	if (r >= 0 && !nb_netns_name_ok(name))
		r = -EINVAL;
	if (r >= 0)
		r = n = nb_netns_direct.processes(NULL, name, &processes);
	return r < 0 ? r : nsd_reply_processes(message, processes, n);
}

static int on_bonding(sd_bus_message *message, void *userdata, sd_bus_error *error)
{
	const char *bond;
	int namespace, fd, r = sd_bus_message_read(message, "hs", &namespace, &bond);

	if (r >= 0)
		r = nb_netns_bonding_inside(namespace, bond, &fd);
	if (r < 0)
		return r;
	r = sd_bus_reply_method_return(message, "h", fd);
	close(fd);
	return r;
}

static const sd_bus_vtable vtable[] = {
	SD_BUS_VTABLE_START(0),
	SD_BUS_METHOD("Create", "s", "", on_create, 0),
	SD_BUS_METHOD("Delete", "sb", "", on_delete, 0),
	SD_BUS_METHOD("Enter", "s", "hh", on_enter, 0),
	SD_BUS_METHOD("Processes", "s", "a(us)", on_processes, 0),
	SD_BUS_METHOD("Bonding", "hs", "h", on_bonding, 0),
	SD_BUS_METHOD("CreateType", "sssbbbsxxss", "", nsd_on_create_type, 0),
	SD_BUS_METHOD("SetHostname", "ss", "", nsd_on_set_hostname, 0),
	SD_BUS_METHOD("DeleteType", "ssb", "", nsd_on_delete_type, 0),
	SD_BUS_METHOD("Set", "s", "utia(stt)sxxss", nsd_on_set, 0),
	SD_BUS_METHOD("Members", "su", "a(us)", nsd_on_members, 0),
	SD_BUS_METHOD("Holder", "s", "h", nsd_on_holder, 0),
	SD_BUS_VTABLE_END,
};

int nsd_service_add(sd_bus *bus)
{
	return sd_bus_add_object_vtable(bus, NULL, NBD_NSD_PATH, NBD_NSD_INTERFACE, vtable, NULL);
}
