/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Which configuration a command line means. */

#include "cli/command.h"
#include "lib/core/config.h"

struct nb_rundir;

/** nbc_desired_folders() - append the folders that are read without FILE */
void nbc_desired_folders(const struct nbc_args *args, struct nb_text *out);

/**
 * nbc_desired_read() - the files named, or the *.yaml files of the folders
 * @ret:  new, owned by the caller; checked and canonical. Set only on success
 *
 * Return: 0; -EBADMSG told in @diag; -ENOMEM, -E2BIG.
 */
int nbc_desired_read(const struct nbc_args *args, struct nb_config **ret, struct nb_diag *diag);

/**
 * nbc_desired_load() - what shall be: the files over what is applied, or the whole by itself
 * @dir:  the run directory, NULL when there is none
 *
 * As netbondd does it for the same command line (DESIGN "Which configuration rules").
 * Return: 0; -EBADMSG told in @diag; -ENOMEM, -E2BIG.
 */
int nbc_desired_load(const struct nbc_args *args, const struct nb_rundir *dir,
	struct nb_config **ret, struct nb_diag *diag);
