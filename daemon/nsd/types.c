/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "daemon/nsd/types.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "daemon/scope.h"
#include "lib/nl/netns.h"
#include "lib/nl/nstype.h"

static int find_type(const char *name, enum nb_nstype *ret)
{
	*ret = nb_nstype_find(name);
	return *ret == NB_NS_COUNT ? -EINVAL : 0;
}

static int run(sd_bus_message *message, const struct nb_op *op)
{
	int r = nb_nstype_run(op, nbd_scope_adopt);

	return r < 0 ? r : sd_bus_reply_method_return(message, NULL);
}

/* The texts are the message's. */
int nsd_on_create_type(sd_bus_message *message, void *userdata, sd_bus_error *error)
{
	const char *set, *type, *from, *hostname, *uids, *gids;
	struct nb_nstraits traits = { 0 };
	struct nb_op op = { .kind = NB_OP_TYPE_CREATE, .nstraits = &traits };
	int replace, force, inside;
	int r = sd_bus_message_read(message, "sssbbbsxxss", &set, &type, &from, &replace, &force,
		&inside, &hostname, &traits.monotonic, &traits.boottime, &uids, &gids);

	if (r >= 0)
		r = find_type(type, &op.nstype);
	if (r >= 0)
		r = nb_id_map_parse(uids, &traits.uids);
	if (r >= 0)
		r = nb_id_map_parse(gids, &traits.gids);
	if (r >= 0) {
		op.namespace = (char *)set;
		op.from = *from ? (char *)from : NULL;
		traits.hostname = *hostname ? (char *)hostname : NULL;
		op.flags = (replace ? NB_OP_REPLACE : 0) | (force ? NB_OP_FORCE : 0) |
			   (inside ? NB_OP_IN_USER : 0);
		r = run(message, &op);
	}
	traits.hostname = NULL;
	nb_nstraits_done(&traits);
	return r;
}

int nsd_on_set_hostname(sd_bus_message *message, void *userdata, sd_bus_error *error)
{
	const char *set, *hostname;
	int r = sd_bus_message_read(message, "ss", &set, &hostname);
	struct nb_nstraits traits = { .hostname = (char *)hostname };

	return r < 0 ? r : run(message, &(struct nb_op){ .kind = NB_OP_TYPE_SET,
		.namespace = (char *)set, .nstype = NB_NS_UTS, .nstraits = &traits });
}

int nsd_on_delete_type(sd_bus_message *message, void *userdata, sd_bus_error *error)
{
	struct nb_op op = { .kind = NB_OP_TYPE_DELETE };
	const char *set, *type;
	int force, r = sd_bus_message_read(message, "ssb", &set, &type, &force);

	if (r >= 0)
		r = find_type(type, &op.nstype);
	if (r < 0)
		return r;
	op.namespace = (char *)set;
	op.flags = force ? NB_OP_FORCE : 0;
	return run(message, &op);
}

static int append_maps(sd_bus_message *reply, const struct nb_nstraits *traits)
{
	NB_CLEANUP(nb_text_done) struct nb_text uids = { 0 }, gids = { 0 };

	nb_id_map_format(&traits->uids, "\n", &uids);
	nb_id_map_format(&traits->gids, "\n", &gids);
	if (uids.failed || gids.failed)
		return -ENOMEM;
	return sd_bus_message_append(
		reply, "ss", uids.text ? uids.text : "", gids.text ? gids.text : "");
}

static int append_pins(sd_bus_message *reply, const struct nb_nsset *set)
{
	int r = sd_bus_message_open_container(reply, 'a', "(stt)");

	for (enum nb_nstype type = 0; type < NB_NS_COUNT && r >= 0; type++) {
		if (set->inodes[type])
			r = sd_bus_message_append(reply, "(stt)", nb_nstype_name(type),
				set->inodes[type], set->owners[type]);
	}
	return r < 0 ? r : sd_bus_message_close_container(reply);
}

static int reply_set(
	sd_bus_message *message, const struct nb_state *state, const struct nb_nsset *set)
{
	const struct nb_nstraits *traits = &set->traits;
	sd_bus_message *reply = NULL;
	int r = sd_bus_message_new_method_return(message, &reply);

	if (r >= 0)
		r = sd_bus_message_append(reply, "uti", (uint32_t)state->nstypes, state->user,
			(int32_t)set->holder);
	if (r >= 0)
		r = append_pins(reply, set);
	if (r >= 0)
		r = sd_bus_message_append(reply, "sxx", traits->hostname ? traits->hostname : "",
			traits->monotonic, traits->boottime);
	if (r >= 0)
		r = append_maps(reply, traits);
	if (r >= 0)
		r = sd_bus_send(NULL, reply, NULL);
	sd_bus_message_unref(reply);
	return r;
}

int nsd_on_set(sd_bus_message *message, void *userdata, sd_bus_error *error)
{
	NB_CLEANUP(nb_state_freep) struct nb_state *state = nb_state_new();
	const char *name;
	int r = sd_bus_message_read(message, "s", &name);

	if (!state)
		return -ENOMEM;
	if (r >= 0 && !nb_netns_name_ok(name))
		r = -EINVAL;
	if (r >= 0)
		r = nb_nssets_look(&(char *){ (char *)name }, 1, state);
	return r < 0 ? r : reply_set(message, state, state->sets[0]);
}

int nsd_on_members(sd_bus_message *message, void *userdata, sd_bus_error *error)
{
	NB_CLEANUP(nb_freep) struct nb_process *processes = NULL;
	const char *set;
	uint32_t types;
	int n = 0, r = sd_bus_message_read(message, "su", &set, &types);

	if (r >= 0)
		r = n = nb_nstypes_members(set, types, &processes);
	return r < 0 ? r : nsd_reply_processes(message, processes, n);
}

int nsd_on_holder(sd_bus_message *message, void *userdata, sd_bus_error *error)
{
	const char *set;
	int fd, r = sd_bus_message_read(message, "s", &set);

	if (r >= 0)
		r = nb_nstype_holder_fd(set, &fd);
	if (r < 0)
		return r;
	r = sd_bus_reply_method_return(message, "h", fd);
	close(fd);
	return r;
}
