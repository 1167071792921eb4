/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "lib/core/diff.h"

#include <assert.h>
#include <errno.h>
#include <string.h>

#include "lib/core/diff-parts.h"
#include "lib/core/effect-l3.h"
#include "lib/core/rules.h"

int nb_view_init(struct nb_view *view, const struct nb_goal *goal, const struct nb_target *target,
	const struct nb_state *state, const struct nb_memory *memory)
{
	int n;

	memset(view, 0, sizeof(*view));
	view->goal = goal;
	view->target = target;
	view->state = state;
	view->ns = nb_state_namespace(state, goal->namespace);
	if (!view->ns)
		return 0;
	view->link = nb_netns_find(view->ns, goal->name);
	if (!view->link)
		return 0;
	view->object = nb_memory_find(memory, NB_OBJECT_BOND, view->ns, view->link);
	n = nb_netns_slaves(view->ns, view->link, &view->slaves);
	if (n < 0)
		return n;
	view->n_slaves = n;
	return 0;
}

void nb_view_done(struct nb_view *view)
{
	free(view->slaves);
	memset(view, 0, sizeof(*view));
}

void nb_diff_done(struct nb_diff *diff)
{
	free(diff->deltas);
	memset(diff, 0, sizeof(*diff));
}

bool nb_diff_has(const struct nb_diff *diff, enum nb_delta_kind kind)
{
	for (size_t i = 0; i < diff->n_deltas; i++) {
		if (diff->deltas[i].kind == kind)
			return true;
	}
	return false;
}

struct nb_delta *nb_diff_add(
	struct nb_diff *diff, enum nb_delta_kind kind, enum nb_class class, const char *why)
{
	struct nb_delta *delta;

	if (nb_grow(&diff->deltas, diff->n_deltas, &diff->delta_capacity, sizeof(*delta)) < 0)
		return NULL;
	delta = &diff->deltas[diff->n_deltas++];
	delta->kind = kind;
	delta->class = class;
	delta->why = why;
	return delta;
}

bool nb_link_has_uppers(const struct nb_netns *ns, const struct nb_link *link)
{
	struct nb_relatives relatives = nb_netns_relatives(ns, link->ifindex);
	const struct nb_link *other;

	while ((other = nb_relatives_next(&relatives))) {
		if (other->lower == link->ifindex && other != link)
			return true;
	}
	return false;
}

bool nb_bond_follows_mac(const struct nb_optset *opts)
{
	return nb_optset_u(opts, IFLA_BOND_MODE) == BOND_MODE_ACTIVEBACKUP &&
	       nb_optset_u(opts, IFLA_BOND_FAIL_OVER_MAC) != 0; /* BOND_FOM_NONE */
}

unsigned nb_bond_least_links(const struct nb_optset *opts)
{
	/* bond_set_carrier() of 802.3ad wants that many ports */
	if (nb_optset_u(opts, IFLA_BOND_MODE) != BOND_MODE_8023AD)
		return 1;
	return (unsigned)NB_MAX(nb_optset_u(opts, IFLA_BOND_MIN_LINKS), UINT64_C(1));
}

static bool slave_named(const struct nb_view *view, const char *name)
{
	for (size_t i = 0; i < view->n_slaves; i++) {
		if (nb_streq(view->slaves[i]->name, name))
			return true;
	}
	return false;
}

bool nb_option_differs(const struct nb_view *view, const struct nb_option *row)
{
	unsigned attr = nb_option_attr(row);
	const struct nb_optset *want = &view->goal->opts, *have = &view->link->bond;

	if (!nb_optset_has(want, attr))
		return false;
	if (row->type == &nb_type_ifname) {
		const char *name = nb_optset_get(want, attr).name;

		if (!name)
			return nb_optset_has(have, attr);
		return slave_named(view, name) &&
		       !nb_streq(name, nb_optset_get(have, attr).name);
	}
	if (nb_optset_has(have, attr))
		return !row->type->equal(nb_optset_get(want, attr), nb_optset_get(have, attr));
	if (row->flags & NB_OPTION_ADMIN)
		return false;
	if (row->flags & NB_OPTION_SPARSE)
		return !nb_value_is_zero(row->type, nb_optset_get(want, attr));
	return nb_optset_named(want) & NB_BIT(attr);
}

static bool has_partner(const struct nb_optset *bond)
{
	const struct nb_optset *info = nb_optset_get(bond, IFLA_BOND_AD_INFO).set;
	union nb_value mac = { 0 };

	if (info)
		mac = nb_optset_get(info, IFLA_BOND_AD_INFO_PARTNER_MAC);
	return !nb_value_is_zero(&nb_type_mac, mac);
}

struct nb_change_view nb_diff_change_view(
	const struct nb_view *view, const struct nb_optset *before, const struct nb_optset *after)
{
	struct nb_change_view change = {
		.before = before,
		.after = after,
		.bond = &view->goal->opts,
		.mode = nb_optset_u(&view->goal->opts, IFLA_BOND_MODE),
		.coming = view->goal->patient ? nb_diff_coming(view, true) : 0,
		.has_partner = has_partner(&view->link->bond),
		.has_carrier = view->link->carrier,
	};

	for (size_t i = 0; i < view->n_slaves; i++)
		change.usable += nb_link_usable_slave(view->slaves[i], view->link);
	return change;
}

