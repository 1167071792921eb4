/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tests/unit/unit.h"

#include <linux/rtnetlink.h>
#include <stdio.h>
#include <string.h>

#include "lib/core/model.h"
#include "lib/core/touch.h"

static struct nb_link *add_link(struct nb_netns *ns, const char *name, int ifindex)
{
	struct nb_link *link = nb_link_new(name);

	assert_non_null(link);
	link->ifindex = ifindex;
	assert_int_equal(nb_netns_add(ns, link), 0);
	return link;
}

static void set(struct nb_optset *opts, unsigned attr, uint64_t value)
{
	assert_int_equal(nb_optset_set(opts, attr, (union nb_value){ .u = value }), 0);
}

static void test_links_stand_by_ifindex_and_unmade_ones_last(void **state)
{
	NB_CLEANUP(nb_state_freep) struct nb_state *s = nb_state_new();
	struct nb_netns *ns = s->namespaces[0];
	static const char *const wanted[] = { "a", "b", "c", "d", "x", "y" };

	add_link(ns, "c", 7);
	add_link(ns, "x", 0);
	add_link(ns, "a", 1);
	add_link(ns, "d", 2000000000);
	add_link(ns, "y", 0);
	add_link(ns, "b", 3);
	assert_int_equal(ns->links.n, 6);
	for (size_t i = 0; i < ns->links.n; i++)
		assert_string_equal(nb_netns_link(ns, i)->name, wanted[i]);
}

static void test_links_are_found_by_index_name_and_altname(void **state)
{
	NB_CLEANUP(nb_state_freep) struct nb_state *s = nb_state_new();
	struct nb_netns *ns = s->namespaces[0];
	struct nb_link *link = NULL;

	for (int i = 2; i <= 400; i += 2) {
		char name[IFNAMSIZ];

		snprintf(name, sizeof(name), "eth%d", i);
		link = add_link(ns, name, i);
	}
	add_link(ns, "unmade", 0);
	assert_int_equal(nb_link_add_altname(link, "enp1s0"), 0);
	for (int i = -1; i <= 402; i++) {
		const struct nb_link *found = nb_netns_find_index(ns, i);

		if (i >= 2 && i <= 400 && i % 2 == 0)
			assert_int_equal(found->ifindex, i);
		else
			assert_null(found);
	}
	assert_ptr_equal(nb_netns_find(ns, "eth400"), link);
	assert_ptr_equal(nb_netns_find(ns, "enp1s0"), link);
	assert_null(nb_netns_find(ns, "eth401"));
	assert_true(nb_link_has_name(link, "enp1s0"));
	assert_false(nb_link_has_name(link, "enp1s"));
}

static void test_taken_link_belongs_to_the_caller(void **state)
{
	NB_CLEANUP(nb_state_freep) struct nb_state *s = nb_state_new();
	NB_CLEANUP(nb_link_freep) struct nb_link *taken = NULL;
	struct nb_netns *ns = s->namespaces[0];

	add_link(ns, "a", 1);
	taken = nb_netns_take(ns, add_link(ns, "b", 2));
	add_link(ns, "c", 3);
	assert_string_equal(taken->name, "b");
	assert_null(nb_netns_find(ns, "b"));
	assert_null(nb_netns_find_index(ns, 2));
	assert_string_equal(nb_netns_find_index(ns, 3)->name, "c");
	assert_int_equal(ns->links.n, 2);
}

static void test_a_renamed_link_is_found_by_its_new_name_alone(void **state)
{
	NB_CLEANUP(nb_state_freep) struct nb_state *s = nb_state_new();
	struct nb_netns *ns = s->namespaces[0];
	struct nb_link *link = add_link(ns, "eth0", 1);

	add_link(ns, "eth1", 2);
	assert_ptr_equal(nb_netns_find(ns, "eth0"), link);
	nb_netns_rename(ns, link, "eth7");
	assert_null(nb_netns_find(ns, "eth0"));
	assert_ptr_equal(nb_netns_find(ns, "eth7"), link);
	assert_ptr_equal(nb_netns_find(ns, "eth1"), nb_netns_link(ns, 1));
}

