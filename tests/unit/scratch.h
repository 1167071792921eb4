/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* A folder for one test, files in it, and code that runs without root's privileges. */

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/unit/unit.h"

#include "lib/core/util.h"

#define SCRATCH_NOBODY 65534

struct scratch {
	char path[64];
};

static inline void scratch_start(struct scratch *s)
{
	const char *tmp = getenv("TMPDIR");

	snprintf(s->path, sizeof(s->path), "%.40s/netbond-XXXXXX", tmp ? tmp : "/tmp");
	assert_non_null(mkdtemp(s->path));
	assert_int_equal(chmod(s->path, 0755), 0);
}

static inline int scratch_remove_one(
	const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	return remove(path);
}

static inline void scratch_done(struct scratch *s)
{
	assert_int_equal(nftw(s->path, scratch_remove_one, 16, FTW_DEPTH | FTW_PHYS), 0);
}

/* "PATH/NAME"; good until the fourth call after this one. */
static inline char *scratch_path(const struct scratch *s, const char *name)
{
	static char paths[4][256];
	static unsigned next;
	char *path = paths[next++ % 4];

	snprintf(path, 256, "%s/%s", s->path, name);
	return path;
}

static inline void scratch_write(const struct scratch *s, const char *name, const char *text)
{
	FILE *file = fopen(scratch_path(s, name), "we");

	assert_non_null(file);
	assert_true(fputs(text, file) >= 0);
	assert_int_equal(fclose(file), 0);
}

/* The text of a file, NULL when it is not there; freed by the caller. */
static inline char *scratch_read(const struct scratch *s, const char *name)
{
	struct nb_text text = { 0 };
	FILE *file = fopen(scratch_path(s, name), "re");
	char part[512];

	if (!file)
		return NULL;
	nb_text_add(&text, "%s", "");
	for (size_t n; (n = fread(part, 1, sizeof(part), file)) > 0;)
		nb_text_add(&text, "%.*s", (int)n, part);
	fclose(file);
	return text.text;
}

/*
 * Run @body as a user who may not do everything, in a process of its own: a test that root runs
 * would find every file readable. @body ends with true for success.
 */
static inline void scratch_unprivileged(bool (*body)(void *context), void *context)
{
	int status;
	pid_t pid;

	fflush(NULL);
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		if (geteuid() == 0 && (setgid(SCRATCH_NOBODY) < 0 || setuid(SCRATCH_NOBODY) < 0))
			_exit(2);
		_exit(body(context) ? 0 : 1);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 0);
}
