/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * Network namespaces pinned at /run/netns/NAME, the same ones that `ip netns` sees.
 */

#include <stdbool.h>
#include <stdint.h>

struct nb_rtnl;
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
 * Return: 0; -ENOENT there is no such pin; -EINVAL not a possible name; -ELOOP a symbolic link;
 * -EMEDIUMTYPE something that is no network namespace lies there; another negative errno of
 * open().
 */
int nb_netns_open(const char *name, int *ret_fd, uint64_t *ret_inode);

/**
 * nb_netns_rtnl() - a request socket inside a namespace
 * @fd:  the namespace, borrowed
 *
 * A short-lived thread enters it, so that no failure can leave the process in the wrong one.
 * Return: 0; -EPERM without CAP_SYS_ADMIN; -EAGAIN no thread; as nb_rtnl_open().
 */
int nb_netns_rtnl(int fd, struct nb_rtnl **ret);

/**
 * nb_netns_socket() - a bare rtnetlink socket inside a namespace, for notifications
 * @fd:      the namespace, borrowed
 * @ret_fd:  O_CLOEXEC, owned by the caller
 *
 * Return: as nb_netns_rtnl().
 */
int nb_netns_socket(int fd, int *ret_fd);

/**
 * nb_netns_create() - make a network namespace, pin it and set its loopback up
 *
 * As iproute2 does it, so that /run/netns is shared with other mount namespaces. A pin that is
 * there already is left alone and fine; an empty file that a killed process left behind is used.
 * Return: 0; -EINVAL not a possible name; -EMEDIUMTYPE something else lies there; -EPERM without
 * CAP_SYS_ADMIN; another negative errno (then nothing is left behind).
 */
int nb_netns_create(const char *name);

/**
 * nb_netns_delete() - take the pin away
 *
 * The namespace ends when nothing else holds it: close its sockets first. No pin is fine.
 * Return: 0; -EINVAL; -EMEDIUMTYPE; -EPERM; another negative errno.
 */
int nb_netns_delete(const char *name);

/** nb_netns_explain() - append the sentence for an error of these functions */
void nb_netns_explain(const char *name, int error, struct nb_text *out);
