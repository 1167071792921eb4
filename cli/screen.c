/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "cli/screen.h"

#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#define ROWS_DEFAULT 24

#define SCREEN_TAKE "\033[?1049h\033[?25l" /* the other screen, no cursor */
#define SCREEN_GIVE "\033[?25h\033[?1049l"
#define HOME "\033[H"
#define REST_OF_LINE "\033[K"
#define REST_OF_SCREEN "\033[J"

bool nbc_screen_wanted(const struct nbc *nbc)
{
	const char *term = getenv("TERM");

	return isatty(fileno(nbc->out)) && term && !nb_streq(term, "dumb");
}

void nbc_screen_take(const struct nbc *nbc)
{
	fputs(SCREEN_TAKE, nbc->out);
}

void nbc_screen_give(const struct nbc *nbc)
{
	fputs(SCREEN_GIVE, nbc->out);
	fflush(nbc->out);
}

unsigned nbc_screen_measure(struct nbc *nbc)
{
	struct winsize size;

	if (ioctl(fileno(nbc->out), TIOCGWINSZ, &size) < 0 || size.ws_row < 3 || size.ws_col < 10)
		return ROWS_DEFAULT;
	nbc->width = size.ws_col;
	return size.ws_row;
}

void nbc_screen_show(const struct nbc *nbc, const char *text, unsigned rows)
{
	const char *end;

	fputs(HOME, nbc->out);
	for (const char *line = text; *line && rows > 0; line = end + 1, rows--) {
		end = strchr(line, '\n');
		fprintf(nbc->out, "%.*s" REST_OF_LINE "\r\n", (int)(end - line), line);
	}
	fputs(REST_OF_SCREEN, nbc->out);
	fflush(nbc->out);
}
