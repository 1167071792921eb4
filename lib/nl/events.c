/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "lib/nl/events.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/filter.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/core/uapi.h"
#include "lib/nl/netns.h"

#define RECEIVE_BYTES (8 << 20)
#define BATCH 16 /* messages of one recvmmsg() */

struct nb_events {
	int fd;
	char *namespace;
	uint8_t buffers[BATCH][256]; /* only what a message is about matters: the rest is cut off */
};

/*
 * Keeps everything but routes of protocols the model does not hold (nb_route_restorable()), and of
 * nexthop objects that they come: one that goes, whoever made it, takes anybody's routes with it.
 */
static int attach_filter(int fd)
{
	const uint32_t type = offsetof(struct nlmsghdr, nlmsg_type);
	const uint32_t protocol = NLMSG_HDRLEN + offsetof(struct rtmsg, rtm_protocol);
	struct sock_filter code[] = {
		/* BPF loads big-endian, nlmsg_type is host-endian. */
		BPF_STMT(BPF_LD | BPF_H | BPF_ABS, type),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, htons(RTM_NEWROUTE), 2, 0),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, htons(RTM_DELROUTE), 1, 0),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, htons(RTM_NEWNEXTHOP), 6, 5),
		BPF_STMT(BPF_LD | BPF_B | BPF_ABS, protocol),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, RTPROT_BOOT, 3, 0),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, RTPROT_STATIC, 2, 0),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, RTPROT_DHCP, 1, 0),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, NB_PROTOCOL, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, UINT32_MAX),
		BPF_STMT(BPF_RET | BPF_K, 0),
	};
	const struct sock_fprog program = { .len = NB_ARRAY_SIZE(code), .filter = code };

	return setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof(program)) < 0 ? -errno
											     : 0;
}

static int join_group(int fd, int group)
{
	return setsockopt(fd, SOL_NETLINK, NETLINK_ADD_MEMBERSHIP, &group, sizeof(group)) < 0
		       ? -errno
		       : 0;
}

static int join(int fd)
{
	static const int groups[] = { RTNLGRP_LINK, RTNLGRP_IPV4_IFADDR, RTNLGRP_IPV6_IFADDR,
		RTNLGRP_IPV4_ROUTE, RTNLGRP_IPV6_ROUTE };
	const struct sockaddr_nl address = { .nl_family = AF_NETLINK };
	const int bytes = RECEIVE_BYTES;

	if (setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &bytes, sizeof(bytes)) < 0 &&
		setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &bytes, sizeof(bytes)) < 0)
		return -errno;
	if (bind(fd, (const struct sockaddr *)&address, sizeof(address)) < 0)
		return -errno;
	for (size_t i = 0; i < NB_ARRAY_SIZE(groups); i++) {
		int r = join_group(fd, groups[i]);

		if (r < 0)
			return r;
	}
	/* Before 5.3 there are no nexthop objects (EINVAL), nor routes that go with one. */
	join_group(fd, RTNLGRP_NEXTHOP);
	return attach_filter(fd);
}

static int open_fd(
	const struct nb_netns_provider *provider, const char *namespace, uint64_t *ret_inode)
{
	struct stat status;
	int ns, fd, r;

	if (*namespace == '\0') {
		fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
		return fd < 0 ? -errno : fd;
	}
	r = provider->enter(provider->context, namespace, &ns, &fd);
	if (r < 0)
		return r;
	if (ret_inode && fstat(ns, &status) == 0)
		*ret_inode = status.st_ino;
	close(ns);
	return fd;
}

int nb_events_open(const struct nb_netns_provider *provider, const char *namespace,
	uint64_t *ret_inode, struct nb_events **ret)
{
	struct nb_events *events = calloc(1, sizeof(*events));
	int r;

	if (!events)
		return -ENOMEM;
	events->namespace = strdup(namespace);
	events->fd = events->namespace ? open_fd(provider, namespace, ret_inode) : -ENOMEM;
	r = events->fd < 0 ? events->fd : join(events->fd);
	if (r < 0) {
		nb_events_free(events);
		return r;
	}
	*ret = events;
	return 0;
}

