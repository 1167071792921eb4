/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A storm of notifications, and the least a program can do about one.
 *
 * storm raise mtu|alias LINK COUNT: changes LINK that often, as fast as the kernel takes it; each
 * change is one notification.
 *
 * storm listen: hears of links, addresses and routes as netbondd does (lib/nl/events.c), takes one message a call and
 * throws it away. At the end of stdin it writes "MESSAGES OVERRUNS".
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
#include <unistd.h>

#define BATCH 16 /* requests a call */
#define RECEIVE_BYTES (64 << 20)

struct request {
	struct nlmsghdr header;
	struct ifinfomsg link;
	struct rtattr attribute;
	char value[8];
};

static int fail(const char *what)
{
	fprintf(stderr, "storm: %s: %s\n", what, strerror(errno));
	return 1;
}

static void fill(struct request *request, int index, const char *what, unsigned i)
{
	const uint32_t mtu = 1400 + i % 2;

	*request = (struct request){
		.header = { .nlmsg_len = sizeof(*request), .nlmsg_type = RTM_NEWLINK,
			.nlmsg_flags = NLM_F_REQUEST },
		.link = { .ifi_index = index },
		.attribute = { .rta_len = RTA_LENGTH(sizeof(mtu)), .rta_type = IFLA_MTU },
	};
	if (strcmp(what, "mtu") == 0) {
		memcpy(request->value, &mtu, sizeof(mtu));
		return;
	}
	request->attribute.rta_type = IFLA_IFALIAS;
	snprintf(request->value, sizeof(request->value), "%03u", i % 1000);
}

/* Only the last request of a batch is answered, and refused ones. */
static int raise_storm(const char *what, const char *name, unsigned count)
{
	static struct request batch[BATCH];
	int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
	int index = (int)if_nametoindex(name);
	char answer[8192];

	if (fd < 0 || !index)
		return fail(name);
	for (unsigned i = 0; i < count;) {
		unsigned n = 0;

		for (; n < BATCH && i < count; n++, i++)
			fill(&batch[n], index, what, i);
		batch[n - 1].header.nlmsg_flags |= NLM_F_ACK;
		if (send(fd, batch, n * sizeof(*batch), 0) < 0)
			return fail("send");
		if (recv(fd, answer, sizeof(answer), 0) < 0)
			return fail("recv");
		errno = -((struct nlmsgerr *)NLMSG_DATA((struct nlmsghdr *)answer))->error;
		if (errno)
			return fail("a request");
	}
	return 0;
}

static int open_ears(void)
{
	static const int groups[] = { RTNLGRP_LINK, RTNLGRP_IPV4_IFADDR, RTNLGRP_IPV6_IFADDR,
		RTNLGRP_IPV4_ROUTE, RTNLGRP_IPV6_ROUTE };
	const struct sockaddr_nl address = { .nl_family = AF_NETLINK };
	const int bytes = RECEIVE_BYTES;
	int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);

	if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &bytes, sizeof(bytes)) < 0 ||
		bind(fd, (const struct sockaddr *)&address, sizeof(address)) < 0)
		return -1;
	for (size_t i = 0; i < sizeof(groups) / sizeof(*groups); i++) {
		if (setsockopt(fd, SOL_NETLINK, NETLINK_ADD_MEMBERSHIP, &groups[i],
			    sizeof(groups[i])) < 0)
			return -1;
	}
	return fd;
}

static int listen_only(void)
{
	static char buffer[65536];
	unsigned messages = 0, overruns = 0;
	struct pollfd in[] = { { .fd = open_ears(), .events = POLLIN },
		{ .fd = STDIN_FILENO, .events = POLLIN } };

	if (in[0].fd < 0)
		return fail("listen");
	puts("listening");
	fflush(stdout);
	while (poll(in, 2, -1) >= 0) {
		while (in[0].revents) {
			if (recv(in[0].fd, buffer, sizeof(buffer), MSG_DONTWAIT) >= 0)
				messages++;
			else if (errno == ENOBUFS)
				overruns++;
			else
				break;
		}
		if (in[1].revents)
			break;
	}
	printf("%u %u\n", messages, overruns);
	return 0;
}

int main(int argc, char **argv)
{
	if (argc == 2 && strcmp(argv[1], "listen") == 0)
		return listen_only();
	if (argc == 5 && strcmp(argv[1], "raise") == 0)
		return raise_storm(argv[2], argv[3], (unsigned)strtoul(argv[4], NULL, 10));
	fprintf(stderr, "usage: storm raise mtu|alias LINK COUNT\n       storm listen\n");
	return 2;
}
