/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tests/unit/unit.h"

#include <errno.h>
#include <string.h>

#include "lib/core/rules.h"
#include "tests/unit/config-text.h"

/* The options of the only bond of @text. */
static struct nb_optset *options_of(struct nb_config *config)
{
	assert_int_equal(config->n_bonds, 1);
	return &config->bonds[0]->opts;
}

static void add_values(const struct nb_optset *opts, struct nb_text *out)
{
	nb_foreach_bit(attr, opts->present)
	{
		const struct nb_option *row = nb_option_get(opts->scope, attr);

		nb_text_add(out, "%s%s=", out->length ? " " : "", row->name);
		row->type->format(row, nb_optset_get(opts, attr), out);
	}
}

static void test_every_problem_is_told_in_one_run(void **state)
{
	NB_CLEANUP(nb_config_freep)
	struct nb_config *config = config_from_text(
		"bond:bond0 lacp-rate=fast mac=01:00:00:00:00:00 mtu=1 slave:lo address=::/0 "
		"route=default bond:bond1 namespace=x name=bond1 slave:lo");
	NB_CLEANUP(nb_diag_done) struct nb_diag diag = { 0 };

	assert_int_equal(nb_rules_check(config, &diag), -EBADMSG);
	assert_int_equal(diag.n_errors, 8);
}

static void test_earlier_errors_are_not_ours(void **state)
{
	NB_CLEANUP(nb_config_freep) struct nb_config *config = config_from_text("bond:bond0");
	NB_CLEANUP(nb_diag_done) struct nb_diag diag = { 0 };

	assert_int_equal(nb_diag_error(&diag, NULL, NULL, "before"), -EBADMSG);
	assert_int_equal(nb_rules_check(config, &diag), 0);
}

static void test_defaults_fill_what_the_file_is_silent_on(void **state)
{
	static const struct {
		const char *sentence, *config, *values;
	} cases[] = {
		{ "balance-rr is the default mode, with miimon 100", "bond:b",
			"mode=balance-rr miimon=100 updelay=0 downdelay=0 use-carrier=true "
			"arp-interval=0 arp-ip-target=none resend-igmp=1 packets-per-slave=1 "
			"ns-ip6-target=none" },
		{ "ARP monitoring turns miimon off and its own options on",
			"bond:b mode=1 arp-interval=500 arp-ip-target=192.0.2.1",
			"mode=active-backup miimon=0 use-carrier=true arp-interval=500 "
			"arp-ip-target=192.0.2.1 arp-validate=none arp-all-targets=any "
			"primary=none primary-reselect=always fail-over-mac=none resend-igmp=1 "
			"num-grat-arp=1 all-slaves-active=false arp-missed-max=2 "
			"ns-ip6-target=none" },
		{ "without monitoring no delay is sent", "bond:b mode=balance-xor miimon=0",
			"mode=balance-xor miimon=0 use-carrier=true arp-interval=0 "
			"arp-ip-target=none xmit-hash-policy=layer2 ns-ip6-target=none" },
		{ "802.3ad has the rows of LACP and none of ARP", "bond:b mode=802.3ad min-links=1",
			"mode=802.3ad miimon=100 updelay=0 downdelay=0 use-carrier=true "
			"xmit-hash-policy=layer2 num-grat-arp=1 all-slaves-active=false "
			"min-links=1 lacp-rate=slow ad-select=stable ad-actor-sys-prio=65535 "
			"ad-user-port-key=0 ad-actor-system=00:00:00:00:00:00 "
			"peer-notif-delay=0 lacp-active=true coupled-control=true "
			"broadcast-neighbor=false lacp-strict=false" },
		{ "what is written stays, idle rows too", "bond:b mode=0 miimon=50 min-links=2",
			"mode=balance-rr miimon=50 updelay=0 downdelay=0 use-carrier=true "
			"arp-interval=0 arp-ip-target=none resend-igmp=1 min-links=2 "
			"packets-per-slave=1 ns-ip6-target=none" },
	};

	for (size_t i = 0; i < NB_ARRAY_SIZE(cases); i++) {
		NB_CLEANUP(nb_config_freep)
		struct nb_config *config = config_from_text(cases[i].config);
		NB_CLEANUP(nb_text_done) struct nb_text text = { 0 };
		struct nb_optset *opts = options_of(config);
		uint64_t named = nb_optset_named(opts);

		NB_CASE("%s", cases[i].sentence);
		assert_int_equal(nb_rules_defaults(opts), 0);
		add_values(opts, &text);
		assert_string_equal(text.text, cases[i].values);
		assert_int_equal(nb_optset_named(opts), named);
	}
}

