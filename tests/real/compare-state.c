/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tests/real/compare-state.h"

#include <stdio.h>
#include <string.h>

struct comparison {
	const struct nb_netns *model_ns, *real_ns;
	const struct nb_link *model, *real;
	const struct nb_link *bond; /* of the model: itself or its master, or NULL */
	bool settling;
	struct mac_pairs *macs;
	struct nb_text *out;
};

static void NB_PRINTF(3, 4) differ(struct comparison *c, const char *what, const char *format, ...)
{
	va_list args;

	nb_text_add(c->out, "  %s %s: ", c->model->name, what);
	va_start(args, format);
	nb_text_addv(c->out, format, args);
	va_end(args);
	nb_text_add(c->out, "\n");
}

static void number(struct comparison *c, const char *what, uint64_t model, uint64_t real)
{
	if (model != real)
		differ(c, what, "model %llu, kernel %llu", (unsigned long long)model,
			(unsigned long long)real);
}

static const char *name_of(const struct nb_netns *ns, int ifindex)
{
	const struct nb_link *link = ifindex ? nb_netns_find_index(ns, ifindex) : NULL;

	return link ? link->name : "none";
}

static void name(struct comparison *c, const char *what, int model, int real)
{
	const char *a = name_of(c->model_ns, model), *b = name_of(c->real_ns, real);

	if (strcmp(a, b) != 0)
		differ(c, what, "model %s, kernel %s", a, b);
}

/* The model's random MACs begin with 0a, all others of a story with 02. */
static bool mac_equal(struct mac_pairs *macs, const uint8_t model[6], const uint8_t real[6])
{
	if (model[0] != 0x0a)
		return memcmp(model, real, 6) == 0;
	for (size_t i = 0; i < macs->n_items; i++)
		if (memcmp(macs->items[i].model, model, 6) == 0)
			return memcmp(macs->items[i].real, real, 6) == 0;
	if (nb_grow(&macs->items, macs->n_items, &macs->capacity, sizeof(*macs->items)) < 0)
		return false;
	memcpy(macs->items[macs->n_items].model, model, 6);
	memcpy(macs->items[macs->n_items++].real, real, 6);
	return true;
}

static void mac(
	struct comparison *c, const char *what, const uint8_t model[6], const uint8_t real[6])
{
	struct nb_text a = { 0 }, b = { 0 };

	if (mac_equal(c->macs, model, real))
		return;
	nb_mac_format(model, &a);
	nb_mac_format(real, &b);
	differ(c, what, "model %s, kernel %s", a.text, b.text);
	nb_text_done(&a);
	nb_text_done(&b);
}

static bool is_lacp(const struct comparison *c)
{
	return c->bond && nb_optset_u(&c->bond->bond, IFLA_BOND_MODE) == BOND_MODE_8023AD;
}

/* What depends on time and on LACP is no part of the comparison, or only when all is at rest. */
static bool is_left_out(const struct comparison *c, const struct nb_option *row, unsigned attr)
{
	bool slave = nb_option_scope(row) == NB_SCOPE_SLAVE;

	if (attr == IFLA_BOND_ACTIVE_SLAVE && !slave)
		return c->settling;
	if (!(row->flags & NB_OPTION_STATE))
		return false;
	if (slave && (attr == IFLA_BOND_SLAVE_STATE || attr == IFLA_BOND_SLAVE_MII_STATUS))
		return c->settling || is_lacp(c);
	return true;
}

static void options(
	struct comparison *c, const struct nb_optset *model, const struct nb_optset *real)
{
	for (unsigned attr = 1; attr < nb_option_scope_end(model->scope); attr++) {
		const struct nb_option *row = nb_option_get(model->scope, attr);
		struct nb_text a = { 0 }, b = { 0 };

		if (!row || is_left_out(c, row, attr) || nb_optset_equal(model, real, attr))
			continue;
		if (row->wire == NB_WIRE_MAC && nb_optset_has(model, attr) &&
			nb_optset_has(real, attr) &&
			mac_equal(c->macs, nb_optset_get(model, attr).mac,
				nb_optset_get(real, attr).mac))
			continue;
		nb_text_add(&a, "%s", nb_optset_has(model, attr) ? "" : "absent");
		nb_text_add(&b, "%s", nb_optset_has(real, attr) ? "" : "absent");
		if (nb_optset_has(model, attr))
			row->type->format(row, nb_optset_get(model, attr), &a);
		if (nb_optset_has(real, attr))
			row->type->format(row, nb_optset_get(real, attr), &b);
		differ(c, row->name, "model %s, kernel %s", a.text, b.text);
		nb_text_done(&a);
		nb_text_done(&b);
	}
}

static bool is_linklocal(const struct nb_address *a)
{
	return nb_ip_is_linklocal(&a->ip) && a->proto != NB_PROTOCOL;
}

static const struct nb_address *find_address(const struct nb_link *link, const struct nb_address *a)
{
	for (size_t i = 0; i < link->n_addresses; i++)
		if (is_linklocal(a) ? is_linklocal(&link->addresses[i])
				    : nb_address_same(&link->addresses[i], a))
			return &link->addresses[i];
	return NULL;
}

static void address(struct comparison *c, const struct nb_address *a, const char *only)
{
	struct nb_text text = { 0 };

	nb_address_format(a, &text);
	differ(c, "address", "%s only in the %s", text.text, only);
	nb_text_done(&text);
}

static const char *label_of(const struct nb_link *link, const struct nb_address *a)
{
	return a->ip.family == 2 && a->label[0] == '\0' ? link->name : a->label;
}

