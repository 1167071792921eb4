/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tests/model/random.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "lib/core/rules.h"
#include "lib/yaml/config.h"

/* splitmix64 */
static uint64_t next(struct nb_random *random)
{
	uint64_t z = random->state += UINT64_C(0x9e3779b97f4a7c15);

	z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
	return z ^ (z >> 31);
}

unsigned nb_random_below(struct nb_random *random, unsigned n)
{
	return next(random) % n;
}

bool nb_random_chance(struct nb_random *random, unsigned percent)
{
	return nb_random_below(random, 100) < percent;
}

/* The devices one text hands out to its bonds. */
struct pool {
	unsigned order[NB_RANDOM_NICS];
	unsigned taken;
};

static void shuffle(struct nb_random *random, struct pool *pool)
{
	for (unsigned i = 0; i < NB_RANDOM_NICS; i++) {
		unsigned k = nb_random_below(random, i + 1);

		pool->order[i] = pool->order[k];
		pool->order[k] = i;
	}
	pool->taken = 0;
}

static void add_number(struct nb_random *random, const struct nb_option *row, struct nb_text *out)
{
	const int64_t picks[] = { row->min, row->max, row->dflt, row->min + 1, 7, 100, 200, 250 };
	int64_t value = picks[nb_random_below(random, NB_ARRAY_SIZE(picks))];

	/* Times near INT_MAX are legal and make every wait endless. */
	if (row->unit && value > 1000)
		value = 300;
	value = NB_MIN(NB_MAX(value, row->min), row->max);
	nb_text_add(out, "%" PRId64, value);
}

static void add_enum(struct nb_random *random, const struct nb_option *row, struct nb_text *out)
{
	unsigned n = 0;

	while (row->names[n].name)
		n++;
	nb_text_add(out, "%s", row->names[nb_random_below(random, n)].name);
}

static void add_value(struct nb_random *random, const struct nb_option *row, struct nb_text *out)
{
	if (row->type == &nb_type_integer)
		add_number(random, row, out);
	else if (row->type == &nb_type_enum)
		add_enum(random, row, out);
	else if (row->type == &nb_type_boolean)
		nb_text_add(out, "%s", nb_random_chance(random, 50) ? "true" : "false");
	else if (row->type == &nb_type_mac)
		nb_text_add(out, "02:00:00:00:0a:%02x", nb_random_below(random, 4));
	else if (row->type == &nb_type_ip4s)
		nb_text_add(out, "[192.0.2.%u, 192.0.2.%u]", 100 + nb_random_below(random, 3),
			110 + nb_random_below(random, 3));
	else if (row->type == &nb_type_ip6s)
		nb_text_add(out, "['2001:db8::%u']", 100 + nb_random_below(random, 3));
}

/* Monitoring is one decision: its rows exclude each other. */
static bool is_of_arp(const struct nb_option *row)
{
	const uint64_t arp = NB_BIT(IFLA_BOND_ARP_INTERVAL);

	return ((row->needs | row->conflicts) & arp) || nb_option_attr(row) == IFLA_BOND_ARP_INTERVAL ||
	       row->type == &nb_type_ip4s || row->type == &nb_type_ip6s;
}

static bool is_of_mii(const struct nb_option *row)
{
	return nb_option_attr(row) == IFLA_BOND_MIIMON || (row->needs & NB_BIT(IFLA_BOND_MIIMON));
}

static void add_options(struct nb_random *random, unsigned mode, struct nb_text *out)
{
	const struct nb_option *arp = nb_option_get(NB_SCOPE_BOND, IFLA_BOND_ARP_INTERVAL);
	bool by_arp = !(arp->refused & NB_MODE(mode)) && nb_random_chance(random, 20);

	if (by_arp)
		nb_text_add(out, "    arp-interval: %u\n    arp-ip-target: [192.0.2.%u]\n",
			100 * (1 + nb_random_below(random, 3)), 100 + nb_random_below(random, 3));
	nb_foreach_option(row, attr, NB_SCOPE_BOND) {
		if (!nb_option_writable(row) || attr == IFLA_BOND_MODE ||
			(random->avoid & NB_BIT(attr)) ||
			row->type == &nb_type_ifname || (row->refused & NB_MODE(mode)) ||
			!nb_random_chance(random, 20) || (row->flags & NB_OPTION_SPARSE && mode != 4 &&
								 !row->type->is_list))
			continue;
		if (by_arp ? is_of_mii(row) || attr == IFLA_BOND_ARP_INTERVAL ||
					(row->type->is_list && row->type == &nb_type_ip4s)
			   : is_of_arp(row))
			continue;
		nb_text_add(out, "    %s: ", row->name);
		add_value(random, row, out);
		nb_text_add(out, "\n");
	}
}

