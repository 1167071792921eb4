/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * A model kernel with six NICs and a VLAN when asked for, netbond's memory as it is saved, and
 * runs of converge.h on both. Between model and runner stands a shim that lets operations fail by
 * number or by what they do, and kills a run after a number of them.
 */

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "tests/unit/unit.h"

#include "lib/core/converge.h"
#include "lib/core/rules.h"
#include "lib/yaml/config.h"
#include "lib/yaml/emit.h"
#include "lib/yaml/memory.h"
#include "tests/model/kernel.h"
#include "tests/model/script.h"

#define WORLD_STEPS 4000 /* far above what any run here takes */

/* What goes wrong in a run. Zero: nothing. */
struct world_fault {
	unsigned number;      /* of the operation, from 1 */
	const char *describe; /* every operation that is described so; instead of .number */
	int error;	      /* positive errno */
	bool after;	      /* it takes effect before it fails */
	bool ignore;	      /* it succeeds without effect */
	unsigned kill;	      /* the run ends after so many operations */
};

struct world {
	struct nb_model *model;
	struct nb_memory memory;
	struct nb_text saved;	 /* the memory as last remembered */
	struct nb_text owed;	 /* what is to be put back, as last kept; empty: nothing */
	struct nb_state *owes;	 /* what world_restart() read of it */
	struct nb_diag diag;	 /* of the last run */
	size_t told;		 /* problems of its configuration, which come first in .diag */
	enum nb_class limit;
	bool reorder, not_asked;

	/* The last run. */
	enum nb_converge_result result;
	unsigned passes, steps;
	size_t done;
	int r;			 /* of the last step */
	struct nb_text log;	 /* hooks and operations in their order */
	struct nb_op failed;	 /* the first operation that failed; a copy */
	bool has_failed, killed;
	uint64_t now_ms;

	struct world_fault fault;
	unsigned n_ops;		 /* operations the shim saw in this run */
	int planned_r, remember_r, observe_r; /* what the hooks and observe() return */
	void (*on_before)(struct world *w, const struct nb_op *op);
	void (*on_after)(struct world *w, const struct nb_op *op);
	const char *gate;	 /* nb_policy.gate() of bond0 says this */
	const char *unreadable;	 /* this namespace is there, and nobody can look into it */
	const struct nb_restore *restore; /* the run goes back to it */
	void (*again)(struct nb_converge *c); /* begins a second run of the same runner; NULL: none */
};

static inline void world_start(struct world *w)
{
	*w = (struct world){ .model = nb_model_new(NULL), .limit = NB_CLASS_REBUILD };
	assert_non_null(w->model);
	for (unsigned i = 0; i < 6; i++) {
		char name[8];
		struct nb_model_nic nic = { .name = name, .partner = 1, .up = i % 2 == 0 };

		snprintf(name, sizeof(name), "eth%u", i);
		assert_true(nb_model_add_nic(w->model, &nic) > 0);
	}
	w->now_ms = 1000;
}

static inline void world_done(struct world *w)
{
	nb_model_free(w->model);
	nb_memory_done(&w->memory);
	nb_text_done(&w->saved);
	nb_text_done(&w->owed);
	nb_state_free(w->owes);
	nb_text_done(&w->log);
	nb_diag_done(&w->diag);
	if (w->has_failed)
		nb_op_done(&w->failed);
	memset(w, 0, sizeof(*w));
}

