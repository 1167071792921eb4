/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "cli/command.h"

#include "lib/yaml/rundir.h"

const struct nbc_option nbc_options[NBC_OPTION_COUNT] = {
	[NBC_OFFLINE] = { "offline", .help = "look at the kernel itself, without the daemon" },
	[NBC_EXACT] = { "exact", .help = "FILE is the whole configuration: what it does not name goes" },
	[NBC_ALLOW] = { "allow", .value = "CLASS",
		.help = "plan what disrupts up to CLASS: live, slave, down or rebuild "
			"(default: settings.auto-disruption of the configuration)" },
	[NBC_REORDER] = { "reorder", .help = "mend the order of slaves too, one slave at a time" },
	[NBC_NAMESPACE] = { "namespace", 'n', "NAME",
		.help = "a network namespace under /run/netns as well; may be given several times" },
	[NBC_ALL] = { "all", 'a', .help = "with what the kernel only reports" },
	[NBC_CONFIG_DIR] = { "config-dir", .value = "DIR",
		.help = "read DIR instead of /usr/lib/netbond, /run/netbond.d and /etc/netbond" },
	[NBC_RUNTIME_DIR] = { "runtime-dir", .value = "DIR",
		.help = "where netbond keeps what it applied (default " NB_RUNDIR_DEFAULT ")" },
	[NBC_OUTPUT] = { "output", 'o', "FORMAT", .help = "how to print it" },
	[NBC_HELP] = { "help", 'h', .help = "show this text" },
	[NBC_VERSION] = { "version", .help = "show the version" },
};

#define READING (NBC_FORMAT(NBC_TEXT) | NBC_FORMAT(NBC_JSON) | NBC_FORMAT(NBC_YAML))

const struct nbc_command nbc_commands[] = {
	{
		"check", "[FILE...]", "find every problem of a configuration",
		"Reads the files as one configuration and tells every problem with its place. "
		"Without FILE: the *.yaml files of /usr/lib/netbond, /run/netbond.d and "
		"/etc/netbond. FILE - is standard input.\n\n"
		"Needs no rights and no daemon, and does not look at the kernel.\n\n"
		"Exit status: 0 no errors (warnings may be), 1 errors.",
		.options = NBC_OPTION(NBC_CONFIG_DIR),
		.formats = READING, .max_words = SIZE_MAX, .run = nbc_check,
	},
	{
		"plan", "[FILE...]", "show what would be done, and what it disrupts",
		"Compares the configuration with the kernel and shows every step in order, with its "
		"class and reason. Changes nothing.\n\n"
		"FILE is laid over what is applied: the objects it names replace those of the same "
		"key, what it does not name stays. Without FILE the *.yaml files of "
		"/usr/lib/netbond, /run/netbond.d and /etc/netbond are the whole configuration.\n\n"
		"Classes, least first: live (nothing stops), slave (one slave leaves while another "
		"carries on), down (traffic may stop briefly, or an address or route goes), rebuild "
		"(a bond is emptied or made anew).\n\n"
		"Exit status: 0 nothing to do, 2 there is something to do or something is held "
		"back, 1 error.",
		.options = NBC_OPTION(NBC_OFFLINE) | NBC_OPTION(NBC_EXACT) | NBC_OPTION(NBC_ALLOW) |
			NBC_OPTION(NBC_REORDER) | NBC_OPTION(NBC_CONFIG_DIR) |
			NBC_OPTION(NBC_RUNTIME_DIR),
		.formats = READING, .max_words = SIZE_MAX, .run = nbc_plan,
	},
	{
		"snapshot", "", "write down what the kernel has now",
		"Prints all links, bonds, slaves, addresses and routes as YAML in the schema of the "
		"configuration, with the state of the links below 'links:'. Good for a bug report "
		"and as the input of a test.",
		.options = NBC_OPTION(NBC_OFFLINE) | NBC_OPTION(NBC_NAMESPACE),
		.formats = NBC_FORMAT(NBC_YAML) | NBC_FORMAT(NBC_JSON), .format = NBC_YAML,
		.run = nbc_snapshot,
	},
	{
		"options", "[NAME]", "list the options of bonds and slaves",
		"Shows what each option is for, its values, its default, the modes in which it "
		"works, and what changing it means for traffic. NAME is one option, shown in "
		"detail, or a pattern such as 'arp-*'.",
		.options = NBC_OPTION(NBC_ALL), .formats = READING, .max_words = 1,
		.run = nbc_list_options,
	},
	{
		"schema", "", "print the JSON Schema of a configuration file",
		"For editors and other programs: JSON Schema, draft 2020-12, made from the table of "
		"options. It judges a single file; what files and bonds mean for each other only "
		"check can tell.",
		.formats = NBC_FORMAT(NBC_JSON) | NBC_FORMAT(NBC_YAML), .format = NBC_JSON,
		.run = nbc_schema,
	},
	{
		"help", "[VERB]", "show what a verb does and takes", NULL,
		.max_words = 1, .run = nbc_help,
	},
	{ 0 },
};
