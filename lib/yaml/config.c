/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "lib/yaml/config.h"

#include <errno.h>
#include <string.h>

#include "lib/yaml/schema.h"
#include "lib/yaml/snapshot.h"

const struct nb_name nb_yaml_drifts[] = {
	{ "repair", NB_DRIFT_REPAIR }, { "warn", NB_DRIFT_WARN }, { "ignore", NB_DRIFT_IGNORE }, { 0 }
};

static const struct nb_name classes[] = {
	{ "live", NB_CLASS_LIVE }, { "slave", NB_CLASS_SLAVE }, { "down", NB_CLASS_DOWN },
	{ "rebuild", NB_CLASS_REBUILD }, { 0 }
};

int nb_yaml_take_objects(struct nb_yaml_walk *w, const struct nb_yaml_node *node,
	nb_yaml_take *take, void *object)
{
	int ret = 0;

	if (node->kind != NB_YAML_MAP) {
		nb_diag_error(w->diag, nb_yaml_is_empty(node) ? &node->key->mark : &node->mark, NULL,
			"%s: expected lines of \"name: ...\"", nb_yaml_label(node));
		if (nb_yaml_is_empty(node))
			nb_diag_hint(w->diag, "write %s: {} for none, or indent what belongs below it",
				nb_yaml_label(node));
		else
			nb_diag_hint(w->diag, "the name is the key: %s: {NAME: {...}}",
				nb_yaml_label(node));
		return -EBADMSG;
	}
	nb_yaml_foreach(member, node)
		ret = nb_yaml_keep(
			ret, member->kind == NB_YAML_BAD ? -EBADMSG : take(w, member, object));
	return ret;
}

static int take_version(struct nb_yaml_walk *w, const struct nb_yaml_node *node, void *object)
{
	const char *text;
	int k;

	k = nb_yaml_text(w, node, &text);
	if (k < 0 || strcmp(text, "1") == 0)
		return k;
	nb_diag_error(w->diag, &node->mark, NULL, "version: '%.64s' is not known, expected 1", text);
	nb_diag_hint(w->diag, "1 is the only version of this file format");
	return -EBADMSG;
}

/* Settings are single values: the first file to name one keeps it. */
static int claim(struct nb_yaml_walk *w, const struct nb_yaml_node *node, bool *named,
	struct nb_mark *mark)
{
	if (*named)
		return nb_yaml_twice(w, node, node->key->text, mark);
	*named = true;
	*mark = node->key->mark;
	return 0;
}

static int take_drift(struct nb_yaml_walk *w, const struct nb_yaml_node *node, void *object)
{
	struct nb_settings *settings = &w->config->settings;
	uint32_t drift;
	int k;

	k = claim(w, node, &settings->drift_named, &settings->drift_mark);
	if (k == 0)
		k = nb_yaml_word(w, node, nb_yaml_drifts, &drift);
	if (k == 0)
		settings->drift = (enum nb_drift)drift;
	return k;
}

static int take_auto_disruption(
	struct nb_yaml_walk *w, const struct nb_yaml_node *node, void *object)
{
	struct nb_settings *settings = &w->config->settings;
	uint32_t class;
	int k;

	k = claim(w, node, &settings->auto_disruption_named, &settings->auto_disruption_mark);
	if (k == 0)
		k = nb_yaml_word(w, node, classes, &class);
	if (k == 0)
		settings->auto_disruption = (enum nb_class)class;
	return k;
}

static const struct nb_yaml_shape settings_shape = {
	.what = "the settings",
	.example = "settings: {drift: repair}",
	.fields = (const struct nb_yaml_field[]){
		{ "drift", take_drift },
		{ "auto-disruption", take_auto_disruption },
		{ 0 },
	},
};

static int take_settings(struct nb_yaml_walk *w, const struct nb_yaml_node *node, void *object)
{
	return nb_yaml_take_map(w, node, &settings_shape, object);
}

static int take_namespaces(struct nb_yaml_walk *w, const struct nb_yaml_node *node, void *object)
{
	return nb_yaml_take_objects(w, node, nb_yaml_take_namespace, object);
}

static int take_bonds(struct nb_yaml_walk *w, const struct nb_yaml_node *node, void *object)
{
	return nb_yaml_take_objects(w, node, nb_yaml_take_bond, object);
}

static int refuse_snapshot(struct nb_yaml_walk *w, const struct nb_yaml_node *node)
{
	nb_diag_error(w->diag, &node->key->mark, NULL,
		"'%s' belongs to a snapshot, not to a configuration", node->key->text);
	nb_diag_hint(w->diag, "a snapshot says what was, a configuration what shall be: remove '%s' "
			      "and all below it", node->key->text);
	return -EBADMSG;
}

static int take_links(struct nb_yaml_walk *w, const struct nb_yaml_node *node, void *object)
{
	if (!(w->flags & NB_YAML_SNAPSHOT))
		return refuse_snapshot(w, node);
	return w->state ? nb_yaml_take_links(w, node, object) : 0;
}

