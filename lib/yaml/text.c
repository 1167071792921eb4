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
			mark.line++;
			mark.column = 1;
		} else {
			mark.column++;
		}
	}
	return 0;
}

/* Where libyaml's own words help nobody. */
static const struct syntax {
	const char *problem, *context; /* libyaml's; no context: any */
	bool at_context;	       /* the place to look at is where the thing began */
	const char *text, *hint;
} syntaxes[] = {
	{ "mapping values are not allowed in this context", NULL, false,
		"a ':' where no key can stand",
		"check the indentation and the ':' of the line above; a value that holds ': ' is "
		"quoted, a mapping on one line stands in braces: mac: {permanent-of: ens5}" },
	{ "mapping keys are not allowed in this context", NULL, false,
		"a '?' where no key can stand", "quote a value that begins with '?'" },
	{ "block sequence entries are not allowed in this context", NULL, false,
		"a list item where none can stand",
		"begin the list on the next line, or write it in brackets: [eth0, eth1]" },
	{ "could not find expected ':'", NULL, true, "a key without ':'",
		"write \"key: value\", or \"- item\" for a list; check the indentation" },
	{ "did not find expected key", NULL, false, "expected the next key or the end here",
		"keys of one mapping begin in the same column; nothing may follow a quoted text, "
		"a ']' or a '}' on its line" },
	{ "did not find expected '-' indicator", NULL, false, "expected the next \"- \" item",
		"items of one list begin in the same column; keys and items do not mix" },
	{ "did not find expected ',' or ']'", NULL, true, "this list is not closed",
		"add the missing ',' or ']'" },
	{ "did not find expected ',' or '}'", NULL, true, "this mapping is not closed",
		"add the missing ',' or '}'" },
	{ "did not find expected node content", NULL, false, "expected a value here",
		"quote a value that begins with ':', as in \"::/0\"; an empty place between "
		"commas is no value" },
	{ "found unexpected ':'", NULL, true, "a value that ends in ':' must be quoted here",
		"write \"2001:db8::\" with the quotes" },
	{ "found unexpected end of stream", NULL, true, "this quoted text is not closed",
		"add the missing quote" },
	{ "found unexpected document indicator", NULL, true, "this quoted text is not closed",
		"add the missing quote" },
	{ "found unknown escape character", NULL, false, "not an escape that YAML knows",
		"write the text in single quotes, where \\ means itself" },
	{ "found a tab character that violates indentation", NULL, false,
		"a tab in the indentation", "indent with spaces" },
	{ "found a tab character where an indentation space is expected", NULL, false,
		"a tab in the indentation", "indent with spaces" },
	{ "found incompatible YAML document", NULL, false, "a YAML version that is not known",
		"remove the %YAML line" },
	{ "did not find expected <document start>", NULL, false,
		"text after the end of the document", "remove the '...' line above or this text" },
	{ "did not find expected alphabetic or numeric character", "while scanning an alias", true,
		"a value that begins with '*' must be quoted",
		"write \"*\" with the quotes, or leave it out" },
	{ "did not find expected alphabetic or numeric character", "while scanning an anchor",
		true, "a value that begins with '&' must be quoted", "put it into quotes" },
	{ "found undefined tag handle", NULL, false, "tags (!) are not used here",
		"remove the tag, or quote a value that begins with '!'" },
};

/* The character at a place of libyaml's, for the messages that depend on it. */
static char char_at(const yaml_parser_t *parser, const char *text, size_t size)
{
	return parser->problem_mark.index < size ? text[parser->problem_mark.index] : '\0';
}

static int tell_start(char c, const struct nb_mark *mark, struct nb_diag *diag)
{
	if (c == '\t') {
		nb_diag_error(diag, mark, NULL, "a tab in the indentation");
		nb_diag_hint(diag, "indent with spaces");
	} else {
		nb_diag_error(diag, mark, NULL, "a value cannot begin with '%c'", c);
		nb_diag_hint(diag, "put the value into quotes");
	}
	return -EBADMSG;
}

int nb_yaml_tell_syntax(const yaml_parser_t *parser, const char *text, size_t size, int file,
	struct nb_diag *diag)
{
	struct nb_mark mark = nb_yaml_mark(&parser->problem_mark, file);
	struct nb_mark context = nb_yaml_mark(&parser->context_mark, file);

	if (parser->error == YAML_MEMORY_ERROR)
		return -ENOMEM;
	if (strcmp(parser->problem, "found character that cannot start any token") == 0)
		return tell_start(char_at(parser, text, size), &mark, diag);
	for (size_t i = 0; i < NB_ARRAY_SIZE(syntaxes); i++) {
		const struct syntax *s = &syntaxes[i];

		if (strcmp(s->problem, parser->problem) != 0)
			continue;
		if (s->context && !nb_streq(s->context, parser->context))
			continue;
		nb_diag_error(diag, s->at_context ? &context : &mark, NULL, "%s", s->text);
		nb_diag_hint(diag, "%s", s->hint);
		return -EBADMSG;
	}
	nb_diag_error(diag, &mark, NULL, "not valid YAML: %s%s%s", parser->problem,
		parser->context ? " " : "", parser->context ? parser->context : "");
	return -EBADMSG;
}
