/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * All types of namespaces: made in a child that ends, pinned by a bind mount, looked at. Pins lie
 * at NB_NSTYPE_DIR/SET/TYPE on a shared mount, so that an unmount reaches every copy of them; those
 * of mnt at NB_NSTYPE_MNT_DIR/SET on a private one, the only place where the kernel takes them; and
 * those of net where `ip netns` looks for them.
 */

#include <sys/types.h>

#include "lib/core/op.h"

/* How process 1 of a pid namespace is saved from what happens to the caller; NULL: it is not. */
typedef int nb_nstype_adopt(const char *set, pid_t holder);

/** nb_nstypes_supported() - NB_NS_BIT() of the types this kernel has, by /proc/self/ns */
unsigned nb_nstypes_supported(void);

/**
 * nb_nstype_open() - a descriptor of a pinned type
 * @ret_inode:  identity of the namespace, may be NULL
 *
 * O_CLOEXEC, owned by the caller; it keeps the namespace alive. Return: 0; -ENOENT there is no such
 * pin; -EINVAL not a possible name; -EMEDIUMTYPE something else lies there; another negative errno
 * of open().
 */
int nb_nstype_open(const char *set, enum nb_nstype type, int *ret_fd, uint64_t *ret_inode);

/**
 * nb_nstype_run() - carry out one of NB_OP_TYPE_*, or NB_OP_NETNS_CREATE inside a user namespace
 * @adopt:  asked for the process that keeps a new pid namespace, before that is pinned
 *
 * What is so already is left alone and fine. A new type inherits from the caller: see
 * netbond.yaml(5).
 * Return: 0; the errors of nb_nstype_open(); -EBUSY processes live in it; -EPERM without the right;
 * -EINVAL a value the kernel does not take, or a kernel without the type; another negative errno.
 */
int nb_nstype_run(const struct nb_op *op, nb_nstype_adopt *adopt);

/**
 * nb_nssets_look() - add to @state what is pinned of the sets @names, and .nstypes and .user
 *
 * Host name, maps and offsets are asked for in a child inside. Return: 0, -ENOMEM; another negative
 * errno: nothing can be seen.
 */
int nb_nssets_look(char *const *names, size_t n, struct nb_state *state);

/**
 * nb_nstypes_members() - who lives in one of the types of a set
 * @types:  NB_NS_BIT()
 * @ret:    as nb_netns_processes(); without the process that keeps a pid namespace
 *
 * Return: their number, a negative errno.
 */
int nb_nstypes_members(const char *set, unsigned types, struct nb_process **ret);

/**
 * nb_nstype_processes() - who lives in a namespace of any type; as nb_netns_processes()
 * @fd:  the namespace, borrowed
 */
int nb_nstype_processes(int fd, enum nb_nstype type, struct nb_process **ret);

/**
 * nb_nstype_holder() - process 1 of a pid namespace
 * @inode:  of it
 *
 * Return: its id outside; 0 when it has ended or cannot be seen.
 */
int nb_nstype_holder(uint64_t inode);

/**
 * nb_nstype_holder_fd() - a pidfd of process 1 of the pid namespace of a set: readable when it ends
 * @ret_fd:  O_CLOEXEC, the caller's
 *
 * Return: 0; -ESRCH it has ended; the errors of nb_nstype_open().
 */
int nb_nstype_holder_fd(const char *set, int *ret_fd);

/** nb_nstype_sharers() - names of other sets with a pin of that namespace; array and texts the caller's */
int nb_nstype_sharers(const char *set, enum nb_nstype type, uint64_t inode, char ***ret, size_t *ret_n);

/** nb_nsset_names() - the sets that have pins, unsorted; array and texts are the caller's */
int nb_nsset_names(char ***ret, size_t *ret_n);

/** nb_nstype_clone_flag() - CLONE_NEWUTS, ...: for setns(2) */
int nb_nstype_clone_flag(enum nb_nstype type);

/** nb_nstype_owner() - inode of the user namespace that owns a namespace; 0 = not to be seen */
uint64_t nb_nstype_owner(int fd);

/** nb_nstype_explain() - append the sentence for an error of nb_nstype_run() */
void nb_nstype_explain(const struct nb_op *op, int error, struct nb_text *out);
