/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * One Ethernet frame as the bonding driver gets it from above, and the frame of a flow that
 * somebody wrote down: "tcp 192.0.2.10:40000 > 198.51.100.7:443".
 */

#include "lib/core/model.h"

/*
 * The first VLAN tag of a frame is no part of its bytes: a bond offers to insert it
 * (NETIF_F_HW_VLAN_CTAG_TX), so it travels beside the frame.
 */
struct nb_frame {
	const uint8_t *bytes; /* from the destination MAC on; borrowed */
	size_t size;	      /* of .bytes */
	size_t length;	      /* of the frame as it is sent; more than .size where a capture cut it */
	bool tagged;
	uint16_t tpid; /* ETH_P_8021Q, ETH_P_8021AD; 0 without a tag */
	uint16_t tci;  /* priority and VLAN number of the tag, 0 without one */
};

/**
 * nb_frame_init() - a frame from the bytes that went over the wire
 * @bytes:   at least the Ethernet header; borrowed
 * @length:  of the whole frame where @bytes is only its beginning
 * @room:    receives the frame without its tag, @size bytes; not touched where there is no tag
 *
 * Return: 0; -EINVAL no whole Ethernet header.
 */
int nb_frame_init(const uint8_t *bytes, size_t size, size_t length, uint8_t *room,
	struct nb_frame *ret);

/** nb_frame_ethertype() - the type or length field, as a number */
uint16_t nb_frame_ethertype(const struct nb_frame *frame);

/* What a flow says; a number that is not given is 0. */
struct nb_flow {
	uint16_t ethertype;  /* ETH_P_IP, ETH_P_IPV6, ETH_P_ARP, or another */
	uint8_t protocol;    /* IPPROTO_* */
	struct nb_ip src, dst;
	uint16_t src_port, dst_port;
	uint8_t type, code;  /* ICMP */
	uint16_t id;	     /* ICMP */
	uint32_t spi;	     /* ESP, AH */
	bool fragment;	     /* a fragment, whichever */
	bool tagged;
	uint16_t vlan;
	bool has_src_mac, has_dst_mac;
	uint8_t src_mac[6], dst_mac[6];
};

#define NB_FLOW_GRAMMAR \
	"PROTO SRC[:PORT] > DST[:PORT] [vlan N] [src-mac MAC] [dst-mac MAC]"

/**
 * nb_flow_parse() - read a flow
 * @text:     NB_FLOW_GRAMMAR; behind the addresses also type, code, id (ICMP), spi (ESP, AH), fragment;
 *            "arp SRC > DST", "eth ethertype N"; an IPv6 address with a port stands in []
 * @ret_why:  the sentence about what is wrong, and what is allowed
 *
 * "to" and "->" are the same as ">", which a shell would take for itself. A multicast destination
 * gets its MAC (RFC 1112, RFC 2464), an ARP request the broadcast one.
 * Return: 0; -EINVAL; -ENOMEM.
 */
int nb_flow_parse(const char *text, struct nb_flow *ret, struct nb_text *ret_why);

/** nb_flow_format() - append the flow in words, without its MACs */
void nb_flow_format(const struct nb_flow *flow, struct nb_text *out);

#define NB_FLOW_BYTES 128 /* no flow's frame is longer */

/**
 * nb_flow_frame() - the headers of a frame of @flow; a MAC that is not given is all zero
 * @room:  NB_FLOW_BYTES, zeroed and filled here; @ret points into it
 */
void nb_flow_frame(const struct nb_flow *flow, uint8_t *room, struct nb_frame *ret);

/**
 * nb_flow_read() - the flow a frame belongs to, to count frames by it
 *
 * As far as the headers tell: addresses and ports of the outermost packet. What lies between the
 * members is zero, so that flows can be compared as bytes.
 */
void nb_flow_read(const struct nb_frame *frame, struct nb_flow *ret);
