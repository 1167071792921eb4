/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* netbondctl ns show: what is in a namespace, and what keeps it alive. */
#include <errno.h>
#include <inttypes.h>
#include <net/if.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cli/args.h"
#include "cli/document.h"
#include "cli/objects.h"
#include "cli/ns-types.h"
#include "cli/ns.h"
#include "cli/problems.h"
#include "cli/table.h"
#include "lib/nl/netns.h"
#include "lib/nl/snapshot.h"

static struct json_object *process_json(const struct nb_process *process)
{
	struct json_object *map = nb_json_map();

	nb_json_set_number(map, "pid", process->pid);
	nb_json_set_string(map, "command", process->command);
	return map;
}

static struct json_object *inhabitants_json(int fd)
{
	NB_CLEANUP(nb_freep) struct nb_process *processes = NULL;
	struct json_object *list = nb_json_list();
	int n = nb_netns_processes(fd, &processes);

	for (int i = 0; i < n; i++)
		nb_json_add(list, process_json(&processes[i]));
	return list;
}

/* "mount": where, for one that holds it by a mount instead of a descriptor. */
static struct json_object *holders_json(int fd)
{
	NB_CLEANUP(nb_freep) struct nb_process *processes = NULL;
	struct json_object *list = nb_json_list();
	int n = nb_netns_holders(fd, &processes);

	for (int i = 0; i < n; i++) {
		NB_CLEANUP(nb_text_done) struct nb_text mount = { 0 };
		struct json_object *map = process_json(&processes[i]);

		if (nb_netns_mount_of(fd, processes[i].pid, &mount) == 0)
			nb_json_set_string(map, "mount", nbc_text_of(&mount));
		nb_json_add(list, map);
	}
	return list;
}

static struct json_object *link_json(
	const struct nb_memory *memory, const struct nb_netns *ns, const struct nb_link *link)
{
	const struct nb_link *master = link->master ? nb_netns_find_index(ns, link->master) : NULL;
	const struct nb_object *nic = nb_memory_find(memory, NB_OBJECT_NIC, ns, link);
	struct json_object *map = nb_json_map(), *addresses = nb_json_list();

	for (size_t i = 0; i < link->n_addresses; i++) {
		NB_CLEANUP(nb_text_done) struct nb_text text = { 0 };

		nb_address_format(&link->addresses[i], &text);
		nb_json_add_string(addresses, nbc_text_of(&text));
	}
	nb_json_set_string(map, "name", link->name);
	nb_json_set_number(map, "ifindex", link->ifindex);
	nb_json_set_string(map, "kind", link->kind ? link->kind : "");
	nb_json_set_bool(map, "up", nb_link_is_up(link));
	nb_json_set_bool(map, "carrier", link->carrier);
	nb_json_set_string(map, "master", master ? master->name : "");
	nb_json_set_string(map, "came-from", nic && nic->home ? nic->home : "");
	nb_json_set(map, "addresses", addresses);
	return map;
}

/* Return: 0; a negative errno: they cannot be seen without the right to enter. */
static int add_links(const struct nb_memory *memory, const char *name, struct json_object *doc)
{
	NB_CLEANUP(nb_spaces_done) struct nb_spaces spaces = { 0 };
	NB_CLEANUP(nb_state_freep) struct nb_state *state = NULL;
	struct json_object *list;
	const struct nb_netns *ns;
	char *names[] = { (char *)name };
	int r = nb_snapshot_take(&spaces, names, 1, 0, &state, NULL);

	if (r < 0)
		return r;
	ns = nb_state_namespace(state, name);
	if (!ns || ns->unreadable)
		return -EPERM;
	list = nb_json_list();
	for (size_t i = 0; i < ns->links.n; i++)
		nb_json_add(list, link_json(memory, ns, nb_netns_link(ns, i)));
	nb_json_set(doc, "links", list);
	return 0;
}

