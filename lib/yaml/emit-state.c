/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <net/if_arp.h>
#include <string.h>

#include "lib/yaml/emit.h"
#include "lib/yaml/network.h"
#include "lib/yaml/out.h"
#include "lib/yaml/snapshot.h"

static void out_coded(
	struct nb_yaml_out *o, const char *key, const struct nb_name *names, uint32_t code)
{
	nb_yaml_out_word(o, "%s", key);
	nb_yaml_out_code(o, names, code);
}

static void out_flags(struct nb_yaml_out *o, uint32_t flags)
{
	nb_yaml_out_word(o, "flags");
	nb_yaml_out_list(o, true);
	for (uint32_t bit = 1; bit; bit <<= 1)
		if (flags & bit)
			nb_yaml_out_code(o, nb_yaml_address_flags, bit);
	nb_yaml_out_list_end(o);
}

static void out_lifetime(struct nb_yaml_out *o, const char *key, uint32_t seconds)
{
	if (seconds != NB_FOREVER)
		nb_yaml_out_number(o, key, seconds);
}

static bool is_plain(const struct nb_address *address)
{
	return address->preferred == NB_FOREVER && address->valid == NB_FOREVER &&
		address->proto == 0 && address->metric == 0 && address->scope == nb_yaml_address_scope(&address->ip) &&
		address->flags == nb_yaml_address_default_flags(address) &&
		address->peer.family == AF_UNSPEC && address->broadcast.family == AF_UNSPEC &&
		!address->label[0];
}

static void out_address(struct nb_yaml_out *o, const struct nb_address *address)
{
	NB_CLEANUP(nb_text_done) struct nb_text text = { 0 };

	nb_address_format(address, &text);
	if (is_plain(address)) {
		nb_yaml_out_built(o, &text);
		return;
	}
	nb_yaml_out_map(o, true);
	nb_yaml_out_word(o, "address");
	nb_yaml_out_built(o, &text);
	if (address->proto)
		out_coded(o, "proto", nb_yaml_address_protos, address->proto);
	if (address->metric)
		nb_yaml_out_number(o, "metric", address->metric);
	if (address->scope != nb_yaml_address_scope(&address->ip))
		out_coded(o, "scope", nb_yaml_scopes, address->scope);
	out_lifetime(o, "preferred", address->preferred);
	out_lifetime(o, "valid", address->valid);
	if (address->flags != nb_yaml_address_default_flags(address))
		out_flags(o, address->flags);
	nb_yaml_out_ip(o, "peer", &address->peer);
	nb_yaml_out_ip(o, "broadcast", &address->broadcast);
	if (address->label[0])
		nb_yaml_out_pair(o, "label", address->label);
	nb_yaml_out_map_end(o);
}

static void out_from(struct nb_yaml_out *o, const struct nb_route *route)
{
	NB_CLEANUP(nb_text_done) struct nb_text text = { 0 };

	if (route->from.family == AF_UNSPEC)
		return;
	nb_ip_format(&route->from, &text);
	nb_text_add(&text, "/%u", route->from_length);
	nb_yaml_out_word(o, "from");
	nb_yaml_out_built(o, &text);
}

static void out_attributes(struct nb_yaml_out *o, const struct nb_route *route)
{
	NB_CLEANUP(nb_text_done) struct nb_text text = { 0 };

	if (route->n_attributes == 0)
		return;
	for (size_t i = 0; i < route->n_attributes; i++)
		nb_text_add(&text, "%02x", route->attributes[i]);
	nb_yaml_out_word(o, "attributes");
	nb_yaml_out_built(o, &text);
}

static void out_route(struct nb_yaml_out *o, const struct nb_route *route)
{
	nb_yaml_out_map(o, true);
	nb_yaml_out_route(o, route);
	if (route->protocol != RTPROT_BOOT)
		out_coded(o, "protocol", nb_yaml_protocols, route->protocol);
	if (route->type != RTN_UNICAST)
		out_coded(o, "type", nb_yaml_route_types, route->type);
	if (route->scope != nb_yaml_route_scope(route))
		out_coded(o, "scope", nb_yaml_scopes, route->scope);
	if (route->tos)
		nb_yaml_out_number(o, "tos", route->tos);
	out_from(o, route);
	if (route->expires)
		nb_yaml_out_number(o, "expires", route->expires);
	if (route->nexthop)
		nb_yaml_out_number(o, "nexthop", route->nexthop);
	out_attributes(o, route);
	nb_yaml_out_map_end(o);
}

