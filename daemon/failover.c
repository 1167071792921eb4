/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "daemon/failover.h"

#include <errno.h>
#include <string.h>

#include "daemon/log.h"
#include "daemon/notice.h"
#include "lib/nl/execute.h"

#define RESELECT_ALWAYS 0 /* BOND_PRI_RESELECT_ALWAYS */

static bool has_active_slave(const struct nb_link *bond)
{
	const struct nb_option *row = nb_option_get(NB_SCOPE_BOND, IFLA_BOND_ACTIVE_SLAVE);

	return !(row->refused & NB_MODE(nb_optset_u(&bond->bond, IFLA_BOND_MODE)));
}

/*
 * bond_find_best_slave() takes the primary at the next change of any link; until then
 * bond_option_active_slave_set() has its way.
 */
static bool flips_back(const struct nb_netns *ns, const struct nb_link *bond, const char *slave)
{
	const char *primary = nb_optset_get(&bond->bond, IFLA_BOND_PRIMARY).name;
	const struct nb_link *link = primary && *primary ? nb_netns_find(ns, primary) : NULL;

	return link && !nb_streq(primary, slave) && nb_link_usable_slave(link, bond) &&
	       nb_optset_u(&bond->bond, IFLA_BOND_PRIMARY_RESELECT) == RESELECT_ALWAYS;
}

static int run(const struct nbd_object *bond, const char *slave, struct nb_exec_error *error)
{
	const char *key = bond->goal ? bond->goal->key : bond->name;
	union nb_value value = { .name = strdup(slave) };
	struct nb_op op;
	int r;

	if (!value.name) /* no name would mean none */
		return -ENOMEM;
	r = nb_op_init(&op, NB_OP_BOND_SET, key, bond->namespace, bond->bond->name,
		bond->bond->ifindex);
	if (r < 0) {
		free(value.name);
		return r;
	}
	op.opts.scope = NB_SCOPE_BOND;
	r = nb_optset_set(&op.opts, IFLA_BOND_ACTIVE_SLAVE, value);
	if (r == 0)
		r = nb_exec_netlink.run(bond->d->exec, &op, error);
	nb_op_done(&op);
	return r;
}

enum nbd_failover nbd_failover(
	const struct nbd_object *bond, const char *slave, bool insist, struct nb_text *why)
{
	const struct nb_link *link = nb_netns_find(bond->ns, slave);
	struct nb_exec_error error = { 0 };
	const struct nbd_about about = {
		.bond = bond->goal ? bond->goal->key : bond->name,
		.namespace = bond->namespace,
		.slave = slave,
	};
	int r;

	if (!link || !nb_link_is_slave_of(link, bond->bond)) {
		nb_text_add(why, "'%s' is no slave of %s", slave, bond->name);
		return NBD_FAILOVER_NO_SUCH_SLAVE;
	}
	slave = link->name;
	if (!has_active_slave(bond->bond)) {
		nb_text_add(why, "%s has mode %s: all its slaves carry traffic, there is no active one",
			bond->name,
			nb_mode_name((unsigned)nb_optset_u(&bond->bond->bond, IFLA_BOND_MODE)));
		return NBD_FAILOVER_REFUSED;
	}
	if (!insist && flips_back(bond->ns, bond->bond, slave)) {
		nb_text_add(why,
			"the primary of %s is %s and primary-reselect is always: it would take over "
			"again at the next change of a link; insist with --once, or change primary",
			bond->name, nb_optset_get(&bond->bond->bond, IFLA_BOND_PRIMARY).name);
		return NBD_FAILOVER_REFUSED;
	}
	r = run(bond, slave, &error);
	if (r < 0) {
		nb_text_add(why, "the kernel does not make %s the active slave of %s: %s", slave,
			bond->name, error.text[0] ? error.text : strerror(-r));
		return NBD_FAILOVER_FAILED;
	}
	nbd_log(LOG_NOTICE, &about, "failover to %s asked for", slave);
	if (!nb_streq(nb_optset_get(&bond->bond->bond, IFLA_BOND_ACTIVE_SLAVE).name, slave))
		nbd_notice_asked(bond->d, about.bond, slave);
	nbd_reconciler_dirty(bond->d->reconciler, "failover");
	return NBD_FAILOVER_OK;
}
