/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <string.h>

#include "lib/yaml/nstraits.h"
#include "lib/yaml/schema.h"

/* In the order in which messages list them. */
static const struct nb_name types[] = {
	{ "net", NB_NS_NET }, { "uts", NB_NS_UTS }, { "ipc", NB_NS_IPC }, { "mnt", NB_NS_MNT },
	{ "pid", NB_NS_PID }, { "user", NB_NS_USER }, { "time", NB_NS_TIME },
	{ "cgroup", NB_NS_CGROUP }, { 0 }
};

#define NAMESPACES_MAX 1000
static int take_type(struct nb_yaml_walk *w, const struct nb_yaml_node *node, void *object)
{
	struct nb_yaml_making *making = object;
	uint32_t type;
	int k;

	k = nb_yaml_word(w, node, types, &type);
	if (k < 0)
		return k;
	if (making->types & NB_NS_BIT(type)) {
		nb_diag_error(
			w->diag, &node->mark, NULL, "types: '%s' stands in the list twice", node->text);
		nb_diag_hint(w->diag, "remove one of the two");
		return -EBADMSG;
	}
	making->types |= NB_NS_BIT(type);
	if (type == NB_NS_USER)
		making->ns->user_mark = node->mark;
	return 0;
}

static int take_types(struct nb_yaml_walk *w, const struct nb_yaml_node *node, void *object)
{
	struct nb_yaml_making *making = object;
	int k;

	if (making->ns->types_mark.line)
		return nb_yaml_twice(w, node, "types", &making->ns->types_mark);
	making->ns->types_mark = node->key->mark;
	k = nb_yaml_take_list(w, node, "types: [net]", take_type, object);
	making->ns->types = making->types;
	return k;
}

static int take_share_of(struct nb_yaml_walk *w, const struct nb_yaml_node *node, void *object)
{
	struct nb_yaml_making *making = object;
	struct nb_netns_spec *ns = making->ns;
	enum nb_nstype type = nb_nstype_find(node->key->text);
	const char *name;
	char *copy;
	int k;

	if (ns->share_marks[type].line)
		return nb_yaml_twice(w, node, "share", &ns->share_marks[type]);
	ns->share_marks[type] = node->key->mark;
	k = nb_yaml_nsname(w, node, &name);
	if (k < 0)
		return k;
	copy = strdup(name);
	if (!copy)
		return -ENOMEM;
	free(ns->share[type]);
	ns->share[type] = copy;
	return 0;
}

static const struct nb_yaml_shape share_shape = {
	.what = "a mapping",
	.example = "share: {net: NAMESPACE}",
	.fields = (const struct nb_yaml_field[]){
		{ "net", take_share_of }, { "uts", take_share_of }, { "ipc", take_share_of },
		{ "mnt", take_share_of }, { "pid", take_share_of }, { "user", take_share_of },
		{ "time", take_share_of }, { "cgroup", take_share_of }, { 0 },
	},
};

static int take_share(struct nb_yaml_walk *w, const struct nb_yaml_node *node, void *object)
{
	return nb_yaml_take_map(w, node, &share_shape, object);
}

static int take_inode(struct nb_yaml_walk *w, const struct nb_yaml_node *node, void *object)
{
	struct nb_yaml_making *making = object;
	struct nb_netns *ns = w->state ? nb_state_namespace(w->state, making->ns->name) : NULL;
	int64_t inode;
	int k;

	k = nb_yaml_number(w, node, 0, INT64_MAX, &inode);
	if (k == 0 && ns)
		ns->inode = (uint64_t)inode;
	return k;
}

static int take_of_netns(struct nb_yaml_walk *w, const struct nb_yaml_node *node, void *object)
{
	struct nb_yaml_making *making = object;
	struct nb_netns *ns = w->state ? nb_state_namespace(w->state, making->ns->name) : NULL;
	bool value;
	int k;

	k = nb_yaml_bool(w, node, &value);
	if (k < 0 || !ns)
		return k;
	if (nb_streq(node->key->text, "exists"))
		ns->exists = value;
	else
		ns->unreadable = value;
	return 0;
}

#define FIELDS                                 \
	{ "types", take_types },               \
	{ "share", take_share },               \
	{ "hostname", nb_yaml_take_hostname }, \
	{ "uid-map", nb_yaml_take_id_map },    \
	{ "gid-map", nb_yaml_take_id_map },    \
	{ "offsets", nb_yaml_take_offsets }

static const struct nb_yaml_shape config_shape = {
	.what = "a namespace",
	.fields = (const struct nb_yaml_field[]){ FIELDS, { 0 } },
};

static const struct nb_yaml_shape snapshot_shape = {
	.what = "a namespace",
	.fields = (const struct nb_yaml_field[]){
		FIELDS, { "inode", take_inode }, { "exists", take_of_netns },
		{ "unreadable", take_of_netns },
		{ "pins", nb_yaml_take_pins }, { "pins-unreadable", nb_yaml_take_pins_unreadable },
		{ "holder", nb_yaml_take_holder }, { 0 },
	},
};

