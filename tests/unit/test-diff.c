/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Every difference between a goal and what is, its class, and the reason told for it. */
#include "tests/unit/planning.h"

struct diff_case {
	const char *sentence;
	const char *desired;  /* what stands in `bonds:`, or a whole file */
	const char *observed; /* snapshot */
	const char *deltas;   /* planning_deltas() of bond0 */
};

static char *whole(const char *desired)
{
	struct nb_text text = { 0 };

	nb_text_add(&text, strstr(desired, "bonds:") ? "%s" : "bonds: {bond0: {%s}}\n", desired);
	return text.text;
}

static void check(const struct diff_case *c, const char *objects)
{
	NB_CLEANUP(nb_freep) char *desired = whole(c->desired);
	struct planning p;

	NB_CASE("%s", c->sentence);
	planning_start(&p, desired, c->observed, objects);
	planning_compare(&p, "bond0");
	assert_planning_deltas(&p, c->deltas);
	assert_false(p.diff.refused);
	planning_done(&p);
}

#define CHECK_ALL(cases, objects)                                \
	do {                                                     \
		for (size_t i = 0; i < NB_ARRAY_SIZE(cases); i++) \
			check(&(cases)[i], objects);             \
	} while (0)

/* A bond as netbond would have it: with carrier, two usable slaves. */
#define AB2 "bonds: {bond0: {mode: active-backup, miimon: 100, slaves: [eth0, eth1]}}\n"
#define AD2 "bonds: {bond0: {mode: 802.3ad, slaves: [eth0, eth1]}}\n"
/* As a reader with CAP_NET_ADMIN sees it. */
#define AD2_SEEN                                                                     \
	"bonds: {bond0: {mode: 802.3ad, slaves: [eth0, eth1], ad-actor-sys-prio: 65535,\n" \
	"  ad-user-port-key: 0}}\n"
#define EMPTY "bonds: {bond0: {mode: active-backup, miimon: 100, slaves: []}}\n"
#define DOWN "links: [{name: bond0, up: false}]\n"

/* ---- the bond ---- */

static void test_diff_of_the_bond_itself(void **state)
{
	static const struct diff_case cases[] = {
		{ "what is not there is created with its slaves and addresses",
			"mode: active-backup, slaves: [eth0], addresses: [192.0.2.1/24]",
			"links: [eth0]\n",
			"live: create the bond\n"
			"live: add slave eth0\n"
			"live: add address 192.0.2.1/24\n" },
		{ "what is as wanted is left alone", "mode: active-backup, slaves: [eth0, eth1]", AB2,
			"" },
		{ "what shall be absent and is there is removed", "absent: true", AB2,
			"rebuild: remove the bond; the bond is removed\n" },
		{ "never unasked with a VLAN on it", "absent: true",
			AB2 "links: [{name: bond0.5, kind: vlan, lower: bond0}]\n",
			"rebuild asked: remove the bond; the bond is removed, and the devices upon it "
			"with it\n" },
		{ "what shall be absent and is not there is no difference", "absent: true",
			"links: []\n", "" },
		{ "a bond that is down comes up", "mode: active-backup, slaves: []", EMPTY DOWN,
			"live: set up\n" },
	};

	CHECK_ALL(cases, NULL);
}

static void check_refused(const char *sentence, const char *observed, const char *said)
{
	struct planning p;

	NB_CASE("%s", sentence);
	planning_start(&p, "bonds: {bond0: {mode: active-backup, slaves: []}}\n", observed, NULL);
	planning_compare(&p, "bond0");
	assert_true(p.diff.refused);
	assert_int_equal(p.diff.n_deltas, 0);
	assert_planning_said(&p, said);
	planning_done(&p);
}

static void test_diff_refuses_a_name_that_another_kind_has(void **state)
{
	check_refused("a dummy", "links: [{name: bond0, kind: dummy}]\n",
		"error 1:9: bond0: bond0 exists and is no bond but of kind dummy = rename or remove "
		"that device, or give the bond another name\n");
	check_refused("a NIC", "links: [bond0]\n",
		"error 1:9: bond0: bond0 exists and is no bond but a device = rename or remove that "
		"device, or give the bond another name\n");
}

