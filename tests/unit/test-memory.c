/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What netbond remembers: found by what it is, not by its name alone. */
#include "tests/unit/unit.h"

#include <stdio.h>
#include <string.h>

#include "lib/core/memory.h"

static struct nb_netns storage = { .name = (char *)"storage", .inode = 77, .exists = true };
static struct nb_netns own = { .name = (char *)"", .inode = 5, .exists = true };

static struct nb_link link_of(const char *name, int ifindex)
{
	struct nb_link link = { .ifindex = ifindex };

	snprintf(link.name, sizeof(link.name), "%s", name);
	return link;
}

static struct nb_object *add(struct nb_memory *memory, enum nb_object_kind kind,
	const char *namespace, const char *name, uint64_t inode, int ifindex)
{
	struct nb_object *object = nb_memory_add(memory, kind, namespace, name);

	assert_non_null(object);
	object->inode = inode;
	object->ifindex = ifindex;
	return object;
}

static bool finds(const struct nb_memory *memory, enum nb_object_kind kind,
	const struct nb_netns *ns, const char *name, int ifindex)
{
	struct nb_link link = link_of(name, ifindex);

	return nb_memory_find(memory, kind, ns, &link);
}

static struct nb_address address_of(const char *text)
{
	struct nb_address address = { .valid = NB_FOREVER };

	assert_int_equal(nb_prefix_parse(text, true, &address.ip, &address.prefix_length), 0);
	return address;
}

static void test_memory_finds_by_kind_place_index_and_name(void **state)
{
	struct nb_memory memory = { 0 };

	add(&memory, NB_OBJECT_BOND, "storage", "bond0", 77, 10);
	assert_true(finds(&memory, NB_OBJECT_BOND, &storage, "bond0", 10));
	NB_CASE("another kind, namespace, name or index is another thing");
	assert_false(finds(&memory, NB_OBJECT_NIC, &storage, "bond0", 10));
	assert_false(finds(&memory, NB_OBJECT_BOND, &own, "bond0", 10));
	assert_false(finds(&memory, NB_OBJECT_BOND, &storage, "bond1", 10));
	assert_false(finds(&memory, NB_OBJECT_BOND, &storage, "bond0", 11));
	nb_memory_done(&memory);
}

static void test_memory_does_not_know_a_namespace_made_anew(void **state)
{
	struct nb_netns remade = storage;
	struct nb_memory memory = { 0 };

	remade.inode = 78;
	add(&memory, NB_OBJECT_BOND, "storage", "bond0", 77, 10);
	add(&memory, NB_OBJECT_NETNS, "storage", "storage", 77, 0);
	assert_false(finds(&memory, NB_OBJECT_BOND, &remade, "bond0", 10));
	assert_null(nb_memory_find(&memory, NB_OBJECT_NETNS, &remade, NULL));
	assert_non_null(nb_memory_find(&memory, NB_OBJECT_NETNS, &storage, NULL));
	NB_CASE("a snapshot that does not tell inodes fits all");
	remade.inode = 0;
	assert_true(finds(&memory, NB_OBJECT_BOND, &remade, "bond0", 10));
	nb_memory_done(&memory);
}

static void test_memory_tells_namespaces_of_one_inode_apart(void **state)
{
	struct nb_netns remade = storage;
	struct nb_memory memory = { 0 };

	add(&memory, NB_OBJECT_NETNS, "storage", "storage", 77, 0);
	memory.objects[0].cookie = 5;
	NB_CASE("what does not tell its cookie is known by inode");
	assert_non_null(nb_memory_find(&memory, NB_OBJECT_NETNS, &remade, NULL));
	remade.cookie = 5;
	assert_non_null(nb_memory_find(&memory, NB_OBJECT_NETNS, &remade, NULL));
	remade.cookie = 6;
	assert_null(nb_memory_find(&memory, NB_OBJECT_NETNS, &remade, NULL));
	nb_memory_done(&memory);
}

