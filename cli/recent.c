/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "cli/recent.h"

#include <time.h>

#include "cli/entry.h"
#include "cli/term.h"

#define SPAN_USEC (UINT64_C(24) * 3600 * 1000000)
#define LINES 5

static const struct {
	const char *event, *one, *many;
} counted[] = {
	{ "failover", "failover", "failovers" },
	{ "link", "change of a link", "changes of links" },
	{ "lacp", "change of LACP", "changes of LACP" },
	{ "drift", "difference left", "differences left" },
	{ "repair", "repair", "repairs" },
	{ "failure", "failed operation", "failed operations" },
	{ "drill", "drill", "drills" },
};

static bool is_about(struct json_object *bonds, struct json_object *entry)
{
	for (size_t i = 0; i < json_object_array_length(bonds); i++) {
		struct json_object *bond = json_object_array_get_idx(bonds, i);

		if (nb_streq(nbc_get_text(bond, "name"), nbc_get_text(entry, "bond")) &&
			nb_streq(nbc_get_text(bond, "namespace"), nbc_get_text(entry, "namespace")))
			return true;
	}
	return false;
}

struct json_object *nbc_recent_get(struct nbc_client *c, struct json_object *bonds)
{
	uint64_t now = (uint64_t)time(NULL) * 1000000;
	/* A machine without a clock begins in 1970. */
	uint64_t since = now - NB_MIN(now, SPAN_USEC);
	NB_CLEANUP(nb_json_putp) struct json_object *doc = NULL;
	struct json_object *list = nb_json_list(), *all;

	if (json_object_array_length(bonds) == 0 ||
		nbc_entries_get(c, "", since, 0, false, &doc) < 0)
		return list;
	all = nbc_get(doc, "entries");
	for (size_t i = 0; i < json_object_array_length(all); i++) {
		struct json_object *entry = json_object_array_get_idx(all, i);

		if (is_about(bonds, entry))
			nb_json_add(list, json_object_get(entry));
	}
	return list;
}

static size_t count(struct json_object *entries, const char *event)
{
	size_t n = 0;

	for (size_t i = 0; i < json_object_array_length(entries); i++)
		n += nb_streq(nbc_get_text(json_object_array_get_idx(entries, i), "event"), event);
	return n;
}

static size_t first_of_last(struct json_object *entries)
{
	size_t n = json_object_array_length(entries);

	return n - NB_MIN(n, (size_t)LINES);
}

static void print_entry(const struct nbc *nbc, struct json_object *entry)
{
	NB_CLEANUP(nb_text_done) struct nb_text line = { 0 };
	char when[32];

	nbc_entry_when(entry, when);
	nb_text_add(&line, "%s  ", when);
	nbc_entry_title(entry, &line);
	nb_text_add(&line, ": ");
	nbc_entry_say(entry, &line);
	fputs("  ", nbc->out);
	nbc_wrap(nbc, nbc->out, nbc_text_of(&line), 4, 4);
}

void nbc_recent_print(const struct nbc *nbc, struct json_object *entries)
{
	NB_CLEANUP(nb_text_done) struct nb_text sums = { 0 };

	if (json_object_array_length(entries) == 0)
		return;
	for (size_t i = 0; i < NB_ARRAY_SIZE(counted); i++) {
		size_t n = count(entries, counted[i].event);

		if (n)
			nb_text_add(&sums, "%s%zu %s", sums.length ? ", " : "In the last 24 hours: ",
				n, n == 1 ? counted[i].one : counted[i].many);
	}
	fputc('\n', nbc->out);
	nbc_wrap(nbc, nbc->out, nbc_text_of(&sums), 0, 0);
	for (size_t i = first_of_last(entries); i < json_object_array_length(entries); i++)
		print_entry(nbc, json_object_array_get_idx(entries, i));
}

struct json_object *nbc_recent_document(struct json_object *entries)
{
	struct json_object *map = nb_json_map(), *last = nb_json_list();

	for (size_t i = 0; i < NB_ARRAY_SIZE(counted); i++)
		nb_json_set_number(
			map, counted[i].event, (int64_t)count(entries, counted[i].event));
	for (size_t i = first_of_last(entries); i < json_object_array_length(entries); i++)
		nb_json_add(last, json_object_get(json_object_array_get_idx(entries, i)));
	nb_json_set(map, "last", last);
	return map;
}
