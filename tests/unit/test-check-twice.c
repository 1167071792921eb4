/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tests/unit/check.h"

#define NET "bond:bond0 address=192.0.2.10/24 address=2001:db8::10/64 "

static void test_bonds_are_told_apart(void **state)
{
	static const struct rules_case cases[] = {
		{ "the same name in another namespace is another bond",
			"ns:a bond:bond0 bond:blue name=bond0 namespace=a", "" },
		{ "the same name twice is an error", "bond:bond0 bond:blue name=bond0",
			"error at name=bond0 and bond:bond0: blue: bond0 declares the same "
			"bond: bond0 = keep one of the two, or give one another name or "
			"namespace\n" },
		{ "the same through a shared net as well",
			"ns:a ns:b:share=a bond:red name=bond0 namespace=a bond:blue "
			"name=bond0 namespace=b",
			"error at name=bond0 and name=bond0: blue: red declares the same bond: "
			"bond0 in namespace a = keep one of the two, or give one another name "
			"or namespace\n" },
		{ "present and absent contradict each other",
			"bond:bond0 bond:gone name=bond0 absent=true",
			"error at name=bond0 and bond:bond0: gone: bond0 declares the same "
			"bond: bond0 = keep one of the two, or give one another name or "
			"namespace\n" },
	};

	CHECK_ALL(cases);
}

static void test_slaves_have_one_bond(void **state)
{
	static const struct rules_case cases[] = {
		{ "a slave stands once in a bond",
			"bond:bond0 slave:eth0 slave:eth1 slave:eth0 +queue-id=1",
			"error at slave:eth0 and slave:eth0: bond0: eth0 stands twice among "
			"the slaves = a device has one bond at most: take it out of one place\n" },
		{ "a slave stands in one bond", "bond:bond0 slave:eth0 bond:bond1 slave:eth0",
			"error at slave:eth0 and slave:eth0: bond1: eth0 is already a slave of "
			"bond0 = a device has one bond at most: take it out of one place\n" },
		{ "the third bond is told of the first",
			"bond:bond0 slave:eth0 bond:bond1 slave:eth0 bond:bond2 slave:eth0",
			"error at slave:eth0 and slave:eth0: bond1: eth0 is already a slave of "
			"bond0 = a device has one bond at most: take it out of one place\n"
			"error at slave:eth0 and slave:eth0: bond2: eth0 is already a slave of "
			"bond0 = a device has one bond at most: take it out of one place\n" },
		{ "an absent bond claims nothing", "bond:bond0 slave:eth0 bond:bond1 absent=true",
			"" },
		{ "in another namespace the name may mean another device",
			"ns:a bond:bond0 slave:eth0 bond:bond1 namespace=a slave:eth0", "" },
		{ "in a shared namespace it is the same device",
			"ns:a ns:b:share=a bond:bond0 namespace=a slave:eth0 bond:bond1 "
			"namespace=b slave:eth0",
			"error at slave:eth0 and slave:eth0: bond1: eth0 is already a slave of "
			"bond0 = a device has one bond at most: take it out of one place\n" },
		{ "the same permanent MAC is the same card",
			"bond:bond0 match: +permanent-mac=52:54:00:00:00:01 bond:bond1 match: "
			"+permanent-mac=52:54:00:00:00:01",
			"error at match: and match:: bond1: the card with permanent MAC "
			"52:54:00:00:00:01 is already a slave of bond0 = a device has one bond "
			"at most: take it out of one place\n" },
		{ "further conditions may tell two cards of one MAC apart",
			"bond:bond0 match: +permanent-mac=52:54:00:00:00:01 +driver=a "
			"bond:bond1 match: +permanent-mac=52:54:00:00:00:01 +driver=b",
			"" },
	};

	CHECK_ALL(cases);
}

static void test_queues_have_one_slave(void **state)
{
	static const struct rules_case cases[] = {
		{ "queues of their own are fine",
			"bond:bond0 slave:eth0 +queue-id=1 slave:eth1 +queue-id=16 slave:eth2 "
			"+queue-id=0 slave:eth3 +queue-id=0",
			"" },
		{ "a queue has one slave",
			"bond:bond0 slave:eth0 +queue-id=2 slave:eth1 +queue-id=2",
			"error at +queue-id=2 and +queue-id=2: bond0: slave eth1: queue-id 2 "
			"is that of slave eth0 too = a queue has one slave; 0 is no queue\n" },
		{ "another bond has its own queues",
			"bond:bond0 slave:eth0 +queue-id=2 bond:bond1 slave:eth1 +queue-id=2", "" },
	};

	CHECK_ALL(cases);
}

