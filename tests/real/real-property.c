/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The property of test-plan-property on the real driver: whatever valid configuration comes after
 * whatever valid configuration, one plan leads there, what others put upon a bond is there as
 * before or told, and the next run asks the kernel for nothing. Some are applied with a limit: then
 * the rest is held, and nothing worse than the limit happens.
 * Then another one is tried over it and taken back: the state is the one of before, and what ruled
 * before has nothing to do. Some tries are cut off in the middle, as by a kill.
 * Every run has witnesses (witness.h): nothing they tell of is worse than the class its plan said,
 * and where that is below down no packet is lost, or the plan had said that flows move.
 * Runs as root inside the lab; veth NICs whose peers are ports of a bridge in another namespace.
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
#include "tests/real/witness.h"

#define BONDS 3 /* bond0 ... bond2 */

static unsigned passed, failed;

struct world {
	struct nb_exec *exec;
	struct witness *witness;
	struct nb_memory memory;
	struct nb_diag diag;
	struct nb_text plan;
	struct nb_text worse; /* what the witnesses tell that is worse than the plan said */
	enum nb_class limit, classes[BONDS]; /* of the last run */
	bool flows_move; /* its plan said so of bond0 */
	unsigned runs, judged, packets; /* runs over which packets could be counted, and those below down */
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
	run("ip netns add switch && ip -n switch link add swbr0 type bridge && "
	    "ip -n switch address add " WITNESS_SWITCH "/24 dev swbr0 && ip -n switch link set swbr0 up");
	for (unsigned i = 0; i < NB_RANDOM_NICS; i++) {
		char command[256];

		snprintf(command, sizeof(command),
			"ip link add eth%u type veth peer name sw%u netns switch && "
			"ip -n switch link set sw%u mtu 9000 master swbr0 up", i, i, i);
		run(command);
	}
}

