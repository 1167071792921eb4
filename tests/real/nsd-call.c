/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Questions to netbond-nsd, by hand: nsd-call create|delete|force|enter|processes|bonding NAME...
 * Prints "ok", what came back, or the name of the errno; a connection that is refused is an errno too.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <systemd/sd-bus.h>
#include <unistd.h>

#include "daemon/nsd/protocol.h"

static int connect_helper(sd_bus **bus)
{
	int r = sd_bus_new(bus);

	if (r >= 0)
		r = sd_bus_set_address(*bus, "unix:path=" NBD_NSD_SOCKET);
	if (r >= 0)
		r = sd_bus_negotiate_fds(*bus, true);
	return r < 0 ? r : sd_bus_start(*bus);
}

static int call(sd_bus *bus, const char *what, const char *name, sd_bus_message **reply)
{
	sd_bus_error error = SD_BUS_ERROR_NULL;
	int own = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC), r = -EINVAL;

#define CALL(method, ...)                                                                      \
	sd_bus_call_method(bus, NULL, NBD_NSD_PATH, NBD_NSD_INTERFACE, method, &error, reply, \
		__VA_ARGS__)
	if (strcmp(what, "create") == 0)
		r = CALL("Create", "s", name);
	else if (strcmp(what, "create-type") == 0) /* a set of that name gets that type */
		r = CALL("CreateType", "sssbbbsxxss", "odd", name, "", 0, 0, 0, "", INT64_C(0),
			INT64_C(0), "", "");
	else if (strcmp(what, "delete") == 0 || strcmp(what, "force") == 0)
		r = CALL("Delete", "sb", name, strcmp(what, "force") == 0);
	else if (strcmp(what, "enter") == 0)
		r = CALL("Enter", "s", name);
	else if (strcmp(what, "processes") == 0)
		r = CALL("Processes", "s", name);
	else if (strcmp(what, "bonding") == 0)
		r = CALL("Bonding", "hs", own, name);
#undef CALL
	close(own);
	sd_bus_error_free(&error);
	return r;
}

static int show(const char *what, sd_bus_message *reply)
{
	const char *command;
	struct stat status;
	uint32_t pid;
	int fd, socket, r = 0;

	if (strcmp(what, "enter") == 0) {
		r = sd_bus_message_read(reply, "hh", &fd, &socket);
		if (r >= 0 && fstat(fd, &status) == 0)
			printf("%ju ", (uintmax_t)status.st_ino);
	} else if (strcmp(what, "processes") == 0) {
		r = sd_bus_message_enter_container(reply, 'a', "(us)");
		while (r >= 0 && (r = sd_bus_message_read(reply, "(us)", &pid, &command)) > 0)
			printf("%u %s ", pid, command);
	}
	return r;
}

int main(int argc, char **argv)
{
	sd_bus *bus = NULL;
	int r = argc > 2 ? connect_helper(&bus) : -EINVAL, worst = r;

	if (r < 0)
		puts(strerrorname_np(-r));
	for (int i = 2; i < argc && worst >= 0; i++) {
		sd_bus_message *reply = NULL;

		r = call(bus, argv[1], argv[i], &reply);
		if (r >= 0)
			r = show(argv[1], reply);
		puts(r < 0 ? strerrorname_np(-r) : "ok");
		sd_bus_message_unref(reply);
		/* What is refused says nothing of the next; a broken connection does. */
		worst = sd_bus_is_open(bus) > 0 ? 0 : r;
	}
	sd_bus_flush_close_unref(bus);
	return r < 0;
}
