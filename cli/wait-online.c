/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* netbondctl wait-online: until bonds can be used. */
#include <errno.h>
#include <limits.h>
#include <inttypes.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "cli/args.h"
#include "cli/duration.h"
#include "cli/problems.h"
#include "cli/summary.h"

#define TIMEOUT_DEFAULT "2m"
#define STEP_USEC UINT64_C(1000000)

static uint64_t now_usec(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000 + (uint64_t)now.tv_nsec / 1000;
}

/* The partner's MAC is zero until it was heard (bond_3ad_get_active_agg_info()). */
static bool lacks_partner(struct json_object *bond)
{
	const char *mac = nbc_get_text(nbc_get(bond, "ad-info"), "partner-mac");

	return nb_streq(nbc_get_text(bond, "mode"), nb_mode_name(BOND_MODE_8023AD)) &&
	       (!*mac || nb_streq(mac, "00:00:00:00:00:00"));
}

/* Append what @bond lacks, most basic first; nothing when it can be used. */
static void say_lack(const struct nbc_objects *objects, struct json_object *bond,
	struct nb_text *out)
{
	struct nbc_summary s = nbc_summarise(objects, bond);
	uint64_t required = nbc_get_number(bond, "required-slaves");

	if (nb_streq(s.state, "missing"))
		nb_text_add(out, "is not there");
	else if (!nbc_get_bool(bond, "up", false))
		nb_text_add(out, "is down");
	else if (s.n_usable < required)
		nb_text_add(out, "has %zu usable slave%s, needs %" PRIu64 "%s", s.n_usable,
			s.n_usable == 1 ? "" : "s", required,
			lacks_partner(bond) ? ", and has heard no LACP partner" : "");
	else if (!nbc_get_bool(bond, "carrier", false))
		nb_text_add(out, "has no carrier");
	else if (lacks_partner(bond))
		nb_text_add(out, "has heard no LACP partner");
	else if (nbc_list_length(bond, "unready-addresses"))
		nb_text_add(out, "has an address that is not usable yet: %s",
			nbc_list_text(bond, "unready-addresses", 0));
}

/* Append why slaves are missing: what is waited for, and what is held, with what releases it. */
static void say_missing(const struct nbc *nbc, struct json_object *bond, struct nb_text *out)
{
	size_t n = nbc_list_length(bond, "waiting"), n_held = nbc_list_length(bond, "held");

	for (size_t i = 0; i < n; i++)
		nb_text_add(out, "%s%s", i ? ", " : "; waits for ", nbc_list_text(bond, "waiting", i));
	nb_text_add(out, "\n");
	for (size_t i = 0; i < n_held; i++)
		nb_text_add(out, "      held: %s\n", nbc_list_text(bond, "held", i));
	if (n_held)
		nb_text_add(out, "      `%s apply --allow CLASS` does what is held\n", nbc->program);
}

/* Without words those that the configuration requires. */
static bool is_awaited(const struct nbc_args *args, struct json_object *bond)
{
	return args->n_words ||
	       (*nbc_get_text(bond, "key") && nbc_get_bool(bond, "required", true));
}

#define NOT_READY INT_MAX

/* Return: how many are not online, or NOT_READY; < 0 told. @out: a line for each. */
static int count_lacking(struct nbc_client *c, const struct nbc_args *args, struct nb_text *out)
{
	NB_CLEANUP(nbc_objects_done) struct nbc_objects objects = { 0 };
	NB_CLEANUP(nb_json_putp) struct json_object *bonds = NULL;
	int n = 0, r = nbc_objects_get(c, &objects);

	/* Before its first look it lists no bond, which is not the same as that all are online. */
	if (r == 0 && !nbc_get_bool(objects.manager, "ready", true)) {
		nb_text_add(out, "netbondd has not looked at the kernel yet\n");
		return NOT_READY;
	}
	if (r == 0)
		r = nbc_objects_select(c->nbc, &objects, args, &bonds);
	for (size_t i = 0; r == 0 && i < json_object_array_length(bonds); i++) {
		struct json_object *bond = json_object_array_get_idx(bonds, i);
		NB_CLEANUP(nb_text_done) struct nb_text lack = { 0 };

		if (is_awaited(args, bond))
			say_lack(&objects, bond, &lack);
		if (!lack.length)
			continue;
		nbc_bond_title(bond, out);
		nb_text_add(out, " %s", nbc_text_of(&lack));
		say_missing(c->nbc, bond, out);
		n++;
	}
	return r < 0 ? r : n;
}

