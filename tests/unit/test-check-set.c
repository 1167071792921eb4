/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tests/unit/check.h"

static void test_namespaces_are_declared_and_have_a_net(void **state)
{
	static const struct rules_case cases[] = {
		{ "declared and shared ones are fine",
			"ns:storage ns:a:nonet:share=storage bond:bond0 namespace=storage "
			"bond:bond1 namespace=a",
			"" },
		{ "a slip of the pen is guessed",
			"ns:storage ns:tenant bond:bond0 namespace=storag",
			"error at namespace=storag: bond0: namespace storag is not declared = "
			"did you mean storage? Declared are: storage, tenant\n" },
		{ "else the declared ones are listed", "ns:storage bond:bond0 namespace=blue",
			"error at namespace=blue: bond0: namespace blue is not declared = "
			"declared are: storage\n" },
		{ "with none declared it says what to write", "bond:bond0 namespace=blue",
			"error at namespace=blue: bond0: namespace blue is not declared = add "
			"to the file: namespaces: {blue: {}}\n" },
		{ "one without net holds no bond", "ns:a:nonet bond:bond0 namespace=a",
			"error at namespace=a and ns:a:nonet: bond0: namespace a has no net, "
			"and a bond needs one = add net to its types, or share the net of "
			"another namespace\n" },
		{ "sharing with an undeclared one is an error", "ns:a:share=b",
			"error at ns:a:share=b: a: share names b, which is not declared = did "
			"you mean a? Declared are: a\n" },
		{ "sharing what is not there is an error", "ns:a:share=b ns:b:nonet",
			"error at ns:a:share=b and ns:b:nonet: a: b has no net to share = add "
			"net to the types of b\n" },
		{ "sharing in a ring is an error of each", "ns:a:share=b ns:b:share=a ns:c",
			"error at ns:a:share=b: a: share goes round in a ring: no namespace of "
			"it has a net of its own = take share out of one of them\n"
			"error at ns:b:share=a: b: share goes round in a ring: no namespace of "
			"it has a net of its own = take share out of one of them\n" },
	};

	CHECK_ALL(cases);
}

static void test_bonds_in_bonds_end_somewhere(void **state)
{
	static const struct rules_case cases[] = {
		{ "a bond may lie in a bond",
			"bond:bond0 slave:bond1 slave:bond2 bond:bond1 slave:eth0 bond:bond2 "
			"slave:bond3 bond:bond3",
			"" },
		{ "not in itself", "bond:b name=bond0 slave:bond0",
			"error at slave:bond0: b: the bond lists itself as a slave = slaves "
			"are the network cards below it\n" },
		{ "not in each other", "bond:bond0 slave:bond1 bond:bond1 slave:bond0",
			"error at slave:bond0 and slave:bond1: bond1: a loop of bonds: bond0 "
			"in bond1 in bond0 = a bond cannot carry a bond it lies in: take out "
			"one slave\n" },
		{ "not in a longer loop, told once",
			"bond:z slave:a bond:c slave:b bond:a slave:c bond:b slave:eth0 slave:a",
			"error at slave:a and slave:a: b: a is already a slave of z = a device "
			"has one bond at most: take it out of one place\n" },
		{ "a loop of three is one error", "bond:a slave:c bond:b slave:a bond:c slave:b",
			"error at slave:a and slave:c: b: a loop of bonds: a in b in c in a = "
			"a bond cannot carry a bond it lies in: take out one slave\n" },
		{ "not when it shall not exist", "bond:bond0 slave:bond1 bond:bond1 absent=true",
			"error at slave:bond1 and bond:bond1: bond0: slave bond1 is declared "
			"with absent: true = take it out of slaves, or take absent away\n" },
		{ "not across namespaces", "ns:a bond:bond0 namespace=a slave:bond1 bond:bond1",
			"error at slave:bond1: bond0: slave bond1 is a bond outside namespace "
			"a: a bond never changes its namespace = declare both bonds in the "
			"same namespace\n" },
		{ "the same names in two namespaces are no loop",
			"ns:a bond:x name=bond0 slave:bond1 bond:y name=bond1 namespace=a "
			"slave:bond0 bond:z name=bond0 namespace=a bond:w name=bond1",
			"" },
	};

	CHECK_ALL(cases);
}

static void test_many_claims_are_told_fast(void **state)
{
	NB_CLEANUP(nb_config_freep) struct nb_config *config = nb_config_new();
	NB_CLEANUP(nb_diag_done) struct nb_diag diag = { 0 };
	char name[IFNAMSIZ];

	for (unsigned i = 0; i < 5000; i++) {
		struct nb_slave_spec *slave;
		struct nb_bond *bond;

		snprintf(name, sizeof(name), "bond%u", i);
		bond = nb_config_add_bond(config, name);
		assert_non_null(bond);
		bond->named |= NB_KEY_SLAVES;
		slave = nb_bond_add_slave(bond);
		assert_non_null(slave);
		snprintf(name, sizeof(name), "bond%u", i + 1);
		slave->name = strdup(name);
	}
	assert_int_equal(nb_rules_check(config, &diag), 0);
	snprintf(name, sizeof(name), "bond%u", 0);
	free(config->bonds[4999]->slaves[0].name);
	config->bonds[4999]->slaves[0].name = strdup(name);
	assert_int_equal(nb_rules_check(config, &diag), -EBADMSG);
	assert_int_equal(diag.n_problems, 1);
	assert_non_null(strstr(diag.problems[0].text, "a loop of bonds: bond0 in bond4999 in"));
	assert_non_null(strstr(diag.problems[0].text, " ... in bond0"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_namespaces_are_declared_and_have_a_net),
		cmocka_unit_test(test_bonds_in_bonds_end_somewhere),
		cmocka_unit_test(test_many_claims_are_told_fast),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
