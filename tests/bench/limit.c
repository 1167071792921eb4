/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * limit N: what tests/bench/world.py describes, N bonds of two dummies each with an address, made by
 * as little as rtnetlink allows. All messages are prepared before the first is sent, ifindexes
 * included; a batch of them is one system call and one answer. It looks at nothing and verifies
 * nothing: how near can a tool get that does?
 */
#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_bonding.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#define FIRST_INDEX 1000000
#define BATCH_BYTES 65536
#define MESSAGE_BYTES 256
#define MESSAGES 5 /* of one bond */

struct batch {
	char *bytes;
	size_t used;
	struct nlmsghdr *last;
};

static void add(struct nlmsghdr *message, unsigned short type, const void *data, unsigned short size)
{
	struct rtattr *at = (struct rtattr *)((char *)message + NLMSG_ALIGN(message->nlmsg_len));

	at->rta_type = type;
	at->rta_len = RTA_LENGTH(size);
	if (size)
		memcpy(RTA_DATA(at), data, size);
	message->nlmsg_len = NLMSG_ALIGN(message->nlmsg_len) + RTA_ALIGN(at->rta_len);
}

static struct rtattr *open_nest(struct nlmsghdr *message, unsigned short type)
{
	struct rtattr *nest = (struct rtattr *)((char *)message + NLMSG_ALIGN(message->nlmsg_len));

	add(message, type, NULL, 0);
	return nest;
}

static void close_nest(struct nlmsghdr *message, struct rtattr *nest)
{
	nest->rta_len = (char *)message + message->nlmsg_len - (char *)nest;
}

static struct nlmsghdr *begin(struct batch *batch, unsigned short type, unsigned short flags, size_t header)
{
	struct nlmsghdr *message = (struct nlmsghdr *)(batch->bytes + batch->used);

	memset(message, 0, MESSAGE_BYTES);
	message->nlmsg_type = type;
	message->nlmsg_flags = NLM_F_REQUEST | flags;
	message->nlmsg_len = NLMSG_LENGTH(header);
	return message;
}

static void end(struct batch *batch, struct nlmsghdr *message)
{
	batch->used += NLMSG_ALIGN(message->nlmsg_len);
	batch->last = message;
}

static void create(struct batch *batch, unsigned i)
{
	struct nlmsghdr *message = begin(batch, RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL,
		sizeof(struct ifinfomsg));
	struct ifinfomsg *link = NLMSG_DATA(message);
	const uint8_t mode = BOND_MODE_ACTIVEBACKUP;
	const uint32_t miimon = 100;
	struct rtattr *info, *data;
	char name[IFNAMSIZ];

	link->ifi_index = FIRST_INDEX + (int)i;
	add(message, IFLA_IFNAME, name, snprintf(name, sizeof(name), "bond%u", i) + 1);
	info = open_nest(message, IFLA_LINKINFO);
	add(message, IFLA_INFO_KIND, "bond", 4);
	data = open_nest(message, IFLA_INFO_DATA);
	add(message, IFLA_BOND_MODE, &mode, sizeof(mode));
	add(message, IFLA_BOND_MIIMON, &miimon, sizeof(miimon));
	close_nest(message, data);
	close_nest(message, info);
	end(batch, message);
}

static void enslave(struct batch *batch, unsigned slave, unsigned i)
{
	struct nlmsghdr *message = begin(batch, RTM_NEWLINK, 0, sizeof(struct ifinfomsg));
	const uint32_t master = FIRST_INDEX + i;
	char name[IFNAMSIZ];

	add(message, IFLA_IFNAME, name, snprintf(name, sizeof(name), "d%u", slave) + 1);
	add(message, IFLA_MASTER, &master, sizeof(master));
	end(batch, message);
}

static void set_up(struct batch *batch, unsigned i)
{
	struct nlmsghdr *message = begin(batch, RTM_NEWLINK, 0, sizeof(struct ifinfomsg));
	struct ifinfomsg *link = NLMSG_DATA(message);

	link->ifi_index = FIRST_INDEX + (int)i;
	link->ifi_flags = link->ifi_change = IFF_UP;
	end(batch, message);
}

static void add_address(struct batch *batch, unsigned i)
{
	struct nlmsghdr *message = begin(batch, RTM_NEWADDR, NLM_F_CREATE | NLM_F_EXCL,
		sizeof(struct ifaddrmsg));
	struct ifaddrmsg *address = NLMSG_DATA(message);
	const uint32_t ip = htonl(10u << 24 | (i / 250 + 1) << 16 | (i % 250) << 8 | 1);

	*address = (struct ifaddrmsg){
		.ifa_family = AF_INET, .ifa_prefixlen = 24, .ifa_index = FIRST_INDEX + i
	};
	add(message, IFA_LOCAL, &ip, sizeof(ip));
	add(message, IFA_ADDRESS, &ip, sizeof(ip));
	end(batch, message);
}

static int fail(const char *what, int error)
{
	fprintf(stderr, "limit: %s: %s\n", what, strerror(error));
	return 1;
}

/* Only what fails, and the last one, is answered. */
static int run(int fd, struct batch *batch)
{
	char answer[8192];
	ssize_t n;

	if (!batch->used)
		return 0;
	batch->last->nlmsg_flags |= NLM_F_ACK;
	if (send(fd, batch->bytes, batch->used, 0) < 0)
		return fail("send", errno);
	n = recv(fd, answer, sizeof(answer), 0);
	if (n < 0)
		return fail("recv", errno);
	for (struct nlmsghdr *m = (struct nlmsghdr *)answer; NLMSG_OK(m, n); m = NLMSG_NEXT(m, n)) {
		const struct nlmsgerr *error = NLMSG_DATA(m);

		if (m->nlmsg_type == NLMSG_ERROR && error->error)
			return fail("a request", -error->error);
	}
	batch->used = 0;
	return 0;
}

int main(int argc, char **argv)
{
	const unsigned n = argc == 2 ? strtoul(argv[1], NULL, 10) : 0;
	const size_t batches = n * MESSAGES * MESSAGE_BYTES / (BATCH_BYTES - MESSAGES * MESSAGE_BYTES) + 1;
	struct batch *all = calloc(batches, sizeof(*all));
	int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE), bytes = 2 * BATCH_BYTES;
	size_t b = 0;

	if (!n)
		return fail("usage: limit NUMBER_OF_BONDS", EINVAL);
	if (fd < 0 || !all || setsockopt(fd, SOL_SOCKET, SO_SNDBUFFORCE, &bytes, sizeof(bytes)) < 0)
		return fail("start", errno);
	for (unsigned i = 0; i < n; i++) {
		if (all[b].used + MESSAGES * MESSAGE_BYTES > BATCH_BYTES)
			b++;
		if (!all[b].bytes && !(all[b].bytes = malloc(BATCH_BYTES)))
			return fail("malloc", errno);
		create(&all[b], i);
		enslave(&all[b], 2 * i, i);
		enslave(&all[b], 2 * i + 1, i);
		set_up(&all[b], i);
		add_address(&all[b], i);
	}
	for (size_t i = 0; i <= b; i++) {
		if (run(fd, &all[i]))
			return 1;
	}
	return 0;
}
