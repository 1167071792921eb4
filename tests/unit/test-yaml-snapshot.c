/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Snapshots as text: what a short one means, and that a whole one is read as it was written. */
#include "tests/unit/yaml-round.h"

#include <errno.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <net/if_arp.h>
#include <stdio.h>

#include "lib/core/rules.h"

static struct nb_link *link_of(const struct nb_state *state, const char *ns, const char *name)
{
	struct nb_link *link = nb_netns_find(nb_state_namespace(state, ns), name);

	if (!link)
		fail_msg("no link %s", name);
	return link;
}

static void test_a_short_snapshot_is_a_healthy_machine(void **state)
{
	NB_CLEANUP(nb_state_freep) struct nb_state *s = state_of(
		"bonds:\n"
		"  bond0: {mode: active-backup, slaves: [eth0, {name: eth1, queue-id: 2}]}\n"
		"links:\n"
		"- eth2\n"
		"- {name: eth1, carrier: no}\n");
	const struct nb_link *bond = link_of(s, "", "bond0"), *eth0 = link_of(s, "", "eth0");
	const struct nb_link *eth1 = link_of(s, "", "eth1"), *eth2 = link_of(s, "", "eth2");

	assert_true(s->namespaces[0]->exists);
	assert_int_equal(eth2->ifindex, 2);
	assert_int_equal(eth1->ifindex, 3);
	assert_int_equal(eth0->ifindex, 4);
	assert_int_equal(bond->ifindex, 5);
	assert_true(nb_link_is_bond(bond) && nb_link_is_up(bond) && bond->carrier);
	assert_int_equal(bond->flags,
		IFF_UP | IFF_BROADCAST | IFF_RUNNING | IFF_MULTICAST | IFF_MASTER | IFF_LOWER_UP);
	assert_int_equal(eth1->flags, IFF_UP | IFF_BROADCAST | IFF_MULTICAST | IFF_SLAVE);
	assert_true(nb_link_is_slave_of(eth0, bond) && nb_link_is_slave_of(eth1, bond));
	assert_false(eth2->master);
	assert_int_equal(eth0->slave_position, 1);
	assert_int_equal(eth1->slave_position, 2);
	assert_string_equal(eth0->slave_kind, "bond");
	assert_true(nb_link_usable_slave(eth0, bond));
	assert_false(nb_link_usable_slave(eth1, bond));
	assert_int_equal(nb_optset_u(&eth1->slave, IFLA_BOND_SLAVE_QUEUE_ID), 2);
	assert_string_equal(nb_optset_get(&bond->bond, IFLA_BOND_ACTIVE_SLAVE).name, "eth0");
	assert_int_equal(bond->mtu, 1500);
	/* the driver gives both the MAC of the first, and remembers theirs */
	assert_memory_equal(bond->mac, eth0->mac, 6);
	assert_memory_equal(eth1->mac, eth0->mac, 6);
	assert_int_equal(nb_optset_get(&eth1->slave, IFLA_BOND_SLAVE_PERM_HWADDR).mac[5], 3);
	assert_int_equal(eth0->mac[5], 4);
}

/* Rows nobody named have the kernel's default of the mode, lists and names excepted. */
static void test_a_short_bond_has_the_kernels_defaults(void **state)
{
	for (unsigned mode = 0; mode < NB_MODE_COUNT; mode++) {
		NB_CLEANUP(nb_state_freep) struct nb_state *s = NULL;
		const struct nb_link *bond;
		char text[128];

		NB_CASE("%s", nb_mode_name(mode));
		snprintf(text, sizeof(text), "bonds: {bond0: {mode: %u, slaves: []}}\n", mode);
		s = state_of(text);
		bond = link_of(s, "", "bond0");
		assert_false(bond->carrier);
		nb_foreach_option(row, attr, NB_SCOPE_BOND) {
			bool dumped = nb_option_writable(row) && !(row->flags & NB_OPTION_SPARSE);

			assert_int_equal(nb_optset_has(&bond->bond, attr), dumped);
			if (dumped && attr != IFLA_BOND_MODE)
				assert_int_equal(nb_optset_get(&bond->bond, attr).s,
					nb_option_kernel_default(row, mode));
		}
		assert_int_equal(nb_optset_u(&bond->bond, IFLA_BOND_MODE), mode);
	}
}

