/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* What matters about a bond, out of the properties of it and its slaves. */

#include "cli/objects.h"
#include "cli/term.h"

/* How bad it is, worst first. */
enum nbc_rank {
	NBC_RANK_MISSING, /* declared, and not there */
	NBC_RANK_DOWN,
	NBC_RANK_DEGRADED,
	NBC_RANK_WAITING, /* for its slaves to appear */
	NBC_RANK_HELD,	  /* works, but is not as configured */
	NBC_RANK_FINE,
};

/* Borrows from the bond. */
struct nbc_summary {
	struct json_object *bond;
	size_t order; /* for who sorts */
	enum nbc_rank rank;
	const char *state;
	size_t n_slaves, n_usable; /* that it has */
	size_t n_all;		   /* with those waited for and those held out */
	uint64_t speed;		   /* Mbit/s of what carries traffic, 0 = not known */
	uint64_t aggregator;	   /* mode 802.3ad: the active one, 0 = none */
	uint64_t paused;	   /* CLOCK_BOOTTIME, µs; 0 = not */
};

/** nbc_summarise() - sum up a bond */
struct nbc_summary nbc_summarise(const struct nbc_objects *objects, struct json_object *bond);

/** nbc_paint_state() - the colour of a bond's or slave's state */
enum nbc_colour nbc_paint_state(const char *state);

/** nbc_carries() - whether frames leave by this slave now */
bool nbc_carries(const struct nbc_summary *summary, struct json_object *slave);

/** nbc_say_speed() - append "25G", "2.5G", "100M"; "-" when it is not known */
void nbc_say_speed(uint64_t megabits, struct nb_text *out);

/** nbc_say_since() - append "3h12m", ">3h12m" where it may have been so for longer; "-" not known */
void nbc_say_since(const struct nbc_summary *summary, struct nb_text *out);

/** nbc_say_active() - append the active slave, or "aggregator 2"; "-" for none */
void nbc_say_active(const struct nbc_summary *summary, struct nb_text *out);
