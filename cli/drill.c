/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* netbondctl drill: failovers tried, by the daemon, with pings from here. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cli/args.h"
#include "cli/duration.h"
#include "cli/entry.h"
#include "cli/interrupt.h"
#include "cli/problems.h"
#include "cli/prober.h"
#include "cli/table.h"
#include "lib/nl/execute.h"

#define HOLD_DEFAULT "2s"
#define PROBERS_MAX 8
#define LATE_USEC 500000 /* for the last answers */

/* When what happened to a slave. */
struct span {
	char slave[IFNAMSIZ];
	int64_t from, to; /* 0: not yet */
};

struct drilling {
	const struct nbc *nbc;
	enum nbc_format format;
	struct json_object *bond;
	struct nbc_prober probers[PROBERS_MAX];
	size_t n_probers;
	struct span *spans;
	size_t n_spans, capacity;
	struct json_object *report; /* NULL: not yet */
	int error;		    /* the call failed, told */
	struct nbc_client *client;
};

static void drilling_done(struct drilling *w)
{
	for (size_t i = 0; i < w->n_probers; i++)
		nbc_prober_stop(&w->probers[i]);
	free(w->spans);
	json_object_put(w->report);
}

static bool is_text(const struct drilling *w)
{
	return w->format == NBC_TEXT;
}

/* Probes */

/* What was asked for must work, what is only likely to need not. Return: 0; -errno, told. */
static int add_prober(struct drilling *w, const char *address, bool asked)
{
	int r;

	if (w->n_probers == PROBERS_MAX)
		return 0;
	r = nbc_prober_start(&w->probers[w->n_probers], nbc_get_text(w->bond, "namespace"),
		nbc_get_text(w->bond, "name"), address);
	if (r == 0)
		w->n_probers++;
	else if (r == -ETIMEDOUT)
		nbc_tell(w->nbc, "%s does not answer through %s: %s", address,
			nbc_get_text(w->bond, "name"),
			asked ? "nothing can be measured by it" : "it is not probed");
	else if (r == -EINVAL)
		nbc_tell(w->nbc, "--probe takes an IPv4 or IPv6 address, not '%s'", address);
	else if (asked || (r != -EPERM && r != -EACCES))
		nbc_tell(w->nbc, "%s cannot be probed: %s%s", address, strerror(-r),
			r == -EPERM || r == -EACCES ? " (root can)" : "");
	return r;
}

/* What is reached through the bond by what the kernel knows: its gateway. */
static void add_gateways(struct drilling *w)
{
	NB_CLEANUP(nb_exec_freep) struct nb_exec *exec = NULL;
	NB_CLEANUP(nb_state_freep) struct nb_state *state = NULL;
	NB_CLEANUP(nb_diag_done) struct nb_diag diag = { 0 };
	const char *name = nbc_get_text(w->bond, "namespace");
	const struct nb_netns *ns;
	const struct nb_link *bond;

	if (nb_exec_new(&exec) < 0 ||
		nb_exec_netlink.observe(exec, (char *[]){ (char *)name }, *name != 0, &state, &diag) < 0)
		return;
	ns = nb_state_namespace(state, name);
	bond = ns ? nb_netns_find(ns, nbc_get_text(w->bond, "name")) : NULL;
	for (size_t i = 0; bond && i < bond->n_routes; i++) {
		static char text[PROBERS_MAX][64];
		NB_CLEANUP(nb_text_done) struct nb_text via = { 0 };

		if (bond->routes[i].prefix_length || nb_ip_is_zero(&bond->routes[i].via) ||
			w->n_probers == PROBERS_MAX)
			continue;
		nb_ip_format(&bond->routes[i].via, &via);
		snprintf(text[w->n_probers], sizeof(text[0]), "%s", nbc_text_of(&via));
		add_prober(w, text[w->n_probers], false);
	}
}

static void add_targets(struct drilling *w, const char *key)
{
	struct json_object *options = nbc_get(w->bond, "options");

	for (size_t i = 0; i < nbc_list_length(options, key); i++)
		add_prober(w, nbc_list_text(options, key, i), false);
}

