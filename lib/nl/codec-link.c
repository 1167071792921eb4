/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "lib/nl/codec.h"

#include <errno.h>
#include <string.h>

#include <netlink/msg.h>

/* What has to be known of a whole link message before parts of it make sense. */
struct parts {
	const struct nlattr *info, *properties, *af;
	int lower;
	bool lower_elsewhere;
};

static int broken(struct nb_diag *diag, const struct nb_link *link, const char *what, int length)
{
	return nb_diag_error(diag, NULL, link->name[0] ? link->name : NULL,
		"the kernel sent a link (ifindex %d) whose %s has %d bytes", link->ifindex, what,
		length);
}

/* A number of exactly @bytes bytes into *@ret. */
static int get_number(const struct nlattr *at, int bytes, const char *what,
	const struct nb_link *link, struct nb_diag *diag, uint32_t *ret)
{
	if (nla_len(at) != bytes)
		return broken(diag, link, what, nla_len(at));
	*ret = bytes == 1 ? nla_get_u8(at) : nla_get_u32(at);
	return 0;
}

/* A NUL-terminated text; NULL when it is none. */
static const char *get_text(const struct nlattr *at)
{
	const char *text = nla_data(at);

	if (nla_len(at) < 1 || text[nla_len(at) - 1] != '\0')
		return NULL;
	return text;
}

static int copy_text(const struct nlattr *at, const char *what, const struct nb_link *link,
	struct nb_diag *diag, char **ret)
{
	const char *text = get_text(at);
	char *copy;

	if (!text)
		return broken(diag, link, what, nla_len(at));
	copy = nb_word_dup(text);
	if (!copy)
		return -ENOMEM;
	nb_word_free(*ret);
	*ret = copy;
	return 0;
}

/* Other link types have hardware addresses of other lengths, or none: no MAC then. */
static void get_mac(const struct nlattr *at, uint8_t mac[6], bool *ret_has)
{
	if (nla_len(at) != 6)
		return;
	memcpy(mac, nla_data(at), 6);
	*ret_has = true;
}

static int get_name(const struct nlattr *at, struct nb_link *link, struct nb_diag *diag)
{
	const char *name = get_text(at);

	if (!name || strlen(name) >= sizeof(link->name) || name[0] == '\0')
		return broken(diag, link, "name", nla_len(at));
	strcpy(link->name, name);
	return 0;
}

static int get_number_attribute(const struct nlattr *at, struct nb_link *link,
	struct parts *parts, struct nb_diag *diag)
{
	uint32_t number = 0;
	int r;

	switch (nla_type(at)) {
	case IFLA_MTU:
		return get_number(at, 4, "MTU", link, diag, &link->mtu);
	case IFLA_MIN_MTU:
		return get_number(at, 4, "least MTU", link, diag, &link->min_mtu);
	case IFLA_MAX_MTU:
		return get_number(at, 4, "largest MTU", link, diag, &link->max_mtu);
	case IFLA_MASTER:
		r = get_number(at, 4, "master", link, diag, &number);
		link->master = (int)number;
		return r;
	case IFLA_LINK:
		r = get_number(at, 4, "lower link", link, diag, &number);
		parts->lower = (int)number;
		return r;
	case IFLA_CARRIER:
		r = get_number(at, 1, "carrier", link, diag, &number);
		link->carrier = number != 0;
		return r;
	case IFLA_CARRIER_CHANGES:
		return get_number(at, 4, "count of carrier changes", link, diag,
			&link->carrier_changes);
	case IFLA_OPERSTATE:
		r = get_number(at, 1, "operational state", link, diag, &number);
		link->operstate = (uint8_t)number;
		return r;
	default: /* of the kernel's, not ours: more come with each release */
		return 0;
	}
}

static int get_attribute(const struct nlattr *at, struct nb_link *link, struct parts *parts,
	struct nb_diag *diag)
{
	switch (nla_type(at)) {
	case IFLA_IFNAME:
		return get_name(at, link, diag);
	case IFLA_LINKINFO:
		parts->info = at;
		return 0;
	case IFLA_PROP_LIST:
		parts->properties = at;
		return 0;
	case IFLA_AF_SPEC:
		parts->af = at;
		return 0;
	case IFLA_LINK_NETNSID:
		parts->lower_elsewhere = true;
		return 0;
	case IFLA_ADDRESS:
		get_mac(at, link->mac, &link->has_mac);
		return 0;
	case IFLA_PERM_ADDRESS:
		get_mac(at, link->permanent_mac, &link->has_permanent_mac);
		return 0;
	case IFLA_PARENT_DEV_NAME:
		return copy_text(at, "parent device", link, diag, &link->parent);
	case IFLA_PARENT_DEV_BUS_NAME:
		return copy_text(at, "parent bus", link, diag, &link->parent_bus);
	default:
		return get_number_attribute(at, link, parts, diag);
	}
}

