/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* netbondctl show: all about bonds, as wanted and as found. */
#include <inttypes.h>
#include <string.h>

#include "cli/args.h"
#include "cli/summary.h"
#include "cli/table.h"

static enum nbc_colour paint_difference(const char *cell)
{
	return *cell ? NBC_YELLOW : NBC_PLAIN;
}

static const struct nbc_column option_columns[] = {
	{ "OPTION" },
	{ "WANTED", .least = 12 },
	{ "FOUND", .least = 12 },
	{ "", .paint = paint_difference },
};

static enum nbc_colour paint_slave(const char *cell)
{
	return nb_streq(cell, "usable") ? NBC_PLAIN : NBC_RED;
}

static const struct nbc_column slave_columns[] = {
	{ "SLAVE" },
	{ "IS", .paint = paint_slave },
	{ "STATE" },
	{ "MII", .drop = 4 },
	{ "SPEED", .drop = 2 },
	{ "AGGREGATOR", .drop = 3 },
	{ "FAILURES", .drop = 1 },
	{ "MAC", .drop = 5 },
};

/* A value for people: lists with commas, mappings as "name value". */
static void say(struct json_object *value, struct nb_text *out)
{
	if (json_object_is_type(value, json_type_array)) {
		for (size_t i = 0; i < json_object_array_length(value); i++)
			nb_text_add(out, "%s%s", i ? ", " : "",
				json_object_get_string(json_object_array_get_idx(value, i)));
	} else if (json_object_is_type(value, json_type_object)) {
		json_object_object_foreach(value, key, member) {
			nb_text_add(out, "%s%s ", out->length ? ", " : "", key);
			say(member, out);
		}
	} else if (value) {
		nb_text_add(out, "%s", json_object_get_string(value));
	}
}

/*
 * Nothing is found of an option that is off where the kernel does not dump it: no list, no name, and
 * what a kernel is too old for.
 */
static bool is_off(struct json_object *value)
{
	if (json_object_is_type(value, json_type_array))
		return json_object_array_length(value) == 0;
	if (json_object_is_type(value, json_type_boolean) || json_object_is_type(value, json_type_int))
		return json_object_get_int64(value) == 0;
	return !value || !*json_object_get_string(value);
}

static void say_with_unit(
	const struct nb_option *row, struct json_object *value, struct nb_text *out)
{
	say(value, out);
	if (value && row->unit && json_object_is_type(value, json_type_int))
		nb_text_add(out, " %s", row->unit);
}

/* @prefix: of a slave's options its name, "" for the bond's own. */
static void add_option(struct nbc_table *table, const struct nb_option *row, const char *prefix,
	struct json_object *wanted, struct json_object *found)
{
	NB_CLEANUP(nb_text_done) struct nb_text name = { 0 };
	NB_CLEANUP(nb_text_done) struct nb_text want = { 0 };
	NB_CLEANUP(nb_text_done) struct nb_text have = { 0 };
	/* What the kernel hides from readers without rights is not on the bus. */
	bool hidden = !found && (row->flags & NB_OPTION_ADMIN);
	bool differs = wanted && !hidden && !json_object_equal(wanted, found) &&
		       !(is_off(wanted) && (!found || is_off(found)));

	nb_text_add(&name, "%s%s%s", prefix, *prefix ? " " : "", row->name);
	say_with_unit(row, wanted, &want);
	say_with_unit(row, found, &have);
	nbc_table_add(table, (const char *const[]){ nbc_text_of(&name),
		want.length ? nbc_text_of(&want) : "-", have.length ? nbc_text_of(&have) : hidden ? "(hidden)" : "-",
		differs ? "differs" : "" });
}

static void add_options(struct nbc_table *table, enum nb_scope scope, const char *prefix,
	struct json_object *object)
{
	struct json_object *wants = nbc_get(object, "wanted");
	struct json_object *founds = nbc_get(object, "options");

	nb_foreach_option(row, attr, scope) {
		struct json_object *wanted = nbc_get(wants, row->name);
		struct json_object *found = nbc_get(founds, row->name);

		/* Of a slave only what somebody may have set; its state stands in its own table. */
		if ((wanted || found) && (!*prefix || nb_option_writable(row)))
			add_option(table, row, prefix, wanted, found);
	}
}

static void print_options(
	const struct nbc *nbc, const struct nbc_objects *objects, struct json_object *bond)
{
	NB_CLEANUP(nbc_table_done) struct nbc_table table = {
		.columns = option_columns, .n_columns = NB_ARRAY_SIZE(option_columns)
	};

	add_options(&table, NB_SCOPE_BOND, "", bond);
	for (size_t i = 0; i < nbc_list_length(bond, "slaves"); i++) {
		const char *name = nbc_list_text(bond, "slaves", i);

		add_options(&table, NB_SCOPE_SLAVE, name, nbc_slave_of(objects, bond, name));
	}
	if (table.n_cells == 0)
		return;
	fputc('\n', nbc->out);
	nbc_table_print(&table, nbc);
}

static void add_number(struct nb_text *out, struct json_object *map, const char *key)
{
	struct json_object *value = nbc_get(map, key);

	nb_text_add(out, "%s", value ? json_object_get_string(value) : "-");
}

