/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "daemon/once.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "lib/core/converge.h"
#include "lib/nl/execute.h"
#include "lib/yaml/desired.h"
#include "lib/yaml/rundir.h"
#include "lib/yaml/trial.h"

#define EXIT_CONVERGED 0
#define EXIT_ERROR 1
#define EXIT_DIFFERS 2

struct once {
	const struct nbd_once_options *options;
	struct nb_rundir rundir;
	struct nb_config *config;
	struct nb_memory memory;
	struct nb_state *owed; /* by a run that was cut off */
	struct nb_diag diag;
	size_t told; /* problems printed so far */
	bool applied_saved;
};

/* Prints what was added since the last call, in order: errors stand beside what they are about. */
static void tell_problems(struct once *once)
{
	for (; once->told < once->diag.n_problems; once->told++) {
		NB_CLEANUP(nb_text_done) struct nb_text text = { 0 };

		nb_diag_format(&once->diag, &once->diag.problems[once->told], &text);
		fflush(stdout);
		fputs(text.text ? text.text : "error: out of memory\n", stderr);
	}
}

static int fail(struct once *once, const char *object, int error, const char *what)
{
	if (error != -EBADMSG)
		nb_diag_error(&once->diag, NULL, object, "%s: %s", what, strerror(-error));
	return error;
}

static int open_rundir(struct once *once)
{
	const char *path = once->options->runtime_dir;
	int r = nb_rundir_open(&once->rundir, path, true);

	if (r == -EBUSY) {
		nb_diag_error(&once->diag, NULL, path, "another netbondd works there");
		nb_diag_hint(&once->diag, "ask it: netbondctl apply; or stop it first");
		return -EBADMSG;
	}
	if (r < 0) {
		fail(once, path, r, "the run directory cannot be used");
		nb_diag_hint(&once->diag, "run as root, or name another one with --runtime-dir DIR");
		return -EBADMSG;
	}
	r = nb_rundir_load_memory(&once->rundir, &once->memory, &once->diag);
	return r < 0 ? r : nb_rundir_load_owed(&once->rundir, &once->owed, &once->diag);
}

static int load_config(struct once *once)
{
	const struct nb_desired desired = {
		.files = once->options->files,
		.n_files = once->options->n_files,
		.exact = once->options->exact,
		.config_dir = once->options->config_dir,
	};

	return nb_desired_load(&desired, &once->rundir, &once->config, &once->diag);
}

static int save_applied(struct once *once)
{
	int r;

	if (once->applied_saved)
		return 0;
	r = nb_rundir_save_applied(&once->rundir, once->config);
	if (r < 0)
		return fail(once, once->rundir.path, r, "the applied configuration cannot be kept");
	/* What was being tried when the daemon ended is no more: it would take this back. */
	r = nb_trial_remove(&once->rundir);
	if (r < 0)
		return fail(once, once->rundir.path, r, "the try that was under way cannot be ended");
	once->applied_saved = true;
	return 0;
}

/* Before the first operation: a crash from here on goes on towards this configuration. */
static int on_planned(void *context, const struct nb_plan *plan, const struct nb_target *target)
{
	return save_applied(context);
}

static void on_after(
	void *context, const struct nb_op *op, int r, const struct nb_exec_error *error)
{
	const struct once *once = context;
	NB_CLEANUP(nb_text_done) struct nb_text text = { 0 };

	if (once->options->quiet)
		return;
	nb_op_describe(op, &text);
	printf("%s: %-7s %s%s%s\n", *op->goal ? op->goal : op->namespace, nb_class_name(op->class),
		text.text ? text.text : "", r < 0 ? ": FAILED: " : "", r < 0 ? error->text : "");
}

static int on_remember(void *context, const struct nb_memory *memory)
{
	struct once *once = context;
	int r = nb_rundir_save_memory(&once->rundir, memory);

	return r < 0 ? fail(once, once->rundir.path, r, "what was made cannot be remembered") : 0;
}

static int on_owe(void *context, const struct nb_state *owed)
{
	struct once *once = context;
	int r = nb_rundir_save_owed(&once->rundir, owed);

	return r < 0 ? fail(once, once->rundir.path, r, "what is to be put back cannot be kept") : 0;
}

static const struct nb_converge_hooks hooks = {
	.planned = on_planned,
	.after = on_after,
	.remember = on_remember,
	.owe = on_owe,
};

