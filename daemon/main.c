/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * netbondd as it is called. --once is done here, with neither libsystemd nor what that brings along
 * (five libraries: half of the time the program needs to start, and none of them in an initramfs).
 * What stays is another program, and takes this one's place.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "daemon/command-line.h"
#include "lib/core/util.h"

#define SERVICE "/netbondd"

/* In a build folder it lies below this program's. Return: whether there is one. */
static bool find_beside(char *path, size_t size)
{
	ssize_t length = readlink("/proc/self/exe", path, size);
	char *slash;

	if (length < 0 || (size_t)length >= size)
		return false;
	path[length] = '\0';
	slash = strrchr(path, '/');
	if (!slash || (size_t)(slash - path) + sizeof("/service" SERVICE) > size)
		return false;
	memcpy(slash, "/service" SERVICE, sizeof("/service" SERVICE));
	return access(path, X_OK) == 0;
}

static int become_service(char **argv)
{
	const char *installed = NB_LIBEXECDIR SERVICE;
	char path[4096];

	execv(find_beside(path, sizeof(path)) ? path : installed, argv);
	fprintf(stderr, "netbondd: %s cannot be started: %s\n"
			"Is netbond installed as a whole? --once works without it.\n",
		installed, strerror(errno));
	return 1;
}

int main(int argc, char **argv)
{
	struct nbd_command_line line;
	int status;

	if (!nbd_command_line_parse(argc, argv, &line, &status))
		return status;
	return line.once ? nbd_once(&line.options) : become_service(argv);
}
