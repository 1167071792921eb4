/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * What a verb has to say as a tree, printed as JSON or as YAML. Keys are spelled as in the
 * configuration; every document begins with its version, which grows when a reader of the former
 * one would be misled.
 *
 * When memory runs out these functions end the program: a document is whole or not there.
 */

#include <json-c/json.h>

#include "cli/command.h"
#include "lib/core/option.h"

#define NBC_DOCUMENT_VERSION 1

/** nbc_doc_new() - an empty mapping with its version */
struct json_object *nbc_doc_new(void);

/** nbc_doc_map() - an empty mapping, owned by the caller (json_object_put()) */
struct json_object *nbc_doc_map(void);

/** nbc_doc_list() - an empty list, owned by the caller */
struct json_object *nbc_doc_list(void);

/** nbc_doc_string() - a text; bytes that are no UTF-8 become '?' (RFC 8259, 8.1) */
struct json_object *nbc_doc_string(const char *text);

/** nbc_doc_value() - a value of a row: number, boolean, text, list of texts, or mapping of a nest */
struct json_object *nbc_doc_value(const struct nb_option *row, union nb_value value);

/** nbc_doc_set() - give @map a member, which it owns then; NULL is JSON's null */
void nbc_doc_set(struct json_object *map, const char *key, struct json_object *value);

/** nbc_doc_set_string() - a text; NULL: the member is left out */
void nbc_doc_set_string(struct json_object *map, const char *key, const char *text);

/** nbc_doc_set_number() - a whole number */
void nbc_doc_set_number(struct json_object *map, const char *key, int64_t number);

/** nbc_doc_set_bool() - true or false */
void nbc_doc_set_bool(struct json_object *map, const char *key, bool value);

/** nbc_doc_add() - append to a list, which owns @value then */
void nbc_doc_add(struct json_object *list, struct json_object *value);

/** nbc_doc_add_string() - append a text */
void nbc_doc_add_string(struct json_object *list, const char *text);

/** nbc_doc_print() - to nbc->out as NBC_JSON or NBC_YAML */
void nbc_doc_print(const struct nbc *nbc, enum nbc_format format, struct json_object *doc);

/**
 * nbc_doc_from_yaml() - the tree of a YAML text that netbond wrote itself
 *
 * Plain true, false, null and decimal numbers get their type, everything else is a text.
 * Return: the tree, owned by the caller; NULL where it is none (never for the emitter's texts).
 */
struct json_object *nbc_doc_from_yaml(const char *text, size_t size);

static inline void nbc_doc_putp(struct json_object **doc)
{
	json_object_put(*doc);
}
