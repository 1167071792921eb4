/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* org.netbond1.Manager */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "daemon/bus-internal.h"
#include "daemon/failover.h"
#include "daemon/log.h"
#include "daemon/planning.h"
#include "lib/json/plan.h"
#include "lib/yaml/emit.h"

#define ACTION_APPLY "org.netbond1.apply"
#define ACTION_FAILOVER "org.netbond1.failover"
#define ACTION_MANAGE "org.netbond1.manage"

/* Arguments */

/* The texts stay the message's. Return: 0 or more; a negative errno. */
static int read_files(sd_bus_message *message, struct nbd_request *request)
{
	size_t capacity = 0;
	int r = sd_bus_message_enter_container(message, SD_BUS_TYPE_ARRAY, "(ss)");

	while (r >= 0) {
		struct nb_load_text file;

		r = sd_bus_message_read(message, "(ss)", &file.name, &file.text);
		if (r <= 0)
			break;
		file.size = strlen(file.text);
		if (nb_grow(&request->files, request->n_files, &capacity, sizeof(file)) < 0)
			return -ENOMEM;
		request->files[request->n_files++] = file;
	}
	return r < 0 ? r : sd_bus_message_exit_container(message);
}

static int read_request(
	sd_bus_message *message, struct nbd_request *request, sd_bus_error *error)
{
	const char *allow;
	int exact, reorder, r = read_files(message, request);

	if (r >= 0)
		r = sd_bus_message_read(message, "bsb", &exact, &allow, &reorder);
	if (r < 0)
		return r;
	request->exact = exact;
	request->reorder = reorder;
	request->asked = *allow;
	if (request->asked && nb_class_parse(allow, &request->limit) < 0)
		return sd_bus_error_set(error, NBD_ERROR_INVALID,
			"allow: is \"\", live, slave, down or rebuild");
	return 0;
}

static int failure(sd_bus_error *error, int r, struct nb_diag *diag, const char *what)
{
	if (r == -EBADMSG)
		return nbd_problems_error(error, diag);
	return sd_bus_error_setf(error, NBD_ERROR_FAILED, "%s: %s", what, strerror(-r));
}

static int reply_json(sd_bus_message *message, struct json_object *json)
{
	return sd_bus_reply_method_return(
		message, "s", json_object_to_json_string_ext(json, JSON_C_TO_STRING_NOSLASHESCAPE));
}

/* Methods */

static int method_plan(sd_bus_message *message, void *userdata, sd_bus_error *error)
{
	struct nbd_bus *bus = userdata;
	NB_CLEANUP(nbd_request_done) struct nbd_request request = { 0 };
	NB_CLEANUP(nbd_planning_done) struct nbd_planning planning = { 0 };
	NB_CLEANUP(nb_config_freep) struct nb_config *config = NULL;
	NB_CLEANUP(nb_json_putp) struct json_object *json = NULL;
	int r = read_request(message, &request, error);

	if (r < 0)
		return r;
	r = nbd_planning_config(bus->d, &request, &config, &planning.diag);
	if (r == 0)
		r = nbd_planning_make(bus->d, &request, config, &planning);
	if (r < 0)
		return failure(error, r, &planning.diag, "no plan can be made");
	json = nb_json_plan(planning.converge.plan, planning.converge.target, &planning.diag);
	return reply_json(message, json);
}

static int check_token(struct nbd_bus *bus, const struct nbd_request *request,
	const struct nb_config *config, const char *token, sd_bus_error *error)
{
	NB_CLEANUP(nbd_planning_done) struct nbd_planning planning = { 0 };
	char now[17];
	int r = nbd_planning_make(bus->d, request, config, &planning);

	if (r < 0)
		return failure(error, r, &planning.diag, "no plan can be made");
	snprintf(now, sizeof(now), "%016" PRIx64, nb_plan_token(planning.converge.plan));
	if (!nb_streq(now, token))
		return sd_bus_error_set(error, NBD_ERROR_STALE,
			"the plan is another one now than the one shown; look at it again");
	return 0;
}

static int busy(sd_bus_error *error)
{
	return sd_bus_error_set(
		error, NBD_ERROR_BUSY, "an apply is under way; try again when it has ended");
}

