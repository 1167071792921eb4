/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Inside of bus.h: connections, and what each file adds to one. */

#include <systemd/sd-bus.h>

#include "daemon/bus-value.h"
#include "daemon/bus.h"
#include "daemon/describe.h"
#include "daemon/job.h"
#include "daemon/transaction.h"

struct nbd_client {
	struct nbd_bus *bus;
	sd_bus *connection;
	uid_t uid;
	unsigned debt; /* answers since all were read, big ones count more */
	bool greeted; /* it said something: it is sent signals from then on */
	bool drained; /* nothing that it sent along with its authentication is left unread */
};

/* What the manager's properties were when they were told last. */
struct nbd_told {
	enum nbd_state state;
	uint64_t generation;
	char *degraded;
	size_t held, bonds;
	bool trying, ready;
};

/* What an enumerator lists; sd-bus does not say at which path it asks one. */
struct nbd_listing {
	struct nbd_bus *bus;
	enum nbd_object_kind kind;
};

struct nbd_bus {
	struct nbd *d;
	struct nbd_listing listings[NBD_OBJECT_KINDS];
	sd_bus *system;		  /* NULL while there is none */
	sd_event_source *retry;	  /* the next attempt at it, or at our name there */
	bool refused;		  /* the name: told once */
	int listen_fd;
	char *listen_path;
	sd_event_source *listen;
	int spare_fd;		  /* for refusing a client where there is no other descriptor left */
	bool is_full;		  /* that was told */
	sd_event_source *greet;	  /* on while a client has not said anything yet */
	struct nbd_client **clients; /* of the private socket */
	size_t n_clients, client_capacity, most_clients;
	struct nbd_object found;  /* of the call at hand */
	struct nbd_jobs jobs;
	struct comparison *waiting; /* one of bus-compare.c that did not begin yet; owned by .jobs */
	struct nbd_answer *answers; /* that are made (bus-answer.c), the first one now */
	const struct nbd_seen *looking_at; /* instead of the present, NULL = that */
	struct nbd_transactions transactions;
	sd_bus_message **reloads; /* callers who wait for the end of the run */
	size_t n_reloads, reload_capacity;
	sd_bus_message *drill_call; /* who waits for the end of a drill; NULL = nobody */
	sd_bus_slot *drill_watch;   /* whether he is still there; NULL: his connection says it */
	struct nbd_told told;
	uint64_t wanted_generation; /* configuration whose Wanted was told */
	char **paused;		  /* keys of bonds whose pause was told */
	size_t n_paused, paused_capacity;
};

/**
 * nbd_bus_next() - go through the connections that can be sent to
 * @i:  0 at first
 *
 * Return: a borrowed connection; NULL after the last.
 */
sd_bus *nbd_bus_next(struct nbd_bus *bus, size_t *i);

/** nbd_bus_signal() - send a signal on all connections; @types as sd_bus_message_append() */
void nbd_bus_signal(struct nbd_bus *bus, const char *path, const char *interface,
	const char *member, const char *types, ...);

/** nbd_bus_properties() - tell that properties of an object changed; their values are looked up */
void nbd_bus_properties(
	struct nbd_bus *bus, const char *path, const char *interface, char **names);

/** nbd_bus_now() - what is shown: the present, or the past of an object that went */
const struct nbd_seen *nbd_bus_now(const struct nbd_bus *bus);

/*
 * Each adds what its file has to a new connection: one family of methods, with its rows of the
 * vtable. Files may share an interface. A new family is a new file, and a line in bus.c.
 * Return: 0 or more, a negative errno.
 */
int nbd_bus_add_manager(struct nbd_bus *bus, sd_bus *connection);
int nbd_bus_add_apply(struct nbd_bus *bus, sd_bus *connection);
int nbd_bus_add_manage(struct nbd_bus *bus, sd_bus *connection);
int nbd_bus_add_read(struct nbd_bus *bus, sd_bus *connection);
int nbd_bus_add_explain(struct nbd_bus *bus, sd_bus *connection);
int nbd_bus_add_history(struct nbd_bus *bus, sd_bus *connection);
int nbd_bus_add_drill(struct nbd_bus *bus, sd_bus *connection);
int nbd_bus_add_objects(struct nbd_bus *bus, sd_bus *connection);
int nbd_bus_add_transactions(struct nbd_bus *bus, sd_bus *connection);
int nbd_bus_add_try(struct nbd_bus *bus, sd_bus *connection);
int nbd_bus_add_managed(struct nbd_bus *bus, sd_bus *connection);

