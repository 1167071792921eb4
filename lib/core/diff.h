/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * One goal against what is: every difference, with its class and why it has it. The plan is made
 * of these; what may not be done now is taken out of the goal again (hold.h) before planning.
 */

#include "lib/core/resolve.h"

enum nb_delta_kind {
	NB_DELTA_CREATE,	/* the bond is not there */
	NB_DELTA_DELETE,	/* the bond is there and shall not be */
	NB_DELTA_OPTION,	/* .attr */
	NB_DELTA_MTU,
	NB_DELTA_MAC,
	NB_DELTA_LINK_LOCAL,
	NB_DELTA_UP,
	NB_DELTA_SLAVE_ADD,	/* .slave */
	NB_DELTA_SLAVE_REMOVE,	/* .slave */
	NB_DELTA_SLAVE_OPTION,	/* .slave, .attr */
	NB_DELTA_SLAVE_UP,	/* .slave is administratively down */
	NB_DELTA_SLAVE_MTU,	/* .slave has another MTU than the bond */
	NB_DELTA_ORDER,		/* the slaves are the right ones in another order; a note only */
	NB_DELTA_ADDRESS_ADD,
	NB_DELTA_ADDRESS_CHANGE, /* lifetime */
	NB_DELTA_ADDRESS_REPLACE, /* must go and come again: prefix length (IPv6), label */
	NB_DELTA_ADDRESS_REMOVE,
	NB_DELTA_ROUTE_ADD,
	NB_DELTA_ROUTE_CHANGE,
	NB_DELTA_ROUTE_REMOVE,
};

struct nb_delta {
	enum nb_delta_kind kind;
	enum nb_class class;
	bool must_ask;	      /* never done without an explicit permission, whatever the limit */
	bool moves;	      /* flows may move to another slave */
	unsigned attr;
	char slave[IFNAMSIZ];
	const char *slave_namespace; /* borrowed; where the slave is now */
	const struct nb_address *address; /* borrowed: from the goal, or from the link for a removal */
	const struct nb_route *route;	  /* the same */
	const char *why;      /* static sentence: why this class; NULL = nothing to say */
};

struct nb_diff {
	struct nb_delta *deltas;
	size_t n_deltas, delta_capacity;
	bool need_down;	      /* an option that differs is taken only while the bond is down */
	bool need_empty;      /* ... only while it has no slaves */
	bool refused;	      /* this goal cannot be: an error was told */
};

/* What a goal is compared with; all borrowed. */
struct nb_view {
	const struct nb_goal *goal;
	const struct nb_target *target; /* the other goals */
	const struct nb_state *state;
	const struct nb_netns *ns;	/* the goal's, may not exist yet */
	const struct nb_link *link;	/* the bond, NULL = not there */
	struct nb_link **slaves;	/* its slaves in order; freed by nb_view_done() */
	size_t n_slaves;
	const struct nb_object *object; /* what netbond remembers of the bond, or NULL */
};

/** nb_view_init() - look the goal's bond and slaves up. Return: 0, -ENOMEM. */
int nb_view_init(struct nb_view *view, const struct nb_goal *goal, const struct nb_target *target,
	const struct nb_state *state, const struct nb_memory *memory);

/** nb_view_done() - free what nb_view_init() made */
void nb_view_done(struct nb_view *view);

/**
 * nb_diff_build() - all differences between a goal and what is
 * @diff:  empty before; owned by the caller, nb_diff_done()
 * @diag:  errors for what cannot be planned at all (a device of that name that is no bond)
 *
 * Pure. Return: 0 (also with .refused); -ENOMEM.
 */
int nb_diff_build(const struct nb_view *view, struct nb_diff *diff, struct nb_diag *diag);

/** nb_diff_done() - free the contents */
void nb_diff_done(struct nb_diff *diff);

/** nb_diff_has() - whether there is a delta of that kind */
bool nb_diff_has(const struct nb_diff *diff, enum nb_delta_kind kind);

/**
 * nb_delta_subject() - append what a delta is about, the same in each plan of this goal:
 * "option lacp-rate", "slave eth1", "address 192.0.2.1/24"
 */
void nb_delta_subject(const struct nb_delta *delta, struct nb_text *out);

/** nb_delta_describe() - append the change for a human: "lacp-rate slow -> fast" */
void nb_delta_describe(const struct nb_view *view, const struct nb_delta *delta, struct nb_text *out);

/**
 * nb_option_differs() - whether a row of the goal differs from the link
 *
 * An absent sparse value is empty; a name (primary) is compared only while that device is a
 * slave; an option hidden from this reader is not compared.
 */
bool nb_option_differs(const struct nb_view *view, const struct nb_option *row);

/** nb_bond_follows_mac() - whether the kernel lets the bond's MAC follow its slaves (fail_over_mac) */
bool nb_bond_follows_mac(const struct nb_optset *opts);

/** nb_bond_least_links() - usable slaves the bond needs for its carrier: 1, or min-links in 802.3ad */
unsigned nb_bond_least_links(const struct nb_optset *opts);

/** nb_link_has_uppers() - whether other devices lie upon @link (VLANs, macvlans) in its namespace */
bool nb_link_has_uppers(const struct nb_netns *ns, const struct nb_link *link);

/** nb_address_differs() - the same entry with other content; @ret_replace: it must go and come again */
bool nb_address_differs(
	const struct nb_address *want, const struct nb_address *have, bool *ret_replace);

/** nb_address_owned() - whether netbond may remove an address found on a bond */
bool nb_address_owned(const struct nb_address *address, const struct nb_object *object);
