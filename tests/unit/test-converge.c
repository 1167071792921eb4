/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* How a run ends, and what it tells. */
#include "tests/unit/converge-world.h"

/* ---- results ---- */

static void test_converge_leads_there_in_one_pass_and_then_writes_nothing(void **state)
{
	struct world w;

	world_start(&w);
	assert_int_equal(world_run(&w, AB), NB_RESULT_CONVERGED);
	assert_int_equal(w.passes, 1);
	assert_int_equal(w.done, w.n_ops);
	assert_int_equal(w.done, 4);
	assert_slaves(&w, "bond0 eth0 eth1");
	assert_int_equal(world_run(&w, AB), NB_RESULT_CONVERGED);
	assert_int_equal(w.passes, 0);
	assert_int_equal(nb_model_writes(w.model), 0);
	world_done(&w);
}

static void test_converge_counts_a_missing_slave_as_no_matter(void **state)
{
	struct world w;

	world_start(&w);
	assert_int_equal(world_run(&w, "bonds: {bond0: {mode: active-backup, slaves: [eth9, eth1]}}\n"),
		NB_RESULT_CONVERGED);
	assert_said(&w, "note: bond0: waits for slave eth9 (there is no such device yet) = \n");
	assert_slaves(&w, "bond0 eth1");
	world_done(&w);
}

static void test_converge_holds_what_is_above_the_limit_and_does_the_rest(void **state)
{
	struct world w;

	world_start(&w);
	world_run(&w, "bonds: {bond0: {mode: 802.3ad, slaves: [eth0, eth1]}}\n");
	w.limit = NB_CLASS_LIVE;
	assert_int_equal(world_run(&w, "bonds: {bond0: {mode: 802.3ad, slaves: [eth0, eth1],\n"
				       "  lacp-rate: fast, min-links: 1}}\n"),
		NB_RESULT_HELD);
	assert_int_equal(option_of(&w, "bond0", IFLA_BOND_AD_LACP_RATE), 0);
	assert_int_equal(option_of(&w, "bond0", IFLA_BOND_MIN_LINKS), 1);
	assert_int_equal(w.diag.n_errors, 0);
	world_done(&w);
}

static void test_converge_never_removes_a_bond_with_a_vlan_unasked(void **state)
{
	struct world w;

	world_start(&w);
	world_run(&w, AB);
	world_foreign(&w, "vlan");
	w.not_asked = true;
	assert_int_equal(world_run(&w, "bonds: {}\n"), NB_RESULT_HELD);
	assert_true(is_there(&w, "bond0.5"));
	w.not_asked = false;
	assert_int_equal(world_run(&w, "bonds: {}\n"), NB_RESULT_CONVERGED);
	assert_false(is_there(&w, "bond0"));
	world_done(&w);
}

static void test_converge_leaves_the_rest_when_a_wait_runs_out(void **state)
{
	struct world w;
	uint64_t start;

	world_start(&w);
	world_run(&w, "bonds:\n"
		      "  bond0: {mode: active-backup, slaves: [eth0]}\n"
		      "  bond1: {mode: active-backup, slaves: [eth2]}\n");
	nb_model_set_carrier(w.model, "", "eth1", false);
	start = w.now_ms;
	assert_int_equal(world_run(&w, "bonds:\n"
				       "  bond0: {mode: active-backup, slaves: [eth1]}\n"
				       "  bond1: {mode: active-backup, slaves: [eth2, eth3]}\n"),
		NB_RESULT_PENDING);
	assert_said(&w,
		"warning: bond0: gave up to wait until a slave of bond0 other than eth0 is usable "
		"(at most 5 s); the steps that need it are left = mend the links (see `ip -d link "
		"show`), then apply again\n");
	assert_slaves(&w, "bond0 eth0 eth1");
	assert_slaves(&w, "bond1 eth2 eth3");
	NB_CASE("it gave up after %u ms", (unsigned)(w.now_ms - start));
	assert_in_range(w.now_ms - start, 5000, 5400);
	world_done(&w);
}

