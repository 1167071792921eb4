/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * The verbs of netbondctl as rows of one table. A row says what a verb is called, what it takes
 * and what it does in words; reading the command line, the help texts and completion follow from
 * it. A new verb is a new row and a function.
 */

#include <stdint.h>
#include <stdio.h>

#include "lib/core/util.h"

/* What the program ends with. */
enum nbc_exit {
	NBC_OK = 0,
	NBC_ERROR = 1,
	NBC_DIFFERS = 2, /* there is something to do, or to permit */
};

enum nbc_format {
	NBC_TEXT,
	NBC_JSON,
	NBC_YAML,
	NBC_FORMAT_COUNT,
};

#define NBC_FORMAT(format) (1u << (format))

/* An option means the same in every verb that takes it. */
enum nbc_option_id {
	NBC_OFFLINE,
	NBC_EXACT,
	NBC_ALLOW,
	NBC_REORDER,
	NBC_FORCE,
	NBC_NAMESPACE,
	NBC_USER,
	NBC_ONCE,
	NBC_TIMEOUT,
	NBC_PROBE,
	NBC_ALL,
	NBC_LINES,
	NBC_SINCE,
	NBC_LOG,
	NBC_INTERVAL,
	NBC_HTTP,
	NBC_HOW,
	NBC_HOLD,
	NBC_OPENMETRICS,
	NBC_FLOWS,
	NBC_FOR,
	NBC_CONFIG_DIR,
	NBC_RUNTIME_DIR,
	NBC_HOST,
	NBC_MACHINE,
	NBC_OUTPUT,
	NBC_HELP,
	NBC_VERSION,
	NBC_OPTION_COUNT,
};

#define NBC_OPTION(id) (1u << (id))

struct nbc_option {
	const char *name; /* without the dashes */
	char letter;	  /* 0 = none */
	const char *value; /* what it takes: DIR, CLASS, ...; NULL = nothing */
	const char *help; /* one line */
};

/* By enum nbc_option_id. */
extern const struct nbc_option nbc_options[NBC_OPTION_COUNT];

/* One option as it was given. */
struct nbc_given {
	enum nbc_option_id id;
	const char *value; /* NULL for an option without */
};

/* A command line by its table; all texts are borrowed from argv. */
struct nbc_args {
	const struct nbc_command *command;
	struct nbc_given *given; /* in order; an option may stand there several times */
	size_t n_given;
	char **words;
	size_t n_words;
	enum nbc_format format;
};

/* Where a verb writes to, and how. */
struct nbc {
	const char *program;
	FILE *out, *err;
	unsigned width;		      /* of .out in columns */
	bool colour_out, colour_err;
};

/* What the arguments of a verb are. */
enum nbc_words {
	NBC_WORDS_NONE,
	NBC_WORDS_FILES,
	NBC_WORDS_BONDS,
	NBC_WORDS_BOND_FLOW,  /* a bond, then a flow in words */
	NBC_WORDS_BOND_TIME,  /* a bond, then a span of time */
	NBC_WORDS_BOND_SLAVE, /* a bond, then a slave of it */
	NBC_WORDS_NAMESPACE,
	NBC_WORDS_NS,	      /* what ns does, then what to */
	NBC_WORDS_OPTIONS,    /* names of the option table */
	NBC_WORDS_VERBS,
	NBC_WORDS_SHELLS,
};

struct nbc_command {
	const char *name;
	const char *arguments; /* "[FILE...]", "" = none */
	const char *summary;   /* a few words */
	const char *details;   /* paragraphs with an empty line between, may be NULL */
	unsigned options;      /* NBC_OPTION() bits; NBC_HELP goes without saying */
	unsigned formats;      /* NBC_FORMAT() bits, 0: takes no --output */
	enum nbc_format format; /* when none is asked for */
	size_t min_words, max_words;
	enum nbc_words words; /* what the arguments are, for completion */
	int (*run)(struct nbc *nbc, const struct nbc_args *args); /* returns an enum nbc_exit */
	/*
	 * The exit status of a command line that makes no sense, as far as it was read; a line for
	 * the user may be added to @hint. NULL: NBC_ERROR.
	 */
	int (*misused)(const struct nbc_args *args, struct nb_text *hint);
};

/* Ends with a NULL name. */
extern const struct nbc_command nbc_commands[];

/* The verbs, one file per family; what they do is told by their rows. */

/** nbc_check() - judge a configuration by itself. Return: NBC_OK, NBC_ERROR. */
int nbc_check(struct nbc *nbc, const struct nbc_args *args);

/** nbc_plan() - show what would be done. Return: NBC_OK, NBC_DIFFERS, NBC_ERROR. */
int nbc_plan(struct nbc *nbc, const struct nbc_args *args);

