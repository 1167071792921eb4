/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The option table against the running kernel: what it dumps, its defaults, sizes, names and the
 * modes in which it refuses.
 */
#include "tests/real/real.h"

#include <json-c/json.h>
#include <netlink/msg.h>
#include <strings.h>

#include "lib/nl/codec.h"
#include "lib/nl/rtnl.h"

static void create_bond(const char *name, unsigned mode)
{
	struct nb_op op = real_op(NB_OP_BOND_CREATE, name);

	real_number(&op, IFLA_BOND_MODE, mode);
	real_do(&op);
}

static void delete_link(const char *name)
{
	struct nb_op op = real_op(NB_OP_LINK_DELETE, name);

	real_do(&op);
}

static void enslave(const char *slave, const char *bond)
{
	struct nb_op op = real_op(NB_OP_ENSLAVE, slave);

	strcpy(op.master, bond);
	op.set = NB_SET_DOWN;
	real_do(&op);
}

/* A fresh value of a row in @mode: what the table says. */
static bool is_default(const struct nb_option *row, const struct nb_optset *set, unsigned mode)
{
	const unsigned attr = nb_option_attr(row);

	if (row == nb_option_get(NB_SCOPE_BOND, IFLA_BOND_MODE))
		return nb_optset_u(set, attr) == mode;
	if (row->wire <= NB_WIRE_S32)
		return nb_optset_get(set, attr).s == nb_option_kernel_default(row, mode);
	return nb_value_is_zero(row->type, nb_optset_get(set, attr));
}

/* Returns how many rows were compared. */
static unsigned check_defaults(const struct nb_optset *set, unsigned mode)
{
	unsigned n = 0;

	nb_foreach_option(row, attr, set->scope) {
		if (row->flags & NB_OPTION_READONLY || !nb_optset_has(set, attr))
			continue;
		n++;
		if (!is_default(row, set, mode))
			fail_msg("%s in a fresh %s: the kernel has %jd, the table %jd", row->name,
				nb_mode_name(mode), (intmax_t)nb_optset_get(set, attr).s,
				(intmax_t)nb_option_kernel_default(row, mode));
	}
	return n;
}

/* The rows of a set that are there in every mode or in none. */
static uint64_t always_there(const struct nb_optset *set)
{
	uint64_t mask = 0;

	nb_foreach_bit(attr, set->present)
		if (!(nb_option_get(set->scope, attr)->flags & NB_OPTION_SPARSE))
			mask |= NB_BIT(attr);
	return mask;
}

static void test_fresh_bond_of_each_mode_has_the_defaults_of_the_table(void **state)
{
	uint64_t first = 0;

	for (unsigned mode = 0; mode < NB_MODE_COUNT; mode++) {
		NB_CLEANUP(nb_link_freep) struct nb_link *bond = NULL;
		unsigned n;

		create_bond("fresh0", mode);
		bond = real_link("fresh0");
		n = check_defaults(&bond->bond, mode);
		NB_CASE("%-13s %u options equal the table", nb_mode_name(mode), n);
		assert_true(n >= 24);
		if (mode == 0)
			first = always_there(&bond->bond);
		/* A row that is missing in some mode must be marked sparse. */
		assert_true(always_there(&bond->bond) == first);
		delete_link("fresh0");
	}
	nb_foreach_option(row, attr, NB_SCOPE_BOND)
		if (!(row->flags & NB_OPTION_SPARSE) && !(first & NB_BIT(attr)))
			NB_CASE("this kernel has no %s (since %s)", row->name, row->since);
}

static void test_fresh_slave_of_each_mode_has_the_defaults_of_the_table(void **state)
{
	real_sh("ip link add d0 type dummy && ip link add d1 type dummy");
	for (unsigned mode = 0; mode < NB_MODE_COUNT; mode++) {
		NB_CLEANUP(nb_link_freep) struct nb_link *slave = NULL;
		unsigned n;

		create_bond("fresh0", mode);
		enslave("d0", "fresh0");
		enslave("d1", "fresh0");
		slave = real_link("d1");
		n = check_defaults(&slave->slave, mode);
		NB_CASE("%-13s %u slave options equal the table", nb_mode_name(mode), n);
		assert_true(n >= 1);
		assert_true(nb_optset_has(&slave->slave, IFLA_BOND_SLAVE_PERM_HWADDR));
		assert_int_equal(slave->slave_position, 2);
		delete_link("fresh0");
	}
	real_sh("ip link del d0 && ip link del d1");
}

