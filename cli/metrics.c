/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* netbondctl metrics: for Prometheus, as text or as the answer to one request over HTTP. */
#include "cli/metrics.h"

#include <errno.h>
#include <string.h>

#include "cli/args.h"
#include "cli/counted.h"
#include "cli/http.h"
#include "cli/problems.h"
#include "cli/term.h"

/* Return: whether the daemon is there. */
static bool print(FILE *out, const struct nbc *nbc, const struct nbc_args *args, bool openmetrics)
{
	NB_CLEANUP(nbc_client_done) struct nbc_client client = { 0 };
	NB_CLEANUP(nbc_objects_done) struct nbc_objects objects = { 0 };
	int r = nbc_client_open(&client, nbc, args);
	struct nbc_metrics m;

	if (r == 0)
		r = nbc_counted_get(&client, &objects);
	m = (struct nbc_metrics){ objects.manager, objects.bonds, objects.slaves };

	nbc_metrics_print(out, r < 0 ? NULL : &m, openmetrics);
	return r == 0;
}

#define TYPE_PLAIN "text/plain; version=0.0.4; charset=utf-8"
#define TYPE_OPENMETRICS "application/openmetrics-text; version=1.0.0; charset=utf-8"

static int serve(const struct nbc *nbc, const struct nbc_args *args)
{
	struct nbc_http_request request;
	char *text = NULL;
	size_t size = 0;
	FILE *out;
	int r = nbc_http_read(STDIN_FILENO, &request);

	if (r < 0) {
		nbc_tell(nbc, "the request cannot be read: %s", strerror(-r));
		return NBC_ERROR;
	}
	if (request.status == 200 && !nb_streq(request.path, "/metrics"))
		request.status = 404;
	if (request.status != 200) {
		nbc_http_answer(nbc->out, &request, "text/plain", "The metrics are at /metrics\n");
		return NBC_OK;
	}
	out = open_memstream(&text, &size);
	if (!out)
		nbc_die_of_memory();
	print(out, nbc, args, request.openmetrics);
	if (fclose(out) != 0)
		nbc_die_of_memory();
	nbc_http_answer(
		nbc->out, &request, request.openmetrics ? TYPE_OPENMETRICS : TYPE_PLAIN, text);
	free(text);
	return NBC_OK;
}

int nbc_print_metrics(struct nbc *nbc, const struct nbc_args *args)
{
	if (nbc_args_has(args, NBC_HTTP))
		return serve(nbc, args);
	return print(nbc->out, nbc, args, nbc_args_has(args, NBC_OPENMETRICS)) ? NBC_OK : NBC_ERROR;
}