static void test_converge_goes_on_when_the_wait_is_fulfilled(void **state)
{
	struct world w;

	world_start(&w);
	nb_model_knobs(w.model)->lacp_ticks = 30;
	world_run(&w, "bonds: {bond0: {mode: 802.3ad, slaves: [eth0]}}\n");
	nb_model_tick(w.model, 40);
	assert_int_equal(world_run(&w, "bonds: {bond0: {mode: 802.3ad, slaves: [eth1]}}\n"),
		NB_RESULT_CONVERGED);
	assert_true(w.n_ops > 20); /* it asked again and again */
	assert_slaves(&w, "bond0 eth1");
	world_done(&w);
}

/* How long it takes until a slave goes when look @gone at the other one finds it not usable. */
static uint64_t ms_to_release(struct world *w, unsigned gone)
{
	uint64_t start;

	world_start(w);
	world_run(w, "bonds: {bond0: {mode: 802.3ad, slaves: [eth0, eth1]}}\n");
	nb_model_tick(w->model, 40);
	start = w->now_ms;
	w->fault.number = gone;
	w->fault.error = EAGAIN;
	assert_int_equal(world_run(w, "bonds: {bond0: {mode: 802.3ad, slaves: [eth0]}}\n"),
		NB_RESULT_CONVERGED);
	assert_slaves(w, "bond0 eth0");
	return w->now_ms - start;
}

static void test_converge_trusts_a_port_that_stays_usable(void **state)
{
	struct world w;

	assert_int_equal(ms_to_release(&w, 0), 1000);
	world_done(&w);
	assert_int_equal(ms_to_release(&w, 6), 1600);
	world_done(&w);
}

/* A port is out of sync until its partner has heard its new priority. */
static void test_converge_gives_ports_a_priority_one_at_a_time(void **state)
{
	static const char *const order[] = { "other than eth0 has been usable",
		"set slave eth0: actor-port-prio 255 -> 9", "other than eth1 has been usable",
		"set slave eth1: queue-id 0 -> 3", "set slave eth1: actor-port-prio 255 -> 8" };
	struct world w;
	const char *at;

	world_start(&w);
	nb_model_knobs(w.model)->kernel = nb_model_linux_7_2;
	nb_model_set_partner(w.model, "", "eth0", 1);
	nb_model_set_partner(w.model, "", "eth1", 1);
	world_run(&w, "bonds: {bond0: {mode: 802.3ad, slaves: [eth0]}}\n");
	nb_model_tick(w.model, 40);
	/* One usable port, and another one comes. */
	w.limit = NB_CLASS_SLAVE;
	assert_int_equal(world_run(&w, "bonds: {bond0: {mode: 802.3ad, slaves: [eth1,\n"
				       "  {name: eth0, actor-port-prio: 9}]}}\n"),
		NB_RESULT_CONVERGED);
	assert_int_equal(w.passes, 1);
	at = nb_model_trace(w.model);
	for (size_t i = 0; i < 2; i++)
		assert_non_null(at = strstr(at, order[i]));
	/* What costs nothing does not wait. */
	assert_int_equal(world_run(&w, "bonds: {bond0: {mode: 802.3ad, slaves: [{name: eth1,\n"
				       "  queue-id: 3, actor-port-prio: 8}, {name: eth0, actor-port-prio: 9}]}}\n"),
		NB_RESULT_CONVERGED);
	at = nb_model_trace(w.model);
	assert_non_null(strstr(at, order[3]));
	assert_non_null(at = strstr(at, order[2]));
	assert_non_null(strstr(at, order[4]));
	world_done(&w);
}

