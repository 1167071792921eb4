/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * A log of one JSON object a line, bounded on disk: NAME, and NAME.1, which NAME becomes when it
 * is full. Written by one process, with one write(2) a line, so that a killed writer leaves at most
 * one torn line, the last; it is skipped when read and closed off by the next one who writes.
 */

#include <stddef.h>
#include <stdint.h>
#include <errno.h>

#include <json-c/json.h>

#define NB_LINE_LIMIT 65536 /* bytes of one line; a longer one is no line of ours */

struct nb_lines {
	int dir_fd;	/* -EBADF when closed */
	int fd;		/* of NAME, O_APPEND; -EBADF before the first line */
	char *name;
	uint64_t size;	/* bytes of NAME */
	uint64_t limit; /* bytes of each of both files */
};

#define NB_LINES_CLOSED { .dir_fd = -EBADF, .fd = -EBADF }

/**
 * nb_lines_open() - open the log NAME in a folder for writing
 * @folder:  made where it is missing (mode 0755; not its parents)
 * @limit:   bytes each of the two files may have
 *
 * Return: 0; a negative errno (-EROFS, -EACCES, -ENOENT, ...), @lines is closed then.
 */
int nb_lines_open(struct nb_lines *lines, const char *folder, const char *name, uint64_t limit);

/** nb_lines_close() - let go of the files */
void nb_lines_close(struct nb_lines *lines);

/**
 * nb_lines_append() - one more line
 * @line:  without a newline in it; one is added
 *
 * The line is on its way to the disk when this returns, and there whatever becomes of the process;
 * a power cut may take the last seconds. Of a line that did not fit the disk nothing stays.
 * Return: 0; -E2BIG longer than NB_LINE_LIMIT; -ENOSPC, -EDQUOT, -EIO, another negative errno.
 */
int nb_lines_append(struct nb_lines *lines, const char *line, size_t length);

/**
 * Takes one line, which is valid JSON, an object, and its text. Return: 0; a negative errno ends
 * the reading.
 */
typedef int (*nb_line_handler)(
	void *context, struct json_object *object, const char *text, size_t length);

/**
 * nb_lines_read() - all lines of a log, the oldest first
 *
 * What is no JSON object is passed over. A log that is not there has no lines.
 * Return: 0; what @each returned; a negative errno.
 */
int nb_lines_read(const char *folder, const char *name, nb_line_handler each, void *context);

/** nb_lines_remove() - delete both files of a log */
void nb_lines_remove(const char *folder, const char *name);
