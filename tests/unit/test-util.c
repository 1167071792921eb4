/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tests/unit/unit.h"

#include <errno.h>
#include <string.h>

#include "lib/core/util.h"

static void test_steal_leaves_null_behind(void **state)
{
	NB_CLEANUP(nb_freep) char *owner = strdup("text");
	char *taken = nb_steal(&owner);

	assert_null(owner);
	assert_string_equal(taken, "text");
	free(taken);
}

static void test_foreach_bit_visits_set_bits_upwards(void **state)
{
	unsigned seen[4], n = 0, calls = 0;

	nb_foreach_bit(i, (calls++, NB_BIT(0) | NB_BIT(5) | NB_BIT(31) | NB_BIT(63)))
		seen[n++] = i;
	assert_int_equal(n, 4);
	assert_int_equal(calls, 1);
	assert_true(seen[0] == 0 && seen[1] == 5 && seen[2] == 31 && seen[3] == 63);
	nb_foreach_bit(i, 0)
		seen[i & 3] = n++;
	assert_int_equal(n, 4);
	nb_foreach_bit(i, UINT64_MAX) {
		if (i == 2)
			break;
		n++;
	}
	assert_int_equal(n, 6);
}

static void test_grow_keeps_items_and_zeroes_room(void **state)
{
	NB_CLEANUP(nb_freep) uint32_t *items = NULL;
	size_t n = 0, capacity = 0, moves = 0;

	for (; n < 1000; n++) {
		size_t before = capacity;

		assert_int_equal(nb_grow(&items, n, &capacity, sizeof(*items)), 0);
		moves += capacity != before;
		assert_true(capacity > n);
		assert_int_equal(items[n], 0);
		items[n] = (uint32_t)n + 1;
	}
	for (size_t i = 0; i < n; i++)
		assert_int_equal(items[i], i + 1);
	assert_in_range(moves, 1, 10);
}

static void test_grow_refuses_more_than_memory_can_have(void **state)
{
	size_t capacity = SIZE_MAX / 4;
	void *items = NULL;

	assert_int_equal(nb_grow(&items, capacity, &capacity, 64), -ENOMEM);
	assert_null(items);
	assert_true(capacity == SIZE_MAX / 4);
}

static void test_text_grows_and_stays_terminated(void **state)
{
	struct nb_text t = { 0 };

	for (unsigned i = 0; i < 300; i++) {
		nb_text_add(&t, "%c", 'a' + (int)(i % 26));
		assert_int_equal(strlen(t.text), i + 1);
		assert_int_equal(t.length, i + 1);
	}
	nb_text_add(&t, "%s", "");
	assert_int_equal(t.length, 300);
	assert_false(t.failed);
	nb_text_done(&t);
	assert_null(t.text);
	nb_text_add(&t, "%d+%s", 1, "two");
	assert_string_equal(t.text, "1+two");
	nb_text_done(&t);
}

static void test_text_takes_bytes_as_they_are(void **state)
{
	struct nb_text t = { 0 };
	char *long_one;

	nb_text_put(&t, "");
	assert_string_equal(t.text, "");
	for (size_t i = 1; i <= 100; i++) {
		nb_text_append(&t, "%s+more", 2);
		assert_int_equal(t.length, 2 * i);
		assert_string_equal(t.text + t.length - 2, "%s");
	}
	nb_text_done(&t);
	long_one = strndup("0123456789012345678901234567890123456789", 31);
	nb_text_put(&t, long_one); /* its NUL does not fit into the first room */
	nb_text_add(&t, "%s", long_one);
	assert_int_equal(t.length, 62);
	assert_memory_equal(t.text, long_one, 31);
	assert_string_equal(t.text + 31, long_one);
	nb_text_done(&t);
	free(long_one);
}

static void test_text_that_failed_stays_as_it_is(void **state)
{
	struct nb_text t = { 0 };

	nb_text_add(&t, "kept");
	t.failed = true;
	nb_text_add(&t, "not added");
	nb_text_put(&t, "nor this");
	assert_string_equal(t.text, "kept");
	nb_text_done(&t);
	assert_false(t.failed);
}

static void test_quote_cuts_long_values_between_characters(void **state)
{
	char text[4096];
	struct nb_text t = { 0 };

	nb_text_quote(&t, "short");
	assert_string_equal(t.text, "'short'");
	nb_text_done(&t);
	memset(text, 'x', sizeof(text));
	text[48] = '\0';
	nb_text_quote(&t, text);
	assert_int_equal(t.length, 50);
	nb_text_done(&t);
	memcpy(text + 47, "\xc3\xa4x", 3);
	text[sizeof(text) - 1] = '\0';
	nb_text_quote(&t, text);
	assert_string_equal(t.text + 40, "xxxxxxxx...'");
	assert_int_equal(t.length, 47 + 5);
	nb_text_done(&t);
}

