/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "cli/prober.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <netinet/icmp6.h>
#include <netinet/ip_icmp.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "lib/core/util.h"

#define PROBES_MAX 65536u /* ten minutes */
#define FIRST_ANSWER_US 2000000

struct nbc_probes {
	volatile int error; /* of the process, negative errno */
	volatile uint32_t n;
	volatile bool answered;
	struct {
		volatile int64_t sent, answered; /* µs; answered 0: not */
	} items[PROBES_MAX];
};

/* Where to, and what the packets look like. */
struct target {
	union {
		struct sockaddr sa;
		struct sockaddr_in in;
		struct sockaddr_in6 in6;
	} address;
	socklen_t size;
	bool v6;
	uint16_t id;
};

struct echo {
	uint8_t type, code;
	uint16_t checksum, id, sequence;
	uint32_t number; /* the whole of it: 16 bits are soon used up */
};

int64_t nbc_prober_now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (int64_t)ts.tv_sec * 1000000 + ts.tv_nsec / 1000;
}

static bool parse(const char *text, const char *device, struct target *ret)
{
	*ret = (struct target){ .id = (uint16_t)getpid() };
	if (inet_pton(AF_INET, text, &ret->address.in.sin_addr) == 1) {
		ret->address.in.sin_family = AF_INET;
		ret->size = sizeof(ret->address.in);
		return true;
	}
	if (inet_pton(AF_INET6, text, &ret->address.in6.sin6_addr) != 1)
		return false;
	ret->address.in6.sin6_family = AF_INET6;
	ret->size = sizeof(ret->address.in6);
	ret->v6 = true;
	return true;
}

static int enter(const char *namespace)
{
	char path[300];
	int fd, r = 0;

	if (!*namespace)
		return 0;
	snprintf(path, sizeof(path), "/run/netns/%s", namespace);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	if (setns(fd, CLONE_NEWNET) < 0)
		r = -errno;
	close(fd);
	return r;
}

static int open_socket(struct target *target, const char *device)
{
	int fd = target->v6 ? socket(AF_INET6, SOCK_RAW | SOCK_CLOEXEC, IPPROTO_ICMPV6) :
			      socket(AF_INET, SOCK_RAW | SOCK_CLOEXEC, IPPROTO_ICMP);

	if (fd < 0)
		return -errno;
	if (setsockopt(fd, SOL_SOCKET, SO_BINDTODEVICE, device, (socklen_t)strlen(device)) < 0) {
		int r = -errno;

		close(fd);
		return r;
	}
	if (target->v6)
		target->address.in6.sin6_scope_id = if_nametoindex(device);
	return fd;
}

/* RFC 1071; of ICMPv6 the kernel makes it itself. */
static uint16_t checksum(const void *data, size_t size)
{
	const uint16_t *words = data;
	uint32_t sum = 0;

	for (size_t i = 0; i < size / 2; i++)
		sum += words[i];
	sum = (sum >> 16) + (sum & 0xffff);
	return (uint16_t)~(sum + (sum >> 16));
}

static void send_probe(int fd, const struct target *target, struct nbc_probes *probes)
{
	uint32_t number = probes->n;
	struct echo echo = {
		.type = target->v6 ? ICMP6_ECHO_REQUEST : ICMP_ECHO,
		.id = target->id,
		.sequence = htons((uint16_t)number),
		.number = number,
	};

	if (number >= PROBES_MAX)
		return;
	if (!target->v6)
		echo.checksum = checksum(&echo, sizeof(echo));
	probes->items[number].sent = nbc_prober_now();
	probes->n = number + 1;
	/* One that cannot even be sent is lost. */
	sendto(fd, &echo, sizeof(echo), MSG_DONTWAIT, &target->address.sa, target->size);
}

