/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <string.h>

#include "lib/core/diff-parts.h"
#include "lib/core/rules.h"

static bool is_enslaved(const struct nb_view *view, const char *namespace, const char *name)
{
	if (!view->link || !nb_streq(namespace, view->goal->namespace))
		return false;
	for (size_t i = 0; i < view->n_slaves; i++) {
		if (nb_streq(view->slaves[i]->name, name))
			return true;
	}
	return false;
}

static bool carries_l3(const struct nb_link *link)
{
	for (size_t i = 0; i < link->n_addresses; i++) {
		if (nb_address_global(&link->addresses[i]))
			return true;
	}
	for (size_t i = 0; i < link->n_routes; i++) {
		if (nb_route_kept(&link->routes[i]))
			return true;
	}
	return false;
}

/* What a bond that nobody declared loses with this slave. */
static enum nb_class loss_class(
	const struct nb_netns *ns, const struct nb_link *bond, const struct nb_link *slave)
{
	struct nb_relatives relatives = nb_netns_relatives(ns, bond->ifindex);
	const struct nb_link *other;

	while ((other = nb_relatives_next(&relatives))) {
		if (other != slave && nb_link_is_slave_of(other, bond))
			return NB_CLASS_DOWN;
	}
	return NB_CLASS_REBUILD;
}

static enum nb_class add_class(
	const struct nb_view *view, const struct nb_goal_slave *slave, const char **ret_why)
{
	const struct nb_netns *ns = nb_state_namespace(view->state, slave->namespace);
	const struct nb_link *link = ns ? nb_netns_find(ns, slave->name) : NULL;
	const struct nb_link *master;

	*ret_why = NULL;
	if (!link)
		return NB_CLASS_LIVE;
	if (carries_l3(link)) {
		*ret_why = "it carries addresses or routes, which would win over the bond's";
		return NB_CLASS_DOWN;
	}
	if (nb_link_has_uppers(ns, link)) {
		*ret_why = "other devices lie upon it";
		return NB_CLASS_DOWN;
	}
	master = link->master ? nb_netns_find_index(ns, link->master) : NULL;
	if (!master)
		return NB_CLASS_LIVE;
	if (!nb_link_is_bond(master)) {
		*ret_why = "it is a port of another device";
		return NB_CLASS_DOWN;
	}
	/* A declared bond gives it away by itself, and its own delta says what that costs. */
	if (nb_target_find(view->target, slave->namespace, master->name))
		return NB_CLASS_LIVE;
	*ret_why = "it leaves another bond";
	return loss_class(ns, master, link);
}

static struct nb_delta *add_delta(struct nb_diff *diff, enum nb_delta_kind kind,
	enum nb_class class, const char *why, const char *name, const char *namespace)
{
	struct nb_delta *delta = nb_diff_add(diff, kind, class, why);

	if (delta) {
		memcpy(delta->slave, name, IFNAMSIZ);
		delta->slave_namespace = namespace;
	}
	return delta;
}

static int diff_added(const struct nb_view *view, struct nb_diff *diff)
{
	for (size_t i = 0; i < view->goal->n_slaves; i++) {
		const struct nb_goal_slave *slave = &view->goal->slaves[i];
		const char *why;
		enum nb_class class;

		if (is_enslaved(view, slave->namespace, slave->name))
			continue;
		class = add_class(view, slave, &why);
		if (!add_delta(diff, NB_DELTA_SLAVE_ADD, class, why, slave->name, slave->namespace))
			return -ENOMEM;
	}
	return 0;
}

static bool has_no_link(const struct nb_view *view, const struct nb_goal_slave *slave)
{
	const struct nb_netns *ns = nb_state_namespace(view->state, slave->namespace);
	const struct nb_link *link = ns ? nb_netns_find(ns, slave->name) : NULL;

	return link && nb_link_has_no_link(link);
}

