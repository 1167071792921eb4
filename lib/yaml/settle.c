/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <net/if_arp.h>
#include <string.h>

#include "lib/yaml/snapshot.h"

/* LACP bits of a port that carries traffic: active, aggregatable, in sync, collecting, distributing
 * (802.1AX 6.4.2.3). */
#define LACP_GOOD 0x3d
#define NESTED_MAX 8 /* MAX_NESTED_DEPTH of the kernel's netdevice.h */

uint32_t nb_yaml_link_flags(const struct nb_link *link, bool up)
{
	uint32_t flags = link->type == ARPHRD_LOOPBACK ? IFF_LOOPBACK : IFF_BROADCAST | IFF_MULTICAST;

	if (up)
		flags |= IFF_UP;
	if (up && link->carrier)
		flags |= IFF_RUNNING | IFF_LOWER_UP;
	if (nb_streq(link->kind, "bond"))
		flags |= IFF_MASTER;
	if (nb_streq(link->slave_kind, "bond"))
		flags |= IFF_SLAVE;
	return flags;
}

uint8_t nb_yaml_link_operstate(const struct nb_link *link)
{
	return (link->flags & IFF_UP) && link->carrier ? 6 : 2; /* IF_OPER_UP, IF_OPER_DOWN */
}

bool nb_yaml_row_filled(const struct nb_option *row, uint64_t known)
{
	return nb_option_writable(row) && !(row->flags & NB_OPTION_SPARSE) &&
		(known & NB_BIT(nb_option_attr(row)));
}

uint64_t nb_yaml_all_known(enum nb_scope scope)
{
	uint64_t known = 0;

	nb_foreach_option(row, attr, scope)
		known |= NB_BIT(attr);
	return known;
}

/* The kernel's defaults of all rows of a set that it dumps and the file is silent on. */
static int fill_rows(struct nb_optset *set, unsigned mode, uint64_t known)
{
	nb_foreach_option(row, attr, set->scope) {
		union nb_value value = { 0 };

		if (nb_optset_has(set, attr) || !nb_yaml_row_filled(row, known))
			continue;
		if (!row->type->is_pointer)
			value.s = nb_option_kernel_default(row, mode);
		if (nb_optset_set(set, attr, value) < 0)
			return -ENOMEM;
	}
	return 0;
}

static void own_mac(const struct nb_link *link, uint8_t ret[6])
{
	memcpy(ret, (uint8_t[6]){ 2, 0, 0, 0, (uint8_t)(link->ifindex >> 8), (uint8_t)link->ifindex },
		6);
}

static bool has_link(const struct nb_yaml_draft *draft)
{
	return !draft->down && draft->link->carrier;
}

/* A bond looks at its slaves, which may be bonds; no deeper than the kernel lets them stand. */
static void settle_carrier(struct nb_yaml_draft *draft, unsigned depth)
{
	if (draft->has_carrier || draft->visited || depth > NESTED_MAX)
		return;
	draft->visited = true; /* a ring of bonds ends here */
	draft->link->carrier = !draft->down && !draft->bond;
	for (struct nb_yaml_draft *s = draft->first_slave; s; s = s->next_slave) {
		settle_carrier(s, depth + 1);
		draft->link->carrier |= !draft->down && has_link(s);
	}
}

static void settle_flags(struct nb_yaml_draft *draft)
{
	struct nb_link *link = draft->link;

	link->flags = draft->has_flags ? draft->flags : nb_yaml_link_flags(link, !draft->down);
	if (!draft->has_operstate)
		link->operstate = nb_yaml_link_operstate(link);
}

/* Whether the driver gives its slaves one MAC (bond_set_mac_address(), bond_enslave()). */
static bool shares_mac(const struct nb_link *bond)
{
	switch (nb_optset_u(&bond->bond, IFLA_BOND_MODE)) {
	case BOND_MODE_TLB:
	case BOND_MODE_ALB:
		return false;
	default:
		return nb_optset_u(&bond->bond, IFLA_BOND_FAIL_OVER_MAC) == 0;
	}
}

