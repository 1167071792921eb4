/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* netbondctl completion: what a shell may offer, from the table of verbs. */
#include <string.h>

#include "cli/args.h"
#include "cli/problems.h"
#include "cli/term.h"
#include "lib/core/option.h"

/* Shell commands that print one candidate a line; quick, and silent when they know nothing. */
#define LIST_BONDS \
	"netbondctl status -o json 2>/dev/null | sed -n 's/^ *\"name\": *\"\\(.*\\)\",*$/\\1/p'"
#define LIST_OPTIONS \
	"netbondctl options -a -o json | sed -n 's/^ *\"name\": *\"\\([a-z].*\\)\",*$/\\1/p' | sort -u"
#define LIST_NAMESPACES "ls /run/netns 2>/dev/null"
#define LIST_SLAVES_OF "ls -d /sys/class/net/%s/lower_* 2>/dev/null | sed 's/.*lower_//'"

static const char *const shells[] = { "bash", "zsh", "fish" };

/* @text within ''; @more: characters that get a backslash too. */
static void add_quoted(struct nb_text *out, const char *text, const char *more)
{
	for (; *text; text++) {
		if (*text == '\'')
			nb_text_add(out, "'\\''");
		else
			nb_text_add(out, "%s%c", strchr(more, *text) ? "\\" : "", *text);
	}
}

static void add_verbs(struct nb_text *out)
{
	for (const struct nbc_command *c = nbc_commands; c->name; c++)
		nb_text_add(out, "%s%s", c == nbc_commands ? "" : " ", c->name);
}

static void add_classes(struct nb_text *out)
{
	for (enum nb_class class = NB_CLASS_LIVE; class <= NB_CLASS_REBUILD; class++)
		nb_text_add(out, "%s%s", class ? " " : "", nb_class_name(class));
}

static void add_formats(const struct nbc_command *command, struct nb_text *out)
{
	const char *gap = "";

	nb_foreach_bit(i, command->formats) {
		nb_text_add(out, "%s%s", gap, nbc_format_name((enum nbc_format)i));
		gap = " ";
	}
}

static void add_shells(struct nb_text *out)
{
	for (size_t i = 0; i < NB_ARRAY_SIZE(shells); i++)
		nb_text_add(out, "%s%s", i ? " " : "", shells[i]);
}

/* Fixed words an option's value may be; nothing where it is something else. */
static void add_values(
	const struct nbc_command *command, enum nbc_option_id id, struct nb_text *out)
{
	if (id == NBC_OUTPUT)
		add_formats(command, out);
	else if (id == NBC_ALLOW)
		add_classes(out);
}

static bool is_folder(enum nbc_option_id id)
{
	return nb_streq(nbc_options[id].value, "DIR");
}

/* bash */

static void bash_option_values(const struct nbc *nbc, const struct nbc_command *command)
{
	for (unsigned i = 0; i < NBC_OPTION_COUNT; i++) {
		NB_CLEANUP(nb_text_done) struct nb_text values = { 0 };
		enum nbc_option_id id = (enum nbc_option_id)i;
		const struct nbc_option *option = &nbc_options[i];

		if (!nbc_command_takes(command, id) || !option->value)
			continue;
		add_values(command, id, &values);
		fprintf(nbc->out, "\t%s:--%s", command->name, option->name);
		if (option->letter)
			fprintf(nbc->out, "|%s:-%c", command->name, option->letter);
		if (values.length)
			fprintf(nbc->out, ") words='%s' ;;\n", nbc_text_of(&values));
		else if (is_folder(id))
			fprintf(nbc->out, ") kind=-d ;;\n");
		else if (id == NBC_NAMESPACE)
			fprintf(nbc->out, ") words=$(" LIST_NAMESPACES ") ;;\n");
		else
			fprintf(nbc->out, ") return ;;\n");
	}
}

