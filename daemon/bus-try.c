/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Changes that go back by themselves: Try() of org.netbond1.Manager, and what a Transaction takes. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "daemon/bus-internal.h"
#include "daemon/planning.h"
#include "daemon/try.h"

#define ACTION_CONFIRM "org.netbond1.confirm"
#define PREFIX NBD_PATH "/transaction"
#define PROBES_MAX 64

/* The words stay the message's. */
static int read_probes(sd_bus_message *message, const char **ret, size_t *ret_n, sd_bus_error *error)
{
	int r = sd_bus_message_enter_container(message, SD_BUS_TYPE_ARRAY, "s");

	for (*ret_n = 0; r >= 0; (*ret_n)++) {
		const char *text;

		r = sd_bus_message_read(message, "s", &text);
		if (r <= 0)
			break;
		if (*ret_n >= PROBES_MAX)
			return sd_bus_error_setf(error, NBD_ERROR_INVALID,
				"probes: at most %d addresses", PROBES_MAX);
		ret[*ret_n] = text;
	}
	return r < 0 ? r : sd_bus_message_exit_container(message);
}

static int read_try(sd_bus_message *message, struct nbd_request *request, const char **ret_token,
	const char **probes, struct nbd_try_request *ret, sd_bus_error *error)
{
	int callers, r = nbd_bus_read_request(message, request, error);

	if (r >= 0)
		r = sd_bus_message_read(message, "st", ret_token, &ret->timeout_usec);
	if (r >= 0)
		r = read_probes(message, probes, &ret->n_probes, error);
	if (r >= 0)
		r = sd_bus_message_read(message, "b", &callers);
	if (r < 0)
		return r;
	if (ret->timeout_usec < NBD_TRY_TIMEOUT_MIN || ret->timeout_usec > NBD_TRY_TIMEOUT_MAX)
		return sd_bus_error_set(
			error, NBD_ERROR_INVALID, "timeout: from 5 s to a day, in microseconds");
	ret->probes = (char *const *)probes;
	ret->from_files = request->n_files == 0;
	ret->caller_probes = callers;
	return 0;
}

static int begin(struct nbd_bus *bus, const struct nbd_request *request, const char *token,
	const struct nbd_try_request *try, char **ret_path, sd_bus_error *error)
{
	NB_CLEANUP(nbd_planning_done) struct nbd_planning planning = { 0 };
	NB_CLEANUP(nb_config_freep) struct nb_config *config = NULL;
	NB_CLEANUP(nb_diag_done) struct nb_diag diag = { 0 };
	struct nbd_apply how;
	int r = nbd_planning_config(bus->d, request, &config, &planning.diag);

	if (r == 0)
		r = nbd_planning_make(bus->d, request, config, &planning);
	if (r < 0)
		return nbd_failure_error(error, r, &planning.diag, "no plan can be made");
	r = nbd_bus_check_token(&planning, token, error);
	if (r < 0)
		return r;
	how = nbd_planning_how(request, config);
	*ret_path = nbd_bus_begin(bus);
	if (!*ret_path)
		return -ENOMEM;
	r = nbd_try_begin(bus->d, config, &how, &planning, try, &diag);
	if (r < 0) {
		if (bus->transactions.current)
			nbd_transaction_cancel(&bus->transactions);
		return nbd_failure_error(error, r, &diag,
			"nothing was changed: what one would go back to cannot be kept");
	}
	nb_steal(&config);
	return 0;
}

static int try(struct nbd_bus *bus, sd_bus_message *message, sd_bus_error *error)
{
	NB_CLEANUP(nbd_request_done) struct nbd_request request = { 0 };
	NB_CLEANUP(nb_freep) char *path = NULL;
	struct nbd_try_request what = { 0 };
	const char *probes[PROBES_MAX], *token;
	int r = read_try(message, &request, &token, probes, &what, error);

	if (r < 0)
		return r;
	if (nbd_bus_is_busy(bus))
		return nbd_busy_error(bus->d, error);
	/* What one goes back to is what is now, and a slave is out. */
	if (bus->d->drill)
		return sd_bus_error_set(error, NBD_ERROR_BUSY,
			"a drill is under way and has taken a link out; try again when it has ended");
	r = begin(bus, &request, token, &what, &path, error);
	return r < 0 ? r : sd_bus_reply_method_return(message, "o", path);
}

