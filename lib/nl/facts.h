/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* What explaining a bond needs besides the dumps of links: speeds, counters, partners of ports. */

#include "lib/core/explain.h"
#include "lib/nl/space.h"

struct nb_netns_provider;

/**
 * nb_facts_take() - gather them for the slaves of @bond
 * @provider:  opens the bond's file in /proc
 * @ret:       an array, owned by the caller; what cannot be had is marked as not known
 *
 * Return: the number of slaves, -ENOMEM.
 */
int nb_facts_take(struct nb_space *space, const struct nb_netns_provider *provider,
	const struct nb_netns *ns, const struct nb_link *bond, struct nb_port_facts **ret);
