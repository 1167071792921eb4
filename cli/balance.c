/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* netbondctl balance: how traffic is spread over the slaves. */
#include <errno.h>
#include <inttypes.h>
#include <string.h>
#include <time.h>

#include "cli/args.h"
#include "cli/duration.h"
#include "cli/problems.h"
#include "cli/forecast.h"
#include "cli/interrupt.h"
#include "cli/sample.h"
#include "cli/screen.h"
#include "cli/table.h"

#define USEC 1000000u
#define SPAN_DEFAULT (2 * USEC)
#define LOOK_USEC 1000000u
#define BAR_CELLS 24u   /* at most */
#define OTHER_CELLS 56u /* of a line: the numbers, with the gaps */

/* "1.2M": per second */
static void say_rate(uint64_t count, uint64_t usec, struct nb_text *out)
{
	static const char units[] = " kMGT";
	double rate = usec ? (double)count * USEC / (double)usec : 0;
	unsigned unit = 0;

	while (rate >= 1000 && units[unit + 1]) {
		rate /= 1000;
		unit++;
	}
	if (unit == 0)
		nb_text_add(out, "%.0f", rate);
	else
		nb_text_add(out, "%.1f%c", rate, units[unit]);
}

/* What the names of the slaves leave for a bar. */
static unsigned bar_cells(const struct nbc *nbc, const struct nb_hash_bond *view)
{
	size_t taken = OTHER_CELLS + strlen("SLAVE");

	for (size_t i = 0; i < view->n_slaves; i++)
		taken = NB_MAX(taken, OTHER_CELLS + strlen(view->slaves[i].name));
	return taken < nbc->width ? NB_MIN(BAR_CELLS, nbc->width - (unsigned)taken) : 0;
}

static void say_bar(unsigned share, unsigned most, struct nb_text *out)
{
	const unsigned cells = (share * most + 50) / 100;

	nb_text_add(out, "%s", "");
	for (unsigned i = 0; i < cells; i++)
		nb_text_add(out, "#");
}

static const struct nbc_column live_columns[] = { { "SLAVE" }, { "SENT B/s" }, { "PKT/s" },
	{ "SHARE" }, { "RECEIVED B/s" }, { "PKT/s" }, { "SHARE" }, { "" } };

static void add_live(struct nbc_table *table, const char *name, const uint64_t *counts,
	const struct nbc_sample *sample, unsigned bar)
{
	struct nb_text cells[8] = { 0 };
	const char *texts[8];

	nb_text_add(&cells[0], "%s", name);
	say_rate(counts[NBC_TX_BYTES], sample->usec, &cells[1]);
	say_rate(counts[NBC_TX_PACKETS], sample->usec, &cells[2]);
	nb_text_add(&cells[3], "%u%%", nbc_percent(counts[NBC_TX_BYTES], sample->sum[NBC_TX_BYTES]));
	say_rate(counts[NBC_RX_BYTES], sample->usec, &cells[4]);
	say_rate(counts[NBC_RX_PACKETS], sample->usec, &cells[5]);
	nb_text_add(&cells[6], "%u%%", nbc_percent(counts[NBC_RX_BYTES], sample->sum[NBC_RX_BYTES]));
	say_bar(nbc_percent(counts[NBC_TX_BYTES], sample->sum[NBC_TX_BYTES]), bar, &cells[7]);
	for (size_t i = 0; i < NB_ARRAY_SIZE(cells); i++)
		texts[i] = nbc_text_of(&cells[i]);
	nbc_table_add(table, texts);
	for (size_t i = 0; i < NB_ARRAY_SIZE(cells); i++)
		nb_text_done(&cells[i]);
}

/* The busiest slave by the mean of the usable ones, in hundredths. */
static unsigned skew_of(const struct nbc_sample *sample, const struct nb_hash_bond *view, int counter)
{
	uint64_t most = 0, usable = 0;

	for (size_t i = 0; i < view->n_slaves; i++) {
		most = NB_MAX(most, sample->counts[i][counter]);
		usable += view->slaves[i].usable;
	}
	return sample->sum[counter] ? (unsigned)(most * 100 * usable / sample->sum[counter]) : 0;
}

/* What the mode can do at best with what leaves. */
static const char *best_case(unsigned mode)
{
	switch (mode) {
	case BOND_MODE_ROUNDROBIN:
		return "packets take turns, so skew 1.00 at best, also within one flow, which then "
		       "arrives out of order";
	case BOND_MODE_ACTIVEBACKUP:
		return "all by the active slave: nothing is spread, whatever the flows";
	case BOND_MODE_BROADCAST:
		return "each frame by every slave: equal shares, and no more speed";
	case BOND_MODE_XOR:
	case BOND_MODE_8023AD:
		return "each flow stays on one slave, so skew 1.00 needs many flows of like size, and one "
		       "flow never gets more than one slave's speed; what is received is spread by the "
		       "switch";
	case BOND_MODE_TLB:
		return "what is sent is spread by flow or load; all is received by the active slave";
	case BOND_MODE_ALB:
		return "what is sent is spread by flow or load; what is received by client, of this "
		       "subnet alone";
	default:
		return "not known for this mode";
	}
}

