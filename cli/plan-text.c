/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "cli/plan-text.h"

#include "cli/objects.h"
#include "cli/problems.h"
#include "cli/term.h"
#include "lib/core/option.h"

static struct json_object *item(struct json_object *doc, const char *list, size_t i)
{
	return json_object_array_get_idx(nbc_get(doc, list), i);
}

static const char *object_class(struct json_object *doc, const char *object)
{
	enum nb_class worst = NB_CLASS_LIVE, class;

	for (size_t i = 0; i < nbc_list_length(doc, "operations"); i++) {
		struct json_object *op = item(doc, "operations", i);

		if (nb_streq(nbc_get_text(op, "object"), object) &&
			nb_class_parse(nbc_get_text(op, "class"), &class) == 0)
			worst = NB_MAX(worst, class);
	}
	return nb_class_name(worst);
}

static void add_operations(struct json_object *doc, struct nb_text *out)
{
	const char *object = NULL, *impact;

	for (size_t i = 0; i < nbc_list_length(doc, "operations"); i++) {
		struct json_object *op = item(doc, "operations", i);
		const char *reason = nbc_get_text(op, "reason");

		if (!nb_streq(nbc_get_text(op, "object"), object)) {
			object = nbc_get_text(op, "object");
			impact = nbc_get_text(nbc_get(doc, "impact"), object);
			nb_text_add(out, "%s: %s%s%s\n", object, object_class(doc, object),
				*impact ? ": " : "", impact);
		}
		nb_text_add(out, "  %2zu. %-7s %s\n", i + 1, nbc_get_text(op, "class"),
			nbc_get_text(op, "text"));
		if (*reason)
			nb_text_add(out, "               (%s)\n", reason);
	}
}

static void add_held(struct json_object *held, struct nb_text *out)
{
	const char *reason = nbc_get_text(held, "reason");

	nb_text_add(out, "held: %s: %s", nbc_get_text(held, "object"), nbc_get_text(held, "text"));
	if (nbc_get_bool(held, "failed", false))
		nb_text_add(out, "\n      it failed: %s; change the configuration to try again\n",
			reason);
	else if (nbc_get_bool(held, "paused", false))
		nb_text_add(out, "\n      %s\n", reason);
	else
		nb_text_add(out, "%s%s%s\n      to do it: --allow %s%s\n", *reason ? " (" : "",
			reason, *reason ? ")" : "", nbc_get_text(held, "class"),
			nbc_get_bool(held, "force", false) ? " --force" : "");
}

void nbc_plan_text(struct json_object *doc, struct nb_text *out)
{
	size_t n = nbc_list_length(doc, "operations"), n_held = nbc_list_length(doc, "held");

	add_operations(doc, out);
	for (size_t i = 0; i < n_held; i++)
		add_held(item(doc, "held", i), out);
	if (n)
		nb_text_add(out, "plan: %zu operation%s, class %s", n, n == 1 ? "" : "s",
			nbc_get_text(doc, "class"));
	else
		nb_text_add(out, "plan: nothing to do");
	if (n_held)
		nb_text_add(out, ", %zu held", n_held);
	nb_text_add(out, "\n");
}

static void add_place(struct json_object *place, struct nb_text *out)
{
	const char *file = nbc_get_text(place, "file");
	uint64_t line = nbc_get_number(place, "line"), column = nbc_get_number(place, "column");

	if (!*file)
		return;
	nb_text_add(out, "%s:", file);
	if (line)
		nb_text_add(out, "%u:", (unsigned)line);
	if (line && column)
		nb_text_add(out, "%u:", (unsigned)column);
	nb_text_add(out, " ");
}

static void add_note(struct json_object *note, struct nb_text *out)
{
	const char *object = nbc_get_text(note, "object"), *hint = nbc_get_text(note, "hint");
	struct json_object *other = nbc_get(note, "other");

	add_place(note, out);
	nb_text_add(out, "%s: %s%s%s\n", nbc_get_text(note, "severity"), object,
		*object ? ": " : "", nbc_get_text(note, "text"));
	if (*hint)
		nb_text_add(out, "      = %s\n", hint);
	if (other) {
		add_place(other, out);
		nb_text_add(out, "note: the other place is here\n");
	}
}

void nbc_tell_notes(const struct nbc *nbc, struct json_object *doc)
{
	NB_CLEANUP(nb_text_done) struct nb_text text = { 0 };

	for (size_t i = 0; i < nbc_list_length(doc, "notes"); i++)
		add_note(item(doc, "notes", i), &text);
	nbc_tell_lines(nbc, nbc_text_of(&text));
}

int nbc_plan_status(struct json_object *doc)
{
	for (size_t i = 0; i < nbc_list_length(doc, "notes"); i++) {
		if (nb_streq(nbc_get_text(item(doc, "notes", i), "severity"), "error"))
			return NBC_ERROR;
	}
	return nbc_list_length(doc, "operations") || nbc_list_length(doc, "held") ? NBC_DIFFERS :
										     NBC_OK;
}