static void print_links(const struct nbc *nbc, struct json_object *links)
{
	static const struct nbc_column columns[] = {
		{ "LINK" },
		{ "KIND" },
		{ "STATE" },
		{ "MASTER" },
		{ "CAME FROM" },
		{ "ADDRESSES", .least = 18 },
	};
	NB_CLEANUP(nbc_table_done) struct nbc_table table = {
		.columns = columns,
		.n_columns = NB_ARRAY_SIZE(columns),
	};

	for (size_t i = 0; i < json_object_array_length(links); i++) {
		struct json_object *link = json_object_array_get_idx(links, i);
		NB_CLEANUP(nb_text_done) struct nb_text addresses = { 0 };

		for (size_t k = 0; k < nbc_list_length(link, "addresses"); k++)
			nb_text_add(&addresses, "%s%s", k ? " " : "",
				nbc_list_text(link, "addresses", k));
		nbc_table_add(&table,
			(const char *const[]){ nbc_get_text(link, "name"), nbc_get_text(link, "kind"),
				!nbc_get_bool(link, "up", false)     ? "down" :
				nbc_get_bool(link, "carrier", false) ? "up" :
								       "up, no carrier",
				nbc_get_text(link, "master"), nbc_get_text(link, "came-from"),
				nbc_text_of(&addresses) });
	}
	nbc_table_print(&table, nbc);
}

static void print_people(const struct nbc *nbc, struct json_object *doc, const char *key,
	const char *title)
{
	const size_t n = nbc_list_length(doc, key);

	fprintf(nbc->out, "\n%s:%s\n", title, n ? "" : " none");
	for (size_t i = 0; i < n; i++) {
		struct json_object *process = json_object_array_get_idx(nbc_get(doc, key), i);

		fprintf(nbc->out, "  %7" PRIu64 " %s", nbc_get_number(process, "pid"),
			nbc_get_text(process, "command"));
		if (nbc_get(process, "mount"))
			fprintf(nbc->out, ", by its mount at %s", nbc_get_text(process, "mount"));
		fputc('\n', nbc->out);
	}
}

static void print_net(const struct nbc *nbc, struct json_object *doc)
{
	fputc('\n', nbc->out);
	if (nbc_get(doc, "links"))
		print_links(nbc, nbc_get(doc, "links"));
	else
		fputs("Its links are seen by root alone.\n", nbc->out);
	print_people(nbc, doc, "processes", "Processes that live in it");
	print_people(nbc, doc, "held-by", "Processes elsewhere that hold it open");
}

static void print_text(const struct nbc *nbc, struct json_object *doc)
{
	const bool net = nbc_get(doc, "inode");

	fprintf(nbc->out, "%s: ", nbc_get_text(doc, "name"));
	if (net)
		fprintf(nbc->out, "inode %" PRIu64 ", ", nbc_get_number(doc, "inode"));
	fprintf(nbc->out, "made by %s\n",
		nbc_get_bool(doc, "made-by-netbond", false) ? "netbond" : "others");
	if (!net || json_object_array_length(nbc_get(doc, "types")) > 1) {
		fputc('\n', nbc->out);
		nbc_ns_types_print(nbc, nbc_get(doc, "types"));
	}
	if (net)
		print_net(nbc, doc);
	if (geteuid() != 0)
		fputs("\nOnly root sees the processes of other users.\n", nbc->out);
}

static int add_net(const struct nbc *nbc, const struct nb_memory *memory, const char *name,
	struct json_object *doc)
{
	uint64_t inode = 0;
	int fd;

	if (nbc_ns_open(nbc, name, &fd, &inode) < 0)
		return -1;
	nb_json_set_number(doc, "inode", (int64_t)inode);
	nb_json_set_bool(doc, "made-by-netbond", nbc_ns_is_ours(memory, name, inode));
	add_links(memory, name, doc);
	nb_json_set(doc, "processes", inhabitants_json(fd));
	nb_json_set(doc, "held-by", holders_json(fd));
	close(fd);
	return 0;
}

int nbc_ns_show(struct nbc *nbc, const struct nbc_args *args)
{
	NB_CLEANUP(nb_memory_done) struct nb_memory memory = { 0 };
	NB_CLEANUP(nb_json_putp) struct json_object *doc = nb_json_document();
	const char *name = args->words[1];
	const unsigned types = nbc_ns_types(name);

	nbc_ns_memory(nbc, args, &memory);
	nb_json_set_string(doc, "name", name);
	if (types & ~NB_NS_BIT(NB_NS_NET) && !(types & NB_NS_BIT(NB_NS_NET)))
		nb_json_set_bool(doc, "made-by-netbond", nbc_ns_is_ours(&memory, name, 0));
	else if (add_net(nbc, &memory, name, doc) < 0)
		return NBC_ERROR;
	nb_json_set(doc, "types", nbc_ns_types_json(name, types));
	if (args->format == NBC_TEXT)
		print_text(nbc, doc);
	else
		nbc_doc_print(nbc, args->format, doc);
	return NBC_OK;
}
