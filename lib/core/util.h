/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * Small things every module needs: cleanup, bits, growing arrays and texts, strict numbers.
 */

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define NB_CLEANUP(func) __attribute__((cleanup(func)))
#define NB_PRINTF(text, first) __attribute__((format(printf, text, first)))
#define NB_ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))
#define NB_BIT(n) (UINT64_C(1) << (n))

#define NB_MIN(a, b) ((a) < (b) ? (a) : (b))
#define NB_MAX(a, b) ((a) > (b) ? (a) : (b))

/* Hands the pointer over and leaves NULL behind: the cleanup of the old owner then does nothing. */
#define nb_steal(pointer)                              \
	({                                             \
		__typeof__(*(pointer)) _taken = *(pointer); \
		*(pointer) = NULL;                     \
		_taken;                                \
	})

/** nb_count_bits() - how many bits of @mask are set */
static inline unsigned nb_count_bits(uint64_t mask)
{
	/* __builtin_popcountll() is a call of a function where not every processor has the instruction. */
	mask -= mask >> 1 & UINT64_C(0x5555555555555555);
	mask = (mask & UINT64_C(0x3333333333333333)) + (mask >> 2 & UINT64_C(0x3333333333333333));
	mask = (mask + (mask >> 4)) & UINT64_C(0x0f0f0f0f0f0f0f0f);
	return (unsigned)(mask * UINT64_C(0x0101010101010101) >> 56);
}

/* Every bit number set in @mask, from low to high; @mask is evaluated once. */
#define nb_foreach_bit(i, mask)                                                     \
	for (uint64_t _bits_##i = (mask); _bits_##i != 0; _bits_##i = 0)             \
		for (unsigned i; _bits_##i != 0 && ((i = (unsigned)__builtin_ctzll(_bits_##i)), true); \
			_bits_##i &= _bits_##i - 1)

static inline void nb_freep(void *p)
{
	free(*(void **)p);
}

/**
 * nb_grow() - make room for one more item in an array that grows by doubling
 * @items:     the array pointer, may point to NULL; replaced when it had to move
 * @n:         items in use
 * @capacity:  items there is room for, updated
 * @size:      size of one item in bytes
 *
 * The new room is zeroed. Return: 0, -ENOMEM (nothing changed).
 */
int nb_grow(void *items, size_t n, size_t *capacity, size_t size);

/** nb_grow32() - the same with a capacity of 32 bits, for what there are thousands of */
static inline int nb_grow32(void *items, uint32_t n, uint32_t *capacity, size_t size)
{
	size_t room = *capacity;
	/* More than 2^31 things of any size do not fit into the memory that there is. */
	int r = nb_grow(items, n, &room, size);

	*capacity = (uint32_t)room;
	return r;
}

/* A text under construction. Zero is an empty one; free .text, or nb_text_done(). */
struct nb_text {
	char *text;	 /* NUL-terminated, NULL while empty */
	size_t length;	 /* without the NUL */
	size_t capacity; /* bytes */
	bool failed;	 /* memory ran out: the text is not whole */
};

/**
 * nb_text_add() - append formatted text
 *
 * Never fails loudly: when memory runs out @t->failed is set and stays, so that a long chain of
 * additions is checked once at its end.
 */
void nb_text_add(struct nb_text *t, const char *format, ...) NB_PRINTF(2, 3);

/** nb_text_addv() - nb_text_add() with a list of arguments */
void nb_text_addv(struct nb_text *t, const char *format, va_list args) NB_PRINTF(2, 0);

/**
 * nb_text_append() - append @length bytes as they are; when memory runs out as nb_text_add()
 *
 * Ten times as fast as nb_text_add() with "%s": for files, which have lines for each bond.
 */
void nb_text_append(struct nb_text *t, const char *text, size_t length);

/** nb_text_put() - nb_text_append() of a whole text */
static inline void nb_text_put(struct nb_text *t, const char *text)
{
	nb_text_append(t, text, strlen(text));
}

/** nb_text_quote() - append a user's value in '', cut at a character behind 48 bytes or less */
void nb_text_quote(struct nb_text *t, const char *text);

/** nb_text_done() - free the text; @t is empty and usable afterwards. */
void nb_text_done(struct nb_text *t);

/**
 * nb_parse_u64() - a whole text as an unsigned number
 * @text:  decimal, or hexadecimal after 0x; no sign, no space, nothing behind it
 *
 * Return: 0; -EINVAL not a number; -ERANGE above @max. *@ret is set only on success.
 */
int nb_parse_u64(const char *text, uint64_t max, uint64_t *ret);

/**
 * nb_parse_s64() - a whole text as a signed number within @min ... @max
 *
 * Return: 0; -EINVAL not a number; -ERANGE outside. *@ret is set only on success.
 */
int nb_parse_s64(const char *text, int64_t min, int64_t max, int64_t *ret);

/**
 * nb_natural_compare() - order as people count: eth2 before eth10
 *
 * Runs of digits compare by value, the rest by byte. A total order: 0 only for equal texts.
 */
int nb_natural_compare(const char *a, const char *b);

/**
 * nb_word_equal() - whether two spellings are the same word: '-' and '_' are, case is not
 *
 * Return: true when they are; false also when one of them is NULL.
 */
bool nb_word_equal(const char *a, const char *b);

/** nb_hex_digit() - value of a hexadecimal digit, -1 when @c is none */
int nb_hex_digit(char c);

/**
 * nb_edit_distance() - insertions, deletions, changes and swaps of neighbours from @a to @b
 *
 * '-' and '_' count as equal, case is ignored. Return: the distance, at most @limit + 1, which
 * is also the answer for texts longer than 64 bytes.
 */
unsigned nb_edit_distance(const char *a, const char *b, unsigned limit);

/**
 * nb_error_text() - what an errno means, in English whatever the locale
 * @error:  positive
 *
 * Also one the kernel keeps for itself and some drivers give away (include/linux/errno.h). Never
 * NULL; what is not known is "Unknown error N", good until the thread asks again.
 */
const char *nb_error_text(int error);

/**
 * nb_word_dup() - a copy of a text, or for words that come often the one that is there for all
 *
 * "" is one of them, and the names of kinds of devices. Nobody may write to it. Return: to be freed
 * by nb_word_free() alone; NULL when memory ran out.
 */
char *nb_word_dup(const char *text);

/** nb_word_free() - free what nb_word_dup(), or strdup(3), returned. NULL is fine. */
void nb_word_free(char *word);

/**
 * nb_hash_bytes() - a 64-bit FNV-1a hash, for tokens and tables; not for secrets
 * @seed:  0 at the start, the former result to go on
 */
uint64_t nb_hash_bytes(uint64_t seed, const void *data, size_t size);

static inline bool nb_streq(const char *a, const char *b)
{
	if (!a || !b)
		return a == b;
	return __builtin_strcmp(a, b) == 0;
}
