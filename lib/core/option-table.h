/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * The rows behind option.h. Only option.c looks at them; everybody else asks nb_option_get().
 */

#include "lib/core/option.h"

struct nb_option_table {
	const struct nb_option *rows; /* by attribute number; no .name: no such row */
	unsigned end;		      /* one past the highest attribute number */
};

extern const struct nb_option_table nb_option_tables[NB_SCOPE_COUNT];

/* Checks of rows, in option-raise.c; struct nb_option.raise has the contract. */
typedef enum nb_class nb_raise_fn(const struct nb_change_view *view, const char **ret_why);

nb_raise_fn nb_raise_use_carrier, nb_raise_arp_interval, nb_raise_arp_targets, nb_raise_arp_validate,
	nb_raise_arp_all_targets, nb_raise_arp_missed_max, nb_raise_min_links, nb_raise_lacp_strict,
	nb_raise_actor_system, nb_raise_actor_port_prio, nb_raise_link;