static void test_diff_of_options_follows_what_the_kernel_asks_for(void **state)
{
	static const struct diff_case cases[] = {
		{ "at any time", "mode: active-backup, slaves: [eth0, eth1], resend-igmp: 3", AB2,
			"live: resend-igmp 1 -> 3\n" },
		{ "only while down", "mode: 802.3ad, slaves: [eth0, eth1], lacp-rate: fast", AD2,
			"down: lacp-rate slow -> fast; the kernel takes it only while the bond is "
			"down\n" },
		{ "and it is down", "mode: 802.3ad, slaves: [eth0, eth1], lacp-rate: fast",
			AD2 "links: [{name: bond0, up: false}]\n",
			"live: lacp-rate slow -> fast; the kernel takes it only while the bond is "
			"down\n"
			"live: set up\n" },
		{ "only while empty", "mode: active-backup, slaves: [eth0, eth1], fail-over-mac: active",
			AB2,
			"rebuild: fail-over-mac none -> active; the kernel takes it only while the "
			"bond has no slaves\n" },
		{ "and it is empty", "mode: active-backup, slaves: [], fail-over-mac: active", EMPTY,
			"live: fail-over-mac none -> active; the kernel takes it only while the bond "
			"has no slaves\n" },
		{ "only while down and empty", "mode: balance-rr, slaves: [eth0, eth1]", AB2,
			"rebuild: mode active-backup -> balance-rr; the kernel changes it only while "
			"the bond is down and has no slaves\n" },
		{ "and it is empty but up", "mode: balance-rr, slaves: []", EMPTY,
			"down: mode active-backup -> balance-rr; the kernel changes it only while the "
			"bond is down and has no slaves\n" },
		{ "and it is empty and down", "mode: balance-rr, slaves: []", EMPTY DOWN,
			"live: mode active-backup -> balance-rr; the kernel changes it only while the "
			"bond is down and has no slaves\n"
			"live: set up\n" },
		{ "values raise the class", "mode: 802.3ad, slaves: [eth0, eth1], min-links: 5", AD2,
			"down: min-links 0 -> 5; fewer ports are active than min-links asks for: the "
			"bond loses its carrier\n" },
		{ "harmless ones do not", "mode: 802.3ad, slaves: [eth0, eth1], min-links: 1", AD2,
			"live: min-links 0 -> 1\n" },
		{ "a removed line means the default", "mode: active-backup, slaves: [eth0, eth1]",
			"bonds: {bond0: {mode: active-backup, miimon: 50, resend-igmp: 7,\n"
			"  slaves: [eth0, eth1]}}\n",
			"live: miimon 50 -> 100\nlive: resend-igmp 7 -> 1\n" },
	};

	CHECK_ALL(cases, NULL);
}

static void test_diff_takes_absence_of_sparse_options_as_empty(void **state)
{
	static const struct diff_case cases[] = {
		{ "targets are compared as sets",
			"mode: active-backup, slaves: [eth0], arp-interval: 100, arp-ip-target: "
			"[192.0.2.1, 192.0.2.2]",
			"bonds: {bond0: {mode: active-backup, slaves: [eth0], arp-interval: 100,\n"
			"  arp-ip-target: [192.0.2.2, 192.0.2.1]}}\n",
			"" },
		{ "none is no target", "mode: active-backup, slaves: [eth0, eth1]", AB2, "" },
		{ "a primary that is no slave yet is no difference",
			"mode: active-backup, slaves: [eth0, eth1, eth9], primary: eth9", AB2, "" },
		{ "a primary that is one is",
			"mode: active-backup, slaves: [eth0, eth1], primary: eth1", AB2,
			"live: primary none -> eth1\n" },
		{ "no primary wanted", "mode: active-backup, slaves: [eth0, eth1]",
			"bonds: {bond0: {mode: active-backup, miimon: 100, slaves: [eth0, eth1],\n"
			"  primary: eth0}}\n",
			"live: primary eth0 -> none\n" },
	};

	CHECK_ALL(cases, NULL);
}