/* Least class of an option's change on this bond as it is now. */
static enum nb_class option_class(
	const struct nb_view *view, const struct nb_option *row, const char **ret_why)
{
	bool up = nb_link_is_up(view->link);
	struct nb_change_view change =
		nb_diff_change_view(view, &view->link->bond, &view->goal->opts);

	*ret_why = row->why;
	switch (row->change) {
	case NB_CHANGE_ANY:
		*ret_why = NULL;
		return row->raise && up ? row->raise(&change, ret_why) : NB_CLASS_LIVE;
	case NB_CHANGE_DOWN:
		return up ? NB_CLASS_DOWN : NB_CLASS_LIVE;
	case NB_CHANGE_EMPTY:
		return view->n_slaves ? NB_CLASS_REBUILD : NB_CLASS_LIVE;
	case NB_CHANGE_EMPTY_DOWN:
		if (view->n_slaves)
			return NB_CLASS_REBUILD;
		return up ? NB_CLASS_DOWN : NB_CLASS_LIVE;
	}
	return NB_CLASS_REBUILD;
}

static int diff_options(const struct nb_view *view, struct nb_diff *diff)
{
	nb_foreach_option(row, attr, NB_SCOPE_BOND) {
		struct nb_delta *delta;
		const char *why;
		enum nb_class class;

		if (!nb_option_differs(view, row))
			continue;
		class = option_class(view, row, &why);
		delta = nb_diff_add(diff, NB_DELTA_OPTION, class, why);
		if (!delta)
			return -ENOMEM;
		delta->attr = attr;
		delta->moves = row->flags & NB_OPTION_MOVES;
		diff->need_down |= row->change == NB_CHANGE_DOWN || row->change == NB_CHANGE_EMPTY_DOWN;
		diff->need_empty |= row->change == NB_CHANGE_EMPTY || row->change == NB_CHANGE_EMPTY_DOWN;
	}
	return 0;
}

/* MTU, MAC, link-local, up: what the link itself carries. */
static int diff_link(const struct nb_view *view, struct nb_diff *diff)
{
	const struct nb_goal *goal = view->goal;
	const struct nb_link *link = view->link;
	enum nb_class busy = view->n_slaves ? NB_CLASS_DOWN : NB_CLASS_LIVE;
	bool none = link->addr_gen_mode == IN6_ADDR_GEN_MODE_NONE;

	if (goal->mtu && goal->mtu != link->mtu &&
		!nb_diff_add(diff, NB_DELTA_MTU, busy,
			goal->mtu < IPV6_MTU_MIN
				? "below 1280 bytes the bond and what lies upon it lose IPv6"
				: "every slave changes its MTU with the bond"))
		return -ENOMEM;
	if (goal->has_mac && !nb_bond_follows_mac(&goal->opts) &&
		memcmp(goal->mac, link->mac, 6) != 0 &&
		!nb_diff_add(diff, NB_DELTA_MAC, busy, "neighbours must learn the new MAC"))
		return -ENOMEM;
	if (goal->link_local == none) {
		enum nb_class class = nb_link_is_up(link) ? NB_CLASS_DOWN : NB_CLASS_LIVE;

		if (!nb_diff_add(diff, NB_DELTA_LINK_LOCAL, class,
			    none ? "the kernel makes the address only when the bond goes up"
				 : "the link-local address goes"))
			return -ENOMEM;
	}
	if (!nb_link_is_up(link) && !goal->keep_down &&
		!nb_diff_add(diff, NB_DELTA_UP, NB_CLASS_LIVE, NULL))
		return -ENOMEM;
	return 0;
}

static int diff_delete(const struct nb_view *view, struct nb_diff *diff)
{
	struct nb_delta *delta;

	if (!view->link)
		return 0;
	delta = nb_diff_add(diff, NB_DELTA_DELETE, NB_CLASS_REBUILD, "the bond is removed");
	if (!delta)
		return -ENOMEM;
	if (view->link->master) {
		delta->must_ask = true;
		delta->why = "the bond is removed, and the bridge it is a port of loses it";
	}
	if (nb_link_has_uppers(view->ns, view->link)) {
		delta->must_ask = true;
		delta->why = "the bond is removed, and the devices upon it with it";
	}
	return 0;
}

int nb_diff_build(const struct nb_view *view, struct nb_diff *diff, struct nb_diag *diag)
{
	const struct nb_goal *goal = view->goal;
	int r;

	if (view->link && !nb_link_is_bond(view->link)) {
		diff->refused = true;
		nb_diag_error(diag, &goal->mark, goal->key, "%s exists and is no bond but %s%s",
			goal->name, view->link->kind ? "of kind " : "a device",
			view->link->kind ? view->link->kind : "");
		nb_diag_hint(diag, "rename or remove that device, or give the bond another name");
		return 0;
	}
	if (goal->absent || goal->skip)
		return goal->skip ? 0 : diff_delete(view, diff);
	if (!view->link) {
		if (!nb_diff_add(diff, NB_DELTA_CREATE, NB_CLASS_LIVE, NULL))
			return -ENOMEM;
	} else {
		r = diff_options(view, diff);
		if (r < 0)
			return r;
		r = diff_link(view, diff);
		if (r < 0)
			return r;
	}
	r = nb_diff_slaves(view, diff);
	if (r < 0)
		return r;
	return nb_diff_l3(view, diff);
}

