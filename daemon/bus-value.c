/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "daemon/bus-value.h"

#include <errno.h>
#include <string.h>

#include "daemon/try.h"

/* D-Bus closes a connection that is sent a text which is no UTF-8; nb_json_string() saw to that. */
static int append_string(sd_bus_message *message, struct json_object *json)
{
	const char *text = json ? json_object_get_string(json) : "";

	return sd_bus_message_append_basic(message, SD_BUS_TYPE_STRING, text);
}

static int append_strings(sd_bus_message *message, struct json_object *json)
{
	int r = sd_bus_message_open_container(message, SD_BUS_TYPE_ARRAY, "s");

	for (size_t i = 0; r >= 0 && json && i < json_object_array_length(json); i++)
		r = append_string(message, json_object_array_get_idx(json, i));
	return r < 0 ? r : sd_bus_message_close_container(message);
}

static int append_entry(sd_bus_message *message, const struct nb_option *row,
	struct json_object *json)
{
	const char *signature = nb_option_dbus_signature(row);
	int r = sd_bus_message_open_container(message, SD_BUS_TYPE_DICT_ENTRY, "sv");

	if (r >= 0)
		r = sd_bus_message_append_basic(message, SD_BUS_TYPE_STRING, row->name);
	if (r >= 0)
		r = sd_bus_message_open_container(message, SD_BUS_TYPE_VARIANT, signature);
	if (r >= 0)
		r = nbd_value_append(message, signature, row->nested, json);
	if (r >= 0)
		r = sd_bus_message_close_container(message);
	return r < 0 ? r : sd_bus_message_close_container(message);
}

static int append_map(sd_bus_message *message, enum nb_scope scope, struct json_object *json)
{
	int r = sd_bus_message_open_container(message, SD_BUS_TYPE_ARRAY, "{sv}");

	if (r < 0)
		return r;
	json_object_object_foreach(json, key, value) {
		const struct nb_option *row = nb_option_find(scope, key);

		if (row)
			r = append_entry(message, row, value);
		if (r < 0)
			return r;
	}
	return sd_bus_message_close_container(message);
}

static int append_numbers(sd_bus_message *message, struct json_object *json)
{
	int r = sd_bus_message_open_container(message, SD_BUS_TYPE_ARRAY, "{st}");

	if (r < 0)
		return r;
	json_object_object_foreach(json, key, value) {
		r = sd_bus_message_append(
			message, "{st}", key, (uint64_t)json_object_get_int64(value));
		if (r < 0)
			return r;
	}
	return sd_bus_message_close_container(message);
}

int nbd_value_append(sd_bus_message *message, const char *signature, enum nb_scope scope,
	struct json_object *json)
{
	int64_t number = json_object_get_int64(json);

	switch (signature[0]) {
	case 's':
		return append_string(message, json);
	case 'b':
		return sd_bus_message_append(message, "b", json_object_get_boolean(json));
	case 'u':
		return sd_bus_message_append(message, "u", (uint32_t)number);
	case 'i':
		return sd_bus_message_append(message, "i", (int32_t)number);
	case 't':
		return sd_bus_message_append(message, "t", (uint64_t)number);
	case 'a':
		return signature[1] == 's'	      ? append_strings(message, json) :
		       strcmp(signature, "a{st}") == 0 ? append_numbers(message, json) :
							 append_map(message, scope, json);
	default:
		return -EINVAL;
	}
}

/* Bounded: a message of many megabytes helps nobody. */
#define PROBLEMS_TOLD 100

int nbd_problems_error(sd_bus_error *error, struct nb_diag *diag)
{
	NB_CLEANUP(nb_text_done) struct nb_text text = { 0 };
	size_t told = 0;

	nb_diag_sort(diag);
	for (size_t i = 0; i < diag->n_problems && told < PROBLEMS_TOLD; i++) {
		if (diag->problems[i].severity == NB_SEVERITY_NOTE)
			continue;
		nb_diag_format(diag, &diag->problems[i], &text);
		told++;
	}
	while (text.length && text.text[text.length - 1] == '\n')
		text.text[--text.length] = '\0';
	return sd_bus_error_set(error, NBD_ERROR_INVALID, text.text ? text.text : "out of memory");
}

int nbd_failure_error(sd_bus_error *error, int r, struct nb_diag *diag, const char *what)
{
	if (r == -EBADMSG)
		return nbd_problems_error(error, diag);
	return sd_bus_error_setf(error, NBD_ERROR_FAILED, "%s: %s", what, strerror(-r));
}

int nbd_busy_error(const struct nbd *d, sd_bus_error *error)
{
	if (d->trying)
		return sd_bus_error_setf(error, NBD_ERROR_BUSY,
			"a try is under way, %u s are left: `netbondctl confirm` keeps it, "
			"`netbondctl rollback` goes back; then try again",
			(unsigned)(nbd_try_remaining(d) / 1000000));
	return sd_bus_error_set(
		error, NBD_ERROR_BUSY, "an apply is under way; try again when it has ended");
}

int nbd_no_such_bond_error(sd_bus_error *error, const char *bond)
{
	return sd_bus_error_setf(error, NBD_ERROR_NO_SUCH_BOND,
		"there is no bond '%s'; `netbondctl status` lists them", bond);
}

int nbd_json_reply(sd_bus_message *message, struct json_object *json)
{
	return sd_bus_reply_method_return(
		message, "s", json_object_to_json_string_ext(json, JSON_C_TO_STRING_NOSLASHESCAPE));
}

void nbd_json_append(struct nb_text *out, struct json_object *json)
{
	nb_text_add(out, "%s", json_object_to_json_string_ext(json, JSON_C_TO_STRING_NOSLASHESCAPE));
}