/* What a reader of the text would give the row if it were silent on it. */
static bool goes_without_saying(const struct nb_option *row, union nb_value value, unsigned mode,
	uint64_t known)
{
	union nb_value ours = { 0 }, kernels = { 0 };

	if (!nb_yaml_row_filled(row, known))
		return false;
	if (!row->type->is_pointer) {
		ours.s = row->dflt;
		kernels.s = nb_option_kernel_default(row, mode);
	}
	/* Equal to both defaults: the text means the same as a configuration. */
	return row->type->equal(value, kernels) && row->type->equal(value, ours);
}

/* The rows of a set that have to be written into `bonds:`. */
static uint64_t rows_to_say(const struct nb_optset *set, unsigned mode, uint64_t known)
{
	uint64_t attrs = 0;

	nb_foreach_bit(attr, set->present) {
		const struct nb_option *row = nb_option_get(set->scope, attr);

		if (row && nb_option_writable(row) &&
			!goes_without_saying(row, nb_optset_get(set, attr), mode, known))
			attrs |= NB_BIT(attr);
	}
	return attrs;
}

static uint64_t state_rows(const struct nb_optset *set)
{
	uint64_t attrs = 0;

	nb_foreach_bit(attr, set->present) {
		const struct nb_option *row = nb_option_get(set->scope, attr);

		if (row && !nb_option_writable(row))
			attrs |= NB_BIT(attr);
	}
	return attrs;
}

static void out_slave(struct nb_yaml_out *o, const struct nb_link *slave, unsigned mode,
	uint64_t known)
{
	uint64_t attrs = 0;

	nb_foreach_bit(attr, slave->slave.present) {
		const struct nb_option *row = nb_option_get(NB_SCOPE_SLAVE, attr);
		union nb_value kernels = { 0 };

		if (!row || !nb_option_writable(row))
			continue;
		kernels.s = nb_option_kernel_default(row, mode);
		if (!nb_yaml_row_filled(row, known) ||
			!row->type->equal(nb_optset_get(&slave->slave, attr), kernels))
			attrs |= NB_BIT(attr);
	}
	if (!attrs) {
		nb_yaml_out_string(o, slave->name);
		return;
	}
	nb_yaml_out_map(o, true);
	nb_yaml_out_pair(o, "name", slave->name);
	nb_yaml_out_rows(o, &slave->slave, attrs);
	nb_yaml_out_map_end(o);
}

static void out_slaves(struct nb_yaml_out *o, const struct nb_state *state,
	const struct nb_netns *ns, const struct nb_link *bond)
{
	NB_CLEANUP(nb_freep) struct nb_link **slaves = NULL;
	unsigned mode = (unsigned)nb_optset_u(&bond->bond, IFLA_BOND_MODE);
	int n = nb_netns_slaves(ns, bond, &slaves);

	if (n < 0)
		o->failed = true;
	nb_yaml_out_word(o, "slaves");
	nb_yaml_out_list(o, true);
	for (int i = 0; i < n; i++)
		out_slave(o, slaves[i], mode, state->known[NB_SCOPE_SLAVE]);
	nb_yaml_out_list_end(o);
}

