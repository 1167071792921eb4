/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "daemon/scope.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <systemd/sd-bus.h>
#include <systemd/sd-login.h>
#include <unistd.h>

#include "lib/core/util.h"

#define PRIVATE_BUS "/run/systemd/private" /* of root alone */
#define STEP_USEC 20000
#define STEPS 100

/* As systemd-escape(1). */
static void unit_name(const char *set, struct nb_text *out)
{
	nb_text_add(out, "netbond-ns-");
	for (const char *c = set; *c; c++) {
		const bool plain = (*c >= 'a' && *c <= 'z') || (*c >= 'A' && *c <= 'Z') ||
			(*c >= '0' && *c <= '9') || *c == '_' || *c == ':' || *c == '.';

		nb_text_add(out, plain ? "%c" : "\\x%02x", (unsigned char)*c);
	}
	nb_text_add(out, ".scope");
}

static int start_scope(sd_bus *bus, const char *unit, const char *set, pid_t holder)
{
	NB_CLEANUP(nb_text_done) struct nb_text description = { 0 };

	nb_text_add(&description, "Process 1 of namespace %s", set);
	if (description.failed)
		return -ENOMEM;
	return sd_bus_call_method(bus, NULL, "/org/freedesktop/systemd1",
		"org.freedesktop.systemd1.Manager", "StartTransientUnit", NULL, NULL,
		"ssa(sv)a(sa(sv))", unit, "fail", 4, "Description", "s", description.text, "PIDs", "au",
		1, (uint32_t)holder, "TimeoutStopUSec", "t", UINT64_C(5000000), "CollectMode", "s",
		"inactive-or-failed", 0);
}

/* systemd answers when the job is queued; one of that name may still be on its way out. */
static int adopt(sd_bus *bus, const char *unit, const char *set, pid_t holder)
{
	int r = -EEXIST;

	for (unsigned i = 0; i < STEPS; i++) {
		NB_CLEANUP(nb_freep) char *now = NULL;

		if (r == -EEXIST)
			r = start_scope(bus, unit, set, holder);
		if (r < 0 && r != -EEXIST)
			return r;
		if (r >= 0 && sd_pid_get_unit(holder, &now) >= 0 && nb_streq(now, unit))
			return 0;
		usleep(STEP_USEC);
	}
	return r < 0 ? r : -ETIMEDOUT;
}

int nbd_scope_adopt(const char *set, pid_t holder)
{
	NB_CLEANUP(nb_text_done) struct nb_text unit = { 0 };
	sd_bus *bus = NULL;
	int r;

	if (access(PRIVATE_BUS, F_OK) < 0)
		return 0;
	unit_name(set, &unit);
	r = unit.failed ? -ENOMEM : sd_bus_new(&bus);
	if (r >= 0)
		r = sd_bus_set_address(bus, "unix:path=" PRIVATE_BUS);
	if (r >= 0)
		r = sd_bus_start(bus);
	if (r >= 0)
		r = adopt(bus, unit.text, set, holder);
	sd_bus_close_unref(bus);
	return r;
}
