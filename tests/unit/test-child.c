/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What a child makes beside the event loop, and each way in which it may end. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "tests/unit/unit.h"

#include "daemon/child.h"

#define LONG_TEXT (1u << 20) /* many times what a pipe holds */

struct world {
	sd_event *event;
	unsigned looked, ended;
	int r;
	size_t length;
	bool right; /* every byte of the text is */
	int fd;	    /* open in the parent */
};

static void say_long(void *context, struct nb_text *out)
{
	const struct world *w = context;
	char part[1025];

	memset(part, fcntl(w->fd, F_GETFD) < 0 ? 'x' : 'o', sizeof(part) - 1);
	part[sizeof(part) - 1] = '\0';
	nbd_child_looked();
	while (out->length < LONG_TEXT)
		nb_text_add(out, "%s", part);
}

static void say_nothing(void *context, struct nb_text *out)
{
}

static void run_out_of_memory(void *context, struct nb_text *out)
{
	nb_text_add(out, "half of it");
	out->failed = true;
}

static void be_killed(void *context, struct nb_text *out)
{
	raise(SIGKILL);
}

static void take_too_long(void *context, struct nb_text *out)
{
	alarm(1); /* and not NBD_CHILD_SECONDS */
	for (;;)
		pause();
}

static void end_badly(void *context, struct nb_text *out)
{
	_exit(1);
}

static void on_looked(void *context)
{
	struct world *w = context;

	assert_int_equal(w->ended, 0);
	w->looked++;
}

static void on_done(void *context, const struct nb_text *text, int r)
{
	struct world *w = context;

	w->ended++;
	w->r = r;
	w->length = text->length;
	w->right = text->length == 0 || strspn(text->text, "x") == text->length;
	sd_event_exit(w->event, 0);
}

static const struct {
	void (*work)(void *context, struct nb_text *out);
	int r;
	unsigned looked;
	size_t length;
} cases[] = {
	{ say_long, 0, 1, LONG_TEXT },
	{ say_nothing, 0, 0, 0 },
	{ run_out_of_memory, -ENOMEM, 0, 0 },
	{ be_killed, -ECHILD, 0, 0 },
	{ take_too_long, -ETIME, 0, 0 },
	{ end_badly, -ECHILD, 0, 0 },
};

static void test_child_ends(void **state)
{
	for (size_t i = 0; i < NB_ARRAY_SIZE(cases); i++) {
		struct world w = { .fd = open("/dev/null", O_RDONLY) };
		const struct nbd_child_task task = { cases[i].work, on_looked, on_done, &w };
		struct nbd_child *child = NULL;

		assert_true(sd_event_new(&w.event) >= 0);
		assert_int_equal(nbd_child_start(w.event, &task, &child), 0);
		assert_int_equal(sd_event_loop(w.event), 0);
		assert_int_equal(w.ended, 1);
		assert_int_equal(w.r, cases[i].r);
		assert_int_equal(w.looked, cases[i].looked);
		assert_int_equal(w.length, cases[i].length);
		assert_true(w.right);
		sd_event_unref(w.event);
		close(w.fd);
	}
}

static void test_child_is_ended_unheard(void **state)
{
	struct world w = { .fd = -1 };
	const struct nbd_child_task task = { take_too_long, on_looked, on_done, &w };
	struct nbd_child *child = NULL;

	assert_true(sd_event_new(&w.event) >= 0);
	assert_int_equal(nbd_child_start(w.event, &task, &child), 0);
	child = nbd_child_end(child);
	for (unsigned i = 0; i < 3; i++)
		assert_true(sd_event_run(w.event, 0) >= 0);
	assert_int_equal(w.ended, 0);
	sd_event_unref(w.event);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_child_ends),
		cmocka_unit_test(test_child_is_ended_unheard),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