static void test_slaves_come_in_the_drivers_order(void **state)
{
	NB_CLEANUP(nb_state_freep) struct nb_state *s = nb_state_new();
	NB_CLEANUP(nb_freep) struct nb_link **slaves = NULL;
	struct nb_netns *ns = s->namespaces[0];
	struct nb_link *bond = add_link(ns, "bond0", 9);
	static const struct {
		const char *name;
		int ifindex;
		uint32_t position;
	} links[] = { { "late", 4, 0 }, { "second", 3, 2 }, { "first", 5, 1 }, { "later", 8, 0 } };
	static const char *const wanted[] = { "first", "second", "late", "later" };

	for (size_t i = 0; i < NB_ARRAY_SIZE(links); i++) {
		struct nb_link *link = add_link(ns, links[i].name, links[i].ifindex);

		link->master = 9;
		link->slave_position = links[i].position;
	}
	add_link(ns, "free", 2);
	assert_int_equal(nb_netns_slaves(ns, bond, &slaves), 4);
	for (size_t i = 0; i < NB_ARRAY_SIZE(wanted); i++)
		assert_string_equal(slaves[i]->name, wanted[i]);
}

static void test_bond_without_slaves_has_no_array(void **state)
{
	NB_CLEANUP(nb_state_freep) struct nb_state *s = nb_state_new();
	struct nb_netns *ns = s->namespaces[0];
	struct nb_link *bond = add_link(ns, "bond0", 0), **slaves = (struct nb_link **)ns;

	/* Neither is the slave of a bond that is not made yet, though both numbers are 0. */
	add_link(ns, "eth0", 0);
	assert_int_equal(nb_netns_slaves(ns, bond, &slaves), 0);
	assert_null(slaves);
}

static void test_addresses_and_routes_go_without_a_gap(void **state)
{
	NB_CLEANUP(nb_link_freep) struct nb_link *link = nb_link_new("eth0");
	struct nb_address address = { 0 };
	struct nb_route route = { 0 };

	for (uint8_t i = 0; i < 20; i++) {
		address.prefix_length = route.prefix_length = i;
		assert_int_equal(nb_link_add_address(link, &address), 0);
		assert_int_equal(nb_link_add_route(link, &route), 0);
	}
	nb_link_remove_address(link, 0);
	nb_link_remove_address(link, 18);
	nb_link_remove_address(link, 4);
	nb_link_remove_route(link, 10);
	assert_int_equal(link->n_addresses, 17);
	assert_int_equal(link->n_routes, 19);
	assert_int_equal(link->addresses[0].prefix_length, 1);
	assert_int_equal(link->addresses[3].prefix_length, 4);
	assert_int_equal(link->addresses[4].prefix_length, 6);
	assert_int_equal(link->addresses[16].prefix_length, 18);
	assert_int_equal(link->routes[9].prefix_length, 9);
	assert_int_equal(link->routes[10].prefix_length, 11);
}

/* A bond with one slave that could send. */
static struct nb_link *add_pair(struct nb_netns *ns, unsigned mode, struct nb_link **ret_slave)
{
	struct nb_link *bond = add_link(ns, "bond0", 9), *slave = add_link(ns, "eth0", 2);
	struct nb_optset *info = calloc(1, sizeof(*info));

	assert_non_null(info);
	bond->kind = strdup("bond");
	slave->slave_kind = strdup("bond");
	slave->master = 9;
	slave->flags = IFF_UP;
	slave->carrier = true;
	set(&bond->bond, IFLA_BOND_MODE, mode);
	set(&slave->slave, IFLA_BOND_SLAVE_MII_STATUS, 0);
	info->scope = NB_SCOPE_AD_INFO;
	set(info, IFLA_BOND_AD_INFO_AGGREGATOR, 2);
	assert_int_equal(
		nb_optset_set(&bond->bond, IFLA_BOND_AD_INFO, (union nb_value){ .set = info }), 0);
	set(&slave->slave, IFLA_BOND_SLAVE_AD_AGGREGATOR_ID, 2);
	set(&slave->slave, IFLA_BOND_SLAVE_AD_ACTOR_OPER_PORT_STATE, 63);
	set(&slave->slave, IFLA_BOND_SLAVE_AD_PARTNER_OPER_PORT_STATE, 61);
	*ret_slave = slave;
	return bond;
}

