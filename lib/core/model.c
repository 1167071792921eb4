/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "lib/core/model.h"

#include <assert.h>
#include <errno.h>
#include <string.h>

/* Port state bits of 802.1AX 6.4.2.3, as IFLA_BOND_SLAVE_AD_ACTOR_OPER_PORT_STATE carries them. */
#define PORT_COLLECTING 0x10u
#define PORT_DISTRIBUTING 0x20u

/* BOND_LINK_UP of the driver's private header: IFLA_BOND_SLAVE_MII_STATUS of a usable slave. */
#define MII_STATUS_UP 0

struct nb_link *nb_link_new(const char *name)
{
	struct nb_link *link = calloc(1, sizeof(*link));

	if (!link)
		return NULL;
	strncpy(link->name, name, sizeof(link->name) - 1);
	link->bond.scope = NB_SCOPE_BOND;
	link->slave.scope = NB_SCOPE_SLAVE;
	return link;
}

struct nb_link *nb_link_free(struct nb_link *link)
{
	if (!link)
		return NULL;
	if (link->sharers) {
		link->sharers--;
		return NULL;
	}
	for (size_t i = 0; i < link->n_altnames; i++)
		free(link->altnames[i]);
	free(link->altnames);
	nb_word_free(link->kind);
	nb_word_free(link->slave_kind);
	nb_word_free(link->parent);
	nb_word_free(link->parent_bus);
	nb_word_free(link->driver);
	nb_optset_done(&link->bond);
	nb_optset_done(&link->slave);
	free(link->addresses);
	for (size_t i = 0; i < link->n_routes; i++)
		nb_route_done(&link->routes[i]);
	free(link->routes);
	free(link);
	return NULL;
}

static int copy_text(const char *from, char **ret)
{
	if (!from)
		return 0;
	*ret = nb_word_dup(from);
	return *ret ? 0 : -ENOMEM;
}

/* The members that own memory; those of @to are all empty. */
static int copy_owned(const struct nb_link *from, struct nb_link *to)
{
	if (copy_text(from->kind, &to->kind) < 0 ||
		copy_text(from->slave_kind, &to->slave_kind) < 0 ||
		copy_text(from->parent, &to->parent) < 0 ||
		copy_text(from->parent_bus, &to->parent_bus) < 0 ||
		copy_text(from->driver, &to->driver) < 0 ||
		nb_optset_copy(&from->bond, &to->bond) < 0 ||
		nb_optset_copy(&from->slave, &to->slave) < 0)
		return -ENOMEM;
	for (size_t i = 0; i < from->n_altnames; i++)
		if (nb_link_add_altname(to, from->altnames[i]) < 0)
			return -ENOMEM;
	for (size_t i = 0; i < from->n_addresses; i++)
		if (nb_link_add_address(to, &from->addresses[i]) < 0)
			return -ENOMEM;
	for (size_t i = 0; i < from->n_routes; i++)
		if (nb_link_add_route(to, &from->routes[i]) < 0)
			return -ENOMEM;
	return 0;
}

int nb_link_copy(const struct nb_link *link, struct nb_link **ret)
{
	NB_CLEANUP(nb_link_freep) struct nb_link *copy = calloc(1, sizeof(*copy));

	if (!copy)
		return -ENOMEM;
	*copy = *link;
	copy->sharers = 0;
	copy->kind = copy->slave_kind = copy->parent = copy->parent_bus = copy->driver = NULL;
	copy->altnames = NULL;
	copy->n_altnames = copy->altname_capacity = 0;
	copy->addresses = NULL;
	copy->n_addresses = copy->address_capacity = 0;
	copy->routes = NULL;
	copy->n_routes = copy->route_capacity = 0;
	copy->bond = (struct nb_optset){ .scope = link->bond.scope };
	copy->slave = (struct nb_optset){ .scope = link->slave.scope };
	if (copy_owned(link, copy) < 0)
		return -ENOMEM;
	*ret = nb_steal(&copy);
	return 0;
}

bool nb_link_is_bond(const struct nb_link *link)
{
	return nb_streq(link->kind, "bond");
}

