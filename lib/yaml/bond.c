/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <string.h>

#include "lib/yaml/network.h"
#include "lib/yaml/schema.h"

/*
 * Notes that the file names a reserved key. Named counts even when the value turns out wrong, so
 * that no rule says it is missing.
 */
static int claim(struct nb_yaml_walk *w, const struct nb_yaml_node *node, struct nb_bond *bond,
	enum nb_bond_key key)
{
	if (bond->named & key) {
		const struct nb_mark first = nb_bond_key_mark(bond, key);

		return nb_yaml_twice(w, node, node->key->text, &first);
	}
	bond->named |= key;
	return nb_marks_put(&bond->key_marks, (unsigned)__builtin_ctz(key), &node->key->mark);
}

static int take_name(struct nb_yaml_walk *w, const struct nb_yaml_node *node, void *object)
{
	struct nb_bond *bond = object;
	int k;

	k = claim(w, node, bond, NB_KEY_NAME);
	return k < 0 ? k : nb_yaml_ifname(w, node, bond->name);
}

static int take_namespace(struct nb_yaml_walk *w, const struct nb_yaml_node *node, void *object)
{
	struct nb_bond *bond = object;
	const char *name;
	char *copy;
	int k;

	k = claim(w, node, bond, NB_KEY_NAMESPACE);
	if (k == 0)
		k = nb_yaml_nsname(w, node, &name);
	if (k < 0)
		return k;
	copy = strdup(name);
	if (!copy)
		return -ENOMEM;
	nb_word_free(bond->namespace);
	bond->namespace = copy;
	return 0;
}

static int take_absent(struct nb_yaml_walk *w, const struct nb_yaml_node *node, void *object)
{
	struct nb_bond *bond = object;
	int k;

	k = claim(w, node, bond, NB_KEY_ABSENT);
	return k < 0 ? k : nb_yaml_bool(w, node, &bond->absent);
}

static int take_slaves(struct nb_yaml_walk *w, const struct nb_yaml_node *node, void *object)
{
	int k;

	k = claim(w, node, object, NB_KEY_SLAVES);
	return k < 0 ? k : nb_yaml_take_slaves(w, node, object);
}

static int take_address(struct nb_yaml_walk *w, const struct nb_yaml_node *node, void *object)
{
	struct nb_address address;
	int k;

	k = nb_yaml_take_address(w, node, w->state != NULL, &address);
	return k < 0 ? k : nb_bond_add_address(object, &address);
}

static int take_addresses(struct nb_yaml_walk *w, const struct nb_yaml_node *node, void *object)
{
	int k;

	k = claim(w, node, object, NB_KEY_ADDRESSES);
	return k < 0 ? k : nb_yaml_take_list(
		w, node, "addresses: [192.0.2.10/24]", take_address, object);
}

static int take_route(struct nb_yaml_walk *w, const struct nb_yaml_node *node, void *object)
{
	struct nb_route route;
	int k;

	k = nb_yaml_take_route(w, node, w->state != NULL, &route);
	if (k < 0)
		return k;
	k = nb_bond_add_route(object, &route);
	nb_route_done(&route);
	return k;
}

static int take_routes(struct nb_yaml_walk *w, const struct nb_yaml_node *node, void *object)
{
	int k;

	k = claim(w, node, object, NB_KEY_ROUTES);
	return k < 0 ? k : nb_yaml_take_list(
		w, node, "routes: [{to: default, via: 192.0.2.1}]", take_route, object);
}

static int take_mtu(struct nb_yaml_walk *w, const struct nb_yaml_node *node, void *object)
{
	const struct nb_option *row = nb_option_get(NB_SCOPE_LINK, IFLA_MTU);
	struct nb_bond *bond = object;
	union nb_value value;
	int k;

	k = claim(w, node, bond, NB_KEY_MTU);
	if (k == 0)
		k = nb_yaml_value(w, node, row, &value);
	if (k == 0)
		bond->mtu = (uint32_t)value.u;
	return k;
}

static int take_permanent_of(struct nb_yaml_walk *w, const struct nb_yaml_node *node, void *object)
{
	struct nb_bond *bond = object;
	int k;

	k = nb_yaml_copy(w, node, &bond->mac_of);
	if (k == 0)
		bond->mac_policy = NB_MAC_PERMANENT_OF;
	return k;
}

static const struct nb_yaml_shape mac_shape = {
	.what = "a mac",
	.fields = (const struct nb_yaml_field[]){ { "permanent-of", take_permanent_of }, { 0 } },
};

