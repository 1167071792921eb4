/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "lib/core/index.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define FEWEST_SLOTS 16u
#define PAGE_SLOTS 64u

/* Some slots, for as many indexes as have the same in them. */
struct nb_index_page {
	unsigned sharers; /* beside the first */
	struct nb_index_slot slots[];
};

uint32_t nb_index_hash(const char *name)
{
	uint32_t hash = 2166136261u;

	for (; *name; name++)
		hash = (hash ^ (unsigned char)*name) * 16777619u;
	return hash;
}

/* A small index is one small page. */
static size_t page_slots(const struct nb_index *index)
{
	return index->n_slots < PAGE_SLOTS ? index->n_slots : PAGE_SLOTS;
}

static size_t page_bytes(const struct nb_index *index)
{
	return sizeof(struct nb_index_page) + page_slots(index) * sizeof(struct nb_index_slot);
}

static size_t count_pages(const struct nb_index *index)
{
	return index->n_slots ? index->n_slots / page_slots(index) : 0;
}

static const struct nb_index_slot *get(const struct nb_index *index, size_t i)
{
	return &index->pages[i / PAGE_SLOTS]->slots[i % PAGE_SLOTS];
}

/* The slot to be changed: of this index alone. NULL: no memory. */
static struct nb_index_slot *own(struct nb_index *index, size_t i)
{
	struct nb_index_page **page = &index->pages[i / PAGE_SLOTS], *copy;

	if ((*page)->sharers) {
		copy = malloc(page_bytes(index));
		if (!copy)
			return NULL;
		memcpy(copy, *page, page_bytes(index));
		copy->sharers = 0;
		(*page)->sharers--;
		*page = copy;
	}
	return &(*page)->slots[i % PAGE_SLOTS];
}

/* What is half changed is of no use. */
static int fail(struct nb_index *index)
{
	nb_index_done(index);
	return -ENOMEM;
}

static int put(struct nb_index *index, struct nb_index_slot slot)
{
	size_t i = slot.hash & (index->n_slots - 1);
	struct nb_index_slot *free;

	while (get(index, i)->item)
		i = (i + 1) & (index->n_slots - 1);
	free = own(index, i);
	if (!free)
		return -ENOMEM;
	*free = slot;
	index->n++;
	return 0;
}

static int begin(struct nb_index *index, size_t n_slots)
{
	index->n_slots = n_slots;
	index->pages = calloc(count_pages(index), sizeof(*index->pages));
	for (size_t i = 0; index->pages && i < count_pages(index); i++) {
		index->pages[i] = calloc(1, page_bytes(index));
		if (!index->pages[i])
			return fail(index);
	}
	return index->pages ? 0 : fail(index);
}

static int grow(struct nb_index *index)
{
	struct nb_index larger = { 0 };
	size_t start = 0;

	if (begin(&larger, index->n_slots ? 2 * index->n_slots : FEWEST_SLOTS) < 0)
		return -ENOMEM;
	/* From behind a gap, so that those of one hash keep their order where a run wraps around. */
	while (start < index->n_slots && get(index, start)->item)
		start++;
	for (size_t i = 0; i < index->n_slots; i++) {
		struct nb_index_slot slot = *get(index, (start + i) & (index->n_slots - 1));

		if (slot.item)
			put(&larger, slot);
	}
	nb_index_done(index);
	*index = larger;
	return 0;
}

int nb_index_add(struct nb_index *index, uint32_t hash, void *item)
{
	assert(item);
	if (2 * (index->n + 1) > index->n_slots && grow(index) < 0)
		return fail(index);
	return put(index, (struct nb_index_slot){ item, hash }) < 0 ? fail(index) : 0;
}

/* Fills the gap at @gap with what had to go further because of it. */
static int close_gap(struct nb_index *index, size_t gap)
{
	size_t mask = index->n_slots - 1;
	struct nb_index_slot *slot = own(index, gap);

	for (size_t i = (gap + 1) & mask; slot && get(index, i)->item; i = (i + 1) & mask) {
		size_t home = get(index, i)->hash & mask;

		/* It may move when its home does not lie between the gap and its place. */
		if (((i - home) & mask) < ((i - gap) & mask))
			continue;
		*slot = *get(index, i);
		gap = i;
		slot = own(index, gap);
	}
	if (!slot)
		return fail(index);
	slot->item = NULL;
	return 0;
}

int nb_index_remove(struct nb_index *index, uint32_t hash, const void *item)
{
	size_t mask = index->n_slots - 1;

	if (!index->n_slots)
		return 0;
	for (size_t i = hash & mask; get(index, i)->item; i = (i + 1) & mask) {
		if (get(index, i)->item != item || get(index, i)->hash != hash)
			continue;
		index->n--;
		return close_gap(index, i);
	}
	return 0;
}

int nb_index_replace(struct nb_index *index, uint32_t hash, const void *old, void *new)
{
	size_t mask = index->n_slots - 1;

	if (!index->n_slots)
		return 0;
	for (size_t i = hash & mask; get(index, i)->item; i = (i + 1) & mask) {
		struct nb_index_slot *slot;

		if (get(index, i)->item != old || get(index, i)->hash != hash)
			continue;
		slot = own(index, i);
		if (!slot)
			return fail(index);
		slot->item = new;
	}
	return 0;
}

int nb_index_share(const struct nb_index *index, struct nb_index *ret)
{
	const size_t n = count_pages(index);

	if (!n)
		return 0;
	ret->pages = malloc(n * sizeof(*ret->pages));
	if (!ret->pages)
		return -ENOMEM;
	ret->n_slots = index->n_slots;
	ret->n = index->n;
	for (size_t i = 0; i < n; i++) {
		ret->pages[i] = index->pages[i];
		ret->pages[i]->sharers++;
	}
	return 0;
}

void *nb_index_next(const struct nb_index *index, uint32_t hash, size_t *cursor)
{
	size_t mask = index->n_slots - 1;

	while (*cursor < index->n_slots) {
		const struct nb_index_slot *slot = get(index, (hash + *cursor) & mask);

		++*cursor;
		if (!slot->item)
			break;
		if (slot->hash == hash)
			return slot->item;
	}
	*cursor = index->n_slots;
	return NULL;
}

void nb_index_done(struct nb_index *index)
{
	const size_t n = index->pages ? count_pages(index) : 0;

	for (size_t i = 0; i < n; i++) {
		struct nb_index_page *page = index->pages[i];

		if (page && page->sharers)
			page->sharers--;
		else
			free(page);
	}
	free(index->pages);
	memset(index, 0, sizeof(*index));
}
