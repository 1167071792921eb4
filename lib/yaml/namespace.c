/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <string.h>

#include "lib/yaml/schema.h"

enum ns_type {
	TYPE_NET = 1u << 0,
	TYPE_UTS = 1u << 1,
	TYPE_IPC = 1u << 2,
	TYPE_MNT = 1u << 3,
	TYPE_PID = 1u << 4,
	TYPE_USER = 1u << 5,
	TYPE_TIME = 1u << 6,
	TYPE_CGROUP = 1u << 7,
};

static const struct nb_name types[] = {
	{ "net", TYPE_NET }, { "uts", TYPE_UTS }, { "ipc", TYPE_IPC }, { "mnt", TYPE_MNT },
	{ "pid", TYPE_PID }, { "user", TYPE_USER }, { "time", TYPE_TIME }, { "cgroup", TYPE_CGROUP },
	{ 0 }
};

#define NAMESPACES_MAX 1000
#define HOSTNAME_MAX 64 /* __NEW_UTS_LEN */
#define OFFSET_MAX (INT64_C(1) << 33) /* seconds: far above what the kernel takes (KTIME_SEC_MAX) */

/* A key that works only with one of the types. */
struct need {
	struct nb_mark mark;
	const char *key, *type;
	unsigned bit;
};

/* A namespace under construction. */
struct making {
	struct nb_netns_spec *ns;
	unsigned types, shared; /* bits of enum ns_type that the file names */
	struct need needs[4];
	size_t n_needs;
};

static int tell_unsupported(struct nb_yaml_walk *w, const struct nb_mark *mark, const char *type)
{
	nb_diag_error(w->diag, mark, NULL,
		"namespace types other than net are not supported by this build: '%s'", type);
	nb_diag_hint(w->diag, "leave it out");
	return -EBADMSG;
}

static int take_type(struct nb_yaml_walk *w, const struct nb_yaml_node *node, void *object)
{
	struct making *making = object;
	uint32_t type;
	int k;

	k = nb_yaml_word(w, node, types, &type);
	if (k < 0)
		return k;
	if (making->types & type) {
		nb_diag_error(
			w->diag, &node->mark, NULL, "types: '%s' stands in the list twice", node->text);
		nb_diag_hint(w->diag, "remove one of the two");
		return -EBADMSG;
	}
	making->types |= type;
	return type == TYPE_NET ? 0 : tell_unsupported(w, &node->mark, node->text);
}

static int take_types(struct nb_yaml_walk *w, const struct nb_yaml_node *node, void *object)
{
	struct making *making = object;
	int k;

	if (making->ns->types_mark.line)
		return nb_yaml_twice(w, node, "types", &making->ns->types_mark);
	making->ns->types_mark = node->key->mark;
	k = nb_yaml_take_list(w, node, "types: [net]", take_type, object);
	making->ns->has_net = (making->types & TYPE_NET) != 0;
	return k;
}

static void note_need(
	struct making *making, const struct nb_yaml_node *node, const char *type, unsigned bit)
{
	making->needs[making->n_needs++] = (struct need){
		.mark = node->key->mark, .key = node->key->text, .type = type, .bit = bit
	};
}

static int take_hostname(struct nb_yaml_walk *w, const struct nb_yaml_node *node, void *object)
{
	const char *text;
	int k;

	note_need(object, node, "uts", TYPE_UTS);
	k = nb_yaml_text(w, node, &text);
	if (k < 0 || (strlen(text) <= HOSTNAME_MAX && !strpbrk(text, " /:")))
		return k;
	nb_diag_error(w->diag, &node->mark, NULL, "hostname: '%.64s' cannot be a host name", text);
	nb_diag_hint(w->diag, "it has 1 to %d letters, digits, '-' and '.'", HOSTNAME_MAX);
	return -EBADMSG;
}

static int take_share_net(struct nb_yaml_walk *w, const struct nb_yaml_node *node, void *object)
{
	struct making *making = object;
	const char *name;
	char *copy;
	int k;

	if (making->ns->share_mark.line)
		return nb_yaml_twice(w, node, "share", &making->ns->share_mark);
	making->ns->share_mark = node->key->mark;
	making->shared |= TYPE_NET;
	k = nb_yaml_nsname(w, node, &name);
	if (k < 0)
		return k;
	copy = strdup(name);
	if (!copy)
		return -ENOMEM;
	free(making->ns->share_net);
	making->ns->share_net = copy;
	return 0;
}

static int take_share_other(struct nb_yaml_walk *w, const struct nb_yaml_node *node, void *object)
{
	const char *name;
	int k;

	k = nb_yaml_nsname(w, node, &name);
	return nb_yaml_keep(k, tell_unsupported(w, &node->key->mark, node->key->text));
}

static const struct nb_yaml_shape share_shape = {
	.what = "a mapping",
	.example = "share: {net: NAMESPACE}",
	.fields = (const struct nb_yaml_field[]){
		{ "net", take_share_net }, { "uts", take_share_other }, { "ipc", take_share_other },
		{ "mnt", take_share_other }, { "pid", take_share_other },
		{ "user", take_share_other }, { "time", take_share_other },
		{ "cgroup", take_share_other }, { 0 },
	},
};

static int take_share(struct nb_yaml_walk *w, const struct nb_yaml_node *node, void *object)
{
	return nb_yaml_take_map(w, node, &share_shape, object);
}

/* Members of one line of an id map. */
struct id_range {
	bool has_inside, has_outside, has_count;
};

