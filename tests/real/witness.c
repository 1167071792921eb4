/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tests/real/witness.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/if_ether.h>
#include <linux/rtnetlink.h>
#include <netinet/ip.h>
#include <netinet/udp.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "lib/nl/codec.h"

#define PORT	    9000
#define INTERVAL_NS 2000000
#define MAX_SENT    (1u << 17) /* four minutes */
#define ALIVE	    5u	       /* so many packets in a row are a path */
#define PATIENCE_MS 500u

struct watched {
	char name[IFNAMSIZ];
	int ifindex;
	bool was_up, had_carrier, had_slaves;
	int slaves[32]; /* ifindexes; negative: it was in use at the start */
	size_t n_slaves;
	bool gone, emptied, down, no_carrier, slave_lost;
};

struct witness {
	int notes, arrivals; /* sockets: link notifications; packets on the cables */
	struct watched bonds[16];
	size_t n_bonds;
	pthread_t sender;
	bool sending;
	atomic_bool stop;
	atomic_uint n_sent;
	uint8_t *arrived; /* by number */
	unsigned first;	  /* sent before it: not counted */
};

static void die(const char *what)
{
	fprintf(stderr, "witness: %s: %s\n", what, strerror(errno));
	exit(1);
}

static void sleep_ms(unsigned ms)
{
	const struct timespec t = { ms / 1000, (long)(ms % 1000) * 1000000 };

	nanosleep(&t, NULL);
}

static struct sockaddr_in address_of(const char *host)
{
	struct sockaddr_in address = { .sin_family = AF_INET, .sin_port = htons(PORT) };

	inet_pton(AF_INET, host, &address.sin_addr);
	return address;
}

/* ---- sockets ---- */

static int listen_to_links(void)
{
	const struct sockaddr_nl local = { .nl_family = AF_NETLINK, .nl_groups = RTMGRP_LINK };
	int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_NONBLOCK | SOCK_CLOEXEC, NETLINK_ROUTE);
	int size = 16 << 20;

	if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof(size)) < 0 ||
		bind(fd, (const struct sockaddr *)&local, sizeof(local)) < 0)
		die("notifications");
	return fd;
}

/*
 * At the far ends of all cables, and not behind the bridge: one of its ports forwards only when the
 * kernel has noticed its carrier. Every switch takes its time for that, which is what updelay is for.
 * Who asks for one protocol only is served behind the bridge (__netif_receive_skb_core()).
 */
static int receive_at_switch(const char *namespace)
{
	char path[64];
	int own = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC), other, fd, size = 16 << 20;

	snprintf(path, sizeof(path), "/run/netns/%s", namespace);
	other = open(path, O_RDONLY | O_CLOEXEC);
	if (own < 0 || other < 0 || setns(other, CLONE_NEWNET) < 0)
		die(path);
	fd = socket(AF_PACKET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, htons(ETH_P_ALL));
	if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof(size)) < 0)
		die("packets");
	if (setns(own, CLONE_NEWNET) < 0)
		die("back");
	close(own);
	close(other);
	return fd;
}

struct witness *witness_new(const char *namespace)
{
	struct witness *w = calloc(1, sizeof(*w));

	if (!w || !(w->arrived = calloc(MAX_SENT, 1)))
		die("memory");
	w->notes = listen_to_links();
	w->arrivals = receive_at_switch(namespace);
	return w;
}

struct witness *witness_free(struct witness *w)
{
	if (!w)
		return NULL;
	close(w->notes);
	close(w->arrivals);
	free(w->arrived);
	free(w);
	return NULL;
}

/* ---- notifications ---- */

static struct watched *find_bond(struct witness *w, int ifindex)
{
	for (size_t i = 0; i < w->n_bonds; i++)
		if (w->bonds[i].ifindex == ifindex)
			return &w->bonds[i];
	return NULL;
}

static void slave_gone(struct watched *bond, int ifindex)
{
	for (size_t i = 0; i < bond->n_slaves; i++) {
		if (abs(bond->slaves[i]) != ifindex)
			continue;
		bond->slave_lost |= bond->slaves[i] < 0;
		bond->slaves[i] = bond->slaves[--bond->n_slaves];
		bond->emptied |= bond->n_slaves == 0 && bond->had_slaves;
		return;
	}
}

