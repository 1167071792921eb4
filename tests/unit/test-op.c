/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* One operation as text, and its copies. */
#include "tests/unit/unit.h"

#include <string.h>

#include "lib/core/op.h"
#include "tests/model/script.h"

struct text_case {
	const char *line; /* script.h */
	const char *text;
};

static void assert_described(const struct nb_op *op, const char *expected)
{
	NB_CLEANUP(nb_text_done) struct nb_text text = { 0 };

	nb_op_describe(op, &text);
	assert_string_equal(text.text, expected);
}

static void make(const char *line, struct nb_op *op)
{
	NB_CLEANUP(nb_text_done) struct nb_text why = { 0 };

	if (nb_script_op(line, op, &why) < 0)
		fail_msg("%s: %s", line, why.text);
}

static void check_all(const struct text_case *cases, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		struct nb_op op;

		NB_CASE("%s", cases[i].text);
		make(cases[i].line, &op);
		assert_described(&op, cases[i].text);
		nb_op_done(&op);
	}
}

static void test_op_kinds_have_words_of_their_own(void **state)
{
	for (unsigned kind = 0; kind < NB_OP_KIND_COUNT; kind++) {
		const char *name = nb_op_kind_name(kind);

		assert_non_null(name);
		assert_int_equal(strspn(name, "abcdefghijklmnopqrstuvwxyz-"), strlen(name));
		for (unsigned other = 0; other < kind; other++)
			assert_string_not_equal(name, nb_op_kind_name(other));
	}
	assert_string_equal(nb_op_kind_name(NB_OP_BOND_CREATE), "bond-create");
	assert_string_equal(nb_op_kind_name(NB_OP_WAIT_USABLE), "wait-usable");
}

static void test_op_describes_bonds_and_links(void **state)
{
	static const struct text_case cases[] = {
		{ "create bond0 mode=802.3ad lacp-rate=fast mac=02:00:00:00:00:01 mtu=9000 up",
			"create bond bond0: mode 802.3ad, lacp-rate fast, mac 02:00:00:00:00:01, mtu "
			"9000, up" },
		{ "create bond0 up", "create bond bond0: up" },
		{ "create bond0@storage mode=0", "create bond bond0 (in storage): mode balance-rr" },
		{ "set bond0 miimon=50 up", "set bond0: miimon 50, up" },
		{ "link bond0 down", "set bond0: down" },
		{ "link bond0 mtu=1400 mac=02:00:00:00:00:01 name=new",
			"set bond0: mac 02:00:00:00:00:01, mtu 1400, name new" },
		{ "link bond0 gen=1", "set bond0: link-local false" },
		{ "link bond0 gen=0 up", "set bond0: link-local true, up" },
		{ "delete bond0@storage", "delete bond0 (in storage)" },
		{ "netns+ blue", "create namespace blue" },
		{ "netns- blue", "delete namespace blue" },
	};

	check_all(cases, NB_ARRAY_SIZE(cases));
}

static void test_op_describes_slaves(void **state)
{
	static const struct text_case cases[] = {
		{ "enslave eth0 bond0", "enslave eth0 to bond0" },
		{ "enslave eth0@storage bond0 down", "enslave eth0 (in storage) to bond0 (down first)" },
		{ "slave eth0 queue-id=3 prio=-4", "set slave eth0: queue-id 3, prio -4" },
		{ "move eth0 to=blue", "move eth0 to namespace blue" },
		{ "move eth0 to=blue name=eth7", "move eth0 to namespace blue as eth7" },
		{ "move eth7@blue to=own name=eth0", "move eth7 (in blue) home as eth0" },
		{ "move eth0@blue to=own name=eth0", "move eth0 (in blue) home" },
	};
	struct nb_op op;

	check_all(cases, NB_ARRAY_SIZE(cases));
	make("release eth0", &op);
	strcpy(op.master, "bond0");
	assert_described(&op, "release eth0 from bond0");
	nb_op_done(&op);
}

static void test_op_describes_addresses_and_routes(void **state)
{
	static const struct text_case cases[] = {
		{ "addr+ bond0 192.0.2.1/24", "add address 192.0.2.1/24 on bond0" },
		{ "addr+ bond0@blue 192.0.2.1/24 replace",
			"change address 192.0.2.1/24 on bond0 (in blue)" },
		{ "addr- bond0 2001:db8::1/64", "delete address 2001:db8::1/64 from bond0" },
		{ "route+ bond0 default via=192.0.2.9", "add route default via 192.0.2.9 on bond0" },
		{ "route+ bond0 198.51.100.0/24 replace", "change route 198.51.100.0/24 on bond0" },
		{ "route- bond0 default6 via=2001:db8::9 metric=5",
			"delete route default via 2001:db8::9 metric 5 on bond0" },
	};

	check_all(cases, NB_ARRAY_SIZE(cases));
}

static void test_op_describes_waits_with_their_limit(void **state)
{
	struct nb_op op;

	make("wait bond0", &op);
	op.timeout_ms = 5000;
	assert_described(&op, "wait until a slave of bond0 is usable (at most 5 s)");
	nb_op_done(&op);
	make("wait bond0@blue but=eth0", &op);
	op.timeout_ms = 40999;
	assert_described(&op,
		"wait until a slave of bond0 (in blue) other than eth0 is usable (at most 40 s)");
	op.settle_ms = 1000;
	assert_described(&op, "wait until a slave of bond0 (in blue) other than eth0 has been usable "
			      "for 1 s (at most 40 s)");
	nb_op_done(&op);
	make("waitaddr bond0 2001:db8::1/64", &op);
	op.timeout_ms = 5000;
	assert_described(&op, "wait until address 2001:db8::1/64 of bond0 is usable (at most 5 s)");
	nb_op_done(&op);
}

