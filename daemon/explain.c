/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "daemon/explain.h"

#include <errno.h>
#include <string.h>

#include "daemon/child.h"
#include "daemon/notice.h"
#include "daemon/helper.h"
#include "lib/core/explain.h"
#include "lib/json/findings.h"
#include "lib/nl/execute.h"

/* One look for all bonds that are asked about. */
struct work {
	struct nbd *d;
	const struct nb_state *now;
	struct json_object *bonds;
	bool details;
};

static const struct nb_route *default_route(const struct nb_link *bond)
{
	for (size_t i = 0; i < bond->n_routes; i++) {
		const struct nb_route *route = &bond->routes[i];

		if (route->prefix_length == 0 && route->via.family && route->table == RT_TABLE_MAIN)
			return route;
	}
	return NULL;
}

static void add_gateway(const struct work *w, struct nb_explain_input *in)
{
	const struct nb_route *route = default_route(in->bond);
	struct nb_next_hop hop;

	if (!route)
		return;
	in->gateway = route->via;
	if (nb_exec_next_hop(w->d->exec, in->ns->name, &route->via, &hop) < 0 || !hop.has_mac)
		return;
	in->has_gateway_mac = true;
	memcpy(in->gateway_mac, hop.mac, sizeof(in->gateway_mac));
}

/* What cannot be had of the facts is not known to the rules: no reason to tell nothing. */
static int explain_link(
	const struct work *w, struct nb_explain_input *in, struct nb_findings *ret)
{
	NB_CLEANUP(nb_freep) struct nb_port_facts *ports = NULL;
	int n = nb_exec_facts(w->d->exec, in->ns, in->bond, &ports);

	if (n == -ENOMEM)
		return n;
	for (int i = 0; i < n; i++)
		ports[i].lacp_age_ms = nbd_notice_lacp_age(w->d, in->ns, ports[i].ifindex);
	in->ports = ports;
	in->n_ports = n > 0 ? (size_t)n : 0;
	add_gateway(w, in);
	return nb_explain(in, ret);
}

static int explain_one(struct work *w, const struct nbd_object *object)
{
	struct nb_explain_input in = { .name = object->name, .goal = object->goal,
		.details = w->details, .ns = nb_state_namespace(w->now, object->namespace) };
	struct nb_findings findings = { 0 };
	struct json_object *map;
	int r;

	in.bond = in.ns ? nb_netns_find(in.ns, object->name) : NULL;
	if (in.bond && !nb_link_is_bond(in.bond))
		in.bond = NULL;
	r = in.bond ? explain_link(w, &in, &findings) : nb_explain(&in, &findings);
	if (r < 0)
		return r;
	map = nb_json_map();
	nb_json_set_string(map, "name", object->name);
	nb_json_set_string(map, "namespace", object->namespace);
	nb_json_set_string(map, "key", object->goal ? object->goal->key : NULL);
	nb_json_set(map, "findings", nb_json_findings(&findings));
	nb_findings_done(&findings);
	nb_json_add(w->bonds, map);
	return 0;
}

static int explain_all(struct work *w)
{
	const struct nbd_seen *seen = nbd_reconciler_seen(w->d->reconciler);
	struct nbd_walk walk = { 0 };
	struct nbd_object object;
	int r = 0;

	while (r == 0 && nbd_object_next(w->d, seen, &walk, &object))
		if (object.kind == NBD_OBJECT_BOND)
			r = explain_one(w, &object);
	return r;
}

/* The namespaces of what was observed last, without the own one, which is always looked at. */
static int observe(struct nbd *d, struct nb_state **ret, struct nb_diag *diag)
{
	const struct nb_state *last = nbd_reconciler_seen(d->reconciler)->observed;
	NB_CLEANUP(nb_freep) char **names = NULL;
	int r;
	const size_t n = last ? last->n_namespaces : 0;

	names = calloc(n + 1, sizeof(*names));
	if (!names)
		return -ENOMEM;
	for (size_t i = 1; i < n; i++)
		names[i - 1] = last->namespaces[i]->name;
	r = nb_exec_netlink.observe(d->exec, names, n ? n - 1 : 0, ret, diag);
	nbd_child_looked();
	return r;
}

int nbd_explain(struct nbd *d, const struct nbd_object *bond, bool details,
	struct json_object **ret, struct nb_diag *diag)
{
	NB_CLEANUP(nb_state_freep) struct nb_state *now = NULL;
	NB_CLEANUP(nb_json_putp) struct json_object *doc = nb_json_document();
	struct work w = { .d = d, .bonds = nb_json_list(), .details = details };
	int r;

	nb_json_set(doc, "bonds", w.bonds);
	r = observe(d, &now, diag);
	if (r < 0)
		return r;
	w.now = now;
	r = bond ? explain_one(&w, bond) : explain_all(&w);
	/* A run under way asks more, and says itself when it is done. */
	if (!nbd_reconciler_busy(d->reconciler))
		nbd_helper_rest(d->helper);
	if (r == 0)
		*ret = nb_steal(&doc);
	return r;
}
