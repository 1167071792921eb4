/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * loss SOCKET BOND TIMES: takes the carrier of BOND's active slave, which must be a dummy, and listens to the kernel and to
 * the daemon at SOCKET at once. A line for each time, "LINK_US FAILOVER_US SIGNAL_US": from the
 * request until the kernel told of the slave, until it told that BOND has another active slave, and
 * until the daemon's signal FailedOver was there.
 */
#include <errno.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <systemd/sd-bus.h>
#include <time.h>
#include <unistd.h>

#define LOWER_UP 0x10000 /* IFF_LOWER_UP, of linux/if.h, which does not go with net/if.h */
#define PATIENCE_US 5000000
#define PAUSE_US 400000 /* until all that follows is over */

struct watch {
	int ears, requests;
	sd_bus *bus;
	int bond, slave;
	int64_t link_us, failover_us, signal_us; /* 0: not yet */
};

static int64_t now_us(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

static const struct rtattr *find(const void *data, size_t size, unsigned short type)
{
	for (const struct rtattr *a = data; RTA_OK(a, size); a = RTA_NEXT(a, size)) {
		if ((a->rta_type & NLA_TYPE_MASK) == type)
			return a;
	}
	return NULL;
}

static const struct rtattr *find_in(const struct rtattr *nest, unsigned short type)
{
	return nest ? find(RTA_DATA(nest), RTA_PAYLOAD(nest), type) : NULL;
}

/* Return: 0 when the message does not say. */
static int active_slave(const struct nlmsghdr *header)
{
	const struct ifinfomsg *link = NLMSG_DATA(header);
	const struct rtattr *info = find(IFLA_RTA(link), IFLA_PAYLOAD(header), IFLA_LINKINFO);
	const struct rtattr *slave = find_in(find_in(info, IFLA_INFO_DATA), IFLA_BOND_ACTIVE_SLAVE);

	return slave ? *(const int *)RTA_DATA(slave) : 0;
}

static void take(struct watch *w, const struct nlmsghdr *header)
{
	const struct ifinfomsg *link = NLMSG_DATA(header);

	if (header->nlmsg_type != RTM_NEWLINK)
		return;
	if (link->ifi_index == w->slave && !(link->ifi_flags & LOWER_UP) && !w->link_us)
		w->link_us = now_us();
	if (link->ifi_index == w->bond && !w->failover_us && active_slave(header) &&
		active_slave(header) != w->slave)
		w->failover_us = now_us();
}

static void hear(struct watch *w)
{
	static char buffer[65536];
	ssize_t n;

	while ((n = recv(w->ears, buffer, sizeof(buffer), MSG_DONTWAIT)) > 0) {
		for (struct nlmsghdr *m = (struct nlmsghdr *)buffer; NLMSG_OK(m, n);
			m = NLMSG_NEXT(m, n))
			take(w, m);
	}
}

static void hear_bus(struct watch *w)
{
	sd_bus_message *message = NULL;

	while (sd_bus_process(w->bus, &message) > 0) {
		if (message && sd_bus_message_is_signal(message, NULL, "FailedOver") && !w->signal_us)
			w->signal_us = now_us();
		message = sd_bus_message_unref(message);
	}
}

static void listen_until(struct watch *w, int64_t end)
{
	struct pollfd in[] = { { .fd = w->ears, .events = POLLIN },
		{ .fd = sd_bus_get_fd(w->bus), .events = POLLIN } };

	while (now_us() < end && !(w->link_us && w->failover_us && w->signal_us)) {
		poll(in, 2, 10);
		if (in[0].revents)
			hear(w);
		hear_bus(w);
	}
}

static int set_carrier(const struct watch *w, uint8_t on)
{
	struct {
		struct nlmsghdr header;
		struct ifinfomsg link;
		struct rtattr attribute;
		uint8_t value[4];
	} request = {
		.header = { .nlmsg_len = sizeof(request), .nlmsg_type = RTM_NEWLINK,
			.nlmsg_flags = NLM_F_REQUEST },
		.link = { .ifi_index = w->slave },
		.attribute = { .rta_len = RTA_LENGTH(1), .rta_type = IFLA_CARRIER },
		.value = { on },
	};

	return send(w->requests, &request, sizeof(request), 0) < 0 ? -errno : 0;
}

static int find_slave(struct watch *w, const char *bond)
{
	char path[128], name[IFNAMSIZ + 1] = "";
	FILE *file;

	snprintf(path, sizeof(path), "/sys/class/net/%s/bonding/active_slave", bond);
	file = fopen(path, "re");
	if (file) {
		if (fscanf(file, "%16s", name) != 1)
			*name = '\0';
		fclose(file);
	}
	w->bond = (int)if_nametoindex(bond);
	w->slave = (int)if_nametoindex(name);
	return w->bond && w->slave ? 0 : -ENODEV;
}

static int lose(struct watch *w, const char *bond)
{
	struct watch rest = *w;
	int64_t start;
	int r = find_slave(w, bond);

	w->link_us = w->failover_us = w->signal_us = 0;
	start = now_us();
	if (r == 0)
		r = set_carrier(w, 0);
	if (r < 0)
		return r;
	listen_until(w, start + PATIENCE_US);
	if (!w->link_us || !w->failover_us || !w->signal_us)
		return -ETIMEDOUT;
	printf("%jd %jd %jd\n", (intmax_t)(w->link_us - start), (intmax_t)(w->failover_us - start),
		(intmax_t)(w->signal_us - start));
	r = set_carrier(w, 1);
	listen_until(&rest, now_us() + PAUSE_US);
	return r;
}

static int open_all(struct watch *w, const char *path)
{
	const struct sockaddr_nl links = { .nl_family = AF_NETLINK, .nl_groups = RTMGRP_LINK };
	char address[256];
	int r;

	w->requests = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
	w->ears = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
	if (w->requests < 0 || w->ears < 0 ||
		bind(w->ears, (const struct sockaddr *)&links, sizeof(links)) < 0)
		return -errno;
	snprintf(address, sizeof(address), "unix:path=%s", path);
	r = sd_bus_new(&w->bus);
	if (r >= 0)
		r = sd_bus_set_address(w->bus, address);
	/* It greets: who does not say a word is told nothing. */
	if (r >= 0)
		r = sd_bus_set_bus_client(w->bus, 1);
	if (r >= 0)
		r = sd_bus_start(w->bus);
	return r;
}

int main(int argc, char **argv)
{
	struct watch w = { 0 };
	int r = argc == 4 ? open_all(&w, argv[1]) : -EINVAL;
	struct watch rest = w;

	if (r >= 0)
		listen_until(&rest, now_us() + PAUSE_US);
	for (int i = argc == 4 ? atoi(argv[3]) : 0; i > 0 && r >= 0; i--)
		r = lose(&w, argv[2]);
	sd_bus_unref(w.bus);
	if (r < 0)
		fprintf(stderr, "loss: %s; slave %jd us, failover %jd us, signal %jd us\n", strerror(-r),
			(intmax_t)w.link_us, (intmax_t)w.failover_us, (intmax_t)w.signal_us);
	return r < 0;
}
