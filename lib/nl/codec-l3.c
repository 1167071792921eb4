/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "lib/nl/codec.h"

#include <errno.h>
#include <string.h>

#include <netlink/msg.h>

/* The flags user space may give to an address; the rest is the kernel's state. */
#define ADDRESS_FLAGS                                                                     \
	(IFA_F_NODAD | IFA_F_OPTIMISTIC | IFA_F_HOMEADDRESS | IFA_F_MANAGETEMPADDR |       \
		IFA_F_NOPREFIXROUTE | IFA_F_MCAUTOJOIN)

static int ip_bytes(uint8_t family)
{
	return family == AF_INET ? 4 : 16;
}

static bool is_ip(uint8_t family)
{
	return family == AF_INET || family == AF_INET6;
}

static int broken(struct nb_diag *diag, const char *what, const struct nlattr *at)
{
	return nb_diag_error(diag, NULL, NULL, "the kernel sent %s whose attribute %d has %d bytes",
		what, nla_type(at), nla_len(at));
}

static bool get_ip(const struct nlattr *at, uint8_t family, struct nb_ip *ret)
{
	if (nla_len(at) != ip_bytes(family))
		return false;
	*ret = (struct nb_ip){ .family = family };
	memcpy(ret->bytes, nla_data(at), (size_t)nla_len(at));
	return true;
}

static bool get_u32(const struct nlattr *at, uint32_t *ret)
{
	if (nla_len(at) != 4)
		return false;
	*ret = nla_get_u32(at);
	return true;
}

static bool get_lifetimes(const struct nlattr *at, struct nb_address *ret)
{
	struct ifa_cacheinfo info;

	if (nla_len(at) < (int)sizeof(info))
		return false;
	memcpy(&info, nla_data(at), sizeof(info));
	ret->preferred = info.ifa_prefered;
	ret->valid = info.ifa_valid;
	return true;
}

static bool get_label(const struct nlattr *at, struct nb_address *ret)
{
	if (nla_len(at) < 1 || nla_len(at) > (int)sizeof(ret->label))
		return false;
	memcpy(ret->label, nla_data(at), (size_t)nla_len(at));
	return ret->label[nla_len(at) - 1] == '\0';
}

/* Return: false when the attribute has a length that it cannot have. */
static bool get_address_part(
	const struct nlattr *at, uint8_t family, struct nb_address *ret, struct nb_ip *ret_local)
{
	switch (nla_type(at)) {
	case IFA_ADDRESS:
		return get_ip(at, family, &ret->peer);
	case IFA_LOCAL:
		return get_ip(at, family, ret_local);
	case IFA_BROADCAST:
		return get_ip(at, family, &ret->broadcast);
	case IFA_LABEL:
		return get_label(at, ret);
	case IFA_FLAGS:
		return get_u32(at, &ret->flags);
	case IFA_RT_PRIORITY:
		return get_u32(at, &ret->metric);
	case IFA_CACHEINFO:
		return get_lifetimes(at, ret);
	case IFA_PROTO:
		if (nla_len(at) != 1)
			return false;
		ret->proto = nla_get_u8(at);
		return true;
	default:
		return true;
	}
}

int nb_codec_get_address(const struct nlmsghdr *message, struct nb_address *ret, int *ret_ifindex,
	struct nb_diag *diag)
{
	const struct ifaddrmsg *header = nlmsg_data(message);
	struct nb_address address = { .preferred = NB_FOREVER, .valid = NB_FOREVER };
	struct nb_ip local = { 0 };
	struct nlattr *at;
	int rest;

	if (!nlmsg_valid_hdr(message, sizeof(*header)))
		return nb_diag_error(diag, NULL, NULL, "the kernel sent an address without a header");
	if (message->nlmsg_type != RTM_NEWADDR || !is_ip(header->ifa_family))
		return 0;
	address.prefix_length = header->ifa_prefixlen;
	address.scope = header->ifa_scope;
	address.flags = header->ifa_flags;
	nlmsg_for_each_attr(at, (struct nlmsghdr *)message, (int)sizeof(*header), rest)
		if (!get_address_part(at, header->ifa_family, &address, &local))
			return broken(diag, "an address", at);
	/* Point to point: IFA_LOCAL is ours and IFA_ADDRESS the peer's. Else they are one. */
	address.ip = local.family ? local : address.peer;
	if (!local.family || nb_ip_equal(&local, &address.peer))
		address.peer = (struct nb_ip){ 0 };
	if (rest > 0 || !address.ip.family || address.prefix_length > ip_bytes(header->ifa_family) * 8)
		return nb_diag_error(diag, NULL, NULL, "the kernel sent an address that is none");
	*ret = address;
	*ret_ifindex = (int)header->ifa_index;
	return 1;
}

