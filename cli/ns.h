/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * Inside of the verb ns: what there is below /run/netns, what netbond remembers of it, and who
 * lives there. Read where it lies, without the daemon.
 */

#include "cli/command.h"
#include "lib/core/memory.h"

/** nbc_ns_names() - the namespaces pinned at /run/netns, in natural order; freed with each text */
char **nbc_ns_names(size_t *ret_n);

/**
 * nbc_ns_memory() - what netbond made, adopted and moved; empty where that cannot be read
 * @args:  --runtime-dir
 */
void nbc_ns_memory(const struct nbc *nbc, const struct nbc_args *args, struct nb_memory *ret);

/** nbc_ns_is_ours() - whether netbond made the namespace of that name that has this inode */
bool nbc_ns_is_ours(const struct nb_memory *memory, const char *name, uint64_t inode);

/**
 * nbc_ns_open() - the namespace of that name
 *
 * Return: 0; a negative errno, told.
 */
int nbc_ns_open(const struct nbc *nbc, const char *name, int *ret_fd, uint64_t *ret_inode);

/** nbc_ns_show() - all about one namespace. Return: NBC_OK, NBC_ERROR. */
int nbc_ns_show(struct nbc *nbc, const struct nbc_args *args);

#define NBC_EXEC_FAILED 125	/* before the command: as env(1) and nice(1) */
#define NBC_EXEC_NO_RIGHT 126	/* the command is there and cannot be run */
#define NBC_EXEC_NOT_FOUND 127

/**
 * nbc_ns_exec() - become a command inside a namespace
 *
 * Does not return when that works: the command has this process, its signals and exit status.
 * Return: NBC_EXEC_*.
 */
int nbc_ns_exec(struct nbc *nbc, const struct nbc_args *args);
