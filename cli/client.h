/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * The way to netbondd: org.netbond1 on the system bus, here or elsewhere, or the daemon's own
 * socket. All that goes wrong is told by these functions, with what to do next.
 */

#include <signal.h>
#include <systemd/sd-bus.h>

#include "cli/bus-document.h"

#define NBC_BUS_NAME "org.netbond1"
#define NBC_BUS_PATH "/org/netbond1"
#define NBC_BUS_MANAGER NBC_BUS_NAME ".Manager"
#define NBC_BUS_BOND NBC_BUS_NAME ".Bond"
#define NBC_BUS_SLAVE NBC_BUS_NAME ".Slave"
#define NBC_BUS_TRANSACTION NBC_BUS_NAME ".Transaction"

/* Zero is a closed one. */
struct nbc_client {
	const struct nbc *nbc;
	const struct nbc_command *command;
	sd_bus *bus;
	bool direct; /* the daemon's socket: there are no names */
	bool listens;
	bool lost;   /* the daemon left the bus */
};

/**
 * nbc_client_open() - reach the daemon
 * @args:  --host, --machine, --runtime-dir
 *
 * Without these: the system bus, and the socket in the default run directory where there is no
 * bus or nobody owns the name. --runtime-dir names the daemon that works there: its socket alone.
 * Return: 0; a negative errno, told.
 */
int nbc_client_open(struct nbc_client *c, const struct nbc *nbc, const struct nbc_args *args);

/** nbc_offline_alone() - whether --offline stands without --host and --machine; if not, tells */
bool nbc_offline_alone(const struct nbc *nbc, const struct nbc_args *args);

/** nbc_client_done() - send what waits, and close */
void nbc_client_done(struct nbc_client *c);

/**
 * nbc_client_message() - a new method call to the daemon
 *
 * Return: 0; a negative errno, told.
 */
int nbc_client_message(struct nbc_client *c, const char *path, const char *interface,
	const char *member, sd_bus_message **ret);

/**
 * nbc_client_send() - send a call and wait for its answer, however long it takes
 * @ret:  the answer, may be NULL
 *
 * A daemon that hangs is ended by its watchdog, one that ends is noticed.
 * Return: 0; a negative errno, told.
 */
int nbc_client_send(struct nbc_client *c, sd_bus_message *call, sd_bus_message **ret);

/** nbc_client_call() - nbc_client_message() with arguments, and nbc_client_send() */
int nbc_client_call(struct nbc_client *c, const char *path, const char *interface,
	const char *member, sd_bus_message **ret, const char *types, ...);

/**
 * nbc_client_document() - what a method of the manager without arguments answers, a JSON text
 * @ret:  the tree, owned by the caller
 *
 * Return: 0; a negative errno, told.
 */
int nbc_client_document(struct nbc_client *c, const char *member, struct json_object **ret);

/**
 * nbc_client_properties() - all properties of an object
 * @ret:  owned by the caller, keys as nbc_doc_set_dbus() spells them
 *
 * Return: 0; a negative errno, told.
 */
int nbc_client_properties(struct nbc_client *c, const char *path, const char *interface,
	struct json_object **ret);

/**
 * nbc_client_listen() - hear the daemon's signals
 * @rule:  more of a match rule, "" = all below /org/netbond1
 *
 * @c must stay where it is from then on.
 * Return: 0; a negative errno, told.
 */
int nbc_client_listen(struct nbc_client *c, const char *rule, sd_bus_message_handler_t handler,
	void *context);

/**
 * nbc_client_wait() - hand one message to who listens, or wait for one
 * @usec:  at most, UINT64_MAX = as long as it takes
 * @mask:  signals blocked while waiting; NULL = as they are
 *
 * Return: 1 a message was handled; 0 time is up; -EINTR a signal came; another negative errno,
 * told: the daemon is gone.
 */
int nbc_client_wait(struct nbc_client *c, uint64_t usec, const sigset_t *mask);

/** nbc_client_failed() - tell that talking with the daemon failed. Return: @error. */
int nbc_client_failed(const struct nbc_client *c, int error);

static inline void nbc_message_unrefp(sd_bus_message **m)
{
	sd_bus_message_unref(*m);
}
