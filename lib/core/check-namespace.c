/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Namespaces: declared, with what a bond needs, sharing that ends somewhere. */
#include <errno.h>
#include <string.h>

#include "lib/core/check.h"

#define NEAR 2	      /* slips up to which a name is taken for another */
#define NAMES_SHOWN 8 /* of a list in a message */

static void hint_declared(const struct nb_config *config, const char *name, struct nb_diag *diag)
{
	NB_CLEANUP(nb_text_done) struct nb_text names = { 0 };
	const char *nearest = NULL;
	unsigned best = NEAR + 1;

	for (size_t i = 0; i < config->n_namespaces; i++) {
		const char *declared = config->namespaces[i].name;
		unsigned distance = nb_edit_distance(name, declared, NEAR);

		if (i < NAMES_SHOWN)
			nb_text_add(&names, "%s%s", i > 0 ? ", " : "", declared);
		if (distance < best) {
			best = distance;
			nearest = declared;
		}
	}
	if (config->n_namespaces > NAMES_SHOWN)
		nb_text_add(&names, ", ...");
	if (config->n_namespaces == 0)
		nb_diag_hint(diag, "add to the file: namespaces: {%s: {}}", name);
	else if (nearest)
		nb_diag_hint(diag, "did you mean %s? Declared are: %s", nearest, names.text);
	else
		nb_diag_hint(diag, "declared are: %s", names.text);
}

static void tell_no_origin(const struct nb_config *config, const struct nb_netns_spec *ns,
	enum nb_nstype type, struct nb_diag *diag)
{
	const char *name = nb_nstype_name(type);
	const struct nb_mark *mark = &ns->share_marks[type];
	const struct nb_netns_spec *at = ns;
	size_t steps = 0;

	/* As many steps as there are namespaces: whoever goes on then walks in a ring. */
	while (at && at->share[type] && steps++ < config->n_namespaces) {
		const struct nb_netns_spec *next = nb_config_find_namespace(config, at->share[type]);

		if (!next && at == ns) {
			nb_diag_error(diag, mark, ns->name, "share names %s, which is not declared",
				ns->share[type]);
			hint_declared(config, ns->share[type], diag);
		}
		at = next;
	}
	if (at && at->share[type]) {
		nb_diag_error(diag, mark, ns->name,
			"share goes round in a ring: no namespace of it has a %s of its own", name);
		nb_diag_hint(diag, "take share out of one of them");
	} else if (at) {
		nb_diag_error(diag, mark, ns->name, "%s has no %s to share", at->name, name);
		nb_diag_hint(diag, "add %s to the types of %s", name, at->name);
		nb_diag_other(diag, at->types_mark.line ? &at->types_mark : &at->mark);
	}
}

/*
 * Root inside a user namespace has no right over what belongs to another one: no device can be set,
 * no host name, nothing mounted (ns_capable()).
 */
static void check_owner(const struct nb_config *config, const struct nb_netns_spec *ns,
	enum nb_nstype type, struct nb_diag *diag)
{
	const struct nb_netns_spec *user = nb_config_origin(config, ns, NB_NS_USER);
	const struct nb_netns_spec *from = nb_config_origin(config, ns, type);

	if (!user || !from || nb_config_origin(config, from, NB_NS_USER) == user)
		return;
	nb_diag_error(diag, &ns->share_marks[type], ns->name,
		"the %s of %s belongs to another user namespace: inside this one nobody would have "
		"a right over it",
		nb_nstype_name(type), from->name);
	nb_diag_hint(diag, "share the user namespace of %s too, or leave user out", from->name);
	nb_diag_other(diag, ns->user_mark.line ? &ns->user_mark : &ns->share_marks[NB_NS_USER]);
}

static void check_types(
	const struct nb_config *config, const struct nb_netns_spec *ns, struct nb_diag *diag)
{
	static const unsigned owned = NB_NS_BIT(NB_NS_NET) | NB_NS_BIT(NB_NS_UTS) |
		NB_NS_BIT(NB_NS_MNT);

	for (enum nb_nstype type = 0; type < NB_NS_COUNT; type++) {
		if (!ns->share[type])
			continue;
		if (!nb_config_origin(config, ns, type))
			tell_no_origin(config, ns, type, diag);
		else if (owned & NB_NS_BIT(type))
			check_owner(config, ns, type, diag);
	}
}

static void check_namespace_of(
	const struct nb_config *config, const struct nb_bond *bond, struct nb_diag *diag)
{
	const struct nb_netns_spec *ns = nb_config_find_namespace(config, bond->namespace);
	struct nb_mark mark = nb_bond_key_mark(bond, NB_KEY_NAMESPACE);

	if (!bond->namespace[0])
		return;
	if (!ns) {
		nb_diag_error(diag, &mark, bond->key, "namespace %s is not declared",
			bond->namespace);
		hint_declared(config, bond->namespace, diag);
	} else if (!nb_netns_spec_has(ns, NB_NS_NET)) {
		nb_diag_error(diag, &mark, bond->key,
			"namespace %s has no net, and a bond needs one", ns->name);
		nb_diag_hint(diag, "add net to its types, or share the net of another namespace");
		nb_diag_other(diag, ns->types_mark.line ? &ns->types_mark : &ns->mark);
	}
}

void nb_check_namespaces(const struct nb_config *config, struct nb_diag *diag)
{
	for (size_t i = 0; i < config->n_namespaces; i++)
		check_types(config, &config->namespaces[i], diag);
	for (size_t i = 0; i < config->n_bonds; i++)
		check_namespace_of(config, config->bonds[i], diag);
}
