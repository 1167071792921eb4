/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "cli/summary.h"

#include <inttypes.h>
#include <time.h>

#include "cli/duration.h"

static const struct {
	const char *state;
	enum nbc_rank rank;
	enum nbc_colour colour;
} states[] = {
	{ "missing", NBC_RANK_MISSING, NBC_RED },
	{ "down", NBC_RANK_DOWN, NBC_RED },
	{ "degraded", NBC_RANK_DEGRADED, NBC_YELLOW },
	{ "waiting", NBC_RANK_WAITING, NBC_YELLOW },
	{ "up", NBC_RANK_FINE, NBC_PLAIN },
};

/* One a newer daemon has is worth a look. */
static enum nbc_rank rank_of(const char *state)
{
	for (size_t i = 0; i < NB_ARRAY_SIZE(states); i++) {
		if (nb_streq(states[i].state, state))
			return states[i].rank;
	}
	return NBC_RANK_DEGRADED;
}

enum nbc_colour nbc_paint_state(const char *state)
{
	for (size_t i = 0; i < NB_ARRAY_SIZE(states); i++) {
		if (nb_streq(states[i].state, state))
			return states[i].colour;
	}
	return NBC_YELLOW;
}

bool nbc_carries(const struct nbc_summary *s, struct json_object *slave)
{
	const char *active = nbc_get_text(s->bond, "active-slave");

	if (!nbc_get_bool(slave, "usable", false))
		return false;
	if (nb_streq(nbc_get_text(s->bond, "mode"), nb_mode_name(BOND_MODE_ACTIVEBACKUP)))
		return nb_streq(nbc_get_text(slave, "name"), active);
	return !s->aggregator || nbc_get_number(slave, "ad-aggregator-id") == s->aggregator;
}

struct nbc_summary nbc_summarise(const struct nbc_objects *objects, struct json_object *bond)
{
	struct nbc_summary s = {
		.bond = bond,
		.state = nbc_get_text(bond, "state"),
		.rank = rank_of(nbc_get_text(bond, "state")),
		.n_slaves = nbc_list_length(bond, "slaves"),
		.aggregator = nbc_get_number(nbc_get(bond, "ad-info"), "aggregator"),
		.paused = nbc_get_number(bond, "paused"),
	};

	s.n_all = s.n_slaves + nbc_list_length(bond, "waiting") +
		  nbc_list_length(bond, "held-slaves");
	for (size_t i = 0; i < s.n_slaves; i++) {
		struct json_object *slave =
			nbc_slave_of(objects, bond, nbc_list_text(bond, "slaves", i));

		s.n_usable += nbc_get_bool(slave, "usable", false);
		if (nbc_carries(&s, slave))
			s.speed += nbc_get_number(slave, "speed");
	}
	if (s.rank == NBC_RANK_FINE &&
		(nbc_list_length(bond, "held") || nbc_list_length(bond, "waiting")))
		s.rank = NBC_RANK_HELD;
	return s;
}

void nbc_say_speed(uint64_t megabits, struct nb_text *out)
{
	if (megabits == 0)
		nb_text_add(out, "-");
	else if (megabits % 1000 == 0)
		nb_text_add(out, "%" PRIu64 "G", megabits / 1000);
	else if (megabits > 1000 && megabits % 100 == 0)
		nb_text_add(out, "%" PRIu64 ".%" PRIu64 "G", megabits / 1000, megabits % 1000 / 100);
	else
		nb_text_add(out, "%" PRIu64 "M", megabits);
}

void nbc_say_since(const struct nbc_summary *summary, struct nb_text *out)
{
	uint64_t since = nbc_get_number(summary->bond, "since");
	struct timespec now;
	uint64_t usec;

	clock_gettime(CLOCK_REALTIME, &now);
	usec = (uint64_t)now.tv_sec * 1000000 + (uint64_t)now.tv_nsec / 1000;
	/* A clock that was set back, or another machine's, knows nothing. */
	if (since == 0 || since > usec) {
		nb_text_add(out, "-");
		return;
	}
	nb_text_add(out, "%s", nbc_get_bool(summary->bond, "since-seen", false) ? "" : ">");
	nbc_duration_say(usec - since, out);
}

void nbc_say_active(const struct nbc_summary *summary, struct nb_text *out)
{
	const char *active = nbc_get_text(summary->bond, "active-slave");

	if (*active)
		nb_text_add(out, "%s", active);
	else if (summary->aggregator)
		nb_text_add(out, "aggregator %" PRIu64, summary->aggregator);
	else
		nb_text_add(out, "-");
}
