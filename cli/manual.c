/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A tool of the build: fills a manual page's list of options from the option table.
 *
 *   netbond-manual PAGE.in > PAGE
 *
 * A line "@bond-options@" or "@slave-options@" becomes the items of an mdoc list; all other lines
 * pass as they are. It runs on the machine that builds, also when that builds for another one.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/option-words.h"

/* mdoc takes a line that begins with '.' or '\'' as a request, and '\\' as an escape. */
static void put_text(const char *text)
{
	if (*text == '.' || *text == '\'')
		fputs("\\&", stdout);
	for (; *text; text++)
		fputs(*text == '\\' ? "\\e" : (const char[]){ *text, '\0' }, stdout);
}

/* One row of the small table below an option; nothing where @text is empty. */
static void put_item(const char *label, const struct nb_text *text)
{
	if (!text->length)
		return;
	printf(".It \\&%s\n", label); /* "No" is a macro */
	put_text(text->text);
	putchar('\n');
}

#define ITEM(label, build)                                            \
	do {                                                          \
		NB_CLEANUP(nb_text_done) struct nb_text text = { 0 }; \
		build;                                                \
		put_item(label, &text);                               \
	} while (0)

static void put_option(const struct nb_option *row)
{
	bool has_values = row->type == &nb_type_integer || row->type == &nb_type_enum;

	printf(".It Cm %s\n", row->name);
	put_text(row->help);
	fputs(".\n.Bl -tag -width \"No effect in\" -compact\n", stdout);
	ITEM("Also called", nb_text_add(&text, "%s", row->alias ? row->alias : ""));
	ITEM("Type", nbc_say_type(row, &text));
	if (has_values)
		ITEM("Values", nbc_say_values(row, true, &text));
	ITEM("Default", nbc_say_default_fully(row, &text));
	ITEM("Works in", nbc_say_modes(nbc_option_works(row), &text));
	ITEM("No effect in", nbc_say_modes(row->idle, &text));
	ITEM("Refused in", nbc_say_modes(row->refused, &text));
	ITEM("Excludes", nbc_say_rows(row, row->conflicts, &text));
	ITEM("Needs", nbc_say_needs(row, &text));
	ITEM("Change", nbc_say_change(row, &text));
	ITEM("Kernel", nb_text_add(&text, "%s%s", row->since ? row->since : "",
			       row->since ? " and later" : ""));
	fputs(".El\n", stdout);
}

static void put_options(enum nb_scope scope)
{
	nb_foreach_option(row, attr, scope) {
		if (nb_option_writable(row))
			put_option(row);
	}
}

int main(int argc, char **argv)
{
	NB_CLEANUP(nb_freep) char *line = NULL;
	size_t size = 0;
	FILE *in = argc == 2 ? fopen(argv[1], "re") : NULL;

	if (!in) {
		fprintf(stderr, "usage: netbond-manual PAGE.in: %s\n", strerror(argc == 2 ? errno : EINVAL));
		return 1;
	}
	while (getline(&line, &size, in) >= 0) {
		if (strcmp(line, "@bond-options@\n") == 0)
			put_options(NB_SCOPE_BOND);
		else if (strcmp(line, "@slave-options@\n") == 0)
			put_options(NB_SCOPE_SLAVE);
		else
			fputs(line, stdout);
	}
	fclose(in);
	return fflush(stdout) == 0 ? 0 : 1;
}
