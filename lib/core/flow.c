/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A flow in words: "tcp 192.0.2.10:40000 > 198.51.100.7:443 vlan 5". */
#include <errno.h>
#include <linux/if_ether.h>
#include <netinet/in.h>
#include <string.h>
#include <strings.h>

#include "lib/core/frame.h"

enum protocol_kind {
	PLAIN,
	PORTS,	  /* two port numbers in front */
	SPI,
	ICMP,
	NO_IP,	  /* .number is an EtherType */
};

struct protocol {
	const char *name;
	uint16_t number;
	enum protocol_kind kind;
};

/* The first name of a number is the one that is printed. */
static const struct protocol protocols[] = {
	{ "tcp", IPPROTO_TCP, PORTS },
	{ "udp", IPPROTO_UDP, PORTS },
	{ "icmp", IPPROTO_ICMP, ICMP },
	{ "icmpv6", IPPROTO_ICMPV6, ICMP },
	{ "ipv6-icmp", IPPROTO_ICMPV6, ICMP },
	{ "sctp", IPPROTO_SCTP, PORTS },
	{ "dccp", IPPROTO_DCCP, PORTS },
	{ "udplite", IPPROTO_UDPLITE, PORTS },
	{ "esp", IPPROTO_ESP, SPI },
	{ "ah", IPPROTO_AH, SPI },
	{ "gre", IPPROTO_GRE, PLAIN },
	{ "igmp", IPPROTO_IGMP, PLAIN },
	{ "ospf", 89, PLAIN },
	{ "vrrp", 112, PLAIN },
	{ "arp", ETH_P_ARP, NO_IP },
	{ "eth", 0, NO_IP },
};

/* The words of the text, one after the other. */
struct words {
	const char *rest;
	char word[64];
};

/* Return: whether there is one more; a word that is too long is cut and so fits nothing. */
static bool next_word(struct words *words)
{
	const char *p = words->rest + strspn(words->rest, " \t\n");
	const size_t n = strcspn(p, " \t\n");
	const size_t kept = NB_MIN(n, sizeof(words->word) - 1);

	memcpy(words->word, p, kept);
	words->word[kept] = '\0';
	words->rest = p + n;
	return n > 0;
}

static int NB_PRINTF(3, 4) wrong(
	const char *word, struct nb_text *why, const char *format, ...)
{
	va_list args;

	if (word && *word) {
		nb_text_quote(why, word);
		nb_text_add(why, " ");
	}
	va_start(args, format);
	nb_text_addv(why, format, args);
	va_end(args);
	return -EINVAL;
}

static const struct protocol *find_protocol(const char *name)
{
	for (size_t i = 0; i < NB_ARRAY_SIZE(protocols); i++) {
		if (strcasecmp(protocols[i].name, name) == 0)
			return &protocols[i];
	}
	return NULL;
}

static const struct protocol *protocol_of(const struct nb_flow *flow)
{
	const bool ip = flow->ethertype == ETH_P_IP || flow->ethertype == ETH_P_IPV6;

	for (size_t i = 0; i < NB_ARRAY_SIZE(protocols); i++) {
		if ((protocols[i].kind != NO_IP) == ip &&
			protocols[i].number == (ip ? flow->protocol : flow->ethertype))
			return &protocols[i];
	}
	return NULL;
}

static enum protocol_kind kind_of(const struct nb_flow *flow)
{
	const struct protocol *protocol = protocol_of(flow);

	if (protocol)
		return protocol->kind;
	return flow->ethertype == ETH_P_IP || flow->ethertype == ETH_P_IPV6 ? PLAIN : NO_IP;
}

static int parse_protocol(struct words *words, struct nb_flow *flow, enum protocol_kind *ret,
	struct nb_text *why)
{
	const struct protocol *protocol;
	uint64_t number;

	if (!next_word(words))
		return wrong(NULL, why, "a flow is written as: " NB_FLOW_GRAMMAR);
	protocol = find_protocol(words->word);
	if (!protocol && nb_parse_u64(words->word, 255, &number) < 0) {
		wrong(words->word, why, "is no protocol, expected a number or one of: ");
		for (size_t i = 0; i < NB_ARRAY_SIZE(protocols); i++)
			nb_text_add(why, "%s%s", i ? ", " : "", protocols[i].name);
		return -EINVAL;
	}
	*ret = protocol ? protocol->kind : PLAIN;
	if (*ret == NO_IP)
		flow->ethertype = protocol->number;
	else
		flow->protocol = (uint8_t)(protocol ? protocol->number : number);
	return 0;
}

/* "192.0.2.1", "192.0.2.1:80", "2001:db8::1", "[2001:db8::1]:80". Return: 1 with a port, 0 without; -EINVAL. */
static int parse_end(char *word, enum protocol_kind kind, struct nb_ip *ret_ip, uint16_t *ret_port,
	struct nb_text *why)
{
	NB_CLEANUP(nb_freep) char *whole = strdup(word);
	char *address = word, *port = NULL, *end = NULL;
	uint64_t number = 0;

