/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * The daemon's reconciler on a model kernel, with a clock that only moves when a test says so.
 */

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "tests/unit/unit.h"

#include "daemon/reconciler.h"
#include "lib/core/rules.h"
#include "lib/yaml/config.h"
#include "tests/model/kernel.h"
#include "tests/model/look.h"
#include "tests/model/script.h"

#define SECOND UINT64_C(1000000)
#define TURNS_MAX 10000

struct keeper {
	struct nb_model *model;
	struct nb_memory memory;
	struct nbd_reconciler *reconciler;

	/* The loop. */
	uint64_t now;
	bool work;
	uint64_t alarms[NBD_ALARMS]; /* 0 = not set */

	/* What happened. */
	unsigned ops;		/* in this turn */
	unsigned most_ops;	/* in one turn */
	unsigned writes;	/* operations, all in all */
	unsigned observed, looked, runs; /* looked: at a part */
	unsigned settled_runs, failed_runs;
	enum nb_converge_result result; /* of the last run */
	struct nb_text log;	/* a line for each thing told */
	int keep_r;		/* what keep() returns */
	int observe_r;
	unsigned fail;		/* errno of every operation; 0 = none fails */
	void (*on_op)(struct keeper *k, const struct nb_op *op); /* after it */
};

static inline uint64_t keeper_now(void *context)
{
	return ((struct keeper *)context)->now;
}

static inline void keeper_set_work(void *context, bool on)
{
	((struct keeper *)context)->work = on;
}

static inline void keeper_set_alarm(void *context, enum nbd_alarm alarm, uint64_t usec)
{
	((struct keeper *)context)->alarms[alarm] = usec;
}

static inline int keeper_run_op(void *context, const struct nb_op *op, struct nb_exec_error *error)
{
	struct keeper *k = context;
	int r;

	k->ops++;
	k->writes += !nb_op_is_wait(op);
	if (k->fail) {
		snprintf(error->text, sizeof(error->text), "%s", strerrordesc_np((int)k->fail));
		r = -(int)k->fail;
	} else {
		r = nb_model_exec_ops()->run(k->model, op, error);
	}
	if (k->on_op)
		k->on_op(k, op);
	return r;
}

static inline int keeper_observe(void *context, char *const *namespaces, size_t n,
	struct nb_state **ret, struct nb_diag *diag)
{
	struct keeper *k = context;

	k->observed++;
	return k->observe_r < 0 ? k->observe_r
				: nb_model_exec_ops()->observe(k->model, namespaces, n, ret, diag);
}

static inline int keeper_look(void *context, const struct nb_state *before,
	const struct nb_touches *touches, struct nb_touches *changed, struct nb_state **ret,
	struct nb_diag *diag)
{
	struct keeper *k = context;
	NB_CLEANUP(nb_state_freep) struct nb_state *full = NULL;
	int r = nb_model_exec_ops()->observe(k->model, NULL, 0, &full, diag);

	if (r == 0)
		r = nb_model_look(full, before, touches, changed, ret);
	k->looked += r == 0;
	return r;
}

static inline void keeper_on_settled(
	void *context, enum nb_converge_result result, bool automatic, size_t done)
{
	struct keeper *k = context;

	k->runs++;
	k->result = result;
	nb_text_add(&k->log, "%s %d: %zu\n", automatic ? "automatic" : "asked", result, done);
}

static inline void keeper_on_operation(void *context, const struct nb_op *op, int r,
	const struct nb_exec_error *error, bool automatic)
{
	struct keeper *k = context;

	nb_text_add(&k->log, "%s ", automatic ? "mends" : "does");
	nb_op_describe(op, &k->log);
	nb_text_add(&k->log, "\n");
}

static inline void keeper_on_drift(void *context, const struct nb_held *held)
{
	struct keeper *k = context;

	nb_text_add(&k->log, "drift %s: %s (%s)\n", held->goal, held->text, held->why);
}

static inline int keeper_on_keep(void *context, const struct nb_config *config)
{
	struct keeper *k = context;

	nb_text_add(&k->log, "keep\n");
	return k->keep_r;
}

static inline void keeper_start(struct keeper *k)
{
	static const struct nbd_pace_ops pace = {
		.now = keeper_now,
		.work = keeper_set_work,
		.alarm = keeper_set_alarm,
	};
	static const struct nb_exec_ops exec = { .run = keeper_run_op, .observe = keeper_observe,
		.look = keeper_look };
	static const struct nbd_reconciler_hooks hooks = {
		.settled = keeper_on_settled,
		.operation = keeper_on_operation,
		.drift = keeper_on_drift,
		.keep = keeper_on_keep,
	};
	const struct nbd_setup setup = {
		.pace = &pace,
		.pace_context = k,
		.exec = &exec,
		.exec_context = k,
		.memory = &k->memory,
		.spare_mac = { 2, 0, 0, 0, 0xff, 1 },
		.hooks = &hooks,
		.hook_context = k,
	};

	*k = (struct keeper){ .model = nb_model_new(NULL), .now = 1000 * SECOND };
	assert_non_null(k->model);
	for (unsigned i = 0; i < 6; i++) {
		char name[8];
		struct nb_model_nic nic = { .name = name, .partner = 1, .up = true };

		snprintf(name, sizeof(name), "eth%u", i);
		assert_true(nb_model_add_nic(k->model, &nic) > 0);
	}
	k->reconciler = nbd_reconciler_new(&setup);
	assert_non_null(k->reconciler);
}

