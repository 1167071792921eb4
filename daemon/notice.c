/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "daemon/notice.h"

#include <linux/if_bonding.h>
#include <string.h>

#include "daemon/clock.h"
#include "daemon/drill.h"
#include "daemon/event.h"

#define LACP_IN_SYNC 0x08u /* 802.1AX 6.4.2.3, the bits of a port's state */
#define LACP_COLLECTING 0x10u
#define LACP_DISTRIBUTING 0x20u
#define LACP_DEFAULTED 0x40u
#define LACP_EXPIRED 0x80u

/* Since when something of a link is as it is. */
struct nbd_since {
	uint64_t inode; /* of the namespace */
	int ifindex;
	enum nbd_event_kind kind;
	uint64_t usec;
};

/* One bond at two moments. */
struct twice {
	struct nbd *d;
	const char *key;
	const struct nb_netns *old_ns, *ns;
	const struct nb_link *old, *bond;
};

/*
 * Something of @link changed just now. Return: how long it had been as it was, 0 when that began
 * before this daemon looked.
 */
static uint64_t renew(const struct twice *t, const struct nb_link *link, enum nbd_event_kind kind)
{
	struct nbd *d = t->d;
	uint64_t now = nbd_now();

	for (size_t i = 0; i < d->n_since; i++) {
		struct nbd_since *since = &d->since[i];
		uint64_t before = since->usec;

		if (since->ifindex != link->ifindex || since->kind != kind ||
			since->inode != t->ns->inode)
			continue;
		since->usec = now;
		return now - before;
	}
	if (nb_grow(&d->since, d->n_since, &d->since_capacity, sizeof(*d->since)) == 0)
		d->since[d->n_since++] =
			(struct nbd_since){ t->ns->inode, link->ifindex, kind, now };
	return 0;
}

uint64_t nbd_notice_lacp_age(const struct nbd *d, const struct nb_netns *ns, int ifindex)
{
	for (size_t i = 0; i < d->n_since; i++) {
		const struct nbd_since *since = &d->since[i];

		if (since->ifindex == ifindex && since->kind == NBD_EVENT_LACP &&
			since->inode == ns->inode)
			return (nbd_now() - since->usec) / 1000;
	}
	return UINT64_MAX;
}

/* Links that are gone do not come back under the same number. */
static void forget_gone(struct nbd *d, const struct nb_state *now)
{
	for (size_t i = d->n_since; i-- > 0;) {
		const struct nbd_since *since = &d->since[i];
		bool found = false;

		for (size_t n = 0; n < now->n_namespaces && !found; n++)
			found = now->namespaces[n]->inode == since->inode &&
				nb_netns_find_index(now->namespaces[n], since->ifindex);
		if (!found)
			d->since[i] = d->since[--d->n_since];
	}
}

static void tell(const struct twice *t, struct nbd_event *event)
{
	event->key = t->key;
	event->namespace = t->ns->name;
	event->bond = t->bond->name;
	nbd_event_tell(t->d, event);
}

static const char *active_of(const struct nb_link *bond)
{
	const char *name = nb_optset_get(&bond->bond, IFLA_BOND_ACTIVE_SLAVE).name;

	return name ? name : "";
}

static void forget_asked(struct nbd *d)
{
	free(nb_steal(&d->asked_bond));
	free(nb_steal(&d->asked_slave));
}

static bool was_asked(const struct twice *t, const char *to)
{
	return nb_streq(t->d->asked_bond, t->key) && nb_streq(t->d->asked_slave, to);
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
	else if (nb_streq(t->d->rejoined, from))
		nb_text_add(out, "%s had left the bond and was enslaved again", from);
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
	NB_CLEANUP(nb_text_done) struct nb_text reason = { 0 };

	if (nb_streq(from, to))
		return;
	reason_of(t, from, to, &reason);
	/* It is the reason of the next failover, not of those after it. */
	if (nb_streq(t->d->asked_bond, t->key))
		forget_asked(t->d);
	if (!reason.text)
		return;
	tell(t, &(struct nbd_event){
		.kind = NBD_EVENT_FAILOVER,
		.slave = *to ? to : NULL,
		.from = from,
		.to = to,
		.cause = reason.text,
		.lasted = renew(t, t->bond, NBD_EVENT_FAILOVER),
	});
}