static void test_diff_does_not_compare_what_this_reader_may_not_see(void **state)
{
	struct planning p;

	planning_start(&p,
		"bonds: {bond0: {mode: 802.3ad, slaves: [eth0, eth1], ad-actor-sys-prio: 5}}\n",
		AD2_SEEN, NULL);
	planning_compare(&p, "bond0");
	assert_int_equal(p.diff.n_deltas, 1);
	nb_optset_unset(&nb_netns_find(p.state->namespaces[0], "bond0")->bond,
		IFLA_BOND_AD_ACTOR_SYS_PRIO);
	planning_compare(&p, "bond0");
	assert_int_equal(p.diff.n_deltas, 0);
	planning_done(&p);
}

static void test_diff_says_what_the_kernel_will_ask_for(void **state)
{
	static const struct {
		const char *desired;
		bool down, empty;
	} cases[] = {
		{ "mode: 802.3ad, slaves: [eth0, eth1], min-links: 1", false, false },
		{ "mode: 802.3ad, slaves: [eth0, eth1], lacp-rate: fast", true, false },
		{ "mode: 802.3ad, slaves: [eth0, eth1], ad-user-port-key: 4", true, true },
		{ "mode: balance-rr, slaves: [eth0, eth1]", true, true },
	};

	for (size_t i = 0; i < NB_ARRAY_SIZE(cases); i++) {
		NB_CLEANUP(nb_freep) char *desired = whole(cases[i].desired);
		struct planning p;

		NB_CASE("%s", cases[i].desired);
		planning_start(&p, desired, AD2_SEEN, NULL);
		planning_compare(&p, "bond0");
		assert_int_equal(p.diff.need_down, cases[i].down);
		assert_int_equal(p.diff.need_empty, cases[i].empty);
		planning_done(&p);
	}
}

static void test_diff_of_mtu_mac_and_link_local(void **state)
{
	static const struct diff_case cases[] = {
		{ "MTU of a bond with slaves", "mode: active-backup, slaves: [eth0, eth1], mtu: 9000",
			AB2, "down: mtu 1500 -> 9000; every slave changes its MTU with the bond\n" },
		{ "MTU of an empty one", "mode: active-backup, slaves: [], mtu: 9000", EMPTY,
			"live: mtu 1500 -> 9000; every slave changes its MTU with the bond\n" },
		{ "an unnamed MTU is as found", "mode: active-backup, slaves: [eth0, eth1]",
			AB2 "links: [{name: bond0, mtu: 9000}, {name: eth0, mtu: 9000},\n"
			    "  {name: eth1, mtu: 9000}]\n",
			"" },
		{ "MAC of a bond with slaves",
			"mode: balance-rr, slaves: [eth0], mac: 02:00:00:00:00:cc",
			"bonds: {bond0: {mode: balance-rr, miimon: 100, slaves: [eth0]}}\n"
			"links: [{name: eth0, mac: 02:00:00:00:00:01}]\n",
			"down: mac 02:00:00:00:00:01 -> 02:00:00:00:00:cc; neighbours must learn the "
			"new MAC\n" },
		{ "MAC of an empty one", "mode: balance-rr, slaves: [], mac: 02:00:00:00:00:cc",
			"bonds: {bond0: {mode: balance-rr, miimon: 100, slaves: []}}\n"
			"links: [{name: bond0, mac: 02:00:00:00:00:01}]\n",
			"live: mac 02:00:00:00:00:01 -> 02:00:00:00:00:cc; neighbours must learn the "
			"new MAC\n" },
		{ "link-local off", "mode: active-backup, slaves: [eth0, eth1], link-local: false", AB2,
			"down: link-local -> false; the link-local address goes\n" },
		{ "link-local on", "mode: active-backup, slaves: [eth0, eth1]",
			AB2 "links: [{name: bond0, addr-gen-mode: none}]\n",
			"down: link-local -> true; the kernel makes the address only when the bond "
			"goes up\n" },
	};

	CHECK_ALL(cases, NULL);
}