static int on_signal(sd_bus_message *m, void *context, sd_bus_error *error)
{
	return 0;
}

/* The daemon's signals wake earlier than the step. Return: < 0 the daemon is gone. */
static int wait_step(struct nbc_client *c, uint64_t usec)
{
	int r = nbc_client_wait(c, usec, NULL);

	/* What came together is looked at once. */
	while (r > 0)
		r = nbc_client_wait(c, 0, NULL);
	return r;
}

static int open_listening(
	struct nbc_client *c, const struct nbc *nbc, const struct nbc_args *args)
{
	int r = nbc_client_open(c, nbc, args);

	return r < 0 ? r : nbc_client_listen(c, "", on_signal, NULL);
}

/* Until when, and what is known so far. */
struct wait {
	const struct nbc_args *args;
	uint64_t end;	      /* now_usec() */
	bool seen;	      /* the daemon was there once */
	bool found;	      /* and knew the bonds */
	struct nb_text lacks; /* a line for each bond that is not online */
};

/* With one connection. Return: 0 online; -ETIME not; another negative errno, told to @nbc. */
static int wait_connected(struct wait *w, const struct nbc *nbc)
{
	NB_CLEANUP(nbc_client_done) struct nbc_client client = { 0 };
	int r = open_listening(&client, nbc, w->args);

	w->seen = w->seen || r >= 0;
	while (r >= 0) {
		uint64_t now;

		nb_text_done(&w->lacks);
		r = count_lacking(&client, w->args, &w->lacks);
		/* Of bonds that were there and are not any more the daemon may be told again. */
		w->seen = w->seen && (w->found || r != -ENOENT);
		w->found = w->found || (r >= 0 && r != NOT_READY);
		if (r <= 0)
			return r;
		now = now_usec();
		if (now >= w->end)
			return -ETIME;
		r = wait_step(&client, NB_MIN(w->end - now, STEP_USEC));
	}
	return r;
}

/* The same; what goes wrong is told into *@ret, NULL = no memory. */
static int try_connected(struct wait *w, const struct nbc *nbc, char **ret)
{
	struct nbc silent = *nbc;
	size_t size;
	int r;

	*ret = NULL;
	silent.err = open_memstream(ret, &size);
	if (!silent.err)
		return -ENOMEM;
	r = wait_connected(w, &silent);
	fclose(silent.err);
	return r;
}

/* Both the daemon and the bus may be restarted meanwhile: only the first failure is final. */
static int wait_online(struct wait *w, const struct nbc *nbc)
{
	for (;;) {
		NB_CLEANUP(nb_freep) char *told = NULL;
		int r = try_connected(w, nbc, &told);
		uint64_t now = now_usec();

		if (r == 0 || r == -ETIME)
			return r;
		if (!w->seen || now >= w->end) {
			fputs(told ? told : "", nbc->err);
			return r;
		}
		usleep((useconds_t)NB_MIN(w->end - now, STEP_USEC / 2));
	}
}

int nbc_wait_online(struct nbc *nbc, const struct nbc_args *args)
{
	const char *time = nbc_args_value(args, NBC_TIMEOUT);
	struct wait wait = { .args = args };
	uint64_t timeout;
	int r;

	if (nbc_duration_parse(time ? time : TIMEOUT_DEFAULT, &timeout) < 0) {
		nbc_tell(nbc, "--timeout takes a time: 30s, 2m; 0 looks once");
		return NBC_ERROR;
	}
	wait.end = now_usec() + timeout;
	r = wait_online(&wait, nbc);
	if (r == -ETIME) {
		nbc_tell(nbc, "not online%s%s (`%s status` shows more):", timeout ? " within " : "",
			timeout ? (time ? time : TIMEOUT_DEFAULT) : "", nbc->program);
		nbc_tell_lines(nbc, nbc_text_of(&wait.lacks));
	}
	nb_text_done(&wait.lacks);
	return r < 0 ? NBC_ERROR : NBC_OK;
}
