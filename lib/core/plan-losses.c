/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What a plan does not put back (plan-restore.c) is told, with the reason. */
#include "lib/core/planner.h"

static bool is_doubtful(const struct nb_planner *p, const char *namespace,
	const struct nb_link *link, const struct nb_route *route)
{
	for (size_t i = 0; i < p->plan->n_ops; i++) {
		const struct nb_op *op = &p->plan->ops[i];

		if ((op->flags & NB_OP_DOUBTFUL) && nb_streq(op->link, link->name) &&
			nb_streq(op->namespace, namespace) && nb_route_key_same(&op->route, route))
			return true;
	}
	return false;
}

static void tell_owed(struct nb_planner *p, const struct nb_link *was, const struct nb_text *what,
	bool doubtful, const char *why)
{
	nb_diag_warning(p->diag, NULL, was->name,
		"a change that was cut off took its %s, which %s: %s", what->text ? what->text : "",
		doubtful ? "may not come back" : "does not come back", why);
	nb_diag_hint(p->diag, "set it again where it is needed");
}

void nb_plan_tell_owed(struct nb_planner *p, const char *namespace, const struct nb_link *was)
{
	const struct nb_netns *ns = nb_state_namespace(p->work, namespace);
	const struct nb_link *now = ns ? nb_netns_find(ns, was->name) : NULL;

	for (size_t i = 0; now && i < was->n_addresses; i++) {
		const struct nb_address *address = &was->addresses[i];
		NB_CLEANUP(nb_text_done) struct nb_text text = { 0 };

		if (nb_link_find_address(now, address))
			continue;
		nb_text_add(&text, "address ");
		nb_address_format(address, &text);
		tell_owed(p, was, &text, false, nb_plan_takes(now, address->ip.family)
				? "it lasts for a time only" : "its MTU is too small for IPv6");
	}
	for (size_t i = 0; now && i < was->n_routes; i++) {
		const struct nb_route *route = &was->routes[i];
		bool doubtful = is_doubtful(p, namespace, was, route);
		const char *why = nb_plan_obstacle(ns, now, route);
		NB_CLEANUP(nb_text_done) struct nb_text text = { 0 };

		if (!why || (nb_link_find_route(now, route) && !doubtful))
			continue;
		nb_text_add(&text, "route ");
		nb_route_format(route, &text);
		tell_owed(p, was, &text, doubtful, why);
	}
}

static bool is_deleted(const struct nb_planner *p, const char *namespace,
	const struct nb_link *link, const struct nb_address *address, const struct nb_route *route)
{
	for (size_t i = 0; i < p->plan->n_ops; i++) {
		const struct nb_op *op = &p->plan->ops[i];

		if (!nb_streq(op->link, link->name) || !nb_streq(op->namespace, namespace))
			continue;
		if (route ? op->kind == NB_OP_ROUTE_DELETE && nb_route_key_same(&op->route, route)
			  : op->kind == NB_OP_ADDRESS_DELETE &&
				      nb_address_same(&op->address, address))
			return true;
	}
	return false;
}

static void tell_routes(struct nb_planner *p, const struct nb_netns *ns,
	const struct nb_link *before, const struct nb_link *now, bool any_doubtful)
{
	const struct nb_netns *work = nb_state_namespace(p->work, ns->name);
	/* What a NIC is stripped of is in the plan; nexthop objects go by themselves. */
	bool enslaved = now->master && !before->master;

	for (size_t i = 0; i < before->n_routes; i++) {
		const struct nb_route *route = &before->routes[i];
		bool doubtful = any_doubtful && is_doubtful(p, ns->name, before, route);
		NB_CLEANUP(nb_text_done) struct nb_text text = { 0 };
		const char *why;

		if (!nb_route_kept(route) || (nb_link_find_route(now, route) && !doubtful) ||
			is_deleted(p, ns->name, before, NULL, route) ||
			(enslaved && !route->nexthop))
			continue;
		why = nb_plan_obstacle(work, now, route);
		if (doubtful && !why)
			continue; /* waited for */
		nb_route_format(route, &text);
		nb_diag_note(p->diag, NULL, before->name, "its route %s goes and %s: %s",
			text.text ? text.text : "",
			doubtful ? "may not come back" : "does not come back",
			why ? why : "another change takes it");
		nb_diag_hint(p->diag, "set it again afterwards where it is needed");
	}
}

static void tell_addresses(struct nb_planner *p, const struct nb_netns *ns,
	const struct nb_link *before, const struct nb_link *now)
{
	for (size_t i = 0; i < before->n_addresses; i++) {
		const struct nb_address *address = &before->addresses[i];
		NB_CLEANUP(nb_text_done) struct nb_text text = { 0 };

		if (nb_address_of_kernel(address) || nb_link_find_address(now, address) ||
			is_deleted(p, ns->name, before, address, NULL))
			continue;
		nb_address_format(address, &text);
		nb_diag_note(p->diag, NULL, before->name,
			"its address %s goes and does not come back%s", text.text ? text.text : "",
			address->valid != NB_FOREVER	       ? ": it lasts for a time only"
			: !nb_plan_takes(now, address->ip.family)      ? ": its MTU is too small for IPv6"
							       : "");
		nb_diag_hint(p->diag, "who set it must set it again");
	}
}

void nb_plan_tell_losses(struct nb_planner *p)
{
	bool any_doubtful = false;

	for (size_t i = 0; i < p->plan->n_ops; i++)
		any_doubtful |= p->plan->ops[i].flags & NB_OP_DOUBTFUL;
	for (size_t n = 0; p->work && p->error == 0 && n < p->before->n_namespaces; n++) {
		const struct nb_netns *ns = p->before->namespaces[n];
		const struct nb_netns *work = nb_state_namespace(p->work, ns->name);

		/* Most is shared. */
		for (size_t i = 0; work && work->exists; i++) {
			const struct nb_link *before, *now;

			i = nb_pages_skip(&ns->links, &work->links, i);
			if (i == ns->links.n)
				break;
			before = nb_netns_link(ns, i);
			/* Nearly always at the same place. */
			now = i < work->links.n ? nb_netns_link(work, i) : NULL;
			if (now != before && (!now || now->ifindex != before->ifindex))
				now = nb_netns_find_index(work, before->ifindex);
			if (!now || now == before)
				continue;
			tell_addresses(p, ns, before, now);
			tell_routes(p, ns, before, now, any_doubtful);
		}
	}
}
