/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * What must outlive the daemon: the applied configuration and the memory of what was made, in the
 * run directory (/run/netbond). Files are written beside and renamed, so that a reader sees the
 * old one or the new one. Each begins with the kernel's boot id; where /proc/sys is hidden, it is
 * taken from $NETBOND_BOOT_ID.
 */

#include "lib/core/config.h"
#include "lib/core/memory.h"

#define NB_RUNDIR_DEFAULT "/run/netbond"
#define NB_RUNDIR_OWED "owed.yaml" /* struct nb_state of owed.h, while a plan runs */

struct nb_rundir {
	int fd;	     /* of the directory, -EBADF when closed */
	int lock_fd; /* held while open for writing, else -EBADF */
	char *path;
};

#define NB_RUNDIR_CLOSED { .fd = -EBADF, .lock_fd = -EBADF }

/**
 * nb_rundir_open() - open the directory
 * @write:  make it where it is missing (mode 0755), and lock it
 *
 * Return: 0; -ENOENT it is missing (only without @write); -EBUSY another netbondd holds it; another
 * negative errno. On failure @dir is closed.
 */
int nb_rundir_open(struct nb_rundir *dir, const char *path, bool write);

/** nb_rundir_close() - let go of it */
void nb_rundir_close(struct nb_rundir *dir);

/**
 * nb_rundir_write() - put a file of this boot there
 * @text:  without the line that names the boot
 *
 * Return: 0, or a negative errno with the old file in place.
 */
int nb_rundir_write(const struct nb_rundir *dir, const char *name, const struct nb_text *text);

/**
 * nb_rundir_read() - what nb_rundir_write() wrote, the line that names the boot included
 *
 * Return: 0; -ENOENT there is none of this boot; another negative errno.
 */
int nb_rundir_read(const struct nb_rundir *dir, const char *name, char **ret, size_t *ret_size);

/** nb_rundir_remove() - Return: 0 (also when it is not there); a negative errno. */
int nb_rundir_remove(const struct nb_rundir *dir, const char *name);

/**
 * nb_rundir_load_applied() - the configuration applied in this boot
 * @ret:  new, owned by the caller; NULL when there is none, or one of another boot
 *
 * Return: 0; -EBADMSG the file makes no sense (told in @diag); another negative errno.
 */
int nb_rundir_load_applied(
	const struct nb_rundir *dir, struct nb_config **ret, struct nb_diag *diag);

/** nb_rundir_save_applied() - keep @config; nothing is written when it is there already.
 * Return: 0, or a negative errno with the old file in place. */
int nb_rundir_save_applied(const struct nb_rundir *dir, const struct nb_config *config);

/**
 * nb_rundir_load_memory() - what netbond made and adopted in this boot
 * @memory:  empty before
 *
 * Return: 0 (also without a file); -EBADMSG; another negative errno.
 */
int nb_rundir_load_memory(
	const struct nb_rundir *dir, struct nb_memory *memory, struct nb_diag *diag);

/** nb_rundir_save_memory() - Return: 0, or a negative errno with the old file in place. */
int nb_rundir_save_memory(const struct nb_rundir *dir, const struct nb_memory *memory);

/**
 * nb_rundir_save_state() - put a snapshot of this boot there
 *
 * Mode 0600, the folder's owner's: it has what the kernel shows to readers with CAP_NET_ADMIN alone.
 * Return: 0, or a negative errno with the old file in place.
 */
int nb_rundir_save_state(
	const struct nb_rundir *dir, const char *name, const struct nb_state *state);

/**
 * nb_rundir_load_state() - a state kept in this boot
 * @ret:  new, owned by the caller; not set on failure
 *
 * Return: 0; -ENOENT there is none of this boot; -EBADMSG it makes no sense (told in @diag);
 * another negative errno.
 */
int nb_rundir_load_state(const struct nb_rundir *dir, const char *name, struct nb_state **ret,
	struct nb_diag *diag);

/**
 * nb_rundir_save_owed() - keep what a plan owes (owed.h); NULL: it owes nothing any more
 *
 * Return: 0, a negative errno.
 */
int nb_rundir_save_owed(const struct nb_rundir *dir, const struct nb_state *owed);

/**
 * nb_rundir_load_owed() - what a plan that was cut off owes; NULL: nothing
 *
 * A file that makes no sense is told as an error and removed. Return: 0, -ENOMEM.
 */
int nb_rundir_load_owed(
	const struct nb_rundir *dir, struct nb_state **ret, struct nb_diag *diag);
