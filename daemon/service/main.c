/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* netbondd that stays: what daemon/main.c becomes without --once. */
#include "daemon/command-line.h"
#include "daemon/daemon.h"

int main(int argc, char **argv)
{
	struct nbd_options options = { 0 };
	struct nbd_command_line line;
	int status;

	if (!nbd_command_line_parse(argc, argv, &line, &status))
		return status;
	options.runtime_dir = line.options.runtime_dir;
	options.config_dir = line.options.config_dir;
	options.state_dir = line.state_dir;
	options.log_level = line.log_level;
	return nbd_run(&options);
}