static void add_slave(struct nbc_table *table, const char *name, struct json_object *slave)
{
	NB_CLEANUP(nb_text_done) struct nb_text speed = { 0 };
	NB_CLEANUP(nb_text_done) struct nb_text aggregator = { 0 };
	NB_CLEANUP(nb_text_done) struct nb_text failures = { 0 };
	const char *is = nbc_get_bool(slave, "usable", false)	 ? "usable" :
			 !nbc_get_bool(slave, "up", false)	 ? "down" :
			 !nbc_get_bool(slave, "carrier", false) ? "no carrier" :
								   "not usable";

	nbc_say_speed(nbc_get_number(slave, "speed"), &speed);
	add_number(&aggregator, slave, "ad-aggregator-id");
	add_number(&failures, slave, "link-failure-count");
	nbc_table_add(table,
		(const char *const[]){ name, is, nbc_get_text(slave, "state"),
			nbc_get_text(slave, "mii-status"), nbc_text_of(&speed),
			nbc_text_of(&aggregator), nbc_text_of(&failures),
			nbc_get_text(slave, "mac") });
}

static void print_slaves(
	const struct nbc *nbc, const struct nbc_objects *objects, struct json_object *bond)
{
	NB_CLEANUP(nbc_table_done) struct nbc_table table = {
		.columns = slave_columns, .n_columns = NB_ARRAY_SIZE(slave_columns)
	};

	for (size_t i = 0; i < nbc_list_length(bond, "slaves"); i++) {
		const char *name = nbc_list_text(bond, "slaves", i);

		add_slave(&table, name, nbc_slave_of(objects, bond, name));
	}
	if (table.n_cells == 0)
		return;
	fputc('\n', nbc->out);
	nbc_table_print(&table, nbc);
}

static void print_fact(const struct nbc *nbc, const char *name, const char *text)
{
	unsigned at = nbc_cells(name, strlen(name)) + 2;

	if (!*text)
		return;
	fprintf(nbc->out, "  %s", name);
	nbc_wrap(nbc, nbc->out, text, 14, at);
}

static void print_member(const struct nbc *nbc, struct json_object *bond, const char *key)
{
	NB_CLEANUP(nb_text_done) struct nb_text text = { 0 };

	say(nbc_get(bond, key), &text);
	print_fact(nbc, key, nbc_text_of(&text));
}

static void print_head(const struct nbc *nbc, const struct nbc_summary *s)
{
	NB_CLEANUP(nb_text_done) struct nb_text title = { 0 };
	NB_CLEANUP(nb_text_done) struct nb_text state = { 0 };
	NB_CLEANUP(nb_text_done) struct nb_text since = { 0 };
	NB_CLEANUP(nb_text_done) struct nb_text active = { 0 };
	const char *mode = nbc_get_text(s->bond, "mode");

	nbc_bond_title(s->bond, &title);
	fprintf(nbc->out, "%s%s%s\n", nbc_colour(nbc, nbc->out, NBC_BOLD), nbc_text_of(&title),
		nbc_colour(nbc, nbc->out, NBC_PLAIN));
	nb_text_add(&state, "%s, %zu of %zu slaves usable%s", s->state, s->n_usable, s->n_all,
		s->speed ? ", " : "");
	if (s->speed)
		nbc_say_speed(s->speed, &state);
	print_fact(nbc, "state", nbc_text_of(&state));
	print_fact(nbc, "mode", mode);
	nbc_say_since(s, &since);
	print_fact(nbc, "since", nbc_text_of(&since));
	nbc_say_active(s, &active);
	print_fact(nbc, "active", nbc_text_of(&active));
}

static void print_bond(
	const struct nbc *nbc, const struct nbc_objects *objects, struct json_object *bond)
{
	static const char *const keys[] = { "mac", "mtu", "addresses", "waiting", "drift" };
	struct nbc_summary s = nbc_summarise(objects, bond);

	print_head(nbc, &s);
	for (size_t i = 0; i < NB_ARRAY_SIZE(keys); i++)
		print_member(nbc, bond, keys[i]);
	for (size_t i = 0; i < nbc_list_length(bond, "held"); i++)
		print_fact(nbc, "held", nbc_list_text(bond, "held", i));
	print_slaves(nbc, objects, bond);
	print_options(nbc, objects, bond);
}

static void print_document(const struct nbc *nbc, enum nbc_format format,
	const struct nbc_objects *objects, struct json_object *bonds)
{
	NB_CLEANUP(nb_json_putp) struct json_object *doc = nb_json_document();

	for (size_t i = 0; i < json_object_array_length(bonds); i++) {
		struct json_object *bond = json_object_array_get_idx(bonds, i);
		struct json_object *links = nb_json_list();

		for (size_t k = 0; k < nbc_list_length(bond, "slaves"); k++) {
			struct json_object *slave =
				nbc_slave_of(objects, bond, nbc_list_text(bond, "slaves", k));

			if (slave)
				nb_json_add(links, json_object_get(slave));
		}
		nb_json_set(bond, "slave-links", links);
	}
	nb_json_set(doc, "bonds", json_object_get(bonds));
	nbc_doc_print(nbc, format, doc);
}

int nbc_show(struct nbc *nbc, const struct nbc_args *args)
{
	NB_CLEANUP(nbc_client_done) struct nbc_client client = { 0 };
	NB_CLEANUP(nbc_objects_done) struct nbc_objects objects = { 0 };
	NB_CLEANUP(nb_json_putp) struct json_object *bonds = NULL;

	if (nbc_client_open(&client, nbc, args) < 0 || nbc_objects_get(&client, &objects) < 0 ||
		nbc_objects_select(nbc, &objects, args, &bonds) < 0)
		return NBC_ERROR;
	if (args->format != NBC_TEXT) {
		print_document(nbc, args->format, &objects, bonds);
		return NBC_OK;
	}
	for (size_t i = 0; i < json_object_array_length(bonds); i++) {
		if (i)
			fputc('\n', nbc->out);
		print_bond(nbc, &objects, json_object_array_get_idx(bonds, i));
	}
	return NBC_OK;
}
