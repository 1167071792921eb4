/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * Inside of plan.h: the working state and the steps of one goal, each in its file. A step decides
 * by looking at the goal, the state before the plan and the state as the operations so far leave
 * it; nb_planner_commit() lets the working state follow.
 */

#include "lib/core/effect.h"
#include "lib/core/plan.h"

struct nb_planner {
	struct nb_target *target;
	const struct nb_state *before;
	struct nb_state *work;	       /* NULL until the first operation needs it */
	const struct nb_policy *policy;
	struct nb_plan *plan;
	struct nb_diag *diag;
	int error;		       /* sticky: -ENOMEM */
	struct nb_op scratch;	       /* the operation under construction */
	/* The goal at hand. */
	const struct nb_goal *goal;
	struct nb_view view;	       /* against .before */
	struct nb_diff diff;
	enum nb_class class;	       /* of the operations to come */
	char *subject;		       /* of the operations to come; NULL = upkeep */
	bool *wanted_nics;	       /* by object of the memory: a goal named it before anything was held */
};

/**
 * nb_planner_op() - begin an operation on a link of the working state
 *
 * Class and subject are the planner's. Never NULL: when memory ran out the error sticks and the
 * operation leads nowhere. Finish it with nb_planner_commit() before the next one.
 */
struct nb_op *nb_planner_op(struct nb_planner *p, enum nb_op_kind kind, const char *namespace,
	const struct nb_link *link);

/** nb_planner_reason() - give the operation under construction its reason; keeps an earlier one */
void nb_planner_reason(struct nb_planner *p, const char *format, ...) NB_PRINTF(2, 3);

/** nb_planner_commit() - append the operation to the plan and let the working state follow it */
void nb_planner_commit(struct nb_planner *p);

/** nb_planner_set() - class and subject of the operations to come, from a delta or NULL */
void nb_planner_set(struct nb_planner *p, const struct nb_delta *delta);

/** nb_planner_delta() - the first delta of that kind of the goal at hand, NULL when there is none */
const struct nb_delta *nb_planner_delta(const struct nb_planner *p, enum nb_delta_kind kind);

/** nb_planner_ns() - the goal's namespace in the working state */
struct nb_netns *nb_planner_ns(const struct nb_planner *p);

/** nb_planner_bond() - the goal's bond in the working state, NULL when it is not there */
struct nb_link *nb_planner_bond(const struct nb_planner *p);

/** nb_planner_work() - make the working state. Return: false when memory ran out. */
bool nb_planner_work(struct nb_planner *p);

/** nb_planner_upkeep() - operations to come put things back: class of the goal's worst delta */
void nb_planner_upkeep(struct nb_planner *p);

/**
 * nb_planner_hold() - tell what is not planned; the texts are copied, @why may be NULL
 * @held:  class and flags
 */
void nb_planner_hold(struct nb_planner *p, const char *goal, const char *text, const char *why,
	struct nb_held held);

/** nb_planner_block() - the block of that goal (or namespace) and subject, NULL when there is none */
const struct nb_block *nb_planner_block(
	const struct nb_planner *p, const char *goal, const char *subject);

/* The steps, in the order in which they run. Each returns with p->error set on failure. */

/** nb_plan_stale_goals() - an absent goal for each bond netbond made and the target no longer names */
void nb_plan_stale_goals(struct nb_planner *p);

/**
 * nb_plan_check_sets() - note which declared namespaces cannot be as they are declared
 *
 * An error for each: a type this kernel does not have, a net that would have to change hands.
 */
void nb_plan_check_sets(struct nb_planner *p);

/** nb_plan_is_refused() - whether nothing is done in the namespace of that name */
bool nb_plan_is_refused(const struct nb_planner *p, const char *namespace);

/** nb_plan_in_user() - whether a network namespace of that name belongs to the user of its set */
bool nb_plan_in_user(const struct nb_planner *p, const char *namespace);

/** nb_plan_users() - user namespaces, which all others of their sets are made in */
void nb_plan_users(struct nb_planner *p);

/** nb_plan_sets() - the other types that are declared, but for a net of their own */
void nb_plan_sets(struct nb_planner *p);

/** nb_plan_stale_sets() - types netbond pinned and nobody declares */
void nb_plan_stale_sets(struct nb_planner *p);

