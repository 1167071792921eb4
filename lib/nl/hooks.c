/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "lib/nl/hooks.h"

#include <endian.h>
#include <errno.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netfilter/nfnetlink_hook.h>
#include <linux/pkt_sched.h>
#include <linux/rtnetlink.h>
#include <stdio.h>
#include <string.h>

#include <netlink/msg.h>

#include "lib/nl/rtnl.h"

#define SUBSYSTEM 12 /* NFNL_SUBSYS_HOOK, Linux 5.14 */

/* One dump: the hooks of one family at one point. */
struct asking {
	struct nb_hook hook;
	int (*each)(void *context, const struct nb_hook *hook);
	void *context;
	int r;
};

static void copy_text(struct nlattr *attr, char *into, size_t size)
{
	*into = '\0';
	if (attr)
		nla_strlcpy(into, attr, size);
}

static const char *family_name(uint8_t family)
{
	/* NFPROTO_* */
	static const char *const names[] = {
		[1] = "inet", [2] = "ip", [3] = "arp", [5] = "netdev", [7] = "bridge", [10] = "ip6",
	};

	return family < NB_ARRAY_SIZE(names) && names[family] ? names[family] : "?";
}

/* nfnl_hook_put_nft_chain_info() */
static void decode_chain(struct nlattr *nested, struct nb_hook *hook)
{
	struct nlattr *info[NFNLA_HOOK_INFO_MAX + 1], *chain[NFNLA_CHAIN_MAX + 1];
	char table[64], name[64];

	hook->chain[0] = '\0';
	if (!nested || nla_parse_nested(info, NFNLA_HOOK_INFO_MAX, nested, NULL) < 0 ||
		!info[NFNLA_HOOK_INFO_TYPE] || nla_len(info[NFNLA_HOOK_INFO_TYPE]) < 4 ||
		be32toh(nla_get_u32(info[NFNLA_HOOK_INFO_TYPE])) != NFNL_HOOK_TYPE_NFTABLES ||
		!info[NFNLA_HOOK_INFO_DESC] ||
		nla_parse_nested(chain, NFNLA_CHAIN_MAX, info[NFNLA_HOOK_INFO_DESC], NULL) < 0 ||
		!chain[NFNLA_CHAIN_FAMILY] || nla_len(chain[NFNLA_CHAIN_FAMILY]) < 1)
		return;
	copy_text(chain[NFNLA_CHAIN_TABLE], table, sizeof(table));
	copy_text(chain[NFNLA_CHAIN_NAME], name, sizeof(name));
	snprintf(hook->chain, sizeof(hook->chain), "%s of %s %s", name,
		family_name(nla_get_u8(chain[NFNLA_CHAIN_FAMILY])), table);
}

int nb_hook_decode(const struct nlmsghdr *message, struct nb_hook *hook)
{
	struct nlattr *attrs[NFNLA_HOOK_MAX + 1];
	struct nlattr *priority;

	if (!nlmsg_valid_hdr(message, sizeof(struct nfgenmsg)) ||
		nlmsg_parse((struct nlmsghdr *)message, sizeof(struct nfgenmsg), attrs, NFNLA_HOOK_MAX,
			NULL) < 0)
		return -EBADMSG;
	priority = attrs[NFNLA_HOOK_PRIORITY];
	hook->priority = priority && nla_len(priority) >= 4 ? (int32_t)be32toh(nla_get_u32(priority)) : 0;
	copy_text(attrs[NFNLA_HOOK_FUNCTION_NAME], hook->function, sizeof(hook->function));
	copy_text(attrs[NFNLA_HOOK_MODULE_NAME], hook->module, sizeof(hook->module));
	decode_chain(attrs[NFNLA_HOOK_CHAIN_INFO], hook);
	return 0;
}

static int take_hook(struct nl_msg *message, void *argument)
{
	struct asking *asking = argument;

	if (asking->r == 0 && nb_hook_decode(nlmsg_hdr(message), &asking->hook) == 0)
		asking->r = asking->each(asking->context, &asking->hook);
	return NL_OK;
}

