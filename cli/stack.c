/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* netbondctl stack: how frames go through a network namespace, and where they end. */
#include <errno.h>
#include <sched.h>
#include <string.h>
#include <unistd.h>

#include "cli/args.h"
#include "cli/duration.h"
#include "cli/elsewhere.h"
#include "cli/ns.h"
#include "cli/objects.h"
#include "cli/problems.h"
#include "cli/stack-look.h"
#include "cli/term.h"

#define INTERVAL_DEFAULT 1000000

static enum nbc_colour paint_of(int64_t rise)
{
	return rise ? NBC_BOLD : NBC_PLAIN;
}

/* " rx-packets 120 (+12)"; what rises is marked, losses that do in a colour as well. */
static void say_counter(const struct nbc *nbc, const char *name, struct json_object *counter,
	bool loss, struct nb_text *out)
{
	int64_t rise = (int64_t)nbc_get_number(counter, "rise");
	enum nbc_colour colour = rise && loss ? NBC_RED : paint_of(rise);
	const char *paint = colour == NBC_PLAIN ? "" : nbc_colour(nbc, nbc->out, colour);

	nb_text_add(out, "%s%s%s %llu", out->length ? ", " : "", paint, name,
		(unsigned long long)nbc_get_number(counter, "value"));
	if (rise)
		nb_text_add(out, " (+%lld)", (long long)rise);
	nb_text_add(out, "%s", *paint ? nbc_colour(nbc, nbc->out, NBC_PLAIN) : "");
}

static bool is_loss(const char *name)
{
	return strstr(name, "error") || strstr(name, "dropped") || strstr(name, "missed") ||
	       strstr(name, "nohandler");
}

/* Traffic always, losses where there are some. */
static void print_counters(const struct nbc *nbc, struct json_object *link, unsigned indent)
{
	NB_CLEANUP(nb_text_done) struct nb_text text = { 0 };

	json_object_object_foreach(nbc_get(link, "counters"), name, counter) {
		if (is_loss(name) && nbc_get_number(counter, "value") == 0)
			continue;
		say_counter(nbc, name, counter, is_loss(name), &text);
	}
	fprintf(nbc->out, "%*s", (int)indent, "");
	nbc_wrap(nbc, nbc->out, nbc_text_of(&text), indent, indent);
}

static void print_wrapped(const struct nbc *nbc, unsigned indent, const char *text)
{
	fprintf(nbc->out, "%*s", (int)indent, "");
	nbc_wrap(nbc, nbc->out, text, indent, indent);
}

/* What happens to a frame that comes in here. */
static void explain_link(const struct nbc *nbc, struct json_object *link, unsigned indent)
{
	const char *handler = nbc_get_text(link, "handler"), *role = nbc_get_text(link, "role");
	NB_CLEANUP(nb_text_done) struct nb_text text = { 0 };

	if (*nbc_get_text(link, "filter"))
		nb_text_add(&text, "tc %s filters see each frame first. ", nbc_get_text(link, "filter"));
	if (nb_streq(role, "inactive"))
		nb_text_add(&text, "Receive handler %s: an inactive slave drops what comes in, counted as "
			"rx-nohandler; LACPDUs, ARP probes and programs bound to %s itself get it.",
			handler, nbc_get_text(link, "name"));
	else if (*handler)
		nb_text_add(&text, "Receive handler %s: frames go %s; before that only packet types ALL "
			"see them.", handler, *nbc_get_text(link, "master") ? "up to the master" : "up");
	if (text.length)
		print_wrapped(nbc, indent, nbc_text_of(&text));
}

static void print_link(const struct nbc *nbc, struct json_object *link)
{
	unsigned indent = (unsigned)NB_MIN(nbc_get_number(link, "height") * 4, UINT64_C(24));
	const char *kind = nbc_get_text(link, "kind"), *master = nbc_get_text(link, "master");
	const char *role = nbc_get_text(link, "role");
	NB_CLEANUP(nb_text_done) struct nb_text text = { 0 };

	nb_text_add(&text, "%s", nbc_get_text(link, "name"));
	if (*kind)
		nb_text_add(&text, " (%s%s%s)", kind, *nbc_get_text(link, "mode") ? " " : "",
			nbc_get_text(link, "mode"));
	if (*nbc_get_text(link, "lower"))
		nb_text_add(&text, " on %s", nbc_get_text(link, "lower"));
	nb_text_add(&text, ": %s", nbc_get_text(link, "state"));
	if (*master)
		nb_text_add(&text, ", %s%sslave of %s", role, *role ? " " : "", master);
	for (size_t i = 0; i < nbc_list_length(link, "addresses"); i++)
		nb_text_add(&text, "%s%s", i ? " " : ", ", nbc_list_text(link, "addresses", i));
	print_wrapped(nbc, indent, nbc_text_of(&text));
	print_counters(nbc, link, indent + 2);
	explain_link(nbc, link, indent + 2);
}

