/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "daemon/command-line.h"

#include <getopt.h>
#include <stdio.h>
#include <string.h>
#include <syslog.h>

#include "lib/core/util.h"
#include "lib/yaml/rundir.h"
#include "lib/yaml/statedir.h"

#define EXIT_USAGE 1

static void usage(FILE *out)
{
	fputs("usage: netbondd [OPTION...]\n"
	      "       netbondd --once [OPTION...] [FILE...]\n"
	      "\n"
	      "Keeps the kernel's bonds as the configuration says, in the foreground, until SIGTERM,\n"
	      "which leaves them as they are. SIGHUP reads the files again.\n"
	      "\n"
	      "With --once: makes them so once, and ends.\n"
	      "FILE is laid over what is applied: the objects it names replace those of the same\n"
	      "key, what it does not name stays. Without FILE the *.yaml files of /usr/lib/netbond,\n"
	      "/run/netbond.d and /etc/netbond are the whole configuration.\n"
	      "\n"
	      "Only with --once:\n"
	      "      --exact            FILE is the whole configuration\n"
	      "      --allow CLASS      do what disrupts up to CLASS: live, slave, down, rebuild\n"
	      "                         (default: settings.auto-disruption of the configuration)\n"
	      "      --reorder          mend the order of slaves too, one slave at a time\n"
	      "      --force            --allow rebuild, and remove namespaces with whatever is in them\n"
	      "Always:\n"
	      "      --config-dir DIR   read DIR instead of the three folders\n"
	      "      --runtime-dir DIR  keep what was applied in DIR (default " NB_RUNDIR_DEFAULT ")\n"
	      "      --state-dir DIR    keep what outlives a boot in DIR (default " NB_STATEDIR_DEFAULT
	      ",\n"
	      "                         or the runtime directory where another one is given)\n"
	      "  -q, --quiet            tell only problems\n"
	      "      --debug            tell everything\n"
	      "  -h, --help             show this text\n"
	      "      --version          show the version\n"
	      "\n"
	      "Exit status: 0 converged; 2 differences are held or wait for links; 1 error.\n",
		out);
}

enum option_code {
	OPTION_ONCE = 256,
	OPTION_EXACT,
	OPTION_ALLOW,
	OPTION_REORDER,
	OPTION_FORCE,
	OPTION_CONFIG_DIR,
	OPTION_RUNTIME_DIR,
	OPTION_STATE_DIR,
	OPTION_VERSION,
	OPTION_DEBUG,
};

static const struct option long_options[] = {
	{ "once", no_argument, NULL, OPTION_ONCE },
	{ "exact", no_argument, NULL, OPTION_EXACT },
	{ "allow", required_argument, NULL, OPTION_ALLOW },
	{ "reorder", no_argument, NULL, OPTION_REORDER },
	{ "force", no_argument, NULL, OPTION_FORCE },
	{ "config-dir", required_argument, NULL, OPTION_CONFIG_DIR },
	{ "runtime-dir", required_argument, NULL, OPTION_RUNTIME_DIR },
	{ "state-dir", required_argument, NULL, OPTION_STATE_DIR },
	{ "quiet", no_argument, NULL, 'q' },
	{ "debug", no_argument, NULL, OPTION_DEBUG },
	{ "help", no_argument, NULL, 'h' },
	{ "version", no_argument, NULL, OPTION_VERSION },
	{ NULL, 0, NULL, 0 },
};

static int misuse(const char *what)
{
	fprintf(stderr, "netbondd: %s\nTry 'netbondd --help'.\n", what);
	return -1;
}

/* Return: 0 go on; 1 done well; -1 misuse, told. */
static int parse(int argc, char **argv, struct nbd_command_line *line)
{
	struct nbd_once_options *options = &line->options;

	for (int c; (c = getopt_long(argc, argv, "qh", long_options, NULL)) != -1;) {
		switch (c) {
		case OPTION_ONCE:
			line->once = true;
			break;
		case OPTION_EXACT:
			options->exact = true;
			break;
		case OPTION_ALLOW:
			if (nb_class_parse(optarg, &options->limit) < 0)
				return misuse("--allow takes live, slave, down or rebuild");
			options->limit_given = true;
			break;
		case OPTION_REORDER:
			options->reorder = true;
			break;
		case OPTION_FORCE:
			options->force = options->limit_given = true;
			options->limit = NB_CLASS_REBUILD;
			break;
		case OPTION_CONFIG_DIR:
			options->config_dir = optarg;
			break;
		case OPTION_RUNTIME_DIR:
			options->runtime_dir = optarg;
			break;
		case OPTION_STATE_DIR:
			line->state_dir = optarg;
			break;
		case 'q':
			options->quiet = true;
			line->log_level = LOG_WARNING;
			break;
		case OPTION_DEBUG:
			line->log_level = LOG_DEBUG;
			break;
		case 'h':
			usage(stdout);
			return 1;
		case OPTION_VERSION:
			puts("netbondd " NB_VERSION);
			return 1;
		default:
			fputs("Try 'netbondd --help'.\n", stderr);
			return -1;
		}
	}
	options->files = argv + optind;
	options->n_files = argc - optind;
	return 0;
}

static bool only_once(const struct nbd_once_options *options)
{
	return options->exact || options->limit_given || options->reorder || options->n_files;
}

static int judge(const struct nbd_command_line *line)
{
	if (!line->once && only_once(&line->options))
		return misuse("FILE, --exact, --allow, --reorder and --force need --once");
	if (line->once && line->options.exact && line->options.n_files == 0)
		return misuse("--exact needs a FILE; the folders' set is exact by itself");
	return 0;
}

bool nbd_command_line_parse(
	int argc, char **argv, struct nbd_command_line *ret, int *ret_exit_status)
{
	int r;

	memset(ret, 0, sizeof(*ret));
	ret->options.runtime_dir = NB_RUNDIR_DEFAULT;
	ret->log_level = LOG_INFO;
	r = parse(argc, argv, ret);
	if (r == 0)
		r = judge(ret);
	if (!ret->state_dir)
		ret->state_dir = nb_streq(ret->options.runtime_dir, NB_RUNDIR_DEFAULT)
					 ? NB_STATEDIR_DEFAULT
					 : ret->options.runtime_dir;
	*ret_exit_status = r < 0 ? EXIT_USAGE : 0;
	return r == 0;
}
