/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* org.netbond1.Transaction */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "daemon/bus-internal.h"
#include "daemon/clock.h"
#include "daemon/try.h"

#define INTERFACE "org.netbond1.Transaction"
#define PREFIX NBD_PATH "/transaction"

static struct nbd_transaction *at_path(struct nbd_bus *bus, const char *path)
{
	NB_CLEANUP(nb_freep) char *id = NULL;
	uint64_t number;

	if (sd_bus_path_decode(path, PREFIX, &id) <= 0 || nb_parse_u64(id, UINT64_MAX, &number) < 0)
		return NULL;
	return nbd_transaction_find(&bus->transactions, number);
}

bool nbd_bus_has_transaction(struct nbd_bus *bus, const char *path)
{
	return at_path(bus, path);
}

static int find_transaction(sd_bus *connection, const char *path, const char *interface,
	void *userdata, void **ret, sd_bus_error *error)
{
	*ret = at_path(userdata, path);
	return *ret != NULL;
}

static char *path_of(const struct nbd_transaction *transaction)
{
	char id[24], *path = NULL;

	snprintf(id, sizeof(id), "%" PRIu64, transaction->id);
	return sd_bus_path_encode(PREFIX, id, &path) < 0 ? NULL : path;
}

static int enumerate(sd_bus *connection, const char *prefix, void *userdata, char ***ret,
	sd_bus_error *error)
{
	struct nbd_bus *bus = userdata;
	char **paths = calloc(NBD_TRANSACTIONS_KEPT + 1, sizeof(*paths));
	size_t n = 0;

	if (!paths)
		return -ENOMEM;
	for (size_t i = 0; i < NBD_TRANSACTIONS_KEPT; i++) {
		if (bus->transactions.items[i])
			paths[n] = path_of(bus->transactions.items[i]);
		n += paths[n] != NULL;
	}
	*ret = paths;
	return 0;
}

static const char *result_of(const struct nbd_transaction *transaction)
{
	return transaction->outcome ? transaction->outcome : nbd_result_name(transaction->result);
}

NBD_BUS_GETTER(get_why)
{
	const struct nbd_transaction *transaction = userdata;

	return sd_bus_message_append(reply, "s", transaction->why ? transaction->why : "");
}

NBD_BUS_GETTER(get_remaining)
{
	const struct nbd_transaction *transaction = userdata;
	uint64_t now = nbd_now();

	return sd_bus_message_append(reply, "t",
		transaction->deadline_usec > now ? transaction->deadline_usec - now : UINT64_C(0));
}

NBD_BUS_GETTER(get_state)
{
	const struct nbd_transaction *transaction = userdata;

	return sd_bus_message_append(reply, "s",
		transaction->finished ? "finished"
		: transaction->trying ? transaction->trying
				      : "running");
}

NBD_BUS_GETTER(get_result)
{
	const struct nbd_transaction *transaction = userdata;

	return sd_bus_message_append(reply, "s",
		transaction->finished ? result_of(transaction) : "");
}

NBD_BUS_GETTER(get_class)
{
	const struct nbd_transaction *transaction = userdata;

	return sd_bus_message_append(reply, "s",
		transaction->total ? nb_class_name(transaction->class) : "");
}

NBD_BUS_GETTER(get_operations)
{
	const struct nbd_transaction *transaction = userdata;
	int r = sd_bus_message_open_container(reply, SD_BUS_TYPE_ARRAY, "s");

	for (size_t i = 0; r >= 0 && i < transaction->n_operations; i++)
		r = sd_bus_message_append_basic(
			reply, SD_BUS_TYPE_STRING, transaction->operations[i]);
	return r < 0 ? r : sd_bus_message_close_container(reply);
}

#define CHANGES SD_BUS_VTABLE_PROPERTY_EMITS_CHANGE

