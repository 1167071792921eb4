/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Counts UDP packets that carry a number and the time they were sent, to see what a change of a
 * bond costs: what is lost is an attempt to send that never arrived.
 *
 *   udpcnt rx PORT             says "ready", then counts until its standard input ends
 *   udpcnt tx IP PORT USECS    sends one packet each USECS until its standard input ends
 *
 * Both end with one line of JSON.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <inttypes.h>
#include <netdb.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define MAX_PACKETS (1u << 22) /* more than two hours at 2 ms */

struct packet {
	uint64_t number;
	uint64_t sent_ns;
	uint8_t fill[48];
};

static uint64_t now_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000000000u + ts.tv_nsec;
}

static int fail(const char *what)
{
	fprintf(stderr, "udpcnt: %s: %s\n", what, strerror(errno));
	return 1;
}

static bool input_ended(void)
{
	struct pollfd input = { .fd = STDIN_FILENO, .events = POLLIN };
	char byte;

	return poll(&input, 1, 0) > 0 && read(STDIN_FILENO, &byte, 1) <= 0;
}

/* Sends on a fixed schedule: a late packet is followed by the next one at once. */
static int transmit(const struct addrinfo *to, uint64_t interval_ns)
{
	int fd = socket(to->ai_family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	struct packet packet = { 0 };
	uint64_t next = now_ns();

	if (fd < 0)
		return fail("socket");
	while (!input_ended() && packet.number < MAX_PACKETS) {
		const struct timespec when = { next / 1000000000u, next % 1000000000u };

		clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &when, NULL);
		packet.sent_ns = now_ns();
		/* A refusal (no route, bond down) is a loss like any other. */
		if (sendto(fd, &packet, sizeof(packet), 0, to->ai_addr, to->ai_addrlen) < 0 &&
			errno == EINTR)
			continue;
		packet.number++;
		next += interval_ns;
	}
	printf("{\"sent\": %" PRIu64 "}\n", packet.number);
	close(fd);
	return 0;
}

struct count {
	uint64_t *sent_ns; /* by number; 0 = not seen */
	uint64_t received, duplicates;
	uint64_t first, end; /* lowest number seen; one past the highest */
	uint64_t latency_ns;
};

static void note(struct count *count, const struct packet *packet)
{
	uint64_t latency = now_ns() - packet->sent_ns;

	if (packet->number >= MAX_PACKETS)
		return;
	if (count->sent_ns[packet->number]) {
		count->duplicates++;
		return;
	}
	count->sent_ns[packet->number] = packet->sent_ns;
	count->received++;
	if (count->received == 1 || packet->number < count->first)
		count->first = packet->number;
	if (packet->number >= count->end)
		count->end = packet->number + 1;
	if (latency > count->latency_ns)
		count->latency_ns = latency;
}

#define GAPS_SHOWN 16

/*
 * A gap lasts from the last packet seen before it to the first one after it, by time of sending:
 * [number of the first one lost, how many, milliseconds].
 */
static void report(const struct count *count)
{
	uint64_t gaps = 0, last = UINT64_MAX;

	printf("{\"received\": %" PRIu64 ", \"duplicates\": %" PRIu64 ", \"latency_ms\": %" PRIu64
	       ", \"first\": %" PRIu64 ", \"end\": %" PRIu64 ", \"gaps\": [",
		count->received, count->duplicates, count->latency_ns / 1000000, count->first,
		count->end);
	for (uint64_t i = count->first; i < count->end; i++) {
		if (!count->sent_ns[i])
			continue;
		if (last < i - 1 && i > count->first && gaps++ < GAPS_SHOWN)
			printf("%s[%" PRIu64 ", %" PRIu64 ", %" PRIu64 "]", gaps > 1 ? ", " : "",
				last + 1, i - last - 1,
				(count->sent_ns[i] - count->sent_ns[last]) / 1000000);
		last = i;
	}
	printf("]}\n");
}

static int receive(const struct addrinfo *at)
{
	int fd = socket(AF_INET6, SOCK_DGRAM | SOCK_CLOEXEC, 0), size = 8 << 20;
	struct count count = { .sent_ns = calloc(MAX_PACKETS, sizeof(*count.sent_ns)) };
	struct pollfd poll_fds[] = { { .fd = fd, .events = POLLIN },
		{ .fd = STDIN_FILENO, .events = POLLIN } };
	struct packet packet;

	if (fd < 0 || !count.sent_ns || bind(fd, at->ai_addr, at->ai_addrlen) < 0)
		return fail("bind");
	setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof(size));
	puts("ready");
	fflush(stdout);
	for (;;) {
		if (poll(poll_fds, 2, -1) < 0 && errno != EINTR)
			return fail("poll");
		while (recv(fd, &packet, sizeof(packet), MSG_DONTWAIT) == sizeof(packet))
			note(&count, &packet);
		if (poll_fds[1].revents && input_ended())
			break;
	}
	report(&count);
	free(count.sent_ns);
	close(fd);
	return 0;
}

static int find_address(const char *host, const char *port, struct addrinfo **ret)
{
	const struct addrinfo hints = {
		.ai_family = host ? AF_UNSPEC : AF_INET6, /* "::" takes IPv4, too */
		.ai_socktype = SOCK_DGRAM,
		.ai_flags = AI_NUMERICHOST | AI_NUMERICSERV | AI_PASSIVE,
	};
	int r = getaddrinfo(host, port, &hints, ret);

	if (r != 0)
		fprintf(stderr, "udpcnt: %s port %s: %s\n", host ? host : "any", port,
			gai_strerror(r));
	return r;
}

int main(int argc, char **argv)
{
	struct addrinfo *address;

	if (argc == 3 && strcmp(argv[1], "rx") == 0)
		return find_address(NULL, argv[2], &address) ? 1 : receive(address);
	if (argc == 5 && strcmp(argv[1], "tx") == 0)
		return find_address(argv[2], argv[3], &address)
			       ? 1
			       : transmit(address, strtoull(argv[4], NULL, 10) * 1000);
	fputs("usage: udpcnt rx PORT | udpcnt tx IP PORT USECS\n", stderr);
	return 1;
}
