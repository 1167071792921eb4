/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What is held back leaves no difference, takes along what hangs on it, and nothing else. */
#include "tests/unit/planning.h"

#include "lib/core/hold.h"

struct hold_case {
	const char *sentence;
	const char *desired; /* what stands in `bonds:`, or a whole file */
	const char *observed;
	const char *hold;    /* description of the difference to hold */
	const char *left;    /* planning_deltas() afterwards */
};

static char *whole(const char *desired)
{
	struct nb_text text = { 0 };

	nb_text_add(&text, strstr(desired, "bonds:") ? "%s" : "bonds: {bond0: {%s}}\n", desired);
	return text.text;
}

static const struct nb_delta *find_delta(const struct planning *p, const char *description)
{
	for (size_t i = 0; i < p->diff.n_deltas; i++) {
		NB_CLEANUP(nb_text_done) struct nb_text text = { 0 };

		nb_delta_describe(&p->view, &p->diff.deltas[i], &text);
		if (nb_streq(text.text, description))
			return &p->diff.deltas[i];
	}
	fail_msg("no difference \"%s\"", description);
	return NULL;
}

static void hold(struct planning *p, const struct nb_delta *delta)
{
	struct nb_hold held;

	nb_hold_init(&held, delta);
	assert_int_equal(nb_hold_apply(planning_goal(p, "bond0"), &p->view, &held), 0);
	planning_compare(p, "bond0");
}

static void start(struct planning *p, const char *desired, const char *observed)
{
	NB_CLEANUP(nb_freep) char *text = whole(desired);

	planning_start(p, text, observed, NULL);
	planning_compare(p, "bond0");
}

static void check(const struct hold_case *c)
{
	struct planning p;

	NB_CASE("%s", c->sentence);
	start(&p, c->desired, c->observed);
	hold(&p, find_delta(&p, c->hold));
	assert_planning_deltas(&p, c->left);
	planning_done(&p);
}

#define CHECK_ALL(cases)                                         \
	do {                                                     \
		for (size_t i = 0; i < NB_ARRAY_SIZE(cases); i++) \
			check(&(cases)[i]);                      \
	} while (0)

#define AB2 "bonds: {bond0: {mode: active-backup, miimon: 100, slaves: [eth0, eth1]}}\n"

/* ---- each kind is undone ---- */

static void test_hold_undoes_each_kind_of_difference(void **state)
{
	static const struct hold_case cases[] = {
		{ "creation takes all", "mode: active-backup, slaves: [eth0], addresses: [192.0.2.1/24]",
			"links: [eth0]\n", "create the bond", "" },
		{ "removal", "absent: true", AB2, "remove the bond", "" },
		{ "an option", "mode: active-backup, slaves: [eth0, eth1], resend-igmp: 3", AB2,
			"resend-igmp 1 -> 3", "" },
		{ "MTU", "mode: active-backup, slaves: [eth0, eth1], mtu: 9000", AB2,
			"mtu 1500 -> 9000", "" },
		{ "MAC", "mode: balance-rr, slaves: [], mac: 02:00:00:00:00:cc",
			"bonds: {bond0: {mode: balance-rr, miimon: 100, slaves: []}}\n"
			"links: [{name: bond0, mac: 02:00:00:00:00:01}]\n",
			"mac 02:00:00:00:00:01 -> 02:00:00:00:00:cc", "" },
		{ "link-local", "mode: active-backup, slaves: [eth0, eth1], link-local: false", AB2,
			"link-local -> false", "" },
		{ "up", "mode: active-backup, slaves: [eth0, eth1]",
			AB2 "links: [{name: bond0, up: false}]\n", "set up", "" },
		{ "a slave to add", "mode: active-backup, slaves: [eth0, eth1, eth2]",
			AB2 "links: [eth2]\n", "add slave eth2", "" },
		{ "a slave to remove", "mode: active-backup, slaves: [eth0]", AB2,
			"remove slave eth1", "" },
		{ "a slave's option", "mode: active-backup, slaves: [{name: eth0, prio: 3}, eth1]", AB2,
			"change slave eth0 option prio", "" },
		{ "a slave that is down", "mode: active-backup, slaves: [eth0, eth1]",
			AB2 "links: [{name: eth1, up: false}]\n", "set slave eth1 up", "" },
		{ "a slave's MTU", "mode: active-backup, slaves: [eth0, eth1]",
			AB2 "links: [{name: eth1, mtu: 1400}]\n", "change slave eth1 mtu", "" },
		{ "the order", "mode: active-backup, slaves: [eth1, eth0]", AB2, "slave order", "" },
	};

	CHECK_ALL(cases);
}

#define WITH(l3)                                                                   \
	"bonds: {bond0: {mode: active-backup, miimon: 100, slaves: [eth0]}}\n"     \
	"links: [{name: bond0, " l3 "}]\n"
