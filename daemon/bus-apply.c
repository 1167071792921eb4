/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* org.netbond1.Manager: plan, apply, reload. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "daemon/bus-internal.h"
#include "daemon/planning.h"
#include "lib/json/plan.h"

#define ACTION_APPLY "org.netbond1.apply"
#define ACTION_NAMESPACES "org.netbond1.namespaces"

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

int nbd_bus_read_request(
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
	request->force = nb_streq(allow, "force");
	if (request->force)
		request->limit = NB_CLASS_REBUILD;
	else if (request->asked && nb_class_parse(allow, &request->limit) < 0)
		return sd_bus_error_set(error, NBD_ERROR_INVALID,
			"allow: is \"\", live, slave, down, rebuild or force");
	return 0;
}

bool nbd_bus_is_busy(const struct nbd_bus *bus)
{
	return bus->d->trying || nbd_reconciler_busy(bus->d->reconciler);
}

static int plan(struct nbd *d, sd_bus_message *call, struct nb_text *out, sd_bus_error *error)
{
	NB_CLEANUP(nbd_request_done) struct nbd_request request = { 0 };
	NB_CLEANUP(nbd_planning_done) struct nbd_planning planning = { 0 };
	NB_CLEANUP(nb_config_freep) struct nb_config *config = NULL;
	NB_CLEANUP(nb_json_putp) struct json_object *json = NULL;
	int r = nbd_bus_read_request(call, &request, error);

	if (r < 0)
		return r;
	r = nbd_planning_config(d, &request, &config, &planning.diag);
	if (r == 0)
		r = nbd_planning_make(d, &request, config, &planning);
	if (r < 0)
		return nbd_failure_error(error, r, &planning.diag, "no plan can be made");
	json = nb_json_plan(planning.converge.plan, planning.converge.target, &planning.diag);
	nbd_json_append(out, json);
	return 0;
}

static int method_plan(sd_bus_message *message, void *userdata, sd_bus_error *error)
{
	return nbd_bus_answer(userdata, message, plan, NBD_ANSWER_LOOKS, error);
}

int nbd_bus_check_token(
	const struct nbd_planning *planning, const char *token, sd_bus_error *error)
{
	char now[17];

	snprintf(now, sizeof(now), "%016" PRIx64, nb_plan_token(planning->converge.plan));
	if (!*token || nb_streq(now, token))
		return 0;
	return sd_bus_error_set(error, NBD_ERROR_STALE,
		"the plan is another one now than the one shown; look at it again");
}

static int check_token(struct nbd_bus *bus, const struct nbd_request *request,
	const struct nb_config *config, const char *token, sd_bus_error *error)
{
	NB_CLEANUP(nbd_planning_done) struct nbd_planning planning = { 0 };
	int r = nbd_planning_make(bus->d, request, config, &planning);

	if (r < 0)
		return nbd_failure_error(error, r, &planning.diag, "no plan can be made");
	return nbd_bus_check_token(&planning, token, error);
}

static int apply(struct nbd_bus *bus, sd_bus_message *message, sd_bus_error *error)
{
	NB_CLEANUP(nbd_request_done) struct nbd_request request = { 0 };
	NB_CLEANUP(nb_config_freep) struct nb_config *config = NULL;
	NB_CLEANUP(nb_diag_done) struct nb_diag diag = { 0 };
	NB_CLEANUP(nb_freep) char *path = NULL;
	struct nbd_apply how;
	const char *token;
	int r = nbd_bus_read_request(message, &request, error);

	if (r >= 0)
		r = sd_bus_message_read(message, "s", &token);
	if (r < 0)
		return r;
	if (nbd_bus_is_busy(bus))
		return nbd_busy_error(bus->d, error);
	r = nbd_planning_config(bus->d, &request, &config, &diag);
	if (r < 0)
		return nbd_failure_error(error, r, &diag, "the configuration cannot be read");
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
		return r == -EBUSY ? nbd_busy_error(bus->d, error) : r;
	}
	nb_steal(&config);
	return sd_bus_reply_method_return(message, "o", path);
}

int nbd_bus_allow_request(
	struct nbd_bus *bus, sd_bus_message *message, nbd_bus_act act, sd_bus_error *error)
{
	const char *allow;
	int r = sd_bus_message_skip(message, "a(ss)b");

	if (r >= 0)
		r = sd_bus_message_read(message, "s", &allow);
	if (r >= 0)
		r = sd_bus_message_rewind(message, true);
	if (r < 0)
		return r;
	return nbd_bus_allow(bus, message,
		nb_streq(allow, "force") ? ACTION_NAMESPACES : ACTION_APPLY, act, error);
}

static int method_apply(sd_bus_message *message, void *userdata, sd_bus_error *error)
{
	return nbd_bus_allow_request(userdata, message, apply, error);
}

static int reload(struct nbd_bus *bus, sd_bus_message *message, sd_bus_error *error)
{
	NB_CLEANUP(nb_diag_done) struct nb_diag diag = { 0 };
	int r;

	if (nbd_bus_is_busy(bus))
		return nbd_busy_error(bus->d, error);
	if (nb_grow(&bus->reloads, bus->n_reloads, &bus->reload_capacity, sizeof(message)) < 0)
		return -ENOMEM;
	r = nbd_reload(bus->d, &diag);
	if (r < 0)
		return r == -EBUSY ? nbd_busy_error(bus->d, error)
				   : nbd_failure_error(error, r, &diag, "cannot reload");
	bus->reloads[bus->n_reloads++] = sd_bus_message_ref(message);
	return 1;
}

static int method_reload(sd_bus_message *message, void *userdata, sd_bus_error *error)
{
	return nbd_bus_allow(userdata, message, ACTION_APPLY, reload, error);
}

static const sd_bus_vtable vtable[] = {
	SD_BUS_VTABLE_START(0),
	NBD_BUS_METHOD("Plan", "a(ss)bsb",
		NBD_ARG(files) NBD_ARG(exact) NBD_ARG(allow) NBD_ARG(reorder),
		"s", NBD_ARG(json), method_plan),
	NBD_BUS_METHOD("Apply", "a(ss)bsbs",
		NBD_ARG(files) NBD_ARG(exact) NBD_ARG(allow) NBD_ARG(reorder) NBD_ARG(token),
		"o", NBD_ARG(transaction), method_apply),
	NBD_BUS_METHOD("Reload", "", , "s", NBD_ARG(result), method_reload),
	SD_BUS_VTABLE_END,
};

int nbd_bus_add_apply(struct nbd_bus *bus, sd_bus *connection)
{
	return sd_bus_add_object_vtable(connection, NULL, NBD_PATH, NBD_MANAGER, vtable, bus);
}