size_t nb_diff_coming(const struct nb_view *view, bool linked)
{
	size_t n = 0;

	for (size_t i = 0; i < view->goal->n_slaves; i++) {
		const struct nb_goal_slave *slave = &view->goal->slaves[i];

		n += !slave->deferred && !is_enslaved(view, slave->namespace, slave->name) &&
		     !(linked && has_no_link(view, slave));
	}
	return n;
}

static size_t n_staying(const struct nb_view *view, bool usable)
{
	size_t n = 0;

	for (size_t i = 0; i < view->n_slaves; i++) {
		const struct nb_link *slave = view->slaves[i];

		n += nb_goal_find_slave(view->goal, view->goal->namespace, slave->name) &&
		     (!usable || nb_link_usable_slave(slave, view->link));
	}
	return n;
}

static size_t n_usable(const struct nb_view *view)
{
	size_t n = 0;

	for (size_t i = 0; i < view->n_slaves; i++)
		n += nb_link_usable_slave(view->slaves[i], view->link);
	return n;
}

/* What no target answered over is usable again once the link alone counts (bond_mii_monitor()). */
static size_t n_reviving(const struct nb_view *view)
{
	size_t n = 0;

	if (nb_optset_u(&view->link->bond, IFLA_BOND_ARP_INTERVAL) == 0 ||
		nb_optset_u(&view->goal->opts, IFLA_BOND_MIIMON) == 0)
		return 0;
	for (size_t i = 0; i < view->n_slaves; i++) {
		const struct nb_link *slave = view->slaves[i];

		n += nb_goal_find_slave(view->goal, view->goal->namespace, slave->name) &&
		     !nb_link_usable_slave(slave, view->link) && slave->carrier;
	}
	return n;
}

/*
 * A slave may go as class slave when enough others are usable now, or will be waited for: the
 * plan puts a WAIT before each such step, so that the promise holds at every moment. A bond that
 * has not enough of them now does not wait, for it may be in vain, unless the limit is this class.
 */
static enum nb_class removal_class(const struct nb_view *view, const char **ret_why)
{
	size_t least = nb_bond_least_links(&view->goal->opts), staying = n_staying(view, true);
	size_t coming = nb_diff_coming(view, true) + n_reviving(view);

	if (n_staying(view, false) + nb_diff_coming(view, false) == 0) {
		*ret_why = "all slaves leave";
		return NB_CLASS_REBUILD;
	}
	if (n_usable(view) >= least ? staying + nb_diff_coming(view, false) >= least
				    : view->goal->patient && staying + coming >= least) {
		*ret_why = "another usable slave remains";
		return NB_CLASS_SLAVE;
	}
	*ret_why = least > 1 ? "fewer usable slaves remain than min-links asks for"
			     : "no other usable slave remains";
	return NB_CLASS_DOWN;
}

static int diff_removed(const struct nb_view *view, struct nb_diff *diff)
{
	for (size_t i = 0; i < view->n_slaves; i++) {
		const struct nb_link *slave = view->slaves[i];
		struct nb_delta *delta;
		enum nb_class class;
		const char *why;

		if (nb_goal_find_slave(view->goal, view->goal->namespace, slave->name))
			continue;
		class = removal_class(view, &why);
		if (class < NB_CLASS_DOWN && nb_link_has_uppers(view->ns, slave)) {
			class = NB_CLASS_DOWN;
			why = "the devices upon it go down with it";
		}
		delta = add_delta(diff, NB_DELTA_SLAVE_REMOVE, class, why, slave->name,
			view->goal->namespace);
		if (!delta)
			return -ENOMEM;
		delta->moves = true;
	}
	return 0;
}

static bool slave_option_differs(
	const struct nb_goal_slave *want, const struct nb_link *have, unsigned attr)
{
	if (!nb_optset_has(&want->opts, attr))
		return false;
	if (nb_optset_has(&have->slave, attr))
		return !nb_optset_equal(&want->opts, &have->slave, attr);
	return nb_optset_named(&want->opts) & NB_BIT(attr);
}

