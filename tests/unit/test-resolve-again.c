/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Of which links that come, go, or become others the goals need not be made anew. */
#include "tests/unit/planning.h"

#define CONFIG                                                                               \
	"bonds:\n"                                                                           \
	"  bond0: {mode: active-backup, slaves: [d0, lan7, {match: {name: 'e*'}}],\n"        \
	"    primary: first, mac: {permanent-of: last}}\n"                                   \
	"  bond1: {absent: true}\n"
#define MACHINE                                                                              \
	"bonds: {bond0: {mode: active-backup, slaves: [d0]}}\n"                              \
	"links:\n"                                                                           \
	"- {name: d0, kind: dummy}\n"                                                        \
	"- {name: d9, kind: dummy}\n"                                                        \
	"- {name: br0, kind: bridge}\n"
/* A device that netbond moved and that no entry names. */
#define MEMORY "objects: [{kind: nic, namespace: '', name: moved, home: old, home-namespace: ''}]\n"

#define OTHER "{name: d2, kind: dummy, ifindex: 50}"
#define HIGHEST 60 /* ifindex */

static const struct {
	const char *link;
	bool foreign;
} cases[] = {
	{ "{name: d1, kind: dummy, ifindex: 50}", true },
	{ "{name: d1, kind: veth, ifindex: 50, altnames: [guest, lan8]}", true },
	{ "{name: d1, kind: veth, ifindex: 50, master: br0}", true },
	{ "{name: d1, kind: vlan, ifindex: 50, lower: d9}", true },
	{ "{name: e1, kind: dummy, ifindex: 50}", true }, /* no match takes a virtual device */
	{ "{name: old, kind: dummy, ifindex: 50}", true },
	{ "{name: lan7, kind: dummy, ifindex: 50}", false },
	{ "{name: d1, kind: dummy, ifindex: 50, altnames: [guest, lan7]}", false },
	{ "{name: first, kind: dummy, ifindex: 50}", false },
	{ "{name: last, kind: dummy, ifindex: 50}", false },
	{ "{name: bond1, kind: dummy, ifindex: 50}", false },
	{ "{name: moved, kind: dummy, ifindex: 50}", false },
	{ "{name: e1, ifindex: 50, parent: '0000:01:00.0'}", false },
	{ "{name: d1, kind: bond, ifindex: 50}", false },
	{ "{name: d1, kind: dummy, ifindex: 50, master: bond0}", false },
	{ "{name: d1, kind: vlan, ifindex: 50, lower: bond0}", false },
	{ "{name: d1, kind: vlan, ifindex: 50, lower: d0}", false },
};

static void touch_differences(
	const struct nb_state *before, const struct nb_state *now, struct nb_touches *changed)
{
	for (int ifindex = 1; ifindex <= HIGHEST; ifindex++) {
		const struct nb_link *a = nb_netns_find_index(before->namespaces[0], ifindex);
		const struct nb_link *b = nb_netns_find_index(now->namespaces[0], ifindex);

		if (a && b ? !nb_link_equal(a, b) : a != b)
			nb_touches_add(changed, "", ifindex);
	}
	assert_int_equal(changed->n, 1);
}

/* From one machine to the other; each may be given one more link. */
static void check(const char *machine, const char *before, const char *now, bool foreign)
{
	NB_CLEANUP(nb_touches_done) struct nb_touches changed = { 0 };
	NB_CLEANUP(nb_target_freep) struct nb_target *again = NULL;
	NB_CLEANUP(nb_text_done) struct nb_text a = { 0 }, b = { 0 };
	struct planning old, new;
	struct nb_resolved from;

	NB_CASE("%s becomes %s", *before ? before : "nothing", *now ? now : "nothing");
	nb_text_add(&a, "%s%s%s\n", machine, *before ? "- " : "", before);
	nb_text_add(&b, "%s%s%s\n", machine, *now ? "- " : "", now);
	planning_start(&old, CONFIG, a.text, MEMORY);
	planning_start(&new, CONFIG, b.text, MEMORY);
	assert_int_equal(planning_resolve(&old), 0);
	touch_differences(old.state, new.state, &changed);
	from = (struct nb_resolved){ old.target, old.state };
	assert_int_equal(nb_resolve_again(old.config, &from, new.state, &old.memory, &changed, &again),
		foreign ? 0 : -ESTALE);
	if (foreign)
		assert_int_equal(again->n_scope, 0);
	planning_done(&old);
	planning_done(&new);
}

static void test_resolve_again_is_for_links_nobody_looked_for(void **state)
{
	for (size_t i = 0; i < NB_ARRAY_SIZE(cases); i++) {
		check(MACHINE, "", cases[i].link, cases[i].foreign);
		check(MACHINE, cases[i].link, "", cases[i].foreign);
		/* Renamed, or its ifindex has another owner. */
		check(MACHINE, OTHER, cases[i].link, cases[i].foreign);
		check(MACHINE, cases[i].link, OTHER, cases[i].foreign);
	}
}

static void test_resolve_again_is_not_for_what_a_slave_lies_upon(void **state)
{
	static const char machine[] =
		"bonds: {bond0: {mode: active-backup, slaves: [d0]}}\n"
		"links:\n"
		"- {name: d0, kind: vlan, lower-ifindex: 50}\n";

	check(machine, "", OTHER, false);
	check(machine, OTHER, "", false);
	check(machine, OTHER, "{name: d1, kind: dummy, ifindex: 50}", false);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_resolve_again_is_for_links_nobody_looked_for),
		cmocka_unit_test(test_resolve_again_is_not_for_what_a_slave_lies_upon),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
