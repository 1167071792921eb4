/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "lib/core/op.h"

#include <assert.h>
#include <errno.h>
#include <string.h>

static const char *const kind_names[NB_OP_KIND_COUNT] = {
	[NB_OP_NETNS_CREATE] = "netns-create",
	[NB_OP_NETNS_DELETE] = "netns-delete",
	[NB_OP_TYPE_CREATE] = "type-create",
	[NB_OP_TYPE_SET] = "type-set",
	[NB_OP_TYPE_DELETE] = "type-delete",
	[NB_OP_BOND_CREATE] = "bond-create",
	[NB_OP_BOND_SET] = "bond-set",
	[NB_OP_LINK_SET] = "link-set",
	[NB_OP_LINK_DELETE] = "link-delete",
	[NB_OP_LINK_MOVE] = "link-move",
	[NB_OP_ENSLAVE] = "enslave",
	[NB_OP_RELEASE] = "release",
	[NB_OP_SLAVE_SET] = "slave-set",
	[NB_OP_ADDRESS_ADD] = "address-add",
	[NB_OP_ADDRESS_DELETE] = "address-delete",
	[NB_OP_ROUTE_ADD] = "route-add",
	[NB_OP_ROUTE_DELETE] = "route-delete",
	[NB_OP_WAIT_USABLE] = "wait-usable",
	[NB_OP_WAIT_ADDRESS] = "wait-address",
	[NB_OP_WAIT_FOLLOW] = "wait-follow",
};

const char *nb_op_kind_name(enum nb_op_kind kind)
{
	assert(kind < NB_OP_KIND_COUNT);
	return kind_names[kind];
}

static char *copy_text(const char *text, int *error)
{
	char *copy = text ? strdup(text) : NULL;

	if (text && !copy)
		*error = -ENOMEM;
	return copy;
}

int nb_op_init(struct nb_op *op, enum nb_op_kind kind, const char *goal, const char *namespace,
	const char *link, int ifindex)
{
	int r = 0;

	memset(op, 0, sizeof(*op));
	op->kind = kind;
	op->ifindex = ifindex;
	op->goal = copy_text(goal, &r);
	op->namespace = copy_text(namespace, &r);
	if (link)
		strncpy(op->link, link, IFNAMSIZ - 1);
	op->opts.scope = op->before.scope =
		kind == NB_OP_SLAVE_SET ? NB_SCOPE_SLAVE : NB_SCOPE_BOND;
	if (r < 0) {
		nb_op_done(op);
		op->opts.scope = op->before.scope =
			kind == NB_OP_SLAVE_SET ? NB_SCOPE_SLAVE : NB_SCOPE_BOND;
	}
	return r;
}

void nb_op_done(struct nb_op *op)
{
	free(op->goal);
	free(op->namespace);
	free(op->to_namespace);
	free(op->from);
	if (op->nstraits)
		nb_nstraits_done(op->nstraits);
	free(op->nstraits);
	free(op->hostname_before);
	free(op->subject);
	free(op->reason);
	nb_optset_done(&op->opts);
	nb_optset_done(&op->before);
	nb_route_done(&op->route);
	memset(op, 0, sizeof(*op));
}

int nb_op_set_traits(struct nb_op *op, const struct nb_nstraits *traits)
{
	struct nb_nstraits *copy = malloc(sizeof(*copy));

	if (!copy || nb_nstraits_copy(traits, copy) < 0) {
		free(copy);
		return -ENOMEM;
	}
	op->nstraits = copy;
	return 0;
}

int nb_op_copy(const struct nb_op *op, struct nb_op *ret)
{
	struct nb_op copy = *op;
	int r = 0;

	copy.goal = copy_text(op->goal, &r);
	copy.namespace = copy_text(op->namespace, &r);
	copy.to_namespace = copy_text(op->to_namespace, &r);
	copy.from = copy_text(op->from, &r);
	copy.nstraits = NULL;
	copy.hostname_before = copy_text(op->hostname_before, &r);
	if (op->nstraits && nb_op_set_traits(&copy, op->nstraits) < 0)
		r = -ENOMEM;
	copy.subject = copy_text(op->subject, &r);
	copy.reason = copy_text(op->reason, &r);
	if (nb_optset_copy(&op->opts, &copy.opts) < 0)
		r = -ENOMEM;
	if (nb_optset_copy(&op->before, &copy.before) < 0)
		r = -ENOMEM;
	if (nb_route_copy(&op->route, &copy.route) < 0)
		r = -ENOMEM;
	if (r < 0) {
		nb_op_done(&copy);
		return r;
	}
	*ret = copy;
	return 0;
}