/* What another tool does: lines of script.h, with `vlan` and `bridge` for devices it makes. */
static inline void world_foreign(struct world *w, const char *lines)
{
	char *copy = strdup(lines ? lines : ""), *rest;

	assert_non_null(copy);
	for (char *line = strtok_r(copy, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest)) {
		NB_CLEANUP(nb_text_done) struct nb_text why = { 0 };
		struct nb_op op;
		int r;

		if (nb_streq(line, "vlan")) {
			struct nb_model_nic nic = {
				.name = "bond0.5", .kind = "vlan", .lower = "bond0", .up = true
			};

			assert_true(nb_model_add_nic(w->model, &nic) > 0);
			continue;
		}
		if (nb_streq(line, "bridge")) {
			struct nb_model_nic nic = { .name = "br0", .kind = "bridge", .up = true };

			assert_true(nb_model_add_nic(w->model, &nic) > 0);
			continue;
		}
		if (nb_script_op(line, &op, &why) < 0)
			fail_msg("%s: %s", line, why.text);
		op.address.proto = 0;
		if (op.route.protocol == NB_PROTOCOL)
			op.route.protocol = RTPROT_STATIC;
		r = nb_model_foreign(w->model, &op);
		if (r < 0)
			fail_msg("%s: %s", line, strerrorname_np(-r));
		nb_op_done(&op);
	}
	free(copy);
}

static inline bool world_hit(const struct world *w, const struct nb_op *op)
{
	NB_CLEANUP(nb_text_done) struct nb_text text = { 0 };

	if (!w->fault.describe)
		return w->n_ops == w->fault.number;
	nb_op_describe(op, &text);
	return nb_streq(text.text, w->fault.describe);
}

static inline void world_note_failure(struct world *w, const struct nb_op *op)
{
	if (w->has_failed)
		return;
	assert_int_equal(nb_op_copy(op, &w->failed), 0);
	w->has_failed = true;
}

static inline int world_exec_run(void *context, const struct nb_op *op, struct nb_exec_error *error)
{
	struct world *w = context;
	bool hit;
	int r = 0;

	w->n_ops++;
	hit = world_hit(w, op);
	if (!hit || w->fault.after)
		r = nb_model_exec_ops()->run(w->model, op, error);
	if (!hit || w->fault.ignore)
		return r;
	world_note_failure(w, op);
	memset(error, 0, sizeof(*error));
	snprintf(error->text, sizeof(error->text), "%s", strerrordesc_np(w->fault.error));
	return -w->fault.error;
}

static inline int world_exec_observe(void *context, char *const *namespaces, size_t n,
	struct nb_state **ret, struct nb_diag *diag)
{
	struct world *w = context;
	NB_CLEANUP(nb_freep) char **seen = calloc(n + 1, sizeof(*seen));
	struct nb_netns *ns;
	size_t n_seen = 0;
	int r;

	nb_text_add(&w->log, "observe\n");
	if (w->observe_r < 0)
		return w->observe_r == -EBADMSG
			       ? nb_diag_error(diag, NULL, NULL, "the kernel has no bonding driver")
			       : w->observe_r;
	assert_non_null(seen);
	for (size_t i = 0; i < n; i++) {
		if (!nb_streq(namespaces[i], w->unreadable))
			seen[n_seen++] = namespaces[i];
	}
	r = nb_model_exec_ops()->observe(w->model, seen, n_seen, ret, diag);
	if (r < 0 || n_seen == n)
		return r;
	ns = nb_state_add_namespace(*ret, w->unreadable);
	assert_non_null(ns);
	ns->exists = ns->unreadable = true;
	return 0;
}

static inline int world_on_planned(
	void *context, const struct nb_plan *plan, const struct nb_target *target)
{
	struct world *w = context;

	nb_text_add(&w->log, "planned %zu\n", plan->n_ops);
	return w->planned_r;
}

static inline void world_on_before(void *context, const struct nb_op *op, size_t i, size_t n)
{
	struct world *w = context;

	nb_text_add(&w->log, "before %zu/%zu ", i + 1, n);
	nb_op_describe(op, &w->log);
	nb_text_add(&w->log, "\n");
	if (w->on_before)
		w->on_before(w, op);
}

static inline void world_on_after(void *context, const struct nb_op *op, int r,
	const struct nb_exec_error *error)
{
	struct world *w = context;

	nb_text_add(&w->log, "after ");
	nb_op_describe(op, &w->log);
	if (r < 0)
		nb_text_add(&w->log, " = %s: %s", strerrorname_np(-r), error->text);
	nb_text_add(&w->log, "\n");
	if (w->on_after)
		w->on_after(w, op);
}

