/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "lib/core/resolve-slaves.h"

#include <errno.h>
#include <fnmatch.h>
#include <string.h>

/* A link that a slave entry owns: by its exact name, or because its match came first. */
struct nb_claim {
	const struct nb_link *link;
	const struct nb_bond *bond;
	const struct nb_slave_spec *spec;
};

void nb_claims_done(struct nb_claims *claims)
{
	free(claims->items);
	nb_index_done(&claims->bonds);
	memset(claims, 0, sizeof(*claims));
}

/* The first of the claims, which lie sorted by address, that is not before @link. */
static size_t claims_place(const struct nb_claims *claims, const struct nb_link *link)
{
	size_t low = 0, high = claims->n;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if ((uintptr_t)claims->items[middle].link < (uintptr_t)link)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static const struct nb_claim *claims_find(
	const struct nb_claims *claims, const struct nb_link *link)
{
	size_t i = claims_place(claims, link);

	return i < claims->n && claims->items[i].link == link ? &claims->items[i] : NULL;
}

static int claims_add(struct nb_claims *claims, const struct nb_link *link,
	const struct nb_bond *bond, const struct nb_slave_spec *spec)
{
	size_t i = claims_place(claims, link);

	if (nb_grow(&claims->items, claims->n, &claims->capacity, sizeof(*claims->items)) < 0)
		return -ENOMEM;
	memmove(&claims->items[i + 1], &claims->items[i], (claims->n - i) * sizeof(*claims->items));
	claims->items[i] = (struct nb_claim){ link, bond, spec };
	claims->n++;
	return 0;
}

static struct nb_link *find_in(
	const struct nb_resolver *resolver, const char *namespace, const char *name)
{
	struct nb_netns *ns = nb_state_namespace(resolver->observed, namespace);

	return ns ? nb_netns_find(ns, name) : NULL;
}

/* A NIC that netbond moved out of @namespace, where it was @name: it is on its way back. */
static struct nb_link *find_moved(const struct nb_resolver *resolver, const char *namespace,
	const char *name, const char **ret_namespace)
{
	const struct nb_memory *memory = resolver->memory;

	for (size_t i = 0; memory && i < memory->n_objects; i++) {
		const struct nb_object *object = &memory->objects[i];
		struct nb_link *link;

		if (object->kind != NB_OBJECT_NIC || !nb_streq(object->home, name) ||
			!nb_streq(object->home_namespace, namespace))
			continue;
		link = find_in(resolver, object->namespace, object->name);
		if (link) {
			*ret_namespace = object->namespace;
			return link;
		}
	}
	return NULL;
}

static void note_name(const struct nb_resolver *resolver, const char *name)
{
	struct nb_target *target = resolver->target;
	const uint32_t hash = nb_index_hash(name);
	size_t cursor = 0;

	/* Only the hashes count: of which things they are is not asked. */
	if (target && !nb_index_next(&target->asked, hash, &cursor) &&
		nb_index_add(&target->asked, hash, target) < 0)
		target->asked_any = true;
}

struct nb_link *nb_resolve_find(const struct nb_resolver *resolver, const char *namespace,
	const char *name, const char **ret_namespace)
{
	const char *places[] = { namespace, "" };

	note_name(resolver, name);
	for (size_t i = 0; i < NB_ARRAY_SIZE(places); i++) {
		struct nb_link *link = find_in(resolver, places[i], name);

		if (link) {
			*ret_namespace = places[i];
			return link;
		}
	}
	for (size_t i = 0; i < NB_ARRAY_SIZE(places); i++) {
		struct nb_link *link = find_moved(resolver, places[i], name, ret_namespace);

		if (link)
			return link;
	}
	return NULL;
}

int nb_claims_add_exact(struct nb_claims *claims, const struct nb_resolver *resolver,
	const struct nb_bond *bond)
{
	const char *namespace = nb_config_netns_of(resolver->config, bond), *where;
	struct nb_diag *diag = resolver->diag;
	int error = 0;

	for (size_t i = 0; i < bond->n_slaves && !bond->absent; i++) {
		const struct nb_slave_spec *spec = &bond->slaves[i];
		const struct nb_claim *other;
		struct nb_link *link;

		if (!spec->name || !(link = nb_resolve_find(resolver, namespace, spec->name, &where)))
			continue;
		other = claims_find(claims, link);
		if (!other) {
			if (claims_add(claims, link, bond, spec) < 0)
				return -ENOMEM;
			continue;
		}
		error = nb_diag_error(diag, &spec->mark, bond->key,
			"slave %s is the same device as slave %s of %s (%s)", spec->name,
			other->spec->name, other->bond->key, link->name);
		nb_diag_other(diag, &other->spec->mark);
		nb_diag_hint(diag, "a device can be a slave of one bond only: take one of them out");
	}
	return error;
}

static bool glob_fits(const char *pattern, const char *text)
{
	return !pattern || (text && fnmatch(pattern, text, 0) == 0);
}

/* All members of @match fit; only real devices count: IFLA_PARENT_DEV_NAME is there. */
static bool match_fits(const struct nb_match *match, const struct nb_link *link)
{
	bool name = glob_fits(match->name, link->name);

	for (size_t i = 0; i < link->n_altnames && !name; i++)
		name = glob_fits(match->name, link->altnames[i]);
	if (!link->parent || nb_link_is_bond(link) || !name)
		return false;
	if (!glob_fits(match->path, link->parent) || !glob_fits(match->driver, link->driver))
		return false;
	return !match->has_permanent_mac ||
	       (link->has_permanent_mac &&
		       memcmp(link->permanent_mac, match->permanent_mac, 6) == 0);
}

static int by_name(const void *a, const void *b)
{
	const struct nb_link *const *x = a, *const *y = b;

	return nb_natural_compare((*x)->name, (*y)->name);
}

struct found {
	struct nb_link **links;
	size_t n, capacity;
};

/* The links of @ns that fit and that no other entry owns. */
static int find_matches(struct nb_claims *claims, const struct nb_netns *ns,
	const struct nb_bond *bond, const struct nb_slave_spec *spec, struct found *found,
	struct nb_diag *diag)
{
	int error = 0;

	for (size_t i = 0; ns && i < ns->links.n; i++) {
		struct nb_link *link = nb_netns_link(ns, i);
		const struct nb_claim *other;

		if (!match_fits(&spec->match, link))
			continue;
		other = claims_find(claims, link);
		if (other && (other->bond == bond || other->spec->name))
			continue;
		if (other) {
			error = nb_diag_error(diag, &spec->mark, bond->key,
				"%s fits this match and that of %s", link->name, other->bond->key);
			nb_diag_other(diag, &other->spec->mark);
			nb_diag_hint(diag, "make one of the matches narrower, or name the device");
			continue;
		}
		if (claims_add(claims, link, bond, spec) < 0 ||
			nb_grow(&found->links, found->n, &found->capacity, sizeof(link)) < 0)
			return -ENOMEM;
		found->links[found->n++] = link;
	}
	return error;
}

static int add_slave(struct nb_goal *goal, const struct nb_slave_spec *spec, const char *namespace,
	const char *name, const struct nb_link *link)
{
	struct nb_goal_slave *slave;
	unsigned mode = nb_optset_u(&goal->opts, IFLA_BOND_MODE);

	if (nb_grow32(&goal->slaves, goal->n_slaves, &goal->slave_capacity, sizeof(*slave)) < 0)
		return -ENOMEM;
	slave = &goal->slaves[goal->n_slaves++];
	strncpy(slave->name, name, IFNAMSIZ - 1);
	slave->ifindex = link ? link->ifindex : 0;
	slave->is_bond = !link || nb_link_is_bond(link);
	slave->namespace = nb_word_dup(namespace);
	if (!slave->namespace || nb_optset_copy(&spec->opts, &slave->opts) < 0)
		return -ENOMEM;
	slave->opts.scope = NB_SCOPE_SLAVE;
	return nb_rules_slave_defaults(&slave->opts, mode);
}

static int add_waiting(struct nb_goal *goal, const struct nb_slave_spec *spec, const char *why,
	struct nb_diag *diag)
{
	struct nb_text text = { 0 };
	const struct nb_match *match = &spec->match;

	if (spec->name) {
		nb_text_add(&text, "%s", spec->name);
	} else {
		nb_text_add(&text, "a device that matches");
		if (match->name)
			nb_text_add(&text, " name %s", match->name);
		if (match->path)
			nb_text_add(&text, " path %s", match->path);
		if (match->driver)
			nb_text_add(&text, " driver %s", match->driver);
		if (match->has_permanent_mac) {
			nb_text_add(&text, " permanent-mac ");
			nb_mac_format(match->permanent_mac, &text);
		}
	}
	if (text.failed || nb_grow32(&goal->waiting, goal->n_waiting, &goal->waiting_capacity,
				   sizeof(*goal->waiting)) < 0) {
		nb_text_done(&text);
		return -ENOMEM;
	}
	nb_diag_note(diag, &spec->mark, goal->key, "waits for slave %s (%s)", text.text, why);
	goal->waiting[goal->n_waiting++] = text.text;
	return 0;
}

static int index_bonds(struct nb_claims *claims, const struct nb_config *config)
{
	int r = 0;

	for (size_t i = claims->bonds.n; i < config->n_bonds && r == 0; i++)
		r = nb_index_add(&claims->bonds, nb_index_hash(config->bonds[i]->name), config->bonds[i]);
	return r;
}

/* Return: 1 a bond that shall be is meant; 0 none; -ENOMEM. */
static int is_other_goal(struct nb_claims *claims, const struct nb_config *config,
	const struct nb_bond *bond, const char *namespace, const char *name)
{
	const uint32_t hash = nb_index_hash(name);
	const struct nb_bond *other;
	size_t cursor = 0;

	if (index_bonds(claims, config) < 0)
		return -ENOMEM;
	while ((other = nb_index_next(&claims->bonds, hash, &cursor))) {
		if (other != bond && !other->absent && nb_streq(other->name, name) &&
			nb_streq(nb_config_netns_of(config, other), namespace))
			return 1;
	}
	return 0;
}

/* udev may rename a device it has not seen yet: not one that is a slave of this bond already. */
static bool must_wait(const struct nb_resolver *resolver, const struct nb_goal *goal,
	const char *namespace, const struct nb_link *link)
{
	const struct nb_netns *ns = nb_state_namespace(resolver->observed, namespace);
	const struct nb_link *master =
		link->master ? nb_netns_find_index(ns, link->master) : NULL;

	return link->udev_pending && !(master && nb_streq(namespace, goal->namespace) &&
					     nb_streq(master->name, goal->name));
}

static int resolve_exact(struct nb_claims *claims, const struct nb_resolver *resolver,
	const struct nb_bond *bond, const struct nb_slave_spec *spec, struct nb_goal *goal)
{
	const char *namespace;
	int is_bond;
	struct nb_link *link = nb_resolve_find(resolver, goal->namespace, spec->name, &namespace);

	if (link && !must_wait(resolver, goal, namespace, link))
		return add_slave(goal, spec, namespace, link->name, link);
	is_bond = link ? 0 : is_other_goal(claims, resolver->config, bond, goal->namespace, spec->name);
	if (is_bond < 0)
		return is_bond;
	if (is_bond)
		return add_slave(goal, spec, goal->namespace, spec->name, NULL);
	return add_waiting(goal, spec,
		link ? "udev has not initialised it yet" : "there is no such device yet",
		resolver->diag);
}

static int resolve_match(struct nb_claims *claims, const struct nb_resolver *resolver,
	const struct nb_bond *bond, const struct nb_slave_spec *spec, struct nb_goal *goal)
{
	struct nb_diag *diag = resolver->diag;
	const char *places[] = { goal->namespace, "" };
	size_t n_places = *goal->namespace ? 2 : 1, total = 0;
	int error = 0;

	for (size_t p = 0; p < n_places; p++) {
		struct found found = { 0 };
		int r = find_matches(claims, nb_state_namespace(resolver->observed, places[p]),
			bond, spec, &found, diag);

		if (found.n)
			qsort(found.links, found.n, sizeof(*found.links), by_name);
		for (size_t i = 0; i < found.n && r != -ENOMEM; i++) {
			struct nb_link *link = found.links[i];

			if (must_wait(resolver, goal, places[p], link))
				continue;
			total++;
			if (add_slave(goal, spec, places[p], link->name, link) < 0)
				r = -ENOMEM;
		}
		free(found.links);
		if (r < 0)
			error = r;
		if (error == -ENOMEM)
			return error;
	}
	if (total > 1 && nb_optset_named(&spec->opts)) {
		error = nb_diag_error(diag, &spec->mark, bond->key,
			"the match fits %zu devices, but sets values meant for one", total);
		nb_diag_hint(diag, "name each device, or take the slave's own options out");
	}
	if (error < 0 || total > 0)
		return error;
	return add_waiting(goal, spec, "nothing fits yet", diag);
}

int nb_resolve_slaves(struct nb_claims *claims, const struct nb_resolver *resolver,
	const struct nb_bond *bond, struct nb_goal *goal)
{
	int error = 0;

	for (size_t i = 0; i < bond->n_slaves; i++) {
		const struct nb_slave_spec *spec = &bond->slaves[i];
		int r = spec->name ? resolve_exact(claims, resolver, bond, spec, goal)
				   : resolve_match(claims, resolver, bond, spec, goal);

		if (r == -ENOMEM)
			return r;
		if (r < 0)
			error = r;
	}
	return error;
}
