/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "lib/yaml/emit.h"

#include "lib/yaml/network.h"
#include "lib/yaml/out.h"

static void out_prefix(struct nb_yaml_out *o, const struct nb_address *address)
{
	NB_CLEANUP(nb_text_done) struct nb_text text = { 0 };

	nb_address_format(address, &text);
	nb_yaml_out_built(o, &text);
}

static void out_address(struct nb_yaml_out *o, const struct nb_address *address)
{
	bool nodad = address->flags & IFA_F_NODAD;

	if (address->preferred == NB_FOREVER && !nodad && !address->label[0]) {
		out_prefix(o, address);
		return;
	}
	nb_yaml_out_map(o, true);
	nb_yaml_out_word(o, "address");
	out_prefix(o, address);
	if (address->preferred != NB_FOREVER)
		nb_yaml_out_number(o, "preferred", address->preferred);
	if (nodad)
		nb_yaml_out_bool(o, "nodad", true);
	if (address->label[0])
		nb_yaml_out_pair(o, "label", address->label);
	nb_yaml_out_map_end(o);
}

void nb_yaml_out_route(struct nb_yaml_out *o, const struct nb_route *route)
{
	NB_CLEANUP(nb_text_done) struct nb_text to = { 0 };

	nb_route_to_format(route, &to);
	nb_yaml_out_word(o, "to");
	nb_yaml_out_built(o, &to);
	nb_yaml_out_ip(o, "via", &route->via);
	if (route->metric != (route->to.family == AF_INET6 ? NB_ROUTE_METRIC_IPV6 : 0))
		nb_yaml_out_number(o, "metric", route->metric);
	if (route->table != RT_TABLE_MAIN) {
		nb_yaml_out_word(o, "table");
		nb_yaml_out_code(o, nb_yaml_tables, route->table);
	}
	nb_yaml_out_ip(o, "src", &route->src);
	if (route->onlink)
		nb_yaml_out_bool(o, "onlink", true);
}

static void out_match(struct nb_yaml_out *o, const struct nb_match *match)
{
	nb_yaml_out_word(o, "match");
	nb_yaml_out_map(o, true);
	if (match->name)
		nb_yaml_out_pair(o, "name", match->name);
	if (match->has_permanent_mac)
		nb_yaml_out_mac(o, "permanent-mac", match->permanent_mac);
	if (match->path)
		nb_yaml_out_pair(o, "path", match->path);
	if (match->driver)
		nb_yaml_out_pair(o, "driver", match->driver);
	nb_yaml_out_map_end(o);
}

static void out_slave(struct nb_yaml_out *o, const struct nb_slave_spec *slave)
{
	if (slave->name && slave->opts.present == 0) {
		nb_yaml_out_string(o, slave->name);
		return;
	}
	nb_yaml_out_map(o, true);
	if (slave->name)
		nb_yaml_out_pair(o, "name", slave->name);
	else
		out_match(o, &slave->match);
	nb_yaml_out_rows(o, &slave->opts, ~UINT64_C(0));
	nb_yaml_out_map_end(o);
}

static void out_slaves(struct nb_yaml_out *o, const struct nb_bond *bond)
{
	bool plain = true;

	for (size_t i = 0; i < bond->n_slaves; i++)
		plain &= bond->slaves[i].name && bond->slaves[i].opts.present == 0;
	nb_yaml_out_word(o, "slaves");
	nb_yaml_out_list(o, plain);
	for (size_t i = 0; i < bond->n_slaves; i++)
		out_slave(o, &bond->slaves[i]);
	nb_yaml_out_list_end(o);
}

static void out_mac(struct nb_yaml_out *o, const struct nb_bond *bond)
{
	switch (bond->mac_policy) {
	case NB_MAC_UNNAMED:
		return;
	case NB_MAC_FIXED:
		nb_yaml_out_mac(o, "mac", bond->mac);
		return;
	case NB_MAC_PERMANENT_OF:
		nb_yaml_out_word(o, "mac");
		nb_yaml_out_map(o, true);
		nb_yaml_out_pair(o, "permanent-of", bond->mac_of);
		nb_yaml_out_map_end(o);
		return;
	case NB_MAC_FIRST_SLAVE:
		nb_yaml_out_pair(o, "mac", "first-slave");
		return;
	}
}

static void out_network(struct nb_yaml_out *o, const struct nb_bond *bond)
{
	if (bond->named & NB_KEY_MTU)
		nb_yaml_out_number(o, "mtu", bond->mtu);
	out_mac(o, bond);
	if (bond->named & NB_KEY_ADDRESSES) {
		nb_yaml_out_word(o, "addresses");
		nb_yaml_out_list(o, bond->n_addresses == 0);
		for (size_t i = 0; i < bond->n_addresses; i++)
			out_address(o, &bond->addresses[i]);
		nb_yaml_out_list_end(o);
	}
	if (!(bond->named & NB_KEY_ROUTES))
		return;
	nb_yaml_out_word(o, "routes");
	nb_yaml_out_list(o, bond->n_routes == 0);
	for (size_t i = 0; i < bond->n_routes; i++) {
		nb_yaml_out_map(o, true);
		nb_yaml_out_route(o, &bond->routes[i]);
		nb_yaml_out_map_end(o);
	}
	nb_yaml_out_list_end(o);
}

