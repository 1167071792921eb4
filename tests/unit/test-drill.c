/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What a drill may do, and what monitoring promises. */
#include "tests/unit/unit.h"

#include <errno.h>
#include <string.h>

#include "lib/core/drill.h"

static struct nb_state *state;
static struct nb_link *bond;

static void set(struct nb_optset *opts, unsigned attr, uint64_t value)
{
	assert_int_equal(nb_optset_set(opts, attr, (union nb_value){ .u = value }), 0);
}

static struct nb_link *add(const char *name, int ifindex)
{
	struct nb_link *link = nb_link_new(name);

	assert_non_null(link);
	link->ifindex = ifindex;
	link->flags = IFF_UP;
	link->carrier = true;
	assert_int_equal(nb_netns_add(state->namespaces[0], link), 0);
	return link;
}

static struct nb_link *add_slave(const char *name, int ifindex)
{
	struct nb_link *slave = add(name, ifindex);

	slave->slave_kind = strdup("bond");
	slave->slave.scope = NB_SCOPE_SLAVE;
	nb_netns_set_master(state->namespaces[0], slave, bond->ifindex);
	set(&slave->slave, IFLA_BOND_SLAVE_MII_STATUS, BOND_LINK_UP);
	return slave;
}

static void refused(const struct nb_link *slave, enum nb_drill_how how, const char *words)
{
	struct nb_text why = { 0 };

	nb_drill_refusal(state->namespaces[0], bond, slave, how, &why);
	if (words) {
		assert_non_null(why.text);
		assert_non_null(strstr(why.text, words));
	} else if (why.text) {
		fail_msg("%s", why.text);
	}
	nb_text_done(&why);
}

static void test_the_last_usable_slave_is_not_cut(void **unused)
{
	struct nb_link *one = add_slave("eth0", 2), *two = add_slave("eth1", 3);

	refused(one, NB_DRILL_DOWN, NULL);
	two->carrier = false;
	refused(one, NB_DRILL_DOWN, "last usable");
	refused(two, NB_DRILL_DOWN, "not usable now");
	two->carrier = true;
	set(&two->slave, IFLA_BOND_SLAVE_MII_STATUS, BOND_LINK_FAIL);
	refused(one, NB_DRILL_RELEASE, "last usable");
}

static void test_what_is_no_slave_or_down_is_refused(void **unused)
{
	struct nb_link *one = add_slave("eth0", 2), *other = add("eth9", 9);

	add_slave("eth1", 3);
	refused(other, NB_DRILL_DOWN, "no slave of bond0");
	bond->flags = 0;
	refused(one, NB_DRILL_DOWN, "is down");
}

static void test_without_monitoring_only_a_release_is_tried(void **unused)
{
	struct nb_link *one = add_slave("eth0", 2);

	add_slave("eth1", 3);
	set(&bond->bond, IFLA_BOND_MIIMON, 0);
	refused(one, NB_DRILL_DOWN, "no monitoring");
	refused(one, NB_DRILL_CARRIER, "no monitoring");
	refused(one, NB_DRILL_RELEASE, NULL);
}

static void test_min_links_counts_in_lacp(void **unused)
{
	struct nb_link *slaves[] = { add_slave("eth0", 2), add_slave("eth1", 3), add_slave("eth2", 4) };
	struct nb_optset *info = calloc(1, sizeof(*info));

	assert_non_null(info);
	info->scope = NB_SCOPE_AD_INFO;
	set(info, IFLA_BOND_AD_INFO_AGGREGATOR, 1);
	assert_int_equal(nb_optset_set(&bond->bond, IFLA_BOND_AD_INFO,
				 (union nb_value){ .set = info }), 0);
	set(&bond->bond, IFLA_BOND_MODE, BOND_MODE_8023AD);
	for (size_t i = 0; i < NB_ARRAY_SIZE(slaves); i++) {
		set(&slaves[i]->slave, IFLA_BOND_SLAVE_AD_AGGREGATOR_ID, 1);
		set(&slaves[i]->slave, IFLA_BOND_SLAVE_AD_ACTOR_OPER_PORT_STATE, 0x3f);
		set(&slaves[i]->slave, IFLA_BOND_SLAVE_AD_PARTNER_OPER_PORT_STATE, 0x3f);
	}
	set(&bond->bond, IFLA_BOND_MIN_LINKS, 2);
	refused(slaves[0], NB_DRILL_DOWN, NULL);
	set(&bond->bond, IFLA_BOND_MIN_LINKS, 3);
	refused(slaves[0], NB_DRILL_DOWN, "min-links is 3");
	/* Stored without effect in other modes. */
	set(&bond->bond, IFLA_BOND_MODE, BOND_MODE_XOR);
	refused(slaves[0], NB_DRILL_DOWN, NULL);
}

static void test_promises(void **unused)
{
	set(&bond->bond, IFLA_BOND_MIIMON, 100);
	assert_int_equal(nb_drill_promise(bond, NB_DRILL_DOWN), 100);
	set(&bond->bond, IFLA_BOND_DOWNDELAY, 500);
	assert_int_equal(nb_drill_promise(bond, NB_DRILL_CARRIER), 600);
	assert_int_equal(nb_drill_promise(bond, NB_DRILL_RELEASE), 0);
	set(&bond->bond, IFLA_BOND_MIIMON, 0);
	set(&bond->bond, IFLA_BOND_ARP_INTERVAL, 100);
	set(&bond->bond, IFLA_BOND_MISSED_MAX, 2);
	assert_int_equal(nb_drill_promise(bond, NB_DRILL_DOWN), 350);
	set(&bond->bond, IFLA_BOND_ARP_INTERVAL, 0);
	assert_true(nb_drill_promise(bond, NB_DRILL_DOWN) == UINT64_MAX);
}

static void test_names_are_read_back(void **unused)
{
	enum nb_drill_how how;

	for (unsigned i = 0; i < NB_DRILL_HOW_COUNT; i++) {
		assert_int_equal(nb_drill_how_parse(nb_drill_how_name(i), &how), 0);
		assert_int_equal(how, i);
	}
	assert_int_equal(nb_drill_how_parse("axe", &how), -EINVAL);
	assert_int_equal(nb_drill_how_parse("", &how), -EINVAL);
}

static int start(void **unused)
{
	state = nb_state_new();
	bond = add("bond0", 1);
	bond->kind = strdup("bond");
	bond->bond.scope = NB_SCOPE_BOND;
	set(&bond->bond, IFLA_BOND_MODE, BOND_MODE_ACTIVEBACKUP);
	set(&bond->bond, IFLA_BOND_MIIMON, 100);
	return 0;
}

static int end(void **unused)
{
	state = nb_state_free(state);
	return 0;
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, start, end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_the_last_usable_slave_is_not_cut),
		TEST(test_what_is_no_slave_or_down_is_refused),
		TEST(test_without_monitoring_only_a_release_is_tried),
		TEST(test_min_links_counts_in_lacp),
		TEST(test_promises),
		TEST(test_names_are_read_back),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