/*
 * The link-local address of what lies on a device depends on how fast the kernel notices the
 * carrier: linkwatch takes its time for devices that are down (linkwatch_urgent_event()). A bridge
 * has its address from a carrier that passed, or not: a port that opens with the carrier of old
 * loses it before linkwatch looks, or after.
 */
static bool is_race(const struct comparison *c, const struct nb_address *a)
{
	bool passed = nb_streq(c->model->kind, "bridge") && !c->model->carrier;

	return is_linklocal(a) && (c->model->lower != 0 || passed);
}

static void addresses(struct comparison *c)
{
	const uint32_t flags = ~(uint32_t)IFA_F_TENTATIVE;

	for (size_t i = 0; i < c->model->n_addresses; i++) {
		const struct nb_address *a = &c->model->addresses[i], *b;

		b = find_address(c->real, a);
		if (!b && is_race(c, a))
			continue;
		if (!b) {
			address(c, a, "model");
			continue;
		}
		number(c, "address flags", a->flags & flags, b->flags & flags);
		number(c, "address scope", a->scope, b->scope);
		number(c, "address protocol", a->proto, b->proto);
		number(c, "address preferred", a->preferred, b->preferred);
		number(c, "address metric", a->metric, b->metric);
		if (!nb_streq(label_of(c->model, a), label_of(c->real, b)))
			differ(c, "address label", "model %s, kernel %s", a->label, b->label);
	}
	for (size_t i = 0; i < c->real->n_addresses; i++)
		if (!find_address(c->model, &c->real->addresses[i]) &&
			!is_race(c, &c->real->addresses[i]))
			address(c, &c->real->addresses[i], "kernel");
}

/* Next hops are told by ifindexes, which differ: that there are several must do. */
static bool has_route(const struct nb_link *link, const struct nb_route *route)
{
	for (size_t i = 0; i < link->n_routes; i++) {
		struct nb_route a = link->routes[i], b = *route;

		a.n_attributes = b.n_attributes = 0;
		if (nb_route_equal(&a, &b) && a.scope == b.scope &&
			(a.opaque || (link->routes[i].n_attributes == route->n_attributes)))
			return true;
	}
	return false;
}

static void route(struct comparison *c, const struct nb_route *r, const char *only)
{
	struct nb_text text = { 0 };

	nb_route_format(r, &text);
	differ(c, "route", "%s%s only in the %s", text.text, r->opaque ? " (opaque)" : "", only);
	nb_text_done(&text);
}

static void routes(struct comparison *c)
{
	for (size_t i = 0; i < c->model->n_routes; i++)
		if (!has_route(c->real, &c->model->routes[i]))
			route(c, &c->model->routes[i], "model");
	for (size_t i = 0; i < c->real->n_routes; i++)
		if (!has_route(c->model, &c->real->routes[i]))
			route(c, &c->real->routes[i], "kernel");
}

static void links(struct comparison *c)
{
	const struct nb_link *a = c->model, *b = c->real;
	const struct nb_link *master =
		a->master ? nb_netns_find_index(c->model_ns, a->master) : NULL;

	c->bond = nb_link_is_bond(a) ? a : master && nb_link_is_bond(master) ? master : NULL;
	number(c, "up", nb_link_is_up(a), nb_link_is_up(b));
	number(c, "mtu", a->mtu, b->mtu);
	mac(c, "mac", a->mac, b->mac);
	name(c, "master", a->master, b->master);
	name(c, "lower", a->lower, b->lower);
	number(c, "gen mode", a->addr_gen_mode, b->addr_gen_mode);
	number(c, "position", a->slave_position, b->slave_position);
	if (!nb_streq(a->slave_kind, b->slave_kind))
		differ(c, "slave kind", "model %s, kernel %s",
			a->slave_kind ? a->slave_kind : "none",
			b->slave_kind ? b->slave_kind : "none");
	if (!c->settling && nb_link_is_up(a) && !is_lacp(c))
		number(c, "carrier", a->carrier, b->carrier);
	options(c, &a->bond, &b->bond);
	options(c, &a->slave, &b->slave);
	addresses(c);
	routes(c);
}

static void namespaces(struct comparison *c)
{
	for (size_t i = 0; i < c->model_ns->links.n; i++) {
		c->model = nb_netns_link(c->model_ns, i);
		c->real = nb_netns_find(c->real_ns, c->model->name);
		if (nb_streq(c->model->name, "lo"))
			continue;
		if (c->real)
			links(c);
		else
			differ(c, "link", "only in the model");
	}
	for (size_t i = 0; i < c->real_ns->links.n; i++)
		if (!nb_netns_find(c->model_ns, nb_netns_link(c->real_ns, i)->name))
			nb_text_add(
				c->out, "  %s: only in the kernel\n", nb_netns_link(c->real_ns, i)->name);
}

void compare_states(const struct nb_state *model, const struct nb_state *real, bool settling,
	struct mac_pairs *macs, struct nb_text *out)
{
	struct comparison c = { .settling = settling, .macs = macs, .out = out };

	for (size_t i = 0; i < model->n_namespaces; i++) {
		c.model_ns = model->namespaces[i];
		c.real_ns = nb_state_namespace(real, c.model_ns->name);
		if (!c.real_ns || c.real_ns->exists != c.model_ns->exists)
			nb_text_add(out, "  namespace %s: only in the %s\n", c.model_ns->name,
				c.model_ns->exists ? "model" : "kernel");
		else
			namespaces(&c);
	}
}

void mac_pairs_done(struct mac_pairs *macs)
{
	free(macs->items);
	*macs = (struct mac_pairs){ 0 };
}
