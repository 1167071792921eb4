/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What was seen at one moment: copied, shared with another state, and taken over from it. */
#include "tests/unit/links.h"

#include <stdio.h>
#include <string.h>

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
	assert_int_equal(nb_optset_set(&link->bond, IFLA_BOND_MODE, (union nb_value){ .u = 4 }), 0);
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

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_state_starts_with_the_own_namespace),
		cmocka_unit_test(test_copy_of_a_state_is_equal_and_its_own),
		cmocka_unit_test(test_states_that_share_links_change_each_for_itself),
		cmocka_unit_test(test_many_shared_links_are_found_as_each_state_has_them),
		cmocka_unit_test(test_a_state_adopts_the_links_that_show_the_same),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