static int on_planned(void *context, const struct nb_plan *plan, const struct nb_target *target)
{
	struct world *w = context;

	nb_plan_format(plan, &w->plan);
	for (size_t i = 0; i < plan->n_ops; i++) {
		const struct nb_op *op = &plan->ops[i];

		for (unsigned b = 0; b < BONDS && *op->goal; b++)
			if (op->goal[4] == (char)('0' + b))
				w->classes[b] = NB_MAX(w->classes[b], op->class);
		w->flows_move |= nb_streq(op->goal, "bond0") && op->reason &&
				 strstr(op->reason, "flows may move");
	}
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
	memset(w->classes, 0, sizeof(w->classes));
	w->flows_move = false;
	*c = (struct nb_converge){
		.config = config,
		.restore = restore,
		.reorder = restore,
		.memory = &w->memory,
		.exec = &nb_exec_netlink,
		.exec_context = w->exec,
		.hooks = &hooks,
		.hook_context = w,
		.limit = restore ? NB_CLASS_REBUILD : w->limit,
		.asked = restore || w->limit == NB_CLASS_REBUILD,
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
		witness_look(w->witness);
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

static const char *judge(const struct world *w, const struct nb_converge *c)
{
	if (c->result == NB_RESULT_FAILED)
		return "failed";
	if (c->result == NB_RESULT_HELD && w->limit == NB_CLASS_REBUILD)
		return "held although everything is allowed";
	if (c->result == NB_RESULT_PENDING)
		return NULL;
	return c->passes > 1 ? "more than one plan" : NULL;
}

static void tell(struct world *w, uint64_t number, const char *problem, const char *well)
{
	if (!problem)
		problem = w->worse.text;
	printf("%s - random configuration %" PRIu64 ": %s\n", problem ? "not ok" : "ok", number,
		problem ? problem : well);
	fflush(stdout);
	*(problem ? &failed : &passed) += 1;
	nb_text_done(&w->worse);
}

static struct nb_state *observe(struct world *w)
{
	char *const names[] = { (char *)"storage" };
	struct nb_state *state = NULL;

	if (nb_exec_netlink.observe(w->exec, names, 1, &state, &w->diag) < 0)
		exit(1);
	return state;
}

/* ARP monitoring takes slaves down by itself here: nobody answers. */
static bool is_monitored(const struct nb_state *state, const char *bond)
{
	const struct nb_link *link = nb_netns_find(state->namespaces[0], bond);

	return link && nb_optset_u(&link->bond, IFLA_BOND_ARP_INTERVAL) > 0;
}

static void hear(struct world *w, const struct nb_state *before, const struct nb_state *after,
	const struct witness_seen *seen)
{
	for (unsigned b = 0; b < BONDS; b++) {
		char name[8];
		enum nb_class class;

		snprintf(name, sizeof(name), "bond%u", b);
		class = witness_class(w->witness, name,
			!is_monitored(before, name) && !is_monitored(after, name));
		if (class > w->classes[b])
			nb_text_add(&w->worse, "%s: %s happened, the plan said %s; ", name,
				nb_class_name(class), nb_class_name(w->classes[b]));
	}
	if (!seen->path || is_monitored(before, "bond0") || is_monitored(after, "bond0"))
		return;
	w->runs++;
	if (w->classes[0] >= NB_CLASS_DOWN)
		return;
	w->judged++;
	w->packets += seen->sent;
	if (seen->lost && !w->flows_move)
		nb_text_add(&w->worse, "bond0: %u of %u packets lost, the plan said %s; ",
			seen->lost, seen->sent, nb_class_name(w->classes[0]));
}

/* converge() before witnesses: what is worse than the plan said is shown, and kept in .worse. */
static void converge_watched(struct world *w, const struct nb_config *config, const char *text,
	const struct nb_restore *restore, struct nb_converge *c)
{
	NB_CLEANUP(nb_state_freep) struct nb_state *before = observe(w), *after = NULL;
	const size_t n = w->worse.length;
	struct witness_seen seen;

	witness_start(w->witness, before);
	converge(w, config, restore, c);
	after = observe(w);
	seen = witness_end(w->witness, after);
	hear(w, before, after, &seen);
	if (w->worse.length > n)
		show(w, w->worse.text + n, text);
}

/* What sends the packets that are counted: upon the bond, and nobody's. */
static void move_in(void)
{
	if (if_nametoindex("bond0"))
		run("ip address add " WITNESS_HOST "/24 dev bond0 2>/dev/null || true");
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
	converge_watched(w, restore.tried, text, NULL, &c);
	nb_converge_done(&c);
	converge_watched(w, before, text, &restore, &c);
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
	tell(w, number, problem, "another one tried and taken back");
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
static const char *first_run(struct world *w, const struct nb_config *config, const char *text,
	struct nb_converge *c, struct nb_text *lost)
{
	NB_CLEANUP(nb_state_freep) struct nb_state *before = observe(w), *after = NULL;

	converge_watched(w, config, text, NULL, c);
	after = observe(w);
	nb_meddle_lost(before, after, &w->diag, lost);
	return lost->text ? lost->text : judge(w, c);
}

static void step(struct world *w, struct nb_random *random, uint64_t number)
{
	NB_CLEANUP(nb_text_done) struct nb_text lost = { 0 };
	struct nb_converge first, second;
	struct nb_config *config;
	const char *problem;
	char *text;

	nb_random_config(random, number % 4 == 3, &text, &config);
	w->limit = nb_random_chance(random, 70) ? NB_CLASS_REBUILD
						: nb_random_below(random, NB_CLASS_REBUILD);
	move_in();
	problem = first_run(w, config, text, &first, &lost);
	if (problem)
		show(w, problem, text);
	if (!problem && first.result != NB_RESULT_PENDING) {
		converge(w, config, NULL, &second);
		if (second.done) {
			problem = "the second run is not empty";
			show(w, problem, text);
		}
		nb_converge_done(&second);
	}
	w->limit = NB_CLASS_REBUILD;
	tell(w, number, problem, "one plan, nothing lost, and the next run has nothing to do");
	move_in();
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
	w.witness = witness_new("switch");
	for (uint64_t i = 0; i < count; i++)
		step(&w, &random, i);
	witness_free(w.witness);
	nb_exec_free(w.exec);
	nb_memory_done(&w.memory);
	nb_diag_done(&w.diag);
	nb_text_done(&w.plan);
	printf("packets counted over %u runs; %u of them said less than down: %u packets\n", w.runs,
		w.judged, w.packets);
	printf("%u passed, %u failed\n", passed, failed);
	/* In forty there is always one that moves a bond no packet may be lost over. */
	return failed || !passed || (count >= 40 && !w.judged);
}