static void test_defaults_are_stable_and_never_of_refused_rows(void **state)
{
	for (unsigned mode = 0; mode < NB_MODE_COUNT; mode++) {
		NB_CLEANUP(nb_optset_done) struct nb_optset opts = { .scope = NB_SCOPE_BOND };
		uint64_t present;

		NB_CASE("mode %s", nb_mode_name(mode));
		assert_int_equal(
			nb_optset_set(&opts, IFLA_BOND_MODE, (union nb_value){ .u = mode }), 0);
		assert_int_equal(nb_rules_defaults(&opts), 0);
		present = opts.present;
		assert_int_equal(nb_rules_defaults(&opts), 0);
		assert_int_equal(opts.present, present);
		nb_foreach_option(row, attr, NB_SCOPE_BOND)
		{
			bool sent = nb_rules_applicable(row, &opts, false);

			assert_int_equal(nb_optset_has(&opts, attr), sent);
			if (!nb_option_writable(row) || (row->refused & NB_MODE(mode)))
				assert_false(sent);
		}
	}
}

static void test_slave_defaults_follow_the_mode(void **state)
{
	static const struct {
		unsigned mode;
		const char *values;
	} cases[] = {
		{ BOND_MODE_ROUNDROBIN, "queue-id=0" },
		{ BOND_MODE_ACTIVEBACKUP, "queue-id=0 prio=0" },
		{ BOND_MODE_8023AD, "queue-id=0 actor-port-prio=255" },
		{ BOND_MODE_ALB, "queue-id=0 prio=0" },
	};

	for (size_t i = 0; i < NB_ARRAY_SIZE(cases); i++) {
		NB_CLEANUP(nb_optset_done) struct nb_optset opts = { .scope = NB_SCOPE_SLAVE };
		NB_CLEANUP(nb_text_done) struct nb_text text = { 0 };

		NB_CASE("mode %s", nb_mode_name(cases[i].mode));
		assert_int_equal(nb_rules_slave_defaults(&opts, cases[i].mode), 0);
		add_values(&opts, &text);
		assert_string_equal(text.text, cases[i].values);
	}
}

static void test_slave_defaults_leave_what_is_written(void **state)
{
	NB_CLEANUP(nb_optset_done) struct nb_optset opts = { .scope = NB_SCOPE_SLAVE };

	assert_int_equal(
		nb_optset_set(&opts, IFLA_BOND_SLAVE_PRIO, (union nb_value){ .s = -7 }), 0);
	assert_int_equal(nb_rules_slave_defaults(&opts, BOND_MODE_ACTIVEBACKUP), 0);
	assert_int_equal(nb_optset_get(&opts, IFLA_BOND_SLAVE_PRIO).s, -7);
}

