/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "lib/core/option.h"

#include <assert.h>
#include <errno.h>
#include <string.h>

#include "lib/core/option-table.h"

unsigned nb_option_scope_end(enum nb_scope scope)
{
	assert(scope < NB_SCOPE_COUNT);
	return nb_option_tables[scope].end;
}

const struct nb_option *nb_option_get(enum nb_scope scope, unsigned attr)
{
	const struct nb_option_table *table;

	assert(scope < NB_SCOPE_COUNT);
	table = &nb_option_tables[scope];
	if (attr >= table->end || !table->rows[attr].name)
		return NULL;
	return &table->rows[attr];
}

enum nb_scope nb_option_scope(const struct nb_option *row)
{
	uintptr_t at = (uintptr_t)row;

	for (unsigned scope = 0; scope < NB_SCOPE_COUNT; scope++) {
		const struct nb_option_table *table = &nb_option_tables[scope];

		if (at >= (uintptr_t)table->rows && at < (uintptr_t)(table->rows + table->end))
			return (enum nb_scope)scope;
	}
	assert(!"a row of the table");
	return NB_SCOPE_COUNT;
}

unsigned nb_option_attr(const struct nb_option *row)
{
	return (unsigned)(row - nb_option_tables[nb_option_scope(row)].rows);
}

const struct nb_option *nb_option_find(enum nb_scope scope, const char *name)
{
	nb_foreach_option(row, attr, scope)
		if (nb_word_equal(row->name, name) || nb_word_equal(row->alias, name))
			return row;
	return NULL;
}

bool nb_option_writable(const struct nb_option *row)
{
	return !(row->flags & (NB_OPTION_READONLY | NB_OPTION_RUNTIME));
}

const char *nb_option_ignored(enum nb_scope scope, unsigned attr)
{
	assert(scope < NB_SCOPE_COUNT);
	if (attr == 0)
		return "attribute 0 is the unspecified one and carries nothing";
	if (scope == NB_SCOPE_LINK && !nb_option_get(scope, attr))
		return "not managed by netbond";
	return NULL;
}

enum nb_class nb_option_class(const struct nb_option *row)
{
	switch (row->change) {
	case NB_CHANGE_ANY:
		return row->flags & NB_OPTION_REENSLAVE ? NB_CLASS_REBUILD : NB_CLASS_LIVE;
	case NB_CHANGE_DOWN:
		return row->flags & NB_OPTION_REENSLAVE ? NB_CLASS_REBUILD : NB_CLASS_DOWN;
	case NB_CHANGE_EMPTY:
	case NB_CHANGE_EMPTY_DOWN:
		return NB_CLASS_REBUILD;
	}
	return NB_CLASS_REBUILD;
}

void nb_option_say_seen(
	const struct nb_option *row, union nb_value value, struct nb_text *out)
{
	if (row->flags & NB_OPTION_ADMIN)
		nb_text_add(out, "(hidden)");
	else
		row->type->format(row, value, out);
}

int64_t nb_option_kernel_default(const struct nb_option *row, unsigned mode)
{
	if (mode < NB_MODE_COUNT && (row->forced_modes & NB_MODE(mode)))
		return row->forced_default;
	return row->kernel_default;
}

void nb_option_dbus_name(const struct nb_option *row, struct nb_text *out)
{
	bool upper = true;

	for (const char *p = row->name; *p; p++) {
		bool letter = *p >= 'a' && *p <= 'z';

		if (*p != '-')
			nb_text_add(out, "%c", upper && letter ? *p - 'a' + 'A' : *p);
		upper = *p == '-';
	}
}

const char *nb_option_dbus_signature(const struct nb_option *row)
{
	if (row->type->dbus[0])
		return row->type->dbus;
	return row->min < 0 ? "i" : "u";
}

static const char *const class_names[] = {
	[NB_CLASS_LIVE] = "live",
	[NB_CLASS_SLAVE] = "slave",
	[NB_CLASS_DOWN] = "down",
	[NB_CLASS_REBUILD] = "rebuild",
};

const char *nb_class_name(enum nb_class class)
{
	assert(class < NB_ARRAY_SIZE(class_names));
	return class_names[class];
}

int nb_class_parse(const char *text, enum nb_class *ret)
{
	for (unsigned i = 0; i < NB_ARRAY_SIZE(class_names); i++)
		if (nb_streq(text, class_names[i])) {
			*ret = (enum nb_class)i;
			return 0;
		}
	return -EINVAL;
}

