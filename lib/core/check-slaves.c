/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <string.h>

#include "lib/core/check.h"

#define NAMES_SHOWN 8	  /* slaves a hint lists */
#define TX_QUEUES 16	  /* BOND_DEFAULT_TX_QUEUES of the driver's bond_main.c */

void nb_check_slave_label(const struct nb_bond *bond, size_t i, struct nb_text *out)
{
	const struct nb_slave_spec *slave = &bond->slaves[i];

	nb_text_put(out, "slave ");
	if (slave->name)
		nb_text_put(out, slave->name);
	else
		nb_text_add(out, "entry %zu", i + 1);
}

void nb_check_slave_object(const struct nb_bond *bond, size_t i, struct nb_text *out)
{
	nb_text_put(out, bond->key);
	nb_text_put(out, ": ");
	nb_check_slave_label(bond, i, out);
}

static size_t count_matches(const struct nb_bond *bond)
{
	size_t n = 0;

	for (size_t i = 0; i < bond->n_slaves; i++)
		n += !bond->slaves[i].name;
	return n;
}

static bool has_slave(const struct nb_bond *bond, const char *name)
{
	for (size_t i = 0; i < bond->n_slaves; i++)
		if (nb_streq(bond->slaves[i].name, name))
			return true;
	return false;
}

static void hint_slaves(const struct nb_bond *bond, struct nb_diag *diag)
{
	NB_CLEANUP(nb_text_done) struct nb_text names = { 0 };

	for (size_t i = 0; i < bond->n_slaves && i < NAMES_SHOWN; i++)
		nb_text_add(&names, "%s%s", i > 0 ? ", " : "", bond->slaves[i].name);
	if (bond->n_slaves > NAMES_SHOWN)
		nb_text_add(&names, ", ...");
	if (bond->n_slaves == 0)
		nb_diag_hint(diag, "the bond has no slaves");
	else
		nb_diag_hint(diag, "write it as it stands in slaves: %s",
			names.text ? names.text : "");
}

void nb_check_is_slave(const struct nb_bond *bond, const char *name, const char *option,
	const struct nb_mark *mark, struct nb_diag *diag)
{
	struct nb_mark slaves = nb_bond_key_mark(bond, NB_KEY_SLAVES);

	/* What a match finds is not known before the links are. */
	if (!name || count_matches(bond) > 0 || has_slave(bond, name))
		return;
	nb_diag_error(diag, mark, bond->key, "%s %s is none of the bond's slaves", option, name);
	hint_slaves(bond, diag);
	if (bond->named & NB_KEY_SLAVES)
		nb_diag_other(diag, &slaves);
}

/* Options whose value is a slave's name. */
static void check_names(const struct nb_bond *bond, struct nb_diag *diag)
{
	nb_foreach_bit(attr, bond->opts.present) {
		const struct nb_option *row = nb_option_get(NB_SCOPE_BOND, attr);
		struct nb_mark mark = nb_optset_mark(&bond->opts, attr);

		if (row->type != &nb_type_ifname || (row->refused & NB_MODE(nb_bond_mode(bond))))
			continue;
		nb_check_is_slave(bond, nb_optset_get(&bond->opts, attr).name, row->name, &mark,
			diag);
	}
}

/* bond_option_prio_set(): stored, but a primary comes first. */
static void check_prio(const struct nb_bond *bond, const struct nb_slave_spec *slave,
	const char *object, struct nb_diag *diag)
{
	struct nb_mark mark = nb_optset_mark(&slave->opts, IFLA_BOND_SLAVE_PRIO);
	struct nb_mark primary = nb_optset_mark(&bond->opts, IFLA_BOND_PRIMARY);

	if (!nb_optset_has(&slave->opts, IFLA_BOND_SLAVE_PRIO) ||
		!nb_rules_is_on(&bond->opts, IFLA_BOND_PRIMARY))
		return;
	nb_diag_warning(diag, &mark, object, "prio has no effect while the bond has a primary");
	nb_diag_hint(diag, "leave primary out and give the best slave the highest prio");
	nb_diag_other(diag, &primary);
}

