/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Which MAC a bond is to have, and with which one it is made. */
#include "tests/unit/planning.h"

#define CARDS                                                                  \
	"links:\n"                                                             \
	"- {name: eth0, mac: 02:00:00:00:00:a0, permanent-mac: 02:00:00:00:00:b0}\n" \
	"- {name: eth1, mac: 02:00:00:00:00:a1, permanent-mac: 02:00:00:00:00:b1}\n" \
	"- {name: v0, kind: veth, mac: 02:00:00:00:00:a2}\n"                   \
	"- {name: tun0, mac: none}\n"

/* The last byte of the wanted MAC and of the one at birth, -1 for none. */
static void check_mac(const char *keys, const char *slaves, int mac, int birth)
{
	NB_CLEANUP(nb_text_done) struct nb_text desired = { 0 };
	const struct nb_goal *goal;
	struct planning p;

	NB_CASE("mac: %s with slaves %s", *keys ? keys : "unnamed", slaves);
	nb_text_add(&desired, "bonds: {bond0: {mode: active-backup, slaves: %s%s%s}}\n", slaves,
		*keys ? ", mac: " : "", keys);
	planning_start(&p, desired.text, CARDS, NULL);
	goal = planning_goal(&p, "bond0");
	assert_int_equal(goal->has_mac ? goal->mac[5] : -1, mac);
	assert_int_equal(goal->has_birth_mac ? goal->birth_mac[5] : -1, birth);
	planning_done(&p);
}

static void test_resolve_mac_is_as_the_policy_says(void **state)
{
	check_mac("", "[eth1, eth0]", -1, 0xb1);
	check_mac("", "[eth9, eth0]", -1, 0xb0);
	check_mac("", "[v0]", -1, 0xa2);
	check_mac("", "[tun0, eth1]", -1, 0xb1);
	check_mac("", "[eth9]", -1, -1);
	check_mac("", "[]", -1, -1);
	check_mac("02:00:00:00:00:cc", "[eth0]", 0xcc, 0xb0);
	check_mac("{permanent-of: eth1}", "[eth0, eth1]", 0xb1, 0xb0);
	check_mac("{permanent-of: eth9}", "[eth0, eth9]", -1, 0xb0);
	check_mac("first-slave", "[eth1, eth0]", 0xb1, 0xb1);
	check_mac("first-slave", "[eth9]", -1, -1);
	check_mac("first-slave", "[eth9, tun0, eth0]", 0xb0, 0xb0);
}

/* The last byte of the MAC wanted of a bond that is there, -1: as found. */
static void check_first_slave(int has, const char *slaves, int mac)
{
	NB_CLEANUP(nb_text_done) struct nb_text desired = { 0 }, observed = { 0 };
	const struct nb_goal *goal;
	struct planning p;

	NB_CASE("%s, the bond has %x", slaves, has);
	nb_text_add(&desired, "bonds: {bond0: {mode: balance-rr, mac: first-slave, slaves: %s}}\n",
		slaves);
	nb_text_add(&observed, "%s- {name: bond0, mac: 02:00:00:00:00:%x}\n"
		"bonds: {bond0: {mode: balance-rr, slaves: [eth0]}}\n", CARDS, has);
	planning_start(&p, desired.text, observed.text, NULL);
	goal = planning_goal(&p, "bond0");
	assert_int_equal(goal->has_mac ? goal->mac[5] : -1, mac);
	planning_done(&p);
}

static void test_resolve_mac_of_the_first_slave_does_not_follow_the_list(void **state)
{
	check_first_slave(0xb0, "[eth0, eth1]", 0xb0);
	check_first_slave(0xb0, "[eth1, eth0]", 0xb0);
	check_first_slave(0xb0, "[eth1]", 0xb1);
	check_first_slave(0xcc, "[eth1, eth0]", 0xb1);
	/* eth9 is away: it may be the MAC of that one */
	check_first_slave(0xcc, "[eth9, eth0]", -1);
	check_first_slave(0xb0, "[eth9, eth0]", 0xb0);
	check_first_slave(0xb0, "[]", -1);
}

static void test_resolve_takes_the_mac_a_slave_had_before_it_was_one(void **state)
{
	struct planning p;

	planning_start(&p, "bonds: {bond0: {mode: balance-rr, mac: first-slave, slaves: [v1]}}\n",
		"bonds: {bond9: {mode: balance-rr, slaves: [v0, v1]}}\n"
		"links:\n"
		"- {name: v0, mac: 02:00:00:00:00:01}\n"
		"- {name: v1, mac: 02:00:00:00:00:01, permanent-mac: none,\n"
		"   slave-state: {perm-hwaddr: 02:00:00:00:00:02}}\n",
		NULL);
	assert_int_equal(planning_goal(&p, "bond0")->mac[5], 2);
	planning_done(&p);
}

static void test_resolve_a_bond_of_new_bonds_is_born_with_the_first_ones_mac(void **state)
{
	struct planning p;

	planning_start(&p,
		"bonds:\n"
		"  bond0: {mode: active-backup, slaves: [bond1]}\n"
		"  bond1: {mode: 802.3ad, slaves: [eth1]}\n",
		CARDS, NULL);
	assert_int_equal(planning_goal(&p, "bond0")->birth_mac[5], 0xb1);
	planning_done(&p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_resolve_mac_is_as_the_policy_says),
		cmocka_unit_test(test_resolve_mac_of_the_first_slave_does_not_follow_the_list),
		cmocka_unit_test(test_resolve_takes_the_mac_a_slave_had_before_it_was_one),
		cmocka_unit_test(test_resolve_a_bond_of_new_bonds_is_born_with_the_first_ones_mac),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
