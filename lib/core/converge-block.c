/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Values that failed or were ignored: told once, then held until the configuration changes. */
#include <errno.h>
#include <string.h>

#include "lib/core/converge-parts.h"

static bool is_blocked(const struct nb_converge *c, const char *goal, const char *subject)
{
	for (size_t i = 0; i < c->n_blocks; i++) {
		if (nb_streq(c->blocks[i].goal, goal) && nb_streq(c->blocks[i].subject, subject))
			return true;
	}
	return false;
}

static int add_block(struct nb_converge *c, const char *goal, const char *subject, const char *text)
{
	struct nb_block block = { 0 };

	if (is_blocked(c, goal, subject))
		return 0;
	if (nb_grow(&c->blocks, c->n_blocks, &c->block_capacity, sizeof(block)) < 0)
		return -ENOMEM;
	block.goal = strdup(goal);
	block.subject = strdup(subject);
	block.text = strdup(text);
	if (!block.goal || !block.subject || !block.text) {
		free(block.goal);
		free(block.subject);
		free(block.text);
		return -ENOMEM;
	}
	c->blocks[c->n_blocks++] = block;
	return 0;
}

static void option_subject(const struct nb_op *op, unsigned attr, struct nb_text *out)
{
	const struct nb_option *row = nb_option_get(op->opts.scope, attr);

	if (op->opts.scope == NB_SCOPE_SLAVE)
		nb_text_add(out, "slave %s option %s", op->link, row->name);
	else
		nb_text_add(out, "option %s", row->name);
}

static int block_option(struct nb_converge *c, const struct nb_op *op, unsigned attr, const char *why)
{
	NB_CLEANUP(nb_text_done) struct nb_text subject = { 0 };

	option_subject(op, attr, &subject);
	return subject.failed ? -ENOMEM : add_block(c, op->goal, subject.text, why);
}

static bool changes(const struct nb_op *op, unsigned attr)
{
	return nb_optset_has(&op->opts, attr) &&
	       (!nb_optset_has(&op->before, attr) ||
		       !nb_optset_equal(&op->opts, &op->before, attr));
}

/* The option the kernel pointed at, else every one the message changes. */
static int block_options(struct nb_converge *c, const struct nb_op *op,
	const struct nb_exec_error *error)
{
	if (error->attr && error->scope == op->opts.scope && changes(op, error->attr))
		return block_option(c, op, error->attr, error->text);
	nb_foreach_bit(attr, op->opts.present)
	{
		if (changes(op, attr) && block_option(c, op, attr, error->text) < 0)
			return -ENOMEM;
	}
	return 0;
}

/* Operations on a namespace serve no goal. */
static const char *op_object(const struct nb_op *op)
{
	return *op->goal ? op->goal : op->namespace;
}

/* Without its namespace no bond is made, nor the one removed that it was to replace. */
static int block_namespace(struct nb_converge *c, const struct nb_op *op, const char *why)
{
	int r = add_block(c, op->namespace, NB_SUBJECT_NAMESPACE, why);

	for (size_t i = 0; i < c->target->goals.n && r == 0; i++) {
		const struct nb_goal *goal = nb_target_goal(c->target, i);

		if (op->kind == NB_OP_NETNS_CREATE && nb_streq(goal->namespace, op->namespace))
			r = add_block(c, goal->key, "bond", why);
	}
	return r;
}

static int block_values(struct nb_converge *c, const struct nb_op *op,
	const struct nb_exec_error *error)
{
	if (op->flags & NB_OP_HOME || nb_op_is_type(op))
		return add_block(c, op->namespace, op->subject, error->text);
	if (!*op->goal)
		return block_namespace(c, op, error->text);
	if ((op->kind == NB_OP_BOND_SET || op->kind == NB_OP_SLAVE_SET) && op->opts.present)
		return block_options(c, op, error);
	/* The bond can be made all the same, without the value the kernel pointed at. */
	if (op->kind == NB_OP_BOND_CREATE && error->attr && error->attr != IFLA_BOND_MODE &&
		error->scope == NB_SCOPE_BOND && changes(op, error->attr))
		return block_option(c, op, error->attr, error->text);
	return op->subject ? add_block(c, op->goal, op->subject, error->text) : 0;
}

