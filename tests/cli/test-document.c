/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tests/unit/unit.h"

#include <string.h>

#include "cli/document.h"
#include "cli/option-words.h"

static char *printed(struct json_object *doc, enum nbc_format format)
{
	struct nbc nbc = { .program = "test", .width = 80 };
	char *text = NULL;
	size_t size;

	nbc.out = nbc.err = open_memstream(&text, &size);
	assert_non_null(nbc.out);
	nbc_doc_print(&nbc, format, doc);
	fclose(nbc.out);
	return text;
}

static void test_yaml_keeps_texts_texts(void **state)
{
	static const struct {
		const char *text, *yaml;
	} cases[] = {
		{ "plain", "plain" },
		{ "802.3ad", "\"802.3ad\"" },
		{ "100", "\"100\"" },
		{ "0x10", "\"0x10\"" },
		{ "-5", "\"-5\"" },
		{ "true", "\"true\"" },
		{ "Yes", "\"Yes\"" },
		{ "null", "\"null\"" },
		{ "~", "\"~\"" },
		{ "", "\"\"" },
		{ "52:54:00:12:34:56", "\"52:54:00:12:34:56\"" },
		{ "/etc/netbond", "/etc/netbond" },
	};

	for (size_t i = 0; i < NB_ARRAY_SIZE(cases); i++) {
		NB_CLEANUP(nb_json_putp) struct json_object *doc = nb_json_map();
		NB_CLEANUP(nb_json_putp) struct json_object *again = NULL;
		NB_CLEANUP(nb_freep) char *text = NULL;
		char want[64];

		NB_CASE("%s", cases[i].text);
		nb_json_set_string(doc, "key", cases[i].text);
		text = printed(doc, NBC_YAML);
		snprintf(want, sizeof(want), "key: %s\n", cases[i].yaml);
		assert_string_equal(text, want);
		again = nbc_doc_from_yaml(text, strlen(text));
		assert_true(json_object_equal(doc, again));
	}
}

static void test_trees_survive_yaml(void **state)
{
	static const char json[] =
		"{\"a\": [1, -2, 9223372036854775807, true, false, null, \"x: y\", \"- z\", []], "
		"\"b\": {\"c\": {}, \"d\": \"multi\\nline\", \"8\": \"\\u00fc\"}}";
	NB_CLEANUP(nb_json_putp) struct json_object *doc = json_tokener_parse(json);
	NB_CLEANUP(nb_json_putp) struct json_object *again = NULL;
	NB_CLEANUP(nb_freep) char *text = printed(doc, NBC_YAML);

	again = nbc_doc_from_yaml(text, strlen(text));
	assert_true(json_object_equal(doc, again));
}

static void test_bytes_that_are_no_utf8(void **state)
{
	static const struct {
		const char *text, *want;
	} cases[] = {
		{ "eth\xff", "eth?" },
		{ "\xc3(", "?(" },
		{ "\xc3", "?" },
		{ "\xe2\x82", "??" },
		{ "\xed\xa0\x80", "???" }, /* a surrogate */
		{ "\xc0\xaf", "??" },	   /* an overlong '/' */
		{ "\xf4\x90\x80\x80", "????" },
		{ "b\xc3\xbcro \xe2\x82\xac \xf0\x9f\x98\x80", "b\xc3\xbcro \xe2\x82\xac \xf0\x9f\x98\x80" },
	};

	for (size_t i = 0; i < NB_ARRAY_SIZE(cases); i++) {
		NB_CLEANUP(nb_json_putp) struct json_object *text = nb_json_string(cases[i].text);

		NB_CASE("case %zu", i);
		assert_string_equal(json_object_get_string(text), cases[i].want);
	}
}

/* A value by the option's own parser, as a document. */
static void check_value(const char *option, const char *given, const char *want)
{
	const struct nb_option *row = nb_option_find(NB_SCOPE_BOND, option);
	NB_CLEANUP(nb_text_done) struct nb_text why = { 0 };
	union nb_value value = { 0 };
	struct json_object *doc;

	NB_CASE("%s %s", option, given);
	assert_non_null(row);
	assert_int_equal(row->type->parse(row, given, &value, &why), 0);
	doc = nb_json_value(row, value);
	assert_string_equal(
		doc ? json_object_to_json_string_ext(doc, JSON_C_TO_STRING_PLAIN) : "null", want);
	json_object_put(doc);
	if (row->type->free)
		row->type->free(value);
}

static void test_values_have_their_type(void **state)
{
	check_value("miimon", "100", "100");
	check_value("use-carrier", "yes", "true");
	check_value("mode", "4", "\"802.3ad\"");
	check_value("ad-actor-system", "02:00:00:00:00:01", "\"02:00:00:00:00:01\"");
	check_value("primary", "eth0", "\"eth0\"");
	check_value("primary", "none", "null");
	check_value("arp-ip-target", "192.0.2.1", "[\"192.0.2.1\"]");
	check_value("arp-ip-target", "none", "[]");
	check_value("ns-ip6-target", "2001:db8::1", "[\"2001:db8::1\"]");
}

static void test_modes_in_short(void **state)
{
	static const struct {
		unsigned modes;
		const char *want;
	} cases[] = {
		{ NB_MODES_ALL, "all" }, { 0x10, "4" }, { 0x62, "1,5-6" }, { 0x0f, "0-3" },
		{ 0x55, "0,2,4,6" }, { 0x63, "0-1,5-6" },
	};

	for (size_t i = 0; i < NB_ARRAY_SIZE(cases); i++) {
		NB_CLEANUP(nb_text_done) struct nb_text text = { 0 };

		nbc_say_modes_short(cases[i].modes, &text);
		assert_string_equal(text.text, cases[i].want);
	}
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_yaml_keeps_texts_texts),
		cmocka_unit_test(test_trees_survive_yaml),
		cmocka_unit_test(test_bytes_that_are_no_utf8),
		cmocka_unit_test(test_values_have_their_type),
		cmocka_unit_test(test_modes_in_short),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
