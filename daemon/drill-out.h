/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* One slave out of its bond, and back; written down in RUNTIME_DIR/drill while it is out. */

#include "lib/core/drill.h"
#include "lib/core/exec.h"
#include "lib/yaml/rundir.h"

struct nb_exec;

struct nbd_out {
	enum nb_drill_how how;
	char *key, *namespace;
	char bond[IFNAMSIZ], slave[IFNAMSIZ];
	struct nb_optset opts; /* of the slave; a release loses them */
};

/** nbd_out_done() - free the contents */
void nbd_out_done(struct nbd_out *out);

/**
 * nbd_out_take() - write it down, and take the slave out
 *
 * Return: 0; a negative errno, @error says why; then nothing is out.
 */
int nbd_out_take(struct nb_exec *exec, const struct nb_rundir *dir, const struct nbd_out *out,
	struct nb_exec_error *error);

/**
 * nbd_out_put_back() - the slave as it was; what is written down goes when that worked
 *
 * Return: 0, also where the slave is gone; a negative errno, @error says why.
 */
int nbd_out_put_back(struct nb_exec *exec, const struct nb_rundir *dir, const struct nbd_out *out,
	struct nb_exec_error *error);

/** nbd_out_recover() - put back what a daemon before this one had taken out when it died */
void nbd_out_recover(struct nb_exec *exec, const struct nb_rundir *dir);