static void test_usable_slave_is_up_with_carrier_and_mii(void **state)
{
	NB_CLEANUP(nb_state_freep) struct nb_state *s = nb_state_new();
	struct nb_link *slave, *bond = add_pair(s->namespaces[0], BOND_MODE_ACTIVEBACKUP, &slave);

	assert_true(nb_link_is_bond(bond));
	assert_false(nb_link_is_bond(slave));
	assert_true(nb_link_usable_slave(slave, bond));
	set(&slave->slave, IFLA_BOND_SLAVE_STATE, BOND_STATE_BACKUP);
	assert_true(nb_link_usable_slave(slave, bond));
	for (unsigned status = 1; status <= 3; status++) {
		set(&slave->slave, IFLA_BOND_SLAVE_MII_STATUS, status);
		assert_false(nb_link_usable_slave(slave, bond));
	}
	nb_optset_unset(&slave->slave, IFLA_BOND_SLAVE_MII_STATUS);
	assert_false(nb_link_usable_slave(slave, bond));
	set(&slave->slave, IFLA_BOND_SLAVE_MII_STATUS, 0);
	slave->carrier = false;
	assert_false(nb_link_usable_slave(slave, bond));
	slave->carrier = true;
	slave->flags = 0;
	assert_false(nb_link_usable_slave(slave, bond));
	slave->flags = IFF_UP;
	slave->master = 8;
	assert_false(nb_link_usable_slave(slave, bond));
}

static void test_usable_port_sends_in_the_active_aggregator(void **state)
{
	static const struct {
		uint64_t aggregator, actor, partner;
		bool usable;
	} cases[] = {
		{ 2, 63, 63, true },
		{ 2, 61, 63, true },
		{ 2, 0x30, 0x30, true },
		{ 2, 0x10, 63, false },
		{ 2, 0x20, 63, false },
		{ 2, 0xc5, 63, false },
		{ 2, 63, 0x0f, false }, /* the partner is in sync and does not collect yet */
		{ 2, 63, 0x1f, true },	/* whether it distributes it may tell later */
		{ 2, 63, 0, false },	/* it is silent */
		{ 1, 63, 63, false },
	};
	NB_CLEANUP(nb_state_freep) struct nb_state *s = nb_state_new();
	struct nb_link *slave, *bond = add_pair(s->namespaces[0], BOND_MODE_8023AD, &slave);

	for (size_t i = 0; i < NB_ARRAY_SIZE(cases); i++) {
		NB_CASE("aggregator %u, actor %#x, partner %#x", (unsigned)cases[i].aggregator,
			(unsigned)cases[i].actor, (unsigned)cases[i].partner);
		set(&slave->slave, IFLA_BOND_SLAVE_AD_AGGREGATOR_ID, cases[i].aggregator);
		set(&slave->slave, IFLA_BOND_SLAVE_AD_ACTOR_OPER_PORT_STATE, cases[i].actor);
		set(&slave->slave, IFLA_BOND_SLAVE_AD_PARTNER_OPER_PORT_STATE, cases[i].partner);
		assert_int_equal(nb_link_usable_slave(slave, bond), cases[i].usable);
	}
	set(&slave->slave, IFLA_BOND_SLAVE_AD_AGGREGATOR_ID, 2);
	set(&slave->slave, IFLA_BOND_SLAVE_AD_ACTOR_OPER_PORT_STATE, 63);
	set(&slave->slave, IFLA_BOND_SLAVE_AD_PARTNER_OPER_PORT_STATE, 63);
	slave->carrier = false;
	assert_false(nb_link_usable_slave(slave, bond));
	slave->carrier = true;
	nb_optset_unset(&bond->bond, IFLA_BOND_AD_INFO);
	assert_false(nb_link_usable_slave(slave, bond));
}

static void test_state_starts_with_the_own_namespace(void **state)
{
	NB_CLEANUP(nb_state_freep) struct nb_state *s = nb_state_new();
	struct nb_netns *storage;

	assert_int_equal(s->n_namespaces, 1);
	assert_string_equal(s->namespaces[0]->name, "");
	assert_true(s->namespaces[0]->exists);
	storage = nb_state_add_namespace(s, "storage");
	assert_false(storage->exists);
	assert_ptr_equal(nb_state_add_namespace(s, "storage"), storage);
	assert_ptr_equal(nb_state_namespace(s, "storage"), storage);
	assert_ptr_equal(nb_state_add_namespace(s, ""), s->namespaces[0]);
	assert_null(nb_state_namespace(s, "other"));
	assert_int_equal(s->n_namespaces, 2);
}

