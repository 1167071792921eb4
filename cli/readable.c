/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "cli/readable.h"

#include <pwd.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "lib/yaml/load.h"

/* Mode bits alone: who has an access list knows what he does. */
static bool may(const struct passwd *user, const struct stat *st, unsigned bits)
{
	if (st->st_uid == user->pw_uid)
		return (st->st_mode >> 6 & bits) == bits;
	if (st->st_gid == user->pw_gid)
		return (st->st_mode >> 3 & bits) == bits;
	return (st->st_mode & bits) == bits;
}

static bool has_access_list(const char *path)
{
	return getxattr(path, "system.posix_acl_access", NULL, 0) > 0;
}

static bool is_below(const char *path, const char *folder)
{
	size_t length = strlen(folder);

	return strncmp(path, folder, length) == 0 && path[length] == '/';
}

/* @file: number of the source that @path is, 0 = none. */
static void check_path(struct nb_diag *diag, const struct passwd *user, const char *path,
	int file, unsigned bits)
{
	const struct nb_mark mark = { .file = (uint16_t)file };
	struct stat st;

	if (stat(path, &st) < 0 || may(user, &st, bits) || has_access_list(path))
		return;
	nb_diag_warning(diag, &mark, file ? NULL : path,
		"the daemon (user " NBC_DAEMON_USER ") may not %s",
		S_ISDIR(st.st_mode) ? "look into this folder" : "read this file");
	nb_diag_hint(diag, "chgrp " NBC_DAEMON_USER " '%s' && chmod g+r%s '%s'", path,
		S_ISDIR(st.st_mode) ? "x" : "", path);
}

static void check_folder(struct nb_diag *diag, const struct passwd *user, const char *folder)
{
	bool used = false;

	for (size_t i = 0; i < diag->n_sources; i++) {
		NB_CLEANUP(nb_freep) char *path = realpath(diag->sources[i].name, NULL);

		if (!path || !is_below(path, folder))
			continue;
		check_path(diag, user, path, (int)i + 1, 4);
		used = true;
	}
	if (used)
		check_path(diag, user, folder, 0, 5);
}

void nbc_warn_unreadable(struct nb_diag *diag)
{
	const struct passwd *user = geteuid() == 0 ? getpwnam(NBC_DAEMON_USER) : NULL;

	for (size_t i = 0; user && nb_load_folders[i]; i++)
		check_folder(diag, user, nb_load_folders[i]);
}