static int method_try(sd_bus_message *message, void *userdata, sd_bus_error *error)
{
	return nbd_bus_allow_request(userdata, message, try, error);
}

/* The transaction that was called is the one that is tried, or there is nothing to do. */
static int check_object(struct nbd_bus *bus, sd_bus_message *message, sd_bus_error *error)
{
	NB_CLEANUP(nb_freep) char *path = nbd_bus_trying_path(bus);

	if (path && nb_streq(path, sd_bus_message_get_path(message)))
		return 0;
	return sd_bus_error_set(
		error, NBD_ERROR_REFUSED, "this try has ended; nothing is to be confirmed or undone");
}

static int confirm(struct nbd_bus *bus, sd_bus_message *message, sd_bus_error *error)
{
	int r = check_object(bus, message, error);

	if (r < 0)
		return r;
	if (nbd_try_confirm(bus->d) < 0)
		return sd_bus_error_set(error, NBD_ERROR_BUSY,
			nbd_try_state(bus->d) == NBD_TRY_RETURNING
				? "too late: it is on its way back already"
				: "it is not in force yet; confirm it when it is");
	return sd_bus_reply_method_return(message, "");
}

static int rollback(struct nbd_bus *bus, sd_bus_message *message, sd_bus_error *error)
{
	const char *why;
	int r = sd_bus_message_read(message, "s", &why);

	if (r >= 0)
		r = check_object(bus, message, error);
	if (r < 0)
		return r;
	r = nbd_try_rollback(bus->d, *why ? why : "asked for");
	return r < 0 ? r : sd_bus_reply_method_return(message, "");
}

static int extend(struct nbd_bus *bus, sd_bus_message *message, sd_bus_error *error)
{
	uint64_t usec;
	int r = sd_bus_message_read(message, "t", &usec);

	if (r >= 0)
		r = check_object(bus, message, error);
	if (r < 0)
		return r;
	r = nbd_try_extend(bus->d, usec);
	if (r == -ERANGE)
		return sd_bus_error_set(
			error, NBD_ERROR_INVALID, "timeout: from 5 s to a day, in microseconds");
	if (r < 0)
		return sd_bus_error_set(error, NBD_ERROR_REFUSED, "no countdown runs");
	return sd_bus_reply_method_return(message, "");
}

#define TRANSACTION_METHOD(name, act)                                                     \
	static int name(sd_bus_message *message, void *userdata, sd_bus_error *error)     \
	{                                                                                 \
		return nbd_bus_allow(userdata, message, ACTION_CONFIRM, act, error);      \
	}

TRANSACTION_METHOD(method_confirm, confirm)
TRANSACTION_METHOD(method_rollback, rollback)
TRANSACTION_METHOD(method_extend, extend)

static const sd_bus_vtable manager_vtable[] = {
	SD_BUS_VTABLE_START(0),
	NBD_BUS_METHOD("Try", "a(ss)bsbstasb",
		NBD_ARG(files) NBD_ARG(exact) NBD_ARG(allow) NBD_ARG(reorder) NBD_ARG(token)
			NBD_ARG(timeout_usec) NBD_ARG(probes) NBD_ARG(caller_probes),
		"o", NBD_ARG(transaction), method_try),
	SD_BUS_VTABLE_END,
};

static const sd_bus_vtable transaction_vtable[] = {
	SD_BUS_VTABLE_START(0),
	SD_BUS_METHOD("Confirm", "", "", method_confirm, SD_BUS_VTABLE_UNPRIVILEGED),
	NBD_BUS_METHOD("Rollback", "s", NBD_ARG(why), "", , method_rollback),
	NBD_BUS_METHOD("Extend", "t", NBD_ARG(timeout_usec), "", , method_extend),
	SD_BUS_VTABLE_END,
};

static int find_any(sd_bus *connection, const char *path, const char *interface, void *userdata,
	void **ret, sd_bus_error *error)
{
	struct nbd_bus *bus = userdata;

	if (!nbd_bus_has_transaction(bus, path))
		return 0;
	*ret = bus;
	return 1;
}

int nbd_bus_add_try(struct nbd_bus *bus, sd_bus *connection)
{
	int r = sd_bus_add_object_vtable(
		connection, NULL, NBD_PATH, NBD_MANAGER, manager_vtable, bus);

	return r < 0 ? r
		     : sd_bus_add_fallback_vtable(connection, NULL, PREFIX,
			       "org.netbond1.Transaction", transaction_vtable, find_any, bus);
}
