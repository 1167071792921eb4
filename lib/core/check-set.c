/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Bonds in bonds. */
#include <errno.h>
#include <string.h>

#include "lib/core/check.h"

#define NAMES_SHOWN 8 /* of a list in a message */

/* A bond, and the first bond that has it as a slave. */
struct node {
	const struct nb_bond *bond;
	const char *netns;
	size_t order;		      /* its place in the file */
	struct node *above;	      /* NULL: nobody's slave */
	const struct nb_mark *mark;   /* of the entry in .above */
	size_t round;		      /* of the walk that came by, 0: none yet */
};

static void free_nodes(struct node **nodes)
{
	free(*nodes);
}

static int compare_nodes(const void *a, const void *b)
{
	const struct node *x = a, *y = b;
	int r = strcmp(x->bond->name, y->bond->name);

	if (r == 0)
		r = strcmp(x->netns, y->netns);
	return r ? r : (x->order > y->order) - (x->order < y->order);
}

static struct node *find_node(struct node *nodes, size_t n, const char *name, const char *netns)
{
	size_t low = 0, high = n;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		int r = strcmp(nodes[middle].bond->name, name);

		if (r == 0)
			r = strcmp(nodes[middle].netns, netns);
		if (r < 0)
			low = middle + 1;
		else
			high = middle;
	}
	if (low == n || strcmp(nodes[low].bond->name, name) != 0 ||
		strcmp(nodes[low].netns, netns) != 0)
		return NULL;
	return &nodes[low];
}

/* One slave entry that names a declared bond. */
static void check_inner(struct node *outer, struct node *inner, const struct nb_slave_spec *slave,
	struct nb_diag *diag)
{
	const char *key = outer->bond->key;

	if (inner == outer) {
		nb_diag_error(diag, &slave->mark, key, "the bond lists itself as a slave");
		nb_diag_hint(diag, "slaves are the network cards below it");
	} else if (inner->bond->absent) {
		nb_diag_error(diag, &slave->mark, key,
			"slave %s is declared with absent: true", slave->name);
		nb_diag_hint(diag, "take it out of slaves, or take absent away");
		nb_diag_other(diag, &inner->bond->mark);
	} else if (!inner->above || outer->order < inner->above->order) {
		inner->above = outer;
		inner->mark = &slave->mark;
	}
}

static void link_nodes(struct node *nodes, size_t n, struct nb_diag *diag)
{
	for (size_t i = 0; i < n; i++) {
		const struct nb_bond *bond = nodes[i].bond;

		for (size_t j = 0; j < bond->n_slaves && !bond->absent; j++) {
			const struct nb_slave_spec *slave = &bond->slaves[j];
			struct node *inner;

			if (!slave->name)
				continue;
			inner = find_node(nodes, n, slave->name, nodes[i].netns);
			if (inner) {
				check_inner(&nodes[i], inner, slave, diag);
				continue;
			}
			if (!nodes[i].netns[0] || !find_node(nodes, n, slave->name, ""))
				continue;
			nb_diag_error(diag, &slave->mark, bond->key,
				"slave %s is a bond outside namespace %s: a bond never changes its "
				"namespace",
				slave->name, nodes[i].netns);
			nb_diag_hint(diag, "declare both bonds in the same namespace");
		}
	}
}

/* @node is on a ring. Tells it from the bond that stands first in the file. */
static void say_ring(const struct node *node, struct nb_diag *diag)
{
	NB_CLEANUP(nb_text_done) struct nb_text chain = { 0 };
	const struct node *start = node, *at = node->above;
	unsigned shown = 0;

	for (; at != node; at = at->above)
		if (at->order < start->order)
			start = at;
	nb_text_add(&chain, "%s", start->bond->key);
	for (at = start->above; at != start; at = at->above)
		if (shown++ < NAMES_SHOWN)
			nb_text_add(&chain, " in %s", at->bond->key);
	nb_text_add(&chain, "%s in %s", shown > NAMES_SHOWN ? " ..." : "", start->bond->key);
	nb_diag_error(diag, start->mark, start->above->bond->key, "a loop of bonds: %s",
		chain.text);
	nb_diag_hint(diag, "a bond cannot carry a bond it lies in: take out one slave");
	for (at = start; at->above != start; at = at->above)
		;
	nb_diag_other(diag, at->mark);
}

int nb_check_nesting(const struct nb_config *config, struct nb_diag *diag)
{
	NB_CLEANUP(free_nodes) struct node *nodes = NULL;
	size_t n = config->n_bonds;

	if (n == 0)
		return 0;
	nodes = calloc(n, sizeof(*nodes));
	if (!nodes)
		return -ENOMEM;
	for (size_t i = 0; i < n; i++)
		nodes[i] = (struct node){ config->bonds[i],
			nb_config_netns_of(config, config->bonds[i]), i, NULL, NULL, 0 };
	qsort(nodes, n, sizeof(*nodes), compare_nodes);
	link_nodes(nodes, n, diag);
	for (size_t i = 0; i < n; i++) {
		struct node *at = &nodes[i];

		while (at && at->round == 0) {
			at->round = i + 1;
			at = at->above;
		}
		if (at && at->round == i + 1)
			say_ring(at, diag);
	}
	return 0;
}
