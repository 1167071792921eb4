/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * Problems told to a human: every one of a file, a rule or a plan, each with its place.
 *
 * Contract of the whole library: a function that takes a struct nb_diag and returns -EBADMSG has
 * added at least one error to it; any other negative errno is the machine's (-ENOMEM, -EIO).
 */

#include "lib/core/util.h"

#define NB_MARK_MAX 0xffffffu /* what lies behind it is told to be there */

/* A place in a configuration file, packed: there are many. Zero: no place. */
struct nb_mark {
	uint64_t line : 24;   /* from 1 */
	uint64_t column : 24; /* from 1, in characters */
	uint64_t file : 16;   /* index into nb_diag.sources plus 1 */
};

enum nb_severity {
	NB_SEVERITY_NOTE,
	NB_SEVERITY_WARNING,
	NB_SEVERITY_ERROR,
};

struct nb_problem {
	enum nb_severity severity;
	struct nb_mark mark;  /* where, zero when not in a file */
	struct nb_mark other; /* the second place of a cross-file problem */
	char *object;	      /* "bond0", "bond0: slave eth1"; NULL when the place says it */
	char *text;	      /* the sentence, without full stop */
	char *hint;	      /* what is allowed or what to do next, may be NULL */
};

/* A file as it was read, kept for the source line under a message. */
struct nb_source {
	char *name;
	char *text;
	size_t size;
	uint32_t line;	/* a cache: the line that was looked for last, 0 = none ... */
	size_t line_at; /* ... and where it begins */
};

#define NB_DIAG_MAX_PROBLEMS 1000 /* beyond, only .dropped counts */

/* Zero is an empty one. */
struct nb_diag {
	struct nb_problem *problems;
	size_t n_problems, problem_capacity;
	struct nb_source *sources;
	size_t n_sources, source_capacity;
	size_t n_errors, n_warnings; /* dropped ones included */
	size_t dropped;
	bool no_last; /* the problem added last was dropped or moved: hints find nothing */
};

/**
 * nb_diag_done() - free everything in @diag; it is empty and usable afterwards
 */
void nb_diag_done(struct nb_diag *diag);

/**
 * nb_diag_add_source() - keep a file's name and text for the messages about it
 * @name:  as the user knows it; copied
 * @text:  @size bytes; copied, NUL bytes allowed
 *
 * Return: the file number for struct nb_mark (1 or more), -ENOMEM, -E2BIG after 65535 files.
 */
int nb_diag_add_source(struct nb_diag *diag, const char *name, const char *text, size_t size);

/**
 * nb_diag_add() - add one problem
 * @mark:    its place, NULL when it has none
 * @object:  the object it is about, NULL when the place says enough
 *
 * @diag may be NULL: then nothing is kept. Return: -EBADMSG for an error (also when memory for
 * the text ran out: the count still rises), else 0.
 */
int nb_diag_add(struct nb_diag *diag, enum nb_severity severity, const struct nb_mark *mark,
	const char *object, const char *format, ...) NB_PRINTF(5, 6);

#define nb_diag_error(diag, mark, object, ...) \
	nb_diag_add(diag, NB_SEVERITY_ERROR, mark, object, __VA_ARGS__)
#define nb_diag_warning(diag, mark, object, ...) \
	((void)nb_diag_add(diag, NB_SEVERITY_WARNING, mark, object, __VA_ARGS__))
#define nb_diag_note(diag, mark, object, ...) \
	((void)nb_diag_add(diag, NB_SEVERITY_NOTE, mark, object, __VA_ARGS__))

/**
 * nb_diag_hint() - give the problem added last its hint: what is allowed, what to do next
 *
 * A newline in it starts a further indented line. Nothing happens when that problem was dropped.
 */
void nb_diag_hint(struct nb_diag *diag, const char *format, ...) NB_PRINTF(2, 3);

/** nb_diag_other() - give the problem added last its second place */
void nb_diag_other(struct nb_diag *diag, const struct nb_mark *other);

/**
 * nb_diag_format() - one problem as text: "file:line:col: error: ...", source line, caret, hint
 *
 * A problem without a place reads "error: OBJECT: TEXT". Always ends with a newline. The hint stands
 * behind "= ", the second place as a note of its own. Control characters, invalid UTF-8 and what
 * reorders text are shown as '?', tabs as spaces; a long line is cut around the column.
 */
void nb_diag_format(
	const struct nb_diag *diag, const struct nb_problem *problem, struct nb_text *out);

/**
 * nb_diag_sort() - by file, line and column; problems without a place last, in their order
 */
void nb_diag_sort(struct nb_diag *diag);
