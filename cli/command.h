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
	NBC_NAMESPACE,
	NBC_ALL,
	NBC_CONFIG_DIR,
	NBC_RUNTIME_DIR,
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

struct nbc_command {
	const char *name;
	const char *arguments; /* "[FILE...]", "" = none */
	const char *summary;   /* a few words */
	const char *details;   /* paragraphs with an empty line between, may be NULL */
	unsigned options;      /* NBC_OPTION() bits; NBC_HELP goes without saying */
	unsigned formats;      /* NBC_FORMAT() bits, 0: takes no --output */
	enum nbc_format format; /* when none is asked for */
	size_t max_words;
	int (*run)(struct nbc *nbc, const struct nbc_args *args); /* returns an enum nbc_exit */
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

/** nbc_help() - print the help of all or of one verb. Return: NBC_OK, NBC_ERROR. */
int nbc_help(struct nbc *nbc, const struct nbc_args *args);
