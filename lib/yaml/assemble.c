/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <net/if_arp.h>
#include <string.h>

#include "lib/yaml/snapshot.h"

/* LACP bits of a port that carries traffic: active, aggregatable, in sync, collecting, distributing
 * (802.1AX 6.4.2.3). */
#define LACP_GOOD 0x3d
#define FIRST_IFINDEX 2 /* 1 is lo */

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

/* The draft of a name that `bonds:` mentions; made when `links:` does not. */
static int find_or_add(struct nb_yaml_drafts *drafts, const char *namespace, const char *name,
	const struct nb_mark *mark, struct nb_yaml_draft **ret)
{
	struct nb_yaml_draft *draft = nb_yaml_drafts_find(drafts, namespace, name);

	if (draft) {
		*ret = draft;
		return 0;
	}
	draft = calloc(1, sizeof(*draft));
	if (!draft)
		return -ENOMEM;
	draft->link = nb_link_new(name);
	if (!draft->link) {
		free(draft);
		return -ENOMEM;
	}
	draft->namespace = namespace;
	draft->mark = *mark;
	draft->link->mtu = 1500;
	draft->link->type = ARPHRD_ETHER;
	*ret = draft;
	return nb_yaml_drafts_add(drafts, draft);
}

static int check_spec(struct nb_yaml_walk *w, const struct nb_slave_spec *spec)
{
	if (spec->name && strlen(spec->name) < IFNAMSIZ)
		return 0;
	nb_diag_error(w->diag, &spec->mark, NULL, "a snapshot names its slaves exactly");
	return -EBADMSG;
}

/* Hangs one slave behind those its bond has. */
static int add_slave(struct nb_yaml_walk *w, struct nb_yaml_drafts *drafts,
	struct nb_yaml_draft *bond, const struct nb_slave_spec *spec, uint32_t position)
{
	struct nb_yaml_draft **end = &bond->first_slave, *draft;
	int k;

	k = check_spec(w, spec);
	if (k == 0)
		k = find_or_add(drafts, bond->namespace, spec->name, &spec->mark, &draft);
	if (k < 0)
		return k;
	if (draft->master_draft || (draft->master && strcmp(draft->master, bond->link->name) != 0)) {
		nb_diag_error(w->diag, &spec->mark, NULL, "%s has two masters", spec->name);
		nb_diag_other(w->diag, &draft->mark);
		return -EBADMSG;
	}
	draft->master_draft = bond;
	if (!draft->has_position)
		draft->link->slave_position = position;
	while (*end)
		end = &(*end)->next_slave;
	*end = draft;
	draft->link->slave.scope = NB_SCOPE_SLAVE;
	nb_foreach_bit(attr, spec->opts.present) {
		k = nb_optset_copy_value(&draft->link->slave, &spec->opts, attr);
		if (k < 0)
			return k;
	}
	return 0;
}

static int copy_options(struct nb_link *link, const struct nb_bond *bond)
{
	link->bond.scope = NB_SCOPE_BOND;
	nb_foreach_bit(attr, bond->opts.present)
		if (nb_optset_copy_value(&link->bond, &bond->opts, attr) < 0)
			return -ENOMEM;
	for (size_t i = 0; i < bond->n_addresses; i++)
		if (nb_link_add_address(link, &bond->addresses[i]) < 0)
			return -ENOMEM;
	for (size_t i = 0; i < bond->n_routes; i++)
		if (nb_link_add_route(link, &bond->routes[i]) < 0)
			return -ENOMEM;
	return 0;
}

static int set_kind(struct nb_yaml_walk *w, struct nb_yaml_draft *draft)
{
	if (!draft->link->kind)
		draft->link->kind = strdup("bond");
	if (!draft->link->kind)
		return -ENOMEM;
	if (strcmp(draft->link->kind, "bond") == 0)
		return 0;
	nb_diag_error(w->diag, &draft->mark, NULL, "%s is in 'bonds' and of kind %s",
		draft->link->name, draft->link->kind);
	return -EBADMSG;
}

static int add_bond(
	struct nb_yaml_walk *w, struct nb_yaml_drafts *drafts, const struct nb_bond *bond)
{
	struct nb_yaml_draft *draft;
	struct nb_netns *ns;
	int k;

	ns = nb_state_namespace(w->state, bond->namespace);
	if (!ns) {
		ns = nb_state_add_namespace(w->state, bond->namespace);
		if (!ns)
			return -ENOMEM;
		ns->exists = true;
	}
	k = find_or_add(drafts, ns->name, bond->name, &bond->mark, &draft);
	if (k < 0)
		return k;
	if (draft->bond)
		return nb_diag_error(w->diag, &bond->mark, NULL, "bond %s stands here twice", bond->name);
	draft->bond = bond;
	k = set_kind(w, draft);
	if (k == 0)
		k = copy_options(draft->link, bond);
	if (bond->mtu)
		draft->link->mtu = bond->mtu;
	if (bond->mac_policy == NB_MAC_FIXED && !draft->has_mac) {
		draft->has_mac = draft->link->has_mac = true;
		memcpy(draft->link->mac, bond->mac, 6);
	}
	if (bond->named & NB_KEY_LINK_LOCAL)
		draft->link->addr_gen_mode = bond->link_local ? IN6_ADDR_GEN_MODE_EUI64 :
								IN6_ADDR_GEN_MODE_NONE;
	for (size_t i = 0; i < bond->n_slaves && k == 0; i++)
		k = add_slave(w, drafts, draft, &bond->slaves[i], (uint32_t)i + 1);
	return k;
}