/* Everything of a link that a copy must carry, as text. */
static void add_link_text(const struct nb_link *link, struct nb_text *out)
{
	nb_text_add(out, "%s/%d %s %s %s %s %s mtu %u mac %02x of %d pos %u", link->name,
		link->ifindex, link->kind, link->slave_kind, link->parent, link->parent_bus,
		link->driver, link->mtu, link->mac[5], link->master, link->slave_position);
	for (size_t i = 0; i < link->n_altnames; i++)
		nb_text_add(out, " alt %s", link->altnames[i]);
	for (size_t i = 0; i < link->n_addresses; i++)
		nb_text_add(out, " address /%u", link->addresses[i].prefix_length);
	for (size_t i = 0; i < link->n_routes; i++)
		nb_text_add(out, " route /%u", link->routes[i].prefix_length);
	nb_text_add(out, " mode %u prio %d", (unsigned)nb_optset_u(&link->bond, IFLA_BOND_MODE),
		(int)nb_optset_get(&link->slave, IFLA_BOND_SLAVE_PRIO).s);
}

static void fill_link(struct nb_link *link)
{
	struct nb_address address = { .prefix_length = 24 };
	struct nb_route route = { .prefix_length = 8 };

	link->kind = strdup("bond");
	link->slave_kind = strdup("bridge");
	link->parent = strdup("0000:00:03.0");
	link->parent_bus = strdup("pci");
	link->driver = strdup("e1000e");
	link->mtu = 9000;
	link->mac[5] = 0xab;
	link->master = 3;
	link->slave_position = 2;
	assert_int_equal(nb_link_add_altname(link, "one"), 0);
	assert_int_equal(nb_link_add_altname(link, "two"), 0);
	assert_int_equal(nb_link_add_address(link, &address), 0);
	assert_int_equal(nb_link_add_route(link, &route), 0);
	set(&link->bond, IFLA_BOND_MODE, 4);
	assert_int_equal(
		nb_optset_set(&link->slave, IFLA_BOND_SLAVE_PRIO, (union nb_value){ .s = -3 }), 0);
}

static void test_copy_of_a_state_is_equal_and_its_own(void **state)
{
	NB_CLEANUP(nb_text_done) struct nb_text before = { 0 }, after = { 0 };
	NB_CLEANUP(nb_state_freep) struct nb_state *copy = NULL;
	struct nb_state *s = nb_state_new();
	struct nb_netns *ns;

	fill_link(add_link(s->namespaces[0], "eth0", 2));
	ns = nb_state_add_namespace(s, "storage");
	ns->inode = 4026531840;
	ns->exists = true;
	add_link(ns, "x", 0);
	add_link(ns, "y", 5);
	s->known[NB_SCOPE_BOND] = 0xff;
	add_link_text(nb_netns_link(s->namespaces[0], 0), &before);

	assert_int_equal(nb_state_copy(s, &copy), 0);
	nb_state_free(s);
	add_link_text(nb_netns_link(copy->namespaces[0], 0), &after);
	assert_string_equal(after.text, before.text);
	assert_int_equal(copy->n_namespaces, 2);
	ns = nb_state_namespace(copy, "storage");
	assert_true(ns->exists);
	assert_int_equal(ns->inode, 4026531840);
	assert_int_equal(ns->links.n, 2);
	assert_string_equal(nb_netns_link(ns, 0)->name, "y");
	assert_string_equal(nb_netns_link(ns, 1)->name, "x");
	assert_int_equal(copy->known[NB_SCOPE_BOND], 0xff);
}

