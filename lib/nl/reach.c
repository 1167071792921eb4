/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "lib/nl/reach.h"

#include <errno.h>
#include <linux/neighbour.h>
#include <string.h>

#include <netlink/attr.h>
#include <netlink/msg.h>

#include "lib/nl/rtnl.h"

static unsigned ip_bytes(const struct nb_ip *ip)
{
	return ip->family == AF_INET ? 4 : 16;
}

static int put(struct nl_msg *msg, int type, int flags, int ifindex, const struct nb_ip *ip,
	uint16_t state, uint8_t neigh_flags)
{
	const struct ndmsg head = {
		.ndm_family = ip->family,
		.ndm_ifindex = ifindex,
		.ndm_state = state,
		.ndm_flags = neigh_flags,
	};

	if (!nlmsg_put(msg, NL_AUTO_PORT, NL_AUTO_SEQ, type, 0, flags) ||
		nlmsg_append(msg, (void *)&head, sizeof(head), NLMSG_ALIGNTO) < 0 ||
		nla_put(msg, NDA_DST, (int)ip_bytes(ip), ip->bytes) < 0)
		return -EMSGSIZE;
	return 0;
}

/* What RTM_GETNEIGH answers. */
struct entry {
	uint16_t state;
	uint8_t mac[6];
	bool has_mac;
};

static int on_entry(void *context, const struct nlmsghdr *message)
{
	struct entry *entry = context;
	struct nlattr *attrs[NDA_MAX + 1];

	if (message->nlmsg_type != RTM_NEWNEIGH ||
		nlmsg_parse((struct nlmsghdr *)message, sizeof(struct ndmsg), attrs, NDA_MAX,
			NULL) < 0)
		return -EBADMSG;
	entry->state = ((const struct ndmsg *)nlmsg_data(message))->ndm_state;
	entry->has_mac = attrs[NDA_LLADDR] && nla_len(attrs[NDA_LLADDR]) == 6;
	if (entry->has_mac)
		memcpy(entry->mac, nla_data(attrs[NDA_LLADDR]), 6);
	return 0;
}

static int get(struct nb_rtnl *nl, int ifindex, const struct nb_ip *ip, struct entry *ret)
{
	int r;

	memset(ret, 0, sizeof(*ret));
	/* neigh_valid_get_req() wants no state and no flags but NTF_PROXY. */
	r = put(nb_rtnl_message(nl), RTM_GETNEIGH, NLM_F_REQUEST, ifindex, ip, 0, 0);
	if (r == 0)
		r = nb_rtnl_get(nl, on_entry, ret);
	return r == -ENOENT ? 0 : r;
}

int nb_reach_state(struct nb_rtnl *nl, int ifindex, const struct nb_ip *ip, uint16_t *ret)
{
	struct entry entry;
	int r = get(nl, ifindex, ip, &entry);

	*ret = entry.state;
	return r;
}

int nb_reach_ask(struct nb_rtnl *nl, int ifindex, const struct nb_ip *ip)
{
	struct nl_msg *msg;
	struct entry entry;
	int r = get(nl, ifindex, ip, &entry);
	bool known = entry.has_mac && !(entry.state & (NUD_FAILED | NUD_INCOMPLETE | NUD_NOARP));

	if (r < 0)
		return r;
	msg = nb_rtnl_message(nl);
	r = put(msg, RTM_NEWNEIGH, NLM_F_REQUEST | NLM_F_ACK | NLM_F_CREATE | NLM_F_REPLACE,
		ifindex, ip, known ? NUD_PROBE : NUD_NONE, known ? 0 : NTF_USE);
	if (r == 0 && known && nla_put(msg, NDA_LLADDR, 6, entry.mac) < 0)
		r = -EMSGSIZE;
	return r < 0 ? r : nb_rtnl_request(nl);
}
