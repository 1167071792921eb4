/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "cli/stack-look.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "cli/problems.h"
#include "cli/stack-proc.h"
#include "cli/term.h"
#include "lib/nl/execute.h"
#include "lib/nl/hooks.h"
#include "lib/nl/snapshot.h"

/* Counters at one moment. */
struct moment {
	struct json_object *links;     /* by ifindex as text: {"rx-bytes": ...} */
	struct json_object *protocols; /* {"TcpInSegs": ...} */
};

struct looking {
	const struct nb_netns *ns;
	struct moment before, after;
	struct json_object *filters; /* by ifindex as text: kind */
	struct json_object *links;   /* the result */
	bool *drawn;		     /* by place in ns->links */
	unsigned *heights;
};

static void looking_done(struct looking *l)
{
	json_object_put(l->before.links);
	json_object_put(l->before.protocols);
	json_object_put(l->after.links);
	json_object_put(l->after.protocols);
	json_object_put(l->filters);
	json_object_put(l->links);
	free(l->drawn);
	free(l->heights);
}

static const char *key_of(int ifindex, char into[16])
{
	snprintf(into, 16, "%d", ifindex);
	return into;
}

static int take_stats(void *context, const struct nb_stats *stats)
{
	const struct rtnl_link_stats64 *s = &stats->link;
	const struct {
		const char *key;
		uint64_t value;
	} counters[] = {
		{ "rx-packets", s->rx_packets }, { "tx-packets", s->tx_packets },
		{ "rx-errors", s->rx_errors }, { "tx-errors", s->tx_errors },
		{ "rx-dropped", s->rx_dropped }, { "tx-dropped", s->tx_dropped },
		{ "rx-nohandler", s->rx_nohandler }, { "rx-missed", s->rx_missed_errors },
		{ "lacpdus-in", stats->lacp[BOND_3AD_STAT_LACPDU_RX] },
		{ "lacpdus-out", stats->lacp[BOND_3AD_STAT_LACPDU_TX] },
	};
	size_t n = NB_ARRAY_SIZE(counters) - (stats->has_lacp ? 0 : 2);
	struct json_object *map = nb_json_map();
	char key[16];

	for (size_t i = 0; i < n; i++)
		nb_json_set_number(map, counters[i].key, (int64_t)counters[i].value);
	nb_json_set(context, key_of(stats->ifindex, key), map);
	return 0;
}

static int take_filter(void *context, const struct nb_entry_filter *filter)
{
	char key[16];

	nb_json_set_string(context, key_of(filter->ifindex, key), filter->kind);
	return 0;
}

static void add_table(const char *name, struct json_object *into)
{
	NB_CLEANUP(nb_freep) char *text = nbc_proc_read(name);

	if (text)
		nbc_proc_counters(text, into);
}

static int count(struct nb_space *space, struct moment *ret)
{
	ret->links = nb_json_map();
	ret->protocols = nb_json_map();
	add_table("snmp", ret->protocols);
	add_table("snmp6", ret->protocols);
	add_table("netstat", ret->protocols);
	return nb_stats_take(space, take_stats, ret->links);
}

/* {name: {value, rise}}; zeros that stay are left out where @all is not set. */
static struct json_object *rises(struct json_object *before, struct json_object *after, bool all)
{
	struct json_object *map = nb_json_map();

	if (!after)
		return map;
	json_object_object_foreach(after, key, value) {
		int64_t now = json_object_get_int64(value);
		int64_t was = json_object_get_int64(json_object_object_get(before, key));
		struct json_object *one;

		if (!all && now == 0)
			continue;
		one = nb_json_map();
		nb_json_set_number(one, "value", now);
		nb_json_set_number(one, "rise", now - was);
		nb_json_set(map, key, one);
	}
	return map;
}

/* A bridge port, a macvlan's device, ... : who takes the frames of a link before packet types do. */
static const struct {
	const char *kind, *handler;
} handlers[] = {
	{ "bond", "bond_handle_frame" },
	{ "bridge", "br_handle_frame" },
	{ "team", "team_handle_frame" },
	{ "openvswitch", "netdev_frame_hook" },
	{ "vrf", "" }, /* l3mdev: no receive handler */
};

static const char *handler_of(const struct nb_link *link, const struct nb_netns *ns)
{
	struct nb_relatives uppers = nb_netns_relatives(ns, link->ifindex);
	const struct nb_link *upper;

	for (size_t i = 0; link->slave_kind && i < NB_ARRAY_SIZE(handlers); i++) {
		if (nb_streq(handlers[i].kind, link->slave_kind))
			return handlers[i].handler;
	}
	while ((upper = nb_relatives_next(&uppers))) {
		if (upper->lower != link->ifindex)
			continue;
		if (nb_streq(upper->kind, "macvlan") || nb_streq(upper->kind, "macvtap"))
			return "macvlan_handle_frame";
		if (nb_streq(upper->kind, "ipvlan"))
			return "ipvlan_handle_frame";
	}
	return "";
}

