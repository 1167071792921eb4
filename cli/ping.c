/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "cli/ping.h"

#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

int nbc_ping(const char *address)
{
	char *const argv[] = { (char *)"ping", (char *)"-n", (char *)"-q", (char *)"-c", (char *)"1",
		(char *)"-W", (char *)"1", (char *)"--", (char *)address, NULL };
	posix_spawn_file_actions_t actions;
	int status, r = posix_spawn_file_actions_init(&actions);
	pid_t pid;

	if (r != 0)
		return -r;
	for (int fd = STDIN_FILENO; fd <= STDERR_FILENO && r == 0; fd++)
		r = posix_spawn_file_actions_addopen(
			&actions, fd, "/dev/null", fd == STDIN_FILENO ? O_RDONLY : O_WRONLY, 0);
	if (r == 0)
		r = posix_spawnp(&pid, argv[0], &actions, NULL, argv, environ);
	posix_spawn_file_actions_destroy(&actions);
	if (r != 0)
		return -r;
	while (waitpid(pid, &status, 0) < 0) {
		if (errno != EINTR)
			return -errno;
	}
	return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}
