/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "cli/live.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "cli/counted.h"
#include "cli/interrupt.h"
#include "cli/screen.h"
#include "cli/summary.h"
#include "cli/term.h"

#define EVENTS 64u
#define LOOK_USEC 1000000
#define BAR 10
#define STATE 10u
#define ACTIVE (IFNAMSIZ - 1u)

struct nbc_live {
	struct nbc nbc; /* with the width of now */
	struct nbc_objects before, now;
	double seconds;
	int64_t looked; /* µs */
	char *events[EVENTS];
	size_t n_events;
	bool dirty;	/* an event came since it was drawn */
};

void nbc_rate_say(double bits, struct nb_text *out)
{
	static const char *const units[] = { "b/s", "kb/s", "Mb/s", "Gb/s", "Tb/s" };
	size_t unit = 0;

	if (bits < 1) {
		nb_text_add(out, "0");
		return;
	}
	while (bits >= 999.5 && unit + 1 < NB_ARRAY_SIZE(units)) {
		bits /= 1000;
		unit++;
	}
	nb_text_add(out, "%.*f %s", bits < 9.995 ? 2 : bits < 99.95 ? 1 : 0, bits, units[unit]);
}

/* Drawing */

struct drawing {
	const struct nbc *nbc;
	const struct nbc_objects *now, *before;
	double seconds;
	unsigned title; /* columns of the first one */
	unsigned rows;	/* that are left */
	struct nb_text *out;
};

/* One line, cut where the terminal ends. */
static void add_line(struct drawing *d, const char *text, enum nbc_colour colour)
{
	size_t bytes = strlen(text);
	const char *paint = nbc_colour(d->nbc, d->nbc->out, colour);

	if (d->rows == 0)
		return;
	while (bytes && nbc_cells(text, bytes) > d->nbc->width)
		bytes--;
	nb_text_add(d->out, "%s%.*s%s\n", paint, (int)bytes, text,
		*paint ? nbc_colour(d->nbc, d->nbc->out, NBC_PLAIN) : "");
	d->rows--;
}

/* Cut or filled to its column: a long name moves no other one. */
static void add_cell(struct nb_text *out, const char *text, unsigned width)
{
	size_t bytes = strlen(text);
	unsigned cells;

	while ((cells = nbc_cells(text, bytes)) > width)
		bytes--;
	nb_text_add(out, "%.*s%*s", (int)bytes, text, (int)(width - cells + 1), "");
}

/* What a counter grew by each second. */
static double rate(
	const struct drawing *d, struct json_object *now, struct json_object *before, const char *key)
{
	uint64_t a = nbc_get_number(nbc_get(before, "stats"), key);
	uint64_t b = nbc_get_number(nbc_get(now, "stats"), key);

	return before && b >= a && d->seconds > 0 ? (double)(b - a) / d->seconds : 0;
}

static struct json_object *bond_before(const struct drawing *d, struct json_object *bond)
{
	struct json_object *list = d->before ? d->before->bonds : NULL;

	for (size_t i = 0; list && i < json_object_array_length(list); i++) {
		struct json_object *other = json_object_array_get_idx(list, i);

		if (nb_streq(nbc_get_text(other, "name"), nbc_get_text(bond, "name")) &&
			nb_streq(nbc_get_text(other, "namespace"), nbc_get_text(bond, "namespace")))
			return other;
	}
	return NULL;
}

static void say_rates(const struct drawing *d, struct json_object *now, struct json_object *before,
	struct nb_text *out)
{
	NB_CLEANUP(nb_text_done) struct nb_text rx = { 0 };
	NB_CLEANUP(nb_text_done) struct nb_text tx = { 0 };

	if (before) {
		nbc_rate_say(8 * rate(d, now, before, "rx-bytes"), &rx);
		nbc_rate_say(8 * rate(d, now, before, "tx-bytes"), &tx);
	}
	nb_text_add(out, "%11s %11s", nbc_text_of(&rx), nbc_text_of(&tx));
}

/* What goes wrong right now. */
static void say_losses(const struct drawing *d, struct json_object *now, struct json_object *before,
	struct nb_text *out)
{
	double errors = rate(d, now, before, "rx-errors") + rate(d, now, before, "tx-errors");
	double drops = rate(d, now, before, "rx-dropped") + rate(d, now, before, "tx-dropped");

	if (errors > 0)
		nb_text_add(out, "  %.0f errors/s", errors);
	if (drops > 0)
		nb_text_add(out, "  %.0f drops/s", drops);
}

static const char *slave_state(struct json_object *slave)
{
	if (!nbc_get_bool(slave, "up", false))
		return "set down";
	if (!nbc_get_bool(slave, "carrier", false))
		return "no carrier";
	if (!nb_streq(nbc_get_text(slave, "mii-status"), "up"))
		return nbc_get_text(slave, "mii-status");
	return nbc_get_bool(slave, "usable", false) ? "up" : "no LACP";
}

