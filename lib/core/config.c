/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "lib/core/config.h"

#include <errno.h>
#include <string.h>

struct nb_config *nb_config_new(void)
{
	struct nb_config *config = calloc(1, sizeof(*config));

	if (!config)
		return NULL;
	config->settings.drift = NB_DRIFT_REPAIR;
	config->settings.auto_disruption = NB_CLASS_SLAVE;
	return config;
}

static void slave_done(struct nb_slave_spec *slave)
{
	free(slave->name);
	free(slave->match.name);
	free(slave->match.path);
	free(slave->match.driver);
	nb_optset_done(&slave->opts);
}

static struct nb_bond *bond_free(struct nb_bond *bond)
{
	if (!bond)
		return NULL;
	for (size_t i = 0; i < bond->n_slaves; i++)
		slave_done(&bond->slaves[i]);
	free(bond->slaves);
	free(bond->addresses);
	for (size_t i = 0; i < bond->n_routes; i++)
		nb_route_done(&bond->routes[i]);
	free(bond->routes);
	free(bond->key_marks);
	free(bond->mac_of);
	nb_word_free(bond->namespace);
	free(bond->key);
	nb_optset_done(&bond->opts);
	free(bond);
	return NULL;
}

static void bond_freep(struct nb_bond **bond)
{
	bond_free(*bond);
}

void nb_netns_spec_done(struct nb_netns_spec *ns)
{
	free(ns->name);
	for (enum nb_nstype type = 0; type < NB_NS_COUNT; type++)
		free(ns->share[type]);
	nb_nstraits_done(&ns->traits);
	memset(ns, 0, sizeof(*ns));
}

struct nb_config *nb_config_free(struct nb_config *config)
{
	if (!config)
		return NULL;
	for (size_t i = 0; i < config->n_bonds; i++)
		bond_free(config->bonds[i]);
	free(config->bonds);
	for (size_t i = 0; i < config->n_namespaces; i++)
		nb_netns_spec_done(&config->namespaces[i]);
	free(config->namespaces);
	free(config);
	return NULL;
}

/* Not yet in any configuration. */
static struct nb_bond *bond_new(const char *key)
{
	NB_CLEANUP(bond_freep) struct nb_bond *bond = calloc(1, sizeof(*bond));

	if (!bond)
		return NULL;
	bond->key = strdup(key);
	bond->namespace = nb_word_dup("");
	if (!bond->key || !bond->namespace)
		return NULL;
	if (strlen(key) < sizeof(bond->name))
		strcpy(bond->name, key);
	bond->opts.scope = NB_SCOPE_BOND;
	bond->required = true;
	bond->required_slaves = 1;
	bond->link_local = true;
	return nb_steal(&bond);
}

/* Hands *@bond over on success. */
static int push_bond(struct nb_config *config, struct nb_bond **bond)
{
	if (nb_grow(&config->bonds, config->n_bonds, &config->bond_capacity,
		    sizeof(struct nb_bond *)) < 0)
		return -ENOMEM;
	config->bonds[config->n_bonds++] = nb_steal(bond);
	return 0;
}

struct nb_bond *nb_config_add_bond(struct nb_config *config, const char *key)
{
	NB_CLEANUP(bond_freep) struct nb_bond *bond = bond_new(key);

	if (!bond || push_bond(config, &bond) < 0)
		return NULL;
	return config->bonds[config->n_bonds - 1];
}

static size_t bond_place(const struct nb_config *config, const char *key)
{
	size_t i = 0;

	while (i < config->n_bonds && strcmp(config->bonds[i]->key, key) != 0)
		i++;
	return i;
}

struct nb_bond *nb_config_find_bond(const struct nb_config *config, const char *key)
{
	size_t i = bond_place(config, key);

	return i < config->n_bonds ? config->bonds[i] : NULL;
}

