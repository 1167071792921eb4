/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the planner takes each operation to do, side effects included. */
#include "tests/unit/unit.h"

#include <stdio.h>
#include <string.h>

#include "lib/core/effect.h"
#include "lib/yaml/config.h"
#include "tests/model/script.h"

struct effect_case {
	const char *sentence;
	const char *before; /* snapshot */
	const char *ops;    /* lines of script.h */
	const char *links;  /* which are shown afterwards: "bond0 eth0 eth0@storage" */
	const char *after;  /* one line each, see show_link() */
};

/* "eth0 up 1500 02:00:00:00:00:02 in bond0: 192.0.2.1/24, default via 192.0.2.9" */
static void show_link(const struct nb_state *state, const char *name, const char *namespace,
	struct nb_text *out)
{
	const struct nb_netns *ns = nb_state_namespace(state, namespace);
	const struct nb_link *link = ns ? nb_netns_find(ns, name) : NULL;
	const struct nb_link *master;
	const char *comma = ": ";

	if (!link) {
		nb_text_add(out, "%s is not there\n", name);
		return;
	}
	master = link->master ? nb_netns_find_index(ns, link->master) : NULL;
	nb_text_add(out, "%s %s %u ", name, nb_link_is_up(link) ? "up" : "down", link->mtu);
	if (link->has_mac)
		nb_mac_format(link->mac, out);
	else
		nb_text_add(out, "some mac");
	if (master)
		nb_text_add(out, " in %s at %u", master->name, link->slave_position);
	for (size_t i = 0; i < link->n_addresses; i++, comma = ", ") {
		nb_text_add(out, "%s", comma);
		nb_address_format(&link->addresses[i], out);
		if (link->addresses[i].flags & IFA_F_SECONDARY)
			nb_text_add(out, " secondary");
	}
	for (size_t i = 0; i < link->n_routes; i++, comma = ", ") {
		nb_text_add(out, "%s", comma);
		nb_route_format(&link->routes[i], out);
	}
	nb_text_add(out, "\n");
}

static struct nb_state *state_of(const char *yaml)
{
	struct nb_state *state = NULL;
	struct nb_diag diag = { 0 };

	if (nb_yaml_load_state("before", yaml, strlen(yaml), &state, &diag) < 0) {
		NB_CLEANUP(nb_text_done) struct nb_text text = { 0 };

		nb_diag_format(&diag, &diag.problems[0], &text);
		fail_msg("%s", text.text);
	}
	nb_diag_done(&diag);
	return state;
}

static void run(struct nb_state *state, const char *ops)
{
	char *copy = strdup(ops), *rest;

	for (char *line = strtok_r(copy, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest)) {
		NB_CLEANUP(nb_text_done) struct nb_text why = { 0 };
		struct nb_op op;

		if (nb_script_op(line, &op, &why) < 0)
			fail_msg("%s: %s", line, why.text);
		assert_int_equal(nb_effect_apply(state, &op), 0);
		nb_op_done(&op);
	}
	free(copy);
}

static void assert_same(const struct nb_state *a, const struct nb_state *b)
{
	assert_int_equal(a->n_namespaces, b->n_namespaces);
	for (size_t n = 0; n < a->n_namespaces; n++) {
		const struct nb_netns *x = a->namespaces[n], *y = b->namespaces[n];

		assert_int_equal(x->links.n, y->links.n);
		for (size_t i = 0; i < x->links.n; i++) {
			if (!nb_link_equal(nb_netns_link(x, i), nb_netns_link(y, i)))
				fail_msg("%s changed", nb_netns_link(x, i)->name);
		}
	}
}

/* Nothing an operation does is seen in the state it began with. */
static void check_shared(const struct effect_case *c)
{
	NB_CLEANUP(nb_state_freep) struct nb_state *state = state_of(c->before), *copy = NULL;
	NB_CLEANUP(nb_state_freep) struct nb_state *work = NULL;

	assert_int_equal(nb_state_copy(state, &copy), 0);
	assert_int_equal(nb_effect_begin(state, &work), 0);
	run(work, c->ops);
	assert_same(state, copy);
}

