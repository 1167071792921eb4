/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Whatever valid configuration is tried over whatever valid configuration, on the model kernel, and
 * wherever the try broke off: the way back leads to the snapshot of before, and what ruled before
 * has nothing to do afterwards. Types of namespaces are among it, and configurations of which only
 * a part was allowed before the try: what was held then is not done by going back.
 *
 * NETBOND_SEED=N starts there, NETBOND_COUNT=N tries that many (default 400).
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "tests/unit/unit.h"

#include "lib/core/converge.h"
#include "tests/model/canonical.h"
#include "tests/unit/property.h"

struct world {
	struct nb_model *model;
	struct nb_memory memory;
	struct nb_diag diag;
	char *text_before, *text_tried;
	struct nb_text plan;
	uint64_t seed, now;
	unsigned left; /* operations until the process dies; 0 = it does not */
};

static int on_planned(void *context, const struct nb_plan *plan, const struct nb_target *target)
{
	nb_plan_format(plan, &((struct world *)context)->plan);
	return 0;
}

static void broken(struct world *w, const char *what, const char *difference)
{
	fprintf(stderr,
		"\nseed %" PRIu64 ": %s\n--- before\n%s--- tried\n%s--- plan\n%s--- difference\n%s",
		w->seed, what, w->text_before, w->text_tried, w->plan.text ? w->plan.text : "",
		difference ? difference : "");
	fprintf(stderr, "--- trace\n%s", nb_model_trace(w->model));
	for (size_t i = 0; i < w->diag.n_problems; i++) {
		struct nb_text text = { 0 };

		nb_diag_format(&w->diag, &w->diag.problems[i], &text);
		fputs(text.text, stderr);
		nb_text_done(&text);
	}
	fail_msg("seed %" PRIu64 ": %s", w->seed, what);
}

/* Return: how it ended; a run that is killed counts as failed. */
static enum nb_converge_result run(struct world *w, const struct nb_config *config,
	const struct nb_restore *restore, enum nb_class limit, unsigned *ret_passes)
{
	static const struct nb_converge_hooks hooks = { .planned = on_planned };
	struct nb_converge c = {
		.config = config,
		.restore = restore,
		.memory = &w->memory,
		.exec = nb_model_exec_ops(),
		.exec_context = w->model,
		.hooks = &hooks,
		.hook_context = w,
		.limit = limit,
		.asked = limit == NB_CLASS_REBUILD,
		.reorder = restore,
		.spare_mac = { 2, 0, 0, 0, 0xff, 1 },
	};
	unsigned kill = w->left ? nb_model_ops(w->model) + w->left : 0;
	enum nb_converge_result result;

	nb_text_done(&w->plan);
	nb_diag_done(&w->diag);
	nb_converge_start(&c);
	while (c.state != NB_CONVERGE_DONE) {
		unsigned ms;

		if (kill && nb_model_ops(w->model) >= kill) {
			c.result = NB_RESULT_FAILED;
			break;
		}
		assert_int_equal(nb_converge_step(&c, w->now, &ms, &w->diag), 0);
		w->now += ms;
	}
	w->left = 0;
	result = c.result;
	*ret_passes = c.passes;
	nb_converge_done(&c);
	return result;
}

static struct nb_state *observe(struct world *w)
{
	char *const names[] = { (char *)"storage", (char *)"tenant" };
	struct nb_state *state = NULL;

	assert_int_equal(
		nb_model_exec_ops()->observe(w->model, names, 1, &state, &w->diag), 0);
	assert_int_equal(nb_model_exec_ops()->sets(w->model, names, 2, state, &w->diag), 0);
	return state;
}

static void plug_in(struct world *w, struct nb_random *random)
{
	for (unsigned i = 0; i < NB_RANDOM_NICS; i++) {
		char name[8];
		struct nb_model_nic nic = {
			.name = name,
			.up = nb_random_chance(random, 50),
			.mtu = nb_random_chance(random, 20) ? 9000 : 0,
			.partner = nb_random_chance(random, 80),
		};

		snprintf(name, sizeof(name), "eth%u", i);
		assert_true(nb_model_add_nic(w->model, &nic) > 0);
	}
}

static void foreign_address(struct world *w, const char *device, const char *address, uint8_t length)
{
	struct nb_op op;

	nb_op_init(&op, NB_OP_ADDRESS_ADD, "", "", device, 0);
	op.address = (struct nb_address){
		.prefix_length = length, .valid = NB_FOREVER, .preferred = NB_FOREVER
	};
	nb_ip_parse(address, AF_UNSPEC, &op.address.ip);
	nb_model_foreign(w->model, &op);
	nb_op_done(&op);
}

static void foreign_port(struct world *w, const char *device)
{
	struct nb_model_nic bridge = { .name = "br0", .kind = "bridge", .up = true };
	struct nb_op op;

	if (nb_model_add_nic(w->model, &bridge) <= 0)
		return;
	nb_op_init(&op, NB_OP_ENSLAVE, "", "", device, 0);
	memcpy(op.master, "br0", 4);
	nb_model_foreign(w->model, &op);
	nb_op_done(&op);
}

