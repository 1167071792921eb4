/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "lib/json/lines.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#include "lib/core/util.h"

#define OLD ".1" /* behind the name of the full file */

static int open_file(struct nb_lines *lines)
{
	struct stat st;
	char last = '\n';

	lines->fd = openat(lines->dir_fd, lines->name,
		O_RDWR | O_APPEND | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0644);
	if (lines->fd < 0) {
		lines->fd = -EBADF;
		return -errno;
	}
	if (fstat(lines->fd, &st) < 0)
		return -errno;
	lines->size = (uint64_t)st.st_size;
	/* The end of a writer that was killed, or of the machine's power. */
	if (st.st_size > 0 && pread(lines->fd, &last, 1, st.st_size - 1) == 1 && last != '\n') {
		if (write(lines->fd, "\n", 1) != 1)
			return -errno;
		lines->size++;
	}
	return 0;
}

int nb_lines_open(struct nb_lines *lines, const char *folder, const char *name, uint64_t limit)
{
	int r = 0;

	*lines = (struct nb_lines)NB_LINES_CLOSED;
	if (mkdir(folder, 0755) < 0 && errno != EEXIST)
		return -errno;
	lines->limit = limit;
	lines->dir_fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (lines->dir_fd < 0)
		r = -errno;
	lines->name = strdup(name);
	if (r == 0 && !lines->name)
		r = -ENOMEM;
	if (r == 0)
		r = open_file(lines);
	if (r < 0)
		nb_lines_close(lines);
	return r;
}

void nb_lines_close(struct nb_lines *lines)
{
	if (lines->fd >= 0)
		close(lines->fd);
	if (lines->dir_fd >= 0)
		close(lines->dir_fd);
	free(lines->name);
	*lines = (struct nb_lines)NB_LINES_CLOSED;
}

static int rotate(struct nb_lines *lines)
{
	NB_CLEANUP(nb_text_done) struct nb_text old = { 0 };

	nb_text_add(&old, "%s" OLD, lines->name);
	if (old.failed)
		return -ENOMEM;
	if (renameat(lines->dir_fd, lines->name, lines->dir_fd, old.text) < 0 && errno != ENOENT)
		return -errno;
	close(lines->fd);
	lines->fd = -EBADF;
	return open_file(lines);
}

int nb_lines_append(struct nb_lines *lines, const char *line, size_t length)
{
	struct iovec parts[] = { { (void *)line, length }, { (char *)"\n", 1 } };
	ssize_t n;
	int r = 0;

	if (length > NB_LINE_LIMIT)
		return -E2BIG;
	if (lines->fd < 0)
		r = open_file(lines);
	if (r == 0 && lines->size > 0 && lines->size + length + 1 > lines->limit)
		r = rotate(lines);
	if (r < 0)
		return r;
	do
		n = writev(lines->fd, parts, 2);
	while (n < 0 && errno == EINTR);
	if (n < 0)
		return -errno;
	if ((size_t)n < length + 1) {
		/* The disk became full in the middle of it. */
		if (ftruncate(lines->fd, (off_t)lines->size) < 0)
			lines->size += (uint64_t)n;
		return -ENOSPC;
	}
	lines->size += (uint64_t)n;
	return 0;
}

static int take_line(const char *text, size_t length, nb_line_handler each, void *context)
{
	struct json_tokener *tokener;
	struct json_object *object;
	int r = 0;

	if (length == 0 || length > NB_LINE_LIMIT)
		return 0;
	tokener = json_tokener_new();
	if (!tokener)
		return -ENOMEM;
	object = json_tokener_parse_ex(tokener, text, (int)length);
	if (json_object_is_type(object, json_type_object) &&
		json_tokener_get_parse_end(tokener) == length)
		r = each(context, object, text, length);
	json_object_put(object);
	json_tokener_free(tokener);
	return r;
}

/* A line longer than any of ours is read over to its end. */
static int read_file(int dir_fd, const char *name, nb_line_handler each, void *context)
{
	NB_CLEANUP(nb_freep) char *line = NULL;
	size_t capacity = 0;
	ssize_t length;
	FILE *file;
	int fd = openat(dir_fd, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW), r = 0;

	if (fd < 0)
		return errno == ENOENT ? 0 : -errno;
	file = fdopen(fd, "r");
	if (!file) {
		close(fd);
		return -ENOMEM;
	}
	while (r == 0 && (length = getline(&line, &capacity, file)) > 0) {
		/* Without its newline it was never whole. */
		if (line[length - 1] == '\n')
			r = take_line(line, (size_t)length - 1, each, context);
	}
	if (r == 0 && ferror(file))
		r = -EIO;
	fclose(file);
	return r;
}

int nb_lines_read(const char *folder, const char *name, nb_line_handler each, void *context)
{
	NB_CLEANUP(nb_text_done) struct nb_text old = { 0 };
	int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC), r;

	if (fd < 0)
		return errno == ENOENT ? 0 : -errno;
	nb_text_add(&old, "%s" OLD, name);
	r = old.failed ? -ENOMEM : read_file(fd, old.text, each, context);
	if (r == 0)
		r = read_file(fd, name, each, context);
	close(fd);
	return r;
}

void nb_lines_remove(const char *folder, const char *name)
{
	NB_CLEANUP(nb_text_done) struct nb_text old = { 0 };
	int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd < 0)
		return;
	nb_text_add(&old, "%s" OLD, name);
	unlinkat(fd, name, 0);
	if (old.text)
		unlinkat(fd, old.text, 0);
	close(fd);
}