static void test_words_are_equal_but_for_hyphens(void **state)
{
	assert_true(nb_word_equal("lacp-rate", "lacp_rate"));
	assert_true(nb_word_equal("", ""));
	assert_false(nb_word_equal("lacp-rate", "lacp+rate"));
	assert_false(nb_word_equal("lacp-rate", "LACP-rate"));
	assert_false(nb_word_equal("lacp", "lacp-rate"));
	assert_false(nb_word_equal("lacp-rate", "lacp"));
	assert_false(nb_word_equal(NULL, NULL));
	assert_false(nb_word_equal("a", NULL));
}

static void test_parse_u64_takes_whole_numbers_only(void **state)
{
	static const struct {
		const char *text;
		uint64_t max;
		int r;
		uint64_t value;
	} cases[] = {
		{ "0", 0, 0, 0 },
		{ "1", 0, -ERANGE, 0 },
		{ "010", 100, 0, 10 },
		{ "255", 255, 0, 255 },
		{ "256", 255, -ERANGE, 0 },
		{ "0xff", 255, 0, 255 },
		{ "0XfF", 255, 0, 255 },
		{ "0x100", 255, -ERANGE, 0 },
		{ "18446744073709551615", UINT64_MAX, 0, UINT64_MAX },
		{ "18446744073709551616", UINT64_MAX, -ERANGE, 0 },
		{ "0xffffffffffffffff", UINT64_MAX, 0, UINT64_MAX },
		{ "0x10000000000000000", UINT64_MAX, -ERANGE, 0 },
		{ "99999999999999999999x", UINT64_MAX, -EINVAL, 0 },
		{ "", 9, -EINVAL, 0 },
		{ "0x", 9, -EINVAL, 0 },
		{ "x1", 9, -EINVAL, 0 },
		{ "a", 99, -EINVAL, 0 },
		{ "-1", 9, -EINVAL, 0 },
		{ "+1", 9, -EINVAL, 0 },
		{ " 1", 9, -EINVAL, 0 },
		{ "1 ", 9, -EINVAL, 0 },
		{ "1.0", 9, -EINVAL, 0 },
		{ "1e1", 99, -EINVAL, 0 },
	};

	for (size_t i = 0; i < NB_ARRAY_SIZE(cases); i++) {
		uint64_t value = 4711;

		NB_CASE("'%s' max %llu", cases[i].text, (unsigned long long)cases[i].max);
		assert_int_equal(nb_parse_u64(cases[i].text, cases[i].max, &value), cases[i].r);
		assert_true(value == (cases[i].r == 0 ? cases[i].value : 4711));
	}
}

static void test_parse_s64_takes_the_whole_signed_range(void **state)
{
	static const struct {
		const char *text;
		int64_t min, max;
		int r;
		int64_t value;
	} cases[] = {
		{ "0", -1, 1, 0, 0 },
		{ "-0", 0, 1, 0, 0 },
		{ "-1", -1, 1, 0, -1 },
		{ "-2", -1, 1, -ERANGE, 0 },
		{ "2", -1, 1, -ERANGE, 0 },
		{ "-2147483648", INT32_MIN, INT32_MAX, 0, INT32_MIN },
		{ "-2147483649", INT32_MIN, INT32_MAX, -ERANGE, 0 },
		{ "2147483647", INT32_MIN, INT32_MAX, 0, INT32_MAX },
		{ "-9223372036854775808", INT64_MIN, INT64_MAX, 0, INT64_MIN },
		{ "-9223372036854775809", INT64_MIN, INT64_MAX, -ERANGE, 0 },
		{ "9223372036854775807", INT64_MIN, INT64_MAX, 0, INT64_MAX },
		{ "9223372036854775808", INT64_MIN, INT64_MAX, -ERANGE, 0 },
		{ "-0x10", -16, 0, 0, -16 },
		{ "-", -1, 1, -EINVAL, 0 },
		{ "--1", -1, 1, -EINVAL, 0 },
		{ "", -1, 1, -EINVAL, 0 },
		{ "- 1", -1, 1, -EINVAL, 0 },
	};

	for (size_t i = 0; i < NB_ARRAY_SIZE(cases); i++) {
		int64_t value = 4711;

		NB_CASE("'%s'", cases[i].text);
		assert_int_equal(
			nb_parse_s64(cases[i].text, cases[i].min, cases[i].max, &value),
			cases[i].r);
		assert_true(value == (cases[i].r == 0 ? cases[i].value : 4711));
	}
}

static int sign(int x)
{
	return (x > 0) - (x < 0);
}

static void test_natural_order_is_total_and_counts_as_people_do(void **state)
{
	/* each smaller than all behind it */
	static const char *const ordered[] = { "", "-", "0", "00", "01", "1", "2", "10", "010a", "10a",
		"9999999999999999999998", "9999999999999999999999", "Eth0", "eth", "eth-1", "eth0",
		"eth01", "eth1", "eth1a", "eth2", "eth2.9", "eth2.10", "eth10", "eth10.1", "eth\xff" };

	for (size_t i = 0; i < NB_ARRAY_SIZE(ordered); i++)
		for (size_t j = 0; j < NB_ARRAY_SIZE(ordered); j++) {
			NB_CASE("'%s' against '%s'", ordered[i], ordered[j]);
			assert_int_equal(sign(nb_natural_compare(ordered[i], ordered[j])),
				(i > j) - (i < j));
		}
}

