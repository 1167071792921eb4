/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* The parts of converge.h that have a file of their own. */

#include "lib/core/converge.h"

/**
 * nb_converge_namespaces() - names of the namespaces to observe: declared, or remembered
 * @snapshot:  those of it as well; NULL: none
 * @ret:       array of borrowed names, freed by the caller
 *
 * Return: 0, -ENOMEM.
 */
int nb_converge_namespaces(const struct nb_config *config, const struct nb_memory *memory,
	const struct nb_state *snapshot, char ***ret, size_t *ret_n);

/**
 * nb_converge_sets() - names of the namespaces whose types are observed: more than a network of
 * their own, or remembered as such
 * @other:  a second configuration, may be NULL
 * @ret:    array of borrowed names, freed by the caller
 *
 * Return: 0, -ENOMEM.
 */
int nb_converge_sets(const struct nb_config *config, const struct nb_config *other,
	const struct nb_memory *memory, char ***ret, size_t *ret_n);

/**
 * nb_converge_foresee() - remember what a plan will make or move, before it runs
 * @ret_changed:  set to true when something was added
 *
 * A NIC's origin is on record before it moves, so that a crash cannot strand it.
 * Return: 0, -ENOMEM.
 */
int nb_converge_foresee(struct nb_memory *memory, const struct nb_plan *plan,
	const struct nb_state *observed, bool *ret_changed);

/**
 * nb_converge_forget() - what @op was to make is there already: another tool made it
 *
 * Takes back what nb_converge_foresee() remembered of it. Return: whether something changed.
 */
bool nb_converge_forget(struct nb_memory *memory, const struct nb_op *op);

/**
 * nb_converge_follow() - NICs that netbond moved keep their way home under another name
 *
 * Found again by namespace, ifindex and own MAC, before the plan looks for them; one that was
 * moved and not seen since, by namespace and MAC. Return: 0, -ENOMEM.
 */
int nb_converge_follow(
	struct nb_memory *memory, const struct nb_state *observed, bool *ret_changed);

/**
 * nb_converge_recall() - bring the memory in line with what is
 *
 * Fills in inodes and ifindexes, forgets what is gone or let go, notes adopted bonds and the
 * addresses on them that the configuration names. A namespace that others deleted is told as a
 * warning, with the NICs that were in it. Where the target has a scope, only its goals are looked at.
 * Return: 0, -ENOMEM.
 */
int nb_converge_recall(struct nb_memory *memory, const struct nb_state *observed,
	const struct nb_target *target, bool *ret_changed, struct nb_diag *diag);

/**
 * nb_converge_left() - @op has taken something out of a namespace, or the namespace away, or made
 * a type the set's own that was shared
 *
 * Else it would look as if others had. Return: whether something changed.
 */
bool nb_converge_left(struct nb_memory *memory, const struct nb_op *op);

/** nb_converge_remember() - have the memory kept if it @changed. Return: what the hook said, 0. */
int nb_converge_remember(struct nb_converge *c, bool changed);

/** nb_converge_doubt() - what is known of before is not to be trusted: the next step observes all */
void nb_converge_doubt(struct nb_converge *c);

/**
 * nb_converge_begin_owing() - before the first step of a plan: what it takes on its way is owed from
 * now on, with what is left of earlier ones; the hook is told
 *
 * Return: 0; -ENOMEM or the hook's error, then nothing has changed.
 */
int nb_converge_begin_owing(struct nb_converge *c);

/** nb_converge_keep_owing() - after a run: only what is missing and may come back. Return: as above. */
int nb_converge_keep_owing(struct nb_converge *c, enum nb_converge_result result);

/** nb_converge_end_owing() - nothing has to be put back any more; the hook is told */
void nb_converge_end_owing(struct nb_converge *c);

/**
 * nb_converge_run() - do, leave out or wait for the next operation of the plan
 *
 * In the states RUN, WAIT and TAIL; behind the last one it goes on to OBSERVE. What the kernel says
 * is no error of this. Return: 0, -ENOMEM, what remember() said.
 */
int nb_converge_run(
	struct nb_converge *c, uint64_t now_ms, unsigned *ret_ms, struct nb_diag *diag);

/**
 * nb_converge_undo_enslave() - a NIC did not become a slave: it is as it was before the plan
 * @failed:  the ENSLAVE, or a step that was to prepare it; nothing is done for others
 *
 * Free and up again, with its permanent addresses and restorable routes; what cannot be put back is left.
 * Return: 0, -ENOMEM.
 */
int nb_converge_undo_enslave(struct nb_converge *c, const struct nb_op *failed);

/**
 * nb_converge_block() - an operation failed: tell, and hold its values from now on
 *
 * Return: 0, -ENOMEM.
 */
int nb_converge_block(struct nb_converge *c, const struct nb_op *op,
	const struct nb_exec_error *error, struct nb_diag *diag);

/**
 * nb_converge_find_ignored() - values the last plan set with success and the new plan sets again
 *
 * Each is told as an error and blocked. Return: their number, -ENOMEM.
 */
int nb_converge_find_ignored(struct nb_converge *c, struct nb_diag *diag);
