/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "lib/yaml/memory.h"

#include <inttypes.h>
#include <string.h>

#include "lib/yaml/out.h"
#include "lib/yaml/walk.h"

static const struct nb_name kinds[] = {
	{ "bond", NB_OBJECT_BOND },
	{ "namespace", NB_OBJECT_NETNS },
	{ "nic", NB_OBJECT_NIC },
	{ "type", NB_OBJECT_TYPE },
	{ NULL, 0 },
};

/*
 * Single quotes take every character of a device's name as it is but themselves. One byte that the
 * reader refuses would make the whole file unreadable: a NIC is found by its ifindex all the same.
 */
static void quote(const char *text, struct nb_text *out)
{
	NB_CLEANUP(nb_freep) char *clean = nb_yaml_clean(text);

	if (!clean) {
		out->failed = true;
		return;
	}
	nb_text_put(out, "'");
	for (const char *c = clean; *c; c++)
		nb_text_append(out, *c == '\'' ? "''" : c, *c == '\'' ? 2 : 1);
	nb_text_put(out, "'");
}

static void emit_member(const char *key, const char *value, struct nb_text *out)
{
	if (!value)
		return;
	nb_text_put(out, "  ");
	nb_text_put(out, key);
	nb_text_put(out, ": ");
	quote(value, out);
	nb_text_put(out, "\n");
}

static void emit_object(const struct nb_object *object, struct nb_text *out)
{
	nb_text_add(out, "- kind: %s\n", kinds[object->kind].name);
	emit_member("namespace", object->namespace, out);
	emit_member("name", object->name, out);
	nb_text_add(out, "  inode: %" PRIu64 "\n", object->inode);
	if (object->cookie)
		nb_text_add(out, "  cookie: %" PRIu64 "\n", object->cookie);
	nb_text_add(out, "  ifindex: %d\n  made: %s\n", object->ifindex,
		object->made ? "true" : "false");
	if (object->has_mac) {
		nb_text_add(out, "  mac: '");
		nb_mac_format(object->mac, out);
		nb_text_add(out, "'\n");
	}
	emit_member("home", object->home, out);
	emit_member("home-namespace", object->home_namespace, out);
	if (object->n_addresses)
		nb_text_add(out, "  addresses:\n");
	for (size_t i = 0; i < object->n_addresses; i++) {
		nb_text_add(out, "  - '");
		nb_address_format(&object->addresses[i], out);
		nb_text_add(out, "'\n");
	}
}

void nb_yaml_emit_memory(const struct nb_memory *memory, struct nb_text *out)
{
	nb_text_add(out, "objects:%s\n", memory->n_objects ? "" : " []");
	for (size_t i = 0; i < memory->n_objects; i++)
		emit_object(&memory->objects[i], out);
}

/* One entry while it is read. */
struct entry {
	uint32_t kind;
	char *namespace, *name, *home, *home_namespace;
	int64_t inode, cookie, ifindex;
	bool made, has_mac;
	uint8_t mac[6];
	struct nb_memory addresses; /* one object that holds them */
};

/* nb_yaml_copy() refuses an empty text, and "" is netbond's own namespace. */
static int copy(struct nb_yaml_walk *w, const struct nb_yaml_node *node, char **ret)
{
	if (node->kind != NB_YAML_SCALAR || !node->quoted || *node->text)
		return nb_yaml_copy(w, node, ret);
	*ret = strdup("");
	return *ret ? 0 : -ENOMEM;
}

static int take_kind(struct nb_yaml_walk *w, const struct nb_yaml_node *node, void *object)
{
	return nb_yaml_word(w, node, kinds, &((struct entry *)object)->kind);
}

static int take_namespace(struct nb_yaml_walk *w, const struct nb_yaml_node *node, void *object)
{
	return copy(w, node, &((struct entry *)object)->namespace);
}

static int take_name(struct nb_yaml_walk *w, const struct nb_yaml_node *node, void *object)
{
	return copy(w, node, &((struct entry *)object)->name);
}

static int take_home(struct nb_yaml_walk *w, const struct nb_yaml_node *node, void *object)
{
	return copy(w, node, &((struct entry *)object)->home);
}

static int take_home_namespace(struct nb_yaml_walk *w, const struct nb_yaml_node *node, void *object)
{
	return copy(w, node, &((struct entry *)object)->home_namespace);
}

static int take_inode(struct nb_yaml_walk *w, const struct nb_yaml_node *node, void *object)
{
	return nb_yaml_number(w, node, 0, INT64_MAX, &((struct entry *)object)->inode);
}

static int take_cookie(struct nb_yaml_walk *w, const struct nb_yaml_node *node, void *object)
{
	return nb_yaml_number(w, node, 0, INT64_MAX, &((struct entry *)object)->cookie);
}

static int take_ifindex(struct nb_yaml_walk *w, const struct nb_yaml_node *node, void *object)
{
	return nb_yaml_number(w, node, 0, INT32_MAX, &((struct entry *)object)->ifindex);
}

