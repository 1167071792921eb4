/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * One rtnetlink socket for requests: a message and its ACK, a question and its answer, a dump.
 * rtnetlink does its work inside sendmsg(), so everything here is synchronous; a time limit on the
 * answer guards against a kernel that never gives one. libnl's error codes end here.
 */

#include <stddef.h>
#include <stdint.h>

struct nl_msg;
struct nlmsghdr;

struct nb_rtnl;

/**
 * Takes one message of an answer. Return: 0; a negative errno, which ends the question (the rest
 * of a dump is read and dropped).
 */
typedef int (*nb_rtnl_handler)(void *context, const struct nlmsghdr *message);

/* Where the messages of a dump go. */
struct nb_rtnl_sink {
	nb_rtnl_handler message;
	void (*restart)(void *context); /* forget what came so far: the dump begins again */
	void *context;
};

/**
 * nb_rtnl_open() - a request socket in the network namespace of the calling thread
 *
 * Extended and capped ACKs and strict checking of dump requests are on (Linux 4.20).
 * Return: 0; -EAFNOSUPPORT or -EPROTONOSUPPORT without rtnetlink; -EACCES or -EPERM where a
 * sandbox forbids it; -ENOPROTOOPT on an older kernel; -ENOMEM, -EMFILE, -ENFILE.
 */
int nb_rtnl_open(struct nb_rtnl **ret);

/**
 * nb_rtnl_adopt() - the same over a socket that somebody opened in another namespace
 * @fd:  a fresh one; owned afterwards, also on failure
 *
 * Return: as nb_rtnl_open().
 */
int nb_rtnl_adopt(int fd, struct nb_rtnl **ret);

/**
 * nb_rtnl_new() - a request socket over an open descriptor
 * @fd:  a netlink socket, options as nb_rtnl_open() sets them; owned afterwards, also on failure
 *
 * Return: 0, -ENOMEM.
 */
int nb_rtnl_new(int fd, struct nb_rtnl **ret);

/** nb_rtnl_free() - close the socket, free everything. NULL is fine. Return: NULL. */
struct nb_rtnl *nb_rtnl_free(struct nb_rtnl *nl);

/** nb_rtnl_fd() - the descriptor; device ioctls on it work in the socket's namespace */
int nb_rtnl_fd(const struct nb_rtnl *nl);

/**
 * nb_rtnl_message() - the one message under construction, empty
 *
 * Borrowed until the next call; it has room for NB_RTNL_MESSAGE_BYTES.
 */
struct nl_msg *nb_rtnl_message(struct nb_rtnl *nl);

#define NB_RTNL_MESSAGE_BYTES 4096

/**
 * nb_rtnl_request() - send the message under construction and wait for its ACK
 *
 * Return: 0; the kernel's negative errno, nb_rtnl_text() and nb_rtnl_offset() tell more;
 * -ETIMEDOUT without an answer within 10 s; -EBADMSG for an answer that is none.
 */
int nb_rtnl_request(struct nb_rtnl *nl);

/**
 * nb_rtnl_get() - send the message under construction and hand its one answer to @handler
 *
 * Return: what @handler returned, or as nb_rtnl_request().
 */
int nb_rtnl_get(struct nb_rtnl *nl, nb_rtnl_handler handler, void *context);

/**
 * nb_rtnl_dump() - send the message under construction as a dump and hand over all its parts
 *
 * Begins again when the dump was interrupted by a change (NLM_F_DUMP_INTR), overran the socket
 * (ENOBUFS) or did not fit the buffer, up to NB_RTNL_DUMP_TRIES times.
 * Return: 0; the handler's errno; -EAGAIN it was interrupted every time; else as
 * nb_rtnl_request().
 */
int nb_rtnl_dump(struct nb_rtnl *nl, const struct nb_rtnl_sink *sink);

#define NB_RTNL_DUMP_TRIES 20

/** nb_rtnl_text() - the extended ACK's text of the last request, without full stop; "" for none */
const char *nb_rtnl_text(const struct nb_rtnl *nl);

/**
 * nb_rtnl_offset() - the place in the last request that the kernel pointed at
 *
 * In bytes from the start of its nlmsghdr (NLMSGERR_ATTR_OFFS); 0 = it pointed at nothing.
 */
uint32_t nb_rtnl_offset(const struct nb_rtnl *nl);

/** nb_rtnl_last() - the last message sent, for nb_rtnl_offset(); borrowed until the next one */
const struct nlmsghdr *nb_rtnl_last(const struct nb_rtnl *nl);

/** nb_rtnl_count() - messages sent so far; dumps and questions included */
uint64_t nb_rtnl_count(const struct nb_rtnl *nl);

static inline void nb_rtnl_freep(struct nb_rtnl **nl)
{
	nb_rtnl_free(*nl);
}
