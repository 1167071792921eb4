/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "cli/counted.h"

#include "cli/summary.h"
#include "cli/term.h"

/* "blue/bond0/eth1": where a bond's or slave's counters are found */
static const char *place(struct json_object *object, const char *bond, const char *name,
	struct nb_text *out)
{
	out->length = 0;
	nb_text_add(out, "%s/%s/%s", nbc_get_text(object, "namespace"), bond, name);
	return nbc_text_of(out);
}

/* The counters by their place: thousands of slaves are looked up. */
static struct json_object *by_place(struct json_object *list)
{
	NB_CLEANUP(nb_text_done) struct nb_text text = { 0 };
	struct json_object *map = nb_json_map();

	for (size_t i = 0; list && i < json_object_array_length(list); i++) {
		struct json_object *item = json_object_array_get_idx(list, i);

		nb_json_set(map, place(item, nbc_get_text(item, "bond"), nbc_get_text(item, "name"), &text),
			json_object_get(item));
	}
	return map;
}

static void attach(struct json_object *object, const char *key, struct json_object *value)
{
	nb_json_set(object, key, value ? json_object_get(value) : nb_json_map());
}

static void attach_slave(const struct nbc_summary *s, struct json_object *slave,
	struct json_object *links)
{
	NB_CLEANUP(nb_text_done) struct nb_text text = { 0 };

	attach(slave, "stats", nbc_get(links, place(slave, nbc_get_text(slave, "bond"),
						      nbc_get_text(slave, "name"), &text)));
	nb_json_set_string(slave, "mode", nbc_get_text(s->bond, "mode"));
	nb_json_set_bool(slave, "active", nbc_carries(s, slave));
}

/* Events have only those bonds that had some. */
static void attach_bond(const struct nbc_objects *objects, struct json_object *bond,
	struct json_object *links, struct json_object *events)
{
	struct nbc_summary s = nbc_summarise(objects, bond);
	NB_CLEANUP(nb_text_done) struct nb_text text = { 0 };
	const char *name = nbc_get_text(bond, "name");

	nb_json_set_number(bond, "usable", (int64_t)s.n_usable);
	attach(bond, "stats", nbc_get(links, place(bond, "", name, &text)));
	attach(bond, "events", nbc_get(nbc_get(events, place(bond, name, "", &text)), "events"));
	for (size_t i = 0; i < nbc_list_length(bond, "slaves"); i++) {
		struct json_object *slave =
			nbc_slave_of(objects, bond, nbc_list_text(bond, "slaves", i));

		if (slave)
			attach_slave(&s, slave, links);
	}
}

static void join(const struct nbc_objects *objects, struct json_object *statistics)
{
	NB_CLEANUP(nb_json_putp) struct json_object *links = by_place(nbc_get(statistics, "links"));
	NB_CLEANUP(nb_json_putp) struct json_object *events = by_place(nbc_get(statistics, "bonds"));

	attach(objects->manager, "stats", nbc_get(statistics, "daemon"));
	for (size_t i = 0; i < json_object_array_length(objects->bonds); i++)
		attach_bond(objects, json_object_array_get_idx(objects->bonds, i), links, events);
}

int nbc_counted_get(struct nbc_client *c, struct nbc_objects *ret)
{
	NB_CLEANUP(nb_json_putp) struct json_object *statistics = NULL;
	int r = nbc_objects_get(c, ret);

	if (r == 0)
		r = nbc_client_document(c, "Statistics", &statistics);
	if (r == 0)
		join(ret, statistics);
	return r;
}