/* Attributes of a nest that have neither a row nor a reason to be ignored. */
static unsigned unexplained(const struct nlattr *nest, enum nb_scope scope, const char *where)
{
	struct nlattr *at;
	unsigned n = 0;
	int rest;

	nla_for_each_nested(at, nest, rest) {
		const unsigned attr = (unsigned)nla_type(at);
		const struct nb_option *row = nb_option_get(scope, attr);

		if (!row && !nb_option_ignored(scope, attr)) {
			print_message("%s: attribute %u of %d bytes has no row\n", where, attr,
				nla_len(at));
			n++;
		}
		if (row && row->wire == NB_WIRE_NEST)
			n += unexplained(at, row->nested, row->name);
	}
	return n;
}

static int look_at_message(void *context, const struct nlmsghdr *message)
{
	struct nlmsghdr *header = (struct nlmsghdr *)message;
	const struct nlattr *info, *data;
	unsigned *n = context;
	struct nlattr *at;
	int rest;

	nlmsg_for_each_attr(at, header, (int)sizeof(struct ifinfomsg), rest)
		if (!nb_option_get(NB_SCOPE_LINK, (unsigned)nla_type(at)) &&
			!nb_option_ignored(NB_SCOPE_LINK, (unsigned)nla_type(at)))
			(*n)++;
	info = nlmsg_find_attr(header, sizeof(struct ifinfomsg), IFLA_LINKINFO);
	if (!info)
		return 0;
	data = nla_find(nla_data(info), nla_len(info), IFLA_INFO_DATA);
	if (data && nla_find(nla_data(info), nla_len(info), IFLA_INFO_SLAVE_DATA) == NULL)
		*n += unexplained(data, NB_SCOPE_BOND, "bond");
	data = nla_find(nla_data(info), nla_len(info), IFLA_INFO_SLAVE_DATA);
	if (data)
		*n += unexplained(data, NB_SCOPE_SLAVE, "slave");
	return 0;
}

static void test_every_dumped_attribute_has_a_row_or_a_reason(void **state)
{
	static const char *const names[] = { "fresh0", "d0" };
	struct nb_rtnl *nl;
	unsigned n = 0;

	real_sh("ip link add d0 type dummy");
	assert_int_equal(nb_rtnl_open(&nl), 0);
	for (unsigned mode = 0; mode < NB_MODE_COUNT; mode++) {
		create_bond("fresh0", mode);
		enslave("d0", "fresh0");
		real_sh("ip link set fresh0 up"); /* 802.3ad: an active aggregator */
		for (size_t i = 0; i < NB_ARRAY_SIZE(names); i++) {
			assert_int_equal(
				nb_codec_put_link_get(nb_rtnl_message(nl), 0, names[i]), 0);
			assert_int_equal(nb_rtnl_get(nl, look_at_message, &n), 0);
		}
		delete_link("fresh0");
	}
	assert_int_equal(n, 0);
	nb_rtnl_free(nl);
	real_sh("ip link del d0");
}

static void test_active_aggregator_is_read(void **state)
{
	NB_CLEANUP(nb_link_freep) struct nb_link *bond = NULL;
	const struct nb_optset *info;

	real_sh("ip link add d0 type dummy");
	create_bond("fresh0", BOND_MODE_8023AD);
	enslave("d0", "fresh0");
	real_sh("ip link set fresh0 up && sleep 0.5");
	bond = real_link("fresh0");
	info = nb_optset_get(&bond->bond, IFLA_BOND_AD_INFO).set;
	assert_non_null(info);
	assert_int_equal(info->present, 0x3e); /* all five */
	assert_true(nb_optset_u(info, IFLA_BOND_AD_INFO_AGGREGATOR) != 0);
	assert_true(nb_value_is_zero(
		&nb_type_mac, nb_optset_get(info, IFLA_BOND_AD_INFO_PARTNER_MAC)));
	delete_link("fresh0");
	real_sh("ip link del d0");
}

/* The first mode in which a row can be set. */
static unsigned mode_for(const struct nb_option *row)
{
	unsigned mode = 0;

	while (row->refused & NB_MODE(mode))
		mode++;
	return mode;
}

/* `ip` prefixes some names in its JSON. */
static struct json_object *of_ip(struct json_object *data, const struct nb_option *row)
{
	struct json_object *value;
	char key[64] = "ad_";

	strcat(key, row->name);
	for (char *p = key; *p; p++)
		*p = *p == '-' ? '_' : *p;
	if (json_object_object_get_ex(data, key + 3, &value) ||
		json_object_object_get_ex(data, key, &value))
		return value;
	return NULL;
}