static void test_a_short_lacp_bond_has_a_partner(void **state)
{
	NB_CLEANUP(nb_state_freep) struct nb_state *s = state_of(
		"bonds: {bond0: {mode: 802.3ad, slaves: [a, b, c]}}\n"
		"links: [{name: c, carrier: false}, {name: b, up: false}]\n");
	const struct nb_link *bond = link_of(s, "", "bond0");
	const struct nb_optset *info = nb_optset_get(&bond->bond, IFLA_BOND_AD_INFO).set;

	assert_true(nb_link_usable_slave(link_of(s, "", "a"), bond));
	assert_false(nb_link_usable_slave(link_of(s, "", "b"), bond));
	assert_false(nb_link_usable_slave(link_of(s, "", "c"), bond));
	assert_int_equal(nb_optset_u(info, IFLA_BOND_AD_INFO_NUM_PORTS), 1);
	assert_int_equal(nb_optset_get(info, IFLA_BOND_AD_INFO_PARTNER_MAC).mac[0], 2);
}

static void test_a_kernel_that_lacks_rows_has_none_of_them(void **state)
{
	NB_CLEANUP(nb_text_done) struct nb_text text = { 0 };
	NB_CLEANUP(nb_state_freep) struct nb_state *s = state_of(
		"kernel: {bond: [mode, miimon, 60], slave: [], namespace-inode: 4026531840}\n"
		"bonds: {bond0: {mode: 802.3ad, slaves: [eth0]}}\n");
	const struct nb_link *bond = link_of(s, "", "bond0");

	assert_int_equal(s->known[NB_SCOPE_BOND],
		NB_BIT(IFLA_BOND_MODE) | NB_BIT(IFLA_BOND_MIIMON) | NB_BIT(60));
	assert_int_equal(s->known[NB_SCOPE_SLAVE], 0);
	assert_int_equal(bond->bond.present, NB_BIT(IFLA_BOND_MODE) | NB_BIT(IFLA_BOND_MIIMON));
	assert_int_equal(link_of(s, "", "eth0")->slave.present, 0);
	assert_int_equal(s->namespaces[0]->inode, 4026531840);
	state_round(s, &text);
}