/** nb_plan_namespaces() - namespaces the target declares and that are not there */
void nb_plan_namespaces(struct nb_planner *p);

/** nb_plan_wanted_nics() - note which NICs the goals name, before anything is held */
void nb_plan_wanted_nics(struct nb_planner *p);

/** nb_plan_delete_bond() - delete the goal's bond; NICs that came from elsewhere go home */
void nb_plan_delete_bond(struct nb_planner *p);

/** nb_plan_bond() - the bond itself: creation, options, MTU, MAC */
void nb_plan_bond(struct nb_planner *p);

/**
 * nb_plan_up() - a bond that was made goes up
 *
 * With its slaves in: each one that joins a bond which is up costs the kernel as much again
 * (notifications, IPv6, carrier), a quarter of all that making it takes.
 */
void nb_plan_up(struct nb_planner *p);

/** nb_plan_spare_mac() - what the goal's bond gets for a MAC as long as none of its slaves is there */
void nb_plan_spare_mac(const struct nb_planner *p, uint8_t ret[6]);

/**
 * nb_plan_order() - the goals in the order in which they are planned
 *
 * Marks slaves that have to be deferred. Return: array of borrowed pointers, freed by the caller;
 * NULL when memory ran out.
 */
struct nb_goal **nb_plan_order(struct nb_target *target, const struct nb_state *before);

/** nb_plan_defer_none() - take back what nb_plan_order() deferred. Return: whether there was any. */
bool nb_plan_defer_none(struct nb_target *target);

/** nb_plan_hold_goals() - take out of the goals what the policy does not allow, and tell it */
void nb_plan_hold_goals(struct nb_planner *p);

/**
 * nb_plan_keep_handed() - take out of @goal what cannot come: slaves, addresses and routes that
 * stay with another goal for now
 *
 * Return: their number, -ENOMEM.
 */
int nb_plan_keep_handed(struct nb_planner *p, struct nb_goal *goal);

/**
 * nb_plan_cannot_follow() - whether @goal would be made, without slaves, beside the bond of another
 * namespace that it shall replace, because that one's removal is held
 */
bool nb_plan_cannot_follow(const struct nb_planner *p, const struct nb_goal *goal);

/** nb_plan_slave_delta() - the goal's delta of that kind and slave, NULL when there is none */
const struct nb_delta *nb_plan_slave_delta(
	const struct nb_planner *p, enum nb_delta_kind kind, const char *name);

/** nb_plan_waiting_options() - options of the bond that wait until enough slaves are usable */
void nb_plan_waiting_options(struct nb_planner *p);

/**
 * nb_plan_wait_for_another() - before a step of class slave: wait until enough slaves other than
 * @leaving, "" for none, are usable; nothing for another class
 */
void nb_plan_wait_for_another(struct nb_planner *p, const char *leaving);

/**
 * nb_plan_set_slaves() - the slaves' own options
 * @waiting:  only those that take a slave out of service for a moment, each behind a wait; false:
 *            the others
 */
void nb_plan_set_slaves(struct nb_planner *p, bool waiting);

/** nb_plan_mend_slaves() - the same for admin state and MTU */
void nb_plan_mend_slaves(struct nb_planner *p, bool waiting);

/** nb_plan_slaves_deferred() - the slaves that nb_plan_slaves() left for later */
void nb_plan_slaves_deferred(struct nb_planner *p);

/** nb_plan_slaves() - slaves in, and their options */
void nb_plan_slaves(struct nb_planner *p);

/** nb_plan_slaves_out() - slaves out, or anew in another order; the steps that may have to wait */
void nb_plan_slaves_out(struct nb_planner *p);

/**
 * nb_plan_strip() - addresses and routes off a NIC that becomes a slave: nothing would answer
 *
 * A route with several next hops goes on over those of other devices.
 */
void nb_plan_strip(struct nb_planner *p, const char *namespace, const char *name);

/** nb_plan_go_home() - a NIC netbond moved goes back to where it came from; nothing for others */
void nb_plan_go_home(struct nb_planner *p, const char *namespace, const char *name);

/** nb_plan_release() - one slave out of its bond */
void nb_plan_release(struct nb_planner *p, const char *namespace, struct nb_link *link);

/** nb_plan_options() - one message with the options of @attrs and what travels with them */
struct nb_op *nb_plan_options(struct nb_planner *p, uint64_t attrs);

