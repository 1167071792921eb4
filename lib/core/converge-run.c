/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A plan's operations one by one: waits, failures, and what runs all the same after one. */
#include <errno.h>
#include <string.h>

#include "lib/core/converge-parts.h"

#define WAIT_POLL_MS 100u

static struct nb_op *next_op(const struct nb_converge *c)
{
	return c->next < c->plan->n_ops ? &c->plan->ops[c->next] : NULL;
}

static void report(struct nb_converge *c, const struct nb_op *op, int r,
	const struct nb_exec_error *error)
{
	if (c->hooks && c->hooks->after)
		c->hooks->after(c->hook_context, op, r, error);
}

/* In the tail only what brings the bond back into service runs, without the values that failed. */
static int run_tail(struct nb_converge *c, const struct nb_op *op)
{
	NB_CLEANUP(nb_op_done) struct nb_op bare = { 0 };
	struct nb_exec_error error = { 0 };
	int r = nb_op_copy(op, &bare);

	if (r < 0)
		return r;
	if (op->kind == NB_OP_BOND_SET)
		nb_optset_done(&bare.opts);
	bare.flags |= NB_OP_TOLERANT;
	r = c->exec->run(c->exec_context, &bare, &error);
	report(c, &bare, r, &error); /* what was done, not what was wanted */
	return 0;
}

/* Of what is still to come for this goal only the tail runs, also behind other goals. */
static void enter_tail(struct nb_converge *c, const struct nb_op *op)
{
	for (size_t i = c->next; i < c->plan->n_ops; i++) {
		if (nb_streq(c->plan->ops[i].goal, op->goal))
			c->plan->ops[i].flags |= NB_OP_LEFT;
	}
	c->state = NB_CONVERGE_TAIL;
}

static int wait_more(struct nb_converge *c, const struct nb_op *op, uint64_t now_ms,
	unsigned *ret_ms, struct nb_diag *diag)
{
	struct nb_text text = { 0 };

	if (c->deadline_ms == 0)
		c->deadline_ms = now_ms + op->timeout_ms;
	if (now_ms < c->deadline_ms) {
		c->state = NB_CONVERGE_WAIT;
		*ret_ms = NB_MIN(WAIT_POLL_MS, op->timeout_ms / 50);
		return 0;
	}
	c->deadline_ms = c->settled_ms = 0;
	if (op->flags & NB_OP_TOLERANT) {
		c->state = NB_CONVERGE_RUN;
		c->next++;
		return 0;
	}
	c->pending = true;
	nb_converge_doubt(c);
	nb_op_describe(op, &text);
	nb_diag_warning(diag, NULL, op->goal, "gave up to %s; the steps that need it are left",
		text.text ? text.text : "wait");
	nb_diag_hint(diag, "mend the links (see `ip -d link show`), then apply again");
	nb_text_done(&text);
	c->next++;
	enter_tail(c, op);
	return 0;
}

/*
 * Another bond was to let go of this device and did not (its step failed, or still waits): it is
 * not taken away from there. The kernel would: do_set_master() releases from the old master.
 */
static bool is_kept_elsewhere(const struct nb_converge *c, const struct nb_op *op)
{
	for (size_t i = 0; i < c->next; i++) {
		const struct nb_op *old = &c->plan->ops[i];

		if (old->flags & NB_OP_DONE)
			continue;
		if (old->kind == NB_OP_RELEASE && !nb_streq(old->goal, op->goal) &&
			nb_streq(old->link, op->link) && nb_streq(old->namespace, op->namespace))
			return true;
		if (old->kind == NB_OP_LINK_MOVE && nb_streq(old->new_name, op->link) &&
			nb_streq(old->to_namespace, op->namespace))
			return true;
	}
	return false;
}