static void test_diff_leaves_a_mac_that_follows_the_slaves(void **state)
{
	struct planning p;

	planning_start(&p,
		"bonds: {bond0: {mode: active-backup, slaves: [eth0, eth1], fail-over-mac: active}}\n",
		"bonds: {bond0: {mode: active-backup, miimon: 100, fail-over-mac: active,\n"
		"  slaves: [eth0, eth1]}}\n",
		NULL);
	planning_goal(&p, "bond0")->has_mac = true; /* no file can ask for it */
	planning_compare(&p, "bond0");
	assert_int_equal(p.diff.n_deltas, 0);
	planning_done(&p);
}

/* ---- slaves ---- */

static void test_diff_of_a_slave_to_add(void **state)
{
	static const struct diff_case cases[] = {
		{ "a free one", "mode: active-backup, slaves: [eth0, eth1, eth2]",
			AB2 "links: [eth2]\n", "live: add slave eth2\n" },
		{ "one with an address", "mode: active-backup, slaves: [eth0, eth1, eth2]",
			AB2 "links: [{name: eth2, addresses: [192.0.2.7/24]}]\n",
			"down: add slave eth2; it carries addresses or routes, which would win over "
			"the bond's\n" },
		{ "one with an IPv6 link-local address", "mode: active-backup, slaves: [eth0, eth1, eth2]",
			AB2 "links: [{name: eth2, addresses: ['fe80::1/64']}]\n",
			"live: add slave eth2\n" },
		{ "one with a route", "mode: active-backup, slaves: [eth0, eth1, eth2]",
			AB2 "links: [{name: eth2, routes: [{to: 198.51.100.0/24}]}]\n",
			"down: add slave eth2; it carries addresses or routes, which would win over "
			"the bond's\n" },
		{ "one with the kernel's own route", "mode: active-backup, slaves: [eth0, eth1, eth2]",
			AB2 "links: [{name: eth2, routes: [{to: 198.51.100.0/24, protocol: kernel}]}]\n",
			"live: add slave eth2\n" },
		{ "one with a VLAN on it", "mode: active-backup, slaves: [eth0, eth1, eth2]",
			AB2 "links: [eth2, {name: eth2.4, kind: vlan, lower: eth2}]\n",
			"down: add slave eth2; other devices lie upon it\n" },
		{ "a bridge's port", "mode: active-backup, slaves: [eth0, eth1, eth2]",
			AB2 "links: [{name: br0, kind: bridge}, {name: eth2, master: br0}]\n",
			"down: add slave eth2; it is a port of another device\n" },
		{ "a slave of a bond nobody declared, which keeps another",
			"mode: active-backup, slaves: [eth0, eth1, eth2]",
			"bonds:\n"
			"  bond0: {mode: active-backup, miimon: 100, slaves: [eth0, eth1]}\n"
			"  bond9: {mode: active-backup, miimon: 100, slaves: [eth2, eth3]}\n",
			"down: add slave eth2; it leaves another bond\n" },
		{ "its last usable one", "mode: active-backup, slaves: [eth0, eth1, eth2]",
			"bonds:\n"
			"  bond0: {mode: active-backup, miimon: 100, slaves: [eth0, eth1]}\n"
			"  bond9: {mode: active-backup, miimon: 100, slaves: [eth2, eth3]}\n"
			"links: [{name: eth3, carrier: false}]\n",
			"down: add slave eth2; it leaves another bond\n" },
		{ "its last one", "mode: active-backup, slaves: [eth0, eth1, eth2]",
			"bonds:\n"
			"  bond0: {mode: active-backup, miimon: 100, slaves: [eth0, eth1]}\n"
			"  bond9: {mode: active-backup, miimon: 100, slaves: [eth2]}\n",
			"rebuild: add slave eth2; it leaves another bond\n" },
		{ "a slave of a declared bond, whose own difference says what it costs",
			"bonds:\n"
			"  bond0: {mode: active-backup, slaves: [eth0, eth1, eth2]}\n"
			"  bond9: {mode: active-backup, slaves: []}\n",
			"bonds:\n"
			"  bond0: {mode: active-backup, miimon: 100, slaves: [eth0, eth1]}\n"
			"  bond9: {mode: active-backup, miimon: 100, slaves: [eth2]}\n",
			"live: add slave eth2\n" },
		{ "a bond that comes later",
			"bonds:\n"
			"  bond0: {mode: active-backup, slaves: [eth0, eth1, bond1]}\n"
			"  bond1: {mode: active-backup, slaves: []}\n",
			AB2, "live: add slave bond1\n" },
	};

	CHECK_ALL(cases, NULL);
}

