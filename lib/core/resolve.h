/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * From what the file says to what shall be, on this machine at this moment: matching of slaves,
 * defaults, MAC policy. The result is complete: the plan compares it with what is, value by value.
 */

#include "lib/core/config.h"
#include "lib/core/memory.h"
#include "lib/core/touch.h"

struct nb_goal;

struct nb_goal_slave {
	char name[IFNAMSIZ];  /* as it is now, in .namespace */
	char *namespace;      /* where it is now, "" = own */
	int ifindex;	       /* 0: a declared bond that is not there yet */
	bool is_bond;	       /* a bond inside this bond */
	bool keep_down;	       /* held: an admin state of down stays (hold.h) */
	bool keep_mtu;	       /* held: an MTU unlike the bond's stays */
	bool deferred;	       /* comes in after all other bonds were planned (plan-order.c) */
	struct nb_goal *loser; /* the planner's (plan-order.c) */
	struct nb_optset opts; /* NB_SCOPE_SLAVE, complete */
};

/* One declared bond as it shall be. */
struct nb_goal {
	unsigned sharers;	/* pages that have it, beside the first (pages.h) */
	size_t place;		/* in the target */
	char *key;		/* name of the object in messages */
	char name[IFNAMSIZ];
	char *namespace;	/* "" = own */
	bool absent;
	enum nb_drift drift;
	struct nb_optset opts;	/* NB_SCOPE_BOND: every applicable row has a value */
	struct nb_goal_slave *slaves; /* present ones, in order */
	uint32_t n_slaves, slave_capacity;
	char **waiting;		/* descriptions of slave entries no link fits yet */
	uint32_t n_waiting, waiting_capacity;
	struct nb_address *addresses;
	uint32_t n_addresses, address_capacity;
	struct nb_route *routes;
	uint32_t n_routes, route_capacity;
	uint32_t mtu;		/* 0 = as found */
	bool has_mac;		/* false: as found */
	uint8_t mac[6];
	uint8_t birth_mac[6];	/* for a bond without slaves: the first present slave's */
	bool has_birth_mac;
	bool link_local;
	bool is_met;		/* the planner's: it was compared, and nothing differs */
	bool skip;		/* held as a whole: nothing is done (hold.h) */
	bool has_held;		/* something of it is held */
	bool patient;		/* the limit is class slave: what goes may wait for what comes */
	bool keep_down;		/* held: an admin state of down stays */
	bool keep_order;	/* held: the order of the slaves stays */
	bool literal;		/* of a snapshot (restore.h): who made an address or a route, and the
				 * order of the slaves, are part of it */
	bool late;		/* absent: goes after bonds of other namespaces took its slaves */
	struct nb_goal *old;	/* a .late one that this one, in another namespace, follows */
	unsigned visit, least;	/* the planner's, as the next two (plan-order.c) */
	struct nb_goal *circle;
	bool is_open;
	struct nb_mark mark;
};

/* A device of a snapshot that shall be again what it was (restore.h), or get back what it had. */
struct nb_link_goal {
	const char *namespace;	   /* of the snapshot */
	const struct nb_link *was; /* of the snapshot; borrowed */
	bool owed;		   /* only what is missing is put back (owed.h) */
	bool held;		   /* nothing is done to the bond it lies upon now */
};

/* A declared namespace that is more, or other, than a network namespace of its own. */
struct nb_set_goal {
	struct nb_netns_spec spec; /* .share names the one whose own the type is */
	const struct nb_nsset *was; /* of a snapshot, borrowed: what is the same still stays. NULL: none */
	unsigned untried; /* going back: NB_NS_BIT() of which the try asked nothing else than was before */
	bool skip;		   /* refused: nothing of it is done */
};

struct nb_target {
	struct nb_pages goals;	/* bonds that lie in others first */
	char **namespaces;	/* declared network namespaces */
	size_t n_namespaces, namespace_capacity;
	struct nb_set_goal *sets;
	size_t n_sets, set_capacity;
	struct nb_link_goal *links; /* what lies upon others stands behind them */
	size_t n_links, link_capacity;
	const struct nb_state *snapshot; /* borrowed; they are its links. NULL: none */
	struct nb_index names; /* a cache of names, and keys unlike them, of the first .n_indexed goals */
	size_t n_indexed;
	struct nb_index asked; /* by each name a slave was looked for, found or not */
	bool asked_any;	       /* no memory for it: it may have been any name */
	/*
	 * The goals to look at: of all others it is known that they are as shall be, and that nothing
	 * else is left to do (nb_resolve_again()). NULL: all.
	 */
	struct nb_goal **scope;
	size_t n_scope;
};