static void add_hop(struct nb_codec_route *route, int ifindex)
{
	for (unsigned i = 0; i < route->n_hops; i++)
		if (route->hops[i] == ifindex)
			return;
	if (ifindex > 0 && route->n_hops < NB_CODEC_HOPS_MAX)
		route->hops[route->n_hops++] = ifindex;
}

/* Attributes on their way into nb_route.attributes. */
struct kept {
	struct nb_codec_route *result;
	uint8_t *bytes; /* room for all of the message */
	size_t size;
};

/* As it is, header and padding included. */
static uint8_t *keep(struct kept *kept, const struct nlattr *at)
{
	uint8_t *place = kept->bytes + kept->size;

	memcpy(place, at, at->nla_len);
	memset(place + at->nla_len, 0, NLA_ALIGN(at->nla_len) - at->nla_len);
	kept->size += NLA_ALIGN(at->nla_len);
	return place + NLA_HDRLEN;
}

/* RTA_MULTIPATH: struct rtnexthop, each with attributes behind it. */
static bool get_hops(const struct nlattr *at, struct kept *kept)
{
	uint8_t *place = keep(kept, at);
	int rest = nla_len(at);

	while (rest >= (int)sizeof(struct rtnexthop)) {
		struct rtnexthop hop;

		memcpy(&hop, place, sizeof(hop));
		if (hop.rtnh_len < sizeof(hop) || (int)RTNH_ALIGN(hop.rtnh_len) > rest)
			return false;
		add_hop(kept->result, hop.rtnh_ifindex);
		/* The other flags are state, and refused when they are sent (fib_get_nhs()). */
		hop.rtnh_flags &= RTNH_F_ONLINK | RTNH_F_PERVASIVE;
		memcpy(place, &hop, sizeof(hop));
		place += RTNH_ALIGN(hop.rtnh_len);
		rest -= (int)RTNH_ALIGN(hop.rtnh_len);
	}
	return rest == 0;
}

/* RTA_VIA: a gateway of the other family (struct rtvia). */
static bool get_via(const struct nlattr *at, struct nb_route *ret)
{
	uint16_t family;

	if (nla_len(at) < (int)sizeof(family))
		return false;
	memcpy(&family, nla_data(at), sizeof(family));
	if (!is_ip((uint8_t)family) || nla_len(at) != (int)sizeof(family) + ip_bytes((uint8_t)family))
		return false;
	ret->via = (struct nb_ip){ .family = (uint8_t)family };
	memcpy(ret->via.bytes, (const char *)nla_data(at) + sizeof(family),
		(size_t)ip_bytes((uint8_t)family));
	return true;
}

static bool get_expiry(const struct nlattr *at, struct nb_route *ret)
{
	struct rta_cacheinfo info;

	if (nla_len(at) < (int)sizeof(info))
		return false;
	memcpy(&info, nla_data(at), sizeof(info));
	/* In ticks of 1/100 s (jiffies_to_clock_t()); below zero it has run out just now. */
	if (info.rta_expires != 0)
		ret->expires = ((uint32_t)NB_MAX(info.rta_expires, 1) + 99) / 100;
	return true;
}

static bool get_route_part(const struct nlattr *at, uint8_t family, struct kept *kept)
{
	struct nb_route *route = &kept->result->route;
	uint32_t number;

	switch (nla_type(at)) {
	case RTA_DST:
		return get_ip(at, family, &route->to);
	case RTA_SRC:
		return get_ip(at, family, &route->from);
	case RTA_OIF:
		if (!get_u32(at, &number))
			return false;
		add_hop(kept->result, (int)number);
		return true;
	case RTA_GATEWAY:
		return get_ip(at, family, &route->via);
	case RTA_VIA:
		return get_via(at, route);
	case RTA_PREFSRC:
		return get_ip(at, family, &route->src);
	case RTA_PRIORITY:
		return get_u32(at, &route->metric);
	case RTA_TABLE:
		return get_u32(at, &route->table);
	case RTA_NH_ID:
		return get_u32(at, &route->nexthop);
	case RTA_CACHEINFO:
		return get_expiry(at, route);
	case RTA_MULTIPATH:
		return get_hops(at, kept);
	case RTA_METRICS: /* may be empty */
		if (nla_len(at) > 0)
			keep(kept, at);
		return true;
	case RTA_PREF: /* always there for IPv6; 0 is the ordinary preference */
		if (nla_len(at) != 1 || nla_get_u8(at) != 0)
			keep(kept, at);
		return true;
	case RTA_PAD:
		return true;
	default:
		keep(kept, at);
		return true;
	}
}

