/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tests/model/canonical.h"

#include <stdio.h>
#include <string.h>

#include "lib/core/diff.h"
#include "lib/core/rules.h"

struct lines {
	char **items;
	size_t n, capacity;
};

static void add_line(struct lines *lines, const struct nb_link *link, struct nb_text *text)
{
	struct nb_text line = { 0 };

	nb_text_add(&line, "%s %s", link->name, text->text ? text->text : "");
	nb_text_done(text);
	if (line.failed || nb_grow(&lines->items, lines->n, &lines->capacity, sizeof(char *)) < 0)
		abort();
	lines->items[lines->n++] = line.text;
}

static bool is_left_out(const struct nb_option *row, const struct nb_optset *bond, unsigned mode)
{
	if (!nb_option_writable(row) || (row->flags & NB_OPTION_RUNTIME) ||
		(row->refused & NB_MODE(mode)))
		return true;
	return nb_option_scope(row) == NB_SCOPE_BOND && !nb_rules_applicable(row, bond, true);
}

static void options(struct lines *lines, const struct nb_link *link, const struct nb_optset *set,
	const struct nb_optset *bond)
{
	unsigned mode = (unsigned)nb_optset_u(bond, IFLA_BOND_MODE);

	nb_foreach_option(row, attr, set->scope) {
		struct nb_text text = { 0 };

		if (is_left_out(row, bond, mode) || !nb_optset_has(set, attr) ||
			((row->flags & NB_OPTION_SPARSE) &&
				nb_value_is_zero(row->type, nb_optset_get(set, attr))))
			continue;
		nb_text_add(&text, "%s ", row->name);
		row->type->format(row, nb_optset_get(set, attr), &text);
		add_line(lines, link, &text);
	}
}

static void addresses(struct lines *lines, const struct nb_link *link)
{
	for (size_t i = 0; i < link->n_addresses; i++) {
		const struct nb_address *a = &link->addresses[i];
		struct nb_text text = { 0 };

		if (!nb_address_restorable(a))
			continue;
		nb_text_add(&text, "address ");
		nb_address_format(a, &text);
		nb_text_add(&text, " proto %u preferred %u label %s", a->proto, a->preferred,
			a->ip.family == AF_INET && !*a->label ? link->name : a->label);
		add_line(lines, link, &text);
	}
}

static void routes(struct lines *lines, const struct nb_link *link)
{
	for (size_t i = 0; i < link->n_routes; i++) {
		struct nb_text text = { 0 };

		if (!nb_route_restorable(&link->routes[i]))
			continue;
		nb_text_add(&text, "route ");
		nb_route_format(&link->routes[i], &text);
		nb_text_add(&text, " protocol %u", link->routes[i].protocol);
		add_line(lines, link, &text);
	}
}

/* The driver moves MACs with the active slave; in alb and tlb the slaves exchange theirs. */
static bool is_moved_by_bond(const struct nb_link *link, const struct nb_link *bond)
{
	unsigned mode = (unsigned)nb_optset_u(&bond->bond, IFLA_BOND_MODE);

	return nb_bond_follows_mac(&bond->bond) ||
	       (link != bond && (mode == BOND_MODE_TLB || mode == BOND_MODE_ALB));
}

/* A VLAN has the MAC of the device below, a bridge the least of its ports, unless one was set. */
static bool has_mac_from(const struct nb_link *link, const struct nb_link *other)
{
	bool near = nb_streq(link->kind, "vlan") ? other->ifindex == link->lower
						 : nb_streq(link->kind, "bridge") &&
							   other->master == link->ifindex;

	return near && other != link && memcmp(link->mac, other->mac, 6) == 0;
}

static bool has_fixed_mac(const struct nb_netns *ns, const struct nb_link *link)
{
	const struct nb_link *master =
		link->master ? nb_netns_find_index(ns, link->master) : NULL;

	if (nb_link_is_bond(link))
		return !is_moved_by_bond(link, link);
	if (master && nb_link_is_bond(master))
		return !is_moved_by_bond(link, master);
	for (size_t i = 0; i < ns->links.n; i++) {
		const struct nb_link *other = nb_netns_link(ns, i);

		if (has_mac_from(link, other) && !has_fixed_mac(ns, other))
			return false;
	}
	return true;
}

