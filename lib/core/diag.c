/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "lib/core/diag.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

#define LINE_CELLS 96 /* most of a source line that is shown */
#define LINE_BEFORE 64 /* of them before the marked column, when the line is cut */
#define TAB_CELLS 8

static void problem_done(struct nb_problem *problem)
{
	free(problem->object);
	free(problem->text);
	free(problem->hint);
}

void nb_diag_done(struct nb_diag *diag)
{
	if (!diag)
		return;
	for (size_t i = 0; i < diag->n_problems; i++)
		problem_done(&diag->problems[i]);
	for (size_t i = 0; i < diag->n_sources; i++) {
		free(diag->sources[i].name);
		free(diag->sources[i].text);
	}
	free(diag->problems);
	free(diag->sources);
	*diag = (struct nb_diag){ 0 };
}

int nb_diag_add_source(struct nb_diag *diag, const char *name, const char *text, size_t size)
{
	struct nb_source source = { .size = size };

	if (diag->n_sources >= UINT16_MAX)
		return -E2BIG;
	if (nb_grow(&diag->sources, diag->n_sources, &diag->source_capacity, sizeof(source)) < 0)
		return -ENOMEM;
	source.name = strdup(name);
	source.text = malloc(size + 1);
	if (!source.name || !source.text) {
		free(source.name);
		free(source.text);
		return -ENOMEM;
	}
	if (size > 0)
		memcpy(source.text, text, size);
	source.text[size] = '\0';
	diag->sources[diag->n_sources++] = source;
	return (int)diag->n_sources;
}

/* The sentence and the object of a new problem. Returns false when memory ran out. */
static NB_PRINTF(3, 0) bool problem_fill(
	struct nb_problem *problem, const char *object, const char *format, va_list args)
{
	struct nb_text text = { 0 };

	nb_text_addv(&text, format, args);
	if (object)
		problem->object = strdup(object);
	if (text.failed || (object && !problem->object)) {
		nb_text_done(&text);
		free(problem->object);
		return false;
	}
	problem->text = text.text;
	return true;
}

int nb_diag_add(struct nb_diag *diag, enum nb_severity severity, const struct nb_mark *mark,
	const char *object, const char *format, ...)
{
	int ret = severity == NB_SEVERITY_ERROR ? -EBADMSG : 0;
	struct nb_problem problem = { .severity = severity };
	va_list args;
	bool filled;

	if (!diag)
		return ret;
	diag->n_errors += severity == NB_SEVERITY_ERROR;
	diag->n_warnings += severity == NB_SEVERITY_WARNING;
	diag->no_last = true;
	if (diag->n_problems >= NB_DIAG_MAX_PROBLEMS ||
		nb_grow(&diag->problems, diag->n_problems, &diag->problem_capacity,
			sizeof(problem)) < 0) {
		diag->dropped++;
		return ret;
	}
	if (mark)
		problem.mark = *mark;
	va_start(args, format);
	filled = problem_fill(&problem, object, format, args);
	va_end(args);
	if (!filled) {
		diag->dropped++;
		return ret;
	}
	diag->problems[diag->n_problems++] = problem;
	diag->no_last = false;
	return ret;
}

static struct nb_problem *last_problem(struct nb_diag *diag)
{
	if (!diag || diag->no_last || diag->n_problems == 0)
		return NULL;
	return &diag->problems[diag->n_problems - 1];
}

void nb_diag_hint(struct nb_diag *diag, const char *format, ...)
{
	struct nb_problem *problem = last_problem(diag);
	struct nb_text text = { 0 };
	va_list args;

	if (!problem)
		return;
	va_start(args, format);
	nb_text_addv(&text, format, args);
	va_end(args);
	if (text.failed) {
		nb_text_done(&text);
		return;
	}
	free(problem->hint);
	problem->hint = text.text;
}

void nb_diag_other(struct nb_diag *diag, const struct nb_mark *other)
{
	struct nb_problem *problem = last_problem(diag);

	if (problem && other)
		problem->other = *other;
}

/*
 * Decodes one character. Returns its bytes; *ret_code is 0xfffd for a byte that is no valid
 * UTF-8, which then counts as one character.
 */
