/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "lib/nl/codec.h"

#include <errno.h>
#include <string.h>

#include <netlink/msg.h>

#define ADDRESS_BYTES_MAX 32 /* MAX_ADDR_LEN */

void nb_codec_later_done(struct nb_codec_later *later)
{
	free(later->items);
	*later = (struct nb_codec_later){ 0 };
}

/* Bytes of an address of a target list. */
static int target_bytes(enum nb_wire wire)
{
	return wire == NB_WIRE_IP4S ? sizeof(struct in_addr) : sizeof(struct in6_addr);
}

/* An empty list is sent as an empty nest: the kernel clears the list then (bond_changelink()). */
static int put_targets(struct nl_msg *msg, unsigned attr, enum nb_wire wire,
	const struct nb_targets *targets)
{
	struct nlattr *nest = nla_nest_start(msg, (int)attr);

	if (!nest)
		return -EMSGSIZE;
	for (unsigned i = 0; targets && i < targets->n; i++)
		if (nla_put(msg, (int)i, target_bytes(wire), &targets->a[i]) < 0)
			return -EMSGSIZE;
	nla_nest_end_keep_empty(msg, nest);
	return 0;
}

/* No name is ifindex 0: the kernel clears primary and active_slave by it. */
static int put_name(struct nl_msg *msg, unsigned attr, const char *name,
	const struct nb_codec_names *names)
{
	int ifindex = 0;

	if (name) {
		ifindex = names->index(names->context, name);
		if (ifindex < 0)
			return ifindex;
	}
	return nla_put_u32(msg, (int)attr, (uint32_t)ifindex);
}

static int put_value(struct nl_msg *msg, const struct nb_option *row, unsigned attr,
	union nb_value value, const struct nb_codec_names *names)
{
	switch (row->wire) {
	case NB_WIRE_U8:
		return nla_put_u8(msg, (int)attr, (uint8_t)value.u);
	case NB_WIRE_U16:
		return nla_put_u16(msg, (int)attr, (uint16_t)value.u);
	case NB_WIRE_U32:
		return nla_put_u32(msg, (int)attr, (uint32_t)value.u);
	case NB_WIRE_S32:
		return nla_put_s32(msg, (int)attr, (int32_t)value.s);
	case NB_WIRE_MAC:
		return nla_put(msg, (int)attr, 6, value.mac);
	case NB_WIRE_IFINDEX:
		return put_name(msg, attr, value.name, names);
	case NB_WIRE_IP4S:
	case NB_WIRE_IP6S:
		return put_targets(msg, attr, row->wire, value.targets);
	case NB_WIRE_NEST:
		return 0; /* only read-only rows are nests of rows */
	}
	return -EINVAL;
}

int nb_codec_put_options(struct nl_msg *msg, const struct nb_optset *set,
	const struct nb_codec_names *names, unsigned *ret_attr)
{
	nb_foreach_bit(attr, set->present) {
		const struct nb_option *row = nb_option_get(set->scope, attr);
		int r;

		if (!row || row->flags & NB_OPTION_READONLY)
			continue;
		r = put_value(msg, row, attr, nb_optset_get(set, attr), names);
		if (r < 0) {
			*ret_attr = attr;
			return r == -ENODEV ? -ENODEV : -EMSGSIZE;
		}
	}
	return 0;
}

static int wrong_length(struct nb_diag *diag, const char *object, const struct nb_option *row,
	int length, int expected)
{
	return nb_diag_error(diag, NULL, object,
		"the kernel sent %s with %d bytes where %d are expected", row->name, length,
		expected);
}

static int get_targets(const struct nlattr *nest, const struct nb_option *row, const char *object,
	union nb_value *ret, struct nb_diag *diag)
{
	const int bytes = target_bytes(row->wire);
	NB_CLEANUP(nb_freep) struct nb_targets *targets = calloc(1, sizeof(*targets));
	struct nlattr *at;
	int rest;

	if (!targets)
		return -ENOMEM;
	nla_for_each_nested(at, nest, rest) {
		if (nla_len(at) != bytes)
			return wrong_length(diag, object, row, nla_len(at), bytes);
		if (targets->n == NB_TARGETS_MAX)
			return nb_diag_error(diag, NULL, object,
				"the kernel sent more than %d addresses of %s", NB_TARGETS_MAX,
				row->name);
		memcpy(&targets->a[targets->n++], nla_data(at), (size_t)bytes);
	}
	if (rest > 0)
		return nb_diag_error(diag, NULL, object, "the kernel sent %s with a broken list",
			row->name);
	/* An empty list is NULL, so that equal values look equal. */
	ret->targets = targets->n > 0 ? nb_steal(&targets) : NULL;
	return 0;
}

static int get_nest(const struct nlattr *nest, const struct nb_option *row, const char *object,
	struct nb_codec_later *later, union nb_value *ret, struct nb_diag *diag)
{
	struct nb_optset *set = calloc(1, sizeof(*set));
	int r;

	if (!set)
		return -ENOMEM;
	set->scope = row->nested;
	r = nb_codec_get_options(nest, object, set, later, NULL, diag);
	if (r < 0) {
		nb_optset_done(set);
		free(set);
		return r;
	}
	ret->set = set;
	return 0;
}

