/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <inttypes.h>

#include "lib/core/check.h"

/* "a", "a and b", "a, b and c" of the modes in @mask. */
static void add_modes(unsigned mask, struct nb_text *out)
{
	unsigned left = (unsigned)__builtin_popcount(mask);

	nb_foreach_bit(mode, mask) {
		nb_text_add(out, "%s%s", nb_mode_name(mode),
			left > 2 ? ", " : left == 2 ? " and " : "");
		left--;
	}
}

static void hint_modes(
	const struct nb_bond *bond, const struct nb_option *row, struct nb_diag *diag)
{
	NB_CLEANUP(nb_text_done) struct nb_text modes = { 0 };
	bool named = nb_optset_has(&bond->opts, IFLA_BOND_MODE);
	struct nb_mark mark = nb_optset_mark(&bond->opts, IFLA_BOND_MODE);

	add_modes(NB_MODES_ALL & ~(unsigned)(row->refused | row->idle), &modes);
	nb_diag_hint(diag, "it works in %s%s", modes.text ? modes.text : "no mode",
		named ? "" : "; a bond without 'mode' is balance-rr");
	nb_diag_other(diag, &mark);
}

bool nb_check_mode(const struct nb_bond *bond, const struct nb_optset *opts, unsigned attr,
	const char *object, struct nb_diag *diag)
{
	const struct nb_option *row = nb_option_get(opts->scope, attr);
	struct nb_mark mark = nb_optset_mark(opts, attr);
	unsigned mode = nb_bond_mode(bond);

	if (row->refused & NB_MODE(mode)) {
		nb_diag_error(diag, &mark, object, "%s is refused by the kernel in mode %s",
			row->name, nb_mode_name(mode));
		hint_modes(bond, row, diag);
		return false;
	}
	if (row->idle & NB_MODE(mode)) {
		nb_diag_warning(diag, &mark, object, "%s has no effect in mode %s", row->name,
			nb_mode_name(mode));
		hint_modes(bond, row, diag);
	}
	return true;
}

static bool is_before(const struct nb_mark *a, const struct nb_mark *b)
{
	if (a->file != b->file)
		return a->file < b->file;
	if (a->line != b->line)
		return a->line < b->line;
	return a->column < b->column;
}

/* Says it once for a pair, at the one written later. */
static void say_conflict(const struct nb_bond *bond, unsigned a, unsigned b, struct nb_diag *diag)
{
	struct nb_mark mark_a = nb_optset_mark(&bond->opts, a);
	struct nb_mark mark_b = nb_optset_mark(&bond->opts, b);
	bool swap = is_before(&mark_b, &mark_a);
	unsigned first = swap ? b : a, second = swap ? a : b;

	nb_diag_error(diag, swap ? &mark_a : &mark_b, bond->key,
		"%s cannot be on together with %s",
		nb_option_get(NB_SCOPE_BOND, second)->name,
		nb_option_get(NB_SCOPE_BOND, first)->name);
	nb_diag_hint(diag, "leave one of the two out");
	nb_diag_other(diag, swap ? &mark_b : &mark_a);
}

/* Return: whether @attr is part of a conflict, told here or at the other row. */
static bool check_conflicts(const struct nb_bond *bond, unsigned attr, struct nb_diag *diag)
{
	const struct nb_option *row = nb_option_get(NB_SCOPE_BOND, attr);
	unsigned mode = NB_MODE(nb_bond_mode(bond));
	bool found = false;

	nb_foreach_bit(other, bond->opts.present & ~NB_BIT(attr)) {
		const struct nb_option *rival = nb_option_get(NB_SCOPE_BOND, other);
		union nb_value value = nb_optset_get(&bond->opts, other);

		if (!(row->conflicts & NB_BIT(other)) && !(rival->conflicts & NB_BIT(attr)))
			continue;
		if ((rival->refused & mode) || nb_value_is_zero(rival->type, value))
			continue;
		found = true;
		if (attr < other)
			say_conflict(bond, attr, other, diag);
	}
	return found;
}

static void add_names(uint64_t attrs, struct nb_text *out)
{
	const char *between = "";

	nb_foreach_bit(attr, attrs) {
		nb_text_add(out, "%s%s", between, nb_option_get(NB_SCOPE_BOND, attr)->name);
		between = " or ";
	}
}

static void check_needs(const struct nb_bond *bond, unsigned attr, struct nb_diag *diag)
{
	NB_CLEANUP(nb_text_done) struct nb_text needed = { 0 };
	const struct nb_option *row = nb_option_get(NB_SCOPE_BOND, attr);
	struct nb_mark mark = nb_optset_mark(&bond->opts, attr), other;
	unsigned first, rival;

	if (nb_rules_needs_met(row, &bond->opts))
		return;
	add_names(row->needs, &needed);
	if (row->flags & NB_OPTION_NEEDS_HARD)
		nb_diag_error(diag, &mark, bond->key, "%s needs %s, which is off",
			row->name, needed.text);
	else
		nb_diag_warning(diag, &mark, bond->key, "%s has no effect while %s is off",
			row->name, needed.text);

	first = (unsigned)__builtin_ctzll(row->needs);
	rival = nb_optset_has(&bond->opts, first) ? 0 : nb_rules_rival(&bond->opts, first);
	if (rival)
		nb_diag_hint(diag, "%s is off because %s is on: leave %s out", needed.text,
			nb_option_get(NB_SCOPE_BOND, rival)->name, row->name);
	else
		nb_diag_hint(diag, "turn %s on, or leave %s out", needed.text, row->name);
	other = nb_optset_mark(&bond->opts, rival ? rival : first);
	nb_diag_other(diag, &other);
}

