/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Whatever others do after a configuration was made true, on the model kernel: what is planned by a
 * look at what changed is what is planned by a look at everything, and it leads to the same end.
 *
 * NETBOND_SEED=N starts there, NETBOND_COUNT=N tries that many (default 300).
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "tests/unit/unit.h"

#include "lib/core/converge-parts.h"
#include "tests/model/kernel.h"
#include "tests/model/look.h"
#include "tests/model/random.h"
#include "tests/model/script.h"

#define MOVES 12 /* of others, in one model */

struct world {
	struct nb_model *model;
	struct nb_memory memory;
	struct nb_config *config;
	char *text;
	char line[128]; /* what others did last */
	uint64_t seed;
	/* What the last run that ended well knew. */
	struct nb_state *observed;
	struct nb_target *target;
};

static unsigned n_partial, n_whole, n_plans, n_runs, n_foreign;

static struct nb_state *observe(struct world *w)
{
	char *names[] = { (char *)"storage" };
	struct nb_state *state;

	assert_int_equal(nb_model_exec_ops()->observe(w->model, names, 1, &state, NULL), 0);
	return state;
}

static int run_op(void *context, const struct nb_op *op, struct nb_exec_error *error)
{
	return nb_model_exec_ops()->run(((struct world *)context)->model, op, error);
}

static int observe_all(void *context, char *const *namespaces, size_t n, struct nb_state **ret,
	struct nb_diag *diag)
{
	*ret = observe(context);
	return 0;
}

/* What the kernel tells by itself, it tells before it is looked at. */
static int look(void *context, const struct nb_state *before, const struct nb_touches *touches,
	struct nb_touches *changed, struct nb_state **ret, struct nb_diag *diag)
{
	NB_CLEANUP(nb_state_freep) struct nb_state *full = observe(context);
	NB_CLEANUP(nb_touches_done) struct nb_touches told = { 0 };

	nb_touches_merge(&told, touches);
	nb_model_tell(before, full, &told);
	return nb_model_look(full, before, &told, changed, ret);
}

static void forget(struct world *w)
{
	w->observed = nb_state_free(w->observed);
	w->target = nb_target_free(w->target);
}

static void converge(struct world *w, const struct nb_touches *touches)
{
	static const struct nb_exec_ops exec = { .run = run_op, .observe = observe_all, .look = look };
	struct nb_converge c = {
		.config = w->config,
		.memory = &w->memory,
		.exec = &exec,
		.exec_context = w,
		.limit = NB_CLASS_REBUILD,
		.asked = true,
		.reorder = w->seed & 1,
		.spare_mac = { 2, 0, 0, 0, 0xff, 1 },
	};
	struct nb_diag diag = { 0 };
	uint64_t now = 1000;

	nb_converge_start(&c);
	if (touches) {
		c.base = (struct nb_resolved){ w->target, w->observed };
		nb_touches_merge(&c.touches, touches);
	}
	while (c.state != NB_CONVERGE_DONE) {
		unsigned ms;

		assert_int_equal(nb_converge_step(&c, now, &ms, &diag), 0);
		now += ms;
	}
	n_runs += c.partial;
	if (!c.unchanged) {
		forget(w);
		if (c.result == NB_RESULT_CONVERGED && c.plan && !c.plan->n_held && !c.plan->refused) {
			w->observed = nb_steal(&c.observed);
			w->target = nb_steal(&c.target);
		}
	}
	nb_converge_done(&c);
	nb_diag_done(&diag);
}

static void broken(const struct world *w, const char *what, const char *whole, const char *part)
{
	fail_msg("seed %" PRIu64 ": %s\n--- configuration\n%s--- others\n%s\n--- whole\n%s--- part\n%s",
		w->seed, what, w->text, w->line, whole ? whole : "(nothing)\n",
		part ? part : "(nothing)\n");
}

static void check_equal(const struct world *w, const struct nb_state *a, const struct nb_state *b)
{
	for (size_t n = 0; n < b->n_namespaces; n++) {
		const struct nb_netns *x = a->namespaces[n], *y = b->namespaces[n];

		if (x->links.n != y->links.n)
			broken(w, "other links", NULL, NULL);
		for (size_t i = 0; i < y->links.n; i++) {
			if (!nb_link_equal(nb_netns_link(x, i), nb_netns_link(y, i)))
				broken(w, nb_netns_link(y, i)->name, NULL, NULL);
		}
	}
}