static int apply(struct nbd_bus *bus, sd_bus_message *message, sd_bus_error *error)
{
	NB_CLEANUP(nbd_request_done) struct nbd_request request = { 0 };
	NB_CLEANUP(nb_config_freep) struct nb_config *config = NULL;
	NB_CLEANUP(nb_diag_done) struct nb_diag diag = { 0 };
	NB_CLEANUP(nb_freep) char *path = NULL;
	struct nbd_apply how;
	const char *token;
	int r = read_request(message, &request, error);

	if (r >= 0)
		r = sd_bus_message_read(message, "s", &token);
	if (r < 0)
		return r;
	if (nbd_reconciler_busy(bus->d->reconciler))
		return busy(error);
	r = nbd_planning_config(bus->d, &request, &config, &diag);
	if (r < 0)
		return failure(error, r, &diag, "the configuration cannot be read");
	if (*token)
		r = check_token(bus, &request, config, token, error);
	if (r < 0)
		return r;
	how = nbd_planning_how(&request, config);
	path = nbd_bus_begin(bus);
	if (!path)
		return -ENOMEM;
	r = nbd_take(bus->d, config, &how, request.n_files == 0);
	if (r < 0) {
		nbd_transaction_cancel(&bus->transactions);
		return r == -EBUSY ? busy(error) : r;
	}
	nb_steal(&config);
	return sd_bus_reply_method_return(message, "o", path);
}

static int method_apply(sd_bus_message *message, void *userdata, sd_bus_error *error)
{
	return nbd_bus_allow(userdata, message, ACTION_APPLY, apply, error);
}

static int reload(struct nbd_bus *bus, sd_bus_message *message, sd_bus_error *error)
{
	NB_CLEANUP(nb_diag_done) struct nb_diag diag = { 0 };
	int r;

	if (nbd_reconciler_busy(bus->d->reconciler))
		return busy(error);
	if (nb_grow(&bus->reloads, bus->n_reloads, &bus->reload_capacity, sizeof(message)) < 0)
		return -ENOMEM;
	r = nbd_reload(bus->d, &diag);
	if (r < 0)
		return r == -EBUSY ? busy(error) : failure(error, r, &diag, "cannot reload");
	bus->reloads[bus->n_reloads++] = sd_bus_message_ref(message);
	return 1;
}

static int method_reload(sd_bus_message *message, void *userdata, sd_bus_error *error)
{
	return nbd_bus_allow(userdata, message, ACTION_APPLY, reload, error);
}

static int no_such_bond(sd_bus_error *error, const char *bond)
{
	return sd_bus_error_setf(error, NBD_ERROR_NO_SUCH_BOND,
		"there is no bond '%s'; `netbondctl status` lists them", bond);
}

static int pause_bond(struct nbd_bus *bus, sd_bus_message *message, sd_bus_error *error)
{
	struct nbd_object object;
	const char *bond;
	uint64_t usec;
	int r = sd_bus_message_read(message, "st", &bond, &usec);

	if (r < 0)
		return r;
	if (!nbd_object_find_key(bus->d, nbd_bus_now(bus), bond, &object))
		return no_such_bond(error, bond);
	if (!object.goal)
		return sd_bus_error_setf(error, NBD_ERROR_REFUSED,
			"'%s' is not declared: netbond leaves it alone anyway", bond);
	bond = object.goal->key;
	r = nbd_reconciler_pause(bus->d->reconciler, bond, usec);
	if (r < 0)
		return r == -ENOENT ? no_such_bond(error, bond) : r;
	nbd_bus_paused(bus, bond);
	return sd_bus_reply_method_return(message, "");
}

static int method_pause(sd_bus_message *message, void *userdata, sd_bus_error *error)
{
	return nbd_bus_allow(userdata, message, ACTION_MANAGE, pause_bond, error);
}

static const char *failover_error(enum nbd_failover result)
{
	switch (result) {
	case NBD_FAILOVER_NO_SUCH_SLAVE:
		return NBD_ERROR_NO_SUCH_SLAVE;
	case NBD_FAILOVER_REFUSED:
		return NBD_ERROR_REFUSED;
	case NBD_FAILOVER_OK:
	case NBD_FAILOVER_FAILED:
		break;
	}
	return NBD_ERROR_FAILED;
}

