/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * From what shall be and what is to what is done: plan(desired, observed, policy) -> operations
 * in order. Pure: no I/O, no clock; the same inputs give the same plan.
 */

#include "lib/core/diff.h"
#include "lib/core/op.h"

#define NB_SUBJECT_NAMESPACE "namespace" /* making or removing it */

/* A value that failed in this configuration: held until the configuration changes. */
struct nb_block {
	char *goal;    /* key; for a namespace itself its name */
	char *subject; /* nb_delta_subject(), or NB_SUBJECT_NAMESPACE */
	char *text;    /* what the kernel said */
	bool passing;  /* nb_exec_error.passing: forgotten by the next attempt */
	bool ignored;  /* it said nothing: the value was not there afterwards */
};

struct nb_policy {
	enum nb_class limit;  /* highest class that may be planned */
	bool asked;	      /* the limit was given by a human for this plan: --allow */
	bool reorder;	      /* mend the order of slaves too */
	bool force;	      /* remove namespaces with whatever is in them */
	const struct nb_memory *memory; /* may be NULL */
	const struct nb_block *blocks;
	size_t n_blocks;
	/*
	 * As it was when all was as wanted, if all that was told since is what the plan is for; NULL:
	 * not known. For what the kernel does not show; borrowed.
	 */
	const struct nb_state *since;
	uint8_t spare_mac[6]; /* of bonds made before any of their slaves is there: each gets another
			       * one that follows from this and its key */
	/*
	 * Asked for each goal that differs: a sentence why it is left alone for now (drift policy,
	 * pause), or NULL. Borrowed until the plan is built. NULL: no goal is.
	 */
	const char *(*gate)(void *context, const struct nb_goal *goal);
	void *gate_context;
	bool owed_told; /* what does not come back of what is owed (owed.h) was told before */
};

/* A difference that is not planned, and what releases it. */
struct nb_held {
	char *goal;
	enum nb_class class;
	bool blocked;  /* it failed, or the kernel ignored it: .why says what happened */
	bool gated;    /* nb_policy.gate() holds it: .why is its sentence */
	bool force;    /* only nb_policy.force releases it */
	char slave[IFNAMSIZ]; /* a device that is there and would become a slave; "" = none */
	char *text;    /* "lacp-rate slow -> fast" */
	char *why;     /* why the class, or why blocked; may be NULL */
};

struct nb_plan {
	struct nb_op *ops;
	size_t n_ops, op_capacity;
	struct nb_held *held;
	size_t n_held, held_capacity;
	bool refused; /* at least one goal cannot be planned: errors were told */
};

/**
 * nb_plan_build() - order the operations that turn @observed into @target
 * @target:    what is held is taken out of its goals; resolve again for another plan
 * @observed:  not modified
 * @ret:       new plan, owned by the caller; no operations = converged
 * @diag:      an error for each goal that cannot be planned; notes (slave order)
 *
 * Return: 0 (also with .refused: the other goals are planned); -ENOMEM.
 */
int nb_plan_build(struct nb_target *target, const struct nb_state *observed,
	const struct nb_policy *policy, struct nb_plan **ret, struct nb_diag *diag);

/**
 * nb_plan_is_stale() - whether @object is a namespace netbond made and @target does not name
 *
 * Who lives in such a one must be known before it is planned (nb_netns.processes).
 */
bool nb_plan_is_stale(const struct nb_object *object, const struct nb_target *target,
	const struct nb_state *observed);

/**
 * nb_plan_is_stale_type() - whether @object is a type netbond pinned and @target does not name
 *
 * Who lives in such a one must be known before it is planned (nb_nsset.processes).
 */
bool nb_plan_is_stale_type(const struct nb_object *object, const struct nb_target *target);

/** nb_held_release() - append what releases it: "--allow down" */
void nb_held_release(const struct nb_held *held, struct nb_text *out);

/** nb_plan_free() - Return: NULL. */
struct nb_plan *nb_plan_free(struct nb_plan *plan);

/** nb_plan_class() - highest class of its operations */
enum nb_class nb_plan_class(const struct nb_plan *plan);

/** nb_plan_token() - hash of its operations: apply refuses when it differs from the plan shown */
uint64_t nb_plan_token(const struct nb_plan *plan);

/** nb_plan_format() - append the whole plan as text, ops grouped by object, held values last */
void nb_plan_format(const struct nb_plan *plan, struct nb_text *out);

static inline void nb_plan_freep(struct nb_plan **plan)
{
	nb_plan_free(*plan);
}
