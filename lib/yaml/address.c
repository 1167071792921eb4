/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <string.h>

#include "lib/yaml/network.h"

const struct nb_name nb_yaml_scopes[] = {
	{ "global", RT_SCOPE_UNIVERSE }, { "site", RT_SCOPE_SITE }, { "link", RT_SCOPE_LINK },
	{ "host", RT_SCOPE_HOST }, { "nowhere", RT_SCOPE_NOWHERE }, { 0 }
};

const struct nb_name nb_yaml_address_protos[] = {
	{ "unspec", 0 }, { "kernel-lo", 1 }, { "kernel-ra", 2 }, { "kernel-ll", 3 },
	{ "netbond", NB_PROTOCOL }, { 0 } /* IFAPROT_*, Linux 5.18 */
};

const struct nb_name nb_yaml_address_flags[] = {
	{ "secondary", IFA_F_SECONDARY }, { "nodad", IFA_F_NODAD },
	{ "optimistic", IFA_F_OPTIMISTIC }, { "dadfailed", IFA_F_DADFAILED },
	{ "home", IFA_F_HOMEADDRESS }, { "deprecated", IFA_F_DEPRECATED },
	{ "tentative", IFA_F_TENTATIVE }, { "permanent", IFA_F_PERMANENT },
	{ "mngtmpaddr", IFA_F_MANAGETEMPADDR }, { "noprefixroute", IFA_F_NOPREFIXROUTE },
	{ "autojoin", IFA_F_MCAUTOJOIN }, { "stable-privacy", IFA_F_STABLE_PRIVACY }, { 0 }
};

uint8_t nb_yaml_address_scope(const struct nb_ip *ip)
{
	if (nb_ip_is_loopback(ip))
		return RT_SCOPE_HOST;
	return nb_ip_is_linklocal(ip) ? RT_SCOPE_LINK : RT_SCOPE_UNIVERSE;
}

uint32_t nb_yaml_address_default_flags(const struct nb_address *address)
{
	return (address->valid == NB_FOREVER ? IFA_F_PERMANENT : 0) |
		(address->preferred == 0 ? IFA_F_DEPRECATED : 0);
}

/* An address under construction, and what was said of it. */
struct making {
	struct nb_address *address;
	bool has_ip, has_scope, has_flags;
	struct nb_mark nodad_mark;
};

/* The length of an IPv4 netmask; -1 when it is none. */
static int mask_length(const char *text)
{
	struct nb_ip ip;
	uint32_t mask;

	if (nb_ip_parse(text, AF_INET, &ip) < 0)
		return -1;
	mask = (uint32_t)ip.bytes[0] << 24 | (uint32_t)ip.bytes[1] << 16 |
		(uint32_t)ip.bytes[2] << 8 | ip.bytes[3];
	return (~mask & (~mask + 1)) == 0 ? __builtin_popcount(mask) : -1;
}

static void tell_prefix(struct nb_yaml_walk *w, const struct nb_yaml_node *node, int k)
{
	const char *text = node->text, *slash = strchr(text, '/');
	bool ip6 = strchr(text, ':') != NULL;
	int head = slash ? (int)NB_MIN((size_t)(slash - text), (size_t)64) : 0;
	int length = slash ? mask_length(slash + 1) : -1;

	if (k == -ENOENT) {
		nb_diag_error(w->diag, &node->mark, NULL, "%s: '%s' has no prefix length",
			nb_yaml_label(node), text);
		nb_diag_hint(w->diag, ip6 ? "write %s/64, or the length your network has" :
					    "write %s/24 for the netmask 255.255.255.0", text);
	} else if (k == -ERANGE) {
		nb_diag_error(w->diag, &node->mark, NULL, "%s: the prefix length of '%s' is too large",
			nb_yaml_label(node), text);
		nb_diag_hint(w->diag, "an %s address has at most /%d", ip6 ? "IPv6" : "IPv4",
			ip6 ? 128 : 32);
	} else if (length >= 0) {
		nb_diag_error(w->diag, &node->mark, NULL,
			"%s: '%s' has a netmask, expected a prefix length", nb_yaml_label(node), text);
		nb_diag_hint(w->diag, "write %.*s/%d", head, text, length);
	} else {
		nb_diag_error(w->diag, &node->mark, NULL,
			"%s: '%.64s' is not an address with prefix length", nb_yaml_label(node), text);
		nb_diag_hint(w->diag, "write it as 192.0.2.10/24 or 2001:db8::10/64");
	}
}

