/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tests/real/random-frame.h"

#include <linux/if_ether.h>
#include <netinet/in.h>

#include "lib/core/util.h"

static uint64_t state = 1;

void random_frame_seed(uint64_t seed)
{
	state = seed * 2654435761u + 88172645463325252u;
}

unsigned random_number(unsigned n)
{
	/* xorshift64* */
	state ^= state >> 12;
	state ^= state << 25;
	state ^= state >> 27;
	return (unsigned)((state * 2685821657736338717u) >> 33) % n;
}

struct writer {
	uint8_t *p, *end;
	unsigned depth;
};

static void put(struct writer *w, uint8_t value)
{
	if (w->p < w->end)
		*w->p++ = value;
}

static void put16(struct writer *w, unsigned value)
{
	put(w, (uint8_t)(value >> 8));
	put(w, (uint8_t)value);
}

static void put_random(struct writer *w, unsigned n)
{
	while (n--)
		put(w, (uint8_t)random_number(256));
}

/* Few addresses, so that flows differ in ports and by little. */
static void put_address(struct writer *w, unsigned bytes)
{
	for (unsigned i = 0; i < bytes; i++)
		put(w, (uint8_t)(i + 1 < bytes && random_number(3) ? 10 + i : random_number(256)));
}

static unsigned transport_protocol(void)
{
	static const uint8_t protocols[] = { IPPROTO_TCP, IPPROTO_UDP, IPPROTO_TCP, IPPROTO_UDP,
		IPPROTO_DCCP, IPPROTO_ESP, IPPROTO_AH, IPPROTO_SCTP, IPPROTO_UDPLITE, IPPROTO_IGMP, 89,
		112 };

	return protocols[random_number(sizeof(protocols))];
}

static void put_ipv4_header(struct writer *w, unsigned protocol)
{
	const unsigned options = random_number(5) ? 0 : random_number(4);

	put(w, (uint8_t)(0x45 + options));
	put_random(w, 5);
	/* IP_DF, IP_MF, an offset; mostly none */
	put16(w, random_number(8) ? random_number(2) << 14 : random_number(2) ? 0x2000 : 0x00b9);
	put(w, 64);
	put(w, (uint8_t)protocol);
	put_random(w, 2);
	put_address(w, 4);
	put_address(w, 4);
	put_random(w, options * 4);
}

static void put_ipv6_header(struct writer *w, unsigned next)
{
	put(w, 0x60);
	put_random(w, 5);
	put(w, (uint8_t)next);
	put(w, 64);
	put_address(w, 16);
	put_address(w, 16);
}

static void put_icmp(struct writer *w, int ipv6)
{
	static const uint8_t v4[] = { 8, 0, 3, 11, 5, 13, 9, 4, 12 };
	static const uint8_t v6[] = { 128, 129, 1, 2, 3, 4, 133, 135, 136 };

	put(w, (ipv6 ? v6 : v4)[random_number(sizeof(v4))]);
	put(w, (uint8_t)random_number(4));
	put_random(w, 2);
	put16(w, random_number(8) ? random_number(65536) : 0);
	put_random(w, 2);
	/* The packet an error is about; also behind what is no error, where it must not matter. */
	if (ipv6)
		put_ipv6_header(w, random_number(4) ? transport_protocol() : IPPROTO_ICMPV6);
	else
		put_ipv4_header(w, random_number(4) ? transport_protocol() : IPPROTO_ICMP);
	put_random(w, 8);
}

static void put_gre(struct writer *w)
{
	static const uint16_t types[] = { ETH_P_IP, ETH_P_IPV6, ETH_P_TEB, ETH_P_TEB, ETH_P_MPLS_UC,
		ETH_P_ARP, 0x88b5 };
	const unsigned flags = random_number(2) * 0x8000 | random_number(2) * 0x2000 |
			       random_number(2) * 0x1000 | (random_number(16) ? 0 : 0x4000);
	unsigned type = types[random_number(sizeof(types) / sizeof(types[0]))];

	put16(w, flags);
	put16(w, type);
	put_random(w, (flags & 0x8000 ? 4 : 0) + (flags & 0x2000 ? 4 : 0) + (flags & 0x1000 ? 4 : 0));
	if (type == ETH_P_TEB) {
		put_random(w, 12);
		type = random_number(4) ? ETH_P_IP : ETH_P_ARP;
		put16(w, type);
	}
	if (type == ETH_P_IP) {
		put_ipv4_header(w, transport_protocol());
		put_random(w, 8);
	} else if (type == ETH_P_IPV6) {
		put_ipv6_header(w, transport_protocol());
		put_random(w, 8);
	} else {
		put_random(w, 28);
	}
}