/* The MAC of a link that says none; a bond looks at its slaves, they look at it. */
static void settle_mac(struct nb_yaml_draft *draft)
{
	struct nb_link *link = draft->link;
	const struct nb_yaml_draft *master = draft->master_draft;

	if (link->parent && !draft->has_permanent_mac && !link->has_permanent_mac) {
		own_mac(link, link->permanent_mac);
		link->has_permanent_mac = true;
	}
	if (draft->has_mac)
		return;
	draft->has_mac = link->has_mac = true;
	own_mac(link, link->mac);
	if (draft->first_slave && draft->first_slave->has_mac && draft->first_slave->link->has_mac)
		memcpy(link->mac, draft->first_slave->link->mac, 6);
	else if (draft->first_slave)
		own_mac(draft->first_slave->link, link->mac);
	if (master && master->bond && master->link->has_mac && shares_mac(master->link))
		memcpy(link->mac, master->link->mac, 6);
}

/* The slave that carries the traffic of a healthy bond. */
static struct nb_yaml_draft *active_slave(const struct nb_yaml_draft *bond)
{
	const char *primary = nb_optset_get(&bond->link->bond, IFLA_BOND_PRIMARY).name;
	struct nb_yaml_draft *first = NULL;

	for (struct nb_yaml_draft *s = bond->first_slave; s; s = s->next_slave) {
		if (!has_link(s))
			continue;
		if (nb_streq(s->link->name, primary))
			return s;
		first = first ? first : s;
	}
	return first;
}

static int set_known(
	struct nb_optset *set, const struct nb_state *state, unsigned attr, union nb_value value)
{
	if (!(state->known[set->scope] & NB_BIT(attr))) {
		const struct nb_option *row = nb_option_get(set->scope, attr);

		if (row->type->free)
			row->type->free(value);
		return 0;
	}
	return nb_optset_set(set, attr, value);
}

static int set_number(
	struct nb_optset *set, const struct nb_state *state, unsigned attr, uint64_t number)
{
	return set_known(set, state, attr, (union nb_value){ .u = number });
}

/* Modes with one active slave are those that know the row. */
static bool has_active(const struct nb_link *bond)
{
	const struct nb_option *row = nb_option_get(NB_SCOPE_BOND, IFLA_BOND_ACTIVE_SLAVE);

	return !(row->refused & NB_MODE(nb_optset_u(&bond->bond, IFLA_BOND_MODE)));
}

static int heal_ad_info(const struct nb_state *state, struct nb_yaml_draft *draft, unsigned ports)
{
	struct nb_optset *info = calloc(1, sizeof(*info));
	union nb_value partner = { .mac = { 2, 0, 0, 0, 0xff, 1 } };
	int k;

	if (!info)
		return -ENOMEM;
	info->scope = NB_SCOPE_AD_INFO;
	k = set_number(info, state, IFLA_BOND_AD_INFO_AGGREGATOR, 1);
	if (k == 0)
		k = set_number(info, state, IFLA_BOND_AD_INFO_NUM_PORTS, ports);
	if (k == 0)
		k = set_number(info, state, IFLA_BOND_AD_INFO_ACTOR_KEY, 15);
	if (k == 0)
		k = set_number(info, state, IFLA_BOND_AD_INFO_PARTNER_KEY, 15);
	if (k == 0)
		k = set_known(info, state, IFLA_BOND_AD_INFO_PARTNER_MAC, partner);
	return nb_yaml_keep(k, set_known(&draft->link->bond, state, IFLA_BOND_AD_INFO,
				       (union nb_value){ .set = info }));
}

