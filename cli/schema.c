/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* netbondctl schema: the configuration file for other programs. */
#include <string.h>

#include "cli/document.h"
#include "cli/option-words.h"
#include "cli/problems.h"
#include "cli/schema-base.h"
#include "cli/term.h"

static struct json_object *member(struct json_object *map, const char *key)
{
	return json_object_object_get(map, key);
}

/* A member that is made when it is not there. */
static struct json_object *need_map(struct json_object *map, const char *key)
{
	struct json_object *value = member(map, key);

	if (!value) {
		value = nb_json_map();
		nb_json_set(map, key, value);
	}
	return value;
}

static struct json_object *reference(const char *path)
{
	struct json_object *map = nb_json_map();

	nb_json_set_string(map, "$ref", path);
	return map;
}

/* Every spelling of every name, and the numbers: "filter_active", "filter-active", 5. */
static struct json_object *enum_values(const struct nb_option *row)
{
	struct json_object *list = nb_json_list();

	for (const struct nb_name *n = row->names; n->name; n++) {
		NB_CLEANUP(nb_freep) char *other = strdup(n->name);

		if (!other)
			nbc_die_of_memory();
		for (char *p = other; *p; p++)
			*p = *p == '-' ? '_' : *p == '_' ? '-' : *p;
		nb_json_add_string(list, n->name);
		if (!nb_streq(other, n->name))
			nb_json_add_string(list, other);
	}
	for (const struct nb_name *n = row->names; n->name; n++) {
		if (n == row->names || n->value != n[-1].value)
			nb_json_add(list, json_object_new_int64(n->value));
	}
	return list;
}

/* Types with a definition of their own in the base. */
static const struct {
	const struct nb_type *type;
	const char *path;
} type_paths[] = {
	{ &nb_type_boolean, "#/$defs/boolean" },
	{ &nb_type_mac, "#/$defs/mac" },
	{ &nb_type_ip4s, "#/$defs/ipv4-list" },
	{ &nb_type_ip6s, "#/$defs/ipv6-list" },
	{ &nb_type_ifname, "#/$defs/slave-name" },
};

static void set_type(struct json_object *map, const struct nb_option *row)
{
	for (size_t i = 0; i < NB_ARRAY_SIZE(type_paths); i++) {
		if (row->type == type_paths[i].type)
			nb_json_set_string(map, "$ref", type_paths[i].path);
	}
	if (row->type == &nb_type_enum)
		nb_json_set(map, "enum", enum_values(row));
	if (row->type == &nb_type_integer) {
		nb_json_set_string(map, "type", row->type->json);
		nb_json_set_number(map, "minimum", row->min);
		nb_json_set_number(map, "maximum", row->max);
	}
}

static struct json_object *row_schema(const struct nb_option *row)
{
	NB_CLEANUP(nb_text_done) struct nb_text text = { 0 };
	struct json_object *map = nb_json_map();

	nb_text_add(&text, "%s", row->help);
	if (row->unit)
		nb_text_add(&text, " (%s)", row->unit);
	nb_json_set_string(map, "description", nbc_text_of(&text));
	set_type(map, row);
	if (!row->type->is_pointer && nb_option_scope(row) != NB_SCOPE_LINK)
		nb_json_set(map, "default",
			nb_json_value(row, (union nb_value){ .s = row->dflt }));
	return map;
}

/* The writable rows of a scope as properties of @shape; what is there already only gets its help. */
static void add_rows(struct json_object *shape, const char *path, enum nb_scope scope)
{
	struct json_object *properties = need_map(shape, "properties");

	nb_foreach_option(row, attr, scope) {
		struct json_object *there = member(properties, row->name);

		if (!nb_option_writable(row))
			continue;
		if (there)
			nb_json_set_string(there, "description", row->help);
		else
			nb_json_set(properties, row->name, row_schema(row));
		if (row->alias) {
			NB_CLEANUP(nb_text_done) struct nb_text target = { 0 };

			nb_text_add(&target, "%s/properties/%s", path, row->name);
			nb_json_set(properties, row->alias, reference(nbc_text_of(&target)));
		}
	}
}

/* What @mode refuses: { "lacp-rate": false, ... }. Returns NULL when it refuses nothing. */
static struct json_object *refused_rows(enum nb_scope scope, unsigned mode)
{
	struct json_object *properties = NULL;