static void check(const struct effect_case *c)
{
	NB_CLEANUP(nb_state_freep) struct nb_state *state = state_of(c->before);
	NB_CLEANUP(nb_text_done) struct nb_text shown = { 0 };
	NB_CLEANUP(nb_freep) char *links = strdup(c->links);
	char *rest;

	NB_CASE("%s", c->sentence);
	run(state, c->ops);
	for (char *word = strtok_r(links, " ", &rest); word; word = strtok_r(NULL, " ", &rest)) {
		char *at = strchr(word, '@');

		if (at)
			*at++ = '\0';
		show_link(state, word, at ? at : "", &shown);
	}
	assert_string_equal(shown.text, c->after);
	check_shared(c);
}

#define CHECK_ALL(cases)                                         \
	do {                                                     \
		for (size_t i = 0; i < NB_ARRAY_SIZE(cases); i++) \
			check(&(cases)[i]);                      \
	} while (0)

static uint64_t bond_option(const struct nb_state *state, const char *name, unsigned attr)
{
	const struct nb_link *link = nb_netns_find(state->namespaces[0], name);

	assert_non_null(link);
	return nb_optset_u(&link->bond, attr);
}

/* MACs end with the number of the device: eth2 has 02, bond0 what its slaves have. */
#define NICS                                                                      \
	"- {name: eth2, ifindex: 2, mac: 02:00:00:00:00:02}\n"                    \
	"- {name: eth3, ifindex: 3, mac: 02:00:00:00:00:03}\n"
#define L3                                                                                      \
	"addresses: [192.0.2.1/24, '2001:db8::1/64'], routes: [{to: default, via: 192.0.2.9},\n" \
	"  {to: '2001:db8:f::/48', via: '2001:db8::9'}]"
#define BOND(mode, slaves, rest)                                                         \
	"bonds: {bond0: {mode: " mode ", miimon: 100, slaves: [" slaves "]}}\n"          \
	"links:\n" NICS "- {name: bond0, ifindex: 10, mac: 02:00:00:00:00:0a, " rest "}\n"
#define VLAN "- {name: vlan5, kind: vlan, lower: bond0, mac: 02:00:00:00:00:0a, " L3 "}\n"

/* ---- up and down ---- */

static void test_effect_of_down_and_up(void **state)
{
	static const struct effect_case cases[] = {
		{ "IPv6 addresses and all routes go, IPv4 addresses stay", BOND("balance-rr", "", L3),
			"link bond0 down", "bond0", "bond0 down 1500 02:00:00:00:00:0a: 192.0.2.1/24\n" },
		{ "and do not come back", BOND("balance-rr", "", L3), "link bond0 down\nlink bond0 up",
			"bond0", "bond0 up 1500 02:00:00:00:00:0a: 192.0.2.1/24\n" },
		{ "what is down already loses nothing more", BOND("balance-rr", "", "up: false, " L3),
			"link bond0 down", "bond0",
			"bond0 down 1500 02:00:00:00:00:0a: 192.0.2.1/24, 2001:db8::1/64, default via "
			"192.0.2.9, 2001:db8:f::/48 via 2001:db8::9\n" },
		{ "a VLAN follows", BOND("balance-rr", "", "mtu: 1500") VLAN, "link bond0 down", "vlan5",
			"vlan5 down 1500 02:00:00:00:00:0a: 192.0.2.1/24\n" },
		{ "also one that was down",
			BOND("balance-rr", "", "up: false")
			"- {name: vlan5, kind: vlan, lower: bond0, up: false, mac: 02:00:00:00:00:0a}\n",
			"link bond0 up", "vlan5", "vlan5 up 1500 02:00:00:00:00:0a\n" },
		{ "a macvlan does not",
			BOND("balance-rr", "", "mtu: 1500")
			"- {name: mac0, kind: macvlan, lower: bond0, mac: 02:00:00:00:00:0b}\n",
			"link bond0 down", "mac0", "mac0 up 1500 02:00:00:00:00:0b\n" },
	};

	CHECK_ALL(cases);
}

/* ---- MTU and MAC ---- */