struct nb_events *nb_events_free(struct nb_events *events)
{
	if (!events)
		return NULL;
	if (events->fd >= 0)
		close(events->fd);
	free(events->namespace);
	free(events);
	return NULL;
}

int nb_events_fd(const struct nb_events *events)
{
	return events->fd;
}

/* Else routes go: with a device that is down, nexthop objects with one without a carrier (nh_netdev_event()). */
static bool is_in_use(unsigned flags)
{
	return (flags & IFF_UP) && (flags & (IFF_RUNNING | IFF_LOWER_UP));
}

/* What @message, of which @size bytes came, is about. */
static void take_message(
	const struct nb_events *events, const void *message, size_t size, struct nb_touches *touches)
{
	const struct nlmsghdr *header = message;
	const struct ifinfomsg *link = NLMSG_DATA(header);
	const struct ifaddrmsg *address = NLMSG_DATA(header);

	if (size < NLMSG_LENGTH(sizeof(*link))) {
		nb_touches_all(touches);
		return;
	}
	switch (header->nlmsg_type) {
	case RTM_NEWLINK:
		if (is_in_use(link->ifi_flags))
			nb_touches_add(touches, events->namespace, link->ifi_index);
		else
			nb_touches_lost(touches, events->namespace, link->ifi_index);
		break;
	case RTM_NEWADDR:
		nb_touches_add(touches, events->namespace, (int)address->ifa_index);
		break;
	case RTM_DELADDR:
		nb_touches_lost(touches, events->namespace, (int)address->ifa_index);
		break;
	case RTM_NEWROUTE:
	case RTM_DELROUTE:
		nb_touches_add(touches, events->namespace, NB_TOUCH_ROUTES);
		break;
	case RTM_DELNEXTHOP: /* IPv4 routes by it go without a word (__remove_nexthop_fib()) */
		nb_touches_add(touches, events->namespace, NB_TOUCH_NEXTHOPS);
		break;
	default: /* RTM_DELLINK: it is gone, or in another namespace, or no port of a bridge any more */
		nb_touches_gone(touches, events->namespace, link->ifi_index);
	}
}

/* One system call for up to BATCH messages. Return: how many; BATCH after an overrun; -errno. */
static int read_batch(struct nb_events *events, unsigned *seen, struct nb_touches *touches)
{
	struct mmsghdr messages[BATCH] = { 0 };
	struct iovec parts[BATCH];
	int n;

	for (unsigned i = 0; i < BATCH; i++) {
		parts[i] = (struct iovec){ events->buffers[i], sizeof(events->buffers[i]) };
		messages[i].msg_hdr.msg_iov = &parts[i];
		messages[i].msg_hdr.msg_iovlen = 1;
	}
	n = recvmmsg(events->fd, messages, BATCH, MSG_DONTWAIT, NULL);
	for (int i = 0; i < n; i++)
		take_message(events, events->buffers[i], messages[i].msg_len, touches);
	if (n > 0) {
		*seen |= NB_EVENTS_CHANGED;
		return n;
	}
	if (errno == ENOBUFS) {
		nb_touches_all(touches);
		*seen |= NB_EVENTS_CHANGED | NB_EVENTS_LOST;
		return BATCH;
	}
	if (n == 0 || errno == EAGAIN)
		return 0;
	return errno == EINTR ? BATCH : -errno;
}

int nb_events_read(struct nb_events *events, unsigned budget, unsigned *ret_seen,
	struct nb_touches *touches)
{
	unsigned taken = 0;

	*ret_seen = 0;
	while (taken < budget) {
		int n = read_batch(events, ret_seen, touches);

		if (n < 0)
			return n;
		taken += n;
		/* Nothing was left: what comes now wakes us again. */
		if (n < BATCH)
			return (int)taken;
	}
	*ret_seen |= NB_EVENTS_MORE;
	return taken;
}
