/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * The way back: what a snapshot shows becomes a target, taken literally - no defaults, no matching
 * of slaves, nothing held. Of all that the snapshot shows only that counts which two
 * configurations could touch: their bonds, those bonds' slaves and NICs, and what lies upon them.
 */

#include "lib/core/config.h"
#include "lib/core/memory.h"
#include "lib/core/resolve.h"

/* What one goes back to. */
struct nb_restore {
	struct nb_state *snapshot;   /* what was, before the first operation */
	struct nb_memory memory;     /* what netbond remembered then */
	struct nb_config *before;    /* what ruled then */
	struct nb_config *tried;     /* what came in its place */
};

/** nb_restore_done() - free the contents */
void nb_restore_done(struct nb_restore *restore);

/**
 * nb_restore_check() - whether one could go back to @snapshot
 *
 * A namespace that cannot be looked into (.unreadable) is empty in it: the way back would take its
 * bonds for new ones, and remove those that netbond made.
 * Return: 0; -EBADMSG told in @diag.
 */
int nb_restore_check(const struct nb_state *snapshot, struct nb_diag *diag);

/**
 * nb_restore_target() - what @restore->snapshot shows as goals, against what is now
 * @observed:  with every namespace of the snapshot
 * @ret:       new, owned by the caller; borrows links of @restore->snapshot, which must outlive it
 *
 * A touched bond that is in the snapshot has a goal with each writable option, slave (where it is
 * now), permanent address and restorable route it had; a touched bond that is not has none, so
 * that the plan removes it when netbond made it (nb_plan_stale_goals()). Besides, each touched
 * device is a link goal: up or down, MTU, MAC, master, addresses, routes.
 * Not among them: what others added meanwhile, lifetimes that end, the active slave, counters.
 *
 * Pure. Return: 0, -ENOMEM.
 */
int nb_restore_target(const struct nb_restore *restore, const struct nb_state *observed,
	struct nb_target **ret);

/**
 * nb_restore_sets() - the types that were pinned then, as goals of @target
 *
 * One that is still the same namespace stays as it is, also where a configuration would have it
 * anew; its hostname is put back where the try asked for another one. One that is gone or another
 * now is made: empty. Return: 0, -ENOMEM.
 */
int nb_restore_sets(const struct nb_restore *restore, struct nb_target *target);

/**
 * nb_restore_memory() - remember again as it was before
 * @memory:   after the way back was gone
 *
 * A bond that had to be made again is netbond's own only where it was so before; adopted addresses
 * are known as such again. Return: 0, -ENOMEM.
 */
int nb_restore_memory(const struct nb_restore *restore, struct nb_memory *memory);