static int get_route_parts(const struct nlmsghdr *message, struct kept *kept, struct nb_diag *diag)
{
	const struct rtmsg *header = nlmsg_data(message);
	struct nb_route *route = &kept->result->route;
	struct nlattr *at;
	int rest;

	nlmsg_for_each_attr(at, (struct nlmsghdr *)message, (int)sizeof(*header), rest)
		if (!get_route_part(at, header->rtm_family, kept))
			return broken(diag, "a route", at);
	if (rest > 0 || header->rtm_dst_len > ip_bytes(header->rtm_family) * 8 ||
		header->rtm_src_len > ip_bytes(header->rtm_family) * 8)
		return nb_diag_error(diag, NULL, NULL, "the kernel sent a route that is none");
	if (kept->size == 0)
		return 0;
	return nb_route_set_attributes(route, kept->bytes, kept->size);
}

int nb_codec_get_route(
	const struct nlmsghdr *message, struct nb_codec_route *ret, struct nb_diag *diag)
{
	const struct rtmsg *header = nlmsg_data(message);
	struct kept kept = { .result = ret };
	uint8_t bytes[1024];
	NB_CLEANUP(nb_freep) uint8_t *more = NULL;
	int r;

	if (!nlmsg_valid_hdr(message, sizeof(*header)))
		return nb_diag_error(diag, NULL, NULL, "the kernel sent a route without a header");
	if (message->nlmsg_type != RTM_NEWROUTE || !is_ip(header->rtm_family) ||
		header->rtm_flags & RTM_F_CLONED)
		return 0;
	ret->n_hops = 0;
	ret->route = (struct nb_route){
		.to.family = header->rtm_family,
		.prefix_length = header->rtm_dst_len,
		.type = header->rtm_type,
		.scope = header->rtm_scope,
		.protocol = header->rtm_protocol,
		.tos = header->rtm_tos,
		.from_length = header->rtm_src_len,
		.onlink = header->rtm_flags & RTNH_F_ONLINK,
		.table = header->rtm_table,
	};
	kept.bytes = bytes;
	if (message->nlmsg_len > sizeof(bytes)) {
		more = malloc(message->nlmsg_len + NLA_ALIGNTO);
		if (!more)
			return -ENOMEM;
		kept.bytes = more;
	}
	r = get_route_parts(message, &kept, diag);
	return r < 0 ? r : 1;
}

static int start(struct nl_msg *msg, int type, int flags, const void *header, size_t size)
{
	if (!nlmsg_put(msg, 0, 0, type, 0, flags) ||
		nlmsg_append(msg, (void *)header, size, NLMSG_ALIGNTO) < 0)
		return -EMSGSIZE;
	return 0;
}

static bool put_ip(struct nl_msg *msg, int attr, const struct nb_ip *ip)
{
	return nla_put(msg, attr, ip_bytes(ip->family), ip->bytes) == 0;
}

static bool put_address_parts(struct nl_msg *msg, const struct nb_address *address)
{
	const struct ifa_cacheinfo lifetimes = {
		.ifa_prefered = address->preferred,
		.ifa_valid = address->valid,
	};
	const uint32_t flags = address->flags & ADDRESS_FLAGS;

	if (flags != 0 && nla_put_u32(msg, IFA_FLAGS, flags) < 0)
		return false;
	if (address->metric != 0 && nla_put_u32(msg, IFA_RT_PRIORITY, address->metric) < 0)
		return false;
	if ((address->preferred != NB_FOREVER || address->valid != NB_FOREVER) &&
		nla_put(msg, IFA_CACHEINFO, sizeof(lifetimes), &lifetimes) < 0)
		return false;
	if (address->proto != 0 && nla_put_u8(msg, IFA_PROTO, address->proto) < 0)
		return false;
	if (address->broadcast.family != 0 && !put_ip(msg, IFA_BROADCAST, &address->broadcast))
		return false;
	return address->label[0] == '\0' || nla_put_string(msg, IFA_LABEL, address->label) == 0;
}

