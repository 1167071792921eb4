/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "lib/yaml/text.h"

#include <errno.h>
#include <string.h>

size_t nb_utf8_next(const char *text, size_t size, uint32_t *ret_char)
{
	static const uint32_t smallest[] = { 0, 0, 0x80, 0x800, 0x10000 };
	const uint8_t *s = (const uint8_t *)text;
	size_t length;
	uint32_t c;

	if (s[0] < 0x80) {
		*ret_char = s[0];
		return 1;
	}
	if (s[0] >= 0xf8 || s[0] < 0xc0)
		return 0;
	length = s[0] >= 0xf0 ? 4 : s[0] >= 0xe0 ? 3 : 2;
	if (length > size)
		return 0;
	c = s[0] & (0xffu >> (length + 1));
	for (size_t i = 1; i < length; i++) {
		if ((s[i] & 0xc0) != 0x80)
			return 0;
		c = c << 6 | (s[i] & 0x3f);
	}
	if (c < smallest[length] || c > 0x10ffff || (c >= 0xd800 && c <= 0xdfff))
		return 0;
	*ret_char = c;
	return length;
}

static int tell_byte(const char *text, size_t size, const struct nb_mark *mark,
	struct nb_diag *diag)
{
	bool utf16 = size >= 2 && mark->line == 1 && mark->column == 1 &&
		(memcmp(text, "\xff\xfe", 2) == 0 || memcmp(text, "\xfe\xff", 2) == 0);

	if (utf16)
		nb_diag_error(diag, mark, NULL, "the file is UTF-16, not UTF-8");
	else
		nb_diag_error(
			diag, mark, NULL, "byte 0x%02x is not valid UTF-8", (uint8_t)text[0]);
	nb_diag_hint(diag, "save the file as UTF-8 (plain ASCII is enough)");
	return -EBADMSG;
}

static int tell_char(uint32_t c, const struct nb_mark *mark, struct nb_diag *diag)
{
	switch (c) {
	case 0:
		nb_diag_error(diag, mark, NULL, "a NUL byte: this is not a text file");
		nb_diag_hint(diag, "the file may be damaged, for example by a power cut: "
				   "write it anew");
		break;
	case '\r':
		nb_diag_error(diag, mark, NULL, "a carriage return: the file has Windows line ends");
		nb_diag_hint(diag, "remove them: sed -i 's/\\r$//' FILE");
		break;
	case 0xfeff:
		nb_diag_error(diag, mark, NULL, "a byte order mark (U+FEFF)");
		nb_diag_hint(diag, "save the file as UTF-8 without byte order mark");
		break;
	case 0x85:
	case 0x2028:
	case 0x2029:
		nb_diag_error(diag, mark, NULL, "an invisible line separator (U+%04X)", c);
		nb_diag_hint(diag, "replace it by a plain line end");
		break;
	default:
		nb_diag_error(diag, mark, NULL, "control character 0x%02x", c);
		nb_diag_hint(diag, "remove it: only text, line ends and spaces are allowed");
	}
	return -EBADMSG;
}

static bool char_refused(uint32_t c)
{
	if (c < 0x20)
		return c != '\n' && c != '\t';
	return (c >= 0x7f && c < 0xa0) || c == 0xfeff || c == 0x2028 || c == 0x2029;
}

int nb_yaml_check_text(const char *text, size_t size, int file, struct nb_diag *diag)
{
	struct nb_mark mark = { .line = 1, .column = 1, .file = (uint16_t)file };
	size_t length;

	for (size_t i = 0; i < size; i += length) {
		uint32_t c;

		length = nb_utf8_next(text + i, size - i, &c);
		if (length == 0)
			return tell_byte(text + i, size - i, &mark, diag);
		if (char_refused(c))
			return tell_char(c, &mark, diag);
		if (c == '\n') {
			mark.line += mark.line < NB_MARK_MAX;
			mark.column = 1;
		} else {
			mark.column += mark.column < NB_MARK_MAX;
		}
	}
	return 0;
}

/* The line of a place of libyaml's, and the place in it. Columns are characters, not bytes. */
struct spot {
	const char *line, *at, *end; /* end of the text */
};

static struct spot find_spot(const char *text, size_t size, const yaml_mark_t *mark)
{
	struct spot spot = { .line = text, .end = text + size };
	uint32_t c;

	for (size_t i = 0; i < mark->line; i++) {
		const char *newline = memchr(spot.line, '\n', (size_t)(spot.end - spot.line));

		spot.line = newline ? newline + 1 : spot.end;
	}
	spot.at = spot.line;
	for (size_t i = 0; i < mark->column && spot.at < spot.end; i++)
		spot.at += NB_MAX(nb_utf8_next(spot.at, (size_t)(spot.end - spot.at), &c), (size_t)1);
	return spot;
}

static char char_at(const struct spot *spot)
{
	return spot->at < spot->end ? *spot->at : '\0';
}

static bool begins_line(const struct spot *spot)
{
	for (const char *p = spot->line; p < spot->at; p++)
		if (*p != ' ')
			return false;
	return true;
}

/* Whether a key stands earlier in the line. */
static bool has_key_before(const struct spot *spot)
{
	return memmem(spot->line, (size_t)(spot->at - spot->line), ": ", 2) != NULL;
}

/* What is wrong, and what to do about it. */
struct advice {
	const char *text, *hint;
};

static struct advice advise_colon(const struct spot *spot)
{
	if (has_key_before(spot))
		return (struct advice){ "a second ':' in one line",
			"a value that holds ': ' must be quoted; a mapping on one line stands in "
			"braces, as in mac: {permanent-of: eth0}" };
	return (struct advice){ "a key where none can stand",
		"check the indentation, and whether the line above lacks its ':'" };
}

