/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "lib/yaml/walk.h"

#include <errno.h>
#include <string.h>

#define ALLOWED_MAX 14 /* keys that are listed when none is near */

const char *nb_yaml_label(const struct nb_yaml_node *node)
{
	return node->key && node->key->text ? node->key->text : "the file";
}

bool nb_yaml_is_empty(const struct nb_yaml_node *node)
{
	static const char *const nothing[] = { "", "~", "null", "Null", "NULL" };

	if (node->kind != NB_YAML_SCALAR || node->quoted)
		return false;
	for (size_t i = 0; i < NB_ARRAY_SIZE(nothing); i++)
		if (strcmp(node->text, nothing[i]) == 0)
			return true;
	return false;
}

static int tell_empty(struct nb_yaml_walk *w, const struct nb_yaml_node *node, const char *example)
{
	/* The place of a value that is not there is the start of the next thing: show the key. */
	const struct nb_mark *mark = node->key ? &node->key->mark : &node->mark;

	if (node->item)
		nb_diag_error(w->diag, &node->mark, NULL, "%s: an empty item", nb_yaml_label(node));
	else
		nb_diag_error(w->diag, mark, NULL, "%s has no value", nb_yaml_label(node));
	if (node->item)
		nb_diag_hint(w->diag, "write a value, or remove the item");
	else if (example)
		nb_diag_hint(w->diag, "write %s, or remove the line", example);
	else
		nb_diag_hint(w->diag, "write a value behind it, or remove the line");
	return -EBADMSG;
}

int nb_yaml_twice(struct nb_yaml_walk *w, const struct nb_yaml_node *node, const char *name,
	const struct nb_mark *first)
{
	bool same_file = node->key->mark.file == first->file;

	if (!same_file)
		nb_diag_error(w->diag, &node->key->mark, NULL, "%s is set by two files", name);
	else if (strcmp(name, node->key->text) == 0)
		nb_diag_error(w->diag, &node->key->mark, NULL, "duplicate key: %s is set twice", name);
	else
		nb_diag_error(w->diag, &node->key->mark, NULL,
			"duplicate key: '%s' is the same as %s, which is set already",
			node->key->text, name);
	nb_diag_hint(w->diag, same_file ? "remove one of the two" :
					  "remove one of the two: files add to each other, none "
					  "overrides another, and lists do not merge");
	nb_diag_other(w->diag, first);
	return -EBADMSG;
}

/* Same name, where '_' and '-' are the same. */
static bool same_name(const char *a, const char *b)
{
	for (; *a && *b; a++, b++)
		if (*a != *b && !((*a == '_' || *a == '-') && (*b == '_' || *b == '-')))
			return false;
	return *a == *b;
}

static const struct nb_yaml_field *find_field(const struct nb_yaml_shape *shape, const char *name)
{
	for (const struct nb_yaml_field *f = shape->fields; f->name; f++)
		if (same_name(f->name, name))
			return f;
	return NULL;
}

static bool has_key(const struct nb_yaml_shape *shape, const char *name)
{
	return find_field(shape, name) ||
		(shape->has_options && nb_option_find(shape->scope, name) != NULL);
}

/* Keeps the nearer of two. */
static void nearer(const char *key, const char *name, unsigned *least, const char **best)
{
	unsigned distance = name ? nb_edit_distance(key, name, *least) : *least + 1;

	if (distance > *least || (distance == *least && *best))
		return;
	*least = distance;
	*best = name;
}

static const char *nearest_key(const struct nb_yaml_shape *shape, const char *key)
{
	unsigned least = strlen(key) < 5 ? 1 : strlen(key) < 9 ? 2 : 3;
	const char *best = NULL;

	for (const struct nb_yaml_field *f = shape->fields; f->name; f++)
		nearer(key, f->name, &least, &best);
	if (!shape->has_options)
		return best;
	nb_foreach_option(row, attr, shape->scope) {
		if (!nb_option_writable(row))
			continue;
		nearer(key, row->name, &least, &best);
		nearer(key, row->alias, &least, &best);
	}
	return best;
}

