/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * One change that goes wrong once (test-converge-faults): how it begins, and what has to be in
 * service all the same.
 */

#include "tests/unit/converge-world.h"

#include "tests/unit/converge-plans.h"

/* A change, how it goes when nothing goes wrong, and the way it goes wrong now. */
struct trial {
	const struct change *change;
	struct nb_state *before, *good; /* without a fault: what there was and what came of it */
	unsigned n_ops;
	struct nb_plan *plan;		/* not owned here: texts of its operations */
	char **ops;			/* descriptions, in order */
	struct world *w;
	struct world_fault fault;
	bool broken;			/* once is enough to tell */
};

static unsigned n_broken; /* trials of the test at hand */

static inline bool start_change(struct world *w, const struct change *change)
{
	world_start(w);
	if (change->before && world_run(w, change->before) != NB_RESULT_CONVERGED)
		return false;
	world_foreign(w, change->foreign);
	return true;
}

/* Return: whether it goes well in one plan without a fault. */
static inline bool trial_try_start(struct trial *t, const struct change *change)
{
	struct world w;
	char *lines, *rest;

	*t = (struct trial){ .change = change };
	if (!start_change(&w, change)) {
		world_done(&w);
		return false;
	}
	t->before = world_observe(&w);
	if (world_run(&w, change->after) != NB_RESULT_CONVERGED || w.passes != 1) {
		world_done(&w);
		nb_state_free(t->before);
		return false;
	}
	t->good = world_observe(&w);
	t->n_ops = w.n_ops;
	t->ops = calloc(w.n_ops + 1, sizeof(*t->ops));
	assert_non_null(t->ops);
	lines = world_log(&w, "after ");
	for (char *line = strtok_r(lines, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest)) {
		size_t n = 0;

		while (t->ops[n])
			n++;
		if (!strstr(line, " = ") && n < t->n_ops)
			t->ops[n] = strdup(line + strlen("after "));
	}
	free(lines);
	world_done(&w);
	return true;
}

static inline void trial_start(struct trial *t, const struct change *change)
{
	if (!trial_try_start(t, change))
		fail_msg("%s: does not converge in one pass without a fault", change->name);
}

static inline void trial_done(struct trial *t)
{
	for (unsigned i = 0; t->ops[i]; i++)
		free(t->ops[i]);
	free(t->ops);
	nb_state_free(t->before);
	nb_state_free(t->good);
}

static inline void broken(struct trial *t, const char *format, ...) NB_PRINTF(2, 3);

static inline void broken(struct trial *t, const char *format, ...)
{
	NB_CLEANUP(nb_text_done) struct nb_text text = { 0 };
	va_list args;

	if (t->broken)
		return;
	t->broken = true;
	if (n_broken++ == 0 || getenv("NETBOND_VERBOSE"))
		world_print(t->w);
	va_start(args, format);
	nb_text_addv(&text, format, args);
	va_end(args);
	print_message("%s, %u. %s, %s%s%s: %s\n", t->change->name, t->fault.number + t->fault.kill,
		t->fault.number	? t->ops[t->fault.number - 1]
		: t->fault.kill ? t->ops[t->fault.kill - 1]
				: t->fault.describe,
		t->fault.kill ? "killed" : strerrorname_np(t->fault.error),
		t->fault.after ? " after its effect" : "", t->fault.describe ? " always" : "",
		text.text);
}

/* ---- what was in service stays in service ---- */

static inline const struct nb_link *same_link(const struct nb_state *state, const char *namespace,
	const struct nb_link *link)
{
	const struct nb_netns *ns = nb_state_namespace(state, namespace);
	const struct nb_link *found =
		ns && ns->exists ? nb_netns_find_index(ns, link->ifindex) : NULL;

	return found && nb_streq(found->name, link->name) ? found : NULL;
}

static inline const struct nb_address *find_address(const struct nb_link *link, const struct nb_address *a)
{
	for (size_t i = 0; i < link->n_addresses; i++) {
		if (nb_address_same(&link->addresses[i], a))
			return &link->addresses[i];
	}
	return NULL;
}

static inline const struct nb_route *find_route(const struct nb_link *link, const struct nb_route *route)
{
	for (size_t i = 0; i < link->n_routes; i++) {
		if (nb_route_equal(&link->routes[i], route))
			return &link->routes[i];
	}
	return NULL;
}

static inline bool failed_on(const struct trial *t, const struct nb_link *link)
{
	return t->w->has_failed && nb_streq(t->w->failed.link, link->name);
}

/* The failed operation was itself to put this address there, or to make room for it. */
static inline bool is_excused_address(
	const struct trial *t, const struct nb_link *link, const struct nb_address *address)
{
	const struct nb_op *op = &t->w->failed;

	return failed_on(t, link) &&
	       (op->kind == NB_OP_ADDRESS_ADD || op->kind == NB_OP_ADDRESS_DELETE) &&
	       nb_ip_equal(&op->address.ip, &address->ip);
}

