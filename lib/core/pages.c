/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "lib/core/pages.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "lib/core/util.h"

static size_t count_pages(size_t n)
{
	return (n + NB_PAGE_ITEMS - 1) / NB_PAGE_ITEMS;
}

/* How many things are in page @p. */
static size_t count_items(const struct nb_pages *list, size_t p)
{
	return NB_MIN(list->n - p * NB_PAGE_ITEMS, (size_t)NB_PAGE_ITEMS);
}

/* Page @p to be changed: of this list alone. NULL: no memory. */
static struct nb_page *own(struct nb_pages *list, size_t p)
{
	struct nb_page *page = list->pages[p], *copy;

	if (!page->sharers)
		return page;
	copy = malloc(sizeof(*copy));
	if (!copy)
		return NULL;
	memcpy(copy, page, sizeof(*copy));
	copy->sharers = 0;
	for (size_t i = 0; i < count_items(list, p); i++)
		++*(unsigned *)copy->items[i];
	page->sharers--;
	list->pages[p] = copy;
	return copy;
}

static bool own_from(struct nb_pages *list, size_t p)
{
	for (; p < count_pages(list->n); p++) {
		if (!own(list, p))
			return false;
	}
	return true;
}

/* Room for one more behind all others. */
static int add_place(struct nb_pages *list)
{
	const size_t p = list->n / NB_PAGE_ITEMS;

	if (list->n % NB_PAGE_ITEMS)
		return 0;
	if (nb_grow(&list->pages, p, &list->capacity, sizeof(struct nb_page *)) < 0)
		return -ENOMEM;
	list->pages[p] = calloc(1, sizeof(struct nb_page));
	return list->pages[p] ? 0 : -ENOMEM;
}

int nb_pages_insert(struct nb_pages *list, size_t i, void *item)
{
	assert(i <= list->n);
	if (!own_from(list, i / NB_PAGE_ITEMS) || add_place(list) < 0)
		return -ENOMEM;
	list->n++;
	for (size_t p = i / NB_PAGE_ITEMS, at = i % NB_PAGE_ITEMS; p < count_pages(list->n); p++) {
		void **items = list->pages[p]->items, *last = items[NB_PAGE_ITEMS - 1];

		memmove(&items[at + 1], &items[at], (NB_PAGE_ITEMS - 1 - at) * sizeof(*items));
		items[at] = item;
		item = last;
		at = 0;
	}
	return 0;
}

void *nb_pages_remove(struct nb_pages *list, size_t i)
{
	const size_t end = count_pages(list->n);
	void *removed;

	assert(i < list->n);
	if (!own_from(list, i / NB_PAGE_ITEMS))
		return NULL;
	removed = nb_pages_get(list, i);
	for (size_t p = i / NB_PAGE_ITEMS, at = i % NB_PAGE_ITEMS; p < end; p++) {
		void **items = list->pages[p]->items;

		memmove(&items[at], &items[at + 1], (NB_PAGE_ITEMS - 1 - at) * sizeof(*items));
		if (p + 1 < end)
			items[NB_PAGE_ITEMS - 1] = list->pages[p + 1]->items[0];
		at = 0;
	}
	list->n--;
	if (count_pages(list->n) < end)
		free(list->pages[end - 1]);
	return removed;
}

void *nb_pages_set(struct nb_pages *list, size_t i, void *item)
{
	struct nb_page *page = own(list, i / NB_PAGE_ITEMS);
	void *old;

	if (!page)
		return NULL;
	old = page->items[i % NB_PAGE_ITEMS];
	page->items[i % NB_PAGE_ITEMS] = item;
	return old;
}

bool nb_pages_is_own(const struct nb_pages *list, size_t i)
{
	return !list->pages[i / NB_PAGE_ITEMS]->sharers && !*(unsigned *)nb_pages_get(list, i);
}

size_t nb_pages_skip(const struct nb_pages *list, const struct nb_pages *other, size_t i)
{
	const size_t n = count_pages(other->n);

	for (size_t p; i < list->n; i = (p + 1) * NB_PAGE_ITEMS) {
		p = i / NB_PAGE_ITEMS;
		if (p >= n || list->pages[p] != other->pages[p])
			return i;
	}
	return list->n;
}

int nb_pages_share(const struct nb_pages *list, struct nb_pages *ret)
{
	const size_t n = count_pages(list->n);

	if (!n)
		return 0;
	ret->pages = malloc(n * sizeof(*ret->pages));
	if (!ret->pages)
		return -ENOMEM;
	ret->n = list->n;
	ret->capacity = n;
	for (size_t p = 0; p < n; p++) {
		ret->pages[p] = list->pages[p];
		ret->pages[p]->sharers++;
	}
	return 0;
}

void nb_pages_done(struct nb_pages *list, void (*drop)(void *item))
{
	for (size_t p = 0; p < count_pages(list->n); p++) {
		struct nb_page *page = list->pages[p];

		if (page->sharers) {
			page->sharers--;
			continue;
		}
		for (size_t i = 0; i < count_items(list, p); i++)
			drop(page->items[i]);
		free(page);
	}
	free(list->pages);
	memset(list, 0, sizeof(*list));
}
