/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* netbondctl watch: what happens, as it happens. */
#include <errno.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "cli/args.h"
#include "cli/interrupt.h"
#include "cli/live.h"
#include "cli/objects.h"
#include "cli/problems.h"
#include "cli/screen.h"
#include "cli/term.h"

#define ARGUMENTS_MAX 6

/* A signal: its arguments in order, and a sentence in which $name stands for one of them. */
struct event {
	const char *member;
	const char *arguments[ARGUMENTS_MAX + 1];
	const char *sentence;
};

static const struct event events[] = {
	{ "DriftFound", { "bond", "what", "why" }, "$bond: drift: $what ($why)" },
	{ "DriftMended", { "bond", "what" }, "$bond: mended: $what" },
	{ "FailedOver", { "namespace", "bond", "from", "to", "reason" },
		"$bond: active slave $from -> $to ($reason)" },
	{ "LinkChanged", { "namespace", "bond", "slave", "from", "to", "cause" },
		"$bond: $slave: $from -> $to ($cause)" },
	{ "DrillStep", { "slave", "what" }, "drill: $slave: $what" },
	{ "LacpChanged", { "namespace", "bond", "slave", "aggregator", "state" },
		"$bond: $slave: aggregator $aggregator, LACP $state" },
	{ "TransactionFinished", { "transaction", "result" }, "$transaction: $result" },
	{ "Progress", { "done", "total", "text" }, "operation $done of $total: $text" },
};

struct watching {
	const struct nbc *nbc;
	enum nbc_format format;
	struct nbc_live *live; /* NULL: line by line */
};

static const struct event *find_event(const char *member)
{
	for (size_t i = 0; i < NB_ARRAY_SIZE(events); i++) {
		if (nb_streq(events[i].member, member))
			return &events[i];
	}
	return NULL;
}

/* "bond0", "bond0/eth1", "blue/bond0", "transaction 3"; what is no such path stays as it is. */
static void say_object(const char *path, struct nb_text *out)
{
	static const char *const patterns[] = { NBC_BUS_PATH "/bond/%/%",
		NBC_BUS_PATH "/slave/%/%/%", NBC_BUS_PATH "/namespace/%",
		NBC_BUS_PATH "/transaction/%" };
	static const char *const words[] = { "", "", "namespace ", "transaction " };

	for (size_t i = 0; i < NB_ARRAY_SIZE(patterns); i++) {
		NB_CLEANUP(nb_freep) char *a = NULL;
		NB_CLEANUP(nb_freep) char *b = NULL;
		NB_CLEANUP(nb_freep) char *c = NULL;

		if (sd_bus_path_decode_many(path, patterns[i], &a, &b, &c) <= 0)
			continue;
		nb_text_add(out, "%s%s%s%s%s", words[i], a,
			*a && b ? "/" : "", b ? b : "", c ? "/" : "");
		nb_text_add(out, "%s", c ? c : "");
		return;
	}
	nb_text_add(out, "%s", nb_streq(path, NBC_BUS_PATH) ? "netbondd" : path);
}

static size_t name_length(const char *text)
{
	return strspn(text, "abcdefghijklmnopqrstuvwxyz");
}

static void say_argument(struct json_object *doc, const char *name, struct nb_text *out)
{
	const char *value = nbc_get_text(doc, name), *namespace = nbc_get_text(doc, "namespace");

	if (nb_streq(name, "bond") && *namespace)
		nb_text_add(out, "%s/", namespace);
	if (*value == '/')
		say_object(value, out);
	else
		nb_text_add(out, "%s", *value ? value : "none");
}

static void say_event(const struct event *event, struct json_object *doc, struct nb_text *out)
{
	for (const char *p = event->sentence; *p; p++) {
		char name[16];
		size_t length = *p == '$' ? name_length(p + 1) : 0;

		if (!length || length >= sizeof(name)) {
			nb_text_add(out, "%c", *p);
			continue;
		}
		memcpy(name, p + 1, length);
		name[length] = '\0';
		say_argument(doc, name, out);
		p += length;
	}
}

static void say_time(char ret[32], bool with_date)
{
	time_t now = time(NULL);
	struct tm local;

	localtime_r(&now, &local);
	if (with_date)
		strftime(ret, 32, "%Y-%m-%dT%H:%M:%S%z", &local);
	else
		strftime(ret, 32, "%H:%M:%S", &local);
}

static void print_line(const struct watching *w, const char *text)
{
	char clock[32];

	say_time(clock, false);
	if (w->live) {
		nbc_live_event(w->live, clock, text);
		return;
	}
	fprintf(w->nbc->out, "%s %s\n", clock, text);
	fflush(w->nbc->out);
}

static void print_object(const struct watching *w, struct json_object *doc)
{
	fprintf(w->nbc->out, "%s\n", json_object_to_json_string_ext(doc,
		JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE));
	fflush(w->nbc->out);
}

static struct json_object *start_document(sd_bus_message *m)
{
	struct json_object *doc = nb_json_document();
	char date[32];

	say_time(date, true);
	nb_json_set_string(doc, "time", date);
	nb_json_set_string(doc, "signal", sd_bus_message_get_member(m));
	nb_json_set_string(doc, "object", sd_bus_message_get_path(m));
	return doc;
}

