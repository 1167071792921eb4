/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "cli/objects.h"

#include <errno.h>
#include <fnmatch.h>
#include <string.h>

#include "cli/args.h"
#include "cli/problems.h"
#include "cli/term.h"

struct json_object *nbc_get(struct json_object *map, const char *key)
{
	return json_object_is_type(map, json_type_object) ? json_object_object_get(map, key) : NULL;
}

const char *nbc_get_text(struct json_object *map, const char *key)
{
	struct json_object *value = nbc_get(map, key);

	return value ? json_object_get_string(value) : "";
}

uint64_t nbc_get_number(struct json_object *map, const char *key)
{
	return json_object_get_uint64(nbc_get(map, key));
}

bool nbc_get_bool(struct json_object *map, const char *key, bool otherwise)
{
	struct json_object *value = nbc_get(map, key);

	return value ? json_object_get_boolean(value) : otherwise;
}

size_t nbc_list_length(struct json_object *map, const char *key)
{
	struct json_object *list = nbc_get(map, key);

	return json_object_is_type(list, json_type_array) ? json_object_array_length(list) : 0;
}

const char *nbc_list_text(struct json_object *map, const char *key, size_t i)
{
	return json_object_get_string(json_object_array_get_idx(nbc_get(map, key), i));
}

void nbc_bond_title(struct json_object *bond, struct nb_text *out)
{
	const char *namespace = nbc_get_text(bond, "namespace");

	nb_text_add(out, "%s", nbc_get_text(bond, "name"));
	if (*namespace)
		nb_text_add(out, " (%s)", namespace);
}

static int by_name(const void *a, const void *b)
{
	struct json_object *one = *(struct json_object *const *)a;
	struct json_object *two = *(struct json_object *const *)b;
	int order = nb_natural_compare(nbc_get_text(one, "namespace"), nbc_get_text(two, "namespace"));

	return order ? order :
		       nb_natural_compare(nbc_get_text(one, "name"), nbc_get_text(two, "name"));
}

/* One object's interfaces: {interface: {property: value}}. */
static int read_interfaces(sd_bus_message *m, struct nbc_objects *objects)
{
	int r;

	while ((r = sd_bus_message_enter_container(m, SD_BUS_TYPE_DICT_ENTRY, "sa{sv}")) > 0) {
		struct json_object *properties = NULL;
		const char *interface;

		r = sd_bus_message_read(m, "s", &interface);
		if (r > 0)
			r = nbc_doc_read(m, &properties);
		if (r <= 0)
			return r < 0 ? r : -EBADMSG;
		if (nb_streq(interface, NBC_BUS_BOND))
			nb_json_add(objects->bonds, properties);
		else if (nb_streq(interface, NBC_BUS_SLAVE))
			nb_json_add(objects->slaves, properties);
		else
			json_object_put(properties);
		r = sd_bus_message_exit_container(m);
		if (r < 0)
			return r;
	}
	return r;
}

static int read_objects(sd_bus_message *m, struct nbc_objects *objects)
{
	int r = sd_bus_message_enter_container(m, SD_BUS_TYPE_ARRAY, "{oa{sa{sv}}}");

	while (r >= 0 && (r = sd_bus_message_enter_container(
				  m, SD_BUS_TYPE_DICT_ENTRY, "oa{sa{sv}}")) > 0) {
		r = sd_bus_message_skip(m, "o");
		if (r >= 0)
			r = sd_bus_message_enter_container(m, SD_BUS_TYPE_ARRAY, "{sa{sv}}");
		if (r >= 0)
			r = read_interfaces(m, objects);
		if (r >= 0)
			r = sd_bus_message_exit_container(m);
		if (r >= 0)
			r = sd_bus_message_exit_container(m);
	}
	return r;
}