/* A slave that leaves and comes in again has lost the priority it was given before. */
static void test_converge_keeps_priorities_where_it_changes_the_order(void **state)
{
	struct world w;

	world_start(&w);
	nb_model_knobs(w.model)->kernel = nb_model_linux_7_2;
	for (unsigned i = 0; i < 2; i++)
		nb_model_set_partner(w.model, "", i ? "eth1" : "eth0", 1);
	world_run(&w, "bonds: {bond0: {mode: 802.3ad, slaves: [eth0, eth1]}}\n");
	nb_model_tick(w.model, 40);
	w.reorder = true;
	assert_int_equal(world_run(&w, "bonds: {bond0: {mode: 802.3ad, slaves: [eth1,\n"
				       "  {name: eth0, actor-port-prio: 9}]}}\n"),
		NB_RESULT_CONVERGED);
	assert_int_equal(w.passes, 1);
	assert_slaves(&w, "bond0 eth1 eth0");
	world_done(&w);
}

static void test_converge_fails_for_one_bond_and_mends_the_others(void **state)
{
	struct world w;

	world_start(&w);
	assert_int_equal(world_run(&w, "bonds:\n"
				       "  eth5: {mode: active-backup, slaves: [eth2]}\n"
				       "  bond0: {mode: active-backup, slaves: [eth0, eth1]}\n"),
		NB_RESULT_FAILED);
	assert_said(&w, "error: eth5: eth5 exists and is no bond but a device = rename or remove "
			"that device, or give the bond another name\n");
	assert_slaves(&w, "bond0 eth0 eth1");
	world_done(&w);
}

static void test_converge_does_nothing_when_the_configuration_cannot_be_resolved(void **state)
{
	struct world w;

	world_start(&w);
	assert_int_equal(world_run(&w, "bonds:\n"
				       "  bond0: {mode: active-backup, slaves: [eth0, lan0]}\n"),
		NB_RESULT_CONVERGED);
	world_run(&w, "bonds: {}\n");
	nb_model_knobs(w.model)->kernel.known[NB_SCOPE_BOND] &= ~NB_BIT(IFLA_BOND_LACP_STRICT);
	world_foreign(&w, "create other mode=active-backup");
	assert_int_equal(world_run(&w, "bonds:\n"
				       "  bond0: {mode: 802.3ad, slaves: [eth0], min-links: 1,\n"
				       "    lacp-strict: true}\n"),
		NB_RESULT_FAILED);
	assert_int_equal(w.r, 0);
	assert_said(&w, "error: bond0: this kernel does not know lacp-strict = take it out; it came "
			"with Linux 7.2\n");
	assert_int_equal(nb_model_writes(w.model), 0);
	world_done(&w);
}

static void test_converge_fails_when_it_cannot_observe(void **state)
{
	struct world w;

	world_start(&w);
	w.observe_r = -EBADMSG;
	assert_int_equal(world_run(&w, AB), NB_RESULT_FAILED);
	assert_int_equal(w.r, 0);
	assert_said(&w, "error: : the kernel has no bonding driver = \n");
	w.observe_r = -ENOMEM;
	assert_int_equal(world_run(&w, AB), NB_RESULT_FAILED);
	assert_int_equal(w.r, -ENOMEM);
	assert_int_equal(nb_model_writes(w.model), 0);
	world_done(&w);
}

static void test_converge_leaves_a_gated_bond_alone(void **state)
{
	struct world w;

	world_start(&w);
	world_run(&w, AB);
	world_foreign(&w, "set bond0 miimon=70");
	w.gate = "drift is ignored";
	assert_int_equal(world_run(&w, AB), NB_RESULT_HELD);
	assert_int_equal(option_of(&w, "bond0", IFLA_BOND_MIIMON), 70);
	w.gate = NULL;
	assert_int_equal(world_run(&w, AB), NB_RESULT_CONVERGED);
	assert_int_equal(option_of(&w, "bond0", IFLA_BOND_MIIMON), 100);
	world_done(&w);
}

/* ---- what the kernel ignored ---- */

