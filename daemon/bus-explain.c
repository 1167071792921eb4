/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* org.netbond1.Manager: what explains a bond. */
#include <errno.h>
#include <string.h>

#include "daemon/bus-internal.h"
#include "daemon/explain.h"
#include "lib/nl/execute.h"

/* Whether what leaves by @link goes through @bond: the bond itself, or what lies upon it. */
static bool leads_through(const struct nb_netns *ns, const struct nb_link *link, int bond)
{
	for (unsigned depth = 0; link && depth < 8; depth++) {
		if (link->ifindex == bond)
			return true;
		link = link->lower ? nb_netns_find_index(ns, link->lower) : NULL;
	}
	return false;
}

static int reply_next_hop(sd_bus_message *message, const struct nb_next_hop *hop,
	const struct nb_link *out)
{
	NB_CLEANUP(nb_text_done) struct nb_text via = { 0 };
	NB_CLEANUP(nb_text_done) struct nb_text mac = { 0 };
	NB_CLEANUP(nb_text_done) struct nb_text source = { 0 };

	nb_ip_format(&hop->via, &via);
	nb_text_add(&mac, "%s", "");
	nb_text_add(&source, "%s", "");
	if (hop->has_mac)
		nb_mac_format(hop->mac, &mac);
	if (out->has_mac)
		nb_mac_format(out->mac, &source);
	if (via.failed || mac.failed || source.failed)
		return -ENOMEM;
	return sd_bus_reply_method_return(
		message, "ssss", out->name, via.text, mac.text, source.text);
}

static int method_next_hop(sd_bus_message *message, void *userdata, sd_bus_error *error)
{
	struct nbd_bus *bus = userdata;
	struct nbd_object object;
	struct nb_next_hop hop;
	const char *bond, *address;
	const struct nb_link *out;
	struct nb_ip to;
	int r = sd_bus_message_read(message, "ss", &bond, &address);

	if (r < 0)
		return r;
	if (!nbd_object_find_key(bus->d, nbd_bus_now(bus), bond, &object) || !object.bond)
		return nbd_no_such_bond_error(error, bond);
	if (nb_ip_parse(address, AF_UNSPEC, &to) < 0)
		return sd_bus_error_setf(error, SD_BUS_ERROR_INVALID_ARGS, "'%s' is no address", address);
	r = nb_exec_next_hop(bus->d->exec, object.namespace, &to, &hop);
	if (r < 0)
		return sd_bus_error_setf(error, NBD_ERROR_REFUSED, "there is no route to %s: %s",
			address, strerror(-r));
	out = nb_netns_find_index(object.ns, hop.ifindex);
	if (!out || !leads_through(object.ns, out, object.bond->ifindex))
		return sd_bus_error_setf(error, NBD_ERROR_REFUSED,
			"the route to %s leads through %s, not through %s", address,
			out ? out->name : "another device", object.name);
	return reply_next_hop(message, &hop, out);
}

static int explain_error(sd_bus_error *error, const struct nb_diag *diag)
{
	return sd_bus_error_set(error, NBD_ERROR_FAILED,
		diag->n_problems ? diag->problems[0].text : "the kernel cannot be read");
}

static int explain(struct nbd *d, sd_bus_message *call, bool is_root, struct nb_text *out,
	sd_bus_error *error)
{
	NB_CLEANUP(nb_json_putp) struct json_object *json = NULL;
	NB_CLEANUP(nb_diag_done) struct nb_diag diag = { 0 };
	struct nbd_object object;
	const char *bond;
	int r = sd_bus_message_read(call, "s", &bond);

	if (r < 0)
		return r;
	if (*bond && !nbd_object_find_key(d, nbd_reconciler_seen(d->reconciler), bond, &object))
		return nbd_no_such_bond_error(error, bond);
	r = nbd_explain(d, *bond ? &object : NULL, is_root, &json, &diag);
	if (r < 0)
		return r == -EBADMSG ? explain_error(error, &diag) : r;
	nbd_json_append(out, json);
	return 0;
}

static int explain_to_root(
	struct nbd *d, sd_bus_message *call, struct nb_text *out, sd_bus_error *error)
{
	return explain(d, call, true, out, error);
}

static int explain_to_any(
	struct nbd *d, sd_bus_message *call, struct nb_text *out, sd_bus_error *error)
{
	return explain(d, call, false, out, error);
}

static int method_explain(sd_bus_message *message, void *userdata, sd_bus_error *error)
{
	return nbd_bus_answer(userdata, message,
		nbd_bus_is_root(message) ? explain_to_root : explain_to_any, NBD_ANSWER_LOOKS,
		error);
}

static const sd_bus_vtable vtable[] = {
	SD_BUS_VTABLE_START(0),
	NBD_BUS_METHOD("Explain", "s", NBD_ARG(bond), "s", NBD_ARG(json), method_explain),
	NBD_BUS_METHOD("NextHop", "ss", NBD_ARG(bond) NBD_ARG(address), "ssss",
		NBD_ARG(device) NBD_ARG(via) NBD_ARG(mac) NBD_ARG(source_mac), method_next_hop),
	SD_BUS_VTABLE_END,
};

int nbd_bus_add_explain(struct nbd_bus *bus, sd_bus *connection)
{
	return sd_bus_add_object_vtable(connection, NULL, NBD_PATH, NBD_MANAGER, vtable, bus);
}
