/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Flows in words, their frames, the hash of known ones, and the choice of each mode. That the hash
 * is the driver's is proven by tests/real/real-hash; the values here were seen there.
 */
#include "tests/unit/unit.h"

#include <errno.h>
#include <linux/if_ether.h>
#include <string.h>

#include "lib/core/hash.h"

static struct nb_flow flow_of(const char *text)
{
	NB_CLEANUP(nb_text_done) struct nb_text why = { 0 };
	struct nb_flow flow;

	if (nb_flow_parse(text, &flow, &why) < 0)
		fail_msg("%s: %s", text, why.text);
	return flow;
}

static struct nb_hash hash_of(const char *text, unsigned policy, bool big_endian)
{
	struct nb_flow flow = flow_of(text);
	uint8_t room[NB_FLOW_BYTES];
	struct nb_frame frame;

	nb_flow_frame(&flow, room, &frame);
	return nb_hash_frame(&frame, policy, big_endian);
}

static void test_flow_is_read_and_printed_the_same(void **state)
{
	static const struct {
		const char *text, *printed;
	} cases[] = {
		{ "tcp 192.0.2.10:40000 > 198.51.100.7:443", NULL },
		{ "TCP 192.0.2.10:40000 to 198.51.100.7:443",
			"tcp 192.0.2.10:40000 > 198.51.100.7:443" },
		{ "udp [2001:db8::1]:53 -> [2001:db8::2]:5353 vlan 7",
			"udp [2001:db8::1]:53 > [2001:db8::2]:5353 vlan 7" },
		{ "icmp 192.0.2.1 > 192.0.2.2", "icmp 192.0.2.1 > 192.0.2.2 type 8 code 0 id 0" },
		{ "icmpv6 fe80::1 > fe80::2 type 129 id 5",
			"icmpv6 fe80::1 > fe80::2 type 129 code 0 id 5" },
		{ "esp 192.0.2.1 > 192.0.2.2 spi 0x1234abcd", NULL },
		{ "udp 192.0.2.1 > 192.0.2.2 fragment", NULL },
		{ "arp 192.0.2.1 > 192.0.2.2", NULL },
		{ "eth ethertype 0x88cc dst-mac 01:80:c2:00:00:0e", "eth ethertype 0x88cc" },
		{ "89 192.0.2.1 > 224.0.0.5", "ospf 192.0.2.1 > 224.0.0.5" },
		{ "200 192.0.2.1 > 192.0.2.9", NULL },
	};

	for (size_t i = 0; i < NB_ARRAY_SIZE(cases); i++) {
		NB_CLEANUP(nb_text_done) struct nb_text out = { 0 };
		struct nb_flow flow = flow_of(cases[i].text);

		nb_flow_format(&flow, &out);
		assert_string_equal(out.text, cases[i].printed ? cases[i].printed : cases[i].text);
	}
}

static void test_wrong_flow_says_what_is_allowed(void **state)
{
	static const struct {
		const char *text, *why;
	} cases[] = {
		{ "", "a flow is written as: " NB_FLOW_GRAMMAR },
		{ "tpc 192.0.2.1 > 192.0.2.2", "'tpc' is no protocol, expected a number or one of: tcp, "
			"udp, icmp, icmpv6, ipv6-icmp, sctp, dccp, udplite, esp, ah, gre, igmp, ospf, "
			"vrrp, arp, eth" },
		{ "tcp", "the source address is missing: " NB_FLOW_GRAMMAR },
		{ "tcp 192.0.2:1 > 192.0.2.2:1", "'192.0.2:1' is no IPv4 or IPv6 address" },
		{ "tcp 192.0.2.1:1 192.0.2.2:1",
			"'192.0.2.2:1' stands where '>' or 'to' should: " NB_FLOW_GRAMMAR },
		{ "tcp 192.0.2.1:1 >", "the destination address is missing: " NB_FLOW_GRAMMAR },
		{ "tcp 192.0.2.1:1 > 192.0.2.2", "both ends need a port: 192.0.2.10:40000 > "
			"198.51.100.7:443 (or the word fragment)" },
		{ "tcp 192.0.2.1:70000 > 192.0.2.2:1",
			"'192.0.2.1:70000' has no port number 0 ... 65535 behind the ':'" },
		{ "icmp 192.0.2.1:5 > 192.0.2.2", "'192.0.2.1:5' has a port, and this protocol has none" },
		{ "udp [2001:db8::1:5 > 192.0.2.2:1", "'[2001:db8::1:5' is no address: an IPv6 address "
			"with a port is written [2001:db8::1]:443" },
		{ "udp 192.0.2.1:1 > [2001:db8::1]:1",
			"source and destination are of different IP versions" },
		{ "icmp fe80::1 > fe80::2", "icmp goes with IPv4 addresses, icmpv6 with IPv6 ones" },
		{ "arp fe80::1 > fe80::2", "ARP asks for IPv4 addresses" },
		{ "eth", "eth needs its type: eth ethertype 0x88cc" },
		{ "gre 192.0.2.1 > 192.0.2.2 ethertype 0x88cc",
			"'ethertype' goes with eth alone: the addresses tell it" },
		{ "gre 192.0.2.1 > 192.0.2.2 vlan 4095", "'4095' is no vlan, expected 0 ... 4094" },
		{ "gre 192.0.2.1 > 192.0.2.2 vlan", "'vlan' stands without its value" },
		{ "gre 192.0.2.1 > 192.0.2.2 src-mac 52:54", "'52:54' is no MAC address like "
			"52:54:00:12:34:56" },
		{ "gre 192.0.2.1 > 192.0.2.2 vlna 5", "'vlna' is not understood behind the addresses, "
			"expected one of: vlan, src-mac, dst-mac, type, code, id, spi, ethertype, "
			"fragment" },
	};

	for (size_t i = 0; i < NB_ARRAY_SIZE(cases); i++) {
		NB_CLEANUP(nb_text_done) struct nb_text why = { 0 };
		struct nb_flow flow;

		assert_int_equal(nb_flow_parse(cases[i].text, &flow, &why), -EINVAL);
		assert_string_equal(why.text, cases[i].why);
	}
}

