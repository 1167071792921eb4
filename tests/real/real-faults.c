/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Ten plans on the real driver, each broken off at its operations: the process killed before or
 * after one, or one refused, or its answer lost. A new process then either makes the plan's
 * configuration true, which must give the same state as an undisturbed run, or goes back to the
 * snapshot, which must give the state of before. Runs as root inside the lab.
 *
 *     real-faults [POINTS]     so many points, spread over all (default 60; 0 = all)
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "lib/core/converge.h"
#include "lib/core/rules.h"
#include "lib/nl/execute.h"
#include "lib/yaml/config.h"
#include "lib/yaml/rundir.h"
#include "tests/model/canonical.h"
#include "tests/model/fault.h"

#define RUNDIR "/tmp/faults"
#define ADDRESSES "addresses: [192.0.2.10/24, 2001:db8::10/64]"
#define ROUTES "routes: [{to: 203.0.113.0/24, via: 192.0.2.1}, {to: '2001:db8:f::/48', via: '2001:db8::1'}]"

static const struct plan {
	const char *name, *before, *after;
	const char *furnish; /* by a shell, when .before rules */
	const char *clear;
} plans[] = {
	{ "create", "bonds: {}",
		"bonds: {bond0: {mode: active-backup, slaves: [eth0, eth1], " ADDRESSES ", " ROUTES "}}" },
	{ "mode change",
		"bonds: {bond0: {mode: active-backup, slaves: [eth0, eth1], " ADDRESSES ", " ROUTES "}}",
		"bonds: {bond0: {mode: 802.3ad, slaves: [eth0, eth1], " ADDRESSES ", " ROUTES "}}" },
	{ "down and up",
		"bonds: {bond0: {mode: 802.3ad, slaves: [eth0, eth1], " ADDRESSES ", " ROUTES "}}",
		"bonds: {bond0: {mode: 802.3ad, lacp-rate: fast, slaves: [eth0, eth1], " ADDRESSES
		", " ROUTES "}}" },
	{ "slaves change hands",
		"bonds: {bond0: {mode: balance-rr, slaves: [eth0, eth1], " ADDRESSES "},"
		" bond1: {mode: balance-xor, slaves: [eth2, eth3]}}",
		"bonds: {bond0: {mode: balance-rr, slaves: [eth2, eth1], " ADDRESSES "},"
		" bond1: {mode: balance-xor, slaves: [eth0, eth3]}}" },
	{ "a NIC in use", "bonds: {}",
		"bonds: {bond0: {mode: active-backup, slaves: [eth0], addresses: [198.51.100.7/24]}}",
		"ip address add 198.51.100.7/24 dev eth0 && ip link set eth0 up mtu 1400 && "
		"ip address add 2001:db8:5::1/64 dev eth0 nodad && "
		"ip route add 203.0.113.0/24 via 198.51.100.1",
		"ip address flush dev eth0 && ip link set eth0 down mtu 1500" },
	{ "MTU and MAC",
		"bonds: {bond0: {mode: balance-xor, slaves: [eth0, eth1], " ADDRESSES "}}",
		"bonds: {bond0: {mode: balance-xor, slaves: [eth0, eth1], mtu: 1400,"
		" mac: 02:00:00:00:aa:01, addresses: [192.0.2.11/24]}}" },
	{ "removal",
		"bonds: {bond0: {mode: active-backup, slaves: [eth0, eth1], primary: eth1, " ADDRESSES
		", " ROUTES "}}",
		"bonds: {}" },
	{ "into a namespace",
		"bonds: {bond0: {mode: balance-rr, slaves: [eth0, eth1], " ADDRESSES "}}",
		"namespaces: {storage: {}}\n"
		"bonds: {bond0: {namespace: storage, mode: balance-rr, slaves: [eth0, eth1], "
		ADDRESSES "}}" },
	{ "a VLAN upon it",
		"bonds: {bond0: {mode: active-backup, slaves: [eth0, eth1], " ADDRESSES "}}",
		"bonds: {bond0: {mode: balance-xor, mtu: 1400, slaves: [eth0, eth1], " ADDRESSES "}}",
		"ip link add bond0.5 link bond0 type vlan id 5 && ip link set bond0.5 up && "
		"ip address add 2001:db8:9::1/64 dev bond0.5 nodad && "
		"ip address add 192.0.9.1/24 dev bond0.5 && ip route add 192.0.10.0/24 via 192.0.9.2",
		"ip link del bond0.5" },
	{ "options of slaves",
		"bonds: {bond0: {mode: active-backup, slaves: [{name: eth0, queue-id: 1},"
		" {name: eth1, queue-id: 2}, eth2], primary: eth0}}",
		"bonds: {bond0: {mode: active-backup, slaves: [{name: eth1, queue-id: 1, prio: 5},"
		" {name: eth0, queue-id: 2}, eth3], primary: eth1, arp-interval: 500,"
		" arp-ip-target: [192.0.2.1]}}" },
};

