/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <string.h>

#include "lib/core/check.h"

/*
 * What may be claimed once only: every claim of one kind goes into a list, sorting brings equal
 * ones together, and each but the first is told with the place of the first. Lists of any length
 * cost n log n.
 */
struct claim {
	const char *place;  /* within which it is unique: a namespace, or the key of a bond */
	const char *name;   /* what is claimed, as a text or ... */
	uint8_t bytes[32];  /* ... as bytes; unused ones are zero */
	const struct nb_bond *bond;
	size_t item;	    /* its number among the bond's slaves, addresses or routes */
	struct nb_mark mark;
	size_t order, first; /* places in the list: its own, and the first equal one's */
};

struct claims {
	struct claim *list;
	size_t n, capacity;
};

typedef void nb_claim_say(const struct claim *claim, const struct claim *first,
	const struct nb_config *config, struct nb_diag *diag);

static void claims_done(struct claims *claims)
{
	free(claims->list);
}

/* A new claim of @bond, NULL when memory ran out. */
static struct claim *claim_add(
	struct claims *claims, const char *place, const struct nb_bond *bond, size_t item)
{
	struct claim *claim;

	if (nb_grow(&claims->list, claims->n, &claims->capacity, sizeof(*claims->list)) < 0)
		return NULL;
	claim = &claims->list[claims->n];
	*claim = (struct claim){ place, "", .bond = bond, .item = item, .order = claims->n };
	claims->n++;
	return claim;
}

static int compare_things(const struct claim *a, const struct claim *b)
{
	int r = strcmp(a->place, b->place);

	if (r == 0)
		r = strcmp(a->name, b->name);
	return r ? r : memcmp(a->bytes, b->bytes, sizeof(a->bytes));
}

static int compare_claims(const void *a, const void *b)
{
	const struct claim *x = a, *y = b;
	int r = compare_things(x, y);

	return r ? r : (x->order > y->order) - (x->order < y->order);
}

static int compare_order(const void *a, const void *b)
{
	const struct claim *x = a, *y = b;

	return (x->order > y->order) - (x->order < y->order);
}

/* Tells every claim of something that an earlier one has, in the order they were made. */
static void say_twice(struct claims *claims, const struct nb_config *config, nb_claim_say *say,
	struct nb_diag *diag)
{
	if (claims->n == 0)
		return;
	qsort(claims->list, claims->n, sizeof(*claims->list), compare_claims);
	for (size_t i = 0; i < claims->n; i++) {
		struct claim *claim = &claims->list[i];
		bool again = i > 0 && compare_things(claim, &claims->list[i - 1]) == 0;

		claim->first = again ? claims->list[i - 1].first : claim->order;
	}
	qsort(claims->list, claims->n, sizeof(*claims->list), compare_order);
	for (size_t i = 0; i < claims->n; i++)
		if (claims->list[i].first != i)
			say(&claims->list[i], &claims->list[claims->list[i].first], config, diag);
}

/* ---- bonds ---- */

static void say_bond(const struct claim *claim, const struct claim *first,
	const struct nb_config *config, struct nb_diag *diag)
{
	const char *netns = nb_config_netns_of(config, claim->bond);

	nb_diag_error(diag, &claim->mark, claim->bond->key, "%s declares the same bond: %s%s%s",
		first->bond->key, claim->name, netns[0] ? " in namespace " : "", netns);
	nb_diag_hint(diag, "keep one of the two, or give one another name or namespace");
	nb_diag_other(diag, &first->mark);
}

static int check_bonds(const struct nb_config *config, struct nb_diag *diag)
{
	NB_CLEANUP(claims_done) struct claims claims = { 0 };

	for (size_t i = 0; i < config->n_bonds; i++) {
		const struct nb_bond *bond = config->bonds[i];
		struct claim *claim;

		if (!bond->name[0])
			continue;
		claim = claim_add(&claims, nb_config_netns_of(config, bond), bond, 0);
		if (!claim)
			return -ENOMEM;
		claim->name = bond->name;
		claim->mark = nb_bond_key_mark(bond, NB_KEY_NAME);
	}
	say_twice(&claims, config, say_bond, diag);
	return 0;
}

/* ---- slaves ---- */