static void test_effect_of_an_mtu(void **state)
{
	static const struct effect_case cases[] = {
		{ "every slave takes it", BOND("balance-rr", "eth2", "mtu: 1500"), "link bond0 mtu=9000",
			"bond0 eth2 eth3",
			"bond0 up 9000 02:00:00:00:00:0a\n"
			"eth2 up 9000 02:00:00:00:00:02 in bond0 at 1\n"
			"eth3 up 1500 02:00:00:00:00:03\n" },
		{ "a VLAN shrinks with the bond", BOND("balance-rr", "", "mtu: 1500") VLAN,
			"link bond0 mtu=1400", "vlan5",
			"vlan5 up 1400 02:00:00:00:00:0a: 192.0.2.1/24, 2001:db8::1/64, default via "
			"192.0.2.9, 2001:db8:f::/48 via 2001:db8::9\n" },
		{ "and does not grow with it", BOND("balance-rr", "", "mtu: 1500")
			"- {name: vlan5, kind: vlan, lower: bond0, mac: 02:00:00:00:00:0a}\n",
			"link bond0 mtu=9000", "vlan5", "vlan5 up 1500 02:00:00:00:00:0a\n" },
		{ "below 1280 IPv6 ends", BOND("balance-rr", "", L3), "link bond0 mtu=1279", "bond0",
			"bond0 up 1279 02:00:00:00:00:0a: 192.0.2.1/24, default via 192.0.2.9\n" },
		{ "at 1280 it does not", BOND("balance-rr", "", L3), "link bond0 mtu=1280", "bond0",
			"bond0 up 1280 02:00:00:00:00:0a: 192.0.2.1/24, 2001:db8::1/64, default via "
			"192.0.2.9, 2001:db8:f::/48 via 2001:db8::9\n" },
	};

	CHECK_ALL(cases);
}

static void test_effect_of_a_mac(void **state)
{
	static const struct effect_case cases[] = {
		{ "slaves take it", BOND("balance-rr", "eth2", "mtu: 1500"),
			"link bond0 mac=02:00:00:00:00:cc", "bond0 eth2",
			"bond0 up 1500 02:00:00:00:00:cc\n"
			"eth2 up 1500 02:00:00:00:00:cc in bond0 at 1\n" },
		{ "but for balance-tlb and balance-alb", BOND("balance-alb", "eth2", "mtu: 1500"),
			"link bond0 mac=02:00:00:00:00:cc", "bond0 eth2",
			"bond0 up 1500 02:00:00:00:00:cc\n"
			"eth2 up 1500 02:00:00:00:00:02 in bond0 at 1\n" },
		{ "a VLAN with the same MAC takes it", BOND("balance-rr", "", "mtu: 1500")
			"- {name: vlan5, kind: vlan, lower: bond0, mac: 02:00:00:00:00:0a}\n"
			"- {name: vlan6, kind: vlan, lower: bond0, mac: 02:00:00:00:00:66}\n",
			"link bond0 mac=02:00:00:00:00:cc", "vlan5 vlan6",
			"vlan5 up 1500 02:00:00:00:00:cc\n"
			"vlan6 up 1500 02:00:00:00:00:66\n" },
	};

	CHECK_ALL(cases);
}

/* ---- options ---- */

static void test_effect_of_an_option_switches_off_what_it_excludes(void **state)
{
	NB_CLEANUP(nb_state_freep) struct nb_state *after = state_of(
		"bonds: {bond0: {mode: active-backup, miimon: 100, updelay: 200, slaves: []}}\n");

	run(after, "set bond0 arp-interval=500");
	assert_int_equal(bond_option(after, "bond0", IFLA_BOND_ARP_INTERVAL), 500);
	assert_int_equal(bond_option(after, "bond0", IFLA_BOND_MIIMON), 0);
	NB_CASE("and one that is set to nothing does not");
	run(after, "set bond0 arp-interval=0");
	run(after, "set bond0 miimon=50");
	run(after, "set bond0 arp-interval=0");
	assert_int_equal(bond_option(after, "bond0", IFLA_BOND_MIIMON), 50);
	NB_CASE("nor one that travels in the same message");
	run(after, "set bond0 miimon=70 arp-interval=0");
	assert_int_equal(bond_option(after, "bond0", IFLA_BOND_MIIMON), 70);
}