/* "lacp-rate slow -> fast, miimon 100": what changes, with what it replaces where that is known. */
static void describe_options(const struct nb_op *op, struct nb_text *out)
{
	const char *comma = "";
	unsigned again = 0;

	nb_foreach_option(row, attr, op->opts.scope) {
		if (!nb_optset_has(&op->opts, attr))
			continue;
		if (nb_optset_has(&op->before, attr) &&
			nb_optset_equal(&op->before, &op->opts, attr)) {
			again++;
			continue;
		}
		nb_text_add(out, "%s%s ", comma, row->name);
		if (nb_optset_has(&op->before, attr)) {
			nb_option_say_seen(row, nb_optset_get(&op->before, attr), out);
			nb_text_add(out, " -> ");
		}
		row->type->format(row, nb_optset_get(&op->opts, attr), out);
		comma = ", ";
	}
	if (again)
		nb_text_add(out, "%s%u option%s again", comma, again, again == 1 ? "" : "s");
}

/* ", mac ..., mtu ..., up": what a link message sets beside options. */
static void describe_set(const struct nb_op *op, bool first, struct nb_text *out)
{
	const char *comma = first ? "" : ", ";

	if (op->set & NB_SET_MAC) {
		nb_text_add(out, "%smac ", comma);
		nb_mac_format(op->mac, out);
		comma = ", ";
	}
	if (op->set & NB_SET_MTU) {
		nb_text_add(out, "%smtu ", comma);
		if (op->mtu_before)
			nb_text_add(out, "%u -> ", op->mtu_before);
		nb_text_add(out, "%u", op->mtu);
		comma = ", ";
	}
	if (op->set & NB_SET_NAME) {
		nb_text_add(out, "%sname %s", comma, op->new_name);
		comma = ", ";
	}
	if (op->set & NB_SET_GEN_MODE) {
		nb_text_add(out, "%slink-local %s", comma,
			op->addr_gen_mode == IN6_ADDR_GEN_MODE_NONE ? "false" : "true");
		comma = ", ";
	}
	if (op->set & (NB_SET_UP | NB_SET_DOWN))
		nb_text_add(out, "%s%s", comma, op->set & NB_SET_UP ? "up" : "down");
}

static void describe_link(const struct nb_op *op, struct nb_text *out)
{
	nb_text_add(out, "%s", op->link);
	if (op->namespace && *op->namespace)
		nb_text_add(out, " (in %s)", op->namespace);
}

static void describe_values(const char *verb, const struct nb_op *op, struct nb_text *out)
{
	nb_text_add(out, "%s ", verb);
	describe_link(op, out);
	nb_text_add(out, ": ");
	describe_options(op, out);
	describe_set(op, op->opts.present == 0, out);
}

static void describe_move(const struct nb_op *op, struct nb_text *out)
{
	nb_text_add(out, "move ");
	describe_link(op, out);
	if (*op->to_namespace)
		nb_text_add(out, " to namespace %s", op->to_namespace);
	else
		nb_text_add(out, " home");
	if (*op->new_name && !nb_streq(op->new_name, op->link))
		nb_text_add(out, " as %s", op->new_name);
}

static void describe_l3(const struct nb_op *op, const char *verb, bool address, struct nb_text *out)
{
	nb_text_add(out, "%s %s ", verb, address ? "address" : "route");
	if (address)
		nb_address_format(&op->address, out);
	else
		nb_route_format(&op->route, out);
	nb_text_add(out, address && op->kind == NB_OP_ADDRESS_DELETE ? " from " : " on ");
	describe_link(op, out);
}

static void describe_wait_usable(const struct nb_op *op, struct nb_text *out)
{
	const bool several = op->least > 1;

	if (several)
		nb_text_add(out, "wait until %u slaves of ", op->least);
	else
		nb_text_add(out, "wait until a slave of ");
	describe_link(op, out);
	if (*op->master)
		nb_text_add(out, " other than %s", op->master);
	if (op->settle_ms)
		nb_text_add(out, " %s been usable for %u s", several ? "have" : "has",
			op->settle_ms / 1000);
	else
		nb_text_add(out, " %s usable", several ? "are" : "is");
	nb_text_add(out, " (at most %u s)", op->timeout_ms / 1000);
}

static void describe_wait_address(const struct nb_op *op, struct nb_text *out)
{
	nb_text_add(out, "wait until address ");
	nb_address_format(&op->address, out);
	nb_text_add(out, " of ");
	describe_link(op, out);
	nb_text_add(out, " is usable (at most %u s)", op->timeout_ms / 1000);
}

