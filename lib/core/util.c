/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "lib/core/util.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

int nb_grow(void *items, size_t n, size_t *capacity, size_t size)
{
	void *old, *new;
	/* Most bonds have one address and two slaves, and there may be thousands of bonds. */
	size_t first = size < 64 ? 4 : 1;
	size_t room, bytes;

	if (n < *capacity)
		return 0;
	if (__builtin_mul_overflow(*capacity, (size_t)2, &room))
		return -ENOMEM;
	room = NB_MAX(NB_MAX(room, n + 1), first);
	if (__builtin_mul_overflow(room, size, &bytes))
		return -ENOMEM;
	memcpy(&old, items, sizeof(old));
	new = realloc(old, bytes);
	if (!new)
		return -ENOMEM;
	memset((char *)new + *capacity * size, 0, (room - *capacity) * size);
	memcpy(items, &new, sizeof(new));
	*capacity = room;
	return 0;
}

static bool text_reserve(struct nb_text *t, size_t more)
{
	size_t room = NB_MAX(t->capacity, (size_t)32);
	char *new;

	if (more < t->capacity - t->length)
		return true;
	while (room - t->length <= more)
		if (__builtin_mul_overflow(room, (size_t)2, &room))
			return false;
	new = realloc(t->text, room);
	if (!new)
		return false;
	t->text = new;
	t->capacity = room;
	return true;
}

void nb_text_append(struct nb_text *t, const char *text, size_t length)
{
	if (t->failed)
		return;
	if (!text_reserve(t, length)) {
		t->failed = true;
		return;
	}
	memcpy(t->text + t->length, text, length);
	t->length += length;
	t->text[t->length] = '\0';
}

void nb_text_addv(struct nb_text *t, const char *format, va_list args)
{
	enum { SHORT = 24 };
	va_list again;
	size_t room;
	int need;

	if (t->failed)
		return;
	/* Most of what comes is short, and fits at once. */
	if (!text_reserve(t, SHORT)) {
		t->failed = true;
		return;
	}
	room = t->capacity - t->length;
	va_copy(again, args);
	need = vsnprintf(t->text + t->length, room, format, args);
	if (need >= 0 && (size_t)need >= room) {
		t->text[t->length] = '\0';
		if (text_reserve(t, (size_t)need))
			vsnprintf(t->text + t->length, t->capacity - t->length, format, again);
		else
			need = -1;
	}
	va_end(again);
	if (need < 0)
		t->failed = true;
	else
		t->length += (size_t)need;
}

void nb_text_add(struct nb_text *t, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	nb_text_addv(t, format, args);
	va_end(args);
}

void nb_text_quote(struct nb_text *t, const char *text)
{
	enum { LONGEST = 48 };
	size_t length = strnlen(text, LONGEST + 1);
	bool cut = length > LONGEST;

	if (cut)
		for (length = LONGEST; length > 0 && (text[length] & 0xc0) == 0x80;)
			length--;
	nb_text_add(t, "'%.*s%s'", (int)length, text, cut ? "..." : "");
}

void nb_text_done(struct nb_text *t)
{
	free(t->text);
	*t = (struct nb_text){ 0 };
}

int nb_hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

int nb_parse_u64(const char *text, uint64_t max, uint64_t *ret)
{
	uint64_t base = 10, value = 0;
	bool overflow = false;

	if (text[0] == '0' && (text[1] == 'x' || text[1] == 'X')) {
		base = 16;
		text += 2;
	}
	if (!*text)
		return -EINVAL;
	for (; *text; text++) {
		int digit = nb_hex_digit(*text);

		if (digit < 0 || (uint64_t)digit >= base)
			return -EINVAL;
		/* read on after an overflow: "99999999999999999999x" is no number at all */
		overflow = overflow || __builtin_mul_overflow(value, base, &value) ||
			   __builtin_add_overflow(value, (uint64_t)digit, &value);
	}
	if (overflow || value > max)
		return -ERANGE;
	*ret = value;
	return 0;
}