static void test_effect_of_no_primary_is_that_there_is_none(void **state)
{
	NB_CLEANUP(nb_state_freep) struct nb_state *after = state_of(
		"bonds: {bond0: {mode: active-backup, slaves: [eth2], primary: eth2}}\n");
	const struct nb_link *bond = nb_netns_find(after->namespaces[0], "bond0");
	struct nb_op op;

	assert_true(nb_optset_has(&bond->bond, IFLA_BOND_PRIMARY));
	assert_int_equal(nb_op_init(&op, NB_OP_BOND_SET, "", "", "bond0", 0), 0);
	assert_int_equal(nb_optset_set(&op.opts, IFLA_BOND_PRIMARY, (union nb_value){ 0 }), 0);
	assert_int_equal(nb_effect_apply(after, &op), 0);
	assert_false(nb_optset_has(&bond->bond, IFLA_BOND_PRIMARY));
	nb_op_done(&op);
}

/* ---- making and removing ---- */

static void test_effect_of_creation_is_a_bond_with_the_kernels_defaults(void **state)
{
	NB_CLEANUP(nb_state_freep) struct nb_state *after = state_of("links: [eth2]\n");
	const struct nb_link *bond;

	run(after, "create bond0 mode=802.3ad lacp-rate=fast mac=02:00:00:00:00:01 up\ncreate bond1");
	bond = nb_netns_find(after->namespaces[0], "bond0");
	assert_non_null(bond);
	assert_true(nb_link_is_bond(bond));
	assert_true(nb_link_is_up(bond));
	assert_true(bond->ifindex > NB_IFINDEX_PLANNED);
	assert_int_equal(nb_optset_u(&bond->bond, IFLA_BOND_AD_LACP_RATE), 1);
	assert_int_equal(nb_optset_u(&bond->bond, IFLA_BOND_MIIMON), 100);
	assert_int_equal(nb_optset_u(&bond->bond, IFLA_BOND_RESEND_IGMP), 1);
	NB_CASE("of its mode, and with an index of its own");
	assert_int_equal(bond_option(after, "bond1", IFLA_BOND_MIIMON), 0);
	assert_int_not_equal(nb_netns_find(after->namespaces[0], "bond1")->ifindex, bond->ifindex);
	assert_false(nb_link_is_up(nb_netns_find(after->namespaces[0], "bond1")));
}

static void test_effect_of_deletion(void **state)
{
	static const struct effect_case cases[] = {
		{ "slaves are released, what lies upon it goes too",
			BOND("balance-rr", "eth2", "mtu: 1500") VLAN
			"- {name: vlan6, kind: vlan, lower: vlan5, mac: 02:00:00:00:00:0a}\n",
			"delete bond0", "bond0 vlan5 vlan6 eth2 eth3",
			"bond0 is not there\n"
			"vlan5 is not there\n"
			"vlan6 is not there\n"
			"eth2 down 1500 02:00:00:00:00:02\n"
			"eth3 up 1500 02:00:00:00:00:03\n" },
		{ "a bond in a bond leaves it",
			"bonds:\n"
			"  bond0: {mode: active-backup, slaves: [bond1, eth3]}\n"
			"  bond1: {mode: active-backup, slaves: [eth2]}\n"
			"links:\n" NICS,
			"delete bond1", "bond1 eth2",
			"bond1 is not there\neth2 down 1500 02:00:00:00:00:02\n" },
		{ "also of a bond that had what lay upon it",
			"bonds: {bond0: {mode: balance-rr, slaves: [eth2]},\n"
			"  bond1: {mode: active-backup, slaves: [vlan5], primary: vlan5}}\nlinks:\n" NICS
			"- {name: bond0, ifindex: 10, mac: 02:00:00:00:00:0a}\n"
			"- {name: bond1, ifindex: 11, mac: 02:00:00:00:00:0a, mtu: 1500}\n" VLAN,
			"delete bond0", "vlan5 bond1", "vlan5 is not there\nbond1 up 1500 some mac\n" },
	};

	CHECK_ALL(cases);
}

