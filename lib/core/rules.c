/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "lib/core/rules.h"

#include <errno.h>
#include <string.h>

#include "lib/core/check.h"

static unsigned mode_bit(unsigned mode)
{
	return mode < NB_MODE_COUNT ? NB_MODE(mode) : 0;
}

static unsigned mode_bit_of(const struct nb_optset *opts)
{
	return mode_bit((unsigned)nb_optset_u(opts, IFLA_BOND_MODE));
}

bool nb_rules_is_on(const struct nb_optset *opts, unsigned attr)
{
	const struct nb_option *row = nb_option_get(opts->scope, attr);

	/* Written, but the value was wrong, which is told already: nobody shall miss it here. */
	if (nb_optset_named(opts) & ~opts->present & NB_BIT(attr))
		return true;
	return row && !nb_value_is_zero(row->type, nb_rules_value(opts, attr));
}

bool nb_rules_needs_met(const struct nb_option *row, const struct nb_optset *opts)
{
	if (row->needs == 0 || nb_option_scope(row) != opts->scope)
		return true;
	nb_foreach_bit(attr, row->needs)
		if (nb_rules_is_on(opts, attr))
			return true;
	return false;
}

bool nb_rules_applicable(const struct nb_option *row, const struct nb_optset *opts, bool named)
{
	unsigned mode = mode_bit_of(opts);
	bool met = nb_rules_needs_met(row, opts);

	if (!nb_option_writable(row) || (row->refused & mode))
		return false;
	if (!met && (row->flags & NB_OPTION_NEEDS_HARD))
		return false;
	return named || (met && !(row->idle & mode));
}

unsigned nb_rules_rival(const struct nb_optset *opts, unsigned attr)
{
	const struct nb_option *row = nb_option_get(opts->scope, attr);

	nb_foreach_bit(other, opts->present & ~NB_BIT(attr)) {
		const struct nb_option *rival = nb_option_get(opts->scope, other);

		if (!(row->conflicts & NB_BIT(other)) && !(rival->conflicts & NB_BIT(attr)))
			continue;
		if (rival->refused & mode_bit_of(opts))
			continue;
		if (!nb_value_is_zero(rival->type, nb_optset_get(opts, other)))
			return other;
	}
	return 0;
}

/* Lists, names and addresses are empty by default. */
static union nb_value row_default(const struct nb_option *row)
{
	return row->type->is_pointer ? (union nb_value){ 0 } : (union nb_value){ .s = row->dflt };
}

union nb_value nb_rules_value(const struct nb_optset *opts, unsigned attr)
{
	const struct nb_option *row = nb_option_get(opts->scope, attr);

	if (nb_optset_has(opts, attr))
		return nb_optset_get(opts, attr);
	if (!row || !nb_rules_applicable(row, opts, false) || nb_rules_rival(opts, attr))
		return (union nb_value){ 0 };
	return row_default(row);
}

static int fill(struct nb_optset *opts, const struct nb_option *row, unsigned attr)
{
	if (nb_optset_has(opts, attr) || !nb_rules_applicable(row, opts, false))
		return 0;
	return nb_optset_set(opts, attr, nb_rules_value(opts, attr));
}

int nb_rules_defaults(struct nb_optset *opts)
{
	/* Mode decides over all, and a row that needs another wants to see that one's value. */
	int r = fill(opts, nb_option_get(NB_SCOPE_BOND, IFLA_BOND_MODE), IFLA_BOND_MODE);

	nb_foreach_option(row, attr, NB_SCOPE_BOND)
		if (r == 0 && !row->needs)
			r = fill(opts, row, attr);
	nb_foreach_option(row, attr, NB_SCOPE_BOND)
		if (r == 0 && row->needs)
			r = fill(opts, row, attr);
	return r;
}

int nb_rules_slave_defaults(struct nb_optset *opts, unsigned mode)
{
	int r = 0;

	nb_foreach_option(row, attr, NB_SCOPE_SLAVE) {
		if (r < 0 || nb_optset_has(opts, attr) || !nb_option_writable(row))
			continue;
		if (!((row->refused | row->idle) & mode_bit(mode)))
			r = nb_optset_set(opts, attr, row_default(row));
	}
	return r;
}

uint64_t nb_rules_step(const struct nb_option *row, const struct nb_optset *opts)
{
	if (!(row->flags & NB_OPTION_MULTIPLE))
		return 0;
	return nb_rules_value(opts, (unsigned)__builtin_ctzll(row->needs)).u;
}

static int compare_targets(const void *a, const void *b)
{
	return memcmp(a, b, sizeof(struct in6_addr));
}

static int canonicalise(struct nb_optset *opts, const struct nb_option *row, unsigned attr)
{
	union nb_value value = nb_optset_get(opts, attr);
	uint64_t step = nb_rules_step(row, opts);

	/* In place: the list stays the set's. */
	if (row->type->is_list && value.targets)
		qsort(value.targets->a, value.targets->n, sizeof(struct in6_addr),
			compare_targets);
	if (step == 0 || value.u % step == 0)
		return 0;
	value.u -= value.u % step;
	return nb_optset_set(opts, attr, value);
}

int nb_rules_canonicalise(struct nb_config *config)
{
	for (size_t i = 0; i < config->n_bonds; i++) {
		struct nb_optset *opts = &config->bonds[i]->opts;

		nb_foreach_bit(attr, opts->present) {
			const struct nb_option *row = nb_option_get(opts->scope, attr);

			if (row && canonicalise(opts, row, attr) < 0)
				return -ENOMEM;
		}
	}
	return 0;
}

int nb_rules_check(const struct nb_config *config, struct nb_diag *diag)
{
	size_t before = diag->n_errors;
	int r;

	for (size_t i = 0; i < config->n_bonds; i++) {
		const struct nb_bond *bond = config->bonds[i];

		nb_check_name(bond, diag);
		if (bond->absent) {
			nb_check_absent(bond, diag);
			continue;
		}
		nb_check_options(bond, diag);
		nb_check_slaves(bond, diag);
		nb_check_link(bond, diag);
		nb_check_addresses(bond, diag);
		nb_check_routes(bond, diag);
	}
	nb_check_namespaces(config, diag);
	r = nb_check_twice(config, diag);
	if (r == 0)
		r = nb_check_nesting(config, diag);
	if (r < 0)
		return r;
	return diag->n_errors > before ? -EBADMSG : 0;
}
