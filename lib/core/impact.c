/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "lib/core/impact.h"

#include <string.h>

/* What happens to one object. */
struct impact {
	enum nb_class class;
	unsigned n_ops;
	bool created, deleted;
	bool down;	     /* the bond itself goes down */
	bool enslaved, moves;
	unsigned n_released; /* at any one time: releases before the next enslaving */
	bool mtu, mac;
	unsigned n_gone;     /* addresses and routes that stay away */
	bool back_ipv4, back_ipv6, back_routes;
};

static bool is_of(const struct nb_op *op, const char *object)
{
	const char *name = op->goal && *op->goal ? op->goal : op->namespace;

	return nb_streq(name, object);
}

static void look_at_link(const struct nb_op *op, const struct nb_goal *goal, struct impact *impact)
{
	if (!goal || !nb_streq(op->link, goal->name))
		return;
	impact->down |= op->set & NB_SET_DOWN;
	impact->mtu |= op->set & NB_SET_MTU;
	/* Not the one that is put back after the bond was empty. */
	impact->mac |= (op->set & NB_SET_MAC) && op->kind == NB_OP_LINK_SET && op->subject;
}

static void look_at(const struct nb_op *op, const struct nb_goal *goal, struct impact *impact)
{
	bool lost = op->reason && nb_streq(op->reason, "lost on the way");

	impact->class = NB_MAX(impact->class, op->class);
	impact->n_ops++;
	switch (op->kind) {
	case NB_OP_BOND_CREATE:
		impact->created = true;
		break;
	case NB_OP_LINK_DELETE:
		impact->deleted = true;
		break;
	case NB_OP_BOND_SET:
	case NB_OP_LINK_SET:
		impact->moves |= op->reason && strstr(op->reason, "flows may move");
		look_at_link(op, goal, impact);
		break;
	case NB_OP_RELEASE:
		impact->n_released++;
		break;
	case NB_OP_ENSLAVE:
		impact->enslaved = true;
		break;
	case NB_OP_ADDRESS_ADD:
		impact->back_ipv4 |= lost && op->address.ip.family == AF_INET;
		impact->back_ipv6 |= lost && op->address.ip.family == AF_INET6;
		break;
	case NB_OP_ROUTE_ADD:
		impact->back_routes |= lost;
		break;
	case NB_OP_ADDRESS_DELETE:
	case NB_OP_ROUTE_DELETE:
		impact->n_gone++;
		break;
	case NB_OP_NETNS_CREATE:
	case NB_OP_NETNS_DELETE:
	case NB_OP_LINK_MOVE:
	case NB_OP_SLAVE_SET:
	case NB_OP_WAIT_USABLE:
	case NB_OP_WAIT_ADDRESS:
	case NB_OP_KIND_COUNT:
		break;
	}
}

static void add(struct nb_text *out, size_t start, const char *text)
{
	nb_text_add(out, "%s%s", out->length > start ? "; " : "", text);
}

/* How long it lasts until the driver uses a slave again. */
static void say_outage(const struct nb_goal *goal, struct nb_text *out, size_t start)
{
	uint64_t updelay = goal ? nb_optset_u(&goal->opts, IFLA_BOND_UPDELAY) : 0;

	add(out, start, "");
	if (goal && nb_optset_u(&goal->opts, IFLA_BOND_MODE) == BOND_MODE_8023AD)
		nb_text_add(out, "down for about one LACP negotiation");
	else if (updelay)
		nb_text_add(out, "down for about %llu ms (updelay)", (unsigned long long)updelay);
	else
		nb_text_add(out, "down for a moment");
}

static void say_back(const struct impact *impact, struct nb_text *out, size_t start)
{
	const char *addresses = !impact->back_ipv6   ? "addresses"
				: !impact->back_ipv4 ? "IPv6 addresses"
						     : "IPv4 and IPv6 addresses";
	bool any = impact->back_ipv4 || impact->back_ipv6;

	if (!any && !impact->back_routes)
		return;
	add(out, start, any ? addresses : "routes");
	nb_text_add(out, "%s are put back", any && impact->back_routes ? " and routes" : "");
}

static void say_down(const struct impact *impact, const struct nb_goal *goal, struct nb_text *out,
	size_t start)
{
	if (impact->deleted && !impact->created)
		add(out, start, "it goes, and what it carries stops");
	else if (impact->down || impact->class == NB_CLASS_REBUILD)
		say_outage(goal, out, start);
	if (impact->n_released && !impact->enslaved && impact->class == NB_CLASS_REBUILD)
		nb_text_add(out, ", and without slaves afterwards");
	if (impact->mtu)
		add(out, start, "the MTU of every slave changes, which may take links down");
	if (impact->mac)
		add(out, start, "neighbours have to learn a new MAC");
	if (impact->n_gone)
		add(out, start, "what uses the addresses or routes that go stops");
	say_back(impact, out, start);
	if (out->length == start)
		add(out, start, "traffic may stop for a moment");
}

void nb_impact_say(const struct nb_plan *plan, const struct nb_goal *goal, const char *object,
	struct nb_text *out)
{
	struct impact impact = { .class = NB_CLASS_LIVE };
	size_t start = out->length;

	for (size_t i = 0; i < plan->n_ops; i++) {
		if (is_of(&plan->ops[i], object))
			look_at(&plan->ops[i], goal, &impact);
	}
	if (impact.n_ops == 0)
		return;
	switch (impact.class) {
	case NB_CLASS_LIVE:
		nb_text_add(out, impact.moves ? "nothing stops, flows may move between slaves"
					      : "nothing stops");
		break;
	case NB_CLASS_SLAVE:
		nb_text_add(out, "one slave at a time, another carries on");
		break;
	case NB_CLASS_DOWN:
	case NB_CLASS_REBUILD:
		say_down(&impact, goal, out, start);
		break;
	}
}