/** nbd_bus_add_all() - all families, on a new connection. Return: as each. */
int nbd_bus_add_all(struct nbd_bus *bus, sd_bus *connection);

/** nbd_bus_watch_end() - call @handler when the connection ended. Return: 0 or more; -errno. */
int nbd_bus_watch_end(sd_bus *connection, sd_bus_message_handler_t handler, void *userdata);

/** nbd_bus_forget_callers() - who waits for an answer on that connection waits no longer */
void nbd_bus_forget_callers(struct nbd_bus *bus, sd_bus *connection);

/** nbd_bus_forget_drill() - the same of who asked for a drill, which ends with him */
void nbd_bus_forget_drill(struct nbd_bus *bus, sd_bus *connection);

/** nbd_bus_open_system() - look for the system bus, now and whenever it went. Return: 0; -errno. */
int nbd_bus_open_system(struct nbd_bus *bus);

/** nbd_bus_close_system() - leave it */
void nbd_bus_close_system(struct nbd_bus *bus);

/**
 * nbd_bus_open_private() - listen on the private socket
 *
 * Where no socket can be made, that is told. Return: 0; -ENOMEM.
 */
int nbd_bus_open_private(struct nbd_bus *bus);

/** nbd_bus_close_private() - let all clients go */
void nbd_bus_close_private(struct nbd_bus *bus);

/*
 * Makes what a method answers, in a child (child.h) or, where there can be none, in the event loop;
 * d->exec and d->helper are its own. It appends to @out, and reads @call.
 * Return: 0 or more; a negative errno, @error may say more.
 */
typedef int (*nbd_answer_make)(
	struct nbd *d, sd_bus_message *call, struct nb_text *out, sd_bus_error *error);

enum nbd_answer_flags {
	NBD_ANSWER_SHARED = 1u << 0, /* who asks for the same before it was begun gets the same */
	NBD_ANSWER_LOOKS = 1u << 1,  /* @make reads the kernel, until it calls nbd_child_looked() */
};

/**
 * nbd_bus_answer() - answer a call with one text, later
 * @make:    NULL = with the managed objects
 * @flags:   enum nbd_answer_flags
 *
 * Return: a method handler's.
 */
int nbd_bus_answer(struct nbd_bus *bus, sd_bus_message *call, nbd_answer_make make, unsigned flags,
	sd_bus_error *error);

/** nbd_bus_forget_answers() - nobody waits on that connection any more; NULL = on none */
void nbd_bus_forget_answers(struct nbd_bus *bus, sd_bus *connection);

struct nbd_managed;

/**
 * nbd_managed_begin() - answer GetManagedObjects, object by object
 * @done:  called when that is done; not at once only if it takes more than a few milliseconds
 *
 * Return: 0, then @done frees *@ret before or after; a negative errno.
 */
int nbd_managed_begin(struct nbd_bus *bus, sd_bus_message *call, void (*done)(void *context),
	void *context, struct nbd_managed **ret);

/** nbd_managed_forget() - it needs no answer any more, and calls nothing. NULL is fine. */
void nbd_managed_forget(struct nbd_managed *managed);

/** nbd_managed_open() - begin an object in the answer. Return: 0 or more; a negative errno. */
int nbd_managed_open(sd_bus_message *reply, const char *path, const char *interface);

/** nbd_managed_close() - its end. Return: as above. */
int nbd_managed_close(sd_bus_message *reply);

/** nbd_managed_open_property() - its name; a value of that signature follows. Return: as above. */
int nbd_managed_open_property(sd_bus_message *reply, const char *name, const char *signature);

/** nbd_managed_close_property() - its end. Return: as above. */
int nbd_managed_close_property(sd_bus_message *reply);

