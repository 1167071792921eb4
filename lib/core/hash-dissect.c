/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The kernel's flow dissector as far as encap2+3 and encap3+4 depend on it: down through tags,
 * tunnels and extension headers to the innermost packet.
 */
#include <linux/if_ether.h>
#include <netinet/in.h>

#include "lib/core/hash.h"

#define HEADERS_MAX 15 /* MAX_FLOW_DISSECT_HDRS */

enum next {
	NEXT_NETWORK,	/* a network header of .ethertype follows */
	NEXT_TRANSPORT, /* a header of .protocol follows */
	NEXT_GOOD,
	NEXT_BAD,
	NEXT_UNSURE,
};

struct dissection {
	struct nb_hash_reader *r;
	struct nb_hash_keys *keys;
	uint16_t ethertype;
	uint8_t protocol;
	size_t offset;
};

static uint16_t be16(const uint8_t *p)
{
	return (uint16_t)(p[0] << 8 | p[1]);
}

static enum next ipv4(struct dissection *d)
{
	const uint8_t *header = nb_hash_at(d->r, d->offset, 20);

	if (!header || (header[0] & 15) < 5)
		return NEXT_BAD;
	d->offset += (size_t)(header[0] & 15) * 4;
	d->protocol = header[9];
	d->keys->addresses = nb_hash_addresses(d->r, header, false);
	if (be16(header + 6) & 0x3fff) {
		d->keys->fragment = true;
		return NEXT_GOOD;
	}
	return NEXT_TRANSPORT;
}

static enum next ipv6(struct dissection *d)
{
	const uint8_t *header = nb_hash_at(d->r, d->offset, 40);

	if (!header)
		return NEXT_BAD;
	d->offset += 40;
	d->protocol = header[6];
	d->keys->addresses = nb_hash_addresses(d->r, header, true);
	return NEXT_TRANSPORT;
}

static enum next network(struct dissection *d)
{
	switch (d->ethertype) {
	case ETH_P_IP:
		return ipv4(d);
	case ETH_P_IPV6:
		return ipv6(d);
	case ETH_P_ARP:
	case ETH_P_RARP:
	case ETH_P_MPLS_UC:
	case ETH_P_MPLS_MC:
		/* flow_keys_bonding has no key for these: nothing is read, and that is a success. */
		return NEXT_GOOD;
	case ETH_P_8021Q:
	case ETH_P_8021AD:
		/* The network header of a tagged frame lies in front of or behind the tag (vlan_insert_tag()). */
	case ETH_P_PPP_SES:
	case ETH_P_TIPC:
	case ETH_P_FCOE:
	case ETH_P_BATMAN:
	case ETH_P_1588:
	case ETH_P_PRP:
	case ETH_P_HSR:
	case ETH_P_CFM:
		return NEXT_UNSURE;
	default:
		return NEXT_BAD;
	}
}

/* RFC 2784, 2890; __skb_flow_dissect_gre() */
static enum next gre(struct dissection *d)
{
	const uint8_t *header = nb_hash_at(d->r, d->offset, 4);
	size_t length = 4;
	uint16_t flags;

	if (!header)
		return NEXT_BAD;
	flags = be16(header);
	if ((flags & 0x4000) || (flags & 7) > 1) /* GRE_ROUTING; versions */
		return NEXT_GOOD;
	if (flags & 7)
		return NEXT_UNSURE; /* PPTP */
	d->ethertype = be16(header + 2);
	length += flags & 0x8000 ? 4 : 0; /* GRE_CSUM */
	if ((flags & 0x2000) && !nb_hash_at(d->r, d->offset + length, 4)) /* GRE_KEY */
		return NEXT_BAD;
	length += flags & 0x2000 ? 4 : 0;
	length += flags & 0x1000 ? 4 : 0; /* GRE_SEQ */
	if (d->ethertype == ETH_P_TEB) {
		const uint8_t *ethernet = nb_hash_at(d->r, d->offset + length, ETH_HLEN);

		if (!ethernet)
			return NEXT_BAD;
		d->ethertype = be16(ethernet + 12);
		length += ETH_HLEN;
	}
	d->offset += length;
	return NEXT_NETWORK;
}

/* Hop-by-hop, routing, destination options: each tells the next and its length. */
static enum next extension(struct dissection *d)
{
	const uint8_t *header;

	if (d->ethertype != ETH_P_IPV6)
		return NEXT_GOOD;
	header = nb_hash_at(d->r, d->offset, 2);
	if (!header)
		return NEXT_BAD;
	d->protocol = header[0];
	d->offset += ((size_t)header[1] + 1) << 3;
	return NEXT_TRANSPORT;
}

static enum next fragment(struct dissection *d)
{
	const uint8_t *header;

	if (d->ethertype != ETH_P_IPV6)
		return NEXT_GOOD;
	header = nb_hash_at(d->r, d->offset, 8);
	if (!header)
		return NEXT_BAD;
	d->keys->fragment = true;
	return NEXT_GOOD;
}

static enum next inside(struct dissection *d, uint16_t ethertype)
{
	d->ethertype = ethertype;
	return NEXT_NETWORK;
}

static enum next transport(struct dissection *d)
{
	switch (d->protocol) {
	case IPPROTO_GRE:
		return gre(d);
	case IPPROTO_HOPOPTS:
	case IPPROTO_ROUTING:
	case IPPROTO_DSTOPTS:
		return extension(d);
	case IPPROTO_FRAGMENT:
		return fragment(d);
	case IPPROTO_IPIP:
		return inside(d, ETH_P_IP);
	case IPPROTO_IPV6:
		return inside(d, ETH_P_IPV6);
	case IPPROTO_MPLS:
		return inside(d, ETH_P_MPLS_UC);
	case IPPROTO_ICMP:
	case IPPROTO_ICMPV6:
		nb_hash_icmp(d->r, d->offset, d->keys);
		return NEXT_GOOD;
	default:
		return NEXT_GOOD;
	}
}

/* One transport header. The kernel looks for ports behind each, with what it knows by then. */
static enum next step_transport(struct dissection *d)
{
	enum next next = transport(d);

	if (!d->keys->fragment)
		d->keys->ports = nb_hash_ports(d->r, d->offset, d->protocol);
	return next;
}

static enum next step(struct dissection *d, enum next next)
{
	return next == NEXT_NETWORK ? network(d) : step_transport(d);
}

enum nb_dissected nb_hash_dissect(struct nb_hash_reader *r, struct nb_hash_keys *keys)
{
	struct dissection d = { .r = r, .keys = keys, .offset = ETH_HLEN,
		.ethertype = nb_frame_ethertype(r->frame) };
	enum next now = NEXT_NETWORK;

	for (unsigned headers = 0; headers <= HEADERS_MAX;) {
		const enum next next = step(&d, now);

		if (next == NEXT_BAD)
			return NB_DISSECT_FAILED;
		if (next == NEXT_UNSURE)
			return NB_DISSECT_UNSURE;
		if (next == NEXT_GOOD)
			break;
		/* From a network header to the transport header it names is no step of its own. */
		headers += now == NEXT_TRANSPORT;
		now = next;
	}
	return NB_DISSECTED;
}