static void describe_traits(const struct nb_op *op, struct nb_text *out)
{
	const struct nb_nstraits *traits = op->nstraits;

	if (!traits)
		return;
	if (op->nstype == NB_NS_UTS && traits->hostname)
		nb_text_add(out, ": hostname %s", traits->hostname);
	if (op->nstype == NB_NS_USER) {
		nb_text_add(out, ": uids ");
		nb_id_map_format(&traits->uids, ", ", out);
		nb_text_add(out, "; gids ");
		nb_id_map_format(&traits->gids, ", ", out);
	}
	if (op->nstype == NB_NS_TIME)
		nb_text_add(out, ": monotonic %+lld s, boottime %+lld s",
			(long long)traits->monotonic, (long long)traits->boottime);
}

static void describe_type(const struct nb_op *op, struct nb_text *out)
{
	const char *type = nb_nstype_name(op->nstype);

	if (op->kind == NB_OP_TYPE_DELETE) {
		nb_text_add(out, "remove %s from namespace %s", type, op->namespace);
		return;
	}
	if (op->kind == NB_OP_TYPE_SET) {
		nb_text_add(out, "set %s of namespace %s: hostname ", type, op->namespace);
		if (op->hostname_before)
			nb_text_add(out, "%s -> ", op->hostname_before);
		nb_text_add(out, "%s", op->nstraits->hostname);
		return;
	}
	if (op->from)
		nb_text_add(out, "share %s of namespace %s with namespace %s", type, op->from,
			op->namespace);
	else if (op->flags & NB_OP_REPLACE)
		nb_text_add(out, "make %s of namespace %s anew", type, op->namespace);
	else
		nb_text_add(out, "add %s to namespace %s", type, op->namespace);
	describe_traits(op, out);
}

static void describe_wait_follow(const struct nb_op *op, struct nb_text *out)
{
	nb_text_add(out, "wait until ");
	describe_link(op, out);
	nb_text_add(out, " has followed: %s, mtu %u (at most %u s)",
		op->set & NB_SET_UP ? "up" : "down", op->mtu, op->timeout_ms / 1000);
}

void nb_op_describe(const struct nb_op *op, struct nb_text *out)
{
	switch (op->kind) {
	case NB_OP_NETNS_CREATE:
		nb_text_add(out, "create namespace %s", op->namespace);
		break;
	case NB_OP_NETNS_DELETE:
		nb_text_add(out, "delete namespace %s", op->namespace);
		break;
	case NB_OP_TYPE_CREATE:
	case NB_OP_TYPE_SET:
	case NB_OP_TYPE_DELETE:
		describe_type(op, out);
		break;
	case NB_OP_BOND_CREATE:
		describe_values("create bond", op, out);
		break;
	case NB_OP_BOND_SET:
	case NB_OP_LINK_SET:
		describe_values("set", op, out);
		break;
	case NB_OP_SLAVE_SET:
		describe_values("set slave", op, out);
		break;
	case NB_OP_LINK_DELETE:
		nb_text_add(out, "delete ");
		describe_link(op, out);
		break;
	case NB_OP_LINK_MOVE:
		describe_move(op, out);
		break;
	case NB_OP_ENSLAVE:
		nb_text_add(out, "enslave ");
		describe_link(op, out);
		nb_text_add(out, " to %s%s", op->master,
			op->set & NB_SET_DOWN ? " (down first)" : "");
		break;
	case NB_OP_RELEASE:
		nb_text_add(out, "release ");
		describe_link(op, out);
		nb_text_add(out, " from %s", op->master);
		break;
	case NB_OP_ADDRESS_ADD:
		describe_l3(op, op->flags & NB_OP_REPLACE ? "change" : "add", true, out);
		break;
	case NB_OP_ADDRESS_DELETE:
		describe_l3(op, "delete", true, out);
		break;
	case NB_OP_ROUTE_ADD:
		describe_l3(op, op->flags & NB_OP_REPLACE ? "change" : "add", false, out);
		break;
	case NB_OP_ROUTE_DELETE:
		describe_l3(op, "delete", false, out);
		break;
	case NB_OP_WAIT_USABLE:
		describe_wait_usable(op, out);
		break;
	case NB_OP_WAIT_ADDRESS:
		describe_wait_address(op, out);
		break;
	case NB_OP_WAIT_FOLLOW:
		describe_wait_follow(op, out);
		break;
	case NB_OP_KIND_COUNT:
		assert(false);
	}
}
