/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "lib/core/memory.h"

#include <errno.h>
#include <string.h>

static void object_done(struct nb_object *object)
{
	nb_word_free(object->namespace);
	free(object->name);
	free(object->home);
	free(object->home_namespace);
	free(object->addresses);
	memset(object, 0, sizeof(*object));
}

/* The index holds places, counted from 1: objects move when the list grows. */
static int index_name(struct nb_memory *memory, size_t i)
{
	uint32_t hash = nb_index_hash(memory->objects[i].name);
	int r = nb_index_add(&memory->names, hash, (void *)(uintptr_t)(i + 1));

	if (r < 0)
		nb_index_done(&memory->names);
	return r;
}

/* The index is a cache, so also a search in what must not change may build it. */
static bool build_index(const struct nb_memory *memory)
{
	struct nb_memory *owner = (struct nb_memory *)memory;

	if (memory->names.n_slots)
		return true;
	for (size_t i = 0; i < memory->n_objects; i++) {
		if (index_name(owner, i) < 0)
			return false;
	}
	return memory->n_objects > 0;
}

struct nb_object *nb_memory_add(struct nb_memory *memory, enum nb_object_kind kind,
	const char *namespace, const char *name)
{
	struct nb_object object = { .kind = kind };

	object.namespace = nb_word_dup(namespace);
	object.name = strdup(name);
	if (!object.namespace || !object.name ||
		nb_grow(&memory->objects, memory->n_objects, &memory->object_capacity,
			sizeof(object)) < 0) {
		object_done(&object);
		return NULL;
	}
	memory->objects[memory->n_objects++] = object;
	memory->n_nics += kind == NB_OBJECT_NIC;
	if (memory->names.n_slots)
		index_name(memory, memory->n_objects - 1);
	return &memory->objects[memory->n_objects - 1];
}

void nb_memory_remove(struct nb_memory *memory, struct nb_object *object)
{
	size_t i = object - memory->objects;

	nb_index_done(&memory->names); /* all behind it move */
	memory->n_nics -= object->kind == NB_OBJECT_NIC;
	object_done(object);
	memory->n_objects--;
	memmove(object, object + 1, (memory->n_objects - i) * sizeof(*object));
}

void nb_object_renew(struct nb_object *object)
{
	struct nb_object key = { .kind = object->kind };

	key.namespace = nb_steal(&object->namespace);
	key.name = nb_steal(&object->name);
	object_done(object);
	*object = key;
}

int nb_memory_rename(struct nb_memory *memory, struct nb_object *object, const char *name)
{
	char *copy = strdup(name);

	if (!copy)
		return -ENOMEM;
	nb_index_done(&memory->names);
	free(object->name);
	object->name = copy;
	return 0;
}

/* Inode numbers come back, cookies do not; an older kernel has no cookies. */
bool nb_object_elsewhere(const struct nb_object *object, const struct nb_netns *ns)
{
	return (object->inode && ns->inode && object->inode != ns->inode) ||
	       (object->cookie && ns->cookie && object->cookie != ns->cookie);
}

/* An unknown key (0) of the entry fits everything: it was recorded before the thing was made. */
static bool fits(const struct nb_object *object, const struct nb_netns *ns, const struct nb_link *link)
{
	if (!nb_streq(object->namespace, ns->name))
		return false;
	if (nb_object_elsewhere(object, ns))
		return false;
	if (!link)
		return true;
	if (object->ifindex && object->ifindex != link->ifindex)
		return false;
	return nb_streq(object->name, link->name);
}

static struct nb_object *search(const struct nb_memory *memory, enum nb_object_kind kind,
	const struct nb_netns *ns, const struct nb_link *link)
{
	for (size_t i = 0; i < memory->n_objects; i++) {
		if (memory->objects[i].kind == kind && fits(&memory->objects[i], ns, link))
			return &memory->objects[i];
	}
	return NULL;
}