static void test_applicable_says_what_is_sent(void **state)
{
	static const struct {
		const char *sentence, *config;
		enum nb_scope scope;
		unsigned attr;
		bool unnamed, named;
	} cases[] = {
		{ "a row of every mode", "bond:b", NB_SCOPE_BOND, IFLA_BOND_MIIMON, true, true },
		{ "a refused row", "bond:b mode=1", NB_SCOPE_BOND, IFLA_BOND_AD_LACP_RATE, false,
			false },
		{ "an idle row", "bond:b mode=1", NB_SCOPE_BOND, IFLA_BOND_MIN_LINKS, false, true },
		{ "a read-only row", "bond:b mode=4", NB_SCOPE_BOND, IFLA_BOND_AD_INFO, false,
			false },
		{ "a row of run time", "bond:b mode=1", NB_SCOPE_BOND, IFLA_BOND_ACTIVE_SLAVE,
			false, false },
		{ "a delay while miimon is on", "bond:b", NB_SCOPE_BOND, IFLA_BOND_UPDELAY, true,
			true },
		{ "a delay while miimon is off", "bond:b miimon=0", NB_SCOPE_BOND,
			IFLA_BOND_UPDELAY, false, false },
		{ "an idle delay while miimon is off", "bond:b miimon=0", NB_SCOPE_BOND,
			IFLA_BOND_PEER_NOTIF_DELAY, false, false },
		{ "a soft need that is off", "bond:b mode=1", NB_SCOPE_BOND, IFLA_BOND_MISSED_MAX,
			false, true },
		{ "a soft need that is on", "bond:b mode=1 arp-interval=100", NB_SCOPE_BOND,
			IFLA_BOND_MISSED_MAX, true, true },
		{ "a slave's row in its mode", "bond:b mode=1", NB_SCOPE_SLAVE,
			IFLA_BOND_SLAVE_PRIO, true, true },
		{ "a slave's row in another", "bond:b mode=4", NB_SCOPE_SLAVE, IFLA_BOND_SLAVE_PRIO,
			false, false },
		{ "a slave's state", "bond:b mode=4", NB_SCOPE_SLAVE, IFLA_BOND_SLAVE_MII_STATUS,
			false, false },
	};

	for (size_t i = 0; i < NB_ARRAY_SIZE(cases); i++) {
		NB_CLEANUP(nb_config_freep)
		struct nb_config *config = config_from_text(cases[i].config);
		const struct nb_option *row = nb_option_get(cases[i].scope, cases[i].attr);
		struct nb_optset *opts = options_of(config);

		NB_CASE("%s: %s", row->name, cases[i].sentence);
		for (unsigned filled = 0; filled < 2; filled++) {
			assert_int_equal(nb_rules_applicable(row, opts, false), cases[i].unnamed);
			assert_int_equal(nb_rules_applicable(row, opts, true), cases[i].named);
			assert_int_equal(nb_rules_defaults(opts), 0);
		}
	}
}

static void test_canonical_values_are_the_kernels(void **state)
{
	static const struct {
		const char *sentence, *config, *values;
	} cases[] = {
		{ "delays go down to multiples of miimon",
			"bond:b mode=1 miimon=100 updelay=250 downdelay=99 peer-notif-delay=300",
			"mode=active-backup miimon=100 updelay=200 downdelay=0 "
			"peer-notif-delay=300" },
		{ "also of its default", "bond:b updelay=150 downdelay=1000",
			"updelay=100 downdelay=1000" },
		{ "with miimon off nothing is divided", "bond:b miimon=0 updelay=150",
			"miimon=0 updelay=150" },
		{ "targets lose their order",
			"bond:b arp-ip-target=192.0.2.9,192.0.2.10,10.0.0.1 "
			"ns-ip6-target=2001:db8::2,2001:db8::1",
			"arp-ip-target=10.0.0.1, 192.0.2.9, 192.0.2.10 "
			"ns-ip6-target=2001:db8::1, 2001:db8::2" },
	};

	for (size_t i = 0; i < NB_ARRAY_SIZE(cases); i++) {
		NB_CLEANUP(nb_config_freep)
		struct nb_config *config = config_from_text(cases[i].config);
		struct nb_optset *opts = options_of(config);
		struct nb_mark mark = nb_optset_mark(opts, IFLA_BOND_UPDELAY);

		NB_CASE("%s", cases[i].sentence);
		for (unsigned twice = 0; twice < 2; twice++) {
			NB_CLEANUP(nb_text_done) struct nb_text text = { 0 };

			assert_int_equal(nb_rules_canonicalise(config), 0);
			add_values(opts, &text);
			assert_string_equal(text.text, cases[i].values);
		}
		assert_int_equal(nb_optset_mark(opts, IFLA_BOND_UPDELAY).column, mark.column);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_every_problem_is_told_in_one_run),
		cmocka_unit_test(test_earlier_errors_are_not_ours),
		cmocka_unit_test(test_defaults_fill_what_the_file_is_silent_on),
		cmocka_unit_test(test_defaults_are_stable_and_never_of_refused_rows),
		cmocka_unit_test(test_slave_defaults_follow_the_mode),
		cmocka_unit_test(test_slave_defaults_leave_what_is_written),
		cmocka_unit_test(test_applicable_says_what_is_sent),
		cmocka_unit_test(test_canonical_values_are_the_kernels),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