static void bash_words(const struct nbc *nbc, const struct nbc_command *command)
{
	NB_CLEANUP(nb_text_done) struct nb_text words = { 0 };

	switch (command->words) {
	case NBC_WORDS_NONE:
		return;
	case NBC_WORDS_FILES:
		fprintf(nbc->out, "\t%s) kind=-f ;;\n", command->name);
		return;
	case NBC_WORDS_BONDS:
		fprintf(nbc->out, "\t%s) words=$(" LIST_BONDS ") ;;\n", command->name);
		return;
	case NBC_WORDS_BOND_FLOW:
		fprintf(nbc->out, "\t%s) [ \"$n\" -eq 0 ] && words=$(" LIST_BONDS ") ;;\n",
			command->name);
		return;
	case NBC_WORDS_BOND_TIME:
		fprintf(nbc->out, "\t%s) [ \"$n\" -eq 0 ] && words=$(" LIST_BONDS
			") || words='off 30s 5m 1h 2h' ;;\n", command->name);
		return;
	case NBC_WORDS_BOND_SLAVE:
		fprintf(nbc->out, "\t%s) [ \"$n\" -eq 0 ] && words=$(" LIST_BONDS
			") || words=$(" LIST_SLAVES_OF ") ;;\n", command->name, "\"$first\"");
		return;
	case NBC_WORDS_NAMESPACE:
		fprintf(nbc->out, "\t%s) words=$(" LIST_NAMESPACES ") ;;\n", command->name);
		return;
	case NBC_WORDS_NS:
		fprintf(nbc->out, "\t%s) [ \"$n\" -eq 0 ] && words='list show of exec' || words=$("
			LIST_NAMESPACES ") ;;\n", command->name);
		return;
	case NBC_WORDS_OPTIONS:
		fprintf(nbc->out, "\t%s) words=$(" LIST_OPTIONS ") ;;\n", command->name);
		return;
	case NBC_WORDS_VERBS:
		add_verbs(&words);
		break;
	case NBC_WORDS_SHELLS:
		add_shells(&words);
		break;
	}
	fprintf(nbc->out, "\t%s) words='%s' ;;\n", command->name, nbc_text_of(&words));
}

static void bash_options(const struct nbc *nbc, const struct nbc_command *command)
{
	const char *gap = "";

	fprintf(nbc->out, "\t%s) words='", command->name);
	for (unsigned i = 0; i < NBC_OPTION_COUNT; i++) {
		if (!nbc_command_takes(command, (enum nbc_option_id)i))
			continue;
		fprintf(nbc->out, "%s--%s", gap, nbc_options[i].name);
		gap = " ";
	}
	fprintf(nbc->out, "' ;;\n");
}

static void print_bash(const struct nbc *nbc)
{
	NB_CLEANUP(nb_text_done) struct nb_text verbs = { 0 };

	add_verbs(&verbs);
	fprintf(nbc->out,
		"# netbondctl completion for bash\n\n_netbondctl()\n{\n"
		"\tlocal cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD-1]}\n"
		"\tlocal verb=${COMP_WORDS[1]} words='' kind='' first='' n=0 i\n\n\tCOMPREPLY=()\n"
		"\tif [ \"$COMP_CWORD\" -eq 1 ]; then\n"
		"\t\tmapfile -t COMPREPLY < <(compgen -W '%s --help --version' -- \"$cur\")\n"
		"\t\treturn\n\tfi\n"
		"\tfor ((i = 2; i < COMP_CWORD; i++)); do\n"
		"\t\tcase ${COMP_WORDS[i]} in\n\t\t-*) ;;\n"
		"\t\t*) [ \"$n\" -eq 0 ] && first=${COMP_WORDS[i]}; n=$((n + 1)) ;;\n\t\tesac\n"
		"\tdone\n\tcase $verb:$prev in\n", nbc_text_of(&verbs));
	for (const struct nbc_command *c = nbc_commands; c->name; c++)
		bash_option_values(nbc, c);
	fprintf(nbc->out, "\t*) case $cur in\n\t-*) case $verb in\n");
	for (const struct nbc_command *c = nbc_commands; c->name; c++)
		bash_options(nbc, c);
	fprintf(nbc->out, "\tesac ;;\n\t*) case $verb in\n");
	for (const struct nbc_command *c = nbc_commands; c->name; c++)
		bash_words(nbc, c);
	fprintf(nbc->out, "\tesac ;;\n\tesac ;;\n\tesac\n"
			  "\tif [ -n \"$kind\" ]; then\n"
			  "\t\tmapfile -t COMPREPLY < <(compgen \"$kind\" -- \"$cur\")\n\telse\n"
			  "\t\tmapfile -t COMPREPLY < <(compgen -W \"$words\" -- \"$cur\")\n\tfi\n"
			  "}\n\n"
			  "complete -o filenames -F _netbondctl netbondctl\n");
}

/* zsh */

static void zsh_value(
	const struct nbc *nbc, const struct nbc_command *command, enum nbc_option_id id)
{
	NB_CLEANUP(nb_text_done) struct nb_text values = { 0 };
	const char *value = nbc_options[id].value;

	if (!value)
		return;
	add_values(command, id, &values);
	if (values.length)
		fprintf(nbc->out, ":%s:(%s)", value, nbc_text_of(&values));
	else if (is_folder(id))
		fprintf(nbc->out, ":%s:_files -/", value);
	else if (id == NBC_NAMESPACE)
		fprintf(nbc->out, ":%s:($(" LIST_NAMESPACES "))", value);
	else if (id == NBC_HOST)
		fprintf(nbc->out, ":host:_hosts");
	else
		fprintf(nbc->out, ":%s: ", value);
}

