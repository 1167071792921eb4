/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * What is asked of a file's text before YAML looks at it, and libyaml's complaints in words that
 * tell an administrator what to do.
 */

#include <yaml.h>

#include "lib/core/diag.h"

/**
 * nb_yaml_check_text() - whether @text is plain UTF-8 with unix line ends
 * @file:  number of the file in @diag
 *
 * Refused, with the place: NUL and other control characters, bytes that are no UTF-8, a byte
 * order mark, carriage returns, and the line separators (U+0085, U+2028, U+2029) that YAML would
 * count as lines and an editor would not. Tells the first one only.
 *
 * Return: 0, -EBADMSG.
 */
int nb_yaml_check_text(const char *text, size_t size, int file, struct nb_diag *diag);

/**
 * nb_yaml_tell_syntax() - say what libyaml found wrong
 * @parser:  right after it failed
 * @text:    the whole file
 *
 * Return: -EBADMSG, or -ENOMEM when it was memory.
 */
int nb_yaml_tell_syntax(const yaml_parser_t *parser, const char *text, size_t size, int file,
	struct nb_diag *diag);

/** nb_yaml_mark() - libyaml's place, counted from 0, as ours, counted from 1 */
static inline struct nb_mark nb_yaml_mark(const yaml_mark_t *mark, int file)
{
	return (struct nb_mark){
		.line = NB_MIN(mark->line + 1, NB_MARK_MAX),
		.column = NB_MIN(mark->column + 1, NB_MARK_MAX),
		.file = (uint16_t)file,
	};
}

/**
 * nb_utf8_next() - length in bytes of the UTF-8 character at @text
 * @size:      bytes left, at least 1
 * @ret_char:  its code point
 *
 * Return: 1 to 4; 0 when it is none (RFC 3629: overlong forms and surrogates are refused).
 */
size_t nb_utf8_next(const char *text, size_t size, uint32_t *ret_char);
