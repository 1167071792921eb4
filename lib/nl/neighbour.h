/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Where a packet goes next: the kernel's route to an address, and the MAC of the neighbour there. */

#include "lib/core/model.h"
#include "lib/nl/space.h"

struct nb_next_hop {
	int ifindex;	  /* the device the packet leaves by */
	struct nb_ip via; /* the neighbour: a gateway, or the destination itself */
	bool has_mac;	  /* false: the kernel has not asked for it, or got no answer */
	uint8_t mac[6];
};

/**
 * nb_next_hop() - ask for the route to @to and for the neighbour of it
 *
 * Nothing is sent and no neighbour is made. Return: 0; -ENETUNREACH, -EHOSTUNREACH, and what else
 * the kernel says where there is no route; -EBADMSG; -ENOMEM; as nb_rtnl_get().
 */
int nb_next_hop(struct nb_space *space, const struct nb_ip *to, struct nb_next_hop *ret);