static void out_bond(struct nb_yaml_out *o, const struct nb_state *state,
	const struct nb_netns *ns, const struct nb_link *bond)
{
	unsigned mode = (unsigned)nb_optset_u(&bond->bond, IFLA_BOND_MODE);
	uint64_t attrs = rows_to_say(&bond->bond, mode, state->known[NB_SCOPE_BOND]);
	NB_CLEANUP(nb_text_done) struct nb_text key = { 0 };

	/* No name of a device or a namespace has a '/': the key is unique. */
	nb_text_add(&key, "%s%s%s", ns->name, ns->name[0] ? "/" : "", bond->name);
	nb_yaml_out_built(o, &key);
	nb_yaml_out_map(o, false);
	if (ns->name[0]) {
		nb_yaml_out_pair(o, "name", bond->name);
		nb_yaml_out_pair(o, "namespace", ns->name);
	}
	nb_yaml_out_rows(o, &bond->bond, NB_BIT(IFLA_BOND_MODE));
	out_slaves(o, state, ns, bond);
	nb_yaml_out_rows(o, &bond->bond, attrs & ~NB_BIT(IFLA_BOND_MODE));
	nb_yaml_out_map_end(o);
}

static void out_states(
	struct nb_yaml_out *o, const char *key, const struct nb_optset *set, uint64_t attrs)
{
	nb_yaml_out_word(o, "%s", key);
	nb_yaml_out_map(o, false);
	nb_yaml_out_rows(o, set, attrs);
	nb_yaml_out_map_end(o);
}

/* The place `slaves:` gives this one, from 1. */
static uint32_t place_among(struct nb_yaml_out *o, const struct nb_netns *ns,
	const struct nb_link *bond, const struct nb_link *slave)
{
	NB_CLEANUP(nb_freep) struct nb_link **slaves = NULL;
	int n = nb_netns_slaves(ns, bond, &slaves);

	if (n < 0)
		o->failed = true;
	for (int i = 0; i < n; i++)
		if (slaves[i] == slave)
			return (uint32_t)i + 1;
	return 0;
}

static void out_device(struct nb_yaml_out *o, const struct nb_netns *ns, int ifindex,
	const char *key, const char *index_key)
{
	const struct nb_link *link = nb_netns_find_index(ns, ifindex);

	if (ifindex == 0)
		return;
	if (link)
		nb_yaml_out_pair(o, key, link->name);
	else
		nb_yaml_out_number(o, index_key, (uint64_t)ifindex);
}

static void out_relations(
	struct nb_yaml_out *o, const struct nb_netns *ns, const struct nb_link *link)
{
	const struct nb_link *master =
		link->master ? nb_netns_find_index(ns, link->master) : NULL;
	bool in_bond = master && nb_link_is_bond(master);
	uint32_t place = in_bond ? place_among(o, ns, master, link) : 0;

	if (!in_bond)
		out_device(o, ns, link->master, "master", "master-ifindex");
	if (link->slave_kind && !nb_streq(link->slave_kind, master ? master->kind : NULL))
		nb_yaml_out_pair(o, "slave-kind", link->slave_kind);
	if (link->slave_position != place)
		nb_yaml_out_number(o, "slave-position", link->slave_position);
	if (nb_link_is_bond(link))
		out_states(o, "bond-state", &link->bond, state_rows(&link->bond));
	if (in_bond)
		out_states(o, "slave-state", &link->slave, state_rows(&link->slave));
	else if (link->slave.present)
		out_states(o, "slave-state", &link->slave, ~UINT64_C(0));
	out_device(o, ns, link->lower, "lower", "lower-ifindex");
}

static void out_hardware(struct nb_yaml_out *o, const struct nb_link *link)
{
	if (link->has_mac)
		nb_yaml_out_mac(o, "mac", link->mac);
	else
		nb_yaml_out_pair(o, "mac", "none");
	if (link->has_permanent_mac)
		nb_yaml_out_mac(o, "permanent-mac", link->permanent_mac);
	else if (link->parent)
		nb_yaml_out_pair(o, "permanent-mac", "none");
	if (link->parent)
		nb_yaml_out_pair(o, "parent", link->parent);
	if (link->parent_bus)
		nb_yaml_out_pair(o, "parent-bus", link->parent_bus);
	if (link->driver)
		nb_yaml_out_pair(o, "driver", link->driver);
	if (link->udev_pending)
		nb_yaml_out_bool(o, "udev-pending", true);
}

