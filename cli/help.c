/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "cli/help.h"

#include <string.h>

#include "cli/args.h"
#include "cli/problems.h"
#include "cli/term.h"

#define GAP 2
#define OPTION_COLUMN 27	/* behind the longest head, which is that of --machine */
#define NARROW_WIDTH 60		/* below, texts stand under their heads, indented */
#define NARROW_COLUMN 6

static void heading(const struct nbc *nbc, const char *text)
{
	fprintf(nbc->out, "\n%s%s%s\n", nbc_colour(nbc, nbc->out, NBC_BOLD), text,
		nbc_colour(nbc, nbc->out, NBC_PLAIN));
}

/* Two columns: @head, and @text wrapped beside it. */
static void item(const struct nbc *nbc, const char *head, const char *text, unsigned column)
{
	unsigned at = GAP + nbc_cells(head, strlen(head));

	if (nbc->width < NARROW_WIDTH)
		column = NARROW_COLUMN;
	fprintf(nbc->out, "%*s%s", GAP, "", head);
	if (at + GAP > column) {
		fputc('\n', nbc->out);
		at = 0;
	}
	nbc_wrap(nbc, nbc->out, text, column, at);
}

static void command_head(const struct nbc_command *command, struct nb_text *out)
{
	nb_text_add(out, "%s%s%s", command->name, *command->arguments ? " " : "",
		command->arguments);
}

static void option_head(const struct nbc_option *option, struct nb_text *out)
{
	if (option->letter)
		nb_text_add(out, "-%c, ", option->letter);
	else
		nb_text_add(out, "    ");
	nb_text_add(out, "--%s", option->name);
	if (option->value)
		nb_text_add(out, " %s", option->value);
}

static void help_option(
	const struct nbc *nbc, const struct nbc_command *command, enum nbc_option_id id)
{
	NB_CLEANUP(nb_text_done) struct nb_text head = { 0 };
	NB_CLEANUP(nb_text_done) struct nb_text text = { 0 };

	option_head(&nbc_options[id], &head);
	nb_text_add(&text, "%s", nbc_options[id].help);
	if (id == NBC_OUTPUT && command) {
		nb_text_add(&text, ": ");
		nbc_format_list(command, &text);
		nb_text_add(&text, " (default %s)", nbc_format_name(command->format));
	}
	item(nbc, nbc_text_of(&head), nbc_text_of(&text), OPTION_COLUMN);
}

void nbc_help_all(const struct nbc *nbc)
{
	fprintf(nbc->out, "usage: %s VERB [OPTION...] [ARGUMENT...]\n\n", nbc->program);
	nbc_wrap(nbc, nbc->out,
		"Shows, checks and changes the bonds of this machine and their configuration.", 0, 0);
	heading(nbc, "Verbs");
	for (const struct nbc_command *c = nbc_commands; c->name; c++) {
		NB_CLEANUP(nb_text_done) struct nb_text head = { 0 };

		command_head(c, &head);
		item(nbc, nbc_text_of(&head), c->summary, 20);
	}
	heading(nbc, "Options");
	help_option(nbc, NULL, NBC_HELP);
	help_option(nbc, NULL, NBC_VERSION);
	fprintf(nbc->out, "\n%s VERB --help tells more about a verb.\n", nbc->program);
}

void nbc_help_command(const struct nbc *nbc, const struct nbc_command *command)
{
	NB_CLEANUP(nb_text_done) struct nb_text usage = { 0 };
	NB_CLEANUP(nb_text_done) struct nb_text summary = { 0 };

	nb_text_add(&usage, "usage: %s %s [OPTION...]%s%s", nbc->program, command->name,
		*command->arguments ? " " : "", command->arguments);
	nbc_wrap(nbc, nbc->out, nbc_text_of(&usage), 7, 7);
	fputc('\n', nbc->out);
	nb_text_add(&summary, "%s", command->summary);
	if (summary.text && *summary.text >= 'a' && *summary.text <= 'z')
		*summary.text += 'A' - 'a';
	nb_text_add(&summary, ".");
	nbc_wrap(nbc, nbc->out, nbc_text_of(&summary), 0, 0);
	if (command->details) {
		fputc('\n', nbc->out);
		nbc_wrap(nbc, nbc->out, command->details, 0, 0);
	}
	heading(nbc, "Options");
	for (unsigned i = 0; i < NBC_OPTION_COUNT; i++) {
		if (nbc_command_takes(command, (enum nbc_option_id)i))
			help_option(nbc, command, (enum nbc_option_id)i);
	}
}

void nbc_tell_unknown_command(const struct nbc *nbc, const char *name)
{
	NB_CLEANUP(nb_text_done) struct nb_text quoted = { 0 };
	const char *best = NULL;
	unsigned least = 0;

	for (const struct nbc_command *c = nbc_commands; c->name; c++)
		nbc_nearer(name, c->name, &least, &best);
	nb_text_quote(&quoted, name);
	if (best)
		nbc_tell(nbc, "there is no verb %s: did you mean %s?", nbc_text_of(&quoted), best);
	else
		nbc_tell(nbc, "there is no verb %s", nbc_text_of(&quoted));
	fprintf(nbc->err, "Try '%s --help'.\n", nbc->program);
}

int nbc_help(struct nbc *nbc, const struct nbc_args *args)
{
	const struct nbc_command *command;

	if (args->n_words == 0) {
		nbc_help_all(nbc);
		return NBC_OK;
	}
	command = nbc_command_find(args->words[0]);
	if (!command) {
		nbc_tell_unknown_command(nbc, args->words[0]);
		return NBC_ERROR;
	}
	nbc_help_command(nbc, command);
	return NBC_OK;
}