static void add_slave(struct nb_random *random, unsigned mode, unsigned nic, struct nb_text *out)
{
	if (random->matches && nb_random_chance(random, 50)) {
		nb_text_add(out, "    - {match: {name: 'eth%u*'}}\n", nic);
		return;
	}
	nb_text_add(out, "    - {name: eth%u", nic);
	nb_foreach_option(row, attr, NB_SCOPE_SLAVE) {
		if (!nb_option_writable(row) || ((row->refused | row->idle) & NB_MODE(mode)) ||
			!nb_random_chance(random, 15))
			continue;
		nb_text_add(out, ", %s: ", row->name);
		if (attr == IFLA_BOND_SLAVE_QUEUE_ID)
			nb_text_add(out, "%u", nic + nb_random_below(random, 2) * 6 + 1);
		else
			nb_text_add(out, "%u", nb_random_below(random, 300));
	}
	nb_text_add(out, "}\n");
}

static void add_slaves(
	struct nb_random *random, struct pool *pool, unsigned mode, struct nb_text *out)
{
	const struct nb_option *primary = nb_option_get(NB_SCOPE_BOND, IFLA_BOND_PRIMARY);
	unsigned first = pool->taken, n = nb_random_below(random, 4);

	n = NB_MIN(n, NB_RANDOM_NICS - pool->taken);
	pool->taken += n;
	nb_text_add(out, "    slaves:%s\n", n ? "" : " []");
	for (unsigned i = 0; i < n; i++)
		add_slave(random, mode, pool->order[first + i], out);
	if (n && !(primary->refused & NB_MODE(mode)) && nb_random_chance(random, 40))
		nb_text_add(out, "    primary: eth%u\n",
			pool->order[first + nb_random_below(random, n)]);
}

/* Sometimes all bonds share the subnet of bond0. */
static void add_l3(struct nb_random *random, unsigned bond, struct nb_text *out)
{
	bool v4 = nb_random_chance(random, 60), v6 = nb_random_chance(random, 60);
	unsigned net = nb_random_chance(random, 20) ? 0 : bond;
	unsigned host4 = 10 + 50 * bond + nb_random_below(random, 3);
	unsigned host6 = 10 + 50 * bond + nb_random_below(random, 2);
	bool src4 = nb_random_chance(random, 20), src6 = nb_random_chance(random, 5);

	if (v4 || v6)
		nb_text_add(out, "    addresses:\n");
	if (v4)
		nb_text_add(out, "    - 192.0.%u.%u/24\n", 2 + net, host4);
	if (v4 && nb_random_chance(random, 40))
		nb_text_add(out, "    - 192.0.%u.%u/24\n", 2 + net,
			20 + 50 * bond + nb_random_below(random, 3));
	if (v6)
		nb_text_add(out, "    - 2001:db8:%u::%u/%u\n", net, host6,
			nb_random_chance(random, 80) ? 64 : 56);
	if (!(v4 || v6) || !nb_random_chance(random, 50))
		return;
	nb_text_add(out, "    routes:\n");
	if (v4) {
		nb_text_add(out, "    - {to: 198.51.%u.0/24, via: 192.0.%u.%u", bond, 2 + net,
			1 + nb_random_below(random, 2));
		if (src4)
			nb_text_add(out, ", src: 192.0.%u.%u", 2 + net, host4);
		nb_text_add(out, "}\n");
	}
	if (v6) {
		nb_text_add(out, "    - {to: '2001:db8:f%u::/48', via: '2001:db8:%u::%u', metric: %u",
			bond, net, 1 + nb_random_below(random, 2),
			100 + nb_random_below(random, 2));
		if (src6)
			nb_text_add(out, ", src: '2001:db8:%u::%u'", net, host6);
		nb_text_add(out, "}\n");
	}
}

static void add_bond(struct nb_random *random, struct pool *pool, unsigned bond, bool namespaces,
	struct nb_text *out)
{
	unsigned mode = nb_random_below(random, NB_MODE_COUNT);

	nb_text_add(out, "  bond%u:\n    mode: %s\n", bond, nb_mode_name(mode));
	if (namespaces && nb_random_chance(random, 30))
		nb_text_add(out, "    namespace: storage\n");
	add_options(random, mode, out);
	add_slaves(random, pool, mode, out);
	add_l3(random, bond, out);
	if (nb_random_chance(random, 30))
		nb_text_add(out, "    mtu: %u\n", nb_random_chance(random, 50) ? 1500 : 9000);
	if (nb_random_chance(random, 20))
		nb_text_add(out, "    mac: 02:00:00:00:0b:%02x\n", nb_random_below(random, 4));
	if (nb_random_chance(random, 15))
		nb_text_add(out, "    link-local: false\n");
}