static void out_condition(struct nb_yaml_out *o, const struct nb_link *link)
{
	bool up = nb_link_is_up(link);

	if (link->type != ARPHRD_ETHER)
		out_coded(o, "type", nb_yaml_link_types, link->type);
	if (!up)
		nb_yaml_out_bool(o, "up", false);
	if (link->carrier != up || nb_link_is_bond(link))
		nb_yaml_out_bool(o, "carrier", link->carrier);
	if (link->operstate != nb_yaml_link_operstate(link))
		out_coded(o, "operstate", nb_yaml_operstates, link->operstate);
	if (link->flags != nb_yaml_link_flags(link, up)) {
		nb_yaml_out_word(o, "flags");
		nb_yaml_out_word(o, "0x%x", link->flags);
	}
	if (link->mtu != 1500)
		nb_yaml_out_number(o, "mtu", link->mtu);
	if (link->min_mtu)
		nb_yaml_out_number(o, "min-mtu", link->min_mtu);
	if (link->max_mtu)
		nb_yaml_out_number(o, "max-mtu", link->max_mtu);
	if (link->addr_gen_mode)
		out_coded(o, "addr-gen-mode", nb_yaml_addr_gen_modes, link->addr_gen_mode);
}

static void out_lists(struct nb_yaml_out *o, const struct nb_link *link)
{
	if (link->n_altnames > 0) {
		nb_yaml_out_word(o, "altnames");
		nb_yaml_out_list(o, true);
		for (size_t i = 0; i < link->n_altnames; i++)
			nb_yaml_out_string(o, link->altnames[i]);
		nb_yaml_out_list_end(o);
	}
	if (link->n_addresses > 0) {
		nb_yaml_out_word(o, "addresses");
		nb_yaml_out_list(o, false);
		for (size_t i = 0; i < link->n_addresses; i++)
			out_address(o, &link->addresses[i]);
		nb_yaml_out_list_end(o);
	}
	if (link->n_routes > 0) {
		nb_yaml_out_word(o, "routes");
		nb_yaml_out_list(o, false);
		for (size_t i = 0; i < link->n_routes; i++)
			out_route(o, &link->routes[i]);
		nb_yaml_out_list_end(o);
	}
}

static void out_link(struct nb_yaml_out *o, const struct nb_netns *ns, const struct nb_link *link)
{
	nb_yaml_out_map(o, false);
	nb_yaml_out_pair(o, "name", link->name);
	if (ns->name[0])
		nb_yaml_out_pair(o, "namespace", ns->name);
	nb_yaml_out_number(o, "ifindex", (uint64_t)link->ifindex);
	if (link->kind)
		nb_yaml_out_pair(o, "kind", link->kind);
	out_condition(o, link);
	out_hardware(o, link);
	out_relations(o, ns, link);
	out_lists(o, link);
	nb_yaml_out_map_end(o);
}

static void out_known(struct nb_yaml_out *o, enum nb_scope scope, uint64_t known)
{
	if (known == nb_yaml_all_known(scope))
		return;
	nb_yaml_out_word(o, "%s", nb_yaml_scope_names[scope]);
	nb_yaml_out_list(o, true);
	nb_foreach_bit(attr, known) {
		const struct nb_option *row = nb_option_get(scope, attr);

		if (row)
			nb_yaml_out_word(o, "%s", row->name);
		else
			nb_yaml_out_word(o, "%u", attr);
	}
	nb_yaml_out_list_end(o);
}

static void out_kernel(struct nb_yaml_out *o, const struct nb_state *state)
{
	bool special = state->namespaces[0]->inode != 0;

	for (enum nb_scope scope = 0; scope < NB_SCOPE_COUNT; scope++)
		special |= state->known[scope] != nb_yaml_all_known(scope);
	if (!special)
		return;
	nb_yaml_out_word(o, "kernel");
	nb_yaml_out_map(o, false);
	if (state->namespaces[0]->inode)
		nb_yaml_out_number(o, "namespace-inode", state->namespaces[0]->inode);
	for (enum nb_scope scope = 0; scope < NB_SCOPE_COUNT; scope++)
		out_known(o, scope, state->known[scope]);
	nb_yaml_out_map_end(o);
}

