/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "cli/option-words.h"

#include <inttypes.h>

const char *nbc_scope_name(enum nb_scope scope)
{
	switch (scope) {
	case NB_SCOPE_BOND:
		return "bond";
	case NB_SCOPE_SLAVE:
		return "slave";
	case NB_SCOPE_LINK:
		return "link";
	case NB_SCOPE_AD_INFO:
		return "ad-info";
	case NB_SCOPE_COUNT:
		break;
	}
	return "";
}

unsigned nbc_option_works(const struct nb_option *row)
{
	return NB_MODES_ALL & ~((unsigned)row->refused | row->idle);
}

bool nbc_option_shown(const struct nb_option *row, bool all)
{
	return all || nb_option_writable(row);
}

void nbc_say_values(const struct nb_option *row, bool numbers, struct nb_text *out)
{
	const char *comma = "";

	if (row->type == &nb_type_integer) {
		nb_text_add(out, row->min < 0 ? "%" PRId64 " to %" PRId64 : "%" PRId64 "-%" PRId64,
			row->min, row->max);
		return;
	}
	if (row->type == &nb_type_boolean)
		nb_text_add(out, "true, false");
	else if (row->type != &nb_type_enum)
		nb_text_add(out, "%s", row->type->name);
	for (const struct nb_name *n = row->names; n && n->name; n++) {
		nb_text_add(out, "%s%s", comma, n->name);
		if (numbers)
			nb_text_add(out, " (%" PRIu32 ")", n->value);
		comma = ", ";
	}
}

void nbc_say_value(const struct nb_option *row, int64_t value, struct nb_text *out)
{
	union nb_value v = { .s = value };

	if (row->type->is_pointer)
		v = (union nb_value){ 0 };
	row->type->format(row, v, out);
	if (row->unit && value)
		nb_text_add(out, " %s", row->unit);
}

void nbc_say_default(const struct nb_option *row, struct nb_text *out)
{
	if (!nb_option_writable(row))
		return;
	/* What the file is silent on is left alone on the link itself. */
	if (nb_option_scope(row) == NB_SCOPE_LINK)
		nb_text_add(out, "as found");
	else
		nbc_say_value(row, row->dflt, out);
}

void nbc_say_modes_short(unsigned modes, struct nb_text *out)
{
	const char *comma = "";

	if (modes == NB_MODES_ALL) {
		nb_text_add(out, "all");
		return;
	}
	for (unsigned first = 0; first < NB_MODE_COUNT; first++) {
		unsigned last = first;

		if (!(modes & NB_MODE(first)))
			continue;
		while (last + 1 < NB_MODE_COUNT && (modes & NB_MODE(last + 1)))
			last++;
		nb_text_add(out, last > first ? "%s%u-%u" : "%s%u", comma, first, last);
		comma = ",";
		first = last;
	}
}

void nbc_say_modes(unsigned modes, struct nb_text *out)
{
	const char *comma = "";

	if (modes == NB_MODES_ALL) {
		nb_text_add(out, "all modes");
		return;
	}
	nb_foreach_bit(mode, modes) {
		nb_text_add(out, "%s%s", comma, nb_mode_name(mode));
		comma = ", ";
	}
}

void nbc_say_rows(const struct nb_option *row, uint64_t attrs, struct nb_text *out)
{
	const char *comma = "";

	nb_foreach_bit(attr, attrs) {
		nb_text_add(out, "%s%s", comma,
			nb_option_get(nb_option_scope(row), attr)->name);
		comma = ", ";
	}
}

void nbc_say_type(const struct nb_option *row, struct nb_text *out)
{
	nb_text_add(out, "%s", row->type->name);
	if (row->unit)
		nb_text_add(out, ", in %s", row->unit);
	if (row->flags & NB_OPTION_RUNTIME)
		nb_text_add(out, "; state, not configuration: see netbondctl failover");
	else if (!nb_option_writable(row))
		nb_text_add(out, "; the kernel only reports it");
	if (row->flags & NB_OPTION_ADMIN)
		nb_text_add(out, "; shown to administrators only");
}

void nbc_say_default_fully(const struct nb_option *row, struct nb_text *out)
{
	nbc_say_default(row, out);
	if (row->dflt && row->conflicts && nb_option_writable(row)) {
		nb_text_add(out, "; 0 while ");
		nbc_say_rows(row, row->conflicts, out);
		nb_text_add(out, " is on");
	}
}

void nbc_say_kernel_default(const struct nb_option *row, struct nb_text *out)
{
	if (!nb_option_writable(row) || nb_option_scope(row) == NB_SCOPE_LINK)
		return;
	nbc_say_value(row, row->kernel_default, out);
	if (row->forced_modes) {
		nb_text_add(out, "; ");
		nbc_say_value(row, row->forced_default, out);
		nb_text_add(out, " in ");
		nbc_say_modes(row->forced_modes, out);
	}
}

void nbc_say_change(const struct nb_option *row, struct nb_text *out)
{
	enum nb_class class = nb_option_class(row);

	if (!nb_option_writable(row))
		return;
	nb_text_add(out, "%s", nb_class_name(class));
	if (row->why)
		nb_text_add(out, ": %s", row->why);
	else if (class == NB_CLASS_LIVE)
		nb_text_add(out, ": nothing stops%s",
			row->flags & NB_OPTION_MOVES ? ", flows may move to another slave" : "");
	if (row->raise)
		nb_text_add(out, "; higher where the values ask for it, the plan says why");
}

void nbc_say_needs(const struct nb_option *row, struct nb_text *out)
{
	if (!row->needs)
		return;
	nbc_say_rows(row, row->needs, out);
	nb_text_add(out, row->flags & NB_OPTION_NEEDS_HARD ?
			": the kernel refuses it while that is off" :
			": no effect while that is off");
	if (row->flags & NB_OPTION_MULTIPLE)
		nb_text_add(out, "; kept as a multiple of it, rounded down");
}