static void check_multiple(const struct nb_bond *bond, unsigned attr, struct nb_diag *diag)
{
	const struct nb_option *row = nb_option_get(NB_SCOPE_BOND, attr), *base;
	uint64_t step = nb_rules_step(row, &bond->opts), value = nb_optset_u(&bond->opts, attr);
	struct nb_mark mark = nb_optset_mark(&bond->opts, attr), other;
	uint64_t below;
	unsigned base_attr;

	if (step == 0 || value % step == 0)
		return;
	base_attr = (unsigned)__builtin_ctzll(row->needs);
	base = nb_option_get(NB_SCOPE_BOND, base_attr);
	below = value - value % step;
	nb_diag_warning(diag, &mark, bond->key,
		"%s %" PRIu64 " is no multiple of %s %" PRIu64 "%s: the kernel makes it %" PRIu64,
		row->name, value, base->name, step,
		nb_optset_has(&bond->opts, base_attr) ? "" : " (the default)", below);
	if (below + step <= (uint64_t)row->max)
		nb_diag_hint(diag, "write %" PRIu64 " or %" PRIu64, below, below + step);
	else
		nb_diag_hint(diag, "write %" PRIu64, below);
	other = nb_optset_mark(&bond->opts, base_attr);
	nb_diag_other(diag, &other);
}

/* With neither, the driver never looks at its slaves again: bond_enslave() found them up. */
static void check_monitoring(const struct nb_bond *bond, struct nb_diag *diag)
{
	struct nb_mark mark = nb_optset_mark(&bond->opts, IFLA_BOND_MIIMON);

	if (nb_rules_is_on(&bond->opts, IFLA_BOND_MIIMON) ||
		nb_rules_is_on(&bond->opts, IFLA_BOND_ARP_INTERVAL))
		return;
	nb_diag_warning(diag, &mark, bond->key,
		"neither miimon nor arp-interval is on: a dead slave is never noticed");
	nb_diag_hint(diag, "miimon: 100 is usual, and the default where the line is left out");
}

static const unsigned target_lists[] = { IFLA_BOND_ARP_IP_TARGET, IFLA_BOND_NS_IP6_TARGET };

/* Targets nobody asks. The rows do not need arp-interval, so that unnamed ones are cleared. */
static void check_idle_targets(const struct nb_bond *bond, struct nb_diag *diag)
{
	for (size_t i = 0; i < NB_ARRAY_SIZE(target_lists); i++) {
		const struct nb_option *row = nb_option_get(NB_SCOPE_BOND, target_lists[i]);
		struct nb_mark mark = nb_optset_mark(&bond->opts, target_lists[i]);

		if (!nb_rules_is_on(&bond->opts, target_lists[i]) ||
			(row->idle & NB_MODE(nb_bond_mode(bond))))
			continue;
		nb_diag_warning(diag, &mark, bond->key,
			"%s has no effect while arp-interval is off", row->name);
		nb_diag_hint(diag, "turn arp-interval on, or leave %s out", row->name);
	}
}

static void check_targets(const struct nb_bond *bond, struct nb_diag *diag)
{
	const struct nb_option *interval = nb_option_get(NB_SCOPE_BOND, IFLA_BOND_ARP_INTERVAL);
	struct nb_mark mark = nb_optset_mark(&bond->opts, IFLA_BOND_ARP_INTERVAL);

	if (interval->refused & NB_MODE(nb_bond_mode(bond)))
		return;
	if (!nb_rules_is_on(&bond->opts, IFLA_BOND_ARP_INTERVAL)) {
		check_idle_targets(bond, diag);
		return;
	}
	for (size_t i = 0; i < NB_ARRAY_SIZE(target_lists); i++)
		if (nb_rules_is_on(&bond->opts, target_lists[i]))
			return;
	nb_diag_error(diag, &mark, bond->key,
		"arp-interval is on without a target to ask: every slave would count as dead");
	nb_diag_hint(diag, "name 1 to %d neighbours in arp-ip-target or ns-ip6-target",
		NB_TARGETS_MAX);
}

void nb_check_options(const struct nb_bond *bond, struct nb_diag *diag)
{
	nb_foreach_bit(attr, bond->opts.present) {
		const struct nb_option *row = nb_option_get(NB_SCOPE_BOND, attr);

		if (!nb_check_mode(bond, &bond->opts, attr, bond->key, diag))
			continue;
		if (nb_value_is_zero(row->type, nb_optset_get(&bond->opts, attr)))
			continue;
		if (check_conflicts(bond, attr, diag) || (row->idle & NB_MODE(nb_bond_mode(bond))))
			continue;
		check_needs(bond, attr, diag);
		check_multiple(bond, attr, diag);
	}
	check_monitoring(bond, diag);
	check_targets(bond, diag);
}