static int take_id(struct nb_yaml_walk *w, const struct nb_yaml_node *node, uint32_t min, bool *has)
{
	uint32_t id;

	*has = true;
	return nb_yaml_u32(w, node, min, &id);
}

static int take_inside(struct nb_yaml_walk *w, const struct nb_yaml_node *node, void *object)
{
	return take_id(w, node, 0, &((struct id_range *)object)->has_inside);
}

static int take_outside(struct nb_yaml_walk *w, const struct nb_yaml_node *node, void *object)
{
	return take_id(w, node, 0, &((struct id_range *)object)->has_outside);
}

static int take_count(struct nb_yaml_walk *w, const struct nb_yaml_node *node, void *object)
{
	return take_id(w, node, 1, &((struct id_range *)object)->has_count);
}

static const struct nb_yaml_shape range_shape = {
	.what = "a range of ids",
	.fields = (const struct nb_yaml_field[]){
		{ "inside", take_inside },
		{ "outside", take_outside },
		{ "count", take_count },
		{ 0 },
	},
};

static int take_range(struct nb_yaml_walk *w, const struct nb_yaml_node *node, void *object)
{
	struct id_range range = { 0 };
	int k;

	k = nb_yaml_take_map(w, node, &range_shape, &range);
	if (k < 0 || (range.has_inside && range.has_outside && range.has_count))
		return k;
	nb_diag_error(w->diag, &node->mark, NULL, "%s: a range needs inside, outside and count",
		nb_yaml_label(node));
	nb_diag_hint(w->diag, "write {inside: 0, outside: 100000, count: 65536}");
	return -EBADMSG;
}

static int take_id_map(struct nb_yaml_walk *w, const struct nb_yaml_node *node, void *object)
{
	note_need(object, node, "user", TYPE_USER);
	return nb_yaml_take_list(
		w, node, "a list of {inside: 0, outside: 100000, count: 65536}", take_range, object);
}

static int take_seconds(struct nb_yaml_walk *w, const struct nb_yaml_node *node, void *object)
{
	int64_t seconds;

	return nb_yaml_number(w, node, -OFFSET_MAX, OFFSET_MAX, &seconds);
}

static const struct nb_yaml_shape offsets_shape = {
	.what = "offsets",
	.example = "offsets: {monotonic: 0, boottime: 0}",
	.fields = (const struct nb_yaml_field[]){
		{ "monotonic", take_seconds },
		{ "boottime", take_seconds },
		{ 0 },
	},
};

static int take_offsets(struct nb_yaml_walk *w, const struct nb_yaml_node *node, void *object)
{
	note_need(object, node, "time", TYPE_TIME);
	return nb_yaml_take_map(w, node, &offsets_shape, object);
}

static int take_inode(struct nb_yaml_walk *w, const struct nb_yaml_node *node, void *object)
{
	struct making *making = object;
	struct nb_netns *ns = w->state ? nb_state_namespace(w->state, making->ns->name) : NULL;
	int64_t inode;
	int k;

	k = nb_yaml_number(w, node, 0, INT64_MAX, &inode);
	if (k == 0 && ns)
		ns->inode = (uint64_t)inode;
	return k;
}

static int take_exists(struct nb_yaml_walk *w, const struct nb_yaml_node *node, void *object)
{
	struct making *making = object;
	struct nb_netns *ns = w->state ? nb_state_namespace(w->state, making->ns->name) : NULL;
	bool exists;
	int k;

	k = nb_yaml_bool(w, node, &exists);
	if (k == 0 && ns)
		ns->exists = exists;
	return k;
}

#define FIELDS                                 \
	{ "types", take_types },               \
	{ "share", take_share },               \
	{ "hostname", take_hostname },         \
	{ "uid-map", take_id_map },            \
	{ "gid-map", take_id_map },            \
	{ "offsets", take_offsets }

static const struct nb_yaml_shape config_shape = {
	.what = "a namespace",
	.fields = (const struct nb_yaml_field[]){ FIELDS, { 0 } },
};

static const struct nb_yaml_shape snapshot_shape = {
	.what = "a namespace",
	.fields = (const struct nb_yaml_field[]){
		FIELDS, { "inode", take_inode }, { "exists", take_exists }, { 0 },
	},
};

static int check_needs(struct nb_yaml_walk *w, const struct making *making)
{
	int ret = 0;

	for (size_t i = 0; i < making->n_needs; i++) {
		const struct need *need = &making->needs[i];

		if (making->types & need->bit)
			continue;
		ret = nb_diag_error(w->diag, &need->mark, NULL, "%s: needs the namespace type %s",
			need->key, need->type);
		nb_diag_hint(w->diag, "leave it out: namespace types other than net are not "
				      "supported by this build");
	}
	return ret;
}

/* What is taken over from another namespace is not made anew. */
static int settle_share(struct nb_yaml_walk *w, struct making *making)
{
	struct nb_netns_spec *ns = making->ns;

	if (!ns->share_mark.line)
		return 0;
	if (!ns->types_mark.line)
		ns->has_net = false;
	if (!ns->has_net)
		return 0;
	nb_diag_error(w->diag, &ns->share_mark, NULL, "net is both among the types and shared");
	nb_diag_hint(w->diag, "leave one of the two out");
	nb_diag_other(w->diag, &ns->types_mark);
	return -EBADMSG;
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

int nb_yaml_take_namespace(struct nb_yaml_walk *w, const struct nb_yaml_node *node, void *object)
{
	struct making making = { 0 };
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
	k = nb_yaml_keep(k, check_needs(w, &making));
	return nb_yaml_keep(k, settle_share(w, &making));
}