static void draw_slave(struct drawing *d, struct json_object *slave, struct json_object *before,
	double bond_tx)
{
	bool usable = nbc_get_bool(slave, "usable", false);
	double share = bond_tx > 0 ? rate(d, slave, before, "tx-bytes") / bond_tx : 0;
	NB_CLEANUP(nb_text_done) struct nb_text line = { 0 };

	nb_text_add(&line, "  ");
	add_cell(&line, nbc_get_text(slave, "name"), d->title - 2);
	add_cell(&line, slave_state(slave), STATE);
	add_cell(&line, nbc_get_bool(slave, "active", false) ? "active" : usable ? "standby" : "",
		ACTIVE);
	say_rates(d, slave, before, &line);
	nb_text_add(&line, "  %-*.*s", BAR, (int)(NB_MIN(share, 1.0) * BAR + 0.5), "##########");
	say_losses(d, slave, before, &line);
	add_line(d, nbc_text_of(&line), usable ? NBC_PLAIN : NBC_YELLOW);
}

static void draw_bond(struct drawing *d, const struct nbc_summary *s)
{
	struct json_object *before = bond_before(d, s->bond);
	double tx = rate(d, s->bond, before, "tx-bytes");
	NB_CLEANUP(nb_text_done) struct nb_text title = { 0 };
	NB_CLEANUP(nb_text_done) struct nb_text active = { 0 };
	NB_CLEANUP(nb_text_done) struct nb_text line = { 0 };

	nbc_bond_title(s->bond, &title);
	nbc_say_active(s, &active);
	add_cell(&line, nbc_text_of(&title), d->title);
	add_cell(&line, s->state, STATE);
	add_cell(&line, nbc_text_of(&active), ACTIVE);
	say_rates(d, s->bond, before, &line);
	nb_text_add(&line, "  %zu/%zu slaves", s->n_usable, s->n_all);
	add_line(d, nbc_text_of(&line),
		s->rank == NBC_RANK_FINE ? NBC_BOLD : nbc_paint_state(s->state));
	for (size_t i = 0; i < s->n_slaves; i++) {
		const char *name = nbc_list_text(s->bond, "slaves", i);
		struct json_object *slave = nbc_slave_of(d->now, s->bond, name);

		if (slave)
			draw_slave(d, slave, d->before ? nbc_slave_of(d->before, s->bond, name) : NULL,
				tx);
	}
}

static int worst_first(const void *a, const void *b)
{
	const struct nbc_summary *one = a, *two = b;

	if (one->rank != two->rank)
		return one->rank < two->rank ? -1 : 1;
	return one->order < two->order ? -1 : 1;
}

static void draw_bonds(struct drawing *d, unsigned rows)
{
	size_t n = json_object_array_length(d->now->bonds), drawn = 0;
	struct nbc_summary *items = calloc(n + 1, sizeof(*items));
	unsigned left = d->rows - rows;

	if (!items)
		nbc_die_of_memory();
	for (size_t i = 0; i < n; i++) {
		items[i] = nbc_summarise(d->now, json_object_array_get_idx(d->now->bonds, i));
		items[i].order = i;
	}
	qsort(items, n, sizeof(*items), worst_first);
	/* A bond that does not fit whole is left to the line that says how many more there are. */
	for (; drawn < n && d->rows > left + items[drawn].n_slaves + 1; drawn++)
		draw_bond(d, &items[drawn]);
	if (drawn < n) {
		NB_CLEANUP(nb_text_done) struct nb_text more = { 0 };

		nb_text_add(&more, "... and %zu more bonds: netbondctl status", n - drawn);
		add_line(d, nbc_text_of(&more), NBC_CYAN);
	}
	free(items);
}

static void draw_head(struct drawing *d)
{
	size_t n = json_object_array_length(d->now->bonds), bad = 0;
	NB_CLEANUP(nb_text_done) struct nb_text line = { 0 };
	time_t now = time(NULL);
	struct tm local;
	char clock[16];

	for (size_t i = 0; i < n; i++)
		bad += nbc_summarise(d->now, json_object_array_get_idx(d->now->bonds, i)).rank <
		       NBC_RANK_HELD;
	localtime_r(&now, &local);
	strftime(clock, sizeof(clock), "%H:%M:%S", &local);
	nb_text_add(&line, "%s  %zu bond%s, %zu not well%s", clock, n, n == 1 ? "" : "s", bad,
		*nbc_get_text(d->now->manager, "degraded") ?
			"; the configuration is not in force" : "");
	add_line(d, nbc_text_of(&line), bad ? NBC_YELLOW : NBC_PLAIN);
	line.length = 0;
	add_cell(&line, "BOND", d->title);
	add_cell(&line, "STATE", STATE);
	add_cell(&line, "ACTIVE", ACTIVE);
	nb_text_add(&line, "%11s %11s", "RECEIVED", "SENT");
	add_line(d, nbc_text_of(&line), NBC_CYAN);
}

