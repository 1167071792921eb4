/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Which configuration a command line means: DESIGN "Which configuration rules". */

#include "lib/core/config.h"

struct nb_load_text;
struct nb_rundir;

struct nb_desired {
	char *const *files;	/* laid over what is applied; none: the folders' set is the whole */
	size_t n_files;
	const struct nb_load_text *texts; /* the same, as texts; not both */
	size_t n_texts;
	bool exact;		/* the files are the whole */
	const char *config_dir; /* instead of the three folders; NULL = those */
};

/**
 * nb_desired_read() - the files named, or the *.yaml files of the folders
 * @ret:  new, owned by the caller; checked and canonical. Set only on success
 *
 * Return: 0; -EBADMSG told in @diag; -ENOMEM, -E2BIG.
 */
int nb_desired_read(
	const struct nb_desired *desired, struct nb_config **ret, struct nb_diag *diag);

/**
 * nb_desired_load() - what shall be: the files over what is applied, or the whole by itself
 * @dir:  the run directory, NULL when there is none
 *
 * Return: as nb_desired_read().
 */
int nb_desired_load(const struct nb_desired *desired, const struct nb_rundir *dir,
	struct nb_config **ret, struct nb_diag *diag);

/**
 * nb_desired_spare_mac() - what the MAC of a bond without any slave follows from
 *
 * Locally administered and the same in each plan on this machine (/etc/machine-id), so that the
 * plan shown is the plan run; random where the machine has no id.
 */
void nb_desired_spare_mac(uint8_t ret[6]);
