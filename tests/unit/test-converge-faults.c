/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Every operation of many plans goes wrong once, in every way: refused, refused after it took
 * effect, refused again and again, and the whole program killed. What was in service stays in
 * service, the trouble is told once, and the next run mends what is left.
 */
#include "tests/unit/converge-trial.h"

#include <inttypes.h>

#include "tests/unit/property.h"

static const int errors[] = { EINVAL, EBUSY, EPERM, ENODEV, ENOMEM, ENOBUFS, EAGAIN, EEXIST };

#define PLANS 50 /* the changes of converge-plans.h and random ones */

/* ---- one trial ---- */

static void check_told_once(struct trial *t)
{
	const struct nb_problem *problem;

	if (t->w->diag.n_errors != 1)
		broken(t, "%zu errors told", t->w->diag.n_errors);
	problem = &t->w->diag.problems[t->w->diag.n_problems - 1];
	for (size_t i = t->w->told; i < t->w->diag.n_problems; i++) {
		if (t->w->diag.problems[i].severity == NB_SEVERITY_ERROR)
			problem = &t->w->diag.problems[i];
	}
	if (!problem->object || !*problem->object)
		broken(t, "the error names no object");
	if (!strstr(problem->text, t->w->failed.link))
		broken(t, "the error does not name %s: %s", t->w->failed.link, problem->text);
}

static void check_next_run(struct trial *t)
{
	struct world *w = t->w;

	if (world_run_well(w, t->change->after) != NB_RESULT_CONVERGED)
		broken(t, "the next run does not converge");
	if (w->passes > 1)
		broken(t, "the next run takes %u plans", w->passes);
	world_run_well(w, t->change->after);
	if (nb_model_writes(w->model))
		broken(t, "there is still something to do after the next run");
}

/* Nothing netbond made outlives its configuration, and every NIC is at home. */
static void check_all_can_go(struct trial *t)
{
	NB_CLEANUP(nb_state_freep) struct nb_state *now = NULL;

	if (world_run_well(t->w, "bonds: {}\n") != NB_RESULT_CONVERGED)
		broken(t, "an empty configuration does not converge");
	now = world_observe(t->w);
	for (size_t i = 0; i < 6; i++) {
		char name[8];

		snprintf(name, sizeof(name), "eth%zu", i);
		if (!nb_netns_find(now->namespaces[0], name))
			broken(t, "%s is not at home", name);
	}
	for (size_t n = 0; n < now->n_namespaces; n++) {
		const struct nb_netns *ns = now->namespaces[n];
		bool foreign = t->change->foreign && strstr(t->change->foreign, "create bond0");

		if (n && ns->exists)
			broken(t, "namespace %s is still there", ns->name);
		for (size_t i = 0; i < ns->links.n; i++) {
			if (nb_link_is_bond(nb_netns_link(ns, i)) && !foreign)
				broken(t, "%s is still there", nb_netns_link(ns, i)->name);
		}
		if (n == 0 && foreign && !nb_netns_find(ns, "bond0"))
			broken(t, "bond0 of another tool was removed");
	}
}

static void try(struct trial *t)
{
	struct world w;

	t->w = &w;
	t->broken = false;
	start_change(&w, t->change);
	w.fault = t->fault;
	world_run(&w, t->change->after);
	if (w.r != 0)
		broken(t, "the run ends with %s", strerrorname_np(-w.r));
	if (!w.has_failed)
		broken(t, "nothing failed");
	if (w.result != NB_RESULT_FAILED)
		broken(t, "the result is %d", w.result);
	check_told_once(t);
	check_service(t);
	check_next_run(t);
	check_all_can_go(t);
	world_done(&w);
}

static bool is_wait(const char *description)
{
	return strncmp(description, "wait ", 5) == 0;
}

/* From some configuration to some other one. */
struct random_change {
	struct change change;
	char name[32], *before, *after;
};

static void random_change_start(
	struct random_change *r, uint64_t seed, struct nb_random *random)
{
	struct nb_config *before, *after;