static int start_probers(struct drilling *w, const struct nbc_args *args)
{
	bool asked = nbc_args_has(args, NBC_PROBE);

	for (size_t i = 0; i < args->n_given; i++) {
		int r = args->given[i].id == NBC_PROBE ?
			add_prober(w, args->given[i].value, true) : 0;

		if (r < 0)
			return r;
	}
	if (asked || nbc_args_has(args, NBC_HOST) || nbc_args_has(args, NBC_MACHINE) || geteuid() != 0)
		return 0;
	add_gateways(w);
	if (w->n_probers == 0)
		add_targets(w, "arp-ip-target");
	if (w->n_probers == 0)
		add_targets(w, "ns-ip6-target");
	return 0;
}

/* The drill */

static void note_step(struct drilling *w, const char *slave, const char *what)
{
	struct span *span = w->n_spans ? &w->spans[w->n_spans - 1] : NULL;

	if (nb_streq(what, "out")) {
		if (nb_grow(&w->spans, w->n_spans, &w->capacity, sizeof(*w->spans)) < 0)
			nbc_die_of_memory();
		span = &w->spans[w->n_spans++];
		snprintf(span->slave, sizeof(span->slave), "%s", slave);
		span->from = nbc_prober_now();
	} else if (span && nb_streq(what, "usable")) {
		span->to = nbc_prober_now();
	}
}

static void say_step(const struct drilling *w, const char *slave, const char *what)
{
	static const struct {
		const char *what, *text;
	} texts[] = {
		{ "out", "is taken out" },
		{ "reacted", "is out: the bond sends past it" },
		{ "back", "is put back" },
		{ "usable", "is usable again" },
		{ "lost", "is not usable again" },
	};

	for (size_t i = 0; i < NB_ARRAY_SIZE(texts) && is_text(w); i++) {
		if (nb_streq(texts[i].what, what))
			fprintf(w->nbc->out, "%s %s\n", slave, texts[i].text);
	}
	fflush(w->nbc->out);
}

static int on_step(sd_bus_message *m, void *context, sd_bus_error *error)
{
	struct drilling *w = context;
	const char *slave, *what;

	if (sd_bus_message_read(m, "ss", &slave, &what) < 0)
		return 0;
	note_step(w, slave, what);
	say_step(w, slave, what);
	return 0;
}

static int on_answer(sd_bus_message *m, void *context, sd_bus_error *unused)
{
	const sd_bus_error *error = sd_bus_message_get_error(m);
	struct drilling *w = context;
	const char *text;

	if (error) {
		nbc_tell(w->nbc, "%s", error->message ? error->message : error->name);
		w->error = -EIO;
	} else if (sd_bus_message_read(m, "s", &text) > 0) {
		w->report = json_tokener_parse(text);
	}
	if (!error && !w->report)
		w->error = nbc_client_failed(w->client, -EBADMSG);
	return 0;
}

static int stop_drill(struct nbc_client *c)
{
	NB_CLEANUP(nbc_message_unrefp) sd_bus_message *call = NULL;
	int r = nbc_client_message(c, NBC_BUS_PATH, NBC_BUS_MANAGER, "StopDrill", &call);

	return r < 0 ? r : sd_bus_send(c->bus, call, NULL);
}

static int run(struct drilling *w, const struct nbc_args *args, uint64_t hold)
{
	NB_CLEANUP(nbc_message_unrefp) sd_bus_message *call = NULL;
	const char *how = nbc_args_value(args, NBC_HOW);
	struct nbc_client *c = w->client;
	int stops = 0, r;
	sigset_t mask;

	/* Before a slave may be out. */
	nbc_interrupt_take(&mask);
	r = nbc_client_message(c, NBC_BUS_PATH, NBC_BUS_MANAGER, "Drill", &call);
	if (r == 0)
		r = sd_bus_message_append(call, "ssst", args->words[0],
			args->n_words > 1 ? args->words[1] : "", how ? how : "down", hold);
	if (r >= 0)
		r = sd_bus_call_async(c->bus, NULL, call, on_answer, w, UINT64_MAX);
	if (r < 0)
		return nbc_client_failed(c, r);
	while (!w->report && !w->error) {
		r = nbc_client_wait(c, UINT64_MAX, &mask);
		if (r < 0 && r != -EINTR)
			return r;
		/* The daemon puts back what is out, and answers. */
		if (nbc_interrupted() > stops) {
			if (stops++)
				return -EINTR;
			stop_drill(c);
		}
	}
	return w->error;
}

