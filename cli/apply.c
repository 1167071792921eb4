/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* netbondctl apply: make a configuration true. */
#include "cli/args.h"
#include "cli/objects.h"
#include "cli/plan-text.h"
#include "cli/problems.h"
#include "cli/request.h"
#include "cli/result.h"
#include "cli/term.h"
#include "cli/transaction.h"

static int run_transaction(
	struct nbc_client *c, const struct nbc_request *request, const char *token)
{
	NB_CLEANUP(nbc_transaction_done) struct nbc_transaction running = { .nbc = c->nbc };
	int r = nbc_transaction_listen(c, &running);

	if (r == 0)
		r = nbc_request_apply(c, request, token, &running.path);
	while (r >= 0 && !running.result)
		r = nbc_client_wait(c, UINT64_MAX, NULL);
	return running.result ? nbc_tell_result(c->nbc, running.result) : NBC_ERROR;
}

int nbc_apply(struct nbc *nbc, const struct nbc_args *args)
{
	NB_CLEANUP(nbc_client_done) struct nbc_client client = { 0 };
	NB_CLEANUP(nbc_request_done) struct nbc_request request = { 0 };
	NB_CLEANUP(nb_json_putp) struct json_object *doc = NULL;
	int status;

	if (nbc_request_read(nbc, args, &request) < 0 || nbc_client_open(&client, nbc, args) < 0 ||
		nbc_request_plan(&client, &request, &doc) < 0)
		return NBC_ERROR;
	nbc_tell_notes(nbc, doc);
	nbc_plan_print(nbc, doc);
	fflush(nbc->out);
	if (nbc_list_length(doc, "operations") &&
		!nbc_is_agreed(nbc, nbc_get_text(doc, "class"), "Apply it?"))
		return NBC_ERROR;
	status = run_transaction(&client, &request, nbc_get_text(doc, "token"));
	if (status != NBC_ERROR && args->n_words)
		fprintf(nbc->out, "This is not kept over a reboot: to keep it, put it into "
			"/etc/netbond.\n");
	return status;
}
