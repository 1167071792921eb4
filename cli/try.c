/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* netbondctl try, confirm, rollback: a change that goes back by itself. */
#include <errno.h>
#include <poll.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "cli/args.h"
#include "cli/duration.h"
#include "cli/objects.h"
#include "cli/ping.h"
#include "cli/plan-text.h"
#include "cli/problems.h"
#include "cli/request.h"
#include "cli/term.h"
#include "cli/transaction.h"

#define TIMEOUT_DEFAULT UINT64_C(60000000)
#define LOOK_USEC 250000
#define PING_USEC UINT64_C(20000000) /* a host that answered before is given that long */

struct trial {
	struct nbc *nbc;
	const struct nbc_args *args;
	struct nbc_client client;
	struct nbc_transaction transaction;
	uint64_t timeout_usec;
	const char **probes; /* of @args */
	bool *answers;	     /* to ping, before */
	size_t n_probes;
	bool here;	     /* the daemon is on this machine */
	bool on_terminal;
	bool shows_line;     /* the countdown stands on the last line */
	bool pinged;
	uint64_t in_force;   /* since when; 0 = not yet */
};

static volatile sig_atomic_t interrupted;

static void on_interrupt(int number)
{
	interrupted = 1;
}

static uint64_t now_usec(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_BOOTTIME, &ts);
	return (uint64_t)ts.tv_sec * 1000000 + (uint64_t)ts.tv_nsec / 1000;
}

static void trial_done(struct trial *t)
{
	nbc_client_done(&t->client);
	nbc_transaction_done(&t->transaction);
	free(t->probes);
	free(t->answers);
}

/* Before */

static int read_options(struct trial *t)
{
	const char *text = nbc_args_value(t->args, NBC_TIMEOUT);

	t->timeout_usec = TIMEOUT_DEFAULT;
	if (text && (nbc_duration_parse(text, &t->timeout_usec) < 0 || t->timeout_usec < 5000000 ||
			    t->timeout_usec > UINT64_C(86400000000))) {
		nbc_tell(t->nbc, "--timeout takes a time from 5s to 1d: 60s, 5m");
		return -EINVAL;
	}
	t->here = !nbc_args_has(t->args, NBC_HOST) && !nbc_args_has(t->args, NBC_MACHINE);
	t->on_terminal = isatty(STDIN_FILENO) && isatty(fileno(t->nbc->out));
	t->probes = calloc(t->args->n_given + 1, sizeof(*t->probes));
	t->answers = calloc(t->args->n_given + 1, sizeof(*t->answers));
	if (!t->probes || !t->answers)
		nbc_die_of_memory();
	for (size_t i = 0; i < t->args->n_given; i++) {
		if (t->args->given[i].id == NBC_PROBE)
			t->probes[t->n_probes++] = t->args->given[i].value;
	}
	return 0;
}

/* The daemon asks neighbours; what lies farther away only ping can. */
static void ping_before(struct trial *t)
{
	for (size_t i = 0; i < t->n_probes && t->here; i++) {
		int r = nbc_ping(t->probes[i]);

		t->answers[i] = r > 0;
		if (r == -ENOENT) {
			nbc_tell(t->nbc, "there is no ping here: probes are only asked as neighbours");
			return;
		}
	}
}

static int begin(struct trial *t, const struct nbc_request *request, const char *token)
{
	NB_CLEANUP(nbc_message_unrefp) sd_bus_message *call = NULL, *reply = NULL;
	const char *path;
	int r = nbc_client_message(&t->client, NBC_BUS_PATH, NBC_BUS_MANAGER, "Try", &call);

	if (r == 0)
		r = nbc_request_append(&t->client, request, call);
	if (r < 0)
		return r;
	r = sd_bus_message_append(call, "st", token, t->timeout_usec);
	if (r >= 0)
		r = sd_bus_message_append_strv(call, (char **)t->probes);
	if (r >= 0)
		r = sd_bus_message_append(call, "b", t->here);
	if (r < 0)
		return nbc_client_failed(&t->client, r);
	r = nbc_client_send(&t->client, call, &reply);
	if (r < 0)
		return r;
	r = sd_bus_message_read(reply, "o", &path);
	if (r < 0)
		return nbc_client_failed(&t->client, r);
	t->transaction.path = strdup(path);
	if (!t->transaction.path)
		nbc_die_of_memory();
	return 0;
}

/* While it is in force */

static void end_line(struct trial *t)
{
	if (t->shows_line)
		fputc('\n', t->nbc->out);
	t->shows_line = false;
}