static int take_cidr(
	struct nb_yaml_walk *w, const struct nb_yaml_node *node, struct making *making)
{
	struct nb_address *address = making->address;
	const char *text;
	int k;

	k = nb_yaml_text(w, node, &text);
	if (k < 0)
		return k;
	k = nb_prefix_parse(text, true, &address->ip, &address->prefix_length);
	if (k < 0) {
		tell_prefix(w, node, k);
		return -EBADMSG;
	}
	making->has_ip = true;
	return 0;
}

static int take_address(struct nb_yaml_walk *w, const struct nb_yaml_node *node, void *object)
{
	return take_cidr(w, node, object);
}

static int tell_lifetime(struct nb_yaml_walk *w, const struct nb_yaml_node *node)
{
	nb_diag_error(w->diag, &node->mark, NULL, "%s: '%.64s' is not supported, expected 0 or forever",
		nb_yaml_label(node), node->text);
	nb_diag_hint(w->diag, "0 keeps the address without using it for new connections; an address "
			      "that runs out belongs to DHCP or router advertisements");
	return -EBADMSG;
}

static int take_lifetime(
	struct nb_yaml_walk *w, const struct nb_yaml_node *node, bool any, uint32_t *ret)
{
	const char *text;
	int64_t seconds;
	int k;

	k = nb_yaml_text(w, node, &text);
	if (k < 0)
		return k;
	if (strcmp(text, "forever") == 0) {
		*ret = NB_FOREVER;
		return 0;
	}
	if (!any && strcmp(text, "0") != 0)
		return tell_lifetime(w, node);
	k = nb_yaml_number(w, node, 0, NB_FOREVER - 1, &seconds);
	if (k == 0)
		*ret = (uint32_t)seconds;
	return k;
}

static int take_preferred(struct nb_yaml_walk *w, const struct nb_yaml_node *node, void *object)
{
	return take_lifetime(w, node, false, &((struct making *)object)->address->preferred);
}

static int take_any_preferred(struct nb_yaml_walk *w, const struct nb_yaml_node *node, void *object)
{
	return take_lifetime(w, node, true, &((struct making *)object)->address->preferred);
}

static int take_valid(struct nb_yaml_walk *w, const struct nb_yaml_node *node, void *object)
{
	return take_lifetime(w, node, true, &((struct making *)object)->address->valid);
}

static int take_nodad(struct nb_yaml_walk *w, const struct nb_yaml_node *node, void *object)
{
	struct making *making = object;
	bool nodad;
	int k;

	k = nb_yaml_bool(w, node, &nodad);
	if (k < 0)
		return k;
	making->nodad_mark = node->key->mark;
	if (nodad)
		making->address->flags |= IFA_F_NODAD;
	return 0;
}

static int take_label(struct nb_yaml_walk *w, const struct nb_yaml_node *node, void *object)
{
	struct making *making = object;
	const char *text;
	int k;

	k = nb_yaml_text(w, node, &text);
	if (k < 0)
		return k;
	if (strlen(text) >= sizeof(making->address->label) || strchr(text, ' ')) {
		nb_diag_error(w->diag, &node->mark, NULL, "label: '%.64s' cannot be a label", text);
		nb_diag_hint(w->diag, "a label has 1 to %d bytes without space, such as bond0:web",
			IFNAMSIZ - 1);
		return -EBADMSG;
	}
	strcpy(making->address->label, text);
	return 0;
}

static int take_peer(struct nb_yaml_walk *w, const struct nb_yaml_node *node, void *object)
{
	return nb_yaml_ip(w, node, AF_UNSPEC, &((struct making *)object)->address->peer);
}

static int take_broadcast(struct nb_yaml_walk *w, const struct nb_yaml_node *node, void *object)
{
	return nb_yaml_ip(w, node, AF_INET, &((struct making *)object)->address->broadcast);
}