static void print_types(const struct nbc *nbc, struct json_object *doc)
{
	struct json_object *list = nbc_get(doc, "packet-types");

	fprintf(nbc->out, "\n%sPACKET TYPES%s, of frames that no receive handler took, ALL before that\n",
		nbc_colour(nbc, nbc->out, NBC_CYAN), nbc_colour(nbc, nbc->out, NBC_PLAIN));
	for (size_t i = 0; i < nbc_list_length(doc, "packet-types"); i++) {
		struct json_object *type = json_object_array_get_idx(list, i);
		const char *device = nbc_get_text(type, "device");
		NB_CLEANUP(nb_text_done) struct nb_text text = { 0 };

		nb_text_add(&text, "%-4s %s%s%s%s%s", nbc_get_text(type, "type"),
			nbc_get_text(type, "function"), *device ? " on " : "", device,
			*nbc_get_text(type, "name") ? ": " : "", nbc_get_text(type, "name"));
		print_wrapped(nbc, 2, nbc_text_of(&text));
	}
	print_wrapped(nbc, 2, "Bonding is none of them: it is the receive handler of its slaves. LACP and "
			      "ARP monitoring work without a line here.");
}

static void print_hooks(const struct nbc *nbc, struct json_object *doc)
{
	struct json_object *list = nbc_get(doc, "hooks");

	fprintf(nbc->out, "\n%sNETFILTER%s\n", nbc_colour(nbc, nbc->out, NBC_CYAN),
		nbc_colour(nbc, nbc->out, NBC_PLAIN));
	if (!list)
		fprintf(nbc->out, "  not known: %s\n", nbc_get_text(doc, "hooks-unknown"));
	else if (nbc_list_length(doc, "hooks") == 0)
		fprintf(nbc->out, "  no hooks of IPv4 and IPv6: nothing is filtered there\n");
	for (size_t i = 0; i < nbc_list_length(doc, "hooks"); i++) {
		struct json_object *hook = json_object_array_get_idx(list, i);

		NB_CLEANUP(nb_text_done) struct nb_text text = { 0 };

		nb_text_add(&text, "%s %-11s %5lld  %s%s%s", nbc_get_text(hook, "family"),
			nbc_get_text(hook, "point"),
			(long long)json_object_get_int64(nbc_get(hook, "priority")),
			nbc_get_text(hook, "function"), *nbc_get_text(hook, "module") ? " of " : "",
			nbc_get_text(hook, "module"));
		if (*nbc_get_text(hook, "chain"))
			nb_text_add(&text, ": chain %s", nbc_get_text(hook, "chain"));
		fputs("  ", nbc->out);
		nbc_wrap(nbc, nbc->out, nbc_text_of(&text), 25, 25);
	}
}

/* The counters of a layer that tell whether something arrives, and where it ends. */
static const struct {
	const char *title, *prefix;
	const char *names[12]; /* without the prefix */
	unsigned losses;       /* the first so many are none */
} layers[] = {
	{ "IPv4", "Ip", { "InReceives", "InDelivers", "OutRequests", "ForwDatagrams", "InHdrErrors",
		"InAddrErrors", "InUnknownProtos", "InDiscards", "OutNoRoutes", "OutDiscards",
		"ReasmFails" }, 4 },
	{ "IPv6", "Ip6", { "InReceives", "InDelivers", "OutRequests", "OutForwDatagrams", "InHdrErrors",
		"InAddrErrors", "InUnknownProtos", "InDiscards", "OutNoRoutes", "OutDiscards",
		"InNoRoutes", "ReasmFails" }, 4 },
	{ "filters of IP", "TcpExt", { "IPReversePathFilter" }, 0 },
	{ "ICMP", "Icmp", { "InMsgs", "OutMsgs", "InErrors", "InCsumErrors" }, 2 },
	{ "TCP", "Tcp", { "InSegs", "OutSegs", "RetransSegs", "InErrs", "InCsumErrors" }, 2 },
	{ "TCP queues", "TcpExt", { "ListenOverflows", "ListenDrops", "TCPBacklogDrop" }, 0 },
	{ "UDP", "Udp", { "InDatagrams", "OutDatagrams", "NoPorts", "InErrors", "RcvbufErrors",
		"SndbufErrors", "InCsumErrors" }, 2 },
	{ "UDP over IPv6", "Udp6", { "InDatagrams", "OutDatagrams", "NoPorts", "InErrors",
		"RcvbufErrors", "SndbufErrors", "InCsumErrors" }, 2 },
};