void nb_config_remove_bond(struct nb_config *config, const char *key)
{
	size_t i = bond_place(config, key);

	if (i == config->n_bonds)
		return;
	bond_free(config->bonds[i]);
	config->n_bonds--;
	memmove(&config->bonds[i], &config->bonds[i + 1],
		(config->n_bonds - i) * sizeof(struct nb_bond *));
}

struct nb_netns_spec *nb_config_add_namespace(struct nb_config *config, const char *name)
{
	struct nb_netns_spec *ns;

	if (nb_grow(&config->namespaces, config->n_namespaces, &config->namespace_capacity,
		    sizeof(*config->namespaces)) < 0)
		return NULL;
	ns = &config->namespaces[config->n_namespaces];
	ns->name = strdup(name);
	if (!ns->name)
		return NULL;
	ns->types = NB_NS_BIT(NB_NS_NET);
	config->n_namespaces++;
	return ns;
}

struct nb_netns_spec *nb_config_find_namespace(const struct nb_config *config, const char *name)
{
	for (size_t i = 0; i < config->n_namespaces; i++)
		if (strcmp(config->namespaces[i].name, name) == 0)
			return &config->namespaces[i];
	return NULL;
}

bool nb_netns_spec_is_plain(const struct nb_netns_spec *ns)
{
	for (enum nb_nstype type = 0; type < NB_NS_COUNT; type++) {
		if (nb_netns_spec_has(ns, type) != (type == NB_NS_NET) || ns->share[type])
			return false;
	}
	return true;
}

const struct nb_netns_spec *nb_config_origin(
	const struct nb_config *config, const struct nb_netns_spec *ns, enum nb_nstype type)
{
	/* As many steps as there are namespaces: a ring of shares (refused by the rules) ends. */
	for (size_t i = 0; ns && ns->share[type]; i++)
		ns = i < config->n_namespaces ?
			nb_config_find_namespace(config, ns->share[type]) : NULL;
	return ns && ns->types & NB_NS_BIT(type) ? ns : NULL;
}

const char *nb_config_netns_of(const struct nb_config *config, const struct nb_bond *bond)
{
	const char *name = bond->namespace;

	for (size_t i = 0; i < config->n_namespaces; i++) {
		const struct nb_netns_spec *ns = nb_config_find_namespace(config, name);

		if (!ns || !ns->share[NB_NS_NET])
			break;
		name = ns->share[NB_NS_NET];
	}
	return name;
}

struct nb_slave_spec *nb_bond_add_slave(struct nb_bond *bond)
{
	struct nb_slave_spec *slave;

	if (nb_grow32(&bond->slaves, bond->n_slaves, &bond->slave_capacity, sizeof(*bond->slaves)) <
		0)
		return NULL;
	slave = &bond->slaves[bond->n_slaves++];
	*slave = (struct nb_slave_spec){ .opts.scope = NB_SCOPE_SLAVE };
	return slave;
}

int nb_bond_add_address(struct nb_bond *bond, const struct nb_address *address)
{
	if (nb_grow32(&bond->addresses, bond->n_addresses, &bond->address_capacity,
		    sizeof(*bond->addresses)) < 0)
		return -ENOMEM;
	bond->addresses[bond->n_addresses++] = *address;
	return 0;
}

int nb_bond_add_route(struct nb_bond *bond, const struct nb_route *route)
{
	if (nb_grow32(&bond->routes, bond->n_routes, &bond->route_capacity, sizeof(*bond->routes)) <
		0)
		return -ENOMEM;
	if (nb_route_copy(route, &bond->routes[bond->n_routes]) < 0)
		return -ENOMEM;
	bond->n_routes++;
	return 0;
}

unsigned nb_bond_mode(const struct nb_bond *bond)
{
	return (unsigned)nb_optset_u(&bond->opts, IFLA_BOND_MODE);
}