/* bond_option_queue_id_set(): no more than the queues the device was made with. */
static void check_queue(const struct nb_slave_spec *slave, const char *object, struct nb_diag *diag)
{
	uint64_t queue = nb_optset_u(&slave->opts, IFLA_BOND_SLAVE_QUEUE_ID);
	struct nb_mark mark = nb_optset_mark(&slave->opts, IFLA_BOND_SLAVE_QUEUE_ID);

	if (queue <= TX_QUEUES)
		return;
	nb_diag_warning(diag, &mark, object,
		"queue-id %u is above %d, the queues a bond usually has: the kernel will refuse it",
		(unsigned)queue, TX_QUEUES);
	nb_diag_hint(diag, "more queues: load the bonding module with tx_queues=%u",
		(unsigned)queue);
}

static bool is_empty(const struct nb_match *match)
{
	return !match->name && !match->path && !match->driver && !match->has_permanent_mac;
}

static void check_entry(const struct nb_bond *bond, size_t i, struct nb_diag *diag)
{
	NB_CLEANUP(nb_text_done) struct nb_text object = { 0 };
	const struct nb_slave_spec *slave = &bond->slaves[i];

	nb_check_slave_object(bond, i, &object);
	nb_foreach_bit(attr, slave->opts.present)
		nb_check_mode(bond, &slave->opts, attr, object.text, diag);
	if (!(nb_option_get(NB_SCOPE_SLAVE, IFLA_BOND_SLAVE_PRIO)->refused &
		    NB_MODE(nb_bond_mode(bond))))
		check_prio(bond, slave, object.text, diag);
	check_queue(slave, object.text, diag);
	/* Newer kernels take lo and turn the bond into a loopback device. */
	if (nb_streq(slave->name, "lo")) {
		nb_diag_error(diag, &slave->mark, object.text, "lo cannot be a slave");
		nb_diag_hint(diag, "slaves are network cards or other Ethernet devices");
	}
	if (!slave->name && is_empty(&slave->match)) {
		nb_diag_error(
			diag, &slave->mark, object.text, "match is empty and fits every card");
		nb_diag_hint(diag, "give it one or more of name, permanent-mac, path, driver");
	}
}

/* Numbers that more slaves would be needed for; a match may bring any number. */
static void check_count(const struct nb_bond *bond, struct nb_diag *diag)
{
	struct nb_mark mark = nb_bond_key_mark(bond, NB_KEY_REQUIRED_SLAVES);
	uint64_t min_links = nb_optset_u(&bond->opts, IFLA_BOND_MIN_LINKS);
	const char *plural = bond->n_slaves == 1 ? "" : "s";

	if (count_matches(bond) > 0)
		return;
	if ((bond->named & NB_KEY_REQUIRED_SLAVES) && bond->required_slaves > bond->n_slaves) {
		nb_diag_error(diag, &mark, bond->key,
			"required-slaves is %u, but the bond has %u slave%s",
			bond->required_slaves, bond->n_slaves, plural);
		nb_diag_hint(diag, "0 to %u is possible", bond->n_slaves);
	}
	if (nb_bond_mode(bond) == BOND_MODE_8023AD && min_links > bond->n_slaves) {
		mark = nb_optset_mark(&bond->opts, IFLA_BOND_MIN_LINKS);
		nb_diag_warning(diag, &mark, bond->key,
			"min-links is %llu, but the bond has %u slave%s: it never gets carrier",
			(unsigned long long)min_links, bond->n_slaves, plural);
		nb_diag_hint(diag, "0 to %u is possible", bond->n_slaves);
	}
}

/* Forgotten is not the same as none: an empty bond must be meant. */
static void check_named(const struct nb_bond *bond, struct nb_diag *diag)
{
	if (bond->named & NB_KEY_SLAVES)
		return;
	nb_diag_error(diag, &bond->mark, bond->key, "slaves is missing");
	nb_diag_hint(diag, "name them: slaves: [eth0, eth1], or write slaves: [] for none");
}

void nb_check_slaves(const struct nb_bond *bond, struct nb_diag *diag)
{
	check_named(bond, diag);
	for (size_t i = 0; i < bond->n_slaves; i++)
		check_entry(bond, i, diag);
	check_names(bond, diag);
	check_count(bond, diag);
}