static void say_slave(const struct claim *claim, const struct claim *first,
	const struct nb_config *config, struct nb_diag *diag)
{
	NB_CLEANUP(nb_text_done) struct nb_text what = { 0 };

	if (claim->name[0]) {
		nb_text_add(&what, "%s", claim->name);
	} else {
		nb_text_add(&what, "the card with permanent MAC ");
		nb_mac_format(claim->bytes, &what);
	}
	if (claim->bond == first->bond)
		nb_diag_error(diag, &claim->mark, claim->bond->key,
			"%s stands twice among the slaves", what.text);
	else
		nb_diag_error(diag, &claim->mark, claim->bond->key, "%s is already a slave of %s",
			what.text, first->bond->key);
	nb_diag_hint(diag, "a device has one bond at most: take it out of one place");
	nb_diag_other(diag, &first->mark);
}

/* Entries that can only mean the same card: the same name, or nothing but the same MAC. */
static bool claim_slave(const struct nb_slave_spec *slave, struct claim *claim)
{
	const struct nb_match *match = &slave->match;

	claim->mark = slave->mark;
	if (slave->name) {
		claim->name = slave->name;
		return true;
	}
	memcpy(claim->bytes, match->permanent_mac, sizeof(match->permanent_mac));
	return match->has_permanent_mac && !match->name && !match->path && !match->driver;
}

static int check_slaves(const struct nb_config *config, struct nb_diag *diag)
{
	NB_CLEANUP(claims_done) struct claims claims = { 0 };

	for (size_t i = 0; i < config->n_bonds; i++) {
		const struct nb_bond *bond = config->bonds[i];
		const char *netns = nb_config_netns_of(config, bond);

		for (size_t j = 0; j < bond->n_slaves && !bond->absent; j++) {
			struct claim *claim = claim_add(&claims, netns, bond, j);

			if (!claim)
				return -ENOMEM;
			if (!claim_slave(&bond->slaves[j], claim))
				claims.n--;
		}
	}
	say_twice(&claims, config, say_slave, diag);
	return 0;
}

static void say_queue(const struct claim *claim, const struct claim *first,
	const struct nb_config *config, struct nb_diag *diag)
{
	NB_CLEANUP(nb_text_done) struct nb_text object = { 0 }, holder = { 0 };
	const struct nb_slave_spec *slave = &claim->bond->slaves[claim->item];

	nb_check_slave_object(claim->bond, claim->item, &object);
	nb_check_slave_label(first->bond, first->item, &holder);
	nb_diag_error(diag, &claim->mark, object.text, "queue-id %u is that of %s too",
		(unsigned)nb_optset_u(&slave->opts, IFLA_BOND_SLAVE_QUEUE_ID),
		holder.text);
	nb_diag_hint(diag, "a queue has one slave; 0 is no queue");
	nb_diag_other(diag, &first->mark);
}

/* bond_option_queue_id_set(): another slave has it, EPERM. */
static int check_queues(const struct nb_config *config, struct nb_diag *diag)
{
	NB_CLEANUP(claims_done) struct claims claims = { 0 };

	for (size_t i = 0; i < config->n_bonds; i++) {
		const struct nb_bond *bond = config->bonds[i];

		for (size_t j = 0; j < bond->n_slaves && !bond->absent; j++) {
			const struct nb_optset *opts = &bond->slaves[j].opts;
			uint64_t queue = nb_optset_u(opts, IFLA_BOND_SLAVE_QUEUE_ID);
			struct claim *claim;

			if (queue == 0)
				continue;
			claim = claim_add(&claims, bond->key, bond, j);
			if (!claim)
				return -ENOMEM;
			memcpy(claim->bytes, &queue, sizeof(queue));
			claim->mark = nb_optset_mark(opts, IFLA_BOND_SLAVE_QUEUE_ID);
		}
	}
	say_twice(&claims, config, say_queue, diag);
	return 0;
}

/* ---- addresses ---- */

static void say_address(const struct claim *claim, const struct claim *first,
	const struct nb_config *config, struct nb_diag *diag)
{
	NB_CLEANUP(nb_text_done) struct nb_text ip = { 0 };
	const struct nb_address *address = &claim->bond->addresses[claim->item];
	const struct nb_address *earlier = &first->bond->addresses[first->item];

	nb_ip_format(&address->ip, &ip);
	if (claim->bond != first->bond) {
		nb_diag_error(diag, &claim->mark, claim->bond->key, "%s is an address of %s too",
			ip.text, first->bond->key);
		nb_diag_hint(diag, "an address belongs to one device of a namespace");
	} else if (address->prefix_length != earlier->prefix_length) {
		nb_diag_error(diag, &claim->mark, claim->bond->key,
			"%s stands with the prefix lengths %u and %u: the kernel keeps an IPv6 "
			"address once",
			ip.text, earlier->prefix_length, address->prefix_length);
		nb_diag_hint(diag, "keep one of the two");
	} else {
		nb_diag_error(diag, &claim->mark, claim->bond->key, "%s/%u stands twice", ip.text,
			address->prefix_length);
		nb_diag_hint(diag, "keep one of the two");
	}
	nb_diag_other(diag, &first->mark);
}

