/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tests/unit/check.h"

static void test_slaves_are_real_devices(void **state)
{
	static const struct rules_case cases[] = {
		{ "names and matches mix", "bond:bond0 slave:eth0 match: +driver=e1000* slave:eth1",
			"" },
		{ "no slaves are fine", "bond:bond0 slaves=", "" },
		{ "but must be meant", "bond:bond0 noslaves",
			"error at bond:bond0: bond0: slaves is missing = name them: slaves: [eth0, "
			"eth1], or write slaves: [] for none\n" },
		{ "lo is none", "bond:bond0 slave:lo",
			"error at slave:lo: bond0: slave lo: lo cannot be a slave = slaves are "
			"network cards or other Ethernet devices\n" },
		{ "an empty match is an error", "bond:bond0 match:",
			"error at match:: bond0: slave entry 1: match is empty and fits every "
			"card = give it one or more of name, permanent-mac, path, driver\n" },
	};

	CHECK_ALL(cases);
}

static void test_slave_options_fit_the_bond(void **state)
{
	static const struct rules_case cases[] = {
		{ "a bond usually has 16 queues", "bond:bond0 slave:eth0 +queue-id=17",
			"warning at +queue-id=17: bond0: slave eth0: queue-id 17 is above 16, "
			"the queues a bond usually has: the kernel will refuse it = more "
			"queues: load the bonding module with tx_queues=17\n" },
		{ "prio below a primary is a warning",
			"bond:bond0 mode=1 primary=eth0 slave:eth0 +prio=5",
			"warning at +prio=5 and primary=eth0: bond0: slave eth0: prio has no "
			"effect while the bond has a primary = leave primary out and give the "
			"best slave the highest prio\n" },
	};

	CHECK_ALL(cases);
}

static void test_names_of_slaves_are_in_the_list(void **state)
{
	static const struct rules_case cases[] = {
		{ "a primary of the list is fine",
			"bond:bond0 mode=1 primary=eth1 slave:eth0 slave:eth1", "" },
		{ "another is an error that lists the slaves",
			"bond:bond0 mode=1 primary=eth2 slave:eth0 slave:eth1",
			"error at primary=eth2 and slave:eth0: bond0: primary eth2 is none of "
			"the bond's slaves = write it as it stands in slaves: eth0, eth1\n" },
		{ "without slaves there is none", "bond:bond0 mode=1 slaves= primary=eth2",
			"error at primary=eth2 and slaves=: bond0: primary eth2 is none of the "
			"bond's slaves = the bond has no slaves\n" },
		{ "a match may bring it",
			"bond:bond0 mode=1 primary=eth2 slave:eth0 match: +name=eth*", "" },
		{ "long lists are cut",
			"bond:bond0 mode=1 primary=x slave:a slave:b slave:c slave:d slave:e "
			"slave:f slave:g slave:h slave:i",
			"error at primary=x and slave:a: bond0: primary x is none of the "
			"bond's slaves = write it as it stands in slaves: a, b, c, d, e, f, g, "
			"h, ...\n" },
		{ "permanent-of names one of them", "bond:bond0 mac=permanent-of:eth0 slave:eth0",
			"" },
		{ "permanent-of another is an error", "bond:bond0 mac=permanent-of:eth9 slave:eth0",
			"error at mac=permanent-of:eth9 and slave:eth0: bond0: mac: "
			"permanent-of eth9 is none of the bond's slaves = write it as it "
			"stands in slaves: eth0\n" },
	};

	CHECK_ALL(cases);
}

static void test_numbers_of_slaves_can_be_reached(void **state)
{
	static const struct rules_case cases[] = {
		{ "as many as there are is fine",
			"bond:bond0 mode=4 required-slaves=2 min-links=2 slave:a slave:b", "" },
		{ "more required than there are is an error",
			"bond:bond0 required-slaves=2 slave:a",
			"error at required-slaves=2: bond0: required-slaves is 2, but the bond "
			"has 1 slave = 0 to 1 is possible\n" },
		{ "a match may bring more", "bond:bond0 required-slaves=3 slave:a match: +name=e*",
			"" },
		{ "the unwritten default asks nothing of an empty bond", "bond:bond0 slaves=", "" },
		{ "more min-links than slaves is a warning",
			"bond:bond0 mode=4 min-links=3 slave:a slave:b",
			"warning at min-links=3: bond0: min-links is 3, but the bond has 2 "
			"slaves: it never gets carrier = 0 to 2 is possible\n" },
	};

	CHECK_ALL(cases);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_slaves_are_real_devices),
		cmocka_unit_test(test_slave_options_fit_the_bond),
		cmocka_unit_test(test_names_of_slaves_are_in_the_list),
		cmocka_unit_test(test_numbers_of_slaves_can_be_reached),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