void nb_delta_subject(const struct nb_delta *delta, struct nb_text *out)
{
	switch (delta->kind) {
	case NB_DELTA_CREATE:
	case NB_DELTA_DELETE:
		nb_text_put(out, "bond");
		break;
	case NB_DELTA_OPTION:
		nb_text_add(out, "option %s", nb_option_get(NB_SCOPE_BOND, delta->attr)->name);
		break;
	case NB_DELTA_MTU:
		nb_text_put(out, "mtu");
		break;
	case NB_DELTA_MAC:
		nb_text_put(out, "mac");
		break;
	case NB_DELTA_LINK_LOCAL:
		nb_text_put(out, "link-local");
		break;
	case NB_DELTA_UP:
		nb_text_put(out, "up");
		break;
	case NB_DELTA_ORDER:
		nb_text_put(out, "order");
		break;
	case NB_DELTA_SLAVE_ADD:
	case NB_DELTA_SLAVE_REMOVE:
		nb_text_put(out, "slave ");
		nb_text_put(out, delta->slave);
		break;
	case NB_DELTA_SLAVE_UP:
		nb_text_add(out, "slave %s up", delta->slave);
		break;
	case NB_DELTA_SLAVE_MTU:
		nb_text_add(out, "slave %s mtu", delta->slave);
		break;
	case NB_DELTA_SLAVE_OPTION:
		nb_text_add(out, "slave %s option %s", delta->slave,
			nb_option_get(NB_SCOPE_SLAVE, delta->attr)->name);
		break;
	case NB_DELTA_ADDRESS_ADD:
	case NB_DELTA_ADDRESS_CHANGE:
	case NB_DELTA_ADDRESS_REPLACE:
	case NB_DELTA_ADDRESS_REMOVE:
		nb_text_put(out, "address ");
		nb_address_format(delta->address, out);
		break;
	case NB_DELTA_ROUTE_ADD:
	case NB_DELTA_ROUTE_CHANGE:
	case NB_DELTA_ROUTE_REMOVE:
		nb_text_put(out, "route ");
		nb_route_format(delta->route, out);
		break;
	}
}

static void describe_option(const struct nb_view *view, const struct nb_delta *delta,
	struct nb_text *out)
{
	const struct nb_option *row = nb_option_get(NB_SCOPE_BOND, delta->attr);

	nb_text_add(out, "%s ", row->name);
	nb_option_say_seen(row, nb_optset_get(&view->link->bond, delta->attr), out);
	nb_text_add(out, " -> ");
	row->type->format(row, nb_optset_get(&view->goal->opts, delta->attr), out);
}

void nb_delta_describe(const struct nb_view *view, const struct nb_delta *delta, struct nb_text *out)
{
	switch (delta->kind) {
	case NB_DELTA_CREATE:
		nb_text_add(out, "create the bond");
		return;
	case NB_DELTA_DELETE:
		nb_text_add(out, "remove the bond");
		return;
	case NB_DELTA_OPTION:
		describe_option(view, delta, out);
		return;
	case NB_DELTA_MTU:
		nb_text_add(out, "mtu %u -> %u", view->link->mtu, view->goal->mtu);
		return;
	case NB_DELTA_MAC:
		nb_text_add(out, "mac ");
		nb_mac_format(view->link->mac, out);
		nb_text_add(out, " -> ");
		nb_mac_format(view->goal->mac, out);
		return;
	case NB_DELTA_LINK_LOCAL:
		nb_text_add(out, "link-local -> %s", view->goal->link_local ? "true" : "false");
		return;
	case NB_DELTA_SLAVE_ADD:
	case NB_DELTA_ADDRESS_ADD:
	case NB_DELTA_ROUTE_ADD:
		nb_text_add(out, "add ");
		break;
	case NB_DELTA_SLAVE_REMOVE:
	case NB_DELTA_ADDRESS_REMOVE:
	case NB_DELTA_ROUTE_REMOVE:
		nb_text_add(out, "remove ");
		break;
	case NB_DELTA_ADDRESS_CHANGE:
	case NB_DELTA_ADDRESS_REPLACE:
	case NB_DELTA_ROUTE_CHANGE:
	case NB_DELTA_SLAVE_OPTION:
	case NB_DELTA_SLAVE_MTU:
		nb_text_add(out, "change ");
		break;
	case NB_DELTA_UP:
	case NB_DELTA_SLAVE_UP:
		nb_text_add(out, "set ");
		break;
	case NB_DELTA_ORDER:
		nb_text_add(out, "slave ");
		break;
	}
	nb_delta_subject(delta, out);
}
