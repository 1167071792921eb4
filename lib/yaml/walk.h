/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * Going through a tree by a schema: tables of keys, typed scalars, and the messages for what does
 * not fit. Private to lib/yaml.
 *
 * Every function returns 0, -EBADMSG with the error told (the caller goes on to the next thing),
 * or -ENOMEM (the caller gives up).
 */

#include <errno.h>

#include "lib/core/config.h"
#include "lib/yaml/reader.h"

struct nb_yaml_walk {
	struct nb_diag *diag;
	struct nb_config *config; /* where it goes */
	size_t n_bonds_before;	  /* of .config, from earlier files */
	struct nb_state *state;	  /* of a snapshot */
	struct nb_yaml_drafts *drafts; /* its links so far */
	unsigned flags;		  /* enum nb_yaml_flags */
};

/* Takes one value into @object, whose kind the table's owner knows. */
typedef int nb_yaml_take(struct nb_yaml_walk *w, const struct nb_yaml_node *node, void *object);

/* One key of a mapping. */
struct nb_yaml_field {
	const char *name; /* '_' in a file is the same as '-' */
	nb_yaml_take *take;
};

/* What another tool calls a thing, and what to write here. */
struct nb_yaml_foreign {
	const char *word, *hint;
};

/* The keys of one kind of mapping. */
struct nb_yaml_shape {
	const char *what;    /* "a bond" */
	const char *example; /* how one is written; may be NULL */
	const struct nb_yaml_field *fields; /* ends with a NULL name */
	bool has_options;		    /* keys may be options of .scope, too */
	enum nb_scope scope;
	nb_yaml_take *take_option; /* the row is found by node->key */
	const struct nb_yaml_foreign *foreign; /* ends with a NULL word; may be NULL */
};

#define NB_YAML_FIELDS_MAX 40

/** nb_yaml_take_map() - every member of a mapping by its shape; all errors are told */
int nb_yaml_take_map(struct nb_yaml_walk *w, const struct nb_yaml_node *node,
	const struct nb_yaml_shape *shape, void *object);

/**
 * nb_yaml_take_list() - every item of a list
 * @example:  for the message when it is no list: "slaves: [eth0, eth1]"
 */
int nb_yaml_take_list(struct nb_yaml_walk *w, const struct nb_yaml_node *node,
	const char *example, nb_yaml_take *take, void *object);

/** nb_yaml_label() - the key a value belongs to, for messages */
const char *nb_yaml_label(const struct nb_yaml_node *node);

/** nb_yaml_is_empty() - whether nothing is written there: "key:", "key: ~", "key: null" */
bool nb_yaml_is_empty(const struct nb_yaml_node *node);

/** nb_yaml_text() - a scalar that is not empty; *@ret lives as long as the tree */
int nb_yaml_text(
	struct nb_yaml_walk *w, const struct nb_yaml_node *node, const char **ret);

/** nb_yaml_copy() - nb_yaml_text() copied; a former *@ret is freed */
int nb_yaml_copy(struct nb_yaml_walk *w, const struct nb_yaml_node *node, char **ret);

/** nb_yaml_bool() - true false yes no on off 1 0 */
int nb_yaml_bool(struct nb_yaml_walk *w, const struct nb_yaml_node *node, bool *ret);

/** nb_yaml_number() - a whole number within @min ... @max */
int nb_yaml_number(struct nb_yaml_walk *w, const struct nb_yaml_node *node, int64_t min,
	int64_t max, int64_t *ret);

/** nb_yaml_u32() - nb_yaml_number() from @min that fits 32 bits */
int nb_yaml_u32(
	struct nb_yaml_walk *w, const struct nb_yaml_node *node, uint32_t min, uint32_t *ret);

/** nb_yaml_word() - one of @names, as its value */
int nb_yaml_word(struct nb_yaml_walk *w, const struct nb_yaml_node *node,
	const struct nb_name *names, uint32_t *ret);

/** nb_yaml_code() - one of @names or a number up to @max: what the kernel may number anew */
int nb_yaml_code(struct nb_yaml_walk *w, const struct nb_yaml_node *node,
	const struct nb_name *names, uint32_t max, uint32_t *ret);

/** nb_yaml_byte() - nb_yaml_code() that fits 8 bits */
int nb_yaml_byte(struct nb_yaml_walk *w, const struct nb_yaml_node *node,
	const struct nb_name *names, uint8_t *ret);

/** nb_yaml_mac() - a MAC that a device can have: unicast, not zero */
int nb_yaml_mac(struct nb_yaml_walk *w, const struct nb_yaml_node *node, uint8_t ret[6]);

/** nb_yaml_ifname() - a name for a device, into IFNAMSIZ bytes */
int nb_yaml_ifname(struct nb_yaml_walk *w, const struct nb_yaml_node *node, char *ret);

/** nb_yaml_nsname() - a name for a namespace: a file name under /run/netns */
int nb_yaml_nsname(struct nb_yaml_walk *w, const struct nb_yaml_node *node, const char **ret);

/** nb_yaml_ip() - an address without prefix length; @family AF_UNSPEC takes both */
int nb_yaml_ip(
	struct nb_yaml_walk *w, const struct nb_yaml_node *node, int family, struct nb_ip *ret);

/**
 * nb_yaml_option() - the value of a row, scalar or list, into @set, with its place
 *
 * The row counts as named even when the value is wrong, so that no rule takes it for missing.
 * Named in an earlier place (an other spelling, another file): an error that shows both.
 */
int nb_yaml_option(struct nb_yaml_walk *w, const struct nb_yaml_node *node,
	const struct nb_option *row, struct nb_optset *set);

/** nb_yaml_value() - the value of a row, scalar or list */
int nb_yaml_value(struct nb_yaml_walk *w, const struct nb_yaml_node *node,
	const struct nb_option *row, union nb_value *ret);

/**
 * nb_yaml_twice() - tell that @node sets what was set at @first
 * @name:  canonical name of the key
 *
 * Return: -EBADMSG.
 */
int nb_yaml_twice(struct nb_yaml_walk *w, const struct nb_yaml_node *node, const char *name,
	const struct nb_mark *first);

/** nb_yaml_keep() - what is left of two results: -ENOMEM, else -EBADMSG, else 0 */
static inline int nb_yaml_keep(int a, int b)
{
	return NB_MIN(a, 0) == 0 || (b < 0 && b != -EBADMSG) ? b : a;
}
