/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the daemon hears by goes on, or comes again. Runs as root inside the lab. */
#include <sys/socket.h>
#include <unistd.h>

#include "tests/real/real.h"

#include "daemon/monitor.h"
#include "lib/core/touch.h"
#include "lib/nl/netns.h"

struct world {
	sd_event *event;
	struct nbd_monitor *monitor;
	unsigned heard, heard_all;
};

static void on_changed(void *context, const char *why, const struct nb_touches *touches)
{
	struct world *w = context;

	w->heard++;
	w->heard_all += touches->all;
}

static void start(struct world *w)
{
	*w = (struct world){ 0 };
	assert_true(sd_event_new(&w->event) >= 0);
	assert_int_equal(
		nbd_monitor_new(w->event, &nb_netns_direct, on_changed, w, &w->monitor), 0);
}

static void finish(struct world *w)
{
	nbd_monitor_free(w->monitor);
	sd_event_unref(w->event);
}

static int watch(struct world *w)
{
	char *const own[] = { (char *)"" };

	return nbd_monitor_watch(w->monitor, own, 1);
}

/* Return: how often it was told that something changed, until a moment of silence. */
static unsigned hear(struct world *w)
{
	w->heard = w->heard_all = 0;
	while (sd_event_run(w->event, 200000) > 0)
		;
	return w->heard;
}

/* The only socket of that kind. */
static int find_socket(void)
{
	for (int fd = 3; fd < 64; fd++) {
		int domain = 0;
		socklen_t size = sizeof(domain);

		if (getsockopt(fd, SOL_SOCKET, SO_DOMAIN, &domain, &size) == 0 &&
			domain == AF_NETLINK)
			return fd;
	}
	fail_msg("there is no socket");
	return -1;
}

static void test_monitor_opens_anew_what_went_deaf(void **state)
{
	struct world w;
	int fd, old, pipes[2];

	start(&w);
	assert_int_equal(watch(&w), 1);
	real_sh("ip link set lo alias one");
	assert_true(hear(&w) > 0);
	assert_int_equal(w.heard_all, 0);
	NB_CASE("what it reads from is no socket any more, which shows when something comes");
	fd = find_socket();
	old = dup(fd);
	assert_int_equal(pipe(pipes), 0);
	assert_int_equal(dup2(pipes[0], fd), fd);
	real_sh("ip link set lo alias two");
	assert_int_equal(hear(&w), 1);
	assert_int_equal(w.heard_all, 1);
	NB_CASE("not at once: it might go deaf again");
	assert_int_equal(watch(&w), 0);
	real_sh("ip link set lo alias three");
	assert_int_equal(hear(&w), 0);
	assert_int_equal(watch(&w), 1);
	close(old);
	real_sh("ip link set lo alias four");
	assert_true(hear(&w) > 0);
	assert_int_equal(watch(&w), 0);
	finish(&w);
	close(pipes[0]);
	close(pipes[1]);
}

static void test_monitor_follows_the_folder_of_pins(void **state)
{
	static const char *const ways[] = {
		"rmdir " NB_NETNS_DIR,
		"mv " NB_NETNS_DIR " /run/elsewhere",
	};

	for (size_t i = 0; i < NB_ARRAY_SIZE(ways); i++) {
		struct world w;

		NB_CASE("%s", ways[i]);
		real_sh("mkdir -p " NB_NETNS_DIR);
		start(&w);
		real_sh("%s", ways[i]);
		assert_int_equal(hear(&w), 1);
		NB_CASE("there is none");
		watch(&w);
		real_sh("mkdir " NB_NETNS_DIR);
		watch(&w);
		real_sh("touch " NB_NETNS_DIR "/blue");
		assert_int_equal(hear(&w), 1);
		assert_int_equal(w.heard_all, 1);
		finish(&w);
		real_sh("rm -r " NB_NETNS_DIR);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_monitor_opens_anew_what_went_deaf),
		cmocka_unit_test(test_monitor_follows_the_folder_of_pins),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
