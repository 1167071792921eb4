/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* netbondctl options: the option table. */
#include <fnmatch.h>
#include <string.h>

#include "cli/args.h"
#include "cli/option-detail.h"
#include "cli/option-words.h"
#include "cli/problems.h"
#include "cli/table.h"
#include "cli/term.h"

static const struct nbc_column columns[] = {
	{ "NAME" },
	{ "VALUES", .least = 18 },
	{ "DEFAULT" },
	{ "MODES" },
	{ "CHANGE" },
	{ "WHAT IT IS", .least = 30, .below = true },
};

static const char *const scope_titles[NB_SCOPE_COUNT] = {
	[NB_SCOPE_BOND] = "Options of a bond",
	[NB_SCOPE_SLAVE] = "Options of a slave",
	[NB_SCOPE_LINK] = "Of a bond as a link",
	[NB_SCOPE_AD_INFO] = "The active aggregator of a bond in mode 802.3ad",
};

static bool is_pattern(const char *name)
{
	return strpbrk(name, "*?[") != NULL;
}

/* @name: NULL = any, a pattern, or a spelling. */
static bool is_meant(const struct nb_option *row, const char *name, bool all)
{
	if (!name)
		return nbc_option_shown(row, all);
	if (is_pattern(name))
		return nbc_option_shown(row, all) && fnmatch(name, row->name, 0) == 0;
	return nb_word_equal(row->name, name) || nb_word_equal(row->alias, name);
}

static size_t count_meant(const char *name, bool all)
{
	size_t n = 0;

	for (enum nb_scope scope = 0; scope < NB_SCOPE_COUNT; scope++) {
		nb_foreach_option(row, attr, scope)
			n += is_meant(row, name, all);
	}
	return n;
}

static void say_class(const struct nb_option *row, struct nb_text *out)
{
	if (!nb_option_writable(row))
		nb_text_add(out, "-");
	else
		nb_text_add(out, "%s%s", nb_class_name(nb_option_class(row)), row->raise ? "+" : "");
}

static void add_row(struct nbc_table *table, const struct nb_option *row)
{
	NB_CLEANUP(nb_text_done) struct nb_text values = { 0 };
	NB_CLEANUP(nb_text_done) struct nb_text dflt = { 0 };
	NB_CLEANUP(nb_text_done) struct nb_text modes = { 0 };
	NB_CLEANUP(nb_text_done) struct nb_text class = { 0 };

	nbc_say_values(row, false, &values);
	if (row->unit)
		nb_text_add(&values, " %s", row->unit);
	nbc_say_default(row, &dflt);
	nbc_say_modes_short(nbc_option_works(row), &modes);
	say_class(row, &class);
	nbc_table_add(table,
		(const char *const[]){ row->name, nbc_text_of(&values), nbc_text_of(&dflt),
			nbc_text_of(&modes), nbc_text_of(&class), row->help });
}

static bool print_scope(
	const struct nbc *nbc, enum nb_scope scope, const char *name, bool all, bool first)
{
	NB_CLEANUP(nbc_table_done) struct nbc_table table = {
		.columns = columns, .n_columns = NB_ARRAY_SIZE(columns)
	};

	nb_foreach_option(row, attr, scope) {
		if (is_meant(row, name, all))
			add_row(&table, row);
	}
	if (table.n_cells == 0)
		return false;
	fprintf(nbc->out, "%s%s%s%s\n\n", first ? "" : "\n",
		nbc_colour(nbc, nbc->out, NBC_BOLD), scope_titles[scope],
		nbc_colour(nbc, nbc->out, NBC_PLAIN));
	nbc_table_print(&table, nbc);
	return true;
}

static void print_legend(const struct nbc *nbc)
{
	NB_CLEANUP(nb_text_done) struct nb_text text = { 0 };

	nb_text_add(&text, "Modes in which it works: ");
	for (unsigned mode = 0; mode < NB_MODE_COUNT; mode++)
		nb_text_add(&text, "%s%u %s", mode ? ", " : "", mode, nb_mode_name(mode));
	nb_text_add(&text, ".\nChange: what a new value means for traffic, least first: live, slave, "
			   "down, rebuild; + higher where the values ask for it.\n"
			   "%s options NAME tells all about one.", nbc->program);
	fputc('\n', nbc->out);
	nbc_wrap(nbc, nbc->out, nbc_text_of(&text), 0, 0);
}

static void print_list(const struct nbc *nbc, const char *name, bool all)
{
	bool first = true;

	for (enum nb_scope scope = 0; scope < NB_SCOPE_COUNT; scope++)
		first = !print_scope(nbc, scope, name, all, first) && first;
	print_legend(nbc);
}

/* A name may stand in two scopes. */
static void print_details(const struct nbc *nbc, const char *name)
{
	bool first = true;

	for (enum nb_scope scope = 0; scope < NB_SCOPE_COUNT; scope++) {
		nb_foreach_option(row, attr, scope) {
			if (!is_meant(row, name, true))
				continue;
			if (!first)
				fputc('\n', nbc->out);
			nbc_print_option(nbc, row);
			first = false;
		}
	}
}

static void print_document(const struct nbc *nbc, enum nbc_format format, const char *name, bool all)
{
	NB_CLEANUP(nb_json_putp) struct json_object *doc = nb_json_document();
	struct json_object *list = nb_json_list();

	for (enum nb_scope scope = 0; scope < NB_SCOPE_COUNT; scope++) {
		nb_foreach_option(row, attr, scope) {
			if (is_meant(row, name, all))
				nb_json_add(list, nbc_option_document(row));
		}
	}
	nb_json_set(doc, "options", list);
	nbc_doc_print(nbc, format, doc);
}

static int tell_unknown(const struct nbc *nbc, const char *name)
{
	NB_CLEANUP(nb_text_done) struct nb_text quoted = { 0 };
	const char *best = NULL;
	unsigned least = 0;

	for (enum nb_scope scope = 0; scope < NB_SCOPE_COUNT; scope++) {
		nb_foreach_option(row, attr, scope) {
			nbc_nearer(name, row->name, &least, &best);
			if (row->alias)
				nbc_nearer(name, row->alias, &least, &best);
		}
	}
	nb_text_quote(&quoted, name);
	if (best)
		nbc_tell(nbc, "there is no option %s: did you mean %s?", nbc_text_of(&quoted), best);
	else
		nbc_tell(nbc, "there is no option %s: `%s options --all` lists all",
			nbc_text_of(&quoted), nbc->program);
	return NBC_ERROR;
}

int nbc_list_options(struct nbc *nbc, const struct nbc_args *args)
{
	const char *name = args->n_words ? args->words[0] : NULL;
	bool all = nbc_args_has(args, NBC_ALL);

	if (count_meant(name, all) == 0)
		return tell_unknown(nbc, name);
	if (args->format != NBC_TEXT)
		print_document(nbc, args->format, name, all);
	else if (name && !is_pattern(name))
		print_details(nbc, name);
	else
		print_list(nbc, name, all);
	return NBC_OK;
}
