/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The other end of netbondctl, without a bonding driver: fake-bus SOCKET SCENARIO.json
 *
 * Serves D-Bus on a socket as netbondd does. The scenario says what is answered:
 *	{"properties": {PATH: {INTERFACE: {NAME: [SIGNATURE, VALUE]}}},
 *	 "calls": {MEMBER: {"reply": [SIGNATURE, VALUE] | "error": [NAME, TEXT] | "hang-up": true,
 *		   "signals": [[PATH, INTERFACE, MEMBER, SIGNATURE, VALUE...], ...]}}}
 * Prints "ready", then each call as one line of JSON: [PATH, MEMBER, ARGUMENT...].
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <systemd/sd-event.h>
#include <time.h>
#include <unistd.h>

#include "cli/bus-document.h"
#include "cli/objects.h"

static struct json_object *scenario;

static _Noreturn void die(const char *what, int error)
{
	fprintf(stderr, "fake-bus: %s: %s\n", what, strerror(-error));
	exit(1);
}

static void must(const char *what, int r)
{
	if (r < 0)
		die(what, r);
}

static struct json_object *item(struct json_object *list, size_t i)
{
	return json_object_array_get_idx(list, i);
}

static void append(sd_bus_message *m, const char *signature, struct json_object *value);

/* {NAME: [SIGNATURE, VALUE]} */
static void append_map(sd_bus_message *m, struct json_object *map)
{
	must("a{sv}", sd_bus_message_open_container(m, 'a', "{sv}"));
	json_object_object_foreach(map, key, value) {
		const char *signature = json_object_get_string(item(value, 0));

		must(key, sd_bus_message_open_container(m, 'e', "sv"));
		must(key, sd_bus_message_append(m, "s", key));
		must(key, sd_bus_message_open_container(m, 'v', signature));
		append(m, signature, item(value, 1));
		must(key, sd_bus_message_close_container(m));
		must(key, sd_bus_message_close_container(m));
	}
	must("a{sv}", sd_bus_message_close_container(m));
}

static void append_list(sd_bus_message *m, struct json_object *list)
{
	must("as", sd_bus_message_open_container(m, 'a', "s"));
	for (size_t i = 0; i < json_object_array_length(list); i++)
		append(m, "s", item(list, i));
	must("as", sd_bus_message_close_container(m));
}

/* "AGO SECONDS": µs since 1970. */
static uint64_t moment(struct json_object *value)
{
	unsigned long long ago = 0;

	sscanf(json_object_get_string(value), "AGO %llu", &ago);
	return ((uint64_t)time(NULL) - ago) * 1000000;
}

static void append(sd_bus_message *m, const char *signature, struct json_object *value)
{
	if (nb_streq(signature, "a{sv}"))
		append_map(m, value);
	else if (nb_streq(signature, "as"))
		append_list(m, value);
	else if (nb_streq(signature, "s") || nb_streq(signature, "o"))
		must(signature, sd_bus_message_append(m, signature, json_object_get_string(value)));
	else if (nb_streq(signature, "t") && json_object_is_type(value, json_type_string))
		must(signature, sd_bus_message_append(m, signature, moment(value)));
	else if (nb_streq(signature, "t"))
		must("t", sd_bus_message_append(m, "t", json_object_get_uint64(value)));
	else if (nb_streq(signature, "u") || nb_streq(signature, "b") || nb_streq(signature, "i"))
		must(signature, sd_bus_message_append(m, signature, json_object_get_int(value)));
	else if (*signature)
		die(signature, -EINVAL);
}

static void reply_objects(sd_bus_message *m)
{
	must("objects", sd_bus_message_open_container(m, 'a', "{oa{sa{sv}}}"));
	json_object_object_foreach(nbc_get(scenario, "properties"), path, interfaces) {
		if (nb_streq(path, "/org/netbond1"))
			continue;
		must(path, sd_bus_message_open_container(m, 'e', "oa{sa{sv}}"));
		must(path, sd_bus_message_append(m, "o", path));
		must(path, sd_bus_message_open_container(m, 'a', "{sa{sv}}"));
		json_object_object_foreach(interfaces, interface, properties) {
			must(path, sd_bus_message_open_container(m, 'e', "sa{sv}"));
			must(path, sd_bus_message_append(m, "s", interface));
			append_map(m, properties);
			must(path, sd_bus_message_close_container(m));
		}
		must(path, sd_bus_message_close_container(m));
		must(path, sd_bus_message_close_container(m));
	}
	must("objects", sd_bus_message_close_container(m));
}

static void send_signals(sd_bus *bus, struct json_object *signals)
{
	for (size_t i = 0; signals && i < json_object_array_length(signals); i++) {
		NB_CLEANUP(nbc_message_unrefp) sd_bus_message *m = NULL;
		struct json_object *list = item(signals, i);
		const char *signature = json_object_get_string(item(list, 3));

		must("signal", sd_bus_message_new_signal(bus, &m, json_object_get_string(item(list, 0)),
			json_object_get_string(item(list, 1)), json_object_get_string(item(list, 2))));
		for (size_t k = 0, at = 4; signature[k]; at++) {
			size_t length = signature[k] != 'a' ? 1 : signature[k + 1] == '{' ? 5 : 2;
			char one[8] = "";

			memcpy(one, signature + k, length);
			append(m, one, item(list, at));
			k += length;
		}
		must("signal", sd_bus_send(bus, m, NULL));
	}
}