static void test_diff_of_a_slave_to_remove(void **state)
{
	static const struct diff_case cases[] = {
		{ "another usable one remains", "mode: active-backup, slaves: [eth0]", AB2,
			"slave: remove slave eth1; another usable slave remains\n" },
		{ "no other usable one remains", "mode: active-backup, slaves: [eth0]",
			AB2 "links: [{name: eth0, carrier: false}]\n",
			"down: remove slave eth1; no other usable slave remains\n" },
		{ "a new one comes first", "mode: active-backup, slaves: [eth2]", AB2 "links: [eth2]\n",
			"live: add slave eth2\n"
			"slave: remove slave eth0; another usable slave remains\n"
			"slave: remove slave eth1; another usable slave remains\n" },
		{ "a new one that is not there yet does not count",
			"mode: active-backup, slaves: [eth2]", AB2,
			"rebuild: remove slave eth0; all slaves leave\n"
			"rebuild: remove slave eth1; all slaves leave\n" },
		{ "all leave", "mode: active-backup, slaves: []", AB2,
			"rebuild: remove slave eth0; all slaves leave\n"
			"rebuild: remove slave eth1; all slaves leave\n" },
		{ "in 802.3ad one outside the active aggregator is not usable",
			"mode: 802.3ad, slaves: [eth0]",
			AD2 "links: [{name: eth0, slave-state: {mii-status: up, ad-aggregator-id: 9,\n"
			    "  ad-actor-oper-port-state: 61, ad-partner-oper-port-state: 61}}]\n",
			"down: remove slave eth1; no other usable slave remains\n" },
	};

	CHECK_ALL(cases, NULL);
}

static void test_diff_of_slaves_that_stay(void **state)
{
	static const struct diff_case cases[] = {
		{ "their options", "mode: active-backup, slaves: [{name: eth0, queue-id: 2}, eth1]", AB2,
			"live: change slave eth0 option queue-id\n" },
		{ "back to the default", "mode: active-backup, slaves: [eth0, eth1]",
			"bonds: {bond0: {mode: active-backup, miimon: 100,\n"
			"  slaves: [{name: eth0, prio: 7}, eth1]}}\n",
			"live: change slave eth0 option prio\n" },
		{ "one that is down", "mode: active-backup, slaves: [eth0, eth1]",
			AB2 "links: [{name: eth1, up: false}]\n", "live: set slave eth1 up\n" },
		{ "one with an MTU of its own", "mode: active-backup, slaves: [eth0, eth1]",
			AB2 "links: [{name: eth1, mtu: 1400}]\n",
			"slave: change slave eth1 mtu; the driver may take the link down for it\n" },
		{ "and the bond gets that of the other", "mode: active-backup, slaves: [eth0, eth1], "
			"mtu: 1400",
			AB2 "links: [{name: eth1, mtu: 1400}]\n",
			"down: mtu 1500 -> 1400; every slave changes its MTU with the bond\n" },
	};

	CHECK_ALL(cases, NULL);
}

