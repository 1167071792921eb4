/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "lib/core/resolve.h"

#include <errno.h>
#include <string.h>

#include "lib/core/resolve-slaves.h"

bool nb_link_own_mac(const struct nb_link *link, uint8_t ret[6])
{
	if (link->has_permanent_mac)
		memcpy(ret, link->permanent_mac, 6);
	else if (nb_optset_has(&link->slave, IFLA_BOND_SLAVE_PERM_HWADDR))
		memcpy(ret, nb_optset_get(&link->slave, IFLA_BOND_SLAVE_PERM_HWADDR).mac, 6);
	else if (link->has_mac)
		memcpy(ret, link->mac, 6);
	else
		return false;
	return true;
}

static bool slave_mac(const struct nb_resolver *resolver, const struct nb_goal_slave *slave,
	uint8_t ret[6])
{
	const struct nb_netns *ns = nb_state_namespace(resolver->observed, slave->namespace);
	const struct nb_link *link = ns ? nb_netns_find(ns, slave->name) : NULL;

	return link && nb_link_own_mac(link, ret);
}

/* Also of a slave that udev has not initialised yet: its MAC is known all the same. */
static bool mac_of(const struct nb_resolver *resolver, const struct nb_goal *goal, const char *name,
	uint8_t ret[6])
{
	const char *where;
	const struct nb_link *link = nb_resolve_find(resolver, goal->namespace, name, &where);

	return link && nb_link_own_mac(link, ret);
}

/*
 * The MAC of the first one there is when the bond is made. Later the one it has, as long as that is a
 * slave's: neither one that comes late nor another order of the list changes it. While a slave is
 * away, it may be the MAC of that one.
 */
static void first_slave_mac(const struct nb_resolver *resolver, struct nb_goal *goal)
{
	const struct nb_netns *ns = nb_state_namespace(resolver->observed, goal->namespace);
	const struct nb_link *bond = ns ? nb_netns_find(ns, goal->name) : NULL;
	uint8_t mac[6];

	goal->has_mac = goal->has_birth_mac && !(bond && goal->n_waiting);
	memcpy(goal->mac, goal->birth_mac, 6);
	for (size_t i = 0; i < goal->n_slaves && bond && bond->has_mac; i++) {
		if (!slave_mac(resolver, &goal->slaves[i], mac) || memcmp(mac, bond->mac, 6) != 0)
			continue;
		goal->has_mac = true;
		memcpy(goal->mac, mac, 6);
	}
}

void nb_resolve_mac(
	const struct nb_resolver *resolver, const struct nb_bond *bond, struct nb_goal *goal)
{
	for (size_t i = 0; i < goal->n_slaves && !goal->has_birth_mac; i++)
		goal->has_birth_mac = slave_mac(resolver, &goal->slaves[i], goal->birth_mac);
	switch (bond->mac_policy) {
	case NB_MAC_UNNAMED:
		break;
	case NB_MAC_FIXED:
		goal->has_mac = true;
		memcpy(goal->mac, bond->mac, 6);
		break;
	case NB_MAC_PERMANENT_OF:
		goal->has_mac = mac_of(resolver, goal, bond->mac_of, goal->mac);
		break;
	case NB_MAC_FIRST_SLAVE:
		first_slave_mac(resolver, goal);
		break;
	}
}

static int resolve_l3(const struct nb_bond *bond, struct nb_goal *goal)
{
	for (size_t i = 0; i < bond->n_addresses; i++) {
		if (nb_grow32(&goal->addresses, goal->n_addresses, &goal->address_capacity,
			    sizeof(*goal->addresses)) < 0)
			return -ENOMEM;
		goal->addresses[goal->n_addresses] = bond->addresses[i];
		goal->addresses[goal->n_addresses].valid = NB_FOREVER;
		goal->addresses[goal->n_addresses++].proto = NB_PROTOCOL;
	}
	for (size_t i = 0; i < bond->n_routes; i++) {
		if (nb_grow32(&goal->routes, goal->n_routes, &goal->route_capacity,
			    sizeof(*goal->routes)) < 0)
			return -ENOMEM;
		if (nb_route_copy(&bond->routes[i], &goal->routes[goal->n_routes]) < 0)
			return -ENOMEM;
		goal->routes[goal->n_routes++].protocol = NB_PROTOCOL;
	}
	return 0;
}