/*
 * `ip` prints nothing for the arp_validate of 0. Returns false when this `ip` is older than the
 * name.
 */
static bool check_name(const struct nb_option *row, const struct nb_name *name, const char *bond)
{
	NB_CLEANUP(nb_freep) char *text = real_read("ip -d -j link show %s", bond);
	struct json_object *all = json_tokener_parse(text), *info, *value;

	assert_non_null(all);
	assert_true(json_object_object_get_ex(json_object_array_get_idx(all, 0), "linkinfo", &info));
	assert_true(json_object_object_get_ex(info, "info_data", &info));
	value = of_ip(info, row);
	if (value && strcmp(json_object_get_string(value), "UNKNOWN") == 0) {
		NB_CASE("this ip does not know %s %s", row->name, name->name);
		json_object_put(all);
		return false;
	}
	if (value ? strcmp(json_object_get_string(value), name->name) != 0 : name->value != 0)
		fail_msg("%s %u: the table says %s, ip says %s", row->name, name->value, name->name,
			value ? json_object_get_string(value) : "nothing");
	json_object_put(all);
	return true;
}

static bool is_canonical(const struct nb_option *row, const struct nb_name *name)
{
	const struct nb_name *first = row->names;

	while (first->value != name->value)
		first++;
	return first == name;
}

/* Our number, the name `ip` gives it. Returns false when this kernel or `ip` has no such value. */
static bool number_becomes_name(const struct nb_option *row, const struct nb_name *name)
{
	struct nb_op op = real_op(NB_OP_BOND_CREATE, "fresh0");
	bool is_known;
	int r;

	real_number(&op, IFLA_BOND_MODE, mode_for(row));
	real_number(&op, nb_option_attr(row), name->value);
	r = real_run(&op);
	nb_op_done(&op);
	if (r == -EINVAL) {
		NB_CASE("this kernel has no %s %s (%s)", row->name, name->name, real_error.text);
		assert_int_equal(real_error.attr, nb_option_attr(row));
		return false;
	}
	assert_int_equal(r, 0);
	is_known = check_name(row, name, "fresh0");
	delete_link("fresh0");
	return is_known;
}

/* The name `ip` understands, the number we read. */
static void name_becomes_number(const struct nb_option *row, const struct nb_name *name)
{
	NB_CLEANUP(nb_link_freep) struct nb_link *bond = NULL;
	char key[64];

	snprintf(key, sizeof(key), "%s", row->name);
	for (char *p = key; *p; p++)
		*p = *p == '-' ? '_' : *p;
	if (row == nb_option_get(NB_SCOPE_BOND, IFLA_BOND_MODE))
		real_sh("ip link add fresh0 type bond mode %s", name->name);
	else
		real_sh("ip link add fresh0 type bond mode %u %s %s", mode_for(row), key,
			name->name);
	bond = real_link("fresh0");
	assert_int_equal(nb_optset_u(&bond->bond, nb_option_attr(row)), name->value);
	delete_link("fresh0");
}

static void test_names_of_enumerations_are_those_of_ip_both_ways(void **state)
{
	unsigned n = 0;

	nb_foreach_option(row, attr, NB_SCOPE_BOND) {
		if (row->type != &nb_type_enum || row->flags & NB_OPTION_READONLY)
			continue;
		for (const struct nb_name *name = row->names; name->name; name++) {
			if (!is_canonical(row, name) || !number_becomes_name(row, name))
				continue;
			name_becomes_number(row, name);
			n++;
		}
	}
	NB_CASE("%u names", n);
	assert_true(n >= 33); /* 34 where ad-select knows priorities */
}

static void test_names_of_slave_states_are_those_of_ip(void **state)
{
	NB_CLEANUP(nb_link_freep) struct nb_link *slave = NULL;
	NB_CLEANUP(nb_freep) char *text = NULL;
	static const unsigned attrs[] = { IFLA_BOND_SLAVE_STATE, IFLA_BOND_SLAVE_MII_STATUS };
	struct nb_text seen = { 0 };

	real_sh("ip link add d0 type dummy");
	create_bond("fresh0", BOND_MODE_ACTIVEBACKUP);
	enslave("d0", "fresh0");
	slave = real_link("d0");
	text = real_read("ip -d link show d0");
	for (size_t i = 0; i < NB_ARRAY_SIZE(attrs); i++) {
		const struct nb_option *row = nb_option_get(NB_SCOPE_SLAVE, attrs[i]);

		nb_text_add(&seen, "%s ", i > 0 ? "mii_status" : "state");
		row->type->format(row, nb_optset_get(&slave->slave, attrs[i]), &seen);
		nb_text_add(&seen, i > 0 ? "" : " ");
	}
	NB_CASE("%s", seen.text);
	if (!strcasestr(text, seen.text)) /* ip writes them in capitals */
		fail_msg("'%s' is not in: %s", seen.text, text);
	nb_text_done(&seen);
	delete_link("fresh0");
	real_sh("ip link del d0");
}

