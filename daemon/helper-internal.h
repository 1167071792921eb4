/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * Between helper.c, which has the connection, and helper-type.c, which asks about types other than
 * net.
 */

#include <systemd/sd-bus.h>

#include "daemon/helper.h"
#include "lib/core/op.h"

/**
 * nbd_helper_call() - ask the helper, once more where it has just ended
 * @ret:    the reply, the caller's; NULL: nothing is wanted
 * @types:  of the arguments, as sd_bus_message_append()
 *
 * Return: 0; -ENOTCONN it does not answer; the errno it answered with.
 */
int nbd_helper_call(struct nbd_helper *helper, const char *method, sd_bus_message **ret,
	const char *types, ...);

/** nbd_helper_read_processes() - a(us). Return: their number, @ret the caller's; a negative errno. */
int nbd_helper_read_processes(sd_bus_message *reply, struct nb_process **ret);

/** nbd_helper_keep() - a copy of a message's descriptor, O_CLOEXEC. Return: 0, a negative errno. */
int nbd_helper_keep(int fd, int *ret);

/* Members of struct nb_netns_provider; @context is a struct nbd_helper. */
int nbd_helper_type(void *context, const struct nb_op *op);
int nbd_helper_sets(void *context, char *const *names, size_t n, struct nb_state *state);
int nbd_helper_members(
	void *context, const char *set, unsigned types, struct nb_process **ret);
int nbd_helper_holder(void *context, const char *set, int *ret_fd);
