/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * What netbond did earlier and must not forget: which bonds and namespaces it made, which it
 * adopted, where the NICs it moved came from. Kept in the run directory; addresses and routes
 * need no entry, they carry NB_PROTOCOL.
 */

#include "lib/core/model.h"

enum nb_object_kind {
	NB_OBJECT_BOND,	 /* a bond a configuration named */
	NB_OBJECT_NETNS, /* a namespace netbond made */
	NB_OBJECT_NIC,	 /* a NIC netbond moved into a namespace */
	NB_OBJECT_TYPE,	 /* a type of a namespace netbond pinned: net only where it is shared */
};

/*
 * One object. Bonds and NICs are keyed by (namespace, ifindex, name), and a namespace is known by
 * inode and cookie, so that a foreign remake is never taken for ours.
 */
struct nb_object {
	enum nb_object_kind kind;
	char *namespace; /* its name when recorded, "" = own */
	uint64_t inode, cookie; /* of that namespace, TYPE: of that type; 0 = not known (yet) */
	int ifindex;	 /* 0 = not known yet (recorded before it was made) */
	char *name;	 /* link name; for a namespace the same as .namespace; TYPE: "uts", ... */
	bool made;	 /* by netbond; false: adopted */
	uint8_t mac[6];	 /* NIC: its own (nb_link_own_mac()), to know it by under another name */
	bool has_mac;
	char *home;	 /* NIC: name it had in the namespace it came from; TYPE: the set it is shared
			  * with, NULL = its own */
	char *home_namespace; /* NIC: "" = own */
	/* Adopted addresses an earlier configuration named (bonds only). */
	struct nb_address *addresses;
	uint32_t n_addresses, address_capacity;
};

struct nb_memory {
	struct nb_object *objects;
	size_t n_objects, object_capacity;
	size_t n_nics; /* of them */
	struct nb_index names; /* a cache of their names; empty until the first search */
};

/** nb_memory_add() - append an object with copies of the texts, good until the next; NULL: no memory */
struct nb_object *nb_memory_add(struct nb_memory *memory, enum nb_object_kind kind,
	const char *namespace, const char *name);

/** nb_memory_remove() - forget @object, which must be one of @memory's */
void nb_memory_remove(struct nb_memory *memory, struct nb_object *object);

/** nb_object_renew() - nothing is known of it any more but its kind and its name */
void nb_object_renew(struct nb_object *object);

/** nb_memory_rename() - what @object stands for has another name now. Return: 0, -ENOMEM. */
int nb_memory_rename(struct nb_memory *memory, struct nb_object *object, const char *name);

/** nb_object_elsewhere() - whether @ns is another namespace than the one @object was seen in */
bool nb_object_elsewhere(const struct nb_object *object, const struct nb_netns *ns);

/**
 * nb_memory_find() - the object for this link of this namespace, in constant time
 * @link:  NULL for a namespace object
 *
 * An entry without inode or ifindex (recorded before the thing was made) matches by name alone.
 */
struct nb_object *nb_memory_find(const struct nb_memory *memory, enum nb_object_kind kind,
	const struct nb_netns *ns, const struct nb_link *link);

/** nb_memory_find_name() - the same by name alone, whichever device or namespace it was */
struct nb_object *nb_memory_find_name(const struct nb_memory *memory, enum nb_object_kind kind,
	const char *namespace, const char *name);

/** nb_memory_has_name() - whether any object has, or may have, that name; false for NULL */
bool nb_memory_has_name(const struct nb_memory *memory, const char *name);

/** nb_memory_find_type() - the object of that type of the set @namespace, NULL when there is none */
struct nb_object *nb_memory_find_type(
	const struct nb_memory *memory, const char *namespace, enum nb_nstype type);

/** nb_object_has_address() - whether it remembers @address as adopted; false for NULL */
bool nb_object_has_address(const struct nb_object *object, const struct nb_address *address);

/** nb_object_add_address() - remember @address as adopted, once. Return: 0, -ENOMEM. */
int nb_object_add_address(struct nb_object *object, const struct nb_address *address);

/** nb_memory_done() - free the contents */
void nb_memory_done(struct nb_memory *memory);

/** nb_memory_copy() - deep copy over an empty @ret. Return: 0, -ENOMEM. */
int nb_memory_copy(const struct nb_memory *memory, struct nb_memory *ret);
