/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Rules of addresses and routes. */
#include "tests/model/scenario.h"

#define BOND                                                            \
	"nic v0\nnic v1\ncreate bond0 mode=active-backup miimon=100 up\n" \
	"enslave v0 bond0\nenslave v1 bond0\n"
#define A4 "addr+ bond0 192.0.2.1/24\n"
#define A6 "addr+ bond0 2001:db8::1/64 nodad\n"

const struct nb_scenario nb_scenarios_l3[] = {
	/* addresses */
	{ "an IPv4 address is added once",
		BOND A4 "? bond0 addr=192.0.2.1/24\naddr+ bond0 192.0.2.1/24 -> EEXIST\n"
		"addr+ bond0 192.0.2.1/24 tolerant" },
	{ "the same IPv4 address with another prefix length is another address",
		BOND A4 "addr+ bond0 192.0.2.1/25\n? bond0 addr=192.0.2.1/24 addr=192.0.2.1/25" },
	{ "the same IPv6 address with another prefix length is refused",
		BOND A6 "addr+ bond0 2001:db8::1/48 nodad -> EEXIST\n"
		"addr+ bond0 2001:db8::1/64 -> EEXIST" },
	{ "a second IPv4 address of a subnet is secondary to the first",
		BOND A4 "addr+ bond0 192.0.2.2/24\n"
		"? bond0 secondary=192.0.2.2/24 !secondary=192.0.2.1/24" },
	{ "the secondaries of an IPv4 address go with it",
		BOND A4 "addr+ bond0 192.0.2.2/24\naddr+ bond0 192.0.2.3/24\n"
		"addr+ bond0 198.51.100.1/24\n"
		"addr- bond0 192.0.2.1/24\n"
		"? bond0 !addr=192.0.2.2/24 !addr=192.0.2.3/24 addr=198.51.100.1/24" },
	{ "a secondary goes alone",
		BOND A4 "addr+ bond0 192.0.2.2/24\naddr- bond0 192.0.2.2/24\n"
		"? bond0 addr=192.0.2.1/24" },
	{ "an address that is not there cannot be deleted",
		BOND "addr- bond0 192.0.2.1/24 -> EADDRNOTAVAIL\n"
		"addr- bond0 2001:db8::9/64 -> EADDRNOTAVAIL\n"
		"addr- bond0 192.0.2.1/24 tolerant\n" A4 "addr- bond0 192.0.2.1/25 -> "
		"EADDRNOTAVAIL\n" A6
		"addr- bond0 2001:db8::1/48 -> EADDRNOTAVAIL" },
	{ "an IPv4 address of a subnet in another scope is refused",
		BOND A4 "addr+ bond0 192.0.2.2/24 scope=253 -> EINVAL" },
	{ "addresses are taken by a bond that is down",
		"create bond0\naddr+ bond0 192.0.2.1/24\naddr+ bond0 2001:db8::1/64\n"
		"? bond0 addr=192.0.2.1/24 tentative=2001:db8::1/64" },
	{ "IPv4 addresses survive down and up, IPv6 ones do not",
		BOND A4 A6 "link bond0 down\n"
		"? bond0 addr=192.0.2.1/24 !addr=2001:db8::1/64 !linklocal\n"
		"link bond0 up\n? bond0 addr=192.0.2.1/24 !addr=2001:db8::1/64 linklocal" },
	{ "a bond has a link-local address once it is up with carrier",
		"nic v0\ncreate bond0 mode=active-backup miimon=100 up\n? bond0 !linklocal\n"
		"enslave v0 bond0\n? bond0 linklocal\n? v0 !linklocal" },
	{ "no link-local address is made with address generation mode none",
		"nic v0\ncreate bond0 mode=active-backup miimon=100 up\nlink bond0 gen=1\n"
		"enslave v0 bond0\n"
		"? bond0 !linklocal gen=1" },
	{ "the address generation mode comes after up in one message: too late",
		"nic v0\ncreate bond0 mode=active-backup miimon=100\nenslave v0 bond0\n"
		"link bond0 up gen=1\n? bond0 linklocal gen=1" },
	{ "a bond is created with its address generation mode",
		"nic v0\ncreate bond0 mode=active-backup miimon=100 gen=1\nenslave v0 bond0\n"
		"link bond0 up\n"
		"? bond0 !linklocal gen=1" },
	{ "addresses of a NIC stay when it is enslaved, and its IPv6 ones go when it is released",
		"nic v0\naddr+ v0 192.0.2.1/24\naddr+ v0 2001:db8::1/64 nodad\n"
		"create bond0 mode=active-backup miimon=100 up\nenslave v0 bond0\n"
		"? v0 addr=192.0.2.1/24 addr=2001:db8::1/64\nrelease v0\n"
		"? v0 addr=192.0.2.1/24 !addr=2001:db8::1/64" },
	{ "an MTU below 1280 ends IPv6, with its settings",
		BOND "link bond0 gen=1\n" A6 "link bond0 mtu=1279\n"
		"? bond0 !addr=2001:db8::1/64 !linklocal\n"
		"addr+ bond0 2001:db8::1/64 -> EINVAL\naddr- bond0 2001:db8::1/64 -> ENXIO\n"
		"addr- bond0 2001:db8::1/64 tolerant\n"
		"link bond0 mtu=1280\n? bond0 linklocal gen=0\n" A6 },
	{ "IPv4 does not mind a small MTU", BOND A4 "link bond0 mtu=1000\n"
		"? bond0 addr=192.0.2.1/24" },
	{ "a replaced address keeps its place and gets new times",
		BOND A4 "addr+ bond0 192.0.2.2/24\naddr+ bond0 192.0.2.1/24 replace preferred=0\n"
		"? bond0 addr=192.0.2.1/24 secondary=192.0.2.2/24" },
	{ "an MTU below 68 ends IPv4 (a VLAN takes one)",
		BOND "nic vl0 kind=vlan lower=bond0\naddr+ vl0 192.0.2.1/24\nlink vl0 mtu=60\n"
		"? vl0 addresses=0\naddr+ vl0 192.0.2.1/24 -> ENOBUFS\n"
		"addr- vl0 192.0.2.1/24 -> ENODEV\n"
		"link vl0 mtu=1500\naddr+ vl0 192.0.2.1/24" },

	/* IPv4 routes */
	{ "a route needs its gateway on a connected subnet",
		BOND "route+ bond0 default via=192.0.2.254 -> ENETUNREACH: Nexthop has invalid "
		"gateway\n" A4
		"route+ bond0 default via=192.0.2.254\n? bond0 route=default\n"
		"route+ bond0 10.0.0.0/8 via=198.51.100.1 -> ENETUNREACH" },
	{ "onlink spares the subnet",
		BOND A4 "route+ bond0 10.0.0.0/8 via=198.51.100.1 onlink\n"
		"? bond0 route=10.0.0.0/8" },
	{ "a route needs its device up",
		"create bond0\naddr+ bond0 192.0.2.1/24\n"
		"route+ bond0 10.0.0.0/8 -> ENETDOWN: Device for nexthop is not up\n"
		"route+ bond0 10.0.0.0/8 via=192.0.2.254 -> ENETUNREACH\n"
		"route+ bond0 10.0.0.0/8 via=192.0.2.254 onlink -> ENETDOWN: Nexthop device is "
		"not up" },
	{ "a gateway may lie behind a route without gateway",
		BOND A4 "route+ bond0 198.51.100.0/24\nroute+ bond0 10.0.0.0/8 via=198.51.100.1\n"
		"? bond0 route=10.0.0.0/8" },
	{ "a gateway may not lie behind another gateway",
		BOND A4 "route+ bond0 default via=192.0.2.254\n"
		"route+ bond0 10.0.0.0/8 via=198.51.100.1 -> "
		"ENETUNREACH" },
	{ "the broadcast address of a subnet is no gateway",
		BOND A4 "route+ bond0 10.0.0.0/8 via=192.0.2.255 -> EINVAL: Nexthop has invalid "
		"gateway" },
	{ "a source must be an address of this host",
		BOND A4 "route+ bond0 10.0.0.0/8 src=192.0.2.7 -> EINVAL: Invalid prefsrc address\n"
		"route+ bond0 10.0.0.0/8 src=192.0.2.1\n? bond0 route=10.0.0.0/8" },
	{ "the source may be the address of a device that is down",
		BOND A4 "create bond1\naddr+ bond1 203.0.113.1/32\n"
		"route+ bond0 10.0.0.0/8 src=203.0.113.1" },
	{ "the same prefix and metric is refused, another metric or table is not",
		BOND A4 "route+ bond0 10.0.0.0/8 via=192.0.2.254\n"
		"route+ bond0 10.0.0.0/8 via=192.0.2.253 -> EEXIST\n"
		"route+ bond0 10.0.0.0/8 via=192.0.2.253 tolerant\n"
		"route+ bond0 10.0.0.0/8 via=192.0.2.253 metric=5\n"
		"route+ bond0 10.0.0.0/8 via=192.0.2.253 table=77\n? bond0 route=10.0.0.0/8" },
	{ "the route of another device is in the way too, and is replaced on demand",
		BOND A4 "nic v7 up\naddr+ v7 198.51.100.1/24\n"
		"route+ bond0 default via=192.0.2.254\n"
		"route+ v7 default via=198.51.100.254 -> EEXIST\n"
		"route+ v7 default via=198.51.100.254 replace\n? v7 route=default\n"
		"? bond0 !route=default" },
	{ "a route like the connected one is refused",
		BOND A4 "route+ bond0 192.0.2.0/24 -> EEXIST\nroute+ bond0 192.0.2.0/24 metric=9" },
	{ "routes go when the bond goes down and do not return",
		BOND A4 "route+ bond0 default via=192.0.2.254\nroute+ bond0 10.0.0.0/8\n"
		"route+ bond0 10.0.0.0/8 table=77\nlink bond0 down\nlink bond0 up\n"
		"? bond0 !route=default !route=10.0.0.0/8\nroute+ bond0 default via=192.0.2.254" },
	{ "the last IPv4 address takes all IPv4 routes of the device with it",
		BOND A4 "route+ bond0 default via=192.0.2.254\nroute+ bond0 10.0.0.0/8\n"
		"route+ bond0 2001:db8:5::/48\naddr- bond0 192.0.2.1/24\n"
		"? bond0 !route=default !route=10.0.0.0/8 route=2001:db8:5::/48" },
	{ "a route through the subnet of an address that went stays while another address is there",
		BOND A4 "addr+ bond0 198.51.100.1/24\nroute+ bond0 default via=192.0.2.254\n"
		"addr- bond0 192.0.2.1/24\n? bond0 route=default" },
	{ "routes with the address as source go with it, those of other tables stay",
		BOND A4 "addr+ bond0 192.0.2.2/24\nroute+ bond0 10.0.0.0/8 src=192.0.2.2\n"
		"route+ bond0 11.0.0.0/8 src=192.0.2.2 table=77\naddr- bond0 192.0.2.2/24\n"
		"? bond0 !route=10.0.0.0/8 route=11.0.0.0/8" },
	{ "routes of other devices go with the source too",
		BOND A4 "addr+ bond0 192.0.2.2/24\nnic v7 up\nroute+ v7 10.0.0.0/8 src=192.0.2.2\n"
		"route+ v7 11.0.0.0/8 src=192.0.2.2 table=77\naddr- bond0 192.0.2.2/24\n"
		"? v7 !route=10.0.0.0/8 route=11.0.0.0/8" },
	{ "the TOS tells IPv4 routes apart",
		BOND A4 "route+ bond0 10.0.0.0/8 via=192.0.2.254\n"
		"route+ bond0 10.0.0.0/8 via=192.0.2.253 tos=16\n"
		"route+ bond0 10.0.0.0/8 via=192.0.2.252 tos=16 -> EEXIST\n"
		"route- bond0 10.0.0.0/8 tos=8 -> ESRCH\n"
		"route- bond0 10.0.0.0/8 via=192.0.2.253 tos=16\n? bond0 route=10.0.0.0/8\n"
		"route+ bond0 192.0.2.0/24 tos=16" },
	{ "metrics come back with the route that has them",
		BOND A4 A6 "route+ bond0 10.0.0.0/8 via=192.0.2.254 advmss=1300\n"
		"route+ bond0 2001:db8:5::/48 advmss=1300\nlink bond0 down\nlink bond0 up\n"
		"? bond0 !route=10.0.0.0/8\nroute+ bond0 10.0.0.0/8 via=192.0.2.254 advmss=1300" },
	{ "an address has its connected route under its own metric",
		BOND "addr+ bond0 192.0.2.1/24 metric=50\nroute+ bond0 192.0.2.0/24\n"
		"route+ bond0 192.0.2.0/24 metric=50 -> EEXIST\n"
		"addr+ bond0 2001:db8::1/64 metric=77 nodad\n"
		"addr+ bond0 192.0.2.1/24 metric=60 replace\n"
		"route+ bond0 192.0.2.0/24 metric=50" },
	{ "a route that is not there cannot be deleted",
		BOND A4 "route- bond0 10.0.0.0/8 -> ESRCH\nroute- bond0 10.0.0.0/8 tolerant\n"
		"route+ bond0 10.0.0.0/8 via=192.0.2.254\n"
		"route- bond0 10.0.0.0/8 via=192.0.2.253 -> ESRCH\n"
		"route- bond0 10.0.0.0/8 via=192.0.2.254\n? bond0 !route=10.0.0.0/8" },
	{ "losing the carrier keeps addresses and routes",
		BOND A4 A6 "route+ bond0 default via=192.0.2.254\nroute+ bond0 2001:db8:5::/48\n"
		"unplug v0\nunplug v1\ntick 3\n"
		"? bond0 !carrier addr=192.0.2.1/24 addr=2001:db8::1/64 route=default "
		"route=2001:db8:5::/48" },

	/* IPv6 routes */
	{ "an IPv6 gateway must be on a connected subnet or link-local",
		BOND "route+ bond0 default6 via=2001:db8::fe -> EHOSTUNREACH\n"
		"route+ bond0 default6 via=fe80::1\n? bond0 route=::/0\n"
		"route- bond0 default6 via=fe80::1\n" A6
		"route+ bond0 default6 via=2001:db8::fe\n? bond0 route=::/0" },
	{ "an IPv6 route needs its device up",
		"create bond0\nroute+ bond0 2001:db8:5::/48 -> ENETDOWN: Nexthop device is not up\n"
		"route+ bond0 default6 via=fe80::1 -> ENETDOWN\n"
		"route+ bond0 default6 via=2001:db8::fe onlink -> ENETDOWN" },
	{ "the device's own address is no IPv6 gateway",
		BOND A6 "route+ bond0 default6 via=2001:db8::1 -> EINVAL: Gateway can not be a "
		"local address" },
	{ "an IPv6 source must be an address that is not tentative",
		BOND A6 "route+ bond0 2001:db8:5::/48 src=2001:db8::9 -> EINVAL: Invalid source "
		"address\n"
		"route+ bond0 2001:db8:5::/48 src=2001:db8::1\ncreate bond1\n"
		"addr+ bond1 2001:db8:7::1/64\n"
		"route+ bond0 2001:db8:6::/48 src=2001:db8:7::1 -> EINVAL" },
	{ "an IPv6 route loses its source with the address and stays",
		BOND A6 "addr+ bond0 2001:db8::2/64 nodad\n"
		"route+ bond0 2001:db8:5::/48 src=2001:db8::2\n"
		"addr- bond0 2001:db8::2/64\n? bond0 route=2001:db8:5::/48" },
	{ "IPv6 routes go when the bond goes down",
		BOND A6 "route+ bond0 2001:db8:5::/48\nroute+ bond0 default6 via=fe80::1\n"
		"link bond0 down\n"
		"link bond0 up\n? bond0 !route=2001:db8:5::/48 !route=::/0" },
	{ "an IPv6 multipath route stays while one of its devices is up",
		BOND A6 "nic v7 up\nroute+ bond0 2001:db8:5::/48 via=fe80::1\n"
		"route+ v7 2001:db8:5::/48 via=fe80::1\nroute+ bond0 2001:db8:5::/48 via=fe80::2\n"
		"link bond0 down\n? bond0 route=2001:db8:5::/48\nlink v7 down\n"
		"? bond0 !route=2001:db8:5::/48\n? v7 !route=2001:db8:5::/48" },
	{ "the last IPv6 address leaves the IPv6 routes",
		BOND A6 "route+ bond0 2001:db8:5::/48\n"
		"route+ bond0 2001:db8:6::/48 via=2001:db8::fe\n"
		"addr- bond0 2001:db8::1/64\n? bond0 route=2001:db8:5::/48 route=2001:db8:6::/48" },
	{ "the same IPv6 route again is refused, another gateway joins it",
		BOND A6 "route+ bond0 2001:db8:5::/48 via=2001:db8::fe\n"
		"route+ bond0 2001:db8:5::/48 via=2001:db8::fe -> EEXIST\n"
		"route+ bond0 2001:db8:5::/48 via=2001:db8::fd\n"
		"route+ bond0 2001:db8:5::/48 via=2001:db8::fc metric=7" },
	{ "an IPv6 route is replaced on demand",
		BOND A6 "route+ bond0 2001:db8:5::/48 via=2001:db8::fe\n"
		"route+ bond0 2001:db8:5::/48 via=2001:db8::fd replace\n"
		"route- bond0 2001:db8:5::/48 via=2001:db8::fe -> ESRCH\n"
		"route- bond0 2001:db8:5::/48 via=2001:db8::fd" },
	{ "IPv6 below MTU 1280 has no routes",
		BOND A6 "route+ bond0 2001:db8:5::/48\nlink bond0 mtu=1000\n"
		"? bond0 !route=2001:db8:5::/48\n"
		"link bond0 mtu=1500\n? bond0 !route=2001:db8:5::/48" },
	{ "an address that is usable at once needs no waiting",
		BOND A6 "waitaddr bond0 2001:db8::1/64\n"
		"waitaddr bond0 2001:db8::2/64 -> EADDRNOTAVAIL" },
	{ "a bond with an active-backup slave is usable, without the only one it is not",
		"nic v0\nnic v1\ncreate bond0 mode=active-backup miimon=100 up\n"
		"wait bond0 -> EAGAIN\n"
		"enslave v0 bond0\nwait bond0\nwait bond0 but=v0 -> EAGAIN\nenslave v1 bond0\n"
		"wait bond0 but=v0" },
};
const size_t nb_scenarios_l3_count = NB_ARRAY_SIZE(nb_scenarios_l3);
