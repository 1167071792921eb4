/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "lib/nl/codec.h"

#include <errno.h>
#include <string.h>

#include <netlink/msg.h>

static int put_header(struct nl_msg *msg, int type, int flags, int ifindex, const char *name,
	unsigned set)
{
	const struct ifinfomsg header = {
		.ifi_index = ifindex,
		.ifi_flags = set & NB_SET_UP ? IFF_UP : 0,
		.ifi_change = set & (NB_SET_UP | NB_SET_DOWN) ? IFF_UP : 0,
	};

	if (!nlmsg_put(msg, 0, 0, type, 0, flags) ||
		nlmsg_append(msg, (void *)&header, sizeof(header), NLMSG_ALIGNTO) < 0)
		return -EMSGSIZE;
	/* With an ifindex a name would mean a rename (do_setlink()). */
	if (ifindex == 0 && name && nla_put_string(msg, IFLA_IFNAME, name) < 0)
		return -EMSGSIZE;
	return 0;
}

static int put_gen_mode(struct nl_msg *msg, uint8_t mode)
{
	struct nlattr *families = nla_nest_start(msg, IFLA_AF_SPEC);
	struct nlattr *family = families ? nla_nest_start(msg, AF_INET6) : NULL;

	if (!family || nla_put_u8(msg, IFLA_INET6_ADDR_GEN_MODE, mode) < 0)
		return -EMSGSIZE;
	nla_nest_end(msg, family);
	nla_nest_end(msg, families);
	return 0;
}

/* What op->set says, the flags excepted: they are in the header. */
static int put_settings(struct nl_msg *msg, const struct nb_op *op)
{
	if (op->set & NB_SET_MAC && nla_put(msg, IFLA_ADDRESS, 6, op->mac) < 0)
		return -EMSGSIZE;
	if (op->set & NB_SET_MTU && nla_put_u32(msg, IFLA_MTU, op->mtu) < 0)
		return -EMSGSIZE;
	if (op->set & NB_SET_NAME && nla_put_string(msg, IFLA_IFNAME, op->new_name) < 0)
		return -EMSGSIZE;
	if (op->set & NB_SET_GEN_MODE && op->kind != NB_OP_BOND_CREATE)
		return put_gen_mode(msg, op->addr_gen_mode);
	return 0;
}

/* IFLA_LINKINFO { kind, options }, for a bond or for a slave of one. */
static int put_info(struct nl_msg *msg, const struct nb_optset *opts, int kind, int data,
	const struct nb_codec_names *names, unsigned *ret_attr)
{
	struct nlattr *info = nla_nest_start(msg, IFLA_LINKINFO), *nest;
	int r;

	if (!info || nla_put_string(msg, kind, "bond") < 0)
		return -EMSGSIZE;
	nest = nla_nest_start(msg, data);
	if (!nest)
		return -EMSGSIZE;
	r = nb_codec_put_options(msg, opts, names, ret_attr);
	if (r < 0)
		return r;
	nla_nest_end(msg, nest); /* takes an empty one back */
	nla_nest_end(msg, info);
	return 0;
}

static int put_bond(struct nl_msg *msg, const struct nb_op *op, const struct nb_codec_op *with,
	int flags, unsigned *ret_attr)
{
	int r = put_header(msg, RTM_NEWLINK, flags, with->ifindex, op->link, op->set);

	if (r == 0)
		r = put_settings(msg, op);
	if (r == 0)
		r = put_info(msg, &op->opts, IFLA_INFO_KIND, IFLA_INFO_DATA, &with->names, ret_attr);
	return r;
}

static int put_slave(struct nl_msg *msg, const struct nb_op *op, const struct nb_codec_op *with,
	unsigned *ret_attr)
{
	int r = put_header(msg, RTM_NEWLINK, 0, with->ifindex, op->link, 0);

	if (r < 0)
		return r;
	return put_info(msg, &op->opts, IFLA_INFO_SLAVE_KIND, IFLA_INFO_SLAVE_DATA, &with->names,
		ret_attr);
}

/* Settings of a link with a number beside them: its new master, or the namespace it goes to. */
static int put_link(struct nl_msg *msg, const struct nb_op *op, int ifindex, int attr, int value)
{
	int r = put_header(msg, RTM_SETLINK, 0, ifindex, op->link, op->set);

	if (r == 0)
		r = put_settings(msg, op);
	if (r == 0 && attr != 0 && nla_put_u32(msg, attr, (uint32_t)value) < 0)
		r = -EMSGSIZE;
	return r;
}

