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
	[NBC_FORCE] = { "force",
		.help = "as --allow rebuild, and remove namespaces with whatever is in them" },
	[NBC_NAMESPACE] = { "namespace", 'n', "NAME",
		.help = "a network namespace under /run/netns as well; may be given several times" },
	[NBC_USER] = { "user", 'u', "USER", .help = "run the command as USER instead of root" },
	[NBC_ONCE] = { "once",
		.help = "insist where the driver will choose another slave again by itself" },
	[NBC_TIMEOUT] = { "timeout", .value = "TIME",
		.help = "give up, or go back, after TIME: 30s, 5m" },
	[NBC_PROBE] = { "probe", .value = "ADDRESS",
		.help = "a host that must go on answering: try goes back when it does not, drill "
			"pings it through the bond; may be given several times" },
	[NBC_ALL] = { "all", 'a', .help = "with what the kernel only reports" },
	[NBC_LINES] = { "lines", 'n', "N",
		.help = "the newest N entries, 0 for all (default 20, all with --since)" },
	[NBC_SINCE] = { "since", .value = "TIME",
		.help = "from TIME on: a span back from now (2h, 7d), or '2026-11-28 14:05'" },
	[NBC_HOW] = { "how", .value = "WAY",
		.help = "down (default), carrier where the driver can, or release" },
	[NBC_HOLD] = { "hold", .value = "TIME",
		.help = "leave each slave out for TIME at least (default 2s, at most 60s)" },
	[NBC_LOG] = { "log", .help = "line by line on a terminal, too" },
	[NBC_INTERVAL] = { "interval", .value = "TIME",
		.help = "between the two looks at what rises (default 1s)" },
	[NBC_HTTP] = { "http", .help = "answer the one request over HTTP on standard input" },
	[NBC_OPENMETRICS] = { "openmetrics",
		.help = "as OpenMetrics 1.0 instead of Prometheus' text format" },
	[NBC_FLOWS] = { "flows", 'r', "FILE",
		.help = "take the flows from FILE, which tcpdump has written; - is standard input" },
	[NBC_FOR] = { "for", .value = "TIME", .help = "measure once, for TIME: 10s, 1m (default 2s)" },
	[NBC_CONFIG_DIR] = { "config-dir", .value = "DIR",
		.help = "read DIR instead of /usr/lib/netbond, /run/netbond.d and /etc/netbond" },
	[NBC_RUNTIME_DIR] = { "runtime-dir", .value = "DIR",
		.help = "the folder of the daemon that is meant, and of what it applied (default "
			NB_RUNDIR_DEFAULT ")" },
	[NBC_HOST] = { "host", 'H', "[USER@]HOST",
		.help = "another machine instead of this one, by ssh" },
	[NBC_MACHINE] = { "machine", 'M', "CONTAINER",
		.help = "a container that systemd-machined knows, instead of this machine" },
	[NBC_OUTPUT] = { "output", 'o', "FORMAT", .help = "how to print it" },
	[NBC_HELP] = { "help", 'h', .help = "show this text" },
	[NBC_VERSION] = { "version", .help = "show the version" },
};

/* Which machine. */
#define MACHINE (NBC_OPTION(NBC_HOST) | NBC_OPTION(NBC_MACHINE))

/* Which daemon. */
#define DAEMON (MACHINE | NBC_OPTION(NBC_RUNTIME_DIR))

#define READING (NBC_FORMAT(NBC_TEXT) | NBC_FORMAT(NBC_JSON) | NBC_FORMAT(NBC_YAML))