/* The bond this is about, or that it would become a slave of, was to be made and was not. */
static bool is_about_nothing(const struct nb_converge *c, const struct nb_op *op)
{
	for (size_t i = 0; i < c->next; i++) {
		const struct nb_op *old = &c->plan->ops[i];

		if (old->kind == NB_OP_BOND_CREATE && !(old->flags & NB_OP_DONE) &&
			nb_streq(old->namespace, op->namespace) &&
			(nb_streq(old->link, op->link) || nb_streq(old->link, op->master)))
			return true;
	}
	return false;
}

static bool takes_device(const struct nb_op *op)
{
	return op->kind == NB_OP_ENSLAVE || op->kind == NB_OP_SLAVE_SET ||
	       op->kind == NB_OP_LINK_MOVE || op->kind == NB_OP_LINK_SET;
}

/* What is waited for must hold for a while: each time it does not, the while begins anew. */
static int look(struct nb_converge *c, const struct nb_op *op, uint64_t now_ms,
	struct nb_exec_error *error)
{
	int r = c->exec->run(c->exec_context, op, error);

	if (r != 0 || !nb_op_is_wait(op)) {
		c->settled_ms = 0;
		return r;
	}
	if (c->settled_ms == 0)
		c->settled_ms = now_ms + op->settle_ms;
	if (now_ms < c->settled_ms)
		return -EAGAIN;
	c->settled_ms = 0;
	return 0;
}

/* It is no fault of what was asked. */
static bool may_be_taken_later(int error_number)
{
	return error_number == -ENOMEM || error_number == -ENOBUFS || error_number == -EBUSY ||
	       error_number == -EAGAIN || error_number == -ENETDOWN ||
	       error_number == -ENETUNREACH || error_number == -EHOSTUNREACH;
}

static int fail(struct nb_converge *c, const struct nb_op *op, int error_number,
	const struct nb_exec_error *error, struct nb_diag *diag)
{
	bool makes = op->kind == NB_OP_BOND_CREATE || op->kind == NB_OP_NETNS_CREATE;
	const size_t n_blocks = c->n_blocks;
	int r = 0;

	c->failed = true;
	nb_converge_doubt(c);
	if (error_number == -EEXIST && makes)
		r = nb_converge_remember(c, nb_converge_forget(c->memory, op));
	if (r == 0)
		r = nb_converge_block(c, op, error, diag);
	for (size_t i = n_blocks; i < c->n_blocks; i++)
		c->blocks[i].passing = error->passing;
	if (r == 0)
		r = nb_converge_undo_enslave(c, op);
	if (r < 0)
		return r;
	/* It was tried once more already. */
	if (c->owed && c->n_blocks == n_blocks && (op->flags & NB_OP_BACK) && !may_be_taken_later(error_number))
		nb_owed_give_up(c->owed, op);
	/* They come before all else: nothing was touched yet, and what goes into it shall not be. */
	if (op->kind == NB_OP_NETNS_CREATE || op->kind == NB_OP_TYPE_CREATE) {
		c->state = NB_CONVERGE_OBSERVE;
		return 0;
	}
	/* Its values failed, but what it does beside them (up, MAC) is the start of the tail. */
	if ((op->flags & NB_OP_TAIL) && !nb_op_is_wait(op) && (op->kind == NB_OP_BOND_SET || (op->set & NB_SET_UP)))
		c->next--;
	enter_tail(c, op);
	return 0;
}

static void touch_link(struct nb_converge *c, const char *namespace, const char *name)
{
	const struct nb_netns *ns = nb_state_namespace(c->observed, namespace);
	const struct nb_link *link = ns && *name ? nb_netns_find(ns, name) : NULL;

	if (link)
		nb_touches_add(&c->touches, namespace, link->ifindex);
}

