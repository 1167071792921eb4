/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * From the hash of a name or number to the things that have it, in constant time. It owns nothing and knows
 * no names: several things may have one hash, and who asks compares. A cache: whoever cannot get
 * the memory for it looks through the list instead.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct nb_index_slot {
	void *item; /* NULL: the slot is free */
	uint32_t hash;
};

/*
 * Empty when all zero. The slots lie in pages, which several indexes share until one of them changes
 * something there: another one of the same things costs a page for each change.
 */
struct nb_index {
	struct nb_index_page **pages; /* open addressing, at most half of the slots taken */
	size_t n_slots, n;	      /* a power of two; items */
};

/** nb_index_hash() - of a name (FNV-1a) */
uint32_t nb_index_hash(const char *name);

/** nb_index_hash_number() - of a number such as an ifindex */
static inline uint32_t nb_index_hash_number(uint32_t number)
{
	return number * 2654435761u;
}

/**
 * nb_index_add() - add @item, which must not be NULL
 *
 * Return: 0; -ENOMEM, and the index is empty, as after all that follows here.
 */
int nb_index_add(struct nb_index *index, uint32_t hash, void *item);

/** nb_index_remove() - forget @item under that hash; nothing happens when it is not there. Return: 0, -ENOMEM. */
int nb_index_remove(struct nb_index *index, uint32_t hash, const void *item);

/**
 * nb_index_next() - one thing after the other that was added with that hash
 * @cursor:  0 before the first call; the index must not change between two calls
 *
 * Things are told in the order in which they were added, as long as none was removed.
 * Return: NULL when there is none (more).
 */
void *nb_index_next(const struct nb_index *index, uint32_t hash, size_t *cursor);

/** nb_index_replace() - @new takes the place of @old under that hash. Return: 0, -ENOMEM. */
int nb_index_replace(struct nb_index *index, uint32_t hash, const void *old, void *new);

/**
 * nb_index_share() - another one of the same items in the same order; @ret is empty before
 *
 * Each is changed and ended on its own. Return: 0, -ENOMEM.
 */
int nb_index_share(const struct nb_index *index, struct nb_index *ret);

/** nb_index_done() - forget everything; @index is empty then and can be used again */
void nb_index_done(struct nb_index *index);
