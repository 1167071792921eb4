/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What a plan says traffic will feel. */
#include "tests/unit/planning.h"

#include "lib/core/impact.h"
#include "lib/core/plan.h"

#define LACP                                                                              \
	"bonds: {bond0: {mode: 802.3ad, miimon: 100, slaves: [eth0, eth1]}}\n"            \
	"links: [{name: bond0, addresses: [192.0.2.10/24, 2001:db8::10/64],"              \
	" routes: [{to: default, via: 192.0.2.1, protocol: static}]}, eth0, eth1, eth2]\n"
#define AB                                                                                \
	"bonds: {bond0: {mode: active-backup, miimon: 100, slaves: [eth0, eth1]}}\n"      \
	"links: [bond0, eth0, eth1, eth2]\n"

static const struct {
	const char *observed, *desired, *says;
} cases[] = {
	{ LACP, "bonds: {bond0: {mode: 802.3ad, slaves: [eth0, eth1], lacp-rate: fast}}",
		"down for about one LACP negotiation; IPv6 addresses and routes are put back" },
	{ LACP, "bonds: {bond0: {mode: 802.3ad, slaves: [eth0, eth1], resend-igmp: 3}}",
		"nothing stops" },
	{ LACP, "bonds: {bond0: {mode: 802.3ad, slaves: [eth0, eth1], xmit-hash-policy: layer3+4}}",
		"nothing stops, flows may move between slaves" },
	{ LACP, "bonds: {bond0: {mode: 802.3ad, slaves: [eth0]}}",
		"one slave at a time, another carries on" },
	{ LACP, "bonds: {bond0: {mode: 802.3ad, slaves: []}}",
		"down for about one LACP negotiation, and without slaves afterwards" },
	{ LACP, "bonds: {bond0: {absent: true}}", "it goes, and what it carries stops" },
	{ LACP, "bonds: {bond0: {mode: 802.3ad, slaves: [eth0, eth1], mtu: 9000}}",
		"the MTU of every slave changes, which may take links down" },
	{ AB, "bonds: {bond0: {mode: balance-rr, slaves: [eth0, eth1], updelay: 200}}",
		"down for about 200 ms (updelay)" },
	{ AB, "bonds: {bond0: {mode: balance-rr, slaves: [eth0, eth1]}}", "down for a moment" },
	{ AB, "bonds: {bond0: {mode: active-backup, slaves: [eth0, eth1], mac: 02:00:00:00:aa:01}}",
		"neighbours have to learn a new MAC" },
	{ AB, "bonds: {bond0: {mode: active-backup, slaves: [eth0, eth1]}}", "" },
	{ "links: [eth0]\n", "bonds: {bond0: {slaves: [eth0]}}", "nothing stops" },
};

static void test_impact_in_words(void **state)
{
	for (size_t i = 0; i < NB_ARRAY_SIZE(cases); i++) {
		const struct nb_policy policy = { .limit = NB_CLASS_REBUILD, .asked = true };
		NB_CLEANUP(nb_plan_freep) struct nb_plan *plan = NULL;
		NB_CLEANUP(nb_text_done) struct nb_text says = { 0 };
		NB_CLEANUP(nb_impacts_done) struct nb_impacts impacts = { 0 };
		struct planning p;

		planning_start(&p, cases[i].desired, cases[i].observed, NULL);
		planning_goal(&p, "bond0");
		assert_int_equal(nb_plan_build(p.target, p.state, &policy, &plan, NULL), 0);
		assert_int_equal(nb_impacts_of(plan, p.target, &impacts), 0);
		assert_int_equal(impacts.n, *cases[i].says != '\0');
		if (impacts.n) {
			assert_string_equal(impacts.items[0].object, "bond0");
			nb_impact_say(&impacts.items[0], &says);
		}
		if (!nb_streq(says.text ? says.text : "", cases[i].says))
			print_message("%s\n", cases[i].desired);
		assert_string_equal(says.text ? says.text : "", cases[i].says);
		planning_done(&p);
	}
}

static void leave(void *goal)
{
}

/* Each object once, though a plan comes back to some, and also where many are found by one hash. */
static void test_many_objects(void **state)
{
	static const char *const keys[] = { "z", "bond7", "bond8", "ns", "a" };
	struct nb_goal goals[NB_ARRAY_SIZE(keys)] = { 0 };
	struct nb_target target = { 0 };
	struct nb_op ops[3 * NB_ARRAY_SIZE(keys)] = { 0 };
	struct nb_plan plan = { .ops = ops, .n_ops = NB_ARRAY_SIZE(ops) };
	NB_CLEANUP(nb_impacts_done) struct nb_impacts impacts = { 0 };

	for (size_t i = 0; i < NB_ARRAY_SIZE(keys); i++) {
		goals[i].key = (char *)keys[i];
		if (i < 3)
			assert_int_equal(nb_pages_insert(&target.goals, i, &goals[i]), 0);
	}
	for (size_t i = 0; i < plan.n_ops; i++) {
		const char *key = keys[i % NB_ARRAY_SIZE(keys)];

		ops[i].kind = NB_OP_ADDRESS_DELETE;
		ops[i].class = i < NB_ARRAY_SIZE(keys) ? NB_CLASS_DOWN : NB_CLASS_LIVE;
		ops[i].goal = nb_streq(key, "ns") ? NULL : (char *)key;
		ops[i].namespace = (char *)"ns";
	}
	assert_int_equal(nb_impacts_of(&plan, &target, &impacts), 0);
	assert_int_equal(impacts.n, NB_ARRAY_SIZE(keys));
	for (size_t i = 0; i < impacts.n; i++) {
		const struct nb_impact *impact = &impacts.items[i];

		assert_string_equal(impact->object, keys[i]);
		assert_ptr_equal(impact->goal, i < target.goals.n ? &goals[i] : NULL);
		assert_int_equal(impact->n_ops, 3);
		assert_int_equal(impact->n_gone, 3);
		assert_int_equal(impact->class, NB_CLASS_DOWN);
	}
	nb_pages_done(&target.goals, leave);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_impact_in_words),
		cmocka_unit_test(test_many_objects),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
