/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The model kernel against what is known of the real one, rule by rule; then its instruments. */
#include "tests/unit/unit.h"

#include <errno.h>
#include <string.h>

#include "tests/model/kernel.h"
#include "tests/model/scenario.h"
#include "tests/model/script.h"

static void tell(const struct nb_scenario *scenarios, size_t n)
{
	unsigned failed = 0;

	for (size_t i = 0; i < n; i++) {
		NB_CLEANUP(nb_model_freep) struct nb_model *model = nb_model_new(NULL);
		NB_CLEANUP(nb_text_done) struct nb_text problems = { 0 };
		struct nb_stage stage;

		assert_non_null(model);
		NB_CASE("%s", scenarios[i].rule);
		stage = nb_stage_model(model);
		if (nb_scenario_run(&stage, &scenarios[i], &problems) == 0 && problems.length == 0)
			continue;
		failed++;
		print_message("%s%s", problems.text ? problems.text : "", nb_model_trace(model));
	}
	assert_int_equal(failed, 0);
}

static void test_model_kernel_bonds(void **state)
{
	tell(nb_scenarios_bond, nb_scenarios_bond_count);
}

static void test_model_kernel_slaves(void **state)
{
	tell(nb_scenarios_slave, nb_scenarios_slave_count);
}

static void test_model_kernel_l3(void **state)
{
	tell(nb_scenarios_l3, nb_scenarios_l3_count);
}

static void test_model_kernel_lacp(void **state)
{
	tell(nb_scenarios_lacp, nb_scenarios_lacp_count);
}

static void test_model_kernel_switches(void **state)
{
	tell(nb_scenarios_model, nb_scenarios_model_count);
}

/* ---- instruments ---- */

static int run(struct nb_model *model, const char *line)
{
	struct nb_exec_error error;
	struct nb_text why = { 0 };
	struct nb_op op;
	int r = nb_script_op(line, &op, &why);

	nb_text_done(&why);
	assert_int_equal(r, 0);
	r = nb_model_exec_ops()->run(model, &op, &error);
	nb_op_done(&op);
	return r;
}

static struct nb_model *with_bond(unsigned partner)
{
	struct nb_model *model = nb_model_new(NULL);
	struct nb_model_nic a = { .name = "eth0", .partner = partner, .parent = "0000:00:03.0" };
	struct nb_model_nic b = { .name = "eth1", .partner = partner, .parent = "0000:00:04.0" };

	assert_non_null(model);
	assert_int_equal(nb_model_add_nic(model, &a), 2);
	assert_int_equal(nb_model_add_nic(model, &b), 3);
	assert_int_equal(run(model, partner ? "create bond0 mode=802.3ad up"
					    : "create bond0 mode=active-backup miimon=100 up"),
		0);
	assert_int_equal(run(model, "enslave eth0 bond0"), 0);
	assert_int_equal(run(model, "enslave eth1 bond0"), 0);
	assert_int_equal(run(model, "addr+ bond0 192.0.2.1/24"), 0);
	assert_int_equal(run(model, "route+ bond0 default via=192.0.2.254"), 0);
	nb_model_tick(model, 5);
	nb_model_reset_counters(model);
	return model;
}

static void test_model_kernel_fault_before_and_after_effect(void **state)
{
	NB_CLEANUP(nb_model_freep) struct nb_model *model = with_bond(0);
	NB_CLEANUP(nb_state_freep) struct nb_state *seen = NULL;
	struct nb_link *bond;

	nb_model_fail(model, 2, ENOBUFS, false);
	assert_int_equal(run(model, "link bond0 mtu=1400"), 0);
	assert_int_equal(run(model, "link bond0 mtu=1300"), -ENOBUFS);
	nb_model_fail(model, 3, EINTR, true);
	assert_int_equal(run(model, "set bond0 resend-igmp=9"), -EINTR);
	assert_int_equal(nb_model_ops(model), 3);
	assert_int_equal(nb_model_exec_ops()->observe(model, NULL, 0, &seen, NULL), 0);
	bond = nb_netns_find(seen->namespaces[0], "bond0");
	assert_int_equal(bond->mtu, 1400);
	assert_int_equal(nb_optset_u(&bond->bond, IFLA_BOND_RESEND_IGMP), 9);
}

static void test_model_kernel_counts_and_traces(void **state)
{
	NB_CLEANUP(nb_model_freep) struct nb_model *model = with_bond(0);

	assert_int_equal(nb_model_writes(model), 0);
	assert_int_equal(run(model, "wait bond0"), 0);
	assert_int_equal(run(model, "set bond0 mode=balance-rr"), -ENOTEMPTY);
	assert_int_equal(nb_model_ops(model), 2);
	assert_int_equal(nb_model_writes(model), 1);
	assert_non_null(strstr(nb_model_trace(model), "= ENOTEMPTY: unable to set option"));
}