struct nb_object *nb_memory_find(const struct nb_memory *memory, enum nb_object_kind kind,
	const struct nb_netns *ns, const struct nb_link *link)
{
	/* A namespace's object has the namespace's name. */
	uint32_t hash = nb_index_hash(link ? link->name : ns->name);
	size_t cursor = 0;
	const void *place;

	if (!memory || memory->n_objects == 0)
		return NULL;
	if (!build_index(memory))
		return search(memory, kind, ns, link);
	while ((place = nb_index_next(&memory->names, hash, &cursor))) {
		struct nb_object *object = &memory->objects[(uintptr_t)place - 1];

		if (object->kind == kind && fits(object, ns, link))
			return object;
	}
	return NULL;
}

static bool is_named(const struct nb_object *object, enum nb_object_kind kind,
	const char *namespace, const char *name)
{
	return object->kind == kind && nb_streq(object->namespace, namespace) &&
	       nb_streq(object->name, name);
}

struct nb_object *nb_memory_find_name(const struct nb_memory *memory, enum nb_object_kind kind,
	const char *namespace, const char *name)
{
	bool indexed = memory && build_index(memory);
	uint32_t hash = nb_index_hash(name);
	size_t cursor = 0;
	const void *place;

	for (size_t i = 0; memory && !indexed && i < memory->n_objects; i++) {
		if (is_named(&memory->objects[i], kind, namespace, name))
			return &memory->objects[i];
	}
	while (indexed && (place = nb_index_next(&memory->names, hash, &cursor))) {
		struct nb_object *object = &memory->objects[(uintptr_t)place - 1];

		if (is_named(object, kind, namespace, name))
			return object;
	}
	return NULL;
}

bool nb_memory_has_name(const struct nb_memory *memory, const char *name)
{
	size_t cursor = 0;

	if (!memory || memory->n_objects == 0)
		return false;
	return !build_index(memory) ||
		nb_index_next(&memory->names, nb_index_hash(name), &cursor);
}

struct nb_object *nb_memory_find_type(
	const struct nb_memory *memory, const char *namespace, enum nb_nstype type)
{
	return nb_memory_find_name(memory, NB_OBJECT_TYPE, namespace, nb_nstype_name(type));
}

void nb_memory_done(struct nb_memory *memory)
{
	for (size_t i = 0; i < memory->n_objects; i++)
		object_done(&memory->objects[i]);
	free(memory->objects);
	nb_index_done(&memory->names);
	memset(memory, 0, sizeof(*memory));
}

static int copy_object(const struct nb_object *from, struct nb_memory *to)
{
	struct nb_object *object = nb_memory_add(to, from->kind, from->namespace, from->name);

	if (!object)
		return -ENOMEM;
	object->inode = from->inode;
	object->cookie = from->cookie;
	object->has_mac = from->has_mac;
	memcpy(object->mac, from->mac, 6);
	object->ifindex = from->ifindex;
	object->made = from->made;
	if (from->home && !(object->home = strdup(from->home)))
		return -ENOMEM;
	if (from->home_namespace && !(object->home_namespace = strdup(from->home_namespace)))
		return -ENOMEM;
	for (size_t i = 0; i < from->n_addresses; i++) {
		if (nb_object_add_address(object, &from->addresses[i]) < 0)
			return -ENOMEM;
	}
	return 0;
}

int nb_memory_copy(const struct nb_memory *memory, struct nb_memory *ret)
{
	for (size_t i = 0; i < memory->n_objects; i++) {
		if (copy_object(&memory->objects[i], ret) < 0) {
			nb_memory_done(ret);
			return -ENOMEM;
		}
	}
	return 0;
}

bool nb_object_has_address(const struct nb_object *object, const struct nb_address *address)
{
	return object && nb_address_find(object->addresses, object->n_addresses, address);
}

int nb_object_add_address(struct nb_object *object, const struct nb_address *address)
{
	if (nb_object_has_address(object, address))
		return 0;
	if (nb_grow32(&object->addresses, object->n_addresses, &object->address_capacity,
		    sizeof(*address)) < 0)
		return -ENOMEM;
	object->addresses[object->n_addresses++] = *address;
	return 0;
}
