/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "cli/client.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "cli/args.h"
#include "cli/problems.h"
#include "cli/term.h"
#include "lib/yaml/rundir.h"

#define ERROR_PREFIX NBC_BUS_NAME ".Error."

/* What an error of the daemon or the bus means for the reader, who may know neither. */
struct error_hint {
	const char *name;
	const char *text; /* NULL = the message as it came */
	const char *hint; /* what to do next */
};

static const struct error_hint error_hints[] = {
	{ ERROR_PREFIX "Busy", NULL, "`netbondctl watch` shows what is done" },
	{ ERROR_PREFIX "NoSuchSlave", NULL, "`netbondctl show BOND` lists its slaves" },
	{ ERROR_PREFIX "Failed", NULL, "`journalctl -u netbondd` tells more" },
	{ SD_BUS_ERROR_ACCESS_DENIED, NULL, "run it as root, or with sudo" },
	{ SD_BUS_ERROR_NO_REPLY, "netbondd went away before it answered",
		"`systemctl status netbondd` tells why" },
	{ SD_BUS_ERROR_UNKNOWN_METHOD, NULL,
		"netbondd is another version than netbondctl: restart it" },
	{ SD_BUS_ERROR_UNKNOWN_OBJECT, NULL, "it went away meanwhile: try again" },
};

int nbc_client_failed(const struct nbc_client *c, int error)
{
	if (error == -ECONNRESET || error == -ENOTCONN || error == -EPIPE)
		nbc_tell(c->nbc, "netbondd went away: `systemctl status netbondd` tells why");
	else
		nbc_tell(c->nbc, "talking with netbondd failed: %s", strerror(-error));
	return error;
}

static int tell_error(const struct nbc_client *c, const sd_bus_error *error, int r)
{
	const char *text = error->message && *error->message ? error->message : error->name;

	/* Made here, not by the daemon: the connection broke. */
	if (!error->name || r == -ECONNRESET || r == -ENOTCONN)
		return nbc_client_failed(c, r);
	/* Problems of a configuration: lines with places, as `check` tells them. */
	if (nb_streq(error->name, ERROR_PREFIX "Invalid")) {
		nbc_tell_lines(c->nbc, text);
		return r;
	}
	for (size_t i = 0; i < NB_ARRAY_SIZE(error_hints); i++) {
		const struct error_hint *hint = &error_hints[i];

		if (!nb_streq(error->name, hint->name))
			continue;
		nbc_tell(c->nbc, "%s (%s)", hint->text ? hint->text : text, hint->hint);
		return r;
	}
	nbc_tell(c->nbc, "%s", text);
	return r;
}

static int tell_nobody(const struct nbc_client *c, const char *where)
{
	nbc_tell(c->nbc,
		"netbondd does not run%s: start it with `systemctl start netbondd`, or apply the "
		"files without it by `netbondd --once`%s",
		where, nbc_command_takes(c->command, NBC_OFFLINE) ?
			"; with --offline this works without a daemon" : "");
	return -ENOTCONN;
}

static int tell_unreachable(const struct nbc_client *c, const char *what, int error)
{
	nbc_tell(c->nbc, "%s cannot be reached: %s (netbondd is looked for on the system "
		"bus there)", what, strerror(-error));
	return error;
}

/* Return: 1 the daemon is there, 0 it is not; a negative errno. */
static int has_owner(sd_bus *bus)
{
	NB_CLEANUP(nbc_message_unrefp) sd_bus_message *reply = NULL;
	int there, r;

	r = sd_bus_call_method(bus, "org.freedesktop.DBus", "/org/freedesktop/DBus",
		"org.freedesktop.DBus", "NameHasOwner", NULL, &reply, "s", NBC_BUS_NAME);
	if (r >= 0)
		r = sd_bus_message_read(reply, "b", &there);
	return r < 0 ? r : there;
}

static int open_elsewhere(struct nbc_client *c, const char *host, const char *machine)
{
	const char *what = host ? host : machine;
	NB_CLEANUP(nb_text_done) struct nb_text on = { 0 };
	int r = host ? sd_bus_open_system_remote(&c->bus, host) :
		       sd_bus_open_system_machine(&c->bus, machine);

	if (r >= 0)
		r = has_owner(c->bus);
	if (r < 0)
		return tell_unreachable(c, what, r);
	nb_text_add(&on, " on %s", what);
	return r == 0 ? tell_nobody(c, nbc_text_of(&on)) : 0;
}

