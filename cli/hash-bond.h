/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* What lib/core/hash.h needs to know of a bond, out of what the daemon shows of it. */

#include "cli/objects.h"
#include "lib/core/hash.h"

/**
 * nbc_hash_bond() - of @bond and its slaves
 * @ret:  nb_hash_bond_done(); names are borrowed from the objects
 */
void nbc_hash_bond(
	const struct nbc_objects *objects, struct json_object *bond, struct nb_hash_bond *ret);

/** nbc_hash_one() - the one bond that the first word of a command line means. Return: NULL, told. */
struct json_object *nbc_hash_one(const struct nbc *nbc, const struct nbc_objects *objects,
	const struct nbc_args *args);

/** nbc_hash_by_policy() - whether the policy has a say at all in that mode */
bool nbc_hash_by_policy(const struct nb_hash_bond *bond);

/** nbc_hash_document() - a document that begins with what the bond is; owned by the caller */
struct json_object *nbc_hash_document(struct json_object *bond, const struct nb_hash_bond *view);

/** nbc_say_choice() - append the slave: "eth1", "all", "none", "?" */
void nbc_say_choice(
	const struct nb_hash_bond *bond, const struct nb_choice *choice, struct nb_text *out);
