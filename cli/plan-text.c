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

/* {object: its worst class}, NULL without the memory; owned by the caller */
static struct json_object *object_classes(struct json_object *doc)
{
	struct json_object *classes = json_object_new_object(), *value;
	enum nb_class worst, class;

	for (size_t i = 0; classes && i < nbc_list_length(doc, "operations"); i++) {
		struct json_object *op = item(doc, "operations", i);
		const char *object = nbc_get_text(op, "object"), *name = nbc_get_text(op, "class");

		if (nb_class_parse(name, &class) < 0 ||
			(nb_class_parse(nbc_get_text(classes, object), &worst) == 0 && worst >= class))
			continue;
		value = json_object_new_string(name);
		if (!value || json_object_object_add(classes, object, value) < 0)
			json_object_put(value);
	}
	return classes;
}

/* "bond0: live: nothing stops", above its operations */
static void print_object(const struct nbc *nbc, struct json_object *doc, struct json_object *classes,
	const char *object)
{
	const char *impact = nbc_get_text(nbc_get(doc, "impact"), object);
	NB_CLEANUP(nb_text_done) struct nb_text text = { 0 };

	nb_text_add(&text, "%s: %s%s%s", object, nbc_get_text(classes, object), *impact ? ": " : "",
		impact);
	nbc_wrap(nbc, nbc->out, nbc_text_of(&text), 2, 2);
}

static void print_operations(const struct nbc *nbc, struct json_object *doc)
{
	struct json_object *classes = object_classes(doc);
	const char *object = NULL;

	for (size_t i = 0; i < nbc_list_length(doc, "operations"); i++) {
		struct json_object *op = item(doc, "operations", i);
		NB_CLEANUP(nb_text_done) struct nb_text reason = { 0 };
		int taken;

		if (!nb_streq(nbc_get_text(op, "object"), object)) {
			object = nbc_get_text(op, "object");
			print_object(nbc, doc, classes, object);
		}
		taken = fprintf(nbc->out, "  %2zu. %-7s ", i + 1, nbc_get_text(op, "class"));
		nbc_wrap(nbc, nbc->out, nbc_get_text(op, "text"), (unsigned)taken, (unsigned)taken);
		nb_text_add(&reason, "(%s)", nbc_get_text(op, "reason"));
		if (*nbc_get_text(op, "reason"))
			nbc_wrap(nbc, nbc->out, nbc_text_of(&reason), 15, 0);
	}
	json_object_put(classes);
}

static void print_held(const struct nbc *nbc, struct json_object *held)
{
	const char *reason = nbc_get_text(held, "reason");
	NB_CLEANUP(nb_text_done) struct nb_text text = { 0 };

	fputs("held: ", nbc->out);
	nb_text_add(&text, "%s: %s", nbc_get_text(held, "object"), nbc_get_text(held, "text"));
	if (nbc_get_bool(held, "failed", false))
		nb_text_add(&text, "\nit failed: %s; change the configuration to try again", reason);
	else if (nbc_get_bool(held, "paused", false))
		nb_text_add(&text, "\n%s", reason);
	else
		nb_text_add(&text, "%s%s%s\nto do it: --allow %s%s", *reason ? " (" : "", reason,
			*reason ? ")" : "", nbc_get_text(held, "class"),
			nbc_get_bool(held, "force", false) ? " --force" : "");
	nbc_wrap(nbc, nbc->out, nbc_text_of(&text), 6, 6);
}

static size_t count_errors(struct json_object *doc)
{
	size_t n = 0;

	for (size_t i = 0; i < nbc_list_length(doc, "notes"); i++)
		n += nb_streq(nbc_get_text(item(doc, "notes", i), "severity"), "error");
	return n;
}

void nbc_plan_print(const struct nbc *nbc, struct json_object *doc)
{
	const size_t n_errors = count_errors(doc);
	size_t n = nbc_list_length(doc, "operations"), n_held = nbc_list_length(doc, "held");

	print_operations(nbc, doc);
	for (size_t i = 0; i < n_held; i++)
		print_held(nbc, item(doc, "held", i));
	if (n)
		fprintf(nbc->out, "plan: %zu operation%s, class %s", n, n == 1 ? "" : "s",
			nbc_get_text(doc, "class"));
	else
		fprintf(nbc->out, "plan: nothing %s do", n_errors ? "that it can" : "to");
	if (n_held)
		fprintf(nbc->out, ", %zu held", n_held);
	if (n_errors)
		fprintf(nbc->out, ", %zu error%s", n_errors, n_errors == 1 ? "" : "s");
	fputc('\n', nbc->out);
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