/* Types of one set, but for net and user. Return: NB_NS_BIT() of them. */
static unsigned add_types(struct nb_random *random, unsigned types, unsigned not, struct nb_text *out)
{
	for (enum nb_nstype type = NB_NS_UTS; type < NB_NS_COUNT; type++) {
		if (!(not & NB_NS_BIT(type)) && nb_random_chance(random, 40))
			types |= NB_NS_BIT(type);
	}
	nb_text_add(out, "    types: [");
	nb_nstypes_format(types, out);
	nb_text_add(out, "]\n");
	if (types & NB_NS_BIT(NB_NS_UTS) && nb_random_chance(random, 60))
		nb_text_add(out, "    hostname: h%u\n", nb_random_below(random, 3));
	if (types & NB_NS_BIT(NB_NS_TIME) && nb_random_chance(random, 60))
		nb_text_add(out, "    offsets: {monotonic: %u}\n", nb_random_below(random, 3));
	return types;
}

/* A second set, which may take types over from the first one. */
static void add_tenant(struct nb_random *random, unsigned theirs, struct nb_text *out)
{
	bool user = nb_random_chance(random, 40);
	/* Those belong to a user namespace, which has to be the set's own. */
	unsigned able = user ? NB_NS_BIT(NB_NS_CGROUP) | NB_NS_BIT(NB_NS_IPC) : NB_NS_ALL;
	unsigned shared = 0;

	for (enum nb_nstype type = NB_NS_UTS; type < NB_NS_COUNT; type++) {
		if (theirs & able & NB_NS_BIT(type) && nb_random_chance(random, 40))
			shared |= NB_NS_BIT(type);
	}
	nb_text_add(out, "  tenant:\n");
	add_types(random, user ? NB_NS_BIT(NB_NS_USER) : 0, shared, out);
	for (unsigned i = 0; i < 2 && user; i++)
		nb_text_add(out, "    %cid-map: [{inside: 0, outside: %u, count: 9}]\n", "ug"[i],
			100000 * (1 + nb_random_below(random, 2)));
	if (shared)
		nb_text_add(out, "    share: {");
	for (enum nb_nstype type = 0; type < NB_NS_COUNT; type++) {
		if (shared & NB_NS_BIT(type))
			nb_text_add(out, "%s: storage%s", nb_nstype_name(type),
				shared >> type > 1 ? ", " : "}\n");
	}
}

static void add_sets(struct nb_random *random, struct nb_text *out)
{
	unsigned types;

	nb_text_add(out, "namespaces:\n  storage:\n");
	types = add_types(random, NB_NS_BIT(NB_NS_NET), 0, out);
	if (nb_random_chance(random, 60))
		add_tenant(random, types, out);
}

static void add_text(struct nb_random *random, bool namespaces, struct nb_text *out)
{
	struct pool pool;

	shuffle(random, &pool);
	if (namespaces && random->types)
		add_sets(random, out);
	else if (namespaces)
		nb_text_add(out, "namespaces: {storage: {}}\n");
	nb_text_add(out, "bonds:\n");
	add_bond(random, &pool, 0, namespaces, out);
	for (unsigned bond = 1; bond < 3; bond++) {
		if (nb_random_chance(random, 60))
			add_bond(random, &pool, bond, namespaces, out);
	}
}

void nb_random_config(struct nb_random *random, bool namespaces, char **ret_text,
	struct nb_config **ret)
{
	for (unsigned attempt = 0; attempt < 1000; attempt++) {
		struct nb_text text = { 0 };
		struct nb_diag diag = { 0 };
		struct nb_config *config = nb_config_new();
		int r;

		add_text(random, namespaces, &text);
		if (!config || text.failed)
			abort();
		r = nb_yaml_load("random", text.text, text.length, 0, config, &diag);
		if (r == 0)
			r = nb_rules_check(config, &diag);
		if (r == 0)
			r = nb_rules_canonicalise(config);
		nb_diag_done(&diag);
		if (r == 0) {
			*ret_text = text.text;
			*ret = config;
			return;
		}
		nb_config_free(config);
		nb_text_done(&text);
	}
	fprintf(stderr, "no valid configuration in 1000 attempts\n");
	abort();
}
