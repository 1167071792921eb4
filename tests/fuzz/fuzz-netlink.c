/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Any bytes as the kernel's messages: no crash, no leak, and what could be read is a state that can
 * be written down, planned upon and gone back to.
 */

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <netlink/msg.h>

#include "lib/core/plan.h"
#include "lib/core/restore.h"
#include "lib/nl/codec.h"
#include "lib/nl/snapshot.h"
#include "lib/yaml/config.h"
#include "lib/yaml/emit.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char desired[] =
	"bonds:\n"
	"  bond0: {mode: 802.3ad, slaves: [eth0, eth1], addresses: [192.0.2.10/24]}\n"
	"  bond1: {mode: active-backup, slaves: [eth2], mtu: 9000}\n";

struct world {
	struct nb_state *state;
	struct nb_codec_later later;
	struct nb_diag diag;
};

static void require(bool condition)
{
	if (!condition)
		abort();
}

static void take_link(struct world *w, const struct nlmsghdr *message)
{
	struct nb_netns *ns = w->state->namespaces[0];
	struct nb_link *link = NULL;
	int r = nb_codec_get_link(message, &link, &w->later, w->state->known, &w->diag);

	require(r == 0 || r == -EBADMSG);
	if (r < 0)
		return;
	require(nb_netns_add(ns, link) == 0);
}

static void take_address(struct world *w, const struct nlmsghdr *message)
{
	struct nb_address address;
	struct nb_link *link;
	int ifindex, r = nb_codec_get_address(message, &address, &ifindex, &w->diag);

	require(r == 0 || r == 1 || r == -EBADMSG);
	link = r > 0 ? nb_netns_find_index(w->state->namespaces[0], ifindex) : NULL;
	if (link)
		require(nb_link_add_address(link, &address) == 0);
}

static void take_route(struct world *w, const struct nlmsghdr *message)
{
	struct nb_codec_route route;
	int r = nb_codec_get_route(message, &route, &w->diag);

	require(r == 0 || r == 1 || r == -EBADMSG);
	for (unsigned i = 0; r > 0 && i < route.n_hops; i++) {
		struct nb_link *link =
			nb_netns_find_index(w->state->namespaces[0], route.hops[i]);

		if (link)
			require(nb_link_add_route(link, &route.route) == 0);
	}
	if (r > 0)
		nb_route_done(&route.route);
}

/* Each message has the size its own header says, as the socket layer guarantees. */
static void read_all(struct world *w, const uint8_t *data, size_t size, bool links)
{
	while (size >= sizeof(struct nlmsghdr)) {
		struct nlmsghdr head, *message;
		size_t length;

		memcpy(&head, data, sizeof(head));
		length = NB_MIN(NB_MAX((size_t)head.nlmsg_len, sizeof(head)), size);
		message = malloc(NLMSG_ALIGN(length));
		require(message);
		memcpy(message, data, length);
		message->nlmsg_len = (uint32_t)length;
		switch (message->nlmsg_type) {
		case RTM_NEWLINK:
			if (links)
				take_link(w, message);
			break;
		case RTM_NEWADDR:
			if (!links)
				take_address(w, message);
			break;
		case RTM_NEWROUTE:
			if (!links)
				take_route(w, message);
			break;
		}
		free(message);
		length = NB_MIN((size_t)NLMSG_ALIGN(length), size);
		data += length;
		size -= length;
	}
}

static void plan_upon(struct world *w, const struct nb_config *config, const struct nb_restore *back)
{
	const struct nb_policy policy = { .limit = NB_CLASS_REBUILD, .asked = true, .reorder = true };
	NB_CLEANUP(nb_target_freep) struct nb_target *target = NULL;
	NB_CLEANUP(nb_plan_freep) struct nb_plan *plan = NULL;
	NB_CLEANUP(nb_text_done) struct nb_text text = { 0 };
	int r = back ? nb_restore_target(back, w->state, &target)
		     : nb_resolve(config, w->state, NULL, &target, &w->diag);

	if (r < 0)
		return;
	require(nb_plan_build(target, w->state, &policy, &plan, &w->diag) == 0);
	nb_plan_format(plan, &text);
	require(!text.failed);
	/* What is, is what was: there is no way back to go. */
	if (back)
		for (size_t i = 0; i < plan->n_ops; i++)
			require(plan->ops[i].kind != NB_OP_LINK_DELETE);
}

static void use(struct world *w)
{
	NB_CLEANUP(nb_text_done) struct nb_text text = { 0 };
	struct nb_restore restore = { 0 };

	nb_snapshot_peers(w->state->namespaces[0]);
	require(nb_yaml_emit_state(w->state, &text) == 0);
	restore.before = nb_config_new();
	restore.tried = nb_config_new();
	require(nb_yaml_load("desired", desired, sizeof(desired) - 1, 0, restore.tried, &w->diag) == 0);
	plan_upon(w, restore.tried, NULL);
	require(nb_state_copy(w->state, &restore.snapshot) == 0);
	plan_upon(w, NULL, &restore);
	nb_restore_done(&restore);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct world w = { .state = nb_state_new() };

	require(w.state);
	read_all(&w, data, size, true);
	read_all(&w, data, size, false);
	use(&w);
	nb_codec_later_done(&w.later);
	nb_state_free(w.state);
	nb_diag_done(&w.diag);
	return 0;
}