/* ---- what changes ---- */

static void before(struct nb_op *op, unsigned attr, uint64_t value)
{
	assert_int_equal(nb_optset_set(&op->before, attr, (union nb_value){ .u = value }), 0);
}

static void test_op_tells_old_values_and_counts_those_sent_again(void **state)
{
	struct nb_op op;

	make("set bond0 miimon=50 updelay=100 downdelay=0 resend-igmp=1", &op);
	before(&op, IFLA_BOND_MIIMON, 100);
	before(&op, IFLA_BOND_UPDELAY, 200);
	assert_described(&op, "set bond0: miimon 100 -> 50, updelay 200 -> 100, downdelay 0, "
			      "resend-igmp 1");
	before(&op, IFLA_BOND_DOWNDELAY, 0);
	assert_described(&op, "set bond0: miimon 100 -> 50, updelay 200 -> 100, resend-igmp 1, "
			      "1 option again");
	before(&op, IFLA_BOND_RESEND_IGMP, 1);
	assert_described(&op, "set bond0: miimon 100 -> 50, updelay 200 -> 100, 2 options again");
	nb_op_done(&op);
}

static void test_op_does_not_tell_what_the_kernel_hides(void **state)
{
	struct nb_op op;

	make("set bond0 ad-actor-sys-prio=7", &op);
	before(&op, IFLA_BOND_AD_ACTOR_SYS_PRIO, 99);
	assert_described(&op, "set bond0: ad-actor-sys-prio (hidden) -> 7");
	nb_op_done(&op);
}

static void test_op_tells_the_old_mtu_where_it_is_known(void **state)
{
	struct nb_op op;

	make("link bond0 mtu=9000", &op);
	op.mtu_before = 1500;
	assert_described(&op, "set bond0: mtu 1500 -> 9000");
	nb_op_done(&op);
}

/* ---- life ---- */

static void test_op_starts_with_the_scope_of_its_options(void **state)
{
	struct nb_op op;

	assert_int_equal(nb_op_init(&op, NB_OP_SLAVE_SET, "bond0", "blue", "eth0", 7), 0);
	assert_int_equal(op.opts.scope, NB_SCOPE_SLAVE);
	assert_int_equal(op.before.scope, NB_SCOPE_SLAVE);
	assert_string_equal(op.goal, "bond0");
	assert_string_equal(op.namespace, "blue");
	assert_string_equal(op.link, "eth0");
	assert_int_equal(op.ifindex, 7);
	assert_int_equal(op.flags, 0);
	nb_op_done(&op);
	assert_int_equal(nb_op_init(&op, NB_OP_NETNS_CREATE, "", "blue", NULL, 0), 0);
	assert_int_equal(op.opts.scope, NB_SCOPE_BOND);
	assert_string_equal(op.link, "");
	nb_op_done(&op);
}

static void test_op_cuts_a_link_name_that_is_too_long(void **state)
{
	struct nb_op op;

	assert_int_equal(nb_op_init(&op, NB_OP_LINK_SET, "g", "", "a-name-far-too-long-for-one", 0), 0);
	assert_int_equal(strlen(op.link), IFNAMSIZ - 1);
	nb_op_done(&op);
}

static void test_op_copies_share_nothing(void **state)
{
	struct nb_op op, copy;

	make("set bond0 mode=1 arp-ip-target=192.0.2.1 up", &op);
	before(&op, IFLA_BOND_MIIMON, 7);
	op.subject = strdup("option mode");
	op.reason = strdup("because");
	op.to_namespace = strdup("blue");
	op.flags = NB_OP_TAIL | NB_OP_DONE;
	op.class = NB_CLASS_DOWN;
	assert_int_equal(nb_op_copy(&op, &copy), 0);
	nb_op_done(&op);
	assert_described(&copy, "set bond0: mode active-backup, arp-ip-target 192.0.2.1, up");
	assert_string_equal(copy.goal, "test");
	assert_string_equal(copy.subject, "option mode");
	assert_string_equal(copy.reason, "because");
	assert_string_equal(copy.to_namespace, "blue");
	assert_int_equal(nb_optset_u(&copy.before, IFLA_BOND_MIIMON), 7);
	assert_int_equal(copy.flags, NB_OP_TAIL | NB_OP_DONE);
	assert_int_equal(copy.class, NB_CLASS_DOWN);
	nb_op_done(&copy);
}

static void test_op_done_leaves_an_empty_one(void **state)
{
	struct nb_op op, empty = { 0 };

	make("set bond0 mode=1 arp-ip-target=192.0.2.1", &op);
	nb_op_done(&op);
	assert_memory_equal(&op, &empty, sizeof(op));
	nb_op_done(&op);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_op_kinds_have_words_of_their_own),
		cmocka_unit_test(test_op_describes_bonds_and_links),
		cmocka_unit_test(test_op_describes_slaves),
		cmocka_unit_test(test_op_describes_addresses_and_routes),
		cmocka_unit_test(test_op_describes_waits_with_their_limit),
		cmocka_unit_test(test_op_tells_old_values_and_counts_those_sent_again),
		cmocka_unit_test(test_op_does_not_tell_what_the_kernel_hides),
		cmocka_unit_test(test_op_tells_the_old_mtu_where_it_is_known),
		cmocka_unit_test(test_op_starts_with_the_scope_of_its_options),
		cmocka_unit_test(test_op_cuts_a_link_name_that_is_too_long),
		cmocka_unit_test(test_op_copies_share_nothing),
		cmocka_unit_test(test_op_done_leaves_an_empty_one),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
