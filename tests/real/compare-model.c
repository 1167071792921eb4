/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Proves the model kernel on the running one: the stories of its unit test, and operations drawn
 * at random, are run on both; every answer and every state that differ are printed.
 *
 *	tests/lab/run -- build/tests/real/compare-model [--story WORD] [--no-stories]
 *		[--random FIRST-LAST] [--length N] [--verbose]
 *
 * The model plays the kernel that runs; on a newer one than 6.1 the stories that end in "(6.1)" are
 * left out.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/utsname.h>

#include "tests/real/random-ops.h"
#include "tests/real/twin.h"

struct settings {
	const char *story;
	bool stories, verbose;
	unsigned long first, last, length;
};

static unsigned tell_stories(struct twin *twin, const struct settings *s,
	const struct nb_scenario *scenarios, size_t n, unsigned *ret_told)
{
	unsigned failed = 0;

	for (size_t i = 0; i < n; i++) {
		NB_CLEANUP(nb_text_done) struct nb_text problems = { 0 };
		struct nb_stage stage;
		int r;

		if ((s->story && !strstr(scenarios[i].rule, s->story)) ||
			(twin->kernel && strstr(scenarios[i].rule, "(6.1)")))
			continue;
		if (twin_start(twin) < 0)
			return failed + 1;
		stage = twin_stage(twin);
		r = nb_scenario_run(&stage, &scenarios[i], &problems);
		if (r != -ENOTSUP) {
			bool good = r == 0 && problems.length == 0 && twin->told.length == 0;

			(*ret_told)++;
			failed += !good;
			printf("%s %s\n%s%s", good ? "ok  " : "FAIL", scenarios[i].rule,
				problems.text ? problems.text : "",
				twin->told.text ? twin->told.text : "");
			fflush(stdout);
		}
		twin_end(twin);
	}
	return failed;
}

static unsigned run_random(struct twin *twin, const struct settings *s)
{
	unsigned failed = 0;

	for (unsigned long seed = s->first; seed <= s->last; seed++) {
		if (twin_start(twin) < 0)
			return failed + 1;
		random_ops_run(twin, (unsigned)seed, (unsigned)s->length);
		printf("%s seed %lu\n%s", twin->told.length ? "FAIL" : "ok  ", seed,
			twin->told.text ? twin->told.text : "");
		if (s->verbose)
			printf("%s", nb_model_trace(twin->model));
		fflush(stdout);
		failed += twin->told.length > 0;
		twin_end(twin);
	}
	return failed;
}

/* Duplicate address detection shall be over at once; the far ends of cables are out of the way. */
static int prepare(void)
{
	return system("ip netns add peers && cd /proc/sys/net/ipv6/conf && "
		      "for i in all default; do echo 0 >$i/dad_transmits && "
		      "echo 0 >$i/router_solicitation_delay; done") == 0
		       ? 0
		       : -EIO;
}

/* The newest one the model knows that is not newer than the running one; NULL = Linux 6.1. */
static const struct nb_model_kernel *running_kernel(void)
{
	unsigned major = 0, minor = 0;
	struct utsname name;

	if (uname(&name) < 0 || sscanf(name.release, "%u.%u", &major, &minor) != 2)
		return NULL;
	return major * 1000 + minor >= 7002   ? &nb_model_linux_7_2
	       : major * 1000 + minor >= 6012 ? &nb_model_linux_6_12
					      : NULL;
}

static bool read_arguments(int argc, char **argv, struct settings *s)
{
	for (int i = 1; i < argc; i++) {
		const char *value = i + 1 < argc ? argv[i + 1] : "";

		if (strcmp(argv[i], "--no-stories") == 0)
			s->stories = false;
		else if (strcmp(argv[i], "--verbose") == 0)
			s->verbose = true;
		else if (strcmp(argv[i], "--story") == 0)
			s->story = argv[++i];
		else if (strcmp(argv[i], "--length") == 0)
			s->length = strtoul(argv[++i], NULL, 10);
		else if (strcmp(argv[i], "--random") == 0 &&
			 sscanf(value, "%lu-%lu", &s->first, &s->last) == 2)
			i++;
		else
			return false;
	}
	return true;
}

int main(int argc, char **argv)
{
	struct settings s = { .stories = true, .first = 1, .last = 0, .length = 40 };
	struct twin twin = { .kernel = running_kernel() };
	unsigned failed = 0, told = 0;

	if (!read_arguments(argc, argv, &s)) {
		fprintf(stderr,
			"usage: compare-model [--story WORD] [--no-stories] "
			"[--random FIRST-LAST] [--length N] [--verbose]\n");
		return 2;
	}
	if (prepare() < 0) {
		fprintf(stderr, "not a lab: no namespace or no sysctl can be made\n");
		return 2;
	}
	if (s.stories) {
		failed +=
			tell_stories(&twin, &s, nb_scenarios_bond, nb_scenarios_bond_count, &told);
		failed += tell_stories(
			&twin, &s, nb_scenarios_slave, nb_scenarios_slave_count, &told);
		failed +=
			tell_stories(&twin, &s, nb_scenarios_lacp, nb_scenarios_lacp_count, &told);
		failed += tell_stories(&twin, &s, nb_scenarios_l3, nb_scenarios_l3_count, &told);
	}
	failed += run_random(&twin, &s);
	printf("%u stories and %lu random runs, %u operations: %u disagree\n", told,
		s.last >= s.first ? s.last - s.first + 1 : 0, twin.ops, failed);
	return failed > 0;
}