static size_t decode(const char *text, size_t size, uint32_t *ret_code)
{
	static const uint32_t least[] = { 0, 0, 0x80, 0x800, 0x10000 };
	const uint8_t *p = (const uint8_t *)text;
	size_t length = p[0] < 0x80 ? 1 : p[0] < 0xc2 ? 0 : p[0] < 0xe0 ? 2 : p[0] < 0xf0 ? 3 :
			p[0] < 0xf5 ? 4 : 0;
	uint32_t code;

	*ret_code = 0xfffd;
	if (length == 0 || length > size)
		return 1;
	code = length == 1 ? p[0] : p[0] & (0x7fu >> length);
	for (size_t i = 1; i < length; i++) {
		if ((p[i] & 0xc0) != 0x80)
			return 1;
		code = code << 6 | (p[i] & 0x3f);
	}
	if (code < least[length] || code > 0x10ffff || (code >= 0xd800 && code <= 0xdfff))
		return 1;
	*ret_code = code;
	return length;
}

/* What may move the cursor, colour the terminal or reorder the line is not passed on. */
static bool is_printable(uint32_t code)
{
	if (code < 0x20 || (code >= 0x7f && code < 0xa0) || code == 0xfffd)
		return false;
	return !(code >= 0x200e && code <= 0x200f) && !(code >= 0x2028 && code <= 0x202e) &&
	       !(code >= 0x2066 && code <= 0x2069) && code != 0xfeff;
}

/* The line breaks of YAML 1.1, which is how libyaml counts lines. */
static size_t break_length(const char *text, size_t size)
{
	uint32_t code;
	size_t length;

	if (size == 0 || !strchr("\n\r\xc2\xe2", text[0]) || text[0] == '\0')
		return 0;
	if (text[0] == '\r' && size > 1 && text[1] == '\n')
		return 2;
	length = decode(text, size, &code);
	return code == '\n' || code == '\r' || code == 0x85 || code == 0x2028 || code == 0x2029 ?
		       length : 0;
}

static bool find_line(
	const struct nb_source *source, uint32_t line, const char **ret_text, size_t *ret_size)
{
	struct nb_source *cache = (struct nb_source *)source;
	const char *p = source->text, *end = source->text + source->size;
	uint32_t first = 1;
	size_t size = 0;

	/* Problems are told in the order of their lines. */
	if (source->line > 0 && source->line <= line) {
		first = source->line;
		p += source->line_at;
	} else if (source->size >= 3 && memcmp(p, "\xef\xbb\xbf", 3) == 0) {
		p += 3; /* a byte order mark is no column */
	}
	for (uint32_t i = first; i < line; i++) {
		size_t length = 0;

		while (p < end && (length = break_length(p, (size_t)(end - p))) == 0)
			p++;
		if (p >= end)
			return false;
		p += length;
	}
	while (p + size < end && break_length(p + size, (size_t)(end - p) - size) == 0)
		size++;
	cache->line = line;
	cache->line_at = (size_t)(p - source->text);
	*ret_text = p;
	*ret_size = size;
	return true;
}

/* Appends @text with everything unprintable as '?', a line break as @newline when that is given. */
static void add_clean(struct nb_text *out, const char *text, const char *newline)
{
	size_t size = strlen(text);

	while (size > 0) {
		uint32_t code;
		size_t length = decode(text, size, &code);

		if (code == '\n' && newline)
			nb_text_add(out, "\n%s", newline);
		else if (is_printable(code))
			nb_text_add(out, "%.*s", (int)length, text);
		else
			nb_text_add(out, "?");
		text += length;
		size -= length;
	}
}

/* Cells of the character at cell @cell of its line. A character counts one; a tab goes on to its stop. */
static unsigned cells_of(uint32_t code, unsigned cell)
{
	return code == '\t' ? TAB_CELLS - cell % TAB_CELLS : 1;
}

/* Cell of the marked column, and how many cells the line has. */
static void measure_line(
	const char *line, size_t size, uint32_t column, unsigned *ret_at, unsigned *ret_cells)
{
	unsigned cell = 0, at = UINT_MAX;
	uint32_t character = 1;

	for (size_t i = 0; i < size && cell < UINT_MAX / 2; character++) {
		uint32_t code;

		if (character == column)
			at = cell;
		i += decode(line + i, size - i, &code);
		cell += cells_of(code, cell);
	}
	*ret_at = at == UINT_MAX ? cell : at; /* past the end: the caret stands behind it */
	*ret_cells = cell;
}

