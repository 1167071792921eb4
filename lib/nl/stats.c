/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "lib/nl/stats.h"

#include <errno.h>
#include <string.h>

#include <netlink/msg.h>

#include "lib/nl/rtnl.h"

#define FILTER                                             \
	(IFLA_STATS_FILTER_BIT(IFLA_STATS_LINK_64) |       \
		IFLA_STATS_FILTER_BIT(IFLA_STATS_LINK_XSTATS_SLAVE))

/* What was read so far: handed over when the dump was whole. */
struct reading {
	struct nb_stats *items;
	size_t n, capacity;
};

/* BOND_XSTATS_3AD { BOND_3AD_STAT_LACPDU_RX, ... } */
static void get_lacp(const struct nlattr *nest, struct nb_stats *stats)
{
	struct nlattr *at;
	int rest;

	stats->has_lacp = true;
	nla_for_each_nested(at, nest, rest) {
		if (nla_type(at) <= BOND_3AD_STAT_MAX && nla_len(at) == 8)
			stats->lacp[nla_type(at)] = nla_get_u64(at);
	}
}

/* LINK_XSTATS_TYPE_BOND { BOND_XSTATS_3AD { ... } } */
static void get_slave(const struct nlattr *xstats, struct nb_stats *stats)
{
	struct nlattr *type, *at;
	int rest, inner;

	nla_for_each_nested(type, xstats, rest) {
		if (nla_type(type) != LINK_XSTATS_TYPE_BOND)
			continue;
		nla_for_each_nested(at, type, inner) {
			if (nla_type(at) == BOND_XSTATS_3AD)
				get_lacp(at, stats);
		}
	}
}

static int take(void *context, const struct nlmsghdr *message)
{
	const struct if_stats_msg *header = nlmsg_data(message);
	struct reading *reading = context;
	struct nb_stats *stats;
	struct nlattr *at;
	int rest;

	if (message->nlmsg_type != RTM_NEWSTATS || !nlmsg_valid_hdr(message, sizeof(*header)))
		return -EBADMSG;
	if (nb_grow(&reading->items, reading->n, &reading->capacity, sizeof(*stats)) < 0)
		return -ENOMEM;
	stats = &reading->items[reading->n++];
	*stats = (struct nb_stats){ .ifindex = (int)header->ifindex };
	nlmsg_for_each_attr(at, (struct nlmsghdr *)message, (int)sizeof(*header), rest) {
		/* A newer kernel counts more than this header knows, an older one less. */
		if (nla_type(at) == IFLA_STATS_LINK_64)
			memcpy(&stats->link, nla_data(at),
				NB_MIN((size_t)nla_len(at), sizeof(stats->link)));
		else if (nla_type(at) == IFLA_STATS_LINK_XSTATS_SLAVE)
			get_slave(at, stats);
	}
	return rest > 0 ? -EBADMSG : 0;
}

static void forget(void *context)
{
	((struct reading *)context)->n = 0;
}

int nb_stats_take(struct nb_space *space, int (*each)(void *context, const struct nb_stats *stats),
	void *context)
{
	const struct if_stats_msg header = { .filter_mask = FILTER };
	struct reading reading = { 0 };
	const struct nb_rtnl_sink sink = { take, forget, &reading };
	struct nl_msg *message = nb_rtnl_message(space->rtnl);
	int r = 0;

	if (!nlmsg_put(message, 0, 0, RTM_GETSTATS, sizeof(header), 0))
		return -ENOMEM;
	memcpy(nlmsg_data(nlmsg_hdr(message)), &header, sizeof(header));
	r = nb_rtnl_dump(space->rtnl, &sink);
	for (size_t i = 0; r == 0 && i < reading.n; i++)
		r = each(context, &reading.items[i]);
	free(reading.items);
	return r;
}
