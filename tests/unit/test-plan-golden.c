/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Every folder of tests/golden holds desired.yaml, observed.yaml and plan.txt: what the planner
 * says from the one to the other, read by people in review. policy.txt may hold "allow CLASS" and
 * "reorder"; objects.yaml is the memory. Each case is planned, and the plan's predicted outcome
 * (effect.h) is planned again: nothing may be left to do.
 *
 * NETBOND_UPDATE=1 writes plan.txt anew.
 */
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "tests/unit/unit.h"

#include "lib/core/effect.h"
#include "lib/core/plan.h"
#include "lib/core/rules.h"
#include "lib/yaml/config.h"
#include "lib/yaml/load.h"
#include "lib/yaml/memory.h"

#define GOLDEN NB_SOURCE_ROOT "/tests/golden"
#define LIMIT (1u << 20)

struct golden {
	char path[512];
	struct nb_diag diag;
	struct nb_config *config;
	struct nb_state *observed;
	struct nb_memory memory;
	struct nb_policy policy;
};

static char *golden_file(struct golden *g, const char *name, size_t *ret_size)
{
	char path[600], *text = NULL;

	snprintf(path, sizeof(path), "%s/%s", g->path, name);
	return nb_read_file(path, LIMIT, &text, ret_size) == 0 ? text : NULL;
}

static void fail_with_problems(struct golden *g)
{
	for (size_t i = 0; i < g->diag.n_problems; i++) {
		struct nb_text text = { 0 };

		nb_diag_format(&g->diag, &g->diag.problems[i], &text);
		fputs(text.text, stderr);
		nb_text_done(&text);
	}
	fail_msg("%s: cannot be loaded", g->path);
}

static void load_policy(struct golden *g)
{
	size_t size;
	char *text = golden_file(g, "policy.txt", &size), word[32];

	g->policy.limit = NB_CLASS_REBUILD;
	g->policy.memory = &g->memory;
	if (text && strstr(text, "reorder"))
		g->policy.reorder = true;
	if (text && sscanf(text, "allow %31s", word) == 1)
		assert_int_equal(nb_class_parse(word, &g->policy.limit), 0);
	g->policy.asked = !text || strstr(text, "asked");
	free(text);
}

static void golden_load(struct golden *g)
{
	size_t size;
	char *desired = golden_file(g, "desired.yaml", &size);
	char *observed, *objects;
	int r;

	assert_non_null(desired);
	g->config = nb_config_new();
	r = nb_yaml_load("desired.yaml", desired, size, 0, g->config, &g->diag);
	if (r == 0)
		r = nb_rules_check(g->config, &g->diag);
	if (r == 0)
		r = nb_rules_canonicalise(g->config);
	observed = golden_file(g, "observed.yaml", &size);
	if (r == 0)
		r = nb_yaml_load_state("observed.yaml", observed ? observed : "",
			observed ? size : 0, &g->observed, &g->diag);
	objects = golden_file(g, "objects.yaml", &size);
	if (r == 0 && objects)
		r = nb_yaml_load_memory("objects.yaml", objects, size, &g->memory, &g->diag);
	if (r < 0)
		fail_with_problems(g);
	load_policy(g);
	free(desired);
	free(observed);
	free(objects);
}

static void golden_done(struct golden *g)
{
	nb_config_free(g->config);
	nb_state_free(g->observed);
	nb_memory_done(&g->memory);
	nb_diag_done(&g->diag);
}

static struct nb_plan *plan_from(struct golden *g, const struct nb_state *state, struct nb_diag *diag)
{
	NB_CLEANUP(nb_target_freep) struct nb_target *target = NULL;
	struct nb_plan *plan = NULL;
	int r = nb_resolve(g->config, state, &g->memory, &target, diag);

	assert_true(r == 0 || r == -EBADMSG);
	if (r == 0)
		assert_int_equal(nb_plan_build(target, state, &g->policy, &plan, diag), 0);
	return plan;
}

/* The outcome as predicted needs no second plan. */
static void check_fixpoint(struct golden *g, const struct nb_plan *plan)
{
	NB_CLEANUP(nb_state_freep) struct nb_state *after = NULL;
	NB_CLEANUP(nb_plan_freep) struct nb_plan *again = NULL;

	assert_int_equal(nb_state_copy(g->observed, &after), 0);
	for (size_t i = 0; i < plan->n_ops; i++)
		assert_int_equal(nb_effect_apply(after, &plan->ops[i]), 0);
	again = plan_from(g, after, NULL);
	assert_non_null(again);
	if (again->n_ops && !plan->refused) {
		struct nb_text text = { 0 };

		nb_plan_format(again, &text);
		fail_msg("%s: a second plan is not empty:\n%s", g->path, text.text);
	}
}

static void compare(struct golden *g, const struct nb_text *text)
{
	size_t size;
	char *expected = golden_file(g, "plan.txt", &size), path[600];

	if (!expected || (getenv("NETBOND_UPDATE") && !nb_streq(expected, text->text))) {
		FILE *out;

		if (!getenv("NETBOND_UPDATE"))
			fail_msg("%s: no plan.txt; the plan is:\n%s", g->path, text->text);
		snprintf(path, sizeof(path), "%s/plan.txt", g->path);
		out = fopen(path, "w");
		assert_non_null(out);
		fputs(text->text, out);
		fclose(out);
	} else if (!nb_streq(expected, text->text)) {
		fail_msg("%s: expected\n%s\ngot\n%s", g->path, expected, text->text);
	}
	free(expected);
}

static void run_case(void **state)
{
	struct golden g = { 0 };
	struct nb_text text = { 0 };
	struct nb_plan *plan;

	snprintf(g.path, sizeof(g.path), GOLDEN "/%s", (const char *)*state);
	golden_load(&g);
	plan = plan_from(&g, g.observed, &g.diag);
	for (size_t i = 0; i < g.diag.n_problems; i++)
		nb_diag_format(&g.diag, &g.diag.problems[i], &text);
	if (plan) {
		nb_plan_format(plan, &text);
		check_fixpoint(&g, plan);
	}
	compare(&g, &text);
	nb_text_done(&text);
	nb_plan_free(plan);
	golden_done(&g);
}

int main(void)
{
	struct CMUnitTest *tests = NULL;
	size_t n = 0, capacity = 0;
	struct dirent **entries;
	int found = scandir(GOLDEN, &entries, NULL, alphasort);
	int failed;

	for (int i = 0; i < found; i++) {
		if (*entries[i]->d_name == '.')
			continue;
		if (nb_grow(&tests, n, &capacity, sizeof(*tests)) < 0)
			return 1;
		tests[n++] = (struct CMUnitTest){
			.name = entries[i]->d_name,
			.test_func = run_case,
			.initial_state = entries[i]->d_name,
		};
	}
	if (n == 0) {
		fprintf(stderr, "no cases in %s\n", GOLDEN);
		return 1;
	}
	failed = _cmocka_run_group_tests("plan-golden", tests, n, NULL, NULL);
	free(tests);
	while (found > 0)
		free(entries[--found]);
	free(entries);
	return failed;
}
