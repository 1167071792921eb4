/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tests/unit/yaml-round.h"

#include <glob.h>
#include <stdio.h>
#include <stdlib.h>

static void test_config_text_is_canonical(void **state)
{
	NB_CLEANUP(nb_text_done) struct nb_text text = { 0 };
	NB_CLEANUP(nb_config_freep) struct nb_config *config = config_of(
		"bonds:\n"
		"  b:\n"
		"    link_local: off\n"
		"    routes: [{onlink: 1, via: 192.0.2.1, to: default}, {to: \"::/0\", metric: 7}]\n"
		"    addresses: [{label: 'b:1', address: 192.0.2.2/24}, 2001:DB8:0::1/64]\n"
		"    mac: {permanent_of: \"on\"}\n"
		"    xmit_hash_policy: 1\n"
		"    num_unsol_na: 2\n"
		"    arp-ip-target: 192.0.2.1\n"
		"    slaves: [{name: \"on\"}, {prio: -1, name: eth1}, {match: {name: 'e*'}}]\n"
		"    mode: 1\n"
		"  c: {namespace: ns1, name: bond1, absent: yes}\n"
		"namespaces: {ns1: {}, m: {share: {net: ns1}}, o: {types: []}}\n"
		"settings: {auto_disruption: live}\n");

	config_round(config, &text);
	assert_string_equal(text.text,
		"version: 1\n"
		"settings:\n"
		"  auto-disruption: live\n"
		"namespaces:\n"
		"  ns1: {}\n"
		"  m: {share: {net: ns1}}\n"
		"  o: {types: []}\n"
		"bonds:\n"
		"  b:\n"
		"    mode: active-backup\n"
		"    slaves:\n"
		"    - \"on\"\n"
		"    - {name: eth1, prio: -1}\n"
		"    - {match: {name: e*}}\n"
		"    arp-ip-target: [192.0.2.1]\n"
		"    xmit-hash-policy: layer3+4\n"
		"    num-grat-arp: 2\n"
		"    mac: {permanent-of: \"on\"}\n"
		"    addresses:\n"
		"    - {address: 192.0.2.2/24, label: 'b:1'}\n"
		"    - 2001:db8::1/64\n"
		"    routes:\n"
		"    - {to: default, via: 192.0.2.1, onlink: true}\n"
		"    - {to: '::/0', metric: 7}\n"
		"    link-local: false\n"
		"  c:\n"
		"    name: bond1\n"
		"    namespace: ns1\n"
		"    absent: true\n");
}

/* What another reader of YAML would take for a number, a boolean, a date or nothing. */
static void test_texts_that_look_like_something_else_are_quoted(void **state)
{
	static const char *const quoted[] = { "on", "Off", "y", "N", "no", "true", "null", "~", "1",
		"0x1f", "0o7", "1e5", "1_000", "-1", "+1", ".5", ".inf", "2001-01-01", "12:34",
		"52:54:00:12:34:56", "1.5", "010", "=", "<<" };
	static const char *const plain[] = { "eth0", "802.3ad", "192.0.2.1", "eno1np0", "e1", "none",
		"1a" };

	for (size_t i = 0; i < NB_ARRAY_SIZE(quoted) + NB_ARRAY_SIZE(plain); i++) {
		NB_CLEANUP(nb_config_freep) struct nb_config *config = nb_config_new();
		NB_CLEANUP(nb_text_done) struct nb_text text = { 0 }, expected = { 0 };
		bool is_plain = i >= NB_ARRAY_SIZE(quoted);
		const char *word = is_plain ? plain[i - NB_ARRAY_SIZE(quoted)] : quoted[i];
		struct nb_bond *bond = nb_config_add_bond(config, "b");
		struct nb_slave_spec *slave = nb_bond_add_slave(bond);

		NB_CASE("%s", word);
		bond->named = NB_KEY_SLAVES;
		slave->match.driver = strdup(word);
		config_round(config, &text);
		nb_text_add(&expected, is_plain ? "driver: %s}" : "driver: \"%s\"}", word);
		if (!strstr(text.text, expected.text))
			fail_msg("%s not in %s", expected.text, text.text);
	}
}

/* Every row, at both ends of its range and with each of its names. */
static void test_each_option_survives_a_round_trip(void **state)
{
	size_t n = 0;

	nb_foreach_option(row, attr, NB_SCOPE_BOND) {
		uint64_t values[16] = { 0 };
		size_t n_values = 0;

		if (!nb_option_writable(row) || row->type->is_pointer)
			continue;
		for (const struct nb_name *name = row->names; name && name->name; name++)
			values[n_values++] = name->value;
		if (!row->names) {
			values[n_values++] = (uint64_t)row->min;
			values[n_values++] = row->type == &nb_type_mac ? 0x665544332202 :
									 (uint64_t)row->max;
		}
		for (size_t i = 0; i < n_values; i++, n++) {
			NB_CLEANUP(nb_config_freep) struct nb_config *config = config_of(
				"bonds: {b: {slaves: []}}");
			NB_CLEANUP(nb_text_done) struct nb_text text = { 0 };
			struct nb_optset *opts = &config->bonds[0]->opts;

			assert_int_equal(nb_optset_set(opts, attr,
						 (union nb_value){ .u = values[i] }), 0);
			assert_int_equal(nb_optset_name(opts, attr, NULL), 0);
			config_round(config, &text);
		}
	}
	print_message("%zu values\n", n);
	assert_true(n > 60);
}

static char *read_text(const char *path)
{
	FILE *file = fopen(path, "r");
	char *text = calloc(1, 1 << 20);

	assert_non_null(file);
	assert_non_null(text);
	assert_true(fread(text, 1, (1 << 20) - 1, file) > 0);
	fclose(file);
	return text;
}

static void test_files_survive_a_round_trip(void **state)
{
	static const char *const patterns[] = { NB_SOURCE_ROOT "/conf/examples/*.yaml",
		NB_SOURCE_ROOT "/tests/golden/*/desired.yaml",
		NB_SOURCE_ROOT "/tests/golden/*/observed.yaml" };

	for (size_t i = 0; i < NB_ARRAY_SIZE(patterns); i++) {
		glob_t found;

		assert_int_equal(glob(patterns[i], 0, NULL, &found), 0);
		for (size_t j = 0; j < found.gl_pathc; j++) {
			NB_CLEANUP(nb_freep) char *text = read_text(found.gl_pathv[j]);
			NB_CLEANUP(nb_text_done) struct nb_text out = { 0 };

			NB_CASE("%s", found.gl_pathv[j] + strlen(NB_SOURCE_ROOT) + 1);
			if (strstr(found.gl_pathv[j], "observed")) {
				NB_CLEANUP(nb_state_freep) struct nb_state *s = state_of(text);

				state_round(s, &out);
			} else {
				NB_CLEANUP(nb_config_freep) struct nb_config *c = config_of(text);

				config_round(c, &out);
			}
		}
		globfree(&found);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_config_text_is_canonical),
		cmocka_unit_test(test_texts_that_look_like_something_else_are_quoted),
		cmocka_unit_test(test_each_option_survives_a_round_trip),
		cmocka_unit_test(test_files_survive_a_round_trip),
	};

	return cmocka_run_group_tests_name("yaml-emit", tests, NULL, NULL);
}
