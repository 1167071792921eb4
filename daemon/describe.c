/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "daemon/describe.h"

#include "daemon/property.h"
#include "daemon/try.h"
#include "lib/core/resolve.h"

/* What a held difference has in its goal is what is: the goal without it is resolved once more. */
static const struct nb_goal *wanted_goal(const struct nbd_object *object)
{
	const struct nb_config *config = nbd_reconciler_config(object->d->reconciler);
	const struct nbd_seen *seen = nbd_reconciler_seen(object->d->reconciler);

	if (!object->goal || !config || !seen->observed)
		return NULL;
	if (!object->d->wanted &&
		nb_resolve(config, seen->observed, &object->d->memory, &object->d->wanted, NULL) < 0)
		return object->goal;
	return nb_target_find(object->d->wanted, object->namespace, object->name);
}

void nbd_describe_forget(struct nbd *d)
{
	d->wanted = nb_target_free(d->wanted);
}

static struct json_object *options(const struct nb_optset *set)
{
	struct json_object *map = nb_json_map();

	nb_foreach_option(row, attr, set->scope) {
		if (nb_optset_has(set, attr) && nb_option_writable(row) &&
			!(row->flags & NB_OPTION_ADMIN))
			nb_json_set(map, row->name, nbd_value_json(row, nb_optset_get(set, attr)));
	}
	return map;
}

static const struct nb_optset *opts_of(const struct nbd_object *object)
{
	static const struct nb_optset empty[NB_SCOPE_COUNT] = {
		[NB_SCOPE_BOND] = { .scope = NB_SCOPE_BOND },
		[NB_SCOPE_SLAVE] = { .scope = NB_SCOPE_SLAVE },
	};

	if (object->kind == NBD_OBJECT_SLAVE)
		return object->slave ? &object->slave->slave : &empty[NB_SCOPE_SLAVE];
	return object->bond ? &object->bond->bond : &empty[NB_SCOPE_BOND];
}

struct json_object *nbd_get_options(
	const struct nbd_object *object, const struct nbd_property *property)
{
	return options(opts_of(object));
}

struct json_object *nbd_get_wanted(
	const struct nbd_object *object, const struct nbd_property *property)
{
	const struct nb_goal *goal = wanted_goal(object);
	const struct nb_goal_slave *slave;

	if (!goal)
		return nb_json_map();
	if (object->kind == NBD_OBJECT_BOND)
		return options(&goal->opts);
	slave = nb_goal_find_slave(goal, object->namespace, object->name);
	return slave ? options(&slave->opts) : nb_json_map();
}

struct json_object *nbd_get_row(
	const struct nbd_object *object, const struct nbd_property *property)
{
	const struct nb_optset *set = opts_of(object);
	unsigned attr = nb_option_attr(property->row);

	/* Zero may be a word of an enumeration: what the kernel does not tell is none of them. */
	if (!nb_optset_has(set, attr) && nb_streq(property->signature, "s"))
		return nb_json_string("");
	return nbd_value_json(property->row, nb_optset_get(set, attr));
}

static struct json_object *describe(const struct nbd_object *object)
{
	const struct nbd_properties *properties = nbd_properties(object->kind);
	struct json_object *map = nb_json_map();

	for (size_t i = 0; i < properties->n; i++) {
		const struct nbd_property *property = &properties->items[i];

		nb_json_set(map, property->key, property->get(object, property));
	}
	return map;
}

static struct json_object *ports(const struct nbd_object *bond)
{
	NB_CLEANUP(nb_freep) struct nb_link **slaves = NULL;
	struct json_object *list = nb_json_list();
	struct nbd_object object = *bond;
	int n = bond->bond ? nb_netns_slaves(bond->ns, bond->bond, &slaves) : 0;

	object.kind = NBD_OBJECT_SLAVE;
	for (int i = 0; i < n; i++) {
		object.slave = slaves[i];
		object.name = slaves[i]->name;
		nb_json_add(list, describe(&object));
	}
	return list;
}

static struct json_object *with_ports(const struct nbd_object *object)
{
	struct json_object *map = describe(object);

	if (object->kind == NBD_OBJECT_BOND)
		nb_json_set(map, "ports", ports(object));
	return map;
}

struct json_object *nbd_describe(const struct nbd_object *object)
{
	struct json_object *map = with_ports(object);

	nb_json_set_number(map, "version", NB_JSON_VERSION);
	return map;
}

static void append(struct nb_text *text, struct json_object *json)
{
	nb_text_add(text, "%s",
		json_object_to_json_string_ext(json, JSON_C_TO_STRING_NOSLASHESCAPE));
	json_object_put(json);
}

/* Its members, and no end: object by object is added. */
static void append_daemon(struct nbd *d, struct nb_text *out)
{
	const struct nbd_seen *seen = nbd_reconciler_seen(d->reconciler);
	struct json_object *map = nb_json_document();

	nb_json_set_string(map, "netbond", NB_VERSION);
	nb_json_set_string(map, "state", nbd_state_name(nbd_reconciler_state(d->reconciler)));
	nb_json_set_number(map, "generation", (int64_t)d->generation);
	nb_json_set_string(map, "degraded", d->degraded ? d->degraded : "");
	if (d->trying) {
		struct json_object *trying = nb_json_map();

		nb_json_set_string(trying, "state", nbd_try_state_name(nbd_try_state(d)));
		nb_json_set_number(trying, "remaining", (int64_t)nbd_try_remaining(d));
		nb_json_set(map, "trying", trying);
	}
	nb_json_set_number(map, "held", seen->plan ? (int64_t)seen->plan->n_held : 0);
	append(out, map);
	while (out->length && out->text[out->length - 1] != '}')
		out->length--;
	if (out->length)
		out->text[--out->length] = '\0';
}

/* Not as one tree: that would take many times the memory of the text. */
void nbd_describe_all(struct nbd *d, struct nb_text *out)
{
	const struct nbd_seen *seen = nbd_reconciler_seen(d->reconciler);
	struct nbd_walk walk = { 0 };
	struct nbd_object object;
	bool any = false, in_namespaces = false;

	append_daemon(d, out);
	nb_text_add(out, ",\"bonds\":[");
	while (nbd_object_next(d, seen, &walk, &object)) {
		if (object.kind == NBD_OBJECT_SLAVE)
			continue;
		if (object.kind == NBD_OBJECT_NAMESPACE && !in_namespaces) {
			nb_text_add(out, "],\"namespaces\":[");
			in_namespaces = true;
			any = false;
		}
		nb_text_add(out, "%s", any ? "," : "");
		append(out, with_ports(&object));
		any = true;
	}
	nb_text_add(out, "%s]}", in_namespaces ? "" : "],\"namespaces\":[");
}