static void put_extensions(struct writer *w)
{
	static const uint8_t headers[] = { 0, 43, 60, 60, 44 };
	unsigned next = headers[random_number(sizeof(headers))];

	put_ipv6_header(w, next);
	for (unsigned i = 0; i < 3; i++) {
		const unsigned after = random_number(2) ? headers[random_number(4)] :
							  transport_protocol();

		put(w, (uint8_t)after);
		put(w, next == 44 ? 0 : (uint8_t)random_number(2));
		put16(w, random_number(2) ? 1 : 0x00b9);
		put_random(w, next == 44 ? 4 : 4 + 8 * (w->p[-3] & 1));
		next = after;
	}
	put_random(w, 8);
}

static void put_tunnel(struct writer *w)
{
	switch (random_number(5)) {
	case 0:
		put_ipv4_header(w, IPPROTO_IPIP);
		put_ipv4_header(w, transport_protocol());
		break;
	case 1:
		put_ipv4_header(w, IPPROTO_IPV6);
		put_ipv6_header(w, transport_protocol());
		break;
	case 2:
		put_ipv4_header(w, IPPROTO_GRE);
		put_gre(w);
		return;
	case 3:
		put_ipv4_header(w, IPPROTO_MPLS);
		break;
	default:
		put_ipv4_header(w, IPPROTO_IPIP);
		if (w->depth++ < 20)
			put_tunnel(w);
		return;
	}
	put_random(w, 12);
}

static void put_ipv6_tunnel(struct writer *w)
{
	put_ipv6_header(w, random_number(2) ? IPPROTO_IPIP : IPPROTO_IPV6);
	if (w->p[-40 + 6] == IPPROTO_IPIP)
		put_ipv4_header(w, random_number(3) ? transport_protocol() : IPPROTO_ICMP);
	else
		put_ipv6_header(w, random_number(3) ? transport_protocol() : IPPROTO_ICMPV6);
	put_random(w, 12);
}

static void put_other(struct writer *w)
{
	static const uint16_t types[] = { ETH_P_ARP, ETH_P_ARP, ETH_P_RARP, 0x88cc, 0x88b5, 46,
		ETH_P_MPLS_UC, ETH_P_8021Q, ETH_P_8021AD };

	put16(w, types[random_number(sizeof(types) / sizeof(types[0]))]);
	put_random(w, random_number(46));
}

static void put_packet(struct writer *w)
{
	const unsigned kind = random_number(16);
	const int ipv6 = kind & 1;

	if (kind == 15) {
		put_other(w);
		return;
	}
	put16(w, ipv6 ? ETH_P_IPV6 : ETH_P_IP);
	if (kind == 13)
		put_ipv6_tunnel(w);
	else if (kind == 11)
		put_extensions(w);
	else if (kind == 14 || kind == 12)
		put_tunnel(w);
	else if (ipv6)
		put_ipv6_header(w, kind < 4 ? IPPROTO_ICMPV6 : transport_protocol());
	else
		put_ipv4_header(w, kind < 4 ? IPPROTO_ICMP : transport_protocol());
	if (kind < 4)
		put_icmp(w, ipv6);
	put_random(w, random_number(24));
}

size_t random_frame(uint8_t *frame)
{
	struct writer w = { .p = frame, .end = frame + RANDOM_FRAME_BYTES - 16 };
	size_t length;

	put_random(&w, 12);
	/* A source address is no group. */
	frame[6] &= 0xfe;
	put_packet(&w);
	length = (size_t)(w.p - frame);
	if (random_number(12) == 0)
		length = 14 + random_number((unsigned)length - 13);
	/* A receiver takes a tag out, and needs what stands behind it. */
	if (frame[12] == 0x81 || frame[12] == 0x88)
		length = NB_MAX(length, 20u);
	return length;
}
