/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "daemon/probe.h"

#include <errno.h>
#include <linux/neighbour.h>
#include <string.h>

#include "daemon/clock.h"
#include "daemon/log.h"
#include "daemon/try.h"
#include "lib/nl/execute.h"

#define TICK_USEC UINT64_C(250000)
#define ASK_USEC UINT64_C(2000000)    /* two tries of the kernel, a second apart */
#define READY_USEC UINT64_C(45000000) /* a defaulted partner speaks every 30 s */
#define SETTLED_USEC UINT64_C(3000000) /* what was applied was observed by then */
#define ANSWER_MIN_USEC UINT64_C(10000000)
#define ANSWER_MAX_USEC UINT64_C(30000000)

struct probe {
	char *text;
	struct nb_ip ip;
	bool answered_before, answered;
	uint64_t asked;	    /* since when it is asked in this round; 0 = not yet */
};

struct nbd_probes {
	struct nbd *d;
	const struct nb_restore *restore;
	struct probe *items;
	size_t n;
	sd_event_source *timer;
	bool judging;
	uint64_t began, answer_usec;
	nbd_probes_done done;
	void *context;
};

/* Where a probe's address is on a link. */
struct place {
	const struct nb_netns *ns;
	const struct nb_link *link;
	unsigned length; /* of the prefix */
};

static void look_at(const struct nb_ip *ip, const struct nb_netns *ns, const struct nb_link *link,
	struct place *best)
{
	for (size_t i = 0; i < link->n_addresses; i++) {
		const struct nb_address *a = &link->addresses[i];

		if (a->ip.family == ip->family && a->prefix_length >= best->length &&
			!nb_ip_is_loopback(&a->ip) && !nb_ip_equal(&a->ip, ip) &&
			nb_ip_in_prefix(ip, &a->ip, a->prefix_length))
			*best = (struct place){ ns, link, a->prefix_length };
	}
}

/* The longest prefix, as the kernel's routes have it. */
static bool find_place(const struct nb_state *state, const struct nb_ip *ip, struct place *ret)
{
	*ret = (struct place){ .length = 1 };
	for (size_t n = 0; state && n < state->n_namespaces; n++) {
		for (size_t i = 0; i < state->namespaces[n]->links.n; i++)
			look_at(ip, state->namespaces[n], nb_netns_link(state->namespaces[n], i), ret);
	}
	return ret->link;
}

static bool will_be_on_link(const struct nb_config *config, const struct nb_ip *ip)
{
	for (size_t b = 0; b < config->n_bonds; b++) {
		const struct nb_bond *bond = config->bonds[b];

		for (size_t i = 0; i < bond->n_addresses; i++) {
			const struct nb_address *a = &bond->addresses[i];

			if (a->ip.family == ip->family &&
				nb_ip_in_prefix(ip, &a->ip, a->prefix_length))
				return true;
		}
	}
	return false;
}

static int add_probe(struct nbd_probes *probes, const char *text, bool caller_probes,
	struct nb_diag *diag)
{
	struct probe *probe = &probes->items[probes->n];
	struct place place;
	int r;

	if (nb_ip_parse(text, AF_UNSPEC, &probe->ip) < 0) {
		r = nb_diag_error(diag, NULL, text, "is no IPv4 or IPv6 address to probe");
		nb_diag_hint(diag, "name a host by its address: --probe 192.0.2.1");
		return r;
	}
	if (!find_place(probes->restore->snapshot, &probe->ip, &place) &&
		!will_be_on_link(probes->restore->tried, &probe->ip)) {
		if (caller_probes)
			return 0;
		r = nb_diag_error(diag, NULL, text, "is not on any link here: the daemon cannot probe it");
		nb_diag_hint(diag, "run `netbondctl try` on that machine, or probe the gateway");
		return r;
	}
	probe->text = strdup(text);
	if (!probe->text)
		return -ENOMEM;
	probes->n++;
	return 0;
}

static int on_tick(sd_event_source *source, uint64_t usec, void *userdata);

int nbd_probes_new(struct nbd *d, const struct nbd_try_request *request,
	const struct nb_restore *restore, struct nbd_probes **ret, struct nb_diag *diag)
{
	struct nbd_probes *probes = calloc(1, sizeof(*probes));
	int r = 0;

	if (probes)
		probes->items = calloc(request->n_probes + 1, sizeof(*probes->items));
	if (!probes || !probes->items) {
		nbd_probes_free(probes);
		return -ENOMEM;
	}
	probes->d = d;
	probes->restore = restore;
	for (size_t i = 0; i < request->n_probes && r == 0; i++)
		r = add_probe(probes, request->probes[i], request->caller_probes, diag);
	if (r == 0)
		r = sd_event_add_time(d->event, &probes->timer, CLOCK_BOOTTIME, UINT64_MAX, 1000,
			on_tick, probes);
	if (r < 0) {
		nbd_probes_free(probes);
		return r;
	}
	sd_event_source_set_enabled(probes->timer, SD_EVENT_OFF);
	*ret = probes;
	return 0;
}

struct nbd_probes *nbd_probes_free(struct nbd_probes *probes)
{
	if (!probes)
		return NULL;
	sd_event_source_disable_unref(probes->timer);
	for (size_t i = 0; i < probes->n; i++)
		free(probes->items[i].text);
	free(probes->items);
	free(probes);
	return NULL;
}

/* The bond below a device, itself included. */
static const struct nb_link *bond_below(const struct nb_netns *ns, const struct nb_link *link)
{
	for (unsigned depth = 0; link && depth < 8; depth++) {
		if (nb_link_is_bond(link))
			return link;
		link = link->lower ? nb_netns_find_index(ns, link->lower) : NULL;
	}
	return NULL;
}

