/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "lib/nl/neighbour.h"

#include <errno.h>
#include <linux/neighbour.h>
#include <netinet/in.h>
#include <string.h>

#include <netlink/msg.h>

#include "lib/nl/rtnl.h"

/* States in which the kernel sends to the MAC it has (NUD_VALID). */
#define HAS_MAC (NUD_PERMANENT | NUD_NOARP | NUD_REACHABLE | NUD_PROBE | NUD_STALE | NUD_DELAY)

static int size_of(int family)
{
	return family == AF_INET ? 4 : 16;
}

static struct nb_ip address(const struct nlattr *attr, int family)
{
	struct nb_ip ip = { .family = (uint8_t)family };

	if (nla_len(attr) == size_of(family))
		memcpy(ip.bytes, nla_data(attr), (size_t)nla_len(attr));
	return ip;
}

/* struct rtvia: an IPv4 route through an IPv6 neighbour */
static struct nb_ip other_family(const struct nlattr *attr)
{
	struct nb_ip ip = { .family = AF_INET6 };

	if (nla_len(attr) == 2 + 16)
		memcpy(ip.bytes, (const char *)nla_data(attr) + 2, 16);
	return ip;
}

static int take_route(void *context, const struct nlmsghdr *message)
{
	struct nb_next_hop *hop = context;
	const struct rtmsg *route = nlmsg_data(message);
	struct nlattr *at;
	int rest;

	if (message->nlmsg_type != RTM_NEWROUTE || !nlmsg_valid_hdr(message, sizeof(*route)))
		return -EBADMSG;
	if (route->rtm_type == RTN_UNREACHABLE || route->rtm_type == RTN_BLACKHOLE ||
		route->rtm_type == RTN_PROHIBIT)
		return -ENETUNREACH;
	nlmsg_for_each_attr(at, (struct nlmsghdr *)message, (int)sizeof(*route), rest) {
		if (nla_type(at) == RTA_OIF && nla_len(at) == 4)
			hop->ifindex = (int)nla_get_u32(at);
		else if (nla_type(at) == RTA_GATEWAY)
			hop->via = address(at, route->rtm_family);
		else if (nla_type(at) == RTA_VIA)
			hop->via = other_family(at);
	}
	return hop->ifindex > 0 ? 0 : -ENETUNREACH;
}

static int take_neighbour(void *context, const struct nlmsghdr *message)
{
	struct nb_next_hop *hop = context;
	const struct ndmsg *neighbour = nlmsg_data(message);
	struct nlattr *at;
	int rest;

	if (message->nlmsg_type != RTM_NEWNEIGH || !nlmsg_valid_hdr(message, sizeof(*neighbour)))
		return -EBADMSG;
	nlmsg_for_each_attr(at, (struct nlmsghdr *)message, (int)sizeof(*neighbour), rest) {
		if (nla_type(at) != NDA_LLADDR || nla_len(at) != sizeof(hop->mac))
			continue;
		hop->has_mac = neighbour->ndm_state & HAS_MAC;
		memcpy(hop->mac, nla_data(at), sizeof(hop->mac));
	}
	return 0;
}

static int ask_route(struct nb_rtnl *nl, const struct nb_ip *to, struct nb_next_hop *ret)
{
	struct nl_msg *message = nb_rtnl_message(nl);
	struct rtmsg route = { .rtm_family = to->family,
		.rtm_dst_len = (uint8_t)(size_of(to->family) * 8) };
	struct nlmsghdr *header = nlmsg_put(message, 0, 0, RTM_GETROUTE, sizeof(route), NLM_F_REQUEST);

	if (!header || nla_put(message, RTA_DST, size_of(to->family), to->bytes) < 0)
		return -ENOMEM;
	memcpy(nlmsg_data(header), &route, sizeof(route));
	return nb_rtnl_get(nl, take_route, ret);
}

/* Linux 5.0 */
static int ask_neighbour(struct nb_rtnl *nl, struct nb_next_hop *ret)
{
	struct nl_msg *message = nb_rtnl_message(nl);
	struct ndmsg neighbour = { .ndm_family = ret->via.family, .ndm_ifindex = ret->ifindex };
	struct nlmsghdr *header =
		nlmsg_put(message, 0, 0, RTM_GETNEIGH, sizeof(neighbour), NLM_F_REQUEST);
	int r;

	if (!header ||
		nla_put(message, NDA_DST, size_of(ret->via.family), ret->via.bytes) < 0)
		return -ENOMEM;
	memcpy(nlmsg_data(header), &neighbour, sizeof(neighbour));
	r = nb_rtnl_get(nl, take_neighbour, ret);
	return r == -ENOENT ? 0 : r;
}

int nb_next_hop(struct nb_space *space, const struct nb_ip *to, struct nb_next_hop *ret)
{
	struct nb_next_hop hop = { .via = *to };
	int r = ask_route(space->rtnl, to, &hop);

	if (r == 0)
		r = ask_neighbour(space->rtnl, &hop);
	if (r == 0)
		*ret = hop;
	return r;
}
