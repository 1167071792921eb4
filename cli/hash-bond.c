/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "cli/hash-bond.h"

#include "cli/args.h"
#include "cli/problems.h"
#include "cli/term.h"

/* The number of an enumeration's word; 0 where there is none. */
static unsigned number_of(unsigned attr, const char *text)
{
	const struct nb_option *row = nb_option_get(NB_SCOPE_BOND, attr);

	for (const struct nb_name *name = row->names; name->name; name++) {
		if (nb_streq(name->name, text))
			return name->value;
	}
	return 0;
}

static struct json_object *option(struct json_object *bond, unsigned attr)
{
	return nbc_get(nbc_get(bond, "options"), nb_option_get(NB_SCOPE_BOND, attr)->name);
}

/* As nb_hash_bond_init() has it from the kernel. */
static bool is_up(struct json_object *slave)
{
	return nbc_get_bool(slave, "up", false) && nbc_get_bool(slave, "carrier", false) &&
	       nb_streq(nbc_get_text(slave, "mii-status"), "up");
}

static bool can_send(struct json_object *bond, struct json_object *slave, unsigned mode)
{
	if (mode == BOND_MODE_8023AD &&
		(nbc_get_number(slave, "ad-aggregator-id") == 0 ||
			nbc_get_number(slave, "ad-aggregator-id") !=
				nbc_get_number(nbc_get(bond, "ad-info"), "aggregator")))
		return false;
	return is_up(slave) && nb_streq(nbc_get_text(slave, "state"), "active");
}

void nbc_hash_bond(
	const struct nbc_objects *objects, struct json_object *bond, struct nb_hash_bond *ret)
{
	const size_t n = nbc_list_length(bond, "slaves");
	const char *active = nbc_get_text(bond, "active-slave");
	const char *primary = json_object_get_string(option(bond, IFLA_BOND_PRIMARY));
	const char *prio = nb_option_get(NB_SCOPE_SLAVE, IFLA_BOND_SLAVE_PRIO)->name;

	*ret = (struct nb_hash_bond){
		.mode = number_of(IFLA_BOND_MODE, nbc_get_text(bond, "mode")),
		.policy = number_of(IFLA_BOND_XMIT_HASH_POLICY,
			json_object_get_string(option(bond, IFLA_BOND_XMIT_HASH_POLICY))),
		.tlb_dynamic_lb = json_object_get_boolean(option(bond, IFLA_BOND_TLB_DYNAMIC_LB)),
		.broadcast_neighbor =
			json_object_get_boolean(option(bond, IFLA_BOND_BROADCAST_NEIGH)),
		.big_endian = nb_hash_big_endian(),
		.slaves = calloc(n + 1, sizeof(*ret->slaves)),
		.n_slaves = n,
	};
	if (!ret->slaves)
		nbc_die_of_memory();
	for (size_t i = 0; i < n; i++) {
		const char *name = nbc_list_text(bond, "slaves", i);
		struct json_object *slave = nbc_slave_of(objects, bond, name);

		ret->slaves[i] = (struct nb_hash_slave){ .name = name,
			.usable = can_send(bond, slave, ret->mode),
			.up = is_up(slave),
			.active = nb_streq(name, active),
			.primary = nb_streq(name, primary),
			.prio = json_object_get_int64(nbc_get(nbc_get(slave, "options"), prio)) };
	}
}

struct json_object *nbc_hash_one(const struct nbc *nbc, const struct nbc_objects *objects,
	const struct nbc_args *args)
{
	struct nbc_args first = *args;
	NB_CLEANUP(nb_json_putp) struct json_object *found = NULL;
	struct json_object *bond;

	first.n_words = 1;
	if (nbc_objects_select(nbc, objects, &first, &found) < 0)
		return NULL;
	/* It belongs to the objects as well. */
	bond = json_object_array_get_idx(found, 0);
	if (*nbc_get_text(bond, "mode"))
		return bond;
	nbc_tell(nbc, "%s is declared and not there: `netbondctl status` tells what it waits for",
		args->words[0]);
	return NULL;
}

bool nbc_hash_by_policy(const struct nb_hash_bond *bond)
{
	return bond->mode == BOND_MODE_XOR || bond->mode == BOND_MODE_8023AD ||
	       ((bond->mode == BOND_MODE_TLB || bond->mode == BOND_MODE_ALB) &&
		       !bond->tlb_dynamic_lb);
}

struct json_object *nbc_hash_document(struct json_object *bond, const struct nb_hash_bond *view)
{
	struct json_object *doc = nb_json_document();

	nb_json_set_string(doc, "bond", nbc_get_text(bond, "name"));
	nb_json_set_string(doc, "namespace", nbc_get_text(bond, "namespace"));
	nb_json_set_string(doc, "mode", nb_mode_name(view->mode));
	nb_json_set_string(doc, "xmit-hash-policy", nb_hash_policy_name(view->policy));
	return doc;
}

void nbc_say_choice(
	const struct nb_hash_bond *bond, const struct nb_choice *choice, struct nb_text *out)
{
	switch (choice->kind) {
	case NB_CHOICE_ONE:
		nb_text_add(out, "%s", bond->slaves[choice->slave].name);
		return;
	case NB_CHOICE_ALL:
		nb_text_add(out, "all");
		return;
	case NB_CHOICE_NONE:
		nb_text_add(out, "none");
		return;
	case NB_CHOICE_UNKNOWN:
		nb_text_add(out, "?");
		return;
	}
}
