/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Rules of LACP with partners that answer. Told on the real kernel with bonds as partners. */
#include "tests/model/scenario.h"

#define TWO "nic v0\nnic v1\n"
#define ONE_PARTNER TWO "partner v0 1\npartner v1 1\n"
#define BOND4 "create bond0 mode=802.3ad up\n"
#define JOIN "enslave v0 bond0\nenslave v1 bond0\n"
/* The partner's own bits come with its next LACPDU, later than it acts. */
#define SENDS "ad-actor-oper-port-state=61 ad-partner-oper-port-state=61 state=active mii-status=up\n"
#define BOTH "? v0 aggregator-of=v1 " SENDS "? v1 " SENDS

const struct nb_scenario nb_scenarios_lacp[] = {
	{ "ports with one partner join one aggregator and both carry traffic",
		ONE_PARTNER BOND4 JOIN "tick 3\n" BOTH "? bond0 carrier\nwait bond0\n"
		"wait bond0 but=v0" },
	{ "ports with two partners are two aggregators, of which one is active",
		/* One after the other: which is heard first would decide which is active. */
		TWO "partner v0 1\n" BOND4 JOIN "tick 3\n? v0 ad-actor-oper-port-state=61\n"
		"partner v1 2\ntick 3\n? v0 !aggregator-of=v1 state=active ad-actor-oper-port-state=61\n"
		"? v1 state=backup\n? bond0 carrier" },
	{ "without a partner the first port carries the traffic alone, and is not called usable",
		TWO BOND4 JOIN "tick 3\n? bond0 carrier\n"
		"? v0 state=active ad-actor-oper-port-state=77 "
		"ad-partner-oper-port-state=0\n? v1 state=backup ad-actor-oper-port-state=69\n"
		"wait bond0 -> EAGAIN" },
	{ "passive LACP with an active partner works too",
		ONE_PARTNER "create bond0 mode=802.3ad lacp-active=0 up\n" JOIN "tick 3\n"
		"? v0 ad-actor-oper-port-state=60 state=active\n"
		"? v1 ad-actor-oper-port-state=60 state=active" },
	{ "lacp_rate fast shows in the port state",
		ONE_PARTNER "create bond0 mode=802.3ad lacp-rate=fast up\n" JOIN "tick 3\n"
		"? v0 ad-actor-oper-port-state=63\nlink bond0 down\nset bond0 lacp-rate=slow up\n"
		"tick 3\n"
		"? v0 ad-actor-oper-port-state=61 state=active\n? bond0 carrier" },
	{ "a user port key reaches a port only when that is enslaved",
		ONE_PARTNER BOND4 JOIN "tick 3\n" BOTH "link bond0 down\n"
		"set bond0 ad-user-port-key=5 up\ntick 3\n"
		"? v0 aggregator-of=v1 state=active\n? v1 state=active\n"
		"release v1\nenslave v1 bond0\ntick 3\n? v1 !aggregator-of=v0 state=backup\n"
		"? v0 state=active\nrelease v0\nenslave v0 bond0\ntick 3\n"
		"? v0 aggregator-of=v1 state=active\n? v1 state=active" },
	{ "fewer active ports than min_links take the carrier away",
		ONE_PARTNER BOND4 JOIN "tick 3\n" BOTH
		"set bond0 min-links=3\n? bond0 !carrier\nset bond0 min-links=2\n? bond0 carrier\n"
		"unplug v0\ntick 1\n? bond0 !carrier\nset bond0 min-links=1\n? bond0 carrier" },
	{ "a port that loses its carrier keeps its state bits (6.1)",
		ONE_PARTNER BOND4 JOIN "tick 3\n" BOTH "unplug v0\ntick 1\n"
		"? v0 ad-actor-oper-port-state=61 mii-status=down state=backup\n? bond0 carrier\n"
		"wait bond0 but=v0\nplug v0\ntick 3\n? v0 state=active mii-status=up" },
	{ "a port that is released and comes back keeps the other one in service",
		ONE_PARTNER BOND4 JOIN "tick 3\n" BOTH "release v0\n? bond0 carrier\n"
		"? v1 state=active\n"
		"enslave v0 bond0\ntick 3\n? v0 state=active\n? v1 state=active" },
	{ "a change of the system in LACP keeps the carrier",
		ONE_PARTNER BOND4 JOIN "tick 3\n" BOTH
		"set bond0 ad-actor-sys-prio=100 ad-actor-system=02:00:00:00:00:aa\n"
		"? bond0 carrier\ntick 3\n"
		"? v0 state=active\n? v1 state=active" },
};
const size_t nb_scenarios_lacp_count = NB_ARRAY_SIZE(nb_scenarios_lacp);
