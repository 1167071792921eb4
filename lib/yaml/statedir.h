/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * What must outlive a power cut (/var/lib/netbond): the last good set of files, and which set is
 * being tried. Written, synced and renamed. Where the directory is missing or cannot be written,
 * the daemon works all the same; it only cannot fall back at the next boot.
 */

#include "lib/core/config.h"

#define NB_STATEDIR_DEFAULT "/var/lib/netbond"

/**
 * nb_statedir_mark() - note that the set of this hash is in force without being confirmed
 *
 * Return: 0; -EROFS, -EACCES, -ENOENT, ... nothing is noted.
 */
int nb_statedir_mark(const char *path, uint64_t files);

/** nb_statedir_is_marked() - whether the set of this hash is noted so; no when nobody can tell */
bool nb_statedir_is_marked(const char *path, uint64_t files);

/** nb_statedir_unmark() - the set that is noted so was confirmed. Return: 0, -errno. */
int nb_statedir_unmark(const char *path);

/**
 * nb_statedir_save() - keep @config as the last good one
 *
 * Nothing is written when it is there already. Return: 0; a negative errno with the old one in
 * place.
 */
int nb_statedir_save(const char *path, const struct nb_config *config);

/**
 * nb_statedir_load() - the last good configuration
 * @ret:  new, owned by the caller
 *
 * Return: 0; -ENOENT there is none; -EBADMSG told in @diag; another negative errno.
 */
int nb_statedir_load(const char *path, struct nb_config **ret, struct nb_diag *diag);