static void print_live(const struct nbc *nbc, struct json_object *bond,
	const struct nb_hash_bond *view, const struct nbc_sample *sample)
{
	NB_CLEANUP(nbc_table_done) struct nbc_table table = {
		.columns = live_columns, .n_columns = NB_ARRAY_SIZE(live_columns)
	};
	NB_CLEANUP(nb_text_done) struct nb_text head = { 0 };
	const unsigned tx = skew_of(sample, view, NBC_TX_BYTES), rx = skew_of(sample, view, NBC_RX_BYTES);
	const unsigned bar = bar_cells(nbc, view);

	nbc_bond_title(bond, &head);
	nb_text_add(&head, ": %s", nb_mode_name(view->mode));
	if (nbc_hash_by_policy(view))
		nb_text_add(&head, ", %s", nb_hash_policy_name(view->policy));
	fprintf(nbc->out, "%s, over %.1f s\n", nbc_text_of(&head), (double)sample->usec / USEC);
	for (size_t i = 0; i < view->n_slaves; i++)
		add_live(&table, view->slaves[i].name, sample->counts[i], sample, bar);
	nbc_table_print(&table, nbc);
	fprintf(nbc->out, "skew: sent %u.%02u, received %u.%02u "
		"(the busiest slave by the mean; 0 = nothing)\nbest: ", tx / 100, tx % 100, rx / 100,
		rx % 100);
	nbc_wrap(nbc, nbc->out, best_case(view->mode), 6, 6);
}

static void print_live_document(const struct nbc *nbc, enum nbc_format format,
	struct json_object *bond, const struct nb_hash_bond *view, const struct nbc_sample *sample)
{
	NB_CLEANUP(nb_json_putp) struct json_object *doc = nbc_hash_document(bond, view);
	struct json_object *slaves = nb_json_list();

	nb_json_set_number(doc, "usec", (int64_t)sample->usec);
	for (size_t i = 0; i < view->n_slaves; i++) {
		struct json_object *slave = nb_json_map();

		nb_json_set_string(slave, "name", view->slaves[i].name);
		nb_json_set_bool(slave, "usable", view->slaves[i].usable);
		for (int k = 0; k < NBC_COUNTERS; k++)
			nb_json_set_number(slave, nbc_counter_key(k), (int64_t)sample->counts[i][k]);
		nb_json_add(slaves, slave);
	}
	nb_json_set(doc, "slaves", slaves);
	nb_json_set_number(doc, "skew-sent-percent", skew_of(sample, view, NBC_TX_BYTES));
	nb_json_set_number(doc, "skew-received-percent", skew_of(sample, view, NBC_RX_BYTES));
	nb_json_set_string(doc, "best", best_case(view->mode));
	nbc_doc_print(nbc, format, doc);
}

static int measure(struct nbc_client *c, struct json_object *bond, uint64_t usec,
	struct nbc_sample *ret)
{
	const struct timespec span = { (time_t)(usec / USEC), (long)(usec % USEC) * 1000 };
	NB_CLEANUP(nbc_sample_done) struct nbc_sample before = { 0 };
	int r = nbc_sample_take(c, bond, &before);

	if (r < 0)
		return r;
	nanosleep(&span, NULL);
	r = nbc_sample_take(c, bond, ret);
	if (r == 0)
		nbc_sample_subtract(ret, &before, nbc_list_length(bond, "slaves"));
	return r;
}

static int show_once(const struct nbc *nbc, const struct nbc_args *args, struct nbc_client *client,
	struct json_object *bond, const struct nb_hash_bond *view)
{
	const char *text = nbc_args_value(args, NBC_FOR);
	NB_CLEANUP(nbc_sample_done) struct nbc_sample sample = { 0 };
	uint64_t usec = SPAN_DEFAULT;

	if (text && (nbc_duration_parse(text, &usec) < 0 || usec == 0)) {
		nbc_tell(nbc, "--for takes a time like 10s or 1m, not '%s'", text);
		return NBC_ERROR;
	}
	if (measure(client, bond, usec, &sample) < 0)
		return NBC_ERROR;
	if (args->format == NBC_TEXT)
		print_live(nbc, bond, view, &sample);
	else
		print_live_document(nbc, args->format, bond, view, &sample);
	return NBC_OK;
}

