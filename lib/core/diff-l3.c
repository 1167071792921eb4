/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <string.h>

#include "lib/core/diff-parts.h"

bool nb_address_owned(const struct nb_address *address, const struct nb_object *object)
{
	return address->proto == NB_PROTOCOL || nb_object_has_address(object, address);
}

bool nb_address_differs(
	const struct nb_address *want, const struct nb_address *have, bool *ret_replace)
{
	*ret_replace = want->prefix_length != have->prefix_length ||
		       (*want->label && !nb_streq(want->label, have->label));
	return *ret_replace || want->valid != have->valid || want->preferred != have->preferred;
}

static int add_address(struct nb_diff *diff, enum nb_delta_kind kind, enum nb_class class,
	const char *why, const struct nb_address *address)
{
	struct nb_delta *delta = nb_diff_add(diff, kind, class, why);

	if (!delta)
		return -ENOMEM;
	delta->address = address;
	return 0;
}

static int add_route(struct nb_diff *diff, enum nb_delta_kind kind, enum nb_class class,
	const char *why, const struct nb_route *route)
{
	struct nb_delta *delta = nb_diff_add(diff, kind, class, why);

	if (!delta)
		return -ENOMEM;
	delta->route = route;
	return 0;
}

static int diff_addresses(const struct nb_view *view, struct nb_diff *diff)
{
	const struct nb_goal *goal = view->goal;
	const struct nb_link *link = view->link;
	int r = 0;

	for (size_t i = 0; i < goal->n_addresses && r == 0; i++) {
		const struct nb_address *want = &goal->addresses[i], *have = NULL;
		bool replace;

		if (link)
			have = nb_address_find(link->addresses, link->n_addresses, want);
		if (!have)
			r = add_address(diff, NB_DELTA_ADDRESS_ADD, NB_CLASS_LIVE, NULL, want);
		else if (nb_address_differs(want, have, &replace) ||
			(goal->literal && want->proto != have->proto))
			r = add_address(diff,
				replace ? NB_DELTA_ADDRESS_REPLACE : NB_DELTA_ADDRESS_CHANGE,
				replace ? NB_CLASS_DOWN : NB_CLASS_LIVE,
				replace ? "the address must go before it can come again" : NULL,
				want);
	}
	for (size_t i = 0; link && i < link->n_addresses && r == 0; i++) {
		const struct nb_address *have = &link->addresses[i];

		if (nb_address_owned(have, view->object) &&
			!nb_address_find(goal->addresses, goal->n_addresses, have))
			r = add_address(diff, NB_DELTA_ADDRESS_REMOVE, NB_CLASS_DOWN,
				"what talks over this address stops", have);
	}
	return r;
}

static int diff_routes(const struct nb_view *view, struct nb_diff *diff)
{
	const struct nb_goal *goal = view->goal;
	const struct nb_link *link = view->link;
	int r = 0;

	for (size_t i = 0; i < goal->n_routes && r == 0; i++) {
		const struct nb_route *want = &goal->routes[i], *have = NULL;

		if (link)
			have = nb_route_find(link->routes, link->n_routes, want);
		if (!have)
			r = add_route(diff, NB_DELTA_ROUTE_ADD, NB_CLASS_LIVE, NULL, want);
		else if (!nb_route_equal(want, have) ||
			(goal->literal && !nb_route_identical(want, have)))
			r = add_route(diff, NB_DELTA_ROUTE_CHANGE, NB_CLASS_DOWN,
				"traffic takes another way", want);
	}
	for (size_t i = 0; link && i < link->n_routes && r == 0; i++) {
		const struct nb_route *have = &link->routes[i];

		if (have->protocol == NB_PROTOCOL &&
			!nb_route_find(goal->routes, goal->n_routes, have))
			r = add_route(diff, NB_DELTA_ROUTE_REMOVE, NB_CLASS_DOWN,
				"what goes this way stops", have);
	}
	return r;
}

int nb_diff_l3(const struct nb_view *view, struct nb_diff *diff)
{
	int r = diff_addresses(view, diff);

	return r < 0 ? r : diff_routes(view, diff);
}
