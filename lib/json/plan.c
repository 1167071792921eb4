/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "lib/json/plan.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "lib/core/impact.h"
#include "lib/json/problems.h"

/* What a formatter of lib/core appends, as a member. */
#define SET_FORMATTED(map, key, format, ...)                          \
	do {                                                          \
		NB_CLEANUP(nb_text_done) struct nb_text _t = { 0 };   \
		format(__VA_ARGS__, &_t);                             \
		nb_json_set_string(map, key, _t.text ? _t.text : ""); \
	} while (0)

static const char *non_empty(const char *text)
{
	return text && *text ? text : NULL;
}

/*
 * {"lacp-rate": {"before": "slow", "after": "fast"}}; before is left out where it is not known, or
 * not for everybody: nb_option_say_seen().
 */
static void set_options(struct json_object *map, const struct nb_op *op)
{
	struct json_object *options;

	if (!op->opts.present)
		return;
	options = nb_json_map();
	nb_foreach_option(row, attr, op->opts.scope) {
		struct json_object *change;

		if (!nb_optset_has(&op->opts, attr))
			continue;
		change = nb_json_map();
		if (nb_optset_has(&op->before, attr) && !(row->flags & NB_OPTION_ADMIN))
			nb_json_set(change, "before",
				nb_json_value(row, nb_optset_get(&op->before, attr)));
		nb_json_set(change, "after", nb_json_value(row, nb_optset_get(&op->opts, attr)));
		nb_json_set(options, row->name, change);
	}
	nb_json_set(map, "options", options);
}

static void set_mac(struct json_object *set, const struct nb_op *op)
{
	static const uint8_t unknown[6];
	struct json_object *change = nb_json_map();

	if (memcmp(op->mac_before, unknown, 6) != 0)
		SET_FORMATTED(change, "before", nb_mac_format, op->mac_before);
	SET_FORMATTED(change, "after", nb_mac_format, op->mac);
	nb_json_set(set, "mac", change);
}

static void set_mtu(struct json_object *set, const struct nb_op *op)
{
	struct json_object *change = nb_json_map();

	if (op->mtu_before)
		nb_json_set_number(change, "before", op->mtu_before);
	nb_json_set_number(change, "after", op->mtu);
	nb_json_set(set, "mtu", change);
}

static void set_link(struct json_object *map, const struct nb_op *op)
{
	struct json_object *set;

	if (!op->set || nb_op_is_wait(op))
		return;
	set = nb_json_map();
	if (op->set & NB_SET_MAC)
		set_mac(set, op);
	if (op->set & NB_SET_MTU)
		set_mtu(set, op);
	if (op->set & NB_SET_NAME)
		nb_json_set_string(set, "name", op->new_name);
	if (op->set & NB_SET_GEN_MODE)
		nb_json_set_bool(set, "link-local", op->addr_gen_mode != IN6_ADDR_GEN_MODE_NONE);
	if (op->set & (NB_SET_UP | NB_SET_DOWN))
		nb_json_set_bool(set, "up", op->set & NB_SET_UP);
	nb_json_set(map, "set", set);
}

static void set_kind(struct json_object *map, const struct nb_op *op)
{
	switch (op->kind) {
	case NB_OP_LINK_MOVE:
		nb_json_set_string(map, "to-namespace", op->to_namespace ? op->to_namespace : "");
		nb_json_set_string(map, "to-name", non_empty(op->new_name));
		break;
	case NB_OP_ENSLAVE:
	case NB_OP_RELEASE:
		nb_json_set_string(map, "master", op->master);
		break;
	case NB_OP_ADDRESS_ADD:
	case NB_OP_ADDRESS_DELETE:
		SET_FORMATTED(map, "address", nb_address_format, &op->address);
		break;
	case NB_OP_ROUTE_ADD:
	case NB_OP_ROUTE_DELETE:
		SET_FORMATTED(map, "route", nb_route_format, &op->route);
		break;
	case NB_OP_WAIT_USABLE:
		nb_json_set_string(map, "other-than", non_empty(op->master));
		nb_json_set_number(map, "least", op->least);
		nb_json_set_number(map, "timeout-ms", op->timeout_ms);
		if (op->settle_ms)
			nb_json_set_number(map, "settle-ms", op->settle_ms);
		break;
	case NB_OP_WAIT_ADDRESS:
		SET_FORMATTED(map, "address", nb_address_format, &op->address);
		nb_json_set_number(map, "timeout-ms", op->timeout_ms);
		break;
	case NB_OP_TYPE_CREATE:
	case NB_OP_TYPE_SET:
	case NB_OP_TYPE_DELETE:
		nb_json_set_string(map, "type", nb_nstype_name(op->nstype));
		nb_json_set_string(map, "from", op->from);
		break;
	case NB_OP_WAIT_FOLLOW:
		nb_json_set_bool(map, "up", op->set & NB_SET_UP);
		nb_json_set_number(map, "mtu", op->mtu);
		nb_json_set_number(map, "timeout-ms", op->timeout_ms);
		break;
	case NB_OP_NETNS_CREATE:
	case NB_OP_NETNS_DELETE:
	case NB_OP_BOND_CREATE:
	case NB_OP_BOND_SET:
	case NB_OP_LINK_SET:
	case NB_OP_LINK_DELETE:
	case NB_OP_SLAVE_SET:
	case NB_OP_KIND_COUNT:
		break;
	}
}