static void log_call(sd_bus_message *m)
{
	NB_CLEANUP(nb_json_putp) struct json_object *line = nb_json_list();
	struct json_object *value;

	nb_json_add_string(line, sd_bus_message_get_path(m));
	nb_json_add_string(line, sd_bus_message_get_member(m));
	while (nbc_doc_read(m, &value) > 0)
		nb_json_add(line, value);
	printf("%s\n", json_object_to_json_string_ext(line, JSON_C_TO_STRING_NOSLASHESCAPE));
	fflush(stdout);
	sd_bus_message_rewind(m, true);
}

static void answer(sd_bus *bus, sd_bus_message *call, struct json_object *how)
{
	NB_CLEANUP(nbc_message_unrefp) sd_bus_message *reply = NULL;
	struct json_object *error = nbc_get(how, "error"), *value = nbc_get(how, "reply");

	if (error) {
		must("error", sd_bus_reply_method_errorf(call, json_object_get_string(item(error, 0)),
			"%s", json_object_get_string(item(error, 1))));
		return;
	}
	must("reply", sd_bus_message_new_method_return(call, &reply));
	if (value)
		append(reply, json_object_get_string(item(value, 0)), item(value, 1));
	must("reply", sd_bus_send(bus, reply, NULL));
	send_signals(bus, nbc_get(how, "signals"));
}

static void answer_properties(sd_bus *bus, sd_bus_message *call)
{
	NB_CLEANUP(nbc_message_unrefp) sd_bus_message *reply = NULL;
	const char *interface;

	must("GetAll", sd_bus_message_read(call, "s", &interface));
	must("reply", sd_bus_message_new_method_return(call, &reply));
	append_map(reply, nbc_get(nbc_get(nbc_get(scenario, "properties"),
		sd_bus_message_get_path(call)), interface));
	must("reply", sd_bus_send(bus, reply, NULL));
}

static int on_call(sd_bus_message *m, void *context, sd_bus_error *ret_error)
{
	sd_bus *bus = sd_bus_message_get_bus(m);
	const char *member = sd_bus_message_get_member(m);
	struct json_object *how = nbc_get(nbc_get(scenario, "calls"), member);
	uint8_t type;

	sd_bus_message_get_type(m, &type);
	if (type != SD_BUS_MESSAGE_METHOD_CALL || nb_streq(member, "Ping"))
		return 0; /* sd-bus answers a Ping itself */
	log_call(m);
	if (nbc_get_bool(how, "hang-up", false)) {
		sd_bus_close(bus);
	} else if (how) {
		answer(bus, m, how);
	} else if (nb_streq(member, "GetAll")) {
		answer_properties(bus, m);
	} else if (nb_streq(member, "GetManagedObjects")) {
		NB_CLEANUP(nbc_message_unrefp) sd_bus_message *reply = NULL;

		must("reply", sd_bus_message_new_method_return(m, &reply));
		reply_objects(reply);
		must("reply", sd_bus_send(bus, reply, NULL));
		send_signals(bus, nbc_get(nbc_get(scenario, "then"), "signals"));
	} else {
		return 0;
	}
	return 1;
}

static int on_connection(sd_event_source *source, int fd, uint32_t events, void *context)
{
	sd_id128_t id;
	sd_bus *bus;
	int r = accept4(fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);

	if (r < 0)
		return 0;
	must("id", sd_id128_randomize(&id));
	must("bus", sd_bus_new(&bus));
	must("fd", sd_bus_set_fd(bus, r, r));
	must("server", sd_bus_set_server(bus, true, id));
	must("filter", sd_bus_add_filter(bus, NULL, on_call, NULL));
	must("start", sd_bus_start(bus));
	must("attach", sd_bus_attach_event(bus, sd_event_source_get_event(source), 0));
	/* Whoever listens without calling anything gets its signals at once. */
	send_signals(bus, nbc_get(scenario, "signals"));
	return 0;
}

int main(int argc, char **argv)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	sd_event *event;
	int fd;

	if (argc != 3 || strlen(argv[1]) >= sizeof(address.sun_path))
		die("usage: fake-bus SOCKET SCENARIO.json", -EINVAL);
	scenario = json_object_from_file(argv[2]);
	if (!scenario)
		die(json_util_get_last_err(), -EBADMSG);
	strcpy(address.sun_path, argv[1]);
	unlink(argv[1]);
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0 || bind(fd, (struct sockaddr *)&address, sizeof(address)) < 0 || listen(fd, 16) < 0)
		die(argv[1], -errno);
	must("event", sd_event_default(&event));
	must("listen", sd_event_add_io(event, NULL, fd, EPOLLIN, on_connection, NULL));
	printf("ready\n");
	fflush(stdout);
	return sd_event_loop(event) < 0;
}