static void test_memory_finds_a_renamed_object_under_its_new_name(void **state)
{
	struct nb_memory memory = { 0 };

	add(&memory, NB_OBJECT_NIC, "storage", "eth0", 77, 3);
	assert_true(finds(&memory, NB_OBJECT_NIC, &storage, "eth0", 3));
	assert_int_equal(nb_memory_rename(&memory, &memory.objects[0], "odd"), 0);
	assert_false(finds(&memory, NB_OBJECT_NIC, &storage, "eth0", 3));
	assert_true(finds(&memory, NB_OBJECT_NIC, &storage, "odd", 3));
	nb_memory_done(&memory);
}

static void test_memory_knows_by_name_what_was_recorded_before_it_was_made(void **state)
{
	struct nb_memory memory = { 0 };

	add(&memory, NB_OBJECT_BOND, "storage", "bond0", 0, 0);
	assert_true(finds(&memory, NB_OBJECT_BOND, &storage, "bond0", 10));
	assert_false(finds(&memory, NB_OBJECT_BOND, &storage, "bond1", 10));
	nb_memory_done(&memory);
}

static void test_memory_is_searched_also_where_there_is_none(void **state)
{
	assert_null(nb_memory_find(NULL, NB_OBJECT_NETNS, &own, NULL));
	assert_false(finds(&(struct nb_memory){ 0 }, NB_OBJECT_BOND, &own, "bond0", 1));
}

static void test_memory_finds_the_rest_after_a_removal(void **state)
{
	struct nb_memory memory = { 0 };
	char name[16];

	for (int i = 0; i < 100; i++) {
		snprintf(name, sizeof(name), "bond%d", i);
		add(&memory, NB_OBJECT_BOND, "", name, 5, i + 1);
	}
	assert_true(finds(&memory, NB_OBJECT_BOND, &own, "bond40", 41));
	nb_memory_remove(&memory, &memory.objects[40]);
	nb_memory_remove(&memory, &memory.objects[0]);
	nb_memory_remove(&memory, &memory.objects[97]);
	assert_int_equal(memory.n_objects, 97);
	for (int i = 0; i < 100; i++) {
		snprintf(name, sizeof(name), "bond%d", i);
		assert_int_equal(finds(&memory, NB_OBJECT_BOND, &own, name, i + 1),
			i != 0 && i != 40 && i != 99);
	}
	NB_CASE("and what is added then");
	add(&memory, NB_OBJECT_BOND, "", "bond40", 5, 7);
	assert_true(finds(&memory, NB_OBJECT_BOND, &own, "bond40", 7));
	assert_false(finds(&memory, NB_OBJECT_BOND, &own, "bond40", 41));
	nb_memory_done(&memory);
}

static void test_memory_tells_things_of_one_name_apart(void **state)
{
	struct nb_link link = link_of("eth0", 3);
	struct nb_memory memory = { 0 };

	add(&memory, NB_OBJECT_NIC, "blue", "eth0", 9, 3);
	add(&memory, NB_OBJECT_NIC, "storage", "eth0", 77, 3);
	add(&memory, NB_OBJECT_BOND, "storage", "eth0", 77, 4);
	assert_ptr_equal(nb_memory_find(&memory, NB_OBJECT_NIC, &storage, &link), &memory.objects[1]);
	link.ifindex = 4;
	assert_ptr_equal(nb_memory_find(&memory, NB_OBJECT_BOND, &storage, &link), &memory.objects[2]);
	nb_memory_done(&memory);
}

static void test_memory_keeps_an_adopted_address_once(void **state)
{
	struct nb_address a = address_of("192.0.2.1/24"), same = address_of("192.0.2.1/24"),
			  other = address_of("192.0.2.1/25"), v6 = address_of("2001:db8::1/64"),
			  v6_short = address_of("2001:db8::1/48");
	struct nb_memory memory = { 0 };
	struct nb_object *object = add(&memory, NB_OBJECT_BOND, "", "bond0", 5, 1);

	assert_false(nb_object_has_address(object, &a));
	assert_int_equal(nb_object_add_address(object, &a), 0);
	assert_int_equal(nb_object_add_address(object, &same), 0);
	assert_int_equal(object->n_addresses, 1);
	assert_true(nb_object_has_address(object, &same));
	assert_false(nb_object_has_address(object, &other));
	NB_CASE("an IPv6 address is the same with any prefix length");
	assert_int_equal(nb_object_add_address(object, &v6), 0);
	assert_true(nb_object_has_address(object, &v6_short));
	assert_false(nb_object_has_address(NULL, &a));
	nb_memory_done(&memory);
}