/* Everything a link can have, in one text that is canonical already. */
static const char whole[] =
	"version: 1\n"
	"kernel:\n"
	"  namespace-inode: 4026531840\n"
	"namespaces:\n"
	"  storage: {inode: 4026532201}\n"
	"  later: {exists: false}\n"
	"  closed: {unreadable: true, pins-unreadable: true}\n"
	"bonds:\n"
	"  bond0:\n"
	"    mode: active-backup\n"
	"    slaves: [eth0, {name: eth1, queue-id: 2, prio: -5}]\n"
	"    miimon: 0\n"
	"    arp-interval: 500\n"
	"    arp-ip-target: [198.51.100.1]\n"
	"    primary: eth0\n"
	"  storage/bond0:\n"
	"    name: bond0\n"
	"    namespace: storage\n"
	"    mode: balance-rr\n"
	"    slaves: []\n"
	"    miimon: 0\n"
	"links:\n"
	"- name: lo\n"
	"  ifindex: 1\n"
	"  type: loopback\n"
	"  operstate: unknown\n"
	"  mtu: 65536\n"
	"  mac: \"00:00:00:00:00:00\"\n"
	"  addresses:\n"
	"  - 127.0.0.1/8\n"
	"  - {address: '::1/128', proto: kernel-lo}\n"
	"- name: eth0\n"
	"  ifindex: 2\n"
	"  min-mtu: 68\n"
	"  max-mtu: 9000\n"
	"  mac: 52:54:00:aa:00:01\n"
	"  permanent-mac: 52:54:00:aa:00:01\n"
	"  parent: \"0000:00:03.0\"\n"
	"  parent-bus: pci\n"
	"  driver: virtio_net\n"
	"  slave-state:\n"
	"    state: active\n"
	"    mii-status: up\n"
	"    link-failure-count: 3\n"
	"    perm-hwaddr: 52:54:00:aa:00:01\n"
	"  altnames: [enp0s3, enx525400aa0001]\n"
	"- name: eth1\n"
	"  ifindex: 3\n"
	"  up: false\n"
	"  flags: 0x1902\n"
	"  mac: 52:54:00:aa:00:01\n"
	"  permanent-mac: none\n"
	"  parent: virtio1\n"
	"  udev-pending: true\n"
	"  slave-position: 7\n"
	"  slave-state: {}\n"
	"- name: bond0\n"
	"  ifindex: 4\n"
	"  kind: bond\n"
	"  carrier: true\n"
	"  mtu: 9000\n"
	"  addr-gen-mode: none\n"
	"  mac: 52:54:00:aa:00:01\n"
	"  bond-state:\n"
	"    active-slave: eth0\n"
	"  addresses:\n"
	"  - {address: 192.0.2.10/24, proto: netbond, broadcast: 192.0.2.255, label: 'bond0:1'}\n"
	"  - {address: 192.0.2.11/32, metric: 50, peer: 192.0.2.12}\n"
	"  - {address: '2001:db8::10/64', preferred: 0, flags: [nodad, permanent]}\n"
	"  - {address: '2001:db8::11/64', scope: site, preferred: 100, valid: 200, flags: [tentative, 4096]}\n"
	"  routes:\n"
	"  - {to: default, via: 192.0.2.1, protocol: dhcp}\n"
	"  - {to: 192.0.2.0/24, src: 192.0.2.10, protocol: kernel}\n"
	"  - {to: 198.51.100.0/24, via: 192.0.2.1, metric: 5, table: 100, onlink: true, protocol: netbond, type: throw,\n"
	"    scope: host, tos: 16, from: '2001:db8::/32', expires: 7, nexthop: 3, attributes: \"0500140001000000\"}\n"
	"  - {to: '2001:db8::/64', metric: 256, protocol: kernel}\n"
	"  - {to: '::/0', protocol: 186}\n"
	"- name: br0\n"
	"  ifindex: 9\n"
	"  kind: bridge\n"
	"  mac: none\n"
	"- name: vlan5\n"
	"  ifindex: 10\n"
	"  kind: vlan\n"
	"  carrier: false\n"
	"  mac: 52:54:00:aa:00:01\n"
	"  master: br0\n"
	"  slave-kind: bridge_slave\n"
	"  lower: bond0\n"
	"- name: lost\n"
	"  ifindex: 11\n"
	"  mac: 02:00:00:00:00:0b\n"
	"  master-ifindex: 99\n"
	"  slave-kind: bond\n"
	"  slave-state:\n"
	"    mii-status: down\n"
	"    queue-id: 4\n"
	"  lower-ifindex: 98\n"
	"- name: new0\n"
	"  ifindex: 0\n"
	"  kind: dummy\n"
	"  mac: 02:00:00:00:00:0c\n"
	"- name: bond0\n"
	"  namespace: storage\n"
	"  ifindex: 2\n"
	"  kind: bond\n"
	"  up: false\n"
	"  carrier: false\n"
	"  mac: 02:00:00:00:00:0d\n"
	"  bond-state:\n"
	"    active-slave: none\n";