/* The kernel tells of it, but for what it does to a device that is down. */
static void touch_op(struct nb_converge *c, const struct nb_op *op)
{
	switch (op->kind) {
	case NB_OP_NETNS_CREATE:
	case NB_OP_NETNS_DELETE:
	case NB_OP_TYPE_CREATE:
	case NB_OP_TYPE_SET:
	case NB_OP_TYPE_DELETE:
	case NB_OP_BOND_CREATE:
	case NB_OP_LINK_DELETE:
	case NB_OP_LINK_MOVE:
		nb_converge_doubt(c);
		return;
	case NB_OP_ROUTE_ADD:
	case NB_OP_ROUTE_DELETE:
		nb_touches_add(&c->touches, op->namespace, NB_TOUCH_ROUTES);
		break;
	case NB_OP_BOND_SET:
	case NB_OP_LINK_SET:
	case NB_OP_ENSLAVE:
	case NB_OP_RELEASE:
	case NB_OP_SLAVE_SET:
	case NB_OP_ADDRESS_ADD:
	case NB_OP_ADDRESS_DELETE:
	case NB_OP_WAIT_USABLE:
	case NB_OP_WAIT_ADDRESS:
	case NB_OP_WAIT_FOLLOW:
	case NB_OP_KIND_COUNT:
		break;
	}
	touch_link(c, op->namespace, op->link);
	touch_link(c, op->namespace, op->master);
}

static int run_one(struct nb_converge *c, struct nb_op *op, uint64_t now_ms, unsigned *ret_ms,
	struct nb_diag *diag)
{
	struct nb_exec_error error = { 0 };
	int r;

	if (c->deadline_ms == 0 && c->hooks && c->hooks->before)
		c->hooks->before(c->hook_context, op, c->next, c->plan->n_ops);
	r = look(c, op, now_ms, &error);
	if (r == -EAGAIN && nb_op_is_wait(op))
		return wait_more(c, op, now_ms, ret_ms, diag);
	c->deadline_ms = 0;
	c->state = NB_CONVERGE_RUN;
	report(c, op, r, &error);
	touch_op(c, op);
	c->next++;
	if (r == 0) {
		op->flags |= NB_OP_DONE;
		c->done++;
		c->left |= nb_converge_left(c->memory, op);
		return 0;
	}
	return fail(c, op, r, &error, diag);
}

/*
 * What had to leave a new slave before it was enslaved is still there, since the tail skips it:
 * left on a slave it would win over the bond's and nothing would answer.
 */
static bool is_unprepared(const struct nb_converge *c, const struct nb_op *op)
{
	for (size_t i = 0; i < c->next && op->kind == NB_OP_ENSLAVE; i++) {
		const struct nb_op *old = &c->plan->ops[i];

		if (!(old->flags & NB_OP_DONE) &&
			(old->kind == NB_OP_ADDRESS_DELETE || old->kind == NB_OP_ROUTE_DELETE) &&
			nb_streq(old->link, op->link) && nb_streq(old->namespace, op->namespace))
			return true;
	}
	return false;
}

int nb_converge_run(struct nb_converge *c, uint64_t now_ms, unsigned *ret_ms, struct nb_diag *diag)
{
	struct nb_op *op = next_op(c);

	if (op && c->failed && is_about_nothing(c, op)) {
		c->next++;
		return 0;
	}
	/* Nor do others leave in its favour: from here on its bond's tail runs. */
	if (op && (c->failed || c->pending) && takes_device(op) && is_kept_elsewhere(c, op)) {
		c->next++;
		enter_tail(c, op);
		return 0;
	}
	if (op && (op->flags & NB_OP_LEFT)) {
		bool runs = (op->flags & NB_OP_TAIL) && !is_unprepared(c, op);

		if (runs && nb_op_is_wait(op))
			return run_one(c, op, now_ms, ret_ms, diag);
		c->next++;
		return runs ? run_tail(c, op) : 0;
	}
	if (op)
		return run_one(c, op, now_ms, ret_ms, diag);
	c->state = NB_CONVERGE_OBSERVE;
	if (c->owed && nb_owed_is_back(c->owed, c->plan))
		nb_converge_end_owing(c);
	return 0;
}
