/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * What a bond, a slave or a namespace shows of itself. One list of properties per kind of object,
 * what the kernel has of them built from the option table, each with one getter: the bus, Describe()
 * and the comparison of two moments all ask that.
 */

#include "daemon/daemon.h"
#include "lib/json/document.h"

enum nbd_object_kind {
	NBD_OBJECT_BOND,
	NBD_OBJECT_SLAVE,
	NBD_OBJECT_NAMESPACE,
	NBD_OBJECT_KINDS,
};

/* One object at one moment; all borrowed from .seen and valid as long as that. */
struct nbd_object {
	enum nbd_object_kind kind;
	struct nbd *d;
	const struct nbd_seen *seen;
	const char *namespace;	     /* "" = own */
	const char *name;
	const struct nb_netns *ns;   /* NULL: not observed */
	const struct nb_link *bond;  /* of a slave: its master; NULL: not there */
	const struct nb_link *slave;
	const struct nb_goal *goal;  /* of the bond; NULL: foreign */
	const struct nb_set_goal *set; /* of a namespace that is more than a network of its own */
};

struct nbd_property {
	char *name;		   /* "MiiStatus" */
	char *key;		   /* of Describe(): "mii-status" */
	const char *signature;	   /* u t i b s as a{sv} a{st} */
	enum nb_scope scope;	   /* of the rows in an a{sv} */
	const struct nb_option *row; /* NULL: no value of the table */
	bool constant;		   /* never changes while the object exists */
	bool wanted;		   /* follows from the configuration alone */
	bool silent;		   /* changes of it are not told */
	struct json_object *(*get)(
		const struct nbd_object *object, const struct nbd_property *property);
};

struct nbd_properties {
	struct nbd_property *items;
	size_t n, capacity;
};

/** nbd_properties() - those of a kind, made at the first call; they live as long as the program */
const struct nbd_properties *nbd_properties(enum nbd_object_kind kind);

/** nbd_property_find() - the property of that D-Bus name, NULL when there is none */
const struct nbd_property *nbd_property_find(enum nbd_object_kind kind, const char *name);

/**
 * nbd_object_find_bond() - a bond that is declared, or that is there
 *
 * Return: whether there is one; *@ret is set then.
 */
bool nbd_object_find_bond(struct nbd *d, const struct nbd_seen *seen, const char *namespace,
	const char *name, struct nbd_object *ret);

/** nbd_object_find_slave() - a slave of such a bond */
bool nbd_object_find_slave(struct nbd *d, const struct nbd_seen *seen, const char *namespace,
	const char *bond, const char *name, struct nbd_object *ret);

/** nbd_object_find_namespace() - a declared namespace */
bool nbd_object_find_namespace(
	struct nbd *d, const struct nbd_seen *seen, const char *name, struct nbd_object *ret);

/** nbd_object_find_key() - the bond a human means: its key, or its name in netbond's own namespace */
bool nbd_object_find_key(
	struct nbd *d, const struct nbd_seen *seen, const char *key, struct nbd_object *ret);

/* Where a walk over the objects of a moment stands. Zero: before the first. */
struct nbd_walk {
	unsigned part;
	size_t namespace, i;
};

/**
 * nbd_object_next() - the next object of a moment: bonds, their slaves, namespaces
 *
 * Return: whether there is one more; *@ret is set then.
 */
bool nbd_object_next(
	struct nbd *d, const struct nbd_seen *seen, struct nbd_walk *walk, struct nbd_object *ret);

/** nbd_object_path() - the path of its D-Bus object, owned by the caller; NULL: no memory */
char *nbd_object_path(const struct nbd_object *object);

/** nbd_object_from_path() - the object of a path. Return: whether there is one. */
bool nbd_object_from_path(
	struct nbd *d, const struct nbd_seen *seen, const char *path, struct nbd_object *ret);

/** nbd_describe() - all properties of an object; of a bond also those of its slaves, as "ports" */
struct json_object *nbd_describe(const struct nbd_object *object);

/** nbd_describe_all() - append the daemon and every object of this moment, as one JSON document */
void nbd_describe_all(struct nbd *d, struct nb_text *out);

/** nbd_describe_forget() - the configuration or the kernel changed: what is wanted is looked up anew */
void nbd_describe_forget(struct nbd *d);

#define NBD_PATH "/org/netbond1"
