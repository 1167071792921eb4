/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The property of test-plan-property on the real driver: whatever valid configuration comes after
 * whatever valid configuration, one plan leads there, what others put upon a bond is there as
 * before or told, and the next run asks the kernel for nothing.
 * Then another one is tried over it and taken back: the state is the one of before, and what ruled
 * before has nothing to do. Some tries are cut off in the middle, as by a kill.
 * Runs as root inside the lab; veth NICs whose peers are ports of a bridge.
 *
 *     real-property [COUNT [SEED]]     COUNT pairs (default 40)
 */
#include <inttypes.h>
#include <net/if.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "lib/core/converge.h"
#include "lib/nl/execute.h"
#include "tests/model/canonical.h"
#include "tests/model/meddle.h"

static unsigned passed, failed;

struct world {
	struct nb_exec *exec;
	struct nb_memory memory;
	struct nb_diag diag;
	struct nb_text plan;
	bool meddled; /* others were there since the last configuration */
	unsigned left; /* operations until the process dies; 0 = it does not */
};

static void run(const char *command)
{
	if (system(command) != 0)
		fprintf(stderr, "failed: %s\n", command);
}

static void plug_in(void)
{
	run("ip link add swbr0 type bridge && ip link set swbr0 up");
	for (unsigned i = 0; i < NB_RANDOM_NICS; i++) {
		char command[256];

		snprintf(command, sizeof(command),
			"ip link add eth%u type veth peer name sw%u && ip link set sw%u master swbr0 up"
			" && ip link set sw%u mtu 9000", i, i, i, i);
		run(command);
	}
}

static int on_planned(void *context, const struct nb_plan *plan, const struct nb_target *target)
{
	nb_plan_format(plan, &((struct world *)context)->plan);
	return 0;
}

