/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * bus-latency SOCKET: asks the daemon for a property again and again until its stdin ends, then
 * writes "COUNT P50_US P99_US MAX_US" - what a caller waits for an answer.
 */
#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <systemd/sd-bus.h>
#include <time.h>

#define CALLS_MAX 1000000
#define PAUSE_MS 2

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

int main(int argc, char **argv)
{
	struct pollfd in = { .fd = 0, .events = POLLIN };
	sd_bus *bus = NULL;
	size_t n = 0;
	int r = argc == 2 ? connect_to(argv[1], &bus) : -1;

	while (r >= 0 && n < CALLS_MAX && poll(&in, 1, PAUSE_MS) == 0) {
		char *state = NULL;
		int64_t start = now_us();

		r = sd_bus_get_property_string(bus, "org.netbond1", "/org/netbond1",
			"org.netbond1.Manager", "State", NULL, &state);
		costs[n++] = (uint32_t)(now_us() - start);
		free(state);
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
