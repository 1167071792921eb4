/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Each allocation of a plan fails, alone or with all that follow: then there is no plan, or the
 * whole one, and what it was made from is as it was.
 */
#include "tests/unit/planning.h"

#include "lib/core/effect.h"
#include "lib/core/plan.h"
#include "lib/yaml/emit.h"

#if defined(__SANITIZE_ADDRESS__)
#define CAN_FAIL 0
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define CAN_FAIL 0
#endif
#endif
#ifndef CAN_FAIL
#define CAN_FAIL 1
#endif

static unsigned until_failure; /* allocations; 0: none fails */
static bool for_good, has_failed;

static void fail_at(unsigned nth, bool and_after)
{
	until_failure = nth;
	for_good = and_after;
	has_failed = false;
}

#if CAN_FAIL
void *__libc_malloc(size_t size);
void *__libc_calloc(size_t n, size_t size);
void *__libc_realloc(void *p, size_t size);

static bool fails(void)
{
	if (!until_failure || (until_failure > 1 && --until_failure))
		return false;
	until_failure = for_good;
	return has_failed = true;
}

void *malloc(size_t size)
{
	return fails() ? NULL : __libc_malloc(size);
}

void *calloc(size_t n, size_t size)
{
	return fails() ? NULL : __libc_calloc(n, size);
}

void *realloc(void *p, size_t size)
{
	return fails() ? NULL : __libc_realloc(p, size);
}
#endif

/* Bonds go down, and change hands: with what lies upon them and upon their slaves. */
static const char desired[] =
	"bonds:\n"
	"  bond0: {mode: 802.3ad, slaves: [eth0, eth1], lacp-rate: fast, mtu: 1400,\n"
	"    addresses: [192.0.2.1/24], routes: [{to: default, via: 192.0.2.254}]}\n"
	"  bond1: {mode: active-backup, slaves: [eth2, eth3]}\n";

static const char observed[] =
	"bonds:\n"
	"  bond0: {mode: 802.3ad, miimon: 100, slaves: [eth0, eth1, eth2], lacp-rate: slow}\n"
	"  bond1: {mode: balance-rr, miimon: 100, slaves: [eth3]}\n"
	"links:\n"
	"- {name: eth0, ifindex: 2, mac: 02:00:00:00:00:02}\n"
	"- {name: eth1, ifindex: 3, mac: 02:00:00:00:00:03}\n"
	"- {name: eth2, ifindex: 4, mac: 02:00:00:00:00:04}\n"
	"- {name: eth3, ifindex: 5, mac: 02:00:00:00:00:05}\n"
	"- name: bond0\n"
	"  ifindex: 10\n"
	"  mac: 02:00:00:00:00:02\n"
	"  addresses: [2001:db8:99::9/64]\n"
	"- {name: bond1, ifindex: 11, mac: 02:00:00:00:00:05}\n"
	"- {name: br0, ifindex: 12, kind: bridge, mac: 02:00:00:00:00:02}\n"
	"- name: bond0.5\n"
	"  ifindex: 13\n"
	"  kind: vlan\n"
	"  lower: bond0\n"
	"  addresses: [2001:db8:5::5/64, 198.51.100.5/24]\n"
	"  routes: [{to: 203.0.115.0/24, via: 198.51.100.1}]\n"
	"- {name: bond0.6, ifindex: 14, kind: vlan, lower: bond0, master: br0}\n"
	"- {name: bond0.5.7, ifindex: 15, kind: vlan, lower: bond0.5}\n"
	"- {name: bond1.5, ifindex: 16, kind: vlan, lower: bond1, addresses: [2001:db8:6::5/64]}\n";

static void assert_same(const struct nb_state *a, const struct nb_state *b)
{
	const struct nb_netns *x = a->namespaces[0], *y = b->namespaces[0];

	assert_int_equal(x->links.n, y->links.n);
	for (size_t i = 0; i < x->links.n; i++) {
		if (!nb_link_equal(nb_netns_link(x, i), nb_netns_link(y, i)))
			fail_msg("%s changed", nb_netns_link(x, i)->name);
	}
}

/* Return: as nb_plan_build(). */
static int plan(unsigned nth, bool and_after, struct nb_text *text)
{
	const struct nb_policy policy = { .limit = NB_CLASS_REBUILD };
	NB_CLEANUP(nb_state_freep) struct nb_state *copy = NULL;
	NB_CLEANUP(nb_plan_freep) struct nb_plan *plan = NULL;
	struct planning p;
	int r;

	planning_start(&p, desired, observed, NULL);
	assert_int_equal(nb_state_copy(p.state, &copy), 0);
	assert_int_equal(planning_resolve(&p), 0);
	fail_at(nth, and_after);
	r = nb_plan_build(p.target, p.state, &policy, &plan, NULL);
	until_failure = 0;
	assert_same(p.state, copy);
	if (r == 0)
		nb_plan_format(plan, text);
	planning_done(&p);
	return r;
}

/* The bond goes down, and what lies upon it. Return: as nb_effect_apply(). */
static int take_down(unsigned nth, bool and_after, struct nb_text *text)
{
	NB_CLEANUP(nb_state_freep) struct nb_state *copy = NULL, *work = NULL;
	NB_CLEANUP(nb_op_done) struct nb_op op = { 0 };
	struct planning p;
	int r;

	planning_start(&p, "bonds: {}\n", observed, NULL);
	assert_int_equal(nb_state_copy(p.state, &copy), 0);
	assert_int_equal(nb_op_init(&op, NB_OP_LINK_SET, "", "", "bond0", 10), 0);
	op.set = NB_SET_DOWN;
	/* Who belongs to whom is known already, as in the daemon: it is shared then. */
	nb_netns_relatives(p.state->namespaces[0], 10);
	assert_int_equal(nb_effect_begin(p.state, &work), 0);
	fail_at(nth, and_after);
	r = nb_effect_apply(work, &op);
	until_failure = 0;
	assert_same(p.state, copy);
	if (r == 0)
		assert_int_equal(nb_yaml_emit_state(work, text), 0);
	planning_done(&p);
	return r;
}

static void check_each(int (*make)(unsigned nth, bool and_after, struct nb_text *text))
{
	NB_CLEANUP(nb_text_done) struct nb_text whole = { 0 };

	if (!CAN_FAIL)
		skip();
	assert_int_equal(make(0, false, &whole), 0);
	for (unsigned and_after = 0; and_after < 2; and_after++) {
		unsigned n = 0, needed = 0;

		do {
			NB_CLEANUP(nb_text_done) struct nb_text text = { 0 };
			int r = make(++n, and_after, &text);

			needed += r < 0;
			if (r == 0 ? strcmp(text.text, whole.text) != 0 : r != -ENOMEM)
				fail_msg("allocation %u: %d\n%s", n, r, text.text ? text.text : "");
		} while (has_failed);
		NB_CASE("%u allocations fail%s: %u are needed", n - 1,
			and_after ? " with all that follow" : "", needed);
		assert_true(needed > 0);
	}
}

static void test_a_plan_without_memory_is_none_or_whole(void **state)
{
	check_each(plan);
}

static void test_an_effect_without_memory_is_none_or_whole(void **state)
{
	check_each(take_down);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_an_effect_without_memory_is_none_or_whole),
		cmocka_unit_test(test_a_plan_without_memory_is_none_or_whole),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
