/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "lib/yaml/schema.h"
#include "lib/yaml/snapshot.h"

#include <errno.h>
#include <string.h>

const char *const nb_yaml_scope_names[NB_SCOPE_COUNT] = {
	[NB_SCOPE_BOND] = "bond",
	[NB_SCOPE_SLAVE] = "slave",
	[NB_SCOPE_LINK] = "link",
	[NB_SCOPE_AD_INFO] = "ad-info",
};

/* What one list of `kernel:` is about. */
struct known {
	enum nb_scope scope;
	uint64_t *bits;
};

/* A row by its name; an attribute newer than the table by its number. */
static int take_known_row(struct nb_yaml_walk *w, const struct nb_yaml_node *node, void *object)
{
	const struct known *known = object;
	const struct nb_option *row;
	const char *text;
	uint64_t attr;
	int k;

	k = nb_yaml_text(w, node, &text);
	if (k < 0)
		return k;
	row = nb_option_find(known->scope, text);
	if (row)
		attr = nb_option_attr(row);
	else if (nb_parse_u64(text, 63, &attr) < 0)
		return nb_diag_error(
			w->diag, &node->mark, NULL, "'%.64s' is no option of this scope", text);
	*known->bits |= NB_BIT(attr);
	return 0;
}

static int take_known(struct nb_yaml_walk *w, const struct nb_yaml_node *node, void *object)
{
	struct known known = { .scope = NB_SCOPE_BOND };

	while (strcmp(nb_yaml_scope_names[known.scope], node->key->text) != 0)
		known.scope++;
	known.bits = &w->state->known[known.scope];
	*known.bits = 0;
	return nb_yaml_take_list(w, node, "bond: [mode, miimon]", take_known_row, &known);
}

static int take_own_inode(struct nb_yaml_walk *w, const struct nb_yaml_node *node, void *object)
{
	int64_t inode;
	int k;

	k = nb_yaml_number(w, node, 0, INT64_MAX, &inode);
	if (k == 0)
		w->state->namespaces[0]->inode = (uint64_t)inode;
	return k;
}

static const struct nb_yaml_shape kernel_shape = {
	.what = "the kernel",
	.fields = (const struct nb_yaml_field[]){
		{ "namespace-inode", take_own_inode },
		{ "bond", take_known },
		{ "slave", take_known },
		{ "link", take_known },
		{ "ad-info", take_known },
		{ 0 },
	},
};

int nb_yaml_take_kernel(struct nb_yaml_walk *w, const struct nb_yaml_node *node, void *object)
{
	return nb_yaml_take_map(w, node, &kernel_shape, object);
}
