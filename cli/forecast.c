/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "cli/forecast.h"

#include <stdio.h>

#include "cli/args.h"
#include "cli/problems.h"
#include "cli/table.h"

#define BETTER_BY 110 /* a policy is worth a change when the one in use is a tenth worse */

unsigned nbc_percent(uint64_t part, uint64_t whole)
{
	return whole ? (unsigned)((part * 100 + whole / 2) / whole) : 0;
}

struct forecast {
	struct nbc_spread spreads[NB_HASH_POLICIES];
	unsigned skew[NB_HASH_POLICIES]; /* 0: not known */
	unsigned used, best;
};

static void forecast_done(struct forecast *forecast)
{
	for (unsigned i = 0; i < NB_HASH_POLICIES; i++)
		nbc_spread_done(&forecast->spreads[i]);
}

/* Of equal ones that in use, then the one of the lower number. */
static void make_forecast(const struct nb_hash_bond *bond, const struct nbc_capture *capture,
	struct forecast *ret)
{
	struct nb_hash_bond view = *bond;

	ret->used = ret->best = NB_MIN(bond->policy, NB_HASH_POLICIES - 1u);
	for (view.policy = 0; view.policy < NB_HASH_POLICIES; view.policy++) {
		struct nbc_spread *spread = &ret->spreads[view.policy];

		nbc_spread(&view, capture, spread);
		/* A tenth that is not known makes the number worthless. */
		if (spread->unknown.bytes * 10 <= capture->bytes)
			ret->skew[view.policy] = nbc_spread_skew(spread);
	}
	for (unsigned i = 0; i < NB_HASH_POLICIES; i++) {
		const unsigned best = ret->skew[ret->best];

		if (ret->skew[i] && (!best || ret->skew[i] < best))
			ret->best = i;
	}
}

static void say_advice(const struct forecast *f, const char *bond, struct nb_text *out)
{
	const unsigned used = f->skew[f->used], best = f->skew[f->best];

	if (f->spreads[f->used].usable == 0)
		nb_text_add(out, "nothing can be said: no slave of %s is usable", bond);
	else if (!used && !best)
		nb_text_add(out, "nothing can be said: no policy's choice is known for these flows");
	else if (f->best == f->used || (used && used * 100 < best * BETTER_BY))
		nb_text_add(out, "keep %s: no other policy spreads these flows clearly better",
			nb_hash_policy_name(f->used));
	else
		nb_text_add(out, "xmit-hash-policy: %s in the file of %s would spread these flows best "
				 "(a change moves flows, and nothing is interrupted)",
			nb_hash_policy_name(f->best), bond);
}

static void add_forecast(struct nbc_table *table, const struct nb_hash_bond *bond,
	const struct forecast *f, unsigned policy)
{
	const struct nbc_spread *spread = &f->spreads[policy];
	NB_CLEANUP(nb_text_done) struct nb_text shares = { 0 };
	uint64_t sum = spread->unknown.bytes;
	char skew[16] = "?";

	for (size_t i = 0; i < bond->n_slaves; i++)
		sum += spread->slaves[i].bytes;
	for (size_t i = 0; i < bond->n_slaves; i++)
		nb_text_add(&shares, "%s%s %u%%", i ? ", " : "", bond->slaves[i].name,
			nbc_percent(spread->slaves[i].bytes, sum));
	if (spread->unknown.flows)
		nb_text_add(&shares, ", not known %u%%", nbc_percent(spread->unknown.bytes, sum));
	if (f->skew[policy])
		snprintf(skew, sizeof(skew), "%u.%02u", f->skew[policy] / 100, f->skew[policy] % 100);
	nbc_table_add(table, (const char *const[]){ nb_hash_policy_name(policy), skew,
		nbc_text_of(&shares), policy == f->used ? "in use" : policy == f->best ? "best" : "" });
}

static const struct nbc_column forecast_columns[] = {
	{ "POLICY" }, { "SKEW" }, { "SHARES", .least = 24 }, { "" }
};

static void print_forecast(const struct nbc *nbc, struct json_object *bond,
	const struct nb_hash_bond *view, const struct nbc_capture *capture,
	const struct forecast *f)
{
	NB_CLEANUP(nbc_table_done) struct nbc_table table = {
		.columns = forecast_columns, .n_columns = NB_ARRAY_SIZE(forecast_columns)
	};
	NB_CLEANUP(nb_text_done) struct nb_text advice = { 0 };

	nbc_capture_tell(nbc, capture);
	fputc('\n', nbc->out);
	for (unsigned i = 0; i < NB_HASH_POLICIES; i++)
		add_forecast(&table, view, f, i);
	nbc_table_print(&table, nbc);
	fputc('\n', nbc->out);
	say_advice(f, nbc_get_text(bond, "name"), &advice);
	nbc_wrap(nbc, nbc->out, nbc_text_of(&advice), 0, 0);
}

static void print_forecast_document(const struct nbc *nbc, enum nbc_format format,
	struct json_object *bond, const struct nb_hash_bond *view,
	const struct nbc_capture *capture, const struct forecast *f)
{
	NB_CLEANUP(nb_json_putp) struct json_object *doc = nbc_hash_document(bond, view);
	NB_CLEANUP(nb_text_done) struct nb_text advice = { 0 };
	struct json_object *policies = nb_json_map();

	say_advice(f, nbc_get_text(bond, "name"), &advice);
	nb_json_set_number(doc, "flows", (int64_t)capture->n_flows);
	nb_json_set_number(doc, "bytes", (int64_t)capture->bytes);
	for (unsigned i = 0; i < NB_HASH_POLICIES; i++) {
		struct json_object *policy = nb_json_map(), *bytes = nb_json_map();

		for (size_t k = 0; k < view->n_slaves; k++)
			nb_json_set_number(bytes, view->slaves[k].name,
				(int64_t)f->spreads[i].slaves[k].bytes);
		nb_json_set(policy, "bytes", bytes);
		nb_json_set_number(policy, "unknown", (int64_t)f->spreads[i].unknown.bytes);
		nb_json_set(policy, "skew-percent",
			f->skew[i] ? json_object_new_int64(f->skew[i]) : NULL);
		nb_json_set(policies, nb_hash_policy_name(i), policy);
	}
	nb_json_set(doc, "policies", policies);
	nb_json_set_string(doc, "best", nb_hash_policy_name(f->best));
	nb_json_set_string(doc, "advice", nbc_text_of(&advice));
	nbc_doc_print(nbc, format, doc);
}

int nbc_forecast(const struct nbc *nbc, const struct nbc_args *args,
	const struct nbc_objects *objects, struct json_object *bond,
	const struct nb_hash_bond *view)
{
	NB_CLEANUP(nbc_capture_done) struct nbc_capture capture = { 0 };
	NB_CLEANUP(forecast_done) struct forecast forecast = { 0 };

	if (!nbc_hash_by_policy(view)) {
		nbc_tell(nbc, "%s has mode %s, where no hash policy spreads the flows: it is of use in "
			"balance-xor and 802.3ad, and without tlb-dynamic-lb in balance-tlb and "
			"balance-alb", nbc_get_text(bond, "name"), nb_mode_name(view->mode));
		return NBC_ERROR;
	}
	if (nbc_capture_of_bond(nbc, nbc_args_value(args, NBC_FLOWS), objects, bond, &capture) < 0)
		return NBC_ERROR;
	make_forecast(view, &capture, &forecast);
	if (args->format == NBC_TEXT)
		print_forecast(nbc, bond, view, &capture, &forecast);
	else
		print_forecast_document(nbc, args->format, bond, view, &capture, &forecast);
	return NBC_OK;
}