	nb_foreach_option(row, attr, scope) {
		if (!nb_option_writable(row) || !(row->refused & NB_MODE(mode)))
			continue;
		if (!properties)
			properties = nb_json_map();
		nb_json_set_bool(properties, row->name, false);
		if (row->alias)
			nb_json_set_bool(properties, row->alias, false);
	}
	return properties;
}

/* { "enum": ["802.3ad", 4] } */
static struct json_object *is_mode(unsigned mode)
{
	const struct nb_option *row = nb_option_get(NB_SCOPE_BOND, IFLA_BOND_MODE);
	const struct nb_name one[] = { { nb_mode_name(mode), mode }, { 0 } };
	struct nb_option only = *row;
	struct json_object *map = nb_json_map();

	only.names = one;
	nb_json_set(map, "enum", enum_values(&only));
	return map;
}

/* if mode is @mode, then none of what it refuses */
static void add_mode(struct json_object *all_of, unsigned mode)
{
	struct json_object *bond = refused_rows(NB_SCOPE_BOND, mode);
	struct json_object *slave = refused_rows(NB_SCOPE_SLAVE, mode);
	struct json_object *rule = nb_json_map(), *condition = need_map(rule, "if");
	struct json_object *required = nb_json_list();

	nb_json_set(need_map(condition, "properties"), "mode", is_mode(mode));
	nb_json_add_string(required, "mode");
	nb_json_set(condition, "required", required);
	if (!bond)
		bond = nb_json_map();
	if (slave) {
		struct json_object *slaves = nb_json_map();

		nb_json_set(need_map(slaves, "items"), "properties", slave);
		nb_json_set(bond, "slaves", slaves);
	}
	nb_json_set(need_map(rule, "then"), "properties", bond);
	nb_json_add(all_of, rule);
}

/* '_' in a key is the same as '-': "^lacp[-_]rate$" points to what "lacp-rate" is. */
static void accept_underscores_of(struct json_object *shape, const char *path)
{
	struct json_object *properties = member(shape, "properties");

	json_object_object_foreach(properties, key, value) {
		NB_CLEANUP(nb_text_done) struct nb_text pattern = { 0 };
		NB_CLEANUP(nb_text_done) struct nb_text target = { 0 };

		(void)value;
		if (!strchr(key, '-'))
			continue;
		nb_text_add(&pattern, "^");
		for (const char *p = key; *p; p++)
			nb_text_add(&pattern, *p == '-' ? "[-_]" : "%c", *p);
		nb_text_add(&pattern, "$");
		nb_text_add(&target, "%s/properties/%s", path, key);
		nb_json_set(need_map(shape, "patternProperties"), nbc_text_of(&pattern),
			reference(nbc_text_of(&target)));
	}
}

static void accept_underscores(struct json_object *node, const char *path)
{
	if (json_object_is_type(node, json_type_array)) {
		for (size_t i = 0; i < json_object_array_length(node); i++) {
			NB_CLEANUP(nb_text_done) struct nb_text below = { 0 };

			nb_text_add(&below, "%s/%zu", path, i);
			accept_underscores(
				json_object_array_get_idx(node, i), nbc_text_of(&below));
		}
	}
	if (!json_object_is_type(node, json_type_object))
		return;
	json_object_object_foreach(node, key, value) {
		NB_CLEANUP(nb_text_done) struct nb_text below = { 0 };

		nb_text_add(&below, "%s/%s", path, key);
		accept_underscores(value, nbc_text_of(&below));
	}
	if (json_object_is_type(member(node, "properties"), json_type_object))
		accept_underscores_of(node, path);
}

int nbc_schema(struct nbc *nbc, const struct nbc_args *args)
{
	NB_CLEANUP(nb_json_putp) struct json_object *schema = json_tokener_parse(nbc_schema_base);
	struct json_object *defs, *bond;

	if (!schema)
		nbc_die_of_memory();
	defs = member(schema, "$defs");
	bond = member(defs, "bond");
	add_rows(bond, "#/$defs/bond", NB_SCOPE_BOND);
	add_rows(bond, "#/$defs/bond", NB_SCOPE_LINK);
	add_rows(member(defs, "slave"), "#/$defs/slave", NB_SCOPE_SLAVE);
	for (unsigned mode = 0; mode < NB_MODE_COUNT; mode++)
		add_mode(member(bond, "allOf"), mode);
	accept_underscores(schema, "#");
	nbc_doc_print(nbc, args->format, schema);
	return NBC_OK;
}
