/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * measure FILE CMD ARGS...: runs CMD and writes one line to FILE, "WALL_US USER_US SYSTEM_US
 * PEAK_KB STATUS". Small itself, because the kernel counts what a process was before exec() into
 * its peak memory (setmax_mm_hiwater_rss() in begin_new_exec()).
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static int64_t now_us(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

static int64_t us_of(struct timeval t)
{
	return (int64_t)t.tv_sec * 1000000 + t.tv_usec;
}

int main(int argc, char **argv)
{
	int64_t start, wall;
	struct rusage usage;
	int status;
	FILE *file;
	pid_t pid;

	if (argc < 3) {
		fprintf(stderr, "usage: measure FILE CMD ARGS...\n");
		return 2;
	}
	start = now_us();
	pid = fork();
	if (pid == 0) {
		execvp(argv[2], argv + 2);
		perror(argv[2]);
		_exit(127);
	}
	if (pid < 0 || wait4(pid, &status, 0, &usage) != pid) {
		perror("measure");
		return 2;
	}
	wall = now_us() - start;
	file = fopen(argv[1], "we");
	if (!file) {
		perror(argv[1]);
		return 2;
	}
	status = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
	fprintf(file, "%jd %jd %jd %ld %d\n", (intmax_t)wall, (intmax_t)us_of(usage.ru_utime),
		(intmax_t)us_of(usage.ru_stime), usage.ru_maxrss, status);
	return fclose(file) == 0 ? status : 2;
}