static void plan(const struct world *w, struct nb_target *target, const struct nb_state *state,
	enum nb_class limit, struct nb_text *out)
{
	NB_CLEANUP(nb_state_freep) struct nb_state *copy = NULL;
	NB_CLEANUP(nb_plan_freep) struct nb_plan *result = NULL;
	struct nb_policy policy = {
		.limit = limit,
		.asked = limit == NB_CLASS_REBUILD,
		.reorder = w->seed & 1,
		.memory = &w->memory,
		.spare_mac = { 2, 0, 0, 0, 0xff, 1 },
	};

	assert_int_equal(nb_state_copy(state, &copy), 0);
	assert_int_equal(nb_plan_build(target, state, &policy, &result, NULL), 0);
	nb_plan_format(result, out);
	nb_text_add(out, "token %" PRIx64 ", %zu held%s\n", nb_plan_token(result), result->n_held,
		result->refused ? ", refused" : "");
	n_plans += result->n_ops > 0;
	/* It did not touch what it shares. */
	check_equal(w, state, copy);
}

static void remember(const struct world *w, const struct nb_state *state,
	const struct nb_target *target, struct nb_text *out)
{
	struct nb_memory memory = { 0 };
	struct nb_diag diag = { 0 };
	bool changed = false;

	assert_int_equal(nb_memory_copy(&w->memory, &memory), 0);
	if (!target->scope)
		assert_int_equal(nb_converge_follow(&memory, state, &changed), 0);
	assert_int_equal(nb_converge_recall(&memory, state, target, &changed, &diag), 0);
	nb_text_add(out, "%d", changed);
	for (size_t i = 0; i < memory.n_objects; i++)
		nb_text_add(out, " %s@%s %d %u", memory.objects[i].name, memory.objects[i].namespace,
			memory.objects[i].ifindex, memory.objects[i].n_addresses);
	nb_text_add(out, "\n");
	nb_memory_done(&memory);
	nb_diag_done(&diag);
}

/* Whether a link came, went, or has another name. */
static bool has_other_links(const struct nb_state *before, const struct nb_state *now,
	const struct nb_touches *changed)
{
	for (size_t i = 0; i < changed->n; i++) {
		const struct nb_touch *touch = &changed->items[i];
		const struct nb_link *old = nb_netns_find_index(
			nb_state_namespace(before, touch->namespace), touch->ifindex);
		const struct nb_link *link = nb_netns_find_index(
			nb_state_namespace(now, touch->namespace), touch->ifindex);

		if (!old || !link || !nb_streq(old->name, link->name))
			return true;
	}
	return false;
}

/* The plan by a look at a part, and the one by a look at everything. */
static void compare(struct world *w, const struct nb_touches *touches, enum nb_class limit)
{
	NB_CLEANUP(nb_touches_done) struct nb_touches changed = { 0 };
	NB_CLEANUP(nb_state_freep) struct nb_state *full = observe(w), *part = NULL;
	NB_CLEANUP(nb_target_freep) struct nb_target *whole = NULL, *again = NULL;
	NB_CLEANUP(nb_text_done) struct nb_text a = { 0 }, b = { 0 };
	const struct nb_resolved before = { w->target, w->observed };
	struct nb_diag diag = { 0 };
	int r = nb_model_look(full, w->observed, touches, &changed, &part);

	if (r == 0 && part)
		r = nb_resolve_again(w->config, &before, part, &w->memory, &changed, &again);
	n_whole += r == -ESTALE;
	if (r == -ESTALE || !part)
		return;
	assert_int_equal(r, 0);
	n_partial++;
	n_foreign += has_other_links(w->observed, part, &changed);
	check_equal(w, part, full);
	assert_int_equal(nb_resolve(w->config, full, &w->memory, &whole, &diag), 0);
	nb_diag_done(&diag);
	remember(w, full, whole, &a);
	remember(w, part, again, &b);
	plan(w, whole, full, limit, &a);
	plan(w, again, part, limit, &b);
	if (!nb_streq(a.text, b.text))
		broken(w, "two plans", a.text, b.text);
	/* What was resolved before is as it was. */
	for (size_t i = 0; i < w->target->goals.n; i++)
		assert_false(nb_target_goal(w->target, i)->has_held || nb_target_goal(w->target, i)->skip);
}

