/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "cli/problems.h"

#include <string.h>

#include "cli/term.h"

/* Arguments come back in messages: what would move the cursor or colour the terminal does not. */
static void clean(char *text)
{
	for (unsigned char *p = (unsigned char *)text; *p; p++) {
		if (*p < 0x20 || *p == 0x7f || (*p == 0xc2 && p[1] >= 0x80 && p[1] < 0xa0))
			*p = '?';
	}
}

void nbc_tell(const struct nbc *nbc, const char *format, ...)
{
	NB_CLEANUP(nb_text_done) struct nb_text text = { 0 };
	va_list args;

	va_start(args, format);
	nb_text_addv(&text, format, args);
	va_end(args);
	if (text.text)
		clean(text.text);
	fflush(nbc->out);
	fprintf(nbc->err, "%s: %s\n", nbc->program, nbc_text_of(&text));
}

void nbc_tell_lines(const struct nbc *nbc, const char *lines)
{
	fflush(nbc->out);
	while (*lines) {
		size_t length = strcspn(lines, "\n");
		NB_CLEANUP(nb_text_done) struct nb_text line = { 0 };

		nb_text_add(&line, "%.*s", (int)length, lines);
		if (line.text)
			clean(line.text);
		fprintf(nbc->err, "%s\n", nbc_text_of(&line));
		lines += length + (lines[length] == '\n');
	}
}

static enum nbc_colour colour_of(enum nb_severity severity)
{
	switch (severity) {
	case NB_SEVERITY_ERROR:
		return NBC_RED;
	case NB_SEVERITY_WARNING:
		return NBC_YELLOW;
	case NB_SEVERITY_NOTE:
		return NBC_CYAN;
	}
	return NBC_PLAIN;
}

/* The first line, which has place and sentence, stands out; the excerpt and the hint do not. */
static void print_problem(const struct nbc *nbc, const struct nb_diag *diag, size_t i)
{
	NB_CLEANUP(nb_text_done) struct nb_text text = { 0 };
	const char *line, *end;

	nb_diag_format(diag, &diag->problems[i], &text);
	line = nbc_text_of(&text);
	end = strchrnul(line, '\n');
	fprintf(nbc->err, "%s%.*s%s%s",
		nbc_colour(nbc, nbc->err, colour_of(diag->problems[i].severity)),
		(int)(end - line), line, nbc_colour(nbc, nbc->err, NBC_PLAIN), end);
}

void nbc_tell_problems(const struct nbc *nbc, struct nb_diag *diag)
{
	fflush(nbc->out);
	nb_diag_sort(diag);
	for (size_t i = 0; i < diag->n_problems; i++)
		print_problem(nbc, diag, i);
	if (diag->dropped)
		fprintf(nbc->err, "... and %zu more\n", diag->dropped);
}

static void count(struct nb_text *out, size_t n, const char *what)
{
	if (n)
		nb_text_add(out, "%s%zu %s%s", out->length ? ", " : "", n, what,
			n == 1 ? "" : "s");
}

void nbc_count_problems(const struct nb_diag *diag, struct nb_text *out)
{
	NB_CLEANUP(nb_text_done) struct nb_text text = { 0 };

	count(&text, diag->n_errors, "error");
	count(&text, diag->n_warnings, "warning");
	nb_text_add(out, "%s", nbc_text_of(&text));
}
