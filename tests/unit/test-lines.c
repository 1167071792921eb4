/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The bounded log of JSON lines: whole after kills, full disks and garbage. */
#include "tests/unit/scratch.h"

#include <signal.h>
#include <sys/resource.h>

#include "lib/json/lines.h"

#define NAME "log"

static struct scratch scratch;

struct seen {
	char texts[64][128];
	size_t n;
	int64_t last; /* .n of the last line */
	bool ordered;
};

static int take(void *context, struct json_object *object, const char *text, size_t length)
{
	struct seen *seen = context;
	int64_t number = json_object_get_int64(json_object_object_get(object, "n"));

	if (seen->n < NB_ARRAY_SIZE(seen->texts))
		snprintf(seen->texts[seen->n], 128, "%.*s", (int)length, text);
	seen->ordered = seen->n == 0 || (seen->ordered && number > seen->last);
	seen->last = number;
	seen->n++;
	return 0;
}

static struct seen read_all(void)
{
	struct seen seen = { 0 };

	assert_int_equal(nb_lines_read(scratch.path, NAME, take, &seen), 0);
	return seen;
}

static struct nb_lines open_log(uint64_t limit)
{
	struct nb_lines lines;

	assert_int_equal(nb_lines_open(&lines, scratch.path, NAME, limit), 0);
	return lines;
}

static int append(struct nb_lines *lines, int64_t number)
{
	char text[64];
	int length = snprintf(text, sizeof(text), "{\"n\":%lld}", (long long)number);

	return nb_lines_append(lines, text, (size_t)length);
}

static void test_lines_come_back_in_order_after_a_restart(void **state)
{
	struct nb_lines lines = open_log(1000);
	struct seen seen;

	assert_int_equal(append(&lines, 1), 0);
	nb_lines_close(&lines);
	lines = open_log(1000);
	assert_int_equal(append(&lines, 2), 0);
	nb_lines_close(&lines);
	seen = read_all();
	assert_int_equal(seen.n, 2);
	assert_string_equal(seen.texts[0], "{\"n\":1}");
	assert_string_equal(seen.texts[1], "{\"n\":2}");
}

static void test_two_files_of_the_limit_are_kept_the_newest(void **state)
{
	struct nb_lines lines = open_log(1000);
	struct stat st;
	struct seen seen;

	for (int i = 0; i < 5000; i++)
		assert_int_equal(append(&lines, i), 0);
	nb_lines_close(&lines);
	assert_int_equal(stat(scratch_path(&scratch, NAME), &st), 0);
	assert_true(st.st_size <= 1000);
	assert_int_equal(stat(scratch_path(&scratch, NAME ".1"), &st), 0);
	assert_true(st.st_size <= 1000 && st.st_size > 900);
	seen = read_all();
	assert_true(seen.ordered);
	assert_int_equal(seen.last, 4999);
	assert_true(seen.n > 90);
}

static void test_torn_tail_is_skipped_and_closed_off(void **state)
{
	struct nb_lines lines;
	struct seen seen;

	scratch_write(&scratch, NAME, "{\"n\":1}\n{\"n\":2}\n{\"n\":3");
	seen = read_all();
	assert_int_equal(seen.n, 2);
	lines = open_log(1000);
	assert_int_equal(append(&lines, 4), 0);
	nb_lines_close(&lines);
	seen = read_all();
	assert_int_equal(seen.n, 3);
	assert_string_equal(seen.texts[2], "{\"n\":4}");
}

/* A tail that is JSON by chance was not whole either. */
static void test_tail_without_newline_is_no_line(void **state)
{
	scratch_write(&scratch, NAME, "{\"n\":1}\n{\"n\":2}");
	assert_int_equal(read_all().n, 1);
}

static void test_garbage_is_passed_over(void **state)
{
	struct nb_text text = { 0 };
	struct seen seen;

	nb_text_add(&text, "{\"n\":1}\n\n[1]\n7\n{\"n\":2}}\n{\"n\":\n\x01\x02\xff\n{\"n\":");
	for (int i = 0; i < NB_LINE_LIMIT; i++)
		nb_text_add(&text, "9");
	nb_text_add(&text, "}\n{\"n\":3}\n");
	scratch_write(&scratch, NAME, text.text);
	nb_text_done(&text);
	seen = read_all();
	assert_int_equal(seen.n, 2);
	assert_string_equal(seen.texts[1], "{\"n\":3}");
}

