/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "lib/core/index.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define FEWEST_SLOTS 16u

uint32_t nb_index_hash(const char *name)
{
	uint32_t hash = 2166136261u;

	for (; *name; name++)
		hash = (hash ^ (unsigned char)*name) * 16777619u;
	return hash;
}

static void put(struct nb_index *index, struct nb_index_slot slot)
{
	size_t i = slot.hash & (index->n_slots - 1);

	while (index->slots[i].item)
		i = (i + 1) & (index->n_slots - 1);
	index->slots[i] = slot;
	index->n++;
}

static int grow(struct nb_index *index)
{
	struct nb_index larger = { .n_slots = index->n_slots ? 2 * index->n_slots : FEWEST_SLOTS };
	size_t start = 0;

	larger.slots = calloc(larger.n_slots, sizeof(*larger.slots));
	if (!larger.slots)
		return -ENOMEM;
	/* From behind a gap, so that those of one hash keep their order where a run wraps around. */
	while (start < index->n_slots && index->slots[start].item)
		start++;
	for (size_t i = 0; i < index->n_slots; i++) {
		struct nb_index_slot slot = index->slots[(start + i) & (index->n_slots - 1)];

		if (slot.item)
			put(&larger, slot);
	}
	free(index->slots);
	*index = larger;
	return 0;
}

int nb_index_add(struct nb_index *index, uint32_t hash, void *item)
{
	assert(item);
	if (2 * (index->n + 1) > index->n_slots && grow(index) < 0)
		return -ENOMEM;
	put(index, (struct nb_index_slot){ item, hash });
	return 0;
}

/* Fills the gap at @gap with what had to go further because of it. */
static void close_gap(struct nb_index *index, size_t gap)
{
	size_t mask = index->n_slots - 1;

	for (size_t i = (gap + 1) & mask; index->slots[i].item; i = (i + 1) & mask) {
		size_t home = index->slots[i].hash & mask;

		/* It may move when its home does not lie between the gap and its place. */
		if (((i - home) & mask) < ((i - gap) & mask))
			continue;
		index->slots[gap] = index->slots[i];
		gap = i;
	}
	index->slots[gap].item = NULL;
}

void nb_index_remove(struct nb_index *index, uint32_t hash, const void *item)
{
	size_t mask = index->n_slots - 1;

	if (!index->n_slots)
		return;
	for (size_t i = hash & mask; index->slots[i].item; i = (i + 1) & mask) {
		if (index->slots[i].item != item || index->slots[i].hash != hash)
			continue;
		index->n--;
		close_gap(index, i);
		return;
	}
}

void nb_index_replace(struct nb_index *index, uint32_t hash, const void *old, void *new)
{
	size_t mask = index->n_slots - 1;

	if (!index->n_slots)
		return;
	for (size_t i = hash & mask; index->slots[i].item; i = (i + 1) & mask) {
		if (index->slots[i].item == old && index->slots[i].hash == hash)
			index->slots[i].item = new;
	}
}

int nb_index_copy(const struct nb_index *index, struct nb_index *ret)
{
	size_t bytes = index->n_slots * sizeof(*index->slots);

	if (!bytes)
		return 0;
	ret->slots = malloc(bytes);
	if (!ret->slots)
		return -ENOMEM;
	memcpy(ret->slots, index->slots, bytes);
	ret->n_slots = index->n_slots;
	ret->n = index->n;
	return 0;
}

void *nb_index_next(const struct nb_index *index, uint32_t hash, size_t *cursor)
{
	size_t mask = index->n_slots - 1;

	while (*cursor < index->n_slots) {
		const struct nb_index_slot *slot = &index->slots[(hash + *cursor) & mask];

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
	free(index->slots);
	memset(index, 0, sizeof(*index));
}