static int tell_need(struct nb_yaml_walk *w, const struct nb_yaml_making *making,
	const struct nb_yaml_need *need)
{
	const char *type = nb_nstype_name(need->type), *from = making->ns->share[need->type];

	nb_diag_error(w->diag, &need->mark, NULL, "%s: needs the namespace type %s", need->key, type);
	if (from)
		nb_diag_hint(w->diag, "%s is that of %s: say it there", type, from);
	else
		nb_diag_hint(w->diag, "add %s to types, or leave it out", type);
	return -EBADMSG;
}

static int check_needs(struct nb_yaml_walk *w, const struct nb_yaml_making *making)
{
	const struct nb_nstraits *traits = &making->ns->traits;
	int ret = 0;

	for (size_t i = 0; i < making->n_needs; i++) {
		if (!(making->types & NB_NS_BIT(making->needs[i].type)))
			ret = tell_need(w, making, &making->needs[i]);
	}
	if (!(making->types & NB_NS_BIT(NB_NS_USER)) || making->bad_map ||
		(traits->uids.n && traits->gids.n))
		return ret;
	nb_diag_error(w->diag, &making->ns->user_mark, NULL,
		"user needs %s: without a map nobody inside is anybody", traits->uids.n ? "a gid-map" :
		traits->gids.n ? "a uid-map" : "a uid-map and a gid-map");
	nb_diag_hint(w->diag, "write %s: [{inside: 0, outside: 100000, count: 65536}]",
		traits->uids.n ? "gid-map" : "uid-map");
	return -EBADMSG;
}

static int settle_type(struct nb_yaml_walk *w, struct nb_netns_spec *ns, enum nb_nstype type)
{
	if (!ns->share_marks[type].line)
		return 0;
	if (!ns->types_mark.line)
		ns->types &= ~NB_NS_BIT(type);
	if (!(ns->types & NB_NS_BIT(type)))
		return 0;
	nb_diag_error(w->diag, &ns->share_marks[type], NULL, "%s is both among the types and shared",
		nb_nstype_name(type));
	nb_diag_hint(w->diag, "leave one of the two out");
	nb_diag_other(w->diag, &ns->types_mark);
	return -EBADMSG;
}

/* What is taken over from another namespace is not made anew. */
static int settle_share(struct nb_yaml_walk *w, struct nb_yaml_making *making)
{
	int ret = 0;

	for (enum nb_nstype type = 0; type < NB_NS_COUNT; type++)
		ret = nb_yaml_keep(ret, settle_type(w, making->ns, type));
	return ret;
}

static int tell_too_many(struct nb_yaml_walk *w, const struct nb_mark *mark)
{
	nb_diag_error(w->diag, mark, NULL, "more than %d namespaces", NAMESPACES_MAX);
	nb_diag_hint(w->diag, "is it the right file?");
	return -EBADMSG;
}

int nb_yaml_need_namespace(
	struct nb_yaml_walk *w, const char *name, const struct nb_mark *mark)
{
	struct nb_netns *ns = nb_state_namespace(w->state, name);

	if (ns)
		return 0;
	if (w->state->n_namespaces > NAMESPACES_MAX)
		return tell_too_many(w, mark);
	ns = nb_state_add_namespace(w->state, name);
	if (!ns)
		return -ENOMEM;
	ns->exists = true;
	return 0;
}

static int find_or_add(
	struct nb_yaml_walk *w, const struct nb_yaml_node *node, struct nb_netns_spec **ret)
{
	const char *name;
	int k;

	k = nb_yaml_nsname(w, node->key, &name);
	if (k < 0)
		return k;
	*ret = nb_config_find_namespace(w->config, name);
	if (*ret)
		return 0;
	if (w->config->n_namespaces >= NAMESPACES_MAX)
		return tell_too_many(w, &node->key->mark);
	*ret = nb_config_add_namespace(w->config, name);
	if (!*ret)
		return -ENOMEM;
	(*ret)->mark = node->key->mark;
	return w->state ? nb_yaml_need_namespace(w, name, &node->key->mark) : 0;
}

static int hand_over(struct nb_yaml_walk *w, struct nb_yaml_making *making)
{
	struct nb_nsset *set = nb_state_set(w->state, making->ns->name);

	if (!set)
		return 0;
	nb_nstraits_done(&set->traits);
	return nb_nstraits_copy(&making->ns->traits, &set->traits);
}

int nb_yaml_take_namespace(struct nb_yaml_walk *w, const struct nb_yaml_node *node, void *object)
{
	struct nb_yaml_making making = { 0 };
	int k;

	k = find_or_add(w, node, &making.ns);
	if (k < 0)
		return k;
	if (nb_yaml_is_empty(node)) {
		nb_diag_error(w->diag, &node->key->mark, NULL, "%s has no value", node->key->text);
		nb_diag_hint(w->diag, "write %s: {}", node->key->text);
		return -EBADMSG;
	}
	k = nb_yaml_take_map(w, node,
		w->flags & NB_YAML_SNAPSHOT ? &snapshot_shape : &config_shape, &making);
	/* A snapshot says what is: nothing needs anything. */
	if (w->state)
		return nb_yaml_keep(k, hand_over(w, &making));
	k = nb_yaml_keep(k, check_needs(w, &making));
	return nb_yaml_keep(k, settle_share(w, &making));
}