static void slave_there(struct watched *bond, int ifindex)
{
	for (size_t i = 0; i < bond->n_slaves; i++)
		if (abs(bond->slaves[i]) == ifindex)
			return;
	if (bond->n_slaves < NB_ARRAY_SIZE(bond->slaves))
		bond->slaves[bond->n_slaves++] = ifindex;
}

static void note_link(struct witness *w, const struct nb_link *link)
{
	struct watched *bond = find_bond(w, link->ifindex);

	if (bond) {
		bond->down |= bond->was_up && !nb_link_is_up(link);
		bond->no_carrier |= bond->had_carrier && !link->carrier;
	}
	for (size_t i = 0; i < w->n_bonds; i++) {
		if (link->master == w->bonds[i].ifindex)
			slave_there(&w->bonds[i], link->ifindex);
		else
			slave_gone(&w->bonds[i], link->ifindex);
	}
}

static void note_end(struct witness *w, int ifindex)
{
	struct watched *bond = find_bond(w, ifindex);

	if (bond)
		bond->gone = true;
	for (size_t i = 0; i < w->n_bonds; i++)
		slave_gone(&w->bonds[i], ifindex);
}

static void note(struct witness *w, const struct nlmsghdr *message)
{
	const struct ifinfomsg *info = NLMSG_DATA(message);
	uint64_t known[NB_SCOPE_COUNT] = { 0 };
	struct nb_codec_later later = { 0 };
	struct nb_link *link = NULL;

	if (info->ifi_family != AF_UNSPEC) /* of a bridge's port */
		return;
	if (message->nlmsg_type == RTM_DELLINK)
		note_end(w, info->ifi_index);
	if (message->nlmsg_type != RTM_NEWLINK)
		return;
	if (nb_codec_get_link(message, &link, &later, known, NULL) == 0)
		note_link(w, link);
	nb_link_free(link);
}

static void read_notes(struct witness *w)
{
	static char buffer[1 << 16] __attribute__((aligned(NLMSG_ALIGNTO)));
	ssize_t n;

	while ((n = recv(w->notes, buffer, sizeof(buffer), 0)) > 0) {
		const struct nlmsghdr *message = (const struct nlmsghdr *)buffer;

		for (unsigned left = (unsigned)n; NLMSG_OK(message, left);
			message = NLMSG_NEXT(message, left))
			note(w, message);
	}
	if (n < 0 && errno != EAGAIN)
		die("a notification was missed");
}

static void watch_slaves(struct watched *bond, const struct nb_netns *ns, const struct nb_link *link)
{
	for (size_t i = 0; i < ns->links.n && bond->n_slaves < NB_ARRAY_SIZE(bond->slaves); i++) {
		const struct nb_link *slave = nb_netns_link(ns, i);

		if (nb_link_is_slave_of(slave, link))
			bond->slaves[bond->n_slaves++] = nb_link_usable_slave(slave, link)
								 ? -slave->ifindex
								 : slave->ifindex;
	}
	bond->had_slaves = bond->n_slaves > 0;
}

static void watch(struct witness *w, const struct nb_netns *ns)
{
	memset(w->bonds, 0, sizeof(w->bonds));
	w->n_bonds = 0;
	for (size_t i = 0; i < ns->links.n && w->n_bonds < NB_ARRAY_SIZE(w->bonds); i++) {
		const struct nb_link *link = nb_netns_link(ns, i);
		struct watched *bond = &w->bonds[w->n_bonds];

		if (!nb_link_is_bond(link))
			continue;
		memcpy(bond->name, link->name, IFNAMSIZ);
		bond->ifindex = link->ifindex;
		bond->was_up = nb_link_is_up(link);
		bond->had_carrier = bond->was_up && link->carrier;
		watch_slaves(bond, ns, link);
		w->n_bonds++;
	}
}

enum nb_class witness_class(const struct witness *w, const char *name, bool monitored)
{
	for (size_t i = 0; i < w->n_bonds; i++) {
		const struct watched *bond = &w->bonds[i];

		if (!nb_streq(bond->name, name))
			continue;
		if (bond->gone || bond->emptied)
			return NB_CLASS_REBUILD;
		if (bond->down || (bond->no_carrier && monitored))
			return NB_CLASS_DOWN;
		return bond->slave_lost ? NB_CLASS_SLAVE : NB_CLASS_LIVE;
	}
	return NB_CLASS_LIVE;
}