static void test_addresses_stand_once(void **state)
{
	static const struct rules_case cases[] = {
		{ "twice on a bond is an error",
			"bond:bond0 address=192.0.2.10/24 address=192.0.2.11/24 "
			"address=192.0.2.10/24",
			"error at address=192.0.2.10/24 and address=192.0.2.10/24: bond0: "
			"192.0.2.10/24 stands twice = keep one of the two\n" },
		{ "IPv6 stands once whatever its prefix length",
			"bond:bond0 address=2001:db8::1/64 address=2001:db8::1/48",
			"error at address=2001:db8::1/48 and address=2001:db8::1/64: bond0: "
			"2001:db8::1 stands with the prefix lengths 64 and 48: the kernel "
			"keeps an IPv6 address once = keep one of the two\n" },
		{ "on two bonds is an error whatever its prefix length",
			"bond:bond0 address=192.0.2.10/24 bond:bond1 address=192.0.2.10/32",
			"error at address=192.0.2.10/32 and address=192.0.2.10/24: bond1: "
			"192.0.2.10 is an address of bond0 too = an address belongs to one "
			"device of a namespace\n" },
		{ "link-local ones are each device's own",
			"bond:bond0 address=fe80::1/64 bond:bond1 address=fe80::1/64", "" },
		{ "another namespace has its own",
			"ns:a bond:bond0 address=192.0.2.10/24 bond:bond1 namespace=a "
			"address=192.0.2.10/24",
			"" },
		{ "two names of one namespace have not",
			"ns:a ns:b:share=a bond:bond0 namespace=a address=192.0.2.10/24 "
			"bond:bond1 namespace=b address=192.0.2.10/24",
			"error at address=192.0.2.10/24 and address=192.0.2.10/24: bond1: "
			"192.0.2.10 is an address of bond0 too = an address belongs to one "
			"device of a namespace\n" },
	};

	CHECK_ALL(cases);
}

static void test_routes_stand_once(void **state)
{
	static const struct rules_case cases[] = {
		{ "metrics and tables keep them apart",
			NET "route=10.0.0.0/8 route=10.0.0.0/8,metric=5 "
			    "route=10.0.0.0/8,table=100 route=10.0.0.0/9",
			"" },
		{ "twice on a bond is an error",
			NET "route=10.0.0.0/8,via=192.0.2.1 route=10.0.0.0/8",
			"error at route=10.0.0.0/8 and route=10.0.0.0/8,via=192.0.2.1: bond0: "
			"the route to 10.0.0.0/8 stands twice with one metric = keep one of "
			"the two, or give one another metric or table\n" },
		{ "an IPv6 metric of 0 is 1024",
			NET "route=::/0,via=2001:db8::1 route=default,via=2001:db8::2,metric=1024",
			"error at route=default,via=2001:db8::2,metric=1024 and "
			"route=::/0,via=2001:db8::1: bond0: the route to default stands twice "
			"with one metric = keep one of the two, or give one another metric or "
			"table\n" },
		{ "two bonds of a namespace do not share a default route",
			NET "route=default,via=192.0.2.1 bond:bond1 address=198.51.100.2/24 "
			    "route=default,via=198.51.100.1",
			"error at route=default,via=198.51.100.1 and "
			"route=default,via=192.0.2.1: bond1: the route to default stands on "
			"bond0 too, with the same metric = give one of the two another metric "
			"or table\n" },
		{ "two namespaces do",
			"ns:a " NET "route=default,via=192.0.2.1 bond:bond1 namespace=a "
			"address=198.51.100.2/24 route=default,via=198.51.100.1",
			"" },
	};

	CHECK_ALL(cases);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_bonds_are_told_apart),
		cmocka_unit_test(test_slaves_have_one_bond),
		cmocka_unit_test(test_queues_have_one_slave),
		cmocka_unit_test(test_addresses_stand_once),
		cmocka_unit_test(test_routes_stand_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
