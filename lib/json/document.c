/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "lib/json/document.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

_Noreturn void nb_json_no_memory(void)
{
	fputs("out of memory\n", stderr);
	exit(1);
}

static struct json_object *whole(struct json_object *object)
{
	if (!object)
		nb_json_no_memory();
	return object;
}

struct json_object *nb_json_map(void)
{
	return whole(json_object_new_object());
}

struct json_object *nb_json_list(void)
{
	return whole(json_object_new_array());
}

struct json_object *nb_json_document(void)
{
	struct json_object *doc = nb_json_map();

	nb_json_set_number(doc, "version", NB_JSON_VERSION);
	return doc;
}

/* Length of the UTF-8 character at @text (RFC 3629), 0 when it is none. */
static size_t utf8_length(const unsigned char *text)
{
	size_t length = text[0] < 0x80 ? 1 : text[0] < 0xc2 ? 0 : text[0] < 0xe0 ? 2 :
			text[0] < 0xf0 ? 3 : text[0] < 0xf5 ? 4 : 0;

	for (size_t i = 1; i < length; i++) {
		if ((text[i] & 0xc0) != 0x80)
			return 0;
	}
	if ((text[0] == 0xe0 && text[1] < 0xa0) || (text[0] == 0xed && text[1] > 0x9f) ||
		(text[0] == 0xf0 && text[1] < 0x90) || (text[0] == 0xf4 && text[1] > 0x8f))
		return 0;
	return length;
}

/* Names of interfaces and files are bytes to the kernel. */
struct json_object *nb_json_string(const char *text)
{
	NB_CLEANUP(nb_freep) char *clean = strdup(text);

	if (!clean)
		nb_json_no_memory();
	for (char *p = clean; *p;) {
		size_t length = utf8_length((unsigned char *)p);

		if (!length)
			*p = '?';
		p += length ? length : 1;
	}
	return whole(json_object_new_string(clean));
}

void nb_json_set(struct json_object *map, const char *key, struct json_object *value)
{
	if (json_object_object_add(map, key, value) < 0)
		nb_json_no_memory();
}

void nb_json_set_string(struct json_object *map, const char *key, const char *text)
{
	if (text)
		nb_json_set(map, key, nb_json_string(text));
}

void nb_json_set_number(struct json_object *map, const char *key, int64_t number)
{
	nb_json_set(map, key, whole(json_object_new_int64(number)));
}

void nb_json_set_bool(struct json_object *map, const char *key, bool value)
{
	nb_json_set(map, key, whole(json_object_new_boolean(value)));
}

void nb_json_add(struct json_object *list, struct json_object *value)
{
	if (json_object_array_add(list, value) < 0)
		nb_json_no_memory();
}

void nb_json_add_string(struct json_object *list, const char *text)
{
	nb_json_add(list, nb_json_string(text));
}

static struct json_object *targets(const struct nb_option *row, const struct nb_targets *targets)
{
	const int family = row->wire == NB_WIRE_IP4S ? AF_INET : AF_INET6;
	struct json_object *list = nb_json_list();
	char text[INET6_ADDRSTRLEN];

	for (unsigned i = 0; targets && i < targets->n; i++)
		nb_json_add_string(
			list, inet_ntop(family, &targets->a[i], text, sizeof(text)));
	return list;
}

static struct json_object *nest(const struct nb_optset *set)
{
	struct json_object *map = nb_json_map();

	if (!set)
		return map;
	nb_foreach_option(row, attr, set->scope) {
		if (nb_optset_has(set, attr))
			nb_json_set(map, row->name, nb_json_value(row, nb_optset_get(set, attr)));
	}
	return map;
}

struct json_object *nb_json_value(const struct nb_option *row, union nb_value value)
{
	NB_CLEANUP(nb_text_done) struct nb_text text = { 0 };

	if (row->type == &nb_type_integer)
		return whole(json_object_new_int64(value.s));
	if (row->type == &nb_type_boolean)
		return whole(json_object_new_boolean(value.u != 0));
	if (row->type->is_list)
		return targets(row, value.targets);
	if (row->type == &nb_type_nest)
		return nest(value.set);
	if (row->type == &nb_type_ifname && !value.name)
		return NULL;
	row->type->format(row, value, &text);
	return nb_json_string(text.text ? text.text : "");
}
