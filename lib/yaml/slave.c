/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <string.h>

#include "lib/yaml/schema.h"

#define ALTNAME_MAX 127 /* ALTIFNAMSIZ - 1 */

/* A slave entry under construction. */
struct making {
	struct nb_slave_spec *slave;
	bool has_match;
	struct nb_mark name_mark, match_mark;
};

/* The name of an existing device, which may be one of its longer altnames. */
static int take_exact(struct nb_yaml_walk *w, const struct nb_yaml_node *node, char **ret)
{
	const char *text;
	int k;

	k = nb_yaml_text(w, node, &text);
	if (k < 0)
		return k;
	if (strpbrk(text, "*?[]")) {
		nb_diag_error(w->diag, &node->mark, NULL,
			"%s: '%.64s' is a pattern, expected an exact name", nb_yaml_label(node), text);
		nb_diag_hint(w->diag, "write {match: {name: \"%.64s\"}}", text);
		return -EBADMSG;
	}
	if (strpbrk(text, "/: ") || strcmp(text, ".") == 0 || strcmp(text, "..") == 0 ||
		strlen(text) > ALTNAME_MAX) {
		nb_diag_error(w->diag, &node->mark, NULL,
			"%s: '%.64s' cannot be the name of an interface", nb_yaml_label(node), text);
		nb_diag_hint(w->diag, "a name has no space, no '/' and no ':'; a list stands in "
				      "brackets with commas: [eth0, eth1]");
		return -EBADMSG;
	}
	return nb_yaml_copy(w, node, ret);
}

static int take_name(struct nb_yaml_walk *w, const struct nb_yaml_node *node, void *object)
{
	struct making *making = object;

	making->name_mark = node->key->mark;
	return take_exact(w, node, &making->slave->name);
}

static int take_match_name(struct nb_yaml_walk *w, const struct nb_yaml_node *node, void *object)
{
	return nb_yaml_copy(w, node, &((struct making *)object)->slave->match.name);
}

static int take_match_path(struct nb_yaml_walk *w, const struct nb_yaml_node *node, void *object)
{
	return nb_yaml_copy(w, node, &((struct making *)object)->slave->match.path);
}

static int take_match_driver(struct nb_yaml_walk *w, const struct nb_yaml_node *node, void *object)
{
	return nb_yaml_copy(w, node, &((struct making *)object)->slave->match.driver);
}

static int take_match_mac(struct nb_yaml_walk *w, const struct nb_yaml_node *node, void *object)
{
	struct nb_match *match = &((struct making *)object)->slave->match;
	int k;

	k = nb_yaml_mac(w, node, match->permanent_mac);
	if (k == 0)
		match->has_permanent_mac = true;
	return k;
}

static const struct nb_yaml_shape match_shape = {
	.what = "a match",
	.example = "match: {name: \"ens*\"}; also permanent-mac, path, driver",
	.fields = (const struct nb_yaml_field[]){
		{ "name", take_match_name },
		{ "permanent-mac", take_match_mac },
		{ "path", take_match_path },
		{ "driver", take_match_driver },
		{ 0 },
	},
	.foreign = (const struct nb_yaml_foreign[]){
		{ "macaddress", "here it is called permanent-mac" },
		{ "mac", "here it is called permanent-mac: the MAC the NIC has from its maker" },
		{ 0 },
	},
};

static int take_match(struct nb_yaml_walk *w, const struct nb_yaml_node *node, void *object)
{
	struct making *making = object;

	making->has_match = true;
	making->match_mark = node->key->mark;
	return nb_yaml_take_map(w, node, &match_shape, object);
}

static int take_option(struct nb_yaml_walk *w, const struct nb_yaml_node *node, void *object)
{
	const struct nb_option *row = nb_option_find(NB_SCOPE_SLAVE, node->key->text);
	struct making *making = object;

	if (nb_option_writable(row))
		return nb_yaml_option(w, node, row, &making->slave->opts);
	nb_diag_error(w->diag, &node->key->mark, NULL, "%s is state, not configuration", row->name);
	nb_diag_hint(w->diag, "remove it: the kernel only reports it");
	return -EBADMSG;
}

static const struct nb_yaml_shape slave_shape = {
	.what = "a slave",
	.fields = (const struct nb_yaml_field[]){
		{ "name", take_name },
		{ "match", take_match },
		{ 0 },
	},
	.has_options = true,
	.scope = NB_SCOPE_SLAVE,
	.take_option = take_option,
	.foreign = (const struct nb_yaml_foreign[]){
		{ "priority", "here it is called prio" },
		{ "permanent-mac", "write {match: {permanent-mac: ...}}" },
		{ "path", "write {match: {path: ...}}" },
		{ "driver", "write {match: {driver: ...}}" },
		{ "primary", "primary stands in the bond, with the name of the slave" },
		{ 0 },
	},
};

static int take_mapping(
	struct nb_yaml_walk *w, const struct nb_yaml_node *node, struct nb_slave_spec *slave)
{
	struct making making = { .slave = slave };
	int k;

	k = nb_yaml_take_map(w, node, &slave_shape, &making);
	if (k < 0)
		return k;
	if (making.name_mark.line && making.has_match) {
		nb_diag_error(w->diag, &making.match_mark, NULL,
			"a slave has a name or a match, not both");
		nb_diag_hint(w->diag, "put the name into the match: match: {name: ...}");
		nb_diag_other(w->diag, &making.name_mark);
		return -EBADMSG;
	}
	if (making.name_mark.line || making.has_match)
		return 0;
	nb_diag_error(w->diag, &node->mark, NULL, "a slave without name or match");
	nb_diag_hint(w->diag, "write {name: eth0} or {match: {permanent-mac: ...}}");
	return -EBADMSG;
}

/* An entry whose text was wrong may mean any NIC: so no rule finds a slave missing. */
static int blur(struct nb_slave_spec *slave)
{
	if (slave->name || slave->match.name)
		return -EBADMSG;
	slave->match.name = strdup("*");
	return slave->match.name ? -EBADMSG : -ENOMEM;
}

static int take_slave(struct nb_yaml_walk *w, const struct nb_yaml_node *node, void *object)
{
	struct nb_bond *bond = object;
	struct nb_slave_spec *slave = nb_bond_add_slave(bond);
	int k;

	if (!slave)
		return -ENOMEM;
	slave->mark = node->mark;
	if (node->kind == NB_YAML_MAP)
		k = take_mapping(w, node, slave);
	else
		k = take_exact(w, node, &slave->name);
	return k == -EBADMSG ? blur(slave) : k;
}

int nb_yaml_take_slaves(struct nb_yaml_walk *w, const struct nb_yaml_node *node, void *object)
{
	return nb_yaml_take_list(w, node, "slaves: [eth0, eth1]", take_slave, object);
}