/* What the driver tells of a bond whose slaves do what they can. */
static int heal_bond(const struct nb_state *state, struct nb_yaml_draft *draft)
{
	struct nb_yaml_draft *active = active_slave(draft);
	unsigned ports = 0;

	if (draft->has_bond_state || !draft->bond)
		return 0;
	for (struct nb_yaml_draft *s = draft->first_slave; s; s = s->next_slave)
		ports += has_link(s);
	if (ports > 0 && nb_optset_u(&draft->link->bond, IFLA_BOND_MODE) == BOND_MODE_8023AD)
		return heal_ad_info(state, draft, ports);
	if (active && has_active(draft->link)) {
		char *name = strdup(active->link->name);

		if (!name)
			return -ENOMEM;
		return set_known(&draft->link->bond, state, IFLA_BOND_ACTIVE_SLAVE,
			(union nb_value){ .name = name });
	}
	return 0;
}

static int heal_slave(const struct nb_state *state, struct nb_yaml_draft *draft)
{
	struct nb_yaml_draft *bond = draft->master_draft;
	struct nb_optset *set = &draft->link->slave;
	bool good = has_link(draft), backup;
	union nb_value own = { 0 };
	int k;

	if (draft->has_slave_state)
		return 0;
	backup = has_active(bond->link) && active_slave(bond) != draft;
	own_mac(draft->link, own.mac);
	if (draft->link->has_permanent_mac)
		memcpy(own.mac, draft->link->permanent_mac, 6);
	k = set_number(set, state, IFLA_BOND_SLAVE_STATE, backup);
	if (k == 0)
		k = set_number(set, state, IFLA_BOND_SLAVE_MII_STATUS,
			good ? BOND_LINK_UP : BOND_LINK_DOWN);
	if (k == 0)
		k = set_number(set, state, IFLA_BOND_SLAVE_LINK_FAILURE_COUNT, 0);
	if (k == 0)
		k = set_known(set, state, IFLA_BOND_SLAVE_PERM_HWADDR, own);
	if (k < 0 || nb_optset_u(&bond->link->bond, IFLA_BOND_MODE) != BOND_MODE_8023AD)
		return k;
	k = set_number(set, state, IFLA_BOND_SLAVE_AD_AGGREGATOR_ID, good ? 1 : 2);
	if (k == 0)
		k = set_number(set, state, IFLA_BOND_SLAVE_AD_ACTOR_OPER_PORT_STATE,
			good ? LACP_GOOD : 0);
	if (k == 0)
		k = set_number(set, state, IFLA_BOND_SLAVE_AD_PARTNER_OPER_PORT_STATE,
			good ? LACP_GOOD : 0);
	return k;
}

static int fill_draft(const struct nb_state *state, struct nb_yaml_draft *draft)
{
	const struct nb_yaml_draft *bond = draft->master_draft;
	int k = 0;

	if (draft->bond)
		k = fill_rows(&draft->link->bond,
			(unsigned)nb_optset_u(&draft->link->bond, IFLA_BOND_MODE),
			state->known[NB_SCOPE_BOND]);
	if (k == 0 && bond && bond->bond)
		k = fill_rows(&draft->link->slave,
			(unsigned)nb_optset_u(&bond->link->bond, IFLA_BOND_MODE),
			state->known[NB_SCOPE_SLAVE]);
	return k;
}

/* Everything that follows from other things, in the order in which it does. */
int nb_yaml_settle(struct nb_yaml_walk *w)
{
	struct nb_yaml_drafts *drafts = w->drafts;
	int k = 0;

	for (size_t i = 0; i < drafts->n; i++) {
		settle_carrier(drafts->items[i], 0);
		k = nb_yaml_keep(k, fill_draft(w->state, drafts->items[i]));
	}
	for (size_t i = 0; i < drafts->n; i++)
		if (drafts->items[i]->bond)
			settle_mac(drafts->items[i]);
	for (size_t i = 0; i < drafts->n; i++) {
		settle_mac(drafts->items[i]);
		settle_flags(drafts->items[i]);
	}
	for (size_t i = 0; i < drafts->n; i++) {
		struct nb_yaml_draft *draft = drafts->items[i];

		k = nb_yaml_keep(k, heal_bond(w->state, draft));
		if (draft->master_draft && draft->master_draft->bond)
			k = nb_yaml_keep(k, heal_slave(w->state, draft));
	}
	return k;
}