static inline void keeper_done(struct keeper *k)
{
	nbd_reconciler_free(k->reconciler);
	nb_memory_done(&k->memory);
	nb_model_free(k->model);
	nb_text_done(&k->log);
}

/* One turn of the loop, at most one step. Return: whether there was anything to do. */
static inline bool keeper_turn(struct keeper *k)
{
	for (int i = 0; i < NBD_ALARMS; i++) {
		if (!k->alarms[i] || k->alarms[i] > k->now)
			continue;
		k->alarms[i] = 0;
		nbd_reconciler_alarm(k->reconciler, (enum nbd_alarm)i);
		return true;
	}
	if (!k->work)
		return false;
	k->ops = 0;
	nbd_reconciler_work(k->reconciler);
	k->most_ops = NB_MAX(k->most_ops, k->ops);
	return true;
}

/* All that is due now. */
static inline void keeper_turns(struct keeper *k)
{
	unsigned turns = 0;

	while (keeper_turn(k))
		assert_true(++turns < TURNS_MAX);
}

/* Lets @usec go by; the reconciler does what is due in between. */
static inline void keeper_pass(struct keeper *k, uint64_t usec)
{
	uint64_t end = k->now + usec;

	keeper_turns(k);
	for (;;) {
		uint64_t next = end;

		for (int i = 0; i < NBD_ALARMS; i++) {
			if (k->alarms[i] && k->alarms[i] < next)
				next = k->alarms[i];
		}
		k->now = next;
		keeper_turns(k);
		if (next == end)
			return;
	}
}

static inline struct nb_config *keeper_config(const char *yaml)
{
	struct nb_config *config = nb_config_new();
	struct nb_diag diag = { 0 };

	assert_int_equal(nb_yaml_load("test", yaml, strlen(yaml), 0, config, &diag), 0);
	assert_int_equal(nb_rules_check(config, &diag), 0);
	assert_int_equal(nb_rules_canonicalise(config), 0);
	nb_diag_done(&diag);
	return config;
}

static inline void keeper_apply(struct keeper *k, const char *yaml)
{
	const struct nbd_apply how = { .limit = NB_CLASS_REBUILD, .asked = true };

	assert_int_equal(nbd_reconciler_apply(k->reconciler, keeper_config(yaml), &how), 0);
}

/* Applies it, and forgets what that took. */
static inline void keeper_applied(struct keeper *k, const char *yaml)
{
	keeper_apply(k, yaml);
	keeper_turns(k);
	assert_int_equal(k->result, NB_RESULT_CONVERGED);
	assert_int_equal(nbd_reconciler_state(k->reconciler), NBD_IDLE);
	k->writes = k->observed = k->looked = k->runs = k->most_ops = 0;
	nb_text_done(&k->log);
}

static inline void keeper_untold(struct keeper *k, const char *line)
{
	NB_CLEANUP(nb_text_done) struct nb_text why = { 0 };
	struct nb_op op;
	int r = nb_script_op(line, &op, &why);

	if (r == 0)
		r = nb_model_foreign(k->model, &op);
	if (r < 0)
		fail_msg("%s: %s", line, why.text ? why.text : strerrorname_np(-r));
	nb_op_done(&op);
}

/* Another tool does what @line says (script.h), and the kernel tells of it. */
static inline void keeper_foreign(struct keeper *k, const char *line)
{
	keeper_untold(k, line);
	nbd_reconciler_dirty(k->reconciler, "event");
}

/* The kernel tells that something may have changed at a link, and says no word of anything else. */
static inline void keeper_touched(struct keeper *k, int ifindex)
{
	NB_CLEANUP(nb_touches_done) struct nb_touches touches = { 0 };

	nb_touches_add(&touches, "", ifindex);
	nbd_reconciler_touched(k->reconciler, &touches, "event");
}

static inline const char *keeper_log(const struct keeper *k)
{
	return k->log.text ? k->log.text : "";
}

static inline uint64_t keeper_option(struct keeper *k, const char *bond, unsigned attr)
{
	struct nb_diag diag = { 0 };
	struct nb_state *state = NULL;
	const struct nb_link *link;
	uint64_t value;

	assert_int_equal(nb_model_exec_ops()->observe(k->model, NULL, 0, &state, &diag), 0);
	link = nb_netns_find(state->namespaces[0], bond);
	assert_non_null(link);
	value = nb_optset_u(&link->bond, attr);
	nb_state_free(state);
	nb_diag_done(&diag);
	return value;
}

#define BOND "bonds: {bond0: {mode: active-backup, slaves: [eth0, eth1]}}\n"
#define TWO                                                              \
	"bonds:\n"                                                       \
	"  bond0: {mode: active-backup, slaves: [eth0, eth1]}\n"         \
	"  bond1: {mode: active-backup, slaves: [eth2, eth3]}\n"

static inline uint64_t miimon(struct keeper *k, const char *bond)
{
	return keeper_option(k, bond, IFLA_BOND_MIIMON);
}

static inline enum nbd_state state_of(const struct keeper *k)
{
	return nbd_reconciler_state(k->reconciler);
}
