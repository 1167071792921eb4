/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * GetManagedObjects. sd-bus would put all of it into the answer in one turn of the event loop, which
 * for a thousand bonds takes seconds: here it is done object by object.
 */
#include <errno.h>
#include <stdlib.h>

#include "daemon/bus-internal.h"

struct nbd_managed {
	struct nbd_job job;
	struct nbd_bus *bus;
	sd_bus_message *call, *reply;
	struct nbd_seen *seen; /* what is told is of one moment */
	struct nbd_walk walk;
	size_t transaction;
	void (*done)(void *context); /* NULL: nobody waits any more */
	void *context;
};

static const char *const standard[] = {
	"org.freedesktop.DBus.Peer",
	"org.freedesktop.DBus.Introspectable",
	"org.freedesktop.DBus.Properties",
};

int nbd_managed_open(sd_bus_message *reply, const char *path, const char *interface)
{
	int r = sd_bus_message_open_container(reply, SD_BUS_TYPE_DICT_ENTRY, "oa{sa{sv}}");

	if (r >= 0)
		r = sd_bus_message_append(reply, "o", path);
	if (r >= 0)
		r = sd_bus_message_open_container(reply, SD_BUS_TYPE_ARRAY, "{sa{sv}}");
	for (size_t i = 0; i < NB_ARRAY_SIZE(standard) && r >= 0; i++)
		r = sd_bus_message_append(reply, "{sa{sv}}", standard[i], 0);
	if (r >= 0)
		r = sd_bus_message_open_container(reply, SD_BUS_TYPE_DICT_ENTRY, "sa{sv}");
	if (r >= 0)
		r = sd_bus_message_append(reply, "s", interface);
	return r < 0 ? r : sd_bus_message_open_container(reply, SD_BUS_TYPE_ARRAY, "{sv}");
}

int nbd_managed_close(sd_bus_message *reply)
{
	int r = 0;

	/* properties, interface, interfaces, object */
	for (unsigned i = 0; i < 4 && r >= 0; i++)
		r = sd_bus_message_close_container(reply);
	return r;
}

int nbd_managed_open_property(sd_bus_message *reply, const char *name, const char *signature)
{
	int r = sd_bus_message_open_container(reply, SD_BUS_TYPE_DICT_ENTRY, "sv");

	if (r >= 0)
		r = sd_bus_message_append(reply, "s", name);
	return r < 0 ? r : sd_bus_message_open_container(reply, SD_BUS_TYPE_VARIANT, signature);
}

int nbd_managed_close_property(sd_bus_message *reply)
{
	int r = sd_bus_message_close_container(reply);

	return r < 0 ? r : sd_bus_message_close_container(reply);
}

static int append_property(sd_bus_message *reply, const struct nbd_object *object,
	const struct nbd_property *property)
{
	NB_CLEANUP(nb_json_putp) struct json_object *json = property->get(object, property);
	int r = nbd_managed_open_property(reply, property->name, property->signature);

	if (r >= 0)
		r = nbd_value_append(reply, property->signature, property->scope, json);
	return r < 0 ? r : nbd_managed_close_property(reply);
}

static int append_object(sd_bus_message *reply, const struct nbd_object *object)
{
	const struct nbd_properties *list = nbd_properties(object->kind);
	NB_CLEANUP(nb_freep) char *path = nbd_object_path(object);
	int r = path ? nbd_managed_open(reply, path, nbd_bus_interface(object->kind)) : -ENOMEM;

	for (size_t i = 0; i < list->n && r >= 0; i++)
		r = append_property(reply, object, &list->items[i]);
	return r < 0 ? r : nbd_managed_close(reply);
}

/* Return: whether there is more. */
static int append_next(struct nbd_managed *managed)
{
	struct nbd_object object;
	int r;

	if (nbd_object_next(managed->bus->d, managed->seen, &managed->walk, &object))
		r = append_object(managed->reply, &object);
	else if (managed->transaction < NBD_TRANSACTIONS_KEPT)
		r = nbd_bus_append_transaction(
			managed->bus, managed->transaction++, managed->reply);
	else
		return 0;
	return r < 0 ? r : 1;
}

static bool step(struct nbd_job *job)
{
	struct nbd_managed *managed = (struct nbd_managed *)job;
	int r;

	if (!managed->done)
		return false;
	r = append_next(managed);
	if (r > 0)
		return true;
	if (r == 0)
		r = sd_bus_message_close_container(managed->reply);
	if (r >= 0)
		r = sd_bus_message_send(managed->reply);
	if (r < 0)
		sd_bus_reply_method_errno(managed->call, r, NULL);
	return false;
}

static void end(struct nbd_job *job)
{
	struct nbd_managed *managed = (struct nbd_managed *)job;
	void (*done)(void *context) = managed->done;
	void *context = managed->context;

	sd_bus_message_unref(managed->call);
	sd_bus_message_unref(managed->reply);
	nbd_seen_unref(managed->seen);
	free(managed);
	if (done)
		done(context);
}

int nbd_managed_begin(struct nbd_bus *bus, sd_bus_message *call, void (*done)(void *context),
	void *context, struct nbd_managed **ret)
{
	struct nbd_managed *managed = calloc(1, sizeof(*managed));
	int r;

	if (!managed)
		return -ENOMEM;
	*managed = (struct nbd_managed){
		.job = { .step = step, .end = end },
		.bus = bus,
		.call = sd_bus_message_ref(call),
		.seen = nbd_seen_ref(nbd_reconciler_seen(bus->d->reconciler)),
	};
	r = sd_bus_message_new_method_return(call, &managed->reply);
	if (r >= 0)
		r = sd_bus_message_open_container(
			managed->reply, SD_BUS_TYPE_ARRAY, "{oa{sa{sv}}}");
	if (r < 0) {
		end(&managed->job);
		return r;
	}
	managed->done = done;
	managed->context = context;
	*ret = managed;
	nbd_jobs_add(&bus->jobs, &managed->job);
	return 0;
}

void nbd_managed_forget(struct nbd_managed *managed)
{
	if (managed)
		managed->done = NULL;
}

/* A filter: it comes before sd-bus looks among its objects. */
static int on_call(sd_bus_message *message, void *userdata, sd_bus_error *error)
{
	const char *path = sd_bus_message_get_path(message);

	if (!nb_streq(path, NBD_PATH) || !sd_bus_message_has_signature(message, "") ||
		sd_bus_message_is_method_call(message, "org.freedesktop.DBus.ObjectManager",
			"GetManagedObjects") <= 0)
		return 0;
	return nbd_bus_answer(userdata, message, NULL, 0, error);
}

int nbd_bus_add_managed(struct nbd_bus *bus, sd_bus *connection)
{
	return sd_bus_add_filter(connection, NULL, on_call, bus);
}