/* ---- slaves ---- */

static void test_effect_of_enslaving(void **state)
{
	static const struct effect_case cases[] = {
		{ "it takes MAC and MTU, is up, and stands last",
			BOND("balance-rr", "eth2", "mtu: 9000"), "link eth3 down\nenslave eth3 bond0",
			"eth3", "eth3 up 9000 02:00:00:00:00:0a in bond0 at 2\n" },
		{ "it keeps its MAC where the driver leaves it", BOND("balance-tlb", "", "mtu: 1500"),
			"enslave eth3 bond0", "eth3", "eth3 up 1500 02:00:00:00:00:03 in bond0 at 1\n" },
		{ "taken down first, it loses what goes with that",
			BOND("balance-rr", "", "mtu: 1500") "- {name: eth4, mac: 02:00:00:00:00:04, " L3 "}\n",
			"enslave eth4 bond0 down", "eth4",
			"eth4 up 1500 02:00:00:00:00:0a in bond0 at 1: 192.0.2.1/24\n" },
		{ "it leaves the bond it was in",
			"bonds:\n"
			"  bond0: {mode: balance-rr, slaves: [eth2]}\n"
			"  bond1: {mode: balance-rr, slaves: [eth3]}\n"
			"links:\n" NICS
			"- {name: bond0, mac: 02:00:00:00:00:0a}\n"
			"- {name: bond1, mac: 02:00:00:00:00:0b}\n",
			"enslave eth3 bond0", "eth3 bond1",
			"eth3 up 1500 02:00:00:00:00:0a in bond0 at 2\n"
			"bond1 up 1500 some mac\n" },
		{ "a bond without MAC takes its own", BOND("balance-rr", "eth2", "mtu: 1500"),
			"release eth2\nenslave eth3 bond0", "bond0 eth3",
			"bond0 up 1500 02:00:00:00:00:03\n"
			"eth3 up 1500 02:00:00:00:00:03 in bond0 at 1\n" },
	};

	CHECK_ALL(cases);
}

static void test_effect_of_releasing(void **state)
{
	static const struct effect_case cases[] = {
		{ "it goes down with its own MAC; the bond keeps its MAC for the others",
			BOND("balance-rr", "eth2, eth3", "mtu: 1500"), "release eth2", "bond0 eth2 eth3",
			"bond0 up 1500 02:00:00:00:00:0a\n"
			"eth2 down 1500 02:00:00:00:00:02\n"
			"eth3 up 1500 02:00:00:00:00:03 in bond0 at 2\n" },
		{ "after the last one the bond has a random MAC",
			BOND("balance-rr", "eth2", "mtu: 1500"), "release eth2", "bond0",
			"bond0 up 1500 some mac\n" },
		{ "a port of a bridge stays up",
			"links: [{name: br0, kind: bridge},\n"
			"  {name: eth2, master: br0, mac: 02:00:00:00:00:02}]\n",
			"release eth2", "eth2", "eth2 up 1500 02:00:00:00:00:02\n" },
	};

	CHECK_ALL(cases);
}

static void test_effect_of_releasing_forgets_a_slaves_own_values(void **state)
{
	NB_CLEANUP(nb_state_freep) struct nb_state *after = state_of(
		"bonds: {bond0: {mode: active-backup, slaves: [{name: eth2, queue-id: 3, prio: 5}, eth3],\n"
		"  primary: eth2}}\n");
	const struct nb_link *slave = nb_netns_find(after->namespaces[0], "eth2");
	const struct nb_link *bond = nb_netns_find(after->namespaces[0], "bond0");

	assert_int_equal(nb_optset_u(&slave->slave, IFLA_BOND_SLAVE_QUEUE_ID), 3);
	run(after, "release eth2");
	assert_int_equal(slave->slave.present, 0);
	assert_null(slave->slave_kind);
	assert_false(nb_optset_has(&bond->bond, IFLA_BOND_PRIMARY));
	NB_CASE("it comes back with defaults");
	run(after, "enslave eth2 bond0");
	assert_true(nb_optset_has(&slave->slave, IFLA_BOND_SLAVE_QUEUE_ID));
	assert_int_equal(nb_optset_u(&slave->slave, IFLA_BOND_SLAVE_QUEUE_ID), 0);
	assert_string_equal(slave->slave_kind, "bond");
}

