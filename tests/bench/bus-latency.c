/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * bus-latency SOCKET: asks the daemon for a property again and again until its stdin ends, then
 * writes "COUNT P50_US P99_US MAX_US" - what a caller waits for an answer.
 *
 * bus-latency SOCKET METHOD: calls that method instead: one of big_calls, which are about all there is.
 *
 * bus-latency --serve SOCKET: a server that does nothing else than to answer one caller, for what a
 * caller waits on this machine anyway.
 */
#include <errno.h>
#include <poll.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <systemd/sd-bus.h>
#include <time.h>
#include <unistd.h>

#define CALLS_MAX 1000000
#define PAUSE_MS 2
#define PATIENCE_USEC (60 * UINT64_C(1000000))
#define MANAGER "org.netbond1.Manager"

static uint32_t costs[CALLS_MAX];

static int64_t now_us(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

static int compare(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	return x < y ? -1 : x > y;
}

static int connect_to(const char *path, sd_bus **ret)
{
	char address[256];
	int r = sd_bus_new(ret);

	snprintf(address, sizeof(address), "unix:path=%s", path);
	if (r >= 0)
		r = sd_bus_set_address(*ret, address);
	if (r >= 0)
		r = sd_bus_start(*ret);
	return r;
}

static int get_state(sd_bus *bus, const char *path, const char *interface, const char *property,
	sd_bus_message *reply, void *userdata, sd_bus_error *error)
{
	return sd_bus_message_append(reply, "s", "idle");
}

static const sd_bus_vtable vtable[] = {
	SD_BUS_VTABLE_START(0),
	SD_BUS_PROPERTY("State", "s", get_state, 0, 0),
	SD_BUS_VTABLE_END,
};

static int accept_one(const char *path)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	strncpy(address.sun_path, path, sizeof(address.sun_path) - 1);
	if (fd < 0 || bind(fd, (struct sockaddr *)&address, sizeof(address)) < 0 ||
		listen(fd, 1) < 0)
		return -errno;
	return accept4(fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
}

static int serve(const char *path)
{
	sd_event *event = NULL;
	sd_bus *bus = NULL;
	sd_id128_t id;
	int fd = accept_one(path), r = fd < 0 ? fd : sd_event_default(&event);

	if (r >= 0)
		r = sd_bus_new(&bus);
	if (r >= 0)
		r = sd_bus_set_fd(bus, fd, fd);
	if (r >= 0)
		r = sd_id128_randomize(&id);
	if (r >= 0)
		r = sd_bus_set_server(bus, true, id);
	if (r >= 0)
		r = sd_bus_start(bus);
	if (r >= 0)
		r = sd_bus_add_object_vtable(
			bus, NULL, "/org/netbond1", MANAGER, vtable, NULL);
	if (r >= 0)
		r = sd_bus_set_exit_on_disconnect(bus, true);
	if (r >= 0)
		r = sd_bus_attach_event(bus, event, 0);
	return r < 0 ? r : sd_event_loop(event);
}

static const struct big_call {
	const char *method, *interface, *types;
} big_calls[] = {
	{ "Describe", MANAGER, NULL },
	{ "Snapshot", MANAGER, NULL },
	{ "Explain", MANAGER, "s" },
	{ "Plan", MANAGER, "a(ss)bsb" },
	{ "GetManagedObjects", "org.freedesktop.DBus.ObjectManager", NULL },
};

static const struct big_call *find_call(const char *method)
{
	for (size_t i = 0; i < sizeof(big_calls) / sizeof(*big_calls); i++) {
		if (strcmp(big_calls[i].method, method) == 0)
			return &big_calls[i];
	}
	return NULL;
}

/* No file, not exact, no limit, in any order; or no bond's name. */
static int call_big(sd_bus *bus, const struct big_call *call)
{
	sd_bus_error error = SD_BUS_ERROR_NULL;
	sd_bus_message *message = NULL, *reply = NULL;
	int r = sd_bus_message_new_method_call(
		bus, &message, "org.netbond1", "/org/netbond1", call->interface, call->method);

	if (r >= 0 && call->types && call->types[1])
		r = sd_bus_message_append(message, call->types, 0, 0, "", 0);
	else if (r >= 0 && call->types)
		r = sd_bus_message_append(message, call->types, "");
	if (r >= 0)
		r = sd_bus_call(bus, message, PATIENCE_USEC, &error, &reply);
	if (r < 0)
		fprintf(stderr, "bus-latency: %s: %s\n", call->method, error.message);
	sd_bus_error_free(&error);
	sd_bus_message_unref(message);
	sd_bus_message_unref(reply);
	return r;
}

static int get_one(sd_bus *bus)
{
	char *state = NULL;
	int r = sd_bus_get_property_string(
		bus, "org.netbond1", "/org/netbond1", MANAGER, "State", NULL, &state);

	free(state);
	return r;
}

int main(int argc, char **argv)
{
	const struct big_call *big = argc == 3 ? find_call(argv[2]) : NULL;
	struct pollfd in = { .fd = 0, .events = POLLIN };
	sd_bus *bus = NULL;
	size_t n = 0;
	int r;

	if (argc == 3 && strcmp(argv[1], "--serve") == 0)
		return serve(argv[2]) < 0;
	r = argc == 2 || big ? connect_to(argv[1], &bus) : -EINVAL;
	while (r >= 0 && n < CALLS_MAX && poll(&in, 1, PAUSE_MS) == 0) {
		int64_t start = now_us();

		r = big ? call_big(bus, big) : get_one(bus);
		costs[n++] = (uint32_t)(now_us() - start);
		/* Signals are queued on our side, too. */
		while (r >= 0 && sd_bus_process(bus, NULL) > 0)
			;
	}
	sd_bus_unref(bus);
	if (r < 0 || n == 0) {
		fprintf(stderr, "bus-latency: %s\n", strerror(-r));
		return 1;
	}
	qsort(costs, n, sizeof(*costs), compare);
	printf("%zu %u %u %u\n", n, costs[n / 2], costs[n * 99 / 100], costs[n - 1]);
	return 0;
}
