/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What `netbondctl wait-online` asks of a bond. */
#include <linux/if_addr.h>

#include "daemon/property.h"

static const struct nb_bond *declared(const struct nbd_object *o)
{
	const struct nb_config *config = nbd_reconciler_config(o->d->reconciler);

	return config && o->goal ? nb_config_find_bond(config, o->goal->key) : NULL;
}

struct json_object *nbd_get_required(
	const struct nbd_object *o, const struct nbd_property *property)
{
	const struct nb_bond *bond = declared(o);

	return json_object_new_boolean(bond && bond->required);
}

struct json_object *nbd_get_required_slaves(
	const struct nbd_object *o, const struct nbd_property *property)
{
	const struct nb_bond *bond = declared(o);

	return json_object_new_int64(bond ? bond->required_slaves : 0);
}

/*
 * An optimistic address is used while it is checked (RFC 4429). One that is a duplicate stays
 * tentative for ever (addrconf_dad_stop()).
 */
static const char *lack_of(const struct nb_address *have)
{
	if (!have)
		return "missing";
	if (have->flags & IFA_F_DADFAILED)
		return "duplicate";
	return (have->flags & IFA_F_TENTATIVE) && !(have->flags & IFA_F_OPTIMISTIC) ? "tentative" :
										      NULL;
}

struct json_object *nbd_get_unready_addresses(
	const struct nbd_object *o, const struct nbd_property *property)
{
	struct json_object *list = nb_json_list();

	for (size_t i = 0; o->goal && i < o->goal->n_addresses; i++) {
		const struct nb_address *wanted = &o->goal->addresses[i];
		const char *lack = lack_of(nb_link_find_address(o->bond, wanted));
		NB_CLEANUP(nb_text_done) struct nb_text text = { 0 };

		if (!lack)
			continue;
		nb_address_format(wanted, &text);
		nb_text_add(&text, " %s", lack);
		nb_json_add_string(list, text.text ? text.text : "");
	}
	return list;
}
