/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Which device each slave entry means, and that no device is meant twice. Part of resolve.h. */

#include "lib/core/resolve.h"
#include "lib/core/rules.h"

struct nb_claim;

/* What a resolution looks at; all borrowed. */
struct nb_resolver {
	const struct nb_config *config;
	const struct nb_state *observed;
	const struct nb_memory *memory; /* may be NULL */
	struct nb_diag *diag;
	struct nb_target *target; /* receives the names that are asked for (.asked); may be NULL */
};

/* Devices already owned by a slave entry. Zero is empty. */
struct nb_claims {
	struct nb_claim *items;
	size_t n, capacity;
	struct nb_index bonds; /* a cache of the bonds that shall be, by name; empty until it is asked for */
};

/** nb_claims_done() - free the contents */
void nb_claims_done(struct nb_claims *claims);

/**
 * nb_claims_add_exact() - claim every present device that @bond names exactly
 *
 * Run for all bonds first, so that a match never takes a device another entry names.
 * Return: 0; -EBADMSG when two names mean one device; -ENOMEM.
 */
int nb_claims_add_exact(struct nb_claims *claims, const struct nb_resolver *resolver,
	const struct nb_bond *bond);

/**
 * nb_resolve_find() - the device of that name or altname: in @namespace, then in netbond's own,
 * then one that netbond moved away from there; noted in .target
 * @ret_namespace:  where it was found; set only on success
 *
 * Return: borrowed from @observed, NULL when there is none.
 */
struct nb_link *nb_resolve_find(const struct nb_resolver *resolver, const char *namespace,
	const char *name, const char **ret_namespace);

/** nb_resolve_mac() - the MACs of @goal, whose slaves are known (resolve.c) */
void nb_resolve_mac(
	const struct nb_resolver *resolver, const struct nb_bond *bond, struct nb_goal *goal);

/** nb_resolve_birth() - a bond of bonds that are not there yet is born with the MAC of the first (resolve.c) */
void nb_resolve_birth(const struct nb_target *target, struct nb_goal *goal);

/** nb_goal_free() - free @goal and all it owns, when no other target has it (target.c). Return: NULL. */
struct nb_goal *nb_goal_free(struct nb_goal *goal);

/**
 * nb_resolve_slaves() - fill the slaves of @goal, and what it waits for
 *
 * Return: 0; -EBADMSG; -ENOMEM.
 */
int nb_resolve_slaves(struct nb_claims *claims, const struct nb_resolver *resolver,
	const struct nb_bond *bond, struct nb_goal *goal);
