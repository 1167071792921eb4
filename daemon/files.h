/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* What the daemon knows of the set of files over boots: which one was good, which is only tried. */

#include "daemon/daemon.h"

/** nbd_files_hash() - of the set as it is on disk now; 0 = not known */
uint64_t nbd_files_hash(struct nbd *d);

/*
 * The disk may itself lie behind a bond: it is the worker that writes, in order, and waited for that
 * it has for 2 s at most. What it could not do is told in the log.
 */

/**
 * nbd_files_mark() - the set of that hash is in force, unconfirmed: a boot would pass it over
 *
 * Return: whether that is noted now and was not before.
 */
bool nbd_files_mark(struct nbd *d, uint64_t files);

/** nbd_files_unmark() - the set that was noted so is not tried after all */
void nbd_files_unmark(struct nbd *d);

/** nbd_files_confirm() - the set that is in force is good: the last good one from now on */
void nbd_files_confirm(struct nbd *d);

/**
 * nbd_files_good() - the last good configuration, when the set of files is not to be used
 * @broken:   it has errors; else whether it was tried and never confirmed is looked up
 * @ret_why:  a sentence, static
 *
 * Return: 1 @ret is to be used instead; 0 it is not; -ENOMEM.
 */
int nbd_files_good(struct nbd *d, bool broken, struct nb_config **ret, const char **ret_why);
