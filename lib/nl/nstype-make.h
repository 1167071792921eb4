/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * New namespaces of any type. A child makes each and ends; setns(2) and unshare(2) of user, time and
 * pid work in a process with one thread alone. Private to lib/nl.
 */

#include "lib/nl/nstype.h"

/**
 * nb_nstype_make() - make .nstype of @op as .nstraits says, and pin it
 * @user:  user namespace to make it in, -EBADF: that of the caller
 * @path:  the file to bind it onto
 *
 * A pid namespace gets a process 1 that stays; when anything fails it ends. Return: as
 * nb_nstype_run().
 */
int nb_nstype_make(const struct nb_op *op, int user, const char *path, nb_nstype_adopt *adopt);

/** nb_nstype_rename() - NB_OP_TYPE_SET. Return: as nb_nstype_run(). */
int nb_nstype_rename(const struct nb_op *op);