static int get_altnames(const struct nlattr *list, struct nb_link *link, struct nb_diag *diag)
{
	struct nlattr *at;
	int rest;

	nla_for_each_nested(at, list, rest) {
		const char *name = get_text(at);

		if (nla_type(at) != IFLA_ALT_IFNAME)
			continue;
		if (!name)
			return broken(diag, link, "alternative name", nla_len(at));
		if (nb_link_add_altname(link, name) < 0)
			return -ENOMEM;
	}
	return 0;
}

static int get_info(const struct nlattr *info, struct nb_link *link,
	struct nb_codec_later *later, uint64_t *known, struct nb_diag *diag)
{
	const struct nlattr *data = NULL, *slave_data = NULL;
	struct nlattr *at;
	int rest, r = 0;

	nla_for_each_nested(at, info, rest) {
		if (nla_type(at) == IFLA_INFO_KIND)
			r = copy_text(at, "kind", link, diag, &link->kind);
		else if (nla_type(at) == IFLA_INFO_SLAVE_KIND)
			r = copy_text(at, "slave kind", link, diag, &link->slave_kind);
		else if (nla_type(at) == IFLA_INFO_DATA)
			data = at;
		else if (nla_type(at) == IFLA_INFO_SLAVE_DATA)
			slave_data = at;
		if (r < 0)
			return r;
	}
	if (data && nb_link_is_bond(link))
		r = nb_codec_get_options(data, link->name, &link->bond, later,
			&known[NB_SCOPE_BOND], diag);
	if (r == 0 && slave_data && nb_streq(link->slave_kind, "bond"))
		r = nb_codec_get_options(slave_data, link->name, &link->slave, later,
			&known[NB_SCOPE_SLAVE], diag);
	return r;
}

/* IFLA_AF_SPEC { AF_INET6 { IFLA_INET6_ADDR_GEN_MODE } } */
static int get_gen_mode(const struct nlattr *families, struct nb_link *link, struct nb_diag *diag)
{
	struct nlattr *family, *at;
	int rest, inner;

	nla_for_each_nested(family, families, rest) {
		if (nla_type(family) != AF_INET6)
			continue;
		nla_for_each_nested(at, family, inner) {
			if (nla_type(at) != IFLA_INET6_ADDR_GEN_MODE)
				continue;
			if (nla_len(at) != 1)
				return broken(diag, link, "address generation mode", nla_len(at));
			link->addr_gen_mode = nla_get_u8(at);
		}
	}
	return 0;
}

static int get_parts(const struct parts *parts, struct nb_link *link,
	struct nb_codec_later *later, uint64_t *known, struct nb_diag *diag)
{
	int r = 0;

	if (!parts->lower_elsewhere)
		link->lower = parts->lower;
	if (parts->info)
		r = get_info(parts->info, link, later, known, diag);
	if (r == 0 && parts->properties)
		r = get_altnames(parts->properties, link, diag);
	if (r == 0 && parts->af)
		r = get_gen_mode(parts->af, link, diag);
	return r;
}

int nb_codec_get_link(const struct nlmsghdr *message, struct nb_link **ret,
	struct nb_codec_later *later, uint64_t *known, struct nb_diag *diag)
{
	const struct ifinfomsg *header = nlmsg_data(message);
	const size_t n_later = later->n_items;
	NB_CLEANUP(nb_link_freep) struct nb_link *link = NULL;
	struct parts parts = { 0 };
	struct nlattr *at;
	int rest, r = 0;

	if (!nlmsg_valid_hdr(message, sizeof(*header)))
		return nb_diag_error(diag, NULL, NULL, "the kernel sent a link without a header");
	link = nb_link_new("");
	if (!link)
		return -ENOMEM;
	link->ifindex = header->ifi_index;
	link->type = header->ifi_type;
	link->flags = header->ifi_flags;
	nlmsg_for_each_attr(at, (struct nlmsghdr *)message, (int)sizeof(*header), rest) {
		r = get_attribute(at, link, &parts, diag);
		if (r < 0)
			return r;
	}
	if (rest > 0 || link->name[0] == '\0')
		return broken(diag, link, rest > 0 ? "last attribute" : "name", NB_MAX(rest, 0));
	r = get_parts(&parts, link, later, known, diag);
	if (r < 0) {
		later->n_items = n_later; /* they point into the link that goes */
		return r;
	}
	*ret = nb_steal(&link);
	return 0;
}