/* The result */

static struct json_object *probe_document(
	const struct drilling *w, const struct nbc_prober *prober, const struct span *span)
{
	struct nbc_loss loss =
		nbc_prober_loss(prober, span->from, span->to ? span->to : nbc_prober_now());
	struct json_object *map = nb_json_map();
	char text[32];

	nb_json_set_string(map, "address", prober->address);
	nb_json_set_number(map, "sent", loss.sent);
	nb_json_set_number(map, "lost", loss.lost);
	snprintf(text, sizeof(text), "%.1f", loss.longest_ms);
	nb_json_set(map, "outage-ms", json_object_new_double_s(loss.longest_ms, text));
	return map;
}

/* The pings of each slave's time beside what the daemon measured; they may overrule its verdict. */
static void add_probes(struct drilling *w)
{
	double promised = (double)nbc_get_number(w->report, "promised-ms");
	struct json_object *slaves = nbc_get(w->report, "slaves");

	for (size_t i = 0; i < nbc_list_length(w->report, "slaves") && i < w->n_spans; i++) {
		struct json_object *slave = json_object_array_get_idx(slaves, i);
		struct json_object *list = nb_json_list();

		for (size_t p = 0; p < w->n_probers; p++) {
			struct json_object *probe =
				probe_document(w, &w->probers[p], &w->spans[i]);
			double outage = json_object_get_double(nbc_get(probe, "outage-ms"));

			nb_json_add(list, probe);
			/* One probe before and one behind it may have been on their way. */
			if (outage <= promised + 2 * NBC_PROBE_MS || !nbc_get_bool(slave, "fits", false))
				continue;
			nb_json_set_bool(slave, "fits", false);
			nb_json_set_string(slave, "verdict", "traffic stood still for longer than promised");
		}
		nb_json_set(slave, "probes", list);
	}
}

static const struct nbc_column columns[] = {
	{ "SLAVE" },
	{ "ACTIVE" },
	{ "REACTED" },
	{ "LOST" },
	{ "OUTAGE" },
	{ "RETURN" },
	{ "VERDICT", .least = 18 },
};

static void say_ms(struct json_object *map, const char *key, struct nb_text *out)
{
	struct json_object *value = nbc_get(map, key);

	if (value)
		nbc_say_span(json_object_get_double(value), out);
	else
		nb_text_add(out, "-");
}

/* The worst of all addresses. */
static void say_probes(struct json_object *slave, struct nb_text *lost, struct nb_text *outage)
{
	struct json_object *probes = nbc_get(slave, "probes"), *worst = NULL;

	for (size_t i = 0; i < nbc_list_length(slave, "probes"); i++) {
		struct json_object *probe = json_object_array_get_idx(probes, i);

		if (!worst || json_object_get_double(nbc_get(probe, "outage-ms")) >
				      json_object_get_double(nbc_get(worst, "outage-ms")))
			worst = probe;
	}
	if (!worst) {
		nb_text_add(lost, "-");
		nb_text_add(outage, "-");
		return;
	}
	nb_text_add(lost, "%llu/%llu", (unsigned long long)nbc_get_number(worst, "lost"),
		(unsigned long long)nbc_get_number(worst, "sent"));
	say_ms(worst, "outage-ms", outage);
}

static void add_row(struct nbc_table *table, struct json_object *slave)
{
	NB_CLEANUP(nb_text_done) struct nb_text active = { 0 };
	NB_CLEANUP(nb_text_done) struct nb_text reacted = { 0 };
	NB_CLEANUP(nb_text_done) struct nb_text lost = { 0 };
	NB_CLEANUP(nb_text_done) struct nb_text outage = { 0 };
	NB_CLEANUP(nb_text_done) struct nb_text back = { 0 };
	const char *during = nbc_get_text(slave, "active-during");

	nb_text_add(&active, "%s", *during ? during : "-");
	say_ms(slave, "reacted-ms", &reacted);
	say_ms(slave, "return-ms", &back);
	say_probes(slave, &lost, &outage);
	nbc_table_add(table,
		(const char *const[]){ nbc_get_text(slave, "slave"), nbc_text_of(&active),
			nbc_text_of(&reacted), nbc_text_of(&lost), nbc_text_of(&outage),
			nbc_text_of(&back), nbc_get_text(slave, "verdict") });
}