static int take_mac(struct nb_yaml_walk *w, const struct nb_yaml_node *node, void *object)
{
	struct nb_bond *bond = object;
	int k;

	k = claim(w, node, bond, NB_KEY_MAC);
	if (k < 0)
		return k;
	if (node->kind == NB_YAML_MAP)
		return nb_yaml_take_map(w, node, &mac_shape, object);
	if (node->kind == NB_YAML_SCALAR && strcmp(node->text, "first-slave") == 0) {
		bond->mac_policy = NB_MAC_FIRST_SLAVE;
		return 0;
	}
	k = nb_yaml_mac(w, node, bond->mac);
	if (k == 0)
		bond->mac_policy = NB_MAC_FIXED;
	else if (k == -EBADMSG && node->kind == NB_YAML_SCALAR && !nb_yaml_is_empty(node))
		nb_diag_hint(w->diag, "allowed: a MAC address, first-slave, {permanent-of: NAME}");
	return k;
}

static int take_drift(struct nb_yaml_walk *w, const struct nb_yaml_node *node, void *object)
{
	struct nb_bond *bond = object;
	uint32_t drift;
	int k;

	k = claim(w, node, bond, NB_KEY_DRIFT);
	if (k == 0)
		k = nb_yaml_word(w, node, nb_yaml_drifts, &drift);
	if (k == 0)
		bond->drift = (enum nb_drift)drift;
	return k;
}

static int take_required(struct nb_yaml_walk *w, const struct nb_yaml_node *node, void *object)
{
	struct nb_bond *bond = object;
	int k;

	k = claim(w, node, bond, NB_KEY_REQUIRED);
	return k < 0 ? k : nb_yaml_bool(w, node, &bond->required);
}

static int take_required_slaves(
	struct nb_yaml_walk *w, const struct nb_yaml_node *node, void *object)
{
	struct nb_bond *bond = object;
	int k;

	k = claim(w, node, bond, NB_KEY_REQUIRED_SLAVES);
	return k < 0 ? k : nb_yaml_u32(w, node, 0, &bond->required_slaves);
}

static int take_link_local(struct nb_yaml_walk *w, const struct nb_yaml_node *node, void *object)
{
	struct nb_bond *bond = object;
	int k;

	k = claim(w, node, bond, NB_KEY_LINK_LOCAL);
	return k < 0 ? k : nb_yaml_bool(w, node, &bond->link_local);
}

/* An option of the driver under its own name. */
static int take_option(struct nb_yaml_walk *w, const struct nb_yaml_node *node, void *object)
{
	const struct nb_option *row = nb_option_find(NB_SCOPE_BOND, node->key->text);
	struct nb_bond *bond = object;

	if (nb_option_writable(row))
		return nb_yaml_option(w, node, row, &bond->opts);
	nb_diag_error(w->diag, &node->key->mark, NULL, "%s is state, not configuration", row->name);
	if (row->flags & NB_OPTION_RUNTIME)
		nb_diag_hint(w->diag, "name the preferred slave with 'primary'; to move the traffic "
				      "now: netbondctl failover %s SLAVE", bond->key);
	else
		nb_diag_hint(w->diag, "remove it: the kernel only reports it");
	return -EBADMSG;
}

static const struct nb_yaml_foreign foreign[] = {
	{ "interfaces", "here it is called slaves" },
	{ "members", "here it is called slaves" },
	{ "ports", "here it is called slaves" },
	{ "port", "here it is called slaves: [eth0, eth1]" },
	{ "links", "here it is called slaves" },
	{ "slave", "write a list: slaves: [eth0, eth1]" },
	{ "parameters", "the options stand directly below the bond, without 'parameters:'" },
	{ "options", "the options stand directly below the bond, without 'options:'" },
	{ "link-aggregation", "the options stand directly below the bond" },
	{ "mii-monitor-interval", "here it is called miimon, in ms" },
	{ "mii-status", "mii-status is state, not configuration" },
	{ "transmit-hash-policy", "here it is called xmit-hash-policy" },
	{ "up-delay", "here it is called updelay, in ms" },
	{ "down-delay", "here it is called downdelay, in ms" },
	{ "arp-ip-targets", "here it is called arp-ip-target: [192.0.2.1]" },
	{ "fail-over-mac-policy", "here it is called fail-over-mac" },
	{ "gratuitous-arp", "here it is called num-grat-arp" },
	{ "gratuitious-arp", "here it is called num-grat-arp" },
	{ "primary-reselect-policy", "here it is called primary-reselect" },
	{ "primary-slave", "here it is called primary" },
	{ "learn-packet-interval", "here it is called lp-interval, in s" },
	{ "macaddress", "here it is called mac" },
	{ "mac-address", "here it is called mac" },
	{ "hwaddr", "here it is called mac" },
	{ "gateway4", "write routes: [{to: default, via: ADDRESS}]" },
	{ "gateway6", "write routes: [{to: default, via: ADDRESS}]" },
	{ "gateway", "write routes: [{to: default, via: ADDRESS}]" },
	{ "address", "write addresses: [192.0.2.10/24]" },
	{ "netmask", "write the prefix length with the address: addresses: [192.0.2.10/24]" },
	{ "netns", "here it is called namespace" },
	{ "dhcp4", "netbond has no DHCP: let systemd-networkd or another client do it on the bond" },
	{ "dhcp6", "netbond has no DHCP: let systemd-networkd or another client do it on the bond" },
	{ "nameservers", "netbond has no DNS: leave it to the resolver's own configuration" },
	{ "optional", "write required: false" },
	{ "state", "a declared bond is always up; to remove one write absent: true" },
	{ "type", "remove it: below 'bonds:' everything is a bond" },
	{ 0 },
};

