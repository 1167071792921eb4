/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tests/unit/unit.h"

#include "lib/core/pages.h"

#define MANY 300u

struct thing {
	unsigned sharers;
	bool dropped;
};

static void drop(void *item)
{
	struct thing *thing = item;

	assert_false(thing->dropped);
	if (thing->sharers)
		thing->sharers--;
	else
		thing->dropped = true;
}

static void fill(struct nb_pages *list, struct thing *things)
{
	for (size_t i = 0; i < MANY; i++)
		assert_int_equal(nb_pages_insert(list, i, &things[i]), 0);
}

static void test_places_move_when_one_comes_or_goes(void **state)
{
	static struct thing things[MANY];
	struct nb_pages list = { 0 };

	/* The even ones, then each odd one before the next even one. */
	for (size_t i = 0; i < MANY; i += 2)
		assert_int_equal(nb_pages_insert(&list, i / 2, &things[i]), 0);
	for (size_t i = 1; i < MANY; i += 2)
		assert_int_equal(nb_pages_insert(&list, i, &things[i]), 0);
	assert_int_equal(list.n, MANY);
	for (size_t i = 0; i < MANY; i++)
		assert_ptr_equal(nb_pages_get(&list, i), &things[i]);
	for (size_t n = MANY; n > 0; n--) {
		size_t i = n * 7 % 5 % n;
		void *one = nb_pages_get(&list, i), *next = i + 1 < n ? nb_pages_get(&list, i + 1) : NULL;

		assert_ptr_equal(nb_pages_remove(&list, i), one);
		assert_int_equal(list.n, n - 1);
		if (next)
			assert_ptr_equal(nb_pages_get(&list, i), next);
	}
	nb_pages_done(&list, drop);
}

static void test_what_is_shared_is_changed_in_one_alone(void **state)
{
	static struct thing things[MANY], other;
	struct nb_pages first = { 0 }, second = { 0 };
	const size_t at = 100;

	fill(&first, things);
	assert_true(nb_pages_is_own(&first, at));
	assert_int_equal(nb_pages_share(&first, &second), 0);
	assert_false(nb_pages_is_own(&first, at));
	assert_false(nb_pages_is_own(&second, at));
	assert_int_equal(nb_pages_skip(&first, &second, 0), MANY);

	assert_ptr_equal(nb_pages_set(&second, at, &other), &things[at]);
	drop(&things[at]);
	assert_ptr_equal(nb_pages_get(&first, at), &things[at]);
	assert_ptr_equal(nb_pages_get(&second, at), &other);
	assert_true(nb_pages_is_own(&second, at));
	assert_true(nb_pages_is_own(&first, at));
	assert_false(nb_pages_is_own(&second, at + 1));
	assert_false(nb_pages_is_own(&first, at + 1));
	/* What lies in the same page is looked at, no more. */
	assert_int_equal(nb_pages_skip(&first, &second, 0), NB_PAGE_ITEMS);
	assert_int_equal(nb_pages_skip(&first, &second, 2 * NB_PAGE_ITEMS), MANY);

	assert_ptr_equal(nb_pages_remove(&first, 0), &things[0]);
	drop(&things[0]);
	assert_ptr_equal(nb_pages_get(&first, 0), &things[1]);
	assert_ptr_equal(nb_pages_get(&second, 0), &things[0]);
	assert_int_equal(second.n, MANY);
	nb_pages_done(&first, drop);
	assert_true(things[at].dropped);
	for (size_t i = 0; i < MANY; i++)
		assert_int_equal(things[i].dropped, i == at);
	nb_pages_done(&second, drop);
	for (size_t i = 0; i < MANY; i++)
		assert_true(things[i].dropped);
	assert_true(other.dropped);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_places_move_when_one_comes_or_goes),
		cmocka_unit_test(test_what_is_shared_is_changed_in_one_alone),
	};

	return cmocka_run_group_tests_name("pages", tests, NULL, NULL);
}
