/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tests/unit/unit.h"

#include "lib/core/index.h"

#define MANY 1000u

static unsigned count(const struct nb_index *index, uint32_t hash)
{
	size_t cursor = 0;
	unsigned n = 0;

	while (nb_index_next(index, hash, &cursor))
		n++;
	return n;
}

static void test_an_empty_index_finds_nothing(void **state)
{
	struct nb_index index = { 0 };
	int thing;

	assert_int_equal(count(&index, nb_index_hash("bond0")), 0);
	assert_int_equal(nb_index_remove(&index, nb_index_hash("bond0"), &thing), 0);
	nb_index_done(&index);
	assert_int_equal(index.n_slots, 0);
}

static void test_all_are_found_while_it_grows_and_shrinks(void **state)
{
	static int things[MANY];
	struct nb_index index = { 0 };

	/* Hashes that crowd a few places, so that runs of slots touch and wrap around. */
	for (uint32_t i = 0; i < MANY; i++)
		assert_int_equal(nb_index_add(&index, i * 7 % 61 - 30, &things[i]), 0);
	for (uint32_t round = 0; round < MANY; round++) {
		uint32_t gone = round * 389 % MANY; /* each once: 389 is prime to MANY */

		assert_int_equal(index.n, MANY - round);
		nb_index_remove(&index, gone * 7 % 61 - 30, &things[gone]);
		if (round % 97)
			continue;
		for (uint32_t i = 0; i < MANY; i++) {
			size_t cursor = 0;
			const int *found;
			bool there = false;

			while ((found = nb_index_next(&index, i * 7 % 61 - 30, &cursor)))
				there |= found == &things[i];
			things[i] = there;
		}
		for (uint32_t r = 0; r < MANY; r++)
			assert_int_equal(things[r * 389 % MANY], r > round);
	}
	assert_int_equal(index.n, 0);
	nb_index_done(&index);
}

static void test_those_of_one_hash_come_in_the_order_they_were_added(void **state)
{
	static int things[MANY];
	struct nb_index index = { 0 };
	size_t cursor = 0;

	for (size_t i = 0; i < MANY; i++)
		assert_int_equal(nb_index_add(&index, UINT32_MAX, &things[i]), 0);
	for (size_t i = 0; i < MANY; i++)
		assert_ptr_equal(nb_index_next(&index, UINT32_MAX, &cursor), &things[i]);
	assert_null(nb_index_next(&index, UINT32_MAX, &cursor));
	assert_null(nb_index_next(&index, UINT32_MAX, &cursor));
	nb_index_done(&index);
}

/* What @index has beside @common: things of its own, and one of the common ones less. */
static void check_own(const struct nb_index *index, const int *common, const int *own, uint32_t less)
{
	for (uint32_t i = 0; i < MANY; i++) {
		size_t cursor = 0;
		const int *found;
		bool here = false, old = false;

		while ((found = nb_index_next(index, i, &cursor))) {
			here |= found == &own[i];
			old |= found == &common[i];
		}
		assert_int_equal(here, i % 3 == 0);
		assert_int_equal(old, i % 3 != 0 && i != less);
	}
}

static void test_what_is_shared_is_changed_in_one_alone(void **state)
{
	static int common[MANY], own[2][MANY];
	struct nb_index first = { 0 }, second = { 0 };

	for (uint32_t i = 0; i < MANY; i++)
		assert_int_equal(nb_index_add(&first, i, &common[i]), 0);
	assert_int_equal(nb_index_share(&first, &second), 0);
	for (uint32_t i = 0; i < MANY; i += 3) {
		assert_int_equal(nb_index_replace(&second, i, &common[i], &own[1][i]), 0);
		assert_int_equal(nb_index_remove(&first, i, &common[i]), 0);
		assert_int_equal(nb_index_add(&first, i, &own[0][i]), 0);
	}
	nb_index_remove(&first, 1, &common[1]);
	nb_index_remove(&second, 2, &common[2]);
	check_own(&first, common, own[0], 1);
	check_own(&second, common, own[1], 2);
	nb_index_done(&first);
	check_own(&second, common, own[1], 2);
	nb_index_done(&second);
}

static void test_names_have_hashes_of_their_own(void **state)
{
	assert_int_equal(nb_index_hash(""), 2166136261u); /* FNV-1a: the offset basis */
	assert_int_equal(nb_index_hash("a"), 0xe40c292cu);
	assert_int_equal(nb_index_hash("foobar"), 0xbf9cf968u);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_an_empty_index_finds_nothing),
		cmocka_unit_test(test_all_are_found_while_it_grows_and_shrinks),
		cmocka_unit_test(test_those_of_one_hash_come_in_the_order_they_were_added),
		cmocka_unit_test(test_what_is_shared_is_changed_in_one_alone),
		cmocka_unit_test(test_names_have_hashes_of_their_own),
	};

	return cmocka_run_group_tests_name("index", tests, NULL, NULL);
}