/* With its types, so that it can be read as a configuration. */
static void out_set(struct nb_yaml_out *o, const struct nb_nsset *set)
{
	if (set->unreadable) {
		nb_yaml_out_bool(o, "pins-unreadable", true);
		return;
	}
	nb_yaml_out_word(o, "types");
	nb_yaml_out_list(o, true);
	for (enum nb_nstype type = 0; type < NB_NS_COUNT; type++) {
		if (set->inodes[type])
			nb_yaml_out_word(o, "%s", nb_nstype_name(type));
	}
	nb_yaml_out_list_end(o);
	nb_yaml_out_word(o, "pins");
	nb_yaml_out_map(o, true);
	for (enum nb_nstype type = 0; type < NB_NS_COUNT; type++) {
		if (set->inodes[type])
			nb_yaml_out_number(o, nb_nstype_name(type), set->inodes[type]);
	}
	nb_yaml_out_map_end(o);
	if (set->holder)
		nb_yaml_out_number(o, "holder", (uint64_t)set->holder);
	nb_yaml_out_traits(o, &set->traits);
}

/* Those that have no network namespace of that name. */
static void out_other_sets(struct nb_yaml_out *o, const struct nb_state *state)
{
	for (size_t i = 0; i < state->n_sets; i++) {
		if (nb_state_namespace(state, state->sets[i]->name))
			continue;
		nb_yaml_out_string(o, state->sets[i]->name);
		nb_yaml_out_map(o, true);
		nb_yaml_out_bool(o, "exists", false);
		out_set(o, state->sets[i]);
		nb_yaml_out_map_end(o);
	}
}

static void out_namespaces(struct nb_yaml_out *o, const struct nb_state *state)
{
	if (state->n_namespaces < 2 && state->n_sets == 0)
		return;
	nb_yaml_out_word(o, "namespaces");
	nb_yaml_out_map(o, false);
	for (size_t i = 1; i < state->n_namespaces; i++) {
		nb_yaml_out_string(o, state->namespaces[i]->name);
		nb_yaml_out_map(o, true);
		if (state->namespaces[i]->inode)
			nb_yaml_out_number(o, "inode", state->namespaces[i]->inode);
		if (!state->namespaces[i]->exists)
			nb_yaml_out_bool(o, "exists", false);
		if (state->namespaces[i]->unreadable)
			nb_yaml_out_bool(o, "unreadable", true);
		if (nb_state_set(state, state->namespaces[i]->name))
			out_set(o, nb_state_set(state, state->namespaces[i]->name));
		nb_yaml_out_map_end(o);
	}
	out_other_sets(o, state);
	nb_yaml_out_map_end(o);
}

static void out_everything(struct nb_yaml_out *o, const struct nb_state *state)
{
	nb_yaml_out_word(o, "bonds");
	nb_yaml_out_map(o, false);
	for (size_t i = 0; i < state->n_namespaces; i++)
		for (size_t j = 0; j < state->namespaces[i]->links.n; j++)
			if (nb_link_is_bond(nb_netns_link(state->namespaces[i], j)))
				out_bond(o, state, state->namespaces[i],
					nb_netns_link(state->namespaces[i], j));
	nb_yaml_out_map_end(o);
	nb_yaml_out_word(o, "links");
	nb_yaml_out_list(o, false);
	for (size_t i = 0; i < state->n_namespaces; i++)
		for (size_t j = 0; j < state->namespaces[i]->links.n; j++)
			out_link(o, state->namespaces[i], nb_netns_link(state->namespaces[i], j));
	nb_yaml_out_list_end(o);
}

int nb_yaml_emit_state(const struct nb_state *state, struct nb_text *out)
{
	struct nb_yaml_out o;
	int k;

	k = nb_yaml_out_begin(&o, out);
	if (k < 0)
		return k;
	nb_yaml_out_map(&o, false);
	nb_yaml_out_number(&o, "version", 1);
	out_kernel(&o, state);
	out_namespaces(&o, state);
	out_everything(&o, state);
	nb_yaml_out_map_end(&o);
	return nb_yaml_out_end(&o);
}
