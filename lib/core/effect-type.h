/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Namespaces of the other types in the prediction of effect.h. */

#include "lib/core/op.h"

/** nb_effect_type() - let the set of types follow an operation of nb_op_is_type(). Return: 0, -ENOMEM. */
int nb_effect_type(struct nb_state *state, const struct nb_op *op);
