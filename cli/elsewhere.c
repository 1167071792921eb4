/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "cli/elsewhere.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "cli/args.h"
#include "cli/problems.h"
#include "cli/term.h"

/* A command line; the texts that were made for it are its own. */
struct line {
	char **argv;
	size_t n, capacity;
};

static void line_done(struct line *line)
{
	for (size_t i = 0; i < line->n; i++)
		free(line->argv[i]);
	free(line->argv);
}

/* There is always room for the NULL at the end. */
static void add(struct line *line, const char *text)
{
	if (nb_grow(&line->argv, line->n + 1, &line->capacity, sizeof(*line->argv)) < 0 ||
		!(line->argv[line->n] = strdup(text)))
		nbc_die_of_memory();
	line->argv[++line->n] = NULL;
}

/* For a shell: 'it'\''s' */
static void quote(const char *word, struct nb_text *out)
{
	nb_text_add(out, " '");
	for (; *word; word++)
		nb_text_add(out, *word == '\'' ? "'\\''" : "%c", *word);
	nb_text_add(out, "'");
}

/* What was asked for, without where. */
static void add_verb(const struct nbc_args *args, struct line *line)
{
	add(line, "netbondctl");
	add(line, args->command->name);
	for (size_t i = 0; i < args->n_given; i++) {
		const struct nbc_given *given = &args->given[i];
		NB_CLEANUP(nb_text_done) struct nb_text text = { 0 };

		if (given->id == NBC_HOST || given->id == NBC_MACHINE)
			continue;
		nb_text_add(&text, "--%s%s%s", nbc_options[given->id].name, given->value ? "=" : "",
			given->value ? given->value : "");
		add(line, nbc_text_of(&text));
	}
	add(line, "--");
	for (size_t i = 0; i < args->n_words; i++)
		add(line, args->words[i]);
}

static bool on_terminal(void)
{
	return isatty(STDIN_FILENO) && isatty(STDOUT_FILENO);
}

/* "user@host:port", as sd_bus_open_system_remote() takes it. */
static void add_host(const char *host, struct line *line)
{
	const char *port = strrchr(host, ':');
	NB_CLEANUP(nb_text_done) struct nb_text name = { 0 };
	uint64_t number;

	/* An IPv6 address has more of them. */
	if (!port || strchr(host, ':') != port || nb_parse_u64(port + 1, UINT16_MAX, &number) < 0)
		port = host + strlen(host);
	if (*port) {
		add(line, "-p");
		add(line, port + 1);
	}
	nb_text_add(&name, "%.*s", (int)(port - host), host);
	add(line, "--");
	add(line, nbc_text_of(&name));
}

/* ssh hands one text to the shell of the other side. */
static void by_ssh(const struct nbc_args *args, const char *host, struct line *line)
{
	struct line verb = { 0 };
	NB_CLEANUP(nb_text_done) struct nb_text text = { 0 };

	add_verb(args, &verb);
	nb_text_add(&text, "exec");
	for (size_t i = 0; i < verb.n; i++)
		quote(verb.argv[i], &text);
	line_done(&verb);
	add(line, "ssh");
	add(line, on_terminal() ? "-t" : "-T");
	add_host(host, line);
	add(line, nbc_text_of(&text));
}

static void by_systemd(const struct nbc_args *args, const char *machine, struct line *line)
{
	add(line, "systemd-run");
	add(line, "--machine");
	add(line, machine);
	add(line, "--quiet");
	add(line, "--collect");
	add(line, "--wait");
	add(line, on_terminal() ? "--pty" : "--pipe");
	add(line, "--");
	add_verb(args, line);
}

int nbc_elsewhere(const struct nbc *nbc, const struct nbc_args *args)
{
	const char *host = nbc_args_value(args, NBC_HOST);
	const char *machine = nbc_args_value(args, NBC_MACHINE);
	NB_CLEANUP(line_done) struct line line = { 0 };
	int error;

	if (!host && !machine)
		return 0;
	if (host && machine) {
		nbc_tell(nbc, "--host and --machine each name a place to look at: give one");
		return -EINVAL;
	}
	if (host)
		by_ssh(args, host, &line);
	else
		by_systemd(args, machine, &line);
	execvp(line.argv[0], line.argv);
	error = errno;
	nbc_tell(nbc, "%s, which %s needs, cannot be run: %s%s", line.argv[0],
		host ? "--host" : "--machine", strerror(error),
		error == ENOENT && host ? " (install openssh-client)" : "");
	return -error;
}