static int diff_slave_options(const struct nb_view *view, const struct nb_goal_slave *want,
	const struct nb_link *slave, struct nb_diff *diff)
{
	struct nb_change_view change = nb_diff_change_view(view, &slave->slave, &want->opts);

	nb_foreach_option(row, attr, NB_SCOPE_SLAVE) {
		enum nb_class class = NB_CLASS_LIVE;
		const char *why = NULL;
		struct nb_delta *delta;

		if (!slave_option_differs(want, slave, attr))
			continue;
		if (row->raise && nb_link_is_up(view->link))
			class = row->raise(&change, &why);
		delta = add_delta(diff, NB_DELTA_SLAVE_OPTION, class, why, slave->name,
			view->goal->namespace);
		if (!delta)
			return -ENOMEM;
		delta->attr = attr;
		delta->moves = row->flags & NB_OPTION_MOVES;
	}
	return 0;
}

/* Options, admin state and MTU of the slaves that stay. */
static int diff_kept(const struct nb_view *view, struct nb_diff *diff)
{
	uint32_t mtu = view->goal->mtu ? view->goal->mtu : view->link ? view->link->mtu : 0;

	for (size_t i = 0; i < view->n_slaves; i++) {
		const struct nb_link *slave = view->slaves[i];
		const struct nb_goal_slave *want =
			nb_goal_find_slave(view->goal, view->goal->namespace, slave->name);

		if (!want)
			continue;
		if (diff_slave_options(view, want, slave, diff) < 0)
			return -ENOMEM;
		if (!nb_link_is_up(slave) && !want->keep_down &&
			!add_delta(diff, NB_DELTA_SLAVE_UP, NB_CLASS_LIVE, NULL, slave->name,
				view->goal->namespace))
			return -ENOMEM;
		if (slave->mtu != mtu && slave->mtu != view->link->mtu && !want->keep_mtu &&
			!add_delta(diff, NB_DELTA_SLAVE_MTU,
				n_staying(view, true) >=
						nb_link_usable_slave(slave, view->link) +
							nb_bond_least_links(&view->goal->opts)
					? NB_CLASS_SLAVE
					: NB_CLASS_DOWN,
				"the driver may take the link down for it", slave->name,
				view->goal->namespace))
			return -ENOMEM;
	}
	return 0;
}

/*
 * The order is compared only where the kernel's is known and the set is the wanted one; a change
 * that empties the bond enslaves in order anyway.
 */
static int diff_order(const struct nb_view *view, struct nb_diff *diff)
{
	size_t n = 0;
	bool enough;

	if (diff->need_empty || view->goal->keep_order || nb_diff_has(diff, NB_DELTA_SLAVE_ADD) ||
		nb_diff_has(diff, NB_DELTA_SLAVE_REMOVE))
		return 0;
	for (size_t i = 0; i < view->n_slaves; i++) {
		if (view->slaves[i]->slave_position == 0)
			return 0;
	}
	for (size_t i = 0; i < view->n_slaves && i < view->goal->n_slaves; i++)
		n += nb_streq(view->slaves[i]->name, view->goal->slaves[i].name);
	if (n == view->n_slaves)
		return 0;
	/* One at a time is away; the wait before each step needs enough others. */
	enough = n_usable(view) > nb_bond_least_links(&view->goal->opts);
	return nb_diff_add(diff, NB_DELTA_ORDER, enough ? NB_CLASS_SLAVE : NB_CLASS_DOWN,
		       "slaves are listed in the order of enslaving")
		       ? 0
		       : -ENOMEM;
}

int nb_diff_slaves(const struct nb_view *view, struct nb_diff *diff)
{
	int r = diff_added(view, diff);

	if (r < 0 || !view->link)
		return r;
	r = diff_removed(view, diff);
	if (r < 0)
		return r;
	r = diff_kept(view, diff);
	if (r < 0)
		return r;
	return diff_order(view, diff);
}
