/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* What a row of the option table says, in words. All append to @out. */

#include "lib/core/option.h"

/** nbc_scope_name() - "bond", "slave", "link", "ad-info" */
const char *nbc_scope_name(enum nb_scope scope);

/** nbc_option_works() - modes in which the row has an effect, as bits */
unsigned nbc_option_works(const struct nb_option *row);

/** nbc_option_shown() - whether the row is listed; @all: with what the kernel only reports */
bool nbc_option_shown(const struct nb_option *row, bool all);

/** nbc_say_values() - "0-255", "slow, fast"; @numbers: "slow (0), fast (1)" */
void nbc_say_values(const struct nb_option *row, bool numbers, struct nb_text *out);

/** nbc_say_default() - "100 ms", "none", "as found", "" for what is only reported */
void nbc_say_default(const struct nb_option *row, struct nb_text *out);

/** nbc_say_value() - a value with its unit */
void nbc_say_value(const struct nb_option *row, int64_t value, struct nb_text *out);

/** nbc_say_modes_short() - numbers: "all", "1,5-6" */
void nbc_say_modes_short(unsigned modes, struct nb_text *out);

/** nbc_say_modes() - names: "all modes", "active-backup, balance-tlb" */
void nbc_say_modes(unsigned modes, struct nb_text *out);

/** nbc_say_rows() - names of rows of the scope of @row: "miimon, updelay" */
void nbc_say_rows(const struct nb_option *row, uint64_t attrs, struct nb_text *out);

/** nbc_say_type() - "integer, in ms", and what keeps it out of a configuration */
void nbc_say_type(const struct nb_option *row, struct nb_text *out);

/** nbc_say_default_fully() - "100 ms; 0 while arp-interval is on" */
void nbc_say_default_fully(const struct nb_option *row, struct nb_text *out);

/** nbc_say_kernel_default() - "0; 1 in 802.3ad", "" for what is not a driver's option to write */
void nbc_say_kernel_default(const struct nb_option *row, struct nb_text *out);

/** nbc_say_change() - "down: the kernel takes it only while the bond is down" */
void nbc_say_change(const struct nb_option *row, struct nb_text *out);

/** nbc_say_needs() - rows of which one must be on, and what happens when none is */
void nbc_say_needs(const struct nb_option *row, struct nb_text *out);