static int call_transaction(struct trial *t, const char *method, const char *types, ...)
{
	NB_CLEANUP(nbc_message_unrefp) sd_bus_message *call = NULL;
	int r = nbc_client_message(
		&t->client, t->transaction.path, NBC_BUS_TRANSACTION, method, &call);
	va_list args;

	if (r < 0)
		return r;
	va_start(args, types);
	r = sd_bus_message_appendv(call, types, args);
	va_end(args);
	return r < 0 ? nbc_client_failed(&t->client, r) : nbc_client_send(&t->client, call, NULL);
}

static void show_countdown(struct trial *t, uint64_t remaining, bool probing)
{
	fprintf(t->nbc->out, "\rIn force, goes back in %3u s. %sKeep it? [y = keep, n = go back, "
		"e = more time] ", (unsigned)(remaining / 1000000),
		probing ? "(probing) " : "");
	fflush(t->nbc->out);
	t->shows_line = true;
}

/* Return: 0; a negative errno, told. */
static int take_answer(struct trial *t)
{
	struct pollfd fd = { .fd = STDIN_FILENO, .events = POLLIN };
	char answer[16];

	if (poll(&fd, 1, 0) <= 0)
		return 0;
	t->shows_line = false;
	if (!fgets(answer, sizeof(answer), stdin)) {
		t->on_terminal = false; /* nobody answers any more; the countdown goes on */
		return 0;
	}
	switch (*answer) {
	case 'y':
	case 'Y':
		return call_transaction(t, "Confirm", "");
	case 'n':
	case 'N':
		return call_transaction(t, "Rollback", "s", "asked for");
	case 'e':
	case 'E':
		return call_transaction(t, "Extend", "t", UINT64_C(0));
	default:
		return 0;
	}
}

/* Return: whether one that answered before is silent too long. */
static bool is_silent(struct trial *t)
{
	for (size_t i = 0; i < t->n_probes; i++) {
		NB_CLEANUP(nb_text_done) struct nb_text why = { 0 };

		if (!t->answers[i])
			continue;
		if (nbc_ping(t->probes[i]) > 0) {
			t->answers[i] = false; /* it did, nothing more is asked of it */
			continue;
		}
		if (now_usec() - t->in_force < NB_MIN(PING_USEC, t->timeout_usec / 2))
			return false;
		nb_text_add(&why, "%s answered a ping before the change, now it does not",
			t->probes[i]);
		end_line(t);
		call_transaction(t, "Rollback", "s", nbc_text_of(&why));
		return true;
	}
	t->pinged = true;
	return false;
}

static int explain_interrupt(struct trial *t)
{
	end_line(t);
	fprintf(t->nbc->out,
		"The countdown goes on in the daemon: `%s confirm` keeps the change, `%s rollback` "
		"goes back now, `%s status` shows what is left.\n",
		t->nbc->program, t->nbc->program, t->nbc->program);
	return NBC_ERROR;
}

static void say_in_force(struct trial *t, uint64_t remaining)
{
	NB_CLEANUP(nb_text_done) struct nb_text time = { 0 };

	nbc_duration_say((remaining + 500000) / 1000000 * 1000000, &time);
	fprintf(t->nbc->out,
		"In force, and goes back by itself in %s: `%s confirm` keeps it, `%s rollback` goes "
		"back now.\n",
		nbc_text_of(&time), t->nbc->program, t->nbc->program);
}

/* One look at a try that is in force. Return: 1 go on; 0 leave it to the daemon; -errno, told. */
static int attend(struct trial *t, bool probing, uint64_t remaining)
{
	if (!t->in_force)
		t->in_force = now_usec();
	if (!t->pinged && is_silent(t))
		return 1;
	if (t->on_terminal) {
		int r = take_answer(t);

		if (r == 0 && !t->transaction.result)
			show_countdown(t, remaining, probing || !t->pinged);
		return r < 0 ? r : 1;
	}
	if (probing || !t->pinged)
		return 1;
	say_in_force(t, remaining);
	return 0;
}

static int say_end(struct trial *t)
{
	const char *result = t->transaction.result;
	NB_CLEANUP(nb_json_putp) struct json_object *now = NULL;

	end_line(t);
	if (nb_streq(result, "confirmed")) {
		fprintf(t->nbc->out, "confirmed: it stays\n");
		if (t->args->n_words)
			fprintf(t->nbc->out, "This is not kept over a reboot: to keep it, put it into "
				"/etc/netbond.\n");
		return NBC_OK;
	}
	if (nbc_client_properties(&t->client, t->transaction.path, NBC_BUS_TRANSACTION, &now) < 0)
		return NBC_ERROR;
	if (nb_streq(result, "rolled-back"))
		nbc_tell(t->nbc, "rolled back (%s): all is as it was before", nbc_get_text(now, "why"));
	else
		nbc_tell(t->nbc, "rolled back (%s), but not all of it could be done: `journalctl -u "
			"netbondd` tells why, `%s plan` what is left",
			nbc_get_text(now, "why"), t->nbc->program);
	return NBC_ERROR;
}