struct nb_mark nb_bond_key_mark(const struct nb_bond *bond, enum nb_bond_key key)
{
	if (!(bond->named & key))
		return bond->mark;
	return nb_marks_get(bond->key_marks, (unsigned)__builtin_ctz(key));
}

const char *nb_bond_key_name(enum nb_bond_key key)
{
	switch (key) {
	case NB_KEY_NAMESPACE:
		return "namespace";
	case NB_KEY_SLAVES:
		return "slaves";
	case NB_KEY_ADDRESSES:
		return "addresses";
	case NB_KEY_ROUTES:
		return "routes";
	case NB_KEY_MTU:
		return "mtu";
	case NB_KEY_DRIFT:
		return "drift";
	case NB_KEY_REQUIRED:
		return "required";
	case NB_KEY_REQUIRED_SLAVES:
		return "required-slaves";
	case NB_KEY_LINK_LOCAL:
		return "link-local";
	case NB_KEY_NAME:
		return "name";
	case NB_KEY_ABSENT:
		return "absent";
	case NB_KEY_MAC:
		return "mac";
	}
	return "unknown";
}

const char *nb_drift_name(enum nb_drift drift)
{
	switch (drift) {
	case NB_DRIFT_REPAIR:
		return "repair";
	case NB_DRIFT_WARN:
		return "warn";
	case NB_DRIFT_IGNORE:
		return "ignore";
	}
	return "repair";
}

static int copy_text(const char *from, char **ret)
{
	if (!from)
		return 0;
	*ret = strdup(from);
	return *ret ? 0 : -ENOMEM;
}

static int copy_slave(struct nb_bond *to, const struct nb_slave_spec *from)
{
	struct nb_slave_spec *slave = nb_bond_add_slave(to);

	if (!slave)
		return -ENOMEM;
	memcpy(slave->match.permanent_mac, from->match.permanent_mac,
		sizeof(slave->match.permanent_mac));
	slave->match.has_permanent_mac = from->match.has_permanent_mac;
	slave->mark = from->mark;
	if (copy_text(from->name, &slave->name) < 0 ||
		copy_text(from->match.name, &slave->match.name) < 0 ||
		copy_text(from->match.path, &slave->match.path) < 0 ||
		copy_text(from->match.driver, &slave->match.driver) < 0)
		return -ENOMEM;
	return nb_optset_copy(&from->opts, &slave->opts);
}

/* The members that own memory; those of @to are all empty. */
static int copy_owned(const struct nb_bond *from, struct nb_bond *to)
{
	if (copy_text(from->key, &to->key) < 0 ||
		copy_text(from->namespace, &to->namespace) < 0 ||
		copy_text(from->mac_of, &to->mac_of) < 0 ||
		nb_marks_copy(from->key_marks, &to->key_marks) < 0 ||
		nb_optset_copy(&from->opts, &to->opts) < 0)
		return -ENOMEM;
	for (size_t i = 0; i < from->n_slaves; i++)
		if (copy_slave(to, &from->slaves[i]) < 0)
			return -ENOMEM;
	for (size_t i = 0; i < from->n_addresses; i++)
		if (nb_bond_add_address(to, &from->addresses[i]) < 0)
			return -ENOMEM;
	for (size_t i = 0; i < from->n_routes; i++)
		if (nb_bond_add_route(to, &from->routes[i]) < 0)
			return -ENOMEM;
	return 0;
}

static int copy_bond(const struct nb_bond *bond, struct nb_bond **ret)
{
	NB_CLEANUP(bond_freep) struct nb_bond *copy = calloc(1, sizeof(*copy));

	if (!copy)
		return -ENOMEM;
	*copy = *bond;
	copy->key = copy->namespace = copy->mac_of = NULL;
	copy->key_marks = NULL;
	copy->opts = (struct nb_optset){ .scope = bond->opts.scope };
	copy->slaves = NULL;
	copy->n_slaves = copy->slave_capacity = 0;
	copy->addresses = NULL;
	copy->n_addresses = copy->address_capacity = 0;
	copy->routes = NULL;
	copy->n_routes = copy->route_capacity = 0;
	if (copy_owned(bond, copy) < 0)
		return -ENOMEM;
	*ret = nb_steal(&copy);
	return 0;
}