static int take_scope(struct nb_yaml_walk *w, const struct nb_yaml_node *node, void *object)
{
	struct making *making = object;

	making->has_scope = true;
	return nb_yaml_byte(w, node, nb_yaml_scopes, &making->address->scope);
}

static int take_proto(struct nb_yaml_walk *w, const struct nb_yaml_node *node, void *object)
{
	return nb_yaml_byte(
		w, node, nb_yaml_address_protos, &((struct making *)object)->address->proto);
}

static int take_metric(struct nb_yaml_walk *w, const struct nb_yaml_node *node, void *object)
{
	return nb_yaml_u32(w, node, 0, &((struct making *)object)->address->metric);
}

static int take_flag(struct nb_yaml_walk *w, const struct nb_yaml_node *node, void *object)
{
	uint32_t flag;
	int k;

	k = nb_yaml_code(w, node, nb_yaml_address_flags, UINT32_MAX, &flag);
	if (k == 0)
		((struct making *)object)->address->flags |= flag;
	return k;
}

static int take_flags(struct nb_yaml_walk *w, const struct nb_yaml_node *node, void *object)
{
	((struct making *)object)->has_flags = true;
	return nb_yaml_take_list(w, node, "flags: [permanent]", take_flag, object);
}

static const struct nb_yaml_field config_fields[] = {
	{ "address", take_address },
	{ "preferred", take_preferred },
	{ "nodad", take_nodad },
	{ "label", take_label },
	{ 0 },
};

static const struct nb_yaml_field snapshot_fields[] = {
	{ "address", take_address },
	{ "preferred", take_any_preferred },
	{ "nodad", take_nodad },
	{ "label", take_label },
	{ "valid", take_valid },
	{ "peer", take_peer },
	{ "broadcast", take_broadcast },
	{ "scope", take_scope },
	{ "proto", take_proto },
	{ "metric", take_metric },
	{ "flags", take_flags },
	{ 0 },
};

static const struct nb_yaml_foreign foreign[] = {
	{ "lifetime", "write preferred: 0 or preferred: forever" },
	{ "valid", "addresses here last for ever; write preferred: 0 to have one not used for new "
		   "connections" },
	{ "ip", "write address: 192.0.2.10/24" },
	{ "prefix-length", "write it with the address: address: 192.0.2.10/24" },
	{ 0 },
};

/* Every other rule over a whole address is nb_rules_check()'s. */
static int finish(
	struct nb_yaml_walk *w, const struct nb_yaml_node *node, const struct making *making)
{
	if (!making->has_ip) {
		nb_diag_error(w->diag, &node->mark, NULL, "%s: an item without 'address'",
			nb_yaml_label(node));
		nb_diag_hint(w->diag, "write {address: 192.0.2.10/24, ...}");
		return -EBADMSG;
	}
	if (making->nodad_mark.line && making->address->ip.family != AF_INET6) {
		nb_diag_error(w->diag, &making->nodad_mark, NULL,
			"nodad: only IPv6 addresses have duplicate address detection");
		nb_diag_hint(w->diag, "leave nodad out");
		return -EBADMSG;
	}
	return 0;
}

int nb_yaml_take_address(struct nb_yaml_walk *w, const struct nb_yaml_node *node, bool snapshot,
	struct nb_address *ret)
{
	const struct nb_yaml_shape shape = {
		.what = "an address",
		.fields = snapshot ? snapshot_fields : config_fields,
		.foreign = foreign,
	};
	struct nb_address address = {
		.preferred = NB_FOREVER,
		.valid = NB_FOREVER,
		.proto = snapshot ? 0 : NB_PROTOCOL,
		.mark = node->mark,
	};
	struct making making = { .address = &address };
	int k;

	if (node->kind == NB_YAML_MAP)
		k = nb_yaml_take_map(w, node, &shape, &making);
	else
		k = take_cidr(w, node, &making);
	if (k < 0)
		return k;
	k = finish(w, node, &making);
	if (k < 0)
		return k;
	if (!making.has_scope)
		address.scope = nb_yaml_address_scope(&address.ip);
	if (snapshot && !making.has_flags)
		address.flags |= nb_yaml_address_default_flags(&address);
	*ret = address;
	return 0;
}
