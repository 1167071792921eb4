/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* The parts of diff.h that have a file of their own. */

#include "lib/core/diff.h"

/** nb_diff_add() - append a delta; NULL: no memory */
struct nb_delta *nb_diff_add(
	struct nb_diff *diff, enum nb_delta_kind kind, enum nb_class class, const char *why);

/**
 * nb_diff_change_view() - what a row's raise() may look at
 * @before, @after:  options of the bond, or of one of its slaves; borrowed by the result
 *
 * The bond must be there (view->link).
 */
struct nb_change_view nb_diff_change_view(
	const struct nb_view *view, const struct nb_optset *before, const struct nb_optset *after);

/**
 * nb_diff_coming() - slaves that come in before others leave
 * @linked:  without those that are known to have no link
 */
size_t nb_diff_coming(const struct nb_view *view, bool linked);

/** nb_diff_slaves() - slaves to add, to remove, to mend. Return: 0, -ENOMEM. */
int nb_diff_slaves(const struct nb_view *view, struct nb_diff *diff);

/** nb_diff_l3() - addresses and routes. Return: 0, -ENOMEM. */
int nb_diff_l3(const struct nb_view *view, struct nb_diff *diff);