/* On a terminal: each second anew, slaves that come and go included */

struct look {
	struct nbc_objects objects;
	struct json_object *bond; /* of the objects */
	struct nb_hash_bond view;
	struct nbc_sample sample;
};

static void look_done(struct look *look)
{
	nbc_sample_done(&look->sample);
	nb_hash_bond_done(&look->view);
	nbc_objects_done(&look->objects);
	*look = (struct look){ 0 };
}

/* Return: 0; a negative errno, told. */
static int take_look(
	const struct nbc *nbc, const struct nbc_args *args, struct nbc_client *c, struct look *ret)
{
	int r = nbc_objects_get(c, &ret->objects);

	if (r < 0)
		return r;
	ret->bond = nbc_hash_one(nbc, &ret->objects, args);
	if (!ret->bond)
		return -ENODEV;
	nbc_hash_bond(&ret->objects, ret->bond, &ret->view);
	return nbc_sample_take(c, ret->bond, &ret->sample);
}

static bool same_slaves(const struct look *a, const struct look *b)
{
	bool same = a->view.n_slaves == b->view.n_slaves;

	for (size_t i = 0; same && i < a->view.n_slaves; i++)
		same = nb_streq(a->view.slaves[i].name, b->view.slaves[i].name);
	return same;
}

static void draw(const struct nbc *nbc, const struct look *look, const struct nbc_sample *sample)
{
	NB_CLEANUP(nb_freep) char *text = NULL;
	struct nbc screen = *nbc, page;
	const unsigned rows = nbc_screen_measure(&screen) - 1;
	size_t size;

	page = screen;
	page.out = open_memstream(&text, &size);
	if (!page.out)
		nbc_die_of_memory();
	print_live(&page, look->bond, &look->view, sample);
	fputs("\nCtrl-C ends this.\n", page.out);
	if (fclose(page.out) != 0)
		nbc_die_of_memory();
	nbc_screen_show(&screen, text, rows);
}

/* What was counted since the look before; that one becomes this one. */
static void go_on(const struct nbc *nbc, struct look *before, struct look *now)
{
	const bool since = before->bond && same_slaves(before, now);
	const struct nbc_sample empty = { .counts = now->sample.counts, .usec = now->sample.usec };
	struct nbc_sample kept = now->sample;

	kept.counts = calloc(now->view.n_slaves + 1, sizeof(*kept.counts));
	if (!kept.counts)
		nbc_die_of_memory();
	memcpy(kept.counts, now->sample.counts, now->view.n_slaves * sizeof(*kept.counts));
	nbc_sample_subtract(&now->sample, since ? &before->sample : &empty, now->view.n_slaves);
	draw(nbc, now, &now->sample);
	nbc_sample_done(&now->sample);
	now->sample = kept;
	look_done(before);
	*before = *now;
	*now = (struct look){ 0 };
}

static int show_screen(const struct nbc *nbc, const struct nbc_args *args, struct nbc_client *c)
{
	struct look before = { 0 }, now = { 0 };
	sigset_t mask;
	int r = 0;

	nbc_interrupt_take(&mask);
	nbc_screen_take(nbc);
	while (!nbc_interrupted() && (r = take_look(nbc, args, c, &now)) == 0) {
		go_on(nbc, &before, &now);
		nbc_client_wait(c, LOOK_USEC, &mask);
	}
	nbc_screen_give(nbc);
	look_done(&before);
	look_done(&now);
	/* What was told went with the screen. */
	if (r < 0)
		r = take_look(nbc, args, c, &now);
	look_done(&now);
	return r < 0 ? NBC_ERROR : NBC_OK;
}

int nbc_balance(struct nbc *nbc, const struct nbc_args *args)
{
	NB_CLEANUP(nbc_client_done) struct nbc_client client = { 0 };
	NB_CLEANUP(nbc_objects_done) struct nbc_objects objects = { 0 };
	struct nb_hash_bond view = { 0 };
	struct json_object *bond;
	int status;

	if (nbc_client_open(&client, nbc, args) < 0 || nbc_objects_get(&client, &objects) < 0)
		return NBC_ERROR;
	bond = nbc_hash_one(nbc, &objects, args);
	if (!bond)
		return NBC_ERROR;
	nbc_hash_bond(&objects, bond, &view);
	if (nbc_args_has(args, NBC_FLOWS))
		status = nbc_forecast(nbc, args, &objects, bond, &view);
	else if (args->format == NBC_TEXT && !nbc_args_has(args, NBC_FOR) && nbc_screen_wanted(nbc))
		status = show_screen(nbc, args, &client);
	else
		status = show_once(nbc, args, &client, bond, &view);
	nb_hash_bond_done(&view);
	return status;
}
