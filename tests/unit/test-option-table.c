/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tests/unit/unit.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "lib/core/option.h"

/* What other tools and manuals call the same thing, written down a second time on purpose. */
struct fact {
	unsigned attr;
	const char *name;
	unsigned bytes; /* on the wire, 0: a nest */
	int64_t min, max, kernel_default;
	const char *refused; /* modes by number */
	enum nb_class class;
};

static const struct fact bond_facts[] = {
	{ 1, "mode", 1, 0, 6, 0, "", NB_CLASS_REBUILD },
	{ 2, "active-slave", 4, 0, 0, 0, "0234", NB_CLASS_LIVE },
	{ 3, "miimon", 4, 0, 2147483647, 0, "", NB_CLASS_LIVE },
	{ 4, "updelay", 4, 0, 2147483647, 0, "", NB_CLASS_LIVE },
	{ 5, "downdelay", 4, 0, 2147483647, 0, "", NB_CLASS_LIVE },
	{ 6, "use-carrier", 1, 0, 1, 1, "", NB_CLASS_LIVE },
	{ 7, "arp-interval", 4, 0, 2147483647, 0, "456", NB_CLASS_LIVE },
	{ 8, "arp-ip-target", 0, 0, 0, 0, "", NB_CLASS_LIVE },
	{ 9, "arp-validate", 4, 0, 6, 0, "456", NB_CLASS_LIVE },
	{ 10, "arp-all-targets", 4, 0, 1, 0, "", NB_CLASS_LIVE },
	{ 11, "primary", 4, 0, 0, 0, "0234", NB_CLASS_LIVE },
	{ 12, "primary-reselect", 1, 0, 2, 0, "", NB_CLASS_LIVE },
	{ 13, "fail-over-mac", 1, 0, 2, 0, "", NB_CLASS_REBUILD },
	{ 14, "xmit-hash-policy", 1, 0, 5, 0, "", NB_CLASS_LIVE },
	{ 15, "resend-igmp", 4, 0, 255, 1, "", NB_CLASS_LIVE },
	{ 16, "num-grat-arp", 1, 0, 255, 1, "", NB_CLASS_LIVE },
	{ 17, "all-slaves-active", 1, 0, 1, 0, "", NB_CLASS_LIVE },
	{ 18, "min-links", 4, 0, 2147483647, 0, "", NB_CLASS_LIVE },
	{ 19, "lp-interval", 4, 1, 2147483647, 1, "", NB_CLASS_LIVE },
	{ 20, "packets-per-slave", 4, 0, 65535, 1, "123456", NB_CLASS_LIVE },
	{ 21, "lacp-rate", 1, 0, 1, 0, "012356", NB_CLASS_DOWN },
	{ 22, "ad-select", 1, 0, 3, 0, "", NB_CLASS_DOWN },
	{ 23, "ad-info", 0, 0, 0, 0, "012356", NB_CLASS_LIVE },
	{ 24, "ad-actor-sys-prio", 2, 1, 65535, 65535, "012356", NB_CLASS_LIVE },
	{ 25, "ad-user-port-key", 2, 0, 1023, 0, "012356", NB_CLASS_REBUILD },
	{ 26, "ad-actor-system", 6, 0, 0, 0, "012356", NB_CLASS_LIVE },
	{ 27, "tlb-dynamic-lb", 1, 0, 1, 1, "01234", NB_CLASS_DOWN },
	{ 28, "peer-notif-delay", 4, 0, 300000, 0, "", NB_CLASS_LIVE },
	{ 29, "lacp-active", 1, 0, 1, 1, "012356", NB_CLASS_DOWN },
	{ 30, "arp-missed-max", 1, 1, 255, 2, "456", NB_CLASS_LIVE },
	{ 31, "ns-ip6-target", 0, 0, 0, 0, "", NB_CLASS_LIVE },
	{ 32, "coupled-control", 1, 0, 1, 1, "012356", NB_CLASS_DOWN },
	{ 33, "broadcast-neighbor", 1, 0, 1, 0, "012356", NB_CLASS_LIVE },
	{ 34, "lacp-strict", 1, 0, 1, 0, "012356", NB_CLASS_LIVE },
};