	if (!whole)
		return -ENOMEM;
	if (*word == '[') {
		address = word + 1;
		end = strchr(word, ']');
		port = end && end[1] == ':' ? end + 2 : NULL;
		if (!end || (end[1] && !port))
			return wrong(whole, why, "is no address: an IPv6 address with a port is "
				"written [2001:db8::1]:443");
	} else if (strchr(word, ':') == strrchr(word, ':') && strchr(word, ':')) {
		end = strchr(word, ':');
		port = end + 1;
	}
	if (end)
		*end = '\0';
	if (nb_ip_parse(address, AF_UNSPEC, ret_ip) < 0)
		return wrong(whole, why, "is no IPv4 or IPv6 address");
	if (port && kind != PORTS)
		return wrong(whole, why, "has a port, and this protocol has none");
	if (port && nb_parse_u64(port, 65535, &number) < 0)
		return wrong(whole, why, "has no port number 0 ... 65535 behind the ':'");
	*ret_port = (uint16_t)number;
	return port ? 1 : 0;
}

static bool is_arrow(const char *word)
{
	return nb_streq(word, ">") || nb_streq(word, "->") || nb_streq(word, "to");
}

static int parse_ends(struct words *words, enum protocol_kind kind, struct nb_flow *flow,
	unsigned *ret_ports, struct nb_text *why)
{
	int r;

	if (!next_word(words))
		return wrong(NULL, why, "the source address is missing: " NB_FLOW_GRAMMAR);
	r = parse_end(words->word, kind, &flow->src, &flow->src_port, why);
	if (r < 0)
		return r;
	*ret_ports = (unsigned)r;
	if (!next_word(words) || !is_arrow(words->word))
		return wrong(words->word, why, "stands where '>' or 'to' should: " NB_FLOW_GRAMMAR);
	if (!next_word(words))
		return wrong(NULL, why, "the destination address is missing: " NB_FLOW_GRAMMAR);
	r = parse_end(words->word, kind, &flow->dst, &flow->dst_port, why);
	if (r < 0)
		return r;
	*ret_ports += (unsigned)r;
	if (flow->src.family != flow->dst.family)
		return wrong(NULL, why, "source and destination are of different IP versions");
	if (kind == NO_IP && flow->src.family != AF_INET)
		return wrong(NULL, why, "ARP asks for IPv4 addresses");
	if (kind != NO_IP)
		flow->ethertype = flow->src.family == AF_INET ? ETH_P_IP : ETH_P_IPV6;
	return 0;
}

enum word_id { VLAN, SRC_MAC, DST_MAC, TYPE, CODE, ID, SPI_WORD, ETHERTYPE };

static const struct {
	const char *name;
	uint32_t max;
} more[] = {
	[VLAN] = { "vlan", 4094 },
	[SRC_MAC] = { "src-mac", 0 },
	[DST_MAC] = { "dst-mac", 0 },
	[TYPE] = { "type", 255 },
	[CODE] = { "code", 255 },
	[ID] = { "id", 65535 },
	[SPI_WORD] = { "spi", UINT32_MAX },
	[ETHERTYPE] = { "ethertype", 65535 },
};

static void set_number(struct nb_flow *flow, enum word_id id, uint64_t number)
{
	switch (id) {
	case VLAN:
		flow->tagged = true;
		flow->vlan = (uint16_t)number;
		return;
	case TYPE:
		flow->type = (uint8_t)number;
		return;
	case CODE:
		flow->code = (uint8_t)number;
		return;
	case ID:
		flow->id = (uint16_t)number;
		return;
	case SPI_WORD:
		flow->spi = (uint32_t)number;
		return;
	case ETHERTYPE:
		flow->ethertype = (uint16_t)number;
		return;
	case SRC_MAC:
	case DST_MAC:
		return;
	}
}

static int parse_more_value(
	struct words *words, enum word_id id, struct nb_flow *flow, struct nb_text *why)
{
	uint64_t number;

	if (!next_word(words))
		return wrong(more[id].name, why, "stands without its value");
	if (id == SRC_MAC || id == DST_MAC) {
		if (nb_mac_parse(words->word, id == SRC_MAC ? flow->src_mac : flow->dst_mac) < 0)
			return wrong(words->word, why, "is no MAC address like 52:54:00:12:34:56");
		*(id == SRC_MAC ? &flow->has_src_mac : &flow->has_dst_mac) = true;
		return 0;
	}
	if (nb_parse_u64(words->word, more[id].max, &number) < 0)
		return wrong(words->word, why, "is no %s, expected 0 ... %u", more[id].name,
			more[id].max);
	set_number(flow, id, number);
	return 0;
}

static int parse_more(struct words *words, struct nb_flow *flow, struct nb_text *why)
{
	while (next_word(words)) {
		size_t id = 0;
		int r;

		if (nb_word_equal(words->word, "fragment")) {
			flow->fragment = true;
			continue;
		}
		while (id < NB_ARRAY_SIZE(more) && !nb_word_equal(more[id].name, words->word))
			id++;
		if (id == NB_ARRAY_SIZE(more))
			return wrong(words->word, why, "is not understood behind the addresses, "
				"expected one of: vlan, src-mac, dst-mac, type, code, id, spi, "
				"ethertype, fragment");
		r = parse_more_value(words, (enum word_id)id, flow, why);
		if (r < 0)
			return r;
	}
	return 0;
}

