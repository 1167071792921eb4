/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * The way of a process into all types of a namespace.
 */

#include "cli/command.h"
#include "lib/core/memory.h"

/* Where this process stands between entering and becoming a command. */
struct nbc_inside {
	const char *name; /* of the namespace */
	int user;	  /* its user namespace, to be entered last; -EBADF: it has none */
	bool net, pid, mnt; /* it has these */
	bool forks;	  /* only a child is in all of them */
};

/** nbc_ns_fail() - tell @what and the errno. Return: -1. */
int nbc_ns_fail(const struct nbc *nbc, const char *what);

/**
 * nbc_ns_enter() - enter all types of a namespace but user
 *
 * All are opened first: from its mount namespace on paths mean another tree. One that @memory knows
 * and that is not there just now is no reason to do without. Return: 0; -1, told.
 */
int nbc_ns_enter(const struct nbc *nbc, const struct nb_memory *memory, const char *name,
	struct nbc_inside *ret);

/**
 * nbc_ns_settle() - the rest, in the process that becomes the command
 *
 * /sys and /proc show what is inside, files of /etc/netns/NAME stand for those of /etc, the user
 * namespace is entered and its root become. Return: 0; -1, told.
 */
int nbc_ns_settle(const struct nbc *nbc, const struct nbc_inside *inside);