const char *nb_mode_name(unsigned mode)
{
	const struct nb_option *row = nb_option_get(NB_SCOPE_BOND, IFLA_BOND_MODE);

	for (const struct nb_name *n = row->names; n->name; n++)
		if (n->value == mode)
			return n->name;
	return "unknown";
}

/* ---- sets of values ---- */

static const struct nb_type *type_of(const struct nb_optset *set, unsigned attr)
{
	const struct nb_option *row = nb_option_get(set->scope, attr);

	assert(row);
	return row->type;
}

static void free_value(const struct nb_type *type, union nb_value value)
{
	if (type->free)
		type->free(value);
}

static int copy_value(const struct nb_type *type, union nb_value value, union nb_value *ret)
{
	if (type->copy)
		return type->copy(value, ret);
	*ret = value;
	return 0;
}

/* Where the item of @attr lies in an array that has one for each bit of @mask. */
static unsigned place_of(uint64_t mask, unsigned attr)
{
	return nb_count_bits(mask & (NB_BIT(attr) - 1));
}

/* Room for 3, 7, 15, ... values: sizes of which malloc(3) wastes nothing. */
static size_t values_size(unsigned n)
{
	const size_t room = ((size_t)1 << (32 - __builtin_clz(n | 3))) - 1;

	return sizeof(struct nb_values) + room * sizeof(union nb_value);
}

/* One set less has @values. */
static void release_values(enum nb_scope scope, struct nb_values *values)
{
	unsigned i = 0;

	if (!values)
		return;
	if (values->sharers) {
		values->sharers--;
		return;
	}
	nb_foreach_bit(attr, values->held)
		free_value(nb_option_get(scope, attr)->type, values->items[i++]);
	free(values);
}

static union nb_value *value_of(const struct nb_optset *set, unsigned attr)
{
	return &set->values->items[place_of(set->values->held, attr)];
}

/* Values of its own in place of those it shares. Return: 0, -ENOMEM. */
static int own_values(struct nb_optset *set)
{
	struct nb_values *own;

	if (set->values && !set->values->sharers)
		return 0;
	own = malloc(values_size(nb_count_bits(set->present) + 1));
	if (!own)
		return -ENOMEM;
	own->held = 0;
	own->sharers = own->n = 0;
	nb_foreach_bit(attr, set->present) {
		if (copy_value(type_of(set, attr), *value_of(set, attr), &own->items[own->n]) < 0) {
			release_values(set->scope, own);
			return -ENOMEM;
		}
		own->held |= NB_BIT(attr);
		own->n++;
	}
	release_values(set->scope, set->values);
	set->values = own;
	return 0;
}

/* The place for @attr, empty where none was held for it; the values are its own. NULL: no memory. */
static union nb_value *add_value(struct nb_optset *set, unsigned attr)
{
	struct nb_values *values = set->values;
	union nb_value *at;

	if (values->held & NB_BIT(attr))
		return value_of(set, attr);
	if (values_size(values->n + 1) != values_size(values->n))
		values = realloc(values, values_size(values->n + 1));
	if (!values)
		return NULL;
	set->values = values;
	at = &values->items[values->n++];
	/* Most come in the order of their attributes. */
	if (values->held >> attr) {
		union nb_value *end = at;

		at = &values->items[place_of(values->held, attr)];
		memmove(at + 1, at, (size_t)(end - at) * sizeof(*at));
	}
	*at = (union nb_value){ 0 };
	values->held |= NB_BIT(attr);
	return at;
}

union nb_value nb_optset_get(const struct nb_optset *set, unsigned attr)
{
	static const union nb_value zero;

	return attr < 64 && nb_optset_has(set, attr) ? *value_of(set, attr) : zero;
}

int nb_optset_set(struct nb_optset *set, unsigned attr, union nb_value value)
{
	const struct nb_type *type = type_of(set, attr);
	union nb_value *at = own_values(set) < 0 ? NULL : add_value(set, attr);

	if (!at) {
		free_value(type, value);
		return -ENOMEM;
	}
	free_value(type, *at);
	*at = value;
	set->present |= NB_BIT(attr);
	return 0;
}

int nb_optset_name(struct nb_optset *set, unsigned attr, const struct nb_mark *mark)
{
	assert(nb_option_get(set->scope, attr));
	return nb_marks_put(&set->marks, attr, mark);
}

struct nb_mark nb_optset_mark(const struct nb_optset *set, unsigned attr)
{
	return nb_marks_get(set->marks, attr);
}

