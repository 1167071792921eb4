/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * Reading a command line by the tables of command.h.
 */

#include "cli/command.h"

/** nbc_command_find() - the verb of that name, NULL when there is none */
const struct nbc_command *nbc_command_find(const char *name);

/** nbc_command_takes() - whether a verb takes an option */
bool nbc_command_takes(const struct nbc_command *command, enum nbc_option_id id);

/** nbc_format_name() - "text", "json" or "yaml" */
const char *nbc_format_name(enum nbc_format format);

/** nbc_format_list() - append the formats of a verb: "text, json or yaml" */
void nbc_format_list(const struct nbc_command *command, struct nb_text *out);

/**
 * nbc_args_find_verb() - where the verb stands, behind options and their values
 *
 * Return: its index; @argc when there is none.
 */
int nbc_args_find_verb(int argc, char **argv);

/**
 * nbc_args_parse() - read what stands behind a verb
 * @argv:    @argc arguments, the first one behind the verb; reordered
 * @ret:     borrows @argv; nbc_args_done(). Set also on failure, then with what was read so far
 * @ret_why: the sentence about what is wrong, and what to do
 *
 * Options may stand before, between and behind words, until "--". Return: 0; -EINVAL; -ENOMEM.
 */
int nbc_args_parse(const struct nbc_command *command, int argc, char **argv, struct nbc_args *ret,
	struct nb_text *ret_why);

/** nbc_args_done() - free what nbc_args_parse() made */
void nbc_args_done(struct nbc_args *args);

/** nbc_args_has() - whether an option was given */
bool nbc_args_has(const struct nbc_args *args, enum nbc_option_id id);

/** nbc_args_value() - the value an option was given last, NULL when it was not */
const char *nbc_args_value(const struct nbc_args *args, enum nbc_option_id id);

/**
 * nbc_nearer() - keep the candidate that is nearest to what was typed
 * @least:  0 at the start; the distance of *@best plus one
 * @best:   NULL at the start
 */
void nbc_nearer(const char *typed, const char *candidate, unsigned *least, const char **best);
