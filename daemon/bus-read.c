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

		for (size_t i = 0; i < ns->links.n; i++) {
			hide_set(&nb_netns_link(ns, i)->bond);
			hide_set(&nb_netns_link(ns, i)->slave);
		}
	}
}

static int snapshot(struct nbd *d, bool whole, struct nb_text *out, sd_bus_error *error)
{
	const struct nbd_seen *seen = nbd_reconciler_seen(d->reconciler);
	NB_CLEANUP(nb_state_freep) struct nb_state *state = NULL;
	int r;

	if (!seen->observed)
		return sd_bus_error_set(error, NBD_ERROR_FAILED, "nothing was observed yet");
	r = nb_state_copy(seen->observed, &state);
	if (r < 0)
		return r;
	if (!whole)
		hide(state);
	return nb_yaml_emit_state(state, out);
}

static int whole_snapshot(
	struct nbd *d, sd_bus_message *call, struct nb_text *out, sd_bus_error *error)
{
	return snapshot(d, true, out, error);
}

static int public_snapshot(
	struct nbd *d, sd_bus_message *call, struct nb_text *out, sd_bus_error *error)
{
	return snapshot(d, false, out, error);
}

static int method_snapshot(sd_bus_message *message, void *userdata, sd_bus_error *error)
{
	return nbd_bus_answer(userdata, message,
		nbd_bus_is_root(message) ? whole_snapshot : public_snapshot, NBD_ANSWER_SHARED,
		error);
}

static int describe(struct nbd *d, sd_bus_message *call, struct nb_text *out, sd_bus_error *error)
{
	nbd_describe_all(d, out);
	return 0;
}

static int method_describe(sd_bus_message *message, void *userdata, sd_bus_error *error)
{
	return nbd_bus_answer(userdata, message, describe, NBD_ANSWER_SHARED, error);
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