const struct nbc_command nbc_commands[] = {
	{
		"status", "[BOND...]", "show all bonds on one screen, worst first",
		"One line for each bond: mode, state, active slave or aggregator, speed of what carries "
		"traffic, slaves up of all, what it waits for; then what is held back, and what "
		"releases it. BOND is a name, NAMESPACE/NAME, or a pattern such as 'bond*'.\n\n"
		"States, worst first: missing (declared, and not there), down, degraded (not all its "
		"slaves are usable), waiting (its slaves are not there yet), up.\n\n"
		"Exit status: 0 all is well, 2 something is degraded, waited for or held, 1 error.",
		.options = DAEMON, .formats = READING, .max_words = SIZE_MAX,
		.words = NBC_WORDS_BONDS, .run = nbc_status,
	},
	{
		"show", "BOND...", "show all about a bond and its slaves",
		"Every option as wanted and as found in the kernel, differences marked; state, "
		"addresses and slaves.",
		.options = DAEMON, .formats = READING, .min_words = 1, .max_words = SIZE_MAX,
		.words = NBC_WORDS_BONDS, .run = nbc_show,
	},
	{
		"check", "[FILE...]", "find every problem of a configuration",
		"Reads the files as one configuration and tells every problem with its place. "
		"Without FILE: the *.yaml files of /usr/lib/netbond, /run/netbond.d and "
		"/etc/netbond. FILE - is standard input.\n\n"
		"Needs no rights and no daemon, and does not look at the kernel.\n\n"
		"Exit status: 0 no errors (warnings may be), 1 errors.",
		.options = NBC_OPTION(NBC_CONFIG_DIR),
		.formats = READING, .max_words = SIZE_MAX, .words = NBC_WORDS_FILES,
		.run = nbc_check,
	},
	{
		"plan", "[FILE...]", "show what would be done, and what it disrupts",
		"Compares the configuration with the kernel and shows every step in order, with its "
		"class and reason. Changes nothing. The daemon makes the plan; with --offline it is "
		"made here.\n\n"
		"FILE is laid over what is applied: the objects it names replace those of the same "
		"key, what it does not name stays. Without FILE the *.yaml files of "
		"/usr/lib/netbond, /run/netbond.d and /etc/netbond are the whole configuration.\n\n"
		"Classes, least first: live (nothing stops), slave (one slave leaves while another "
		"carries on), down (traffic may stop briefly, or an address or route goes), rebuild "
		"(a bond is emptied or made anew).\n\n"
		"Exit status: 0 nothing to do, 2 there is something to do or something is held "
		"back, 1 error.",
		.options = NBC_OPTION(NBC_OFFLINE) | NBC_OPTION(NBC_EXACT) | NBC_OPTION(NBC_ALLOW) |
			NBC_OPTION(NBC_REORDER) | NBC_OPTION(NBC_FORCE) | NBC_OPTION(NBC_CONFIG_DIR) |
			DAEMON,
		.formats = READING, .max_words = SIZE_MAX, .words = NBC_WORDS_FILES,
		.run = nbc_plan,
	},
	{
		"apply", "[FILE...]", "do what plan shows",
		"Shows the plan, then has the daemon run exactly that; when something changed in "
		"between, nothing is done. On a terminal it asks before anything above the class "
		"live. Shows every operation as it ends.\n\n"
		"FILE is laid over what is applied and is not kept over a reboot: to keep it, put it "
		"into /etc/netbond. FILE - is standard input. Without FILE the daemon's folders are "
		"the whole configuration.\n\n"
		"Exit status: 0 all is as configured, 2 something is held back or waits for links, "
		"1 error, or not agreed to.",
		.options = NBC_OPTION(NBC_EXACT) | NBC_OPTION(NBC_ALLOW) | NBC_OPTION(NBC_REORDER) |
			NBC_OPTION(NBC_FORCE) |
			DAEMON,
		.max_words = SIZE_MAX, .words = NBC_WORDS_FILES, .run = nbc_apply,
	},
	{
		"try", "[FILE...]", "apply, and go back unless it is confirmed",
		"Shows the plan and has the daemon run it, as apply does. Then a countdown runs in "
		"the daemon (--timeout, 60s): without `confirm` all goes back to what it was, bonds, "
		"options, slaves, addresses and routes, also when this program, the connection or "
		"the daemon ended meanwhile, and after a power cut. On a terminal it shows the time "
		"left and asks; else it ends when the change is in force.\n\n"
		"A host named by --probe has to answer as before, within a third of the time: on the "
		"links of this machine it is asked by ARP or neighbour discovery, after the link has "
		"carrier and a LACP partner; any other by ping. One that is silent before the change "
		"is not held against it.\n\n"
		"No other change is taken while something is tried. FILE as with apply. Files of "
		"/etc/netbond that were tried and not confirmed are passed over by the next boot in "
		"favour of the last good ones.\n\n"
		"Exit status: 0 confirmed, or in force (not on a terminal), 2 nothing to do but "
		"something is held back, 1 error, or it went back.",
		.options = NBC_OPTION(NBC_TIMEOUT) | NBC_OPTION(NBC_PROBE) | NBC_OPTION(NBC_EXACT) |
			NBC_OPTION(NBC_ALLOW) | NBC_OPTION(NBC_REORDER) | DAEMON,
		.max_words = SIZE_MAX, .words = NBC_WORDS_FILES, .run = nbc_try,
	},
	{
		"confirm", "", "keep what is being tried",
		"Ends the countdown of try.\n\nExit status: 0 it stays, 1 nothing is in force to be "
		"confirmed, or it is too late.",
		.options = DAEMON, .run = nbc_confirm,
	},
	{
		"rollback", "", "take back what is being tried, now",
		"Waits until all is as it was.\n\nExit status: 0 it is, 1 nothing is being tried, or not "
		"all could be done.",
		.options = DAEMON, .run = nbc_rollback,
	},
	{
		"reload", "", "have the daemon read its files and make them true",
		"Within settings.auto-disruption of the configuration. With an error in any file "
		"nothing changes.\n\n"
		"Exit status: 0 all is as configured, 2 something is held back or waits for links, "
		"1 error.",
		.options = DAEMON, .run = nbc_reload,
	},
	{
		"failover", "BOND SLAVE", "make another slave the active one",
		"For the modes that have an active slave. Where the driver would go back to its "
		"primary at once, it is refused, unless --once insists.",
		.options = NBC_OPTION(NBC_ONCE) | DAEMON, .min_words = 2, .max_words = 2,
		.words = NBC_WORDS_BOND_SLAVE, .run = nbc_failover,
	},
	{
		"drill", "BOND [SLAVE]", "try a failover, and measure it",
		"Takes SLAVE, or one slave after the other, out of the bond and puts it back; measures "
		"when the bond reacts, by the kernel's notifications, what is lost meanwhile, by pings "
		"each 10 ms of its gateway, its ARP targets, or what --probe names (as root, on this "
		"machine), and when the slave is usable again. Says whether "
		"that is what the bond's monitoring promises.\n\n"
		"Refused where it would cut the last usable slave. The daemon puts back what is out on "
		"Ctrl-C, when this program ends in any way, when another slave fails meanwhile, and when "
		"it starts again after it was killed.\n\n"
		"Exit status: 0 as promised, 2 slower than that, 1 refused, stopped, or an error.",
		.options = NBC_OPTION(NBC_HOW) | NBC_OPTION(NBC_HOLD) | NBC_OPTION(NBC_PROBE) | DAEMON,
		.formats = NBC_FORMAT(NBC_TEXT) | NBC_FORMAT(NBC_JSON), .min_words = 1,
		.max_words = 2, .words = NBC_WORDS_BOND_SLAVE, .run = nbc_drill,
	},
	{
		"pause", "BOND [TIME|off]", "have the daemon leave a bond alone for a while",
		"For maintenance: changes made by others are shown and not mended until TIME is "
		"over: 30s, 5m, 2h, 1h30m (default 1h). off ends it.",
		.options = DAEMON, .min_words = 1, .max_words = 2, .words = NBC_WORDS_BOND_TIME,
		.run = nbc_pause,
	},
	{
		"balance", "BOND", "show how traffic is spread over the slaves",
		"Measures what each slave sends and receives, with its share, how uneven that is, and "
		"what the mode can do at best. On a terminal it goes on each second, until Ctrl-C; with "
		"--for, or elsewhere, it measures once. With --flows it tells how each hash policy "
		"would spread the flows of a capture, and which one to take.\n\n"
		"Skew is the busiest slave by the mean of the usable ones: 1.00 is even; the number of "
		"slaves means that all goes by one.",
		.options = NBC_OPTION(NBC_FLOWS) | NBC_OPTION(NBC_FOR) | DAEMON, .formats = READING,
		.min_words = 1, .max_words = 1, .words = NBC_WORDS_BONDS, .run = nbc_balance,
	},
	{
		"explain", "[BOND...]", "tell what is wrong with bonds, and what mends it",
		"Looks at links, LACP, monitoring, MACs and hashing as the kernel has them now, and "
		"tells what it finds, worst first: what was seen, what it means, the likely cause, "
		"and what mends it, here or at the switch. BOND is a name, NAMESPACE/NAME, or a "
		"pattern.\n\n"
		"alarm: traffic is lost. warning: it works, but with less than it should have, or "
		"will not when needed. note: good to know.\n\n"
		"Exit status: 0 nothing but notes, 2 a warning or an alarm, 1 error.",
		.options = DAEMON, .formats = READING, .max_words = SIZE_MAX,
		.words = NBC_WORDS_BONDS, .run = nbc_explain,
	},
	{
		"hash", "BOND [FLOW]", "tell which slave a flow leaves by, and why",
		"Computes what the driver computes, and shows the slave, what every other hash policy "
		"would choose, and what each slave's loss would change. Where the kernel's choice "
		"cannot be known, it says why.\n\n"
		"FLOW is PROTO SRC[:PORT] > DST[:PORT] [vlan N] [src-mac MAC] [dst-mac MAC]: "
		"'tcp 192.0.2.10:40000 > 198.51.100.7:443'. In place of > stands 'to' without quotes. "
		"More words: type, code, id of icmp and icmpv6, spi of esp and ah, fragment. A MAC "
		"that is not given comes from the kernel's route and neighbour.\n\n"
		"Exit status: 0 the slave is known, 2 it cannot be known, 1 error.",
		.options = NBC_OPTION(NBC_FLOWS) | DAEMON, .formats = READING, .min_words = 1,
		.max_words = SIZE_MAX, .words = NBC_WORDS_BOND_FLOW, .run = nbc_hash,
	},
	{
		"history", "[BOND]", "show what happened to bonds, and why",
		"Failovers, changes of links and of LACP, drift and its repair, applied "
		"configurations, drills; each with its time, its cause, and how long the state "
		"before had lasted. The daemon keeps it over restarts of itself and of the machine, "
		"in at most 2 MiB; what happens while it does not run is not seen: its own starts "
		"and ends are told.\n\n"
		"BOND is a name, or NAMESPACE/NAME.",
		.options = NBC_OPTION(NBC_LINES) | NBC_OPTION(NBC_SINCE) | DAEMON,
		.formats = READING, .max_words = 1, .words = NBC_WORDS_BONDS, .run = nbc_history,
	},
	{
		"metrics", "", "print bonds as metrics for Prometheus",
		"Bonds, slaves, LACP, counters of traffic and of events, and the daemon itself, in the "
		"text format of Prometheus: for the textfile collector of node_exporter. "
		"netbond-metrics.socket has it over HTTP: at /metrics, on 127.0.0.1:9788.\n\n"
		"Without a daemon netbond_up is 0 and nothing else is there.\n\n"
		"Exit status: 0 all is there, 1 the daemon is not.",
		.options = NBC_OPTION(NBC_HTTP) | NBC_OPTION(NBC_OPENMETRICS) | DAEMON,
		.run = nbc_print_metrics,
	},
	{
		"stack", "[NAMESPACE]", "show how frames go through, and where they end",
		"One picture of a network namespace, its own one unless named, from the wire up: links, "
		"slaves, bonds, what lies above them, addresses; who takes frames where (receive "
		"handlers, tc filters, packet types, netfilter's hooks); the counters of each layer, "
		"with those marked that rise; sockets.\n\n"
		"Looks at the kernel itself, without the daemon: with --host or --machine netbondctl is "
		"run there. Another namespace, and netfilter's hooks, only root may see.",
		.options = NBC_OPTION(NBC_INTERVAL) | MACHINE, .formats = READING, .max_words = 1,
		.words = NBC_WORDS_NAMESPACE, .run = nbc_stack,
	},
	{
		"watch", "", "show what happens, as it happens",
		"On a terminal one screen: bonds, worst first, with their slaves, what goes through "
		"each, and the last events, until Ctrl-C. Elsewhere, or with --log, a line for each "
		"event and each property that changes: failovers, links, LACP, drift and its repair, "
		"applied configurations. -o json prints one object a line.",
		.options = NBC_OPTION(NBC_LOG) | DAEMON, .formats = NBC_FORMAT(NBC_TEXT) | NBC_FORMAT(NBC_JSON),
		.run = nbc_watch,
	},
	{
		"ns", "[list | show NAME | of PID | exec NAME -- COMMAND...]",
		"look at namespaces, run commands in them",
		"list: the namespaces with a name below /run/netns, the same as those of ip netns, and "
		"those that netbond pinned without a network: who made them, how many processes live "
		"there, their types, bonds and NICs that netbond has there. show: one of them, each of "
		"its types with the user namespace it belongs to, who shares it and who lives in it, "
		"its links, and who else holds the network open. of: the namespaces of a process.\n\n"
		"exec: becomes COMMAND inside the namespace, in all its types, as ip netns exec does: "
		"/sys is the namespace's, /proc too where it has pid, and files of /etc/netns/NAME stand "
		"for those of /etc. Signals and exit status are the command's own; 125: it did not come "
		"to that, 126: it cannot be run, 127: there is no such command. With pid the command is "
		"a child of netbondctl, which hands on signals and ends with it; with user it is root "
		"inside, or the user inside of that number.\n\n"
		"Looks at the machine itself, not at the daemon: with --host or --machine netbondctl is "
		"run there. Links and other users' processes are seen by root alone, and exec is for "
		"root.",
		.options = NBC_OPTION(NBC_USER) | DAEMON, .formats = READING,
		.max_words = SIZE_MAX, .words = NBC_WORDS_NS, .run = nbc_ns, .misused = nbc_ns_misused,
	},
	{
		"snapshot", "", "write down what the kernel has now",
		"Prints all links, bonds, slaves, addresses and routes as YAML in the schema of the "
		"configuration, with the state of the links below 'links:'. Good for a bug report "
		"and as the input of a test. The daemon shows the namespaces it works in, --offline "
		"the own one and those named.",
		.options = NBC_OPTION(NBC_OFFLINE) | NBC_OPTION(NBC_NAMESPACE) | DAEMON,
		.formats = NBC_FORMAT(NBC_YAML) | NBC_FORMAT(NBC_JSON), .format = NBC_YAML,
		.run = nbc_snapshot,
	},
	{
		"wait-online", "[BOND...]", "wait until bonds can be used",
		"Online is a bond that is up, has carrier and as many usable slaves as it requires, "
		"in mode 802.3ad a partner, and no declared address that is still being checked for "
		"duplicates. Without BOND: all that the configuration requires. The daemon may be "
		"restarted meanwhile. --timeout 0 looks once (default 2m).\n\n"
		"Exit status: 0 online, 1 not in time, or an error.",
		.options = NBC_OPTION(NBC_TIMEOUT) | DAEMON, .max_words = SIZE_MAX,
		.words = NBC_WORDS_BONDS, .run = nbc_wait_online,
	},
	{
		"options", "[NAME]", "list the options of bonds and slaves",
		"Shows what each option is for, its values, its default, the modes in which it "
		"works, and what changing it means for traffic. NAME is one option, shown in "
		"detail, or a pattern such as 'arp-*'.",
		.options = NBC_OPTION(NBC_ALL), .formats = READING, .max_words = 1,
		.words = NBC_WORDS_OPTIONS, .run = nbc_list_options,
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
		"completion", "SHELL", "print completion for bash, zsh or fish",
		"For a shell's start-up file, where a package has not installed it: "
		"source <(netbondctl completion bash), or netbondctl completion fish | source.",
		.min_words = 1, .max_words = 1, .words = NBC_WORDS_SHELLS, .run = nbc_completion,
	},
	{
		"help", "[VERB]", "show what a verb does and takes", NULL,
		.max_words = 1, .words = NBC_WORDS_VERBS, .run = nbc_help,
	},
	{ 0 },
};
