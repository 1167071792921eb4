/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * A list of things that are shared: it lies in pages, which several lists have in common until one
 * of them changes something there. A list that differs from another in one thing costs a page.
 *
 * The first member of a thing is an unsigned: how many pages have it, beside the first.
 */

#include <stdbool.h>
#include <stddef.h>

#define NB_PAGE_ITEMS 64u

struct nb_page {
	unsigned sharers; /* lists that have it, beside the first */
	void *items[NB_PAGE_ITEMS];
};

/* Empty when all zero. */
struct nb_pages {
	struct nb_page **pages; /* all full, but for the last */
	size_t n, capacity;	/* things; pages there is room for */
};

/** nb_pages_get() - thing @i */
static inline void *nb_pages_get(const struct nb_pages *list, size_t i)
{
	return list->pages[i / NB_PAGE_ITEMS]->items[i % NB_PAGE_ITEMS];
}

/** nb_pages_insert() - @item is thing @i now, those behind it go up. Return: 0, -ENOMEM. */
int nb_pages_insert(struct nb_pages *list, size_t i, void *item);

/** nb_pages_remove() - take thing @i out, those behind it go down. Return: it; NULL: no memory. */
void *nb_pages_remove(struct nb_pages *list, size_t i);

/** nb_pages_set() - @item takes the place of thing @i. Return: what was there; NULL: no memory. */
void *nb_pages_set(struct nb_pages *list, size_t i, void *item);

/** nb_pages_is_own() - whether thing @i is in no other list: it may be changed */
bool nb_pages_is_own(const struct nb_pages *list, size_t i);

/**
 * nb_pages_skip() - the first thing from @i on that does not lie in a page which @other has as well,
 * at the same place
 *
 * Return: @list->n where there is none.
 */
size_t nb_pages_skip(const struct nb_pages *list, const struct nb_pages *other, size_t i);

/** nb_pages_share() - another list of the same things; @ret is empty before. Return: 0, -ENOMEM. */
int nb_pages_share(const struct nb_pages *list, struct nb_pages *ret);

/**
 * nb_pages_done() - let go of all; @list is empty then
 * @drop:  takes one away from the first member of a thing; where it is 0 already, frees it
 */
void nb_pages_done(struct nb_pages *list, void (*drop)(void *item));
