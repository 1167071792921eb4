/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Between a frame's bytes and a flow's numbers. */
#include "lib/core/frame.h"

#include <errno.h>
#include <linux/if_ether.h>
#include <netinet/in.h>
#include <string.h>

#define TAG_BYTES 4

static uint16_t be16(const uint8_t *p)
{
	return (uint16_t)(p[0] << 8 | p[1]);
}

static void put16(uint8_t *p, uint16_t value)
{
	p[0] = (uint8_t)(value >> 8);
	p[1] = (uint8_t)value;
}

uint16_t nb_frame_ethertype(const struct nb_frame *frame)
{
	return be16(frame->bytes + 2 * ETH_ALEN);
}

int nb_frame_init(const uint8_t *bytes, size_t size, size_t length, uint8_t *room,
	struct nb_frame *ret)
{
	struct nb_frame frame = { .bytes = bytes, .size = size, .length = NB_MAX(size, length) };
	uint16_t ethertype;

	if (size < ETH_HLEN)
		return -EINVAL;
	ethertype = nb_frame_ethertype(&frame);
	if (ethertype == ETH_P_8021Q || ethertype == ETH_P_8021AD) {
		if (size < ETH_HLEN + TAG_BYTES)
			return -EINVAL;
		memcpy(room, bytes, 2 * ETH_ALEN);
		memcpy(room + 2 * ETH_ALEN, bytes + 2 * ETH_ALEN + TAG_BYTES,
			size - 2 * ETH_ALEN - TAG_BYTES);
		frame = (struct nb_frame){ .bytes = room, .size = size - TAG_BYTES,
			.length = frame.length - TAG_BYTES, .tagged = true, .tpid = ethertype,
			.tci = be16(bytes + ETH_HLEN) };
	}
	*ret = frame;
	return 0;
}

static size_t put_ipv4(const struct nb_flow *flow, uint8_t *p)
{
	p[0] = 0x45;
	if (flow->fragment)
		put16(p + 6, 0x2000); /* IP_MF */
	p[8] = 64;
	p[9] = flow->protocol;
	memcpy(p + 12, flow->src.bytes, 4);
	memcpy(p + 16, flow->dst.bytes, 4);
	return 20;
}

static size_t put_ipv6(const struct nb_flow *flow, uint8_t *p)
{
	p[0] = 0x60;
	p[6] = flow->fragment ? IPPROTO_FRAGMENT : flow->protocol;
	p[7] = 64;
	memcpy(p + 8, flow->src.bytes, 16);
	memcpy(p + 24, flow->dst.bytes, 16);
	if (!flow->fragment)
		return 40;
	p[40] = flow->protocol;
	put16(p + 42, 1); /* more fragments */
	return 48;
}

static void put_transport(const struct nb_flow *flow, uint8_t *p)
{
	switch (flow->protocol) {
	case IPPROTO_ICMP:
	case IPPROTO_ICMPV6:
		p[0] = flow->type;
		p[1] = flow->code;
		put16(p + 4, flow->id);
		break;
	case IPPROTO_AH:
		p += 4;
		/* fall through */
	case IPPROTO_ESP:
		put16(p, (uint16_t)(flow->spi >> 16));
		put16(p + 2, (uint16_t)flow->spi);
		break;
	default:
		put16(p, flow->src_port);
		put16(p + 2, flow->dst_port);
	}
}

/* RFC 826: a request. */
static size_t put_arp(const struct nb_flow *flow, uint8_t *p)
{
	static const uint8_t head[8] = { 0, 1, 8, 0, ETH_ALEN, 4, 0, 1 };

	memcpy(p, head, sizeof(head));
	memcpy(p + 8, flow->src_mac, ETH_ALEN);
	memcpy(p + 14, flow->src.bytes, 4);
	memcpy(p + 24, flow->dst.bytes, 4);
	return 28;
}