static struct json_object *operation(const struct nb_op *op)
{
	struct json_object *map = nb_json_map();

	nb_json_set_string(map, "kind", nb_op_kind_name(op->kind));
	nb_json_set_string(map, "class", nb_class_name(op->class));
	nb_json_set_string(map, "object", non_empty(op->goal) ? op->goal : op->namespace);
	nb_json_set_string(map, "namespace", op->namespace ? op->namespace : "");
	nb_json_set_string(map, "link", non_empty(op->link));
	SET_FORMATTED(map, "text", nb_op_describe, op);
	nb_json_set_string(map, "reason", op->reason);
	nb_json_set_string(map, "subject", op->subject);
	set_options(map, op);
	set_link(map, op);
	set_kind(map, op);
	return map;
}

static struct json_object *held(const struct nb_held *held)
{
	struct json_object *map = nb_json_map();

	nb_json_set_string(map, "object", held->goal);
	nb_json_set_string(map, "class", nb_class_name(held->class));
	nb_json_set_bool(map, "failed", held->blocked);
	nb_json_set_bool(map, "paused", held->gated);
	nb_json_set_bool(map, "force", held->force);
	nb_json_set_string(map, "text", held->text);
	nb_json_set_string(map, "reason", held->why);
	return map;
}

static struct json_object *waiting(const struct nb_target *target)
{
	struct json_object *list = nb_json_list();

	for (size_t g = 0; g < target->goals.n; g++) {
		for (size_t i = 0; i < nb_target_goal(target, g)->n_waiting; i++) {
			struct json_object *map = nb_json_map();

			nb_json_set_string(map, "object", nb_target_goal(target, g)->key);
			nb_json_set_string(map, "slave", nb_target_goal(target, g)->waiting[i]);
			nb_json_add(list, map);
		}
	}
	return list;
}

/* What traffic will feel, for each object of the plan, once. */
static struct json_object *impacts(const struct nb_plan *plan, const struct nb_target *target)
{
	NB_CLEANUP(nb_impacts_done) struct nb_impacts impacts = { 0 };
	struct json_object *map = nb_json_map();

	if (nb_impacts_of(plan, target, &impacts) < 0)
		nb_json_no_memory();
	for (size_t i = 0; i < impacts.n; i++)
		SET_FORMATTED(map, impacts.items[i].object, nb_impact_say, &impacts.items[i]);
	return map;
}

struct json_object *nb_json_plan(
	const struct nb_plan *plan, const struct nb_target *target, const struct nb_diag *diag)
{
	struct json_object *doc = nb_json_document(), *ops = nb_json_list(), *holds = nb_json_list();
	char token[17];

	snprintf(token, sizeof(token), "%016" PRIx64, nb_plan_token(plan));
	nb_json_set_string(doc, "token", token);
	nb_json_set(doc, "class",
		plan->n_ops ? nb_json_string(nb_class_name(nb_plan_class(plan))) : NULL);
	for (size_t i = 0; i < plan->n_ops; i++)
		nb_json_add(ops, operation(&plan->ops[i]));
	nb_json_set(doc, "operations", ops);
	nb_json_set(doc, "impact", impacts(plan, target));
	for (size_t i = 0; i < plan->n_held; i++)
		nb_json_add(holds, held(&plan->held[i]));
	nb_json_set(doc, "held", holds);
	nb_json_set(doc, "waiting", waiting(target));
	nb_json_set(doc, "notes", nb_json_problems(diag));
	return doc;
}
