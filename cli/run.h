/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* From a command line to a verb. */

#include "cli/command.h"

/**
 * nbc_run() - do what a command line says
 * @argv:  @argc arguments without the program's name
 *
 * Return: an enum nbc_exit; also NBC_ERROR where the output could not be written.
 */
int nbc_run(struct nbc *nbc, int argc, char **argv);
