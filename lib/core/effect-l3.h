/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Addresses and routes in the prediction of effect.h. */

#include "lib/core/model.h"

#define IPV6_MTU_MIN 1280 /* IPV6_MIN_MTU: below it addrconf leaves the device */

/** nb_effect_set_up() - admin state, with what goes up or down with it (effect.c) */
void nb_effect_set_up(struct nb_netns *ns, struct nb_link *link, bool up);

/**
 * nb_effect_lose_down() - what a device loses when it goes down: IPv6 addresses
 * (addrconf_ifdown()) and every route (fib_disable_ip(), rt6_disable_ip()); IPv4 addresses stay
 *
 * A route with several next hops goes when the last of their devices is down
 * (fib_sync_down_dev(), fib6_ifdown()).
 */
void nb_effect_lose_down(struct nb_netns *ns, struct nb_link *link);

/** nb_effect_lose_ipv6() - all IPv6 addresses and routes */
void nb_effect_lose_ipv6(struct nb_netns *ns, struct nb_link *link);

/**
 * nb_effect_lose_nexthops() - what it loses with its carrier: nexthop objects and their routes
 * (nh_netdev_event(), nexthop_flush_dev())
 */
void nb_effect_lose_nexthops(struct nb_link *link);

/**
 * nb_effect_add_address() - added or changed; a new IPv6 one is tentative, unless IFA_F_NODAD
 *
 * Return: 0, -ENOMEM.
 */
int nb_effect_add_address(struct nb_link *link, const struct nb_address *address);

/** nb_effect_address_checked() - it was waited for: no longer tentative */
void nb_effect_address_checked(struct nb_link *link, const struct nb_address *address);

/**
 * nb_effect_delete_address() - deleted, with its secondaries (inet_del_ifa() unless
 * promote_secondaries) and, with the last IPv4 address, all IPv4 routes (fib_inetaddr_event())
 *
 * Routes that prefer one of them as source: IPv4 ones go, also those of other devices
 * (fib_sync_down_addr()); IPv6 ones of this device are without it then (rt6_remove_prefsrc()).
 */
void nb_effect_delete_address(
	struct nb_netns *ns, struct nb_link *link, const struct nb_address *address);

/**
 * nb_effect_add_route() - added, or the one of the same key replaced; one with several next hops
 * at each of their devices
 *
 * Return: 0, -ENOMEM.
 */
int nb_effect_add_route(struct nb_netns *ns, struct nb_link *link, const struct nb_route *route);

/** nb_effect_delete_route() - deleted */
void nb_effect_delete_route(struct nb_link *link, const struct nb_route *route);