/* ---- packets ---- */

/* On a fixed schedule: a late packet is followed by the next one at once. */
static void *send_packets(void *context)
{
	const struct sockaddr_in to = address_of(WITNESS_SWITCH);
	struct witness *w = context;
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	struct timespec when;

	clock_gettime(CLOCK_MONOTONIC, &when);
	for (uint32_t number = 0; fd >= 0 && !w->stop && number < MAX_SENT; number++) {
		when.tv_nsec += INTERVAL_NS;
		when.tv_sec += when.tv_nsec / 1000000000;
		when.tv_nsec %= 1000000000;
		clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &when, NULL);
		/* A refusal (no route, bond down) is a loss like any other. */
		sendto(fd, &number, sizeof(number), 0, (const struct sockaddr *)&to, sizeof(to));
		w->n_sent = number + 1;
	}
	if (fd >= 0)
		close(fd);
	return NULL;
}

static void count_arrivals(struct witness *w)
{
	struct {
		struct iphdr ip; /* without options: nobody else sends any here */
		struct udphdr udp;
		uint32_t number;
	} packet;

	while (recv(w->arrivals, &packet, sizeof(packet), 0) > 0)
		if (packet.ip.version == 4 && packet.ip.ihl == 5 &&
			packet.ip.protocol == IPPROTO_UDP &&
			packet.udp.dest == htons(PORT) && packet.number < MAX_SENT)
			w->arrived[packet.number] = 1;
}

/* Whether the packets sent last arrived; the very last may be on its way. */
static bool arrive(const struct witness *w, unsigned from)
{
	unsigned end = w->n_sent, n = 0;

	while (end > from && !w->arrived[end - 1] && end + 2 > w->n_sent)
		end--;
	while (n < ALIVE && end > from + n && w->arrived[end - 1 - n])
		n++;
	return n == ALIVE;
}

/* Those sent after @from. */
static bool wait_for_path(struct witness *w, unsigned from)
{
	for (unsigned ms = 0; ms < PATIENCE_MS; ms += 5) {
		count_arrivals(w);
		if (arrive(w, from))
			return true;
		sleep_ms(5);
	}
	return false;
}

static void stop_sending(struct witness *w)
{
	if (!w->sending)
		return;
	w->stop = true;
	pthread_join(w->sender, NULL);
	w->sending = false;
}

/* Whether a link with WITNESS_HOST is up and has carrier. */
static bool may_send(const struct nb_netns *ns)
{
	struct nb_ip host;

	if (nb_ip_parse(WITNESS_HOST, AF_INET, &host) < 0)
		die(WITNESS_HOST);
	for (size_t i = 0; i < ns->links.n; i++) {
		const struct nb_link *link = nb_netns_link(ns, i);

		for (size_t k = 0; k < link->n_addresses; k++)
			if (nb_ip_equal(&link->addresses[k].ip, &host))
				return nb_link_is_up(link) && link->carrier;
	}
	return false;
}

void witness_start(struct witness *w, const struct nb_state *before)
{
	read_notes(w);
	watch(w, before->namespaces[0]);
	if (!may_send(before->namespaces[0]))
		return;
	count_arrivals(w); /* stragglers of the last time */
	memset(w->arrived, 0, MAX_SENT);
	w->n_sent = 0;
	w->stop = false;
	if (pthread_create(&w->sender, NULL, send_packets, w) != 0)
		die("thread");
	w->sending = true;
	if (!wait_for_path(w, 0))
		stop_sending(w);
	w->first = w->n_sent;
}

void witness_look(struct witness *w)
{
	read_notes(w);
	count_arrivals(w);
}

struct witness_seen witness_end(struct witness *w, const struct nb_state *after)
{
	struct witness_seen seen = { 0 };
	const unsigned end = w->n_sent;

	witness_look(w);
	if (!w->sending)
		return seen;
	seen.path = may_send(after->namespaces[0]) && wait_for_path(w, end);
	stop_sending(w);
	sleep_ms(20); /* one slave may be slower than another */
	count_arrivals(w);
	for (unsigned i = w->first; i < end; i++) {
		seen.sent++;
		seen.lost += !w->arrived[i];
	}
	seen.path &= w->n_sent < MAX_SENT;
	return seen;
}
