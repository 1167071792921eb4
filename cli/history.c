/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* netbondctl history: what happened to bonds, the newest last. */
#include <errno.h>
#include <string.h>
#include <time.h>

#include "cli/args.h"
#include "cli/duration.h"
#include "cli/entry.h"
#include "cli/problems.h"
#include "cli/table.h"

#define LINES_DEFAULT 20

static const struct nbc_column columns[] = {
	{ "TIME" },
	{ "BOND" },
	{ "WHAT", .least = 30, .below = true },
};

static uint64_t now_usec(void)
{
	return (uint64_t)time(NULL) * 1000000;
}

/* "2026-11-28 14:05:32", also with T, without seconds, without a time. */
static bool parse_moment(const char *text, uint64_t *ret_usec)
{
	static const char *const formats[] = { "%Y-%m-%d %H:%M:%S", "%Y-%m-%dT%H:%M:%S",
		"%Y-%m-%d %H:%M", "%Y-%m-%dT%H:%M", "%Y-%m-%d" };

	for (size_t i = 0; i < NB_ARRAY_SIZE(formats); i++) {
		struct tm tm = { .tm_isdst = -1 };
		const char *end = strptime(text, formats[i], &tm);
		time_t when;

		if (!end || *end)
			continue;
		when = mktime(&tm);
		if (when < 0)
			return false;
		*ret_usec = (uint64_t)when * 1000000;
		return true;
	}
	return false;
}

static int read_since(const struct nbc *nbc, const char *text, uint64_t *ret_usec)
{
	uint64_t ago, now = now_usec();

	if (!text)
		return 0;
	if (nbc_duration_parse(text, &ago) == 0)
		*ret_usec = ago < now ? now - ago : 1;
	else if (!parse_moment(text, ret_usec)) {
		nbc_tell(nbc, "--since takes a span of time back from now (2h, 7d) or a moment "
			"('2026-11-28 14:05'), not '%s'", text);
		return -EINVAL;
	}
	return 0;
}

static int read_lines(const struct nbc *nbc, const char *text, uint32_t *ret)
{
	uint64_t number;

	if (!text)
		return 0;
	if (nb_parse_u64(text, UINT32_MAX, &number) < 0) {
		nbc_tell(nbc, "--lines takes a number; 0 shows all");
		return -EINVAL;
	}
	*ret = (uint32_t)number;
	return 0;
}

static void print_text(const struct nbc *nbc, struct json_object *entries)
{
	NB_CLEANUP(nbc_table_done) struct nbc_table table = {
		.columns = columns, .n_columns = NB_ARRAY_SIZE(columns)
	};
	size_t n = json_object_array_length(entries);

	if (n == 0) {
		fprintf(nbc->out, "Nothing has happened, or it was not this netbondd that saw it.\n");
		return;
	}
	for (size_t i = 0; i < n; i++) {
		struct json_object *entry = json_object_array_get_idx(entries, i);
		NB_CLEANUP(nb_text_done) struct nb_text title = { 0 };
		NB_CLEANUP(nb_text_done) struct nb_text what = { 0 };
		char when[32];

		nbc_entry_when(entry, when);
		nbc_entry_title(entry, &title);
		nbc_entry_say(entry, &what);
		nbc_table_add(&table,
			(const char *const[]){ when, nbc_text_of(&title), nbc_text_of(&what) });
	}
	nbc_table_print(&table, nbc);
}

int nbc_history(struct nbc *nbc, const struct nbc_args *args)
{
	NB_CLEANUP(nbc_client_done) struct nbc_client client = { 0 };
	NB_CLEANUP(nb_json_putp) struct json_object *doc = NULL;
	const char *since_text = nbc_args_value(args, NBC_SINCE);
	uint32_t lines = since_text || args->format != NBC_TEXT ? 0 : LINES_DEFAULT;
	uint64_t since = 0;

	if (read_since(nbc, since_text, &since) < 0 ||
		read_lines(nbc, nbc_args_value(args, NBC_LINES), &lines) < 0 ||
		nbc_client_open(&client, nbc, args) < 0 ||
		nbc_entries_get(&client, args->n_words ? args->words[0] : "", since, lines, true,
			&doc) < 0)
		return NBC_ERROR;
	if (args->format == NBC_TEXT)
		print_text(nbc, nbc_get(doc, "entries"));
	else
		nbc_doc_print(nbc, args->format, doc);
	return NBC_OK;
}
