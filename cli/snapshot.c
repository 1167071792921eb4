/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* netbondctl snapshot: what is. */
#include <errno.h>
#include <string.h>

#include "cli/args.h"
#include "cli/client.h"
#include "cli/ns-types.h"
#include "cli/problems.h"
#include "cli/term.h"
#include "lib/nl/snapshot.h"
#include "lib/yaml/config.h"
#include "lib/yaml/emit.h"

/* The namespaces asked for, each once. */
static int take(const struct nbc_args *args, struct nb_state **ret, struct nb_diag *diag)
{
	NB_CLEANUP(nb_spaces_done) struct nb_spaces spaces = { 0 };
	NB_CLEANUP(nb_freep) char **names = calloc(args->n_given + 1, sizeof(*names));
	size_t n = 0;
	int r;

	if (!names)
		return -ENOMEM;
	for (size_t i = 0; i < args->n_given; i++) {
		bool known = false;

		if (args->given[i].id != NBC_NAMESPACE)
			continue;
		for (size_t k = 0; k < n; k++)
			known = known || nb_streq(names[k], args->given[i].value);
		if (!known)
			names[n++] = (char *)args->given[i].value;
	}
	r = nb_snapshot_take(&spaces, names, n, NB_SNAPSHOT_DRIVERS, ret, diag);
	for (size_t i = 0; r == 0 && i < n; i++) {
		if (nbc_ns_types(names[i]) & ~NB_NS_BIT(NB_NS_NET))
			r = nb_nssets_look(&names[i], 1, *ret);
	}
	return r;
}

/* Asked for by name, so one that is not there, or that nobody can look into, is an error. */
static int check_there(const struct nb_state *state, struct nb_diag *diag)
{
	int r = 0;

	for (size_t i = 1; i < state->n_namespaces; i++) {
		if (state->namespaces[i]->unreadable)
			r = -EBADMSG; /* told */
		if (state->namespaces[i]->exists)
			continue;
		r = nb_diag_error(diag, NULL, state->namespaces[i]->name,
			"there is no network namespace of this name under /run/netns");
		nb_diag_hint(diag, "`ip netns` lists those there are");
	}
	return r;
}

static int print_text(
	const struct nbc *nbc, enum nbc_format format, const char *text, size_t size)
{
	NB_CLEANUP(nb_json_putp) struct json_object *doc = NULL;

	if (format == NBC_YAML) {
		fputs(text, nbc->out);
		return NBC_OK;
	}
	doc = nbc_doc_from_yaml(text, size);
	nbc_doc_print(nbc, format, doc);
	return NBC_OK;
}

static int print_state(const struct nbc *nbc, enum nbc_format format, const struct nb_state *state)
{
	NB_CLEANUP(nb_text_done) struct nb_text text = { 0 };

	if (nb_yaml_emit_state(state, &text) < 0)
		nbc_die_of_memory();
	return print_text(nbc, format, nbc_text_of(&text), text.length);
}

/* What is not in it for that reason looks as if it were not there. */
static void warn_of_unreadable(struct nbc *nbc, const char *text)
{
	NB_CLEANUP(nb_state_freep) struct nb_state *state = NULL;
	NB_CLEANUP(nb_diag_done) struct nb_diag diag = { 0 };
	struct nb_diag ignored = { 0 };
	int r = nb_yaml_load_state("snapshot", text, strlen(text), &state, &ignored);

	nb_diag_done(&ignored);
	if (r < 0)
		return; /* of a later version */
	for (size_t i = 0; i < state->n_namespaces; i++) {
		const struct nb_netns *ns = state->namespaces[i];
		const struct nb_nsset *set = nb_state_set(state, ns->name);

		if (!ns->unreadable && (!set || !set->unreadable))
			continue;
		nb_diag_warning(&diag, NULL, ns->name, "the daemon cannot look into %s now",
			ns->unreadable ? "the namespace" : "the types of the namespace");
		nb_diag_hint(&diag, "`netbondctl plan` says why");
	}
	nbc_tell_problems(nbc, &diag);
}

/* The namespaces the daemon works in, as it sees them. */
static int snapshot_online(struct nbc *nbc, const struct nbc_args *args)
{
	NB_CLEANUP(nbc_client_done) struct nbc_client client = { 0 };
	NB_CLEANUP(nbc_message_unrefp) sd_bus_message *reply = NULL;
	const char *text;
	int r;

	if (nbc_args_has(args, NBC_NAMESPACE)) {
		nbc_tell(nbc, "--namespace needs --offline: the daemon shows the namespaces it works in");
		return NBC_ERROR;
	}
	if (nbc_client_open(&client, nbc, args) < 0 ||
		nbc_client_call(&client, NBC_BUS_PATH, NBC_BUS_MANAGER, "Snapshot", &reply, "") < 0)
		return NBC_ERROR;
	r = sd_bus_message_read(reply, "s", &text);
	if (r < 0) {
		nbc_client_failed(&client, r);
		return NBC_ERROR;
	}
	warn_of_unreadable(nbc, text);
	return print_text(nbc, args->format, text, strlen(text));
}

int nbc_snapshot(struct nbc *nbc, const struct nbc_args *args)
{
	NB_CLEANUP(nb_state_freep) struct nb_state *state = NULL;
	NB_CLEANUP(nb_diag_done) struct nb_diag diag = { 0 };
	int r;

	if (!nbc_args_has(args, NBC_OFFLINE))
		return snapshot_online(nbc, args);
	if (!nbc_offline_alone(nbc, args))
		return NBC_ERROR;
	r = take(args, &state, &diag);
	if (r == 0)
		r = check_there(state, &diag);
	if (r < 0 && r != -EBADMSG)
		nb_diag_error(&diag, NULL, NULL, "the kernel cannot be observed: %s", strerror(-r));
	nbc_tell_problems(nbc, &diag);
	return r < 0 ? NBC_ERROR : print_state(nbc, args->format, state);
}
