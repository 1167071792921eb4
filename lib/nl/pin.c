/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "lib/nl/pin.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#define LOCK_TRIES 100
#define LOCK_STEP_USEC 10000

/*
 * Against another netbond and iproute2, but not for ever: whoever may read the folder may hold the
 * lock, and that is everybody. iproute2 goes on without it, too.
 */
static int lock_folder(int fd)
{
	for (unsigned tries = 0; flock(fd, LOCK_EX | LOCK_NB) < 0; tries++) {
		if (errno != EWOULDBLOCK)
			return -errno;
		if (tries == LOCK_TRIES)
			return 0;
		usleep(LOCK_STEP_USEC);
	}
	return 0;
}

static int make_mount(const char *path, unsigned long propagation)
{
	if (mount("", path, "none", propagation | MS_REC, NULL) == 0)
		return 0;
	if (errno != EINVAL)
		return -errno;
	/* Not a mount point yet. */
	if (mount(path, path, "none", MS_BIND | MS_REC, NULL) < 0 ||
		mount("", path, "none", propagation | MS_REC, NULL) < 0)
		return -errno;
	return 0;
}

int nb_pin_folder(const char *path, bool shared)
{
	int fd, r;

	if (mkdir(path, 0755) == 0)
		(void)chmod(path, 0755); /* whatever the umask */
	else if (errno != EEXIST)
		return -errno;
	fd = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	r = lock_folder(fd);
	if (r == 0)
		r = make_mount(path, shared ? MS_SHARED : MS_PRIVATE);
	if (r == 0)
		return fd;
	close(fd);
	return r;
}

/* An empty file without rights. */
bool nb_pin_is_leftover(const char *path)
{
	struct stat status;

	return lstat(path, &status) == 0 && S_ISREG(status.st_mode) && status.st_size == 0 &&
		(status.st_mode & 07777) == 0 && (status.st_uid == 0 || status.st_uid == geteuid());
}

int nb_pin_file(const char *path)
{
	int fd = open(path, O_RDONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0);

	if (fd >= 0) {
		close(fd);
		return 0;
	}
	if (errno != EEXIST)
		return -errno;
	return nb_pin_is_leftover(path) ? 0 : 1;
}

int nb_pin_bind(const char *from, const char *path)
{
	return mount(from, path, "none", MS_BIND, NULL) < 0 ? -errno : 0;
}

int nb_pin_remove(const char *path)
{
	/* EINVAL: nothing is mounted there. A pin may be mounted twice (shared mounts). */
	while (umount2(path, MNT_DETACH | UMOUNT_NOFOLLOW) == 0)
		;
	if (errno != EINVAL && errno != ENOENT)
		return -errno;
	return unlink(path) < 0 && errno != ENOENT ? -errno : 0;
}
