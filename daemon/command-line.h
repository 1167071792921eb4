/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* The command line of netbondd, the same for both of its programs (main.c, service/main.c). */

#include "daemon/once.h"

struct nbd_command_line {
	struct nbd_once_options options;
	bool once;
	int log_level;		/* of syslog.h */
	const char *state_dir;
};

/**
 * nbd_command_line_parse() - read it; --help, --version and misuse are answered
 * @ret:              borrows from @argv
 * @ret_exit_status:  where the answer is all there is to do
 *
 * Return: whether to go on.
 */
bool nbd_command_line_parse(
	int argc, char **argv, struct nbd_command_line *ret, int *ret_exit_status);