static void plug_in(struct world *w, struct nb_random *random)
{
	for (unsigned i = 0; i < NB_RANDOM_NICS; i++) {
		char name[8];
		struct nb_model_nic nic = { .name = name, .partner = 1, .up = nb_random_chance(random, 50) };

		snprintf(name, sizeof(name), "eth%u", i);
		nic.kind = random->matches ? NULL : "dummy";
		nic.parent = random->matches ? name : NULL;
		assert_true(nb_model_add_nic(w->model, &nic) > 0);
	}
}

/* A name that a device may have, or may be waited for. */
static void draw_name(struct nb_random *random, char name[IFNAMSIZ])
{
	static const char *const prefixes[] = { "f", "f", "f", "eth", "eth1", "bond" };
	const char *prefix = prefixes[nb_random_below(random, NB_ARRAY_SIZE(prefixes))];

	snprintf(name, IFNAMSIZ, "%s%u", prefix, nb_random_below(random, 4));
}

/* A device comes, upon another one now and then; it may be refused. */
static void plug_in_one(struct world *w, struct nb_random *random)
{
	static const char *const kinds[] = { "dummy", "dummy", "bridge", "vlan", "macvlan" };
	const char *kind = kinds[nb_random_below(random, NB_ARRAY_SIZE(kinds))];
	char name[IFNAMSIZ], lower[IFNAMSIZ];
	const struct nb_model_nic nic = {
		.name = name,
		.kind = kind,
		.lower = nb_streq(kind, "vlan") || nb_streq(kind, "macvlan") ? lower : NULL,
		.parent = random->matches && nb_random_chance(random, 20) ? name : NULL,
		.up = nb_random_chance(random, 50),
	};

	draw_name(random, name);
	draw_name(random, lower);
	snprintf(w->line, sizeof(w->line), "%s comes: %s%s%s", name, kind, nic.lower ? " upon " : "",
		nic.lower ? lower : "");
	nb_model_add_nic(w->model, &nic);
}

/* What others do to devices, of which most are nobody's. */
static void move_link(struct world *w, struct nb_random *random)
{
	char name[IFNAMSIZ], other[IFNAMSIZ];

	draw_name(random, name);
	draw_name(random, other);
	switch (nb_random_below(random, 6)) {
	case 0:
		snprintf(w->line, sizeof(w->line), "delete %s", name);
		break;
	case 1 ... 2:
		snprintf(w->line, sizeof(w->line), "link %s name=%s", name, other);
		break;
	case 3:
		snprintf(w->line, sizeof(w->line), "enslave %s %s", name, other);
		break;
	case 4:
		snprintf(w->line, sizeof(w->line), "move %s to=storage", name);
		break;
	default:
		snprintf(w->line, sizeof(w->line), "move %s@storage to=own", name);
	}
}

