/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "daemon/event.h"

#include <stdio.h>

#include "daemon/bus.h"
#include "daemon/history.h"
#include "daemon/log.h"
#include "lib/json/document.h"

static const struct {
	const char *name;
	const char *message_id;
} kinds[NBD_EVENT_KIND_COUNT] = {
	[NBD_EVENT_FAILOVER] = { "failover", NBD_ID_FAILOVER },
	[NBD_EVENT_LINK] = { "link", NBD_ID_LINK },
	[NBD_EVENT_LACP] = { "lacp", NBD_ID_LACP },
	[NBD_EVENT_DRIFT] = { "drift", NBD_ID_DRIFT },
	[NBD_EVENT_REPAIR] = { "repair", NBD_ID_REPAIR },
	[NBD_EVENT_FAILURE] = { "failure", NBD_ID_OP_FAILED },
	[NBD_EVENT_TRANSACTION] = { "transaction", NBD_ID_APPLIED },
	[NBD_EVENT_DRILL] = { "drill", NBD_ID_DRILL },
	[NBD_EVENT_DAEMON] = { "daemon", NULL },
};

const char *nbd_event_kind_name(enum nbd_event_kind kind)
{
	return kinds[kind].name;
}

struct json_object *nbd_event_json(const struct nbd_event *event)
{
	struct json_object *map = nb_json_map();
	char lasted[32];

	nb_json_set_string(map, "event", nbd_event_kind_name(event->kind));
	nb_json_set_string(map, "namespace", event->namespace);
	nb_json_set_string(map, "bond", event->bond);
	if (!nb_streq(event->key, event->bond))
		nb_json_set_string(map, "key", event->key);
	nb_json_set_string(map, "slave", event->slave);
	nb_json_set_string(map, "from", event->from);
	nb_json_set_string(map, "to", event->to);
	nb_json_set_string(map, "what", event->what);
	nb_json_set_string(map, "cause", event->cause);
	if (event->kind == NBD_EVENT_LACP)
		nb_json_set_number(map, "aggregator", event->aggregator);
	if (event->kind == NBD_EVENT_TRANSACTION)
		nb_json_set_number(map, "operations", (int64_t)event->operations);
	if (event->lasted) {
		snprintf(lasted, sizeof(lasted), "%.3f", (double)event->lasted / 1000);
		nb_json_set(map, "duration-ms",
			json_object_new_double_s((double)event->lasted / 1000, lasted));
	}
	return map;
}

static const char *or_none(const char *text)
{
	return text && *text ? text : "none";
}

static int priority_of(const struct nbd_event *event)
{
	switch (event->kind) {
	case NBD_EVENT_FAILOVER:
		return *event->to ? LOG_NOTICE : LOG_WARNING;
	case NBD_EVENT_LINK:
	case NBD_EVENT_LACP:
	case NBD_EVENT_DAEMON:
		return LOG_INFO;
	case NBD_EVENT_REPAIR:
	case NBD_EVENT_DRILL:
		return LOG_NOTICE;
	case NBD_EVENT_DRIFT:
		return LOG_WARNING;
	case NBD_EVENT_FAILURE:
		return LOG_ERR;
	case NBD_EVENT_TRANSACTION:
		return nb_streq(event->to, "failed") ? LOG_ERR : LOG_NOTICE;
	case NBD_EVENT_KIND_COUNT:
		break;
	}
	return LOG_ERR;
}

static void say(const struct nbd_event *event, uint64_t generation, struct nb_text *out)
{
	const char *what = event->what ? event->what : "";

	switch (event->kind) {
	case NBD_EVENT_FAILOVER:
		nb_text_add(out, "active slave %s -> %s", or_none(event->from), or_none(event->to));
		break;
	case NBD_EVENT_LINK:
		nb_text_add(out, "%s%s%s -> %s", event->slave ? event->slave : "",
			event->slave ? ": " : "", or_none(event->from), or_none(event->to));
		break;
	case NBD_EVENT_LACP:
		nb_text_add(out, "%s: LACP: %s, aggregator %u", event->slave, event->to,
			event->aggregator);
		return;
	case NBD_EVENT_DRIFT:
		nb_text_add(out, "differs: %s (%s)", what, event->cause);
		return;
	case NBD_EVENT_REPAIR:
		nb_text_add(out, "drift mended: %s", what);
		break;
	case NBD_EVENT_TRANSACTION:
		nb_text_add(out, "configuration %llu: %s, %llu operation%s",
			(unsigned long long)generation, event->to,
			(unsigned long long)event->operations, event->operations == 1 ? "" : "s");
		return;
	case NBD_EVENT_DRILL:
		nb_text_add(out, "drill of %s: %s", event->slave, or_none(event->to));
		break;
	case NBD_EVENT_FAILURE:
	case NBD_EVENT_DAEMON:
	case NBD_EVENT_KIND_COUNT:
		nb_text_add(out, "%s%s%s", what, event->to ? " " : "", event->to ? event->to : "");
		break;
	}
	if (event->cause)
		nb_text_add(out, ": %s", event->cause);
}

static void log_event(const struct nbd *d, const struct nbd_event *event)
{
	const struct nbd_about about = {
		.message_id = kinds[event->kind].message_id,
		.bond = event->key,
		.namespace = event->namespace,
		.slave = event->slave,
		.from = event->from,
		.to = event->to,
		.cause = event->cause,
		.op = event->op,
		.lasted = event->lasted,
		.generation = d->generation,
	};
	NB_CLEANUP(nb_text_done) struct nb_text text = { 0 };

	say(event, d->generation, &text);
	nbd_log(priority_of(event), &about, "%s", text.text ? text.text : "");
}

void nbd_event_tell(struct nbd *d, const struct nbd_event *event)
{
	log_event(d, event);
	nbd_history_add(d->history, event);
	nbd_bus_event(d->bus, event);
}

void nbd_event_goal(const struct nbd *d, const char *key, struct nbd_event *event)
{
	const struct nb_target *target = nbd_reconciler_seen(d->reconciler)->target;
	const struct nb_goal *goal = target ? nb_target_find_key(target, key) : NULL;

	event->key = event->bond = key;
	event->namespace = "";
	if (!goal)
		return;
	event->namespace = goal->namespace;
	event->bond = goal->name;
}
