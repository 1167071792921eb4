/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "lib/core/impact.h"

#include <errno.h>
#include <stdint.h>
#include <stdlib.h>

static void look_at_link(const struct nb_op *op, struct nb_impact *impact)
{
	if (!impact->goal || !nb_streq(op->link, impact->goal->name))
		return;
	impact->down |= op->set & NB_SET_DOWN;
	impact->mtu |= op->set & NB_SET_MTU;
	/* Not the one that is put back after the bond was empty. */
	impact->mac |= (op->set & NB_SET_MAC) && op->kind == NB_OP_LINK_SET && op->subject;
}

static void look_at(const struct nb_op *op, struct nb_impact *impact)
{
	bool lost = op->flags & NB_OP_LOST;

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
		impact->moves |= op->flags & NB_OP_MOVES;
		look_at_link(op, impact);
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
	case NB_OP_TYPE_CREATE:
	case NB_OP_TYPE_SET:
	case NB_OP_TYPE_DELETE:
	case NB_OP_LINK_MOVE:
	case NB_OP_SLAVE_SET:
	case NB_OP_WAIT_USABLE:
	case NB_OP_WAIT_ADDRESS:
	case NB_OP_WAIT_FOLLOW:
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

static void say_back(const struct nb_impact *impact, struct nb_text *out, size_t start)
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

static void say_down(const struct nb_impact *impact, struct nb_text *out, size_t start)
{
	if (impact->deleted && !impact->created)
		add(out, start, "it goes, and what it carries stops");
	else if (impact->down || impact->class == NB_CLASS_REBUILD)
		say_outage(impact->goal, out, start);
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

void nb_impact_say(const struct nb_impact *impact, struct nb_text *out)
{
	switch (impact->class) {
	case NB_CLASS_LIVE:
		nb_text_add(out, impact->moves ? "nothing stops, flows may move between slaves"
					       : "nothing stops");
		break;
	case NB_CLASS_SLAVE:
		nb_text_add(out, "one slave at a time, another carries on");
		break;
	case NB_CLASS_DOWN:
	case NB_CLASS_REBUILD:
		say_down(impact, out, out->length);
		break;
	}
}

static struct nb_impact *find(struct nb_impacts *impacts, const char *object, uint32_t hash)
{
	size_t cursor = 0;
	void *place;

	while ((place = nb_index_next(&impacts->by_object, hash, &cursor))) {
		struct nb_impact *impact = &impacts->items[(uintptr_t)place - 1];

		if (nb_streq(impact->object, object))
			return impact;
	}
	return NULL;
}

static const struct nb_goal *find_goal(const struct nb_index *goals, const char *key, uint32_t hash)
{
	const struct nb_goal *goal;
	size_t cursor = 0;

	while ((goal = nb_index_next(goals, hash, &cursor)) && !nb_streq(goal->key, key))
		;
	return goal;
}

/* Return: the impact on @object, a new one where there was none; NULL: no memory. */
static struct nb_impact *get(
	struct nb_impacts *impacts, const struct nb_index *goals, const char *object)
{
	uint32_t hash = nb_index_hash(object);
	struct nb_impact *impact = find(impacts, object, hash);

	if (impact)
		return impact;
	if (nb_grow(&impacts->items, impacts->n, &impacts->capacity, sizeof(*impact)) < 0 ||
		nb_index_add(&impacts->by_object, hash, (void *)(uintptr_t)(impacts->n + 1)) < 0)
		return NULL;
	impact = &impacts->items[impacts->n++];
	*impact = (struct nb_impact){
		.object = object,
		.goal = find_goal(goals, object, hash),
		.class = NB_CLASS_LIVE,
	};
	return impact;
}

int nb_impacts_of(
	const struct nb_plan *plan, const struct nb_target *target, struct nb_impacts *ret)
{
	NB_CLEANUP(nb_index_done) struct nb_index goals = { 0 };

	for (size_t i = 0; i < target->goals.n; i++) {
		struct nb_goal *goal = nb_target_goal(target, i);

		if (nb_index_add(&goals, nb_index_hash(goal->key), goal) < 0)
			return -ENOMEM;
	}
	for (size_t i = 0; i < plan->n_ops; i++) {
		const struct nb_op *op = &plan->ops[i];
		const char *object = op->goal && *op->goal ? op->goal : op->namespace;
		struct nb_impact *impact = object ? get(ret, &goals, object) : NULL;

		if (object && !impact)
			return -ENOMEM;
		if (impact)
			look_at(op, impact);
	}
	return 0;
}

void nb_impacts_done(struct nb_impacts *impacts)
{
	free(impacts->items);
	nb_index_done(&impacts->by_object);
	*impacts = (struct nb_impacts){ 0 };
}