static int compare_ints(const void *a, const void *b)
{
	int x = *(const int *)a, y = *(const int *)b;

	return (x > y) - (x < y);
}

/* Numbers in use, sorted, and the next one that may be free. */
struct numbers {
	int *used;
	size_t n, at;
	int next;
};

static void number_link(struct numbers *numbers, struct nb_yaml_draft *draft)
{
	for (; numbers->at < numbers->n && numbers->used[numbers->at] <= numbers->next;
		numbers->at++)
		numbers->next += numbers->used[numbers->at] == numbers->next;
	draft->link->ifindex = numbers->next++;
}

/* Bonds last, as they are made after the NICs. */
static int number_links(struct nb_yaml_drafts *drafts, const char *namespace)
{
	struct numbers numbers = { .next = FIRST_IFINDEX };

	numbers.used = calloc(drafts->n + 1, sizeof(int));
	if (!numbers.used)
		return -ENOMEM;
	for (size_t i = 0; i < drafts->n; i++)
		if (drafts->items[i]->has_ifindex &&
			strcmp(drafts->items[i]->namespace, namespace) == 0)
			numbers.used[numbers.n++] = drafts->items[i]->link->ifindex;
	qsort(numbers.used, numbers.n, sizeof(int), compare_ints);
	for (int bonds = 0; bonds <= 1; bonds++)
		for (size_t i = 0; i < drafts->n; i++) {
			struct nb_yaml_draft *draft = drafts->items[i];

			if (!draft->has_ifindex && strcmp(draft->namespace, namespace) == 0 &&
				(draft->bond != NULL) == bonds)
				number_link(&numbers, draft);
		}
	free(numbers.used);
	return 0;
}

static int resolve_name(struct nb_yaml_walk *w, struct nb_yaml_drafts *drafts,
	const struct nb_yaml_draft *draft, const char *name, const struct nb_mark *mark,
	struct nb_yaml_draft **ret)
{
	*ret = nb_yaml_drafts_find(drafts, draft->namespace, name);
	if (*ret)
		return 0;
	return nb_diag_error(w->diag, mark, NULL, "%s: no link '%.64s' in this snapshot",
		draft->link->name, name);
}

static int resolve_links(
	struct nb_yaml_walk *w, struct nb_yaml_drafts *drafts, struct nb_yaml_draft *draft)
{
	struct nb_yaml_draft *other;
	int k = 0;

	if (draft->master && !draft->master_draft)
		k = resolve_name(
			w, drafts, draft, draft->master, &draft->master_mark, &draft->master_draft);
	if (draft->master_draft) {
		draft->link->master = draft->master_draft->link->ifindex;
		if (!draft->has_slave_kind && draft->master_draft->link->kind) {
			draft->link->slave_kind = strdup(draft->master_draft->link->kind);
			if (!draft->link->slave_kind)
				return -ENOMEM;
		}
	}
	if (draft->lower) {
		k = nb_yaml_keep(k, resolve_name(w, drafts, draft, draft->lower,
					    &draft->lower_mark, &other));
		if (k == 0)
			draft->link->lower = other->link->ifindex;
	}
	return k;
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

static void settle_carrier(struct nb_yaml_draft *draft)
{
	if (draft->has_carrier || draft->visited)
		return;
	draft->visited = true; /* a ring of bonds ends here */
	draft->link->carrier = !draft->down && !draft->bond;
	for (struct nb_yaml_draft *s = draft->first_slave; s; s = s->next_slave) {
		settle_carrier(s);
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
static int settle(struct nb_yaml_walk *w, struct nb_yaml_drafts *drafts)
{
	int k = 0;

	for (size_t i = 0; i < drafts->n; i++) {
		settle_carrier(drafts->items[i]);
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

static int add_links(struct nb_yaml_walk *w, struct nb_yaml_drafts *drafts)
{
	for (size_t i = 0; i < drafts->n; i++) {
		struct nb_yaml_draft *draft = drafts->items[i];
		struct nb_netns *ns = nb_state_namespace(w->state, draft->namespace);

		if (draft->link->ifindex && nb_netns_find_index(ns, draft->link->ifindex))
			return nb_diag_error(w->diag, &draft->mark, NULL,
				"%s: two links have ifindex %d", draft->link->name,
				draft->link->ifindex);
		if (nb_netns_add(ns, nb_steal(&draft->link)) < 0)
			return -ENOMEM;
	}
	return 0;
}

int nb_yaml_assemble(struct nb_yaml_walk *w, struct nb_yaml_drafts *drafts)
{
	int k = 0;

	for (size_t i = 0; i < w->config->n_bonds; i++)
		k = nb_yaml_keep(k, add_bond(w, drafts, w->config->bonds[i]));
	for (size_t i = 0; i < w->state->n_namespaces && k == 0; i++)
		k = number_links(drafts, w->state->namespaces[i]->name);
	for (size_t i = 0; i < drafts->n && k != -ENOMEM; i++)
		k = nb_yaml_keep(k, resolve_links(w, drafts, drafts->items[i]));
	if (k == 0)
		k = settle(w, drafts);
	return k < 0 ? k : add_links(w, drafts);
}