static const sd_bus_vtable vtable[] = {
	SD_BUS_VTABLE_START(0),
	SD_BUS_PROPERTY("State", "s", get_state, 0, CHANGES),
	SD_BUS_PROPERTY("Result", "s", get_result, 0, CHANGES),
	SD_BUS_PROPERTY("Class", "s", get_class, 0, CHANGES),
	/*
	 * Total changes with it. No invalidation: sd-bus 252 aborts on one where two vtables have
	 * the interface (emit_properties_changed_on_interface()).
	 */
	SD_BUS_PROPERTY("Operations", "as", get_operations, 0, 0),
	/* Progress tells it with each operation. */
	SD_BUS_PROPERTY("Done", "u", NULL, offsetof(struct nbd_transaction, done), 0),
	SD_BUS_PROPERTY("Total", "u", NULL, offsetof(struct nbd_transaction, total), CHANGES),
	/* Of a try, else 0 and "". */
	SD_BUS_PROPERTY("Timeout", "t", NULL, offsetof(struct nbd_transaction, timeout_usec),
		CHANGES),
	SD_BUS_PROPERTY("Remaining", "t", get_remaining, 0, 0),
	SD_BUS_PROPERTY("Why", "s", get_why, 0, CHANGES),
	SD_BUS_SIGNAL_WITH_NAMES("Progress", "uus",
		NBD_ARG(done) NBD_ARG(total) NBD_ARG(text), 0),
	SD_BUS_VTABLE_END,
};

int nbd_bus_add_transactions(struct nbd_bus *bus, sd_bus *connection)
{
	int r = sd_bus_add_fallback_vtable(
		connection, NULL, PREFIX, INTERFACE, vtable, find_transaction, bus);

	return r < 0 ? r : sd_bus_add_node_enumerator(connection, NULL, PREFIX, enumerate, bus);
}

static int append_value(
	const sd_bus_vtable *entry, struct nbd_transaction *transaction, sd_bus_message *reply)
{
	const char *signature = entry->x.property.signature;

	if (entry->x.property.get)
		return entry->x.property.get(NULL, NULL, INTERFACE, entry->x.property.member, reply,
			transaction, NULL);
	return sd_bus_message_append_basic(
		reply, signature[0], (const char *)transaction + entry->x.property.offset);
}

int nbd_bus_append_transaction(struct nbd_bus *bus, size_t i, sd_bus_message *reply)
{
	struct nbd_transaction *transaction = bus->transactions.items[i];
	NB_CLEANUP(nb_freep) char *path = transaction ? path_of(transaction) : NULL;
	int r;

	if (!transaction)
		return 0;
	r = path ? nbd_managed_open(reply, path, INTERFACE) : -ENOMEM;
	for (const sd_bus_vtable *entry = vtable; entry->type != _SD_BUS_VTABLE_END; entry++) {
		if (entry->type != _SD_BUS_VTABLE_PROPERTY || r < 0)
			continue;
		r = nbd_managed_open_property(
			reply, entry->x.property.member, entry->x.property.signature);
		if (r >= 0)
			r = append_value(entry, transaction, reply);
		if (r >= 0)
			r = nbd_managed_close_property(reply);
	}
	return r < 0 ? r : nbd_managed_close(reply);
}

static void tell_added(struct nbd_bus *bus, const char *path)
{
	sd_bus *connection;

	for (size_t i = 0; (connection = nbd_bus_next(bus, &i));)
		sd_bus_emit_object_added(connection, path);
}

/* The oldest one makes room. */
static void tell_removed(struct nbd_bus *bus)
{
	const struct nbd_transactions *list = &bus->transactions;
	const struct nbd_transaction *oldest =
		list->items[(list->last + 1) % NBD_TRANSACTIONS_KEPT];
	NB_CLEANUP(nb_freep) char *path = oldest ? path_of(oldest) : NULL;
	sd_bus *connection;

	for (size_t i = 0; path && (connection = nbd_bus_next(bus, &i));)
		sd_bus_emit_object_removed(connection, path);
}

char *nbd_bus_begin(struct nbd_bus *bus)
{
	struct nbd_transaction *transaction;
	char *path;

	tell_removed(bus);
	transaction = nbd_transaction_begin(&bus->transactions);
	path = transaction ? path_of(transaction) : NULL;
	if (path)
		tell_added(bus, path);
	return path;
}