static void test_states_that_share_links_change_each_for_itself(void **state)
{
	NB_CLEANUP(nb_text_done) struct nb_text before = { 0 }, after = { 0 };
	struct nb_state *s = nb_state_new(), *shared = NULL;
	struct nb_netns *ns = s->namespaces[0], *other;
	struct nb_link *eth0 = add_link(ns, "eth0", 2), *own, *bond;

	fill_link(eth0);
	bond = add_link(ns, "bond0", 3);
	nb_netns_set_master(ns, eth0, 3);
	assert_ptr_equal(nb_netns_find(ns, "eth0"), eth0);
	add_link_text(eth0, &before);
	assert_int_equal(nb_state_share(s, &shared), 0);
	other = shared->namespaces[0];
	assert_ptr_equal(nb_netns_find(other, "eth0"), eth0);

	own = nb_netns_own(other, eth0);
	assert_ptr_not_equal(own, eth0);
	assert_true(nb_link_equal(own, eth0));
	assert_ptr_equal(nb_netns_own(other, own), own);
	assert_ptr_equal(nb_netns_find(other, "eth0"), own);
	assert_ptr_equal(nb_netns_find_index(other, 2), own);
	own->mtu = 1234;
	assert_false(nb_link_equal(own, eth0));
	nb_netns_rename(other, own, "new0");
	nb_netns_set_master(other, own, 0);
	assert_ptr_equal(nb_netns_find(other, "new0"), own);
	assert_null(nb_netns_find(other, "eth0"));
	assert_ptr_equal(nb_netns_find(ns, "eth0"), eth0);
	assert_true(nb_link_is_slave_of(eth0, bond));
	add_link_text(eth0, &after);
	assert_string_equal(after.text, before.text);

	/* The first of both goes: the other has what is its own and what was shared. */
	nb_state_free(s);
	assert_string_equal(nb_netns_find(other, "bond0")->name, "bond0");
	nb_state_free(shared);
}

/* What a state of many links shall have, told without lists and indexes that are shared. */
struct plain {
	char names[400][IFNAMSIZ]; /* by ifindex; "" = no such link */
	int masters[400];
};

#define PLAIN_MASTERS 8 /* the first ones are the masters of some others */

static void check_plain(const struct nb_netns *ns, const struct plain *plain)
{
	size_t n = 0, n_slaves[PLAIN_MASTERS] = { 0 };

	for (int i = 1; i < (int)NB_ARRAY_SIZE(plain->names); i++) {
		const struct nb_link *link = nb_netns_find_index(ns, i);

		assert_int_equal(link != NULL, plain->names[i][0] != '\0');
		if (!link)
			continue;
		assert_string_equal(link->name, plain->names[i]);
		assert_int_equal(link->master, plain->masters[i]);
		assert_ptr_equal(nb_netns_find(ns, plain->names[i]), link);
		assert_ptr_equal(nb_netns_link(ns, n++), link);
		if (link->master)
			n_slaves[link->master]++;
	}
	assert_int_equal(ns->links.n, n);
	for (int i = 1; i < PLAIN_MASTERS; i++) {
		struct nb_relatives slaves = nb_netns_relatives(ns, i);

		while (nb_relatives_next(&slaves))
			n_slaves[i]--;
		assert_int_equal(n_slaves[i], 0);
	}
}

/* One change of one link: made, removed, renamed, given a master, or as it was in another place. */
static void change_one(struct nb_netns *ns, struct plain *plain, uint32_t dice)
{
	const int i = 1 + (int)(dice % (NB_ARRAY_SIZE(plain->names) - 1));
	struct nb_link *link = nb_netns_find_index(ns, i), *copy;

	dice /= NB_ARRAY_SIZE(plain->names) - 1;
	if (!link) {
		snprintf(plain->names[i], IFNAMSIZ, "new%d", i);
		plain->masters[i] = 0;
		add_link(ns, plain->names[i], i);
	} else if (dice % 4 == 0) {
		plain->names[i][0] = '\0';
		nb_link_free(nb_netns_take(ns, link));
	} else if (dice % 4 == 1) {
		snprintf(plain->names[i], IFNAMSIZ, "name%d-%u", i, dice % 100);
		nb_netns_rename(ns, nb_netns_own(ns, link), plain->names[i]);
	} else if (dice % 4 == 2) {
		plain->masters[i] = (int)(dice / 4 % PLAIN_MASTERS);
		nb_netns_set_master(ns, nb_netns_own(ns, link), plain->masters[i]);
	} else {
		assert_int_equal(nb_link_copy(link, &copy), 0);
		snprintf(plain->names[i], IFNAMSIZ, "copy%d", i);
		snprintf(copy->name, IFNAMSIZ, "copy%d", i);
		assert_int_equal(nb_netns_replace(ns, link, copy), 0);
	}
}