static const struct fact slave_facts[] = {
	{ 1, "state", 1, 0, 1, 0, "", NB_CLASS_LIVE },
	{ 2, "mii-status", 1, 0, 3, 0, "", NB_CLASS_LIVE },
	{ 3, "link-failure-count", 4, 0, 4294967295, 0, "", NB_CLASS_LIVE },
	{ 4, "perm-hwaddr", 6, 0, 0, 0, "", NB_CLASS_LIVE },
	{ 5, "queue-id", 2, 0, 65535, 0, "", NB_CLASS_LIVE },
	{ 6, "ad-aggregator-id", 2, 0, 65535, 0, "012356", NB_CLASS_LIVE },
	{ 7, "ad-actor-oper-port-state", 1, 0, 255, 0, "012356", NB_CLASS_LIVE },
	{ 8, "ad-partner-oper-port-state", 2, 0, 65535, 0, "012356", NB_CLASS_LIVE },
	{ 9, "prio", 4, -2147483648LL, 2147483647, 0, "0234", NB_CLASS_LIVE },
	{ 10, "actor-port-prio", 2, 0, 65535, 255, "012356", NB_CLASS_LIVE },
	{ 11, "ad-churn-actor-state", 1, 0, 2, 0, "012356", NB_CLASS_LIVE },
	{ 12, "ad-churn-partner-state", 1, 0, 2, 0, "012356", NB_CLASS_LIVE },
};

static unsigned wire_bytes(enum nb_wire wire)
{
	switch (wire) {
	case NB_WIRE_U8:
		return 1;
	case NB_WIRE_U16:
		return 2;
	case NB_WIRE_U32:
	case NB_WIRE_S32:
	case NB_WIRE_IFINDEX:
		return 4;
	case NB_WIRE_MAC:
		return 6;
	case NB_WIRE_IP4S:
	case NB_WIRE_IP6S:
	case NB_WIRE_NEST:
		return 0;
	}
	return 99;
}

static unsigned modes_of(const char *digits)
{
	unsigned modes = 0;

	for (; *digits; digits++)
		modes |= NB_MODE(*digits - '0');
	return modes;
}

#define EACH_ROW(row, attr, scope)                              \
	for (unsigned scope = 0; scope < NB_SCOPE_COUNT; scope++) \
		nb_foreach_option(row, attr, (enum nb_scope)scope)

static void check_facts(enum nb_scope scope, const struct fact *facts, size_t n)
{
	for (const struct fact *fact = facts; fact < facts + n; fact++) {
		const struct nb_option *row = nb_option_get(scope, fact->attr);

		NB_CASE("%s", fact->name);
		assert_non_null(row);
		assert_string_equal(row->name, fact->name);
		assert_int_equal(wire_bytes(row->wire), fact->bytes);
		assert_true(row->min == fact->min);
		assert_true(row->max == fact->max);
		assert_true(row->kernel_default == fact->kernel_default);
		assert_int_equal(row->refused, modes_of(fact->refused));
		assert_int_equal(nb_option_class(row), fact->class);
	}
}

static void test_rows_agree_with_the_driver_s_tables(void **state)
{
	check_facts(NB_SCOPE_BOND, bond_facts, NB_ARRAY_SIZE(bond_facts));
	check_facts(NB_SCOPE_SLAVE, slave_facts, NB_ARRAY_SIZE(slave_facts));
}

