/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <net/if_arp.h>
#include <string.h>

#include "lib/yaml/schema.h"
#include "lib/yaml/snapshot.h"

#define FIRST_IFINDEX 2 /* 1 is lo */

/* The draft of a name that `bonds:` mentions; made when `links:` does not. */
static int find_or_add(struct nb_yaml_walk *w, const char *namespace, const char *name,
	const struct nb_mark *mark, struct nb_yaml_draft **ret)
{
	struct nb_yaml_draft *draft = nb_yaml_drafts_find(w->drafts, namespace, name);

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
	return nb_yaml_drafts_add(w, draft);
}

static int check_spec(struct nb_yaml_walk *w, const struct nb_slave_spec *spec)
{
	if (spec->name && strlen(spec->name) < IFNAMSIZ)
		return 0;
	nb_diag_error(w->diag, &spec->mark, NULL, "a snapshot names its slaves exactly");
	return -EBADMSG;
}

/* Hangs one slave behind those its bond has. */
static int add_slave(struct nb_yaml_walk *w, struct nb_yaml_draft *bond,
	const struct nb_slave_spec *spec, uint32_t position)
{
	struct nb_yaml_draft **end = &bond->first_slave, *draft;
	int k;

	k = check_spec(w, spec);
	if (k == 0)
		k = find_or_add(w, bond->namespace, spec->name, &spec->mark, &draft);
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
		draft->link->kind = nb_word_dup("bond");
	if (!draft->link->kind)
		return -ENOMEM;
	if (strcmp(draft->link->kind, "bond") == 0)
		return 0;
	nb_diag_error(w->diag, &draft->mark, NULL, "%s is in 'bonds' and of kind %s",
		draft->link->name, draft->link->kind);
	return -EBADMSG;
}

static int add_bond(struct nb_yaml_walk *w, const struct nb_bond *bond)
{
	struct nb_yaml_draft *draft;
	int k;

	k = nb_yaml_need_namespace(w, bond->namespace, &bond->mark);
	if (k == 0)
		k = find_or_add(w, bond->namespace, bond->name, &bond->mark, &draft);
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
		k = add_slave(w, draft, &bond->slaves[i], (uint32_t)i + 1);
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
static int number_links(const struct nb_yaml_drafts *drafts, const char *namespace)
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

static int resolve_name(struct nb_yaml_walk *w, const struct nb_yaml_draft *draft,
	 const char *name, const struct nb_mark *mark,
	struct nb_yaml_draft **ret)
{
	*ret = nb_yaml_drafts_find(w->drafts, draft->namespace, name);
	if (*ret)
		return 0;
	return nb_diag_error(w->diag, mark, NULL, "%s: no link '%.64s' in this snapshot",
		draft->link->name, name);
}

static int resolve_links(struct nb_yaml_walk *w, struct nb_yaml_draft *draft)
{
	struct nb_yaml_draft *other;
	int k = 0;

	if (draft->master && !draft->master_draft)
		k = resolve_name(
			w, draft, draft->master, &draft->master_mark, &draft->master_draft);
	if (draft->master_draft) {
		draft->link->master = draft->master_draft->link->ifindex;
		if (!draft->has_slave_kind && draft->master_draft->link->kind) {
			draft->link->slave_kind = nb_word_dup(draft->master_draft->link->kind);
			if (!draft->link->slave_kind)
				return -ENOMEM;
		}
	}
	if (draft->lower) {
		k = nb_yaml_keep(k, resolve_name(w, draft, draft->lower,
					    &draft->lower_mark, &other));
		if (k == 0)
			draft->link->lower = other->link->ifindex;
	}
	return k;
}

static int add_links(struct nb_yaml_walk *w)
{
	struct nb_yaml_drafts *drafts = w->drafts;

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

int nb_yaml_assemble(struct nb_yaml_walk *w)
{
	struct nb_yaml_drafts *drafts = w->drafts;
	int k = 0;

	for (size_t i = 0; i < w->config->n_bonds; i++)
		k = nb_yaml_keep(k, add_bond(w, w->config->bonds[i]));
	for (size_t i = 0; i < w->state->n_namespaces && k == 0; i++)
		k = number_links(drafts, w->state->namespaces[i]->name);
	for (size_t i = 0; i < drafts->n && k != -ENOMEM; i++)
		k = nb_yaml_keep(k, resolve_links(w, drafts->items[i]));
	if (k == 0)
		k = nb_yaml_settle(w);
	return k < 0 ? k : add_links(w);
}