static bool has_usable_slave(const struct nb_netns *ns, const struct nb_link *bond)
{
	struct nb_relatives relatives = nb_netns_relatives(ns, bond->ifindex);
	const struct nb_link *slave;

	while ((slave = nb_relatives_next(&relatives))) {
		if (nb_link_is_slave_of(slave, bond) && nb_link_usable_slave(slave, bond))
			return true;
	}
	return false;
}

/* Whether it makes sense to wait for an answer. */
static bool is_ready(const struct place *place)
{
	const struct nb_link *bond = bond_below(place->ns, place->link);

	return place->link->carrier && (!bond || has_usable_slave(place->ns, bond));
}

/*
 * One look. A neighbour that is reachable counts only once it was asked: the kernel believes in it
 * for half a minute after the last answer.
 */
static void look(struct nbd_probes *probes, struct probe *probe, const struct place *place,
	uint64_t now)
{
	const char *namespace = place->ns->name;
	int ifindex = place->link->ifindex;
	uint16_t state = NUD_NONE;

	if (nb_exec_reach_state(probes->d->exec, namespace, ifindex, &probe->ip, &state) < 0)
		state = NUD_NONE;
	if (probe->asked && (state & NUD_REACHABLE)) {
		probe->answered = true;
		return;
	}
	if (probe->asked && (state & (NUD_PROBE | NUD_INCOMPLETE)))
		return;
	if (!probe->asked)
		probe->asked = now;
	nb_exec_reach_ask(probes->d->exec, namespace, ifindex, &probe->ip);
}

static void rearm(struct nbd_probes *probes, uint64_t now)
{
	sd_event_source_set_time(probes->timer, now + TICK_USEC);
	sd_event_source_set_enabled(probes->timer, SD_EVENT_ONESHOT);
}

static void fail(struct nbd_probes *probes, const struct probe *probe, const char *why)
{
	NB_CLEANUP(nb_text_done) struct nb_text text = { 0 };

	nb_text_add(&text, "%s answered before the change: %s", probe->text, why);
	probes->done(probes->context, text.text ? text.text : why);
}

/* Return: false when it failed: @probes are gone then. */
static bool judge_one(struct nbd_probes *probes, struct probe *probe, uint64_t now)
{
	struct place place;
	bool found = find_place(
		nbd_reconciler_seen(probes->d->reconciler)->observed, &probe->ip, &place);

	if (found && (probe->asked || is_ready(&place))) {
		look(probes, probe, &place, now);
		if (probe->answered || now - probe->asked < probes->answer_usec)
			return true;
		fail(probes, probe, "now it does not");
		return false;
	}
	/* What became of LACP is not notified. */
	nbd_reconciler_dirty(probes->d->reconciler, "probe");
	if (now - probes->began < (found ? READY_USEC : SETTLED_USEC))
		return true;
	fail(probes, probe, found ? "now its link has no carrier or no LACP partner"
				  : "now it is on no link here");
	return false;
}

static void tick_judge(struct nbd_probes *probes, uint64_t now)
{
	bool all = true;

	for (size_t i = 0; i < probes->n; i++) {
		struct probe *probe = &probes->items[i];

		if (!probe->answered_before || probe->answered)
			continue;
		if (!judge_one(probes, probe, now))
			return;
		all &= probe->answered;
	}
	if (all)
		probes->done(probes->context, NULL);
	else
		rearm(probes, now);
}

static void tick_ask(struct nbd_probes *probes, uint64_t now)
{
	bool all = true;

	for (size_t i = 0; i < probes->n; i++) {
		struct probe *probe = &probes->items[i];
		struct place place;

		if (!probe->answered && find_place(probes->restore->snapshot, &probe->ip, &place)) {
			look(probes, probe, &place, now);
			all &= probe->answered;
		}
	}
	if (!all && now - probes->began < ASK_USEC) {
		rearm(probes, now);
		return;
	}
	for (size_t i = 0; i < probes->n; i++) {
		struct probe *probe = &probes->items[i];

		probe->answered_before = probe->answered;
		if (!probe->answered_before)
			nbd_log(LOG_NOTICE, NULL, "%s does not answer now: it is not judged afterwards",
				probe->text);
	}
	probes->done(probes->context, NULL);
}

static int on_tick(sd_event_source *source, uint64_t usec, void *userdata)
{
	struct nbd_probes *probes = userdata;

	if (probes->judging)
		tick_judge(probes, nbd_now());
	else
		tick_ask(probes, nbd_now());
	return 0;
}

static void begin(struct nbd_probes *probes, bool judging, nbd_probes_done done, void *context)
{
	probes->judging = judging;
	probes->began = nbd_now();
	probes->done = done;
	probes->context = context;
	for (size_t i = 0; i < probes->n; i++) {
		probes->items[i].answered = false;
		probes->items[i].asked = 0;
	}
	rearm(probes, probes->began - TICK_USEC);
}

void nbd_probes_ask(struct nbd_probes *probes, nbd_probes_done done, void *context)
{
	begin(probes, false, done, context);
}

void nbd_probes_judge(struct nbd_probes *probes, uint64_t timeout_usec, nbd_probes_done done,
	void *context)
{
	probes->answer_usec =
		NB_MIN(NB_MAX(timeout_usec / 3, ANSWER_MIN_USEC), ANSWER_MAX_USEC);
	begin(probes, true, done, context);
}