/* bond_set_slave_inactive_flags(): with all-slaves-active a backup receives as the active one does. */
static const char *role_of(const struct nb_link *link, const struct nb_link *master)
{
	if (!master || !nb_link_is_bond(master))
		return "";
	if (nb_optset_u(&link->slave, IFLA_BOND_SLAVE_STATE) == BOND_STATE_ACTIVE)
		return "active";
	return nb_optset_u(&master->bond, IFLA_BOND_ALL_SLAVES_ACTIVE) ? "backup" : "inactive";
}

static const char *state_of(const struct nb_link *link)
{
	return !nb_link_is_up(link) ? "down" : link->carrier ? "up" : "no carrier";
}

static struct json_object *addresses_of(const struct nb_link *link)
{
	struct json_object *list = nb_json_list();

	for (size_t i = 0; i < link->n_addresses; i++) {
		NB_CLEANUP(nb_text_done) struct nb_text text = { 0 };

		nb_address_format(&link->addresses[i], &text);
		nb_json_add_string(list, nbc_text_of(&text));
	}
	return list;
}

static void add_link(struct looking *l, size_t i)
{
	const struct nb_link *link = nb_netns_link(l->ns, i);
	const struct nb_link *master = nb_netns_find_index(l->ns, link->master);
	const struct nb_link *lower = nb_netns_find_index(l->ns, link->lower);
	struct json_object *map = nb_json_map();
	char key[16];

	key_of(link->ifindex, key);
	nb_json_set_string(map, "name", link->name);
	nb_json_set_string(map, "kind", link->kind ? link->kind : "");
	nb_json_set_string(map, "state", state_of(link));
	nb_json_set_number(map, "height", l->heights[i]);
	nb_json_set_string(map, "master", link->master && master ? master->name : NULL);
	nb_json_set_string(map, "lower", link->lower && lower ? lower->name : NULL);
	nb_json_set_string(map, "handler", handler_of(link, l->ns));
	nb_json_set_string(map, "role", role_of(link, master));
	if (nb_link_is_bond(link))
		nb_json_set_string(map, "mode",
			nb_mode_name((unsigned)nb_optset_u(&link->bond, IFLA_BOND_MODE)));
	nb_json_set_string(map, "filter",
		json_object_get_string(json_object_object_get(l->filters, key)));
	nb_json_set(map, "addresses", addresses_of(link));
	nb_json_set(map, "counters", rises(json_object_object_get(l->before.links, key),
					     json_object_object_get(l->after.links, key), true));
	nb_json_add(l->links, map);
}

static size_t place_of(const struct nb_netns *ns, int ifindex)
{
	for (size_t i = 0; i < ns->links.n; i++) {
		if (nb_netns_link(ns, i)->ifindex == ifindex)
			return i;
	}
	return ns->links.n;
}

/* How many links lie between it and the wire. Links lie upon each other in no circle, but a limit is one. */
static unsigned height_of(const struct looking *l, const struct nb_link *link, unsigned depth)
{
	struct nb_relatives relatives = nb_netns_relatives(l->ns, link->ifindex);
	const struct nb_link *lower = link->lower ? nb_netns_find_index(l->ns, link->lower) : NULL;
	const struct nb_link *slave;
	unsigned height = 0;

	if (depth == 16)
		return 0;
	if (lower && lower != link)
		height = 1 + height_of(l, lower, depth + 1);
	while ((slave = nb_relatives_next(&relatives))) {
		if (slave->master == link->ifindex)
			height = NB_MAX(height, 1 + height_of(l, slave, depth + 1));
	}
	return height;
}

/* All that belongs together with a link, by their places. */
static size_t gather(struct looking *l, size_t start, size_t *tower)
{
	size_t n = 0;

	tower[n++] = start;
	l->drawn[start] = true;
	for (size_t at = 0; at < n; at++) {
		const struct nb_link *link = nb_netns_link(l->ns, tower[at]);
		struct nb_relatives relatives = nb_netns_relatives(l->ns, link->ifindex);
		const int down[] = { link->master, link->lower };
		const struct nb_link *other;

		while ((other = nb_relatives_next(&relatives))) {
			size_t place = place_of(l->ns, other->ifindex);

			if (!l->drawn[place]) {
				l->drawn[place] = true;
				tower[n++] = place;
			}
		}
		for (size_t i = 0; i < NB_ARRAY_SIZE(down); i++) {
			size_t place = down[i] ? place_of(l->ns, down[i]) : l->ns->links.n;

			if (place < l->ns->links.n && !l->drawn[place]) {
				l->drawn[place] = true;
				tower[n++] = place;
			}
		}
	}
	return n;
}

