/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* NICs that netbond moved into a namespace are not lost from sight there. */
#include "tests/unit/planning.h"

#include "lib/core/converge-parts.h"

#define CONFIG                                          \
	"namespaces: {blue: {}}\n"                       \
	"bonds: {b: {name: bond0, namespace: blue, mode: active-backup, slaves: [eth0]}}\n"
#define MOVED                                            \
	"objects:\n"                                     \
	"- {kind: nic, namespace: blue, name: eth0, ifindex: %d, mac: '02:00:00:00:00:07',\n" \
	"   home: eth0, home-namespace: ''}\n"

struct follow_case {
	const char *sentence;
	int ifindex; /* that is remembered */
	const char *links;
	const char *name; /* what it is called afterwards */
};

static const struct follow_case follow_cases[] = {
	{ "renamed after it was seen: by its ifindex", 7,
		"[{name: odd, namespace: blue, ifindex: 7, mac: '02:00:00:00:00:07'}]", "odd" },
	{ "another NIC has that ifindex now", 7,
		"[{name: odd, namespace: blue, ifindex: 7, mac: '02:00:00:00:00:08'}]", "eth0" },
	{ "renamed before it was seen: by its MAC", 0,
		"[{name: odd, namespace: blue, ifindex: 5, mac: '02:00:00:00:00:07'},"
		" {name: other, namespace: blue, ifindex: 6, mac: '02:00:00:00:00:08'}]", "odd" },
	{ "what lies upon it has its MAC, too", 0,
		"[{name: odd, namespace: blue, ifindex: 5, mac: '02:00:00:00:00:07'},"
		" {name: vlan5, namespace: blue, kind: vlan, lower: odd, mac: '02:00:00:00:00:07'}]",
		"odd" },
	{ "two have its MAC: nobody knows which it is", 0,
		"[{name: odd, namespace: blue, ifindex: 5, mac: '02:00:00:00:00:07'},"
		" {name: even, namespace: blue, ifindex: 6, mac: '02:00:00:00:00:07'}]", "eth0" },
	{ "it is there under its name", 0,
		"[{name: eth0, namespace: blue, ifindex: 5, mac: '02:00:00:00:00:09'},"
		" {name: odd, namespace: blue, ifindex: 6, mac: '02:00:00:00:00:07'}]", "eth0" },
	{ "it has not come yet", 0, "[{name: odd, ifindex: 5, mac: '02:00:00:00:00:07'}]", "eth0" },
};

static void test_converge_follows_a_nic_that_was_renamed(void **state)
{
	for (size_t i = 0; i < NB_ARRAY_SIZE(follow_cases); i++) {
		const struct follow_case *c = &follow_cases[i];
		NB_CLEANUP(nb_text_done) struct nb_text links = { 0 }, objects = { 0 };
		bool changed = false;
		struct planning p;

		NB_CASE("%s", c->sentence);
		nb_text_add(&links, "namespaces: {blue: {inode: 9}}\nlinks: %s\n", c->links);
		nb_text_add(&objects, MOVED, c->ifindex);
		planning_start(&p, CONFIG, links.text, objects.text);
		assert_int_equal(nb_converge_follow(&p.memory, p.state, &changed), 0);
		assert_string_equal(p.memory.objects[0].name, c->name);
		assert_int_equal(changed, !nb_streq(c->name, "eth0"));
		planning_done(&p);
	}
}

/* Before it moves: whatever happens then, it is known by it. */
static void test_converge_remembers_the_mac_of_a_nic_that_will_move(void **state)
{
	static const uint8_t mac[6] = { 2, 0, 0, 0, 0, 7 };
	NB_CLEANUP(nb_plan_freep) struct nb_plan *plan = NULL;
	struct nb_policy policy = { .limit = NB_CLASS_REBUILD };
	bool changed = false;
	struct planning p;

	planning_start(&p, CONFIG,
		"namespaces: {blue: {inode: 9}}\n"
		"links: [{name: eth0, ifindex: 5, mac: '02:00:00:00:00:07'}]\n", NULL);
	policy.memory = &p.memory;
	assert_int_equal(nb_resolve(p.config, p.state, &p.memory, &p.target, NULL), 0);
	assert_int_equal(nb_plan_build(p.target, p.state, &policy, &plan, NULL), 0);
	assert_int_equal(nb_converge_foresee(&p.memory, plan, p.state, &changed), 0);
	assert_true(changed);
	for (size_t i = 0; i < p.memory.n_objects; i++) {
		const struct nb_object *object = &p.memory.objects[i];

		if (object->kind != NB_OBJECT_NIC)
			continue;
		assert_string_equal(object->home, "eth0");
		assert_int_equal(object->ifindex, 0);
		assert_true(object->has_mac);
		assert_memory_equal(object->mac, mac, 6);
		planning_done(&p);
		return;
	}
	fail_msg("no NIC is remembered");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_converge_follows_a_nic_that_was_renamed),
		cmocka_unit_test(test_converge_remembers_the_mac_of_a_nic_that_will_move),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