static unsigned passed, failed;

struct world {
	struct nb_exec *exec;
	struct nb_rundir rundir;
	struct nb_memory memory;
	struct nb_state *owed; /* by a process that ended */
	struct nb_diag diag;
	struct nb_text log;
	size_t last_done;
	unsigned last_seen; /* operations of the last run that faults can hit */
};

static void run(const char *command)
{
	if (command && system(command) != 0) {
		fprintf(stderr, "failed: %s\n", command);
		exit(1);
	}
}

static uint64_t now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_BOOTTIME, &ts);
	return (uint64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

static int on_remember(void *context, const struct nb_memory *memory)
{
	return nb_rundir_save_memory(&((struct world *)context)->rundir, memory);
}

static int on_owe(void *context, const struct nb_state *owed)
{
	return nb_rundir_save_owed(&((struct world *)context)->rundir, owed);
}

static int on_planned(void *context, const struct nb_plan *plan, const struct nb_target *target)
{
	nb_plan_format(plan, &((struct world *)context)->log);
	return 0;
}

static enum nb_converge_result converge(struct world *w, const struct nb_config *config,
	const struct nb_restore *restore, struct fault *fault)
{
	static const struct nb_converge_hooks hooks = {
		.planned = on_planned, .remember = on_remember, .owe = on_owe
	};
	struct nb_converge c = {
		.config = config,
		.restore = restore,
		.reorder = true,
		.memory = &w->memory,
		.exec = &fault_exec_ops,
		.exec_context = fault,
		.hooks = &hooks,
		.hook_context = w,
		.limit = NB_CLASS_REBUILD,
		.asked = true,
		.spare_mac = { 2, 0, 0, 0, 0xff, 1 },
	};
	enum nb_converge_result result;
	int r = 0;

	nb_text_done(&w->log);
	nb_diag_done(&w->diag);
	nb_converge_owe(&c, nb_steal(&w->owed));
	nb_converge_start(&c);
	while (r == 0 && c.state != NB_CONVERGE_DONE) {
		unsigned ms;

		r = nb_converge_step(&c, now_ms(), &ms, &w->diag);
		usleep(ms * 1000);
	}
	result = c.result;
	w->last_done = c.done;
	nb_converge_done(&c);
	return result;
}

static enum nb_converge_result undisturbed(
	struct world *w, const struct nb_config *config, const struct nb_restore *restore)
{
	struct fault none = { .exec = &nb_exec_netlink, .context = w->exec };
	enum nb_converge_result result = converge(w, config, restore, &none);

	w->last_seen = none.seen;
	return result;
}

static struct nb_config *read_config(const char *text)
{
	struct nb_config *config = nb_config_new();
	struct nb_diag diag = { 0 };

	if (!config || nb_yaml_load("plan", text, strlen(text), 0, config, &diag) < 0 ||
		nb_rules_check(config, &diag) < 0 || nb_rules_canonicalise(config) < 0) {
		fprintf(stderr, "cannot be read: %s\n", text);
		exit(1);
	}
	nb_diag_done(&diag);
	return config;
}

static struct nb_state *observe(struct world *w)
{
	char *const names[] = { (char *)"storage" };
	struct nb_state *state = NULL;

	if (nb_exec_netlink.observe(w->exec, names, 1, &state, &w->diag) < 0)
		exit(1);
	return state;
}

static char *canonical(struct world *w)
{
	NB_CLEANUP(nb_state_freep) struct nb_state *state = observe(w);
	struct nb_text text = { 0 };

	canonical_state(state, &text);
	return text.text ? text.text : strdup("");
}

static bool is_same(struct world *w, const char *wanted)
{
	NB_CLEANUP(nb_freep) char *now = canonical(w);
	NB_CLEANUP(nb_text_done) struct nb_text difference = { 0 };

	if (nb_streq(now, wanted))
		return true;
	canonical_difference(wanted, now, &difference);
	printf("--- difference\n%s--- plans\n%s", difference.text, w->log.text ? w->log.text : "");
	return false;
}

static void tell_problems(const struct world *w)
{
	for (size_t i = 0; i < w->diag.n_problems; i++) {
		struct nb_text text = { 0 };

		nb_diag_format(&w->diag, &w->diag.problems[i], &text);
		fputs(text.text ? text.text : "", stdout);
		nb_text_done(&text);
	}
}

/* In a process of its own, which the fault may end. Return: whether it did what was to be. */
static bool disturb(const struct nb_config *config, const struct nb_memory *memory, struct fault fault)
{
	pid_t pid = fork();
	int status = 0;

	if (pid == 0) {
		struct world w = { .rundir = NB_RUNDIR_CLOSED };

		if (nb_exec_new(&w.exec) < 0 || nb_rundir_open(&w.rundir, RUNDIR, true) < 0 ||
			nb_memory_copy(memory, &w.memory) < 0)
			_exit(1);
		fault.exec = &nb_exec_netlink;
		fault.context = w.exec;
		converge(&w, config, NULL, &fault);
		_exit(fault.seen >= fault.number ? 0 : 2);
	}
	if (pid < 0 || waitpid(pid, &status, 0) < 0 || !WIFEXITED(status))
		return false;
	if (fault.kind == FAULT_KILL_BEFORE || fault.kind == FAULT_KILL_AFTER)
		return WEXITSTATUS(status) == FAULT_STATUS;
	return WEXITSTATUS(status) == 0;
}

/* What a new process knows: what the old one wrote down. */
static void start_anew(struct world *w)
{
	nb_memory_done(&w->memory);
	if (nb_rundir_load_memory(&w->rundir, &w->memory, &w->diag) < 0 ||
		nb_rundir_load_owed(&w->rundir, &w->owed, &w->diag) < 0)
		exit(1);
}

struct stage {
	const struct plan *plan;
	struct nb_restore restore;
	char *was, *shall; /* canonical states */
	size_t n_ops;
};

static void point(struct world *w, const struct stage *stage, unsigned number, enum fault_kind kind,
	bool on)
{
	static const int errors[] = { EBUSY, EPERM, ENOMEM, EINVAL, ENODEV, EOPNOTSUPP };
	const struct fault fault = {
		.kind = kind, .number = number, .error = errors[number % NB_ARRAY_SIZE(errors)]
	};
	const char *problem = NULL;

	if (!disturb(stage->restore.tried, &w->memory, fault))
		problem = "the fault did not happen";
	start_anew(w);
	if (!problem && on) {
		if (undisturbed(w, stage->restore.tried, NULL) != NB_RESULT_CONVERGED)
			problem = "it does not converge afterwards";
		else if (!is_same(w, stage->shall))
			problem = "it leads elsewhere";
		else if (undisturbed(w, stage->restore.tried, NULL), w->last_done)
			problem = "the next run is not empty";
	}
	if (problem)
		tell_problems(w);
	if (undisturbed(w, stage->restore.before, &stage->restore) != NB_RESULT_CONVERGED &&
		!problem) {
		problem = "the way back does not converge";
		tell_problems(w);
	}
	if (!is_same(w, stage->was) && !problem)
		problem = "the way back leads elsewhere";
	nb_restore_memory(&stage->restore, &w->memory);
	nb_rundir_save_memory(&w->rundir, &w->memory);
	printf("%s - %s: %s operation %u of %zu (%s), then %s: %s\n", problem ? "not ok" : "ok",
		stage->plan->name, fault_kind_name(kind), number, stage->n_ops,
		kind >= FAULT_FAIL_BEFORE ? strerrorname_np(fault.error) : "-",
		on ? "on and back" : "back", problem ? problem : "all is there");
	fflush(stdout);
	*(problem ? &failed : &passed) += 1;
}

static void set_stage(struct world *w, const struct plan *plan, struct stage *stage)
{
	*stage = (struct stage){ .plan = plan };
	stage->restore.before = read_config(plan->before);
	stage->restore.tried = read_config(plan->after);
	if (undisturbed(w, stage->restore.before, NULL) != NB_RESULT_CONVERGED)
		tell_problems(w);
	run(plan->furnish);
	stage->restore.snapshot = observe(w);
	stage->was = canonical(w);
	if (nb_memory_copy(&w->memory, &stage->restore.memory) < 0)
		exit(1);
	if (undisturbed(w, stage->restore.tried, NULL) != NB_RESULT_CONVERGED)
		tell_problems(w);
	stage->n_ops = w->last_seen;
	stage->shall = canonical(w);
	undisturbed(w, stage->restore.before, &stage->restore);
	nb_restore_memory(&stage->restore, &w->memory);
	if (!is_same(w, stage->was))
		printf("not ok - %s: undisturbed, the way back leads elsewhere\n", plan->name);
}

static void clear_stage(struct world *w, struct stage *stage)
{
	NB_CLEANUP(nb_config_freep) struct nb_config *none = read_config("bonds: {}");

	run(stage->plan->clear);
	undisturbed(w, none, NULL);
	nb_restore_done(&stage->restore);
	free(stage->was);
	free(stage->shall);
}

static void plug_in(void)
{
	run("ip link add swbr0 type bridge && ip link set swbr0 up");
	for (unsigned i = 0; i < 4; i++) {
		char command[256];

		snprintf(command, sizeof(command),
			"ip link add eth%u type veth peer name sw%u && ip link set sw%u master swbr0 up",
			i, i, i);
		run(command);
	}
}

int main(int argc, char **argv)
{
	struct world w = { .rundir = NB_RUNDIR_CLOSED };
	uint64_t points = 60;

	if (argc > 1 && nb_parse_u64(argv[1], 1000000, &points) < 0)
		return 2;
	/* Without the lock: the child takes it. */
	if (system("mkdir -p " RUNDIR) != 0 || nb_rundir_open(&w.rundir, RUNDIR, false) < 0 ||
		nb_exec_new(&w.exec) < 0)
		return 1;
	plug_in();
	for (size_t i = 0; i < NB_ARRAY_SIZE(plans); i++) {
		struct stage stage;
		size_t all, n;

		set_stage(&w, &plans[i], &stage);
		all = stage.n_ops * 4; /* kinds of faults */
		n = points ? points / NB_ARRAY_SIZE(plans) : all;
		for (size_t k = 0; k < n && all; k++) {
			size_t at = points ? k * all / n + k % 4 * 5 : k;

			at %= all;
			point(&w, &stage, (unsigned)(at / 4) + 1,
				(enum fault_kind)(FAULT_KILL_BEFORE + at % 4),
				(k + i) % 2);
		}
		clear_stage(&w, &stage);
	}
	nb_exec_free(w.exec);
	nb_rundir_close(&w.rundir);
	nb_memory_done(&w.memory);
	nb_diag_done(&w.diag);
	nb_text_done(&w.log);
	printf("%u passed, %u failed\n", passed, failed);
	return failed || !passed;
}
