/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* netbondctl apply: make a configuration true. */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "cli/args.h"
#include "cli/objects.h"
#include "cli/plan-text.h"
#include "cli/problems.h"
#include "cli/request.h"
#include "cli/result.h"
#include "cli/term.h"

/* A transaction while it runs. */
struct running {
	const struct nbc *nbc;
	const char *path;
	char *result; /* NULL until it ends */
};

static int on_progress(sd_bus_message *m, void *context, sd_bus_error *error)
{
	struct running *running = context;
	const char *text;
	unsigned done, total;

	if (!nb_streq(sd_bus_message_get_path(m), running->path) ||
		sd_bus_message_read(m, "uus", &done, &total, &text) < 0)
		return 0;
	fprintf(running->nbc->out, "operation %u of %u: %s\n", done, total, text);
	fflush(running->nbc->out);
	return 0;
}

static int on_finished(sd_bus_message *m, void *context, sd_bus_error *error)
{
	struct running *running = context;
	const char *path, *result;

	if (running->result || sd_bus_message_read(m, "os", &path, &result) < 0 ||
		!nb_streq(path, running->path))
		return 0;
	running->result = strdup(result);
	if (!running->result)
		nbc_die_of_memory();
	return 0;
}

static int listen_transaction(struct nbc_client *c, struct running *running)
{
	int r = nbc_client_listen(
		c, "interface='" NBC_BUS_TRANSACTION "',member='Progress'", on_progress, running);

	if (r == 0)
		r = nbc_client_listen(c, "interface='" NBC_BUS_MANAGER "',member='TransactionFinished'",
			on_finished, running);
	return r;
}

/* Only somebody who sees the plan and can answer is asked. */
static bool is_agreed(const struct nbc *nbc, const char *class)
{
	char answer[16] = "";

	if (nb_streq(class, nb_class_name(NB_CLASS_LIVE)) || !isatty(STDIN_FILENO) ||
		!isatty(fileno(nbc->out)))
		return true;
	fprintf(nbc->out, "This disrupts traffic (class %s). Apply it? [y/N] ", class);
	fflush(nbc->out);
	if (fgets(answer, sizeof(answer), stdin) && (answer[0] == 'y' || answer[0] == 'Y'))
		return true;
	fprintf(nbc->out, "Nothing was changed.\n");
	return false;
}

static int run_transaction(
	struct nbc_client *c, const struct nbc_request *request, const char *token)
{
	NB_CLEANUP(nb_freep) char *path = NULL;
	struct running running = { .nbc = c->nbc };
	int status, r;

	/* Before the call: else a quick end is missed. */
	r = listen_transaction(c, &running);
	if (r == 0)
		r = nbc_request_apply(c, request, token, &path);
	running.path = path;
	while (r >= 0 && !running.result)
		r = nbc_client_wait(c, UINT64_MAX, NULL);
	status = running.result ? nbc_tell_result(c->nbc, running.result) : NBC_ERROR;
	free(running.result);
	return status;
}

int nbc_apply(struct nbc *nbc, const struct nbc_args *args)
{
	NB_CLEANUP(nbc_client_done) struct nbc_client client = { 0 };
	NB_CLEANUP(nbc_request_done) struct nbc_request request = { 0 };
	NB_CLEANUP(nb_json_putp) struct json_object *doc = NULL;
	NB_CLEANUP(nb_text_done) struct nb_text text = { 0 };
	int status;

	if (nbc_request_read(nbc, args, &request) < 0 || nbc_client_open(&client, nbc, args) < 0 ||
		nbc_request_plan(&client, &request, &doc) < 0)
		return NBC_ERROR;
	nbc_tell_notes(nbc, doc);
	nbc_plan_text(doc, &text);
	fputs(nbc_text_of(&text), nbc->out);
	fflush(nbc->out);
	if (nbc_list_length(doc, "operations") && !is_agreed(nbc, nbc_get_text(doc, "class")))
		return NBC_ERROR;
	status = run_transaction(&client, &request, nbc_get_text(doc, "token"));
	if (status != NBC_ERROR && args->n_words)
		fprintf(nbc->out, "This is not kept over a reboot: to keep it, put it into "
			"/etc/netbond.\n");
	return status;
}