static void hint_allowed(struct nb_yaml_walk *w, const struct nb_yaml_shape *shape)
{
	struct nb_text list = { 0 };
	size_t n = 0;

	for (const struct nb_yaml_field *f = shape->fields; f->name; f++)
		nb_text_add(&list, "%s%s", n++ == 0 ? "" : ", ", f->name);
	if (shape->has_options && shape->scope == NB_SCOPE_SLAVE)
		nb_foreach_option(row, attr, shape->scope)
			if (nb_option_writable(row))
				nb_text_add(&list, "%s%s", n++ == 0 ? "" : ", ", row->name);
	if (list.text && !list.failed)
		nb_diag_hint(w->diag, "allowed: %s%s", list.text,
			shape->has_options && shape->scope == NB_SCOPE_BOND ?
				", and the options that `netbondctl options` lists" : "");
	nb_text_done(&list);
}

static int tell_unknown(struct nb_yaml_walk *w, const struct nb_yaml_node *node,
	const struct nb_yaml_shape *shape)
{
	const char *key = node->key->text, *best;

	nb_diag_error(w->diag, &node->key->mark, NULL, "unknown key '%.64s' in %s", key,
		shape->what);
	for (const struct nb_yaml_foreign *f = shape->foreign; f && f->word; f++)
		if (same_name(f->word, key)) {
			nb_diag_hint(w->diag, "%s", f->hint);
			return -EBADMSG;
		}
	if ((strncmp(key, "bond-", 5) == 0 || strncmp(key, "bond_", 5) == 0) &&
		has_key(shape, key + 5)) {
		nb_diag_hint(w->diag, "here it is called %s", key + 5);
		return -EBADMSG;
	}
	best = nearest_key(shape, key);
	if (best)
		nb_diag_hint(w->diag, "did you mean '%s'?", best);
	else
		hint_allowed(w, shape);
	return -EBADMSG;
}

static int take_member(struct nb_yaml_walk *w, const struct nb_yaml_node *node,
	const struct nb_yaml_shape *shape, struct nb_mark *marks, void *object)
{
	const struct nb_yaml_field *field = find_field(shape, node->key->text);
	struct nb_mark *mark;

	if (!field && shape->has_options && nb_option_find(shape->scope, node->key->text))
		return shape->take_option(w, node, object);
	if (!field)
		return tell_unknown(w, node, shape);
	mark = &marks[field - shape->fields];
	if (mark->line != 0)
		return nb_yaml_twice(w, node, field->name, mark);
	*mark = node->key->mark;
	if (node->kind == NB_YAML_BAD)
		return -EBADMSG;
	return field->take(w, node, object);
}

int nb_yaml_take_map(struct nb_yaml_walk *w, const struct nb_yaml_node *node,
	const struct nb_yaml_shape *shape, void *object)
{
	struct nb_mark marks[NB_YAML_FIELDS_MAX] = { 0 };
	int ret = 0;

	if (node->kind == NB_YAML_BAD)
		return -EBADMSG;
	if (nb_yaml_is_empty(node))
		return tell_empty(w, node, NULL);
	if (node->kind != NB_YAML_MAP) {
		nb_diag_error(w->diag, &node->mark, NULL, "%s: expected %s, not %s", nb_yaml_label(node),
			shape->what, node->kind == NB_YAML_LIST ? "a list" : "a text");
		nb_diag_hint(w->diag, "write %s", shape->example ? shape->example :
				"lines of \"key: value\" indented below it, or {key: value}");
		return -EBADMSG;
	}
	nb_yaml_foreach(member, node)
		ret = nb_yaml_keep(ret, take_member(w, member, shape, marks, object));
	return ret;
}

int nb_yaml_take_list(struct nb_yaml_walk *w, const struct nb_yaml_node *node,
	const char *example, nb_yaml_take *take, void *object)
{
	int ret = 0;

	if (node->kind == NB_YAML_BAD)
		return -EBADMSG;
	if (nb_yaml_is_empty(node))
		return tell_empty(w, node, example);
	if (node->kind != NB_YAML_LIST) {
		nb_diag_error(w->diag, &node->mark, NULL, "%s: expected a list", nb_yaml_label(node));
		nb_diag_hint(w->diag, "write %s", example);
		return -EBADMSG;
	}
	nb_yaml_foreach(item, node)
		ret = nb_yaml_keep(ret, item->kind == NB_YAML_BAD ? -EBADMSG : take(w, item, object));
	return ret;
}

