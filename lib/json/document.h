/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * Trees for programs, printed as JSON or as YAML. Keys are spelled as in the configuration; every
 * document begins with its version, which grows when a reader of the former one would be misled.
 *
 * When memory runs out these functions end the program: a document is whole or not there. The
 * kernel stays as it is when a daemon ends, and the next one goes on from there.
 */

#include <json-c/json.h>

#include "lib/core/option.h"

#define NB_JSON_VERSION 1

/** nb_json_no_memory() - end the program: there is none for the document */
_Noreturn void nb_json_no_memory(void);

/** nb_json_document() - an empty mapping with its version */
struct json_object *nb_json_document(void);

/** nb_json_map() - an empty mapping, owned by the caller (json_object_put()) */
struct json_object *nb_json_map(void);

/** nb_json_list() - an empty list, owned by the caller */
struct json_object *nb_json_list(void);

/** nb_json_string() - a text; bytes that are no UTF-8 become '?' (RFC 8259, 8.1) */
struct json_object *nb_json_string(const char *text);

/** nb_json_value() - a value of a row: number, boolean, text, list of texts, or mapping of a nest */
struct json_object *nb_json_value(const struct nb_option *row, union nb_value value);

/** nb_json_set() - give @map a member, which it owns then; NULL is JSON's null */
void nb_json_set(struct json_object *map, const char *key, struct json_object *value);

/** nb_json_set_string() - a text; NULL: the member is left out */
void nb_json_set_string(struct json_object *map, const char *key, const char *text);

/** nb_json_set_number() - a whole number */
void nb_json_set_number(struct json_object *map, const char *key, int64_t number);

/** nb_json_set_bool() - true or false */
void nb_json_set_bool(struct json_object *map, const char *key, bool value);

/** nb_json_add() - append to a list, which owns @value then */
void nb_json_add(struct json_object *list, struct json_object *value);

/** nb_json_add_string() - append a text */
void nb_json_add_string(struct json_object *list, const char *text);

static inline void nb_json_putp(struct json_object **doc)
{
	json_object_put(*doc);
}