int nb_parse_s64(const char *text, int64_t min, int64_t max, int64_t *ret)
{
	bool negative = text[0] == '-';
	uint64_t magnitude;
	int64_t value;
	int r;

	r = nb_parse_u64(text + negative, (uint64_t)INT64_MAX + negative, &magnitude);
	if (r < 0)
		return r;
	value = negative ? (int64_t)(0 - magnitude) : (int64_t)magnitude;
	if (value < min || value > max)
		return -ERANGE;
	*ret = value;
	return 0;
}

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* Compares the runs of digits that *a and *b stand on, and moves both behind them. */
static int compare_numbers(const char **a, const char **b)
{
	size_t length_a = 0, length_b = 0;
	int order;

	while (**a == '0')
		++*a;
	while (**b == '0')
		++*b;
	while (is_digit((*a)[length_a]))
		length_a++;
	while (is_digit((*b)[length_b]))
		length_b++;
	if (length_a != length_b)
		return length_a < length_b ? -1 : 1;
	order = memcmp(*a, *b, length_a);
	*a += length_a;
	*b += length_b;
	return order;
}

int nb_natural_compare(const char *a, const char *b)
{
	const char *p = a, *q = b;

	while (*p && *q) {
		if (is_digit(*p) && is_digit(*q)) {
			int order = compare_numbers(&p, &q);

			if (order != 0)
				return order;
		} else if (*p != *q) {
			break;
		} else {
			p++;
			q++;
		}
	}
	if (*p != *q)
		return (unsigned char)*p - (unsigned char)*q;
	return strcmp(a, b); /* "eth01" and "eth1" */
}

bool nb_word_equal(const char *a, const char *b)
{
	if (!a || !b)
		return false;
	for (; *a && *b; a++, b++)
		if (*a != *b && !((*a == '-' || *a == '_') && (*b == '-' || *b == '_')))
			return false;
	return *a == *b;
}

static char fold(char c)
{
	if (c >= 'A' && c <= 'Z')
		return (char)(c - 'A' + 'a');
	return c == '_' ? '-' : c;
}

unsigned nb_edit_distance(const char *a, const char *b, unsigned limit)
{
	enum { LONGEST = 64 };
	unsigned rows[3][LONGEST + 1];
	unsigned *before = rows[0], *last = rows[1], *now = rows[2];
	size_t length_a = strnlen(a, LONGEST + 1), length_b = strnlen(b, LONGEST + 1);

	if (length_a > LONGEST || length_b > LONGEST)
		return limit + 1;
	for (unsigned j = 0; j <= length_b; j++)
		last[j] = j;
	for (unsigned i = 1; i <= length_a; i++) {
		unsigned *spare = before;

		now[0] = i;
		for (unsigned j = 1; j <= length_b; j++) {
			char x = fold(a[i - 1]), y = fold(b[j - 1]);
			unsigned best = last[j - 1] + (x != y);

			best = NB_MIN(best, last[j] + 1);
			best = NB_MIN(best, now[j - 1] + 1);
			if (i > 1 && j > 1 && x == fold(b[j - 2]) && y == fold(a[i - 2]))
				best = NB_MIN(best, before[j - 2] + 1);
			now[j] = best;
		}
		before = last;
		last = now;
		now = spare;
	}
	return NB_MIN(last[length_b], limit + 1);
}

#define KERNEL_ENOTSUPP 524

const char *nb_error_text(int error)
{
	const char *text = strerrordesc_np(error == KERNEL_ENOTSUPP ? EOPNOTSUPP : error);

	return text ? text : strerror(error);
}

/* Each link has two of them or more, and there are thousands of links. */
static char words[][8] = {
	"", "bond", "bridge", "dummy", "macvlan", "pci", "team", "tun", "veth", "virtio", "vlan", "vrf"
};

char *nb_word_dup(const char *text)
{
	for (size_t i = 0; i < NB_ARRAY_SIZE(words); i++) {
		if (strcmp(words[i], text) == 0)
			return words[i];
	}
	return strdup(text);
}

void nb_word_free(char *word)
{
	const uintptr_t at = (uintptr_t)word, first = (uintptr_t)words;

	if (at < first || at >= first + sizeof(words))
		free(word);
}

uint64_t nb_hash_bytes(uint64_t seed, const void *data, size_t size)
{
	uint64_t hash = seed ? seed : UINT64_C(0xcbf29ce484222325);
	const uint8_t *byte = data;

	for (size_t i = 0; i < size; i++) {
		hash ^= byte[i];
		hash *= UINT64_C(0x100000001b3);
	}
	return hash;
}
