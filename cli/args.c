/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "cli/args.h"

#include <errno.h>
#include <string.h>

static const char *const format_names[NBC_FORMAT_COUNT] = {
	[NBC_TEXT] = "text",
	[NBC_JSON] = "json",
	[NBC_YAML] = "yaml",
};

const char *nbc_format_name(enum nbc_format format)
{
	return format_names[format];
}

void nbc_format_list(const struct nbc_command *command, struct nb_text *out)
{
	unsigned left = command->formats;

	nb_foreach_bit(i, command->formats) {
		left &= ~NBC_FORMAT(i);
		nb_text_add(out, "%s%s", format_names[i],
			!left ? "" : (left & (left - 1)) ? ", " : " or ");
	}
}

const struct nbc_command *nbc_command_find(const char *name)
{
	for (const struct nbc_command *c = nbc_commands; c->name; c++) {
		if (nb_streq(c->name, name))
			return c;
	}
	return NULL;
}

bool nbc_command_takes(const struct nbc_command *command, enum nbc_option_id id)
{
	return id == NBC_HELP || (id == NBC_OUTPUT && command->formats) ||
	       (command->options & NBC_OPTION(id));
}

/* '-' and '_' are the same. */
static bool begins_with(const char *text, const char *start)
{
	for (; *start; text++, start++) {
		if (*text != *start && !(*text == '-' && *start == '_'))
			return false;
	}
	return true;
}

void nbc_nearer(const char *typed, const char *candidate, unsigned *least, const char **best)
{
	size_t length = strlen(typed);
	unsigned limit = *best ? *least - 1 : length < 4 ? 1 : length < 9 ? 2 : 3;
	unsigned distance = nb_edit_distance(typed, candidate, limit);

	/* The beginning of a word is nearly the word. */
	if (length >= 3 && begins_with(candidate, typed))
		distance = NB_MIN(distance, 1);
	if (distance > limit || (*best && distance >= *least))
		return;
	*least = distance;
	*best = candidate;
}

bool nbc_args_has(const struct nbc_args *args, enum nbc_option_id id)
{
	for (size_t i = 0; i < args->n_given; i++) {
		if (args->given[i].id == id)
			return true;
	}
	return false;
}

const char *nbc_args_value(const struct nbc_args *args, enum nbc_option_id id)
{
	const char *value = NULL;

	for (size_t i = 0; i < args->n_given; i++) {
		if (args->given[i].id == id)
			value = args->given[i].value;
	}
	return value;
}

void nbc_args_done(struct nbc_args *args)
{
	free(args->given);
	free(args->words);
	*args = (struct nbc_args){ 0 };
}

/* A command line while it is read. */
struct reading {
	const struct nbc_command *command;
	char **argv;
	int argc, next;
	struct nbc_args *args;
	struct nb_text *why;
};

static bool find_option(const char *name, size_t length, enum nbc_option_id *ret)
{
	for (unsigned i = 0; i < NBC_OPTION_COUNT; i++) {
		if (strlen(nbc_options[i].name) == length &&
			memcmp(nbc_options[i].name, name, length) == 0) {
			*ret = (enum nbc_option_id)i;
			return true;
		}
	}
	return false;
}

/* Two options of different verbs may have one letter. */
static bool find_letter(
	const struct nbc_command *command, char letter, enum nbc_option_id *ret)
{
	for (unsigned i = 0; i < NBC_OPTION_COUNT; i++) {
		if (nbc_options[i].letter && nbc_options[i].letter == letter &&
			nbc_command_takes(command, (enum nbc_option_id)i)) {
			*ret = (enum nbc_option_id)i;
			return true;
		}
	}
	return false;
}

/* Whether the next word is the value of the option @text; which verb it is for is not known yet. */
static bool wants_next(const char *text)
{
	size_t last = strlen(text) - 1;
	enum nbc_option_id id;

	if (text[1] == '-')
		return find_option(text + 2, last - 1, &id) && nbc_options[id].value;
	for (unsigned i = 0; i < NBC_OPTION_COUNT; i++) {
		if (last == 1 && nbc_options[i].letter == text[1] && nbc_options[i].value)
			return true;
	}
	return false;
}

int nbc_args_find_verb(int argc, char **argv)
{
	int i = 0;

	while (i < argc && argv[i][0] == '-' && argv[i][1])
		i += wants_next(argv[i]) ? 2 : 1;
	return NB_MIN(i, argc);
}