static void test_group_destination_has_its_mac(void **state)
{
	struct nb_flow flow = flow_of("udp 192.0.2.1:1 > 239.129.2.3:1");

	assert_true(flow.has_dst_mac && !flow.has_src_mac);
	assert_memory_equal(flow.dst_mac, ((uint8_t[]){ 0x01, 0, 0x5e, 0x01, 0x02, 0x03 }), 6);
	flow = flow_of("icmpv6 fe80::1 > ff02::1:ff00:2");
	assert_memory_equal(flow.dst_mac, ((uint8_t[]){ 0x33, 0x33, 0xff, 0, 0, 2 }), 6);
	flow = flow_of("arp 192.0.2.1 > 192.0.2.2");
	assert_memory_equal(flow.dst_mac, ((uint8_t[]){ 255, 255, 255, 255, 255, 255 }), 6);
	flow = flow_of("tcp 192.0.2.1:1 > 192.0.2.2:1");
	assert_false(flow.has_dst_mac);
}

static void test_frame_reads_back_as_its_flow(void **state)
{
	static const char *const texts[] = {
		"tcp 192.0.2.10:40000 > 198.51.100.7:443 vlan 5", "sctp [2001:db8::1]:1 > [::2]:2",
		"icmpv6 fe80::1 > fe80::2 type 128 code 0 id 7", "ah 192.0.2.1 > 192.0.2.2 spi 0x00000009",
		"udp 192.0.2.1 > 192.0.2.2 fragment", "udp fe80::1 > fe80::2 fragment",
		"arp 192.0.2.1 > 192.0.2.2", "eth ethertype 0x88cc",
	};

	for (size_t i = 0; i < NB_ARRAY_SIZE(texts); i++) {
		NB_CLEANUP(nb_text_done) struct nb_text out = { 0 };
		struct nb_flow flow = flow_of(texts[i]), back;
		uint8_t room[NB_FLOW_BYTES];
		struct nb_frame frame;

		nb_flow_frame(&flow, room, &frame);
		nb_flow_read(&frame, &back);
		nb_flow_format(&back, &out);
		assert_string_equal(out.text, texts[i]);
	}
}

#define MACS " src-mac 02:00:00:0a:0b:0c dst-mac 52:54:00:12:34:56"

