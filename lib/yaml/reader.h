/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * A bounded tree of what a YAML file says, each node with its place. Scalars stay text: what they
 * mean is decided by the schema, never guessed. Only the YAML that a configuration needs is taken:
 * one document of mappings, lists and scalars; no anchors, aliases, tags or merge keys.
 */

#include "lib/core/diag.h"

enum nb_yaml_kind {
	NB_YAML_SCALAR,
	NB_YAML_LIST,
	NB_YAML_MAP,
	NB_YAML_BAD, /* was refused, and its error is told: pass over it in silence */
};

struct nb_yaml_node {
	enum nb_yaml_kind kind;
	bool quoted;		    /* a scalar written with quotes */
	bool item;		    /* of a list, not of a mapping */
	struct nb_mark mark;
	const char *text;	    /* of a scalar; no control characters in it */
	struct nb_yaml_node *key;   /* of a member of a mapping: its key; of a list's: the list's key */
	struct nb_yaml_node *first; /* of a list or mapping */
	struct nb_yaml_node *next;  /* the next one of the same list or mapping */
	size_t n;		    /* members */
};

/* Bounds of one file; what lies above is refused with a message that says the bound. */
struct nb_yaml_limits {
	size_t size;   /* bytes of the file */
	size_t depth;  /* lists and mappings within each other */
	size_t nodes;  /* scalars, lists and mappings together */
	size_t scalar; /* bytes of one scalar */
};

extern const struct nb_yaml_limits nb_yaml_limits_config;   /* of a configuration file */
extern const struct nb_yaml_limits nb_yaml_limits_snapshot; /* machine-written: larger */

struct nb_yaml_tree {
	struct nb_yaml_node *root; /* NULL: the file says nothing */
	struct nb_yaml_block *blocks;
};

/**
 * nb_yaml_read() - the tree of one file
 * @name:    of the file, as the user knows it
 * @text:    @size bytes
 * @limits:  bounds; a file above .size is refused before a byte of it is parsed
 * @diag:    keeps the file's text for its messages; not NULL
 * @ret:     the tree, owned by the caller (nb_yaml_tree_free())
 *
 * Memory is bounded by @limits: some 100 bytes for a node, and the text. A syntax error ends the
 * file: no tree then. A duplicate key, an alias, a text that no schema can want is told and left
 * out or NB_YAML_BAD: then there is a tree and the caller goes on to find what else is wrong.
 *
 * Return: 0; -EBADMSG with errors in @diag, *@ret is NULL only where nothing can be read;
 * -ENOMEM; -E2BIG more than 65535 files.
 */
int nb_yaml_read(const char *name, const char *text, size_t size,
	const struct nb_yaml_limits *limits, struct nb_diag *diag, struct nb_yaml_tree **ret);

/** nb_yaml_tree_free() - free the tree and all its nodes. Return: NULL. */
struct nb_yaml_tree *nb_yaml_tree_free(struct nb_yaml_tree *tree);

static inline void nb_yaml_tree_freep(struct nb_yaml_tree **tree)
{
	nb_yaml_tree_free(*tree);
}

/* Every member of a list or mapping, in the order of the file. */
#define nb_yaml_foreach(member, node)                                           \
	for (const struct nb_yaml_node *member = (node)->first; member; \
		member = member->next)
