/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "cli/ns-types.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli/document.h"
#include "cli/ns.h"
#include "cli/objects.h"
#include "cli/table.h"
#include "cli/term.h"

unsigned nbc_ns_types(const char *name)
{
	unsigned types = 0;
	int fd;

	for (enum nb_nstype type = 0; type < NB_NS_COUNT; type++) {
		if (nb_nstype_open(name, type, &fd, NULL) < 0)
			continue;
		close(fd);
		types |= NB_NS_BIT(type);
	}
	return types;
}

struct json_object *nbc_ns_types_list(unsigned types)
{
	struct json_object *list = nb_json_list();

	for (enum nb_nstype type = 0; type < NB_NS_COUNT; type++) {
		if (types & NB_NS_BIT(type))
			nb_json_add_string(list, nb_nstype_name(type));
	}
	return list;
}

/* The names of a namespace; not @but, which may be NULL. */
static struct json_object *names_of(const char *but, enum nb_nstype type, uint64_t inode)
{
	struct json_object *list = nb_json_list();
	char **names = NULL;
	size_t n = 0;

	if (nb_nstype_sharers(but ? but : "", type, inode, &names, &n) < 0)
		nbc_die_of_memory();
	for (size_t i = 0; i < n; i++) {
		nb_json_add_string(list, names[i]);
		free(names[i]);
	}
	free(names);
	return list;
}

static uint64_t inode_of(const char *process, enum nb_nstype type)
{
	struct stat status;
	char path[48];

	snprintf(path, sizeof(path), "/proc/%s/ns/%s", process, nb_nstype_name(type));
	return stat(path, &status) < 0 ? 0 : status.st_ino;
}

static struct json_object *processes_json(int fd, enum nb_nstype type)
{
	NB_CLEANUP(nb_freep) struct nb_process *processes = NULL;
	struct json_object *list = nb_json_list();
	int n = nb_nstype_processes(fd, type, &processes);

	for (int i = 0; i < n; i++) {
		struct json_object *map = nb_json_map();

		nb_json_set_number(map, "pid", processes[i].pid);
		nb_json_set_string(map, "command", processes[i].command);
		nb_json_add(list, map);
	}
	return list;
}

static struct json_object *type_json(const char *name, enum nb_nstype type, int fd, uint64_t inode)
{
	struct json_object *map = nb_json_map();
	const uint64_t owner = type == NB_NS_USER ? 0 : nb_nstype_owner(fd);

	nb_json_set_string(map, "type", nb_nstype_name(type));
	nb_json_set_number(map, "inode", (int64_t)inode);
	if (owner) {
		nb_json_set_number(map, "owner", (int64_t)owner);
		nb_json_set_bool(map, "owned-by-machine", owner == inode_of("1", NB_NS_USER));
		nb_json_set(map, "owned-by", names_of(NULL, NB_NS_USER, owner));
	}
	nb_json_set(map, "shared-with", names_of(name, type, inode));
	nb_json_set(map, "processes", processes_json(fd, type));
	return map;
}

struct json_object *nbc_ns_types_json(const char *name, unsigned types)
{
	struct json_object *list = nb_json_list();

	for (enum nb_nstype type = 0; type < NB_NS_COUNT; type++) {
		uint64_t inode;
		int fd;

		if (!(types & NB_NS_BIT(type)) || nb_nstype_open(name, type, &fd, &inode) < 0)
			continue;
		nb_json_add(list, type_json(name, type, fd, inode));
		close(fd);
	}
	return list;
}

static void join(struct json_object *map, const char *key, struct nb_text *out)
{
	for (size_t i = 0; i < nbc_list_length(map, key); i++)
		nb_text_add(out, "%s%s", i ? " " : "", nbc_list_text(map, key, i));
}

static void join_processes(struct json_object *map, struct nb_text *out)
{
	for (size_t i = 0; i < nbc_list_length(map, "processes"); i++) {
		struct json_object *process =
			json_object_array_get_idx(nbc_get(map, "processes"), i);

		nb_text_add(out, "%s%" PRIu64 " %s", i ? ", " : "", nbc_get_number(process, "pid"),
			nbc_get_text(process, "command"));
	}
}

static void say_owner(struct json_object *map, struct nb_text *out)
{
	if (nbc_list_length(map, "owned-by"))
		join(map, "owned-by", out);
	else if (nbc_get_bool(map, "owned-by-machine", false))
		nb_text_add(out, "the machine");
	else if (nbc_get(map, "owner"))
		nb_text_add(out, "%" PRIu64, nbc_get_number(map, "owner"));
}

static void add_row(struct nbc_table *table, struct json_object *map)
{
	NB_CLEANUP(nb_text_done) struct nb_text owner = { 0 }, sharers = { 0 }, processes = { 0 };
	char inode[24];

	say_owner(map, &owner);
	join(map, "shared-with", &sharers);
	join_processes(map, &processes);
	snprintf(inode, sizeof(inode), "%" PRIu64, nbc_get_number(map, "inode"));
	nbc_table_add(table,
		(const char *const[]){ nbc_get_text(map, "type"), inode, nbc_text_of(&owner),
			nbc_text_of(&sharers), nbc_text_of(&processes) });
}

void nbc_ns_types_print(const struct nbc *nbc, struct json_object *types)
{
	static const struct nbc_column columns[] = {
		{ "TYPE" },
		{ "INODE" },
		{ "USER OF" },
		{ "SHARED WITH", .least = 12 },
		{ "PROCESSES", .least = 12 },
	};
	NB_CLEANUP(nbc_table_done) struct nbc_table table = {
		.columns = columns,
		.n_columns = NB_ARRAY_SIZE(columns),
	};

	for (size_t i = 0; i < json_object_array_length(types); i++)
		add_row(&table, json_object_array_get_idx(types, i));
	nbc_table_print(&table, nbc);
}

struct json_object *nbc_ns_of_json(int pid)
{
	struct json_object *list = nb_json_list();
	char process[16];

	snprintf(process, sizeof(process), "%d", pid);
	for (enum nb_nstype type = 0; type < NB_NS_COUNT; type++) {
		const uint64_t inode = inode_of(process, type);
		struct json_object *map;

		if (!inode)
			continue;
		map = nb_json_map();
		nb_json_set_string(map, "type", nb_nstype_name(type));
		nb_json_set_number(map, "inode", (int64_t)inode);
		nb_json_set_bool(map, "first", inode == inode_of("1", type));
		nb_json_set(map, "names", names_of(NULL, type, inode));
		nb_json_add(list, map);
	}
	return list;
}

void nbc_ns_of_print(const struct nbc *nbc, struct json_object *types)
{
	for (size_t i = 0; i < json_object_array_length(types); i++) {
		struct json_object *map = json_object_array_get_idx(types, i);
		NB_CLEANUP(nb_text_done) struct nb_text names = { 0 };

		if (!nbc_list_length(map, "names") || nb_streq(nbc_get_text(map, "type"), "net"))
			continue;
		join(map, "names", &names);
		fprintf(nbc->out, "%s: %s\n", nbc_get_text(map, "type"), nbc_text_of(&names));
	}
}
