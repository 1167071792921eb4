/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The daemon's history: where it goes, and what a question gets. */
#include "tests/unit/scratch.h"

#include "daemon/history.h"
#include "lib/json/document.h"

static struct scratch scratch;
static sd_event *event;

struct got {
	bool answered;
	int error;
	char *entries;
};

static void answer(void *context, const char *entries, int error)
{
	struct got *got = context;

	assert_false(got->answered);
	*got = (struct got){ true, error, entries ? strdup(entries) : NULL };
}

/* The entries as a list. */
static struct json_object *ask(
	struct nbd_history *history, const char *bond, uint64_t since, uint32_t count)
{
	const struct nbd_query query = { bond, since, count };
	struct got got = { 0 };
	struct nb_text text = { 0 };
	struct json_object *list;

	assert_int_equal(nbd_history_ask(history, &query, answer, &got), 0);
	assert_false(got.answered);
	while (!got.answered)
		assert_true(sd_event_run(event, UINT64_MAX) >= 0);
	assert_int_equal(got.error, 0);
	nb_text_add(&text, "[%s]", got.entries);
	list = json_tokener_parse(text.text);
	assert_non_null(list);
	nb_text_done(&text);
	free(got.entries);
	return list;
}

static size_t count_of(struct nbd_history *history, const char *bond, uint64_t since, uint32_t n)
{
	struct json_object *list = ask(history, bond, since, n);
	size_t length = json_object_array_length(list);

	json_object_put(list);
	return length;
}

static struct nbd_history *open_history(void)
{
	struct nbd_history *history;

	assert_int_equal(nbd_history_new(event, scratch_path(&scratch, "state/deep"),
				 scratch_path(&scratch, "run"), &history), 0);
	return history;
}

static void add(struct nbd_history *history, const char *namespace, const char *bond,
	const char *what)
{
	const struct nbd_event item = {
		.kind = NBD_EVENT_REPAIR,
		.key = bond,
		.namespace = namespace,
		.bond = bond,
		.what = what,
		.lasted = 1234567,
	};

	nbd_history_add(history, &item);
}

static void test_entries_have_time_duration_and_are_found_by_bond(void **state)
{
	struct nbd_history *history = open_history();
	struct json_object *list, *entry;

	for (int i = 0; i < 5; i++) {
		add(history, "", "bond0", "one");
		add(history, "blue", "bond0", "two");
		add(history, "", "bond1", "three");
	}
	assert_int_equal(count_of(history, "", 0, 0), 15);
	assert_int_equal(count_of(history, "bond0", 0, 0), 10);
	assert_int_equal(count_of(history, "blue/bond0", 0, 0), 5);
	assert_int_equal(count_of(history, "bond9", 0, 0), 0);
	assert_int_equal(count_of(history, "", UINT64_C(4000000000) * 1000000, 0), 0);
	assert_int_equal(count_of(history, "", 1000000, 0), 15);
	list = ask(history, "", 0, 2);
	assert_int_equal(json_object_array_length(list), 2);
	entry = json_object_array_get_idx(list, 1);
	assert_string_equal(json_object_get_string(json_object_object_get(entry, "what")), "three");
	assert_string_equal(
		json_object_get_string(json_object_object_get(entry, "duration-ms")), "1234.567");
	assert_int_equal(strlen(json_object_get_string(json_object_object_get(entry, "time"))), 24);
	json_object_put(list);
	nbd_history_free(history);
}

static void test_all_is_there_after_a_restart(void **state)
{
	struct nbd_history *history = open_history();

	for (int i = 0; i < 100; i++)
		add(history, "", "bond0", "one");
	nbd_history_free(history); /* waits */
	history = open_history();
	add(history, "", "bond0", "two");
	assert_int_equal(count_of(history, "", 0, 0), 101);
	nbd_history_free(history);
}

