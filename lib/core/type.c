/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "lib/core/type.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "lib/core/option.h"

static bool bits_equal(union nb_value a, union nb_value b)
{
	return a.u == b.u;
}

/* ---- integers ---- */

static void expect_range(const struct nb_option *row, struct nb_text *why)
{
	nb_text_add(why, "expected %" PRId64 " ... %" PRId64, row->min, row->max);
	if (row->unit)
		nb_text_add(why, " (%s)", row->unit);
}

/* The value of "100ms" or "1 s" in the row's unit. Returns -EINVAL when it is not of that kind. */
static int read_with_unit(const struct nb_option *row, const char *text, int64_t *ret)
{
	static const struct {
		const char *unit;
		int64_t ms;
	} units[] = { { "ms", 1 }, { "msec", 1 }, { "s", 1000 }, { "sec", 1000 }, { "min", 60000 } };
	size_t digits = strspn(text, "0123456789");
	int64_t value = 0, own = nb_streq(row->unit, "s") ? 1000 : 1;
	const char *unit = text + digits;

	if (digits == 0 || digits > 10 || !(nb_streq(row->unit, "ms") || nb_streq(row->unit, "s")))
		return -EINVAL;
	for (size_t i = 0; i < digits; i++)
		value = value * 10 + (text[i] - '0');
	unit += strspn(unit, " ");
	for (size_t i = 0; i < NB_ARRAY_SIZE(units); i++) {
		if (!nb_streq(unit, units[i].unit))
			continue;
		value *= units[i].ms;
		if (value % own != 0 || value / own < row->min || value / own > row->max)
			return -ERANGE;
		*ret = value / own;
		return 0;
	}
	return -EINVAL;
}

static int integer_parse(
	const struct nb_option *row, const char *text, union nb_value *ret, struct nb_text *why)
{
	int64_t value, meant;
	int r;

	r = nb_parse_s64(text, row->min, row->max, &value);
	if (r == 0) {
		ret->s = value;
		return 0;
	}
	nb_text_quote(why, text);
	if (r == -ERANGE) {
		nb_text_add(why, " is out of range, ");
		expect_range(row, why);
		return r;
	}
	r = read_with_unit(row, text, &meant);
	if (r == -EINVAL) {
		nb_text_add(why, " is not a whole number, ");
		expect_range(row, why);
		return r;
	}
	nb_text_add(why, " has a unit: times are bare integers in %s: ", row->unit);
	if (r == 0)
		nb_text_add(why, "write %" PRId64, meant);
	else
		expect_range(row, why);
	return -EINVAL;
}

static void integer_format(const struct nb_option *row, union nb_value value, struct nb_text *out)
{
	if (row->min < 0)
		nb_text_add(out, "%" PRId64, value.s);
	else
		nb_text_add(out, "%" PRIu64, value.u);
}

const struct nb_type nb_type_integer = {
	.name = "integer",
	.json = "integer",
	.dbus = "",
	.parse = integer_parse,
	.format = integer_format,
	.equal = bits_equal,
};

/* ---- booleans ---- */

static int boolean_parse(
	const struct nb_option *row, const char *text, union nb_value *ret, struct nb_text *why)
{
	static const char *const words[] = { "false", "true", "no", "yes", "off", "on", "0", "1" };

	for (unsigned i = 0; i < NB_ARRAY_SIZE(words); i++)
		if (nb_streq(text, words[i])) {
			ret->u = i & 1;
			return 0;
		}
	nb_text_quote(why, text);
	nb_text_add(why, " is neither true nor false, expected one of: "
			 "true, false, yes, no, on, off, 1, 0");
	return -EINVAL;
}

static void boolean_format(const struct nb_option *row, union nb_value value, struct nb_text *out)
{
	nb_text_add(out, "%s", value.u ? "true" : "false");
}

const struct nb_type nb_type_boolean = {
	.name = "boolean",
	.json = "boolean",
	.dbus = "b",
	.parse = boolean_parse,
	.format = boolean_format,
	.equal = bits_equal,
};

/* ---- enumerations ---- */

static const struct nb_name *nearest_name(const struct nb_name *names, const char *text)
{
	unsigned limit = (unsigned)NB_MIN(NB_MAX(strlen(text) / 3, (size_t)1), (size_t)3);
	const struct nb_name *best = NULL;
	unsigned least = limit + 1;

	for (const struct nb_name *n = names; n->name; n++) {
		unsigned distance = nb_edit_distance(text, n->name, limit);

		if (distance < least) {
			least = distance;
			best = n;
		}
	}
	return best;
}

static int enum_parse(
	const struct nb_option *row, const char *text, union nb_value *ret, struct nb_text *why)
{
	const struct nb_name *nearest;
	uint64_t number = UINT64_MAX;

	if (nb_parse_u64(text, UINT32_MAX, &number) < 0)
		number = UINT64_MAX;
	for (const struct nb_name *n = row->names; n->name; n++)
		if (nb_word_equal(text, n->name) || number == n->value) {
			ret->u = n->value;
			return 0;
		}

	nb_text_quote(why, text);
	nb_text_add(why, " is not known, ");
	nearest = nearest_name(row->names, text);
	if (nearest && number == UINT64_MAX)
		nb_text_add(why, "did you mean '%s'? Expected one of: ", nearest->name);
	else
		nb_text_add(why, "expected one of: ");
	for (const struct nb_name *n = row->names; n->name; n++)
		nb_text_add(why, "%s%s", n == row->names ? "" : ", ", n->name);
	return -EINVAL;
}

static void enum_format(const struct nb_option *row, union nb_value value, struct nb_text *out)
{
	for (const struct nb_name *n = row->names; n->name; n++)
		if (n->value == value.u) {
			nb_text_put(out, n->name);
			return;
		}
	nb_text_add(out, "%" PRIu64, value.u); /* of a kernel newer than the table */
}

const struct nb_type nb_type_enum = {
	.name = "enumeration",
	.json = "string",
	.dbus = "s",
	.parse = enum_parse,
	.format = enum_format,
	.equal = bits_equal,
};

bool nb_value_is_zero(const struct nb_type *type, union nb_value value)
{
	static const union nb_value zero;

	if (type->is_list)
		return !value.targets || value.targets->n == 0;
	if (type == &nb_type_nest)
		return !value.set || value.set->present == 0;
	if (type == &nb_type_ifname)
		return !value.name || !*value.name;
	return type->equal(value, zero);
}
