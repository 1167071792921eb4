/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* netbondctl status: all bonds on one screen, worst first. */
#include <string.h>
#include <time.h>

#include "cli/args.h"
#include "cli/duration.h"
#include "cli/problems.h"
#include "cli/recent.h"
#include "cli/summary.h"
#include "cli/table.h"

static const struct nbc_column columns[] = {
	{ "BOND" },
	{ "MODE", .drop = 2 },
	{ "STATE", .paint = nbc_paint_state },
	{ "ACTIVE", .drop = 1 },
	{ "SPEED", .drop = 3 },
	{ "SLAVES UP" },
	{ "SINCE", .drop = 4 },
	{ "NOTE", .least = 20, .below = true },
};

/* The bonds asked for, summed up. */
struct overview {
	struct json_object *entries; /* of their history, the last day's */
	struct nbc_objects objects;
	struct json_object *bonds;
	struct nbc_summary *items;
	size_t n;
	size_t held_elsewhere; /* differences of no bond there is: of namespaces, of what leaves the file */
};

static void overview_done(struct overview *o)
{
	free(o->items);
	json_object_put(o->bonds);
	json_object_put(o->entries);
	nbc_objects_done(&o->objects);
}

static int worst_first(const void *a, const void *b)
{
	const struct nbc_summary *one = a, *two = b;

	if (one->rank != two->rank)
		return one->rank < two->rank ? -1 : 1;
	return one->order < two->order ? -1 : 1;
}

static size_t held_elsewhere(const struct nbc_objects *objects)
{
	size_t all = nbc_get_number(objects->manager, "held"), of_bonds = 0;

	for (size_t i = 0; i < json_object_array_length(objects->bonds); i++)
		of_bonds += nbc_list_length(json_object_array_get_idx(objects->bonds, i), "held");
	return all - NB_MIN(all, of_bonds);
}

static int look(struct nbc_client *c, const struct nbc_args *args, struct overview *o)
{
	int r = nbc_objects_get(c, &o->objects);

	if (r == 0)
		r = nbc_objects_select(c->nbc, &o->objects, args, &o->bonds);
	if (r < 0)
		return r;
	o->n = json_object_array_length(o->bonds);
	o->items = calloc(o->n + 1, sizeof(*o->items));
	if (!o->items)
		nbc_die_of_memory();
	for (size_t i = 0; i < o->n; i++) {
		o->items[i] = nbc_summarise(
			&o->objects, json_object_array_get_idx(o->bonds, i));
		o->items[i].order = i;
	}
	o->entries = nbc_recent_get(c, o->bonds);
	o->held_elsewhere = args->n_words ? 0 : held_elsewhere(&o->objects);
	return 0;
}

static void add_part(struct nb_text *out, const char *text)
{
	nb_text_add(out, "%s%s", out->length ? ", " : "", text);
}

/* Another machine has been up for another time. */
static void say_pause(uint64_t until, bool here, struct nb_text *out)
{
	struct timespec now;
	uint64_t usec;

	add_part(out, "paused");
	clock_gettime(CLOCK_BOOTTIME, &now);
	usec = (uint64_t)now.tv_sec * 1000000 + (uint64_t)now.tv_nsec / 1000;
	if (!here || until <= usec)
		return;
	nb_text_add(out, " for ");
	nbc_duration_say(until - usec, out);
}

static void say_note(const struct nbc_summary *s, bool here, struct nb_text *out)
{
	size_t n_held = nbc_list_length(s->bond, "held");

	for (size_t i = 0; i < nbc_list_length(s->bond, "waiting"); i++)
		nb_text_add(out, "%s%s", i ? " " : "waits for ",
			nbc_list_text(s->bond, "waiting", i));
	if (n_held)
		nb_text_add(out, "%s%zu held", out->length ? ", " : "", n_held);
	if (s->paused)
		say_pause(s->paused, here, out);
	/* A bond in the kernel that nobody declared. */
	if (!*nbc_get_text(s->bond, "key"))
		add_part(out, "not configured");
}

