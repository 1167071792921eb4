/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "lib/nl/wait.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "lib/nl/codec.h"
#include "lib/nl/explain.h"
#include "lib/nl/rtnl.h"
#include "lib/nl/snapshot.h"

static int index_of(struct nb_space *space, const struct nb_op *op)
{
	return op->ifindex != 0 ? op->ifindex : nb_space_index(space, op->link);
}

static unsigned n_usable(
	const struct nb_netns *slaves, const struct nb_link *bond, const char *but)
{
	unsigned n = 0;

	for (size_t i = 0; i < slaves->links.n; i++)
		n += strcmp(nb_netns_link(slaves, i)->name, but) != 0 &&
			nb_link_usable_slave(nb_netns_link(slaves, i), bond);
	return n;
}

int nb_wait_usable(struct nb_space *space, const struct nb_op *op, struct nb_exec_error *error)
{
	NB_CLEANUP(nb_link_freep) struct nb_link *bond = NULL;
	NB_CLEANUP(nb_diag_done) struct nb_diag diag = { 0 };
	NB_CLEANUP(nb_netns_drop_links) struct nb_netns slaves = { 0 };
	const int ifindex = index_of(space, op);
	int r = ifindex;

	if (r > 0)
		r = nb_snapshot_link(space, ifindex, NULL, &bond, &diag);
	if (r == 0)
		r = nb_snapshot_slaves(space, ifindex, &slaves, &diag);
	if (r < 0)
		return nb_explain_look(op->link, r, &diag, error);
	return n_usable(&slaves, bond, op->master) >= NB_MAX(op->least, 1u) ? 0 : -EAGAIN;
}

/* The search for one address in a dump. */
struct search {
	const struct nb_address *wanted;
	int ifindex;
	bool found;
	uint32_t flags;
	struct nb_diag *diag;
};

static int compare_address(void *context, const struct nlmsghdr *message)
{
	struct search *search = context;
	struct nb_address address;
	int ifindex, r;

	r = nb_codec_get_address(message, &address, &ifindex, search->diag);
	if (r <= 0)
		return r;
	if (ifindex == search->ifindex && nb_address_same(&address, search->wanted)) {
		search->found = true;
		search->flags = address.flags;
	}
	return 0;
}

static void restart_search(void *context)
{
	((struct search *)context)->found = false;
}

int nb_wait_address(struct nb_space *space, const struct nb_op *op, struct nb_exec_error *error)
{
	NB_CLEANUP(nb_diag_done) struct nb_diag diag = { 0 };
	struct search search = { .wanted = &op->address, .diag = &diag };
	const struct nb_rtnl_sink sink = { compare_address, restart_search, &search };
	int r;

	search.ifindex = index_of(space, op);
	r = NB_MIN(search.ifindex, 0);
	if (r == 0)
		r = nb_codec_put_address_dump(nb_rtnl_message(space->rtnl), op->address.ip.family,
			search.ifindex);
	if (r == 0)
		r = nb_rtnl_dump(space->rtnl, &sink);
	if (r < 0)
		return nb_explain_look(op->link, r, &diag, error);
	if (!search.found)
		return nb_explain_address(&op->address, -EADDRNOTAVAIL, error);
	if (search.flags & IFA_F_DADFAILED)
		return nb_explain_address(&op->address, -EADDRINUSE, error);
	return search.flags & IFA_F_TENTATIVE ? -EAGAIN : 0;
}

int nb_wait_follow(struct nb_space *space, const struct nb_op *op, struct nb_exec_error *error)
{
	NB_CLEANUP(nb_link_freep) struct nb_link *link = NULL;
	NB_CLEANUP(nb_diag_done) struct nb_diag diag = { 0 };
	const int ifindex = index_of(space, op);
	int r = ifindex;

	if (r > 0)
		r = nb_snapshot_link(space, ifindex, NULL, &link, &diag);
	if (r == -ENODEV)
		return 0;
	if (r < 0)
		return nb_explain_look(op->link, r, &diag, error);
	return nb_link_is_up(link) == !!(op->set & NB_SET_UP) && link->mtu == op->mtu ? 0 : -EAGAIN;
}
