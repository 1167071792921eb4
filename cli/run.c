/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "cli/run.h"

#include <errno.h>
#include <string.h>

#include "cli/args.h"
#include "cli/help.h"
#include "cli/problems.h"
#include "cli/term.h"

static int misuse(const struct nbc *nbc, const struct nbc_command *command,
	const struct nbc_args *args, const char *why)
{
	NB_CLEANUP(nb_text_done) struct nb_text hint = { 0 };
	int status = command->misused ? command->misused(args, &hint) : NBC_ERROR;

	nbc_tell(nbc, "%s", why);
	fprintf(nbc->err, "%sTry '%s %s --help'.\n", nbc_text_of(&hint), nbc->program, command->name);
	return status;
}

static int run_command(
	struct nbc *nbc, const struct nbc_command *command, int argc, char **argv)
{
	NB_CLEANUP(nbc_args_done) struct nbc_args args = { 0 };
	NB_CLEANUP(nb_text_done) struct nb_text why = { 0 };
	int r;

	r = nbc_args_parse(command, argc, argv, &args, &why);
	if (r == -ENOMEM)
		nbc_die_of_memory();
	if (nbc_args_has(&args, NBC_HELP)) {
		nbc_help_command(nbc, command);
		return NBC_OK;
	}
	return r < 0 ? misuse(nbc, command, &args, nbc_text_of(&why)) : command->run(nbc, &args);
}

/* Options alone. */
static int run_option(struct nbc *nbc, const char *text)
{
	NB_CLEANUP(nb_text_done) struct nb_text quoted = { 0 };

	if (nb_streq(text, "--help") || nb_streq(text, "-h")) {
		nbc_help_all(nbc);
		return NBC_OK;
	}
	if (nb_streq(text, "--version")) {
		fprintf(nbc->out, "%s %s\n", nbc->program, NB_VERSION);
		return NBC_OK;
	}
	nb_text_quote(&quoted, text);
	nbc_tell(nbc, "there is no verb behind %s", nbc_text_of(&quoted));
	fprintf(nbc->err, "Try '%s --help'.\n", nbc->program);
	return NBC_ERROR;
}

static int dispatch(struct nbc *nbc, int argc, char **argv)
{
	const struct nbc_command *command;
	int verb = nbc_args_find_verb(argc, argv);

	if (argc == 0) {
		nbc_tell(nbc, "what is to be done? Name a verb");
		fprintf(nbc->err, "Try '%s --help'.\n", nbc->program);
		return NBC_ERROR;
	}
	if (verb == argc)
		return run_option(nbc, argv[0]);
	command = nbc_command_find(argv[verb]);
	if (command) {
		/* Options may stand before the verb as well: it changes places with them. */
		memmove(argv + 1, argv, (size_t)verb * sizeof(*argv));
		return run_command(nbc, command, argc - 1, argv + 1);
	}
	nbc_tell_unknown_command(nbc, argv[verb]);
	return NBC_ERROR;
}

int nbc_run(struct nbc *nbc, int argc, char **argv)
{
	int status = dispatch(nbc, argc, argv);

	if (fflush(nbc->out) == 0 && !ferror(nbc->out))
		return status;
	/* A reader who has seen enough (head, less) is no error to talk about. */
	if (errno != EPIPE)
		nbc_tell(nbc, "the output cannot be written: %s", strerror(errno));
	return NBC_ERROR;
}