int nb_yaml_text(struct nb_yaml_walk *w, const struct nb_yaml_node *node, const char **ret)
{
	if (node->kind == NB_YAML_BAD)
		return -EBADMSG;
	if (node->kind != NB_YAML_SCALAR) {
		nb_diag_error(w->diag, &node->mark, NULL, "%s: expected one value, not a %s",
			nb_yaml_label(node), node->kind == NB_YAML_LIST ? "list" : "mapping");
		nb_diag_hint(w->diag, "write a single value, without %s",
			node->kind == NB_YAML_LIST ? "brackets or '- '" : "braces or keys below it");
		return -EBADMSG;
	}
	if (nb_yaml_is_empty(node) || !*node->text)
		return tell_empty(w, node, NULL);
	*ret = node->text;
	return 0;
}

int nb_yaml_copy(struct nb_yaml_walk *w, const struct nb_yaml_node *node, char **ret)
{
	const char *text;
	char *copy;
	int k;

	k = nb_yaml_text(w, node, &text);
	if (k < 0)
		return k;
	copy = strdup(text);
	if (!copy)
		return -ENOMEM;
	free(*ret);
	*ret = copy;
	return 0;
}

/* One scalar by a type's own parser; the message begins with the key. */
static int parse_scalar(struct nb_yaml_walk *w, const struct nb_yaml_node *node,
	const struct nb_option *row, union nb_value *ret)
{
	struct nb_text why = { 0 };
	const char *text;
	int k;

	k = nb_yaml_text(w, node, &text);
	if (k < 0)
		return k;
	k = row->type->parse(row, text, ret, &why);
	if (k < 0 && k != -ENOMEM)
		k = nb_diag_error(w->diag, &node->mark, NULL, "%s: %s", row->name,
			why.text ? why.text : "not a value of this option");
	nb_text_done(&why);
	return k;
}

int nb_yaml_bool(struct nb_yaml_walk *w, const struct nb_yaml_node *node, bool *ret)
{
	struct nb_option row = { .name = nb_yaml_label(node), .type = &nb_type_boolean };
	union nb_value value = { 0 };
	int k;

	k = parse_scalar(w, node, &row, &value);
	if (k == 0)
		*ret = value.u;
	return k;
}

int nb_yaml_number(struct nb_yaml_walk *w, const struct nb_yaml_node *node, int64_t min,
	int64_t max, int64_t *ret)
{
	struct nb_option row = {
		.name = nb_yaml_label(node), .type = &nb_type_integer, .min = min, .max = max
	};
	union nb_value value = { 0 };
	int k;

	k = parse_scalar(w, node, &row, &value);
	if (k == 0)
		*ret = value.s;
	return k;
}

int nb_yaml_u32(
	struct nb_yaml_walk *w, const struct nb_yaml_node *node, uint32_t min, uint32_t *ret)
{
	int64_t value;
	int k;

	k = nb_yaml_number(w, node, min, UINT32_MAX, &value);
	if (k == 0)
		*ret = (uint32_t)value;
	return k;
}

static int tell_word(struct nb_yaml_walk *w, const struct nb_yaml_node *node,
	const struct nb_name *names)
{
	unsigned least = strlen(node->text) < 5 ? 1 : 2;
	struct nb_text list = { 0 };
	const char *best = NULL;

	for (const struct nb_name *n = names; n->name; n++) {
		nearer(node->text, n->name, &least, &best);
		nb_text_add(&list, "%s%s", n == names ? "" : ", ", n->name);
	}
	nb_diag_error(w->diag, &node->mark, NULL, "%s: '%.64s' is not known, expected one of: %s",
		nb_yaml_label(node), node->text, list.text ? list.text : "");
	if (best)
		nb_diag_hint(w->diag, "did you mean '%s'?", best);
	nb_text_done(&list);
	return -EBADMSG;
}

int nb_yaml_word(struct nb_yaml_walk *w, const struct nb_yaml_node *node,
	const struct nb_name *names, uint32_t *ret)
{
	const char *text;
	int k;

	k = nb_yaml_text(w, node, &text);
	if (k < 0)
		return k;
	for (const struct nb_name *n = names; n->name; n++)
		if (same_name(text, n->name)) {
			*ret = n->value;
			return 0;
		}
	return tell_word(w, node, names);
}

int nb_yaml_code(struct nb_yaml_walk *w, const struct nb_yaml_node *node,
	const struct nb_name *names, uint32_t max, uint32_t *ret)
{
	const char *text;
	uint64_t code;
	int k;

	k = nb_yaml_text(w, node, &text);
	if (k < 0)
		return k;
	if (nb_parse_u64(text, max, &code) < 0)
		return nb_yaml_word(w, node, names, ret);
	*ret = (uint32_t)code;
	return 0;
}

