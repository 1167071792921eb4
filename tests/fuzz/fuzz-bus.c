/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Any bytes as calls on the bus, of every method of netbondd with any arguments, by root on the
 * private socket: no crash, no leak, and the daemon answers afterwards. It works in a network
 * namespace and a /run of its own, where there is nothing to break.
 */

#include <errno.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <systemd/sd-bus.h>

#include "daemon/daemon.h"
#include "daemon/log.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerInitialize(int *argc, char ***argv);

#define MANAGER "/org/netbond1", "org.netbond1.Manager"
#define TRANSACTION "/org/netbond1/transaction/", "org.netbond1.Transaction"

static const struct {
	const char *path, *interface, *member, *types;
} methods[] = {
	{ MANAGER, "Plan", "a(ss)bsb" },
	{ MANAGER, "Apply", "a(ss)bsbs" },
	{ MANAGER, "Try", "a(ss)bsbstasb" },
	{ MANAGER, "Reload", "" },
	{ MANAGER, "Pause", "st" },
	{ MANAGER, "Failover", "ssb" },
	{ MANAGER, "Snapshot", "" },
	{ MANAGER, "Describe", "" },
	{ TRANSACTION, "Confirm", "" },
	{ TRANSACTION, "Rollback", "s" },
	{ TRANSACTION, "Extend", "t" },
	{ "/org/netbond1/bond/_/", "org.netbond1.Bond", "Describe", "" },
	{ "/org/netbond1/slave/_/", "org.netbond1.Slave", "Describe", "" },
	{ "/org/netbond1/namespace/", "org.netbond1.Namespace", "Describe", "" },
	{ "/org/netbond1", "org.freedesktop.DBus.ObjectManager", "GetManagedObjects", "" },
	{ "/org/netbond1", "org.freedesktop.DBus.Properties", "GetAll", "s" },
	{ "/org/netbond1", "org.freedesktop.DBus.Properties", "Get", "ss" },
	{ "/org/netbond1", "org.freedesktop.DBus.Introspectable", "Introspect", "" },
};

static const char *const files[] = {
	"bonds: {bond0: {mode: 802.3ad, slaves: [eth0], addresses: [192.0.2.1/24]}}\n",
	"bonds: {}\n",
	"bonds: {bond0: {absent: true}}\n",
	"namespaces: {a: {}}\nbonds: {b: {namespace: a}}\n",
};

static struct nbd daemon_at_work;
static sd_bus *client;

/* What is left of the input. */
struct input {
	const uint8_t *data;
	size_t size;
};

static void require(bool condition)
{
	if (!condition)
		abort();
}

static unsigned take(struct input *in)
{
	if (in->size == 0)
		return 0;
	in->size--;
	return *in->data++;
}

/* D-Bus lets no text through that is none: that is sd-bus's work and not to be tested here. */
static char *take_text(struct input *in)
{
	size_t length = take(in) % 64;
	char *text;

	if (length > 56)
		return strdup(files[length % NB_ARRAY_SIZE(files)]);
	text = calloc(1, length + 1);
	require(text);
	for (size_t i = 0; i < length; i++) {
		text[i] = (char)(take(in) & 0x7f);
		if (text[i] == '\0')
			text[i] = '\n';
	}
	return text;
}

static int put_text(sd_bus_message *m, struct input *in)
{
	NB_CLEANUP(nb_freep) char *text = take_text(in);

	return sd_bus_message_append_basic(m, 's', text);
}

static int put_number(sd_bus_message *m, char type, struct input *in)
{
	uint64_t number = 0;
	int truth = (int)(take(in) & 1);

	for (unsigned i = 0; i < 8; i++)
		number = number << 8 | take(in);
	return sd_bus_message_append_basic(m, type, type == 'b' ? (void *)&truth : (void *)&number);
}

static int put_list(sd_bus_message *m, const char *of, struct input *in)
{
	int r = sd_bus_message_open_container(m, 'a', of);

	for (unsigned n = take(in) % 4; n > 0 && r >= 0; n--) {
		if (*of == '(')
			r = sd_bus_message_open_container(m, 'r', "ss");
		if (r >= 0)
			r = put_text(m, in);
		if (r >= 0 && *of == '(')
			r = put_text(m, in);
		if (r >= 0 && *of == '(')
			r = sd_bus_message_close_container(m);
	}
	return r < 0 ? r : sd_bus_message_close_container(m);
}

static int put_all(sd_bus_message *m, const char *types, struct input *in)
{
	int r = 0;

	while (*types && r >= 0) {
		if (strncmp(types, "a(ss)", 5) == 0) {
			r = put_list(m, "(ss)", in);
			types += 5;
		} else if (strncmp(types, "as", 2) == 0) {
			r = put_list(m, "s", in);
			types += 2;
		} else {
			r = *types == 's' ? put_text(m, in) : put_number(m, *types, in);
			types++;
		}
	}
	return r;
}

static void turn(void)
{
	for (unsigned i = 0; i < 20; i++) {
		require(sd_event_run(daemon_at_work.event, 0) >= 0);
		while (sd_bus_process(client, NULL) > 0)
			;
	}
}

static void call(struct input *in)
{
	size_t which = take(in) % NB_ARRAY_SIZE(methods);
	unsigned odd = take(in);
	/* Now and then the arguments of another method. */
	const char *types = odd % 8 ? methods[which].types : methods[odd / 8 % 8].types;
	sd_bus_message *m = NULL;
	char path[128];
	int r;

	snprintf(path, sizeof(path), "%s", methods[which].path);
	if (path[strlen(path) - 1] == '/')
		snprintf(path + strlen(path), 16, "%u", take(in) % 16);
	r = sd_bus_message_new_method_call(
		client, &m, NULL, path, methods[which].interface, methods[which].member);
	if (r >= 0)
		r = put_all(m, types, in);
	if (r >= 0)
		r = sd_bus_send(client, m, NULL);
	require(r >= 0);
	sd_bus_message_unref(m);
	turn();
}

static int on_answer(sd_bus_message *m, void *context, sd_bus_error *error)
{
	*(bool *)context = true;
	return 0;
}

static void check_alive(void)
{
	bool answered = false;

	require(sd_bus_call_method_async(client, NULL, NULL, "/org/netbond1",
			"org.freedesktop.DBus.Peer", "Ping", on_answer, &answered, "") >= 0);
	for (unsigned i = 0; i < 1000 && !answered; i++)
		turn();
	require(answered);
}

static void end(void)
{
	sd_bus_flush_close_unref(client);
	nbd_finish(&daemon_at_work);
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	static const struct nbd_options options = {
		.runtime_dir = "/run/netbond",
		.state_dir = "/run/netbond",
		.config_dir = "/run",
		.log_level = LOG_EMERG,
		.one_process = true,
	};

	if (unshare(CLONE_NEWNET | CLONE_NEWNS) < 0 ||
		mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0 ||
		mount("none", "/run", "tmpfs", 0, NULL) < 0) {
		fprintf(stderr, "skipped: it needs a network namespace and a /run of its own\n");
		exit(0);
	}
	require(nbd_start(&daemon_at_work, &options) >= 0);
	require(sd_bus_new(&client) >= 0 &&
		sd_bus_set_address(client, "unix:path=/run/netbond/bus") >= 0 &&
		sd_bus_start(client) >= 0);
	atexit(end);
	turn();
	return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct input in = { data, size };

	while (in.size > 0)
		call(&in);
	check_alive();
	return 0;
}