/* Return: an enum nbc_exit. */
static int follow(struct trial *t)
{
	while (!t->transaction.result) {
		NB_CLEANUP(nb_json_putp) struct json_object *now = NULL;
		const char *state;
		int r = nbc_client_wait(&t->client, LOOK_USEC, NULL);

		if (interrupted)
			return explain_interrupt(t);
		if (r < 0 && r != -EINTR)
			return NBC_ERROR;
		if (r > 0 || t->transaction.result)
			continue;
		if (nbc_client_properties(&t->client, t->transaction.path, NBC_BUS_TRANSACTION,
			    &now) < 0)
			return NBC_ERROR;
		state = nbc_get_text(now, "state");
		if (!nb_streq(state, "waiting") && !nb_streq(state, "probing"))
			continue;
		r = attend(t, nb_streq(state, "probing"), nbc_get_number(now, "remaining"));
		if (r <= 0)
			return r < 0 ? NBC_ERROR : NBC_OK;
	}
	return say_end(t);
}

static int run_trial(struct trial *t, const struct nbc_request *request, const char *token)
{
	const struct sigaction action = { .sa_handler = on_interrupt };

	ping_before(t);
	if (nbc_transaction_listen(&t->client, &t->transaction) < 0 || begin(t, request, token) < 0)
		return NBC_ERROR;
	sigaction(SIGINT, &action, NULL);
	return follow(t);
}

int nbc_try(struct nbc *nbc, const struct nbc_args *args)
{
	NB_CLEANUP(trial_done) struct trial t = { .nbc = nbc, .args = args, .transaction.nbc = nbc };
	NB_CLEANUP(nbc_request_done) struct nbc_request request = { 0 };
	NB_CLEANUP(nb_json_putp) struct json_object *doc = NULL;

	if (read_options(&t) < 0 || nbc_request_read(nbc, args, &request) < 0 ||
		nbc_client_open(&t.client, nbc, args) < 0 ||
		nbc_request_plan(&t.client, &request, &doc) < 0)
		return NBC_ERROR;
	nbc_tell_notes(nbc, doc);
	nbc_plan_print(nbc, doc);
	fflush(nbc->out);
	if (nbc_list_length(doc, "operations") == 0) {
		fprintf(nbc->out, "There is nothing to try.\n");
		return nbc_list_length(doc, "held") ? NBC_DIFFERS : NBC_OK;
	}
	if (!nbc_is_agreed(nbc, nbc_get_text(doc, "class"), "Try it?"))
		return NBC_ERROR;
	return run_trial(&t, &request, nbc_get_text(doc, "token"));
}

/* confirm and rollback */

/* The try that is under way. Return: 0; a negative errno, told. */
static int find(struct trial *t)
{
	NB_CLEANUP(nb_json_putp) struct json_object *manager = NULL;
	const char *path;
	int r = nbc_client_properties(&t->client, NBC_BUS_PATH, NBC_BUS_MANAGER, &manager);

	if (r < 0)
		return r;
	path = nbc_get_text(manager, "trying");
	if (!*path || nb_streq(path, "/")) {
		nbc_tell(t->nbc, "nothing is being tried: `%s try` begins it", t->nbc->program);
		return -ENOENT;
	}
	t->transaction.path = strdup(path);
	if (!t->transaction.path)
		nbc_die_of_memory();
	return 0;
}

int nbc_confirm(struct nbc *nbc, const struct nbc_args *args)
{
	NB_CLEANUP(trial_done) struct trial t = { .nbc = nbc, .args = args, .transaction.nbc = nbc };

	if (nbc_client_open(&t.client, nbc, args) < 0 || find(&t) < 0 ||
		call_transaction(&t, "Confirm", "") < 0)
		return NBC_ERROR;
	fprintf(nbc->out, "confirmed: it stays\n");
	return NBC_OK;
}

int nbc_rollback(struct nbc *nbc, const struct nbc_args *args)
{
	NB_CLEANUP(trial_done) struct trial t = { .nbc = nbc, .args = args, .transaction.nbc = nbc };

	if (nbc_client_open(&t.client, nbc, args) < 0 || find(&t) < 0 ||
		nbc_transaction_listen(&t.client, &t.transaction) < 0 ||
		call_transaction(&t, "Rollback", "s", "asked for") < 0)
		return NBC_ERROR;
	while (!t.transaction.result) {
		if (nbc_client_wait(&t.client, UINT64_MAX, NULL) < 0)
			return NBC_ERROR;
	}
	if (!nb_streq(t.transaction.result, "rolled-back"))
		return say_end(&t);
	fprintf(nbc->out, "rolled back: all is as it was before\n");
	return NBC_OK;
}