static uint64_t now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_BOOTTIME, &ts);
	return (uint64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

static void tell_held(const struct nb_plan *plan)
{
	for (size_t i = 0; i < plan->n_held; i++) {
		const struct nb_held *held = &plan->held[i];
		NB_CLEANUP(nb_text_done) struct nb_text release = { 0 };

		if (held->blocked)
			continue;
		nb_held_release(held, &release);
		printf("held: %s: %s%s%s%s\n      to do it: %s\n", held->goal, held->text,
			held->why ? " (" : "", held->why ? held->why : "", held->why ? ")" : "",
			release.text ? release.text : "");
	}
}

static int conclude(struct once *once, const struct nb_converge *c)
{
	const char *s = c->done == 1 ? "" : "s";
	char plans[32] = "";

	/* One plan is the rule; more mean that something failed or came in between. */
	if (c->passes > 1)
		snprintf(plans, sizeof(plans), " in %u plans", c->passes);

	if (c->plan)
		tell_held(c->plan);
	switch (c->result) {
	case NB_RESULT_CONVERGED:
		if (!once->options->quiet && c->done)
			printf("converged: %zu operation%s%s\n", c->done, s, plans);
		else if (!once->options->quiet)
			printf("converged: nothing to do\n");
		return EXIT_CONVERGED;
	case NB_RESULT_HELD:
		printf("held: %zu operation%s done%s, differences stay\n", c->done, s, plans);
		return EXIT_DIFFERS;
	case NB_RESULT_PENDING:
		printf("pending: %zu operation%s done%s, the rest waits for links\n", c->done, s,
			plans);
		return EXIT_DIFFERS;
	case NB_RESULT_FAILED:
		printf("failed: %zu operation%s done%s\n", c->done, s, plans);
		return EXIT_ERROR;
	}
	return EXIT_ERROR;
}

static volatile sig_atomic_t interrupted;

static void on_interrupt(int number)
{
	static const char text[] = "netbondd: finishing what is under way, so that no bond stays down\n";

	interrupted = number;
	if (write(STDERR_FILENO, text, sizeof(text) - 1) < 0)
		return;
}

/* The terminal may hang on the very bond that is down for a moment: no signal ends it there. */
static void hold_signals(void)
{
	const struct sigaction ignore = { .sa_handler = SIG_IGN };
	const struct sigaction finish = { .sa_handler = on_interrupt, .sa_flags = SA_RESTART };

	sigaction(SIGHUP, &ignore, NULL);
	sigaction(SIGPIPE, &ignore, NULL);
	sigaction(SIGINT, &finish, NULL);
	sigaction(SIGTERM, &finish, NULL);
}

static int converge(struct once *once, struct nb_exec *exec)
{
	const struct nbd_once_options *options = once->options;
	struct nb_converge c = {
		.config = once->config,
		.memory = &once->memory,
		.exec = &nb_exec_netlink,
		.exec_context = exec,
		.hooks = &hooks,
		.hook_context = once,
		.limit = options->limit_given ? options->limit
					      : once->config->settings.auto_disruption,
		.asked = options->limit_given,
		.reorder = options->reorder,
		.force = options->force,
	};
	int status = EXIT_ERROR, r = 0;

	nb_desired_spare_mac(c.spare_mac);
	nb_exec_want_drivers(exec, nb_config_wants_drivers(once->config));
	nb_converge_owe(&c, nb_steal(&once->owed));
	nb_converge_start(&c);
	hold_signals();
	while (r == 0 && c.state != NB_CONVERGE_DONE) {
		unsigned sleep_ms;

		r = nb_converge_step(&c, now_ms(), &sleep_ms, &once->diag);
		tell_problems(once);
		/* Before a wait nothing is half done. */
		if (r == 0 && sleep_ms && interrupted)
			r = -EINTR;
		else if (r == 0 && sleep_ms)
			poll(NULL, 0, sleep_ms);
	}
	if (r < 0)
		fail(once, NULL, r, "gave up");
	else if (c.result != NB_RESULT_FAILED || c.done)
		r = save_applied(once);
	if (r == 0)
		status = conclude(once, &c);
	nb_converge_done(&c);
	return status;
}

int nbd_once(const struct nbd_once_options *options)
{
	struct once once = { .options = options, .rundir = NB_RUNDIR_CLOSED };
	NB_CLEANUP(nb_exec_freep) struct nb_exec *exec = NULL;
	int status = EXIT_ERROR;
	int r = open_rundir(&once);

	if (r == 0)
		r = load_config(&once);
	nb_diag_sort(&once.diag);
	if (r == 0)
		r = nb_exec_new(&exec);
	if (r < 0)
		fail(&once, NULL, r, "netbondd");
	tell_problems(&once);
	if (r == 0)
		status = converge(&once, exec);
	tell_problems(&once);
	nb_config_free(once.config);
	nb_memory_done(&once.memory);
	nb_state_free(once.owed);
	nb_diag_done(&once.diag);
	nb_rundir_close(&once.rundir);
	return status;
}
