/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * One pass in one process: load, converge, tell, end. For containers, the initramfs, rescue and
 * tests: no bus, no systemd, no other process.
 */

#include "lib/core/option.h"

struct nbd_once_options {
	const char *runtime_dir;
	const char *config_dir; /* instead of the three folders; NULL = those */
	char *const *files;	/* an overlay, or the whole with .exact; none: the folders' set */
	size_t n_files;
	bool exact;
	bool reorder;
	bool force; /* remove namespaces with whatever is in them */
	bool quiet;		/* tell only problems */
	bool limit_given;
	enum nb_class limit;
};

/**
 * nbd_once() - make the kernel what the configuration says
 *
 * Tells on stdout what it does and on stderr what is wrong.
 * Return: the exit status: 0 converged, 2 differences are held or wait, 1 error.
 */
int nbd_once(const struct nbd_once_options *options);