void nb_optset_unset(struct nb_optset *set, unsigned attr)
{
	nb_marks_drop(set->marks, attr);
	/* What is held is freed later: others may have it. */
	set->present &= ~NB_BIT(attr);
}

void nb_optset_unname(struct nb_optset *set)
{
	free(nb_steal(&set->marks));
}

bool nb_optset_equal(const struct nb_optset *a, const struct nb_optset *b, unsigned attr)
{
	if (!nb_optset_has(a, attr) || !nb_optset_has(b, attr))
		return nb_optset_has(a, attr) == nb_optset_has(b, attr);
	assert(a->scope == b->scope);
	return type_of(a, attr)->equal(*value_of(a, attr), *value_of(b, attr));
}

int nb_optset_copy_value(struct nb_optset *to, const struct nb_optset *from, unsigned attr)
{
	union nb_value value;
	int r;

	assert(to->scope == from->scope);
	if (!nb_optset_has(from, attr)) {
		nb_optset_unset(to, attr);
		return 0;
	}
	r = copy_value(type_of(from, attr), *value_of(from, attr), &value);
	if (r < 0)
		return r;
	return nb_optset_set(to, attr, value);
}

int nb_optset_copy(const struct nb_optset *set, struct nb_optset *ret)
{
	struct nb_marks *marks = NULL;

	*ret = (struct nb_optset){ .scope = set->scope };
	if (nb_marks_copy(set->marks, &marks) < 0)
		return -ENOMEM;
	*ret = *set;
	ret->marks = marks;
	if (ret->values)
		ret->values->sharers++;
	return 0;
}

bool nb_optset_same(const struct nb_optset *a, const struct nb_optset *b)
{
	if (a->scope != b->scope || a->present != b->present)
		return false;
	nb_foreach_bit(attr, a->values == b->values ? 0 : a->present)
		if (!nb_optset_equal(a, b, attr))
			return false;
	return true;
}

void nb_optset_adopt(struct nb_optset *set, const struct nb_optset *like)
{
	if (set->values != like->values) {
		if (like->values)
			like->values->sharers++;
		release_values(set->scope, set->values);
		set->values = like->values;
	}
	set->present = like->present;
}

void nb_optset_share(struct nb_optset *set, const struct nb_optset *like)
{
	if (like->values && nb_optset_same(set, like))
		nb_optset_adopt(set, like);
}

void nb_optset_done(struct nb_optset *set)
{
	if (!set)
		return;
	release_values(set->scope, set->values);
	free(set->marks);
	*set = (struct nb_optset){ .scope = set->scope };
}

/* ---- the nest: a value that is itself a set, and so lives above type.c ---- */

static int nest_parse(
	const struct nb_option *row, const char *text, union nb_value *ret, struct nb_text *why)
{
	nb_text_add(why, "is read-only: the kernel fills it");
	return -EINVAL;
}

static void nest_format(const struct nb_option *row, union nb_value value, struct nb_text *out)
{
	const char *between = "";

	if (!value.set || value.set->present == 0)
		nb_text_add(out, "none");
	nb_foreach_bit(attr, value.set ? value.set->present : 0) {
		const struct nb_option *inner = nb_option_get(value.set->scope, attr);

		nb_text_add(out, "%s%s ", between, inner->name);
		inner->type->format(inner, nb_optset_get(value.set, attr), out);
		between = ", ";
	}
}

static bool nest_equal(union nb_value a, union nb_value b)
{
	static const struct nb_optset empty;
	const struct nb_optset *x = a.set ? a.set : &empty, *y = b.set ? b.set : &empty;

	if (x->present != y->present)
		return false;
	nb_foreach_bit(attr, x->present)
		if (!nb_optset_equal(x, y, attr))
			return false;
	return true;
}

static int nest_copy(union nb_value value, union nb_value *ret)
{
	struct nb_optset *set = NULL;

	if (value.set) {
		set = calloc(1, sizeof(*set));
		if (!set)
			return -ENOMEM;
		if (nb_optset_copy(value.set, set) < 0) {
			free(set);
			return -ENOMEM;
		}
	}
	*ret = (union nb_value){ .set = set };
	return 0;
}

static void nest_free(union nb_value value)
{
	nb_optset_done(value.set);
	free(value.set);
}

const struct nb_type nb_type_nest = {
	.name = "set",
	.json = "object",
	.dbus = "a{sv}",
	.is_pointer = true,
	.parse = nest_parse,
	.format = nest_format,
	.equal = nest_equal,
	.copy = nest_copy,
	.free = nest_free,
};
