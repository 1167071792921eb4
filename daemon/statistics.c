/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "daemon/statistics.h"

#include <errno.h>
#include <stdio.h>
#include <unistd.h>

#include "daemon/clock.h"
#include "daemon/history.h"
#include "lib/nl/execute.h"

struct reading {
	const struct nb_netns *ns;
	struct json_object *links;
};

static void add_counters(struct json_object *map, const struct rtnl_link_stats64 *s)
{
	const struct {
		const char *key;
		uint64_t value;
	} counters[] = {
		{ "rx-bytes", s->rx_bytes },
		{ "tx-bytes", s->tx_bytes },
		{ "rx-packets", s->rx_packets },
		{ "tx-packets", s->tx_packets },
		{ "rx-errors", s->rx_errors },
		{ "tx-errors", s->tx_errors },
		{ "rx-dropped", s->rx_dropped },
		{ "tx-dropped", s->tx_dropped },
		{ "rx-nohandler", s->rx_nohandler },
	};

	for (size_t i = 0; i < NB_ARRAY_SIZE(counters); i++)
		nb_json_set_number(map, counters[i].key, (int64_t)counters[i].value);
}

static void add_lacp(struct json_object *map, const uint64_t *lacp)
{
	static const struct {
		const char *key;
		unsigned at;
	} counters[] = {
		{ "lacpdu-rx", BOND_3AD_STAT_LACPDU_RX },
		{ "lacpdu-tx", BOND_3AD_STAT_LACPDU_TX },
		{ "lacpdu-unknown-rx", BOND_3AD_STAT_LACPDU_UNKNOWN_RX },
		{ "lacpdu-illegal-rx", BOND_3AD_STAT_LACPDU_ILLEGAL_RX },
	};

	for (size_t i = 0; i < NB_ARRAY_SIZE(counters); i++)
		nb_json_set_number(map, counters[i].key, (int64_t)lacp[counters[i].at]);
}

static int take(void *context, const struct nb_stats *stats)
{
	const struct reading *reading = context;
	const struct nb_link *link = nb_netns_find_index(reading->ns, stats->ifindex);
	const struct nb_link *master =
		link && link->master ? nb_netns_find_index(reading->ns, link->master) : NULL;
	struct json_object *map;

	if (!link || !(nb_link_is_bond(link) || (master && nb_link_is_bond(master))))
		return 0;
	map = nb_json_map();
	nb_json_set_string(map, "namespace", reading->ns->name);
	nb_json_set_string(map, "name", link->name);
	nb_json_set_string(map, "bond", master && nb_link_is_bond(master) ? master->name : NULL);
	add_counters(map, &stats->link);
	nb_json_set_number(map, "carrier-changes", link->carrier_changes);
	if (stats->has_lacp)
		add_lacp(map, stats->lacp);
	nb_json_add(reading->links, map);
	return 0;
}

static struct json_object *events_of(const struct nbd_counts *counts)
{
	struct json_object *map = nb_json_map();

	for (unsigned kind = 0; kind < NBD_EVENT_KIND_COUNT; kind++)
		nb_json_set_number(
			map, nbd_event_kind_name(kind), (int64_t)counts->events[kind]);
	return map;
}

static struct json_object *bond_counts(const struct nbd_history *history)
{
	struct json_object *list = nb_json_list();
	const struct nbd_counts *counts;

	for (size_t i = 1; (counts = nbd_history_counts(history, i)); i++) {
		struct json_object *map = nb_json_map();

		nb_json_set_string(map, "namespace", counts->namespace);
		nb_json_set_string(map, "bond", counts->bond);
		nb_json_set(map, "events", events_of(counts));
		nb_json_add(list, map);
	}
	return list;
}

static int64_t resident_bytes(void)
{
	FILE *file = fopen("/proc/self/statm", "re");
	long long total = 0, resident = 0;

	if (!file)
		return 0;
	if (fscanf(file, "%lld %lld", &total, &resident) != 2)
		resident = 0;
	fclose(file);
	return resident * sysconf(_SC_PAGESIZE);
}

static struct json_object *daemon_counts(const struct nbd *d)
{
	static const char *const results[] = { "converged", "held", "pending", "failed" };
	const struct nbd_counts *counts = nbd_history_counts(d->history, 0);
	struct json_object *map = nb_json_map(), *transactions = nb_json_map();

	nb_json_set_number(map, "started", (int64_t)(d->started / 1000000));
	nb_json_set_number(map, "resident-bytes", resident_bytes());
	nb_json_set_number(map, "netlink-requests", (int64_t)nb_exec_requests(d->exec));
	nb_json_set_number(map, "observations", (int64_t)d->n_observations);
	nb_json_set_number(map, "history-lost", (int64_t)nbd_history_lost(d->history));
	for (size_t i = 0; i < NB_ARRAY_SIZE(results); i++)
		nb_json_set_number(transactions, results[i], (int64_t)counts->results[i]);
	nb_json_set(map, "transactions", transactions);
	return map;
}

int nbd_statistics(struct nbd *d, struct json_object **ret)
{
	const struct nb_state *observed = nbd_reconciler_seen(d->reconciler)->observed;
	NB_CLEANUP(nb_json_putp) struct json_object *map = nb_json_document();
	struct reading reading = { .links = nb_json_list() };

	nb_json_set(map, "daemon", daemon_counts(d));
	nb_json_set(map, "bonds", bond_counts(d->history));
	nb_json_set(map, "links", reading.links);
	for (size_t i = 0; observed && i < observed->n_namespaces; i++) {
		int r;

		reading.ns = observed->namespaces[i];
		if (!reading.ns->exists)
			continue;
		r = nb_exec_stats(d->exec, reading.ns->name, take, &reading);
		if (r < 0 && r != -ENOENT)
			return r;
	}
	*ret = nb_steal(&map);
	return 0;
}