/* What others have there before the try: addresses, a bridge with a port, a VLAN upon a bond. */
static void furnish(struct world *w, struct nb_random *random)
{
	struct nb_model_nic vlan = { .name = "bond0.5", .kind = "vlan", .lower = "bond0", .up = true };
	NB_CLEANUP(nb_state_freep) struct nb_state *state = observe(w);
	char nic[8];

	snprintf(nic, sizeof(nic), "eth%u", nb_random_below(random, NB_RANDOM_NICS));
	if (!nb_netns_find(state->namespaces[0], nic)) {
		/* it lies in the namespace of a bond */
	} else if (!nb_netns_find(state->namespaces[0], nic)->master) {
		foreign_address(w, nic, "198.51.100.77", 24);
		if (nb_random_chance(random, 50))
			foreign_port(w, nic);
	} else if (nb_random_chance(random, 20)) {
		foreign_port(w, "bond1");
	}
	foreign_address(w, "bond1", "2001:db8:aaaa::1", 64);
	foreign_address(w, "bond1", "203.0.113.9", 24);
	if (nb_random_chance(random, 40) && nb_model_add_nic(w->model, &vlan) > 0)
		foreign_address(w, "bond0.5", "2001:db8:bbbb::1", 64);
}

/* Uppers of a bond that has to be made anew are gone for good: such a pair proves nothing. */
static bool lost_upper(const struct nb_state *before, const struct nb_state *after)
{
	return nb_netns_find(before->namespaces[0], "bond0.5") &&
	       !nb_netns_find(after->namespaces[0], "bond0.5");
}

static void check_back(struct world *w, const struct nb_restore *restore)
{
	NB_CLEANUP(nb_state_freep) struct nb_state *now = observe(w);
	NB_CLEANUP(nb_text_done) struct nb_text was = { 0 }, is = { 0 }, difference = { 0 };

	if (lost_upper(restore->snapshot, now))
		return;
	canonical_state(restore->snapshot, &was);
	canonical_state(now, &is);
	if (nb_streq(was.text, is.text))
		return;
	canonical_difference(was.text, is.text, &difference);
	broken(w, "the way back leads elsewhere", difference.text);
}

static void go_back(struct world *w, const struct nb_restore *restore, bool settled)
{
	enum nb_converge_result result;
	unsigned passes;

	nb_model_reset_counters(w->model);
	result = run(w, restore->before, restore, NB_CLASS_REBUILD, &passes);
	/* What was held half-way may wait for what never comes: such a pair proves nothing. */
	if (result == NB_RESULT_PENDING && !settled)
		return;
	if (result != NB_RESULT_CONVERGED)
		broken(w, "the way back did not converge", NULL);
	if (passes > 2)
		broken(w, "the way back took more than two plans", NULL);
	check_back(w, restore);
	assert_int_equal(nb_restore_memory(restore, &w->memory), 0);
	nb_model_reset_counters(w->model);
	run(w, restore->before, NULL, NB_CLASS_REBUILD, &passes);
	if (settled && nb_model_writes(w->model))
		broken(w, "what ruled before is not in force", NULL);
}

/* One that ruled earlier still: what it had and the next one may not remove is held. */
static void first(struct world *w, struct nb_random *random)
{
	struct nb_config *config;
	unsigned passes;
	char *text;

	nb_random_config(random, true, &text, &config);
	run(w, config, NULL, NB_CLASS_REBUILD, &passes);
	nb_config_free(config);
	free(text);
}

static void pair(uint64_t seed)
{
	struct nb_random random = { .state = seed * 1000003 + 17 };
	struct world w = { .seed = seed, .now = 1000 };
	struct nb_restore restore = { 0 };
	enum nb_class limit = NB_CLASS_REBUILD;
	unsigned passes;
	bool settled;

	w.model = property_model(seed, &random);
	random.types = true;
	plug_in(&w, &random);
	if (seed % 16 == 7) {
		first(&w, &random);
		limit = NB_CLASS_DOWN;
	}
	nb_random_config(&random, seed % 4 == 3, &w.text_before, &restore.before);
	nb_random_config(&random, seed % 4 == 3, &w.text_tried, &restore.tried);
	settled = run(&w, restore.before, NULL, limit, &passes) == NB_RESULT_CONVERGED;
	furnish(&w, &random);
	nb_model_tick(w.model, 10);
	restore.snapshot = observe(&w);
	assert_int_equal(nb_memory_copy(&w.memory, &restore.memory), 0);
	if (nb_random_chance(&random, 40))
		w.left = 1 + nb_random_below(&random, 25);
	run(&w, restore.tried, NULL,
		nb_random_chance(&random, 80) ? NB_CLASS_REBUILD
					      : nb_random_below(&random, NB_CLASS_REBUILD),
		&passes);
	nb_model_tick(w.model, nb_random_below(&random, 2) * 10);
	if (nb_random_chance(&random, 20)) { /* the way back is cut as well, and begins anew */
		w.left = 1 + nb_random_below(&random, 10);
		run(&w, restore.before, &restore, NB_CLASS_REBUILD, &passes);
	}
	go_back(&w, &restore, settled);
	nb_restore_done(&restore);
	free(w.text_before);
	free(w.text_tried);
	nb_text_done(&w.plan);
	nb_diag_done(&w.diag);
	nb_memory_done(&w.memory);
	nb_model_free(w.model);
}

static void test_the_way_back_from_any_configuration_to_any_other(void **state)
{
	uint64_t first = property_number("NETBOND_SEED", 1);
	uint64_t count = property_number("NETBOND_COUNT", 400);

	for (uint64_t seed = first; seed < first + count; seed++)
		pair(seed);
	NB_CASE("%" PRIu64 " pairs from seed %" PRIu64
		": back to the snapshot, whole or broken off, and nothing left to do", count, first);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_the_way_back_from_any_configuration_to_any_other),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