	*random = property_random(seed);
	random->avoid = PROPERTY_NEW_ROWS;
	snprintf(r->name, sizeof(r->name), "seed %" PRIu64, seed);
	nb_random_config(random, seed % 3 == 0, &r->before, &before);
	nb_random_config(random, seed % 3 == 0, &r->after, &after);
	nb_config_free(before);
	nb_config_free(after);
	r->change = (struct change){ .name = r->name, .before = r->before, .after = r->after };
}

static void random_change_done(struct random_change *r)
{
	free(r->before);
	free(r->after);
}

/* Return: how many trials. */
static unsigned each_errno(struct trial *t, bool after)
{
	unsigned n = 0;

	for (unsigned op = 1; op <= t->n_ops; op++) {
		/* The kernel says EEXIST only of what it did not do. */
		for (size_t e = 0; e < NB_ARRAY_SIZE(errors) - after; e++) {
			t->fault = (struct world_fault){
				.number = op, .error = errors[e], .after = after
			};
			/* What asks again and again has no text: a wait. */
			if (errors[e] == EAGAIN && (!t->ops[op - 1] || is_wait(t->ops[op - 1])))
				continue;
			try(t);
			n++;
		}
	}
	return n;
}

static void each_operation(bool after)
{
	unsigned n = 0, plans = 0;

	n_broken = 0;
	for (size_t c = 0; c < NB_ARRAY_SIZE(changes); c++, plans++) {
		struct trial t;

		trial_start(&t, &changes[c]);
		n += each_errno(&t, after);
		trial_done(&t);
	}
	for (uint64_t seed = 1; plans < PLANS; seed++) {
		struct random_change r;
		struct nb_random random;
		struct trial t;

		random_change_start(&r, seed, &random);
		if (trial_try_start(&t, &r.change)) {
			n += each_errno(&t, after);
			plans++;
			trial_done(&t);
		}
		random_change_done(&r);
	}
	assert_int_equal(n_broken, 0);
	NB_CASE("%u faults in %u plans", n, plans);
}

/* The kernel refuses one thing as often as it is asked, however it comes to be asked. */
static void test_converge_survives_what_is_always_refused(void **state)
{
	unsigned n = 0;

	n_broken = 0;
	for (size_t c = 0; c < NB_ARRAY_SIZE(changes); c++) {
		struct trial t;

		trial_start(&t, &changes[c]);
		for (unsigned op = 0; op < t.n_ops; op++) {
			if (!t.ops[op])
				continue; /* a wait that was polled more than once */
			t.fault = (struct world_fault){ .describe = t.ops[op], .error = EINVAL };
			try(&t);
			n++;
		}
		trial_done(&t);
	}
	assert_int_equal(n_broken, 0);
	NB_CASE("%u refusals in %zu plans", n, NB_ARRAY_SIZE(changes));
}

/* The whole program dies: what it saved is all the next one knows. */
static void try_killed(struct trial *t)
{
	struct world w;

	t->w = &w;
	t->broken = false;
	start_change(&w, t->change);
	w.fault = t->fault;
	world_run(&w, t->change->after);
	if (!w.killed)
		broken(t, "it was not killed");
	world_restart(&w);
	check_next_run(t);
	check_service(t);
	if (w.owed.text)
		broken(t, "something is still kept to be put back");
	world_done(&w);
	start_change(&w, t->change);
	w.fault = t->fault;
	world_run(&w, t->change->after);
	world_restart(&w);
	check_all_can_go(t);
	world_done(&w);
}

static void test_converge_goes_on_after_being_killed_anywhere(void **state)
{
	unsigned n = 0;

	n_broken = 0;
	for (size_t c = 0; c < NB_ARRAY_SIZE(changes); c++) {
		struct trial t;

		trial_start(&t, &changes[c]);
		for (unsigned op = 1; op <= t.n_ops; op++) {
			t.fault = (struct world_fault){ .kill = op };
			try_killed(&t);
			n++;
		}
		trial_done(&t);
	}
	assert_int_equal(n_broken, 0);
	NB_CASE("%u kills in %zu plans", n, NB_ARRAY_SIZE(changes));
}