int nb_yaml_byte(struct nb_yaml_walk *w, const struct nb_yaml_node *node,
	const struct nb_name *names, uint8_t *ret)
{
	uint32_t code;
	int k;

	k = nb_yaml_code(w, node, names, UINT8_MAX, &code);
	if (k == 0)
		*ret = (uint8_t)code;
	return k;
}

int nb_yaml_mac(struct nb_yaml_walk *w, const struct nb_yaml_node *node, uint8_t ret[6])
{
	/* The least of 1 refuses the zero address (is_valid_ether_addr()). */
	struct nb_option row = { .name = nb_yaml_label(node), .type = &nb_type_mac, .min = 1 };
	union nb_value value = { 0 };
	int k;

	k = parse_scalar(w, node, &row, &value);
	if (k == 0)
		memcpy(ret, value.mac, 6);
	return k;
}

int nb_yaml_ifname(struct nb_yaml_walk *w, const struct nb_yaml_node *node, char *ret)
{
	const char *text;
	int k;

	k = nb_yaml_text(w, node, &text);
	if (k < 0)
		return k;
	if (!nb_ifname_check(text)) {
		nb_diag_error(w->diag, &node->mark, NULL, "%s: '%.64s' cannot be the name of an "
			"interface", nb_yaml_label(node), text);
		nb_diag_hint(w->diag, "a name has 1 to %d bytes, no space, no '/' and no ':'",
			IFNAMSIZ - 1);
		return -EBADMSG;
	}
	strcpy(ret, text);
	return 0;
}

int nb_yaml_nsname(struct nb_yaml_walk *w, const struct nb_yaml_node *node, const char **ret)
{
	const char *text;
	int k;

	k = nb_yaml_text(w, node, &text);
	if (k < 0)
		return k;
	if (strchr(text, '/') || strcmp(text, ".") == 0 || strcmp(text, "..") == 0 ||
		strlen(text) > 255) {
		nb_diag_error(w->diag, &node->mark, NULL,
			"'%.64s' cannot be the name of a namespace", text);
		nb_diag_hint(w->diag, "it is a file name under /run/netns: 1 to 255 bytes, no '/', "
				      "not '.' and not '..'");
		return -EBADMSG;
	}
	*ret = text;
	return 0;
}

int nb_yaml_ip(
	struct nb_yaml_walk *w, const struct nb_yaml_node *node, int family, struct nb_ip *ret)
{
	const char *text;
	int k;

	k = nb_yaml_text(w, node, &text);
	if (k < 0)
		return k;
	if (nb_ip_parse(text, family, ret) == 0)
		return 0;
	nb_diag_error(w->diag, &node->mark, NULL, "%s: '%.64s' is not an %s", nb_yaml_label(node),
		text, family == AF_INET ? "IPv4 address" : family == AF_INET6 ? "IPv6 address" :
		"IPv4 or IPv6 address");
	if (strchr(text, '/'))
		nb_diag_hint(w->diag, "write it without the prefix length: %.*s",
			(int)NB_MIN(strcspn(text, "/"), (size_t)64), text);
	else
		nb_diag_hint(w->diag, "write an address such as %s",
			family == AF_INET6 ? "2001:db8::1" : "192.0.2.1");
	return -EBADMSG;
}

int nb_yaml_value(struct nb_yaml_walk *w, const struct nb_yaml_node *node,
	const struct nb_option *row, union nb_value *ret)
{
	union nb_value value = { 0 };
	int k = 0;

	if (row->type->is_list && node->kind == NB_YAML_LIST)
		nb_yaml_foreach(item, node)
			k = nb_yaml_keep(k, parse_scalar(w, item, row, &value));
	else
		k = parse_scalar(w, node, row, &value);
	if (k < 0) {
		if (row->type->free)
			row->type->free(value);
		return k;
	}
	*ret = value;
	return 0;
}

int nb_yaml_option(struct nb_yaml_walk *w, const struct nb_yaml_node *node,
	const struct nb_option *row, struct nb_optset *set)
{
	unsigned attr = nb_option_attr(row);
	union nb_value value;
	int k;

	if (nb_optset_named(set) & NB_BIT(attr)) {
		struct nb_mark first = nb_optset_mark(set, attr);

		return nb_yaml_twice(w, node, row->name, &first);
	}
	k = nb_optset_name(set, attr, &node->key->mark);
	if (k < 0)
		return k;
	k = nb_yaml_value(w, node, row, &value);
	return k < 0 ? k : nb_optset_set(set, attr, value);
}