/** nbd_bus_append_transaction() - the @i-th place of those kept, if one is there. Return: as above. */
int nbd_bus_append_transaction(struct nbd_bus *bus, size_t i, sd_bus_message *reply);

#define NBD_MANAGER "org.netbond1.Manager"

/* A row of a vtable: a method, which asks itself who may; its arguments are NBD_ARG(a) NBD_ARG(b). */
#define NBD_BUS_METHOD(name, in, in_args, out, out_args, handler) \
	SD_BUS_METHOD_WITH_NAMES(                                \
		name, in, in_args, out, out_args, handler, SD_BUS_VTABLE_UNPRIVILEGED)
#define NBD_ARG(name) SD_BUS_PARAM(name)

/* The head of a property's getter. */
#define NBD_BUS_GETTER(name)                                                         \
	static int name(sd_bus *connection, const char *path, const char *interface, \
		const char *property, sd_bus_message *reply, void *userdata, sd_bus_error *error)

/** nbd_bus_interface() - "org.netbond1.Bond", ... */
const char *nbd_bus_interface(enum nbd_object_kind kind);

/** nbd_bus_look() - the manager's properties now; .degraded is borrowed */
struct nbd_told nbd_bus_look(const struct nbd_bus *bus);

/** nbd_bus_begin() - a new transaction, which runs. Return: its path, owned by the caller; NULL. */
char *nbd_bus_begin(struct nbd_bus *bus);

/** nbd_bus_has_transaction() - whether a transaction of that path is kept */
bool nbd_bus_has_transaction(struct nbd_bus *bus, const char *path);

/** nbd_bus_is_busy() - whether an apply or a try is under way: another one is refused */
bool nbd_bus_is_busy(const struct nbd_bus *bus);

struct nbd_request;
struct nbd_planning;

/**
 * nbd_bus_read_request() - "a(ss)bsb": files, exact, allow, reorder; the texts stay the message's
 *
 * Return: 0; a negative errno, @error may say more. nbd_request_done() in both cases.
 */
int nbd_bus_read_request(
	sd_bus_message *message, struct nbd_request *request, sd_bus_error *error);

/**
 * nbd_bus_check_token() - whether a plan still is the one that was shown
 * @token:  of that one; "" = none was shown
 *
 * Return: 0; < 0 it is another one now.
 */
int nbd_bus_check_token(
	const struct nbd_planning *planning, const char *token, sd_bus_error *error);

/** nbd_bus_trying_path() - of the transaction of the try at hand, owned by the caller; NULL = none */
char *nbd_bus_trying_path(const struct nbd_bus *bus);

/** nbd_bus_finish() - the current transaction, if any, ended */
void nbd_bus_finish(struct nbd_bus *bus, enum nb_converge_result result);

/** nbd_bus_compare() - tell which objects came, went or changed between two moments */
void nbd_bus_compare(struct nbd_bus *bus, struct nbd_seen *before, struct nbd_seen *now);

/*
 * What a method does once its caller may: it reads the message, acts and replies.
 * Return: 0 or more; a negative errno, @error may say more.
 */
typedef int (*nbd_bus_act)(struct nbd_bus *bus, sd_bus_message *message, sd_bus_error *error);

/**
 * nbd_bus_allow() - let @act run if the caller may
 * @action:  polkit's id
 *
 * Root may at once. Others are asked for at polkit when they came by the system bus, and the method
 * goes on when the answer is there; any error of polkit means root only. Return: a method handler's.
 */
int nbd_bus_allow(struct nbd_bus *bus, sd_bus_message *message, const char *action,
	nbd_bus_act act, sd_bus_error *error);

/**
 * nbd_bus_allow_request() - the same of a method that begins as nbd_bus_read_request() reads
 *
 * To remove a namespace with whatever is in it takes a right of its own.
 */
int nbd_bus_allow_request(
	struct nbd_bus *bus, sd_bus_message *message, nbd_bus_act act, sd_bus_error *error);

/** nbd_bus_is_root() - whether the caller's effective user is root */
bool nbd_bus_is_root(sd_bus_message *message);

static inline void nbd_message_unrefp(sd_bus_message **message)
{
	sd_bus_message_unref(*message);
}
