/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* netbondctl ns exec: a command inside a namespace, as `ip netns exec` runs it. */
#include <dirent.h>
#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "cli/args.h"
#include "cli/ns.h"
#include "cli/problems.h"
#include "cli/term.h"

#define ETC "/etc/netns"

static int fail(const struct nbc *nbc, const char *what)
{
	nbc_tell(nbc, "%s: %s%s", what, strerror(errno),
		errno == EPERM ? "; run it as root" : "");
	return -1;
}

/* Files made for this namespace take the place of those in /etc. */
static int bind_etc(const struct nbc *nbc, const char *name)
{
	char folder[sizeof(ETC) + NAME_MAX + 1], from[PATH_MAX], to[PATH_MAX];
	const struct dirent *entry;
	DIR *dir;
	int r = 0;

	snprintf(folder, sizeof(folder), ETC "/%s", name);
	dir = opendir(folder);
	if (!dir)
		return errno == ENOENT ? 0 : fail(nbc, folder);
	while (r == 0 && (entry = readdir(dir))) {
		if (nb_streq(entry->d_name, ".") || nb_streq(entry->d_name, ".."))
			continue;
		snprintf(from, sizeof(from), "%s/%s", folder, entry->d_name);
		snprintf(to, sizeof(to), "/etc/%s", entry->d_name);
		if (mount(from, to, "none", MS_BIND, NULL) < 0) {
			nbc_tell(nbc, "%s cannot take the place of %s: %s%s", from, to,
				strerror(errno),
				errno == ENOENT ? " (make the latter, if empty)" : "");
			r = -1;
		}
	}
	closedir(dir);
	return r;
}

/* /sys shows the devices of the namespace it was mounted in. */
static int enter(const struct nbc *nbc, const char *name)
{
	struct statvfs sys;
	unsigned long flags = 0;
	int fd;

	if (nbc_ns_open(nbc, name, &fd, NULL) < 0)
		return -1;
	if (setns(fd, CLONE_NEWNET) < 0)
		return fail(nbc, "the namespace cannot be entered");
	close(fd);
	if (unshare(CLONE_NEWNS) < 0 || mount("", "/", "none", MS_SLAVE | MS_REC, NULL) < 0)
		return fail(nbc, "no mount namespace of its own");
	if (statvfs("/sys", &sys) == 0 && sys.f_flag & ST_RDONLY)
		flags = MS_RDONLY;
	(void)umount2("/sys", MNT_DETACH);
	if (mount(name, "/sys", "sysfs", flags, NULL) < 0)
		return fail(nbc, "/sys of the namespace cannot be mounted");
	return bind_etc(nbc, name);
}

static int become(const struct nbc *nbc, const struct passwd *user)
{
	if (initgroups(user->pw_name, user->pw_gid) < 0 || setgid(user->pw_gid) < 0 ||
		setuid(user->pw_uid) < 0)
		return fail(nbc, user->pw_name);
	if (setenv("HOME", user->pw_dir, 1) < 0 || setenv("USER", user->pw_name, 1) < 0 ||
		setenv("LOGNAME", user->pw_name, 1) < 0)
		nbc_die_of_memory();
	return 0;
}

int nbc_ns_exec(struct nbc *nbc, const struct nbc_args *args)
{
	const char *name = nbc_args_value(args, NBC_USER);
	/* Asked for outside: /etc/netns may change who is known. */
	const struct passwd *user = name ? getpwnam(name) : NULL;
	char **command = args->words + 2;
	NB_CLEANUP(nb_freep) char **argv = NULL;

	if (name && !user) {
		nbc_tell(nbc, "there is no user %s", name);
		return NBC_EXEC_FAILED;
	}
	argv = calloc(args->n_words, sizeof(*argv));
	if (!argv)
		nbc_die_of_memory();
	memcpy(argv, command, (args->n_words - 2) * sizeof(*argv));
	if (enter(nbc, args->words[1]) < 0 || (user && become(nbc, user) < 0))
		return NBC_EXEC_FAILED;
	execvp(argv[0], argv);
	nbc_tell(nbc, "%s: %s", argv[0], strerror(errno));
	return errno == ENOENT ? NBC_EXEC_NOT_FOUND : NBC_EXEC_NO_RIGHT;
}
