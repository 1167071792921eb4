/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * Observe, plan, run, verify - as a state machine that takes one small step at a time, so that
 * the daemon's loop answers between two operations and a one-shot program simply steps on.
 * It has no clock and no I/O of its own: time comes in, acts go out through struct nb_exec_ops.
 */

#include "lib/core/config.h"
#include "lib/core/exec.h"
#include "lib/core/owed.h"
#include "lib/core/plan.h"
#include "lib/core/restore.h"

enum nb_converge_state {
	NB_CONVERGE_OBSERVE, /* dump */
	NB_CONVERGE_RESOLVE, /* configuration and what is -> goals */
	NB_CONVERGE_PLAN,
	NB_CONVERGE_BEGIN,   /* there is something to do: tell and keep what */
	NB_CONVERGE_RUN,     /* one operation a step */
	NB_CONVERGE_WAIT,    /* a WAIT_* is not fulfilled yet */
	NB_CONVERGE_TAIL,    /* an operation failed: bring its bond back into service */
	NB_CONVERGE_DONE,
};

enum nb_converge_result {
	NB_RESULT_CONVERGED, /* what is, is what shall be (slaves not there yet are no matter) */
	NB_RESULT_HELD,	     /* differences stay: above the limit */
	NB_RESULT_PENDING,   /* a wait ran out of time: the rest was left */
	NB_RESULT_FAILED,    /* something failed, was ignored by the kernel, or cannot be planned */
};

/* What a program tells or keeps while it converges. Each may be NULL. */
struct nb_converge_hooks {
	/* The plan about to run; a negative errno stops, nothing is done then. */
	int (*planned)(void *context, const struct nb_plan *plan, const struct nb_target *target);
	/* Before and after one operation; @r as nb_exec_ops.run() returned it. */
	void (*before)(void *context, const struct nb_op *op, size_t i, size_t n);
	void (*after)(void *context, const struct nb_op *op, int r, const struct nb_exec_error *error);
	/* The memory changed and must be on disk before the next step. Return: 0, -errno: stop. */
	int (*remember)(void *context, const struct nb_memory *memory);
	/*
	 * What the plan about to run takes from others and puts back, which must be on disk before
	 * its first operation; after a run that did not end well, what of it is not back. Return: 0,
	 * -errno: stop. NULL: it is back, or told why it cannot be, and can go.
	 */
	int (*owe)(void *context, const struct nb_state *owed);
};

struct nb_converge {
	/* Set by the caller before the first step; all borrowed. */
	const struct nb_config *config;
	const struct nb_restore *restore; /* go back to this instead; NULL = .config shall be */
	struct nb_memory *memory; /* kept up to date */
	const struct nb_exec_ops *exec;
	void *exec_context;
	const struct nb_converge_hooks *hooks;
	void *hook_context;
	enum nb_class limit;
	bool asked, reorder;
	bool force; /* nb_policy.force */
	uint8_t spare_mac[6];
	const char *(*gate)(void *context, const struct nb_goal *goal); /* nb_policy.gate() */
	void *gate_context;
	/*
	 * An earlier run to start from, borrowed until DONE: what cannot have changed since, by
	 * .touches, is not observed again, and with a .target not planned again. NULL, as at each
	 * start: everything is.
	 */
	struct nb_resolved base;
	struct nb_touches touches; /* added to by the caller, emptied by the next observation */

	/* Read by the caller. */
	enum nb_converge_state state;
	enum nb_converge_result result; /* when DONE */
	struct nb_plan *plan;	   /* the present one */
	struct nb_target *target;  /* what it was made from */
	struct nb_state *observed; /* what it was made from */
	size_t done;		   /* operations that succeeded, over all plans */
	unsigned passes;	   /* plans that had operations */
	bool unchanged;		   /* it is as it was in .base: DONE without a plan */
	bool partial;		   /* .observed shares with .base what is not in .changed */
	struct nb_touches changed; /* links that differ */

	/* Its own. */
	size_t next;		   /* operation of .plan */
	uint64_t deadline_ms;	   /* of the WAIT_* at hand */
	uint64_t settled_ms;	   /* when what it waits for will have held long enough; 0: it does not hold */
	struct nb_block *blocks;
	size_t n_blocks, block_capacity;
	size_t old_blocks;	   /* of runs before this one */
	struct nb_plan *last;	   /* the plan that ran before: what it set and the kernel ignored */
	bool failed, pending;
	bool left;		   /* the memory changed since it was kept */
	struct nb_state *owed;	   /* what the plan at hand, and those that were cut off, are to put back */
	bool owed_told;		   /* what does not come back of it, by an earlier run */
	bool stuck;		   /* something fails again although its values are blocked */
};

/**
 * nb_converge_start() - begin (again): the next step observes
 *
 * Blocks of earlier failures are forgotten: the configuration is taken as changed.
 */
void nb_converge_start(struct nb_converge *c);

/**
 * nb_converge_again() - the same for an unchanged configuration: what failed in it stays held,
 * but for what may work by itself the next time
 */
void nb_converge_again(struct nb_converge *c);

/**
 * nb_converge_forgive() - a run that mended drift is DONE: what seemed ignored in it is not held
 *
 * The configuration held before, so it is rather another tool that set it back at once, or anew
 * before it was verified. What the kernel refused stays held. Return: whether there was any.
 */
bool nb_converge_forgive(struct nb_converge *c);

/**
 * nb_converge_step() - take one step
 * @now_ms:    a clock that does not jump
 * @ret_ms:    how long the caller may sleep before the next step; 0 = go on
 * @diag:      errors of observing, resolving, planning; failed operations
 *
 * Return: 0; when .state is DONE .result says how it ended. -ENOMEM, or what a hook returned: it
 * is DONE and FAILED too.
 */
int nb_converge_step(
	struct nb_converge *c, uint64_t now_ms, unsigned *ret_ms, struct nb_diag *diag);

/**
 * nb_converge_owe() - the run of another process was cut off: put back what is missing of @owed
 * @owed:  what hooks.owe() kept then; owned by @c afterwards; NULL is fine
 *
 * After the next nb_converge_start(), in its first plan that runs.
 */
void nb_converge_owe(struct nb_converge *c, struct nb_state *owed);

/**
 * nb_converge_look() - take the steps that observe and plan, and none that acts
 *
 * For a hook planned() that returns -ECANCELED. Afterwards .plan is what would be done; NULL where
 * that cannot be said. Return: 0; as nb_converge_step().
 */
int nb_converge_look(struct nb_converge *c, struct nb_diag *diag);

/** nb_converge_done() - free what it owns */
void nb_converge_done(struct nb_converge *c);
