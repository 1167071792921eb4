/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * A try in the run directory: what one goes back to, and how far it is. All of it is there before
 * the first operation; trial.yaml, which is written last and removed first, says that there is one.
 */

#include "lib/core/restore.h"
#include "lib/yaml/rundir.h"

enum nb_trial_phase {
	NB_TRIAL_APPLYING,  /* the tried configuration is being made true */
	NB_TRIAL_WAITING,   /* it is in force, for somebody to confirm it */
	NB_TRIAL_RETURNING, /* on the way back */
};

struct nb_trial {
	enum nb_trial_phase phase;
	uint64_t timeout_usec;
	uint64_t deadline_usec; /* CLOCK_BOOTTIME */
	uint64_t files;		/* nb_load_set_hash() of the set that is tried; 0 = none is */
};

/** nb_trial_save() - write all. Return: 0; a negative errno, then there is no try on disk. */
int nb_trial_save(const struct nb_rundir *dir, const struct nb_trial *trial,
	const struct nb_restore *restore);

/** nb_trial_update() - write how far it is. Return: 0, or -errno with the old one in place. */
int nb_trial_update(const struct nb_rundir *dir, const struct nb_trial *trial);

/**
 * nb_trial_load() - the try of this boot that was under way
 * @restore:  empty before; nb_restore_done()
 *
 * Return: 1; 0 there is none; -EBADMSG a file makes no sense, told in @diag; another negative errno.
 */
int nb_trial_load(const struct nb_rundir *dir, struct nb_trial *trial, struct nb_restore *restore,
	struct nb_diag *diag);

/** nb_trial_remove() - it ended. Return: 0, -errno. */
int nb_trial_remove(const struct nb_rundir *dir);
