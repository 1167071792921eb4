/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tests/unit/links.h"

#include <linux/rtnetlink.h>
#include <stdio.h>
#include <string.h>

#include "lib/core/touch.h"

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
		cmocka_unit_test(test_what_routes_are_there_is_known_also_of_those_that_come_later),
		cmocka_unit_test(test_a_link_that_takes_anothers_place_is_found_in_its_stead),
		cmocka_unit_test(test_touches_are_kept_once_and_of_too_many_all),
		cmocka_unit_test(test_freeing_nothing_is_fine),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