static void zsh_words(const struct nbc *nbc, const struct nbc_command *command)
{
	NB_CLEANUP(nb_text_done) struct nb_text words = { 0 };

	switch (command->words) {
	case NBC_WORDS_NONE:
		return;
	case NBC_WORDS_FILES:
		fprintf(nbc->out, " \\\n\t\t\t'*:file:_files'");
		return;
	case NBC_WORDS_BONDS:
		fprintf(nbc->out, " \\\n\t\t\t'*:bond:_netbondctl_bonds'");
		return;
	case NBC_WORDS_BOND_FLOW:
		fprintf(nbc->out, " \\\n\t\t\t'1:bond:_netbondctl_bonds'");
		return;
	case NBC_WORDS_BOND_TIME:
		fprintf(nbc->out, " \\\n\t\t\t'1:bond:_netbondctl_bonds' '2:time:(off 30s 5m 1h 2h)'");
		return;
	case NBC_WORDS_BOND_SLAVE:
		fprintf(nbc->out,
			" \\\n\t\t\t'1:bond:_netbondctl_bonds' '2:slave:_netbondctl_slaves'");
		return;
	case NBC_WORDS_NAMESPACE:
		fprintf(nbc->out, " \\\n\t\t\t'1:namespace:($(" LIST_NAMESPACES "))'");
		return;
	case NBC_WORDS_NS:
		fprintf(nbc->out, " \\\n\t\t\t'1:what:(list show of exec)' '2:namespace:($("
			LIST_NAMESPACES "))'");
		return;
	case NBC_WORDS_OPTIONS:
		fprintf(nbc->out, " \\\n\t\t\t'1:option:_netbondctl_options'");
		return;
	case NBC_WORDS_VERBS:
		add_verbs(&words);
		break;
	case NBC_WORDS_SHELLS:
		add_shells(&words);
		break;
	}
	fprintf(nbc->out, " \\\n\t\t\t'1:word:(%s)'", nbc_text_of(&words));
}

static void zsh_command(const struct nbc *nbc, const struct nbc_command *command)
{
	fprintf(nbc->out, "\t%s)\n\t\t_arguments -s :", command->name);
	for (unsigned i = 0; i < NBC_OPTION_COUNT; i++) {
		NB_CLEANUP(nb_text_done) struct nb_text help = { 0 };
		const struct nbc_option *option = &nbc_options[i];

		if (!nbc_command_takes(command, (enum nbc_option_id)i))
			continue;
		add_quoted(&help, option->help, "[]:");
		fprintf(nbc->out, " \\\n\t\t\t");
		if (option->letter)
			fprintf(nbc->out, "'(-%c --%s)'{-%c,--%s}", option->letter, option->name,
				option->letter, option->name);
		else
			fprintf(nbc->out, "--%s", option->name);
		fprintf(nbc->out, "'[%s]", nbc_text_of(&help));
		zsh_value(nbc, command, (enum nbc_option_id)i);
		fprintf(nbc->out, "'");
	}
	zsh_words(nbc, command);
	fprintf(nbc->out, " ;;\n");
}

static void print_zsh(const struct nbc *nbc)
{
	fprintf(nbc->out,
		"#compdef netbondctl\n# netbondctl completion for zsh\n\n"
		"_netbondctl_bonds() { compadd -- ${(f)\"$(" LIST_BONDS ")\"} }\n"
		"_netbondctl_options() { compadd -- ${(f)\"$(" LIST_OPTIONS ")\"} }\n"
		"_netbondctl_slaves() { compadd -- ${(f)\"$(" LIST_SLAVES_OF ")\"} }\n\n"
		"_netbondctl()\n{\n\tlocal -a verbs=(\n", "\"$words[2]\"");
	for (const struct nbc_command *c = nbc_commands; c->name; c++) {
		NB_CLEANUP(nb_text_done) struct nb_text summary = { 0 };

		add_quoted(&summary, c->summary, ":");
		fprintf(nbc->out, "\t\t'%s:%s'\n", c->name, nbc_text_of(&summary));
	}
	fprintf(nbc->out, "\t)\n\n\tif (( CURRENT == 2 )); then\n"
			  "\t\t_describe -t verbs verb verbs\n\t\treturn\n\tfi\n"
			  "\tshift words\n\t(( CURRENT-- ))\n\tcase $words[1] in\n");
	for (const struct nbc_command *c = nbc_commands; c->name; c++)
		zsh_command(nbc, c);
	fprintf(nbc->out, "\tesac\n}\n\n"
			  "if [ \"$funcstack[1]\" = _netbondctl ]; then\n\t_netbondctl \"$@\"\nelse\n"
			  "\tcompdef _netbondctl netbondctl\nfi\n");
}

