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
#include "cli/table.h"

#define USEC 1000000u
#define SPAN_DEFAULT (2 * USEC)
#define BAR_CELLS 24

enum counter { TX_BYTES, TX_PACKETS, RX_BYTES, RX_PACKETS, COUNTERS };

static const char *const counter_keys[COUNTERS] = {
	[TX_BYTES] = "tx-bytes",
	[TX_PACKETS] = "tx-packets",
	[RX_BYTES] = "rx-bytes",
	[RX_PACKETS] = "rx-packets",
};

/* Of all slaves at one moment, or the difference of two. */
struct sample {
	uint64_t (*counts)[COUNTERS];
	uint64_t sum[COUNTERS];
	uint64_t usec; /* CLOCK_MONOTONIC */
};

static uint64_t now_usec(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * USEC + (uint64_t)ts.tv_nsec / 1000;
}

static bool is_link(struct json_object *link, struct json_object *bond, const char *slave)
{
	return nb_streq(nbc_get_text(link, "name"), slave) &&
	       nb_streq(nbc_get_text(link, "bond"), nbc_get_text(bond, "name")) &&
	       nb_streq(nbc_get_text(link, "namespace"), nbc_get_text(bond, "namespace"));
}

static void count_slave(struct sample *sample, size_t at, struct json_object *link)
{
	for (int i = 0; i < COUNTERS; i++)
		sample->counts[at][i] = nbc_get_number(link, counter_keys[i]);
}

static int ask(struct nbc_client *c, struct json_object **ret)
{
	NB_CLEANUP(nbc_message_unrefp) sd_bus_message *reply = NULL;
	const char *text;
	int r = nbc_client_call(c, NBC_BUS_PATH, NBC_BUS_MANAGER, "Statistics", &reply, "");

	if (r < 0)
		return r;
	r = sd_bus_message_read(reply, "s", &text);
	*ret = r < 0 ? NULL : json_tokener_parse(text);
	return *ret ? 0 : nbc_client_failed(c, r < 0 ? r : -EBADMSG);
}

static int take_sample(struct nbc_client *c, struct json_object *bond, struct sample *ret)
{
	NB_CLEANUP(nb_json_putp) struct json_object *doc = NULL;
	const size_t n = nbc_list_length(bond, "slaves");
	int r = ask(c, &doc);

	if (r < 0)
		return r;
	*ret = (struct sample){ .counts = calloc(n + 1, sizeof(*ret->counts)), .usec = now_usec() };
	if (!ret->counts)
		nbc_die_of_memory();
	for (size_t i = 0; i < nbc_list_length(doc, "links"); i++) {
		struct json_object *link = json_object_array_get_idx(nbc_get(doc, "links"), i);

		for (size_t k = 0; k < n; k++)
			if (is_link(link, bond, nbc_list_text(bond, "slaves", k)))
				count_slave(ret, k, link);
	}
	return 0;
}

/* @later becomes what was counted between both; a slave that came or went in between has nothing. */
static void subtract(struct sample *later, const struct sample *sooner, size_t n)
{
	for (size_t k = 0; k < n; k++) {
		for (int i = 0; i < COUNTERS; i++) {
			uint64_t *count = &later->counts[k][i];

			*count = *count >= sooner->counts[k][i] ? *count - sooner->counts[k][i] : 0;
			later->sum[i] += *count;
		}
	}
	later->usec -= sooner->usec;
}

static int measure(struct nbc_client *c, struct json_object *bond, uint64_t usec,
	struct sample *ret)
{
	const struct timespec span = { (time_t)(usec / USEC), (long)(usec % USEC) * 1000 };
	struct sample before;
	int r = take_sample(c, bond, &before);

	if (r < 0)
		return r;
	nanosleep(&span, NULL);
	r = take_sample(c, bond, ret);
	if (r == 0)
		subtract(ret, &before, nbc_list_length(bond, "slaves"));
	free(before.counts);
	return r;
}

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

static void say_bar(unsigned share, struct nb_text *out)
{
	const unsigned cells = (share * BAR_CELLS + 50) / 100;

	nb_text_add(out, "%s", "");
	for (unsigned i = 0; i < cells; i++)
		nb_text_add(out, "#");
}

static const struct nbc_column live_columns[] = { { "SLAVE" }, { "SENT B/s" }, { "PKT/s" },
	{ "SHARE" }, { "RECEIVED B/s" }, { "PKT/s" }, { "SHARE" }, { "" } };