static union nb_value some_targets(enum nb_wire wire)
{
	union nb_value value = { .targets = calloc(1, sizeof(*value.targets)) };
	static const char *const texts[2][2] = { { "192.0.2.1", "192.0.2.2" },
		{ "2001:db8::1", "2001:db8::2" } };

	assert_non_null(value.targets);
	for (; value.targets->n < 2; value.targets->n++) {
		const struct nb_ip ip = real_ip(texts[wire == NB_WIRE_IP6S][value.targets->n]);

		memcpy(&value.targets->a[value.targets->n], ip.bytes, sizeof(ip.bytes));
	}
	return value;
}

/* A value that is not the default. */
static union nb_value other_value(const struct nb_option *row)
{
	if (row->wire == NB_WIRE_IP4S || row->wire == NB_WIRE_IP6S)
		return some_targets(row->wire);
	if (row->wire == NB_WIRE_MAC)
		return (union nb_value){ .mac = { 2, 0, 0, 0, 0, 9 } };
	if (row->type == &nb_type_boolean)
		return (union nb_value){ .u = !row->kernel_default };
	if (row->type == &nb_type_enum)
		return (union nb_value){ .u = row->names[1].value };
	if (row->flags & NB_OPTION_MULTIPLE)
		return (union nb_value){ .u = 300 };
	return (union nb_value){ .s = row->kernel_default + 3 <= row->max ?
			row->kernel_default + 3 :
			row->kernel_default - 3 };
}

/* Rows this one needs, where the mode has them. */
static void add_needed(struct nb_op *op, const struct nb_option *row, unsigned mode)
{
	nb_foreach_bit(attr, row->needs)
		if (!(nb_option_get(NB_SCOPE_BOND, attr)->refused & NB_MODE(mode)))
			return real_number(op, attr, 100);
}

/* One row at the creation of a bond of @mode. Returns 1 when it was read back. */
static int check_row(const struct nb_option *row, unsigned mode)
{
	const unsigned attr = nb_option_attr(row);
	struct nb_op op = real_op(NB_OP_BOND_CREATE, "fresh0");
	NB_CLEANUP(nb_link_freep) struct nb_link *bond = NULL;
	const bool refused = row->refused & NB_MODE(mode);
	int r, equal;

	real_number(&op, IFLA_BOND_MODE, mode);
	if (!refused)
		add_needed(&op, row, mode);
	assert_int_equal(nb_optset_set(&op.opts, attr, other_value(row)), 0);
	r = real_run(&op);
	if (refused) {
		if (r != -EACCES || real_error.attr != attr || real_error.scope != NB_SCOPE_BOND)
			fail_msg("%s in %s is not refused: %d %s", row->name, nb_mode_name(mode), r,
				real_error.text);
		assert_string_equal(real_error.text, "option not supported in mode");
		nb_op_done(&op);
		return 0;
	}
	if (r == -EINVAL && strstr(real_error.text, "obsolete")) {
		NB_CASE("%s: %s", row->name, real_error.text);
		nb_op_done(&op);
		return 0;
	}
	if (r < 0)
		fail_msg("%s in %s: %s", row->name, nb_mode_name(mode), real_error.text);
	bond = real_link("fresh0");
	equal = nb_optset_equal(&op.opts, &bond->bond, attr);
	if (!equal)
		fail_msg("%s in %s was not kept", row->name, nb_mode_name(mode));
	nb_op_done(&op);
	delete_link("fresh0");
	return 1;
}