static void add_row(struct nbc_table *table, const struct nbc_summary *s, bool here)
{
	NB_CLEANUP(nb_text_done) struct nb_text title = { 0 };
	NB_CLEANUP(nb_text_done) struct nb_text active = { 0 };
	NB_CLEANUP(nb_text_done) struct nb_text speed = { 0 };
	NB_CLEANUP(nb_text_done) struct nb_text slaves = { 0 };
	NB_CLEANUP(nb_text_done) struct nb_text since = { 0 };
	NB_CLEANUP(nb_text_done) struct nb_text note = { 0 };
	const char *mode = nbc_get_text(s->bond, "mode");

	nbc_bond_title(s->bond, &title);
	nbc_say_active(s, &active);
	nbc_say_speed(s->speed, &speed);
	nb_text_add(&slaves, "%zu/%zu", s->n_usable, s->n_all);
	nbc_say_since(s, &since);
	say_note(s, here, &note);
	nbc_table_add(table,
		(const char *const[]){ nbc_text_of(&title), *mode ? mode : "-", s->state,
			nbc_text_of(&active), nbc_text_of(&speed), nbc_text_of(&slaves),
			nbc_text_of(&since), nbc_text_of(&note) });
}

/* What is held, as sentences; they name what releases them. */
static void print_held(const struct nbc *nbc, const struct overview *o)
{
	bool releasable = false;

	for (size_t i = 0; i < o->n; i++) {
		struct json_object *bond = o->items[i].bond;

		for (size_t h = 0; h < nbc_list_length(bond, "held"); h++) {
			NB_CLEANUP(nb_text_done) struct nb_text text = { 0 };

			nbc_bond_title(bond, &text);
			nb_text_add(&text, ": %s", nbc_list_text(bond, "held", h));
			releasable = releasable || strstr(nbc_text_of(&text), "--allow ");
			fprintf(nbc->out, "held: ");
			nbc_wrap(nbc, nbc->out, nbc_text_of(&text), 6, 6);
		}
	}
	if (o->held_elsewhere) {
		NB_CLEANUP(nb_text_done) struct nb_text text = { 0 };

		nb_text_add(&text, "%zu change%s to namespaces, or to what left the configuration: "
			"`%s plan` says which, and what releases them", o->held_elsewhere,
			o->held_elsewhere == 1 ? "" : "s", nbc->program);
		fprintf(nbc->out, "held: ");
		nbc_wrap(nbc, nbc->out, nbc_text_of(&text), 6, 6);
	}
	if (releasable) {
		NB_CLEANUP(nb_text_done) struct nb_text text = { 0 };

		nb_text_add(&text, "`%s apply --allow CLASS [FILE...]` does what is held.", nbc->program);
		nbc_wrap(nbc, nbc->out, nbc_text_of(&text), 6, 0);
	}
}

static bool is_in_force(struct json_object *manager)
{
	return !*nbc_get_text(manager, "degraded");
}

/* An older netbondd does not say. */
static bool has_looked(struct json_object *manager)
{
	return nbc_get_bool(manager, "ready", true);
}

/* A try that is under way: how long, and what ends it. */
static void print_trying(const struct nbc *nbc, struct nbc_client *c, const struct overview *o)
{
	const char *path = nbc_get_text(o->objects.manager, "trying");
	NB_CLEANUP(nb_json_putp) struct json_object *now = NULL;
	NB_CLEANUP(nb_text_done) struct nb_text left = { 0 };
	uint64_t remaining;

	if (!*path || nb_streq(path, "/") ||
		nbc_client_properties(c, path, NBC_BUS_TRANSACTION, &now) < 0)
		return;
	remaining = nbc_get_number(now, "remaining");
	if (remaining == 0) {
		fprintf(nbc->out, "A change is being tried (%s).\n\n", nbc_get_text(now, "state"));
		return;
	}
	nbc_duration_say(NB_MAX(remaining, (uint64_t)1000000), &left);
	fprintf(nbc->out,
		"%sA change is being tried (%s) and goes back in %s:%s `%s confirm` keeps it, "
		"`%s rollback` goes back now.\n\n",
		nbc_colour(nbc, nbc->out, NBC_YELLOW), nbc_get_text(now, "state"),
		nbc_text_of(&left), nbc_colour(nbc, nbc->out, NBC_PLAIN), nbc->program,
		nbc->program);
}