bool nb_link_is_up(const struct nb_link *link)
{
	return link->flags & IFF_UP;
}

bool nb_link_has_name(const struct nb_link *link, const char *name)
{
	if (strcmp(link->name, name) == 0)
		return true;
	for (size_t i = 0; i < link->n_altnames; i++)
		if (strcmp(link->altnames[i], name) == 0)
			return true;
	return false;
}

int nb_link_add_altname(struct nb_link *link, const char *name)
{
	char *copy;

	if (nb_grow32(&link->altnames, link->n_altnames, &link->altname_capacity,
		    sizeof(*link->altnames)) < 0)
		return -ENOMEM;
	copy = strdup(name);
	if (!copy)
		return -ENOMEM;
	link->altnames[link->n_altnames++] = copy;
	return 0;
}

int nb_link_add_address(struct nb_link *link, const struct nb_address *address)
{
	if (nb_grow32(&link->addresses, link->n_addresses, &link->address_capacity,
		    sizeof(*link->addresses)) < 0)
		return -ENOMEM;
	link->addresses[link->n_addresses++] = *address;
	return 0;
}

int nb_link_add_route(struct nb_link *link, const struct nb_route *route)
{
	if (nb_grow32(&link->routes, link->n_routes, &link->route_capacity, sizeof(*link->routes)) <
		0)
		return -ENOMEM;
	if (nb_route_copy(route, &link->routes[link->n_routes]) < 0)
		return -ENOMEM;
	link->n_routes++;
	return 0;
}

void nb_link_remove_address(struct nb_link *link, size_t i)
{
	assert(i < link->n_addresses);
	link->n_addresses--;
	memmove(&link->addresses[i], &link->addresses[i + 1],
		(link->n_addresses - i) * sizeof(*link->addresses));
}

void nb_link_remove_route(struct nb_link *link, size_t i)
{
	assert(i < link->n_routes);
	nb_route_done(&link->routes[i]);
	link->n_routes--;
	memmove(&link->routes[i], &link->routes[i + 1],
		(link->n_routes - i) * sizeof(*link->routes));
}

/*
 * A port that carries traffic: 802.1AX 6.4.14, in the aggregator which the driver has chosen. The
 * driver distributes as soon as the partner is in sync (ad_mux_machine() with coupled_control);
 * until the partner collects as well, what it sends is dropped there. Whether the partner
 * distributes is not asked: one with independent control tells that up to 30 s later.
 */
static bool port_sends(const struct nb_link *slave, const struct nb_link *bond)
{
	const struct nb_optset *info = nb_optset_get(&bond->bond, IFLA_BOND_AD_INFO).set;
	uint64_t actor = nb_optset_u(&slave->slave, IFLA_BOND_SLAVE_AD_ACTOR_OPER_PORT_STATE);
	uint64_t partner = nb_optset_u(&slave->slave, IFLA_BOND_SLAVE_AD_PARTNER_OPER_PORT_STATE);
	uint64_t both = PORT_COLLECTING | PORT_DISTRIBUTING;

	if (!info || !nb_optset_has(&slave->slave, IFLA_BOND_SLAVE_AD_AGGREGATOR_ID))
		return false;
	return (actor & both) == both && (partner & PORT_COLLECTING) &&
		nb_optset_u(&slave->slave, IFLA_BOND_SLAVE_AD_AGGREGATOR_ID) ==
		nb_optset_u(info, IFLA_BOND_AD_INFO_AGGREGATOR);
}

bool nb_link_usable_slave(const struct nb_link *slave, const struct nb_link *bond)
{
	if (!nb_link_is_slave_of(slave, bond) || !nb_link_is_up(slave) || !slave->carrier)
		return false;
	if (!nb_optset_has(&slave->slave, IFLA_BOND_SLAVE_MII_STATUS) ||
		nb_optset_u(&slave->slave, IFLA_BOND_SLAVE_MII_STATUS) != MII_STATUS_UP)
		return false;
	if (nb_optset_u(&bond->bond, IFLA_BOND_MODE) != BOND_MODE_8023AD)
		return true;
	return port_sends(slave, bond);
}