static void test_many_shared_links_are_found_as_each_state_has_them(void **unused)
{
	struct nb_state *states[3] = { nb_state_new(), nb_state_new(), nb_state_new() };
	static struct plain plain[3];
	uint32_t random = 1;

	for (unsigned round = 0; round < 5000; round++) {
		unsigned k;

		random = random * 1664525u + 1013904223u;
		k = random >> 8 & 1 ? 0 : random >> 9 & 1 ? 1 : 2;
		change_one(states[k]->namespaces[0], &plain[k], random >> 10);
		if (round % 50)
			continue;
		for (unsigned i = 0; i < 3; i++)
			check_plain(states[i]->namespaces[0], &plain[i]);
		/* Another one becomes what this one is, and the two share all. */
		nb_state_free(states[(k + 1) % 3]);
		assert_int_equal(nb_state_share(states[k], &states[(k + 1) % 3]), 0);
		plain[(k + 1) % 3] = plain[k];
	}
	for (unsigned i = 0; i < 3; i++)
		nb_state_free(states[i]);
}

static void test_what_routes_are_there_is_known_also_of_those_that_come_later(void **state)
{
	NB_CLEANUP(nb_state_freep) struct nb_state *s = nb_state_new();
	struct nb_netns *ns = s->namespaces[0];
	struct nb_link *eth0 = add_link(ns, "eth0", 2), *eth1;
	struct nb_route route = { .to.family = AF_INET, .table = RT_TABLE_MAIN };

	assert_int_equal(nb_link_add_route(eth0, &route), 0);
	assert_false(nb_netns_prefers_source(ns));
	assert_false(nb_netns_has_hops(ns));
	route.src.family = AF_INET;
	assert_int_equal(nb_link_copy(eth0, &eth1), 0);
	eth1->ifindex = 3;
	assert_int_equal(nb_link_add_route(eth1, &route), 0);
	assert_int_equal(nb_netns_add(ns, eth1), 0);
	assert_true(nb_netns_prefers_source(ns));
	nb_link_free(nb_netns_take(ns, eth1));
	nb_netns_routes_changed(ns);
	assert_false(nb_netns_prefers_source(ns));
	assert_int_equal(nb_link_add_route(eth0, &route), 0);
	nb_netns_routes_changed(ns);
	assert_true(nb_netns_prefers_source(ns));
}
static void test_a_state_adopts_the_links_that_show_the_same(void **state)
{
	struct nb_state *before = nb_state_new(), *now = nb_state_new();
	struct nb_netns *was = before->namespaces[0], *ns = now->namespaces[0];
	struct nb_link *eth0 = add_link(was, "eth0", 2), *eth2, *eth3;

	fill_link(eth0);
	add_link(was, "gone", 3);
	add_link(was, "eth2", 5);
	fill_link(add_link(ns, "eth0", 2));
	eth3 = add_link(ns, "eth3", 4);
	eth2 = add_link(ns, "eth2", 5);
	eth2->mtu = 1234;
	assert_non_null(nb_netns_find(ns, "eth0"));

	nb_state_adopt(now, before);
	assert_int_equal(ns->links.n, 3);
	assert_ptr_equal(nb_netns_find(ns, "eth0"), eth0);
	assert_ptr_equal(nb_netns_find_index(ns, 2), eth0);
	assert_ptr_equal(nb_netns_find(ns, "eth3"), eth3);
	assert_ptr_equal(nb_netns_find(ns, "eth2"), eth2);
	nb_state_adopt(now, before); /* again: nothing happens */
	assert_int_equal(eth0->sharers, 1);
	nb_state_free(before);
	assert_int_equal(eth0->sharers, 0);
	assert_string_equal(nb_netns_find(ns, "eth0")->name, "eth0");
	nb_state_free(now);
}

