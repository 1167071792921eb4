/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "cli/bus-document.h"

#include <errno.h>

#include "cli/term.h"

void nbc_doc_set_dbus(struct json_object *map, const char *name, struct json_object *value)
{
	NB_CLEANUP(nb_text_done) struct nb_text key = { 0 };

	for (const char *p = name; *p; p++) {
		bool capital = *p >= 'A' && *p <= 'Z';

		nb_text_add(&key, "%s%c", capital && p > name ? "-" : "",
			capital ? *p - 'A' + 'a' : *p);
	}
	nb_json_set(map, nbc_text_of(&key), value);
}

static struct json_object *whole(struct json_object *object)
{
	if (!object)
		nbc_die_of_memory();
	return object;
}

static struct json_object *of_number(int64_t number)
{
	return whole(json_object_new_int64(number));
}

/* A number of 64 bits without sign does not fit the others' type. */
static struct json_object *of_large(uint64_t number)
{
	return whole(json_object_new_uint64(number));
}

static int read_basic(sd_bus_message *m, char type, struct json_object **ret)
{
	union {
		uint8_t y;
		int16_t n;
		uint16_t q;
		int32_t i;
		uint32_t u;
		int64_t x;
		uint64_t t;
		double d;
		int b;
		const char *s;
	} value;
	int r = sd_bus_message_read_basic(m, type, &value);

	if (r <= 0)
		return r;
	switch (type) {
	case SD_BUS_TYPE_BOOLEAN:
		*ret = whole(json_object_new_boolean(value.b));
		return 1;
	case SD_BUS_TYPE_BYTE:
		*ret = of_number(value.y);
		return 1;
	case SD_BUS_TYPE_INT16:
		*ret = of_number(value.n);
		return 1;
	case SD_BUS_TYPE_UINT16:
		*ret = of_number(value.q);
		return 1;
	case SD_BUS_TYPE_INT32:
		*ret = of_number(value.i);
		return 1;
	case SD_BUS_TYPE_UINT32:
		*ret = of_number(value.u);
		return 1;
	case SD_BUS_TYPE_INT64:
		*ret = of_number(value.x);
		return 1;
	case SD_BUS_TYPE_UINT64:
		*ret = of_large(value.t);
		return 1;
	case SD_BUS_TYPE_DOUBLE:
		*ret = whole(json_object_new_double(value.d));
		return 1;
	case SD_BUS_TYPE_STRING:
	case SD_BUS_TYPE_OBJECT_PATH:
	case SD_BUS_TYPE_SIGNATURE:
		*ret = nb_json_string(value.s);
		return 1;
	default:
		return -EBADMSG;
	}
}

/* {key: value}; the message stands inside the array of entries. */
static int read_entries(sd_bus_message *m, const char *contents, struct json_object *map)
{
	NB_CLEANUP(nb_text_done) struct nb_text entry = { 0 };
	int r;

	/* "{sv}" is the type of an element, "sv" what is in it. */
	nb_text_add(&entry, "%s", contents + 1);
	nbc_text_of(&entry);
	entry.text[--entry.length] = 0;
	while ((r = sd_bus_message_enter_container(m, SD_BUS_TYPE_DICT_ENTRY, entry.text)) > 0) {
		struct json_object *value = NULL;
		const char *key;

		r = sd_bus_message_read_basic(m, contents[1], &key);
		if (r > 0)
			r = nbc_doc_read(m, &value);
		if (r <= 0)
			return r < 0 ? r : -EBADMSG;
		nbc_doc_set_dbus(map, key, value);
		r = sd_bus_message_exit_container(m);
		if (r < 0)
			return r;
	}
	return r;
}

static int read_items(sd_bus_message *m, struct json_object *list)
{
	struct json_object *value = NULL;
	int r;

	while ((r = nbc_doc_read(m, &value)) > 0)
		nb_json_add(list, value);
	return r;
}

static int read_container(
	sd_bus_message *m, char type, const char *contents, struct json_object **ret)
{
	bool is_map = type == SD_BUS_TYPE_ARRAY && *contents == SD_BUS_TYPE_DICT_ENTRY_BEGIN &&
		      (contents[1] == SD_BUS_TYPE_STRING || contents[1] == SD_BUS_TYPE_OBJECT_PATH);
	NB_CLEANUP(nb_json_putp) struct json_object *tree = NULL;
	int r = sd_bus_message_enter_container(m, type, contents);

	if (r < 0)
		return r;
	if (type == SD_BUS_TYPE_VARIANT) {
		r = nbc_doc_read(m, &tree);
		if (r == 0)
			return -EBADMSG;
	} else if (is_map) {
		tree = nb_json_map();
		r = read_entries(m, contents, tree);
	} else {
		tree = nb_json_list();
		r = read_items(m, tree);
	}
	if (r >= 0)
		r = sd_bus_message_exit_container(m);
	if (r < 0)
		return r;
	*ret = nb_steal(&tree);
	return 1;
}

int nbc_doc_read(sd_bus_message *m, struct json_object **ret)
{
	const char *contents;
	char type;
	int r;

	*ret = NULL;
	r = sd_bus_message_peek_type(m, &type, &contents);
	if (r <= 0)
		return r;
	return contents ? read_container(m, type, contents, ret) : read_basic(m, type, ret);
}