static void test_diff_of_the_order_is_a_difference_of_its_own(void **state)
{
	static const struct diff_case cases[] = {
		{ "another order", "mode: active-backup, slaves: [eth1, eth0]", AB2,
			"slave: slave order; slaves are listed in the order of enslaving\n" },
		{ "not while slaves come or go", "mode: active-backup, slaves: [eth2, eth1, eth0]",
			AB2 "links: [eth2]\n", "live: add slave eth2\n" },
		{ "not where the bond is emptied anyway", "mode: balance-rr, slaves: [eth1, eth0]", AB2,
			"rebuild: mode active-backup -> balance-rr; the kernel changes it only while "
			"the bond is down and has no slaves\n" },
		{ "not where the kernel's order is not known", "mode: active-backup, slaves: [eth1, eth0]",
			AB2 "links: [{name: eth0, slave-position: 0}, {name: eth1, slave-position: 0}]\n",
			"" },
	};

	CHECK_ALL(cases, NULL);
}

/* ---- addresses and routes ---- */

#define WITH(l3)                                                                   \
	"bonds: {bond0: {mode: active-backup, miimon: 100, slaves: [eth0]}}\n"     \
	"links: [{name: bond0, " l3 "}]\n"
#define WANT(l3) "mode: active-backup, slaves: [eth0], " l3

static void test_diff_of_addresses(void **state)
{
	static const struct diff_case cases[] = {
		{ "one to add", WANT("addresses: [192.0.2.1/24]"), WITH("addresses: []"),
			"live: add address 192.0.2.1/24\n" },
		{ "one that is there, whoever added it", WANT("addresses: [192.0.2.1/24]"),
			WITH("addresses: [192.0.2.1/24]"), "" },
		{ "another prefix length is another address in IPv4",
			WANT("addresses: [192.0.2.1/25]"),
			WITH("addresses: [{address: 192.0.2.1/24, proto: netbond}]"),
			"live: add address 192.0.2.1/25\n"
			"down: remove address 192.0.2.1/24; what talks over this address stops\n" },
		{ "and the same in IPv6", WANT("addresses: ['2001:db8::1/56']"),
			WITH("addresses: [{address: '2001:db8::1/64', proto: netbond}]"),
			"down: change address 2001:db8::1/56; the address must go before it can come "
			"again\n" },
		{ "a lifetime", WANT("addresses: [{address: '2001:db8::1/64', preferred: 0}]"),
			WITH("addresses: [{address: '2001:db8::1/64', proto: netbond}]"),
			"live: change address 2001:db8::1/64\n" },
		{ "a label", WANT("addresses: [{address: 192.0.2.1/24, label: 'bond0:a'}]"),
			WITH("addresses: [192.0.2.1/24]"),
			"down: change address 192.0.2.1/24; the address must go before it can come "
			"again\n" },
		{ "an unnamed label is as found", WANT("addresses: [192.0.2.1/24]"),
			WITH("addresses: [{address: 192.0.2.1/24, label: 'bond0:a'}]"), "" },
		{ "one that netbond added goes", WANT("addresses: []"),
			WITH("addresses: [{address: 192.0.2.1/24, proto: netbond}]"),
			"down: remove address 192.0.2.1/24; what talks over this address stops\n" },
		{ "another tool's stays", WANT("addresses: []"), WITH("addresses: [192.0.2.1/24]"), "" },
	};

	CHECK_ALL(cases, NULL);
}

static void test_diff_removes_an_address_a_configuration_named_before(void **state)
{
	static const struct diff_case cases[] = {
		{ "it was adopted", WANT("addresses: []"),
			WITH("ifindex: 10, addresses: [192.0.2.1/24, 192.0.2.2/24]"),
			"down: remove address 192.0.2.1/24; what talks over this address stops\n" },
		{ "but not from a bond of that name that another tool made since",
			WANT("addresses: []"), WITH("ifindex: 11, addresses: [192.0.2.1/24]"), "" },
	};

	CHECK_ALL(cases,
		"objects: [{kind: bond, namespace: '', name: bond0, inode: 0, ifindex: 10, made: false,\n"
		"  addresses: ['192.0.2.1/24']}]\n");
}