static int take_mac(struct nb_yaml_walk *w, const struct nb_yaml_node *node, void *object)
{
	struct entry *entry = object;
	const char *text;
	int r = nb_yaml_text(w, node, &text);

	if (r < 0)
		return r;
	if (nb_mac_parse(text, entry->mac) < 0)
		return nb_diag_error(w->diag, &node->mark, NULL, "%s is no MAC address", text);
	entry->has_mac = true;
	return 0;
}

static int take_made(struct nb_yaml_walk *w, const struct nb_yaml_node *node, void *object)
{
	return nb_yaml_bool(w, node, &((struct entry *)object)->made);
}

static int take_address(struct nb_yaml_walk *w, const struct nb_yaml_node *node, void *object)
{
	struct entry *entry = object;
	struct nb_address address = { .valid = NB_FOREVER, .preferred = NB_FOREVER };
	struct nb_object *holder = entry->addresses.objects;
	const char *text;
	int r = nb_yaml_text(w, node, &text);

	if (r < 0)
		return r;
	if (nb_prefix_parse(text, true, &address.ip, &address.prefix_length) < 0)
		return nb_diag_error(w->diag, &node->mark, NULL, "%s is no address", text);
	if (!holder)
		holder = nb_memory_add(&entry->addresses, NB_OBJECT_BOND, "", "");
	return holder ? nb_object_add_address(holder, &address) : -ENOMEM;
}

static int take_addresses(struct nb_yaml_walk *w, const struct nb_yaml_node *node, void *object)
{
	return nb_yaml_take_list(w, node, "addresses: [192.0.2.1/24]", take_address, object);
}

static const struct nb_yaml_field object_fields[] = {
	{ "kind", take_kind },
	{ "namespace", take_namespace },
	{ "name", take_name },
	{ "inode", take_inode },
	{ "cookie", take_cookie },
	{ "ifindex", take_ifindex },
	{ "mac", take_mac },
	{ "made", take_made },
	{ "home", take_home },
	{ "home-namespace", take_home_namespace },
	{ "addresses", take_addresses },
	{ NULL, NULL },
};

static const struct nb_yaml_shape object_shape = { .what = "an object", .fields = object_fields };

static void entry_done(struct entry *entry)
{
	free(entry->namespace);
	free(entry->name);
	free(entry->home);
	free(entry->home_namespace);
	nb_memory_done(&entry->addresses);
}

static int keep_entry(struct entry *entry, struct nb_memory *memory)
{
	struct nb_object *object = nb_memory_add(memory, entry->kind, entry->namespace, entry->name);

	if (!object)
		return -ENOMEM;
	object->inode = entry->inode;
	object->cookie = entry->cookie;
	object->ifindex = entry->ifindex;
	object->made = entry->made;
	object->has_mac = entry->has_mac;
	memcpy(object->mac, entry->mac, 6);
	object->home = nb_steal(&entry->home);
	object->home_namespace = nb_steal(&entry->home_namespace);
	for (size_t i = 0; entry->addresses.objects && i < entry->addresses.objects->n_addresses; i++) {
		if (nb_object_add_address(object, &entry->addresses.objects->addresses[i]) < 0)
			return -ENOMEM;
	}
	return 0;
}

static int take_object(struct nb_yaml_walk *w, const struct nb_yaml_node *node, void *memory)
{
	NB_CLEANUP(entry_done) struct entry entry = { 0 };
	int r = nb_yaml_take_map(w, node, &object_shape, &entry);

	if (r < 0)
		return r;
	if (!entry.namespace || !entry.name)
		return nb_diag_error(w->diag, &node->mark, NULL, "an object needs namespace and name");
	if (entry.kind == NB_OBJECT_TYPE && nb_nstype_find(entry.name) == NB_NS_COUNT)
		return nb_diag_error(w->diag, &node->mark, NULL, "there is no namespace type %s",
			entry.name);
	return keep_entry(&entry, memory);
}

static int take_objects(struct nb_yaml_walk *w, const struct nb_yaml_node *node, void *memory)
{
	return nb_yaml_take_list(w, node, "objects: []", take_object, memory);
}

static const struct nb_yaml_field file_fields[] = {
	{ "objects", take_objects },
	{ NULL, NULL },
};

static const struct nb_yaml_shape file_shape = { .what = "the file", .fields = file_fields };

int nb_yaml_load_memory(const char *name, const char *text, size_t size, struct nb_memory *memory,
	struct nb_diag *diag)
{
	NB_CLEANUP(nb_yaml_tree_freep) struct nb_yaml_tree *tree = NULL;
	struct nb_yaml_walk walk = { .diag = diag };
	int r = nb_yaml_read(name, text, size, &nb_yaml_limits_snapshot, diag, &tree);

	if (r == 0 && tree && tree->root)
		r = nb_yaml_take_map(&walk, tree->root, &file_shape, memory);
	if (r < 0)
		nb_memory_done(memory);
	return r;
}
