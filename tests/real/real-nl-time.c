/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * How long one observation takes, and what it saw: real-nl-time [ROUNDS] [NAMESPACE...].
 * Prints; asserts nothing about time.
 */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "lib/nl/execute.h"

static double now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

static void count(const struct nb_netns *ns)
{
	size_t bonds = 0, slaves = 0, ordered = 0, addresses = 0, routes = 0;

	for (size_t i = 0; i < ns->links.n; i++) {
		const struct nb_link *link = nb_netns_link(ns, i);

		bonds += nb_link_is_bond(link);
		slaves += nb_streq(link->slave_kind, "bond");
		ordered += link->slave_position != 0;
		addresses += link->n_addresses;
		routes += link->n_routes;
	}
	printf("namespace '%s'%s: %zu links, %zu bonds, %zu slaves (%zu with a position), "
	       "%zu addresses, %zu routes\n",
		ns->name, ns->exists ? "" : " (not there)", ns->links.n, bonds, slaves, ordered,
		addresses, routes);
}

int main(int argc, char **argv)
{
	const int rounds = argc > 1 ? atoi(argv[1]) : 5;
	NB_CLEANUP(nb_exec_freep) struct nb_exec *exec = NULL;
	double best = 1e9, first = 0;
	uint64_t before = 0;

	if (nb_exec_new(&exec) < 0)
		return 1;
	for (int i = 0; i < rounds; i++) {
		NB_CLEANUP(nb_state_freep) struct nb_state *state = NULL;
		NB_CLEANUP(nb_diag_done) struct nb_diag diag = { 0 };
		const double start = now_ms();
		double took;

		before = nb_exec_requests(exec);
		if (nb_exec_netlink.observe(exec, argv + NB_MIN(argc, 2),
			    argc > 2 ? (size_t)argc - 2 : 0, &state, &diag) < 0) {
			NB_CLEANUP(nb_text_done) struct nb_text text = { 0 };

			for (size_t k = 0; k < diag.n_problems; k++)
				nb_diag_format(&diag, &diag.problems[k], &text);
			fputs(text.text ? text.text : "error: no memory\n", stderr);
			return 1;
		}
		took = now_ms() - start;
		first = i == 0 ? took : first;
		best = NB_MIN(best, took);
		for (size_t k = 0; i == rounds - 1 && k < state->n_namespaces; k++)
			count(state->namespaces[k]);
	}
	printf("first %.2f ms, best of %d %.2f ms, %ju questions\n", first, rounds, best,
		(uintmax_t)(nb_exec_requests(exec) - before));
	return 0;
}