static void test_every_attribute_has_a_row(void **state)
{
	assert_int_equal(nb_option_scope_end(NB_SCOPE_BOND), NB_BOND_ATTR_END);
	assert_int_equal(nb_option_scope_end(NB_SCOPE_SLAVE), NB_SLAVE_ATTR_END);
	assert_int_equal(nb_option_scope_end(NB_SCOPE_AD_INFO), NB_AD_INFO_ATTR_END);
	assert_int_equal(NB_ARRAY_SIZE(bond_facts), NB_BOND_ATTR_END - 1);
	assert_int_equal(NB_ARRAY_SIZE(slave_facts), NB_SLAVE_ATTR_END - 1);
	for (unsigned scope = 0; scope < NB_SCOPE_COUNT; scope++)
		for (unsigned attr = 1; attr < nb_option_scope_end(scope); attr++)
			if (scope != NB_SCOPE_LINK)
				assert_true(nb_option_get(scope, attr) || nb_option_ignored(scope, attr));
	/* headers newer than the table bring attributes that want a row */
	assert_true(__IFLA_BOND_MAX <= NB_BOND_ATTR_END);
	assert_true(__IFLA_BOND_SLAVE_MAX <= NB_SLAVE_ATTR_END);
	assert_true(__IFLA_BOND_AD_INFO_MAX <= NB_AD_INFO_ATTR_END);
}

static bool is_word(const char *name)
{
	size_t length = strlen(name);

	if (!islower((unsigned char)name[0]) || name[length - 1] == '-' || strstr(name, "--"))
		return false;
	return strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789-") == length;
}

/* How often @name spells a row of @scope. */
static unsigned spelt(enum nb_scope scope, const char *name)
{
	unsigned n = 0;

	nb_foreach_option(row, attr, scope)
		n += nb_word_equal(row->name, name) + nb_word_equal(row->alias, name);
	return n;
}

static void test_names_are_words_and_unique(void **state)
{
	static const char *const bond_keys[] = { "name", "namespace", "slaves", "addresses", "routes",
		"mtu", "mac", "drift", "required", "required-slaves", "link-local", "absent" };
	static const char *const slave_keys[] = { "name", "match" };

	EACH_ROW(row, attr, scope) {
		NB_CASE("%s", row->name);
		assert_true(is_word(row->name));
		assert_true(!row->alias || is_word(row->alias));
		assert_int_equal(spelt(scope, row->name), 1);
		assert_ptr_equal(nb_option_find(scope, row->name), row);
		if (row->alias) {
			assert_int_equal(spelt(scope, row->alias), 1);
			assert_ptr_equal(nb_option_find(scope, row->alias), row);
		}
	}
	for (size_t i = 0; i < NB_ARRAY_SIZE(bond_keys); i++)
		assert_int_equal(spelt(NB_SCOPE_BOND, bond_keys[i]), 0);
	for (size_t i = 0; i < NB_ARRAY_SIZE(slave_keys); i++)
		assert_int_equal(spelt(NB_SCOPE_SLAVE, slave_keys[i]), 0);
}

static bool has_value(const struct nb_option *row, int64_t value)
{
	if (!row->names)
		return value >= row->min && value <= row->max;
	for (const struct nb_name *n = row->names; n->name; n++)
		if (n->value == value)
			return true;
	return false;
}

static void test_defaults_are_values_of_their_rows(void **state)
{
	EACH_ROW(row, attr, scope) {
		bool number = !row->type->is_pointer && row->type != &nb_type_mac;

		if (number && nb_option_writable(row)) {
			assert_true(has_value(row, row->dflt));
			assert_true(has_value(row, row->kernel_default));
			if (row->forced_modes)
				assert_true(has_value(row, row->forced_default));
		}
		if (!number) {
			assert_int_equal(row->dflt, 0);
			assert_int_equal(row->kernel_default, 0);
		}
		/* ours and the kernel's differ in one place */
		if (row->dflt != row->kernel_default)
			assert_string_equal(row->name, "miimon");
	}
}

static void test_range_fits_the_wire(void **state)
{
	EACH_ROW(row, attr, scope) {
		unsigned bits = 8 * wire_bytes(row->wire);

		assert_in_range(wire_bytes(row->wire), 0, 6);
		assert_true(row->min <= row->max || row->type == &nb_type_mac);
		if (row->type == &nb_type_integer || row->names || row->type == &nb_type_boolean) {
			assert_in_range(bits, 8, 32);
			assert_true(row->max > 0);
			if (row->wire == NB_WIRE_S32)
				assert_true(row->min >= INT32_MIN && row->max <= INT32_MAX);
			else
				assert_true(row->min >= 0 && row->max < INT64_C(1) << bits);
		}
		assert_int_equal(row->min < 0, row->wire == NB_WIRE_S32);
	}
}