#define WANT(l3) "mode: active-backup, slaves: [eth0], " l3

static void test_hold_undoes_each_kind_of_address_and_route(void **state)
{
	static const struct hold_case cases[] = {
		{ "an address to add", WANT("addresses: [192.0.2.1/24]"), WITH("mtu: 1500"),
			"add address 192.0.2.1/24", "" },
		{ "one to change", WANT("addresses: [{address: '2001:db8::1/64', preferred: 0}]"),
			WITH("addresses: ['2001:db8::1/64']"), "change address 2001:db8::1/64", "" },
		{ "one to replace", WANT("addresses: ['2001:db8::1/56']"),
			WITH("addresses: [{address: '2001:db8::1/64', proto: netbond}]"),
			"change address 2001:db8::1/56", "" },
		{ "one to remove", WANT("addresses: []"),
			WITH("addresses: [{address: 192.0.2.1/24, proto: netbond}]"),
			"remove address 192.0.2.1/24", "" },
		{ "a route to add", WANT("addresses: [192.0.2.1/24], routes: [{to: default, via: 192.0.2.9}]"),
			WITH("addresses: [192.0.2.1/24]"), "add route default via 192.0.2.9", "" },
		{ "one to change",
			WANT("addresses: [192.0.2.1/24], routes: [{to: default, via: 192.0.2.9}]"),
			WITH("addresses: [192.0.2.1/24], routes: [{to: default, via: 192.0.2.8}]"),
			"change route default via 192.0.2.9", "" },
		{ "one to remove", WANT("addresses: []"),
			WITH("routes: [{to: 198.51.100.0/24, protocol: netbond}]"),
			"remove route 198.51.100.0/24", "" },
	};

	CHECK_ALL(cases);
}

/* ---- what goes along ---- */

static void test_hold_takes_along_the_rows_tied_to_an_option(void **state)
{
	static const struct hold_case cases[] = {
		{ "the delays go with miimon",
			"mode: active-backup, slaves: [eth0, eth1], miimon: 50, updelay: 150, "
			"resend-igmp: 3",
			AB2, "miimon 100 -> 50", "live: resend-igmp 1 -> 3\n" },
		{ "and miimon with a delay",
			"mode: active-backup, slaves: [eth0, eth1], miimon: 50, updelay: 150", AB2,
			"updelay 0 -> 150", "" },
		{ "ARP monitoring goes with miimon",
			"mode: active-backup, slaves: [eth0, eth1], arp-interval: 200, arp-ip-target: "
			"[192.0.2.1], arp-validate: all",
			AB2, "miimon 100 -> 0", "live: arp-ip-target none -> 192.0.2.1\n" },
		{ "and miimon with an ARP option",
			"mode: active-backup, slaves: [eth0, eth1], arp-interval: 200, arp-ip-target: "
			"[192.0.2.1], arp-validate: all, resend-igmp: 3",
			AB2, "arp-validate none -> all",
			"live: arp-ip-target none -> 192.0.2.1\nlive: resend-igmp 1 -> 3\n" },
		{ "an option of its own goes alone",
			"mode: active-backup, slaves: [eth0, eth1], resend-igmp: 3, num-grat-arp: 4", AB2,
			"resend-igmp 1 -> 3", "live: num-grat-arp 1 -> 4\n" },
		{ "the mode takes all options, not the slaves and addresses",
			"mode: balance-xor, slaves: [{name: eth0, queue-id: 4}, eth1, eth2], "
			"xmit-hash-policy: layer3+4, addresses: [192.0.2.1/24]",
			AB2 "links: [eth2]\n", "mode active-backup -> balance-xor",
			"live: add slave eth2\nlive: add address 192.0.2.1/24\n" },
	};

	CHECK_ALL(cases);
}