static int put_move(struct nl_msg *msg, const struct nb_op *op, const struct nb_codec_op *with)
{
	int r = put_link(msg, op, with->ifindex, IFLA_NET_NS_FD, with->netns_fd);

	/* Where the old name is taken the kernel needs this one to move it at all. */
	if (r == 0 && op->new_name[0] != '\0' && !(op->set & NB_SET_NAME) &&
		nla_put_string(msg, IFLA_IFNAME, op->new_name) < 0)
		r = -EMSGSIZE;
	return r;
}

bool nb_codec_needs_index(const struct nb_op *op)
{
	switch (op->kind) {
	case NB_OP_LINK_MOVE:
	case NB_OP_ADDRESS_ADD:
	case NB_OP_ADDRESS_DELETE:
	case NB_OP_ROUTE_ADD:
	case NB_OP_ROUTE_DELETE:
	case NB_OP_WAIT_ADDRESS:
	case NB_OP_WAIT_USABLE:
	case NB_OP_WAIT_FOLLOW:
		return true;
	case NB_OP_BOND_CREATE:
	case NB_OP_NETNS_CREATE:
	case NB_OP_NETNS_DELETE:
	case NB_OP_TYPE_CREATE:
	case NB_OP_TYPE_SET:
	case NB_OP_TYPE_DELETE:
		return false;
	case NB_OP_BOND_SET:
	case NB_OP_LINK_SET:
	case NB_OP_LINK_DELETE:
	case NB_OP_ENSLAVE:
	case NB_OP_RELEASE:
	case NB_OP_SLAVE_SET:
	case NB_OP_KIND_COUNT:
		break;
	}
	return op->set & NB_SET_NAME;
}

int nb_codec_put_op(struct nl_msg *msg, const struct nb_op *op, const struct nb_codec_op *with,
	unsigned *ret_attr)
{
	const struct nb_codec_op fresh = { .names = with->names };

	*ret_attr = 0;
	switch (op->kind) {
	case NB_OP_BOND_CREATE:
		return put_bond(msg, op, &fresh, NLM_F_CREATE | NLM_F_EXCL, ret_attr);
	case NB_OP_BOND_SET:
		return put_bond(msg, op, with, 0, ret_attr);
	case NB_OP_SLAVE_SET:
		return put_slave(msg, op, with, ret_attr);
	case NB_OP_LINK_SET:
		return put_link(msg, op, with->ifindex, 0, 0);
	case NB_OP_ENSLAVE:
		return put_link(msg, op, with->ifindex, IFLA_MASTER, with->master);
	case NB_OP_RELEASE:
		return put_link(msg, op, with->ifindex, IFLA_MASTER, 0);
	case NB_OP_LINK_MOVE:
		return put_move(msg, op, with);
	case NB_OP_LINK_DELETE:
		return put_header(msg, RTM_DELLINK, 0, with->ifindex, op->link, 0);
	case NB_OP_ADDRESS_ADD:
	case NB_OP_ADDRESS_DELETE:
		return nb_codec_put_address(msg, op, with->ifindex);
	case NB_OP_ROUTE_ADD:
	case NB_OP_ROUTE_DELETE:
		return nb_codec_put_route(msg, op, with->ifindex);
	case NB_OP_NETNS_CREATE:
	case NB_OP_NETNS_DELETE:
	case NB_OP_TYPE_CREATE:
	case NB_OP_TYPE_SET:
	case NB_OP_TYPE_DELETE:
	case NB_OP_WAIT_USABLE:
	case NB_OP_WAIT_ADDRESS:
	case NB_OP_WAIT_FOLLOW:
	case NB_OP_KIND_COUNT:
		break;
	}
	return -EINVAL;
}

int nb_codec_put_gen_mode(struct nl_msg *msg, const struct nb_op *op, int ifindex)
{
	int r = put_header(msg, RTM_SETLINK, 0, ifindex, op->link, 0);

	return r < 0 ? r : put_gen_mode(msg, op->addr_gen_mode);
}

int nb_codec_put_link_dump(struct nl_msg *msg, int master)
{
	int r = put_header(msg, RTM_GETLINK, 0, 0, NULL, 0);

	if (r == 0 && nla_put_u32(msg, IFLA_EXT_MASK, RTEXT_FILTER_SKIP_STATS) < 0)
		r = -EMSGSIZE;
	if (r == 0 && master != 0 && nla_put_u32(msg, IFLA_MASTER, (uint32_t)master) < 0)
		r = -EMSGSIZE;
	return r;
}

int nb_codec_put_link_get(struct nl_msg *msg, int ifindex, const char *name)
{
	int r = put_header(msg, RTM_GETLINK, 0, ifindex, name, 0);

	if (r == 0 && nla_put_u32(msg, IFLA_EXT_MASK, RTEXT_FILTER_SKIP_STATS) < 0)
		r = -EMSGSIZE;
	return r;
}