static void test_every_option_is_kept_or_refused_in_each_mode_as_the_table_says(void **state)
{
	NB_CLEANUP(nb_state_freep) struct nb_state *seen = NULL;
	unsigned n = 0, rows = 0;

	create_bond("fresh0", BOND_MODE_8023AD);
	seen = real_observe(NULL, 0);
	delete_link("fresh0");
	nb_foreach_option(row, attr, NB_SCOPE_BOND) {
		/* Names are of slaves, which come later; the mode is the other dimension. */
		if (row->flags & (NB_OPTION_READONLY | NB_OPTION_RUNTIME) ||
			row->wire == NB_WIRE_IFINDEX || attr == IFLA_BOND_MODE)
			continue;
		if (!(seen->known[NB_SCOPE_BOND] & NB_BIT(attr)) && !row->type->is_list) {
			NB_CASE("this kernel has no %s", row->name);
			continue;
		}
		rows++;
		for (unsigned mode = 0; mode < NB_MODE_COUNT; mode++)
			n += (unsigned)check_row(row, mode);
	}
	NB_CASE("%u options in 7 modes: %u kept, %u refused", rows, n, rows * 7 - n);
	assert_true(rows >= 28);
}

/* What the kernel says to a change of @row on a bond that is up and has slaves. */
static int refusal_of(const struct nb_option *row)
{
	switch (row->change) {
	case NB_CHANGE_ANY:
		return 0;
	case NB_CHANGE_DOWN:
		return -EBUSY;
	case NB_CHANGE_EMPTY:
		return -ENOTEMPTY;
	case NB_CHANGE_EMPTY_DOWN:
		/* The kernel asks only for down where the value waits for the next slave. */
		return row->flags & NB_OPTION_REENSLAVE ? -EBUSY : -ENOTEMPTY;
	}
	return -EINVAL;
}

static void set_up_live_bond(unsigned mode)
{
	create_bond("fresh0", mode);
	enslave("d0", "fresh0");
	enslave("d1", "fresh0");
	real_sh("ip link set fresh0 up");
}

/* Changes one row of the bond. Return: what the kernel did. */
static int change_row(const struct nb_option *row, unsigned mode)
{
	struct nb_op op = real_op(NB_OP_BOND_SET, "fresh0");
	int r;

	add_needed(&op, row, mode);
	assert_int_equal(nb_optset_set(&op.opts, nb_option_attr(row), other_value(row)), 0);
	r = real_run(&op);
	nb_op_done(&op);
	return r;
}

static void check_change(const struct nb_option *row)
{
	const unsigned mode = mode_for(row), attr = nb_option_attr(row);
	const int expected = refusal_of(row);
	int r;

	set_up_live_bond(mode);
	r = change_row(row, mode);
	if (r == -EINVAL && strstr(real_error.text, "obsolete")) {
		NB_CASE("%s: %s", row->name, real_error.text);
	} else if (r != expected) {
		fail_msg("%s on a live %s: %s (%s), the table says %s", row->name,
			nb_mode_name(mode), strerror(-r), real_error.text, strerror(-expected));
	} else if (r < 0) {
		assert_int_equal(real_error.attr, attr);
	}
	if (expected == -EBUSY) {
		real_sh("ip link set fresh0 down");
		assert_int_equal(change_row(row, mode), 0);
	}
	delete_link("fresh0");
}

static void test_every_option_changes_on_a_live_bond_or_not_as_the_table_says(void **state)
{
	NB_CLEANUP(nb_state_freep) struct nb_state *seen = NULL;
	unsigned n = 0, refused = 0;

	real_sh("ip link add d0 type dummy && ip link add d1 type dummy");
	create_bond("fresh0", BOND_MODE_8023AD);
	seen = real_observe(NULL, 0);
	delete_link("fresh0");
	nb_foreach_option(row, attr, NB_SCOPE_BOND) {
		if (row->flags & (NB_OPTION_READONLY | NB_OPTION_RUNTIME) ||
			row->wire == NB_WIRE_IFINDEX)
			continue;
		if (!(seen->known[NB_SCOPE_BOND] & NB_BIT(attr)) && !row->type->is_list)
			continue;
		check_change(row);
		refused += refusal_of(row) < 0;
		n++;
	}
	NB_CASE("%u options, %u of them not while it is up with slaves", n, refused);
	assert_true(n >= 29 && refused >= 8);
	real_sh("ip link del d0 && ip link del d1");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		REAL(test_fresh_bond_of_each_mode_has_the_defaults_of_the_table),
		REAL(test_fresh_slave_of_each_mode_has_the_defaults_of_the_table),
		REAL(test_every_dumped_attribute_has_a_row_or_a_reason),
		REAL(test_active_aggregator_is_read),
		REAL(test_names_of_enumerations_are_those_of_ip_both_ways),
		REAL(test_names_of_slave_states_are_those_of_ip),
		REAL(
			test_every_option_is_kept_or_refused_in_each_mode_as_the_table_says),
		REAL(
			test_every_option_changes_on_a_live_bond_or_not_as_the_table_says),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