/* fish */

static void fish_option(
	const struct nbc *nbc, const struct nbc_command *command, enum nbc_option_id id)
{
	NB_CLEANUP(nb_text_done) struct nb_text values = { 0 };
	NB_CLEANUP(nb_text_done) struct nb_text help = { 0 };
	const struct nbc_option *option = &nbc_options[id];

	add_values(command, id, &values);
	add_quoted(&help, option->help, "");
	fprintf(nbc->out, "complete -c netbondctl -n '__fish_seen_subcommand_from %s'",
		command->name);
	if (option->letter)
		fprintf(nbc->out, " -s %c", option->letter);
	fprintf(nbc->out, " -l %s", option->name);
	if (values.length)
		fprintf(nbc->out, " -x -a '%s'", nbc_text_of(&values));
	else if (id == NBC_NAMESPACE)
		fprintf(nbc->out, " -x -a '(" LIST_NAMESPACES ")'");
	else if (option->value && is_folder(id))
		fprintf(nbc->out, " -x -a '(__fish_complete_directories)'");
	else if (option->value)
		fprintf(nbc->out, " -x");
	fprintf(nbc->out, " -d '%s'\n", nbc_text_of(&help));
}

static void fish_words(const struct nbc *nbc, const struct nbc_command *command)
{
	NB_CLEANUP(nb_text_done) struct nb_text words = { 0 };

	switch (command->words) {
	case NBC_WORDS_NONE:
		return;
	case NBC_WORDS_FILES:
		fprintf(nbc->out, "complete -c netbondctl -n '__fish_seen_subcommand_from %s' -F\n",
			command->name);
		return;
	case NBC_WORDS_BONDS:
	case NBC_WORDS_BOND_FLOW:
		nb_text_add(&words, "(__netbondctl_bonds)");
		break;
	case NBC_WORDS_BOND_TIME:
		nb_text_add(&words, "(__netbondctl_bonds) off 30s 5m 1h 2h");
		break;
	case NBC_WORDS_BOND_SLAVE:
		nb_text_add(&words, "(__netbondctl_bonds) (__netbondctl_slaves)");
		break;
	case NBC_WORDS_NAMESPACE:
		nb_text_add(&words, "(" LIST_NAMESPACES ")");
		break;
	case NBC_WORDS_NS:
		nb_text_add(&words, "list show of exec (" LIST_NAMESPACES ")");
		break;
	case NBC_WORDS_OPTIONS:
		nb_text_add(&words, "(__netbondctl_options)");
		break;
	case NBC_WORDS_VERBS:
		add_verbs(&words);
		break;
	case NBC_WORDS_SHELLS:
		add_shells(&words);
		break;
	}
	fprintf(nbc->out, "complete -c netbondctl -n '__fish_seen_subcommand_from %s' -a '%s'\n",
		command->name, nbc_text_of(&words));
}

static void print_fish(const struct nbc *nbc)
{
	fprintf(nbc->out, "# netbondctl completion for fish\n\n"
			  "function __netbondctl_bonds\n\t" LIST_BONDS "\nend\n"
			  "function __netbondctl_options\n\t" LIST_OPTIONS "\nend\n"
			  "function __netbondctl_slaves\n"
			  "\tls /sys/class/net/ 2>/dev/null\nend\n\n"
			  "complete -c netbondctl -f\n");
	for (const struct nbc_command *c = nbc_commands; c->name; c++) {
		NB_CLEANUP(nb_text_done) struct nb_text summary = { 0 };

		add_quoted(&summary, c->summary, "");
		fprintf(nbc->out, "complete -c netbondctl -n __fish_use_subcommand -a %s -d '%s'\n",
			c->name, nbc_text_of(&summary));
	}
	for (const struct nbc_command *c = nbc_commands; c->name; c++) {
		for (unsigned i = 0; i < NBC_OPTION_COUNT; i++) {
			if (nbc_command_takes(c, (enum nbc_option_id)i))
				fish_option(nbc, c, (enum nbc_option_id)i);
		}
		fish_words(nbc, c);
	}
}

int nbc_completion(struct nbc *nbc, const struct nbc_args *args)
{
	static void (*const printers[])(const struct nbc *nbc) = { print_bash, print_zsh, print_fish };

	for (size_t i = 0; i < NB_ARRAY_SIZE(shells); i++) {
		if (!nb_streq(shells[i], args->words[0]))
			continue;
		printers[i](nbc);
		return NBC_OK;
	}
	nbc_tell(nbc, "there is completion for bash, zsh and fish");
	return NBC_ERROR;
}
