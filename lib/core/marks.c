/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "lib/core/marks.h"

#include <assert.h>
#include <errno.h>
#include <string.h>

static_assert(sizeof(struct nb_marks) == sizeof(struct nb_mark), "the first of size_of()");

/* In steps of four places, to sizes of which malloc(3) wastes nothing. */
static size_t size_of(uint64_t named)
{
	return ((nb_count_bits(named) + 1) | 3) * sizeof(struct nb_mark);
}

static struct nb_mark *mark_of(struct nb_marks *marks, unsigned i)
{
	return &marks->items[nb_count_bits(marks->named & (NB_BIT(i) - 1))];
}

int nb_marks_put(struct nb_marks **marks, unsigned i, const struct nb_mark *mark)
{
	const uint64_t before = nb_marks_named(*marks), named = before | NB_BIT(i);
	struct nb_marks *all = *marks;
	struct nb_mark *at;

	if (!all || size_of(named) != size_of(before))
		all = realloc(all, size_of(named));
	if (!all)
		return -ENOMEM;
	*marks = all;
	all->named = named;
	at = mark_of(all, i);
	if (named != before)
		memmove(at + 1, at,
			(size_t)(&all->items[nb_count_bits(before)] - at) * sizeof(*at));
	*at = mark ? *mark : (struct nb_mark){ 0 };
	return 0;
}

struct nb_mark nb_marks_get(const struct nb_marks *marks, unsigned i)
{
	if (i >= 64 || !(nb_marks_named(marks) & NB_BIT(i)))
		return (struct nb_mark){ 0 };
	return *mark_of((struct nb_marks *)marks, i);
}

void nb_marks_drop(struct nb_marks *marks, unsigned i)
{
	struct nb_mark *at;

	if (!(nb_marks_named(marks) & NB_BIT(i)))
		return;
	at = mark_of(marks, i);
	marks->named &= ~NB_BIT(i);
	memmove(at, at + 1, (size_t)(&marks->items[nb_count_bits(marks->named)] - at) * sizeof(*at));
}

int nb_marks_copy(const struct nb_marks *marks, struct nb_marks **ret)
{
	struct nb_marks *copy = marks ? malloc(size_of(marks->named)) : NULL;

	if (marks && !copy)
		return -ENOMEM;
	if (marks)
		memcpy(copy, marks, size_of(marks->named));
	*ret = copy;
	return 0;
}
