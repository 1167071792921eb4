/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "cli/term.h"

#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#define WIDTH_MIN 40
#define WIDTH_MAX 1000

static unsigned width_of(int fd)
{
	const char *columns = getenv("COLUMNS");
	struct winsize size = { 0 };
	uint64_t n;

	if (columns && nb_parse_u64(columns, WIDTH_MAX, &n) == 0 && n >= WIDTH_MIN)
		return (unsigned)n;
	if (isatty(fd) && ioctl(fd, TIOCGWINSZ, &size) == 0 && size.ws_col > 0)
		return NB_MIN(NB_MAX(size.ws_col, WIDTH_MIN), WIDTH_MAX);
	return NBC_WIDTH_DEFAULT;
}

/* https://no-color.org: set and not empty. */
static bool has_colour(int fd)
{
	const char *no = getenv("NO_COLOR"), *term = getenv("TERM");

	return isatty(fd) && !(no && *no) && term && *term && !nb_streq(term, "dumb");
}

void nbc_init(struct nbc *nbc, const char *program)
{
	*nbc = (struct nbc){
		.program = program,
		.out = stdout,
		.err = stderr,
		.width = width_of(STDOUT_FILENO),
		.colour_out = has_colour(STDOUT_FILENO),
		.colour_err = has_colour(STDERR_FILENO),
	};
}

const char *nbc_colour(const struct nbc *nbc, const FILE *file, enum nbc_colour colour)
{
	if (!(file == nbc->out ? nbc->colour_out : nbc->colour_err))
		return "";
	switch (colour) {
	case NBC_PLAIN:
		return "\033[0m";
	case NBC_BOLD:
		return "\033[1m";
	case NBC_RED:
		return "\033[1;31m";
	case NBC_YELLOW:
		return "\033[1;33m";
	case NBC_CYAN:
		return "\033[36m";
	}
	return "";
}

unsigned nbc_cells(const char *text, size_t size)
{
	unsigned cells = 0;

	for (size_t i = 0; i < size; i++)
		cells += ((unsigned char)text[i] & 0xc0) != 0x80;
	return cells;
}

const char *nbc_wrap_line(const char *text, unsigned width, size_t *ret_bytes)
{
	size_t space = 0, i = 0;
	unsigned cells = 0;

	for (; text[i] && text[i] != '\n'; i++) {
		if (text[i] == ' ' && i > 0)
			space = i;
		if (((unsigned char)text[i] & 0xc0) == 0x80)
			continue;
		if (++cells > width)
			break;
	}
	if (!text[i] || text[i] == '\n') {
		*ret_bytes = i;
		return text[i] ? text + i + 1 : NULL;
	}
	*ret_bytes = space ? space : i;
	return space ? text + space + 1 : text + i;
}

static unsigned left_behind(const struct nbc *nbc, unsigned columns)
{
	return nbc->width > columns + 20 ? nbc->width - columns : 20;
}

void nbc_wrap(const struct nbc *nbc, FILE *file, const char *text, unsigned indent, unsigned at)
{
	while (text) {
		size_t bytes;
		const char *next = nbc_wrap_line(text, left_behind(nbc, NB_MAX(indent, at)), &bytes);

		fprintf(file, "%*s%.*s\n", bytes ? (int)(indent - NB_MIN(at, indent)) : 0, "",
			(int)bytes, text);
		text = next;
		at = 0;
	}
}

_Noreturn void nbc_die_of_memory(void)
{
	fputs("error: out of memory\n", stderr);
	exit(NBC_ERROR);
}

const char *nbc_text_of(const struct nb_text *t)
{
	if (t->failed)
		nbc_die_of_memory();
	return t->text ? t->text : "";
}