int nb_converge_block(struct nb_converge *c, const struct nb_op *op,
	const struct nb_exec_error *error, struct nb_diag *diag)
{
	NB_CLEANUP(nb_text_done) struct nb_text text = { 0 };
	const struct nb_option *row = error->attr ? nb_option_get(error->scope, error->attr) : NULL;
	int r;

	nb_op_describe(op, &text);
	if (text.failed)
		return -ENOMEM;
	/* Blocking it did not help: it is upkeep. Nor did it that another plan tried once more. */
	if (is_blocked(c, op_object(op), text.text) ||
		((op->flags & NB_OP_BACK) && c->passes > 1)) {
		c->stuck = true;
		return 0;
	}
	nb_diag_error(diag, NULL, op_object(op), "the kernel refused to %s: %s%s%s%s", text.text,
		error->text, row ? " (" : "", row ? row->name : "", row ? ")" : "");
	nb_diag_hint(diag, "the rest of the plan went on; change the configuration and apply again");
	r = add_block(c, op_object(op), text.text, error->text);
	return r < 0 ? r : block_values(c, op, error);
}

static bool was_set(const struct nb_plan *last, const struct nb_op *op, unsigned attr)
{
	for (size_t i = 0; i < last->n_ops; i++) {
		const struct nb_op *old = &last->ops[i];

		if (nb_streq(old->goal, op->goal) && nb_streq(old->link, op->link) &&
			old->opts.scope == op->opts.scope && nb_optset_has(&old->opts, attr) &&
			nb_optset_equal(&old->opts, &op->opts, attr))
			return true;
	}
	return false;
}

static bool ran_before(const struct nb_plan *last, const struct nb_op *op)
{
	for (size_t i = 0; i < last->n_ops && op->subject; i++) {
		const struct nb_op *old = &last->ops[i];

		if (old->kind == op->kind && nb_streq(old->goal, op->goal) &&
			nb_streq(old->link, op->link) && nb_streq(old->subject, op->subject))
			return true;
	}
	return false;
}

/*
 * A name is shown only while that device is a slave (bond_fill_info()): else absence is no news,
 * and where none is wanted it is none.
 */
static bool is_shown(const struct nb_converge *c, const struct nb_op *op, unsigned attr)
{
	const struct nb_netns *ns = nb_state_namespace(c->observed, op->namespace);
	const struct nb_link *bond = ns ? nb_netns_find(ns, op->link) : NULL, *slave;
	const char *name;

	if (nb_option_get(op->opts.scope, attr)->type != &nb_type_ifname || !bond)
		return true;
	name = nb_optset_get(&op->opts, attr).name;
	if (!name)
		return nb_optset_has(&bond->bond, attr);
	slave = nb_netns_find(ns, name);
	return slave && nb_link_is_slave_of(slave, bond);
}

static int ignored_options(struct nb_converge *c, const struct nb_op *op, struct nb_diag *diag)
{
	int n = 0;

	nb_foreach_bit(attr, op->opts.present)
	{
		const struct nb_option *row = nb_option_get(op->opts.scope, attr);

		if (!changes(op, attr) || !was_set(c->last, op, attr) || !is_shown(c, op, attr))
			continue;
		nb_diag_error(diag, NULL, op->goal, "the kernel took %s without a word and ignored it",
			row->name);
		nb_diag_hint(diag, "this kernel may not know it, or another tool sets it back");
		if (block_option(c, op, attr, "the kernel ignores it") < 0)
			return -ENOMEM;
		c->blocks[c->n_blocks - 1].ignored = true;
		n++;
	}
	return n;
}

int nb_converge_find_ignored(struct nb_converge *c, struct nb_diag *diag)
{
	int total = 0;

	for (size_t i = 0; i < c->plan->n_ops && !c->failed && !c->pending; i++) {
		const struct nb_op *op = &c->plan->ops[i];
		NB_CLEANUP(nb_text_done) struct nb_text text = { 0 };
		int n = 0;

		if (op->kind == NB_OP_BOND_SET || op->kind == NB_OP_SLAVE_SET)
			n = ignored_options(c, op, diag);
		if (n < 0)
			return n;
		total += n;
		if (n || op->opts.present || !ran_before(c->last, op))
			continue;
		nb_op_describe(op, &text);
		nb_diag_error(diag, NULL, op_object(op), "done with success and not there afterwards: %s",
			text.text ? text.text : nb_op_kind_name(op->kind));
		nb_diag_hint(diag, "does another tool manage the same device?");
		if (add_block(c, op->goal, op->subject, "it did not last") < 0)
			return -ENOMEM;
		c->blocks[c->n_blocks - 1].ignored = true;
		total++;
	}
	return total;
}