static inline int world_on_remember(void *context, const struct nb_memory *memory)
{
	struct world *w = context;

	nb_text_add(&w->log, "remember\n");
	nb_text_done(&w->saved);
	nb_yaml_emit_memory(memory, &w->saved);
	return w->remember_r;
}

static inline int world_on_owe(void *context, const struct nb_state *owed)
{
	struct world *w = context;

	nb_text_add(&w->log, owed ? "owe\n" : "owe nothing\n");
	nb_text_done(&w->owed);
	return owed ? nb_yaml_emit_state(owed, &w->owed) : 0;
}

static inline void world_print(const struct world *w)
{
	/* print_message() cuts long texts. */
	fprintf(stderr, "%s--- trace\n%s", w->log.text ? w->log.text : "",
		nb_model_trace(w->model));
	for (size_t i = 0; i < w->diag.n_problems; i++) {
		NB_CLEANUP(nb_text_done) struct nb_text text = { 0 };

		nb_diag_format(&w->diag, &w->diag.problems[i], &text);
		fputs(text.text, stderr);
	}
}

static inline const char *world_gate(void *context, const struct nb_goal *goal)
{
	const struct world *w = context;

	return nb_streq(goal->key, "bond0") ? w->gate : NULL;
}

/* What the program was killed with: what is on disk is all the next one knows. */
static inline void world_restart(struct world *w)
{
	nb_memory_done(&w->memory);
	if (w->saved.text)
		assert_int_equal(nb_yaml_load_memory("objects.yaml", w->saved.text,
					 w->saved.length, &w->memory, &w->diag), 0);
	if (w->owed.text)
		assert_int_equal(nb_yaml_load_state("owed.yaml", w->owed.text, w->owed.length,
					 &w->owes, &w->diag), 0);
}

static inline void world_forget_run(struct world *w)
{
	if (w->has_failed)
		nb_op_done(&w->failed);
	w->has_failed = w->killed = false;
	w->n_ops = w->steps = 0;
	nb_text_done(&w->log);
	nb_diag_done(&w->diag);
}

static inline void world_step_on(struct world *w, struct nb_converge *c)
{
	while (c->state != NB_CONVERGE_DONE && w->r == 0) {
		unsigned ms;

		if (w->fault.kill && w->n_ops >= w->fault.kill) {
			w->killed = true;
			return;
		}
		if (++w->steps > WORLD_STEPS) {
			world_print(w);
			fail_msg("the run does not end");
		}
		w->r = nb_converge_step(c, w->now_ms, &ms, &w->diag);
		w->now_ms += ms;
	}
}

/* Converge to what @yaml says, with @w->fault. */
static inline enum nb_converge_result world_run(struct world *w, const char *yaml)
{
	static const struct nb_exec_ops exec = {
		.run = world_exec_run, .observe = world_exec_observe
	};
	static const struct nb_converge_hooks hooks = {
		.planned = world_on_planned,
		.before = world_on_before,
		.after = world_on_after,
		.remember = world_on_remember,
		.owe = world_on_owe,
	};
	NB_CLEANUP(nb_config_freep) struct nb_config *config = nb_config_new();
	struct nb_converge c = {
		.config = config,
		.memory = &w->memory,
		.exec = &exec,
		.exec_context = w,
		.hooks = &hooks,
		.hook_context = w,
		.limit = w->limit,
		.asked = !w->not_asked,
		.reorder = w->reorder,
		.gate = world_gate,
		.gate_context = w,
		.restore = w->restore,
		.spare_mac = { 2, 0, 0, 0, 0xff, 1 },
	};

	world_forget_run(w);
	nb_model_reset_counters(w->model);
	w->r = nb_yaml_load("test", yaml, strlen(yaml), 0, config, &w->diag);
	if (w->r == 0)
		w->r = nb_rules_check(config, &w->diag);
	if (w->r == 0)
		w->r = nb_rules_canonicalise(config);
	if (w->r < 0)
		world_print(w);
	assert_int_equal(w->r, 0);
	w->told = w->diag.n_problems;
	nb_converge_owe(&c, nb_steal(&w->owes));
	nb_converge_start(&c);
	world_step_on(w, &c);
	if (w->again) {
		w->again(&c);
		world_step_on(w, &c);
	}
	w->result = c.result;
	w->passes = c.passes;
	w->done = c.done;
	nb_converge_done(&c);
	return w->result;
}

