/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * Between the model and rtnetlink messages; no I/O. What an option looks like on the wire is in
 * its row of the option table, so a new option needs nothing here.
 *
 * Decoding is strict with what it knows (a wrong length is an error that names the attribute) and
 * passes over what it does not know: the kernel grows.
 */

#include "lib/core/diag.h"
#include "lib/core/op.h"

struct nl_msg;
struct nlattr;
struct nlmsghdr;

/* Where the ifindex of a device of one namespace comes from. */
struct nb_codec_names {
	/* Return: the ifindex, -ENODEV, or another negative errno. */
	int (*index)(void *context, const char *name);
	void *context;
};

/*
 * Options that hold an ifindex on the wire and a name in the model: decoded later, when all names
 * are known. Zero is an empty list.
 */
struct nb_codec_later {
	struct {
		struct nb_optset *set;
		unsigned attr;
		int ifindex;
	} *items;
	size_t n_items, capacity;
};

/** nb_codec_later_done() - free the list, not the sets it points at */
void nb_codec_later_done(struct nb_codec_later *later);

/**
 * nb_codec_put_options() - append the attributes of all values of @set that may be written
 * @names:  for values that name a device
 * @ret_attr:  the option that failed, on failure
 *
 * Read-only values are left out. Return: 0; -ENODEV no device of that name; -EMSGSIZE.
 */
int nb_codec_put_options(struct nl_msg *msg, const struct nb_optset *set,
	const struct nb_codec_names *names, unsigned *ret_attr);

/**
 * nb_codec_get_options() - read the attributes inside @nest into @ret
 * @object:  for messages: "bond0"
 * @ret:     its .scope says which rows; values are added
 * @later:   receives the values that are an ifindex; @ret must stay where it is
 * @known:   receives the attributes that were there and have a row, may be NULL
 *
 * A MAC of another length than 6 (InfiniBand has 20 bytes, a tunnel none) gives no value.
 * Return: 0; -EBADMSG with the sentence in @diag; -ENOMEM.
 */
int nb_codec_get_options(const struct nlattr *nest, const char *object, struct nb_optset *ret,
	struct nb_codec_later *later, uint64_t *known, struct nb_diag *diag);

/**
 * nb_codec_get_link() - read an RTM_NEWLINK message
 * @later:  values that are an ifindex, with pointers into *@ret
 * @known:  NB_SCOPE_COUNT masks of the attributes seen, added to
 *
 * .lower is the raw IFLA_LINK. Return: 0; -EBADMSG; -ENOMEM.
 */
int nb_codec_get_link(const struct nlmsghdr *message, struct nb_link **ret,
	struct nb_codec_later *later, uint64_t *known, struct nb_diag *diag);

/**
 * nb_codec_get_address() - read an RTM_NEWADDR message
 * @ret_ifindex:  the device that has it
 *
 * Return: 1; 0 for a family other than IPv4 and IPv6; -EBADMSG.
 */
int nb_codec_get_address(const struct nlmsghdr *message, struct nb_address *ret, int *ret_ifindex,
	struct nb_diag *diag);

#define NB_CODEC_HOPS_MAX 64 /* devices of one route that are told apart */

/* A route and the devices it goes out by. */
struct nb_codec_route {
	struct nb_route route; /* owned: nb_route_done() */
	unsigned n_hops;
	int hops[NB_CODEC_HOPS_MAX]; /* ifindexes, each once */
};

/**
 * nb_codec_get_route() - read an RTM_NEWROUTE message
 *
 * Whatever has no field in the model (several next hops, metrics, encapsulation) goes into its
 * .attributes, without what is the kernel's own state (RTNH_F_DEAD), so that it can be sent as
 * it is. Return: 1; 0 for another family or a cached clone; -EBADMSG; -ENOMEM. *@ret owns
 * something only after 1.
 */
int nb_codec_get_route(
	const struct nlmsghdr *message, struct nb_codec_route *ret, struct nb_diag *diag);

/* What an operation needs to know of its namespace to become a message. */
struct nb_codec_op {
	int ifindex;	/* of op->link; 0 = the message names it */
	int master;	/* ENSLAVE: ifindex of the bond */
	int netns_fd;	/* LINK_MOVE: the target */
	struct nb_codec_names names;
};

/**
 * nb_codec_needs_index() - whether the message of @op must carry the ifindex of its device
 *
 * Addresses, routes, a move and a rename do; else the kernel finds the device by its name.
 */
bool nb_codec_needs_index(const struct nb_op *op);

/**
 * nb_codec_put_op() - the one request that is @op
 * @msg:       empty
 * @ret_attr:  on failure the option of op->opts that failed, 0 = none
 *
 * Not for NETNS_* and WAIT_*, which are no request. BOND_CREATE leaves out NB_SET_GEN_MODE: the
 * kernel has no IPv6 on a device it is making and refuses it there (inet6_validate_link_af():
 * EAFNOSUPPORT); nb_codec_put_gen_mode() follows.
 * Return: 0; -ENODEV a named device is not there; -EINVAL an operation that is no request;
 * -EMSGSIZE.
 */
int nb_codec_put_op(struct nl_msg *msg, const struct nb_op *op, const struct nb_codec_op *with,
	unsigned *ret_attr);

/** nb_codec_put_gen_mode() - a request that sets op->addr_gen_mode of op->link. Return: 0, -EMSGSIZE. */
int nb_codec_put_gen_mode(struct nl_msg *msg, const struct nb_op *op, int ifindex);

/** nb_codec_put_address() - NB_OP_ADDRESS_* on the device @ifindex. Return: 0, -EMSGSIZE. */
int nb_codec_put_address(struct nl_msg *msg, const struct nb_op *op, int ifindex);

/**
 * nb_codec_put_route() - NB_OP_ROUTE_* out of the device @ifindex
 *
 * Adding refuses what is there (EEXIST): for IPv4 an entry of the same prefix, table and metric,
 * for IPv6 one of the same gateway and device besides (without NLM_F_EXCL, which would compare
 * prefix, table and metric alone: fib6_add_rt2node()). NB_OP_REPLACE takes its place instead.
 * Return: 0, -EMSGSIZE.
 */
int nb_codec_put_route(struct nl_msg *msg, const struct nb_op *op, int ifindex);

/** nb_codec_put_link_dump() - dump links, without statistics; @master 0 = all. Return: 0, -EMSGSIZE. */
int nb_codec_put_link_dump(struct nl_msg *msg, int master);

/** nb_codec_put_link_get() - ask for one link, by index or (0) by name. Return: 0, -EMSGSIZE. */
int nb_codec_put_link_get(struct nl_msg *msg, int ifindex, const char *name);

/** nb_codec_put_address_dump() - dump addresses; @ifindex 0 = all devices. Return: 0, -EMSGSIZE. */
int nb_codec_put_address_dump(struct nl_msg *msg, uint8_t family, int ifindex);

/** nb_codec_put_route_dump() - dump the routes of one protocol, all tables. Return: 0, -EMSGSIZE. */
int nb_codec_put_route_dump(struct nl_msg *msg, uint8_t family, uint8_t protocol);

/**
 * nb_codec_find_option() - which option of a request lies at @offset
 * @offset:  in bytes from @request, as NLMSGERR_ATTR_OFFS tells it
 *
 * Return: true with scope and attribute; false when it is no option of the table.
 */
bool nb_codec_find_option(const struct nlmsghdr *request, uint32_t offset,
	enum nb_scope *ret_scope, unsigned *ret_attr);