static int take_kernel(struct nb_yaml_walk *w, const struct nb_yaml_node *node, void *object)
{
	if (!(w->flags & NB_YAML_SNAPSHOT))
		return refuse_snapshot(w, node);
	return w->state ? nb_yaml_take_kernel(w, node, object) : 0;
}

static const struct nb_yaml_foreign foreign[] = {
	{ "network", "this is netplan's file: here 'bonds' stands at the left margin" },
	{ "ethernets", "NICs need no entry: name them in the slaves of a bond" },
	{ "renderer", "remove it: netbond does its own work" },
	{ "interfaces", "write bonds: {bond0: {slaves: [eth0, eth1]}}" },
	{ "vlans", "netbond does bonds only: leave VLANs to the tool that has them" },
	{ "bridges", "netbond does bonds only: leave bridges to the tool that has them" },
	{ "routes", "routes stand inside the bond they go through" },
	{ "addresses", "addresses stand inside their bond" },
	{ "bond0", "put it below 'bonds:', two spaces to the right" },
	{ 0 },
};

static const struct nb_yaml_shape config_shape = {
	.what = "the file",
	.fields = (const struct nb_yaml_field[]){
		{ "version", take_version },
		{ "settings", take_settings },
		{ "namespaces", take_namespaces },
		{ "bonds", take_bonds },
		{ 0 },
	},
	.foreign = foreign,
};

static const struct nb_yaml_shape snapshot_shape = {
	.what = "the file",
	.fields = (const struct nb_yaml_field[]){
		{ "version", take_version },
		{ "settings", take_settings },
		{ "namespaces", take_namespaces },
		{ "bonds", take_bonds },
		{ "links", take_links },
		{ "kernel", take_kernel },
		{ 0 },
	},
	.foreign = foreign,
};

/* Two spellings: a configuration's list of what is allowed does not offer a snapshot's keys. */
static bool has_snapshot_key(const struct nb_yaml_node *root)
{
	nb_yaml_foreach(member, root)
		if (strcmp(member->key->text, "links") == 0 ||
			strcmp(member->key->text, "kernel") == 0)
			return true;
	return false;
}

int nb_yaml_take_file(struct nb_yaml_walk *w, const struct nb_yaml_tree *tree)
{
	const struct nb_yaml_node *root = tree->root;

	if (!root || nb_yaml_is_empty(root))
		return 0;
	if (root->kind != NB_YAML_MAP && root->kind != NB_YAML_BAD) {
		nb_diag_error(w->diag, &root->mark, NULL, "expected lines of \"key: value\"");
		nb_diag_hint(w->diag, "a file begins with bonds: and the bonds below it, indented");
		return -EBADMSG;
	}
	return nb_yaml_take_map(w, root,
		(w->flags & NB_YAML_SNAPSHOT) || has_snapshot_key(root) ? &snapshot_shape :
									  &config_shape,
		NULL);
}

int nb_yaml_load(const char *name, const char *text, size_t size, unsigned flags,
	struct nb_config *config, struct nb_diag *diag)
{
	NB_CLEANUP(nb_yaml_tree_freep) struct nb_yaml_tree *tree = NULL;
	struct nb_yaml_walk w = {
		.diag = diag, .config = config, .n_bonds_before = config->n_bonds, .flags = flags
	};
	int k;

	k = nb_yaml_read(name, text, size,
		flags & NB_YAML_SNAPSHOT ? &nb_yaml_limits_snapshot : &nb_yaml_limits_config, diag,
		&tree);
	if (!tree)
		return k;
	return nb_yaml_keep(k, nb_yaml_take_file(&w, tree));
}

static int load_tree(struct nb_yaml_walk *w, const struct nb_yaml_tree *tree)
{
	int k;

	for (enum nb_scope scope = 0; scope < NB_SCOPE_COUNT; scope++)
		w->state->known[scope] = nb_yaml_all_known(scope);
	k = nb_yaml_take_file(w, tree);
	return k < 0 ? k : nb_yaml_assemble(w);
}

int nb_yaml_load_state(const char *name, const char *text, size_t size, struct nb_state **ret,
	struct nb_diag *diag)
{
	NB_CLEANUP(nb_yaml_tree_freep) struct nb_yaml_tree *tree = NULL;
	NB_CLEANUP(nb_config_freep) struct nb_config *config = nb_config_new();
	NB_CLEANUP(nb_state_freep) struct nb_state *state = nb_state_new();
	NB_CLEANUP(nb_yaml_drafts_done) struct nb_yaml_drafts drafts = { 0 };
	struct nb_yaml_walk w = {
		.diag = diag, .config = config, .state = state, .drafts = &drafts,
		.flags = NB_YAML_SNAPSHOT
	};
	int k;

	if (!config || !state)
		return -ENOMEM;
	k = nb_yaml_read(name, text, size, &nb_yaml_limits_snapshot, diag, &tree);
	if (tree)
		k = nb_yaml_keep(k, load_tree(&w, tree));
	else if (k == 0)
		k = load_tree(&w, &(struct nb_yaml_tree){ 0 });
	if (k < 0)
		return k;
	*ret = nb_steal(&state);
	return 0;
}
