/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Whatever valid configuration comes after whatever valid configuration, on the model kernel: one
 * plan leads there, the next plan is empty, what happened to a bond was no worse than the class
 * its plan said, and what others put upon a bond is still there. Namespaces have the types they
 * are declared with. With a limit, nothing worse than it happens, and what is left to do is held.
 *
 * NETBOND_SEED=N starts there, NETBOND_COUNT=N tries that many (default 300).
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "tests/unit/unit.h"

#include "lib/core/converge.h"
#include "tests/model/meddle.h"
#include "tests/unit/property.h"

#define CHAIN 6 /* configurations one after the other in one model */

struct world {
	struct nb_model *model;
	struct nb_memory memory;
	struct nb_diag diag;
	char *text;	     /* configuration at hand */
	char *text_before;
	struct nb_text plan; /* the plans of the last run */
	enum nb_class classes[3]; /* of bond0 ... bond2 */
	enum nb_class limit;
	uint64_t seed;
	unsigned step;
};

static int on_planned(void *context, const struct nb_plan *plan, const struct nb_target *target)
{
	struct world *w = context;

	nb_plan_format(plan, &w->plan);
	for (size_t i = 0; i < plan->n_ops; i++) {
		const char *goal = plan->ops[i].goal;

		for (unsigned b = 0; b < 3 && *goal; b++) {
			if (goal[4] == (char)('0' + b))
				w->classes[b] = NB_MAX(w->classes[b], plan->ops[i].class);
		}
	}
	return 0;
}

static void broken(struct world *w, const char *what)
{
	fprintf(stderr, "\nseed %" PRIu64 " step %u: %s\n--- before\n%s--- configuration\n%s--- plan\n%s",
		w->seed, w->step, what, w->text_before ? w->text_before : "(nothing)\n", w->text,
		w->plan.text ? w->plan.text : "(none)\n");
	fprintf(stderr, "--- trace\n%s", nb_model_trace(w->model));
	for (size_t i = 0; i < w->diag.n_problems; i++) {
		struct nb_text text = { 0 };

		nb_diag_format(&w->diag, &w->diag.problems[i], &text);
		fputs(text.text, stderr);
		nb_text_done(&text);
	}
	fail_msg("seed %" PRIu64 " step %u: %s", w->seed, w->step, what);
}

static void converge(struct world *w, const struct nb_config *config, struct nb_converge *c)
{
	static const struct nb_converge_hooks hooks = { .planned = on_planned };
	uint64_t now = 1000;

	nb_text_done(&w->plan);
	nb_diag_done(&w->diag);
	memset(w->classes, 0, sizeof(w->classes));
	*c = (struct nb_converge){
		.config = config,
		.memory = &w->memory,
		.exec = nb_model_exec_ops(),
		.exec_context = w->model,
		.hooks = &hooks,
		.hook_context = w,
		.limit = w->limit,
		.asked = w->limit == NB_CLASS_REBUILD,
		.spare_mac = { 2, 0, 0, 0, 0xff, 1 },
	};
	nb_converge_start(c);
	while (c->state != NB_CONVERGE_DONE) {
		unsigned ms;

		assert_int_equal(nb_converge_step(c, now, &ms, &w->diag), 0);
		now += ms;
	}
}

static void check_witnesses(struct world *w, const char *text)
{
	for (unsigned b = 0; b < 3; b++) {
		char name[8];
		const char *places[] = { "", "storage" };

		snprintf(name, sizeof(name), "bond%u", b);
		for (unsigned p = 0; p < 2; p++) {
			const struct nb_model_witness *seen =
				nb_model_witness(w->model, places[p], name);

			if (seen && nb_model_witness_class(seen) > NB_MIN(w->classes[b], w->limit)) {
				char what[80];

				snprintf(what, sizeof(what), "%s: %s happened, the plan said %s", name,
					nb_class_name(nb_model_witness_class(seen)),
					nb_class_name(w->classes[b]));
				broken(w, what);
			}
		}
	}
}

static struct nb_state *observe(struct world *w)
{
	struct nb_state *state;

	assert_int_equal(nb_model_exec_ops()->observe(w->model, NULL, 0, &state, NULL), 0);
	return state;
}

/* What others put upon the bonds is there as before, or told. */
static void check_foreign(struct world *w, const struct nb_state *before)
{
	NB_CLEANUP(nb_state_freep) struct nb_state *after = observe(w);
	NB_CLEANUP(nb_text_done) struct nb_text lost = { 0 };

	nb_meddle_lost(before, after, &w->diag, &lost);
	if (lost.length > 0)
		broken(w, lost.text);
}

/* Each set has its types, its own or those of the other one, and no other. */
static void check_sets(struct world *w, const struct nb_config *config)
{
	char *const names[] = { (char *)"storage", (char *)"tenant" };
	NB_CLEANUP(nb_state_freep) struct nb_state *now = observe(w);

	assert_int_equal(nb_model_exec_ops()->sets(w->model, names, 2, now, NULL), 0);
	for (size_t i = 0; i < 2; i++) {
		const struct nb_netns_spec *spec = nb_config_find_namespace(config, names[i]);
		const struct nb_nsset *set = nb_state_set(now, names[i]);

		for (enum nb_nstype type = 0; type < NB_NS_COUNT; type++) {
			const struct nb_nsset *from = spec && spec->share[type] ?
				nb_state_set(now, spec->share[type]) : NULL;

			if (!set->inodes[type] != !(spec && nb_netns_spec_has(spec, type)))
				broken(w, "other types than declared");
			if (from && set->inodes[type] != from->inodes[type])
				broken(w, "a type is not shared");
			if (spec && spec->types & NB_NS_BIT(type) && i == 1 &&
				set->inodes[type] == nb_state_set(now, names[0])->inodes[type])
				broken(w, "a type is shared that is not to be");
		}
		if (spec && spec->traits.hostname &&
			!nb_streq(spec->traits.hostname, set->traits.hostname))
			broken(w, "another hostname");
	}
}