/* The same without a fault. */
static inline enum nb_converge_result world_run_well(struct world *w, const char *yaml)
{
	w->fault = (struct world_fault){ 0 };
	return world_run(w, yaml);
}

/* All namespaces the tests here use. */
static inline struct nb_state *world_observe(struct world *w)
{
	char *names[] = { (char *)"storage", (char *)"blue" };
	struct nb_state *state = NULL;

	assert_int_equal(nb_model_exec_ops()->observe(w->model, names, NB_ARRAY_SIZE(names), &state,
				 &w->diag), 0);
	return state;
}

/* The lines of the log that start with @word; valid until the next run. */
static inline char *world_log(const struct world *w, const char *word)
{
	struct nb_text out = { 0 };

	for (const char *line = w->log.text; line && *line; line = strchr(line, '\n') + 1) {
		if (strncmp(line, word, strlen(word)) == 0)
			nb_text_add(&out, "%.*s", (int)(strcspn(line, "\n") + 1), line);
	}
	return out.text ? out.text : strdup("");
}

/* Everything that was told, one problem a line: "error: bond0: TEXT = HINT". */
static inline char *world_said(const struct world *w)
{
	static const char *const severities[] = { "note", "warning", "error" };
	struct nb_text out = { 0 };

	for (size_t i = w->told; i < w->diag.n_problems; i++) {
		const struct nb_problem *problem = &w->diag.problems[i];

		nb_text_add(&out, "%s: %s: %s = %s\n", severities[problem->severity],
			problem->object ? problem->object : "", problem->text,
			problem->hint ? problem->hint : "");
	}
	return out.text ? out.text : strdup("");
}

#define AB "bonds: {bond0: {mode: active-backup, slaves: [eth0, eth1]}}\n"

static inline void assert_said(const struct world *w, const char *expected)
{
	NB_CLEANUP(nb_freep) char *said = world_said(w);

	if (!nb_streq(said, expected))
		world_print(w);
	assert_string_equal(said, expected);
}

static inline const struct nb_link *find(const struct nb_state *state, const char *name)
{
	return nb_netns_find(state->namespaces[0], name);
}

static inline bool is_there(struct world *w, const char *name)
{
	NB_CLEANUP(nb_state_freep) struct nb_state *state = world_observe(w);

	return find(state, name);
}

static inline uint64_t option_of(struct world *w, const char *bond, unsigned attr)
{
	NB_CLEANUP(nb_state_freep) struct nb_state *state = world_observe(w);
	const struct nb_link *link = find(state, bond);

	assert_non_null(link);
	return nb_optset_u(&link->bond, attr);
}

/* "bond0 eth0 eth1" */
static inline void assert_slaves(struct world *w, const char *expected)
{
	NB_CLEANUP(nb_state_freep) struct nb_state *state = world_observe(w);
	NB_CLEANUP(nb_text_done) struct nb_text text = { 0 };
	NB_CLEANUP(nb_freep) struct nb_link **slaves = NULL;
	char bond[IFNAMSIZ];
	int n;

	assert_int_equal(sscanf(expected, "%15s", bond), 1);
	assert_non_null(find(state, bond));
	n = nb_netns_slaves(state->namespaces[0], find(state, bond), &slaves);
	assert_true(n >= 0);
	nb_text_add(&text, "%s", bond);
	for (int i = 0; i < n; i++)
		nb_text_add(&text, " %s", slaves[i]->name);
	assert_string_equal(text.text, expected);
}
