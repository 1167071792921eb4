/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "cli/plan-document.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "cli/problems.h"
#include "cli/term.h"

/* What a formatter of lib/core appends, as a member. */
#define SET_FORMATTED(map, key, format, ...)                          \
	do {                                                          \
		NB_CLEANUP(nb_text_done) struct nb_text _t = { 0 };   \
		format(__VA_ARGS__, &_t);                             \
		nbc_doc_set_string(map, key, nbc_text_of(&_t));       \
	} while (0)

static const char *non_empty(const char *text)
{
	return text && *text ? text : NULL;
}

/* {"lacp-rate": {"before": "slow", "after": "fast"}}; before is left out where it is not known. */
static void set_options(struct json_object *map, const struct nb_op *op)
{
	struct json_object *options;

	if (!op->opts.present)
		return;
	options = nbc_doc_map();
	nb_foreach_option(row, attr, op->opts.scope) {
		struct json_object *change;

		if (!nb_optset_has(&op->opts, attr))
			continue;
		change = nbc_doc_map();
		if (nb_optset_has(&op->before, attr))
			nbc_doc_set(change, "before",
				nbc_doc_value(row, nb_optset_get(&op->before, attr)));
		nbc_doc_set(change, "after", nbc_doc_value(row, nb_optset_get(&op->opts, attr)));
		nbc_doc_set(options, row->name, change);
	}
	nbc_doc_set(map, "options", options);
}

static void set_mac(struct json_object *set, const struct nb_op *op)
{
	static const uint8_t unknown[6];
	struct json_object *change = nbc_doc_map();

	if (memcmp(op->mac_before, unknown, 6) != 0)
		SET_FORMATTED(change, "before", nb_mac_format, op->mac_before);
	SET_FORMATTED(change, "after", nb_mac_format, op->mac);
	nbc_doc_set(set, "mac", change);
}

static void set_mtu(struct json_object *set, const struct nb_op *op)
{
	struct json_object *change = nbc_doc_map();

	if (op->mtu_before)
		nbc_doc_set_number(change, "before", op->mtu_before);
	nbc_doc_set_number(change, "after", op->mtu);
	nbc_doc_set(set, "mtu", change);
}

static void set_link(struct json_object *map, const struct nb_op *op)
{
	struct json_object *set;

	if (!op->set)
		return;
	set = nbc_doc_map();
	if (op->set & NB_SET_MAC)
		set_mac(set, op);
	if (op->set & NB_SET_MTU)
		set_mtu(set, op);
	if (op->set & NB_SET_NAME)
		nbc_doc_set_string(set, "name", op->new_name);
	if (op->set & NB_SET_GEN_MODE)
		nbc_doc_set_bool(set, "link-local", op->addr_gen_mode != IN6_ADDR_GEN_MODE_NONE);
	if (op->set & (NB_SET_UP | NB_SET_DOWN))
		nbc_doc_set_bool(set, "up", op->set & NB_SET_UP);
	nbc_doc_set(map, "set", set);
}

static void set_kind(struct json_object *map, const struct nb_op *op)
{
	switch (op->kind) {
	case NB_OP_LINK_MOVE:
		nbc_doc_set_string(map, "to-namespace", op->to_namespace ? op->to_namespace : "");
		nbc_doc_set_string(map, "to-name", non_empty(op->new_name));
		break;
	case NB_OP_ENSLAVE:
	case NB_OP_RELEASE:
		nbc_doc_set_string(map, "master", op->master);
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
		nbc_doc_set_string(map, "other-than", non_empty(op->master));
		nbc_doc_set_number(map, "timeout-ms", op->timeout_ms);
		break;
	case NB_OP_WAIT_ADDRESS:
		SET_FORMATTED(map, "address", nb_address_format, &op->address);
		nbc_doc_set_number(map, "timeout-ms", op->timeout_ms);
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
	struct json_object *map = nbc_doc_map();

	nbc_doc_set_string(map, "kind", nb_op_kind_name(op->kind));
	nbc_doc_set_string(map, "class", nb_class_name(op->class));
	nbc_doc_set_string(map, "object", non_empty(op->goal) ? op->goal : op->namespace);
	nbc_doc_set_string(map, "namespace", op->namespace ? op->namespace : "");
	nbc_doc_set_string(map, "link", non_empty(op->link));
	SET_FORMATTED(map, "text", nb_op_describe, op);
	nbc_doc_set_string(map, "reason", op->reason);
	nbc_doc_set_string(map, "subject", op->subject);
	set_options(map, op);
	set_link(map, op);
	set_kind(map, op);
	return map;
}

static struct json_object *held(const struct nb_held *held)
{
	struct json_object *map = nbc_doc_map();

	nbc_doc_set_string(map, "object", held->goal);
	nbc_doc_set_string(map, "class", nb_class_name(held->class));
	nbc_doc_set_bool(map, "failed", held->blocked);
	nbc_doc_set_bool(map, "paused", held->gated);
	nbc_doc_set_string(map, "text", held->text);
	nbc_doc_set_string(map, "reason", held->why);
	return map;
}

static struct json_object *waiting(const struct nb_target *target)
{
	struct json_object *list = nbc_doc_list();

	for (size_t g = 0; g < target->n_goals; g++) {
		for (size_t i = 0; i < target->goals[g]->n_waiting; i++) {
			struct json_object *map = nbc_doc_map();

			nbc_doc_set_string(map, "object", target->goals[g]->key);
			nbc_doc_set_string(map, "slave", target->goals[g]->waiting[i]);
			nbc_doc_add(list, map);
		}
	}
	return list;
}

struct json_object *nbc_plan_document(
	const struct nb_plan *plan, const struct nb_target *target, const struct nb_diag *diag)
{
	struct json_object *doc = nbc_doc_new(), *ops = nbc_doc_list(), *holds = nbc_doc_list();
	char token[17];

	snprintf(token, sizeof(token), "%016" PRIx64, nb_plan_token(plan));
	nbc_doc_set_string(doc, "token", token);
	nbc_doc_set(doc, "class",
		plan->n_ops ? nbc_doc_string(nb_class_name(nb_plan_class(plan))) : NULL);
	for (size_t i = 0; i < plan->n_ops; i++)
		nbc_doc_add(ops, operation(&plan->ops[i]));
	nbc_doc_set(doc, "operations", ops);
	for (size_t i = 0; i < plan->n_held; i++)
		nbc_doc_add(holds, held(&plan->held[i]));
	nbc_doc_set(doc, "held", holds);
	nbc_doc_set(doc, "waiting", waiting(target));
	nbc_doc_set(doc, "notes", nbc_doc_problems(diag));
	return doc;
}