/* One thing that others do; it may be refused. */
static void move(struct world *w, struct nb_random *random)
{
	unsigned nic = nb_random_below(random, NB_RANDOM_NICS), bond = nb_random_below(random, 3);
	unsigned n = nb_random_below(random, 6);
	NB_CLEANUP(nb_text_done) struct nb_text why = { 0 };
	struct nb_op op;

	switch (nb_random_below(random, 20)) {
	case 0 ... 1:
		snprintf(w->line, sizeof(w->line), "release eth%u", nic);
		break;
	case 2 ... 3:
		snprintf(w->line, sizeof(w->line), "enslave eth%u bond%u down", nic, bond);
		break;
	case 4:
		snprintf(w->line, sizeof(w->line), "link eth%u %s", nic, n & 1 ? "up" : "down");
		break;
	case 5:
		snprintf(w->line, sizeof(w->line), "link bond%u %s", bond, n & 1 ? "up" : "down");
		break;
	case 6:
		snprintf(w->line, sizeof(w->line), "link %s%u mtu=%u", n & 1 ? "eth" : "bond", bond, 1400 + n);
		break;
	case 7:
		snprintf(w->line, sizeof(w->line), "link bond%u mac=02:00:00:00:77:%02x", bond, n);
		break;
	case 8:
		snprintf(w->line, sizeof(w->line), "set bond%u miimon=%u resend-igmp=%u", bond, 40 + 10 * n, n);
		break;
	case 9:
		snprintf(w->line, sizeof(w->line), "slave eth%u queue-id=%u prio=%u", nic, n, n);
		break;
	case 10:
		snprintf(w->line, sizeof(w->line), "addr%c bond%u 192.0.2.%u/24", n & 1 ? '+' : '-', bond, n);
		break;
	case 11:
		snprintf(w->line, sizeof(w->line), "addr%c bond%u 2001:db8::%u/64 nodad", n & 1 ? '+' : '-', bond, n);
		break;
	case 12:
		snprintf(w->line, sizeof(w->line), "route+ bond%u 198.51.100.%u/32", bond, n);
		break;
	case 13 ... 14:
		plug_in_one(w, random);
		return;
	case 15 ... 18:
		move_link(w, random);
		break;
	default:
		snprintf(w->line, sizeof(w->line), "set eth%u %s", nic, n & 1 ? "carrier" : "no carrier");
		nb_model_set_carrier(w->model, "", (char[]){ 'e', 't', 'h', (char)('0' + nic), 0 }, n & 1);
		nb_model_tick(w->model, 4);
		return;
	}
	assert_int_equal(nb_script_op(w->line, &op, &why), 0);
	nb_model_foreign(w->model, &op);
	nb_op_done(&op);
}

static void story(uint64_t seed)
{
	struct nb_random random = { .state = seed * 7919 };
	struct world w = { .seed = seed, .model = nb_model_new(NULL) };

	nb_model_knobs(w.model)->lacp_ticks = 3;
	nb_model_knobs(w.model)->kernel.live_rename = seed % 2;
	random.matches = seed % 3 == 0;
	random.avoid = NB_BIT(IFLA_BOND_AD_SELECT) | NB_BIT(IFLA_BOND_BROADCAST_NEIGH) |
		       NB_BIT(IFLA_BOND_LACP_STRICT);
	plug_in(&w, &random);
	nb_random_config(&random, seed % 4 == 3, &w.text, &w.config);
	converge(&w, NULL);
	for (unsigned i = 0; i < MOVES; i++) {
		NB_CLEANUP(nb_touches_done) struct nb_touches touches = { 0 };
		NB_CLEANUP(nb_state_freep) struct nb_state *now = NULL;

		if (!w.observed)
			converge(&w, NULL);
		for (unsigned k = nb_random_below(&random, 3); k < 3; k++)
			move(&w, &random);
		if (!w.observed)
			break; /* something of it stays held, or is refused */
		now = observe(&w);
		nb_model_tell(w.observed, now, &touches);
		compare(&w, &touches, nb_random_below(&random, NB_CLASS_REBUILD + 1));
		converge(&w, &touches);
	}
	forget(&w);
	nb_config_free(w.config);
	free(w.text);
	nb_memory_done(&w.memory);
	nb_model_free(w.model);
}

static uint64_t from_environment(const char *name, uint64_t otherwise)
{
	const char *text = getenv(name);

	return text ? strtoull(text, NULL, 10) : otherwise;
}

static void test_a_look_at_a_part_plans_what_a_look_at_everything_plans(void **state)
{
	uint64_t first = from_environment("NETBOND_SEED", 1);
	uint64_t count = from_environment("NETBOND_COUNT", 300);

	for (uint64_t seed = first; seed < first + count; seed++)
		story(seed);
	printf("# %u looks at a part, in %u of which a link came, went or was renamed, %u that needed "
	       "everything; %u plans with operations, %u runs that ended without a look at everything\n",
		n_partial, n_foreign, n_whole, n_plans, n_runs);
	if (count >= 100) {
		assert_true(n_partial > 4 * n_whole);
		assert_true(n_plans > n_partial / 4);
		assert_true(n_runs > n_partial / 2);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_look_at_a_part_plans_what_a_look_at_everything_plans),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