/* A route goes with the address it hangs on, and needs its device up. */
static inline bool is_excused_route(
	const struct trial *t, const struct nb_link *link, const struct nb_route *route)
{
	const struct nb_op *op = &t->w->failed;

	if (!failed_on(t, link))
		return false;
	if (op->set & NB_SET_UP)
		return true;
	if (op->kind == NB_OP_ADDRESS_ADD || op->kind == NB_OP_ADDRESS_DELETE)
		return op->address.ip.family == route->to.family &&
		       (nb_ip_equal(&op->address.ip, &route->src) ||
			       nb_ip_in_prefix(&route->via, &op->address.ip,
				       op->address.prefix_length));
	return (op->kind == NB_OP_ROUTE_ADD || op->kind == NB_OP_ROUTE_DELETE) &&
	       nb_ip_equal(&op->route.to, &route->to);
}

static inline void check_l3(struct trial *t, const struct nb_link *before, const struct nb_link *good,
	const struct nb_link *now)
{
	for (size_t i = 0; i < before->n_addresses; i++) {
		const struct nb_address *address = &before->addresses[i];
		NB_CLEANUP(nb_text_done) struct nb_text text = { 0 };

		/* Link-local ones are the kernel's own and follow the MAC. */
		if (nb_ip_is_linklocal(&address->ip) || !find_address(good, address) ||
			find_address(now, address) || is_excused_address(t, before, address))
			continue;
		nb_address_format(address, &text);
		broken(t, "%s lost address %s", before->name, text.text);
	}
	for (size_t i = 0; i < before->n_routes; i++) {
		const struct nb_route *route = &before->routes[i];
		NB_CLEANUP(nb_text_done) struct nb_text text = { 0 };

		if (!find_route(good, route) || find_route(now, route) ||
			is_excused_route(t, before, route))
			continue;
		nb_route_format(route, &text);
		broken(t, "%s lost route %s", before->name, text.text);
	}
}

/* The failed operation was about this very state of this device. */
static inline bool is_excused_link(const struct trial *t, const struct nb_link *link, unsigned set)
{
	return failed_on(t, link) && (t->w->failed.set & set);
}

/* It was to bring this slave in or out: it may be in neither place. */
static inline bool is_excused_slave(const struct trial *t, const struct nb_link *slave)
{
	const struct nb_op *op = &t->w->failed;

	return failed_on(t, slave) && (op->kind == NB_OP_ENSLAVE || op->kind == NB_OP_RELEASE);
}

/* What lies upon a device that cannot come up is down, and without routes. */
static inline bool is_above_failed_up(const struct trial *t, const struct nb_link *link)
{
	return t->w->has_failed && link->lower && link->lower == t->w->failed.ifindex &&
	       (t->w->failed.set & NB_SET_UP) && t->fault.describe;
}

static inline void check_link(struct trial *t, const struct nb_link *before, const struct nb_link *good,
	const struct nb_link *now)
{
	if (is_excused_slave(t, before) || is_above_failed_up(t, before))
		return;
	/* A NIC that changes hands is down between the two. */
	if (nb_link_is_up(before) == nb_link_is_up(good) && before->master == good->master &&
		nb_link_is_up(now) != nb_link_is_up(good) &&
		!is_excused_link(t, before, NB_SET_UP | NB_SET_DOWN))
		broken(t, "%s is %s", before->name, nb_link_is_up(now) ? "up" : "down");
	/* A slave's MTU is its bond's. */
	if (!before->master && !good->master && before->mtu == good->mtu && now->mtu != good->mtu &&
		!is_excused_link(t, before, NB_SET_MTU))
		broken(t, "%s has MTU %u", before->name, now->mtu);
	if (before->master && before->master == good->master && now->master != good->master)
		broken(t, "%s is no slave any more", before->name);
	check_l3(t, before, good, now);
}

/* Whatever is the same before and after the change is the same when the change fails half-way. */
static inline void check_service(struct trial *t)
{
	NB_CLEANUP(nb_state_freep) struct nb_state *now = world_observe(t->w);

	for (size_t n = 0; n < t->before->n_namespaces; n++) {
		const struct nb_netns *ns = t->before->namespaces[n];

		for (size_t i = 0; i < ns->links.n; i++) {
			const struct nb_link *before = nb_netns_link(ns, i);
			const struct nb_link *good = same_link(t->good, ns->name, before);
			const struct nb_link *link = same_link(now, ns->name, before);

			if (good && !link)
				broken(t, "%s is gone", before->name);
			if (good)
				check_link(t, before, good, link);
		}
	}
}
