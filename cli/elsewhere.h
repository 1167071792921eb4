/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "cli/command.h"

/**
 * nbc_elsewhere() - have the same verb run on another machine or in a container
 *
 * For verbs that look at a machine itself, of which no daemon can tell. With --host by ssh(1), with
 * --machine by systemd-run(1); netbondctl has to be there. It becomes that program, which keeps the
 * exit status; ssh's own is 255.
 *
 * Return: 0 neither is asked for; a negative errno, told.
 */
int nbc_elsewhere(const struct nbc *nbc, const struct nbc_args *args);