static void print_text(const struct nbc *nbc, const struct overview *o, bool here)
{
	NB_CLEANUP(nbc_table_done) struct nbc_table table = {
		.columns = columns, .n_columns = NB_ARRAY_SIZE(columns)
	};
	struct json_object *manager = o->objects.manager;

	if (!is_in_force(manager)) {
		fprintf(nbc->out, "%sThe configuration is not in force:%s\n",
			nbc_colour(nbc, nbc->out, NBC_RED), nbc_colour(nbc, nbc->out, NBC_PLAIN));
		nbc_wrap(nbc, nbc->out, nbc_get_text(manager, "degraded"), 2, 0);
		fputc('\n', nbc->out);
	}
	if (!has_looked(manager)) {
		fprintf(nbc->out, "netbondd has only started, and has not looked at the kernel yet.\n");
		return;
	}
	if (o->n == 0) {
		fprintf(nbc->out, "There are no bonds: declare one in /etc/netbond/*.yaml, then\n"
			"`%s reload`.\n", nbc->program);
		print_held(nbc, o);
		return;
	}
	for (size_t i = 0; i < o->n; i++)
		add_row(&table, &o->items[i], here);
	nbc_table_print(&table, nbc);
	print_held(nbc, o);
	nbc_recent_print(nbc, o->entries);
}

static void copy(struct json_object *to, struct json_object *from, const char *key)
{
	struct json_object *value = nbc_get(from, key);

	if (value)
		nb_json_set(to, key, json_object_get(value));
}

static struct json_object *bond_document(const struct nbc_summary *s)
{
	static const char *const keys[] = { "name", "namespace", "key", "mode", "state", "since", "since-seen",
		"active-slave", "carrier", "slaves", "waiting", "held-slaves", "held", "paused" };
	struct json_object *map = nb_json_map();

	for (size_t i = 0; i < NB_ARRAY_SIZE(keys); i++)
		copy(map, s->bond, keys[i]);
	if (s->aggregator)
		nb_json_set_number(map, "aggregator", (int64_t)s->aggregator);
	if (s->speed)
		nb_json_set_number(map, "speed", (int64_t)s->speed);
	nb_json_set_number(map, "slaves-up", (int64_t)s->n_usable);
	return map;
}

static void print_document(
	const struct nbc *nbc, enum nbc_format format, const struct overview *o)
{
	NB_CLEANUP(nb_json_putp) struct json_object *doc = nb_json_document();
	struct json_object *bonds = nb_json_list();

	nb_json_set(doc, "daemon", json_object_get(o->objects.manager));
	for (size_t i = 0; i < o->n; i++)
		nb_json_add(bonds, bond_document(&o->items[i]));
	nb_json_set(doc, "bonds", bonds);
	nb_json_set(doc, "recent", nbc_recent_document(o->entries));
	nbc_doc_print(nbc, format, doc);
}

int nbc_status(struct nbc *nbc, const struct nbc_args *args)
{
	NB_CLEANUP(nbc_client_done) struct nbc_client client = { 0 };
	NB_CLEANUP(overview_done) struct overview o = { 0 };
	bool fine;

	if (nbc_client_open(&client, nbc, args) < 0 || look(&client, args, &o) < 0)
		return NBC_ERROR;
	qsort(o.items, o.n, sizeof(*o.items), worst_first);
	if (args->format == NBC_TEXT)
		print_trying(nbc, &client, &o);
	if (args->format == NBC_TEXT)
		print_text(nbc, &o, !nbc_args_has(args, NBC_HOST));
	else
		print_document(nbc, args->format, &o);
	fine = (o.n == 0 || o.items[0].rank == NBC_RANK_FINE) && is_in_force(o.objects.manager) &&
	       has_looked(o.objects.manager) && !o.held_elsewhere;
	return fine ? NBC_OK : NBC_DIFFERS;
}