/* Upkeep, which serves other operations, is no drift by itself. */
static void tell_drift(struct nbd_bus *bus, const struct nb_plan *plan)
{
	for (size_t i = 0; i < plan->n_ops; i++) {
		const struct nb_op *op = &plan->ops[i];
		NB_CLEANUP(nb_text_done) struct nb_text text = { 0 };

		if (!op->subject)
			continue;
		nb_op_describe(op, &text);
		if (text.text)
			nbd_bus_signal(bus, NBD_PATH, NBD_MANAGER, "DriftFound", "sss",
				op->goal ? op->goal : "", text.text, "is mended now");
	}
}

void nbd_bus_planned(struct nbd_bus *bus, const struct nb_plan *plan, bool automatic)
{
	static char *const names[] = { (char *)"Class", (char *)"Total", NULL };
	struct nbd_transaction *transaction = bus ? bus->transactions.current : NULL;
	NB_CLEANUP(nb_freep) char *path = NULL;

	if (bus && automatic)
		tell_drift(bus, plan);
	if (!transaction || automatic)
		return;
	nbd_transaction_plan(transaction, plan);
	path = path_of(transaction);
	if (path)
		nbd_bus_properties(bus, path, INTERFACE, (char **)names);
}

void nbd_bus_progress(struct nbd_bus *bus, const char *text)
{
	struct nbd_transaction *transaction = bus ? bus->transactions.current : NULL;
	NB_CLEANUP(nb_freep) char *path = NULL;

	if (!transaction)
		return;
	transaction->done++;
	path = path_of(transaction);
	if (path)
		nbd_bus_signal(bus, path, INTERFACE, "Progress", "uus", transaction->done,
			transaction->total, text);
}

static void tell_finished(struct nbd_bus *bus, struct nbd_transaction *transaction)
{
	static char *const names[] = { (char *)"State", (char *)"Result", (char *)"Why", NULL };
	NB_CLEANUP(nb_freep) char *path = path_of(transaction);

	transaction->finished = true;
	bus->transactions.current = NULL;
	if (!path)
		return;
	nbd_bus_properties(bus, path, INTERFACE, (char **)names);
	nbd_bus_signal(bus, NBD_PATH, NBD_MANAGER, "TransactionFinished", "os", path,
		result_of(transaction));
}

void nbd_bus_finish(struct nbd_bus *bus, enum nb_converge_result result)
{
	struct nbd_transaction *transaction = bus->transactions.current;

	if (!transaction)
		return;
	transaction->result = result;
	/* A try ends when it is confirmed, or back. */
	if (!transaction->trying)
		tell_finished(bus, transaction);
}

void nbd_bus_tried(struct nbd_bus *bus)
{
	static char *const names[] = { (char *)"State", (char *)"Timeout", NULL };
	struct nbd_transaction *transaction = bus ? bus->transactions.current : NULL;
	NB_CLEANUP(nb_freep) char *path = NULL;

	if (!transaction)
		return;
	transaction->trying = nbd_try_state_name(nbd_try_state(bus->d));
	transaction->timeout_usec = nbd_try_timeout(bus->d);
	transaction->deadline_usec = nbd_try_deadline(bus->d);
	path = path_of(transaction);
	if (path)
		nbd_bus_properties(bus, path, INTERFACE, (char **)names);
	nbd_bus_changed(bus);
}

void nbd_bus_tried_begin(struct nbd_bus *bus)
{
	free(nbd_bus_begin(bus));
	nbd_bus_tried(bus);
}

void nbd_bus_tried_end(struct nbd_bus *bus, const char *outcome, const char *why)
{
	struct nbd_transaction *transaction = bus ? bus->transactions.current : NULL;

	if (!transaction)
		return;
	transaction->outcome = outcome;
	transaction->deadline_usec = 0;
	transaction->why = why ? strdup(why) : NULL;
	tell_finished(bus, transaction);
	nbd_bus_changed(bus);
}

char *nbd_bus_trying_path(const struct nbd_bus *bus)
{
	const struct nbd_transaction *transaction = bus->transactions.current;

	return transaction && transaction->trying ? path_of(transaction) : NULL;
}