static void print_layers(const struct nbc *nbc, struct json_object *doc)
{
	struct json_object *counters = nbc_get(doc, "counters");
	bool any = false;

	fprintf(nbc->out, "\n%sPROTOCOLS%s\n", nbc_colour(nbc, nbc->out, NBC_CYAN),
		nbc_colour(nbc, nbc->out, NBC_PLAIN));
	for (size_t i = 0; i < NB_ARRAY_SIZE(layers); i++) {
		NB_CLEANUP(nb_text_done) struct nb_text text = { 0 };

		for (size_t k = 0; k < NB_ARRAY_SIZE(layers[i].names) && layers[i].names[k]; k++) {
			struct json_object *counter;
			char key[64];

			snprintf(key, sizeof(key), "%s%s", layers[i].prefix, layers[i].names[k]);
			counter = nbc_get(counters, key);
			if (counter)
				say_counter(nbc, layers[i].names[k], counter, k >= layers[i].losses,
					&text);
		}
		if (!text.length)
			continue;
		any = true;
		nbc_wrap(nbc, nbc->out, nbc_text_of(&text), 6,
			(unsigned)fprintf(nbc->out, "  %s: ", layers[i].title));
	}
	if (!any)
		fputs("  nothing has come or gone yet\n", nbc->out);
}

static void print_sockets(const struct nbc *nbc, struct json_object *doc)
{
	struct json_object *list = nbc_get(doc, "protocols");
	NB_CLEANUP(nb_text_done) struct nb_text text = { 0 };

	for (size_t i = 0; i < nbc_list_length(doc, "protocols"); i++) {
		struct json_object *protocol = json_object_array_get_idx(list, i);

		nb_text_add(&text, "%s%s %llu", text.length ? ", " : "", nbc_get_text(protocol, "name"),
			(unsigned long long)nbc_get_number(protocol, "sockets"));
	}
	fprintf(nbc->out, "\n%sSOCKETS%s\n", nbc_colour(nbc, nbc->out, NBC_CYAN),
		nbc_colour(nbc, nbc->out, NBC_PLAIN));
	print_wrapped(nbc, 2, text.length ? nbc_text_of(&text) : "none");
}

static void print_text(const struct nbc *nbc, struct json_object *doc)
{
	struct json_object *links = nbc_get(doc, "links");
	const char *name = nbc_get_text(doc, "namespace");

	fprintf(nbc->out, "%sFROM THE WIRE UP%s%s%s; (+N) is what rose within %llu ms\n",
		nbc_colour(nbc, nbc->out, NBC_CYAN), nbc_colour(nbc, nbc->out, NBC_PLAIN),
		*name ? " in namespace " : "", name,
		(unsigned long long)nbc_get_number(doc, "interval-ms"));
	for (size_t i = 0; i < nbc_list_length(doc, "links"); i++)
		print_link(nbc, json_object_array_get_idx(links, i));
	print_types(nbc, doc);
	print_hooks(nbc, doc);
	print_layers(nbc, doc);
	print_sockets(nbc, doc);
}

/* This process goes there and stays: /proc/self/net is then that namespace's. */
static int enter(const struct nbc *nbc, const char *name)
{
	int fd, r = nbc_ns_open(nbc, name, &fd, NULL);

	if (r < 0)
		return r;
	if (setns(fd, CLONE_NEWNET) < 0) {
		r = -errno;
		nbc_tell(nbc, "the network namespace '%s' cannot be entered: %s%s", name, strerror(-r),
			r == -EPERM ? " (root can)" : "");
	}
	close(fd);
	return r;
}

int nbc_stack(struct nbc *nbc, const struct nbc_args *args)
{
	NB_CLEANUP(nb_json_putp) struct json_object *doc = NULL;
	const char *name = args->n_words ? args->words[0] : "";
	const char *interval = nbc_args_value(args, NBC_INTERVAL);
	uint64_t usec = INTERVAL_DEFAULT;

	if (interval && (nbc_duration_parse(interval, &usec) < 0 || usec > 60000000)) {
		nbc_tell(nbc, "--interval takes a span of time: 0, 1s, up to 60s");
		return NBC_ERROR;
	}
	if (nbc_elsewhere(nbc, args) < 0 || (*name && enter(nbc, name) < 0) || nbc_stack_look(nbc, name, usec, &doc) < 0)
		return NBC_ERROR;
	if (args->format == NBC_TEXT)
		print_text(nbc, doc);
	else
		nbc_doc_print(nbc, args->format, doc);
	return NBC_OK;
}