static void test_log_that_is_not_there_is_empty(void **state)
{
	struct seen seen = { 0 };

	assert_int_equal(read_all().n, 0);
	assert_int_equal(nb_lines_read("/nonexistent/folder", NAME, take, &seen), 0);
	assert_int_equal(seen.n, 0);
}

static void test_line_that_is_too_long_is_refused(void **state)
{
	static char text[NB_LINE_LIMIT + 1];
	struct nb_lines lines = open_log(1u << 20);

	memset(text, ' ', sizeof(text));
	assert_int_equal(nb_lines_append(&lines, text, sizeof(text)), -E2BIG);
	assert_int_equal(append(&lines, 1), 0);
	nb_lines_close(&lines);
	assert_int_equal(read_all().n, 1);
}

static bool cannot_open(void *context)
{
	struct nb_lines lines;

	return nb_lines_open(&lines, context, NAME, 1000) == -EACCES && lines.fd == -EBADF;
}

static void test_folder_that_may_not_be_written_is_told(void **state)
{
	struct nb_lines lines;

	scratch_unprivileged(cannot_open, scratch.path);
	assert_int_equal(nb_lines_open(&lines, "/nonexistent/folder", NAME, 1000), -ENOENT);
}

/* The kernel writes what fits below RLIMIT_FSIZE, as on a disk that becomes full. */
static bool fill(void *context)
{
	struct rlimit limit = { 20, 20 };
	struct nb_lines lines;

	signal(SIGXFSZ, SIG_IGN);
	if (nb_lines_open(&lines, context, NAME, 1000) < 0 || setrlimit(RLIMIT_FSIZE, &limit) < 0)
		return false;
	return append(&lines, 1) == 0 && append(&lines, 2) == 0 && append(&lines, 333) == -ENOSPC &&
	       append(&lines, 444) == -ENOSPC && append(&lines, 5) == -ENOSPC;
}

static void test_full_disk_tears_no_line(void **state)
{
	struct nb_lines lines;
	struct seen seen;
	char *text;

	assert_int_equal(chmod(scratch.path, 0777), 0);
	scratch_unprivileged(fill, scratch.path);
	text = scratch_read(&scratch, NAME);
	assert_string_equal(text, "{\"n\":1}\n{\"n\":2}\n");
	free(text);
	lines = open_log(1000);
	assert_int_equal(append(&lines, 6), 0);
	nb_lines_close(&lines);
	seen = read_all();
	assert_int_equal(seen.n, 3);
	assert_int_equal(seen.last, 6);
}

/* Writes as fast as it can and says after each line that it is there. */
static void write_until_killed(int ready, int64_t first)
{
	struct nb_lines lines = open_log(4000);

	for (int64_t i = first;; i++)
		if (append(&lines, i) < 0 || write(ready, &i, sizeof(i)) != sizeof(i))
			_exit(1);
}

static int64_t kill_a_writer(int64_t first, useconds_t usec)
{
	int64_t number, last = first - 1;
	int ends[2], status;
	pid_t pid;

	assert_int_equal(pipe(ends), 0);
	pid = fork();
	if (pid == 0) {
		close(ends[0]);
		write_until_killed(ends[1], first);
	}
	close(ends[1]);
	usleep(usec);
	kill(pid, SIGKILL);
	while (read(ends[0], &number, sizeof(number)) == sizeof(number))
		last = number;
	close(ends[0]);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFSIGNALED(status));
	return last;
}

static void test_killed_writer_loses_no_line_it_wrote(void **state)
{
	int64_t last = 0;

	for (unsigned i = 0; i < 60; i++) {
		struct seen seen;

		last = kill_a_writer(last + 1, 500 + 97 * i);
		seen = read_all();
		assert_true(seen.n == 0 || seen.ordered);
		/* One more may be there that was not acknowledged yet. */
		assert_true(seen.last == last || seen.last == last + 1);
		last = seen.last;
	}
	assert_true(last > 60);
}

static int start(void **state)
{
	scratch_start(&scratch);
	return 0;
}

static int end(void **state)
{
	scratch_done(&scratch);
	return 0;
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, start, end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_lines_come_back_in_order_after_a_restart),
		TEST(test_two_files_of_the_limit_are_kept_the_newest),
		TEST(test_torn_tail_is_skipped_and_closed_off),
		TEST(test_tail_without_newline_is_no_line),
		TEST(test_garbage_is_passed_over),
		TEST(test_log_that_is_not_there_is_empty),
		TEST(test_line_that_is_too_long_is_refused),
		TEST(test_folder_that_may_not_be_written_is_told),
		TEST(test_full_disk_tears_no_line),
		TEST(test_killed_writer_loses_no_line_it_wrote),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
