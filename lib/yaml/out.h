/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * Writing YAML by libyaml's emitter: blocks for people, short things on one line, quotes where
 * another reader could take a text for something else. Private to lib/yaml.
 */

#include <yaml.h>

#include "lib/core/model.h"

struct nb_yaml_out {
	yaml_emitter_t emitter;
	struct nb_text *text;
	bool failed; /* memory ran out: nothing more is written */
};

/** nb_yaml_out_begin() - start a document that is appended to @text. Return: 0, -ENOMEM. */
int nb_yaml_out_begin(struct nb_yaml_out *o, struct nb_text *text);

/**
 * nb_yaml_out_end() - end the document and free what the emitter holds, also after a failure
 *
 * Return: 0, -ENOMEM when anything since the beginning failed.
 */
int nb_yaml_out_end(struct nb_yaml_out *o);

/** nb_yaml_out_map() - open a mapping; @flow: on one line, in braces */
void nb_yaml_out_map(struct nb_yaml_out *o, bool flow);
void nb_yaml_out_map_end(struct nb_yaml_out *o);

/** nb_yaml_out_list() - open a list; @flow: on one line, in brackets */
void nb_yaml_out_list(struct nb_yaml_out *o, bool flow);
void nb_yaml_out_list_end(struct nb_yaml_out *o);

/** nb_yaml_out_word() - a number, a boolean, a key or a word of the schema: never quoted */
void nb_yaml_out_word(struct nb_yaml_out *o, const char *format, ...) NB_PRINTF(2, 3);

/**
 * nb_yaml_clean() - a copy of @text that lib/yaml/reader.h takes back
 *
 * Each byte that YAML cannot carry, or the reader refuses, is '?'. Freed by the caller; NULL when
 * memory ran out.
 */
char *nb_yaml_clean(const char *text);

/**
 * nb_yaml_out_string() - a text of the user's or the kernel's
 *
 * Quoted where YAML 1.1 or 1.2 could read a number, a boolean, a date or nothing. Bytes that YAML
 * cannot carry (a device may have any bytes in its name) are written as '?'.
 */
void nb_yaml_out_string(struct nb_yaml_out *o, const char *text);

/** nb_yaml_out_built() - nb_yaml_out_string() of a text that was put together; failed with it */
void nb_yaml_out_built(struct nb_yaml_out *o, const struct nb_text *text);

/** nb_yaml_out_pair() - a key and a text */
void nb_yaml_out_pair(struct nb_yaml_out *o, const char *key, const char *text);

/** nb_yaml_out_number() - a key and a number */
void nb_yaml_out_number(struct nb_yaml_out *o, const char *key, uint64_t number);

/** nb_yaml_out_bool() - a key and true or false */
void nb_yaml_out_bool(struct nb_yaml_out *o, const char *key, bool value);

/** nb_yaml_out_mac() - a key and a MAC */
void nb_yaml_out_mac(struct nb_yaml_out *o, const char *key, const uint8_t mac[6]);

/** nb_yaml_out_ip() - a key and an address; nothing where there is none */
void nb_yaml_out_ip(struct nb_yaml_out *o, const char *key, const struct nb_ip *ip);

/** nb_yaml_out_code() - the name of a number among @names, else the number */
void nb_yaml_out_code(struct nb_yaml_out *o, const struct nb_name *names, uint32_t code);

/** nb_yaml_out_value() - the value of a row, a list as a list */
void nb_yaml_out_value(
	struct nb_yaml_out *o, const struct nb_option *row, union nb_value value);

/** nb_yaml_out_rows() - rows of a set, in the order of the table, each with its name as key */
void nb_yaml_out_rows(struct nb_yaml_out *o, const struct nb_optset *set, uint64_t attrs);

/** nb_yaml_out_traits() - hostname, uid-map, gid-map, offsets, as far as they are known; nstraits.c */
void nb_yaml_out_traits(struct nb_yaml_out *o, const struct nb_nstraits *traits);

/** nb_yaml_out_route() - the members of a route that a configuration can say; emit.c */
void nb_yaml_out_route(struct nb_yaml_out *o, const struct nb_route *route);
