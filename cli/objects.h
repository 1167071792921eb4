/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * What the daemon shows on the bus, as trees: the properties of its objects, keys spelled as in
 * the configuration.
 */

#include "cli/client.h"

/* Zero is an empty one. */
struct nbc_objects {
	struct json_object *manager; /* mapping */
	struct json_object *bonds;   /* lists of mappings, in natural order of their names */
	struct json_object *slaves;
};

/** nbc_objects_get() - ask for all of them. Return: 0; a negative errno, told. */
int nbc_objects_get(struct nbc_client *c, struct nbc_objects *ret);

/** nbc_objects_done() - free the trees */
void nbc_objects_done(struct nbc_objects *objects);

/**
 * nbc_objects_select() - the bonds that the words of a command line mean; all without words
 * @ret:  a new list that shares the bonds, in their order, each once
 *
 * A word is a name, a key of the configuration, NAMESPACE/NAME, or a pattern of one of these.
 * Return: 0; -ENOENT a word fits no bond, told.
 */
int nbc_objects_select(const struct nbc *nbc, const struct nbc_objects *objects,
	const struct nbc_args *args, struct json_object **ret);

/** nbc_slave_of() - the slave object of a bond by its name, NULL when there is none */
struct json_object *nbc_slave_of(
	const struct nbc_objects *objects, struct json_object *bond, const char *name);

/** nbc_get() - a member of a mapping, NULL when it is not there or null */
struct json_object *nbc_get(struct json_object *map, const char *key);

/** nbc_get_text() - a member as text, "" when it is not there */
const char *nbc_get_text(struct json_object *map, const char *key);

/** nbc_get_number() - a member as number, 0 when it is not there */
uint64_t nbc_get_number(struct json_object *map, const char *key);

/** nbc_get_bool() - a member as truth value, @otherwise when it is not there */
bool nbc_get_bool(struct json_object *map, const char *key, bool otherwise);

/** nbc_list_length() - of a member that is a list, 0 when it is none */
size_t nbc_list_length(struct json_object *map, const char *key);

/** nbc_list_text() - item @i of a member that is a list, as text */
const char *nbc_list_text(struct json_object *map, const char *key, size_t i);

/** nbc_bond_title() - append "bond0", or "bond0 (blue)" in the namespace blue */
void nbc_bond_title(struct json_object *bond, struct nb_text *out);