/* Appends the cells @from to @to (exclusive) of a line. */
static void add_cells(
	struct nb_text *out, const char *line, size_t size, unsigned from, unsigned to)
{
	unsigned cell = 0;

	for (size_t i = 0; i < size && cell < to;) {
		uint32_t code;
		size_t length = decode(line + i, size - i, &code);

		for (unsigned n = cells_of(code, cell); n > 0; n--, cell++) {
			if (cell < from || cell >= to)
				continue;
			if (code == '\t')
				nb_text_add(out, " ");
			else if (is_printable(code))
				nb_text_add(out, "%.*s", (int)length, line + i);
			else
				nb_text_add(out, "?");
		}
		i += length;
	}
}

static const struct nb_source *source_of(const struct nb_diag *diag, const struct nb_mark *mark)
{
	if (!diag || mark->file == 0 || mark->file > diag->n_sources)
		return NULL;
	return &diag->sources[mark->file - 1];
}

static void add_excerpt(
	const struct nb_source *source, const struct nb_mark *mark, struct nb_text *out)
{
	unsigned at, cells, from = 0, to;
	const char *line;
	size_t size;

	if (mark->line == 0 || !find_line(source, mark->line, &line, &size))
		return;
	measure_line(line, size, mark->column, &at, &cells);
	if (cells > LINE_CELLS && at > LINE_BEFORE)
		from = NB_MIN(at - LINE_BEFORE, cells - NB_MIN(cells, LINE_CELLS));
	to = NB_MIN(cells, from + LINE_CELLS);

	nb_text_add(out, "%5u | %s", mark->line, from > 0 ? "..." : "");
	add_cells(out, line, size, from, to);
	nb_text_add(out, "%s\n", to < cells ? "..." : "");
	if (mark->column > 0)
		nb_text_add(out, "      | %*s^\n", (int)(at - from + (from > 0 ? 3 : 0)), "");
}

static void add_place(
	const struct nb_source *source, const struct nb_mark *mark, struct nb_text *out)
{
	add_clean(out, source->name, NULL);
	if (mark->line > 0)
		nb_text_add(out, ":%u", mark->line);
	if (mark->line > 0 && mark->column > 0)
		nb_text_add(out, ":%u", mark->column);
	nb_text_add(out, ": ");
}

static const char *severity_name(enum nb_severity severity)
{
	switch (severity) {
	case NB_SEVERITY_NOTE:
		return "note";
	case NB_SEVERITY_WARNING:
		return "warning";
	case NB_SEVERITY_ERROR:
		return "error";
	}
	return "error";
}

void nb_diag_format(
	const struct nb_diag *diag, const struct nb_problem *problem, struct nb_text *out)
{
	const struct nb_source *source = source_of(diag, &problem->mark);
	const struct nb_source *other = source_of(diag, &problem->other);

	if (source)
		add_place(source, &problem->mark, out);
	nb_text_add(out, "%s: ", severity_name(problem->severity));
	if (problem->object) {
		add_clean(out, problem->object, NULL);
		nb_text_add(out, ": ");
	}
	add_clean(out, problem->text ? problem->text : "", NULL);
	nb_text_add(out, "\n");
	if (source)
		add_excerpt(source, &problem->mark, out);
	if (problem->hint) {
		nb_text_add(out, "      = ");
		add_clean(out, problem->hint, "        ");
		nb_text_add(out, "\n");
	}
	if (other) {
		add_place(other, &problem->other, out);
		nb_text_add(out, "note: the other place is here\n");
		add_excerpt(other, &problem->other, out);
	}
}

static bool comes_before(const struct nb_mark *a, const struct nb_mark *b)
{
	if (a->file == 0 || b->file == 0)
		return a->file != 0 && b->file == 0;
	if (a->file != b->file)
		return a->file < b->file;
	if (a->line != b->line)
		return a->line < b->line;
	return a->column < b->column;
}

void nb_diag_sort(struct nb_diag *diag)
{
	/* an insertion sort: stable, nearly sorted input, NB_DIAG_MAX_PROBLEMS at most */
	for (size_t i = 1; i < diag->n_problems; i++) {
		struct nb_problem problem = diag->problems[i];
		size_t j = i;

		for (; j > 0 && comes_before(&problem.mark, &diag->problems[j - 1].mark); j--)
			diag->problems[j] = diag->problems[j - 1];
		diag->problems[j] = problem;
	}
	diag->no_last = true;
}
