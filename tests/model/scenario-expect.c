/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The words of an expectation about a link. Plain: up, carrier, linklocal. With a value: mtu, mac
 * (@NIC is the one that was made for it, =LINK the one that link has now), master, position, gen,
 * aggregator-of (a port in the same one), addr, secondary, tentative, addresses (their number),
 * route, and every option of bonds and slaves.
 */
#include <errno.h>
#include <string.h>

#include "tests/model/scenario.h"

void nb_scenario_mac(const char *name, uint8_t ret[6])
{
	uint64_t hash = nb_hash_bytes(0, name, strlen(name));

	ret[0] = 0x02;
	for (unsigned i = 1; i < 6; i++)
		ret[i] = (uint8_t)(hash >> (8 * i));
}

static bool number_is(const char *text, uint64_t is)
{
	uint64_t n;

	return nb_parse_u64(text, UINT32_MAX, &n) == 0 && n == is;
}

static bool name_is(const struct nb_netns *ns, int ifindex, const char *name)
{
	const struct nb_link *link = ifindex ? nb_netns_find_index(ns, ifindex) : NULL;

	return nb_streq(link ? link->name : "none", name);
}

/* A MAC, or @NIC: the one that the NIC was made with, or =LINK: the one that link has now. */
static bool mac_is(const struct nb_netns *ns, const char *text, const uint8_t mac[6])
{
	uint8_t wanted[6];
	const struct nb_link *other;

	if (text[0] == '@') {
		nb_scenario_mac(text + 1, wanted);
		return memcmp(wanted, mac, 6) == 0;
	}
	if (text[0] == '=') {
		other = nb_netns_find(ns, text + 1);
		return other && memcmp(other->mac, mac, 6) == 0;
	}
	return nb_mac_parse(text, wanted) == 0 && memcmp(wanted, mac, 6) == 0;
}

static bool same_aggregator(const struct nb_netns *ns, const struct nb_link *link, const char *name)
{
	const struct nb_link *other = nb_netns_find(ns, name);

	return other && nb_optset_has(&link->slave, IFLA_BOND_SLAVE_AD_AGGREGATOR_ID) &&
	       nb_optset_equal(&link->slave, &other->slave, IFLA_BOND_SLAVE_AD_AGGREGATOR_ID);
}

static bool has_address(const struct nb_link *link, const char *text, uint32_t flags)
{
	for (size_t i = 0; i < link->n_addresses; i++) {
		struct nb_text shown = { 0 };
		bool same;

		nb_address_format(&link->addresses[i], &shown);
		same = nb_streq(shown.text, text) && (link->addresses[i].flags & flags) == flags;
		nb_text_done(&shown);
		if (same)
			return true;
	}
	return false;
}

static bool has_linklocal(const struct nb_link *link)
{
	for (size_t i = 0; i < link->n_addresses; i++)
		if (nb_ip_is_linklocal(&link->addresses[i].ip))
			return true;
	return false;
}

static bool has_route(const struct nb_link *link, const char *text)
{
	struct nb_ip to;
	uint8_t length;

	if (nb_streq(text, "default"))
		text = "0.0.0.0/0";
	if (nb_prefix_parse(text, true, &to, &length) < 0)
		return false;
	for (size_t i = 0; i < link->n_routes; i++)
		if (nb_ip_equal(&link->routes[i].to, &to) &&
			link->routes[i].prefix_length == length)
			return true;
	return false;
}

static bool option_is(const struct nb_link *link, const char *name, const char *text, bool *ret)
{
	const struct nb_optset *sets[] = { &link->bond, &link->slave };

	for (size_t i = 0; i < NB_ARRAY_SIZE(sets); i++) {
		const struct nb_option *row =
			nb_option_find(i == 0 ? NB_SCOPE_BOND : NB_SCOPE_SLAVE, name);
		struct nb_text shown = { 0 };
		unsigned attr;

		if (!row)
			continue;
		attr = nb_option_attr(row);
		if (sets[i]->present == 0 && i == 0)
			continue;
		if (nb_optset_has(sets[i], attr))
			row->type->format(row, nb_optset_get(sets[i], attr), &shown);
		else
			nb_text_add(&shown, "absent");
		*ret = nb_streq(shown.text, text);
		nb_text_done(&shown);
		return true;
	}
	return false;
}

/* Return: 1 it is so, 0 it is not, -EINVAL no such word. */
static int holds_value(
	const struct nb_netns *ns, const struct nb_link *link, const char *name, const char *value)
{
	bool is;

	if (nb_streq(name, "mtu"))
		return number_is(value, link->mtu);
	if (nb_streq(name, "gen"))
		return number_is(value, link->addr_gen_mode);
	if (nb_streq(name, "position"))
		return number_is(value, link->slave_position);
	if (nb_streq(name, "addresses"))
		return number_is(value, link->n_addresses);
	if (nb_streq(name, "mac"))
		return mac_is(ns, value, link->mac);
	if (nb_streq(name, "perm-hwaddr"))
		return mac_is(
			ns, value, nb_optset_get(&link->slave, IFLA_BOND_SLAVE_PERM_HWADDR).mac);
	if (nb_streq(name, "master"))
		return name_is(ns, link->master, value);
	if (nb_streq(name, "aggregator-of"))
		return same_aggregator(ns, link, value);
	if (nb_streq(name, "addr"))
		return has_address(link, value, 0);
	if (nb_streq(name, "secondary"))
		return has_address(link, value, IFA_F_SECONDARY);
	if (nb_streq(name, "tentative"))
		return has_address(link, value, IFA_F_TENTATIVE);
	if (nb_streq(name, "route"))
		return has_route(link, value);
	return option_is(link, name, value, &is) ? is : -EINVAL;
}

int nb_scenario_holds(const struct nb_netns *ns, const struct nb_link *link, char *word)
{
	char *equals = strchr(word, '=');

	if (equals) {
		*equals = '\0';
		return holds_value(ns, link, word, equals + 1);
	}
	if (nb_streq(word, "up"))
		return nb_link_is_up(link);
	if (nb_streq(word, "carrier"))
		return link->carrier;
	if (nb_streq(word, "linklocal"))
		return has_linklocal(link);
	return -EINVAL;
}