static void print_report(const struct drilling *w)
{
	NB_CLEANUP(nbc_table_done) struct nbc_table table = {
		.columns = columns, .n_columns = NB_ARRAY_SIZE(columns)
	};
	struct json_object *slaves = nbc_get(w->report, "slaves");

	if (nbc_list_length(w->report, "slaves")) {
		fputc('\n', w->nbc->out);
		for (size_t i = 0; i < nbc_list_length(w->report, "slaves"); i++)
			add_row(&table, json_object_array_get_idx(slaves, i));
		nbc_table_print(&table, w->nbc);
	}
	if (!nbc_get_bool(w->report, "complete", false))
		nbc_tell(w->nbc, "the drill ended early: %s", nbc_get_text(w->report, "aborted"));
}

static int status_of(const struct drilling *w)
{
	struct json_object *slaves = nbc_get(w->report, "slaves");

	if (!nbc_get_bool(w->report, "complete", false))
		return NBC_ERROR;
	for (size_t i = 0; i < nbc_list_length(w->report, "slaves"); i++) {
		if (!nbc_get_bool(json_object_array_get_idx(slaves, i), "fits", false))
			return NBC_DIFFERS;
	}
	return NBC_OK;
}

static void print_start(const struct drilling *w)
{
	if (!is_text(w))
		return;
	for (size_t i = 0; i < w->n_probers; i++)
		fprintf(w->nbc->out, "probing %s each %d ms\n", w->probers[i].address, NBC_PROBE_MS);
	if (w->n_probers == 0)
		nbc_wrap(w->nbc, w->nbc->out, "no probes: the kernel's notifications alone are "
			"measured (--probe ADDRESS, as root)", 0, 0);
	fflush(w->nbc->out);
}

static int finish(struct drilling *w)
{
	if (w->n_probers)
		usleep(LATE_USEC);
	add_probes(w);
	if (is_text(w))
		print_report(w);
	else
		nbc_doc_print(w->nbc, w->format, w->report);
	return status_of(w);
}

/* The one bond that the word means. */
static int find_bond(struct nbc_client *c, const struct nbc_args *args, struct nbc_objects *objects,
	struct json_object **ret)
{
	struct nbc_args one = *args;
	struct json_object *bonds = NULL;
	int r = nbc_objects_get(c, objects);

	one.n_words = 1;
	if (r == 0)
		r = nbc_objects_select(c->nbc, objects, &one, &bonds);
	if (r < 0)
		return r;
	if (json_object_array_length(bonds) == 1)
		*ret = json_object_get(json_object_array_get_idx(bonds, 0));
	else
		nbc_tell(c->nbc, "'%s' is more than one bond", args->words[0]);
	json_object_put(bonds);
	return *ret ? 0 : -EINVAL;
}

int nbc_drill(struct nbc *nbc, const struct nbc_args *args)
{
	NB_CLEANUP(nbc_client_done) struct nbc_client client = { 0 };
	NB_CLEANUP(nbc_objects_done) struct nbc_objects objects = { 0 };
	NB_CLEANUP(nb_json_putp) struct json_object *bond = NULL;
	NB_CLEANUP(drilling_done) struct drilling w = { .nbc = nbc, .format = args->format };
	const char *hold_text = nbc_args_value(args, NBC_HOLD);
	uint64_t hold;

	if (nbc_duration_parse(hold_text ? hold_text : HOLD_DEFAULT, &hold) < 0) {
		nbc_tell(nbc, "--hold takes a span of time: 0, 2s, up to 60s");
		return NBC_ERROR;
	}
	if (nbc_client_open(&client, nbc, args) < 0 || find_bond(&client, args, &objects, &bond) < 0)
		return NBC_ERROR;
	w.bond = bond;
	w.client = &client;
	if (start_probers(&w, args) < 0)
		return NBC_ERROR;
	print_start(&w);
	if (nbc_client_listen(&client, "member='DrillStep'", on_step, &w) < 0 ||
		run(&w, args, hold) < 0)
		return NBC_ERROR;
	return finish(&w);
}