static void test_type_and_wire_belong_together(void **state)
{
	EACH_ROW(row, attr, scope) {
		const struct nb_type *type = row->type;

		assert_non_null(type);
		assert_int_equal(type == &nb_type_enum, row->names != NULL);
		assert_int_equal(type == &nb_type_mac, row->wire == NB_WIRE_MAC);
		assert_int_equal(type == &nb_type_ifname, row->wire == NB_WIRE_IFINDEX);
		assert_int_equal(type == &nb_type_ip4s, row->wire == NB_WIRE_IP4S);
		assert_int_equal(type == &nb_type_ip6s, row->wire == NB_WIRE_IP6S);
		assert_int_equal(type == &nb_type_nest, row->wire == NB_WIRE_NEST);
		assert_int_equal(type->is_pointer, type->copy != NULL);
		assert_int_equal(type->is_pointer, type->free != NULL);
	}
}

static void test_enumeration_names_read_back(void **state)
{
	EACH_ROW(row, attr, scope) {
		struct nb_text out = { 0 };

		for (const struct nb_name *n = row->names; n && n->name; n++) {
			union nb_value value = { 0 }, canonical = { 0 };

			nb_text_done(&out);
			assert_int_equal(row->type->parse(row, n->name, &value, &out), 0);
			assert_int_equal(value.u, n->value);
			assert_true(n->value <= row->max);
			row->type->format(row, value, &out);
			assert_int_equal(row->type->parse(row, out.text, &canonical, &out), 0);
			assert_int_equal(canonical.u, n->value);
			for (const struct nb_name *m = row->names; m != n; m++)
				assert_false(nb_word_equal(m->name, n->name));
		}
		for (int64_t value = 0; row->names && value <= row->max; value++)
			assert_true(has_value(row, value));
		nb_text_done(&out);
	}
}

static void test_bus_names_are_valid_and_unique(void **state)
{
	EACH_ROW(row, attr, scope) {
		struct nb_text mine = { 0 };

		nb_option_dbus_name(row, &mine);
		assert_true(isupper((unsigned char)mine.text[0]));
		for (const char *p = mine.text; *p; p++)
			assert_true(isalnum((unsigned char)*p));
		assert_in_range(mine.length, 1, 255);
		nb_foreach_option(other, number, (enum nb_scope)scope) {
			struct nb_text theirs = { 0 };

			nb_option_dbus_name(other, &theirs);
			assert_int_equal(nb_streq(mine.text, theirs.text), number == attr);
			nb_text_done(&theirs);
		}
		nb_text_done(&mine);
	}
}

static void test_every_row_explains_itself(void **state)
{
	EACH_ROW(row, attr, scope) {
		NB_CASE("%-28s %s", row->name, row->help);
		assert_non_null(row->help);
		assert_in_range(strlen(row->help), 10, 80);
		assert_true(isupper((unsigned char)row->help[0]));
		assert_null(strchr(row->help, '\n'));
		assert_true(row->help[strlen(row->help) - 1] != '.');
		assert_int_equal(row->why != NULL, row->change != NB_CHANGE_ANY);
		assert_true(row->since || scope == NB_SCOPE_LINK);
		if (strstr(row->name, "interval") || strstr(row->name, "delay") ||
			strstr(row->name, "miimon"))
			assert_non_null(row->unit);
	}
}

static void test_masks_name_rows_and_modes_that_exist(void **state)
{
	EACH_ROW(row, attr, scope) {
		uint64_t rows = row->conflicts | row->needs | row->resend;

		assert_false(rows & NB_BIT(attr));
		nb_foreach_bit(other, rows)
			assert_non_null(nb_option_get(scope, other));
		nb_foreach_bit(other, row->conflicts)
			assert_true(nb_option_get(scope, other)->conflicts & NB_BIT(attr));
		/* what travels along is what depends */
		nb_foreach_bit(other, row->resend)
			assert_true(nb_option_get(scope, other)->needs & NB_BIT(attr));

		assert_int_equal(row->refused & row->idle, 0);
		assert_int_equal((row->refused | row->idle | row->forced_modes) & ~NB_MODES_ALL, 0);
		assert_int_equal(row->forced_modes & row->refused, 0);
		assert_true((row->refused | row->idle) != NB_MODES_ALL);
		if (row->flags & (NB_OPTION_NEEDS_HARD | NB_OPTION_MULTIPLE))
			assert_true(row->needs != 0);
	}
}

