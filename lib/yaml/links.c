/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <net/if_arp.h>
#include <string.h>

#include "lib/yaml/network.h"
#include "lib/yaml/schema.h"
#include "lib/yaml/snapshot.h"

const struct nb_name nb_yaml_link_types[] = {
	{ "ether", ARPHRD_ETHER }, { "loopback", ARPHRD_LOOPBACK },
	{ "infiniband", ARPHRD_INFINIBAND }, { "none", ARPHRD_NONE }, { 0 }
};

const struct nb_name nb_yaml_operstates[] = {
	{ "unknown", 0 }, { "notpresent", 1 }, { "down", 2 }, { "lowerlayerdown", 3 },
	{ "testing", 4 }, { "dormant", 5 }, { "up", 6 }, { 0 } /* RFC 2863, IF_OPER_* */
};

const struct nb_name nb_yaml_addr_gen_modes[] = {
	{ "eui64", IN6_ADDR_GEN_MODE_EUI64 }, { "none", IN6_ADDR_GEN_MODE_NONE },
	{ "stable-privacy", IN6_ADDR_GEN_MODE_STABLE_PRIVACY },
	{ "random", IN6_ADDR_GEN_MODE_RANDOM }, { 0 }
};

static int take_number(struct nb_yaml_walk *w, const struct nb_yaml_node *node, int64_t max,
	int64_t *ret)
{
	return nb_yaml_number(w, node, 0, max, ret);
}

static int take_name(struct nb_yaml_walk *w, const struct nb_yaml_node *node, void *object)
{
	return nb_yaml_ifname(w, node, ((struct nb_yaml_draft *)object)->link->name);
}

static int take_namespace(struct nb_yaml_walk *w, const struct nb_yaml_node *node, void *object)
{
	struct nb_yaml_draft *draft = object;
	int k;

	k = nb_yaml_nsname(w, node, &draft->namespace);
	return k < 0 ? k : nb_yaml_need_namespace(w, draft->namespace, &node->mark);
}

static int take_ifindex(struct nb_yaml_walk *w, const struct nb_yaml_node *node, void *object)
{
	struct nb_yaml_draft *draft = object;
	int64_t ifindex;
	int k;

	k = take_number(w, node, INT32_MAX, &ifindex);
	if (k < 0)
		return k;
	draft->link->ifindex = (int)ifindex;
	draft->has_ifindex = true;
	return 0;
}

static int take_kind(struct nb_yaml_walk *w, const struct nb_yaml_node *node, void *object)
{
	return nb_yaml_copy(w, node, &((struct nb_yaml_draft *)object)->link->kind);
}

static int take_slave_kind(struct nb_yaml_walk *w, const struct nb_yaml_node *node, void *object)
{
	struct nb_yaml_draft *draft = object;

	draft->has_slave_kind = true;
	return nb_yaml_copy(w, node, &draft->link->slave_kind);
}

static int take_type(struct nb_yaml_walk *w, const struct nb_yaml_node *node, void *object)
{
	uint32_t type;
	int k;

	k = nb_yaml_code(w, node, nb_yaml_link_types, UINT16_MAX, &type);
	if (k == 0)
		((struct nb_yaml_draft *)object)->link->type = (uint16_t)type;
	return k;
}

static int take_up(struct nb_yaml_walk *w, const struct nb_yaml_node *node, void *object)
{
	bool up;
	int k;

	k = nb_yaml_bool(w, node, &up);
	if (k == 0)
		((struct nb_yaml_draft *)object)->down = !up;
	return k;
}

static int take_carrier(struct nb_yaml_walk *w, const struct nb_yaml_node *node, void *object)
{
	struct nb_yaml_draft *draft = object;

	draft->has_carrier = true;
	return nb_yaml_bool(w, node, &draft->link->carrier);
}

static int take_operstate(struct nb_yaml_walk *w, const struct nb_yaml_node *node, void *object)
{
	struct nb_yaml_draft *draft = object;

	draft->has_operstate = true;
	return nb_yaml_byte(w, node, nb_yaml_operstates, &draft->link->operstate);
}

