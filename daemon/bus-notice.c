/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What happened to a bond by itself, seen by comparing two moments: failovers and LACP. */
#include <linux/if_bonding.h>

#include "daemon/bus-internal.h"
#include "daemon/log.h"

#define LACP_IN_SYNC 0x08u /* 802.1AX 6.4.2.3, the bits of a port's state */
#define LACP_COLLECTING 0x10u
#define LACP_DISTRIBUTING 0x20u
#define LACP_DEFAULTED 0x40u
#define LACP_EXPIRED 0x80u

/* One bond at two moments. */
struct twice {
	struct nbd_bus *bus;
	const char *key;
	const struct nb_netns *old_ns, *ns;
	const struct nb_link *old, *bond;
};

static const char *active_of(const struct nb_link *bond)
{
	const char *name = nb_optset_get(&bond->bond, IFLA_BOND_ACTIVE_SLAVE).name;

	return name ? name : "";
}

static bool was_asked(const struct twice *t, const char *to)
{
	return nb_streq(t->bus->asked_bond, t->key) && nb_streq(t->bus->asked_slave, to);
}

static void reason_of(
	const struct twice *t, const char *from, const char *to, struct nb_text *out)
{
	const struct nb_link *left = *from ? nb_netns_find(t->ns, from) : NULL;
	const char *primary = nb_optset_get(&t->bond->bond, IFLA_BOND_PRIMARY).name;

	if (!*from)
		nb_text_add(out, "%s is the first usable slave", to);
	else if (!left)
		nb_text_add(out, "%s is gone", from);
	else if (!nb_link_is_slave_of(left, t->bond))
		nb_text_add(out, "%s is no slave any more", from);
	else if (!nb_link_is_up(left))
		nb_text_add(out, "%s was set down", from);
	else if (!left->carrier)
		nb_text_add(out, "%s has no carrier", from);
	else if (nb_optset_u(&left->slave, IFLA_BOND_SLAVE_MII_STATUS) != BOND_LINK_UP)
		nb_text_add(out, "the monitoring of the bond took %s down", from);
	else if (!nb_link_is_up(t->bond))
		nb_text_add(out, "the bond is down");
	else if (was_asked(t, to))
		nb_text_add(out, "asked for");
	else if (nb_streq(primary, to))
		nb_text_add(out, "%s is the primary and usable again", to);
	else
		nb_text_add(out, "%s is usable, too: chosen by the kernel or set by hand", from);
}

static void compare_active(const struct twice *t)
{
	const char *from = active_of(t->old), *to = active_of(t->bond);
	const struct nbd_about about = {
		.message_id = NBD_ID_FAILOVER,
		.bond = t->key,
		.namespace = t->ns->name,
		.slave = to,
	};
	NB_CLEANUP(nb_text_done) struct nb_text reason = { 0 };

	if (nb_streq(from, to))
		return;
	reason_of(t, from, to, &reason);
	if (!reason.text)
		return;
	nbd_log(*to ? LOG_NOTICE : LOG_WARNING, &about, "active slave %s -> %s: %s",
		*from ? from : "none", *to ? to : "none", reason.text);
	nbd_bus_signal(t->bus, NBD_PATH, NBD_MANAGER, "FailedOver", "sssss", t->ns->name,
		t->bond->name, from, to, reason.text);
}

static const char *lacp_state(const struct nb_link *slave)
{
	uint64_t actor = nb_optset_u(&slave->slave, IFLA_BOND_SLAVE_AD_ACTOR_OPER_PORT_STATE);
	uint64_t partner = nb_optset_u(&slave->slave, IFLA_BOND_SLAVE_AD_PARTNER_OPER_PORT_STATE);

	if (!slave->carrier)
		return "no carrier";
	if (actor & LACP_EXPIRED)
		return "expired";
	if (actor & LACP_DEFAULTED)
		return "no partner";
	if (!(actor & LACP_IN_SYNC))
		return "not selected";
	if (!(partner & LACP_IN_SYNC))
		return "waiting for the partner";
	if (!(actor & LACP_DISTRIBUTING))
		return actor & LACP_COLLECTING ? "collecting" : "in sync";
	return partner & LACP_COLLECTING ? "distributing" : "waiting for the partner";
}

static void compare_port(const struct twice *t, const struct nb_link *old, const struct nb_link *now)
{
	uint64_t aggregator = nb_optset_u(&now->slave, IFLA_BOND_SLAVE_AD_AGGREGATOR_ID);
	const char *state = lacp_state(now);
	const struct nbd_about about = {
		.message_id = NBD_ID_LACP,
		.bond = t->key,
		.namespace = t->ns->name,
		.slave = now->name,
	};

	if (old && nb_streq(lacp_state(old), state) &&
		nb_optset_u(&old->slave, IFLA_BOND_SLAVE_AD_AGGREGATOR_ID) == aggregator)
		return;
	nbd_log(LOG_INFO, &about, "%s: LACP: %s, aggregator %u", now->name, state,
		(unsigned)aggregator);
	nbd_bus_signal(t->bus, NBD_PATH, NBD_MANAGER, "LacpChanged", "sssus", t->ns->name,
		t->bond->name, now->name, (uint32_t)aggregator, state);
}

static void compare_lacp(const struct twice *t)
{
	NB_CLEANUP(nb_freep) struct nb_link **slaves = NULL;
	int n = 0;

	if (nb_optset_u(&t->bond->bond, IFLA_BOND_MODE) == BOND_MODE_8023AD)
		n = nb_netns_slaves(t->ns, t->bond, &slaves);
	for (int i = 0; i < n; i++) {
		const struct nb_link *old = nb_netns_find_index(t->old_ns, slaves[i]->ifindex);

		compare_port(t, old && nb_link_is_slave_of(old, t->old) ? old : NULL, slaves[i]);
	}
}

static void compare_bonds(struct nbd_bus *bus, const struct nb_netns *old_ns,
	const struct nb_netns *ns, const struct nb_target *target)
{
	for (size_t i = 0; i < ns->n_links; i++) {
		struct twice t = { .bus = bus, .old_ns = old_ns, .ns = ns, .bond = ns->links[i] };
		const struct nb_goal *goal;

		if (!nb_link_is_bond(t.bond))
			continue;
		/* By ifindex: another bond of the same name has no history. */
		t.old = nb_netns_find_index(old_ns, t.bond->ifindex);
		if (!t.old || !nb_link_is_bond(t.old))
			continue;
		goal = target ? nb_target_find(target, ns->name, t.bond->name) : NULL;
		t.key = goal ? goal->key : t.bond->name;
		compare_active(&t);
		compare_lacp(&t);
	}
}

void nbd_bus_notice(struct nbd_bus *bus, const struct nbd_seen *before, const struct nbd_seen *now)
{
	if (!before->observed || !now->observed)
		return;
	for (size_t i = 0; i < now->observed->n_namespaces; i++) {
		const struct nb_netns *ns = now->observed->namespaces[i];
		const struct nb_netns *old = nb_state_namespace(before->observed, ns->name);

		if (old && old->inode == ns->inode)
			compare_bonds(bus, old, ns, now->target);
	}
}