static void add_live(struct nbc_table *table, const char *name, const uint64_t *counts,
	const struct sample *sample)
{
	struct nb_text cells[8] = { 0 };
	const char *texts[8];

	nb_text_add(&cells[0], "%s", name);
	say_rate(counts[TX_BYTES], sample->usec, &cells[1]);
	say_rate(counts[TX_PACKETS], sample->usec, &cells[2]);
	nb_text_add(&cells[3], "%u%%", nbc_percent(counts[TX_BYTES], sample->sum[TX_BYTES]));
	say_rate(counts[RX_BYTES], sample->usec, &cells[4]);
	say_rate(counts[RX_PACKETS], sample->usec, &cells[5]);
	nb_text_add(&cells[6], "%u%%", nbc_percent(counts[RX_BYTES], sample->sum[RX_BYTES]));
	say_bar(nbc_percent(counts[TX_BYTES], sample->sum[TX_BYTES]), &cells[7]);
	for (size_t i = 0; i < NB_ARRAY_SIZE(cells); i++)
		texts[i] = nbc_text_of(&cells[i]);
	nbc_table_add(table, texts);
	for (size_t i = 0; i < NB_ARRAY_SIZE(cells); i++)
		nb_text_done(&cells[i]);
}

/* The busiest slave by the mean of the usable ones, in hundredths. */
static unsigned skew_of(const struct sample *sample, const struct nb_hash_bond *view, int counter)
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
	const struct nb_hash_bond *view, const struct sample *sample)
{
	NB_CLEANUP(nbc_table_done) struct nbc_table table = {
		.columns = live_columns, .n_columns = NB_ARRAY_SIZE(live_columns)
	};
	NB_CLEANUP(nb_text_done) struct nb_text head = { 0 };
	const unsigned tx = skew_of(sample, view, TX_BYTES), rx = skew_of(sample, view, RX_BYTES);

	nbc_bond_title(bond, &head);
	fprintf(nbc->out, "%s: %s, %s, over %.1f s\n", nbc_text_of(&head), nb_mode_name(view->mode),
		nb_hash_policy_name(view->policy), (double)sample->usec / USEC);
	for (size_t i = 0; i < view->n_slaves; i++)
		add_live(&table, view->slaves[i].name, sample->counts[i], sample);
	nbc_table_print(&table, nbc);
	fprintf(nbc->out, "skew: sent %u.%02u, received %u.%02u "
		"(the busiest slave by the mean; 0 = nothing)\nbest: ", tx / 100, tx % 100, rx / 100,
		rx % 100);
	nbc_wrap(nbc, nbc->out, best_case(view->mode), 6, 6);
}

static void print_live_document(const struct nbc *nbc, enum nbc_format format,
	struct json_object *bond, const struct nb_hash_bond *view, const struct sample *sample)
{
	NB_CLEANUP(nb_json_putp) struct json_object *doc = nbc_hash_document(bond, view);
	struct json_object *slaves = nb_json_list();

	nb_json_set_number(doc, "usec", (int64_t)sample->usec);
	for (size_t i = 0; i < view->n_slaves; i++) {
		struct json_object *slave = nb_json_map();

		nb_json_set_string(slave, "name", view->slaves[i].name);
		nb_json_set_bool(slave, "usable", view->slaves[i].usable);
		for (int k = 0; k < COUNTERS; k++)
			nb_json_set_number(slave, counter_keys[k], (int64_t)sample->counts[i][k]);
		nb_json_add(slaves, slave);
	}
	nb_json_set(doc, "slaves", slaves);
	nb_json_set_number(doc, "skew-sent-percent", skew_of(sample, view, TX_BYTES));
	nb_json_set_number(doc, "skew-received-percent", skew_of(sample, view, RX_BYTES));
	nb_json_set_string(doc, "best", best_case(view->mode));
	nbc_doc_print(nbc, format, doc);
}

static int show_live(const struct nbc *nbc, const struct nbc_args *args,
	struct nbc_client *client, struct json_object *bond, const struct nb_hash_bond *view)
{
	const char *text = nbc_args_value(args, NBC_FOR);
	uint64_t usec = SPAN_DEFAULT;
	struct sample sample;

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
	free(sample.counts);
	return NBC_OK;
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
	status = nbc_args_has(args, NBC_FLOWS) ? nbc_forecast(nbc, args, &objects, bond, &view) :
						 show_live(nbc, args, &client, bond, &view);
	nb_hash_bond_done(&view);
	return status;
}
