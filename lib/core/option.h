/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * The one option table and sets of option values.
 *
 * A row is found by (scope, netlink attribute number) or by name. It drives parser, validation,
 * codec, diff, plan, D-Bus, CLI, schema, completion and manual: a new kernel option is one row.
 */

#include "lib/core/marks.h"
#include "lib/core/type.h"
#include "lib/core/uapi.h"

enum nb_scope {
	NB_SCOPE_BOND,	  /* IFLA_INFO_DATA of kind bond */
	NB_SCOPE_SLAVE,	  /* IFLA_INFO_SLAVE_DATA of kind bond */
	NB_SCOPE_LINK,	  /* attributes of the link itself that netbond manages */
	NB_SCOPE_AD_INFO, /* inside IFLA_BOND_AD_INFO */
	NB_SCOPE_COUNT,
};

/* Bit of a mode in the masks of a row. */
#define NB_MODE(mode) ((mode) < 32 ? 1u << ((mode) & 31) : 0u) /* one not known yet is in no set */
#define NB_MODES_ALL 0x7fu
#define NB_MODE_COUNT 7

/* What a change means for traffic, least first. DESIGN: "The plan". */
enum nb_class {
	NB_CLASS_LIVE,	  /* nothing stops; at most flows move between slaves */
	NB_CLASS_SLAVE,	  /* one slave leaves while another usable one remains */
	NB_CLASS_DOWN,	  /* traffic may stop briefly, or an address or route goes */
	NB_CLASS_REBUILD, /* all slaves released, a bond removed or made anew */
};

/* What the kernel asks for before it takes a new value (bond_opt_check_deps()). */
enum nb_change {
	NB_CHANGE_ANY,	     /* at any time */
	NB_CHANGE_DOWN,	     /* BOND_OPTFLAG_IFDOWN */
	NB_CHANGE_EMPTY,     /* BOND_OPTFLAG_NOSLAVES */
	NB_CHANGE_EMPTY_DOWN, /* both; or the value reaches a slave only when it is enslaved */
};

enum nb_option_flags {
	NB_OPTION_READONLY = 1u << 0, /* never sent */
	NB_OPTION_SPARSE = 1u << 1,   /* the kernel omits it when empty or out of place: absence is no news */
	NB_OPTION_RUNTIME = 1u << 2,  /* writable, but state and not configuration (active_slave) */
	NB_OPTION_MOVES = 1u << 3,    /* a live change may move flows to another slave */
	NB_OPTION_ADMIN = 1u << 4,    /* dumped only to readers with CAP_NET_ADMIN */
	NB_OPTION_STATE = 1u << 5,    /* read-only and changing by itself: no part of a snapshot's equality */
	NB_OPTION_REENSLAVE = 1u << 6, /* reaches a slave only when that is enslaved (bond_3ad_bind_slave()) */
	NB_OPTION_NEEDS_HARD = 1u << 7, /* the kernel refuses it while .needs is unmet; else it idles */
	NB_OPTION_MULTIPLE = 1u << 8, /* kept as a multiple of the row in .needs, rounded down */
};

/* One spelling of an enumeration's value; the first of a value is the canonical one. */
struct nb_name {
	const char *name; /* NULL ends the list */
	uint32_t value;
};

/* What a row's check may look at to raise the class of a change. */
struct nb_change_view {
	const struct nb_optset *before, *after; /* options of the bond, or of the slave or link */
	const struct nb_optset *bond; /* for a slave's row: options of its bond afterwards, or NULL */
	unsigned mode;	       /* mode after the change */
	unsigned usable;       /* slaves usable now (mode 4: in the active aggregator) */
	unsigned coming;       /* slaves that the plan will have waited for by then */
	bool has_partner;      /* mode 4: a LACP partner was heard */
	bool has_carrier;      /* the bond has carrier now */
};