static int read_arguments(sd_bus_message *m, const struct event *event, struct json_object *doc)
{
	struct json_object *value;
	int r = 1;

	for (size_t i = 0; event->arguments[i] && r > 0; i++) {
		r = nbc_doc_read(m, &value);
		if (r > 0)
			nb_json_set(doc, event->arguments[i], value);
	}
	return r;
}

static void say_value(struct json_object *value, struct nb_text *out)
{
	if (json_object_is_type(value, json_type_string))
		nb_text_add(out, "%s", *json_object_get_string(value) ?
			json_object_get_string(value) : "none");
	else
		nb_text_add(out, "%s", json_object_to_json_string_ext(
			value, JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE));
}

static void print_properties(const struct watching *w, sd_bus_message *m, struct json_object *map)
{
	json_object_object_foreach(map, key, value) {
		NB_CLEANUP(nb_text_done) struct nb_text text = { 0 };

		say_object(sd_bus_message_get_path(m), &text);
		nb_text_add(&text, ": %s ", key);
		say_value(value, &text);
		print_line(w, nbc_text_of(&text));
	}
}

static int on_properties(struct watching *w, sd_bus_message *m, struct json_object *doc)
{
	struct json_object *changed = NULL, *unknown = NULL;
	int r = sd_bus_message_skip(m, "s");

	if (r >= 0)
		r = nbc_doc_read(m, &changed);
	if (r <= 0)
		return r;
	nb_json_set(doc, "properties", changed);
	r = nbc_doc_read(m, &unknown);
	nb_json_set(doc, "invalidated", unknown);
	if (w->format == NBC_TEXT)
		print_properties(w, m, changed);
	else
		print_object(w, doc);
	return r;
}

/* Objects that come and go: the path is the first argument. */
static int on_object(struct watching *w, sd_bus_message *m, struct json_object *doc)
{
	NB_CLEANUP(nb_text_done) struct nb_text text = { 0 };
	const char *path;
	int r = sd_bus_message_read(m, "o", &path);

	if (r < 0)
		return r;
	nb_json_set_string(doc, "object", path);
	if (w->format != NBC_TEXT) {
		print_object(w, doc);
		return 0;
	}
	say_object(path, &text);
	nb_text_add(&text, nb_streq(sd_bus_message_get_member(m), "InterfacesAdded") ?
		": is there now" : ": is gone");
	print_line(w, nbc_text_of(&text));
	return 0;
}

static int on_event(
	struct watching *w, sd_bus_message *m, const struct event *event, struct json_object *doc)
{
	NB_CLEANUP(nb_text_done) struct nb_text text = { 0 };
	int r = read_arguments(m, event, doc);

	if (r < 0)
		return r;
	if (w->format != NBC_TEXT) {
		print_object(w, doc);
		return 0;
	}
	say_event(event, doc, &text);
	print_line(w, nbc_text_of(&text));
	return 0;
}

static int on_signal(sd_bus_message *m, void *context, sd_bus_error *error)
{
	NB_CLEANUP(nb_json_putp) struct json_object *doc = start_document(m);
	struct watching *w = context;
	const char *member = sd_bus_message_get_member(m);
	const struct event *event = find_event(member);

	if (event)
		on_event(w, m, event, doc);
	else if (nb_streq(member, "PropertiesChanged") && !w->live)
		on_properties(w, m, doc);
	else if (nb_streq(member, "InterfacesAdded") || nb_streq(member, "InterfacesRemoved"))
		on_object(w, m, doc);
	return 0;
}

/* A screen that somebody looks at, unless every line is wanted. */
static bool wants_screen(const struct nbc *nbc, const struct nbc_args *args)
{
	return args->format == NBC_TEXT && !nbc_args_has(args, NBC_LOG) && nbc_screen_wanted(nbc);
}

static int stream(struct nbc_client *c, const struct watching *w, const sigset_t *mask)
{
	int r;

	if (isatty(fileno(w->nbc->out)))
		fprintf(w->nbc->err, "Ctrl-C ends this.\n");
	do {
		r = nbc_client_wait(c, UINT64_MAX, mask);
		if (ferror(w->nbc->out))
			return r;
	} while (r >= 0 && !nbc_interrupted());
	return r;
}

int nbc_watch(struct nbc *nbc, const struct nbc_args *args)
{
	NB_CLEANUP(nbc_client_done) struct nbc_client client = { 0 };
	struct watching watching = { nbc, args->format, NULL };
	sigset_t mask;
	int r;

	if (nbc_client_open(&client, nbc, args) < 0)
		return NBC_ERROR;
	if (wants_screen(nbc, args))
		watching.live = nbc_live_new(nbc);
	if (nbc_client_listen(&client, "", on_signal, &watching) < 0) {
		nbc_live_free(watching.live);
		return NBC_ERROR;
	}
	nbc_interrupt_take(&mask);
	if (!watching.live) {
		stream(&client, &watching, &mask);
		return nbc_interrupted() ? NBC_OK : NBC_ERROR;
	}
	r = nbc_live_run(watching.live, &client, &mask);
	nbc_live_free(watching.live);
	/* What was told went with the screen. */
	if (!nbc_interrupted())
		nbc_client_failed(&client, r);
	return nbc_interrupted() ? NBC_OK : NBC_ERROR;
}