/* As wide as it has to be, and at most a third of the screen. */
static unsigned title_width(const struct nbc *nbc, const struct nbc_objects *now)
{
	const unsigned least = 2 + IFNAMSIZ - 1, most = NB_MAX(least, nbc->width / 3);
	unsigned width = least;

	for (size_t i = 0; i < json_object_array_length(now->bonds); i++) {
		NB_CLEANUP(nb_text_done) struct nb_text title = { 0 };

		nbc_bond_title(json_object_array_get_idx(now->bonds, i), &title);
		width = NB_MAX(width, nbc_cells(nbc_text_of(&title), title.length));
	}
	return NB_MIN(width, most);
}

void nbc_live_draw(const struct nbc *nbc, const struct nbc_objects *now,
	const struct nbc_objects *before, double seconds, char *const *events, size_t n_events,
	unsigned rows, struct nb_text *out)
{
	struct drawing d = {
		.nbc = nbc, .now = now, .before = before, .seconds = seconds, .rows = rows, .out = out
	};
	unsigned for_events;

	d.title = title_width(nbc, now);
	draw_head(&d);
	/* A third for what happened; what the bonds do not need is there, too. */
	for_events = NB_MIN(rows / 3, d.rows);
	draw_bonds(&d, d.rows - for_events);
	add_line(&d, "", NBC_PLAIN);
	if (n_events == 0)
		add_line(&d, "Nothing has happened since. Ctrl-C ends this.", NBC_PLAIN);
	for (size_t i = n_events - NB_MIN(n_events, (size_t)d.rows); i < n_events; i++)
		add_line(&d, events[i], NBC_PLAIN);
}

/* The terminal */

static int64_t now_usec(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (int64_t)ts.tv_sec * 1000000 + ts.tv_nsec / 1000;
}

static void show(struct nbc_live *live)
{
	NB_CLEANUP(nb_text_done) struct nb_text text = { 0 };
	const unsigned rows = nbc_screen_measure(&live->nbc) - 1;

	nbc_live_draw(&live->nbc, &live->now, live->before.bonds ? &live->before : NULL, live->seconds,
		live->events, live->n_events, rows, &text);
	nbc_screen_show(&live->nbc, nbc_text_of(&text), rows);
	live->dirty = false;
}

static int look(struct nbc_live *live, struct nbc_client *c)
{
	struct nbc_objects objects;
	int64_t now;
	int r = nbc_counted_get(c, &objects);

	if (r < 0) {
		nbc_objects_done(&objects);
		return r;
	}
	now = now_usec();
	nbc_objects_done(&live->before);
	live->before = live->now;
	live->now = objects;
	live->seconds = live->looked ? (double)(now - live->looked) / 1e6 : 0;
	live->looked = now;
	return 0;
}

struct nbc_live *nbc_live_new(const struct nbc *nbc)
{
	struct nbc_live *live = calloc(1, sizeof(*live));

	if (!live)
		nbc_die_of_memory();
	live->nbc = *nbc;
	nbc_screen_take(nbc);
	return live;
}

void nbc_live_free(struct nbc_live *live)
{
	if (!live)
		return;
	nbc_screen_give(&live->nbc);
	for (size_t i = 0; i < live->n_events; i++)
		free(live->events[i]);
	nbc_objects_done(&live->before);
	nbc_objects_done(&live->now);
	free(live);
}

void nbc_live_event(struct nbc_live *live, const char *clock, const char *text)
{
	NB_CLEANUP(nb_text_done) struct nb_text line = { 0 };

	nb_text_add(&line, "%s %s", clock, text);
	if (line.failed)
		nbc_die_of_memory();
	if (live->n_events == EVENTS) {
		free(live->events[0]);
		memmove(live->events, live->events + 1, (EVENTS - 1) * sizeof(*live->events));
		live->n_events--;
	}
	live->events[live->n_events++] = nb_steal(&line.text);
	live->dirty = true;
}

int nbc_live_run(struct nbc_live *live, struct nbc_client *c, const sigset_t *mask)
{
	int r = look(live, c);

	while (r >= 0 && !nbc_interrupted()) {
		int64_t left = live->looked + LOOK_USEC - now_usec();

		if (left <= 0) {
			r = look(live, c);
			live->dirty = true;
			continue;
		}
		if (live->dirty || !live->before.bonds)
			show(live);
		r = nbc_client_wait(c, (uint64_t)left, mask);
	}
	return r;
}
