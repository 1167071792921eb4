/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "cli/option-detail.h"

#include <string.h>

#include "cli/option-words.h"
#include "cli/term.h"

#define COLUMN 20

static void line(const struct nbc *nbc, const char *label, const struct nb_text *text)
{
	const char *words = nbc_text_of(text);

	if (!*words)
		return;
	fprintf(nbc->out, "  %s", label);
	nbc_wrap(nbc, nbc->out, words, COLUMN, 2 + (unsigned)strlen(label));
}

/* One line of the page: @build appends to the text. */
#define LINE(nbc, label, build)                                       \
	do {                                                          \
		NB_CLEANUP(nb_text_done) struct nb_text text = { 0 }; \
		build;                                                \
		line(nbc, label, &text);                              \
	} while (0)

static void say_dbus(const struct nb_option *row, struct nb_text *out)
{
	nb_option_dbus_name(row, out);
	nb_text_add(out, ", type %s", nb_option_dbus_signature(row));
}

void nbc_print_option(const struct nbc *nbc, const struct nb_option *row)
{
	bool has_values = row->type == &nb_type_integer || row->type == &nb_type_enum;

	fprintf(nbc->out, "%s%s%s (%s)\n", nbc_colour(nbc, nbc->out, NBC_BOLD), row->name,
		nbc_colour(nbc, nbc->out, NBC_PLAIN), nbc_scope_name(nb_option_scope(row)));
	fputs("  ", nbc->out);
	nbc_wrap(nbc, nbc->out, row->help, 2, 2);
	fputc('\n', nbc->out);
	LINE(nbc, "Also called", nb_text_add(&text, "%s", row->alias ? row->alias : ""));
	LINE(nbc, "Type", nbc_say_type(row, &text));
	if (has_values)
		LINE(nbc, "Values", nbc_say_values(row, true, &text));
	LINE(nbc, "Default", nbc_say_default_fully(row, &text));
	LINE(nbc, "Kernel's default", nbc_say_kernel_default(row, &text));
	LINE(nbc, "Works in", nbc_say_modes(nbc_option_works(row), &text));
	LINE(nbc, "No effect in", nbc_say_modes(row->idle, &text));
	LINE(nbc, "Refused in", nbc_say_modes(row->refused, &text));
	LINE(nbc, "Excludes", nbc_say_rows(row, row->conflicts, &text));
	LINE(nbc, "Needs", nbc_say_needs(row, &text));
	LINE(nbc, "Sent along", nbc_say_rows(row, row->resend, &text));
	LINE(nbc, "Change", nbc_say_change(row, &text));
	LINE(nbc, "Kernel", nb_text_add(&text, "%s%s", row->since ? row->since : "",
				    row->since ? " and later" : ""));
	LINE(nbc, "D-Bus", say_dbus(row, &text));
}

static struct json_object *modes(unsigned bits)
{
	struct json_object *list = nb_json_list();

	nb_foreach_bit(mode, bits)
		nb_json_add_string(list, nb_mode_name(mode));
	return list;
}

static void set_rows(
	struct json_object *map, const char *key, const struct nb_option *row, uint64_t attrs)
{
	struct json_object *list;

	if (!attrs)
		return;
	list = nb_json_list();
	nb_foreach_bit(attr, attrs)
		nb_json_add_string(list, nb_option_get(nb_option_scope(row), attr)->name);
	nb_json_set(map, key, list);
}

static void set_values(struct json_object *map, const struct nb_option *row)
{
	struct json_object *list;

	nb_json_set_string(map, "type", row->type->name);
	nb_json_set_string(map, "unit", row->unit);
	if (row->type == &nb_type_integer) {
		nb_json_set_number(map, "minimum", row->min);
		nb_json_set_number(map, "maximum", row->max);
	}
	if (!row->names)
		return;
	list = nb_json_list();
	for (const struct nb_name *n = row->names; n->name; n++) {
		struct json_object *value = nb_json_map();

		nb_json_set_string(value, "name", n->name);
		nb_json_set_number(value, "number", n->value);
		nb_json_add(list, value);
	}
	nb_json_set(map, "values", list);
}

static struct json_object *value_of(const struct nb_option *row, int64_t value)
{
	return nb_json_value(row,
		row->type->is_pointer ? (union nb_value){ 0 } : (union nb_value){ .s = value });
}

static void set_change(struct json_object *map, const struct nb_option *row)
{
	nb_json_set_bool(map, "writable", nb_option_writable(row));
	if (!nb_option_writable(row))
		return;
	if (nb_option_scope(row) != NB_SCOPE_LINK) {
		nb_json_set(map, "default", value_of(row, row->dflt));
		nb_json_set(map, "kernel-default", value_of(row, row->kernel_default));
	}
	nb_json_set_string(map, "class", nb_class_name(nb_option_class(row)));
	nb_json_set_bool(map, "raised", row->raise != NULL);
	nb_json_set_string(map, "why", row->why);
}

struct json_object *nbc_option_document(const struct nb_option *row)
{
	struct json_object *map = nb_json_map(), *mode = nb_json_map(), *dbus = nb_json_map();
	struct json_object *aliases = nb_json_list();
	NB_CLEANUP(nb_text_done) struct nb_text name = { 0 };

	nb_json_set_string(map, "scope", nbc_scope_name(nb_option_scope(row)));
	nb_json_set_string(map, "name", row->name);
	if (row->alias)
		nb_json_add_string(aliases, row->alias);
	nb_json_set(map, "aliases", aliases);
	nb_json_set_string(map, "help", row->help);
	set_values(map, row);
	set_change(map, row);
	nb_json_set(mode, "works", modes(nbc_option_works(row)));
	nb_json_set(mode, "idle", modes(row->idle));
	nb_json_set(mode, "refused", modes(row->refused));
	nb_json_set(map, "modes", mode);
	set_rows(map, "conflicts", row, row->conflicts);
	set_rows(map, "needs", row, row->needs);
	set_rows(map, "resent", row, row->resend);
	nb_json_set_string(map, "since", row->since);
	nb_option_dbus_name(row, &name);
	nb_json_set_string(dbus, "name", nbc_text_of(&name));
	nb_json_set_string(dbus, "signature", nb_option_dbus_signature(row));
	nb_json_set(map, "dbus", dbus);
	return map;
}
