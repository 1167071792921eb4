/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* netbondctl reload, failover, pause: one call each. */
#include <errno.h>
#include <string.h>

#include "cli/args.h"
#include "cli/client.h"
#include "cli/duration.h"
#include "cli/problems.h"
#include "cli/result.h"
#include "cli/term.h"

#define PAUSE_DEFAULT "1h"

static const struct {
	const char *result;
	const char *text;
	int status;
} results[] = {
	{ "converged", "everything is as configured", NBC_OK },
	{ "held", "what disrupts more is held back: `netbondctl status` shows it, and what "
		  "releases it", NBC_DIFFERS },
	{ "pending", "the rest waits for links: `netbondctl status` shows which", NBC_DIFFERS },
	{ "failed", "not all could be done: `journalctl -u netbondd` tells why, `netbondctl plan` "
		    "what is left", NBC_ERROR },
};

int nbc_tell_result(const struct nbc *nbc, const char *result)
{
	for (size_t i = 0; i < NB_ARRAY_SIZE(results); i++) {
		NB_CLEANUP(nb_text_done) struct nb_text text = { 0 };

		if (!nb_streq(results[i].result, result))
			continue;
		nb_text_add(&text, "%s: %s", result, results[i].text);
		if (results[i].status == NBC_ERROR)
			nbc_tell(nbc, "%s", nbc_text_of(&text));
		else
			nbc_wrap(nbc, nbc->out, nbc_text_of(&text), 0, 0);
		return results[i].status;
	}
	nbc_tell(nbc, "netbondd ended with \"%s\", which this netbondctl does not know", result);
	return NBC_ERROR;
}

int nbc_reload(struct nbc *nbc, const struct nbc_args *args)
{
	NB_CLEANUP(nbc_client_done) struct nbc_client client = { 0 };
	NB_CLEANUP(nbc_message_unrefp) sd_bus_message *reply = NULL;
	const char *result;
	int r;

	if (nbc_client_open(&client, nbc, args) < 0 ||
		nbc_client_call(&client, NBC_BUS_PATH, NBC_BUS_MANAGER, "Reload", &reply, "") < 0)
		return NBC_ERROR;
	r = sd_bus_message_read(reply, "s", &result);
	if (r < 0) {
		nbc_client_failed(&client, r);
		return NBC_ERROR;
	}
	return nbc_tell_result(nbc, result);
}

int nbc_failover(struct nbc *nbc, const struct nbc_args *args)
{
	NB_CLEANUP(nbc_client_done) struct nbc_client client = { 0 };
	const char *bond = args->words[0], *slave = args->words[1];

	if (nbc_client_open(&client, nbc, args) < 0 ||
		nbc_client_call(&client, NBC_BUS_PATH, NBC_BUS_MANAGER, "Failover", NULL, "ssb", bond,
			slave, nbc_args_has(args, NBC_ONCE)) < 0)
		return NBC_ERROR;
	fprintf(nbc->out, "%s: %s is the active slave\n", bond, slave);
	return NBC_OK;
}

int nbc_pause(struct nbc *nbc, const struct nbc_args *args)
{
	NB_CLEANUP(nbc_client_done) struct nbc_client client = { 0 };
	const char *bond = args->words[0];
	const char *time = args->n_words > 1 ? args->words[1] : PAUSE_DEFAULT;
	NB_CLEANUP(nb_text_done) struct nb_text text = { 0 };
	bool off = nb_streq(time, "off");
	uint64_t usec = 0;

	if (!off && (nbc_duration_parse(time, &usec) < 0 || usec == 0)) {
		NB_CLEANUP(nb_text_done) struct nb_text quoted = { 0 };

		nb_text_quote(&quoted, time);
		nbc_tell(nbc, "%s is no time: write 30s, 5m, 2h or 1h30m, or off to end a pause",
			nbc_text_of(&quoted));
		return NBC_ERROR;
	}
	if (nbc_client_open(&client, nbc, args) < 0 ||
		nbc_client_call(&client, NBC_BUS_PATH, NBC_BUS_MANAGER, "Pause", NULL, "st", bond,
			usec) < 0)
		return NBC_ERROR;
	if (off)
		nb_text_add(&text, "%s: no longer paused", bond);
	else
		nb_text_add(&text, "%s: changes made by others are left alone for %s:\n"
			"`%s pause %s off` ends this", bond, time, nbc->program, bond);
	nbc_wrap(nbc, nbc->out, nbc_text_of(&text), 0, 0);
	return NBC_OK;
}