/* What the file names and no dump of this kernel ever showed would be ignored silently. */
static int check_known(const struct nb_state *observed, const struct nb_optset *opts,
	const char *key, struct nb_diag *diag)
{
	const uint64_t known = observed->known[opts->scope];
	int error = 0;

	nb_foreach_bit(attr, known ? nb_optset_named(opts) & ~known : 0) {
		const struct nb_option *row = nb_option_get(opts->scope, attr);
		struct nb_mark mark = nb_optset_mark(opts, attr);

		if (!row || row->flags & NB_OPTION_SPARSE)
			continue;
		error = nb_diag_error(diag, &mark, key, "this kernel does not know %s", row->name);
		nb_diag_hint(diag, "take it out%s%s", row->since ? "; it came with Linux " : "",
			row->since ? row->since : "");
	}
	return error;
}

/* A bond, and what it was resolved to. */
struct before {
	const struct nb_bond *bond;
	const struct nb_goal *goal;
};

/*
 * A file may name a slave by an altname, the kernel shows its name. What is no device's name now
 * stays as it is written: that slave comes later.
 */
static int resolve_names(const struct nb_resolver *resolver, struct nb_goal *goal)
{
	nb_foreach_option(row, attr, NB_SCOPE_BOND) {
		const struct nb_link *link;
		const char *name, *where;
		union nb_value value;

		if (row->type != &nb_type_ifname || !nb_optset_has(&goal->opts, attr))
			continue;
		name = nb_optset_get(&goal->opts, attr).name;
		link = name ? nb_resolve_find(resolver, goal->namespace, name, &where) : NULL;
		if (!link || nb_streq(link->name, name))
			continue;
		value.name = strdup(link->name);
		if (!value.name || nb_optset_set(&goal->opts, attr, value) < 0)
			return -ENOMEM;
	}
	return 0;
}

/* Every row that applies has a value. Most bonds are like the one before, which has them already. */
static int complete_options(const struct nb_resolver *resolver, const struct nb_bond *bond,
	const struct before *before, struct nb_goal *goal)
{
	if (before->bond && !before->bond->absent &&
		nb_streq(before->goal->namespace, goal->namespace) &&
		nb_optset_same(&before->bond->opts, &bond->opts)) {
		nb_optset_adopt(&goal->opts, &before->goal->opts);
		return 0;
	}
	if (nb_rules_defaults(&goal->opts) < 0)
		return -ENOMEM;
	return resolve_names(resolver, goal);
}

static int resolve_bond(struct nb_claims *claims, const struct nb_resolver *resolver,
	const struct nb_bond *bond, const struct before *before, struct nb_goal *goal)
{
	const struct nb_config *config = resolver->config;
	int r, error = 0;

	goal->key = strdup(bond->key);
	goal->namespace = nb_word_dup(nb_config_netns_of(config, bond));
	if (!goal->key || !goal->namespace)
		return -ENOMEM;
	memcpy(goal->name, bond->name, IFNAMSIZ);
	goal->mark = bond->mark;
	goal->absent = bond->absent;
	goal->drift = bond->named & NB_KEY_DRIFT ? bond->drift : config->settings.drift;
	goal->mtu = bond->mtu;
	goal->link_local = bond->link_local;
	if (nb_optset_copy(&bond->opts, &goal->opts) < 0)
		return -ENOMEM;
	goal->opts.scope = NB_SCOPE_BOND;
	if (bond->absent)
		return 0;
	if (complete_options(resolver, bond, before, goal) < 0 || resolve_l3(bond, goal) < 0)
		return -ENOMEM;
	error = check_known(resolver->observed, &goal->opts, goal->key, resolver->diag);
	r = nb_resolve_slaves(claims, resolver, bond, goal);
	if (r < 0)
		return r;
	for (size_t i = 0; i < goal->n_slaves; i++) {
		r = check_known(resolver->observed, &goal->slaves[i].opts, goal->key,
			resolver->diag);
		error = r < 0 ? r : error;
	}
	nb_resolve_mac(resolver, bond, goal);
	return error;
}

void nb_resolve_birth(const struct nb_target *target, struct nb_goal *goal)
{
	const struct nb_goal *inner;

	if (goal->has_birth_mac || goal->n_slaves == 0)
		return;
	inner = nb_target_find(target, goal->slaves[0].namespace, goal->slaves[0].name);
	if (!inner || (!inner->has_mac && !inner->has_birth_mac))
		return;
	goal->has_birth_mac = true;
	memcpy(goal->birth_mac, inner->has_mac ? inner->mac : inner->birth_mac, 6);
}