static int take_flags(struct nb_yaml_walk *w, const struct nb_yaml_node *node, void *object)
{
	struct nb_yaml_draft *draft = object;

	draft->has_flags = true;
	return nb_yaml_u32(w, node, 0, &draft->flags);
}

static int take_mtu(struct nb_yaml_walk *w, const struct nb_yaml_node *node, void *object)
{
	return nb_yaml_u32(w, node, 0, &((struct nb_yaml_draft *)object)->link->mtu);
}

static int take_min_mtu(struct nb_yaml_walk *w, const struct nb_yaml_node *node, void *object)
{
	return nb_yaml_u32(w, node, 0, &((struct nb_yaml_draft *)object)->link->min_mtu);
}

static int take_max_mtu(struct nb_yaml_walk *w, const struct nb_yaml_node *node, void *object)
{
	return nb_yaml_u32(w, node, 0, &((struct nb_yaml_draft *)object)->link->max_mtu);
}

/* Whatever the kernel shows, the zero address and multicast included. */
static int take_any_mac(struct nb_yaml_walk *w, const struct nb_yaml_node *node, uint8_t ret[6])
{
	const char *text;
	int k;

	k = nb_yaml_text(w, node, &text);
	if (k < 0 || nb_mac_parse(text, ret) == 0)
		return k;
	nb_diag_error(w->diag, &node->mark, NULL, "%s: '%.64s' is not a MAC address",
		nb_yaml_label(node), text);
	nb_diag_hint(w->diag, "write six hexadecimal pairs such as 02:00:00:00:00:11, or none");
	return -EBADMSG;
}

static int take_mac(struct nb_yaml_walk *w, const struct nb_yaml_node *node, void *object)
{
	struct nb_yaml_draft *draft = object;

	draft->has_mac = true;
	if (node->kind == NB_YAML_SCALAR && strcmp(node->text, "none") == 0)
		return 0;
	draft->link->has_mac = true;
	return take_any_mac(w, node, draft->link->mac);
}

static int take_permanent_mac(struct nb_yaml_walk *w, const struct nb_yaml_node *node, void *object)
{
	struct nb_yaml_draft *draft = object;

	draft->has_permanent_mac = true;
	if (node->kind == NB_YAML_SCALAR && strcmp(node->text, "none") == 0)
		return 0;
	draft->link->has_permanent_mac = true;
	return take_any_mac(w, node, draft->link->permanent_mac);
}

static int take_master(struct nb_yaml_walk *w, const struct nb_yaml_node *node, void *object)
{
	struct nb_yaml_draft *draft = object;

	draft->master_mark = node->mark;
	return nb_yaml_text(w, node, &draft->master);
}

static int take_lower(struct nb_yaml_walk *w, const struct nb_yaml_node *node, void *object)
{
	struct nb_yaml_draft *draft = object;

	draft->lower_mark = node->mark;
	return nb_yaml_text(w, node, &draft->lower);
}

static int take_master_index(struct nb_yaml_walk *w, const struct nb_yaml_node *node, void *object)
{
	int64_t ifindex;
	int k;

	k = take_number(w, node, INT32_MAX, &ifindex);
	if (k == 0)
		((struct nb_yaml_draft *)object)->link->master = (int)ifindex;
	return k;
}

static int take_lower_index(struct nb_yaml_walk *w, const struct nb_yaml_node *node, void *object)
{
	int64_t ifindex;
	int k;

	k = take_number(w, node, INT32_MAX, &ifindex);
	if (k == 0)
		((struct nb_yaml_draft *)object)->link->lower = (int)ifindex;
	return k;
}

static int take_position(struct nb_yaml_walk *w, const struct nb_yaml_node *node, void *object)
{
	struct nb_yaml_draft *draft = object;

	draft->has_position = true;
	return nb_yaml_u32(w, node, 0, &draft->link->slave_position);
}