/**
 * nb_resolve() - resolve @config against @observed
 * @config:    checked by nb_rules_check() and canonical
 * @observed:  with every namespace the configuration names
 * @memory:    NICs netbond moved count also where they came from; may be NULL
 * @ret:       new target, owned by the caller
 * @diag:      an error for each goal that cannot be: a slave claimed twice (by ifindex), a match
 *             with prio or queue-id and several results, an option this kernel does not know; a
 *             note for each slave waited for
 *
 * Pure. Return: 0; -EBADMSG; -ENOMEM.
 */
int nb_resolve(const struct nb_config *config, const struct nb_state *observed,
	const struct nb_memory *memory, struct nb_target **ret, struct nb_diag *diag);

/** nb_target_add_sets() - what @config declares beside networks. Return: 0, -ENOMEM. */
int nb_target_add_sets(struct nb_target *target, const struct nb_config *config);

/* What was resolved and planned before, to start from; all borrowed. */
struct nb_resolved {
	const struct nb_target *target;	 /* nothing of it was held, and no operation was left */
	const struct nb_state *observed; /* what it was resolved against */
};

/**
 * nb_resolve_again() - nb_resolve() where only what is between two observations has changed
 * @changed:   all links that differ, came or went
 * @ret:       new target, owned by the caller: its .scope are the goals whose bond, slave or former
 *             slave changed; it shares the others
 *
 * A slave that a goal wants was its own before, since nothing was left to do: where it is another's
 * now it has changed, and that one is in the scope, too. A device that came, went or has become
 * another one, if only by name, changes nothing where nobody looked for it: not by name, by no match,
 * and it is no bond, no slave, and none of these lies upon it or below it.
 *
 * Return: 0; -ESTALE only nb_resolve() tells; -ENOMEM.
 */
int nb_resolve_again(const struct nb_config *config, const struct nb_resolved *before,
	const struct nb_state *observed, const struct nb_memory *memory,
	const struct nb_touches *changed, struct nb_target **ret);

/** nb_target_goal() - goal @i of @target->goals.n */
static inline struct nb_goal *nb_target_goal(const struct nb_target *target, size_t i)
{
	return nb_pages_get(&target->goals, i);
}

/** nb_target_n_scope() - how many goals are to be looked at */
static inline size_t nb_target_n_scope(const struct nb_target *target)
{
	return target->scope ? target->n_scope : target->goals.n;
}

/** nb_target_scope() - goal @i of those */
static inline struct nb_goal *nb_target_scope(const struct nb_target *target, size_t i)
{
	return target->scope ? target->scope[i] : nb_target_goal(target, i);
}

/** nb_target_add() - an empty goal, owned by @target; NULL: no memory */
struct nb_goal *nb_target_add(struct nb_target *target);

/** nb_target_sort() - bonds that lie in others first, else as they are. Return: 0, -ENOMEM. */
int nb_target_sort(struct nb_target *target);

/**
 * nb_link_goal_find() - where the device of a snapshot is now
 * @ret_namespace:  borrowed from @state or @goal
 *
 * At its place under its name, else the same device (by name, kind and own MAC) in another
 * namespace. Return: NULL when it is gone.
 */
struct nb_link *nb_link_goal_find(const struct nb_link_goal *goal, const struct nb_state *state,
	const char **ret_namespace);

/** nb_target_free() - Return: NULL. */
struct nb_target *nb_target_free(struct nb_target *target);

/** nb_target_find() - the goal for the bond of that name and place, NULL when there is none */
struct nb_goal *nb_target_find(
	const struct nb_target *target, const char *namespace, const char *name);

/** nb_target_has_name() - whether any goal has, or may have, that name or key, wherever it is */
bool nb_target_has_name(const struct nb_target *target, const char *name);

/** nb_target_find_key() - the goal of that key, one to be absent only where there is no other */
struct nb_goal *nb_target_find_key(const struct nb_target *target, const char *key);

/** nb_target_set_key() - give @goal another key; it is found under that one. Return: 0, -ENOMEM. */
int nb_target_set_key(struct nb_target *target, struct nb_goal *goal, const char *key);

/** nb_goal_find_slave() - the goal's slave of that name and place, NULL when there is none */
struct nb_goal_slave *nb_goal_find_slave(
	const struct nb_goal *goal, const char *namespace, const char *name);

/**
 * nb_link_own_mac() - the MAC a device has when it is nobody's slave: its permanent one, else
 * what it will get back on release (IFLA_BOND_SLAVE_PERM_HWADDR), else the present one
 *
 * Return: false when it has no 6-byte address; *@ret is untouched then.
 */
bool nb_link_own_mac(const struct nb_link *link, uint8_t ret[6]);

static inline void nb_target_freep(struct nb_target **target)
{
	nb_target_free(*target);
}
