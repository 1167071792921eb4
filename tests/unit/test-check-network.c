/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tests/unit/check.h"

#define HOST_HINT " = a bond takes addresses of a host, such as 192.0.2.10/24\n"

#define NET "bond:bond0 address=192.0.2.10/24 address=2001:db8::10/64 "

static void test_addresses_are_those_of_a_host(void **state)
{
	static const struct rules_case cases[] = {
		{ "hosts of both families are fine",
			"bond:bond0 address=192.0.2.10/24 address=10.0.0.0/31 "
			"address=10.0.0.255/32 address=2001:db8::/64 address=fe80::1/64 "
			"address=192.0.2.10/25",
			"" },
		{ "0.0.0.0 is none", "bond:bond0 address=0.0.0.0/24",
			"error at address=0.0.0.0/24: bond0: 0.0.0.0/24 is the unspecified "
			"address"
			HOST_HINT },
		{ ":: is none", "bond:bond0 address=::/64",
			"error at address=::/64: bond0: ::/64 is the unspecified address"
			HOST_HINT },
		{ "IPv4 multicast is none", "bond:bond0 address=224.0.0.5/24",
			"error at address=224.0.0.5/24: bond0: 224.0.0.5/24 is a multicast "
			"address"
			HOST_HINT },
		{ "IPv6 multicast is none", "bond:bond0 address=ff02::5/64",
			"error at address=ff02::5/64: bond0: ff02::5/64 is a multicast address"
			HOST_HINT },
		{ "127.0.0.1 is lo's", "bond:bond0 address=127.0.0.1/8",
			"error at address=127.0.0.1/8: bond0: 127.0.0.1/8 is a loopback address"
			HOST_HINT },
		{ "::1 is lo's", "bond:bond0 address=::1/128",
			"error at address=::1/128: bond0: ::1/128 is a loopback address"
			HOST_HINT },
		{ "255.255.255.255 is everybody", "bond:bond0 address=255.255.255.255/32",
			"error at address=255.255.255.255/32: bond0: 255.255.255.255/32 is the "
			"broadcast address"
			HOST_HINT },
		{ "so is the highest of a network", "bond:bond0 address=192.0.2.127/25",
			"error at address=192.0.2.127/25: bond0: 192.0.2.127/25 is the "
			"broadcast address of its network = its hosts are 192.0.2.1 to "
			"192.0.2.126\n" },
		{ "the lowest of a network is a warning", "bond:bond0 address=192.0.2.128/25",
			"warning at address=192.0.2.128/25: bond0: 192.0.2.128/25 is the "
			"address of the network itself = its hosts are 192.0.2.129 to "
			"192.0.2.254\n" },
		{ "labels are IPv4's", "bond:bond0 address=192.0.2.10/24,label=bond0:1", "" },
		{ "IPv6 has no label", "bond:bond0 address=2001:db8::1/64,label=bond0:1",
			"error at address=2001:db8::1/64,label=bond0:1: bond0: 2001:db8::1/64 "
			"has a label, which only IPv4 addresses have = leave label out\n" },
	};

	CHECK_ALL(cases);
}

static void test_routes_lead_somewhere(void **state)
{
	static const struct rules_case cases[] = {
		{ "routers of the bond's networks are fine",
			NET "route=default,via=192.0.2.1 route=default,via=2001:db8::1 "
			    "route=10.0.0.0/8,via=192.0.2.1,src=192.0.2.10 "
			    "route=2001:db8:1::/48,via=fe80::1 route=10.9.0.0/16 "
			    "route=10.8.0.0/16,via=2001:db8::1",
			"" },
		{ "default takes its family from via", NET "route=default",
			"error at route=default: bond0: a route to default needs a via, which "
			"tells its family = without via write to: 0.0.0.0/0 or to: '::/0'\n" },
		{ "a prefix tells its family", NET "route=0.0.0.0/0 route=::/0", "" },
		{ "a destination is a network", NET "route=10.1.2.3/24,via=192.0.2.1",
			"error at route=10.1.2.3/24,via=192.0.2.1: bond0: 10.1.2.3/24 has bits "
			"set behind its prefix length = the network is 10.1.2.0/24\n" },
		{ "an IPv6 destination is one as well", NET "route=2001:db8:1:1::/48",
			"error at route=2001:db8:1:1::/48: bond0: 2001:db8:1:1::/48 has bits "
			"set behind its prefix length = the network is 2001:db8:1::/48\n" },
		{ "a router elsewhere is a warning", NET "route=10.0.0.0/8,via=198.51.100.1",
			"warning at route=10.0.0.0/8,via=198.51.100.1: bond0: via 198.51.100.1 "
			"is in no network of the bond: the kernel refuses such a route = add "
			"an address of its network or a route to it without via, or set "
			"onlink: true\n" },
		{ "onlink says it is there", NET "route=10.0.0.0/8,via=198.51.100.1,onlink", "" },
		{ "a route without via makes it reachable",
			NET "route=198.51.100.1/32 route=10.0.0.0/8,via=198.51.100.1", "" },
		{ "onlink without via is an error", NET "route=10.0.0.0/8,onlink",
			"error at route=10.0.0.0/8,onlink: bond0: the route to 10.0.0.0/8 has "
			"onlink but no via = leave onlink out, or name the router in via\n" },
		{ "a router has an address of a host", NET "route=10.0.0.0/8,via=224.0.0.1",
			"error at route=10.0.0.0/8,via=224.0.0.1: bond0: via 224.0.0.1 is a "
			"multicast address = via is the address of a router\n" },
		{ "a network's broadcast is none", NET "route=10.0.0.0/8,via=192.0.2.255",
			"error at route=10.0.0.0/8,via=192.0.2.255: bond0: via 192.0.2.255 is "
			"the broadcast address of its network = via is the address of a "
			"router\n" },
		{ "the bond is not its own router", NET "route=10.0.0.0/8,via=192.0.2.10",
			"error at route=10.0.0.0/8,via=192.0.2.10: bond0: via 192.0.2.10 is an "
			"address of the bond itself = via is the address of the router\n" },
		{ "IPv6 does not go via IPv4", NET "route=2001:db8:1::/48,via=192.0.2.1",
			"error at route=2001:db8:1::/48,via=192.0.2.1: bond0: the IPv6 route "
			"to 2001:db8:1::/48 cannot go via the IPv4 address 192.0.2.1 = name "
			"the IPv6 address of the router\n" },
		{ "src is of the route's family", NET "route=10.0.0.0/8,src=2001:db8::10",
			"error at route=10.0.0.0/8,src=2001:db8::10: bond0: src 2001:db8::10 "
			"is of another family than the route to 10.0.0.0/8 = name an IPv4 "
			"address of the bond\n" },
		{ "a foreign src is a warning", NET "route=10.0.0.0/8,src=192.0.2.99",
			"warning at route=10.0.0.0/8,src=192.0.2.99: bond0: src 192.0.2.99 is "
			"no address of the bond = the kernel refuses the route unless another "
			"device of the namespace has that address\n" },
	};

	CHECK_ALL(cases);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_addresses_are_those_of_a_host),
		cmocka_unit_test(test_routes_lead_somewhere),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
