/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The six transmit hash policies over the bytes of a frame. */
#include <linux/if_ether.h>
#include <netinet/in.h>
#include <string.h>

#include "lib/core/hash.h"

const uint8_t *nb_hash_at(struct nb_hash_reader *r, size_t offset, size_t n)
{
	if (offset + n <= r->frame->size)
		return r->frame->bytes + offset;
	if (offset + n <= r->frame->length)
		r->cut = true;
	return NULL;
}

/* Four bytes of the packet, loaded as a word of the machine. */
static uint32_t word(const struct nb_hash_reader *r, const uint8_t *p)
{
	const uint32_t little = p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 |
				(uint32_t)p[3] << 24;

	return r->big_endian ? __builtin_bswap32(little) : little;
}

static uint32_t fold6(const struct nb_hash_reader *r, const uint8_t *p)
{
	return word(r, p) ^ word(r, p + 4) ^ word(r, p + 8) ^ word(r, p + 12);
}

uint32_t nb_hash_addresses(const struct nb_hash_reader *r, const uint8_t *header, bool ipv6)
{
	if (ipv6)
		return fold6(r, header + 8) ^ fold6(r, header + 24);
	return word(r, header + 12) ^ word(r, header + 16);
}

uint32_t nb_hash_ports(struct nb_hash_reader *r, size_t offset, int protocol)
{
	const uint8_t *p;

	/* proto_ports_offset() */
	switch (protocol) {
	case IPPROTO_TCP:
	case IPPROTO_UDP:
	case IPPROTO_DCCP:
	case IPPROTO_ESP:
	case IPPROTO_SCTP:
	case IPPROTO_UDPLITE:
		break;
	case IPPROTO_AH:
		offset += 4;
		break;
	default:
		return 0;
	}
	p = nb_hash_at(r, offset, 4);
	return p ? word(r, p) : 0;
}

/* icmp_has_id(): one list for ICMP and ICMPv6. */
static bool has_id(uint8_t type)
{
	return type == 8 || type == 0 || type == 13 || type == 14 || type == 128 || type == 129;
}

void nb_hash_icmp(struct nb_hash_reader *r, size_t offset, struct nb_hash_keys *keys)
{
	const uint8_t *p = nb_hash_at(r, offset, 8);
	uint16_t id;

	if (!p)
		return;
	keys->icmp_type = p[0];
	keys->icmp_code = p[1];
	id = (uint16_t)(p[4] << 8 | p[5]);
	/* An identifier of 0 would read as none. */
	keys->icmp_id = !has_id(p[0]) ? 0 : id ? id : 1;
}

/* struct flow_dissector_key_icmp {u8 type, code; u16 id;} as a word. */
static uint32_t icmp_word(const struct nb_hash_reader *r, const struct nb_hash_keys *keys)
{
	if (r->big_endian)
		return (uint32_t)keys->icmp_type << 24 | (uint32_t)keys->icmp_code << 16 |
		       keys->icmp_id;
	return keys->icmp_type | (uint32_t)keys->icmp_code << 8 | (uint32_t)keys->icmp_id << 16;
}

/* Where bond_flow_ip() stands in the frame. */
struct position {
	size_t offset;
	int protocol; /* -1: not known yet */
};

/* bond_flow_ip(). Return: whether there is such a packet. */
static bool read_ip(struct nb_hash_reader *r, bool with_ports, struct position *at,
	struct nb_hash_keys *keys)
{
	const bool ipv6 = nb_frame_ethertype(r->frame) == ETH_P_IPV6;
	const uint8_t *header;

	if (!ipv6 && nb_frame_ethertype(r->frame) != ETH_P_IP)
		return false;
	header = nb_hash_at(r, at->offset, ipv6 ? 40 : 20);
	if (!header)
		return false;
	keys->addresses = nb_hash_addresses(r, header, ipv6);
	if (ipv6) {
		/* Extension headers are not followed. */
		at->offset += 40;
		at->protocol = header[6];
	} else {
		at->offset += (size_t)(header[0] & 15) << 2;
		/* ip_is_fragment(): IP_MF or an offset */
		if (!((header[6] << 8 | header[7]) & 0x3fff))
			at->protocol = header[9];
	}
	if (with_ports && at->protocol >= 0)
		keys->ports = nb_hash_ports(r, at->offset, at->protocol);
	return true;
}

/* An error that carries the beginning of the packet it is about. */
static bool is_error(int protocol, uint8_t type)
{
	if (protocol == IPPROTO_ICMP)
		return type == 3 || type == 4 || type == 5 || type == 11 || type == 12;
	return protocol == IPPROTO_ICMPV6 && type >= 1 && type <= 4;
}

/* bond_flow_dissect() of the policies without encap. */
static bool read_flow(struct nb_hash_reader *r, bool with_ports, struct nb_hash_keys *keys)
{
	struct position at = { ETH_HLEN, -1 };

	if (!read_ip(r, with_ports, &at, keys))
		return false;
	if (at.protocol != IPPROTO_ICMP && at.protocol != IPPROTO_ICMPV6)
		return true;
	nb_hash_icmp(r, at.offset, keys);
	if (!is_error(at.protocol, keys->icmp_type))
		return true;
	at.offset += 8;
	return read_ip(r, with_ports, &at, keys);
}

