/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * What the place of output is like, and text fitted to it.
 */

#include "cli/command.h"

#define NBC_WIDTH_DEFAULT 80

enum nbc_colour {
	NBC_PLAIN,
	NBC_BOLD,
	NBC_RED,
	NBC_YELLOW,
	NBC_CYAN,
};

/**
 * nbc_init() - standard output and error as they are
 *
 * Width: $COLUMNS where it is a sensible number, else the terminal's, else 80. Colours only on a
 * terminal that is not "dumb", and never with $NO_COLOR.
 */
void nbc_init(struct nbc *nbc, const char *program);

/** nbc_colour() - the sequence that starts a colour on @file; "" where there are no colours */
const char *nbc_colour(const struct nbc *nbc, const FILE *file, enum nbc_colour colour);

/** nbc_cells() - columns that the UTF-8 text @text of @size bytes takes; a character counts one */
unsigned nbc_cells(const char *text, size_t size);

/**
 * nbc_wrap_line() - what of @text fits one line
 * @width:      columns, at least 1
 * @ret_bytes:  length of that part, without the space it was broken at
 *
 * Breaks at spaces and newlines, a word that is too long anywhere. Return: where the next line
 * starts, NULL when nothing is left.
 */
const char *nbc_wrap_line(const char *text, unsigned width, size_t *ret_bytes);

/**
 * nbc_wrap() - print a text in lines of nbc->width
 * @indent:  columns before each line
 * @at:      columns the first line already has; it gets the rest of the indent
 *
 * Ends with a newline.
 */
void nbc_wrap(const struct nbc *nbc, FILE *file, const char *text, unsigned indent, unsigned at);

/** nbc_die_of_memory() - say that memory ran out, and end the program with status 1 */
_Noreturn void nbc_die_of_memory(void);

/** nbc_text_of() - the text of @t, "" for an empty one; ends the program where it is not whole */
const char *nbc_text_of(const struct nb_text *t);