static void take_answer(int fd, const struct target *target, struct nbc_probes *probes)
{
	uint8_t packet[512];
	ssize_t n = recv(fd, packet, sizeof(packet), MSG_DONTWAIT);
	/* A raw IPv4 socket has the IP header, too. */
	ssize_t head = target->v6 || n < 1 ? 0 : (packet[0] & 15) * 4;
	struct echo echo;

	if (n < head + (ssize_t)sizeof(echo))
		return;
	memcpy(&echo, packet + head, sizeof(echo));
	if (echo.type != (target->v6 ? ICMP6_ECHO_REPLY : ICMP_ECHOREPLY) || echo.id != target->id ||
		echo.number >= probes->n || probes->items[echo.number].answered)
		return;
	probes->items[echo.number].answered = nbc_prober_now();
	probes->answered = true;
}

static _Noreturn void probe(int fd, const struct target *target, struct nbc_probes *probes)
{
	int64_t next = nbc_prober_now();

	for (;;) {
		struct pollfd poller = { .fd = fd, .events = POLLIN };
		int64_t now = nbc_prober_now();

		if (now >= next) {
			send_probe(fd, target, probes);
			/* What was overslept is not made up for: a burst is no measure. */
			next = NB_MAX(next + NBC_PROBE_MS * 1000, now - NBC_PROBE_MS * 1000);
			continue;
		}
		if (poll(&poller, 1, (int)((next - now + 999) / 1000)) > 0)
			take_answer(fd, target, probes);
	}
}

static _Noreturn void be_prober(struct nbc_prober *prober, struct target *target,
	const char *namespace, const char *device)
{
	int r;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	signal(SIGINT, SIG_IGN); /* of the terminal, meant for the parent */
	r = enter(namespace);
	if (r == 0)
		r = open_socket(target, device);
	if (r >= 0)
		probe(r, target, prober->probes);
	prober->probes->error = r;
	_exit(1);
}

static int wait_for_answer(const struct nbc_prober *prober)
{
	int64_t until = nbc_prober_now() + FIRST_ANSWER_US;

	while (!prober->probes->answered) {
		if (prober->probes->error)
			return prober->probes->error;
		if (nbc_prober_now() > until)
			return -ETIMEDOUT;
		usleep(10000);
	}
	return 0;
}

int nbc_prober_start(struct nbc_prober *prober, const char *namespace, const char *device,
	const char *address)
{
	struct target target;
	int r;

	*prober = (struct nbc_prober){ .address = address };
	if (!parse(address, device, &target))
		return -EINVAL;
	prober->probes = mmap(NULL, sizeof(*prober->probes), PROT_READ | PROT_WRITE,
		MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (prober->probes == MAP_FAILED) {
		prober->probes = NULL;
		return -ENOMEM;
	}
	prober->pid = fork();
	if (prober->pid == 0) {
		target.id = (uint16_t)getpid();
		be_prober(prober, &target, namespace, device);
	}
	r = prober->pid < 0 ? -errno : wait_for_answer(prober);
	if (r < 0)
		nbc_prober_stop(prober);
	return r;
}

struct nbc_loss nbc_prober_loss(const struct nbc_prober *prober, int64_t from, int64_t to)
{
	const struct nbc_probes *probes = prober->probes;
	struct nbc_loss loss = { 0 };
	int64_t first = 0; /* the first one of those lost at a stretch, when */

	for (uint32_t i = 0; i < probes->n; i++) {
		int64_t sent = probes->items[i].sent;
		bool in = sent >= from && sent <= to, lost = !probes->items[i].answered;

		loss.sent += in;
		loss.lost += in && lost;
		if (first && (!lost || i + 1 == probes->n)) {
			loss.longest_ms = NB_MAX(loss.longest_ms, (double)(sent - first) / 1000);
			first = 0;
		}
		if (in && lost && !first)
			first = sent;
	}
	return loss;
}

void nbc_prober_stop(struct nbc_prober *prober)
{
	if (prober->pid > 0) {
		kill(prober->pid, SIGKILL);
		waitpid(prober->pid, NULL, 0);
	}
	if (prober->probes)
		munmap(prober->probes, sizeof(*prober->probes));
	prober->pid = 0;
	prober->probes = NULL;
}