/* A lost carrier is seen before the driver's next look at it (bond_mii_monitor()). */
const char *nbd_notice_link_state(const struct nb_link *slave, const struct nb_link *bond)
{
	if (!nb_link_is_up(slave))
		return "set down";
	switch (nb_optset_u(&slave->slave, IFLA_BOND_SLAVE_MII_STATUS)) {
	case BOND_LINK_UP:
		if (!slave->carrier)
			return nb_optset_u(&bond->bond, IFLA_BOND_DOWNDELAY) ? "failing" : "down";
		return "up";
	case BOND_LINK_FAIL:
		return "failing";
	case BOND_LINK_BACK:
		return "coming back";
	}
	return "down";
}

static const char *bond_state(const struct nb_link *bond)
{
	return !nb_link_is_up(bond) ? "set down" : bond->carrier ? "up" : "no carrier";
}

/* Why a slave is as it is now. */
static void link_cause(const struct twice *t, const struct nb_link *slave, const char *state,
	uint32_t changes, struct nb_text *out)
{
	/* ARP monitoring goes through the same states (bond_ab_arp_probe()) and knows no delays. */
	const bool asks = nb_optset_u(&t->bond->bond, IFLA_BOND_ARP_INTERVAL) != 0;

	if (nb_streq(state, "up"))
		nb_text_add(out, "usable for the bond");
	else if (nbd_drill_is_on(t->d, t->key))
		nb_text_add(out, "a drill");
	else if (nb_streq(state, "set down"))
		nb_text_add(out, "the link was set down");
	else if (asks && nb_streq(state, "coming back"))
		nb_text_add(out, "the bond asks the ARP or NS targets through it");
	else if (asks && slave->carrier)
		nb_text_add(out, "no ARP or NS target answers through it");
	else if (nb_streq(state, "failing"))
		nb_text_add(out, "no carrier; the bond waits for downdelay");
	else if (nb_streq(state, "coming back"))
		nb_text_add(out, "the bond waits for updelay");
	else if (!slave->carrier)
		nb_text_add(out, "no carrier: cable, transceiver, or the port of the switch");
	else
		nb_text_add(out, "the carrier is there, the bond has not taken it back yet");
	if (changes > 2)
		nb_text_add(out, "; the carrier changed %u times", changes);
}

static void tell_link(const struct twice *t, const struct nb_link *slave, const char *name,
	const char *from, const char *to, const char *cause)
{
	tell(t, &(struct nbd_event){
		.kind = NBD_EVENT_LINK,
		.slave = name,
		.from = from,
		.to = to,
		.cause = cause,
		.lasted = renew(t, slave ? slave : t->bond, NBD_EVENT_LINK),
	});
}

static void compare_link(const struct twice *t, const struct nb_link *old, const struct nb_link *now)
{
	const char *from = old ? nbd_notice_link_state(old, t->old) : "";
	const char *to = nbd_notice_link_state(now, t->bond);
	uint32_t changes = old ? now->carrier_changes - old->carrier_changes : 0;
	NB_CLEANUP(nb_text_done) struct nb_text cause = { 0 };

	if (!old)
		nb_text_add(&cause, "enslaved");
	else if (!nb_streq(from, to))
		link_cause(t, now, to, changes, &cause);
	else if (changes > 1)
		nb_text_add(&cause, "the carrier changed %u times between two looks", changes);
	if (cause.text)
		tell_link(t, now, now->name, from, to, cause.text);
}

static void compare_bond_link(const struct twice *t)
{
	const char *from = bond_state(t->old), *to = bond_state(t->bond);

	if (!nb_streq(from, to))
		tell_link(t, NULL, NULL, from, to,
			nb_streq(to, "no carrier") ? "no slave can be used" : NULL);
}

const char *nbd_notice_lacp_state(const struct nb_link *slave)
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
	const char *from = old ? nbd_notice_lacp_state(old) : "", *to = nbd_notice_lacp_state(now);

	if (old && nb_streq(from, to) &&
		nb_optset_u(&old->slave, IFLA_BOND_SLAVE_AD_AGGREGATOR_ID) == aggregator)
		return;
	tell(t, &(struct nbd_event){
		.kind = NBD_EVENT_LACP,
		.slave = now->name,
		.from = from,
		.to = to,
		.aggregator = (uint32_t)aggregator,
		.lasted = renew(t, now, NBD_EVENT_LACP),
	});
}