static int resolve_namespaces(const struct nb_config *config, struct nb_target *target)
{
	for (size_t i = 0; i < config->n_namespaces; i++) {
		const struct nb_netns_spec *spec = &config->namespaces[i];

		if (!(spec->types & NB_NS_BIT(NB_NS_NET)))
			continue;
		if (nb_grow(&target->namespaces, target->n_namespaces, &target->namespace_capacity,
			    sizeof(*target->namespaces)) < 0 ||
			!(target->namespaces[target->n_namespaces] = strdup(spec->name)))
			return -ENOMEM;
		target->n_namespaces++;
	}
	return 0;
}

static int set_text(char **text, const char *value)
{
	char *copy = strdup(value);

	if (!copy)
		return -ENOMEM;
	free(*text);
	*text = copy;
	return 0;
}

static int add_set(struct nb_target *target, const struct nb_config *config,
	const struct nb_netns_spec *spec)
{
	struct nb_set_goal *goal;
	int r;

	if (nb_grow(&target->sets, target->n_sets, &target->set_capacity, sizeof(*goal)) < 0)
		return -ENOMEM;
	goal = &target->sets[target->n_sets];
	r = nb_netns_spec_copy(spec, &goal->spec);
	if (r < 0)
		return r;
	target->n_sets++;
	for (enum nb_nstype type = 0; type < NB_NS_COUNT && r == 0; type++) {
		const struct nb_netns_spec *from = nb_config_origin(config, spec, type);

		if (goal->spec.share[type] && from)
			r = set_text(&goal->spec.share[type], from->name);
	}
	return r;
}

int nb_target_add_sets(struct nb_target *target, const struct nb_config *config)
{
	for (size_t i = 0; i < config->n_namespaces; i++) {
		const struct nb_netns_spec *spec = &config->namespaces[i];

		if (!nb_netns_spec_is_plain(spec) && add_set(target, config, spec) < 0)
			return -ENOMEM;
	}
	return 0;
}

/* Most bonds of a machine are alike, and so are their slaves. */
static void share_options(struct nb_goal *goal, const struct nb_goal *before)
{
	nb_optset_share(&goal->opts, &before->opts);
	for (size_t i = 0; i < goal->n_slaves && before->n_slaves > 0; i++)
		nb_optset_share(&goal->slaves[i].opts, &before->slaves[0].opts);
}

static int resolve_all(struct nb_claims *claims, const struct nb_resolver *resolver,
	struct nb_target *target)
{
	const struct nb_config *config = resolver->config;
	struct before before = { 0 };
	int r, error = 0;

	for (size_t i = 0; i < config->n_bonds; i++) {
		r = nb_claims_add_exact(claims, resolver, config->bonds[i]);
		if (r == -ENOMEM)
			return r;
		error = r < 0 ? r : error;
	}
	for (size_t i = 0; i < config->n_bonds; i++) {
		struct nb_goal *goal = nb_target_add(target);

		if (!goal)
			return -ENOMEM;
		r = resolve_bond(claims, resolver, config->bonds[i], &before, goal);
		if (r == -ENOMEM)
			return r;
		error = r < 0 ? r : error;
		if (before.goal)
			share_options(goal, before.goal);
		before = (struct before){ config->bonds[i], goal };
	}
	return error;
}

int nb_resolve(const struct nb_config *config, const struct nb_state *observed,
	const struct nb_memory *memory, struct nb_target **ret, struct nb_diag *diag)
{
	NB_CLEANUP(nb_target_freep) struct nb_target *target = calloc(1, sizeof(*target));
	const struct nb_resolver resolver = { config, observed, memory, diag, target };
	NB_CLEANUP(nb_claims_done) struct nb_claims claims = { 0 };
	int r;

	if (!target)
		return -ENOMEM;
	r = resolve_namespaces(config, target);
	if (r == 0)
		r = nb_target_add_sets(target, config);
	if (r < 0)
		return r;
	r = resolve_all(&claims, &resolver, target);
	if (r < 0)
		return r;
	r = nb_target_sort(target);
	if (r < 0)
		return r;
	for (size_t i = 0; i < target->goals.n; i++)
		nb_resolve_birth(target, nb_target_goal(target, i));
	*ret = nb_steal(&target);
	return 0;
}