static void note_asked(struct nbd_bus *bus, const char *bond, const char *slave)
{
	free(bus->asked_bond);
	free(bus->asked_slave);
	bus->asked_bond = strdup(bond);
	bus->asked_slave = strdup(slave);
}

static int failover(struct nbd_bus *bus, sd_bus_message *message, sd_bus_error *error)
{
	NB_CLEANUP(nb_text_done) struct nb_text why = { 0 };
	struct nbd_object object;
	enum nbd_failover result;
	const char *bond, *slave;
	int insist, r = sd_bus_message_read(message, "ssb", &bond, &slave, &insist);

	if (r < 0)
		return r;
	if (!nbd_object_find_key(bus->d, nbd_bus_now(bus), bond, &object) || !object.bond)
		return no_such_bond(error, bond);
	if (nbd_reconciler_busy(bus->d->reconciler))
		return busy(error);
	result = nbd_failover(&object, slave, insist, &why);
	if (result != NBD_FAILOVER_OK)
		return sd_bus_error_set(
			error, failover_error(result), why.text ? why.text : "out of memory");
	note_asked(bus, object.goal ? object.goal->key : object.name, slave);
	return sd_bus_reply_method_return(message, "");
}

static int method_failover(sd_bus_message *message, void *userdata, sd_bus_error *error)
{
	return nbd_bus_allow(userdata, message, ACTION_FAILOVER, failover, error);
}

static void hide_set(struct nb_optset *set)
{
	nb_foreach_option(row, attr, set->scope) {
		if (row->flags & NB_OPTION_ADMIN)
			nb_optset_unset(set, attr);
	}
}

/* What the kernel hides from readers without rights is hidden here as well. */
static void hide(struct nb_state *state)
{
	for (size_t n = 0; n < state->n_namespaces; n++) {
		const struct nb_netns *ns = state->namespaces[n];

		for (size_t i = 0; i < ns->n_links; i++) {
			hide_set(&ns->links[i]->bond);
			hide_set(&ns->links[i]->slave);
		}
	}
}

static int method_snapshot(sd_bus_message *message, void *userdata, sd_bus_error *error)
{
	struct nbd_bus *bus = userdata;
	const struct nbd_seen *seen = nbd_reconciler_seen(bus->d->reconciler);
	NB_CLEANUP(nb_state_freep) struct nb_state *state = NULL;
	NB_CLEANUP(nb_text_done) struct nb_text text = { 0 };
	int r;

	if (!seen->observed)
		return sd_bus_error_set(error, NBD_ERROR_FAILED, "nothing was observed yet");
	r = nb_state_copy(seen->observed, &state);
	if (r < 0)
		return r;
	if (!nbd_bus_is_root(message))
		hide(state);
	r = nb_yaml_emit_state(state, &text);
	return r < 0 ? r : sd_bus_reply_method_return(message, "s", text.text ? text.text : "");
}

static int method_describe(sd_bus_message *message, void *userdata, sd_bus_error *error)
{
	struct nbd_bus *bus = userdata;
	NB_CLEANUP(nb_json_putp) struct json_object *json = nbd_describe_all(bus->d);

	return reply_json(message, json);
}

/* Properties */

struct nbd_told nbd_bus_look(const struct nbd_bus *bus)
{
	const struct nbd *d = bus->d;
	const struct nbd_seen *seen = nbd_reconciler_seen(d->reconciler);
	const struct nb_config *config = nbd_reconciler_config(d->reconciler);

	return (struct nbd_told){
		.state = nbd_reconciler_state(d->reconciler),
		.generation = d->generation,
		.degraded = d->degraded,
		.held = seen->plan ? seen->plan->n_held : 0,
		.bonds = config ? config->n_bonds : 0,
	};
}

#define GETTER(name)                                                                         \
	static int name(sd_bus *connection, const char *path, const char *interface,        \
		const char *property, sd_bus_message *reply, void *userdata, sd_bus_error *error)

