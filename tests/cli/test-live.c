/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The screen of watch: what is on it, and that it fits. */
#include "tests/unit/unit.h"

#include <string.h>

#include "cli/live.h"
#include "cli/term.h"

static const struct nbc nbc = { .width = 60 }, wide = { .width = 100 };

static void add_slave(struct nbc_objects *objects, const char *bond, const char *name, int64_t tx)
{
	struct json_object *slave = nb_json_map(), *stats = nb_json_map();

	nb_json_set_number(stats, "tx-bytes", tx);
	nb_json_set_string(slave, "name", name);
	nb_json_set_string(slave, "bond", bond);
	nb_json_set_string(slave, "namespace", "");
	nb_json_set_bool(slave, "up", true);
	nb_json_set_bool(slave, "carrier", true);
	nb_json_set_string(slave, "mii-status", "up");
	nb_json_set_bool(slave, "usable", true);
	nb_json_set(slave, "stats", stats);
	nb_json_add(objects->slaves, slave);
}

static struct nbc_objects objects(unsigned n_bonds, int64_t tx)
{
	struct nbc_objects o = { nb_json_map(), nb_json_list(), nb_json_list() };

	for (unsigned i = 0; i < n_bonds; i++) {
		struct json_object *bond = nb_json_map(), *slaves = nb_json_list(),
				   *stats = nb_json_map();
		char name[16], slave[16];

		snprintf(name, sizeof(name), "bond%u", i);
		nb_json_set_string(bond, "name", name);
		nb_json_set_string(bond, "namespace", "");
		nb_json_set_string(bond, "mode", "balance-rr");
		nb_json_set_string(bond, "state", i == 1 ? "down" : "up");
		nb_json_set_number(stats, "tx-bytes", tx);
		nb_json_set(bond, "stats", stats);
		for (unsigned k = 0; k < 2; k++) {
			snprintf(slave, sizeof(slave), "eth%u%u", i, k);
			nb_json_add_string(slaves, slave);
			add_slave(&o, name, slave, tx * (k ? 3 : 1) / 4);
		}
		nb_json_set(bond, "slaves", slaves);
		nb_json_add(o.bonds, bond);
	}
	return o;
}

static void check_size(const char *text, unsigned rows)
{
	unsigned n = 0;

	for (const char *line = text; *line; n++) {
		const char *end = strchr(line, '\n');

		assert_non_null(end);
		assert_true((size_t)(end - line) <= nbc.width);
		line = end + 1;
	}
	assert_true(n <= rows);
}

static void test_screen_fits_whatever_there_is(void **state)
{
	char *events[] = { (char *)"12:00:00 one", (char *)"12:00:01 a line that is far longer than "
		"the sixty columns this terminal has, so that it has to be cut" };

	for (unsigned bonds = 0; bonds < 12; bonds++) {
		struct nbc_objects before = objects(bonds, 0), now = objects(bonds, 1000000);

		for (unsigned rows = 1; rows < 40; rows++) {
			struct nb_text text = { 0 };

			nbc_live_draw(&nbc, &now, &before, 2, events, 2, rows, &text);
			check_size(nbc_text_of(&text), rows);
			nb_text_done(&text);
		}
		nbc_objects_done(&before);
		nbc_objects_done(&now);
	}
}

static void test_rates_shares_and_the_worst_first(void **state)
{
	struct nbc_objects before = objects(2, 0), now = objects(2, 1000000);
	struct nb_text text = { 0 };

	nbc_live_draw(&wide, &now, &before, 2, NULL, 0, 24, &text);
	assert_true(strstr(text.text, "bond1") < strstr(text.text, "bond0"));
	assert_non_null(strstr(text.text, "4.00 Mb/s"));	/* 1 MB in 2 s */
	assert_non_null(strstr(text.text, "1.00 Mb/s"));	/* a quarter of it */
	assert_non_null(strstr(text.text, "2/2 slaves"));
	assert_non_null(strstr(text.text, "1 not well"));
	nb_text_done(&text);
	/* The first look has no rates, and a counter that began anew has none either. */
	nbc_live_draw(&wide, &now, NULL, 0, NULL, 0, 24, &text);
	assert_null(strstr(text.text, "b/s"));
	nb_text_done(&text);
	nbc_live_draw(&wide, &before, &now, 2, NULL, 0, 24, &text);
	assert_null(strstr(text.text, "b/s"));
	nb_text_done(&text);
	nbc_objects_done(&before);
	nbc_objects_done(&now);
}

/* Where the rate of the bond or slave called @name ends. */
static size_t column_of_rate(const char *text, const char *name)
{
	const char *line = strstr(text, name), *rate = line ? strstr(line, "b/s") : NULL;

	assert_non_null(rate);
	while (line > text && line[-1] != '\n')
		line--;
	assert_true(rate < strchr(line, '\n'));
	return (size_t)(rate - line);
}

static void test_a_long_title_shifts_no_column(void **state)
{
	static const char *const names[] = { "blue", "a-namespace-with-a-name",
		"n\xc3\xa4mespace-\xc3\xa4\xc3\xb6\xc3\xbc",
		"a-namespace-whose-name-is-longer-than-half-of-this-screen-is-wide" };

	for (size_t i = 0; i < NB_ARRAY_SIZE(names); i++) {
		struct nbc_objects before = objects(2, 0), now = objects(2, 1000000);
		struct json_object *bond = json_object_array_get_idx(now.bonds, 1);
		struct nb_text text = { 0 };
		size_t more = 0;

		NB_CASE("%s", names[i]);
		nb_json_set_string(bond, "namespace", names[i]);
		nb_json_set_string(bond, "active-slave", "fifteen-letters");
		nb_json_set_string(json_object_array_get_idx(before.bonds, 1), "namespace", names[i]);
		nbc_live_draw(&wide, &now, &before, 2, NULL, 0, 24, &text);
		for (const char *p = strstr(text.text, "bond1"); *p != '\n'; p++)
			more += (*p & 0xc0) == 0x80;
		assert_int_equal(column_of_rate(text.text, "bond1") - more,
			column_of_rate(text.text, "bond0"));
		assert_int_equal(column_of_rate(text.text, "eth00"),
			column_of_rate(text.text, "bond0"));
		nb_text_done(&text);
		nbc_objects_done(&before);
		nbc_objects_done(&now);
	}
}

static void test_rates_in_words(void **state)
{
	static const struct {
		double bits;
		const char *text;
	} cases[] = {
		{ 0, "0" }, { 0.4, "0" }, { 999, "999 b/s" }, { 1000, "1.00 kb/s" },
		{ 999499, "999 kb/s" }, { 999500, "1.00 Mb/s" }, { 9414e6, "9.41 Gb/s" },
		{ 12.34e6, "12.3 Mb/s" }, { 1e15, "1000 Tb/s" },
	};

	for (size_t i = 0; i < NB_ARRAY_SIZE(cases); i++) {
		struct nb_text text = { 0 };

		nbc_rate_say(cases[i].bits, &text);
		assert_string_equal(text.text, cases[i].text);
		nb_text_done(&text);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_screen_fits_whatever_there_is),
		cmocka_unit_test(test_rates_shares_and_the_worst_first),
		cmocka_unit_test(test_a_long_title_shifts_no_column),
		cmocka_unit_test(test_rates_in_words),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
