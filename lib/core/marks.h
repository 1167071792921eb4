/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Where the user wrote which of some numbered things: places alone for those that were written. */

#include "lib/core/diag.h"

/* NULL stands for none. */
struct nb_marks {
	uint64_t named; /* bit per thing: the user wrote it */
	struct nb_mark items[]; /* where: one for each bit of .named, of the lowest first */
};

/** nb_marks_named() - what the user wrote: a bit per thing */
static inline uint64_t nb_marks_named(const struct nb_marks *marks)
{
	return marks ? marks->named : 0;
}

/** nb_marks_put() - thing @i (0 to 63) was written, at @mark; NULL: at no place. Return: 0, -ENOMEM. */
int nb_marks_put(struct nb_marks **marks, unsigned i, const struct nb_mark *mark);

/** nb_marks_get() - where thing @i was written; zero where it was not, or at no place */
struct nb_mark nb_marks_get(const struct nb_marks *marks, unsigned i);

/** nb_marks_drop() - thing @i was not written */
void nb_marks_drop(struct nb_marks *marks, unsigned i);

/** nb_marks_copy() - a copy, to be freed with free(3); NULL for NULL. Return: 0, -ENOMEM. */
int nb_marks_copy(const struct nb_marks *marks, struct nb_marks **ret);