int nbc_objects_get(struct nbc_client *c, struct nbc_objects *ret)
{
	NB_CLEANUP(nbc_message_unrefp) sd_bus_message *reply = NULL;
	int r;

	*ret = (struct nbc_objects){ .bonds = nb_json_list(), .slaves = nb_json_list() };
	r = nbc_client_properties(c, NBC_BUS_PATH, NBC_BUS_MANAGER, &ret->manager);
	if (r == 0)
		r = nbc_client_call(c, NBC_BUS_PATH, "org.freedesktop.DBus.ObjectManager",
			"GetManagedObjects", &reply, "");
	if (r < 0)
		return r;
	r = read_objects(reply, ret);
	if (r < 0)
		return nbc_client_failed(c, r);
	json_object_array_sort(ret->bonds, by_name);
	json_object_array_sort(ret->slaves, by_name);
	return 0;
}

void nbc_objects_done(struct nbc_objects *objects)
{
	json_object_put(objects->manager);
	json_object_put(objects->bonds);
	json_object_put(objects->slaves);
	*objects = (struct nbc_objects){ 0 };
}

static bool is_meant(struct json_object *bond, const char *word)
{
	NB_CLEANUP(nb_text_done) struct nb_text full = { 0 };

	nb_text_add(&full, "%s/%s", nbc_get_text(bond, "namespace"), nbc_get_text(bond, "name"));
	return fnmatch(word, nbc_get_text(bond, "name"), FNM_PATHNAME) == 0 ||
	       fnmatch(word, nbc_get_text(bond, "key"), FNM_PATHNAME) == 0 ||
	       fnmatch(word, nbc_text_of(&full), FNM_PATHNAME) == 0;
}

static int tell_unknown(const struct nbc *nbc, const struct nbc_objects *objects, const char *word)
{
	NB_CLEANUP(nb_text_done) struct nb_text quoted = { 0 };
	const char *best = NULL;
	unsigned least = 0;

	for (size_t i = 0; i < json_object_array_length(objects->bonds); i++)
		nbc_nearer(word, nbc_get_text(json_object_array_get_idx(objects->bonds, i), "name"),
			&least, &best);
	nb_text_quote(&quoted, word);
	if (best)
		nbc_tell(nbc, "there is no bond %s: did you mean %s?", nbc_text_of(&quoted), best);
	else
		nbc_tell(nbc, "there is no bond %s: `%s status` lists the bonds",
			nbc_text_of(&quoted), nbc->program);
	return -ENOENT;
}

int nbc_objects_select(const struct nbc *nbc, const struct nbc_objects *objects,
	const struct nbc_args *args, struct json_object **ret)
{
	NB_CLEANUP(nb_json_putp) struct json_object *list = nb_json_list();
	NB_CLEANUP(nb_freep) bool *fits = calloc(args->n_words + 1, sizeof(*fits));

	if (!fits)
		nbc_die_of_memory();
	for (size_t i = 0; i < json_object_array_length(objects->bonds); i++) {
		struct json_object *bond = json_object_array_get_idx(objects->bonds, i);
		bool meant = args->n_words == 0;

		for (size_t w = 0; w < args->n_words; w++) {
			if (!is_meant(bond, args->words[w]))
				continue;
			fits[w] = meant = true;
		}
		if (meant)
			nb_json_add(list, json_object_get(bond));
	}
	for (size_t w = 0; w < args->n_words; w++) {
		if (!fits[w])
			return tell_unknown(nbc, objects, args->words[w]);
	}
	*ret = nb_steal(&list);
	return 0;
}

struct json_object *nbc_slave_of(
	const struct nbc_objects *objects, struct json_object *bond, const char *name)
{
	for (size_t i = 0; i < json_object_array_length(objects->slaves); i++) {
		struct json_object *slave = json_object_array_get_idx(objects->slaves, i);

		if (nb_streq(nbc_get_text(slave, "name"), name) &&
			nb_streq(nbc_get_text(slave, "bond"), nbc_get_text(bond, "name")) &&
			nb_streq(nbc_get_text(slave, "namespace"), nbc_get_text(bond, "namespace")))
			return slave;
	}
	return NULL;
}