static void test_a_link_that_takes_anothers_place_is_found_in_its_stead(void **state)
{
	struct nb_state *s = nb_state_new();
	struct nb_netns *ns = s->namespaces[0];
	struct nb_link *eth0 = add_link(ns, "eth0", 2), *eth1 = add_link(ns, "eth1", 3), *now;
	struct nb_relatives relatives;

	add_link(ns, "bond0", 4);
	nb_netns_set_master(ns, eth0, 4);
	nb_netns_set_master(ns, eth1, 4);
	relatives = nb_netns_relatives(ns, 4);
	assert_ptr_equal(nb_relatives_next(&relatives), eth0);
	assert_int_equal(nb_link_copy(eth0, &now), 0);
	nb_netns_replace(ns, eth0, now);
	relatives = nb_netns_relatives(ns, 4);
	assert_ptr_equal(nb_relatives_next(&relatives), now);
	assert_ptr_equal(nb_relatives_next(&relatives), eth1);
	assert_null(nb_relatives_next(&relatives));

	eth0 = now;
	assert_int_equal(nb_link_copy(eth0, &now), 0);
	now->master = 0;
	snprintf(now->name, sizeof(now->name), "other");
	nb_netns_replace(ns, eth0, now);
	relatives = nb_netns_relatives(ns, 4);
	assert_ptr_equal(nb_relatives_next(&relatives), eth1);
	assert_null(nb_relatives_next(&relatives));
	assert_null(nb_netns_find(ns, "eth0"));
	assert_ptr_equal(nb_netns_find(ns, "other"), now);
	nb_state_free(s);
}

static void test_touches_are_kept_once_and_of_too_many_all(void **state)
{
	struct nb_touches touches = { 0 }, more = { 0 };

	nb_touches_add(&touches, "", 3);
	nb_touches_add(&touches, "", 3);
	nb_touches_add(&touches, "blue", 3);
	assert_int_equal(touches.n, 2);
	assert_true(nb_touches_has(&touches, "blue", 3));
	assert_false(nb_touches_has(&touches, "", 0));
	nb_touches_add(&more, "", 0);
	nb_touches_lost(&more, "", 3);
	nb_touches_merge(&touches, &more);
	assert_true(nb_touches_has(&touches, "", 0));
	/* What was lost in between is not forgotten by what is told later. */
	nb_touches_add(&touches, "", 3);
	assert_int_equal(touches.n, 3);
	assert_true(nb_touches_has_lost(&touches, "", 3));
	assert_false(nb_touches_has_lost(&touches, "blue", 3));
	assert_false(nb_touches_has_gone(&touches, "", 3));
	nb_touches_gone(&touches, "blue", 3);
	nb_touches_add(&touches, "blue", 3);
	assert_true(nb_touches_has_gone(&touches, "blue", 3) && nb_touches_has_lost(&touches, "blue", 3));
	for (int i = 0; i < NB_TOUCHES_MAX; i++)
		nb_touches_lost(&more, "", i);
	assert_false(more.all);
	nb_touches_add(&more, "", NB_TOUCHES_MAX);
	assert_true(more.all);
	assert_int_equal(more.n, 0);
	nb_touches_merge(&touches, &more);
	assert_true(touches.all && nb_touches_has(&touches, "anywhere", 99));
	nb_touches_done(&touches);
	assert_false(touches.all);
}

static void test_freeing_nothing_is_fine(void **state)
{
	assert_null(nb_link_free(NULL));
	assert_null(nb_state_free(NULL));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_links_stand_by_ifindex_and_unmade_ones_last),
		cmocka_unit_test(test_links_are_found_by_index_name_and_altname),
		cmocka_unit_test(test_taken_link_belongs_to_the_caller),
		cmocka_unit_test(test_a_renamed_link_is_found_by_its_new_name_alone),
		cmocka_unit_test(test_slaves_come_in_the_drivers_order),
		cmocka_unit_test(test_bond_without_slaves_has_no_array),
		cmocka_unit_test(test_addresses_and_routes_go_without_a_gap),
		cmocka_unit_test(test_usable_slave_is_up_with_carrier_and_mii),
		cmocka_unit_test(test_usable_port_sends_in_the_active_aggregator),
		cmocka_unit_test(test_state_starts_with_the_own_namespace),
		cmocka_unit_test(test_copy_of_a_state_is_equal_and_its_own),
		cmocka_unit_test(test_states_that_share_links_change_each_for_itself),
		cmocka_unit_test(test_many_shared_links_are_found_as_each_state_has_them),
		cmocka_unit_test(test_what_routes_are_there_is_known_also_of_those_that_come_later),
		cmocka_unit_test(test_a_state_adopts_the_links_that_show_the_same),
		cmocka_unit_test(test_a_link_that_takes_anothers_place_is_found_in_its_stead),
		cmocka_unit_test(test_touches_are_kept_once_and_of_too_many_all),
		cmocka_unit_test(test_freeing_nothing_is_fine),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
