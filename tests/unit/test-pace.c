/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The reconciler on a real event loop: what else is waiting has its turn between two operations. */
#include <sys/eventfd.h>
#include <unistd.h>

#include "tests/unit/unit.h"

#include "daemon/reconciler.h"
#include "daemon/turn.h"
#include "lib/core/rules.h"
#include "lib/yaml/config.h"
#include "tests/model/kernel.h"

#define BONDS 20

/* A caller on the bus: asks again as soon as it was answered. */
struct world {
	sd_event *event;
	struct nbd_pace *pace;
	struct nbd_reconciler *reconciler;
	struct nb_memory memory;
	struct nb_model *model;
	int caller;
	uint64_t asked;	      /* by the loop's clock */
	unsigned answers, ops;
	unsigned passed_over; /* operations while the caller waited, which only a stall excuses */
	bool asks;
	bool insists; /* asks again at once, whatever was done */
};

static uint64_t now(const struct world *w)
{
	uint64_t usec = 0;

	assert_true(sd_event_now(w->event, CLOCK_MONOTONIC, &usec) >= 0);
	return usec;
}

static void ask(struct world *w)
{
	assert_int_equal(eventfd_write(w->caller, 1), 0);
	w->asked = now(w);
	w->asks = true;
}

static int on_call(sd_event_source *source, int fd, uint32_t revents, void *userdata)
{
	struct world *w = userdata;
	eventfd_t value;

	assert_int_equal(eventfd_read(fd, &value), 0);
	w->answers++;
	w->asks = false;
	if (w->insists)
		ask(w);
	return 0;
}

static int run_op(void *context, const struct nb_op *op, struct nb_exec_error *error)
{
	struct world *w = context;

	w->ops++;
	if (w->insists) {
		w->passed_over++;
	} else if (w->asks) {
		assert_true(now(w) >= w->asked + NBD_TURN_PATIENCE_USEC);
		w->passed_over++;
	} else {
		ask(w);
	}
	return nb_model_exec_ops()->run(w->model, op, error);
}

static int observe(void *context, char *const *namespaces, size_t n, struct nb_state **ret,
	struct nb_diag *diag)
{
	struct world *w = context;

	return nb_model_exec_ops()->observe(w->model, namespaces, n, ret, diag);
}

static void on_settled(void *context, enum nb_converge_result result, bool automatic, size_t done)
{
	struct world *w = context;

	assert_int_equal(result, NB_RESULT_CONVERGED);
	sd_event_exit(w->event, 0);
}

static struct nb_config *many_bonds(void)
{
	struct nb_config *config = nb_config_new();
	struct nb_diag diag = { 0 };
	NB_CLEANUP(nb_text_done) struct nb_text yaml = { 0 };

	nb_text_add(&yaml, "bonds:\n");
	for (unsigned i = 0; i < BONDS; i++)
		nb_text_add(&yaml, "  b%u: {mode: balance-rr, slaves: [], addresses: [192.0.2.%u/24]}\n",
			i, i + 1);
	assert_int_equal(nb_yaml_load("test", yaml.text, yaml.length, 0, config, &diag), 0);
	assert_int_equal(nb_rules_check(config, &diag), 0);
	assert_int_equal(nb_rules_canonicalise(config), 0);
	nb_diag_done(&diag);
	return config;
}

/* Begins to make many bonds. */
static struct world *start(void)
{
	static const struct nb_exec_ops exec = { .run = run_op, .observe = observe };
	static const struct nbd_reconciler_hooks hooks = { .settled = on_settled };
	const struct nbd_apply how = { .limit = NB_CLASS_REBUILD, .asked = true };
	struct world *w = calloc(1, sizeof(*w));

	assert_non_null(w);
	w->model = nb_model_new(NULL);
	w->caller = eventfd(0, EFD_NONBLOCK);
	assert_true(sd_event_new(&w->event) >= 0);
	assert_true(sd_event_add_io(w->event, NULL, w->caller, EPOLLIN, on_call, w) >= 0);
	assert_int_equal(nbd_pace_new(w->event, &w->pace), 0);
	w->reconciler = nbd_reconciler_new(&(struct nbd_setup){
		.pace = &nbd_pace_ops,
		.pace_context = w->pace,
		.exec = &exec,
		.exec_context = w,
		.memory = &w->memory,
		.spare_mac = { 2, 0, 0, 0, 0xff, 1 },
		.hooks = &hooks,
		.hook_context = w,
	});
	assert_non_null(w->reconciler);
	nbd_pace_drive(w->pace, w->reconciler);
	assert_int_equal(nbd_reconciler_apply(w->reconciler, many_bonds(), &how), 0);
	return w;
}

static void finish(struct world *w)
{
	nbd_reconciler_free(w->reconciler);
	nbd_pace_free(w->pace);
	sd_event_unref(w->event);
	nb_memory_done(&w->memory);
	nb_model_free(w->model);
	close(w->caller);
	free(w);
}

static void test_pace_lets_a_caller_in_between_two_operations(void **state)
{
	struct world *w = start();

	assert_int_equal(sd_event_loop(w->event), 0);
	assert_true(w->ops >= 2 * BONDS);
	assert_int_equal(w->answers + w->passed_over, w->ops);
	finish(w);
}

static void run_turns(struct world *w, unsigned turns)
{
	for (unsigned i = 0; i < turns; i++)
		assert_true(sd_event_run(w->event, 0) >= 0);
}

static void test_pace_holds_and_goes_on(void **state)
{
	struct world *w = start();
	unsigned ops;

	while (w->ops < 3)
		run_turns(w, 1);
	nbd_pace_hold(w->pace, true);
	ops = w->ops;
	run_turns(w, 100);
	assert_int_equal(w->ops, ops);
	nbd_pace_hold(w->pace, false);
	run_turns(w, 10);
	assert_true(w->ops > ops);
	/* By itself, when nobody says that it may. */
	nbd_pace_hold(w->pace, true);
	assert_int_equal(sd_event_loop(w->event), 0);
	assert_true(w->ops >= 2 * BONDS);
	finish(w);
}

/* Only its patience, which runs out, lets it go on. */
static void test_pace_goes_on_beside_a_caller_who_never_ceases(void **state)
{
	struct world *w = start();
	uint64_t before;
	unsigned ops, answers;

	while (w->ops < 3)
		run_turns(w, 1);
	w->insists = true;
	if (!w->asks)
		ask(w);
	run_turns(w, 1);
	ops = w->ops;
	answers = w->answers;
	before = now(w);
	while (w->ops < ops + 3)
		run_turns(w, 1);
	assert_true(now(w) >= before + 2 * NBD_TURN_PATIENCE_USEC);
	assert_true(w->answers > answers);
	w->insists = false;
	assert_int_equal(sd_event_loop(w->event), 0);
	finish(w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_pace_lets_a_caller_in_between_two_operations),
		cmocka_unit_test(test_pace_holds_and_goes_on),
		cmocka_unit_test(test_pace_goes_on_beside_a_caller_who_never_ceases),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