GETTER(get_version)
{
	return sd_bus_message_append(reply, "s", NB_VERSION);
}

GETTER(get_state)
{
	return sd_bus_message_append(reply, "s", nbd_state_name(nbd_bus_look(userdata).state));
}

GETTER(get_generation)
{
	return sd_bus_message_append(reply, "t", nbd_bus_look(userdata).generation);
}

GETTER(get_degraded)
{
	const char *text = nbd_bus_look(userdata).degraded;

	return sd_bus_message_append(reply, "s", text ? text : "");
}

GETTER(get_held)
{
	return sd_bus_message_append(reply, "u", (uint32_t)nbd_bus_look(userdata).held);
}

GETTER(get_bonds)
{
	return sd_bus_message_append(reply, "u", (uint32_t)nbd_bus_look(userdata).bonds);
}

#define CHANGES SD_BUS_VTABLE_PROPERTY_EMITS_CHANGE
#define OPEN SD_BUS_VTABLE_UNPRIVILEGED
#define PARAM(name) SD_BUS_PARAM(name)

static const sd_bus_vtable vtable[] = {
	SD_BUS_VTABLE_START(0),
	SD_BUS_METHOD_WITH_NAMES("Plan", "a(ss)bsb",
		PARAM(files) PARAM(exact) PARAM(allow) PARAM(reorder), "s", PARAM(json),
		method_plan, OPEN),
	SD_BUS_METHOD_WITH_NAMES("Apply", "a(ss)bsbs",
		PARAM(files) PARAM(exact) PARAM(allow) PARAM(reorder) PARAM(token), "o",
		PARAM(transaction), method_apply, OPEN),
	SD_BUS_METHOD_WITH_NAMES("Reload", "", , "s", PARAM(result), method_reload, OPEN),
	SD_BUS_METHOD_WITH_NAMES(
		"Pause", "st", PARAM(bond) PARAM(usec), "", , method_pause, OPEN),
	SD_BUS_METHOD_WITH_NAMES("Failover", "ssb", PARAM(bond) PARAM(slave) PARAM(once), "", ,
		method_failover, OPEN),
	SD_BUS_METHOD_WITH_NAMES("Snapshot", "", , "s", PARAM(yaml), method_snapshot, OPEN),
	SD_BUS_METHOD_WITH_NAMES("Describe", "", , "s", PARAM(json), method_describe, OPEN),
	SD_BUS_PROPERTY("Version", "s", get_version, 0, SD_BUS_VTABLE_PROPERTY_CONST),
	SD_BUS_PROPERTY("State", "s", get_state, 0, CHANGES),
	SD_BUS_PROPERTY("Generation", "t", get_generation, 0, CHANGES),
	SD_BUS_PROPERTY("Degraded", "s", get_degraded, 0, CHANGES),
	SD_BUS_PROPERTY("Held", "u", get_held, 0, CHANGES),
	SD_BUS_PROPERTY("Bonds", "u", get_bonds, 0, CHANGES),
	SD_BUS_SIGNAL_WITH_NAMES("DriftFound", "sss", PARAM(bond) PARAM(what) PARAM(why), 0),
	SD_BUS_SIGNAL_WITH_NAMES("DriftMended", "ss", PARAM(bond) PARAM(what), 0),
	SD_BUS_SIGNAL_WITH_NAMES("FailedOver", "sssss",
		PARAM(namespace) PARAM(bond) PARAM(from) PARAM(to) PARAM(reason), 0),
	SD_BUS_SIGNAL_WITH_NAMES("LacpChanged", "sssus",
		PARAM(namespace) PARAM(bond) PARAM(slave) PARAM(aggregator) PARAM(state), 0),
	SD_BUS_SIGNAL_WITH_NAMES(
		"TransactionFinished", "os", PARAM(transaction) PARAM(result), 0),
	SD_BUS_VTABLE_END,
};

int nbd_bus_add_manager(struct nbd_bus *bus, sd_bus *connection)
{
	return sd_bus_add_object_vtable(connection, NULL, NBD_PATH, NBD_MANAGER, vtable, bus);
}