static uint64_t now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_BOOTTIME, &ts);
	return (uint64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

static void converge(struct world *w, const struct nb_config *config,
	const struct nb_restore *restore, struct nb_converge *c)
{
	static const struct nb_converge_hooks hooks = { .planned = on_planned };
	unsigned left = w->left;
	int r = 0;

	w->left = 0;

	nb_text_done(&w->plan);
	nb_diag_done(&w->diag);
	*c = (struct nb_converge){
		.config = config,
		.restore = restore,
		.reorder = restore,
		.memory = &w->memory,
		.exec = &nb_exec_netlink,
		.exec_context = w->exec,
		.hooks = &hooks,
		.hook_context = w,
		.limit = NB_CLASS_REBUILD,
		.asked = true,
		.spare_mac = { 2, 0, 0, 0, 0xff, 1 },
	};
	nb_converge_start(c);
	while (r == 0 && c->state != NB_CONVERGE_DONE) {
		unsigned ms;

		if (left && c->done >= left) {
			c->result = NB_RESULT_FAILED;
			return;
		}
		r = nb_converge_step(c, now_ms(), &ms, &w->diag);
		usleep(ms * 1000);
	}
}

static void show(struct world *w, const char *what, const char *text)
{
	printf("--- %s\n%s--- plans\n%s", what, text, w->plan.text ? w->plan.text : "(none)\n");
	for (size_t i = 0; i < w->diag.n_problems; i++) {
		struct nb_text problem = { 0 };

		nb_diag_format(&w->diag, &w->diag.problems[i], &problem);
		fputs(problem.text ? problem.text : "", stdout);
		nb_text_done(&problem);
	}
}

static const char *judge(const struct nb_converge *c)
{
	if (c->result == NB_RESULT_FAILED)
		return "failed";
	if (c->result == NB_RESULT_HELD)
		return "held although everything is allowed";
	if (c->result == NB_RESULT_PENDING)
		return NULL;
	return c->passes > 1 ? "more than one plan" : NULL;
}

static void tell(uint64_t number, const char *problem, const char *well)
{
	printf("%s - random configuration %" PRIu64 ": %s\n", problem ? "not ok" : "ok", number,
		problem ? problem : well);
	fflush(stdout);
	*(problem ? &failed : &passed) += 1;
}

static struct nb_state *observe(struct world *w)
{
	char *const names[] = { (char *)"storage" };
	struct nb_state *state = NULL;

	if (nb_exec_netlink.observe(w->exec, names, 1, &state, &w->diag) < 0)
		exit(1);
	return state;
}

static const char *compare(struct world *w, const struct nb_restore *restore)
{
	NB_CLEANUP(nb_state_freep) struct nb_state *now = observe(w);
	NB_CLEANUP(nb_text_done) struct nb_text was = { 0 }, is = { 0 }, difference = { 0 };

	canonical_state(restore->snapshot, &was);
	canonical_state(now, &is);
	if (nb_streq(was.text, is.text))
		return NULL;
	canonical_difference(was.text, is.text, &difference);
	printf("--- difference\n%s", difference.text);
	return "the way back leads elsewhere";
}

/* @before rules; another configuration is tried, whole or in part, and taken back. */
static void try_another(struct world *w, struct nb_random *random, uint64_t number,
	const struct nb_config *before)
{
	struct nb_restore restore = { .snapshot = observe(w) };
	struct nb_converge c;
	const char *problem;
	char *text;

	nb_random_config(random, number % 4 == 3, &text, &restore.tried);
	if (nb_config_copy(before, &restore.before) < 0 ||
		nb_memory_copy(&w->memory, &restore.memory) < 0)
		exit(1);
	if (nb_random_chance(random, 40))
		w->left = 1 + nb_random_below(random, 20);
	converge(w, restore.tried, NULL, &c);
	nb_converge_done(&c);
	converge(w, before, &restore, &c);
	problem = c.result == NB_RESULT_CONVERGED ? compare(w, &restore)
						  : "the way back did not converge";
	if (problem)
		show(w, problem, text);
	nb_converge_done(&c);
	nb_restore_memory(&restore, &w->memory);
	converge(w, before, NULL, &c);
	if (!problem && c.done) {
		problem = "what ruled before is not in force";
		show(w, problem, text);
	}
	nb_converge_done(&c);
	tell(number, problem, "another one tried and taken back");
	nb_restore_done(&restore);
	free(text);
}

static int run_foreign(void *context, const struct nb_op *op)
{
	struct nb_exec_error error;

	return nb_exec_netlink.run(((struct world *)context)->exec, op, &error);
}

static int add_vlan(void *context, const char *name, const char *lower, unsigned id)
{
	char command[160];

	if (if_nametoindex(name) || !if_nametoindex(lower))
		return -1;
	snprintf(command, sizeof(command),
		"ip link add link %s name %s type vlan id %u && ip link set %s up 2>/dev/null",
		lower, name, id, name);
	return system(command);
}

static int find_index(void *context, const char *name)
{
	return (int)if_nametoindex(name);
}

/*
 * Every other configuration finds what others left there. The one after it is tried and taken back,
 * which brings no VLAN back to a bond that was removed: it is gone by then.
 */
static void meddle(struct world *w, struct nb_random *random)
{
	const struct nb_meddler meddler = { run_foreign, add_vlan, find_index, w,
		.spare_nics = true }; /* NICs change their namespace here */

	w->meddled = !w->meddled;
	if (w->meddled)
		nb_meddle(random, &meddler);
	else if (if_nametoindex("bond0.5"))
		run("ip link del bond0.5");
}

/* Return: what is wrong, or NULL. */
static const char *first_run(struct world *w, const struct nb_config *config,
	struct nb_converge *c, struct nb_text *lost)
{
	NB_CLEANUP(nb_state_freep) struct nb_state *before = observe(w), *after = NULL;

	converge(w, config, NULL, c);
	after = observe(w);
	nb_meddle_lost(before, after, &w->diag, lost);
	return lost->text ? lost->text : judge(c);
}

static void step(struct world *w, struct nb_random *random, uint64_t number)
{
	NB_CLEANUP(nb_text_done) struct nb_text lost = { 0 };
	struct nb_converge first, second;
	struct nb_config *config;
	const char *problem;
	char *text;

	nb_random_config(random, number % 4 == 3, &text, &config);
	problem = first_run(w, config, &first, &lost);
	if (problem)
		show(w, problem, text);
	if (!problem && first.result == NB_RESULT_CONVERGED) {
		converge(w, config, NULL, &second);
		if (second.done) {
			problem = "the second run is not empty";
			show(w, problem, text);
		}
		nb_converge_done(&second);
	}
	tell(number, problem, "one plan, nothing lost, and the next run has nothing to do");
	if (!problem && first.result == NB_RESULT_CONVERGED && !w->meddled)
		try_another(w, random, number, config);
	nb_converge_done(&first);
	nb_config_free(config);
	free(text);
	meddle(w, random);
}

int main(int argc, char **argv)
{
	uint64_t count = 40, seed = 1;
	struct nb_random random = { 0 };
	struct world w = { 0 };

	if ((argc > 1 && nb_parse_u64(argv[1], 1000000, &count) < 0) ||
		(argc > 2 && nb_parse_u64(argv[2], UINT64_MAX, &seed) < 0))
		return 2;
	random.state = seed;
	/* Values that some kernels refuse; the other tests have them. */
	random.avoid = NB_BIT(IFLA_BOND_AD_SELECT) | NB_BIT(IFLA_BOND_BROADCAST_NEIGH) |
		       NB_BIT(IFLA_BOND_LACP_STRICT) | NB_BIT(IFLA_BOND_USE_CARRIER);
	if (nb_exec_new(&w.exec) < 0)
		return 1;
	plug_in();
	for (uint64_t i = 0; i < count; i++)
		step(&w, &random, i);
	nb_exec_free(w.exec);
	nb_memory_done(&w.memory);
	nb_diag_done(&w.diag);
	nb_text_done(&w.plan);
	printf("%u passed, %u failed\n", passed, failed);
	return failed || !passed;
}