static void test_effect_of_moving(void **state)
{
	static const char before[] = "namespaces: {storage: {}}\n"
				     "links:\n" NICS "- {name: eth4, mac: 02:00:00:00:00:04, " L3 "}\n";
	static const struct effect_case cases[] = {
		{ "it is there, down, without addresses", before, "move eth4 to=storage",
			"eth4 eth4@storage",
			"eth4 is not there\neth4 down 1500 02:00:00:00:00:04\n" },
		{ "under another name", before, "move eth4 to=storage name=lan0", "eth4@storage lan0@storage",
			"eth4 is not there\nlan0 down 1500 02:00:00:00:00:04\n" },
		{ "and home again", before,
			"move eth4 to=storage name=lan0\nmove lan0@storage to=own name=eth4", "eth4",
			"eth4 down 1500 02:00:00:00:00:04\n" },
		{ "a slave leaves its bond",
			"namespaces: {storage: {}}\n" BOND("balance-rr", "eth2", "mtu: 1500"),
			"move eth2 to=storage", "bond0 eth2@storage",
			"bond0 up 1500 some mac\neth2 down 1500 02:00:00:00:00:02\n" },
	};

	CHECK_ALL(cases);
}

static void test_effect_of_namespaces(void **state)
{
	NB_CLEANUP(nb_state_freep) struct nb_state *after = state_of("links: [eth2]\n");

	run(after, "netns+ blue\nmove eth2 to=blue\ncreate bond0@blue\nenslave eth2@blue bond0");
	assert_true(nb_state_namespace(after, "blue")->exists);
	assert_non_null(nb_netns_find(nb_state_namespace(after, "blue"), "eth2"));
	assert_true(nb_netns_find(nb_state_namespace(after, "blue"), "eth2")->master > 0);
	run(after, "netns- blue");
	assert_false(nb_state_namespace(after, "blue")->exists);
}

/* ---- addresses and routes ---- */

static void test_effect_of_addresses(void **state)
{
	static const struct effect_case cases[] = {
		{ "a second one of a subnet is secondary", BOND("balance-rr", "", "mtu: 1500"),
			"addr+ bond0 192.0.2.1/24\naddr+ bond0 192.0.2.2/24\naddr+ bond0 192.0.3.1/24",
			"bond0",
			"bond0 up 1500 02:00:00:00:00:0a: 192.0.2.1/24, 192.0.2.2/24 secondary, "
			"192.0.3.1/24\n" },
		{ "the same again is the same", BOND("balance-rr", "", "addresses: [192.0.2.1/24]"),
			"addr+ bond0 192.0.2.1/24 replace preferred=0", "bond0",
			"bond0 up 1500 02:00:00:00:00:0a: 192.0.2.1/24\n" },
		{ "a primary takes its secondaries along", BOND("balance-rr", "", "mtu: 1500"),
			"addr+ bond0 192.0.2.1/24\naddr+ bond0 192.0.2.2/24\naddr+ bond0 192.0.3.1/24\n"
			"addr- bond0 192.0.2.1/24",
			"bond0", "bond0 up 1500 02:00:00:00:00:0a: 192.0.3.1/24\n" },
		{ "a secondary goes alone", BOND("balance-rr", "", "mtu: 1500"),
			"addr+ bond0 192.0.2.1/24\naddr+ bond0 192.0.2.2/24\naddr- bond0 192.0.2.2/24",
			"bond0", "bond0 up 1500 02:00:00:00:00:0a: 192.0.2.1/24\n" },
		{ "routes that prefer it go with it", BOND("balance-rr", "", "addresses: [192.0.3.1/24]"),
			"addr+ bond0 192.0.2.1/24\n"
			"route+ bond0 198.51.100.0/24 src=192.0.2.1\nroute+ bond0 198.51.101.0/24\n"
			"addr- bond0 192.0.2.1/24",
			"bond0",
			"bond0 up 1500 02:00:00:00:00:0a: 192.0.3.1/24, 198.51.101.0/24\n" },
		{ "with the last IPv4 address all IPv4 routes go", BOND("balance-rr", "", L3),
			"addr- bond0 192.0.2.1/24", "bond0",
			"bond0 up 1500 02:00:00:00:00:0a: 2001:db8::1/64, 2001:db8:f::/48 via "
			"2001:db8::9\n" },
		{ "IPv6 routes stay without addresses", BOND("balance-rr", "", L3),
			"addr- bond0 2001:db8::1/64", "bond0",
			"bond0 up 1500 02:00:00:00:00:0a: 192.0.2.1/24, default via 192.0.2.9, "
			"2001:db8:f::/48 via 2001:db8::9\n" },
	};

	CHECK_ALL(cases);
}