/* Killed, and the run that puts it back goes wrong too. Return: whether that one got so far. */
static bool try_killed_twice(struct trial *t, unsigned kill, const struct world_fault *second)
{
	struct world w;
	bool hit;

	t->w = &w;
	t->broken = false;
	start_change(&w, t->change);
	w.fault = t->fault = (struct world_fault){ .kill = kill };
	world_run(&w, t->change->after);
	world_restart(&w);
	w.fault = *second;
	world_run(&w, t->change->after);
	hit = w.has_failed || w.killed;
	if (hit) {
		world_restart(&w);
		check_next_run(t);
		check_service(t);
		if (w.owed.text)
			broken(t, "something is still kept to be put back");
	}
	world_done(&w);
	return hit;
}

static unsigned each_second_fault(struct trial *t, unsigned kill, struct world_fault second)
{
	unsigned n = 0;

	do {
		n++;
		second.number = second.kill ? 0 : n;
		second.kill = second.kill ? n : 0;
	} while (try_killed_twice(t, kill, &second));
	return n - 1;
}

static void test_converge_puts_back_what_two_broken_runs_owe(void **state)
{
	unsigned n = 0;

	n_broken = 0;
	for (size_t c = 0; c < NB_ARRAY_SIZE(changes); c++) {
		struct trial t;

		trial_start(&t, &changes[c]);
		for (unsigned op = 1; op <= t.n_ops; op++) {
			n += each_second_fault(&t, op, (struct world_fault){ .kill = 1 });
			n += each_second_fault(&t, op, (struct world_fault){ .error = ENOBUFS });
			n += each_second_fault(&t, op, (struct world_fault){ .error = EINVAL });
		}
		trial_done(&t);
	}
	assert_int_equal(n_broken, 0);
	NB_CASE("%u second faults in %zu plans", n, NB_ARRAY_SIZE(changes));
}

static void test_converge_survives_each_errno_at_each_operation(void **state)
{
	each_operation(false);
}

static void test_converge_survives_each_errno_after_the_effect(void **state)
{
	each_operation(true);
}

/* With some fault. NETBOND_SEED, NETBOND_COUNT. */
static bool try_random(uint64_t seed)
{
	struct random_change r;
	struct nb_random random;
	struct trial t;
	bool tried;

	random_change_start(&r, seed, &random);
	tried = trial_try_start(&t, &r.change);
	if (tried && t.n_ops) {
		t.fault = (struct world_fault){ .error = errors[nb_random_below(&random, 6)] };
		t.fault.number = 1 + nb_random_below(&random, t.n_ops);
		t.fault.after = nb_random_chance(&random, 20);
		try(&t);
		if (!t.fault.after && t.ops[t.fault.number - 1]) {
			t.fault.describe = t.ops[t.fault.number - 1];
			t.fault.number = 0;
			try(&t);
		}
	}
	if (tried)
		trial_done(&t);
	random_change_done(&r);
	return tried;
}

static void test_converge_survives_any_fault_between_any_configurations(void **state)
{
	uint64_t first = property_number("NETBOND_SEED", 1);
	uint64_t count = property_number("NETBOND_COUNT", 400);
	unsigned n = 0;

	n_broken = 0;
	for (uint64_t seed = first; seed < first + count; seed++)
		n += try_random(seed);
	assert_int_equal(n_broken, 0);
	NB_CASE("%u changes from seed %" PRIu64, n, first);
	assert_true(n > 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_converge_survives_each_errno_at_each_operation),
		cmocka_unit_test(test_converge_survives_each_errno_after_the_effect),
		cmocka_unit_test(test_converge_survives_what_is_always_refused),
		cmocka_unit_test(test_converge_goes_on_after_being_killed_anywhere),
		cmocka_unit_test(test_converge_puts_back_what_two_broken_runs_owe),
		cmocka_unit_test(test_converge_survives_any_fault_between_any_configurations),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
