/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* netbondctl metrics: for Prometheus, as text or as the answer to one request over HTTP. */
#include "cli/metrics.h"

#include <errno.h>
#include <string.h>

#include "cli/args.h"
#include "cli/http.h"
#include "cli/problems.h"
#include "cli/summary.h"
#include "cli/term.h"

/* "blue/bond0/eth1": where a bond's or slave's counters are found */
static const char *place(struct json_object *object, const char *bond, const char *name,
	struct nb_text *out)
{
	out->length = 0;
	nb_text_add(out, "%s/%s/%s", nbc_get_text(object, "namespace"), bond, name);
	return nbc_text_of(out);
}

/* The counters by their place: thousands of slaves are looked up. */
static struct json_object *by_place(struct json_object *list)
{
	NB_CLEANUP(nb_text_done) struct nb_text text = { 0 };
	struct json_object *map = nb_json_map();

	for (size_t i = 0; list && i < json_object_array_length(list); i++) {
		struct json_object *item = json_object_array_get_idx(list, i);

		nb_json_set(map, place(item, nbc_get_text(item, "bond"), nbc_get_text(item, "name"), &text),
			json_object_get(item));
	}
	return map;
}

static void attach(struct json_object *object, const char *key, struct json_object *value)
{
	nb_json_set(object, key, value ? json_object_get(value) : nb_json_map());
}

static void attach_slave(const struct nbc_summary *s, struct json_object *slave,
	struct json_object *links)
{
	NB_CLEANUP(nb_text_done) struct nb_text text = { 0 };

	attach(slave, "stats", nbc_get(links, place(slave, nbc_get_text(slave, "bond"),
						      nbc_get_text(slave, "name"), &text)));
	nb_json_set_string(slave, "mode", nbc_get_text(s->bond, "mode"));
	nb_json_set_bool(slave, "active", nbc_carries(s, slave));
}

/* Events have only those bonds that had some. */
static void attach_bond(const struct nbc_objects *objects, struct json_object *bond,
	struct json_object *links, struct json_object *events)
{
	struct nbc_summary s = nbc_summarise(objects, bond);
	NB_CLEANUP(nb_text_done) struct nb_text text = { 0 };
	const char *name = nbc_get_text(bond, "name");

	nb_json_set_number(bond, "usable", (int64_t)s.n_usable);
	attach(bond, "stats", nbc_get(links, place(bond, "", name, &text)));
	attach(bond, "events", nbc_get(nbc_get(events, place(bond, name, "", &text)), "events"));
	for (size_t i = 0; i < nbc_list_length(bond, "slaves"); i++) {
		struct json_object *slave =
			nbc_slave_of(objects, bond, nbc_list_text(bond, "slaves", i));

		if (slave)
			attach_slave(&s, slave, links);
	}
}

static void join(const struct nbc_objects *objects, struct json_object *statistics)
{
	NB_CLEANUP(nb_json_putp) struct json_object *links = by_place(nbc_get(statistics, "links"));
	NB_CLEANUP(nb_json_putp) struct json_object *events = by_place(nbc_get(statistics, "bonds"));

	attach(objects->manager, "stats", nbc_get(statistics, "daemon"));
	for (size_t i = 0; i < json_object_array_length(objects->bonds); i++)
		attach_bond(objects, json_object_array_get_idx(objects->bonds, i), links, events);
}

static int get(struct nbc_client *c, const struct nbc *nbc, const struct nbc_args *args,
	struct nbc_objects *objects)
{
	NB_CLEANUP(nb_json_putp) struct json_object *statistics = NULL;
	int r = nbc_client_open(c, nbc, args);

	if (r == 0)
		r = nbc_objects_get(c, objects);
	if (r == 0)
		r = nbc_client_document(c, "Statistics", &statistics);
	if (r == 0)
		join(objects, statistics);
	return r;
}

/* Return: whether the daemon is there. */
static bool print(FILE *out, const struct nbc *nbc, const struct nbc_args *args, bool openmetrics)
{
	NB_CLEANUP(nbc_client_done) struct nbc_client client = { 0 };
	NB_CLEANUP(nbc_objects_done) struct nbc_objects objects = { 0 };
	int r = get(&client, nbc, args, &objects);
	const struct nbc_metrics m = { objects.manager, objects.bonds, objects.slaves };

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