static void test_flags_do_not_contradict_each_other(void **state)
{
	EACH_ROW(row, attr, scope) {
		if (row->flags & NB_OPTION_STATE)
			assert_true(row->flags & NB_OPTION_READONLY);
		if (row->flags & NB_OPTION_ADMIN)
			assert_true(row->flags & NB_OPTION_SPARSE);
		if (row->flags & NB_OPTION_READONLY)
			assert_true(!row->raise && row->change == NB_CHANGE_ANY && !row->needs);
		if (row->raise)
			assert_int_equal(row->change, NB_CHANGE_ANY);
		if (row->flags & NB_OPTION_REENSLAVE)
			assert_int_equal(nb_option_class(row), NB_CLASS_REBUILD);
		/* a list or a name that is not there cannot be told from an empty one */
		if (row->type->is_pointer)
			assert_true(row->flags & NB_OPTION_SPARSE);
	}
}

/* A change of one bond option on a bond that carries traffic, and the class it must have. */
struct live_change {
	const char *what;
	unsigned attr, mode, usable;
	bool has_partner, is_idle; /* is_idle: no carrier and nothing usable */
	uint64_t from[3], to[3];   /* values of the options of .with */
	unsigned with[3];
	enum nb_class class;
};

static void fill(struct nb_optset *set, const struct live_change *c, const uint64_t *values)
{
	for (unsigned i = 0; i < 3; i++)
		if (c->with[i])
			assert_int_equal(nb_optset_set(set, c->with[i],
						 (union nb_value){ .u = values[i] }), 0);
}

static void check_change(const struct live_change *c)
{
	const struct nb_option *row = nb_option_get(NB_SCOPE_BOND, c->attr);
	struct nb_optset before = { .scope = NB_SCOPE_BOND }, after = { .scope = NB_SCOPE_BOND };
	const struct nb_change_view view = { .before = &before, .after = &after, .mode = c->mode,
		.usable = c->is_idle ? 0 : c->usable, .has_partner = c->has_partner,
		.has_carrier = !c->is_idle };
	const char *why = NULL;

	NB_CASE("%s: %s", row->name, c->what);
	fill(&before, c, c->from);
	fill(&after, c, c->to);
	assert_non_null(row->raise);
	assert_int_equal(row->raise(&view, &why), c->class);
	assert_int_equal(why != NULL, c->class != NB_CLASS_LIVE);
	nb_optset_done(&before);
	nb_optset_done(&after);
}

#define ARP IFLA_BOND_ARP_INTERVAL
#define LINKS IFLA_BOND_MIN_LINKS
#define STRICT IFLA_BOND_LACP_STRICT