static void add_towers(struct looking *l)
{
	size_t *tower = calloc(l->ns->links.n + 1, sizeof(*tower));

	l->drawn = calloc(l->ns->links.n + 1, sizeof(*l->drawn));
	l->heights = calloc(l->ns->links.n + 1, sizeof(*l->heights));
	if (!tower || !l->drawn || !l->heights)
		nbc_die_of_memory();
	for (size_t i = 0; i < l->ns->links.n; i++)
		l->heights[i] = height_of(l, nb_netns_link(l->ns, i), 0);
	for (size_t i = 0; i < l->ns->links.n; i++) {
		size_t n = l->drawn[i] ? 0 : gather(l, i, tower);
		unsigned top = 0;

		for (size_t k = 0; k < n; k++)
			top = NB_MAX(top, l->heights[tower[k]]);
		for (unsigned height = 0; n && height <= top; height++) {
			for (size_t place = 0; place < l->ns->links.n; place++) {
				for (size_t k = 0; k < n; k++)
					if (tower[k] == place && l->heights[place] == height)
						add_link(l, place);
			}
		}
	}
	free(tower);
}

static const char *point_name(const struct nb_hook *hook)
{
	static const char *const names[] = {
		[NB_HOOK_PREROUTING] = "prerouting", [NB_HOOK_INPUT] = "input",
		[NB_HOOK_FORWARD] = "forward", [NB_HOOK_OUTPUT] = "output",
		[NB_HOOK_POSTROUTING] = "postrouting",
	};

	return names[hook->point];
}

static int take_hook(void *context, const struct nb_hook *hook)
{
	struct json_object *map = nb_json_map();

	nb_json_set_string(map, "family", hook->family == AF_INET ? "ipv4" : "ipv6");
	nb_json_set_string(map, "point", point_name(hook));
	nb_json_set_number(map, "priority", hook->priority);
	nb_json_set_string(map, "function", hook->function);
	nb_json_set_string(map, "module", hook->module);
	nb_json_set_string(map, "chain", hook->chain);
	nb_json_add(context, map);
	return 0;
}

static void add_hooks(struct json_object *doc)
{
	struct json_object *list = nb_json_list();
	int r = nb_hooks_take(take_hook, list);

	if (r == 0) {
		nb_json_set(doc, "hooks", list);
		return;
	}
	json_object_put(list);
	nb_json_set(doc, "hooks", NULL);
	nb_json_set_string(doc, "hooks-unknown", r == -EPERM || r == -EACCES ?
			"only root is told" : "this kernel does not tell");
}

static struct json_object *proc_list(
	const char *name, struct json_object *(*parse)(const char *text))
{
	NB_CLEANUP(nb_freep) char *text = nbc_proc_read(name);

	return parse(text ? text : "");
}

static int measure(struct nb_space *space, uint64_t usec, struct looking *l)
{
	int r = count(space, &l->before);

	if (r < 0)
		return r;
	usleep((useconds_t)usec);
	r = count(space, &l->after);
	l->filters = nb_json_map();
	/* A kernel without packet schedulers filters nothing. */
	if (r == 0)
		nb_entry_filters_take(space, take_filter, l->filters);
	return r;
}

int nbc_stack_look(
	const struct nbc *nbc, const char *name, uint64_t usec, struct json_object **ret)
{
	NB_CLEANUP(nb_spaces_done) struct nb_spaces spaces = { 0 };
	NB_CLEANUP(nb_state_freep) struct nb_state *state = NULL;
	NB_CLEANUP(nb_diag_done) struct nb_diag diag = { 0 };
	NB_CLEANUP(looking_done) struct looking l = { 0 };
	struct nb_space *space;
	int r = nb_spaces_get(&spaces, "", &space);

	if (r == 0)
		r = measure(space, usec, &l);
	if (r == 0)
		r = nb_snapshot_take(&spaces, NULL, 0, 0, &state, &diag);
	if (r < 0) {
		nbc_tell_problems(nbc, &diag);
		if (!diag.n_errors)
			nbc_tell(nbc, "the network cannot be read: %s", strerror(-r));
		return r;
	}
	l.ns = state->namespaces[0];
	l.links = nb_json_list();
	add_towers(&l);
	*ret = nb_json_document();
	nb_json_set_string(*ret, "namespace", name);
	nb_json_set_number(*ret, "interval-ms", (int64_t)(usec / 1000));
	nb_json_set(*ret, "links", nb_steal(&l.links));
	nb_json_set(*ret, "packet-types", proc_list("ptype", nbc_proc_ptype));
	add_hooks(*ret);
	nb_json_set(*ret, "protocols", proc_list("protocols", nbc_proc_protocols));
	nb_json_set(*ret, "counters", rises(l.before.protocols, l.after.protocols, false));
	return 0;
}