/* One row; zero means "nothing special". */
struct nb_option {
	const char *name;     /* canonical, the driver's word with '-' */
	const char *alias;    /* another accepted spelling, or NULL */
	const char *unit;     /* "ms", "s", or NULL */
	const char *since;    /* first mainline release with the attribute; documentation only */
	const char *help;     /* one line */
	const char *why;      /* why the change class is what it is, in words */
	const struct nb_type *type;
	enum nb_wire wire;
	int64_t min, max;     /* integers; MAC addresses: min 1 refuses the all-zero one */
	int64_t dflt;	      /* netbond's default where the file is silent; lists and names: empty */
	int64_t kernel_default; /* in a fresh bond or slave */
	int64_t forced_default; /* kernel's default in the modes of .forced_modes */
	const struct nb_name *names;
	uint8_t forced_modes; /* modes in which a fresh bond has .forced_default instead */
	uint8_t refused;      /* modes in which the kernel refuses it (unsuppmodes) */
	uint8_t idle;	      /* modes in which it is stored without effect */
	enum nb_change change;
	uint64_t conflicts;   /* rows that cannot be on together with this one: setting one zeroes the other */
	uint64_t needs;	      /* rows of which one must be on, else this one is refused or idle */
	uint64_t resend;      /* rows the kernel disturbs when this one changes: they travel along */
	unsigned flags;	      /* enum nb_option_flags */
	enum nb_scope nested; /* scope of a NB_WIRE_NEST */

	/*
	 * Raises the class of a live change where the values ask for it; *@ret_why is a static
	 * sentence then and untouched otherwise. To be asked only of rows that change. NULL: the class of .change stands.
	 */
	enum nb_class (*raise)(const struct nb_change_view *view, const char **ret_why);
};

/* Values that sets with equal ones may have together. */
struct nb_values {
	uint64_t held;	  /* bit per attribute: there is a value, though maybe of no set any more */
	uint32_t sharers; /* sets that have them, beside the first */
	uint32_t n;	  /* how many are held */
	union nb_value items[]; /* one for each bit of .held, of the lowest first */
};

/* A set of values of one scope. Zero with .scope set is an empty one. */
struct nb_optset {
	enum nb_scope scope;
	uint64_t present;	  /* bit per attribute: has a value */
	struct nb_values *values; /* no other than nb_optset_*() may look into them */
	struct nb_marks *marks;	  /* NULL: the user wrote nothing of it */
};

/**
 * nb_option_scope_end() - one past the highest attribute number of @scope
 */
unsigned nb_option_scope_end(enum nb_scope scope);

/**
 * nb_option_get() - the row of an attribute
 *
 * Return: the row, NULL when @attr is none of the table's (0, ignored, or newer than the table).
 */
const struct nb_option *nb_option_get(enum nb_scope scope, unsigned attr);

/**
 * nb_option_attr() - the attribute number of a row of the table
 */
unsigned nb_option_attr(const struct nb_option *row);

/** nb_option_scope() - the scope of a row of the table */
enum nb_scope nb_option_scope(const struct nb_option *row);

/**
 * nb_option_find() - a row by a spelling of its name
 * @name:  name or alias; '_' and '-' are the same
 *
 * Return: the row, NULL when there is none.
 */
const struct nb_option *nb_option_find(enum nb_scope scope, const char *name);

/** nb_option_writable() - whether a configuration may name this row */
bool nb_option_writable(const struct nb_option *row);

/**
 * nb_option_ignored() - why an attribute the kernel may dump has no row
 *
 * Return: a static sentence, NULL when the attribute has a row or is not known at all.
 */
const char *nb_option_ignored(enum nb_scope scope, unsigned attr);

/** nb_option_class() - the least class of a change of this row, before its raise() */
enum nb_class nb_option_class(const struct nb_option *row);

/**
 * nb_option_say_seen() - append the value the kernel has, for a text that everybody may read
 *
 * "(hidden)" where the kernel shows it to readers with CAP_NET_ADMIN alone (bond_fill_info()).
 */
void nb_option_say_seen(
	const struct nb_option *row, union nb_value value, struct nb_text *out);

/** nb_option_kernel_default() - value of the row in a fresh bond of @mode, or a fresh slave of one */
int64_t nb_option_kernel_default(const struct nb_option *row, unsigned mode);

/**
 * nb_option_dbus_name() - CamelCase of the row's name: "xmit-hash-policy" is "XmitHashPolicy"
 */