static void test_run_directory_serves_until_the_state_directory_can_be_written(void **state)
{
	struct nbd_history *history = open_history();
	char *text;

	add(history, "", "bond0", "early");
	assert_int_equal(count_of(history, "", 0, 0), 1);
	nbd_history_free(history);
	text = scratch_read(&scratch, "run/" NBD_HISTORY_NAME);
	assert_non_null(strstr(text, "early"));
	free(text);
	/* Mounted now. */
	assert_int_equal(mkdir(scratch_path(&scratch, "state"), 0755), 0);
	history = open_history();
	add(history, "", "bond0", "late");
	assert_int_equal(count_of(history, "", 0, 0), 2);
	nbd_history_free(history);
	assert_null(scratch_read(&scratch, "run/" NBD_HISTORY_NAME));
	text = scratch_read(&scratch, "state/deep/" NBD_HISTORY_NAME);
	assert_true(strstr(text, "early") < strstr(text, "late"));
	free(text);
}

static void test_nowhere_to_write_is_counted_and_said_later(void **state)
{
	struct nbd_history *history;
	struct json_object *list;

	scratch_write(&scratch, "run", "a file, no folder");
	history = open_history();
	add(history, "", "bond0", "lost");
	add(history, "", "bond0", "lost");
	while (nbd_history_lost(history) < 2)
		assert_true(sd_event_run(event, UINT64_MAX) >= 0);
	assert_int_equal(remove(scratch_path(&scratch, "run")), 0);
	add(history, "", "bond0", "found");
	list = ask(history, "", 0, 0);
	assert_int_equal(json_object_array_length(list), 2);
	assert_string_equal(json_object_get_string(json_object_object_get(
				    json_object_array_get_idx(list, 0), "what")),
		"2 entries could not be written");
	json_object_put(list);
	assert_int_equal(nbd_history_lost(history), 2);
	nbd_history_free(history);
}

static void ignore(void *context, const char *entries, int error)
{
	++*(unsigned *)context;
}

static void test_many_questions_do_not_keep_events_from_the_disk(void **state)
{
	const struct nbd_query query = { "", 0, 0 };
	struct nbd_history *history = open_history();
	unsigned asked = 0, answered = 0;

	while (nbd_history_ask(history, &query, ignore, &answered) == 0)
		asked++;
	assert_true(asked >= 1 && asked < 100);
	add(history, "", "bond0", "one");
	while (answered < asked)
		assert_true(sd_event_run(event, UINT64_MAX) >= 0);
	assert_int_equal(count_of(history, "", 0, 0), 1);
	assert_int_equal(nbd_history_lost(history), 0);
	nbd_history_free(history);
}

static void test_counters_only_grow(void **state)
{
	struct nbd_history *history = open_history();
	const struct nbd_counts *counts;

	for (int i = 0; i < 3; i++)
		add(history, "", "bond0", "one");
	add(history, "blue", "bond0", "one");
	nbd_history_add(history, &(struct nbd_event){ .kind = NBD_EVENT_TRANSACTION,
					 .result = NB_RESULT_HELD, .to = "held" });
	counts = nbd_history_counts(history, 1);
	assert_string_equal(counts->bond, "bond0");
	assert_int_equal(counts->events[NBD_EVENT_REPAIR], 3);
	counts = nbd_history_counts(history, 2);
	assert_string_equal(counts->namespace, "blue");
	assert_int_equal(counts->events[NBD_EVENT_REPAIR], 1);
	assert_int_equal(nbd_history_counts(history, 0)->results[NB_RESULT_HELD], 1);
	assert_null(nbd_history_counts(history, 3));
	nbd_history_free(history);
}

static int start(void **state)
{
	scratch_start(&scratch);
	return sd_event_new(&event) < 0;
}

static int end(void **state)
{
	sd_event_unref(event);
	scratch_done(&scratch);
	return 0;
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, start, end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_entries_have_time_duration_and_are_found_by_bond),
		TEST(test_all_is_there_after_a_restart),
		TEST(test_run_directory_serves_until_the_state_directory_can_be_written),
		TEST(test_nowhere_to_write_is_counted_and_said_later),
		TEST(test_many_questions_do_not_keep_events_from_the_disk),
		TEST(test_counters_only_grow),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
