/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* org.netbond1.Manager: what happened, and how often. */
#include <errno.h>
#include <malloc.h>
#include <string.h>

#include "daemon/bus-internal.h"
#include "daemon/history.h"
#include "daemon/statistics.h"

static void answer_history(void *context, const char *entries, int error)
{
	NB_CLEANUP(nbd_message_unrefp) sd_bus_message *message = context;
	NB_CLEANUP(nb_text_done) struct nb_text text = { 0 };

	if (entries)
		nb_text_add(&text, "{\"version\":%d,\"entries\":[%s]}", NB_JSON_VERSION, entries);
	if (entries && !text.failed)
		sd_bus_reply_method_return(message, "s", text.text);
	else
		sd_bus_reply_method_errorf(message, NBD_ERROR_FAILED,
			"the history cannot be read: %s", strerror(text.failed ? ENOMEM : -error));
}

static int method_history(sd_bus_message *message, void *userdata, sd_bus_error *error)
{
	struct nbd_bus *bus = userdata;
	struct nbd_query query;
	int r = sd_bus_message_read(message, "stu", &query.bond, &query.since, &query.count);

	if (r < 0)
		return r;
	r = nbd_history_ask(bus->d->history, &query, answer_history, sd_bus_message_ref(message));
	if (r == 0)
		return 1;
	sd_bus_message_unref(message);
	return sd_bus_error_setf(error, NBD_ERROR_BUSY,
		"the history cannot be read now: %s", strerror(-r));
}

static int method_statistics(sd_bus_message *message, void *userdata, sd_bus_error *error)
{
	struct nbd_bus *bus = userdata;
	NB_CLEANUP(nb_json_putp) struct json_object *json = NULL;
	int r = nbd_statistics(bus->d, &json);

	if (r < 0)
		return sd_bus_error_setf(error, NBD_ERROR_FAILED,
			"the counters cannot be read: %s", strerror(-r));
	r = nbd_json_reply(message, json);
	/* Asked for every few seconds, after all objects: what that took is given back. */
	json_object_put(nb_steal(&json));
	malloc_trim(0);
	return r;
}

static const sd_bus_vtable vtable[] = {
	SD_BUS_VTABLE_START(0),
	NBD_BUS_METHOD("History", "stu", NBD_ARG(bond) NBD_ARG(since) NBD_ARG(count), "s",
		NBD_ARG(json), method_history),
	NBD_BUS_METHOD("Statistics", "", , "s", NBD_ARG(json), method_statistics),
	SD_BUS_VTABLE_END,
};

int nbd_bus_add_history(struct nbd_bus *bus, sd_bus *connection)
{
	return sd_bus_add_object_vtable(connection, NULL, NBD_PATH, NBD_MANAGER, vtable, bus);
}