void nb_option_dbus_name(const struct nb_option *row, struct nb_text *out);

/** nb_option_dbus_signature() - D-Bus type of the row: "u", "i", "b", "s", "as", "a{sv}" for a nest */
const char *nb_option_dbus_signature(const struct nb_option *row);

/* Every row of a scope, in attribute order. */
#define nb_foreach_option(row, attr, scope)                                              \
	for (unsigned attr = 1; attr < nb_option_scope_end(scope); attr++)               \
		for (const struct nb_option *row = nb_option_get(scope, attr); row; row = NULL)

/**
 * nb_class_name() - "live", "slave", "down" or "rebuild"
 */
const char *nb_class_name(enum nb_class class);

/** nb_class_parse() - the class of that name. Return: 0, -EINVAL. */
int nb_class_parse(const char *text, enum nb_class *ret);

/**
 * nb_mode_name() - "balance-rr" ... "balance-alb" (bond_opts[].values of mode)
 *
 * Return: a static text, "unknown" for a mode newer than the table.
 */
const char *nb_mode_name(unsigned mode);

/** nb_optset_has() - whether @attr has a value */
static inline bool nb_optset_has(const struct nb_optset *set, unsigned attr)
{
	return set->present & NB_BIT(attr);
}

/** nb_optset_named() - what the user wrote: a bit per attribute */
static inline uint64_t nb_optset_named(const struct nb_optset *set)
{
	return nb_marks_named(set->marks);
}

/**
 * nb_optset_get() - the value of @attr, all zero when it has none
 */
union nb_value nb_optset_get(const struct nb_optset *set, unsigned attr);

/** nb_optset_u() - the value of @attr as a number, 0 when it has none */
static inline uint64_t nb_optset_u(const struct nb_optset *set, unsigned attr)
{
	return nb_optset_get(set, attr).u;
}

/**
 * nb_optset_set() - give @attr a value
 * @value:  owned by the set afterwards, also on failure; a former value is freed
 *
 * Return: 0, -ENOMEM.
 */
int nb_optset_set(struct nb_optset *set, unsigned attr, union nb_value value);

/** nb_optset_name() - mark @attr as written by the user, at @mark or NULL. Return: 0, -ENOMEM. */
int nb_optset_name(struct nb_optset *set, unsigned attr, const struct nb_mark *mark);

/** nb_optset_mark() - where the user wrote @attr; a zero mark when nowhere */
struct nb_mark nb_optset_mark(const struct nb_optset *set, unsigned attr);

/** nb_optset_unset() - take the value of @attr away, and that the user wrote it */
void nb_optset_unset(struct nb_optset *set, unsigned attr);

/** nb_optset_unname() - the user wrote none of it; the values stay */
void nb_optset_unname(struct nb_optset *set);

/** nb_optset_equal() - whether both have equal values of @attr; absent equals only absent */
bool nb_optset_equal(const struct nb_optset *a, const struct nb_optset *b, unsigned attr);

/**
 * nb_optset_copy() - a copy, marks included; they have the values together until one changes
 * @ret:  overwritten without being freed
 *
 * Return: 0, -ENOMEM (then *@ret is empty).
 */
int nb_optset_copy(const struct nb_optset *set, struct nb_optset *ret);

/** nb_optset_same() - whether both are of one scope and have equal values of the same rows */
bool nb_optset_same(const struct nb_optset *a, const struct nb_optset *b);

/** nb_optset_adopt() - the values of @like in place of its own, had together; its marks stay */
void nb_optset_adopt(struct nb_optset *set, const struct nb_optset *like);

/** nb_optset_share() - where the values of both are equal, from now on they have them together */
void nb_optset_share(struct nb_optset *set, const struct nb_optset *like);

/**
 * nb_optset_copy_value() - give @attr of @to the value it has in @from
 *
 * Whether the user wrote it stays as it is in @to; without a value in @from it is unset there.
 * Return: 0, -ENOMEM.
 */
int nb_optset_copy_value(struct nb_optset *to, const struct nb_optset *from, unsigned attr);

/** nb_optset_done() - free the contents; the set is empty and usable afterwards */
void nb_optset_done(struct nb_optset *set);