static void lay_settings(struct nb_settings *base, const struct nb_settings *upper)
{
	if (upper->drift_named) {
		base->drift = upper->drift;
		base->drift_named = true;
		base->drift_mark = upper->drift_mark;
	}
	if (upper->auto_disruption_named) {
		base->auto_disruption = upper->auto_disruption;
		base->auto_disruption_named = true;
		base->auto_disruption_mark = upper->auto_disruption_mark;
	}
}

int nb_netns_spec_copy(const struct nb_netns_spec *ns, struct nb_netns_spec *ret)
{
	struct nb_netns_spec copy = *ns;
	int r = 0;

	copy.name = NULL;
	memset(copy.share, 0, sizeof(copy.share));
	r = nb_nstraits_copy(&ns->traits, &copy.traits);
	if (r == 0)
		r = copy_text(ns->name, &copy.name);
	for (enum nb_nstype type = 0; type < NB_NS_COUNT && r == 0; type++)
		r = copy_text(ns->share[type], &copy.share[type]);
	if (r < 0) {
		nb_netns_spec_done(&copy);
		return r;
	}
	*ret = copy;
	return 0;
}

static int lay_namespace(struct nb_config *base, const struct nb_netns_spec *upper)
{
	struct nb_netns_spec *ns = nb_config_find_namespace(base, upper->name);
	struct nb_netns_spec copy;

	if (nb_netns_spec_copy(upper, &copy) < 0)
		return -ENOMEM;
	if (!ns)
		ns = nb_config_add_namespace(base, upper->name);
	if (!ns) {
		nb_netns_spec_done(&copy);
		return -ENOMEM;
	}
	nb_netns_spec_done(ns);
	*ns = copy;
	return 0;
}

static int lay_bond(struct nb_config *base, const struct nb_bond *upper)
{
	NB_CLEANUP(bond_freep) struct nb_bond *copy = NULL;
	size_t i = bond_place(base, upper->key);

	if (copy_bond(upper, &copy) < 0)
		return -ENOMEM;
	if (i == base->n_bonds)
		return push_bond(base, &copy);
	bond_free(base->bonds[i]);
	base->bonds[i] = nb_steal(&copy);
	return 0;
}

static int lay(struct nb_config *base, const struct nb_config *upper)
{
	lay_settings(&base->settings, &upper->settings);
	for (size_t i = 0; i < upper->n_namespaces; i++)
		if (lay_namespace(base, &upper->namespaces[i]) < 0)
			return -ENOMEM;
	for (size_t i = 0; i < upper->n_bonds; i++)
		if (lay_bond(base, upper->bonds[i]) < 0)
			return -ENOMEM;
	return 0;
}

int nb_config_overlay(const struct nb_config *base, const struct nb_config *upper, bool exact,
	struct nb_config **ret)
{
	NB_CLEANUP(nb_config_freep) struct nb_config *both = nb_config_new();

	if (!both || (!exact && lay(both, base) < 0) || lay(both, upper) < 0)
		return -ENOMEM;
	*ret = nb_steal(&both);
	return 0;
}

bool nb_config_wants_drivers(const struct nb_config *config)
{
	for (size_t b = 0; b < config->n_bonds; b++) {
		for (size_t s = 0; s < config->bonds[b]->n_slaves; s++) {
			if (config->bonds[b]->slaves[s].match.driver)
				return true;
		}
	}
	return false;
}

int nb_config_copy(const struct nb_config *config, struct nb_config **ret)
{
	NB_CLEANUP(nb_config_freep) struct nb_config *none = nb_config_new();

	return none ? nb_config_overlay(config, none, false, ret) : -ENOMEM;
}