/* By hand from the definitions; little endian, then big endian. */
static void test_hash_of_known_flows(void **state)
{
	/* 0x56 ^ 0x0c ^ 0x0800 */
	const uint32_t eth = 0x085a;
	/* 192.0.2.10 ^ 198.51.100.7 as words of each order */
	const uint32_t le = 0x0d663306, be = 0x0633660d;
	const char *tcp = "tcp 192.0.2.10:40000 > 198.51.100.7:443" MACS;
	uint32_t h;

	assert_int_equal(hash_of(tcp, BOND_XMIT_POLICY_LAYER2, false).value, eth);
	assert_int_equal(hash_of(tcp, BOND_XMIT_POLICY_VLAN_SRCMAC, false).value, 0x020000 ^ 0x0a0b0c);
	h = eth ^ le;
	h ^= h >> 16;
	h ^= h >> 8;
	assert_int_equal(hash_of(tcp, BOND_XMIT_POLICY_LAYER23, false).value, h);
	assert_int_equal(hash_of(tcp, BOND_XMIT_POLICY_ENCAP23, false).value, h);
	/* 40000 = 0x9c40, 443 = 0x01bb */
	h = 0xbb01409c ^ le;
	h ^= h >> 16;
	h ^= h >> 8;
	assert_int_equal(hash_of(tcp, BOND_XMIT_POLICY_LAYER34, false).value, h >> 1);
	h = 0x9c4001bb ^ be;
	h ^= h >> 16;
	h ^= h >> 8;
	assert_int_equal(hash_of(tcp, BOND_XMIT_POLICY_LAYER34, true).value, h >> 1);
}

static void test_hash_says_which_mac_matters(void **state)
{
	const char *tcp = "tcp 192.0.2.10:40000 > 198.51.100.7:443";

	assert_int_equal(hash_of(tcp, BOND_XMIT_POLICY_LAYER34, false).uses, 0);
	assert_int_equal(hash_of(tcp, BOND_XMIT_POLICY_LAYER2, false).uses,
		NB_HASH_SRC_MAC | NB_HASH_DST_MAC);
	assert_int_equal(
		hash_of(tcp, BOND_XMIT_POLICY_VLAN_SRCMAC, false).uses, NB_HASH_SRC_MAC);
	assert_int_equal(hash_of("arp 192.0.2.1 > 192.0.2.2", BOND_XMIT_POLICY_LAYER34, false).uses,
		NB_HASH_SRC_MAC | NB_HASH_DST_MAC);
}

static void test_hash_that_cannot_be_known(void **state)
{
	struct nb_hash hash =
		hash_of("tcp 192.0.2.10:40000 > 198.51.100.7:443", BOND_XMIT_POLICY_ENCAP34, false);
	struct nb_flow flow = flow_of("tcp 192.0.2.10:40000 > 198.51.100.7:443");
	uint8_t room[NB_FLOW_BYTES];
	struct nb_frame frame;

	assert_true(!hash.known && hash.unless_socket && hash.why);
	hash = hash_of("icmp 192.0.2.1 > 192.0.2.2 id 9", BOND_XMIT_POLICY_ENCAP34, false);
	assert_true(hash.known);
	nb_flow_frame(&flow, room, &frame);
	frame.size = ETH_HLEN + 22; /* a capture of 36 bytes */
	assert_true(nb_hash_frame(&frame, BOND_XMIT_POLICY_LAYER23, false).known);
	assert_false(nb_hash_frame(&frame, BOND_XMIT_POLICY_LAYER34, false).known);
	frame.length = frame.size; /* a frame that was sent so short */
	assert_true(nb_hash_frame(&frame, BOND_XMIT_POLICY_LAYER34, false).known);
	assert_false(nb_hash_frame(&frame, NB_HASH_POLICIES, false).known);
}

static void test_tag_leaves_the_bytes_of_a_frame(void **state)
{
	static const uint8_t wire[] = { 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 0x81, 0, 0x60, 5, 8, 6,
		0xaa, 0xbb };
	uint8_t room[sizeof(wire)];
	struct nb_frame frame;

	assert_int_equal(nb_frame_init(wire, sizeof(wire), 64, room, &frame), 0);
	assert_true(frame.tagged);
	assert_int_equal(frame.tci, 0x6005);
	assert_int_equal(frame.tpid, ETH_P_8021Q);
	assert_int_equal(nb_frame_ethertype(&frame), ETH_P_ARP);
	assert_int_equal(frame.size, sizeof(wire) - 4);
	assert_int_equal(frame.length, 60);
	assert_memory_equal(frame.bytes + ETH_HLEN, wire + 18, 2);
	assert_int_equal(nb_frame_init(wire, 13, 13, room, &frame), -EINVAL);
	assert_int_equal(nb_frame_init(wire, 15, 15, room, &frame), -EINVAL);
}

static struct nb_choice choose(unsigned mode, unsigned usable, const char *text, bool dynamic)
{
	struct nb_hash_slave slaves[3] = { { .name = "e0", .usable = usable & 1 },
		{ .name = "e1", .usable = usable & 2, .active = true },
		{ .name = "e2", .usable = usable & 4 } };
	struct nb_hash_bond bond = { .mode = mode, .policy = BOND_XMIT_POLICY_LAYER34,
		.tlb_dynamic_lb = dynamic, .slaves = slaves, .n_slaves = 3 };
	struct nb_flow flow = flow_of(text);
	uint8_t room[NB_FLOW_BYTES];
	struct nb_frame frame;