static void test_live_changes_are_raised_where_values_ask_for_it(void **state)
{
	static const struct live_change changes[] = {
		{ "turned on", ARP, 1, 2, .with = { ARP }, .to = { 500 }, .class = NB_CLASS_DOWN },
		{ "turned on where nothing passes", ARP, 1, .is_idle = true, .with = { ARP },
			.to = { 500 }, .class = NB_CLASS_LIVE },
		{ "turned off", ARP, 1, 2, .with = { ARP }, .from = { 500 }, .class = NB_CLASS_LIVE },
		{ "longer", ARP, 1, 2, .with = { ARP }, .from = { 500 }, .to = { 900 },
			.class = NB_CLASS_LIVE },
		{ "shorter", ARP, 1, 2, .with = { ARP }, .from = { 500 }, .to = { 100 },
			.class = NB_CLASS_DOWN },
		{ "without monitoring", IFLA_BOND_ARP_IP_TARGET, 1, 2, .with = { ARP },
			.from = { 500 }, .class = NB_CLASS_LIVE },
		{ "while monitored", IFLA_BOND_ARP_IP_TARGET, 1, 2, .with = { ARP },
			.from = { 500 }, .to = { 500 }, .class = NB_CLASS_DOWN },
		{ "with monitoring turned on", IFLA_BOND_NS_IP6_TARGET, 0, 2, .with = { ARP },
			.to = { 500 }, .class = NB_CLASS_DOWN },
		{ "stored interval, mode without ARP", IFLA_BOND_ARP_IP_TARGET, 4, 2,
			.with = { ARP }, .to = { 500 }, .class = NB_CLASS_LIVE },
		{ "while monitored", IFLA_BOND_ARP_VALIDATE, 1, 2, .with = { ARP },
			.from = { 500 }, .to = { 500 }, .class = NB_CLASS_DOWN },
		{ "without monitoring", IFLA_BOND_ARP_VALIDATE, 1, 2, .class = NB_CLASS_LIVE },
		{ "any to all", IFLA_BOND_ARP_ALL_TARGETS, 1, 2,
			.with = { ARP, IFLA_BOND_ARP_ALL_TARGETS }, .from = { 500, 0 },
			.to = { 500, 1 }, .class = NB_CLASS_DOWN },
		{ "all to any", IFLA_BOND_ARP_ALL_TARGETS, 1, 2,
			.with = { ARP, IFLA_BOND_ARP_ALL_TARGETS }, .from = { 500, 1 },
			.to = { 500, 0 }, .class = NB_CLASS_LIVE },
		{ "fewer", IFLA_BOND_MISSED_MAX, 1, 2, .with = { ARP, IFLA_BOND_MISSED_MAX },
			.from = { 500, 5 }, .to = { 500, 2 }, .class = NB_CLASS_DOWN },
		{ "more", IFLA_BOND_MISSED_MAX, 1, 2, .with = { ARP, IFLA_BOND_MISSED_MAX },
			.from = { 500, 2 }, .to = { 500, 5 }, .class = NB_CLASS_LIVE },
		{ "as many as ports", LINKS, 4, 2, true, .with = { LINKS }, .to = { 2 },
			.class = NB_CLASS_LIVE },
		{ "more than ports", LINKS, 4, 2, true, .with = { LINKS }, .to = { 3 },
			.class = NB_CLASS_DOWN },
		{ "more than ports, bond without carrier", LINKS, 4, .is_idle = true,
			.with = { LINKS }, .to = { 3 }, .class = NB_CLASS_LIVE },
		{ "more than slaves in another mode", LINKS, 1, 2, .with = { LINKS }, .to = { 3 },
			.class = NB_CLASS_LIVE },
		{ "strict and without partner", LINKS, 4, 2, false, .with = { LINKS, STRICT },
			.from = { 0, 1 }, .to = { 1, 1 }, .class = NB_CLASS_DOWN },
		{ "on with partner", STRICT, 4, 2, true, .with = { LINKS, STRICT },
			.from = { 1, 0 }, .to = { 1, 1 }, .class = NB_CLASS_LIVE },
		{ "on without partner", STRICT, 4, 2, false, .with = { LINKS, STRICT },
			.from = { 1, 0 }, .to = { 1, 1 }, .class = NB_CLASS_DOWN },
		{ "on without min-links", STRICT, 4, 2, false, .with = { LINKS, STRICT },
			.to = { 0, 1 }, .class = NB_CLASS_LIVE },
		{ "off without partner", STRICT, 4, 2, false, .with = { LINKS, STRICT },
			.from = { 1, 1 }, .to = { 1, 0 }, .class = NB_CLASS_LIVE },
		{ "with partner", IFLA_BOND_AD_ACTOR_SYSTEM, 4, 2, true, .class = NB_CLASS_DOWN },
		{ "without partner", IFLA_BOND_AD_ACTOR_SYSTEM, 4, 2, false, .class = NB_CLASS_LIVE },
		{ "with partner", IFLA_BOND_AD_ACTOR_SYS_PRIO, 4, 2, true, .class = NB_CLASS_DOWN },
		{ "off", IFLA_BOND_USE_CARRIER, 1, 2,
			.with = { IFLA_BOND_USE_CARRIER, IFLA_BOND_MIIMON }, .from = { 1, 100 },
			.to = { 0, 100 }, .class = NB_CLASS_DOWN },
		{ "on", IFLA_BOND_USE_CARRIER, 1, 2,
			.with = { IFLA_BOND_USE_CARRIER, IFLA_BOND_MIIMON }, .from = { 0, 100 },
			.to = { 1, 100 }, .class = NB_CLASS_LIVE },
	};

	for (size_t i = 0; i < NB_ARRAY_SIZE(changes); i++)
		check_change(&changes[i]);
}