static void test_hold_keeps_a_slave_with_all_it_has(void **state)
{
	static const struct hold_case cases[] = {
		{ "its options, admin state and MTU", "mode: active-backup, slaves: [eth0]",
			"bonds: {bond0: {mode: active-backup, miimon: 100,\n"
			"  slaves: [eth0, {name: eth1, prio: 7, queue-id: 3}]}}\n"
			"links: [{name: eth1, up: false, mtu: 1400}]\n",
			"remove slave eth1", "" },
		{ "and its place in the order", "mode: active-backup, slaves: [eth1, eth2]",
			"bonds: {bond0: {mode: active-backup, miimon: 100, slaves: [eth0, eth1, eth2]}}\n",
			"remove slave eth0", "" },
		{ "and its queue, which another one wanted",
			"mode: active-backup, slaves: [{name: eth0, queue-id: 3}]",
			"bonds: {bond0: {mode: active-backup, miimon: 100,\n"
			"  slaves: [eth0, {name: eth1, queue-id: 3}]}}\n",
			"remove slave eth1", "" },
		{ "also where three hang together",
			"mode: active-backup, slaves: [{name: eth0, queue-id: 2}, "
			"{name: eth1, queue-id: 3}]",
			"bonds: {bond0: {mode: active-backup, miimon: 100,\n"
			"  slaves: [{name: eth0, queue-id: 1}, {name: eth1, queue-id: 2},\n"
			"    {name: eth2, queue-id: 3}]}}\n",
			"remove slave eth2", "" },
		{ "a held queue is no other's",
			"mode: active-backup, slaves: [{name: eth0, queue-id: 2}, "
			"{name: eth1, queue-id: 1}]",
			"bonds: {bond0: {mode: active-backup, miimon: 100,\n"
			"  slaves: [{name: eth0, queue-id: 1}, {name: eth1, queue-id: 2}]}}\n",
			"change slave eth1 option queue-id", "" },
		{ "a free queue may be taken all the same",
			"mode: active-backup, slaves: [{name: eth0, queue-id: 5}]", AB2,
			"remove slave eth1", "live: change slave eth0 option queue-id\n" },
	};

	CHECK_ALL(cases);
}

static void test_hold_of_a_new_slave_leaves_it_what_it_carries(void **state)
{
	static const struct hold_case cases[] = {
		{ "its addresses are not added to the bond",
			"mode: balance-rr, slaves: [eth0, eth1], addresses: [192.0.2.1/24, 192.0.2.2/24]",
			"bonds: {bond0: {mode: balance-rr, miimon: 100, slaves: [eth1]}}\n"
			"links: [{name: eth0, addresses: [192.0.2.1/24]}]\n",
			"add slave eth0", "live: add address 192.0.2.2/24\n" },
		{ "nor its routes, nor those that only its address would reach",
			"mode: balance-rr, slaves: [eth0, eth1], addresses: [192.0.2.1/24, 198.51.100.1/24], "
			"routes: [{to: default, via: 192.0.2.9}, {to: 203.0.113.0/24, via: 192.0.2.9}, "
			"{to: 203.0.114.0/24, via: 198.51.100.9}]",
			"bonds: {bond0: {mode: balance-rr, miimon: 100, slaves: [eth1]}}\n"
			"links:\n"
			"- {name: eth0, addresses: [192.0.2.1/24], routes: [{to: default, via: 192.0.2.9}]}\n",
			"add slave eth0",
			"live: add address 198.51.100.1/24\n"
			"live: add route 203.0.114.0/24 via 198.51.100.9\n" },
	};

	CHECK_ALL(cases);
}

static void test_hold_of_an_address_takes_its_routes_along(void **state)
{
	static const struct hold_case cases[] = {
		{ "those that prefer it as source",
			WANT("addresses: [192.0.2.1/24, 192.0.2.2/24], "
			     "routes: [{to: default, via: 192.0.2.9, src: 192.0.2.1}]"),
			WITH("addresses: [192.0.2.2/24]"), "add address 192.0.2.1/24", "" },
		{ "those whose gateway only it reaches",
			WANT("addresses: [192.0.2.1/24, 198.51.100.1/24], "
			     "routes: [{to: default, via: 192.0.2.9}, {to: 203.0.113.0/24, via: 198.51.100.9}]"),
			WITH("mtu: 1500"), "add address 192.0.2.1/24",
			"live: add address 198.51.100.1/24\n"
			"live: add route 203.0.113.0/24 via 198.51.100.9\n" },
		{ "not those that another address reaches",
			WANT("addresses: [192.0.2.1/24, 192.0.2.2/24], routes: [{to: default, via: 192.0.2.9}]"),
			WITH("mtu: 1500"), "add address 192.0.2.1/24",
			"live: add address 192.0.2.2/24\nlive: add route default via 192.0.2.9\n" },
		{ "not those that are reached on the link",
			WANT("addresses: [192.0.2.1/24], routes: "
			     "[{to: default, via: 192.0.2.9, onlink: true}]"),
			WITH("mtu: 1500"), "add address 192.0.2.1/24",
			"live: add route default via 192.0.2.9 onlink\n" },
		{ "not those through a route without gateway",
			WANT("addresses: [192.0.2.1/24], routes: [{to: 192.0.2.0/24}, "
			     "{to: default, via: 192.0.2.9}]"),
			WITH("mtu: 1500"), "add address 192.0.2.1/24",
			"live: add route 192.0.2.0/24\nlive: add route default via 192.0.2.9\n" },
		{ "not those that an address of another tool reaches",
			WANT("addresses: [192.0.2.1/24], routes: [{to: default, via: 192.0.2.9}]"),
			WITH("addresses: [192.0.2.77/24]"), "add address 192.0.2.1/24",
			"live: add route default via 192.0.2.9\n" },
		{ "but those that one which goes reaches",
			WANT("addresses: [192.0.2.1/24], routes: [{to: default, via: 192.0.2.9}]"),
			WITH("addresses: [{address: 192.0.2.77/24, proto: netbond}],\n"
			     "  routes: [{to: default, via: 192.0.2.9, protocol: netbond}]"),
			"add address 192.0.2.1/24",
			"down: remove address 192.0.2.77/24; what talks over this address stops\n"
			"down: remove route default via 192.0.2.9; what goes this way stops\n" },
		{ "a held removal keeps them",
			WANT("addresses: [], routes: []"),
			WITH("addresses: [{address: 192.0.2.1/24, proto: netbond}],\n"
			     "  routes: [{to: default, via: 192.0.2.9, protocol: netbond}]"),
			"remove address 192.0.2.1/24",
			"down: remove route default via 192.0.2.9; what goes this way stops\n" },
	};

	CHECK_ALL(cases);
}

