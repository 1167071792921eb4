/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * Network namespaces pinned at /run/netns/NAME, the same ones that `ip netns` sees.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct nb_op;
struct nb_process;
struct nb_state;
struct nb_text;

#define NB_NETNS_DIR "/run/netns"

/** nb_netns_name_ok() - whether @name can be a pin: 1 to 255 bytes without '/', not "." or ".." */
bool nb_netns_name_ok(const char *name);

/**
 * nb_netns_open() - a descriptor of a network namespace
 * @name:       its pin, "" = the one of the calling thread
 * @ret_fd:     O_CLOEXEC, owned by the caller
 * @ret_inode:  identity of the namespace, may be NULL
 *
 * An open descriptor keeps the namespace alive after its pin went.
 * Return: 0; -ENOENT there is no such pin, or only the file that its maker was about to mount it
 * on; -EINVAL not a possible name; -ELOOP a symbolic link;
 * -EMEDIUMTYPE something that is no network namespace lies there; another negative errno of
 * open().
 */
int nb_netns_open(const char *name, int *ret_fd, uint64_t *ret_inode);

/**
 * nb_netns_socket() - an rtnetlink socket inside a namespace
 * @fd:      the namespace, borrowed
 * @ret_fd:  O_CLOEXEC, neither bound nor with options set; owned by the caller
 *
 * A short-lived thread enters it, so that no failure can leave the process in the wrong one. The
 * kernel checks the one who opened a socket as well as the one who sends (netlink_ns_capable()):
 * without CAP_NET_ADMIN it would be good for reading alone.
 * Return: 0; -EPERM without CAP_SYS_ADMIN; -EAGAIN no thread; another negative errno of socket().
 */
int nb_netns_socket(int fd, int *ret_fd);

/**
 * nb_netns_cookie() - what tells a namespace from every other of this boot
 * @socket:  any socket inside it
 *
 * Inode numbers come back as soon as a namespace is gone (proc_alloc_inum()), cookies never
 * (SO_NETNS_COOKIE, Linux 5.14). Return: the cookie; 0 on an older kernel.
 */
uint64_t nb_netns_cookie(int socket);

/**
 * nb_netns_create() - make a network namespace, pin it and set its loopback up
 *
 * As iproute2 does it, so that /run/netns is shared with other mount namespaces. A pin that is
 * there already is left alone and fine; an empty file that a killed process left behind is used.
 * Return: 0; -EINVAL not a possible name; -EMEDIUMTYPE something else lies there; -EPERM without
 * CAP_SYS_ADMIN; another negative errno (then nothing is left behind).
 */
int nb_netns_create(const char *name);

/** nb_netns_loopback_up() - set lo up where the caller is. Return: 0, a negative errno. */
int nb_netns_loopback_up(void);

/**
 * nb_netns_delete() - take the pin away
 * @force:  also when processes live inside, which then keep the namespace, nameless
 *
 * The namespace ends when nothing else holds it: close its sockets first. No pin is fine.
 * Return: 0; -EBUSY processes live inside; -EINVAL; -EMEDIUMTYPE; -EPERM; another negative errno.
 */
int nb_netns_delete(const char *name, bool force);

/**
 * nb_netns_processes() - who lives in a namespace
 * @fd:   the namespace, borrowed
 * @ret:  array in the order of their ids, freed by the caller; NULL for none
 *
 * As `ip netns pids` finds them: by /proc/PID/ns/net. Those of other users are seen with
 * CAP_SYS_PTRACE alone.
 * Return: their number; -ENOMEM; another negative errno without /proc.
 */
int nb_netns_processes(int fd, struct nb_process **ret);

/**
 * nb_netns_holders() - who keeps a namespace alive without living in it
 * @ret:  as nb_netns_processes()
 *
 * By an open descriptor of it, or by a mount of it elsewhere than below NB_NETNS_DIR; of those who
 * see such a mount the first one. Copies of the pin in other mount namespaces go with the pin
 * (vfs_unlink(): detach_mounts()). Open sockets cannot be told. Root alone sees other users'.
 */
int nb_netns_holders(int fd, struct nb_process **ret);

/**
 * nb_netns_mount_of() - the mount by which a process keeps a namespace
 * @fd:   the namespace, borrowed
 * @ret:  its mount point as that process sees it is appended
 *
 * Return: 0; -ENOENT it has a descriptor of it, no mount, or has ended; another negative errno without /proc.
 */
int nb_netns_mount_of(int fd, int pid, struct nb_text *ret);

/**
 * nb_netns_bonding() - open /proc/net/bonding/BOND as it is in a namespace
 * @name:    its pin, "" = the one of the calling thread
 * @ret_fd:  O_CLOEXEC, owned by the caller; shows that namespace wherever it is read
 *
 * Return: 0; -ENOENT no such namespace, no such bond, or a driver without the file; -EINVAL not a
 * possible name; -EPERM without CAP_SYS_ADMIN; -EAGAIN no thread; another negative errno of open().
 */
int nb_netns_bonding(const char *name, const char *bond, int *ret_fd);

/**
 * nb_netns_bonding_inside() - the same by a descriptor of the namespace
 * @fd:  the namespace, borrowed; -EBADF is that of the calling thread
 *
 * Return: as nb_netns_bonding(); -EMEDIUMTYPE it is none.
 */
int nb_netns_bonding_inside(int fd, const char *bond, int *ret_fd);

/*
 * Who makes, opens and removes namespaces: this process, or a helper that has the right. Names
 * and errors are those of the functions above; -ENOTCONN: the helper does not answer.
 */
struct nb_netns_provider {
	void *context;
	int (*create)(void *context, const char *name);
	int (*delete)(void *context, const char *name, bool force);
	/* The namespace and an rtnetlink socket inside it; both O_CLOEXEC and the caller's. */
	int (*enter)(void *context, const char *name, int *ret_fd, int *ret_socket);
	int (*processes)(void *context, const char *name, struct nb_process **ret);
	/* nb_netns_bonding(); O_CLOEXEC and the caller's. */
	int (*bonding)(void *context, const char *name, const char *bond, int *ret_fd);
	/* nb_nstype_run(), nb_nssets_look(), nb_nstypes_members() */
	int (*type)(void *context, const struct nb_op *op);
	int (*sets)(void *context, char *const *names, size_t n, struct nb_state *state);
	int (*members)(void *context, const char *set, unsigned types, struct nb_process **ret);
	/* nb_nstype_holder_fd() */
	int (*holder)(void *context, const char *set, int *ret_fd);
};

/* This process itself, which needs the right. */
extern const struct nb_netns_provider nb_netns_direct;

/** nb_netns_explain() - append the sentence for an error of these functions */
void nb_netns_explain(const char *name, int error, struct nb_text *out);
