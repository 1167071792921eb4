/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Switches of the model: other kernels and sysctls, LACP partners, slow address detection. */
#include "tests/model/scenario.h"

#define M "only model\n"
#define TWO M "nic v0\nnic v1\n"
#define JOIN "enslave v0 bond0\nenslave v1 bond0\n"

const struct nb_scenario nb_scenarios_model[] = {
	{ "unknown attributes are taken without effect",
		M "create bond0 mode=802.3ad broadcast-neighbor=1 lacp-strict=1\n"
		"? bond0 broadcast-neighbor=absent lacp-strict=absent\nset bond0 mode=balance-rr\n"
		"set bond0 broadcast-neighbor=0" },
	{ "newer kernels know them in mode 4 and refuse them elsewhere",
		M "kernel 7.2\ncreate bond0 mode=802.3ad broadcast-neighbor=1 lacp-strict=1\n"
		"? bond0 broadcast-neighbor=true lacp-strict=true\n"
		"set bond0 mode=active-backup\nset bond0 lacp-strict=0 -> EACCES\n"
		"set bond0 mode=802.3ad lacp-strict=0\n? bond0 lacp-strict=false" },
	{ "setting the mode resets broadcast_neighbor and keeps lacp_strict",
		M "kernel 7.2\ncreate bond0 mode=802.3ad broadcast-neighbor=1 lacp-strict=1\n"
		"set bond0 mode=802.3ad\n? bond0 broadcast-neighbor=false lacp-strict=true" },
	{ "use_carrier cannot be turned off on newer kernels; what came before it stays",
		M "kernel 7.2\ncreate bond0\n"
		"set bond0 miimon=50 use-carrier=0 -> EINVAL: option obsolete, use_carrier "
		"cannot be disabled\n"
		"? bond0 miimon=50 use-carrier=true\nset bond0 use-carrier=1\n"
		"set bond0 use-carrier=2 -> EINVAL: option obsolete\n"
		"create bond1 use-carrier=0 -> EINVAL\n? bond1 gone" },
	{ "ad_select actor_port_prio is known on newer kernels",
		M "kernel 7.2\ncreate bond0 mode=802.3ad ad-select=actor_port_prio\n"
		"? bond0 ad-select=actor_port_prio\nset bond0 ad-select=4 -> EINVAL" },
	{ "newer kernels rename a device that is up, and drop a primary that is renamed",
		TWO "kernel 6.12\ncreate bond0 mode=active-backup miimon=100 primary=v1 up\n" JOIN
		"? bond0 primary=v1 active-slave=v1\nlink v1 name=v9\n"
		"? bond0 primary=absent active-slave=v0\n"
		"link v9 name=v1\n? bond0 primary=v1 active-slave=v1\nlink bond0 name=bond9\n"
		"? bond9 up" },
	{ "an option may be ignored by a kernel that dumps it",
		M "knob ignore=15\ncreate bond0 resend-igmp=7\n? bond0 resend-igmp=1" },
	{ "with fail_over_mac follow newer kernels keep the bond's MAC from a second slave",
		M "kernel 6.12\nnic v0 mac=02:00:00:00:00:01\nnic v1 mac=02:00:00:00:00:01\n"
		"create bond0 mode=active-backup miimon=100 fail-over-mac=follow up\n" JOIN
		"? v0 mac=02:00:00:00:00:01\n? v1 !mac=02:00:00:00:00:01\nrelease v1\n"
		"? v1 mac=02:00:00:00:00:01" },
	{ "promote_secondaries lets the next address take over",
		M "knob promote-secondaries\nnic v0 up\naddr+ v0 192.0.2.1/24\n"
		"addr+ v0 192.0.2.2/24\n"
		"addr+ v0 192.0.2.3/24\naddr- v0 192.0.2.1/24\n"
		"? v0 !secondary=192.0.2.2/24 addr=192.0.2.2/24 secondary=192.0.2.3/24" },
	{ "keep_addr_on_down keeps IPv6 addresses, but not link-local ones and no routes",
		M "knob keep-addresses\nnic v0 up\naddr+ v0 2001:db8::1/64 nodad\n"
		"route+ v0 2001:db8:5::/48\nlink v0 down\n"
		"? v0 addr=2001:db8::1/64 !linklocal !route=2001:db8:5::/48" },
	{ "an IPv6 address is tentative until duplicate address detection is done",
		M "knob dad=3\nnic v0 up\naddr+ v0 2001:db8::1/64\naddr+ v0 2001:db8::2/64 nodad\n"
		"? v0 tentative=2001:db8::1/64 !tentative=2001:db8::2/64\n"
		"waitaddr v0 2001:db8::1/64 -> EAGAIN\nwaitaddr v0 2001:db8::1/64 -> EAGAIN\n"
		"waitaddr v0 2001:db8::1/64\nwaitaddr v0 2001:db8::2/64" },
	{ "duplicate address detection waits for the carrier",
		M "nic v0 unplugged up\naddr+ v0 2001:db8::1/64\n? v0 tentative=2001:db8::1/64\n"
		"plug v0\n"
		"tick 1\n? v0 !tentative=2001:db8::1/64 linklocal" },
	{ "an address of a slave that waits keeps no route from being refused",
		M "knob dad=9\nnic v0 up\naddr+ v0 2001:db8::1/64\n"
		"route+ v0 2001:db8:5::/48 src=2001:db8::1 -> EINVAL: Invalid source address\n"
		"tick 9\n"
		"route+ v0 2001:db8:5::/48 src=2001:db8::1" },

	/* LACP */
	{ "waiting tells when a port is usable",
		TWO "partner v0 1\npartner v1 1\ncreate bond0 mode=802.3ad up\n" JOIN
		"wait bond0 -> EAGAIN\nwait bond0\nwait bond0 but=v0\nunplug v0\n"
		"wait bond0 but=v1 -> EAGAIN\nwait bond0 but=v0" },
	{ "lacp_strict counts only ports that agreed with a partner",
		M "kernel 7.2\nnic v0\ncreate bond0 mode=802.3ad min-links=1 up\n"
		"enslave v0 bond0\ntick 3\n"
		"? bond0 carrier\nset bond0 lacp-strict=1\n? bond0 !carrier\n"
		"set bond0 lacp-strict=0\n"
		"? bond0 carrier" },
	{ "a port that loses its carrier stops collecting on newer kernels",
		TWO "kernel 6.12\npartner v0 1\npartner v1 1\ncreate bond0 mode=802.3ad up\n" JOIN
		"tick 3\nunplug v0\ntick 1\n? v0 ad-actor-oper-port-state=13 mii-status=down" },
};
const size_t nb_scenarios_model_count = NB_ARRAY_SIZE(nb_scenarios_model);