static void test_memory_copies_share_nothing(void **state)
{
	struct nb_memory memory = { 0 }, copy = { 0 };
	struct nb_address address = address_of("192.0.2.1/24");
	struct nb_object *object = add(&memory, NB_OBJECT_NIC, "storage", "eth0", 77, 3);

	object->made = true;
	object->home = strdup("enp1s0");
	object->home_namespace = strdup("blue");
	assert_int_equal(nb_object_add_address(object, &address), 0);
	add(&memory, NB_OBJECT_NETNS, "storage", "storage", 77, 0);
	assert_int_equal(nb_memory_copy(&memory, &copy), 0);
	nb_memory_done(&memory);
	assert_int_equal(memory.n_objects, 0);
	assert_int_equal(copy.n_objects, 2);
	object = &copy.objects[0];
	assert_int_equal(object->kind, NB_OBJECT_NIC);
	assert_string_equal(object->namespace, "storage");
	assert_string_equal(object->name, "eth0");
	assert_int_equal(object->inode, 77);
	assert_int_equal(object->ifindex, 3);
	assert_true(object->made);
	assert_string_equal(object->home, "enp1s0");
	assert_string_equal(object->home_namespace, "blue");
	assert_true(nb_object_has_address(object, &address));
	assert_null(copy.objects[1].home);
	assert_true(finds(&copy, NB_OBJECT_NIC, &storage, "eth0", 3));
	nb_memory_done(&copy);
}

static void test_memory_finds_by_name_whichever_device_it_was(void **state)
{
	struct nb_memory memory = { 0 };
	struct nb_address address = address_of("192.0.2.1/24");
	struct nb_object *object = add(&memory, NB_OBJECT_BOND, "storage", "bond0", 77, 10);

	assert_int_equal(nb_object_add_address(object, &address), 0);
	add(&memory, NB_OBJECT_BOND, "storage", "bond1", 77, 11);
	object = nb_memory_find_name(&memory, NB_OBJECT_BOND, "storage", "bond0");
	assert_non_null(object);
	assert_int_equal(object->ifindex, 10);
	assert_null(nb_memory_find_name(&memory, NB_OBJECT_NIC, "storage", "bond0"));
	assert_null(nb_memory_find_name(&memory, NB_OBJECT_BOND, "", "bond0"));
	assert_null(nb_memory_find_name(NULL, NB_OBJECT_BOND, "storage", "bond0"));
	NB_CASE("anew it is another device, and found as such");
	nb_object_renew(object);
	assert_false(nb_object_has_address(object, &address));
	assert_true(finds(&memory, NB_OBJECT_BOND, &storage, "bond0", 12));
	assert_true(finds(&memory, NB_OBJECT_BOND, &storage, "bond1", 11));
	nb_memory_done(&memory);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_memory_finds_by_kind_place_index_and_name),
		cmocka_unit_test(test_memory_does_not_know_a_namespace_made_anew),
		cmocka_unit_test(test_memory_tells_namespaces_of_one_inode_apart),
		cmocka_unit_test(test_memory_finds_a_renamed_object_under_its_new_name),
		cmocka_unit_test(test_memory_knows_by_name_what_was_recorded_before_it_was_made),
		cmocka_unit_test(test_memory_is_searched_also_where_there_is_none),
		cmocka_unit_test(test_memory_finds_the_rest_after_a_removal),
		cmocka_unit_test(test_memory_tells_things_of_one_name_apart),
		cmocka_unit_test(test_memory_finds_by_name_whichever_device_it_was),
		cmocka_unit_test(test_memory_keeps_an_adopted_address_once),
		cmocka_unit_test(test_memory_copies_share_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