static void test_diff_of_routes(void **state)
{
	static const struct diff_case cases[] = {
		{ "one to add", WANT("addresses: [192.0.2.1/24], routes: [{to: default, via: 192.0.2.9}]"),
			WITH("addresses: [192.0.2.1/24]"), "live: add route default via 192.0.2.9\n" },
		{ "one that is there, whoever added it",
			WANT("addresses: [192.0.2.1/24], routes: [{to: default, via: 192.0.2.9}]"),
			WITH("addresses: [192.0.2.1/24], routes: [{to: default, via: 192.0.2.9}]"), "" },
		{ "another gateway",
			WANT("addresses: [192.0.2.1/24], routes: [{to: default, via: 192.0.2.9}]"),
			WITH("addresses: [192.0.2.1/24], routes: [{to: default, via: 192.0.2.8}]"),
			"down: change route default via 192.0.2.9; traffic takes another way\n" },
		{ "another metric is another route",
			WANT("addresses: [192.0.2.1/24], routes: [{to: default, via: 192.0.2.9, metric: 5}]"),
			WITH("addresses: [192.0.2.1/24],\n"
			     "  routes: [{to: default, via: 192.0.2.9, protocol: netbond}]"),
			"live: add route default via 192.0.2.9 metric 5\n"
			"down: remove route default via 192.0.2.9; what goes this way stops\n" },
		{ "another tool's stays", WANT("addresses: []"),
			WITH("routes: [{to: 198.51.100.0/24, protocol: static}]"), "" },
	};

	CHECK_ALL(cases, NULL);
}

/* ---- subjects ---- */

static void test_diff_subjects_are_the_same_in_each_plan(void **state)
{
	NB_CLEANUP(nb_text_done) struct nb_text text = { 0 };
	struct planning p;

	planning_start(&p,
		"bonds: {bond0: {mode: active-backup, slaves: [{name: eth0, prio: 3}, eth2],\n"
		"  resend-igmp: 3, mtu: 9000, mac: 02:00:00:00:00:cc, link-local: false,\n"
		"  addresses: [192.0.2.1/24], routes: [{to: default, via: 192.0.2.9}]}}\n",
		"bonds: {bond0: {mode: active-backup, miimon: 100, slaves: [eth0, eth1]}}\n"
		"links: [eth2, {name: eth0, up: false}, {name: bond0, up: false}]\n",
		NULL);
	planning_compare(&p, "bond0");
	for (size_t i = 0; i < p.diff.n_deltas; i++) {
		nb_delta_subject(&p.diff.deltas[i], &text);
		nb_text_add(&text, "\n");
	}
	assert_string_equal(text.text,
		"option resend-igmp\n"
		"mtu\n"
		"mac\n"
		"link-local\n"
		"up\n"
		"slave eth2\n"
		"slave eth1\n"
		"slave eth0 option prio\n"
		"slave eth0 up\n"
		"address 192.0.2.1/24\n"
		"route default via 192.0.2.9\n");
	planning_done(&p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_diff_of_the_bond_itself),
		cmocka_unit_test(test_diff_refuses_a_name_that_another_kind_has),
		cmocka_unit_test(test_diff_of_options_follows_what_the_kernel_asks_for),
		cmocka_unit_test(test_diff_takes_absence_of_sparse_options_as_empty),
		cmocka_unit_test(test_diff_does_not_compare_what_this_reader_may_not_see),
		cmocka_unit_test(test_diff_says_what_the_kernel_will_ask_for),
		cmocka_unit_test(test_diff_of_mtu_mac_and_link_local),
		cmocka_unit_test(test_diff_leaves_a_mac_that_follows_the_slaves),
		cmocka_unit_test(test_diff_of_a_slave_to_add),
		cmocka_unit_test(test_diff_of_a_slave_to_remove),
		cmocka_unit_test(test_diff_of_slaves_that_stay),
		cmocka_unit_test(test_diff_of_the_order_is_a_difference_of_its_own),
		cmocka_unit_test(test_diff_of_addresses),
		cmocka_unit_test(test_diff_removes_an_address_a_configuration_named_before),
		cmocka_unit_test(test_diff_of_routes),
		cmocka_unit_test(test_diff_subjects_are_the_same_in_each_plan),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