static enum nb_class port_prio_class(unsigned usable, bool has_partner, uint64_t min_links)
{
	const struct nb_option *row = nb_option_get(NB_SCOPE_SLAVE, IFLA_BOND_SLAVE_ACTOR_PORT_PRIO);
	struct nb_optset slave = { .scope = NB_SCOPE_SLAVE }, bond = { .scope = NB_SCOPE_BOND };
	const struct nb_change_view view = { .before = &slave, .after = &slave, .bond = &bond,
		.mode = BOND_MODE_8023AD, .usable = usable, .has_partner = has_partner,
		.has_carrier = usable > 0 };
	const char *why = NULL;
	enum nb_class class;

	assert_int_equal(nb_optset_set(&bond, LINKS, (union nb_value){ .u = min_links }), 0);
	class = row->raise(&view, &why);
	assert_int_equal(why != NULL, class != NB_CLASS_LIVE);
	nb_optset_done(&bond);
	return class;
}

static void test_port_priority_takes_its_port_out_while_the_partner_learns_it(void **state)
{
	assert_int_equal(port_prio_class(2, true, 0), NB_CLASS_SLAVE);
	assert_int_equal(port_prio_class(1, true, 0), NB_CLASS_DOWN);
	assert_int_equal(port_prio_class(2, true, 2), NB_CLASS_DOWN);
	assert_int_equal(port_prio_class(3, true, 2), NB_CLASS_SLAVE);
	assert_int_equal(port_prio_class(2, false, 0), NB_CLASS_LIVE);
	assert_int_equal(port_prio_class(0, true, 0), NB_CLASS_LIVE);
}

static void test_mtu_and_mac_of_a_bond_that_carries_are_down(void **state)
{
	static const unsigned attrs[] = { IFLA_ADDRESS, IFLA_MTU };
	struct nb_optset set = { .scope = NB_SCOPE_LINK };
	struct nb_change_view view = { .before = &set, .after = &set };
	const char *why = NULL;

	for (size_t i = 0; i < NB_ARRAY_SIZE(attrs); i++) {
		const struct nb_option *row = nb_option_get(NB_SCOPE_LINK, attrs[i]);

		view.has_carrier = false;
		assert_int_equal(row->raise(&view, &why), NB_CLASS_LIVE);
		view.has_carrier = true;
		assert_int_equal(row->raise(&view, &why), NB_CLASS_DOWN);
		assert_non_null(why);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rows_agree_with_the_driver_s_tables),
		cmocka_unit_test(test_every_attribute_has_a_row),
		cmocka_unit_test(test_names_are_words_and_unique),
		cmocka_unit_test(test_defaults_are_values_of_their_rows),
		cmocka_unit_test(test_range_fits_the_wire),
		cmocka_unit_test(test_type_and_wire_belong_together),
		cmocka_unit_test(test_enumeration_names_read_back),
		cmocka_unit_test(test_bus_names_are_valid_and_unique),
		cmocka_unit_test(test_every_row_explains_itself),
		cmocka_unit_test(test_masks_name_rows_and_modes_that_exist),
		cmocka_unit_test(test_flags_do_not_contradict_each_other),
		cmocka_unit_test(test_live_changes_are_raised_where_values_ask_for_it),
		cmocka_unit_test(test_port_priority_takes_its_port_out_while_the_partner_learns_it),
		cmocka_unit_test(test_mtu_and_mac_of_a_bond_that_carries_are_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