static int connect_socket(const char *path, sd_bus **ret)
{
	NB_CLEANUP(nb_text_done) struct nb_text address = { 0 };
	sd_bus *bus = NULL;
	int r;

	nb_text_add(&address, "unix:path=");
	/* D-Bus specification, "Server Addresses": all other bytes are escaped. */
	for (const char *p = path; *p; p++)
		nb_text_add(&address, strchr("-_/.*", *p) || (*p >= '0' && *p <= '9') ||
			((*p | 0x20) >= 'a' && (*p | 0x20) <= 'z') ? "%c" : "%%%02x",
			(unsigned char)*p);
	r = sd_bus_new(&bus);
	if (r >= 0)
		r = sd_bus_set_address(bus, nbc_text_of(&address));
	if (r >= 0)
		r = sd_bus_start(bus);
	if (r < 0) {
		sd_bus_unref(bus);
		return r;
	}
	*ret = bus;
	return 0;
}

static int open_socket(struct nbc_client *c, const char *dir, const char *where)
{
	NB_CLEANUP(nb_text_done) struct nb_text path = { 0 };
	int r;

	nb_text_add(&path, "%s/bus", dir);
	c->direct = true;
	r = connect_socket(nbc_text_of(&path), &c->bus);
	/* Signals come only to who has spoken; and a daemon that does not answer shows here. */
	if (r == 0)
		r = sd_bus_call_method(c->bus, NULL, NBC_BUS_PATH, "org.freedesktop.DBus.Peer", "Ping",
			NULL, NULL, "");
	if (r == -ENOENT || r == -ECONNREFUSED || r == -ENOTDIR)
		return tell_nobody(c, where);
	if (r < 0)
		nbc_tell(c->nbc, "%s: netbondd's socket cannot be used: %s%s", nbc_text_of(&path),
			strerror(-r), r == -EACCES || r == -EPERM ?
				" (run it as root, or with sudo)" : "");
	return NB_MIN(r, 0);
}

/* Return: 1 open; 0 not there: the socket may be. */
static int open_here(struct nbc_client *c)
{
	if (sd_bus_open_system(&c->bus) < 0)
		return 0;
	if (has_owner(c->bus) > 0)
		return 1;
	c->bus = sd_bus_flush_close_unref(c->bus);
	return 0;
}

static int open_any(struct nbc_client *c, const struct nbc_args *args)
{
	const char *host = nbc_args_value(args, NBC_HOST);
	const char *machine = nbc_args_value(args, NBC_MACHINE);
	const char *dir = nbc_args_value(args, NBC_RUNTIME_DIR);
	NB_CLEANUP(nb_text_done) struct nb_text in = { 0 };

	if ((host != NULL) + (machine != NULL) + (dir != NULL) > 1) {
		nbc_tell(c->nbc, "--host, --machine and --runtime-dir each name a daemon: give one");
		return -EINVAL;
	}
	if (host || machine)
		return open_elsewhere(c, host, machine);
	if (dir) {
		nb_text_add(&in, " in %s", dir);
		return open_socket(c, dir, nbc_text_of(&in));
	}
	return open_here(c) ? 0 : open_socket(c, NB_RUNDIR_DEFAULT, "");
}

bool nbc_offline_alone(const struct nbc *nbc, const struct nbc_args *args)
{
	if (!nbc_args_has(args, NBC_HOST) && !nbc_args_has(args, NBC_MACHINE))
		return true;
	nbc_tell(nbc, "--offline looks at the kernel of this machine: it cannot be used with --host "
		"or --machine");
	return false;
}

int nbc_client_open(struct nbc_client *c, const struct nbc *nbc, const struct nbc_args *args)
{
	int r;

	*c = (struct nbc_client){ .nbc = nbc, .command = args->command };
	r = open_any(c, args);
	if (r < 0) {
		nbc_client_done(c);
		return r;
	}
	/* Someone at the keyboard may be asked for a password by polkit. */
	return sd_bus_set_allow_interactive_authorization(c->bus, isatty(STDIN_FILENO));
}

void nbc_client_done(struct nbc_client *c)
{
	c->bus = sd_bus_flush_close_unref(c->bus);
}

int nbc_client_message(struct nbc_client *c, const char *path, const char *interface,
	const char *member, sd_bus_message **ret)
{
	int r = sd_bus_message_new_method_call(
		c->bus, ret, c->direct ? NULL : NBC_BUS_NAME, path, interface, member);

	return r < 0 ? nbc_client_failed(c, r) : 0;
}

int nbc_client_send(struct nbc_client *c, sd_bus_message *call, sd_bus_message **ret)
{
	sd_bus_error error = SD_BUS_ERROR_NULL;
	int r = sd_bus_call(c->bus, call, UINT64_MAX, &error, ret);

	if (r < 0)
		tell_error(c, &error, r);
	sd_bus_error_free(&error);
	return r < 0 ? r : 0;
}