static void test_model_kernel_witness(void **state)
{
	static const struct {
		const char *what, *lines[3];
		unsigned partner;
		enum nb_class class;
	} cases[] = {
		{ "an option that is taken live", { "set bond0 resend-igmp=3" }, 0, NB_CLASS_LIVE },
		{ "a backup slave that is released", { "release eth1" }, 0, NB_CLASS_SLAVE },
		{ "a slave that is bounced", { "link eth0 down", "link eth0 up" }, 0, NB_CLASS_SLAVE },
		{ "a bond that goes down", { "link bond0 down", "link bond0 up" }, 0, NB_CLASS_DOWN },
		{ "an address that goes", { "addr- bond0 192.0.2.1/24" }, 0, NB_CLASS_DOWN },
		{ "a route that goes", { "route- bond0 default via=192.0.2.254" }, 0, NB_CLASS_DOWN },
		{ "all slaves released", { "release eth0", "release eth1" }, 0, NB_CLASS_REBUILD },
		{ "a bond that is deleted", { "delete bond0" }, 0, NB_CLASS_REBUILD },
		{ "LACP ports bounced one after the other without waiting",
			{ "release eth0", "enslave eth0 bond0", "release eth1" }, 1, NB_CLASS_DOWN },
		{ "one LACP port bounced", { "release eth0", "enslave eth0 bond0" }, 1,
			NB_CLASS_SLAVE },
	};

	for (size_t i = 0; i < NB_ARRAY_SIZE(cases); i++) {
		NB_CLEANUP(nb_model_freep) struct nb_model *model = with_bond(cases[i].partner);
		const struct nb_model_witness *seen;

		NB_CASE("%s is %s", cases[i].what, nb_class_name(cases[i].class));
		for (size_t k = 0; k < 3 && cases[i].lines[k]; k++)
			assert_int_equal(run(model, cases[i].lines[k]), 0);
		seen = nb_model_witness(model, "", "bond0");
		assert_non_null(seen);
		assert_int_equal(nb_model_witness_class(seen), cases[i].class);
	}
}

static void test_model_kernel_copy_behaves_like_the_original(void **state)
{
	NB_CLEANUP(nb_model_freep) struct nb_model *model = with_bond(0), *copy = NULL;
	NB_CLEANUP(nb_state_freep) struct nb_state *seen = NULL;
	struct nb_link *link;

	assert_int_equal(run(model, "set bond0 primary=eth1 updelay=300 arp-ip-target=192.0.2.9"), 0);
	assert_int_equal(nb_model_exec_ops()->observe(model, NULL, 0, &seen, NULL), 0);
	copy = nb_model_new(seen);
	assert_non_null(copy);
	assert_int_equal(run(copy, "set bond0 miimon=50"), 0);
	assert_int_equal(run(copy, "release eth1"), 0);
	seen = nb_state_free(seen);
	assert_int_equal(nb_model_exec_ops()->observe(copy, NULL, 0, &seen, NULL), 0);
	link = nb_netns_find(seen->namespaces[0], "bond0");
	assert_int_equal(nb_optset_u(&link->bond, IFLA_BOND_UPDELAY), 150);
	assert_false(nb_optset_has(&link->bond, IFLA_BOND_PRIMARY));
	assert_string_equal(nb_optset_get(&link->bond, IFLA_BOND_ACTIVE_SLAVE).name, "eth0");
	assert_int_equal(link->n_addresses, 2);
	assert_int_equal(link->n_routes, 1);
	link = nb_netns_find(seen->namespaces[0], "eth1");
	assert_memory_equal(link->mac, link->permanent_mac, 6);
	assert_false(nb_link_is_up(link));
	assert_string_equal(nb_model_primary(copy, "", "bond0"), "eth1");
}

static void test_model_kernel_known_attributes_are_those_dumped(void **state)
{
	NB_CLEANUP(nb_model_freep) struct nb_model *model = nb_model_new(NULL);
	NB_CLEANUP(nb_state_freep) struct nb_state *seen = NULL;

	assert_int_equal(nb_model_exec_ops()->observe(model, NULL, 0, &seen, NULL), 0);
	assert_true(seen->known[NB_SCOPE_BOND] == 0);
	seen = nb_state_free(seen);
	assert_int_equal(run(model, "create bond0"), 0);
	assert_int_equal(nb_model_exec_ops()->observe(model, NULL, 0, &seen, NULL), 0);
	assert_true(seen->known[NB_SCOPE_BOND] & NB_BIT(IFLA_BOND_COUPLED_CONTROL));
	assert_false(seen->known[NB_SCOPE_BOND] & NB_BIT(IFLA_BOND_LACP_STRICT));
	assert_false(seen->known[NB_SCOPE_BOND] & NB_BIT(IFLA_BOND_AD_USER_PORT_KEY));
}

static void test_model_kernel_actor_key_is_taken_when_enslaved(void **state)
{
	NB_CLEANUP(nb_model_freep) struct nb_model *model = with_bond(1);

	assert_int_equal(nb_model_actor_key(model, "", "eth0"), 15);
	assert_int_equal(run(model, "link bond0 down"), 0);
	assert_int_equal(run(model, "set bond0 ad-user-port-key=5"), 0);
	assert_int_equal(nb_model_actor_key(model, "", "eth0"), 15);
	assert_int_equal(run(model, "release eth0"), 0);
	assert_int_equal(nb_model_actor_key(model, "", "eth0"), -ENODEV);
	assert_int_equal(run(model, "enslave eth0 bond0"), 0);
	assert_int_equal(nb_model_actor_key(model, "", "eth0"), 5 << 6 | 15);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_model_kernel_bonds),
		cmocka_unit_test(test_model_kernel_slaves),
		cmocka_unit_test(test_model_kernel_l3),
		cmocka_unit_test(test_model_kernel_lacp),
		cmocka_unit_test(test_model_kernel_switches),
		cmocka_unit_test(test_model_kernel_fault_before_and_after_effect),
		cmocka_unit_test(test_model_kernel_counts_and_traces),
		cmocka_unit_test(test_model_kernel_witness),
		cmocka_unit_test(test_model_kernel_copy_behaves_like_the_original),
		cmocka_unit_test(test_model_kernel_known_attributes_are_those_dumped),
		cmocka_unit_test(test_model_kernel_actor_key_is_taken_when_enslaved),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
