/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "daemon/helper-internal.h"

#include <errno.h>
#include <string.h>

#include "daemon/bus-internal.h"
#include "daemon/nsd/protocol.h"
#include "lib/nl/nstype.h"

static const char *text_of(const char *text)
{
	return text ? text : "";
}

static int create(struct nbd_helper *helper, const struct nb_op *op)
{
	static const struct nb_nstraits none;
	const struct nb_nstraits *traits = op->nstraits ? op->nstraits : &none;
	NB_CLEANUP(nb_text_done) struct nb_text uids = { 0 }, gids = { 0 };
	enum nb_nstype type = op->kind == NB_OP_NETNS_CREATE ? NB_NS_NET : op->nstype;

	nb_id_map_format(&traits->uids, "\n", &uids);
	nb_id_map_format(&traits->gids, "\n", &gids);
	if (uids.failed || gids.failed)
		return -ENOMEM;
	return nbd_helper_call(helper, "CreateType", NULL, "sssbbbsxxss", op->namespace,
		nb_nstype_name(type), text_of(op->from), (int)((op->flags & NB_OP_REPLACE) != 0),
		(int)((op->flags & NB_OP_FORCE) != 0), (int)((op->flags & NB_OP_IN_USER) != 0),
		type == NB_NS_UTS ? text_of(traits->hostname) : "", traits->monotonic,
		traits->boottime, text_of(uids.text), text_of(gids.text));
}

int nbd_helper_type(void *context, const struct nb_op *op)
{
	if (op->kind == NB_OP_TYPE_SET)
		return nbd_helper_call(context, "SetHostname", NULL, "ss", op->namespace,
			op->nstraits->hostname);
	if (op->kind == NB_OP_TYPE_DELETE)
		return nbd_helper_call(context, "DeleteType", NULL, "ssb", op->namespace,
			nb_nstype_name(op->nstype), (int)((op->flags & NB_OP_FORCE) != 0));
	return create(context, op);
}

static int read_pins(sd_bus_message *reply, struct nb_nsset *set)
{
	uint64_t inode, owner;
	const char *name;
	int r = sd_bus_message_enter_container(reply, 'a', "(stt)");

	while (r >= 0 && (r = sd_bus_message_read(reply, "(stt)", &name, &inode, &owner)) > 0) {
		enum nb_nstype type = nb_nstype_find(name);

		if (type == NB_NS_COUNT)
			continue;
		set->inodes[type] = inode;
		set->owners[type] = owner;
	}
	return r < 0 ? r : sd_bus_message_exit_container(reply);
}

static int read_traits(sd_bus_message *reply, struct nb_nstraits *traits)
{
	const char *hostname, *uids, *gids;
	int r = sd_bus_message_read(reply, "sxxss", &hostname, &traits->monotonic,
		&traits->boottime, &uids, &gids);

	if (r >= 0 && *hostname && !(traits->hostname = strdup(hostname)))
		r = -ENOMEM;
	if (r >= 0)
		r = nb_id_map_parse(uids, &traits->uids);
	return r < 0 ? r : nb_id_map_parse(gids, &traits->gids);
}

static int read_set(sd_bus_message *reply, struct nb_state *state, struct nb_nsset *set)
{
	uint32_t types;
	int32_t holder;
	int r = sd_bus_message_read(reply, "uti", &types, &state->user, &holder);

	if (r < 0)
		return r;
	state->nstypes = types;
	set->holder = holder;
	r = read_pins(reply, set);
	return r < 0 ? r : read_traits(reply, &set->traits);
}

int nbd_helper_sets(void *context, char *const *names, size_t n, struct nb_state *state)
{
	int r = 0;

	for (size_t i = 0; i < n && r >= 0; i++) {
		NB_CLEANUP(nbd_message_unrefp) sd_bus_message *reply = NULL;
		struct nb_nsset *set = nb_state_add_set(state, names[i]);

		r = set ? nbd_helper_call(context, "Set", &reply, "s", names[i]) : -ENOMEM;
		if (r >= 0)
			r = read_set(reply, state, set);
	}
	return NB_MIN(r, 0);
}

int nbd_helper_members(void *context, const char *set, unsigned types, struct nb_process **ret)
{
	NB_CLEANUP(nbd_message_unrefp) sd_bus_message *reply = NULL;
	int r = nbd_helper_call(context, "Members", &reply, "su", set, (uint32_t)types);

	return r < 0 ? r : nbd_helper_read_processes(reply, ret);
}

int nbd_helper_holder(void *context, const char *set, int *ret_fd)
{
	NB_CLEANUP(nbd_message_unrefp) sd_bus_message *reply = NULL;
	int fd, r = nbd_helper_call(context, "Holder", &reply, "s", set);

	if (r >= 0)
		r = sd_bus_message_read(reply, "h", &fd);
	return r < 0 ? r : nbd_helper_keep(fd, ret_fd);
}