int nbc_client_call(struct nbc_client *c, const char *path, const char *interface,
	const char *member, sd_bus_message **ret, const char *types, ...)
{
	NB_CLEANUP(nbc_message_unrefp) sd_bus_message *call = NULL;
	va_list args;
	int r = nbc_client_message(c, path, interface, member, &call);

	if (r < 0)
		return r;
	va_start(args, types);
	r = sd_bus_message_appendv(call, types, args);
	va_end(args);
	return r < 0 ? nbc_client_failed(c, r) : nbc_client_send(c, call, ret);
}

int nbc_client_properties(struct nbc_client *c, const char *path, const char *interface,
	struct json_object **ret)
{
	NB_CLEANUP(nbc_message_unrefp) sd_bus_message *reply = NULL;
	int r = nbc_client_call(c, path, "org.freedesktop.DBus.Properties", "GetAll", &reply, "s",
		interface);

	if (r < 0)
		return r;
	r = nbc_doc_read(reply, ret);
	return r <= 0 ? nbc_client_failed(c, r < 0 ? r : -EBADMSG) : 0;
}

int nbc_client_document(struct nbc_client *c, const char *member, struct json_object **ret)
{
	NB_CLEANUP(nbc_message_unrefp) sd_bus_message *reply = NULL;
	const char *text;
	int r = nbc_client_call(c, NBC_BUS_PATH, NBC_BUS_MANAGER, member, &reply, "");

	if (r < 0)
		return r;
	r = sd_bus_message_read(reply, "s", &text);
	if (r < 0)
		return nbc_client_failed(c, r);
	*ret = json_tokener_parse(text);
	return *ret ? 0 : nbc_client_failed(c, -EBADMSG);
}

static int on_owner(sd_bus_message *m, void *context, sd_bus_error *error)
{
	struct nbc_client *c = context;
	const char *name, *before, *after;

	if (sd_bus_message_read(m, "sss", &name, &before, &after) > 0 && !*after)
		c->lost = true;
	return 0;
}

/* A broken connection tells itself; on a bus only the name's owner goes. */
static int listen_owner(struct nbc_client *c)
{
	return c->direct ? 0 :
			   sd_bus_add_match(c->bus, NULL,
				   "type='signal',sender='org.freedesktop.DBus',"
				   "interface='org.freedesktop.DBus',member='NameOwnerChanged',"
				   "arg0='" NBC_BUS_NAME "'", on_owner, c);
}

int nbc_client_listen(struct nbc_client *c, const char *rule, sd_bus_message_handler_t handler,
	void *context)
{
	NB_CLEANUP(nb_text_done) struct nb_text match = { 0 };
	int r;

	nb_text_add(&match, "type='signal',path_namespace='" NBC_BUS_PATH "'%s%s%s",
		c->direct ? "" : ",sender='" NBC_BUS_NAME "'", *rule ? "," : "", rule);
	r = sd_bus_add_match(c->bus, NULL, nbc_text_of(&match), handler, context);
	if (r >= 0 && !c->listens)
		r = listen_owner(c);
	c->listens = true;
	return r < 0 ? nbc_client_failed(c, r) : 0;
}

/* Until the bus has something to do: its descriptor, its own deadline, or @usec. */
static int wait_ready(sd_bus *bus, uint64_t usec, const sigset_t *mask)
{
	struct pollfd fd = { .fd = sd_bus_get_fd(bus) };
	struct timespec now, wait, *timeout = NULL;
	uint64_t deadline = UINT64_MAX;
	int r = sd_bus_get_events(bus);

	if (r < 0 || fd.fd < 0)
		return r < 0 ? r : fd.fd;
	fd.events = (short)r;
	r = sd_bus_get_timeout(bus, &deadline);
	if (r < 0)
		return r;
	if (deadline != UINT64_MAX) {
		uint64_t at;

		clock_gettime(CLOCK_MONOTONIC, &now);
		at = (uint64_t)now.tv_sec * 1000000 + (uint64_t)now.tv_nsec / 1000;
		usec = NB_MIN(usec, deadline > at ? deadline - at : 0);
	}
	if (usec != UINT64_MAX) {
		wait = (struct timespec){ (time_t)(usec / 1000000), (long)(usec % 1000000) * 1000 };
		timeout = &wait;
	}
	return ppoll(&fd, 1, timeout, mask) < 0 ? -errno : 0;
}

int nbc_client_wait(struct nbc_client *c, uint64_t usec, const sigset_t *mask)
{
	int r = sd_bus_process(c->bus, NULL);

	if (r == 0) {
		r = wait_ready(c->bus, usec, mask);
		if (r == -EINTR)
			return r;
		if (r >= 0)
			r = sd_bus_process(c->bus, NULL);
	}
	if (r >= 0 && c->lost)
		r = -ECONNRESET;
	return r < 0 ? nbc_client_failed(c, r) : r > 0;
}