/** nb_plan_l3() - addresses and routes of the bond, wanted ones and those lost on the way */
void nb_plan_l3(struct nb_planner *p);

/** nb_plan_routes_wait() - whether IPv6 routes of the bond come only when a slave is in */
bool nb_plan_routes_wait(const struct nb_planner *p);

/** nb_plan_l3_deferred() - those, when it is */
void nb_plan_l3_deferred(struct nb_planner *p);

/** nb_goal_has_deferred() - whether it waits for a slave until another bond gave it away */
bool nb_goal_has_deferred(const struct nb_goal *goal);

/**
 * nb_plan_restore() - what was lost on the way since before the plan and nobody wants gone: of the
 * bond, of devices upon it or upon its slaves, routes elsewhere that prefer an address of it
 * @last:  also routes whose gateway nothing that is seen leads to, as it was before: the kernel
 *         may know a way (a router's prefix, another table), or not
 */
void nb_plan_restore(struct nb_planner *p, bool last);

/* What is put back, in this order for all devices: a route needs addresses, also of other devices. */
enum nb_phase {
	NB_PHASE_SHAPE,	   /* MTU, up or down, of what lies upon another device */
	NB_PHASE_ADDRESSES,
	NB_PHASE_ROUTES,   /* and behind it one for each nb_route_rank() */
	NB_PHASES = NB_PHASE_ROUTES + NB_ROUTE_RANKS,
};

/**
 * nb_plan_takes() - whether the kernel takes an address or route of that @family on @link
 *
 * Below the least MTU of IPv6 it takes none of those (inet6_addr_add()).
 */
bool nb_plan_takes(const struct nb_link *link, uint8_t family);

/** nb_plan_obstacle() - why the kernel would refuse the route of @link in @ns; NULL: it takes it */
const char *nb_plan_obstacle(
	const struct nb_netns *ns, const struct nb_link *link, const struct nb_route *route);

/** nb_plan_tell_owed() - warnings of what @was, of a link goal that is .owed, does not get back */
void nb_plan_tell_owed(struct nb_planner *p, const char *namespace, const struct nb_link *was);

/** nb_plan_restore_phase() - one phase of what @before, of @ns of a snapshot, had */
void nb_plan_restore_phase(struct nb_planner *p, const struct nb_netns *ns,
	const struct nb_link *before, enum nb_phase phase);

/** nb_plan_restore_link() - addresses and routes that @before, of @ns of a snapshot, had */
void nb_plan_restore_link(
	struct nb_planner *p, const struct nb_netns *ns, const struct nb_link *before);

/** nb_plan_restore_addresses() - the addresses alone */
void nb_plan_restore_addresses(struct nb_planner *p);

/** nb_plan_tell_losses() - a note for what the whole plan loses, nobody wanted gone and stays away */
void nb_plan_tell_losses(struct nb_planner *p);

/* Parts of both (plan-l3.c). */

/** nb_plan_l3_delta() - the goal's delta that points at this address or route, NULL for none */
const struct nb_delta *nb_plan_l3_delta(const struct nb_planner *p,
	const struct nb_address *address, const struct nb_route *route);

/**
 * nb_plan_wait_for_source() - a wait for each IPv6 address this route prefers as source that has
 * not passed the duplicate check: until then the kernel takes no such route
 * @flags:  of the waits
 *
 * Return: whether there is one to wait for.
 */
bool nb_plan_wait_for_source(
	struct nb_planner *p, const struct nb_route *route, unsigned flags);

/** nb_plan_add_address() - @flags TOLERANT: it was there and was lost; REPLACE: change it */
void nb_plan_add_address(struct nb_planner *p, const char *namespace, struct nb_link *link,
	const struct nb_address *address, unsigned flags);

/** nb_plan_add_route() - the same for a route */
void nb_plan_add_route(struct nb_planner *p, const char *namespace, struct nb_link *link,
	const struct nb_route *route, unsigned flags);

/** nb_plan_links() - devices of a snapshot become again what they were: nb_target.links */
void nb_plan_links(struct nb_planner *p);
/** nb_plan_stray_nics() - NICs netbond moved and no bond uses or wants go home */
void nb_plan_stray_nics(struct nb_planner *p);

/** nb_plan_stale_namespaces() - NICs home, then namespaces netbond made and nobody declares */
void nb_plan_stale_namespaces(struct nb_planner *p);
