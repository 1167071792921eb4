/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A plan as text for humans and golden files, and its token. */
#include <string.h>

#include "lib/core/plan.h"

uint64_t nb_plan_token(const struct nb_plan *plan)
{
	uint64_t hash = 0;

	for (size_t i = 0; i < plan->n_ops; i++) {
		NB_CLEANUP(nb_text_done) struct nb_text text = { 0 };

		nb_text_add(&text, "%d %s ", plan->ops[i].ifindex, plan->ops[i].goal);
		nb_op_describe(&plan->ops[i], &text);
		if (text.text)
			hash = nb_hash_bytes(hash, text.text, text.length);
	}
	return hash;
}

static const char *op_object(const struct nb_op *op)
{
	return op->goal && *op->goal ? op->goal : op->namespace;
}

static enum nb_class object_class(const struct nb_plan *plan, const char *object)
{
	enum nb_class class = NB_CLASS_LIVE;

	for (size_t i = 0; i < plan->n_ops; i++) {
		if (nb_streq(op_object(&plan->ops[i]), object))
			class = NB_MAX(class, plan->ops[i].class);
	}
	return class;
}

static void format_op(const struct nb_op *op, size_t number, struct nb_text *out)
{
	nb_text_add(out, "  %2zu. %-7s ", number, nb_class_name(op->class));
	nb_op_describe(op, out);
	if (op->reason)
		nb_text_add(out, "\n               (%s)", op->reason);
	nb_text_add(out, "\n");
}

static void format_release(const struct nb_held *held, struct nb_text *out)
{
	nb_text_add(out, "%s%s%s\n      to do it: ", held->why ? " (" : "",
		held->why ? held->why : "", held->why ? ")" : "");
	nb_held_release(held, out);
	nb_text_add(out, "\n");
}

static void format_held(const struct nb_plan *plan, struct nb_text *out)
{
	for (size_t i = 0; i < plan->n_held; i++) {
		const struct nb_held *held = &plan->held[i];

		nb_text_add(out, "held: %s: %s", held->goal, held->text);
		if (held->blocked)
			nb_text_add(out, "\n      it failed: %s; change the configuration to try again\n",
				held->why);
		else if (held->gated)
			nb_text_add(out, "\n      %s\n", held->why);
		else
			format_release(held, out);
	}
}

void nb_plan_format(const struct nb_plan *plan, struct nb_text *out)
{
	const char *object = NULL;

	for (size_t i = 0; i < plan->n_ops; i++) {
		const struct nb_op *op = &plan->ops[i];

		if (!nb_streq(op_object(op), object)) {
			object = op_object(op);
			nb_text_add(out, "%s: %s\n", object,
				nb_class_name(object_class(plan, object)));
		}
		format_op(op, i + 1, out);
	}
	format_held(plan, out);
	if (plan->n_ops)
		nb_text_add(out, "plan: %zu operation%s, class %s", plan->n_ops,
			plan->n_ops == 1 ? "" : "s", nb_class_name(nb_plan_class(plan)));
	else
		nb_text_add(out, "plan: nothing to do");
	if (plan->n_held)
		nb_text_add(out, ", %zu held", plan->n_held);
	nb_text_add(out, "\n");
}