void nb_flow_frame(const struct nb_flow *flow, uint8_t *room, struct nb_frame *ret)
{
	uint8_t *p = room + ETH_HLEN;

	memset(room, 0, NB_FLOW_BYTES);
	memcpy(room, flow->dst_mac, ETH_ALEN);
	memcpy(room + ETH_ALEN, flow->src_mac, ETH_ALEN);
	put16(room + 2 * ETH_ALEN, flow->ethertype);
	if (flow->ethertype == ETH_P_ARP)
		put_arp(flow, p);
	else if (flow->ethertype == ETH_P_IP)
		put_transport(flow, p + put_ipv4(flow, p));
	else if (flow->ethertype == ETH_P_IPV6)
		put_transport(flow, p + put_ipv6(flow, p));
	*ret = (struct nb_frame){ .bytes = room, .size = NB_FLOW_BYTES, .length = NB_FLOW_BYTES,
		.tagged = flow->tagged, .tpid = flow->tagged ? ETH_P_8021Q : 0, .tci = flow->vlan };
}

static struct nb_ip address(int family, const uint8_t *p)
{
	struct nb_ip ip = { .family = (uint8_t)family };

	memcpy(ip.bytes, p, family == AF_INET ? 4 : 16);
	return ip;
}

static void read_transport(const uint8_t *p, size_t size, struct nb_flow *flow)
{
	switch (flow->protocol) {
	case IPPROTO_TCP:
	case IPPROTO_UDP:
	case IPPROTO_DCCP:
	case IPPROTO_SCTP:
	case IPPROTO_UDPLITE:
		if (size >= 4) {
			flow->src_port = be16(p);
			flow->dst_port = be16(p + 2);
		}
		break;
	case IPPROTO_ICMP:
	case IPPROTO_ICMPV6:
		if (size >= 8) {
			flow->type = p[0];
			flow->code = p[1];
			flow->id = be16(p + 4);
		}
		break;
	case IPPROTO_ESP:
		if (size >= 4)
			flow->spi = (uint32_t)be16(p) << 16 | be16(p + 2);
		break;
	case IPPROTO_AH:
		if (size >= 8)
			flow->spi = (uint32_t)be16(p + 4) << 16 | be16(p + 6);
		break;
	}
}

static void read_ipv4(const uint8_t *p, size_t size, struct nb_flow *flow)
{
	const size_t header = (size_t)(p[0] & 15) * 4;

	flow->src = address(AF_INET, p + 12);
	flow->dst = address(AF_INET, p + 16);
	flow->protocol = p[9];
	flow->fragment = be16(p + 6) & 0x3fff;
	if (!flow->fragment && size > header)
		read_transport(p + header, size - header, flow);
}

static void read_ipv6(const uint8_t *p, size_t size, struct nb_flow *flow)
{
	flow->src = address(AF_INET6, p + 8);
	flow->dst = address(AF_INET6, p + 24);
	flow->protocol = p[6];
	if (flow->protocol == IPPROTO_FRAGMENT && size >= 48) {
		flow->fragment = true;
		flow->protocol = p[40];
	} else {
		read_transport(p + 40, size - 40, flow);
	}
}

void nb_flow_read(const struct nb_frame *frame, struct nb_flow *ret)
{
	const uint8_t *p = frame->bytes + ETH_HLEN;
	const size_t size = frame->size - ETH_HLEN;

	memset(ret, 0, sizeof(*ret));
	ret->ethertype = nb_frame_ethertype(frame);
	ret->tagged = frame->tagged;
	ret->vlan = frame->tci;
	ret->has_src_mac = ret->has_dst_mac = true;
	memcpy(ret->dst_mac, frame->bytes, ETH_ALEN);
	memcpy(ret->src_mac, frame->bytes + ETH_ALEN, ETH_ALEN);
	if (ret->ethertype == ETH_P_IP && size >= 20) {
		read_ipv4(p, size, ret);
	} else if (ret->ethertype == ETH_P_IPV6 && size >= 40) {
		read_ipv6(p, size, ret);
	} else if (ret->ethertype == ETH_P_ARP && size >= 28) {
		ret->src = address(AF_INET, p + 14);
		ret->dst = address(AF_INET, p + 24);
	}
}