int nb_codec_put_address(struct nl_msg *msg, const struct nb_op *op, int ifindex)
{
	const struct nb_address *address = &op->address;
	const bool add = op->kind == NB_OP_ADDRESS_ADD;
	const struct ifaddrmsg header = {
		.ifa_family = address->ip.family,
		.ifa_prefixlen = address->prefix_length,
		.ifa_scope = address->scope,
		.ifa_index = (uint32_t)ifindex,
	};
	int flags = 0;

	if (add)
		flags = NLM_F_CREATE | (op->flags & NB_OP_REPLACE ? NLM_F_REPLACE : NLM_F_EXCL);
	if (start(msg, add ? RTM_NEWADDR : RTM_DELADDR, flags, &header, sizeof(header)) < 0 ||
		!put_ip(msg, IFA_LOCAL, &address->ip) ||
		!put_ip(msg, IFA_ADDRESS, address->peer.family ? &address->peer : &address->ip))
		return -EMSGSIZE;
	return add && !put_address_parts(msg, address) ? -EMSGSIZE : 0;
}

static bool put_gateway(struct nl_msg *msg, const struct nb_route *route)
{
	struct {
		uint16_t family;
		uint8_t bytes[16];
	} via;

	if (route->via.family == 0)
		return true;
	if (route->via.family == route->to.family)
		return put_ip(msg, RTA_GATEWAY, &route->via);
	via.family = route->via.family;
	memcpy(via.bytes, route->via.bytes, sizeof(via.bytes));
	return nla_put(msg, RTA_VIA, (int)sizeof(via.family) + ip_bytes(route->via.family), &via) == 0;
}

static int route_flags(const struct nb_op *op)
{
	if (op->kind != NB_OP_ROUTE_ADD)
		return 0;
	if (op->flags & NB_OP_REPLACE)
		return NLM_F_CREATE | NLM_F_REPLACE;
	return NLM_F_CREATE | (op->route.to.family == AF_INET ? NLM_F_EXCL : 0);
}

/* Where it leads: devices are named in RTA_MULTIPATH where there are several. */
static bool put_way(struct nl_msg *msg, const struct nb_route *route, int ifindex)
{
	if (nb_route_has_hops(route))
		return true;
	return nla_put_u32(msg, RTA_OIF, (uint32_t)ifindex) == 0 && put_gateway(msg, route);
}

/* What only an added route says; a deletion needs no more than what tells it from others. */
static bool put_content(struct nl_msg *msg, const struct nb_route *route)
{
	if (route->expires != 0 && nla_put_u32(msg, RTA_EXPIRES, route->expires) < 0)
		return false;
	return route->n_attributes == 0 ||
		nlmsg_append(msg, route->attributes, route->n_attributes, NLMSG_ALIGNTO) == 0;
}

int nb_codec_put_route(struct nl_msg *msg, const struct nb_op *op, int ifindex)
{
	const struct nb_route *route = &op->route;
	const struct rtmsg header = {
		.rtm_family = route->to.family,
		.rtm_dst_len = route->prefix_length,
		.rtm_src_len = route->from_length,
		.rtm_tos = route->tos,
		.rtm_protocol = route->protocol,
		.rtm_scope = route->scope,
		.rtm_type = route->type,
		.rtm_flags = route->onlink ? RTNH_F_ONLINK : 0,
		.rtm_table = route->table < 256 ? (uint8_t)route->table : RT_TABLE_UNSPEC,
	};
	const int type = op->kind == NB_OP_ROUTE_ADD ? RTM_NEWROUTE : RTM_DELROUTE;

	if (start(msg, type, route_flags(op), &header, sizeof(header)) < 0)
		return -EMSGSIZE;
	if (route->prefix_length > 0 && !put_ip(msg, RTA_DST, &route->to))
		return -EMSGSIZE;
	if (route->from.family != 0 && !put_ip(msg, RTA_SRC, &route->from))
		return -EMSGSIZE;
	if (route->src.family != 0 && !put_ip(msg, RTA_PREFSRC, &route->src))
		return -EMSGSIZE;
	if (route->metric != 0 && nla_put_u32(msg, RTA_PRIORITY, route->metric) < 0)
		return -EMSGSIZE;
	if (nla_put_u32(msg, RTA_TABLE, route->table) < 0 || !put_way(msg, route, ifindex))
		return -EMSGSIZE;
	return op->kind != NB_OP_ROUTE_ADD || put_content(msg, route) ? 0 : -EMSGSIZE;
}

int nb_codec_put_address_dump(struct nl_msg *msg, uint8_t family, int ifindex)
{
	const struct ifaddrmsg header = { .ifa_family = family, .ifa_index = (uint32_t)ifindex };

	return start(msg, RTM_GETADDR, 0, &header, sizeof(header));
}

int nb_codec_put_route_dump(struct nl_msg *msg, uint8_t family, uint8_t protocol)
{
	const struct rtmsg header = { .rtm_family = family, .rtm_protocol = protocol };

	return start(msg, RTM_GETROUTE, 0, &header, sizeof(header));
}