static void test_converge_tells_an_option_the_kernel_ignored_once_and_blocks_it(void **state)
{
	struct world w;

	world_start(&w);
	world_run(&w, AB);
	nb_model_knobs(w.model)->ignored[NB_SCOPE_BOND] = NB_BIT(IFLA_BOND_RESEND_IGMP);
	assert_int_equal(world_run(&w, "bonds: {bond0: {mode: active-backup, slaves: [eth0, eth1],\n"
				       "  resend-igmp: 7, num-grat-arp: 3}}\n"),
		NB_RESULT_FAILED);
	assert_said(&w, "error: bond0: the kernel took resend-igmp without a word and ignored it = "
			"this kernel may not know it, or another tool sets it back\n");
	assert_int_equal(option_of(&w, "bond0", IFLA_BOND_NUM_PEER_NOTIF), 3);
	assert_int_equal(w.passes, 1);
	world_done(&w);
}

static void test_converge_tells_a_slave_option_the_kernel_ignored(void **state)
{
	struct world w;

	world_start(&w);
	nb_model_knobs(w.model)->ignored[NB_SCOPE_SLAVE] = NB_BIT(IFLA_BOND_SLAVE_PRIO);
	assert_int_equal(world_run(&w, "bonds: {bond0: {mode: active-backup,\n"
				       "  slaves: [{name: eth0, prio: 5}, eth1]}}\n"),
		NB_RESULT_FAILED);
	assert_said(&w, "error: bond0: the kernel took prio without a word and ignored it = this "
			"kernel may not know it, or another tool sets it back\n");
	world_done(&w);
}

static void test_converge_tells_an_address_that_did_not_last(void **state)
{
	struct world w;

	world_start(&w);
	w.fault = (struct world_fault){
		.describe = "add address 192.0.2.1/24 on bond0", .ignore = true
	};
	assert_int_equal(world_run(&w, "bonds: {bond0: {mode: active-backup, slaves: [eth0],\n"
				       "  addresses: [192.0.2.1/24, 198.51.100.1/24]}}\n"),
		NB_RESULT_FAILED);
	assert_said(&w, "error: bond0: done with success and not there afterwards: add address "
			"192.0.2.1/24 on bond0 = does another tool manage the same device?\n");
	assert_int_equal(w.passes, 1);
	world_done(&w);
}

static void test_converge_does_not_miss_a_primary_that_is_no_slave_yet(void **state)
{
	static const char config[] =
		"bonds:\n"
		"  bond0: {mode: active-backup, slaves: [eth2, eth0], primary: eth0}\n"
		"  bond1: {mode: active-backup, slaves: [eth1]}\n";
	struct world w;

	world_start(&w);
	world_run(&w, "bonds: {bond1: {mode: active-backup, slaves: [eth0]}}\n");
	nb_model_set_carrier(w.model, "", "eth0", false);
	nb_model_tick(w.model, 1);
	/* That bond1 gives eth0 away is more than this limit: bond0 has no such slave, and waits. */
	w.limit = NB_CLASS_LIVE;
	assert_int_equal(world_run(&w, config), NB_RESULT_HELD);
	assert_int_equal(w.passes, 1);
	assert_said(&w, "");
	assert_slaves(&w, "bond0 eth2");
	/* Once bond1 has eth1 it may, and in the same plan: it waits for eth1. */
	w.limit = NB_CLASS_SLAVE;
	assert_int_equal(world_run(&w, config), NB_RESULT_CONVERGED);
	assert_int_equal(w.passes, 1);
	assert_said(&w, "");
	assert_slaves(&w, "bond0 eth2 eth0");
	world_done(&w);
}

static void set_back(struct world *w, const struct nb_op *op)
{
	world_foreign(w, "set bond0 miimon=70");
}

static void test_converge_does_not_fight_with_another_tool(void **state)
{
	struct world w;

	world_start(&w);
	world_run(&w, AB);
	world_foreign(&w, "set bond0 miimon=70");
	w.on_after = set_back;
	assert_int_equal(world_run(&w, AB), NB_RESULT_FAILED);
	assert_said(&w, "error: bond0: the kernel took miimon without a word and ignored it = this "
			"kernel may not know it, or another tool sets it back\n");
	assert_int_equal(w.n_ops, 1);
	world_done(&w);
}

static unsigned meddlings;