/*
 * A bond inserts no tags into MPLS (netif_skb_features(): net_mpls_features()), so the tag of
 * such a frame lies inside it before the bond sees it.
 */
static bool has_tag_inside(const struct nb_frame *frame)
{
	const uint16_t ethertype = nb_frame_ethertype(frame);

	return frame->tagged && (ethertype == ETH_P_MPLS_UC || ethertype == ETH_P_MPLS_MC);
}

/* bond_eth_hash() */
static uint32_t hash_ethernet(const struct nb_frame *frame)
{
	return frame->bytes[5] ^ frame->bytes[11] ^
	       (has_tag_inside(frame) ? frame->tpid : nb_frame_ethertype(frame));
}

/* bond_vlan_srcmac_hash(): only a tag beside the frame counts. */
static uint32_t hash_vlan_srcmac(const struct nb_frame *frame)
{
	const uint8_t *mac = frame->bytes + ETH_ALEN;
	const uint32_t vendor = (uint32_t)mac[0] << 16 | (uint32_t)mac[1] << 8 | mac[2];
	const uint32_t device = (uint32_t)mac[3] << 16 | (uint32_t)mac[4] << 8 | mac[5];

	return (has_tag_inside(frame) ? 0 : frame->tci) ^ vendor ^ device;
}

/* bond_ip_hash() */
static uint32_t mix(uint32_t hash, const struct nb_hash_keys *keys)
{
	hash ^= keys->addresses;
	hash ^= hash >> 16;
	hash ^= hash >> 8;
	return hash;
}

static bool is_encap(unsigned policy)
{
	return policy == BOND_XMIT_POLICY_ENCAP23 || policy == BOND_XMIT_POLICY_ENCAP34;
}

static bool has_layer4(unsigned policy)
{
	return policy == BOND_XMIT_POLICY_LAYER34 || policy == BOND_XMIT_POLICY_ENCAP34;
}

static struct nb_hash unsure(const char *why)
{
	return (struct nb_hash){ .why = why };
}

/*
 * Whether skb->l4_hash may be set: of connected sockets (skb_set_hash_from_sk()), of what they had
 * fragmented (ip_copy_metadata()), and of forwarded packets that a NIC or RPS has hashed.
 */
static bool may_have_hash(const struct nb_hash_keys *keys)
{
	return keys->ports != 0 || keys->fragment;
}

static struct nb_hash hash_keys(const struct nb_hash_reader *r, unsigned policy,
	const struct nb_hash_keys *keys)
{
	struct nb_hash hash = { .known = true };

	if (!has_layer4(policy)) {
		hash.value = mix(hash_ethernet(r->frame), keys);
		hash.uses = NB_HASH_SRC_MAC | NB_HASH_DST_MAC;
		return hash;
	}
	/* The lowest bit goes: ports are often even. */
	hash.value = mix(keys->icmp_id ? icmp_word(r, keys) : keys->ports, keys) >> 1;
	if (policy == BOND_XMIT_POLICY_ENCAP34 && may_have_hash(keys)) {
		hash.known = false;
		hash.unless_socket = true;
		hash.why = "encap3+4 takes the random number of a local socket, or the NIC's hash of a "
			   "forwarded packet, where there is one";
	}
	return hash;
}

struct nb_hash nb_hash_frame(const struct nb_frame *frame, unsigned policy, bool big_endian)
{
	struct nb_hash_reader r = { .frame = frame, .big_endian = big_endian };
	enum nb_dissected found = NB_DISSECT_FAILED;
	struct nb_hash_keys keys = { 0 };

	if (policy == BOND_XMIT_POLICY_VLAN_SRCMAC)
		return (struct nb_hash){ .known = true, .value = hash_vlan_srcmac(frame),
			.uses = NB_HASH_SRC_MAC };
	if (policy > BOND_XMIT_POLICY_VLAN_SRCMAC)
		return unsure("this netbond does not know that hash policy");
	if (is_encap(policy))
		found = has_tag_inside(frame) ? NB_DISSECT_UNSURE : nb_hash_dissect(&r, &keys);
	else if (policy != BOND_XMIT_POLICY_LAYER2 && read_flow(&r, has_layer4(policy), &keys))
		found = NB_DISSECTED;
	if (r.cut)
		return unsure("the capture cut the frame before what the hash is made of");
	if (found == NB_DISSECT_UNSURE)
		return unsure("kernels differ in how far they look into such a frame");
	if (found == NB_DISSECTED)
		return hash_keys(&r, policy, &keys);
	return (struct nb_hash){ .known = true, .value = hash_ethernet(frame),
		.uses = NB_HASH_SRC_MAC | NB_HASH_DST_MAC };
}