/** nbc_snapshot() - print what is. Return: NBC_OK, NBC_ERROR. */
int nbc_snapshot(struct nbc *nbc, const struct nbc_args *args);

/** nbc_list_options() - print the option table. Return: NBC_OK, NBC_ERROR. */
int nbc_list_options(struct nbc *nbc, const struct nbc_args *args);

/** nbc_schema() - print the JSON Schema of a file. Return: NBC_OK. */
int nbc_schema(struct nbc *nbc, const struct nbc_args *args);

/** nbc_status() - all bonds on one screen. Return: NBC_OK, NBC_DIFFERS, NBC_ERROR. */
int nbc_status(struct nbc *nbc, const struct nbc_args *args);

/** nbc_show() - all about bonds. Return: NBC_OK, NBC_ERROR. */
int nbc_show(struct nbc *nbc, const struct nbc_args *args);

/** nbc_apply() - make a configuration true. Return: NBC_OK, NBC_DIFFERS, NBC_ERROR. */
int nbc_apply(struct nbc *nbc, const struct nbc_args *args);

/** nbc_try() - the same, and back again unless it is confirmed. Return: NBC_OK, NBC_DIFFERS, NBC_ERROR. */
int nbc_try(struct nbc *nbc, const struct nbc_args *args);

/** nbc_confirm() - keep what is tried. Return: NBC_OK, NBC_ERROR. */
int nbc_confirm(struct nbc *nbc, const struct nbc_args *args);

/** nbc_rollback() - take it back. Return: NBC_OK, NBC_ERROR. */
int nbc_rollback(struct nbc *nbc, const struct nbc_args *args);

/** nbc_reload() - have the daemon read its files. Return: NBC_OK, NBC_DIFFERS, NBC_ERROR. */
int nbc_reload(struct nbc *nbc, const struct nbc_args *args);

/** nbc_failover() - make another slave the active one. Return: NBC_OK, NBC_ERROR. */
int nbc_failover(struct nbc *nbc, const struct nbc_args *args);

/** nbc_drill() - try failovers. Return: NBC_OK, NBC_DIFFERS, NBC_ERROR. */
int nbc_drill(struct nbc *nbc, const struct nbc_args *args);

/** nbc_pause() - have the daemon leave a bond alone for a while. Return: NBC_OK, NBC_ERROR. */
int nbc_pause(struct nbc *nbc, const struct nbc_args *args);

/** nbc_balance() - show how traffic is spread over slaves. Return: NBC_OK, NBC_ERROR. */
int nbc_balance(struct nbc *nbc, const struct nbc_args *args);

/** nbc_explain() - tell what is wrong with bonds. Return: NBC_OK, NBC_DIFFERS, NBC_ERROR. */
int nbc_explain(struct nbc *nbc, const struct nbc_args *args);

/** nbc_hash() - tell which slave a flow leaves by. Return: NBC_OK, NBC_DIFFERS, NBC_ERROR. */
int nbc_hash(struct nbc *nbc, const struct nbc_args *args);

/** nbc_history() - what happened. Return: NBC_OK, NBC_ERROR. */
int nbc_history(struct nbc *nbc, const struct nbc_args *args);

/** nbc_print_metrics() - for Prometheus. Return: NBC_OK, NBC_ERROR. */
int nbc_print_metrics(struct nbc *nbc, const struct nbc_args *args);
/** nbc_ns() - network namespaces. Return: NBC_OK, NBC_ERROR; of exec see cli/ns.h. */
int nbc_ns(struct nbc *nbc, const struct nbc_args *args);

/** nbc_ns_misused() - what tells a mistake from the status of a command. Return: as nbc_ns(). */
int nbc_ns_misused(const struct nbc_args *args, struct nb_text *hint);

/** nbc_stack() - how frames go through a namespace. Return: NBC_OK, NBC_ERROR. */
int nbc_stack(struct nbc *nbc, const struct nbc_args *args);

/** nbc_watch() - print what happens until told to end. Return: NBC_OK, NBC_ERROR. */
int nbc_watch(struct nbc *nbc, const struct nbc_args *args);

/** nbc_wait_online() - wait until bonds can be used. Return: NBC_OK, NBC_ERROR. */
int nbc_wait_online(struct nbc *nbc, const struct nbc_args *args);

/** nbc_completion() - print the completion of a shell. Return: NBC_OK, NBC_ERROR. */
int nbc_completion(struct nbc *nbc, const struct nbc_args *args);

/** nbc_help() - print the help of all or of one verb. Return: NBC_OK, NBC_ERROR. */
int nbc_help(struct nbc *nbc, const struct nbc_args *args);
