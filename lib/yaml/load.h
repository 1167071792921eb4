/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * Configuration files from disk: the folders of DESIGN "The file", or files named by hand.
 */

#include "lib/core/config.h"

/* Later folders win over earlier ones, file by file. NULL ends the list. */
extern const char *const nb_load_folders[];

/**
 * nb_load_files() - read, merge, check and canonicalise the named files
 * @paths:  nb_read_named()
 * @flags:  enum nb_yaml_flags
 * @base:   the files are laid over it, and what they say is judged together with it; NULL: nothing
 * @ret:    a new configuration, owned by the caller: the files and @base
 * @diag:   every problem of every file; that of @base, too; outlives the configuration's marks
 *
 * All or nothing. Return: 0; -EBADMSG; -ENOMEM. *@ret is set only on success.
 */
int nb_load_files(char *const *paths, size_t n, unsigned flags, const struct nb_config *base,
	struct nb_config **ret, struct nb_diag *diag);

/* A file that came from elsewhere than a disk. */
struct nb_load_text {
	const char *name; /* for messages */
	const char *text; /* @size bytes */
	size_t size;
};

/** nb_load_texts() - nb_load_files() for texts */
int nb_load_texts(const struct nb_load_text *texts, size_t n, const struct nb_config *base,
	struct nb_config **ret, struct nb_diag *diag);

/**
 * nb_load_set() - the same for the *.yaml files of folders
 * @folders:  NULL-terminated; one that does not exist is empty
 *
 * A file of the same name in a later folder replaces the earlier one; then all in lexical order
 * of their names. No file at all is an empty configuration.
 */
int nb_load_set(const char *const *folders, struct nb_config **ret, struct nb_diag *diag);

/**
 * nb_load_set_hash() - what nb_load_set() of the same folders would read, as a number
 *
 * Equal sets have equal hashes, in every boot. Return: 0, -ENOMEM.
 */
int nb_load_set_hash(const char *const *folders, uint64_t *ret);

/**
 * nb_read_file() - a whole file of bounded size, without waiting for anybody
 * @ret:   NUL-terminated text, freed by the caller
 *
 * Return: 0, also for a pipe that nobody writes to; -EAGAIN one that somebody may write to;
 * -EFBIG above @limit bytes; another negative errno of open() or read().
 */
int nb_read_file(const char *path, size_t limit, char **ret, size_t *ret_size);

/**
 * nb_read_named() - the same for a file that somebody named: waits for who writes into a pipe
 * @path:  "-" is standard input
 */
int nb_read_named(const char *path, size_t limit, char **ret, size_t *ret_size);