static const struct nb_yaml_shape bond_shape = {
	.what = "a bond",
	.example = "NAME: {slaves: [eth0, eth1]}",
	.fields = (const struct nb_yaml_field[]){
		{ "name", take_name },
		{ "namespace", take_namespace },
		{ "slaves", take_slaves },
		{ "addresses", take_addresses },
		{ "routes", take_routes },
		{ "mtu", take_mtu },
		{ "mac", take_mac },
		{ "drift", take_drift },
		{ "required", take_required },
		{ "required-slaves", take_required_slaves },
		{ "link-local", take_link_local },
		{ "absent", take_absent },
		{ 0 },
	},
	.has_options = true,
	.scope = NB_SCOPE_BOND,
	.take_option = take_option,
	.foreign = foreign,
};

/* A key that is no name for an interface needs a `name:` beside it. */
static int check_key(
	struct nb_yaml_walk *w, const struct nb_yaml_node *node, const struct nb_bond *bond)
{
	if ((bond->named & NB_KEY_NAME) || nb_ifname_check(bond->key))
		return 0;
	nb_diag_error(w->diag, &node->key->mark, NULL,
		"'%.64s' cannot be the name of an interface", bond->key);
	nb_diag_hint(w->diag, "a name has 1 to %d bytes, no space, no '/' and no ':'; a bond of "
			      "another name than its key has it in 'name'", IFNAMSIZ - 1);
	return -EBADMSG;
}

static void forget(struct nb_optset *opts, uint64_t attrs)
{
	nb_foreach_bit(attr, (opts->present | nb_optset_named(opts)) & attrs)
		nb_optset_unset(opts, attr);
}

/* No rule can judge the options of a mode that makes no sense. */
static void forget_without_mode(struct nb_bond *bond)
{
	uint64_t mode = NB_BIT(IFLA_BOND_MODE);

	if (!(nb_optset_named(&bond->opts) & ~bond->opts.present & mode))
		return;
	forget(&bond->opts, ~mode);
	for (size_t i = 0; i < bond->n_slaves; i++)
		forget(&bond->slaves[i].opts, ~UINT64_C(0));
}

/* A key is unique within its file: only another file can have the same bond. */
static struct nb_bond *find_earlier(const struct nb_yaml_walk *w, const char *key)
{
	for (size_t i = 0; i < w->n_bonds_before; i++)
		if (strcmp(w->config->bonds[i]->key, key) == 0)
			return w->config->bonds[i];
	return NULL;
}

int nb_yaml_take_bond(struct nb_yaml_walk *w, const struct nb_yaml_node *node, void *object)
{
	struct nb_bond *bond;
	int k;

	if (nb_yaml_is_empty(node)) {
		nb_diag_error(w->diag, &node->key->mark, NULL, "bond %s says nothing",
			node->key->text);
		nb_diag_hint(w->diag, "write at least its slaves, indented below it: "
				      "slaves: [eth0, eth1]");
		return -EBADMSG;
	}
	/* A thing that is no bond leaves no bond behind that rules could find fault with. */
	if (node->kind != NB_YAML_MAP)
		return nb_yaml_take_map(w, node, &bond_shape, NULL);
	bond = find_earlier(w, node->key->text);
	if (!bond) {
		bond = nb_config_add_bond(w->config, node->key->text);
		if (!bond)
			return -ENOMEM;
		bond->mark = node->key->mark;
	}
	k = nb_yaml_take_map(w, node, &bond_shape, bond);
	forget_without_mode(bond);
	return nb_yaml_keep(k, check_key(w, node, bond));
}