static int take_parent(struct nb_yaml_walk *w, const struct nb_yaml_node *node, void *object)
{
	return nb_yaml_copy(w, node, &((struct nb_yaml_draft *)object)->link->parent);
}

static int take_parent_bus(struct nb_yaml_walk *w, const struct nb_yaml_node *node, void *object)
{
	return nb_yaml_copy(w, node, &((struct nb_yaml_draft *)object)->link->parent_bus);
}

static int take_driver(struct nb_yaml_walk *w, const struct nb_yaml_node *node, void *object)
{
	return nb_yaml_copy(w, node, &((struct nb_yaml_draft *)object)->link->driver);
}

static int take_udev_pending(struct nb_yaml_walk *w, const struct nb_yaml_node *node, void *object)
{
	return nb_yaml_bool(w, node, &((struct nb_yaml_draft *)object)->link->udev_pending);
}

static int take_addr_gen_mode(struct nb_yaml_walk *w, const struct nb_yaml_node *node, void *object)
{
	return nb_yaml_byte(w, node, nb_yaml_addr_gen_modes,
		&((struct nb_yaml_draft *)object)->link->addr_gen_mode);
}

static int take_altname(struct nb_yaml_walk *w, const struct nb_yaml_node *node, void *object)
{
	const char *text;
	int k;

	k = nb_yaml_text(w, node, &text);
	return k < 0 ? k : nb_link_add_altname(((struct nb_yaml_draft *)object)->link, text);
}

static int take_altnames(struct nb_yaml_walk *w, const struct nb_yaml_node *node, void *object)
{
	return nb_yaml_take_list(w, node, "altnames: [enp0s3]", take_altname, object);
}

static int take_address(struct nb_yaml_walk *w, const struct nb_yaml_node *node, void *object)
{
	struct nb_address address;
	int k;

	k = nb_yaml_take_address(w, node, true, &address);
	if (k < 0)
		return k;
	return nb_link_add_address(((struct nb_yaml_draft *)object)->link, &address);
}

static int take_addresses(struct nb_yaml_walk *w, const struct nb_yaml_node *node, void *object)
{
	return nb_yaml_take_list(w, node, "addresses: [192.0.2.10/24]", take_address, object);
}

static int take_route(struct nb_yaml_walk *w, const struct nb_yaml_node *node, void *object)
{
	struct nb_route route;
	int k;

	k = nb_yaml_take_route(w, node, true, &route);
	if (k < 0)
		return k;
	k = nb_link_add_route(((struct nb_yaml_draft *)object)->link, &route);
	nb_route_done(&route);
	return k;
}

static int take_routes(struct nb_yaml_walk *w, const struct nb_yaml_node *node, void *object)
{
	return nb_yaml_take_list(
		w, node, "routes: [{to: default, via: 192.0.2.1}]", take_route, object);
}

static int take_set(struct nb_yaml_walk *w, const struct nb_yaml_node *node, enum nb_scope scope,
	struct nb_optset *set);

/* Any row of a set, read-only ones included. */
static int take_row(struct nb_yaml_walk *w, const struct nb_yaml_node *node, void *object)
{
	struct nb_optset *set = object;
	const struct nb_option *row = nb_option_find(set->scope, node->key->text);
	unsigned attr = nb_option_attr(row);
	union nb_value value = { 0 };
	int k;

	if (nb_optset_has(set, attr))
		return nb_diag_error(w->diag, &node->key->mark, NULL, "duplicate key: %s is set twice",
			row->name);
	if (row->type != &nb_type_nest) {
		k = nb_yaml_value(w, node, row, &value);
		return k < 0 ? k : nb_optset_set(set, attr, value);
	}
	value.set = calloc(1, sizeof(*value.set));
	if (!value.set)
		return -ENOMEM;
	k = take_set(w, node, row->nested, value.set);
	return nb_yaml_keep(k, nb_optset_set(set, attr, value));
}