static void test_effect_of_routes(void **state)
{
	static const struct effect_case cases[] = {
		{ "one of the same key takes the place of another",
			BOND("balance-rr", "", "routes: [{to: default, via: 192.0.2.9}]"),
			"route+ bond0 default via=192.0.2.8 replace", "bond0",
			"bond0 up 1500 02:00:00:00:00:0a: default via 192.0.2.8\n" },
		{ "another metric is another route",
			BOND("balance-rr", "", "routes: [{to: default, via: 192.0.2.9}]"),
			"route+ bond0 default via=192.0.2.8 metric=5", "bond0",
			"bond0 up 1500 02:00:00:00:00:0a: default via 192.0.2.9, default via 192.0.2.8 "
			"metric 5\n" },
		{ "one that goes", BOND("balance-rr", "", L3), "route- bond0 default via=192.0.2.9",
			"bond0",
			"bond0 up 1500 02:00:00:00:00:0a: 192.0.2.1/24, 2001:db8::1/64, "
			"2001:db8:f::/48 via 2001:db8::9\n" },
	};

	CHECK_ALL(cases);
}

/* ---- nothing ---- */

static void test_effect_on_what_is_not_there_is_none(void **state)
{
	static const char all[] = "bond0 eth2";
	static const char before[] = BOND("balance-rr", "eth2", L3);
	static const char *const ops[] = { "set nothing miimon=5", "link nothing down",
		"delete nothing", "enslave nothing bond0", "release eth3", "slave nothing prio=5",
		"addr- bond0 192.0.9.9/24", "route- bond0 198.51.100.0/24", "move nothing to=own",
		"link bond0@nowhere down", "netns- nowhere", "wait bond0",
		"waitaddr bond0 2001:db8::1/64" };

	for (size_t i = 0; i < NB_ARRAY_SIZE(ops); i++) {
		const struct effect_case c = { ops[i], before, ops[i], all,
			"bond0 up 1500 02:00:00:00:00:0a: 192.0.2.1/24, 2001:db8::1/64, default via "
			"192.0.2.9, 2001:db8:f::/48 via 2001:db8::9\n"
			"eth2 up 1500 02:00:00:00:00:02 in bond0 at 1\n" };

		check(&c);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_effect_of_down_and_up),
		cmocka_unit_test(test_effect_of_an_mtu),
		cmocka_unit_test(test_effect_of_a_mac),
		cmocka_unit_test(test_effect_of_an_option_switches_off_what_it_excludes),
		cmocka_unit_test(test_effect_of_no_primary_is_that_there_is_none),
		cmocka_unit_test(test_effect_of_creation_is_a_bond_with_the_kernels_defaults),
		cmocka_unit_test(test_effect_of_deletion),
		cmocka_unit_test(test_effect_of_enslaving),
		cmocka_unit_test(test_effect_of_releasing),
		cmocka_unit_test(test_effect_of_releasing_forgets_a_slaves_own_values),
		cmocka_unit_test(test_effect_of_moving),
		cmocka_unit_test(test_effect_of_namespaces),
		cmocka_unit_test(test_effect_of_addresses),
		cmocka_unit_test(test_effect_of_routes),
		cmocka_unit_test(test_effect_on_what_is_not_there_is_none),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