	nb_flow_frame(&flow, room, &frame);
	return nb_hash_choose(&bond, &frame);
}

static void test_choice_of_each_mode(void **state)
{
	static const struct {
		unsigned mode, usable;
		const char *flow;
		bool dynamic;
		enum nb_choice_kind kind;
		size_t slave;
	} cases[] = {
#define TCP "tcp 192.0.2.10:40000 > 198.51.100.7:443" MACS
		/* its hash is 5b68d11c, and that modulo 3, 2 and 1 */
		{ BOND_MODE_XOR, 7, TCP, false, NB_CHOICE_ONE, 0x5b68d11c % 3 },
		{ BOND_MODE_8023AD, 6, TCP, false, NB_CHOICE_ONE, 1 + 0x5b68d11c % 2 },
		{ BOND_MODE_XOR, 4, TCP, false, NB_CHOICE_ONE, 2 },
		{ BOND_MODE_XOR, 0, TCP, false, NB_CHOICE_NONE, 0 },
		{ BOND_MODE_ROUNDROBIN, 7, TCP, false, NB_CHOICE_UNKNOWN, 0 },
		{ BOND_MODE_ROUNDROBIN, 2, TCP, false, NB_CHOICE_ONE, 1 },
		{ BOND_MODE_ACTIVEBACKUP, 7, TCP, false, NB_CHOICE_ONE, 1 },
		{ BOND_MODE_ACTIVEBACKUP, 5, TCP, false, NB_CHOICE_ONE, 1 },
		{ BOND_MODE_BROADCAST, 7, TCP, false, NB_CHOICE_ALL, 0 },
		{ BOND_MODE_TLB, 7, TCP, true, NB_CHOICE_UNKNOWN, 0 },
		{ BOND_MODE_TLB, 7, TCP, false, NB_CHOICE_ONE, 0x5b68d11c % 3 },
		{ BOND_MODE_TLB, 7, "arp 192.0.2.1 > 192.0.2.2", false, NB_CHOICE_ONE, 1 },
		{ BOND_MODE_TLB, 7, "udp 192.0.2.1:1 > 239.1.1.1:1", true, NB_CHOICE_ONE, 1 },
		{ BOND_MODE_TLB, 7, "icmpv6 fe80::1 > fe80::2 type 136" MACS, true, NB_CHOICE_ONE, 1 },
		{ BOND_MODE_ALB, 7, TCP, true, NB_CHOICE_UNKNOWN, 0 },
		{ BOND_MODE_ALB, 7, TCP, false, NB_CHOICE_ONE, 0x5b68d11c % 3 },
		{ BOND_MODE_ALB, 7, "arp 192.0.2.1 > 192.0.2.2", false, NB_CHOICE_UNKNOWN, 0 },
		{ BOND_MODE_ALB, 7, "igmp 192.0.2.1 > 224.0.0.22", false, NB_CHOICE_ONE, 1 },
		{ BOND_MODE_ALB, 7, "udp [::]:1 > [fe80::2]:1" MACS, false, NB_CHOICE_ONE, 1 },
	};

	for (size_t i = 0; i < NB_ARRAY_SIZE(cases); i++) {
		struct nb_choice choice = choose(
			cases[i].mode, cases[i].usable, cases[i].flow, cases[i].dynamic);

		if (choice.kind != cases[i].kind ||
			(choice.kind == NB_CHOICE_ONE && choice.slave != cases[i].slave))
			fail_msg("case %zu: kind %d slave %zu hash %08x", i, choice.kind, choice.slave,
				choice.hash);
		assert_non_null(choice.why);
	}
}

/* What a bond does without one of its slaves; the letters: u usable, b a spare, - down. */
static struct nb_choice lose(unsigned mode, const char *states, size_t down, size_t primary, int64_t prio)
{
	struct nb_hash_slave slaves[3] = { { .name = "e0" }, { .name = "e1" }, { .name = "e2" } };
	struct nb_hash_bond bond = { .mode = mode, .policy = BOND_XMIT_POLICY_LAYER34,
		.slaves = slaves, .n_slaves = 3 };
	NB_CLEANUP(nb_hash_bond_done) struct nb_hash_bond other = { 0 };
	struct nb_flow flow = flow_of(mode == BOND_MODE_TLB ? "arp 192.0.2.1 > 192.0.2.2" : TCP);
	uint8_t room[NB_FLOW_BYTES];
	struct nb_frame frame;

