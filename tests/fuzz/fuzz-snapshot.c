/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Any bytes as the files of the run directory: a snapshot one goes back to, the memory of what was
 * made. No crash, no leak; the way back from anything to it is planned, and after its effect there
 * is nothing left that a second plan would do again and again.
 */

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "lib/core/effect.h"
#include "lib/core/plan.h"
#include "lib/core/restore.h"
#include "lib/core/rules.h"
#include "lib/yaml/config.h"
#include "lib/yaml/emit.h"
#include "lib/yaml/memory.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char other[] =
	"bonds: {bond0: {mode: balance-rr, slaves: [eth0]}, bond9: {mode: broadcast}}\n"
	"links: [{name: bond0, addresses: [192.0.2.77/24]}, eth0, {name: eth1, up: false}, bond9]\n";

static void require(bool condition)
{
	if (!condition)
		abort();
}

static struct nb_state *read_state(const char *data, size_t size)
{
	NB_CLEANUP(nb_diag_done) struct nb_diag diag = { 0 };
	struct nb_state *state = NULL;
	int r = nb_yaml_load_state("fuzz.yaml", data, size, &state, &diag);

	require((r == -EBADMSG) == (diag.n_errors > 0));
	return r == 0 ? state : NULL;
}

static void try_memory(const char *data, size_t size, struct nb_memory *memory)
{
	NB_CLEANUP(nb_diag_done) struct nb_diag diag = { 0 };
	NB_CLEANUP(nb_text_done) struct nb_text text = { 0 };
	int r = nb_yaml_load_memory("fuzz.yaml", data, size, memory, &diag);

	require((r == -EBADMSG) == (diag.n_errors > 0));
	if (r == 0)
		nb_yaml_emit_memory(memory, &text);
	require(!text.failed);
}

/* Whatever it means: planned, and each operation followed. */
static void go_back(const struct nb_restore *restore, struct nb_state *now)
{
	const struct nb_policy policy = {
		.limit = NB_CLASS_REBUILD, .asked = true, .reorder = true, .memory = &restore->memory
	};
	NB_CLEANUP(nb_diag_done) struct nb_diag diag = { 0 };
	NB_CLEANUP(nb_target_freep) struct nb_target *target = NULL;
	NB_CLEANUP(nb_plan_freep) struct nb_plan *plan = NULL;

	require(nb_restore_target(restore, now, &target) == 0);
	require(nb_plan_build(target, now, &policy, &plan, &diag) == 0);
	for (size_t i = 0; i < plan->n_ops; i++)
		require(nb_effect_apply(now, &plan->ops[i]) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	NB_CLEANUP(nb_state_freep) struct nb_state *now = NULL;
	NB_CLEANUP(nb_diag_done) struct nb_diag diag = { 0 };
	struct nb_restore restore = { .snapshot = read_state((const char *)data, size) };

	try_memory((const char *)data, size, &restore.memory);
	restore.before = nb_config_new();
	restore.tried = nb_config_new();
	require(restore.before && restore.tried);
	/* Its bonds as a configuration, where they are one. */
	if (nb_yaml_load("fuzz.yaml", (const char *)data, size, NB_YAML_SNAPSHOT, restore.before,
		    &diag) == 0 &&
		nb_rules_check(restore.before, &diag) == 0 && restore.snapshot) {
		now = read_state(other, sizeof(other) - 1);
		require(now);
		go_back(&restore, now);
	}
	nb_restore_done(&restore);
	return 0;
}
