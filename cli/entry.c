/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "cli/entry.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "cli/duration.h"
#include "cli/problems.h"
#include "cli/term.h"

#define PATIENCE_USEC 3000000u

/*
 * One kind of event. $name stands for a member, "none" where it is empty. [ ... ] is left out
 * unless its member is there; "duration-ms" is said as a span of time.
 */
static const struct {
	const char *event, *sentence;
} sentences[] = {
	{ "failover", "active slave $from -> $to[: $cause][ ($from for $duration-ms)]" },
	{ "link", "[$slave: ]$from -> $to[: $cause][ ($from for $duration-ms)]" },
	{ "lacp", "$slave: LACP: $from -> $to, aggregator $aggregator[ ($from for $duration-ms)]" },
	{ "drift", "differs: $what[ ($cause)]" },
	{ "repair", "mended: $what[: $cause][ (in $duration-ms)]" },
	{ "failure", "failed: $what[: $cause]" },
	{ "transaction", "$what: $to, operations: $operations[ (in $duration-ms)]" },
	{ "drill", "drill: $slave[ $what]: $to[: $cause]" },
	{ "daemon", "$what $to" },
	{ "lost", "$what" },
};

void nbc_say_span(double ms, struct nb_text *out)
{
	if (ms < 10)
		nb_text_add(out, "%.1f ms", ms);
	else if (ms < 1000)
		nb_text_add(out, "%.0f ms", ms);
	else if (ms < 60000)
		nb_text_add(out, "%.1f s", ms / 1000);
	else
		nbc_duration_say((uint64_t)(ms * 1000), out);
}

/* "$duration-ms)": the member's name behind $, and where it ends. */
static const char *read_name(const char *p, char ret[24])
{
	size_t length = strspn(p, "abcdefghijklmnopqrstuvwxyz-");

	/* "$from -> " */
	while (length && p[length - 1] == '-')
		length--;
	snprintf(ret, 24, "%.*s", (int)length, p);
	return p + length;
}

static void say_member(struct json_object *entry, const char *name, struct nb_text *out)
{
	const char *value = nbc_get_text(entry, name);

	if (nb_streq(name, "duration-ms"))
		nbc_say_span(json_object_get_double(nbc_get(entry, name)), out);
	else
		nb_text_add(out, "%s", *value ? value : "none");
}

/* Whether what stands in [ ] is said: all its members are there. */
static bool is_said(struct json_object *entry, const char *p)
{
	char name[24];

	for (; *p && *p != ']'; p++) {
		if (*p != '$')
			continue;
		p = read_name(p + 1, name) - 1;
		if (!nbc_get(entry, name))
			return false;
	}
	return true;
}

static void say(struct json_object *entry, const char *p, struct nb_text *out)
{
	char name[24];

	while (*p) {
		if (*p == '[' && !is_said(entry, p)) {
			p = strchr(p, ']') + 1;
		} else if (*p == '[' || *p == ']') {
			p++;
		} else if (*p == '$') {
			p = read_name(p + 1, name);
			say_member(entry, name, out);
		} else {
			nb_text_add(out, "%c", *p++);
		}
	}
}

void nbc_entry_say(struct json_object *entry, struct nb_text *out)
{
	const char *event = nbc_get_text(entry, "event");

	for (size_t i = 0; i < NB_ARRAY_SIZE(sentences); i++) {
		if (nb_streq(sentences[i].event, event)) {
			say(entry, sentences[i].sentence, out);
			return;
		}
	}
	/* Of a newer daemon. */
	nb_text_add(out, "%s %s", event, nbc_get_text(entry, "what"));
}

void nbc_entry_title(struct json_object *entry, struct nb_text *out)
{
	const char *bond = nbc_get_text(entry, "bond"), *namespace = nbc_get_text(entry, "namespace");

	nb_text_add(out, "%s", *bond ? bond : "-");
	if (*bond && *namespace)
		nb_text_add(out, " (%s)", namespace);
}

void nbc_entry_when(struct json_object *entry, char ret[32])
{
	const char *text = nbc_get_text(entry, "time");
	struct tm tm = { 0 };
	time_t when;

	if (!strptime(text, "%Y-%m-%dT%H:%M:%S", &tm)) {
		snprintf(ret, 32, "%s", text);
		return;
	}
	when = timegm(&tm);
	localtime_r(&when, &tm);
	strftime(ret, 32, "%Y-%m-%d %H:%M:%S", &tm);
}

static int read_entries(struct nbc_client *c, sd_bus_message *reply, struct json_object **ret)
{
	const char *text;
	int r = sd_bus_message_read(reply, "s", &text);

	if (r < 0)
		return nbc_client_failed(c, r);
	*ret = json_tokener_parse(text);
	if (json_object_is_type(nbc_get(*ret, "entries"), json_type_array))
		return 0;
	json_object_put(*ret);
	return nbc_client_failed(c, -EBADMSG);
}

int nbc_entries_get(struct nbc_client *c, const char *bond, uint64_t since, uint32_t count,
	bool needed, struct json_object **ret)
{
	NB_CLEANUP(nbc_message_unrefp) sd_bus_message *call = NULL;
	NB_CLEANUP(nbc_message_unrefp) sd_bus_message *reply = NULL;
	int r = nbc_client_message(c, NBC_BUS_PATH, NBC_BUS_MANAGER, "History", &call);

	if (r == 0)
		r = sd_bus_message_append(call, "stu", bond, since, count);
	if (r < 0)
		return r;
	if (needed) {
		r = nbc_client_send(c, call, &reply);
		return r < 0 ? r : read_entries(c, reply, ret);
	}
	/* The history lies on a disk, which may lie behind the bond that one looks at. */
	if (sd_bus_call(c->bus, call, PATIENCE_USEC, NULL, &reply) >= 0)
		return read_entries(c, reply, ret);
	*ret = nb_json_document();
	nb_json_set(*ret, "entries", nb_json_list());
	return 0;
}
