/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * Equality of configurations and states, member by member and places apart: what a round trip
 * through YAML must keep. Fails the test with the name of the member.
 */

#include <string.h>

#include "lib/core/config.h"
#include "tests/unit/unit.h"

#define SAME_TEXT(a, b, member)                                                       \
	do {                                                                           \
		if (!nb_streq((a)->member, (b)->member))                               \
			fail_msg("%s: '%s' and '%s'", #member, (a)->member, (b)->member); \
	} while (0)

#define SAME_NUMBER(a, b, member)                                          \
	do {                                                                \
		if ((a)->member != (b)->member)                             \
			fail_msg("%s: %llu and %llu", #member,              \
				(unsigned long long)(a)->member,            \
				(unsigned long long)(b)->member);           \
	} while (0)

#define SAME_BYTES(a, b, member)                                                   \
	do {                                                                        \
		if (memcmp(&(a)->member, &(b)->member, sizeof((a)->member)) != 0)   \
			fail_msg("%s differs", #member);                            \
	} while (0)

static void same_set(const struct nb_optset *a, const struct nb_optset *b)
{
	SAME_NUMBER(a, b, present);
	nb_foreach_bit(attr, a->present) {
		const struct nb_option *row = nb_option_get(a->scope, attr);

		if (row->type == &nb_type_nest)
			same_set(nb_optset_get(a, attr).set, nb_optset_get(b, attr).set);
		else if (!nb_optset_equal(a, b, attr))
			fail_msg("%s differs", row->name);
	}
}

static void same_address(const struct nb_address *a, const struct nb_address *b)
{
	SAME_BYTES(a, b, ip);
	SAME_NUMBER(a, b, prefix_length);
	SAME_NUMBER(a, b, scope);
	SAME_NUMBER(a, b, proto);
	SAME_NUMBER(a, b, flags);
	SAME_NUMBER(a, b, metric);
	SAME_NUMBER(a, b, preferred);
	SAME_NUMBER(a, b, valid);
	SAME_BYTES(a, b, peer);
	SAME_BYTES(a, b, broadcast);
	assert_string_equal(a->label, b->label);
}

static void same_route(const struct nb_route *a, const struct nb_route *b)
{
	SAME_BYTES(a, b, to);
	SAME_NUMBER(a, b, prefix_length);
	SAME_NUMBER(a, b, type);
	SAME_NUMBER(a, b, scope);
	SAME_NUMBER(a, b, protocol);
	SAME_NUMBER(a, b, onlink);
	SAME_NUMBER(a, b, opaque);
	SAME_NUMBER(a, b, tos);
	SAME_NUMBER(a, b, from_length);
	SAME_BYTES(a, b, from);
	SAME_NUMBER(a, b, expires);
	SAME_NUMBER(a, b, nexthop);
	SAME_NUMBER(a, b, n_attributes);
	if (a->n_attributes)
		assert_memory_equal(a->attributes, b->attributes, a->n_attributes);
	SAME_NUMBER(a, b, table);
	SAME_NUMBER(a, b, metric);
	SAME_BYTES(a, b, via);
	SAME_BYTES(a, b, src);
}

static void same_slave(const struct nb_slave_spec *a, const struct nb_slave_spec *b)
{
	SAME_TEXT(a, b, name);
	SAME_TEXT(a, b, match.name);
	SAME_TEXT(a, b, match.path);
	SAME_TEXT(a, b, match.driver);
	SAME_NUMBER(a, b, match.has_permanent_mac);
	SAME_BYTES(a, b, match.permanent_mac);
	same_set(&a->opts, &b->opts);
}

static void same_bond(const struct nb_bond *a, const struct nb_bond *b)
{
	SAME_TEXT(a, b, key);
	SAME_TEXT(a, b, namespace);
	assert_string_equal(a->name, b->name);
	SAME_NUMBER(a, b, absent);
	SAME_NUMBER(a, b, named);
	same_set(&a->opts, &b->opts);
	assert_int_equal(nb_optset_named(&a->opts), nb_optset_named(&b->opts));
	SAME_NUMBER(a, b, n_slaves);
	for (size_t i = 0; i < a->n_slaves; i++)
		same_slave(&a->slaves[i], &b->slaves[i]);
	SAME_NUMBER(a, b, n_addresses);
	for (size_t i = 0; i < a->n_addresses; i++)
		same_address(&a->addresses[i], &b->addresses[i]);
	SAME_NUMBER(a, b, n_routes);
	for (size_t i = 0; i < a->n_routes; i++)
		same_route(&a->routes[i], &b->routes[i]);
	SAME_NUMBER(a, b, mtu);
	SAME_NUMBER(a, b, mac_policy);
	SAME_BYTES(a, b, mac);
	SAME_TEXT(a, b, mac_of);
	SAME_NUMBER(a, b, drift);
	SAME_NUMBER(a, b, required);
	SAME_NUMBER(a, b, required_slaves);
	SAME_NUMBER(a, b, link_local);
}

static inline void same_config(const struct nb_config *a, const struct nb_config *b)
{
	SAME_NUMBER(a, b, settings.drift);
	SAME_NUMBER(a, b, settings.drift_named);
	SAME_NUMBER(a, b, settings.auto_disruption);
	SAME_NUMBER(a, b, settings.auto_disruption_named);
	SAME_NUMBER(a, b, n_namespaces);
	for (size_t i = 0; i < a->n_namespaces; i++) {
		SAME_TEXT(&a->namespaces[i], &b->namespaces[i], name);
		SAME_NUMBER(&a->namespaces[i], &b->namespaces[i], types);
		for (enum nb_nstype type = 0; type < NB_NS_COUNT; type++)
			SAME_TEXT(&a->namespaces[i], &b->namespaces[i], share[type]);
		SAME_TEXT(&a->namespaces[i], &b->namespaces[i], traits.hostname);
		SAME_NUMBER(&a->namespaces[i], &b->namespaces[i], traits.monotonic);
		SAME_NUMBER(&a->namespaces[i], &b->namespaces[i], traits.boottime);
		if (!nb_id_map_equal(&a->namespaces[i].traits.uids, &b->namespaces[i].traits.uids) ||
			!nb_id_map_equal(&a->namespaces[i].traits.gids, &b->namespaces[i].traits.gids))
			fail_msg("other id maps in namespace %s", a->namespaces[i].name);
	}
	SAME_NUMBER(a, b, n_bonds);
	for (size_t i = 0; i < a->n_bonds; i++)
		same_bond(a->bonds[i], b->bonds[i]);
}

static void same_link(const struct nb_link *a, const struct nb_link *b)
{
	assert_string_equal(a->name, b->name);
	SAME_NUMBER(a, b, ifindex);
	SAME_TEXT(a, b, kind);
	SAME_TEXT(a, b, slave_kind);
	SAME_NUMBER(a, b, n_altnames);
	for (size_t i = 0; i < a->n_altnames; i++)
		assert_string_equal(a->altnames[i], b->altnames[i]);
	SAME_NUMBER(a, b, type);
	SAME_NUMBER(a, b, flags);
	SAME_NUMBER(a, b, carrier);
	SAME_NUMBER(a, b, operstate);
	SAME_NUMBER(a, b, mtu);
	SAME_NUMBER(a, b, min_mtu);
	SAME_NUMBER(a, b, max_mtu);
	SAME_BYTES(a, b, mac);
	SAME_NUMBER(a, b, has_mac);
	SAME_BYTES(a, b, permanent_mac);
	SAME_NUMBER(a, b, has_permanent_mac);
	SAME_NUMBER(a, b, master);
	SAME_NUMBER(a, b, lower);
	SAME_TEXT(a, b, parent);
	SAME_TEXT(a, b, parent_bus);
	SAME_TEXT(a, b, driver);
	SAME_NUMBER(a, b, udev_pending);
	SAME_NUMBER(a, b, addr_gen_mode);
	same_set(&a->bond, &b->bond);
	same_set(&a->slave, &b->slave);
	SAME_NUMBER(a, b, n_addresses);
	for (size_t i = 0; i < a->n_addresses; i++)
		same_address(&a->addresses[i], &b->addresses[i]);
	SAME_NUMBER(a, b, n_routes);
	for (size_t i = 0; i < a->n_routes; i++)
		same_route(&a->routes[i], &b->routes[i]);
	SAME_NUMBER(a, b, slave_position);
}

static inline void same_state(const struct nb_state *a, const struct nb_state *b)
{
	SAME_BYTES(a, b, known);
	SAME_NUMBER(a, b, n_sets);
	for (size_t i = 0; i < a->n_sets; i++) {
		const struct nb_nsset *one = nb_state_set(b, a->sets[i]->name);

		if (!one || memcmp(one->inodes, a->sets[i]->inodes, sizeof(one->inodes)) ||
			!nb_id_map_equal(&one->traits.uids, &a->sets[i]->traits.uids))
			fail_msg("other types in namespace %s", a->sets[i]->name);
		SAME_NUMBER(one, a->sets[i], holder);
		SAME_NUMBER(one, a->sets[i], unreadable);
		SAME_NUMBER(one, a->sets[i], traits.boottime);
		SAME_TEXT(one, a->sets[i], traits.hostname);
	}
	SAME_NUMBER(a, b, n_namespaces);
	for (size_t i = 0; i < a->n_namespaces; i++) {
		const struct nb_netns *x = a->namespaces[i], *y = b->namespaces[i];

		SAME_TEXT(x, y, name);
		SAME_NUMBER(x, y, inode);
		SAME_NUMBER(x, y, exists);
		SAME_NUMBER(x, y, unreadable);
		SAME_NUMBER(x, y, links.n);
		for (size_t j = 0; j < x->links.n; j++)
			same_link(nb_netns_link(x, j), nb_netns_link(y, j));
	}
}