static void test_hold_of_a_bond_that_stays_down_wants_no_new_routes(void **state)
{
	static const struct hold_case cases[] = {
		{ "the kernel would refuse them",
			WANT("addresses: [192.0.2.1/24], routes: [{to: default, via: 192.0.2.9}]"),
			WITH("up: false"), "set up", "live: add address 192.0.2.1/24\n" },
	};

	CHECK_ALL(cases);
}

/* ---- birth ---- */

static void test_hold_of_a_slave_that_stays_outside_leaves_it_its_mac(void **state)
{
	struct planning p;

	start(&p, "mode: balance-rr, slaves: [eth0, eth1]",
		"links: [{name: eth0, addresses: [192.0.2.1/24], mac: 02:00:00:00:00:a0},\n"
		"  {name: eth1, mac: 02:00:00:00:00:a1}]\n");
	assert_int_equal(planning_goal(&p, "bond0")->birth_mac[5], 0xa0);
	hold(&p, find_delta(&p, "add slave eth0"));
	assert_true(planning_goal(&p, "bond0")->has_birth_mac);
	assert_int_equal(planning_goal(&p, "bond0")->birth_mac[5], 0xa1);
	hold(&p, find_delta(&p, "add slave eth1"));
	assert_false(planning_goal(&p, "bond0")->has_birth_mac);
	planning_done(&p);
}

/* ---- everything ---- */

static void hold_everything(const char *desired, const char *observed)
{
	struct planning p;
	unsigned rounds = 0;

	start(&p, desired, observed);
	while (p.diff.n_deltas) {
		size_t before = p.diff.n_deltas;

		hold(&p, &p.diff.deltas[rounds % p.diff.n_deltas]);
		NB_CASE("%zu differences, then %zu", before, p.diff.n_deltas);
		assert_true(p.diff.n_deltas < before);
		rounds++;
	}
	assert_true(rounds > 1);
	planning_done(&p);
}

static void test_hold_one_after_the_other_leaves_nothing_in_the_end(void **state)
{
	hold_everything("mode: active-backup, slaves: [{name: eth0, prio: 4, queue-id: 2}, eth2], "
			"miimon: 50, updelay: 100, resend-igmp: 3, mtu: 9000, link-local: false, "
			"mac: 02:00:00:00:00:cc, addresses: [192.0.2.1/24, '2001:db8::1/56'], "
			"routes: [{to: default, via: 192.0.2.9}]",
		AB2 "links: [eth2, {name: bond0, addresses: [{address: '2001:db8::1/64', proto: netbond},\n"
		    "  {address: 198.51.100.1/24, proto: netbond}]}, {name: eth0, up: false}]\n");
	hold_everything("mode: 802.3ad, slaves: [eth1, eth2], addresses: [192.0.2.1/24]",
		AB2 "links: [{name: eth2, addresses: [192.0.2.1/24]}, {name: bond0, up: false}]\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_hold_undoes_each_kind_of_difference),
		cmocka_unit_test(test_hold_undoes_each_kind_of_address_and_route),
		cmocka_unit_test(test_hold_takes_along_the_rows_tied_to_an_option),
		cmocka_unit_test(test_hold_keeps_a_slave_with_all_it_has),
		cmocka_unit_test(test_hold_of_a_new_slave_leaves_it_what_it_carries),
		cmocka_unit_test(test_hold_of_an_address_takes_its_routes_along),
		cmocka_unit_test(test_hold_of_a_bond_that_stays_down_wants_no_new_routes),
		cmocka_unit_test(test_hold_of_a_slave_that_stays_outside_leaves_it_its_mac),
		cmocka_unit_test(test_hold_one_after_the_other_leaves_nothing_in_the_end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