static void one_link(struct lines *lines, const struct nb_netns *ns, const struct nb_link *link)
{
	const struct nb_link *master =
		link->master ? nb_netns_find_index(ns, link->master) : NULL;
	struct nb_text text = { 0 };

	nb_text_add(&text, "in '%s' kind %s %s mtu %u master %s place %u", ns->name,
		link->kind ? link->kind : "none", nb_link_is_up(link) ? "up" : "down", link->mtu,
		master ? master->name : "none", link->slave_position);
	if (has_fixed_mac(ns, link)) {
		nb_text_add(&text, " mac ");
		nb_mac_format(link->mac, &text);
	}
	add_line(lines, link, &text);
	if (nb_link_is_bond(link))
		options(lines, link, &link->bond, &link->bond);
	if (master && nb_link_is_bond(master))
		options(lines, link, &link->slave, &master->bond);
	addresses(lines, link);
	routes(lines, link);
}

/* Types are told by who has the same namespace, not by numbers: one made anew is as good. */
static void one_set(struct lines *lines, const struct nb_state *state, const struct nb_nsset *set)
{
	struct nb_link named = { 0 };

	snprintf(named.name, sizeof(named.name), "%s", set->name);
	for (enum nb_nstype type = 0; type < NB_NS_COUNT; type++) {
		struct nb_text text = { 0 };

		if (!set->inodes[type] || type == NB_NS_NET)
			continue;
		nb_text_add(&text, "type %s", nb_nstype_name(type));
		for (size_t i = 0; i < state->n_sets; i++) {
			if (state->sets[i]->inodes[type] == set->inodes[type])
				nb_text_add(&text, " %s", state->sets[i]->name);
		}
		if (type == NB_NS_UTS)
			nb_text_add(&text, " hostname %s", set->traits.hostname);
		if (type == NB_NS_TIME)
			nb_text_add(&text, " offsets %lld %lld", (long long)set->traits.monotonic,
				(long long)set->traits.boottime);
		if (type == NB_NS_USER) {
			nb_text_add(&text, " maps ");
			nb_id_map_format(&set->traits.uids, ", ", &text);
			nb_id_map_format(&set->traits.gids, ", ", &text);
		}
		add_line(lines, &named, &text);
	}
}

static int by_text(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

void canonical_state(const struct nb_state *state, struct nb_text *out)
{
	struct lines lines = { 0 };

	for (size_t n = 0; n < state->n_namespaces; n++) {
		const struct nb_netns *ns = state->namespaces[n];

		for (size_t i = 0; i < ns->links.n; i++) {
			if (!nb_streq(nb_netns_link(ns, i)->name, "lo"))
				one_link(&lines, ns, nb_netns_link(ns, i));
		}
	}
	for (size_t i = 0; i < state->n_sets; i++)
		one_set(&lines, state, state->sets[i]);
	if (lines.n)
		qsort(lines.items, lines.n, sizeof(char *), by_text);
	for (size_t i = 0; i < lines.n; i++) {
		nb_text_add(out, "%s\n", lines.items[i]);
		free(lines.items[i]);
	}
	free(lines.items);
}

static void only_in(const char *text, const char *other, char sign, struct nb_text *out)
{
	for (const char *line = text; line && *line;) {
		const char *end = strchrnul(line, '\n');
		NB_CLEANUP(nb_freep) char *wanted = strndup(line, end - line + (*end == '\n'));
		const char *found = other ? strstr(other, wanted) : NULL;

		if (!found || (found != other && found[-1] != '\n'))
			nb_text_add(out, "%c %s", sign, wanted);
		line = *end ? end + 1 : end;
	}
}

void canonical_difference(const char *before, const char *after, struct nb_text *out)
{
	only_in(before, after, '-', out);
	only_in(after, before, '+', out);
}