/* Within a bond IPv4 may stand with several prefix lengths: the kernel keeps both. */
static void say_other_bond(const struct claim *claim, const struct claim *first,
	const struct nb_config *config, struct nb_diag *diag)
{
	if (claim->bond != first->bond)
		say_address(claim, first, config, diag);
}

static int claim_addresses(struct claims *claims, const struct nb_config *config, bool in_bond)
{
	for (size_t i = 0; i < config->n_bonds; i++) {
		const struct nb_bond *bond = config->bonds[i];
		const char *netns = nb_config_netns_of(config, bond);

		for (size_t j = 0; j < bond->n_addresses && !bond->absent; j++) {
			const struct nb_address *address = &bond->addresses[j];
			struct claim *claim;

			/* Link-local ones are each device's own. */
			if (!in_bond && nb_ip_is_linklocal(&address->ip))
				continue;
			claim = claim_add(claims, in_bond ? bond->key : netns, bond, j);
			if (!claim)
				return -ENOMEM;
			claim->mark = address->mark;
			claim->bytes[0] = address->ip.family;
			memcpy(claim->bytes + 1, address->ip.bytes, sizeof(address->ip.bytes));
			if (in_bond && address->ip.family == AF_INET)
				claim->bytes[17] = address->prefix_length;
		}
	}
	return 0;
}

static int check_addresses(const struct nb_config *config, struct nb_diag *diag)
{
	NB_CLEANUP(claims_done) struct claims in_bonds = { 0 }, in_namespaces = { 0 };

	if (claim_addresses(&in_bonds, config, true) < 0 ||
		claim_addresses(&in_namespaces, config, false) < 0)
		return -ENOMEM;
	say_twice(&in_bonds, config, say_address, diag);
	say_twice(&in_namespaces, config, say_other_bond, diag);
	return 0;
}

/* ---- routes ---- */

static void say_route(const struct claim *claim, const struct claim *first,
	const struct nb_config *config, struct nb_diag *diag)
{
	NB_CLEANUP(nb_text_done) struct nb_text to = { 0 };

	nb_route_to_format(&claim->bond->routes[claim->item], &to);
	if (claim->bond == first->bond) {
		nb_diag_error(diag, &claim->mark, claim->bond->key,
			"the route to %s stands twice with one metric", to.text);
		nb_diag_hint(diag, "keep one of the two, or give one another metric or table");
	} else {
		nb_diag_error(diag, &claim->mark, claim->bond->key,
			"the route to %s stands on %s too, with the same metric", to.text,
			first->bond->key);
		nb_diag_hint(diag, "give one of the two another metric or table");
	}
	nb_diag_other(diag, &first->mark);
}

/*
 * What makes two routes one for the kernel. IPv6 could join two gateways to a multipath route; that
 * is one route with several next hops, which a file cannot say.
 */
static void claim_route(const struct nb_route *route, struct claim *claim)
{
	claim->mark = route->mark;
	claim->bytes[0] = route->to.family;
	memcpy(claim->bytes + 1, route->to.bytes, sizeof(route->to.bytes));
	claim->bytes[17] = route->prefix_length;
	memcpy(claim->bytes + 18, &route->table, sizeof(route->table));
	memcpy(claim->bytes + 22, &route->metric, sizeof(route->metric));
}

static int check_routes(const struct nb_config *config, struct nb_diag *diag)
{
	NB_CLEANUP(claims_done) struct claims claims = { 0 };

	for (size_t i = 0; i < config->n_bonds; i++) {
		const struct nb_bond *bond = config->bonds[i];
		const char *netns = nb_config_netns_of(config, bond);

		for (size_t j = 0; j < bond->n_routes && !bond->absent; j++) {
			struct claim *claim = claim_add(&claims, netns, bond, j);

			if (!claim)
				return -ENOMEM;
			claim_route(&bond->routes[j], claim);
		}
	}
	say_twice(&claims, config, say_route, diag);
	return 0;
}

int nb_check_twice(const struct nb_config *config, struct nb_diag *diag)
{
	int r = check_bonds(config, diag);

	if (r == 0)
		r = check_slaves(config, diag);
	if (r == 0)
		r = check_queues(config, diag);
	if (r == 0)
		r = check_addresses(config, diag);
	if (r == 0)
		r = check_routes(config, diag);
	return r;
}