static void test_a_whole_snapshot_is_written_as_it_was_read(void **state)
{
	NB_CLEANUP(nb_text_done) struct nb_text text = { 0 };
	NB_CLEANUP(nb_state_freep) struct nb_state *s = state_of(whole);
	const struct nb_link *bond = link_of(s, "", "bond0");

	state_round(s, &text);
	assert_int_equal(s->n_namespaces, 4);
	assert_false(nb_state_namespace(s, "later")->exists);
	assert_true(nb_state_namespace(s, "closed")->unreadable);
	assert_true(nb_state_set(s, "closed")->unreadable);
	assert_int_equal(link_of(s, "", "vlan5")->lower, 4);
	assert_int_equal(link_of(s, "", "vlan5")->master, 9);
	assert_int_equal(link_of(s, "", "lost")->master, 99);
	assert_int_equal(link_of(s, "", "lost")->lower, 98);
	assert_int_equal(link_of(s, "", "eth1")->slave_position, 7);
	assert_int_equal(link_of(s, "", "eth1")->flags, 0x1902);
	assert_false(link_of(s, "", "eth1")->has_permanent_mac);
	assert_false(link_of(s, "", "br0")->has_mac);
	assert_int_equal(link_of(s, "", "new0")->ifindex, 0);
	assert_string_equal(nb_netns_link(s->namespaces[0], s->namespaces[0]->links.n - 1)->name, "new0");
	assert_int_equal(bond->addresses[2].flags, IFA_F_NODAD | IFA_F_PERMANENT);
	assert_int_equal(bond->addresses[3].flags, IFA_F_TENTATIVE | 4096);
	assert_int_equal(bond->addresses[3].valid, 200);
	assert_int_equal(bond->addresses[0].flags, IFA_F_PERMANENT);
	assert_int_equal(bond->routes[4].protocol, 186);
	assert_int_equal(bond->routes[1].scope, RT_SCOPE_LINK);
	assert_int_equal(link_of(s, "storage", "bond0")->ifindex, 2);
	assert_int_equal(nb_state_namespace(s, "storage")->inode, 4026532201);
	assert_string_equal(text.text, whole);
}

struct bad_snapshot {
	const char *text, *said;
};

static void test_snapshots_that_contradict_themselves_are_refused(void **state)
{
	static const struct bad_snapshot cases[] = {
		{ "links: [eth0, eth0]\n", "link eth0 stands in the list twice" },
		{ "links: [{name: a, ifindex: 5}, {name: b, ifindex: 5}]\n", "two links have ifindex 5" },
		{ "links: [{name: a, master: br0}]\n", "a: no link 'br0' in this snapshot" },
		{ "links: [{name: a, lower: x}]\n", "a: no link 'x' in this snapshot" },
		{ "links: [{ifindex: 5}]\n", "a link without 'name'" },
		{ "links: [{name: a, colour: 1}]\n", "unknown key 'colour' in a link" },
		{ "bonds: {a: {slaves: [x]}, b: {slaves: [x]}}\n", "x has two masters" },
		{ "bonds: {a: {slaves: [x]}}\nlinks: [{name: x, master: y}, y]\n", "x has two masters" },
		{ "bonds: {a: {slaves: []}}\nlinks: [{name: a, kind: dummy}]\n",
			"a is in 'bonds' and of kind dummy" },
		{ "bonds: {a: {slaves: [{match: {name: x}}]}}\n", "a snapshot names its slaves exactly" },
		{ "bonds: {a: {slaves: []}, b: {name: a, slaves: []}}\n", "bond a stands here twice" },
		{ "kernel: {bond: [oops]}\n", "'oops' is no option of this scope" },
		{ "links: [{name: a, slave-state: {mii-status: maybe}}]\n", "mii-status: 'maybe'" },
		{ "links: [{name: a, mac: 1}]\n", "mac: '1' is not a MAC address" },
		{ "links: [{name: a, addresses: [192.0.2.1]}]\n", "has no prefix length" },
		{ "links: {}\n", "links: expected a list" },
	};

	for (size_t i = 0; i < NB_ARRAY_SIZE(cases); i++) {
		NB_CLEANUP(nb_diag_done) struct nb_diag diag = { 0 };
		struct nb_state *s = NULL;

		NB_CASE("%s", cases[i].said);
		assert_int_equal(nb_yaml_load_state("x", cases[i].text, strlen(cases[i].text), &s,
					 &diag), -EBADMSG);
		assert_null(s);
		if (!strstr(diag.problems[0].text, cases[i].said))
			fail_msg("said: %s", diag.problems[0].text);
	}
}

static void test_nothing_is_an_empty_state(void **state)
{
	NB_CLEANUP(nb_text_done) struct nb_text text = { 0 };
	NB_CLEANUP(nb_state_freep) struct nb_state *s = state_of("");

	assert_int_equal(s->n_namespaces, 1);
	assert_int_equal(s->namespaces[0]->links.n, 0);
	state_round(s, &text);
	assert_string_equal(text.text, "version: 1\nbonds: {}\nlinks: []\n");
}

