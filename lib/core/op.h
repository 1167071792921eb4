/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * One step of a plan: what is asked of the kernel, and why. An operation is one netlink request
 * (or, for a namespace, one act of the helper), so that the plan shown is the plan run.
 */

#include "lib/core/model.h"

enum nb_op_kind {
	NB_OP_NETNS_CREATE,   /* make and pin the namespace .namespace, lo up */
	NB_OP_NETNS_DELETE,   /* unpin the namespace .namespace */
	NB_OP_TYPE_CREATE,    /* make and pin .nstype of the set .namespace; with .from pin that one's */
	NB_OP_TYPE_SET,	      /* set .nstraits->hostname in the uts of the set .namespace */
	NB_OP_TYPE_DELETE,    /* unpin .nstype of the set .namespace */
	NB_OP_BOND_CREATE,    /* new bond .link with .opts and what .set says */
	NB_OP_BOND_SET,	      /* options of bond .link: .opts, and what .set says */
	NB_OP_LINK_SET,	      /* what .set says of any link */
	NB_OP_LINK_DELETE,
	NB_OP_LINK_MOVE,      /* .link to .to_namespace under the name .new_name */
	NB_OP_ENSLAVE,	      /* .link gets the master .master; down first where .set has DOWN */
	NB_OP_RELEASE,	      /* .link gets no master */
	NB_OP_SLAVE_SET,      /* slave options of .link: .opts */
	NB_OP_ADDRESS_ADD,
	NB_OP_ADDRESS_DELETE,
	NB_OP_ROUTE_ADD,
	NB_OP_ROUTE_DELETE,
	NB_OP_WAIT_USABLE,    /* until .least slaves of bond .link other than .master are usable */
	NB_OP_WAIT_ADDRESS,   /* until .address of .link is no longer tentative */
	NB_OP_WAIT_FOLLOW,    /* until .link, that lies upon another, is as .set (up or down) and .mtu say */
	NB_OP_KIND_COUNT,
};

/* What one RTM_NEWLINK sets beside options. The kernel does it in the order written here. */
enum nb_op_set {
	NB_SET_MAC = 1u << 0,
	NB_SET_MTU = 1u << 1,
	NB_SET_NAME = 1u << 2,
	NB_SET_UP = 1u << 3,
	NB_SET_DOWN = 1u << 4,
	NB_SET_GEN_MODE = 1u << 5,
};

enum nb_op_flags {
	NB_OP_TOLERANT = 1u << 0, /* add: already there is fine; delete: already gone is fine;
				   * wait: in vain is fine, what follows runs all the same */
	NB_OP_REPLACE = 1u << 1,  /* add: change the entry that is there; type: in the place of it */
	NB_OP_TAIL = 1u << 2,	  /* brings the bond back into service: runs also after a failure */
	NB_OP_DONE = 1u << 3,	  /* set by the runner: it ran with success */
	NB_OP_LEFT = 1u << 4,	  /* set by the runner: its goal failed before; at most its tail runs */
	NB_OP_FORCE = 1u << 5,	  /* remove the namespace or type though processes live in it */
	NB_OP_HOME = 1u << 6,	  /* the device goes back to where netbond took it from */
	NB_OP_DOUBTFUL = 1u << 7, /* add a route: that its gateway or source is not there is fine */
	NB_OP_BACK = 1u << 8,	  /* puts back what an earlier operation took from others (owed.h) */
	NB_OP_LOST = 1u << 9,	  /* add: an earlier operation makes the kernel lose it */
	NB_OP_MOVES = 1u << 10,	  /* flows may move to another slave */
	NB_OP_IN_USER = 1u << 11, /* make the namespace or type inside the user namespace of its set */
};

struct nb_op {
	enum nb_op_kind kind;
	enum nb_class class;
	unsigned flags;	     /* enum nb_op_flags */
	char *goal;	     /* key of the goal it serves */
	char *namespace;     /* where .link is when the operation starts; "" = own */
	char link[IFNAMSIZ];
	int ifindex;	     /* of .link, 0 = made by this plan: look it up by name */
	unsigned set;	     /* enum nb_op_set */
	uint8_t mac[6];
	uint32_t mtu;
	uint8_t addr_gen_mode;
	char new_name[IFNAMSIZ];
	char *to_namespace;  /* LINK_MOVE */
	char master[IFNAMSIZ]; /* ENSLAVE: the bond; RELEASE: the old master, for the text;
				* WAIT_USABLE: a slave that does not count, or "" */
	unsigned timeout_ms; /* WAIT_* */
	unsigned settle_ms;  /* WAIT_USABLE: how long it must have been so */
	unsigned least;	     /* WAIT_USABLE: 1 or more */
	struct nb_optset opts;	 /* values to send; NB_SCOPE_BOND or NB_SCOPE_SLAVE */
	struct nb_optset before; /* values they replace, for the text */
	uint8_t mac_before[6];
	uint32_t mtu_before;
	struct nb_address address;
	struct nb_route route;
	enum nb_nstype nstype; /* TYPE_* */
	char *from;	     /* TYPE_CREATE: the set whose type it is; NULL = a new one */
	struct nb_nstraits *nstraits; /* TYPE_CREATE, TYPE_SET: what it shall be like; else NULL */
	char *hostname_before; /* TYPE_SET; may be NULL */
	char *subject;	     /* what it changes: "option lacp-rate", "slave eth1" (diff.h); NULL = upkeep */
	char *reason;	     /* why, for the human: which option, what the kernel asks for; or NULL */
};

/** nb_op_kind_name() - "bond-create", "enslave", ...: the stable word of JSON and logs */
const char *nb_op_kind_name(enum nb_op_kind kind);

/** nb_op_is_wait() - whether it only waits: the kernel is asked, and nothing of it changed */
static inline bool nb_op_is_wait(const struct nb_op *op)
{
	return op->kind == NB_OP_WAIT_USABLE || op->kind == NB_OP_WAIT_ADDRESS ||
		op->kind == NB_OP_WAIT_FOLLOW;
}

/** nb_op_describe() - append one line: "set bond0 down", "enslave eth0 to bond0 (down first)" */
void nb_op_describe(const struct nb_op *op, struct nb_text *out);

/** nb_op_is_type() - whether it is one of TYPE_* */
static inline bool nb_op_is_type(const struct nb_op *op)
{
	return op->kind == NB_OP_TYPE_CREATE || op->kind == NB_OP_TYPE_SET ||
	       op->kind == NB_OP_TYPE_DELETE;
}

/** nb_op_init() - an operation of that kind on that link; texts are copied. Return: 0, -ENOMEM. */
int nb_op_init(struct nb_op *op, enum nb_op_kind kind, const char *goal, const char *namespace,
	const char *link, int ifindex);

/** nb_op_set_traits() - give it a copy of @traits; it must have none yet. Return: 0, -ENOMEM. */
int nb_op_set_traits(struct nb_op *op, const struct nb_nstraits *traits);

/** nb_op_done() - free the contents */
void nb_op_done(struct nb_op *op);

/** nb_op_copy() - deep copy. Return: 0, -ENOMEM. */
int nb_op_copy(const struct nb_op *op, struct nb_op *ret);
