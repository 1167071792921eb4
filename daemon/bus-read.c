/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* org.netbond1.Manager: all of it in one text. */
#include <errno.h>

#include "daemon/bus-internal.h"
#include "lib/yaml/emit.h"

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

/* One text for all who asked before it was begun. */
struct description {
	struct nbd_job job;
	struct nbd_bus *bus;
	struct nbd_description of;
	sd_bus_message **calls;
	size_t n_calls, capacity;
};

static bool step(struct nbd_job *job)
{
	struct description *description = (struct description *)job;

	if (!description->of.d) {
		description->bus->asked = NULL;
		nbd_description_begin(&description->of, description->bus->d);
	}
	if (nbd_description_step(&description->of))
		return true;
	for (size_t i = 0; i < description->n_calls && !description->of.text.failed; i++)
		sd_bus_reply_method_return(description->calls[i], "s", description->of.text.text);
	return false;
}

static void end(struct nbd_job *job)
{
	struct description *description = (struct description *)job;
	struct nbd_bus *bus = description->bus;

	if (bus->asked == description)
		bus->asked = NULL;
	if (description->of.d)
		nbd_description_done(&description->of);
	for (size_t i = 0; i < description->n_calls; i++)
		sd_bus_message_unref(description->calls[i]);
	free(description->calls);
	free(description);
	/* At the side of what is, what is wanted would be kept a second time until the next look. */
	nbd_describe_forget(bus->d);
}

static int method_describe(sd_bus_message *message, void *userdata, sd_bus_error *error)
{
	struct nbd_bus *bus = userdata;
	struct description *description = bus->asked;

	if (!description) {
		description = calloc(1, sizeof(*description));
		if (!description)
			return -ENOMEM;
		description->job = (struct nbd_job){ .step = step, .end = end };
		description->bus = bus;
	}
	if (nb_grow(&description->calls, description->n_calls, &description->capacity,
		    sizeof(message)) < 0) {
		if (description != bus->asked)
			free(description);
		return -ENOMEM;
	}
	description->calls[description->n_calls++] = sd_bus_message_ref(message);
	if (description != bus->asked) {
		bus->asked = description;
		nbd_jobs_add(&bus->jobs, &description->job);
	}
	return 1;
}

static const sd_bus_vtable vtable[] = {
	SD_BUS_VTABLE_START(0),
	NBD_BUS_METHOD("Snapshot", "", , "s", NBD_ARG(yaml), method_snapshot),
	NBD_BUS_METHOD("Describe", "", , "s", NBD_ARG(json), method_describe),
	SD_BUS_VTABLE_END,
};

int nbd_bus_add_read(struct nbd_bus *bus, sd_bus *connection)
{
	return sd_bus_add_object_vtable(connection, NULL, NBD_PATH, NBD_MANAGER, vtable, bus);
}
