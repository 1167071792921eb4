/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The kernel's tables of /proc/net, as stack reads them. */
#include "tests/unit/unit.h"

#include <string.h>

#include "cli/objects.h"
#include "cli/stack-proc.h"

static void check_type(struct json_object *list, size_t i, const char *type, const char *device,
	const char *function)
{
	struct json_object *map = json_object_array_get_idx(list, i);

	assert_string_equal(nbc_get_text(map, "type"), type);
	assert_string_equal(nbc_get_text(map, "device"), device);
	assert_string_equal(nbc_get_text(map, "function"), function);
}

static void test_packet_types_with_and_without_device_and_module(void **state)
{
	struct json_object *list = nbc_proc_ptype("Type Device      Function\n"
						  "ALL  eth0     packet_rcv\n"
						  "ALL           packet_rcv\n"
						  "0800          ip_rcv\n"
						  "0004          llc_rcv [llc]\n"
						  "88cc bond0    packet_rcv+0x0/0x4e0\n"
						  "86dd          ipv6_rcv [ipv6]\n"
						  "\n"
						  "nonsense\n");

	assert_int_equal(json_object_array_length(list), 6);
	check_type(list, 0, "ALL", "eth0", "packet_rcv");
	check_type(list, 1, "ALL", "", "packet_rcv");
	check_type(list, 2, "0800", "", "ip_rcv");
	check_type(list, 3, "0004", "", "llc_rcv");
	check_type(list, 4, "88cc", "bond0", "packet_rcv+0x0/0x4e0");
	check_type(list, 5, "86dd", "", "ipv6_rcv");
	assert_string_equal(nbc_get_text(json_object_array_get_idx(list, 5), "name"), "IPv6");
	json_object_put(list);
}

static void test_protocols_are_those_with_sockets(void **state)
{
	struct json_object *list = nbc_proc_protocols(
		"protocol  size sockets  memory press maxhdr  slab module     cl co di\n"
		"PACKET    1600      2      -1   NI       0   no   kernel      n  n  n\n"
		"TCPv6     2400      0       5   no     320   yes  kernel      y  y  y\n"
		"TCP       2200     13       5   no     320   yes  kernel      y  y  y\n");

	assert_int_equal(json_object_array_length(list), 2);
	assert_string_equal(nbc_get_text(json_object_array_get_idx(list, 1), "name"), "TCP");
	assert_int_equal(nbc_get_number(json_object_array_get_idx(list, 1), "sockets"), 13);
	json_object_put(list);
}

static void test_counters_of_both_forms(void **state)
{
	struct json_object *map = nb_json_map();

	nbc_proc_counters("Ip: Forwarding InReceives\nIp: 2 54321\n"
			  "Tcp: RtoAlgorithm MaxConn InSegs\nTcp: 1 -1 7\n", map);
	nbc_proc_counters("Ip6InReceives                   \t12\nUdp6NoPorts\t3\n", map);
	assert_int_equal(nbc_get_number(map, "IpInReceives"), 54321);
	assert_int_equal(nbc_get_number(map, "TcpInSegs"), 7);
	assert_int_equal(json_object_get_int64(nbc_get(map, "TcpMaxConn")), -1);
	assert_int_equal(nbc_get_number(map, "Ip6InReceives"), 12);
	assert_int_equal(nbc_get_number(map, "Udp6NoPorts"), 3);
	json_object_put(map);
}

static void test_what_makes_no_sense_is_passed_over(void **state)
{
	static const char *const texts[] = { "", "\n\n", ":", "Ip:\nIp:\n", "Ip: A B\nTcp: 1 2\n",
		"Ip: A B C\nIp: 1\n", "Ip: A\n", "x y z\n", "\xff\xfe\n", "Ip: A\nIp: zz\n" };

	for (size_t i = 0; i < NB_ARRAY_SIZE(texts); i++) {
		struct json_object *map = nb_json_map();

		nbc_proc_counters(texts[i], map);
		assert_true(json_object_object_length(map) <= 1);
		json_object_put(map);
		json_object_put(nbc_proc_ptype(texts[i]));
		json_object_put(nbc_proc_protocols(texts[i]));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_packet_types_with_and_without_device_and_module),
		cmocka_unit_test(test_protocols_are_those_with_sockets),
		cmocka_unit_test(test_counters_of_both_forms),
		cmocka_unit_test(test_what_makes_no_sense_is_passed_over),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
