/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * What the kernel does to the state when an operation runs, side effects included. The planner
 * works on a copy that follows each step, so that what a step loses is seen and put back by a
 * later one. Where the kernel's doing depends on what cannot be seen (promote_secondaries,
 * keep_addr_on_down), the loss is assumed: putting back what is still there is tolerated.
 */

#include "lib/core/op.h"

/* Interface indexes above this are of links the plan itself makes; the kernel starts from 1. */
#define NB_IFINDEX_PLANNED (INT32_MAX / 2)

/* Inodes from this on are of namespaces the plan itself makes; those of nsfs have 32 bits. */
#define NB_INODE_PLANNED (UINT64_C(1) << 32)

/**
 * nb_effect_begin() - a state to apply operations to, which shares with @before what they leave alone
 *
 * Return: 0, -ENOMEM.
 */
int nb_effect_begin(const struct nb_state *before, struct nb_state **ret);

/**
 * nb_effect_own() - the device, its master if that is a bond, and what belongs to or lies upon
 * either are the state's own from now on: pointers to them hold while operations are applied
 * @namespace, @name:  nothing happens where there is none
 *
 * nb_effect_apply() does it for what its operation names. Return: 0, -ENOMEM.
 */
int nb_effect_own(struct nb_state *state, const char *namespace, const char *name);

/**
 * nb_effect_apply() - let @state become what it is after @op succeeded
 *
 * An operation on something @state does not have changes nothing. Return: 0, -ENOMEM.
 */
int nb_effect_apply(struct nb_state *state, const struct nb_op *op);