static struct advice advise_key(const struct spot *spot)
{
	if (!begins_line(spot))
		return (struct advice){ "unexpected text behind the value",
			"nothing may follow a quoted text, a ']' or a '}'; quote the whole value" };
	if (char_at(spot) == '-')
		return (struct advice){ "a list item among keys",
			"indent it below the key whose list it belongs to" };
	return (struct advice){ "wrong indentation, or a stray character",
		"keys of one mapping begin in the same column" };
}

static struct advice advise_node(const struct spot *spot)
{
	if (char_at(spot) == ':')
		return (struct advice){ "a value that begins with ':' must be quoted here",
			"write it with quotes, as in \"::/0\"" };
	return (struct advice){ "a value is missing here",
		"write one, or remove the comma or bracket too many" };
}

static struct advice advise_start(const struct spot *spot)
{
	if (char_at(spot) == '\t')
		return (struct advice){ "a tab in the indentation", "indent with spaces" };
	return (struct advice){ "a value cannot begin with this character",
		"put the value into quotes" };
}

/* Where libyaml's own words help nobody. */
static const struct syntax {
	const char *problem, *context; /* libyaml's; no context: any */
	bool at_context;	       /* the place to look at is where the thing began */
	struct advice (*advise)(const struct spot *spot);
	struct advice advice; /* without advise() */
} syntaxes[] = {
	{ "mapping values are not allowed in this context", .advise = advise_colon },
	{ "did not find expected key", .advise = advise_key },
	{ "did not find expected node content", .advise = advise_node },
	{ "found character that cannot start any token", .advise = advise_start },
	{ "mapping keys are not allowed in this context",
		.advice = { "a '?' where no key can stand", "quote a value that begins with '?'" } },
	{ "block sequence entries are not allowed in this context",
		.advice = { "a list item where none can stand",
			"begin the list on the next line, or write it in brackets: [eth0, eth1]" } },
	{ "could not find expected ':'", .at_context = true,
		.advice = { "a key without ':'",
			"write \"key: value\", or \"- item\" for a list; check the indentation" } },
	{ "did not find expected '-' indicator",
		.advice = { "expected the next \"- \" item",
			"items of one list begin in the same column; keys and items do not mix" } },
	{ "did not find expected ',' or ']'", .at_context = true,
		.advice = { "this list is not closed", "add the missing ',' or ']'" } },
	{ "did not find expected ',' or '}'", .at_context = true,
		.advice = { "this mapping is not closed", "add the missing ',' or '}'" } },
	{ "found unexpected ':'", .at_context = true,
		.advice = { "a value that ends in ':' must be quoted here",
			"write it with quotes, as in \"2001:db8::\"" } },
	{ "found unexpected end of stream", .at_context = true,
		.advice = { "this quoted text is not closed", "add the missing quote" } },
	{ "found unexpected document indicator", .at_context = true,
		.advice = { "this quoted text is not closed", "add the missing quote" } },
	{ "found unknown escape character",
		.advice = { "not an escape that YAML knows",
			"write the text in single quotes, where \\ means itself" } },
	{ "found a tab character that violates indentation",
		.advice = { "a tab in the indentation", "indent with spaces" } },
	{ "found a tab character where an indentation space is expected",
		.advice = { "a tab in the indentation", "indent with spaces" } },
	{ "found incompatible YAML document",
		.advice = { "a YAML version that is not known", "remove the %YAML line" } },
	{ "did not find expected <document start>",
		.advice = { "text after the end of the document",
			"remove the '...' line above, or this text" } },
	{ "did not find expected alphabetic or numeric character", "while scanning an alias",
		.at_context = true,
		.advice = { "a value that begins with '*' must be quoted",
			"write it with quotes, as in \"*\"" } },
	{ "did not find expected alphabetic or numeric character", "while scanning an anchor",
		.at_context = true,
		.advice = { "a value that begins with '&' must be quoted", "write it with quotes" } },
	{ "found undefined tag handle",
		.advice = { "tags (!) are not used here",
			"remove the tag, or quote a value that begins with '!'" } },
};

static const struct syntax *find_syntax(const yaml_parser_t *parser)
{
	for (size_t i = 0; i < NB_ARRAY_SIZE(syntaxes); i++)
		if (strcmp(syntaxes[i].problem, parser->problem) == 0 &&
			(!syntaxes[i].context || nb_streq(syntaxes[i].context, parser->context)))
			return &syntaxes[i];
	return NULL;
}

int nb_yaml_tell_syntax(const yaml_parser_t *parser, const char *text, size_t size, int file,
	struct nb_diag *diag)
{
	const struct syntax *syntax;
	const yaml_mark_t *place = &parser->problem_mark;
	struct advice advice;
	struct nb_mark mark;
	struct spot spot; /* the advice may point into it */

	if (parser->error == YAML_MEMORY_ERROR)
		return -ENOMEM;
	syntax = find_syntax(parser);
	if (syntax && syntax->at_context)
		place = &parser->context_mark;
	mark = nb_yaml_mark(place, file);
	if (!syntax) {
		nb_diag_error(diag, &mark, NULL, "not valid YAML: %s%s%s", parser->problem,
			parser->context ? " " : "", parser->context ? parser->context : "");
		nb_diag_hint(diag,
			"check quotes, brackets and indentation here and in the line above");
		return -EBADMSG;
	}
	advice = syntax->advice;
	if (syntax->advise) {
		spot = find_spot(text, size, place);
		advice = syntax->advise(&spot);
	}
	nb_diag_error(diag, &mark, NULL, "%s", advice.text);
	nb_diag_hint(diag, "%s", advice.hint);
	return -EBADMSG;
}
