/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* netbondctl ns exec: a command inside a namespace, as `ip netns exec` runs it. */
#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cli/args.h"
#include "cli/ns-enter.h"
#include "cli/ns.h"
#include "cli/problems.h"
#include "cli/term.h"

#define FORWARDED { SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGUSR1, SIGUSR2, SIGCONT }

static int become(const struct nbc *nbc, const struct passwd *user)
{
	if (initgroups(user->pw_name, user->pw_gid) < 0 || setgid(user->pw_gid) < 0 ||
		setuid(user->pw_uid) < 0)
		return nbc_ns_fail(nbc, user->pw_name);
	if (setenv("HOME", user->pw_dir, 1) < 0 || setenv("USER", user->pw_name, 1) < 0 ||
		setenv("LOGNAME", user->pw_name, 1) < 0)
		nbc_die_of_memory();
	return 0;
}

/* The command. Return: why it did not come to that, as exit status. */
static int run_command(struct nbc *nbc, const struct nbc_inside *inside, const struct passwd *user,
	char **argv)
{
	int status;

	if (nbc_ns_settle(nbc, inside) < 0 || (user && become(nbc, user) < 0))
		return NBC_EXEC_FAILED;
	/* Who waits for it is gone: so is it. */
	if (inside->forks && prctl(PR_SET_PDEATHSIG, SIGKILL) < 0)
		return NBC_EXEC_FAILED;
	execvp(argv[0], argv);
	status = errno == ENOENT ? NBC_EXEC_NOT_FOUND : NBC_EXEC_NO_RIGHT;
	nbc_tell(nbc, "%s: %s", argv[0], strerror(errno));
	return status;
}

static volatile pid_t command;

/* What a terminal sends goes to both of us. */
static void forward(int number, siginfo_t *info, void *context)
{
	if (info->si_code <= 0)
		kill(command, number);
}

/* Its end becomes ours, also when a signal ended it. */
static int wait_for_command(void)
{
	int status;

	while (waitpid(command, &status, 0) < 0) {
		if (errno != EINTR)
			return NBC_EXEC_FAILED;
	}
	if (!WIFSIGNALED(status))
		return WEXITSTATUS(status);
	signal(WTERMSIG(status), SIG_DFL);
	raise(WTERMSIG(status));
	return 128 + WTERMSIG(status);
}

/* Only children are in a pid namespace that was entered (setns(2)). */
static int run_child(struct nbc *nbc, const struct nbc_inside *inside, const struct passwd *user,
	char **argv)
{
	const struct sigaction action = { .sa_sigaction = forward, .sa_flags = SA_SIGINFO };
	static const int numbers[] = FORWARDED;
	sigset_t all, before;

	sigfillset(&all);
	sigprocmask(SIG_SETMASK, &all, &before);
	command = fork();
	if (command == 0) {
		sigprocmask(SIG_SETMASK, &before, NULL);
		fflush(NULL);
		_exit(run_command(nbc, inside, user, argv));
	}
	if (command < 0) {
		nbc_tell(nbc, "no process can be started in there: %s%s", strerror(errno),
			errno == ENOMEM ? "; process 1 of its pid namespace has ended" : "");
		return NBC_EXEC_FAILED;
	}
	for (size_t i = 0; i < NB_ARRAY_SIZE(numbers); i++)
		sigaction(numbers[i], &action, NULL);
	sigprocmask(SIG_SETMASK, &before, NULL);
	return wait_for_command();
}

int nbc_ns_exec(struct nbc *nbc, const struct nbc_args *args)
{
	const char *name = nbc_args_value(args, NBC_USER);
	/* Asked for outside: /etc/netns may change who is known. */
	const struct passwd *user = name ? getpwnam(name) : NULL;
	NB_CLEANUP(nb_memory_done) struct nb_memory memory = { 0 };
	NB_CLEANUP(nb_freep) char **argv = NULL;
	struct nbc_inside inside;

	if (name && !user) {
		nbc_tell(nbc, "there is no user %s", name);
		return NBC_EXEC_FAILED;
	}
	argv = calloc(args->n_words, sizeof(*argv));
	if (!argv)
		nbc_die_of_memory();
	memcpy(argv, args->words + 2, (args->n_words - 2) * sizeof(*argv));
	nbc_ns_memory(nbc, args, &memory);
	if (nbc_ns_enter(nbc, &memory, args->words[1], &inside) < 0)
		return NBC_EXEC_FAILED;
	return inside.forks ? run_child(nbc, &inside, user, argv) :
			      run_command(nbc, &inside, user, argv);
}