static int take_error(struct sockaddr_nl *from, struct nlmsgerr *error, void *argument)
{
	struct asking *asking = argument;

	asking->r = error->error;
	return NL_STOP;
}

static int ask(struct nl_sock *socket, struct asking *asking)
{
	const struct nfgenmsg header = { .nfgen_family = asking->hook.family };
	struct nl_msg *message = nlmsg_alloc();
	int r = -ENOMEM;

	if (message &&
		nlmsg_put(message, 0, 0, SUBSYSTEM << 8 | NFNL_MSG_HOOK_GET, 0,
			NLM_F_REQUEST | NLM_F_DUMP) &&
		nlmsg_append(message, (void *)&header, sizeof(header), NLMSG_ALIGNTO) == 0 &&
		nla_put_u32(message, NFNLA_HOOK_HOOKNUM, htobe32(asking->hook.point)) == 0)
		r = nl_send_auto(socket, message) < 0 ? -EIO : nl_recvmsgs_default(socket);
	nlmsg_free(message);
	return asking->r < 0 ? asking->r : r < 0 ? -EIO : 0;
}

int nb_hooks_take(int (*each)(void *context, const struct nb_hook *hook), void *context)
{
	static const uint8_t families[] = { AF_INET, AF_INET6 };
	struct asking asking = { .each = each, .context = context };
	struct nl_sock *socket = nl_socket_alloc();
	int r = socket ? 0 : -ENOMEM;

	/* A kernel without netfilter has no such protocol of netlink. */
	if (r == 0 && nl_connect(socket, NETLINK_NETFILTER) < 0)
		r = -EOPNOTSUPP;
	if (r == 0) {
		nl_socket_disable_seq_check(socket);
		nl_socket_modify_cb(socket, NL_CB_VALID, NL_CB_CUSTOM, take_hook, &asking);
		nl_socket_modify_err_cb(socket, NL_CB_CUSTOM, take_error, &asking);
	}
	for (size_t f = 0; f < NB_ARRAY_SIZE(families) && r == 0; f++) {
		for (uint8_t point = 0; point < NB_HOOK_POINTS && r == 0; point++) {
			asking.hook = (struct nb_hook){ .family = families[f], .point = point };
			r = ask(socket, &asking);
		}
	}
	nl_socket_free(socket);
	/* -EINVAL: nfnetlink knows no such subsystem (nfnetlink_rcv_msg()). */
	return r == -EINVAL ? -EOPNOTSUPP : r;
}

struct filtering {
	int (*each)(void *context, const struct nb_entry_filter *filter);
	void *context;
};

static int take_filter(void *context, const struct nlmsghdr *message)
{
	const struct tcmsg *header = nlmsg_data(message);
	const struct filtering *filtering = context;
	struct nb_entry_filter filter = { 0 };
	const struct nlattr *kind;

	if (message->nlmsg_type != RTM_NEWQDISC || !nlmsg_valid_hdr(message, sizeof(*header)))
		return 0;
	kind = nlmsg_find_attr((struct nlmsghdr *)message, sizeof(*header), TCA_KIND);
	if (!kind || header->tcm_parent != TC_H_INGRESS)
		return 0;
	filter.ifindex = header->tcm_ifindex;
	nla_strlcpy(filter.kind, kind, sizeof(filter.kind));
	return filtering->each(filtering->context, &filter);
}

static void forget(void *context)
{
}

int nb_entry_filters_take(struct nb_space *space,
	int (*each)(void *context, const struct nb_entry_filter *filter), void *context)
{
	const struct tcmsg header = { .tcm_family = AF_UNSPEC };
	struct filtering filtering = { each, context };
	const struct nb_rtnl_sink sink = { take_filter, forget, &filtering };
	struct nl_msg *message = nb_rtnl_message(space->rtnl);

	if (!nlmsg_put(message, 0, 0, RTM_GETQDISC, 0, 0) ||
		nlmsg_append(message, (void *)&header, sizeof(header), NLMSG_ALIGNTO) < 0)
		return -ENOMEM;
	return nb_rtnl_dump(space->rtnl, &sink);
}