/* @old: the slave before; NULL: it was none of this bond */
static void compare_slave(const struct twice *t, const struct nb_link *old, const struct nb_link *now)
{
	compare_link(t, old, now);
	if (nb_optset_u(&t->bond->bond, IFLA_BOND_MODE) == BOND_MODE_8023AD)
		compare_port(t, old, now);
}

static void compare_slaves(const struct twice *t)
{
	struct nb_relatives slaves = nb_netns_relatives(t->old_ns, t->old->ifindex);
	const struct nb_link *slave;

	while ((slave = nb_relatives_next(&slaves))) {
		const struct nb_link *now = nb_netns_find_index(t->ns, slave->ifindex);

		if (nb_link_is_slave_of(slave, t->old) &&
			!(now && nb_link_is_slave_of(now, t->bond)))
			tell_link(t, slave, slave->name, nbd_notice_link_state(slave, t->old), "",
				now ? "released" : "the link is gone");
	}
	slaves = nb_netns_relatives(t->ns, t->bond->ifindex);
	while ((slave = nb_relatives_next(&slaves))) {
		const struct nb_link *old = nb_netns_find_index(t->old_ns, slave->ifindex);

		if (nb_link_is_slave_of(slave, t->bond))
			compare_slave(t, old && nb_link_is_slave_of(old, t->old) ? old : NULL, slave);
	}
}

static void compare_bond(struct nbd *d, const struct nb_netns *old_ns, const struct nb_netns *ns,
	const struct nb_target *target, const struct nb_link *bond)
{
	struct twice t = { .d = d, .old_ns = old_ns, .ns = ns, .bond = bond };
	const struct nb_goal *goal;

	if (!bond || !nb_link_is_bond(bond))
		return;
	/* By ifindex: another bond of the same name has no history. */
	t.old = nb_netns_find_index(old_ns, bond->ifindex);
	if (!t.old || !nb_link_is_bond(t.old))
		return;
	goal = target ? nb_target_find(target, ns->name, bond->name) : NULL;
	t.key = goal ? goal->key : bond->name;
	compare_slaves(&t);
	compare_bond_link(&t);
	compare_active(&t);
}

/* NULL: it was not there then. */
static const struct nb_netns *find_old(const struct nbd_seen *before, const struct nb_netns *ns)
{
	const struct nb_netns *old = nb_state_namespace(before->observed, ns->name);

	return old && old->inode == ns->inode ? old : NULL;
}

static void compare_all(struct nbd *d, const struct nbd_seen *before, const struct nbd_seen *now)
{
	for (size_t i = 0; i < now->observed->n_namespaces; i++) {
		const struct nb_netns *ns = now->observed->namespaces[i];
		const struct nb_netns *old = find_old(before, ns);

		for (size_t k = 0; old && k < ns->links.n; k++)
			compare_bond(d, old, ns, now->target, nb_netns_link(ns, k));
	}
	forget_gone(d, now->observed);
}

void nbd_notice_compare(struct nbd *d, const struct nbd_seen *before)
{
	const struct nbd_seen *now = nbd_reconciler_seen(d->reconciler);
	NB_CLEANUP(nb_touches_done) struct nb_touches bonds = { 0 };

	if (!before->observed || !now->observed)
		return;
	nbd_seen_bonds(before, now, &now->changed, &bonds);
	if (!now->part || bonds.all) {
		compare_all(d, before, now);
		return;
	}
	for (size_t i = 0; i < bonds.n; i++) {
		const struct nb_netns *ns =
			nb_state_namespace(now->observed, bonds.items[i].namespace);
		const struct nb_netns *old = find_old(before, ns);

		if (old)
			compare_bond(d, old, ns, now->target,
				nb_netns_find_index(ns, bonds.items[i].ifindex));
	}
}

void nbd_notice_asked(struct nbd *d, const char *key, const char *slave)
{
	forget_asked(d);
	d->asked_bond = strdup(key);
	d->asked_slave = strdup(slave);
}

void nbd_notice_done(struct nbd *d)
{
	forget_asked(d);
	free(d->since);
}