static int tell_unknown(struct reading *r, const char *name, size_t length)
{
	NB_CLEANUP(nb_text_done) struct nb_text typed = { 0 };
	const char *best = NULL;
	unsigned least = 0;

	nb_text_add(&typed, "%.*s", (int)NB_MIN(length, (size_t)64), name);
	if (!typed.text && length)
		return -ENOMEM;
	for (unsigned i = 0; i < NBC_OPTION_COUNT && typed.text; i++) {
		if (nbc_command_takes(r->command, (enum nbc_option_id)i))
			nbc_nearer(typed.text, nbc_options[i].name, &least, &best);
	}
	nb_text_add(r->why, "%s has no option --%s", r->command->name,
		typed.text ? typed.text : "");
	if (best)
		nb_text_add(r->why, ": did you mean --%s?", best);
	return -EINVAL;
}

static int take_format(struct reading *r, const char *value)
{
	nb_foreach_bit(i, r->command->formats) {
		if (nb_streq(format_names[i], value)) {
			r->args->format = (enum nbc_format)i;
			return 0;
		}
	}
	nb_text_add(r->why, "%s cannot print ", r->command->name);
	nb_text_quote(r->why, value);
	nb_text_add(r->why, ", only ");
	nbc_format_list(r->command, r->why);
	return -EINVAL;
}

/* @inline_value: what stands behind '=' or the letter, NULL when nothing does. */
static int take_option(struct reading *r, enum nbc_option_id id, const char *inline_value)
{
	const struct nbc_option *option = &nbc_options[id];
	const char *value = inline_value;

	if (!nbc_command_takes(r->command, id))
		return tell_unknown(r, option->name, strlen(option->name));
	if (!option->value && inline_value) {
		nb_text_add(r->why, "--%s takes no value", option->name);
		return -EINVAL;
	}
	if (option->value && !value && r->next < r->argc)
		value = r->argv[r->next++];
	if (option->value && (!value || !*value)) {
		nb_text_add(r->why, "--%s needs a value: --%s %s", option->name, option->name,
			option->value);
		return -EINVAL;
	}
	r->args->given[r->args->n_given++] = (struct nbc_given){ id, value };
	return id == NBC_OUTPUT ? take_format(r, value) : 0;
}

static int take_long(struct reading *r, const char *text)
{
	const char *equals = strchr(text, '=');
	size_t length = equals ? (size_t)(equals - text) : strlen(text);
	enum nbc_option_id id;

	if (!find_option(text, length, &id))
		return tell_unknown(r, text, length);
	return take_option(r, id, equals ? equals + 1 : NULL);
}

/* Letters without value may stand together: -ah. */
static int take_letters(struct reading *r, const char *text)
{
	for (; *text; text++) {
		enum nbc_option_id id;
		int k;

		if (!find_letter(r->command, *text, &id)) {
			nb_text_add(r->why, "%s has no option -%c", r->command->name,
				*text > ' ' && *text < 0x7f ? *text : '?');
			return -EINVAL;
		}
		if (nbc_options[id].value)
			return take_option(r, id, text[1] ? text + 1 : NULL);
		k = take_option(r, id, NULL);
		if (k < 0)
			return k;
	}
	return 0;
}

static int take_word(struct reading *r, char *word)
{
	if (r->args->n_words < r->command->max_words) {
		r->args->words[r->args->n_words++] = word;
		return 0;
	}
	if (r->command->max_words == 0)
		nb_text_add(r->why, "%s takes no arguments: ", r->command->name);
	else
		nb_text_add(r->why, "%s takes %zu argument%s, this is one too many: ",
			r->command->name, r->command->max_words,
			r->command->max_words == 1 ? "" : "s");
	nb_text_quote(r->why, word);
	return -EINVAL;
}

int nbc_args_parse(const struct nbc_command *command, int argc, char **argv, struct nbc_args *ret,
	struct nb_text *ret_why)
{
	struct reading r = {
		.command = command, .argv = argv, .argc = argc, .args = ret, .why = ret_why
	};
	size_t letters = 1;
	bool only_words = false;
	int k = 0;

	/* Every option is at least a letter of the command line. */
	for (int i = 0; i < argc; i++)
		letters += strlen(argv[i]);
	*ret = (struct nbc_args){
		.command = command,
		.given = calloc(letters, sizeof(*ret->given)),
		.words = calloc((size_t)argc + 1, sizeof(*ret->words)),
		.format = command->format,
	};
	if (!ret->given || !ret->words)
		return -ENOMEM;
	while (k == 0 && r.next < argc) {
		char *text = argv[r.next++];

		if (only_words || *text != '-' || nb_streq(text, "-"))
			k = take_word(&r, text);
		else if (nb_streq(text, "--"))
			only_words = true;
		else
			k = text[1] == '-' ? take_long(&r, text + 2) : take_letters(&r, text + 1);
	}
	if (k == 0 && ret->n_words < command->min_words && !nbc_args_has(ret, NBC_HELP)) {
		nb_text_add(ret_why, "%s needs %s: %s %s", command->name,
			ret->n_words ? "one argument more" : "an argument", command->name,
			command->arguments);
		return -EINVAL;
	}
	return k;
}
