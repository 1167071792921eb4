/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Addresses and routes when something is held (hold.h): they stand or fall with what bears them. */

#include "lib/core/diff.h"

/**
 * nb_hold_address() - want @address as it is found on the bond, or not at all
 *
 * Where it is not there, the routes that prefer it as source, and those whose gateway nothing else
 * that is wanted or stays would reach, are not wanted either. Return: 0, -ENOMEM.
 */
int nb_hold_address(
	struct nb_goal *goal, const struct nb_view *view, const struct nb_address *address);

/** nb_hold_route() - want @route as it is found on the bond, or not at all. Return: 0, -ENOMEM. */
int nb_hold_route(struct nb_goal *goal, const struct nb_view *view, const struct nb_route *route);

/** nb_hold_drop_new_routes() - want no route that is not there: the kernel takes none on a device
 * that is down (fib_create_info(), ip6_route_info_create()) */
void nb_hold_drop_new_routes(struct nb_goal *goal, const struct nb_view *view);

/**
 * nb_hold_drop_carried() - do not want what @nic keeps, nor what hangs on it
 *
 * Beside it on the bond, the NIC's would go on to win.
 */
void nb_hold_drop_carried(
	struct nb_goal *goal, const struct nb_view *view, const struct nb_link *nic);
