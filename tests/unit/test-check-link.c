/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tests/unit/check.h"

static void test_names_of_the_kernel_are_taken(void **state)
{
	static const struct rules_case cases[] = {
		{ "lo is no name for a bond", "bond:lo",
			"error at bond:lo: lo: no bond can have the name lo = the kernel uses "
			"it for something else; bond0 is usual\n" },
		{ "nor is a name of the kernel's own", "bond:b name=bonding_masters",
			"error at name=bonding_masters: b: no bond can have the name "
			"bonding_masters = the kernel uses it for something else; bond0 is "
			"usual\n" },
	};

	CHECK_ALL(cases);
}

static void test_absent_stands_alone(void **state)
{
	static const struct rules_case cases[] = {
		{ "absent may have a name and a namespace",
			"ns:a bond:old absent=true name=bond0 namespace=a", "" },
		{ "absent has nothing else", "bond:old mtu=1500 absent=true miimon=100 slave:eth0",
			"error at mtu=1500 and absent=true: old: mtu cannot stand beside "
			"absent: true = a bond that shall not exist has only name and "
			"namespace\n"
			"error at miimon=100 and absent=true: old: miimon cannot stand beside "
			"absent: true = a bond that shall not exist has only name and "
			"namespace\n"
			"error at slave:eth0 and absent=true: old: slaves cannot stand beside "
			"absent: true = a bond that shall not exist has only name and "
			"namespace\n" },
		{ "absent: false says nothing", "bond:bond0 absent=false mtu=1500", "" },
	};

	CHECK_ALL(cases);
}

static void test_mac_is_one_the_kernel_uses(void **state)
{
	static const struct rules_case cases[] = {
		{ "a local address is fine", "bond:bond0 mac=02:00:00:00:00:11", "" },
		{ "zero is none", "bond:bond0 mac=00:00:00:00:00:00",
			"error at mac=00:00:00:00:00:00: bond0: mac 00:00:00:00:00:00 is no "
			"address of a device = the first byte of a device's address is even, "
			"and not all bytes are 0; 02:00:00:00:00:01 is one\n" },
		{ "a multicast address is none", "bond:bond0 mac=01:00:5e:00:00:01",
			"error at mac=01:00:5e:00:00:01: bond0: mac 01:00:5e:00:00:01 is a "
			"multicast address = the first byte of a device's address is even, and "
			"not all bytes are 0; 02:00:00:00:00:01 is one\n" },
		{ "with fail-over-mac none it is used",
			"bond:bond0 mode=1 fail-over-mac=none mac=02:00:00:00:00:11", "" },
		{ "with fail-over-mac active it is not",
			"bond:bond0 mode=1 fail-over-mac=active mac=02:00:00:00:00:11",
			"error at mac=02:00:00:00:00:11 and fail-over-mac=active: bond0: with "
			"fail-over-mac active the kernel takes a mac and ignores it = leave "
			"mac out, or fail-over-mac\n" },
		{ "with fail-over-mac follow it is not, wherever it comes from",
			"bond:bond0 mode=1 fail-over-mac=follow mac=first-slave slave:eth0",
			"error at mac=first-slave and fail-over-mac=follow: bond0: with "
			"fail-over-mac follow the kernel takes a mac and ignores it = leave "
			"mac out, or fail-over-mac\n" },
		{ "in other modes fail-over-mac itself idles",
			"bond:bond0 mode=0 fail-over-mac=active mac=02:00:00:00:00:11",
			"warning at fail-over-mac=active and mode=0: bond0: fail-over-mac has "
			"no effect in mode balance-rr = it works in active-backup\n" },
		{ "first-slave of nobody is a warning", "bond:bond0 slaves= mac=first-slave",
			"warning at mac=first-slave: bond0: mac: first-slave has no effect on "
			"a bond without slaves = list the slaves, or leave mac out\n" },
	};

	CHECK_ALL(cases);
}

static void test_mtu_is_in_range_and_leaves_ipv6_alive(void **state)
{
	static const struct rules_case cases[] = {
		{ "jumbo frames are fine", "bond:bond0 mtu=9000 address=2001:db8::1/64", "" },
		{ "68 is the least, without IPv6", "bond:bond0 mtu=68 address=192.0.2.1/24", "" },
		{ "67 is too small", "bond:bond0 mtu=67",
			"error at mtu=67: bond0: mtu 67 is out of range = 68 to 65535 bytes "
			"are allowed\n" },
		{ "65536 is too large", "bond:bond0 mtu=65536",
			"error at mtu=65536: bond0: mtu 65536 is out of range = 68 to 65535 "
			"bytes are allowed\n" },
		{ "1280 is the least with IPv6", "bond:bond0 mtu=1280 address=2001:db8::1/64", "" },
		{ "1279 takes IPv6 addresses off", "bond:bond0 mtu=1279 address=2001:db8::1/64",
			"error at mtu=1279 and address=2001:db8::1/64: bond0: mtu 1279 is too "
			"small for the IPv6 on this bond: the kernel takes IPv6 off below 1280 "
			"= use an mtu of 1280 or more, or no IPv6 addresses and routes\n" },
		{ "1279 takes IPv6 routes off", "bond:bond0 mtu=1279 route=2001:db8::/32",
			"error at mtu=1279 and route=2001:db8::/32: bond0: mtu 1279 is too "
			"small for the IPv6 on this bond: the kernel takes IPv6 off below 1280 "
			"= use an mtu of 1280 or more, or no IPv6 addresses and routes\n" },
	};

	CHECK_ALL(cases);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_names_of_the_kernel_are_taken),
		cmocka_unit_test(test_absent_stands_alone),
		cmocka_unit_test(test_mac_is_one_the_kernel_uses),
		cmocka_unit_test(test_mtu_is_in_range_and_leaves_ipv6_alive),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