	for (size_t i = 0; i < 3; i++) {
		slaves[i].usable = states[i] == 'u';
		slaves[i].up = states[i] != '-';
		slaves[i].active = i == 1 && (mode == BOND_MODE_ACTIVEBACKUP || mode == BOND_MODE_TLB);
		slaves[i].primary = i == primary;
	}
	slaves[2].prio = prio;
	nb_flow_frame(&flow, room, &frame);
	assert_int_equal(nb_hash_bond_lose(&bond, down, &other), 0);
	assert_true(slaves[down].up == (states[down] != '-')); /* it is a copy that has changed */
	return nb_hash_choose(&other, &frame);
}

static void test_what_the_loss_of_a_slave_changes(void **state)
{
	static const struct {
		unsigned mode;
		const char *states;
		size_t down, primary;
		int64_t prio;
		enum nb_choice_kind kind;
		size_t slave;
		const char *why;
	} cases[] = {
#define BECOMES "it becomes the active slave"
		{ BOND_MODE_ACTIVEBACKUP, "bub", 0, 9, 0, NB_CHOICE_ONE, 1, "it is the active slave" },
		{ BOND_MODE_ACTIVEBACKUP, "bu-", 1, 9, 0, NB_CHOICE_ONE, 0, "as the only one left " BECOMES },
		{ BOND_MODE_ACTIVEBACKUP, "-u-", 1, 9, 0, NB_CHOICE_NONE, 0, "no slave is usable" },
		{ BOND_MODE_ACTIVEBACKUP, "bub", 1, 9, 0, NB_CHOICE_ONE, 0,
			"as the first in the driver's list " BECOMES },
		{ BOND_MODE_ACTIVEBACKUP, "bub", 1, 9, 1, NB_CHOICE_ONE, 2, "by its prio " BECOMES },
		{ BOND_MODE_ACTIVEBACKUP, "bub", 1, 9, -1, NB_CHOICE_ONE, 0, "by its prio " BECOMES },
		{ BOND_MODE_ACTIVEBACKUP, "bub", 1, 2, -1, NB_CHOICE_ONE, 2, "as the primary " BECOMES },
		{ BOND_MODE_ACTIVEBACKUP, "bu-", 1, 2, 9, NB_CHOICE_ONE, 0, "as the only one left " BECOMES },
		{ BOND_MODE_TLB, "uuu", 1, 2, 0, NB_CHOICE_ONE, 2, "as the primary " BECOMES },
		{ BOND_MODE_TLB, "uuu", 0, 2, 0, NB_CHOICE_ONE, 1, "multicast and broadcast go by the active slave" },
		{ BOND_MODE_XOR, "uuu", 0, 9, 0, NB_CHOICE_ONE, 1 + 0x5b68d11c % 2, "the hash policy" },
		{ BOND_MODE_XOR, "-u-", 1, 9, 0, NB_CHOICE_NONE, 0, "no slave is usable" },
		{ BOND_MODE_8023AD, "uub", 0, 9, 0, NB_CHOICE_ONE, 1, "it is the only usable slave" },
		{ BOND_MODE_8023AD, "-ub", 1, 9, 0, NB_CHOICE_UNKNOWN, 0,
			"the driver turns to another aggregator, and which one depends on its partner" },
		{ BOND_MODE_8023AD, "-u-", 1, 9, 0, NB_CHOICE_NONE, 0, "no slave is usable" },
	};

	for (size_t i = 0; i < NB_ARRAY_SIZE(cases); i++) {
		struct nb_choice choice = lose(cases[i].mode, cases[i].states, cases[i].down,
			cases[i].primary, cases[i].prio);

		if (choice.kind != cases[i].kind ||
			(choice.kind == NB_CHOICE_ONE && choice.slave != cases[i].slave))
			fail_msg("case %zu: kind %d slave %zu", i, choice.kind, choice.slave);
		assert_string_equal(choice.why, cases[i].why);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_flow_is_read_and_printed_the_same),
		cmocka_unit_test(test_wrong_flow_says_what_is_allowed),
		cmocka_unit_test(test_group_destination_has_its_mac),
		cmocka_unit_test(test_frame_reads_back_as_its_flow),
		cmocka_unit_test(test_hash_of_known_flows),
		cmocka_unit_test(test_hash_says_which_mac_matters),
		cmocka_unit_test(test_hash_that_cannot_be_known),
		cmocka_unit_test(test_tag_leaves_the_bytes_of_a_frame),
		cmocka_unit_test(test_choice_of_each_mode),
		cmocka_unit_test(test_what_the_loss_of_a_slave_changes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