/* RFC 1112 6.4, RFC 2464 7; ARP asks everybody. */
static void add_group_mac(struct nb_flow *flow)
{
	static const uint8_t broadcast[4] = { 255, 255, 255, 255 };
	const uint8_t *ip = flow->dst.bytes;

	if (flow->has_dst_mac)
		return;
	if (flow->ethertype == ETH_P_ARP ||
		(flow->dst.family == AF_INET && memcmp(ip, broadcast, sizeof(broadcast)) == 0))
		memset(flow->dst_mac, 0xff, sizeof(flow->dst_mac));
	else if (!flow->dst.family || !nb_ip_is_multicast(&flow->dst))
		return;
	else if (flow->dst.family == AF_INET)
		memcpy(flow->dst_mac,
			(uint8_t[]){ 0x01, 0x00, 0x5e, ip[1] & 0x7f, ip[2], ip[3] }, 6);
	else
		memcpy(flow->dst_mac, (uint8_t[]){ 0x33, 0x33, ip[12], ip[13], ip[14], ip[15] }, 6);
	flow->has_dst_mac = true;
}

static int check_whole(const struct nb_flow *flow, enum protocol_kind kind, unsigned ports,
	struct nb_text *why)
{
	if (kind == PORTS && ports < 2 && !flow->fragment)
		return wrong(NULL, why, "both ends need a port: 192.0.2.10:40000 > 198.51.100.7:443 "
			"(or the word fragment)");
	if (kind != NO_IP && flow->ethertype != ETH_P_IP && flow->ethertype != ETH_P_IPV6)
		return wrong("ethertype", why, "goes with eth alone: the addresses tell it");
	if (kind == NO_IP && flow->ethertype == 0)
		return wrong(NULL, why, "eth needs its type: eth ethertype 0x88cc");
	if ((flow->protocol == IPPROTO_ICMP && flow->src.family == AF_INET6) ||
		(flow->protocol == IPPROTO_ICMPV6 && flow->src.family == AF_INET))
		return wrong(NULL, why, "icmp goes with IPv4 addresses, icmpv6 with IPv6 ones");
	return 0;
}

int nb_flow_parse(const char *text, struct nb_flow *ret, struct nb_text *ret_why)
{
	struct words words = { .rest = text };
	struct nb_flow flow = { 0 };
	enum protocol_kind kind;
	unsigned ports = 0;
	int r = parse_protocol(&words, &flow, &kind, ret_why);

	/* Without more words a ping is meant. */
	flow.type = flow.protocol == IPPROTO_ICMP ? 8 : flow.protocol == IPPROTO_ICMPV6 ? 128 : 0;
	if (r == 0 && !(kind == NO_IP && flow.ethertype == 0))
		r = parse_ends(&words, kind, &flow, &ports, ret_why);
	if (r == 0)
		r = parse_more(&words, &flow, ret_why);
	if (r == 0)
		r = check_whole(&flow, kind, ports, ret_why);
	if (r < 0)
		return r;
	add_group_mac(&flow);
	*ret = flow;
	return 0;
}

static void format_end(
	const struct nb_flow *flow, const struct nb_ip *ip, uint16_t port, struct nb_text *out)
{
	const bool with_port = kind_of(flow) == PORTS && !flow->fragment;
	const bool brackets = with_port && ip->family == AF_INET6;

	nb_text_add(out, "%s", brackets ? "[" : "");
	nb_ip_format(ip, out);
	nb_text_add(out, "%s", brackets ? "]" : "");
	if (with_port)
		nb_text_add(out, ":%u", port);
}

void nb_flow_format(const struct nb_flow *flow, struct nb_text *out)
{
	const struct protocol *protocol = protocol_of(flow);
	const enum protocol_kind kind = kind_of(flow);

	if (protocol)
		nb_text_add(out, "%s", protocol->name);
	else if (kind == NO_IP)
		nb_text_add(out, "eth ethertype 0x%04x", flow->ethertype);
	else
		nb_text_add(out, "%u", flow->protocol);
	if (flow->src.family) {
		nb_text_add(out, " ");
		format_end(flow, &flow->src, flow->src_port, out);
		nb_text_add(out, " > ");
		format_end(flow, &flow->dst, flow->dst_port, out);
	}
	if (kind == ICMP && !flow->fragment)
		nb_text_add(out, " type %u code %u id %u", flow->type, flow->code, flow->id);
	if (kind == SPI && !flow->fragment)
		nb_text_add(out, " spi 0x%08x", flow->spi);
	if (flow->fragment)
		nb_text_add(out, " fragment");
	if (flow->tagged)
		nb_text_add(out, " vlan %u", flow->vlan & 0xfffu);
}
