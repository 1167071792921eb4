/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tests/unit/unit.h"

#include <errno.h>
#include <string.h>

#include "cli/args.h"

/* A verb as none of netbondctl's is: no test changes when those do. */
static const struct nbc_command verb = {
	.name = "verb",
	.options = NBC_OPTION(NBC_OFFLINE) | NBC_OPTION(NBC_ALLOW) | NBC_OPTION(NBC_NAMESPACE) |
		NBC_OPTION(NBC_ALL),
	.formats = NBC_FORMAT(NBC_TEXT) | NBC_FORMAT(NBC_JSON),
	.format = NBC_TEXT,
	.max_words = 3,
};

/* What was read, as one text: "--allow=down word -o json" or "error: ...". */
static void read_line(char *const *argv, struct nb_text *out)
{
	NB_CLEANUP(nbc_args_done) struct nbc_args args = { 0 };
	NB_CLEANUP(nb_text_done) struct nb_text why = { 0 };
	char *copy[8];
	int argc = 0, r;

	for (; argv[argc]; argc++)
		copy[argc] = argv[argc];
	r = nbc_args_parse(&verb, argc, copy, &args, &why);
	if (r < 0) {
		assert_int_equal(r, -EINVAL);
		assert_non_null(why.text);
		nb_text_add(out, "error: %s", why.text);
		return;
	}
	assert_null(why.text);
	for (size_t i = 0; i < args.n_given; i++)
		nb_text_add(out, "--%s%s%s ", nbc_options[args.given[i].id].name,
			args.given[i].value ? "=" : "",
			args.given[i].value ? args.given[i].value : "");
	for (size_t i = 0; i < args.n_words; i++)
		nb_text_add(out, "%s ", args.words[i]);
	nb_text_add(out, "%s", nbc_format_name(args.format));
}

static void test_command_lines(void **state)
{
	static const struct {
		const char *argv[8];
		const char *want;
	} cases[] = {
		{ { NULL }, "text" },
		{ { "a", "b" }, "a b text" },
		{ { "--offline", "a" }, "--offline a text" },
		{ { "a", "--offline" }, "--offline a text" },
		{ { "--allow", "down" }, "--allow=down text" },
		{ { "--allow=down" }, "--allow=down text" },
		{ { "--allow", "--offline" }, "--allow=--offline text" },
		{ { "-n", "x", "-ny", "--namespace=z" },
			"--namespace=x --namespace=y --namespace=z text" },
		{ { "-an", "x" }, "--all --namespace=x text" },
		{ { "-anx" }, "--all --namespace=x text" },
		{ { "-o", "json" }, "--output=json json" },
		{ { "--output=json", "-otext" }, "--output=json --output=text text" },
		{ { "-" }, "- text" },
		{ { "--", "--offline", "-" }, "--offline - text" },
		{ { "a", "--", "--" }, "a -- text" },
		{ { "--allow=a=b" }, "--allow=a=b text" },
		{ { "--allow", "" }, "error: --allow needs a value: --allow CLASS" },
		{ { "-n" }, "error: --namespace needs a value: --namespace NAME" },
		{ { "--offline=1" }, "error: --offline takes no value" },
		{ { "--exact" }, "error: verb has no option --exact" },
		{ { "--" "of" }, "error: verb has no option --of" },
		{ { "--offlin" }, "error: verb has no option --offlin: did you mean --offline?" },
		{ { "--=" }, "error: verb has no option --" },
		{ { "-z" }, "error: verb has no option -z" },
		{ { "-\033" }, "error: verb has no option -?" },
		{ { "-o", "yaml" }, "error: verb cannot print 'yaml', only text or json" },
		{ { "a", "b", "c", "d" },
			"error: verb takes 3 arguments, this is one too many: 'd'" },
	};

	for (size_t i = 0; i < NB_ARRAY_SIZE(cases); i++) {
		NB_CLEANUP(nb_text_done) struct nb_text got = { 0 };

		NB_CASE("%s", cases[i].want);
		read_line((char *const *)cases[i].argv, &got);
		assert_string_equal(got.text, cases[i].want);
	}
}

static void test_the_last_value_of_an_option_counts(void **state)
{
	const char *argv[] = { "--allow=live", "-n", "x", "--allow=down" };
	NB_CLEANUP(nbc_args_done) struct nbc_args args = { 0 };
	NB_CLEANUP(nb_text_done) struct nb_text why = { 0 };

	assert_int_equal(nbc_args_parse(&verb, 4, (char **)argv, &args, &why), 0);
	assert_string_equal(nbc_args_value(&args, NBC_ALLOW), "down");
	assert_true(nbc_args_has(&args, NBC_NAMESPACE));
	assert_false(nbc_args_has(&args, NBC_OFFLINE));
	assert_null(nbc_args_value(&args, NBC_OFFLINE));
}

static void test_nearest_word(void **state)
{
	static const char *const words[] = { "status", "snapshot", "schema", "plan", "xmit-hash-policy" };
	static const struct {
		const char *typed, *want;
	} cases[] = {
		{ "statsu", "status" }, { "snap", "snapshot" }, { "plna", "plan" },
		{ "shema", "schema" }, { "xmit_hash", "xmit-hash-policy" }, { "xy", NULL },
		{ "s", NULL }, { "", NULL }, { "completely-other", NULL },
	};

	for (size_t i = 0; i < NB_ARRAY_SIZE(cases); i++) {
		const char *best = NULL;
		unsigned least = 0;

		NB_CASE("%s -> %s", cases[i].typed, cases[i].want ? cases[i].want : "nothing");
		for (size_t k = 0; k < NB_ARRAY_SIZE(words); k++)
			nbc_nearer(cases[i].typed, words[k], &least, &best);
		if (cases[i].want)
			assert_string_equal(best, cases[i].want);
		else
			assert_null(best);
	}
}

/* One letter may be two options, but not of the same verb. */
static void check_letters(const struct nbc_command *c)
{
	unsigned seen[128] = { 0 };

	for (unsigned i = 0; i < NBC_OPTION_COUNT; i++) {
		if (nbc_options[i].letter && nbc_command_takes(c, (enum nbc_option_id)i))
			assert_int_equal(++seen[(unsigned char)nbc_options[i].letter], 1);
	}
}

static void test_table_of_verbs_is_sound(void **state)
{
	for (const struct nbc_command *c = nbc_commands; c->name; c++) {
		assert_ptr_equal(nbc_command_find(c->name), c);
		assert_non_null(c->arguments);
		assert_non_null(c->summary);
		assert_non_null(c->run);
		/* A format is asked for only where there is a choice, and the default is one of it. */
		assert_false(c->options & NBC_OPTION(NBC_OUTPUT));
		if (c->formats)
			assert_true(c->formats & NBC_FORMAT(c->format));
		assert_int_equal(c->max_words > 0, *c->arguments != '\0');
		check_letters(c);
	}
	for (unsigned i = 0; i < NBC_OPTION_COUNT; i++) {
		assert_non_null(nbc_options[i].name);
		assert_non_null(nbc_options[i].help);
		for (unsigned k = 0; k < i; k++)
			assert_string_not_equal(nbc_options[i].name, nbc_options[k].name);
	}
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_command_lines),
		cmocka_unit_test(test_the_last_value_of_an_option_counts),
		cmocka_unit_test(test_nearest_word),
		cmocka_unit_test(test_table_of_verbs_is_sound),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