static void one_step(struct world *w, const struct nb_config *config)
{
	NB_CLEANUP(nb_state_freep) struct nb_state *before = observe(w);
	struct nb_converge c;
	enum nb_converge_result result;
	unsigned passes;

	nb_model_reset_counters(w->model);
	converge(w, config, &c);
	result = c.result;
	passes = c.passes;
	nb_converge_done(&c);
	if (result == NB_RESULT_FAILED)
		broken(w, "failed");
	if (result == NB_RESULT_HELD && w->limit == NB_CLASS_REBUILD)
		broken(w, "held although everything is allowed");
	if (passes > 1 && result != NB_RESULT_PENDING)
		broken(w, "more than one plan");
	check_witnesses(w, w->text);
	if (result == NB_RESULT_CONVERGED)
		check_sets(w, config);
	check_foreign(w, before);
	if (result == NB_RESULT_PENDING)
		return;
	nb_model_reset_counters(w->model);
	converge(w, config, &c);
	nb_converge_done(&c);
	if (nb_model_writes(w->model))
		broken(w, "the second run is not empty");
}

static void plug_in(struct world *w, struct nb_random *random)
{
	for (unsigned i = 0; i < NB_RANDOM_NICS; i++) {
		char name[8];
		struct nb_model_nic nic = {
			.name = name,
			.no_carrier = nb_random_chance(random, 10),
			.up = nb_random_chance(random, 50),
			.partner = nb_random_chance(random, 80),
		};

		snprintf(name, sizeof(name), "eth%u", i);
		assert_true(nb_model_add_nic(w->model, &nic) > 0);
	}
}

static int run_foreign(void *context, const struct nb_op *op)
{
	return nb_model_foreign(context, op);
}

static int add_vlan(void *context, const char *name, const char *lower, unsigned id)
{
	const struct nb_model_nic vlan = { .name = name, .kind = "vlan", .lower = lower, .up = true };

	return nb_model_add_nic(context, &vlan);
}

static int find_index(void *context, const char *name)
{
	NB_CLEANUP(nb_state_freep) struct nb_state *state = NULL;
	const struct nb_link *link;

	assert_int_equal(nb_model_exec_ops()->observe(context, NULL, 0, &state, NULL), 0);
	link = nb_netns_find(state->namespaces[0], name);
	return link ? link->ifindex : 0;
}

/* Somebody else settles upon the bond, and takes a slave away or changes an option. */
static void meddle(struct world *w, struct nb_random *random)
{
	const struct nb_meddler meddler = { run_foreign, add_vlan, find_index, w->model,
		.spare_nics = w->seed % 4 == 3 };
	struct nb_op op;

	nb_meddle(random, &meddler);
	if (nb_random_chance(random, 30)) {
		char name[8];

		snprintf(name, sizeof(name), "eth%u", nb_random_below(random, NB_RANDOM_NICS));
		nb_op_init(&op, NB_OP_RELEASE, "", "", name, 0);
		nb_model_foreign(w->model, &op);
		nb_op_done(&op);
	}
	if (nb_random_chance(random, 30)) {
		nb_op_init(&op, NB_OP_BOND_SET, "", "", "bond0", 0);
		nb_optset_set(&op.opts, IFLA_BOND_RESEND_IGMP, (union nb_value){ .u = 9 });
		nb_optset_set(&op.opts, IFLA_BOND_MIIMON, (union nb_value){ .u = 70 });
		nb_model_foreign(w->model, &op);
		nb_op_done(&op);
	}
}

static void chain(uint64_t seed)
{
	struct nb_random random = property_random(seed);
	struct world w = { .seed = seed };

	w.model = property_model(seed, &random);
	random.types = true;
	plug_in(&w, &random);
	for (w.step = 0; w.step < CHAIN; w.step++) {
		struct nb_config *config;

		nb_random_config(&random, seed % 4 == 3, &w.text, &config);
		w.limit = nb_random_chance(&random, 60) ? NB_CLASS_REBUILD
							: nb_random_below(&random, NB_CLASS_REBUILD);
		one_step(&w, config);
		nb_config_free(config);
		free(w.text_before);
		w.text_before = nb_steal(&w.text);
		meddle(&w, &random);
		nb_model_tick(w.model, 10);
	}
	free(w.text_before);
	nb_text_done(&w.plan);
	nb_diag_done(&w.diag);
	nb_memory_done(&w.memory);
	nb_model_free(w.model);
}

static void test_any_configuration_after_any_other(void **state)
{
	uint64_t first = property_number("NETBOND_SEED", 1);
	uint64_t count = property_number("NETBOND_COUNT", 300);

	for (uint64_t seed = first; seed < first + count; seed++)
		chain(seed);
	NB_CASE("%" PRIu64 " chains of %d configurations from seed %" PRIu64
		": one plan each, the second empty, no class understated", count, CHAIN, first);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_any_configuration_after_any_other),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