static int take_set(struct nb_yaml_walk *w, const struct nb_yaml_node *node, enum nb_scope scope,
	struct nb_optset *set)
{
	const struct nb_yaml_shape shape = {
		.what = "a set of options",
		.fields = (const struct nb_yaml_field[]){ { 0 } },
		.has_options = true,
		.scope = scope,
		.take_option = take_row,
	};

	set->scope = scope;
	return nb_yaml_take_map(w, node, &shape, set);
}

static int take_bond_state(struct nb_yaml_walk *w, const struct nb_yaml_node *node, void *object)
{
	struct nb_yaml_draft *draft = object;

	draft->has_bond_state = true;
	return take_set(w, node, NB_SCOPE_BOND, &draft->link->bond);
}

static int take_slave_state(struct nb_yaml_walk *w, const struct nb_yaml_node *node, void *object)
{
	struct nb_yaml_draft *draft = object;

	draft->has_slave_state = true;
	return take_set(w, node, NB_SCOPE_SLAVE, &draft->link->slave);
}

static const struct nb_yaml_shape link_shape = {
	.what = "a link",
	.fields = (const struct nb_yaml_field[]){
		{ "name", take_name },
		{ "namespace", take_namespace },
		{ "ifindex", take_ifindex },
		{ "kind", take_kind },
		{ "slave-kind", take_slave_kind },
		{ "type", take_type },
		{ "up", take_up },
		{ "carrier", take_carrier },
		{ "operstate", take_operstate },
		{ "flags", take_flags },
		{ "mtu", take_mtu },
		{ "min-mtu", take_min_mtu },
		{ "max-mtu", take_max_mtu },
		{ "mac", take_mac },
		{ "permanent-mac", take_permanent_mac },
		{ "master", take_master },
		{ "master-ifindex", take_master_index },
		{ "slave-position", take_position },
		{ "lower", take_lower },
		{ "lower-ifindex", take_lower_index },
		{ "parent", take_parent },
		{ "parent-bus", take_parent_bus },
		{ "driver", take_driver },
		{ "udev-pending", take_udev_pending },
		{ "addr-gen-mode", take_addr_gen_mode },
		{ "altnames", take_altnames },
		{ "bond-state", take_bond_state },
		{ "slave-state", take_slave_state },
		{ "addresses", take_addresses },
		{ "routes", take_routes },
		{ 0 },
	},
};

static int add_link(
	struct nb_yaml_walk *w, const struct nb_yaml_node *node, struct nb_yaml_draft *draft)
{
	const struct nb_yaml_draft *other;

	if (!draft->link->name[0]) {
		nb_yaml_draft_free(draft);
		return nb_diag_error(w->diag, &node->mark, NULL, "a link without 'name'");
	}
	other = nb_yaml_drafts_find(w->drafts, draft->namespace, draft->link->name);
	if (!other)
		return nb_yaml_drafts_add(w, draft);
	nb_diag_error(w->diag, &node->mark, NULL, "link %s stands in the list twice",
		draft->link->name);
	nb_diag_other(w->diag, &other->mark);
	nb_yaml_draft_free(draft);
	return -EBADMSG;
}

static int take_link(struct nb_yaml_walk *w, const struct nb_yaml_node *node, void *object)
{
	struct nb_yaml_draft *draft = calloc(1, sizeof(*draft));
	int k;

	if (!draft)
		return -ENOMEM;
	draft->link = nb_link_new("");
	if (!draft->link) {
		free(draft);
		return -ENOMEM;
	}
	draft->namespace = "";
	draft->mark = node->mark;
	draft->link->mtu = 1500;
	draft->link->type = ARPHRD_ETHER;
	if (node->kind == NB_YAML_SCALAR)
		k = nb_yaml_ifname(w, node, draft->link->name);
	else
		k = nb_yaml_take_map(w, node, &link_shape, draft);
	if (k == 0)
		return add_link(w, node, draft);
	nb_yaml_draft_free(draft);
	return k;
}

int nb_yaml_take_links(struct nb_yaml_walk *w, const struct nb_yaml_node *node, void *object)
{
	return nb_yaml_take_list(w, node, "links: [eth0]", take_link, object);
}