static int add_later(struct nb_codec_later *later, struct nb_optset *set, unsigned attr, int ifindex)
{
	if (nb_grow(&later->items, later->n_items, &later->capacity, sizeof(*later->items)) < 0)
		return -ENOMEM;
	later->items[later->n_items].set = set;
	later->items[later->n_items].attr = attr;
	later->items[later->n_items++].ifindex = ifindex;
	return 0;
}

/* Bytes of a value of fixed length, 0 for one that has none. */
static int fixed_bytes(enum nb_wire wire)
{
	switch (wire) {
	case NB_WIRE_U8:
		return 1;
	case NB_WIRE_U16:
		return 2;
	case NB_WIRE_U32:
	case NB_WIRE_S32:
	case NB_WIRE_IFINDEX:
		return 4;
	case NB_WIRE_MAC:
	case NB_WIRE_IP4S:
	case NB_WIRE_IP6S:
	case NB_WIRE_NEST:
		return 0;
	}
	return 0;
}

/* Reads one value. Return: 1 it is in *ret; 0 there is none (yet); a negative errno. */
static int get_value(const struct nlattr *at, const struct nb_option *row, unsigned attr,
	const char *object, struct nb_optset *set, struct nb_codec_later *later,
	union nb_value *ret, struct nb_diag *diag)
{
	const int length = nla_len(at), expected = fixed_bytes(row->wire);
	int r;

	if (expected != 0 && length != expected)
		return wrong_length(diag, object, row, length, expected);
	switch (row->wire) {
	case NB_WIRE_U8:
		ret->u = nla_get_u8(at);
		return 1;
	case NB_WIRE_U16:
		ret->u = nla_get_u16(at);
		return 1;
	case NB_WIRE_U32:
		ret->u = nla_get_u32(at);
		return 1;
	case NB_WIRE_S32:
		ret->s = nla_get_s32(at);
		return 1;
	case NB_WIRE_MAC:
		if (length == 0 || (length > 6 && length <= ADDRESS_BYTES_MAX))
			return 0;
		if (length != 6)
			return wrong_length(diag, object, row, length, 6);
		memcpy(ret->mac, nla_data(at), 6);
		return 1;
	case NB_WIRE_IFINDEX:
		return add_later(later, set, attr, (int)nla_get_u32(at));
	case NB_WIRE_IP4S:
	case NB_WIRE_IP6S:
		r = get_targets(at, row, object, ret, diag);
		return r < 0 ? r : 1;
	case NB_WIRE_NEST:
		r = get_nest(at, row, object, later, ret, diag);
		return r < 0 ? r : 1;
	}
	return 0;
}

int nb_codec_get_options(const struct nlattr *nest, const char *object, struct nb_optset *ret,
	struct nb_codec_later *later, uint64_t *known, struct nb_diag *diag)
{
	struct nlattr *at;
	int rest;

	nla_for_each_nested(at, nest, rest) {
		const unsigned attr = (unsigned)nla_type(at);
		const struct nb_option *row = nb_option_get(ret->scope, attr);
		union nb_value value = { 0 };
		int r;

		if (!row)
			continue;
		if (known)
			*known |= NB_BIT(attr);
		r = get_value(at, row, attr, object, ret, later, &value, diag);
		if (r < 0)
			return r;
		if (r > 0 && nb_optset_set(ret, attr, value) < 0)
			return -ENOMEM;
	}
	if (rest > 0)
		return nb_diag_error(
			diag, NULL, object, "the kernel sent options that end in the middle of one");
	return 0;
}

/* The attribute, from @first on, that covers @place; NULL when none does. */
static const struct nlattr *covering(
	const struct nlattr *first, int size, const char *place)
{
	for (const struct nlattr *at = first; nla_ok(at, size); at = nla_next(at, &size))
		if (place >= (const char *)at && place < (const char *)at + at->nla_len)
			return at;
	return NULL;
}

static const struct nlattr *covering_inside(const struct nlattr *nest, const char *place)
{
	return covering(nla_data(nest), nla_len(nest), place);
}

bool nb_codec_find_option(const struct nlmsghdr *request, uint32_t offset,
	enum nb_scope *ret_scope, unsigned *ret_attr)
{
	const char *place = (const char *)request + offset;
	enum nb_scope scope = NB_SCOPE_LINK;
	const struct nlattr *at;

	if (request->nlmsg_type != RTM_NEWLINK && request->nlmsg_type != RTM_SETLINK)
		return false;
	if (offset == 0 || offset >= request->nlmsg_len)
		return false;
	at = covering(nlmsg_attrdata(request, sizeof(struct ifinfomsg)),
		nlmsg_attrlen(request, sizeof(struct ifinfomsg)), place);
	if (at && nla_type(at) == IFLA_LINKINFO) {
		at = covering_inside(at, place);
		if (!at)
			return false;
		if (nla_type(at) != IFLA_INFO_DATA && nla_type(at) != IFLA_INFO_SLAVE_DATA)
			return false;
		scope = nla_type(at) == IFLA_INFO_DATA ? NB_SCOPE_BOND : NB_SCOPE_SLAVE;
		at = covering_inside(at, place);
	}
	if (!at || !nb_option_get(scope, (unsigned)nla_type(at)))
		return false;
	*ret_scope = scope;
	*ret_attr = (unsigned)nla_type(at);
	return true;
}