static void out_bond(struct nb_yaml_out *o, const struct nb_bond *bond)
{
	nb_yaml_out_string(o, bond->key);
	nb_yaml_out_map(o, false);
	if (bond->named & NB_KEY_NAME)
		nb_yaml_out_pair(o, "name", bond->name);
	if (bond->named & NB_KEY_NAMESPACE)
		nb_yaml_out_pair(o, "namespace", bond->namespace);
	if (bond->named & NB_KEY_ABSENT)
		nb_yaml_out_bool(o, "absent", bond->absent);
	nb_yaml_out_rows(o, &bond->opts, NB_BIT(IFLA_BOND_MODE));
	if (bond->named & NB_KEY_SLAVES)
		out_slaves(o, bond);
	nb_yaml_out_rows(o, &bond->opts, ~NB_BIT(IFLA_BOND_MODE));
	out_network(o, bond);
	if (bond->named & NB_KEY_DRIFT)
		nb_yaml_out_pair(o, "drift", nb_drift_name(bond->drift));
	if (bond->named & NB_KEY_REQUIRED)
		nb_yaml_out_bool(o, "required", bond->required);
	if (bond->named & NB_KEY_REQUIRED_SLAVES)
		nb_yaml_out_number(o, "required-slaves", bond->required_slaves);
	if (bond->named & NB_KEY_LINK_LOCAL)
		nb_yaml_out_bool(o, "link-local", bond->link_local);
	nb_yaml_out_map_end(o);
}

static void out_settings(struct nb_yaml_out *o, const struct nb_settings *settings)
{
	if (!settings->drift_named && !settings->auto_disruption_named)
		return;
	nb_yaml_out_word(o, "settings");
	nb_yaml_out_map(o, false);
	if (settings->drift_named)
		nb_yaml_out_pair(o, "drift", nb_drift_name(settings->drift));
	if (settings->auto_disruption_named)
		nb_yaml_out_pair(o, "auto-disruption", nb_class_name(settings->auto_disruption));
	nb_yaml_out_map_end(o);
}

/* Without types it has net, unless that is shared. */
static void out_types(struct nb_yaml_out *o, const struct nb_netns_spec *ns)
{
	bool shares = false;

	if (ns->types != (ns->share[NB_NS_NET] ? 0 : NB_NS_BIT(NB_NS_NET))) {
		nb_yaml_out_word(o, "types");
		nb_yaml_out_list(o, true);
		for (enum nb_nstype type = 0; type < NB_NS_COUNT; type++) {
			if (ns->types & NB_NS_BIT(type))
				nb_yaml_out_word(o, "%s", nb_nstype_name(type));
		}
		nb_yaml_out_list_end(o);
	}
	for (enum nb_nstype type = 0; type < NB_NS_COUNT; type++) {
		if (!ns->share[type])
			continue;
		if (!shares) {
			nb_yaml_out_word(o, "share");
			nb_yaml_out_map(o, true);
		}
		shares = true;
		nb_yaml_out_pair(o, nb_nstype_name(type), ns->share[type]);
	}
	if (shares)
		nb_yaml_out_map_end(o);
}

static void out_namespace(struct nb_yaml_out *o, const struct nb_netns_spec *ns)
{
	nb_yaml_out_string(o, ns->name);
	nb_yaml_out_map(o, true);
	out_types(o, ns);
	nb_yaml_out_traits(o, &ns->traits);
	nb_yaml_out_map_end(o);
}

int nb_yaml_emit_config(const struct nb_config *config, struct nb_text *out)
{
	struct nb_yaml_out o;
	int k;

	k = nb_yaml_out_begin(&o, out);
	if (k < 0)
		return k;
	nb_yaml_out_map(&o, false);
	nb_yaml_out_number(&o, "version", 1);
	out_settings(&o, &config->settings);
	if (config->n_namespaces > 0) {
		nb_yaml_out_word(&o, "namespaces");
		nb_yaml_out_map(&o, false);
		for (size_t i = 0; i < config->n_namespaces; i++)
			out_namespace(&o, &config->namespaces[i]);
		nb_yaml_out_map_end(&o);
	}
	if (config->n_bonds > 0) {
		nb_yaml_out_word(&o, "bonds");
		nb_yaml_out_map(&o, false);
		for (size_t i = 0; i < config->n_bonds; i++)
			out_bond(&o, config->bonds[i]);
		nb_yaml_out_map_end(&o);
	}
	nb_yaml_out_map_end(&o);
	return nb_yaml_out_end(&o);
}