static void meddle(struct world *w, const struct nb_op *op)
{
	static const char *const lines[] = { "set bond0 miimon=70", "set bond0 resend-igmp=7",
		"set bond0 num-grat-arp=9", "set bond0 all-slaves-active=1",
		"set bond0 primary-reselect=failure", "set bond0 updelay=300",
		"set bond0 downdelay=300", "slave eth0 queue-id=2", "slave eth1 queue-id=3" };

	if (meddlings < NB_ARRAY_SIZE(lines))
		world_foreign(w, lines[meddlings++]);
}

static void test_converge_gives_up_when_something_else_changes_each_time(void **state)
{
	struct world w;

	world_start(&w);
	world_run(&w, AB);
	world_foreign(&w, "set bond0 updelay=500");
	w.on_after = meddle;
	meddlings = 0;
	assert_int_equal(world_run(&w, AB), NB_RESULT_FAILED);
	assert_said(&w, "error: : the state does not settle: after 8 plans there is still a difference = "
			"does another tool manage the same devices?\n");
	world_done(&w);
}

/* ---- what failed ---- */

/* NetworkManager sets all its addresses so: without the flag each would get a second route. */
static void test_converge_gives_a_refused_nic_its_addresses_back_as_they_were(void **state)
{
	struct world w;
	struct nb_state *now;
	const struct nb_link *nic;
	unsigned n = 0;

	world_start(&w);
	world_foreign(&w, "addr+ eth0 198.51.100.5/24 noprefixroute\n"
			  "addr+ eth0 2001:db8:5::5/64 nodad noprefixroute");
	w.fault = (struct world_fault){ .describe = "enslave eth0 to bond0 (down first)",
		.error = EOPNOTSUPP };
	assert_int_equal(world_run(&w, AB), NB_RESULT_FAILED);
	now = world_observe(&w);
	nic = nb_netns_find(now->namespaces[0], "eth0");
	assert_true(w.has_failed && !nic->master);
	for (size_t i = 0; i < nic->n_addresses; i++)
		n += nb_address_global(&nic->addresses[i]) &&
		     nic->addresses[i].flags & IFA_F_NOPREFIXROUTE;
	assert_int_equal(n, 2);
	nb_state_free(now);
	world_done(&w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_converge_leads_there_in_one_pass_and_then_writes_nothing),
		cmocka_unit_test(test_converge_counts_a_missing_slave_as_no_matter),
		cmocka_unit_test(test_converge_holds_what_is_above_the_limit_and_does_the_rest),
		cmocka_unit_test(test_converge_never_removes_a_bond_with_a_vlan_unasked),
		cmocka_unit_test(test_converge_leaves_the_rest_when_a_wait_runs_out),
		cmocka_unit_test(test_converge_goes_on_when_the_wait_is_fulfilled),
		cmocka_unit_test(test_converge_trusts_a_port_that_stays_usable),
		cmocka_unit_test(test_converge_gives_ports_a_priority_one_at_a_time),
		cmocka_unit_test(test_converge_keeps_priorities_where_it_changes_the_order),
		cmocka_unit_test(test_converge_fails_for_one_bond_and_mends_the_others),
		cmocka_unit_test(test_converge_does_nothing_when_the_configuration_cannot_be_resolved),
		cmocka_unit_test(test_converge_fails_when_it_cannot_observe),
		cmocka_unit_test(test_converge_leaves_a_gated_bond_alone),
		cmocka_unit_test(test_converge_tells_an_option_the_kernel_ignored_once_and_blocks_it),
		cmocka_unit_test(test_converge_tells_a_slave_option_the_kernel_ignored),
		cmocka_unit_test(test_converge_tells_an_address_that_did_not_last),
		cmocka_unit_test(test_converge_does_not_miss_a_primary_that_is_no_slave_yet),
		cmocka_unit_test(test_converge_does_not_fight_with_another_tool),
		cmocka_unit_test(test_converge_gives_up_when_something_else_changes_each_time),
		cmocka_unit_test(test_converge_gives_a_refused_nic_its_addresses_back_as_they_were),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