static void test_edit_distance_counts_what_fingers_do(void **state)
{
	static const struct {
		const char *a, *b;
		unsigned limit, distance;
	} cases[] = {
		{ "", "", 3, 0 },
		{ "miimon", "miimon", 3, 0 },
		{ "MiiMon", "miimon", 3, 0 },
		{ "lacp_rate", "lacp-rate", 3, 0 },
		{ "mimon", "miimon", 3, 1 },
		{ "miimonn", "miimon", 3, 1 },
		{ "miimom", "miimon", 3, 1 },
		{ "mimion", "miimon", 3, 1 },
		{ "", "abc", 5, 3 },
		{ "abc", "", 5, 3 },
		{ "kitten", "sitting", 5, 3 },
		{ "kitten", "sitting", 2, 3 },
		{ "abcdefgh", "zyxwvuts", 2, 3 },
	};
	char longest[66];

	for (size_t i = 0; i < NB_ARRAY_SIZE(cases); i++) {
		NB_CASE("'%s' to '%s'", cases[i].a, cases[i].b);
		assert_int_equal(
			nb_edit_distance(cases[i].a, cases[i].b, cases[i].limit), cases[i].distance);
	}
	memset(longest, 'x', sizeof(longest));
	longest[64] = '\0';
	assert_int_equal(nb_edit_distance(longest, longest, 2), 0);
	longest[64] = 'x';
	longest[65] = '\0';
	assert_int_equal(nb_edit_distance(longest, longest, 2), 3);
}

static void test_hash_is_fnv_1a_and_can_go_on(void **state)
{
	uint64_t hash = nb_hash_bytes(0, "foo", 3);

	assert_true(nb_hash_bytes(0, "", 0) == UINT64_C(0xcbf29ce484222325));
	assert_true(nb_hash_bytes(0, "a", 1) == UINT64_C(0xaf63dc4c8601ec8c));
	assert_true(nb_hash_bytes(0, "foobar", 6) == UINT64_C(0x85944171f73967e8));
	assert_true(nb_hash_bytes(hash, "bar", 3) == UINT64_C(0x85944171f73967e8));
}

/* Drivers answer ENOTSUPP (524), which glibc does not know: "(null)" helps nobody. */
static void test_every_error_has_a_text(void **state)
{
	assert_string_equal(nb_error_text(ENODEV), "No such device");
	assert_string_equal(nb_error_text(524), nb_error_text(EOPNOTSUPP));
	for (int error = 0; error < 600; error++)
		assert_non_null(nb_error_text(error));
	assert_string_equal(nb_error_text(599), "Unknown error 599");
}

static void test_streq_takes_null(void **state)
{
	assert_true(nb_streq(NULL, NULL));
	assert_false(nb_streq(NULL, ""));
	assert_false(nb_streq("a", NULL));
	assert_true(nb_streq("a", "a"));
	assert_false(nb_streq("a", "b"));
}

static void test_frequent_words_are_one_for_all(void **state)
{
	char *words[] = { nb_word_dup(""), nb_word_dup("bond"), nb_word_dup("vrf") };
	char text[] = "wireguard";
	char *other = nb_word_dup(text);

	assert_ptr_equal(words[0], nb_word_dup(""));
	assert_string_equal(words[0], "");
	assert_ptr_equal(words[1], nb_word_dup("bond"));
	assert_string_equal(words[1], "bond");
	assert_ptr_equal(words[2], nb_word_dup("vrf"));
	assert_string_equal(other, text);
	assert_ptr_not_equal(other, text);
	for (size_t i = 0; i < NB_ARRAY_SIZE(words); i++)
		nb_word_free(words[i]);
	assert_string_equal(nb_word_dup("bond"), "bond");
	nb_word_free(other);
	nb_word_free(NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_steal_leaves_null_behind),
		cmocka_unit_test(test_foreach_bit_visits_set_bits_upwards),
		cmocka_unit_test(test_grow_keeps_items_and_zeroes_room),
		cmocka_unit_test(test_grow_refuses_more_than_memory_can_have),
		cmocka_unit_test(test_text_grows_and_stays_terminated),
		cmocka_unit_test(test_text_takes_bytes_as_they_are),
		cmocka_unit_test(test_text_that_failed_stays_as_it_is),
		cmocka_unit_test(test_quote_cuts_long_values_between_characters),
		cmocka_unit_test(test_words_are_equal_but_for_hyphens),
		cmocka_unit_test(test_parse_u64_takes_whole_numbers_only),
		cmocka_unit_test(test_parse_s64_takes_the_whole_signed_range),
		cmocka_unit_test(test_natural_order_is_total_and_counts_as_people_do),
		cmocka_unit_test(test_edit_distance_counts_what_fingers_do),
		cmocka_unit_test(test_hash_is_fnv_1a_and_can_go_on),
		cmocka_unit_test(test_every_error_has_a_text),
		cmocka_unit_test(test_streq_takes_null),
		cmocka_unit_test(test_frequent_words_are_one_for_all),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