/* One of as many next hops as are told apart: what a try goes back to is read from disk. */
static void test_a_route_with_many_next_hops_survives_a_round_trip(void **state)
{
	enum { HOPS = 64, GATEWAY = sizeof(struct nlattr) + 16 };
	struct {
		struct nlattr head;
		struct {
			struct rtnexthop hop;
			struct nlattr gateway;
			uint8_t ip[16];
		} hops[HOPS];
	} many = { .head = { .nla_type = RTA_MULTIPATH, .nla_len = sizeof(many) } };
	struct nb_route route = { .to.family = AF_INET6, .prefix_length = 32, .table = RT_TABLE_MAIN,
		.protocol = RTPROT_STATIC, .type = RTN_UNICAST, .metric = NB_ROUTE_METRIC_IPV6 };
	NB_CLEANUP(nb_text_done) struct nb_text text = { 0 };
	NB_CLEANUP(nb_state_freep) struct nb_state *s = state_of("links: [eth0]\n");

	for (unsigned i = 0; i < HOPS; i++) {
		many.hops[i].hop = (struct rtnexthop){
			.rtnh_len = sizeof(many.hops[i]), .rtnh_ifindex = 2
		};
		many.hops[i].gateway = (struct nlattr){ .nla_type = RTA_GATEWAY, .nla_len = GATEWAY };
		memset(many.hops[i].ip, (int)i + 1, sizeof(many.hops[i].ip));
	}
	assert_int_equal(nb_ip_parse("2001:db8::", AF_INET6, &route.to), 0);
	assert_int_equal(nb_route_set_attributes(&route, &many, sizeof(many)), 0);
	assert_int_equal(nb_link_add_route(nb_netns_link(s->namespaces[0], 0), &route), 0);
	state_round(s, &text);
	nb_route_done(&route);
}

/* Nothing of it is lost where AddressSanitizer or valgrind looks. */
static void test_routes_of_bonds_keep_their_attributes(void **state)
{
	NB_CLEANUP(nb_state_freep) struct nb_state *s = state_of(
		"bonds:\n"
		"  bond0:\n"
		"    slaves: [eth0]\n"
		"    routes: [{to: 198.51.100.0/24, via: 192.0.2.1, attributes: '0500140001000000'}]\n");

	assert_int_equal(link_of(s, "", "bond0")->n_routes, 1);
	assert_int_equal(link_of(s, "", "bond0")->routes[0].n_attributes, 8);
}

/* The kernel takes names that YAML cannot carry: a snapshot is written all the same. */
static void test_names_that_are_no_utf8_do_not_stop_a_snapshot(void **state)
{
	NB_CLEANUP(nb_text_done) struct nb_text text = { 0 };
	NB_CLEANUP(nb_state_freep) struct nb_state *s = nb_state_new(), *back = NULL;
	struct nb_link *link = nb_link_new("e\xff\x01\xc3\xa4");

	link->ifindex = 2;
	assert_int_equal(nb_netns_add(s->namespaces[0], link), 0);
	assert_int_equal(nb_yaml_emit_state(s, &text), 0);
	assert_non_null(strstr(text.text, "name: e??\xc3\xa4"));
	back = state_of(text.text);
	assert_int_equal(back->namespaces[0]->links.n, 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_short_snapshot_is_a_healthy_machine),
		cmocka_unit_test(test_a_short_bond_has_the_kernels_defaults),
		cmocka_unit_test(test_a_short_lacp_bond_has_a_partner),
		cmocka_unit_test(test_a_kernel_that_lacks_rows_has_none_of_them),
		cmocka_unit_test(test_a_whole_snapshot_is_written_as_it_was_read),
		cmocka_unit_test(test_snapshots_that_contradict_themselves_are_refused),
		cmocka_unit_test(test_nothing_is_an_empty_state),
		cmocka_unit_test(test_a_route_with_many_next_hops_survives_a_round_trip),
		cmocka_unit_test(test_routes_of_bonds_keep_their_attributes),
		cmocka_unit_test(test_names_that_are_no_utf8_do_not_stop_a_snapshot),
	};

	return cmocka_run_group_tests_name("yaml-snapshot", tests, NULL, NULL);
}
